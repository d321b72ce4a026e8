"""Train the character networks that lectures 2 and 4 look into: `make checkpoint`, under ten minutes of one core each.

A plain tanh network and an LSTM, both of 256 units, read the library's source in 32 places at once. The state goes on
from chunk to chunk; the gradient does not. What a network says of itself is in the log beside its weights.
`python train_checkpoint.py char_lstm` trains that one alone.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot
from tqdm import tqdm

import checkpoints
from rnn_datasets import Vocabulary, character_batches, python_source

N, H = 32, 256
LEARNING_RATE, MAX_NORM, SEED = 4e-3, 1.0, 0
LOG_EVERY, GLANCE = 100, 20  # steps between two entries of the log; chunks of validation text read for each

# The alphabet of the data sets, whatever of it this Python's library happens to use.
VOCABULARY = Vocabulary(("\n", *map(chr, range(32, 127))))


class Recipe(NamedTuple):
    """What differs between the networks.

    Attributes:
        cell: which recurrent layer.
        T: characters of a chunk.
        steps: learning steps.
    """

    cell: Literal["tanh", "LSTM"]
    T: int
    steps: int


RECIPES = {"char_rnn": Recipe("tanh", 50, 16_000), "char_lstm": Recipe("LSTM", 100, 4_000)}

Layer = nn.RNN | nn.LSTM
State = Tensor | tuple[Tensor, Tensor] | None  # h; of an LSTM h and c; None before the first character
Chunks = list[tuple[Tensor, Tensor]]


def main(names: list[str]) -> None:
    """Train the networks of these names, all by default."""
    for name in names or RECIPES:
        train(name)


def train(name: str) -> None:
    """Train a network, and write its weights and their log."""
    recipe = RECIPES[name]
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    layer, head = recurrent_layer(recipe.cell), nn.Linear(H, len(VOCABULARY))
    train, valid = chunks("train", recipe.T), chunks("valid", recipe.T)
    parameters = [*layer.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, recipe.steps)
    state: State = None
    losses, curve = [], []
    for step in tqdm(range(recipe.steps), unit="step"):
        x, y = train[step % len(train)]
        loss, state = cost(layer, head, x, y, None if step % len(train) == 0 else without_history(state))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, MAX_NORM)
        optimizer.step()
        schedule.step()
        losses.append(bits(loss))
        if (step + 1) % LOG_EVERY == 0:
            seen = {
                "train": float(np.mean(losses[-LOG_EVERY:])),
                "valid": mean_cost(layer, head, valid[:GLANCE]),
            }
            curve.append({"step": step + 1, **{split: round(cost, 4) for split, cost in seen.items()}})
    checkpoints.save(
        name, weights(layer, head), VOCABULARY, log(recipe, curve, mean_cost(layer, head, valid))
    )


def recurrent_layer(cell: str) -> Layer:
    """Build the layer as PyTorch starts it; an LSTM's forget gates are open at first: a bias of 1."""
    if cell == "tanh":
        return nn.RNN(len(VOCABULARY), H, batch_first=True)
    lstm = nn.LSTM(len(VOCABULARY), H, batch_first=True)
    with torch.no_grad():
        lstm.bias_ih_l0[H : 2 * H] = 1
        lstm.bias_hh_l0[H : 2 * H] = 0
    return lstm


def chunks(split: str, T: int) -> Chunks:
    """Cut a split into N rows that go on from chunk to chunk: x, y (N, T)."""
    batches = character_batches(VOCABULARY.encode(python_source(split).text), N, T)
    return [(torch.from_numpy(x.copy()), torch.from_numpy(y.copy())) for x, y in batches]


def cost(layer: Layer, head: nn.Linear, x: Tensor, y: Tensor, state: State) -> tuple[Tensor, State]:
    """Nats per character on one chunk, and the state at its end."""
    h, state = layer(one_hot(x, len(VOCABULARY)).float(), state)
    return cross_entropy(head(h).flatten(0, 1), y.flatten()), state


def without_history(state: State) -> State:
    """Give the same numbers; no gradient flows back past them."""
    if isinstance(state, tuple):
        return state[0].detach(), state[1].detach()
    return state.detach() if state is not None else None


@torch.no_grad()
def mean_cost(layer: Layer, head: nn.Linear, batches: Chunks) -> float:
    """Bits per character on chunks that follow each other."""
    state: State = None
    found = []
    for x, y in batches:
        loss, state = cost(layer, head, x, y, state)
        found.append(bits(loss))
    return float(np.mean(found))


def bits(loss: Tensor) -> float:
    """Turn nats into bits."""
    return loss.item() / np.log(2)


def weights(layer: Layer, head: nn.Linear) -> dict[str, np.ndarray]:
    """Write PyTorch's weights as the course does: they multiply from the right, there is one bias, gates i, f, o, g."""
    named = {
        "Wx": in_our_order(layer.weight_ih_l0).T,
        "Wh": in_our_order(layer.weight_hh_l0).T,
        "b": in_our_order(layer.bias_ih_l0 + layer.bias_hh_l0),
        "Wy": head.weight.T,
        "by": head.bias,
    }
    return {name: np.ascontiguousarray(array.detach().numpy()) for name, array in named.items()}


def in_our_order(rows: Tensor) -> Tensor:
    """Of an LSTM's 4H rows, which PyTorch has as i, f, g, o, make i, f, o, g; leave a tanh network's H rows alone."""
    if len(rows) == H:
        return rows
    i, f, g, o = rows.split(H)
    return torch.cat([i, f, o, g])


def log(recipe: Recipe, curve: list[dict[str, float]], valid: float) -> dict[str, object]:
    """What a reader of the checkpoint wants to know: how it was trained, on what, and how that went."""
    return {
        "trained_by": Path(__file__).name,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "characters": len(python_source("train").text),
        "N": N,
        "T": recipe.T,
        "steps": recipe.steps,
        "optimizer": "Adam, cosine to 0",
        "learning_rate": LEARNING_RATE,
        "max_norm": MAX_NORM,
        "seed": SEED,
        "valid_bits_per_character": round(valid, 4),
        "bits_per_character": curve,
    }


if __name__ == "__main__":
    main(sys.argv[1:])
