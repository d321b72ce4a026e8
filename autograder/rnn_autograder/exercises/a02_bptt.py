"""Assignment 2: what each exercise must satisfy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnn_autograder.criteria import (
    Array,
    Below,
    CacheOf,
    Reals,
    Size,
    Waves,
    contract,
    inputs,
    long,
    ones,
    perform,
    refuses,
    results,
    special,
    square,
    stable,
    values,
)
from rnn_autograder.exercise import Exercise, Observation, Player
from rnn_autograder.rules import numpy_only
from rnn_autograder.wire import Value

GRADIENTS_OF_STEP = ("dx", "dprev_h", "dWx", "dWh", "db")
GRADIENTS_OF_ALL = ("dx", "dh0", "dWx", "dWh", "db")

# A gradient without a derivation ---------------------------------------------------------------------------------


def _estimates(
    exercise: Exercise, player: Player, rng: np.random.Generator, shapes: tuple[str, ...]
) -> Iterator[Observation]:
    """Gradients to within what central differences can give, of functions that couple all elements."""
    for axes in shapes:
        drawn = inputs(f=Waves(), x=Reals(axes))(rng, **dict(zip("ABC", (2, 3, 4), strict=True)))
        for seen in results(
            exercise, player.call(exercise.name, drawn), where=f" with {len(axes.split())} axes in x"
        ):
            yield Observation(seen.label, seen.value, how="estimate", complaint=seen.complaint)


@special("values", "the gradient is right to seven digits", weight=4)
def estimated(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A matrix."""
    yield from _estimates(exercise, player, rng, ("A B",))


