"""Where the processor time of a submission goes on its way through `grade`, one after the other and without Dask.

    python -m rnn_autograder.bench.stages FOLDER

reads the notebooks in a folder and writes `result.json` beside them: processor seconds by stage, means. It must be
alone in its control group (see `cost`), where the student's side is read as well as ours.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from rnn_autograder.bench.cost import cpu_s, own_group
from rnn_autograder.bench.pupils import ASSIGNMENT
from rnn_autograder.grade import grade
from rnn_autograder.notebook import runnable
from rnn_autograder.reference import answer_key, limits_of
from rnn_autograder.sandbox.launch import launch
from rnn_autograder.sandbox.nursery import Zygote
from rnn_autograder.student import WorkerPlayer

FORK, CELLS, CALLS, JUDGING, END = (
    "cage, fork and enter",
    "students' cells, and what they display",
    "calls of students' functions",
    "judging, and sending the calls",
    "ending the worker",
)
SEED = 1


def main() -> None:
    """Measure each notebook of the folder that the command line names, after all of them were graded once."""
    folder = Path(sys.argv[1])
    notebooks = [nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))]
    total: Counter[str] = Counter()
    with Zygote() as zygote:
        for notebook in notebooks:
            grade(notebook, answer_key(ASSIGNMENT), SEED, zygote=zygote)
        for notebook in notebooks:
            total.update(_stages(notebook, zygote))
    means = {stage: seconds / len(notebooks) for stage, seconds in total.items()}
    (folder / "result.json").write_text(json.dumps(means))


def _stages(notebook: NotebookNode, zygote: Zygote) -> dict[str, float]:
    """Once up to the end of the cells, then all of it: what is more then are the calls and the judging."""
    limits, clock = limits_of(ASSIGNMENT), _Clock()
    worker = launch(limits, zygote=zygote)
    player = WorkerPlayer(worker.__enter__(), limits)
    forking = clock.lap()
    for _ in player.run(list(runnable(notebook, ASSIGNMENT))):
        pass
    running = clock.lap()
    worker.__exit__(None, None, None)
    ending = clock.lap()
    grade(notebook, answer_key(ASSIGNMENT), SEED, zygote=zygote)
    ours, theirs = clock.lap()
    before = [forking, running, ending]
    return {
        FORK: sum(forking),
        CELLS: sum(running),
        CALLS: theirs - sum(theirs for _, theirs in before),
        JUDGING: ours - sum(ours for ours, _ in before),
        END: sum(ending),
    }


class _Clock:
    """Processor seconds since the last lap: this process's, and all others'."""

    def __init__(self) -> None:
        self._last = self._now()

    def lap(self) -> tuple[float, float]:
        now, last = self._now(), self._last
        self._last = now
        return now[0] - last[0], now[1] - last[1]

    def _now(self) -> tuple[float, float]:
        ours = time.process_time()
        return ours, cpu_s(own_group()) - ours


if __name__ == "__main__":
    main()
