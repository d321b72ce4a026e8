"""One submission -> one report: a function of the notebook, the answer key and the seed, and of nothing else.

First every cell of the student's runs and its outputs are frozen; only then do the calls begin, so that nothing hidden
can be printed into the graded notebook.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat
from nbformat import NotebookNode

from rnn_autograder.exercise import Exercise, Report, Result, Stopped
from rnn_autograder.judge import Expected, judge, refuse
from rnn_autograder.limits import LimitReached, Limits, Used
from rnn_autograder.notebook import runnable
from rnn_autograder.reference import (
    AnswerKey,
    exercises,
    expected,
    limits_of,
    place_of,
)
from rnn_autograder.rules import CELL_END, calls
from rnn_autograder.sandbox.launch import launch
from rnn_autograder.sandbox.line import Worker
from rnn_autograder.sandbox.nursery import Zygote
from rnn_autograder.student import WorkerPlayer
from rnn_autograder.submission import writable

MAX_STOPS = 3  # cells that may be stopped before the rest is given up


@dataclass(frozen=True)
class Graded:
    """A report; what the student's cells displayed, by cell number; and the time that all of it took."""

    report: Report
    outputs: Mapping[int, list[NotebookNode]] = field(default_factory=dict)
    used: Used = field(default_factory=Used)


def grade(
    notebook: NotebookNode,
    key: AnswerKey,
    seed: int,
    *,
    file: str = "",
    unsafe: bool = False,
    limits: Limits | None = None,
    zygote: Zygote | None = None,
) -> Graded:
    """Run a notebook's cells in the sandbox, freeze their outputs, then judge each exercise.

    Args:
        notebook: the submission.
        key: the assignment's answers.
        seed: what the hidden cases are drawn from.
        file: the submission's name, for the report.
        unsafe: go on without isolation where there is none; the report says so.
        limits: what the student's code may use; the assignment's own if None.
        zygote: forks the workers; without one each starts cold.

    Raises:
        sandbox.probe.IsolationUnavailable: there is no isolation and `unsafe` was not said.
        limits.InfrastructureFault: the machine failed, not the student; nobody is graded.
    """
    held = expected(key, seed)
    with _Session(notebook, key.assignment, limits, unsafe, zygote) as session:
        results = _judge_all(session, key, held)
        return Graded(
            Report(file, key.assignment, seed, session.tier, results), session.outputs, session.used()
        )


def ungraded(file: str, assignment: str, seed: int, sentence: str) -> Report:
    """The report of a file in which there is nothing to judge: no points, and why."""
    results = tuple(refuse(exercise, sentence) for exercise in exercises(assignment))
    return Report(file, assignment, seed, "A", results)  # nothing ran, so nothing ran without isolation


def _judge_all(session: _Session, key: AnswerKey, held: Mapping[str, Expected]) -> tuple[Result, ...]:
    """Each exercise in turn; whatever one of them does to its worker, the next finds a good one."""
    source = CELL_END.join(text for _, text in session.cells)
    results: dict[str, Result] = {}
    for exercise in exercises(session.assignment):
        try:
            result = judge(exercise, session.player(), held[exercise.name], source, public=False)
            if _is_wrong(result):
                called = calls(source, exercise.name)
                wrong = [
                    other
                    for other in results.values()
                    if _is_wrong(other) and not called.isdisjoint(_parts(other, key))
                ]
                if wrong:
                    result = _follow_through(exercise, session, key, held, source, wrong[0], result)
                if wrong and _is_wrong(result) and result.error is None:
                    told = (
                        f"It calls {wrong[0].name}, which is not right yet. Mend that first, then look again."
                    )
                    result = replace(result, error=told)
        except Stopped as stop:
            result = refuse(exercise, stop.sentence)
        if session.stops and result.error and "is not defined" in result.error:
            result = replace(result, error=f"{result.error} {session.told()}")
        results[exercise.name] = result
        session.judged(exercise.name)
    return tuple(results.values())


def _follow_through(
    exercise: Exercise,
    session: _Session,
    key: AnswerKey,
    held: Mapping[str, Expected],
    source: str,
    called: Result,
    result: Result,
) -> Result:
    """A mistake costs points once: what is right on top of a known one, in a function that it calls, is right.

    The reference makes the same mistake then, here with us; only values ever come from the student.
    """
    if called.misconception is None:
        return result
    seed = held[exercise.name].seed
    beneath = expected(key, seed, on_top_of=(called.name, called.misconception))
    try:
        again = judge(exercise, session.player(), beneath[exercise.name], source, public=False)
    except Stopped:
        return result  # what was earned stays earned
    if again.points <= result.points:
        return result
    first, *others = again.criteria
    if first.passed:
        first = replace(
            first, message=f"Right on top of your {called.name}, whose mistake costs points only there."
        )
    return replace(again, criteria=(first, *others))


