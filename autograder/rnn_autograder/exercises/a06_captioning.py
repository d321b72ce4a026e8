"""Assignment 6: what each exercise must satisfy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from rnn_autograder.criteria import (
    Array,
    AsTensor,
    Made,
    Reals,
    contract,
    dtype,
    generator,
    gradients,
    inputs,
    ones,
    ready,
    refused,
    refuses,
    repeatable,
    results,
    special,
    square,
    unchanged,
    values,
)
from rnn_autograder.exercise import Criterion, Exercise, Observation, Player
from rnn_autograder.wire import Handle, Seeded, Tensor, Value, Weight, encode

PAD, START, END = 0, 1, 2

# From a picture to a vector --------------------------------------------------------------------------------------

MAPS = {"N": 2, "C": 5, "R": 3, "S": 4}

global_average_pool = Exercise(
    "global_average_pool",
    points=3,
    draw=inputs(maps=AsTensor(Reals("N C R S"))),
    returns=("features",),
    criteria=(
        values(**MAPS),
        gradients(["maps"], "N C", **MAPS),
        square(N=4, C=4, R=4, S=4),
        ones(N=1, C=1, R=1, S=1),
        *contract(**MAPS),
        refuses(
            {
                "maps with an axis too few": {"maps": Tensor(np.ones((5, 3, 4)))},
                "maps with an axis too many": {"maps": Tensor(np.ones((2, 5, 3, 4, 1)))},
                "maps without places": {"maps": Tensor(np.ones((2, 5, 0, 4)))},
            },
            **MAPS,
        ),
    ),
)

# Sentences of different lengths ----------------------------------------------------------------------------------


def draw_lengths(rng: np.random.Generator, *, M: int, N: int) -> dict[str, Value]:
    """Captions of five lengths, in no order."""
    lengths = rng.choice([4, 5, 7, 8, 11], size=M)
    return {"lengths": lengths, "N": N, "rng": Seeded(int(rng.integers(2**32)))}


def _rows(value: Value) -> list[list[int]] | None:
    """Batches as lists of row numbers; None where they are none."""
    if not isinstance(value, list | tuple):
        return None
    try:
        rows = [np.asarray(batch) for batch in value]
    except ValueError:  # a batch with batches in it
        return None
    whole = all(batch.ndim == 1 and batch.dtype.kind in "iu" for batch in rows)
    return [batch.astype(np.int64).tolist() for batch in rows] if whole else None


def _divided(
    exercise: Exercise, player: Player, drawn: dict[str, Value], where: str = ""
) -> Iterator[Observation]:
    """What chance has no part in: which rows there are, and how many of which length stand together."""
    batches, lengths = _rows(player.call(exercise.name, drawn)), drawn["lengths"]
    told = "A list of batches is due, each of them the numbers of some rows."
    yield Observation("batches" + where, batches is not None, complaint=told)
    if batches is None:
        return
    told = f"Not every row is there once{where}."
    yield Observation(
        "rows" + where, np.array(sorted(row for batch in batches for row in batch), dtype=int), complaint=told
    )
    known = [[lengths[row] for row in batch if 0 <= row < len(lengths)] for batch in batches]
    told = f"There are captions of different lengths in one batch{where}."
    yield Observation("lengths" + where, all(len(set(batch)) <= 1 for batch in known), complaint=told)
    told = f"The batches of a length are not as full as they can be{where}, or too full."
    sizes = sorted((int(batch[0]), len(batch)) for batch in known if batch)
    yield Observation("sizes" + where, np.array(sizes).reshape(-1, 2), complaint=told)


@special(
    "values", "every row once, captions of one length together, batches as full as they can be", weight=4
)
def divided(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Several sizes, some of which divide what there is."""
    for M, N in ((40, 4), (60, 7), (64, 2)):
        yield from _divided(exercise, player, exercise.draw(rng, M=M, N=N), f" for M={M}, N={N}")
    drawn = exercise.draw(rng, M=24, N=4) | {"lengths": np.tile([5, 9, 6], 8)}
    yield from _divided(exercise, player, drawn, " where N divides everything")


