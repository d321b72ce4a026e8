"""The ways of judging a function, and how two observations are compared.

Each builder returns a `Criterion` whose play can be acted by the student and by the reference alike. Inputs never
depend on replies, so that the reference's trace can be made once for a whole class.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import numpy as np

from rnn_autograder.exercise import (
    Criterion,
    Exercise,
    Observation,
    Picture,
    Play,
    Player,
    Raised,
    StudentError,
    Trace,
)
from rnn_autograder.wire import Handle, Part, Seeded, Smooth, Tensor, Value, Weight, encode

RTOL = 1e-9  # a result computed in float32 is off by 1e-7 and does not pass
ATOL = 1e-12
SHARE_ATOL = 0.08  # five standard deviations between two samples of 2,000
ESTIMATE_TOL = 1e-7  # central differences with a step of 1e-5 are off by 1e-10, one-sided ones by 1e-5

Array = np.ndarray[Any, Any]


# Inputs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reals:
    """Normal numbers; half a unit wide, so that tanh is neither linear nor flat. An axis `4H` is four times H long."""

    axes: str

    def draw(self, rng: np.random.Generator, sizes: Mapping[str, int], scale: float) -> Array:
        """An array (axes) of float64."""
        shape = [int(axis[:-1] or 1) * sizes[axis[-1]] for axis in self.axes.split()]
        return scale * 0.5 * rng.standard_normal(shape)


@dataclass(frozen=True)
class Below:
    """Whole numbers from 0 up to, not including, a size."""

    limit: str
    axes: str

    def draw(self, rng: np.random.Generator, sizes: Mapping[str, int], scale: float) -> Array:
        """An array (axes) of int64."""
        return rng.integers(sizes[self.limit], size=[sizes[axis] for axis in self.axes.split()])


@dataclass(frozen=True)
class Lengths:
    """A mask (N, T) of sequences of different lengths, as padding makes it: the first is whole."""

    axes: str

    def draw(self, rng: np.random.Generator, sizes: Mapping[str, int], scale: float) -> Array:
        """An array (N, T) of bool."""
        n, t = (sizes[axis] for axis in self.axes.split())
        lengths = rng.integers(1, t + 1, size=n)
        lengths[0] = t
        mask: Array = np.arange(t) < lengths[:, None]
        return mask


@dataclass(frozen=True)
class Size:
    """One of the sizes itself, as an int."""

    name: str

    def draw(self, rng: np.random.Generator, sizes: Mapping[str, int], scale: float) -> int:
        """The size."""
        return sizes[self.name]


@dataclass(frozen=True)
class Waves:
    """A smooth function of an array; see `wire.Smooth`."""

    def draw(self, rng: np.random.Generator, sizes: Mapping[str, int], scale: float) -> Smooth:
        """The function."""
        return Smooth(int(rng.integers(2**32)))


@dataclass(frozen=True)
class Cache:
    """What a forward pass remembers: whoever acts makes it first, by a function of their own.

    Attributes:
        forward: the name of that function.
        arguments: what it is called with, drawn.
        results: how many results it returns before the cache.
    """

    forward: str
    arguments: Mapping[str, Value]
    results: int = 1


class CacheOf:
    """The cache of a forward pass: `CacheOf("rnn_step_forward", x=Reals("N D"), ...)`.

    Where more than one result stands before the cache, their number follows the name.
    """

    def __init__(
        self, forward: str, results: int = 1, /, **arguments: Reals | Below | Lengths | Size
    ) -> None:
        self._forward = forward
        self._results = results
        self._draw = inputs(**arguments)

    def draw(self, rng: np.random.Generator, sizes: Mapping[str, int], scale: float) -> Cache:
        """The call to make."""
        return Cache(self._forward, self._draw(rng, scale=scale, **sizes), self._results)


@dataclass(frozen=True)
class AsTensor:
    """Drawn as an array, and a PyTorch tensor where it arrives: `AsTensor(Reals("N D"))`."""

    kind: Reals | Below | Lengths

    def draw(self, rng: np.random.Generator, sizes: Mapping[str, int], scale: float) -> Tensor:
        """The tensor."""
        return Tensor(self.kind.draw(rng, sizes, scale))


@dataclass(frozen=True)
class Made:
    """A PyTorch module with given weights: whoever acts makes it first, from a class of their own.

    Attributes:
        name: the name of that class.
        sizes: what it is made with.
        weights: its parameters by their names; what they were initialised with does not matter.
    """

    name: str
    sizes: Mapping[str, Value]
    weights: Mapping[str, Array]


@dataclass(frozen=True)
class Module:
    """A module to be made: `Module("Tagger", {"H": "H"}, {"readout.weight": Reals("C H")})`.

    Attributes:
        name: the name of its class.
        sizes: which size goes by which name.
        weights: how its parameters are drawn.
    """

    name: str
    sizes: Mapping[str, str]
    weights: Mapping[str, Reals]

    def draw(self, rng: np.random.Generator, sizes: Mapping[str, int], scale: float) -> Made:
        """The module to make."""
        weights = {name: kind.draw(rng, sizes, scale) for name, kind in self.weights.items()}
        return Made(self.name, {name: sizes[letter] for name, letter in self.sizes.items()}, weights)


Kind = Reals | Below | Lengths | Size | Waves | CacheOf | AsTensor | Module


def inputs(**arguments: Kind) -> Callable[..., dict[str, Value]]:
    """How the arguments of a function are drawn: `inputs(x=Reals("N D"), V=Size("V"))`.

    Returns:
        draw(rng, *, scale=1.0, **sizes): the arguments by name; reals are multiplied by `scale`.
    """

    def draw(rng: np.random.Generator, *, scale: float = 1.0, **sizes: int) -> dict[str, Value]:
        return {name: kind.draw(rng, sizes, scale) for name, kind in arguments.items()}

    return draw


def some_of(rng: np.random.Generator, *shape: int) -> Array:
    """A mask: some of each row may be looked at, and where there is more than one place not all of it."""
    mask = rng.random(shape) < 0.6
    mask[..., -1] = False
    mask[..., 0] = True  # also of a single place
    return rng.permuted(mask, axis=-1)


# Plays -------------------------------------------------------------------------------------------------------


def ready(player: Player, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """The arguments of a call, once the forward passes whose caches are among them, and the modules, were made.

    Called again it makes them again: every backward pass has a cache of its own, unless a play says otherwise.
    """

    def made(value: Value) -> Value:
        if isinstance(value, Cache):
            return Part(player.call(value.forward, value.arguments, keep=True), value.results)
        if isinstance(value, Made):
            module = player.call(value.name, value.sizes, keep=True)
            player.load(module, value.weights)
            return module
        return value

    return {name: made(value) for name, value in arguments.items()}


def perform(exercise: Exercise, player: Player, arguments: Mapping[str, Value]) -> Value:
    """Call the exercise's function; before it, the forward passes whose caches it takes."""
    return player.call(exercise.name, ready(player, arguments))


