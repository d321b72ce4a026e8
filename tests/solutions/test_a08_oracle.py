"""PyTorch, exact fractions and closed forms agree with everything in assignment 8."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

SHAPES = [(3, 4, 5, 6), (1, 1, 1, 1), (4, 4, 4, 4), (7, 2, 3, 1)]
LENGTHS = [*range(1, 20), 31, 32, 33, 100, 127]


@pytest.fixture(autouse=True)
def in_double_precision():
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    yield
    torch.set_default_dtype(torch.float32)


def assert_same(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


# Attention -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("T", "S", "K", "M"), SHAPES)
@pytest.mark.parametrize("before", [(), (2,), (2, 3)])
def test_attention_is_pytorchs(a08, before, T, S, K, M):
    q, k, v = torch.randn(*before, T, K), torch.randn(*before, S, K), torch.randn(*before, S, M)
    mask = torch.rand(*before, T, S) < 0.5
    mask[..., 0] = True
    for given in (None, mask):
        out, weights = a08.scaled_dot_product_attention(q, k, v, given)
        assert_same(out, functional.scaled_dot_product_attention(q, k, v, attn_mask=given))
        assert_same(weights.sum(-1), torch.ones(*before, T))
        assert given is None or not weights[~mask].any()


def test_the_gradient_of_attention_is_that_of_finite_differences_even_where_nobody_may_look(a08):
    shapes = ((2, 3, 4), (2, 5, 4), (2, 5, 2))
    q, k, v = (torch.randn(shape, requires_grad=True) for shape in shapes)
    mask = torch.rand(2, 3, 5) < 0.6
    mask[0, 1] = False

    def out(q, k, v):
        return a08.scaled_dot_product_attention(q, k, v, mask)

    found, weights = out(q, k, v)
    assert not found[0, 1].any() and not weights[0, 1].any()
    assert torch.autograd.gradcheck(out, (q, k, v))
    (dq,) = torch.autograd.grad(found.sum(), q)
    assert not dq[0, 1].any() and dq[0, 0].any()


def test_the_variance_of_a_score_is_one_for_every_width(a08):
    """What the root is there for: the text says so of independent entries with variance one."""
    for K in (4, 64, 1024):
        q, k = torch.randn(200, 1, K), torch.randn(200, 50, K)
        raw = q @ k.transpose(1, 2)
        assert raw.var().item() == pytest.approx(K, rel=0.25)
        _, weights = a08.scaled_dot_product_attention(q, k, k)
        scores = weights.log()
        scores = scores - scores.mean(dim=2, keepdim=True)
        assert scores.var().item() == pytest.approx(1, rel=0.25)


@pytest.mark.parametrize("T", [1, 2, 5, 30])
def test_the_causal_mask_is_pytorchs_turned_round(a08, T):
    mask = a08.causal_mask(T)
    assert mask.dtype == torch.bool
    assert torch.equal(mask, nn.Transformer.generate_square_subsequent_mask(T) == 0)


@pytest.mark.parametrize(("T", "D"), [(1, 2), (7, 6), (40, 16)])
def test_the_encoding_is_that_of_the_paper_entry_by_entry(a08, T, D):
    code = a08.positional_encoding(T, D)
    for t, i in itertools.product(range(T), range(D // 2)):
        angle = t / 10_000 ** (2 * i / D)
        assert code[t, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-12)
        assert code[t, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-12)


def test_a_shift_of_all_positions_is_one_rotation_of_the_encoding(a08):
    """Vaswani et al. (2017), section 3.5: what stands k positions further is a linear function of what stands here."""
    code = a08.positional_encoding(30, 8).reshape(30, 4, 2)
    pairs = torch.complex(code[..., 1], code[..., 0])
    assert_same(pairs[5:], pairs[:-5] * (pairs[5] / pairs[0]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_encoding_has_the_default_dtype(a08, dtype):
    torch.set_default_dtype(dtype)
    assert a08.positional_encoding(3, 4).dtype == dtype


# Modules ---------------------------------------------------------------------------------------------------------


def copied_attention(ours, theirs):
    """PyTorch's own attention, given our weights."""
    parts = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.load_state_dict(ours.out.state_dict())
    return theirs


