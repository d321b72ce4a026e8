"""PyTorch, given the same weights, answers the same as every function of assignment 1."""

from itertools import product

import numpy as np
import pytest
import torch
from torch.nn import functional

N, T, D, H, V, M = 3, 7, 4, 5, 6, 2


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def assert_same(ours, theirs):
    theirs = theirs.detach().numpy()
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12, strict=True)


def recurrent_weights(rng, inputs=D):
    return rng.standard_normal((inputs, H)), rng.standard_normal((H, H)), rng.standard_normal(H)


def as_torch(module, Wx, Wh, b):
    """The module with our weights. PyTorch multiplies from the left and has two biases, which add up."""
    with torch.no_grad():
        wx, wh, bx, bh = module.parameters()
        for parameter, ours in zip((wx, wh, bx, bh), (Wx.T, Wh.T, b, np.zeros(H)), strict=True):
            parameter.copy_(torch.from_numpy(ours))
    return module


def draw_scores(rng, scale=1.0):
    mask = np.array([[True] * 7, [True] * 4 + [False] * 3, [False] * 7])
    return scale * rng.standard_normal((N, T, V)), rng.integers(V, size=(N, T)), mask


def test_one_hot(a01, rng):
    tokens = rng.integers(V, size=(N, T))
    assert_same(a01.one_hot(tokens, V), functional.one_hot(torch.from_numpy(tokens), V).double())


def test_word_embedding_forward(a01, rng):
    x, W = rng.integers(V, size=(N, T)), rng.standard_normal((V, D))
    assert_same(
        a01.word_embedding_forward(x, W)[0], functional.embedding(torch.from_numpy(x), torch.from_numpy(W))
    )


def test_an_embedding_is_a_one_hot_product(a01, rng):
    x, W = rng.integers(V, size=(N, T)), rng.standard_normal((V, D))
    np.testing.assert_array_equal(a01.word_embedding_forward(x, W)[0], a01.one_hot(x, V) @ W)


def test_rnn_step_forward(a01, rng):
    x, prev_h, weights = rng.standard_normal((N, D)), rng.standard_normal((N, H)), recurrent_weights(rng)
    cell = as_torch(torch.nn.RNNCell(D, H, dtype=torch.float64), *weights)
    due = cell(torch.from_numpy(x), torch.from_numpy(prev_h))
    assert_same(a01.rnn_step_forward(x, prev_h, *weights)[0], due)


@pytest.mark.parametrize("steps", [1, T, 40])
def test_rnn_forward(a01, rng, steps):
    x, h0, weights = rng.standard_normal((N, steps, D)), rng.standard_normal((N, H)), recurrent_weights(rng)
    network = as_torch(torch.nn.RNN(D, H, batch_first=True, dtype=torch.float64), *weights)
    due, _ = network(torch.from_numpy(x), torch.from_numpy(h0)[None])
    assert_same(a01.rnn_forward(x, h0, *weights)[0], due)


def test_temporal_affine_forward(a01, rng):
    x, w, b = rng.standard_normal((N, T, D)), rng.standard_normal((D, M)), rng.standard_normal(M)
    due = functional.linear(torch.from_numpy(x), torch.from_numpy(w.T), torch.from_numpy(b))
    assert_same(a01.temporal_affine_forward(x, w, b)[0], due)


@pytest.mark.parametrize("scale", [1, 30, 1e5])
def test_temporal_softmax_loss(a01, rng, scale):
    x, y, mask = draw_scores(rng, scale)
    scores = torch.from_numpy(x).requires_grad_()
    each = functional.cross_entropy(scores.transpose(1, 2), torch.from_numpy(y), reduction="none")
    due = (each * torch.from_numpy(mask)).sum() / N
    due.backward()
    loss, dx = a01.temporal_softmax_loss(x, y, mask)
    assert loss == pytest.approx(due.item(), rel=1e-10)
    assert_same(dx, scores.grad)


@pytest.mark.parametrize("scale", [1, 30, 1e5])
def test_sequence_log_prob(a01, rng, scale):
    x, y, mask = draw_scores(rng, scale)
    log_p = torch.from_numpy(x).log_softmax(dim=-1).gather(-1, torch.from_numpy(y)[:, :, None])[:, :, 0]
    assert_same(a01.sequence_log_prob(x, y, mask), (log_p * torch.from_numpy(mask)).sum(dim=1))


def test_the_loss_is_what_the_log_probability_lacks(a01, rng):
    x, y, mask = draw_scores(rng)
    loss, _ = a01.temporal_softmax_loss(x, y, mask)
    assert loss == pytest.approx(-a01.sequence_log_prob(x, y, mask).mean())


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_sample(a01, rng, temperature):
    """Every text of three tokens comes about as often as PyTorch's own network says that it should."""
    v, rows = 4, 20_000
    Wx, Wh, b = recurrent_weights(rng)
    params = {"W_embed": rng.standard_normal((v, D)), "Wx": Wx, "Wh": Wh, "b": b}
    params |= {"W_vocab": rng.standard_normal((H, v)), "b_vocab": rng.standard_normal(v)}
    start, h0 = 2, rng.standard_normal(H)

    texts = np.array(list(product(range(v), repeat=3)))
    read = np.column_stack([np.full(len(texts), start), texts[:, :-1]])
    network = as_torch(torch.nn.RNN(D, H, batch_first=True, dtype=torch.float64), Wx, Wh, b)
    embedded = functional.embedding(torch.from_numpy(read), torch.from_numpy(params["W_embed"]))
    h, _ = network(embedded, torch.from_numpy(h0).expand(1, len(texts), H).contiguous())
    scores = functional.linear(h, torch.from_numpy(params["W_vocab"].T), torch.from_numpy(params["b_vocab"]))
    log_p = (scores / temperature).log_softmax(dim=-1).gather(-1, torch.from_numpy(texts)[:, :, None])
    due = rows * log_p.sum(dim=(1, 2)).exp().detach().numpy()

    written = a01.sample(np.full(rows, start), np.tile(h0, (rows, 1)), params, 3, temperature, rng)
    seen = np.bincount(written @ [v * v, v, 1], minlength=v**3)
    assert due.sum() == pytest.approx(rows)
    # Chi-square has mean 63 and standard deviation 11 here; rare texts are counted together.
    rare = due < 5
    seen, due = np.append(seen[~rare], seen[rare].sum()), np.append(due[~rare], due[rare].sum())
    assert ((seen - due) ** 2 / np.maximum(due, 1)).sum() < 120
