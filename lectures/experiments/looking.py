"""Does a captioner look at what it names? The numbers of lecture 7, recorded once by `make experiments`.

The eyes, the scenes and the steps are those of `captions`, where captioners that do not look were recorded. Some
networks here look softly, one weighs all cells alike, and some look at one cell a word, drawn by REINFORCE.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import attention_models
import caption_models
import caption_scores
import train_attention
import train_captioner
from attention_models import Baseline, Choose, Looker
from experiments.captions import due, features, train_scenes, valid_scenes
from rnn_datasets import COLOURS, SHAPES, SIZES, Scenes

RECORD = Path(__file__).with_name("looking.json")
SEEDS = 3
BASELINES: tuple[Baseline, ...] = ("none", "others")
WORDS_OF = {"size": SIZES, "colour": COLOURS, "shape": SHAPES}
DRAWS, BEFORE = 64, (1, 100)  # gradients to take the variance of, so early in learning softly

Masses = dict[str, dict[str, float]]


@torch.no_grad()
def masses(network: Looker, v: Tensor, sample: Scenes) -> Masses:
    """Say how much weight lies on the cell of an object while its size, colour or shape is said.

    Objects that are alone, the first of two and the second of two are told apart; the truth is shown at every step.
    """
    weights = network(v, caption_models.written(sample)).weights.numpy()
    found: dict[str, dict[str, list[float]]] = {kind: {} for kind in WORDS_OF}
    for n, (first, *_) in enumerate(sample.captions):
        alone = max(first.objects) == 0
        for t, (word, thing) in enumerate(zip(*first, strict=True)):
            for kind in WORDS_OF:
                if thing >= 0 and word in WORDS_OF[kind]:
                    which = "alone" if alone else ("first", "second")[thing]
                    found[kind].setdefault(which, []).append(weights[n, t, sample.cells[n, thing]])
    return {
        kind: {which: round(float(np.mean(some)), 4) for which, some in sorted(by.items())}
        for kind, by in found.items()
    }


def exact(network: Looker, v: Tensor, sample: Scenes, choose: Choose | None = None) -> float:
    """Give the share of captions that say everything right."""
    return round(caption_scores.exact(network.say(v, choose)[0], due(sample)), 4)


def spread(network: Looker, v: Tensor, captions: Tensor, baseline: Baseline) -> float:
    """Give the variance of the gradient that REINFORCE sends into the attention, over draws for one batch."""
    rng, parameters = np.random.default_rng(0), [*network.decoder.attention.parameters()]
    gradients = [
        torch.cat(
            [
                part.flatten()
                for part in torch.autograd.grad(
                    attention_models.hard_cost(network, v, captions, rng, baseline), parameters
                )
            ]
        )
        for _ in range(DRAWS)
    ]
    return torch.stack(gradients).var(dim=0).sum().item()


def variances(v: Tensor, captions: Tensor, seed: int) -> list[dict[str, object]]:
    """Compare the baselines on the same network and the same batch, right at the beginning and a little later."""
    record = []
    for steps in BEFORE:
        network = train_attention.looker(v, captions, "additive", seed, steps)
        batch = v[: train_attention.N], captions[: train_attention.N]
        found = {baseline: spread(network, *batch, baseline) for baseline in BASELINES}
        record.append({"seed": seed, "steps": steps, **found})
    return record


def main() -> None:
    """Record everything, for every seed."""
    torch.set_num_threads(1)
    parts: dict[str, list[dict[str, object]]] = {"soft": [], "uniform": [], "hard": [], "variance": []}
    learn, valid = train_scenes(), valid_scenes()
    captions = caption_models.written(learn)
    for seed in range(SEEDS):
        eye = train_captioner.eye(seed)
        v, asked = features(eye, learn), features(eye, valid)
        network = train_attention.looker(v, captions, "additive", seed)
        entry = {"seed": seed, "exact": exact(network, asked, valid), "mass": masses(network, asked, valid)}
        network.decoder.attention.score = "uniform"
        parts["soft"].append({**entry, "exact without weights": exact(network, asked, valid)})
        print(parts["soft"][-1], flush=True)
        network = train_attention.looker(v, captions, "uniform", seed)
        parts["uniform"].append({"seed": seed, "exact": exact(network, asked, valid)})
        print(parts["uniform"][-1], flush=True)
        for baseline in BASELINES:
            network = train_attention.hard_looker(v, captions, baseline, seed)
            right = exact(network, asked, valid, attention_models.likeliest)
            mass = masses(network, asked, valid)
            parts["hard"].append({"seed": seed, "baseline": baseline, "exact": right, "mass": mass})
            print(parts["hard"][-1], flush=True)
        parts["variance"] += variances(v, captions, seed)
        print(parts["variance"][-len(BEFORE) :], flush=True)
        RECORD.write_text(json.dumps(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
