"""One to four layers with equally many weights: the dots of lecture 3, recorded once by `make experiments`.

Each network reads the training text of `python_source` for 600 steps, 32 stretches side by side and 50 characters at a
time, its state carried on, its rate falling to zero along a cosine. It is judged on the first 96,000 characters of the
modules that were kept aside.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import rnn_datasets as data

RECORD = Path(__file__).with_name("stacked_layers.json")
N, T, STEPS, EVERY, SEEDS = 32, 50, 600, 50, 3
RATE = 0.004
# Layers -> units in each, such that all have about 41,000 weights, as the network of chapter 1.
WIDTHS = {1: 128, 2: 89, 3: 72, 4: 62}


class Stack(nn.Module):
    """Tanh layers above one another; with `residual`, each layer but the first adds to what it reads."""

    def __init__(self, V: int, layers: int, residual: bool) -> None:
        super().__init__()
        H = WIDTHS[layers]
        self.V, self.residual = V, residual
        self.layers = nn.ModuleList(nn.RNN(V if k == 0 else H, H, batch_first=True) for k in range(layers))
        self.output = nn.Linear(H, V)

    def forward(self, tokens: Tensor, starts: list[Tensor | None]) -> tuple[Tensor, list[Tensor]]:
        """Read tokens (N, T) from each layer's last state; give the scores (N, T, V) and the states to go on from."""
        h, ends = nn.functional.one_hot(tokens, self.V).float(), []
        for k, (layer, start) in enumerate(zip(self.layers, starts, strict=True)):
            states, end = layer(h, start)
            h = h + states if self.residual and k > 0 else states
            ends.append(end.detach())
        return self.output(h), ends


def batches(text: str, vocab: data.Vocabulary, length: int) -> list[tuple[Tensor, Tensor]]:
    """Cut the beginning of a text into batches x, y, each (N, T)."""
    tokens = vocab.encode(text[:length])
    return [(torch.from_numpy(x), torch.from_numpy(y)) for x, y in data.character_batches(tokens, N, T)]


def judge(network: Stack, layers: int, pairs: list[tuple[Tensor, Tensor]]) -> float:
    """Bits per character on batches that follow one another."""
    ends: list[Tensor | None] = [None] * layers
    costs = []
    with torch.no_grad():
        for x, y in pairs:
            scores, ends = network(x, ends)
            costs.append(nn.functional.cross_entropy(scores.flatten(0, 1), y.flatten()).item())
    return float(np.mean(costs) / np.log(2))


def train(layers: int, residual: bool, seed: int, steps: int = STEPS) -> tuple[list[float], float]:
    """Train a stack; give its mean cost in each 50 steps and the one on modules kept aside, in bits per character."""
    torch.manual_seed(seed)
    train_text, valid_text = data.python_source("train").text, data.python_source("valid").text
    vocab = data.Vocabulary.of(train_text + valid_text)
    pairs = batches(train_text, vocab, STEPS * N * T + N)[:steps]
    network = Stack(len(vocab), layers, residual)
    adam = torch.optim.Adam(network.parameters(), lr=RATE)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
    ends: list[Tensor | None] = [None] * layers
    costs = []
    for x, y in pairs:
        scores, ends = network(x, ends)
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), y.flatten())
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), max_norm=1)
        adam.step()
        slower.step()
        costs.append(loss.item() / np.log(2))
    curve = [float(np.mean(costs[k : k + EVERY])) for k in range(0, len(costs), EVERY)]
    return curve, judge(network, layers, batches(valid_text, vocab, 96_000 + N))


def main() -> None:
    """Record every number of layers, without and with residual connections, for every seed."""
    torch.set_num_threads(1)
    record = []
    for layers in WIDTHS:
        for residual in (False, True)[: 1 + (layers > 1)]:
            for seed in range(SEEDS):
                curve, bits = train(layers, residual, seed)
                entry = {"layers": layers, "residual": residual, "seed": seed, "bits": round(bits, 4)}
                record.append(entry | {"curve": [round(cost, 4) for cost in curve]})
                print(entry, flush=True)
    RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
