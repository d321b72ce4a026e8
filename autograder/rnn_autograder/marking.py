"""One submission -> the notebook that goes back: the released one, with answers, outputs and points in it.

A function of what was handed in, the release, the answer key and the seed, and of nothing else: it can run on any
machine, and gives the same again.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

import nbformat
import numpy as np
from nbformat.notebooknode import NotebookNode

from rnn_autograder import submission
from rnn_autograder.course import notebook_name
from rnn_autograder.exercise import Result
from rnn_autograder.grade import grade
from rnn_autograder.limits import Used
from rnn_autograder.panel import render_html
from rnn_autograder.reference import AnswerKey
from rnn_autograder.sandbox.nursery import Zygote
from rnn_autograder.sandbox.probe import probe
from rnn_autograder.submission import is_answer

KEY = "unrolled"  # our place in a notebook's metadata: the schema of nbgrader's own is closed


class NotGraded(Exception):
    """Ours failed. It is never a zero; the text says what failed."""


@dataclass(frozen=True)
class HandedIn:
    """What a student handed in, not looked into yet.

    Attributes:
        name: the file's name.
        data: the file's bytes.
        unreadable: why there are none.
    """

    name: str
    data: bytes = field(default=b"", repr=False)
    unreadable: str = ""


def check_name(student: str) -> None:
    """See that the name of a student's folder can go into the gradebook, and from there into nbgrader's pages.

    Whoever may hand in by an exchange may do so under any name, and nbgrader's pages print names as they are.

    Raises:
        NotGraded: it cannot.
    """
    if student != submission.writable(student):
        raise NotGraded("The folder's name is no text, and no gradebook can hold it: rename it.")
    if found := set('<>"\\') & set(student):
        raise NotGraded(
            f"The folder's name holds {' '.join(sorted(found))}, which could run in nbgrader's pages: rename it."
        )


def hand_in(path: Path) -> HandedIn:
    """What was handed in as `path`, or under another name beside it."""
    try:
        file = submission.find(path)
        return HandedIn(submission.writable(file.name), submission.load(file))
    except submission.Unreadable as error:
        return HandedIn(path.name, unreadable=str(error))


@dataclass(frozen=True)
class Marked:
    """A submission, marked. The same again is equal, though it never takes the same time.

    Attributes:
        notebook: what goes back, as text.
        used: the time that the student's code took.
    """

    notebook: str = field(repr=False)
    used: Used = field(default_factory=Used, compare=False)


@dataclass(frozen=True)
class Marking:
    """How an assignment is marked, the same for every submission of a class.

    Attributes:
        released: the released notebook, as text.
        key: the assignment's answers.
        seed: what the hidden cases are drawn from.
        unsafe: go on where nothing isolates the students' code.
    """

    released: str = field(repr=False)
    key: AnswerKey = field(repr=False)
    seed: int
    unsafe: bool = False

    @property
    def version(self) -> str:
        """What decides, beside the submission, what a mark is: this package, the answers, the release, the seed."""
        parts = (self.released, self.key, self.seed, np.__version__, sources())
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def mark(self, handed_in: HandedIn, zygote: Zygote | None = None) -> Marked:
        """Mark a submission.

        Args:
            handed_in: the submission.
            zygote: forks the workers of the sandbox; without one each starts cold.

        Raises:
            NotGraded: the release and the exercises do not fit together.
            limits.InfrastructureFault: the machine failed.
            sandbox.probe.IsolationUnavailable: nothing here isolates the student's code.
        """
        notebook = nbformat.from_dict(_parsed(self.released))  # a copy
        cells: list[NotebookNode] = []
        unreadable = handed_in.unreadable
        if not unreadable:
            try:
                cells = submission.parse(handed_in.data, handed_in.name)
            except submission.Unreadable as error:
                unreadable = str(error)
        rebuild(notebook, cells, self.key.assignment, called=handed_in.name, unreadable=unreadable)
        unsafe = self.unsafe and probe().tier == "none"  # where it was asked for, and only there
        used = execute(notebook, self.key, self.seed, unsafe=unsafe, zygote=zygote)
        return Marked(json.dumps(notebook), used)  # nbformat's own way is for eyes, and costs milliseconds


def rebuild(
    released: NotebookNode, cells: Sequence[NotebookNode], assignment: str, *, called: str, unreadable: str
) -> list[str]:
    """Put what a student wrote into the released notebook, with notes on what was odd.

    Args:
        released: changed in place.
        cells: as `submission.parse` gives them.
        assignment: for example `a01_rnn_basics`.
        called: the name of the file that was handed in.
        unreadable: why there are no cells.

    Returns:
        The notes, each once.
    """
    notes = submission.rebuild(released, cells)
    answers = [cell.metadata.nbgrader.grade_id for cell in released.cells if is_answer(cell)]
    if unreadable:
        notes = dict.fromkeys(answers, unreadable)
    elif answers and called != f"{notebook_name(assignment)}.ipynb":
        notes[answers[0]] = " ".join(filter(None, [f"Handed in as {called}.", notes.get(answers[0])]))
    released.metadata[KEY] = {"notes": notes}
    return list(dict.fromkeys(notes.values()))


def execute(
    notebook: NotebookNode,
    key: AnswerKey,
    seed: int,
    *,
    unsafe: bool = False,
    zygote: Zygote | None = None,
) -> Used:
    """Run the student's cells in the sandbox and write our verdicts into the grade cells, in place.

    nbgrader takes points from a cell's `execute_result`: its text/plain is exactly the points, its text/html the panel.

    Returns:
        The time that the student's code took: not a part of the notebook, which is the same again.

    Raises:
        NotGraded: the notebook and the exercises do not fit together.
        limits.InfrastructureFault: the machine failed.
        sandbox.probe.IsolationUnavailable: nothing here isolates the student's code, and `unsafe` was not said.
    """
    graded = grade(notebook, key, seed, unsafe=unsafe, zygote=zygote)
    results = {result.name: result for result in graded.report.results}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade") and not is_answer(cell):
            cell.outputs = [_verdict(cell, results)]
    for number, outputs in graded.outputs.items():
        notebook.cells[number].outputs = outputs
    notebook.metadata[KEY]["report"] = graded.report.to_json()
    return graded.used


def _verdict(cell: NotebookNode, results: Mapping[str, Result]) -> NotebookNode:
    name, points = cell.metadata.nbgrader.grade_id, cell.metadata.nbgrader.points
    result = results.get(name)
    if result is None:
        raise NotGraded(f"The notebook asks to grade {name!r}, and there is no such exercise.")
    if points != result.max_points:
        raise NotGraded(f"{name} is worth {points:g} points in the notebook and {result.max_points:g} here.")
    if not 0 <= result.points <= points:  # a nan or a negative is full marks to nbgrader
        raise NotGraded(f"{name} earned {result.points} of {points:g} points, which cannot be.")
    data = {"text/plain": str(result.points), "text/html": render_html(result)}
    output = {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}
    node: NotebookNode = nbformat.from_dict(output)
    return node


@cache
def _parsed(released: str) -> NotebookNode:
    return nbformat.reads(released, as_version=4)


@cache
def sources() -> str:
    """A hash of this package's own text."""
    package = Path(str(resources.files("rnn_autograder")))
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
