"""Right answers to assignment 3 that are written another way lose nothing, on public and on hidden numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from alternatives import SEEDS, Answers

from rnn_autograder import reference
from rnn_autograder.judge import judge
from rnn_autograder.student import LocalPlayer

ANSWERS = Answers("a03_vanishing_gradients")


# Slopes ----------------------------------------------------------------------------------------------------------


@ANSWERS.to("activation_gradient")
def slopes_from_a_table(z, name):
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))  # overflows to the right answer, with a RuntimeWarning

    slopes = {
        "tanh": lambda: 1 / np.cosh(z) ** 2,  # so does this
        "sigmoid": lambda: sigmoid(z) * sigmoid(-z),
        "relu": lambda: (z > 0).astype(float),
        "leaky_relu": lambda: (z > 0) * 0.99 + 0.01,
    }
    if name not in slopes:
        raise ValueError(f"unknown name: {name}")
    return slopes[name]()


@ANSWERS.to("activation_gradient")
def slopes_written_into_copies(z, name):
    if name == "tanh":
        return (1 - np.tanh(z)) * (1 + np.tanh(z))
    if name == "sigmoid":
        e = np.exp(-np.abs(z))
        return e / (1 + e) ** 2
    if name in ("relu", "leaky_relu"):
        slope = np.ones_like(z)
        slope[z <= 0] = 0 if name == "relu" else 0.01
        return slope
    raise ValueError("there is no activation of this name")


@ANSWERS.to("activation_gradient")
def slopes_number_by_number(z, name):
    def slope(a):
        if name == "tanh":
            return 1 - math.tanh(a) ** 2
        if name == "sigmoid":
            return 0.25 * (1 - math.tanh(a / 2) ** 2)
        if name == "relu":
            return float(a > 0)
        if name == "leaky_relu":
            return 1.0 if a > 0 else 0.01
        raise ValueError(f"name = {name}")

    return np.vectorize(slope, otypes=[float])(z)


# Products of Jacobians -------------------------------------------------------------------------------------------


@ANSWERS.to("jacobian_norms")
def norms_by_full_matrices(h, Wh):
    """Column vectors, the Jacobian of each step built as a matrix, the decomposition of their product."""
    N, T, H = h.shape
    if T < 1:
        raise ValueError("h is empty")
    if Wh.ndim != 2 or Wh.shape[0] != Wh.shape[1] or len(Wh) != H:
        raise ValueError("Wh must be square, as wide as h")
    norms = np.zeros((N, T))
    for n in range(N):
        product = np.eye(H)
        for k in range(T):
            norms[n, k] = np.linalg.svd(product)[1][0]
            product = product @ np.diag(1 - h[n, T - 1 - k] ** 2) @ Wh.T
    return norms


@ANSWERS.to("jacobian_norms")
def norms_by_eigenvalues(h, Wh):
    """The root of the largest eigenvalue of the product times its transpose; einsum; accumulated the other way."""
    N, T, H = h.shape
    if not T or Wh.shape != (H, H):
        raise ValueError("Wh is not (H, H)" if T else "h has no steps")
    steps = np.einsum("ij,ntj->ntij", Wh, (1 - h) * (1 + h))  # transposed Jacobians
    out = [np.ones(N)]
    product = np.tile(np.eye(H), (N, 1, 1))
    for t in range(T - 1, 0, -1):
        product = steps[:, t] @ product
        out.append(np.sqrt(np.linalg.eigvalsh(product.swapaxes(1, 2) @ product)[:, -1]))
    return np.array(out).T  # a view, time-major in memory


# Where to begin --------------------------------------------------------------------------------------------------


@ANSWERS.to("scale_spectral_norm")
def scaled_by_its_decomposition(W, sigma):
    if sigma <= 0:
        raise ValueError("sigma must be positive")
    U, s, Vt = np.linalg.svd(W, full_matrices=False)
    if s[0] == 0:
        raise ValueError("W has no direction")
    return (U * (s / s[0] * sigma)) @ Vt


@ANSWERS.to("scale_spectral_norm")
def scaled_in_place_on_a_copy(W, sigma):
    if not W.any() or sigma <= 0:
        raise ValueError("W is zero" if sigma > 0 else "sigma is not positive")
    W = W.copy()
    W /= np.sqrt(np.linalg.eigvalsh(W.T @ W).max())
    W *= sigma
    return W


@ANSWERS.to("orthogonal_init")
def orthogonal_by_gram_and_schmidt(shape, rng):
    if len(shape) != 2 or shape[0] <= 0 or shape[1] <= 0:
        raise ValueError(f"bad shape {shape}")
    rows = []
    for _ in range(min(shape)):
        row = rng.normal(size=max(shape))
        for _ in range(2):  # once more for the rounding
            for other in rows:
                row = row - (row @ other) * other
        rows.append(row / np.sqrt(row @ row))
    Q = np.array(rows)
    return Q if shape[0] <= shape[1] else Q.T


@ANSWERS.to("orthogonal_init")
def orthogonal_by_the_nearest_one(shape, rng):
    """The orthogonal factor of a polar decomposition is uniform, too."""
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError("shape: two positive sizes")
    U, _, Vt = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)
    return U @ Vt


@ANSWERS.to("orthogonal_init")
def orthogonal_by_coins(shape, rng):
    """Signs by chance instead of those of R: Q is uniform up to signs, so random ones make it so."""
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError("shape")
    rows, columns = shape
    Q, _ = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    Q *= rng.choice([-1.0, 1.0], size=Q.shape[1])
    return Q if rows >= columns else Q.T


@ANSWERS.to("identity_init")
def identity_by_a_diagonal(D, H, rng, scale=1.0):
    Wh = np.zeros((H, H))
    np.fill_diagonal(Wh, scale)
    return [rng.normal(0, 0.001, size=(D, H)), Wh, 0.0 * np.arange(H)]


@ANSWERS.to("identity_init")
def identity_element_by_element(D, H, rng, scale=1.0):
    Wx = np.array([[rng.normal(scale=1e-3) for _ in range(H)] for _ in range(D)])
    return Wx, np.diag([float(scale)] * H), np.zeros((H,))


# Clipping --------------------------------------------------------------------------------------------------------


@ANSWERS.to("clip_grad_norm")
def clipped_as_one_long_vector(grads, max_norm):
    if max_norm <= 0:
        raise ValueError("max_norm must be positive")
    for key in grads:
        if np.isnan(grads[key]).any() or np.isinf(grads[key]).any():
            raise ValueError(f"{key} is not finite")
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
    if norm <= max_norm:
        return grads, norm  # the caller's own arrays: nothing was changed
    return {key: g * (max_norm / norm) for key, g in grads.items()}, norm


@ANSWERS.to("clip_grad_norm")
def clipped_in_place_on_copies(grads, max_norm):
    if not max_norm > 0:
        raise ValueError(f"max_norm = {max_norm}")
    grads = {key: grads[key].copy() for key in sorted(grads)}  # in another order
    total = 0.0
    for key, g in grads.items():
        square = float(np.vdot(g, g))
        if not math.isfinite(square):
            raise ValueError("nan or inf in " + key)
        total += square
    norm = math.sqrt(total)
    factor = min(1, max_norm / norm) if norm else 1
    for g in grads.values():
        g *= factor
    return [grads, norm]


# Steps -----------------------------------------------------------------------------------------------------------


@ANSWERS.to("rmsprop_step")
def rmsprop_as_a_difference(w, dw, v, lr, rho=0.99, eps=1e-8):
    v = v + (1 - rho) * (dw * dw - v)
    return w - lr * (dw / (eps + v**0.5)), v


@ANSWERS.to("rmsprop_step")
def rmsprop_in_place_on_copies(w, dw, v, lr, rho=0.99, eps=1e-8):
    w, v = w.copy(), v.copy()
    v *= rho
    v += (1.0 - rho) * np.square(dw)
    w += -lr * dw / (np.sqrt(v) + eps)
    return [w, v]


@ANSWERS.to("adam_step")
def adam_as_a_difference(w, dw, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    if t <= 0:
        raise ValueError("t counts from 1")
    m = m + (1 - beta1) * (dw - m)
    v = v + (1 - beta2) * (dw * dw - v)
    return w - lr / (1 - beta1**t) * m / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@ANSWERS.to("adam_step")
def adam_with_the_corrections_moved(w, dw, m, v, t, lr, beta1=0.9, beta2=0.999, eps=1e-8):
    """As PyTorch has it: the root of the correction stands outside of the root, and eps behind it."""
    if t < 1:
        raise ValueError(f"t = {t}")
    w, m, v = w.copy(), m.copy(), v.copy()
    m *= beta1
    m += (1 - beta1) * dw
    v *= beta2
    v += (1 - beta2) * dw * dw
    denominator = np.sqrt(v) / math.sqrt(1 - beta2**t) + eps
    w -= lr / (1 - beta1**t) * (m / denominator)
    return [w, m, v]


# Shortcuts and stacks --------------------------------------------------------------------------------------------


@ANSWERS.to("residual_rnn_forward")
def residual_written_time_first(x, h0, Wx, Wh, b):
    N, T, _ = x.shape
    if Wh.ndim != 2 or Wh.shape != (h0.shape[1],) * 2:
        raise ValueError("Wh does not fit h0")
    if not T:
        raise ValueError("x has no steps")
    h = np.zeros((T + 1, N, len(b)))
    h[0] = h0
    for t in range(T):
        h[t + 1] = np.tanh(x[:, t] @ Wx + h[t] @ Wh + b)
        h[t + 1] += h[t]
    return h[1:].swapaxes(0, 1)  # a time-major view


@ANSWERS.to("residual_rnn_forward")
def residual_with_inputs_projected_first(x, h0, Wx, Wh, b):
    if len(Wh) != len(Wh.T) or len(Wh) != h0.shape[-1]:
        raise ValueError("Wh is not square")
    if x.shape[1] < 1:
        raise ValueError("x is empty")
    projected = np.einsum("ntd,dh->nth", x, Wx) + b
    state, out = h0.copy(), np.empty_like(projected)
    for t in range(x.shape[1]):
        state += np.tanh(state @ Wh + projected[:, t])
        out[:, t] = state
    return out


@ANSWERS.to("stacked_rnn_forward")
def stacked_step_by_step(x, h0, layers):
    """All layers at one step before the next step."""
    if x.shape[1] == 0:
        raise ValueError("x: no steps")
    if len(layers) == 0 or len(layers) != h0.shape[0]:
        raise ValueError("layers and h0 do not match")
    states, tops = list(h0), []
    for t in range(x.shape[1]):
        up = x[:, t]
        for k, layer in enumerate(layers):
            up = states[k] = np.tanh(up @ layer["Wx"] + states[k] @ layer["Wh"] + layer["b"])
        tops.append(up)
    return np.array(tops).transpose(1, 0, 2), np.array(states)


@ANSWERS.to("stacked_rnn_forward")
def stacked_in_one_array(x, h0, layers):
    """Inputs projected first; the last states are a view of all of them."""
    (N, T, _), (L, _, H) = x.shape, h0.shape
    if T < 1 or L < 1 or len(layers) != L:
        raise ValueError("x has no step" if T < 1 else "the number of layers")
    states = np.zeros((L, N, T + 1, H))
    states[:, :, 0] = h0
    for k in range(L):
        projected = (states[k - 1, :, 1:] if k else x) @ layers[k]["Wx"] + layers[k]["b"]
        for t in range(T):
            states[k, :, t + 1] = np.tanh(projected[:, t] + states[k, :, t] @ layers[k]["Wh"])
    return [states[-1, :, 1:], states[:, :, -1]]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "functions"), ANSWERS.all)
def test_it_loses_nothing(name, functions, seed):
    ANSWERS.check(name, functions, seed)


def test_every_exercise_has_two_other_answers():
    assert ANSWERS.with_fewer_than(2) == set()


# What is no answer -----------------------------------------------------------------------------------------------


def _changed(result: Any, change: Callable[[Any], Any]) -> Any:
    """A result with every array in it changed."""
    if isinstance(result, tuple):
        return tuple(_changed(part, change) for part in result)
    if isinstance(result, dict):
        return {key: _changed(part, change) for key, part in result.items()}
    return change(np.asarray(result))


ODD: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda result: None,
    "a number": lambda result: 7,
    "a text": lambda result: "norm",
    "an empty dict": lambda result: {},
    "empty dicts": lambda result: ({}, {}, {})[: len(result)],
    "an empty array": lambda result: np.zeros(0),
    "a function": lambda result: lambda: result,
    "half precision": lambda result: _changed(result, lambda array: array.astype("f2")),
    "infinities": lambda result: _changed(result, lambda array: array * 0 + np.inf),
    "both infinities": lambda result: _changed(result, lambda array: np.where(array > 0, np.inf, -np.inf)),
    "no numbers": lambda result: _changed(result, lambda array: array.astype(object)),
    "complex numbers": lambda result: _changed(result, lambda array: array + 0j),
    "an axis too many": lambda result: _changed(result, lambda array: array[None]),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ANSWERS.exercises)
def test_an_odd_result_is_judged_without_a_warning_and_costs_points(name: str, odd: str):
    known = reference.load(ANSWERS.key.solution)
    expected = replace(reference.expected(ANSWERS.key, 11)[name], mistakes=lambda: ())

    def answer(*args: Any, **kwargs: Any) -> Any:
        with np.errstate(all="ignore"):
            return ODD[odd](known[name](*args, **kwargs))

    result = judge(ANSWERS.exercises[name], LocalPlayer({name: answer}), expected, "", public=True)
    assert result.points < result.max_points
    assert [verdict.message for verdict in result.criteria if not verdict.passed]
