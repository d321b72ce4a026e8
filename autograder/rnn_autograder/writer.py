"""A class graded into nbgrader's gradebook: what is due, one writer for all of it, and where to go on.

nbgrader's own steps run over every marked notebook, as `nbgrader_config.py` lists them, on a gradebook kept open.
A folder is made beside its place and moved there when it is whole; then the grades and the note that they are done are
written in one transaction. So whoever is stopped, at whatever moment, leaves each submission either done or due.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import logging
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import nbformat
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.nbgraderformat import ValidationError
from nbgrader.preprocessors import CheckCellMetadata, NbGraderPreprocessor
from sqlalchemy import Column, MetaData, String, Table, delete, insert, select
from sqlalchemy.exc import DBAPIError, OperationalError
from tqdm import tqdm
from traitlets.utils.importstring import import_item

from rnn_autograder import cluster, course
from rnn_autograder.limits import InfrastructureFault, IsolationUnavailable
from rnn_autograder.lock import alone
from rnn_autograder.marking import HandedIn, Marked, Marking, NotGraded, check_name, hand_in
from rnn_autograder.nbgrader_plugin import Rebuild, TrustedExecute, open_course, release
from rnn_autograder.records import USED, to_text
from rnn_autograder.reference import answer_key
from rnn_autograder.sandbox.probe import probe

# Between attempts, for another program to let go of the gradebook; before each, SQLite itself waits for 5 s.
WAITS_S = (0.1, 0.2, 0.5, *[1.0] * 40)
NOT_YET = "not graded yet"

T = TypeVar("T")

# Which submission is done, and what it was then: the student's bytes and the version of the checks. A submission that
# nbgrader removes and makes anew has another id, and so is due.
DONE = Table(
    "unrolled_done",
    MetaData(),
    Column("submission_id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
)


def autograde(
    assignment: str,
    student: str = "*",
    *,
    force: bool = False,
    unsafe: bool = False,
    workers: int | None = None,
    scheduler: str | None = None,
    cold: bool = False,
) -> int:
    """Grade what was handed in and is not graded yet, and say who was not graded and why.

    Args:
        assignment: for example `a01_rnn_basics`.
        student: a student's id, or a pattern.
        force: grade again what was graded before.
        unsafe: grade even where nothing isolates the students' code.
        workers: how many processes of ours work at a time; by default as many as there are processors.
        scheduler: the address of a cluster of Dask that does the work instead.
        cold: in this process, without Dask.

    Returns:
        0, or 1 where something of ours failed.

    Raises:
        course.CourseError: nobody handed anything in, the release is missing, or somebody else is grading.
        IsolationUnavailable: nothing isolates the students' code, and `unsafe` was not said.
        cluster.SchedulerGone: the cluster cannot be reached, or not any more; what was graded is kept.
    """
    if scheduler is None and not unsafe and probe().tier == "none":  # said once, instead of for each student
        raise IsolationUnavailable(probe().findings)
    root = course.root()
    with (
        contextlib.chdir(root),
        alone(f"grading {assignment}"),
        _Writer(open_course(root), assignment, unsafe) as writer,
    ):
        everybody = writer.handed_in(student)
        due, failed = writer.due(everybody, force)
        workers = min(workers or cluster.processors(), len(due))
        marked: AbstractContextManager[cluster.Grade]
        if cold or not due:
            marked = contextlib.nullcontext(cluster.here(writer.marking))
        elif scheduler is not None:
            marked = cluster.joined(writer.marking, scheduler)
        else:
            marked = cluster.local(writer.marking, workers)
        with marked as mark, _Bar(total=len(due), desc=assignment) as bar:
            for name, outcome in mark(writer.read_all(due, failed)):
                fault = outcome if isinstance(outcome, Exception) else writer.write(name, outcome)
                if fault is not None:
                    failed[name] = _told(fault)
                bar.count(len(failed))
    for name in sorted(failed):
        print(f"{name} was not graded: {failed[name]}", file=sys.stderr)
    before = len(everybody) - len(failed.keys() | due)
    again = f", {before} before (--force grades them again)" if before else ""
    print(f"{assignment}: {len(set(due) - failed.keys())} graded{again}, {len(failed)} not graded.")
    return 1 if failed else 0


def due(assignment: str) -> dict[str, str]:
    """Who handed in and has no grade, or one of something else than what is there now, with the reason.

    Raises:
        course.CourseError: nobody handed anything in, the release is missing, or somebody is grading.
    """
    root = course.root()
    with (
        contextlib.chdir(root),
        alone(f"reading who is due in {assignment}"),
        _Writer(open_course(root), assignment, unsafe=False) as writer,
    ):
        waiting, failed = writer.due(writer.handed_in("*"), force=False)
        again = "graded before; what was handed in, or the checks, are others now"
        return {student: again if student in writer.done else NOT_YET for student in waiting} | failed


class _Writer:
    """The one who writes: into the gradebook, and into the folder of graded notebooks."""

    def __init__(self, api: NbGraderAPI, assignment: str, unsafe: bool) -> None:
        self.api = api
        self.coursedir = api.coursedir
        self.coursedir.assignment_id = assignment
        self.assignment = assignment
        self.unsafe = unsafe
        self.notebook = f"{course.notebook_name(assignment)}.ipynb"
        self.converter = _Beside(coursedir=self.coursedir, parent=api, log=_silent())
        self._digests: dict[str, str] = {}
        self._open = contextlib.ExitStack()

    def __enter__(self) -> _Writer:
        try:
            self._enter()
        except DBAPIError as error:
            self._open.close()
            raise course.CourseError(f"{_told(error)} Mend that, and try again.") from None
        return self

    def _enter(self) -> None:
        _patiently(self._enter_release)
        self.gradebook = _patiently(lambda: _KeptOpen(self.coursedir.db_url, self.coursedir.course_id))
        self._open.callback(self.gradebook.end)
        self._open.enter_context(_every_gradebook_is(self.gradebook))
        for table in (DONE, USED):
            _patiently(partial(table.create, self.gradebook.engine, checkfirst=True))
        self.done = _patiently(self._done)
        # What `CheckCellMetadata` looks at is the release's, and is looked at there.
        self.steps = self._steps("autograde_preprocessors", without=(TrustedExecute, CheckCellMetadata))
        key, seed = answer_key(self.assignment), course.hidden_seed(self.assignment)
        self.marking = Marking(_patiently(self._released), key, seed, self.unsafe)
        self._clear()  # what one who was stopped has left

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def handed_in(self, pattern: str) -> list[str]:
        """The students who handed in a folder, in order.

        Raises:
            course.CourseError: nobody did.
        """
        excluded = self.coursedir.student_id_exclude.split(",")
        everybody = self.api.get_submitted_students(self.assignment)
        found = sorted(name for name in everybody if fnmatch(name, pattern) and name not in excluded)
        if not found:
            raise course.CourseError(
                f"There is no submitted/{pattern}/{self.assignment}: nobody handed that in."
            )
        return found

    def due(self, students: list[str], force: bool) -> tuple[list[str], dict[str, str]]:
        """Who is to be graded, and who cannot be because of what only an instructor can mend, with the reason."""
        due, failed = [], {}
        for student in students:
            try:
                if self.is_due(student) or force:
                    due.append(student)
            except (NotGraded, OSError) as fault:
                failed[student] = _told(fault)
        return due, failed

    def read_all(self, students: list[str], failed: dict[str, str]) -> Iterator[tuple[str, HandedIn]]:
        """What they handed in, one by one as it is asked for; who took it away meanwhile has failed."""
        for student in students:
            try:
                yield student, self.read(student)
            except (NotGraded, OSError) as fault:
                failed[student] = _told(fault)

    def is_due(self, student: str) -> bool:
        """Whether a submission was never graded, or is not what it was then, or the checks are not."""
        self.read(student)
        graded = self._folder(self.coursedir.autograded_directory, student) / self.notebook
        return self._digests.pop(student) != self.done.get(student) or not graded.is_file()

    def read(self, student: str) -> HandedIn:
        """What a student handed in.

        Raises:
            NotGraded: nobody can tell who handed it in, or when.
            OSError: we may not read it.
        """
        check_name(student)
        folder = self._folder(self.coursedir.submitted_directory, student)
        handed_in, when = hand_in(folder / self.notebook), self._time(folder)  # it decides what is late
        parts = (self.marking.version, handed_in.name, handed_in.data, handed_in.unreadable, when)
        self._digests[student] = hashlib.sha256(repr(parts).encode()).hexdigest()
        return handed_in

    def _time(self, folder: Path) -> datetime | None:
        """When something was handed in, where that is known."""
        stamp = folder / "timestamp.txt"
        try:
            if stamp.exists() and not stamp.is_file():  # nbgrader would read a pipe for ever
                raise ValueError
            when: datetime | None = self.coursedir.get_existing_timestamp(str(folder))
        except (ValueError, AttributeError):  # the latter is nbgrader's, on its way to say so
            raise NotGraded(
                f"{stamp} holds no time like `2026-11-20 12:00:00 UTC`: mend it, or take it away."
            ) from None
        return when

    def write(self, student: str, marked: Marked) -> Exception | None:
        """Write a student's grades and graded notebook: all of it, or nothing and the fault."""
        digest = self._digests.pop(student)
        try:
            _patiently(lambda: self._write(student, marked, digest))
        except Exception as fault:  # nbgrader's, a plug-in's of the instructor, the disk's: one submission's
            return fault
        return None

    def _write(self, student: str, marked: Marked, digest: str) -> None:
        self.coursedir.student_id = student
        try:
            self._record(student, marked, digest)
            _move(self.converter.part, self._folder(self.coursedir.autograded_directory, student))
            self.converter.set_permissions(self.assignment, student)
            self.gradebook.commit()
        finally:
            self.gradebook.db.remove()  # what is not committed is undone
            self._clear()
        self.converter.run_post_convert_hook()

    def _record(self, student: str, marked: Marked, digest: str) -> None:
        """What nbgrader does for a submission, and the note that it is done: all but the commit."""
        self._forget(student)  # first of all: here we wait for our turn to write
        submitted = self._folder(self.coursedir.submitted_directory, student)
        path = str(submitted / self.notebook)
        self.converter.notebooks = [path]
        self.converter.run_pre_convert_hook()
        self.converter.part.mkdir()
        with self.converter.making_a_part(submitted):
            self.converter.init_assignment(self.assignment, student)
        notebook = nbformat.v4.reads(marked.notebook)
        resources = self.converter.init_single_notebook_resources(path)
        for step in self.steps:
            notebook, resources = step(notebook, resources)
        _put(self.converter.part / self.notebook, json.dumps(notebook))  # in one line: milliseconds for each
        submission = self.gradebook.find_submission(self.assignment, student)
        self.gradebook.db.execute(insert(DONE).values(submission_id=submission.id, digest=digest))
        self.gradebook.db.execute(insert(USED).values(submission_id=submission.id, used=to_text(marked.used)))
        self.gradebook.db.flush()

    def _clear(self) -> None:
        shutil.rmtree(self.converter.part, ignore_errors=True)
        shutil.rmtree(_old(self.converter.part), ignore_errors=True)

    def _forget(self, student: str) -> None:
        theirs = select(SubmittedAssignment.id).where(
            SubmittedAssignment.student_id == student,
            SubmittedAssignment.assignment.has(name=self.assignment),
        )
        for table in (DONE, USED):
            self.gradebook.db.execute(delete(table).where(table.c.submission_id.in_(theirs)))

    def _done(self) -> dict[str, str]:
        """Of what each student's grades were made."""
        rows = self.gradebook.db.execute(
            select(SubmittedAssignment.student_id, DONE.c.digest)
            .join(DONE, DONE.c.submission_id == SubmittedAssignment.id)
            .where(SubmittedAssignment.assignment.has(name=self.assignment))
        ).all()
        self.gradebook.db.remove()
        return {student: digest for student, digest in rows}

    def _enter_release(self) -> None:
        """See that the gradebook knows the assignment; in a fresh checkout only its notebook is there."""
        with self.api.gradebook as gradebook:
            try:
                gradebook.find_assignment(self.assignment)
            except MissingEntry:
                release(self.assignment)

    def _released(self) -> str:
        """The released notebook, as nbgrader would mend each submission of it.

        Raises:
            course.CourseError: it is not there, or does not fit the gradebook.
        """
        path = self._folder(self.coursedir.release_directory, ".") / self.notebook
        remedy = f"run `autograder release {self.assignment}`."
        if not path.is_file():
            raise course.CourseError(f"There is no {path}: {remedy}")
        notebook = nbformat.read(path, as_version=4)
        names = {"student": ".", "assignment": self.assignment, "notebook": Path(self.notebook).stem}
        resources = {"nbgrader": names | {"db_url": self.coursedir.db_url}}
        try:
            for step in self._steps("sanitize_preprocessors", without=(Rebuild,)):
                notebook, resources = step(notebook, resources)
        except ValidationError:
            raise course.CourseError(f"{path} is damaged: {remedy}") from None
        finally:
            self.gradebook.db.remove()
        text: str = nbformat.writes(notebook)
        return text

    def _steps(self, name: str, without: tuple[type, ...]) -> list[NbGraderPreprocessor]:
        """Nbgrader's steps, as they are configured, but for those that happened already."""
        kinds = [
            import_item(kind) if isinstance(kind, str) else kind for kind in getattr(self.converter, name)
        ]
        return [kind(parent=self.converter) for kind in kinds if not issubclass(kind, without)]

    def _folder(self, step: str, student: str) -> Path:
        return Path(self.coursedir.format_path(step, student, self.assignment))


