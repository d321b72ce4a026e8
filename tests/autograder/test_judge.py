"""Judging compares traces: what counts, what does not, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rnn_autograder.criteria import (
    Reals,
    Size,
    dtype,
    fresh,
    inputs,
    ones,
    repeatable,
    single_precision,
    stable,
    unchanged,
    values,
)
from rnn_autograder.diagnosis import KnownMistake, Misconception
from rnn_autograder.exercise import Exercise, Result, Stopped
from rnn_autograder.judge import Expected, act, judge, refuse
from rnn_autograder.panel import render_html, render_text
from rnn_autograder.student import LocalPlayer

SIZES = {"N": 3, "D": 4}
double = Exercise(
    "double",
    points=10,
    draw=inputs(x=Reals("N D"), shift=Reals("D")),
    returns=("out", "cache"),
    criteria=(
        values(**SIZES),
        ones(N=1, D=1),
        stable(1e300, **SIZES),
        dtype(**SIZES),
        unchanged(**SIZES),
        repeatable(**SIZES),
        fresh(**SIZES),
        single_precision(**SIZES),
    ),
)


def right(x, shift):
    return 2 * (x + shift), None


def forgets_shift(x, shift):
    return 2 * x, None


def _traces(function: Callable[..., Any]) -> dict[str, Any]:
    player = LocalPlayer({"double": function})
    return {c.name: act(double, c, player, seed=1) for c in double.criteria}


SOURCE = Path(__file__).read_text(encoding="utf-8")
FORGOTTEN = KnownMistake("The shift was forgotten.", _traces(forgets_shift))
EXPECTED = Expected(1, _traces(right), lambda: [FORGOTTEN])


def judged(function: Callable[..., Any], *, public: bool = True) -> Result:
    return judge(double, LocalPlayer({"double": function}), EXPECTED, SOURCE, public=public)


def verdict(result: Result, name: str) -> Any:
    return next(verdict for verdict in result.criteria if verdict.name == name)


def test_the_right_answer_has_every_point():
    result = judged(right)
    assert (result.points, result.misconception, result.error) == (10, None, None)
    assert all(v.passed for v in result.criteria)


@pytest.mark.parametrize(
    "alternative",
    [
        lambda x, shift: [x * 2 + shift * 2, "a cache may be anything"],
        lambda x, shift: (2 * (x + shift), {"a": object()}),
        lambda x, shift: (np.asfortranarray(x + shift) + x + shift, lambda: None),
        lambda x, shift: ((2 * (x + shift).T).T, x),
        lambda x, shift: (2 * (x + shift) + np.log(np.zeros(1) + 1) * np.sqrt(-np.zeros(1)), None),
    ],
)
def test_other_right_answers_have_every_point(alternative):
    assert judged(alternative).points == 10


def test_points_add_up_to_the_whole_to_the_cent():
    result = judged(right)
    assert round(sum(v.max_points for v in result.criteria), 2) == 10
    assert verdict(result, "float32").max_points == 0


def test_a_known_mistake_is_named_and_the_worst_element_shown():
    result = judged(forgets_shift)
    assert result.misconception == "The shift was forgotten."
    assert "it should be" in verdict(result, "values").message
    assert result.picture is not None
    assert result.points == 0


def test_a_hidden_case_shows_no_number():
    result = judged(forgets_shift, public=False)
    assert verdict(result, "values").message == "out has the right shape and wrong numbers."
    assert result.picture is None
    assert result.misconception == "The shift was forgotten."


def test_an_unknown_mistake_has_no_name():
    assert judged(lambda x, shift: (3 * x, None)).misconception is None


def test_changing_an_argument_costs_one_criterion_only():
    def in_place(x, shift):
        x += shift
        x *= 2
        return x.copy(), None

    result = judged(in_place)
    assert [v.name for v in result.criteria if not v.passed] == ["unchanged"]
    assert verdict(result, "unchanged").message.startswith("x was changed in place")
    assert 8 <= result.points < 10


def test_a_view_of_an_argument_is_not_fresh():
    def view(x, shift):
        x += x + 2 * shift
        return x, None

    assert {"unchanged", "fresh"} <= {v.name for v in judged(view).criteria if not v.passed}


def test_what_is_remembered_between_calls_is_seen():
    memory: list[Any] = []

    def remembers(x, shift):
        memory.append(x)
        return 2 * (memory[-1] + shift) + 0.0 * len(memory) + (1.0 if len(memory) % 3 == 0 else 0), None

    assert judged(remembers).points < 10


def test_a_stub_earns_nothing_by_leaving_things_alone():
    result = judged(lambda x, shift: (x, None))
    assert result.points == 0
    assert "once the values are right" in verdict(result, "repeatable").message


def test_float32_inside_is_said_and_loses():
    result = judged(lambda x, shift: (2 * (x.astype("f4") + shift.astype("f4")), None))
    assert "float32" in verdict(result, "values").message
    assert not verdict(result, "values").passed


def test_what_is_wrong_in_the_eighth_digit_alone_is_told_so_and_is_no_mistake_that_leaves_the_values_right():
    def nearly(x, shift):
        return np.float64(2 * np.float32(1.1)) / 1.1 * (x + shift), None

    def empties(x, shift):
        out = 2 * (x + shift)
        x[...] = 0
        return out, None

    known = KnownMistake("It empties x.", _traces(empties))
    expected = Expected(1, _traces(right), lambda: [known])
    for public in (True, False):
        result = judge(double, LocalPlayer({"double": nearly}), expected, SOURCE, public=public)
        assert "right to six digits" in verdict(result, "values").message
        assert result.misconception is None


def test_float64_out_for_float32_in_is_advice_only():
    result = judged(lambda x, shift: (2 * (x.astype("f8") + shift), None))
    assert result.points == 10
    assert not verdict(result, "float32").passed
    assert "Costs no points" in verdict(result, "float32").message


def _raises(x, shift):
    raise ValueError("the inputs are secret")


def _recurses(x, shift):
    return _recurses(x, shift)


def _subclass(x, shift):
    class Always(np.ndarray):
        def __eq__(self, other):
            return True

    return (2 * (x + shift)).view(Always), None


def _generates(x, shift):
    yield 2 * (x + shift)


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (lambda x, shift: None, "It returned nothing. Is a `return` missing? Due: out, cache."),
        (
            lambda x, shift: 2 * (x + shift),
            "It returned an array of shape (3, 4); 2 values are due: out, cache.",
        ),
        (
            lambda x, shift: ((2 * (x + shift)).tolist(), None),
            "out is a list of 3; an array of shape (3, 4) is due.",
        ),
        (lambda x, shift: (x @ shift[1:], None), "ValueError at `(lambda x, shift: (x @ shift[1:]"),
        (lambda x, shift: (np.zeros((4, 3)), None), "out has shape (4, 3); it should be (3, 4)."),
        (lambda x, shift: (np.zeros((1, 1)), None), "out has shape (1, 1); it should be (3, 4)."),
        (lambda x, shift: (np.full((3, 4), np.nan), None), "out holds nan or inf."),
        (
            lambda x, shift: ((2 * (x + shift)).astype(object), None),
            "out is an object of type `array of object`",
        ),
        (
            lambda x, shift: ((2 * (x + shift)).astype(complex), None),
            "out holds complex numbers; real numbers are due.",
        ),
        (lambda x, shift: (2.0, None), "out is a number; an array of shape (3, 4) is due."),
        (_subclass, "out is an object of a type of your own"),
        (_generates, "It returned an object of type `generator`; 2 values are due"),
        (_raises, "ValueError at `raise ValueError"),
        (_recurses, "RecursionError"),
        (lambda x, shift: exit(), "SystemExit"),
    ],
)
def test_every_odd_answer_has_a_sentence_and_no_points(function, sentence):
    shown, told = (verdict(judged(function, public=p), "values").message for p in (True, False))
    assert told.startswith(sentence)
    assert shown.startswith(sentence)
    assert judged(function).points == 0


def test_the_text_of_a_hidden_error_is_not_shown():
    assert "the inputs are secret" in verdict(judged(_raises), "values").message.split(":", 1)[1]
    hidden = verdict(judged(_raises, public=False), "values").message
    assert hidden == 'ValueError at `raise ValueError("the inputs are secret")`.'


def test_a_missing_function_is_said():
    result = judge(double, LocalPlayer({}), EXPECTED, "", public=False)
    assert (result.points, result.error) == (0, "double is not defined.")


def test_who_is_stopped_keeps_what_was_earned_before():
    class Tiring(LocalPlayer):
        calls = 0

        def call(self, *args: Any, **more: Any) -> Any:
            self.calls += 1
            if self.calls > 2:
                raise Stopped("It used more than 10 seconds.")
            return super().call(*args, **more)

    result = judge(double, Tiring({"double": right}), EXPECTED, "", public=False)
    assert [v.name for v in result.criteria if v.passed] == ["values", "ones"]
    assert result.error == "It used more than 10 seconds."


def test_a_broken_rule_voids_the_points_and_says_why():
    strict = Exercise(**{**vars(double), "rule": lambda source, name: f"{name} uses torch."})
    result = judge(strict, LocalPlayer({"double": right}), EXPECTED, "", public=False)
    assert (result.points, result.error) == (0, "double uses torch.")


def test_refusing_says_the_same_of_every_criterion():
    result = refuse(double, "The file is empty.")
    assert (result.points, result.max_points, result.error) == (0, 10, "The file is empty.")


def test_a_result_goes_through_json():
    result = judged(forgets_shift, public=False)
    assert Result.from_json("double", result.to_json()) == result


def test_a_mistake_that_spoils_the_values_is_not_the_reason_where_they_are_right():
    """Both change an argument; only one of them forgets the shift."""

    def forgets_and_empties(x, shift):
        out = 2 * x
        x[...] = 0
        return out, None

    def empties(x, shift):
        out = 2 * (x + shift)
        x[...] = 0
        return out, None

    known = KnownMistake("The shift was forgotten.", _traces(forgets_and_empties))
    expected = Expected(1, _traces(right), lambda: [known])

    def told(function: Callable[..., Any]) -> str | None:
        return judge(double, LocalPlayer({"double": function}), expected, SOURCE, public=False).misconception

    assert told(forgets_and_empties) == "The shift was forgotten."
    assert told(empties) is None


def test_what_costs_nothing_is_no_mistake():
    def widens(x, shift):
        return np.float64(2) * (x.astype(float) + shift), None

    known = KnownMistake("It widens, and forgets.", _traces(lambda x, shift: (2.0 * x.astype(float), None)))
    expected = Expected(1, _traces(right), lambda: [known])
    result = judge(double, LocalPlayer({"double": widens}), expected, SOURCE, public=False)
    assert (result.points, result.misconception) == (10, None)
    assert not verdict(result, "float32").passed


def test_a_misconception_must_apply_exactly_once():
    with pytest.raises(ValueError, match="2 times"):
        Misconception("x", "y", "").apply("x + x")
    with pytest.raises(ValueError, match="0 times"):
        Misconception("z", "y", "").apply("x + x")


def test_sizes_are_drawn_as_asked():
    drawn = inputs(x=Reals("N D"), V=Size("V"))(np.random.default_rng(0), N=2, D=3, V=7)
    assert drawn["x"].shape == (2, 3)
    assert drawn["V"] == 7


# Panels --------------------------------------------------------------------------------------------------------


def test_the_text_panel_names_points_marks_and_mistake():
    text = render_text(judged(forgets_shift))
    assert text.splitlines()[0].split() == ["double", "0", "/", "10"]
    assert "The shift was forgotten." in text
    assert max(map(len, text.splitlines())) <= 96


def test_the_page_escapes_every_word():
    evil = SimpleNamespace(**{"<script>": None})
    result = judged(lambda x, shift: (evil, "<script>alert(1)</script>"))
    raised = judged(lambda x, shift: {}["<img src=x>"])
    for page in (render_html(result), render_html(raised)):
        assert "<script" not in page
        assert "<img" not in page


def test_the_page_draws_both_arrays_with_words_for_who_cannot_see_them():
    page = render_html(judged(forgets_shift))
    assert page.count("<svg") == 2
    assert 'aria-label="out: your array beside the target; 12 elements, outlined, differ."' in page
    assert "http" not in page
