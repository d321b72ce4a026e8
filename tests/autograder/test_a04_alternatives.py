"""Right answers to assignment 4 that are written another way lose nothing; near misses lose only what they should."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from alternatives import SEEDS, Answers

from rnn_autograder import reference

ANSWERS = Answers("a04_lstm_gru")
MISSES = Answers("a04_lstm_gru")  # and the one criterion that each of them loses
GIVEN = reference.load(ANSWERS.key.solution)  # what is given in the notebook, and what stands right before
rnn_forward, rnn_backward = GIVEN["rnn_forward"], GIVEN["rnn_backward"]


def _refuse(gates, prev_h, Wx, Wh):
    width = gates * prev_h.shape[1]
    for name, W in {"Wx": Wx, "Wh": Wh}.items():
        if W.shape[-1] != width:
            raise ValueError(f"{name} should have {width} columns")


def _refuse_no_steps(x):
    if not x.shape[1]:
        raise ValueError("x has no steps")


def overflowing_sigmoid(a):
    """As most write it: the exponential overflows to the right answer, with a RuntimeWarning."""
    return 1 / (1 + np.exp(-a))


def two_sided_sigmoid(a):
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, e) / (1 + e)


# One step of an LSTM ---------------------------------------------------------------------------------------------


@ANSWERS.to("lstm_step_forward")
def lstm_step_in_one_piece(x, prev_h, prev_c, Wx, Wh, b):
    _refuse(4, prev_h, Wx, Wh)
    i, f, o, g = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    i, f, o = overflowing_sigmoid(i), overflowing_sigmoid(f), overflowing_sigmoid(o)
    next_c = np.tanh(g) * i + prev_c * f
    return np.tanh(next_c) * o, next_c, None


@ANSWERS.to("lstm_step_forward")
def lstm_step_gate_by_gate(x, prev_h, prev_c, Wx, Wh, b):
    """Four cells' worth of small matrices, cut out."""
    _refuse(4, prev_h, Wx, Wh)
    H = prev_h.shape[1]
    gate = {}
    for k, name in enumerate("ifog"):
        own = slice(k * H, (k + 1) * H)
        squash = np.tanh if name == "g" else two_sided_sigmoid
        gate[name] = squash(x @ Wx[:, own] + prev_h @ Wh[:, own] + b[own])
    next_c = gate["f"] * prev_c + gate["i"] * gate["g"]
    return gate["o"] * np.tanh(next_c), next_c, gate


@ANSWERS.to("lstm_step_forward")
def lstm_step_in_one_product(x, prev_h, prev_c, Wx, Wh, b):
    """Input, state and a one beside each other; the sums of a unit on an axis of their own."""
    _refuse(4, prev_h, Wx, Wh)
    N, H = prev_h.shape
    both = np.hstack([x, prev_h, np.ones((N, 1))])
    a = (both @ np.vstack([Wx, Wh, b])).reshape(N, 4, H)
    gates = two_sided_sigmoid(a[:, :3])
    next_c = (gates[:, :2] * np.stack([np.tanh(a[:, 3]), prev_c], axis=1)).sum(axis=1)
    return [gates[:, 2] * np.tanh(next_c), next_c, (both, gates)]


@ANSWERS.to("lstm_step_forward")
def lstm_step_in_place_on_its_own_arrays(x, prev_h, prev_c, Wx, Wh, b):
    _refuse(4, prev_h, Wx, Wh)
    H = prev_h.shape[1]
    a = np.einsum("nd,dk->nk", x, Wx)
    a += np.einsum("nh,hk->nk", prev_h, Wh)
    a += b
    a[:, : 3 * H] *= 0.5  # a sigmoid is half a tanh of half
    np.tanh(a, out=a)
    a[:, : 3 * H] += 1
    a[:, : 3 * H] *= 0.5
    c = prev_c.copy()
    c *= a[:, H : 2 * H]
    c += a[:, :H] * a[:, 3 * H :]
    return a[:, 2 * H : 3 * H] * np.tanh(c), c, {"a": a}


def _lstm_step(x, prev_h, prev_c, Wx, Wh, b):
    i, f, o, g = np.split(x @ Wx + prev_h @ Wh + b, 4, axis=1)
    i, f, o, g = overflowing_sigmoid(i), overflowing_sigmoid(f), overflowing_sigmoid(o), np.tanh(g)
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    kept = {"x": x, "prev_h": prev_h, "prev_c": prev_c, "Wx": Wx, "Wh": Wh, "next_c": next_c}
    return next_h, next_c, kept | {"i": i, "f": f, "o": o, "g": g}


