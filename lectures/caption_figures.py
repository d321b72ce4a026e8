"""The figures of lecture 6: pictures with what was said of them, and why. Each takes the axes it draws on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle
from numpy.typing import NDArray

import figures
from figures import CLASSES, INK, INPUT, MONO, OUTPUT, PLAIN, SHADE, STATE, TARGET

WIDTH = 24  # letters of a line below a picture


# ---- pictures and captions


def draw_picture(ax: Axes, image: NDArray, said: str = "", due: str | None = None) -> Axes:
    """Draw a picture and below it what was said of it.

    Args:
        ax: where to draw.
        image: (side, side, 3).
        said: the caption.
        due: the right caption. Words that are not in their place there are bold and between crosses.
    """
    side = len(image)
    ax.imshow(image, extent=(0, side, side, 0), interpolation="nearest")
    words = said.split()
    wrong = _wrong(words, words if due is None else due.split())
    for text, line, column, false in _lines(words, wrong):
        look = {"color": TARGET, "weight": "bold"} if false else {"color": INK}
        place = (column * side / WIDTH, side + 6 + 6.5 * line)
        ax.text(*place, text, size=8.5, va="baseline", clip_on=False, **look, **MONO)
    ax.set(
        xlim=(0, side), ylim=(side + 3 + 6.5 * 3 if said else side, 0)
    )  # three lines, so that all are alike
    ax.set_axis_off()
    return ax


def draw_ways(ax: Axes, way_in: str) -> Axes:
    """Draw a captioner unrolled: the picture is its first state, or comes in beside every word."""
    read = ["START", "a", "red", "circle"]
    figures.draw_unrolled(ax, read, ["a", "red", "circle", "END"], start="0" if way_in == "input" else "")
    places = [(-1.15, 1.05)]
    if way_in == "input":
        places = [(t + 0.1, -0.75) for t in range(len(read))]
        for t, (x, y) in enumerate(places):
            ends = (x + 0.2, y + 0.3), (t + 0.22, 0.68)
            look = {"arrowstyle": "-|>", "mutation_scale": 11, "color": INPUT, "lw": 1.5}
            ax.add_artist(FancyArrowPatch(*ends, connectionstyle="arc3,rad=0.25", **look))
    for x, y in places:
        figures.draw_scene(ax, x, y)
    ax.set(xlim=(-1.6, 3.8), ylim=(-1.2, 2.2))
    return ax


def draw_batch(ax: Axes, rows: Sequence[Sequence[str]], specials: Mapping[str, str]) -> Axes:
    """Draw captions as rows of tokens.

    Args:
        ax: where to draw.
        rows: N captions of T tokens.
        specials: token -> how it is written; the others are words, and the last of these is what is masked.
    """
    masked = list(specials)[-1]
    for n, row in enumerate(rows):
        for t, token in enumerate(row):
            look = {"fc": SHADE if token == masked else "none", "hatch": "//" if token == masked else None}
            ax.add_artist(Rectangle((t - 0.5, n - 0.5), 1, 1, ec=PLAIN, lw=0.6, **look))
            colour = STATE if token in specials else INK
            shown = specials.get(token, token)
            ax.text(t, n, shown, ha="center", va="center", size=8, color=PLAIN if token == masked else colour)
    ax.set(xlim=(-0.6, len(rows[0]) - 0.4), ylim=(len(rows) - 0.4, -0.6))
    ax.set_axis_off()
    return ax


# ---- what is left of a picture


def draw_features(ax: Axes, features: NDArray, title: str) -> Axes:
    """Draw features as a strip for each cell, (cells, C): dark is strong."""
    look = {"aspect": "auto", "cmap": "Greys", "interpolation": "nearest"}
    ax.imshow(features, vmin=0, vmax=max(2.0, float(features.max())), **look)
    ax.set_yticks(range(len(features)), range(1, len(features) + 1) if len(features) > 1 else ["mean"])
    ax.set(title=title, **({"ylabel": "cell"} if len(features) > 1 else {"xlabel": "feature"}))
    ax.tick_params(length=0)
    return ax


# ---- results


def plot_seeds(ax: Axes, scores: Mapping[str, Sequence[float]], unit: str) -> Axes:
    """Draw a bar for the mean of each name's scores, and a mark for each seed."""
    places = np.arange(len(scores), 0, -1)
    means = [float(np.mean(values)) for values in scores.values()]
    ax.barh(places, means, 0.6, color=SHADE)
    for place, values, mean in zip(places, scores.values(), means, strict=True):
        ax.plot(values, [place] * len(values), "o", ms=5, mfc="none", color=INK, clip_on=False)
        ax.text(1.05, place, f"{mean:.2f}", va="center", size=9)
    ax.set_yticks(places, list(scores))
    ax.tick_params(axis="y", length=0)
    ax.set(xlim=(0, 1), xlabel=unit)
    return ax


