# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2. Backpropagation through time
#
# A network reads a line of Python, one character at a time, and is asked for the next one.
#
#     print("the answer is", answer
#
# Suppose it forgets to close the bracket. The error shows at the end of the line. The fault may lie
# at the `(`, many steps before, where nothing was stored. Or somewhere on the way, where what was
# stored got lost. And at all these places the very same weights were at work.
#
# **Which step is to blame, and by how much, when all steps share their weights?** That is the
# question of this chapter. The answer is a walk through the unrolled network, backwards.
#
# Afterwards you can
#
# - say what each use of a shared weight contributes to its gradient, and why the parts are added;
# - derive the way back by hand, and write it as two lines of code;
# - check a gradient by nudging, and know when the check lies;
# - say what the way back costs, and cut it with two numbers, $k_1$ and $k_2$;
# - say what a cut makes impossible to learn, and what it leaves possible;
# - train a character network from nothing but NumPy, and look for units that follow something.
#
# You need chapter 1, the chain rule, and a little patience. The notebook runs in about a minute.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import time
import tracemalloc
from collections import deque
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

np.__version__

# %%
import backprop_figures
import checkpoints
import figures
import questions
import rnn_datasets as data
import widgets

plt.style.use("course.mplstyle")
figures.draw_legend(plt.figure(figsize=(9.5, 0.5)).subplots())
plt.show()

# %% [markdown]
# The colours are those of chapter 1. A gradient gets the colour of the way it came: green from an
# output, orange-red along the states.

# %% [markdown]
# ## Six uses of one weight
#
# Make the network as small as it can be. The state is one number, and so is the input:
#
# $$h_t = \tanh(w\, h_{t-1} + x_t), \qquad\qquad L = \sum_{t=1}^{6} \tfrac12 (h_t - y_t)^2.$$
#
# Six steps, six targets $y_t$, six errors that are added up, and one weight $w$ that is used six
# times. To see the uses apart, let us give each step a copy of the weight. As long as all copies are
# equal, nothing has changed.

# %%
X = np.array([1.0, -0.5, -1.0, 0.5, 1.0, -0.5])
TARGETS = np.array([0.5, 0.5, 0.0, -0.5, 0.5, -0.5])
T, W_CHAIN = 6, 0.8


def chain(copies):
    """Run the six steps, each with its copy of the weight; give the states (T + 1,) and the loss."""
    x, y = X.astype(copies.dtype), TARGETS.astype(copies.dtype)
    h = [copies.dtype.type(0)]
    for t in range(T):
        h.append(np.tanh(copies[t] * h[-1] + x[t]))
    return np.array(h), ((np.array(h[1:]) - y) ** 2).sum() / 2


chain(np.full(T, W_CHAIN))


# %% [markdown]
# Now nudge the copy of a single use a little, and see what the loss does. The change of the loss,
# divided by the nudge, is the part of that use. We write these parts into a *ledger*: one bar for
# each use, and one for the weight itself, nudged everywhere at once.
#
# **Predict first.** What is the part of the first use?

# %%
widgets.ask(questions.FIRST_USE)


# %%
def nudged(use, nudge):
    """Run the chain with one use of the weight nudged, 1 to 6, or with "all" of them."""
    copies = np.full(T, W_CHAIN)
    copies[slice(None) if use == "all" else int(use) - 1] += nudge
    return chain(copies)


def slope(use, nudge):
    """How much the loss changes for the nudge, measured on both sides."""
    return (nudged(use, nudge)[1] - nudged(use, -nudge)[1]) / (2 * nudge)


bars = np.array([slope(use, 1e-5) for use in range(1, T + 1)])
assert bars[0] == 0 and bars[1] < -0.3 and bars[5] > 0.4
bars.round(3)

# %% [markdown]
# Six bars, but a single weight. **Predict again**, with rounder numbers: what is its gradient?

# %%
widgets.ask(questions.TOTAL_OF_THE_BARS)


# %%
def ledger_figure(use, nudge):
    """The states before and after a nudge, and the ledger with what the nudge measures."""
    fig = Figure(figsize=(9.5, 5))
    top, bottom = fig.subplots(2, 1, sharex=True, height_ratios=(4, 5))
    (before, loss), (after, changed) = nudged(use, 0), nudged(use, nudge)
    backprop_figures.plot_nudge(top, before, after, TARGETS)
    measured = (None if use == "all" else int(use), slope(use, nudge) if nudge else np.nan)
    backprop_figures.plot_ledger(bottom, bars, measured=measured)
    top.set_title(f"loss {loss:.3f} → {changed:.3f}")
    return fig


use = widgets.choice("use", [*"123456", "all"])
use.value = "4"
widgets.Moving(ledger_figure, use=use, nudge=widgets.slider("by", -0.6, 0.6, 0.3, step=0.05))

# %% tags=["headline"]
assert np.isclose(slope("all", 1e-5), bars.sum()) and -0.5 < bars.sum() < -0.4
assert abs(slope("4", 0.3) - bars[3]) < 0.02 < abs(slope("all", 0.6) - bars.sum())
ledger_figure(use="4", nudge=0.3)

# %%
ledger_figure(use="all", nudge=0.3)

# %% [markdown]
# *Two stills. Above, six states, their targets as diamonds, and the states after the nudge, dashed.
# Below, the ledger: the bar of use 1 is zero, those of 2 and 4 go down, that of 6 goes up, 3 and 5
# are small; the total is about minus 0.44. First use 4 is nudged by 0.3: the states part from step 4
# on, and a mark, the slope that the nudge measured, stands at the end of its bar. Then all uses are
# nudged: the states part from step 2 on, and the mark stands beside the total.*
#
# The first bar is zero: the weight multiplied $h_0 = 0$. A nudge to one use moves nothing before it.
# And the total is the **sum**. Not the mean, which would be six times too small: whoever moves the
# weight moves it everywhere. Two more things show. The size of a bar is no matter of age alone; it
# depends on what the weight multiplied and on what became of that. And after a large nudge to all
# uses the mark stands off the end of its bar: a gradient is a slope, true for small steps.
#
# With this we could stop. Nudge every weight, and we have a gradient. But each nudge runs the whole
# network, and the network of chapter 1 had 41,184 weights. We want all bars from one walk.

# %% [markdown]
# ## By hand, for two steps
#
# Take two steps, from some $h_0$, and write down everything that happens, in order.

