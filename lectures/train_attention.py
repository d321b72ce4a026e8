"""How the networks of lecture 7 learn to look, in the lecture and in the recorded experiments alike.

`make checkpoint` runs this file: it writes those that the lecture looks into, in a minute or two of one core.
"""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import attention_models
import caption_models
import checkpoints
import seq2seq_models
import train_captioner
from attention_models import Answerer, Baseline, Looker, Score, Translator, View
from caption_models import Eye
from rnn_datasets import (
    COLOURS,
    QUESTION_KINDS,
    SHAPES,
    Questions,
    Scenes,
    Vocabulary,
    date_vocabularies,
    questions,
    scenes,
)
from training import train

N_DATES, H_DATES, DATE_STEPS, DATE_RATE = 128, 80, 300, 6e-3
N, H, LOOK_STEPS, LOOK_RATE = 64, 96, 700, 5e-3
N_QUESTIONS, ANSWER_STEPS, ANSWER_RATE = 128, 1200, 4e-3
TELLING = 0.3  # the share of the cost of where one looks
ASKED, ASKED_OBJECTS = 60_000, (3,)  # questions to learn from, and objects of the scenes that they are about
SEED, HOPS = 0, 1  # of what is shipped


@torch.no_grad()
def to_say(eye: Eye) -> tuple[Tensor, Tensor]:
    """Draw the scenes of lecture 6: features (N, 9, 64), and captions (N, T)."""
    sample = scenes(np.random.default_rng(0), train_captioner.SCENES, train_captioner.OBJECTS)
    return eye(torch.from_numpy(sample.images)), caption_models.written(sample)


@torch.no_grad()
def to_answer(eye: Eye) -> tuple[Tensor, Questions]:
    """Draw scenes of three objects, features (N, 9, 64), and questions about them."""
    sample = scenes(np.random.default_rng(0), train_captioner.SCENES, ASKED_OBJECTS)
    return eye(torch.from_numpy(sample.images)), questions(np.random.default_rng(1), sample, ASKED)


def to_compare(eye: Eye) -> tuple[Tensor, Questions, Tensor]:
    """Give the same, and where the things stand that relations are asked of, (M, 2)."""
    sample = scenes(np.random.default_rng(0), train_captioner.SCENES, ASKED_OBJECTS)
    v, asked = to_answer(eye)
    return v, asked, named(asked, sample)


def translator(score: Score, seed: int, steps: int = DATE_STEPS, quiet: bool = True) -> Translator:
    """Teach a network to read and write dates."""
    vocabulary, _ = date_vocabularies()
    torch.manual_seed(seed)
    network = Translator(len(vocabulary), H_DATES, score)
    batches = seq2seq_models.batches(np.random.default_rng(seed), vocabulary, N_DATES)
    train(network.parameters(), lambda: network.cost(*next(batches)), steps, DATE_RATE, quiet=quiet)
    return network


def looker(
    v: Tensor,
    captions: Tensor,
    seed: int,
    steps: int = LOOK_STEPS,
    places: bool = True,
    quiet: bool = True,
) -> Looker:
    """Teach a network to say captions (N, T) of features v (N, 9, 64), looking softly.

    Without places it is not told which cell is which.
    """
    torch.manual_seed(seed)
    network = Looker(H, "additive")
    if not places:
        nn.init.zeros_(network.cells.requires_grad_(False))
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


def answerer(
    v: Tensor,
    asked: Questions,
    view: View,
    hops: int,
    seed: int,
    steps: int = ANSWER_STEPS,
    quiet: bool = True,
) -> Answerer:
    """Teach a network to answer questions about scenes, each of features v (N, 9, 64)."""
    torch.manual_seed(seed)
    network = Answerer(view, hops)
    numbers = (
        torch.from_numpy(asked.scenes),
        *attention_models.asked(asked.words),
        torch.from_numpy(asked.answers),
    )
    batches = caption_models.in_turn(np.random.default_rng(seed), N_QUESTIONS, *numbers)

    def loss() -> Tensor:
        scenes, x, lengths, answers = next(batches)
        return network.cost(v[scenes], x, lengths, answers)

    train(network.parameters(), loss, steps, ANSWER_RATE, quiet=quiet)
    return network


