"""Values as bytes and back: what may pass between the grader and a student's code.

A frame is a JSON tree followed by the raw bytes of its arrays. Nothing in it can execute, and every size is
checked against the bytes that are really there before anything is allocated. Whatever is not a plain value (an
array, a number, a string, or a tuple, list or dict of them) stays where it is, behind a `Handle`. A tensor of
PyTorch's travels as the array of its numbers; to be one where it arrives, it is sent as a `Tensor`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

MAX_DEPTH = 32
MAX_NODES = 100_000
MAX_AXES = 16
_DTYPES = frozenset(["|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8"]) | frozenset(
    ["<f2", "<f4", "<f8", "<c8", "<c16"]
)

Value = Any
"""A plain value: None, bool, int, float, str, array, `Handle`, `Part`, `Weight`, `Tensor`, `Seeded`, `Smooth`, or a
tuple, list or dict of these."""


class WireError(ValueError):
    """The bytes are not a frame of ours. The sender is not to be believed."""


@dataclass(frozen=True)
class Handle:
    """Something that stayed where the student's code runs; `type_name` is what that side says it is."""

    number: int
    type_name: str


@dataclass(frozen=True)
class Part:
    """One of the things in a tuple or list that stayed there: the cache, of a result and its cache."""

    whole: Handle
    index: int


@dataclass(frozen=True)
class Weight:
    """One of the parameters of a PyTorch module that stayed there, by its name."""

    module: Handle
    name: str


@dataclass(frozen=True, eq=False)
class Tensor:
    """A place for a PyTorch tensor, made afresh where the call happens.

    Attributes:
        array: its numbers.
        requires_grad: whether gradients with respect to it will be asked for.
    """

    array: np.ndarray
    requires_grad: bool = False


@dataclass(frozen=True)
class Seeded:
    """A place for `numpy.random.default_rng(seed)`, made afresh where the call happens."""

    seed: int


@dataclass(frozen=True)
class Smooth:
    """A place for a function from an array of any shape to a number, made afresh where the call happens.

    f(x) = s + s^2 / 2 with s = sum(a sin(w x + c)), elementwise; a, w and c depend on the seed and the shape.
    """

    seed: int

    def __call__(self, x: np.ndarray) -> float:
        """f(x)."""
        a, w, c = self._constants(x)
        s = float((a * np.sin(w * x + c)).sum())
        return s + s**2 / 2

    def gradient(self, x: np.ndarray) -> np.ndarray:
        """The gradient of f at x, of the shape of x."""
        a, w, c = self._constants(x)
        slope: np.ndarray = (1 + (a * np.sin(w * x + c)).sum()) * a * w * np.cos(w * x + c)
        return slope

    def _constants(self, x: np.ndarray) -> np.ndarray:
        return np.random.default_rng(self.seed).uniform(0.5, 1.5, (3, *np.shape(x)))


class _NotPlain(Exception):
    """Too deep, too many, or of another type: the value cannot travel."""


def encode(value: Value, keep: Callable[[object], Handle] | None = None) -> bytes:
    """The bytes of a value.

    Args:
        value: what to send.
        keep: called with each part that cannot travel, and returns its handle. Without it such a part is an error.

    Raises:
        WireError: a part cannot travel and there is no `keep`.
    """
    try:
        blobs: list[bytes] = []
        tree = _tree(value, blobs, keep, depth=0, budget=[MAX_NODES])
    except _NotPlain as error:
        if keep is None:
            raise WireError(str(error)) from None
        blobs = []
        tree = _handle(keep(value))
    head = json.dumps(tree, separators=(",", ":")).encode()
    return b"".join([len(head).to_bytes(4, "big"), head, *blobs])


def decode(frame: bytes) -> Value:
    """The value of a frame, with exact types: arrays are plain `ndarray`, writeable and owned.

    Raises:
        WireError: the frame is damaged, lies about a size, or nests deeper than `MAX_DEPTH`.
    """
    size = int.from_bytes(frame[:4], "big")
    if len(frame) < 4 + size:
        raise WireError(f"a frame of {len(frame)} bytes claims a head of {size}")
    try:
        tree = json.loads(frame[4 : 4 + size])
    except (ValueError, RecursionError) as error:
        raise WireError(f"the head is not JSON: {error}") from None
    reader = _Reader(memoryview(frame), 4 + size)
    value = reader.value(tree, depth=0)
    if reader.position != len(frame):
        raise WireError(f"{len(frame) - reader.position} bytes are left over")
    return value


