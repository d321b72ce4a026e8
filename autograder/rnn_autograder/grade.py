"""One submission -> one report: a function of the notebook, the assignment and the seed, and of nothing else.

First every cell of the student's runs and its outputs are frozen; only then do the calls begin, so that nothing hidden
can be printed into the graded notebook.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from rnn_autograder.exercise import Report, Result, Stopped
from rnn_autograder.judge import judge, refuse
from rnn_autograder.reference import exercises, expected
from rnn_autograder.sandbox.launch import Worker, launch
from rnn_autograder.sandbox.limits import Limits
from rnn_autograder.student import WorkerPlayer

MAX_FILE_BYTES = 200 * 2**20
MAX_STOPS = 3  # cells that may be stopped before the rest is given up


class Unreadable(Exception):
    """The file is no notebook; the text tells the student what was found."""


@dataclass(frozen=True)
class Graded:
    """A report, and what the student's cells displayed, by cell number."""

    report: Report
    outputs: Mapping[int, list[NotebookNode]] = field(default_factory=dict)


def read(path: Path) -> NotebookNode:
    """A submission as a notebook of the current format; a script is divided into cells at `# %%`.

    Raises:
        Unreadable: it is neither.
    """
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise Unreadable(f"{path.name} has {size >> 20} MB. Clear its outputs and hand it in again.")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Unreadable(f"{path.name} is not a text file. Is it the right file?") from None
    return _script(text, path.name) if path.suffix == ".py" else _notebook(text, path.name)


def grade(
    notebook: NotebookNode,
    assignment: str,
    seed: int,
    *,
    file: str = "",
    unsafe: bool = False,
    limits: Limits | None = None,
) -> Graded:
    """Run a notebook's cells in the sandbox, freeze their outputs, then judge each exercise.

    Args:
        notebook: the submission.
        assignment: for example `a01_rnn_basics`.
        seed: what the hidden cases are drawn from.
        file: the submission's name, for the report.
        unsafe: go on without isolation where there is none; the report says so.
        limits: what the student's code may use.

    Raises:
        sandbox.probe.IsolationUnavailable: there is no isolation and `unsafe` was not said.
        sandbox.limits.InfrastructureFault: the machine failed, not the student; nobody is graded.
        course.CourseError: there is no such assignment, or no solution to compare with.
    """
    asked = exercises(assignment)
    held = expected(assignment, seed)
    cells = list(runnable(notebook, {exercise.name for exercise in asked}))
    source = "\n\n".join(text for _, text in cells)
    results: list[Result] = []
    with _Session(cells, limits or Limits(), unsafe) as session:
        for exercise in asked:
            try:
                player = session.player()
            except Stopped as stop:
                results.append(refuse(exercise, stop.sentence))
                continue
            result = judge(exercise, player, held[exercise.name], source, public=False)
            if result.error and "is not defined" in result.error and session.stops:
                result = replace(result, error=f"{result.error} {session.told()}")
            results.append(result)
        report = Report(file, assignment, seed, session.tier, tuple(results))
        return Graded(report, session.outputs)


def ungraded(file: str, assignment: str, seed: int, sentence: str) -> Report:
    """The report of a file in which there is nothing to judge: no points, and why. No code ran, so none was isolated."""
    results = tuple(refuse(exercise, sentence) for exercise in exercises(assignment))
    return Report(file, assignment, seed, "A", results)


def runnable(notebook: NotebookNode, checks: set[str]) -> Iterator[tuple[int, str]]:
    """The cells that are the student's work: code, no demonstration, and not the cell that checks an exercise."""
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        tags, mark = cell.metadata.get("tags"), cell.metadata.get("nbgrader")
        if isinstance(tags, list) and "demo" in tags:
            continue
        if isinstance(mark, dict) and mark.get("grade") and mark.get("grade_id") in checks:
            continue
        yield number, cell.source


