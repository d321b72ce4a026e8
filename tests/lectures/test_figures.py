"""Figures take the axes they draw on, return them, and draw what they were given."""

import string
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import figures

rng = np.random.default_rng(0)
ALPHABET = string.ascii_lowercase
P = rng.dirichlet(np.ones(26))
WEIGHTS = {
    "Wx": rng.normal(size=(4, 3)),
    "Wh": rng.normal(size=(3, 3)),
    "b": np.zeros(3),
    "Wy": rng.normal(size=(3, 4)),
    "by": np.zeros(4),
}
LEVELS = {"uniform": 6.6, "bigram": 3.6, "another": 2.0}

pytestmark = pytest.mark.usefixtures("course_style")

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "legend": figures.draw_legend,
    "cycle": figures.draw_cycle,
    "unrolled": lambda ax: figures.draw_unrolled(ax, [figures.draw_scene, None], [None, "b"], weights=True),
    "steps": lambda ax: figures.draw_steps(ax, WEIGHTS, "hello", "helo", step=2),
    "text": lambda ax: figures.draw_text(ax, "a b\n", cursor=1),
    "next": lambda ax: figures.plot_next(ax, ALPHABET, {"one": (P, "C0"), "two": (P, "C1")}, "e"),
    "surprise": lambda ax: figures.plot_surprise(ax, "abca", {"one": (np.ones(4), "C0")}, LEVELS, cursor=0),
    "sample": lambda ax: figures.write_text(ax, "if $x$:\n    pass", width=8),
    "learning": lambda ax: figures.plot_learning(ax, np.linspace(6, 2, 50), 800, LEVELS),
    "reach": lambda ax: figures.plot_reach(ax, {1: 5.0, 2: 4.0}, LEVELS),
    "ranking": lambda ax: figures.plot_ranking(ax, LEVELS, "bits", mine="another"),
    "letters": lambda ax: figures.plot_letters(ax, "abc", rng.dirichlet(np.ones(3), 3), "xyz", "zx"),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_draws_on_the_axes_that_it_is_given_and_returns_them(draw):
    figure = Figure()
    ax = figure.subplots()
    assert draw(ax) is ax
    figure.canvas.draw()
    assert ax.has_data() or ax.texts or ax.get_xticklabels()


def test_every_figure_is_tried_here():
    public = {name for name in vars(figures) if name.startswith(("draw_", "plot_", "write_"))}
    small_pictures = {"draw_digit", "draw_scene"}  # drawn around a point, inside another figure
    assert len(public - small_pictures) == len(DRAWINGS)


def test_what_came_is_shown_even_when_it_is_unlikely():
    answer = ALPHABET[P.argmin()]
    ax = figures.plot_next(Figure().subplots(), ALPHABET, {"one": (P, "C0")}, answer, top=3)
    assert [label.get_text() for label in ax.get_xticklabels()][-1] == answer
    (bars,) = ax.patches
    assert bars.get_xy()[-3, 1] == P.min()  # the right end of the top of the last one


def test_steps_to_come_show_no_numbers():
    def numbers(step: int) -> int:
        ax = figures.draw_steps(Figure().subplots(), WEIGHTS, "hello", "helo", step)
        return sum(text.get_text().strip("+-").replace(".", "").isdigit() for text in ax.texts)

    in_a_step = 4 + 3 + 4
    assert [numbers(step) - numbers(1) for step in (1, 2, 3, 4)] == [
        0,
        in_a_step,
        2 * in_a_step,
        3 * in_a_step,
    ]


def test_the_last_step_shows_what_the_network_computes():
    h = np.zeros(3)
    for letter in "hell":
        h = np.tanh(WEIGHTS["Wx"]["helo".index(letter)] + h @ WEIGHTS["Wh"] + WEIGHTS["b"])
    ax = figures.draw_steps(Figure().subplots(), WEIGHTS, "hello", "helo", step=4)
    assert {f"{value:+.2f}" for value in h} <= {text.get_text() for text in ax.texts}


def test_colours_differ_in_brightness_or_hue_enough_to_be_told_apart():
    """Every pair keeps a distance when red and green look alike (Viénot, Brettel and Mollon, 1999)."""
    to_lms = np.array(
        [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
    )
    blind = {
        "protan": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
        "deutan": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
    }
    names = (figures.INPUT, figures.STATE, figures.OUTPUT, figures.TARGET, figures.PLAIN, figures.INK)
    colours = np.array([to_rgb(name) for name in names])
    for kind, lost in blind.items():
        seen = (np.linalg.inv(to_lms) @ lost @ to_lms @ (colours**2.2).T).T.clip(0, 1) ** (1 / 2.2)
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1) + np.eye(len(seen))
        assert apart.min() > 0.12, (kind, apart.round(2))
