"""Pictures of one to three coloured shapes on a grid, with captions and the true place of everything."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnn_datasets.scene_captions import COLOURS, GRID, SHAPES, SIZES, Captions, caption, in_line

Numbers = npt.NDArray[np.int64]
Chances = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

CELL = 16  # pixels
SIDE = GRID * CELL

# What the training must not see together, so that it can be asked for afterwards: places in SHAPES and COLOURS.
HELD_OUT = ((0, 1), (1, 3), (2, 2), (3, 0))  # green circle, yellow square, blue triangle, red cross

_COUNTS = (1, 2, 3)
_BACKGROUND = (40, 40, 40)
_RGB = ((205, 35, 40), (70, 185, 85), (70, 105, 230), (250, 220, 70), (240, 240, 240))
_WIDTH = (8, 12)  # pixels of what is small, and of what is big
_PLAY = (3, 1)  # pixels that it may stand off the middle of its cell; the cell's own border stays free
_CIRCLE, _RED = SHAPES.index("circle"), COLOURS.index("red")


@dataclass(frozen=True, eq=False)  # arrays do not compare as one truth
class Scenes:
    """N pictures of up to K objects. Where a picture has fewer, the last places hold -1.

    Object 0 is the big one and the others are small; one that is alone may be either. Every other object is in
    the same row or the same column of cells as object 0, so that it is clearly left of it, right of it, above or
    below. Objects never overlap.

    Attributes:
        images: (N, 48, 48, 3) uint8, red, green and blue.
        shapes: (N, K) int64, places in `SHAPES`.
        colours: (N, K) int64, places in `COLOURS`.
        sizes: (N, K) int64, places in `SIZES`.
        cells: (N, K) int64, 0 to 8 as one reads: the row is `cells // 3`, the column `cells % 3`.
        boxes: (N, K, 4) int64, the pixels that hold the object: `images[n, top:bottom, left:right]` for the four
            numbers left, top, right, bottom.
        captions: N times three captions: in full, always the same way; in full, some other way; in short.
    """

    images: Pixels
    shapes: Numbers
    colours: Numbers
    sizes: Numbers
    cells: Numbers
    boxes: Numbers
    captions: tuple[Captions, ...]

    def by_cell(self) -> Numbers:
        """Say what stands in each cell, as a first lesson for a network that is to see.

        Returns:
            (N, 9, 3) int64: shape, colour and size, each counted from 1; 0 where the cell is empty.
        """
        n, k = np.nonzero(self.shapes >= 0)
        table = np.zeros((len(self.shapes), GRID * GRID, 3), np.int64)
        for place, attribute in enumerate((self.shapes, self.colours, self.sizes)):
            table[n, self.cells[n, k], place] = attribute[n, k] + 1
        return table


def scenes(
    rng: np.random.Generator,
    N: int,
    objects: Sequence[int] = (1, 2, 3),
    pairs: str = "any",
    bias: float = 0.99,
) -> Scenes:
    """Draw scenes.

    Args:
        rng: decides everything. Scenes to validate on come from another generator than those to train on.
        N: scenes.
        objects: how many objects a scene may have, each number with equal chances.
        pairs: which shape goes with which colour.
            "any": every pair has equal chances.
            "seen": the same, but the pairs of `HELD_OUT` never come.
            "held out": object 0 is a pair of `HELD_OUT`, the others are not.
            "biased": nearly all circles are red; other shapes have any colour.
            "against bias": no circle is red; other shapes have any colour.
        bias: which share of the biased circles is red.

    Returns:
        The scenes.

    Raises:
        ValueError: N is below 1, `objects` is not a list of numbers from 1 to 3, there is no such `pairs`, or `bias`
            is no share.
    """
    if N < 1:
        raise ValueError(f"N is {N}, but must be at least 1")
    if isinstance(objects, int) or not objects or not set(objects) <= set(_COUNTS):
        raise ValueError(f"objects is {objects!r}, but must be a list of numbers from 1 to 3, such as (2,)")
    if not 0 <= bias <= 1:
        raise ValueError(f"bias is {bias}, but a share is between 0 and 1")
    chances = _pair_chances(bias)
    if pairs not in chances:
        raise ValueError(f"pairs is {pairs!r}, but must be one of {', '.join(map(repr, chances))}")
    counts = rng.choice(list(objects), N)
    cells = _placed(rng, counts, max(objects))
    there = cells >= 0
    main, others = chances[pairs]
    drawn = _drawn(rng, others, cells.shape)
    drawn[:, 0] = _drawn(rng, main, (N,))
    shapes, colours = (np.where(there, part, -1) for part in divmod(drawn, len(COLOURS)))
    sizes = np.where(there, np.arange(cells.shape[1]) == 0, -1)
    sizes[counts == 1, 0] = rng.integers(0, len(SIZES), (counts == 1).sum())
    play = np.array(_PLAY)[sizes][..., None]
    shifts = rng.integers(-play, play + 1, (*cells.shape, 2))
    return Scenes(
        render_scenes(shapes, colours, sizes, cells, shifts),
        shapes,
        colours,
        sizes,
        cells,
        _boxes(shapes, sizes, cells, shifts),
        caption(rng, shapes, colours, sizes, cells),
    )


def render_scenes(
    shapes: npt.ArrayLike,
    colours: npt.ArrayLike,
    sizes: npt.ArrayLike,
    cells: npt.ArrayLike,
    shifts: npt.ArrayLike | None = None,
) -> Pixels:
    """Draw pictures of given objects.

    Args:
        shapes: (N, K) places in `SHAPES`, -1 where there is no object.
        colours: (N, K) places in `COLOURS`.
        sizes: (N, K) places in `SIZES`.
        cells: (N, K) 0 to 8 as one reads; no two objects of a picture in one cell.
        shifts: (N, K, 2) pixels to the right and down from the middle of the cell, at most 3 for what is small
            and 1 for what is big; by default none.

    Returns:
        (N, 48, 48, 3) uint8.

    Raises:
        ValueError: a number is outside, shapes do not fit, or two objects are in one cell.
    """
    shapes = np.asarray(shapes)
    if shapes.ndim != 2:
        raise ValueError(f"shapes has the shape {shapes.shape}, but must be (N, K)")
    n, k = np.nonzero(shapes >= 0)
    shape = _within("shapes", shapes, shapes, len(SHAPES))[n, k]
    colour = _within("colours", colours, shapes, len(COLOURS))[n, k]
    size = _within("sizes", sizes, shapes, len(SIZES))[n, k]
    cell = _within("cells", cells, shapes, GRID * GRID)[n, k]
    if len(set(zip(n.tolist(), cell.tolist(), strict=True))) < len(n):
        raise ValueError("cells has two objects of a picture in one cell: give each its own")
    shift = np.zeros((*shapes.shape, 2), np.int64) if shifts is None else np.asarray(shifts)
    if shift.shape != (*shapes.shape, 2):
        raise ValueError(f"shifts has the shape {shift.shape}, but must be {(*shapes.shape, 2)}")
    shift = shift[n, k]
    if (np.abs(shift) > np.array(_PLAY)[size][:, None]).any():
        raise ValueError(f"shifts leave the cell: at most {_PLAY[0]} pixels if small, {_PLAY[1]} if big")
    right, down = (shift + max(_PLAY)).T
    tiles = np.empty((len(shapes), GRID * GRID, CELL, CELL, 3), np.uint8)
    tiles[:] = _BACKGROUND
    tiles[n, cell] = _tiles()[shape, colour, size, down, right]
    rows = tiles.reshape(-1, GRID, GRID, CELL, CELL, 3).swapaxes(2, 3)
    return rows.reshape(-1, SIDE, SIDE, 3)


def _within(name: str, given: npt.ArrayLike, shapes: Numbers, end: int) -> Numbers:
    """Look after the numbers of the objects that are there."""
    numbers = np.asarray(given)
    if numbers.shape != shapes.shape:
        raise ValueError(f"{name} has the shape {numbers.shape}, but shapes has {shapes.shape}")
    there = numbers[shapes >= 0]
    if not np.issubdtype(numbers.dtype, np.integer) or (there < 0).any() or (there >= end).any():
        raise ValueError(f"{name} must hold whole numbers from 0 to {end - 1}")
    return numbers


def _placed(rng: np.random.Generator, counts: Numbers, K: int) -> Numbers:
    """Give so many objects their cells, (N, K): in line with the first, the others in the order of reading."""
    cells = np.full((len(counts), K), -1)
    for count in np.unique(counts).tolist():
        rows = np.flatnonzero(counts == count)
        layouts = _layouts(count)
        cells[rows, :count] = layouts[rng.integers(0, len(layouts), len(rows))]
    return cells


@functools.cache
def _layouts(count: int) -> Numbers:
    every = itertools.permutations(range(GRID * GRID), count)
    return np.array(
        [
            cells
            for cells in every
            if list(cells[1:]) == sorted(cells[1:]) and all(in_line(cells[0], cell) for cell in cells[1:])
        ]
    )


def _pair_chances(bias: float) -> dict[str, tuple[Chances, Chances]]:
    """Give each kind of `pairs` two tables (shapes, colours): how likely object 0 is a pair, and any other."""
    every = np.ones((len(SHAPES), len(COLOURS)))
    held_out = np.zeros_like(every)
    held_out[tuple(zip(*HELD_OUT, strict=True))] = 1
    biased, against = every.copy(), every.copy()
    biased[_CIRCLE] = (1 - bias) / (len(COLOURS) - 1)
    biased[_CIRCLE, _RED] = bias
    against[_CIRCLE, _RED] = 0
    biased, against = (table / table.sum(axis=1, keepdims=True) for table in (biased, against))
    return {
        "any": (every, every),
        "seen": (1 - held_out, 1 - held_out),
        "held out": (held_out, 1 - held_out),
        "biased": (biased, biased),
        "against bias": (against, against),
    }


def _drawn(rng: np.random.Generator, chances: Chances, size: tuple[int, ...]) -> Numbers:
    """Draw pairs, each as its place in the table read row by row."""
    return rng.choice(chances.size, size, p=chances.ravel() / chances.sum())


@functools.cache
def _alphas() -> npt.NDArray[np.float64]:
    """How much of each pixel of a cell every shape covers, in the middle: (shapes, sizes, 16, 16) in [0, 1]."""
    fine = 8  # points per pixel and direction
    points = (np.arange(CELL * fine) + 0.5) / fine - CELL / 2
    x, y = points, points[:, None]
    alphas = []
    for width in _WIDTH:
        r = width / 2
        inside = np.maximum(np.abs(x), np.abs(y)) < r
        covered = {
            "circle": x**2 + y**2 < r**2,
            "square": inside,
            "triangle": inside & (np.abs(x) < (y + r) / 2),
            "cross": inside & (np.minimum(np.abs(x), np.abs(y)) < width // 6),
        }
        alphas.append([covered[shape].reshape(CELL, fine, CELL, fine).mean(axis=(1, 3)) for shape in SHAPES])
    return np.array(alphas).swapaxes(0, 1)


@functools.cache
def _tiles() -> Pixels:
    """Every cell with an object that there can be: (shapes, colours, sizes, 7 down, 7 right, 16, 16, 3)."""
    background = np.array(_BACKGROUND)
    rgb = np.array(_RGB)[:, None, None, None]
    middle = background + _alphas()[:, None, ..., None] * (rgb - background)
    steps = range(-max(_PLAY), max(_PLAY) + 1)
    shifted = [[np.roll(middle, (down, right), axis=(3, 4)) for right in steps] for down in steps]
    return np.moveaxis(np.array(shifted).round().astype(np.uint8), (0, 1), (3, 4))


def _boxes(shapes: Numbers, sizes: Numbers, cells: Numbers, shifts: Numbers) -> Numbers:
    """Find the box of every object: that of its drawing in the middle of a cell, moved."""
    corners = np.array([[_box(alpha > 0) for alpha in alphas] for alphas in _alphas()])
    place = np.stack([cells % GRID, cells // GRID], axis=-1) * CELL + shifts
    boxes = corners[shapes, sizes] + np.concatenate([place, place], axis=-1)
    return np.where((shapes >= 0)[..., None], boxes, -1)


def _box(covered: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
