"""The reference solutions, as they are loaded for grading."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jupytext
import matplotlib
import matplotlib.pyplot as plt
import pytest

from rnn_autograder import reference

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


def script_of(assignment: str) -> Path:
    return SOLUTIONS / assignment / f"{assignment.partition('_')[2]}.py"


def functions_of(assignment: str) -> SimpleNamespace:
    return SimpleNamespace(**reference.load(script_of(assignment).read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def ran(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the cells of the notebook of the module's `ASSIGNMENT` leave behind; no check is run."""
    matplotlib.use("Agg")
    namespace: dict[str, Any] = {}
    start = time.process_time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matplotlib.pyplot.show", lambda: None)
        for number, cell in enumerate(jupytext.read(script_of(request.module.ASSIGNMENT)).cells):
            if cell.cell_type == "code" and not cell.source.startswith("check("):
                exec(compile(cell.source, f"<cell {number}>", "exec"), namespace)
    plt.close("all")
    return namespace | {"seconds": time.process_time() - start}


@pytest.fixture(scope="session")
def a01() -> SimpleNamespace:
    """The functions of assignment 1."""
    return functions_of("a01_rnn_basics")


@pytest.fixture(scope="session")
def a02() -> SimpleNamespace:
    """The functions of assignment 2."""
    return functions_of("a02_bptt")


@pytest.fixture(scope="session")
def a03() -> SimpleNamespace:
    """The functions of assignment 3."""
    return functions_of("a03_vanishing_gradients")


@pytest.fixture(scope="session")
def a04() -> SimpleNamespace:
    """The functions of assignment 4."""
    return functions_of("a04_lstm_gru")


@pytest.fixture(scope="session")
def a05() -> SimpleNamespace:
    """The functions and classes of assignment 5."""
    return functions_of("a05_seq2seq")


@pytest.fixture(scope="session")
def a06() -> SimpleNamespace:
    """The functions and the class of assignment 6."""
    return functions_of("a06_captioning")


@pytest.fixture(scope="session")
def a07() -> SimpleNamespace:
    """The functions and the class of assignment 7."""
    return functions_of("a07_attention")


@pytest.fixture(scope="session")
def a08() -> SimpleNamespace:
    """The functions and classes of assignment 8."""
    return functions_of("a08_beyond_recurrence")
