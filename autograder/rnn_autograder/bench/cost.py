"""What a command costs: processor time of all that it started, and time on the clock.

Processor time is counted by the kernel, in a control group that the command starts in and nothing leaves. Waiting for
processes and adding up would miss most of it: what dies with its pid namespace is reaped without a trace.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rnn_autograder.course import CourseError

ENTER = (
    'echo 0 > "$0/cgroup.procs" && exec "$@"'  # a shell puts itself into the group, then becomes the command
)
LINGER_S = 60
SHOWN_LINES = 20


@dataclass(frozen=True)
class Cost:
    """Seconds.

    Attributes:
        wall_s: on the clock.
        cpu_s: of processor time, all processes together.
        first_cpu_s: the part of `cpu_s` that the command's own process used.
    """

    wall_s: float
    cpu_s: float
    first_cpu_s: float

    def __add__(self, other: Cost) -> Cost:
        """One after the other."""
        return Cost(
            self.wall_s + other.wall_s, self.cpu_s + other.cpu_s, self.first_cpu_s + other.first_cpu_s
        )


def cost_of(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Cost:
    """Run a command to its end, and to the end of all that it started.

    Args:
        command: what to run.
        folder: where.
        environment: its variables.

    Raises:
        CourseError: no group can be made here; or the command failed, with the last of what it said.
    """
    with _group() as group, tempfile.TemporaryFile("w+") as said:
        begun = time.monotonic()
        started = subprocess.Popen(
            ["/bin/sh", "-c", ENTER, str(group), *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        os.waitid(os.P_PID, started.pid, os.WEXITED | os.WNOWAIT)
        wall_s = time.monotonic() - begun
        first_cpu_s = _own_cpu_s(started.pid)
        if started.wait():
            said.seek(0)
            tail = "".join(said.readlines()[-SHOWN_LINES:])
            raise CourseError(f"`{' '.join(command)}` ended with {started.returncode}:\n{tail}")
        _wait_until_empty(group)
        return Cost(wall_s, cpu_s(group), first_cpu_s)


def own_group() -> Path:
    """The control group that this process is in.

    Raises:
        OSError: control groups of version 2 are not mounted.
    """
    mounted = re.search(r"^\S+ (\S+) cgroup2 ", Path("/proc/mounts").read_text(), re.M)
    inner = re.search(r"^0::(.*)$", Path("/proc/self/cgroup").read_text(), re.M)
    if mounted is None or inner is None:
        raise OSError("cgroup v2 is not mounted")
    return Path(mounted[1] + inner[1])


def cpu_s(group: Path) -> float:
    """The processor time that a group has used so far."""
    return _read(group / "cpu.stat", "usage_usec") / 1e6


@contextmanager
def _group() -> Iterator[Path]:
    """A control group inside our own; whatever is left in it at the end is ended."""
    try:
        group = Path(tempfile.mkdtemp(prefix="autograder-bench-", dir=own_group()))
    except OSError as error:
        raise CourseError(
            f"Processor time is counted in a control group, and none can be made here ({error}). Run as root, or in "
            "a group that is yours: systemd-run --user --scope --property=Delegate=yes autograder bench ..."
        ) from None
    try:
        yield group
    finally:
        (group / "cgroup.kill").write_text("1")
        _wait_until_empty(group)
        group.rmdir()


def _wait_until_empty(group: Path) -> None:
    """Wait for what goes on after the first process has ended.

    Raises:
        CourseError: it does not come to an end.
    """
    until = time.monotonic() + LINGER_S
    while _read(group / "cgroup.events", "populated"):
        if time.monotonic() > until:
            raise CourseError(f"Something that the command started still runs after {LINGER_S} s.")
        time.sleep(0.01)


def _read(file: Path, name: str) -> int:
    """A number of one of the kernel's tables."""
    return int(dict(line.split() for line in file.read_text().splitlines())[name])


def _own_cpu_s(pid: int) -> float:
    """The processor time of an ended process that nobody has waited for yet, without its children's."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