# %%
w, h0, (x1, x2), (y1, y2) = 0.8, 0.5, (1.0, -0.5), (0.5, 0.6)

h1 = np.tanh(w * h0 + x1)
h2 = np.tanh(w * h1 + x2)
L = (h1 - y1) ** 2 / 2 + (h2 - y2) ** 2 / 2
print(f"h1 = {h1:.3f}, h2 = {h2:.3f}, L = {L:.3f}")

# %% [markdown]
# Now from the last line upwards. The loss hears of $h_2$ in one place, the last error:
#
# $$\frac{\partial L}{\partial h_2} = h_2 - y_2.$$
#
# Then comes the tanh. Call what is inside $a_t = w h_{t-1} + x_t$. The slope of tanh at $a_2$ is
# $1 - \tanh^2 a_2$, and that is $1 - h_2^2$. No need to know $a_2$ any more:
#
# $$\frac{\partial L}{\partial a_2} = \frac{\partial L}{\partial h_2}\,(1 - h_2^2).$$
#
# And $a_2$ is $w h_1 + x_2$. So the second use of the weight gets its bar, and $h_1$ a message:
#
# $$\text{bar}_2 = \frac{\partial L}{\partial a_2}\, h_1, \qquad
# \text{future}_1 = \frac{\partial L}{\partial a_2}\, w.$$

# %%
own2 = h2 - y2
da2 = own2 * (1 - h2**2)
bar2, future1 = da2 * h1, da2 * w
print(f"own {own2:+.3f}, at the sum {da2:+.3f}, bar {bar2:+.3f}, handed to h1: {future1:+.3f}")

# %% [markdown]
# Here is the only new idea of the chapter. $h_1$ went to **two** places. It was compared with $y_1$,
# and it went into step 2. So two gradients meet at it, and they are added:
#
# $$\frac{\partial L}{\partial h_1} = \underbrace{(h_1 - y_1)}_{\text{own}}
# + \underbrace{\text{future}_1}_{\text{from the future}}.$$
#
# *Own* is what a state hears from the error at its own step. *From the future* is what it hears from
# all later errors together, because they all come through $h_2$. From here on everything repeats.

# %%
own1 = h1 - y1
da1 = (own1 + future1) * (1 - h1**2)
bar1, future0 = da1 * h0, da1 * w


def two_steps(w1, w2):
    """The same loss with a copy of the weight for each step."""
    first = np.tanh(w1 * h0 + x1)
    return (first - y1) ** 2 / 2 + (np.tanh(w2 * first + x2) - y2) ** 2 / 2


assert np.isclose(bar1, (two_steps(w + 1e-5, w) - two_steps(w - 1e-5, w)) / 2e-5)
assert np.isclose(bar2, (two_steps(w, w + 1e-5) - two_steps(w, w - 1e-5)) / 2e-5)
print(f"own {own1:+.3f}, from the future {future1:+.3f}; bars {bar1:+.3f} and {bar2:+.3f}")

# %% [markdown]
# Both bars are those that nudging gives. And the walk did not get longer with the number of weights:
# it visited each step once.

# %% [markdown]
# ## Back through all steps
#
# For six steps, put the lines in a loop. This is **backpropagation through time** (Rumelhart, Hinton
# and Williams, 1986; Werbos, 1990).


# %%
def way_back(h, w=W_CHAIN):
    """Walk back through the chain; give own, from_future and the bars, (T,) each."""
    own, from_future, bars = h[1:] - TARGETS, np.zeros(T), np.zeros(T)
    for t in reversed(range(len(own))):
        da = (own[t] + from_future[t]) * (1 - h[t + 1] ** 2)
        bars[t] = da * h[t]
        if t > 0:
            from_future[t - 1] = da * w
    return own, from_future, bars


CHAIN = chain(np.full(T, W_CHAIN))[0]
exact = way_back(CHAIN)[-1]
assert np.allclose(exact, bars, atol=1e-9)  # the ledger, from a single walk
exact.round(3)


# %%
def walk_figure(steps):
    """The chain and its ledger after some steps back."""
    fig = Figure(figsize=(9.5, 5.4))
    top, bottom = fig.subplots(2, 1, sharex=True, height_ratios=(1, 1))
    own, from_future, _ = way_back(CHAIN)
    backprop_figures.draw_way_back(top, CHAIN, own, from_future, steps)
    backprop_figures.plot_ledger(bottom, exact, reached=steps)
    return fig


widgets.Moving(walk_figure, steps=widgets.slider("steps back", 0, T, 1))

# %%
running = exact[::-1].cumsum()
assert running[0] > 0.4 and running[2] < 0 and np.isclose(running[-1], bars.sum())
walk_figure(steps=3)

# %%
walk_figure(steps=T)

# %% [markdown]
# *Two stills, after three steps back and after six. Above, boxes h0 to h6 with the states in them.
# Each state that has been reached has a green arrow from above, its own gradient, and from the right
# an orange-red one, the gradient from the future, with their sum in bold below. h6 has no future.
# Below, the ledger fills from the right; the total grows with it: after one step it is positive,
# after three negative.*
#
# Step through it. The total changes its sign on the way: the last use alone would have pushed the
# weight the wrong way.
#
# ### With vectors
#
# Now $N$ sequences, $H$ units, and matrices. Each unit has its own tanh, so the product with the slope
# stays elementwise. Unit $i$ went into unit $j$ through the number $W_{h,ij}$, and it hears back from
# every $j$ through the same number: $\sum_j da_j W_{h,ij}$. That is a product with the matrix
# **transposed**. (It is square, so no shape will warn you.)
#
# $$da_t = \big(\text{own}_t + \text{future}_t\big) \odot (1 - h_t^2), \qquad
# \text{future}_{t-1} = da_t\, W_h^\top.$$


# %%
def back(W, states, own):
    """Carry the gradients back, to the sum inside each tanh: own (N, T, H) -> da (N, T, H)."""
    from_future, da = 0, np.empty_like(states)
    for t in reversed(range(states.shape[1])):
        da[:, t] = (own[:, t] + from_future) * (1 - states[:, t] ** 2)
        from_future = da[:, t] @ W["Wh"].T
    return da


