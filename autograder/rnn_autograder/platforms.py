"""What Moodle and Canvas call a student's file, and the tables of grades that they give out and take back.

Of a file, Moodle says (`mod/assign/classes/downloader.php`) either of

    Lucía Fernández_1234_assignsubmission_file/rnn_basics.ipynb
    Lucía Fernández_1234_assignsubmission_file_rnn_basics.ipynb

where 1234 stands for the student in this one assignment; where groups hand in, name and number are a group's. Canvas
says (`lib/content_zipper.rb`)

    fernándezlucía_LATE_5678_90123_rnn_basics-1.ipynb

where 5678 is the student, 90123 the file: of two, the larger was handed in later.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rnn_autograder.course import CourseError

MOODLE = re.compile(
    r"(?P<name>.*?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<original>.*))?", re.S
)
CANVAS = re.compile(r"(?P<name>.*?)_(?P<late>LATE_)?(?P<number>\d+)_(?P<file>\d+)_(?P<original>.+)", re.S)
CANVAS_NUMBERS = re.compile(r"(?=_(?:LATE_)?(?P<number>\d+)_\d+_.)", re.S)
# How Moodle writes a time, in the languages "English" and "English (United States)".
MOODLE_TIMES = ("%A, %d %B %Y, %I:%M %p", "%A, %B %d, %Y, %I:%M %p")
MAX_CELL = 10_000_000  # characters: Moodle's table holds what students typed online
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Unknown(Exception):
    """Nobody can tell whose a file or a row is; the text says why."""


# Files ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Owner:
    """Whose a file in an archive is, as the platform's name for it says.

    Attributes:
        platform: "Moodle" or "Canvas".
        number: the platform's for the student.
        name: the student's, as far as the platform keeps its letters.
        original: what the student called the file.
        late: whether the platform calls it so; Moodle does not say.
        file_number: of two files, the later has the larger one; 0 where the platform numbers none.
        or_else: other students' names and numbers that could be read from it. In both a student's name and a
            file's, Canvas keeps what looks like its own numbers.
    """

    platform: str
    number: str
    name: str
    original: str
    late: bool = False
    file_number: int = 0
    or_else: tuple[tuple[str, str], ...] = ()


def owner(parts: Sequence[str]) -> Owner:
    """Whose a file is.

    Args:
        parts: its folders and its name. The outermost that names a student counts: what is inside of it, the
            student named.

    Raises:
        Unknown: none of them does.
    """
    for depth, part in enumerate(parts, 1):
        is_file = depth == len(parts)
        if found := MOODLE.fullmatch(part):
            original = (found["original"] if is_file else "") or parts[-1]
            return Owner("Moodle", found["number"], found["name"], original)
        if (is_file or part.lower().endswith(".zip")) and (found := CANVAS.fullmatch(part)):
            original = found["original"] if is_file else parts[-1]
            late, number = bool(found["late"]), int(found["file"])
            or_else = tuple(
                (part[: other.start()], other["number"])
                for other in CANVAS_NUMBERS.finditer(part)
                if other["number"] != found["number"]
            )
            return Owner("Canvas", found["number"], found["name"], original, late, number, or_else)
        if part.lower().endswith(".zip"):
            break  # a student's: the names in it say nothing
    raise Unknown("Its name says nobody's: neither Moodle nor Canvas named it so.")


def plain_name(original: str) -> str:
    """A notebook's name without what browsers and Canvas add to a second one: `rnn_basics-1.ipynb`, `... (1)`."""
    return re.sub(r"(-\d+| ?\(\d+\))*\.ipynb$", "", original, flags=re.I)


