# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 2: the way back
#
# A network has read a text and was wrong at every character, here a little, there a lot. Each error is the fault of weights
# that were used now, one step ago, a hundred steps ago, and they are the same weights. This assignment hands every error back to
# where it came from.
#
# You write the way back through all the parts of a character RNN, cut it, and train with it, with NumPy alone:
#
# | | function | its job | points |
# |---|---|---|---|
# | 1 | `numerical_gradient` | a gradient without any derivation, to check the others with | 4 |
# | 2 | `temporal_affine_backward` | from scores back to states | 4 |
# | 3 | `word_embedding_backward` | from vectors back to the table of words | 4 |
# | 4 | `rnn_step_backward` | back through one step | 6 |
# | 5 | `rnn_backward` | back through all steps | 8 |
# | 6 | `truncated_bptt` | back through some of them | 8 |
# | 7 | `train_char_rnn` | learning | 8 |
# | 8 | `unit_selectivity` | what did a unit learn to follow? | 5 |
#
# Then your network learns to write Python, you look for a unit that knows something, and one question (5 points) wants an answer
# in words. Lecture 2 has the pictures and the derivation.
#
# **How to check.** Below each function stands a cell that says `check(...)`. Run it as often as you like. It calls your
# function, says which promises hold, and names the mistake where it knows it. The grading asks the same with other
# numbers.
#
# **What every function promises**
#
# - Arrays are batch-first: `N` sequences, `T` steps, then what stands at a step: `D` inputs, `H` hidden units, `V` tokens of the
#   vocabulary, `M` outputs. Weights multiply from the right.
# - Real arguments are float64, and so are real results. Nothing is rounded on the way.
# - The arguments are left as they were, the gradient that comes in too. The caller still needs them.
# - `dx` is the gradient of the loss with respect to `x`, and has the shape of `x`. Likewise for every other name.
# - **A backward pass may be called twice on the same cache**, and other forward passes may have come in between. It finds in the cache
#   all that it needs, and leaves the cache as it was.
# - Where an argument makes no sense, a `ValueError` names it. Which ones must be looked at, the exercise says.

# %%
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import matplotlib.pyplot as plt
import numpy as np

from rnn_autograder import check
from rnn_datasets import character_batches

# %% [markdown]
# ## What is given: the way there
#
# The forward passes of chapter 1. You may change them: the backward passes that you write get their caches from here, from whatever stands
# in these cells at the end. What a cache holds is a matter between the two of them.


# %%
def word_embedding_forward(x: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, Any]:
    """Each token's row of the embedding: x (N, T) ints, W (V, D) -> out (N, T, D), cache."""
    return W[x], (x, W)


def temporal_affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
    """The same affine map at every step: x (N, T, D), w (D, M), b (M,) -> out (N, T, M), cache."""
    return x @ w + b, (x, w, b)


# %%
def rnn_step_forward(
    x: np.ndarray, prev_h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, Any]:
    """One step: x (N, D), prev_h (N, H), Wx (D, H), Wh (H, H), b (H,) -> next_h (N, H), cache."""
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    return next_h, (x, prev_h, Wx, Wh, next_h)


# %%
def rnn_forward(
    x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, Any]:
    """All steps: x (N, T, D), h0 (N, H), the weights as above -> h (N, T, H), cache: the steps' caches in a list."""
    if x.shape[1] == 0:
        raise ValueError(f"x has the shape {x.shape}: there is no step in it; T must be at least 1")
    prev_h, states, cache = h0, [], []
    for t in range(x.shape[1]):
        prev_h, step_cache = rnn_step_forward(x[:, t], prev_h, Wx, Wh, b)
        states.append(prev_h)
        cache.append(step_cache)
    return np.stack(states, axis=1), cache


# %%
def temporal_softmax_loss(x: np.ndarray, y: np.ndarray, mask: np.ndarray) -> tuple[float, np.ndarray]:
    """Cross-entropy, summed over time, averaged over the batch: x (N, T, V), y and mask (N, T) -> loss, dx."""
    N, _, V = x.shape
    target = np.eye(V, dtype=x.dtype)[y]
    weight = mask[:, :, None].astype(x.dtype) / N
    shifted = x - x.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return -(weight * target * log_p).sum(), weight * (np.exp(log_p) - target)


