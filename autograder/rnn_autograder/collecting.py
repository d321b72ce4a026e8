"""What students handed in on Moodle or Canvas, out of the platform's archive and into `submitted/`.

Two plug-ins of `nbgrader zip_collect`, which moves the files: `Unpack` opens `downloaded/A/archive/*.zip` with care,
`Collect` hands over what `choosing` takes. The platform's table of grades lies beside the archives.
`collect` does all of it in one command. The archives stay where they are, so whatever is not taken still lies there.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import contextlib
import filecmp
import logging
import shutil
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from nbgrader.api import Gradebook
from nbgrader.apps import ZipCollectApp
from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from traitlets import Bool

from rnn_autograder import archives, course, platforms
from rnn_autograder.choosing import Choice, Folders, Left, Taken
from rnn_autograder.harmless import printable
from rnn_autograder.nbgrader_plugin import open_course
from rnn_autograder.platforms import Register
from rnn_autograder.records import students


class Unpack(ExtractorPlugin):  # type: ignore[misc]
    """Take the notebooks out of archives that strangers filled."""

    def __init__(self, **settings: Any) -> None:
        """See `ExtractorPlugin`."""
        super().__init__(**settings)
        self.left: list[Left] = []

    def extract(self, archive_path: str, extracted_path: str) -> None:
        """See `ExtractorPlugin`. Each archive gets a folder of its name."""
        for archive in sorted(Path(archive_path).glob("*.zip")):
            try:
                for entry in archives.entries(archive):
                    if entry.refused:
                        self._leave(archive, entry.parts, entry.refused)
                    else:
                        self._write(archive, Path(extracted_path), entry)
            except archives.NoZip as error:
                self._leave(archive, (), str(error))

    def _write(self, archive: Path, folder: Path, entry: archives.Entry) -> None:
        path = folder.joinpath(archive.name, *entry.parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(entry.data)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            self._leave(archive, entry.parts, "The archive has a folder and a file of this name.")

    def _leave(self, archive: Path, parts: tuple[str, ...], reason: str) -> None:
        self.left.append(Left(archive.name, "/".join(parts), reason))
        self.log.warning("%s, %s: %s", *printable(archive.name, "/".join(parts), reason))


class Collect(FileNameCollectorPlugin):  # type: ignore[misc]
    """Say whose a notebook is; where that is not clear, or it does not count, say why not."""

    overwrite = Bool(False, help="Replace what came in by another way, and keep it aside.").tag(config=True)

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """See `FileNameCollectorPlugin`."""
        try:
            taken = self.choice.taken.get(Path(submitted_file))
        except course.CourseError as error:
            self.parent.fail("%s", error)
        if taken is None or not taken.is_new:
            return None
        self._keep_aside(self._submitted(taken.student))
        found = {"student_id": taken.student, "file_id": self.choice.notebook}
        when = taken.person.handed_in
        return found if when is None else found | {"timestamp": f"{when:%Y-%m-%d %H:%M:%S} UTC"}

    @cached_property
    def choice(self) -> Choice:
        """What counts of what was unpacked.

        Raises:
            course.CourseError: the assignment is not released, or the platform's table is not one that can be read.
        """
        coursedir = self.parent.coursedir
        released = Path(coursedir.format_path(coursedir.release_directory, ".", self.assignment)).parent
        folders = Folders(self.archive, self.unpacked, released, self._submitted)
        choice = Choice(self.assignment, self.register, folders, overwrite=self.overwrite)
        for each in choice.left:
            self.log.warning("%s, %s: %s", *printable(each.archive, each.name, each.reason))
        return choice

    @cached_property
    def register(self) -> Register:
        """Who is who: the gradebook, and the platform's table where there is one.

        Raises:
            course.CourseError: there are two tables, or one that cannot be read.
        """
        tables = sorted(self.archive.glob("*.csv"))
        if len(tables) > 1:
            names = ", ".join(table.name for table in tables)
            raise course.CourseError(f"{self.archive} has more than one table: {names}. Leave the newest.")
        coursedir = self.parent.coursedir
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            return Register(students(gradebook), platforms.read(tables[0]) if tables else None)

    @property
    def assignment(self) -> str:
        """For example `a01_rnn_basics`."""
        return str(self.parent.coursedir.assignment_id)

    @property
    def archive(self) -> Path:
        """Where the archives and the table lie."""
        return Path(self.parent._format_collect_path(self.parent.archive_directory))

    @property
    def unpacked(self) -> Path:
        """Where the notebooks were unpacked, in a folder for each archive."""
        return Path(self.parent._format_collect_path(self.parent.extracted_directory))

    def _submitted(self, student: str) -> Path:
        coursedir = self.parent.coursedir
        return Path(coursedir.format_path(coursedir.submitted_directory, student, self.assignment))

    def _keep_aside(self, folder: Path) -> None:
        """A copy of what nbgrader is about to replace."""
        if folder.is_dir() and any(folder.iterdir()):
            now = f"{datetime.now(UTC):%Y-%m-%dT%H.%M.%S.%f}"
            aside = self.archive.with_name("replaced") / folder.parent.name / now
            shutil.copytree(folder, aside, symlinks=True)


def collect(assignment: str, archive: Path | None, roster: Path | None, *, force: bool) -> list[str]:
    """Put what students handed in on a platform into `submitted/`.

    Args:
        assignment: for example `a01_rnn_basics`.
        archive: the zip with all submissions, or the folder that a browser made of it; None takes up again what was
            given before.
        roster: the platform's table of grades, to know by name and number who is who.
        force: replace what came in by another way.

    Returns:
        What to tell the instructor, in lines.

    Raises:
        course.CourseError: something is missing, or is not what it should be.
    """
    root = course.root()
    folder = root / "downloaded" / assignment / "archive"
    if roster is not None:
        platforms.read(roster)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        given = None if archive is None else _given(archive, folder)
        if roster is not None:
            _replace_roster(roster, folder)
        if not any(folder.glob("*.zip")):
            raise course.CourseError(
                f"{folder} has no archive. Name the platform's: autograder collect {assignment} FILE.zip"
            )
        with contextlib.chdir(root), _application(root, assignment, force) as app:
            app.extract_archive_files()
            taken = app.collector_plugin_inst.choice.taken  # before anything is moved: it may raise
            app.process_extracted_files()
            _enter(app, taken.values())
            return _told(assignment, app, given)
    except OSError as error:
        raise course.CourseError(
            f"{error.filename or archive}: {error.strerror}. What was collected is whole; the same command goes on."
        ) from None


def _given(archive: Path, folder: Path) -> str:
    """Put an archive among those that were given before, and say under which name: its own may be taken by another."""
    if not archive.exists():
        raise course.CourseError(f"There is no {archive}.")
    part = folder / ".part"
    if archive.is_dir():
        _pack(archive, part)
    else:
        shutil.copyfile(archive, part)
    try:
        archives.made(part)
    except archives.DAMAGED:
        part.unlink()
        raise course.CourseError(f"{archive} is no zip archive, or was cut off: download it again.") from None
    for before in sorted(folder.glob("*.zip")):
        if filecmp.cmp(before, part, shallow=False):
            part.unlink()
            return before.name
    number, name = 1, f"{archive.stem}.zip"
    while (folder / name).exists():
        number += 1
        name = f"{archive.stem}-{number}.zip"
    part.rename(folder / name)
    return name


def _pack(folder: Path, target: Path) -> None:
    """Some browsers unpack what they download: back into one file, with the times of its files."""
    with ZipFile(target, "w", strict_timestamps=False) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                archive.write(path, path.relative_to(folder))


def _replace_roster(roster: Path, folder: Path) -> None:
    text = roster.read_bytes()
    for before in folder.glob("*.csv"):
        before.unlink()
    (folder / roster.with_suffix(".csv").name).write_bytes(text)


@contextlib.contextmanager
def _application(root: Path, assignment: str, force: bool) -> Iterator[ZipCollectApp]:
    """Nbgrader's command, set up as the course's configuration says, and quiet."""
    api = open_course(root)
    with api.gradebook:  # made, where there is none
        pass
    app = ZipCollectApp(config=api.config, log_level=logging.CRITICAL)
    app.coursedir = api.coursedir
    app.coursedir.assignment_id = assignment
    app.extractor_plugin, app.collector_plugin, app.force = Unpack, Collect, True
    app.init_plugins()
    app.collector_plugin_inst.overwrite = force
    yield app


def _enter(app: ZipCollectApp, taken: Iterable[Taken]) -> None:
    """Tell the gradebook who is who on the platform, so that grades find their way back; names that it has stay."""
    with Gradebook(app.coursedir.db_url, app.coursedir.course_id) as gradebook:
        known = {student.id: student for student in gradebook.students}
        for each in taken:
            first, last = each.person.first_and_last
            theirs = {
                "first_name": _no_tag(first),
                "last_name": _no_tag(last),
                "email": each.person.email or None,
                "lms_user_id": each.person.lms_user_id or None,
            }
            student = known.get(each.student)
            if student is None:
                gradebook.add_student(each.student, **theirs)
            else:
                missing = {
                    name: value for name, value in theirs.items() if value and not getattr(student, name)
                }
                if missing:
                    gradebook.update_or_create_student(each.student, **missing)


def _no_tag(name: str | None) -> str | None:
    """A name that nbgrader's page for grading, which prints it as it is, does not take for HTML."""
    return name.translate({ord("<"): "(", ord(">"): ")"}) if name else None


