"""Assignment 4: what each exercise must satisfy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnn_autograder.criteria import (
    Cache,
    CacheOf,
    Reals,
    contract,
    inputs,
    long,
    ones,
    perform,
    refuses,
    results,
    single_precision,
    special,
    square,
    stable,
    values,
)
from rnn_autograder.exercise import Criterion, Exercise, Observation, Player
from rnn_autograder.rules import numpy_only
from rnn_autograder.wire import Value

# From where some gates are half open to where all are open or shut, and every gradient through them is zero.
SCALES = 3, 30, 1e3, 1e5

STEP = {"N": 3, "D": 4, "H": 5}
SEQUENCE = {"N": 2, "T": 3, "D": 4, "H": 5}
SHORTEST = {"N": 1, "T": 1, "D": 2, "H": 3}
SQUARE = {"N": 4, "T": 4, "D": 4, "H": 4}
LONG = {"N": 2, "T": 26, "D": 3, "H": 4}
PADDED = {"N": 3, "T": 5, "D": 4}


def weights(gates: int) -> dict[str, Reals]:
    """Those of a cell, the columns of its gates beside each other."""
    return {"Wx": Reals(f"D {gates}H"), "Wh": Reals(f"H {gates}H"), "b": Reals(f"{gates}H")}


def states(gates: int) -> dict[str, Reals]:
    """The arguments of a cell's forward pass over a whole sequence."""
    return {"x": Reals("N T D"), "h0": Reals("N H"), **weights(gates)}


GRADIENTS_OF_ALL = ("dx", "dh0", "dWx", "dWh", "db")


# The LSTM --------------------------------------------------------------------------------------------------------

LSTM_STEP = {"x": Reals("N D"), "prev_h": Reals("N H"), "prev_c": Reals("N H"), **weights(4)}

lstm_step_forward = Exercise(
    "lstm_step_forward",
    points=6,
    draw=inputs(**LSTM_STEP),
    returns=("next_h", "next_c", "cache"),
    criteria=(
        values(**STEP),
        square(N=4, D=4, H=4),
        ones(N=1, D=2, H=3),
        stable(*SCALES, **STEP),
        *contract(**STEP),
        refuses(
            {
                "Wx made for three gates": {"Wx": np.full((4, 15), 0.1)},
                "Wh made for three gates": {"Wh": np.full((5, 15), 0.1)},
            },
            **STEP,
        ),
        single_precision(**STEP),
    ),
    rule=numpy_only,
)


