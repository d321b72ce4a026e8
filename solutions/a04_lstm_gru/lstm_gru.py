# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 4: cells with gates
#
# A tanh RNN writes its whole state anew at every step. What it wants to keep it must write again and again, through the same matrix, and on
# its way back the gradient goes through that matrix just as often. A cell with gates may leave a number as it is.
#
# You build the two gated cells that are in use, the LSTM and the GRU, there and back. Then you read sequences of different lengths from
# both ends, and count what all this costs. With NumPy alone:
#
# | | function | its job | points |
# |---|---|---|---|
# | 1 | `lstm_step_forward` | one step of an LSTM | 6 |
# | 2 | `lstm_step_backward` | back through it | 8 |
# | 3 | `lstm_forward` | all steps | 4 |
# | 4 | `lstm_backward` | back through all steps | 7 |
# | 5 | `gru_step_forward` | one step of a GRU | 5 |
# | 6 | `gru_step_backward` | back through it | 8 |
# | 7 | `gru_forward` | all steps | 3 |
# | 8 | `gru_backward` | back through all steps | 6 |
# | 9 | `reverse_sequences` | sequences of different lengths, read from their ends | 3 |
# | 10 | `bidirectional_forward` | two networks, one from each end | 5 |
# | 11 | `bidirectional_backward` | back through both | 5 |
# | 12 | `count_parameters` | what a cell costs | 3 |
#
# Then your LSTM learns a task on which a tanh RNN fails, you measure how far its gradients get, and one question (5 points) wants an answer
# in words. Lecture 4 has the pictures and the derivation.
#
# **How to check.** Below each function stands a cell that says `check(...)`. Run it as often as you like. It calls your function, says
# which promises hold, and names the mistake where it knows it. The grading asks the same with other numbers.
#
# **What every function promises**
#
# - Arrays are batch-first: `N` sequences, `T` steps, then what stands at a step: `D` inputs, `H` hidden units. Weights multiply from the
#   right.
# - Real arguments are float64, and so are real results. Nothing is rounded on the way. (The demonstration learns in float32. A function
#   that makes float64 of it is not wrong, only slower.)
# - The arguments are left as they were, the gradient that comes in too. The caller still needs them.
# - `dx` is the gradient of the loss with respect to `x`, and has the shape of `x`. Likewise for every other name.
# - **A backward pass may be called twice on the same cache**, and other forward passes may have come in between. It finds in the cache all
#   that it needs, and leaves the cache as it was.
# - Gates may be wide open or tightly shut: arguments of 1e5 give neither `nan` nor infinity.
# - Where an argument makes no sense, a `ValueError` names it. Which ones must be looked at, the exercise says.

# %%
import os
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import matplotlib.pyplot as plt
import numpy as np

from rnn_autograder import check

# %% [markdown]
# ## What is given
#
# The sigmoid $\sigma(a) = 1 / (1 + e^{-a})$, which makes a gate, and the tanh RNN of chapters 1 and 2: you need it when you read from both
# ends, and as the rival of your LSTM. Have a look at `rnn_forward` before you write your own. The products with $W_x$ of all inputs stand
# before the loop, since no input waits for a state. **What is not recurrent need not be in the loop**; only $h_{t-1} W_h$ must be.


# %%
def sigmoid(a: np.ndarray) -> np.ndarray:
    """A gate: between 0 and 1, for any a; written with tanh, which cannot overflow."""
    gate: np.ndarray = 0.5 * (1 + np.tanh(0.5 * a))
    return gate


# %%
def rnn_forward(
    x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, Any]:
    """All steps of a tanh RNN: x (N, T, D), h0 (N, H), Wx (D, H), Wh (H, H), b (H,) -> h (N, T, H), cache."""
    from_x = x @ Wx + b
    h = np.empty_like(from_x)
    prev_h = h0
    for t in range(x.shape[1]):
        prev_h = h[:, t] = np.tanh(from_x[:, t] + prev_h @ Wh)
    return h, (x, h0, Wx, Wh, h)


