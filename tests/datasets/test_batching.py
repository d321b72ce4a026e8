import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_datasets import character_batches, pad, shuffled_batches

sequences = st.lists(st.lists(st.integers(0, 9), max_size=7), min_size=1, max_size=6)


@given(sequences)
def test_padding_keeps_every_token_and_marks_it(rows: list[list[int]]) -> None:
    tokens, mask = pad(rows, value=-1)
    assert tokens.shape == mask.shape == (len(rows), max(map(len, rows)))
    assert tokens.dtype == np.int64
    assert mask.dtype == np.bool_
    assert [row[real].tolist() for row, real in zip(tokens, mask, strict=True)] == rows
    assert (tokens[~mask] == -1).all()


def test_padding_comes_after_the_end() -> None:
    tokens, mask = pad([[5, 6, 7], [], [8]])
    assert tokens.tolist() == [[5, 6, 7], [0, 0, 0], [8, 0, 0]]
    assert mask.sum(axis=1).tolist() == [3, 0, 1]


def test_padding_leaves_the_sequences_as_they_were() -> None:
    row = np.array([1, 2])
    tokens, _ = pad([row])
    tokens[:] = 9
    assert row.tolist() == [1, 2]


@given(st.integers(1, 4), st.integers(1, 5), st.integers(0, 60))
def test_rows_continue_from_batch_to_batch(N: int, T: int, surplus: int) -> None:
    stream = np.arange(N * T + 1 + surplus)
    batches = character_batches(stream, N, T)
    x = np.concatenate([x for x, _ in batches], axis=1)
    y = np.concatenate([y for _, y in batches], axis=1)
    assert all(a.shape == b.shape == (N, T) for a, b in batches)
    assert (np.diff(x, axis=1) == 1).all()
    assert (y == x + 1).all()
    assert len(np.unique(x)) == x.size
    assert len(stream) - 1 - x.size < N * (T + 1)  # less than one more step of every stretch is lost


def test_a_stream_that_just_fits_gives_one_batch() -> None:
    [(x, y)] = character_batches(np.arange(7), N=2, T=3)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert y.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize(("N", "T"), [(2, 4), (7, 1), (1, 7)])
def test_a_stream_that_is_too_short_says_what_it_takes(N: int, T: int) -> None:
    with pytest.raises(ValueError, match=rf"7 tokens .* N={N} .* T={T} .* {N * T + 1}"):
        character_batches(np.arange(7), N, T)


def test_an_empty_stream_says_what_it_takes() -> None:
    with pytest.raises(ValueError, match=r"0 tokens .* 7"):
        character_batches([], N=2, T=3)


@given(sequences, st.integers(1, 8), st.integers(0, 99))
def test_every_sequence_comes_once_with_its_row(rows: list[list[int]], N: int, seed: int) -> None:
    seen = []
    for batch in shuffled_batches(np.random.default_rng(seed), rows, N):
        assert len(batch.rows) <= N
        for tokens, mask, row in zip(*batch, strict=True):
            assert tokens[mask].tolist() == rows[row]
        seen.extend(batch.rows.tolist())
    assert sorted(seen) == list(range(len(rows)))


def test_the_generator_alone_decides_the_order() -> None:
    def order(seed: int) -> list[int]:
        batches = shuffled_batches(np.random.default_rng(seed), [[n] for n in range(20)], 3)
        return [int(row) for batch in batches for row in batch.rows]

    assert order(0) == order(0)
    assert order(0) != order(1)
    assert order(0) != list(range(20))


def test_no_sequences_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="at least one"):
        pad([])
    with pytest.raises(ValueError, match="at least one"):
        shuffled_batches(np.random.default_rng(0), [], 3)


@pytest.mark.parametrize("bad", ["text", [0.5], [[1]], 3])
def test_what_is_not_a_flat_list_of_whole_numbers_is_named(bad: object) -> None:
    with pytest.raises(ValueError, match=r"sequence 1 has shape .* Vocabulary"):
        pad([[1], bad])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="flat list of whole numbers"):
        character_batches(bad, 1, 1)  # type: ignore[arg-type]


def test_sizes_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="N is 0"):
        character_batches([1, 2, 3], N=0, T=1)
    with pytest.raises(ValueError, match="T is -1"):
        character_batches([1, 2, 3], N=1, T=-1)
    with pytest.raises(ValueError, match="N is 0"):
        shuffled_batches(np.random.default_rng(0), [[1]], 0)
