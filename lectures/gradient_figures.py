"""The figures of lecture 3: gradients over steps and layers. Each takes the axes it draws on and returns them.

Sizes are on logarithmic axes, since a product of many factors is a straight line there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator
from numpy.typing import NDArray

from figures import CLASSES, INK, INPUT, MONO, PLAIN, SHADE, STATE, TARGET

# Five networks or fewer, told apart by colour, mark and dash.
STYLES = (*CLASSES, (STATE, "v", "-"))
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Behind words on a coloured ground.
CARD = {"fc": "#FBFAF7", "ec": "none", "alpha": 0.85, "pad": 2}


def plot_norms(
    ax: Axes, norms: Mapping[str, NDArray], limits: tuple[float, float], bound: NDArray | None = None
) -> Axes:
    """Draw the size of a gradient against the distance it came, a line for each name; and what bounds it."""
    ax.axhline(1, color=SHADE, lw=1)
    if bound is not None:
        ax.plot(bound, color=PLAIN, ls=(0, (1, 1)), lw=3, label="bound")
    for (colour, mark, dash), (name, values) in zip(STYLES, norms.items(), strict=False):
        shown = np.maximum(values, 1e-300)  # a zero has no place on this axis: it falls below the picture
        ax.plot(
            shown, color=colour, marker=mark, ls=dash, ms=4, markevery=max(1, len(values) // 8), label=name
        )
    _log_axis(ax, limits)
    ax.set(xlim=(0, max(map(len, norms.values())) - 1))
    ax.legend(loc="lower left")
    return ax


def plot_slopes(ax: Axes, a: NDArray, curves: Mapping[str, NDArray], title: str) -> Axes:
    """Draw activations, or their slopes, with a dot and a number at each maximum that is inside."""
    for (colour, _, dash), (name, values) in zip(CLASSES, curves.items(), strict=False):
        ax.plot(a, values, color=colour, ls=dash, label=name)
        top = int(values.argmax())
        if 0 < top < len(a) - 1:
            ax.plot(a[top], values[top], "o", color=colour)
            ax.text(a[top] + 0.3, values[top], f"{values[top]:.3g}", va="center", color=colour, weight="bold")
    ax.set(xlabel="sum a inside the activation", title=title, xlim=(a[0], a[-1]))
    ax.legend(loc="upper left")
    return ax


# ---- two dimensions: the regime map, and a matrix that shears


def plot_regimes(
    ax: Axes,
    sigmas: NDArray,
    strengths: NDArray,
    sizes: NDArray | None,
    pin: tuple[float, float],
    limit: float = 2.0,
) -> Axes:
    """Draw the size of a product of Jacobians over the plane of recurrent gain and input strength.

    Args:
        ax: where to draw.
        sigmas: largest singular values of Wh, across.
        strengths: standard deviations of what the input adds, up.
        sizes: log10 of the product's norm, (strengths, sigmas); None for a map that is still covered.
        pin: a place on the map.
        limit: a product within 10 to the plus or minus this is neither small nor large.
    """
    if sizes is None:
        ax.set_facecolor(SHADE)
        ax.text(0.5, 0.5, "?", transform=ax.transAxes, ha="center", va="center", size=40, color=PLAIN)
    else:
        extent = (sigmas[0], sigmas[-1], strengths[0], strengths[-1])
        look = {"origin": "lower", "aspect": "auto", "interpolation": "bilinear", "cmap": "BrBG_r"}
        ax.imshow(sizes, extent=extent, norm=Normalize(-20, 20), **look)
        ax.contour(sigmas, strengths, sizes, [-limit, limit], colors=INK, linestyles=["--", "-"])
        for x, y, word in ((0.4, 0.6, "vanishes"), (0.62, 0.22, "neither"), (0.9, 0.1, "explodes")):
            ax.text(x, y, word, transform=ax.transAxes, weight="bold", ha="center", bbox=CARD)
    ax.axvline(1, color=INK, lw=1.5, ls=":")
    place = {"rotation": 90, "ha": "center", "va": "center", "size": 9, "bbox": CARD}
    ax.text((sigmas[0] + 1) / 2, strengths[-1] / 2, "below 1 it must vanish", **place)
    ax.plot(*pin, marker="P", ms=13, mfc=TARGET, mec="white", mew=1.5, clip_on=False)
    ax.set(
        xlim=(sigmas[0], sigmas[-1]),
        ylim=(strengths[0], strengths[-1]),
        xlabel="largest singular value of Wh",
        ylabel="input strength",
    )
    return ax


def plot_image_of_circle(ax: Axes, A: NDArray) -> Axes:
    """Draw the unit circle, and the ellipse that a matrix (2, 2) makes of it with its longest axis."""
    angles = np.linspace(0, 2 * np.pi, 200)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ellipse = circle @ A
    ax.plot(*circle.T, color=PLAIN, ls="--", label="unit circle")
    ax.plot(*ellipse.T, color=STATE, label="its image")
    far = ellipse[np.linalg.norm(ellipse, axis=1).argmax()]
    ax.plot([0, far[0]], [0, far[1]], color=INK, lw=1.2, label="longest axis")
    ax.set(xlim=(-4.2, 4.2), ylim=(-4.2, 4.2), aspect="equal")
    ax.set_axis_off()
    ax.legend(loc="lower right")
    return ax


def plot_powers(ax: Axes, norms: NDArray, eigenvalue: float, k: int) -> Axes:
    """Draw the norm of each power of a matrix, beside the same power of its eigenvalue; k is lit."""
    powers = np.arange(len(norms))
    ax.axhline(1, color=SHADE, lw=1)
    ax.plot(powers, norms, color=STATE, label="norm of the k-th power")
    ax.plot(powers, eigenvalue**powers, color=PLAIN, ls="--", label=f"{eigenvalue:g} to the k")
    ax.plot(k, norms[k], "o", color=STATE, ms=8)
    ax.set(xlabel="k", ylabel="size", xlim=(0, powers[-1]), ylim=(0, 4.5))
    ax.legend(loc="upper right")
    return ax


def plot_ledger(ax: Axes, terms: NDArray, total: float) -> Axes:
    """Draw the size of each step's term in the gradient of Wh, as bars, and that of their sum as a line."""
    ax.bar(np.arange(len(terms)), terms, 0.8, bottom=1e-30, color=STATE, label="one step's term")
    ax.axhline(total, color=INK, ls="--", label="the sum of all terms")
    _log_axis(ax, (1e-12, 1e4 * total))
    ax.set(xlim=(-0.6, len(terms) - 0.4), ylabel="size of the term")
    ax.legend(loc="upper right")
    return ax


