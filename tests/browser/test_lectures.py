"""The lectures as a student meets them: in JupyterLab, in a real browser."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import pytest
from lab import Lab, change_theme, complaints, jupyterlab, open_notebook, run_all
from legibility import faint_words
from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.xdist_group("the lectures")  # one worker, so that all their times are in one place

ROOT = Path(__file__).resolve().parents[2]
LECTURES = sorted(path.stem for path in (ROOT / "lectures").glob("[0-9]*.ipynb"))
Times = dict[str, list[tuple[float, str]]]  # of a lecture: milliseconds, and which control of which figure
WORDS = ".jp-Notebook .jp-OutputArea-output, .jp-Notebook .jp-MarkdownOutput"


@pytest.fixture(scope="module")
def lab(student_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A student's JupyterLab."""
    with jupyterlab(student_folder, tmp_path_factory.mktemp("home")) as lab:
        yield lab


@pytest.fixture(scope="module")
def times() -> Iterator[Times]:
    """How long each move of each lecture took; `make browser` keeps it as a page."""
    times: Times = {}
    yield times
    if "UNROLLED_MOVES" in os.environ and set(times) == set(LECTURES):
        Path(os.environ["UNROLLED_MOVES"]).write_text(page_of(times), encoding="utf-8")


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_runs_moves_answers_and_can_be_read(
    page: Page, elsewhere: list[str], lab: Lab, lecture: str, times: Times
):
    open_notebook(page, lab, f"lectures/{lecture}.ipynb")
    assert complaints(run_all(page, patience_s=1800)) == []
    figures = page.locator(".jp-OutputArea-output .widget-vbox", has=page.locator(".widget-image")).all()
    assert len(figures) >= 4
    times[lecture] = []
    for number, figure in enumerate(figures, 1):
        times[lecture] += [(took, f"figure {number}, {control}") for took, control in move_controls(figure)]
    quizzes = page.locator(".Quiz").all()
    assert len(quizzes) >= 3
    for quiz in quizzes:
        answer(quiz)
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        change_theme(page, theme)
        assert faint_words(page, WORDS) == []
    assert elsewhere == []
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")  # eight kernels fill the memory


def move_controls(figure: Locator) -> Iterator[tuple[float, str]]:
    """Move each control of a figure until its picture is another, and start again; the milliseconds, and its label."""
    picture, again = figure.locator("> .widget-image"), figure.locator("> .widget-hbox > .widget-button")
    for control in figure.locator("> .widget-hbox > :not(.widget-button)").all():
        label = " ".join(control.locator("label").all_inner_texts()).strip(" \u200b") or "choice"
        for move in moves(control):
            milliseconds = until_it_changes(picture, move)
            if milliseconds is not None:
                yield milliseconds, label
                break
        else:
            raise AssertionError(f"the picture stays as it is, whatever is done to {label!r}")
        assert until_it_changes(picture, again.click) is not None


def moves(control: Locator) -> Iterator[Callable[[], None]]:
    """What a hand does to a control, one after the other: a slider up, each other choice, a shorter word."""
    slider, field = control.locator(".noUi-handle"), control.locator("input[type=text]")
    choices = control.locator("button:not(.mod-active), input[type=checkbox]")
    if slider.count():
        at_the_top = slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax")
        yield from 5 * [partial(slider.press, "ArrowLeft" if at_the_top else "ArrowRight")]
    elif field.count():
        field.press("End")
        yield from 2 * [partial(field.press, "Backspace")]
    else:
        yield from (each.click for each in choices.all())


def until_it_changes(picture: Locator, move: Callable[[], None]) -> float | None:
    """From a move until the picture is another, in milliseconds; None where it stays as it is."""
    picture.evaluate(
        """image => {
            const start = performance.now();
            window.changed = new Promise(resolve => {
                new MutationObserver(() => resolve(performance.now() - start)).observe(image, {attributes: true});
                window.unchanged = () => resolve(null);
            });
        }"""
    )
    move()
    milliseconds: float | None = picture.page.evaluate(
        """async () => {
            const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session;
            await kernel.requestExecute({code: "", silent: true}).done;  // it comes after the move
            setTimeout(unchanged, 10_000);
            return await changed;
        }"""
    )
    return milliseconds


def answer(quiz: Locator) -> None:
    """Choose a wrong answer, then the right one; each is explained."""
    for correct in ("false", "true"):
        choice = quiz.locator(f".MCButton[data-correct={correct}]").first
        choice.click()
        said = quiz.locator(".Feedback.correct" if correct == "true" else ".Feedback.incorrect")
        assert said.inner_text().endswith(".")


def page_of(times: Times) -> str:
    """What `dist/moves.md` says."""
    lines = [
        "# How fast the figures move",
        "",
        "From the key or the click to the new picture, in milliseconds, in JupyterLab and Chromium on one machine",
        f"({os.cpu_count()} processors, {platform.system()}). The kernel draws most of that time. `make browser`",
        "measures it, moving each control of each figure once, and writes this page.",
        "",
        "| lecture | controls | median | slowest | which |",
        "|---|---|---|---|---|",
    ]
    for lecture, took in times.items():
        slowest, which = max(took)
        middle = median(milliseconds for milliseconds, _ in took)
        lines.append(f"| {lecture} | {len(took)} | {middle:.0f} | {slowest:.0f} | {which} |")
    return "\n".join(lines) + "\n"
