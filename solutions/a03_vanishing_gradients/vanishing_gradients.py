# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 3: how far a gradient gets
#
# On its way back through a hundred steps a gradient is multiplied a hundred times. What is multiplied that often is
# soon nearly nothing, or enormous. In this assignment you measure which of the two, choose weights to begin with that
# make it neither, cut what is too large, take steps that do not mind, and build shortcuts.
#
# Ten small functions, with NumPy alone:
#
# | | function | its job | points |
# |---|---|---|---|
# | 1 | `activation_gradient` | the slopes of four activations | 4 |
# | 2 | `jacobian_norms` | what is left after k steps back | 6 |
# | 3 | `scale_spectral_norm` | weights with a given gain | 3 |
# | 4 | `orthogonal_init` | weights that keep every length | 5 |
# | 5 | `identity_init` | weights that keep everything as it is | 3 |
# | 6 | `clip_grad_norm` | gradients that are not too long | 5 |
# | 7 | `rmsprop_step` | steps in proportion to what is usual | 4 |
# | 8 | `adam_step` | the same, with momentum | 6 |
# | 9 | `residual_rnn_forward` | a shortcut through time | 4 |
# | 10 | `stacked_rnn_forward` | several layers, one above the other | 6 |
#
# Then you draw how gradients vanish, send three optimizers over a cliff, and one question (5 points) wants an answer in words.
# Lecture 3 has the pictures and the derivation.
#
# **How to check.** Below each function stands a cell that says `check(...)`. Run it as often as you like. It calls your
# function, says which promises hold, and names the mistake where it knows it. The grading asks the same with other
# numbers.
#
# **What every function promises**
#
# - Arrays are batch-first: `N` sequences, `T` steps, then what stands at a step: `D` inputs, `H` hidden units. Weights multiply
#   from the right: a step of a tanh RNN is $h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$.
# - Real arguments are float64, and so are real results. Nothing is rounded on the way.
# - The arguments are left as they were, weights and gradients too: an optimizer here *returns* new weights. The caller still needs the
#   old ones.
# - All chance comes from the `rng` that is given.
# - Where an argument makes no sense, a `ValueError` names it. Which ones must be looked at, the exercise says.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import matplotlib.pyplot as plt
import numpy as np

from rnn_autograder import check

# %% [markdown]
# ## What is left after k steps
#
# ### 1. `activation_gradient`
#
# Every step back multiplies by the slope of the activation. Four of them, $f(z)$, with $\sigma$ for the sigmoid:
#
# | `name` | $f(z)$ | |
# |---|---|---|
# | `tanh` | $\tanh z$ | |
# | `sigmoid` | $\sigma(z) = 1 / (1 + e^{-z})$ | |
# | `relu` | $z$ where $z > 0$, else $0$ | |
# | `leaky_relu` | $z$ where $z > 0$, else $0.01\,z$ | (Maas, Hannun and Ng, 2013) |
#
# The slope is due at `z`, the argument of the activation, not its result. At zero the two ReLUs have a kink and no slope; by convention they
# get the one of the left side there.
#
# Far from zero the slope is zero, or a constant, and never `nan`: `z` may be 1e5 or -1e5, where $e^{-z}$ is infinite. A `ValueError` names
# `name` where it is none of the four.


# %% nbgrader={"grade": false, "grade_id": "activation_gradient_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def activation_gradient(z: np.ndarray, name: str) -> np.ndarray:
    """The slope of an activation.

    Args:
        z: any shape; where the slope is wanted, up to 1e5 on either side.
        name: tanh, sigmoid, relu or leaky_relu.

    Returns:
        slope: float64, the shape of z.

    Raises:
        ValueError: name is none of these.
    """
    ### BEGIN SOLUTION
    if name == "tanh":
        slope: np.ndarray = 1 - np.tanh(z) ** 2
    elif name == "sigmoid":
        s = (1 + np.tanh(z / 2)) / 2
        slope = s * (1 - s)
    elif name == "relu":
        slope = np.where(z > 0, 1.0, 0.0)
    elif name == "leaky_relu":
        slope = np.where(z > 0, 1.0, 0.01)
    else:
        raise ValueError(f"name is {name!r}; it must be tanh, sigmoid, relu or leaky_relu")
    return slope
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "activation_gradient", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(activation_gradient)

