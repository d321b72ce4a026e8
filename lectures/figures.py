"""Figures that the lectures draw more than once. Each takes the axes it draws on and returns them.

A quantity has one colour in all lectures (see course.mplstyle): `INPUT`, `STATE`, `OUTPUT`, `TARGET`, and `PLAIN`
for whatever has no memory. A colour is never alone: a label, a mark or a dash says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from numpy.typing import NDArray

INPUT, STATE, OUTPUT, TARGET, PLAIN = "#2B84C6", "#D55E00", "#008F68", "#A6428A", "#7B8088"
INK, CARD = "#22262B", "#FBFAF7"
DASHES = {"uniform": ":", "unigram": "--", "bigram": "-"}
MARKS = "osD^vP"
MONO = {"family": "DejaVu Sans Mono"}

Drawing = Callable[[Axes, float, float], None]  # draws a small picture around a point


def visible(character: str) -> str:
    """Give a character that can be seen: a space becomes an open box, a line's end an arrow."""
    return {" ": "␣", "\n": "↵"}.get(character, character)


def draw_legend(ax: Axes) -> Axes:
    """Say what the colours mean, before the first of them is used."""
    meanings = (
        (INPUT, "x", "input"),
        (STATE, "h", "state: what is remembered"),
        (OUTPUT, "y", "output"),
        (TARGET, "", "the right answer"),
        (PLAIN, "", "a model without memory"),
    )
    for x, (colour, letter, meaning) in zip((0, 1.3, 4.3, 5.8, 8.0), meanings, strict=True):
        _box(ax, x, 0, letter, colour, width=0.3, height=0.5)
        ax.text(x + 0.25, 0, meaning, va="center")
    return _blank(ax, (-0.3, 11), (-0.4, 0.4))


# ---- networks as boxes and arrows


def draw_cycle(ax: Axes) -> Axes:
    """Draw the cell as a cycle: x goes in, y comes out, and h goes back into itself."""
    _box(ax, 0, 1, "h", STATE)
    _arrow(ax, (0, 0.25), (0, 0.68), INPUT, "Wx", (0.12, 0.42))
    _arrow(ax, (0, 1.32), (0, 1.75), OUTPUT, "Wy", (0.12, 1.56))
    _arrow(ax, (0.32, 0.9), (0.25, 1.32), STATE, "Wh", (0.98, 1.12), bend=1.4)
    ax.text(0, 0.08, "x", color=INPUT, ha="center", weight="bold", size=13)
    ax.text(0, 1.8, "y", color=OUTPUT, ha="center", weight="bold", size=13)
    return _blank(ax, (-0.6, 1.4), (-0.1, 2.1))


def draw_unrolled(
    ax: Axes,
    inputs: Sequence[str | Drawing | None],
    outputs: Sequence[str | Drawing | None],
    *,
    start: str = "h0",
    weights: bool = False,
) -> Axes:
    """Draw a network unrolled over time: one column a step, the state handed on from left to right.

    Args:
        ax: where to draw.
        inputs: what goes in at each of T steps: a text, a small picture, or None for nothing.
        outputs: what comes out at each of T steps, likewise.
        start: the name of the initial state.
        weights: write Wx, Wh and Wy at every arrow.
    """
    tall = max((len(text) for text in outputs if isinstance(text, str)), default=1) > 3 and len(outputs) > 6
    ax.text(-0.95, 1, start, color=STATE, ha="center", va="center", weight="bold")
    for t, (x, y) in enumerate(zip(inputs, outputs, strict=True)):
        _arrow(ax, (t - (0.72 if t == 0 else 0.68), 1), (t - 0.33, 1), STATE)
        _box(ax, t, 1, "h", STATE)
        if x is not None:
            _arrow(ax, (t, 0.3), (t, 0.68), INPUT)
            _put(ax, x, t, 0.08, INPUT)
        if y is not None:
            _arrow(ax, (t, 1.32), (t, 1.7), OUTPUT)
            _put(ax, y, t, 1.78 if tall else 1.9, OUTPUT, rotation=90 if tall else 0)
        if weights:
            ax.text(t + 0.06, 0.5, "Wx", color=INPUT, va="center", size=9)
            ax.text(t + 0.06, 1.5, "Wy", color=OUTPUT, va="center", size=9)
            ax.text(t - 0.5, 1.08, "Wh", color=STATE, ha="center", size=9)
    return _blank(ax, (-1.3, max(len(inputs), 5) - 0.4), (-0.3, 2.9 if tall else 2.2))


