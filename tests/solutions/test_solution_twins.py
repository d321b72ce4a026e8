"""Each solution notebook is the twin of the script beside it, and nothing more."""

from pathlib import Path

import jupytext
import nbformat
import pytest

from rnn_autograder.exercise import Exercise
from rnn_autograder.reference import exercises

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"
SCRIPTS = sorted(path for path in SOLUTIONS.glob("*/*.py") if path.name != "misconceptions.py")


@pytest.fixture(params=SCRIPTS, ids=lambda path: path.parent.name)
def script(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def notebook(script: Path) -> nbformat.NotebookNode:
    return nbformat.read(script.with_suffix(".ipynb"), 4)


@pytest.fixture
def asked(script: Path) -> tuple[Exercise, ...]:
    return exercises(script.parent.name)


def seen(notebook: nbformat.NotebookNode) -> list[tuple]:
    return [
        (cell.cell_type, cell.source, cell.metadata.get("nbgrader"), cell.metadata.get("tags"))
        for cell in notebook.cells
    ]


def graded(notebook: nbformat.NotebookNode, *, answer: bool) -> dict:
    """The cells that nbgrader knows, by `grade_id`: those to fill, or those that check."""
    marked = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    return {c.metadata.nbgrader.grade_id: c for c in marked if c.metadata.nbgrader.solution == answer}


def test_the_twins_say_the_same(script, notebook):
    assert seen(notebook) == seen(jupytext.read(script))


def test_it_is_valid_and_stripped(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)


def test_each_exercise_has_one_cell_to_fill_and_one_that_checks(notebook, asked):
    checks = graded(notebook, answer=False)
    assert list(checks) == [exercise.name for exercise in asked]
    for exercise in asked:
        nbgrader = checks[exercise.name].metadata.nbgrader
        assert (nbgrader.grade, nbgrader.locked, nbgrader.points) == (True, True, exercise.points)
        assert checks[exercise.name].source == f"check({exercise.name})"
        answer = graded(notebook, answer=True)[f"{exercise.name}_solution"]
        assert not answer.metadata.nbgrader.grade
        assert any(f"{kind} {exercise.name}(" in answer.source for kind in ("def", "class"))


def test_a_question_is_graded_by_hand(notebook):
    by_hand = [cell for cell in graded(notebook, answer=True).values() if cell.metadata.nbgrader.grade]
    assert [(cell.cell_type, cell.metadata.nbgrader.points) for cell in by_hand] == [("markdown", 5)]


def test_the_table_of_points_is_true(notebook, asked):
    text = notebook.cells[0].source
    for exercise in asked:
        row = next(line for line in text.splitlines() if f"| `{exercise.name}` |" in line)
        assert row.endswith(f"| {exercise.points} |")


def test_code_cells_are_short(notebook):
    """An answer's contract counts as text."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            assert len(cell.source.splitlines()) <= 15, cell.source