# %% [markdown]
# ### 2. `jacobian_norms`
#
# A small change of $h_{t-1}$ changes $h_t$ by the Jacobian of the step. With states as rows and $h_t = \tanh(a_t)$, a gradient goes back one step
# by
#
# $$dh_{t-1} = \left( dh_t \odot (1 - h_t^2) \right) W_h^\top,$$
#
# and the Jacobian of $k$ steps is the product of $k$ such matrices, each with the slopes of its own $h_t$. The most by which it can stretch a
# gradient is its **largest singular value**, also called its spectral norm. That is what is due, for every $k$:
#
# $$\mathrm{norms}_{n,k} = \left\lVert \frac{\partial h_T}{\partial h_{T-k}} \right\rVert_2, \qquad k = 0, \dots, T - 1$$
#
# With `k` of zero nothing was multiplied yet, and the norm is 1. The norm of a product is not the product of the norms: that is only a bound for
# it, and how far below it the truth lies is half of what the lecture has to say. So multiply first.
#
# The inputs $x$ and the weights $W_x$ are not needed: all that they did is in `h`. A `ValueError` names `Wh` where it is not `(H, H)` for the `H` of the
# states, and `h` where there is no step in it.


# %% nbgrader={"grade": false, "grade_id": "jacobian_norms_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def jacobian_norms(h: np.ndarray, Wh: np.ndarray) -> np.ndarray:
    """How far the last state of a tanh RNN can feel each state before it (Pascanu, Mikolov and Bengio, 2013).

    Args:
        h: (N, T, H) the states.
        Wh: (H, H).

    Returns:
        norms: (N, T) largest singular value of the Jacobian of the last state with respect to the one k steps
            before it.

    Raises:
        ValueError: Wh is not (H, H), or T is 0.
    """
    ### BEGIN SOLUTION
    N, T, H = h.shape
    if T == 0:
        raise ValueError(f"h has the shape {h.shape}: there is no step in it; T must be at least 1")
    if Wh.shape != (H, H):
        raise ValueError(f"Wh has the shape {Wh.shape}; states of {H} units ask for {(H, H)}")
    norms = np.ones((N, T))
    product = np.broadcast_to(np.eye(H), (N, H, H))
    for k in range(1, T):
        slopes = 1 - h[:, T - k] ** 2
        product = (product * slopes[:, None, :]) @ Wh.T
        norms[:, k] = np.linalg.norm(product, ord=2, axis=(1, 2))
    return norms
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "jacobian_norms", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(jacobian_norms)

# %% [markdown]
# ## Where to begin
#
# ### 3. `scale_spectral_norm`
#
# To see what the largest singular value of `Wh` does, one must be able to set it. A matrix times a number has all its singular values
# times that number. So: `W` times the number that makes the largest one `sigma`. No direction changes.
#
# A `ValueError` names `sigma` where it is not above zero, and `W` where it is all zeros: no number makes something of that.


# %% nbgrader={"grade": false, "grade_id": "scale_spectral_norm_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scale_spectral_norm(W: np.ndarray, sigma: float) -> np.ndarray:
    """A multiple of a matrix, with a given largest singular value.

    Args:
        W: (rows, columns), any two sizes.
        sigma: the largest singular value that is wanted, above 0.

    Returns:
        W: the shape of W.

    Raises:
        ValueError: sigma is not above 0, or W is all zeros.
    """
    ### BEGIN SOLUTION
    if not sigma > 0:
        raise ValueError(f"sigma is {sigma}; it must be above 0")
    largest = np.linalg.norm(W, ord=2)
    if largest == 0:
        raise ValueError("W is all zeros: no multiple of it has another norm than 0")
    scaled: np.ndarray = W * (sigma / largest)
    return scaled
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "scale_spectral_norm", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(scale_spectral_norm)

