"""A class on a hub, on a machine of its own: this one with its own /etc, /home and network, gone after the test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CHECKOUT = Path("/mnt/unrolled")  # inside, for root alone: it holds the answers
PROGRAMS = ("bwrap", "configurable-http-proxy", "useradd", "chpasswd", "runuser")
PATIENCE_S = 1800  # a minute of processor time, on a machine that is busy


def machine() -> list[str]:
    """Words before a command: root of a machine with the course installed and no people yet, all in memory."""
    words = ["bwrap", "--dev-bind", "/", "/", "--cap-add", "ALL", "--die-with-parent"]
    words += ["--unshare-pid", "--unshare-ipc", "--unshare-net"]
    # Everybody reads the interpreter, the environment and the packages in it; nothing else of the checkout.
    packages = (REPOSITORY / "autograder", REPOSITORY / "datasets")
    readable = (Path(sys.base_prefix), Path(sys.prefix), *packages)
    closed = {parent for path in readable for parent in path.parents if not parent.stat().st_mode & 0o001}
    for folder in sorted(closed | {REPOSITORY}):
        words += ["--perms", "0755", "--tmpfs", str(folder)]
    for path in readable:
        for parent in reversed(path.parents):
            words += ["--dir", str(parent)]  # made by the bind itself it would be closed
        words += ["--ro-bind", str(path), str(path)]
    words += ["--perms", "0700", "--tmpfs", "/mnt"]
    words += ["--ro-bind", str(REPOSITORY), str(CHECKOUT), "--ro-bind", "/etc", "/mnt/etc"]
    for folder in ("/etc", "/home", "/opt", "/srv"):
        words += ["--perms", "0755", "--tmpfs", folder]
    words += ["--perms", "1777", "--tmpfs", "/tmp", "--symlink", sys.prefix, "/opt/unrolled"]
    words += ["--setenv", "NODE_PATH", "/usr/share/nodejs"]  # Debian's proxy with another maker's Node
    words += ["--setenv", "no_proxy", "127.0.0.1"]  # where the way out is one
    words += ["--chdir", str(CHECKOUT), "--setenv", "HOME", "/srv"]
    # Bubblewrap's own /proc is covered in places; where it is, nobody inside could make another cage.
    return [*words, "sh", "-c", 'mount -t proc proc /proc && cp -a /mnt/etc/. /etc && exec "$@"', "sh"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make users, and be a hub to them")
def test_a_class_on_a_hub_is_taught_and_graded_and_nobody_sees_what_is_not_theirs():
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        pytest.skip(f"not installed here: {', '.join(missing)}")
    tried = subprocess.run([*machine(), "useradd", "somebody"], capture_output=True, text=True)
    if tried.returncode:
        pytest.skip(f"no users can be made here: {tried.stderr[-300:]}")
    promises = str(CHECKOUT / "tests/deploy/class_on_a_hub.py")
    options = "-q -p no:cacheprovider -p no:xdist -p no:hypothesispytest --tb=short"
    command = [*machine(), sys.executable, "-m", "pytest", promises, *options.split()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
