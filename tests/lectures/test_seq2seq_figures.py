"""The figures of lecture 5 draw what they are given, and its record can be made again."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from lecture_figures import check_drawing
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import figures
import seq2seq_figures
from experiments import repeating
from figures import OUTPUT, TARGET
from seq2seq_figures import Beginning

P = np.eye(4)[[1, 3, 2]] * 0.6 + 0.1
LEVELS = [
    [Beginning("a", -0.1, 0), Beginning("b", -2.5, 0)],
    [Beginning("ab", -0.5, 0), Beginning("aa", -1.0, 0)],
]
FILM = np.linspace(0, 1, 40).reshape(8, 5)
CODES = np.random.default_rng(0).normal(size=(20, 2))

pytestmark = pytest.mark.usefixtures("course_style")

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "read": lambda ax: seq2seq_figures.draw_read(ax, "5. März"),
    "writing": lambda ax: seq2seq_figures.plot_writing(ax, P, [*"abcd"], "bdc", 2),
    "rows": lambda ax: seq2seq_figures.draw_rows(ax, {"one": "abc", "two": "abd"}, "abc", 1),
    "shares": lambda ax: seq2seq_figures.plot_shares(ax, [1, 2], {"one": [[0.1, 0.2]]}, [0.5, 0.5]),
    "decays": lambda ax: seq2seq_figures.plot_decays(ax, repeating.DECAYS, 0.3),
    "groups": lambda ax: seq2seq_figures.plot_groups(ax, {"one": [0.2, 0.4], "two": [0.1]}, "share"),
    "beam": lambda ax: seq2seq_figures.draw_beam(ax, LEVELS, "ab", height=3),
    "codes": lambda ax: seq2seq_figures.plot_codes(ax, CODES, CODES[:, 0], (0.1, 0.2), "codes"),
    "film": lambda ax: seq2seq_figures.plot_film(ax, FILM, "a film", known=4),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_draws_on_the_axes_that_it_is_given_and_returns_them(draw):
    check_drawing(draw)


def test_every_figure_is_tried_here():
    own = {name for name in vars(seq2seq_figures) if name.startswith(("draw_", "plot_"))}
    assert len(own) == len(DRAWINGS)


def test_what_the_font_cannot_draw_becomes_a_box_without_a_warning():
    ax = Figure().subplots()
    seq2seq_figures.draw_read(ax, "2004년 3月")
    ax.figure.canvas.draw()
    assert [text.get_text() for text in ax.texts if text.get_text()] == [*"2004▯␣3▯", "h"]


def test_nothing_is_shown_of_steps_that_have_not_been_written():
    ax = seq2seq_figures.plot_writing(Figure().subplots(), P, [*"abcd"], "bdc", 1)
    shown = ax.images[0].get_array()
    assert np.allclose(shown[:, 0], P[0]) and not shown[:, 1:].any()
    assert [text.get_text() for text in ax.texts] == ["70%", "b"]


def test_wrong_letters_are_crossed_out_in_their_row():
    ax = seq2seq_figures.draw_rows(Figure().subplots(), {"one": "abc", "two": "xby"}, "abc")
    assert sorted(
        (round(np.mean(line.get_xdata())), round(np.mean(line.get_ydata()))) for line in ax.lines
    ) == [
        (0, -1),
        (2, -1),
    ]


def test_in_a_beam_only_ancestors_of_the_ends_are_dark_and_only_the_way_to_the_truth_is_green():
    ax = seq2seq_figures.draw_beam(Figure().subplots(), LEVELS, "ab", height=3)
    colours = {
        (round(t.get_position()[0]), round(t.get_position()[1])): to_hex(t.get_color()) for t in ax.texts[1:5]
    }
    green, purple = to_hex(OUTPUT), to_hex(TARGET)
    assert colours == {(1, 0): green, (1, -1): to_hex(figures.PLAIN), (2, 0): green, (2, -1): purple}


# ---- the record


def test_names_are_padded_behind_their_end_and_backwards_means_the_source_only():
    x, lengths, y = repeating.batch(["ada", "bob", "al"], backwards=True)
    assert repeating.LETTERS.decode(x[2].tolist()) == "la<pad>" and lengths.tolist() == [3, 3, 2]
    assert repeating.LETTERS.decode(y[2].tolist()) == "al<end><pad>"


def test_no_name_to_judge_on_is_a_name_to_train_on():
    assert not set(repeating.words("train")) & set(repeating.words("valid"))
    assert {len(word) for word in repeating.words("valid")} == set(repeating.LENGTHS)


@pytest.mark.parametrize("name", repeating.DECAYS)
def test_a_decay_falls_from_one_towards_zero(name):
    p = [repeating.DECAYS[name](done) for done in np.linspace(0, 1, 50)]
    assert p[0] > 0.97 and p[-1] < 0.02 and all(np.diff(p) <= 0)


def test_the_record_holds_every_kind_with_every_seed():
    runs = json.loads(repeating.RECORD.read_text(encoding="utf-8"))["networks"]
    assert {(run["kind"], run["seed"]) for run in runs} == {
        (kind, seed) for kind in repeating.KINDS for seed in range(repeating.SEEDS)
    }


def test_a_network_that_is_told_the_truth_all_the_time_costs_what_teacher_forcing_costs():
    network = repeating.trained(repeating.KINDS["forwards"], seed=0, steps=2)
    drawn = repeating.batch(["ada", "grace"])
    forced, sampled = network.cost(*drawn), network.cost_with_own(*drawn, 1.0, np.random.default_rng(0))
    assert np.isclose(forced.item(), sampled.item(), rtol=1e-5)
