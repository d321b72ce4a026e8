"""What a class made of an assignment: who is graded, what was lost where, and which mistakes were made by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median

import nbformat
from nbformat.notebooknode import NotebookNode

from rnn_autograder import course, records, writer
from rnn_autograder.exercise import UNCOUNTED, Report, Result
from rnn_autograder.likeness import Answers, Pair, alike
from rnn_autograder.limits import Limits, Used
from rnn_autograder.marking import KEY
from rnn_autograder.records import Records
from rnn_autograder.reference import exercises, limits_of
from rnn_autograder.submission import is_answer

UNWRITTEN = ("Not written yet.", "is not defined.")


@dataclass(frozen=True)
class Paper:
    """One graded submission.

    Attributes:
        student: an id.
        report: what was earned, and why.
        answers: the source of each answer by its name.
        notes: what was odd about the file, in sentences.
    """

    student: str
    report: Report
    answers: Answers
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """A sentence, what it is about, and all to whom it applies."""

    about: str
    says: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class Failure:
    """A criterion, in submissions: who wrote the function, who failed this, and who of them had the values right."""

    exercise: str
    criterion: str
    tried: int
    failed: int
    values_right: int


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
class Timing:
    """Processor seconds for all calls of an exercise, or for all cells; and how near anything came to its limit.

    Attributes:
        about: the exercise, or "all cells".
        median_s: half of the class took less.
        most_s: what the slowest submission took.
        longest_s: what is held against the limit: the longest call, or all cells together.
        limit_s: what it may take.
        student: whose it was.
    """

    about: str
    median_s: float
    most_s: float
    longest_s: float
    limit_s: float
    student: str

    @property
    def share(self) -> float:
        """How near to the limit: 1 is there."""
        return self.longest_s / self.limit_s


@dataclass(frozen=True)
class ClassReport:
    """What the page shows.

    Attributes:
        assignment: for example `a01_rnn_basics`.
        exercises: their names, in the assignment's order.
        papers: all that are graded, by student.
        due: who handed in and has no grade, or one of what they handed in before; with the reason.
        given: the source of each answer before anybody wrote into it.
        records: what the gradebook knows beside: names, marks of a person, times.
        limits: what a submission may use.
    """

    assignment: str
    exercises: tuple[str, ...]
    papers: tuple[Paper, ...]
    due: Mapping[str, str]
    given: Answers
    records: Records = field(default_factory=Records)
    limits: Limits = field(default_factory=Limits)

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

    @cached_property
    def used(self) -> dict[str, Used]:
        """Whose code took which time, as `autograder grade` counted it last."""
        graded = {paper.student for paper in self.papers}
        return {student: used for student, used in self.records.used.items() if student in graded}

    @property
    def waiting(self) -> list[Told]:
        """Who is due, by the reason."""
        return _grouped(("", why, student) for student, why in sorted(self.due.items()))

    @property
    def notes(self) -> list[Told]:
        """What was odd about files, the commonest first."""
        return _grouped(("", note, paper.student) for paper in self.papers for note in paper.notes)

    @cached_property
    def standings(self) -> list[Standing]:
        """Each exercise, in the assignment's order."""
        return [_standing([result for _, result in results]) for results in self._by_exercise.values()]

    @property
    def reteach(self) -> list[Standing]:
        """The exercises that cost the class anything, the one that cost most first."""
        return sorted((each for each in self.standings if each.lost), key=lambda each: -each.lost)

    @cached_property
    def mistakes(self) -> list[Told]:
        """Known mistakes, the commonest first."""
        return _grouped(
            (name, result.misconception, student)
            for name, student, result in self._results()
            if result.misconception
        )

    @property
    def stopped(self) -> list[Told]:
        """Where nothing could be judged for one reason: a limit, a rule, an error; and the cells that were stopped."""
        refused = (
            (name, result.error, student)
            for name, student, result in self._results()
            if result.error and not _unwritten(result) and not result.error.startswith("It calls ")
        )
        cells = (("a cell", why, student) for student, used in self.used.items() for why in used.stopped)
        return _grouped((*refused, *cells))

    @property
    def failures(self) -> list[Failure]:
        """Criteria that somebody failed, the one that most failed first."""
        tried: dict[str, int] = defaultdict(int)
        failed: dict[tuple[str, str], list[bool]] = defaultdict(list)
        for name, _, result in self._results():
            if _unwritten(result):
                continue
            tried[name] += 1
            for verdict in result.criteria:
                if verdict.max_points and not verdict.passed and verdict.message != UNCOUNTED:
                    failed[name, verdict.name].append(result.criteria[0].passed)
        found = [Failure(*each, tried[each[0]], len(some), sum(some)) for each, some in failed.items()]
        return sorted(found, key=lambda each: (-each.failed, -each.values_right))

    @cached_property
    def timings(self) -> list[Timing]:
        """All cells, then each exercise in the assignment's order; nothing where no time was counted."""
        used = self.used
        if not used:
            return []
        cells = {student: each.cells_s for student, each in used.items()}
        timings = [_timing("all cells", cells, cells, self.limits.cells_cpu_s)]
        for name in self.exercises:
            calls = {student: each.calls_s.get(name, 0.0) for student, each in used.items()}
            longest = {student: each.longest_s.get(name, 0.0) for student, each in used.items()}
            timings.append(_timing(name, calls, longest, self.limits.call_cpu_s))
        return timings

    @property
    def nearest(self) -> Timing | None:
        """What came nearest to its limit."""
        return max(self.timings, key=lambda each: each.share, default=None)

    @cached_property
    def alike(self) -> list[Pair]:
        """Pairs whose answers look alike."""
        return alike({paper.student: paper.answers for paper in self.papers}, self.given)

    @cached_property
    def _by_exercise(self) -> dict[str, list[tuple[str, Result]]]:
        found: dict[str, list[tuple[str, Result]]] = {name: [] for name in self.exercises}
        for paper in self.papers:
            for result in paper.report.results:
                found.setdefault(result.name, []).append((paper.student, result))
        return {name: results for name, results in found.items() if results}

    def _results(self) -> Iterable[tuple[str, str, Result]]:
        """Exercise, student, result: by exercise, then by student."""
        return (
            (name, student, result)
            for name, results in self._by_exercise.items()
            for student, result in results
        )


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
    return ClassReport(
        assignment,
        tuple(exercise.name for exercise in exercises(assignment)),
        tuple(papers),
        due,
        _answers(released),
        records.read(root, assignment),
        limits_of(assignment),
    )


