"""A small course with exercises `f` and `g` and a written answer, as an instructor has it in a folder.

Its grader looks for a word. What the real one says is for `test_grade`; what becomes of it is tested with this.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.apps import AutogradeApp

from rnn_autograder import course, marking, writer
from rnn_autograder.exercise import Report, Result, Verdict
from rnn_autograder.grade import Graded
from rnn_autograder.nbgrader_plugin import open_course
from rnn_autograder.reference import AnswerKey
from rnn_autograder.sandbox.nursery import Isolation
from rnn_autograder.writer import autograde

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
    folder = tmp_path / "my course, 한글"  # nothing may mind a path like this
    shutil.copytree(released, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(marking, "grade", by_word)
    monkeypatch.setattr(writer, "probe", lambda: Isolation("A", "nothing runs that would need it"))
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
