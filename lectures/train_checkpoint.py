"""Train the character network that lecture 2 looks into: `make checkpoint`, some six minutes of one core.

A plain tanh network reads the library's source in 32 places at once, 50 characters at a time. The state goes on
from chunk to chunk; the gradient does not. What it says of itself is in the log beside the weights.
"""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, one_hot
from tqdm import tqdm

import checkpoints
from rnn_datasets import Vocabulary, character_batches, python_source

N, T, H = 32, 50, 256
STEPS, LEARNING_RATE, MAX_NORM, SEED = 16_000, 4e-3, 1.0, 0
LOG_EVERY, GLANCE = 100, 20  # steps between two entries of the log; chunks of validation text read for each

# The alphabet of the data sets, whatever of it this Python's library happens to use.
VOCABULARY = Vocabulary(("\n", *map(chr, range(32, 127))))


def main() -> None:
    """Train, and write the weights and their log."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    rnn, head = nn.RNN(len(VOCABULARY), H, batch_first=True), nn.Linear(H, len(VOCABULARY))
    train, valid = chunks("train"), chunks("valid")
    parameters = [*rnn.parameters(), *head.parameters()]
    optimizer = torch.optim.Adam(parameters, LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    losses, curve = [], []
    for step in tqdm(range(STEPS), unit="step"):
        if step % len(train) == 0:
            h = torch.zeros(1, N, H)
        x, y = train[step % len(train)]
        loss, h = cost(rnn, head, x, y, h.detach())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, MAX_NORM)
        optimizer.step()
        schedule.step()
        losses.append(bits(loss))
        if (step + 1) % LOG_EVERY == 0:
            seen = {
                "train": float(np.mean(losses[-LOG_EVERY:])),
                "valid": mean_cost(rnn, head, valid[:GLANCE]),
            }
            curve.append({"step": step + 1, **{split: round(cost, 4) for split, cost in seen.items()}})
    checkpoints.save("char_rnn", weights(rnn, head), VOCABULARY, log(curve, mean_cost(rnn, head, valid)))


def chunks(split: str) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Cut a split into N rows that go on from chunk to chunk: x, y (N, T)."""
    batches = character_batches(VOCABULARY.encode(python_source(split).text), N, T)
    return [(torch.from_numpy(x.copy()), torch.from_numpy(y.copy())) for x, y in batches]


def cost(
    rnn: nn.RNN, head: nn.Linear, x: torch.Tensor, y: torch.Tensor, h: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Nats per character on one chunk, and the state (1, N, H) at its end."""
    states, h = rnn(one_hot(x, len(VOCABULARY)).float(), h)
    return cross_entropy(head(states).flatten(0, 1), y.flatten()), h


@torch.no_grad()
def mean_cost(rnn: nn.RNN, head: nn.Linear, batches: list[tuple[torch.Tensor, torch.Tensor]]) -> float:
    """Bits per character on chunks that follow each other."""
    h, found = torch.zeros(1, N, H), []
    for x, y in batches:
        loss, h = cost(rnn, head, x, y, h)
        found.append(bits(loss))
    return float(np.mean(found))


def bits(loss: torch.Tensor) -> float:
    """Turn nats into bits."""
    return loss.item() / np.log(2)


def weights(rnn: nn.RNN, head: nn.Linear) -> dict[str, np.ndarray]:
    """Write PyTorch's weights as the course does: they multiply from the right, and there is one bias."""
    named = {
        "Wx": rnn.weight_ih_l0.T,
        "Wh": rnn.weight_hh_l0.T,
        "b": rnn.bias_ih_l0 + rnn.bias_hh_l0,
        "Wy": head.weight.T,
        "by": head.bias,
    }
    return {name: np.ascontiguousarray(array.detach().numpy()) for name, array in named.items()}


def log(curve: list[dict[str, float]], valid: float) -> dict[str, object]:
    """What a reader of the checkpoint wants to know: how it was trained, on what, and how that went."""
    return {
        "trained_by": Path(__file__).name,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "characters": len(python_source("train").text),
        "N": N,
        "T": T,
        "steps": STEPS,
        "optimizer": "Adam, cosine to 0",
        "learning_rate": LEARNING_RATE,
        "max_norm": MAX_NORM,
        "seed": SEED,
        "valid_bits_per_character": round(valid, 4),
        "bits_per_character": curve,
    }


if __name__ == "__main__":
    main()