def _paper(path: Path) -> Paper | None:
    """A graded notebook of ours; None where something else graded it, or wrote there since."""
    try:
        notebook = nbformat.v4.reads(path.read_text(encoding="utf-8"))
        ours = notebook.metadata[KEY]
        report, notes = Report.from_json(ours["report"]), dict.fromkeys(map(str, ours["notes"].values()))
        return Paper(path.parts[-3], report, _answers(notebook), tuple(notes))
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
        median=round(median(result.points for result in results), 2),
        lost=round(sum(result.max_points - result.points for result in results), 2),
        right=right,
        partly=partly,
        wrong=len(results) - right - partly - unwritten,
        unwritten=unwritten,
    )


def _timing(about: str, all_s: Mapping[str, float], longest_s: Mapping[str, float], limit_s: float) -> Timing:
    slowest = max(longest_s, key=lambda student: longest_s[student])
    return Timing(about, median(all_s.values()), max(all_s.values()), longest_s[slowest], limit_s, slowest)


def _unwritten(result: Result) -> bool:
    return bool(result.error) and result.points == 0 and str(result.error).endswith(UNWRITTEN)


def _grouped(found: Iterable[tuple[str, str, str]]) -> list[Told]:
    """What is said about something, and to whom: said to most first."""
    students = defaultdict(list)
    for about, says, student in found:
        students[about, says].append(student)
    told = [Told(about, says, tuple(some)) for (about, says), some in students.items()]
    return sorted(told, key=lambda each: -len(each.students))
