"""The lectures as a student meets them: in JupyterLab, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, changes_picture, complaints, jupyterlab, open_notebook, run_all
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
LECTURES = sorted(path.stem for path in (ROOT / "lectures").glob("[0-9]*.ipynb"))
# Up; or down, where it stands at the top.
MOVES = ["ArrowRight"] * 3 + ["ArrowLeft"] * 4


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab on a copy of the lectures."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "lectures", folder / "lectures")
    with jupyterlab(folder, tmp_path_factory.mktemp("home")) as lab:
        yield lab


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_runs_and_its_figures_move(page: Page, elsewhere: list[str], lab: Lab, lecture: str):
    open_notebook(page, lab, f"lectures/{lecture}.ipynb")
    assert complaints(run_all(page, patience_s=480)) == []
    figures = page.locator(".jp-OutputArea", has=page.locator(".widget-image"))
    assert figures.count() >= 4
    with_sliders = [figure for figure in figures.all() if figure.locator(".noUi-handle").count()]
    assert with_sliders
    for figure in with_sliders:
        figure.locator(".noUi-handle").first.focus()
        changes_picture(page, figure.locator(".widget-image").first, MOVES)
    assert elsewhere == []