# %% [markdown]
# ## A gradient without a derivation
#
# ### 1. `numerical_gradient`
#
# Before we trust a derivation we want something to hold it against. Nudge one element of `x` up by a little, then down by as much, and
# see how `f` answers:
#
# $$\frac{\partial f}{\partial x_i} \approx \frac{f(x + \epsilon e_i) - f(x - \epsilon e_i)}{2\,\epsilon}, \qquad \epsilon = 10^{-5}$$
#
# where $e_i$ is one at element $i$ and zero elsewhere. It takes two calls of `f` for every element, so it is for checking, not for
# learning. Both sides are asked so that the curvature cancels: on one side alone the error is about $\epsilon$ times larger than
# it need be. `x` has any shape, and it is the caller's: when you return, it is as it was, to the last bit.


# %% nbgrader={"grade": false, "grade_id": "numerical_gradient_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def numerical_gradient(f: Callable[[np.ndarray], float], x: np.ndarray) -> np.ndarray:
    """The gradient of f at x, by central differences with a step of 1e-5.

    Args:
        f: takes an array of the shape of x, returns a number.
        x: where; float64 of any shape.

    Returns:
        dx: of the shape of x.
    """
    ### BEGIN SOLUTION
    epsilon = 1e-5
    nudged = x.copy()
    dx = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        nudged[i] = x[i] + epsilon
        above = f(nudged)
        nudged[i] = x[i] - epsilon
        below = f(nudged)
        nudged[i] = x[i]
        dx[i] = (above - below) / (2 * epsilon)
    return dx
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "numerical_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(numerical_gradient)

# %% [markdown]
# ## Back through what has no memory
#
# ### 2. `temporal_affine_backward`
#
# Forward, $\mathrm{out}_{n,t} = x_{n,t}\, w + b$ at every step of every sequence. `dout` says how the loss changes with each number of
# `out`. How does it change with `x`, with `w`, with `b`?
#
# An `x[n, t]` was used in one place. `w` and `b` were used in `N` times `T` places, and each of them has something to say.


# %% nbgrader={"grade": false, "grade_id": "temporal_affine_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def temporal_affine_backward(dout: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of an affine map that was applied at every step.

    Args:
        dout: (N, T, M) gradient of the loss with respect to out.
        cache: of temporal_affine_forward.

    Returns:
        dx: (N, T, D).
        dw: (D, M).
        db: (M,).
    """
    ### BEGIN SOLUTION
    x, w, _ = cache
    dx = dout @ w.T
    dw = np.tensordot(x, dout, axes=((0, 1), (0, 1)))
    db = dout.sum(axis=(0, 1))
    return dx, dw, db
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "temporal_affine_backward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(temporal_affine_backward)

# %% [markdown]
# ### 3. `word_embedding_backward`
#
# Forward, token `v` fetched row `v` of `W`, wherever it stood. So row `v` of `dW` collects the `dout` of all the places where `v` stood,
# and a word that did not occur has a gradient of zero. Tokens repeat: in `"hello"` two places fetched the same row.


# %% nbgrader={"grade": false, "grade_id": "word_embedding_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def word_embedding_backward(dout: np.ndarray, cache: Any) -> np.ndarray:
    """The gradient of an embedding.

    Args:
        dout: (N, T, D) gradient of the loss with respect to the rows that were fetched.
        cache: of word_embedding_forward.

    Returns:
        dW: (V, D).
    """
    ### BEGIN SOLUTION
    x, W = cache
    dW: np.ndarray = np.zeros_like(W)
    np.add.at(dW, x, dout)
    return dW
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "word_embedding_backward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(word_embedding_backward)

# %% [markdown]
# ## Back through time
#
# ### 4. `rnn_step_backward`
#
# Forward, $h_t = \tanh(a_t)$ with $a_t = x_t W_x + h_{t-1} W_h + b$. `dnext_h` is all that the loss has to say about $h_t$. First
# go back through the tanh, whose slope at $a_t$ is $1 - h_t^2$; what arrives at $a_t$ is
#
# $$da_t = dh_t \odot (1 - h_t^2)$$
#
# (elementwise). From there it is the affine map again, with two inputs. Every sequence of the batch used the same weights.


# %% nbgrader={"grade": false, "grade_id": "rnn_step_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_step_backward(
    dnext_h: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Back through one step of a tanh RNN (Rumelhart, Hinton and Williams, 1986).

    Args:
        dnext_h: (N, H) gradient of the loss with respect to the state after the step.
        cache: of rnn_step_forward.

    Returns:
        dx: (N, D).
        dprev_h: (N, H).
        dWx: (D, H).
        dWh: (H, H).
        db: (H,).
    """
    ### BEGIN SOLUTION
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h**2)
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rnn_step_backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(rnn_step_backward)

