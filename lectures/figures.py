"""Figures that the lectures draw more than once. Each takes the axes it draws on and returns them.

A quantity has one colour in all lectures (see course.mplstyle): `INPUT`, `STATE`, `OUTPUT`, `TARGET`, and `PLAIN`
for whatever has no memory. A colour is never alone: a label, a mark or a dash says the same.

Where the limits of the axes are set, a box is added by `add_artist`: `add_patch` looks for the limits of each, which
takes longer than drawing it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import NDArray

INPUT, STATE, OUTPUT, TARGET, PLAIN = "#2B84C6", "#D55E00", "#008F68", "#7B1FA2", "#7B8088"
INK, SHADE = "#22262B", "#DEDCD6"
DASHES = {"uniform": ":", "unigram": "--", "bigram": "-"}
# For classes, which are not quantities: told apart by colour, mark and dash.
CLASSES = (("#22262B", "o", "-"), ("#B8860B", "s", "--"), ("#9E3D3D", "D", "-."), ("#3F8A8C", "^", ":"))
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
        (PLAIN, "", "a model without a state"),
    )
    for x, (colour, letter, meaning) in zip((0, 1.3, 4.3, 5.8, 8.0), meanings, strict=True):
        _box(ax, x, 0, letter, colour, size=(0.3, 0.5))
        ax.text(x + 0.25, 0, meaning, va="center")
    return _blank(ax, (-0.3, 11), (-0.4, 0.4))


# ---- networks as boxes and arrows


def draw_cycle(ax: Axes) -> Axes:
    """Draw the cell as a cycle: x goes in, y comes out, and h goes back into itself."""
    _box(ax, 0, 1, "h", STATE)
    _arrow(ax, (0, 0.3), (0, 0.68), INPUT)
    _arrow(ax, (0, 1.32), (0, 1.7), OUTPUT)
    loop = Path([(0.33, 0.95), (1.15, 0.75), (1.05, 1.8), (0.2, 1.33)], [Path.MOVETO] + 3 * [Path.CURVE4])
    ax.add_artist(FancyArrowPatch(path=loop, arrowstyle="-|>", mutation_scale=11, color=STATE, lw=1.5))
    _label(ax, 0.06, 0.5, "Wx", INPUT)
    _label(ax, -0.34, 1.5, "Wy", OUTPUT)
    _label(ax, 0.94, 1.2, "Wh", STATE)
    _put(ax, "x", 0, 0.08, INPUT)
    _put(ax, "y", 0, 1.9, OUTPUT)
    return _blank(ax, (-0.6, 1.4), (-0.3, 2.2), equal=True)


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
    labels = [y for y in outputs if isinstance(y, str)]
    upright = len(labels) > 6 and max(map(len, labels)) > 3
    if len(inputs) > 1:  # a single step has nothing to remember
        _label(ax, -1.15, 1, start, STATE, weight="bold")
        _arrow(ax, (-0.78, 1), (-0.33, 1), STATE)
    for t, (x, y) in enumerate(zip(inputs, outputs, strict=True)):
        if t > 0:
            _arrow(ax, (t - 0.68, 1), (t - 0.33, 1), STATE)
        _box(ax, t, 1, "h", STATE)
        if x is not None:
            _arrow(ax, (t, 0.3), (t, 0.68), INPUT)
            _put(ax, x, t, 0.08, INPUT)
        if y is not None:
            _arrow(ax, (t, 1.32), (t, 1.7), OUTPUT)
            _put(ax, y, t, 1.78 if upright else 1.9, OUTPUT, rotation=90 if upright else 0)
        if weights:
            _label(ax, t + 0.06, 0.5, "Wx", INPUT)
            _label(ax, t + 0.06, 1.5, "Wy", OUTPUT)
            _label(ax, t - 0.5, 1.14, "Wh", STATE, ha="center", size=9)
    return _blank(ax, (-1.3, len(inputs) - 0.2), (-0.4, 3.2 if upright else 2.2), equal=True)


def draw_digit(ax: Axes, x: float, y: float) -> None:
    """Draw a picture of a four, five pixels wide, around a point."""
    rows = ("...#.", "..##.", ".#.#.", "#####", "...#.")
    for i, row in enumerate(rows):
        for j, pixel in enumerate(row):
            corner = (x - 0.25 + 0.1 * j, y + 0.1 - 0.1 * i)
            ax.add_artist(Rectangle(corner, 0.1, 0.1, fc=INK if pixel == "#" else SHADE))


def draw_scene(ax: Axes, x: float, y: float) -> None:
    """Draw a scene around a point: a circle above a square."""
    ax.add_artist(Rectangle((x - 0.3, y - 0.35), 0.6, 0.6, fc=SHADE))
    ax.add_artist(Circle((x, y + 0.1), 0.11, fc=TARGET))
    ax.add_artist(Rectangle((x - 0.11, y - 0.29), 0.22, 0.22, fc=INK))


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
    T, h = len(text) - 1, np.zeros(H)
    _matrix(ax, -6.6, 0, weights["Wx"], "Wx", INPUT, rows=alphabet, lit=alphabet.index(text[step - 1]))
    _matrix(ax, -6.6, 6.4, weights["Wh"], "Wh", STATE)
    _matrix(ax, -6.6, 5.1, weights["b"][None], "b", STATE)
    _matrix(ax, -6.6, 12.2, weights["Wy"], "Wy", OUTPUT, columns=alphabet)
    _matrix(ax, -6.6, 10.9, weights["by"][None], "by", OUTPUT)
    for t, (character, target) in enumerate(pairwise(text)):
        x, done = 1.9 * t, t < step
        token = alphabet.index(character)
        h = np.tanh(weights["Wx"][token] + h @ weights["Wh"] + weights["b"])
        odds = np.exp(h @ weights["Wy"] + weights["by"])
        look = {"done": done, "now": t == step - 1}
        _column(ax, x, 0, np.eye(V)[token], "{:.0f}", INPUT, alphabet, **look)
        _column(ax, x, 6.4, h, "{:+.2f}", STATE, **look)
        _column(ax, x, 11.9, odds / odds.sum(), "{:.2f}", OUTPUT, alphabet, **look)
        _arrow(ax, (x, 4.1), (x, 6.3), INPUT if done else SHADE)
        _arrow(ax, (x, 9.5), (x, 11.8), OUTPUT if done else SHADE)
        _arrow(ax, (x - 1.35, 7.9), (x - 0.54, 7.9), STATE if done else SHADE)
        _label(ax, x, -0.5, f"reads {character}", INPUT, ha="center", weight="bold")
        _label(ax, x, 16.4, f"target {target}", TARGET, ha="center", weight="bold")
        goal = 11.9 + V - 1 - alphabet.index(target)
        ax.add_artist(Rectangle((x - 0.5, goal), 1, 1, fc="none", ec=TARGET, lw=2))
    _label(ax, -1.4, 7.9, "h0 = 0", STATE, ha="right", weight="bold")
    for y, name in ((2, "x, one-hot"), (7.9, "h, the state"), (13.9, "y, after\nthe softmax")):
        _label(ax, 1.9 * T - 1.1, y, name, INK, weight="bold")
    return _blank(ax, (-7.6, 1.9 * T + 1.2), (-1, 16.9))


# ---- what comes next


def draw_text(ax: Axes, text: str, cursor: int) -> Axes:
    """Write a text with a cursor: what was read in ink, what is to come in grey, the twins of the last one framed."""
    _write(ax, text, cursor, y=0.5, pale=0.35)
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
        _bars(ax, np.arange(top) + (k + 0.5) * width - 0.4, P[order], width, color=colour, label=name)
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
    (first, (bits, colour)), *others = models.items()
    for name, (theirs, grey) in others:
        ax.step(places, theirs, where="mid", color=grey, lw=1.2, label=name)
    _bars(ax, places, bits, 0.7, color=colour, label=first)
    for name, level in lines.items():
        ax.plot([-0.7, len(text) - 0.4], [level, level], color=PLAIN, ls=DASHES.get(name, "-."), lw=1)
        _label(ax, len(text) - 0.2, level, f"{name} {level:.2f}", INK, size=8.5)
    _write(ax, text, cursor, y=-0.08)
    ax.axvspan(cursor + 0.5, cursor + 1.5, color=TARGET, alpha=0.12, lw=0)
    ax.set(xlim=(-0.7, len(text) + 4.2), ylabel="cost of a character (bits)", xlabel=" ")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0)
    return ax


def write_text(ax: Axes, text: str, width: int, rows: int = 16) -> Axes:
    """Write a text in a typewriter's letters: long lines broken, indentation as dots, cut after some rows."""
    text = re.sub(" {2,}", lambda run: "·" * len(run[0]), text)
    lines = [line[i : i + width] for line in text.split("\n") for i in range(0, max(len(line), 1), width)]
    ax.text(0, 1, "\n".join(lines[:rows]), va="top", size=9, parse_math=False, transform=ax.transAxes, **MONO)
    ax.set_axis_off()
    return ax


