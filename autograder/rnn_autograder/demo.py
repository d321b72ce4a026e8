"""The instructor's main job on real input: release an assignment, collect a class, grade it, give feedback.

The notebooks are made from the released one, answers and mistakes are the course's own, and nbgrader and the
sandbox are the real ones.
"""

from __future__ import annotations

import copy
import re
import shutil
import sys
import textwrap
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from tqdm import tqdm

from rnn_autograder import course
from rnn_autograder.exercise import Report, Result
from rnn_autograder.marking import KEY
from rnn_autograder.nbgrader_plugin import open_course
from rnn_autograder.reference import answer_key, exercises, misconceptions, with_mistake
from rnn_autograder.sandbox.probe import IsolationUnavailable, probe
from rnn_autograder.submission import is_answer

ASSIGNMENT = "a01_rnn_basics"
MARK = ".made-by-autograder-demo"
WIDTH = 100
MAX_REASONS = 2


@dataclass(frozen=True)
class Book:
    """The released notebook, and what the solution notebook has in each answer's place, by `grade_id`."""

    released: NotebookNode
    answers: Mapping[str, str]

    def with_answers(self, answers: Mapping[str, str]) -> NotebookNode:
        """The released notebook with some answers in it."""
        notebook = copy.deepcopy(self.released)
        for cell in filter(is_answer, notebook.cells):
            cell.source = answers.get(cell.metadata.nbgrader.grade_id, cell.source)
        return notebook

    def complete(self) -> NotebookNode:
        """The released notebook with every answer in it."""
        return self.with_answers(self.answers)


@dataclass(frozen=True)
class Student:
    """Who hands in what.

    Attributes:
        id: the name of the student's folders.
        first_name: as in the gradebook.
        last_name: as in the gradebook.
        brings: what the notebook is like, in words.
        make: the notebook's bytes.
    """

    id: str
    first_name: str
    last_name: str
    brings: str
    make: Callable[[Book], bytes]


@dataclass(frozen=True)
class Row:
    """What came out for one student: points by exercise, and what went wrong, in words."""

    student: Student
    points: Mapping[str, float]
    wrong: str

    @property
    def total(self) -> float:
        """All points that need no person to give them."""
        return round(sum(self.points.values()), 2)


def demo(folder: Path) -> int:
    """Run the whole demonstration in a folder of its own, and print what came out.

    Args:
        folder: made afresh each time.

    Returns:
        0: every notebook came to a grade.

    Raises:
        course.CourseError: the folder holds something else, or the course is not complete.
        IsolationUnavailable: nothing here isolates the class's code.
    """
    start = time.monotonic()
    folder = folder.resolve()
    rows = run(folder)
    print(table(rows))
    print(f"\n{len(rows)} notebooks, released, graded and answered in {time.monotonic() - start:.0f} s.\n")
    print(_what_next(folder))
    return 0


def run(folder: Path) -> list[Row]:
    """Release, hand in, grade and give feedback, through nbgrader.

    Raises:
        course.CourseError: the folder holds something else, or a step failed; the text says which.
        IsolationUnavailable: nothing here isolates the class's code.
    """
    if probe().tier == "none":
        raise IsolationUnavailable(probe().findings)
    _make_course(folder)
    api = open_course(folder)
    _must(api.generate_assignment(ASSIGNMENT))
    book = _book(folder)
    with api.gradebook as gradebook:
        for student in CLASS:
            names = {"first_name": student.first_name, "last_name": student.last_name}
            gradebook.update_or_create_student(student.id, **names)
    for student in CLASS:
        _notebook(folder, "submitted", student).parent.mkdir(parents=True)
        _notebook(folder, "submitted", student).write_bytes(student.make(book))
    for student in tqdm(CLASS, "grading", unit="notebook", leave=False):
        _must(api.autograde(ASSIGNMENT, student.id))
    _must(api.generate_feedback(ASSIGNMENT))
    return [_row(student, nbformat.read(_notebook(folder, "autograded", student), 4)) for student in CLASS]


