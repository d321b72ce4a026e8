"""The figures of lecture 2. Each takes the axes it draws on and returns them.

A gradient has the colour of the way it came: that of the output for a state's own gradient, that of the state for
the one from the future.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from figures import INK, INPUT, MONO, OUTPUT, PLAIN, SHADE, STATE, TARGET

MARKS = ("o", "s", "^", "D")
CARD = "#FBFAF7"  # what a figure is drawn on
LOW_TO_HIGH = LinearSegmentedColormap.from_list("activation", [INPUT, CARD, STATE])


# ---- the ledger


def plot_nudge(ax: Axes, before: NDArray, after: NDArray, targets: NDArray) -> Axes:
    """Draw the states of a network before and after one of its weights was nudged.

    Args:
        ax: where to draw.
        before: (T + 1,), the initial state first.
        after: (T + 1,), likewise.
        targets: (T,), what the states should have been; there is none for the initial one.
    """
    steps = np.arange(len(before))
    ax.plot(steps, before, "o-", color=STATE, label="state")
    ax.plot(steps, after, "o--", color=STATE, mfc=CARD, lw=1.2, label="state, nudged")
    ax.plot(steps[1:], targets, "D", color=TARGET, label="target")
    ax.axhline(0, color=PLAIN, lw=0.6)
    ax.set(ylim=(-1.25, 1.25), xlim=(-0.6, len(before) + 0.7), ylabel="state h")
    ax.set_xticks(steps, [f"h{t}" for t in steps])
    ax.legend(loc="lower left", bbox_to_anchor=(0.35, 1), ncols=3, borderaxespad=0)
    return ax


def plot_ledger(
    ax: Axes, bars: NDArray, *, reached: int | None = None, measured: tuple[int | None, float] | None = None
) -> Axes:
    """Draw one bar for each use of a shared weight, and their total.

    Args:
        ax: where to draw.
        bars: (T,), the gradient of each use.
        reached: how many uses the way back has come to, the last ones; all of them by default.
        measured: a use from 1 to T, or None for all of them, and the slope that a nudge to it gave.
    """
    T = len(bars)
    reached = T if reached is None else reached
    uses, total = np.arange(1, T + 1), T + 1.2
    known = uses > T - reached
    ax.bar(uses[known], bars[known], 0.6, color=STATE)
    ax.bar(total, bars[known].sum(), 0.6, color=INK)
    for place, value in [*zip(uses[known], bars[known], strict=True), (total, bars[known].sum())]:
        above = value >= 0
        ax.annotate(f"{value + 0:+.2f}", (place, value), xytext=(0, 3 if above else -3), ha="center", size=9,
                    textcoords="offset points", va="bottom" if above else "top")  # fmt: skip
    if measured is not None:
        use, slope = measured
        place = (total if use is None else use) + 0.42
        ax.plot(place, slope, "<", ms=9, color=INPUT, label="measured by the nudge")
        ax.legend(loc="upper right", bbox_to_anchor=(1, 1.15))
    ax.axhline(0, color=INK, lw=0.8)
    ax.set_xticks([*uses, total], [*(f"use {t}" for t in uses), "total"])
    highest = 1.35 * np.abs([*bars, bars.sum()]).max()
    ax.set(xlim=(-0.6, T + 1.7), ylim=(-highest, highest), ylabel="gradient")
    return ax


def draw_way_back(ax: Axes, states: NDArray, own: NDArray, from_future: NDArray, steps: int) -> Axes:
    """Draw the way back through a chain of states: at each one, two gradients meet.

    Args:
        ax: where to draw.
        states: (T + 1,), the initial state first.
        own: (T,), what each state hears from the error at its own step.
        from_future: (T,), what each state hears from the step after it.
        steps: how many steps back have been made, 0 to T.
    """
    T = len(own)
    for t, state in enumerate(states):
        reached = t > max(0, T - steps)
        _box(ax, t, 0, f"h{t}\n{state:+.2f}", STATE if t > 0 else PLAIN)
        if t > 0:
            _arrow(ax, (t - 0.66, 0.1), (t - 0.34, 0.1), SHADE)
        if reached:
            _arrow(ax, (t, 1.12), (t, 0.48), OUTPUT)
            ax.text(t, 1.3, f"own\n{own[t - 1]:+.2f}", color=OUTPUT, ha="center", va="center", size=9)
            _arrow(ax, (t - 0.34, -0.14), (t - 0.66, -0.14), STATE)
            if t < T:
                ax.text(
                    t + 0.5,
                    -0.62,
                    f"future\n{from_future[t - 1]:+.2f}",
                    color=STATE,
                    ha="center",
                    va="center",
                    size=8.5,
                )
            total = own[t - 1] + from_future[t - 1]
            ax.text(
                t, -0.68, f"sum\n{total:+.2f}", color=INK, ha="center", va="center", size=9, weight="bold"
            )
    ax.set(xlim=(-0.6, T + 1.7), ylim=(-1.1, 1.65))
    ax.set_axis_off()
    return ax


# ---- checking a gradient


def plot_secant(ax: Axes, f: Callable[[float], float], at: float, slope: float, step: float) -> Axes:
    """Draw a function within two steps of a point, its tangent, and the line through the points one step away.

    Args:
        ax: where to draw.
        f: from a number to a number.
        at: the point.
        slope: the true one, of the tangent.
        step: the nudge, up and down.
    """
    nudges = np.linspace(-2, 2, 161) * step
    rise = np.array([f(at + nudge) for nudge in nudges]) - f(at)
    up, down = f(at + step) - f(at), f(at - step) - f(at)
    secant = (up + down) / 2 + (up - down) / 2 * nudges / step
    scale = 3 * abs(slope) * step
    ax.plot(nudges / step, rise / scale, color=INK, lw=4, alpha=0.3, label="the loss, as computed")
    ax.plot(nudges / step, slope * nudges / scale, color=OUTPUT, ls="--", label="true slope")
    ax.plot(nudges / step, secant / scale, color=INPUT, lw=1.2, label="slope by the nudges")
    ax.plot([-1, 1], [down / scale, up / scale], "o", color=INPUT)
    ax.set(ylim=(-1.3, 1.3), xlabel="nudge / step", ylabel="change of the loss (scaled)")
    ax.set(xticks=(-2, -1, 0, 1, 2), yticks=[])
    ax.legend(loc="upper right")
    return ax


def plot_check(ax: Axes, steps: NDArray, errors: Mapping[str, NDArray], chosen: tuple[str, float]) -> Axes:
    """Draw the relative error of a gradient by nudges against the step, on logarithmic axes.

    Args:
        ax: where to draw.
        steps: (S,).
        errors: name of a way of nudging -> (S,).
        chosen: a name and a step, marked.
    """
    looks = ((INK, "o", "-"), (PLAIN, "s", "--"), (STATE, "^", "-."))
    for (colour, mark, dash), (name, error) in zip(looks, errors.items(), strict=True):
        ax.plot(steps, error, color=colour, marker=mark, ms=3.5, ls=dash, lw=1.2, label=name)
    name, step = chosen
    error = errors[name][np.abs(np.log(steps / step)).argmin()]
    ax.plot(step, error, "o", ms=13, mfc="none", mec=INPUT, mew=2.2)
    ax.set(xscale="log", yscale="log", xlabel="step", ylabel="relative error", ylim=(1e-12, 10))
    for axis, powers in ((ax.xaxis, range(-15, 0, 5)), (ax.yaxis, range(-12, 2, 3))):
        axis.set_ticks([10.0**power for power in powers], [f"1e{power}" for power in powers])
    ax.minorticks_off()
    ax.legend(loc="lower left")
    return ax


# ---- what it costs, and what is cut


def plot_memory(ax: Axes, lengths: Sequence[int], kept: Mapping[str, Sequence[float]]) -> Axes:
    """Draw the bytes that were held at most against the length of the text.

    Args:
        ax: where to draw.
        lengths: the T of each measurement.
        kept: what was kept -> the bytes of each measurement.
    """
    for (name, held), mark, colour in zip(kept.items(), MARKS, (STATE, INPUT, PLAIN), strict=False):
        ax.plot(lengths, np.array(held) / 2**20, marker=mark, color=colour)
        ax.text(lengths[-1] * 1.06, held[-1] / 2**20, name, color=colour, va="center")
    ax.set(xscale="log", yscale="log", xlabel="T, steps", ylabel="held at most (MiB)")
    ax.set_xticks(lengths, [f"{T:,}" for T in lengths])
    ax.set_yticks((0.25, 1, 4, 16), ("0.25", "1", "4", "16"))
    ax.minorticks_off()
    return ax


def draw_truncation(ax: Axes, T: int, k1: int, k2: int) -> Axes:
    """Draw which arrows of the way back exist: one row for each stop.

    Args:
        ax: where to draw.
        T: steps of the text.
        k1: steps from one stop to the next.
        k2: steps that are gone back from each, at least k1.
    """
    stops = [min(start + k1, T) for start in range(0, T, k1)]
    arrows, errors, visited, cuts = [], [], [], []
    for row, stop in enumerate(stops):
        since, first = k1 * row + 1, max(1, stop - k2 + 1)
        errors += [(t, row) for t in range(since, stop + 1)]
        visited += [(t, row) for t in range(first, since)]
        arrows += [(t + 1, row) for t in range(first, stop)]
        cuts += [(first - 0.5, row)] if first > 1 else []
    ax.hlines(range(len(stops)), 0.5, T + 0.5, color=SHADE, lw=0.8, zorder=0)
    look = {"angles": "xy", "scale_units": "xy", "scale": 1, "color": STATE, "width": 0.004, "headwidth": 5}
    ax.quiver(*_columns(arrows), -0.85, 0, **look, zorder=2)
    ax.plot(*_columns(errors), "o", color=OUTPUT, ms=7, zorder=3)
    ax.plot(*_columns(visited), "o", mfc=CARD, mec=STATE, ms=6, zorder=3)
    ax.plot(*_columns(cuts), "|", color=INK, ms=11, mew=2)
    for row, stop in enumerate(stops):
        ax.text(0.3, row, f"stop at {stop}", ha="right", va="center", size=8)
    ax.set(xlim=(-1.5, T + 0.6), ylim=(T - 0.3, -0.7), xlabel="step", xticks=range(1, T + 1), yticks=[])
    ax.spines["left"].set_visible(False)
    return ax


def plot_reach_of_errors(ax: Axes, T: int, k1: int, k2: int) -> Axes:
    """Draw the share of the errors that still reach a use of the weight so many steps before them."""
    back = np.arange(T)
    ax.bar(back, 100 * np.clip(k2 - back, 0, k1) / k1, 0.7, color=STATE)
    ax.set(ylim=(0, 105), xlabel="steps before the error", ylabel="errors that get there (%)")
    ax.set_xticks(range(0, T, 2))
    return ax


def plot_costs(ax: Axes, costs: Mapping[tuple[int, int], tuple[float, float]], k1: int, k2: int) -> Axes:
    """Draw what each pair of k1 and k2 costs.

    Args:
        ax: where to draw.
        costs: (k1, k2) -> microseconds for each step of the text, and the bytes that were held.
        k1: of the pair that is marked.
        k2: likewise.
    """
    times, held = np.array(list(costs.values())).T
    ax.plot(held / 1024, times, "o", color=PLAIN, ms=3, mew=0)
    time, memory = costs[k1, k2]
    ax.plot(memory / 1024, time, "o", ms=9, color=STATE)
    ax.set_title(f"{time:.0f} µs a step, {memory / 1024:.0f} KiB", size=10)
    ax.set(ylim=(0, 1.1 * times.max()), xlim=(0, 1.1 * held.max() / 1024))
    ax.set(xlabel="memory (KiB)", ylabel="time a step (µs)")
    return ax


def plot_recall(ax: Axes, lags: Sequence[int], right: Mapping[int, NDArray]) -> Axes:
    """Draw how often a bit was recalled against how long ago it was read.

    Args:
        ax: where to draw.
        lags: how many steps ago.
        right: truncation length -> shares of right answers (lags, seeds).
    """
    looks = zip((INPUT, STATE, OUTPUT, INK), MARKS, ("-", "--", "-.", ":"), right.items(), strict=False)
    for colour, mark, dash, (k, shares) in looks:
        ax.plot(lags, 100 * shares.mean(axis=1), color=colour, ls=dash, label=f"k1 = k2 = {k}")
        ax.plot(
            np.repeat(lags, shares.shape[1]),
            100 * shares.ravel(),
            mark,
            color=colour,
            ms=4.5,
            alpha=0.6,
            mew=0,
        )
    ax.axhline(50, color=PLAIN, ls=":", lw=1.2)
    ax.set(ylim=(30, 103), xticks=lags, xlabel="steps ago", ylabel="recalled (%)")
    return ax


# ---- what a unit follows


def draw_coloured_text(
    ax: Axes,
    text: str,
    values: NDArray,
    columns: int = 88,
    rows: int = 16,
    colours: Colormap = LOW_TO_HIGH,
) -> Axes:
    """Write a text, each character on the colour of a value.

    Args:
        ax: where to draw.
        text: T characters; what does not fit is left out.
        values: (T,) from -1 to 1.
        columns: characters in a row, at most.
        rows: of text, at most.
        colours: of the values.
    """
    grid, lines, row, column = np.zeros((rows, columns)), [""], 0, 0
    for character, value in zip(text, values, strict=True):
        if character == "\n" or column == columns:
            row, column = row + 1, 0
            lines.append("")
        if row == rows:
            break
        if character != "\n":
            grid[row, column] = value
            lines[-1] += character
            column += 1
    extent = (0, columns, rows, 0)
    ax.imshow(grid, cmap=colours, vmin=-1, vmax=1, extent=extent, aspect="auto", alpha=0.75)
    width = ax.figure.get_figwidth() * ax.get_position().width * ax.figure.dpi
    letter = int(width / columns)  # whole pixels: that is how letters are set
    size = letter * 72 / ax.figure.dpi / 0.602  # a letter is 0.602 em wide
    for row, line in enumerate(lines[:rows]):
        ax.text(0, row + 0.55, line, size=size, va="center", parse_math=False, **MONO)
    ax.set(xlim=(0, width / letter), ylim=(rows, 0))
    ax.set_axis_off()
    return ax


def plot_depth(ax: Axes, curves: Mapping[str, NDArray], chunk: int) -> Axes:
    """Draw a unit's mean activation against how many characters ago something was opened.

    Args:
        ax: where to draw.
        curves: what was read -> (D,) mean activations, at one character after the other.
        chunk: how many steps the gradient went back at most in training, marked.
    """
    for (name, curve), colour, dash in zip(curves.items(), (STATE, INK), ("-", "--"), strict=True):
        ax.plot(curve, color=colour, ls=dash, label=name)
    ax.axvline(chunk, color=PLAIN, ls=":", lw=1.2)
    ax.text(chunk, -1.02, " chunk", color=INK, va="bottom", size=9)
    ax.set(ylim=(-1.05, 1.25), xlabel="characters since the opening", ylabel="activation of the unit")
    ax.legend(loc="upper right", ncols=2)
    return ax


# ---- the pieces


def _columns(points: Sequence[tuple[float, float]]) -> NDArray:
    """Turn P points into their x and y, (2, P)."""
    return np.array(points, float).reshape(-1, 2).T


def _box(ax: Axes, x: float, y: float, text: str, colour: str) -> None:
    ax.add_artist(Rectangle((x - 0.32, y - 0.4), 0.64, 0.8, fc=colour + "22", ec=colour, lw=1.4))
    ax.text(x, y, text, ha="center", va="center", size=9, color=INK)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    look = {"arrowstyle": "-|>", "mutation_scale": 11, "lw": 1.5, "shrinkA": 0, "shrinkB": 0, "color": colour}
    ax.annotate("", end, start, arrowprops=look)