def draw_digit(ax: Axes, x: float, y: float) -> None:
    """Draw a picture of a four, five pixels wide, around a point."""
    rows = ("...#.", "..##.", ".#.#.", "#####", "...#.")
    for i, row in enumerate(rows):
        for j, pixel in enumerate(row):
            ax.add_patch(
                Rectangle(
                    (x - 0.25 + 0.1 * j, y + 0.1 - 0.1 * i), 0.1, 0.1, fc=INK if pixel == "#" else "#E4E2DC"
                )
            )


def draw_scene(ax: Axes, x: float, y: float) -> None:
    """Draw a scene around a point: a circle above a square."""
    ax.add_patch(Rectangle((x - 0.3, y - 0.35), 0.6, 0.6, fc="#E4E2DC"))
    ax.add_patch(Circle((x, y + 0.1), 0.11, fc=TARGET))
    ax.add_patch(Rectangle((x - 0.11, y - 0.29), 0.22, 0.22, fc=INK))


# ---- one step at a time


def draw_steps(ax: Axes, weights: Mapping[str, NDArray], text: str, alphabet: str, step: int) -> Axes:
    """Draw a small network reading a text: its weights once, on the left, then x, h and y at every step.

    Args:
        ax: where to draw.
        weights: `Wx (V, H)`, `Wh (H, H)`, `b (H,)`, `Wy (H, V)`, `by (V,)`.
        text: T + 1 characters; T are read, and each one's successor is the target.
        alphabet: the V characters, in the order of the rows of `Wx`.
        step: how many steps have been made, 1 to T; the later ones are left blank.
    """
    V, H = weights["Wx"].shape
    h = np.zeros(H)
    row = alphabet.index(text[step - 1])
    _matrix(ax, -6.2, 0.1, weights["Wx"], "Wx", INPUT, rows=alphabet, light=row)
    _matrix(ax, -6.2, 4.9, weights["Wh"], "Wh", STATE)
    _matrix(ax, -6.2, 8.7, weights["Wy"], "Wy", OUTPUT, columns=alphabet)
    for t, (character, target) in enumerate(pairwise(text)):
        x = 1.9 * t
        shown = t < step
        pick = alphabet.index(character)
        h = np.tanh(weights["Wx"][pick] + h @ weights["Wh"] + weights["b"])
        e = np.exp(h @ weights["Wy"] + weights["by"])
        edge = 1.8 if t == step - 1 else 0.5
        _column(ax, x, 0.1, np.eye(V)[pick] * shown, INPUT, alphabet, "{:.0f}", edge, shown)
        _column(ax, x, 5.0, h * shown, STATE, "", "{:+.2f}", edge, shown)
        _column(ax, x, 8.7, e / e.sum() * shown, OUTPUT, alphabet, "{:.2f}", edge, shown)
        _arrow(ax, (x, 4.2), (x, 4.9), INPUT if shown else "#D5D3CD")
        _arrow(ax, (x, 8.1), (x, 8.6), OUTPUT if shown else "#D5D3CD")
        _arrow(ax, (x - 1.3, 6.5), (x - 0.52, 6.5), STATE if shown else "#D5D3CD")
        ax.text(x, -0.35, f"reads {character}", color=INPUT, ha="center", va="center", weight="bold")
        ax.text(x, 13.1, f"target {target}", color=TARGET, ha="center", va="center", weight="bold")
    ax.text(-1.72, 6.5, "h0 = 0", color=STATE, ha="center", va="center", weight="bold")
    for y, name in ((2.1, "x  one-hot"), (6.5, "h  state"), (10.7, "y  probability")):
        ax.text(1.9 * (len(text) - 1) - 0.75, y, name, va="center", weight="bold")
    return _blank(ax, (-7.1, 1.9 * (len(text) - 1) + 1.2), (-0.9, 13.6))


# ---- what comes next


def draw_text(ax: Axes, text: str, cursor: int) -> Axes:
    """Write a text with a cursor: what was read in ink, what is to come in grey, the twins of the last one framed."""
    _mark(ax, text, cursor)
    for tick in ax.get_xticklabels()[cursor + 2 :]:
        tick.set(alpha=0.35)
    ax.set(xlim=(-0.7, len(text) - 0.3), yticks=[])
    ax.spines[:].set_visible(False)
    return ax