def results(
    exercise: Exercise, value: Value, complaint: str | None = None, where: str = ""
) -> Iterator[Observation]:
    """What a call returned, taken apart by name; opaque parts are left alone.

    Args:
        exercise: names what is returned.
        value: what came back.
        complaint: what to say when a part differs, instead of how it differs.
        where: added to each label, for a play with several calls.
    """
    names = exercise.returns
    parts = (value,) if len(names) == 1 else value
    if not isinstance(parts, tuple | list) or len(parts) != len(names):
        due = f"{names[0]} is" if len(names) == 1 else f"{len(names)} values are"
        told = f"It returned {describe(value)}; {due} due: {', '.join(names)}."
        if value is None:
            told = f"It returned nothing. Is a `return` missing? Due: {', '.join(names)}."
        yield Observation(MALFORMED, describe(value), complaint=told)
        return
    for name, part in zip(names, parts, strict=True):
        if name not in exercise.opaque:
            yield Observation(name + where, part, complaint=complaint)


MALFORMED = "what it returned"


def forward_results(player: Player, arguments: Mapping[str, Value]) -> Iterator[Observation]:
    """What the forward passes give whose caches are asked for: no backward pass is right behind a wrong one."""
    for value in arguments.values():
        if isinstance(value, Cache):
            returned = player.call(value.forward, value.arguments)
            told = f"{value.forward} itself gives other numbers than it should. Mend the way there, then the way back."
            # Without a cache there is no call of the backward pass either.
            if isinstance(returned, tuple | list) and len(returned) > value.results:
                for number, result in enumerate(returned[: value.results], start=1):
                    which = "the result" if value.results == 1 else f"result {number}"
                    yield Observation(f"{which} of {value.forward}", result, complaint=told)


