"""Where does a network look while it writes a date? The numbers of lecture 7, recorded once by `make experiments`.

Networks that differ in how they score a place learn for 300 steps of 128 dates; one of them weighs all characters
alike. All are judged on the same 2,000 dates, whose days no training has seen; what they write there, they write on
from what they wrote themselves.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import seq2seq_models
import train_attention
from attention_models import Score
from rnn_datasets import FIELDS, Dates, date_vocabularies, dates

RECORD = Path(__file__).with_name("alignment.json")
SCORES: tuple[Score, ...] = ("additive", "dot", "scaled dot", "uniform")
SEEDS, VALID = 3, 2000
PLACES = (slice(0, 4), slice(5, 7), slice(8, 10))  # where year, month and day stand in what is written


def true_places(sample: Dates, T: int) -> NDArray[np.bool_]:
    """Say which of T characters belong to which field, (N, 3, T)."""
    at = np.arange(0, T)
    return (at >= sample.spans[..., :1]) & (at < sample.spans[..., 1:])


def texts(sample: Dates) -> NDArray[np.str_]:
    """Say how each field is written, (N, 3): "one digit", "two digits" or "otherwise"."""
    kinds = [
        [_kind(source[slice(*span)]) for span in spans]
        for source, spans in zip(sample.sources, sample.spans.tolist(), strict=True)
    ]
    return np.array(kinds)


def _kind(text: str) -> str:
    return {1: "one digit", 2: "two digits"}.get(len(text), "otherwise") if text.isdigit() else "otherwise"


def masses(looks: NDArray[np.float32], sample: Dates) -> dict[str, dict[str, list[float]]]:
    """Say how much of the looks (N, S, T) lies on the characters of a field, at each of its digits.

    For each field the mean over "all" dates, and over those where the text is one digit, two digits, or neither: a zero
    before a single digit stands nowhere in the source.
    """
    fields, kinds = true_places(sample, looks.shape[2]), texts(sample)
    found = {}
    for k, (field, places) in enumerate(zip(FIELDS, PLACES, strict=True)):
        mass = (looks[:, places] * fields[:, [k]]).sum(axis=2, dtype=np.float64)
        groups = {str(kind): mass[kinds[:, k] == kind] for kind in np.unique(kinds[:, k])}
        found[field] = {
            kind: rows.mean(axis=0).round(4).tolist() for kind, rows in ({"all": mass} | groups).items()
        }
    return found


def chance(sample: Dates) -> dict[str, float]:
    """Say what the masses are when all characters weigh the same."""
    lengths = np.array([len(text) for text in sample.sources])
    share = (sample.spans[..., 1] - sample.spans[..., 0]) / lengths[:, None]
    return dict(zip(FIELDS, share.mean(axis=0).round(4).tolist(), strict=True))


def run(score: Score, seed: int, steps: int = train_attention.DATE_STEPS) -> dict[str, object]:
    """Train one network, and judge it."""
    network = train_attention.translator(score, seed, steps)
    vocabulary, _ = date_vocabularies()
    valid = dates(np.random.default_rng(1000), VALID, "valid")
    tokens, looks = network.write(*seq2seq_models.encoded(vocabulary, valid.sources))
    right = np.array(seq2seq_models.decoded(tokens)) == np.array(valid.targets)
    return {
        "score": score,
        "seed": seed,
        "weights": sum(parameter.numel() for parameter in network.parameters()),
        "exact": round(float(right.mean()), 4),
        "mass": masses(looks.numpy(), valid),
    }


def main() -> None:
    """Record every score with every seed."""
    torch.set_num_threads(1)
    found = {"chance": chance(dates(np.random.default_rng(1000), VALID, "valid"))}
    networks = []
    for seed in range(SEEDS):
        for score in SCORES:
            networks.append(run(score, seed))
            print(networks[-1], flush=True)
            RECORD.write_text(json.dumps({**found, "networks": networks}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
