"""Tasks that nothing but memory can solve, made afresh from a generator: adding, copy, parity, brackets.

How far apart the cause and the answer are is the caller's choice. Each docstring gives the score of someone who
knows the task and remembers nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float32]
Tokens = npt.NDArray[np.int64]

OPEN, CLOSE = 0, 1


def adding(rng: np.random.Generator, N: int, T: int) -> tuple[Numbers, Numbers]:
    """Draw sequences of numbers, two of which are marked: add these two.

    The task of Hochreiter and Schmidhuber (1997), with the marks as Arjovsky, Shah and Bengio (2016) set
    them: one somewhere in the first half, one somewhere in the second.

    Without memory the best guess is 1, whose mean squared error is 1/6.

    Args:
        rng: decides everything.
        N: sequences.
        T: steps, at least 2.

    Returns:
        x: (N, T, 2) float32. `x[..., 0]` are numbers, uniform in [0, 1); `x[..., 1]` is 1 at the two marks, else 0.
        y: (N,) float32, the sum of the two marked numbers.

    Raises:
        ValueError: N is below 1, or T below 2.
    """
    _at_least(1, N=N)
    _at_least(2, T=T)
    numbers = rng.random((N, T), np.float32)
    marks = np.zeros((N, T), np.float32)
    rows = np.arange(N)
    marks[rows, rng.integers(0, T // 2, N)] = 1
    marks[rows, rng.integers(T // 2, T, N)] = 1
    return np.stack([numbers, marks], axis=-1), (numbers * marks).sum(axis=1)


def copy(
    rng: np.random.Generator, N: int, T: int, length: int = 4, symbols: int = 8
) -> tuple[Tokens, Tokens, npt.NDArray[np.bool_]]:
    """Draw words to keep in mind for T steps, and then to write down.

    The task as Arjovsky, Shah and Bengio (2016) set it. A sequence is `length` symbols, T - 1 blanks, the sign to
    go, and `length` blanks during which the symbols are due. So each symbol is due T + `length` steps after it was
    seen. With `length=3`, `T=4`, a blank as `.` and the sign as `!`:

        x     c a b . . . ! . . .
        y     . . . . . . . c a b
        mask                1 1 1

    Without memory the best guess gives every symbol the same probability: ln(`symbols`) nats where the mask is
    True. Everywhere else y is known beforehand, so a loss that counts those places looks good for nothing.

    Args:
        rng: decides everything.
        N: sequences.
        T: steps between the last symbol and the first recall, at least 1.
        length: symbols of a word, at least 1.
        symbols: size of the alphabet, at least 2. Symbols are 0 to `symbols` - 1; `symbols` is the blank and
            `symbols` + 1 the sign, so V = `symbols` + 2.

    Returns:
        x: (N, T + 2 `length`) int64, what is read.
        y: (N, T + 2 `length`) int64, what is due: the blank, and in the end the word.
        mask: (N, T + 2 `length`) bool, True where the word is due.

    Raises:
        ValueError: an argument is below its least value.
    """
    _at_least(1, N=N, T=T, length=length)
    _at_least(2, symbols=symbols)
    blank, go = symbols, symbols + 1
    word = rng.integers(0, symbols, (N, length))
    x = np.full((N, T + 2 * length), blank)
    x[:, :length] = word
    x[:, T + length - 1] = go
    y = np.full_like(x, blank)
    y[:, -length:] = word
    mask = np.zeros(x.shape, bool)
    mask[:, -length:] = True
    return x, y, mask


def parity(rng: np.random.Generator, N: int, T: int) -> tuple[Tokens, Tokens]:
    """Draw bits: has the number of ones up to here been odd?

    One bit of memory is enough, but it must never be lost: one slip and every later answer is wrong. Who wants
    a single answer at the end takes the last column of y.

    Without memory every guess is right half of the time: ln 2 nats at every step.

    Args:
        rng: decides everything.
        N: sequences.
        T: steps, at least 1.

    Returns:
        x: (N, T) int64, bits.
        y: (N, T) int64, 1 where the ones up to and with this step are odd in number.

    Raises:
        ValueError: N or T is below 1.
    """
    _at_least(1, N=N, T=T)
    x = rng.integers(0, 2, (N, T))
    return x, x.cumsum(axis=1) % 2


def brackets(rng: np.random.Generator, N: int, T: int, deepest: int = 8) -> tuple[Tokens, Tokens]:
    """Draw brackets: how many are open?

    Each step opens or closes one with equal chances, except that none is closed at depth 0 and none opened at
    depth `deepest`. What is open at the end stays open.

    Without memory, the best guess by squared error is the mean depth, by accuracy the commonest;
    datasets/README.md has their scores.

    Args:
        rng: decides everything.
        N: sequences.
        T: steps, at least 1.
        deepest: as many can be open at once, at least 1.

    Returns:
        x: (N, T) int64, `OPEN` (0) or `CLOSE` (1).
        y: (N, T) int64, the depth after each step, 0 to `deepest`.

    Raises:
        ValueError: N, T or `deepest` is below 1.
    """
    _at_least(1, N=N, T=T, deepest=deepest)
    steps: Tokens = 2 * rng.integers(0, 2, (N, T)) - 1
    walk = np.cumsum(steps, axis=1)  # of a walker that nothing stops, then folded at both ends as by mirrors
    depth: Tokens = deepest - np.abs(np.mod(walk, 2 * deepest) - deepest)
    before = np.pad(depth[:, :-1], ((0, 0), (1, 0)))
    return np.where(depth > before, OPEN, CLOSE), depth


def _at_least(least: int, **arguments: int) -> None:
    for name, value in arguments.items():
        if value < least:
            raise ValueError(f"{name} is {value}, but must be at least {least}")