# %% [markdown]
# ### 5. `rnn_backward`
#
# Two gradients meet at every state. `dh[:, t]` is what the loss says about $h_t$ through the output at this very step; it is given. The other
# comes from the future: $h_t$ went into $h_{t+1}$, and what step $t+1$ hands back is the `dprev_h` of that step. The step wants their
# sum. After the last step there is no future, so only the first is there.
#
# The weights were the same at every step. Each step has a gradient for them, and what is due is the **sum** over the steps, not the mean and not
# the last. What is handed back by the first step is the gradient of `h0`.


# %% nbgrader={"grade": false, "grade_id": "rnn_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_backward(
    dh: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backpropagation through time (Werbos, 1990).

    Args:
        dh: (N, T, H) gradient of the loss with respect to each state, through the output at its own step alone.
        cache: of rnn_forward.

    Returns:
        dx: (N, T, D).
        dh0: (N, H).
        dWx: (D, H).
        dWh: (H, H).
        db: (H,).
    """
    ### BEGIN SOLUTION
    T = dh.shape[1]
    from_future = np.zeros_like(dh[:, 0])
    dxs, of_weights = [], []
    for t in reversed(range(T)):
        dx, from_future, *gradients = rnn_step_backward(dh[:, t] + from_future, cache[t])
        dxs.append(dx)
        of_weights.append(gradients)
    dWx, dWh, db = (np.sum(used, axis=0) for used in zip(*of_weights, strict=True))
    return np.stack(dxs[::-1], axis=1), from_future, dWx, dWh, db
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rnn_backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check(rnn_backward)

# %% [markdown]
# ### 6. `truncated_bptt`
#
# A text of a million characters has a graph of a million steps. So the way back is cut, and two numbers say how (Williams and
# Peng, 1990): every `k1` steps we go back, and each time we go back `k2` steps.
#
# Precisely. Steps are counted from 1 to `T`. We stop at the steps $e = k_1, 2k_1, 3k_1, \dots$, and at `T` in any case. At each stop,
#
# - the errors that count are those of the steps **since the stop before**: each `dh[:, t]` is used at one stop and no other;
# - they flow back through step $e$, step $e-1$, and so on, through `k2` steps in all, or until the first step, whichever
#   comes sooner. What would be handed back further is dropped.
#
# What all the stops collect is added up. Only if a stop's way reaches through the first step does it have something to say about `h0`.
#
# Two cases to think with. If `k2` is `T` or more nothing is cut, and the result is that of `rnn_backward`, whatever `k1` is. If `k1` and
# `k2` are equal and divide `T`, the text falls into pieces, and no gradient crosses from one to another. (Where they do not divide it, the last
# stop is less than `k1` steps behind the one before, and reaches back past it.)
#
# A `ValueError` names `k1` where it is below 1, or above `k2`: some errors would then be further back than anything reaches.


# %% nbgrader={"grade": false, "grade_id": "truncated_bptt_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def truncated_bptt(
    dh: np.ndarray, cache: Any, k1: int, k2: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Truncated backpropagation through time (Williams and Peng, 1990).

    Args:
        dh: (N, T, H) gradient of the loss with respect to each state, through the output at its own step alone.
        cache: of rnn_forward.
        k1: steps from one stop to the next, at least 1.
        k2: steps that are gone back from each stop, at least k1; T and more is all of them.

    Returns:
        dx: (N, T, D).
        dh0: (N, H).
        dWx: (D, H).
        dWh: (H, H).
        db: (H,).

    Raises:
        ValueError: k1 is below 1 or above k2.
    """
    ### BEGIN SOLUTION
    if not 1 <= k1 <= k2:
        raise ValueError(f"k1 is {k1}; it must be at least 1 and at most k2, which is {k2}")
    T = dh.shape[1]
    dxs: list[Any] = [0] * T
    dh0 = np.zeros_like(dh[:, 0])
    of_weights = []
    for start in range(0, T, k1):
        stop = min(start + k1, T)
        from_future = np.zeros_like(dh[:, 0])
        for t in reversed(range(max(stop - k2, 0), stop)):
            own = dh[:, t] if t >= start else 0
            dx, from_future, *gradients = rnn_step_backward(own + from_future, cache[t])
            dxs[t] = dxs[t] + dx
            of_weights.append(gradients)
        if stop <= k2:
            dh0 = dh0 + from_future
    dWx, dWh, db = (np.sum(used, axis=0) for used in zip(*of_weights, strict=True))
    return np.stack(dxs, axis=1), dh0, dWx, dWh, db
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "truncated_bptt", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check(truncated_bptt)

