"""The figures of lecture 4's second half draw what they are given, and move quickly."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from lecture_figures import check_drawing, check_moves, define
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import backprop_figures
import cell_figures
from experiments import gated_characters, memory_curves
from rnn_datasets import CLASS_NAMES

rng = np.random.default_rng(0)
FALLING = 0.5 ** np.arange(8)
TEXT, TRUTH = "if\nx", ["keyword", "keyword", "other", "name"]
NEEDED = {"tanh": {10: [np.nan, np.nan]}, "GRU": {10: [100, 125]}, "LSTM": {10: [200, np.nan]}}

pytestmark = pytest.mark.usefixtures("course_style")

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "conventions": lambda ax: cell_figures.plot_conventions(
        ax, np.array([0.0, 2, 0]), {"a": FALLING[:3], "b": -FALLING[:3]}
    ),
    "runs": lambda ax: cell_figures.plot_runs(ax, {"GRU": [([1, 2], [3.0, 2.0]), ([1], [2.5])]}, "bits"),
    "needed": lambda ax: cell_figures.plot_needed(ax, NEEDED, budget=1000, lit=10),
    "tagged": lambda ax: cell_figures.draw_tagged(ax, TEXT, TRUTH, TRUTH),
    "by place": lambda ax: cell_figures.plot_by_place(ax, {"LSTM": [[0.5, 0.75]], "BiLSTM": [[1, 1]]}, 10),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_draws_on_the_axes_that_it_is_given_and_returns_them(draw):
    check_drawing(draw)


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


# ---- the figures that move, taken from the lecture's script

CONSTANTS = {"PULSES", "PULSES[[3, 4, 5]], PULSES[[22, 23, 24]", "EVERY, BUDGET", "NAMES"}
MOVES = {
    "update_figure": [{"z": z, "r": 0.0} for z in (0.1, 0.9)],
    "adding_figure": [{"T": T} for T in ("10", "50")],
    "characters_figure": [{"rate": rate} for rate in ("0.003", "the better one")],
    "tagged_figure": [{"reader": reader} for reader in ("truth", "LSTM")],
    "unit_figure": [{"view": "cell c", "unit": unit, "line": 0} for unit in (0, 1)],
}


@pytest.fixture(scope="module")
def lecture() -> dict:
    """The functions and the constants of the lecture's second half, with plain data in place of what it measures."""
    space: dict = {"np": np, "Figure": Figure}
    space |= {"cell_figures": cell_figures, "backprop_figures": backprop_figures}
    space |= {"memory_curves": memory_curves, "record": json.loads(memory_curves.RECORD.read_text())}
    define("04_lstm_gru", CONSTANTS, space)
    tried = [
        {"cell": cell, "rate": rate, "curve": np.linspace(4, 2 + 10 * rate, 12)}
        for cell in ("tanh", "GRU", "LSTM")
        for rate in gated_characters.RATES
    ]
    text = "\n".join(20 * [80 * "x"])
    truth = len(text) * ["name"]
    space |= {"needed": {name: {T: [100] for T in (10, 20, 50, 100)} for name in ("tanh", "GRU", "LSTM")}}
    space |= {"tried": tried, "better": {"tanh": 0.003, "GRU": 0.01, "LSTM": 0.01}}
    space |= {"gated_characters": gated_characters}
    space |= {"example": {"text": text[:300]}, "truth": truth[:300]}
    space |= {"answers": {"truth": truth[:300], "LSTM": (3 * list(CLASS_NAMES) + truth)[:300]}}
    space |= {"text": text, "LINES": np.array([0]), "views": {"cell c": rng.uniform(-1, 1, (1400, 2))}}
    space |= {"score": {}, "best": {}}
    return space


@pytest.mark.parametrize("name", MOVES)
def test_each_move_of_the_lecture_takes_less_than_a_fifth_of_a_second(lecture, name):
    check_moves(lecture[name], *MOVES[name])
