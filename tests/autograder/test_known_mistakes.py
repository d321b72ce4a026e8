"""Every known mistake of every assignment costs points and is told by its own sentence; a reference loses nothing."""

from __future__ import annotations

from functools import cache

import pytest

from rnn_autograder import course, reference
from rnn_autograder.diagnosis import Misconception
from rnn_autograder.exercise import Exercise, Raised, Result
from rnn_autograder.judge import Expected, act, judge
from rnn_autograder.student import LocalPlayer

EXERCISES = {
    (assignment, exercise.name): exercise
    for assignment in reference.assignments()
    for exercise in reference.exercises(assignment)
}
ALL = [pytest.param(a, exercise, id=f"{a}-{name}") for (a, name), exercise in EXERCISES.items()]
SLOW = {  # a play takes long there, so there are fewer of them
    "train_char_rnn",
    "scheduled_sampling_loss",
    "greedy_decode",
    "beam_search",
    "seq2seq_loss",
    "caption_batches",
    "CaptioningRNN",
    "vqa_forward",
}
SEEDS = (reference.PUBLIC_SEED, 11)  # the second is a hidden one
KNOWN = [
    pytest.param(
        assignment,
        EXERCISES[assignment, name],
        mistake,
        seed,
        id=f"{assignment}-{name}-{number}-{seed}",
        marks=pytest.mark.xdist_group(f"the mistakes of {assignment}"),  # all are held against all
    )
    for assignment in reference.assignments()
    for name, mistakes in reference.misconceptions(reference.answer_key(assignment)).items()
    for number, mistake in enumerate(mistakes)
    for seed in SEEDS
]

# An exercise, and those that call it, or the part of it in which its first mistake stands.
CALLED = {
    ("a01_rnn_basics", "rnn_step_forward"): ("rnn_forward", "sample"),
    ("a02_bptt", "rnn_step_backward"): ("rnn_backward", "truncated_bptt"),
    ("a02_bptt", "rnn_backward"): ("train_char_rnn",),
    ("a04_lstm_gru", "lstm_step_forward"): ("lstm_forward",),
    ("a04_lstm_gru", "lstm_step_backward"): ("lstm_backward",),
    ("a04_lstm_gru", "gru_step_forward"): ("gru_forward",),
    ("a04_lstm_gru", "gru_step_backward"): ("gru_backward",),
    ("a04_lstm_gru", "reverse_sequences"): ("bidirectional_forward", "bidirectional_backward"),
    ("a05_seq2seq", "encode"): ("seq2seq_loss", "scheduled_sampling_loss", "greedy_decode"),
    ("a05_seq2seq", "decode_step"): ("seq2seq_loss", "scheduled_sampling_loss", "beam_search"),
    ("a07_attention", "masked_softmax"): ("additive_attention",),
    ("a07_attention", "dot_product_attention"): ("attention_forward",),
    ("a07_attention", "attention_step_forward"): ("attention_forward",),
    ("a08_beyond_recurrence", "scaled_dot_product_attention"): ("MultiHeadAttention", "TransformerBlock"),
    ("a08_beyond_recurrence", "MultiHeadAttention"): ("TransformerBlock",),
}


@cache
def solution(assignment: str) -> str:
    return course.solution(assignment).read_text(encoding="utf-8")


def judged(assignment: str, exercise: Exercise, source: str, seed: int) -> Result:
    """On the public numbers it is held against what was recorded, as in a student's own check."""
    player, public = LocalPlayer(reference.load(source)), seed == reference.PUBLIC_SEED
    key = reference.answer_key(assignment)
    expected = reference.recorded(assignment) if public else reference.expected(key, seed)
    return judge(exercise, player, expected[exercise.name], source, public=public)


@pytest.mark.parametrize(("assignment", "exercise"), ALL)
def test_the_reference_has_every_point_on_many_seeds(assignment: str, exercise: Exercise):
    source = solution(assignment)
    one, other = LocalPlayer(reference.load(source)), LocalPlayer(reference.load(source))
    for seed in range(4 if exercise.name in SLOW else 20):
        traces = {criterion.name: act(exercise, criterion, one, seed) for criterion in exercise.criteria}
        result = judge(exercise, other, Expected(seed, traces, ()), source, public=False)
        assert result.points == result.max_points, seed
        assert all(verdict.passed for verdict in result.criteria), seed


@pytest.mark.parametrize(("assignment", "exercise"), ALL)
def test_what_a_criterion_asks_is_so_for_the_reference(assignment: str, exercise: Exercise):
    """A question that the reference itself answers with no would cost every right answer its points, unseen."""
    player = LocalPlayer(reference.load(solution(assignment)))
    for criterion in exercise.criteria:
        asked = act(exercise, criterion, player, reference.PUBLIC_SEED)
        assert [seen.label for seen in asked if seen.value is False or isinstance(seen.value, Raised)] == []


@pytest.mark.parametrize(("assignment", "exercise", "mistake", "seed"), KNOWN)
def test_a_mistake_is_caught_and_named(
    assignment: str, exercise: Exercise, mistake: Misconception, seed: int
):
    source = reference.with_mistake(solution(assignment), exercise.name, mistake)
    result = judged(assignment, exercise, source, seed)
    assert [verdict.name for verdict in result.criteria if not verdict.passed and verdict.max_points]
    assert result.points < result.max_points
    assert result.misconception == mistake.says


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("called", "callers"), CALLED.items(), ids=lambda part: "-".join(part))
def test_a_broken_part_is_told_where_it_is_used(called: tuple[str, str], callers: tuple[str, ...], seed: int):
    """An exercise that calls a wrong one, judged by itself, is told to mend that one."""
    assignment, name = called
    mistake = reference.misconceptions(reference.answer_key(assignment))[name][0]
    source = reference.with_mistake(solution(assignment), name, mistake)
    for caller in callers:
        told = judged(assignment, EXERCISES[assignment, caller], source, seed).misconception
        assert told is not None
        assert name in told
