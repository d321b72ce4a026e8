"""Neither twin goes over the other: what was edited in a notebook reaches its script, or is refused by name."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

SCRIPT = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A title


# %% nbgrader={"grade": true, "grade_id": "f", "locked": true, "points": 2, "schema_version": 3}
check(f)
"""


@pytest.fixture
def script(root: Path, tmp_path: Path) -> Path:
    """A solution and its notebook, committed."""
    script = tmp_path / "solutions/a01/f.py"
    script.parent.mkdir(parents=True)
    script.write_text(SCRIPT)
    shutil.copy(root / "solutions/jupytext.toml", tmp_path / "solutions")
    jupytext.write(jupytext.read(script), script.with_suffix(".ipynb"))
    for command in ("init", "add .", "-c user.name=a -c user.email=a@example.org commit -m pair"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    return script


def edit_notebook(script: Path, points: int) -> None:
    """As another Jupyter leaves it: with its own metadata, and outputs."""
    path = script.with_suffix(".ipynb")
    notebook = nbformat.read(path, 4)
    notebook.metadata["language_info"] = {"name": "python", "version": "3.13.0"}
    notebook.cells[1].metadata.nbgrader.points = points
    notebook.cells[1].execution_count = 7
    nbformat.write(notebook, path)


def twins(root: Path, verb: str, script: Path) -> tuple[int, str]:
    command = [sys.executable, str(root / ".ci/twins.py"), verb, str(script)]
    done = subprocess.run(command, cwd=script.parents[2], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_notebook_that_was_edited_is_refused_and_then_taken_over(root: Path, script: Path) -> None:
    edit_notebook(script, points=3)
    code, said = twins(root, "unedited", script)
    assert code == 1
    assert f"Edited in JupyterLab: {script.with_suffix('.ipynb')}. `make scripts`" in said
    assert script.read_text() == SCRIPT
    assert twins(root, "scripts", script)[0] == 0
    assert script.read_text() == SCRIPT.replace('"points": 2', '"points": 3')
    assert twins(root, "unedited", script) == (0, "")


def test_a_script_that_was_edited_is_the_ordinary_case(root: Path, script: Path) -> None:
    script.write_text(SCRIPT.replace("A title", "Another"))
    assert twins(root, "unedited", script) == (0, "")
    assert "No solution's notebook" in twins(root, "scripts", script)[1]
    assert "Another" in script.read_text()


def test_where_both_were_edited_nothing_is_written(root: Path, script: Path) -> None:
    edit_notebook(script, points=3)
    script.write_text(edited := SCRIPT.replace("A title", "Another"))
    code, said = twins(root, "scripts", script)
    assert (code, script.read_text()) == (1, edited)
    assert "Both edited" in said