class _Beside(Autograde):  # type: ignore[misc]
    """What nbgrader's converter does beside its steps: the student's entry, the due date, the files that come along."""

    @property
    def part(self) -> Path:
        """Where a student's folder is made, before it is moved to its place: on the same disk."""
        graded = Path(self.coursedir.root, self.coursedir.autograded_directory)
        return graded.with_name(f".{graded.name}.part")

    @contextmanager
    def making_a_part(self, submitted: Path) -> Iterator[None]:
        """Make the folder there, and without what links point to: it could be anybody's.

        nbgrader would hand it back with the feedback, or read for ever. Nor can pipes, sockets and files that are
        shut be copied, nor feedback be written where a student's page of that name already stands.
        """
        ignore = self.coursedir.ignore
        odd = [
            path
            for path in submitted.rglob("*")
            if path.is_symlink() or not (path.is_file() or path.is_dir()) or not os.access(path, os.R_OK)
        ]
        odd += [Path(notebook).with_suffix(".html") for notebook in self.notebooks]
        self.coursedir.ignore = ignore + [glob.escape(path.name) for path in odd]
        self._is_making = True
        try:
            yield
        finally:
            self.coursedir.ignore = ignore
            self._is_making = False

    _is_making = False

    def _format_dest(self, *names: Any, **more: Any) -> str:
        return str(self.part) if self._is_making else str(super()._format_dest(*names, **more))


