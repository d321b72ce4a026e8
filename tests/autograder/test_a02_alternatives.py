"""Right answers to assignment 2 that are written another way lose nothing; near misses lose only what they should."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from alternatives import SEEDS, Answers

from rnn_datasets import character_batches

ANSWERS = Answers("a02_bptt")
MISSES = Answers("a02_bptt")  # and the one criterion that each of them loses


# A gradient without a derivation ---------------------------------------------------------------------------------


@ANSWERS.to("numerical_gradient")
def nudges_by_unit_vectors(f, x):
    dx = np.empty_like(x)
    for k in range(x.size):
        nudge = np.zeros(x.size)
        nudge[k] = 1e-5
        nudge = nudge.reshape(x.shape)
        dx.flat[k] = (f(x + nudge) - f(x - nudge)) / 2e-5
    return dx


@ANSWERS.to("numerical_gradient")
def nudges_in_place_and_put_back(f, x):
    dx = np.zeros(x.shape)
    places = np.nditer(x, flags=["multi_index"])
    for value in places:
        i, old = places.multi_index, float(value)
        x[i] = old + 1e-5
        above = f(x)
        x[i] = old - 1e-5
        dx[i] = (above - f(x)) / 1e-5 / 2
        x[i] = old
    return dx


@ANSWERS.to("numerical_gradient")
def nudges_in_a_list(f, x):
    def shifted(k, step):
        flat = x.flatten()
        flat[k] += step
        return f(flat.reshape(x.shape))

    return np.array([(shifted(k, 1e-5) - shifted(k, -1e-5)) / 2e-5 for k in range(x.size)]).reshape(x.shape)


# Back through what has no memory ---------------------------------------------------------------------------------


@ANSWERS.to("temporal_affine_backward")
def affine_by_einsum(dout, cache):
    x, w, _ = cache
    return [np.einsum("ntm,dm->ntd", dout, w), np.einsum("ntd,ntm->dm", x, dout), np.einsum("ntm->m", dout)]


@ANSWERS.to("temporal_affine_backward")
def affine_step_by_step(dout, cache):
    x, w, b = cache
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    for t in range(x.shape[1]):
        dx[:, t] += dout[:, t] @ w.T
        dw += x[:, t].T @ dout[:, t]
        db += dout[:, t].sum(axis=0)
    return dx, dw, db


def affine_that_keeps_flat_rows(x, w, b):
    kept = {"flat": x.reshape(-1, x.shape[-1]), "w": w, "shape": x.shape}
    return (kept["flat"] @ w).reshape(*x.shape[:2], -1) + b, kept


@ANSWERS.to("temporal_affine_backward", temporal_affine_forward=affine_that_keeps_flat_rows)
def affine_on_flat_rows(dout, cache):
    flat = dout.reshape(len(cache["flat"]), -1)
    return (flat @ cache["w"].T).reshape(cache["shape"]), cache["flat"].T @ flat, flat.T @ np.ones(len(flat))


def affine_that_keeps_a_way_back(x, w, b):
    def back(dout):
        return dout @ w.T, sum(x[n].T @ dout[n] for n in range(len(x))), dout.sum(axis=1).sum(axis=0)

    return x @ w + b, back


@ANSWERS.to("temporal_affine_backward", temporal_affine_forward=affine_that_keeps_a_way_back)
def affine_by_the_function_in_the_cache(dout, cache):
    return cache(dout)


@ANSWERS.to("word_embedding_backward")
def rows_by_one_hot_product(dout, cache):
    x, W = cache
    return np.eye(len(W))[x.ravel()].T @ dout.reshape(-1, W.shape[1])


@ANSWERS.to("word_embedding_backward")
def rows_word_by_word(dout, cache):
    x, W = cache
    return np.array([dout[x == v].sum(axis=0) for v in range(len(W))])


def embedding_that_keeps_the_size(x, W):
    return np.take(W, x, axis=0), SimpleNamespace(x=x.tolist(), V=len(W))


@ANSWERS.to("word_embedding_backward", word_embedding_forward=embedding_that_keeps_the_size)
def rows_in_a_loop(dout, cache):
    dW = np.zeros((cache.V, dout.shape[-1]))
    for tokens, rows in zip(cache.x, dout, strict=True):
        for token, row in zip(tokens, rows, strict=True):
            dW[token] += row
    return dW


@ANSWERS.to("word_embedding_backward")
def rows_by_counting_with_weights(dout, cache):
    x, W = cache
    columns = [
        np.bincount(x.ravel(), weights=column, minlength=len(W)) for column in dout.reshape(-1, W.shape[1]).T
    ]
    return np.stack(columns, axis=1)  # a view of feature-major memory in C order


# Back through one step -------------------------------------------------------------------------------------------


@ANSWERS.to("rnn_step_backward")
def step_in_place_on_its_own_array(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = next_h.copy()
    da *= da
    np.subtract(1, da, out=da)
    da *= dnext_h
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, np.add.reduce(da)


@ANSWERS.to("rnn_step_backward")
def step_by_einsum_with_a_factored_slope(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h) * (1 + next_h)
    dx, dprev_h = np.einsum("nh,dh->nd", da, Wx), np.einsum("nh,kh->nk", da, Wh)
    return [dx, dprev_h, np.einsum("nd,nh->dh", x, da), np.einsum("nk,nh->kh", prev_h, da), da.sum(0)]


def step_in_one_product(x, prev_h, Wx, Wh, b):
    both = np.concatenate([x, prev_h, np.ones((len(x), 1))], axis=1)
    weights = np.concatenate([Wx, Wh, b[None]])
    next_h = np.tanh(both @ weights)
    return next_h, {"both": both, "weights": weights, "slope": 1 - next_h**2, "D": x.shape[1]}


@ANSWERS.to("rnn_step_backward", rnn_step_forward=step_in_one_product)
def step_back_in_one_product(dnext_h, cache):
    da = dnext_h * cache["slope"]
    inputs, weights, D = da @ cache["weights"].T, cache["both"].T @ da, cache["D"]
    return inputs[:, :D], inputs[:, D:-1], weights[:D], weights[D:-1], weights[-1]


def step_that_keeps_a_way_back(x, prev_h, Wx, Wh, b):
    h = np.tanh(x @ Wx + prev_h @ Wh + b)

    def back(dnext_h):
        rows = []
        for n in range(len(x)):
            da = dnext_h[n] * (1 - h[n] ** 2)
            rows.append((Wx @ da, Wh @ da, np.outer(x[n], da), np.outer(prev_h[n], da), da))
        dx, dprev_h, *weights = zip(*rows, strict=True)
        return np.array(dx), np.array(dprev_h), *(np.sum(used, axis=0) for used in weights)

    return h, back


@ANSWERS.to("rnn_step_backward", rnn_step_forward=step_that_keeps_a_way_back)
def step_by_the_function_in_the_cache(dnext_h, cache):
    return cache(dnext_h)


# Back through all steps ------------------------------------------------------------------------------------------


def _back(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h**2)
    return da @ Wx.T, da @ Wh.T, x.T @ da, prev_h.T @ da, da.sum(axis=0)


@ANSWERS.to("rnn_backward")
def all_steps_with_running_sums(dh, cache):
    _, h0, Wx, Wh, _ = cache[0]
    dx, dprev_h = np.empty((*dh.shape[:2], len(Wx))), np.zeros_like(h0)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(len(Wh))
    for t in range(dh.shape[1] - 1, -1, -1):
        dprev_h += dh[:, t]
        dx[:, t], dprev_h, wx, wh, one = _back(dprev_h, cache[t])
        dWx += wx
        dWh += wh
        db += one
    return dx, dprev_h, dWx, dWh, db


@ANSWERS.to("rnn_backward")
def all_steps_from_a_copy_that_is_used_up(dh, cache):
    steps, errors = list(cache), list(dh.swapaxes(0, 1))
    future, found = 0, []
    while steps:
        dx, future, *weights = _back(errors.pop() + future, steps.pop())
        found.insert(0, (dx, *weights))
    dxs, *weights = zip(*found, strict=True)
    return np.array(dxs).swapaxes(0, 1), future, *(sum(used) for used in weights)


@ANSWERS.to("rnn_backward")
def all_steps_by_recursion(dh, cache):
    def back(t):
        """What the steps from t on hand back, and what they say about the weights."""
        if t == len(cache):
            return 0, [], (0, 0, 0)
        future, dxs, sums = back(t + 1)
        dx, future, *weights = _back(dh[:, t] + future, cache[t])
        return future, [dx, *dxs], [a + b for a, b in zip(sums, weights, strict=True)]

    dh0, dxs, weights = back(0)
    return np.stack(dxs, axis=1), dh0, *weights


class Tape:
    """What a forward pass over all steps leaves behind."""

    def __init__(self, x, h, Wx, Wh):
        self.x, self.h, self.Wx, self.Wh = x, h, Wx, Wh


def states_with_inputs_projected_first(x, h0, Wx, Wh, b):
    h = np.concatenate([h0[:, None], x @ Wx + b], axis=1)
    for t in range(x.shape[1]):
        h[:, t + 1] = np.tanh(h[:, t + 1] + h[:, t] @ Wh)
    return h[:, 1:].copy(), Tape(x, h, Wx, Wh)


def _sums(dh, tape):
    """(N, T, H): the gradient at every sum inside tanh, where nothing is cut."""
    da, future = np.empty_like(dh), 0
    for t in reversed(range(dh.shape[1])):
        da[:, t] = (dh[:, t] + future) * (1 - tape.h[:, t + 1] ** 2)
        future = da[:, t] @ tape.Wh.T
    return da, future


@ANSWERS.to("rnn_backward", rnn_forward=states_with_inputs_projected_first)
def all_steps_with_the_products_at_the_end(dh, tape):
    da, dh0 = _sums(dh, tape)
    dWx, dWh = np.tensordot(tape.x, da, 2 * [(0, 1)]), np.tensordot(tape.h[:, :-1], da, 2 * [(0, 1)])
    return da @ tape.Wx.T, dh0, dWx, dWh, da.sum(axis=(0, 1))


@ANSWERS.to("rnn_backward")
def one_sequence_after_the_other(dh, cache):
    parts = []
    for n in range(len(dh)):
        future, dxs, weights = np.zeros((1, dh.shape[2])), [], []
        for t in reversed(range(dh.shape[1])):
            x, prev_h, Wx, Wh, next_h = cache[t]
            of_n = x[n : n + 1], prev_h[n : n + 1], Wx, Wh, next_h[n : n + 1]
            dx, future, *shares = _back(dh[n : n + 1, t] + future, of_n)
            dxs.append(dx[0])
            weights.append(shares)
        parts.append((dxs[::-1], future[0], *(sum(used) for used in zip(*weights, strict=True))))
    dx, dh0, *weights = zip(*parts, strict=True)
    return np.array(dx), np.array(dh0), *(sum(used) for used in weights)


# Back through some of them ---------------------------------------------------------------------------------------


def _refuse(k1, k2):
    if k1 < 1:
        raise ValueError("k1 must be 1 or more")
    if k1 > k2:
        raise ValueError("k2 must not be below k1")


@ANSWERS.to("truncated_bptt")
def every_error_walks_alone(dh, cache, k1, k2):
    _refuse(k1, k2)
    N, T, H = dh.shape
    dx, dh0 = np.zeros((N, T, cache[0][0].shape[1])), np.zeros((N, H))
    weights = [0.0, 0.0, 0.0]
    for error in range(T):
        stop = min((error // k1 + 1) * k1, T)
        walking, t = dh[:, error], error
        while t >= max(stop - k2, 0):
            found, walking, *shares = _back(walking, cache[t])
            dx[:, t] += found
            weights = [a + b for a, b in zip(weights, shares, strict=True)]
            t -= 1
        if t < 0:
            dh0 += walking
    return dx, dh0, *weights


@ANSWERS.to("truncated_bptt", rnn_forward=states_with_inputs_projected_first)
def every_stop_as_a_text_of_its_own(dh, tape, k1, k2):
    _refuse(k1, k2)
    T = dh.shape[1]
    da, dh0 = np.zeros_like(dh), np.zeros_like(dh[:, 0])
    for stop in sorted({*range(k1, T, k1), T}):
        begin, counted = max(stop - k2, 0), (stop - 1) // k1 * k1
        errors = dh[:, begin:stop] * (np.arange(begin, stop) >= counted)[:, None]
        piece = Tape(None, tape.h[:, begin : stop + 1], None, tape.Wh)
        found, handed_back = _sums(errors, piece)
        da[:, begin:stop] += found
        dh0 += handed_back * (begin == 0)
    dWx = np.einsum("ntd,nth->dh", tape.x, da)
    return da @ tape.Wx.T, dh0, dWx, np.einsum("ntk,nth->kh", tape.h[:, :-1], da), da.sum((0, 1))


@ANSWERS.to("truncated_bptt")
def all_stops_side_by_side(dh, cache, k1, k2):
    """One walk from the end, in which every stop has a gradient of its own: at most (k2 / k1) + 1 at a time."""
    _refuse(k1, k2)
    T = dh.shape[1]
    walking, dxs, dh0, weights = {}, [], np.zeros_like(dh[:, 0]), []
    for t in reversed(range(T)):
        stop = min((t // k1 + 1) * k1, T)
        walking[stop] = walking.get(stop, 0) + dh[:, t]
        walking = {e: each for e, each in walking.items() if t >= e - k2}
        dx, _, *shares = _back(sum(walking.values()), cache[t])
        walking = {e: _back(each, cache[t])[1] for e, each in walking.items()}
        dxs.insert(0, dx)
        weights.append(shares)
    for stop, handed_back in walking.items():
        dh0 = dh0 + (handed_back if stop <= k2 else 0)
    return np.stack(dxs, axis=1), dh0, *(sum(used) for used in zip(*weights, strict=True))


# Learning --------------------------------------------------------------------------------------------------------


def _loss_and_gradients(p, x, y, h0):
    """One pair by other means: the products at the end, the softmax by logaddexp, the loss a mean at once."""
    N, T = x.shape
    h = np.concatenate([h0[:, None], p["W_embed"][x] @ p["Wx"] + p["b"]], axis=1)
    for t in range(T):
        h[:, t + 1] = np.tanh(h[:, t + 1] + h[:, t] @ p["Wh"])
    scores = h[:, 1:] @ p["W_vocab"] + p["b_vocab"]
    log_p = scores - np.logaddexp.reduce(scores, axis=2, keepdims=True)
    loss = -np.take_along_axis(log_p, y[..., None], axis=2).mean()
    ds = (np.exp(log_p) - np.eye(log_p.shape[2])[y]) / (N * T)
    da, _ = _sums(ds @ p["W_vocab"].T, Tape(None, h, None, p["Wh"]))
    dW_embed = np.zeros_like(p["W_embed"])
    np.add.at(dW_embed, x, da @ p["Wx"].T)
    gradients = {
        "W_embed": dW_embed,
        "Wx": np.tensordot(p["W_embed"][x], da, 2 * [(0, 1)]),
        "Wh": np.tensordot(h[:, :-1], da, 2 * [(0, 1)]),
        "b": da.sum((0, 1)),
        "W_vocab": np.tensordot(h[:, 1:], ds, 2 * [(0, 1)]),
        "b_vocab": ds.sum((0, 1)),
    }
    return loss, gradients, h[:, -1]


def _refuse_one_token(params):
    if params["W_embed"].shape[0] == 1:
        raise ValueError("a vocabulary of one token leaves nothing to predict")


@ANSWERS.to("train_char_rnn")
def trained_round_by_round(tokens, params, N, T, steps, learning_rate):
    _refuse_one_token(params)
    pairs = character_batches(tokens, N, T)
    p = {name: np.array(array) for name, array in params.items()}
    m, losses = dict.fromkeys(p, 0.0), []
    while len(losses) < steps:
        h0 = np.zeros((N, p["b"].size))
        for x, y in pairs[: steps - len(losses)]:
            loss, gradients, h0 = _loss_and_gradients(p, x, y, h0)
            losses.append(loss)
            m = {name: m[name] + gradients[name] ** 2 for name in p}
            p = {name: p[name] - learning_rate * gradients[name] / (m[name] ** 0.5 + 1e-8) for name in p}
    return p, np.array(losses)


@ANSWERS.to("train_char_rnn")
def trained_as_one_long_vector(tokens, params, N, T, steps, learning_rate):
    _refuse_one_token(params)
    pairs = character_batches(tokens, N, T)
    names = list(params)
    ends = np.cumsum([params[name].size for name in names])[:-1]

    def named(vector):
        parts = np.split(vector, ends)
        return {name: part.reshape(params[name].shape) for name, part in zip(names, parts, strict=True)}

    vector = np.concatenate([params[name].ravel() for name in names])
    m, losses, h0 = np.zeros_like(vector), np.empty(steps), None
    for step in range(steps):
        number = step % len(pairs)
        h0 = h0 if number else np.zeros((N, len(params["b"])))
        losses[step], gradients, h0 = _loss_and_gradients(named(vector), *pairs[number], h0)
        g = np.concatenate([gradients[name].ravel() for name in names])
        m += g * g
        vector -= learning_rate * g / (np.sqrt(m) + 1e-8)
    return [named(vector), losses]


# Looking inside --------------------------------------------------------------------------------------------------


def _refuse_one_kind(y):
    if len(set(y.tolist())) < 2:
        raise ValueError("y holds one kind only")


@ANSWERS.to("unit_selectivity")
def auc_by_all_pairs(h, y):
    _refuse_one_kind(y)
    inside, outside = h[y][:, None], h[~y][None]
    return np.mean((inside > outside) + 0.5 * (inside == outside), axis=(0, 1))


@ANSWERS.to("unit_selectivity")
def auc_by_signs_of_differences(h, y):
    _refuse_one_kind(y)
    return np.array([(1 + np.sign(np.subtract.outer(unit[y], unit[~y])).mean()) / 2 for unit in h.T])


@ANSWERS.to("unit_selectivity")
def auc_by_ranks(h, y):
    _refuse_one_kind(y)
    P, Q = int(y.sum()), int((~y).sum())
    out = []
    for unit in h.T:
        _, place, count = np.unique(unit, return_inverse=True, return_counts=True)
        rank = (np.cumsum(count) - (count - 1) / 2)[place]
        out.append((rank[y].sum() - P * (P + 1) / 2) / (P * Q))
    return np.array(out)


@ANSWERS.to("unit_selectivity")
def auc_as_the_area_under_the_curve(h, y):
    _refuse_one_kind(y)
    out = np.empty(h.shape[1])
    for j, unit in enumerate(h.T):
        cuts = np.concatenate([[np.inf], np.unique(unit)[::-1]])
        hits, alarms = np.mean(unit[y] >= cuts[:, None], axis=1), np.mean(unit[~y] >= cuts[:, None], axis=1)
        out[j] = np.sum(np.diff(alarms) * (hits[1:] + hits[:-1]) / 2)
    return out


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "functions"), ANSWERS.all)
def test_it_loses_nothing(name, functions, seed):
    ANSWERS.check(name, functions, seed)


def test_every_exercise_has_two_other_answers():
    assert ANSWERS.with_fewer_than(2) == set()


# Near misses -----------------------------------------------------------------------------------------------------


@MISSES.to("rnn_backward")
def repeatable_is_lost_by_using_up_the_cache(dh, cache):
    future, dxs, weights = 0, [], []
    while cache:
        dx, future, *shares = _back(dh[:, len(cache) - 1] + future, cache.pop())
        dxs.insert(0, dx)
        weights.append(shares)
    return np.stack(dxs, axis=1), future, *(sum(used) for used in zip(*weights, strict=True))


LAST = []


def step_that_keeps_nothing(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    LAST[:] = x, prev_h, Wx, Wh, next_h
    return next_h, "see LAST"


@MISSES.to("rnn_step_backward", rnn_step_forward=step_that_keeps_nothing)
def repeatable_is_lost_by_remembering_the_last_call_only(dnext_h, cache):
    return _back(dnext_h, LAST)


@MISSES.to("rnn_step_backward")
def unchanged_is_lost_by_working_in_the_gradient_that_came_in(dnext_h, cache):
    dnext_h *= 1 - cache[-1] ** 2
    x, prev_h, Wx, Wh, _ = cache
    return dnext_h @ Wx.T, dnext_h @ Wh.T, x.T @ dnext_h, prev_h.T @ dnext_h, dnext_h.sum(axis=0)


@MISSES.to("rnn_backward")
def unchanged_is_lost_by_adding_the_future_into_dh(dh, cache):
    dxs, weights = [], []
    for t in reversed(range(dh.shape[1])):
        dx, future, *shares = _back(dh[:, t], cache[t])
        if t:
            dh[:, t - 1] += future
        dxs.insert(0, dx)
        weights.append(shares)
    return np.stack(dxs, axis=1), future, *(sum(used) for used in zip(*weights, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "functions"), MISSES.all)
def test_a_near_miss_loses_one_criterion(name, functions, seed):
    result = MISSES.judged(name, functions, seed)
    missed = functions[name].__name__.partition("_")[0]
    assert [verdict.name for verdict in result.criteria if verdict.max_points and not verdict.passed] == [
        missed
    ]