@special("paths", "the gradient of h and that of c are each followed, also where the other is zero")
def paths(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Only the state matters to the loss; only the cell does."""
    for still, name in (("dnext_c", "h"), ("dnext_h", "c")):
        drawn = exercise.draw(rng, **STEP)
        drawn[still] = np.zeros_like(drawn[still])
        yield from results(
            exercise, perform(exercise, player, drawn), where=f" of a loss in next_{name} alone"
        )


lstm_step_backward = Exercise(
    "lstm_step_backward",
    points=8,
    draw=inputs(
        dnext_h=Reals("N H"), dnext_c=Reals("N H"), cache=CacheOf("lstm_step_forward", 2, **LSTM_STEP)
    ),
    returns=("dx", "dprev_h", "dprev_c", "dWx", "dWh", "db"),
    criteria=(
        values(**STEP),
        paths,
        square(N=4, D=4, H=4),
        ones(N=1, D=2, H=3),
        stable(*SCALES, **STEP),
        *contract(**STEP),
    ),
    rule=numpy_only,
)


def _over_time(name: str, points: int, gates: int) -> Exercise:
    """A cell's forward pass over a sequence."""
    return Exercise(
        name,
        points=points,
        draw=inputs(**states(gates)),
        returns=("h", "cache"),
        criteria=(
            values(**SEQUENCE),
            square(**SQUARE),
            ones(**SHORTEST),
            long(**LONG),
            stable(*SCALES, **SEQUENCE),
            *contract(**SEQUENCE),
            refuses({"x without steps": {"x": np.zeros((2, 0, 4))}}, **SEQUENCE),
            single_precision(**SEQUENCE),
        ),
        rule=numpy_only,
    )


def _back_over_time(name: str, forward: str, points: int, gates: int) -> Exercise:
    """The way back through all of it."""
    return Exercise(
        name,
        points=points,
        draw=inputs(dh=Reals("N T H"), cache=CacheOf(forward, **states(gates))),
        returns=GRADIENTS_OF_ALL,
        criteria=(
            values(**SEQUENCE),
            square(**SQUARE),
            ones(**SHORTEST),
            long(**LONG),
            stable(*SCALES, **SEQUENCE),
            *contract(**SEQUENCE),
        ),
        rule=numpy_only,
    )


lstm_forward = _over_time("lstm_forward", points=4, gates=4)
lstm_backward = _back_over_time("lstm_backward", "lstm_forward", points=7, gates=4)

# The GRU ---------------------------------------------------------------------------------------------------------

GRU_STEP = {"x": Reals("N D"), "prev_h": Reals("N H"), **weights(3)}

gru_step_forward = Exercise(
    "gru_step_forward",
    points=5,
    draw=inputs(**GRU_STEP),
    returns=("next_h", "cache"),
    criteria=(
        values(**STEP),
        square(N=4, D=4, H=4),
        ones(N=1, D=2, H=3),
        stable(*SCALES, **STEP),
        *contract(**STEP),
        refuses(
            {
                "Wx made for four gates": {"Wx": np.full((4, 20), 0.1)},
                "Wh made for four gates": {"Wh": np.full((5, 20), 0.1)},
            },
            **STEP,
        ),
        single_precision(**STEP),
    ),
    rule=numpy_only,
)

gru_step_backward = Exercise(
    "gru_step_backward",
    points=8,
    draw=inputs(dnext_h=Reals("N H"), cache=CacheOf("gru_step_forward", **GRU_STEP)),
    returns=("dx", "dprev_h", "dWx", "dWh", "db"),
    criteria=(
        values(**STEP),
        square(N=4, D=4, H=4),
        ones(N=1, D=2, H=3),
        stable(*SCALES, **STEP),
        *contract(**STEP),
    ),
    rule=numpy_only,
)

gru_forward = _over_time("gru_forward", points=3, gates=3)
gru_backward = _back_over_time("gru_backward", "gru_forward", points=6, gates=3)

# From both ends --------------------------------------------------------------------------------------------------


def draw_padded(rng: np.random.Generator, *, N: int, T: int, D: int, scale: float = 1.0) -> dict[str, Value]:
    """Sequences of different lengths: one whole, one of a single step where there is more than one; no zeros in x."""
    lengths = rng.integers(1, T + 1, size=N)
    lengths[-1] = 1
    lengths[0] = T
    return {"x": scale * 0.5 * rng.standard_normal((N, T, D)), "lengths": lengths}


def _lengths_refused(**sizes: int) -> Criterion:
    """Of three sequences of four steps."""
    return refuses(
        {
            "lengths with a zero": {"lengths": np.array([4, 0, 2])},
            "lengths beyond the last step": {"lengths": np.array([4, 5, 2])},
            "lengths of fewer sequences": {"lengths": np.array([4, 2])},
        },
        N=3,
        T=4,
        **sizes,
    )


def whole(**units: int) -> Criterion:
    """Sequences of one length."""

    @special("whole", "sequences without any padding, and sequences that are nearly all padding")
    def criterion(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        """The longest and the shortest that there can be."""
        for length, words in ((5, "whole sequences"), (1, "sequences of one step")):
            drawn = exercise.draw(rng, **PADDED, **units)
            arguments = drawn["cache"].arguments if "cache" in drawn else drawn
            arguments["lengths"] = np.full(3, length)
            yield from results(exercise, perform(exercise, player, drawn), where=f" for {words}")

    return criterion


reverse_sequences = Exercise(
    "reverse_sequences",
    points=3,
    draw=draw_padded,
    returns=("reversed",),
    criteria=(
        values(N=5, T=6, D=3),
        square(N=4, T=4, D=4),
        ones(N=1, T=1, D=1),
        long(N=3, T=26, D=2),
        whole(),
        *contract(N=3, T=4, D=2),
        _lengths_refused(D=2),
    ),
    rule=numpy_only,
)


def draw_directions(
    rng: np.random.Generator, *, N: int, T: int, D: int, H: int, scale: float = 1.0
) -> dict[str, Value]:
    """Padded sequences, and a network for each direction."""
    network = inputs(Wx=Reals("D H"), Wh=Reals("H H"), b=Reals("H"))
    return {
        **draw_padded(rng, N=N, T=T, D=D, scale=scale),
        "forward": network(rng, scale=scale, D=D, H=H),
        "backward": network(rng, scale=scale, D=D, H=H),
    }


@special("padding", "whatever stands in the padding changes nothing", weight=2)
def padding(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The same sequences over another padding, and over a large one."""
    drawn = exercise.draw(rng, **PADDED, H=5)
    arguments = drawn["cache"].arguments if "cache" in drawn else drawn
    x, lengths = arguments["x"], arguments["lengths"]
    beyond = np.arange(x.shape[1]) >= lengths[:, None]
    for scale in (0.0, 1.0, 1e3):
        arguments["x"] = np.where(beyond[:, :, None], scale * rng.standard_normal(x.shape), x)
        if "dh" in drawn:
            drawn["dh"] = np.where(beyond[:, :, None], scale, drawn["dh"])
        where = f" over a padding of numbers around {scale:g}"
        yield from results(exercise, perform(exercise, player, drawn), where=where)


bidirectional_forward = Exercise(
    "bidirectional_forward",
    points=5,
    draw=draw_directions,
    returns=("h", "cache"),
    criteria=(
        values(N=3, T=4, D=5, H=6),
        padding,
        square(**SQUARE),
        ones(**SHORTEST),
        long(N=3, T=26, D=3, H=4),
        whole(H=5),
        *contract(N=3, T=4, D=5, H=2),
        _lengths_refused(D=5, H=2),
    ),
    rule=numpy_only,
)


def draw_upstream(
    rng: np.random.Generator, *, N: int, T: int, D: int, H: int, scale: float = 1.0
) -> dict[str, Value]:
    """A gradient for both directions, the padding too, and the forward pass to make first."""
    arguments = draw_directions(rng, N=N, T=T, D=D, H=H, scale=scale)
    dh = scale * 0.5 * rng.standard_normal((N, T, 2 * H))
    return {"dh": dh, "cache": Cache("bidirectional_forward", arguments)}


@special("directions", "each direction gets its own half of the gradient")
def directions(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Only the states of one direction matter to the loss, then only those of the other."""
    for half, name in ((slice(0, 5), "backward"), (slice(5, 10), "forward")):
        drawn = exercise.draw(rng, **PADDED, H=5)
        drawn["dh"][:, :, half] = 0
        yield from results(exercise, perform(exercise, player, drawn), where=f" of a loss in {name} alone")


bidirectional_backward = Exercise(
    "bidirectional_backward",
    points=5,
    draw=draw_upstream,
    returns=("dx", "dforward", "dbackward"),
    criteria=(
        values(N=3, T=4, D=5, H=6),
        directions,
        padding,
        square(**SQUARE),
        ones(**SHORTEST),
        long(N=3, T=26, D=3, H=4),
        whole(H=5),
        *contract(N=3, T=4, D=5, H=2),
    ),
    rule=numpy_only,
)

# What a cell costs -----------------------------------------------------------------------------------------------


def draw_network(rng: np.random.Generator, *, D: int, H: int) -> dict[str, Value]:
    """Two layers of the cell with the most gates, from both ends."""
    return {"cell": "lstm", "D": D, "H": H, "layers": 2, "bidirectional": True}


def _counts(
    exercise: Exercise, player: Player, rng: np.random.Generator, *, layers: int, bidirectional: bool
) -> Iterator[Observation]:
    """Each cell, of sizes that chance has chosen."""
    for cell in ("rnn", "gru", "lstm"):
        D, H = (int(size) for size in rng.choice(np.arange(2, 40), size=2, replace=False))
        drawn = {"cell": cell, "D": D, "H": H, "layers": layers, "bidirectional": bidirectional}
        yield from results(exercise, player.call(exercise.name, drawn), where=f" of one {cell}")


@special("values", "one layer of each cell is counted right", weight=4)
def one_layer(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One direction."""
    yield from _counts(exercise, player, rng, layers=1, bidirectional=False)


@special("layers", "three layers")
def three_layers(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The upper ones read states."""
    yield from _counts(exercise, player, rng, layers=3, bidirectional=False)


@special("directions", "both directions, in one layer and in two")
def both_directions(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The upper one reads both."""
    for layers in (1, 2):
        yield from _counts(exercise, player, rng, layers=layers, bidirectional=True)


@special("defaults", "who says no more gets one layer and one direction")
def shortest_call(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Called with three arguments."""
    drawn = exercise.draw(rng, D=5, H=7)
    del drawn["layers"], drawn["bidirectional"]
    yield from results(exercise, player.call(exercise.name, drawn))


count_parameters = Exercise(
    "count_parameters",
    points=3,
    draw=draw_network,
    returns=("count",),
    criteria=(
        one_layer,
        three_layers,
        both_directions,
        shortest_call,
        refuses(
            {
                "cell that nobody knows": {"cell": "transformer"},
                "D of zero": {"D": 0},
                "H of zero": {"H": 0},
                "layers of which there are none": {"layers": 0},
            },
            D=5,
            H=7,
        ),
    ),
    rule=numpy_only,
)

EXERCISES = (
    lstm_step_forward,
    lstm_step_backward,
    lstm_forward,
    lstm_backward,
    gru_step_forward,
    gru_step_backward,
    gru_forward,
    gru_backward,
    reverse_sequences,
    bidirectional_forward,
    bidirectional_backward,
    count_parameters,
)
