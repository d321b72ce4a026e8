"""A tanh network, a GRU and an LSTM of equal size read Python source: recorded once by `make experiments`.

Each reads the training text for 600 steps, 32 stretches side by side and 100 characters at a time, its state carried
on, its rate falling to zero along a cosine, and is judged on modules that were kept aside. Every cell tries the same
two rates with the first seed; the better one is repeated with two more seeds.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

import rnn_datasets as data

RECORD = Path(__file__).with_name("gated_characters.json")
N, T, STEPS, EVERY, SEEDS = 32, 100, 600, 50, 3
RATES = (0.003, 0.01)
VALID = 32_000  # characters to judge on

VOCABULARY = data.Vocabulary(("\n", *map(chr, range(32, 127))))


class Cell(NamedTuple):
    """A recurrent layer, and how many units it has: such that all networks have about 127,000 weights."""

    layer: type[nn.RNN] | type[nn.GRU] | type[nn.LSTM]
    H: int


CELLS = {"tanh": Cell(nn.RNN, 273), "GRU": Cell(nn.GRU, 151), "LSTM": Cell(nn.LSTM, 128)}

State = Tensor | tuple[Tensor, Tensor] | None
Pairs = list[tuple[Tensor, Tensor]]


class Network(nn.Module):
    """A recurrent layer between characters and scores, with one bias for each gate, as in the course."""

    def __init__(self, cell: str) -> None:
        super().__init__()
        kind, H = CELLS[cell]
        self.layer = kind(len(VOCABULARY), H, batch_first=True)
        nn.init.zeros_(self.layer.bias_hh_l0).requires_grad_(False)  # PyTorch has two; this one stays out
        if kind is nn.LSTM:
            nn.init.ones_(self.layer.bias_ih_l0[H : 2 * H].detach())  # forget gates that are open at first
        self.output = nn.Linear(H, len(VOCABULARY))

    def loss(self, x: Tensor, y: Tensor, state: State) -> tuple[Tensor, State]:
        """Nats per character of a batch x, y (N, T), and the state to go on from, without its history."""
        h, state = self.layer(nn.functional.one_hot(x, len(VOCABULARY)).float(), state)
        state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
        return nn.functional.cross_entropy(self.output(h).flatten(0, 1), y.flatten()), state

    def learned(self) -> list[nn.Parameter]:
        """All that is learned."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]


def batches(split: str, characters: int) -> Pairs:
    """Cut the beginning of a split into batches x, y, each (N, T), whose rows go on from batch to batch."""
    tokens = VOCABULARY.encode(data.python_source(split).text[: characters + N])
    return [
        (torch.from_numpy(x.copy()), torch.from_numpy(y.copy()))
        for x, y in data.character_batches(tokens, N, T)
    ]


@torch.no_grad()
def judge(network: Network, pairs: Pairs) -> float:
    """Bits per character on batches that follow one another."""
    state: State = None
    costs = []
    for x, y in pairs:
        loss, state = network.loss(x, y, state)
        costs.append(loss.item())
    return float(np.mean(costs) / np.log(2))


def train(cell: str, rate: float, seed: int, steps: int = STEPS) -> tuple[list[float], float]:
    """Train a network; give its bits per character on modules kept aside, after each 50 steps, and the seconds."""
    torch.manual_seed(seed)
    pairs, kept_aside = batches("train", STEPS * N * T), batches("valid", VALID)
    network = Network(cell)
    adam = torch.optim.Adam(network.learned(), lr=rate)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
    state: State = None
    curve, seconds = [], 0.0
    for step, (x, y) in enumerate(pairs[:steps], start=1):
        start = time.process_time()
        loss, state = network.loss(x, y, state)
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.learned(), max_norm=1)
        adam.step()
        slower.step()
        seconds += time.process_time() - start
        if step % EVERY == 0:
            curve.append(judge(network, kept_aside))
    return curve, seconds


def entry(cell: str, rate: float, seed: int) -> dict[str, object]:
    """Train, and say what came of it."""
    curve, seconds = train(cell, rate, seed)
    weights = sum(parameter.numel() for parameter in Network(cell).learned())
    found = {"cell": cell, "H": CELLS[cell].H, "weights": weights, "rate": rate, "seed": seed}
    found |= {"bits": round(curve[-1], 4), "seconds": round(seconds, 1)}
    print(found, flush=True)
    return found | {"curve": [round(bits, 4) for bits in curve]}


def main() -> None:
    """Record every cell at every rate with one seed, and at its best rate with the others."""
    torch.set_num_threads(1)
    record = []
    for cell in CELLS:
        tried = [entry(cell, rate, 0) for rate in RATES]
        best = min(tried, key=lambda one: one["bits"])["rate"]
        record += tried + [entry(cell, best, seed) for seed in range(1, SEEDS)]
    RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
