"""A class on a hub, on a machine of its own: this one with its own /etc, /home and network, gone after the test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CHECKOUT = Path("/mnt/unrolled")  # inside: for root alone, since it holds the answers
PATIENCE_S = 900


def machine(state: Path) -> list[str]:
    """Words before a command: root of a machine that has the course installed and no people yet."""
    shutil.copytree("/etc", state / "etc", symlinks=True)
    words = ["bwrap", "--dev-bind", "/", "/", "--bind", str(state / "etc"), "/etc"]
    for folder in ("home", "srv"):
        (state / folder).mkdir()
        words += ["--bind", str(state / folder), f"/{folder}"]
    # What everybody reads: the interpreter, the environment, the packages in it. Not the rest of the checkout.
    packages = (REPOSITORY / "autograder", REPOSITORY / "datasets")
    open_to_all = (Path(sys.base_prefix), Path(sys.prefix), *packages)
    closed = {parent for path in open_to_all for parent in path.parents if not parent.stat().st_mode & 0o001}
    for folder in sorted(closed | {REPOSITORY}):
        words += ["--perms", "0755", "--tmpfs", str(folder)]
    for path in open_to_all:
        for parent in reversed(path.parents):
            words += ["--dir", str(parent)]  # ours would be closed
        words += ["--ro-bind", str(path), str(path)]
    words += ["--perms", "0700", "--tmpfs", str(CHECKOUT.parent), "--ro-bind", str(REPOSITORY), str(CHECKOUT)]
    words += ["--tmpfs", "/opt", "--symlink", sys.prefix, "/opt/unrolled"]
    words += ["--perms", "1777", "--tmpfs", "/tmp", "--chdir", str(CHECKOUT), "--setenv", "HOME", "/srv"]
    words += ["--unshare-pid", "--proc", "/proc", "--unshare-ipc", "--unshare-net", "--die-with-parent"]
    return [*words, "--cap-add", "ALL"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make users, and be a hub to them")
def test_a_class_on_a_hub_is_taught_and_graded_and_nobody_sees_what_is_not_theirs(tmp_path):
    missing = [
        program for program in ("bwrap", "useradd", "chpasswd", "runuser") if not shutil.which(program)
    ]
    if missing:
        pytest.skip(f"not installed here: {', '.join(missing)}")
    inside = machine(tmp_path)
    tried = subprocess.run([*inside, "useradd", "somebody"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"no users can be made here: {tried.stderr[-300:]}")
    options = "-q -p no:cacheprovider -p no:xdist -p no:hypothesispytest --tb=short -W error"
    words = ["-m", "pytest", str(CHECKOUT / "tests/deploy/class_on_a_hub.py"), *options.split()]
    done = subprocess.run(
        [*inside, sys.executable, *words], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
