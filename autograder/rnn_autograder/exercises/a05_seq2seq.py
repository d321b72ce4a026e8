"""Assignment 5: what each exercise must satisfy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from rnn_autograder.criteria import (
    Array,
    Made,
    Module,
    Reals,
    contract,
    generator,
    gradient_results,
    gradients,
    perform,
    ready,
    refuses,
    results,
    special,
    values,
)
from rnn_autograder.exercise import Criterion, Exercise, Observation, Player
from rnn_autograder.wire import Seeded, Tensor, Value, Weight
from rnn_autograder.wire import encode as bytes_of

PAD, START, END = 0, 1, 2

# A is the size of the vocabulary that is read, V of the one that is written.
SIZES = {"N": 3, "T": 5, "S": 4, "A": 7, "V": 6, "D": 4, "H": 5}
SMALLEST = {"N": 1, "T": 1, "S": 1, "A": 3, "V": 4, "D": 2, "H": 1}
LONG = {"N": 2, "T": 26, "S": 26, "A": 5, "V": 6, "D": 3, "H": 4}

MODEL = Module(
    "Seq2Seq",
    {"V_in": "A", "V_out": "V", "D": "D", "H": "H"},
    {
        "read_embedding.weight": Reals("A D"),
        "reader.weight_ih_l0": Reals("3H D"),
        "reader.weight_hh_l0": Reals("3H H"),
        "reader.bias_ih_l0": Reals("3H"),
        "reader.bias_hh_l0": Reals("3H"),
        "write_embedding.weight": Reals("V D"),
        "writer.weight_ih": Reals("3H D"),
        "writer.weight_hh": Reals("3H H"),
        "writer.bias_ih": Reals("3H"),
        "writer.bias_hh": Reals("3H"),
        "readout.weight": Reals("V H"),
        "readout.bias": Reals("V"),
    },
)


def lengths_of(rng: np.random.Generator, N: int, T: int) -> Array:
    """From 1 to T: the last sequence is whole, the first a single token where there is more than one.

    So they are never in the order that packing would like best.
    """
    lengths = rng.integers(1, T + 1, size=N)
    lengths[0] = 1
    lengths[-1] = T
    return lengths


def read(rng: np.random.Generator, *, N: int, T: int, A: int) -> dict[str, Value]:
    """Sequences to read, with any tokens in the padding."""
    return {"x": Tensor(rng.integers(A, size=(N, T))), "lengths": Tensor(lengths_of(rng, N, T))}


def written(rng: np.random.Generator, *, N: int, S: int, V: int) -> Tensor:
    """Answers of different lengths: END ends each, PAD follows."""
    y = rng.integers(END + 1, V, size=(N, S))
    last = lengths_of(rng, N, S)[:, None] - 1
    t = np.arange(S)
    y = np.where(t == last, END, np.where(t > last, PAD, y))
    return Tensor(y)


def leaning(model: Made, more: float, *tokens: int) -> Made:
    """The model, with a higher score for some tokens, or with a lower one."""
    bias = model.weights["readout.bias"].copy()
    bias[list(tokens)] += more
    return replace(model, weights={**model.weights, "readout.bias": bias})


def draw_reading(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
    """A model and something to read."""
    return {"model": MODEL.draw(rng, sizes, scale), **read(rng, N=sizes["N"], T=sizes["T"], A=sizes["A"])}


def at(name: str, asks: str, sizes: dict[str, int]) -> Criterion:
    """One call at other sizes."""

    @special(name, asks)
    def criterion(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """As `values`."""
        yield from results(exercise, perform(exercise, player, exercise.draw(rng, **sizes)))

    return criterion


SINGLE = at("ones", "one sequence of a single token", SMALLEST)
OVER_TIME = at("long", "it holds over a long sequence", LONG)


@special("padding", "whatever stands in the padding of x changes nothing", weight=2)
def padding(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The same sequences over two other paddings."""
    drawn = exercise.draw(rng, **SIZES)
    x, lengths = drawn["x"].array, drawn["lengths"].array
    beyond = np.arange(x.shape[1]) >= lengths[:, None]
    for token in (0, SIZES["A"] - 1):
        drawn["x"] = Tensor(np.where(beyond, token, x))
        where = f" over a padding of token {token}"
        yield from results(exercise, perform(exercise, player, drawn), where=where)


