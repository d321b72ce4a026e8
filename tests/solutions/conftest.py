"""The reference solutions, as they are loaded for grading."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from rnn_autograder import reference

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


@pytest.fixture(scope="session")
def a01() -> SimpleNamespace:
    """The functions of assignment 1."""
    script = SOLUTIONS / "a01_rnn_basics" / "rnn_basics.py"
    return SimpleNamespace(**reference.load(script.read_text(encoding="utf-8")))