# %% [markdown]
# ### 4. `orthogonal_init`
#
# An orthogonal matrix turns and mirrors, and leaves every length as it is: all its singular values are one. Multiplied a hundred times it still
# does. Saxe, McClelland and Ganguli (2014) begin with one.
#
# It is made from a matrix of standard normal numbers by the QR decomposition, $A = QR$, where the columns of $Q$ are orthonormal and $R$ is upper
# triangular. Two things to mind:
#
# - A matrix with more columns than rows cannot have orthonormal columns. Then its **rows** are. In short: the shorter of the two axes counts the vectors.
# - `np.linalg.qr` decides by itself on the signs of $R$'s diagonal, and with them on signs in $Q$; where there is more than one row, the first
#   element of $Q$ is then never positive. All orthogonal matrices are equally likely once each column of $Q$ is multiplied by the sign of $R$'s diagonal element of that column
#   (Mezzadri, 2007).
#
# A `ValueError` names `shape` where it is not two sizes of at least one.


# %% nbgrader={"grade": false, "grade_id": "orthogonal_init_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def orthogonal_init(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A matrix with orthonormal columns, or rows where there are fewer; all such matrices are equally likely.

    Args:
        shape: (rows, columns).
        rng: the only source of chance.

    Returns:
        Q: of that shape.

    Raises:
        ValueError: shape is not two positive sizes.
    """
    ### BEGIN SOLUTION
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"shape is {shape}; two sizes of at least 1 are due")
    Q, R = np.linalg.qr(rng.standard_normal((max(shape), min(shape))))
    Q = Q * np.sign(np.diag(R))
    return Q if shape[0] >= shape[1] else Q.T
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "orthogonal_init", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(orthogonal_init)

# %% [markdown]
# ### 5. `identity_init`
#
# The simplest orthogonal matrix is the identity. A network of ReLUs that begins with it, and with a bias of zero, starts out by copying its state from step to
# step; the input is only whispered to it. Le, Jaitly and Hinton (2015) found that this learns sums over a few hundred steps.
#
# `Wh` is `scale` times the identity, `b` is zero, and the numbers in `Wx` are normal with mean zero and standard deviation 0.001. A scale
# below one makes a network that forgets.


# %% nbgrader={"grade": false, "grade_id": "identity_init_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def identity_init(
    D: int, H: int, rng: np.random.Generator, scale: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of a recurrent network of ReLUs that begins by copying its state (Le, Jaitly and Hinton, 2015).

    Args:
        D: inputs.
        H: hidden units.
        rng: the only source of chance.
        scale: what stands on the diagonal of Wh.

    Returns:
        Wx: (D, H).
        Wh: (H, H).
        b: (H,).
    """
    ### BEGIN SOLUTION
    Wx = 0.001 * rng.standard_normal((D, H))
    Wh = scale * np.eye(H)
    b = np.zeros(H)
    return Wx, Wh, b
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "identity_init", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(identity_init)

# %% [markdown]
# ## Steps that do not go too far
#
# ### 6. `clip_grad_norm`
#
# Where gradients explode, a single step can undo a day of learning. Pascanu, Mikolov and Bengio (2013) make a gradient that is too long shorter and keep
# its direction. All arrays together are one long vector; its norm is
#
# $$\lVert g \rVert = \sqrt{\sum_{\text{arrays}} \; \sum_{\text{elements}} g^2},$$
#
# and every array is multiplied by the same factor $\min(1, \mathrm{max\_norm} / \lVert g \rVert)$.
#
# - The norm that comes back is the one **before** clipping: it is what one wants to watch.
# - A gradient that is short enough comes back as it is, to the last bit. Clipping never makes anything longer.
# - Gradients that are all zero are short enough, too.
#
# A `ValueError` names `max_norm` where it is not above zero, and the array, by its key in `grads`, where there is a `nan` or an infinity in it: one of those
# would spoil all the others, and nobody would know where it came from.


