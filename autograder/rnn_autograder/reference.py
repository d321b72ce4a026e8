"""The reference solution: its definitions, its traces, and the recording that students get instead of it.

A solution is an ordinary script. Its imports, functions, classes and UPPER_CASE constants are loaded; whatever
runs (a training loop, a figure, a check) is left out.
"""

from __future__ import annotations

import ast
import gzip
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType
from typing import Any

from rnn_autograder import course
from rnn_autograder.criteria import first_difference
from rnn_autograder.diagnosis import KnownMistake, Misconception
from rnn_autograder.exercise import Exercise, Observation, Raised, Trace
from rnn_autograder.judge import Expected, act
from rnn_autograder.limits import Limits
from rnn_autograder.rules import calls
from rnn_autograder.student import LocalPlayer
from rnn_autograder.wire import decode, encode

# What `check` plays in a student's own kernel. Public by design: its outputs are recorded below.
PUBLIC_SEED = 2026


@dataclass(frozen=True)
class AnswerKey:
    """All that grading needs to know of an assignment's answers: a machine without the course gets it, and no other.

    Attributes:
        assignment: for example `a01_rnn_basics`.
        solution: the text of the solution script.
        misconceptions: the text of the script that lists what is known to go wrong.
    """

    assignment: str
    solution: str
    misconceptions: str


def answer_key(assignment: str) -> AnswerKey:
    """An assignment's answers, read from the course that we are in.

    Raises:
        course.CourseError: there is no such assignment, or no solution to it here.
    """
    exercises(assignment)
    solution = course.solution(assignment)
    mistakes = solution.with_name("misconceptions.py")
    return AnswerKey(assignment, solution.read_text(encoding="utf-8"), mistakes.read_text(encoding="utf-8"))


def exercises(assignment: str) -> tuple[Exercise, ...]:
    """The exercises of an assignment, in its order.

    Raises:
        course.CourseError: there is no such assignment.
    """
    known = assignments()
    if assignment not in known:
        raise course.CourseError(f"There is no assignment {assignment!r}. There are: {', '.join(known)}.")
    found: tuple[Exercise, ...] = _module(assignment).EXERCISES
    return found


def limits_of(assignment: str) -> Limits:
    """What a submission to an assignment may use: `LIMITS` beside its exercises, or the usual.

    Raises:
        course.CourseError: there is no such assignment.
    """
    exercises(assignment)
    limits: Limits = getattr(_module(assignment), "LIMITS", Limits())
    return limits


def _module(assignment: str) -> ModuleType:
    return importlib.import_module(f"rnn_autograder.exercises.{assignment}")


@cache
def assignments() -> tuple[str, ...]:
    """The names of all assignments."""
    folder = resources.files("rnn_autograder.exercises")
    return tuple(
        sorted(
            file.name[:-3]
            for file in folder.iterdir()
            if file.name.startswith("a") and file.name.endswith(".py")
        )
    )


def definitions(source: str) -> str:
    """A script without what runs: its imports, functions, classes and UPPER_CASE constants."""
    return ast.unparse(_defined(source))


def _defined(source: str) -> ast.Module:
    return ast.Module([node for node in ast.parse(source).body if _defines(node)], type_ignores=[])


def _defines(node: ast.stmt) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom() | ast.FunctionDef() | ast.ClassDef():
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name.isupper()
    return False


def load(source: str) -> dict[str, Any]:
    """The namespace of a script's definitions."""
    namespace: dict[str, Any] = {"__name__": "solution"}
    exec(compile(_defined(source), "<solution>", "exec"), namespace)
    return namespace


def function_source(source: str, name: str) -> str:
    """The text of one function or class of a script, as it stands there.

    Raises:
        KeyError: there is none of that name.
    """
    if name not in (known := _functions(source)):
        raise KeyError(f"the solution has no function or class {name}")
    return known[name]


@cache
def _functions(source: str) -> Mapping[str, str]:
    """The text of each function and class of a script, which is parsed once, whatever is looked for in it."""
    parts = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return {node.name: ast.get_source_segment(source, node) or "" for node in parts}


def place(source: str, name: str, mistake: Misconception) -> str:
    """Where in a script an exercise's misconception stands: in its function, or else in one that it calls."""
    if mistake.line in function_source(source, name):
        return name
    known = _functions(source)
    return next((f for f in sorted(calls(source, name)) if mistake.line in known.get(f, "")), name)


def with_mistake(source: str, name: str, mistake: Misconception) -> str:
    """A script in which one exercise holds one of its misconceptions."""
    right = function_source(source, place(source, name, mistake))
    return source.replace(right, mistake.apply(right))


def misconceptions(key: AnswerKey) -> Mapping[str, list[Misconception]]:
    """What is known to go wrong, by exercise."""
    namespace: dict[str, Any] = {}
    exec(compile(key.misconceptions, "<misconceptions>", "exec"), namespace)
    found: Mapping[str, list[Misconception]] = namespace["MISCONCEPTIONS"]
    return found


@cache
def place_of(key: AnswerKey, name: str, says: str) -> str:
    """The function of the answer in which the misconception of an exercise stands that says this."""
    return place(key.solution, name, next(m for m in misconceptions(key)[name] if m.says == says))