# ---- results


def plot_learning(ax: Axes, bits: NDArray, characters_a_step: int, levels: Mapping[str, float]) -> Axes:
    """Draw bits per character, batch by batch and smoothed, against the characters read so far."""
    batches = np.arange(1, len(bits) + 1)
    read, first = batches * characters_a_step, (0.8 * batches).astype(int)  # of the last fifth
    total = np.concatenate([[0], np.cumsum(bits, dtype=float)])
    ax.plot(read, bits, color=STATE, alpha=0.25, lw=0.6, label="network, each batch")
    ax.plot(
        read, (total[batches] - total[first]) / (batches - first), color=STATE, label="mean of the last fifth"
    )
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


def plot_reach(ax: Axes, cost_at: Mapping[int, float], levels: Mapping[str, float]) -> Axes:
    """Draw bits per character against the number of characters that were read before it."""
    ax.plot(list(cost_at), list(cost_at.values()), marker="o", color=STATE, clip_on=False)
    for name, level in levels.items():
        ax.axhline(level, color=PLAIN, ls=DASHES.get(name, "-."), lw=1.2)
        _label(ax, 1.05 * max(cost_at), level, f"{name} {level:.2f}", INK, size=9)
    ax.set_xscale("log", base=2)
    ax.set_xticks(list(cost_at), map(str, cost_at))
    ax.set(xlim=(0.9, max(cost_at)), ylim=(2, 7), xlabel="characters read", ylabel="bits per character")
    return ax


