"""Which network learns to remember over T steps? The curves of lecture 3, recorded once: `make experiments`.

Every network has 64 units, reads 64 new sequences at each step, and takes at most 1,000 steps of Adam, its gradient
clipped to norm 1. As no sequence comes twice, the loss in training is the loss on sequences never seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rnn_datasets import memory

RECORD = Path(__file__).with_name("memory_curves.json")
H, N, STEPS, EVERY, SEEDS = 64, 64, 1000, 25, 3
SYMBOLS = 8


class Task(NamedTuple):
    """What is to be remembered.

    Attributes:
        D: inputs at each step.
        M: outputs.
        spans: the numbers of steps T to try.
        guess: the loss of the best answer that uses no memory.
        solved: the loss from which on we call it learned.
        loss: of a network on new sequences, from (generator, network, T).
    """

    D: int
    M: int
    spans: tuple[int, ...]
    guess: float
    solved: float
    loss: Callable[[np.random.Generator, nn.Module, int], Tensor]


def adding_loss(rng: np.random.Generator, network: nn.Module, T: int) -> Tensor:
    """Mean squared error of the last output: the sum of the two marked numbers."""
    x, y = (torch.from_numpy(a) for a in memory.adding(rng, N, T))
    return (network(x)[:, -1, 0] - y).square().mean()


def copy_loss(rng: np.random.Generator, network: nn.Module, T: int) -> Tensor:
    """Bits for each of the four symbols that are to be repeated after T steps."""
    x, y, mask = (torch.from_numpy(a) for a in memory.copy(rng, N, T, length=4, symbols=SYMBOLS))
    scores = network(torch.eye(SYMBOLS + 2)[x])[mask]
    return nn.functional.cross_entropy(scores, y[mask]) / np.log(2)


TASKS = {
    "adding": Task(2, 1, (10, 20, 50, 100), 1 / 6, 0.01, adding_loss),
    "copy": Task(SYMBOLS + 2, SYMBOLS, (5, 10, 30, 60), np.log2(SYMBOLS), 0.1, copy_loss),
}


class Network(nn.Module):
    """A recurrent layer and, at every step, an affine output."""

    def __init__(self, name: str, D: int, M: int) -> None:
        super().__init__()
        self.layer = NETWORKS[name].build(D)
        self.output = nn.Linear(H, M)

    def forward(self, x: Tensor) -> Tensor:
        """Read x (N, T, D); give the outputs (N, T, M)."""
        states, _ = self.layer(x)
        return self.output(states)


def plain(D: int, nonlinearity: str, start: Callable[[Tensor], object]) -> nn.RNN:
    """Build a plain recurrent layer, its Wh set by `start`, its biases zero."""
    layer = nn.RNN(D, H, batch_first=True, nonlinearity=nonlinearity)
    start(layer.weight_hh_l0)
    nn.init.zeros_(layer.bias_ih_l0)
    nn.init.zeros_(layer.bias_hh_l0)
    return layer


def tanh_random(D: int) -> nn.RNN:
    """tanh, and Wh as in chapter 1: independent normal numbers of variance 1/H."""
    return plain(D, "tanh", lambda Wh: nn.init.normal_(Wh, 0, H**-0.5))


def tanh_orthogonal(D: int) -> nn.RNN:
    """tanh, and Wh a rotation (Saxe, McClelland and Ganguli, 2014)."""
    return plain(D, "tanh", nn.init.orthogonal_)


def relu_identity(D: int) -> nn.RNN:
    """ReLU, and Wh the identity (Le, Jaitly and Hinton, 2015)."""
    layer = plain(D, "relu", nn.init.eye_)
    nn.init.normal_(layer.weight_ih_l0, 0, 0.1)  # the paper's 0.001 takes far longer to begin
    return layer


def lstm(D: int) -> nn.LSTM:
    """LSTM, its forget gates open at first: a bias of 1."""
    layer = nn.LSTM(D, H, batch_first=True)
    with torch.no_grad():
        layer.bias_ih_l0[H : 2 * H] = 1
        layer.bias_hh_l0[H : 2 * H] = 0
    return layer


def gru(D: int) -> nn.GRU:
    """GRU as PyTorch starts it."""
    return nn.GRU(D, H, batch_first=True)


class Recipe(NamedTuple):
    """How a network is built, and the rate at which it learns."""

    build: Callable[[int], nn.Module]
    rate: float


NETWORKS = {
    "tanh, random": Recipe(tanh_random, 0.003),
    "tanh, orthogonal": Recipe(tanh_orthogonal, 0.003),
    "ReLU, identity": Recipe(relu_identity, 0.003),
    "LSTM": Recipe(lstm, 0.01),
    "GRU": Recipe(gru, 0.01),
}


def training(task_name: str, network_name: str, T: int, seed: int) -> Iterator[tuple[Network, float]]:
    """Train a network without end; give it and its loss on new sequences, before each step."""
    torch.manual_seed(seed)
    rng, task, recipe = np.random.default_rng(seed), TASKS[task_name], NETWORKS[network_name]
    network = Network(network_name, task.D, task.M)
    adam = torch.optim.Adam(network.parameters(), lr=recipe.rate)
    while True:
        loss = task.loss(rng, network, T)
        yield network, loss.item()
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), max_norm=1)
        adam.step()


def train(task_name: str, network_name: str, T: int, seed: int) -> list[float]:
    """Train a network; give its mean loss over each 25 steps, up to the first that counts as solved."""
    losses = (loss for _, loss in training(task_name, network_name, T, seed))
    curve: list[float] = []
    while len(curve) < STEPS // EVERY and min(curve, default=np.inf) > TASKS[task_name].solved:
        curve.append(float(np.mean(list(islice(losses, EVERY)))))
    return curve


def main() -> None:
    """Record every task, T, network and seed."""
    torch.set_num_threads(1)
    record: dict[str, dict[str, dict[str, list[list[float]]]]] = {}
    for task_name, task in TASKS.items():
        for T in task.spans:
            for name in NETWORKS:
                curves = [train(task_name, name, T, seed) for seed in range(SEEDS)]
                rounded = [[round(loss, 4) for loss in curve] for curve in curves]
                record.setdefault(task_name, {}).setdefault(str(T), {})[name] = rounded
                print(f"{task_name} T={T} {name}: {[(len(c) * EVERY, c[-1]) for c in rounded]}", flush=True)
    RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