@special("ones", "a single caption; batches of one; batches larger than all there is")
def extremes(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The ends."""
    for M, N in ((1, 1), (1, 5), (9, 1), (9, 100)):
        yield from _divided(exercise, player, exercise.draw(rng, M=M, N=N), f" for M={M}, N={N}")


@special("chance", "who comes together is left to chance, and so is the order", weight=3, after_values=True)
def left_to_chance(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Four captions of each of twenty lengths, in pairs, a hundred times."""
    drawn = exercise.draw(rng, M=80, N=2) | {"lengths": np.tile(np.arange(4, 24), 4)}
    together, longer, again, first = [], [], [], []
    for seed in range(100):
        batches = _rows(player.call(exercise.name, drawn | {"rng": Seeded(seed)})) or [[0]]
        place = {row: k for k, batch in enumerate(batches) for row in batch}
        fours = [[place.get(row, -1) for row in range(k, 80, 20)] for k in range(20)]
        together += [[four[0] == other for other in four[1:]] for four in fours]
        first += [four[0] == min(four) for four in fours]
        step = np.diff([batch[0] % 20 for batch in batches if batch])
        longer.append((step > 0).sum() / 39)
        again.append((step == 0).sum() / 39)
    told = "Some captions meet in a batch more often than others of their length."
    yield Observation("together", np.mean(together, axis=0), how="share", complaint=told)
    told = "The order of the batches is not left to chance: lengths do not come mixed, or rows come in their order."
    for name, seen in (("longer", longer), ("again", again), ("first", first)):
        yield Observation(name, np.mean(seen), how="share", complaint=told)


caption_batches = Exercise(
    "caption_batches",
    points=5,
    draw=draw_lengths,
    returns=("batches",),
    criteria=(
        divided,
        extremes,
        left_to_chance,
        generator(M=60, N=4),
        unchanged(M=20, N=3),
        refuses(
            {
                "N of zero": {"N": 0},
                "N below zero": {"N": -3},
                "lengths of no caption": {"lengths": np.zeros(0, dtype=int)},
            },
            M=20,
            N=3,
        ),
    ),
)

# The network that writes -----------------------------------------------------------------------------------------

CASES = [(cell, way_in) for way_in in ("state", "input") for cell in ("rnn", "lstm")]
SIZES = {"N": 3, "T": 6, "F": 5, "V": 7, "D": 2, "H": 4}
SMALLEST = {"N": 1, "T": 2, "F": 1, "V": 4, "D": 1, "H": 1}


def draw_captioner(
    rng: np.random.Generator, *, cell: str = "rnn", way_in: str = "state", scale: float = 1.0, **sizes: int
) -> dict[str, Value]:
    """A captioner with weights, features of pictures, and captions of different lengths."""
    N, T, F, V, D, H = (sizes[letter] for letter in "NTFVDH")
    gates = H * (4 if cell == "lstm" else 1)
    shapes = {
        "embedding.weight": (V, D),
        "rnn.weight_ih_l0": (gates, D + F if way_in == "input" else D),
        "rnn.weight_hh_l0": (gates, H),
        "rnn.bias_ih_l0": (gates,),
        "rnn.bias_hh_l0": (gates,),
        "readout.weight": (V, H),
        "readout.bias": (V,),
    }
    shapes |= {"to_state.weight": (H, F), "to_state.bias": (H,)} if way_in == "state" else {}
    weights = {name: scale * 0.5 * rng.standard_normal(shape) for name, shape in shapes.items()}
    made = Made("CaptioningRNN", {"cell": cell, "way_in": way_in, "F": F, "V": V, "D": D, "H": H}, weights)
    features = Tensor(rng.standard_normal((N, F)))
    return {"model": made, "features": features, "captions": Tensor(_captions(rng, N, T, V))}


def _captions(rng: np.random.Generator, N: int, T: int, V: int) -> Array:
    """START, words, END and then PAD; one caption is as long as can be, and the last of several is empty."""
    last = rng.integers(1, T, size=N)[:, None]
    last[-1], last[0] = 1, T - 1
    place = np.arange(T)
    words = rng.integers(END + 1, V, size=(N, T))
    captions = np.where(place < last, words, np.where(place == last, END, PAD))
    captions[:, 0] = START
    return captions


def _everywhere(
    exercise: Exercise, rng: np.random.Generator, scale: float = 1.0, **sizes: int
) -> Iterator[tuple[str, dict[str, Value]]]:
    """Both cells, both ways in: where we are, and what was drawn for it."""
    for cell, way_in in CASES:
        drawn = exercise.draw(rng, cell=cell, way_in=way_in, scale=scale, **sizes)
        yield f" with cell={cell!r}, way_in={way_in!r}", drawn


def _made(player: Player, drawn: dict[str, Value]) -> Handle:
    module: Handle = ready(player, {"model": drawn["model"]})["model"]
    return module


def _scores_and_loss(
    player: Player, drawn: dict[str, Value], where: str, *methods: str, complaint: str | None = None
) -> Iterator[Observation]:
    """What forward and loss give, or one of them."""
    module, given = _made(player, drawn), {name: drawn[name] for name in ("features", "captions")}
    for method in methods:
        value = player.call(method, given, of=module)
        yield Observation(f"{method}{where}", value, complaint=complaint)


def _written(player: Player, drawn: dict[str, Value], max_length: int) -> Value:
    """Captions of the network's own."""
    given = {"features": drawn["features"], "max_length": max_length}
    return player.call("sample", given, of=_made(player, drawn))


def _with_bias(drawn: dict[str, Value], end: float) -> dict[str, Value]:
    """A model that likes to end, or does not, and that never comes upon PAD or START."""
    model: Made = drawn["model"]
    bias = model.weights["readout.bias"].copy()
    bias[[PAD, START]] -= 1e3
    bias[END] += end
    return {**drawn, "model": replace(model, weights={**model.weights, "readout.bias": bias})}


@special("values", "the scores are right with given weights, in both cells and both ways in", weight=4)
def scores(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """All sizes different."""
    for where, drawn in _everywhere(exercise, rng, **SIZES):
        yield from _scores_and_loss(player, drawn, where, "forward")


@special(
    "loss", "each token is predicted from those before it; a sum over time, a mean over captions", weight=3
)
def losses(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Captions of different lengths."""
    for where, drawn in _everywhere(exercise, rng, **SIZES):
        yield from _scores_and_loss(player, drawn, where, "loss")


@special("gradients", "the gradients of the loss are right, those of the features too", weight=3)
def of_loss(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """By every parameter, and on into whatever made the features."""
    for where, drawn in _everywhere(exercise, rng, **SIZES):
        module = _made(player, drawn)
        features = player.hold(replace(drawn["features"], requires_grad=True))
        given = {"features": features, "captions": drawn["captions"]}
        loss = player.call("loss", given, of=module, keep=True)
        names = ["features", *drawn["model"].weights]
        by = [features, *(Weight(module, name) for name in names[1:])]
        for name, found in zip(names, player.gradients(loss, by), strict=True):
            told = f"No gradient arrives at {name}{where}. Is it used, and is nothing detached on the way?"
            yield Observation(
                f"the gradient of {name}{where}", found, complaint=told if found is None else None
            )


def one_case(cell: str, way_in: str) -> Criterion:
    """Scores and loss of one of the four by itself: who has built only that has that."""

    @special(f"{cell} by {way_in}", "this cell with this way in is right by itself")
    def criterion(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """As `values` and `loss`."""
        drawn = exercise.draw(rng, cell=cell, way_in=way_in, **SIZES)
        yield from _scores_and_loss(player, drawn, "", "forward", "loss")

    return criterion


@special("picture", "another picture gives another loss and other captions", weight=2)
def the_picture_matters(
    exercise: Exercise, player: Player, rng: np.random.Generator
) -> Iterator[Observation]:
    """One sentence for two pictures; then what is written for six that have little in common."""
    for where, drawn in _everywhere(exercise, rng, scale=2.0, **{**SIZES, "N": 6}):
        features = 5 * drawn["features"].array
        drawn["features"] = Tensor(features)
        module = _made(player, drawn)
        given = [
            {"features": Tensor(features[n : n + 1]), "captions": Tensor(drawn["captions"].array[:1])}
            for n in (0, 1)
        ]
        one, other = (player.call("loss", each, of=module) for each in given)
        told = f"Two pictures give one sentence the same loss{where}. Which way do the features get in?"
        yield Observation("losses differ" + where, encode(one) != encode(other), complaint=told)
        written = _written(player, _with_bias(drawn, end=-20.0), max_length=6)
        varied = isinstance(written, np.ndarray) and bool((written != written[:1]).any())
        told = f"Six pictures get one caption{where}. Does the picture reach the words?"
        yield Observation("captions differ" + where, varied, complaint=told)
        yield Observation("sample" + where, written)


@special("shift", "with every further token of a caption the right cost is added", weight=2)
def token_by_token(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One caption, more and more of it; what is still to come changes no score."""
    for where, drawn in _everywhere(exercise, rng, **{**SIZES, "N": 1}):
        captions = drawn["captions"].array
        for T in (2, 4):
            part = drawn | {"captions": Tensor(captions[:, :T])}
            told = f"The loss of the first {T} tokens is wrong{where}. Which token is predicted from which?"
            yield from _scores_and_loss(player, part, f" of {T} tokens{where}", "loss", complaint=told)


@special("PAD", "what follows END costs nothing, however much of it there is", weight=2)
def free_padding(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The same captions, with three more columns of PAD."""
    for where, drawn in _everywhere(exercise, rng, **SIZES):
        for more in (0, 3):
            captions = np.pad(drawn["captions"].array, ((0, 0), (0, more)))
            padded = drawn | {"captions": Tensor(captions)}
            yield from _scores_and_loss(player, padded, f" with {more} more columns of PAD{where}", "loss")


@special("sample", "it writes what is likeliest, a token at a time", weight=3)
def own_captions(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Long ones, and a single token."""
    for where, drawn in _everywhere(exercise, rng, scale=2.0, **SIZES):
        for max_length in (7, 1):
            written = _written(player, _with_bias(drawn, end=-20.0), max_length)
            yield Observation(f"sample of {max_length} tokens{where}", written)


@special("END", "behind END there is only PAD, and other rows go on", weight=2)
def ends_by_row(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Models that end at once, and after a while."""
    for where, drawn in _everywhere(exercise, rng, scale=2.0, **{**SIZES, "N": 9}):
        for end in (1e3, 1.0):
            written = _written(player, _with_bias(drawn, end), max_length=7)
            yield Observation(f"sample where END is {end:+g} likelier{where}", written)


@special("rows", "what stands beside a picture in the batch changes nothing of it", weight=2)
def rows(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Each by itself."""
    for where, drawn in _everywhere(exercise, rng, scale=2.0, **{**SIZES, "N": 2}):
        likes_to_end = _with_bias(drawn, end=1.0)
        for n in range(2):
            alone = {name: Tensor(drawn[name].array[n : n + 1]) for name in ("features", "captions")}
            yield from _scores_and_loss(
                player, drawn | alone, f" for picture {n} alone{where}", "forward", "loss"
            )
            written = _written(player, likes_to_end | alone, max_length=4)
            yield Observation(f"sample for picture {n} alone{where}", written)


def _all_three(
    exercise: Exercise, player: Player, rng: np.random.Generator, **sizes: int
) -> Iterator[Observation]:
    for where, drawn in _everywhere(exercise, rng, **sizes):
        yield from _scores_and_loss(player, drawn, where, "forward", "loss")
        yield Observation("sample" + where, _written(player, _with_bias(drawn, end=0.0), sizes["T"]))


@special("ones", "one picture, one feature, one unit, an empty caption")
def single(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The smallest; and as many pictures as tokens, features and units."""
    yield from _all_three(exercise, player, rng, **SMALLEST)
    yield from _all_three(exercise, player, rng, **{**dict.fromkeys("NTFDH", 4), "V": 5})


@special("long", "it holds over a long caption")
def over_time(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Many tokens."""
    for where, drawn in _everywhere(exercise, rng, **{**SIZES, "N": 2, "T": 26}):
        yield from _scores_and_loss(player, drawn, where, "forward", "loss")


@special("fresh start", "made anew, it begins with weights of its own", after_values=True)
def own_weights(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Nothing is given: its loss is a number, and two of them differ."""
    for where, drawn in _everywhere(exercise, rng, **SIZES):
        given = {name: drawn[name] for name in ("features", "captions")}
        new = [player.call(exercise.name, drawn["model"].sizes, keep=True) for _ in range(2)]
        seen = [player.call("loss", given, of=module) for module in new]
        finite = all(isinstance(loss, np.ndarray) and bool(np.isfinite(loss).all()) for loss in seen)
        told = f"Made anew, its loss is no finite number{where}."
        yield Observation("losses are finite" + where, finite, complaint=told)
        told = f"Two of them, made anew, are equal{where}. Are the weights left to PyTorch's initialisation?"
        yield Observation("losses differ" + where, encode(seen[0]) != encode(seen[1]), complaint=told)


@special(
    "repeatable", "the same question has the same answer again, and no argument changes", after_values=True
)
def asked_again(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The loss, captions, the loss of others, and the first loss again, with the very same tensors."""
    for where, drawn in _everywhere(exercise, rng, **SIZES):
        module = _made(player, drawn)
        held = {name: player.hold(drawn[name]) for name in ("features", "captions")}
        first = player.call("loss", held, of=module)
        player.call("sample", {"features": held["features"], "max_length": 2}, of=module)
        others = {"features": Tensor(-drawn["features"].array), "captions": drawn["captions"]}
        player.call("loss", others, of=module)
        again = player.call("loss", held, of=module)
        told = f"The same loss, asked for again, is another one{where}. What is kept in between?"
        yield Observation("the same again" + where, encode(first) == encode(again), complaint=told)
        for name, tensor in held.items():
            told = f"{name} was changed in place{where}. The caller still needs it."
            yield Observation(name + where, player.fetch(tensor), complaint=told)


@special("bad input", "senseless arguments are a ValueError that names them", after_values=True)
def senseless(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Of the class, and of its methods."""
    drawn = exercise.draw(rng, **SIZES)
    module, sizes = _made(player, drawn), drawn["model"].sizes
    short = {"features": drawn["features"], "captions": Tensor(np.full((SIZES["N"], 1), START))}
    nothing = {"features": drawn["features"], "max_length": 0}
    yield from refused("cell that nobody knows", lambda: player.call(exercise.name, {**sizes, "cell": "gru"}))
    yield from refused(
        "way_in that nobody knows", lambda: player.call(exercise.name, {**sizes, "way_in": "end"})
    )
    yield from refused("captions of one token", lambda: player.call("forward", short, of=module))
    yield from refused("captions with nothing to learn", lambda: player.call("loss", short, of=module))
    yield from refused("max_length of zero", lambda: player.call("sample", nothing, of=module))


CaptioningRNN = Exercise(
    "CaptioningRNN",
    points=26,
    draw=draw_captioner,
    returns=("model",),
    criteria=(
        scores,
        losses,
        of_loss,
        *(one_case(cell, way_in) for cell, way_in in CASES),
        the_picture_matters,
        token_by_token,
        free_padding,
        own_captions,
        ends_by_row,
        rows,
        single,
        over_time,
        own_weights,
        asked_again,
        senseless,
    ),
)

# How good is a caption? ------------------------------------------------------------------------------------------

WORDS = ("a", "red", "blue", "circle", "square", "above", "and")


def _sentence(rng: np.random.Generator, length: int) -> list[str]:
    return [WORDS[k] for k in rng.integers(len(WORDS), size=length)]


def draw_corpus(rng: np.random.Generator, *, N: int, T: int, R: int, max_n: int = 4) -> dict[str, Value]:
    """N candidates of about T words and up to R references each, which share long pieces with them."""
    candidates, references = [], []
    for _ in range(N):
        candidate = _sentence(rng, int(rng.integers(T - 2, T + 3)))
        begins = rng.integers(0, 3, size=rng.integers(1, R + 1))
        candidates.append(candidate)
        references.append(
            [candidate[begin : T - 1] + _sentence(rng, int(rng.integers(0, 4))) for begin in begins]
        )
    return {"candidates": candidates, "references": references, "max_n": max_n}


CORPUS = {"N": 5, "T": 10, "R": 3}


def _scored(exercise: Exercise, player: Player, cases: dict[str, dict[str, Any]]) -> Iterator[Observation]:
    for case, drawn in cases.items():
        yield from results(exercise, player.call(exercise.name, drawn), where=f" of {case}")


def _text(candidates: list[str], references: list[list[str]], max_n: int) -> dict[str, Value]:
    return {
        "candidates": [candidate.split() for candidate in candidates],
        "references": [[caption.split() for caption in right] for right in references],
        "max_n": max_n,
    }


@special("clipped", "nothing counts more often than in the reference that has it most often", weight=2)
def clipped(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The example of the paper, and words that two references have once and twice."""
    the = ["the the the the the the the"]
    cat = ["the cat is on the mat", "there is a cat on the mat"]
    red = ["red and red and blue and", "a red and a blue square", "red and red above red and red"]
    yield from _scored(
        exercise,
        player,
        {
            "seven times the same word": _text(the, [cat], 1),
            "the same, references in another order": _text(the, [cat[::-1]], 1),
            "pairs that come again": _text(red[:1], [red[1:]], 2),
        },
    )


@special("pooled", "counts are added up over the corpus before anything is divided", weight=2)
def pooled(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A long and a short candidate, a right one and a wrong one."""
    yield from _scored(
        exercise,
        player,
        {
            "a long and a short candidate": _text(
                ["a red circle above a blue square and a cross", "a green cross"],
                [["a red circle above a blue square and a circle"], ["a blue circle"]],
                2,
            ),
            "a right and a wrong candidate": _text(
                ["a red circle above a square", "down there something stands"],
                [["a red circle above a square"], ["a blue cross"]],
                4,
            ),
            "many candidates": exercise.draw(rng, N=20, T=7, R=2),
        },
    )


@special("brevity", "short candidates pay, by the closest length; long ones do not", weight=2)
def brevity(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Shorter, longer, two references equally far away, and a short one made good by a long one."""
    full = "a red circle above a blue square"
    yield from _scored(
        exercise,
        player,
        {
            "a shorter candidate": _text(["a red circle above"], [[full]], 2),
            "a longer candidate": _text([full], [["a red circle above"]], 2),
            "references one shorter and one longer": _text(
                ["a red circle above a"], [["a red circle above a blue", "a red circle above"]], 2
            ),
            "the same, the other way round": _text(
                ["a red circle above a"], [["a red circle above", "a red circle above a blue"]], 2
            ),
            "references far and near": _text(
                ["a red circle above"], [["a red", "a red circle above a", full]], 2
            ),
            "a short and a long candidate": _text(
                ["a red circle", f"{full} and a"], [["a red circle above a"], [full]], 2
            ),
        },
    )


@special("zero", "where some length has no match the score is 0, whatever the others say", weight=2)
def nothing_found(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """No match, no n-gram, no token; and one that has none among others."""
    full = "a red circle above a blue square"
    yield from _scored(
        exercise,
        player,
        {
            "other words": _text(["two green crosses stand here"], [[full]], 4),
            "right words in no order": _text(["square blue a above circle red a"], [[full]], 4),
            "a candidate shorter than n": _text(["a red circle"], [["a red circle"]], 4),
            "an empty candidate": _text([""], [[full]], 4),
            "an empty candidate among others": _text(["", full, full[:18]], [[full]] * 3, 4),
            "a short candidate among others": _text(["a cross", full], [["a cross"], [full]], 4),
        },
    )


@special("max_n", "it counts up to the length that is asked for, to 4 if none is")
def lengths_of_ngrams(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """From 1 to 5."""
    drawn = exercise.draw(rng, **CORPUS)
    for max_n in (1, 2, 3, 5):
        value = player.call(exercise.name, drawn | {"max_n": max_n})
        yield from results(exercise, value, where=f" for max_n={max_n}")
    del drawn["max_n"]
    yield from results(exercise, player.call(exercise.name, drawn), where=" without max_n")


@special("ones", "a single candidate with a single reference: of one word, of two, and a perfect one")
def single_word(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The smallest, and the best."""
    full = "a red circle above a blue square"
    yield from _scored(
        exercise,
        player,
        {
            "one word": _text(["cross"], [["cross"]], 1),
            "one of two words": _text(["a cross"], [["a circle"]], 1),
            "a perfect candidate": _text([full], [[full]], 4),
        },
    )


bleu = Exercise(
    "bleu",
    points=11,
    draw=draw_corpus,
    returns=("score",),
    criteria=(
        values(**CORPUS),
        clipped,
        pooled,
        brevity,
        nothing_found,
        lengths_of_ngrams,
        single_word,
        dtype(**CORPUS),
        unchanged(**CORPUS),
        repeatable(**CORPUS),
        refuses(
            {
                "candidates that are none": {"candidates": [], "references": []},
                "references of fewer candidates": {"references": [[["a"]]] * 4},
                "references of more candidates": {"references": [[["a"]]] * 6},
                "references that are none for one": {"references": [[["a"]]] * 4 + [[]]},
                "max_n of zero": {"max_n": 0},
            },
            **CORPUS,
        ),
    ),
)

EXERCISES = (global_average_pool, caption_batches, CaptioningRNN, bleu)
