"""Which of the files that a class handed in counts, and for whom; and of each other one, why not.

By its name a file is somebody's, by its cells it is of the assignment. Of two that are somebody's, the later counts;
where that is not clear, none does.
"""

from __future__ import annotations

import contextlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from rnn_autograder import archives, course, platforms, submission
from rnn_autograder.marking import NotGraded, check_name
from rnn_autograder.platforms import Owner, Person, Register, Unknown

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


@dataclass(frozen=True)
class Folders:
    """Where things lie.

    Attributes:
        archives: the platform's, as they came.
        unpacked: their files, in a folder for each archive.
        released: the students' version of each assignment.
        submitted: by student, what will be graded.
    """

    archives: Path
    unpacked: Path
    released: Path
    submitted: Callable[[str], Path]


class Choice:
    """What counts of the files that were unpacked.

    Attributes:
        taken: the notebooks that count, by where they were unpacked.
        left: the others.
    """

    def __init__(self, assignment: str, register: Register, folders: Folders, *, overwrite: bool) -> None:
        """Look at each file, and move none.

        Args:
            assignment: for example `a01_rnn_basics`.
            register: who is who.
            folders: where to look.
            overwrite: whether to replace what came in by another way.

        Raises:
            course.CourseError: the assignment is not released.
        """
        self.assignment = assignment
        self.notebook = course.notebook_name(assignment)
        self.register = register
        self.folders = folders
        self.overwrite = overwrite
        self.left: list[Left] = []
        self.taken = self._taken()

    def _taken(self) -> dict[Path, Taken]:
        theirs = defaultdict(list)
        for path in sorted(path for path in self.folders.unpacked.rglob("*") if path.is_file()):
            try:
                owner = platforms.owner(path.relative_to(self.folders.unpacked).parts[1:])
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

    def _leave(self, path: Path, reason: str) -> None:
        archive, *parts = path.relative_to(self.folders.unpacked).parts
        self.left.append(Left(archive, "/".join(parts), reason))

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
        found = {}
        for path in sorted(self.folders.released.glob("*/*.ipynb")):
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
        return self._times[path.relative_to(self.folders.unpacked).parts[0]]

    @cached_property
    def _times(self) -> dict[str, tuple[int, ...]]:
        return {
            each.name: archives.made(self.folders.archives / each.name)
            for each in self.folders.unpacked.iterdir()
        }

    def _is_new(
        self, student: str, counts: tuple[Path, Owner, Person], files: list[tuple[Path, Owner, Person]]
    ) -> bool:
        """Whether a notebook has to be put into `submitted/`.

        Raises:
            Unknown: another one is there that came in by another way, and nothing says that this is newer.
        """
        folder = self.folders.submitted(student)
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


def _stamp(folder: Path) -> datetime | None:
    """When the submission that is there was handed in, in UTC."""
    with contextlib.suppress(OSError, ValueError):
        text = (folder / "timestamp.txt").read_text(encoding="utf-8").strip().removesuffix(" UTC")
        when = datetime.fromisoformat(text)
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return None


def _folded(student: str) -> str:
    return unicodedata.normalize("NFKC", student).casefold()
