"""The figures of lecture 4's first half: one cell, its gates, and its road. Each takes the axes it draws on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from backprop_figures import CARD, LOW_TO_HIGH
from figures import CLASSES, INK, INPUT, SHADE, STATE, TARGET

CELL = "#B8860B"
GATES = {"i": "input gate", "f": "forget gate", "o": "output gate", "g": "candidate"}


# ---- pictures of the road


def draw_cell(ax: Axes) -> Axes:
    """Draw one step of an LSTM: the cell's road above, the state's below, and what the four parts do."""
    _arrow(ax, (0, 2), (9.2, 2), CELL, lw=3)
    _write(ax, -0.1, 2, "c before", CELL, ha="right")
    _write(ax, 9.3, 2, "c", CELL, ha="left")
    for x, sign in ((2, "×"), (4, "+")):
        _node(ax, x, 2, sign, CELL)
    for x, name in ((2, "f"), (3.4, "i"), (4.6, "g"), (7.4, "o")):
        colour = STATE if name == "g" else INK
        _box(ax, x, 0, f"{name}\n{'tanh' if name == 'g' else 'σ'}", colour)
        _arrow(ax, (x, -0.9), (x, -0.45), INPUT)
    _arrow(ax, (2, 0.45), (2, 1.7), INK)
    _node(ax, 4, 1, "×", INK)
    _arrow(ax, (3.4, 0.45), (3.8, 0.8), INK)
    _arrow(ax, (4.6, 0.45), (4.2, 0.8), STATE)
    _arrow(ax, (4, 1.27), (4, 1.7), INK)
    _node(ax, 7.4, 1, "×", INK)
    _arrow(ax, (6.2, 2), (7.15, 1.15), CELL)
    _write(ax, 6.3, 1.45, "tanh", CELL)
    _arrow(ax, (7.4, 0.45), (7.4, 0.73), INK)
    _arrow(ax, (7.7, 1), (9.2, 1), STATE, lw=2)
    _write(ax, 9.3, 1, "h", STATE, ha="left")
    ax.plot([0, 7.4], [-0.9, -0.9], color=INPUT, lw=2)
    _write(ax, -0.1, -0.9, "x, h before", INPUT, ha="right")
    return _blank(ax, (-1.7, 9.8), (-1.2, 2.5))


ROADS = {
    "residual": ("h' = h + F(h)", "factor 1", "no gate"),
    "highway": ("h' = (1 − t) h + t F(h)", "factor 1 − t", "one gate"),
    "LSTM": ("c' = f c + i g", "factor f", "two gates"),
}


def draw_road(ax: Axes, kind: str) -> Axes:
    """Draw the road of a residual layer, a highway layer or an LSTM's cell, and the branch that adds to it."""
    colour = CELL if kind == "LSTM" else STATE
    equation, factor, gates = ROADS[kind]
    _arrow(ax, (0, 2), (6, 2), colour, lw=3)
    on_road, on_branch = {"residual": ("", ""), "highway": ("1 − t", "t"), "LSTM": ("f", "i")}[kind]
    _arrow(ax, (4.6, 1.27) if on_branch else (4.6, 0.4), (4.6, 1.7), INK)
    _node(ax, 4.6, 2, "+", colour)
    _box(ax, 4.6, 0, "g" if kind == "LSTM" else "F", STATE)
    if on_branch:
        _arrow(ax, (4.6, 0.4), (4.6, 0.73), INK)
        _node(ax, 2, 2, "×", colour)
        _node(ax, 4.6, 1, "×", INK)
        _arrow(ax, (2, 1.25), (2, 1.7), INK)
        _write(ax, 2, 1, on_road, INK, weight="bold")
        _arrow(ax, (3.85, 1), (4.33, 1), INK)
        _write(ax, 3.6, 1, on_branch, INK, weight="bold")
    if kind == "LSTM":
        _arrow(ax, (2.6, 0), (4.0, 0), INPUT)
        _write(ax, 2.5, 0, "x, h", INPUT, ha="right")
    else:
        ax.plot([0.7, 0.7], [2, 0], color=colour, lw=1.5)
        _arrow(ax, (0.7, 0), (4.0, 0), colour)
    _write(ax, 3, -0.95, equation, INK)
    ax.set_title(f"{kind}: {gates}, {factor}")
    return _blank(ax, (-0.2, 6.2), (-1.3, 2.5))