# %% nbgrader={"grade": false, "grade_id": "clip_grad_norm_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def clip_grad_norm(grads: dict[str, np.ndarray], max_norm: float) -> tuple[dict[str, np.ndarray], float]:
    """Shorten gradients that are too long together (Pascanu, Mikolov and Bengio, 2013).

    Args:
        grads: the gradient of each parameter, of any shape, by name.
        max_norm: the norm that they may have, above 0.

    Returns:
        grads: under the same names.
        norm: of all of them together, before clipping.

    Raises:
        ValueError: max_norm is not above 0, or a gradient is not finite.
    """
    ### BEGIN SOLUTION
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}; it must be above 0")
    for key, g in grads.items():
        if not np.isfinite(g).all():
            raise ValueError(f"the gradient of {key} holds nan or inf")
    norm = float(np.sqrt(sum((g**2).sum() for g in grads.values())))
    factor = max_norm / norm if norm > max_norm else 1.0
    return {key: factor * g for key, g in grads.items()}, norm
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "clip_grad_norm", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(clip_grad_norm)

# %% [markdown]
# ### 7. `rmsprop_step`
#
# The size of a gradient says little about how far to go: it may be tiny for steps on end and then jump. RMSProp (Tieleman and Hinton, 2012) keeps, for each
# element, a running mean of its squares, and divides by the root of that:
#
# $$v \leftarrow \rho\, v + (1 - \rho)\, g^2, \qquad w \leftarrow w - \eta\, \frac{g}{\sqrt{v} + \epsilon}$$
#
# elementwise, with $g$ for `dw` and $\eta$ for `lr`. The division uses the new $v$. $\epsilon$ stands outside the root; without it, an element that
# never had a gradient would be zero by zero.


# %% nbgrader={"grade": false, "grade_id": "rmsprop_step_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rmsprop_step(
    w: np.ndarray, dw: np.ndarray, v: np.ndarray, lr: float, rho: float = 0.99, eps: float = 1e-8
) -> tuple[np.ndarray, np.ndarray]:
    """One step of RMSProp (Tieleman and Hinton, 2012).

    Args:
        w: a parameter, any shape.
        dw: its gradient.
        v: the running mean of the squares so far; zeros before the first step.
        lr: learning rate.
        rho: how much of v is kept.
        eps: keeps the division finite.

    Returns:
        w: the new parameter.
        v: the new mean.
    """
    ### BEGIN SOLUTION
    v = rho * v + (1 - rho) * dw**2
    w = w - lr * dw / (np.sqrt(v) + eps)
    return w, v
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rmsprop_step", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(rmsprop_step)

# %% [markdown]
# ### 8. `adam_step`
#
# Adam (Kingma and Ba, 2015) keeps a running mean of the gradients as well, and goes in its direction:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2$$
#
# Both begin at zero, so at first both are too small: after one step $m$ is only $(1 - \beta_1)\, g$. After $t$ steps a constant gradient
# would have reached the share $1 - \beta^t$ of itself, so they are divided by that:
#
# $$\hat m = \frac{m}{1 - \beta_1^t}, \qquad \hat v = \frac{v}{1 - \beta_2^t}, \qquad w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \epsilon}$$
#
# What comes back for the next step are $m$ and $v$ as they are, not the corrected ones. `t` counts this step too: at the first it is 1. A
# `ValueError` names `t` where it is below 1.


