"""Scenes held against their own pixels."""

import time

import numpy as np
import pytest

from rnn_datasets import COLOURS, HELD_OUT, SHAPES, SIZES, Scenes, render_scenes, scenes

CIRCLE, RED = SHAPES.index("circle"), COLOURS.index("red")


@pytest.fixture(scope="module")
def drawn() -> Scenes:
    return scenes(np.random.default_rng(0), 600)


def there(some: Scenes) -> list[tuple[int, int]]:
    return [(int(n), int(k)) for n, k in np.argwhere(some.shapes >= 0)]


def inside(some: Scenes, n: int, k: int) -> np.ndarray:
    left, top, right, bottom = some.boxes[n, k]
    return some.images[n, top:bottom, left:right].astype(int)


def painted(pixels: np.ndarray) -> np.ndarray:
    """How far each pixel is from the background, as a share of the farthest."""
    difference = np.abs(pixels - 40).sum(axis=-1)
    return difference / difference.max()


def test_a_box_holds_its_object_and_fits_it_exactly(drawn: Scenes) -> None:
    for n, k in there(drawn):
        mark = painted(inside(drawn, n, k)) > 0
        assert mark[0].any() and mark[-1].any() and mark[:, 0].any() and mark[:, -1].any()


def test_outside_the_boxes_there_is_nothing(drawn: Scenes) -> None:
    images = drawn.images.copy()
    for n, k in there(drawn):
        left, top, right, bottom = drawn.boxes[n, k]
        assert (
            images[n, top:bottom, left:right] != 40
        ).any()  # boxes do not overlap: this one is not yet empty
        images[n, top:bottom, left:right] = 40
    assert (images == 40).all()