# %%
def rnn_backward(
    dh: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Back through all steps: dh (N, T, H), cache -> dx, dh0, dWx, dWh, db."""
    x, h0, Wx, Wh, h = cache
    da = np.empty_like(h)
    from_future = np.zeros_like(h0)
    for t in reversed(range(dh.shape[1])):
        da[:, t] = (dh[:, t] + from_future) * (1 - h[:, t] ** 2)
        from_future = da[:, t] @ Wh.T
    before = np.concatenate([h0[:, None], h[:, :-1]], axis=1)
    dWx, dWh = (np.einsum("ntd,nth->dh", each, da) for each in (x, before))
    return da @ Wx.T, from_future, dWx, dWh, da.sum(axis=(0, 1))


# %% [markdown]
# ## The LSTM
#
# ### 1. `lstm_step_forward`
#
# An LSTM has two states. The cell $c$ is its memory; $h$ is what it shows of it. Three gates, numbers between 0 and 1 for every unit,
# decide what happens (Hochreiter and Schmidhuber, 1997; the forget gate: Gers, Schmidhuber and Cummins, 2000):
#
# $$
# \begin{aligned}
# a &= x_t W_x + h_{t-1} W_h + b \\
# i &= \sigma(a_i) \qquad f = \sigma(a_f) \qquad o = \sigma(a_o) \qquad g = \tanh(a_g) \\
# c_t &= f \odot c_{t-1} + i \odot g \\
# h_t &= o \odot \tanh(c_t)
# \end{aligned}
# $$
#
# The forget gate $f$ says how much of the old cell stays, the input gate $i$ how much of the candidate $g$ comes in, the output gate $o$
# how much is shown. $\odot$ multiplies element by element, so no unit's cell ever mixes with another's; the units meet in $a$ alone.
#
# The four blocks of $a$ stand side by side in one array of `4H` columns, and so do those of `Wx`, `Wh` and `b`. The order is a convention:
#
# | columns | `0` to `H` | `H` to `2H` | `2H` to `3H` | `3H` to `4H` |
# |---|---|---|---|---|
# | here | $i$ | $f$ | $o$ | $g$ |
# | rows of PyTorch's `weight_ih_l0`, `weight_hh_l0` | $i$ | $f$ | $g$ | $o$ |
#
# PyTorch multiplies from the left, so its weights are the transposes of ours, and it has two biases, whose sum is our `b`. Nothing is added
# to the forget gate by the cell itself: who wants a forget bias puts it into `b`.
#
# **Why there are two functions in the cell below.** A step is a few products and then arithmetic element by element. The second part,
# `lstm_cell`, knows nothing of inputs and weights. Written once, it serves the single step here and the whole sequence in exercise 3, where
# the products are made otherwise. It is a suggestion: only `lstm_step_forward` is judged. If you prefer a step in one piece, leave
# `lstm_cell` alone and let the sequence loop over your steps.
#
# A `ValueError` names `Wx` or `Wh` where it does not have `4H` columns, for the `H` of `prev_h`: weights of a GRU, for instance.


# %% nbgrader={"grade": false, "grade_id": "lstm_step_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_cell(a: np.ndarray, prev_c: np.ndarray) -> tuple[np.ndarray, np.ndarray, Any]:
    """What follows the products, element by element: a (N, 4H), prev_c (N, H) -> next_h, next_c (N, H), cache."""
    ### BEGIN SOLUTION
    H = prev_c.shape[1]
    i, f, o = np.split(sigmoid(a[:, : 3 * H]), 3, axis=1)
    g = np.tanh(a[:, 3 * H :])
    next_c = f * prev_c + i * g
    tanh_c = np.tanh(next_c)
    next_h = o * tanh_c
    return next_h, next_c, (i, f, o, g, prev_c, tanh_c)
    ### END SOLUTION


def lstm_step_forward(
    x: np.ndarray, prev_h: np.ndarray, prev_c: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, Any]:
    """One step of an LSTM (Hochreiter and Schmidhuber, 1997; forget gate: Gers et al., 2000).

    Args:
        x: (N, D) the input of this step.
        prev_h: (N, H) the state before it.
        prev_c: (N, H) the cell before it.
        Wx: (D, 4H), the columns of i, f, o, g in this order.
        Wh: (H, 4H), likewise.
        b: (4H,), likewise.

    Returns:
        next_h: (N, H).
        next_c: (N, H).
        cache: whatever lstm_step_backward needs.

    Raises:
        ValueError: Wx or Wh does not have 4H columns.
    """
    ### BEGIN SOLUTION
    H = prev_h.shape[1]
    for name, W in (("Wx", Wx), ("Wh", Wh)):
        if W.shape[1] != 4 * H:
            raise ValueError(f"{name} has {W.shape[1]} columns; four gates of {H} units ask for {4 * H}")
    a = x @ Wx + prev_h @ Wh + b
    next_h, next_c, cell_cache = lstm_cell(a, prev_c)
    return next_h, next_c, (x, prev_h, Wx, Wh, cell_cache)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lstm_step_forward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(lstm_step_forward)

# %% [markdown]
# ### 2. `lstm_step_backward`
#
# Two gradients come in. `dnext_h` is all that the loss has to say about $h_t$. `dnext_c` is what it says about $c_t$ **by every way but**
# $h_t$: through the cells that come after. But $c_t$ went into $h_t$, too. So two gradients meet at $c_t$, and what goes on from there is
# their sum.
#
# For each number, ask where it was used; every use sends a gradient back, and the uses add up.
#
# | this | was used in |
# |---|---|
# | $o$ | $h_t$, as a factor |
# | $c_t$ | $h_t$, inside a tanh and times $o$; and beyond this step |
# | $f$, $c_{t-1}$, $i$, $g$ | $c_t$, each as a factor of one of the two products |
# | $a$ | the four of them, a block each, inside a sigmoid or a tanh |
# | $x_t$, $h_{t-1}$, $W_x$, $W_h$, $b$ | $a$ |
#
# Read it from the top down. A factor gets the gradient times the other factor. The slopes are known from the values: $s\,(1 - s)$ for a
# sigmoid that gave $s$, and $1 - g^2$ for a tanh that gave $g$. The last line is the affine map of chapter 2, once for all four blocks, if
# their gradients stand side by side in the order in which they came: that is `lstm_cell_backward`'s `da`. The work is divided as in
# exercise 1, for the same reason, and only `lstm_step_backward` is judged.
#
# Then look at what you wrote for `dprev_c`. How many matrices are in it?


# %% nbgrader={"grade": false, "grade_id": "lstm_step_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_cell_backward(dnext_h: np.ndarray, dnext_c: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray]:
    """Back through lstm_cell: dnext_h, dnext_c (N, H), cache -> da (N, 4H), dprev_c (N, H)."""
    ### BEGIN SOLUTION
    i, f, o, g, prev_c, tanh_c = cache
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c**2)
    di = dc * g
    df = dc * prev_c
    dg = dc * i
    dprev_c = dc * f
    da = np.concatenate([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g**2)], axis=1)
    return da, dprev_c
    ### END SOLUTION


def lstm_step_backward(
    dnext_h: np.ndarray, dnext_c: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Back through one step of an LSTM.

    Args:
        dnext_h: (N, H) gradient of the loss with respect to next_h.
        dnext_c: (N, H) gradient of the loss with respect to next_c, through all but next_h.
        cache: of lstm_step_forward.

    Returns:
        dx: (N, D).
        dprev_h: (N, H).
        dprev_c: (N, H).
        dWx: (D, 4H).
        dWh: (H, 4H).
        db: (4H,).
    """
    ### BEGIN SOLUTION
    x, prev_h, Wx, Wh, cell_cache = cache
    da, dprev_c = lstm_cell_backward(dnext_h, dnext_c, cell_cache)
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lstm_step_backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check(lstm_step_backward)

# %% [markdown]
# ### 3. `lstm_forward`
#
# Now all steps. `h0` is given, and the cell begins with zeros: **`c0` is not `h0`**. Both states are handed from step to step, and `h`
# alone comes back, without `h0` in it. The cells remain between you and your cache.
#
# To loop over `lstm_step_forward` is right. It is faster to make the products $x_t W_x + b$ of all steps at once, before the loop, and to
# leave in it one product and `lstm_cell`.
#
# A `ValueError` names `x` where there is no step in it.


# %% nbgrader={"grade": false, "grade_id": "lstm_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_forward(
    x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, Any]:
    """All steps of an LSTM, from a cell of zeros.

    Args:
        x: (N, T, D).
        h0: (N, H) the state before the first step.
        Wx: (D, 4H).
        Wh: (H, 4H).
        b: (4H,).

    Returns:
        h: (N, T, H) the states, without h0.
        cache: whatever lstm_backward needs.

    Raises:
        ValueError: there is no step in x.
    """
    ### BEGIN SOLUTION
    T = x.shape[1]
    if T == 0:
        raise ValueError(f"x has the shape {x.shape}: there is no step in it; T must be at least 1")
    x = x.swapaxes(0, 1).copy()  # time first: what is used together lies together
    from_x = x @ Wx + b
    h, c = [h0], np.zeros_like(h0)
    cell_caches = []
    for t in range(T):
        next_h, c, cell_cache = lstm_cell(from_x[t] + h[t] @ Wh, c)
        h.append(next_h)
        cell_caches.append(cell_cache)
    return np.stack(h[1:], axis=1), (x, np.stack(h[:-1]), Wx, Wh, cell_caches)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lstm_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(lstm_forward)

