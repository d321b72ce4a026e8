"""A student's code as something to call: in this process, or in a sandboxed worker."""

from __future__ import annotations

import contextlib
import inspect
import io
import linecache
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from rnn_autograder.exercise import NO_CACHE, NO_RESULTS, OTHER_PARAMETERS, Raised, Stopped, StudentError
from rnn_autograder.limits import Limits
from rnn_autograder.wire import Handle, Part, Seeded, Tensor, Value, Weight, WireError, decode, encode


class LocalPlayer:
    """Functions of this process, called as if they were far away.

    Every value goes through `wire`, so a function here sees and returns what it would in a sandbox: fresh copies in,
    exact types out. What is printed during a call is dropped, so that a panel stays a panel.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace
        self._kept: list[object] = []
        self._signatures: dict[tuple[object, ...], tuple[object, bool]] = {}

    def call(
        self, name: str, arguments: Mapping[str, Value], *, of: Handle | None = None, keep: bool = False
    ) -> Value:
        """See `Player.call`."""
        function = self.namespace.get(name) if of is None else getattr(self._kept[of.number], name, None)
        if not callable(function):
            kind = "is not defined" if function is None else "is not a function"
            raise StudentError(Raised("NameError", f"{name} {kind}"))
        resolved = {key: self._resolve(value) for key, value in arguments.items()}
        with quiet():
            try:
                by_name = self._takes(function, resolved)
                result = function(**resolved) if by_name else function(*resolved.values())
            # A student's `sys.exit()` is an answer too; only the person at the keyboard may stop us.
            except (Exception, SystemExit, GeneratorExit) as error:
                raise StudentError(raised(error, function)) from None
            return self._keep(result) if keep else self._plain(result)

    def hold(self, value: Value) -> Handle:
        """See `Player.hold`."""
        return self._keep(self._resolve(decode(encode(value))))

    def fetch(self, handle: Handle) -> Value:
        """See `Player.fetch`."""
        with quiet():
            return self._plain(self._kept[handle.number])

    def fill(self, handle: Handle, number: float) -> None:
        """See `Player.fill`."""
        _fill(self._kept[handle.number], number)

    def load(self, module: Handle, weights: Mapping[str, Value]) -> None:
        """See `Player.load`."""
        import torch  # nobody has a module without it

        thing = self._kept[module.number]
        if not isinstance(thing, torch.nn.Module):
            raise StudentError(Raised("TypeError", f"a {module.type_name} is no torch.nn.Module"))
        state = {name: torch.from_numpy(np.array(array)) for name, array in weights.items()}
        due = {name: tuple(tensor.shape) for name, tensor in state.items()}
        theirs = thing.named_parameters(remove_duplicate=False)
        there = {name: tuple(parameter.shape) for name, parameter in theirs}
        told = [
            *(f"{name} is missing" for name in due if name not in there),
            *(f"{name} is not asked for" for name in there if name not in due),
            *(
                f"{name} has shape {there[name]}, {shape} is due"
                for name, shape in due.items()
                if there.get(name, shape) != shape
            ),
        ]
        if told:
            raise StudentError(Raised("NameError", f"{OTHER_PARAMETERS}: {'; '.join(told)}"[:500]))
        thing.double().load_state_dict(state, strict=False)  # what is no parameter, it may keep

    def gradients(self, of: Handle | Part, by: Sequence[Value], upstream: Value = None) -> list[Value]:
        """See `Player.gradients`."""
        import torch

        result, tensors = self._resolve(of), [self._resolve(each) for each in by]
        due = np.ones(()) if upstream is None else upstream
        if not isinstance(result, torch.Tensor) or result.shape != due.shape or not result.requires_grad:
            return [None] * len(by)
        weight = torch.from_numpy(due).to(result.dtype)
        try:
            found = torch.autograd.grad(result, tensors, weight, retain_graph=True, allow_unused=True)
        except Exception as error:  # a tensor was changed in place that the way back needs
            raise StudentError(Raised(type(error).__name__, _text(error)[:500])) from None
        return [self._plain(gradient) for gradient in found]

    def _takes(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> bool:
        """Whether a function can be called by these names. Who renamed its parameters is called by their order."""
        key = (id(function), *arguments)
        if key not in self._signatures:
            try:
                inspect.signature(function).bind(**arguments)
                takes = True
            except (TypeError, ValueError):
                takes = False
            self._signatures[key] = (function, takes)  # held, so that nothing else gets its id
        return self._signatures[key][1]

    def _keep(self, thing: object) -> Handle:
        self._kept.append(thing)
        name = f"array of {thing.dtype}" if type(thing) is np.ndarray else type(thing).__name__
        return Handle(len(self._kept) - 1, name)

    def _plain(self, value: object) -> Value:
        return decode(encode(value, self._keep))

    def _resolve(self, value: Value) -> Any:
        if isinstance(value, Handle):
            return self._kept[value.number]
        if isinstance(value, Part):
            whole: Any = self._kept[value.whole.number]
            if type(whole) not in (tuple, list) or len(whole) <= value.index:
                raise StudentError(Raised("NameError", NO_CACHE if value.index else NO_RESULTS))
            return whole[value.index]
        if isinstance(value, Weight):
            module: Any = self._kept[value.module.number]
            return module.get_parameter(value.name)
        if isinstance(value, Tensor):
            import torch

            return torch.from_numpy(value.array.copy()).requires_grad_(value.requires_grad)
        if isinstance(value, Seeded):
            return np.random.default_rng(value.seed)
        if isinstance(value, dict):
            return {key: self._resolve(part) for key, part in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(self._resolve(part) for part in value)
        return value.copy() if isinstance(value, np.ndarray) else value


class Line(Protocol):
    """A line to whoever runs the student's code; the sandbox's worker is one."""

    def send(self, frame: bytes) -> None:
        """Send one frame."""

    def receive(self, *, cpu_s: float, wall_s: float) -> bytes:
        """The next frame.

        Raises:
            Stopped: a limit was hit, or nobody is there any more.
        """

    @property
    def used_s(self) -> float:
        """Processor time since the last `send`."""


class WorkerPlayer:
    """The student's functions in another process, asked over a line.

    Whatever comes back is the student's word: it is taken apart by `wire` and believed to be a value, no more.

    Attributes:
        stopped: nothing more can be asked.
        cells_s: processor time of the cells.
        calls_s: processor time of each call, in order.
    """

    def __init__(self, line: Line, limits: Limits) -> None:
        self._line = line
        self._limits = limits
        self.stopped = False
        self.cells_s = 0.0
        self.calls_s: list[float] = []

    def run(self, cells: Sequence[tuple[int, str]]) -> Iterator[tuple[int, Any]]:
        """Run all cells; yields (number, None) as each begins and (number, output) for each output.

        Raises:
            Stopped: a limit was hit in the cell that was yielded last.
        """
        number, numbers = -1, {number for number, _ in cells}
        request = {"ask": "run", "cells": list(cells), "output_bytes": self._limits.output_bytes}
        try:
            for reply in self._ask(request, self._limits.cells_cpu_s, self._limits.cells_wall_s):
                match reply:
                    case {"ran": True}:
                        return
                    case {"cell": int(said)} if said in numbers:
                        number = said
                        yield number, None
                    case {"output": dict(output)}:
                        yield number, output
        finally:
            self.cells_s = self._line.used_s

    def call(
        self, name: str, arguments: Mapping[str, Value], *, of: Handle | None = None, keep: bool = False
    ) -> Value:
        """See `Player.call`."""
        return self._value(
            {"ask": "call", "name": name, "arguments": dict(arguments), "of": of, "keep": keep}
        )

    def hold(self, value: Value) -> Handle:
        """See `Player.hold`."""
        return self._handle({"ask": "hold", "value": value})

    def fetch(self, handle: Handle) -> Value:
        """See `Player.fetch`."""
        return self._value({"ask": "fetch", "handle": handle})

    def fill(self, handle: Handle, number: float) -> None:
        """See `Player.fill`."""
        self._value({"ask": "fill", "handle": handle, "number": number})

    def load(self, module: Handle, weights: Mapping[str, Value]) -> None:
        """See `Player.load`."""
        self._value({"ask": "load", "module": module, "weights": dict(weights)})

    def gradients(self, of: Handle | Part, by: Sequence[Value], upstream: Value = None) -> list[Value]:
        """See `Player.gradients`."""
        found = self._value({"ask": "gradients", "of": of, "by": list(by), "upstream": upstream})
        if not isinstance(found, list) or len(found) != len(by):
            self.stopped = True
            raise Stopped("Its answers made no sense.")
        return found

    def _handle(self, request: Mapping[str, Any]) -> Handle:
        value = self._value(request)
        if not isinstance(value, Handle):
            self.stopped = True
            raise Stopped("Its answers made no sense.")
        return value

    def _value(self, request: Mapping[str, Any]) -> Value:
        try:
            for reply in self._ask(request, self._limits.call_cpu_s, self._limits.call_wall_s):
                match reply:
                    case {"value": value}:
                        return value
                    case {"raised": [str(type_name), str(text), int() | None as number, str(line)]}:
                        raise StudentError(Raised(type_name, text, number, line))
        finally:
            self.calls_s.append(self._line.used_s)
        raise AssertionError("`_ask` ends by an exception only")

    def _ask(self, request: Mapping[str, Any], cpu_s: float, wall_s: float) -> Iterator[Any]:
        """Everything that comes back after a request. What a student's thread prints meanwhile is among it."""
        try:
            self._line.send(encode(request))
            while True:
                yield decode(self._line.receive(cpu_s=cpu_s, wall_s=wall_s))
        except WireError:
            self.stopped = True
            raise Stopped("Its answers made no sense.") from None
        except Stopped:
            self.stopped = True
            raise


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing printed, nothing warned: a `RuntimeWarning` in a student's function is not a mistake."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        _double_precision(),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def _double_precision() -> Iterator[None]:
    """What PyTorch makes without being told a dtype goes with the float64 that the checks send."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def raised(error: BaseException, function: Callable[..., Any]) -> Raised:
    """What an exception was, and the deepest line of the student's own code that it passed through.

    Args:
        error: the exception.
        function: the student's function; its globals tell their lines from a library's.
    """
    theirs = getattr(function, "__globals__", None)
    number, line = None, ""
    for frame, lineno in traceback.walk_tb(error.__traceback__):
        if theirs is None or frame.f_globals is theirs:
            number = lineno
            line = linecache.getline(frame.f_code.co_filename, lineno).strip()
    return Raised(type(error).__name__[:80], _text(error)[:500], number, line[:200])


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a student's own exception class can do anything
        return ""


def _fill(thing: object, number: float) -> None:
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(thing, torch.Tensor):
        thing.data.fill_(number)
    elif isinstance(thing, np.ndarray) and thing.flags.writeable:
        thing[...] = number
    elif isinstance(thing, dict):
        for part in thing.values():
            _fill(part, number)
    elif isinstance(thing, tuple | list):
        for part in thing:
            _fill(part, number)
