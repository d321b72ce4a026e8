"""Right answers that are written another way: how a file of tests collects them, and how one is judged."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import pytest
import torch

from rnn_autograder import reference
from rnn_autograder.exercise import Result
from rnn_autograder.judge import judge
from rnn_autograder.student import LocalPlayer

Function = Callable[..., Any]
SEEDS = (reference.PUBLIC_SEED, 11)


class Answers:
    """Other answers to the exercises of one assignment, each in a notebook that is the reference's otherwise."""

    def __init__(self, assignment: str) -> None:
        self.key = reference.answer_key(assignment)
        self.exercises = {exercise.name: exercise for exercise in reference.exercises(assignment)}
        self.all: list[Any] = []

    def to(self, name: str, **given: Function) -> Callable[[Function], Function]:
        """Marks a function as an answer to an exercise.

        Args:
            name: the exercise.
            given: what else differs in the notebook, by name: another forward pass, say.
        """

        def mark(function: Function) -> Function:
            self.all.append(pytest.param(name, {**given, name: function}, id=function.__name__))
            return function

        return mark

    def judged(self, name: str, functions: Mapping[str, Function], seed: int) -> Result:
        """What an exercise earns in a notebook where these functions stand in place of the reference's."""
        function = functions[name]
        source = inspect.getsource(function).replace(f"def {function.__name__}(", f"def {name}(")
        player = LocalPlayer({**reference.load(self.key.solution), **functions})
        expected = reference.expected(self.key, seed)[name]
        return judge(self.exercises[name], player, expected, source, public=True)

    @cached_property
    def known(self) -> dict[str, Any]:
        """What the reference's notebook defines."""
        return reference.load(self.key.solution)

    def odd(self, name: str, answer: Any) -> Result:
        """What anything at all earns in place of an exercise's function. No known mistake is looked for."""
        expected = replace(reference.expected(self.key, 11)[name], mistakes=lambda: ())
        player = LocalPlayer({**self.known, name: answer})
        return judge(self.exercises[name], player, expected, "", public=True)

    def check(self, name: str, functions: Mapping[str, Function], seed: int) -> None:
        """Assert that an answer loses nothing."""
        result = self.judged(name, functions, seed)
        assert [(v.name, v.message) for v in result.criteria if v.max_points and not v.passed] == []
        assert result.points == result.max_points
        assert (result.misconception, result.error) == (None, None)

    def with_fewer_than(self, count: int) -> set[str]:
        """The exercises to which there are not as many answers."""
        answered = [parameters.values[0] for parameters in self.all]
        return {name for name in self.exercises if answered.count(name) < count}


def changed(result: Any, change: Callable[[Any], Any]) -> Any:
    """A result with every array, tensor or number in it changed, as a tensor."""
    if isinstance(result, tuple | list):
        return type(result)(changed(part, change) for part in result)
    return change(torch.as_tensor(result))
