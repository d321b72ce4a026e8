"""How well a unit follows a label is what statistics says it is."""

from itertools import product

import numpy as np
import pytest

import units

rng = np.random.default_rng(0)


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    states = rng.choice(np.linspace(-1, 1, 21), (60, 3))  # far enough apart for the bins; many are equal
    label = rng.random(60) < 0.3
    for unit, found in zip(states.T, units.auc(states, label), strict=True):
        pairs = [(a > b) + (a == b) / 2 for a, b in product(unit[label], unit[~label])]
        assert found == pytest.approx(np.mean(pairs))


def test_a_unit_that_is_the_label_follows_it_wholly_and_its_opposite_as_much() -> None:
    label = rng.random(100) < 0.3
    states = np.stack([label, ~label], axis=1) * 1.0
    assert units.follows(states, label) == pytest.approx([1, -1])
    steps = rng.integers(0, 9, 100)
    assert units.follows(np.stack([steps, -steps], axis=1) / 9, steps) == pytest.approx([1, -1])


def test_how_much_is_followed_as_far_as_they_correlate() -> None:
    states, steps = rng.normal(size=(50, 4)), rng.integers(0, 9, 50)
    due = [np.corrcoef(unit, steps)[0, 1] for unit in states.T]
    assert units.follows(states, steps) == pytest.approx(due)


def test_the_best_unit_is_chosen_on_one_half_and_scored_on_the_other() -> None:
    label = rng.random(400) < 0.5
    states = rng.uniform(-1, 1, (400, 3))
    states[:200, 1] = 2.0 * ~label[:200] - 1  # perfect, upside down, where it is chosen
    states[200:, 1] = np.where(label[200:], -0.5, 0.5) * (np.arange(200) % 4 > 0)  # mostly right afterwards
    unit, score = units.best_unit(states, label)
    assert unit == 1
    assert score == pytest.approx(1 - units.auc(states[200:], label[200:])[1])
    assert 0.8 < score < 1
