"""Grades, into the table that Moodle or Canvas gave out: only the assignment's cells change, and only of who is graded.

`FillIn` is a plug-in of `nbgrader export`; `export` is the same in one command.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from rnn_autograder import course, feedback, platforms
from rnn_autograder.feedback import rounded
from rnn_autograder.harmless import printable
from rnn_autograder.nbgrader_plugin import open_course
from rnn_autograder.platforms import Person, Register, Table, Unknown
from rnn_autograder.records import students

NOT_TO_CHANGE = ("EX", "N/A")  # Canvas: excused, not asked of this student


class NotFilledIn(Exception):
    """A student's cell stays as it is; the text says why."""


@dataclass
class Outcome:
    """A table, whose cells in it were filled in, by their id in the gradebook, and why others were not, by reason."""

    table: Table
    filled: dict[str, Person] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """In words."""
        left = [
            f"{len(names)} left as they were, {reason}: {', '.join(names)}"
            for reason, names in self.left.items()
        ]
        return [*printable(*left), f"{len(self.filled)} filled in."]


class FillIn(ExportPlugin):  # type: ignore[misc]
    """Fill an assignment's points into a platform's own table.

    nbgrader export --exporter=rnn_autograder.exporting.FillIn --assignment='["a01_rnn_basics"]'
    --FillIn.table=grades.csv --to=filled.csv
    """

    table = Unicode("", help="The table that the platform gave out.").tag(config=True)
    column = Unicode("", help="Canvas's column, where its name is not the assignment's.").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """See `ExportPlugin`."""
        if len(self.assignment) != 1 or not self.table or not self.to:
            self.parent.fail(
                "Name one assignment, the platform's table and a new file: see FillIn in --help-all."
            )
        try:
            outcome = fill_in(gradebook, self.assignment[0], Path(self.table), Path(self.to), self.column)
        except course.CourseError as error:
            self.parent.fail("%s", error)
        for line in outcome.lines():
            self.log.info("%s", line)


def fill_in(gradebook: Gradebook, assignment: str, given: Path, target: Path, column: str = "") -> Outcome:
    """Fill the points of an assignment into a platform's table.

    Args:
        gradebook: nbgrader's.
        assignment: for example `a01_rnn_basics`.
        given: the table as the platform gave it out; it is not changed.
        target: where to write it.
        column: Canvas's, where its name is not the assignment's.

    Raises:
        course.CourseError: something is missing, or table and gradebook do not fit together.
    """
    table = platforms.read(given)
    if target.exists() and target.samefile(given):
        raise course.CourseError(f"{given} is what the platform gave out: name another file with --output.")
    try:
        most = gradebook.find_assignment(assignment).max_score
    except MissingEntry:
        raise course.CourseError(
            f"The gradebook has no {assignment}: nobody is graded. First `autograder grade {assignment}`."
        ) from None
    points = table.column(_column(table, assignment, column))
    _must_have_the_same_maximum(table, points, most)
    outcome, register, named = Outcome(table), Register(students(gradebook), table), set()
    for person in table.people:
        try:
            student = register.student(person)
            submission = _graded(gradebook, assignment, student)
            named.add(submission.student_id)
            _fill_in(person, table, points, submission)
        except (NotFilledIn, Unknown) as reason:
            outcome.left.setdefault(str(reason), []).append(person.name or person.number)
        else:
            outcome.filled[submission.student_id] = person
    graded = {submission.student_id for submission in gradebook.assignment_submissions(assignment)}
    if lost := sorted(graded - named):
        outcome.left[f"because they are not in {given.name}"] = lost
    try:
        target.write_text(table.text(), encoding="utf-8", newline="")
    except OSError as error:
        raise course.CourseError(f"Cannot write {target}: {error.strerror}.") from None
    return outcome


