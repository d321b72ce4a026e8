"""The authors' page is true: who does what it says, word for word, has a new assignment that is graded."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from environments import new_environment, run

FILE = re.compile(r"^\*\*[^*]+\*\*: `(?P<path>[\w./]+)`\n\n```python\n(?P<text>.+?)^```$", re.M | re.S)
COMMANDS = re.compile(r"^```sh\n(.+?)^```$", re.M | re.S)
WRONG = re.compile(r"in `wrong\.py`:\n\n```python\n(.+?)^```$", re.M | re.S)
SENTENCE = "The mean was taken over the batch, so every sequence got the same vector"
COPIED = ("Makefile", "nbgrader_config.py", "pyproject.toml", "requirements.txt", "requirements-dev.txt")

pytestmark = pytest.mark.xdist_group("a new assignment")


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs/authors.md").read_text()


@pytest.fixture(scope="module")
def course(root: Path, page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course without its chapters, installed, and the page's files in it."""
    folder = tmp_path_factory.mktemp("course")
    for name in (*COPIED, "README.md", "LICENSE", "solutions/jupytext.toml"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(root / name, folder / name)
    chapters = shutil.ignore_patterns("a0*", "__pycache__")
    for room in (".ci", "autograder", "datasets"):
        shutil.copytree(root / room, folder / room, ignore=chapters)
    for found in FILE.finditer(page):
        file = folder / found["path"]
        file.parent.mkdir(exist_ok=True)
        file.write_text(found["text"])
    (folder / "wrong.py").write_text(WRONG.search(page)[1])
    script = runpy.run_path(str(folder / ".ci/setup.py"))
    python = new_environment(script["VENV"])
    run([python, "-m", "pip", "install", "--quiet", "--no-deps", "-e", "."], folder)
    script["record"]("authors")
    return folder


def typed(course: Path, commands: str) -> str:
    """What commands print that are typed in the course's folder: its own programs come first, then ours."""
    programs = [course / ".venv/bin", Path(sys.executable).parent, os.environ["PATH"]]
    return run(["sh", "-ec", commands], course, PATH=os.pathsep.join(map(str, programs)))


@pytest.fixture(scope="module")
def released(course: Path, page: str) -> Path:
    """The course after the page's first commands."""
    typed(course, COMMANDS.findall(page)[0])
    return course


def test_the_new_assignment_is_released_without_its_answer(released: Path) -> None:
    notebook = nbformat.read(released / "assignments/a09_pooling/pooling.ipynb", 4)
    cells = {c.metadata.nbgrader.grade_id: c.source for c in notebook.cells if "nbgrader" in c.metadata}
    assert cells["mean_state"] == "check(mean_state)"
    assert "raise NotImplementedError()" in cells["mean_state_solution"]
    assert "h.mean" not in nbformat.writes(notebook)


@pytest.mark.parametrize("number", [0, 1], ids=["checked", "graded"])
def test_a_wrong_answer_is_told_the_sentence(
    released: Path, page: str, number: int, request: pytest.FixtureRequest
) -> None:
    if number:
        request.getfixturevalue("isolation")
    said = typed(released, COMMANDS.findall(page)[1].splitlines()[number])
    assert SENTENCE in " ".join(said.split())
    assert not re.search(r"mean_state +3 / 3", said)


def test_what_the_page_writes_passes_make_check(released: Path) -> None:
    files = "solutions/a09_pooling autograder/rnn_autograder/exercises/a09_pooling.py"
    assert "All checks passed" in typed(released, f"ruff format --check {files} && ruff check {files}")
