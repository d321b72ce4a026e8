"""How well single units follow what a reader of the text knows: the measures of lecture 2, for any states."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BINS = 1000  # states are sorted into so many, which is far quicker than to rank them


def auc(states: NDArray[np.floating], label: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How often each unit is higher where the label is true than where it is not; equal bins count a half.

    Args:
        states: (T, H), between -1 and 1.
        label: (T,), both values in it.

    Returns:
        (H,), from 0 to 1; one half is chance.
    """
    H = states.shape[1]
    bins = BINS * np.arange(H) + ((states + 1) * (BINS - 1) / 2).astype(int)
    inside, outside = (
        np.bincount(bins[where].ravel(), minlength=BINS * H).reshape(H, BINS) / where.sum()
        for where in (label, ~label)
    )
    return (inside * (outside.cumsum(axis=1) - outside / 2)).sum(axis=1)


def follows(states: NDArray[np.floating], label: NDArray[np.bool_ | np.int64]) -> NDArray[np.float64]:
    """How well each unit follows a label, (H,) from -1 to 1: 2 AUC - 1 for yes or no, else the correlation."""
    if label.dtype == bool:
        return 2 * auc(states, label) - 1
    states, centred = states - states.mean(axis=0), label - label.mean()
    return centred @ states / np.linalg.norm(centred) / np.linalg.norm(states, axis=0).clip(1e-9)


def best_unit(states: NDArray[np.floating], label: NDArray[np.bool_ | np.int64]) -> tuple[int, float]:
    """Choose a unit on the first half of the text; give it and its score on the second: AUC, or correlation."""
    half = len(label) // 2
    first = follows(states[:half], label[:half])
    unit = int(abs(first).argmax())
    score = np.sign(first[unit]) * follows(states[half:, [unit]], label[half:])[0]
    return unit, float((1 + score) / 2 if label.dtype == bool else score)
