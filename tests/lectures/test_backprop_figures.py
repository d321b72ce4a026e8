"""The figures of lecture 2 draw what they are given, at once; and what its code computes is right."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import backprop_figures
import figures

LECTURE = Path(figures.__file__).with_name("02_bptt.py")
rng = np.random.default_rng(0)
BARS = np.array([0.0, -0.4, 0.3])
STATES, OWN, FUTURE = rng.normal(size=4), rng.normal(size=3), rng.normal(size=3)
STEPS = 10.0 ** np.arange(-6, -1)
COSTS = {(k1, k2): (10.0 + k2 / k1, 1e5 * k2) for k2 in range(1, 13) for k1 in range(1, k2 + 1)}
PASSAGE = "def f(x):\n    return 'a string' # and $more$\n" * 12

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "nudge": lambda ax: backprop_figures.plot_nudge(ax, STATES, 0.9 * STATES, OWN),
    "ledger": lambda ax: backprop_figures.plot_ledger(ax, BARS, measured=(None, 0.1)),
    "way back": lambda ax: backprop_figures.draw_way_back(ax, STATES, OWN, FUTURE, steps=3),
    "secant": lambda ax: backprop_figures.plot_secant(ax, np.tanh, 0.5, 0.8, 1e-3),
    "check": lambda ax: backprop_figures.plot_check(ax, STEPS, dict.fromkeys("abc", STEPS), ("a", 1e-3)),
    "memory": lambda ax: backprop_figures.plot_memory(ax, [10, 100], {"one": [2e6, 3e6], "two": [1e6, 1e6]}),
    "truncation": lambda ax: backprop_figures.draw_truncation(ax, 12, k1=1, k2=12),
    "reach": lambda ax: backprop_figures.plot_reach_of_errors(ax, 12, k1=3, k2=5),
    "costs": lambda ax: backprop_figures.plot_costs(ax, COSTS, k1=3, k2=5),
    "recall": lambda ax: backprop_figures.plot_recall(ax, [1, 2], {2: np.ones((2, 3)), 4: np.zeros((2, 3))}),
    "text": lambda ax: backprop_figures.draw_coloured_text(ax, PASSAGE, rng.uniform(-1, 1, len(PASSAGE))),
    "depth": lambda ax: backprop_figures.plot_depth(ax, {"one": BARS, "two": BARS}, chunk=2),
}


@pytest.fixture(autouse=True)
def course_style():
    with plt.style.context(LECTURE.with_name("course.mplstyle")):
        yield


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_draws_on_the_axes_that_it_is_given_and_returns_them_at_once(draw):
    times = []
    for _ in range(3):
        start = time.process_time()
        figure = Figure(figsize=(9.5, 4))
        ax = figure.add_axes((0.1, 0.1, 0.8, 0.8))
        assert draw(ax) is ax
        figure.canvas.draw()
        times.append(time.process_time() - start)
    assert ax.has_data() or ax.texts
    assert median(times) < 3 * 0.1  # two or three make a moving figure, which has a fifth of a second


def test_every_figure_is_tried_here():
    public = [name for name in vars(backprop_figures) if name.startswith(("draw_", "plot_"))]
    assert len(public) == len(DRAWINGS)


def bars_of(ax: Axes) -> list[float]:
    return [float(bar.get_height()) for bar in ax.patches]


def test_the_ledger_ends_with_the_sum_of_the_bars():
    assert bars_of(backprop_figures.plot_ledger(Figure().subplots(), BARS)) == pytest.approx(
        [0, -0.4, 0.3, -0.1]
    )


def test_a_ledger_that_was_walked_in_part_shows_the_last_uses_and_their_sum():
    ax = backprop_figures.plot_ledger(Figure().subplots(), BARS, reached=2)
    assert bars_of(ax) == pytest.approx([-0.4, 0.3, -0.1])
    assert bars_of(backprop_figures.plot_ledger(Figure().subplots(), BARS, reached=0)) == [0]


@pytest.mark.parametrize(("k1", "k2"), [(1, 1), (2, 5), (3, 3), (4, 12), (5, 30)])
def test_each_error_counts_once_and_its_reach_is_what_the_arrows_say(k1, k2):
    T = 12
    ax = backprop_figures.draw_truncation(Figure().subplots(), T, k1, k2)
    errors = sorted(next(line for line in ax.lines if line.get_marker() == "o").get_xdata())
    assert errors == list(range(1, T + 1))
    # At a stop e the errors of the last k1 steps flow back through k2 steps: counted one by one.
    pairs = [stop - j - back > stop - k2 for stop in (1000,) for back in range(T) for j in range(k1)]
    share = np.reshape(pairs, (T, k1)).mean(axis=1)
    reach = backprop_figures.plot_reach_of_errors(Figure().subplots(), T, k1, k2)
    assert bars_of(reach) == pytest.approx(list(100 * share))


def test_a_character_stands_on_the_colour_of_its_value():
    ax = backprop_figures.draw_coloured_text(
        Figure().subplots(), "ab\ncdefg", np.arange(8) / 8, columns=4, rows=3
    )
    grid = ax.images[0].get_array()
    assert grid[0, :2].tolist() == [0, 1 / 8]
    assert grid[1].tolist() == [3 / 8, 4 / 8, 5 / 8, 6 / 8]  # the line is broken after four
    assert grid[2, 0] == 7 / 8
    assert [text.get_text() for text in ax.texts] == ["ab", "cdef", "g"]


# ---- the code of the lecture, taken from its script


@pytest.fixture(scope="module")
def lecture() -> dict:
    from collections import deque

    space: dict = {"np": np, "deque": deque}
    source = LECTURE.read_text(encoding="utf-8")
    for name in ("back", "read", "predict", "gradients", "truncated", "new_weights", "auc", "follows"):
        exec(re.search(rf"^def {name}\(.*?(?=^\S)", source, re.MULTILINE | re.DOTALL)[0], space)
    return space


def test_its_gradients_are_those_of_autograd(lecture):
    W = {name: w.astype(float) for name, w in lecture["new_weights"](rng, 7, 5).items()}
    x, y, h0 = rng.integers(0, 7, (3, 9)), rng.integers(0, 7, (3, 9)), rng.normal(size=(3, 5))
    _, cost, dW = lecture["gradients"](W, x, y, h0)
    weights = {name: torch.tensor(w, requires_grad=True) for name, w in W.items()}
    h, scores = torch.tensor(h0), []
    for t in range(9):
        h = torch.tanh(weights["Wx"][x[:, t]] + h @ weights["Wh"] + weights["b"])
        scores.append(h @ weights["Wy"] + weights["by"])
    loss = torch.nn.functional.cross_entropy(torch.stack(scores, 1).flatten(0, 1), torch.tensor(y).flatten())
    loss.backward()
    assert cost == pytest.approx(loss.item(), abs=1e-12)
    for name, w in weights.items():
        np.testing.assert_allclose(dW[name], w.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize(("k1", "k2"), [(1, 1), (1, 4), (3, 3), (3, 7), (4, 11), (5, 99)])
def test_its_truncation_is_that_of_the_assignment(lecture, k1, k2):
    from rnn_autograder import reference

    source = LECTURE.parents[1] / "solutions" / "a02_bptt" / "bptt.py"
    assignment = reference.load(source.read_text(encoding="utf-8"))
    Wh, inputs, own = rng.normal(size=(4, 4)), rng.normal(size=(2, 11, 4)), rng.normal(size=(2, 11, 4))
    _, cache = assignment["rnn_forward"](inputs, np.zeros((2, 4)), np.eye(4), Wh, np.zeros(4))
    expected = assignment["truncated_bptt"](own, cache, k1, k2)[3]
    np.testing.assert_allclose(lecture["truncated"](Wh, inputs, own, k1, k2), expected, atol=1e-12)


def test_its_auc_is_the_share_of_pairs_in_which_the_inside_is_higher(lecture):
    states, label = rng.uniform(-1, 1, (60, 3)), rng.random(60) < 0.4
    states[:, 2] = 0.5  # never moves
    pairs = states[label][:, None] - states[~label][None]
    expected = ((pairs > 0) + (pairs == 0) / 2).mean(axis=(0, 1))
    assert lecture["auc"](states, label) == pytest.approx(
        expected, abs=0.01
    )  # a bin is a thousandth of the range
    assert lecture["follows"](states, label)[2] == 0


def test_a_unit_follows_what_it_is_proportional_to(lecture):
    label = rng.integers(0, 9, 50)
    states = np.stack([0.1 * label, -0.1 * label, np.zeros(50)], axis=1)
    assert lecture["follows"](states, label) == pytest.approx([1, -1, 0])
