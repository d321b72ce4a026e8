"""The figures of lecture 3 draw what they are given, and its recorded curves can be made again."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from lecture_figures import check_drawing, check_moves, define
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import figures
import gradient_figures
from experiments import memory_curves, stacked_layers

rng = np.random.default_rng(0)
FALLING = 0.5 ** np.arange(20)
SIGMAS, STRENGTHS = np.linspace(0.5, 5, 6), np.linspace(0, 3, 4)
MAP = SIGMAS - 5 * STRENGTHS[:, None]
PATH = np.array([[0.5, 0.5], [0.6, 0.4], [0.4, 0.3]])
A = np.array([[0.9, 1.0], [0.0, 0.9]])
WORD = np.array([3, 1, 8, 8, 9, 8, 8])

pytestmark = pytest.mark.usefixtures("course_style")

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "norms": lambda ax: gradient_figures.plot_norms(
        ax, {"a": FALLING, "zero": 0 * FALLING}, (1e-6, 10), FALLING
    ),
    "slopes": lambda ax: gradient_figures.plot_slopes(
        ax, np.linspace(-1, 1, 5), {"hill": np.eye(5)[2]}, "slope"
    ),
    "regimes": lambda ax: gradient_figures.plot_regimes(ax, SIGMAS, STRENGTHS, MAP, (3.0, 2.0)),
    "image": lambda ax: gradient_figures.plot_image_of_circle(ax, A),
    "powers": lambda ax: gradient_figures.plot_powers(ax, FALLING, 0.5, k=3),
    "ledger": lambda ax: gradient_figures.plot_ledger(ax, FALLING, total=2.0),
    "adding": lambda ax: gradient_figures.draw_adding(ax, rng.random((6, 2)).round(), 1.0),
    "copy": lambda ax: gradient_figures.draw_copy(ax, WORD, WORD[::-1], WORD == 8, symbols=8),
    "curves": lambda ax: gradient_figures.plot_curves(ax, {"a": [[3, 2], [1]]}, 25, 100, 3.0, "bits"),
    "arrivals": lambda ax: gradient_figures.plot_arrivals(ax, (0, 1, 10), {"a": [FALLING[:3]]}),
    "cliff": lambda ax: gradient_figures.plot_cliff(ax, np.arange(3), np.arange(3), np.eye(3), PATH),
    "losses": lambda ax: gradient_figures.plot_losses(ax, FALLING),
    "step sizes": lambda ax: gradient_figures.plot_step_sizes(ax, {"SGD": FALLING}, "title"),
    "layers": lambda ax: gradient_figures.plot_layers(ax, {"plain": {1: [2.0, 2.1], 2: [2.2]}}),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_draws_on_the_axes_that_it_is_given_and_returns_them(draw):
    check_drawing(draw)


def test_every_figure_is_tried_here():
    own = {name for name in vars(gradient_figures) if name.startswith(("draw_", "plot_"))}
    assert len(own) == len(DRAWINGS)


def test_a_logarithmic_axis_has_one_among_its_ticks_and_writes_powers():
    ax = DRAWINGS["norms"](Figure().subplots())
    assert "10⁰" in [label.get_text() for label in ax.get_yticklabels()]
    for label, place in zip(ax.get_yticklabels(), ax.get_yticks(), strict=True):
        power = label.get_text()[2:].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
        assert place == pytest.approx(10.0 ** int(power))


def test_a_covered_map_shows_nothing_but_the_pin():
    covered = gradient_figures.plot_regimes(Figure().subplots(), SIGMAS, STRENGTHS, None, (3.0, 2.0))
    assert not covered.images
    assert not covered.collections
    assert any(line.get_xydata().tolist() == [[3.0, 2.0]] for line in covered.lines)


def test_the_longest_axis_is_as_long_as_the_largest_singular_value():
    ax = gradient_figures.plot_image_of_circle(Figure().subplots(), A)
    axis = next(line for line in ax.lines if line.get_label() == "longest axis").get_xydata()
    assert np.linalg.norm(axis[1] - axis[0]) == pytest.approx(np.linalg.norm(A, 2), rel=1e-3)


def test_a_path_that_leaves_the_picture_is_cut_there_and_gets_an_arrow():
    def drawn(path: np.ndarray) -> tuple[int, int]:
        ax = gradient_figures.plot_cliff(Figure().subplots(), np.arange(3), np.arange(3), np.eye(3), path)
        return len(ax.lines[0].get_xdata()), len(ax.texts)  # an annotation counts as a text

    assert drawn(PATH) == (3, 0)
    assert drawn(np.vstack([PATH, [[9.0, 9.0]], PATH])) == (3, 1)


def test_the_word_to_say_again_stands_under_the_places_where_it_is_due():
    ax = gradient_figures.draw_copy(Figure().subplots(), WORD, WORD[::-1], np.arange(7) >= 5, symbols=8)
    due = {text.get_position()[0]: text.get_text() for text in ax.texts if text.get_position()[1] == -0.5}
    assert (due[5], due[6]) == ("b", "d")


# ---- the records


def test_the_record_of_the_tasks_holds_what_the_script_would_write():
    record = json.loads(memory_curves.RECORD.read_text(encoding="utf-8"))
    longest = memory_curves.STEPS // memory_curves.EVERY
    assert {name: tuple(map(int, by_T)) for name, by_T in record.items()} == {
        name: task.spans for name, task in memory_curves.TASKS.items()
    }
    for name, by_T in record.items():
        solved = memory_curves.TASKS[name].solved
        for by_network in by_T.values():
            assert list(by_network) == list(memory_curves.NETWORKS)
            for curve in (curve for seeds in by_network.values() for curve in seeds):
                assert len(curve) == longest or curve[-1] <= solved + 1e-4  # it stops early only when solved


def test_the_baselines_of_the_tasks_are_what_a_constant_guess_costs():
    generator = np.random.default_rng(0)

    class Guess(memory_curves.nn.Module):
        def forward(self, x: memory_curves.Tensor) -> memory_curves.Tensor:
            return memory_curves.torch.full((*x.shape[:2], memory_curves.SYMBOLS), 1.0)

    for task in memory_curves.TASKS.values():
        losses = [float(task.loss(generator, Guess(), 10)) for _ in range(50)]
        assert np.mean(losses) == pytest.approx(task.guess, rel=0.05)


def test_training_twice_from_one_seed_gives_the_same_curve(monkeypatch):
    monkeypatch.setattr(memory_curves, "STEPS", 25)
    for network in ("tanh, orthogonal", "GRU"):
        first, again = (memory_curves.train("copy", network, T=5, seed=0) for _ in range(2))
        assert first == again
        assert len(first) == 1


def test_each_start_is_what_its_name_says():
    torch = memory_curves.torch
    names = ("tanh, random", "tanh, orthogonal", "ReLU, identity")
    random, rotation, identity = (
        memory_curves.NETWORKS[name].build(2).weight_hh_l0.detach() for name in names
    )
    assert torch.equal(identity, torch.eye(64))
    assert torch.allclose(rotation @ rotation.T, torch.eye(64), atol=1e-5)
    assert random.std().item() == pytest.approx(64**-0.5, rel=0.05)


def test_stacks_of_every_depth_have_nearly_the_same_number_of_weights():
    sizes = [
        sum(p.numel() for p in stacked_layers.Stack(96, k, False).parameters()) for k in stacked_layers.WIDTHS
    ]
    assert max(sizes) / min(sizes) < 1.06


def test_a_residual_stack_adds_what_a_layer_read_to_its_states():
    torch = stacked_layers.torch
    network = stacked_layers.Stack(96, 2, residual=True)
    tokens = torch.arange(12).reshape(2, 6)
    first, _ = network.layers[0](stacked_layers.nn.functional.one_hot(tokens, 96).float())
    second, _ = network.layers[1](first)
    scores, _ = network(tokens, [None, None])
    assert torch.allclose(scores, network.output(first + second), atol=1e-6)


# ---- the figures that move, taken from the lecture's script

CONSTANTS = {
    "ACTIVATIONS",
    "STEEPEST",
    "STARTS",
    "H, rng",
    "noise",
    "BUDGET",
    "UNITS",
    "START, GOAL, RATE",
    "OPTIMIZERS",
}
CONSTANTS |= {"KINDS", "sigmas, strengths", "ws, bs", "surface, slope_w, slope_b", "record"}
MOVES = {
    "norms_figure": [{"sigma": 0.9, "activation": "tanh"}, {"sigma": 1.5, "activation": "ReLU"}],
    "regime_figure": [{"sigma": 3.0, "strength": s, "bet": "explodes"} for s in (0.0, 2.0)],
    "shear_figure": [{"k": 3, "s": 1.0}, {"k": 9, "s": 1.0}],
    "task_figure": [{"task": "adding", "span": 3}, {"task": "copy", "span": 4}],
    "cliff_figure": [{"log_threshold": 0.0}, {"log_threshold": 2.0}],
    "optimizer_figure": [{"log_spike": 3.0, "clipped": clipped} for clipped in (False, True)],
    "depth_figure": [{"gain": 0.7, "gate_bias": -4.0}, {"gain": 1.5, "gate_bias": -1.0}],
}


@pytest.fixture(scope="module")
def lecture() -> dict:
    """The functions and the constants of the lecture, with a plain slope in place of the map that it measures."""
    space: dict = {"np": np, "json": json, "Figure": Figure}
    space |= {"gradient_figures": gradient_figures, "memory_curves": memory_curves}
    define("03_vanishing_gradients", CONSTANTS, space)
    space["regimes"] = space["sigmas"] - 5 * space["strengths"][:, None]
    return space


@pytest.mark.parametrize("name", MOVES)
def test_each_move_of_the_lecture_takes_less_than_a_fifth_of_a_second(lecture, name):
    check_moves(lecture[name], *MOVES[name])


def test_every_figure_that_moves_is_tried_here():
    script = Path(figures.__file__).with_name("03_vanishing_gradients.py").read_text(encoding="utf-8")
    assert script.count("widgets.Moving(") == len(MOVES)
