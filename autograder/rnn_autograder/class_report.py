"""What a class made of an assignment: who is graded, what was lost where, and which mistakes were made by whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import nbformat
from nbformat.notebooknode import NotebookNode

from rnn_autograder import course, writer
from rnn_autograder.exercise import UNCOUNTED, Report, Result
from rnn_autograder.likeness import Answers, Pair, alike
from rnn_autograder.marking import KEY
from rnn_autograder.reference import exercises
from rnn_autograder.submission import is_answer

UNWRITTEN = ("Not written yet.", "is not defined.")


@dataclass(frozen=True)
class Paper:
    """One graded submission: its report, and the source of each answer by its name."""

    student: str
    report: Report
    answers: Answers


@dataclass(frozen=True)
class Mistake:
    """A known mistake and who made it; or how something was stopped, and whose."""

    exercise: str
    says: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Failures:
    """By criterion, how many of those who wrote the function failed it: the one that most failed first."""

    exercise: str
    tried: int
    failed: Mapping[str, int]


@dataclass(frozen=True)
class Standing:
    """One exercise in the whole class, in submissions: right, partly right, wrong though written, not written."""

    exercise: str
    max_points: float
    median: float
    lost: float
    right: int
    partly: int
    wrong: int
    unwritten: int


@dataclass(frozen=True)
class ClassReport:
    """What the page shows.

    Attributes:
        assignment: for example `a01_rnn_basics`.
        exercises: their names, in the assignment's order.
        papers: all that are graded, by student.
        due: who handed in and has no grade, or one of what they handed in before; with the reason.
        given: the source of each answer before anybody wrote into it.
    """

    assignment: str
    exercises: tuple[str, ...]
    papers: tuple[Paper, ...]
    due: Mapping[str, str]
    given: Answers

    @property
    def max_points(self) -> float:
        """What a submission can earn without a person's marks."""
        return self.papers[0].report.max_points if self.papers else 0.0

    @property
    def points(self) -> list[float]:
        """What each earned, in order."""
        return sorted(paper.report.points for paper in self.papers)

    @property
    def without_isolation(self) -> list[str]:
        """Whose code ran unprotected, because an instructor insisted."""
        return [paper.student for paper in self.papers if paper.report.isolation == "none"]

    def standings(self) -> list[Standing]:
        """Each exercise, in the assignment's order."""
        return [_standing([result for _, result in results]) for results in self._by_exercise().values()]

    def reteach(self) -> list[Standing]:
        """The exercises that cost the class anything, the one that cost most first."""
        return sorted((each for each in self.standings() if each.lost), key=lambda each: -each.lost)

    def mistakes(self) -> list[Mistake]:
        """Known mistakes, the commonest first."""
        return _grouped(
            (name, result.misconception, student)
            for name, results in self._by_exercise().items()
            for student, result in results
            if result.misconception
        )

    def stopped(self) -> list[Mistake]:
        """Where a limit was hit, a process ended, or a rule was broken."""
        return _grouped(
            (name, result.error, student)
            for name, results in self._by_exercise().items()
            for student, result in results
            if result.error and not _unwritten(result) and not result.error.startswith("It calls ")
        )

    def failures(self) -> list[Failures]:
        """Criteria that somebody failed, by exercise: the one with the most failed first."""
        found = []
        for name, results in self._by_exercise().items():
            tried = [result for _, result in results if not _unwritten(result)]
            failed = Counter(
                verdict.name
                for result in tried
                for verdict in result.criteria
                if verdict.max_points and not verdict.passed and verdict.message != UNCOUNTED
            )
            if failed:
                found.append(Failures(name, len(tried), dict(failed.most_common())))
        return sorted(found, key=lambda each: -max(each.failed.values()) / each.tried)

    def alike(self) -> list[Pair]:
        """Pairs whose answers look alike."""
        return alike({paper.student: paper.answers for paper in self.papers}, self.given)

    def _by_exercise(self) -> dict[str, list[tuple[str, Result]]]:
        found: dict[str, list[tuple[str, Result]]] = {name: [] for name in self.exercises}
        for paper in self.papers:
            for result in paper.report.results:
                found.setdefault(result.name, []).append((paper.student, result))
        return {name: results for name, results in found.items() if results}


def read(assignment: str) -> ClassReport:
    """Read what was graded, and ask the writer what was not.

    Raises:
        course.CourseError: nobody handed anything in, the release is missing, or somebody is grading.
    """
    root = course.root()
    due = writer.due(assignment)
    name = f"{course.notebook_name(assignment)}.ipynb"
    papers = []
    for path in sorted((root / "autograded").glob(f"*/{assignment}/{name}")):
        paper = _paper(path)
        if paper is not None:
            papers.append(paper)
        else:
            due.setdefault(path.parts[-3], "its graded notebook holds no report of ours")
    for paper in papers:  # nbgrader's own command graded it, and the writer has no note of that
        if due.get(paper.student) == writer.NOT_YET:
            del due[paper.student]
    released = nbformat.read(root / "assignments" / assignment / name, 4)
    names = tuple(exercise.name for exercise in exercises(assignment))
    return ClassReport(assignment, names, tuple(papers), due, _answers(released))


def _paper(path: Path) -> Paper | None:
    """A graded notebook of ours; None where something else graded it, or wrote there since."""
    try:
        notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        report = Report.from_json(notebook.metadata[KEY]["report"])
        return Paper(path.parts[-3], report, _answers(notebook))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _answers(notebook: NotebookNode) -> dict[str, str]:
    """The source of each answer in code, by the name of what it defines."""
    return {
        cell.metadata.nbgrader.grade_id.removesuffix("_solution"): cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and is_answer(cell)
    }


def _standing(results: list[Result]) -> Standing:
    first, unwritten = results[0], sum(map(_unwritten, results))
    right = sum(result.points == result.max_points for result in results)
    partly = sum(0 < result.points < result.max_points for result in results)
    return Standing(
        exercise=first.name,
        max_points=first.max_points,
        median=median(result.points for result in results),
        lost=round(sum(result.max_points - result.points for result in results), 2),
        right=right,
        partly=partly,
        wrong=len(results) - right - partly - unwritten,
        unwritten=unwritten,
    )


def _unwritten(result: Result) -> bool:
    return bool(result.error) and result.points == 0 and str(result.error).endswith(UNWRITTEN)


def _grouped(found: Iterable[tuple[str, str, str]]) -> list[Mistake]:
    students = defaultdict(list)
    for exercise, says, student in found:
        students[exercise, says].append(student)
    mistakes = [Mistake(exercise, says, tuple(some)) for (exercise, says), some in students.items()]
    return sorted(mistakes, key=lambda mistake: -len(mistake.students))