def export(assignment: str, table: Path, output: Path | None, column: str | None) -> list[str]:
    """See `fill_in`; by default the new table lies beside the given one, and with it the feedback.

    Returns:
        What to tell the instructor, in lines.
    """
    target = output or table.with_name(f"{table.stem}-filled.csv")
    archive = target.with_name(f"{table.stem}-feedback.zip")
    api = open_course(course.root())
    with api.gradebook as gradebook:
        outcome = fill_in(gradebook, assignment, table, target, column or "")
    lines = [*outcome.lines(), f"See {target}."]
    try:
        if outcome.table.platform == "Moodle":
            packed = feedback.for_moodle(api, assignment, outcome.filled, archive)
            otherwise = f"first `nbgrader generate_feedback {assignment}`"
        else:
            packed = feedback.for_canvas(api, assignment, outcome.filled, outcome.table, archive)
            otherwise = "what was graded came in a zip of theirs, or not from Canvas"
    except OSError as error:
        raise course.CourseError(f"Cannot write {archive}: {error.strerror}.") from None
    lines.append(f"Feedback for {len(packed)} of them: {archive}.")
    if without := sorted(outcome.filled.keys() - packed):
        lines += printable(f"None for {', '.join(without)}: {otherwise}.")
    return lines


def _column(table: Table, assignment: str, asked: str) -> str:
    """The column that takes the points."""
    if table.platform == "Moodle":
        return "Grade"
    if asked:
        return asked
    there = table.columns_of_assignments()
    names = {platforms.key(assignment), platforms.key(course.notebook_name(assignment))}
    found = [name for name in there if platforms.key(name.rpartition(" (")[0]) in names]
    if len(found) != 1:
        raise course.CourseError(
            f"Which column of {table.path} takes the points of {assignment}? "
            f"Say it with --column: {', '.join(map(repr, there)) or 'there is none for points'}."
        )
    return found[0]


def _must_have_the_same_maximum(table: Table, points: int, most: float) -> None:
    if table.platform == "Moodle":
        name = next((name for name in table.header if name.casefold() == "maximum grade"), None)
        cells = [row[table.column(name)] for row in table.rows] if name else []
    else:
        number = table.column("ID")  # a student has one, whatever the student's name is
        cells = [row[points] for row in table.rows if "Points Possible" in row[0] and not row[number].strip()]
    for cell in dict.fromkeys(filter(None, cells)):
        if _number(cell) != most:
            raise course.CourseError(
                f"{table.platform} gives {cell} points at most, and the assignment has {most:g}: "
                f"set it to {most:g} on {table.platform} and download the table again."
            )


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def _graded(gradebook: Gradebook, assignment: str, student: str | None) -> SubmittedAssignment:
    try:
        return gradebook.find_submission(assignment, student)
    except MissingEntry:
        raise NotFilledIn("because they are not graded") from None


def _fill_in(person: Person, table: Table, points: int, submission: SubmittedAssignment) -> None:
    row = person.row
    if submission.needs_manual_grade:
        raise NotFilledIn("because something waits to be graded by hand (Formgrader, Manual Grading)")
    if row[points].strip() in NOT_TO_CHANGE:
        raise NotFilledIn(f"because {table.platform} has {row[points].strip()} there")
    if dict(zip(table.header, row, strict=True)).get("Grade can be changed") == "No":
        raise NotFilledIn("because Moodle has them locked")
    row[points] = rounded(submission.score - (submission.late_submission_penalty or 0.0))
    if table.platform == "Moodle" and "Feedback comments" in table.header:
        row[table.column("Feedback comments")] = _comment(submission)


def _comment(submission: SubmittedAssignment) -> str:
    """Where the points are from, in a line."""
    parts = [
        f"{grade.name}: {rounded(grade.score)} of {grade.max_score:g}"
        for notebook in submission.notebooks
        for grade in sorted(notebook.grades, key=lambda grade: grade.name)
    ]
    if submission.late_submission_penalty:
        parts.append(f"late: -{rounded(submission.late_submission_penalty)}")
    return "; ".join(parts)