def gradient_results(
    exercise: Exercise,
    player: Player,
    arguments: Mapping[str, Value],
    by: Sequence[str],
    upstream: Array | None = None,
    where: str = "",
) -> Iterator[Observation]:
    """PyTorch's gradients of what a call returns first; see `gradients`."""
    held = {
        name: _differentiable(player, value) if name in by else value for name, value in arguments.items()
    }
    given = ready(player, held)
    whole = player.call(exercise.name, given, keep=True)
    of = whole if len(exercise.returns) == 1 else Part(whole, 0)
    wanted: dict[str, Value] = {}
    for name in by:
        value = arguments[name]
        if isinstance(value, Made):
            wanted |= {parameter: Weight(given[name], parameter) for parameter in value.weights}
        else:
            wanted |= dict(_elements(name, given[name]))
    for name, found in zip(wanted, player.gradients(of, list(wanted.values()), upstream), strict=True):
        told = f"No gradient arrives at {name}. Is there a NumPy array, a number or a `detach` on the way?"
        yield Observation(f"the gradient of {name}{where}", found, complaint=told if found is None else None)


def sized(name: str, asks: str, sizes: Mapping[str, float], weight: int = 1) -> Criterion:
    """One call at the given sizes, compared by value."""

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        yield from results(exercise, perform(exercise, player, exercise.draw(rng, **sizes)))

    return Criterion(name, asks, play, weight)


def values(**sizes: float) -> Criterion:
    """Random numbers, all sizes different: dropped terms, transposes, wrong orders."""

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        drawn = exercise.draw(rng, **sizes)
        yield from forward_results(player, drawn)
        yield from results(exercise, perform(exercise, player, drawn))

    return Criterion("values", "the numbers are right when all sizes differ", play, weight=4)


def square(**sizes: float) -> Criterion:
    """Equal sizes: axes that only seemed right because nothing else fitted."""
    return sized("square", "the numbers are right when sizes coincide", sizes)


def ones(**sizes: float) -> Criterion:
    """Sizes of one: squeezed axes, loops that never run."""
    return sized("ones", "a batch of one and a single step work", sizes)


def long(**sizes: float) -> Criterion:
    """Many steps: a state that is cut off or starts again."""
    return sized("long", "it holds over a long sequence", sizes)


def stable(*scales: float, **sizes: float) -> Criterion:
    """Large arguments: overflow in exp, log of zero."""

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        for scale in scales:
            value = perform(exercise, player, exercise.draw(rng, scale=scale, **sizes))
            yield from results(exercise, value, where=f" (arguments times {scale:g})")

    return Criterion("stable", "large arguments give finite, right numbers", play)


def dtype(**sizes: float) -> Criterion:
    """The type of the numbers: float64 in, float64 out."""

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        for seen in results(exercise, perform(exercise, player, exercise.draw(rng, **sizes))):
            if seen.label == MALFORMED:
                yield seen
                return
            kind = _dtype(seen.value)
            told = f"{seen.label} is {kind}, and the contract asks for another dtype."
            yield Observation(f"dtype of {seen.label}", kind, complaint=told)

    return Criterion("dtype", "the result has the dtype of the contract", play, after_values=True)


def unchanged(**sizes: float) -> Criterion:
    """The arguments after the call, and a second call on the very same arrays."""

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        held = _held(player, exercise.draw(rng, **sizes))
        first = perform(exercise, player, held)
        for name, argument in _flat(held):
            if isinstance(argument, Handle):
                told = f"{name} was changed in place. The caller still needs it: work on a copy."
                for label, element in _elements(name, player.fetch(argument)):
                    yield Observation(label, element, complaint=told)
        told = (
            "Called again with the very same arrays it answers differently: an argument changed on the way."
        )
        yield _agreement(exercise, first, perform(exercise, player, held), told)

    return Criterion("unchanged", "the arguments are left as they were", play, after_values=True)


