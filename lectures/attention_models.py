"""The networks of lecture 7, which look back: at the characters of a date, or at the cells of a scene.

All share one `Attention`, and those that write share one `Decoder`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot, softmax
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import checkpoints
import seq2seq_models
from caption_models import CELLS, CHANNELS, LONGEST, WORDS, Eye
from rnn_datasets import ANSWERS, END, PAD, START, Vocabulary, pad, question_vocabulary
from seq2seq_models import OUT

D = 32  # numbers of an embedded token
H_READER = 96  # units that read a question
PLACE = 16  # numbers that say which cell of a scene it is
QUESTION_WORDS = question_vocabulary()
PADDING, BEGIN = OUT[PAD], OUT[START]  # the same two numbers in every vocabulary

Score = Literal["additive", "dot", "scaled dot", "uniform"]
Choose = Callable[[Tensor], Tensor]


class Places(NamedTuple):
    """What is looked at.

    Attributes:
        features: (N, L, F) what is seen at each of L places.
        keys: (N, L, A) what a query is compared with there.
        mask: (N, L), False where there is no place.
    """

    features: Tensor
    keys: Tensor
    mask: Tensor


class Attention(nn.Module):
    """Weigh places by how well they fit a query, and mix them by these weights.

    Args:
        score: how well query and key fit: v tanh(q + k) (Bahdanau et al., 2015), q k, or q k / sqrt(A) (Vaswani et
            al., 2017). With "uniform" all fit alike. It may be changed to that in a network that has learned.
        Q: numbers of a query.
        F: features of a place.
        A: numbers that a query and a key have in common.
    """

    def __init__(self, score: Score, Q: int, F: int, A: int) -> None:
        super().__init__()
        self.score = score
        self.query = nn.Linear(Q, A)
        self.key = nn.Linear(F, A, bias=False)
        if score == "additive":
            self.v = nn.Linear(A, 1, bias=False)

    def places(self, features: Tensor, mask: Tensor) -> Places:
        """Make the keys, once for all looks at features (N, L, F)."""
        return Places(features, self.key(features), mask)

    def fit(self, query: Tensor, keys: Tensor) -> Tensor:
        """Score (N, L) how well each key (N, L, A) fits the query (N, Q)."""
        if self.score == "uniform":
            return keys.new_zeros(keys.shape[:2])
        q = self.query(query)
        if self.score == "additive":
            return self.v(torch.tanh(q[:, None] + keys)).squeeze(2)
        dot = torch.einsum("na,nla->nl", q, keys)
        return dot / keys.shape[2] ** 0.5 if self.score == "scaled dot" else dot

    def forward(self, query: Tensor, places: Places) -> Tensor:
        """Give the weights (N, L), zero where there is no place."""
        return softmax(self.fit(query, places.keys).masked_fill(~places.mask, -torch.inf), dim=1)


class Written(NamedTuple):
    """What a decoder did in S steps.

    Attributes:
        scores: (N, S, V) of every token.
        weights: (N, S, L) of every place, before each token.
        looks: (N, S, L) how much of each place was seen: the weights, or 1 for a place that was chosen.
    """

    scores: Tensor
    weights: Tensor
    looks: Tensor


class Decoder(nn.Module):
    """A GRU that looks before every token (Bahdanau et al., 2015; Xu et al., 2015).

    The state before the step says where to look. What is seen enters the gates beside the last token, and the scores
    beside the state after the step.

    Args:
        V: tokens.
        F: features of a place.
        H: units.
        score: see `Attention`.
    """

    def __init__(self, V: int, F: int, H: int, score: Score) -> None:
        super().__init__()
        self.tokens = nn.Embedding(V, D)
        self.first = nn.Linear(F, H)
        self.attention = Attention(score, H, F, H)
        self.cell = nn.GRUCell(D + F, H)
        self.scores = nn.Linear(H + F, V)

    def begin(self, places: Places) -> Tensor:
        """Make the first state (N, H) of the mean of the places."""
        there = places.mask[..., None]
        return torch.tanh(self.first((places.features * there).sum(1) / there.sum(1)))

    def step(
        self, token: Tensor, h: Tensor, places: Places, choose: Choose | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Look, then read one token.

        Args:
            token: (N,) the last one.
            h: (N, H).
            places: where to look.
            choose: see one place instead of the mixture: gives its number (N,) for weights (N, L).

        Returns:
            The scores (N, V) of the next token, the next state, the weights (N, L), and the looks (N, L).
        """
        weights = self.attention(h, places)
        looks = weights if choose is None else one_hot(choose(weights), weights.shape[1]).to(weights.dtype)
        seen = torch.einsum("nl,nlf->nf", looks, places.features)
        h = self.cell(torch.cat([self.tokens(token), seen], 1), h)
        return self.scores(torch.cat([h, seen], 1)), h, weights, looks

    def forward(self, tokens: Tensor, places: Places, choose: Choose | None = None) -> Written:
        """Read tokens (N, S), looking before each of them."""
        h, steps = self.begin(places), []
        for token in tokens.unbind(1):
            scores, h, weights, looks = self.step(token, h, places, choose)
            steps.append((scores, weights, looks))
        return Written(*(torch.stack(part, 1) for part in zip(*steps, strict=True)))

    @torch.no_grad()
    def write(self, places: Places, S: int, choose: Choose | None = None) -> tuple[Tensor, Tensor]:
        """Write S tokens (N, S), always the likeliest; give them and the looks (N, S, L).

        What stands behind END means nothing.
        """
        token, h, steps = torch.full((len(places.mask),), BEGIN), self.begin(places), []
        for _ in range(S):
            scores, h, _, looks = self.step(token, h, places, choose)
            token = scores.argmax(1)
            steps.append((token, looks))
        tokens, looks = (torch.stack(part, 1) for part in zip(*steps, strict=True))
        return tokens, looks


