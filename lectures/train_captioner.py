"""Train the networks that lecture 6 looks into: `make checkpoint`, of which a minute or two of one core.

An eye has its first lesson, which is to name what is in each cell of scenes of three objects; then it learns no more.
Two captioners read its features: one of scenes where every shape has any colour, one of scenes whose circles
are all red.
"""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import caption_models
import caption_scores
import checkpoints
from caption_models import Captioner, Eye, WayIn
from rnn_datasets import COLOURS, SHAPES, Scenes, scenes
from training import train

N = 64
SCENES, OBJECTS = 6000, (1, 2)
LESSON_STEPS, LESSON_RATE, LESSON_OBJECTS = 400, 5e-3, (3,)
STEPS, RATE = 700, 5e-3
SEED, VALID = 0, 800


def eye(seed: int, steps: int = LESSON_STEPS, pairs: str = "any", quiet: bool = True) -> Eye:
    """Teach an eye what is in each cell."""
    lesson = scenes(np.random.default_rng(seed + 500), SCENES, LESSON_OBJECTS, pairs)
    torch.manual_seed(seed)
    network = Eye()
    batches = caption_models.in_turn(
        np.random.default_rng(seed), N, torch.from_numpy(lesson.images), torch.from_numpy(lesson.by_cell())
    )
    train(network.parameters(), lambda: network.lesson(*next(batches)), steps, LESSON_RATE, quiet=quiet)
    return network.requires_grad_(False)


def captioner(
    v: Tensor, captions: Tensor, way_in: WayIn, seed: int, steps: int = STEPS, quiet: bool = True
) -> Captioner:
    """Teach a captioner to say captions (N, T) of pictures v (N, F)."""
    torch.manual_seed(seed)
    network = Captioner(v.shape[1], way_in)
    batches = caption_models.in_turn(np.random.default_rng(seed), N, v, captions)
    train(network.parameters(), lambda: network.cost(*next(batches)), steps, RATE, quiet=quiet)
    return network


def odd(sample: Scenes) -> np.ndarray:
    """Say which scenes have a circle that is not red, (N,)."""
    circle, red = SHAPES.index("circle"), COLOURS.index("red")
    return ((sample.shapes == circle) & (sample.colours != red)).any(axis=1)


def with_exceptions(sample: Scenes, most: int | None) -> np.ndarray:
    """Choose the scenes whose circles are all red, and at most so many of the others: their places, in order."""
    return np.sort(np.concatenate([np.flatnonzero(~odd(sample)), np.flatnonzero(odd(sample))[:most]]))


def main() -> None:
    """Train eye and captioners, and write their weights and their log."""
    torch.set_num_threads(1)
    network = eye(SEED, quiet=False)
    log: dict[str, object] = {
        "trained_by": Path(__file__).name,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "N": N,
        "scenes": SCENES,
        "lesson_steps": LESSON_STEPS,
        "lesson_rate": LESSON_RATE,
        "steps": STEPS,
        "optimizer": "Adam, one cycle",
        "learning_rate": RATE,
        "seed": SEED,
    }
    weights = {f"eye.{name}": tensor.numpy() for name, tensor in network.state_dict().items()}
    valid = scenes(np.random.default_rng(1000), VALID, OBJECTS)
    asked = caption_models.seen(network(torch.from_numpy(valid.images)))
    due = [" ".join(captions[0].words) for captions in valid.captions]
    for kind, pairs in (("fair", "any"), ("biased", "biased")):
        learn = scenes(np.random.default_rng(SEED), SCENES, OBJECTS, pairs)
        rows = np.arange(SCENES) if kind == "fair" else with_exceptions(learn, 0)
        v = caption_models.seen(network(torch.from_numpy(learn.images[rows])))
        speaker = captioner(v, caption_models.written(learn)[rows], "input", SEED, quiet=False)
        weights |= {f"{kind}.{name}": tensor.numpy() for name, tensor in speaker.state_dict().items()}
        log[f"valid_exact_{kind}"] = round(caption_scores.exact(speaker.say(asked), due), 4)
    checkpoints.save("captions", weights, caption_models.WORDS, log)


if __name__ == "__main__":
    main()
