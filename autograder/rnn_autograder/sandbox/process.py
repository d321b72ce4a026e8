"""A process at the other end of a line: its channel, its output, its clock and its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence


class Process:
    """A program that was started with a channel to us, whose number is its last argument.

    Attributes:
        counted: the processes whose time counts, as we number them; the one that does the work comes last.
        pidfd: the process whose end is the end of all: not a number, which another process could take over, but
            a descriptor. Readable when it has ended.
        channel: our end of the socket pair; does not block.
        output: where descriptors 1 and 2 of the process can be read; does not block.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        *,
        folder: str | None = None,
        descriptors: Sequence[int] = (),
    ) -> None:
        self.channel, theirs = socket.socketpair()
        self.output, output_end = os.pipe()
        self.channel.setblocking(False)
        os.set_blocking(self.output, False)
        try:
            # A session of its own: Ctrl-C is for us, and we end the process.
            self._started = subprocess.Popen(
                [*argv, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=output_end,
                stderr=output_end,
                env=environment,
                cwd=folder,
                pass_fds=[theirs.fileno(), *descriptors],
                start_new_session=True,
            )
        except BaseException:
            self.channel.close()
            os.close(self.output)
            raise
        finally:
            theirs.close()
            os.close(output_end)
        self._cpu_s = 0.0
        self.counted: tuple[int, ...] = (self._started.pid,)
        self.pidfd = os.pidfd_open(self._started.pid)
        self._has_session = True
        self._folder: int | None = None

    def hold(self, pid: int) -> None:
        """This child of what was started is the one that must be ended: its parent buries it, and goes too."""
        os.close(self.pidfd)
        self.pidfd = os.pidfd_open(pid)
        self._has_session = False

    def cpu_s(self) -> float:
        """Seconds of processor time used so far by all its threads: the kernel's word, not its own."""
        with contextlib.suppress(OSError):  # it has ended: what it had used by the last time
            # The number of a process's clock, as clock_getcpuclockid(3) makes it.
            self._cpu_s = sum(time.clock_gettime((~pid << 3) | 2) for pid in self.counted)
        return self._cpu_s

    def watch(self, folder: str) -> None:
        """Count the files of this folder, the only one on its file system."""
        self._folder = os.open(folder, os.O_PATH | os.O_DIRECTORY)

    def files(self) -> int:
        """How many files there are in the folder that is watched, if one is."""
        if self._folder is None:
            return 0
        counts = os.statvfs(self._folder)
        return counts.f_files - counts.f_ffree

    def ended(self, wait_s: float = 0.0) -> bool:
        """Whether it ends within this time."""
        end = select.poll()
        end.register(self.pidfd, select.POLLIN)
        return bool(end.poll(wait_s * 1000))

    def status(self) -> int:
        """The exit status of what was started, once it has ended; negative for a signal."""
        if self._has_session and self._started.returncode is None:
            # Whoever is left in its session. Until it is reaped, no other session can have that number.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._started.pid, signal.SIGKILL)
        status = self._started.wait()
        return 128 - status if status > 128 else status  # bubblewrap says 128 + signal, as shells do

    def last_words(self) -> str:
        """What it wrote to descriptors 1 and 2, if it ends now."""
        self.ended(wait_s=1.0)
        with contextlib.suppress(BlockingIOError):
            return os.read(self.output, 1 << 16).decode(errors="replace").strip()
        return ""

    def close(self) -> None:
        """End it, and all that it started. May be repeated."""
        if self.channel.fileno() < 0:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        self.ended(wait_s=10.0)  # the kernel takes down all that is in there
        self.status()
        self.channel.close()
        for descriptor in (self.output, self.pidfd, self._folder):
            if descriptor is not None:
                os.close(descriptor)
