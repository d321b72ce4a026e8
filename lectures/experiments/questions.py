"""What must one see to answer? The numbers of lecture 7, recorded once by `make experiments`.

Networks answer 60,000 questions about 6,000 scenes of three objects: from the question alone, with the average of the
scene's cells, with one look at them, with two. All are judged on 4,000 questions about 1,600 other scenes. Those that
look are then judged again with all weights alike, and with an object erased from the picture.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import attention_models
import train_attention
import train_captioner
from attention_models import Answered, Answerer, View
from caption_models import Eye
from experiments.captions import features
from rnn_datasets import QUESTION_KINDS, Questions, Scenes, questions, scenes

RECORD = Path(__file__).with_name("questions.json")
SEEDS = 3
VALID_SCENES, VALID = 1600, 4000
BACKGROUND = 40  # the grey that objects stand on


class Kind(NamedTuple):
    """What is seen of the scene, and in how many looks."""

    view: View
    hops: int = 1


KINDS = (Kind("nothing"), Kind("average"), Kind("cells", 1), Kind("cells", 2))


def to_judge() -> tuple[Scenes, Questions]:
    """Draw the scenes and the questions to be judged on."""
    sample = scenes(np.random.default_rng(1000), VALID_SCENES, train_attention.ASKED_OBJECTS)
    return sample, questions(np.random.default_rng(1001), sample, VALID)


@torch.no_grad()
def answered(network: Answerer, v: Tensor) -> Answered:
    """Answer the questions to judge by, from features (VALID, 9, 64), a row for each question."""
    return network(v, *attention_models.asked(to_judge()[1].words))


def by_kind(values: NDArray[np.generic], asked: Questions) -> dict[str, float]:
    """Give the mean of values (M,) for each kind of question, and of all."""
    every = {kind: values[asked.kinds == place].mean() for place, kind in enumerate(QUESTION_KINDS)}
    return {kind: round(float(mean), 4) for kind, mean in (*every.items(), ("all", values.mean()))}


def right(said: Answered, asked: Questions) -> dict[str, float]:
    """Give the share of right answers."""
    return by_kind(said.scores.argmax(1).numpy() == asked.answers, asked)


def mass(said: Answered, sample: Scenes, asked: Questions) -> list[dict[str, float]]:
    """Say, look by look, how much weight lies on what the question speaks of, where it speaks of something."""
    there = np.take_along_axis(said.weights.numpy(), sample.cells[asked.scenes][:, None], axis=2)
    on = (there * asked.about[:, None]).sum(axis=2, dtype=np.float64)
    some = asked.about.any(axis=1)
    return [
        {
            kind: round(float(on[some & (asked.kinds == place), hop].mean()), 4)
            for place, kind in enumerate(QUESTION_KINDS)
        }
        for hop in range(on.shape[1])
    ]


def without(sample: Scenes, asked: Questions, k: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Paint over object k (M,) of the scene of each question: images (M, 48, 48, 3)."""
    images = sample.images[asked.scenes]
    for image, box in zip(images, sample.boxes[asked.scenes, k].tolist(), strict=True):
        left, top, right_, bottom = box
        image[top:bottom, left:right_] = BACKGROUND
    return images


def erased(network: Answerer, eye: Eye, said: Answered) -> dict[str, dict[str, float]]:
    """Say how often an answer changes when an object is erased: one that is asked about, or another.

    Only questions that speak of some objects but not of all are asked again.
    """
    sample, asked = to_judge()
    some = asked.about.any(axis=1) & ~asked.about.all(axis=1)
    changed = {}
    for name, about in (("asked about", asked.about), ("another", ~asked.about)):
        with torch.no_grad():
            v = eye(torch.from_numpy(without(sample, asked, about.argmax(axis=1))))
        now = answered(network, v).scores.argmax(1)
        differs = (now != said.scores.argmax(1)).numpy()
        every = {kind: differs[some & (asked.kinds == k)].mean() for k, kind in enumerate(QUESTION_KINDS)}
        changed[name] = {kind: round(float(mean), 4) for kind, mean in every.items()}
    return changed


def run(eye: Eye, kind: Kind, seed: int, steps: int = train_attention.ANSWER_STEPS) -> dict[str, object]:
    """Train one network, and judge it."""
    sample, asked = to_judge()
    network = train_attention.answerer(*train_attention.to_answer(eye), *kind, seed, steps)
    v = features(eye, sample)[torch.from_numpy(asked.scenes)]
    said = answered(network, v)
    entry: dict[str, object] = {"seed": seed, **kind._asdict(), "right": right(said, asked)}
    if kind.view == "cells":
        entry |= {"mass": mass(said, sample, asked), "erased": erased(network, eye, said)}
        for look in network.looks:
            look.score = "uniform"
        entry["right without weights"] = right(answered(network, v), asked)
    return entry


def chance() -> dict[str, float]:
    """Say how much weight would lie on what the questions speak of if all cells weighed the same."""
    asked = to_judge()[1]
    some = asked.about.any(axis=1)
    return {
        kind: round(float(asked.about[some & (asked.kinds == place)].sum(axis=1).mean() / 9), 4)
        for place, kind in enumerate(QUESTION_KINDS)
    }


def main() -> None:
    """Record every kind with every seed."""
    torch.set_num_threads(1)
    networks = []
    for seed in range(SEEDS):
        eye = train_captioner.eye(seed)
        for kind in KINDS:
            networks.append(run(eye, kind, seed))
            print(networks[-1], flush=True)
        RECORD.write_text(json.dumps({"chance": chance(), "networks": networks}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