def _lstm_step_back(dnext_h, dnext_c, cache):
    """Everything at once, from a dict."""
    k = SimpleNamespace(**cache)
    tanh_c = np.tanh(k.next_c)
    dc = dnext_c + dnext_h * k.o * (1 - tanh_c) * (1 + tanh_c)
    gates = [dc * k.g * k.i * (1 - k.i), dc * k.prev_c * k.f * (1 - k.f), dnext_h * tanh_c * k.o * (1 - k.o)]
    da = np.hstack([*gates, dc * k.i * (1 - k.g**2)])
    return da @ k.Wx.T, da @ k.Wh.T, dc * k.f, k.x.T @ da, k.prev_h.T @ da, da.sum(0)


@ANSWERS.to("lstm_step_backward", lstm_step_forward=_lstm_step)
def lstm_back_from_a_dict(dnext_h, dnext_c, cache):
    return _lstm_step_back(dnext_h, dnext_c, cache)


def lstm_step_that_keeps_what_came_in(x, prev_h, prev_c, Wx, Wh, b):
    return (*_lstm_step(x, prev_h, prev_c, Wx, Wh, b)[:2], [x, prev_h, prev_c, Wx, Wh, b])


@ANSWERS.to("lstm_step_backward", lstm_step_forward=lstm_step_that_keeps_what_came_in)
def lstm_back_by_going_there_again(dnext_h, dnext_c, cache):
    """Nothing is remembered but the arguments; one product for each gate, added up."""
    x, prev_h, prev_c, Wx, Wh, _ = cache
    _, next_c, k = _lstm_step(*cache)
    dc = dnext_c + dnext_h * k["o"] / np.cosh(np.clip(next_c, -300, 300)) ** 2
    said = {"i": dc * k["g"], "f": dc * prev_c, "o": dnext_h * np.tanh(next_c), "g": dc * k["i"]}
    dx, dprev_h, weights = 0, 0, []
    for W_x, W_h, name in zip(np.split(Wx, 4, axis=1), np.split(Wh, 4, axis=1), "ifog", strict=True):
        da = said[name] * (1 - k[name] ** 2 if name == "g" else k[name] * (1 - k[name]))
        dx = dx + da @ W_x.T
        dprev_h = dprev_h + da @ W_h.T
        weights.append((x.T @ da, prev_h.T @ da, da.sum(axis=0)))
    return [dx, dprev_h, dc * k["f"], *(np.concatenate(w, axis=-1) for w in zip(*weights, strict=True))]


def lstm_step_that_keeps_a_way_back(x, prev_h, prev_c, Wx, Wh, b):
    next_h, next_c, k = _lstm_step(x, prev_h, prev_c, Wx, Wh, b)

    def back(dnext_h, dnext_c):
        rows = []
        for n in range(len(x)):  # one sequence after the other
            of_n = {name: each if name in ("Wx", "Wh") else each[n : n + 1] for name, each in k.items()}
            rows.append(_lstm_step_back(dnext_h[n : n + 1], dnext_c[n : n + 1], of_n))
        dx, dprev_h, dprev_c, *weights = zip(*rows, strict=True)
        batch = (np.concatenate(each) for each in (dx, dprev_h, dprev_c))
        return *batch, *(np.sum(each, axis=0) for each in weights)

    return next_h, next_c, back


@ANSWERS.to("lstm_step_backward", lstm_step_forward=lstm_step_that_keeps_a_way_back)
def lstm_back_by_the_function_in_the_cache(dnext_h, dnext_c, cache):
    return cache(dnext_h, dnext_c)


class Step:
    """A step's slopes, made on the way there."""

    def __init__(self, k, next_c):
        i, f, o, g = (k[name] for name in "ifog")
        tanh_c = np.tanh(next_c)
        self.x, self.prev_h, self.Wx, self.Wh, self.f = k["x"], k["prev_h"], k["Wx"], k["Wh"], f
        self.h_to_c, self.h_to_o = o * (1 - tanh_c**2), tanh_c * o * (1 - o)
        self.c_to = np.stack([g * i * (1 - i), k["prev_c"] * f * (1 - f), 0 * o, i * (1 - g**2)], axis=1)


def lstm_step_that_keeps_its_slopes(x, prev_h, prev_c, Wx, Wh, b):
    next_h, next_c, k = _lstm_step(x, prev_h, prev_c, Wx, Wh, b)
    return next_h, next_c, Step(k, next_c)


