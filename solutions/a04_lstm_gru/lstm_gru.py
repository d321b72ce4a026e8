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

# %%
import os
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import numpy as np

from rnn_autograder import check

# %% [markdown]
# ## What is given


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
    h0 = np.zeros((N, len(forward["b"])), dtype=x.dtype)
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
    for name, size in (("D", D), ("H", H), ("layers", layers)):
        if size < 1:
            raise ValueError(f"{name} is {size}; it must be at least 1")
    directions = 2 if bidirectional else 1
    count = 0
    for layer in range(layers):
        inputs = D if layer == 0 else directions * H
        count += directions * blocks[cell] * (inputs * H + H * H + H)
    return count
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "count_parameters", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(count_parameters)