# A gradebook that is kept open ------------------------------------------------------------------------------


class _KeptOpen(Gradebook):  # type: ignore[misc]
    """A gradebook for a whole class: one transaction a submission, and its cells looked up once.

    nbgrader opens nine for each student, commits after every cell, and has each of its statements compiled anew.
    """

    def __init__(self, db_url: str, course_id: str) -> None:
        super().__init__(db_url, course_id)
        self.commit = self.db.commit
        self.db.commit = lambda: None  # nbgrader's
        self._names = dict(self.db.execute(select(BaseCell.id, BaseCell.name)).all())
        self._book: SubmittedNotebook | None = None
        self.db.remove()

    def close(self) -> None:
        """Nbgrader's: not yet."""

    def end(self) -> None:
        """Ours."""
        super().close()

    def find_submission_notebook(self, notebook: str, assignment: str, student: str) -> SubmittedNotebook:
        """See `Gradebook`."""
        if self._book is None or self._book not in self.db or self._book.student.id != student:
            self._book = super().find_submission_notebook(notebook, assignment, student)
            self._grades = {self._names[grade.cell_id]: grade for grade in self._book.grades}
            self._comments = {self._names[comment.cell_id]: comment for comment in self._book.comments}
        return self._book

    def find_grade(self, grade_cell: str, notebook: str, assignment: str, student: str) -> Grade:
        """See `Gradebook`."""
        self.find_submission_notebook(notebook, assignment, student)
        return _found(self._grades, grade_cell)

    def find_comment(self, solution_cell: str, notebook: str, assignment: str, student: str) -> Comment:
        """See `Gradebook`."""
        self.find_submission_notebook(notebook, assignment, student)
        return _found(self._comments, solution_cell)