def test_objects_have_the_shape_that_is_said(drawn: Scenes) -> None:
    for n, k in there(drawn):
        marks = painted(inside(drawn, n, k))
        above, below = np.split(marks, 2)
        share, corner = marks.mean(), marks[0, 0]
        match SHAPES[drawn.shapes[n, k]]:
            case "square":
                assert share == 1
            case "circle":
                assert share == pytest.approx(np.pi / 4, abs=0.02)
                assert np.array_equal(marks, marks.T)
            case "triangle":
                assert share == pytest.approx(1 / 2, abs=0.03)
                assert below.sum() > 2 * above.sum()
            case "cross":
                assert corner == 0
                assert set(marks.flat) == {0, 1}
                assert marks[len(marks) // 2].all()


def test_objects_have_the_colour_that_is_said(drawn: Scenes) -> None:
    strong = {"red": "r", "green": "g", "blue": "b", "yellow": "rg", "white": "rgb"}
    for n, k in there(drawn):
        middle = inside(drawn, n, k)[len(inside(drawn, n, k)) // 2, len(inside(drawn, n, k)) // 2]
        assert (
            "".join(c for c, value in zip("rgb", middle, strict=True) if value > 130)
            == (strong[COLOURS[drawn.colours[n, k]]])
        )


def test_the_first_object_is_the_big_one(drawn: Scenes) -> None:
    widths = drawn.boxes[..., 2] - drawn.boxes[..., 0]
    several = drawn.shapes[:, 1] >= 0
    assert (drawn.sizes[several, 0] == SIZES.index("big")).all()
    assert (drawn.sizes[:, 1:][drawn.shapes[:, 1:] >= 0] == SIZES.index("small")).all()
    assert set(drawn.sizes[~several, 0]) == {0, 1}
    big, small = (set(widths[drawn.sizes == size]) for size in (1, 0))
    assert min(big) > 1.4 * max(small)


def test_objects_stand_in_their_cells_and_in_line_with_the_first(drawn: Scenes) -> None:
    for n, k in there(drawn):
        left, top, right, bottom = drawn.boxes[n, k]
        row, column = divmod(int(drawn.cells[n, k]), 3)
        assert 16 * column < left < right < 16 * column + 16
        assert 16 * row < top < bottom < 16 * row + 16
        assert row == drawn.cells[n, 0] // 3 or column == drawn.cells[n, 0] % 3


def test_each_number_of_objects_shape_colour_and_cell_comes_as_often() -> None:
    many = scenes(np.random.default_rng(1), 6_000)
    counts = (many.shapes >= 0).sum(axis=1)
    assert np.bincount(counts)[1:] / 6_000 == pytest.approx(1 / 3, abs=0.02)
    for k in range(3):
        real = many.shapes[:, k] >= 0
        pairs = np.bincount(many.shapes[real, k] * 5 + many.colours[real, k])
        assert pairs / real.sum() == pytest.approx(1 / 20, abs=0.015)
    assert np.bincount(many.cells[:, 0]) / 6_000 == pytest.approx(1 / 9, abs=0.02)


def test_what_is_not_there_is_minus_one() -> None:
    some = scenes(np.random.default_rng(0), 50, (1, 3))
    alone = some.shapes[:, 1] < 0
    assert alone.any()
    assert some.boxes.shape == (50, 3, 4)
    for numbers in (some.shapes, some.colours, some.sizes, some.cells, some.boxes[..., 0]):
        assert (numbers[alone, 1:] == -1).all()
        assert (numbers[~alone] >= 0).all()


def test_two_objects_are_two_columns() -> None:
    some = scenes(np.random.default_rng(0), 3, (2,))
    assert some.shapes.shape == (3, 2)
    assert (some.shapes >= 0).all()


def pairs_of(some: Scenes, k: int) -> set[tuple[int, int]]:
    real = some.shapes[:, k] >= 0
    return set(zip(some.shapes[real, k].tolist(), some.colours[real, k].tolist(), strict=True))


def test_training_never_sees_the_pairs_that_are_held_out() -> None:
    seen = scenes(np.random.default_rng(0), 1_000, pairs="seen")
    new = scenes(np.random.default_rng(1), 1_000, pairs="held out")
    every = {(shape, colour) for shape in range(4) for colour in range(5)}
    for k in range(3):
        assert pairs_of(seen, k) == every - set(HELD_OUT)
        assert pairs_of(new, k) == (set(HELD_OUT) if k == 0 else every - set(HELD_OUT))
    # Yet every shape and every colour has been seen, so that only the pair is new.
    assert {shape for shape, _ in pairs_of(seen, 0)} == set(range(4))
    assert {colour for _, colour in pairs_of(seen, 0)} == set(range(5))


def test_in_the_biased_scenes_circles_are_nearly_always_red() -> None:
    biased = scenes(np.random.default_rng(0), 2_500, pairs="biased", bias=0.9)
    against = scenes(np.random.default_rng(1), 2_500, pairs="against bias")
    circles, others = biased.shapes == CIRCLE, biased.shapes > CIRCLE
    assert (biased.colours[circles] == RED).mean() == pytest.approx(0.9, abs=0.025)
    assert (biased.colours[others] == RED).mean() == pytest.approx(0.2, abs=0.025)
    assert set(biased.colours[circles]) == set(range(5))
    assert not ((against.shapes == CIRCLE) & (against.colours == RED)).any()
    usual = scenes(np.random.default_rng(2), 1_000, pairs="biased")
    assert (usual.colours[usual.shapes == CIRCLE] == RED).mean() == pytest.approx(0.99, abs=0.01)
    always = scenes(np.random.default_rng(3), 500, pairs="biased", bias=1)
    assert set(always.colours[always.shapes == CIRCLE]) == {RED}
    for some in (biased, against):
        assert (some.shapes[:, 0] == CIRCLE).mean() == pytest.approx(0.25, abs=0.03)


def test_the_table_of_cells_says_what_stands_where(drawn: Scenes) -> None:
    table = drawn.by_cell()
    assert table.shape == (600, 9, 3)
    found = {(n, c, *(table[n, c] - 1)) for n, c in np.argwhere(table.any(axis=2))}
    attributes = (drawn.cells, drawn.shapes, drawn.colours, drawn.sizes)
    assert found == {(n, *(some[n, k] for some in attributes)) for n, k in there(drawn)}


def test_a_scene_of_ones_own_is_drawn_alike(drawn: Scenes) -> None:
    middle = np.stack([drawn.cells % 3, drawn.cells // 3], axis=-1) * 16 + 8
    shifts = (drawn.boxes[..., :2] + drawn.boxes[..., 2:]) // 2 - middle
    again = render_scenes(drawn.shapes, drawn.colours, drawn.sizes, drawn.cells, shifts)
    assert again.dtype == np.uint8
    assert np.array_equal(again, drawn.images)


def test_an_object_without_a_shift_stands_in_the_middle_of_its_cell() -> None:
    [image] = render_scenes([[SHAPES.index("square"), -1]], [[RED, -1]], [[1, -1]], [[5, -1]])
    rows, columns = np.nonzero((image != 40).any(axis=-1))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (18, 29, 34, 45)


def test_the_generator_alone_decides_the_scenes(drawn: Scenes) -> None:
    again, other = (scenes(np.random.default_rng(seed), 600) for seed in (0, 1))
    assert np.array_equal(again.images, drawn.images)
    assert again.captions == drawn.captions
    assert not np.array_equal(other.images, drawn.images)


def test_ten_thousand_scenes_take_less_than_ten_seconds_of_work() -> None:
    scenes(np.random.default_rng(0), 1)
    started = time.process_time()
    scenes(np.random.default_rng(0), 2_000)
    assert time.process_time() - started < 1  # measured: 0.2 s


def test_scenes_that_make_no_sense_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="N is 0, but must be at least 1"):
        scenes(rng, 0)
    for objects in (2, (), (0,), (1, 4)):
        with pytest.raises(ValueError, match=r"objects is .* but must be a list of numbers from 1 to 3"):
            scenes(rng, 5, objects)  # type: ignore[arg-type]
    for bias in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=f"bias is {bias}, but a share"):
            scenes(rng, 5, bias=bias)
    with pytest.raises(ValueError, match="pairs is 'all', but must be one of 'any', 'seen'"):
        scenes(rng, 5, pairs="all")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"shapes": [0, 1]}, "shapes has the shape \\(2,\\), but must be \\(N, K\\)"),
        ({"colours": [[0]]}, "colours has the shape \\(1, 1\\), but shapes has \\(1, 2\\)"),
        ({"shapes": [[0, 4]]}, "shapes must hold whole numbers from 0 to 3"),
        ({"colours": [[0, 5]]}, "colours must hold whole numbers from 0 to 4"),
        ({"colours": [[0, 0.5]]}, "colours must hold whole numbers"),
        ({"sizes": [[0, -1]]}, "sizes must hold whole numbers from 0 to 1"),
        ({"cells": [[0, 9]]}, "cells must hold whole numbers from 0 to 8"),
        ({"cells": [[3, 3]]}, "cells has two objects of a picture in one cell"),
        ({"shifts": [[[0, 0], [4, 0]]]}, "shifts leave the cell: at most 3 pixels if small, 1 if big"),
        ({"shifts": [[[0, 2], [0, 0]]]}, "shifts leave the cell"),
        ({"shifts": [[0, 2]]}, "shifts has the shape \\(1, 2\\), but must be \\(1, 2, 2\\)"),
    ],
)
def test_a_scene_of_ones_own_that_makes_no_sense_is_refused(arguments: dict[str, object], says: str) -> None:
    fine = {"shapes": [[0, 1]], "colours": [[0, 1]], "sizes": [[1, 0]], "cells": [[0, 1]]}
    assert render_scenes(**fine).shape == (1, 48, 48, 3)
    with pytest.raises(ValueError, match=says):
        render_scenes(**{**fine, **arguments})