def named(asked: Questions, sample: Scenes) -> Tensor:
    """Give the cells (M, 2) of the first and the second thing that a relation is asked of; -1 for other questions."""
    cells = np.full((len(asked.words), 2), -1)
    for m in np.flatnonzero(asked.kinds == QUESTION_KINDS.index("relation")):
        words, n = asked.words[m], asked.scenes[m]
        for place, (colour, shape) in enumerate((words[2:4], words[-2:])):
            fits = (sample.colours[n] == COLOURS.index(colour)) & (sample.shapes[n] == SHAPES.index(shape))
            cells[m, place] = sample.cells[n, fits.argmax()]
    return torch.from_numpy(cells)


def told_answerer(
    v: Tensor, asked: Questions, cells: Tensor, seed: int, steps: int = ANSWER_STEPS, quiet: bool = True
) -> Answerer:
    """Teach a network all kinds of questions, half of them relations, and at first where to look for these.

    For the first three fifths of the steps a look costs the less the more of its weight is on its thing: the first look
    on the first that is named, the second on the second. After that no one tells.

    Args:
        v: features of scenes, (N, 9, 64).
        asked: M questions.
        cells: (M, 2) from `named`.
        seed: decides everything else.
        steps: how many batches.
        quiet: show no progress bar.
    """
    torch.manual_seed(seed)
    network = Answerer("cells", 2, compare=True)
    scene, answers, (x, lengths) = (
        torch.from_numpy(asked.scenes),
        torch.from_numpy(asked.answers),
        attention_models.asked(asked.words),
    )
    related = cells[:, 0] >= 0
    halves = [
        caption_models.in_turn(np.random.default_rng(2 * seed + k), N_QUESTIONS // 2, kind.nonzero()[:, 0])
        for k, kind in enumerate((related, ~related))
    ]
    telling = iter(range(steps * 3 // 5))

    def loss() -> Tensor:
        rows = torch.cat([next(half)[0] for half in halves])
        said = network(v[scene[rows]], x[rows], lengths[rows])
        cost = cross_entropy(said.scores, answers[rows])
        if next(telling, None) is None:
            return cost
        here = related[rows]
        on = said.weights[here].gather(2, cells[rows][here][..., None])
        return cost - TELLING * on.clamp_min(1e-6).log().sum() / len(rows)

    train(network.parameters(), loss, steps, ANSWER_RATE, quiet=quiet)
    return network


def save(name: str, networks: dict[str, nn.Module], vocabulary: Vocabulary, log: dict[str, object]) -> None:
    """Write the weights of networks that belong together as a checkpoint."""
    weights = {
        f"{part}.{key}": tensor.detach().numpy()
        for part, network in networks.items()
        for key, tensor in network.state_dict().items()
    }
    made = {
        "trained_by": Path(__file__).name,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    checkpoints.save(name, weights, vocabulary, {**made, "seed": SEED, **log})


def main(steps: int | None = None) -> None:
    """Train the networks that the lecture looks into, and write them.

    Args:
        steps: take so many for each of them, instead of those that each needs.
    """
    torch.set_num_threads(1)
    save(
        "translator",
        {"translator": translator("additive", SEED, steps or DATE_STEPS)},
        date_vocabularies()[0],
        {
            "H": H_DATES,
            "score": "additive",
            "N": N_DATES,
            "steps": steps or DATE_STEPS,
            "learning_rate": DATE_RATE,
        },
    )
    eye = train_captioner.eye(SEED, steps or train_captioner.LESSON_STEPS)
    save(
        "looker",
        {"eye": eye, "looker": looker(*to_say(eye), SEED, steps or LOOK_STEPS)},
        caption_models.WORDS,
        {"H": H, "score": "additive", "N": N, "steps": steps or LOOK_STEPS, "learning_rate": LOOK_RATE},
    )
    save(
        "answerer",
        {"answerer": answerer(*to_answer(eye), "cells", HOPS, SEED, steps or ANSWER_STEPS)},
        attention_models.QUESTION_WORDS,
        {"hops": HOPS, "N": N_QUESTIONS, "steps": steps or ANSWER_STEPS, "learning_rate": ANSWER_RATE},
    )


if __name__ == "__main__":
    main()
