"""The class that every grader is given: the same answers, in notebooks that differ only in how they are checked.

Stock nbgrader's cells and otter's tests make the calls that our criteria make, on the same arguments, and compare what
comes back with what the reference returned.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import nbformat
import numpy as np
from nbformat.notebooknode import NotebookNode

from rnn_autograder import course
from rnn_autograder.exercise import Exercise
from rnn_autograder.judge import act
from rnn_autograder.reference import (
    PUBLIC_SEED,
    answer_key,
    exercises,
    load,
    misconceptions,
    with_mistake,
)
from rnn_autograder.student import LocalPlayer
from rnn_autograder.submission import DEMO, is_answer
from rnn_autograder.wire import Handle, Seeded, Value

ASSIGNMENT = "a01_rnn_basics"
OUR_IMPORT = "from rnn_autograder import check"

# What students do beside the exercises: it brings PyTorch in and draws a picture.
OWN_WORK = """\
import torch

torch.manual_seed({number})
steps = torch.cumsum(torch.randn(300, 3), dim=0)
fig, ax = plt.subplots()
ax.plot(steps.numpy())
ax.set(xlabel="step", ylabel="where the walk is", title="three random walks")
plt.show()"""

UNWRITTEN = """\
def {name}(*arguments):
    raise NotImplementedError()"""

Kind = Literal["right", "mistaken", "half"]
KINDS: tuple[Kind, ...] = ("right", "right", "right", "mistaken", "half")

Case = tuple[dict[str, Any], list[Value]]
"""Arguments, and what is due for them: the returned things that are not the student's own business."""


@dataclass(frozen=True)
class Pupil:
    """A student of the class.

    Attributes:
        id: the name of the student's folders.
        answers: the text of each answer, by its cell's `grade_id`.
        work: a cell of the student's own.
        kind: `right` in everything, `mistaken` in one exercise, or done with `half` of them.
    """

    id: str
    answers: Mapping[str, str]
    work: str
    kind: Kind