# %% nbgrader={"grade": false, "grade_id": "adam_step_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def adam_step(
    w: np.ndarray,
    dw: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: int,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of Adam (Kingma and Ba, 2015).

    Args:
        w: a parameter, any shape.
        dw: its gradient.
        m: the running mean of the gradients so far; zeros before the first step.
        v: the running mean of their squares so far; zeros before the first step.
        t: which step this is, from 1.
        lr: learning rate.
        beta1: how much of m is kept.
        beta2: how much of v is kept.
        eps: keeps the division finite.

    Returns:
        w: the new parameter.
        m: the new mean, not corrected.
        v: the new mean of squares, not corrected.

    Raises:
        ValueError: t is below 1.
    """
    ### BEGIN SOLUTION
    if t < 1:
        raise ValueError(f"t is {t}; the first step is number 1")
    m = beta1 * m + (1 - beta1) * dw
    v = beta2 * v + (1 - beta2) * dw**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    w = w - lr * m_hat / (np.sqrt(v_hat) + eps)
    return w, m, v
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "adam_step", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(adam_step)

# %% [markdown]
# ## Shortcuts and stacks
#
# ### 9. `residual_rnn_forward`
#
# A residual network (He et al., 2016) adds to what it has, where another would replace it. Over time instead of over layers that is
#
# $$h_t = h_{t-1} + \tanh(x_t W_x + h_{t-1} W_h + b).$$
#
# The Jacobian of such a step is the identity *plus* the one you know. A gradient has a way back on which nothing multiplies it.
#
# A `ValueError` names `x` where there is no step in it, and `Wh` where it is not `(H, H)` for the `H` of `h0`.


# %% nbgrader={"grade": false, "grade_id": "residual_rnn_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def residual_rnn_forward(
    x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> np.ndarray:
    """A tanh RNN whose steps add to the state.

    Args:
        x: (N, T, D).
        h0: (N, H) the state before the first input.
        Wx: (D, H).
        Wh: (H, H).
        b: (H,).

    Returns:
        h: (N, T, H) the state after each input.

    Raises:
        ValueError: T is 0, or Wh is not (H, H).
    """
    ### BEGIN SOLUTION
    T, H = x.shape[1], h0.shape[1]
    if T == 0:
        raise ValueError(f"x has the shape {x.shape}: there is no step in it; T must be at least 1")
    if Wh.shape != (H, H):
        raise ValueError(f"Wh has the shape {Wh.shape}; states of {H} units ask for {(H, H)}")
    prev_h, states = h0, []
    for t in range(T):
        prev_h = prev_h + np.tanh(x[:, t] @ Wx + prev_h @ Wh + b)
        states.append(prev_h)
    return np.stack(states, axis=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "residual_rnn_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(residual_rnn_forward)

# %% [markdown]
# ### 10. `stacked_rnn_forward`
#
# The states of one recurrent layer are a sequence, so a second layer can read them, and a third the second's. Each layer $l$ has weights and an
# initial state of its own, and is a tanh RNN without shortcuts:
#
# $$h^l_t = \tanh(h^{l-1}_t W^l_x + h^l_{t-1} W^l_h + b^l), \qquad h^0_t = x_t$$
#
# `layers[0]` reads `x`. Two things are due: the states of the top layer at every step, and the **last** state of every layer, from which the network
# could read on.
#
# A `ValueError` names `x` where there is no step in it, and `layers` where there are none, or not as many as `h0` has states for.


# %% nbgrader={"grade": false, "grade_id": "stacked_rnn_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def stacked_rnn_forward(
    x: np.ndarray, h0: np.ndarray, layers: list[dict[str, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Tanh RNNs of which each reads the states of the one below (Pascanu, Gulcehre, Cho and Bengio, 2014).

    Args:
        x: (N, T, D).
        h0: (L, N, H) the state of each layer before the first input.
        layers: L dicts from the bottom up: Wx, (D, H) at the bottom and (H, H) above; Wh (H, H); b (H,).

    Returns:
        h: (N, T, H) the states of the top layer.
        last: (L, N, H) the last state of each layer.

    Raises:
        ValueError: T is 0, or layers is empty or does not match h0.
    """
    ### BEGIN SOLUTION
    if x.shape[1] == 0:
        raise ValueError(f"x has the shape {x.shape}: there is no step in it; T must be at least 1")
    if not layers or len(layers) != len(h0):
        raise ValueError(f"there are {len(layers)} layers, and h0 has {len(h0)} states; one each is due")
    below, last = x, []
    for layer, prev_h in zip(layers, h0, strict=True):
        states = []
        for t in range(x.shape[1]):
            prev_h = np.tanh(below[:, t] @ layer["Wx"] + prev_h @ layer["Wh"] + layer["b"])
            states.append(prev_h)
        below = np.stack(states, axis=1)
        last.append(prev_h)
    return below, np.stack(last)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "stacked_rnn_forward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(stacked_rnn_forward)

