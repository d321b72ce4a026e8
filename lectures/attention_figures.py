"""The figures of lecture 7: where a network looks, and what it makes of it. Each takes the axes it draws on.

What is looked at is blue, the colour of the input; where it should have looked has a dashed purple frame, the colour
of what is right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Circle, Rectangle
from numpy.typing import NDArray

from figures import CLASSES, INK, INPUT, MONO, OUTPUT, PLAIN, SHADE, STATE, TARGET
from seq2seq_figures import CARD, drawable

LOOKED = LinearSegmentedColormap.from_list("looked", [CARD, "#8FBDE0", INPUT, "#123F63"])
FRAME = {"fill": False, "ec": TARGET, "ls": (0, (3, 2)), "lw": 1.6}


# ---- weights


def draw_alignment(
    ax: Axes, weights: NDArray, read: str, written: str, spans: Sequence[tuple[int, int, int]] = ()
) -> Axes:
    """Draw where a writer looked: a row for each character written, a column for each one read.

    Args:
        ax: where to draw.
        weights: (S, T), each row sums to one.
        read: T characters.
        written: at most S characters; the other rows are left blank.
        spans: for each row its number, and from where to where it should have looked.
    """
    shown = np.where(np.arange(len(weights))[:, None] < len(written), weights, 0)
    ax.imshow(shown, cmap=LOOKED, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    for row, start, end in spans:
        if row < len(written):
            ax.add_patch(Rectangle((start - 0.5, row - 0.5), end - start, 1, **FRAME))
    for t, character in enumerate(read):
        ax.text(t, -0.75, drawable(character), ha="center", va="bottom", size=11, color=INPUT, **MONO)
    for s, character in enumerate(written):
        ax.text(-0.8, s, character, ha="right", va="center", size=11, weight="bold", color=OUTPUT, **MONO)
    wide = max(len(read), 20)  # a short text is not blown up
    ax.set(xticks=[], yticks=[], ylim=(len(weights) - 0.5, -1.9), xlim=(-1.6, wide - 0.3))
    ax.spines[:].set_visible(False)
    return ax


def plot_softmax(ax: Axes, weights: NDArray, names: Sequence[object], unit: str, title: str) -> Axes:
    """Draw a softmax (L,) as bars with L names, and the even share as a dotted line."""
    ax.bar(range(len(weights)), weights, 0.7, color=INPUT)
    ax.axhline(1 / len(weights), color=PLAIN, ls=":")
    ax.set_xticks(range(len(weights)), names)
    ax.set(ylim=(0, 1), ylabel=unit)
    ax.set_title(title, size=10)
    return ax


def plot_mass(ax: Axes, words: Sequence[str], mass: NDArray, even: float, marked: int) -> Axes:
    """Draw how much weight (T,) lay where it should for each word; nan where a word speaks of no place.

    Args:
        ax: where to draw.
        words: T words.
        mass: (T,).
        even: what even weights would have there.
        marked: the place of the word that is shown.
    """
    ax.bar(range(len(words)), np.nan_to_num(mass), 0.7, color=INPUT)
    for t in np.flatnonzero(np.isnan(mass)):
        ax.text(t, 0.02, "–", ha="center", color=PLAIN)
    ax.axhline(even, color=PLAIN, ls=":")
    ax.axvspan(marked - 0.5, marked + 0.5, color=STATE, alpha=0.12, lw=0)
    ax.set_xticks(range(len(words)), words, rotation=35)
    ax.set(ylim=(0, 1.02), ylabel="weight on its object")
    return ax


def draw_swatches(ax: Axes, colours: NDArray, weights: NDArray, chosen: int) -> Axes:
    """Draw colours as a strip, each as wide as its weight; below it their mixture and the one that was chosen.

    Args:
        ax: where to draw.
        colours: (L, 3) red, green and blue between 0 and 1.
        weights: (L,), they sum to one.
        chosen: the place of the one that was drawn by chance.
    """
    left = 0.0
    for k, (colour, weight) in enumerate(zip(colours, weights, strict=True)):
        look = {"ec": INK, "lw": 3.0 if k == chosen else 0.8, "zorder": 2 if k == chosen else 1}
        ax.add_patch(Rectangle((left, 1.25), weight, 0.6, fc=colour, **look))
        if weight > 0.04:
            ax.text(left + weight / 2, 1.95, f"{weight:.2f}", ha="center", size=9)
        left += weight
    for x, name, colour in ((0.0, "soft: the mean", weights @ colours), (0.55, "hard: one", colours[chosen])):
        ax.add_patch(Rectangle((x, 0.2), 0.45, 0.75, fc=colour, ec=INK, lw=0.8))
        ax.text(x + 0.225, 0.1, name, ha="center", va="top")
    return _blank(ax, (-0.02, 1.02), (-0.15, 2.15))


# ---- places in a picture


def draw_attended(
    ax: Axes, image: NDArray, weights: NDArray | None = None, truth: Sequence[int] = (), title: str = ""
) -> Axes:
    """Draw a picture, the less lit the less a cell was looked at, with the share of each cell in its corner.

    Args:
        ax: where to draw.
        image: (side, side, 3) of bytes.
        weights: (R, C) over the cells, they sum to one; without them all is lit.
        truth: cells to frame, counted as one reads: where it should have looked.
        title: what to write above.
    """
    side = len(image)
    ax.imshow(image, extent=(0, side, side, 0), interpolation="nearest")
    if weights is not None:
        height, width = side / weights.shape[0], side / weights.shape[1]
        for (row, column), weight in np.ndenumerate(weights):
            corner = column * width, row * height
            dark = 0.72 * (1 - min(1.0, float(weight / weights.max())))
            ax.add_artist(Rectangle(corner, width, height, fc="#000000", alpha=dark, lw=0))
            if weight > 0.045:
                place = corner[0] + 0.1 * width, corner[1] + 0.1 * height
                ax.text(*place, f"{100 * weight:.0f}", size=8, va="top", color="white")
        for cell in truth:
            row, column = divmod(cell, weights.shape[1])
            box = ((column + 0.02) * width, (row + 0.02) * height), 0.96 * width, 0.96 * height
            ax.add_patch(Rectangle(*box, fill=False, ec="#F0B6FF", ls=(0, (3, 2)), lw=2))
    ax.set_title(title, size=10)
    return _blank(ax, (0, side), (side, 0))


def plot_answers(ax: Axes, rows: Mapping[str, Mapping[str, float]], kept: str) -> Axes:
    """Draw for each way of asking the likeliest answers as a bar in pieces; one of the answers is green in all."""
    for place, (name, chances) in enumerate(rows.items()):
        left = 0.0
        for answer, share in sorted(chances.items(), key=lambda entry: -entry[1])[:4]:
            look = {"fc": OUTPUT, "ec": CARD} if answer == kept else {"fc": SHADE, "ec": CARD}
            ax.barh(-place, share, 0.66, left=left, **look)
            if share > 0.12:
                colour = CARD if answer == kept else INK
                ax.text(left + share / 2, -place, answer, ha="center", va="center", size=9, color=colour)
            left += share
        ax.text(-0.02, -place, name, ha="right", va="center", size=9.5)
    ax.set(xlim=(0, 1), ylim=(0.5 - len(rows), 0.5), yticks=[], xlabel="probability of each answer")
    ax.spines["left"].set_visible(False)
    return ax


def plot_kinds(
    ax: Axes,
    kinds: Sequence[str],
    shares: Mapping[str, Sequence[Sequence[float]]],
    ylabel: str = "share right",
) -> Axes:
    """Draw a group of bars for each kind, one bar a name at the mean of its seeds, and a dot for each seed.

    Args:
        ax: where to draw.
        kinds: K names of groups.
        shares: name -> for each seed K numbers.
        ylabel: what the numbers are.
    """
    width = 0.8 / len(shares)
    looks = (
        {"fc": "none", "ec": PLAIN, "hatch": "////"},
        {"color": SHADE},
        {"color": "#8FBDE0"},
        {"color": INPUT},
        {"color": "#123F63"},
    )
    for k, (look, (name, seeds)) in enumerate(zip(looks, shares.items(), strict=False)):
        places = np.arange(len(kinds)) + (k + 0.5) * width - 0.4
        ax.bar(places, np.mean(seeds, axis=0), 0.92 * width, label=name, **look)
        for values in seeds:
            ax.plot(places, values, "o", ms=3.5, mfc="none", color=INK, clip_on=False)
    ax.set_xticks(range(len(kinds)), kinds, size=10)
    ax.set(ylim=(0, 1), ylabel=ylabel)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(shares), borderaxespad=0)
    return ax


# ---- chance


def draw_estimates(ax: Axes, estimates: NDArray, chances: NDArray, names: Sequence[str], title: str) -> Axes:
    """Draw what a gradient can be estimated as, one dot for each choice, and their mean, which is the gradient.

    Args:
        ax: where to draw.
        estimates: (L, 2).
        chances: (L,) how likely each is; a dot is as large.
        names: L names.
        title: what to write above.
    """
    mean = chances @ estimates
    for (x, y), chance, name in zip(estimates, chances, names, strict=True):
        ax.plot([mean[0], x], [mean[1], y], color=SHADE, lw=1.2, zorder=1)
        ax.plot(x, y, "o", ms=4 + 22 * chance, color=STATE, alpha=0.75, mec=INK)
        ax.annotate(f"{name}, {chance:.0%}", (x, y), (9, 6), textcoords="offset points", size=9)
    ax.plot(*mean, "+", ms=16, mew=2.6, color=INPUT, zorder=5)
    ax.set(title=title, xlabel="along one direction", ylabel="across it")
    ax.set(xlim=(-2.6, 2.6), ylim=(-3.4, 1.6))
    return ax


def plot_variance(ax: Axes, baselines: NDArray, variances: NDArray, now: float) -> Axes:
    """Draw the variance of an estimate against its baseline, and where the baseline stands now."""
    ax.plot(baselines, variances, color=STATE, label="hard, one sample")
    ax.axhline(0, color=INPUT, ls="--", clip_on=False, label="soft")
    ax.plot(
        now, np.interp(now, baselines, variances), "o", color=STATE, ms=8, mec=INK, clip_on=False, zorder=5
    )
    ax.set(xlabel="baseline", ylabel="variance of the gradient", xlim=(baselines[0], baselines[-1]))
    ax.set(ylim=(0, 1.08 * variances.max()))
    ax.legend(loc="upper center")
    return ax


def plot_runs(ax: Axes, runs: Mapping[str, NDArray], ylabel: str, floor: float) -> Axes:
    """Draw curves (runs, steps): each name's mean as a line, and all but the outermost tenths of its runs as a band."""
    for (colour, _, dash), (name, curves) in zip(
        ((INPUT, "", "--"), (STATE, "", "-"), (CLASSES[1][0], "", "-.")), runs.items(), strict=False
    ):
        low, high = np.quantile(curves, (0.1, 0.9), axis=0)
        ax.fill_between(range(curves.shape[1]), low, high, color=colour, alpha=0.18, lw=0)
        ax.plot(curves.mean(axis=0), color=colour, ls=dash, label=name)
    ax.axhline(floor, color=PLAIN, ls=":")
    ax.set(xlabel="step of training", ylabel=ylabel, xlim=(0, curves.shape[1] - 1))
    ax.legend(loc="upper right")
    return ax


