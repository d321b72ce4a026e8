"""The figures of lecture 8: many steps at once. Each takes the axes it draws on and returns them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from backprop_figures import CARD, LOW_TO_HIGH
from figures import CLASSES, INK, INPUT, MONO, OUTPUT, PLAIN, SHADE, STATE, TARGET, visible

# A colour, a mark and a dash for each way to go through a sequence; an LSTM looks as in lectures 3 and 4.
LOOKS = {
    "cell in a loop": (STATE, "v", "-"),
    "LSTM": CLASSES[3],
    "fused LSTM": CLASSES[3],
    "attention": (INPUT, "P", "--"),
    "fused attention": (INPUT, "o", ":"),
    "Transformer, places added": (INPUT, "o", "-."),
    "Transformer, places turned": (INPUT, "P", "--"),
    "Transformer, places none": (INPUT, "x", "-"),
    "every word looks": (INPUT, "o", "-"),
    "convolutions": CLASSES[1],
    "scan": CLASSES[2],
    "linear recurrence": CLASSES[2],
}
WEIGHT = LinearSegmentedColormap.from_list("weight", [CARD, OUTPUT])


# ---- who has heard whom


def draw_heard(ax: Axes, before: NDArray, now: NDArray) -> Axes:
    """Draw which places (rows) have heard which inputs (columns), and which of it is new.

    Args:
        ax: where to draw.
        before: (T, T), true where it was so one round earlier.
        now: (T, T), likewise.
    """
    T = len(now)
    for t, s in np.ndindex(T, T):
        if s <= t:
            colour = STATE if now[t, s] and not before[t, s] else PLAIN if now[t, s] else CARD
            ax.add_artist(Rectangle((s - 0.44, t - 0.44), 0.88, 0.88, fc=colour, ec=SHADE, lw=0.6))
    ax.set(xlim=(-0.7, T - 0.3), ylim=(T - 0.3, -0.7), aspect="equal", xlabel="input", ylabel="place")
    ax.set_title("who has heard whom; orange: new")
    ax.set_xticks(range(0, T, 5), range(1, T + 1, 5))
    ax.set_yticks(range(0, T, 5), range(1, T + 1, 5))
    return ax


def plot_busy(ax: Axes, busy: Sequence[int], workers: int, done: int) -> Axes:
    """Draw how many of some workers are busy in each round; the rounds that are still to come are pale."""
    rounds = np.arange(1, len(busy) + 1)
    ax.bar(rounds, workers, 0.8, color=SHADE, alpha=0.5)
    ax.bar(rounds, busy, 0.8, color=[STATE if k <= done else CARD for k in rounds], ec=STATE, lw=0.8)
    ax.set(xlim=(0.3, workers + 0.7), ylim=(0, workers), xlabel="round", ylabel="workers that are busy")
    return ax


def plot_costs(ax: Axes, lengths: Sequence[int], costs: Mapping[str, Sequence[float]], unit: str) -> Axes:
    """Draw what each way costs against the length, both on logarithmic axes."""
    for name, values in costs.items():
        colour, mark, dash = LOOKS[name]
        ax.plot(lengths, values, color=colour, marker=mark, ls=dash, ms=5, label=name)
    ax.set(xscale="log", yscale="log", xlabel="length T", ylabel=unit)
    ax.set_xticks(lengths, [f"{T:,}" for T in lengths])
    ax.minorticks_off()
    return ax


# ---- attention


def draw_row(ax: Axes, tokens: Sequence[str], weights: NDArray, query: int) -> Axes:
    """Draw where one token looks, as arcs to the others, thicker where it looks more.

    Args:
        ax: where to draw.
        tokens: T of them, in a row.
        weights: (T,) of the one that asks.
        query: its place.
    """
    for s, (token, weight) in enumerate(zip(tokens, weights, strict=True)):
        own = s == query
        ax.text(s, 0, visible(token), ha="center", va="center", size=13, color=TARGET if own else INK, **MONO)
        ax.add_artist(Rectangle((s - 0.4, -1.2 - 1.6 * weight), 0.8, 1.6 * weight, fc=OUTPUT, lw=0))
        if weight > 0.02:
            arc = {"arrowstyle": "-", "connectionstyle": f"arc3,rad={0.35 if s < query else -0.35}"}
            arc |= {"lw": 5 * weight, "color": OUTPUT, "alpha": 0.9}
            ax.annotate("", (s, 0.6), (query, 0.6), arrowprops=arc)
            ax.text(s, -0.85, f"{weight:.2f}", ha="center", va="center", size=8)
    ax.set(xlim=(-0.8, len(tokens) - 0.2), ylim=(-3, 3.4))
    ax.set_axis_off()
    return ax


def draw_weights(ax: Axes, tokens: Sequence[str], weights: NDArray, query: int | None = None) -> Axes:
    """Draw all the weights, a row for each token that asks; what a mask forbids is crossed out.

    Args:
        ax: where to draw.
        tokens: T of them.
        weights: (T, T); nan where nobody may look.
        query: the row to frame.
    """
    T = len(tokens)
    ax.imshow(np.nan_to_num(weights), cmap=WEIGHT, vmin=0, vmax=1)
    t, s = np.nonzero(np.isnan(weights))
    ax.plot(s, t, "x", color=PLAIN, ms=3, mew=0.6)
    if query is not None:
        ax.add_artist(Rectangle((-0.5, query - 0.5), T, 1, fill=False, ec=TARGET, lw=1.5))
    names = [visible(token) for token in tokens]
    ax.set_xticks(range(T), names, **MONO)
    ax.set_yticks(range(T), names, **MONO)
    ax.set(xlabel="is looked at", ylabel="looks")
    return ax


# ---- order


def draw_outputs(ax: Axes, words: Sequence[str], outputs: NDArray, title: str) -> Axes:
    """Draw what comes out at each word, a column (D,) of `outputs` (T, D), from blue to orange-red."""
    ax.imshow(outputs.T, cmap=LOW_TO_HIGH, vmin=-2, vmax=2, aspect="auto")
    ax.set_xticks(range(len(words)), words)
    ax.tick_params(axis="x", length=0)
    ax.set(yticks=[], title=title)
    return ax


def plot_changes(ax: Axes, words: Sequence[str], changes: NDArray) -> Axes:
    """Draw how far the output of each word moved, (T,), with the number above."""
    shown = np.where(changes < 1e-9, 0, changes)  # rounding is no change
    ax.bar(range(len(words)), shown, 0.6, color=STATE)
    for t, change in enumerate(shown):
        text = f"{change:.2f}" if change else "0"
        ax.text(t, change, text, ha="center", va="bottom", weight="normal" if change else "bold")
    ax.set_xticks(range(len(words)), words)
    ax.set(
        ylim=(0, max(1, 1.15 * shown.max())), ylabel="change of its output", title="each word against itself"
    )
    return ax


def draw_positions(ax: Axes, P: NDArray) -> Axes:
    """Draw what is added at each place, P (T, D), a column for each place."""
    ax.imshow(P.T, cmap=LOW_TO_HIGH, vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    ax.set(xlabel="place", ylabel="entry")
    return ax


# ---- what training brought


def plot_runs(
    ax: Axes,
    runs: Mapping[str, Sequence[tuple[Sequence[float], Sequence[float]]]],
    unit: str,
    levels: Mapping[str, float],
) -> Axes:
    """Draw a line for each seed that ends in a mark.

    Args:
        ax: where to draw.
        runs: network -> for each seed the places across, and the values there.
        unit: of the values.
        levels: name -> a value to compare with, without a network.
    """
    for name, seeds in runs.items():
        colour, mark, dash = LOOKS[name]
        for k, (places, values) in enumerate(seeds):
            ax.plot(places, values, color=colour, ls=dash, lw=1.2)
            look = {"color": colour, "ls": dash, "marker": mark, "ms": 6}
            ax.plot(places[-1], values[-1], **look, label=None if k else name, zorder=3)
    for name, level in levels.items():
        ax.axhline(level, color=PLAIN, ls=":", lw=2, label=name, zorder=1)
    ax.set(ylabel=unit)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


# ---- the scan


def draw_scan(ax: Axes, levels: Sequence[Sequence[str]], done: int) -> Axes:
    """Draw a scan: a row for each round, and arrows to what a place has merged with what stood before it.

    Args:
        ax: where to draw.
        levels: for each round, before the first too, what stands at each place, up to three lines of text.
        done: rounds that have been made; the rest is pale.
    """
    for k, level in enumerate(levels):
        for t, text in enumerate(level):
            made = k <= done
            reach = 2 ** (k - 1) if k else 0
            for source in {t, t - reach} if k and made else ():
                if source >= 0:
                    look = {"color": STATE if source < t else PLAIN, "lw": 1.3 if k == done else 0.6}
                    ax.plot([source, t], [-k + 0.75, -k + 0.25], **look, zorder=1)
            final = t < 2**k  # it has heard everything before it
            colour = SHADE if not made else OUTPUT if final else INK
            box = {
                "boxstyle": "round,pad=0.25",
                "fc": CARD,
                "ec": colour,
                "lw": 1.6 if final and made else 0.8,
            }
            shown = text if made else "…"
            ax.text(
                t,
                -k,
                shown,
                ha="center",
                va="center",
                size=7.5,
                bbox=box,
                color=INK if made else PLAIN,
                **MONO,
            )
        ax.text(-0.75, -k, f"round {k}" if k else "steps", ha="right", va="center")
    ax.set(xlim=(-1.6, len(levels[0]) - 0.4), ylim=(0.5 - len(levels), 0.5))
    ax.set_axis_off()
    return ax


def plot_block(ax: Axes, blocks: Mapping[str, Callable[[NDArray], NDArray]]) -> Axes:
    """Draw what some blocks of steps make of every state that may come in: h before, h after."""
    h = np.linspace(-3, 3, 121)
    for (colour, dash), (name, block) in zip(((STATE, "-"), (INK, "--")), blocks.items(), strict=False):
        ax.plot(h, block(h), color=colour, ls=dash, label=name)
    ax.axhline(0, color=SHADE, lw=1, zorder=0)
    ax.set(xlim=(-3, 3), ylim=(-3, 3), xlabel="state before", ylabel="state after")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=2)
    return ax


def plot_additions(ax: Axes, places: Sequence[int], counts: Mapping[str, Sequence[float]], T: int) -> Axes:
    """Draw how many additions, one behind another, a number met on its way, against where it came in."""
    for name, values in counts.items():
        colour, _, dash = LOOKS[name]
        ax.plot(places, values, color=colour, ls=dash, label=name)
    ax.set(
        yscale="symlog", ylim=(0, 2 * T), xlim=(0, T), xlabel="place of the one", ylabel="eps that are lost"
    )
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax
