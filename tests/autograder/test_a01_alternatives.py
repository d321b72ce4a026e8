"""Right answers to assignment 1 that are written another way lose nothing, on public and on hidden numbers."""

from __future__ import annotations

import math
import sys
import warnings

import numpy as np
import pytest
from alternatives import SEEDS, Answers

ANSWERS = Answers("a01_rnn_basics")


# Words ---------------------------------------------------------------------------------------------------------


@ANSWERS.to("one_hot")
def ones_set_in_a_loop(tokens, V):
    N, T = tokens.shape
    out = np.zeros((N, T, V))
    for n in range(N):
        for t in range(T):
            out[n, t, tokens[n, t]] = 1
    return out


@ANSWERS.to("one_hot")
def ones_by_comparison(tokens, V):
    return (tokens[..., None] == np.arange(V)).astype(float)


@ANSWERS.to("one_hot")
def ones_put_along_an_axis(tokens, V):
    out = np.zeros((V, *tokens.shape))
    np.put_along_axis(out, tokens[None], 1.0, axis=0)
    return np.moveaxis(out, 0, -1)  # a view, not contiguous


@ANSWERS.to("word_embedding_forward")
def rows_by_take(x, W):
    return np.take(W, x, axis=0), {"x": x, "W": W}


@ANSWERS.to("word_embedding_forward")
def rows_by_one_hot_product(x, W):
    return np.eye(len(W))[x] @ W, None


@ANSWERS.to("word_embedding_forward")
def rows_in_a_list(x, W):
    return [np.array([[W[token] for token in row] for row in x]), (x, len(W))]


# The recurrence ------------------------------------------------------------------------------------------------


@ANSWERS.to("rnn_step_forward")
def step_by_einsum(x, prev_h, Wx, Wh, b):
    a = np.einsum("nd,dh->nh", x, Wx) + np.einsum("nh,hk->nk", prev_h, Wh) + b
    return np.tanh(a), lambda: (x, prev_h, a)  # a cache that cannot travel


@ANSWERS.to("rnn_step_forward")
def step_in_one_product(x, prev_h, Wx, Wh, b):
    both = np.concatenate([x, prev_h, np.ones((len(x), 1))], axis=1)
    return np.tanh(both @ np.concatenate([Wx, Wh, b[None]])), "my notes"


@ANSWERS.to("rnn_step_forward")
def step_with_transposes(x, prev_h, Wx, Wh, b):
    h = np.tanh(Wx.T @ x.T + Wh.T @ prev_h.T + b[:, None])
    return h.T, {"h": h}  # a view, feature-major in memory


@ANSWERS.to("rnn_step_forward")
def step_in_loops(x, prev_h, Wx, Wh, b):
    h = np.empty_like(prev_h)
    for n in range(h.shape[0]):
        for k in range(h.shape[1]):
            h[n, k] = math.tanh(sum(x[n] * Wx[:, k]) + sum(prev_h[n] * Wh[:, k]) + b[k])
    return [h, None]


@ANSWERS.to("rnn_step_forward")
def step_by_a_sigmoid(x, prev_h, Wx, Wh, b):
    """Tanh as 2 sigmoid(2a) - 1, which overflows to the right answer, with a RuntimeWarning."""
    warnings.warn("working", RuntimeWarning, stacklevel=2)
    print("still working", file=sys.stderr)
    return 2 / (1 + np.exp(-2 * (x @ Wx + prev_h @ Wh + b))) - 1, ()


@ANSWERS.to("rnn_forward")
def states_written_time_first(x, h0, Wx, Wh, b):
    N, T, _ = x.shape
    h = np.zeros((T + 1, N, len(b)))
    h[0] = h0
    for t in range(T):
        h[t + 1] = np.tanh(x[:, t] @ Wx + h[t] @ Wh + b)
    return h[1:].swapaxes(0, 1), {"h": h, "x": x}  # a time-major view


@ANSWERS.to("rnn_forward")
def states_with_inputs_projected_first(x, h0, Wx, Wh, b):
    projected = x @ Wx + b
    h = np.empty_like(projected)
    last = h0
    for t in range(x.shape[1]):
        last = h[:, t] = np.tanh(projected[:, t] + last @ Wh)
    return h, (x, h0, Wx, Wh, h)


@ANSWERS.to("rnn_forward")
def states_one_sequence_at_a_time(x, h0, Wx, Wh, b):
    rows = []
    for inputs, state in zip(x, h0, strict=True):
        row = []
        for each in inputs:
            state = np.tanh(each @ Wx + state @ Wh + b)
            row.append(state)
        rows.append(row)
    return np.array(rows), None


# Scores and probabilities --------------------------------------------------------------------------------------


@ANSWERS.to("temporal_affine_forward")
def scores_by_reshape(x, w, b):
    N, T, D = x.shape
    return (x.reshape(N * T, D) @ w).reshape(N, T, -1) + b, (w, b, x)


@ANSWERS.to("temporal_affine_forward")
def scores_by_einsum_of_time_first(x, w, b):
    return np.einsum("tnd,dm->ntm", x.swapaxes(0, 1), w) + b[None, None], b


@ANSWERS.to("temporal_affine_forward")
def scores_step_by_step(x, w, b):
    out = np.zeros((*x.shape[:2], len(b)))
    for t in range(x.shape[1]):
        out[:, t] += np.dot(x[:, t], w)
        out[:, t] += b
    return out, [x, w]


@ANSWERS.to("temporal_softmax_loss")
def loss_by_logaddexp(x, y, mask):
    N, T, _ = x.shape
    log_p = x - np.logaddexp.reduce(x, axis=2, keepdims=True)
    n, t = np.ogrid[:N, :T]
    dx = np.exp(log_p)
    dx[n, t, y] -= 1
    return -log_p[n, t, y][mask].sum() / N, dx * mask[..., None] / N


@ANSWERS.to("temporal_softmax_loss")
def loss_on_flat_rows(x, y, mask):
    N, T, V = x.shape
    flat, targets, kept = x.reshape(-1, V), y.reshape(-1), mask.reshape(-1)
    p = np.exp(flat - flat.max(axis=1)[:, None])
    p /= p.sum(axis=1)[:, None]
    rows = np.arange(N * T)
    shifted = flat - flat.max(axis=1, keepdims=True)
    log_p = shifted[rows, targets] - np.log(np.exp(shifted).sum(axis=1))
    p[rows, targets] -= 1
    return [float(-np.sum(np.where(kept, log_p, 0)) / N), (p * kept[:, None] / N).reshape(N, T, V)]


@ANSWERS.to("temporal_softmax_loss")
def loss_in_loops(x, y, mask):
    N, T, V = x.shape
    loss, dx = 0.0, np.zeros_like(x)
    for n in range(N):
        for t in range(T):
            if mask[n, t]:
                top = max(x[n, t])
                total = sum(math.exp(score - top) for score in x[n, t])
                loss += (math.log(total) + top - x[n, t, y[n, t]]) / N
                for v in range(V):
                    dx[n, t, v] = (math.exp(x[n, t, v] - top) / total - (v == y[n, t])) / N
    return np.float64(loss), dx


@ANSWERS.to("sequence_log_prob")
def log_prob_by_logaddexp(x, y, mask):
    log_p = x - np.logaddexp.reduce(x, axis=-1)[..., None]
    picked = np.einsum("ntv,ntv->nt", log_p, np.eye(x.shape[-1])[y])
    return np.where(mask, picked, 0).sum(-1)


@ANSWERS.to("sequence_log_prob")
def log_prob_from_lists(x, y, mask):
    out = []
    for n in range(len(x)):
        kept = x[n][mask[n]]
        shifted = kept - kept.max(axis=1, keepdims=True, initial=-np.inf)
        picked = shifted[np.arange(len(kept)), y[n][mask[n]]]
        out.append(picked.sum() - np.log(np.exp(shifted).sum(axis=1)).sum())
    return np.array(out)


# Writing -------------------------------------------------------------------------------------------------------


def _step(params, x, h):
    h = np.tanh(params["W_embed"][x] @ params["Wx"] + h @ params["Wh"] + params["b"])
    return h, h @ params["W_vocab"] + params["b_vocab"]


def _softmax(scores):
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


@ANSWERS.to("sample")
def sample_by_gumbel_noise(start, h0, params, length, temperature, rng):
    x, h = start, h0
    out = np.empty((len(start), length), dtype=int)
    for t in range(length):
        h, scores = _step(params, x, h)
        x = out[:, t] = np.argmax(scores / temperature + rng.gumbel(size=scores.shape), axis=1)
    return out


@ANSWERS.to("sample")
def sample_by_inverse_of_the_sum(start, h0, params, length, temperature, rng):
    x, h, out = start, h0, []
    for _ in range(length):
        h, scores = _step(params, x, h)
        sums = np.cumsum(_softmax(scores / temperature), axis=1)
        x = (rng.random((len(x), 1)) * sums[:, -1:] >= sums).sum(axis=1)
        out.append(x)
    return np.transpose(out)


@ANSWERS.to("sample")
def sample_by_choice_row_by_row(start, h0, params, length, temperature, rng):
    x, h, out = start, h0, np.zeros((len(start), length), dtype=np.int32)
    for t in range(length):
        h, scores = _step(params, x, h)
        p = _softmax(scores / temperature)
        x = np.array([rng.choice(len(row), p=row) for row in p])
        out[:, t] = x
    return out


@ANSWERS.to("sample")
def sample_one_text_after_the_other(start, h0, params, length, temperature, rng):
    texts = []
    for token, state in zip(start, h0, strict=True):
        x, h, text = np.array([token]), state[None], []
        for _ in range(length):
            h, scores = _step(params, x, h)
            p = _softmax(scores / temperature)[0]
            x = np.array([min(int(np.searchsorted(p.cumsum(), rng.uniform(), side="right")), len(p) - 1)])
            text.append(int(x[0]))
        texts.append(text)
    return np.array(texts)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "functions"), ANSWERS.all)
def test_it_loses_nothing(name, functions, seed):
    ANSWERS.check(name, functions, seed)


def test_every_exercise_has_two_other_answers():
    assert ANSWERS.with_fewer_than(2) == set()
