"""One exercise, played and judged."""

from __future__ import annotations

import builtins
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rnn_autograder.criteria import Difference, first_difference
from rnn_autograder.diagnosis import KnownMistake, diagnose
from rnn_autograder.exercise import (
    NO_CACHE,
    NO_RESULTS,
    OTHER_PARAMETERS,
    UNCOUNTED,
    Criterion,
    Exercise,
    Observation,
    Picture,
    Player,
    Raised,
    Result,
    Stopped,
    StudentError,
    Trace,
    Verdict,
)


@dataclass(frozen=True)
class Expected:
    """What an exercise is held against, for one seed.

    Attributes:
        seed: what the inputs are drawn from.
        traces: the reference's, by criterion.
        mistakes: gives the traces of the known mistakes; only asked for where something is wrong.
    """

    seed: int
    traces: Mapping[str, Trace]
    mistakes: Callable[[], Sequence[KnownMistake]]


def act(exercise: Exercise, criterion: Criterion, player: Player, seed: int) -> Trace:
    """A criterion's play with one player.

    Each criterion draws from a generator of its own, so that adding one changes no other's inputs.

    Raises:
        Stopped: the player hit a limit or is gone.
    """
    rng = np.random.default_rng([seed, zlib.crc32(f"{exercise.name}/{criterion.name}".encode())])
    trace: list[Observation] = []
    try:
        for observation in criterion.play(exercise, player, rng):
            trace.append(observation)  # one by one: what was seen before an error stays in the trace
    except StudentError as error:
        trace.append(Observation("an error", error.raised))
    return tuple(trace)


def judge(exercise: Exercise, player: Player, expected: Expected, source: str, *, public: bool) -> Result:
    """What a player's function earns.

    Args:
        exercise: what is asked.
        player: who has the function.
        expected: the reference's traces for a seed.
        source: the student's source, for the exercise's rule.
        public: whether the numbers of a case may be shown.
    """
    failed: dict[str, Trace] = {}
    differences: dict[str, Difference | None] = {}
    stopped = None
    for criterion in exercise.criteria:
        if stopped is None:
            try:
                trace = act(exercise, criterion, player, expected.seed)
                if not public:
                    trace = _vouched(trace, exercise.name, source)
            except Stopped as error:
                stopped = error.sentence
            else:
                differences[criterion.name] = first_difference(expected.traces[criterion.name], trace)
                if differences[criterion.name] is not None and criterion.weight:
                    failed[criterion.name] = trace
        if stopped is not None:
            differences[criterion.name] = Difference(stopped, stopped)
    broken = exercise.rule(source, exercise.name) if exercise.rule else None
    verdicts = _verdicts(exercise, differences, void=broken is not None, public=public)
    return Result(
        exercise.name,
        points=round(sum(verdict.points for verdict in verdicts), 2),
        max_points=float(exercise.points),
        criteria=verdicts,
        misconception=diagnose(failed, expected.mistakes(), expected.traces["values"]) if failed else None,
        error=stopped or broken or _unwritten(differences),
        picture=_picture(differences) if public else None,
    )


def refuse(exercise: Exercise, sentence: str) -> Result:
    """No points, because nothing could be judged."""
    reason = Difference(sentence, sentence)
    verdicts = _verdicts(exercise, {c.name: reason for c in exercise.criteria}, void=True, public=False)
    return Result(exercise.name, 0.0, float(exercise.points), verdicts, error=sentence)


def _vouched(trace: Trace, name: str, source: str) -> Trace:
    """A trace whose error says only what stands in the source, in Python or in NumPy.

    Anything else was chosen by the student's process after it had seen the hidden inputs.
    """
    if not trace or not isinstance(said := trace[-1].value, Raised):
        return trace
    known = any(
        isinstance(getattr(home, said.type_name, None), type) for home in (builtins, np.exceptions, np.linalg)
    )
    own = f"class {said.type_name}(" in source and said.type_name.isidentifier()
    line = said.line if said.line and said.line in map(str.strip, source.splitlines()) else ""
    text = OTHER_PARAMETERS if said.text.startswith(OTHER_PARAMETERS) else said.text[:500]
    undefined = (f"{name} is not defined", f"{name} is not a function")
    absent = text in (*undefined, NO_CACHE, NO_RESULTS, OTHER_PARAMETERS)
    number = said.line_number if said.line_number is not None or absent else 0
    error = Raised(said.type_name if known or own else "An exception", text, number, line)
    return (*trace[:-1], replace(trace[-1], value=error))


def _verdicts(
    exercise: Exercise, differences: Mapping[str, Difference | None], *, void: bool, public: bool
) -> tuple[Verdict, ...]:
    values_right = differences[exercise.criteria[0].name] is None
    verdicts = []
    for criterion, worth in zip(exercise.criteria, _worths(exercise), strict=True):
        difference = differences[criterion.name]
        passed = difference is None and (values_right or not criterion.after_values)
        if difference is not None:
            message = difference.shown if public else difference.told
        else:
            message = criterion.asks if passed else UNCOUNTED
        verdicts.append(
            Verdict(criterion.name, worth if passed and not void else 0.0, worth, passed, message)
        )
    return tuple(verdicts)


def _worths(exercise: Exercise) -> list[float]:
    """Points by weight, to the cent; what rounding leaves goes to the first, so that all together make the whole."""
    total = sum(criterion.weight for criterion in exercise.criteria)
    worths = [round(exercise.points * criterion.weight / total, 2) for criterion in exercise.criteria]
    worths[0] = round(exercise.points - sum(worths[1:]), 2)
    return worths


def _unwritten(differences: Mapping[str, Difference | None]) -> str | None:
    """The one sentence, where every criterion failed for the same reason: an error, or nothing there."""
    told = {difference.told if difference else None for difference in differences.values()}
    return told.pop() if len(told) == 1 else None


def _picture(differences: Mapping[str, Difference | None]) -> Picture | None:
    pictures = (difference.picture for difference in differences.values() if difference)
    return next((picture for picture in pictures if picture is not None), None)
