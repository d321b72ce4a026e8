"""An assignment as a student meets it: in JupyterLab, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from lab import MODEL, Lab, jupyterlab, open_notebook, run_cells
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab on a copy of the assignments."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "assignments", folder / "assignments")
    with jupyterlab(folder, tmp_path_factory.mktemp("home")) as lab:
        yield lab


def test_a_student_is_told_which_mistake_it_looks_like(page: Page, lab: Lab):
    open_notebook(page, lab, "assignments/a01_rnn_basics/rnn_basics.ipynb")
    cells = page.evaluate(MODEL)["cells"]
    found = {cell["metadata"].get("nbgrader", {}).get("grade_id"): i for i, cell in enumerate(cells)}
    imports = next(i for i, cell in enumerate(cells) if "import check" in cell["source"])
    answer, check = found["rnn_step_forward_solution"], found["rnn_step_forward"]
    wrong = cells[answer]["source"].replace(
        "raise NotImplementedError()", "return np.tanh(x @ Wx + prev_h @ Wh.T + b), None"
    )
    assert "The state met Wh transposed." in _panel(page, {imports: None, answer: wrong, check: None})
    right = wrong.replace("Wh.T", "Wh")
    assert "5 / 5" in _panel(page, {answer: right, check: None})


def _panel(page: Page, sources: Mapping[int, str | None]) -> str:
    """Run cells, and read what the last panel shows."""
    run_cells(page, sources)
    panel = page.locator(".unrolled-panel").last
    panel.scroll_into_view_if_needed()
    return " ".join(panel.inner_text().split())
