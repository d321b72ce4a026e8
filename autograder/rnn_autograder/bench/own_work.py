"""What the students' cells cost by themselves: in a plain fork of a process that has imported what our zygote has.

    python -m rnn_autograder.bench.own_work FOLDER

reads the notebooks in a folder and writes `result.json` beside them: processor seconds, a number for each.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from rnn_autograder.bench.pupils import ASSIGNMENT
from rnn_autograder.notebook import runnable
from rnn_autograder.sandbox.worker import INLINE, Channel, Recorder, shell
from rnn_autograder.sandbox.zygote import preload

OUTPUT_BYTES = 1 << 20


def main() -> None:
    """Measure each notebook of the folder that the command line names."""
    os.environ["MPLBACKEND"] = INLINE
    preload()
    folder = Path(sys.argv[1])
    notebooks = [nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))]
    (folder / "result.json").write_text(json.dumps([_forked(notebook) for notebook in notebooks]))


def _forked(notebook: NotebookNode) -> float:
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, repr(_cpu_s([source for _, source in runnable(notebook, ASSIGNMENT)])).encode())
        os._exit(0)
    os.close(writing)
    os.wait()
    with os.fdopen(reading) as told:
        return float(told.read())


def _cpu_s(cells: list[str]) -> float:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    student, recorder = shell(), Recorder(_Nowhere(), OUTPUT_BYTES)
    student.recorder = student.display_pub.recorder = student.displayhook.recorder = recorder
    begun = time.process_time()
    for source in cells:
        student.run_cell(source)
    return time.process_time() - begun


class _Nowhere(Channel):
    """Where what the cells display goes, as if somebody took it."""

    def __init__(self) -> None:
        pass

    def send(self, frame: bytes) -> None:
        """Drop it."""


if __name__ == "__main__":
    main()