def _parts(wrong: Result, key: AnswerKey) -> set[str]:
    """What an exercise that builds on a wrong one calls: its function, or the part of it that holds the mistake."""
    if wrong.misconception is None:
        return {wrong.name}
    return {wrong.name, place_of(key, wrong.name, wrong.misconception)}


def _is_wrong(result: Result) -> bool:
    return result.points < result.max_points


class _Session:
    """A worker in which the student's cells have run; a new one when it is lost."""

    def __init__(
        self,
        notebook: NotebookNode,
        assignment: str,
        limits: Limits | None,
        unsafe: bool,
        zygote: Zygote | None = None,
    ) -> None:
        self.assignment = assignment
        self.cells = list(runnable(notebook, assignment))
        self.limits = limits or limits_of(assignment)
        self.unsafe = unsafe
        self.zygote = zygote
        self.tier = ""
        self.stops: dict[int, str] = {}
        self.outputs: dict[int, list[NotebookNode]] = {}
        self._player: WorkerPlayer | None = None
        self._players: list[WorkerPlayer] = []
        self._workers: list[Worker] = []
        self._calls_s: dict[str, list[float]] = {}
        self._open = ExitStack()
        self._frozen = False

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def player(self) -> WorkerPlayer:
        """Whoever has the student's functions now.

        Raises:
            Stopped: too many of the cells hit a limit or ended the process.
        """
        while self._player is None or self._player.stopped:
            if len(self.stops) > MAX_STOPS:
                raise Stopped(f"Too many cells had to be stopped. {self.told()}")
            self._open.close()
            left_s = self.limits.notebook_wall_s - sum(worker.took_s for worker in self._workers)
            if left_s <= 0:
                raise LimitReached("notebook", self.limits.notebook_wall_s)
            worker = self._open.enter_context(
                launch(self.limits, zygote=self.zygote, left_s=left_s, unsafe=self.unsafe)
            )
            self._workers.append(worker)
            self.tier = worker.isolation.tier
            self._player = self._run(worker)
        return self._player

    def judged(self, name: str) -> None:
        """An exercise is done: the calls since the one before were its own."""
        before = sum(map(len, self._calls_s.values()))
        calls_s = [each_s for player in self._players for each_s in player.calls_s]
        self._calls_s[name] = calls_s[before:]

    def used(self) -> Used:
        """The processor time that went into it."""
        return Used(
            cells_s=max((player.cells_s for player in self._players), default=0.0),
            calls_s={name: sum(calls_s) for name, calls_s in self._calls_s.items()},
            longest_s={name: max(calls_s, default=0.0) for name, calls_s in self._calls_s.items()},
            stopped=tuple(self.stops.values()),
        )

    def told(self) -> str:
        """What happened to the cells that were stopped, in sentences."""
        return " ".join(f"Cell {number + 1} was stopped: {why}" for number, why in self.stops.items())

    def _run(self, worker: Worker) -> WorkerPlayer | None:
        """Run the cells; None if one of them was stopped. That one is left out the next time."""
        player = WorkerPlayer(worker, self.limits)
        self._players.append(player)
        cells = [cell for cell in self.cells if cell[0] not in self.stops]
        outputs: dict[int, list[NotebookNode]] = {}
        running = cells[0][0] if cells else 0
        # The worker keeps to its budget while it is ours; here is a wall behind it. A picture is longer as text.
        room = 4 * self.limits.output_bytes
        try:
            for running, output in player.run(cells):
                if output is not None and room > 0 and (node := _output(output)):
                    room -= len(str(node))
                    outputs.setdefault(running, []).append(node)
        except Stopped as stop:
            self.stops[running] = stop.sentence
            return None
        if not self._frozen:
            told = {number: [_stopped(why)] for number, why in self.stops.items()}
            self.outputs = {number: outputs.get(number, []) for number, _ in self.cells} | told
            self._frozen = True
        return player


def _output(output: Mapping[str, Any]) -> NotebookNode | None:
    """An output as nbformat knows it, or None: it came from the student's interpreter and may be anything."""
    match output:
        case {"output_type": "stream", "name": "stdout" | "stderr" as name, "text": str(text)}:
            return _made("stream", name=name, text=writable(text))
        case {"output_type": "error", "ename": str(name), "evalue": str(value), "traceback": list(lines)}:
            words = [writable(str(line)) for line in lines]
            return _made("error", ename=writable(name), evalue=writable(value), traceback=words)
        case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
            kept = {
                k: writable(v)
                for k, v in data.items()
                if k in ("text/plain", "image/png") and isinstance(v, str)
            }
            number = {"execution_count": None} if kind == "execute_result" else {}
            return _made(kind, data=kept, metadata={}, **number)
    return None


def _stopped(why: str) -> NotebookNode:
    return _made("error", ename="Stopped", evalue=why, traceback=[f"Stopped: {why}"])


def _made(kind: str, **fields: Any) -> NotebookNode:
    """An output. nbformat's own maker would hold it against its schema: milliseconds for what is right anyway."""
    node: NotebookNode = nbformat.from_dict({"output_type": kind, **fields})
    return node
