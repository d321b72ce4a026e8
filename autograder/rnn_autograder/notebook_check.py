"""`autograder check NOTEBOOK`: a whole notebook on the public cases, in its author's own Jupyter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from rnn_autograder.course import CourseError
from rnn_autograder.exercise import Exercise, Result
from rnn_autograder.judge import refuse
from rnn_autograder.notebook import assignment_of, runnable
from rnn_autograder.reference import exercises
from rnn_autograder.selfcheck import result_of

JSON = "application/json"
ASK = """\
from IPython.display import display
from rnn_autograder.notebook_check import results

display({{"application/json": results({assignment!r}, globals())}}, raw=True)
"""


def check_notebook(notebook: NotebookNode, name: str) -> tuple[Result, ...]:
    """What each exercise of a notebook earns: its cells run in a kernel, then each function is checked there.

    No isolation is asked for, since the code is the user's own; so this runs wherever Jupyter does.

    Args:
        notebook: with the answers.
        name: the file's, for what is said of it.

    Raises:
        CourseError: the notebook belongs to no assignment, or it ends its kernel or spoils it.
    """
    assignment = assignment_of(notebook, name)
    cells = [new_code_cell(source) for _, source in runnable(notebook, assignment)]
    asked = new_notebook(cells=[*cells, new_code_cell(ASK.format(assignment=assignment))])
    quiet = ["--log-level=ERROR"]  # the kernel warns of its own ports
    client = NotebookClient(
        asked,
        kernel_name="python3",
        timeout=None,
        startup_timeout=300,  # seconds, for a slow disk
        allow_errors=True,
        extra_arguments=quiet,
    )
    try:
        client.execute()
    except DeadKernelError:
        raise CourseError(f"{name} ended its kernel: does a cell exit, or use all memory?") from None
    data = [
        output.get("data", {}) for output in asked.cells[-1].outputs
    ]  # beside it, what a function printed
    found: Mapping[str, Any] | None = next(filter(None, (each.get(JSON) for each in data)), None)
    if found is None:
        raise CourseError(
            f"{name} changes what its own check needs: does a cell replace a module of Python's?"
        )
    return tuple(Result.from_json(exercise, earned) for exercise, earned in found.items())


def results(assignment: str, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """What `check` says of each exercise of an assignment, by name, as JSON."""
    return {
        exercise.name: _result(exercise, namespace.get(exercise.name)).to_json()
        for exercise in exercises(assignment)
    }


def _result(exercise: Exercise, function: Any) -> Result:
    if getattr(function, "__name__", None) != exercise.name:
        return refuse(exercise, f"{exercise.name} is not defined.")
    return result_of(function)
