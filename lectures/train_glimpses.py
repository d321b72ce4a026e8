"""How the network of lecture 7 learns to look, in the lecture and in the recorded experiment alike; `make checkpoint`.

First a lesson in reading, in which a third of its glimpses are put on the digit. Then it is told no more than the name,
and finds out by itself where to look.
"""

from __future__ import annotations

import copy
import platform
from pathlib import Path

import numpy as np
import torch

import checkpoints
import glimpse_models
from glimpse_models import Gaze, Gazer
from rnn_datasets import Vocabulary, digits
from training import train

N = 128
LESSON_STEPS, STEPS, RATE = 1000, 800, 3e-3
SEED, VALID = 0, 2000


def lesson(
    seed: int, steps: int = LESSON_STEPS, pieces: int = glimpse_models.PIECES, quiet: bool = True
) -> Gazer:
    """Teach a new network to read what it sees, and to remember it while it sees other things."""
    torch.manual_seed(seed)
    return _taught(Gazer(), "lesson", seed, steps, pieces, quiet)


def gazer(
    taught: Gazer,
    by: Gaze,
    seed: int,
    steps: int = STEPS,
    pieces: int = glimpse_models.PIECES,
    quiet: bool = True,
) -> Gazer:
    """Let a copy of a network that had its lesson go on with glimpses that are chosen in one way."""
    return _taught(copy.deepcopy(taught), by, seed + 100, steps, pieces, quiet)


def _taught(network: Gazer, by: Gaze, seed: int, steps: int, pieces: int, quiet: bool) -> Gazer:
    rng, dice, whole = np.random.default_rng(seed), torch.Generator().manual_seed(seed), digits("train")
    train(
        network.parameters(),
        lambda: network.cost(glimpse_models.pictures(rng, whole, N, pieces), by, dice),
        steps,
        RATE,
        quiet=quiet,
    )
    return network


def main(lesson_steps: int = LESSON_STEPS, steps: int = STEPS) -> None:
    """Train the network, and write its weights and their log."""
    torch.set_num_threads(1)
    network = gazer(lesson(SEED, lesson_steps, quiet=False), "learned", SEED, steps, quiet=False)
    valid = glimpse_models.pictures(np.random.default_rng(1000), digits("valid"), VALID)
    with torch.no_grad():
        right = glimpse_models.right(network.look(valid), valid).float().mean(0)
    log = {
        "trained_by": Path(__file__).name,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "N": N,
        "lesson_steps": lesson_steps,
        "steps": steps,
        "optimizer": "Adam, one cycle, twice",
        "learning_rate": RATE,
        "seed": SEED,
        "valid_right_after_each_glimpse": [round(share, 4) for share in right.tolist()],
    }
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    checkpoints.save("glimpses", weights, Vocabulary(tuple("0123456789")), log)


if __name__ == "__main__":
    main()
