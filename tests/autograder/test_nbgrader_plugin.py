"""Nbgrader with our plug-ins, by its button and by its commands, on a small course.

The grader is replaced by one that looks for a word. What it says is for `test_grade`; what becomes of it is ours.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import AutogradeApp

from rnn_autograder import course, marking, writer
from rnn_autograder.exercise import Report, Result, Verdict
from rnn_autograder.grade import Graded
from rnn_autograder.nbgrader_plugin import open_course, release
from rnn_autograder.reference import AnswerKey
from rnn_autograder.sandbox.probe import Isolation, IsolationUnavailable
from rnn_autograder.writer import autograde

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, by the dozen
CONFIG = Path(__file__).parents[2] / course.MARK
A = "a01_rnn_basics"
STUDENT = "min-seo"


def marks(grade_id: str, grade: bool, solution: bool, points: float | None = None) -> dict[str, Any]:
    nbgrader = {"grade": grade, "grade_id": grade_id, "locked": not solution, "solution": solution}
    nbgrader |= {"schema_version": 3, "task": False} | ({"points": points} if grade else {})
    return {"nbgrader": nbgrader}


def exercise(name: str, points: float) -> list[NotebookNode]:
    source = f"def {name}(x):\n    ### BEGIN SOLUTION\n    return 'right'\n    ### END SOLUTION"
    return [
        new_code_cell(source, metadata=marks(f"{name}_solution", False, True)),
        new_code_cell(f"check({name})", metadata=marks(name, True, False, points)),
    ]


def by_word(
    notebook: NotebookNode, key: AnswerKey, seed: int, *, unsafe: bool = False, zygote: None = None
) -> Graded:
    """Full points for an exercise whose answer has the word "right" in it."""
    answers = {
        each.metadata.nbgrader.grade_id: each for each in notebook.cells if "nbgrader" in each.metadata
    }
    results = []
    for name, points in (("f", 2.0), ("g", 3.0)):
        good = "right" in answers[f"{name}_solution"].source
        message = "" if good else "<script>x</script> differs"
        verdict = Verdict("values", points if good else 0.0, points, good, message)
        results.append(Result(name, verdict.points, points, (verdict,)))
    outputs = {
        number: [new_output("stream", name="stdout", text="<script>print</script>\n" * 2000)]
        for number, each in enumerate(notebook.cells)
        if each.cell_type == "code" and not each.metadata.get("nbgrader", {}).get("grade")
    }
    return Graded(Report("", key.assignment, seed, "none" if unsafe else "A", tuple(results)), outputs)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course that was released once; each test gets a copy."""
    root = tmp_path_factory.mktemp("course")
    source = root / "solutions" / A
    source.mkdir(parents=True)
    shutil.copy(CONFIG, root)
    for secret in ("rnn_basics.py", "misconceptions.py"):
        (source / secret).write_text("return 'right'")
    written = new_markdown_cell("Because it is right.", metadata=marks("why", True, True, 5.0))
    demo = new_code_cell("train()", metadata={"tags": ["demo"]})
    cells = [new_markdown_cell("# Title"), *exercise("f", 2.0), *exercise("g", 3.0), demo, written]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), source / "rnn_basics.ipynb")
    assert open_course(root).generate_assignment(A)["success"]
    return root


@pytest.fixture
def root(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "course"
    shutil.copytree(released, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(marking, "grade", by_word)
    monkeypatch.setenv("NBGRADER_EXECUTION", "")  # nbgrader sets it and, after an error, leaves it set
    monkeypatch.delenv("NBGRADER_EXECUTION")
    yield folder


def hand_in(
    root: Path, content: bytes | NotebookNode, name: str = "rnn_basics.ipynb", student: str = STUDENT
) -> Path:
    path = root / "submitted" / student / A / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else nbformat.writes(content).encode())
    return path


def answered(root: Path, **answers: str) -> NotebookNode:
    """The released notebook with answers in it."""
    notebook = nbformat.read(root / "assignments" / A / "rnn_basics.ipynb", 4)
    for each in notebook.cells:
        grade_id = each.metadata.get("nbgrader", {}).get("grade_id", "")
        each.source = (
            answers.get(grade_id.removesuffix("_solution"), each.source) if is_answer(each) else each.source
        )
    return notebook


def is_answer(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def right(root: Path) -> NotebookNode:
    return answered(root, f="def f(x): return 'right'", g="def g(x): return 'right'")


def grades(root: Path, student: str = STUDENT) -> dict[str, float | None]:
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        notebook = gradebook.find_submission_notebook("rnn_basics", A, student)
        return {grade.name: grade.auto_score for grade in notebook.grades}


def comments(root: Path, student: str = STUDENT) -> dict[str, str | None]:
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        notebook = gradebook.find_submission_notebook("rnn_basics", A, student)
        return {comment.name: comment.comment for comment in notebook.comments}


def feedback(root: Path, student: str = STUDENT) -> str:
    result = open_course(root).generate_feedback(A, student)
    assert result["success"], result
    return (root / "feedback" / student / A / "rnn_basics.html").read_text()


def by_button(root: Path, student: str = STUDENT) -> bool:
    """As the formgrader does it."""
    return bool(open_course(root).autograde(A, student)["success"])


def by_nbgrader(root: Path, student: str = STUDENT) -> bool:
    """As `nbgrader autograde` does it."""
    app = AutogradeApp()
    app.initialize([A, "--student", student, "--force"])
    try:
        app.start()
    except SystemExit as end:
        return end.code == 0
    return True


def by_autograder(root: Path, student: str = STUDENT) -> bool:
    """As `autograder grade` does it."""
    return autograde(A, student, force=True, cold=True) == 0


ways = pytest.mark.parametrize("grade", [by_button, by_nbgrader, by_autograder])
Way = Callable[[Path], bool]


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


def test_a_link_brings_nobody_our_files(root: Path):
    folder = hand_in(root, right(root)).parent
    (folder / "notes.txt").write_text("mine")
    (folder / "grades.db").symlink_to(root / "gradebook.db")
    assert by_button(root)
    feedback(root)
    handed_back = [path.name for path in (root / "feedback" / STUDENT / A).iterdir()]
    assert sorted(handed_back) == ["notes.txt", "rnn_basics.html"]


# What a person did stays


def test_a_graders_points_and_comments_survive_a_regrade(root: Path):
    hand_in(root, b"")
    assert by_button(root)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.find_grade("f", "rnn_basics", A, STUDENT).manual_score = 1.5
        gradebook.find_comment("f_solution", "rnn_basics", A, STUDENT).manual_comment = "It was on paper."
        gradebook.db.commit()
    assert by_button(root)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("f", "rnn_basics", A, STUDENT)
        assert (grade.score, grade.needs_manual_grade) == (1.5, True)
    assert comments(root)["f_solution"] == "It was on paper."


def test_late_penalties_are_nbgraders(root: Path):
    hand_in(root, right(root))
    (root / "submitted" / STUDENT / A / "timestamp.txt").write_text("2026-11-21 12:00:00 UTC")
    with open_course(root).gradebook as gradebook:
        gradebook.update_or_create_assignment(A, duedate="2026-11-20 12:00:00 UTC")
    (root / course.MARK).write_text(CONFIG.read_text() + PENALTY)
    assert by_button(root)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        assert gradebook.find_submission_notebook("rnn_basics", A, STUDENT).late_submission_penalty == 1.0


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