def _told(assignment: str, app: ZipCollectApp, given: str | None) -> list[str]:
    collector = app.collector_plugin_inst
    taken = sorted(collector.choice.taken.values(), key=lambda each: each.student)
    left = [
        each
        for each in app.extractor_plugin_inst.left + collector.choice.left
        if given is None or each.archive == given
    ]
    new = [each for each in taken if each.is_new]
    lines = [f"{each.student:<24} {_note(each)}" for each in new]
    for reason in dict.fromkeys(each.reason for each in left):
        lines += [f"Not taken: {said}" for said in printable(reason)]
        lines += [f"    {name}" for each in left if each.reason == reason for name in printable(each.name)]
    if left:
        lines.append(f"All of that still lies in {collector.archive.relative_to(app.coursedir.root)}.")
    counts = f"{len(new)} collected, {len(taken) - len(new)} there before, {len(left)} not taken"
    return [*lines, f"{assignment}: {counts}."]


def _note(taken: Taken) -> str:
    notes = printable(taken.owner.original)
    if taken.person.handed_in:
        notes.append(f"handed in {taken.person.handed_in.astimezone():%Y-%m-%d %H:%M}")
    if taken.person.odd_time:
        notes += printable(f"handed in at a time that cannot be read: {taken.person.odd_time}")
    if taken.owner.late:
        notes.append("late, and Canvas does not say by how much")
    return ", ".join(notes)