class Translator(nn.Module):
    """Reads a date from both ends, one GRU each way, and writes it as ISO does, looking at the characters.

    Args:
        V_in: characters that are read.
        H: units of the decoder, and of both readers together.
        score: see `Attention`.
    """

    def __init__(self, V_in: int, H: int, score: Score) -> None:
        super().__init__()
        self.characters = nn.Embedding(V_in, D)
        self.encoder = nn.GRU(D, H // 2, batch_first=True, bidirectional=True)
        self.decoder = Decoder(len(OUT), H, H, score)

    def places(self, x: Tensor, lengths: Tensor) -> Places:
        """Read x (N, T), each row as long as lengths (N,) say; the features are the readers' states."""
        read = pack_padded_sequence(self.characters(x), lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.encoder(read)[0], batch_first=True)
        return self.decoder.attention.places(states, torch.arange(states.shape[1]) < lengths[:, None])

    def forward(self, x: Tensor, lengths: Tensor, y: Tensor) -> Written:
        """Write y (N, S), the truth shown at every step."""
        shown = y.roll(1, dims=1)
        shown[:, 0] = BEGIN
        return self.decoder(shown, self.places(x, lengths))

    def cost(self, x: Tensor, lengths: Tensor, y: Tensor) -> Tensor:
        """Nats per answer y (N, S)."""
        return seq2seq_models.cost(self(x, lengths, y).scores, y)

    def write(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Write answers (N, S), and say where each token was looked for, (N, S, T)."""
        return self.decoder.write(self.places(x, lengths), seq2seq_models.S)


class Looker(nn.Module):
    """Says what is in a scene, looking at its nine cells.

    Args:
        H: units of the decoder.
        score: see `Attention`.
    """

    def __init__(self, H: int, score: Score) -> None:
        super().__init__()
        self.cells = nn.Parameter(torch.randn(CELLS, PLACE) / 3)
        self.decoder = Decoder(len(WORDS), CHANNELS[-1] + PLACE, H, score)

    def places(self, v: Tensor) -> Places:
        """Put beside the features v (N, 9, 64) of each cell which one it is."""
        return self.decoder.attention.places(*with_cells(v, self.cells))

    def forward(self, v: Tensor, captions: Tensor, choose: Choose | None = None) -> Written:
        """Say captions (N, T), the truth shown at every step; there are T - 1 steps."""
        return self.decoder(captions[:, :-1], self.places(v), choose)

    def cost(self, v: Tensor, captions: Tensor) -> Tensor:
        """Nats per caption, of features v (N, 9, 64) and captions (N, T) between START and END, then PAD."""
        return nats(self(v, captions).scores, captions).sum() / len(v)

    def say(self, v: Tensor, choose: Choose | None = None) -> tuple[list[str], Tensor]:
        """Give a caption for each of N scenes, and where each word was looked for, (N, T, 9)."""
        tokens, looks = self.decoder.write(self.places(v), LONGEST, choose)
        return [WORDS.decode(row, " ").partition(END)[0].strip() for row in tokens.tolist()], looks


def with_cells(v: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
    """Put what each cell is called, (9, P), beside its features v (N, 9, F); and a mask: all nine are there."""
    return torch.cat([v, cells.expand(len(v), -1, -1)], dim=2), torch.ones(v.shape[:2], dtype=torch.bool)


def nats(scores: Tensor, captions: Tensor) -> Tensor:
    """Give the cost (N, T - 1) of each word but the first, zero where the caption is over."""
    due = captions[:, 1:]
    costs = cross_entropy(scores.flatten(0, 1), due.flatten(), reduction="none").view_as(due)
    return costs * (due != PADDING)


# Hard attention ---------------------------------------------------------------------------------------------------

Baseline = Literal["none", "others"]


def drawn(weights: Tensor, rng: np.random.Generator) -> Tensor:
    """Draw a place (N,) for each row of weights (N, L)."""
    edges = weights.detach().cumsum(1)[:, :-1].contiguous()
    return torch.searchsorted(edges, torch.from_numpy(rng.random((len(weights), 1))).to(edges.dtype))[:, 0]


def likeliest(weights: Tensor) -> Tensor:
    """Choose the place (N,) of the largest weight."""
    return weights.argmax(1)


def hard_cost(
    network: Looker, v: Tensor, captions: Tensor, rng: np.random.Generator, baseline: Baseline
) -> Tensor:
    """Give a number whose gradient is an estimate of that of the expected cost of drawn looks (Williams, 1992).

    Args:
        network: looks at one cell a word.
        v: (N, 9, 64).
        captions: (N, T).
        rng: draws the looks.
        baseline: what a look's return is compared with: nothing, or the mean return of the other N - 1 captions'
            looks before the same word.
    """
    said = network(v, captions, lambda weights: drawn(weights, rng))
    cost = nats(said.scores, captions)
    returns = -cost.detach().flip(1).cumsum(1).flip(1)  # what is still to come when a look is taken
    if baseline == "others":
        returns = returns - (returns.sum(0) - returns) / (len(v) - 1)
    chance = (said.looks * said.weights).sum(2)
    counts = captions[:, 1:] != PADDING
    return (cost - returns * chance.log() * counts).sum() / len(v)


# Questions --------------------------------------------------------------------------------------------------------

View = Literal["nothing", "average", "cells"]


class Answered(NamedTuple):
    """What a network says of N questions.

    Attributes:
        scores: (N, 15) of every answer.
        weights: (N, hops, 9) of every cell, look by look.
    """

    scores: Tensor
    weights: Tensor


class Answerer(nn.Module):
    """A GRU reads a question, then looks at the scene for the answer.

    Each look's query is the question and all that was seen before. Beside the looks, whose weights sum to one, a
    sigmoid says of each cell whether it counts: a mixture alone cannot tell two circles from one.

    Args:
        view: "nothing" of the scene, the "average" of its cells, or a look at the "cells".
        hops: how many looks, one after the other.
        compare: make it easy to compare two looks. The cells begin with their rows and columns, and what decides on the
            answer is given the difference of the first two looks, and the words themselves beside the reader's state.
    """

    def __init__(self, view: View, hops: int = 1, compare: bool = False) -> None:
        super().__init__()
        F = CHANNELS[-1] + PLACE
        self.view, self.compare = view, compare
        self.words = nn.Embedding(len(QUESTION_WORDS), D)
        self.reader = nn.GRU(D, H_READER, batch_first=True)
        self.cells = nn.Parameter(torch.randn(CELLS, PLACE) / 3)
        looks = range(hops if view == "cells" else 0)
        self.looks = nn.ModuleList(Attention("additive", H_READER + hop * F, F, H_READER) for hop in looks)
        self.counter = Attention("additive", H_READER, F, H_READER) if looks else None
        if compare:
            with torch.no_grad():
                self.cells[:, :2] = torch.cartesian_prod(torch.arange(3.0), torch.arange(3.0)) - 1
        known = H_READER + {"nothing": 0, "average": F, "cells": hops * F + 1}[view] + compare * (F + D)
        self.answer = nn.Sequential(nn.Linear(known, 128), nn.ReLU(), nn.Linear(128, len(ANSWERS)))

    def forward(self, v: Tensor, x: Tensor, lengths: Tensor) -> Answered:
        """Answer questions x (N, T), each as long as lengths (N,) say, about scenes of features v (N, 9, 64)."""
        words = self.words(x)
        question = self.reader(words)[0].take_along_dim(lengths[:, None, None] - 1, dim=1)[:, 0]
        cells, mask = with_cells(v, self.cells)
        known, weights, seen = question, [], []
        if self.view == "average":
            known = torch.cat([known, cells.mean(1)], 1)
        for look in self.looks:
            weights.append(look(known, look.places(cells, mask)))
            seen.append(torch.einsum("nl,nlf->nf", weights[-1], cells))
            known = torch.cat([known, seen[-1]], 1)
        if self.counter is not None:
            counted = torch.sigmoid(self.counter.fit(question, self.counter.key(cells))).sum(1, keepdim=True)
            known = torch.cat([known, counted], 1)
        if self.compare:
            said = (words * (x != PADDING)[..., None]).sum(1)
            known = torch.cat([known, seen[0] - seen[1], said], 1)
        return Answered(
            self.answer(known), torch.stack(weights, 1) if weights else v.new_zeros(len(v), 0, CELLS)
        )

    def cost(self, v: Tensor, x: Tensor, lengths: Tensor, answers: Tensor) -> Tensor:
        """Nats per answer (N,)."""
        return cross_entropy(self(v, x, lengths).scores, answers)


def asked(words: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor]:
    """Write questions as numbers, (N, T) and padded at the end, with their lengths (N,)."""
    x, mask = pad([QUESTION_WORDS.encode(question) for question in words])
    return torch.from_numpy(x), torch.from_numpy(mask.sum(axis=1))


# What was trained beforehand --------------------------------------------------------------------------------------


def shipped_translator() -> tuple[Translator, Vocabulary]:
    """Load the network that writes dates, and the vocabulary that it reads."""
    weights, vocabulary, log = checkpoints.load("translator")
    network = Translator(len(vocabulary), log["H"], log["score"])
    network.load_state_dict(_part("translator", weights))
    return network, vocabulary


def shipped_looker() -> tuple[Eye, Looker]:
    """Load the eye, and the network that says what is in a scene."""
    weights, _, log = checkpoints.load("looker")
    eye, network = Eye(), Looker(log["H"], log["score"])
    eye.load_state_dict(_part("eye", weights))
    network.load_state_dict(_part("looker", weights))
    return eye.requires_grad_(False), network


def shipped_answerer() -> Answerer:
    """Load the network that answers questions; it sees with the eye of `shipped_looker`."""
    weights, _, log = checkpoints.load("answerer")
    network = Answerer("cells", log["hops"])
    network.load_state_dict(_part("answerer", weights))
    return network


def _part(of: str, weights: dict[str, NDArray[np.float32]]) -> dict[str, Tensor]:
    """Pick the weights of one of the networks that a checkpoint holds."""
    mine = {
        name.removeprefix(f"{of}."): array for name, array in weights.items() if name.startswith(f"{of}.")
    }
    return {name: torch.from_numpy(array) for name, array in mine.items()}
