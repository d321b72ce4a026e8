"""Nbgrader with our plug-ins, by its button and by its commands, on a small course."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook, MissingEntry
from small_course import (  # noqa: F401 -- fixtures
    CONFIG,
    STUDENT,
    A,
    Way,
    answered,
    by_autograder,
    by_button,
    by_word,
    comments,
    feedback,
    grades,
    hand_in,
    released,
    right,
    root,
    ways,
)

from rnn_autograder import course, marking, writer
from rnn_autograder.exercise import Report, Result
from rnn_autograder.grade import Graded
from rnn_autograder.limits import IsolationUnavailable
from rnn_autograder.nbgrader_plugin import SEEN, open_course, release
from rnn_autograder.reference import AnswerKey
from rnn_autograder.sandbox.probe import Isolation
from rnn_autograder.writer import autograde

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, by the dozen


# Release


def test_a_release_holds_the_notebook_alone_and_no_answer(released: Path):
    files = [path.name for path in (released / "assignments" / A).iterdir()]
    assert files == ["rnn_basics.ipynb"]
    assert "right" not in (released / "assignments" / A / "rnn_basics.ipynb").read_text()


def test_a_release_is_the_same_to_the_byte_when_repeated(root: Path):
    path = root / "assignments" / A / "rnn_basics.ipynb"
    before = path.read_bytes()
    assert release(A) == path.parent
    assert path.read_bytes() == before


def test_a_release_that_fails_says_why(root: Path):
    with pytest.raises(course.CourseError, match="a99"):
        release("a99")


# Grades


def test_a_release_that_came_with_the_checkout_is_entered_into_a_new_gradebook(root: Path):
    hand_in(root, answered(root, f="def f(x): return 'right'"))
    (root / "gradebook.db").unlink()
    before = (root / "assignments" / A / "rnn_basics.ipynb").read_bytes()
    assert by_autograder(root)
    assert grades(root)["f"] == 2.0
    assert (root / "assignments" / A / "rnn_basics.ipynb").read_bytes() == before


@ways
def test_points_are_the_graders(root: Path, grade: Way):
    hand_in(root, answered(root, f="def f(x): return 'right'", why="A long story."))
    assert grade(root)
    assert grades(root) == {"f": 2.0, "g": 0.0, "why": None}, "a written answer waits for a person"


@ways
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "rnn_basics.ipynb is empty."),
        (b'{"cells": [', "was cut off or damaged"),
        (b"[" * 100_000, "is not a notebook"),
        (b'{"nbformat": 9}', "notebook format 9"),
    ],
)
def test_what_is_no_notebook_is_a_zero_with_a_reason(root: Path, grade: Way, content: bytes, why: str):
    path = hand_in(root, content)
    assert grade(root)
    assert grades(root) == {"f": 0.0, "g": 0.0, "why": 0.0}
    assert all(why in (comment or "") for comment in comments(root).values())
    assert why in feedback(root)
    assert path.read_bytes() == content


@ways
def test_a_renamed_notebook_is_graded_and_the_name_told(root: Path, grade: Way):
    path = hand_in(root, right(root), "final (2).ipynb")
    before = path.read_bytes()
    assert grade(root)
    assert grades(root)["f"] == 2.0
    assert comments(root)["f_solution"] == "Handed in as final (2).ipynb. Graded in isolation tier A."
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["final (2).ipynb"]


def test_a_folder_without_a_notebook_is_a_zero_with_a_reason(root: Path):
    hand_in(root, b"print('right')", "answers.txt")
    assert by_autograder(root)
    assert grades(root) == {"f": 0.0, "g": 0.0, "why": 0.0}
    assert "No notebook was handed in: there is no rnn_basics.ipynb." in feedback(root)


def test_marks_and_order_of_a_submission_do_not_count(root: Path):
    notebook = right(root)
    notebook.cells.reverse()
    for each in notebook.cells:
        each.metadata["tags"] = ["skip-execution"]
        if "nbgrader" in each.metadata:
            each.metadata.nbgrader.update(grade=False, locked=False, points=100)
    hand_in(root, notebook)
    assert by_button(root)
    assert grades(root) == {"f": 2.0, "g": 3.0, "why": 0.0}


def test_without_kernel_and_in_the_old_format_it_is_graded_too(root: Path):
    notebook = right(root)
    del notebook.metadata["kernelspec"]
    hand_in(root, nbformat.convert(notebook, 3))
    assert by_button(root)
    assert grades(root) == {"f": 2.0, "g": 3.0, "why": 0.0}


def test_a_deleted_answer_is_a_zero_and_the_rest_is_graded(root: Path):
    notebook = right(root)
    del notebook.cells[1:3]
    hand_in(root, notebook)
    assert by_button(root)
    assert grades(root) == {"f": 0.0, "g": 3.0, "why": 0.0}
    assert comments(root)["f_solution"].startswith("This cell was missing from the notebook.")


def test_fifty_megabytes_of_output_do_not_reach_the_gradebook_or_the_page(root: Path):
    notebook = right(root)
    notebook.cells[1].outputs = [new_output("stream", name="stdout", text="x" * 50_000_000)]
    hand_in(root, notebook)
    assert by_button(root)
    assert grades(root)["f"] == 2.0
    assert (root / "autograded" / STUDENT / A / "rnn_basics.ipynb").stat().st_size < 1_000_000


def test_the_seed_and_every_criterion_stay_with_the_graded_notebook(root: Path):
    hand_in(root, right(root))
    assert by_button(root)
    graded = nbformat.read(root / "autograded" / STUDENT / A / "rnn_basics.ipynb", 4)
    report = Report.from_json(graded.metadata["unrolled"]["report"])
    assert report.seed == course.hidden_seed(A)
    assert report.points == 5.0


# Pages


def test_nothing_that_a_student_wrote_runs_in_a_page(root: Path):
    attack = (
        "<script>alert(1)</script> <img src=x onerror=alert(2)> [a](javascript:alert(3))\n\n"
        "```mermaid\n<script>alert(4)</script>\n```\n\n![b](attachment:gone.png)"
    )
    notebook = answered(root, why=attack)
    notebook.cells.append(new_markdown_cell(attack.replace("![b](attachment:gone.png)", "")))
    notebook.cells.append(new_code_cell("'</pre><script>alert(5)</script>'"))
    notebook.cells[1].outputs = [new_output("display_data", data={"text/html": "<script>alert(6)</script>"})]
    hand_in(root, notebook)
    assert by_button(root)
    page = feedback(root)
    assert "alert(1)" in page, "it is shown as it was typed"
    tags = re.findall(r"<[^>]*(?:alert|print|onerror)[^>]*>", page)
    assert tags == []
    assert not re.search(r"<script[^>]*>\s*(?:alert|print|x<)", page)
    assert "alert(6)" not in page


def test_a_page_is_readable_without_a_network(root: Path):
    hand_in(root, b"")
    assert by_button(root)
    words = re.sub(r"<script.*?</script>|<style.*?</style>|<[^>]+>", "", feedback(root), flags=re.S)
    assert "rnn_basics.ipynb is empty." in words
    assert "differs" in words


@ways
def test_a_link_brings_nobody_our_files(root: Path, grade: Way):
    folder = hand_in(root, right(root)).parent
    (folder / "notes.txt").write_text("mine")
    (folder / "grades.db").symlink_to(root / "gradebook.db")
    assert grade(root)
    feedback(root)
    handed_back = [path.name for path in (root / "feedback" / STUDENT / A).iterdir()]
    assert sorted(handed_back) == ["notes.txt", "rnn_basics.html"]


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a<b", "a>b", "a\udcff"])
def test_a_name_that_no_page_can_hold_is_refused(name: str):
    with pytest.raises(marking.NotGraded, match="rename it"):
        marking.check_name(name)


@pytest.mark.parametrize("name", ["min-seo", "김민서", "o'brien", "a b", "a&b", "x@y.org"])
def test_a_name_that_people_have_is_not_refused(name: str):
    marking.check_name(name)


@ways
def test_a_name_that_would_run_in_a_page_stays_out_of_the_gradebook(
    root: Path, grade: Way, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
):
    name = "<img src=x onerror=alert(1)>"
    hand_in(root, right(root), student=name)
    hand_in(root, right(root))
    assert not grade(root, name)
    assert grade(root)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        assert [student.id for student in gradebook.students] == [STUDENT]
    if grade is not by_button:  # whose log is in its answer
        assert "which could run in nbgrader's pages: rename it." in caplog.text + capsys.readouterr().err


def test_a_feedback_page_sums_up_what_was_found_and_what_waits(root: Path):
    hand_in(root, answered(root, f="def f(x): return 'right'", why="Because $x < 1$, [see](https://x.org)."))
    assert by_button(root)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.find_grade("g", "rnn_basics", A, STUDENT).manual_score = 1.5
        gradebook.db.commit()
    page = feedback(root)
    words = " ".join(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.S).split())
    assert "3.5 of 10 points ; another 5 wait to be read" in words
    assert (
        "f 2 / 2 g 1.5 / 3 &lt;script&gt;x&lt;/script&gt; differs The points were given by a person." in words
    )
    assert "why – / 5 Not read yet." in words
    assert "<math" in page and not re.search(r"<(script|link|iframe|a href=\"http)", page)


def test_a_feedback_page_says_once_why_nothing_could_be_read(root: Path):
    hand_in(root, b"")
    assert by_button(root)
    header = feedback(root).partition("</header>")[0]
    assert header.count("rnn_basics.ipynb is empty.") == 1


# What a person did stays


def mark(root: Path, **points: float) -> None:
    """As the formgrader does when a person types points."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for name, given in points.items():
            entry = gradebook.find_grade(name, "rnn_basics", A, STUDENT)
            entry.manual_score, entry.needs_manual_grade = given, False
        gradebook.find_comment("why", "rnn_basics", A, STUDENT).manual_comment = "Say more."
        gradebook.db.commit()


