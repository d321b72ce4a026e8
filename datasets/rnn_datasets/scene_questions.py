"""Questions about scenes, whose answers cannot be guessed from the question."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnn_datasets.scene_captions import COLOURS, RELATIONS, SHAPES, in_line, relation
from rnn_datasets.scenes import Scenes
from rnn_datasets.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

Numbers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

QUESTION_KINDS = ("exists", "count", "colour", "shape", "relation")
ANSWERS = ("no", "yes", "0", "1", "2", "3", *COLOURS, *SHAPES)

_NO, _YES, _ZERO = ANSWERS.index("no"), ANSWERS.index("yes"), ANSWERS.index("0")
_FIRST_COLOUR, _FIRST_SHAPE = ANSWERS.index(COLOURS[0]), ANSWERS.index(SHAPES[0])
_PLURALS = ("circles", "squares", "triangles", "crosses")


@dataclass(frozen=True, eq=False)  # arrays do not compare as one truth
class Questions:
    """M questions, in no order.

    Attributes:
        scenes: (M,) int64, which scene is asked about: `images[questions.scenes]` are the pictures.
        words: M questions, each as its words: `" ".join(words[m])` is the question.
        answers: (M,) int64, places in `ANSWERS`.
        kinds: (M,) int64, places in `QUESTION_KINDS`.
        about: (M, K) bool, the objects of the scene that the question speaks of.
    """

    scenes: Numbers
    words: tuple[tuple[str, ...], ...]
    answers: Numbers
    kinds: Numbers
    about: Truths


def questions(rng: np.random.Generator, scenes: Scenes, M: int) -> Questions:
    """Ask M questions about scenes, equally many of each kind.

        exists      is there a red circle                       no, yes
        count       how many circles / how many red things      0 to 3
        colour      what colour is the circle                   where there is one circle
        shape       what shape is the red thing                 where there is one red thing
        relation    is the red circle left of the blue square   no, yes

    The question is drawn first, then its answer, then a scene with this answer: so who hears only the question has
    to guess. A relation is asked of two objects in line, each the only one of its shape and colour; where the
    answer is "no", one of the three wrong relations is asked for.

    Args:
        rng: decides everything.
        scenes: what to ask about, thousands rather than tens: an answer that no scene gives is never drawn.
        M: questions.

    Returns:
        The questions.

    Raises:
        ValueError: M is below 1, or a kind of question cannot be asked of any of the scenes.
    """
    if M < 1:
        raise ValueError(f"M is {M}, but must be at least 1")
    kinds = rng.permutation(np.arange(M) % len(QUESTION_KINDS))
    every = [
        _ask(rng, scenes, kind, int((kinds == place).sum())) for place, kind in enumerate(QUESTION_KINDS)
    ]
    # What was asked kind by kind, each to its place.
    order = np.argsort(np.argsort(kinds, kind="stable"))
    words = [sentence.split() for some in every for sentence in some.sentences]
    return Questions(
        np.concatenate([some.scenes for some in every])[order],
        tuple(tuple(words[place]) for place in order),
        np.concatenate([some.answers for some in every])[order],
        kinds,
        np.concatenate([some.about for some in every])[order],
    )


def question_vocabulary() -> Vocabulary:
    """Give the words that questions are made of: `PAD`, `START`, `END`, `UNKNOWN`, then the others."""
    attributes = " ".join((*COLOURS, *SHAPES, *_PLURALS, *RELATIONS))
    words = f"is there a how many what colour shape the thing things {attributes}"
    return Vocabulary.of(words.split(), (PAD, START, END, UNKNOWN))


class _Asked(NamedTuple):
    """Questions of one kind: the scene, the sentence, the answer, and the objects that it speaks of."""

    scenes: Numbers
    sentences: list[str]
    answers: Numbers
    about: Truths


def _ask(rng: np.random.Generator, scenes: Scenes, kind: str, M: int) -> _Asked:
    if kind == "relation":
        return _ask_relations(rng, scenes, M)
    sentences, answers, fits = _answered(scenes, kind)
    askable = np.flatnonzero((answers >= 0).any(axis=0))
    if len(askable) == 0:
        raise ValueError(f"scenes has none that can be asked about {kind!r}: draw more of them")
    asked = rng.choice(askable, M)
    found, given = np.empty(M, np.int64), np.empty(M, np.int64)
    for sentence in np.unique(asked):
        here = np.flatnonzero(asked == sentence)
        possible = np.unique(answers[answers[:, sentence] >= 0, sentence])
        given[here] = rng.choice(possible, len(here))
        for answer in possible:
            so = here[given[here] == answer]
            found[so] = rng.choice(np.flatnonzero(answers[:, sentence] == answer), len(so))
    return _Asked(found, [sentences[place] for place in asked], given, fits[found, asked])


def _answered(scenes: Scenes, kind: str) -> tuple[list[str], Numbers, Truths]:
    """Ask everything of everyone.

    Returns:
        L sentences; the answers (N, L), -1 where a sentence cannot be asked; which objects fit it, (N, L, K).
    """
    shape = scenes.shapes[:, None] == np.arange(len(SHAPES))[:, None]  # (N, shapes, K)
    colour = scenes.colours[:, None] == np.arange(len(COLOURS))[:, None]  # (N, colours, K)
    if kind == "exists":
        fits = (colour[:, :, None] & shape[:, None]).reshape(len(shape), -1, shape.shape[-1])
        sentences = [f"is there a {a} {b}" for a in COLOURS for b in SHAPES]
        return sentences, np.where(fits.any(axis=2), _YES, _NO), fits
    if kind == "count":
        fits = np.concatenate([shape, colour], axis=1)
        sentences = [f"how many {what}" for what in (*_PLURALS, *(f"{a} things" for a in COLOURS))]
        return sentences, _ZERO + fits.sum(axis=2), fits
    if kind == "colour":
        sentences, fits = [f"what colour is the {b}" for b in SHAPES], shape
        every = _FIRST_COLOUR + scenes.colours
    else:
        sentences, fits = [f"what shape is the {a} thing" for a in COLOURS], colour
        every = _FIRST_SHAPE + scenes.shapes
    one = fits.sum(axis=2) == 1
    return sentences, np.where(one, np.take_along_axis(every, fits.argmax(axis=2), axis=1), -1), fits


def _ask_relations(rng: np.random.Generator, scenes: Scenes, M: int) -> _Asked:
    pairs = [
        (n, i, j)
        for n, (shapes, colours, cells) in enumerate(
            zip(scenes.shapes.tolist(), scenes.colours.tolist(), scenes.cells.tolist(), strict=True)
        )
        for i, j in itertools.permutations(_told_apart(shapes, colours), 2)
        if in_line(cells[i], cells[j])
    ]
    if not pairs:
        raise ValueError("scenes has none that can be asked about 'relation': some must have two objects")
    n, i, j = np.array(pairs)[rng.integers(0, len(pairs), M)].T
    truths = [
        relation(*cells)
        for cells in zip(scenes.cells[n, i].tolist(), scenes.cells[n, j].tolist(), strict=True)
    ]
    wrong = rng.integers(1, len(RELATIONS), M) * rng.integers(0, 2, M)  # how far beside the truth; half are 0
    asked = [
        RELATIONS[(RELATIONS.index(truth) + aside) % len(RELATIONS)]
        for truth, aside in zip(truths, wrong.tolist(), strict=True)
    ]
    first, second = (
        [
            f"{COLOURS[colour]} {SHAPES[shape]}"
            for colour, shape in zip(scenes.colours[n, k].tolist(), scenes.shapes[n, k].tolist(), strict=True)
        ]
        for k in (i, j)
    )
    sentences = [f"is the {a} {between} the {b}" for a, between, b in zip(first, asked, second, strict=True)]
    about = np.zeros((M, scenes.shapes.shape[1]), bool)
    about[np.arange(M), i] = about[np.arange(M), j] = True
    return _Asked(n, sentences, np.where(wrong == 0, _YES, _NO), about)


def _told_apart(shapes: list[int], colours: list[int]) -> list[int]:
    """Find the objects that are the only ones of their shape and colour."""
    looks = list(zip(shapes, colours, strict=True))
    return [k for k, look in enumerate(looks) if look[0] >= 0 and looks.count(look) == 1]