# Reading and writing ---------------------------------------------------------------------------------------------

encode = Exercise(
    "encode",
    points=5,
    draw=draw_reading,
    returns=("h",),
    criteria=(
        values(**SIZES),
        gradients(["model"], "N H", **SIZES),
        padding,
        SINGLE,
        OVER_TIME,
        *contract(**SIZES),
        refuses(
            {
                "lengths with a zero": {"lengths": Tensor(np.array([5, 0, 2]))},
                "lengths beyond the last token": {"lengths": Tensor(np.array([5, 6, 2]))},
                "lengths of fewer sequences": {"lengths": Tensor(np.array([5, 2]))},
            },
            **SIZES,
        ),
    ),
)


def draw_step(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
    """A model that has written something."""
    N, V, H = (sizes[letter] for letter in "NVH")
    state = Reals("N H").draw(rng, {"N": N, "H": H}, 1.0)
    model = MODEL.draw(rng, sizes, scale)
    return {"model": model, "token": Tensor(rng.integers(V, size=N)), "h": Tensor(state)}


@special("stable", "large scores give finite logarithms")
def certain(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Readouts that are certain beyond what exp can say."""
    for scale in (1e2, 1e4):
        drawn = exercise.draw(rng, **SIZES)
        model: Made = drawn["model"]
        large = {"readout.weight": scale * model.weights["readout.weight"]}
        drawn["model"] = replace(model, weights={**model.weights, **large})
        yield from results(exercise, perform(exercise, player, drawn), where=f" (scores times {scale:g})")


decode_step = Exercise(
    "decode_step",
    points=4,
    draw=draw_step,
    returns=("log_p", "h"),
    criteria=(
        values(**SIZES),
        gradients(["model", "h"], "N V", **SIZES),
        SINGLE,
        certain,
        *contract(**SIZES),
    ),
)

# Learning to write -----------------------------------------------------------------------------------------------


def draw_pairs(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
    """A model, something to read and what is to be written."""
    y = written(rng, N=sizes["N"], S=sizes["S"], V=sizes["V"])
    return {**draw_reading(rng, scale=scale, **sizes), "y": y}


@special("PAD", "what follows END costs nothing, however much of it there is", weight=2)
def free_padding(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The same answers, with three more columns of PAD."""
    drawn = exercise.draw(rng, **SIZES)
    for more in (0, 3):
        y = np.pad(drawn["y"].array, ((0, 0), (0, more)))
        value = perform(exercise, player, drawn | {"y": Tensor(y)})
        yield from results(exercise, value, where=f" with {more} more columns of PAD")


seq2seq_loss = Exercise(
    "seq2seq_loss",
    points=7,
    draw=draw_pairs,
    returns=("loss",),
    criteria=(
        values(**SIZES),
        gradients(["model"], **SIZES),
        free_padding,
        padding,
        SINGLE,
        OVER_TIME,
        *contract(**SIZES),
    ),
)

SCHEDULES = {"linear": 0.01, "exponential": 0.98, "inverse_sigmoid": 20.0}


def draw_schedule(rng: np.random.Generator) -> dict[str, Value]:
    """A step in the middle of a decay."""
    return {"step": int(rng.integers(5, 90)), "schedule": "linear", "k": 0.01, "floor": 0.0}


def _decays(exercise: Exercise, player: Player, steps: list[int], floor: float) -> Iterator[Observation]:
    for schedule, k in SCHEDULES.items():
        for step in steps:
            drawn = {"step": step, "schedule": schedule, "k": k, "floor": floor}
            value = player.call(exercise.name, drawn)
            yield from results(exercise, value, where=f" of {schedule} at step {step}")


@special("values", "each decay is right on its way", weight=4)
def on_the_way(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Before any floor is met."""
    yield from _decays(exercise, player, [int(step) for step in rng.integers(1, 90, size=4)], floor=0.0)


@special("ends", "it begins where the paper begins, and never falls below the floor", weight=2)
def ends(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """At the first step; long after a line has crossed zero; and with a floor."""
    yield from _decays(exercise, player, [0, 150, 100_000], floor=0.0)
    yield from _decays(exercise, player, [0, 60, 150, 100_000], floor=0.25)


@special("defaults", "who gives no floor has none", after_values=True)
def no_floor(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Called with three arguments."""
    drawn = {"step": 500, "schedule": "linear", "k": 0.01}
    yield from results(exercise, player.call(exercise.name, drawn))


teacher_forcing_probability = Exercise(
    "teacher_forcing_probability",
    points=4,
    draw=draw_schedule,
    returns=("p",),
    criteria=(
        on_the_way,
        ends,
        no_floor,
        refuses(
            {
                "schedule that nobody knows": {"schedule": "cosine"},
                "k of a line that does not fall": {"k": 0.0},
                "k of an exponential that grows": {"schedule": "exponential", "k": 1.5},
                "k of a sigmoid below one": {"schedule": "inverse_sigmoid", "k": 0.5},
                "step below zero": {"step": -1},
            }
        ),
    ),
)


def draw_sampling(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
    """As for the loss; the truth is always shown."""
    return {
        **draw_pairs(rng, scale=scale, **sizes),
        "p": 1.0,
        "rng": Seeded(int(rng.integers(2**32))),
    }


@special("values", "with the truth always, and with the truth never", weight=4)
def both_ends(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Nothing is left to chance at either end."""
    for p in (1.0, 0.0):
        drawn = exercise.draw(rng, **SIZES) | {"p": p}
        yield from results(exercise, perform(exercise, player, drawn), where=f" for p={p:g}")


@special("gradients", "the gradients are right at both ends", weight=2)
def both_gradients(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A choice has no gradient; what follows it has."""
    for p in (1.0, 0.0):
        drawn = exercise.draw(rng, **SIZES) | {"p": p}
        yield from gradient_results(exercise, player, drawn, ["model"], where=f" for p={p:g}")


NEVER = (3, 4)  # true tokens that the models below would not write themselves


def draw_coins(exercise: Exercise, rng: np.random.Generator, y: list[int], N: int) -> dict[str, Value]:
    """One sequence many times, its answer, and a model that would write another."""
    drawn = exercise.draw(rng, N=1, T=2, S=1, A=4, V=6, D=3, H=4)
    drawn["model"] = leaning(drawn["model"], -20.0, *NEVER)
    for name in ("x", "lengths"):
        drawn[name] = Tensor(np.repeat(drawn[name].array, N, axis=0))
    return drawn | {"y": Tensor(np.tile(y, (N, 1)))}


@special("coins", "every sequence has a coin of its own at every step, and p is the truth's share", weight=2)
def coins(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Of many equal sequences, how many were shown the truth: the loss lies between that of all and that of none."""
    many = draw_coins(exercise, rng, [NEVER[0], END], N=500)

    def loss(drawn: dict[str, Value], p: float, seed: int) -> Value:
        return perform(exercise, player, drawn | {"p": p, "rng": Seeded(seed)})

    always, never = loss(many, 1.0, 0), loss(many, 0.0, 0)
    for p in (0.25, 0.8):
        shares = [_share(loss(many, p, seed), never, always) for seed in range(4)]
        told = f"For p={p:g} the truth is not shown to that share of the sequences."
        yield Observation(f"share for p={p:g}", np.mean(shares), how="share", complaint=told)
        told = "All sequences of a batch were shown the same. Each should have a coin of its own."
        yield Observation(f"one by one for p={p:g}", bool(np.ptp(shares) < 0.5), complaint=told)
    single = draw_coins(exercise, rng, [*NEVER, NEVER[0], END], N=1)
    seen = [loss(single, 0.5, seed) for seed in range(12)]
    told = "A sequence was shown the truth at all of its steps or at none. Each step should have a coin of its own."
    yield Observation("step by step", len({bytes_of(value) for value in seen}) > 2, complaint=told)


def _share(loss: Value, never: Value, always: Value) -> float:
    """Where a loss lies between two others; nan where one is no real number."""
    for value in (loss, never, always):
        if not isinstance(value, np.ndarray | float) or np.ndim(value) or np.asarray(value).dtype.kind != "f":
            return float("nan")
    with np.errstate(all="ignore"):
        return float((loss - never) / (always - never)) if always != never else float("nan")


scheduled_sampling_loss = Exercise(
    "scheduled_sampling_loss",
    points=7,
    draw=draw_sampling,
    returns=("loss",),
    criteria=(
        both_ends,
        both_gradients,
        coins,
        free_padding,
        SINGLE,
        generator({"p": 0.5}, **LONG),
        *contract(**SIZES),
        refuses({"p below zero": {"p": -0.5}, "p above one": {"p": 1.5}}, **SIZES),
    ),
)

# Writing ---------------------------------------------------------------------------------------------------------


def draw_writing(rng: np.random.Generator, *, scale: float = 2.0, **sizes: int) -> dict[str, Value]:
    """A model with opinions, which likes to end, and something to read."""
    drawn = draw_reading(rng, scale=scale, **sizes)
    return drawn | {"model": leaning(drawn["model"], 1.0, END), "max_length": sizes["S"]}


@special("END", "after END there is only PAD, and other rows go on", weight=2)
def ends_by_row(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Models that like to end: at once, soon, sometimes, never."""
    for more in (20.0, 2.0, 1.0, 1.0, 0.0, 0.0, -20.0):
        drawn = exercise.draw(rng, N=8, T=5, S=9, A=7, V=6, D=4, H=5)
        drawn["model"] = leaning(drawn["model"], more, END)
        yield from results(
            exercise, perform(exercise, player, drawn), where=f" when END is {more:+g} likelier"
        )


@special("rows", "what stands beside a sequence in the batch changes nothing of it")
def rows(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Each by itself."""
    drawn = exercise.draw(rng, **SIZES)
    for n in range(SIZES["N"]):
        alone = {name: Tensor(drawn[name].array[n : n + 1]) for name in ("x", "lengths")}
        yield from results(
            exercise, perform(exercise, player, drawn | alone), where=f" for sequence {n} alone"
        )


greedy_decode = Exercise(
    "greedy_decode",
    points=6,
    draw=draw_writing,
    returns=("tokens",),
    criteria=(
        values(N=6, T=5, S=7, A=7, V=6, D=4, H=5),
        ends_by_row,
        rows,
        padding,
        replace(SINGLE, after_values=True),  # a stub may guess a single token
        OVER_TIME,
        *contract(**SIZES),
        refuses({"max_length of zero": {"max_length": 0}}, **SIZES),
    ),
)


def draw_beam(
    rng: np.random.Generator, *, scale: float = 1.5, width: int = 3, **sizes: int
) -> dict[str, Value]:
    """A model with opinions, and one sequence."""
    x = Tensor(rng.integers(sizes["A"], size=sizes["T"]))
    model = MODEL.draw(rng, sizes, scale)
    return {"model": model, "x": x, "width": width, "max_length": sizes["S"]}


SMALL = {"T": 4, "S": 4, "A": 5, "V": 5, "D": 3, "H": 4}


def _beams(
    exercise: Exercise, player: Player, rng: np.random.Generator, *cases: tuple[int, int]
) -> Iterator[Observation]:
    """Several widths and lengths, on models that end at different times."""
    for width, S in cases:
        drawn = exercise.draw(rng, **{**SMALL, "S": S}, width=width)
        drawn["model"] = leaning(drawn["model"], 0.5, END)
        where = f" for width={width}, max_length={S}"
        yield from results(exercise, perform(exercise, player, drawn), where=where)


@special("values", "the likeliest of what a beam has kept, in order", weight=4)
def ordinary_beams(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Widths below the size of the vocabulary."""
    yield from _beams(exercise, player, rng, (2, 5), (3, 6), (4, 4))


@special("greedy", "a beam of one is greedy", weight=2)
def narrow(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The narrowest."""
    yield from _beams(exercise, player, rng, (1, 3), (1, 8))


@special("exhaustive", "a beam that is wide enough finds every answer, the likeliest first", weight=2)
def wide(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """All answers of up to three tokens, from a vocabulary of five: 1 + 4 + 4 * 4 * 5 of them; wider than all."""
    yield from _beams(exercise, player, rng, (85, 3), (200, 2), (6, 1))


@special("ended", "an answer that has ended stays in the beam as it is, against those that go on", weight=2)
def ended(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A model that likes to end, and one that hates it."""
    for more in (3.0, -20.0):
        drawn = exercise.draw(rng, **{**SMALL, "S": 6}, width=3)
        drawn["model"] = leaning(drawn["model"], more, END)
        yield from results(
            exercise, perform(exercise, player, drawn), where=f" when END is {more:+g} likelier"
        )


beam_search = Exercise(
    "beam_search",
    points=9,
    draw=draw_beam,
    returns=("answers",),
    criteria=(
        ordinary_beams,
        narrow,
        wide,
        ended,
        *contract(**SMALL)[1:],  # a list of lists has no dtype
        refuses(
            {
                "width of zero": {"width": 0},
                "max_length of zero": {"max_length": 0},
                "x without tokens": {"x": Tensor(np.zeros(0, dtype=np.int64))},
            },
            **SMALL,
        ),
    ),
)

# Other shapes of the same idea -----------------------------------------------------------------------------------


def _from_module(
    player: Player, drawn: dict[str, Value], method: str, *takes: str, where: str = ""
) -> Iterator[Observation]:
    """What a method of a module gives."""
    module = ready(player, {"module": drawn["module"]})["module"]
    value = player.call(method, {name: drawn[name] for name in takes}, of=module)
    yield Observation(f"{method}{where}", value)


def _gradients_of_loss(player: Player, drawn: dict[str, Value], *takes: str) -> Iterator[Observation]:
    """With respect to all parameters."""
    module = ready(player, {"module": drawn["module"]})["module"]
    loss = player.call("loss", {name: drawn[name] for name in takes}, of=module, keep=True)
    names = list(drawn["module"].weights)
    found = player.gradients(loss, [Weight(module, name) for name in names])
    for name, gradient in zip(names, found, strict=True):
        told = f"No gradient arrives at {name}. Is it used, and does the loss stay a tensor on the way?"
        yield Observation(f"the gradient of {name}", gradient, complaint=told if gradient is None else None)


CODED = Module(
    "LSTMAutoencoder",
    {"V": "V", "D": "D", "H": "H", "C": "C"},
    {
        "embedding.weight": Reals("V D"),
        "reader.weight_ih_l0": Reals("4H D"),
        "reader.weight_hh_l0": Reals("4H H"),
        "reader.bias_ih_l0": Reals("4H"),
        "reader.bias_hh_l0": Reals("4H"),
        "to_code.weight": Reals("C H"),
        "to_code.bias": Reals("C"),
        "from_code.weight": Reals("H C"),
        "from_code.bias": Reals("H"),
        "writer.weight_ih_l0": Reals("4H D"),
        "writer.weight_hh_l0": Reals("4H H"),
        "writer.bias_ih_l0": Reals("4H"),
        "writer.bias_hh_l0": Reals("4H"),
        "readout.weight": Reals("V H"),
        "readout.bias": Reals("V"),
    },
)
TAGGER = Module(
    "BiTagger",
    {"V": "V", "D": "D", "H": "H", "C": "C"},
    {
        "embedding.weight": Reals("V D"),
        **{
            f"lstm.{part}_l0{direction}": Reals(axes)
            for direction in ("", "_reverse")
            for part, axes in (
                ("weight_ih", "4H D"),
                ("weight_hh", "4H H"),
                ("bias_ih", "4H"),
                ("bias_hh", "4H"),
            )
        },
        "readout.weight": Reals("C 2H"),
        "readout.bias": Reals("C"),
    },
)
MODULE_SIZES = {"N": 3, "T": 5, "V": 7, "D": 4, "H": 5, "C": 2}
MODULE_SMALLEST = {"N": 1, "T": 1, "V": 4, "D": 2, "H": 1, "C": 3}


def draw_module(kind: Module) -> Callable[..., dict[str, Value]]:
    """How a module, sequences and labels are drawn."""

    def draw(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
        N, T, V, C = (sizes[letter] for letter in "NTVC")
        y = Tensor(rng.integers(C, size=(N, T)))
        return {"module": kind.draw(rng, sizes, scale), **read(rng, N=N, T=T, A=V), "y": y}

    return draw


def _scores(player: Player, drawn: dict[str, Value], where: str = "") -> Iterator[Observation]:
    """Those of the tokens that are no padding; of the others only that there are some."""
    module = ready(player, {"module": drawn["module"]})["module"]
    scores = player.call("forward", {"x": drawn["x"], "lengths": drawn["lengths"]}, of=module)
    lengths = drawn["lengths"].array
    real = np.arange(drawn["x"].array.shape[1]) < lengths[:, None]
    if isinstance(scores, np.ndarray) and scores.ndim == 3 and scores.shape[:2] == real.shape:
        scores = np.where(real[:, :, None], scores, 0.0)
    yield Observation(f"forward{where}", scores)


def _module_criteria(*labels: str, codes: bool) -> tuple[Criterion, ...]:
    """Those of a module with a loss; `labels` are what the loss takes besides x and lengths."""
    takes = ("x", "lengths", *labels)

    @special("values", "scores and loss are right with given weights", weight=4)
    def with_weights(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """Weights by their names."""
        drawn = exercise.draw(rng, **MODULE_SIZES)
        if codes:
            yield from _from_module(player, drawn, "encode", "x", "lengths")
        yield from _scores(player, drawn)
        yield from _from_module(player, drawn, "loss", *takes)

    @special("gradients", "the gradients of the loss are right", weight=2)
    def of_loss(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """Of every parameter."""
        yield from _gradients_of_loss(player, exercise.draw(rng, **MODULE_SIZES), *takes)

    @special("padding", "whatever stands in the padding changes nothing, nor how much there is", weight=2)
    def over_padding(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """Two other paddings, of the labels too; no sequence fills its row."""
        drawn = exercise.draw(rng, **MODULE_SIZES)
        x, y = (np.pad(drawn[name].array, ((0, 0), (0, 2))) for name in ("x", "y"))
        beyond = np.arange(x.shape[1]) >= drawn["lengths"].array[:, None]
        for token in (0, 1):
            drawn["x"] = Tensor(np.where(beyond, token, x))
            drawn["y"] = Tensor(np.where(beyond, token, y))
            yield from _scores(player, drawn, where=f" over a padding of token {token}")
            yield from _from_module(player, drawn, "loss", *takes, where=f" over a padding of token {token}")

    @special("ones", "one sequence of a single token")
    def single(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """The smallest."""
        drawn = exercise.draw(rng, **MODULE_SMALLEST)
        yield from _scores(player, drawn)
        yield from _from_module(player, drawn, "loss", *takes)

    @special("long", "it holds over a long sequence")
    def over_time(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """Many tokens."""
        drawn = exercise.draw(rng, **{**MODULE_SIZES, "T": 26})
        yield from _scores(player, drawn)
        yield from _from_module(player, drawn, "loss", *takes)

    @special("fresh start", "made anew, it begins with weights of its own", after_values=True)
    def own_weights(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """Nothing is given: its loss is a number, and two of them differ."""
        drawn = exercise.draw(rng, **MODULE_SIZES)
        losses = []
        for _ in range(2):
            module = player.call(exercise.name, drawn["module"].sizes, keep=True)
            losses.append(player.call("loss", {name: drawn[name] for name in takes}, of=module))
        finite = all(isinstance(loss, np.ndarray) and np.isfinite(loss).all() for loss in losses)
        yield Observation(
            "losses are finite", bool(finite), complaint="Made anew, its loss is no finite number."
        )
        told = "Two of them, made anew, are equal. Are the weights left to PyTorch's initialisation?"
        yield Observation("losses differ", bytes_of(losses[0]) != bytes_of(losses[1]), complaint=told)

    return (with_weights, of_loss, over_padding, single, over_time, own_weights)


LSTMAutoencoder = Exercise(
    "LSTMAutoencoder",
    points=7,
    draw=draw_module(CODED),
    returns=("module",),
    criteria=_module_criteria(codes=True),
)

BiTagger = Exercise(
    "BiTagger",
    points=6,
    draw=draw_module(TAGGER),
    returns=("module",),
    criteria=_module_criteria("y", codes=False),
)

EXERCISES = (
    encode,
    decode_step,
    seq2seq_loss,
    teacher_forcing_probability,
    scheduled_sampling_loss,
    greedy_decode,
    beam_search,
    LSTMAutoencoder,
    BiTagger,
)
