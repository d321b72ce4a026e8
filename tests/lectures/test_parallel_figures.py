"""The figures of lecture 8 draw what they are given, and move quickly."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from lecture_figures import check_drawing, check_moves, define
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from torch import nn

import figures
import parallel_figures
import widgets
from experiments import long_range, transformer

HEARD = np.tri(4, dtype=bool)
WORDS, WEIGHTS = ["a", "b", "c"], np.array([[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.3, 0.5]])

pytestmark = pytest.mark.usefixtures("course_style")

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "heard": lambda ax: parallel_figures.draw_heard(ax, HEARD & (np.arange(4) < 2), HEARD),
    "busy": lambda ax: parallel_figures.plot_busy(ax, [1] * 4, 4, 2),
    "costs": lambda ax: parallel_figures.plot_costs(ax, [64, 256], {"scan": [1, 4]}, "costs"),
    "row": lambda ax: parallel_figures.draw_row(ax, WORDS, WEIGHTS[2], 2),
    "weights": lambda ax: parallel_figures.draw_weights(ax, WORDS, WEIGHTS, 1),
    "outputs": lambda ax: parallel_figures.draw_outputs(ax, WORDS, WEIGHTS, "outputs"),
    "changes": lambda ax: parallel_figures.plot_changes(ax, WORDS, np.array([0, 1e-16, 0.5])),
    "positions": lambda ax: parallel_figures.draw_positions(ax, WEIGHTS),
    "runs": lambda ax: parallel_figures.plot_runs(ax, {"LSTM": [([1, 2], [3, 2])]}, "bits", {"counts": 2.5}),
    "scan": lambda ax: parallel_figures.draw_scan(ax, [["a", "b"], ["a", "ab"]], 1),
    "block": lambda ax: parallel_figures.plot_block(ax, {"step": np.tanh}),
    "additions": lambda ax: parallel_figures.plot_additions(ax, [0, 1, 2], {"scan": [2, 1, 0]}, 3),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_draws_on_the_axes_that_it_is_given_and_returns_them(draw):
    check_drawing(draw)


def test_every_figure_is_tried_here():
    own = {name for name in vars(parallel_figures) if name.startswith(("draw_", "plot_"))}
    assert len(own) == len(DRAWINGS)


def test_what_was_heard_in_this_round_has_a_colour_of_its_own_and_the_future_is_not_drawn():
    ax = parallel_figures.draw_heard(Figure().subplots(), np.eye(3, dtype=bool), np.tri(3, k=0, dtype=bool))
    new = [patch.get_xy() for patch in ax.patches if to_hex(patch.get_facecolor()) == to_hex(figures.STATE)]
    assert len(ax.patches) == 6 and [(round(x), round(y)) for x, y in new] == [(0, 1), (0, 2), (1, 2)]


def test_a_change_by_rounding_is_shown_as_none():
    ax = parallel_figures.plot_changes(Figure().subplots(), WORDS, np.array([0, 1e-16, 0.5]))
    assert [text.get_text() for text in ax.texts] == ["0", "0", "0.50"]


def test_what_a_mask_forbids_is_crossed_out():
    masked = np.where(np.tri(3, dtype=bool), WEIGHTS, np.nan)
    crosses = parallel_figures.draw_weights(Figure().subplots(), WORDS, masked).lines[0]
    assert sorted(zip(crosses.get_ydata(), crosses.get_xdata(), strict=True)) == [(0, 1), (0, 2), (1, 2)]


def test_nothing_is_shown_of_rounds_that_have_not_been_made():
    ax = parallel_figures.draw_scan(Figure().subplots(), [["a", "b"], ["a", "ab"]], 0)
    assert [text.get_text() for text in ax.texts] == ["a", "b", "steps", "…", "…", "round 1"] and not ax.lines


# ---- the figures that move

CONSTANTS = {"SENTENCE", "words", "LAYERS", "TEXT", "letters", "places", "HEADS", "STEPS"}
RECORDED = {"record", "on_text", "long_runs", "recall"}
MOVES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "rounds_figure": ({"rounds": 3, "way": "loop"}, {"rounds": 2, "way": "doubling"}),
    "shuffle_figure": (
        {"shuffle": 3, "depth": 1, "positions": False, "mask": False},
        {"shuffle": 3, "depth": 2, "positions": False, "mask": True},
    ),
    "head_figure": (
        {"place": 10, "head": "the same character", "mask": False},
        {"place": 5, "head": "one place back", "mask": True},
    ),
    "text_figure": ({"against": "processor's seconds"}, {"against": "characters of the window"}),
    "recall_figure": ({"grows": "pairs"}, {"grows": "noise, four pairs"}),
    "scan_figure": ({"done": 1, "bend": False}, {"done": 3, "bend": True}),
}


@pytest.fixture(scope="module")
def lecture() -> dict[str, Any]:
    space: dict[str, Any] = {"np": np, "torch": torch, "nn": nn, "Figure": Figure, "widgets": widgets}
    space |= {"json": json, "figures": figures, "long_range": long_range, "transformer": transformer}
    space |= {"parallel_figures": parallel_figures, "rng": np.random.default_rng(0)}
    define("08_beyond_recurrence", CONSTANTS | RECORDED, space)
    return space


@pytest.mark.parametrize("name", MOVES)
def test_a_figure_of_the_lecture_moves_and_comes_back_quickly(lecture, name):
    check_moves(lecture[name], *MOVES[name])


def test_a_scan_of_letters_has_each_once_and_in_order_whatever_the_scheme(lecture):
    rounds, in_pairs = lecture["rounds"], lecture["in_pairs"]
    for T in range(1, 40):
        text = "".join(map(chr, range(97, 97 + T)))
        expected = [text[: t + 1] for t in range(T)]
        assert rounds(str.__add__, text)[-1] == expected == list(in_pairs(str.__add__, text))


def test_attention_is_that_of_pytorch(lecture):
    q, k, v = torch.randn(3, 2, 5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    ours, _ = lecture["attend"](q, k, v, torch.ones(5, 5, dtype=torch.bool).tril())
    assert torch.allclose(ours, nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True))
