"""The network of lecture 7 that looks: a few glimpses at a large picture, and the name of the digit that is in it.

A picture of 40 x 40 pixels holds one whole digit and pieces of others. Where to look is one of its 10 x 10 cells of
4 x 4 pixels, chosen on a blurred view that has one number for each cell. What is seen there is sharp: the cell and the
eight around it, 12 x 12 pixels.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy, log_softmax, mse_loss, pad

import checkpoints
from rnn_datasets import Digits

SIDE, CELL, DIGIT = 40, 4, 8
ACROSS = SIDE // CELL
CELLS = ACROSS**2
WINDOW = 3 * CELL
PIECES, PIECE = 6, 5
LOOKS = 4
SCAN = (22, 77, 27, 72)  # the cells that are looked at when all pictures are looked at alike
H, K = 96, 16

Gaze = Literal["learned", "random", "scan", "brightest", "told", "lesson"]
GAZES: tuple[Gaze, ...] = get_args(Gaze)


class Pictures(NamedTuple):
    """N pictures with one whole digit each.

    Attributes:
        images: (N, 40, 40), 0 for paper to 1 for ink.
        labels: (N,), the digit.
        corners: (N, 2), row and column of the digit's first pixel.
    """

    images: Tensor
    labels: Tensor
    corners: Tensor

    @property
    def cells(self) -> Tensor:
        """Where to look: a cell of each picture, (N,), whose window holds all of the digit."""
        row, column = (self.corners // CELL + 1).unbind(1)
        return row * ACROSS + column


class Looks(NamedTuple):
    """What became of T glimpses at N pictures.

    Attributes:
        cells: (N, T), where it looked.
        log_p: (N, T, 10), what it then took the digit for.
        log_gaze: (N, T, 100), how likely it was to look at each cell. Zeros where another chose.
        expected: (N, T), the cost that it expected before each glimpse.
    """

    cells: Tensor
    log_p: Tensor
    log_gaze: Tensor
    expected: Tensor


def pictures(rng: np.random.Generator, whole: Digits, N: int, pieces: int = PIECES) -> Pictures:
    """Draw N pictures: pieces of digits anywhere, then a whole digit anywhere."""
    images = np.zeros((N, SIDE, SIDE), np.float32)
    for _ in range(pieces):
        row, column = rng.integers(DIGIT - PIECE + 1, size=(2, N))
        piece = _window(whole.images[rng.integers(len(whole.images), size=N)], row, column, PIECE)
        row, column = rng.integers(SIDE - PIECE + 1, size=(2, N))
        _put(images, np.maximum(piece, _window(images, row, column, PIECE)), row, column)
    chosen = rng.integers(len(whole.images), size=N)
    row, column = rng.integers(SIDE - DIGIT + 1, size=(2, N))
    _put(images, whole.images[chosen], row, column)
    return Pictures(*map(torch.from_numpy, (images, whole.labels[chosen], np.stack([row, column], 1))))


def blurred(images: Tensor) -> Tensor:
    """Give the ink of each cell of images (N, 40, 40), as a part of what a cell can hold: (N, 10, 10)."""
    return avg_pool2d(images[:, None], CELL)[:, 0]


def fovea(images: Tensor, cells: Tensor) -> Tensor:
    """Cut the cell and the eight around it out of images (N, 40, 40), with paper beyond the border: (N, 12, 12)."""
    wide = pad(images, (CELL,) * 4)
    rows, columns = (
        CELL * index[:, None] + torch.arange(WINDOW) for index in (cells // ACROSS, cells % ACROSS)
    )
    return wide[torch.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]


class Gazer(nn.Module):
    """A GRU that is given one glimpse at a time, and decides where the next one goes (Mnih et al., 2014).

    Where to look is hard attention over the cells: the query comes from the state, the keys from the blurred view, and
    near a cell that was looked at already they change. The glance at the whole beforehand is from Ba, Mnih and
    Kavukcuoglu (2015).
    """

    def __init__(self) -> None:
        super().__init__()
        self.what = nn.Linear(WINDOW**2, H)
        self.where = nn.Embedding(CELLS, H)
        self.both = nn.Linear(H, H)
        self.cell = nn.GRUCell(H, H)
        self.names = nn.Linear(H, 10)
        self.keys = nn.Sequential(
            nn.Conv2d(1, K, 3, padding=1), nn.ReLU(), nn.Conv2d(K, K, 3, padding=1), nn.ReLU(), nn.Flatten(2)
        )
        self.query = nn.Linear(H, K)
        self.again = nn.Conv2d(1, K, 3, padding=1, bias=False)
        self.baseline = nn.Linear(H, 1)

    def gaze(self, keys: Tensor, been: Tensor, h: Tensor) -> Tensor:
        """Give the logarithm of the chance of each cell, (N, 100).

        Args:
            keys: (N, K, 100).
            been: (N, 100), 1 where it has looked already.
            h: (N, H).
        """
        keys = keys + self.again(been.view(-1, 1, ACROSS, ACROSS)).flatten(2)
        return log_softmax((self.query(h)[:, None] @ keys)[:, 0], dim=1)

    def see(self, glimpse: Tensor, cells: Tensor, h: Tensor) -> Tensor:
        """Take in a glimpse (N, 12, 12) at cells (N,); give the next state (N, H)."""
        seen = torch.relu(self.both(torch.relu(self.what(glimpse.flatten(1)))) + self.where(cells))
        return self.cell(seen, h)

    def look(
        self,
        drawn: Pictures,
        by: Gaze = "learned",
        dice: torch.Generator | None = None,
        T: int = LOOKS,
    ) -> Looks:
        """Look T times, at cells of the network's own choice or of another's.

        Args:
            drawn: what to look at; nothing but the image is used, unless where to look is "told".
            by: who chooses the cells. "learned": the network. "random": chance, no cell twice. "scan": the same cells
                in every picture. "brightest": those with most ink around, no two of them neighbours. "told": the truth,
                each time. "lesson": the truth one time in three, else chance.
            dice: decides by chance; without it, the network chooses the likeliest cell.
            T: how often.
        """
        images, N = drawn.images, len(drawn.images)
        been, h = images.new_zeros(N, CELLS), images.new_zeros(N, H)
        ahead = chosen_by(by, drawn, dice, T)
        keys = self.keys(blurred(images)[:, None]) if ahead is None else None
        looks: list[tuple[Tensor, ...]] = []
        for t in range(T):
            if keys is not None:
                log_gaze = self.gaze(keys, been, h)
                cells = (
                    torch.multinomial(log_gaze.exp(), 1, generator=dice)[:, 0] if dice else log_gaze.argmax(1)
                )
            else:
                log_gaze, cells = images.new_zeros(N, CELLS), ahead[:, t]
            expected = self.baseline(h.detach())[:, 0]
            been = been.scatter(1, cells[:, None], 1)
            h = self.see(fovea(images, cells), cells, h)
            looks.append((cells, log_softmax(self.names(h), dim=1), log_gaze, expected))
        return Looks(*(torch.stack(part, 1) for part in zip(*looks, strict=True)))

    def cost(self, drawn: Pictures, by: Gaze, dice: torch.Generator, bonus: float = 0.02) -> Tensor:
        """Give the loss: nats for the name after each glimpse, and what teaches the gaze by REINFORCE.

        A glimpse answers for what the names cost from then on, less what was expected. `bonus` is paid for every nat
        of entropy, so that the gaze stays curious.
        """
        looks = self.look(drawn, by, dice)
        T = looks.cells.shape[1]
        named = drawn.labels[:, None].expand(-1, T).flatten()
        costs = cross_entropy(looks.log_p.flatten(0, 1), named, reduction="none").view(-1, T)
        if by != "learned":
            return costs.mean()
        ahead = costs.detach().flip(1).cumsum(1).flip(1) / torch.arange(T, 0, -1)  # mean from each glimpse on
        log_chosen = looks.log_gaze.gather(2, looks.cells[:, :, None])[:, :, 0]
        reinforce = ((ahead - looks.expected.detach()) * log_chosen).sum(1).mean()
        entropy = -(looks.log_gaze.exp() * looks.log_gaze).sum(2).sum(1).mean()
        return costs.mean() + reinforce + mse_loss(looks.expected, ahead) - bonus * entropy


def chosen_by(by: Gaze, drawn: Pictures, dice: torch.Generator | None, T: int) -> Tensor | None:
    """Choose T cells to look at without the network, (N, T); None where it is the network that chooses."""
    N = len(drawn.images)
    chance = torch.rand(N, CELLS, generator=dice)
    match by:
        case "random":
            return chance.argsort(1)[:, :T]
        case "scan":
            return torch.tensor(SCAN[:T]).expand(N, T)
        case "brightest":
            return brightest(drawn.images, T)
        case "told":
            return drawn.cells[:, None].expand(N, T)
        case "lesson":
            told = torch.rand(N, T, generator=dice) < 1 / 3
            return torch.where(told, drawn.cells[:, None], chance.argsort(1)[:, :T])
        case _:
            return None


def brightest(images: Tensor, T: int) -> Tensor:
    """Choose the T cells whose windows hold most ink, each outside the windows of those before: (N, T)."""
    ink = avg_pool2d(blurred(images)[:, None], 3, stride=1, padding=1).flatten(1)
    row, column = torch.arange(CELLS) // ACROSS, torch.arange(CELLS) % ACROSS
    cells = []
    for _ in range(T):
        cells.append(ink.argmax(1))
        near = ((row - row[cells[-1], None]).abs() <= 1) & ((column - column[cells[-1], None]).abs() <= 1)
        ink = ink.masked_fill(near, -1)
    return torch.stack(cells, 1)


def right(looks: Looks, drawn: Pictures) -> Tensor:
    """Say whether the likeliest name is right, after each glimpse: (N, T)."""
    return looks.log_p.argmax(2) == drawn.labels[:, None]


def found(looks: Looks, drawn: Pictures) -> Tensor:
    """Say whether all of the digit has been in one window by then: (N, T)."""
    windows = (
        torch.stack([looks.cells // ACROSS, looks.cells % ACROSS], 2) * CELL - CELL
    )  # their first pixels
    inside = drawn.corners[:, None] - windows
    return ((inside >= 0) & (inside <= WINDOW - DIGIT)).all(2).cummax(dim=1).values


def shipped() -> Gazer:
    """Load the network that was trained beforehand."""
    network = Gazer()
    weights = checkpoints.load("glimpses").weights
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return network.requires_grad_(False)


def _window(images: np.ndarray, row: np.ndarray, column: np.ndarray, side: int) -> np.ndarray:
    return images[_indices(row, column, side)]


def _put(images: np.ndarray, patches: np.ndarray, row: np.ndarray, column: np.ndarray) -> None:
    images[_indices(row, column, patches.shape[1])] = patches


def _indices(row: np.ndarray, column: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    along = np.arange(side)
    return (
        np.arange(len(row))[:, None, None],
        (row[:, None] + along)[:, :, None],
        (column[:, None] + along)[:, None, :],
    )
