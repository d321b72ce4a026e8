"""The figures of lecture 4's second half draw what they are given."""

from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import cell_figures
import figures

FALLING = 0.5 ** np.arange(8)
TEXT, TRUTH = "if\nx", ["keyword", "keyword", "other", "name"]
NEEDED = {"tanh": {10: [np.nan, np.nan]}, "GRU": {10: [100, 125]}, "LSTM": {10: [200, np.nan]}}

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "conventions": lambda ax: cell_figures.plot_conventions(
        ax, np.array([0.0, 2, 0]), {"a": FALLING[:3], "b": -FALLING[:3]}
    ),
    "runs": lambda ax: cell_figures.plot_runs(ax, {"GRU": [([1, 2], [3.0, 2.0]), ([1], [2.5])]}, "bits"),
    "needed": lambda ax: cell_figures.plot_needed(ax, NEEDED, budget=1000, lit=10),
    "tagged": lambda ax: cell_figures.draw_tagged(ax, TEXT, TRUTH, TRUTH),
    "by place": lambda ax: cell_figures.plot_by_place(ax, {"LSTM": [[0.5, 0.75]], "BiLSTM": [[1, 1]]}, 10),
    "gap": lambda ax: cell_figures.plot_gap(ax, {"tanh": FALLING, "LSTM": np.ones(8)}, chunk=4),
}


@pytest.fixture(autouse=True)
def course_style():
    with plt.style.context(Path(figures.__file__).with_name("course.mplstyle")):
        yield


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_draws_on_the_axes_that_it_is_given_and_returns_them(draw):
    figure = Figure()
    ax = figure.subplots()
    assert draw(ax) is ax
    figure.canvas.draw()
    assert ax.has_data() or ax.texts


def test_every_figure_is_tried_here():
    own = {name for name in vars(cell_figures) if name.startswith(("draw_", "plot_"))}
    assert len(own) == len(DRAWINGS)


def test_a_run_ends_in_its_mark_and_each_network_is_named_once():
    ax = DRAWINGS["runs"](Figure().subplots())
    ends = [tuple(line.get_xydata()[0]) for line in ax.lines if line.get_marker() == "v"]
    assert ends == [(2, 2.0), (1, 2.5)]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["GRU"]


def test_who_did_not_solve_it_stands_above_the_budget_and_nobody_else():
    ax = DRAWINGS["needed"](Figure().subplots())
    heights = {line.get_marker(): line.get_ydata() for line in ax.lines if line.get_marker() in "ov^"}
    assert [int((np.asarray(heights[mark]) > 1000).sum()) for mark in "ov^"] == [2, 0, 1]


def test_only_what_is_wrong_is_framed_and_where_it_stands():
    def frames(tags: list[str]) -> list[tuple[float, float]]:
        ax = cell_figures.draw_tagged(Figure().subplots(), TEXT, tags, TRUTH)
        return [patch.get_xy() for patch in ax.patches if isinstance(patch, Rectangle)]

    assert frames(TRUTH) == []
    wrong = frames(["keyword", "name", "other", "string"])
    assert [(x, int(y)) for x, y in wrong] == [(1, 0), (0, 1)]  # the f of the first line, the x of the second


def test_each_character_lies_on_the_colour_of_its_class_in_the_legend():
    ax = DRAWINGS["tagged"](Figure().subplots())
    image, legend = ax.images[0], ax.get_legend()
    colours = {
        text.get_text(): to_rgb(patch.get_facecolor())
        for text, patch in zip(legend.get_texts(), legend.get_patches(), strict=True)
    }
    drawn = image.cmap(image.norm(image.get_array()))[..., :3]
    assert drawn[0, 1] == pytest.approx(colours["keyword"])
    assert drawn[1, 0] == pytest.approx(colours["name"])
    assert drawn[1, 1] == pytest.approx(to_rgb(cell_figures.CARD))  # where nothing is written
    for name in cell_figures.PLACES:
        place = cell_figures.PLACES[name] / 3
        due = to_rgb(cell_figures.CARD) if name == "other" else colours[name]
        assert image.cmap(image.norm(place))[:3] == pytest.approx(due)


def test_wrong_answers_are_drawn_in_percent_at_the_middle_of_their_places():
    ax = DRAWINGS["by place"](Figure().subplots())
    assert ax.lines[0].get_xydata().tolist() == [[5, 50], [15, 25]]
