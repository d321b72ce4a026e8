"""PyTorch's autograd, in float64, and closed forms answer the same as every function of assignment 2."""

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
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12, strict=True)


def leaves(*arrays):
    return [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]


def recurrence(rng, steps=T):
    """x, h0, Wx, Wh, b."""
    shapes = (N, steps, D), (N, H), (D, H), (H, H), (H,)
    return [0.5 * rng.standard_normal(shape) for shape in shapes]


# A gradient without a derivation ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), ()])
def test_numerical_gradient_is_autograds_to_eight_digits(a02, rng, shape):
    x = rng.standard_normal(shape)
    (leaf,) = leaves(x)
    torch.exp(torch.sin(leaf).sum()).backward()
    np.testing.assert_allclose(
        a02.numerical_gradient(lambda x: np.exp(np.sin(x).sum()), x), leaf.grad, rtol=1e-8, atol=1e-8
    )


def test_numerical_gradient_of_a_cube_is_off_by_the_square_of_the_step(a02, rng):
    """((x + e)^3 - (x - e)^3) / 2e = 3 x^2 + e^2, exactly."""
    x = rng.standard_normal(6)
    np.testing.assert_allclose(a02.numerical_gradient(lambda x: (x**3).sum(), x), 3 * x**2, atol=1e-9)


def test_numerical_gradient_leaves_x_as_it_was_to_the_last_bit(a02, rng):
    x = rng.standard_normal((3, 4))
    before = x.tobytes()
    a02.numerical_gradient(lambda x: (x**2).sum(), x)
    assert x.tobytes() == before


# Back through what has no memory ---------------------------------------------------------------------------------


def test_temporal_affine_backward(a02, rng):
    x, w, b = rng.standard_normal((N, T, D)), rng.standard_normal((D, M)), rng.standard_normal(M)
    dout = rng.standard_normal((N, T, M))
    parts = leaves(x, w, b)
    (parts[0] @ parts[1] + parts[2]).backward(torch.from_numpy(dout))
    _, cache = a02.temporal_affine_forward(x, w, b)
    for ours, theirs in zip(a02.temporal_affine_backward(dout, cache), parts, strict=True):
        assert_same(ours, theirs.grad)


def test_word_embedding_backward(a02, rng):
    x, W, dout = rng.integers(V - 1, size=(N, T)), rng.standard_normal((V, D)), rng.standard_normal((N, T, D))
    (leaf,) = leaves(W)
    functional.embedding(torch.from_numpy(x), leaf).backward(torch.from_numpy(dout))
    _, cache = a02.word_embedding_forward(x, W)
    dW = a02.word_embedding_backward(dout, cache)
    assert_same(dW, leaf.grad)
    assert not dW[V - 1].any()


# Back through time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 30, 1e3])
def test_rnn_step_backward(a02, rng, scale):
    x, h0, Wx, Wh, b = (scale * array for array in recurrence(rng, steps=1))
    dnext_h = rng.standard_normal((N, H))
    parts = leaves(x[:, 0], h0, Wx, Wh, b)
    torch.tanh(parts[0] @ parts[2] + parts[1] @ parts[3] + parts[4]).backward(torch.from_numpy(dnext_h))
    _, cache = a02.rnn_step_forward(x[:, 0], h0, Wx, Wh, b)
    for ours, theirs in zip(a02.rnn_step_backward(dnext_h, cache), parts, strict=True):
        assert_same(ours, theirs.grad)


