"""Does the forget bias decide what an LSTM learns? The curves of lecture 4, recorded once: `make experiments`.

The adding problem, 40 steps long, twice: as it is, where the second marked number is often near the end, and with
both marks within the first ten steps, so that nothing to be learned is near. Every 25 steps of training we also ask
what arrives, at the cell before the first step, of a gradient of length one at the last state, and how far the forget
gate that is open most stands open.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnn_datasets import memory

RECORD = Path(__file__).with_name("forget_bias.json")
T, H, N, STEPS, EVERY, SEEDS, RATE = 40, 32, 64, 1000, 25, 5, 0.01
BIASES = (0, 1, 3, 5)
MARKS = {"marks anywhere": T, "marks in the first ten": 10}
SOLVED = 0.01


class Run(TypedDict):
    """How one training went: the mean loss of each 25 steps, up to the first that counts as solved."""

    loss: list[float]
    arrives: list[float]
    open: list[float]


class Adder(nn.Module):
    """An LSTM with a given forget bias, and an affine output."""

    def __init__(self, bias: float) -> None:
        super().__init__()
        self.layer = nn.LSTM(2, H, batch_first=True)
        self.output = nn.Linear(H, 1)
        with torch.no_grad():
            self.layer.bias_ih_l0[H : 2 * H] = bias
            self.layer.bias_hh_l0[H : 2 * H] = 0

    def forward(self, x: Tensor) -> Tensor:
        """Read x (N, T, 2); give what is said at the end, (N,)."""
        answer: Tensor = self.output(self.layer(x)[0][:, -1])[:, 0]
        return answer


def adding(rng: np.random.Generator, marked: int) -> tuple[Tensor, Tensor]:
    """Draw the adding problem over T steps, both marks within the first `marked`: x (N, T, 2), y (N,)."""
    x, y = memory.adding(rng, N, marked)
    rest: NDArray[np.float32] = np.stack(
        [rng.random((N, T - marked), np.float32), np.zeros((N, T - marked), np.float32)], axis=-1
    )
    return torch.from_numpy(np.concatenate([x, rest], axis=1)), torch.from_numpy(y)


def arrival(network: Adder, x: Tensor) -> float:
    """Give the gradient's length at the cell before the first step, its mean over x; it had length one at the end."""
    layer = nn.LSTM(2, H, batch_first=True).double()  # in float32 what is left would be zero
    layer.load_state_dict(network.layer.state_dict())
    h, c = torch.zeros(2, 1, len(x), H, dtype=torch.float64)
    c.requires_grad_()
    direction = network.output.weight[0].detach().double()
    states, _ = layer(x.double(), (h, c))
    (states[:, -1] @ (direction / direction.norm())).sum().backward()
    assert c.grad is not None
    return c.grad.norm(dim=-1).mean().item()


def most_open(network: Adder, x: Tensor) -> float:
    """Give the mean of each unit's forget gate over x, the largest of them."""
    layer, f = network.layer, slice(H, 2 * H)
    with torch.no_grad():
        states, _ = layer(x)
        before = torch.cat([torch.zeros_like(states[:, :1]), states[:, :-1]], dim=1)
        sums = x @ layer.weight_ih_l0[f].T + before @ layer.weight_hh_l0[f].T
        gates = (sums + layer.bias_ih_l0[f] + layer.bias_hh_l0[f]).sigmoid()
        return gates.mean(dim=(0, 1)).max().item()


def train(marks: str, bias: float, seed: int, steps: int = STEPS) -> Run:
    """Train an LSTM on sequences that never come twice."""
    torch.manual_seed(seed)
    rng, network = np.random.default_rng(seed), Adder(bias)
    probe, _ = adding(np.random.default_rng(99), MARKS[marks])
    adam = torch.optim.Adam(network.parameters(), lr=RATE)
    run, losses = Run(loss=[], arrives=[], open=[]), []
    for step in range(1, steps + 1):
        x, y = adding(rng, MARKS[marks])
        loss = (network(x) - y).square().mean()
        losses.append(loss.item())
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), max_norm=1)
        adam.step()
        if step % EVERY == 0:
            run["loss"].append(round(float(np.mean(losses[-EVERY:])), 4))
            run["arrives"].append(float(f"{arrival(network, probe):.2e}"))
            run["open"].append(round(most_open(network, probe), 3))
            if run["loss"][-1] <= SOLVED:
                break
    return run


def main() -> None:
    """Record both tasks, every bias and every seed."""
    torch.set_num_threads(1)
    record: dict[str, dict[str, list[Run]]] = {}
    for marks in MARKS:
        for bias in BIASES:
            runs = [train(marks, bias, seed) for seed in range(SEEDS)]
            record.setdefault(marks, {})[str(bias)] = runs
            print(
                f"{marks}, bias {bias}: {[(len(r['loss']) * EVERY, r['loss'][-1]) for r in runs]}", flush=True
            )
    RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