def _tree(
    value: Value, blobs: list[bytes], keep: Callable[[object], Handle] | None, depth: int, budget: list[int]
) -> Any:
    budget[0] -= 1
    if depth > MAX_DEPTH or budget[0] < 0:
        raise _NotPlain(f"nested deeper than {MAX_DEPTH} or more than {MAX_NODES} parts")
    kind = type(value)  # exact: a subclass can behave as it likes
    if value is None or kind is bool or kind is str or kind is float:
        return value
    if kind is int and abs(value) < 2**63:
        return value
    if kind is np.ndarray or isinstance(value, np.generic):
        little = np.asarray(value).dtype.newbyteorder("<").str
        if little in _DTYPES and np.ndim(value) <= MAX_AXES:
            array = np.asarray(value, dtype=little, order="C")
            blobs.append(array.tobytes())
            return ["array" if kind is np.ndarray else "scalar", little, list(array.shape)]
    tensor = _numbers_of(value)
    if tensor is not None:
        return _tree(tensor, blobs, keep, depth, budget)
    if kind is tuple or kind is list:
        return [kind.__name__, *(_tree(part, blobs, keep, depth + 1, budget) for part in value)]
    if kind is dict and all(type(key) is str for key in value):
        parts = [[key, _tree(part, blobs, keep, depth + 1, budget)] for key, part in value.items()]
        return ["dict", *parts]
    if kind is Handle:
        return _handle(value)
    if kind is Part:
        return ["part", _handle(value.whole), value.index]
    if kind is Weight:
        return ["weight", _handle(value.module), value.name]
    if kind is Tensor:
        return ["tensor", _tree(value.array, blobs, keep, depth + 1, budget), value.requires_grad]
    if kind is Seeded:
        return ["seeded", value.seed]
    if kind is Smooth:
        return ["smooth", value.seed]
    if keep is None:
        raise _NotPlain(f"a {kind.__name__} cannot travel")
    return _handle(keep(value))


def _numbers_of(value: Value) -> np.ndarray | None:
    """The numbers of a tensor, as an array of another kind of memory; None for everything else.

    Only who has imported PyTorch can have a tensor.
    """
    torch = sys.modules.get("torch")
    if torch is None or type(value) not in (torch.Tensor, torch.nn.Parameter):
        return None
    try:
        array: np.ndarray = value.detach().cpu().numpy()
    except (RuntimeError, TypeError):  # sparse, or of numbers that NumPy does not have
        return None
    return array


def _handle(handle: Handle) -> list[Any]:
    return ["handle", handle.number, handle.type_name]


class _Reader:
    """Reads a tree of JSON and takes each array's bytes in the order in which they were written."""

    def __init__(self, frame: memoryview, position: int) -> None:
        self.frame = frame
        self.position = position
        self.nodes = 0

    def value(self, tree: Any, depth: int) -> Value:
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise WireError(f"nested deeper than {MAX_DEPTH} or more than {MAX_NODES} parts")
        if not isinstance(tree, list):
            if isinstance(tree, dict):
                raise WireError("a bare object where a tagged list is due")
            if type(tree) is int and abs(tree) >= 2**63:
                raise WireError("a whole number that could not have been sent")
            return tree
        match tree:
            case ["tuple", *parts]:
                return tuple(self.value(part, depth + 1) for part in parts)
            case ["list", *parts]:
                return [self.value(part, depth + 1) for part in parts]
            case ["dict", *parts]:
                return {key: self.value(part, depth + 1) for key, part in map(_pair, parts)}
            case ["array", str(dtype), list(shape)]:
                return self.array(dtype, shape)
            case ["scalar", str(dtype), []]:
                return self.array(dtype, [])[()]
            case ["handle", int(number), str(type_name)]:
                return Handle(number, type_name[:80])
            case ["part", ["handle", int(number), str(type_name)], int(index)]:
                return Part(Handle(number, type_name[:80]), index)
            case ["weight", ["handle", int(number), str(type_name)], str(name)]:
                return Weight(Handle(number, type_name[:80]), name)
            case ["tensor", ["array", str(dtype), list(shape)], bool(requires_grad)]:
                return Tensor(self.array(dtype, shape), requires_grad)
            case ["seeded", int(seed)] if seed >= 0:
                return Seeded(seed)
            case ["smooth", int(seed)] if seed >= 0:
                return Smooth(seed)
        raise WireError("an unknown tag")

    def array(self, dtype: str, shape: list[Any]) -> np.ndarray:
        if dtype not in _DTYPES or len(shape) > MAX_AXES or any(type(n) is not int or n < 0 for n in shape):
            raise WireError("not an array that can travel")
        size = prod(shape) * np.dtype(dtype).itemsize
        end = self.position + size
        if end > len(self.frame):
            raise WireError(f"an array claims {size} bytes; {len(self.frame) - self.position} are there")
        flat = np.frombuffer(self.frame[self.position : end], dtype=dtype)
        self.position = end
        try:
            shaped = flat.reshape(shape)
        except (
            ValueError,
            OverflowError,
        ) as error:  # no bytes, and an axis that is longer than NumPy can count
            raise WireError(f"not a shape: {error}") from None
        return shaped.astype(np.dtype(dtype).newbyteorder("="))


def _pair(part: Any) -> tuple[str, Any]:
    match part:
        case [str(key), value]:
            return key, value
    raise WireError("a dict entry is not a pair")