@cache
def expected(key: AnswerKey, seed: int, *, on_top_of: tuple[str, str] | None = None) -> dict[str, Expected]:
    """What each exercise is held against for a seed, played by the reference and by each known mistake.

    Args:
        key: the assignment's answers.
        seed: what the inputs are drawn from.
        on_top_of: an exercise and the sentence of a misconception that the reference shares here, for the exercises
            that call that one, or the part of it that is wrong.
    """
    source, known = key.solution, misconceptions(key)
    if on_top_of is not None:
        name, says = on_top_of
        source = with_mistake(source, name, next(m for m in known[name] if m.says == says))
    right = load(source)

    def expect(exercise: Exercise) -> Expected:
        @cache
        def mistakes() -> tuple[KnownMistake, ...]:
            wrong = (
                (m.says, load(with_mistake(source, exercise.name, m))) for m in known.get(exercise.name, [])
            )
            return tuple(KnownMistake(says, _traces(exercise, namespace, seed)) for says, namespace in wrong)

        return Expected(seed, _traces(exercise, right, seed), mistakes)

    return {exercise.name: expect(exercise) for exercise in exercises(key.assignment)}


def _traces(exercise: Exercise, namespace: Mapping[str, Any], seed: int) -> dict[str, Trace]:
    player = LocalPlayer(namespace)
    return {criterion.name: act(exercise, criterion, player, seed) for criterion in exercise.criteria}


# Recordings --------------------------------------------------------------------------------------------------


def record(assignment: str) -> bool:
    """Write the public traces of the reference and of the known mistakes: results, never code.

    A recording that still says the same is left alone, to the byte: the last digit of a tanh is the processor's
    business. Returns whether anything was written.

    Raises:
        course.CourseError: the recording cannot be written.
    """
    held = expected(answer_key(assignment), PUBLIC_SEED)
    file = fixture(assignment)
    if file.is_file() and _same(recorded(assignment), held):
        return False
    packed = gzip.compress(encode({name: _pack(entry) for name, entry in held.items()}), mtime=0)
    try:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(packed)
    except OSError as error:
        raise course.CourseError(
            f"What check compares with is kept in {file}, which cannot be written: {error.strerror}. Where the "
            "package is installed for everybody, release in a checkout of your own and have that installed."
        ) from error
    recorded.cache_clear()
    return True


@cache
def recorded(assignment: str) -> dict[str, Expected]:
    """What `record` wrote, as `expected` would give it.

    Raises:
        course.CourseError: the assignment was not released yet.
    """
    file = fixture(assignment)
    if not file.is_file():
        raise course.CourseError(
            f"Nothing is recorded for {assignment} yet: run `autograder release {assignment}`."
        )
    held: dict[str, Any] = decode(gzip.decompress(file.read_bytes()))
    return {name: _unpack(entry) for name, entry in held.items()}


def fixture(assignment: str) -> Path:
    """Where an assignment's recording lies, inside the package."""
    return Path(str(resources.files("rnn_autograder"))) / "fixtures" / f"{assignment}.gz"


def _pack(expected: Expected) -> dict[str, Any]:
    """An `Expected` as a plain value. Of a mistake's traces only those that differ from the reference's are kept."""
    right = {name: _rows(trace) for name, trace in expected.traces.items()}
    mistakes = []
    for mistake in expected.mistakes():
        traces = {name: _rows(trace) for name, trace in mistake.traces.items()}
        changed = {name: rows for name, rows in traces.items() if encode(rows) != encode(right[name])}
        mistakes.append({"says": mistake.says, "traces": changed})
    return {"seed": expected.seed, "traces": right, "mistakes": mistakes}


def _unpack(packed: Mapping[str, Any]) -> Expected:
    right = {name: _trace(rows) for name, rows in packed["traces"].items()}
    mistakes = tuple(
        KnownMistake(entry["says"], right | {name: _trace(rows) for name, rows in entry["traces"].items()})
        for entry in packed["mistakes"]
    )
    return Expected(packed["seed"], right, lambda: mistakes)


def _rows(trace: Trace) -> list[dict[str, Any]]:
    rows = []
    for seen in trace:
        ended = isinstance(seen.value, Raised)
        value = seen.value.type_name if isinstance(seen.value, Raised) else seen.value
        rows.append({"label": seen.label, "how": seen.how, "raised": ended, "value": value})
    return rows


def _trace(rows: list[dict[str, Any]]) -> Trace:
    return tuple(
        Observation(row["label"], Raised(row["value"]) if row["raised"] else row["value"], row["how"])
        for row in rows
    )


def _same(old: Mapping[str, Expected], new: Mapping[str, Expected]) -> bool:
    """Whether two recordings would judge and name alike."""
    return old.keys() == new.keys() and all(
        _alike(old[name].traces, new[name].traces)
        and len(old[name].mistakes()) == len(new[name].mistakes())
        and all(
            m.says == n.says and _alike(m.traces, n.traces)
            for m, n in zip(old[name].mistakes(), new[name].mistakes(), strict=True)
        )
        for name in new
    )


def _alike(old: Mapping[str, Trace], new: Mapping[str, Trace]) -> bool:
    return old.keys() == new.keys() and all(
        first_difference(old[name], trace) is None for name, trace in new.items()
    )