# %% [markdown]
# Those are the two lines that chapter 1 asked you to trust. The weights' gradients are sums over all
# uses, over time and over the batch. A product of matrices sums by itself:
#
# $$dW_h = \sum_t h_{t-1}^\top\, da_t, \qquad dW_x = \sum_t x_t^\top\, da_t, \qquad db = \sum_t da_t.$$
#
# For characters the rest is chapter 1 as well: `read` runs forward, and `predict` gives probabilities.
# With scores $s$ and target $k$ the cost is $-\log P_k = -s_k + \log \sum_i e^{s_i}$. Its slope in
# $s_i$ is $P_i$, less one where $i = k$: the error is $P$ minus the truth. And that error, times
# $W_y^\top$, is *own*.


# %%
def read(W, tokens, h):
    """Read tokens (N, T) from state h (N, H); give the state after each, (N, T, H)."""
    inputs = W["Wx"][tokens] + W["b"]
    states = np.empty_like(inputs)
    for t in range(tokens.shape[1]):
        h = np.tanh(inputs[:, t] + h @ W["Wh"])
        states[:, t] = h
    return states


def predict(W, states):
    """Turn states (..., H) into probabilities (..., V)."""
    odds = np.exp(states @ W["Wy"] + W["by"])
    return odds / odds.sum(axis=-1, keepdims=True)


# %%
def gradients(W, x, y, h0):
    """Give the states, the mean cost in nats, and the gradient of each weight."""
    states = read(W, x, h0)
    P, V = predict(W, states), len(W["by"])
    cost = -np.log(np.take_along_axis(P, y[..., None], axis=-1)).mean()
    error = (P - np.eye(V, dtype=P.dtype)[y]) / y.size
    da = back(W, states, error @ W["Wy"].T)
    before = np.concatenate([h0[:, None], states[:, :-1]], axis=1)
    picked = np.eye(len(W["Wx"]), dtype=P.dtype)[x]
    picked, before, da, after, error = (
        a.reshape(-1, a.shape[-1]) for a in (picked, before, da, states, error)
    )
    dW = {"Wx": picked.T @ da, "Wh": before.T @ da, "b": da.sum(axis=0)}
    return states, cost, dW | {"Wy": after.T @ error, "by": error.sum(axis=0)}


# %% [markdown]
# ## Can we trust it?
#
# A wrong gradient often learns a little, and then one looks for the mistake elsewhere. So gradients
# are checked, by the nudge that we began with. Nudge up and down by a step $\epsilon$:
#
# $$\frac{dL}{dw} \approx \frac{L(w + \epsilon) - L(w - \epsilon)}{2 \epsilon}.$$
#
# That is one weight at a time. To check a whole matrix at once, nudge it along a random direction
# $D$. The slope must be the sum of $D \odot dW$.

# %%
rng, V, H = np.random.default_rng(0), 5, 4
shapes = {"Wx": (V, H), "Wh": (H, H), "b": (H,), "Wy": (H, V), "by": (V,)}
small = {name: rng.normal(size=shape) for name, shape in shapes.items()}
(x, y), start = rng.integers(0, V, (2, 3, 7)), rng.normal(size=(3, H))
_, _, grads = gradients(small, x, y, start)
for name, w in small.items():
    D = rng.normal(size=w.shape)
    up, down = (gradients(small | {name: w + e * D}, x, y, start)[1] for e in (1e-5, -1e-5))
    measured, expected = (up - down) / 2e-5, (D * grads[name]).sum()
    assert abs(measured - expected) < 1e-8
    print(f"{name:>2}: by nudges {measured:+.9f}, by the way back {expected:+.9f}")

# %% [markdown]
# **Predict first.** The definition of a slope lets the step go to zero. How small a step is best on
# a machine?

# %%
widgets.ask(questions.STEP_OF_THE_CHECK)


# %%
def by_nudges(kind, w, step, both=True):
    """The slope of the chain's loss at w, computed with numbers of this kind."""
    up, down = kind(w + step), kind(w - step if both else w)
    rise = float(chain(np.full(T, up))[1]) - float(chain(np.full(T, down))[1])
    return rise / (2 * step if both else step)


def relative_error(kind, both=True):
    """The error of that slope for each step, typical over 30 weights."""
    found = np.array([[by_nudges(kind, w, step, both) for step in STEPS] for w in WEIGHTS])
    return np.median(abs(found / TRUE[:, None] - 1), axis=0)


# %%
STEPS, WEIGHTS = 10.0 ** np.arange(-16, -0.9, 0.5), np.linspace(0.5, 0.9, 30)
TRUE = np.array([way_back(chain(np.full(T, w))[0], w)[2].sum() for w in WEIGHTS])
ways = {"float64": (np.float64,), "float64, one side": (np.float64, False), "float32": (np.float32,)}
errors = {name: relative_error(*way) for name, way in ways.items()}
best = {name: float(STEPS[error.argmin()]) for name, error in errors.items()}
KINDS = {"float64": np.float64, "float32": np.float32}
best


# %%
def check_figure(exponent, numbers):
    """Left, the loss through a magnifying glass; right, the error of the slope for every step."""
    fig, kind, step = Figure(figsize=(9.5, 4)), KINDS[numbers], 10.0**exponent
    left, right = fig.subplots(1, 2, width_ratios=(4, 5))
    loss = lambda w: float(chain(np.full(T, kind(w)))[1])  # noqa: E731
    backprop_figures.plot_secant(left, loss, W_CHAIN, exact.sum(), step)
    backprop_figures.plot_check(right, STEPS, errors, (numbers, step))
    left.set_title(f"step 1e{exponent}, {numbers}")
    return fig


numbers = widgets.choice("", list(KINDS))
widgets.Moving(check_figure, exponent=widgets.slider("step, 10 to the", -16, -1, -5), numbers=numbers)

# %%
at = {step: int(abs(np.log(STEPS / step)).argmin()) for step in (1e-1, 1e-3, 1e-5, 1e-8, 1e-12)}
assert 1e-6 < best["float64"] < 1e-4 and errors["float64"][at[1e-5]] < 1e-8
assert errors["float64"][at[1e-12]] > 1e5 * errors["float64"][at[1e-5]]
assert errors["float64, one side"].min() > 100 * errors["float64"].min()
assert 1e-9 < best["float64, one side"] < 1e-7 and 1e-4 < best["float32"] < 1e-1
assert errors["float32"].min() > 1e-6 and errors["float32"][at[1e-8]] > 0.5
check_figure(exponent=-5, numbers="float64")

# %%
check_figure(exponent=-15, numbers="float64")

# %%
check_figure(exponent=-7, numbers="float32")

# %% [markdown]
# *Three stills. Left, the loss within two steps of the point: a straight line for 1e-5 in float64, a
# staircase for 1e-15, and for 1e-7 in float32 a few large stairs, with a slope that is far off. Right,
# the error of the slope against the step, on logarithmic axes: each curve is a valley. Float64 has its
# floor near 1e-5, one-sided nudges near 1e-8 and far higher up, float32 near 1e-2 and higher still.*
#
# Two errors pull in opposite directions. A large step measures the bend of the curve, and nudging
# both sides makes that error fall with $\epsilon^2$. A small step subtracts two losses that agree in
# almost all digits, and the rounding that remains is divided by $\epsilon$. In float64 they meet
# near $10^{-5}$. In float32 they never get small together, so: **check in float64, train in what you
# like.** As a yardstick, a relative error of $10^{-7}$ is a pass and $10^{-2}$ a bug.
#
# The check lies where the slope jumps. A ReLU just right of its kink has the slope 1; nudges that
# straddle the kink see the average of both sides. And it says nothing about a loss that is itself
# wrong.

# %%
relu = lambda x: np.maximum(0, x)  # noqa: E731
straddling, clear = ((relu(at + 1e-5) - relu(at - 1e-5)) / 2e-5 for at in (1e-6, 1e-4))
assert 0.5 < straddling < 0.6 and np.isclose(clear, 1)
print(f"slope 1; by nudges {straddling:.2f} close to the kink, {clear:.2f} a little away from it")

# %% [markdown]
# ## What the way back costs
#
# The way back asks for $h_t$ and $h_{t-1}$ at every step, the last step first. So whoever wants to
# walk back has to keep every state. Reading alone needs one. Here is a walk that keeps a given number
# of states. It reads, and at every $k_1$-th step it goes back $k_2$ steps, as far as it still has
# states. With $k_1 = k_2 = T$ it is `back`.


# %%
def truncated(Wh, inputs, own, k1, k2):
    """Read inputs (N, T, H), going back as one reads; give the gradient of Wh, (H, H)."""
    h, kept, dWh, T = np.zeros_like(inputs[:, 0]), deque(maxlen=k2), np.zeros_like(Wh), inputs.shape[1]
    for t in range(T):
        before, h = h, np.tanh(inputs[:, t] + h @ Wh)
        kept.append((before, h))
        if (t + 1) % k1 and t + 1 < T:
            continue  # no stop here
        from_future = 0
        for s, (earlier, later) in zip(range(t, -1, -1), reversed(kept), strict=False):
            mine = own[:, s] if s >= t - t % k1 else 0  # an error counts at one stop only
            da = (mine + from_future) * (1 - later**2)
            dWh += earlier.T @ da
            from_future = da @ Wh.T
    return dWh


# %%
def made(N, T, H):
    """Weights, inputs and own gradients to measure with."""
    rng = np.random.default_rng(1)
    Wh = rng.normal(0, 0.9 * H**-0.5, (H, H))
    return Wh, rng.normal(0, 0.5, (N, T, H)), rng.normal(size=(N, T, H))


def bytes_held(job, *arguments):
    """How much memory the job held at most, beyond what it was given."""
    tracemalloc.start()
    job(*arguments)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


# %%
Wh, inputs, own = made(N=1, T=20, H=4)
W = {"Wh": Wh}
states = read(W | {"Wx": inputs[0], "b": 0}, np.arange(20)[None], np.zeros((1, 4)))  # the first sequence
da = back(W, states, own)
before = np.concatenate([np.zeros((1, 1, 4)), states[:, :-1]], axis=1)
whole = truncated(Wh, inputs, own, k1=20, k2=20)
assert np.allclose(whole, before[0].T @ da[0], atol=1e-12)
assert np.allclose(whole, truncated(Wh, inputs, own, k1=3, k2=20), atol=1e-12)
"the same gradient"

# %%
N, H, lengths = 8, 64, (100, 200, 400, 800, 1600, 3200)
kept = {"every state": [], "the last 25": []}
for length in lengths:
    job = made(N, length, H)
    kept["every state"].append(bytes_held(truncated, *job, length, length))
    kept["the last 25"].append(bytes_held(truncated, *job, 25, 25))
every, last = kept.values()
assert np.allclose(np.array(every) / (8 * N * H * np.array(lengths)), 1, atol=0.4)  # 8 bytes a number
assert max(last) < 1.3 * min(last) and every[-1] > 60 * last[-1]
assert 0.4 < every[0] / 2**20 < 0.6 and 12 < every[-1] / 2**20 < 14  # MiB
assert 2e9 < 4e6 * 128 * 4 < 2.2e9  # bytes, in float32, for chapter 1
ax = plt.figure(figsize=(9, 3)).subplots()
backprop_figures.plot_memory(ax, lengths, kept).set_xlim(90, 7000)
plt.show()

# %% [markdown]
# *Memory against the number of steps, both logarithmic. With every state kept it is a straight line
# upwards, from about half a MiB to thirteen; with the last 25 it is level.*
#
# Memory grows with $T$: $N \cdot H$ numbers a step. That is the price of one walk for all weights.
# Chapter 1 read four million characters. In a single walk, with 128 units, their states would fill two
# gigabytes, and the weights would not move before the last character.

# %% [markdown]
# ## Cutting the way back
#
# So it is cut, by two numbers (Williams and Peng, 1990). Every $k_1$ steps we stop reading and go
# back. Each time we go back $k_2$ steps. An error counts at the first stop after it, and flows
# through what is left of the $k_2$ steps. The state is carried on all the while; only gradients end.
#
# **Predict first.** What does such a cut change?

# %%
widgets.ask(questions.WHAT_A_CUT_CHANGES)

# %%
costs, job = {}, made(N=32, T=48, H=32)
for k2 in range(1, 13):
    for k1 in range(1, k2 + 1):
        held, times = bytes_held(truncated, *job, k1, k2), []
        for _ in range(3):
            begun = time.process_time()
            truncated(*job, k1, k2)
            times.append(time.process_time() - begun)
        costs[k1, k2] = min(times) / 48 * 1e6, held
costs[12, 12]