def key(name: str) -> str:
    """A name for comparing: its letters and digits. Accents count, however they are put together."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold()))


# Tables -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """A row of a platform's table.

    Attributes:
        number: as in `Owner`.
        name: in full; "" where the platform hides it.
        ids: what may be the student's id in the gradebook, the likeliest first.
        email: or "".
        lms_user_id: the same in every assignment, as Canvas's number is and Moodle's is not; or "".
        handed_in: when, where the table says so.
        odd_time: what the table says instead, where that cannot be read.
        group: who hands in for this person, on Moodle; or "".
        row: the row's cells, to be filled in.
    """

    number: str
    name: str
    ids: tuple[str, ...]
    email: str = ""
    lms_user_id: str = ""
    handed_in: datetime | None = None
    odd_time: str = ""
    group: str = ""
    row: list[str] = field(default_factory=list, repr=False, compare=False)

    @property
    def first_and_last(self) -> tuple[str | None, str | None]:
        """The name in two parts, as a gradebook has it. Canvas marks them; else the last word is the last name."""
        last, comma, first = self.name.partition(", ")
        if not comma:
            first, _, last = self.name.rpartition(" ")
        return first or None, last or None


@dataclass(frozen=True)
class Table:
    """Moodle's grading worksheet, or Canvas's gradebook, as it was given out.

    Attributes:
        path: the file.
        platform: "Moodle" or "Canvas".
        header: the names of the columns.
        rows: all others, each as long as the header.
        people: the students among them.
    """

    path: Path
    platform: str
    header: list[str]
    rows: list[list[str]]
    people: tuple[Person, ...]
    _bom: bool
    _delimiter: str

    def text(self) -> str:
        """The table as it is now, in the form in which it came; no name in it is a formula to a spreadsheet."""
        # What the platform reads again stays to the letter; all else is for eyes, in a spreadsheet.
        kept = (
            {"Identifier", "Grade", "Feedback comments"}
            if self.platform == "Moodle"
            else set(self.header[1:])
        )
        kept -= {"FirstName"}
        target = io.StringIO()
        target.write("\ufeff" * self._bom)
        writer = csv.writer(target, delimiter=self._delimiter, lineterminator="\n")
        writer.writerow(self.header)
        for row in self.rows:
            cells = zip(self.header, row, strict=True)
            writer.writerow([text if column in kept else _no_formula(text) for column, text in cells])
        return target.getvalue()

    def column(self, name: str) -> int:
        """Where a column is.

        Raises:
            CourseError: there is none.
        """
        if name not in self.header:
            raise CourseError(f"{self.path} has no column {name!r}. It has: {', '.join(self.header)}.")
        return self.header.index(name)

    def columns_of_assignments(self) -> list[str]:
        """Canvas's columns that take points: it writes the assignment's number behind its name."""
        return [name for name in self.header if re.search(r" \(\d+\)$", name)]


def read(path: Path) -> Table:
    """Read a platform's table of grades.

    Raises:
        CourseError: it is not there, or none that we know.
    """
    csv.field_size_limit(MAX_CELL)
    try:
        text = path.read_bytes().decode("utf-8")
        bom, text = text.startswith("\ufeff"), text.removeprefix("\ufeff")
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except OSError as error:
        raise CourseError(f"Cannot read {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CourseError(
            f"{path} is not in UTF-8: a spreadsheet may have saved it anew. Take the file as it was downloaded."
        ) from None
    except csv.Error as error:
        raise CourseError(f"{path} is not a table that can be read: {error}.") from None
    header = lines[0] if lines else []
    rows = [row + [""] * (len(header) - len(row)) for row in lines[1:] if any(row)]
    for number, row in enumerate(rows, 2):
        if len(row) > len(header):
            raise CourseError(f"Row {number} of {path} has more cells than the first one. Download it again.")
    if "Identifier" in header:
        platform, people = "Moodle", [_moodle(dict(zip(header, row, strict=True)), row) for row in rows]
    elif {"ID", "Section"} <= {*header} and {"Student", "LastName"} & {*header}:
        platform, people = "Canvas", [_canvas(dict(zip(header, row, strict=True)), row) for row in rows]
    else:
        raise CourseError(
            f"{path} is neither Moodle's grading worksheet nor Canvas's gradebook. Moodle's begins with the column "
            "Identifier: download it, and upload it again, with Moodle set to English."
        )
    students = tuple(person for person in people if person is not None)
    twice = [number for number, times in Counter(each.number for each in students).items() if times > 1]
    if twice:
        raise CourseError(f"{path} has {platform}'s number {twice[0]} twice. Download it again.")
    return Table(path, platform, header, rows, students, bom, delimiter)


def _moodle(row: Mapping[str, str], cells: list[str]) -> Person | None:
    number = re.search(r"(\d+)$", row["Identifier"])
    if number is None:
        return None
    email = row.get("Email address", "")
    ids = (row.get("ID number", ""), row.get("Username", ""), email)
    said = row.get("Last modified (submission)", "").strip("- ")
    when = _moodle_time(said)
    odd_time = said if when is None else ""
    name, group = row.get("Full name", ""), row.get("Group", "")
    return Person(number[1], name, tuple(filter(None, ids)), email, "", when, odd_time, group, cells)


def _canvas(row: Mapping[str, str], cells: list[str]) -> Person | None:
    if not row["ID"].strip():
        return None  # points possible, or what is hidden
    name = row.get("Student") or f"{row.get('LastName', '')}, {row.get('FirstName', '')}"
    ids = (row.get("SIS Login ID", ""), row.get("SIS User ID", ""), row["ID"])
    email = next((each for each in ids if "@" in each), "")
    return Person(row["ID"], name, tuple(filter(None, ids)), email, row["ID"], row=cells)


def _moodle_time(text: str) -> datetime | None:
    """In UTC. Moodle writes it without its zone: this machine's is meant."""
    for form in MOODLE_TIMES:
        with suppress(ValueError):
            return datetime.strptime(unicodedata.normalize("NFKC", text), form).astimezone(UTC)
    return None


