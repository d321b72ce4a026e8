"""A notebook of assignment 4 in which one thing is wrong: who loses points, and what the others are told."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from rnn_autograder import course, reference
from rnn_autograder.exercise import Result
from rnn_autograder.grade import grade

A04 = "a04_lstm_gru"
SEED = 20260101
pytestmark = pytest.mark.usefixtures("isolation")

# The cell of a student who has read PyTorch's documentation: i, f, g, o.
OTHER_ORDER = """
def lstm_cell(a, prev_c):
    i, f, g, o = [a[:, k * prev_c.shape[1]:(k + 1) * prev_c.shape[1]] for k in range(4)]
    i, f, o, g = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-o)), np.tanh(g)
    next_c = prev_c * f + g * i
    return np.tanh(next_c) * o, next_c, (i, f, o, g, prev_c, np.tanh(next_c))
"""

ONLY_THROUGH_THE_STATE = """
def lstm_cell_backward(dnext_h, dnext_c, cache):
    i, f, o, g, prev_c, tanh_c = cache
    dc = (1 - tanh_c * tanh_c) * (dnext_h * o)
    gates = dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dnext_h * tanh_c * o * (1 - o)
    return np.hstack([*gates, dc * i * (1 - g * g)]), dc * f
"""

KEEPS_WHAT_IS_NEW = """
def gru_cell(from_x, from_h, prev_h):
    x_r, x_z, x_g = np.split(from_x, 3, axis=1)
    h_r, h_z, h_g = np.split(from_h, 3, axis=1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    g = np.tanh(x_g + r * h_g)
    return z * prev_h + (1 - z) * g, (r, z, g, h_g, prev_h)
"""

NO_STRAIGHT_PATH = """
def gru_cell_backward(dnext_h, cache):
    r, z, g, remembered, prev_h = cache
    da_g = dnext_h * z * (1 - g * g)
    gates = da_g * remembered * r * (1 - r), dnext_h * (g - prev_h) * z * (1 - z)
    return np.hstack([*gates, da_g]), np.hstack([*gates, da_g * r]), np.zeros_like(dnext_h)
"""

TURNS_THE_PADDING = """
def reverse_sequences(x, lengths):
    if len(lengths) != len(x) or min(lengths) < 1 or max(lengths) > x.shape[1]:
        raise ValueError("lengths")
    return np.flip(x, axis=1).copy()
"""


def graded(cell: str) -> dict[str, Result]:
    """The reference's notebook, with a cell behind it in which something is defined anew."""
    answers = reference.definitions(course.solution(A04).read_text(encoding="utf-8"))
    notebook = new_notebook(cells=[new_code_cell(answers), new_code_cell(cell)])
    return {result.name: result for result in grade(notebook, reference.answer_key(A04), SEED).report.results}


@pytest.mark.parametrize(
    ("cell", "name", "callers"),
    [
        (OTHER_ORDER, "lstm_step_forward", ["lstm_forward"]),
        (ONLY_THROUGH_THE_STATE, "lstm_step_backward", ["lstm_backward"]),
        (KEEPS_WHAT_IS_NEW, "gru_step_forward", ["gru_forward"]),
        (NO_STRAIGHT_PATH, "gru_step_backward", ["gru_backward"]),
        (TURNS_THE_PADDING, "reverse_sequences", ["bidirectional_forward", "bidirectional_backward"]),
    ],
    ids=["lstm", "lstm-back", "gru", "gru-back", "reversal"],
)
def test_a_wrong_part_costs_points_once_on_the_way_there_and_once_on_the_way_back(cell, name, callers):
    results = graded(cell)
    assert results[name].points < 2
    assert results[name].misconception == reference.misconceptions(reference.answer_key(A04))[name][0].says
    for caller in callers:
        assert results[caller].points == results[caller].max_points
        assert results[caller].criteria[0].message.startswith(f"Right on top of your {name}")


@pytest.mark.parametrize(("cell", "kind"), [(OTHER_ORDER, "lstm"), (KEEPS_WHAT_IS_NEW, "gru")])
def test_behind_a_wrong_way_there_the_way_back_is_told_to_wait(cell, kind):
    results = graded(cell)
    for ways in (f"{kind}_step", kind):
        told = results[f"{ways}_backward"].criteria[0].message
        assert told.startswith(f"{ways}_forward itself gives other numbers than it should.")


def test_what_calls_nothing_wrong_keeps_its_points():
    results = graded(OTHER_ORDER + TURNS_THE_PADDING)
    right = {name for name, result in results.items() if result.points == result.max_points}
    assert right == {*results} - {
        "lstm_step_forward",
        "lstm_step_backward",
        "lstm_backward",
        "reverse_sequences",
    }
