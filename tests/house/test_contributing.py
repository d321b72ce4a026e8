"""The authors' page is true: who does what it says has a new assignment, and a new exercise in an old one, graded."""

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

CODE = r"\n\n```python\n(?P<text>.+?)^```$"
FILE = re.compile(r"^\*\*[^*]+\*\*: `(?P<path>[\w./]+)`" + CODE, re.M | re.S)
PLACE = r"^\*\*[^*]+\*\*: `(?P<path>[\w./]+)`, (?P<where>above|below) (?P<mark>`+)(?P<line>[^\n]+?)(?P=mark)"
BLOCK = re.compile(PLACE + CODE, re.M | re.S)
LINE = re.compile(PLACE + r":\n\n(?P<same>`+)(?P<text>[^\n]+)(?P=same)$", re.M)
ANSWER = re.compile(r"in `(?P<path>\w+\.py)`[^\n]*:" + CODE, re.M | re.S)
COMMANDS = re.compile(r"^```sh\n(.+?)^```$", re.M | re.S)
COPIED = ("Makefile", "nbgrader_config.py", "pyproject.toml", "requirements.txt", "requirements-dev.txt")
EXTENDED = "solutions/a04_lstm_gru"

pytestmark = pytest.mark.xdist_group("a new assignment")


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs/authors.md").read_text()


@pytest.fixture(scope="module")
def course(root: Path, page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course with one of its chapters, installed, and what the page writes into it."""
    folder = tmp_path_factory.mktemp("course")
    for name in (*COPIED, "README.md", "LICENSE", "solutions/jupytext.toml"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(root / name, folder / name)
    other_chapters = shutil.ignore_patterns("a0[!4]*", "__pycache__")
    for room in (".ci", "autograder", "datasets", EXTENDED):
        shutil.copytree(root / room, folder / room, ignore=other_chapters)
    for found in FILE.finditer(page):
        file = folder / found["path"]
        file.parent.mkdir(exist_ok=True)
        file.write_text(found["text"])
    for found in (*BLOCK.finditer(page), *LINE.finditer(page)):
        add(folder / found["path"], found["where"], found["line"], found["text"])
    for found in ANSWER.finditer(page):
        (folder / found["path"]).write_text(found["text"])
    script = runpy.run_path(str(folder / ".ci/setup.py"))
    python = new_environment(script["VENV"])
    run([python, "-m", "pip", "install", "--quiet", "--no-deps", "-e", "."], folder)
    script["record"]("authors")
    return folder


def add(file: Path, where: str, beside: str, text: str) -> None:
    """Write text above or below the one line that reads so: a line as far to the right, a block apart from it."""
    lines = file.read_text().splitlines(keepends=True)
    [k] = [k for k, line in enumerate(lines) if line.strip() == beside]
    if "\n" not in text:
        text = lines[k].replace(beside, text)
    elif not text.startswith(" "):
        text = f"\n{text}" if where == "below" else f"{text}\n"
    lines.insert(k + (where == "below"), text)
    file.write_text("".join(lines))


def typed(course: Path, commands: str) -> str:
    """What commands print that are typed in the course's folder: its own programs come first, then ours."""
    programs = [course / ".venv/bin", Path(sys.executable).parent, os.environ["PATH"]]
    return run(["sh", "-ec", commands], course, PATH=os.pathsep.join(map(str, programs)))


@pytest.fixture(scope="module")
def released(course: Path, page: str) -> Path:
    """The course after both releases. What the second repeats of the first is typed once."""
    first, _, second, _ = COMMANDS.findall(page)
    again, release = second.rsplit("\n", 2)[:-1]
    assert first.startswith(again)
    typed(course, first + release)
    return course


@pytest.mark.parametrize(
    ("notebook", "exercise", "answer"),
    [("a09_pooling/pooling", "mean_state", "h.mean"), ("a04_lstm_gru/lstm_gru", "half_life", "np.logaddexp")],
)
def test_what_is_new_is_released_without_its_answer(
    released: Path, notebook: str, exercise: str, answer: str
) -> None:
    handed_out = nbformat.read(released / "assignments" / f"{notebook}.ipynb", 4)
    cells = {c.metadata.nbgrader.grade_id: c.source for c in handed_out.cells if "nbgrader" in c.metadata}
    assert cells[exercise] == f"check({exercise})"
    assert "raise NotImplementedError()" in cells[f"{exercise}_solution"]
    assert answer not in nbformat.writes(handed_out)
    assert f"`{exercise}`" in nbformat.writes(handed_out)


@pytest.mark.parametrize("number", [0, 1], ids=["checked", "graded"])
@pytest.mark.parametrize(
    ("part", "exercise", "sentence"),
    [
        (1, "mean_state", "The mean was taken over the batch, so every sequence got the same vector"),
        (3, "half_life", "After these steps about 0.37 of a cell is left"),
    ],
    ids=["in a new assignment", "in an old one"],
)
def test_a_wrong_answer_is_told_the_sentence(
    released: Path,
    page: str,
    part: int,
    exercise: str,
    sentence: str,
    number: int,
    request: pytest.FixtureRequest,
) -> None:
    if number:
        request.getfixturevalue("isolation")
    said = typed(released, COMMANDS.findall(page)[part].splitlines()[number])
    assert sentence in " ".join(said.split())
    points = re.search(rf"^{exercise} +([\d.]+) / 3$", said, re.M)
    assert float(points[1]) < 3


def test_what_the_page_writes_passes_make_check(released: Path) -> None:
    files = "solutions autograder/rnn_autograder/exercises"
    assert "All checks passed" in typed(released, f"ruff format --check {files} && ruff check {files}")