# %%
def cut_figure(k1, k2):
    """Which arrows exist, how far errors get, and what it costs."""
    fig, k1 = Figure(figsize=(9.5, 5)), min(k1, k2)
    axes = fig.subplot_mosaic("AAB;AAC", width_ratios=(1, 1, 0.9))
    title = f"k1 = {k1}, k2 = {k2}" + ("" if k1 < k2 else " (k1 cannot be larger)")
    backprop_figures.draw_truncation(axes["A"], 12, k1, k2).set_title(title)
    backprop_figures.plot_reach_of_errors(axes["B"], 12, k1, k2)
    backprop_figures.plot_costs(axes["C"], costs, k1, k2)
    return fig


k1, k2 = widgets.slider("k1", 1, 12, 4), widgets.slider("k2", 1, 12, 6)
widgets.Moving(cut_figure, k1=k1, k2=k2)

# %%
assert costs[1, 12][0] > 3 * costs[12, 12][0]  # going back twelve steps at each step, or once in twelve
assert costs[6, 12][1] > 1.2 * costs[4, 6][1] and abs(costs[1, 6][1] / costs[6, 6][1] - 1) < 0.3
cut_figure(k1=4, k2=6)

# %%
cut_figure(k1=4, k2=4)

# %%
cut_figure(k1=1, k2=4)

# %% [markdown]
# *Three stills: k1 and k2 are 4 and 6, then 4 and 4, then 1 and 4. Left, a row for each stop, with
# filled dots where an error counts, arrows that run back from the stop, hollow dots on steps that are
# visited again, and a bar where the way ends. Top right, the share of errors that still reach a use
# so many steps before them: all up to k2 - k1, none from k2 on. Bottom right, each pair as a dot: time
# for a step of the text against memory held.*
#
# Memory goes with $k_2$, time with $k_2 / k_1$. With $k_1 = k_2$ the text falls into pieces: cheapest,
# but an error early in a piece sees hardly anything. With $k_1 = 1$ each error is carried back the full
# $k_2$ steps, and that is dear. Training loops mostly take the first, and so did chapter 1.
#
# Does a cut make the network forget? Cut every five steps, and compare.

# %%
rng = np.random.default_rng(3)
x, y, h, found = rng.integers(0, V, (3, 60)), rng.integers(0, V, (3, 60)), np.zeros((3, 4)), []
for t in range(0, 60, 5):
    states, _, grads = gradients(small, x[:, t : t + 5], y[:, t : t + 5], h)
    found.append((states, grads["Wh"] / 12))
    h = states[:, -1]  # only the numbers: no gradient comes back through them
states, _, grads = gradients(small, x, y, np.zeros((3, 4)))
assert np.array_equal(np.concatenate([s for s, _ in found], axis=1), states)
difference = np.linalg.norm(sum(g for _, g in found) - grads["Wh"]) / np.linalg.norm(grads["Wh"])
assert difference > 0.02
print(f"the states are the same to the last bit; the gradient of Wh differs by {difference:.0%}")

# %% [markdown]
# The memory is untouched. What ends is the credit.

# %% [markdown]
# ## What a cut cannot learn
#
# Take a task whose reach we know. The network reads random bits, one a step, and is asked each time for
# the bit of `lag` steps ago. If no gradient goes back that far, nothing tells it to keep that bit. The
# error of a truncated gradient does not average out over many texts: it is **biased** towards the near
# (Tallec and Ollivier, 2017).
#
# We train with $k_1 = k_2 = k$, for four values of $k$, five lags and three seeds each: once with the
# state carried on from piece to piece, once with the state reset to zero. The last tenth of each
# stream is the test, read in the same way and not learned from.


# %%
def new_weights(rng, V, H):
    """Draw the weights of a network that reads and predicts V different tokens, with H units of state."""
    W = {
        "Wx": rng.normal(0, 0.5, (V, H)),
        "Wh": rng.normal(0, 0.7 * H**-0.5, (H, H)),
        "b": np.zeros(H),
        "Wy": rng.normal(0, 0.1, (H, V)),
        "by": np.zeros(V),
    }
    return {name: w.astype(np.float32) for name, w in W.items()}


# %%


class Adagrad:
    """Steps downhill; what has had large gradients takes smaller ones (Duchi, Hazan and Singer, 2011)."""

    def __init__(self, W):
        self.square = {name: np.zeros_like(w) for name, w in W.items()}

    def step(self, W, dW, rate):
        """Change the weights in place."""
        for name, w in W.items():
            self.square[name] += dW[name] ** 2
            w -= rate * dW[name] / (np.sqrt(self.square[name]) + 1e-8)


# %%
def learn_recall(k, lag, carried, seed, H=32, N=32, T=4800):
    """Train on recalling the bit of `lag` steps ago; give the share recalled in the last tenth, untrained."""
    rng, right = np.random.default_rng(seed), []
    W, bits, h = new_weights(rng, 2, H), rng.integers(0, 2, (N, lag + T)), np.zeros((N, H), np.float32)
    adagrad = Adagrad(W)
    for t in range(lag, lag + T, k):
        x, y = bits[:, t : t + k], bits[:, t - lag : t - lag + k]
        states, _, dW = gradients(W, x, y, h)
        if t < lag + 0.9 * T:
            adagrad.step(W, dW, rate=0.03)
        else:
            right.append(predict(W, states).argmax(axis=-1) == y)
        h = states[:, -1] if carried else np.zeros_like(h)
    return np.mean(right)


# %%
KS, LAGS, SEEDS = (2, 4, 8, 16), (1, 2, 4, 8, 12), (0, 1, 2)
recalled = {True: {}, False: {}}
for k in widgets.Progress(KS, "recalling", "length"):
    for carried, right in recalled.items():
        right[k] = np.array([[learn_recall(k, lag, carried, seed) for seed in SEEDS] for lag in LAGS])

# %%
carried, reset = recalled[True], recalled[False]  # for each k, shares (lags, seeds)
for k in KS:
    known = np.clip(1 - np.array(LAGS) / k, 0, 1)  # the part of each piece that has seen the bit
    assert np.allclose(reset[k].mean(axis=1), known + (1 - known) / 2, atol=0.05)
    assert carried[k][np.array(LAGS) <= k].min() > 0.85
assert carried[4][LAGS.index(8)].mean() > 0.7  # twice as far back as any gradient
assert max(carried[k][-1].max() for k in (2, 4, 8)) < 0.7 < 0.85 < carried[16][-1].min()
fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.6), sharey=True)
for ax, (is_carried, right) in zip(axes, recalled.items(), strict=True):
    backprop_figures.plot_recall(ax, LAGS, right)
    ax.set_title("state carried on" if is_carried else "state reset")
