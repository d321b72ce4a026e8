"""The networks of lecture 7 weigh, look and write as they say, and were recorded as they are."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import attention_models as models
import caption_models
import checkpoints
import train_attention
import train_captioner
from attention_models import Answerer, Attention, Looker, Translator
from experiments import alignment, looking, relations
from experiments import questions as asking
from rnn_datasets import COLOURS, QUESTION_KINDS, SHAPES, date_vocabularies, dates, questions, scenes
from seq2seq_models import decoded, encoded

SCORES = ("additive", "dot", "scaled dot", "uniform")
SAMPLE = scenes(np.random.default_rng(0), 40, (1, 2))
CAPTIONS = caption_models.written(SAMPLE)


def small(score: models.Score = "additive") -> tuple[Looker, Tensor]:
    torch.manual_seed(0)
    return Looker(6, score).double(), torch.randn(40, 9, 64, dtype=torch.float64)


# Weights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("score", SCORES)
def test_weights_are_what_the_equation_says_place_by_place(score: models.Score) -> None:
    torch.manual_seed(0)
    attention = Attention(score, Q=3, F=4, A=5).double()
    query, features = torch.randn(2, 3, dtype=torch.float64), torch.randn(2, 6, 4, dtype=torch.float64)
    mask = torch.arange(6) < torch.tensor([[4], [6]])
    weights = attention(query, attention.places(features, mask))
    for n, length in enumerate((4, 6)):
        fits = []
        for place in features[n, :length]:
            q = attention.query.weight @ query[n] + attention.query.bias
            k = attention.key.weight @ place
            fits.append(
                {
                    "additive": lambda q=q, k=k: attention.v.weight[0] @ torch.tanh(q + k),
                    "dot": lambda q=q, k=k: q @ k,
                    "scaled dot": lambda q=q, k=k: q @ k / np.sqrt(5),
                    "uniform": lambda: torch.zeros((), dtype=torch.float64),
                }[score]()
            )
        powers = torch.stack(fits).exp()
        assert torch.allclose(weights[n, :length], powers / powers.sum(), atol=1e-12)
        assert weights[n, length:].eq(0).all()


def test_scaled_weights_are_those_of_pytorch() -> None:
    torch.manual_seed(0)
    attention = Attention("scaled dot", Q=4, F=4, A=4).double()
    query, features = torch.randn(3, 4, dtype=torch.float64), torch.randn(3, 5, 4, dtype=torch.float64)
    mask = torch.arange(5) < torch.tensor([[2], [5], [1]])
    places = attention.places(features, mask)
    theirs = nn.functional.scaled_dot_product_attention(
        attention.query(query)[:, None], places.keys, features, attn_mask=mask[:, None]
    )
    ours = torch.einsum("nl,nlf->nf", attention(query, places), features)
    assert torch.allclose(ours, theirs[:, 0], atol=1e-12)


def test_a_network_can_be_told_to_weigh_all_alike_afterwards() -> None:
    network, v = small()
    network.decoder.attention.score = "uniform"
    assert torch.allclose(network(v, CAPTIONS).weights, torch.tensor(1 / 9, dtype=torch.float64))


# Writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choose", [None, models.likeliest])
def test_what_is_written_follows_from_what_was_written(choose: models.Choose | None) -> None:
    """Written word by word, or read again in one go as if it were the truth: the same looks, the same words."""
    network, v = small()
    tokens, looks = network.decoder.write(network.places(v), 7, choose)
    begun = torch.cat([torch.full((40, 1), models.BEGIN), tokens], 1)
    again = network(v, begun, choose)
    assert torch.allclose(again.looks, looks, atol=1e-12)
    assert torch.equal(again.scores.argmax(2), tokens)


def test_padding_changes_nothing_of_a_date() -> None:
    torch.manual_seed(0)
    network = Translator(9, 6, "additive").double()
    x, lengths = torch.tensor([[4, 8, 5, 0, 0], [3, 3, 7, 4, 6]]), torch.tensor([3, 5])
    y = torch.tensor([[3, 4, 2], [6, 5, 2]])
    alone = network(x[:1, :3], lengths[:1], y[:1])
    together = network(x, lengths, y)
    assert torch.allclose(together.scores[:1], alone.scores, atol=1e-12)
    assert together.weights[0, :, 3:].eq(0).all()


def test_the_cost_of_a_caption_is_summed_up_to_its_end() -> None:
    network, v = small()
    log_p = torch.log_softmax(network(v, CAPTIONS).scores, dim=2)
    costs = [
        -sum(log_p[n, t, word].item() for t, word in enumerate(caption[1:]) if word != models.PADDING)
        for n, caption in enumerate(CAPTIONS.tolist())
    ]
    assert network.cost(v, CAPTIONS).item() == pytest.approx(np.mean(costs), abs=1e-9)


# Hard attention ---------------------------------------------------------------------------------------------------


def test_places_are_drawn_as_often_as_their_weights_say() -> None:
    weights = torch.tensor([0.1, 0.0, 0.6, 0.3]).expand(20_000, -1)
    found = models.drawn(weights, np.random.default_rng(0)).bincount(minlength=4) / 20_000
    assert found[1] == 0
    assert torch.allclose(found, weights[0], atol=0.015)


@pytest.mark.parametrize(("baseline", "copies", "error"), [("none", 12_000, 0.6), ("others", 1500, 0.15)])
def test_on_average_reinforce_sends_the_gradient_of_the_expected_cost(
    baseline: models.Baseline, copies: int, error: float
) -> None:
    """Two captions of two words: their 81 ways to look, one by one, are the oracle; no gradient would be off by 1."""
    network, v = small()
    v, captions = v[:2], CAPTIONS[:2, :3]
    parameters = [*network.decoder.attention.parameters()]
    expected = torch.zeros((), dtype=torch.float64)
    for path in itertools.product(range(9), repeat=2):
        steps = iter(path)
        said = network(v, captions, lambda weights, steps=steps: torch.full((len(weights),), next(steps)))
        chance = (said.looks * said.weights).sum(2).prod(1)
        expected = expected + (chance * models.nats(said.scores, captions).sum(1)).mean()
    exact = torch.cat([part.flatten() for part in torch.autograd.grad(expected, parameters)])
    rng = np.random.default_rng(0)
    for_one = (v.repeat_interleave(copies, 0), captions.repeat_interleave(copies, 0))
    estimate = torch.autograd.grad(models.hard_cost(network, *for_one, rng, baseline), parameters)
    found = torch.cat([part.flatten() for part in estimate])
    assert (found - exact).norm() < error * exact.norm()


def test_a_baseline_makes_the_gradient_vary_less() -> None:
    network, v = small()
    found = {}
    for baseline in looking.BASELINES:
        rng = np.random.default_rng(0)
        draws = (models.hard_cost(network, v, CAPTIONS, rng, baseline) for _ in range(looking.DRAWS))
        found[baseline] = looking.spread(network, draws)
    assert found["others"] < 0.5 * found["none"]


def test_the_same_gradient_again_does_not_vary() -> None:
    network, v = small()
    assert looking.spread(network, (network.cost(v, CAPTIONS) for _ in range(3))) == pytest.approx(
        0, abs=1e-20
    )


# Questions --------------------------------------------------------------------------------------------------------


def test_only_who_sees_depends_on_the_picture() -> None:
    x, lengths = models.asked([["what", "colour", "is", "the", "cross"]] * 2)
    v = torch.randn(2, 9, 64)
    for kind in asking.KINDS:
        torch.manual_seed(0)
        said = Answerer(*kind)(v, x, lengths)
        same = torch.allclose(said.scores[0], said.scores[1])
        assert same == (kind.view == "nothing")
        assert said.weights.shape == (2, kind.hops if kind.view == "cells" else 0, 9)
        assert torch.allclose(said.weights.sum(2), torch.ones(said.weights.shape[:2]))


def test_padding_changes_nothing_of_a_question() -> None:
    words = [["how", "many", "crosses"], ["what", "colour", "is", "the", "cross"]]
    network, v = Answerer("cells", 2), torch.randn(2, 9, 64)
    both = network(v, *models.asked(words)).scores
    assert torch.allclose(both[:1], network(v[:1], *models.asked(words[:1])).scores, atol=1e-6)


def test_the_things_that_a_relation_names_are_those_that_it_is_about() -> None:
    sample = scenes(np.random.default_rng(0), 300, (3,))
    asked = questions(np.random.default_rng(0), sample, 200)
    for m, cells in enumerate(train_attention.named(asked, sample).tolist()):
        n = asked.scenes[m]
        if QUESTION_KINDS[asked.kinds[m]] != "relation":
            assert cells == [-1, -1]
            continue
        assert set(cells) == set(sample.cells[n, asked.about[m]].tolist())
        first = sample.cells[n].tolist().index(cells[0])
        assert asked.words[m][2:4] == (COLOURS[sample.colours[n, first]], SHAPES[sample.shapes[n, first]])


def test_only_at_first_is_it_told_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = scenes(np.random.default_rng(0), 300, (3,))
    asked = questions(np.random.default_rng(0), sample, 1000)
    v = torch.randn(300, 9, 64)
    costs: list[list[float]] = []

    def costs_only(parameters: Any, loss: Any, steps: int, rate: float, quiet: bool) -> None:
        costs.append([loss().item() for _ in range(steps)])

    monkeypatch.setattr(train_attention, "train", costs_only)
    for share in (0.0, 1.0):
        monkeypatch.setattr(train_attention, "TELLING", share)
        train_attention.told_answerer(v, asked, train_attention.named(asked, sample), seed=0, steps=5)
    untold, told = np.array(costs)
    assert (told[:3] > untold[:3] + 0.1).all()
    assert (told[3:] == untold[3:]).all()


# What is shipped --------------------------------------------------------------------------------------------------


def test_the_shipped_translator_reads_dates_of_new_days() -> None:
    network, vocabulary = models.shipped_translator()
    assert vocabulary == date_vocabularies()[0]
    sample = dates(np.random.default_rng(5), 500, "test")
    tokens, looks = network.write(*encoded(vocabulary, sample.sources))
    assert np.mean(np.array(decoded(tokens)) == np.array(sample.targets)) > 0.97
    found, chance = alignment.masses(looks.numpy(), sample), alignment.chance(sample)
    assert all(min(found[field]["all"]) > chance[field] + 0.2 for field in found)


def test_the_shipped_eye_and_looker_say_what_is_in_new_scenes() -> None:
    eye, network = models.shipped_looker()
    sample = scenes(np.random.default_rng(5), 300, (1, 2))
    v = looking.features(eye, sample)
    assert looking.judged(network, v, sample)["exact"] > 0.95
    assert min(looking.masses(network, v, sample)["colour"].values()) > 0.8


def test_the_shipped_answerer_answers_all_but_relations() -> None:
    eye, _ = models.shipped_looker()
    sample, asked = asking.to_judge()
    v = looking.features(eye, sample)[torch.from_numpy(asked.scenes)]
    right = asking.right(asking.answered(models.shipped_answerer(), v), asked)
    assert all(right[kind] > 0.93 for kind in QUESTION_KINDS[:-1])
    assert 0.4 < right["relation"] < 0.6


@pytest.mark.parametrize(
    ("name", "most"),
    [("translator", 400_000), ("looker", 700_000), ("answerer", 400_000)],
)
def test_the_shipped_files_are_small(name: str, most: int) -> None:
    assert (checkpoints.FOLDER / f"{name}.safetensors").stat().st_size < most


def test_training_again_writes_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path)
    monkeypatch.setattr(train_captioner, "SCENES", 200)
    monkeypatch.setattr(train_attention, "ASKED", 400)

    def written() -> dict[str, bytes]:
        train_attention.main(steps=3)
        return {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    first = written()
    assert {name.partition(".")[0] for name in first} == {"translator", "looker", "answerer"}
    assert written() == first
    assert models.shipped_translator()[1] == date_vocabularies()[0]


# What is recorded -------------------------------------------------------------------------------------------------


def record(of: Any) -> Any:
    return json.loads(of.RECORD.read_text(encoding="utf-8"))


def test_every_score_is_recorded_with_every_seed() -> None:
    found = record(alignment)
    kinds = [(entry["score"], entry["seed"]) for entry in found["networks"]]
    assert sorted(kinds) == sorted(itertools.product(alignment.SCORES, range(alignment.SEEDS)))


def test_who_weighs_all_alike_has_the_mass_of_chance() -> None:
    found = record(alignment)
    for entry in found["networks"]:
        for field, chance in found["chance"].items():
            alike = np.allclose(entry["mass"][field]["all"], chance, atol=1e-3)
            assert alike == (entry["score"] == "uniform")


def test_true_places_are_where_the_fields_stand() -> None:
    sample = dates(np.random.default_rng(0), 50)
    fields = alignment.true_places(sample, 40)
    for n, (source, target) in enumerate(zip(sample.sources, sample.targets, strict=True)):
        year, _, day = ("".join(itertools.compress(source.ljust(40), row)) for row in fields[n])
        assert year == target[:4]
        assert int(day) == int(target[8:])


def test_a_field_is_told_apart_by_how_it_is_written() -> None:
    sample = dates(np.random.default_rng(0), 200)
    for source, target, kinds in zip(sample.sources, sample.targets, alignment.texts(sample), strict=True):
        day = {"one digit": str(int(target[8:])), "two digits": target[8:]}[str(kinds[2])]
        assert day in source
        assert kinds[0] == "otherwise"


def test_all_ways_to_look_are_recorded_with_every_seed() -> None:
    found = record(looking)
    seeds = [*range(looking.SEEDS)]
    for part in ("soft", "without places"):
        assert [entry["seed"] for entry in found[part]] == seeds
    hard = [(entry["seed"], entry["baseline"]) for entry in found["hard"]]
    assert hard == [*itertools.product(seeds, looking.BASELINES)]
    variance = [(entry["seed"], entry["steps"]) for entry in found["variance"]]
    assert variance == [*itertools.product(seeds, looking.BEFORE)]


def test_masses_are_told_apart_by_word_and_object() -> None:
    """A network that always looks at the first object's cell has all mass there, and none on the second's."""

    class Stare:
        def __call__(self, v: Tensor, captions: Tensor) -> models.Written:
            weights = nn.functional.one_hot(torch.from_numpy(SAMPLE.cells[:, 0]), 9).double()
            weights = weights[:, None].expand(-1, captions.shape[1], -1)
            return models.Written(weights, weights, weights)

    found = looking.masses(Stare(), torch.zeros(40, 9, 64), SAMPLE)
    assert set(found) == {"size", "colour", "shape"}
    assert all(by == {"alone": 1, "first": 1, "second": 0} for by in found.values())


def test_every_kind_of_answerer_is_recorded_with_every_seed() -> None:
    found = record(asking)
    kinds = [(entry["seed"], entry["view"], entry["hops"]) for entry in found["networks"]]
    assert kinds == [(seed, *kind) for seed in range(asking.SEEDS) for kind in asking.KINDS]
    assert found["chance"] == asking.chance()
    for entry in found["networks"]:
        mean = np.mean([entry["right"][kind] for kind in QUESTION_KINDS])
        assert entry["right"]["all"] == pytest.approx(mean, abs=1e-3)


def test_told_where_to_look_a_network_answers_relations_as_recorded() -> None:
    networks = record(relations)["networks"]
    assert [entry["seed"] for entry in networks] == [*range(relations.SEEDS)]
    for entry in networks:
        mean = np.mean([entry["right"][kind] for kind in QUESTION_KINDS])
        assert entry["right"]["all"] == pytest.approx(mean, abs=1e-3)


def test_an_erased_object_is_gone_and_the_others_are_not() -> None:
    sample = scenes(np.random.default_rng(0), 300, (3,))
    asked = questions(np.random.default_rng(0), sample, 50)
    k = np.full(50, 1)
    images = asking.without(sample, asked, k)
    for n, m in enumerate(asked.scenes):
        differs = (images[n] != sample.images[m]).any(axis=2)
        left, top, right, bottom = sample.boxes[m, 1]
        assert differs[top:bottom, left:right].any()
        differs[top:bottom, left:right] = False
        assert not differs.any()
        assert (images[n, top:bottom, left:right] == asking.BACKGROUND).all()