def plot_said(ax: Axes, shares: Mapping[str, float], true: Sequence[bool], unit: str) -> Axes:
    """Draw how often, or how likely, each caption was said; a cross and a hatched bar say that it is false."""
    for place, ((caption, share), right) in enumerate(zip(shares.items(), true, strict=True)):
        look = {"color": OUTPUT} if right else {"fc": "none", "ec": TARGET, "hatch": "////"}
        ax.barh(-place, share, 0.7, **look)
        mark = "" if right else "× "
        ax.text(1.03, -place, mark + (caption or "(nothing)"), size=8.5, va="center", clip_on=False)
    ax.set(xlim=(0, 1), ylim=(0.6 - max(len(shares), 5), 0.6), yticks=[], xlabel=unit)
    return ax


def plot_change(ax: Axes, words: Sequence[str], changes: Mapping[str, NDArray], marked: int = -1) -> Axes:
    """Draw how much each word's distribution changed, (T,) between 0 and 1, for each intervention."""
    width = 0.8 / len(changes)
    for k, (name, change) in enumerate(changes.items()):
        colour, _, _ = CLASSES[k]
        look = {"color": colour} if k == 0 else {"fc": "none", "ec": colour, "hatch": "///"}
        ax.bar(np.arange(len(words)) + (k + 0.5) * width - 0.4, change, width, label=name, **look)
    ax.set_xticks(range(len(words)), words, size=10)
    ax.set(ylim=(0, 1.02), ylabel="probability moved")
    if marked >= 0:
        ax.axvspan(marked - 0.5, marked + 0.5, color=STATE, alpha=0.12, lw=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(changes), borderaxespad=0)
    return ax


def draw_chances(ax: Axes, words: Sequence[str], before: NDArray, after: NDArray) -> Axes:
    """Draw the likeliest next words with the picture and after it was exchanged, as two bars each."""
    order = np.argsort(-np.maximum(before, after))[:6]
    ax.bar(np.arange(6) - 0.2, before[order], 0.4, color=OUTPUT, label="with the picture")
    ax.bar(np.arange(6) + 0.2, after[order], 0.4, fc="none", ec=PLAIN, hatch="////", label="exchanged")
    ax.set_xticks(range(6), [words[i] for i in order])
    ax.set(ylim=(0, 1.02), ylabel="probability")
    ax.legend(loc="upper right")
    return ax


def plot_bleu(ax: Axes, parts: Mapping[str, tuple[Mapping[str, float], bool]]) -> Axes:
    """Draw what BLEU is made of, for each caption: name -> (its parts and the score, is it true?)."""
    width = 0.8 / len(parts)
    for k, (name, (values, true)) in enumerate(parts.items()):
        look = {"color": OUTPUT} if true else {"fc": "none", "ec": TARGET, "hatch": "////"}
        places = np.arange(len(values)) + (k + 0.5) * width - 0.4
        ax.bar(places, values.values(), width, label=f"{name} ({'true' if true else 'false'})", **look)
        for place, value in zip(places, values.values(), strict=True):
            ax.text(place, value + 0.02, f"{value:.2f}", ha="center", size=8)
        ax.set_xticks(range(len(values)), list(values))
    ax.set(ylim=(0, 1.1), ylabel="score")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=1, borderaxespad=0)
    return ax


def plot_naming(ax: Axes, shares: Mapping[str, Mapping[str, NDArray]], fogs: NDArray, fog: float) -> Axes:
    """Draw how likely a word is in ever thicker fog: network -> word -> (fogs,); a line marks the fog now."""
    for (colour, mark, _), (network, curves) in zip(CLASSES, shares.items(), strict=False):
        for dash, (word, values) in zip(("-", ":"), curves.items(), strict=False):
            ax.plot(fogs, values, ls=dash, marker=mark, ms=4, color=colour, label=f"{network}: {word}")
    ax.axvline(fog, color=STATE, lw=1)
    ax.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="fog", ylabel="probability")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)
    return ax


# ---- the pieces


def _wrong(said: Sequence[str], due: Sequence[str]) -> list[bool]:
    return [t >= len(due) or word != due[t] for t, word in enumerate(said)]


def _lines(words: Sequence[str], wrong: Sequence[bool]) -> Iterator[tuple[str, int, int, bool]]:
    """Break a caption into lines; give each word with its line, its column, and whether it is wrong."""
    line = column = 0
    for word, false in zip(words, wrong, strict=True):
        text = f"×{word}×" if false else word
        if column and column + len(text) > WIDTH:
            line, column = line + 1, 0
        yield text, line, column, false
        column += len(text) + 1
