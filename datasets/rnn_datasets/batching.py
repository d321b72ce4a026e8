"""Many sequences in one array: padding with masks, and batches for training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int64]


def pad(sequences: Sequence[npt.ArrayLike], value: int = 0) -> tuple[Tokens, npt.NDArray[np.bool_]]:
    """Lay N sequences of unequal length side by side, filled up at the end.

    Args:
        sequences: N sequences of whole numbers, each of its own length.
        value: what fills the places after a sequence's end.

    Returns:
        `tokens` (N, T) int64 with T the longest length, and `mask` (N, T) bool, True where a token is real.

    Raises:
        ValueError: when there is no sequence, or one is not a flat list of whole numbers.
    """
    if len(sequences) == 0:
        raise ValueError("there is no sequence to pad: give at least one")
    rows = [_flat(sequence, n) for n, sequence in enumerate(sequences)]
    lengths = np.array([len(row) for row in rows])
    mask = np.arange(lengths.max()) < lengths[:, None]
    tokens = np.full(mask.shape, value, np.int64)
    tokens[mask] = np.concatenate(rows)
    return tokens, mask


def character_batches(tokens: npt.ArrayLike, N: int, T: int) -> list[tuple[Tokens, Tokens]]:
    """Cut one long stream into batches whose rows continue from batch to batch.

    The stream is cut into N equal stretches, one a row. Batch k holds steps kT to (k + 1)T of every stretch,
    so the state after batch k is the initial state of batch k + 1. What does not fill a batch at the end is
    left out.

    Args:
        tokens: the stream, whole numbers, at least N T + 1 of them.
        N: rows of a batch.
        T: steps of a batch.

    Returns:
        The batches in order, each `x` (N, T) and `y` (N, T), both int64: y is what comes one step after x.
        They are views of one copy of the stream.

    Raises:
        ValueError: when N or T is below 1, or the stream is too short for one batch.
    """
    _at_least_one(N=N, T=T)
    stream = _flat(tokens, 0)
    steps = (len(stream) - 1) // N
    if steps < T:
        raise ValueError(
            f"{len(stream)} tokens do not fill one batch of N={N} rows and T={T} steps: "
            f"that takes N T + 1 = {N * T + 1}; give a longer text, or a smaller N or T"
        )
    x = stream[: N * steps].reshape(N, steps)
    y = stream[1 : N * steps + 1].reshape(N, steps)
    return [(x[:, t : t + T], y[:, t : t + T]) for t in range(0, steps - T + 1, T)]


class Batch(NamedTuple):
    """Some of the sequences, padded to the longest of them.

    Attributes:
        tokens: (N, T) int64.
        mask: (N, T) bool, True where a token is real.
        rows: (N,) int64, which sequences these are: `labels[rows]` are their labels.
    """

    tokens: Tokens
    mask: npt.NDArray[np.bool_]
    rows: Tokens


def shuffled_batches(
    rng: np.random.Generator,
    sequences: Sequence[npt.ArrayLike],
    N: int,
    value: int = 0,
) -> Iterator[Batch]:
    """Go once through the sequences in random order, N at a time.

    Args:
        rng: decides the order.
        sequences: sequences of whole numbers, each of its own length.
        N: sequences in a batch; the last batch holds what is left.
        value: what fills the places after a sequence's end.

    Returns:
        Batches in which every sequence comes exactly once.

    Raises:
        ValueError: when N is below 1, there is no sequence, or one is not a flat list of whole numbers.
    """
    _at_least_one(N=N)
    if len(sequences) == 0:
        raise ValueError("there is no sequence to make batches of: give at least one")
    order = rng.permutation(len(sequences)).astype(np.int64)
    chunks = (order[start : start + N] for start in range(0, len(order), N))
    return (Batch(*pad([sequences[row] for row in rows], value), rows) for rows in chunks)


def _flat(sequence: npt.ArrayLike, n: int) -> Tokens:
    """Give a sequence as its own int64 array, or say what it is instead."""
    row = np.asarray(sequence)
    if row.ndim == 1 and (row.size == 0 or np.issubdtype(row.dtype, np.integer)):
        return row.astype(np.int64)
    raise ValueError(
        f"sequence {n} has shape {row.shape} and dtype {row.dtype}, but must be a flat list of whole "
        "numbers; a Vocabulary encodes text"
    )


def _at_least_one(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} is {size}, but must be at least 1")