def _no_formula(text: str) -> str:
    """Text that a spreadsheet shows, whoever called themselves `=HYPERLINK(...)`."""
    return f"'{text}" if text.startswith(FORMULA) and text != "-" else text


# Whose is it ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Student:
    """A student of the gradebook."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def names(self) -> set[str]:
        """In both orders, to compare."""
        both = {key(self.first_name + self.last_name), key(self.last_name + self.first_name)}
        return both if self.first_name and self.last_name else set()


class Register:
    """Who of a gradebook is whom on the platform. Where that is not clear, nobody is."""

    def __init__(self, students: Iterable[Student], table: Table | None) -> None:
        self.students = tuple(students)
        self.table = table
        self._people = {person.number: person for person in table.people} if table else {}
        self._ids: dict[tuple[str, str], set[str]] = {}
        self._names: dict[str, set[str]] = {}
        for student in self.students:
            for mark in _marks((student.id,), student.email, student.lms_user_id):
                self._ids.setdefault(mark, set()).add(student.id)
            for name in student.names:
                self._names.setdefault(name, set()).add(student.id)
        people = self._people.values()
        self._groups: dict[str, list[str]] = {}
        for person in people:
            if person.group:
                self._groups.setdefault(key(person.group), []).append(person.name or person.number)
        self._claimed = Counter(student for person in people for student in self._by_id(person))
        self._named = Counter(student for person in people for student in self._by_name(person))

    def person(self, owner: Owner) -> Person:
        """Whose a file is.

        Raises:
            Unknown: nobody can tell.
        """
        if self.table is None:
            if owner.or_else:
                raise Unknown("Its name can be read as more than one person's: give the table with --roster.")
            lms_user_id = owner.number if owner.platform == "Canvas" else ""
            return Person(owner.number, owner.name, (), lms_user_id=lms_user_id)
        if self.table.platform != owner.platform:
            raise Unknown(
                f"{owner.platform} named it, and {self.table.path.name} is {self.table.platform}'s."
            )
        if members := self._groups.get(key(owner.name)):
            raise Unknown(
                f"The group {owner.name} handed it in: copy it to the folders in submitted/ of {', '.join(members)}."
            )
        person = self._people.get(owner.number)
        if person is None:
            raise Unknown(f"{self.table.path.name} has nobody with {owner.platform}'s number {owner.number}.")
        if person.name and key(person.name) != key(owner.name):
            raise Unknown(
                f"By its number it is {person.name}'s, by its name {owner.name}'s. "
                "Where a group handed it in, copy it to each one's folder in submitted/."
            )
        for name, number in owner.or_else:
            other = self._people.get(number)
            if other is not None and key(other.name) == key(name):
                raise Unknown(f"Its name can be read as {person.name}'s and as {other.name}'s.")
        return person

    def student(self, person: Person) -> str | None:
        """A person's id in the gradebook; None where nobody there is that person.

        Raises:
            Unknown: more than one is.
        """
        found = self._by_id(person)
        if not found:  # a name that two rows have, or whose student has a row of their own, says nothing
            found = {
                student
                for student in self._by_name(person)
                if self._named[student] <= 1 and not self._claimed[student]
            }
        if len(found) > 1:
            raise Unknown(f"{' and '.join(sorted(found))} in the gradebook could both be {person.name}.")
        if any(self._claimed[student] > 1 for student in found):
            raise Unknown(f"More than one row of the table could be {found.pop()} in the gradebook.")
        return found.pop() if found else None

    def _by_id(self, person: Person) -> set[str]:
        marks = _marks(person.ids, person.email, person.lms_user_id)
        return set().union(*(self._ids.get(mark, set()) for mark in marks))

    def _by_name(self, person: Person) -> set[str]:
        return self._names.get(key(person.name), set())


def _marks(ids: Iterable[str], email: str, lms_user_id: str) -> set[tuple[str, str]]:
    """What tells a person from all others, by kind."""
    marks = {*(("id", each) for each in ids), ("email", email.casefold()), ("lms", lms_user_id)}
    return {mark for mark in marks if mark[1]}