# %% [markdown]
# ## Put it together: what is left of a gradient
#
# A network of 64 units reads noise for a hundred steps. `scale_spectral_norm` sets the gain of its `Wh`, and `jacobian_norms` says what
# is left of a gradient after `k` steps back. The first 20 states are not looked at: by then the start is forgotten.


# %% tags=["demo"]
def what_is_left(Wh: np.ndarray, loudness: float = 0.1, seed: int = 0) -> np.ndarray:
    """Norm of the Jacobian of k steps for k = 0, ..., 80: the mean over four sequences."""
    rng = np.random.default_rng(seed)
    x = loudness * rng.standard_normal((4, 101, 8))
    layer = {"Wx": orthogonal_init((8, 64), rng), "Wh": Wh, "b": np.zeros(64)}
    h, _ = stacked_rnn_forward(x, np.zeros((1, 4, 64)), [layer])
    mean: np.ndarray = jacobian_norms(h[:, 20:], Wh).mean(axis=0)
    return mean


# %% [markdown]
# **Predict first.** Two matrices, one of normal numbers and one that is orthogonal, both scaled so that their largest singular value is 1.5. The bound
# is the same for both, and after 80 steps it stands at $1.5^{80}$, a hundred trillion. Does the gradient explode in both, in one, in neither?

# %% tags=["demo"]
chance = np.random.default_rng(1)
starts = {"normal numbers": chance.standard_normal((64, 64)), "orthogonal": orthogonal_init((64, 64), chance)}
gains = {0.9: "#0072B2", 1.0: "#009E73", 1.1: "#E69F00", 1.5: "#D55E00"}
left = {(start, s): what_is_left(scale_spectral_norm(W, s)) for start, W in starts.items() for s in gains}

fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
for ax, start in zip(axes, starts, strict=True):
    for sigma, color in gains.items():
        ax.semilogy(left[start, sigma], color=color, label=f"largest singular value {sigma}")
        ax.semilogy(sigma ** np.arange(81), color=color, linestyle=":", linewidth=1)
    ax.set(title=start, xlabel="steps back, k", ylabel="norm of the Jacobian", ylim=(1e-20, 1e15))
axes[0].legend(loc="lower left", fontsize=8)
plt.show()

# %% [markdown]
# Full lines are measured, dotted ones the bound. Below one, everything vanishes, as the bound says it must. Above one it does not say much: with
# normal numbers 1.5 is not enough, and less than a ten-thousandth of the gradient is left after 80 steps; with the orthogonal matrix it has
# grown more than a hundredfold. In a matrix of normal numbers the largest singular value belongs to one direction, and the next step does not find
# the gradient there again; the orthogonal matrix treats all directions alike. So a largest singular value above one is necessary for an explosion, and not sufficient.
#
# Make the input louder: `what_is_left(starts["orthogonal"], loudness=1.0)`. Which of the two factors of a Jacobian changes, and which way?
#
# ## A shortcut, measured
#
# A nudge of length 1e-6 is given to the initial state. How long is the difference that it has made, `k` steps later, in an ordinary network and in
# a residual one with the same weights? The largest singular value is 0.1.


# %% tags=["demo"]
def echo(residual: bool, sigma: float = 0.1, seed: int = 0) -> np.ndarray:
    """How much of a nudge of h0 is found in the state k steps later, k = 1, ..., 100."""
    rng = np.random.default_rng(seed)
    x, h0 = 0.1 * rng.standard_normal((4, 100, 8)), 0.1 * rng.standard_normal((4, 64))
    nudge = scale_spectral_norm(rng.standard_normal((1, 64)), 1e-6)
    Wx, Wh = orthogonal_init((8, 64), rng), scale_spectral_norm(rng.standard_normal((64, 64)), sigma)
    layer = {"Wx": Wx, "Wh": Wh, "b": np.zeros(64)}
    if residual:
        change = residual_rnn_forward(x, h0 + nudge, **layer) - residual_rnn_forward(x, h0, **layer)
    else:
        ran = [stacked_rnn_forward(x, start[None], [layer])[0] for start in (h0 + nudge, h0)]
        change = ran[0] - ran[1]
    length: np.ndarray = np.linalg.norm(change, axis=2).mean(axis=0) / 1e-6
    return length


# %% tags=["demo"]
echoes = {"ordinary": echo(residual=False), "residual": echo(residual=True)}

fig, ax = plt.subplots(figsize=(8, 3.5), layout="constrained")
for (name, length), color in zip(echoes.items(), ["#0072B2", "#E69F00"], strict=True):
    ax.semilogy(np.arange(1, 101), np.maximum(length, 1e-10), color=color, label=name)
ax.axhline(1, color="gray", linestyle=":")
ax.set(xlabel="steps after the nudge", ylabel="what is left of it")
ax.legend()
plt.show()

# %% [markdown]
# In the ordinary network nothing of it can be found after ten steps; what is below 1e-10 is rounding, and drawn there. Along the other's shortcut it
# goes on and on. It even grows, more than tenfold in a hundred steps: the shortcut keeps what is there, and each step adds to it.
#
# ## Over the cliff
#
# The smallest network that explodes has one unit, no input, and two numbers to learn (after Pascanu, Mikolov and Bengio, 2013):
#
# $$h_t = \sigma(w\, h_{t-1} + b), \qquad h_0 = \tfrac12, \qquad \mathrm{loss} = (h_{50} - 0.7)^2$$
#
# Where $w$ is large, the unit ends either high or low, and a hair's breadth decides which. The loss has a cliff there, and at its edge the gradient is enormous.


# %% tags=["demo"]
def cliff(w: float, b: float) -> tuple[float, float, float]:
    """The loss after 50 steps, and its slopes in w and b, carried along from step to step."""
    h, dh_dw, dh_db = 0.5, 0.0, 0.0
    for _ in range(50):
        z = w * h + b
        slope = activation_gradient(np.array([z]), "sigmoid")[0]
        dh_dw, dh_db = slope * (h + w * dh_dw), slope * (1 + w * dh_db)
        h = (1 + np.tanh(z / 2)) / 2
    return (h - 0.7) ** 2, 2 * (h - 0.7) * dh_dw, 2 * (h - 0.7) * dh_db


# %% tags=["demo"]
def descend(rule: str, max_norm: float, start: tuple[float, float], steps: int = 200) -> np.ndarray:
    """Learn w and b by one rule; where it stood before each step, and the loss there (steps, 3)."""
    p, m, v = np.array(start), np.zeros(2), np.zeros(2)
    path = []
    for t in range(1, steps + 1):
        loss, *slopes = cliff(*p)
        path.append([*p, loss])
        g = clip_grad_norm({"w and b": np.array(slopes)}, max_norm)[0]["w and b"]
        if rule == "plain":
            p = p - 0.1 * g
        elif rule == "RMSProp":
            p, v = rmsprop_step(p, g, v, 0.01)
        else:
            p, m, v = adam_step(p, g, m, v, t, 0.02)
    return np.array(path)


# %% [markdown]
# **Predict first.** Plain descent, RMSProp and Adam start from six places at the edge, each without clipping and with a threshold of 1. Which of them are
# thrown far away? Adam and RMSProp divide by the size of the gradient: do they still need clipping?

# %% tags=["demo"]
edge = np.array([5.0, -2.4]) + np.random.default_rng(0).uniform(-0.05, 0.05, (6, 2))
paths = {
    (rule, max_norm): np.array([descend(rule, max_norm, (w, b)) for w, b in edge])
    for rule in ("plain", "RMSProp", "Adam")
    for max_norm in (np.inf, 1.0)
}
for (rule, max_norm), path in paths.items():
    longest = np.linalg.norm(np.diff(path[:, :, :2], axis=1), axis=2).max()
    print(
        f"{rule:8} clipped at {max_norm:3}: longest step {longest:5.2f},"
        f" loss at the end {path[:, -1, 2].min():.3f} to {path[:, -1, 2].max():.3f}"
    )