# %% [markdown]
# ## Learning
#
# ### 7. `train_char_rnn`
#
# All parts are there. `tokens` is a text, and the network learns to predict each token from those before it.
#
# `character_batches(tokens, N, T)` cuts the text into `N` equal stretches and reads them side by side, `T` steps at a time. It gives a list
# of pairs `x, y`, each `(N, T)`; `y` is what comes one step after `x`. A row goes on in the next pair where it ended in the one before, so
# **the last state of one pair is the initial state of the next**. No gradient crosses that border: this is truncated backpropagation with
# `k1 = k2 = T`.
#
# A learning step takes the next pair; after the last pair comes the first again, **and with it a state of zeros**. In every step
#
# - the loss is `temporal_softmax_loss` over all steps, **divided by `T`**: nats per character;
# - each array `p` of the parameters moves by Adagrad (Duchi, Hazan and Singer, 2011): with its gradient $g$,
#
# $$m \leftarrow m + g^2, \qquad p \leftarrow p - \eta\, \frac{g}{\sqrt{m} + 10^{-8}}$$
#
# elementwise, where $m$ begins at zero and $\eta$ is the learning rate. An element whose gradients have been large takes smaller steps.
#
# The `params` that came in are left as they were. A `ValueError` names `tokens` where they do not fill a single pair
# (`character_batches` says so by itself), and `vocabulary` where `W_embed` has a single row: there is nothing to predict.


