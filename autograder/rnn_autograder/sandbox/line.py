"""A worker: a program that student code may take over, and what we still decide about it from outside.

We read its processor time from the kernel, count its bytes before we read them, and end it by a handle that
it cannot change. Nothing that it says decides whether it is within its limits.
"""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import time

from rnn_autograder.limits import InfrastructureFault, LimitReached, Limits, WorkerGone
from rnn_autograder.sandbox.nursery import Isolation
from rnn_autograder.sandbox.process import Process

POLL_S = 0.05  # how often a waiting worker's clock is read; what it may use beyond its limit
GRACE_S = 1.0  # between the end of its channel and its own
BREATHING_CPU_S = 0.01  # less than this is no computing: an interpreter that is woken up and sleeps again
CHUNK = 1 << 18
PREFIX = 4


class Worker:
    """The far end of a line of frames: four bytes of length, most significant first, and the content.

    Attributes:
        isolation: what stands between it and the machine.
    """

    def __init__(
        self, process: Process, limits: Limits, isolation: Isolation, left_s: float = math.inf
    ) -> None:
        self.isolation = isolation
        self._process = process
        self._limits = limits
        self._left_s = left_s
        self._meter = _Meter(process, limits, math.inf)
        self._inbox = bytearray()
        self._outbox = memoryview(b"")
        self._output = bytearray()
        self._heard = False
        self._end: Exception | None = None
        self._selector = selectors.DefaultSelector()
        for end in (process.channel, process.output, process.pidfd):
            self._selector.register(end, selectors.EVENT_READ)

    def send(self, frame: bytes) -> None:
        """Send a request; its time is counted from here.

        Raises:
            LimitReached, WorkerGone, InfrastructureFault: see `receive`.
        """
        if self._end is not None:
            raise self._end
        self._meter.restart()
        self._outbox = memoryview(len(frame).to_bytes(PREFIX, "big") + frame)
        self._write()
        while self._outbox:
            self._turn(self._limits.call_cpu_s, self._limits.call_wall_s)

    def receive(self, *, cpu_s: float, wall_s: float) -> bytes:
        """The next frame.

        A worker speaks before it runs student code. What it did until then was to get ready, which is on us.

        Args:
            cpu_s: the processor time that may have been used by then, counted from the last `send` or from
                its first frame, whichever is later.
            wall_s: the same on the clock.

        Raises:
            LimitReached: it used more than it may, and was ended.
            WorkerGone: it ended by itself.
            InfrastructureFault: either of these, before its first frame.
        """
        self._meter.wake()
        while (frame := self._frame()) is None:
            self._turn(cpu_s, wall_s)
        if not self._heard:
            self._heard = True
            self._meter = _Meter(self._process, self._limits, self._left_s)
        self._meter.look()
        return frame

    @property
    def used_s(self) -> float:
        """Processor time since the last `send`, up to the last frame or until it was stopped."""
        return self._meter.used_s

    @property
    def took_s(self) -> float:
        """Seconds on the clock of all requests together: what counts against the time for the whole notebook."""
        return self._meter.took_s

    def output(self) -> bytes:
        """What was written to file descriptors 1 and 2 so far, for a diagnosis."""
        return bytes(self._output)

    def kill(self) -> None:
        """End it, whatever it does; may be called again."""
        if self._end is None:
            self._end = WorkerGone(None)
        self._selector.close()
        self._process.close()

    def _turn(self, cpu_s: float, wall_s: float) -> None:
        """Move what can be moved, or wait a little; then look at the clocks."""
        if self._end is not None:
            raise self._end
        events = selectors.EVENT_READ * self._has_room() | selectors.EVENT_WRITE * bool(self._outbox)
        self._selector.modify(self._process.channel, events)
        ready = {key.fd for key, _ in self._selector.select(POLL_S)}
        if self._process.output in ready:
            self._listen()
        if self._process.channel.fileno() in ready:
            self._write()
            self._read()
        if self._process.pidfd in ready:
            self._read()
            self._listen()
            if self._end is None:
                self._stop(self._obituary())
        elif self._end is None and (limit := self._meter.exceeded(cpu_s, wall_s)):
            self._stop(limit)

    def _frame(self) -> bytes | None:
        """The next frame, if all of it is here."""
        if len(self._inbox) < PREFIX:
            return None
        size = int.from_bytes(self._inbox[:PREFIX], "big")
        if size > self._limits.reply_bytes:
            self._stop(LimitReached("reply", self._limits.reply_bytes))
            return None
        if len(self._inbox) < PREFIX + size:
            return None
        frame = bytes(self._inbox[PREFIX : PREFIX + size])
        del self._inbox[: PREFIX + size]
        return frame

    def _has_room(self) -> bool:
        return len(self._inbox) < PREFIX + self._limits.reply_bytes

    def _write(self) -> None:
        try:
            while self._outbox:
                self._outbox = self._outbox[self._process.channel.send(self._outbox) :]
        except BlockingIOError:
            return
        except (BrokenPipeError, ConnectionResetError):
            self._outbox = memoryview(b"")  # nobody reads; what was said before can still be heard

    def _read(self) -> None:
        while self._end is None and self._has_room():
            try:
                chunk = self._process.channel.recv(CHUNK)
            except BlockingIOError:
                return
            except ConnectionResetError:
                continue  # said once; what was sent before comes next
            if not chunk:
                self._stop(self._obituary() if self._process.ended(GRACE_S) else WorkerGone(None))
            self._inbox += chunk

    def _listen(self) -> None:
        while self._end is None:
            try:
                chunk = os.read(self._process.output, CHUNK)
            except BlockingIOError:
                return
            if not chunk:  # it closed its output, and may go on
                with contextlib.suppress(KeyError):  # said before
                    self._selector.unregister(self._process.output)
                return
            room = self._limits.output_bytes - len(self._output)
            self._output += chunk[:room]
            if len(chunk) > room:
                self._stop(LimitReached("output", self._limits.output_bytes))

    def _obituary(self) -> WorkerGone | InfrastructureFault:
        try:
            return WorkerGone(self._process.status())
        except InfrastructureFault as fault:
            return fault

    def _stop(self, end: LimitReached | WorkerGone | InfrastructureFault) -> None:
        """End it; whoever waits is told why."""
        if self._end is None:
            # Its first word may have come in this very moment.
            with contextlib.suppress(BlockingIOError, ConnectionResetError):
                self._inbox += self._process.channel.recv(CHUNK)
            self._end = end
            if not self._heard and not self._inbox:
                said = self._output.decode(errors="replace").strip()
                self._end = InfrastructureFault(f"The worker did not get ready. {said or end}")
        self.kill()


