"""The class report in a real browser: a class of 300, some of whom write what should not run."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
from legibility import contrasts, faint_words
from playwright.sync_api import Page

from rnn_autograder import class_page
from rnn_autograder.class_report import ClassReport, Paper
from rnn_autograder.exercise import Exercise, Report, Result, Verdict
from rnn_autograder.limits import Used
from rnn_autograder.records import Records, Written
from rnn_autograder.reference import Misconception, answer_key, exercises, function_source, misconceptions

A = "a01_rnn_basics"
SIZE = 300
HOSTILE = "<script>document.title = 'mine'</script><img src=x onerror=\"document.title = 'mine'\">"
WORDS = "h1, h2, p, table, .axis"  # a number above a column is inside of it to the page, not to the eye
STOPPED = "It used 10 seconds of processor time and was stopped. Is there a loop that never ends?"


def made_class() -> ClassReport:
    """Half of all answers are right; of the others some hold a known mistake, some are missing, some never end."""
    key, rng = answer_key(A), np.random.default_rng(8)
    known = misconceptions(key)
    papers = []
    for number in range(SIZE):
        results, answers = [], {}
        for exercise in exercises(A):
            results.append(made_result(exercise, known[exercise.name], rng))
            if number < 2:  # two who wrote the same; fingerprints of 300 would take seconds
                answers[exercise.name] = function_source(key.solution, exercise.name)
        papers.append(Paper(f"s{number:03}", Report("", A, 1, "A", tuple(results)), answers))
    papers[0] = Paper(HOSTILE, papers[0].report, papers[0].answers, notes=(f"Handed in as {HOSTILE}.ipynb.",))
    students = [paper.student for paper in papers]
    records = Records(
        names={student: f"Ada {number} Lovelace" for number, student in enumerate(students) if number},
        used={
            student: Used(
                cells_s=float(rng.gamma(2, 0.1)),
                calls_s={exercise.name: 0.2 for exercise in exercises(A)},
                longest_s={exercise.name: float(rng.gamma(2, 0.5)) for exercise in exercises(A)},
            )
            for student in students
        },
        written=(Written("why", 5.0, dict.fromkeys(students[:100], 4.0), tuple(students[100:]), ()),),
    )
    due = {f"late{number:02}": "not graded yet" for number in range(40)} | {HOSTILE * 2: HOSTILE}
    names = tuple(exercise.name for exercise in exercises(A))
    return ClassReport(A, names, tuple(papers), due, {}, records)


def made_result(exercise: Exercise, mistakes: list[Misconception], rng: np.random.Generator) -> Result:
    kind = rng.choice(["right", "mistaken", "missing", "endless", "hostile"], p=[0.5, 0.38, 0.1, 0.01, 0.01])
    mistake = mistakes[rng.integers(len(mistakes))].says if kind == "mistaken" else None
    error = {"missing": "Not written yet.", "endless": STOPPED, "hostile": HOSTILE}.get(kind)
    verdicts = [
        Verdict(
            each.name, 0.0, 1.0, kind == "right" or (mistake is not None and rng.random() < 0.5), "is wrong"
        )
        for each in exercise.criteria
    ]
    points = exercise.points * sum(verdict.passed for verdict in verdicts) / len(verdicts)
    return Result(exercise.name, points, exercise.points, tuple(verdicts), mistake, error)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    began = time.process_time()
    path.write_text(class_page.render(made_class()), encoding="utf-8")
    assert time.process_time() - began < 3
    assert path.stat().st_size < 500_000
    return path


def test_nothing_that_a_student_wrote_runs_and_nothing_is_asked_for(page: Page, file: Path):
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert page.get_by_text("<script>").count() > 0
    assert page.title() == f"{A}: what the class made of it"
    assert page.locator("script, img, iframe, link, object").count() == 0
    assert (asked, said) == ([file.as_uri()], [])


def test_every_word_can_be_read_and_every_colour_of_a_chart_told_from_the_page(page: Page, file: Path):
    page.goto(file.as_uri())
    papers = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        papers.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert faint_words(page, WORDS) == []
        assert min(contrasts(page, "--right", "--partly", "--wrong")) >= 3
    assert papers == ["rgb(251, 250, 247)", "rgb(23, 25, 28)"]


def test_long_lists_of_names_are_folded_and_on_a_narrow_screen_only_tables_move_sideways(
    page: Page, file: Path
):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(file.as_uri())
    late = page.get_by_text("late30")
    assert not late.is_visible()
    page.get_by_text("and 36 more").click()
    assert late.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_it_prints_dark_on_white_on_a_few_pages(page: Page, file: Path):
    page.emulate_media(color_scheme="dark", media="print")
    page.goto(file.as_uri())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert faint_words(page, WORDS) == []
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 6
