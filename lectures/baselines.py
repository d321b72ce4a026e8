"""Models that only count. A network that does not beat them has learned nothing worth its training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray


def ngram_probabilities(
    train: NDArray[np.int64], text: NDArray[np.int64], V: int, longest: int
) -> list[tuple[NDArray[np.float64], int]]:
    """Ask tables of ever longer contexts for the probability of each token of a text.

    A table that looks k tokens back leans on the one that looks k - 1 back: for a context that it saw n times, with d
    different successors, with weight d / (n + d) (Witten and Bell, 1991).

    Args:
        train: tokens to count, at least `longest` + 1 of them, each below V.
        text: T tokens to predict.
        V: size of the vocabulary; V**(longest + 1) must be below 2**63.
        longest: how far back the last table looks.

    Returns:
        For k = 0 to `longest`: P (T - `longest`,) of each token from text[longest] on, given the k before it, and
        how many different runs of k + 1 tokens the table holds.
    """
    P = np.full(len(text) - longest, 1 / V)
    tables = []
    for k in range(longest + 1):
        runs, counts = np.unique(_contexts(train, k, longest, V) * V + train[longest:], return_counts=True)
        contexts, first, kinds = np.unique(runs // V, return_index=True, return_counts=True)
        asked = _contexts(text, k, longest, V)
        seen = _look_up(runs, counts, asked * V + text[longest:])
        total = _look_up(contexts, np.add.reduceat(counts, first), asked)
        shorter = np.maximum(
            1, _look_up(contexts, kinds, asked)
        )  # so many imagined draws from the shorter table
        P = (seen + shorter * P) / (total + shorter)
        tables.append((P, len(runs)))
    return tables


def naive_bayes(words: Sequence[str], labels: NDArray[np.int64], longest: int) -> Callable[[str], int]:
    """Learn to tell a word's class by its pieces of up to `longest` letters, as if they were independent.

    Beginning and end count as letters when `longest` is above one. Each piece of the training words is imagined once
    more in every class, so that nothing is impossible; pieces never seen say nothing.

    Args:
        words: N words.
        labels: (N,), the class of each.
        longest: 1 for a bag of letters.

    Returns:
        A function from a word to its likeliest class.
    """
    counts: dict[str, NDArray[np.float64]] = {}
    M = int(labels.max()) + 1
    for word, label in zip(words, labels, strict=True):
        for piece in _pieces(word, longest):
            counts.setdefault(piece, np.ones(M))[label] += 1
    prior, total = np.log(np.bincount(labels)), np.log(sum(counts.values()))
    log_likelihood = {piece: np.log(count) - total for piece, count in counts.items()}

    def tell(word: str) -> int:
        return int((prior + sum(log_likelihood.get(piece, 0) for piece in _pieces(word, longest))).argmax())

    return tell


def _contexts(text: NDArray[np.int64], k: int, start: int, V: int) -> NDArray[np.int64]:
    """Number the k tokens before each token of a text, from `start` on."""
    number = np.zeros(len(text) - start, np.int64)
    for back in range(k, 0, -1):
        number = number * V + text[start - back : len(text) - back]
    return number


def _look_up(
    keys: NDArray[np.int64], values: NDArray[np.int64], asked: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Find each asked key's value; zero where the key is missing. The keys are sorted."""
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    return np.where(keys[place] == asked, values[place], 0)


def _pieces(word: str, longest: int) -> list[str]:
    """Cut a word into all its pieces of up to `longest` letters."""
    if longest > 1:
        word = f"^{word}$"
    return [word[i : i + n] for n in range(1, longest + 1) for i in range(len(word) - n + 1)]
