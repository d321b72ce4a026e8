"""Assignment 1: what each exercise must satisfy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnn_autograder.criteria import (
    Array,
    Below,
    Lengths,
    Reals,
    Size,
    contract,
    generator,
    inputs,
    long,
    ones,
    results,
    single_precision,
    special,
    square,
    stable,
    unchanged,
    values,
)
from rnn_autograder.exercise import Exercise, Observation, Player
from rnn_autograder.rules import numpy_only
from rnn_autograder.wire import Seeded, Value

# Words ---------------------------------------------------------------------------------------------------------


@special("vocabulary", "it holds for words that never occur and words that repeat")
def few_of_many(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Two words of a vocabulary of nine, again and again: V is an argument, not something to read off the data."""
    arguments = exercise.draw(rng, N=2, T=4, D=3, V=9)
    name = "tokens" if "tokens" in arguments else "x"
    arguments[name] = np.where(arguments[name] % 2 == 0, 1, 5)
    yield from results(exercise, player.call(exercise.name, arguments))


one_hot = Exercise(
    "one_hot",
    points=2,
    draw=inputs(tokens=Below("V", "N T"), V=Size("V")),
    returns=("out",),
    criteria=(
        values(N=3, T=4, V=5),
        square(N=4, T=4, V=4),
        ones(N=1, T=1, V=30),  # few would guess it
        few_of_many,
        *contract(N=2, T=3, V=4),
    ),
    rule=numpy_only,
)

word_embedding_forward = Exercise(
    "word_embedding_forward",
    points=4,
    draw=inputs(x=Below("V", "N T"), W=Reals("V D")),
    returns=("out", "cache"),
    criteria=(
        values(N=3, T=4, V=6, D=5),
        square(N=4, T=4, V=4, D=4),
        ones(N=1, T=1, V=3, D=2),
        few_of_many,
        *contract(N=2, T=3, V=4, D=5),
    ),
    rule=numpy_only,
)

# The recurrence ------------------------------------------------------------------------------------------------

rnn_step_forward = Exercise(
    "rnn_step_forward",
    points=5,
    draw=inputs(x=Reals("N D"), prev_h=Reals("N H"), Wx=Reals("D H"), Wh=Reals("H H"), b=Reals("H")),
    returns=("next_h", "cache"),
    criteria=(
        values(N=3, D=4, H=5),
        square(N=4, D=4, H=4),
        ones(N=1, D=1, H=1),
        stable(30, 1e3, 1e5, N=3, D=4, H=5),
        *contract(N=3, D=4, H=5),
        single_precision(N=3, D=4, H=5),
    ),
    rule=numpy_only,
)

rnn_forward = Exercise(
    "rnn_forward",
    points=6,
    draw=inputs(x=Reals("N T D"), h0=Reals("N H"), Wx=Reals("D H"), Wh=Reals("H H"), b=Reals("H")),
    returns=("h", "cache"),
    criteria=(
        values(N=2, T=3, D=4, H=5),
        square(N=4, T=4, D=4, H=4),
        ones(N=1, T=1, D=2, H=3),
        long(N=2, T=26, D=3, H=4),
        stable(30, 1e3, 1e5, N=2, T=3, D=4, H=5),
        *contract(N=2, T=3, D=4, H=5),
        single_precision(N=2, T=3, D=4, H=5),
    ),
    rule=numpy_only,
)

temporal_affine_forward = Exercise(
    "temporal_affine_forward",
    points=4,
    draw=inputs(x=Reals("N T D"), w=Reals("D M"), b=Reals("M")),
    returns=("out", "cache"),
    criteria=(
        values(N=2, T=3, D=4, M=5),
        square(N=4, T=4, D=4, M=4),
        ones(N=1, T=1, D=2, M=3),
        long(N=2, T=26, D=3, M=4),
        *contract(N=2, T=3, D=4, M=5),
        single_precision(N=2, T=3, D=4, M=5),
    ),
    rule=numpy_only,
)

# Scores and probabilities --------------------------------------------------------------------------------------

SCORES = inputs(x=Reals("N T V"), y=Below("V", "N T"), mask=Lengths("N T"))