def repeatable(**sizes: float) -> Criterion:
    """A, then B, then A again: what is remembered between calls."""

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        drawn, other = exercise.draw(rng, **sizes), exercise.draw(rng, **sizes)
        arguments, others = ready(player, drawn), ready(player, other)
        first = player.call(exercise.name, arguments)
        if any(isinstance(value, Cache) for value in drawn.values()):
            told = "With another forward pass in between it answers differently. Is something kept outside the cache?"
            yield _agreement(exercise, perform(exercise, player, drawn), first, told)
        player.call(exercise.name, others)
        told = "The same call answers differently after another call. What does the function remember in between?"
        yield _agreement(exercise, first, player.call(exercise.name, arguments), told)

    return Criterion("repeatable", "the same call gives the same answer again", play, after_values=True)


def fresh(**sizes: float) -> Criterion:
    """The arguments are overwritten after the call: a result that changes with them was never a copy."""

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        held = _held(player, exercise.draw(rng, **sizes))
        result = player.call(exercise.name, ready(player, held), keep=True)
        before = player.fetch(result)
        for _, argument in _flat(held):
            if isinstance(argument, Handle):
                player.fill(argument, 0)
        told = "The result changed when an argument was overwritten later: it is a view of that argument, not a copy."
        yield _agreement(exercise, before, player.fetch(result), told)

    return Criterion("fresh", "the result shares no memory with the arguments", play, after_values=True)


def contract(**sizes: float) -> tuple[Criterion, ...]:
    """What every function of the course promises, whatever it computes."""
    return (dtype(**sizes), unchanged(**sizes), repeatable(**sizes), fresh(**sizes))


def single_precision(**sizes: float) -> Criterion:
    """Advice only: float32 in, float32 out keeps a network at half the memory."""

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        drawn = exercise.draw(rng, **sizes)
        for seen in results(exercise, perform(exercise, player, _halved(drawn))):
            kind = _dtype(seen.value)
            told = f"For float32 arguments {seen.label} comes back as {kind}. Costs no points; costs memory."
            yield Observation(f"dtype of {seen.label}", kind, complaint=told)

    return Criterion("float32", "float32 arguments stay float32", play, weight=0, after_values=True)


def gradients(by: Sequence[str], upstream: str = "", /, **sizes: int) -> Criterion:
    """PyTorch's gradients of what is returned first, with respect to tensors among the arguments.

    Args:
        by: names of arguments; of a dict, every tensor in it is meant, of a module every parameter.
        upstream: the axes of what is returned, where it is not one number: `"N T H"`.
        sizes: of the arguments.
    """

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        drawn = exercise.draw(rng, **sizes)
        weight = Reals(upstream).draw(rng, sizes, 1.0) if upstream else None
        yield from gradient_results(exercise, player, drawn, by, weight)

    return Criterion("gradients", "the gradients are right", play, weight=2)


def generator(changes: Mapping[str, Value] | None = None, /, **sizes: float) -> Criterion:
    """The argument `rng` with one seed twice, then with another: only it may make a difference.

    Args:
        changes: what is changed among the arguments, so that chance shows.
        sizes: of the arguments.
    """

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        drawn = {**exercise.draw(rng, **sizes), **(changes or {})}
        once, again, other = (
            encode(perform(exercise, player, drawn | {"rng": Seeded(seed)})) for seed in (1, 1, 2)
        )
        told = "Two generators with one seed gave two different results. Where else does chance come from?"
        yield Observation("same seed, same result", once == again, complaint=told)
        told = "Two generators with different seeds gave the same result. Is the generator used at all?"
        yield Observation("other seed, other result", once != other, complaint=told)

    return Criterion(
        "generator", "all chance comes from the generator that is given", play, after_values=True
    )


