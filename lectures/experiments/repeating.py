"""Read a name, write it again: encoder-decoders of lecture 5 for which length counts. `make experiments`.

Each reads names, letter by letter, into a state of 64 numbers, and writes the same letters. Some read backwards.
The others differ in what the writer is shown in training: the truth, its own letters, or less and less of the truth
(Bengio et al., 2015). All are judged on names that were kept aside.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

import seq2seq_models
from rnn_datasets import END, PAD, START, Vocabulary, names
from seq2seq_models import EncoderDecoder
from training import train

RECORD = Path(__file__).with_name("repeating.json")
H, N, RATE, STEPS, SEEDS = 64, 128, 6e-3, 600, 3
LETTERS = Vocabulary((PAD, START, END, *string.ascii_lowercase))
LENGTHS = range(3, 13)

# The probability that the truth is shown, by the share of the training that is done.
DECAYS: dict[str, Callable[[float], float]] = {
    "linear": lambda done: max(0.0, 1 - done / 0.75),
    "exponential": lambda done: 0.01**done,
    "inverse sigmoid": lambda done: 50 / (50 + np.exp(12 * done)),
}


class Kind(NamedTuple):
    """What differs: whether the source is read from its end, and how likely the truth is shown on the way."""

    backwards: bool
    shown: Callable[[float], float]


KINDS = {
    "forwards": Kind(False, lambda done: 1.0),
    "backwards": Kind(True, lambda done: 1.0),
    "its own letters": Kind(False, lambda done: 0.0),
    **{name: Kind(False, decay) for name, decay in DECAYS.items()},
}


@cache
def words(split: str) -> tuple[str, ...]:
    """The names of a split, "train" or "valid", of 3 to 12 letters."""
    parts = dict(zip(("train", "valid"), names().split(0.1), strict=True))
    return tuple(word for word in parts[split].words if len(word) in LENGTHS and word.isascii())


def batch(chosen: Sequence[str], backwards: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """Write names as numbers: x (N, T), lengths (N,), and y (N, T + 1) with END behind each."""
    x, lengths = seq2seq_models.encoded(LETTERS, chosen, backwards)
    y = np.array([LETTERS.encode([*word, END, *[PAD] * (x.shape[1] - len(word))]) for word in chosen])
    return x, lengths, torch.from_numpy(y)


def trained(kind: Kind, seed: int, steps: int = STEPS) -> EncoderDecoder:
    """Train one network."""
    torch.manual_seed(seed)
    network, rng = EncoderDecoder(len(LETTERS), len(LETTERS), H), np.random.default_rng(seed)
    done = 0

    def loss() -> Tensor:
        nonlocal done
        p, done = kind.shown(done / STEPS), done + 1
        chosen = [words("train")[i] for i in rng.integers(0, len(words("train")), N)]
        drawn = batch(chosen, kind.backwards)
        return network.cost(*drawn) if p == 1 else network.cost_with_own(*drawn, p, rng)

    train(network.parameters(), loss, steps, RATE, quiet=True)
    return network


@torch.no_grad()
def judged(network: EncoderDecoder, backwards: bool = False) -> dict[str, object]:
    """Judge a network on the names that were kept aside: letters told the truth, letters and names told its own."""
    x, lengths, y = batch(words("valid"), backwards)
    written, _ = network.write(x, lengths, y.shape[1])
    counted = y != LETTERS[PAD]
    told_truth, told_own = (
        ((said == y) & counted).sum(1) for said in (network(x, lengths, y).argmax(2), written)
    )
    exact = told_own == counted.sum(1)
    by_length = [round(float(exact[lengths == n].float().mean()), 4) for n in LENGTHS]
    return {
        "told_truth": round(float(told_truth.sum() / counted.sum()), 4),
        "told_own": round(float(told_own.sum() / counted.sum()), 4),
        "exact": round(float(exact.float().mean()), 4),
        "by_length": by_length,
    }


def main() -> None:
    """Record every kind and every seed."""
    torch.set_num_threads(1)
    networks = []
    for seed in range(SEEDS):
        for name, kind in KINDS.items():
            found = judged(trained(kind, seed), kind.backwards)
            networks.append({"kind": name, "seed": seed, **found})
            print(networks[-1], flush=True)
            RECORD.write_text(json.dumps({"networks": networks}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
