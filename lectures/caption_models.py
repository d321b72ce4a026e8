"""The networks of lecture 6: a convolutional network that sees scenes, and an LSTM that says what it saw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax

from rnn_datasets import (
    COLOURS,
    END,
    PAD,
    SHAPES,
    SIZES,
    START,
    Scenes,
    encode_captions,
    scene_vocabulary,
)

WORDS = scene_vocabulary()
CHANNELS = (24, 48, 64)
GROUND = 40 / 255  # the grey that objects stand on; to the eye it is zero
CELLS = 9
# What the eye is asked about a cell in its first lesson; each question has the answer "nothing", too.
ANSWERS = tuple(1 + len(kinds) for kinds in (SHAPES, COLOURS, SIZES))
D, H = 32, 128
LONGEST = 12  # words of a caption of two objects, END included

WayIn = Literal["state", "input"]
View = Literal["cells", "average"]


class Eye(nn.Module):
    """A small convolutional network: 48 x 48 pixels become 64 features at each of the 3 x 3 cells.

    Its classifier, which names shape, colour and size of what is in each cell, is for the first lesson only.
    """

    def __init__(self) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        for before, after in zip((3, *CHANNELS), CHANNELS, strict=False):
            blocks += [nn.Conv2d(before, after, kernel_size=3, stride=2, padding=1), nn.ReLU()]
        self.body = nn.Sequential(*blocks, nn.AvgPool2d(2), nn.GroupNorm(1, CHANNELS[-1]))
        self.classifier = nn.Linear(CHANNELS[-1], sum(ANSWERS))

    def forward(self, images: Tensor) -> Tensor:
        """See images (N, 48, 48, 3) of bytes; give features (N, 9, 64), a row for each cell as one reads."""
        pixels = images.permute(0, 3, 1, 2).float() / 255 - GROUND
        return self.body(pixels).flatten(2).transpose(1, 2)

    def lesson(self, images: Tensor, cells: Tensor) -> Tensor:
        """Nats for each question about a cell: shape, colour and size, cells (N, 9, 3), 0 for nothing."""
        scores = self.classifier(self(images)).split(ANSWERS, dim=2)
        return sum(
            cross_entropy(score.flatten(0, 1), cells[..., k].flatten()) for k, score in enumerate(scores)
        ) / len(ANSWERS)


def seen(features: Tensor, view: View = "cells") -> Tensor:
    """Make one vector of features (N, 9, 64): all cells one after the other, (N, 576), or their mean, (N, 64)."""
    return features.flatten(1) if view == "cells" else features.mean(dim=1)


class Captioner(nn.Module):
    """An LSTM that writes captions; the picture comes in as its first state, or beside every word.

    Args:
        F: numbers that a picture is given as.
        way_in: "state" or "input".
    """

    def __init__(self, F: int, way_in: WayIn) -> None:
        super().__init__()
        self.as_state = way_in == "state"
        self.words = nn.Embedding(len(WORDS), D)
        self.image = nn.Linear(F, H if self.as_state else D)
        self.lstm = nn.LSTM(D if self.as_state else 2 * D, H, batch_first=True)
        self.scores = nn.Linear(H, len(WORDS))

    def begin(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Make the state and the cell, each (1, N, H), in which the first word is read, of pictures v (N, F)."""
        zeros = v.new_zeros(1, len(v), H)
        return (self.image(v)[None] if self.as_state else zeros), zeros

    def read(
        self, v: Tensor, tokens: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Read tokens (N, T); give scores (N, T, V) of what comes after each, and the state at the end."""
        shown = self.words(tokens)
        if not self.as_state:
            shown = torch.cat([shown, self.image(v).unsqueeze(1).expand_as(shown)], dim=-1)
        states, state = self.lstm(shown, state)
        return self.scores(states), state

    def cost(self, v: Tensor, captions: Tensor) -> Tensor:
        """Nats per caption, of pictures v (N, F) and captions (N, T) between START and END, then PAD."""
        scores, _ = self.read(v, captions[:, :-1], self.begin(v))
        due = captions[:, 1:].flatten()
        return cross_entropy(scores.flatten(0, 1), due, reduction="sum", ignore_index=WORDS[PAD]) / len(v)

    @torch.no_grad()
    def say(self, v: Tensor) -> list[str]:
        """Give a caption for each of N pictures, always the likeliest word."""
        last, state = torch.full((len(v), 1), WORDS[START]), self.begin(v)
        said = []
        for _ in range(LONGEST):
            scores, state = self.read(v, last, state)
            last = scores.argmax(2)
            said.append(last)
        return [WORDS.decode(row, " ").partition(END)[0].strip() for row in torch.cat(said, 1).tolist()]

    @torch.no_grad()
    def expectations(self, v: Tensor, caption: str) -> Tensor:
        """Give the logarithms of the probabilities of each next word, (N, T + 1, V), while a caption is read."""
        tokens = torch.from_numpy(WORDS.encode([START, *caption.split()])).expand(len(v), -1)
        return log_softmax(self.read(v, tokens, self.begin(v))[0], dim=2)


def written(scenes: Scenes) -> Tensor:
    """Write the first caption of each scene as numbers, (N, T), with START, END and PAD."""
    captions = [captions[0].words for captions in scenes.captions]
    return torch.from_numpy(encode_captions(WORDS, captions, LONGEST + 1)[0])


def in_turn(rng: np.random.Generator, N: int, *tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Give batches of N rows without end: each row once, in random order, then all again."""
    while True:
        for rows in rng.permutation(len(tensors[0]))[: len(tensors[0]) // N * N].reshape(-1, N):
            yield tuple(tensor[rows] for tensor in tensors)
