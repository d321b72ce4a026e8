"""One writer for a class: what is due, who may write, and that whoever is stopped can go on."""

from __future__ import annotations

import fcntl
import io
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nbgrader.api import Gradebook
from small_course import (  # noqa: F401 -- fixtures
    CONFIG,
    STUDENT,
    A,
    answered,
    by_word,
    comments,
    grades,
    hand_in,
    released,
    right,
    root,
)

from rnn_autograder import course, marking, writer
from rnn_autograder.lock import LOCK
from rnn_autograder.nbgrader_plugin import open_course
from rnn_autograder.writer import autograde

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, by the dozen


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many were graded since one asked."""
    count = 0

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        return by_word(*args, **kwargs)

    def asked() -> int:
        nonlocal count
        assert autograde(A, cold=True) == 0
        done, count = count, 0
        return done

    monkeypatch.setattr(marking, "grade", counted)
    return asked


def autograded(root: Path, student: str = STUDENT) -> Path:
    return root / "autograded" / student / A


def everything(root: Path) -> dict[str, bytes]:
    """Each file that grading made, but for the gradebook."""
    return {
        str(path): path.read_bytes() for path in sorted((root / "autograded").rglob("*")) if path.is_file()
    }


def removed_by_nbgrader(root: Path) -> None:
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.remove_submission(A, STUDENT)


changes = {
    "another answer": lambda root: hand_in(root, answered(root, f="def f(x): return 'wrong'")),
    "damaged": lambda root: hand_in(root, b"{"),
    "taken away": lambda root: (root / "submitted" / STUDENT / A / "rnn_basics.ipynb").unlink(),
    "another name": lambda root: (root / "submitted" / STUDENT / A / "rnn_basics.ipynb").rename(
        root / "submitted" / STUDENT / A / "final.ipynb"
    ),
    "another time": lambda root: (root / "submitted" / STUDENT / A / "timestamp.txt").write_text(
        "2026-11-21 12:00:00 UTC"
    ),
    "its graded notebook is gone": lambda root: shutil.rmtree(autograded(root)),
    "its entry in the gradebook is gone": removed_by_nbgrader,
}


@pytest.mark.parametrize("change", changes.values(), ids=changes)
def test_only_what_changed_is_graded_again(
    root: Path, graded: Callable[[], int], change: Callable[[Path], Any]
):
    hand_in(root, right(root))
    hand_in(root, right(root), student="cy")
    assert graded() == 2
    assert graded() == 0
    change(root)
    assert graded() == 1
    assert graded() == 0
    assert grades(root, "cy") == {"f": 2.0, "g": 3.0, "why": 0.0}


def test_everybody_is_graded_again_when_the_checks_change(
    root: Path, graded: Callable[[], int], monkeypatch: pytest.MonkeyPatch
):
    hand_in(root, right(root))
    assert graded() == 1
    for change in (
        lambda: (root / "solutions" / A / "rnn_basics.py").write_text("return 'better'"),
        lambda: (root / ".course_secret").write_text("another"),
        lambda: monkeypatch.setattr(marking, "sources", lambda: "another version of the package"),
    ):
        change()
        assert (graded(), graded()) == (1, 0)


def test_a_regrade_by_force_ends_with_the_same(root: Path):
    hand_in(root, right(root))
    assert autograde(A, cold=True) == 0
    before = everything(root), grades(root), comments(root)
    assert autograde(A, cold=True, force=True) == 0
    assert (everything(root), grades(root), comments(root)) == before


def test_only_one_writes_and_the_other_is_told_who(root: Path):
    hand_in(root, right(root))
    with open(root / LOCK, "w+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write("ada has been grading a01 since 12:00.\n")
        file.flush()
        with pytest.raises(
            course.CourseError, match=r"ada has been grading .* Try again when that has ended"
        ):
            autograde(A, cold=True)
    assert not (root / "autograded").exists()
    assert autograde(A, cold=True) == 0
    assert f"in process {os.getpid()} on" in (root / LOCK).read_text()


def test_a_gradebook_that_another_program_locks_is_waited_for(root: Path, monkeypatch: pytest.MonkeyPatch):
    hand_in(root, right(root))
    with open_course(root).gradebook:
        pass
    other = sqlite3.connect(root / "gradebook.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    said = []

    def unlock(seconds: float) -> None:
        said.append(sys.stderr.getvalue())
        if other.in_transaction:
            other.rollback()

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", io.StringIO())
        patch.setattr(writer, "time", SimpleNamespace(**vars(time) | {"sleep": unlock}))
        assert autograde(A, cold=True) == 0
        said.append(sys.stderr.getvalue())
    other.close()
    assert said == 2 * ["The gradebook is locked by another program: waiting for it.\n"]
    assert grades(root)["f"] == 2.0


@pytest.mark.parametrize("moment", ["_put", "_move"])
@pytest.mark.parametrize("force", [False, True], ids=["first", "again"])
def test_whoever_is_stopped_while_writing_goes_on_and_ends_with_the_same(
    root: Path, monkeypatch: pytest.MonkeyPatch, moment: str, force: bool
):
    hand_in(root, right(root))
    assert autograde(A, cold=True) == 0
    undisturbed = everything(root), grades(root), comments(root)
    if not force:
        removed_by_nbgrader(root)
        shutil.rmtree(autograded(root))
    real = getattr(writer, moment)

    def stopped(*args: Any) -> None:
        real(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(writer, moment, stopped)
        autograde(A, cold=True, force=force)
    assert autograde(A, cold=True) == 0
    assert (everything(root), grades(root), comments(root)) == undisturbed
    assert [path.name for path in root.glob(".autograded*")] == []


def test_what_cannot_be_written_is_named_and_leaves_nothing_half_written(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    hand_in(root, right(root))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert autograde(A, cold=True) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert everything(root) == {}
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        assert gradebook.students == []
    assert autograde(A, cold=True) == 0
    assert grades(root)["f"] == 2.0


def test_who_was_not_graded_is_named_in_the_order_of_names(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def broken(*_: Any, **__: Any) -> Any:
        raise marking.NotGraded("There is a reason.")

    monkeypatch.setattr(marking, "grade", broken)
    for student in ("eve", "bo", "cy"):
        hand_in(root, right(root), student=student)
    assert autograde(A, cold=True) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"{student} was not graded: There is a reason." for student in ("bo", "cy", "eve")]


def test_whom_nbgrader_is_told_to_leave_out_is_left_out(root: Path, graded: Callable[[], int]):
    (root / course.MARK).write_text(f'{CONFIG.read_text()}\nc.CourseDirectory.student_id_exclude = "cy"\n')
    hand_in(root, right(root))
    hand_in(root, right(root), student="cy")
    assert graded() == 1
    assert not autograded(root, "cy").exists()


def test_files_that_came_along_stay_with_the_notebook_and_it_is_closed_to_writing(root: Path):
    folder = hand_in(root, right(root)).parent
    (folder / "data").mkdir()
    (folder / "data" / "notes.txt").write_text("mine")
    assert autograde(A, cold=True) == 0
    assert (autograded(root) / "data" / "notes.txt").read_text() == "mine"
    assert (autograded(root) / "rnn_basics.ipynb").stat().st_mode & 0o777 == 0o444


def test_the_bar_tells_how_fast_how_many_failed_and_how_long_still(monkeypatch: pytest.MonkeyPatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)
    with writer._Bar(total=4, desc=A) as bar:
        bar.start_t -= 30
        bar.n, bar.failed = 1, 1
        assert "1 of 4, 2 a minute, 1 not graded, 01:30 left" in str(bar)
