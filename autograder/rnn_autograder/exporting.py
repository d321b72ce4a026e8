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

from rnn_autograder import course, platforms
from rnn_autograder.collecting import students
from rnn_autograder.nbgrader_plugin import open_course
from rnn_autograder.platforms import Person, Register, Table, Unknown

NOT_TO_CHANGE = ("EX", "N/A")  # Canvas: excused, not asked of this student


class NotFilledIn(Exception):
    """A student's cell stays as it is; the text says why."""


@dataclass
class Outcome:
    """Whose cells were filled in, and why others were not, by reason."""

    filled: list[str] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)


class FillIn(ExportPlugin):  # type: ignore[misc]
    """Fill an assignment's points into a platform's own table.

    nbgrader export --exporter=rnn_autograder.exporting.FillIn --assignment='["a01_rnn_basics"]'
    --FillIn.table=grades.csv --to=filled.csv
    """

    table = Unicode("", help="The table that the platform gave out.").tag(config=True)
    column = Unicode("", help="Canvas's column, where its name is not the assignment's.").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """See `ExportPlugin`.

        Raises:
            course.CourseError: table and gradebook do not fit together.
        """
        if len(self.assignment) != 1 or not self.table:
            raise course.CourseError(
                "Name one assignment and the platform's table: --assignment, --FillIn.table."
            )
        assignment, table = str(self.assignment[0]), platforms.read(Path(self.table))
        try:
            most = gradebook.find_assignment(assignment).max_score
        except MissingEntry:
            raise course.CourseError(f"The gradebook has no {assignment}: nobody is graded.") from None
        points = table.column(_column(table, assignment, self.column))
        _must_have_the_same_maximum(table, points, most)
        self.outcome = Outcome()
        register = Register(students(gradebook), table)
        named = set()
        for person in table.people:
            try:
                student = register.student(person)
                if student is None:
                    raise NotFilledIn("not in the gradebook")
                named.add(student)
                _fill_in(person, table, points, _graded(gradebook, assignment, student))
            except (NotFilledIn, Unknown) as reason:
                self.outcome.left.setdefault(str(reason), []).append(person.name or person.number)
            else:
                self.outcome.filled.append(student)
        graded = {each.student_id for each in gradebook.assignment_submissions(assignment)}
        if lost := sorted(graded - named):
            self.outcome.left[f"in the gradebook, and not in {table.path.name}"] = lost
        Path(self.to or _beside(table.path)).write_text(table.text(), encoding="utf-8", newline="")


def export(assignment: str, table: Path, output: Path | None, column: str | None) -> list[str]:
    """Fill the points of an assignment into a platform's table.

    Args:
        assignment: for example `a01_rnn_basics`.
        table: as the platform gave it out; it is not changed.
        output: where to write it; by default beside the table.
        column: Canvas's, where its name is not the assignment's.

    Returns:
        What to tell the instructor, in lines.

    Raises:
        course.CourseError: something is missing, or does not fit.
    """
    target = output or _beside(table)
    if target.exists() and table.exists() and target.samefile(table):
        raise course.CourseError(f"{table} is what the platform gave out: name another file with --output.")
    with open_course(course.root()).gradebook as gradebook:
        plugin = FillIn(table=str(table), to=str(target), assignment=[assignment], column=column or "")
        try:
            plugin.export(gradebook)
        except OSError as error:
            raise course.CourseError(f"Cannot write {target}: {error.strerror}.") from None
    outcome = plugin.outcome
    lines = [
        f"{len(names)} left as they were, {reason}: {', '.join(names)}"
        for reason, names in outcome.left.items()
    ]
    return [*lines, f"{len(outcome.filled)} filled in. See {target}."]


def _beside(table: Path) -> Path:
    return table.with_name(f"{table.stem}-filled.csv")


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
        cells = [row[points] for row in table.rows if "Points Possible" in row[0]]
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


def _graded(gradebook: Gradebook, assignment: str, student: str) -> SubmittedAssignment:
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        raise NotFilledIn("not graded") from None
    if submission.needs_manual_grade:
        raise NotFilledIn("something waits to be graded by hand")
    return submission


def _fill_in(person: Person, table: Table, points: int, submission: SubmittedAssignment) -> None:
    row = person.row
    if row[points].strip() in NOT_TO_CHANGE:
        raise NotFilledIn(f"{row[points].strip()!r} on {table.platform}")
    if dict(zip(table.header, row, strict=True)).get("Grade can be changed") == "No":
        raise NotFilledIn("locked on Moodle")
    row[points] = _points(submission.score - (submission.late_submission_penalty or 0.0))
    if table.platform == "Moodle" and "Feedback comments" in table.header:
        row[table.column("Feedback comments")] = _comment(submission)


def _points(score: float) -> str:
    """As nbgrader's own export has it, at most two decimals."""
    return f"{round(max(0.0, score), 2):g}"


def _comment(submission: SubmittedAssignment) -> str:
    """Where the points are from, in a line."""
    parts = [
        f"{grade.name}: {_points(grade.score)} of {grade.max_score:g}"
        for notebook in submission.notebooks
        for grade in sorted(notebook.grades, key=lambda grade: grade.name)
    ]
    if submission.late_submission_penalty:
        parts.append(f"late: -{_points(submission.late_submission_penalty)}")
    return "; ".join(parts)
