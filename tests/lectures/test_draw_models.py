"""The network of lecture 7 that draws: its windows, its canvas, and its bound in nats."""

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import checkpoints
import draw_models as models
import train_draw
from draw_models import Draw
from experiments import drawing as recorded

SHAPES = models.handwriting()
BOTH = (True, False)


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn(attends: bool) -> tuple[Draw, Tensor]:
    torch.manual_seed(0)
    return Draw(20, attends).double(), models.placed(np.random.default_rng(0), SHAPES[:6], 20).double()


def test_digits_are_black_and_white_and_stand_whole_anywhere() -> None:
    assert set(SHAPES.unique().tolist()) == {0.0, 1.0}
    images = models.placed(np.random.default_rng(0), SHAPES)
    assert torch.equal(images.sum((1, 2)), SHAPES.sum((1, 2)))
    corners = {
        (int(image.any(1).nonzero()[0]) - int(shape.any(1).nonzero()[0]))
        for image, shape in zip(images, SHAPES, strict=True)
    }
    assert corners == set(range(models.SIDE - models.DIGIT + 1))


def test_each_filter_is_a_normal_distribution_over_the_pixels() -> None:
    """Independent of ours: densities of `torch.distributions`, divided by their sum."""
    window = torch.tensor([[5.0, 9.5, 1.5, 0.8], [0.0, 19.0, 0.5, 2.0]], dtype=torch.float64)
    found = models.filters(window, 20)
    pixels = torch.arange(20, dtype=torch.float64)
    for n, (row, column, stride, sigma) in enumerate(window.tolist()):
        for side, middle in enumerate((row, column)):
            for i in range(models.P):
                density = (
                    torch.distributions.Normal(middle + (i - 3.5) * stride, sigma).log_prob(pixels).exp()
                )
                assert torch.allclose(found[n, side, i], density / density.sum(), atol=1e-12)


def test_filters_far_outside_the_canvas_still_sum_to_one() -> None:
    found = models.filters(torch.tensor([[-1e3, 1e4, 5.0, 1e-2]]), 20)
    assert found.sum(3).numpy() == pytest.approx(1, abs=1e-6)


def test_a_sharp_window_of_stride_one_reads_the_pixels_themselves() -> None:
    rows, columns = models.filters(torch.tensor([[8.5, 10.5, 1.0, 0.05]]), 20).unbind(1)
    image = torch.randn(20, 20)
    assert torch.allclose((rows @ image @ columns.mT)[0], image[5:13, 7:15], atol=1e-5)


def test_the_first_window_covers_the_canvas() -> None:
    network, images = drawn(True)
    row, column, stride, _ = network.draw(images, 6, dice()).read[:, 0].mean(0).tolist()
    assert row == pytest.approx(9.5, abs=3)
    assert column == pytest.approx(9.5, abs=3)
    assert (models.P - 1) * stride == pytest.approx(19, rel=0.3)


@pytest.mark.parametrize("attends", BOTH)
def test_nats_are_the_divergence_from_the_prior(attends: bool) -> None:
    """Independent of ours: `torch.distributions`, on what the encoder says at the first step."""
    network, images = drawn(attends)
    zeros = torch.zeros(6, models.H, dtype=torch.float64)
    lacking = images - torch.sigmoid(network.blank.expand_as(images))
    said, _ = network.encoder(torch.cat([network.read(images, lacking, zeros)[0], zeros], 1))
    mean, log_sigma = network.says(said).chunk(2, 1)
    divergence = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, log_sigma.exp()), torch.distributions.Normal(0 * mean, 1 + 0 * mean)
    )
    assert torch.allclose(network.draw(images, 6, dice()).nats[:, 0], divergence.sum(1))


@pytest.mark.parametrize("attends", BOTH)
def test_what_is_left_open_is_the_improbability_of_the_picture(attends: bool) -> None:
    network, images = drawn(attends)
    left, said = network.costs(images, dice())
    drawing = network.draw(images, 6, dice())
    black = torch.distributions.Bernoulli(logits=drawing.canvases[:, -1])
    assert torch.allclose(left, -black.log_prob(images).sum((1, 2)))
    assert torch.allclose(said, drawing.nats.sum(1))


@pytest.mark.parametrize("attends", BOTH)
def test_imagining_reads_nothing_and_says_nothing(attends: bool) -> None:
    network, _ = drawn(attends)
    drawing = network.draw(None, 3, dice())
    assert drawing.canvases.shape == (3, models.T, 20, 20)
    assert drawing.read.abs().sum() == drawing.nats.abs().sum() == 0
    assert (drawing.written.abs().sum() > 0) == attends


@pytest.mark.parametrize("attends", BOTH)
def test_each_drawing_is_its_own(attends: bool) -> None:
    """Another picture in the batch changes nothing, and the picture itself changes everything but the first canvas."""
    network, images = drawn(attends)
    other = images.clone()
    other[1:] = 1 - other[1:]
    before, after = (network.draw(x, 6, dice()) for x in (images, other))
    assert torch.equal(before.canvases[0], after.canvases[0])
    assert not torch.equal(before.canvases[1], after.canvases[1])


@pytest.mark.parametrize("attends", BOTH)
def test_every_weight_learns(attends: bool) -> None:
    network, images = drawn(attends)
    sum(part.sum() for part in network.costs(images, dice())).backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in network.parameters())


def test_training_can_be_repeated() -> None:
    first, again = (train_draw.draws(3, steps=3, side=18) for _ in range(2))
    assert all(map(torch.equal, first.parameters(), again.parameters()))


# What was trained and recorded ------------------------------------------------------------------------------------


def test_the_shipped_network_draws_as_well_as_its_log_says() -> None:
    nats = checkpoints.load("draw").log["valid_nats"]
    left, said = train_draw.bound(models.shipped())
    assert left == pytest.approx(nats["left open"], abs=0.5)
    assert said == pytest.approx(nats["said"], abs=0.5)


@pytest.fixture(scope="module")
def record() -> list[dict[str, Any]]:
    return json.loads(recorded.RECORD.read_text(encoding="utf-8"))


def test_both_kinds_are_recorded_on_both_canvases_with_every_seed(record: list[dict[str, Any]]) -> None:
    kinds = [
        (seed, side, attends) for seed in range(recorded.SEEDS) for side in recorded.SIDES for attends in BOTH
    ]
    assert [(e["seed"], e["side"], e["attends"]) for e in record] == kinds


def test_only_without_attention_do_weights_grow_with_the_canvas(record: list[dict[str, Any]]) -> None:
    """Counted by hand: two LSTMs, what is said, the patch, the blank canvas, and two windows."""
    H, Z = 80, 10
    for entry in record:
        seen = 64 if entry["attends"] else entry["side"] ** 2
        encoder, decoder = 4 * H * (2 * seen + H + H + 2), 4 * H * (Z + H + 2)
        heads = 2 * Z * (H + 1) + seen * (H + 1) + 1 + (2 * 5 * (H + 1) if entry["attends"] else 0)
        assert entry["weights"] == encoder + decoder + heads


def test_a_picture_is_copied_better_than_by_one_who_knows_only_how_much_is_black(
    record: list[dict[str, Any]],
) -> None:
    for entry in record:
        area = entry["side"] ** 2
        p = float(SHAPES.sum(dim=(1, 2)).mean()) / area
        assert entry["left open"] + entry["said"] < -area * (p * math.log(p) + (1 - p) * math.log(1 - p))
