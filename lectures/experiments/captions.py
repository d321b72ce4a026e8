"""What decides how well a picture is described? The numbers of lecture 6, recorded once by `make experiments`.

The captioners read 6,000 scenes of one or two objects for 700 steps, 64 at a time, and are judged on 800 others against
the caption that says everything. Baselines that do not look, or look at something else, stand beside them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

import caption_models
import caption_scores
import train_captioner
from caption_models import Captioner, Eye, View, WayIn
from rnn_datasets import COLOURS, SHAPES, Scenes, scenes
from training import train

RECORD = Path(__file__).with_name("captions.json")
VALID, SEEDS = 800, 3
CIRCLE, RED = SHAPES.index("circle"), COLOURS.index("red")

Numbers = dict[str, object]


class Kind(NamedTuple):
    """How the picture gets in, what is kept of it (all cells, or their mean), and for how many steps one learns."""

    way_in: WayIn
    view: View
    steps: int = train_captioner.STEPS


KINDS = (
    Kind("input", "cells"),
    Kind("input", "average"),
    Kind("state", "cells"),
    Kind("state", "cells", 2 * train_captioner.STEPS),
)
# How many of the biased scenes with a circle that is not red are kept; None: all, about one circle in a hundred.
EXCEPTIONS = (0, 10, None)


def train_scenes(pairs: str = "any") -> Scenes:
    """Draw the scenes to learn from."""
    return scenes(np.random.default_rng(0), train_captioner.SCENES, train_captioner.OBJECTS, pairs)


def valid_scenes(pairs: str = "any", objects: Sequence[int] = train_captioner.OBJECTS) -> Scenes:
    """Draw the scenes to be judged on."""
    return scenes(np.random.default_rng(1000), VALID, objects, pairs)


def due(sample: Scenes) -> list[str]:
    """Give the caption that says everything, of each scene."""
    return [" ".join(captions[0].words) for captions in sample.captions]


@torch.no_grad()
def features(eye: Eye, sample: Scenes) -> Tensor:
    """See all scenes, once and for all: (N, 9, 64)."""
    return eye(torch.from_numpy(sample.images))


def judged(said: list[str], truth: list[str]) -> Numbers:
    """Score captions in every way that we have."""
    scores = (caption_scores.exact, caption_scores.bleu4, caption_scores.what, caption_scores.where)
    return {score.__name__: round(score(said, truth), 4) for score in scores}


def ways_in(eye: Eye, seed: int) -> list[Numbers]:
    """Compare the ways in, and all cells with their mean, on one eye."""
    learn, valid = train_scenes(), valid_scenes()
    record = []
    for kind in KINDS:
        v, asked = (caption_models.seen(features(eye, sample), kind.view) for sample in (learn, valid))
        network = train_captioner.captioner(v, caption_models.written(learn), kind.way_in, seed, kind.steps)
        weights = sum(parameter.numel() for parameter in network.parameters())
        scores = judged(network.say(asked), due(valid))
        entry: Numbers = {"seed": seed, **kind._asdict(), "weights": weights, **scores}
        if kind == KINDS[0]:  # the one that the others are compared with
            entry |= {"blank": blank(eye, network, valid), "circles": circles(eye, network)}
        record.append(entry)
        print(entry, flush=True)
    return record


def blank(eye: Eye, network: Captioner, valid: Scenes) -> Numbers:
    """Let a captioner describe a picture with nothing on it, and score that as a caption of every scene."""
    nothing = eye(torch.full((1, *valid.images.shape[1:]), valid.images[0, 0, 0, 0].item()))
    caption = network.say(caption_models.seen(nothing))[0]
    return {"caption": caption, **judged([caption] * VALID, due(valid))}


def without_looking() -> dict[str, Numbers]:
    """Score the commonest caption of the training, and captions of other scenes."""
    learn, truth = due(train_scenes()), due(valid_scenes())
    commonest = Counter(learn).most_common(1)[0][0]
    others = np.random.default_rng(0).choice(learn, VALID).tolist()
    return {
        "commonest caption": {"caption": commonest, **judged([commonest] * VALID, truth)},
        "another scene's caption": judged(others, truth),
    }


def joint(seed: int) -> Numbers:
    """Let a new eye learn together with the captioner, by the captions alone."""
    learn, valid = train_scenes(), valid_scenes()
    torch.manual_seed(seed)
    eye = Eye()
    network = Captioner(caption_models.CELLS * caption_models.CHANNELS[-1], KINDS[0].way_in)
    batches = caption_models.in_turn(
        np.random.default_rng(seed),
        train_captioner.N,
        torch.from_numpy(learn.images),
        caption_models.written(learn),
    )

    def loss() -> Tensor:
        images, captions = next(batches)
        return network.cost(caption_models.seen(eye(images)), captions)

    parameters = [*eye.body.parameters(), *network.parameters()]
    train(parameters, loss, train_captioner.STEPS, train_captioner.RATE, quiet=True)
    scores = judged(network.say(caption_models.seen(features(eye, valid))), due(valid))
    return {"seed": seed, **scores}


def held_out(eye: Eye, seed: int) -> list[Numbers]:
    """Keep four pairs of shape and colour from a captioner, and from its eye or not, then ask for them."""
    learn, record = train_scenes("seen"), []
    for lesson, looks in (("any", eye), ("seen", train_captioner.eye(seed, pairs="seen"))):
        v = caption_models.seen(features(looks, learn))
        network = train_captioner.captioner(v, caption_models.written(learn), KINDS[0].way_in, seed)
        found: Numbers = {"seed": seed, "lesson": lesson}
        for pairs in ("seen", "held out"):
            asked = valid_scenes(pairs)
            said = network.say(caption_models.seen(features(looks, asked)))
            found[pairs] = judged(said, due(asked)) | {"eye": round(named(looks, asked), 4)}
        record.append(found)
        print(found, flush=True)
    return record


@torch.no_grad()
def named(eye: Eye, sample: Scenes) -> float:
    """Give the share of scenes in which the eye names shape, colour and size right in every cell."""
    scores = eye.classifier(features(eye, sample)).split(caption_models.ANSWERS, dim=2)
    answers = torch.stack([score.argmax(2) for score in scores], dim=2)
    return (answers == torch.from_numpy(sample.by_cell())).flatten(1).all(dim=1).float().mean().item()


def odd(sample: Scenes) -> np.ndarray:
    """Say which scenes have a circle that is not red, (N,)."""
    return ((sample.shapes == CIRCLE) & (sample.colours != RED)).any(axis=1)


def with_exceptions(sample: Scenes, most: int | None) -> np.ndarray:
    """Choose the scenes whose circles are all red, and at most so many of the others: their places, in order."""
    return np.sort(np.concatenate([np.flatnonzero(~odd(sample)), np.flatnonzero(odd(sample))[:most]]))


def circles(eye: Eye, network: Captioner) -> dict[str, float]:
    """Ask for single circles that are not red, and say what became of them, in shares."""
    asked = valid_scenes("against bias", objects=(1,))
    said = network.say(caption_models.seen(features(eye, asked)))
    outcomes = Counter[str]()
    for n in np.flatnonzero(asked.shapes[:, 0] == CIRCLE):
        thing = said[n].split()[2:4]
        right = COLOURS[asked.colours[n, 0]]
        outcome = {(right, "circle"): "right", ("red", "circle"): "red circle"}.get(tuple(thing))
        outcomes[outcome or ("another shape of its colour" if thing[:1] == [right] else "else")] += 1
    return {outcome: round(count / outcomes.total(), 4) for outcome, count in outcomes.most_common()}


def bias(eye: Eye, seed: int) -> list[Numbers]:
    """Teach captioners by scenes whose circles are red but for some exceptions."""
    biased, valid = train_scenes("biased"), valid_scenes()
    v, captions = caption_models.seen(features(eye, biased)), caption_models.written(biased)
    record = []
    for most in EXCEPTIONS:
        rows = with_exceptions(biased, most)
        network = train_captioner.captioner(v[rows], captions[rows], KINDS[0].way_in, seed)
        scores = judged(network.say(caption_models.seen(features(eye, valid))), due(valid))
        exceptions = int(odd(biased)[rows].sum())
        record.append({"seed": seed, "exceptions": exceptions, **scores, "circles": circles(eye, network)})
        print(record[-1], flush=True)
    return record


def main() -> None:
    """Record everything, for every seed."""
    torch.set_num_threads(1)
    parts: dict[str, list[Numbers]] = {"ways in": [], "bias": [], "held out": [], "joint": []}
    for seed in range(SEEDS):
        eye = train_captioner.eye(seed)
        parts["ways in"] += ways_in(eye, seed)
        parts["bias"] += bias(eye, seed)
        parts["held out"] += held_out(eye, seed)
        parts["joint"].append(joint(seed))
        print(parts["joint"][-1], flush=True)
    record = {"without looking": without_looking(), **parts}
    RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
