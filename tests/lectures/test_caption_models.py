"""The networks of lecture 6 see cells, take the picture in two ways, and were recorded as they are."""

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import caption_models as models
from caption_models import Captioner, Eye
from experiments import captions as recorded
from rnn_datasets import COLOURS, SHAPES, render_scenes, scenes

WAYS = ("state", "input")
SAMPLE = scenes(np.random.default_rng(0), 40, (1, 2))
TOKENS = models.written(SAMPLE)


def picture(cell: int) -> Tensor:
    return torch.from_numpy(render_scenes([[0]], [[2]], [[1]], [[cell]]))


def drawn(way_in: models.WayIn) -> tuple[Captioner, Tensor]:
    torch.manual_seed(0)
    return Captioner(7, way_in).double(), torch.randn(40, 7, dtype=torch.float64)


def test_the_eye_looks_at_each_cell() -> None:
    """What stands in a cell changes that cell's features most, and far cells' not at all but for the common scale."""
    torch.manual_seed(0)
    eye = Eye()
    pooled = eye.body[:-1]  # before all features of a picture are scaled together
    background = torch.full_like(picture(0), 40)
    for cell in range(9):
        with torch.no_grad():
            seen, nothing = (
                pooled(image.permute(0, 3, 1, 2) / 255 - models.GROUND)[0].flatten(1)
                for image in (picture(cell), background)
            )
        change = (seen - nothing).norm(dim=0)
        assert int(change.argmax()) == cell
        row, column = divmod(cell, 3)
        far = [k for k in range(9) if max(abs(k // 3 - row), abs(k % 3 - column)) == 2]
        assert change[far].max() < 1e-6 if far else cell == 4


def test_the_eye_has_about_forty_thousand_weights() -> None:
    convolutions = 24 * (27 + 1) + 48 * (9 * 24 + 1) + 64 * (9 * 48 + 1)
    assert sum(p.numel() for p in Eye().parameters()) == convolutions + 2 * 64 + 14 * (64 + 1)


def test_a_lesson_costs_what_naming_every_cell_costs() -> None:
    torch.manual_seed(0)
    eye = Eye()
    images, cells = torch.from_numpy(SAMPLE.images), torch.from_numpy(SAMPLE.by_cell())
    scores = eye.classifier(eye(images))
    parts = [scores[..., :5], scores[..., 5:11], scores[..., 11:]]
    costs = [
        -torch.log_softmax(part, dim=2).gather(2, cells[..., [k]]).mean() for k, part in enumerate(parts)
    ]
    assert eye.lesson(images, cells).item() == pytest.approx(sum(costs).item() / 3, abs=1e-6)


def test_the_mean_has_no_places() -> None:
    features = torch.arange(2 * 9 * 64.0).reshape(2, 9, 64)
    assert models.seen(features).shape == (2, 576)
    shuffled = features[:, torch.randperm(9)]
    assert torch.allclose(models.seen(features, "average"), models.seen(shuffled, "average"))
    assert models.seen(features, "average").shape == (2, 64)


@pytest.mark.parametrize("way_in", WAYS)
def test_the_cost_is_that_of_each_caption_by_itself(way_in: models.WayIn) -> None:
    """Independent of ours: PyTorch's cell, one caption, one word at a time."""
    network, v = drawn(way_in)
    cell = nn.LSTMCell(network.lstm.input_size, models.H).double()
    cell.load_state_dict({name.removesuffix("_l0"): w for name, w in network.lstm.state_dict().items()})
    costs = []
    for picture, caption in zip(v[:5], TOKENS[:5].tolist(), strict=True):
        caption = caption[: caption.index(2) + 1]
        image = network.image(picture)[None]
        h, c = torch.zeros(2, 1, models.H, dtype=torch.float64)
        h, cost = image if way_in == "state" else h, 0.0
        for token, following in pairwise(caption):
            x = network.words.weight[token][None]
            h, c = cell(torch.cat([x, image], 1) if way_in == "input" else x, (h, c))
            cost -= torch.log_softmax(network.scores(h), dim=1)[0, following].item()
        costs.append(cost)
    assert network.cost(v[:5], TOKENS[:5]).item() == pytest.approx(np.mean(costs), abs=1e-9)


@pytest.mark.parametrize("way_in", WAYS)
def test_what_it_says_is_what_it_expects_most(way_in: models.WayIn) -> None:
    network, v = drawn(way_in)
    for n, said in enumerate(network.say(v[:5])):
        likeliest = network.expectations(v[n : n + 1], said)[0].argmax(dim=1).tolist()
        words = models.WORDS.encode(said.split()).tolist()
        assert likeliest[: len(words)] == words


@pytest.mark.parametrize("way_in", WAYS)
def test_the_picture_gets_a_gradient(way_in: models.WayIn) -> None:
    network, v = drawn(way_in)
    v.requires_grad_()
    network.cost(v, TOKENS).backward()
    assert v.grad.abs().sum(dim=1).min() > 0


def test_batches_come_round_with_each_row_once() -> None:
    rows = torch.arange(10)
    batches = models.in_turn(np.random.default_rng(0), 5, rows, -rows)
    for _ in range(3):
        first, second = next(batches), next(batches)
        assert sorted(torch.cat([first[0], second[0]]).tolist()) == list(range(10))
        assert (first[1] == -first[0]).all()


def test_exceptions_are_circles_that_are_not_red() -> None:
    biased = scenes(np.random.default_rng(0), 2000, (1, 2), "biased")
    named = [" ".join(captions[0].words) for captions in biased.captions]
    odd = [any(f"{colour} {SHAPES[0]}" in caption for colour in COLOURS[1:]) for caption in named]
    assert recorded.odd(biased).tolist() == odd
    assert len(recorded.with_exceptions(biased, 0)) == 2000 - sum(odd)
    assert len(recorded.with_exceptions(biased, 7)) == 2007 - sum(odd)
    assert recorded.with_exceptions(biased, None).tolist() == list(range(2000))


class Parrot:
    """Says what it was given, whatever it sees."""

    def __init__(self, said: list[str]) -> None:
        self.said = said

    def say(self, v: Tensor) -> list[str]:
        return self.said


def test_what_became_of_a_circle_is_told_by_the_first_thing_said() -> None:
    asked = recorded.valid_scenes("against bias", objects=(1,))
    truth = recorded.due(asked)
    for said, outcome in (
        (truth, "right"),
        (["a big red circle on the left"] * len(truth), "red circle"),
        ([caption.replace("circle", "cross") for caption in truth], "another shape of its colour"),
        (["a big red cross on the left"] * len(truth), "else"),
    ):
        assert recorded.circles(Eye().requires_grad_(False), Parrot(said)) == {outcome: 1.0}


# What is recorded -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def record() -> dict[str, list[dict[str, Any]]]:
    return json.loads(recorded.RECORD.read_text(encoding="utf-8"))


def test_every_kind_is_recorded_with_every_seed(record: dict[str, list[dict[str, Any]]]) -> None:
    ways = [(entry["way_in"], entry["view"], entry["steps"], entry["seed"]) for entry in record["ways in"]]
    assert sorted(ways) == sorted((*kind, seed) for kind in recorded.KINDS for seed in range(recorded.SEEDS))
    for part, entries in (("bias", len(recorded.EXCEPTIONS)), ("held out", 2), ("joint", 1)):
        seeds = [entry["seed"] for entry in record[part]]
        assert sorted(seeds) == sorted([*range(recorded.SEEDS)] * entries)


def test_a_caption_is_exact_where_things_and_places_are(record: dict[str, list[dict[str, Any]]]) -> None:
    for entry in (*record["ways in"], *record["bias"], *record["joint"]):
        assert entry["what"] + entry["where"] - 1 <= entry["exact"] + 1e-3
        assert entry["exact"] <= min(entry["what"], entry["where"])


def test_the_captioners_are_as_large_as_they_say(record: dict[str, list[dict[str, Any]]]) -> None:
    """Embedding, what makes a vector of the picture, gates, and scores, counted by hand."""
    V, D, H = 31, 32, 128
    for entry in record["ways in"]:
        F, image = {"cells": 576, "average": 64}[entry["view"]], {"state": H, "input": D}[entry["way_in"]]
        read = D if entry["way_in"] == "state" else 2 * D
        gates = 4 * H * (read + H + 2)
        assert entry["weights"] == V * D + image * (F + 1) + gates + V * (H + 1)


def test_without_looking_is_measured_on_the_same_scenes(record: dict[str, Any]) -> None:
    again = recorded.without_looking()
    assert again == record["without looking"]
    assert all(entry["exact"] < 0.05 for entry in again.values())