@special("shapes", "x may have any number of axes")
def any_shape(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One axis, three."""
    yield from _estimates(exercise, player, rng, ("A", "A B C"))


@special("small", "an x that is very small or very large is nudged by the same step")
def any_size(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A step that grows with x would divide by zero at zero, and curve far away."""
    for size in (0.0, 30.0):
        drawn = inputs(f=Waves(), x=Reals("A"))(rng, A=3, scale=size)
        for seen in results(exercise, player.call(exercise.name, drawn), where=f" for x times {size:g}"):
            yield Observation(seen.label, seen.value, how="estimate", complaint=seen.complaint)


numerical_gradient = Exercise(
    "numerical_gradient",
    points=4,
    draw=inputs(f=Waves(), x=Reals("N D")),
    returns=("dx",),
    criteria=(estimated, any_shape, any_size, *contract(N=2, D=3)),
    rule=numpy_only,
)

# Back through what has no memory ---------------------------------------------------------------------------------

temporal_affine_backward = Exercise(
    "temporal_affine_backward",
    points=4,
    draw=inputs(
        dout=Reals("N T M"),
        cache=CacheOf("temporal_affine_forward", x=Reals("N T D"), w=Reals("D M"), b=Reals("M")),
    ),
    returns=("dx", "dw", "db"),
    criteria=(
        values(N=2, T=3, D=4, M=5),
        square(N=4, T=4, D=4, M=4),
        ones(N=1, T=1, D=2, M=3),
        long(N=2, T=26, D=3, M=4),
        *contract(N=2, T=3, D=4, M=5),
    ),
    rule=numpy_only,
)


@special("vocabulary", "words that never occur get zero, words that repeat get every share")
def few_of_many(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Two words of a vocabulary of nine, again and again."""
    drawn = exercise.draw(rng, N=2, T=4, D=3, V=9)
    arguments = drawn["cache"].arguments
    arguments["x"] = np.where(arguments["x"] % 2 == 0, 1, 5)
    yield from results(exercise, perform(exercise, player, drawn))


word_embedding_backward = Exercise(
    "word_embedding_backward",
    points=4,
    draw=inputs(
        dout=Reals("N T D"),
        cache=CacheOf("word_embedding_forward", x=Below("V", "N T"), W=Reals("V D")),
    ),
    returns=("dW",),
    criteria=(
        values(N=3, T=4, V=6, D=5),
        square(N=4, T=4, V=4, D=4),
        ones(N=1, T=1, V=3, D=2),
        long(N=2, T=26, V=5, D=3),
        few_of_many,
        *contract(N=2, T=3, V=4, D=5),
    ),
    rule=numpy_only,
)

# Back through time -----------------------------------------------------------------------------------------------

# From where some units are flat to where all are, and every gradient is zero.
SCALES = 3, 30, 1e3, 1e5

rnn_step_backward = Exercise(
    "rnn_step_backward",
    points=6,
    draw=inputs(
        dnext_h=Reals("N H"),
        cache=CacheOf(
            "rnn_step_forward",
            x=Reals("N D"),
            prev_h=Reals("N H"),
            Wx=Reals("D H"),
            Wh=Reals("H H"),
            b=Reals("H"),
        ),
    ),
    returns=GRADIENTS_OF_STEP,
    criteria=(
        values(N=3, D=4, H=5),
        square(N=4, D=4, H=4),
        ones(N=1, D=2, H=3),
        stable(*SCALES, N=3, D=4, H=5),
        *contract(N=3, D=4, H=5),
    ),
    rule=numpy_only,
)

STATES = CacheOf(
    "rnn_forward", x=Reals("N T D"), h0=Reals("N H"), Wx=Reals("D H"), Wh=Reals("H H"), b=Reals("H")
)

rnn_backward = Exercise(
    "rnn_backward",
    points=8,
    draw=inputs(dh=Reals("N T H"), cache=STATES),
    returns=GRADIENTS_OF_ALL,
    criteria=(
        values(N=2, T=3, D=4, H=5),
        square(N=4, T=4, D=4, H=4),
        ones(N=1, T=1, D=2, H=3),
        long(N=2, T=26, D=3, H=4),
        stable(*SCALES, N=2, T=3, D=4, H=5),
        *contract(N=2, T=3, D=4, H=5),
    ),
    rule=numpy_only,
)


def _cuts(
    exercise: Exercise, player: Player, rng: np.random.Generator, *cases: tuple[int, int, int]
) -> Iterator[Observation]:
    """Several ways of cutting, as (T, k1, k2)."""
    for T, k1, k2 in cases:
        drawn = exercise.draw(rng, N=2, T=T, D=3, H=4, k1=k1, k2=k2)
        where = f" for T={T}, k1={k1}, k2={k2}"
        yield from results(exercise, perform(exercise, player, drawn), where=where)


@special("uncut", "where k2 is T or more, it is the gradient of all steps, whatever k1 is")
def uncut(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """k2 just long enough, and far beyond the beginning."""
    yield from _cuts(exercise, player, rng, (7, 1, 7), (7, 3, 7), (7, 2, 50), (7, 50, 50))


@special("pieces", "where k1 and k2 are equal and divide T, nothing crosses from piece to piece")
def pieces(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Two pieces, three pieces, pieces of one step."""
    yield from _cuts(exercise, player, rng, (8, 4, 4), (9, 3, 3), (5, 1, 1))


@special("remainder", "the last stop is at T, also where k1 does not divide it")
def remainder(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The last stop counts the errors since the one before, and goes back k2 steps all the same."""
    yield from _cuts(exercise, player, rng, (11, 4, 6), (7, 3, 3), (11, 5, 5), (3, 2, 2), (9, 4, 8))


truncated_bptt = Exercise(
    "truncated_bptt",
    points=8,
    draw=inputs(dh=Reals("N T H"), cache=STATES, k1=Size("k1"), k2=Size("k2")),
    returns=GRADIENTS_OF_ALL,
    criteria=(
        values(N=2, T=12, D=4, H=5, k1=3, k2=5),
        square(N=4, T=4, D=4, H=4, k1=2, k2=2),
        ones(N=1, T=1, D=2, H=3, k1=1, k2=1),
        long(N=2, T=26, D=3, H=4, k1=4, k2=9),
        uncut,
        pieces,
        remainder,
        *contract(N=2, T=7, D=3, H=4, k1=2, k2=3),
        refuses(
            {"k1 of zero": {"k1": 0}, "k1 above k2": {"k1": 4}, "k1 below zero": {"k1": -1}},
            N=2,
            T=7,
            D=3,
            H=4,
            k1=2,
            k2=3,
        ),
    ),
    rule=numpy_only,
)

# Learning --------------------------------------------------------------------------------------------------------


def network(rng: np.random.Generator, *, V: int, D: int, H: int, memory: float = 1.0) -> dict[str, Array]:
    """Weights to begin with; `memory` scales what is handed from state to state."""

    def wide(*shape: int) -> Array:
        return rng.standard_normal(shape) / float(np.sqrt(shape[0]))

    return {
        "W_embed": rng.standard_normal((V, D)),
        "Wx": wide(D, H),
        "Wh": memory * wide(H, H),
        "b": 0.1 * rng.standard_normal(H),
        "W_vocab": wide(H, V),
        "b_vocab": 0.1 * rng.standard_normal(V),
    }


def draw_training(
    rng: np.random.Generator, *, N: int, T: int, D: int, H: int, V: int, L: int, steps: int
) -> dict[str, Value]:
    """Arguments of `train_char_rnn`; the text is noise."""
    return {
        "tokens": rng.integers(V, size=L),
        "params": network(rng, V=V, D=D, H=H),
        "N": N,
        "T": T,
        "steps": steps,
        "learning_rate": 0.1,
    }


LETTERS, LAG = 5, 6


def recall_text(rng: np.random.Generator, words: int) -> Array:
    """A letter, five dots, the same letter; and again with another. Who does not remember cannot know the second."""
    letters = rng.integers(LETTERS, size=words)
    text = np.full((words, LAG + 1), LETTERS)
    text[:, 0] = text[:, LAG] = letters
    return text.ravel()


def recall_cost(params: Value, tokens: Array) -> float:
    """The mean cost in nats of the repeated letters under a network; infinite where it is not one.

    Computed here, from the numbers that the student's function returned.
    """
    try:
        h, states = np.zeros(len(params["Wh"])), []
        for token in tokens[:-1]:
            h = np.tanh(params["W_embed"][token] @ params["Wx"] + h @ params["Wh"] + params["b"])
            states.append(h)
        scores = np.stack(states) @ params["W_vocab"] + params["b_vocab"]
        scores = scores - scores.max(axis=1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        cost = float(-log_p[np.arange(len(tokens) - 1), tokens[1:]][LAG - 1 :: LAG + 1].mean())
    except Exception:  # a dict with other things in it
        return float("inf")
    return cost if np.isfinite(cost) else float("inf")


# What a right gradient reaches in 600 steps is 0.04 to 0.12. Without what comes from the future, or without the slope
# of tanh, it stays above 1.3; with Wh in place of its transpose, at 0.5. A guess costs log(5) = 1.6. Some wrong
# gradients learn this too, and a factor in front of one is nothing to Adagrad: that is for `values` to see.
REACHED = 0.4
ONE_RUN = (
    3  # of all that chance decides here: other numbers would ask nothing new, and some are harder to learn
)


@special(
    "learns",
    "a letter is remembered over five dots, in text that was kept aside",
    weight=2,
    after_values=True,
)
def learns(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """600 steps on a text in which a letter comes back after five dots."""
    chance = np.random.default_rng(ONE_RUN)
    params = network(chance, V=LETTERS + 1, D=8, H=32, memory=0.1)
    drawn = {"tokens": recall_text(chance, 1200), "params": params, "N": 16, "T": 15, "steps": 600}
    returned = player.call(exercise.name, {**drawn, "learning_rate": 0.05})
    trained = returned[0] if isinstance(returned, tuple | list) and returned else None
    told = (
        "After 600 steps it cannot repeat a letter from six steps before. Does the error reach that far back?"
    )
    reached = recall_cost(trained, recall_text(chance, 60)) < REACHED
    yield Observation("what it learned", reached, complaint=told)


@special("rounds", "after the last pair comes the first again, with a state of zeros")
def rounds(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Three pairs, eight steps; what does not fill a pair is left out."""
    drawn = exercise.draw(rng, N=2, T=3, D=3, H=4, V=5, L=23, steps=8)
    yield from results(exercise, perform(exercise, player, drawn))


SMALL = {"N": 2, "T": 3, "D": 3, "H": 4, "V": 5, "L": 23, "steps": 2}

train_char_rnn = Exercise(
    "train_char_rnn",
    points=8,
    draw=draw_training,
    returns=("params", "losses"),
    criteria=(
        values(N=3, T=4, D=3, H=5, V=6, L=50, steps=3),
        rounds,
        ones(N=1, T=1, D=2, H=3, V=4, L=9, steps=1),
        learns,
        *contract(**SMALL),
        refuses(
            {
                "tokens that are none": {"tokens": np.zeros(0, dtype=int)},
                "tokens too few for one pair": {"tokens": np.arange(5)},
                "vocabulary of one": {
                    "tokens": np.zeros(23, dtype=int),
                    "params": network(np.random.default_rng(0), V=1, D=3, H=4),
                },
            },
            **SMALL,
        ),
    ),
    rule=numpy_only,
)

# Looking inside --------------------------------------------------------------------------------------------------


def _follow(rng: np.random.Generator, *, T: int, H: int, coarse: float = 0.0) -> dict[str, Value]:
    """States of which some units lean towards a kind of place; with `coarse` they are rounded to its multiples."""
    y = rng.random(T) < 0.3
    y[:2] = True, False
    h = rng.standard_normal((T, H)) + np.outer(y, np.linspace(-1, 1, H))
    return {"h": np.round(h / coarse) * coarse if coarse else h, "y": y}


@special("planted", "a unit that follows the places has 1, one upside down 0, one that never moves a half")
def planted(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Units of which everybody can say how selective they are."""
    y = rng.random(40) < 0.4
    y[:2] = True, False
    steps = rng.standard_normal(40)
    h = np.stack([np.where(y, 0.9, -0.2), np.where(y, -0.9, -0.8), np.full(40, 0.3), np.tanh(steps)], axis=1)
    yield from results(exercise, player.call(exercise.name, {"h": h, "y": y}))


@special("ties", "equal heights count as a half")
def ties(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Units that take few different values, as saturated ones do."""
    for T in (12, 60):
        drawn = _follow(rng, T=T, H=5, coarse=1.0)
        yield from results(exercise, player.call(exercise.name, drawn), where=f" for T={T}")


unit_selectivity = Exercise(
    "unit_selectivity",
    points=5,
    draw=_follow,
    returns=("auc",),
    criteria=(
        values(T=30, H=5),
        square(T=6, H=6),
        ones(T=12, H=1),
        long(T=2000, H=4),
        planted,
        ties,
        *contract(T=20, H=3),
        refuses(
            {"y true everywhere": {"y": np.ones(20, bool)}, "y true nowhere": {"y": np.zeros(20, bool)}},
            T=20,
            H=3,
        ),
    ),
    rule=numpy_only,
)

EXERCISES = (
    numerical_gradient,
    temporal_affine_backward,
    word_embedding_backward,
    rnn_step_backward,
    rnn_backward,
    truncated_bptt,
    train_char_rnn,
    unit_selectivity,
)
