"""What one layer costs as the sequence grows: dependent steps, products, memory, time. Recorded by `make experiments`.

Every layer turns x (1, T, 64) into as much, by 64 units, in one thread. What is counted is the same on every machine;
the milliseconds are those of the machine that recorded them.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.autograd.graph import Node, saved_tensors_hooks
from torch.nn.functional import pad

from sequence_models import MinGRU, SelfAttention

RECORD = Path(__file__).with_name("costs.json")
D = 64
LENGTHS = tuple(2**k for k in range(6, 13))
ROUNDS, AT_LEAST = 5, 0.03  # timings of each, in turn; seconds of each


class Loop(nn.Module):
    """The cell of an LSTM, called once for every step from Python."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(D, D)

    def forward(self, x: Tensor) -> Tensor:
        """Turn x (N, T, D) into all states."""
        state, states = None, []
        for x_t in x.unbind(1):
            state = self.cell(x_t, state)
            states.append(state[0])
        return torch.stack(states, 1)


class FusedLSTM(nn.LSTM):
    """The same LSTM, its loop written in C++ by PyTorch's authors."""

    def __init__(self) -> None:
        super().__init__(D, D, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        """Turn x (N, T, D) into all states."""
        return super().forward(x)[0]


class Attention(nn.Module):
    """Self-attention as the formula says it, one head: all T x T weights are written down."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.mixed = nn.Linear(D, 3 * D), nn.Linear(D, D)

    def forward(self, x: Tensor) -> Tensor:
        """Turn x (N, T, D) into as much of what each position sees."""
        query, key, value = self.asked(x).chunk(3, dim=2)
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        scores = (query / D**0.5 @ key.mT).masked_fill(later, -torch.inf)
        return self.mixed(scores.softmax(dim=2) @ value)


class Convolutions(nn.Module):
    """Causal convolutions of width 2 that look 1, 2, 4 ... steps back, until the last step sees the first.

    As in WaveNet (van den Oord et al., 2016) and the temporal convolutional network (Bai, Kolter and Koltun, 2018).
    """

    def __init__(self, T: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv1d(D, D, 2, dilation=2**k) for k in range(rounds(T)))

    def forward(self, x: Tensor) -> Tensor:
        """Turn x (N, T, D) into as much."""
        x = x.mT
        for layer in self.layers:
            x = layer(pad(x, (layer.dilation[0], 0))).relu()
        return x.mT


def rounds(T: int) -> int:
    """How often one has to double to get from one step to T."""
    return math.ceil(math.log2(T))


class Layer(NamedTuple):
    """A layer, and what is known of its cost beforehand.

    Attributes:
        make: makes one for a sequence length T.
        steps: how many of its operations have to wait for one another, as a function of T.
        products: multiplications, as a function of T; those of single numbers with single numbers count, too.
    """

    make: Callable[[int], nn.Module]
    steps: Callable[[int], int]
    products: Callable[[int], int]


LAYERS = {
    "cell in a loop": Layer(lambda T: Loop(), lambda T: T, lambda T: T * (8 * D**2 + 3 * D)),
    "fused LSTM": Layer(lambda T: FusedLSTM(), lambda T: T, lambda T: T * (8 * D**2 + 3 * D)),
    "attention": Layer(lambda T: Attention(), lambda T: 1, lambda T: T * (4 * D**2 + 2 * D * T + D)),
    "fused attention": Layer(
        lambda T: SelfAttention(D, heads=1, turned=False),
        lambda T: 1,
        lambda T: T * (4 * D**2 + 2 * D * T + D),
    ),
    "convolutions": Layer(Convolutions, rounds, lambda T: T * rounds(T) * 2 * D**2),
    "scan": Layer(lambda T: MinGRU(D, D), lambda T: 2 * rounds(T) - 1, lambda T: T * (3 * D**2 + 4 * D)),
}


def depth(y: Tensor) -> int:
    """Count the operations that had to wait for one another to make y: the longest path through autograd's graph.

    PyTorch's own operations count as one each, whatever they do inside.
    """
    found: dict[Node, int] = {}
    waiting = [y.grad_fn]
    while waiting:
        node = waiting[-1]
        before = [parent for parent, _ in node.next_functions if parent is not None]
        unseen = [parent for parent in before if parent not in found]
        waiting += unseen
        if not unseen:
            found[waiting.pop()] = 1 + max((found[parent] for parent in before), default=0)
    return found[y.grad_fn]


def kept(layer: nn.Module, x: Tensor) -> int:
    """Count the bytes that a layer keeps for the way back: weights and input left out, and nothing twice."""
    given = {tensor.untyped_storage().data_ptr() for tensor in (x, *layer.parameters())}
    storages: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        y = layer(x)  # its graph holds what was kept, so that no place in memory is used again
    del y
    return sum(size for place, size in storages.items() if place not in given)


def forwards(layer: nn.Module, x: Tensor) -> None:
    """Only the result."""
    with torch.no_grad():
        layer(x)


def there_and_back(layer: nn.Module, x: Tensor) -> None:
    """The result and the gradients of all weights."""
    layer(x).sum().backward()


def milliseconds(work: Callable[[nn.Module, Tensor], None], layer: nn.Module, x: Tensor) -> float:
    """Processor time of a piece of work, repeated until it can be measured."""
    times, start = 0, time.process_time()
    while (passed := time.process_time() - start) < AT_LEAST:
        work(layer, x)
        times += 1
    return 1000 * passed / times


def measured(T: int) -> list[dict[str, object]]:
    """Count and measure every layer at one length."""
    torch.manual_seed(0)
    x, layers = torch.randn(1, T, D), {name: layer.make(T) for name, layer in LAYERS.items()}
    times: dict[tuple[str, str], list[float]] = {}
    for work in (forwards, there_and_back):
        for _ in range(ROUNDS):
            for name, layer in layers.items():
                times.setdefault((name, work.__name__), []).append(milliseconds(work, layer, x))
    return [
        {
            "layer": name,
            "T": T,
            "steps": LAYERS[name].steps(T),
            "depth": depth(layer(x)),
            "products": LAYERS[name].products(T),
            "kept": kept(layer, x),
            **{
                work.__name__: round(float(np.median(times[name, work.__name__])), 4)
                for work in (forwards, there_and_back)
            },
        }
        for name, layer in layers.items()
    ]


def main() -> None:
    """Record every layer at every length."""
    torch.set_num_threads(1)
    record = []
    for T in LENGTHS:
        record += measured(T)
        print(*record[-len(LAYERS) :], sep="\n", flush=True)
    RECORD.write_text(json.dumps({"processors": os.cpu_count(), "layers": record}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
