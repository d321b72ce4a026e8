"""The figures of lecture 4's first half draw what they are given, and its record can be made again."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from lecture_figures import check_drawing, check_moves, define
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import gate_figures
import gradient_figures
from experiments import forget_bias

T = 12
WAVE = np.sin(np.arange(T))
PARTS = dict.fromkeys("ifo", np.linspace(0, 1, T)) | {"g": WAVE}
RUNS = {"0": [{"arrives": [1e-9, 1.0]}], "1": [{"arrives": [0.5]}]}

pytestmark = pytest.mark.usefixtures("course_style")

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "cell": gate_figures.draw_cell,
    "road": lambda ax: gate_figures.draw_road(ax, "highway"),
    "pulse": lambda ax: gate_figures.plot_pulse(ax, 0.9 ** np.arange(T), 6.6, 3),
    "gates": lambda ax: gate_figures.draw_gates(ax, PARTS, "f"),
    "unit": lambda ax: gate_figures.plot_unit(ax, WAVE, np.tanh(WAVE)),
    "reads": lambda ax: gate_figures.mark_reads(ax, [2, 5], [1.0, 1.0], WAVE),
    "credit": lambda ax: gate_figures.plot_credit(ax, 0.5 ** np.arange(T), 0.1 ** np.arange(T)),
    "opening": lambda ax: gate_figures.plot_opening(ax, RUNS, 25, 50),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_draws_on_the_axes_that_it_is_given_and_returns_them(draw):
    check_drawing(draw)


def test_every_figure_is_tried_here():
    own = {name for name in vars(gate_figures) if name.startswith(("draw_", "plot_", "mark_"))}
    assert len(own) == len(DRAWINGS)


@pytest.mark.parametrize("kind", gate_figures.ROADS)
def test_a_road_has_a_circle_for_each_gate_on_it_and_one_where_the_branch_is_added(kind):
    ax = gate_figures.draw_road(Figure().subplots(), kind)
    words = [text.get_text() for text in ax.texts]
    assert words.count("×") == (0 if kind == "residual" else 2)
    assert words.count("+") == 1


def test_half_of_the_pulse_is_marked_where_the_curve_is_at_one_half():
    f = 0.9
    half_life = np.log(0.5) / np.log(f)
    ax = gate_figures.plot_pulse(Figure().subplots(), f ** np.arange(T), half_life, 3)
    curve, marked = (
        next(line.get_xydata() for line in ax.lines if line.get_label() == label)
        for label in ("the cell", "half is left")
    )
    assert np.interp(marked[0, 0], *curve.T) == pytest.approx(0.5, abs=0.002)


def test_a_half_life_beyond_the_picture_is_not_marked():
    ax = gate_figures.plot_pulse(Figure().subplots(), 0.999 ** np.arange(T), 693.0, 3)
    assert "half is left" not in [line.get_label() for line in ax.lines]


def test_only_a_read_of_the_wrong_sign_gets_a_cross():
    ax = gate_figures.mark_reads(Figure().subplots(), [1, 4], [1.0, 1.0], WAVE)  # sin(1) > 0 > sin(4)
    crosses = [text.get_position()[0] for text in ax.texts if text.get_text() == "×"]
    assert crosses == [4]


def test_a_removed_part_is_named_on_its_own_strip():
    ax = gate_figures.draw_gates(Figure().subplots(), PARTS, "o")
    (label,) = ax.texts
    assert label.get_position()[1] == "ifog".index("o")


def test_only_a_run_that_ends_before_the_budget_has_a_mark_at_its_end():
    ax = gate_figures.plot_opening(Figure().subplots(), RUNS, 25, 50)
    assert [line.get_xydata().tolist() for line in ax.lines if line.get_marker() != "None"] == [[[25.0, 0.5]]]


# ---- the record


def test_the_record_holds_what_the_script_would_write():
    record = json.loads(forget_bias.RECORD.read_text(encoding="utf-8"))
    assert list(record) == list(forget_bias.MARKS)
    longest = forget_bias.STEPS // forget_bias.EVERY
    for biases in record.values():
        assert list(biases) == [str(bias) for bias in forget_bias.BIASES]
        for runs in biases.values():
            assert len(runs) == forget_bias.SEEDS
            for run in runs:
                assert len(run["loss"]) == len(run["arrives"]) == len(run["open"])
                assert len(run["loss"]) == longest or run["loss"][-1] <= forget_bias.SOLVED


def test_training_twice_from_one_seed_gives_the_same_curve():
    first, again = (forget_bias.train("marks anywhere", 1, seed=0, steps=25) for _ in range(2))
    assert first == again
    assert len(first["loss"]) == 1


def test_the_marks_are_where_the_name_says_and_the_answer_is_their_sum():
    for marked in forget_bias.MARKS.values():
        x, y = forget_bias.adding(np.random.default_rng(0), marked)
        assert x.shape == (forget_bias.N, forget_bias.T, 2)
        numbers, marks = x[..., 0], x[..., 1]
        assert not marks[:, marked:].any()
        assert marks.sum(dim=1).tolist() == [2.0] * forget_bias.N
        assert np.allclose((numbers * marks).sum(dim=1), y)
        assert numbers.min() >= 0
        assert numbers.max() < 1
        assert len(numbers.unique()) > 0.99 * numbers.numel()


@pytest.fixture(params=[-30.0, 0.0, 30.0])
def constant(request: pytest.FixtureRequest) -> tuple[float, forget_bias.Adder]:
    """An LSTM whose gates hear nothing but their biases: f is that of the bias, the others are half open."""
    network = forget_bias.Adder(request.param)
    f = slice(forget_bias.H, 2 * forget_bias.H)
    with forget_bias.torch.no_grad():
        for weights in network.layer.parameters():
            weights.zero_()
        network.layer.bias_ih_l0[f] = request.param
    return request.param, network


def sigmoid(a: np.ndarray | float) -> np.ndarray:
    return 1 / (1 + np.exp(-np.asarray(a)))


def test_what_arrives_is_the_forget_gate_once_for_each_step(constant):
    bias, network = constant
    x, _ = forget_bias.adding(np.random.default_rng(0), forget_bias.T)
    o = 0.5  # and the slope of tanh is 1, since the cell is 0
    assert forget_bias.arrival(network, x) == pytest.approx(o * sigmoid(bias) ** forget_bias.T, rel=1e-5)


def test_the_gate_that_is_open_most_is_what_its_sum_says(constant):
    bias, network = constant
    x, _ = forget_bias.adding(np.random.default_rng(0), forget_bias.T)
    assert forget_bias.most_open(network, x) == pytest.approx(sigmoid(bias), abs=1e-6)
    with forget_bias.torch.no_grad():  # one unit hears the numbers: its gate is open further
        network.layer.weight_ih_l0[forget_bias.H + 3, 0] = 1.0
    expected = sigmoid(bias + x[..., 0].double().numpy()).mean()
    assert forget_bias.most_open(network, x) == pytest.approx(expected, abs=1e-6)


# ---- the figures that move, taken from the lecture's script

CONSTANTS = {"BY_HAND", "STORES, READS", "REST", "REST[[0, 3], 5]"}
MOVES = {
    "dial_figure": [{"bias": bias, "mark": 20} for bias in (0.0, 5.0)],
    "toggle_figure": [{"without": without, "sequence": 0} for without in ("none", "f")],
    "playground_figure": [
        {"part": "f", "begin": 15, "steps": 3, "level": 0.0},
        {"part": "i", "begin": 20, "steps": 2, "level": 5.0},
    ],
    "bias_figure": [{"bias": bias} for bias in (0.0, 3.0)],
}


@pytest.fixture(scope="module")
def lecture() -> dict:
    """The functions and the constants of the lecture's first half."""
    space: dict = {"np": np, "Figure": Figure}
    space |= {"gate_figures": gate_figures, "gradient_figures": gradient_figures}
    define("04_lstm_gru", CONSTANTS, space)
    return space


@pytest.mark.parametrize("name", MOVES)
def test_each_move_of_the_lecture_takes_less_than_a_fifth_of_a_second(lecture, name):
    check_moves(lecture[name], *MOVES[name])
