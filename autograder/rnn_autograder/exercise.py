"""The words of grading: exercise, criterion, observation, verdict, report. Frozen, and nothing here runs code.

A criterion is a small play: it calls the student's function and notes what it sees. The reference has acted in the
same play before. The verdict is the comparison of the two traces; no criterion ever asks the student's side
for an opinion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from rnn_autograder.wire import Handle, Part, Value


@dataclass(frozen=True)
class Raised:
    """An exception from the student's function, with the line of theirs that it came from."""

    type_name: str
    text: str = ""
    line_number: int | None = None
    line: str = ""


# The texts of a `Raised` without a line.
NO_CACHE = "The forward pass returns no cache beside its result"
NO_RESULTS = "It does not return the several things that the contract names"
OTHER_PARAMETERS = "Its parameters are not those that the contract names"  # which ones, may follow


class StudentError(Exception):
    """A call into the student's code raised; `raised` tells what."""

    def __init__(self, raised: Raised) -> None:
        super().__init__(raised.type_name)
        self.raised = raised


class Stopped(Exception):
    """The student's code hit a limit or ended its own process; `sentence` tells the student."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Player(Protocol):
    """Whoever acts in a play: the student in this process, the student in a sandbox, or the reference."""

    def call(
        self, name: str, arguments: Mapping[str, Value], *, of: Handle | None = None, keep: bool = False
    ) -> Value:
        """Call a function with fresh copies of plain arguments; a `Handle` passes what it stands for, uncopied.

        With `of` it is the method of something that stayed there. With `keep` the result stays there and its handle
        comes back.

        Raises:
            StudentError: the function raised, or there is none of that name.
            Stopped: it hit a limit or ended the process.
        """

    def hold(self, value: Value) -> Handle:
        """Place a value there, to be passed by reference to several calls."""

    def fetch(self, handle: Handle) -> Value:
        """What the handle stands for, as it is now."""

    def fill(self, handle: Handle, number: float) -> None:
        """Overwrite, in place, every array in what the handle stands for."""

    def load(self, module: Handle, weights: Mapping[str, Value]) -> None:
        """Give a PyTorch module these parameters, by their names, and the dtype of theirs.

        Raises:
            StudentError: it has others, or they have other shapes; or it is no module.
        """

    def gradients(self, of: Handle | Part, by: Sequence[Value], upstream: Value = None) -> list[Value]:
        """PyTorch's gradients of a tensor with respect to each of some others; None where none arrives.

        Args:
            of: one number; or any tensor, where `upstream` says what the loss has to say about it.
            by: handles of tensors, or `Weight`s.
            upstream: an array of the shape of that tensor.

        Raises:
            StudentError: PyTorch cannot go back, because something was changed in place.
        """


How = Literal["close", "form", "share", "estimate"]


@dataclass(frozen=True)
class Observation:
    """One thing seen in a play.

    Attributes:
        label: what it is, in the exercise's words ("next_h").
        value: what was seen; a `Raised` ends a trace.
        how: how it is compared: `close` (type, shape, numbers), `form` (type and shape only), `share` (frequencies) or
            `estimate` (finite differences).
        complaint: what to say when it differs, where "x differs" would not explain anything.
    """

    label: str
    value: Value | Raised
    how: How = "close"
    complaint: str | None = None


Trace = tuple[Observation, ...]
Play = Callable[["Exercise", Player, np.random.Generator], Iterable[Observation]]


@dataclass(frozen=True)
class Criterion:
    """One way of judging.

    Attributes:
        name: what the panel calls it.
        asks: what it asks of the function, in words.
        play: acts with the function and yields what it sees.
        weight: its part of the exercise's points; 0 is advice.
        after_values: it counts only where `values` passed, or a stub would earn it.
    """

    name: str
    asks: str
    play: Play
    weight: int = 1
    after_values: bool = False


Rule = Callable[[str, str], str | None]
"""Given the student's source and the function's name: the complaint, or None."""


@dataclass(frozen=True)
class Exercise:
    """One function to write.

    Attributes:
        name: the function's name.
        points: what it is worth.
        draw: makes its arguments from a generator and sizes.
        returns: the names of what it returns, in order; `opaque` ones may be anything.
        criteria: how it is judged; the first is `values`.
        rule: what its source may not use.
        opaque: returned things that are the student's own business.
    """

    name: str
    points: int
    draw: Callable[..., dict[str, Value]]
    returns: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    rule: Rule | None = None
    opaque: frozenset[str] = frozenset({"cache"})


UNCOUNTED = "Counts once the values are right."  # the message of a criterion that waits for `values`


@dataclass(frozen=True)
class Verdict:
    """What one criterion said: what holds where it passed, what does not where it did not."""

    name: str
    points: float
    max_points: float
    passed: bool
    message: str


@dataclass(frozen=True)
class Picture:
    """Two arrays worth seeing side by side; only ever made from public cases."""

    label: str
    yours: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class Result:
    """What one exercise earned, and why.

    Attributes:
        misconception: the sentence of the known mistake that the answer matches.
        error: why nothing could be judged, where that is so.
    """

    name: str
    points: float
    max_points: float
    criteria: tuple[Verdict, ...]
    misconception: str | None = None
    error: str | None = None
    picture: Picture | None = field(default=None, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        """The part of the report's contract that is about one exercise."""
        return {
            "points": self.points,
            "max_points": self.max_points,
            "criteria": [asdict(verdict) for verdict in self.criteria],
            "misconception": self.misconception,
            "error": self.error,
        }

    @classmethod
    def from_json(cls, name: str, data: Mapping[str, Any]) -> Result:
        """The inverse of `to_json`."""
        criteria = tuple(Verdict(**verdict) for verdict in data["criteria"])
        return cls(**{**data, "name": name, "criteria": criteria})


@dataclass(frozen=True)
class Report:
    """One submission, graded.

    Attributes:
        file: the submission's name.
        assignment: for example `a01_rnn_basics`.
        seed: what the hidden cases were drawn from; the same seed gives the same report.
        isolation: how the code was isolated: "A", or "none" where the instructor insisted.
        results: one for each exercise, in the assignment's order.
    """

    file: str
    assignment: str
    seed: int
    isolation: str
    results: tuple[Result, ...]

    @property
    def points(self) -> float:
        """What was earned."""
        return round(sum(result.points for result in self.results), 2)

    @property
    def max_points(self) -> float:
        """What could be earned."""
        return sum(result.max_points for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """The report as one line of `autograder grade-file --json`."""
        return {
            "file": self.file,
            "assignment": self.assignment,
            "seed": self.seed,
            "isolation": self.isolation,
            "points": self.points,
            "max_points": self.max_points,
            "exercises": {result.name: result.to_json() for result in self.results},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Report:
        """The inverse of `to_json`."""
        results = tuple(Result.from_json(name, entry) for name, entry in data["exercises"].items())
        head = {key: data[key] for key in ("file", "assignment", "seed", "isolation")}
        return cls(**head, results=results)