# ---- two tasks


def draw_adding(ax: Axes, x: NDArray, y: float) -> Axes:
    """Draw one sequence of the adding problem, x (T, 2), and its answer."""
    numbers, marks = x.T
    for t, (number, mark) in enumerate(zip(numbers, marks, strict=True)):
        ax.add_artist(Rectangle((t - 0.5, 0), 1, 1, fc=INPUT + "55" if mark else "none", ec=SHADE))
        look = {"weight": "bold" if mark else "normal", "color": INPUT if mark else INK}
        ax.text(t, 0.5, f"{number:.2f}".lstrip("0"), ha="center", va="center", size=9, **look, **MONO)
    ax.text(len(x) + 0.2, 0.5, f"add them: {y:.2f}", va="center", color=TARGET, weight="bold")
    return _bare(ax, len(x))


def draw_copy(ax: Axes, x: NDArray, y: NDArray, mask: NDArray, symbols: int) -> Axes:
    """Draw one sequence of the copy problem: what is read, (T,), and below it what is due."""
    signs = "abcdefghijklmnopqrstuvwxyz"[:symbols] + ".!"
    for t, (read, due, wanted) in enumerate(zip(x, y, mask, strict=True)):
        ax.add_artist(Rectangle((t - 0.5, 0), 1, 1, fc=INPUT + "55" if read < symbols else "none", ec=SHADE))
        ax.text(t, 0.5, signs[read], ha="center", va="center", size=11, color=INPUT, **MONO)
        if wanted:
            look = {"color": TARGET, "weight": "bold", "size": 11}
            ax.text(t, -0.5, signs[due], ha="center", va="center", **look, **MONO)
    ax.text(len(x) + 0.2, -0.5, "say them again", va="center", color=TARGET, weight="bold")
    return _bare(ax, len(x), low=-1)


def plot_curves(
    ax: Axes,
    curves: Mapping[str, Sequence[Sequence[float]]],
    every: int,
    budget: int,
    guess: float,
    unit: str,
) -> Axes:
    """Draw the loss of several networks, a line for each seed; a line that ends has solved the task.

    Args:
        ax: where to draw.
        curves: network -> one curve for each seed, the mean loss of each `every` steps.
        every: steps of training between two points.
        budget: steps that a network may take.
        guess: the loss of the best answer without memory.
        unit: of the loss.
    """
    for (colour, mark, dash), (name, seeds) in zip(STYLES, curves.items(), strict=False):
        for i, curve in enumerate(seeds):
            steps = every * np.arange(1, len(curve) + 1)
            ax.plot(steps, curve, color=colour, ls=dash, lw=1.2, label=None if i else name)
            ax.plot(steps[-1], curve[-1], marker=mark, color=colour, ms=7, clip_on=False, zorder=3)
    ax.axhline(guess, color=PLAIN, ls=":", lw=2)
    ax.text(1.02 * budget, guess, f"constant\nguess\n{guess:.3g}", va="center", size=9)
    ax.set(xlim=(0, budget), ylim=(0, 1.3 * guess), xlabel="steps of training", ylabel=unit)
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(handles, labels, loc="upper right", ncols=5, columnspacing=1, handlelength=1.6)
    return ax


