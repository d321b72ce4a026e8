"""What is still known after a while? Keys with their values, then noise, then keys alone: `make experiments`.

A sequence is some pairs, noise, and each key once more, in another order; after a key its value is due. Networks of
equal size learn from 1, 2, 4, 8 or 16 pairs and at most 32 steps of noise. Then both are made larger than they ever
were. Every network tries the same two rates with the first seed; the better one is repeated with two more seeds. The
LSTM also gets four times the steps, to tell what it cannot learn from what it has not learned yet.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from sequence_models import LSTM, Places, linear_recurrence, transformer, weights
from training import train

RECORD = Path(__file__).with_name("long_range.json")
KEYS, VALUES, NOISE = 32, 8, 8  # kinds of each
V = KEYS * VALUES + KEYS + NOISE  # a token for each pair, each key alone, and each kind of noise
PAIRS, LAG = (1, 2, 4, 8, 16), 32  # how many pairs there are in training; the most noise
N, STEPS, SEEDS = 32, 1000, 3
LONGER = 4 * STEPS
RATES = (0.003, 0.01)
QUESTIONS = 512  # to be judged on, whatever the number of pairs

# Asked afterwards: more and more pairs, after noise as in training; then longer and longer noise, after few pairs.
MORE_PAIRS, SOME_NOISE = (*PAIRS, 32), 16
LONGER_LAGS, FEW_PAIRS = (0, 8, 16, 32, 64, 128, 256), (1, 4)

# All have about 106,000 weights.
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "LSTM": lambda: LSTM(V, D=64, H=96),
    **{
        f"Transformer, places {places}": lambda places=places: transformer(V, 64, 4, 128, 2, places)
        for places in get_args(Places)
    },
    "linear recurrence": lambda: linear_recurrence(V, D=64, H=128, hidden=64, layers=2),
}


def recall(rng: np.random.Generator, N: int, pairs: int, lag: int) -> tuple[Tensor, Tensor]:
    """Draw sequences, and the values that are due in their last steps.

    With three pairs and a lag of four, `.` and `,` being noise, `7 5 2` is due at the last three steps of

        c2 a7 f5 . , , . a f c

    Without memory the best guess gives every value the same probability.

    Args:
        rng: decides everything.
        N: sequences.
        pairs: keys of a sequence, all different, at most `KEYS`.
        lag: steps of noise.

    Returns:
        tokens: (N, 2 pairs + lag) int64.
        due: (N, pairs) int64, values, which are the first tokens of the vocabulary.
    """
    keys = rng.permuted(np.tile(np.arange(KEYS), (N, 1)), axis=1)[:, :pairs]
    values = rng.integers(0, VALUES, (N, pairs))
    noise = rng.integers(V - NOISE, V, (N, lag))
    order = rng.permuted(np.tile(np.arange(pairs), (N, 1)), axis=1)
    asked, due = np.take_along_axis(keys, order, axis=1), np.take_along_axis(values, order, axis=1)
    tokens = np.concatenate([keys * VALUES + values, noise, KEYS * VALUES + asked], axis=1)
    return torch.from_numpy(tokens), torch.from_numpy(due)


@torch.no_grad()
def share_right(network: nn.Module, pairs: int, lag: int) -> float:
    """Give the share of values that a network knows."""
    tokens, due = recall(np.random.default_rng([1000, pairs, lag]), QUESTIONS // pairs, pairs, lag)
    right = [
        network(part)[:, -pairs:].argmax(2) == answer
        for part, answer in zip(tokens.split(32), due.split(32), strict=True)
    ]
    return round(torch.cat(right).float().mean().item(), 4)


def run(name: str, rate: float, seed: int, steps: int = STEPS) -> dict[str, object]:
    """Train a network, and say what it knows."""
    torch.manual_seed(seed)
    network, rng = NETWORKS[name](), np.random.default_rng(seed)

    def loss() -> Tensor:
        pairs, lag = int(rng.choice(PAIRS)), int(rng.integers(0, LAG + 1))
        tokens, due = recall(rng, N, pairs, lag)
        return cross_entropy(network(tokens)[:, -pairs:].flatten(0, 1), due.flatten())

    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    losses = train(learned, loss, steps, rate, quiet=True)
    found = {
        "network": name,
        "weights": weights(network),
        "rate": rate,
        "seed": seed,
        "steps": steps,
        "nats": round(float(np.mean(losses[-steps // 10 :])), 4),
        "by_pairs": [share_right(network, pairs, SOME_NOISE) for pairs in MORE_PAIRS],
        "by_lag": {
            str(pairs): [share_right(network, pairs, lag) for lag in LONGER_LAGS] for pairs in FEW_PAIRS
        },
    }
    print(found, flush=True)
    return found


def main() -> None:
    """Record every network at every rate with one seed, at its best rate with the others, and the LSTM for longer."""
    torch.set_num_threads(1)
    runs: list[dict[str, object]] = []

    def add(name: str, rate: float, seed: int, steps: int = STEPS) -> None:
        runs.append(run(name, rate, seed, steps))
        RECORD.write_text(json.dumps({"runs": runs}) + "\n", encoding="utf-8")

    best = {}
    for name in NETWORKS:
        for rate in RATES:
            add(name, rate, 0)
        best[name] = min((one for one in runs if one["network"] == name), key=lambda one: one["nats"])["rate"]
        for seed in range(1, SEEDS):
            add(name, best[name], seed)
    for seed in range(SEEDS):
        add("LSTM", best["LSTM"], seed, LONGER)


if __name__ == "__main__":
    main()
