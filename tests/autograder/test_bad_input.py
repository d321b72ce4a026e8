"""What a machine or a person gets wrong is one sentence that says what to do; nothing is lost and no grade changes."""

from __future__ import annotations

import io
import os
import resource
import shlex
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from small_course import A, exercise, grades, hand_in, released, right, root  # noqa: F401 -- fixtures

from rnn_autograder import bundle, course, writer
from rnn_autograder.__main__ import main
from rnn_autograder.demo import _what_next
from rnn_autograder.lock import LOCK, alone
from rnn_autograder.nbgrader_plugin import release

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, by the dozen
REPOSITORY = Path(__file__).parents[2]


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: a full disk, for whoever writes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`told("grade", A)`: the one sentence in which a command refuses."""

    def ask(*words: str) -> str:
        capsys.readouterr()
        assert main(words) == 2
        seen = capsys.readouterr()
        assert seen.out == ""
        assert len(seen.err.splitlines()) == 1
        return seen.err

    return ask


# The gradebook


def of_version(gradebook: Path, version: str) -> None:
    line = sqlite3.connect(gradebook)
    line.execute("UPDATE alembic_version SET version_num = ?", [version])
    line.commit()
    line.close()


BEFORE_COURSES = "282d30a0218e"  # of nbgrader's tables, one step behind those of 0.9.6
SPOILT = {
    "run `nbgrader db upgrade`": lambda gradebook: of_version(gradebook, BEFORE_COURSES),
    "made by a newer nbgrader": lambda gradebook: of_version(gradebook, "of the future"),
    "file is not a database": lambda gradebook: gradebook.write_text("hello"),
}


@pytest.mark.parametrize(("sentence", "spoil"), SPOILT.items(), ids=SPOILT)
def test_a_gradebook_that_is_not_ours_to_write_is_named_and_left_as_it_is(
    root: Path, told: Callable[..., str], sentence: str, spoil: Callable[[Path], object]
):
    hand_in(root, right(root))
    gradebook = root / "gradebook.db"
    spoil(gradebook)
    before = gradebook.read_bytes()
    for command in ("grade", "report"):
        assert sentence in told(command, A)
    with pytest.raises(course.CourseError, match=sentence):
        release(A)
    assert gradebook.read_bytes() == before
    assert (root / "assignments" / A / "rnn_basics.ipynb").is_file()


# The disk


def test_a_report_that_finds_no_room_leaves_the_one_before(root: Path, told: Callable[..., str]):
    hand_in(root, right(root))
    assert writer.autograde(A, cold=True) == 0
    page = root / f"{A}-report.html"
    page.write_text("the one before")
    with room_for(1000):
        assert f"Cannot write {A}-report.html: File too large." in told("report", A)
    assert page.read_text() == "the one before"
    assert not list(root.glob("*.part"))


def test_a_bundle_that_finds_no_room_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = bundle.bundle(REPOSITORY, tmp_path)
    size = before.stat().st_size
    monkeypatch.setattr(sys, "argv", ["bundle", str(tmp_path)])
    with room_for(size // 2), pytest.raises(SystemExit, match=r"File too large\. Mend that"):
        bundle.main()
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [size]


@pytest.mark.usefixtures("isolation")
def test_a_demonstration_that_finds_no_room_says_so(tmp_path: Path, told: Callable[..., str]):
    with room_for(1000):
        assert "File too large" in told("demo", str(tmp_path / "demo"))


def test_half_a_secret_is_none(root: Path):
    with room_for(10), pytest.raises(OSError):
        course.hidden_seed(A)
    assert course.hidden_seed(A) == course.hidden_seed(A)
    assert len((root / ".course_secret").read_bytes()) == 64


def test_an_empty_secret_draws_nothing(root: Path, told: Callable[..., str]):
    hand_in(root, right(root))
    (root / ".course_secret").touch()
    assert "is empty, and so no secret. Bring back your copy" in told("grade", A)


# Files and folders


def test_a_folder_is_no_notebook(tmp_path: Path, told: Callable[..., str]):
    for command in (["check"], ["grade-file", A]):
        assert "is a folder. Name the notebook in it." in told(*command, str(tmp_path))


def test_what_a_command_may_not_open_is_named(root: Path, told: Callable[..., str]):
    hand_in(root, right(root))
    (root / LOCK).mkdir()
    assert f"Is a directory: {root / LOCK}. Mend that" in told("grade", A)


def test_where_to_go_after_the_demonstration_can_be_typed_whatever_the_folder_is_called():
    folder = Path("/tmp/my course/한글")
    [line] = [line for line in _what_next(folder).splitlines() if "jupyter lab" in line]
    assert shlex.split(line)[:2] == ["cd", str(folder)]


# Two at once


def test_nothing_is_released_or_collected_while_somebody_grades(root: Path, told: Callable[..., str]):
    with alone(f"grading {A}"):
        assert f"has been grading {A} since" in told("release", A)
        assert f"has been grading {A} since" in told("collect", A)
        assert f"has been grading {A} since" in told("report", A)


# A release that comes too late


def test_what_was_released_outlives_a_release_that_the_gradebook_refuses(root: Path):
    handed_out = root / "assignments" / A / "rnn_basics.ipynb"
    before = handed_out.read_bytes()
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission(A, "ada")
    source = root / "solutions" / A / "rnn_basics.ipynb"
    notebook = nbformat.read(source, 4)
    notebook.cells += exercise("h", 1.0)
    nbformat.write(notebook, source)
    with pytest.raises(course.CourseError, match="Cannot add or remove cells"):
        release(A)
    assert handed_out.read_bytes() == before


# Terminals


def test_a_name_that_the_terminal_cannot_show_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    names = ["김.ipynb", os.fsdecode(b"caf\xe9.ipynb")]
    for name in names:
        (tmp_path / name).write_text("")
    shown = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", shown)
    assert main(["grade-file", A, *(str(tmp_path / name) for name in names)]) == 0
    assert shown.buffer.getvalue().count(b"0 of 40 points") == 2


def test_a_reader_who_has_read_enough_stops_us_quietly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "empty.ipynb").write_text("")
    reads, writes = os.pipe()
    os.close(reads)
    with open(writes, "w") as shown:
        monkeypatch.setattr(sys, "stdout", shown)
        assert main(["grade-file", A, str(tmp_path / "empty.ipynb")]) == 1
