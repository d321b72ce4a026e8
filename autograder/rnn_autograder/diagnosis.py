"""Which known misconception a wrong answer matches.

A misconception is a patch to the reference: what line becomes what. Played through the same criteria it leaves a
trace of its own; a student whose trace is the same made, as far as anyone can see, the same mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rnn_autograder.criteria import first_difference
from rnn_autograder.exercise import Trace

# Two programs that make one mistake agree to rounding; two mistakes differ by far more.
RTOL = 1e-6


@dataclass(frozen=True)
class Misconception:
    """A known mistake.

    Attributes:
        line: text that stands exactly once in the reference's function, or else in one that it calls.
        becomes: what the learner writes instead.
        says: what the learner is told; it never holds the line to type.
    """

    line: str
    becomes: str
    says: str

    def apply(self, function_source: str) -> str:
        """The reference's function with the mistake in it.

        Raises:
            ValueError: the line does not stand there exactly once.
        """
        count = function_source.count(self.line)
        if count != 1:
            raise ValueError(
                f"the misconception's line {self.line!r} stands {count} times in the reference; once is due"
            )
        return function_source.replace(self.line, self.becomes)


@dataclass(frozen=True)
class KnownMistake:
    """A misconception as it is seen from outside: its sentence, and its trace in each criterion."""

    says: str
    traces: Mapping[str, Trace]


def diagnose(failed: Mapping[str, Trace], mistakes: Sequence[KnownMistake], values: Trace) -> str | None:
    """The sentence of the mistake that explains most of the failed criteria, or None.

    Args:
        failed: the student's trace in each criterion that was not met and costs points.
        mistakes: what is known to go wrong in this exercise.
        values: the reference's trace in the criterion `values`.
    """
    best, says = 0, None
    for mistake in mistakes:
        alike = {
            name
            for name, trace in failed.items()
            if first_difference(mistake.traces[name], trace, RTOL) is None
        }
        # A mistake that leaves the values right cannot be the reason for wrong values, not for those either that are
        # wrong in the eighth digit alone; nor one that spoils them where they are right.
        spoils = bool(alike) and first_difference(values, mistake.traces["values"]) is not None
        if spoils != ("values" in failed) or ("values" in failed and "values" not in alike):
            continue
        if len(alike) > best:
            best, says = len(alike), mistake.says
    return says
