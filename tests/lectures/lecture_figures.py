"""What is asked of the figures of every lecture, and how a lecture's own functions are taken from its script."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Set
from pathlib import Path
from statistics import median
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

import figures
import widgets


def check_drawing(draw: Callable[[Axes], Axes]) -> None:
    """Assert that something is drawn on the axes that are given, and that they come back."""
    figure = Figure()
    ax = figure.subplots()
    assert draw(ax) is ax
    figure.canvas.draw()
    assert ax.has_data() or ax.texts


def define(lecture: str, constants: Set[str], space: dict[str, Any]) -> None:
    """Put the functions of a lecture, and some constants by the left sides of their lines, into a namespace."""
    script = Path(figures.__file__).with_name(f"{lecture}.py")
    for statement in ast.parse(script.read_text(encoding="utf-8")).body:
        wanted = isinstance(statement, ast.FunctionDef)
        if isinstance(statement, ast.Assign):
            wanted = ast.unparse(statement.targets[0]).strip("()") in constants
        if wanted:
            exec(compile(ast.Module([statement], []), script.name, "exec"), space)


def check_moves(draw: Callable[..., Figure], one: dict[str, Any], other: dict[str, Any]) -> None:
    """Assert that a figure changes from one setting of its controls to another and back, and quickly."""
    figure = widgets.Moving(
        lambda move: draw(**(other if move else one)), move=widgets.slider("move", 0, 1, 0)
    )
    first, times = figure.picture.value, []
    for move in 2 * (1, 0):
        start = time.process_time()
        figure.controls["move"].value = move
        times.append(time.process_time() - start)
        assert (figure.picture.value == first) == (move == 0)
    print(f"{median(times):.3f} s")
    assert median(times) < 3 * 0.2  # three times what is promised, for a machine that is busy
