"""The network in which every word looks: what it promises untrained, and what is recorded of it."""

import json

import numpy as np
import pytest
import torch

from experiments import word_looks
from relation_models import LESSONS, N, WordLooker, lessons
from rnn_datasets import QUESTION_KINDS, questions, scenes


@pytest.fixture
def network() -> WordLooker:
    torch.manual_seed(0)
    return WordLooker()


@pytest.fixture
def asked() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Features of three scenes, and a question of 4, 9 and 7 words about each."""
    rng = np.random.default_rng(0)
    v = torch.from_numpy(rng.normal(size=(3, 9, 64))).float()
    return v, torch.from_numpy(rng.integers(4, 20, size=(3, 9))), torch.tensor([4, 9, 7])


def test_every_word_lays_all_its_weight_on_the_cells_and_heads_pick_words_that_are_there(network, asked):
    said = network(*asked)
    assert said.looks.shape == (3, 9, 9) and torch.allclose(said.looks.sum(2), torch.ones(3, 9))
    assert torch.allclose(said.picks.sum(2), torch.ones(3, 4)) and not said.picks[0, :, 4:].any()


def test_padding_and_what_else_is_asked_change_no_answer(network, asked):
    v, x, lengths = asked
    other = x.clone()
    other[0, 4:], other[2, 7:] = 5, 6
    assert torch.allclose(network(v, x, lengths).scores, network(v, other, lengths).scores, atol=1e-6)
    alone = network(v[:1], x[:1, :4], lengths[:1]).scores
    assert torch.allclose(network(v, x, lengths).scores[:1], alone, atol=1e-5)


def test_where_a_thing_stands_reaches_the_answer(network, asked):
    v, x, lengths = asked
    moved = v[:, [1, 0, *range(2, 9)]]
    assert not torch.allclose(network(v, x, lengths).scores, network(moved, x, lengths).scores, atol=1e-3)


def test_the_second_lesson_asks_for_relations_only():
    rng = np.random.default_rng(0)
    some = questions(rng, scenes(rng, 200, (3,)), 500)
    rows = list(lessons(some, rng))
    assert [len(rows), len(rows[0])] == [sum(batches for _, batches in LESSONS), N]
    first, second = (some.kinds[rows[k]] == QUESTION_KINDS.index("relation") for k in (0, LESSONS[0][1]))
    assert not first.all() and second.all()


def test_what_is_recorded_is_far_above_chance_for_three_seeds():
    record = json.loads(word_looks.RECORD.read_text(encoding="utf-8"))
    assert [run["seed"] for run in record] == [0, 1, 2]
    assert min(run["right"]["relation"] for run in record) > 0.85
    assert min(min(run["mass"]) for run in record) > 0.85


def test_the_curve_that_is_recorded_ends_where_the_network_was_judged():
    record = json.loads(word_looks.RECORD.read_text(encoding="utf-8"))
    batches = sum(batches for _, batches in LESSONS)
    assert {len(run["curve"]) for run in record} == {batches // word_looks.EVERY}
    assert [run["curve"][-1] for run in record] == [run["right"]["relation"] for run in record]
