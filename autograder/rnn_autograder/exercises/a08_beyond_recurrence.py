"""Assignment 8: what each exercise must satisfy."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from rnn_autograder.criteria import (
    Array,
    AsTensor,
    Module,
    Reals,
    Size,
    contract,
    gradient_results,
    gradients,
    inputs,
    long,
    ones,
    perform,
    ready,
    refused,
    refuses,
    results,
    some_of,
    special,
    square,
    stable,
    values,
)
from rnn_autograder.exercise import Criterion, Exercise, Observation, Player
from rnn_autograder.rules import forbids
from rnn_autograder.wire import Tensor, Value, Weight, encode

# Attention -------------------------------------------------------------------------------------------------------

PAIRS = {"N": 2, "T": 3, "S": 4, "K": 5, "M": 6}


def draw_attention(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
    """Queries, keys and values; one may look everywhere."""
    draw = inputs(q=AsTensor(Reals("N T K")), k=AsTensor(Reals("N S K")), v=AsTensor(Reals("N S M")))
    return {**draw(rng, scale=scale, **sizes), "mask": None}


def causal(T: int) -> Array:
    """A mask (T, T): what has come so far."""
    return np.tri(T, dtype=bool)


def _attended(
    exercise: Exercise, player: Player, drawn: dict[str, Value], where: str
) -> Iterator[Observation]:
    yield from results(exercise, player.call(exercise.name, drawn), where=where)


@special("mask", "where the mask says no nobody looks, whichever of its axes are there", weight=2)
def masked(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One mask for all, one for each, and one for all queries of each."""
    N, T, S = (PAIRS[letter] for letter in "NTS")
    for shape in ((T, S), (N, T, S), (N, 1, S)):
        drawn = exercise.draw(rng, **PAIRS) | {"mask": Tensor(some_of(rng, *shape))}
        yield from _attended(exercise, player, drawn, f" with a mask of shape {shape}")
        yield from gradient_results(
            exercise,
            player,
            drawn,
            ["q", "k", "v"],
            rng.standard_normal((N, T, PAIRS["M"])),
            f" with a mask of shape {shape}",
        )


