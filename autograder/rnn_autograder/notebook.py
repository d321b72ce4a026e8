"""A notebook as checks and grading take it: from a file, and cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from rnn_autograder import submission
from rnn_autograder.course import CourseError
from rnn_autograder.reference import assignments, exercises
from rnn_autograder.submission import DEMO, Unreadable


def read(path: Path) -> NotebookNode:
    """A submission as a notebook; a script is divided into cells at `# %%`.

    Raises:
        submission.Unreadable: it is neither.
    """
    cells = submission.parse(_cut(path), path.name) if path.suffix == ".py" else submission.read(path)
    return nbformat.v4.new_notebook(cells=cells)


def _cut(path: Path) -> bytes:
    """A script as the notebook into which `# %%` divides it."""
    import jupytext  # an author's tool: who has only notebooks does not need it

    try:
        text: str = nbformat.writes(jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent"))
        return text.encode()
    except (ValueError, OSError) as error:
        raise Unreadable(f"{path.name} cannot be divided into cells: {error}.") from None


def runnable(notebook: NotebookNode, assignment: str) -> Iterator[tuple[int, str]]:
    """The cells that are the student's work: code, no demonstration, and not the cell that checks an exercise."""
    checks = {exercise.name for exercise in exercises(assignment)}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        mark = cell.metadata.get("nbgrader", {})
        is_check = mark.get("grade") and mark.get("grade_id") in checks
        if not is_check and DEMO not in cell.metadata.get("tags", []):
            yield number, cell.source


def assignment_of(notebook: NotebookNode, name: str) -> str:
    """The assignment whose exercises a notebook defines.

    Raises:
        CourseError: it belongs to none.
    """
    text = "\n".join(cell.source for cell in notebook.cells)
    found = {a: sum(f"def {e.name}(" in text for e in exercises(a)) for a in assignments()}
    best = max(found, key=lambda a: found[a])
    if not found[best]:
        raise CourseError(f"{name} has no function of any assignment. There are: {', '.join(assignments())}.")
    return best
