"""Neither twin goes over the other: what was edited in a notebook reaches its script, or is refused by name."""

from __future__ import annotations

import runpy
import shutil
import subprocess
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
def script(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A solution and its notebook, committed."""
    script = tmp_path / "solutions/a01/f.py"
    script.parent.mkdir(parents=True)
    script.write_text(SCRIPT)
    shutil.copy(root / "solutions/jupytext.toml", tmp_path / "solutions")
    jupytext.write(jupytext.read(script), script.with_suffix(".ipynb"))
    author = "-c user.name=a -c user.email=a@example.org -c commit.gpgsign=false"
    for command in ("init", "add .", f"{author} commit -m pair"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.chdir(tmp_path)
    return script


def edit_notebook(script: Path, points: int) -> None:
    """As another Jupyter leaves it: with its own metadata, and outputs."""
    path = script.with_suffix(".ipynb")
    notebook = nbformat.read(path, 4)
    notebook.metadata["language_info"] = {"name": "python", "version": "3.13.0"}
    notebook.cells[1].metadata.nbgrader.points = points
    notebook.cells[1].execution_count = 7
    nbformat.write(notebook, path)


def twins(root: Path, verb: str, script: Path) -> str:
    """Why a verb refuses; nothing where it does its work."""
    try:
        runpy.run_path(str(root / ".ci/twins.py"))[verb]([script])
    except SystemExit as refusal:
        return str(refusal)
    return ""


def test_a_notebook_that_was_edited_is_refused_and_then_taken_over(root: Path, script: Path) -> None:
    edit_notebook(script, points=3)
    refused = twins(root, "unedited", script)
    assert refused.startswith(f"Edited in JupyterLab: {script.with_suffix('.ipynb')}. `make scripts`")
    assert script.read_text() == SCRIPT
    assert twins(root, "scripts", script) == ""
    assert script.read_text() == SCRIPT.replace('"points": 2', '"points": 3')
    assert twins(root, "unedited", script) == ""


def test_a_script_that_was_edited_is_the_ordinary_case(root: Path, script: Path) -> None:
    script.write_text(edited := SCRIPT.replace("A title", "Another"))
    assert twins(root, "unedited", script) == ""
    assert twins(root, "scripts", script) == ""
    assert script.read_text() == edited


def test_where_both_were_edited_nothing_is_written(root: Path, script: Path) -> None:
    edit_notebook(script, points=3)
    script.write_text(edited := SCRIPT.replace("A title", "Another"))
    assert twins(root, "scripts", script).startswith("Both edited")
    assert script.read_text() == edited
