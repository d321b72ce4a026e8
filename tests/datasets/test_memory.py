"""Tasks made from a seed, held against what a reader of the task would do with a pencil."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_datasets import memory

Task = Callable[..., tuple[np.ndarray, ...]]
TASKS = [memory.adding, memory.copy, memory.parity, memory.brackets]
seeds = st.integers(0, 2**32)


@given(seeds, st.integers(1, 5), st.integers(2, 13))
def test_adding_adds_one_number_of_each_half(seed: int, N: int, T: int) -> None:
    x, y = memory.adding(np.random.default_rng(seed), N, T)
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((N, T, 2), np.float32, (N,), np.float32)
    for row, due in zip(x.tolist(), y, strict=True):
        marked = [t for t, (_, mark) in enumerate(row) if mark == 1]
        assert [mark for _, mark in row].count(0) == T - 2
        assert marked[0] < T // 2 <= marked[1]
        assert due == pytest.approx(row[marked[0]][0] + row[marked[1]][0], abs=1e-6)


def test_the_numbers_to_add_are_uniform_and_every_place_is_marked() -> None:
    x, y = memory.adding(np.random.default_rng(0), 70_000, 7)
    numbers, marks = x[..., 0], x[..., 1]
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert np.histogram(numbers, 10, (0, 1))[0] / numbers.size == pytest.approx(0.1, abs=0.005)
    assert marks[:, :3].mean(axis=0) == pytest.approx(1 / 3, abs=0.01)
    assert marks[:, 3:].mean(axis=0) == pytest.approx(1 / 4, abs=0.01)
    assert ((y - 1) ** 2).mean() == pytest.approx(1 / 6, abs=0.005)  # the variance of two uniform numbers


def test_what_is_marked_says_nothing_before_it_is_read() -> None:
    x, y = memory.adding(np.random.default_rng(1), 20_000, 10)
    assert np.corrcoef(x[:, 0, 0], y)[0, 1] == pytest.approx(
        0.2 / np.sqrt(2), abs=0.03
    )  # marked one time in five


@given(seeds, st.integers(1, 4), st.integers(1, 6), st.integers(1, 5), st.integers(2, 9))
def test_copy_shows_a_word_waits_and_asks_for_it(
    seed: int, N: int, T: int, length: int, symbols: int
) -> None:
    x, y, mask = memory.copy(np.random.default_rng(seed), N, T, length, symbols)
    blank, go = symbols, symbols + 1
    assert x.dtype == y.dtype == np.int64
    assert mask.dtype == np.bool_
    for read, due, counts in zip(x.tolist(), y.tolist(), mask.tolist(), strict=True):
        word = read[:length]
        assert set(word) <= set(range(symbols))
        assert read == word + [blank] * (T - 1) + [go] + [blank] * length
        assert due == [blank] * (length + T) + word
        assert counts == [False] * (length + T) + [True] * length


def test_each_symbol_is_copied_as_often_in_every_place() -> None:
    _, y, mask = memory.copy(np.random.default_rng(0), 50_000, T=3)
    words = y[mask].reshape(-1, 4)
    for place in words.T:
        assert np.bincount(place, minlength=8) / len(words) == pytest.approx(1 / 8, abs=0.01)
    pairs = np.bincount(words[:, 0] * 8 + words[:, 3]) / len(words)
    assert pairs == pytest.approx(1 / 64, abs=0.005)  # so one symbol does not give away another


@given(seeds, st.integers(1, 4), st.integers(1, 20))
def test_parity_flips_at_every_one(seed: int, N: int, T: int) -> None:
    x, y = memory.parity(np.random.default_rng(seed), N, T)
    assert x.dtype == y.dtype == np.int64
    assert set(x.flat) <= {0, 1}
    assert y.tolist() == [list(itertools.accumulate(row, lambda a, b: a ^ b)) for row in x.tolist()]


def test_half_of_the_parities_are_odd_at_every_step() -> None:
    x, y = memory.parity(np.random.default_rng(0), 40_000, 6)
    assert x.mean(axis=0) == pytest.approx(0.5, abs=0.01)
    assert y.mean(axis=0) == pytest.approx(0.5, abs=0.01)


@given(seeds, st.integers(1, 4), st.integers(1, 30), st.integers(1, 5))
def test_the_depth_is_what_counting_brackets_gives(seed: int, N: int, T: int, deepest: int) -> None:
    x, y = memory.brackets(np.random.default_rng(seed), N, T, deepest)
    assert x.shape == y.shape == (N, T)
    assert x.dtype == y.dtype == np.int64
    text = ["".join("()"[token] for token in row) for row in x]
    for row, depths in zip(text, y.tolist(), strict=True):
        assert depths == [row[: t + 1].count("(") - row[: t + 1].count(")") for t in range(T)]
        assert all(0 <= depth <= deepest for depth in depths)


def test_brackets_open_and_close_with_equal_chances_between_the_ends() -> None:
    x, y = memory.brackets(np.random.default_rng(0), 5_000, 50, deepest=3)
    before, now = y[:, :-1], x[:, 1:]
    assert (now[before == 0] == memory.OPEN).all()
    assert (now[before == 3] == memory.CLOSE).all()
    for depth in (1, 2):
        assert (now[before == depth] == memory.OPEN).mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("task", TASKS)
def test_the_generator_alone_decides_a_task(task: Task) -> None:
    def drawn(seed: int) -> list[Any]:
        return [array.tolist() for array in task(np.random.default_rng(seed), 9, 12)]

    assert drawn(0) == drawn(0)
    assert drawn(0) != drawn(1)


@pytest.mark.parametrize(
    ("task", "arguments", "says"),
    [
        (memory.adding, {"N": 0, "T": 5}, "N is 0, but must be at least 1"),
        (memory.adding, {"N": 3, "T": 1}, "T is 1, but must be at least 2"),
        (memory.copy, {"N": -1, "T": 5}, "N is -1"),
        (memory.copy, {"N": 3, "T": 0}, "T is 0, but must be at least 1"),
        (memory.copy, {"N": 3, "T": 5, "length": 0}, "length is 0"),
        (memory.copy, {"N": 3, "T": 5, "symbols": 1}, "symbols is 1, but must be at least 2"),
        (memory.parity, {"N": 0, "T": 5}, "N is 0"),
        (memory.parity, {"N": 3, "T": 0}, "T is 0"),
        (memory.brackets, {"N": 0, "T": 5}, "N is 0"),
        (memory.brackets, {"N": 3, "T": 0}, "T is 0"),
        (memory.brackets, {"N": 3, "T": 5, "deepest": 0}, "deepest is 0"),
    ],
)
def test_a_task_that_makes_no_sense_names_the_argument(
    task: Task, arguments: dict[str, int], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        task(np.random.default_rng(0), **arguments)
