"""How good captions are: word for word, by BLEU, and by what they say is there and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import exp, log

from rnn_datasets import COLOURS, SHAPES, SIZES

NAMING = {*SIZES, *COLOURS, *SHAPES}


def exact(said: Sequence[str], due: Sequence[str]) -> float:
    """Give the share of captions that are right to the last word."""
    return _share([ours == theirs for ours, theirs in zip(said, due, strict=True)])


def what(said: Sequence[str], due: Sequence[str]) -> float:
    """Give the share of captions whose sizes, colours and shapes are right, in their order."""
    return _share([_named(ours) == _named(theirs) for ours, theirs in zip(said, due, strict=True)])


def where(said: Sequence[str], due: Sequence[str]) -> float:
    """Give the share of captions that are right but for sizes, colours and shapes: places and relations."""
    return _share([_unnamed(ours) == _unnamed(theirs) for ours, theirs in zip(said, due, strict=True)])


def bleu4(said: Sequence[str], due: Sequence[str]) -> float:
    """Score captions by BLEU-4, each against one reference, the counts pooled (Papineni et al., 2002)."""
    logs = []
    for n in range(1, 5):
        pairs = [(_grams(ours, n), _grams(theirs, n)) for ours, theirs in zip(said, due, strict=True)]
        shared = sum((ours & theirs).total() for ours, theirs in pairs)
        if shared == 0:
            return 0
        logs.append(log(shared / sum(ours.total() for ours, _ in pairs)))
    short = sum(len(theirs.split()) for theirs in due) / sum(len(ours.split()) for ours in said)
    return exp(sum(logs) / 4 + min(0, 1 - short))


def _grams(caption: str, n: int) -> Counter[tuple[str, ...]]:
    words = caption.split()
    return Counter(zip(*(words[k:] for k in range(n)), strict=False))


def _named(caption: str) -> list[str]:
    return [word for word in caption.split() if word in NAMING]


def _unnamed(caption: str) -> list[str]:
    return [word for word in caption.split() if word not in NAMING]


def _share(right: Sequence[bool]) -> float:
    return sum(right) / len(right)
