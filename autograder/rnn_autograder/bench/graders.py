"""Three graders, each started as its users start it, in a course of its own."""

# mypy: allow-untyped-calls
from __future__ import annotations

import csv
import json
import os
import pickle
import shutil
import sys
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import Protocol

import nbformat
from nbformat.notebooknode import NotebookNode

from rnn_autograder import course
from rnn_autograder.bench.cost import Cost, cost_of
from rnn_autograder.bench.pupils import (
    ASSIGNMENT,
    Pupil,
    bare_book,
    book,
    cases,
    hand_in,
    otter_test,
    stock_book,
)
from rnn_autograder.reference import exercises

FILE = f"{course.notebook_name(ASSIGNMENT)}.ipynb"
BIN = Path(sys.executable).parent

STOCK_CONFIG = """\
c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
"""


class Grader(Protocol):
    """Grades classes from first to last; the time for setting up is not its own."""

    def grade(self, pupils: Sequence[Pupil]) -> Cost:
        """Grade a class that it has not seen yet.

        Raises:
            CourseError: it failed, or its grades are not the right ones.
        """


class Stock:
    """`nbgrader autograde` as it is installed, with its own preprocessors."""

    def __init__(self, folder: Path) -> None:
        """Set up a course.

        Args:
            folder: does not exist yet.
        """
        self._folder = folder
        source = folder / "solutions" / ASSIGNMENT
        source.mkdir(parents=True)
        (folder / course.MARK).write_text(STOCK_CONFIG)
        (source / "cases.pkl").write_bytes(pickle.dumps(cases()))
        self._released = _release(folder, stock_book(), _nbgrader("generate_assignment", ASSIGNMENT))

    def grade(self, pupils: Sequence[Pupil]) -> Cost:
        """See `Grader.grade`."""
        _hand_in(self._folder, self._released, pupils)
        cost = cost_of(_nbgrader("autograde", ASSIGNMENT), self._folder, environment())
        _verify("stock nbgrader", pupils, _exported(self._folder))
        return cost


class Ours:
    """`autograder grade`, with a new course for each class."""

    def __init__(self, folder: Path) -> None:
        """Set up a course.

        Args:
            folder: does not exist yet.
        """
        self._folder = folder
        self._courses = 0
        self._model = folder / "model"
        self._model.mkdir(parents=True)
        shutil.copy(course.root() / course.MARK, self._model)
        shutil.copytree(course.solution(ASSIGNMENT).parent, self._model / "solutions" / ASSIGNMENT)
        self._released = _release(self._model, book(), _autograder("release", ASSIGNMENT))

    def grade(self, pupils: Sequence[Pupil]) -> Cost:
        """See `Grader.grade`."""
        self._courses += 1
        folder = self._folder / str(self._courses)
        shutil.copytree(self._model, folder)
        _hand_in(folder, self._released, pupils)
        cost = cost_of(_autograder("grade", ASSIGNMENT), folder, environment())
        _verify("autograder grade", pupils, _exported(folder))
        shutil.rmtree(folder)
        return cost


class Otter:
    """`otter run`: what otter-grader does in each of its containers, without the container."""

    def __init__(self, folder: Path, program: Path) -> None:
        """Set up its autograder.

        Args:
            folder: does not exist yet.
            program: `otter`, in an environment that has NumPy, PyTorch and matplotlib as well.

        Raises:
            CourseError: the program is not there.
        """
        if not program.is_file():
            raise course.CourseError(f"There is no program {program}. Name another with --otter, or none.")
        self._folder = folder
        self._program = program.absolute()
        self._environment = environment(self._program.parent)
        (folder / "tests").mkdir(parents=True)
        for exercise in exercises(ASSIGNMENT):
            (folder / "tests" / f"{exercise.name}.py").write_text(otter_test(exercise))
        (folder / "cases.pkl").write_bytes(pickle.dumps(cases()))
        self._otter("generate", "--tests-dir", "tests", "cases.pkl")

    def grade(self, pupils: Sequence[Pupil]) -> Cost:
        """See `Grader.grade`."""
        costs, points = [], {}
        for pupil in pupils:
            submission, results = self._folder / f"{pupil.id}.ipynb", self._folder / pupil.id
            submission.write_text(hand_in(_without_checks(bare_book()), pupil))
            results.mkdir()
            costs.append(self._otter("run", "--no-logo", "--output-dir", results.name, submission.name))
            told = json.loads((results / "results.json").read_text())["tests"]
            points[pupil.id] = sum(test.get("score", 0) for test in told)
        _verify("otter-grader", pupils, points)
        return reduce(add, costs)

    def _otter(self, *arguments: str) -> Cost:
        return cost_of([str(self._program), *arguments], self._folder, self._environment)


def environment(programs: Path = BIN) -> dict[str, str]:
    """What a command is started with: one thread for small matrices, and its own programs first."""
    path = os.pathsep.join([str(programs), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _nbgrader(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "nbgrader", *arguments]


def _autograder(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "rnn_autograder", *arguments]


def _release(folder: Path, notebook: NotebookNode, command: Sequence[str]) -> NotebookNode:
    """Write the instructor's notebook, release it, and return what students get."""
    nbformat.write(notebook, folder / "solutions" / ASSIGNMENT / FILE)
    cost_of(command, folder, environment())
    released: NotebookNode = nbformat.read(folder / "assignments" / ASSIGNMENT / FILE, as_version=4)
    return released


def _hand_in(folder: Path, released: NotebookNode, pupils: Iterable[Pupil]) -> None:
    for pupil in pupils:
        path = folder / "submitted" / pupil.id / ASSIGNMENT / FILE
        path.parent.mkdir(parents=True)
        path.write_text(hand_in(released, pupil))


def _without_checks(notebook: NotebookNode) -> NotebookNode:
    """Without the cells in which a student checks: otter runs its tests when all cells have run."""
    names = {exercise.name for exercise in exercises(ASSIGNMENT)}
    notebook.cells = [
        cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") not in names
    ]
    return notebook


def _exported(folder: Path) -> dict[str, float]:
    """Each student's points, as nbgrader reads them out of the gradebook."""
    cost_of(_nbgrader("export", "--to", "grades.csv"), folder, environment())
    with (folder / "grades.csv").open(newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def _verify(grader: str, pupils: Iterable[Pupil], points: dict[str, float]) -> None:
    """A time counts only with the right grades: all points where everything is right, fewer where half is done.

    What a mistake costs is each grader's own business.
    """
    full = sum(exercise.points for exercise in exercises(ASSIGNMENT))
    for pupil in pupils:
        earned = points[pupil.id]
        if (pupil.kind == "right" and earned < full) or (pupil.kind == "half" and earned == full):
            raise course.CourseError(
                f"{grader} gave {earned:g} of {full} points to {pupil.id}: {pupil.kind}."
            )
