"""How much of a date goes through one state? Encoder-decoders of lecture 5, recorded once by `make experiments`.

Each reads 1,000 batches of 128 dates in fourteen languages and writes them as ISO does. They differ in how many numbers
their state has, and one reads backwards. All are judged on the same 2,000 dates, whose days no training has seen; what
they write there, they write on from what they wrote themselves.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

import seq2seq_models
from rnn_datasets import Dates, date_vocabularies, dates
from seq2seq_models import EncoderDecoder
from training import train

RECORD = Path(__file__).with_name("dates.json")
N, RATE, STEPS, EVERY, SEEDS, VALID = 128, 6e-3, 1000, 100, 3, 2000
GLANCE = 300  # dates to judge on along the way
# Lengths of the source are put together like this: up to 9 characters, 10 to 12, and so on.
LENGTHS = (9, 12, 15, 18, 22, 35)


class Kind(NamedTuple):
    """What differs: the numbers of the state, and whether the source is read from its end."""

    H: int
    backwards: bool


KINDS = (Kind(96, False), Kind(16, False), Kind(32, False), Kind(96, True))


def right_places(network: EncoderDecoder, sample: Dates, backwards: bool) -> np.ndarray:
    """Say which of the ten characters of each answer are right, (N, 10)."""
    vocabulary, _ = date_vocabularies()
    tokens, _ = network.write(*seq2seq_models.encoded(vocabulary, sample.sources, backwards))
    return (tokens == seq2seq_models.answers(sample.targets))[:, :-1].numpy()


def by_length(sample: Dates, right: np.ndarray) -> list[float]:
    """Give the share of right answers (N,) to sources of each group of `LENGTHS`."""
    group = np.searchsorted(LENGTHS, [len(text) for text in sample.sources])
    return [round(float(right[group == k].mean()), 4) for k in range(len(LENGTHS))]


def run(kind: Kind, seed: int, steps: int = STEPS) -> dict[str, object]:
    """Train one network, and judge it."""
    vocabulary, out = date_vocabularies()
    torch.manual_seed(seed)
    network = EncoderDecoder(len(vocabulary), len(out), kind.H)
    batches = seq2seq_models.batches(np.random.default_rng(seed), vocabulary, N, kind.backwards)
    valid, glance = (dates(np.random.default_rng(1000), n, "valid") for n in (VALID, GLANCE))
    curve = []

    def look(step: int) -> None:
        if step % EVERY == 0:
            exact = right_places(network, glance, kind.backwards).all(axis=1).mean()
            curve.append(round(float(exact), 4))

    train(network.parameters(), lambda: network.cost(*next(batches)), steps, RATE, look, quiet=True)
    right = right_places(network, valid, kind.backwards)
    exact = right.all(axis=1)
    return {
        "H": kind.H,
        "backwards": kind.backwards,
        "seed": seed,
        "weights": sum(parameter.numel() for parameter in network.parameters()),
        "curve": curve,
        "exact": round(float(exact.mean()), 4),
        "by_place": right.mean(axis=0).round(4).tolist(),
        "by_length": by_length(valid, exact),
    }


def without_looking() -> dict[str, object]:
    """Judge the answer that never looks: the commonest character of each place."""
    train_on = [list(text) for text in dates(np.random.default_rng(0), 50_000).targets]
    valid = np.array([list(text) for text in dates(np.random.default_rng(1000), VALID, "valid").targets])
    likeliest = [Counter(column).most_common(1)[0][0] for column in zip(*train_on, strict=True)]
    right = valid == likeliest
    return {"exact": float(right.all(axis=1).mean()), "by_place": right.mean(axis=0).round(4).tolist()}


def main() -> None:
    """Record every kind and every seed, and what one can do without looking."""
    torch.set_num_threads(1)
    networks = []
    for seed in range(SEEDS):
        for kind in KINDS:
            networks.append(run(kind, seed))
            print(networks[-1], flush=True)
    record = {"without looking": without_looking(), "networks": networks}
    RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
