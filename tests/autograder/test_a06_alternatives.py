"""Right answers to assignment 6 that are written another way lose nothing; odd ones are judged, and cost points."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from alternatives import SEEDS, Answers, changed
from torch import nn
from torch.nn import functional

ANSWERS = Answers("a06_captioning")
KNOWN = ANSWERS.known
PAD, START, END = 0, 1, 2


# From a picture to a vector --------------------------------------------------------------------------------------


@ANSWERS.to("global_average_pool")
def pooled_by_a_layer(maps):
    if len(maps.shape) != 4 or not maps.shape[2] or not maps.shape[3]:
        raise ValueError("maps should be (N, C, R, S)")
    return nn.AdaptiveAvgPool2d(1)(maps).squeeze(-1).squeeze(-1)


@ANSWERS.to("global_average_pool")
def pooled_by_a_sum(maps):
    if maps.dim() != 4:
        raise ValueError(f"maps: {maps.shape}")
    R, S = maps.shape[2:]
    if R * S < 1:
        raise ValueError("maps are empty")
    return torch.einsum("ncrs->nc", maps) / (R * S)


# Sentences of different lengths ----------------------------------------------------------------------------------


@ANSWERS.to("caption_batches")
def batches_from_one_permutation(lengths, N, rng):
    if N <= 0:
        raise ValueError("N must be positive")
    if not len(lengths):
        raise ValueError("lengths: none")
    waiting: dict[int, list[int]] = {}
    batches = []
    for row in rng.permutation(len(lengths)).tolist():
        rows = waiting.setdefault(int(lengths[row]), [])
        rows.append(row)
        if len(rows) == N:
            batches.append(waiting.pop(int(lengths[row])))
    batches += waiting.values()
    rng.shuffle(batches)
    return batches


@ANSWERS.to("caption_batches")
def batches_by_sorting_what_was_shuffled(lengths, N, rng):
    if len(lengths) < 1 or N < 1:
        raise ValueError("lengths is empty" if N > 0 else "N is too small")
    order = rng.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1)
    batches = [part for rows in groups for part in np.split(rows, range(N, len(rows), N))]
    return tuple(batches[k] for k in np.argsort(rng.random(len(batches))))


# The network that writes -----------------------------------------------------------------------------------------


@ANSWERS.to("CaptioningRNN")
class OneStepAtATime(nn.Module):
    """Everything by a loop; parts made in another order; no gradients where none are needed."""

    def __init__(self, cell, way_in, F, V, D, H):
        super().__init__()
        if way_in != "state" and way_in != "input":
            raise ValueError("way_in?")
        if cell == "lstm":
            make = nn.LSTM
        elif cell == "rnn":
            make = nn.RNN
        else:
            raise ValueError(f"no such cell: {cell}")
        self.H = H
        self.readout = nn.Linear(H, V)
        self.to_state = nn.Linear(F, H) if way_in == "state" else None
        self.rnn = make(input_size=D + F * (way_in == "input"), hidden_size=H, batch_first=True)
        self.embedding = nn.Embedding(V, D, padding_idx=PAD)
        self.lstm = cell == "lstm"

    def step(self, features, token, state):
        x = self.embedding(token)
        if self.to_state is None:
            x = torch.hstack([x, features])
        out, state = self.rnn(x[:, None, :], state)
        return self.readout(out[:, -1]), state

    def initial(self, features):
        h = torch.zeros(len(features), self.H) if self.to_state is None else self.to_state(features)
        h = h.unsqueeze(0)
        return (h, h * 0) if self.lstm else h

    def forward(self, features, captions):
        if captions.size(1) <= 1:
            raise ValueError("captions are too short")
        state, scores = self.initial(features), []
        for t in range(captions.size(1) - 1):
            out, state = self.step(features, captions[:, t], state)
            scores.append(out)
        return torch.stack(scores, 1)

    def loss(self, features, captions):
        log_p = functional.log_softmax(self.forward(features, captions), -1)
        picked = log_p.gather(2, captions[:, 1:, None])[..., 0]
        return -(picked * (captions[:, 1:] != PAD)).sum(1).mean()

    @torch.no_grad()
    def sample(self, features, max_length):
        if max_length <= 0:
            raise ValueError("max_length must be positive")
        out = torch.zeros(len(features), max_length, dtype=torch.long)
        state, token = self.initial(features), torch.ones(len(features), dtype=torch.long)
        going = token.bool()
        for t in range(max_length):
            scores, state = self.step(features, token, state)
            token = scores.max(dim=1).indices
            out[going, t] = token[going]
            going &= token != END
            if not going.any():
                break
        return out


@ANSWERS.to("CaptioningRNN")
class ReadsAllAgain(nn.Module):
    """No state is kept: each word is found by reading the caption from its beginning, one picture after the other."""

    def __init__(self, cell, way_in, F, V, D, H):
        if {"rnn", "lstm"}.isdisjoint({cell}):
            raise ValueError("cell")
        if {"state", "input"}.isdisjoint({way_in}):
            raise ValueError("way_in")
        super().__init__()
        self.embedding, self.readout = nn.Embedding(V, D), nn.Linear(H, V)
        inputs = D if way_in == "state" else D + F
        self.rnn = {"rnn": nn.RNN, "lstm": nn.LSTM}[cell](inputs, H, 1, batch_first=True)
        if way_in == "state":
            self.to_state = nn.Linear(F, H)

    def scores(self, features, tokens):
        x = self.embedding(tokens)
        if not hasattr(self, "to_state"):
            beside = features.unsqueeze(1).repeat(1, tokens.shape[1], 1)
            return self.readout(self.rnn(torch.cat((x, beside), -1))[0])
        h0 = self.to_state(features).reshape(1, len(features), -1)
        first = (h0, torch.zeros_like(h0)) if self.rnn.mode == "LSTM" else h0
        return self.readout(self.rnn(x, first)[0])

    def forward(self, features, captions):
        if captions.shape[1] < 2:
            raise ValueError("captions need a START and a target")
        return self.scores(features, captions)[:, :-1]  # reads the last one, and forgets it

    def loss(self, features, captions):
        loss = 0
        for n in range(len(captions)):
            scores = self(features[n : n + 1], captions[n : n + 1])[0]
            real = captions[n, 1:] != PAD
            loss = loss + functional.cross_entropy(scores[real], captions[n, 1:][real], reduction="sum")
        return loss / len(captions)

    def sample(self, features, max_length):
        if not max_length >= 1:
            raise ValueError("max_length")
        rows = []
        for v in features:
            row = [START]
            while len(row) <= max_length and row[-1] != END:
                row.append(int(torch.argmax(self.scores(v[None], torch.tensor([row]))[0, -1])))
            rows.append(row[1:] + [PAD] * (max_length + 1 - len(row)))
        return torch.tensor(rows)


# How good is a caption? ------------------------------------------------------------------------------------------


@ANSWERS.to("bleu")
def bleu_by_dictionaries(candidates, references, max_n=4):
    if len(candidates) == 0:
        raise ValueError("no candidates")
    if len(candidates) != len(references) or any(len(right) == 0 for right in references):
        raise ValueError("references")
    if not max_n > 0:
        raise ValueError("max_n")

    def count(tokens, n):
        counts = {}
        for i in range(n, len(tokens) + 1):
            piece = " ".join(tokens[i - n : i])
            counts[piece] = counts.get(piece, 0) + 1
        return counts

    c = sum(len(candidate) for candidate in candidates)
    r = sum(
        min(sorted(len(x) for x in right), key=lambda length, one=one: abs(length - len(one)))
        for one, right in zip(candidates, references, strict=True)
    )
    score = 0.0 if c else -math.inf
    for n in range(1, max_n + 1):
        good, all_of_them = 0, 0
        for one, right in zip(candidates, references, strict=True):
            tables = [count(x, n) for x in right]
            for piece, times in count(one, n).items():
                good += min(times, max(table.get(piece, 0) for table in tables))
                all_of_them += times
        score += math.log(good / all_of_them) / max_n if good else -math.inf
    return math.exp(score + min(0, 1 - r / c)) if c else 0.0


@ANSWERS.to("bleu")
def bleu_by_arrays(candidates, references, max_n=4):
    """The closest length by a sort, the mean as a root, a number of NumPy's."""
    if not len(candidates):
        raise ValueError("candidates!")
    if [len(right) > 0 for right in references] != [True] * len(candidates):
        raise ValueError("references!")
    if max_n < 1:
        raise ValueError("max_n!")
    table = np.zeros((len(candidates), 2, max_n))
    lengths = np.zeros((len(candidates), 2))
    for k, (one, right) in enumerate(zip(candidates, references, strict=True)):
        nearest = sorted(right, key=lambda x, one=one: (abs(len(x) - len(one)), len(x)))
        lengths[k] = len(one), len(nearest[0])
        for n in range(max_n):
            pieces = [tuple(one[i : i + n + 1]) for i in range(len(one) - n)]
            table[k, 1, n] = len(pieces)
            table[k, 0, n] = sum(
                min(
                    pieces.count(piece),
                    max([tuple(x[i : i + n + 1]) for i in range(len(x) - n)].count(piece) for x in right),
                )
                for piece in set(pieces)
            )
    found, counted = table.sum(axis=0)
    c, r = lengths.sum(axis=0)
    if (found == 0).any():
        return np.float64(0)
    penalty = 1 if c >= r else np.exp(1 - r / c)
    return penalty * np.prod(found / counted) ** (1 / max_n)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "functions"), ANSWERS.all)
