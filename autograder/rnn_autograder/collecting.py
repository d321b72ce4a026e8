"""What students handed in on Moodle or Canvas, out of the platform's archive and into `submitted/`.

Two plug-ins of `nbgrader zip_collect`, which moves the files: `Unpack` opens `downloaded/A/archive/*.zip` with care,
`Collect` says whose a notebook is and whether it counts. The platform's table of grades lies beside the archives.
`collect` does all of it in one command. The archives stay where they are, so whatever is not taken still lies there.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import contextlib
import filecmp
import json
import logging
import re
import shutil
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from nbgrader.api import Gradebook
from nbgrader.apps import ZipCollectApp
from nbgrader.plugins import ExtractorPlugin, FileNameCollectorPlugin
from traitlets import Bool

from rnn_autograder import archives, course, platforms, submission
from rnn_autograder.marking import NotGraded, check_name
from rnn_autograder.nbgrader_plugin import open_course
from rnn_autograder.platforms import Owner, Person, Register, Unknown
from rnn_autograder.records import students

A_FOLDER = re.compile(r"[^-.~/\\*?\[\]{}\s][^/\\*?\[\]{}\x00-\x1f]*")


@dataclass(frozen=True)
class Taken:
    """A notebook that counts.

    Attributes:
        file: where it was unpacked.
        student: the id in the gradebook.
        person: who that is on the platform.
        owner: what the file's name said.
        is_new: whether it is not in `submitted/` yet.
    """

    file: Path
    student: str
    person: Person
    owner: Owner
    is_new: bool


@dataclass(frozen=True)
class Left:
    """A file that was not taken: its archive, its name in there, and the reason."""

    archive: str
    name: str
    reason: str


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
            taken = self.taken.get(Path(submitted_file))
        except course.CourseError as error:
            self.parent.fail("%s", error)
        if taken is None or not taken.is_new:
            return None
        self._keep_aside(self._submitted(taken.student))
        found = {"student_id": taken.student, "file_id": self.notebook}
        when = taken.person.handed_in
        return found if when is None else found | {"timestamp": f"{when:%Y-%m-%d %H:%M:%S} UTC"}

    @cached_property
    def taken(self) -> dict[Path, Taken]:
        """The notebooks that count, by where they were unpacked; `left` has the others."""
        self.left: list[Left] = []
        theirs = defaultdict(list)
        for path in sorted(path for path in self.unpacked.rglob("*") if path.is_file()):
            try:
                owner = platforms.owner(path.relative_to(self.unpacked).parts[1:])
                self._must_be_ours(path, owner)
                person = self.register.person(owner)
                theirs[self._student(person)].append((path, owner, person))
            except Unknown as reason:
                self._leave(path, str(reason))
        taken = {}
        for student, files in theirs.items():
            try:
                counts = self._which_counts(files)
                is_new = self._is_new(student, counts, files)
            except Unknown as reason:
                for path, _, _ in files:
                    self._leave(path, str(reason))
                continue
            taken[counts[0]] = Taken(counts[0], student, counts[2], counts[1], is_new)
            for path, _, _ in files:
                if path != counts[0]:
                    self._leave(path, f"{student} handed in another one, which counts: {counts[0].name}.")
        return taken

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
    def notebook(self) -> str:
        """The name of the assignment's notebook."""
        return course.notebook_name(self.assignment)

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

    def _leave(self, path: Path, reason: str) -> None:
        archive, *parts = path.relative_to(self.unpacked).parts
        self.left.append(Left(archive, "/".join(parts), reason))
        self.log.warning("%s, %s: %s", *printable(archive, "/".join(parts), reason))

    def _student(self, person: Person) -> str:
        """The id in the gradebook, or the one that a new student gets."""
        found = self.register.student(person)
        if found is None and not person.ids:
            who = person.name or "This student"
            raise Unknown(
                f"{who} is not in the gradebook, and no table of grades names an id: give one with --roster, or "
                f"`nbgrader db student add ID --first-name=... --last-name=...`."
            )
        student = found or person.ids[0]
        if not A_FOLDER.fullmatch(student) or not student.isprintable():
            raise Unknown(f"The id {student!r} cannot be a folder's name.")
        try:
            check_name(student)
        except NotGraded as error:
            raise Unknown(str(error)) from None
        if found is None and (like := self._alike.get(_folded(student), set()) - {student}):
            raise Unknown(f"The id {student} is new, and hardly differs from {' and '.join(sorted(like))}.")
        return student

    @cached_property
    def _alike(self) -> dict[str, set[str]]:
        """All ids, by what cannot be told apart: some disks do not know capital letters, and no eye knows wide ones."""
        ids = {student.id for student in self.register.students}
        if self.register.table is not None:
            ids |= {person.ids[0] for person in self.register.table.people if person.ids}
        found = defaultdict(set)
        for each in ids:
            found[_folded(each)].add(each)
        return found

    def _must_be_ours(self, path: Path, owner: Owner) -> None:
        """See that a notebook is this assignment's.

        By its cells, whatever it is called; one without any of ours may only be damaged, if its name is right.
        """
        try:
            cells = submission.parse(path.read_bytes(), path.name)
        except submission.Unreadable as error:
            if self._has_our_name(owner):
                return  # the grading says so to the student
            raise Unknown(str(error)) from None
        names = {cell.metadata.nbgrader.grade_id for cell in cells}
        common = {assignment: len(names & ids) for assignment, ids in self._cells.items()}
        if common[self.assignment] < max(common.values()):
            raise Unknown(f"It is the notebook of {max(common, key=lambda name: common[name])}.")
        if not common[self.assignment] and not self._has_our_name(owner):
            raise Unknown(f"It has no cell of {self.assignment}.")

    def _has_our_name(self, owner: Owner) -> bool:
        return platforms.plain_name(owner.original) == self.notebook

    @cached_property
    def _cells(self) -> dict[str, set[str]]:
        """By assignment, the names of the cells that were released."""
        coursedir = self.parent.coursedir
        released = Path(coursedir.format_path(coursedir.release_directory, ".", self.assignment)).parent
        found = {}
        for path in sorted(released.glob("*/*.ipynb")):
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            marks = [cell["metadata"]["nbgrader"] for cell in cells if "nbgrader" in cell["metadata"]]
            found[path.parent.name] = {mark["grade_id"] for mark in marks}
        if self.assignment not in found:
            raise course.CourseError(
                f"{self.assignment} is not released: run `autograder release {self.assignment}`."
            )
        return found

    def _which_counts(self, files: list[tuple[Path, Owner, Person]]) -> tuple[Path, Owner, Person]:
        """The one in the latest archive; there the one of the assignment's name, and of these the latest.

        Raises:
            Unknown: it is not clear.
        """
        if len({person.number for _, _, person in files}) > 1:
            raise Unknown("Two people on the platform have one id in the gradebook.")
        latest = max(self._made(path) for path, _, _ in files)
        files = [each for each in files if self._made(each[0]) == latest]
        files = [each for each in files if self._has_our_name(each[1])] or files
        number = max(owner.file_number for _, owner, _ in files)
        files = [each for each in files if each[1].file_number == number]
        if len({path.read_bytes() for path, _, _ in files}) > 1:
            names = ", ".join(owner.original for _, owner, _ in files)
            raise Unknown(f"It is not clear which one counts: {names}.")
        return files[0]

    def _made(self, path: Path) -> tuple[int, ...]:
        return self._times[path.relative_to(self.unpacked).parts[0]]

    @cached_property
    def _times(self) -> dict[str, tuple[int, ...]]:
        return {each.name: archives.made(self.archive / each.name) for each in self.unpacked.iterdir()}

    def _is_new(
        self, student: str, counts: tuple[Path, Owner, Person], files: list[tuple[Path, Owner, Person]]
    ) -> bool:
        """Whether a notebook has to be put into `submitted/`.

        Raises:
            Unknown: another one is there that came in by another way, and nothing says that this is newer.
        """
        folder = self._submitted(student)
        file, when = folder / f"{self.notebook}.ipynb", counts[2].handed_in
        if not folder.is_dir() or not any(folder.iterdir()):
            return True
        before, stamp = file.read_bytes() if file.is_file() else None, _stamp(folder)
        if before == counts[0].read_bytes():
            return when is not None and when != stamp
        came_by_archive = before in [path.read_bytes() for path, _, _ in files]
        is_later = when is not None and stamp is not None and when > stamp
        if not (came_by_archive or is_later or self.overwrite):
            raise Unknown(
                f"{student} has another one in submitted/ that did not come from these archives, and nothing says "
                "which is newer: --force takes this one and keeps that one aside."
            )
        return True

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
            taken = app.collector_plugin_inst.taken  # before anything is moved: it may raise
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
    taken = sorted(collector.taken.values(), key=lambda each: each.student)
    left = [
        each
        for each in app.extractor_plugin_inst.left + collector.left
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


def _stamp(folder: Path) -> datetime | None:
    """When the submission that is there was handed in, in UTC."""
    with contextlib.suppress(OSError, ValueError):
        text = (folder / "timestamp.txt").read_text(encoding="utf-8").strip().removesuffix(" UTC")
        when = datetime.fromisoformat(text)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return None


def _folded(student: str) -> str:
    return unicodedata.normalize("NFKC", student).casefold()


def printable(*texts: str) -> list[str]:
    """Text that a student chose, without what a terminal would obey."""
    return ["".join(letter if letter.isprintable() else "?" for letter in text) for text in texts]
