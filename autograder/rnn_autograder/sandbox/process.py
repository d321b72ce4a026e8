"""A worker as it is held from outside: its channel, its output, what it uses and its end."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import tempfile
import time
from typing import IO, Any, TypeGuard

from rnn_autograder.limits import InfrastructureFault, LimitReached, Limits
from rnn_autograder.sandbox.bubblewrap import FONT_LISTS, Cage, font_cache


class Folder:
    """Where a worker without a cage may write."""

    def __init__(self, owner: int | None) -> None:
        self.path = tempfile.mkdtemp(prefix="unrolled-")
        settings = os.path.join(self.path, ".matplotlib")
        os.mkdir(settings)
        for cache in font_cache().glob(FONT_LISTS):
            os.symlink(cache, os.path.join(settings, cache.name))
        if owner is not None:
            os.chown(self.path, owner, owner)
            os.chown(settings, owner, owner)

    def beyond(self, limits: Limits) -> LimitReached | None:
        """The limit that is passed by what lies here, if one is."""
        files, size = 0, 0
        waiting = [self.path]
        while waiting:
            try:
                for entry in list(os.scandir(waiting.pop())):
                    files += 1
                    with contextlib.suppress(FileNotFoundError):  # taken away in this moment
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
            except FileNotFoundError:
                continue
            except OSError:  # shut, or so deep that its name is too long
                return LimitReached("folders", 0)
            if files > limits.files:
                return LimitReached("files", limits.files)
            if size > limits.disk_bytes:
                return LimitReached("disk", limits.disk_bytes)
        return None

    def close(self) -> None:
        """Take it away, however deep it is and whatever is shut in it. May be repeated."""
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, self.path], capture_output=True)


class Process:
    """A worker, born into a cage or not, watched by a parent of its own that sends us news of it.

    Attributes:
        channel: our end of the socket pair; does not block.
        output: where descriptors 1 and 2 of the process can be read; does not block.
        pidfd: not a number, which another process could take over, but a descriptor. Readable when it has ended.
    """

    def __init__(
        self,
        pid: int,
        channel: socket.socket,
        output: int,
        news: IO[bytes],
        place: Cage | Folder,
        limits: Limits,
    ) -> None:
        self.channel, self.output = channel, output
        self.pidfd = os.pidfd_open(pid)
        self._schedule = _schedule(pid)
        self._pid = pid
        self._news = news
        self._place = place
        self._limits = limits
        self._counted = (place.first, pid) if isinstance(place, Cage) else (pid,)
        self._cpu_s = self._waited_s = 0.0
        # A fork counts what it still shares with the zygote as its own.
        self._inherited_bytes = max(place.private_bytes()) if self._together(place) else 0

    def _together(self, place: Cage | Folder) -> TypeGuard[Cage]:
        return isinstance(place, Cage) and self._limits.subprocesses

    def cpu_s(self) -> float:
        """Seconds of processor time used so far: the kernel's word, not its own."""
        with contextlib.suppress(OSError):  # it has ended: what it had used by the last time
            if self._together(self._place):
                self._cpu_s = max(self._cpu_s, self._place.cpu_s())
            else:  # the number of a process's clock, as clock_getcpuclockid(3) makes it
                self._cpu_s = sum(time.clock_gettime((~pid << 3) | 2) for pid in self._counted)
        return self._cpu_s

    def waited_s(self) -> float:
        """Seconds in which its first thread was ready to run, and others had the processors."""
        with contextlib.suppress(OSError, IndexError):  # it has ended, or this kernel does not count them
            self._waited_s = int(os.pread(self._schedule, 100, 0).split()[1]) / 1e9
        return self._waited_s

    def beyond(self) -> LimitReached | None:
        """The limit that is passed, if it is one of those for which the kernel knows no limit of its own."""
        with contextlib.suppress(OSError):
            if len(os.listdir(f"/proc/{self._pid}/task")) > self._limits.processes:
                return LimitReached("threads", self._limits.processes)
            if self._together(self._place):
                private = self._place.private_bytes()
                if sum(max(0, size - self._inherited_bytes) for size in private) > self._limits.memory_bytes:
                    return LimitReached("memory", self._limits.memory_bytes)
        return self._place.beyond(self._limits)

    def ended(self, wait_s: float = 0.0) -> bool:
        """Whether it ends within this time."""
        end = select.poll()
        end.register(self.pidfd, select.POLLIN)
        return bool(end.poll(wait_s * 1000))

    def status(self) -> int:
        """The exit status, once it has ended; negative for a signal.

        Raises:
            InfrastructureFault: nobody knows, or it was killed from outside: it cannot send itself that signal.
        """
        told: dict[str, Any] = json.loads(self._news.readline() or b"{}")
        status: int = told.get("status", -signal.SIGKILL)
        if status == -signal.SIGKILL:
            raise InfrastructureFault(
                "The worker was killed, and not by us: did the machine run out of memory?"
            )
        return status

    def close(self) -> None:
        """End it, and all that it started. May be repeated."""
        if self.channel.fileno() < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        self._place.close()
        self.ended(wait_s=10.0)
        with contextlib.suppress(TimeoutError):
            self._news.read()  # its parent has seen it end, and ended too
        self._news.close()
        self.channel.close()
        for descriptor in (self.output, self.pidfd, self._schedule):
            os.close(descriptor)


def _schedule(pid: int) -> int:
    """Where the kernel counts for how long a process waits for a processor; nothing, where it does not."""
    try:
        return os.open(f"/proc/{pid}/schedstat", os.O_RDONLY)
    except OSError:
        return os.open(os.devnull, os.O_RDONLY)