# ---- looking and drawing, step by step


def draw_gaze(
    ax: Axes, image: NDArray, looks: NDArray, sizes: Sequence[float], steps: int, title: str = ""
) -> Axes:
    """Draw a picture and the path of a gaze over it: frames with their numbers.

    Args:
        ax: where to draw.
        image: (R, C), dark is strong.
        looks: (T, 2) the middle of each look, row and column in pixels.
        sizes: sides of the frames of one look, in pixels; the first is drawn thick.
        steps: how many looks were taken.
        title: what to write above.
    """
    ax.imshow(image, cmap="Greys", interpolation="nearest")
    for t, (row, column) in enumerate(looks[:steps]):
        now = t == steps - 1
        for k, size in enumerate(sizes):
            box = (column - size / 2, row - size / 2), size, size
            ax.add_artist(
                Rectangle(*box, fill=False, ec=INPUT, lw=(2.2 if now else 1.1) / (1 + k), clip_on=True)
            )
        place = (
            column - sizes[0] / 2 + 1.2 + 3.1 * t,
            row - sizes[0] / 2 + 1.2,
        )  # side by side if it looks again
        box = {"fc": INPUT, "ec": INPUT, "pad": 1.5}
        ax.text(*place, t + 1, color=CARD, weight="bold", size=9, ha="center", va="center", bbox=box)
    ax.plot(looks[:steps, 1], looks[:steps, 0], color=STATE, lw=1, ls=":")
    ax.set_title(title, size=10)
    ax.add_patch(Rectangle((-0.5, -0.5), image.shape[1], image.shape[0], fill=False, ec=PLAIN, lw=0.8))
    return _blank(ax, (-0.7, image.shape[1] - 0.3), (image.shape[0] - 0.3, -0.7))