class _Session:
    """A worker in which the student's cells have run; a new one when it is lost."""

    def __init__(self, cells: Sequence[tuple[int, str]], limits: Limits, unsafe: bool) -> None:
        self.cells = cells
        self.limits = limits
        self.unsafe = unsafe
        self.tier = ""
        self.stops: dict[int, str] = {}
        self.outputs: dict[int, list[NotebookNode]] = {}
        self._player: WorkerPlayer | None = None
        self._worker = ExitStack()
        self._frozen = False

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.close()

    def player(self) -> WorkerPlayer:
        """Whoever has the student's functions now.

        Raises:
            Stopped: too many of the cells hit a limit or ended the process.
        """
        while self._player is None or self._player.stopped:
            if len(self.stops) > MAX_STOPS:
                raise Stopped(f"Too many cells had to be stopped. {self.told()}")
            self._worker.close()
            worker = self._worker.enter_context(launch(self.limits, unsafe=self.unsafe))
            self.tier = worker.isolation.tier
            self._player = self._run(worker)
        return self._player

    def told(self) -> str:
        """What happened to the cells that were stopped, in sentences."""
        return " ".join(f"Cell {number + 1} was stopped: {why}" for number, why in self.stops.items())

    def _run(self, worker: Worker) -> WorkerPlayer | None:
        """Run the cells; None if one of them was stopped. That one is left out the next time."""
        player = WorkerPlayer(worker, self.limits.call_cpu_s)
        cells = [cell for cell in self.cells if cell[0] not in self.stops]
        outputs: dict[int, list[NotebookNode]] = {}
        running = cells[0][0] if cells else 0
        try:
            for running, output in player.run(cells, self.limits.output_bytes, self.limits.cells_cpu_s):
                if output is not None and (node := _output(output)):
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
            return nbformat.v4.new_output("stream", name=name, text=text)
        case {"output_type": "error", "ename": str(name), "evalue": str(value), "traceback": list(lines)}:
            words = [str(line) for line in lines]
            return nbformat.v4.new_output("error", ename=name, evalue=value, traceback=words)
        case {"output_type": "display_data" | "execute_result" as kind, "data": dict(data)}:
            kept = {k: v for k, v in data.items() if k in ("text/plain", "image/png") and isinstance(v, str)}
            if kind == "execute_result":
                return nbformat.v4.new_output(kind, data=kept, execution_count=None)
            return nbformat.v4.new_output(kind, data=kept)
    return None


def _stopped(why: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename="Stopped", evalue=why, traceback=[f"Stopped: {why}"])


def _notebook(text: str, name: str) -> NotebookNode:
    if not text.strip():
        raise Unreadable(f"{name} is empty. Was it saved before it was handed in?")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a missing cell id is no news to a student
            notebook = nbformat.reads(text, as_version=4)
        cells = [_cell(given) for given in notebook.cells]
    except json.JSONDecodeError:
        raise Unreadable(f"{name} is not a notebook: it is not JSON. Was it cut off on the way?") from None
    except Exception as error:  # nbformat raises what it likes; the file is the student's
        raise Unreadable(
            f"{name} is not a notebook that Jupyter can read ({type(error).__name__})."
        ) from None
    return nbformat.v4.new_notebook(cells=cells)


def _cell(given: Any) -> NotebookNode:
    """A cell with the types that the format promises, empty where there is nothing to run in it."""
    source = given.get("source", "") if isinstance(given, dict) else None
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str) or given.get("cell_type") != "code":
        return nbformat.v4.new_markdown_cell("")  # keeps its place, so that the others keep their numbers
    metadata = given.get("metadata")
    return nbformat.v4.new_code_cell(source, metadata=metadata if isinstance(metadata, dict) else {})


def _script(text: str, name: str) -> NotebookNode:
    import jupytext  # an author's tool: a student's machine grades no scripts

    try:
        notebook: NotebookNode = jupytext.reads(text, fmt="py:percent")
    except Exception as error:
        raise Unreadable(f"{name} cannot be divided into cells ({type(error).__name__}).") from None
    return notebook
