"""The reference solutions, as they are loaded for grading."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from rnn_autograder import reference

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


def functions_of(assignment: str) -> SimpleNamespace:
    script = SOLUTIONS / assignment / f"{assignment.partition('_')[2]}.py"
    return SimpleNamespace(**reference.load(script.read_text(encoding="utf-8")))


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