def _found(entries: Mapping[str, Any], name: str) -> Any:
    if name not in entries:
        raise MissingEntry(f"The student's entry in the gradebook has no {name}.")
    return entries[name]


@contextmanager
def _every_gradebook_is(kept: _KeptOpen) -> Iterator[None]:
    """Whoever opens a gradebook meanwhile, in this process, gets this one."""

    def open_the_same(self: Any, *_: Any, **__: Any) -> None:
        self.__class__, self.__dict__ = _KeptOpen, kept.__dict__

    opens = Gradebook.__init__
    Gradebook.__init__ = open_the_same
    try:
        yield
    finally:
        Gradebook.__init__ = opens


def _patiently(action: Callable[[], T]) -> T:
    """Do it; where another process keeps the gradebook locked, wait and do it again."""
    waits = iter(WAITS_S)
    while True:
        try:
            return action()
        except Exception as error:
            wait = next(waits, None)
            if wait is None or not _is_locked(error):
                raise
        if wait == WAITS_S[0]:
            tqdm.write("The gradebook is locked by another program: waiting for it.", file=sys.stderr)
        time.sleep(wait)


def _is_locked(error: BaseException | None) -> bool:
    """Whether SQLite said so; nbgrader may have said it in other words since."""
    while error is not None:
        if isinstance(error, OperationalError) and isinstance(error.orig, sqlite3.OperationalError):
            return error.orig.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        error = error.__context__
    return False