@special("nowhere", "who may look nowhere gets zeros, and sends back gradients of zero", weight=2)
def nowhere(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One query that is shut out among others, and all of them."""
    N, T, S = (PAIRS[letter] for letter in "NTS")
    one = some_of(rng, N, T, S)
    one[0, 1] = False
    for mask, where in ((one, " where one query is shut out"), (one & False, " where all are shut out")):
        drawn = exercise.draw(rng, **PAIRS) | {"mask": Tensor(mask)}
        yield from _attended(exercise, player, drawn, where)
        upstream = rng.standard_normal((N, T, PAIRS["M"]))
        yield from gradient_results(exercise, player, drawn, ["q", "k", "v"], upstream, where)


@special("axes", "any axes may stand before the last two, or none")
def leading(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Neither batch nor heads; and both."""
    drawn = exercise.draw(rng, **{**PAIRS, "N": 6})
    alone = {name: Tensor(drawn[name].array[0]) for name in ("q", "k", "v")}
    yield from _attended(exercise, player, drawn | alone, " without a batch")
    both = {
        name: Tensor(drawn[name].array.reshape(2, 3, *drawn[name].array.shape[1:]))
        for name in ("q", "k", "v")
    }
    mask = Tensor(some_of(rng, 2, 1, PAIRS["T"], PAIRS["S"]))
    yield from _attended(exercise, player, drawn | both | {"mask": mask}, " with batch and heads")


@special("defaults", "who gives no mask looks everywhere", after_values=True)
def no_mask(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Called with three arguments."""
    drawn = exercise.draw(rng, **PAIRS)
    del drawn["mask"]
    yield from _attended(exercise, player, drawn, "")


scaled_dot_product_attention = Exercise(
    "scaled_dot_product_attention",
    points=7,
    draw=draw_attention,
    returns=("out", "weights"),
    criteria=(
        values(**PAIRS),
        gradients(["q", "k", "v"], "N T M", **PAIRS),
        masked,
        nowhere,
        leading,
        no_mask,
        square(N=4, T=4, S=4, K=4, M=4),
        ones(N=1, T=1, S=1, K=1, M=1),
        stable(30, 1e3, 1e5, **PAIRS),
        *contract(**PAIRS),
        refuses(
            {
                "k of another width than q": {"k": Tensor(np.ones((2, 4, 3)))},
                "v of another length than k": {"v": Tensor(np.ones((2, 5, 6)))},
                "mask of numbers": {"mask": Tensor(np.ones((3, 4)))},
            },
            **PAIRS,
        ),
    ),
    rule=forbids(
        "scaled_dot_product_attention"
    ),  # that of torch.nn.functional; one's own is meant to be written
)

causal_mask = Exercise(
    "causal_mask",
    points=2,
    draw=inputs(T=Size("T")),
    returns=("mask",),
    criteria=(
        values(T=5),
        replace(ones(T=1), after_values=True),  # a stub may guess a single truth value
        long(T=40),
        refuses({"T of zero": {"T": 0}, "T below zero": {"T": -2}}, T=5),
    ),
)

positional_encoding = Exercise(
    "positional_encoding",
    points=4,
    draw=inputs(T=Size("T"), D=Size("D")),
    returns=("code",),
    criteria=(
        values(T=5, D=8),
        square(T=6, D=6),
        replace(ones(T=1, D=2), after_values=True),  # 0 and 1: many a wrong code begins with them
        long(T=50, D=32),
        *contract(T=5, D=8)[:1],  # there is nothing in T and D that could be changed
        refuses(
            {"D that is odd": {"D": 7}, "D of zero": {"D": 0}, "T of zero": {"T": 0}},
            T=5,
            D=8,
        ),
    ),
)

# Modules ---------------------------------------------------------------------------------------------------------

# J is the number of heads, H the hidden width of the feed-forward layer.
SIZES = {"N": 2, "T": 5, "D": 6, "J": 3, "H": 7}
SQUARE = {"N": 4, "T": 4, "D": 4, "J": 4, "H": 4}
SMALLEST = {"N": 1, "T": 1, "D": 2, "J": 1, "H": 1}
LONG = {**SIZES, "T": 26}

LINEAR_IN_D = {"weight": Reals("D D"), "bias": Reals("D")}
ATTENTION = Module(
    "MultiHeadAttention",
    {"D": "D", "heads": "J"},
    {
        f"{part}.{name}": kind
        for part in ("query", "key", "value", "out")
        for name, kind in LINEAR_IN_D.items()
    },
)
BLOCK = Module(
    "TransformerBlock",
    {"D": "D", "heads": "J", "hidden": "H"},
    {f"attention.{name}": kind for name, kind in ATTENTION.weights.items()}
    | {f"norm{k}.{name}": Reals("D") for k in (1, 2) for name in ("weight", "bias")}
    | {"widen.weight": Reals("H D"), "widen.bias": Reals("H")}
    | {"narrow.weight": Reals("D H"), "narrow.bias": Reals("D")},
)


def _out(
    player: Player,
    drawn: dict[str, Value],
    where: str = "",
    mask: Array | None = None,
    complaint: str | None = None,
) -> Iterator[Observation]:
    """What forward gives; without a mask it is called without one."""
    module = ready(player, {"module": drawn["module"]})["module"]
    given = {"x": drawn["x"]} | ({} if mask is None else {"mask": Tensor(mask)})
    yield Observation(f"out{where}", player.call("forward", given, of=module), complaint=complaint)


def _at(name: str, asks: str, sizes: dict[str, int], weight: int = 1) -> Criterion:
    """The output at some sizes."""

    @special(name, asks, weight)
    def criterion(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """One call."""
        yield from _out(player, exercise.draw(rng, **sizes))

    return criterion


WITH_WEIGHTS = _at("values", "the output is right with given weights, when all sizes differ", SIZES, weight=4)
COINCIDE = _at("square", "the numbers are right when sizes coincide", SQUARE)
SINGLE = _at("ones", "one sequence of a single token works", SMALLEST)
OVER_TIME = _at("long", "it holds over a long sequence", LONG)


@special("gradients", "the gradients are right, by every parameter and by x", weight=2)
def of_the_output(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Everywhere, and with a causal mask."""
    for mask, where in ((None, ""), (causal(SIZES["T"]), " with a causal mask")):
        drawn = exercise.draw(rng, **SIZES)
        upstream = rng.standard_normal(drawn["x"].array.shape)
        module = ready(player, {"module": drawn["module"]})["module"]
        x = player.hold(replace(drawn["x"], requires_grad=True))
        given = {"x": x} | ({} if mask is None else {"mask": Tensor(mask)})
        out = player.call("forward", given, of=module, keep=True)
        names = ["x", *drawn["module"].weights]
        by = [x, *(Weight(module, name) for name in names[1:])]
        for name, found in zip(names, player.gradients(out, by, upstream), strict=True):
            told = f"No gradient arrives at {name}{where}. Is it used, and is nothing detached on the way?"
            yield Observation(
                f"the gradient of {name}{where}", found, complaint=told if found is None else None
            )


@special("mask", "a mask holds for every head, one for all sequences or one for each", weight=2)
def masks(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """As many sequences as heads; a token that may look nowhere among them."""
    sizes = {**SIZES, "N": SIZES["J"]}
    N, T = sizes["N"], sizes["T"]
    each = some_of(rng, N, T, T)
    each[1, 2] = False
    for mask in (some_of(rng, T, T), each, some_of(rng, N, 1, T)):
        yield from _out(player, exercise.draw(rng, **sizes), f" with a mask of shape {mask.shape}", mask)


@special("causal", "under a causal mask what comes later changes nothing of what came before")
def nothing_from_the_future(
    exercise: Exercise, player: Player, rng: np.random.Generator
) -> Iterator[Observation]:
    """The same beginning with another end."""
    drawn = exercise.draw(rng, **SIZES)
    x = drawn["x"].array
    other = x.copy()
    other[:, 3:] += 1
    for tokens, where in ((x, ""), (other, " with other tokens behind it")):
        module = ready(player, {"module": drawn["module"]})["module"]
        value = player.call("forward", {"x": Tensor(tokens), "mask": Tensor(causal(5))}, of=module)
        beginning = value[:, :3] if isinstance(value, np.ndarray) and value.ndim == 3 else value
        yield Observation(f"the beginning of out{where}", beginning)


@special("rows", "what stands beside a sequence in the batch changes nothing of it")
def rows(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Each by itself."""
    drawn = exercise.draw(rng, **SIZES)
    for n in range(SIZES["N"]):
        alone = {"x": Tensor(drawn["x"].array[n : n + 1])}
        yield from _out(player, drawn | alone, f" for sequence {n} alone")


@special("fresh start", "made anew, it begins with weights of its own", after_values=True)
def own_weights(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Nothing is given: its output is finite, and those of two differ."""
    drawn = exercise.draw(rng, **SIZES)
    new = [player.call(exercise.name, drawn["module"].sizes, keep=True) for _ in range(2)]
    seen = [player.call("forward", {"x": drawn["x"]}, of=module) for module in new]
    finite = all(isinstance(out, np.ndarray) and bool(np.isfinite(out).all()) for out in seen)
    yield Observation("finite", finite, complaint="Made anew, its output is not finite.")
    told = "Two of them, made anew, are equal. Are the weights left to PyTorch's initialisation?"
    yield Observation("different", encode(seen[0]) != encode(seen[1]), complaint=told)


@special(
    "repeatable", "the same question has the same answer again, and no argument changes", after_values=True
)
def asked_again(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """With a mask, without, and with it again, on the very same tensors."""
    drawn = exercise.draw(rng, **SIZES)
    module = ready(player, {"module": drawn["module"]})["module"]
    held = {"x": player.hold(drawn["x"]), "mask": player.hold(Tensor(some_of(rng, 5, 5)))}
    first = player.call("forward", held, of=module)
    for name, tensor in held.items():
        told = f"{name} was changed in place. The caller still needs it: work on a copy."
        yield Observation(name, player.fetch(tensor), complaint=told)
    player.call("forward", {"x": held["x"]}, of=module)
    again = player.call("forward", held, of=module)
    told = "The same call answers differently after another call. What is kept in between?"
    yield Observation("the same again", encode(first) == encode(again), complaint=told)


@special("heads", "one head, two heads, and as many heads as columns", weight=3)
def numbers_of_heads(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Each with the same sizes otherwise."""
    for heads in (1, 2, 6):
        yield from _out(player, exercise.draw(rng, **{**SIZES, "J": heads}), f" with heads={heads}")


@special("stable", "large arguments give finite, right numbers")
def large_weights(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Scores far beyond what exp can take."""
    for scale in (30, 1e3):
        yield from _out(player, exercise.draw(rng, scale=scale, **SIZES), f" (weights times {scale:g})")


@special(
    "bad input", "numbers of heads that make no sense are a ValueError that names them", after_values=True
)
def no_such_heads(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Of the class."""
    for heads, what in ((0, "zero"), (-2, "a number below zero"), (4, "a number that does not divide D")):
        make = functools.partial(player.call, exercise.name, {"D": 6, "heads": heads})
        yield from refused(f"heads of {what}", make)


MultiHeadAttention = Exercise(
    "MultiHeadAttention",
    points=10,
    draw=inputs(module=ATTENTION, x=AsTensor(Reals("N T D"))),
    returns=("module",),
    criteria=(
        WITH_WEIGHTS,
        of_the_output,
        numbers_of_heads,
        masks,
        nothing_from_the_future,
        rows,
        COINCIDE,
        SINGLE,
        OVER_TIME,
        large_weights,
        own_weights,
        asked_again,
        no_such_heads,
    ),
    rule=forbids("scaled_dot_product_attention"),
)


@special("alone", "norms, residuals and feed-forward are right where attention can change little", weight=3)
def a_token_alone(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Sequences of one token, which can look only at itself: a mistake in most of attention does not show."""
    for hidden in (7, 2):
        yield from _out(
            player, exercise.draw(rng, **{**SIZES, "T": 1, "H": hidden}), f" with hidden={hidden}"
        )


TransformerBlock = Exercise(
    "TransformerBlock",
    points=7,
    draw=inputs(module=BLOCK, x=AsTensor(Reals("N T D"))),
    returns=("module",),
    criteria=(
        WITH_WEIGHTS,
        of_the_output,
        a_token_alone,
        masks,
        nothing_from_the_future,
        COINCIDE,
        SINGLE,
        OVER_TIME,
        own_weights,
        asked_again,
    ),
)

# Recurrence without a nonlinearity -------------------------------------------------------------------------------

STATES = {"N": 2, "T": 6, "H": 3}
RECURRENCE = inputs(a=AsTensor(Reals("N T H")), b=AsTensor(Reals("N T H")), h0=AsTensor(Reals("N H")))


@special("gates", "factors of 0, of 1 and below 0 are factors like any others", weight=2)
def any_factor(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """What is forgotten, what is kept, what turns round; values and gradients."""
    drawn = exercise.draw(rng, N=2, T=13, H=3)
    drawn["a"] = Tensor(rng.choice([0.0, 1.0, -1.0, 0.5], size=(2, 13, 3)))
    yield from results(exercise, player.call(exercise.name, drawn))
    yield from gradient_results(exercise, player, drawn, ["a", "b", "h0"], rng.standard_normal((2, 13, 3)))


BAD_STATES = refuses(
    {
        "b of another shape than a": {"b": Tensor(np.ones((2, 5, 3)))},
        "h0 of another shape than a state": {"h0": Tensor(np.ones((1, 3)))},
    },
    **STATES,
)

linear_recurrence = Exercise(
    "linear_recurrence",
    points=5,
    draw=RECURRENCE,
    returns=("h",),
    criteria=(
        values(**STATES),
        gradients(["a", "b", "h0"], "N T H", **STATES),
        any_factor,
        square(N=4, T=4, H=4),
        ones(N=1, T=1, H=1),
        long(N=2, T=50, H=3),
        *contract(**STATES),
        BAD_STATES,
    ),
)


@special("any T", "it holds for every length, a power of two or not", weight=2)
def any_length(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Small ones, and those around powers of two."""
    for T in (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33):
        value = perform(exercise, player, exercise.draw(rng, N=2, T=T, H=3))
        yield from results(exercise, value, where=f" for T={T}")


EPS = 2.0**-53  # half of what is between 1 and the next float64


def most_additions(T: int) -> int:
    """The longest chain of additions that a check of length T lets pass.

    A tree has ceil(log2 T) levels, one that goes up and down again twice as many; two more are a present.
    """
    return 2 * math.ceil(math.log2(T)) + 2


def draw_a_one_among_crumbs(rng: np.random.Generator, N: int, T: int) -> dict[str, Value]:
    """The arguments with which additions can be counted; see `dependent_additions`.

    There is a crumb at every step in some rows, at every second in others, then at every fourth, up to the 128th: who
    adds block to block adds a single one each time in some of the rows. The 1 stands first in some and last in others,
    so that it begins a block somewhere, and ends one, however long blocks are.
    """
    row = np.arange(N)[:, None]
    b = EPS * (np.arange(T) % 2 ** (row % 8) == 0)
    place = rng.integers(T, size=N)
    place[:8], place[8:16] = 0, T - 1
    place[16 : N // 2] //= 8  # a chain from block to block is longest for those who start early
    b[np.arange(N), place] = 1.0
    return {
        "a": Tensor(np.ones((N, T, 1))),
        "b": Tensor(b[:, :, None]),
        "h0": Tensor(np.zeros((N, 1))),
    }


def dependent_additions(b: Array, h: Value) -> int | None:
    """How many additions one behind another a number went through, at the least; None where h is no sum of b.

    Every row of b (N, T, 1) holds one 1 and crumbs of EPS = 2**-53, and h (N, T, 1) should hold its sums from the left.
    Sums of crumbs are exact in any order. But between 1 and 2 float64 knows only multiples of 2 EPS: an addition that
    the 1 takes part in is rounded, by EPS at the most. So if a sum is off by m EPS, the 1 has gone through m additions
    or more, each of which had to wait for the one before. A loop adds crumb after crumb to the 1 and loses them all; a
    tree adds crumbs to crumbs, and the 1 meets no more than log2 T such sums. No clock is asked, and nobody's word is
    taken: the last bits of the answer say how it was come by.
    """
    if not isinstance(h, np.ndarray) or h.shape != b.shape or h.dtype != np.float64:
        return None
    has_one = np.cumsum(b == 1, axis=1) == 1
    crumbs = np.cumsum(b == EPS, axis=1)
    if not np.isfinite(h).all() or (abs(h - has_one) > 2 * EPS * b.shape[1]).any():
        return None
    lost = np.abs((h - has_one) / EPS - crumbs)  # exact: both are small multiples of EPS
    return int(lost.max())


@special("steps", "no number waits for more additions than a tree has levels", weight=16, after_values=True)
def logarithmic(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A power of two, and another length."""
    for T in (4096, 1000):
        drawn = draw_a_one_among_crumbs(rng, N=64, T=T)
        seen = dependent_additions(drawn["b"].array, player.call(exercise.name, drawn))
        told = (
            f"The additions could not be counted for T={T}: what came back is not the sums of what was given."
        )
        if seen is not None:
            told = (
                f"The last bits of what you return show that for T={T} a number went through at least {seen:,} "
                f"additions, one behind another. With a tree it would be {most_additions(T)} at most."
            )
        yield Observation(f"T={T}", seen is not None and seen <= most_additions(T), complaint=told)


parallel_scan = Exercise(
    "parallel_scan",
    points=15,
    draw=RECURRENCE,
    returns=("h",),
    criteria=(
        values(**STATES),
        gradients(["a", "b", "h0"], "N T H", **STATES),
        logarithmic,
        any_length,
        any_factor,
        square(N=4, T=4, H=4),
        ones(N=1, T=1, H=1),
        long(N=2, T=77, H=3),
        *contract(**STATES),
        BAD_STATES,
    ),
    rule=forbids("associative_scan"),  # a tree as well, so that the count of additions cannot tell
)

EXERCISES = (
    scaled_dot_product_attention,
    causal_mask,
    positional_encoding,
    MultiHeadAttention,
    TransformerBlock,
    linear_recurrence,
    parallel_scan,
)
