"""The sentences of every assignment: enough of them, told once, and never the answer."""

from pathlib import Path

import pytest

from rnn_autograder.diagnosis import Misconception
from rnn_autograder.reference import (
    answer_key,
    exercises,
    function_source,
    misconceptions,
    place,
    with_mistake,
)

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"
SCRIPTS = {
    path.parent.name: path.with_name(f"{path.parent.name.partition('_')[2]}.py")
    for path in SOLUTIONS.glob("*/misconceptions.py")
}
KNOWN = [
    pytest.param(assignment, name, mistakes, id=f"{assignment}-{name}")
    for assignment in sorted(SCRIPTS)
    for name, mistakes in misconceptions(answer_key(assignment)).items()
]


def squeeze(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("assignment", sorted(SCRIPTS))
def test_every_exercise_has_at_least_five(assignment):
    known = misconceptions(answer_key(assignment))
    assert list(known) == [exercise.name for exercise in exercises(assignment)]
    assert {name: len(mistakes) for name, mistakes in known.items() if len(mistakes) < 5} == {}


@pytest.mark.parametrize("assignment", sorted(SCRIPTS))
def test_no_two_of_an_exercise_say_the_same(assignment):
    for name, mistakes in misconceptions(answer_key(assignment)).items():
        assert len({mistake.says for mistake in mistakes}) == len(mistakes), name


@pytest.mark.parametrize(("assignment", "name", "mistakes"), KNOWN)
def test_the_line_stands_once_in_the_answer(assignment: str, name: str, mistakes: list[Misconception]):
    source = SCRIPTS[assignment].read_text(encoding="utf-8")
    for mistake in mistakes:
        assert function_source(source, place(source, name, mistake)).count(mistake.line) == 1, mistake.says
        assert with_mistake(source, name, mistake) != source, mistake.says


@pytest.mark.parametrize(("assignment", "name", "mistakes"), KNOWN)
def test_the_sentence_holds_no_code(assignment: str, name: str, mistakes: list[Misconception]):
    for mistake in mistakes:
        pieces = [squeeze(line) for text in (mistake.line, mistake.becomes) for line in text.splitlines()]
        said = squeeze(mistake.says)
        assert not [piece for piece in pieces if len(piece) > 4 and piece in said], mistake.says
        assert not [mark for mark in ("np.", "@", "axis=", "[:", "**") if mark in said], mistake.says


@pytest.mark.parametrize(("assignment", "name", "mistakes"), KNOWN)
def test_the_sentence_is_one_a_person_would_say(assignment: str, name: str, mistakes: list[Misconception]):
    for mistake in mistakes:
        assert mistake.says[-1] in ".?", mistake.says
        assert mistake.says.isascii() and "!" not in mistake.says and "  " not in mistake.says, mistake.says
        assert 60 <= len(mistake.says) <= 260, mistake.says
