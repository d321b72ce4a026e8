"""What the gradebook knows of a class beside our reports: names, marks that a person gave, the time that code took."""

# mypy: allow-untyped-calls
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nbgrader import api
from nbgrader.api import Grade, Gradebook, GradeCell, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Column, MetaData, String, Table, Text, select

from rnn_autograder.limits import Used
from rnn_autograder.nbgrader_plugin import open_course
from rnn_autograder.platforms import Student

# A table of its own: a report is the same at every regrade, and time is not.
USED = Table(
    "unrolled_used",
    MetaData(),
    Column("submission_id", String(32), primary_key=True),
    Column("used", Text, nullable=False),
)


@dataclass(frozen=True)
class Written:
    """A question that a person marks.

    Attributes:
        name: its cell's name.
        max_points: what it is worth.
        points: by student, what was given.
        waiting: whose answer nobody has marked yet.
        empty: who left it as it was, which is no points without a person.
    """

    name: str
    max_points: float
    points: Mapping[str, float]
    waiting: tuple[str, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True)
class Records:
    """What the gradebook knows of a class and an assignment.

    Attributes:
        names: by student, first and last name, where they were entered.
        used: by student, the time that their code took, where our own writer graded it.
        written: the questions that a person marks.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, Used] = field(default_factory=dict)
    written: tuple[Written, ...] = ()


def students(gradebook: Gradebook) -> list[Student]:
    """Everybody in a gradebook."""
    fields = ("id", "first_name", "last_name", "email", "lms_user_id")
    return [Student(*(getattr(each, name) or "" for name in fields)) for each in gradebook.students]


def to_text(used: Used) -> str:
    """As the gradebook keeps it."""
    return json.dumps(asdict(used))


def read(root: Path, assignment: str) -> Records:
    """Read the gradebook of the course in a folder, after our writer has seen to it that the tables are there."""
    theirs = SubmittedAssignment.assignment.has(name=assignment)
    names = select(api.Student.id, api.Student.first_name, api.Student.last_name)
    used = (
        select(SubmittedAssignment.student_id, USED.c.used)
        .join(USED, USED.c.submission_id == SubmittedAssignment.id)
        .where(theirs)
    )
    written = (
        select(
            SubmittedAssignment.student_id,
            GradeCell.name,
            GradeCell.max_score,
            Grade.manual_score,
            Grade.needs_manual_grade,
        )
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(GradeCell, GradeCell.id == Grade.cell_id)
        .where(theirs, GradeCell.cell_type == "markdown")
        .order_by(GradeCell.name, SubmittedAssignment.student_id)
    )
    with open_course(root).gradebook as gradebook:
        found = [gradebook.db.execute(query).all() for query in (names, used, written)]
    return Records(
        names={student: " ".join(filter(None, some)) for student, *some in found[0] if any(some)},
        used={student: _from_text(text) for student, text in found[1]},
        written=_written(found[2]),
    )


def _from_text(text: str) -> Used:
    found = json.loads(text)
    return Used(**{**found, "stopped": tuple(found["stopped"])})


def _written(rows: list[tuple[str, str, float, float | None, bool]]) -> tuple[Written, ...]:
    questions = dict.fromkeys((name, most) for _, name, most, _, _ in rows)
    return tuple(
        Written(
            name,
            most,
            points={who: given for who, what, _, given, _ in rows if what == name and given is not None},
            waiting=tuple(who for who, what, _, _, is_waiting in rows if what == name and is_waiting),
            empty=tuple(
                who
                for who, what, _, given, is_waiting in rows
                if what == name and given is None and not is_waiting
            ),
        )
        for name, most in questions
    )