# %% nbgrader={"grade": false, "grade_id": "train_char_rnn_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def train_char_rnn(
    tokens: np.ndarray,
    params: dict[str, np.ndarray],
    N: int,
    T: int,
    steps: int,
    learning_rate: float,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Train a character RNN with truncated BPTT and Adagrad.

    Args:
        tokens: (L,) ints in [0, V), a text.
        params: W_embed (V, D); Wx (D, H), Wh (H, H), b (H,); W_vocab (H, V), b_vocab (V,).
        N: stretches that are read side by side.
        T: steps of a pair.
        steps: how many learning steps to take, at least 1.
        learning_rate: above 0.

    Returns:
        params: what was learned, under the same names.
        losses: (steps,) the loss of each step, in nats per character, before the parameters moved.

    Raises:
        ValueError: the tokens do not fill a pair, or the vocabulary has one token.
    """
    ### BEGIN SOLUTION
    batches = character_batches(tokens, N, T)
    if len(params["W_embed"]) < 2:
        raise ValueError("the vocabulary has one token (W_embed has one row), so there is nothing to predict")
    params = {name: array.copy() for name, array in params.items()}
    memory = {name: np.zeros_like(array) for name, array in params.items()}
    losses = np.zeros(steps)
    h0 = np.zeros((N, len(params["Wh"])), params["Wh"].dtype)
    for step in range(steps):
        if step % len(batches) == 0:
            h0 = np.zeros_like(h0)
        x, y = batches[step % len(batches)]
        embedded, embedding_cache = word_embedding_forward(x, params["W_embed"])
        h, rnn_cache = rnn_forward(embedded, h0, params["Wx"], params["Wh"], params["b"])
        scores, affine_cache = temporal_affine_forward(h, params["W_vocab"], params["b_vocab"])
        loss, dscores = temporal_softmax_loss(scores, y, np.ones(y.shape, dtype=bool))
        losses[step] = loss / T
        h0 = h[:, -1]
        g = {}
        dh, g["W_vocab"], g["b_vocab"] = temporal_affine_backward(dscores / T, affine_cache)
        dembedded, _, g["Wx"], g["Wh"], g["b"] = rnn_backward(dh, rnn_cache)
        g["W_embed"] = word_embedding_backward(dembedded, embedding_cache)
        for name in params:
            memory[name] += g[name] ** 2
            params[name] -= learning_rate * g[name] / (np.sqrt(memory[name]) + 1e-8)
    return params, losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train_char_rnn", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check(train_char_rnn)

# %% [markdown]
# ## Looking inside
#
# ### 8. `unit_selectivity`
#
# Some units of a trained network follow something that a person has a word for: inside a string, inside a comment. How well
# does unit `j` tell the places where that is so from those where it is not?
#
# Draw at random one place where `y` is true and one where it is false. With what probability is the unit higher at the first? If both are
# equally high, a coin decides: that counts as a half. This number is the area under the ROC curve, the AUC (Hanley and McNeil, 1982):
#
# $$\mathrm{AUC}_j = \frac{1}{P\,Q} \sum_{p:\,y_p} \; \sum_{q:\,\neg y_q} \left( [h_{p,j} > h_{q,j}] + \tfrac12 [h_{p,j} = h_{q,j}] \right)$$
#
# for $P$ places where $y$ is true and $Q$ where it is not. One half is no better than chance; a unit with 0 tells the two apart perfectly, upside
# down. A unit that never moves has one half.
#
# A `ValueError` names `y` where it is true everywhere or nowhere, since then there is nothing to tell apart.


# %% nbgrader={"grade": false, "grade_id": "unit_selectivity_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def unit_selectivity(h: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How well each unit tells two kinds of places apart.

    Args:
        h: (T, H) states along a text.
        y: (T,) bool, True where a place is of the kind.

    Returns:
        auc: (H,) in [0, 1].

    Raises:
        ValueError: y is True everywhere or nowhere.
    """
    ### BEGIN SOLUTION
    if y.all() or not y.any():
        raise ValueError("y is the same at every place: there are no two kinds to tell apart")
    inside, outside = h[y], np.sort(h[~y], axis=0)
    auc = np.zeros(h.shape[1])
    for j in range(h.shape[1]):
        below = np.searchsorted(outside[:, j], inside[:, j], side="left")
        not_above = np.searchsorted(outside[:, j], inside[:, j], side="right")
        auc[j] = (below + not_above).mean() / 2 / len(outside)
    return auc
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "unit_selectivity", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(unit_selectivity)

# %% [markdown]
# ## Put it together
#
# ### Is the gradient right?
#
# The check has said so. But some day there will be no check, so here is how one asks the network itself. From any `dh` we make a loss
# whose gradient with respect to the states is exactly that `dh`: the sum of `h * dh`. Then we nudge every element of `Wh`.

# %% tags=["demo"]
rng = np.random.default_rng(3)
x, h0, dh = rng.standard_normal((2, 20, 3)), rng.standard_normal((2, 4)), rng.standard_normal((2, 20, 4))
Wx, Wh, b = rng.standard_normal((3, 4)), 0.5 * rng.standard_normal((4, 4)), rng.standard_normal(4)

_, cache = rnn_forward(x, h0, Wx, Wh, b)
estimate = numerical_gradient(lambda Wh: (rnn_forward(x, h0, Wx, Wh, b)[0] * dh).sum(), Wh)
exact = rnn_backward(dh, cache)[3]
print(f"largest element {np.abs(exact).max():.3f}, largest difference {np.abs(exact - estimate).max():.1e}")