@ANSWERS.to("lstm_step_backward", lstm_step_forward=lstm_step_that_keeps_its_slopes)
def lstm_back_by_slopes_and_einsum(dnext_h, dnext_c, cache):
    dc = dnext_c + dnext_h * cache.h_to_c
    da = cache.c_to * dc[:, None]
    da[:, 2] = dnext_h * cache.h_to_o
    da = da.reshape(len(da), -1)
    dx, dprev_h = np.einsum("nk,dk->nd", da, cache.Wx), np.einsum("nk,hk->nh", da, cache.Wh)
    dWx, dWh = np.einsum("nd,nk->dk", cache.x, da), np.einsum("nh,nk->hk", cache.prev_h, da)
    return dx, dprev_h, dc * cache.f, dWx, dWh, np.einsum("nk->k", da)


# All steps of an LSTM --------------------------------------------------------------------------------------------


@ANSWERS.to("lstm_forward")
def lstm_by_its_steps(x, h0, Wx, Wh, b):
    """The function of one step, as often as there are steps; the caches are a list."""
    _refuse_no_steps(x)
    out, caches = [], []
    h, c = h0, np.zeros(h0.shape)
    for t in range(x.shape[1]):
        h, c, cache = _lstm_step(x[:, t], h, c, Wx, Wh, b)
        out.append(h)
        caches.append(cache)
    return np.array(out).transpose(1, 0, 2), caches  # a time-major view


@ANSWERS.to("lstm_forward")
def lstm_with_a_place_for_every_state(x, h0, Wx, Wh, b):
    _refuse_no_steps(x)
    (N, T, _), H = x.shape, h0.shape[1]
    h, c = np.zeros((N, T + 1, H)), np.zeros((N, T + 1, H))
    h[:, 0] = h0
    for t in range(T):
        h[:, t + 1], c[:, t + 1], _ = _lstm_step(x[:, t], h[:, t], c[:, t], Wx, Wh, b)
    return h[:, 1:], (h, c)


@ANSWERS.to("lstm_forward")
def lstm_one_sequence_after_the_other(x, h0, Wx, Wh, b):
    _refuse_no_steps(x)
    from_x = np.einsum("ntd,dk->ntk", x, Wx) + b

    def states(rows, h):
        c = np.zeros_like(h)
        for row in rows:
            i, f, o, g = np.split(row + h @ Wh, 4)
            c = two_sided_sigmoid(f) * c + two_sided_sigmoid(i) * np.tanh(g)
            h = two_sided_sigmoid(o) * np.tanh(c)
            yield h

    return [np.array([list(states(rows, first)) for rows, first in zip(from_x, h0, strict=True)]), from_x]


@ANSWERS.to("lstm_backward", lstm_forward=lstm_by_its_steps)
def lstm_back_by_its_steps(dh, caches):
    from_state, from_cell = np.zeros_like(dh[:, 0]), np.zeros_like(dh[:, 0])
    dx, weights = [], [0, 0, 0]
    for t in range(len(caches) - 1, -1, -1):
        back = _lstm_step_back(dh[:, t] + from_state, from_cell, caches[t])
        one, from_state, from_cell, *shares = back
        dx.append(one)
        weights = [total + share for total, share in zip(weights, shares, strict=True)]
    return np.array(dx[::-1]).swapaxes(0, 1), from_state, *weights


@ANSWERS.to("lstm_backward", lstm_forward=lstm_by_its_steps)
def lstm_back_by_recursion(dh, caches):
    def back(t):
        """What the steps from t on hand back to the state and the cell, and what they say of the rest."""
        if t == len(caches):
            return 0, 0, [], (0, 0, 0)
        dh_next, dc_next, dxs, sums = back(t + 1)
        dx, dprev_h, dprev_c, *weights = _lstm_step_back(dh[:, t] + dh_next, dc_next, caches[t])
        return dprev_h, dprev_c, [dx, *dxs], [a + b for a, b in zip(sums, weights, strict=True)]

    dh0, _, dxs, weights = back(0)
    return [np.stack(dxs, axis=1), dh0, *weights]


def lstm_that_keeps_stacks(x, h0, Wx, Wh, b):
    h, caches = lstm_by_its_steps(x, h0, Wx, Wh, b)
    stacked = ("prev_h", "prev_c", "next_c", "i", "f", "o", "g")
    return h, (x, Wx, Wh, *(np.stack([cache[name] for cache in caches], axis=1) for name in stacked))


@ANSWERS.to("lstm_backward", lstm_forward=lstm_that_keeps_stacks)
def lstm_back_with_the_slopes_made_at_once(dh, cache):
    """All that does not depend on the future comes first, the products with the weights last."""
    x, Wx, Wh, prev_h, prev_c, next_c, i, f, o, g = cache
    tanh_c, gates = np.tanh(next_c), i.shape[2]
    c_to_a = np.concatenate([g * i * (1 - i), prev_c * f * (1 - f), 0 * o, i * (1 - g**2)], axis=2)
    h_to_o, h_to_c = tanh_c * o * (1 - o), o * (1 - tanh_c**2)
    da, dnext_h, dc = np.empty_like(c_to_a), np.zeros_like(dh[:, 0]), np.zeros_like(dh[:, 0])
    for t in reversed(range(dh.shape[1])):
        dnext_h = dnext_h + dh[:, t]
        dc += dnext_h * h_to_c[:, t]
        da[:, t] = c_to_a[:, t] * np.tile(dc, 4)
        da[:, t, 2 * gates : 3 * gates] = dnext_h * h_to_o[:, t]
        dc *= f[:, t]
        dnext_h = da[:, t] @ Wh.T
    dWx, dWh = np.einsum("ntd,ntk->dk", x, da), np.einsum("nth,ntk->hk", prev_h, da)
    return np.einsum("ntk,dk->ntd", da, Wx), dnext_h, dWx, dWh, da.sum((0, 1))


# One step of a GRU -----------------------------------------------------------------------------------------------


@ANSWERS.to("gru_step_forward")
def gru_step_in_one_piece(x, prev_h, Wx, Wh, b):
    _refuse(3, prev_h, Wx, Wh)
    x_r, x_z, x_g = np.split(x @ Wx + b, 3, axis=1)
    h_r, h_z, h_g = np.split(prev_h @ Wh, 3, axis=1)
    r, z = overflowing_sigmoid(x_r + h_r), overflowing_sigmoid(x_z + h_z)
    g = np.tanh(x_g + r * h_g)
    return prev_h + z * (g - prev_h), None


@ANSWERS.to("gru_step_forward")
def gru_step_gate_by_gate(x, prev_h, Wx, Wh, b):
    """Three cells' worth of small matrices, cut out."""
    _refuse(3, prev_h, Wx, Wh)
    H = prev_h.shape[1]
    r, z, g = (slice(k * H, (k + 1) * H) for k in range(3))
    reset = two_sided_sigmoid(x @ Wx[:, r] + prev_h @ Wh[:, r] + b[r])
    update = two_sided_sigmoid(x @ Wx[:, z] + prev_h @ Wh[:, z] + b[z])
    new = np.tanh(x @ Wx[:, g] + reset * (prev_h @ Wh[:, g]) + b[g])
    return [update * new + prev_h - update * prev_h, {"reset": reset}]


@ANSWERS.to("gru_step_forward")
def gru_step_as_pytorch_has_it(x, prev_h, Wx, Wh, b):
    """z is the share that is kept: its columns change their sign."""
    _refuse(3, prev_h, Wx, Wh)
    N, H = prev_h.shape
    sign = np.repeat([1, -1, 1], H)
    from_x, from_h = (x @ (Wx * sign) + b * sign).reshape(N, 3, H), (prev_h @ (Wh * sign)).reshape(N, 3, H)
    r, kept = (two_sided_sigmoid(from_x[:, k] + from_h[:, k]) for k in (0, 1))
    return (1 - kept) * np.tanh(from_x[:, 2] + r * from_h[:, 2]) + kept * prev_h, (r, kept)


@ANSWERS.to("gru_step_forward")
def gru_step_in_place_on_its_own_arrays(x, prev_h, Wx, Wh, b):
    _refuse(3, prev_h, Wx, Wh)
    H = prev_h.shape[1]
    a, from_h = np.einsum("nd,dk->nk", x, Wx), np.einsum("nh,hk->nk", prev_h, Wh)
    a += b
    a[:, : 2 * H] += from_h[:, : 2 * H]
    a[:, : 2 * H] = overflowing_sigmoid(a[:, : 2 * H])
    a[:, 2 * H :] += a[:, :H] * from_h[:, 2 * H :]
    next_h = np.tanh(a[:, 2 * H :])
    next_h -= prev_h
    next_h *= a[:, H : 2 * H]
    next_h += prev_h
    return next_h, a


def _gru_step(x, prev_h, Wx, Wh, b):
    from_x, from_h = np.split(x @ Wx + b, 3, axis=1), np.split(prev_h @ Wh, 3, axis=1)
    r, z = (overflowing_sigmoid(from_x[k] + from_h[k]) for k in (0, 1))
    g = np.tanh(from_x[2] + r * from_h[2])
    kept = {"x": x, "prev_h": prev_h, "Wx": Wx, "Wh": Wh, "r": r, "z": z, "g": g, "past": from_h[2]}
    return (1 - z) * prev_h + z * g, kept


def _gru_step_back(dnext_h, cache):
    """Everything at once, from a dict."""
    k = SimpleNamespace(**cache)
    da_g = dnext_h * k.z * (1 - k.g) * (1 + k.g)
    da_r, da_z = da_g * k.past * k.r * (1 - k.r), dnext_h * (k.g - k.prev_h) * k.z * (1 - k.z)
    da = np.hstack([da_r, da_z, da_g])
    behind = np.hstack([da_r, da_z, k.r * da_g])
    dprev_h = dnext_h - dnext_h * k.z + behind @ k.Wh.T
    return da @ k.Wx.T, dprev_h, k.x.T @ da, k.prev_h.T @ behind, da.sum(0)


@ANSWERS.to("gru_step_backward", gru_step_forward=_gru_step)
def gru_back_from_a_dict(dnext_h, cache):
    return _gru_step_back(dnext_h, cache)


def gru_step_that_keeps_what_came_in(x, prev_h, Wx, Wh, b):
    return _gru_step(x, prev_h, Wx, Wh, b)[0], [x, prev_h, Wx, Wh, b]


@ANSWERS.to("gru_step_backward", gru_step_forward=gru_step_that_keeps_what_came_in)
def gru_back_by_going_there_again(dnext_h, cache):
    """Nothing is remembered but the arguments; one product for each gate, added up."""
    x, prev_h, Wx, Wh, _ = cache
    k = SimpleNamespace(**_gru_step(*cache)[1])
    da_g = dnext_h * k.z * (1 - k.g**2)
    sums = [da_g * k.past * k.r * (1 - k.r), dnext_h * (k.g - prev_h) * k.z * (1 - k.z), da_g]
    dprev_h, dx, weights = dnext_h * (1 - k.z), np.zeros_like(x), []
    blocks = zip(sums, np.split(Wx, 3, axis=1), np.split(Wh, 3, axis=1), (1, 1, k.r), strict=True)
    for da, W_x, W_h, seen_through in blocks:
        dx += da @ W_x.T
        dprev_h += (da * seen_through) @ W_h.T
        weights.append((x.T @ da, prev_h.T @ (da * seen_through), da.sum(axis=0)))
    return [dx, dprev_h, *(np.concatenate(each, axis=-1) for each in zip(*weights, strict=True))]


def gru_step_that_keeps_a_way_back(x, prev_h, Wx, Wh, b):
    next_h, k = _gru_step(x, prev_h, Wx, Wh, b)

    def back(dnext_h):
        rows = []
        for n in range(len(x)):  # one sequence after the other
            of_n = {name: each if name in ("Wx", "Wh") else each[n : n + 1] for name, each in k.items()}
            rows.append(_gru_step_back(dnext_h[n : n + 1], of_n))
        dx, dprev_h, *weights = zip(*rows, strict=True)
        return np.concatenate(dx), np.concatenate(dprev_h), *(np.sum(each, axis=0) for each in weights)

    return next_h, back


@ANSWERS.to("gru_step_backward", gru_step_forward=gru_step_that_keeps_a_way_back)
def gru_back_by_the_function_in_the_cache(dnext_h, cache):
    return cache(dnext_h)


class Slopes:
    """A step's slopes, made on the way there."""

    def __init__(self, k):
        r, z, g = k["r"], k["z"], k["g"]
        to_g = z * (1 - g**2)
        self.x, self.prev_h, self.Wx, self.Wh, self.kept = k["x"], k["prev_h"], k["Wx"], k["Wh"], 1 - z
        gates = [to_g * k["past"] * r * (1 - r), (g - k["prev_h"]) * z * (1 - z)]
        self.from_x, self.from_h = np.stack([*gates, to_g], axis=1), np.stack([*gates, to_g * r], axis=1)


def gru_step_that_keeps_its_slopes(x, prev_h, Wx, Wh, b):
    next_h, k = _gru_step(x, prev_h, Wx, Wh, b)
    return next_h, Slopes(k)


@ANSWERS.to("gru_step_backward", gru_step_forward=gru_step_that_keeps_its_slopes)
def gru_back_by_slopes_and_einsum(dnext_h, cache):
    into_x = (cache.from_x * dnext_h[:, None]).reshape(len(dnext_h), -1)
    into_h = (cache.from_h * dnext_h[:, None]).reshape(len(dnext_h), -1)
    dprev_h = cache.kept * dnext_h + np.einsum("nk,hk->nh", into_h, cache.Wh)
    dWx, dWh = np.einsum("nd,nk->dk", cache.x, into_x), np.einsum("nh,nk->hk", cache.prev_h, into_h)
    return np.einsum("nk,dk->nd", into_x, cache.Wx), dprev_h, dWx, dWh, np.einsum("nk->k", into_x)


# All steps of a GRU ----------------------------------------------------------------------------------------------