# %% [markdown]
# ### 4. `lstm_backward`
#
# As in chapter 2, `dh[:, t]` is what the loss says about $h_t$ through the output at this very step, and $h_t$ hears from the future as
# well. What is new is that the future speaks twice: a gradient of $h_t$ and one of $c_t$ come back from step $t + 1$. The output has
# nothing to say to $c_t$ directly. After the last step there is no future, and before the first the cell was a constant: what arrives there
# is wanted by nobody.
#
# Every step used the same weights, so their gradients are sums over the steps. Here, too, something is not recurrent: once you have $da_t$
# of all steps, the gradient of each weight matrix is a single product.


# %% nbgrader={"grade": false, "grade_id": "lstm_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def lstm_backward(
    dh: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Back through all steps of an LSTM.

    Args:
        dh: (N, T, H) gradient of the loss with respect to each state, through the output at its own step alone.
        cache: of lstm_forward.

    Returns:
        dx: (N, T, D).
        dh0: (N, H).
        dWx: (D, 4H).
        dWh: (H, 4H).
        db: (4H,).
    """
    ### BEGIN SOLUTION
    x, prev_h, Wx, Wh, cell_caches = cache
    da = np.empty((*prev_h.shape[:2], Wh.shape[1]), dtype=dh.dtype)
    dnext_h = dnext_c = np.zeros_like(dh[:, 0])
    for t in reversed(range(len(x))):
        da[t], dnext_c = lstm_cell_backward(dh[:, t] + dnext_h, dnext_c, cell_caches[t])
        dnext_h = da[t] @ Wh.T
    dx = (da @ Wx.T).swapaxes(0, 1)
    dWx = np.tensordot(x, da, axes=((0, 1), (0, 1)))
    dWh = np.tensordot(prev_h, da, axes=((0, 1), (0, 1)))
    db = da.sum(axis=(0, 1))
    return dx, dnext_h, dWx, dWh, db
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "lstm_backward", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check(lstm_backward)

# %% [markdown]
# ## The GRU
#
# ### 5. `gru_step_forward`
#
# The gated recurrent unit (Cho et al., 2014) makes do with one state and two gates. The reset gate $r$ says how much the candidate $g$
# hears of the old state; the update gate $z$ mixes the two:
#
# $$
# \begin{aligned}
# r &= \sigma(x_t W_x^r + h_{t-1} W_h^r + b^r) \\
# z &= \sigma(x_t W_x^z + h_{t-1} W_h^z + b^z) \\
# g &= \tanh\left(x_t W_x^g + b^g + r \odot (h_{t-1} W_h^g)\right) \\
# h_t &= (1 - z) \odot h_{t-1} + z \odot g
# \end{aligned}
# $$
#
# The columns of `Wx`, `Wh` and `b` are those of $r$, $z$, $g$, in this order. What one gate keeps, the same gate cannot write: the two
# shares are $1 - z$ and $z$.
#
# Books disagree about this cell in two places, and neither has a misprint. **Ours is the left column:**
#
# | | here | elsewhere |
# |---|---|---|
# | $z$ is | the share that is **new** (Chung et al., 2014) | the share that is **kept**, our $1 - z$ (Cho et al., 2014; PyTorch) |
# | $r$ multiplies | the **product** $h_{t-1} W_h^g$ (PyTorch, cuDNN) | the **state**, before the product: $(r \odot h_{t-1})\, W_h^g$ (Cho et al., 2014; Chung et al., 2014) |
#
# The first is a matter of naming: since $1 - \sigma(a) = \sigma(-a)$, flipping the signs of all weights of $z$ leads from one to the other.
# The second is another function. With $r$ behind the product, all three products with the old state can be made at once, which is why fast
# libraries do it.
#
# To bring weights over from PyTorch:
#
# | PyTorch | here |
# |---|---|
# | `weight_ih_l0`, rows $r$, $z$, $n$ | `Wx`: transposed, signs of $z$ flipped; its $n$ is our $g$ |
# | `weight_hh_l0`, likewise | `Wh`: the same |
# | `bias_ih_l0` + `bias_hh_l0`, of $r$ and $z$ | `b`, signs of $z$ flipped |
# | `bias_ih_l0` of $n$ | `b` of $g$ |
# | `bias_hh_l0` of $n$, inside the brackets after $r$ | must be zero: we have no such bias |
#
# `gru_cell` is to the step what `lstm_cell` was. It gets what comes from the input and what comes from the state in two arrays. Why does
# one sum, as in the LSTM, not do?
#
# A `ValueError` names `Wx` or `Wh` where it does not have `3H` columns.


# %% nbgrader={"grade": false, "grade_id": "gru_step_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gru_cell(from_x: np.ndarray, from_h: np.ndarray, prev_h: np.ndarray) -> tuple[np.ndarray, Any]:
    """What follows the products: from_x, from_h (N, 3H), prev_h (N, H) -> next_h (N, H), cache."""
    ### BEGIN SOLUTION
    H = prev_h.shape[1]
    r, z = np.split(sigmoid(from_x[:, : 2 * H] + from_h[:, : 2 * H]), 2, axis=1)
    remembered = from_h[:, 2 * H :]
    g = np.tanh(from_x[:, 2 * H :] + r * remembered)
    next_h = (1 - z) * prev_h + z * g
    return next_h, (r, z, g, remembered, prev_h)
    ### END SOLUTION


def gru_step_forward(
    x: np.ndarray, prev_h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, Any]:
    """One step of a GRU (Cho et al., 2014), reset applied after the product, z the share that is new.

    Args:
        x: (N, D) the input of this step.
        prev_h: (N, H) the state before it.
        Wx: (D, 3H), the columns of r, z, g in this order.
        Wh: (H, 3H), likewise.
        b: (3H,), likewise; it goes with x.

    Returns:
        next_h: (N, H).
        cache: whatever gru_step_backward needs.

    Raises:
        ValueError: Wx or Wh does not have 3H columns.
    """
    ### BEGIN SOLUTION
    H = prev_h.shape[1]
    for name, W in (("Wx", Wx), ("Wh", Wh)):
        if W.shape[1] != 3 * H:
            raise ValueError(
                f"{name} has {W.shape[1]} columns; two gates and a candidate of {H} ask for {3 * H}"
            )
    next_h, cell_cache = gru_cell(x @ Wx + b, prev_h @ Wh, prev_h)
    return next_h, (x, prev_h, Wx, Wh, cell_cache)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gru_step_forward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(gru_step_forward)

# %% [markdown]
# ### 6. `gru_step_backward`
#
# One gradient comes in, and one state must be given its share of it. But $h_{t-1}$ was used in four places, so `dprev_h` has four parts:
#
# | this | was used in |
# |---|---|
# | $h_{t-1}$ | $h_t$, as the part that is kept; and in the products for $r$, for $z$ and for $g$ |
# | $z$ | $h_t$, twice: it lets $g$ in and keeps $h_{t-1}$ out |
# | $g$ | $h_t$, times $z$ |
# | $r$ | $g$, inside the tanh, times the product $h_{t-1} W_h^g$ |
# | that product | $g$, inside the tanh, times $r$ |
# | $x_t W_x^g$ and $b^g$ | $g$, inside the tanh; no gate stands before them |
#
# The last two lines are why `gru_cell_backward` hands back two gradients, of what came from the input and of what came from the state. In
# the columns of $r$ and $z$ they are equal. Where does `b` belong?
#
# This is the hardest derivation of the assignment, and about ten lines long.


# %% nbgrader={"grade": false, "grade_id": "gru_step_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gru_cell_backward(dnext_h: np.ndarray, cache: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Back through gru_cell: dnext_h (N, H), cache -> dfrom_x, dfrom_h (N, 3H), dprev_h (N, H) past the products."""
    ### BEGIN SOLUTION
    r, z, g, remembered, prev_h = cache
    dz = dnext_h * (g - prev_h)
    dg = dnext_h * z
    da_g = dg * (1 - g**2)
    dr = da_g * remembered
    da_r = dr * r * (1 - r)
    da_z = dz * z * (1 - z)
    dfrom_x = np.concatenate([da_r, da_z, da_g], axis=1)
    dfrom_h = np.concatenate([da_r, da_z, da_g * r], axis=1)
    return dfrom_x, dfrom_h, dnext_h * (1 - z)
    ### END SOLUTION