# %% [markdown]
# Nine digits agree. Now cut the way back. The text has 20 steps; how much of the gradient is lost if each error goes back over `k2` of
# them?

# %% tags=["demo"]
lost = {}
for k2 in (1, 2, 3, 5, 10, 20):
    cut = truncated_bptt(dh, cache, 1, k2)[3]
    lost[k2] = np.linalg.norm(cut - exact) / np.linalg.norm(exact)
print("\n".join(f"k2 = {k2:2}: {share:9.4%} of the gradient is missing" for k2, share in lost.items()))

# %% [markdown]
# The first few steps carry most of it, and so one can afford to cut. In this network, at least: it forgets fast, and nothing in it was
# far away to begin with. What was far away is what a cut cannot learn.
#
# ### A network that reads Python
#
# Your `train_char_rnn` now reads 1.6 million characters of Python's own library, 32 places at once, and each of them once: every loss
# is that of text that it has not seen. At first each unit keeps nine tenths of what it holds, hears a little of the input, and hardly
# listens to the other units. It takes about ten seconds.

# %% tags=["demo"]
from matplotlib.axes import Axes

from rnn_datasets import CLASS_NAMES, Vocabulary, python_source

text = python_source("train", 1_600_100).text
listened = python_source("valid", 60_000)  # modules that the network does not learn from, for later
vocabulary = Vocabulary.of(text + listened.text)
tokens = vocabulary.encode(text)
print(f"{len(vocabulary)} different characters. It begins:\n\n{text[:120]}")


# %% tags=["demo"]
def fresh_network(rng: np.random.Generator, V: int, D: int = 32, H: int = 64) -> dict[str, np.ndarray]:
    """A network that has learned nothing, and keeps nine tenths of what it holds."""
    return {
        "W_embed": 0.5 * rng.standard_normal((V, D)),
        "Wx": 0.3 * rng.standard_normal((D, H)) / np.sqrt(D),
        "Wh": 0.9 * np.eye(H) + 0.02 * rng.standard_normal((H, H)),
        "b": np.zeros(H),
        "W_vocab": 0.01 * rng.standard_normal((H, V)),
        "b_vocab": np.zeros(V),
    }


# %% tags=["demo"]
untrained = fresh_network(np.random.default_rng(1), V=len(vocabulary))
trained, losses = train_char_rnn(tokens, untrained, N=32, T=25, steps=2000, learning_rate=0.05)
first, last = losses[0] / np.log(2), losses[-200:].mean() / np.log(2)
print(f"{first:.2f} bits per character at first, {last:.2f} at last")

# %% [markdown]
# Is that good? Two tables to compare with, both made from the very text that they are tested on: one knows how often each character
# comes, the other how often each comes after each.

# %% tags=["demo"]
pairs = np.zeros((len(vocabulary), len(vocabulary)))
np.add.at(pairs, (tokens[:-1], tokens[1:]), 1)
singles = pairs.sum(axis=1, keepdims=True)
p_single, p_pair = singles / singles.sum(), pairs / np.maximum(singles, 1)
levels = {
    "a table of characters": -(pairs.sum(axis=0) * np.log2(np.maximum(p_single[:, 0], 1e-12))).sum(),
    "a table of pairs": -(pairs * np.log2(np.maximum(p_pair, 1e-12))).sum(),
}
levels = {name: bits / pairs.sum() for name, bits in levels.items()}
{name: f"{bits:.2f} bits per character" for name, bits in levels.items()}

# %% tags=["demo"]
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
ax.plot(np.convolve(losses / np.log(2), np.full(50, 1 / 50), "valid"), color="#0072B2", label="your network")
for (name, bits), style in zip(levels.items(), [":", "--"], strict=True):
    ax.axhline(bits, color="gray", linestyle=style, label=name)
ax.set(xlabel="step of learning", ylabel="loss (bits per character)", ylim=(2, 7))
ax.legend()
plt.show()

# %% [markdown]
# The curve falls through both lines. To get below the lower one a network has to remember more than one character, and nobody told it
# which.
#
# Let it write. It reads its own output, as in chapter 1.


