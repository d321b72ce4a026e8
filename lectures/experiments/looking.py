"""Does a captioner look at what it names? The numbers of lecture 7, recorded once by `make experiments`.

The eyes, the scenes and the steps are those of `captions`, where captioners that do not look were recorded. Some
networks here look softly, with or without being told which cell is which; others look at one cell a word, drawn by
REINFORCE.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import attention_models
import caption_models
import train_attention
import train_captioner
from attention_models import Baseline, Choose, Looker
from experiments import captions
from experiments.captions import features, train_scenes, valid_scenes
from rnn_datasets import COLOURS, SHAPES, SIZES, Scenes

RECORD = Path(__file__).with_name("looking.json")
SEEDS = 3
BASELINES: tuple[Baseline, ...] = ("none", "others")
WORDS_OF = {"size": SIZES, "colour": COLOURS, "shape": SHAPES}
DRAWS, BEFORE = 32, (1, 100)  # gradients to take the variance of, so early in learning softly

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


def judged(network: Looker, v: Tensor, sample: Scenes, choose: Choose | None = None) -> dict[str, object]:
    """Score the captions as lecture 6 does."""
    return captions.judged(network.say(v, choose)[0], captions.due(sample))


def spread(network: Looker, costs: Iterable[Tensor]) -> float:
    """Give the variance of the gradient that costs send into the attention, summed over its weights."""
    parameters = [*network.decoder.attention.parameters()]
    gradients = [
        torch.cat([part.flatten() for part in torch.autograd.grad(cost, parameters)]) for cost in costs
    ]
    return torch.stack(gradients).var(dim=0).sum().item()


def variances(v: Tensor, told: Tensor, seed: int) -> list[dict[str, object]]:
    """Compare the estimates of REINFORCE on the same network, right at the beginning and a little later.

    They are of one batch, and vary with the looks that are drawn; beside them what the gradient of soft looks varies
    from batch to batch.
    """
    N, record = train_attention.N, []
    for steps in BEFORE:
        network = train_attention.looker(v, told, seed, steps)
        found = {}
        for baseline in BASELINES:
            rng = np.random.default_rng(0)
            draws = (
                attention_models.hard_cost(network, v[:N], told[:N], rng, baseline) for _ in range(DRAWS)
            )
            found[baseline] = spread(network, draws)
        batches = caption_models.in_turn(np.random.default_rng(0), N, v, told)
        found["soft, other batches"] = spread(network, (network.cost(*next(batches)) for _ in range(DRAWS)))
        record.append({"seed": seed, "steps": steps, **found})
    return record


def main() -> None:
    """Record everything, for every seed."""
    torch.set_num_threads(1)
    parts: dict[str, list[dict[str, object]]] = {"soft": [], "without places": [], "hard": [], "variance": []}
    learn, valid = train_scenes(), valid_scenes()
    told = caption_models.written(learn)
    for seed in range(SEEDS):
        eye = train_captioner.eye(seed)
        v, asked = features(eye, learn), features(eye, valid)
        network = train_attention.looker(v, told, seed)
        entry = {"seed": seed, **judged(network, asked, valid), "mass": masses(network, asked, valid)}
        network.decoder.attention.score = "uniform"
        parts["soft"].append({**entry, "uniform afterwards": judged(network, asked, valid)})
        print(parts["soft"][-1], flush=True)
        network = train_attention.looker(v, told, seed, places=False)
        parts["without places"].append({"seed": seed, **judged(network, asked, valid)})
        print(parts["without places"][-1], flush=True)
        for baseline in BASELINES:
            network = train_attention.hard_looker(v, told, baseline, seed)
            right = judged(network, asked, valid, attention_models.likeliest)
            mass = masses(network, asked, valid)
            parts["hard"].append({"seed": seed, "baseline": baseline, **right, "mass": mass})
            print(parts["hard"][-1], flush=True)
        parts["variance"] += variances(v, told, seed)
        print(parts["variance"][-len(BEFORE) :], flush=True)
        RECORD.write_text(json.dumps(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