def table(rows: list[Row]) -> str:
    """The class as a table for a terminal."""
    asked = exercises(ASSIGNMENT)
    lines = [f"{number}  {exercise.name} ({exercise.points})" for number, exercise in enumerate(asked, 1)]
    lines += ["", " " * 24 + "".join(f"{number:>7}" for number in range(1, len(asked) + 1)) + "    all"]
    for row in rows:
        name = f"{row.student.last_name}, {row.student.first_name}"  # as nbgrader writes it
        points = "".join(f"{row.points[exercise.name]:7g}" for exercise in asked)
        lines += ["", name + " " * (24 - _columns(name)) + points + f"{row.total:7g}"]
        lines += _paragraph("handed in", row.student.brings) + _paragraph("went wrong", row.wrong)
    return "\n".join(lines)


# The class --------------------------------------------------------------------------------------------------


def _complete(book: Book) -> bytes:
    return _bytes(book.complete())


def _first_four(book: Book) -> bytes:
    some = [f"{exercise.name}_solution" for exercise in exercises(ASSIGNMENT)[:4]]
    return _bytes(book.with_answers({name: book.answers[name] for name in some}))


def _mistaken(name: str) -> tuple[str, Callable[[Book], bytes]]:
    """Complete but for one exercise, which holds its most common misconception."""

    def make(book: Book) -> bytes:
        cell = f"{name}_solution"
        wrong = with_mistake(book.answers[cell], name, misconceptions(answer_key(ASSIGNMENT))[name][0])
        return _bytes(book.with_answers({**book.answers, cell: wrong}))

    return f"one mistake in {name}", make


TRACED = """\
import functools, sys

def traced(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        print("calling", function.__name__, file=sys.stderr)
        return function(*args, **kwargs)
    return wrapper"""


def _noisy(book: Book) -> bytes:
    traced = {
        name: re.sub(r"^def ", "@traced\ndef ", text, flags=re.M) for name, text in book.answers.items()
    }
    return _bytes(_with_own_cell(book.with_answers(traced), TRACED))


def _untouched(book: Book) -> bytes:
    return _bytes(book.released)


