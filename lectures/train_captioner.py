"""How the eye and the captioners of lecture 6 learn, in the lecture and in the recorded experiments alike.

An eye has its first lesson, which is to name what is in each cell of scenes of three objects; then it learns no more.
A captioner reads its features.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

import caption_models
from caption_models import Captioner, Eye, WayIn
from rnn_datasets import scenes
from training import train

N = 64
SCENES, OBJECTS = 6000, (1, 2)
LESSON_STEPS, LESSON_RATE, LESSON_OBJECTS = 400, 5e-3, (3,)
STEPS, RATE = 700, 5e-3


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