axes[0].legend(loc="lower left")
plt.show()

# %% [markdown]
# *Two panels: the share of bits recalled against how many steps ago they were read, a curve for each
# k and a dot for each seed. State carried on: each curve is near one up to its k, stays high a little
# longer, and falls; at twelve steps only k = 16 is still high. State reset: each curve falls in a
# straight line and arrives at one half at its k.*
#
# With the state reset, the cut is a wall. The first `lag` answers of each piece have not seen the bit
# that they are asked for, and toss a coin; at lag $k$ all do. With the state carried on, the network
# does better than its gradient. A state holds an echo of the last inputs anyway, and what is there by
# itself nobody has to learn to keep; the output only has to learn to read it. But echoes fade. At
# twelve steps, $k = 16$ gets there and the shorter cuts do not, though all have read the same text.
#
# What the figure does not show is that $k_2$ above the lag is enough. Often it is not: chapter 3.

# %% [markdown]
# ## A character network in six parts
#
# In 2015 Andrej Karpathy published a program of
# [112 lines](https://gist.github.com/karpathy/d4dee566867f8291f086) that learns to write by reading a
# text file, with nothing but NumPy. Many met recurrent networks through it. It has six parts. Here
# they are in our own words, with 32 places in the text read at once.
#
# **1. The data.** A text, its different characters, and a number for each. Any text will do, except
# two kinds.


# %%
def open_text(source):
    """Take a text, or the path of one; give its vocabulary and its tokens."""
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
    vocab = data.Vocabulary.of(text)
    if len(vocab) == 0:
        raise ValueError("the text is empty: there is nothing to read")
    if len(vocab) == 1:
        raise ValueError(f"the text holds no character but {text[0]!r}: there is nothing to predict")
    return vocab, vocab.encode(text)


# %%
for text in ("", "aaaaaaaa"):
    try:
        open_text(text)
    except ValueError as error:
        print(error)
vocab, tokens = open_text(data.python_source("train").text)
assert len(vocab) == 96 and len(tokens) > 4e6

# %% [markdown]
# **2. The parameters.** `new_weights`, as above: three matrices and two rows. **3. The loss**, in
# `gradients`: read, predict, and take the logarithm of what the character that came was given.
# **4. The way back**, in `gradients` too, by way of `back`. (The classic limits each entry of the
# gradient to ±5. Why one would, chapter 3 says.)
#
# **5. Sampling.** Draw a character, read it, go on.


# %%
def write(W, vocab, start, length, rng):
    """Continue a text, one sampled character at a time."""
    text, h = start, read(W, vocab.encode(start)[None], np.zeros((1, len(W["b"])), np.float32))[:, -1]
    for _ in range(length):
        ladder = predict(W, h)[0].cumsum()
        token = np.searchsorted(ladder, rng.random() * ladder[-1])
        text, h = text + vocab.tokens[token], read(W, token[None, None], h)[:, 0]
    return text


nobody = new_weights(np.random.default_rng(0), len(vocab), 100)
print(write(nobody, vocab, "def ", 60, np.random.default_rng(0)))

# %% [markdown]
# **6. The main loop.** Take the next piece, go back through it, move the weights, hand on the state.
# That is truncated backpropagation with $k_1 = k_2 = 25$. The classic has the same 25 steps and the
# same hundred units, and it learns by Adagrad too, but reads in a single place.


# %%
def learn(source, H=100, N=32, T=25, steps=5000, rate=0.05, seed=0):
    """Train a character network on a text or a file; give weights, vocabulary and bits per character."""
    vocab, tokens = open_text(source)
    pieces = data.character_batches(tokens, N, T)
    W = new_weights(np.random.default_rng(seed), len(vocab), H)
    adagrad, bits = Adagrad(W), []
    for step in widgets.Progress(range(steps), "reading", "step"):
        if step % len(pieces) == 0:  # at the beginning of the text nothing has been read
            h = np.zeros((N, H), np.float32)
        states, cost, dW = gradients(W, *pieces[step % len(pieces)], h)
        adagrad.step(W, dW, rate)
        h = states[:, -1]
        bits.append(cost / np.log(2))
    return W, vocab, np.array(bits)


# %%
python, vocab, bits = learn(data.python_source("train").text)

# %%
valid = vocab.encode(data.python_source("valid").text)
V, now, then = len(vocab), valid[:-1], valid[1:]
pairs = np.ones((V, V))
np.add.at(pairs, (tokens[:-1], tokens[1:]), 1)
bigram, unigram = pairs / pairs.sum(axis=1, keepdims=True), pairs.sum(axis=0) / pairs.sum()
levels = {
    "uniform": np.log2(V),
    "unigram": -np.log2(unigram[then]).mean(),
    "bigram": -np.log2(bigram[now, then]).mean(),
}
{name: round(float(bits), 2) for name, bits in levels.items()}

# %%
h, found = np.zeros((32, 100), np.float32), []
for x, y in data.character_batches(valid, 32, 100):
    states, cost, _ = gradients(python, x, y, h)
    h = states[:, -1]
    found.append(cost / np.log(2))
network = float(np.mean(found))
assert bits[0] > 6 and 0.7 < levels["bigram"] - network < 1.4
ax, unit = plt.figure(figsize=(9, 2)).subplots(), "bits per character, kept-aside modules"
figures.plot_ranking(ax, levels | {"network": network}, unit, mine="network")
plt.show()

# %%
figures.plot_learning(plt.figure(figsize=(9, 3.2)).subplots(), bits, 32 * 25, levels)
plt.show()

# %%
print(write(python, vocab, "    def ", 400, np.random.default_rng(1)))

# %% [markdown]
# *First, bars from uniform to the network: its bar is the shortest, about a bit below the bigram.
# Second, the cost as it reads: after a short rise, while the steps are too bold, it falls past all
# three levels. Last, a sample.*
#
# All of it by the way back that you derived. To train on a text of your own, call
# `learn(Path("my.txt"))`.

# %% [markdown]
# ## Does a unit know something?
#
# The state is a row of numbers. Does any one of them follow something that a person has a word for?
# Elman (1990) asked what such states hold. Karpathy, Johnson and Fei-Fei (2015) found single units in
# LSTMs that kept track of quotes, of brackets, of the length of a line.
#
# We take a network of 256 units that was trained beforehand, for some minutes, with this same
# recurrence and truncated in the same way. What each character is, Python's own tokenizer says.

