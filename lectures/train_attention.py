"""How the networks of lecture 7 learn to look, in the lecture and in the recorded experiments alike.

`make checkpoint` runs this file: it writes those that the lecture looks into, in three minutes of one core.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

import attention_models
import caption_models
import seq2seq_models
from attention_models import Baseline, Looker, Score, Translator
from rnn_datasets import date_vocabularies
from training import train

N_DATES, H_DATES, DATE_STEPS, DATE_RATE = 128, 96, 300, 6e-3
N, H, LOOK_STEPS, LOOK_RATE = 64, 128, 700, 5e-3


def translator(score: Score, seed: int, steps: int = DATE_STEPS, quiet: bool = True) -> Translator:
    """Teach a network to read and write dates."""
    vocabulary, _ = date_vocabularies()
    torch.manual_seed(seed)
    network = Translator(len(vocabulary), H_DATES, score)
    batches = seq2seq_models.batches(np.random.default_rng(seed), vocabulary, N_DATES)
    train(network.parameters(), lambda: network.cost(*next(batches)), steps, DATE_RATE, quiet=quiet)
    return network


def looker(
    v: Tensor, captions: Tensor, score: Score, seed: int, steps: int = LOOK_STEPS, quiet: bool = True
) -> Looker:
    """Teach a network to say captions (N, T) of features v (N, 9, 64), looking softly."""
    torch.manual_seed(seed)
    network = Looker(H, score)
    batches = caption_models.in_turn(np.random.default_rng(seed), N, v, captions)
    train(network.parameters(), lambda: network.cost(*next(batches)), steps, LOOK_RATE, quiet=quiet)
    return network


def hard_looker(
    v: Tensor, captions: Tensor, baseline: Baseline, seed: int, steps: int = LOOK_STEPS, quiet: bool = True
) -> Looker:
    """Teach the same, but of one cell a word, drawn by REINFORCE."""
    torch.manual_seed(seed)
    network = Looker(H, "additive")
    draw = np.random.default_rng(seed + 700)
    batches = caption_models.in_turn(np.random.default_rng(seed), N, v, captions)

    def loss() -> Tensor:
        return attention_models.hard_cost(network, *next(batches), draw, baseline)

    train(network.parameters(), loss, steps, LOOK_RATE, quiet=quiet)
    return network
