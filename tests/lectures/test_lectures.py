"""Each lecture is a twin of its script, keeps its outputs, is of a readable size, and runs from top to bottom."""

import ast
import re
import shutil
from itertools import pairwise
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

LECTURES = Path(__file__).resolve().parents[2] / "lectures"
SCRIPTS = sorted(LECTURES.glob("[0-9]*.py"))


@pytest.fixture(params=SCRIPTS, ids=lambda path: path.stem)
def script(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def notebook(script: Path) -> nbformat.NotebookNode:
    return nbformat.read(script.with_suffix(".ipynb"), 4)


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in code(notebook) for output in cell.outputs]


def prose(notebook: nbformat.NotebookNode) -> str:
    """What is to be read: without formulas, set-off code, addresses, and the figures' descriptions."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for left_out in (r"\$\$.+?\$\$", r"^    .+$", r"\]\(\S+\)"):
        text = re.sub(left_out, " ", text, flags=re.DOTALL if "$$" in left_out else re.MULTILINE)
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(p for p in paragraphs if not re.fullmatch(r"\s*\*[^*\s].*[^*]\*\s*", p, re.DOTALL))


def test_the_twins_say_the_same(script, notebook):
    twin = jupytext.read(script)
    assert [(c.cell_type, c.source) for c in notebook.cells] == [(c.cell_type, c.source) for c in twin.cells]


def test_it_is_valid_for_any_python_3(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"


def test_it_keeps_what_every_cell_showed(notebook):
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))


def test_no_error_and_no_warning_was_committed(notebook):
    assert not [o for o in outputs(notebook) if o.output_type == "error" or o.get("name") == "stderr"]


def test_no_path_of_the_authors_machine_was_committed(script):
    text = script.with_suffix(".ipynb").read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|Users|work|tmp)/|site-packages", text)


def test_it_is_smaller_than_two_megabytes(script):
    assert script.with_suffix(".ipynb").stat().st_size < 2_000_000


def test_its_prose_is_of_a_length_that_one_reads(notebook):
    words = [word for word in prose(notebook).split() if re.search(r"\w", word)]
    assert 1_500 <= len(words) <= 3_000


def test_no_cell_is_longer_than_fifteen_lines(notebook):
    assert not [cell.source for cell in code(notebook) if len(cell.source.splitlines()) > 15]


def test_it_asks_first_and_moves(notebook):
    sources = [cell.source for cell in code(notebook)]
    assert sum("widgets.ask(" in source for source in sources) >= 3
    assert sum("widgets.Moving(" in source for source in sources) >= 3


def test_a_still_picture_follows_each_figure_that_moves(notebook):
    cells = code(notebook)
    for cell, following in pairwise(cells):
        if "widgets.Moving(" in cell.source:
            assert any("image/png" in output.get("data", {}) for output in following.outputs), cell.source


def test_every_section_with_numbers_asserts_them(notebook):
    """A section that computes something to talk about holds its words to it."""
    section, asserts = "", {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^## (.+)$", cell.source, re.MULTILINE)
            section = headings[-1] if headings else section
        else:
            found = any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source)))
            asserts[section] = asserts.get(section, False) or found
    asserts.pop("", None)  # before the first section there are only imports
    assert [name for name, found in asserts.items() if not found] == []


@pytest.mark.skipif(
    bool(shutil.which("chromium") or shutil.which("chromium-browser")),
    reason="tests/browser runs it, in a browser",
)
def test_it_runs_from_top_to_bottom(script):
    """What it claims is asserted by its own cells."""
    notebook = jupytext.read(script)
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(LECTURES)}}
    )
    client.execute()
    assert not [o for o in outputs(notebook) if o.get("name") == "stderr"]