# %%
trained, letters, log = checkpoints.load("char_rnn")
source = data.python_source("valid")
labels = data.python_labels(source.text, source.classes)
labels["either"] = labels["string"] | labels["comment"]
text, tokens, CHUNK = source.text, letters.encode(source.text), log["T"]
held_out = log["valid_bits_per_character"]
assert trained["Wh"].shape == (256, 256) and CHUNK == 50 and held_out < 2.2 < network
print(f"{held_out:.2f} bits per character; no gradient went back more than {CHUNK} steps")
{name: f"{label.mean():.0%} of the text" for name, label in labels.items() if label.dtype == bool}

# %% [markdown]
# How well a unit follows a label is a number. For yes or no it is the **AUC**: take one place inside
# and one outside; how often is the unit higher inside? One half is chance, 1 is always. For how much,
# it is the correlation.
#
# Two things flatter it. Among 256 units, some are good by luck: so we choose a unit on one half of
# the text and score it on the other. And even the state of a network that learned nothing holds an
# echo of the last characters, and these tell a lot: so untrained networks go through the same.


# %%
def auc(states, label):
    """How often each unit is higher inside than outside, the states sorted into a thousand bins: (H,)."""
    H = states.shape[1]
    bins = 1000 * np.arange(H) + ((states + 1) * 499.5).astype(int)
    inside, outside = (
        np.bincount(bins[where].ravel(), minlength=1000 * H).reshape(H, 1000) / where.sum()
        for where in (label, ~label)
    )
    return (inside * (outside.cumsum(axis=1) - outside / 2)).sum(axis=1)  # equal bins count a half


# %%
def follows(states, label):
    """How well each unit follows a label, from -1 to 1: 2 AUC - 1 for yes or no, else the correlation."""
    if label.dtype == bool:
        return 2 * auc(states, label) - 1
    states, label = states - states.mean(axis=0), label - label.mean()
    return label @ states / np.linalg.norm(label) / np.linalg.norm(states, axis=0).clip(1e-9)


def best_unit(states, label):
    """Choose a unit on the first half, and score it on the second."""
    half = len(label) // 2
    first = follows(states[:half], label[:half])
    unit = int(abs(first).argmax())
    score = np.sign(first[unit]) * follows(states[half:, [unit]], label[half:])[0]
    return unit, float((1 + score) / 2 if label.dtype == bool else score)


# %%
READ, EVERY = 100_000, 2  # how much to read, and which places to score
untrained = [new_weights(np.random.default_rng(seed), len(letters), 256) for seed in SEEDS]
states, *controls = (checkpoints.states(W, tokens[:READ]) for W in (trained, *untrained))
best, score, control = {}, {}, {}
for name, label in labels.items():
    label = label[:READ:EVERY]
    best[name], score[name] = best_unit(states[::EVERY], label)
    control[name] = [best_unit(c[::EVERY], label)[1] for c in controls]
    measure = "AUC" if label.dtype == bool else "correlation"
    null = ", ".join(f"{c:.2f}" for c in control[name])
    print(f"{name:>11} {measure:>12} {score[name]:.2f} by unit {best[name]:>3}; untrained {null}")

# %%
assert score["either"] > 0.75 and score["brackets"] > 0.78
assert all(max(control[name]) < 0.7 for name in ("either", "brackets", "string", "comment", "condition"))
assert 0.6 < score["condition"] < 0.75 and score["condition"] - max(control["condition"]) < 0.12
assert score["indentation"] < 0.35 and max(control["position"]) + 0.05 < score["position"] < 0.7
LINES = np.array([0, *np.flatnonzero(tokens[:READ] == letters["\n"]) + 1])  # where each line begins
len(LINES)

# %% [markdown]
# One unit follows strings and comments alike, well above anything untrained. ("Either" is inside one
# of the two.) Another follows brackets. For the place in the line there is a unit of sorts. For
# if-conditions and for indentation there is none to speak of: the best unit is hardly better than
# an echo. The network may know these things all the same, spread over many units.
#
# A number is not a picture. Choose a unit, and read.


# %%
def unit_figure(unit, line):
    """A passage, coloured by the activation of a unit."""
    fig = Figure(figsize=(9.5, 4.4), layout="none")
    ax = fig.add_axes((0.01, 0.02, 0.98, 0.9))
    passage = slice(LINES[line], LINES[line] + 1400)
    backprop_figures.draw_coloured_text(ax, text[passage], states[passage, unit])
    known = ", ".join(f"{name} {score[name]:.2f}" for name in best if best[name] == unit)
    ax.set_title(f"unit {unit}" + (f": the best for {known}" if known else ""))
    return fig


