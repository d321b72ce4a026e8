"""The instructor's main job on real input: release assignments, collect a class, grade it, give feedback.

The notebooks are made from the released one, answers and mistakes are the course's own, and nbgrader and the
sandbox are the real ones.
"""

from __future__ import annotations

import contextlib
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
from shlex import quote
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from tqdm import tqdm

from rnn_autograder import class_page, class_report, course
from rnn_autograder.exercise import Report, Result
from rnn_autograder.limits import IsolationUnavailable
from rnn_autograder.marking import KEY
from rnn_autograder.nbgrader_plugin import open_course, why
from rnn_autograder.reference import answer_key, exercises, misconceptions, with_mistake
from rnn_autograder.sandbox.probe import probe
from rnn_autograder.submission import is_answer

MARK = ".made-by-autograder-demo"
WIDTH = 100
MAX_REASONS = 2


@dataclass(frozen=True)
class Book:
    """An assignment's released notebook, and what its solution has in each answer's place, by `grade_id`."""

    assignment: str
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
    """One of the class: the name of their folders, and their names as they are in the gradebook."""

    id: str
    first_name: str
    last_name: str


@dataclass(frozen=True)
class HandedIn:
    """Who hands in what.

    Attributes:
        student: who.
        brings: what the notebook is like, in words.
        make: the notebook's bytes.
    """

    student: Student
    brings: str
    make: Callable[[Book], bytes]


@dataclass(frozen=True)
class Row:
    """What came out for one notebook: points by exercise, and what went wrong, in words."""

    handed_in: HandedIn
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
    graded = run(folder)
    for assignment, rows in graded.items():
        print(f"{assignment}\n\n{table(assignment, rows)}\n")
    notebooks = sum(map(len, graded.values()))
    print(f"{notebooks} notebooks, released, graded and answered in {time.monotonic() - start:.0f} s.\n")
    print(_what_next(folder))
    return 0


def run(folder: Path) -> dict[str, list[Row]]:
    """Release, hand in, grade and give feedback, through nbgrader; what came out, by assignment.

    Raises:
        course.CourseError: the folder holds something else, or a step failed; the text says which.
        IsolationUnavailable: nothing here isolates the class's code.
    """
    if probe().tier == "none":
        raise IsolationUnavailable(probe().findings)
    _make_course(folder)
    api = open_course(folder)
    for assignment in CLASS:
        _must(api.generate_assignment(assignment))
    with api.gradebook as gradebook:
        for student in STUDENTS.values():
            names = {"first_name": student.first_name, "last_name": student.last_name}
            gradebook.update_or_create_student(student.id, **names)
    everything = [(assignment, each) for assignment, class_ in CLASS.items() for each in class_]
    for assignment, each in everything:
        path = _notebook(folder, "submitted", assignment, each.student)
        path.parent.mkdir(parents=True)
        path.write_bytes(each.make(book_of(folder, assignment)))
    for assignment, each in tqdm(everything, "grading", unit="notebook", leave=False):
        _must(api.autograde(assignment, each.student.id))
    for assignment in CLASS:
        _must(api.generate_feedback(assignment))
        with contextlib.chdir(folder):
            _report(folder, assignment).write_text(class_page.render(class_report.read(assignment)), "utf-8")
    return {
        assignment: [
            _row(assignment, each, _notebook(folder, "autograded", assignment, each.student))
            for each in class_
        ]
        for assignment, class_ in CLASS.items()
    }


def table(assignment: str, rows: list[Row]) -> str:
    """The class as a table for a terminal."""
    asked = exercises(assignment)
    lines = [f"{number}  {exercise.name} ({exercise.points})" for number, exercise in enumerate(asked, 1)]
    lines += ["", " " * 24 + "".join(f"{number:>7}" for number in range(1, len(asked) + 1)) + "    all"]
    for row in rows:
        student = row.handed_in.student
        name = f"{student.last_name}, {student.first_name}"  # as nbgrader writes it
        points = "".join(f"{row.points[exercise.name]:7g}" for exercise in asked)
        lines += ["", name + " " * (24 - _columns(name)) + points + f"{row.total:7g}"]
        lines += _paragraph("handed in", row.handed_in.brings) + _paragraph("went wrong", row.wrong)
    return "\n".join(lines)


# The class --------------------------------------------------------------------------------------------------


def _complete(book: Book) -> bytes:
    return _bytes(book.complete())


def _first_four(book: Book) -> bytes:
    some = [f"{exercise.name}_solution" for exercise in exercises(book.assignment)[:4]]
    return _bytes(book.with_answers({name: book.answers[name] for name in some}))


def _mistaken(name: str) -> tuple[str, Callable[[Book], bytes]]:
    """Complete but for one exercise, which holds its most common misconception."""

    def make(book: Book) -> bytes:
        cell = f"{name}_solution"
        known = misconceptions(answer_key(book.assignment))[name]
        wrong = with_mistake(book.answers[cell], name, known[0])
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


