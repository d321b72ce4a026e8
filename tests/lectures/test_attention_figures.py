"""The figures of lecture 7 draw what they are given: where a network looked, and where it should have looked."""

import datetime
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from lecture_figures import check_drawing, check_moves, define
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import attention_figures
import attention_models
import caption_figures
import caption_models
import draw_models
import glimpse_models
import rnn_datasets as data
import seq2seq_models
from experiments import captions

IMAGE = np.full((48, 48, 3), 40, np.uint8)
EVEN = np.full((3, 3), 1 / 9)
ONE = np.eye(9)[4].reshape(3, 3)
LOOKS = np.array([[3.0, 4.0], [8.0, 9.0]])
CHANCES = np.array([0.3, 0.5, 0.2])
KINDS = {"blind": [[0.4, 0.5]], "looking": [[0.9, 1.0], [0.8, 0.9]]}

pytestmark = pytest.mark.usefixtures("course_style")

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "alignment": lambda ax: attention_figures.draw_alignment(ax, np.eye(3), "5月a", "ab", [(0, 0, 2)]),
    "softmax": lambda ax: attention_figures.plot_softmax(ax, CHANCES, "abc", "key", "d = 4"),
    "mass": lambda ax: attention_figures.plot_mass(ax, "abc", np.array([np.nan, 0.2, 0.9]), 1 / 9, 1),
    "swatches": lambda ax: attention_figures.draw_swatches(ax, np.eye(3), CHANCES, 1),
    "attended": lambda ax: attention_figures.draw_attended(ax, IMAGE, EVEN, [4], "red"),
    "answers": lambda ax: attention_figures.plot_answers(ax, {"as it is": {"yes": 0.9, "no": 0.1}}, "yes"),
    "kinds": lambda ax: attention_figures.plot_kinds(ax, ["count", "colour"], KINDS),
    "estimates": lambda ax: attention_figures.draw_estimates(ax, np.eye(3)[:, :2], CHANCES, "abc", "three"),
    "variance": lambda ax: attention_figures.plot_variance(ax, np.arange(3), CHANCES, 1.0),
    "runs": lambda ax: attention_figures.plot_runs(ax, {"exact": np.ones((4, 5))}, "cost", 0.5),
    "gaze": lambda ax: attention_figures.draw_gaze(ax, np.eye(20), LOOKS, (8, 16), 2),
    "canvas": lambda ax: attention_figures.draw_canvas(ax, np.eye(20), {"read": (10, 10, 6)}, "after 3"),
    "window": lambda ax: attention_figures.draw_window(ax, np.eye(20), LOOKS[:, 0], LOOKS[:, 1], 1.5),
    "patch": lambda ax: attention_figures.draw_patch(ax, np.eye(5), "read"),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_draws_on_the_axes_that_it_is_given_and_returns_them(draw):
    check_drawing(draw)


def test_every_figure_is_tried_here():
    own = {
        name
        for name, thing in vars(attention_figures).items()
        if name.startswith(("draw_", "plot_")) and thing.__module__ == "attention_figures"
    }
    assert len(own) == len(DRAWINGS)


def test_nothing_is_shown_of_characters_that_have_not_been_written():
    ax = attention_figures.draw_alignment(Figure().subplots(), np.eye(3), "abc", "x", [(0, 0, 1), (2, 1, 3)])
    shown = ax.images[0].get_array()
    assert shown[0, 0] == 1 and not shown[1:].any()
    assert len(ax.patches) == 1  # and no frame for what is to come


def test_the_frame_of_the_truth_is_as_wide_as_the_span():
    ax = attention_figures.draw_alignment(Figure().subplots(), np.eye(4), "abcd", "wxyz", [(1, 1, 4)])
    (frame,) = ax.patches
    assert (frame.get_x(), frame.get_y(), frame.get_width(), frame.get_height()) == (0.5, 0.5, 3, 1)