def plot_ranking(ax: Axes, values: Mapping[str, float], unit: str, mine: str = "") -> Axes:
    """Draw one number for each model as a bar, the number written beside it; `mine` is the network."""
    places = range(len(values), 0, -1)
    ax.barh(places, values.values(), 0.65, color=[STATE if name == mine else PLAIN for name in values])
    for place, value in zip(places, values.values(), strict=True):
        _label(ax, value, place, f" {value:.3g}", INK)
    ax.set_yticks(places, values)
    ax.tick_params(axis="y", length=0)
    ax.set(xlabel=unit, xlim=(0, 1.12 * max(values.values())))
    return ax


def plot_letters(ax: Axes, word: str, P: NDArray, classes: Sequence[str], shown: Sequence[str]) -> Axes:
    """Draw the probability of some classes after each letter of a word.

    Args:
        ax: where to draw.
        word: T letters.
        P: probabilities (T, M).
        classes: the M names.
        shown: those to draw, at most four.
    """
    for (colour, mark, dash), name in zip(CLASSES, shown, strict=False):
        ax.plot(P[:, list(classes).index(name)], color=colour, marker=mark, ls=dash, label=name)
    ax.set_xticks(range(len(word)), list(word), **MONO, size=12)
    ax.set(ylim=(0, 1.02), xlim=(-0.4, len(word) - 0.6), xlabel="letter just read", ylabel="probability")
    return ax


# ---- the pieces


def _bars(ax: Axes, places: NDArray, heights: NDArray, width: float, **look: Any) -> None:
    """Draw bars up from zero as one shape: `ax.bar` takes longer for fifty of them than all else in the figure."""
    sides = places[:, None] + width / 2 * np.array([-1, -1, 1, 1])
    tops = heights[:, None] * np.array([0, 1, 1, 0])
    (shape,) = ax.fill(sides.ravel(), tops.ravel(), lw=0, **look)
    shape.sticky_edges.y.append(0)  # no margin below


