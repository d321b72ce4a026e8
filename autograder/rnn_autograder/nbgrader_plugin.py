"""Our part of nbgrader's autograding, plugged in by `nbgrader_config.py`: one verb, one class.

`ReadSubmission` reads whatever was handed in. `Rebuild` puts the answers into the notebook that was released.
`TrustedExecute` grades it in the sandbox and writes outputs and points where nbgrader looks for them.
`SaveGrades` enters them, and leaves alone what a person marked and nobody changed.
`Explain` leaves a sentence in the gradebook where one is due. `Summarize` counts up for the feedback page.
Everything else (points, late penalties, manual grades, feedback, the formgrader) stays nbgrader's own.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
import nbgrader
from alembic.script import ScriptDirectory
from nbconvert.exporters import NotebookExporter
from nbformat.notebooknode import NotebookNode
from nbgrader.api import Grade, Gradebook, MissingEntry
from nbgrader.apps import NbGraderAPI
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import determine_grade, is_grade
from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    insert,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from traitlets import Bool
from traitlets.config.loader import PyFileConfigLoader

from rnn_autograder import course, submission
from rnn_autograder.exercise import Report, Result
from rnn_autograder.marking import KEY, NotGraded, check_name, execute, rebuild
from rnn_autograder.reference import answer_key
from rnn_autograder.submission import is_answer

Resources = dict[str, Any]

# What there was to mark in a notebook when it was last graded: JSON, by name of the cell that has the points.
SEEN = Table(
    "unrolled_seen",
    MetaData(),
    Column("notebook_id", String(32), primary_key=True),
    Column("digests", Text, nullable=False),
)


class ReadSubmission(NotebookExporter):
    """Read a student's file, whatever it is.

    Why an exporter: nbgrader parses a file before any preprocessor sees it, and one that is damaged, renamed
    or missing leaves the grades empty. `exporter_class` is the only configured thing in front of that; the
    command and the formgrader's button both go through it. The student's file is only ever read.
    """

    def __init__(self, **settings: Any) -> None:
        """See `Exporter`; `parent` is nbgrader's converter."""
        super().__init__(**settings)
        self._expect_every_notebook()

    def _expect_every_notebook(self) -> None:
        """Name every notebook of the assignment to nbgrader, for each student who handed in a folder."""
        converter: Any = self.parent
        coursedir = converter.coursedir
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            try:
                notebooks = gradebook.find_assignment(coursedir.assignment_id).notebooks
            except MissingEntry:
                return  # nbgrader says so itself
            names = [book.name for book in notebooks if fnmatch(book.name, coursedir.notebook_id)]
        pattern = coursedir.format_path(
            coursedir.submitted_directory, coursedir.student_id, coursedir.assignment_id
        )
        for folder in glob.glob(pattern):
            converter.assignments[folder] = [str(Path(folder, f"{name}.ipynb")) for name in names]
            try:
                check_name(Path(folder).parent.name)
            except NotGraded as fault:
                del converter.assignments[folder]  # before nbgrader enters the name into the gradebook
                self.log.error("%s was not graded: %s", Path(folder).parent.name, fault)
        if not converter.assignments:
            raise NbGraderException("Nothing was graded.")

    def from_filename(
        self, filename: str, resources: Resources | None = None, **kw: Any
    ) -> tuple[Any, Resources]:
        """See `Exporter`. A submission comes as clean cells, or as none and the reason why."""
        converter: Any = self.parent
        ids, coursedir, path = (resources or {})["nbgrader"], converter.coursedir, Path(filename)
        submitted, autograded = (
            Path(coursedir.format_path(step, ids["student"], ids["assignment"]))
            for step in (coursedir.submitted_directory, coursedir.autograded_directory)
        )
        if path.parent != submitted:  # nbgrader's second pass, over what `Rebuild` made of it
            return super().from_filename(filename, resources, **kw)
        _drop_what_links_brought(submitted, autograded)
        notebook = nbformat.v4.new_notebook()
        try:
            file = submission.find(path)
            notebook.cells = submission.read(file)
            notebook.metadata["called"] = submission.writable(file.name)
        except submission.Unreadable as error:
            notebook.metadata["unreadable"] = str(error)
        exported: tuple[str, Resources] = self.from_notebook_node(notebook, resources, **kw)
        return exported


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]
    """Put what the student wrote into the notebook that was released."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """The released notebook with the student's answers, and notes on what was odd.

        Raises:
            NotGraded: there is no release.
        """
        ids, coursedir = resources["nbgrader"], self.parent.parent.coursedir
        folder = Path(coursedir.format_path(coursedir.release_directory, ".", ids["assignment"]))
        path = folder / f"{ids['notebook']}.ipynb"
        with _named(self, resources):
            if not path.is_file():
                raise NotGraded(f"There is no {path}: run `autograder release {ids['assignment']}`.")
            rebuilt = nbformat.read(path, as_version=4)
        called, unreadable = nb.metadata.get("called", ""), nb.metadata.get("unreadable", "")
        for note in rebuild(rebuilt, nb.cells, ids["assignment"], called=called, unreadable=unreadable):
            self.log.warning("%s: %s", ids["student"], note)
        return rebuilt, resources


class TrustedExecute(NbGraderPreprocessor):  # type: ignore[misc]
    """Run the student's cells in the sandbox and write our verdicts into the grade cells; see `marking.execute`."""

    unsafe_no_isolation = Bool(
        False, help="Grade even where nothing can isolate the student's code. The gradebook then says so."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """The notebook as the sandbox ran it, with our points.

        Raises:
            NotGraded: the notebook and its exercises do not fit together.
        """
        assignment = resources["nbgrader"]["assignment"]
        with _named(self, resources):
            key, seed = answer_key(assignment), course.hidden_seed(assignment)
            execute(nb, key, seed, unsafe=self.unsafe_no_isolation)
        return nb, resources


class SaveGrades(SaveAutoGrades):  # type: ignore[misc]
    """Enter the points into the gradebook, as nbgrader does, and leave alone what a person marked and nobody changed.

    nbgrader asks for another look at every mark that a person gave. Here only those wait that waited before, and
    those of which something is not as it was: the answer, the points that it has by itself, or the most there are.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """The notebook as it came."""
        ids = resources["nbgrader"]
        place = (ids["notebook"], ids["assignment"], ids["student"])
        seen = {cell.metadata.nbgrader.grade_id: _to_mark(nb, cell) for cell in nb.cells if is_grade(cell)}
        with Gradebook(ids["db_url"]) as gradebook:
            book_id = gradebook.find_submission_notebook(*place).id
            SEEN.create(gradebook.db.connection(), checkfirst=True)
            found = gradebook.db.execute(select(SEEN.c.digests).where(SEEN.c.notebook_id == book_id)).scalar()
            before = json.loads(found or "{}")
            same = [name for name in seen if seen[name] == before.get(name)]
            settled = [name for name in same if _is_settled(gradebook.find_grade(name, *place))]
            gradebook.db.commit()  # a new table too, where that is undone otherwise
        nb, resources = super().preprocess(nb, resources)
        with Gradebook(ids["db_url"]) as gradebook:
            for name in settled:
                gradebook.find_grade(name, *place).needs_manual_grade = False
            gradebook.db.execute(delete(SEEN).where(SEEN.c.notebook_id == book_id))
            gradebook.db.execute(insert(SEEN).values(notebook_id=book_id, digests=json.dumps(seen)))
            gradebook.db.commit()
        return nb, resources


def _is_settled(grade: Grade) -> bool:
    return grade.manual_score is not None and not grade.needs_manual_grade


def _to_mark(notebook: NotebookNode, cell: NotebookNode) -> str:
    """What a person who marks a cell goes by. Code may call whatever else is in the notebook."""
    if cell.cell_type == "markdown":
        answer = [cell.source, cell.get("attachments", {})]
    else:
        answer = [each.source for each in notebook.cells if each.cell_type == "code"]
    parts = json.dumps([*determine_grade(cell), answer], sort_keys=True)
    return hashlib.sha256(parts.encode()).hexdigest()


class Explain(NbGraderPreprocessor):  # type: ignore[misc]
    """Leave a sentence in the gradebook, under the answer, where points alone would puzzle, and say what isolated it.

    It stands where nbgrader writes its "No response.": a grader's comment replaces it, a regrade renews it.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """The notebook as it came."""
        ids, ours = resources["nbgrader"], nb.metadata[KEY]
        tier = ours["report"]["isolation"]
        with Gradebook(ids["db_url"]) as gradebook:
            for number, cell in enumerate(filter(is_answer, nb.cells)):
                name = cell.metadata.nbgrader.grade_id
                comment = gradebook.find_comment(name, ids["notebook"], ids["assignment"], ids["student"])
                said = [ours["notes"].get(name) or comment.auto_comment]
                if tier == "none":
                    said.append("Graded without isolation.")
                elif number == 0:  # once is enough, where nothing is wrong
                    said.append(f"Graded in isolation tier {tier}.")
                comment.auto_comment = " ".join(filter(None, said)) or None
            gradebook.db.commit()
        return nb, resources


def _drop_what_links_brought(submitted: Path, autograded: Path) -> None:
    """Nbgrader copies what a student's link points to, and would hand it back with the feedback."""
    for path in submitted.rglob("*"):
        if path.is_symlink():
            (autograded / path.relative_to(submitted)).unlink(missing_ok=True)


@contextmanager
def _named(preprocessor: NbGraderPreprocessor, resources: Resources) -> Iterator[None]:
    """One sentence in nbgrader's log about a failure of ours, beside the traceback that it prints."""
    try:
        yield
    except Exception as error:
        preprocessor.log.error("%s was not graded: %s", resources["nbgrader"]["student"], error)
        raise


# Feedback --------------------------------------------------------------------------------------------------


class Summarize(NbGraderPreprocessor):  # type: ignore[misc]
    """What a feedback page says at its top: points by exercise, and what was found there first.

    Comes after nbgrader's `GetGrades`, which cannot tell a zero from an answer that nobody has read yet.
    """

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """The notebook as it came; `rows`, `waiting` (points that nobody gave yet) and a `notice` for its page."""
        ids, ours = resources["nbgrader"], nb.metadata.get(KEY, {})
        report = ours.get("report")
        results = {each.name: each for each in Report.from_json(report).results} if report else {}
        with Gradebook(ids["db_url"]) as gradebook:
            grades = gradebook.find_submission_notebook(
                ids["notebook"], ids["assignment"], ids["student"]
            ).grades
            by_name = {grade.name: grade for grade in grades}
            rows = [
                _row(by_name[name], results.get(name))
                for name in (cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells)
                if name in by_name
            ]
        resources["rows"] = rows
        resources["waiting"] = sum(row.max_points for row in rows if row.points is None)
        resources["notice"] = _said_everywhere(nb, ours.get("notes", {}))
        return nb, resources


@dataclass(frozen=True)
class Row:
    """A line of the summary; no points where nobody has given any."""

    name: str
    points: float | None
    max_points: float
    found: str


def _said_everywhere(nb: NotebookNode, notes: Mapping[str, str]) -> str:
    """The one note that every answer has: nothing could be read."""
    said = {notes.get(cell.metadata.nbgrader.grade_id, "") for cell in nb.cells if is_answer(cell)}
    return said.pop() if len(said) == 1 else ""


def _row(grade: Any, result: Result | None) -> Row:
    if grade.auto_score is None and grade.manual_score is None:
        return Row(grade.name, None, grade.max_score, "Not read yet.")
    found = ""
    if result and result.points < result.max_points:
        failed = next((verdict.message for verdict in result.criteria if not verdict.passed), "")
        found = result.misconception or result.error or failed
    if result and grade.manual_score is not None:
        found = f"{found} The points were given by a person.".strip()
    return Row(grade.name, grade.score, grade.max_score, found)


# The same from our command line ----------------------------------------------------------------------------


def open_course(folder: Path) -> NbGraderAPI:
    """Nbgrader's commands on the course in a folder, as its `nbgrader_config.py` sets them up.

    Raises:
        course.CourseError: nbgrader would break the gradebook that it makes, or be refused by it.
    """
    # nbgrader starts alembic by name when it makes a gradebook; where that fails, the gradebook is spoilt.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    if shutil.which("alembic") is None:
        raise course.CourseError(f"nbgrader needs alembic: run `{sys.executable} -m pip install alembic`.")
    warnings.filterwarnings("ignore", module="nbgrader")  # SQLAlchemy's words to nbgrader's authors
    config = PyFileConfigLoader(course.MARK, str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    api = NbGraderAPI(config=config)
    if not api.coursedir.course_id and not api.coursedir.db_url.startswith("sqlite:"):
        name = 'c.CourseDirectory.course_id = "a-name"'
        raise course.CourseError(f"A gradebook on a server wants the course named: {name} in {course.MARK}.")
    _must_be_of_this_version(api.coursedir.db_url)
    return api


def _must_be_of_this_version(db_url: str) -> None:
    """Look at the gradebook, if there is one, before anything is written into it.

    Raises:
        course.CourseError: it is no gradebook, or was made by another version of nbgrader.
    """
    url = make_url(db_url)
    on_disk = url.drivername == "sqlite"
    if on_disk and not Path(url.database or "").is_file():
        return
    book = f"The gradebook {url.database if on_disk else url.render_as_string(hide_password=True)}"
    engine = create_engine(url, connect_args={"timeout": 0} if on_disk else {})
    try:
        with engine.connect() as line:
            found = line.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except (OperationalError, ProgrammingError):  # empty, or locked: whoever writes waits, and says so
        return
    except DBAPIError as error:
        raise course.CourseError(
            f"{book} cannot be read: {error.orig}. Bring back your copy of it."
        ) from None
    finally:
        engine.dispose()
    versions = ScriptDirectory(str(Path(nbgrader.__file__).with_name("alembic")))
    if found == versions.get_current_head():
        return
    if found in {version.revision for version in versions.walk_revisions()}:
        remedy = "an older nbgrader: run `nbgrader db upgrade`, which keeps a copy of it, and try again."
    else:
        remedy = f"a newer nbgrader than {nbgrader.__version__}, which is here: install the newer one."
    raise course.CourseError(f"{book} was made by {remedy}")


def release(assignment: str) -> Path:
    """Write the students' version of an assignment, and enter the assignment into the gradebook.

    Raises:
        course.CourseError: nbgrader refused; the text says why, and the version from before is still there.
    """
    root = course.root()
    released = root / "assignments" / assignment
    with TemporaryDirectory() as folder:
        before = Path(folder, assignment)
        if released.is_dir():
            shutil.copytree(released, before)
        result = open_course(root).generate_assignment(assignment)
        if not result["success"] and before.is_dir():  # nbgrader deletes what it could not write anew
            shutil.copytree(before, released, dirs_exist_ok=True)
    if not result["success"]:
        raise course.CourseError(f"{assignment} was not released: {why(result)}")
    return released


def why(result: Mapping[str, Any]) -> str:
    """What nbgrader said about a failure: in our words, or the end of its traceback, or all that there is."""
    log = str(result.get("log") or result.get("error"))
    ours = re.findall(r"^\[ERROR\] (.+ was not graded: .+)$", log, re.M)
    raised = re.findall(r"^ {4}([A-Za-z_][\w.]*: .+)$", log, re.M)
    return "\n".join(ours or raised[-1:]) or log
