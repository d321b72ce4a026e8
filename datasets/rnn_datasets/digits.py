"""Handwritten digits of 8 x 8 pixels, by thirteen people."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

_FILE = Path(__file__).with_name("digits.npz")
_TRAIN = 1297  # of 1797
_FULL = 16  # what a pixel counts when all of it is ink


class Digits(NamedTuple):
    """N handwritten digits.

    Attributes:
        images: (N, 8, 8) float32, 0 for paper to 1 for ink.
        labels: (N,) int64, 0 to 9.
    """

    images: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]


def digits(split: Literal["train", "valid"] = "train") -> Digits:
    """Give handwritten digits (Alpaydin and Kaynak, 1998).

    The last 500 are set aside: the file goes from person to person, so most of their writers are not in the others.

    Args:
        split: "train" or "valid".

    Returns:
        The digits of that split, always in the same order.

    Raises:
        ValueError: the split is neither.
    """
    if split not in ("train", "valid"):
        raise ValueError(f"split is {split!r}; it should be 'train' or 'valid'")
    rows = slice(_TRAIN) if split == "train" else slice(_TRAIN, None)
    with np.load(_FILE, allow_pickle=False) as file:
        return Digits(file["images"][rows].astype(np.float32) / _FULL, file["labels"][rows].astype(np.int64))