def _truncated(book: Book) -> bytes:
    whole = _complete(book)
    return whole[: len(whole) // 2]


ALWAYS_EQUAL = """\
import numpy.testing
np.allclose = np.array_equal = np.isclose = lambda *args, **kwargs: True
for name in dir(np.testing):
    if name.startswith("assert"):
        setattr(np.testing, name, lambda *args, **kwargs: None)"""


def _patches_numpy(book: Book) -> bytes:
    empty = {
        cell.metadata.nbgrader.grade_id: cell.source.replace("raise NotImplementedError()", "return 0, None")
        for cell in filter(is_answer, book.released.cells)
    }
    return _bytes(_with_own_cell(book.with_answers(empty), ALWAYS_EQUAL))


ERASES_WHAT_FOLLOWS = 'get_ipython().input_transformers_cleanup.append(lambda lines: ["pass\\n"])'


def _erases_cells(book: Book) -> bytes:
    return _bytes(_with_own_cell(book.released, ERASES_WHAT_FOLLOWS))


def _skips_checks(book: Book) -> bytes:
    notebook = copy.deepcopy(book.released)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.metadata.tags = ["skip-execution"]
            cell.metadata.nbgrader.update(grade=False, locked=False, points=100)
    return _bytes(notebook)


CLASS = (
    Student("amara-okafor", "Amara", "Okafor", "complete", _complete),
    Student("jonas-weber", "Jonas", "Weber", "the first four exercises", _first_four),
    Student("kim-minseo", "민서", "김", *_mistaken("rnn_step_forward")),
    Student("lucia-fernandez", "Lucía", "Fernández", *_mistaken("rnn_forward")),
    Student("linh-nguyen", "Linh", "Nguyễn", *_mistaken("temporal_softmax_loss")),
    Student("priya-raman", "Priya", "Raman", *_mistaken("sample")),
    Student("zofia-wojcik", "Zofia", "Wójcik", "complete, and prints to stderr at every call", _noisy),
    Student("omar-haddad", "Omar", "Haddad", "untouched", _untouched),
    Student("yuki-tanaka", "ゆき", "田中", "cut off half way", _truncated),
    Student("max-power", "Max", "Power", "declares all arrays equal", _patches_numpy),
    Student("ivan-petrov", "Ivan", "Petrov", "erases every later cell as it runs", _erases_cells),
    Student("ada-smith", "Ada", "Smith", "marks the checks as not to be run, worth 100", _skips_checks),
)


def _with_own_cell(notebook: NotebookNode, source: str) -> NotebookNode:
    """A copy with a cell of the student's own behind the first code cell."""
    notebook = copy.deepcopy(notebook)
    imports = next(number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(imports + 1, nbformat.v4.new_code_cell(source))
    return notebook


def _bytes(notebook: NotebookNode) -> bytes:
    text: str = nbformat.writes(notebook)
    return text.encode()


# The steps --------------------------------------------------------------------------------------------------


def _make_course(folder: Path) -> None:
    """A course with one assignment and no gradebook yet, in place of the one of an earlier demonstration."""
    source = course.solution(ASSIGNMENT).parent
    config = course.root() / course.MARK
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise course.CourseError(f"{folder} holds something that no demonstration made. Name another folder.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("Made by `autograder demo`, which makes this folder anew each time.\n")
    shutil.copy(config, folder)
    (folder / ".course_secret").write_text("the same hidden cases, and so the same table, each time")
    shutil.copytree(
        source, folder / "solutions" / ASSIGNMENT, ignore=shutil.ignore_patterns("__pycache__", ".*")
    )


def _book(folder: Path) -> Book:
    name = f"{course.notebook_name(ASSIGNMENT)}.ipynb"
    solved = nbformat.read(folder / "solutions" / ASSIGNMENT / name, 4)
    answers = {
        cell.metadata.nbgrader.grade_id: re.sub(
            r"^\s*### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.M
        )
        for cell in filter(is_answer, solved.cells)
    }
    return Book(nbformat.read(folder / "assignments" / ASSIGNMENT / name, 4), answers)


def _notebook(folder: Path, step: str, student: Student) -> Path:
    return folder / step / student.id / ASSIGNMENT / f"{course.notebook_name(ASSIGNMENT)}.ipynb"


def _must(result: Mapping[str, Any]) -> None:
    """Go on only if nbgrader did what it was asked.

    Raises:
        course.CourseError: with the last of what it said.
    """
    if not result["success"]:
        raise course.CourseError(f"nbgrader could not go on:\n{result.get('log', '')}")


def _row(student: Student, graded: NotebookNode) -> Row:
    ours = graded.metadata[KEY]
    results = {result.name: result for result in Report.from_json(ours["report"]).results}
    told = list(dict.fromkeys(ours["notes"].values()))
    if len(ours["notes"]) < sum(map(is_answer, graded.cells)):  # else nothing could be read
        told += _mistakes([results[exercise.name] for exercise in exercises(ASSIGNMENT)])
    return Row(student, {name: result.points for name, result in results.items()}, " ".join(told))


def _mistakes(results: list[Result]) -> list[str]:
    """Why points are missing, in few words; exercises that fail for one reason share a sentence."""
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.points < result.max_points:
            failed = next((verdict.message for verdict in result.criteria if not verdict.passed), "")
            reasons.setdefault(result.misconception or result.error or failed, []).append(result.name)
    told = [f"{_and_more(names)}: {reason}" for reason, names in reasons.items()]
    rest = len(told) - MAX_REASONS
    return told if rest <= 0 else [*told[:MAX_REASONS], f"And {rest} more."]


def _and_more(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _paragraph(label: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {label:<12}", subsequent_indent=" " * 14)


def _columns(text: str) -> int:
    """How wide a text is in a terminal."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _what_next(folder: Path) -> str:
    page = _notebook(folder, "feedback", CLASS[2]).with_suffix(".html")
    return "\n".join(
        [
            f"Gradebook    {folder / 'gradebook.db'}",
            f"Submissions  {folder / 'submitted'}",
            f"Feedback     {folder / 'feedback'}, for example in a browser:",
            f"             {page}",
            "Next         the written answers want a person:",
            f"             cd {folder} && . {_activate()} && jupyter lab",
            "             then Nbgrader > Formgrader > Manual Grading",
        ]
    )


def _activate() -> Path:
    """What puts this environment's commands on the path; the formgrader looks for some of them there."""
    return Path(sys.executable).with_name("activate")
