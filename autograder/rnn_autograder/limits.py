"""What a student's code may use, how to say that it used more, and what it did use."""

from __future__ import annotations

import signal
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from rnn_autograder.exercise import Stopped


@dataclass(frozen=True)
class Limits:
    """What one worker may use. Processor time is the measure: a busy machine must not cost anybody marks.

    The clock stands still while a worker is ready to run and others have the processors.

    Attributes:
        cells_cpu_s: seconds of processor time for one run over all cells.
        call_cpu_s: seconds of processor time for each call.
        cells_wall_s: seconds on the clock for one run over all cells: for what wakes only to sleep again.
        call_wall_s: the same for each call.
        idle_s: seconds on the clock without any computing: asleep, or waiting for what never comes. Long
            enough for a busy machine to give each process its turn.
        notebook_wall_s: seconds on the clock for a whole notebook, with all that had to be run again. What the
            grader does in between is not in them.
        memory_bytes: address space of each process; where there may be more than one, their own memory together.
        processes: threads, and processes where there may be any.
        subprocesses: whether the student's code may start processes, for a `DataLoader` with workers.
        disk_bytes: what fits into the working folder, the only place that can be written.
        files: how many of them; each takes memory of the kernel's, even if it is empty.
        output_bytes: everything written to file descriptors 1 and 2, and what the cells display.
        reply_bytes: one frame; a longer one is refused before it is read.
    """

    cells_cpu_s: float = 60.0
    call_cpu_s: float = 10.0
    cells_wall_s: float = 300.0
    call_wall_s: float = 120.0
    idle_s: float = 60.0
    notebook_wall_s: float = 900.0
    memory_bytes: int = 4 << 30
    processes: int = 64
    subprocesses: bool = False
    disk_bytes: int = 64 << 20
    files: int = 10_000
    output_bytes: int = 1 << 20
    reply_bytes: int = 16 << 20


@dataclass(frozen=True)
class Used:
    """What a submission used of its processor time, in seconds. It differs a little each time, so no report holds it.

    Attributes:
        cells_s: for one run over all cells; the longest, where they had to be run again.
        calls_s: by exercise, for all calls that judged it.
        longest_s: by exercise, for the longest of them.
        stopped: for each cell that was stopped, why.
    """

    cells_s: float = 0.0
    calls_s: Mapping[str, float] = field(default_factory=dict)
    longest_s: Mapping[str, float] = field(default_factory=dict)
    stopped: tuple[str, ...] = ()


_SENTENCES = {
    "cpu": "It used {most:g} seconds of processor time and was stopped. Is there a loop that never ends?",
    "idle": "It did nothing for {most:g} seconds and was stopped. Does it sleep, or wait for input?",
    "wall": "It took more than {most:g} seconds and was stopped. Does it sleep between its steps?",
    "notebook": "The {most:g} seconds for the whole notebook were over. Something before took most of them.",
    "memory": "Its processes used more than {mebi:g} MiB together and were stopped. Does each load all the data?",
    "threads": "It started more than {most:g} threads and was stopped. Is a thread started inside a loop?",
    "disk": "It wrote more than {mebi:g} MiB and was stopped. Is a file written inside a loop?",
    "files": "It made more than {most:,} files and was stopped. Is a file opened inside a loop?",
    "folders": "It made folders that are too deep, or cannot be opened, and was stopped. Is one made inside a loop?",
    "output": "It printed more than {mebi:g} MiB and was stopped. Is something printed inside a loop?",
    "reply": "It returned more than {mebi:g} MiB. Is an array larger than it should be?",
}


class LimitReached(Stopped):
    """The student's code was stopped; `sentence` is for the student.

    Attributes:
        limit: the limit's name, as in the table of sentences.
    """

    def __init__(self, limit: str, most: float) -> None:
        super().__init__(_SENTENCES[limit].format(most=most, mebi=most / (1 << 20)))
        self.limit = limit


class WorkerGone(Stopped):
    """The worker ended by itself; `status` is its exit status, negative for a signal, None if unknown."""

    def __init__(self, status: int | None) -> None:
        super().__init__(_obituary(status))
        self.status = status


class IsolationUnavailable(Exception):
    """No isolation, no grading. `findings` tell what was tried and what would mend it, each from a line of its own."""

    def __init__(self, findings: tuple[str, ...]) -> None:
        told = "\n".join(textwrap.indent(finding, "  ") for finding in findings)
        super().__init__(f"Nothing here isolates students' code well enough, so none of it was run.\n{told}")
        self.findings = findings


class InfrastructureFault(Exception):
    """The machine failed, not the student. Nobody is graded by it."""


def _obituary(status: int | None) -> str:
    if status is None:
        return "Your code closed the line to the grader."
    if status >= 0:
        return f"Your code ended the Python process (exit status {status}). Is there an `os._exit()`?"
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    return f"The Python process was ended by the system ({name}) while your code ran."
