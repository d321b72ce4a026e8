"""Does it help to draw through a window? The numbers of lecture 7 about DRAW, recorded once by `make experiments`.

Digits of 16 x 16 pixels, on a canvas that they fill, and anywhere on one of 40 x 40, are copied with attention and
without. Judged on the bound on -log p(image), in nats, of 500 digits never seen.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

import draw_models
import train_draw

RECORD = Path(__file__).with_name("drawing.json")
SEEDS = 3
SIDES = (draw_models.DIGIT, 40)


def main() -> None:
    """Record both kinds of network on both canvases, for every seed."""
    torch.set_num_threads(1)
    record = []
    for seed in range(SEEDS):
        for side in SIDES:
            for attends in (True, False):
                network = train_draw.draws(seed, side=side, attends=attends)
                left, said = train_draw.bound(network)
                weights = sum(parameter.numel() for parameter in network.parameters())
                entry = {"seed": seed, "side": side, "attends": attends, "weights": weights}
                record.append(entry | {"left open": left, "said": said})
                print(record[-1], flush=True)
    RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