# %% tags=["demo"]
def write(params: dict[str, np.ndarray], beginning: str, length: int = 400, temperature: float = 0.5) -> str:
    """Read the beginning, then write on."""
    rng, h = np.random.default_rng(2), np.zeros((1, len(params["Wh"])))
    numbers = list(vocabulary.encode(beginning))
    for place in range(len(beginning) + length - 1):
        embedded = params["W_embed"][numbers[place : place + 1]]
        h, _ = rnn_step_forward(embedded, h, params["Wx"], params["Wh"], params["b"])
        if place == len(numbers) - 1:
            scores = (h[0] @ params["W_vocab"] + params["b_vocab"]) / temperature
            p = np.exp(scores - scores.max())
            numbers.append(rng.choice(len(p), p=p / p.sum()))
    return vocabulary.decode(numbers)


print(write(trained, "    def "))

# %% [markdown]
# Hardly a word is right. But it indents, and `self`, the dots and the underscores are where they like to be. It means nothing by it.
#
# ### What did its units learn to follow?
#
# We let it read modules that it did not learn from, and ask your `unit_selectivity` about four kinds of places: inside a **string**,
# inside a **comment**, inside a **keyword** (`def`, `return`), inside a **name** (`self`).
#
# Among 64 units one will follow anything a little, by chance. So there are two precautions. The unit is chosen on the first half of the
# text and judged on the second. And beside it stands a control: the network before it learned anything, whose units are chosen and
# judged in the same way.
#
# **Predict first.** For which of the four will learning have made a difference?


# %% tags=["demo"]
def states(params: dict[str, np.ndarray]) -> np.ndarray:
    """The states (T, H) along the modules that were kept aside."""
    embedded, _ = word_embedding_forward(vocabulary.encode(listened.text)[None], params["W_embed"])
    h, _ = rnn_forward(embedded, np.zeros((1, len(params["Wh"]))), params["Wx"], params["Wh"], params["b"])
    return h.squeeze(axis=0)


def best_unit(h: np.ndarray, y: np.ndarray) -> tuple[int, float]:
    """The unit that tells best in the first half of the text, and how well it tells in the second."""
    half = len(y) // 2
    auc = unit_selectivity(h[:half], y[:half])
    j = int(np.abs(auc - 0.5).argmax())
    judged = unit_selectivity(h[half:], y[half:])[j]
    return j, float(judged if auc[j] > 0.5 else 1 - judged)  # a unit upside down tells as well


# %% tags=["demo"]
h, h_untrained = states(trained), states(untrained)
found = {}
for kind in ("string", "comment", "keyword", "name"):
    y = listened.classes == CLASS_NAMES.index(kind)
    found[kind] = {"trained": best_unit(h, y), "untrained": best_unit(h_untrained, y)}
for kind, both in found.items():
    print(f"{kind:9}" + "".join(f"{which}: unit {j:2}, AUC {auc:.2f}   " for which, (j, auc) in both.items()))

# %% tags=["demo"]
fig, ax = plt.subplots(figsize=(8, 3.5), layout="constrained")
for (which, shift), color in zip(
    {"trained": -0.2, "untrained": 0.2}.items(), ["#0072B2", "#BBBBBB"], strict=True
):
    heights = [found[kind][which][1] for kind in found]
    bars = ax.bar(np.arange(len(found)) + shift, heights, width=0.38, color=color, label=which)
    ax.bar_label(bars, fmt="%.2f")
ax.axhline(0.5, color="gray", linestyle=":", label="chance")
ax.set(xticks=range(len(found)), xticklabels=found, ylabel="AUC of the best unit", ylim=(0.4, 1.05))
ax.legend(ncols=3, loc="upper left")
plt.show()

# %% [markdown]
# The bars show, from left to right, strings, comments, keywords and names; blue is your network, gray the control. Where a bar of the
# control is high, the characters alone do it: names are made of letters, and random weights hear letters too. What learning added is the
# difference, and it is large for keywords and for names. Another seed gives other units; keep the differences that stay.
#
# Strings are the surprise: nothing was gained. What helps to predict the next letter is kept, and a name or a keyword is over within a
# few letters. A string goes on for long after its quotation mark, and a unit that follows it must hold on all that time. Is the cut to
# blame, or the network? Chapter 3 asks.
#
# Now look at the unit for names itself, and at the control's. Each character stands on the value that the unit has after reading it:
# purple is high, white is zero, orange is low. The passage begins in a string and goes on in code.


