"""The network of lecture 7 that draws: DRAW (Gregor et al., 2015), on digits that stand anywhere on a canvas.

At each of T steps an encoder looks at the picture and at what the canvas still lacks, and says z in a few numbers; a
decoder hears z, and adds to the canvas. Canvas and picture are black and white; the canvas holds the log-odds of black.
With attention, what is read and what is added goes through a window of 8 x 8 Gaussian filters, whose place, stride and
width the decoder chooses at each step. Without it, all of the picture is read and all of the canvas is written.
"""

from __future__ import annotations

from math import log
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate, softmax

import checkpoints
from rnn_datasets import digits

SIDE, DIGIT = 28, 16
T, P = 8, 8  # steps, and filters along each side of the window
H, Z = 80, 10


class Drawing(NamedTuple):
    """N drawings of T steps.

    Attributes:
        canvases: (N, T, R, C), the log-odds of black after each step.
        read: (N, T, 4), the window that was read through at each step: row and column of its middle, its stride and
            the width sigma of its filters, all in pixels. Zeros where the network imagines, or has no attention.
        written: (N, T, 4), the window that was written through, likewise.
        nats: (N, T), what z said at each step, beyond the prior. Zeros where the network imagines.
    """

    canvases: Tensor
    read: Tensor
    written: Tensor
    nats: Tensor


def handwriting(split: Literal["train", "valid"] = "train") -> Tensor:
    """Give digits in black and white, (N, 16, 16), smoothed from 8 x 8."""
    small = torch.from_numpy(digits(split).images)[:, None]
    return (interpolate(small, size=(DIGIT, DIGIT), mode="bilinear")[:, 0] > 0.5).float()


def placed(rng: np.random.Generator, shapes: Tensor, side: int = SIDE) -> Tensor:
    """Put each of N shapes somewhere on a white picture of its own: (N, side, side)."""
    N, _, size = shapes.shape
    images, along = torch.zeros(N, side, side), torch.arange(size)
    row, column = torch.from_numpy(rng.integers(side - size + 1, size=(2, N, 1)))
    images[torch.arange(N)[:, None, None], (row + along)[:, :, None], (column + along)[:, None, :]] = shapes
    return images


def filters(window: Tensor, pixels: int) -> Tensor:
    """Make the filters of windows (N, 4) along one side: rows (N, P, pixels), then columns, each filter's sum 1.

    Args:
        window: row, column, stride and sigma, in pixels.
        pixels: along the side.

    Returns:
        (N, 2, P, pixels).
    """
    middle, stride, sigma = window[:, :2, None], window[:, 2, None, None], window[:, 3, None, None, None]
    mu = middle + (torch.arange(P) - (P - 1) / 2) * stride  # (N, 2, P)
    return softmax(-((torch.arange(pixels) - mu[..., None]) ** 2) / (2 * sigma**2), dim=3)


class Draw(nn.Module):
    """DRAW, with attention or without.

    Args:
        side: of the canvas.
        attends: whether it reads and writes through a window.
    """

    def __init__(self, side: int = SIDE, attends: bool = True) -> None:
        super().__init__()
        self.side, self.attends = side, attends
        seen = P**2 if attends else side**2
        self.encoder = nn.LSTMCell(2 * seen + H, H)
        self.says = nn.Linear(H, 2 * Z)
        self.decoder = nn.LSTMCell(Z, H)
        self.patch = nn.Linear(H, seen)
        self.blank = nn.Parameter(torch.tensor(-2.0))  # most pixels are white
        if attends:
            self.reads_at, self.writes_at = nn.Linear(H, 5), nn.Linear(H, 5)
            stride = (side - 1) / (P - 1)
            for head in (self.reads_at, self.writes_at):  # at first the window covers the canvas
                head.bias.data = torch.tensor([0, 0, log(stride), log(stride / 2), 0])

    def window(self, head: nn.Linear, h: Tensor) -> tuple[Tensor, Tensor]:
        """Choose a window (N, 4), in pixels, and a gain (N, 1, 1), by the decoder's state h (N, H)."""
        chosen = head(h)
        middle = (chosen[:, :2] + 1) / 2 * (self.side - 1)
        return torch.cat([middle, chosen[:, 2:4].exp()], 1), chosen[:, 4].exp()[:, None, None]

    def read(self, images: Tensor, lacking: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """See images (N, R, C) and what lacks: a vector for the encoder, and the window (N, 4)."""
        if not self.attends:
            return torch.cat([images, lacking], 1).flatten(1), h.new_zeros(len(h), 4)
        window, gain = self.window(self.reads_at, h)
        rows, columns = filters(window, self.side).unbind(1)
        return torch.cat([gain * (rows @ x @ columns.mT) for x in (images, lacking)], 1).flatten(1), window

    def write(self, h: Tensor) -> tuple[Tensor, Tensor]:
        """Decide what is added to the canvas, (N, R, C), and through which window (N, 4)."""
        patch = self.patch(h)
        if not self.attends:
            return patch.view(-1, self.side, self.side), h.new_zeros(len(h), 4)
        window, gain = self.window(self.writes_at, h)
        rows, columns = filters(window, self.side).unbind(1)
        return rows.mT @ patch.view(-1, P, P) @ columns / gain, window

    def draw(self, images: Tensor | None, N: int, dice: torch.Generator) -> Drawing:
        """Copy images (N, R, C); or without them, imagine N pictures, each z drawn from the prior."""
        h, c, said, memory = torch.zeros(4, N, H).to(self.blank).unbind()
        canvas = self.blank.expand(N, self.side, self.side)
        steps = []
        for _ in range(T):
            z = torch.randn(N, Z, generator=dice).to(h)
            read, nats = h.new_zeros(N, 4), h.new_zeros(N)
            if images is not None:
                seen, read = self.read(images, images - torch.sigmoid(canvas), h)
                said, memory = self.encoder(torch.cat([seen, h], 1), (said, memory))
                mean, log_sigma = self.says(said).chunk(2, dim=1)
                z = mean + log_sigma.exp() * z
                nats = (mean**2 + (2 * log_sigma).exp() - 1).sum(1) / 2 - log_sigma.sum(1)
            h, c = self.decoder(z, (h, c))
            added, written = self.write(h)
            canvas = canvas + added
            steps.append((canvas, read, written, nats))
        return Drawing(*(torch.stack(part, 1) for part in zip(*steps, strict=True)))

    def costs(self, images: Tensor, dice: torch.Generator) -> tuple[Tensor, Tensor]:
        """Give the two parts of the bound on -log p(image), in nats, (N,) each.

        The first is what the last canvas leaves open, the second what was said on the way.
        """
        drawing = self.draw(images, len(images), dice)
        left = binary_cross_entropy_with_logits(drawing.canvases[:, -1], images, reduction="none")
        return left.sum((1, 2)), drawing.nats.sum(1)


def shipped() -> Draw:
    """Load the network that was trained beforehand: with attention, on a canvas of 28 x 28."""
    network = Draw()
    weights = checkpoints.load("draw").weights
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return network.requires_grad_(False)