# ---- one unit over time


def plot_pulse(ax: Axes, c: NDArray, half_life: float, guess: float) -> Axes:
    """Draw a cell after a pulse of one, where it is down to one half, and where someone bet that it would be."""
    ax.plot(c, color=CELL, ls="--", label="the cell")
    ax.axhline(0.5, color=SHADE, lw=1)
    ax.plot(guess, 0.5, "D", ms=9, color=TARGET, label=f"your mark: {guess:g}", clip_on=False, zorder=3)
    if half_life < len(c):
        ax.plot(half_life, 0.5, "o", ms=10, mfc="none", mec=INK, mew=2, label="half is left")
    ax.set(xlim=(0, len(c) - 1), ylim=(0, 1.05), xlabel="steps after the pulse", ylabel="c")
    ax.legend(loc="upper right")
    return ax


def draw_gates(ax: Axes, gates: Mapping[str, NDArray], removed: str = "") -> Axes:
    """Draw the gates i, f, o and the candidate g over time, (T,) each: dark is open; g from blue to orange-red."""
    T = len(gates["i"])
    look = {"aspect": "auto", "interpolation": "nearest"}
    for row, name in enumerate(GATES):
        colours = ("Greys", Normalize(0, 1.3)) if name != "g" else (LOW_TO_HIGH, Normalize(-1, 1))
        ax.imshow(
            gates[name][None],
            extent=(-0.5, T - 0.5, row + 0.45, row - 0.45),
            cmap=colours[0],
            norm=colours[1],
            **look,
        )
        if name == removed:
            words = {"ha": "center", "va": "center", "weight": "bold", "color": INK}
            ax.text(T / 2, row, "removed: always 1", bbox={"fc": CARD, "ec": "none", "pad": 2}, **words)
    ax.set(xlim=(-0.5, T - 0.5), ylim=(3.5, -0.5))
    ax.set_yticks(range(4), [f"{name}, {word}" for name, word in GATES.items()])
    ax.tick_params(axis="y", length=0)
    ax.spines[:].set_visible(False)
    return ax


def plot_unit(ax: Axes, c: NDArray, h: NDArray) -> Axes:
    """Draw what one unit keeps, its cell c (T,), and what it says, its state h (T,)."""
    steps = np.arange(len(c))
    ax.axhline(0, color=SHADE, lw=1)
    ax.plot(steps, c, color=CELL, ls="--", marker=".", ms=4, label="cell c: what it keeps")
    # Not snapped to whole pixels: a state of next to nothing would look like a dash.
    ax.vlines(steps, 0, h, color=STATE, lw=5, snap=False, label="state h: what it says")
    ax.set(xlim=(-0.5, len(c) - 0.5), ylabel="c and h")
    ax.legend(loc="upper left", ncols=3)
    return ax


def mark_reads(ax: Axes, reads: Sequence[int], bits: Sequence[float], h: NDArray) -> Axes:
    """Mark where a bit is asked for, and what it should be; a cross says that the state has the other sign."""
    for label, t, bit in zip(("what was stored", *[None] * len(reads)), reads, bits, strict=False):
        ax.plot(t, np.tanh(bit), "D", ms=8, mfc="none", mec=TARGET, mew=2, label=label)
        if np.sign(h[t]) != np.sign(bit):
            ax.text(t, 0, "×", color=TARGET, size=26, ha="center", va="center", weight="bold")
    ax.legend(loc="upper left", ncols=3)
    return ax


