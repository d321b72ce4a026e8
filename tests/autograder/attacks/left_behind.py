"""Run a command as `python left_behind.py FILE COMMAND...` and write to the file what it left running.

Whoever loses its parent, by whatever trick, becomes a child of the nearest process that asked for that: of this one.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
GRACE_S = 30.0  # for what was told to end; only what stays is waited for so long
LARGEST_FILE = 1 << 28  # an attack that works fills no disk


def running() -> dict[int, str]:
    """Our children that have not ended, and their command lines."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(pid): Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in children}


def main() -> int:
    """Run the command; its status is ours."""
    file, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    status = subprocess.run(command).returncode
    end = time.monotonic() + GRACE_S
    while (left := running()) and time.monotonic() < end:
        time.sleep(0.05)
    Path(file).write_text(json.dumps(list(left.values())))
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return status


if __name__ == "__main__":
    sys.exit(main())