shown = int(np.searchsorted(LINES, text.index("def ", text.index('"""', READ // 4)))) - 8
unit = widgets.slider("unit", 0, 255, best["either"])
line = widgets.slider("line", 0, len(LINES) - 60, shown)
widgets.Moving(unit_figure, unit=unit, line=line)

# %%
unit_figure(unit=best["either"], line=shown)

# %%
unit_figure(unit=best["brackets"], line=shown)

# %% [markdown]
# *The same passage of a kept-aside module twice, each character on a ground from blue, minus one, over
# white to orange-red, plus one. First by the unit for strings and comments: mostly orange in a docstring
# and in a comment, but in `def` and `return` too; blue in indentation and in brackets. Then by the unit
# for brackets: orange inside them and blue elsewhere.*

# %% [markdown]
# ## A picture that deceives
#
# The first unit is high, on the whole, through docstrings of many hundred characters. Yet no gradient in
# the training of this network went back more than 50. Is that a memory, longer than any gradient was?

# %%
run = np.zeros(READ, int)  # characters since the string began
for t in range(1, READ):
    run[t] = run[t - 1] + 1 if labels["string"][t - 1] and labels["string"][t] else 0
code, u = ~labels["either"][:READ], best["either"]
fresh = checkpoints.states(trained, tokens[:READ], reset_every=CHUNK)
deep = {}
for low, high in ((50, 100), (100, 200), (200, 400), (400, READ)):
    inside = labels["string"][:READ] & (run >= low) & (run < high)
    pair = [float(auc(s[inside | code][:, [u]], inside[inside | code])[0]) for s in (states, fresh)]
    deep[low] = [max(a, 1 - a) for a in pair]
    print(
        f"from {low} characters on: AUC {deep[low][0]:.2f}; with the state reset every 50, {deep[low][1]:.2f}"
    )
assert min(carried for carried, _ in deep.values()) > 0.72
assert all(abs(carried - reset) < 0.1 for carried, reset in deep.values())

# %% [markdown]
# It does follow strings for eight times its chunk and more. But with its memory wiped every 50
# characters it does so nearly as well. So let us test the cause. Take the docstrings of the kept-aside
# modules and read each twice: as it is, and without its opening quotes. From there on the two texts are
# the same, character by character.
#
# **Predict first.** What will the unit do without the quotes?

# %%
widgets.ask(questions.WITHOUT_ITS_QUOTES)


# %%
def with_and_without(label, opening, unit, lead=200, depth=80):
    """A unit's mean activation over the places where a label begins, with the opening and without it."""
    inside, n = labels[label], len(opening)
    places = [p for p in np.flatnonzero(inside[1:] & ~inside[:-1]) + 1 if p > lead]
    places = [p for p in places if text.startswith(opening, p) and inside[p : p + n + depth].all()]
    as_it_is = np.array([tokens[p - lead : p + n + depth] for p in places])
    opened_not = np.delete(as_it_is, np.s_[lead : lead + n], axis=1)
    start = np.zeros((len(places), 256), np.float32)
    return [read(trained, x, start)[:, -depth:, unit].mean(axis=0) for x in (as_it_is, opened_not)]


quotes, brackets = with_and_without("string", '"""', u), with_and_without("brackets", "(", best["brackets"])
apart = {"quotes": abs(np.subtract(*quotes)), "brackets": abs(np.subtract(*brackets))}
{name: gap[[1, 5, 10, 20, 30, 50, 70]].round(2) for name, gap in apart.items()}

# %%
assert apart["quotes"][30:].max() < 0.05 and min(quotes[0][30:].mean(), quotes[1][30:].mean()) > 0.4
assert apart["brackets"][10] > 0.4 > 0.3 > apart["brackets"][30] and apart["brackets"][70:].max() < 0.05
fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.4), sharey=True)
for ax, name, pair in zip(axes, ("opening quotes", "opening bracket"), (quotes, brackets), strict=True):
    backprop_figures.plot_depth(ax, dict(zip(("as it is", f"without the {name}"), pair, strict=True)), CHUNK)
axes[0].set_title(f"unit {u}, in docstrings")
axes[1].set_title(f"unit {best['brackets']}, in brackets")
axes[1].set_ylabel("")
plt.show()

# %% [markdown]
# *Two panels, the mean activation of a unit against the characters since the opening, with it and without.
# Left, in docstrings: the two curves meet within twenty characters and run on together, high. Right, in
# brackets: they start far apart, come closer character by character, and meet at about fifty.*
#
# Without its quotes, the docstring unit is soon as high as with them. It remembers nothing: it
# recognises English, again and again, from the last few words. The bracket unit is the one that
# remembers. Take the bracket away, and for tens of characters it shows. But that memory leaks, and
# nothing of it is left after some fifty.
#
# So a picture of a coloured text can tell a wrong story, and so can a good AUC. What settles it is to
# intervene. (All this is one network, trained once. Another would have other units.) And why does a
# state that could be kept for ever leak away like this? That is the question of the next chapter.

# %% [markdown]
# ## Summary
#
# - A shared weight has a part in the loss for each of its uses. Its gradient is their sum.
# - At every state two gradients meet and are added: its own, and the one from the future. Times the
#   slope of tanh, then times $W_h^\top$: that is one step back.
# - A gradient is checked by nudging on both sides, in float64, with a step near $10^{-5}$.
# - The way back needs every state. So it is cut: a stop every $k_1$ steps, and $k_2$ steps back from
#   it. Memory goes with $k_2$, time with $k_2 / k_1$.
# - A cut ends credit, not memory. What lies further back than $k_2$ is learned only as far as the state
#   holds it by itself.
# - Single units can follow strings or brackets. How well is a number, with an untrained network
#   beside it. What they remember, only an intervention shows.
#
# ## Exercises
#
# Build the parts yourself in `assignments/a02_bptt/bptt.ipynb`.
#
# 1. To check with: `numerical_gradient`.
# 2. Back to the states and to the table of characters: `temporal_affine_backward`,
#    `word_embedding_backward`.
# 3. Back through time: `rnn_step_backward`, `rnn_backward`, `truncated_bptt`.
# 4. Learning and looking inside: `train_char_rnn`, `unit_selectivity`.
#
# And in this notebook:
#
# 5. Choose `TARGETS` so that all bars but one are zero. Which one can it be? (Drop the asserts.)
# 6. Give `learn` the argument `T=5`, and `steps=25_000` for the same text. What does the short cut cost
#    in bits, and what does the long loop cost in time?
# 7. In `back`, leave out the slope of tanh. Which cells notice? Would you have noticed from the
#    learning curve?
#
# ## Further reading
#
# - D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986),
#   [Learning representations by back-propagating errors](https://doi.org/10.1038/323533a0). Among its
#   few pages is the unrolled network.
# - P. J. Werbos (1990),
#   [Backpropagation through time: what it does and how to do it](https://doi.org/10.1109/5.58337).
# - R. J. Williams, J. Peng (1990),
#   [An efficient gradient-based algorithm for on-line training of recurrent network trajectories](https://doi.org/10.1162/neco.1990.2.4.490).
#   The two numbers.
# - R. J. Williams, D. Zipser (1995), Gradient-based learning algorithms for recurrent networks and their
#   computational complexity, in
#   [Backpropagation: theory, architectures, and applications](https://dl.acm.org/doi/10.5555/201784.201801).
# - J. L. Elman (1990), [Finding structure in time](https://doi.org/10.1207/s15516709cog1402_1).
# - A. Karpathy (2015), [min-char-rnn](https://gist.github.com/karpathy/d4dee566867f8291f086), and
#   A. Karpathy, J. Johnson, L. Fei-Fei (2015),
#   [Visualizing and understanding recurrent networks](https://arxiv.org/abs/1506.02078).
# - C. Tallec, Y. Ollivier (2017),
#   [Unbiasing truncated backpropagation through time](https://arxiv.org/abs/1705.08209).
# - Used above: J. Duchi, E. Hazan, Y. Singer (2011),
#   [Adaptive subgradient methods](https://jmlr.org/papers/v12/duchi11a.html).
