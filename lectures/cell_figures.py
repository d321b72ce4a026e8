"""The figures of lecture 4's second half: cells compared, and what they keep. Each takes the axes it draws on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

import backprop_figures
from backprop_figures import CARD
from figures import CLASSES, INK, INPUT, PLAIN, SHADE, STATE

# A colour, a mark and a dash for each network, in lecture 3 the same.
LOOKS = {"tanh": CLASSES[0], "LSTM": CLASSES[3], "GRU": (STATE, "v", "-"), "BiLSTM": CLASSES[2]}
# The grounds of the syntax classes from -1 to 1; what is "other", and where nothing is written, has the middle one.
SHADES = ("#7CC8AC", "#9AA0A8", "#B7A6D9", CARD, "#9CC3E6", "#E6C34A", "#F08A4B")
PLACES = {"string": -3, "comment": -2, "operator": -1, "other": 0, "name": 1, "number": 2, "keyword": 3}

Run = tuple[Sequence[float], Sequence[float]]


# ---- the GRU


def plot_conventions(ax: Axes, x: NDArray, states: Mapping[str, NDArray]) -> Axes:
    """Draw what a unit reads, as bars, and its state under each reading of the update gate.

    Args:
        ax: where to draw.
        x: (T,) what the input adds to the candidate's sum.
        states: how z is read -> (T,).
    """
    steps = np.arange(1, len(x) + 1)
    ax.axhline(0, color=SHADE, lw=1)
    ax.bar(steps, np.sign(x), 0.8, color=INPUT, alpha=0.3, label="input")
    for (colour, dash), (name, h) in zip(((STATE, "-"), (INK, "--")), states.items(), strict=True):
        ax.plot(steps, h, color=colour, ls=dash, marker="o", ms=3, label=name)
    ax.set(xlim=(0.2, len(x) + 0.8), ylim=(-1.1, 1.1), xlabel="step", ylabel="state h")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.3)
    return ax


# ---- one cell against another


def plot_runs(ax: Axes, runs: Mapping[str, Sequence[Run]], unit: str) -> Axes:
    """Draw what training brought, a line for each seed that ends in a mark.

    Args:
        ax: where to draw.
        runs: network -> for each seed the places across, and the loss at each.
        unit: of the loss.
    """
    for name, seeds in runs.items():
        colour, mark, dash = LOOKS[name]
        for k, (places, losses) in enumerate(seeds):
            ax.plot(places, losses, color=colour, ls=dash, lw=1.3, label=None if k else name)
            ax.plot(places[-1], losses[-1], marker=mark, color=colour, ms=7, clip_on=False, zorder=3)
    ax.set(xlim=(0, None), ylabel=unit)
    ax.legend(loc="upper right", ncols=len(runs), columnspacing=1)
    return ax


def plot_needed(ax: Axes, needed: Mapping[str, Mapping[int, Sequence[float]]], budget: int, lit: int) -> Axes:
    """Draw the steps that each network needed against the length T, a mark for each seed.

    Args:
        ax: where to draw.
        needed: network -> T -> the steps of each seed; nan where the budget did not suffice.
        budget: steps that a network could take; what needed more stands above it.
        lit: the T to mark.
    """
    ax.axvline(lit, color=SHADE, lw=9, zorder=0)
    ax.axhline(budget, color=PLAIN, ls=":", lw=2)
    ax.text(9.3, budget * 1.05, "budget; above: unsolved", color=PLAIN, va="bottom", size=9)
    for shift, (name, by_T) in zip((0.94, 1, 1.06), needed.items(), strict=False):
        colour, mark, _ = LOOKS[name]
        for T, steps in by_T.items():
            shown = np.nan_to_num(steps, nan=1.25 * budget)
            ax.plot([shift * T] * len(shown), shown, ls="", marker=mark, color=colour, ms=6, alpha=0.8)
    ax.set(xscale="log", xlabel="length T", ylabel="steps until solved", ylim=(0, 1.4 * budget))
    lengths = list(next(iter(needed.values())))
    ax.set_xticks(lengths, [str(T) for T in lengths])
    ax.set_xlim(lengths[0] / 1.25, lengths[-1] * 1.25)
    ax.minorticks_off()
    return ax


# ---- reading both ways


def draw_tagged(
    ax: Axes, text: str, tags: Sequence[str], truth: Sequence[str], columns: int = 80, rows: int = 12
) -> Axes:
    """Write a text, each character on the colour of its class, and frame those that are wrong.

    Args:
        ax: where to draw.
        text: T characters; what does not fit is left out.
        tags: T names of classes.
        truth: T names of classes, the right ones.
        columns: characters in a row, at most.
        rows: of text, at most.
    """
    grounds = np.array([PLACES[tag] / 3 for tag in tags])
    backprop_figures.draw_coloured_text(ax, text, grounds, columns, rows, ListedColormap(SHADES))
    for (row, column), tag, due in zip(_cells(text, columns), tags, truth, strict=True):
        if tag != due and row < rows:
            ax.add_patch(Rectangle((column, row + 0.04), 1, 0.92, fill=False, ec=INK, lw=1.4))
    keys = [Patch(fc=SHADES[place + 3], alpha=0.75, label=name) for name, place in PLACES.items() if place]
    keys.append(Patch(fill=False, ec=INK, label="wrong"))
    ax.legend(handles=keys, loc="upper left", bbox_to_anchor=(0, 0), ncols=7, handlelength=1.2)
    return ax


def plot_by_place(ax: Axes, shares: Mapping[str, Sequence[Sequence[float]]], width: int) -> Axes:
    """Draw the share of wrong answers against the place in a window, a line for each seed.

    Args:
        ax: where to draw.
        shares: network -> seed -> share of right answers in each group of places.
        width: places in a group.
    """
    for name, seeds in shares.items():
        colour, mark, dash = LOOKS[name]
        for k, right in enumerate(seeds):
            middle = width * (np.arange(len(right)) + 0.5)
            look = {"color": colour, "ls": dash, "marker": mark, "ms": 3, "lw": 1.2}
            ax.plot(middle, 100 * (1 - np.array(right)), **look, label=None if k else name)
    ax.set(xlim=(0, width * len(right)), xlabel="place in the window", ylabel="wrong (%)")
    ax.set_ylim(0, None)
    ax.legend(loc="upper right")
    return ax


# ---- the pieces


def _cells(text: str, columns: int) -> Iterator[tuple[int, int]]:
    """Give the row and the column of each character, as `draw_coloured_text` writes it."""
    row = column = 0
    for character in text:
        if character == "\n" or column == columns:
            row, column = row + 1, 0
        yield row, column
        column += character != "\n"