def gru_step_backward(
    dnext_h: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Back through one step of a GRU.

    Args:
        dnext_h: (N, H) gradient of the loss with respect to next_h.
        cache: of gru_step_forward.

    Returns:
        dx: (N, D).
        dprev_h: (N, H).
        dWx: (D, 3H).
        dWh: (H, 3H).
        db: (3H,).
    """
    ### BEGIN SOLUTION
    x, prev_h, Wx, Wh, cell_cache = cache
    dfrom_x, dfrom_h, kept = gru_cell_backward(dnext_h, cell_cache)
    dx = dfrom_x @ Wx.T
    dprev_h = kept + dfrom_h @ Wh.T
    dWx = x.T @ dfrom_x
    dWh = prev_h.T @ dfrom_h
    db = dfrom_x.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gru_step_backward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check(gru_step_backward)

# %% [markdown]
# ### 7. `gru_forward`
#
# All steps, with a single state to hand on. `h` is without `h0`. A `ValueError` names `x` where there is no step in it.


# %% nbgrader={"grade": false, "grade_id": "gru_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gru_forward(
    x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, Any]:
    """All steps of a GRU.

    Args:
        x: (N, T, D).
        h0: (N, H) the state before the first step.
        Wx: (D, 3H).
        Wh: (H, 3H).
        b: (3H,).

    Returns:
        h: (N, T, H) the states, without h0.
        cache: whatever gru_backward needs.

    Raises:
        ValueError: there is no step in x.
    """
    ### BEGIN SOLUTION
    T = x.shape[1]
    if T == 0:
        raise ValueError(f"x has the shape {x.shape}: there is no step in it; T must be at least 1")
    x = x.swapaxes(0, 1).copy()  # time first: what is used together lies together
    from_x = x @ Wx + b
    h, cell_caches = [h0], []
    for t in range(T):
        next_h, cell_cache = gru_cell(from_x[t], h[t] @ Wh, h[t])
        h.append(next_h)
        cell_caches.append(cell_cache)
    return np.stack(h[1:], axis=1), (x, np.stack(h[:-1]), Wx, Wh, cell_caches)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gru_forward", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(gru_forward)

# %% [markdown]
# ### 8. `gru_backward`
#
# At each state the gradient of its own output meets the one from the future, as ever. After the loop the weights wait: the gradient of `Wx`
# wants what arrived at the products with the inputs, that of `Wh` what arrived at the products with the states. In the LSTM these were one
# and the same array.


# %% nbgrader={"grade": false, "grade_id": "gru_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gru_backward(
    dh: np.ndarray, cache: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Back through all steps of a GRU.

    Args:
        dh: (N, T, H) gradient of the loss with respect to each state, through the output at its own step alone.
        cache: of gru_forward.

    Returns:
        dx: (N, T, D).
        dh0: (N, H).
        dWx: (D, 3H).
        dWh: (H, 3H).
        db: (3H,).
    """
    ### BEGIN SOLUTION
    x, prev_h, Wx, Wh, cell_caches = cache
    dfrom_x = np.empty((*prev_h.shape[:2], Wh.shape[1]), dtype=dh.dtype)
    dfrom_h = np.empty_like(dfrom_x)
    dnext_h = np.zeros_like(dh[:, 0])
    for t in reversed(range(len(x))):
        dfrom_x[t], dfrom_h[t], kept = gru_cell_backward(dh[:, t] + dnext_h, cell_caches[t])
        dnext_h = kept + dfrom_h[t] @ Wh.T
    dx = (dfrom_x @ Wx.T).swapaxes(0, 1)
    dWx = np.tensordot(x, dfrom_x, axes=((0, 1), (0, 1)))
    dWh = np.tensordot(prev_h, dfrom_h, axes=((0, 1), (0, 1)))
    db = dfrom_x.sum(axis=(0, 1))
    return dx, dnext_h, dWx, dWh, db
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gru_backward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(gru_backward)

# %% [markdown]
# ## From both ends
#
# ### 9. `reverse_sequences`
#
# Whether a quotation mark opens a string or closes it, one knows from what came before. Whether *bank* is a shore or a house of money, the
# next word may say. Where the whole sequence is there before an answer is due, a second network can read it from its end (Schuster and
# Paliwal, 1997).
#
# The sequences of a batch differ in length. The shorter ones are padded at their ends, and `lengths` says how many steps of each are real.
# With a dot for padding, at lengths of 5, 3 and 1:
#
#     x                  x[:, ::-1]         due
#     a b c d e          e d c b a          e d c b a
#     f g h . .          . . h g f          h g f . .
#     i . . . .          . . . . i          i . . . .
#
# In the middle **padding leaks**: a network that reads this from the left meets the dots first, and by the time it comes to `h` its state
# is whatever the padding has made of it. So each sequence is turned within its own length, and its padding stays where it is. Done twice,
# everything is back in place.
#
# What comes back is a copy. A `ValueError` names `lengths` where these are not `N` numbers from 1 to `T`.


# %% nbgrader={"grade": false, "grade_id": "reverse_sequences_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def reverse_sequences(x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Each sequence turned round; its padding stays where it is.

    Args:
        x: (N, T, D) sequences, padded at their ends.
        lengths: (N,) ints from 1 to T: how many steps of each are no padding.

    Returns:
        reversed: (N, T, D), a copy.

    Raises:
        ValueError: lengths is not N numbers from 1 to T.
    """
    ### BEGIN SOLUTION
    N, T = x.shape[:2]
    if lengths.shape != (N,) or lengths.min() < 1 or lengths.max() > T:
        raise ValueError(f"lengths is {lengths}; {N} numbers from 1 to {T} are due")
    t = np.arange(T)
    last = lengths[:, None] - 1
    order = np.where(t <= last, last - t, t)
    return x[np.arange(N)[:, None], order]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "reverse_sequences", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(reverse_sequences)

# %% [markdown]
# ### 10. `bidirectional_forward`
#
# Two networks with weights of their own, both beginning with zeros. One reads from the first step on; the other from the last real step
# back to the first. At each step their states are put side by side, so that half of the units knows the past, the other half the future,
# and both the present:
#
# $$h_t = \left[\; \overrightarrow{h}_t, \; \overleftarrow{h}_t \;\right], \qquad \overrightarrow{h}_t \text{ has read } x_1 \dots x_t, \qquad \overleftarrow{h}_t \text{ has read } x_{\mathrm{last}} \dots x_t$$
#
# The second one is the first on sequences that were turned round. Its states then come in the order of its reading, and must be turned back
# before they are put beside the others. Where there is padding, `h` is zero, whatever stood there: no number in the padding may change a
# number of the result.
#
# Each network is the tanh RNN that is given, so a wrong LSTM costs nothing here. `forward` and `backward` are dicts of its `Wx`, `Wh` and
# `b`. In a copy of your function put `lstm_forward` in its place, and weights of an LSTM: nothing else changes, and you have a
# bidirectional LSTM. (Leave the original; that is what is checked.)
#
# A `ValueError` names `lengths`, as before.


# %% nbgrader={"grade": false, "grade_id": "bidirectional_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bidirectional_forward(
    x: np.ndarray, lengths: np.ndarray, forward: dict[str, np.ndarray], backward: dict[str, np.ndarray]
) -> tuple[np.ndarray, Any]:
    """Two RNNs over each sequence, one from each end, both from a state of zeros (Schuster and Paliwal, 1997).

    Args:
        x: (N, T, D) sequences, padded at their ends with any finite numbers.
        lengths: (N,) ints from 1 to T.
        forward: Wx (D, H), Wh (H, H), b (H,) of the RNN that reads from the first step on.
        backward: the same of the RNN that reads from the last step on.

    Returns:
        h: (N, T, 2H) at each step the state of forward, then that of backward; zeros where there is padding.
        cache: whatever bidirectional_backward needs.

    Raises:
        ValueError: lengths is not N numbers from 1 to T.
    """
    ### BEGIN SOLUTION
    N, T = x.shape[:2]
    turned = reverse_sequences(x, lengths)
    h0 = np.zeros((N, len(forward["Wh"])), dtype=x.dtype)
    left, left_cache = rnn_forward(x, h0, **forward)
    right, right_cache = rnn_forward(turned, h0, **backward)
    mask = (np.arange(T) < lengths[:, None])[:, :, None]
    h = np.concatenate([left, reverse_sequences(right, lengths)], axis=2) * mask
    return h, (lengths.copy(), mask, left_cache, right_cache)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bidirectional_forward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(bidirectional_forward)

# %% [markdown]
# ### 11. `bidirectional_backward`
#
# The way back is the same way: each network gets its half of `dh`, in the order in which **it** read. `x` was read twice, so two gradients
# arrive at it, and one of them comes in the wrong order. At the padding `h` was zero whatever the networks did there; what `dh` says about
# it must not reach a weight.
#
# The gradients of the weights come back in two dicts, under the names that they had in `forward` and `backward`.


# %% nbgrader={"grade": false, "grade_id": "bidirectional_backward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bidirectional_backward(
    dh: np.ndarray, cache: Any
) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Back through both RNNs.

    Args:
        dh: (N, T, 2H) gradient of the loss with respect to h; whatever stands at the padding does not count.
        cache: of bidirectional_forward.

    Returns:
        dx: (N, T, D), zeros at the padding.
        dforward: the gradients of Wx, Wh and b of forward, under their names.
        dbackward: the same of backward.
    """
    ### BEGIN SOLUTION
    lengths, mask, left_cache, right_cache = cache
    dleft, dright = np.split(dh * mask, 2, axis=2)
    dx, _, *dforward = rnn_backward(dleft, left_cache)
    dturned, _, *dbackward = rnn_backward(reverse_sequences(dright, lengths), right_cache)
    names = "Wx", "Wh", "b"
    dx = dx + reverse_sequences(dturned, lengths)
    return dx, dict(zip(names, dforward, strict=True)), dict(zip(names, dbackward, strict=True))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bidirectional_backward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(bidirectional_backward)

# %% [markdown]
# ## What a cell costs
#
# ### 12. `count_parameters`
#
# How many numbers does a network learn? A tanh RNN has one block of columns, with a weight for each input, one for each unit, and a bias; a
# gated cell has several such blocks. Count those of the cells above, with **one** bias for each column. (PyTorch has two, and counts more.)
#
# Layers may be stacked: the lowest reads `D` inputs, each other one reads all that the layer below gives at a step. If the network reads
# from both ends, each layer consists of two networks of `H` units, and gives the states of both.
#
# A `ValueError` names `cell` where it is none of the three, and `D`, `H` or `layers` where it is below 1.


# %% nbgrader={"grade": false, "grade_id": "count_parameters_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_parameters(cell: str, D: int, H: int, layers: int = 1, bidirectional: bool = False) -> int:
    """How many numbers a recurrent network learns, with one bias for each gate.

    Args:
        cell: rnn, gru or lstm.
        D: inputs.
        H: units, of each direction.
        layers: how many are stacked; a layer reads all that the one below gives.
        bidirectional: whether each layer reads from both ends.

    Returns:
        count.

    Raises:
        ValueError: cell is none of these; D, H or layers is below 1.
    """
    ### BEGIN SOLUTION
    blocks = {"rnn": 1, "gru": 3, "lstm": 4}
    if cell not in blocks:
        raise ValueError(f"cell is {cell!r}; it must be rnn, gru or lstm")
    for name, number in (("D", D), ("H", H), ("layers", layers)):
        if number < 1:
            raise ValueError(f"{name} is {number}; it must be at least 1")
    directions = 2 if bidirectional else 1
    count = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * H
        count += directions * blocks[cell] * (inputs * H + H * H + H)
    return count
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "count_parameters", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(count_parameters)

# %% [markdown]
# ## Put it together: a sum that must wait
#
# The adding task (Hochreiter and Schmidhuber, 1997): forty numbers between 0 and 1 go by, one in each half is marked, and at the end the
# sum of the two is due. The first one is some thirty steps old by then. Who remembers nothing does best by always saying 1, with a mean
# squared error of 1/6.
#
# Three cells of 32 units each, with the same readout, the same optimizer and the same batches: your LSTM, your GRU, and the tanh RNN.

# %% tags=["demo"]
from itertools import product

from tqdm.auto import tqdm

from rnn_datasets import memory

Arrays = dict[str, np.ndarray]
batch, steps, units = 32, 40, 32
ways = {  # there, back, and how many blocks of columns
    "tanh RNN": (rnn_forward, rnn_backward, 1),
    "LSTM": (lstm_forward, lstm_backward, 4),
    "GRU": (gru_forward, gru_backward, 3),
}
x, y = memory.adding(np.random.default_rng(0), batch, steps)
print("numbers:", *(f"{number:.2f}" for number in x[0, x[0, :, 1] == 1, 0]), " due:", f"{y[0]:.2f}")


# %% tags=["demo"]
def fresh(cell: str, rng: np.random.Generator, forget_bias: float) -> Arrays:
    """Weights before learning, of a cell and of a readout of its last state; float32, for speed."""

    def small(*shape: int) -> np.ndarray:
        return np.asarray(rng.uniform(-1, 1, shape) / np.sqrt(units), np.float32)

    width = ways[cell][2] * units
    p = {"Wx": small(2, width), "Wh": small(units, width), "w": small(units)}
    p |= {"b": np.zeros(width, np.float32), "w_b": np.zeros(1, np.float32)}
    if cell == "LSTM":
        p["b"][units : 2 * units] = forget_bias
    return p


# %% tags=["demo"]
def gradients(cell: str, p: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[float, Arrays]:
    """The loss on a batch, and the gradient of each of the weights."""
    forward, backward, _ = ways[cell]
    h, cache = forward(x, np.zeros((batch, units), np.float32), p["Wx"], p["Wh"], p["b"])
    error = h[:, -1] @ p["w"] + p["w_b"] - y
    dsum = 2 * error / batch
    dh = np.zeros_like(h)
    dh[:, -1] = dsum[:, None] * p["w"]  # the other states are never read out
    _, _, dWx, dWh, db = backward(dh, cache)
    g = {"Wx": dWx, "Wh": dWh, "b": db, "w": dsum @ h[:, -1], "w_b": dsum.sum(keepdims=True)}
    return float((error**2).mean()), g


# %% tags=["demo"]
def adam(p: Arrays, g: Arrays, m: Arrays, v: Arrays, t: int, lr: float) -> None:
    """Step t, in place, with the gradients together cut to a norm of 1 (Kingma and Ba, 2015)."""
    norm = np.sqrt(sum((dw**2).sum() for dw in g.values()))
    for name, dw in g.items():
        dw = dw / max(norm, 1)
        m[name] += 0.1 * (dw - m[name])
        v[name] += 0.001 * (dw**2 - v[name])
        p[name] -= lr * (m[name] / (1 - 0.9**t)) / (np.sqrt(v[name] / (1 - 0.999**t)) + 1e-8)


# %% tags=["demo"]
def learn(
    cell: str, seed: int, forget_bias: float = 1.0, lr: float = 0.01, most: int = 1200
) -> tuple[Arrays, np.ndarray]:
    """Learn until the error has stayed below 0.01 for 50 steps, or no longer; the weights, and the losses."""
    p = fresh(cell, np.random.default_rng(seed), forget_bias)
    rng = np.random.default_rng(100 + seed)  # the batches: the same ones for every cell
    m, v = ({name: np.zeros_like(w) for name, w in p.items()} for _ in range(2))
    losses: list[float] = []
    while len(losses) < most and not (len(losses) >= 50 and np.mean(losses[-50:]) < 0.01):
        loss, g = gradients(cell, p, *memory.adding(rng, batch, steps))
        losses.append(loss)
        adam(p, g, m, v, len(losses), lr)
    return p, np.array(losses)


# %% [markdown]
# **Predict first.** Each cell is started from three seeds. Which of them get below the line of 1/6, and which gets there first? It takes
# about twenty seconds.

# %% tags=["demo"]
networks = tqdm([*product(ways, range(3))], unit="network")
learned = {(cell, seed): learn(cell, seed) for cell, seed in networks}
for (cell, seed), (_, losses) in learned.items():
    print(f"{cell:8} seed {seed}: {len(losses):4} steps, error of the last 50: {losses[-50:].mean():.3f}")


# %% tags=["demo"]
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for cell, color in zip(ways, ["#D55E00", "#0072B2", "#009E73"], strict=True):
    for seed in range(3):
        losses = learned[cell, seed][1]
        smooth = np.convolve(losses, np.full(50, 1 / 50), "valid")
        ax.semilogy(50 + np.arange(len(smooth)), smooth, color=color, label=cell if seed == 0 else None)
ax.axhline(1 / 6, color="gray", linestyle=":", label="always 1")
ax.set(xlabel="steps of learning", ylabel="mean squared error of the last 50 steps")
ax.legend()
plt.show()


# %% [markdown]
# A line that ends early has solved the task. The GRU (green) is through within 350 steps. The LSTM (blue) lies along the dotted line for
# hundreds of steps, as if there were nothing to learn, and then falls. The tanh RNN (orange) stays at the line to the end. A tenth of the
# learning rate does not help it: `learn("tanh RNN", 0, lr=0.001)`.
#
# Do not conclude that a GRU is the better cell. It is one task and one set of initial weights, and a start that keeps half (the GRU's $z$
# is about one half at first) is another start than the LSTM's, which keeps three quarters. What do you expect of
# `learn("LSTM", 0, forget_bias=3.0)`?
#
# ## How far a gradient gets
#
# Why can it learn this at all? Give the *last* cell a gradient, and send it back step by step with your `lstm_step_backward`. How much of
# it is found at the cell $k$ steps before? There are two ways back, along the cells and through the states. With `only_c` the second one is
# blocked.


# %% tags=["demo"]
def arrives(p: Arrays, only_c: bool = False) -> np.ndarray:
    """Of a gradient of the last cell, how much is found k steps before it: k = 0, ..., 50."""
    x, _ = memory.adding(np.random.default_rng(0), batch, 50)
    h, c, caches = np.zeros((batch, units)), np.zeros((batch, units)), []
    for t in range(50):
        h, c, cache = lstm_step_forward(x[:, t], h, c, p["Wx"], p["Wh"], p["b"])
        caches.append(cache)
    dh, dc = np.zeros_like(h), np.random.default_rng(1).standard_normal(c.shape)
    lengths = [np.linalg.norm(dc)]
    for cache in reversed(caches):
        _, dh, dc, *_ = lstm_step_backward(np.zeros_like(dh) if only_c else dh, dc, cache)
        lengths.append(np.linalg.norm(dc))
    left: np.ndarray = np.array(lengths) / lengths[0]
    return left


# %% [markdown]
# **Predict first.** Before any learning, with a forget bias of 1, every step keeps about $\sigma(1) = 0.73$ of the cell. After how many
# steps is half of a gradient left along the cells? How much is left after 50: a tenth, a thousandth, less than a millionth? And after
# learning?

# %% tags=["demo"]
biases = {0.0: "#E69F00", 1.0: "#0072B2", 3.0: "#009E73"}
at_first = {bias: fresh("LSTM", np.random.default_rng(0), bias) for bias in biases}
there = {(bias, only_c): arrives(p, only_c) for bias, p in at_first.items() for only_c in (True, False)}
then = {only_c: arrives(learned["LSTM", 0][0], only_c) for only_c in (True, False)}
for bias in biases:
    print(
        f"forget bias {bias:.0f}: after 50 steps {there[bias, True][50]:.1e} along the cells alone"
        f" (sigma(bias)^50 is {(1 + np.exp(-bias)) ** -50:.1e}), {there[bias, False][50]:.1e} by all ways"
    )
print(
    f"learned, from a bias of 1: {then[True][50]:.1e} along the cells alone, {then[False][50]:.1e} by all ways"
)


# %% tags=["demo"]
fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
for bias, color in biases.items():
    axes[0].semilogy(there[bias, True], color=color, linestyle="--")
    axes[0].semilogy(there[bias, False], color=color, label=f"forget bias {bias:.0f}")
for line, color, label in ((there[1.0, False], "#0072B2", "at first"), (then[False], "#CC79A7", "learned")):
    axes[1].semilogy(line, color=color, label=label)
axes[1].semilogy(there[1.0, True], color="#0072B2", linestyle="--")
axes[1].semilogy(then[True], color="#CC79A7", linestyle="--")
for ax, title in zip(axes, ("before learning", "from a forget bias of 1"), strict=True):
    ax.set(title=title, xlabel="steps back, k", ylabel="what is left of the gradient")
    ax.legend(loc="lower left")
plt.show()


# %% [markdown]
# Dashed is the way along the cells alone, full is by all ways; on the left, a forget bias of 0 (orange) is lowest and one of 3 (green)
# highest. Before learning the dashed lines are straight: every step takes the same factor, the forget gate. With a bias of 1 half is left
# after 2.2 steps and less than a millionth after 50. **A forget bias of 1 does not make an LSTM remember.** By way of the states more
# arrives, since those paths add up; with a bias of 3 there is more of it in the end than there was at first.
#
# And yet the task was learned from a bias of 1. On the right, learning has bent the dashed line (pink). It falls for a few steps, and from
# there on far more slowly. What is it that stays? Look for the unit whose forget gate is widest open, and read along.


# %% tags=["demo"]
def read(p: Arrays, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The input gate, the forget gate and the cell of each unit along one sequence x (T, 2); each (T, units)."""
    h, c, rows = np.zeros((1, units)), np.zeros((1, units)), []
    for step in x:
        a = step[None] @ p["Wx"] + h @ p["Wh"] + p["b"]
        h, c, _ = lstm_step_forward(step[None], h, c, p["Wx"], p["Wh"], p["b"])
        rows.append((sigmoid(a[0, :units]), sigmoid(a[0, units : 2 * units]), c[0]))
    i, f, cells = (np.stack(column) for column in zip(*rows, strict=True))
    return i, f, cells


# %% tags=["demo"]
x, y = memory.adding(np.random.default_rng(0), 1, steps)
i, f, cells = read(learned["LSTM", 0][0], x[0])
j = f.mean(axis=0).argmax()

fig, axes = plt.subplots(2, figsize=(8, 4.5), layout="constrained", sharex=True)
axes[0].plot(f[:, j], color="#0072B2", label="forget gate")
axes[0].plot(i[:, j], color="#E69F00", linestyle="--", label="input gate")
axes[0].set(ylabel=f"gates of unit {j}", ylim=(-0.05, 1.05))
axes[0].legend(loc="center right")
axes[1].plot(cells[:, j], color="black")
axes[1].set(ylabel="its cell, $c$", xlabel="step (dotted: a marked number)")
for ax in axes:
    for mark in np.flatnonzero(x[0, :, 1]):
        ax.axvline(mark, color="gray", linestyle=":")
plt.show()

# %% [markdown]
# This unit keeps nearly everything at every step. Its input gate is all but shut, and opens at the two marks: two stairs, with a small leak
# between them, and the sum is there. Nobody told it to. Hardly another unit does so: the forget gates of the rest stand below 0.9 on the
# average, where half of a cell is gone within seven steps. One unit among 32 has a share of about $1/\sqrt{32} = 0.18$ in the length of a
# random gradient, and about there the dashed line bent.
#
# So a bias is where a gate starts; what it does afterwards it learns from the input. Was the 1 needed at all? Try
# `learn("LSTM", 0, forget_bias=0.0)`, and other seeds.

# %% [markdown]
# ## In words
#
# ### 13. What does a gate promise?
#
# 1. Follow a gradient from $c_t$ to $c_{t-1}$ along the cells alone. By what is it multiplied, and where has the matrix gone that a tanh
#    RNN has there? With a forget gate that always stands at $\sigma(3)$, after how many steps is half of it left, and which bias makes it
#    half after 100? Does a bias of 1 at the start guarantee that an LSTM remembers, and does one of 0 guarantee that it forgets?
# 2. Somebody carries the weights of a trained GRU over from PyTorch, transposes them, and forgets the signs of $z$. All shapes fit and
#    nothing is raised. What will a unit do now whose $z$, as we define it, was near 0 most of the time? Why does a look at the states not
#    betray it, and what would?
# 3. A bidirectional network tags the words of a sentence better than one that reads forward. Somebody wants to use it to write text,
#    character by character. Why does that not work, and what would a training on predicting the next character teach it?
#
# Three to six sentences for each. An argument counts, not its length.

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_a_gate_promises", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# *For the grader: 2 + 1.5 + 1.5 points.*
#
# 1. **By the forget gate, element by element**: $c_t = f \odot c_{t-1} + i \odot g$, and the old cell stands there without a matrix. In a
#    tanh RNN the state passes through $W_h$ and a tanh at every step; in an LSTM $W_h$ is met only on the ways through the gates and the
#    candidate. $0.953^k = 1/2$ gives **about 14 steps**. For 100 steps the gate must stand at $2^{-1/100} = 0.9931$, which takes **a bias
#    of about 5** ($\ln(0.9931 / 0.0069) = 4.97$). **Neither is guaranteed**: the gate also listens to the input and the state, and learns;
#    the demonstration's LSTM began with a factor below a millionth over 50 steps and solved the task. *Half a point each: the factor and
#    the missing matrix; about 14; about 5; no guarantee, with a reason.*
# 2. Near 0 meant: **keep**. Carried over with the wrong signs, the same gate stands near 1, so **the unit overwrites its state with the
#    candidate at every step** and forgets what it held. (Units that always took the new now stand still.) The states remain mixtures of
#    numbers between -1 and 1, so range and shape look right; at $z = 1/2$ the two even agree. What betrays it: **the same input and state
#    through both libraries, and the results compared**. *One point for keep that became overwrite, half a point for why it is not seen and
#    a test that sees it.*
# 3. The state of the backward direction at a character **has read the characters after it**, and while one writes these do not exist. In
#    training they do: the next character, which is due, stands in the input of the backward direction, so **it learns to copy the answer**,
#    with a loss near zero and nothing learned about text. *One point for the future that does not exist when writing, half a point for the
#    answer that leaks in training. Credit for: it may well read a text that is there, as an encoder does.*
