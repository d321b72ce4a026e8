"""Instructors are rarely root, and get their cage another way. Who tests as root tests as an ordinary user too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
USER = "4321"


def as_ordinary_user() -> list[str]:
    """Words before a command: another user, for whom the folders on the way to Python are open."""
    needed = [Path(sys.base_prefix), Path(sys.prefix), REPOSITORY]
    closed = {parent for path in needed for parent in path.parents if not parent.stat().st_mode & 0o001}
    words = ["bwrap", "--dev-bind", "/", "/", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    for folder in sorted(closed):
        words += ["--perms", "0755", "--tmpfs", str(folder)]
    for path in needed:
        if closed & set(path.parents):
            for parent in reversed(path.parents):
                words += ["--dir", str(parent)]
            words += ["--ro-bind", str(path), str(path)]
    words += ["--perms", "1777", "--tmpfs", "/tmp", "--chdir", str(REPOSITORY), "--setenv", "HOME", "/tmp"]
    return [*words, *f"setpriv --reuid {USER} --regid {USER} --clear-groups".split()]


# User namespaces are used up: what a locked-down machine says to bubblewrap, and so to us.
NO_NAMESPACES = ["bwrap", "--dev-bind", "/", "/", "--unshare-user", "--disable-userns", "--"]
INSIDE = {"A": [], "B": NO_NAMESPACES}
PATIENCE_S = 1800
LONG = pytest.mark.skipif("UNROLLED_LONG" not in os.environ, reason="takes minutes: `make users` runs it")


@pytest.mark.parametrize(
    ("tests", "tier"),
    [
        ("sandbox", "A"),
        ("sandbox", "B"),
        pytest.param("attacks", "B", marks=LONG),
        pytest.param("attacks", "A", marks=LONG),
        pytest.param("test_fuzz.py", "A", marks=LONG),
        pytest.param("faults", "A", marks=LONG),
    ],
)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; all tests were a user's")
def test_all_of_this_holds_for_an_ordinary_user(tests, tier):
    command = ["env", f"UNROLLED_TEST_TIER={tier}", *as_ordinary_user(), *INSIDE[tier], sys.executable]
    tried = subprocess.run([*command, "-c", "import pytest"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"an ordinary user cannot run these here: {tried.stdout}{tried.stderr[-300:]}")
    options = "-q -p no:cacheprovider -p no:xdist -p no:hypothesispytest --tb=short"
    words = ["-m", "pytest", str(Path(__file__).with_name(tests)), *options.split()]
    done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    if (tests, tier) == ("sandbox", "A"):
        assert "skipped" not in done.stdout.splitlines()[-1]