def plot_next(
    ax: Axes,
    alphabet: Sequence[str],
    models: Mapping[str, tuple[NDArray, str]],
    answer: str | None,
    top: int = 12,
) -> Axes:
    """Draw each model's distribution over the next character as bars, the likeliest characters only.

    Args:
        ax: where to draw.
        alphabet: the V characters.
        models: name -> (probabilities (V,), colour).
        answer: the character that did come, marked; it is shown even when it is unlikely. None: not known.
        top: how many characters to show.
    """
    first = next(iter(models.values()))[0]
    order = sorted(range(len(alphabet)), key=lambda i: -first[i])[:top]
    if answer is not None and (i := list(alphabet).index(answer)) not in order:
        order[-1] = i
    width = 0.8 / len(models)
    for k, (name, (P, colour)) in enumerate(models.items()):
        ax.bar(np.arange(top) + (k + 0.5) * width - 0.4, P[order], width, color=colour, label=name)
    ax.set_xticks(range(top), [visible(alphabet[i]) for i in order], **MONO, size=12)
    for tick, i in zip(ax.get_xticklabels(), order, strict=True):
        if alphabet[i] == answer:
            tick.set(color=TARGET, weight="bold", bbox={"fc": "none", "ec": TARGET, "pad": 2})
    ax.set(
        ylim=(0, 1),
        ylabel="probability",
        xlabel="next character" + (" (framed: what came)" if answer else ""),
    )
    ax.legend(loc="upper right")
    return ax


def plot_surprise(
    ax: Axes, text: str, models: Mapping[str, tuple[NDArray, str]], lines: Mapping[str, float], cursor: int
) -> Axes:
    """Draw how many bits each character of a text cost, given those before it.

    Args:
        ax: where to draw.
        text: T characters.
        models: name -> (bits (T,), colour); the first is drawn as bars, the others as steps.
        lines: name -> bits per character on the whole validation text, drawn as level lines.
        cursor: the character read last, framed like its twins, the same character elsewhere.
    """
    places = np.arange(len(text))
    for k, (name, (bits, colour)) in enumerate(models.items()):
        if k == 0:
            ax.bar(places, bits, 0.7, color=colour, label=name)
        else:
            ax.step(places, bits, where="mid", color=colour, lw=1.2, label=name)
    for name, level in lines.items():
        ax.axhline(level, color=PLAIN, ls=DASHES.get(name, "-."), lw=1)
        ax.text(len(text) - 0.2, level, f"{name} {level:.2f}", color=INK, size=8.5, va="center")
    _mark(ax, text, cursor)
    ax.axvspan(cursor + 0.5, cursor + 1.5, color=TARGET, alpha=0.12, lw=0)
    ax.set(xlim=(-0.7, len(text) + 4.2), ylabel="cost of a character (bits)")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0)
    return ax


def write_text(ax: Axes, text: str, width: int, rows: int = 16) -> Axes:
    """Write a text in a typewriter's letters, its long lines broken, and cut after some rows."""
    lines = [line[i : i + width] for line in text.split("\n") for i in range(0, max(len(line), 1), width)]
    ax.text(0, 1, "\n".join(lines[:rows]), va="top", size=9, parse_math=False, transform=ax.transAxes, **MONO)
    ax.set_axis_off()
    return ax


# ---- results


def plot_learning(ax: Axes, bits: NDArray, characters_a_step: int, levels: Mapping[str, float]) -> Axes:
    """Draw bits per character, batch by batch and smoothed, against the characters read so far."""
    read = np.arange(1, len(bits) + 1) * characters_a_step
    window = 100
    smooth = np.convolve(bits, np.ones(window) / window, "valid")
    ax.plot(read, bits, color=STATE, alpha=0.2, lw=0.6)
    ax.plot(read[window - 1 :], smooth, color=STATE, label=f"network, mean of {window} batches")
    for name, level in levels.items():
        ax.axhline(level, color=PLAIN, ls=DASHES.get(name, "-."), lw=1.2)
        ax.text(read[-1] * 1.05, level, f"{name} {level:.2f}", va="center", size=9)
    ax.set(
        xscale="log",
        xlim=(read[0], read[-1]),
        ylim=(1.5, 7),
        xlabel="characters read",
        ylabel="bits per character",
    )
    ax.legend(loc="lower left")
    return ax


def plot_ranking(ax: Axes, values: Mapping[str, float], unit: str, colours: Mapping[str, str]) -> Axes:
    """Draw one number for each model as a bar, the number written beside it."""
    places = np.arange(len(values))[::-1]
    ax.barh(places, list(values.values()), 0.65, color=[colours.get(name, PLAIN) for name in values])
    for place, value in zip(places, values.values(), strict=True):
        ax.text(value, place, f" {value:.2f}", va="center")
    ax.set_yticks(places, list(values))
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel=unit, xlim=(0, 1.12 * max(values.values())))
    return ax