def test_the_mixture_has_the_mean_colour_and_the_other_swatch_the_colour_that_was_drawn():
    ax = attention_figures.draw_swatches(Figure().subplots(), np.eye(3), CHANCES, 1)
    soft, hard = (patch.get_facecolor()[:3] for patch in ax.patches[-2:])
    assert np.allclose(soft, CHANCES) and np.allclose(hard, [0, 1, 0])


def test_the_cell_that_is_looked_at_is_lit_and_says_its_share_and_the_others_are_dark():
    ax = attention_figures.draw_attended(Figure().subplots(), IMAGE, ONE)
    dark = [patch.get_alpha() for patch in ax.patches]
    assert [k for k, alpha in enumerate(dark) if alpha == 0] == [4]
    assert [text.get_text() for text in ax.texts] == ["100"]


def test_the_likeliest_answer_stands_first_and_each_says_its_word():
    ax = attention_figures.plot_answers(Figure().subplots(), {"as it is": {"yes": 0.7, "no": 0.3}}, "no")
    assert [text.get_text() for text in ax.texts] == ["yes", "no", "as it is"]


def test_the_cross_stands_at_the_mean_of_the_estimates():
    rows = np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, -1.0]])
    ax = attention_figures.draw_estimates(Figure().subplots(), rows, CHANCES, "abc", "three")
    cross = ax.lines[-1]
    assert np.allclose([cross.get_xdata()[0], cross.get_ydata()[0]], CHANCES @ rows)


def test_what_is_read_has_another_line_than_what_is_written():
    windows = {"read": (10, 10, 6), "written": (8, 8, 4)}
    ax = attention_figures.draw_canvas(Figure().subplots(), np.eye(20), windows)
    read, written, _ = ax.patches
    assert (read.get_xy(), read.get_width(), read.get_linestyle()) == ((7, 7), 6, "--")
    assert (written.get_xy(), written.get_width(), written.get_linestyle()) == ((6, 6), 4, "solid")


def test_only_looks_that_were_taken_are_drawn():
    ax = attention_figures.draw_gaze(Figure().subplots(), np.eye(20), LOOKS, (8,), 1)
    assert [text.get_text() for text in ax.texts] == ["1"]


# ---- the figures that move, taken from the lecture's script, with networks that have learned nothing

CONSTANTS = {"COLOURS", "FIT", "COST, CHANCES", "PLANE", "BASELINES", "SPREAD", "FIELD", "SINGULAR"}
SCENE = "big red circle 1, small blue square 7"
MOVES = {
    "scale_figure": [{"power": 6, "scaled": False}, {"power": 7, "scaled": True}],
    "alignment_figure": [{"steps": 4, "source": "Friday, March 5, 2004"}, {"steps": 10, "source": ""}],
    "looking_figure": [{"word": 3, "scene": 0}, {"word": 11, "scene": 1}],
    "swatch_figure": [{"turn": 1, "sharpness": 2.0}, {"turn": 2, "sharpness": 0.0}],
    "baseline_figure": [{"baseline": 0.0}, {"baseline": 1.5}],
    "panel_figure": [
        {"scene": SCENE, "question": "how many circles"},
        {"scene": "a green dog 3", "question": " "},
    ],
    "gaze_figure": [{"looks_taken": 1, "picture": 0}, {"looks_taken": 4, "picture": 1}],
    "window_figure": [
        {"centre": 13.0, "stride": 3.0, "width": 1.0},
        {"centre": 8.0, "stride": 6.0, "width": 3.0},
    ],
    "drawing_figure": [{"step": 1, "picture": 0}, {"step": 8, "picture": 1}],
}


