"""The network at the end of assignment 1 learns what the text beside it claims, in the time that it may take."""

import numpy as np
import pytest

ASSIGNMENT = "a01_rnn_basics"

pytestmark = pytest.mark.xdist_group("the demonstration of assignment 1")


def test_it_takes_less_than_half_a_minute(ran):
    assert ran["seconds"] < 30


def test_before_learning_all_characters_are_alike(ran):
    first = ran["losses"]["with a past"][0]
    assert first == pytest.approx(np.log2(len(ran["vocabulary"])))


def test_a_past_through_random_weights_is_worth_something(ran):
    last = {name: values[-390:].mean() for name, values in ran["losses"].items()}
    assert last["without"] < ran["guess"] - 0.8
    assert last["with a past"] < last["without"] - 0.5


def test_the_line_that_learns_is_the_gradient(ran):
    """One step changes the last layer by -0.04 times the numerical gradient of the loss."""
    rng = np.random.default_rng(3)
    params = ran["random_network"](rng, V=5, D=3, H=4)
    params["W_vocab"] = rng.standard_normal((4, 5))
    x, y, h0 = rng.integers(5, size=(2, 6)), rng.integers(5, size=(2, 6)), np.zeros((2, 4))

    def loss(nudge: float) -> float:
        nudged = {name: array.copy() for name, array in params.items()}
        nudged["W_vocab"][1, 2] += nudge
        return ran["learn"](nudged, x, y, h0)[0] * 6 * np.log(2)

    due = (loss(1e-6) - loss(-1e-6)) / 2e-6
    before = params["W_vocab"][1, 2]
    ran["learn"](params, x, y, h0)
    assert params["W_vocab"][1, 2] - before == pytest.approx(-0.04 * due, rel=1e-6)


def test_only_the_last_layer_learns(ran):
    fresh = ran["random_network"](np.random.default_rng(1), V=len(ran["vocabulary"]))
    changed = {name for name in fresh if not np.array_equal(fresh[name], ran["network"][name])}
    assert changed == {"W_vocab", "b_vocab"}


def test_what_it_writes_begins_as_told_and_can_be_repeated(ran):
    written = ran["write"](ran["network"], "The class ")
    assert written.startswith("The class ")
    assert written == ran["write"](ran["network"], "The class ")