def plot_letters(ax: Axes, word: str, P: NDArray, classes: Sequence[str], top: int = 4) -> Axes:
    """Draw the probability of each class after each letter of a word.

    Args:
        ax: where to draw.
        word: T letters.
        P: probabilities (T, M).
        classes: the M names.
        top: how many classes to draw: those that are ever likeliest.
    """
    chosen = np.argsort(-P.max(axis=0))[:top]
    for k, m in enumerate(chosen):
        ax.plot(range(len(word)), P[:, m], marker=MARKS[k], label=classes[m])
    ax.set_xticks(range(len(word)), list(word), **MONO, size=13)
    ax.set(ylim=(0, 1), xlim=(-0.3, len(word) - 0.7), xlabel="letter just read", ylabel="probability")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    return ax


# ---- the pieces


def _mark(ax: Axes, text: str, cursor: int) -> None:
    """Write a text along the axis; frame the character under the cursor and, thinner, its twins."""
    ax.set_xticks(range(len(text)), [visible(c) for c in text], **MONO, size=10)
    ax.tick_params(axis="x", length=0)
    for i, tick in enumerate(ax.get_xticklabels()):
        if i == cursor + 1:
            tick.set(color=TARGET, weight="bold")
        if text[i] == text[cursor]:
            frame = {"fc": "none", "ec": INPUT, "pad": 1.5, "lw": 1.8 if i == cursor else 0.5}
            tick.set(color=INPUT, weight="bold", bbox=frame)


def _blank(ax: Axes, xlim: tuple[float, float], ylim: tuple[float, float]) -> Axes:
    ax.set(xlim=xlim, ylim=ylim)
    ax.set_axis_off()
    return ax


def _box(
    ax: Axes, x: float, y: float, text: str, colour: str, width: float = 0.6, height: float = 0.56
) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0.02",
            fc=colour + "22",
            ec=colour,
            lw=1.6,
        )
    )
    ax.text(x, y, text, color=colour, ha="center", va="center", weight="bold", size=12)


def _arrow(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    colour: str,
    label: str = "",
    label_at: tuple[float, float] = (0, 0),
    bend: float = 0,
) -> None:
    ax.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=11,
            color=colour,
            lw=1.5,
            shrinkA=0,
            shrinkB=0,
            connectionstyle=f"arc3,rad={bend}",
        )
    )
    ax.text(*label_at, label, color=colour, va="center", size=10)


def _put(ax: Axes, thing: str | Drawing, x: float, y: float, colour: str, rotation: float = 0) -> None:
    if callable(thing):
        thing(ax, x, y - 0.02)
        return
    anchor = "bottom" if rotation else "center"
    ax.text(
        x,
        y,
        visible(thing),
        color=colour,
        ha="center",
        va=anchor,
        rotation=rotation,
        weight="bold",
        size=11,
        **MONO,
    )


def _matrix(
    ax: Axes,
    x: float,
    y: float,
    values: NDArray,
    name: str,
    colour: str,
    rows: str = "",
    columns: str = "",
    light: int | None = None,
) -> None:
    """Draw a matrix as a grid of numbers, its name at its left; one row may be lit."""
    height, width = values.shape
    for i in range(height):
        for j in range(width):
            at = (x + 1.0 * j, y + 1.0 * (height - 1 - i))
            fill = colour + "44" if i == light else "none"
            ax.add_patch(Rectangle(at, 1, 1, fc=fill, ec=colour, lw=0.5))
            ax.text(at[0] + 0.5, at[1] + 0.5, f"{values[i, j]:+.1f}", ha="center", va="center", size=7.5)
        if rows:
            ax.text(x - 0.3, y + height - 1 - i + 0.5, rows[i], ha="center", va="center", size=9, **MONO)
    for j, label in enumerate(columns):
        ax.text(x + j + 0.5, y + height + 0.3, label, ha="center", va="center", size=9, **MONO)
    ax.text(x + width / 2, y - 0.35, name, color=colour, ha="center", va="center", weight="bold")


def _column(
    ax: Axes,
    x: float,
    y: float,
    values: NDArray,
    colour: str,
    labels: str,
    form: str,
    edge: float,
    shown: bool,
) -> None:
    """Draw a vector as a column of cells, the deeper coloured the larger the value."""
    for i, value in enumerate(values):
        bottom = y + len(values) - 1 - i
        fill = mpl.colors.to_rgba(colour, 0.55 * min(1.0, abs(value)))
        ax.add_patch(Rectangle((x - 0.5, bottom), 1, 1, fc=fill, ec=colour if shown else "#D5D3CD", lw=edge))
        if shown:
            ax.text(x, bottom + 0.5, form.format(value), ha="center", va="center", size=8.5)
        if labels:
            ax.text(x - 0.68, bottom + 0.5, labels[i], ha="center", va="center", size=8.5, **MONO)
