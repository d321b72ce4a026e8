"""An author at work in JupyterLab: nbgrader's panel changes a solution, and its script changes with it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from difflib import ndiff
from pathlib import Path

import jupytext
import pytest
from lab import Lab, jupyterlab, open_notebook
from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parents[2]
A = "solutions/a01_rnn_basics"


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one solution."""
    folder = tmp_path / "course"
    shutil.copytree(ROOT / A, folder / A, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "solutions/jupytext.toml", folder / "solutions")
    (folder / A / "rnn_basics.ipynb").touch()  # newer than the script, as `make notebooks` leaves it
    return folder


@pytest.fixture
def lab(course: Path, tmp_path: Path) -> Iterator[Lab]:
    (home := tmp_path / "home").mkdir()
    with jupyterlab(course, home) as lab:
        yield lab


def test_what_create_assignment_changes_is_changed_in_the_script_and_nothing_else(
    page: Page, course: Path, lab: Lab
) -> None:
    script = course / A / "rnn_basics.py"
    before = script.read_text()
    open_notebook(page, lab, f"{A}/rnn_basics.ipynb")
    page.get_by_role("tab", name="Create Assignment").click()
    cells = page.locator(".nbgrader-CellWidget")
    expect(page.locator(".nbgrader-TotalPointsInput")).to_have_value("45")

    # The second cell, which imports: its kind. The fifth, which checks: its points.
    cells.nth(1).get_by_label("Type:").select_option("readonly")
    cells.nth(1).get_by_label("ID:").fill("imports")
    cells.nth(4).get_by_label("Points:").fill("3")
    cells.nth(4).get_by_label("Points:").press("Tab")
    expect(page.locator(".nbgrader-TotalPointsInput")).to_have_value("46")
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")

    changed = [
        line for line in ndiff(before.splitlines(), script.read_text().splitlines()) if line[0] in "+-"
    ]
    assert [line[:13] for line in changed] == ["- # %%", "+ # %% nbgrad", "- # %% nbgrad", "+ # %% nbgrad"]
    imports, check = (jupytext.read(script).cells[number].metadata.nbgrader for number in (1, 4))
    assert (imports.grade_id, imports.locked, imports.grade) == ("imports", True, False)
    assert (check.grade_id, check.points) == ("one_hot", 3)
