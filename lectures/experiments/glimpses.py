"""Where should one look? The numbers of lecture 7 about glimpses, recorded once by `make experiments`.

A network looks four times at a cluttered picture. The same lesson in reading comes first for all; then the glimpses are
chosen by the network itself, or by rules that stand beside it. All are judged on 2,000 pictures of digits never seen.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

import glimpse_models
import train_glimpses
from glimpse_models import GAZES, Gaze, Gazer, Pictures
from rnn_datasets import digits

RECORD = Path(__file__).with_name("glimpses.json")
VALID, SEEDS = 2000, 3

Numbers = dict[str, object]


def valid_pictures(pieces: int = glimpse_models.PIECES) -> Pictures:
    """Draw the pictures to be judged on."""
    return glimpse_models.pictures(np.random.default_rng(1000), digits("valid"), VALID, pieces)


@torch.no_grad()
def judged(network: Gazer, by: Gaze, asked: Pictures) -> Numbers:
    """Give the shares, after each glimpse, of digits named right and of digits looked at; likeliest choices only."""
    dice = None if by == "learned" else torch.Generator().manual_seed(0)
    looks = network.look(asked, by, dice)
    shares = {
        "right": glimpse_models.right(looks, asked),
        "found": glimpse_models.found(looks, asked),
    }
    return {name: [round(x, 4) for x in share.float().mean(0).tolist()] for name, share in shares.items()}


def main() -> None:
    """Record every way to choose where to look, for every seed."""
    torch.set_num_threads(1)
    asked, record = valid_pictures(), []
    for seed in range(SEEDS):
        taught = train_glimpses.lesson(seed)
        for by in GAZES[:-1]:  # the last is the lesson's
            network = train_glimpses.gazer(taught, by, seed)
            record.append({"seed": seed, "by": by, **judged(network, by, asked)})
            print(record[-1], flush=True)
    RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
