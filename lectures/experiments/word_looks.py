"""Is the red circle left of the blue square? The numbers of lecture 8, recorded once by `make experiments`.

The scenes and the questions are those of lecture 7's record, where relations stay at chance.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

import relation_models
import train_attention
import train_captioner
from attention_models import asked
from experiments.captions import features
from experiments.questions import by_kind, to_judge
from relation_models import WordLooker
from rnn_datasets import QUESTION_KINDS, Questions, Scenes

RECORD = Path(__file__).with_name("word_looks.json")
SEEDS, EVERY = 3, 125  # the curve has a point after so many batches
FIRST_NOUN = 3  # word of "is the red circle left of the blue square"; the other noun is the last word


@torch.no_grad()
def judged(network: WordLooker, v: torch.Tensor, sample: Scenes, questions: Questions) -> dict[str, object]:
    """Say how much is right by kind, and how much weight the two nouns of a relation lay on their objects."""
    x, lengths = asked(questions.words)
    said = network(v[torch.from_numpy(questions.scenes)], x, lengths)
    right = said.scores.argmax(1).numpy() == questions.answers
    relations = np.flatnonzero(questions.kinds == QUESTION_KINDS.index("relation"))
    cells = train_attention.named(questions, sample)[relations]
    last = lengths[relations] - 1
    looks = said.looks[relations]
    rows = torch.arange(len(relations))
    first = looks[rows, FIRST_NOUN, cells[:, 0]].mean().item()
    second = looks[rows, last, cells[:, 1]].mean().item()
    return {"right": by_kind(right, questions), "mass": [round(first, 4), round(second, 4)]}


@torch.no_grad()
def relations_right(network: WordLooker, v: torch.Tensor, questions: Questions) -> float:
    """Give the share of the relations that are answered right."""
    rows = np.flatnonzero(questions.kinds == QUESTION_KINDS.index("relation"))
    x, lengths = asked(questions.words)
    said = network(v[torch.from_numpy(questions.scenes[rows])], x[rows], lengths[rows])
    return round(float((said.scores.argmax(1).numpy() == questions.answers[rows]).mean()), 4)


def main() -> None:
    """Record every seed."""
    torch.set_num_threads(1)
    record = []
    sample, questions = to_judge()
    for seed in range(SEEDS):
        eye = train_captioner.eye(seed)
        v, learned = train_attention.to_answer(eye)
        seen, curve = features(eye, sample), []
        for batches, network in enumerate(relation_models.word_lookers(v, learned, seed), start=1):
            if batches % EVERY == 0:
                curve.append(relations_right(network, seen, questions))
        record.append({"seed": seed, "curve": curve, **judged(network, seen, sample, questions)})
        print(record[-1], flush=True)
        RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