@ANSWERS.to("gru_forward")
def gru_by_its_steps(x, h0, Wx, Wh, b):
    """The function of one step, as often as there are steps; the caches are a list."""
    _refuse_no_steps(x)
    h, out, caches = h0, [], []
    for t in range(x.shape[1]):
        h, cache = _gru_step(x[:, t], h, Wx, Wh, b)
        out.append(h)
        caches.append(cache)
    return np.array(out).transpose(1, 0, 2), caches  # a time-major view


@ANSWERS.to("gru_forward")
def gru_with_a_place_for_every_state(x, h0, Wx, Wh, b):
    _refuse_no_steps(x)
    h = np.zeros((len(x), x.shape[1] + 1, h0.shape[1]))
    h[:, 0] = h0
    for t in range(x.shape[1]):
        h[:, t + 1] = _gru_step(x[:, t], h[:, t], Wx, Wh, b)[0]
    return h[:, 1:], None


@ANSWERS.to("gru_forward")
def gru_one_sequence_after_the_other(x, h0, Wx, Wh, b):
    _refuse_no_steps(x)

    def states(rows, h):
        for x_r, x_z, x_g in rows:
            h_r, h_z, h_g = np.split(h @ Wh, 3)
            z = two_sided_sigmoid(x_z + h_z)
            h = (1 - z) * h + z * np.tanh(x_g + two_sided_sigmoid(x_r + h_r) * h_g)
            yield h

    from_x = (np.einsum("ntd,dk->ntk", x, Wx) + b).reshape(*x.shape[:2], 3, -1)
    return [np.array([list(states(rows, first)) for rows, first in zip(from_x, h0, strict=True)]), from_x]


@ANSWERS.to("gru_backward", gru_forward=gru_by_its_steps)
def gru_back_by_its_steps(dh, caches):
    from_state, dx, weights = np.zeros_like(dh[:, 0]), [], [0, 0, 0]
    for t in range(len(caches) - 1, -1, -1):
        one, from_state, *shares = _gru_step_back(dh[:, t] + from_state, caches[t])
        dx.append(one)
        weights = [total + share for total, share in zip(weights, shares, strict=True)]
    return np.array(dx[::-1]).swapaxes(0, 1), from_state, *weights


@ANSWERS.to("gru_backward", gru_forward=gru_by_its_steps)
def gru_back_by_recursion(dh, caches):
    def back(t):
        """What the steps from t on hand back, and what they say of the inputs and the weights."""
        if t == len(caches):
            return 0, [], (0, 0, 0)
        future, dxs, sums = back(t + 1)
        dx, dprev_h, *weights = _gru_step_back(dh[:, t] + future, caches[t])
        return dprev_h, [dx, *dxs], [a + b for a, b in zip(sums, weights, strict=True)]

    dh0, dxs, weights = back(0)
    return [np.stack(dxs, axis=1), dh0, *weights]


def gru_that_keeps_stacks(x, h0, Wx, Wh, b):
    h, caches = gru_by_its_steps(x, h0, Wx, Wh, b)
    stacked = ("prev_h", "r", "z", "g", "past")
    return h, (x, Wx, Wh, *(np.stack([cache[name] for cache in caches], axis=1) for name in stacked))


@ANSWERS.to("gru_backward", gru_forward=gru_that_keeps_stacks)
def gru_back_with_the_slopes_made_at_once(dh, cache):
    """All that does not depend on the future comes first, the products with the weights last."""
    x, Wx, Wh, prev_h, r, z, g, past = cache
    to_g = z * (1 - g**2)
    slopes = np.concatenate([to_g * past * r * (1 - r), (g - prev_h) * z * (1 - z), to_g], axis=2)
    seen_through = np.concatenate([np.ones_like(r), np.ones_like(r), r], axis=2)
    da, future = np.empty_like(slopes), np.zeros_like(dh[:, 0])
    for t in reversed(range(dh.shape[1])):
        future = future + dh[:, t]
        da[:, t] = slopes[:, t] * np.tile(future, 3)
        future = future * (1 - z[:, t]) + (da[:, t] * seen_through[:, t]) @ Wh.T
    behind = da * seen_through
    dWx, dWh = np.tensordot(x, da, 2 * [(0, 1)]), np.tensordot(prev_h, behind, 2 * [(0, 1)])
    return np.einsum("ntk,dk->ntd", da, Wx), future, dWx, dWh, da.sum((0, 1))


# From both ends --------------------------------------------------------------------------------------------------


def _refuse_lengths(x, lengths):
    N, T = x.shape[:2]
    if len(lengths) != N or not all(1 <= length <= T for length in lengths):
        raise ValueError("lengths must be numbers from 1 to T, one for each sequence")


@ANSWERS.to("reverse_sequences")
def reversed_one_by_one(x, lengths):
    _refuse_lengths(x, lengths)
    out = x.copy()
    for n, length in enumerate(lengths):
        out[n, :length] = x[n, :length][::-1]
    return out


@ANSWERS.to("reverse_sequences")
def reversed_step_by_step(x, lengths):
    _refuse_lengths(x, lengths)
    rows = []
    for row, length in zip(x.tolist(), lengths.tolist(), strict=True):
        rows.append([row[length - 1 - t] if t < length else row[t] for t in range(len(row))])
    return np.array(rows)


@ANSWERS.to("reverse_sequences")
def reversed_by_sorting(x, lengths):
    """Steps of the sequence by falling number, then the padding by rising number."""
    _refuse_lengths(x, lengths)
    t = np.arange(x.shape[1])
    order = np.argsort(np.where(t < lengths[:, None], -t - 1, t), axis=1)
    return np.take_along_axis(x, order[:, :, None], axis=1)


@ANSWERS.to("bidirectional_forward")
def both_without_any_padding(x, lengths, forward, backward):
    """One sequence after the other, each cut to its length."""
    _refuse_lengths(x, lengths)
    H = len(forward["b"])
    out = np.zeros((*x.shape[:2], 2 * H))
    for n, length in enumerate(lengths):
        for direction, network, half in ((1, forward, slice(0, H)), (-1, backward, slice(H, None))):
            states, _ = rnn_forward(x[n : n + 1, :length][:, ::direction], np.zeros((1, H)), **network)
            out[n, :length, half] = states[0, ::direction]
    return out, None


@ANSWERS.to("bidirectional_forward")
def both_step_by_step_from_where_they_stand(x, lengths, forward, backward):
    """Nothing is turned: the second network goes down the steps, and its state stays zero until its sequence begins."""
    _refuse_lengths(x, lengths)
    (N, T, _), H = x.shape, len(forward["b"])
    h = np.zeros((N, T, 2 * H))
    for network, steps, half in (
        (forward, range(T), np.s_[:H]),
        (backward, reversed(range(T)), np.s_[H:]),
    ):
        state = np.zeros((N, H))
        for t in steps:
            new = np.tanh(x[:, t] @ network["Wx"] + state @ network["Wh"] + network["b"])
            state = np.where((t < lengths)[:, None], new, 0)
            h[:, t, half] = state
    return [h, "nothing"]


@ANSWERS.to("bidirectional_forward")
def both_in_one_batch(x, lengths, forward, backward):
    """One loop over the steps for both networks: a batch of two, each with its own weights."""
    _refuse_lengths(x, lengths)
    (N, T, _), H = x.shape, len(forward["b"])
    Wx, Wh, b = (np.stack([forward[name], backward[name]]) for name in ("Wx", "Wh", "b"))
    inputs = np.stack([x, reversed_one_by_one(x, lengths)]) @ Wx[:, None] + b[:, None, None]
    states = np.zeros((2, N, T, H))
    h = np.zeros((2, N, H))
    for t in range(T):
        h = states[:, :, t] = np.tanh(inputs[:, :, t] + h @ Wh)
    states *= (np.arange(T) < lengths[:, None])[:, :, None]
    return np.concatenate([states[0], reversed_one_by_one(states[1], lengths)], axis=-1), states


@ANSWERS.to("bidirectional_backward")
def both_back_with_the_padding_put_out_first(dh, cache):
    lengths, mask, of_forward, of_backward = cache
    dh = np.where(mask, dh, 0.0)
    H = dh.shape[2] // 2
    dx, _, dWx, dWh, db = rnn_backward(dh[:, :, :H], of_forward)
    dforward = {"b": db, "Wx": dWx, "Wh": dWh}  # in another order
    back, _, dWx, dWh, db = rnn_backward(reversed_one_by_one(dh[:, :, H:], lengths), of_backward)
    return [dx + reversed_one_by_one(back, lengths), dforward, dict(Wh=dWh, b=db, Wx=dWx)]


def both_forward_that_keeps_what_came_in(x, lengths, forward, backward):
    return both_without_any_padding(x, lengths, forward, backward)[0], (x, lengths, forward, backward)


@ANSWERS.to("bidirectional_backward", bidirectional_forward=both_forward_that_keeps_what_came_in)
def both_back_without_any_padding(dh, cache):
    """One sequence after the other, each cut to its length, there and back."""
    x, lengths, *networks = cache
    dx = np.zeros_like(x)
    gradients = [{name: np.zeros_like(array) for name, array in network.items()} for network in networks]
    for n, length in enumerate(lengths):
        for network, gradient, half, direction in zip(
            networks, gradients, np.split(dh[n], 2, axis=1), (1, -1), strict=True
        ):
            h0 = np.zeros((1, len(network["b"])))
            _, tape = rnn_forward(x[n : n + 1, :length][:, ::direction], h0, **network)
            back, _, *weights = rnn_backward(half[None, :length][:, ::direction], tape)
            dx[n, :length] += back[0, ::direction]
            for name, share in zip(("Wx", "Wh", "b"), weights, strict=True):
                gradient[name] += share
    return dx, *gradients