def make_class(size: int, *, trivial: bool = False) -> list[Pupil]:
    """Of five students three have everything right, one has a known misconception, one solved half.

    Args:
        size: how many students.
        trivial: no work of their own beside the exercises, and everything right.
    """
    right = answers()
    known = misconceptions(answer_key(ASSIGNMENT))
    asked = exercises(ASSIGNMENT)
    pupils = []
    for number in range(size):
        texts = dict(right)
        kind: Kind = "right" if trivial else KINDS[number % len(KINDS)]
        if kind == "mistaken":
            name = asked[number // len(KINDS) % len(asked)].name
            texts[_place(name)] = with_mistake(texts[_place(name)], name, known[name][0])
        elif kind == "half":
            names = [exercise.name for exercise in asked[len(asked) // 2 :]]
            texts |= {_place(name): UNWRITTEN.format(name=name) for name in names}
        work = f"# Student {number}" if trivial else OWN_WORK.format(number=number)
        pupils.append(Pupil(f"student-{number:05}", texts, work, kind))
    return pupils


def _place(name: str) -> str:
    """The `grade_id` of an exercise's answer cell."""
    return f"{name}_solution"


def hand_in(released: NotebookNode, pupil: Pupil) -> str:
    """The text of a student's notebook: the released one with the answers in it, and the student's own cell."""
    notebook = copy.deepcopy(released)
    for cell in filter(is_answer, notebook.cells):
        cell.source = pupil.answers[cell.metadata.nbgrader.grade_id]
    _after_imports(notebook, nbformat.v4.new_code_cell(pupil.work))
    text: str = nbformat.writes(notebook)
    return text


# What instructors write ------------------------------------------------------------------------------------


def book() -> NotebookNode:
    """The assignment as we grade it, answers included, without its demonstrations: those other graders would run."""
    path = course.solution(ASSIGNMENT).with_suffix(".ipynb")
    notebook: NotebookNode = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if DEMO not in cell.metadata.get("tags", [])]
    return notebook


def answers() -> dict[str, str]:
    """The reference's answer for each answer cell, by `grade_id`."""
    return {
        cell.metadata.nbgrader.grade_id: re.sub(
            r"^\s*### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.M
        )
        for cell in filter(is_answer, book().cells)
    }


LOAD_CASES = """\
import copy
import pickle

with open("cases.pkl", "rb") as file:
    cases = pickle.load(file)"""

ASSERT_CLOSE = """\
for arguments, due in cases["{name}"]:
    returned = {name}(**copy.deepcopy(arguments))
    for seen, wanted in zip(returned if isinstance(returned, tuple) else (returned,), due):
        assert np.shape(seen) == np.shape(wanted)
        np.testing.assert_allclose(seen, wanted, rtol=1e-9, atol=1e-12)"""

ASSERT_DRAWN = """\
for arguments, (wanted,) in cases["{name}"]:
    seen = {name}(**copy.deepcopy(arguments))
    assert seen.shape == wanted.shape
    for v in range(len(arguments["params"]["b_vocab"])):
        np.testing.assert_allclose((seen == v).mean(axis=0), (wanted == v).mean(axis=0), atol=0.08)"""


def assertions(exercise: Exercise) -> str:
    """The code with which an instructor would check an exercise against given values."""
    template = ASSERT_DRAWN if exercise.name == "sample" else ASSERT_CLOSE
    return template.format(name=exercise.name)


def stock_book() -> NotebookNode:
    """The same assignment for stock nbgrader: each check is a cell that asserts."""
    notebook = bare_book()
    loads = nbformat.v4.new_code_cell(LOAD_CASES)
    loads.metadata["nbgrader"] = {
        "grade": False,
        "grade_id": "cases",
        "locked": True,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    _after_imports(notebook, loads)
    checks = {exercise.name: assertions(exercise) for exercise in exercises(ASSIGNMENT)}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = checks.get(name, cell.source)
    return notebook


def bare_book() -> NotebookNode:
    """The same assignment without our package."""
    notebook = book()
    for cell in notebook.cells:
        cell.source = cell.source.replace(OUR_IMPORT, "")
    return notebook


OTTER_TEST = """\
from otter.test_files import test_case

OK_FORMAT = False
name = "{name}"
points = {points}


@test_case()
def check({name}, np):
{code}
"""


def otter_test(exercise: Exercise) -> str:
    """An exercise's test file for otter."""
    code = f"{LOAD_CASES}\n{assertions(exercise)}"
    indented = "\n".join(f"    {line}" if line else "" for line in code.splitlines())
    return OTTER_TEST.format(name=exercise.name, points=exercise.points, code=indented)


def _after_imports(notebook: NotebookNode, cell: NotebookNode) -> None:
    """Put a cell behind the first code cell."""
    imports = next(number for number, other in enumerate(notebook.cells) if other.cell_type == "code")
    notebook.cells.insert(imports + 1, cell)


# The cases ---------------------------------------------------------------------------------------------------


class _Recorder(LocalPlayer):
    """The reference as a player; keeps the arguments and the result of each call."""

    def __init__(self, solution: Path) -> None:
        super().__init__(load(solution.read_text(encoding="utf-8")))
        self.calls: list[tuple[dict[str, Any], Value]] = []

    def call(
        self, name: str, arguments: Mapping[str, Value], *, of: Handle | None = None, keep: bool = False
    ) -> Value:
        """See `Player.call`."""
        plain = {key: self._fetched(value) for key, value in arguments.items()}
        result = super().call(name, arguments, of=of, keep=keep)
        self.calls.append((plain, self._fetched(result)))
        return result

    def _fetched(self, value: Value) -> Any:
        if isinstance(value, Seeded):
            return np.random.default_rng(value.seed)
        return self.fetch(value) if isinstance(value, Handle) else value


def cases() -> dict[str, list[Case]]:
    """Every call that our criteria make, by exercise, with the reference's answer."""
    found = {}
    for exercise in exercises(ASSIGNMENT):
        recorder = _Recorder(course.solution(ASSIGNMENT))
        for criterion in exercise.criteria:
            act(exercise, criterion, recorder, PUBLIC_SEED)
        found[exercise.name] = [(given, _due(exercise, returned)) for given, returned in recorder.calls]
    return found


def _due(exercise: Exercise, returned: Any) -> list[Value]:
    parts = returned if len(exercise.returns) > 1 else (returned,)
    return [part for name, part in zip(exercise.returns, parts, strict=True) if name not in exercise.opaque]
