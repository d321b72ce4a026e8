"""How the network of lecture 7 learns to draw, in the lecture and in the recorded experiment; `make checkpoint`."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import torch

import checkpoints
import draw_models
from draw_models import SIDE, Draw
from rnn_datasets import Vocabulary
from training import train

N, STEPS, RATE = 64, 500, 3e-3
SHIPPED_STEPS, SEED = 2000, 0


def draws(seed: int, steps: int = STEPS, side: int = SIDE, attends: bool = True, quiet: bool = True) -> Draw:
    """Teach a network to copy digits that stand anywhere on its canvas; then it can imagine some, too."""
    torch.manual_seed(seed)
    network = Draw(side, attends)
    rng, dice = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    shapes = draw_models.handwriting()

    def loss() -> torch.Tensor:
        images = draw_models.placed(rng, shapes[rng.integers(len(shapes), size=N)], side)
        left, said = network.costs(images, dice)
        return (left + said).mean()

    train(network.parameters(), loss, steps, RATE, quiet=quiet)
    return network


@torch.no_grad()
def bound(network: Draw) -> tuple[float, float]:
    """Judge a network by digits that it never saw, in nats: what its canvases left open, and what was said."""
    images = draw_models.placed(np.random.default_rng(1000), draw_models.handwriting("valid"), network.side)
    left, said = network.costs(images, torch.Generator().manual_seed(0))
    return round(left.mean().item(), 2), round(said.mean().item(), 2)


def main(steps: int = SHIPPED_STEPS) -> None:
    """Train the network, and write its weights and their log."""
    torch.set_num_threads(1)
    network = draws(SEED, steps, quiet=False)
    left, said = bound(network)
    log = {
        "trained_by": Path(__file__).name,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "N": N,
        "steps": steps,
        "optimizer": "Adam, one cycle",
        "learning_rate": RATE,
        "seed": SEED,
        "valid_nats": {"left open": left, "said": said},
    }
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    checkpoints.save("draw", weights, Vocabulary(("0", "1")), log)


if __name__ == "__main__":
    main()
