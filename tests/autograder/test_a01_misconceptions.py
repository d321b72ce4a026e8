"""Every known mistake of assignment 1 costs points and is told by its own sentence; the reference loses nothing."""

from __future__ import annotations

import pytest

from rnn_autograder import course, reference
from rnn_autograder.diagnosis import Misconception
from rnn_autograder.exercise import Exercise, Result
from rnn_autograder.judge import Expected, act, judge
from rnn_autograder.student import LocalPlayer

A = "a01_rnn_basics"
SOURCE = course.solution(A).read_text(encoding="utf-8")
EXERCISES = {exercise.name: exercise for exercise in reference.exercises(A)}
KNOWN = [
    pytest.param(EXERCISES[name], mistake, id=f"{name}-{number}")
    for name, mistakes in reference.misconceptions(reference.answer_key(A)).items()
    for number, mistake in enumerate(mistakes)
]
HIDDEN_SEEDS = (11, 12)


def judged(exercise: Exercise, source: str, seed: int) -> Result:
    player = LocalPlayer(reference.load(source))
    expected = reference.expected(reference.answer_key(A), seed)[exercise.name]
    return judge(exercise, player, expected, source, public=seed == reference.PUBLIC_SEED)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_the_reference_has_every_point_on_forty_seeds(exercise: Exercise):
    one, other = LocalPlayer(reference.load(SOURCE)), LocalPlayer(reference.load(SOURCE))
    for seed in range(40):
        traces = {criterion.name: act(exercise, criterion, one, seed) for criterion in exercise.criteria}
        result = judge(exercise, other, Expected(seed, traces, ()), SOURCE, public=False)
        assert result.points == result.max_points, seed
        assert all(verdict.passed for verdict in result.criteria), seed


@pytest.mark.parametrize("seed", [reference.PUBLIC_SEED, *HIDDEN_SEEDS])
@pytest.mark.parametrize(("exercise", "mistake"), KNOWN)
def test_a_mistake_is_caught_and_named(exercise: Exercise, mistake: Misconception, seed: int):
    result = judged(exercise, reference.with_mistake(SOURCE, exercise.name, mistake), seed)
    assert [verdict.name for verdict in result.criteria if not verdict.passed and verdict.max_points]
    assert result.points < result.max_points
    assert result.misconception == mistake.says


@pytest.mark.parametrize("seed", [reference.PUBLIC_SEED, *HIDDEN_SEEDS])
def test_a_broken_step_is_told_where_it_is_used(seed: int):
    """An exercise that calls a wrong step, judged by itself, is told to mend the step."""
    mistake = reference.misconceptions(reference.answer_key(A))["rnn_step_forward"][0]
    source = reference.with_mistake(SOURCE, "rnn_step_forward", mistake)
    for name in ("rnn_forward", "sample"):
        told = judged(EXERCISES[name], source, seed).misconception
        assert told is not None
        assert "rnn_step_forward" in told