# %% tags=["demo"]
w, b = np.linspace(4, 6, 81), np.linspace(-3, -1.8, 61)
losses = [[cliff(each, other)[0] for each in w] for other in b]

fig, axes = plt.subplots(1, 3, figsize=(10, 3.5), layout="constrained", sharey=True)
for ax, rule in zip(axes, ("plain", "RMSProp", "Adam"), strict=True):
    ax.pcolormesh(w, b, losses, cmap="Greys", vmax=0.8)
    for max_norm, color in ((np.inf, "#D55E00"), (1.0, "#0072B2")):
        label = f"clipped at {max_norm:g}" if max_norm < np.inf else "not clipped"
        ax.plot(
            *paths[rule, max_norm][0, :, :2].T, ".-", color=color, markersize=3, linewidth=0.5, label=label
        )
    ax.set(title=rule, xlabel="w", ylabel="b", xlim=(4, 6), ylim=(-3, -1.8))
axes[0].legend(fontsize=8)
plt.show()

# %% [markdown]
# Dark is a high loss; the cliff runs along the diagonal. Plain descent comes to the edge, meets an enormous gradient, and from some of the six places
# a single step throws it out of the picture. With clipping no step is longer than 0.1, and it zigzags along the edge to where the loss vanishes.
#
# RMSProp and Adam are never thrown: they divide by the size of the gradients. Yet they too end lower with clipping. One huge gradient stays in the running
# means: Adam goes on in its direction for a while, and both divide everything that comes after by its size. Clipped, it is a gradient like any other.

# %% [markdown]
# ## In words
#
# ### 11. What helps against what?
#
# 1. Somebody writes: "The largest singular value of our `Wh` is 1.5, so the gradients explode." Is that a conclusion? What can be concluded from a
#    largest singular value of 0.9, and why is it not the same the other way round? Name two things that stand between `Wh` and an explosion.
# 2. Somebody else sees that gradients from far away hardly arrive, and turns on clipping. What does clipping do to the direction of a
#    gradient, what to its length, and what will it do here? What would clipping by value do to the direction?
# 3. What is the Jacobian of one step of `residual_rnn_forward`? Why does a gradient not vanish on its way back, and what is *not* promised?
#
# Three to six sentences for each. An argument counts, not its length.

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_helps_against_what", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# *For the grader: 2 + 1.5 + 1.5 points.*
#
# 1. **No.** The norm of a product is at most the product of the norms, and a slope of tanh is at most one. So with 0.9 every step
#    shrinks every gradient, by a tenth at least: **below one is sufficient for vanishing**. With 1.5 the bound grows, and the truth may lie anywhere below
#    it: **above one is necessary for an explosion, not sufficient**. In between stand the slopes of tanh, which are far below one where units are
#    saturated, and the directions: what one step stretches most, the next may shrink (singular values are not eigenvalues). *One point
#    for "sufficient here, necessary there" with the bound as the reason, half a point for each of two things in between. Credit for: the demonstration
#    showed it for normal numbers.*
# 2. All numbers are multiplied by one factor, so **the direction stays**; the length becomes the threshold if it was above it, and else **nothing changes**.
#    A gradient that is too small is never made larger, so clipping does nothing against vanishing; it is a remedy for explosions only. By value, large
#    elements are cut and small ones kept, so **the gradient may turn**. *Half a point each: direction and length; nothing against vanishing; by value.*
# 3. **The identity plus the Jacobian of the ordinary step**, $I + \mathrm{diag}(1 - \tanh^2)\, W_h^\top$ on the way back as the notebook writes it, in
#    whichever order or transposition. In the product over many steps there is a term in which every factor is the identity: the gradient of
#    the last state arrives at each earlier one unchanged, plus what came through the weights. *Not* promised: that it does not grow, since the other
#    terms add up; nor that the sum can never cancel. *Half a point for the Jacobian, half for the path of identities, half for what is not promised.*
