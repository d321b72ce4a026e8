"""A network that answers what chapter 7's could not: is the red circle left of the blue square?

There the whole question asks once, and the answer is made of one mixture. Here every word asks, all of them at once,
and a few heads pick the words whose answers are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from attention_models import QUESTION_WORDS, D, asked
from caption_models import CELLS, CHANNELS
from rnn_datasets import ANSWERS, QUESTION_KINDS, Questions

H, K, HEADS, N = 64, 64, 4, 128
# All kinds of questions first, then relations alone, then all again; each with so many batches.
LESSONS = (("all", 1000), ("relations", 1750), ("all", 1250))
RATE = 3e-3


class Answered(NamedTuple):
    """What was answered, and where was looked.

    Attributes:
        scores: (N, ANSWERS) of each answer.
        looks: (N, T, 9) the weights that each word of the question lays on the cells.
        picks: (N, HEADS, T) the weights that each head lays on the words.
    """

    scores: Tensor
    looks: Tensor
    picks: Tensor


class WordLooker(nn.Module):
    """Every word of a question looks at the scene, and heads pick the words that matter, with what they saw."""

    def __init__(self) -> None:
        super().__init__()
        F = CHANNELS[-1] + CELLS
        self.words = nn.Embedding(len(QUESTION_WORDS), D)
        self.reader = nn.GRU(D, H, batch_first=True)
        self.query, self.key = nn.Linear(H, K), nn.Linear(F, K)
        self.pick = nn.Linear(H, HEADS)
        self.answer = nn.Sequential(
            nn.Linear(HEADS * (H + F + 1) + D, 256), nn.ReLU(), nn.Linear(256, len(ANSWERS))
        )

    def forward(self, v: Tensor, x: Tensor, lengths: Tensor) -> Answered:
        """Answer questions x (N, T), each as long as lengths (N,) say, about scenes of features v (N, 9, 64)."""
        words = self.words(x)
        states, _ = self.reader(words)
        scene = torch.cat([v, 2 * torch.eye(CELLS).expand(len(v), CELLS, CELLS)], dim=2)  # what, and where
        fits = self.query(states) @ self.key(scene).mT / K**0.5  # (N, T, 9)
        looks = fits.softmax(dim=2)
        counted = fits.sigmoid().sum(dim=2, keepdim=True)  # a mixture cannot tell two circles from one
        told = torch.cat([states, looks @ scene, counted], dim=2)
        real = lengths[:, None] > torch.arange(x.shape[1])
        picks = self.pick(states).masked_fill(~real[:, :, None], -torch.inf).softmax(dim=1).mT
        every = (words * real[:, :, None]).sum(dim=1)
        known = torch.cat([(picks @ told).flatten(1), every], dim=1)
        return Answered(self.answer(known), looks, picks)


def lessons(questions: Questions, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Give the rows of the questions for each batch, lesson by lesson."""
    relations = np.flatnonzero(questions.kinds == QUESTION_KINDS.index("relation"))
    rows = {"all": np.arange(len(questions.kinds)), "relations": relations}
    for name, batches in LESSONS:
        for _ in range(batches):
            yield rng.choice(rows[name], N)


def word_lookers(v: Tensor, questions: Questions, seed: int) -> Iterator[WordLooker]:
    """Teach a network to answer questions about scenes of features v (scenes, 9, 64), and give it after each batch."""
    torch.manual_seed(seed)
    network = WordLooker()
    x, lengths = asked(questions.words)
    scenes, answers = torch.from_numpy(questions.scenes), torch.from_numpy(questions.answers)
    adam = torch.optim.Adam(network.parameters(), RATE)
    slower = torch.optim.lr_scheduler.LinearLR(adam, 1.0, 0.1, sum(batches for _, batches in LESSONS))
    for rows in lessons(questions, np.random.default_rng(seed)):
        scores = network(v[scenes[rows]], x[rows], lengths[rows]).scores
        adam.zero_grad()
        cross_entropy(scores, answers[rows]).backward()
        nn.utils.clip_grad_norm_(network.parameters(), max_norm=1)
        adam.step()
        slower.step()
        yield network
