"""The networks of lecture 8: an LSTM, a Transformer and a linear recurrence read the same tokens in the same way.

Each takes tokens (N, T) and gives scores (N, T, V) of what comes after each of them. The Transformer and the linear
recurrence are the same blocks; they differ only in how a position learns what stands before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

SLOWEST = 10_000  # steps in which the slowest hand of the clock turns by one radian (Vaswani et al., 2017)

# How attention is told the places: added to the tokens (Vaswani et al., 2017), by turning queries and keys so that
# only the distance counts (Su et al., 2021), or not at all.
Places = Literal["added", "turned", "none"]


class LSTM(nn.Module):
    """One layer of an LSTM between characters and scores.

    Args:
        V: size of the vocabulary.
        D: numbers that stand for a token.
        H: units.
    """

    def __init__(self, V: int, D: int, H: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(V, D)
        self.layer = nn.LSTM(D, H, batch_first=True)
        nn.init.zeros_(self.layer.bias_hh_l0).requires_grad_(False)  # PyTorch has two; this one stays out
        nn.init.ones_(self.layer.bias_ih_l0[H : 2 * H].detach())  # forget gates that are open at first
        self.scores = nn.Linear(H, V)

    def forward(self, tokens: Tensor) -> Tensor:
        """Read tokens (N, T) from a state of zeros; give scores (N, T, V)."""
        return self.scores(self.layer(self.tokens(tokens))[0])


class SelfAttention(nn.Module):
    """Each position looks at itself and at all before it, with several heads side by side (Vaswani et al., 2017).

    Args:
        D: numbers a position is given as.
        heads: how many; each has D / heads of the numbers.
        turned: whether queries and keys are turned by their places.
    """

    def __init__(self, D: int, heads: int, turned: bool) -> None:
        super().__init__()
        self.heads, self.turned = heads, turned
        self.asked = nn.Linear(D, 3 * D)  # queries, keys and values in one product
        self.mixed = nn.Linear(D, D)

    def forward(self, x: Tensor) -> Tensor:
        """Turn x (N, T, D) into as much of what each position sees."""
        parts = self.asked(x).unflatten(2, (3, self.heads, -1))
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (N, heads, T, D / heads)
        if self.turned:
            query, key = turn(query), turn(key)
        seen = scaled_dot_product_attention(query, key, value, is_causal=True)
        return self.mixed(seen.transpose(1, 2).flatten(2))


class MinGRU(nn.Module):
    """A GRU whose gate and candidate do not look at the state, so that its steps can be merged (Feng et al., 2024).

    Args:
        D: numbers a step is given as.
        H: units.
    """

    def __init__(self, D: int, H: int) -> None:
        super().__init__()
        self.gate, self.candidate = nn.Linear(D, H), nn.Linear(D, H)
        self.mixed = nn.Linear(H, D)
        # Units that take over half of the new at each step, up to such that take one part in fifty.
        self.gate.bias = nn.Parameter(-torch.linspace(0, 4, H))

    def forward(self, x: Tensor) -> Tensor:
        """Turn x (N, T, D) into as much of what the units remember."""
        z = self.gate(x).sigmoid()
        return self.mixed(scan(1 - z, z * self.candidate(x)))


def scan(a: Tensor, b: Tensor) -> Tensor:
    """Give h_t = a_t h_(t-1) + b_t for all t, from h = 0, in 2 log2 T rounds instead of T steps (Blelloch, 1990).

    Two steps, one after the other, are one step of the same kind. So neighbours are merged, the sequence of pairs, half
    as long, is solved in the same way, and the steps between follow from what came before them.

    Args:
        a: (N, T, H) what is left of the state at each step.
        b: (N, T, H) what comes in.

    Returns:
        (N, T, H).
    """
    if b.shape[1] == 1:
        return b
    first, second = slice(None, -1, 2), slice(1, None, 2)
    odd = scan(a[:, second] * a[:, first], b[:, second] + a[:, second] * b[:, first])
    even = b[:, ::2].clone()
    even[:, 1:] += a[:, 2::2] * odd[:, : even.shape[1] - 1]
    h = torch.empty_like(b)
    h[:, ::2], h[:, second] = even, odd
    return h


class Block(nn.Module):
    """What a position sees is added to it, then what it makes of that; each reads a normed copy (pre-norm)."""

    def __init__(self, D: int, see: nn.Module, hidden: int) -> None:
        super().__init__()
        self.see = nn.Sequential(nn.LayerNorm(D), see)
        self.think = nn.Sequential(nn.LayerNorm(D), nn.Linear(D, hidden), nn.GELU(), nn.Linear(hidden, D))

    def forward(self, x: Tensor) -> Tensor:
        """Go on from x (N, T, D)."""
        x = x + self.see(x)
        return x + self.think(x)


class Blocks(nn.Module):
    """Blocks above one another between tokens and scores; with `added`, each token knows its place."""

    def __init__(self, V: int, D: int, blocks: Iterable[Block], added: bool = False) -> None:
        super().__init__()
        self.added = added
        self.tokens = nn.Embedding(V, D)
        self.blocks = nn.Sequential(*blocks, nn.LayerNorm(D))
        self.scores = nn.Linear(D, V)

    def forward(self, tokens: Tensor) -> Tensor:
        """Read tokens (N, T); give scores (N, T, V)."""
        x = self.tokens(tokens)
        return self.scores(self.blocks(x + waves(*x.shape[1:]) if self.added else x))


def clock(T: int, hands: int) -> Tensor:
    """Say where the hands of a clock stand at 0 to T - 1, from fast to slow, in radians: (T, hands)."""
    return torch.outer(torch.arange(T), SLOWEST ** -torch.linspace(0, 1, hands))


def waves(T: int, D: int) -> Tensor:
    """Write places as the sines, then the cosines of D / 2 hands: (T, D)."""
    angles = clock(T, D // 2)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def turn(x: Tensor) -> Tensor:
    """Turn the numbers of each place, two by two, as far as the hands have turned: x (..., T, K), K even."""
    angles = clock(x.shape[-2], x.shape[-1] // 2)
    east, north = x.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([east * cos - north * sin, east * sin + north * cos], dim=-1)


def transformer(V: int, D: int, heads: int, hidden: int, layers: int, places: Places) -> Blocks:
    """A Transformer that sees no later token: what GPT is, small."""
    blocks = (Block(D, SelfAttention(D, heads, places == "turned"), hidden) for _ in range(layers))
    return Blocks(V, D, blocks, places == "added")


def linear_recurrence(V: int, D: int, H: int, hidden: int, layers: int) -> Blocks:
    """The same blocks with a minGRU of H units where the Transformer has attention; it needs no places."""
    return Blocks(V, D, (Block(D, MinGRU(D, H), hidden) for _ in range(layers)))


def weights(network: nn.Module) -> int:
    """Count the numbers that are learned."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
