"""A class of damaged notebooks, graded once by the real command: each comes to a definite, explained result."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from classes import A01, FILE, Once, folder_of, grade, make_course
from damage import DAMAGES, EXERCISES, POINTS, WRITTEN, Damage
from nbgrader.api import Gradebook, MissingEntry

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own, by the dozen
    pytest.mark.xdist_group("one damaged class"),
    pytest.mark.usefixtures("isolation"),
]
each_damage = pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.student)


@pytest.fixture(scope="session")
def graded(once: Once) -> dict[str, Any]:
    """What became of the class."""
    return once("fuzz", _grade_class)


def _grade_class(course: Path) -> dict[str, Any]:
    make_course(course)
    for damage in DAMAGES:
        damage.hand_in(folder_of(course, damage.student))
    before = _fingerprint(course / "submitted")
    done = grade(course)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grades = {damage.student: _grades(gradebook, course, damage.student) for damage in DAMAGES}
    return {
        "exit": done.returncode,
        "said": done.stdout,
        "errors": done.stderr,
        "untouched": _fingerprint(course / "submitted") == before,
        "grades": grades,
    }


def _fingerprint(folder: Path) -> list[tuple[str, int, str]]:
    """Every path below, with its kind and content."""
    found = []
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        regular = path.is_file() and not path.is_symlink() and os.access(path, os.R_OK)
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if regular else ""
        found.append((str(path), status.st_mode, digest))
    return found


def _grades(gradebook: Gradebook, course: Path, student: str) -> dict[str, Any] | None:
    """Points by exercise, and what the student is told about each: in the gradebook and in the graded notebook."""
    try:
        row = gradebook.find_submission_notebook(FILE.removesuffix(".ipynb"), A01, student)
        notebook = nbformat.read(course / "autograded" / student / A01 / FILE, as_version=4)
    except (MissingEntry, FileNotFoundError):
        return None  # each test says so for its own
    told = {comment.name.removesuffix("_solution"): comment.auto_comment or "" for comment in row.comments}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in EXERCISES:
            told[name] += " " + cell.outputs[0]["data"]["text/html"]
    return {"points": {grade.name: grade.auto_score for grade in row.grades}, "told": told}


def test_the_run_never_stops_and_all_are_graded(graded: dict[str, Any]):
    assert graded["exit"] == 0, graded["errors"][-5000:]
    assert f"{len(DAMAGES)} graded, 0 not graded" in graded["said"]
    assert "Traceback" not in graded["errors"]


def test_what_was_handed_in_is_only_read(graded: dict[str, Any]):
    assert graded["untouched"]


@each_damage
def test_what_was_not_touched_keeps_its_points_and_what_was_lost_has_none(
    graded: dict[str, Any], damage: Damage
):
    points = graded["grades"][damage.student]["points"]
    full = POINTS | {WRITTEN: None}  # a person reads it
    kept = {name: points[name] for name in POINTS if name not in damage.fallen}
    assert kept == {name: full[name] for name in kept}
    lost = {name: points[name] for name in damage.fallen}
    if damage.certain:
        assert lost == dict.fromkeys(lost, 0.0)
    else:
        assert lost.pop(WRITTEN, None) in (None, 0.0)
        assert all(0 <= lost[name] <= full[name] for name in lost)


@each_damage
def test_what_was_lost_is_explained(graded: dict[str, Any], damage: Damage):
    told = graded["grades"][damage.student]["told"]
    points = graded["grades"][damage.student]["points"]
    for name in damage.lost:
        if damage.certain:
            assert re.search(damage.says, told[name])
        elif points[name] == 0:
            assert told[name]


def test_what_only_an_instructor_can_mend_is_named_and_stops_nobody(tmp_path: Path):
    make_course(tmp_path)
    (folder_of(tmp_path, "ada") / FILE).write_text("")
    for name, make in {
        "nonsense": lambda stamp: stamp.write_text("yesterday, I think"),
        "no text": lambda stamp: stamp.write_bytes(b"\xff\xfe\x00"),
        "far away": lambda stamp: stamp.write_text("99999-01-01 00:00:00 UTC"),
        "a folder": Path.mkdir,
        "a pipe": os.mkfifo,
    }.items():
        make(folder_of(tmp_path, name) / "timestamp.txt")
    reasons = dict.fromkeys(("nonsense", "no text", "far away", "a folder", "a pipe"), "holds no time like")
    if os.geteuid() != 0:  # to root nothing is closed
        folder_of(tmp_path, "closed").chmod(0)
        reasons["closed"] = "Permission denied"
    (folder_of(tmp_path, "caf\udce9") / FILE).write_text("")
    done = grade(tmp_path)
    assert done.returncode == 1
    for student, reason in reasons.items():
        assert re.search(f"^{student} was not graded: .*{reason}", done.stderr, re.M)
    assert re.search("^caf.* was not graded: .*rename it", done.stderr, re.M)
    assert f"1 graded, {len(reasons) + 1} not graded." in done.stdout
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        assert [one.student_id for one in gradebook.assignment_submissions(A01)] == ["ada"]
