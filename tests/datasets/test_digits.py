"""The digits are as their authors describe them, and the two splits share none."""

import numpy as np
import pytest

from rnn_datasets import digits

TRAIN, VALID = digits("train"), digits("valid")


def test_there_are_1797_digits_about_as_many_of_each() -> None:
    labels = np.concatenate([TRAIN.labels, VALID.labels])
    assert len(labels) == 1797
    counts = np.bincount(labels, minlength=10)
    assert counts.min() >= 174
    assert counts.max() <= 183


def test_a_pixel_counts_sixteenths_of_ink() -> None:
    for images, labels in (TRAIN, VALID):
        assert images.shape == (len(labels), 8, 8)
        assert (images.dtype, labels.dtype) == (np.float32, np.int64)
        assert np.unique(images * 16).tolist() == list(range(17))


def test_no_digit_is_in_both_splits() -> None:
    seen = {image.tobytes() for image in TRAIN.images}
    assert not any(image.tobytes() in seen for image in VALID.images)


def test_a_digit_looks_most_like_digits_of_its_own_kind() -> None:
    """The nearest digit of the other split names nineteen in twenty, so labels stand beside their images."""
    distances = ((VALID.images[:, None] - TRAIN.images) ** 2).sum(axis=(2, 3))
    assert (TRAIN.labels[distances.argmin(axis=1)] == VALID.labels).mean() > 0.95


def test_another_split_is_refused() -> None:
    with pytest.raises(ValueError, match="split is 'test'"):
        digits("test")  # type: ignore[arg-type]
