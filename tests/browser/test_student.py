"""An assignment as a student meets it: fetched, solved, checked, validated, handed in and read again."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from lab import MODEL, Lab, change_theme, jupyterlab, open_notebook, run_cells
from legibility import faint_words
from playwright.sync_api import Locator, Page, expect

from rnn_autograder.course import MARK
from rnn_autograder.reference import answer_key, exercises, function_source, misconceptions
from rnn_autograder.sandbox.nursery import Isolation

ROOT = Path(__file__).resolve().parents[2]
A, NOTEBOOK = "a01_rnn_basics", "rnn_basics"
MISTAKEN = "sequence_log_prob"
EXCHANGE = "c = get_config()\nc.Exchange.root = {!r}\nc.CourseDirectory.course_id = 'unrolled'\n"
PATIENCE = "c.Execute.timeout = c.Execute.startup_timeout = 600\n"  # else Validate gives a cell 30 seconds
SCORE = r"^(\w+)\s+([\d.]+ / [\d.]+)"
INSTRUCTOR = """\
import getpass
import sys
from pathlib import Path
from rnn_autograder.nbgrader_plugin import open_course

course = open_course(Path.cwd())
for step in sys.argv[2:]:
    student = [getpass.getuser()] if step == "autograde" else []
    result = getattr(course, step)(sys.argv[1], *student)
    assert result["success"], (step, result)
"""


class Classroom(NamedTuple):
    """Where the instructor works, where the student does, and the student's JupyterLab."""

    course: Path
    folder: Path
    lab: Lab

    def instructor(self, *steps: str) -> None:
        """Take steps of nbgrader's, in the course's folder."""
        run([sys.executable, "-c", INSTRUCTOR, A, *steps], cwd=self.course)


def run(command: list[str], cwd: Path | None = None) -> str:
    """What a command prints; where it fails, all that it said is the error."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def classroom(
    isolation: Isolation, student_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Classroom]:
    """A course that released its first assignment to an exchange, and a student's JupyterLab that knows where."""
    base = tmp_path_factory.mktemp("classroom")
    course, home = base / "course", base / "home"
    shutil.copytree(ROOT / "solutions" / A, course / "solutions" / A)
    (base / "exchange").mkdir()
    (base / "exchange").chmod(0o777)
    settings = EXCHANGE.format(str(base / "exchange"))
    (course / MARK).write_text((ROOT / MARK).read_text() + settings)
    (home / "config").mkdir(parents=True)
    (home / "config" / MARK).write_text(settings + PATIENCE)
    with jupyterlab(student_folder, home) as lab:
        classroom = Classroom(course, student_folder, lab)
        classroom.instructor("generate_assignment", "release_assignment")
        yield classroom


def test_a_student_fetches_solves_hands_in_and_reads_what_was_said(
    page: Page, classroom: Classroom, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(classroom.course)
    key = answer_key(A)
    mistake = misconceptions(key)[MISTAKEN][0]

    assignments = open_assignments(page, classroom.lab)
    assignments.get_by_role("button", name="Fetch", exact=True).click()
    expect(assignments.get_by_role("button", name="Submit")).to_be_visible()

    open_notebook(page, classroom.lab, f"{A}/{NOTEBOOK}.ipynb")
    solve(page, key.solution)
    panels = page.locator(".unrolled-panel")
    expect(panels).to_have_count(len(exercises(A)))
    assert [points for _, points in scores(panels)] == [
        f"{each.points:g} / {each.points:g}" for each in exercises(A)
    ]
    assert "Success!" in validate(page)

    change(page, MISTAKEN, mistake.apply(function_source(key.solution, MISTAKEN)))
    expect(panels.filter(has_text=MISTAKEN)).to_contain_text(mistake.says)
    said = validate(page)
    assert said.count("The following cell failed") == 1
    assert f"check({MISTAKEN})" in said
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        change_theme(page, theme)
        assert faint_words(page, ".unrolled-panel") == []
    assert re.findall(SCORE, check_in_a_terminal(classroom.folder / A / f"{NOTEBOOK}.ipynb"), re.M) == scores(
        panels
    )

    assignments = open_assignments(page, classroom.lab)
    assignments.get_by_role("button", name="Submit").click()
    expect(assignments.get_by_role("button", name="Fetch Feedback")).to_be_visible()
    classroom.instructor("collect", "autograde", "generate_feedback", "release_feedback")
    assignments.get_by_role("button", name="Fetch Feedback").click()
    assignments.get_by_text("(view feedback)").click()
    page.locator(".jp-DirListing-item", has_text=f"{NOTEBOOK}.html").dblclick()
    feedback = page.frame_locator(".jp-HTMLViewer iframe")
    expect(feedback.get_by_text(mistake.says).first).to_be_visible()
    expect(feedback.get_by_role("row").filter(has_text="temporal_softmax_loss").first).to_contain_text(
        "7 / 7"
    )


def open_assignments(page: Page, lab: Lab) -> Locator:
    """nbgrader's list of assignments, in a page of its own."""
    page.goto(lab.url())
    page.wait_for_function("window.jupyterapp?.restored.then(() => true)")
    page.evaluate("jupyterapp.commands.execute('nbgrader:open-assignment-list')")
    return page.locator(".nbgrader-mainarea-widget")


def solve(page: Page, solution: str) -> None:
    """Write each answer into its cell, run it and its check; the demonstration is left out, for it takes its time."""
    sources: dict[int, str | None] = {}
    for number, cell in enumerate(page.evaluate(MODEL)["cells"]):
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "").removesuffix("_solution")
        if "demo" in cell["metadata"].get("tags", []):
            sources[number] = "# later"
        elif "raise NotImplementedError" in cell["source"]:
            sources[number] = function_source(solution, name)
        elif cell["source"] == "YOUR ANSWER HERE":
            sources[number] = "That it is about an animal."
        elif cell["cell_type"] == "code":
            sources[number] = None
    run_cells(page, sources)


def change(page: Page, name: str, source: str) -> None:
    """Write another answer, and run it and its check."""
    cells = page.evaluate(MODEL)["cells"]
    found = {cell["metadata"].get("nbgrader", {}).get("grade_id"): i for i, cell in enumerate(cells)}
    run_cells(page, {found[f"{name}_solution"]: source, found[name]: None})


def scores(panels: Locator) -> list[tuple[str, str]]:
    """The names and the points that panels show."""
    return [re.findall(SCORE, " ".join(panel.inner_text().split()))[0] for panel in panels.all()]


def validate(page: Page) -> str:
    """Press Validate, and read the answer."""
    page.locator(".validate-button").click()
    dialog = page.locator(".jp-Dialog", has_text="Validation Results")
    words = dialog.inner_text()
    dialog.get_by_role("button", name="OK").click()
    return words


def check_in_a_terminal(notebook: Path) -> str:
    """What `autograder check` prints."""
    return run([sys.executable, "-m", "rnn_autograder", "check", str(notebook)])
