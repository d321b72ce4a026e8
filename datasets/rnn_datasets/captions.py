"""Captions as numbers: words, a vocabulary, and rows of one length with masks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from rnn_datasets.vocabulary import END, PAD, START, UNKNOWN, Vocabulary


def caption_words(text: str) -> tuple[str, ...]:
    """Cut a caption into words: letters and digits in lower case, with the apostrophes inside them.

    Everything else is left out: "A dog's ball, 2 m away." becomes a, dog's, ball, 2, m, away.
    """
    return tuple(re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower()))


def caption_vocabulary(captions: Iterable[Sequence[str]], least: int = 1) -> Vocabulary:
    """Collect the words of captions.

    Args:
        captions: each as its words.
        least: a word that comes less often is left out, and becomes `UNKNOWN`.

    Returns:
        `PAD` (which papers call NULL), `START`, `END`, `UNKNOWN`, then the words in sorted order.

    Raises:
        ValueError: `least` is below 1, or a caption is a text that was not cut into words.
    """
    if least < 1:
        raise ValueError(f"least is {least}, but must be at least 1")
    counts = Counter(word for n, caption in enumerate(captions) for word in _cut(caption, n))
    words = (word for word, count in counts.items() if count >= least)
    return Vocabulary.of(words, (PAD, START, END, UNKNOWN))


def encode_captions(
    vocabulary: Vocabulary, captions: Sequence[Sequence[str]], T: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Write captions as rows of T tokens: `START`, the words, `END`, and `PAD` up to the end.

    A caption of more than T - 2 words is cut to its first T - 1 words, without `END`: it did not end there, and
    nobody should learn that it did.

    Args:
        vocabulary: holds `PAD`, `START` and `END`; a word that it does not hold is `UNKNOWN`, or refused.
        captions: N captions, each as its words.
        T: tokens of a row, at least 2.

    Returns:
        `tokens` (N, T) int64 and `mask` (N, T) bool, True where a token is no padding. For training, `tokens[:, :-1]`
        goes in, `tokens[:, 1:]` is due, and `mask[:, 1:]` says where.

    Raises:
        ValueError: T is below 2, there is no caption, one is a text that was not cut into words, or a word is
            unknown to a vocabulary without `UNKNOWN`.
    """
    if T < 2:
        raise ValueError(f"T is {T}, but must be at least 2: START and one more")
    if len(captions) == 0:
        raise ValueError("captions has none: give at least one")
    rows = [vocabulary.encode([START, *_cut(caption, n), END])[:T] for n, caption in enumerate(captions)]
    lengths = np.array([len(row) for row in rows])
    mask = np.arange(T) < lengths[:, None]
    tokens = np.full(mask.shape, vocabulary[PAD])
    tokens[mask] = np.concatenate(rows)
    return tokens, mask


def _cut(caption: Sequence[str], n: int) -> Sequence[str]:
    if isinstance(caption, str):
        raise ValueError(f"captions[{n}] is the text {caption!r}: cut it with caption_words first")
    return caption
