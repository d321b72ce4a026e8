"""The student's own check: in their kernel, against what was recorded, within a blink."""

from __future__ import annotations

import ast
import inspect
import linecache
import os
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from types import FunctionType, ModuleType
from typing import Any

from rnn_autograder.course import CourseError
from rnn_autograder.exercise import Exercise, Result
from rnn_autograder.judge import Expected, judge
from rnn_autograder.panel import render_html, render_text
from rnn_autograder.reference import assignments, exercises, recorded
from rnn_autograder.rules import calls
from rnn_autograder.student import LocalPlayer


class Panel:
    """What `check` found, drawn where it is shown."""

    def __init__(self, text: str, html: str, points: float) -> None:
        self.text = text
        self.html = html
        self.points = points

    def __repr__(self) -> str:
        """The points alone while nbgrader runs the notebook, since it reads this as partial credit; else the panel."""
        return f"{self.points:g}" if "NBGRADER_EXECUTION" in os.environ else self.text

    def _repr_mimebundle_(self, **_: Any) -> Mapping[str, str]:
        return {"text/plain": repr(self), "text/html": self.html}


def panel_of(function: Callable[..., Any]) -> Panel:
    """The panel of one function; where nobody shows it, it is printed. See `rnn_autograder.check`."""
    panel = _panel(function)
    if not _is_shown():
        print(panel.text)
    return panel


def result_of(function: Callable[..., Any]) -> Result:
    """What a function earns on the public cases.

    Raises:
        CourseError: there is no exercise of that name.
    """
    assignment, exercise = _find(function)
    source, held = source_of(function), recorded(assignment)
    player = LocalPlayer(_around(function, exercise))
    result = judge(exercise, player, held[exercise.name], source, public=True)
    if result.points < result.max_points and result.error is None:
        for other in exercises(assignment):
            called = (
                _notebook(function).get(other.name) if other.name in calls(source, exercise.name) else None
            )
            if called and not _is_right(other, called, held[other.name]):
                told = f"It calls {other.name}, which is not right yet. Mend that first, then check again."
                return replace(result, error=told)
    return result


def _is_right(exercise: Exercise, function: Callable[..., Any], held: Expected) -> bool:
    result = judge(exercise, LocalPlayer(_around(function, exercise)), held, "", public=True)
    return result.points == result.max_points


def _around(function: Callable[..., Any], exercise: Exercise) -> Mapping[str, Any]:
    """The function, among what its notebook defines: a backward pass is judged behind a forward pass."""
    return {**_notebook(function), exercise.name: function}


def _notebook(thing: Any) -> Mapping[str, Any]:
    """What is defined where a function or a class is."""
    return next((function.__globals__ for function in _functions(thing)), {})


def _functions(thing: Any) -> list[FunctionType]:
    """A function itself; of a class its methods."""
    parts = vars(thing).values() if isinstance(thing, type) else [thing]
    return [part for part in parts if isinstance(part, FunctionType)]


def source_of(function: Callable[..., Any]) -> str:
    """The source of a function, or class, and of what it reaches by name in its own notebook, imports included."""
    lines: list[str] = []
    seen: set[str] = set()
    _collect(function, lines, seen)
    return "\n".join(lines)


def _panel(function: Callable[..., Any]) -> Panel:
    try:
        result = result_of(function)
    except CourseError as error:
        return _sentence(str(error))
    except KeyboardInterrupt:
        return _sentence("Stopped before it came to an end. Is there a loop that never ends?")
    except Exception as error:  # ours, and no reason to show a student a traceback
        return _sentence(f"The check itself failed, your function did not ({type(error).__name__}: {error}).")
    return Panel(render_text(result), render_html(result), result.points)


def _sentence(text: str) -> Panel:
    return Panel(text, f"<p>{escape(text)}</p>", 0.0)


def _find(function: Callable[..., Any]) -> tuple[str, Exercise]:
    name = getattr(function, "__name__", None)
    if not callable(function) or name is None:
        raise CourseError("check takes the function itself, without brackets: check(rnn_step_forward).")
    names = []
    for assignment in assignments():
        for exercise in exercises(assignment):
            if exercise.name == name:
                return assignment, exercise
            names.append(exercise.name)
    raise CourseError(f"There is no exercise called {name}. There are: {', '.join(names)}.")


def _is_shown() -> bool:
    """Whether someone shows the returned panel: a notebook, or a prompt."""
    ipython = sys.modules.get("IPython")
    return hasattr(sys, "ps1") or bool(ipython and ipython.get_ipython())


def _collect(thing: Any, lines: list[str], seen: set[str]) -> None:
    functions = _functions(thing)
    if not functions or thing.__name__ in seen:
        return
    seen.add(thing.__name__)
    try:
        lines.append(
            _class_source(thing) if isinstance(thing, type) else textwrap.dedent(inspect.getsource(thing))
        )
    except (OSError, TypeError, SyntaxError):
        return  # typed at a prompt: nothing to read, nothing to hold against it
    notebook = _notebook(thing)
    for name in dict.fromkeys(name for function in functions for name in function.__code__.co_names):
        found = notebook.get(name)
        if isinstance(found, ModuleType):
            lines.append(f"import {found.__name__} as {name}")
        elif found is not None and _notebook(found) is notebook:
            _collect(found, lines, seen)
        elif (module := getattr(found, "__module__", None)) and module.isidentifier():
            lines.append(f"from {module} import {name}")


def _class_source(cls: type) -> str:
    """The text of a class; `inspect.getsource` finds only those of modules that are files, and a cell is none.

    Raises:
        OSError: it was typed at a prompt.
    """
    text = "".join(linecache.getlines(_functions(cls)[0].__code__.co_filename))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
            return ast.get_source_segment(text, node) or ""
    raise OSError(f"{cls.__name__} has no source")