class _Meter:
    """What a worker used since the last request, and how long all of them took.

    On the clock, the time does not count in which it was ready to run and others had the processors.
    """

    def __init__(self, process: Process, limits: Limits, left_s: float) -> None:
        self._process = process
        self._limits = limits
        self._left_s = left_s
        self.took_s = 0.0
        self.restart()

    def restart(self) -> None:
        """A request begins."""
        self._before_s = self.took_s
        self._asked_at = self._busy_at = self._clock()
        self._looked_at = time.monotonic()
        self._asked_cpu_s = self._busy_cpu_s = self._process.cpu_s()
        self.used_s = 0.0

    def look(self) -> tuple[float, float]:
        """Read the clocks: ours, and the process's."""
        now, now_s = self._clock(), self._process.cpu_s()
        self.took_s = self._before_s + now - self._asked_at
        self.used_s = now_s - self._asked_cpu_s
        return now, now_s

    def _clock(self) -> float:
        return time.monotonic() - self._process.waited_s()

    def wake(self) -> None:
        """Somebody waits again. The time in which nobody did is not the worker's."""
        if self._clock() - self._busy_at > POLL_S:
            self._busy_at, self._busy_cpu_s = self._clock(), self._process.cpu_s()

    def exceeded(self, cpu_s: float, wall_s: float) -> LimitReached | None:
        """The limit that is passed, if one is. The clocks are read every `POLL_S`."""
        now = time.monotonic()
        if now - self._looked_at < POLL_S:
            return None
        self._looked_at = now
        now, now_s = self.look()
        if now_s - self._busy_cpu_s > BREATHING_CPU_S:
            self._busy_at, self._busy_cpu_s = now, now_s
        if self.used_s > cpu_s:
            return LimitReached("cpu", cpu_s)
        if now - self._busy_at > self._limits.idle_s:
            return LimitReached("idle", self._limits.idle_s)
        if now - self._asked_at > wall_s:
            return LimitReached("wall", wall_s)
        if self.took_s > self._left_s:
            return LimitReached("notebook", self._limits.notebook_wall_s)
        return self._process.beyond()