def draw_canvas(
    ax: Axes,
    canvas: NDArray,
    windows: Mapping[str, tuple[float, float, float]] | None = None,
    title: str = "",
) -> Axes:
    """Draw a canvas and the windows that are used on it.

    Args:
        ax: where to draw.
        canvas: (R, C) from 0 to 1, dark is strong.
        windows: "read", a dashed blue frame, or "written", a red one: row and column of the middle, and side.
        title: what to write above.
    """
    ax.imshow(canvas, cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
    looks = {"read": {"ec": INPUT, "ls": "--"}, "written": {"ec": STATE}}
    for name, (row, column, side) in (windows or {}).items():
        box = (column - side / 2, row - side / 2), side, side
        ax.add_patch(Rectangle(*box, fill=False, lw=1.6, **looks[name]))
    ax.add_patch(Rectangle((-0.5, -0.5), canvas.shape[1], canvas.shape[0], fill=False, ec=PLAIN, lw=0.8))
    ax.set_title(title, size=10)
    return _blank(ax, (-0.6, canvas.shape[1] - 0.4), (canvas.shape[0] - 0.4, -0.6))


def draw_window(ax: Axes, image: NDArray, rows: NDArray, columns: NDArray, width: float) -> Axes:
    """Draw a picture (R, C) and a grid of filters over it: a dot at the middle of each, a circle for its width."""
    ax.imshow(image, cmap="Greys", interpolation="nearest")
    for row in rows:
        for column in columns:
            ax.plot(column, row, ".", color=STATE, ms=4)
            ax.add_artist(Circle((column, row), width, fill=False, ec=STATE, lw=0.7))
    ax.set_title("the window", size=10)
    ax.add_patch(Rectangle((-0.5, -0.5), image.shape[1], image.shape[0], fill=False, ec=PLAIN, lw=0.8))
    return _blank(ax, (-0.6, image.shape[1] - 0.4), (image.shape[0] - 0.4, -0.6))


def draw_patch(ax: Axes, patch: NDArray, title: str) -> Axes:
    """Draw what a window reads, or what it writes back, (P, Q)."""
    ax.imshow(patch, cmap="Greys", interpolation="nearest", vmin=0)
    ax.set_title(title, size=10)
    ax.add_patch(Rectangle((-0.5, -0.5), patch.shape[1], patch.shape[0], fill=False, ec=PLAIN, lw=0.8))
    return _blank(ax, (-0.6, patch.shape[1] - 0.4), (patch.shape[0] - 0.4, -0.6))


# ---- the pieces


def _blank(ax: Axes, xlim: tuple[float, float], ylim: tuple[float, float]) -> Axes:
    ax.set(xlim=xlim, ylim=ylim)
    ax.set_axis_off()
    return ax
