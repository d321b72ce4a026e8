"""Right answers to assignment 8 that are written another way lose nothing; a chain of additions is counted."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from alternatives import SEEDS, Answers
from nbformat.v4 import new_code_cell, new_notebook
from torch import Tensor, nn

from rnn_autograder import reference
from rnn_autograder.exercises.a08_beyond_recurrence import (
    EPS,
    dependent_additions,
    draw_a_one_among_crumbs,
    most_additions,
)
from rnn_autograder.grade import grade

A08 = "a08_beyond_recurrence"
ANSWERS = Answers(A08)
KNOWN = ANSWERS.known


# Attention -------------------------------------------------------------------------------------------------------


@ANSWERS.to("scaled_dot_product_attention")
def attention_by_einsum(q, k, v, mask=None):
    if q.size(-1) != k.size(-1):
        raise ValueError("q and k")
    if k.size(-2) != v.size(-2):
        raise ValueError("k and v")
    scores = torch.einsum("...tk,...sk->...ts", q / q.size(-1) ** 0.25, k / k.size(-1) ** 0.25)
    if mask is None:
        mask = torch.ones_like(scores, dtype=torch.bool)
    if mask.dtype is not torch.bool:
        raise ValueError("mask")
    # The largest of those that count; the others are not looked at.
    top = torch.where(mask, scores, -math.inf).max(dim=-1, keepdim=True).values
    shifted = torch.where(mask, scores - torch.where(top == -math.inf, 0.0, top), 0.0)
    powers = shifted.exp() * mask
    total = powers.sum(dim=-1, keepdim=True)
    weights = powers / torch.where(total == 0, 1.0, total)
    return torch.einsum("...ts,...sm->...tm", weights, v), weights


@ANSWERS.to("scaled_dot_product_attention")
def attention_one_query_at_a_time(q, k, v, mask=None):
    if k.shape[-1] != q.shape[-1] or v.shape[-2] != k.shape[-2]:
        raise ValueError("k or v does not fit")
    T, S = q.shape[-2], k.shape[-2]
    if mask is not None:
        if mask.dtype != torch.bool:
            raise ValueError("mask!")
        mask = mask.broadcast_to(*q.shape[:-2], T, S)
    rows = []
    for t in range(T):
        scores = (q[..., t : t + 1, :] * k).sum(-1) * q.shape[-1] ** -0.5
        if mask is not None:
            scores = scores.masked_fill(~mask[..., t, :], torch.finfo(scores.dtype).min)
        row = scores.softmax(-1)
        rows.append(row if mask is None else row * mask[..., t, :])
    weights = torch.stack(rows, -2)
    return [weights @ v, weights]


@ANSWERS.to("causal_mask")
def causal_by_comparison(T):
    if T <= 0:
        raise ValueError("T")
    return torch.arange(T)[:, None] >= torch.arange(T)


@ANSWERS.to("causal_mask")
def causal_by_lists(T):
    if not T >= 1:
        raise ValueError(f"T={T}")
    return torch.tensor([[s <= t for s in range(T)] for t in range(T)])


@ANSWERS.to("positional_encoding")
def positions_by_complex_exponentials(T, D):
    if D % 2 or D < 2:
        raise ValueError("D")
    if T < 1:
        raise ValueError("T")
    turn = torch.exp(1j * torch.exp(-math.log(10_000) * torch.arange(0, D, 2) / D))
    hands = turn ** torch.arange(T).reshape(-1, 1)
    out = torch.zeros(T, D)
    out[:, 0::2], out[:, 1::2] = hands.imag, hands.real
    return out


@ANSWERS.to("positional_encoding")
def positions_by_loops(T, D):
    if T < 1 or D < 2 or D % 2 == 1:
        raise ValueError("T or D")
    angle = [[t * 10_000 ** (-(d - d % 2) / D) for d in range(D)] for t in range(T)]
    return torch.tensor([[math.cos(x) if d % 2 else math.sin(x) for d, x in enumerate(row)] for row in angle])


# Modules ---------------------------------------------------------------------------------------------------------


@ANSWERS.to("MultiHeadAttention")
class HeadAfterHead(nn.Module):
    """A loop over heads; parts made in another order; nothing else of the notebook is used."""

    def __init__(self, D, heads):
        if heads <= 0 or D % heads != 0:
            raise ValueError("heads")
        super().__init__()
        self.width = D // heads
        self.out, self.value, self.key, self.query = (nn.Linear(D, D) for _ in range(4))

    def forward(self, x, mask=None):
        q, k, v, w = self.query(x), self.key(x), self.value(x), self.width
        found = []
        for start in range(0, x.shape[-1], w):
            part = slice(start, start + w)
            scores = q[..., part] @ k[..., part].mT / w**0.5
            if mask is not None:
                scores = torch.where(mask, scores, -math.inf)
            weights = torch.nan_to_num(scores.softmax(-1))
            if mask is not None:
                weights = torch.where(mask.any(-1, keepdim=True), weights, 0.0)
            found.append(weights @ v[..., part])
        return self.out(torch.cat(found, -1))


@ANSWERS.to("MultiHeadAttention")
class HeadsInTheBatch(nn.Module):
    """Heads as further sequences of the batch, as nn.MultiheadAttention has them, and PyTorch's chunks."""

    def __init__(self, D, heads):
        super().__init__()
        if heads < 1:
            raise ValueError("heads must be positive")
        if D % heads:
            raise ValueError("heads must divide D")
        self.heads = heads
        for name in ("query", "key", "value", "out"):
            setattr(self, name, nn.Linear(in_features=D, out_features=D))

    def forward(self, x, mask=None):
        fold = lambda part: torch.cat(part.chunk(self.heads, dim=2), dim=0)  # noqa: E731
        if mask is not None:
            mask = mask.broadcast_to(len(x), x.shape[1], x.shape[1]).repeat(self.heads, 1, 1)
        attend = KNOWN["scaled_dot_product_attention"]
        found = attend(fold(self.query(x)), fold(self.key(x)), fold(self.value(x)), mask)[0]
        return self.out(torch.cat(found.chunk(self.heads, dim=0), dim=2))


@ANSWERS.to("TransformerBlock")
class BlockByHand(nn.Module):
    """The norm written out, and the feed-forward network in one line."""

    def __init__(self, D, heads, hidden):
        super().__init__()
        self.narrow, self.widen = nn.Linear(hidden, D), nn.Linear(D, hidden)
        self.norm2, self.norm1 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.attention = KNOWN["MultiHeadAttention"](D, heads)

    def norm(self, x, norm):
        centred = x - x.mean(-1, keepdim=True)
        return centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt() * norm.weight + norm.bias

    def forward(self, x, mask=None):
        x = x + self.attention(self.norm(x, self.norm1), mask=mask)
        return x + self.narrow(torch.clamp(self.widen(self.norm(x, self.norm2)), min=0))


@ANSWERS.to("TransformerBlock")
class BlockWithOwnAttention(nn.Module):
    """A list for the order of things, another attention, and a ReLU that is a layer."""

    def __init__(self, D, heads, hidden):
        super().__init__()
        self.attention = HeadAfterHead(D, heads)
        self.norm1, self.norm2 = nn.LayerNorm(D), nn.LayerNorm(D)
        self.widen, self.relu, self.narrow = nn.Linear(D, hidden), nn.ReLU(), nn.Linear(hidden, D)

    def forward(self, x, mask=None):
        for part in (
            lambda x: self.attention(self.norm1(x), mask),
            nn.Sequential(self.norm2, self.widen, self.relu, self.narrow),
        ):
            x = part(x) + x
        return x


# Recurrences -----------------------------------------------------------------------------------------------------


def fits(a: Tensor, b: Tensor, h0: Tensor) -> None:
    if a.shape != b.shape:
        raise ValueError("a and b")
    if h0.shape != a[:, 0].shape:
        raise ValueError("h0")


@ANSWERS.to("linear_recurrence")
def recurrence_by_unbinding(a, b, h0):
    fits(a, b, h0)
    states = [h0]
    for factor, summand in zip(a.unbind(1), b.unbind(1), strict=True):
        states.append(torch.addcmul(summand, factor, states[-1]))
    return torch.stack(states[1:], 1)


@ANSWERS.to("linear_recurrence")
def recurrence_by_recursion(a, b, h0):
    fits(a, b, h0)
    first = (a[:, 0] * h0 + b[:, 0])[:, None]
    if a.shape[1] == 1:
        return first
    return torch.cat([first, recurrence_by_recursion(a[:, 1:], b[:, 1:], first[:, 0])], dim=1)


@ANSWERS.to("parallel_scan")
def scan_in_place_of_a_copy(a, b, h0):
    """Hillis and Steele (1986), padded with steps that do nothing; h0 as the first of all steps."""
    fits(a, b, h0)
    a = torch.cat([torch.zeros_like(h0)[:, None], a], 1)
    b = torch.cat([h0[:, None], b], 1)
    distance = 1
    while distance < a.shape[1]:
        before_a = nn.functional.pad(a, (0, 0, distance, 0), value=1.0)[:, : a.shape[1]]
        before_b = nn.functional.pad(b, (0, 0, distance, 0))[:, : b.shape[1]]
        a, b = a * before_a, torch.addcmul(b, a, before_b)
        distance += distance
    return b[:, 1:]


@ANSWERS.to("parallel_scan")
def scan_up_and_down(a, b, h0):
    """Blelloch (1990): sums up the tree, what stands before each place down again; filled up to a power of two."""
    fits(a, b, h0)
    N, T, H = a.shape
    full = 1 << (T - 1).bit_length()
    A = [torch.cat([a, a.new_ones(N, full - T, H)], 1)]
    B = [torch.cat([b, b.new_zeros(N, full - T, H)], 1)]
    while A[-1].shape[1] > 1:
        left_a, right_a, left_b, right_b = A[-1][:, ::2], A[-1][:, 1::2], B[-1][:, ::2], B[-1][:, 1::2]
        A.append(left_a * right_a)
        B.append(right_a * left_b + right_b)
    before = h0[:, None]  # the state before the whole tree
    for up_a, up_b in zip(A[-2::-1], B[-2::-1], strict=True):
        right = up_a[:, ::2] * before + up_b[:, ::2]
        before = torch.stack([before, right], 2).flatten(1, 2)
    return (a * before[:, :T]) + b


@ANSWERS.to("parallel_scan")
def scan_by_pairs(a, b, h0):
    """Every two steps become one; their states give the others. Of an odd length the last step waits."""
    fits(a, b, h0)
    T = a.shape[1]
    first = (a[:, 0] * h0 + b[:, 0])[:, None]
    if T == 1:
        return first
    a1, b1, a2, b2 = a[:, : T - 1 : 2], b[:, : T - 1 : 2], a[:, 1::2], b[:, 1::2]
    second = scan_by_pairs(a2 * a1, a2 * b1 + b2, h0)  # the states at 1, 3, 5, ...
    others = a[:, 2::2] * second[:, : (T - 1) // 2] + b[:, 2::2]
    h = torch.empty_like(b)
    h[:, 1::2], h[:, 0::2] = second, torch.cat([first, others], 1)
    return h


@ANSWERS.to("parallel_scan")
def scan_by_halves(a, b, h0):
    """Both halves by themselves; then the second goes on from the end of the first."""
    fits(a, b, h0)

    def merged(a, b):
        half = a.shape[1] // 2
        if not half:
            return a, b
        (a1, b1), (a2, b2) = merged(a[:, :half], b[:, :half]), merged(a[:, half:], b[:, half:])
        return torch.cat([a1, a2 * a1[:, -1:]], 1), torch.cat([b1, a2 * b1[:, -1:] + b2], 1)

    a, b = merged(a, b)
    return torch.addcmul(b, a, h0.unsqueeze(1))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "functions"), ANSWERS.all)
def test_it_loses_nothing(name, functions, seed):
    ANSWERS.check(name, functions, seed)


def test_every_exercise_has_two_other_answers():
    assert ANSWERS.with_fewer_than(2) == set()


# How dependent additions are counted -----------------------------------------------------------------------------


tree = KNOWN["parallel_scan"]


def loop(a, b, h0):
    states = []
    for t in range(a.shape[1]):
        h0 = a[:, t] * h0 + b[:, t]
        states.append(h0)
    return torch.stack(states, dim=1)


def from_the_right(a, b, h0):
    """The last state is folded together from its end; all others come from a tree."""
    h = tree(a, b, h0)
    factor, total = torch.ones_like(h0), torch.zeros_like(h0)
    for t in range(a.shape[1] - 1, -1, -1):
        total, factor = total + factor * b[:, t], factor * a[:, t]
    h[:, -1] = total + factor * h0
    return h


def in_blocks(within: Callable[..., Any], between: Callable[..., Any], length: int) -> Callable[..., Any]:
    """A scan of blocks, one of their ends, and the two put together."""

    def scan(a, b, h0):
        N, T, H = a.shape
        blocks = -(-T // length)
        a = torch.cat([a, a.new_ones(N, blocks * length - T, H)], 1).reshape(-1, length, H)
        b = torch.cat([b, b.new_zeros(N, blocks * length - T, H)], 1).reshape(-1, length, H)
        zero, one = torch.zeros_like(a[:, 0]), torch.ones_like(a[:, 0])
        kept, local = within(a, torch.zeros_like(b), one), within(a, b, zero)
        ends = between(kept[:, -1].reshape(N, blocks, H), local[:, -1].reshape(N, blocks, H), h0)
        before = torch.cat([h0[:, None], ends[:, :-1]], 1).reshape(-1, 1, H)
        return (kept * before + local).reshape(N, -1, H)[:, :T]

    return scan


def running_sum(a, b, h0):
    return torch.cumsum(b, dim=1)  # right where every factor is 1, as it is here


CHAINS = {
    "a loop": (loop, lambda T: T - 1),
    "from the right": (from_the_right, lambda T: T - 1),
    "torch.cumsum": (running_sum, lambda T: T - 1),
    "blocks of sqrt(T)": (in_blocks(loop, loop, 64), lambda T: 63),
    "loops in blocks, a tree between": (in_blocks(loop, tree, 32), lambda T: 31),
    "trees in blocks, a loop between": (in_blocks(tree, loop, 16), lambda T: T // 16 - 1),
}


def counted(scan: Callable[..., Any], T: int, seed: int) -> int | None:
    drawn = draw_a_one_among_crumbs(np.random.default_rng(seed), N=64, T=T)
    given = {name: torch.from_numpy(tensor.array) for name, tensor in drawn.items()}
    return dependent_additions(drawn["b"].array, scan(**given).numpy())


@pytest.mark.parametrize("T", [4096, 1000])
@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_is_seen_in_the_last_bits_at_nearly_its_length(chain: str, T: int):
    scan, length = CHAINS[chain]
    for seed in range(3):
        seen = counted(scan, T, seed)
        assert seen is not None and seen > most_additions(T)
        assert seen >= 0.95 * length(T)


@pytest.mark.parametrize("T", [4096, 1000, 1023, 1025])
@pytest.mark.parametrize(
    "scan", [tree, scan_in_place_of_a_copy, scan_up_and_down, scan_by_pairs, scan_by_halves]
)
def test_no_tree_comes_near_what_is_allowed(scan: Callable[..., Any], T: int):
    for seed in range(3):
        seen = counted(scan, T, seed)
        assert seen is not None and seen <= math.ceil(math.log2(T))


def summed_in_any_grouping(b: np.ndarray, rng: np.random.Generator) -> tuple[float, int]:
    """The sum of b (T,), neighbours added in random order, and how many additions its 1 went through."""
    parts = [(x, 0) for x in b.tolist()]
    while len(parts) > 1:
        k = int(rng.integers(len(parts) - 1))
        (x, of_x), (y, of_y) = parts[k : k + 2]
        parts[k : k + 2] = [(x + y, 1 + (of_x if x > y else of_y))]
    return parts[0]


@pytest.mark.parametrize("seed", range(10))
def test_the_count_is_never_above_the_truth(seed: int):
    rng = np.random.default_rng(seed)
    b = EPS * rng.integers(2, size=200)
    b[rng.integers(200)] = 1.0
    total, additions = summed_in_any_grouping(b, rng)
    h = (np.cumsum(b == 1) == 1) + EPS * np.cumsum(b == EPS)  # as near as float64 comes: EPS away at the most
    h[-1] = total
    seen = dependent_additions(b[None, :, None], h[None, :, None])
    assert seen is not None and seen <= max(additions, 1)


@pytest.mark.parametrize(
    "h",
    [
        None,
        "a tree",
        np.zeros((64, 8, 1)),
        np.full((64, 8, 1), np.nan),
        np.full((64, 8, 1), np.inf),
        np.zeros((64, 8)),
        np.zeros((64, 8, 1), dtype=np.float32),
        np.zeros((64, 8, 1), dtype=np.int64),
        [[1.0]],
    ],
    ids=str,
)
def test_what_is_no_sum_is_not_counted(h: Any):
    b = draw_a_one_among_crumbs(np.random.default_rng(0), N=64, T=8)["b"].array
    assert dependent_additions(b, h) is None


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loop_keeps_the_points_for_its_numbers_and_loses_those_for_the_steps(seed: int):
    def checked_loop(a, b, h0):
        fits(a, b, h0)
        return loop(a, b, h0)

    result = ANSWERS.judged("parallel_scan", {"parallel_scan": checked_loop}, seed)
    (missed,) = [verdict for verdict in result.criteria if not verdict.passed]
    assert missed.name == "steps"
    assert "at least 4,095 additions" in missed.message and "26 at most" in missed.message
    assert 0.45 < result.points / result.max_points < 0.55
    assert result.misconception is not None and "this is a loop" in result.misconception


# What is no answer, and what stands on a wrong one ---------------------------------------------------------------


ODD: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda out: None,
    "a number": lambda out: 3.0,
    "a text": lambda out: "attention",
    "an empty tuple": lambda out: (),
    "NumPy": lambda out: out.detach().numpy() * 2,
    "an axis too many": lambda out: out[None],
    "infinities": lambda out: out * math.inf,
    "complex numbers": lambda out: out + 1j,
    "truth values": lambda out: out > 0,
    "a function": lambda out: lambda: out,
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["positional_encoding", "linear_recurrence", "parallel_scan"])
def test_an_odd_result_is_judged_without_a_warning_and_has_no_values(name: str, odd: str):
    result = ANSWERS.odd(name, lambda *args, **kwargs: ODD[odd](KNOWN[name](*args, **kwargs)))
    assert {verdict.name for verdict in result.criteria if verdict.points} <= {"gradients"}
    assert [verdict.message for verdict in result.criteria if not verdict.passed]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["MultiHeadAttention", "TransformerBlock"])
def test_an_odd_output_of_a_module_has_no_values(name: str, odd: str):
    class Odd(KNOWN[name]):
        def forward(self, *args, **kwargs):
            return ODD[odd](super().forward(*args, **kwargs))

    assert {verdict.name for verdict in ANSWERS.odd(name, Odd).criteria if verdict.points} <= {"gradients"}


@pytest.mark.parametrize("odd", [lambda *sizes, **named: None, lambda *sizes, **named: nn.Linear(2, 3), 3])
@pytest.mark.parametrize("name", ["MultiHeadAttention", "TransformerBlock"])
def test_what_is_no_such_module_earns_nothing(name: str, odd: Any):
    assert ANSWERS.odd(name, odd).points == 0


NOT_SCALED = """
def scaled_dot_product_attention(q, k, v, mask=None):
    if q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2] or (mask is not None and mask.dtype != torch.bool):
        raise ValueError("q, k, v or mask")
    scores = torch.einsum("...ij,...kj->...ik", q, k)
    allowed = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand_as(scores)
    weights = scores.masked_fill(~allowed, -1e30).softmax(-1) * allowed
    return weights @ v, weights
"""


STRANGE = """
class MultiHeadAttention(MultiHeadAttention):
    def forward(self, x, mask=None):
        return super().forward(x.flip(1), mask)
"""


def graded(cell: str) -> dict[str, Any]:
    """The reference's notebook, with a cell behind it in which something is defined anew."""
    answers = reference.definitions(ANSWERS.key.solution)
    notebook = new_notebook(cells=[new_code_cell(answers), new_code_cell(cell)])
    return {result.name: result for result in grade(notebook, ANSWERS.key, 20260101).report.results}


BORROWED = """
import torch.nn.functional as F

class MultiHeadAttention(MultiHeadAttention):
    def forward(self, x, mask=None):
        N, T, D = x.shape
        parts = (part(x).view(N, T, self.heads, -1).transpose(1, 2) for part in (self.query, self.key, self.value))
        mask = None if mask is None else mask.expand(N, T, T)[:, None]
        found = F.scaled_dot_product_attention(*parts, attn_mask=mask)
        return self.out(found.transpose(1, 2).reshape(N, T, D))
"""


@pytest.mark.usefixtures("isolation")
def test_pytorchs_own_attention_voids_the_points_where_it_is_used():
    results = graded(BORROWED)
    assert results["MultiHeadAttention"].points == 0
    assert "of a library" in str(results["MultiHeadAttention"].error)
    for other in ("scaled_dot_product_attention", "TransformerBlock"):
        assert results[other].points == results[other].max_points


@pytest.mark.usefixtures("isolation")
def test_an_attention_that_does_not_scale_costs_points_once():
    results = graded(NOT_SCALED)
    assert results["scaled_dot_product_attention"].points < 4
    for caller in ("MultiHeadAttention", "TransformerBlock"):
        assert results[caller].points == results[caller].max_points
        assert (
            results[caller]
            .criteria[0]
            .message.startswith("Right on top of your scaled_dot_product_attention")
        )


@pytest.mark.usefixtures("isolation")
def test_over_an_attention_that_nobody_foresaw_a_block_has_the_points_of_tokens_alone():
    results = graded(STRANGE)
    assert results["MultiHeadAttention"].misconception is None
    block = results["TransformerBlock"]
    assert {"alone", "ones"} <= {verdict.name for verdict in block.criteria if verdict.passed}
    assert (
        block.error
        == "It calls MultiHeadAttention, which is not right yet. Mend that first, then look again."
    )