def shaken(module):
    """A module in which no parameter is zero or one."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_()
    return module


@pytest.mark.parametrize(("D", "heads"), [(6, 1), (6, 3), (6, 6), (8, 2)])
def test_several_heads_are_pytorchs(a08, D, heads):
    ours = shaken(a08.MultiHeadAttention(D, heads))
    theirs = copied_attention(ours, nn.MultiheadAttention(D, heads, batch_first=True))
    x = torch.randn(3, 5, D)
    each = torch.rand(3, 5, 5) < 0.5
    each[:, :, 0] = True
    assert_same(ours(x), theirs(x, x, x)[0])
    causal = a08.causal_mask(5)
    assert_same(ours(x, causal), theirs(x, x, x, attn_mask=~causal)[0])
    assert_same(ours(x, each), theirs(x, x, x, attn_mask=~each.repeat_interleave(heads, dim=0))[0])


@pytest.mark.parametrize(("D", "heads", "hidden"), [(6, 3, 7), (4, 1, 1), (8, 8, 32)])
def test_a_block_is_pytorchs_with_the_norm_first(a08, D, heads, hidden):
    ours = shaken(a08.TransformerBlock(D, heads, hidden))
    theirs = nn.TransformerEncoderLayer(D, heads, hidden, dropout=0.0, batch_first=True, norm_first=True)
    copied_attention(ours.attention, theirs.self_attn)
    for name, part in {"norm1": "norm1", "norm2": "norm2", "widen": "linear1", "narrow": "linear2"}.items():
        getattr(theirs, part).load_state_dict(getattr(ours, name).state_dict())
    x = torch.randn(2, 5, D)
    assert_same(ours(x), theirs(x))
    mask = a08.causal_mask(5)
    assert_same(ours(x, mask), theirs(x, src_mask=~mask))


def test_the_gradient_of_a_block_is_that_of_finite_differences(a08):
    block = a08.TransformerBlock(4, 2, 3)
    x = torch.randn(1, 3, 4, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: block(x, a08.causal_mask(3)), x)


def test_without_mask_and_positions_a_block_sees_a_set(a08):
    block, x, order = a08.TransformerBlock(6, 3, 8), torch.randn(2, 7, 6), torch.randperm(7)
    assert_same(block(x[:, order]), block(x)[:, order])


def test_their_parts_are_those_of_their_text(a08):
    block = a08.TransformerBlock(6, 3, 8)
    parts = {name: type(part) for name, part in block.named_children()}
    linear = {"widen": nn.Linear, "narrow": nn.Linear}
    norms = {"norm1": nn.LayerNorm, "norm2": nn.LayerNorm}
    assert parts == {"attention": a08.MultiHeadAttention, **norms, **linear}
    parts = {name: type(part) for name, part in block.attention.named_children()}
    assert parts == dict.fromkeys(("query", "key", "value", "out"), nn.Linear)


# Recurrence without a nonlinearity -------------------------------------------------------------------------------


def exactly(a, b, h0):
    """The states of one sequence of one unit, in fractions: nothing is rounded until the end."""
    h, states = Fraction(h0), []
    for factor, summand in zip(a, b, strict=True):
        h = Fraction(factor) * h + Fraction(summand)
        states.append(float(h))
    return states


@pytest.mark.parametrize("name", ["linear_recurrence", "parallel_scan"])
@pytest.mark.parametrize("T", LENGTHS)
def test_states_are_those_of_exact_arithmetic(a08, name, T):
    a, b, h0 = torch.randn(2, T, 3), torch.randn(2, T, 3), torch.randn(2, 3)
    a[0, T // 2], a[1, T // 3], a[1, T // 4] = 0, 1, -1
    h = getattr(a08, name)(a, b, h0)
    assert h.shape == (2, T, 3)
    for n, unit in itertools.product(range(2), range(3)):
        due = exactly(a[n, :, unit].tolist(), b[n, :, unit].tolist(), h0[n, unit].item())
        np.testing.assert_allclose(h[n, :, unit].numpy(), due, rtol=1e-9, atol=1e-9 * max(map(abs, due)))


@pytest.mark.parametrize("name", ["linear_recurrence", "parallel_scan"])
@pytest.mark.parametrize("T", [1, 5, 8])
def test_the_gradient_of_a_recurrence_is_that_of_finite_differences(a08, name, T):
    given = torch.randn(2, T, 2), torch.randn(2, T, 2), torch.randn(2, 2)
    assert torch.autograd.gradcheck(getattr(a08, name), [each.requires_grad_() for each in given])


@pytest.mark.parametrize("name", ["linear_recurrence", "parallel_scan"])
def test_a_constant_factor_has_a_closed_form(a08, name):
    """h_t = a^t h_0 + b (1 - a^t) / (1 - a)."""
    T, a, b, h0 = 50, 0.9, 2.0, -1.0
    power = a ** torch.arange(1, T + 1)
    h = getattr(a08, name)(torch.full((1, T, 1), a), torch.full((1, T, 1), b), torch.full((1, 1), h0))
    assert_same(h[0, :, 0], power * h0 + b * (1 - power) / (1 - a))


def test_two_steps_of_tanh_are_no_step_of_tanh():
    """What the written question is about: no a and b give tanh(a h + b) = tanh(tanh(h)) for three h."""
    target = torch.tanh(torch.tanh(torch.tensor([0.0, 1.0, 2.0])))
    straight = torch.atanh(target)  # would be a h + b
    assert abs(straight[2] - 2 * straight[1] + straight[0]) > 0.1
