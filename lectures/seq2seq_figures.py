"""The figures of lecture 5: one network reads, another writes. Each takes the axes it draws on and returns them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.font_manager import findfont, get_font
from matplotlib.patches import FancyBboxPatch, Rectangle
from numpy.typing import NDArray

from backprop_figures import CARD, LOW_TO_HIGH
from figures import CLASSES, INK, INPUT, MONO, OUTPUT, PLAIN, SHADE, STATE, TARGET, visible

GLYPHS = get_font(findfont("DejaVu Sans Mono")).get_charmap().keys()
LIKELY = LinearSegmentedColormap.from_list("likely", [CARD, OUTPUT])
STYLES = (*CLASSES, (STATE, "v", "-"), (INPUT, "P", "--"))


class Beginning(NamedTuple):
    """What a beam holds after some steps.

    Attributes:
        text: what was written so far; the end is one character too.
        log_p: the logarithm of its probability.
        parent: its place among the beginnings of one step before.
    """

    text: str
    log_p: float
    parent: int


# ---- reading and writing


def draw_read(ax: Axes, source: str) -> Axes:
    """Draw what is read, a box for each character, and the one state that comes out at the end."""
    for t, character in enumerate(source):
        _cell(ax, t, 0, character, INPUT)
    ax.annotate(
        "", (len(source) + 0.9, 0), (len(source) - 0.4, 0), arrowprops={"arrowstyle": "-|>", "color": STATE}
    )
    _cell(ax, len(source) + 1.4, 0, "h", STATE)
    return _blank(ax, (-0.6, max(30, len(source) + 2)), (-0.7, 0.7))


def plot_writing(ax: Axes, P: NDArray, tokens: Sequence[str], written: str, steps: int) -> Axes:
    """Draw what a writer expects at each step, and what it writes.

    Args:
        ax: where to draw.
        P: (S, V) probabilities.
        tokens: V names, rows of the picture.
        written: S characters; a frame marks each.
        steps: how many of them have been written; the rest is left blank.
    """
    S, V = P.shape
    shown = np.where(np.arange(S)[:, None] < steps, P, 0)
    ax.imshow(shown.T, cmap=LIKELY, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    for t, character in enumerate(written[:steps]):
        row = tokens.index(character)
        ax.add_patch(Rectangle((t - 0.5, row - 0.5), 1, 1, fill=False, ec=INK, lw=1.4))
        share = f"{100 * P[t, row]:.0f}%" if P[t, row] < 0.995 else ""
        ax.text(t, row, share, ha="center", va="center", size=8, color=CARD if P[t, row] > 0.5 else INK)
        ax.text(t, -0.8, character, ha="center", va="bottom", size=13, weight="bold", color=OUTPUT, **MONO)
    ax.set_yticks(range(V), tokens, **MONO)
    ax.set_xticks(range(S), range(1, S + 1))
    ax.set(xlabel="step of writing", ylim=(V - 0.5, -2.2))
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return ax


def draw_rows(ax: Axes, rows: Mapping[str, str], truth: str, forced: int | None = None) -> Axes:
    """Write rows of characters below each other: right ones green, wrong ones crossed out, a forced one framed.

    Args:
        ax: where to draw.
        rows: name -> at most as many characters as the truth has.
        truth: the right characters.
        forced: the place where something was forced upon the writer of the last row.
    """
    for k, (name, text) in enumerate(rows.items()):
        ax.text(-0.9, -k, name, ha="right", va="center")
        for t, (character, due) in enumerate(zip(text, truth, strict=False)):
            right = character == due
            _cell(ax, t, -k, character, OUTPUT if right else TARGET)
            if not right:
                ax.plot([t - 0.38, t + 0.38], [-k - 0.38, -k + 0.38], color=TARGET, lw=1.2)
    if forced is not None:
        bottom = 1 - len(rows)
        ax.add_patch(Rectangle((forced - 0.48, bottom - 0.48), 0.96, 0.96, color=SHADE, zorder=0))
        ax.text(forced, bottom - 0.55, "forced", ha="center", va="top")
    return _blank(ax, (-6.5, max(len(truth), 11) + 0.2), (0.1 - len(rows), 0.6))


# ---- how often it is right


def plot_shares(
    ax: Axes,
    x: Sequence[float],
    shares: Mapping[str, Sequence[Sequence[float]]],
    guess: Sequence[float] | None = None,
) -> Axes:
    """Draw shares of right answers, a line for each seed.

    Args:
        ax: where to draw.
        x: where each share stands.
        shares: name -> for each seed, a share for each x.
        guess: what one gets without looking, for each x.
    """
    for (colour, mark, dash), (name, seeds) in zip(STYLES, shares.items(), strict=False):
        for k, line in enumerate(seeds):
            look = {"color": colour, "marker": mark, "ls": dash, "ms": 5, "lw": 1.2}
            ax.plot(x, line, **look, label=None if k else name, clip_on=False)
    if guess is not None:
        ax.plot(x, guess, color=PLAIN, ls=":", lw=2, label="without reading")
    ax.set(ylim=(0, 1), ylabel="share right")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def plot_decays(ax: Axes, decays: Mapping[str, Callable[[float], float]], done: float) -> Axes:
    """Draw how likely the truth is shown as the training goes on, and mark the present."""
    x = np.linspace(0, 1, 201)
    for (colour, _, dash), (name, decay) in zip(STYLES[1:], decays.items(), strict=False):
        ax.plot(x, [decay(part) for part in x], color=colour, ls=dash, label=f"{name}, now {decay(done):.2f}")
        ax.plot(done, decay(done), "o", color=colour, ms=7)
    ax.axvline(done, color=SHADE, lw=1, zorder=0)
    ax.set(xlim=(0, 1), ylim=(0, 1.05), xlabel="share of the training that is done", ylabel="truth is shown")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def plot_groups(ax: Axes, values: Mapping[str, Sequence[float]], ylabel: str) -> Axes:
    """Draw a few values by name, a dot for each seed and a bar at their mean."""
    for k, seeds in enumerate(values.values()):
        ax.bar(k, np.mean(seeds), 0.6, color=SHADE)
        ax.plot([k] * len(seeds), seeds, "o", color=INK, ms=5, clip_on=False)
    ax.set_xticks(range(len(values)), values)
    ax.set(ylabel=ylabel)
    return ax


# ---- several ways at once


def draw_beam(ax: Axes, levels: Sequence[Sequence[Beginning]], truth: str, height: int) -> Axes:
    """Draw a beam as a tree that grows to the right; what no end descends from is pale.

    Args:
        ax: where to draw.
        levels: for each step, what is in the beam, the likeliest first.
        truth: the right answer; letters on the way to it are green.
        height: rows that there is room for.
    """
    alive = [set(range(len(levels[-1])))]
    for level in reversed(levels):
        alive.insert(0, {level[k].parent for k in alive[0]})
    _cell(ax, 0, 0, "", STATE)
    for t, level in enumerate(levels, start=1):
        for k, way in enumerate(level):
            lives, right = k in alive[t], truth.startswith(way.text)
            ax.plot([t - 0.75, t - 0.25], [-way.parent, -k], color=INK if lives else SHADE, lw=1.2, zorder=1)
            colour = (OUTPUT if right else TARGET) if lives else PLAIN
            _cell(ax, t, -k, way.text[-1], colour, width=0.5, pale=not lives)
    for k, way in enumerate(levels[-1]):
        share = f"{100 * np.exp(way.log_p):4.1f}%  {way.text}"
        ax.text(len(levels) + 0.5, -k, share, va="center", size=9, **MONO)
    return _blank(ax, (-0.5, 16.5), (-height + 0.4, 0.6))


# ---- a code


def plot_codes(ax: Axes, codes: NDArray, values: NDArray, at: tuple[float, float], title: str) -> Axes:
    """Draw codes (N, 2) as points, from blue to orange-red by a value of each (N,), and a cross at the chosen place."""
    ax.scatter(*codes.T, c=values, cmap=LOW_TO_HIGH, s=14, edgecolors=SHADE, linewidths=0.3)
    ax.plot(*at, "+", ms=18, mew=2.5, color=INK)
    ax.set(title=title, xlabel="first number", ylabel="second number")
    return ax


def plot_film(ax: Axes, film: NDArray, title: str, known: int | None = None) -> Axes:
    """Draw a film of one line of pixels (T, P), a row for each frame; a line under those that were known."""
    ax.imshow(film, cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    if known is not None:
        ax.axhline(known - 0.5, color=TARGET, ls="--", lw=1.5)
    ax.set(title=title, xlabel="pixel", ylabel="frame")
    return ax


# ---- the pieces


def _cell(
    ax: Axes, x: float, y: float, character: str, colour: str, width: float = 0.72, pale: bool = False
) -> None:
    corner = x - width / 2, y - 0.36
    style = {
        "boxstyle": "round,pad=0.02",
        "fc": CARD if pale else colour + "22",
        "ec": colour,
        "lw": 0.6 if pale else 1.4,
    }
    ax.add_artist(FancyBboxPatch(corner, width, 0.72, **style, zorder=2))
    look = {"ha": "center", "va": "center", "zorder": 3, "weight": "normal" if pale else "bold"}
    ax.text(x, y - 0.02, drawable(character), color=colour, **look, **MONO)


def drawable(character: str) -> str:
    """Give the character, or a box where the course's font has no picture of it, such as Chinese and Korean."""
    character = visible(character)
    return character if set(map(ord, character)) <= GLYPHS else "▯"


def _blank(ax: Axes, xlim: tuple[float, float], ylim: tuple[float, float]) -> Axes:
    ax.set(xlim=xlim, ylim=ylim)
    ax.set_axis_off()
    return ax
