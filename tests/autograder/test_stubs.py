"""An answer of the right form that knows nothing earns nothing, in any assignment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from rnn_autograder import reference
from rnn_autograder.exercise import Exercise
from rnn_autograder.judge import judge
from rnn_autograder.student import LocalPlayer

EXERCISES = [
    pytest.param(assignment, exercise, id=f"{assignment}-{exercise.name}")
    for assignment in reference.assignments()
    for exercise in reference.exercises(assignment)
]
EMPTY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "zeros": np.zeros_like,
    "ones": np.ones_like,
    "nan": lambda array: np.full(array.shape, np.nan),
}


def emptied(result: Any, empty: Callable[[np.ndarray], np.ndarray]) -> Any:
    """A result with every array and number in it replaced."""
    if isinstance(result, tuple | list):
        return type(result)(emptied(part, empty) for part in result)
    if isinstance(result, dict):
        return {name: emptied(part, empty) for name, part in result.items()}
    if isinstance(result, torch.Tensor):
        return torch.from_numpy(empty(result.detach().numpy()))
    return empty(np.asarray(result)) if isinstance(result, np.ndarray | np.generic | float | int) else result


def ignorant(answer: Any, empty: Callable[[np.ndarray], np.ndarray]) -> Any:
    """A function whose results are replaced; of a class, every method of its own is."""
    if isinstance(answer, type):
        methods = {name: ignorant(own, empty) for name, own in vars(answer).items() if name[:2] != "__"}
        return type(answer.__name__, (answer,), methods)

    def stub(*args: Any, **kwargs: Any) -> Any:
        return emptied(answer(*args, **kwargs), empty)

    return stub


@pytest.mark.parametrize("kind", EMPTY)
@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES)
def test_it_earns_nothing(assignment: str, exercise: Exercise, kind: str):
    known = reference.load(reference.answer_key(assignment).solution)
    stub = ignorant(known[exercise.name], EMPTY[kind])
    expected = replace(
        reference.expected(reference.answer_key(assignment), 11)[exercise.name], mistakes=lambda: ()
    )
    result = judge(exercise, LocalPlayer({**known, exercise.name: stub}), expected, "", public=False)
    assert [verdict.name for verdict in result.criteria if verdict.points] == []
