"""What people might say of a scene: three captions, and which object each word speaks about."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnn_datasets.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

Numbers = npt.NDArray[np.int64]

GRID = 3  # rows and columns of cells
SHAPES = ("circle", "square", "triangle", "cross")
COLOURS = ("red", "green", "blue", "yellow", "white")
SIZES = ("small", "big")
RELATIONS = ("left of", "right of", "above", "below")
PLACES = (
    *("at the top left", "at the top", "at the top right"),
    *("on the left", "in the middle", "on the right"),
    *("at the bottom left", "at the bottom", "at the bottom right"),
)


class Caption(NamedTuple):
    """A sentence of T words.

    Attributes:
        words: T words: `" ".join(words)` is the sentence.
        objects: T numbers, the object whose size, colour or shape the word is, -1 for any other word.
    """

    words: tuple[str, ...]
    objects: tuple[int, ...]


Captions = tuple[Caption, Caption, Caption]


def caption(
    rng: np.random.Generator, shapes: Numbers, colours: Numbers, sizes: Numbers, cells: Numbers
) -> tuple[Captions, ...]:
    """Give each of N scenes three captions.

    The first says everything, always in the same way: object 0, then where it is or how it stands to the others.
    The second says the same in one of a few other ways. The third leaves out sizes and places.

    Args:
        rng: decides which of the other ways.
        shapes: (N, K), -1 where there is no object.
        colours: (N, K).
        sizes: (N, K).
        cells: (N, K), every object in line with object 0.

    Returns:
        N times three captions.
    """
    ways = rng.integers(0, 6, (len(shapes), 2)).tolist()  # 6 is divisible by as many as there are
    rows = zip(*(numbers.tolist() for numbers in (shapes, colours, sizes, cells)), ways, strict=True)
    return tuple(_captions(*row) for row in rows)


def scene_vocabulary() -> Vocabulary:
    """Give the words that captions are made of: `PAD`, `START`, `END`, `UNKNOWN`, then the others."""
    words = f"a and there is {' '.join((*SIZES, *COLOURS, *SHAPES, *RELATIONS, *PLACES))}"
    return Vocabulary.of(words.split(), (PAD, START, END, UNKNOWN))


def in_line(cell: int, other: int) -> bool:
    """Say whether two cells are in one row or one column."""
    return cell // GRID == other // GRID or cell % GRID == other % GRID


def relation(cell: int, other: int) -> str:
    """Say how what is in `cell` stands to what is in `other`, in line with it."""
    if cell // GRID == other // GRID:
        return "left of" if cell < other else "right of"
    return "above" if cell < other else "below"


def _captions(
    shapes: list[int], colours: list[int], sizes: list[int], cells: list[int], ways: list[int]
) -> Captions:
    others = range(1, len(shapes) - shapes.count(-1))
    brief = [_thing(k, COLOURS[colours[k]], SHAPES[shapes[k]]) for k in (0, *others)]
    full = [_thing(k, SIZES[sizes[k]], COLOURS[colours[k]], SHAPES[shapes[k]]) for k in (0, *others)]
    where = _said(PLACES[cells[0]])
    other_ways = []
    if others:
        relations = [relation(cells[0], cells[k]) for k in others]
        where = _listed([_said(*pair) for pair in zip(relations, full[1:], strict=True)])
        back = [relation(cells[k], cells[0]) for k in others]
        if len(set(back)) == 1:  # both on one side
            other_ways = [_said(_listed(full[1:]), back[0], full[0])]
        else:
            other_ways = [
                _said(_listed([_said(*pair) for pair in zip(full[1:], back, strict=True)]), full[0])
            ]
    other_ways += [_said("there is", full[0], where), _said(where, "there is", full[0])]
    in_short = [_listed(brief), _listed(brief[::-1]), _said("there is", _listed(brief))]
    return (
        _said(full[0], where),
        other_ways[ways[0] % len(other_ways)],
        in_short[ways[1] % len(in_short)],
    )


def _thing(k: int, *words: str) -> Caption:
    return Caption(("a", *words), (-1, *(k for _ in words)))


def _said(*phrases: str | Caption) -> Caption:
    """Say one phrase after the other."""
    words: list[str] = []
    objects: list[int] = []
    for phrase in phrases:
        if isinstance(phrase, str):
            phrase = Caption(tuple(phrase.split()), (-1,) * len(phrase.split()))
        words += phrase.words
        objects += phrase.objects
    return Caption(tuple(words), tuple(objects))


def _listed(phrases: list[Caption]) -> Caption:
    """Put "and" between the phrases."""
    return _said(phrases[0], *(_said("and", phrase) for phrase in phrases[1:]))