def test_it_loses_nothing(name, functions, seed):
    ANSWERS.check(name, functions, seed)


def test_every_exercise_has_two_other_answers():
    assert ANSWERS.with_fewer_than(2) == set()


# What is no answer -----------------------------------------------------------------------------------------------


ODD: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda result: None,
    "a number too large": lambda result: 2**62,
    "a text": lambda result: "a red circle",
    "an empty list": lambda result: [],
    "lists of unequal length": lambda result: [[1, [2]], [3]],
    "a list of nothing": lambda result: [None, None],
    "a list of empty lists": lambda result: [[], []],
    "numbers out of range": lambda result: [np.array([2**63 + 5], dtype=np.uint64), np.array([-7, 10**9])],
    "one batch": lambda result: [list(range(60))],
    "a function": lambda result: lambda: result,
    "infinities": lambda result: changed(result, lambda part: part * 0.0 + math.inf),
    "complex numbers": lambda result: changed(result, lambda part: part + 0j),
    "an axis too many": lambda result: changed(result, lambda part: part[None]),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["global_average_pool", "caption_batches", "bleu"])
def test_an_odd_result_is_judged_without_a_warning_and_costs_points(name: str, odd: str):
    result = ANSWERS.odd(name, lambda *args, **kwargs: ODD[odd](KNOWN[name](*args, **kwargs)))
    assert result.points < result.max_points
    assert [verdict.message for verdict in result.criteria if not verdict.passed]


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_method_costs_points_and_leaves_the_others_theirs(odd: str):
    class Odd(KNOWN["CaptioningRNN"]):
        def sample(self, features, max_length):
            return ODD[odd](super().sample(features, max_length))

    missed = {verdict.name for verdict in ANSWERS.odd("CaptioningRNN", Odd).criteria if not verdict.passed}
    assert {"sample", "END"} <= missed
    assert missed <= {"sample", "END", "picture", "rows", "ones", "bad input"}


@pytest.mark.parametrize("odd", [lambda *sizes, **named: None, lambda *sizes, **named: nn.Linear(2, 3), 3])
def test_what_is_no_such_module_earns_nothing(odd: Any):
    assert ANSWERS.odd("CaptioningRNN", odd).points == 0


def test_who_has_built_one_cell_and_one_way_in_has_the_points_of_those():
    class Half(KNOWN["CaptioningRNN"]):
        def __init__(self, cell, way_in, **sizes):
            if (cell, way_in) != ("rnn", "state"):
                raise NotImplementedError
            super().__init__(cell, way_in, **sizes)

    passed = [verdict.name for verdict in ANSWERS.odd("CaptioningRNN", Half).criteria if verdict.passed]
    assert passed == ["rnn by state"]


def test_nothing_depends_on_a_global_seed():
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)
        assert ANSWERS.odd("CaptioningRNN", KNOWN["CaptioningRNN"]).points == 26