@special("mask", "steps that the mask leaves out count for nothing, wherever they stand")
def masks(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Nothing left out; holes in the middle; a whole sequence left out. What stands under a hole is huge."""
    for words in ("nothing left out", "holes", "a sequence left out"):
        arguments = exercise.draw(rng, N=3, T=4, V=5)
        mask = np.ones((3, 4), dtype=bool)
        if words == "holes":
            mask[[0, 1, 2, 2], [1, 0, 0, 2]] = False
        elif words == "a sequence left out":
            mask[1] = False
        arguments["x"] = np.where(mask[:, :, None], arguments["x"], 50 * arguments["x"])
        yield from results(
            exercise, player.call(exercise.name, arguments | {"mask": mask}), where=f" ({words})"
        )


_ON_SCORES = (
    values(N=3, T=4, V=5),
    square(N=4, T=4, V=4),
    ones(N=1, T=1, V=3),
    long(N=2, T=26, V=4),
    masks,
    stable(30, 1e3, 1e5, N=3, T=10, V=5),
    *contract(N=3, T=4, V=5),
)

temporal_softmax_loss = Exercise(
    "temporal_softmax_loss",
    points=7,
    draw=SCORES,
    returns=("loss", "dx"),
    criteria=_ON_SCORES,
    rule=numpy_only,
)

sequence_log_prob = Exercise(
    "sequence_log_prob", points=5, draw=SCORES, returns=("log_p",), criteria=_ON_SCORES, rule=numpy_only
)

# Sampling ------------------------------------------------------------------------------------------------------


def model(rng: np.random.Generator, *, N: int, D: int, H: int, V: int) -> dict[str, Value]:
    """A small language model with opinions: wide scores, and a state in which every weight leaves its trace."""

    def wide(*shape: int) -> Array:
        return 2 / float(np.sqrt(shape[0])) * rng.standard_normal(shape)

    params = {
        "W_embed": rng.standard_normal((V, D)),
        "Wx": wide(D, H),
        "Wh": wide(H, H),
        "b": rng.standard_normal(H),
        "W_vocab": wide(H, V),
        "b_vocab": rng.standard_normal(V),
    }
    return {"start": rng.integers(V, size=N), "h0": rng.standard_normal((N, H)), "params": params}


def draw_sample(
    rng: np.random.Generator, *, length: int, temperature: float, **sizes: int
) -> dict[str, Value]:
    """Arguments of `sample`, with a generator of its own."""
    chance = Seeded(int(rng.integers(2**32)))
    return {**model(rng, **sizes), "length": length, "temperature": temperature, "rng": chance}


def shares(tokens: Value, shape: tuple[int, int], V: int) -> Array:
    """How often each word was drawn at each step (T, V), from tokens (N, T); nan where they are no such tokens."""
    if not isinstance(tokens, np.ndarray) or tokens.shape != shape or tokens.dtype.kind not in "iu":
        return np.full((1, V), np.nan)
    return np.stack([(tokens == v).mean(axis=0) for v in range(V)], axis=1)


def _frequencies(
    exercise: Exercise, player: Player, rng: np.random.Generator, temperature: float
) -> Iterator[Observation]:
    """1,000 copies of each of two starts: how often each word comes at each step."""
    V = 5
    arguments = draw_sample(rng, N=2, D=8, H=16, V=V, length=3, temperature=temperature)
    arguments["start"] = np.repeat(arguments["start"], 1000)
    arguments["h0"] = np.repeat(arguments["h0"], 1000, axis=0)
    tokens = player.call(exercise.name, arguments)
    yield Observation("tokens", tokens, how="form")
    told = f"The words come with the wrong frequencies at temperature {temperature:g}."
    yield Observation("shares", shares(tokens, (2000, 3), V), how="share", complaint=told)


@special("values", "each word is drawn as often as its probability says", weight=4)
def frequencies(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """At temperature one."""
    yield from _frequencies(exercise, player, rng, temperature=1.0)


@special("temperature", "a low temperature sharpens, a high one flattens", weight=2)
def temperatures(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """At a half and at three."""
    yield from _frequencies(exercise, player, rng, temperature=0.5)
    yield from _frequencies(exercise, player, rng, temperature=3.0)


# So cold that only the likeliest word is ever drawn: what comes out no longer depends on chance.
COLD = 1e-6

sample = Exercise(
    "sample",
    points=7,
    draw=draw_sample,
    returns=("tokens",),
    criteria=(
        frequencies,
        temperatures,
        square(N=8, D=8, H=8, V=8, length=8, temperature=COLD),
        ones(N=1, D=6, H=12, V=30, length=1, temperature=COLD),
        long(N=3, D=6, H=8, V=12, length=26, temperature=COLD),
        generator(N=20, D=3, H=4, V=5, length=6, temperature=2.0),
        unchanged(N=3, D=4, H=5, V=6, length=4, temperature=COLD),
    ),
    rule=numpy_only,
)

EXERCISES = (
    one_hot,
    word_embedding_forward,
    rnn_step_forward,
    rnn_forward,
    temporal_affine_forward,
    temporal_softmax_loss,
    sequence_log_prob,
    sample,
)
