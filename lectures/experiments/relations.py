"""What does it take to answer "is the red circle left of the blue square"? Recorded once by `make experiments`.

Networks with two looks that can compare what they saw, half of whose questions are relations, and which at first are
told where to look. The questions, the judging and the networks to compare with are those of `questions`.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch

import train_attention
import train_captioner
from caption_models import Eye
from experiments.captions import features
from experiments.questions import answered, mass, right, to_judge

RECORD = Path(__file__).with_name("relations.json")
SEEDS = 3


def run(eye: Eye, seed: int, steps: int = train_attention.ANSWER_STEPS) -> dict[str, object]:
    """Train one network, and judge it."""
    network = train_attention.told_answerer(*train_attention.to_compare(eye), seed, steps)
    sample, asked = to_judge()
    said = answered(network, features(eye, sample)[torch.from_numpy(asked.scenes)])
    return {"seed": seed, "right": right(said, asked), "mass": mass(said, sample, asked)}


def main() -> None:
    """Record every seed."""
    torch.set_num_threads(1)
    networks = []
    for seed in range(SEEDS):
        networks.append(run(train_captioner.eye(seed), seed))
        print(networks[-1], flush=True)
        RECORD.write_text(json.dumps({"networks": networks}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