def plot_credit(ax: Axes, along_cell: NDArray, at_candidate: NDArray, floor: float = 1e-4) -> Axes:
    """Draw the gradient along the cell (T,), and what of it each step's candidate hears (T,)."""
    steps = np.arange(len(along_cell))
    ax.plot(steps, np.maximum(along_cell, 1e-300), color=CELL, ls="--", marker=".", ms=4, label="dL/dc")
    ax.vlines(
        steps, floor, np.maximum(at_candidate, floor), color=INK, lw=5, label="dL/dg: who gets the credit"
    )
    _log_axis(ax, (floor, 30), {1e-4: "10⁻⁴", 1e-2: "10⁻²", 1: "1"})
    ax.set(xlim=(-0.5, len(steps) - 0.5), xlabel="step", ylabel="gradient")
    ax.legend(loc="upper left", ncols=2)
    return ax


def plot_opening(
    ax: Axes, runs: Mapping[str, Sequence[Mapping[str, Sequence[float]]]], every: int, budget: int
) -> Axes:
    """Draw what arrives of a gradient while networks train, a line for each seed; one that ends early is done.

    Args:
        ax: where to draw.
        runs: forget bias -> for each seed, what "arrives" every `every` steps.
        every: steps of training between two points.
        budget: steps that a network may take.
    """
    for (colour, mark, dash), (bias, seeds) in zip(CLASSES, runs.items(), strict=False):
        for i, run in enumerate(seeds):
            steps, values = every * np.arange(1, len(run["arrives"]) + 1), run["arrives"]
            label = None if i else f"forget bias {bias}"
            ax.plot(steps, values, color=colour, ls=dash, lw=1, label=label)
            if steps[-1] < budget:
                ax.plot(steps[-1], values[-1], marker=mark, color=colour, ms=6, zorder=3)
    _log_axis(ax, (1e-13, 1e2), {1e-12: "10⁻¹²", 1e-8: "10⁻⁸", 1e-4: "10⁻⁴", 1: "1"})
    ax.set(xlim=(0, budget), xlabel="steps of training", ylabel="what arrives")
    return ax


# ---- the pieces


def _log_axis(ax: Axes, limits: tuple[float, float], ticks: Mapping[float, str]) -> None:
    """Make a logarithmic axis with a few ticks in plain text: formulas there take longer to draw than the curves."""
    ax.set(yscale="log", ylim=limits)
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_yticks(list(ticks), list(ticks.values()))


def _box(ax: Axes, x: float, y: float, text: str, colour: str) -> None:
    style = {"boxstyle": "round,pad=0.02", "fc": CARD, "ec": colour, "lw": 1.6, "zorder": 2}
    ax.add_artist(FancyBboxPatch((x - 0.45, y - 0.4), 0.9, 0.8, **style))
    _write(ax, x, y, text, colour, weight="bold", zorder=3)


def _node(ax: Axes, x: float, y: float, sign: str, colour: str) -> None:
    ax.add_artist(Circle((x, y), 0.27, fc=CARD, ec=colour, lw=1.6, zorder=2))
    _write(ax, x, y - 0.02, sign, colour, weight="bold", size=13, zorder=3)


def _arrow(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str, lw: float = 1.5
) -> None:
    look = {"arrowstyle": "-|>", "mutation_scale": 11 + lw, "lw": lw, "shrinkA": 0, "shrinkB": 0, "zorder": 1}
    ax.add_artist(FancyArrowPatch(start, end, color=colour, **look))


def _write(ax: Axes, x: float, y: float, text: str, colour: str, **look: object) -> None:
    ax.text(x, y, text, **({"color": colour, "ha": "center", "va": "center"} | look))


def _blank(ax: Axes, xlim: tuple[float, float], ylim: tuple[float, float]) -> Axes:
    ax.set(xlim=xlim, ylim=ylim)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax
