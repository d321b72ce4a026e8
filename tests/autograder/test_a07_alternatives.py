"""Right answers to assignment 7 that are written another way lose nothing; odd ones are judged, and cost points."""

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
from torch.nn.utils.rnn import pack_padded_sequence

ANSWERS = Answers("a07_attention")
KNOWN = ANSWERS.known


def refuse_mask(scores, mask):
    if mask.dtype is not torch.bool or tuple(mask.shape) != tuple(scores.shape):
        raise ValueError("mask!")


def refuse_map(prev_h, A):
    if A.dim() != 4 or len(A) != len(prev_h) or A.shape[1] != prev_h.shape[1] or A[0, 0].numel() < 1:
        raise ValueError("A!")


# To look is to take a mean ---------------------------------------------------------------------------------------


@ANSWERS.to("masked_softmax")
def weights_by_exponentials(scores, mask):
    """Everything by hand: a largest score that may be seen, and a sum that is never 0."""
    if mask.dtype != torch.bool:
        raise ValueError("mask must be boolean")
    if mask.shape != scores.shape:
        raise ValueError("mask must have the shape of scores")
    lowest = torch.finfo(scores.dtype).min
    scores = torch.where(mask, scores, lowest)
    powers = torch.exp(scores - scores.amax(dim=-1, keepdim=True).detach()) * mask
    total = powers.sum(dim=-1, keepdim=True)
    return powers / torch.where(total > 0, total, 1)


@ANSWERS.to("masked_softmax")
def weights_row_by_row(scores, mask):
    """Only what may be looked at is ever put through a softmax."""
    refuse_mask(scores, mask)
    rows = []
    for row, seen in zip(scores.reshape(-1, scores.shape[-1]), mask.reshape(-1, mask.shape[-1]), strict=True):
        weights = torch.zeros_like(row)
        weights[seen] = torch.softmax(row[seen], dim=0)
        rows.append(weights)
    return torch.stack(rows).reshape(scores.shape)


@ANSWERS.to("masked_softmax")
def weights_of_a_large_negative_score(scores, mask):
    """A score that cannot win; in a row of nothing else everything weighs the same, until it is multiplied by 0."""
    refuse_mask(scores, mask)
    return functional.softmax(scores.masked_fill(mask.logical_not(), -1e30), -1) * mask


@ANSWERS.to("masked_softmax")
def weights_by_a_logsumexp(scores, mask):
    refuse_mask(scores, mask)
    safe = scores.where(mask, scores.new_tensor(-1e30))
    return (safe - safe.logsumexp(-1, keepdim=True)).exp().where(mask, scores.new_tensor(0.0))


@ANSWERS.to("additive_attention")
def additive_by_einsum(h, A, mask, Wh, Wa, v):
    refuse_mask(A[..., 0], mask)
    units = torch.einsum("nh,hk->nk", h, Wh).unsqueeze(1) + torch.einsum("nte,ek->ntk", A, Wa)
    weights = weights_by_exponentials(torch.einsum("ntk,k->nt", units.tanh(), v), mask)
    return torch.einsum("nt,nte->ne", weights, A), weights


@ANSWERS.to("additive_attention")
def additive_place_by_place(h, A, mask, Wh, Wa, v):
    """A loop over places, and one matrix for both."""
    refuse_mask(A[..., 0], mask)
    W = torch.cat((Wh, Wa))
    scores = [torch.tanh(torch.hstack([h, place]) @ W).matmul(v) for place in A.unbind(1)]
    weights = weights_of_a_large_negative_score(torch.stack(scores, dim=1), mask)
    return [torch.baddbmm(torch.zeros(len(A), 1, A.shape[2]), weights.unsqueeze(1), A).squeeze(1), weights]


@ANSWERS.to("dot_product_attention")
def dot_product_by_pytorch(prev_h, A):
    refuse_map(prev_h, A)
    N, H, R, C = A.shape
    places = A.reshape(N, H, R * C).permute(0, 2, 1)
    attn = functional.scaled_dot_product_attention(prev_h.view(N, 1, H), places, places).view(N, H)
    scores = torch.bmm(places, prev_h.view(N, H, 1)).view(N, R, C) * H**-0.5
    powers = torch.exp(scores - torch.amax(scores, dim=(1, 2), keepdim=True))
    return attn, powers / powers.sum(dim=(1, 2), keepdim=True)


@ANSWERS.to("dot_product_attention")
def dot_product_by_broadcasting(prev_h, A):
    refuse_map(prev_h, A)
    scores = (prev_h[:, :, None, None] * A / math.sqrt(A.size(1))).sum(1)
    weights = nn.Softmax(dim=-1)(scores.view(len(A), -1)).view(scores.size())
    return (A * weights.unsqueeze(1)).sum(-1).sum(-1), weights


# An LSTM that looks ----------------------------------------------------------------------------------------------


def gates_of_pytorch(W):
    """From i, f, o, g to i, f, g, o."""
    i, f, o, g = torch.tensor_split(W, 4, dim=-1)
    return torch.cat((i, f, g, o), -1).T if W.dim() == 2 else torch.cat((i, f, g, o))


@ANSWERS.to("attention_step_forward")
def step_by_pytorchs_cell(x, prev_h, prev_c, attn, Wx, Wh, Wattn, b):
    cell = nn.LSTMCell(x.shape[1] + attn.shape[1], prev_h.shape[1])
    weights = {
        "weight_ih": gates_of_pytorch(torch.cat([Wx, Wattn])),
        "weight_hh": gates_of_pytorch(Wh),
        "bias_ih": gates_of_pytorch(b),
        "bias_hh": torch.zeros(len(b)),
    }
    return torch.func.functional_call(cell, weights, (torch.cat([x, attn], 1), (prev_h, prev_c)))


@ANSWERS.to("attention_step_forward")
def step_gate_by_gate(x, prev_h, prev_c, attn, Wx, Wh, Wattn, b):
    H = prev_h.shape[1]

    def gate(k):
        part = slice(k * H, (k + 1) * H)
        return x @ Wx[:, part] + prev_h @ Wh[:, part] + attn @ Wattn[:, part] + b[part]

    next_c = gate(1).sigmoid() * prev_c + gate(0).sigmoid() * gate(3).tanh()
    return [gate(2).sigmoid() * next_c.tanh(), next_c]


@ANSWERS.to("attention_forward")
def forward_with_all_inputs_at_once(x, A, Wx, Wh, Wattn, b):
    """The inputs are multiplied before the loop, and nothing of the other exercises is called."""
    N, T, _ = x.shape
    H = b.shape[0] // 4
    if A.shape[:2] != (N, H) or A.numel() == 0:
        raise ValueError("A!")
    places = A.flatten(2)
    before = x @ Wx + b
    h = places.sum(-1) / places.shape[-1]
    c = h.clone()
    out = torch.empty(N, T, H)
    for t in range(T):
        weights = torch.softmax((h[:, None] @ places).squeeze(1) / H**0.5, -1)
        attn = (places @ weights[:, :, None]).squeeze(2)
        a = before[:, t] + h @ Wh + attn @ Wattn
        i, f, o = torch.sigmoid(a[:, : 3 * H]).split(H, dim=1)
        c = f * c + i * torch.tanh(a[:, 3 * H :])
        h = o * torch.tanh(c)
        out[:, t] = h
    return out


@ANSWERS.to("attention_forward")
def forward_row_by_row(x, A, Wx, Wh, Wattn, b):
    if A.shape[:2] != (len(x), len(Wh)) or 0 in A.shape:
        raise ValueError("A!")
    rows = []
    for inputs, features in zip(x, A.split(1), strict=True):
        h = c = torch.mean(torch.mean(features, -1), -1)
        states = []
        for vector in inputs:
            attn = dot_product_by_pytorch(h, features)[0]
            h, c = step_gate_by_gate(vector[None], h, c, attn, Wx, Wh, Wattn, b)
            states.append(h[0])
        rows.append(torch.stack(states))
    return torch.stack(rows)


# To look is to choose --------------------------------------------------------------------------------------------


def refuse_choices(weights, chosen, cost, baseline):
    N, L = weights.shape
    if chosen.shape != (N,) or (chosen < 0).any() or (chosen >= L).any():
        raise ValueError("chosen!")
    if cost.shape != (N,):
        raise ValueError("cost!")
    if torch.as_tensor(baseline).numel() > 1 and torch.as_tensor(baseline).shape != (N,):
        raise ValueError("baseline!")


@ANSWERS.to("hard_attention_loss")
def loss_by_gather(weights, chosen, cost, baseline):
    refuse_choices(weights, chosen, cost, baseline)
    if isinstance(baseline, torch.Tensor):
        baseline = baseline.detach()
    log_p = weights.gather(1, chosen.unsqueeze(1)).squeeze(1).log()
    return (cost + (cost.detach() - baseline) * log_p).sum() / len(cost)


@ANSWERS.to("hard_attention_loss")
def loss_by_nll(weights, chosen, cost, baseline):
    """The advantage without a graph, the logarithm of PyTorch's loss, two means."""
    refuse_choices(weights, chosen, cost, baseline)
    with torch.no_grad():
        advantage = torch.sub(cost, baseline)
    taken = torch.stack([row[place] for row, place in zip(weights, chosen.tolist(), strict=True)])
    nll = functional.nll_loss(taken.log()[:, None], torch.zeros_like(chosen), reduction="none")
    return torch.mean(cost) - torch.mean(advantage * nll)


@ANSWERS.to("hard_attention_loss")
def loss_by_a_distribution(weights, chosen, cost, baseline):
    refuse_choices(weights, chosen, cost, baseline)
    log_p = torch.distributions.Categorical(probs=weights, validate_args=False).log_prob(chosen)
    return cost.mean() + ((cost - baseline).detach() * log_p).mean()


# Glimpses --------------------------------------------------------------------------------------------------------


def refuse_looks(images, locations, size):
    if size <= 0:
        raise ValueError("size!")
    if locations.shape != (len(images), 2) or not torch.all((locations >= -1) & (locations <= 1)):
        raise ValueError("locations!")


@ANSWERS.to("extract_glimpse")
def glimpses_by_slices(images, locations, size):
    """One after the other, out of a picture with a border as wide as the glimpse."""
    refuse_looks(images, locations, size)
    R, C = images.shape[2:]
    wide = functional.pad(images, (size,) * 4)
    cut = []
    for picture, (row, column) in zip(wide, locations.tolist(), strict=True):
        top = math.floor((row + 1) / 2 * (R - 1) + 0.5) + size - size // 2
        left = math.floor((column + 1) / 2 * (C - 1) + 0.5) + size - size // 2
        cut.append(picture[:, top : top + size, left : left + size])
    return torch.stack(cut)


@ANSWERS.to("extract_glimpse")
def glimpses_pixel_by_pixel(images, locations, size):
    """Nothing is padded: what lies outside stays 0."""
    refuse_looks(images, locations, size)
    N, K, R, C = images.shape
    glimpses = images.new_zeros(N, K, size, size)
    for n in range(N):
        row, column = (
            int(torch.floor((locations[n, axis] + 1) * 0.5 * (length - 1) + 0.5))
            for axis, length in enumerate((R, C))
        )
        for r in range(size):
            for c in range(size):
                y, x = row + r - size // 2, column + c - size // 2
                if 0 <= y < R and 0 <= x < C:
                    glimpses[n, :, r, c] = images[n, :, y, x]
    return glimpses


@ANSWERS.to("extract_glimpse")
def glimpses_by_products(images, locations, size):
    """Two matrices of zeros and ones, as DRAW has two of Gaussians."""
    refuse_looks(images, locations, size)
    picked = []
    for axis, length in enumerate(images.shape[2:]):
        centre = torch.floor((locations[:, axis] + 1) / 2 * (length - 1) + 0.5)
        due = centre[:, None] + torch.arange(size) - size // 2
        picked.append((due[:, :, None] == torch.arange(length)).to(images.dtype))
    return torch.einsum("nia,nkab,njb->nkij", picked[0], images, picked[1])


# A window that can be moved --------------------------------------------------------------------------------------


def refuse_window(window, size, pixels):
    if window.ndim != 2 or window.size(1) != 4:
        raise ValueError("window!")
    if size <= 0:
        raise ValueError("size!")
    if not all(length > 0 for length in pixels):
        raise ValueError("pixels!")


@ANSWERS.to("draw_filters")
def filters_from_the_nearest_pixel(window, size, pixels):
    """The nearest exponent is subtracted, so that the sum is never 0."""
    refuse_window(window, size, pixels)
    stride, sigma = torch.exp(window[:, 2:3]), torch.exp(window[:, 3:4])
    both = []
    for axis in (0, 1):
        middle = (window[:, axis : axis + 1] + 1) / 2 * (pixels[axis] - 1)
        mu = middle + (torch.arange(1, size + 1) - (size + 1) / 2) * stride
        exponents = -torch.square(torch.arange(pixels[axis])[None, None] - mu[..., None]) / (
            2 * sigma[..., None] ** 2
        )
        F = torch.exp(exponents - exponents.max(dim=2, keepdim=True).values)
        both.append(F / F.sum(dim=2, keepdim=True))
    return tuple(both)


@ANSWERS.to("draw_filters")
def filters_one_by_one(window, size, pixels):
    refuse_window(window, size, pixels)
    result = []
    for axis, length in enumerate(pixels):
        pictures = []
        for numbers in window:
            centre = 0.5 * (numbers[axis] + 1) * (length - 1)
            rows = []
            for i in range(size):
                mu = centre + (i - size / 2 + 0.5) * numbers[2].exp()
                exponents = -0.5 * (torch.arange(length) - mu) ** 2 * torch.exp(-2 * numbers[3])
                rows.append(functional.log_softmax(exponents, dim=0).exp())
            pictures.append(torch.stack(rows))
        result.append(torch.stack(pictures))
    return result


def refuse_gain(pictures, gain):
    if gain.ndim != 1 or len(gain) != len(pictures) or min(gain.tolist()) <= 0:
        raise ValueError("gain!")


@ANSWERS.to("draw_read")
def read_by_einsum(images, F_rows, F_columns, gain):
    refuse_gain(images, gain)
    return torch.einsum("n,nia,nab,njb->nij", gain, F_rows, images, F_columns)


@ANSWERS.to("draw_read")
def read_picture_by_picture(images, F_rows, F_columns, gain):
    refuse_gain(images, gain)
    parts = zip(images, F_rows, F_columns, gain, strict=True)
    return torch.stack([(rows @ (g * image)) @ columns.T for image, rows, columns, g in parts])


@ANSWERS.to("draw_write")
def written_by_einsum(patch, F_rows, F_columns, gain):
    refuse_gain(patch, gain)
    return torch.einsum("n,nia,nij,njb->nab", 1 / gain, F_rows, patch, F_columns)


@ANSWERS.to("draw_write")
def written_by_bmm(patch, F_rows, F_columns, gain):
    refuse_gain(patch, gain)
    return torch.bmm(torch.bmm(F_rows.transpose(-1, -2), patch / gain.view(-1, 1, 1)), F_columns)


# Questions about a picture ---------------------------------------------------------------------------------------


def refuse_questions(questions, lengths, A):
    if len(lengths) != len(questions) or not all(1 <= k <= questions.shape[1] for k in lengths.tolist()):
        raise ValueError("lengths!")
    if A.dim() != 3 or len(A) != len(questions) or A.size(1) < 1:
        raise ValueError("A!")


@ANSWERS.to("vqa_forward")
def answers_by_packing(model, questions, lengths, A):
    refuse_questions(questions, lengths, A)
    packed = pack_padded_sequence(model.embedding(questions), lengths, batch_first=True, enforce_sorted=False)
    h = model.reader(packed)[1].squeeze(0)
    keys = model.key(A)
    scores = torch.einsum("nk,nlk->nl", model.query(h) * keys.shape[2] ** -0.5, keys)
    weights = functional.softmax(scores, dim=-1)
    return model.classifier(torch.hstack([h, torch.einsum("nl,nlc->nc", weights, A)])), weights


@ANSWERS.to("vqa_forward")
def answers_one_by_one(model, questions, lengths, A):
    """Each question by itself, to its end and no further."""
    refuse_questions(questions, lengths, A)
    scores, weights = [], []
    for tokens, length, regions in zip(questions, lengths.tolist(), A, strict=True):
        _, h = model.reader(model.embedding(tokens[None, :length]))
        query, keys = model.query(h[0]), model.key(regions)
        weights.append(torch.softmax(query @ keys.T / math.sqrt(query.shape[-1]), dim=1))
        scores.append(model.classifier(torch.cat([h[0], weights[-1] @ regions], dim=1)))
    return [torch.cat(scores), torch.cat(weights)]


@ANSWERS.to("vqa_forward")
def answers_with_states_that_stop(model, questions, lengths, A):
    """A GRU that is stepped, and in each row stands still behind the last word; then PyTorch's attention."""
    refuse_questions(questions, lengths, A)
    h = torch.zeros(1, len(questions), model.reader.hidden_size)
    for t in range(questions.shape[1]):
        _, after = model.reader(model.embedding(questions[:, t : t + 1]), h)
        h = torch.where((t < lengths).view(1, -1, 1), after, h)
    query, keys = model.query(h[0])[:, None], model.key(A)
    attended = functional.scaled_dot_product_attention(query, keys, A)[:, 0]
    weights = torch.softmax((query * keys).sum(2) / query.shape[2] ** 0.5, 1)
    return model.classifier(torch.cat((h[0], attended), 1)), weights


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "functions"), ANSWERS.all)
def test_it_loses_nothing(name, functions, seed):
    ANSWERS.check(name, functions, seed)


def test_every_exercise_has_two_other_answers():
    assert ANSWERS.with_fewer_than(2) == set()


# What is no answer -----------------------------------------------------------------------------------------------


ODD: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda result: None,
    "a text": lambda result: "here",
    "an empty list": lambda result: [],
    "lists of unequal length": lambda result: [[1, [2]], [3]],
    "a function": lambda result: lambda: result,
    "itself twice": lambda result: (result, result),
    "a number too large": lambda result: 2**62,
    "infinities": lambda result: changed(result, lambda part: part * 0 + math.inf),
    "not a number": lambda result: changed(result, lambda part: part * math.nan),
    "complex numbers": lambda result: changed(result, lambda part: part + 0j),
    "single precision": lambda result: changed(result, lambda part: part.float()),
    "an axis too many": lambda result: changed(result, lambda part: part[None]),
    "NumPy": lambda result: changed(result, lambda part: part.detach().numpy() + 1),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", list(ANSWERS.exercises))
def test_an_odd_result_is_judged_without_a_warning_and_costs_points(name: str, odd: str):
    result = ANSWERS.odd(name, lambda *args, **kwargs: ODD[odd](KNOWN[name](*args, **kwargs)))
    assert result.points < result.max_points
    assert [verdict.message for verdict in result.criteria if not verdict.passed]


@pytest.mark.parametrize("name", list(ANSWERS.exercises))
def test_who_cuts_the_gradient_loses_it_and_keeps_the_values(name: str):
    def cut(*args, **kwargs):
        return changed(KNOWN[name](*args, **kwargs), lambda part: part.detach())

    result = ANSWERS.odd(name, cut)
    passed = {verdict.name for verdict in result.criteria if verdict.passed}
    assert "values" in passed
    assert 0 < result.points < result.max_points


def test_nothing_depends_on_a_global_seed():
    for seed in (0, 1):
        torch.manual_seed(seed)
        np.random.seed(seed)
        assert ANSWERS.odd("vqa_forward", KNOWN["vqa_forward"]).points == 8