def marked(root: Path) -> dict[str, float]:
    """The points that count."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        return {
            each.name: each.score
            for each in gradebook.find_submission_notebook("rnn_basics", A, STUDENT).grades
        }


def waiting(root: Path) -> set[str]:
    """For a person to look at them."""
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        grades = gradebook.find_submission_notebook("rnn_basics", A, STUDENT).grades
        return {each.name for each in grades if each.needs_manual_grade}


RIGHT = "def f(x): return 'right'"
WRONG = "def f(x): return 'wrong'"


@ways
def test_what_a_person_marked_waits_again_where_it_changed_and_only_there(root: Path, grade: Way):
    hand_in(root, answered(root, f=WRONG, why="Because."))
    assert by_autograder(root)
    assert waiting(root) == {"why"}, "nobody marked it yet"
    mark(root, f=1.5, why=4.0)
    assert grade(root)
    assert (marked(root), waiting(root)) == ({"f": 1.5, "g": 0.0, "why": 4.0}, set())

    hand_in(root, answered(root, f=RIGHT, why="Because."))
    assert grade(root)
    assert (marked(root), waiting(root)) == ({"f": 1.5, "g": 0.0, "why": 4.0}, {"f"})
    mark(root, f=2.0)
    hand_in(root, answered(root, f=RIGHT, why="Because  ."))
    for _ in range(2):  # nobody looked at it in between
        assert grade(root)
        assert (marked(root), waiting(root)) == ({"f": 2.0, "g": 0.0, "why": 4.0}, {"why"})
    assert comments(root)["why"] == "Say more."


def test_points_that_a_person_typed_over_ours_wait_when_a_better_answer_key_finds_others(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    hand_in(root, answered(root, f=RIGHT, why="Because."))
    assert by_autograder(root)
    mark(root, f=1.5, g=1.0, why=4.0)

    def mended(notebook: NotebookNode, *args: Any, **kwargs: Any) -> Graded:
        return by_word(answered(root), *args, **kwargs)

    monkeypatch.setattr(marking, "grade", mended)
    assert by_autograder(root)
    assert (marked(root), waiting(root)) == ({"f": 1.5, "g": 1.0, "why": 4.0}, {"f"})


def test_a_mark_waits_when_its_question_is_worth_something_else_or_its_picture_is_another(root: Path):
    notebook = answered(root, why="![](attachment:a.png)")
    notebook.cells[-1].attachments = {"a.png": {"image/png": "aGVsbG8="}}
    hand_in(root, notebook)
    assert by_autograder(root)
    mark(root, why=4.0)
    assert by_autograder(root)
    assert waiting(root) == set()
    notebook.cells[-1].attachments = {"a.png": {"image/png": "d29ybGQ="}}
    hand_in(root, notebook)
    assert by_autograder(root)
    assert waiting(root) == {"why"}

    mark(root, why=4.0)
    source = root / "solutions" / A / "rnn_basics.ipynb"
    source.write_text(source.read_text().replace('"points": 5.0', '"points": 10.0'))
    release(A)
    assert by_autograder(root)
    assert waiting(root) == {"why"}


def test_in_a_gradebook_from_before_what_a_person_marked_waits_once(root: Path):
    hand_in(root, answered(root, why="Because."))
    assert by_autograder(root)
    mark(root, why=4.0)
    with open_course(root).gradebook as gradebook:
        SEEN.drop(gradebook.engine)
    assert by_autograder(root)
    assert (marked(root)["why"], waiting(root)) == (4.0, {"why"})
    mark(root, why=4.0)
    assert by_autograder(root)
    assert waiting(root) == set()


@ways
def test_late_penalties_are_nbgraders_and_come_and_go_with_a_regrade(root: Path, grade: Way):
    hand_in(root, right(root))
    (root / "submitted" / STUDENT / A / "timestamp.txt").write_text("2026-11-21 12:00:00 UTC")
    with open_course(root).gradebook as gradebook:
        gradebook.update_or_create_assignment(A, duedate="2026-11-20 12:00:00 UTC")
    (root / course.MARK).write_text(CONFIG.read_text() + PENALTY)
    for extension, penalty in ((0, 1.0), (2, None)):
        with open_course(root).gradebook as gradebook:
            gradebook.update_or_create_student(STUDENT)
            gradebook.update_or_create_submission(A, STUDENT)
            gradebook.grant_extension(A, STUDENT, days=extension)
        for _ in range(2):
            assert grade(root)
            with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
                book = gradebook.find_submission_notebook("rnn_basics", A, STUDENT)
                assert book.late_submission_penalty == penalty


PENALTY = """
from nbgrader.plugins import LateSubmissionPlugin
class OnePoint(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1.0
c.AssignLatePenalties.plugin_class = OnePoint
"""


# Faults of ours


class Broken(Exception):
    pass


@ways
def test_a_fault_of_ours_is_no_zero_and_stops_nobody_else(
    root: Path, monkeypatch: pytest.MonkeyPatch, grade: Way
):
    def breaks_once(notebook: NotebookNode, *args: Any, **kwargs: Any) -> Graded:
        if "unlucky" in str(notebook):
            raise Broken("The disk is full.")
        return by_word(notebook, *args, **kwargs)

    monkeypatch.setattr(marking, "grade", breaks_once)
    hand_in(root, answered(root, f="unlucky"), student="bo")
    hand_in(root, right(root), student="cy")
    if grade is by_button:
        assert [by_button(root, "bo"), by_button(root, "cy")] == [False, True]
    else:
        assert not grade(root, "*")
    assert grades(root, "cy") == {"f": 2.0, "g": 3.0, "why": 0.0}
    if grade is by_autograder:  # which enters nobody before there is a grade
        with pytest.raises(MissingEntry):
            grades(root, "bo")
    else:
        assert grades(root, "bo") == {"f": None, "g": None, "why": None}
    assert not (root / "autograded" / "bo" / A).exists()


def test_who_was_not_graded_is_told_in_a_sentence(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def broken(*args: Any, **kwargs: Any) -> Graded:
        raise Broken("The disk is full.")

    monkeypatch.setattr(marking, "grade", broken)
    hand_in(root, right(root))
    assert autograde(A, cold=True) == 1
    said = capsys.readouterr()
    assert said.err == f"{STUDENT} was not graded: Broken: The disk is full.\n"
    assert said.out == f"{A}: 0 graded, 1 not graded.\n"


def test_what_was_graded_is_not_graded_again_unless_forced(root: Path, capsys: pytest.CaptureFixture[str]):
    hand_in(root, right(root))
    assert autograde(A, cold=True) == 0
    assert autograde(A, cold=True) == 0
    assert capsys.readouterr().out.splitlines()[1] == (
        f"{A}: 0 graded, 1 before (--force grades them again), 0 not graded."
    )


def test_nobody_handed_in(root: Path):
    with pytest.raises(course.CourseError, match="nobody handed that in"):
        autograde(A, cold=True)


@pytest.mark.parametrize("points", [float("nan"), -1.0, 2.5])
def test_points_that_nbgrader_would_misread_are_a_fault(
    root: Path, monkeypatch: pytest.MonkeyPatch, points: float
):
    def odd(notebook: NotebookNode, key: AnswerKey, seed: int, **_: Any) -> Graded:
        results = (Result("f", points, 2.0, ()), Result("g", 3.0, 3.0, ()))
        return Graded(Report("", key.assignment, seed, "A", results), {})

    monkeypatch.setattr(marking, "grade", odd)
    hand_in(root, right(root))
    assert not by_button(root)
    assert grades(root)["f"] is None


@ways
def test_the_gradebook_names_the_isolation_once(root: Path, grade: Way):
    hand_in(root, answered(root, g="def g(x): return 'right'"))
    assert grade(root)
    assert comments(root) == {
        "f_solution": "No response. Graded in isolation tier A.",
        "g_solution": None,
        "why": "No response.",
    }


def by_configuration(root: Path) -> bool:
    (root / course.MARK).write_text(CONFIG.read_text() + "\nc.TrustedExecute.unsafe_no_isolation = True\n")
    return by_button(root)


@pytest.mark.parametrize("grade", [by_configuration, lambda root: autograde(A, unsafe=True, cold=True) == 0])
def test_without_isolation_the_gradebook_says_so(root: Path, monkeypatch: pytest.MonkeyPatch, grade: Way):
    monkeypatch.setattr(marking, "probe", lambda: Isolation("none", "", ()))
    hand_in(root, right(root))
    assert grade(root)
    assert comments(root) == {
        "f_solution": "Graded without isolation.",
        "g_solution": "Graded without isolation.",
        "why": "No response. Graded without isolation.",
    }
    assert "Graded without isolation." in feedback(root)


def test_without_isolation_nothing_is_graded_unless_it_is_said(root: Path, monkeypatch: pytest.MonkeyPatch):
    hand_in(root, right(root))
    monkeypatch.setattr(writer, "probe", lambda: Isolation("none", "", ("No bubblewrap.",)))
    with pytest.raises(IsolationUnavailable, match=r"No bubblewrap\."):
        autograde(A, cold=True)
    assert not (root / "autograded").exists()


def test_a_release_that_is_gone_is_a_fault(root: Path):
    hand_in(root, right(root))
    shutil.rmtree(root / "assignments" / A)
    result = open_course(root).autograde(A, STUDENT)
    assert not result["success"]
    assert "run `autograder release a01_rnn_basics`" in result["log"]


def test_without_alembic_no_gradebook_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shutil.copy(CONFIG, tmp_path)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(course.CourseError, match="alembic"):
        open_course(tmp_path)
    assert not (tmp_path / "gradebook.db").exists()
