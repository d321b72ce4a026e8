"""Assignment 7: what each exercise must satisfy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from rnn_autograder.criteria import (
    Array,
    AsTensor,
    Made,
    Module,
    Reals,
    contract,
    gradient_results,
    gradients,
    inputs,
    long,
    ones,
    perform,
    refuses,
    results,
    some_of,
    special,
    square,
    stable,
    values,
)
from rnn_autograder.exercise import Criterion, Exercise, Observation, Player
from rnn_autograder.wire import Tensor, Value


def at(name: str, asks: str, cases: Mapping[str, Mapping[str, int]], weight: int = 1) -> Criterion:
    """Calls at several sizes, by what is special about them."""

    @special(name, asks, weight)
    def criterion(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """As `values`."""
        for case, sizes in cases.items():
            value = perform(exercise, player, exercise.draw(rng, **sizes))
            yield from results(exercise, value, where=f" of {case}")

    return criterion


# Scores become weights -------------------------------------------------------------------------------------------


def draw_scores(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
    """Scores and a mask, with as many axes as sizes are given."""
    shape = tuple(sizes.values())
    scores = scale * 0.5 * rng.standard_normal(shape)
    return {"scores": Tensor(scores), "mask": Tensor(some_of(rng, *shape))}


def blinded(drawn: dict[str, Value]) -> dict[str, Value]:
    """The same, with nothing to be looked at in the second row."""
    mask = drawn["mask"].array.copy()
    mask[1] = False
    return {**drawn, "mask": Tensor(mask)}


@special("nothing", "a row in which all is masked gives 0, and no gradient; the others are as ever", weight=2)
def nothing_to_see(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One row of three: 0 / 0, if nobody thought of it."""
    drawn = blinded(exercise.draw(rng, N=3, T=5))
    yield from results(exercise, perform(exercise, player, drawn))
    yield from gradient_results(exercise, player, drawn, ["scores"], rng.standard_normal((3, 5)))