STUDENTS = {
    student.id: student
    for student in (
        Student("amara-okafor", "Amara", "Okafor"),
        Student("jonas-weber", "Jonas", "Weber"),
        Student("kim-minseo", "민서", "김"),
        Student("lucia-fernandez", "Lucía", "Fernández"),
        Student("linh-nguyen", "Linh", "Nguyễn"),
        Student("priya-raman", "Priya", "Raman"),
        Student("zofia-wojcik", "Zofia", "Wójcik"),
        Student("omar-haddad", "Omar", "Haddad"),
        Student("yuki-tanaka", "ゆき", "田中"),
        Student("max-power", "Max", "Power"),
        Student("ivan-petrov", "Ivan", "Petrov"),
        Student("ada-smith", "Ada", "Smith"),
    )
}


def _hands_in(student: str, brings: str, make: Callable[[Book], bytes]) -> HandedIn:
    return HandedIn(STUDENTS[student], brings, make)


CLASS = {
    "a01_rnn_basics": (
        _hands_in("amara-okafor", "complete", _complete),
        _hands_in("jonas-weber", "the first four exercises", _first_four),
        _hands_in("kim-minseo", *_mistaken("rnn_step_forward")),
        _hands_in("lucia-fernandez", *_mistaken("rnn_forward")),
        _hands_in("linh-nguyen", *_mistaken("temporal_softmax_loss")),
        _hands_in("priya-raman", *_mistaken("sample")),
        _hands_in("zofia-wojcik", "complete, and prints to stderr at every call", _noisy),
        _hands_in("omar-haddad", "untouched", _untouched),
        _hands_in("yuki-tanaka", "cut off half way", _truncated),
        _hands_in("max-power", "declares all arrays equal", _patches_numpy),
        _hands_in("ivan-petrov", "erases every later cell as it runs", _erases_cells),
        _hands_in("ada-smith", "marks the checks as not to be run, worth 100", _skips_checks),
    ),
    "a02_bptt": (
        _hands_in("amara-okafor", "complete", _complete),
        _hands_in("kim-minseo", *_mistaken("rnn_step_backward")),
        _hands_in("lucia-fernandez", *_mistaken("rnn_backward")),
        _hands_in("linh-nguyen", *_mistaken("truncated_bptt")),
        _hands_in("priya-raman", *_mistaken("word_embedding_backward")),
        _hands_in("omar-haddad", "untouched", _untouched),
        _hands_in("max-power", "declares all arrays equal", _patches_numpy),
    ),
}


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
    """A course with its assignments and no gradebook yet, in place of the one of an earlier demonstration."""
    sources = [course.solution(assignment).parent for assignment in CLASS]
    config = course.root() / course.MARK
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise course.CourseError(f"{folder} holds something that no demonstration made. Name another folder.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("Made by `autograder demo`, which makes this folder anew each time.\n")
    shutil.copy(config, folder)
    (folder / ".course_secret").write_text("the same hidden cases, and so the same table, each time")
    for source in sources:
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(source, folder / "solutions" / source.name, ignore=ignored)


def book_of(folder: Path, assignment: str) -> Book:
    """An assignment of the course in a folder, once it is released."""
    name = f"{course.notebook_name(assignment)}.ipynb"
    solved = nbformat.read(folder / "solutions" / assignment / name, 4)
    answers = {
        cell.metadata.nbgrader.grade_id: re.sub(
            r"^\s*### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.M
        )
        for cell in filter(is_answer, solved.cells)
    }
    return Book(assignment, nbformat.read(folder / "assignments" / assignment / name, 4), answers)


def _notebook(folder: Path, step: str, assignment: str, student: Student) -> Path:
    return folder / step / student.id / assignment / f"{course.notebook_name(assignment)}.ipynb"


def _must(result: Mapping[str, Any]) -> None:
    """Go on only if nbgrader did what it was asked.

    Raises:
        course.CourseError: with what it said.
    """
    if not result["success"]:
        raise course.CourseError(f"nbgrader could not go on: {why(result)}")


def _row(assignment: str, handed_in: HandedIn, path: Path) -> Row:
    graded = nbformat.read(path, 4)
    ours = graded.metadata[KEY]
    results = {result.name: result for result in Report.from_json(ours["report"]).results}
    told = list(dict.fromkeys(ours["notes"].values()))
    if len(ours["notes"]) < sum(map(is_answer, graded.cells)):  # else nothing could be read
        told += _mistakes([results[exercise.name] for exercise in exercises(assignment)])
    return Row(handed_in, {name: result.points for name, result in results.items()}, " ".join(told))


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


def _report(folder: Path, assignment: str) -> Path:
    return folder / f"{assignment}-report.html"


def _what_next(folder: Path) -> str:
    page = _notebook(folder, "feedback", "a01_rnn_basics", STUDENTS["kim-minseo"]).with_suffix(".html")
    return "\n".join(
        [
            f"Gradebook    {folder / 'gradebook.db'}",
            f"Submissions  {folder / 'submitted'}",
            f"Feedback     {folder / 'feedback'}, for example in a browser:",
            f"             {page}",
            f"The class    {_report(folder, 'a01_rnn_basics')}: what it made of assignment 1",
            f"             {_report(folder, 'a02_bptt')}: and of assignment 2",
            "Next         the written answers want a person:",
            f"             cd {quote(str(folder))} && . {quote(str(_activate()))} && jupyter lab",
            "             then Nbgrader > Formgrader > Manual Grading",
        ]
    )


def _activate() -> Path:
    """What puts this environment's commands on the path; the formgrader looks for some of them there."""
    return Path(sys.executable).with_name("activate")
