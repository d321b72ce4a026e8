"""An LSTM, Transformers and a linear recurrence of equal size read Python source: recorded by `make experiments`.

All read windows of 128 characters, each from nothing: no state is carried on, so that each has the same to go by. They
get the same windows in the same order, and are judged on modules that were kept aside, by how many characters of a
window they had read. The LSTM also trains for as much processor time as the better Transformer. Every network tries the
same two rates with the first seed; the better one is repeated with two more seeds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import baselines
import rnn_datasets as data
from sequence_models import LSTM, linear_recurrence, transformer, weights
from training import train

RECORD = Path(__file__).with_name("transformer.json")
N, T, STEPS, EVERY, SEEDS = 16, 128, 1000, 100, 3
RATES = (0.003, 0.01)
WINDOWS = 256  # of modules kept aside
# Characters read before a guess: 1, 2 to 3, 4 to 7 and so on. Beyond 127 no network has been trained.
EDGES = [2**k for k in range(10)]
TRAINED = EDGES.index(T // 2)  # the group that is the headline: 64 to 127 characters read
LONGEST_TABLE = 5  # characters that the tables of counts look back

VOCABULARY = data.Vocabulary(("\n", *map(chr, range(32, 127))))
V = len(VOCABULARY)

# All have about 128,000 weights.
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "LSTM": lambda: LSTM(V, D=64, H=136),
    "Transformer, places added": lambda: transformer(V, 64, heads=4, hidden=168, layers=3, places="added"),
    "Transformer, places turned": lambda: transformer(V, 64, heads=4, hidden=168, layers=3, places="turned"),
    "linear recurrence": lambda: linear_recurrence(V, D=64, H=128, hidden=104, layers=3),
}


@cache
def text(split: str) -> Tensor:
    """All characters of a split, as numbers."""
    return torch.tensor(VOCABULARY.encode(data.python_source(split).text))


def batches(seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Draw windows of the training text without end: x, y (N, T)."""
    rng, source = np.random.default_rng(seed), text("train")
    while True:
        starts = torch.from_numpy(rng.integers(0, len(source) - T, N))
        windows = source[starts[:, None] + torch.arange(T + 1)]
        yield windows[:, :-1], windows[:, 1:]


def places(length: int) -> Tensor:
    """Where the windows that one is judged on lie in the text kept aside: (WINDOWS, length)."""
    apart = (len(text("valid")) - EDGES[-1]) // WINDOWS
    return apart * torch.arange(WINDOWS)[:, None] + torch.arange(length)


@torch.no_grad()
def judged(network: nn.Module, groups: int) -> list[float]:
    """Bits per character on the text kept aside, after 1, 2 to 3, 4 to 7 ... characters of a window."""
    windows = text("valid")[places(EDGES[groups])]
    costs = torch.cat(
        [
            cross_entropy(network(part[:, :-1]).transpose(1, 2), part[:, 1:], reduction="none")
            for part in windows.split(N)
        ]
    )
    return by_characters_read(costs / np.log(2))


def by_characters_read(bits: Tensor) -> list[float]:
    """Take the mean of bits (WINDOWS, T) over groups of places: 1, 2 to 3, 4 to 7 ... characters read."""
    return [
        round(bits[:, first - 1 : end - 1].mean().item(), 4)
        for first, end in pairwise(EDGES)
        if end - 1 <= bits.shape[1]
    ]


def loss(network: nn.Module, windows: Iterator[tuple[Tensor, Tensor]]) -> Tensor:
    """Nats per character of the next windows."""
    x, y = next(windows)
    return cross_entropy(network(x).flatten(0, 1), y.flatten())


def run(name: str, rate: float, seed: int, steps: int = STEPS) -> dict[str, object]:
    """Train a network, and say what came of it."""
    torch.manual_seed(seed)
    network, windows = NETWORKS[name](), batches(seed)
    curve: list[tuple[int, float]] = []

    def look(step: int) -> None:
        if step % EVERY == 0:
            curve.append((step, judged(network, TRAINED + 1)[TRAINED]))

    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    train(learned, lambda: loss(network, windows), steps, rate, look, quiet=True)
    found = {"network": name, "weights": weights(network), "rate": rate, "seed": seed, "steps": steps}
    found |= {"bits": curve[-1][1]}
    print(found, flush=True)
    return found | {"curve": curve, "by_characters_read": judged(network, len(EDGES) - 1)}


def milliseconds(rounds: int = 7) -> dict[str, float]:
    """Processor time of a training step of each network, one thread: the median of rounds in which all take turns."""
    networks, windows = {name: make() for name, make in NETWORKS.items()}, batches(0)
    seen: dict[str, list[float]] = {name: [] for name in NETWORKS}
    for _ in range(rounds):
        for name, network in networks.items():
            start = time.process_time()
            train(network.parameters(), lambda network=network: loss(network, windows), 4, 1e-6, quiet=True)
            seen[name].append((time.process_time() - start) * 1000 / 4)
    return {name: round(float(np.median(times)), 1) for name, times in seen.items()}


def tables() -> list[float]:
    """Bits per character of tables that count what follows 0 to 5 characters, where the headline is judged."""
    P = baselines.ngram_probabilities(text("train").numpy(), text("valid").numpy(), V, LONGEST_TABLE)
    due = places(EDGES[TRAINED + 1])[:, EDGES[TRAINED] :].numpy() - LONGEST_TABLE
    return [round(float(-np.log2(p[due]).mean()), 4) for p, _ in P]


def main() -> None:
    """Record every network at every rate with one seed, at its best rate with the others, and the LSTM for longer."""
    torch.set_num_threads(1)
    cost = milliseconds()
    record: dict[str, object] = {"milliseconds": cost, "tables": tables()}
    print(record, flush=True)
    runs: list[dict[str, object]] = []

    def add(name: str, rate: float, seed: int, steps: int = STEPS) -> None:
        runs.append(run(name, rate, seed, steps))
        RECORD.write_text(json.dumps(record | {"runs": runs}) + "\n", encoding="utf-8")

    best = {}
    for name in NETWORKS:
        for rate in RATES:
            add(name, rate, 0)
        best[name] = min((one for one in runs if one["network"] == name), key=lambda one: one["bits"])["rate"]
    as_long = round(STEPS * cost["Transformer, places turned"] / cost["LSTM"] / EVERY) * EVERY
    for seed in range(SEEDS):
        for name in NETWORKS if seed else ():
            add(name, best[name], seed)
        add("LSTM", best["LSTM"], seed, as_long)


if __name__ == "__main__":
    main()