@special("stable", "huge scores do no harm, neither those that are seen nor those that are masked", weight=2)
def huge_scores(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Beyond what exp can say; then under the mask whatever it hides."""
    for scale in (1e3, 1e5):
        value = perform(exercise, player, exercise.draw(rng, N=3, T=5, scale=scale))
        yield from results(exercise, value, where=f" (scores times {scale:g})")
    for hidden in (1e5, -1e5, np.inf, np.nan):
        drawn = exercise.draw(rng, N=3, T=5)
        seen = drawn["mask"].array
        drawn["scores"] = Tensor(np.where(seen, drawn["scores"].array, hidden))
        where = f" (masked scores of {hidden:g})"
        yield from results(exercise, perform(exercise, player, drawn), where=where)
        upstream = rng.standard_normal(seen.shape)
        yield from gradient_results(exercise, player, drawn, ["scores"], upstream, where=where)


masked_softmax = Exercise(
    "masked_softmax",
    points=5,
    draw=draw_scores,
    returns=("weights",),
    criteria=(
        values(N=3, T=5),
        gradients(["scores"], "N T", N=3, T=5),
        nothing_to_see,
        huge_scores,
        at("axes", "one axis, three and four", {"one": {"T": 6}, "three": {"N": 2, "S": 3, "T": 5}}),
        square(N=5, T=5),
        at(
            "ones",
            "a single row, a single place",
            {"one row": {"N": 1, "T": 4}, "one place": {"N": 3, "T": 1}},
        ),
        *contract(N=3, T=5),
        refuses(
            {
                "mask for one row": {"mask": Tensor(np.ones((1, 5), dtype=bool))},
                "mask without rows": {"mask": Tensor(np.ones(5, dtype=bool))},
                "mask of whole numbers": {"mask": Tensor(np.ones((3, 5), dtype=np.int64))},
                "mask of real numbers": {"mask": Tensor(np.ones((3, 5)))},
            },
            N=3,
            T=5,
        ),
    ),
)

# Looking at a sequence -------------------------------------------------------------------------------------------

SEQUENCE = {"N": 2, "T": 5, "H": 3, "E": 4, "K": 6}
_additive = inputs(
    h=AsTensor(Reals("N H")),
    A=AsTensor(Reals("N T E")),
    Wh=AsTensor(Reals("H K")),
    Wa=AsTensor(Reals("E K")),
    v=AsTensor(Reals("K")),
)


def draw_sequence(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
    """States, sequences, and which of their places may be looked at."""
    drawn = _additive(rng, scale=scale, **sizes)
    return drawn | {"mask": Tensor(some_of(rng, sizes["N"], sizes["T"]))}


@special("nothing", "a row in which all is masked has a context of 0, and no gradient of nan", weight=2)
def nothing_to_read(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One row of two."""
    drawn = blinded(exercise.draw(rng, **SEQUENCE))
    yield from results(exercise, perform(exercise, player, drawn))
    upstream = rng.standard_normal((SEQUENCE["N"], SEQUENCE["E"]))
    yield from gradient_results(exercise, player, drawn, ["h", "A", "Wh", "Wa", "v"], upstream)


@special("mask", "whatever stands where it is masked changes nothing", weight=2)
def behind_the_mask(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The same, over other numbers."""
    drawn = exercise.draw(rng, **SEQUENCE)
    A, seen = drawn["A"].array, drawn["mask"].array[:, :, None]
    for hidden in (0.0, 50.0):
        drawn["A"] = Tensor(np.where(seen, A, hidden))
        where = f" (masked places of {hidden:g})"
        yield from results(exercise, perform(exercise, player, drawn), where=where)


additive_attention = Exercise(
    "additive_attention",
    points=6,
    draw=draw_sequence,
    returns=("context", "weights"),
    criteria=(
        values(**SEQUENCE),
        gradients(["h", "A", "Wh", "Wa", "v"], "N E", **SEQUENCE),
        nothing_to_read,
        behind_the_mask,
        square(N=4, T=4, H=4, E=4, K=4),
        ones(N=1, T=1, H=1, E=1, K=1),
        stable(30, 1e3, **SEQUENCE),
        *contract(**SEQUENCE),
        refuses(
            {
                "mask for one row": {"mask": Tensor(np.ones((1, 5), dtype=bool))},
                "mask of real numbers": {"mask": Tensor(np.ones((2, 5)))},
            },
            **SEQUENCE,
        ),
    ),
)

# Looking at a map ------------------------------------------------------------------------------------------------

MAP = {"N": 2, "H": 3, "R": 4, "C": 5}
BAD_MAPS = {
    "A with one feature for all": {"A": Tensor(np.ones((2, 1, 4, 5)))},
    "A of one map for all": {"A": Tensor(np.ones((1, 3, 4, 5)))},
    "A without places": {"A": Tensor(np.ones((2, 3, 0, 5)))},
    "A with an axis too few": {"A": Tensor(np.ones((2, 3, 20)))},
}

dot_product_attention = Exercise(
    "dot_product_attention",
    points=6,
    draw=inputs(prev_h=AsTensor(Reals("N H")), A=AsTensor(Reals("N H R C"))),
    returns=("attn", "attn_weights"),
    criteria=(
        values(**MAP),
        gradients(["prev_h", "A"], "N H", **MAP),
        square(N=4, H=4, R=4, C=4),
        ones(N=1, H=1, R=1, C=1),
        stable(30, 1e3, 1e5, **MAP),
        *contract(**MAP),
        refuses(BAD_MAPS, **MAP),
    ),
)

WEIGHTS = {
    "Wx": AsTensor(Reals("D 4H")),
    "Wh": AsTensor(Reals("H 4H")),
    "Wattn": AsTensor(Reals("H 4H")),
    "b": AsTensor(Reals("4H")),
}
STEP = {"N": 2, "D": 3, "H": 5}
SMALLEST_STEP = {"N": 1, "D": 1, "H": 1}

attention_step_forward = Exercise(
    "attention_step_forward",
    points=5,
    draw=inputs(
        x=AsTensor(Reals("N D")),
        prev_h=AsTensor(Reals("N H")),
        prev_c=AsTensor(Reals("N H")),
        attn=AsTensor(Reals("N H")),
        **WEIGHTS,
    ),
    returns=("next_h", "next_c"),
    criteria=(
        values(**STEP),
        gradients(["x", "prev_h", "prev_c", "attn", *WEIGHTS], "N H", **STEP),
        square(N=4, D=4, H=4),
        ones(**SMALLEST_STEP),
        stable(30, 1e3, **STEP),
        *contract(**STEP),
    ),
)

FORWARD = {"N": 2, "T": 3, "D": 4, "H": 5, "R": 6, "C": 7}

attention_forward = Exercise(
    "attention_forward",
    points=8,
    draw=inputs(x=AsTensor(Reals("N T D")), A=AsTensor(Reals("N H R C")), **WEIGHTS),
    returns=("h",),
    criteria=(
        values(**FORWARD),
        gradients(["x", "A", *WEIGHTS], "N T H", **FORWARD),
        square(N=4, T=4, D=4, H=4, R=4, C=4),
        ones(N=1, T=1, D=1, H=1, R=1, C=1),
        long(N=2, T=26, D=3, H=4, R=2, C=5),
        stable(30, 1e3, **FORWARD),
        *contract(**FORWARD),
        refuses(
            {
                "A with other features than the state": {"A": Tensor(np.ones((2, 1, 6, 7)))},
                "A of one map for all": {"A": Tensor(np.ones((1, 5, 6, 7)))},
                "A without places": {"A": Tensor(np.ones((2, 5, 6, 0)))},
            },
            **FORWARD,
        ),
    ),
)

# Looking at one place --------------------------------------------------------------------------------------------


def draw_choices(rng: np.random.Generator, *, N: int, L: int) -> dict[str, Value]:
    """Probabilities, a place for each row, what it cost and what it usually costs."""
    return {
        "weights": Tensor(rng.dirichlet(np.ones(L), size=N)),
        "chosen": Tensor(rng.integers(L, size=N)),
        "cost": Tensor(rng.standard_normal(N)),
        "baseline": Tensor(rng.standard_normal(N)),
    }


@special("number", "the baseline may be one number for all")
def one_baseline(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """As a float, as a tensor without axes, and as no baseline at all."""
    drawn = exercise.draw(rng, N=4, L=3)
    cases = {"one number": 0.7, "a tensor without axes": Tensor(np.array(-0.4)), "0": 0.0}
    for case, baseline in cases.items():
        value = perform(exercise, player, drawn | {"baseline": baseline})
        yield from results(exercise, value, where=f" with {case} for the baseline")


def to_scores(weights: Array, gradient: Array) -> Array:
    """A gradient carried on to the scores whose softmax the weights are.

    What is the same for all places of a row drops out there. So it does not matter whether somebody normalised the
    weights once more.
    """
    with np.errstate(all="ignore"):  # a wrong one may be infinite
        carried: Array = weights * (gradient - (weights * gradient).sum(axis=1, keepdims=True))
    return carried


def _gradients(exercise: Exercise, player: Player, drawn: dict[str, Value]) -> Iterator[Observation]:
    """That of the scores behind the weights, and that of the cost."""
    held = {name: player.hold(replace(drawn[name], requires_grad=True)) for name in ("weights", "cost")}
    loss = player.call(exercise.name, {**drawn, **held}, keep=True)
    for name, found in zip(held, player.gradients(loss, list(held.values())), strict=True):
        array = drawn[name].array
        if name == "weights" and isinstance(found, np.ndarray) and found.shape == array.shape:
            found = to_scores(array, found)
        told = f"No gradient arrives at {name}. Is there a NumPy array, a number or a `detach` on the way?"
        yield Observation(f"the gradient of {name}", found, complaint=told if found is None else None)


@special(
    "gradients", "the gradients are right: that of cost, and that of the scores behind weights", weight=2
)
def of_scores_and_cost(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One draw."""
    yield from _gradients(exercise, player, exercise.draw(rng, N=4, L=3))


@special(
    "on average", "over all places the gradient is that of the expected cost, for any baseline", weight=4
)
def on_average(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Every place chosen once, the gradients weighed by how likely it was. No sampling, so no tolerance for it."""
    N, L = 3, 4
    p, costs = rng.dirichlet(np.ones(L), size=N), rng.standard_normal((N, L))
    for case, baseline in {
        "0": 0.0,
        "a number": 0.8,
        "a number for each row": Tensor(rng.standard_normal(N)),
    }.items():
        expected = np.zeros((N, L))
        for place in range(L):
            weights = player.hold(Tensor(p, requires_grad=True))
            given = {"weights": weights, "chosen": Tensor(np.full(N, place)), "cost": Tensor(costs[:, place])}
            loss = player.call(exercise.name, given | {"baseline": baseline}, keep=True)
            (found,) = player.gradients(loss, [weights])
            arrives = isinstance(found, np.ndarray) and found.shape == p.shape and found.dtype.kind == "f"
            told = "No gradient arrives at weights. Does the logarithm stay a tensor on the way?"
            yield Observation(f"a gradient for place {place} with {case}", arrives, complaint=told)
            if not arrives:
                return
            with np.errstate(all="ignore"):
                expected += p[:, [place]] * found
        told = f"With {case} for the baseline, the gradient is not on average that of the expected cost."
        yield Observation(f"the expected gradient with {case}", to_scores(p, expected), complaint=told)


@special("baseline", "no gradient flows into the baseline", weight=1, after_values=True)
def no_way_back(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """None at all, or one of zeros."""
    drawn = exercise.draw(rng, N=4, L=3)
    baseline, cost = (player.hold(replace(drawn[name], requires_grad=True)) for name in ("baseline", "cost"))
    loss = player.call(exercise.name, drawn | {"baseline": baseline, "cost": cost}, keep=True)
    (found,) = player.gradients(loss, [baseline])
    stays = found is None or not np.any(found)
    told = "A gradient flows into the baseline: training would move it to where the loss is small."
    yield Observation("no gradient of baseline", bool(stays), complaint=told)


@special("certain", "places that were not chosen may have a weight of 0", weight=1)
def certain(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """As a masked softmax makes them; the logarithm of one of them is nobody's business."""
    drawn = exercise.draw(rng, N=4, L=3)
    weights, rows = np.zeros((4, 3)), np.arange(4)
    weights[rows, drawn["chosen"].array] = (1.0, 0.5, 1.0, 0.25)
    weights[rows, (drawn["chosen"].array + 1) % 3] = (0.0, 0.5, 0.0, 0.75)
    drawn["weights"] = Tensor(weights)
    yield from results(exercise, perform(exercise, player, drawn))
    yield from _gradients(exercise, player, drawn)


CHOICES = {"N": 4, "L": 3}

hard_attention_loss = Exercise(
    "hard_attention_loss",
    points=8,
    draw=draw_choices,
    returns=("loss",),
    criteria=(
        values(**CHOICES),
        of_scores_and_cost,
        on_average,
        no_way_back,
        one_baseline,
        certain,
        square(N=4, L=4),
        ones(N=1, L=1),
        *contract(**CHOICES),
        refuses(
            {
                "chosen before the first": {"chosen": Tensor(np.array([0, -1, 2, 1]))},
                "chosen behind the last": {"chosen": Tensor(np.array([0, 3, 2, 1]))},
                "chosen for fewer": {"chosen": Tensor(np.array([0]))},
                "cost in a column": {"cost": Tensor(np.ones((4, 1)))},
                "baseline in a column": {"baseline": Tensor(np.ones((4, 1)))},
            },
            **CHOICES,
        ),
    ),
)

# Glimpses --------------------------------------------------------------------------------------------------------


def draw_glimpse(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
    """Images, places in them, and how much to cut out."""
    N, K, R, C = (sizes[letter] for letter in "NKRC")
    return {
        "images": Tensor(scale * rng.standard_normal((N, K, R, C))),
        "locations": Tensor(rng.uniform(-1, 1, size=(N, 2))),
        "size": sizes["S"],
    }


def _glimpses(
    exercise: Exercise,
    player: Player,
    rng: np.random.Generator,
    locations: Array,
    *sizes: int,
    R: int,
    C: int,
) -> Iterator[Observation]:
    """Several sizes about given places of one kind of image."""
    drawn = exercise.draw(rng, N=len(locations), K=2, R=R, C=C, S=1)
    for size in sizes:
        value = perform(exercise, player, drawn | {"locations": Tensor(locations), "size": size})
        yield from results(exercise, value, where=f" of size {size}")


CORNERS = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0], [0.0, 1.0]])


@special("border", "beyond the border there are zeros, and the glimpse stays where it is", weight=2)
def border(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """At the corners."""
    yield from _glimpses(exercise, player, rng, CORNERS, 3, 4, 5, R=5, C=7)


@special("sizes", "even and odd, one pixel, and more than the whole image", weight=2)
def sizes_of_glimpses(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The middle stays where it is."""
    somewhere = rng.uniform(-1, 1, size=(3, 2))
    yield from _glimpses(exercise, player, rng, somewhere, 1, 2, 4, 6, 9, 14, R=5, C=6)


@special("rounding", "between two pixels it is the later one")
def between_pixels(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Exactly between them: an even number of rows has no row in its middle."""
    middles = np.array([[0.0, 0.0], [-0.5, 0.25], [0.5, -0.25]])
    for R, C in ((6, 4), (4, 9), (3, 5)):
        for seen in _glimpses(exercise, player, rng, middles, 3, R=R, C=C):
            yield replace(seen, label=f"{seen.label} in {R} x {C} pixels")


GLIMPSE = {"N": 3, "K": 2, "R": 7, "C": 9, "S": 4}

extract_glimpse = Exercise(
    "extract_glimpse",
    points=7,
    draw=draw_glimpse,
    returns=("glimpses",),
    criteria=(
        values(**GLIMPSE),
        gradients(["images"], "N K S S", **GLIMPSE),
        border,
        sizes_of_glimpses,
        between_pixels,
        square(N=4, K=4, R=4, C=4, S=4),
        ones(N=1, K=1, R=1, C=1, S=1),
        *contract(**GLIMPSE),
        refuses(
            {
                "locations beyond the last pixel": {
                    "locations": Tensor(np.array([[0, 0], [0, 1.01], [0, 0]]))
                },
                "locations before the first": {"locations": Tensor(np.array([[0, 0], [-1.5, 0], [0, 0]]))},
                "locations that are no number": {"locations": Tensor(np.full((3, 2), np.nan))},
                "locations for one image": {"locations": Tensor(np.zeros((1, 2)))},
                "size of zero": {"size": 0},
                "size below zero": {"size": -2},
            },
            **GLIMPSE,
        ),
    ),
)

# A grid of soft eyes ---------------------------------------------------------------------------------------------


def draw_window(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
    """Windows that lie over the image, with strides and widths of about a pixel."""
    return {
        "window": Tensor(Reals("N F").draw(rng, {"N": sizes["N"], "F": 4}, scale)),
        "size": sizes["P"],
        "pixels": (sizes["R"], sizes["C"]),
    }


@special("far away", "every filter sums to one, also where it is narrow, wide or outside the image", weight=2)
def far_away(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Gaussians that are 0 at every pixel, if computed as they stand; and so their sum, and nan."""
    drawn = exercise.draw(rng, N=4, P=3, R=5, C=6)
    windows = {
        "narrow": [0.13, -0.37, 0.0, -8.0],
        "outside": [40.0, -30.0, 1.0, 0.0],
        "narrow and outside": [-5.3, 6.1, 2.0, -6.0],
        "wide": [0.2, 0.4, 0.5, 6.0],
    }
    drawn["window"] = Tensor(np.array(list(windows.values())))
    yield from results(exercise, perform(exercise, player, drawn))
    yield from gradient_results(exercise, player, drawn, ["window"], rng.standard_normal((4, 3, 5)))


WINDOW = {"N": 2, "P": 3, "R": 5, "C": 7}

draw_filters = Exercise(
    "draw_filters",
    points=5,
    draw=draw_window,
    returns=("F_rows", "F_columns"),
    criteria=(
        values(**WINDOW),
        gradients(["window"], "N P R", **WINDOW),
        far_away,
        at(
            "sizes",
            "one filter, two, more than pixels",
            {
                "one filter": {**WINDOW, "P": 1},
                "two filters": {**WINDOW, "P": 2},
                "eight filters": {**WINDOW, "P": 8},
            },
        ),
        square(N=4, P=4, R=4, C=4),
        ones(N=1, P=1, R=4, C=1),
        *contract(**WINDOW),
        refuses(
            {
                "window of three numbers": {"window": Tensor(np.zeros((2, 3)))},
                "window without rows": {"window": Tensor(np.zeros(4))},
                "size of zero": {"size": 0},
                "pixels that are none": {"pixels": (5, 0)},
            },
            **WINDOW,
        ),
    ),
)

PATCH = {"N": 2, "P": 3, "R": 4, "C": 5}
BAD_GAINS = {
    "gain of zero": {"gain": Tensor(np.array([0.0, 1.0]))},
    "gain below zero": {"gain": Tensor(np.array([1.0, -2.0]))},
    "gain in a column": {"gain": Tensor(np.ones((2, 1)))},
    "gain without axes": {"gain": Tensor(np.array(1.5))},
}


def through_filters(name: str, argument: str, axes: str, returned: str, upstream: str) -> Exercise:
    """Reading and writing: what goes in, and what comes out."""
    kinds = {
        argument: AsTensor(Reals(axes)),
        "F_rows": AsTensor(Reals("N P R")),
        "F_columns": AsTensor(Reals("N P C")),
    }
    plain = inputs(**kinds)

    def draw(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
        return {**plain(rng, scale=scale, **sizes), "gain": Tensor(rng.uniform(1.5, 3.0, size=sizes["N"]))}

    return Exercise(
        name,
        points=3,
        draw=draw,
        returns=(returned,),
        criteria=(
            values(**PATCH),
            gradients([*kinds, "gain"], upstream, **PATCH),
            square(N=3, P=3, R=3, C=3),
            ones(N=1, P=1, R=1, C=1),
            *contract(**PATCH),
            refuses(BAD_GAINS, **PATCH),
        ),
    )


draw_read = through_filters("draw_read", "images", "N R C", "patch", "N P P")
draw_write = through_filters("draw_write", "patch", "N P P", "canvas", "N R C")

# A question, a picture, an answer --------------------------------------------------------------------------------

# L counts regions, C their features, K is the width of query and keys, M counts answers, and J is H + C.
QUESTION = {"N": 3, "T": 5, "V": 7, "D": 4, "H": 6, "L": 8, "C": 2, "K": 9, "M": 10}
MODEL = Module(
    "VQA",
    {letter: letter for letter in "VDHCKM"},
    {
        "embedding.weight": Reals("V D"),
        "reader.weight_ih_l0": Reals("3H D"),
        "reader.weight_hh_l0": Reals("3H H"),
        "reader.bias_ih_l0": Reals("3H"),
        "reader.bias_hh_l0": Reals("3H"),
        "query.weight": Reals("K H"),
        "query.bias": Reals("K"),
        "key.weight": Reals("K C"),
        "classifier.weight": Reals("M J"),
        "classifier.bias": Reals("M"),
    },
)


def draw_question(rng: np.random.Generator, *, scale: float = 2.0, **sizes: int) -> dict[str, Value]:
    """A model with opinions, questions with any tokens in their padding, and the regions of pictures.

    The last question is whole, the first a single token where there is more than one.
    """
    N, T, L, C = (sizes[letter] for letter in "NTLC")
    lengths = rng.integers(1, T + 1, size=N)
    lengths[0], lengths[-1] = 1, T
    return {
        "model": MODEL.draw(rng, {**sizes, "J": sizes["H"] + C}, scale),
        "questions": Tensor(rng.integers(sizes["V"], size=(N, T))),
        "lengths": Tensor(lengths),
        "A": Tensor(rng.standard_normal((N, L, C))),
    }


@special("padding", "whatever stands in the padding of a question changes nothing", weight=2)
def padding(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The same questions over two other paddings, of which there is more."""
    drawn = exercise.draw(rng, **QUESTION)
    questions = np.pad(drawn["questions"].array, ((0, 0), (0, 2)))
    beyond = np.arange(questions.shape[1]) >= drawn["lengths"].array[:, None]
    for token in (0, QUESTION["V"] - 1):
        drawn["questions"] = Tensor(np.where(beyond, token, questions))
        where = f" over a padding of token {token}"
        yield from results(exercise, perform(exercise, player, drawn), where=where)


@special("rows", "what stands beside a question in the batch changes nothing of its answer")
def rows(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Each by itself."""
    drawn = exercise.draw(rng, **QUESTION)
    for n in range(QUESTION["N"]):
        alone = {name: Tensor(drawn[name].array[n : n + 1]) for name in ("questions", "lengths", "A")}
        value = perform(exercise, player, drawn | alone)
        yield from results(exercise, value, where=f" for question {n} alone")


@special("stable", "large scores of regions give finite weights")
def decided(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Models that know exactly where to look."""
    for scale in (1e2, 1e4):
        drawn = exercise.draw(rng, **QUESTION)
        model: Made = drawn["model"]
        sharp = {"query.weight": scale * model.weights["query.weight"]}
        drawn["model"] = replace(model, weights={**model.weights, **sharp})
        yield from results(exercise, perform(exercise, player, drawn), where=f" (queries times {scale:g})")


vqa_forward = Exercise(
    "vqa_forward",
    points=8,
    draw=draw_question,
    returns=("scores", "weights"),
    criteria=(
        values(**QUESTION),
        gradients(["model", "A"], "N M", **QUESTION),
        padding,
        rows,
        decided,
        square(N=4, T=4, V=4, D=4, H=4, L=4, C=4, K=4, M=4),
        ones(N=1, T=1, V=2, D=1, H=1, L=1, C=1, K=1, M=1),
        long(**{**QUESTION, "T": 26}),
        *contract(**QUESTION),
        refuses(
            {
                "lengths with a zero": {"lengths": Tensor(np.array([5, 0, 2]))},
                "lengths beyond the last token": {"lengths": Tensor(np.array([5, 6, 2]))},
                "lengths of fewer questions": {"lengths": Tensor(np.array([5]))},
                "A of one picture for all": {"A": Tensor(np.ones((1, 8, 2)))},
                "A without regions": {"A": Tensor(np.ones((3, 0, 2)))},
            },
            **QUESTION,
        ),
    ),
)

EXERCISES = (
    masked_softmax,
    additive_attention,
    dot_product_attention,
    attention_step_forward,
    attention_forward,
    hard_attention_loss,
    extract_glimpse,
    draw_filters,
    draw_read,
    draw_write,
    vqa_forward,
)