@pytest.mark.parametrize("steps", [1, T, 40])
def test_rnn_backward(a02, rng, steps):
    """PyTorch's own network and its own way back. It multiplies from the left, and its two biases add up."""
    x, h0, Wx, Wh, b = recurrence(rng, steps)
    network = torch.nn.RNN(D, H, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for parameter, ours in zip(network.parameters(), (Wx.T, Wh.T, b, np.zeros(H)), strict=True):
            parameter.copy_(torch.from_numpy(ours))
    inputs, initial = leaves(x, h0)
    dh = rng.standard_normal((N, steps, H))
    network(inputs, initial[None])[0].backward(torch.from_numpy(dh))
    wx, wh, bx, _ = (parameter.grad for parameter in network.parameters())
    due = inputs.grad, initial.grad, wx.T, wh.T, bx
    for ours, theirs in zip(a02.rnn_backward(dh, a02.rnn_forward(x, h0, Wx, Wh, b)[1]), due, strict=True):
        assert_same(ours, theirs)


def test_what_a_single_unit_says_of_its_initial_state_is_a_product(a02, rng):
    """From the last state alone: w^T times the product of all slopes of tanh."""
    x, h0, Wx, Wh, b = (
        rng.standard_normal((1, T, 1)),
        np.array([[0.3]]),
        np.array([[0.5]]),
        np.array([[0.9]]),
        np.zeros(1),
    )
    h, cache = a02.rnn_forward(x, h0, Wx, Wh, b)
    dh = np.zeros((1, T, 1))
    dh[:, -1] = 1
    dh0 = a02.rnn_backward(dh, cache)[1]
    assert dh0[0, 0] == pytest.approx(0.9**T * (1 - h**2).prod(), rel=1e-12)


def cut_by_detaching(dh, x, h0, Wx, Wh, b, k1, k2):
    """For each stop a graph of its own, which begins k2 steps before it: the definition, by autograd."""
    parts = leaves(x, h0, Wx, Wh, b)
    inputs, initial, wx, wh, bias = parts
    steps = x.shape[1]
    stops = sorted({*range(k1, steps + 1, k1), steps})
    for before, stop in zip([0, *stops], stops, strict=False):
        state, loss = initial, torch.zeros((), dtype=torch.float64)
        for t in range(stop):
            # What lies before the cut gives values only; the initial state lies before the first step.
            with torch.set_grad_enabled(t >= stop - k2):
                state = torch.tanh(inputs[:, t] @ wx + state @ wh + bias)
            if t >= before:
                loss = loss + (state * torch.from_numpy(dh[:, t])).sum()
        loss.backward()
    return [part.grad if part.grad is not None else torch.zeros_like(part) for part in parts]


@pytest.mark.parametrize(
    ("k1", "k2"),
    [(1, 1), (1, 3), (2, 2), (2, 3), (3, 5), (3, 7), (4, 6), (5, 5), (1, 7), (7, 7), (2, 50), (9, 9)],
)
def test_truncated_bptt(a02, rng, k1, k2):
    weights = recurrence(rng)
    dh = rng.standard_normal((N, T, H))
    due = cut_by_detaching(dh, *weights, k1, k2)
    ours = a02.truncated_bptt(dh, a02.rnn_forward(*weights)[1], k1, k2)
    for one, other in zip(ours, due, strict=True):
        assert_same(one, other)


@pytest.mark.parametrize("k1", [1, 2, 3, 7, 20])
def test_where_k2_covers_all_steps_nothing_is_cut(a02, rng, k1):
    weights, dh = recurrence(rng), rng.standard_normal((N, T, H))
    _, cache = a02.rnn_forward(*weights)
    whole = a02.rnn_backward(dh, cache)
    for ours, due in zip(a02.truncated_bptt(dh, cache, k1, max(k1, T)), whole, strict=True):
        np.testing.assert_allclose(ours, due, rtol=1e-9, atol=1e-12, strict=True)


def test_equal_k1_and_k2_that_divide_the_steps_make_pieces(a02, rng):
    """Each piece is a text of its own, whose initial state is the last one of the piece before."""
    (x, h0, Wx, Wh, b), dh = recurrence(rng, steps=6), rng.standard_normal((N, 6, H))
    h, cache = a02.rnn_forward(x, h0, Wx, Wh, b)
    ours = a02.truncated_bptt(dh, cache, 3, 3)
    pieces = []
    for piece, state in ((slice(0, 3), h0), (slice(3, 6), h[:, 2])):
        _, of_piece = a02.rnn_forward(x[:, piece], state, Wx, Wh, b)
        pieces.append(a02.rnn_backward(dh[:, piece], of_piece))
    dxs, dh0s, *weights = zip(*pieces, strict=True)
    due = np.concatenate(dxs, axis=1), dh0s[0], *(sum(parts) for parts in weights)
    for one, other in zip(ours, due, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12, strict=True)


# Learning --------------------------------------------------------------------------------------------------------


def network(rng, tokens=V):
    shapes = {
        "W_embed": (tokens, D),
        "Wx": (D, H),
        "Wh": (H, H),
        "b": (H,),
        "W_vocab": (H, tokens),
        "b_vocab": (tokens,),
    }
    return {name: 0.5 * rng.standard_normal(shape) for name, shape in shapes.items()}


def test_train_char_rnn(a02, rng):
    """PyTorch's embedding, recurrence, cross-entropy, autograd and Adagrad, over three rounds of the text."""
    tokens, params = rng.integers(V, size=45), network(rng)
    pairs, steps = 3, 8  # of 2 rows and 7 steps: 45 tokens are 22 a row
    p = {name: torch.from_numpy(array.copy()).requires_grad_() for name, array in params.items()}
    optimizer = torch.optim.Adagrad(p.values(), lr=0.1, eps=1e-8)
    due, h = [], torch.zeros(2, H, dtype=torch.float64)
    for step in range(steps):
        at = step % pairs
        h = torch.zeros_like(h) if at == 0 else h.detach()
        rows = torch.from_numpy(np.stack([tokens[row * 22 + at * 7 :][:8] for row in range(2)]))
        scores = []
        for t in range(7):
            h = torch.tanh(p["W_embed"][rows[:, t]] @ p["Wx"] + h @ p["Wh"] + p["b"])
            scores.append(h @ p["W_vocab"] + p["b_vocab"])
        loss = functional.cross_entropy(torch.stack(scores, dim=2), rows[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        due.append(loss.item())
    trained, losses = a02.train_char_rnn(tokens, params, N=2, T=7, steps=steps, learning_rate=0.1)
    np.testing.assert_allclose(losses, due, rtol=1e-9, strict=True)
    assert list(trained) == list(params)
    for name, array in trained.items():
        np.testing.assert_allclose(array, p[name].detach(), rtol=1e-8, atol=1e-10, strict=True)


def test_a_text_with_one_continuation_is_learned(a02, rng):
    tokens = np.tile(np.arange(V), 40)
    _, losses = a02.train_char_rnn(tokens, network(rng), N=4, T=10, steps=150, learning_rate=0.1)
    assert losses[0] > 1
    assert losses[-1] < 0.05


# Looking inside --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", [6, 0])
def test_unit_selectivity_is_the_share_of_pairs(a02, rng, digits):
    h, y = rng.standard_normal((50, 4)).round(digits), rng.random(50) < 0.3
    for j, ours in enumerate(a02.unit_selectivity(h, y)):
        wins = [(a > b) + (a == b) / 2 for a in h[y, j] for b in h[~y, j]]
        assert ours == pytest.approx(np.mean(wins), rel=1e-12)


def test_unit_selectivity_of_two_bells_is_the_closed_form(a02, rng):
    """Two normal distributions a distance d apart: the AUC is Phi(d / sqrt(2))."""
    d, y = 1.5, np.arange(20_000) % 2 == 0
    auc = a02.unit_selectivity(rng.standard_normal((20_000, 1)) + d * y[:, None], y)
    assert auc[0] == pytest.approx(torch.special.ndtr(torch.tensor(d / 2**0.5)).item(), abs=0.01)


def test_unit_selectivity_sees_order_alone(a02, rng):
    h, y = rng.standard_normal((40, 3)), rng.random(40) < 0.5
    auc = a02.unit_selectivity(h, y)
    np.testing.assert_array_equal(a02.unit_selectivity(np.exp(h), y), auc)
    np.testing.assert_allclose(a02.unit_selectivity(-h, y), 1 - auc, rtol=1e-12)
    np.testing.assert_allclose(a02.unit_selectivity(h, ~y), 1 - auc, rtol=1e-12)


# Bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k1", "k2"), [(0, 3), (-1, 3), (4, 3), (1, 0)])
def test_senseless_cuts_are_named(a02, rng, k1, k2):
    _, cache = a02.rnn_forward(*recurrence(rng))
    with pytest.raises(ValueError, match=f"k1 is {k1}.*k2, which is {k2}"):
        a02.truncated_bptt(np.ones((N, T, H)), cache, k1, k2)


def test_a_text_without_steps_is_named(a02, rng):
    with pytest.raises(ValueError, match="T must be at least 1"):
        a02.rnn_forward(*recurrence(rng, steps=0))


@pytest.mark.parametrize("length", [0, 1, 21])
def test_a_text_that_fills_no_pair_is_named(a02, rng, length):
    with pytest.raises(ValueError, match=f"{length} tokens do not fill"):
        a02.train_char_rnn(np.zeros(length, dtype=int), network(rng), N=3, T=7, steps=1, learning_rate=0.1)


def test_a_vocabulary_of_one_is_named(a02, rng):
    with pytest.raises(ValueError, match="the vocabulary has one token"):
        a02.train_char_rnn(np.zeros(50, dtype=int), network(rng, tokens=1), 3, 7, 1, 0.1)


@pytest.mark.parametrize("everywhere", [True, False])
def test_places_of_one_kind_are_named(a02, rng, everywhere):
    with pytest.raises(ValueError, match="y is the same at every place"):
        a02.unit_selectivity(rng.standard_normal((8, 2)), np.full(8, everywhere))
