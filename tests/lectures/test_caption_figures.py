"""The figures of lecture 6 draw what they are given, and photographs take the lecture's way from end to end."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lecture_figures import check_drawing, check_moves, define
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

import caption_figures
import caption_models
import rnn_datasets as data
import training
from rnn_datasets import (
    END,
    PAD,
    START,
    Photos,
    caption_vocabulary,
    caption_words,
    coco_captions,
    encode_captions,
    flickr8k,
    read_photos,
)

IMAGE = np.full((48, 48, 3), 40, np.uint8)
HALVES = np.array([0.5, 0.5])
ROWS = [["<start>", "a", "<pad>"], ["<start>", "cat", "<end>"]]
NAMES = {"<start>": "START", "<end>": "END", "<pad>": "PAD"}

pytestmark = pytest.mark.usefixtures("course_style")

DRAWINGS: dict[str, Callable[[Axes], Axes]] = {
    "picture": lambda ax: caption_figures.draw_picture(ax, IMAGE, "a red cross", "a red circle"),
    "ways": lambda ax: caption_figures.draw_ways(ax, "input"),
    "batch": lambda ax: caption_figures.draw_batch(ax, ROWS, NAMES),
    "features": lambda ax: caption_figures.draw_features(ax, np.eye(9), "all cells"),
    "seeds": lambda ax: caption_figures.plot_seeds(ax, {"one": [0.1, 0.2], "other": [0.9]}, "share"),
    "said": lambda ax: caption_figures.plot_said(ax, {"a": 0.7, "b": 0.3}, [True, False], "share"),
    "change": lambda ax: caption_figures.plot_change(ax, ["a", "red"], {"blank": HALVES}, marked=1),
    "chances": lambda ax: caption_figures.draw_chances(ax, "abcdefg", *np.eye(7)[:2]),
    "bleu": lambda ax: caption_figures.plot_bleu(ax, {"a": ({"p1": 0.5, "BLEU": 0.5}, True)}),
    "naming": lambda ax: caption_figures.plot_naming(ax, {"fair": {"circle": HALVES}}, HALVES, 0.5),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_figure_draws_on_the_axes_that_it_is_given_and_returns_them(draw):
    check_drawing(draw)


def test_every_figure_is_tried_here():
    own = {name for name in vars(caption_figures) if name.startswith(("draw_", "plot_"))}
    assert len(own) == len(DRAWINGS)


def written(said: str, due: str) -> list[str]:
    ax = caption_figures.draw_picture(Figure().subplots(), IMAGE, said, due)
    return [text.get_text() for text in ax.texts]


def test_only_words_that_are_not_due_at_their_place_stand_between_crosses():
    assert written("a red cross left", "a red circle") == ["a", "red", "×cross×", "×left×"]
    assert written("a red circle", "a red circle left") == ["a", "red", "circle"]


def test_a_long_caption_is_broken_into_lines_that_fit():
    caption = "a big yellow triangle right of a small yellow triangle"
    ax = caption_figures.draw_picture(Figure().subplots(), IMAGE, caption)
    lines: dict[float, str] = {}
    for text in ax.texts:
        column, line = text.get_position()
        letters = round(column / 48 * caption_figures.WIDTH)
        lines[line] = lines.get(line, "").ljust(letters) + text.get_text()
    assert " ".join(lines.values()) == caption
    assert max(map(len, lines.values())) <= caption_figures.WIDTH


def test_padding_is_hatched_and_nothing_else():
    ax = caption_figures.draw_batch(Figure().subplots(), ROWS, NAMES)
    hatched = [cell.get_xy() for cell in ax.patches if cell.get_hatch()]
    assert hatched == [(1.5, -0.5)]


def test_a_false_caption_is_marked_by_more_than_its_colour():
    ax = caption_figures.plot_said(Figure().subplots(), {"a": 0.7, "b": 0.3}, [True, False], "share")
    assert [text.get_text() for text in ax.texts] == ["a", "× b"]
    assert [bar.get_hatch() for bar in ax.patches] == [None, "////"]


def test_the_most_that_moved_and_the_word_that_is_asked_about_can_be_read_off():
    ax = caption_figures.plot_change(Figure().subplots(), ["a", "red"], {"blank": np.array([0.1, 0.9])}, 1)
    bars = [bar.get_height() for bar in ax.containers[0]]
    assert bars == [0.1, 0.9]


# ---- the lecture's way with photographs, on files of the true formats


def coco(folder: Path) -> Photos:
    """Two photographs and their captions as COCO has them."""
    content = {
        "images": [{"id": k, "file_name": f"{k}.jpg"} for k in (1, 2)],
        "annotations": [
            {"image_id": 1, "caption": "A red wall."},
            {"image_id": 2, "caption": "Two dogs, on a blue beach."},
        ],
    }
    file = folder / "captions.json"
    file.write_text(json.dumps(content))
    return coco_captions(file)


def flickr(folder: Path) -> Photos:
    """The same as Flickr8k has them."""
    lines = ["1.jpg#0\tA red wall .", "2.jpg#0\tTwo dogs on a blue beach ."]
    (folder / "Flickr8k.token.txt").write_text("\n".join(lines))
    (folder / "Flickr_8k.trainImages.txt").write_text("1.jpg\n2.jpg\n")
    return flickr8k(folder, "train")


class PhotoCaptioner(nn.Module):
    """The lecture's captioner in small: an eye that is pooled, and an LSTM that is shown the picture at each word."""

    def __init__(self, V: int) -> None:
        super().__init__()
        self.eye = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
        self.words, self.lstm, self.scores = (
            nn.Embedding(V, 8),
            nn.LSTM(16, 16, batch_first=True),
            nn.Linear(16, V),
        )

    def forward(self, images: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Score what follows each token."""
        v = self.eye(images.permute(0, 3, 1, 2) / 255)
        beside = v[:, None].expand(-1, tokens.shape[1], -1)
        return self.scores(self.lstm(torch.cat([self.words(tokens), beside], dim=2))[0])


@pytest.mark.parametrize("annotations", [coco, flickr])
def test_photographs_are_read_learned_from_for_two_steps_and_captioned(annotations, tmp_path):
    for name, colour in (("1.jpg", (255, 0, 0)), ("2.jpg", (0, 0, 255))):
        Image.new("RGB", (40, 30), colour).save(tmp_path / name)
    photos = annotations(tmp_path)
    images = torch.from_numpy(read_photos(tmp_path, photos.files, side=16)).float()
    words = [caption_words(captions[0]) for captions in photos.captions]
    vocabulary = caption_vocabulary(words)
    tokens, mask = (torch.from_numpy(part) for part in encode_captions(vocabulary, words, T=9))
    torch.manual_seed(0)
    network = PhotoCaptioner(len(vocabulary))

    def loss() -> torch.Tensor:
        costs = nn.functional.cross_entropy(
            network(images, tokens[:, :-1]).transpose(1, 2), tokens[:, 1:], reduction="none"
        )
        return (costs * mask[:, 1:]).sum() / len(tokens)

    first = training.train(network.parameters(), loss, steps=2, rate=1e-2, quiet=True)[0]
    assert loss().item() < first
    training.train(network.parameters(), loss, steps=100, rate=3e-2, quiet=True)  # and on, to see it look
    said = torch.full((2, 1), vocabulary[START])
    with torch.no_grad():
        for _ in range(8):
            said = torch.cat([said, network(images, said)[:, -1:].argmax(2)], dim=1)
    sentences = [vocabulary.decode(row, " ").split(END)[0].split()[1:] for row in said.tolist()]
    assert [tuple(sentence) for sentence in sentences] == words
    assert vocabulary[PAD] not in said[:, : mask.sum(1).min()]


# ---- the figures that move, taken from the lecture's script, with networks that have learned nothing

CONSTANTS = {"WRITTEN", "CLAIMS", "FOGS"}
ORDER = {
    "size": "big",
    "shape": "circle",
    "colour": "red",
    "second": "cross",
    "its_colour": "blue",
    "its_cell": 8,
}
MOVES = {
    "pooling_figure": [{"cell": 9, "colour": "red"}, {"cell": 2, "colour": "blue"}],
    "temperature_figure": [{"scene": 1, "temperature": 1.0}, {"scene": 2, "temperature": 2.0}],
    "needs_figure": [{"scene": 1, "word": 3, "other": "blank"}, {"scene": 2, "word": 11, "other": 3}],
    "compose_figure": [ORDER | {"cell": 2}, ORDER | {"cell": 8}],  # the second time both in one cell
    "bleu_figure": [{"caption": "a big red circle"}, {"caption": ""}],
    "bias_figure": [{"fog": fog, "colour": "blue", "size": "small"} for fog in (0.5, 0.0)],
}


@pytest.fixture(scope="module")
def lecture() -> dict[str, Any]:
    """The lecture's functions, and what they are called with."""
    torch.manual_seed(0)
    space: dict[str, Any] = {
        "np": np,
        "torch": torch,
        "re": re,
        "Counter": Counter,
        "Figure": Figure,
        "data": data,
    }
    space |= {"log_softmax": nn.functional.log_softmax, "WORDS": caption_models.WORDS}
    space |= {"caption_models": caption_models, "caption_figures": caption_figures}
    define("06_captioning", CONSTANTS, space)
    space["eye"] = caption_models.Eye().requires_grad_(False)
    space["valid"], space["due"] = space["draw"](N=20)
    space["networks"] = {kind: [caption_models.Captioner(576, "input")] for kind in ("fair", "biased")}
    space["network"] = space["networks"]["fair"][0]
    space["v"], space["ground"] = space["seen"](space["valid"].images), IMAGE
    space["nothing"] = space["seen"](IMAGE[None])
    space["prefixes"] = caption_models.written(space["valid"])[:, :-1]
    return space


@pytest.mark.parametrize("name", MOVES)
def test_each_move_of_the_lecture_takes_less_than_a_fifth_of_a_second(lecture, name):
    check_moves(lecture[name], *MOVES[name])


RED_ABOVE_BLUE = {("big", "red", "circle"): 1, ("small", "blue", "square"): 7}


@pytest.mark.parametrize(
    ("caption", "true"),
    [
        ("a big red circle above a small blue square", True),
        ("there is a big red circle above a small blue square", True),
        ("above a small blue square there is a big red circle", True),
        ("a small blue square below a big red circle", True),
        ("a big red circle below a small blue square", False),
        ("below a small blue square there is a big red circle", False),
        ("a big red circle left of a small blue square", False),
        ("a big red circle above a small red square", False),
        ("a big red circle at the top", True),
        ("a big red circle at the top left", False),
        ("above below", False),
    ],
)
def test_a_caption_is_true_if_all_that_it_claims_is_so(lecture, caption, true):
    assert lecture["is_true"](caption, RED_ABOVE_BLUE) is true


def test_a_beam_gives_captions_with_their_true_probabilities_the_likeliest_first(lecture):
    v = lecture["v"][:1]
    found = lecture["beam"](v, width=31)
    assert len(found) > 3
    assert list(found.values()) == sorted(found.values(), reverse=True)
    for caption, probability in found.items():
        due = caption_models.WORDS.encode([*caption.split(), END])
        expected = lecture["network"].expectations(v, caption)[0, range(len(due)), due].sum().exp().item()
        assert probability == pytest.approx(expected, rel=1e-4)