# %% tags=["demo"]
def colour(ax: Axes, text: str, values: np.ndarray) -> Axes:
    """A text, line by line, on the values (T,) that a unit takes along it."""
    row, column = 0, 0
    grid = np.full((text.count("\n") + 1, max(map(len, text.split("\n")))), np.nan)
    for character, value in zip(text, values, strict=True):
        if character == "\n":
            row, column = row + 1, 0
        else:
            grid[row, column] = value
            ax.text(column, row, character, family="monospace", fontsize=8, ha="center", va="center")
            column += 1
    ax.imshow(grid, cmap="PuOr", vmin=-1, vmax=1, alpha=0.7, aspect="auto")
    ax.axis("off")
    return ax


# %% tags=["demo"]
docstring_ends = listened.text.index('"""\n        ', 40_000)  # in the half that no unit was chosen by
start = listened.text.rindex("\n", 0, docstring_ends - 250) + 1
passage = slice(start, listened.text.index("\n", start + 600))

fig, axes = plt.subplots(2, figsize=(9, 7), layout="constrained")
for ax, which, values in zip(axes, ("trained", "untrained"), (h, h_untrained), strict=True):
    j, auc = found["name"][which]
    colour(ax, listened.text[passage], values[passage, j]).set_title(
        f"{which}: unit {j}, names, AUC {auc:.2f}"
    )
plt.show()

# %% [markdown]
# In the string the unit of your network is low more often than not, and in the names of the code it climbs letter by letter. It is no
# switch: with an AUC of 0.88 one pair of places in eight comes out the wrong way round (another processor may say 0.85). Try the unit for keywords, or another passage.
# Then make `T` larger in the training, or `H`, and see which bars move. Numbers first, then pictures: every unit has a passage that
# flatters it.

# %% [markdown]
# ## In words
#
# ### 9. What was cut?
#
# 1. The network was trained with `T = 25`, and its state was carried from pair to pair. A quotation mark was opened 60 characters ago. Can the
#    state at the present character depend on that mark? Can the error at the present character teach the weights to remember it? For
#    each, name the line of your `train_char_rnn` that makes it so.
# 2. One weight was used at three steps, and the three steps report +2, -1 and +4. Somebody divides the sum by three, "because it is
#    one weight, not three". What is the gradient, and where did the division by `T` in your `train_char_rnn` come from, if not from
#    this?
# 3. Your `numerical_gradient` uses a step of 1e-5. What goes wrong at 1e-1, what at 1e-12, and why would even 1e-5 be a bad choice in
#    float32?
#
# Two to five sentences for each. An argument counts, not its length.

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_was_cut", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# *For the grader: 2 + 1 + 2 points.*
#
# 1. **The state can depend on it.** Values are carried on: `h0 = h[:, -1]` hands the last state of a pair to the next, so nothing is
#    erased at the border. **The error cannot teach it.** `rnn_backward` goes back to the first step of the pair and its `dh0` is dropped
#    (the `_` among its results): credit goes back 25 steps at most and stops there. *One point each, with the line. Credit for: what the weights
#    learned from short distances may still carry the mark further; "truncation erases the memory": no point.*
# 2. **The gradient is +5.** Each use changes the loss by its own share, and moving the weight moves all three uses at once. The
#    division by `T` belongs to the loss, which is defined as a mean over the characters; it came in with `dscores / T` and has already
#    reached every share. *No point for the sum without the reason.*
# 3. **At 1e-1 the curvature is left over**: the error of a central difference grows with the square of the step. **At 1e-12 rounding is left
#    over**: `f` is known to about 1e-16 of its size, and divided by 1e-12 that is an error of 1e-4. **float32** knows `f` to about
#    1e-7 only; divided by 1e-5 that is 1e-2. *One point for both ends, one for float32 with a number or the argument that
#    the rounding is divided by the step. A larger step, about 1e-2, is best there.*