def refuses(cases: Mapping[str, Mapping[str, Value]], **sizes: float) -> Criterion:
    """Arguments that make no sense are a `ValueError` whose text names the one to blame.

    Args:
        cases: what is changed among the arguments, by what is wrong with it; the first word is the one that the
            error must name: `{"k1 above k2": {"k1": 9}}`.
        sizes: of the arguments otherwise.
    """

    def play(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
        for case, changes in cases.items():
            drawn = {**exercise.draw(rng, **sizes), **changes}
            yield from refused(case, functools.partial(perform, exercise, player, drawn))

    return Criterion(
        "bad input", "senseless arguments are a ValueError that names them", play, after_values=True
    )


def refused(case: str, attempt: Callable[[], Value]) -> Iterator[Observation]:
    """Whether an attempt ends with a `ValueError` that names the first word of the case."""
    blamed = case.split()[0]
    try:
        attempt()
    except StudentError as error:
        if error.raised.type_name == "NotImplementedError" or error.raised.line_number is None:
            raise  # nothing there that could have refused
        kind, names_it = error.raised.type_name, blamed in error.raised.text
    else:
        kind, names_it = "nothing", False
    told = f"{case}: a ValueError is due, and {kind if kind in _KNOWN_ERRORS else 'another error'} came."
    yield Observation(case, kind == "ValueError", complaint=told)
    told = f"{case}: the ValueError does not name {blamed}. Which argument should the caller look at?"
    yield Observation(f"{case}, named", names_it, complaint=told)


_KNOWN_ERRORS = {"nothing", *(name for name in dir(builtins) if name.endswith("Error"))}


def special(
    name: str, asks: str, weight: int = 1, *, after_values: bool = False
) -> Callable[[Play], Criterion]:
    """Makes a criterion of a play that one exercise needs and no other."""

    def criterion(play: Play) -> Criterion:
        return Criterion(name, asks, play, weight, after_values)

    return criterion


def _agreement(exercise: Exercise, first: Value, second: Value, complaint: str) -> Observation:
    """Whether two answers to one question are the same. Whether they are right is asked elsewhere."""
    difference = first_difference(tuple(results(exercise, first)), tuple(results(exercise, second)))
    return Observation("the same again", difference is None, complaint=complaint)


def _held(player: Player, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """The arguments with every array, or list or dict of arrays, placed on the other side."""

    def hold(value: Value) -> Value:
        if isinstance(value, Cache):
            return replace(value, arguments=_held(player, value.arguments))
        return player.hold(value) if isinstance(value, np.ndarray | Tensor | dict | list) else value

    return {name: hold(value) for name, value in arguments.items()}


def _differentiable(player: Player, value: Value) -> Value:
    """Tensors placed on the other side, ready to have a gradient."""
    if isinstance(value, dict):
        return {key: _differentiable(player, part) for key, part in value.items()}
    return player.hold(replace(value, requires_grad=True)) if isinstance(value, Tensor) else value


def _flat(held: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """Name and value of each argument, those of the forward passes too."""
    for name, value in held.items():
        if isinstance(value, Cache):
            yield from _flat(value.arguments)
        else:
            yield name, value


def _halved(arguments: Mapping[str, Value]) -> dict[str, Value]:
    """The arguments with every real array in single precision."""

    def halve(value: Value) -> Value:
        if isinstance(value, Cache):
            return replace(value, arguments=_halved(value.arguments))
        return value.astype("f4") if _is_float(value) else value

    return {name: halve(value) for name, value in arguments.items()}


def _elements(name: str, value: Value) -> Iterator[tuple[str, Value]]:
    """A value by its label; of a dict or a list, each element by one of its own."""
    if isinstance(value, dict):
        for key in value:
            yield from _elements(f"{name}[{key!r}]", value[key])
    elif isinstance(value, list):
        for number, element in enumerate(value):
            yield from _elements(f"{name}[{number}]", element)
    else:
        yield name, value


def _is_float(value: Value) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _dtype(value: Value) -> str:
    if isinstance(value, np.ndarray | np.generic):
        return str(value.dtype)
    if isinstance(value, dict):
        return ", ".join(sorted({_dtype(element) for element in value.values()}))
    return {float: "float64", int: "int64", bool: "bool"}.get(type(value), describe(value))


# Comparison --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """How an observation differs from what is due.

    Attributes:
        told: safe to show for a hidden case: names and shapes, no numbers.
        shown: for a public case: the worst element too.
        picture: both arrays, where they have one shape.
    """

    told: str
    shown: str
    picture: Picture | None = None


def first_difference(due: Trace, seen: Trace, rtol: float = RTOL) -> Difference | None:
    """The first thing in which a trace differs from what is due, or None."""
    for want, have in zip_longest(due, seen):
        if have is None or want is None:
            return Difference("It did not come to an end.", "It did not come to an end.")
        difference = differs(want, have, rtol)
        if difference is not None:
            return difference
    return None


def differs(due: Observation, seen: Observation, rtol: float = RTOL) -> Difference | None:
    """None if `seen` is as good as `due`, else how it differs.

    Type and shape come before any number, and nothing is ever compared through broadcasting.
    """
    if isinstance(seen.value, Raised) or isinstance(due.value, Raised):
        return _raised(due.value, seen.value)
    if due.label != seen.label:
        told = seen.complaint or f"{seen.label} was seen where {due.label} was due."
        return Difference(told, told)
    if isinstance(due.value, dict | list | tuple):
        difference = _collection(due, seen, rtol)
    else:
        difference = _form(due, seen.value)
        if difference is None and due.how != "form":
            difference = _numbers(due, seen.value, rtol)
    if difference is not None and seen.complaint:
        return Difference(seen.complaint, seen.complaint)
    return difference


# Any other name was chosen by the student's process, when it had seen the inputs.
_KNOWN_TYPES = {*dir(builtins), "generator", "function", "method", "module", "coroutine", "longdouble"}
_KNOWN_TYPES |= {"Tensor", "matrix", "MaskedArray", "DataFrame", "Series"}


def describe(value: Value) -> str:
    """A value's kind and shape in words, without its numbers."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}" if value.ndim else "an array without axes"
    if value is None:
        return "None"
    if isinstance(value, Handle):
        known = value.type_name.removeprefix("array of ") in _KNOWN_TYPES
        return f"an object of type `{value.type_name}`" if known else "an object of a type of your own"
    if isinstance(value, tuple | list):
        kind = type(value).__name__
        return f"a {kind} of {len(value)}"
    if isinstance(value, bool | np.bool_):
        return "a truth value"
    if isinstance(value, int | float | complex | np.number):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "a dict" if isinstance(value, dict) else "something else"


_KINDS = {
    "f": "real numbers",
    "i": "whole numbers",
    "u": "whole numbers",
    "b": "truth values",
    "c": "complex numbers",
}


def _raised(due: Value | Raised, seen: Value | Raised) -> Difference | None:
    if not isinstance(seen, Raised):
        return Difference("An error was due.", "An error was due.")
    if isinstance(due, Raised) and due.type_name == seen.type_name:
        return None
    if seen.type_name == "NotImplementedError":
        return Difference("Not written yet.", "Not written yet.")
    if seen.line_number is None and seen.type_name == "NameError":
        return Difference(f"{seen.text}.", f"{seen.text}.")
    where = f" at `{seen.line}`" if seen.line else ""
    return Difference(f"{seen.type_name}{where}.", f"{seen.type_name}{where}: {seen.text}")


def _collection(due: Observation, seen: Observation, rtol: float) -> Difference | None:
    """The first element of a dict or a list that differs; what is due says which there are."""
    want, have = _by_key(due.value), _by_key(seen.value)
    told = f"{due.label} is {describe(seen.value)}; {describe(due.value)} is due."
    if want is None or have is None or isinstance(due.value, dict) != isinstance(seen.value, dict):
        return Difference(told, told)
    if want.keys() != have.keys():
        if isinstance(due.value, dict):
            told = f"{due.label} should have these keys and no others: {', '.join(want)}."
        return Difference(told, told)
    name, space, where = due.label.partition(" ")
    for key in want:
        label = f"{name}[{key!r}]{space}{where}"
        difference = differs(Observation(label, want[key], due.how), Observation(label, have[key]), rtol)
        if difference is not None:
            return difference
    return None


def _by_key(value: Value) -> dict[Any, Value] | None:
    """A dict as it is, a list or tuple by its numbers, and nothing else."""
    if isinstance(value, dict):
        return value
    return dict(enumerate(value)) if isinstance(value, list | tuple) else None


def _form(due: Observation, seen: Value) -> Difference | None:
    want = due.value
    if seen is None and want is not None:
        told = f"{due.label} is None. Is a `return` missing?"
        return Difference(told, told)
    if not isinstance(want, np.ndarray | np.generic | float | int):
        told = f"{due.label} is {describe(seen)}; {describe(want)} is due."
        return None if type(seen) is type(want) else Difference(told, told)
    shape = np.shape(want)
    if shape and not isinstance(seen, np.ndarray):
        told = f"{due.label} is {describe(seen)}; {describe(want)} is due."
        return Difference(told, told)
    if not isinstance(seen, np.ndarray | np.generic | float | int):
        told = f"{due.label} is {describe(seen)}; one number is due."
        return Difference(told, told)
    if np.shape(seen) != shape:
        told = f"{due.label} has shape {np.shape(seen)}; it should be {shape}."
        return Difference(told, told)
    kinds = np.asarray(want).dtype.kind, np.asarray(seen).dtype.kind
    # What is due may be a student's own first answer, and a whole number too long for any dtype.
    if kinds[1] not in {"f": "fiub", "i": "iu", "u": "iu", "b": "b", "c": "cfiub"}.get(kinds[0], ""):
        told = f"{due.label} holds {_KINDS.get(kinds[1], 'something else')}; {_KINDS.get(kinds[0])} are due."
        return Difference(told, told)
    return None


def _numbers(due: Observation, seen: Value, rtol: float) -> Difference | None:
    if not isinstance(due.value, np.ndarray | np.generic | float | int):
        told = f"{due.label} is wrong."
        # By their bytes: what is in a list or a dict may be arrays, and those have no one truth.
        return None if encode(seen) == encode(due.value) else Difference(told, told)
    want, have = np.asarray(due.value), np.asarray(seen)
    with np.errstate(all="ignore"):
        if due.how == "share":
            tolerance = SHARE_ATOL
        elif due.how == "estimate":
            tolerance = ESTIMATE_TOL * (1 + np.abs(want))
        else:
            tolerance = ATOL + rtol * np.abs(want)
        near = np.abs(want - have) <= tolerance if want.dtype.kind != "b" else want == have
    wrong = ~(near | (want == have) | ((want != want) & (have != have)))
    if not wrong.any():
        return None
    return _worst(due.label, want, have, wrong, single=have.dtype == np.float32)


def _worst(label: str, want: Array, have: Array, wrong: Array, *, single: bool) -> Difference:
    with np.errstate(all="ignore"):
        distance = np.where(wrong, np.nan_to_num(np.abs(want * 1.0 - have), nan=np.inf), -1)
        relative = np.max(distance) / max(float(np.max(np.abs(want))), ATOL)
        nearly = bool(np.all(distance < 1e-6 * np.abs(want)))  # the digits that would be shown are the same
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(distance)), want.shape))
    count = f"{int(wrong.sum())} of {wrong.size} elements differ"
    told = f"{label} has the right shape and wrong numbers."
    if want.ndim == 0:
        told, shown = (
            f"{label} is wrong.",
            f"{label} is {_number(have[()])}; it should be {_number(want[()])}.",
        )
    else:
        place = ", ".join(map(str, index))
        name, _, where = label.partition(" ")
        element = f"{name}[{place}] {where}".rstrip() if name != "the" else f"element [{place}] of {label}"
        shown = f"{element} is {_number(have[index])}; it should be {_number(want[index])} ({count})."
    if not np.isfinite(have).all():
        told = f"{label} holds nan or inf."
        shown = f"{told} {shown}"
    elif single and relative < 1e-4:
        told = f"{label} was computed in float32: right to 7 digits, where float64 gives 16."
        shown = told
    elif nearly:
        told = (
            f"{label} is right to six digits, and not to nine. Is a part of it in float32, or a little added?"
        )
        shown = told
    return Difference(told, shown, Picture(label, have, want) if want.ndim else None)


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, np.floating | float) else str(value)
