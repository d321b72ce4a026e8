"""How a backward pass is judged: behind the forward pass of whoever acts, and by what it does to a cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_autograder.criteria import CacheOf, Reals, contract, inputs, refuses, values
from rnn_autograder.exercise import Exercise, Result
from rnn_autograder.judge import Expected, act, judge
from rnn_autograder.student import LocalPlayer

SIZES = {"N": 3, "D": 4}
square_backward = Exercise(
    "square_backward",
    points=10,
    draw=inputs(dout=Reals("N D"), cache=CacheOf("square_forward", x=Reals("N D"), w=Reals("D"))),
    returns=("dx", "more"),
    criteria=(
        values(**SIZES),
        *contract(**SIZES),
        refuses({"dout without rows": {"dout": np.zeros((0, 4))}}, **SIZES),
    ),
)


def square_forward(x, w):
    return w * x**2, (x, w)


def right(dout, cache):
    x, w = cache
    if not len(dout):
        raise ValueError("dout has no rows")
    return 2 * dout * w * x, {"dw": (dout * x**2).sum(axis=0), "steps": [dout + x, dout - x]}


def traces() -> dict[str, Any]:
    player = LocalPlayer({"square_forward": square_forward, "square_backward": right})
    return {c.name: act(square_backward, c, player, seed=1) for c in square_backward.criteria}


EXPECTED = Expected(1, traces(), lambda: [])
SOURCE = Path(__file__).read_text(encoding="utf-8")


def judged(backward: Callable[..., Any], forward: Callable[..., Any] = square_forward) -> Result:
    player = LocalPlayer({"square_forward": forward, "square_backward": backward})
    return judge(square_backward, player, EXPECTED, SOURCE, public=False)


def failed(result: Result) -> list[str]:
    return [verdict.name for verdict in result.criteria if not verdict.passed]


def test_the_right_answer_has_every_point():
    assert judged(right).points == 10


def test_a_cache_may_be_anything_as_long_as_forward_and_backward_agree():
    def forward(x, w):
        return w * x**2, lambda: (x, w)

    assert judged(lambda dout, cache: right(dout, cache()), forward).points == 10


def test_a_backward_pass_that_agrees_with_a_wrong_forward_pass_is_wrong():
    def forward(x, w):
        return x**2, (x, np.ones_like(w))

    result = judged(right, forward)
    assert result.points < 10
    told = "square_forward itself gives other numbers than it should. Mend the way there, then the way back."
    assert result.criteria[0].message == told


def test_a_cache_is_good_for_two_backward_passes():
    def forward(x, w):
        return w * x**2, [x, w]

    def pops(dout, cache):
        w, x = cache.pop(), cache.pop()
        return right(dout, (x, w))

    assert failed(judged(pops, forward)) == ["repeatable"]
    assert judged(lambda dout, cache: pops(dout, list(cache)), forward).points == 10


def test_another_forward_pass_may_come_in_between():
    last = []

    def forward(x, w):
        last[:] = [x, w]
        return w * x**2, None

    assert failed(judged(lambda dout, cache: right(dout, last), forward)) == ["repeatable"]


def test_the_gradient_that_comes_in_is_left_as_it_was():
    def in_place(dout, cache):
        result = right(dout, cache)
        dout *= 2
        return result

    assert "unchanged" in failed(judged(in_place))
    assert "values" not in failed(judged(in_place))


def test_what_the_forward_pass_was_given_is_left_as_it_was():
    def spoils(dout, cache):
        result = right(dout, cache)
        cache[1][...] = 0
        return result

    assert {"unchanged", "repeatable"} <= set(failed(judged(spoils)))


def test_elements_of_dicts_and_lists_are_compared_one_by_one():
    def wrong_in_one(dout, cache):
        dx, more = right(dout, cache)
        return dx, {**more, "steps": [more["steps"][0], more["steps"][1] + 1]}

    verdict = judged(wrong_in_one).criteria[0]
    assert verdict.message == "more['steps'][1] has the right shape and wrong numbers."
    other_order = judged(lambda *given: (right(*given)[0], dict(reversed(right(*given)[1].items()))))
    assert other_order.points == 10
    rounded = judged(
        lambda *given: (right(*given)[0], {k: v for k, v in right(*given)[1].items() if k != "dw"})
    )
    assert "values" in failed(rounded)


def test_a_senseless_argument_is_a_value_error_that_names_it():
    def says(error: Exception) -> Callable[..., Any]:
        def backward(dout, cache):
            if not len(dout):
                raise error
            return right(dout, cache)

        return backward

    assert judged(says(ValueError("dout is empty"))).points == 10
    for error, told in (
        (ValueError("wrong"), "does not name dout"),
        (IndexError("dout"), "a ValueError is due, and IndexError came"),
    ):
        result = judged(says(error))
        assert failed(result) == ["bad input"]
        assert told in result.criteria[-1].message
    silent = judged(lambda dout, cache: (2 * dout * cache[1] * cache[0], right(np.ones((3, 4)), cache)[1]))
    assert "values" in failed(silent)


def test_what_is_not_written_yet_is_one_sentence():
    def stub(dout, cache):
        raise NotImplementedError

    result = judged(stub)
    assert (result.points, result.error) == (0, "Not written yet.")


@pytest.mark.parametrize("returned", [None, 3.0, (1.0,)])
def test_a_forward_pass_without_a_cache_is_told(returned):
    result = judged(right, lambda x, w: returned)
    assert result.points == 0
    assert result.error == "The forward pass returns no cache beside its result."
