"""The encoder-decoder of lecture 5: one GRU reads a date as people write it, another writes it as ISO does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax

import checkpoints
from rnn_datasets import END, PAD, START, Vocabulary, dates, pad

OUT = Vocabulary((PAD, START, END, *"-0123456789"))
PADDING, BEGIN, STOP = (OUT[token] for token in (PAD, START, END))  # 0, 1, 2 in every vocabulary
S = len("2004-03-05") + 1  # tokens of an answer, END included
D = 32
POOL = 20  # batches that are drawn at once and sorted by length


class EncoderDecoder(nn.Module):
    """A GRU reads a sequence into one state, and another goes on from there (Sutskever, Vinyals and Le, 2014).

    Args:
        V_in: size of the vocabulary that is read.
        V_out: size of the vocabulary that is written.
        H: units of each GRU.
    """

    def __init__(self, V_in: int, V_out: int, H: int) -> None:
        super().__init__()
        self.characters_in = nn.Embedding(V_in, D)
        self.encoder = nn.GRU(D, H, batch_first=True)
        self.characters_out = nn.Embedding(V_out, D)
        self.decoder = nn.GRU(D, H, batch_first=True)
        self.scores = nn.Linear(H, V_out)

    def read(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Read x (N, T), each row to its end; give the state that is left, (N, H)."""
        states, _ = self.encoder(self.characters_in(x))
        return states.take_along_dim(lengths[:, None, None] - 1, dim=1)[:, 0]

    def step(self, token: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Show one token (N,) in state h (N, H); give log-probabilities of the next (N, V), and the next state."""
        states, _ = self.decoder(self.characters_out(token[:, None]), h[None])
        return log_softmax(self.scores(states[:, 0]), dim=1), states[:, 0]

    def forward(self, x: Tensor, lengths: Tensor, y: Tensor) -> Tensor:
        """Scores (N, S, V) of each token of y (N, S), given x and the true tokens before it, all in one go."""
        shown = y.roll(1, dims=1)
        shown[:, 0] = BEGIN
        states, _ = self.decoder(self.characters_out(shown), self.read(x, lengths)[None])
        return self.scores(states)

    def cost(self, x: Tensor, lengths: Tensor, y: Tensor) -> Tensor:
        """Nats per answer y (N, S), the truth shown at every step."""
        return cost(self(x, lengths, y), y)

    def cost_with_own(
        self, x: Tensor, lengths: Tensor, y: Tensor, p: float, rng: np.random.Generator
    ) -> Tensor:
        """Nats per answer y (N, S), the truth shown with probability p, else what the network would have written."""
        shown, h = torch.full((len(x),), BEGIN), self.read(x, lengths)
        scores = []
        for due in y.unbind(1):
            log_p, h = self.step(shown, h)
            scores.append(log_p)
            shown = torch.where(torch.from_numpy(rng.random(len(due)) < p), due, log_p.argmax(1))
        return cost(torch.stack(scores, 1), y)

    @torch.no_grad()
    def write(
        self, x: Tensor, lengths: Tensor, S: int = S, forced: Mapping[int, int] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Write answers from what was written before, always the likeliest token.

        Args:
            x: (N, T).
            lengths: (N,).
            S: tokens to write.
            forced: tokens to write instead of the likeliest ones, by step.

        Returns:
            tokens: (N, S) what was written. What stands behind END means nothing.
            log_p: (N, S, V) what the network expected at each step.
        """
        token, h = torch.full((len(x),), BEGIN), self.read(x, lengths)
        written, expected = [], []
        for t in range(S):
            log_p, h = self.step(token, h)
            token = torch.full_like(token, forced[t]) if forced and t in forced else log_p.argmax(1)
            written.append(token)
            expected.append(log_p)
        return torch.stack(written, 1), torch.stack(expected, 1)


def shipped() -> tuple[EncoderDecoder, Vocabulary]:
    """Load the network that was trained beforehand, and the vocabulary that it reads."""
    weights, vocabulary, log = checkpoints.load("dates")
    network = EncoderDecoder(len(vocabulary), len(OUT), log["H"])
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    return network, vocabulary


def cost(scores: Tensor, y: Tensor) -> Tensor:
    """Nats per answer y (N, S), summed over its tokens up to END, of scores (N, S, V)."""
    return cross_entropy(scores.flatten(0, 1), y.flatten(), reduction="sum", ignore_index=OUT[PAD]) / len(y)


def encoded(vocabulary: Vocabulary, sources: Sequence[str], reverse: bool = False) -> tuple[Tensor, Tensor]:
    """Write texts as numbers, backwards if asked to: x (N, T), padded at the end, and lengths (N,)."""
    x, mask = pad([vocabulary.encode(text[::-1] if reverse else text) for text in sources])
    return torch.from_numpy(x), torch.from_numpy(mask.sum(axis=1))


def answers(targets: Sequence[str]) -> Tensor:
    """Write ISO dates as numbers with END behind: (N, S)."""
    return torch.from_numpy(np.array([OUT.encode([*text, END]) for text in targets]))


def decoded(tokens: Tensor, vocabulary: Vocabulary = OUT) -> list[str]:
    """Write rows of numbers as texts, up to END."""
    return [vocabulary.decode(row).partition(END)[0] for row in tokens.tolist()]


def batches(
    rng: np.random.Generator, vocabulary: Vocabulary, N: int, reverse: bool = False
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Draw dates to train on without end, dates of about one length together: x (N, T), lengths (N,), y (N, S).

    Padding then costs little time; the batches come in random order.
    """
    while True:
        drawn = dates(rng, POOL * N)
        by_length = np.argsort([len(text) for text in drawn.sources], kind="stable").reshape(POOL, N)
        for rows in rng.permutation(by_length).tolist():
            x, lengths = encoded(vocabulary, [drawn.sources[row] for row in rows], reverse)
            yield x, lengths, answers([drawn.targets[row] for row in rows])