# What a cell costs -----------------------------------------------------------------------------------------------


def _refuse_sizes(cell, **sizes):
    if cell not in ("rnn", "gru", "lstm"):
        raise ValueError(f"unknown cell {cell}")
    for name, size in sizes.items():
        if size <= 0:
            raise ValueError(f"{name} must be positive")


@ANSWERS.to("count_parameters")
def counted_by_making_them(cell, D, H, layers=1, bidirectional=False):
    _refuse_sizes(cell, D=D, H=H, layers=layers)
    width = {"rnn": 1, "gru": 3, "lstm": 4}[cell] * H
    ends, count = 1 + bidirectional, 0
    for _ in range(layers):
        for _ in range(ends):
            count += sum(
                array.size for array in (np.empty((D, width)), np.empty((H, width)), np.empty(width))
            )
        D = H * ends
    return count


@ANSWERS.to("count_parameters")
def counted_by_one_formula(cell, D, H, layers=1, bidirectional=False):
    _refuse_sizes(cell, D=D, H=H, layers=layers)
    blocks = ["rnn", None, "gru", "lstm"].index(cell) + 1
    ends = 2 if bidirectional else 1
    return np.int64(ends * blocks * H * (D + (layers - 1) * ends * H + layers * (H + 1)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "functions"), ANSWERS.all)
def test_it_loses_nothing(name, functions, seed):
    ANSWERS.check(name, functions, seed)


def test_every_exercise_has_two_other_answers_and_every_step_has_four():
    assert ANSWERS.with_fewer_than(2) == set()
    assert {name for name in ANSWERS.with_fewer_than(4) if "_step_" in name} == set()


# Near misses -----------------------------------------------------------------------------------------------------


@MISSES.to("lstm_step_backward", lstm_step_forward=_lstm_step)
def unchanged_is_lost_by_adding_to_the_gradient_that_came_in(dnext_h, dnext_c, cache):
    gradients = _lstm_step_back(dnext_h, dnext_c, cache)
    dnext_c += dnext_h * cache["o"] * (1 - np.tanh(cache["next_c"]) ** 2)
    return gradients


@MISSES.to("lstm_backward", lstm_forward=lstm_by_its_steps)
def repeatable_is_lost_by_using_up_the_cache(dh, caches):
    from_state, from_cell, dxs, weights = 0, 0, [], []
    while caches:
        dnext_h = dh[:, len(caches) - 1] + from_state
        dx, from_state, from_cell, *shares = _lstm_step_back(dnext_h, from_cell, caches.pop())
        dxs.insert(0, dx)
        weights.append(shares)
    return np.stack(dxs, axis=1), from_state, *(sum(used) for used in zip(*weights, strict=True))


LAST = {}


def gru_step_that_keeps_nothing(x, prev_h, Wx, Wh, b):
    next_h, kept = _gru_step(x, prev_h, Wx, Wh, b)
    LAST.update(kept)
    return next_h, "see LAST"


@MISSES.to("gru_step_backward", gru_step_forward=gru_step_that_keeps_nothing)
def repeatable_is_lost_by_remembering_the_last_call_only(dnext_h, cache):
    return _gru_step_back(dnext_h, LAST)


@MISSES.to("gru_backward", gru_forward=gru_by_its_steps)
def unchanged_is_lost_by_adding_the_future_into_dh(dh, caches):
    dxs, weights = [], []
    for t in reversed(range(dh.shape[1])):
        dx, future, *shares = _gru_step_back(dh[:, t], caches[t])
        if t:
            dh[:, t - 1] += future
        dxs.insert(0, dx)
        weights.append(shares)
    return np.stack(dxs, axis=1), future, *(sum(used) for used in zip(*weights, strict=True))


@MISSES.to("gru_step_forward")
def unchanged_is_lost_by_working_in_the_old_state(x, prev_h, Wx, Wh, b):
    _refuse(3, prev_h, Wx, Wh)
    next_h, kept = _gru_step(x, prev_h, Wx, Wh, b)
    prev_h += kept["z"] * (kept["g"] - prev_h)
    return next_h, kept


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "functions"), MISSES.all)
def test_a_near_miss_loses_one_criterion(name, functions, seed):
    result = MISSES.judged(name, functions, seed)
    missed = functions[name].__name__.partition("_")[0]
    assert [verdict.name for verdict in result.criteria if verdict.max_points and not verdict.passed] == [
        missed
    ]
