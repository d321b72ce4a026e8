"""Questions, answered once more by reading them word by word."""

import re
from collections import Counter

import numpy as np
import pytest

from rnn_datasets import (
    ANSWERS,
    COLOURS,
    QUESTION_KINDS,
    SHAPES,
    Questions,
    Scenes,
    question_vocabulary,
    questions,
    scenes,
)


@pytest.fixture(scope="module")
def seen() -> Scenes:
    return scenes(np.random.default_rng(0), 4_000, (2, 3))


@pytest.fixture(scope="module")
def asked(seen: Scenes) -> Questions:
    return questions(np.random.default_rng(1), seen, 10_000)


def answer(question: str, things: list[tuple[str, str, np.ndarray]]) -> tuple[str, str, set[int]]:
    """Answer about things (colour, shape, box): the kind of question, the answer, whom it is about."""
    thing = rf"({'|'.join(COLOURS)}) ({'|'.join(SHAPES)})"

    def like(*looks: str) -> set[int]:
        return {k for k, (colour, shape, _) in enumerate(things) if set(looks) <= {colour, shape}}

    if found := re.fullmatch(f"is there a {thing}", question):
        fits = like(*found.groups())
        return "exists", "yes" if fits else "no", fits
    if found := re.fullmatch(r"how many (\w+?)(e?s| things)", question):
        fits = like(found[1] if found[1] in (*COLOURS, *SHAPES) else f"{found[1]}e")
        return "count", str(len(fits)), fits
    if found := re.fullmatch(r"what (colour|shape) is the (\w+)( thing)?", question):
        [k] = like(found[2])
        return found[1], things[k][found[1] == "shape"], {k}
    found = re.fullmatch(rf"is the {thing} (left of|right of|above|below) the {thing}", question)
    assert found, question
    [i], [j] = like(found[1], found[2]), like(found[4], found[5])
    left, top, right, bottom = things[i][2] - things[j][2][[2, 3, 0, 1]]
    apart = {"left of": right < 0, "right of": left > 0, "above": bottom < 0, "below": top > 0}
    assert sum(apart.values()) == 1  # whatever a reader means by it
    return "relation", "yes" if apart[found[3]] else "no", {i, j}


def test_every_answer_is_what_the_scene_says(seen: Scenes, asked: Questions) -> None:
    for m, n in enumerate(asked.scenes):
        looks = zip(seen.colours[n], seen.shapes[n], seen.boxes[n], strict=True)
        things = [(COLOURS[colour], SHAPES[shape], box) for colour, shape, box in looks if shape >= 0]
        kind, due, about = answer(" ".join(asked.words[m]), things)
        assert (QUESTION_KINDS[asked.kinds[m]], ANSWERS[asked.answers[m]]) == (kind, due)
        assert set(np.flatnonzero(asked.about[m]).tolist()) == about


def test_each_kind_is_asked_as_often_and_in_no_order(asked: Questions) -> None:
    assert np.bincount(asked.kinds).tolist() == [2_000] * 5
    last_words = question_vocabulary().encode(words[-1] for words in asked.words)
    for some in (asked.kinds, asked.scenes, asked.answers, last_words):
        assert abs(np.corrcoef(some[:-1], some[1:])[0, 1]) < 0.06


def test_every_answer_of_a_kind_comes_as_often(asked: Questions) -> None:
    choices = {"exists": 2, "count": 4, "colour": 5, "shape": 4, "relation": 2}
    for kind, name in enumerate(QUESTION_KINDS):
        counts = Counter(asked.answers[asked.kinds == kind].tolist())
        assert len(counts) == choices[name]
        shares = [count / 2_000 for count in counts.values()]
        assert shares == pytest.approx([1 / choices[name]] * choices[name], abs=0.04)


def test_the_question_does_not_give_its_answer_away(seen: Scenes) -> None:
    many = questions(np.random.default_rng(2), seen, 60_000)
    answers: dict[str, Counter[int]] = {}
    for words, given, kind in zip(many.words, many.answers.tolist(), many.kinds, strict=True):
        # Of a relation only the relation itself: whole sentences are too many to count.
        question = " ".join(words) if QUESTION_KINDS[kind] != "relation" else " ".join(words[4:-3])
        answers.setdefault(question, Counter())[given] += 1
    for question, counts in answers.items():
        shares = np.array(list(counts.values())) / counts.total()
        assert shares == pytest.approx(1 / len(counts), abs=0.07), question
    assert len(answers) == 20 + 9 + 4 + 5 + 4


def test_the_vocabulary_holds_the_words_of_all_questions_and_no_other(asked: Questions) -> None:
    assert set(question_vocabulary().tokens[4:]) == {word for words in asked.words for word in words}


def test_the_generator_alone_decides_the_questions(seen: Scenes, asked: Questions) -> None:
    again, other = (questions(np.random.default_rng(seed), seen, 10_000) for seed in (1, 2))
    assert again.words == asked.words
    assert np.array_equal(again.scenes, asked.scenes)
    assert np.array_equal(again.answers, asked.answers)
    assert other.words != asked.words


def test_few_scenes_can_be_asked_about_too() -> None:
    some = questions(np.random.default_rng(0), scenes(np.random.default_rng(0), 5, (3,)), 40)
    assert set(some.scenes.tolist()) <= set(range(5))
    assert np.bincount(some.kinds).tolist() == [8] * 5


def test_questions_that_make_no_sense_are_refused(seen: Scenes) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="M is 0, but must be at least 1"):
        questions(rng, seen, 0)
    with pytest.raises(ValueError, match="scenes has none that can be asked about 'relation'"):
        questions(rng, scenes(rng, 20, (1,)), 10)