def _write(ax: Axes, text: str, cursor: int, y: float, pale: float = 1.0) -> None:
    """Write a text from left to right, one unit a character; frame the one under the cursor and its twins.

    Texts and not tick labels, which take three times as long to draw.
    """
    for i, character in enumerate(text):
        look: dict[str, object] = {"color": INK, "alpha": pale if i > cursor + 1 else 1}
        if i == cursor + 1:
            look |= {"color": TARGET, "weight": "bold"}
        if character == text[cursor]:
            frame = {"fc": "none", "ec": INPUT, "pad": 1.5, "lw": 1.8 if i == cursor else 0.5}
            look |= {"color": INPUT, "weight": "bold", "alpha": 1, "bbox": frame}
        place = {"transform": ax.get_xaxis_transform(), "ha": "center", "va": "center"}
        ax.text(i, y, visible(character), size=10, **place, **look, **MONO)
    ax.set_xticks([])


def _blank(ax: Axes, xlim: tuple[float, float], ylim: tuple[float, float], equal: bool = False) -> Axes:
    """Set the limits and take the axes' lines away; `equal` keeps a square square."""
    ax.set(xlim=xlim, ylim=ylim)
    ax.set_axis_off()
    if equal:
        ax.set_aspect("equal", anchor="W")
    return ax


def _label(ax: Axes, x: float, y: float, text: str, colour: str, **look: object) -> None:
    ax.text(x, y, text, color=colour, va="center", **look)


def _box(
    ax: Axes, x: float, y: float, text: str, colour: str, size: tuple[float, float] = (0.6, 0.56)
) -> None:
    corner = x - size[0] / 2, y - size[1] / 2
    ax.add_artist(
        FancyBboxPatch(corner, *size, boxstyle="round,pad=0.02", fc=colour + "22", ec=colour, lw=1.6)
    )
    _label(ax, x, y, text, colour, ha="center", weight="bold", size=12)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    look = {"arrowstyle": "-|>", "mutation_scale": 11, "lw": 1.5, "shrinkA": 0, "shrinkB": 0}
    ax.add_artist(FancyArrowPatch(start, end, color=colour, **look))


def _put(ax: Axes, thing: str | Drawing, x: float, y: float, colour: str, rotation: float = 0) -> None:
    """Put a text or a small picture at the end of an arrow."""
    if callable(thing):
        thing(ax, x, y - 0.02)
    else:
        va = "bottom" if rotation else "center"
        look = {"ha": "center", "va": va, "rotation": rotation, "weight": "bold", "size": 11}
        ax.text(x, y, visible(thing), color=colour, **look, **MONO)


def _matrix(
    ax: Axes,
    x: float,
    y: float,
    values: NDArray,
    name: str,
    colour: str,
    *,
    rows: str = "",
    columns: str = "",
    lit: int | None = None,
) -> None:
    """Draw a matrix as a grid of numbers, its lower left corner at (x, y); one row may be lit."""
    height, width = values.shape
    for (i, j), value in np.ndenumerate(values):
        bottom = y + height - 1 - i
        fill = colour + "44" if i == lit else "none"
        ax.add_artist(Rectangle((x + j, bottom), 1, 1, fc=fill, ec=colour, lw=0.5))
        _label(ax, x + j + 0.5, bottom + 0.5, f"{value:+.2f}", INK, ha="center", size=7.5)
    for i, label in enumerate(rows):
        _label(ax, x - 0.3, y + height - 0.5 - i, label, INK, ha="center", size=9, **MONO)
    for j, label in enumerate(columns):
        _label(ax, x + j + 0.5, y + height + 0.35, label, INK, ha="center", size=9, **MONO)
    _label(ax, x + width + 0.15, y + height / 2, name, colour, weight="bold")


def _column(
    ax: Axes,
    x: float,
    y: float,
    values: NDArray,
    form: str,
    colour: str,
    labels: str = "",
    *,
    done: bool,
    now: bool,
) -> None:
    """Draw a vector as a column of cells, the deeper coloured the larger; empty when it is not done yet."""
    for i, value in enumerate(values):
        bottom = y + len(values) - 1 - i
        fill = to_rgba(colour, 0.55 * min(1.0, abs(value))) if done else "none"
        edge = {"ec": colour if done else SHADE, "lw": 1.8 if now else 0.5}
        ax.add_artist(Rectangle((x - 0.5, bottom), 1, 1, fc=fill, **edge))
        if done:
            _label(ax, x, bottom + 0.5, form.format(value), INK, ha="center", size=8.5)
        if labels:
            _label(ax, x - 0.72, bottom + 0.5, labels[i], INK, ha="center", size=8.5, **MONO)