# Files ------------------------------------------------------------------------------------------------------


def _put(path: Path, text: str) -> None:
    """Write a file that is still there when the power fails after this."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _move(made: Path, place: Path) -> None:
    """Put a folder in its place, or in that of an older one."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.rename(_old(made))
    made.rename(place)


def _old(made: Path) -> Path:
    return made.with_name(f"{made.name}.old")


# What a person is told --------------------------------------------------------------------------------------


class _Bar(tqdm):  # type: ignore[misc]
    """How far, how fast, how many failed, how long still."""

    failed = 0

    def __init__(self, *, total: int, desc: str) -> None:
        shape = "{desc} {bar} {n_fmt} of {total_fmt}, {per_minute} a minute, {failed} not graded, {remaining} left"
        super().__init__(total=total, desc=desc, bar_format=shape, disable=None)

    def count(self, failed: int) -> None:
        """One more is done; so many have failed."""
        self.failed = failed
        self.update()

    @property
    def format_dict(self) -> dict[str, Any]:
        """See `tqdm`."""
        shown: dict[str, Any] = super().format_dict
        rate = shown["rate"] or (shown["n"] / shown["elapsed"] if shown["elapsed"] else 0.0)
        return {**shown, "per_minute": f"{60 * rate:.0f}", "failed": self.failed}


def _told(fault: Exception) -> str:
    """A fault in a line; what nobody foresaw has its kind with it."""
    if isinstance(fault, DBAPIError):
        return f"The gradebook: {fault.orig}."
    if isinstance(fault, InfrastructureFault | IsolationUnavailable | NotGraded | OSError):
        return str(fault)
    return f"{type(fault).__name__}: {fault}"


def _silent() -> logging.Logger:
    """For nbgrader, which tells of every student what the gradebook will show."""
    logger = logging.getLogger("rnn_autograder.writer")
    logger.propagate = False
    logger.setLevel(logging.CRITICAL)
    return logger