def plot_arrivals(ax: Axes, at: Sequence[int], arrivals: Mapping[str, Sequence[Sequence[float]]]) -> Axes:
    """Draw what arrives of a gradient after so many steps of training, a line for each network and seed."""
    ax.axhline(1, color=SHADE, lw=1)
    for (colour, mark, dash), (name, seeds) in zip(STYLES, arrivals.items(), strict=False):
        for i, values in enumerate(seeds):
            ax.plot(at, values, color=colour, marker=mark, ls=dash, lw=1.2, ms=5, label=None if i else name)
    _log_axis(ax, (1e-10, 1e2))
    ax.set(xscale="symlog", xlim=(-0.3, 1.15 * at[-1]), xlabel="steps of training", ylabel="what arrives")
    ax.set_xticks(at, map(str, at))
    ax.xaxis.set_minor_locator(NullLocator())
    return ax


# ---- the cliff, and steps


def plot_cliff(ax: Axes, w: NDArray, b: NDArray, loss: NDArray, path: NDArray) -> Axes:
    """Draw the loss over two weights, and a path (steps + 1, 2) of descent; where it leaves, an arrow says so."""
    look = {"origin": "lower", "aspect": "auto", "cmap": "Greys", "norm": Normalize(-4, 1.5)}
    ax.imshow(np.log10(np.maximum(loss, 1e-9)), extent=(w[0], w[-1], b[0], b[-1]), **look)
    low, high = np.array([w[0], b[0]]), np.array([w[-1], b[-1]])
    outside = ((path < low) | (path > high)).any(axis=1)
    stop = int(outside.argmax()) if outside.any() else len(path)
    ax.plot(*path[:stop].T, color=STATE, marker="o", ms=3, lw=1)
    ax.plot(*path[0], marker="o", ms=9, color=INPUT)
    if outside.any():
        away = path[stop] - path[stop - 1]
        end = path[stop - 1] + 0.35 * away / np.abs(away).max()
        ax.annotate("", end, path[stop - 1], arrowprops={"arrowstyle": "-|>", "color": STATE, "lw": 2})
    else:
        ax.plot(*path[-1], marker="*", ms=13, color=TARGET)
    ax.set(xlim=(w[0], w[-1]), ylim=(b[0], b[-1]), xlabel="w", ylabel="b")
    return ax


def plot_losses(ax: Axes, losses: NDArray, floor: float = 1e-7) -> Axes:
    """Draw the loss after each step of a descent."""
    ax.plot(np.maximum(losses, floor), color=STATE, marker="o", ms=3, lw=1, clip_on=False)
    _log_axis(ax, (floor, 10))
    ax.set(xlim=(0, len(losses) - 1), xlabel="step of training", ylabel="loss")
    return ax


def plot_step_sizes(ax: Axes, sizes: Mapping[str, NDArray], title: str) -> Axes:
    """Draw how far each optimizer moves a weight at each step, in units of its rate."""
    for (colour, mark, dash), (name, values) in zip(CLASSES[1:], sizes.items(), strict=False):
        shown = np.maximum(values, 1e-300)
        ax.plot(shown, color=colour, ls=dash, marker=mark, ms=3, markevery=25, lw=1.3, label=name)
    _log_axis(ax, (1e-5, 1e5))
    ax.set(xlabel="step of training", ylabel="step taken / rate", title=title)
    ax.set_xlim(0, max(map(len, sizes.values())) - 1)
    ax.legend(loc="upper right", ncols=3, columnspacing=1, handlelength=1.6)
    return ax


def plot_layers(ax: Axes, bits: Mapping[str, Mapping[int, Sequence[float]]]) -> Axes:
    """Draw bits per character against the number of layers: a dot for each seed, a line through the means."""
    for (colour, mark, dash), (name, by_layers) in zip(CLASSES, bits.items(), strict=False):
        for layers, seeds in by_layers.items():
            ax.plot([layers] * len(seeds), seeds, ls="", marker=mark, ms=5, color=colour, alpha=0.6)
        means = [np.mean(seeds) for seeds in by_layers.values()]
        ax.plot(list(by_layers), means, color=colour, ls=dash, label=name)
        ax.set_xticks(list(by_layers))
    ax.set(xlabel="layers", ylabel="bits per character")
    ax.legend(loc="best")
    return ax


# ---- the pieces


def _log_axis(ax: Axes, limits: tuple[float, float]) -> None:
    """Make a logarithmic axis with a few ticks in plain text: formulas there take longer to draw than the curves."""
    first, last = (round(np.log10(limit)) for limit in limits)
    between = -(-(last - first) // 7)
    powers = [power for power in range(first, last + 1) if power % between == 0]
    ax.set(yscale="log", ylim=limits)
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set_yticks(
        [10.0**power for power in powers], ["10" + str(power).translate(RAISED) for power in powers]
    )


def _bare(ax: Axes, T: int, low: float = 0) -> Axes:
    ax.set(xlim=(-0.7, T + 4), ylim=(low - 0.1, 1.1))
    ax.set_axis_off()
    return ax
