"""Where does a network look while it writes a date? The numbers of lecture 7, recorded once by `make experiments`.

Networks that differ in how they score a place learn for 300 steps of 128 dates. Beside them stand one that weighs all
characters alike, and the encoder-decoder of lecture 5, whose decoder sees one state. All are judged on the same 2,000
dates, whose days no training has seen; what they write there, they write on from what they wrote themselves.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import seq2seq_models
import train_attention
import train_dates
from attention_models import Score, Translator
from rnn_datasets import FIELDS, Dates, date_vocabularies, dates
from seq2seq_models import EncoderDecoder
from training import train

RECORD = Path(__file__).with_name("alignment.json")
SCORES: tuple[Score, ...] = ("additive", "dot", "scaled dot", "uniform")
SEEDS, VALID = 3, 2000
PLACES = (slice(0, 4), slice(5, 7), slice(8, 10))  # where year, month and day stand in what is written


def true_places(sample: Dates, T: int) -> NDArray[np.bool_]:
    """Say which of T characters belong to which field, (N, 3, T)."""
    at = np.arange(T)
    return (at >= sample.spans[..., :1]) & (at < sample.spans[..., 1:])


def masses(looks: NDArray[np.float32], sample: Dates) -> dict[str, list[float]]:
    """Say how much of the looks (N, S, T) lies on the characters of a field, at each of its digits."""
    fields = true_places(sample, looks.shape[2])
    found = {}
    for k, (field, places) in enumerate(zip(FIELDS, PLACES, strict=True)):
        mass = (looks[:, places] * fields[:, [k]]).sum(axis=2, dtype=np.float64)
        found[field] = mass.mean(axis=0).round(4).tolist()
    return found


def chance(sample: Dates) -> dict[str, float]:
    """Say what the masses are when all characters weigh the same."""
    lengths = np.array([len(text) for text in sample.sources])
    share = (sample.spans[..., 1] - sample.spans[..., 0]) / lengths[:, None]
    return dict(zip(FIELDS, share.mean(axis=0).round(4).tolist(), strict=True))


def judged(network: Translator | EncoderDecoder, sample: Dates) -> tuple[float, NDArray[np.float32]]:
    """Give the share of right answers, and what else the network says of its writing."""
    vocabulary, _ = date_vocabularies()
    tokens, beside = network.write(*seq2seq_models.encoded(vocabulary, sample.sources))
    right = np.array(seq2seq_models.decoded(tokens)) == np.array(sample.targets)
    return round(float(right.mean()), 4), beside.numpy()


def run(score: Score, seed: int, steps: int = train_attention.DATE_STEPS) -> dict[str, object]:
    """Train one network that looks, and judge it."""
    network = train_attention.translator(score, seed, steps)
    valid = dates(np.random.default_rng(1000), VALID, "valid")
    exact, looks = judged(network, valid)
    weights = sum(parameter.numel() for parameter in network.parameters())
    return {"score": score, "seed": seed, "weights": weights, "exact": exact, "mass": masses(looks, valid)}


def one_state(seed: int, steps: int = train_attention.DATE_STEPS) -> dict[str, object]:
    """Train the encoder-decoder of lecture 5 for as many steps, and judge it."""
    vocabulary, out = date_vocabularies()
    torch.manual_seed(seed)
    network = EncoderDecoder(len(vocabulary), len(out), train_dates.H)
    batches = seq2seq_models.batches(np.random.default_rng(seed), vocabulary, train_attention.N_DATES)
    train(
        network.parameters(),
        lambda: network.cost(*next(batches)),
        steps,
        train_attention.DATE_RATE,
        quiet=True,
    )
    exact, _ = judged(network, dates(np.random.default_rng(1000), VALID, "valid"))
    return {
        "seed": seed,
        "weights": sum(parameter.numel() for parameter in network.parameters()),
        "exact": exact,
    }


def main() -> None:
    """Record every score with every seed."""
    torch.set_num_threads(1)
    networks, without = [], []
    for seed in range(SEEDS):
        for score in SCORES:
            networks.append(run(score, seed))
            print(networks[-1], flush=True)
        without.append(one_state(seed))
        print(without[-1], flush=True)
    record = {
        "chance": chance(dates(np.random.default_rng(1000), VALID, "valid")),
        "networks": networks,
        "one state": without,
    }
    RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