@pytest.fixture(scope="module")
def lecture() -> dict[str, Any]:
    """The lecture's functions, and what they are called with."""
    torch.manual_seed(0)
    space: dict[str, Any] = {"np": np, "torch": torch, "re": re, "datetime": datetime, "Figure": Figure}
    space |= {"attention_figures": attention_figures, "attention_models": attention_models, "data": data}
    space |= {
        "caption_figures": caption_figures,
        "seq2seq_models": seq2seq_models,
        "draw_models": draw_models,
    }
    space |= {"glimpse_models": glimpse_models}
    define("07_attention", CONSTANTS, space)
    with torch.no_grad():
        _, space["alphabet"] = seq2seq_models.shipped()
        space["translator"] = attention_models.Translator(len(space["alphabet"]), 96, "additive")
        space["eye"], space["scenes"] = caption_models.Eye(), captions.valid_scenes()
        space["glances"] = torch.full((800, 11, 9), 1 / 9)
        space["answerer"], space["blunt"] = (attention_models.Answerer("cells").eval() for _ in range(2))
        space["shown"] = glimpse_models.pictures(np.random.default_rng(0), data.digits("valid"), 2)
        space["looks"] = glimpse_models.Gazer().look(space["shown"])
        space["originals"], dice = torch.rand(2, draw_models.SIDE, draw_models.SIDE), torch.Generator()
        painter = draw_models.Draw()
        space["copied"], space["dreamt"] = (painter.draw(x, 2, dice) for x in (space["originals"], None))
    space["DIGIT"] = np.random.default_rng(0).random((28, 28))
    return space


@pytest.mark.parametrize("name", MOVES)
def test_each_move_of_the_lecture_takes_less_than_a_fifth_of_a_second(lecture, name):
    check_moves(lecture[name], *MOVES[name])


@pytest.mark.parametrize("centre", [0.0, 20.0, 100.0])
def test_each_filter_of_the_window_adds_up_to_one_wherever_it_lies(lecture, centre):
    filters, places = lecture["bells"](centre, 3.0, 0.1, 5, 40)
    assert np.allclose(filters.sum(1), 1)
    assert np.allclose(np.diff(places), 3) and np.isclose(places.mean(), centre)


@pytest.mark.parametrize("baseline", [-1.0, 0.0, 2.5])
def test_whatever_the_baseline_the_mean_estimate_is_the_gradient_of_the_expected_cost(lecture, baseline):
    cost, chances = np.array([1.0, 5.0, 2.0, 0.5]), np.array([0.1, 0.2, 0.3, 0.4])
    scores = torch.tensor(np.log(chances), requires_grad=True)
    with torch.enable_grad():
        (scores.softmax(0) @ torch.from_numpy(cost)).backward()
    assert np.allclose(chances @ lecture["estimates"](cost, chances, baseline), scores.grad.numpy())


@pytest.mark.parametrize(
    ("question", "cells"),
    [
        ("what colour is the square", [6]),
        ("how many crosses", [2]),
        ("how many red things", [0]),
        ("is there a red circle", [0]),
        ("is there a blue circle", []),
        ("is the red circle above the blue square", [0, 6]),
        ("", []),
    ],
)
def test_a_question_speaks_of_what_it_names(lecture, question, cells):
    things = lecture["things_in"](
        "big red circle 1, small blue square 7, small green cross 3, small pink dog 5"
    )
    assert things == {
        0: ("circle", "red", "big"),
        6: ("square", "blue", "small"),
        2: ("cross", "green", "small"),
    }
    assert lecture["spoken_of"](question, things) == cells


def test_a_scene_of_nothing_is_blank(lecture):
    assert lecture["drawn"]({}).std() == 0


def test_the_frames_of_a_date_stand_where_its_fields_do(lecture):
    spans = dict((row, (a, b)) for row, a, b in lecture["places"]("5 mars 2004", "2004-03-05"))
    assert (spans[0], spans[5], spans[9]) == ((7, 11), (2, 6), (0, 1))
    assert lecture["places"]("5 mars 2004", "2004-03-06") == lecture["places"]("x", "2004-02-31") == []
