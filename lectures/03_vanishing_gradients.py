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
# # 3. Vanishing and exploding gradients
#
# A program opens a bracket. A hundred characters later, the bracket must be closed, and the network
# forgets it. The error is made at the end. The weights that could have remembered were used a hundred
# steps before. Chapter 2 showed the way back that the error takes.
#
# **What is left of an error that has gone back a hundred steps?** In chapter 1 a network's memory faded
# within sixteen characters, and we had one suspect. Here is the other.
#
# Afterwards you can
#
# - write the gradient over many steps as a product of Jacobians, and measure it;
# - say when it must vanish, when it may explode, and why "above one" is not enough for that;
# - test a memory with two tasks and a baseline, and say which start helps with which task;
# - clip a gradient by its norm, and say what clipping cannot do;
# - say what an adaptive optimizer changes, and what not;
# - recognise the same product over layers, and the bridge that ResNet and highway networks built.
#
# You need chapters 1 and 2 and the singular values of a matrix: the largest one, $\sigma_1$, says how
# much the matrix can lengthen a vector at most. The notebook runs in about a minute.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import copy
import inspect
import json
from itertools import islice, pairwise, product

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

np.__version__, torch.__version__

# %%
import gradient_figures
import questions
import widgets
from experiments import memory_curves, stacked_layers
from rnn_datasets import memory

plt.style.use("course.mplstyle")
torch.set_num_threads(1)
memory_curves.RECORD.name, stacked_layers.RECORD.name

# %% [markdown]
# ## One number
#
# Take a state of a single number and no activation: $h_t = w\,h_{t-1} + x_t$. Going back one step
# multiplies the gradient by $w$. Going back $k$ steps multiplies it by $w^k$.
#
# **Predict first.** Let $w$ be 0.9, so that each step takes a tenth away.

# %%
widgets.ask(questions.HUNDRED_STEPS)

# %%
left = {f"w = {w}": w ** np.arange(101) for w in (1.1, 1.0, 0.9)}
assert left["w = 0.9"][100] < 1e-4 and left["w = 1.1"][100] > 1e4
ax = gradient_figures.plot_norms(plt.figure(figsize=(9, 3)).subplots(), left, (1e-6, 1e6))
ax.set(xlabel="steps back", ylabel="what is left of 1")
plt.show()

# %% [markdown]
# *Three straight lines on a logarithmic axis, over 100 steps. At 1.0 nothing changes; at 0.9 less
# than a ten-thousandth is left; at 1.1 it has grown more than ten thousandfold.*
#
# Only $w = 1$ keeps it. One tenth to either side, and after a hundred steps there are nine orders of
# magnitude between them. Is a network with many units kinder?

# %% [markdown]
# ## A product of Jacobians
#
# Let $\phi$ be the activation, and $a_t = x_t W_x + h_{t-1} W_h + b$ the sum inside it. Write
# $\delta_t$ for the gradient of the loss with respect to $h_t$, a row of $H$ numbers. One step back it
# passes the activation, then the matrix:
#
# $$\delta_{t-1} = \delta_t\, J_t, \qquad J_t = \mathrm{diag}\big(\phi'(a_t)\big)\, W_h^\top,
# \qquad \delta_{t-k} = \delta_t\, J_t\, J_{t-1} \cdots J_{t-k+1}.$$
#
# The matrix is the same in every factor. The slopes are not: they depend on where each unit stands.

# %%
ACTIVATIONS = {  # the function, and its slope, written with its result h
    "linear": (lambda a: a, lambda h: np.ones_like(h)),
    "tanh": (np.tanh, lambda h: 1 - h**2),
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda h: h * (1 - h)),
    "ReLU": (lambda a: np.maximum(a, 0), lambda h: (h > 0).astype(float)),
}


def back_one_step(delta, h, Wh, slope):
    """Carry the gradient at h_t (N, H) to h_{t-1}."""
    return (delta * slope(h)) @ Wh.T


list(ACTIVATIONS)

# %% [markdown]
# Now measure it. A network runs on noise, from a random state. It first runs 20 steps that we do not
# use: a start at zero would be a special point, where all slopes are at their largest. Then a gradient
# of length one goes back.


# %%
def gradient_norms(Wh, activation, steps, rng, N=16):
    """Give the gradient's length after 0, 1, ..., steps steps back, its mean over N sequences."""
    phi, slope = ACTIVATIONS[activation]
    x = rng.normal(0, 0.5, (20 + steps, N, len(Wh)))  # what the input adds to each unit
    states = [rng.normal(0, 0.5, (N, len(Wh)))]
    for x_t in x:
        states.append(phi(x_t + states[-1] @ Wh))
    delta = rng.normal(size=(N, len(Wh)))
    deltas = [delta / np.linalg.norm(delta, axis=1, keepdims=True)]
    for h in states[: -steps - 1 : -1]:
        deltas.append(back_one_step(deltas[-1], h, Wh, slope))
    return np.linalg.norm(deltas, axis=2).mean(axis=1)


# %% [markdown]
# The matrix starts in one of three ways: random normal numbers, a random rotation, or the identity.
# Each is scaled to the same largest singular value.

# %%
H, rng = 32, np.random.default_rng(0)
noise = rng.normal(size=(H, H))
STARTS = {"random": noise, "rotation": np.linalg.qr(noise)[0], "identity": np.eye(H)}


def scaled(W, sigma):
    """Scale a matrix to the largest singular value sigma."""
    return W * (sigma / np.linalg.norm(W, 2))


assert all(np.isclose(np.linalg.svd(scaled(W, 0.7))[1].max(), 0.7) for W in STARTS.values())
{name: f"{abs(np.linalg.eigvals(scaled(W, 1))).max():.2f}" for name, W in STARTS.items()}


# %%
def norms_figure(sigma, activation):
    """The gradient's length against the steps it went back, for three starts."""
    norms = {}
    for name, W in STARTS.items():
        norms[name] = gradient_norms(scaled(W, sigma), activation, 60, np.random.default_rng(1))
    fig = Figure(figsize=(9.5, 3.8))
    bound = (STEEPEST[activation] * sigma) ** np.arange(61.0)
    ax = gradient_figures.plot_norms(fig.subplots(), norms, (1e-16, 1e12), bound)
    ax.set(xlabel="steps back", ylabel="length of the gradient")
    return fig


STEEPEST = {"linear": 1, "tanh": 1, "sigmoid": 1 / 4, "ReLU": 1}  # the largest slope; see below
sigma = widgets.slider("largest singular value", 0.5, 1.5, 0.9, step=0.05)
widgets.Moving(norms_figure, sigma=sigma, activation=widgets.choice("", list(ACTIVATIONS)))

# %%
far = {}
for activation in ACTIVATIONS:
    for name, W in STARTS.items():
        norms = gradient_norms(scaled(W, 1.0), activation, 60, np.random.default_rng(1))
        assert (norms <= (STEEPEST[activation] * 1.0) ** np.arange(61) * (1 + 1e-9)).all()
        far[activation, name] = norms[60]
assert np.isclose(far["linear", "rotation"], 1) and far["linear", "random"] < 1e-6
assert 1e-12 < far["tanh", "rotation"] < 1e-2 and far["sigmoid", "rotation"] < 1e-30
for activation, low, high in (("linear", 1e10, 1e11), ("tanh", 0, 1e3)):
    norms = gradient_norms(scaled(STARTS["rotation"], 1.5), activation, 60, np.random.default_rng(1))
    assert low < norms[60] < high
norms_figure(sigma=1.0, activation="tanh")

# %% [markdown]
# *The length of the gradient over 60 steps on a logarithmic axis, for tanh and a largest singular
# value of one. The bound is level at one. All three lines fall below it, the random one fastest.*
#
# Try $\sigma_1 = 1$ with "linear": the rotation and the identity stay exactly at one, the random
# matrix falls. Its *largest* singular value is one, but its others are smaller, and no direction is
# lengthened again and again. With tanh, all of them fall. With the sigmoid, the line leaves the
# picture before step 30. Now move to 1.5: the linear rotation climbs with its bound, and tanh stays
# far below it.
#
# All of this is in float64. Single precision ends at about $10^{-45}$, and what is smaller is zero:

# %%
tiny = gradient_norms(scaled(noise, 0.5), "sigmoid", 100, np.random.default_rng(1))[100]
assert 0 < tiny < 1e-80 and np.float32(tiny) == 0
print(f"float64: {tiny:.1e}, float32: {np.float32(tiny)}")

# %% [markdown]
# ## Where the bound comes from
#
# How steep can an activation be?

# %%
a = np.linspace(-6, 6, 601)
values = {name: ACTIVATIONS[name][0](a) for name in ("sigmoid", "tanh")}
slopes = {name: ACTIVATIONS[name][1](h) for name, h in values.items()}
assert slopes["sigmoid"].max() == 1 / 4 and slopes["tanh"].max() == 1
assert slopes["tanh"][abs(a) > 3].max() < 0.01
fig, (left_ax, right_ax) = plt.subplots(1, 2, figsize=(9.5, 2.8))
gradient_figures.plot_slopes(left_ax, a, values, "activation")
gradient_figures.plot_slopes(right_ax, a, slopes, "slope")
plt.show()

# %% [markdown]
# *Left, sigmoid and tanh as S-shaped curves. Right, their slopes as hills around zero: the sigmoid's
# is 0.25 high, that of tanh 1 high and narrower. Beyond three, the slope of tanh is below a
# hundredth.*
#
# Let $\gamma$ be the largest slope: 1/4 for the sigmoid, 1 for tanh and ReLU. One step back cannot
# lengthen a gradient by more than $\gamma \sigma_1$, so
#
# $$\lVert \delta_{t-k} \rVert \;\le\; (\gamma\, \sigma_1)^k\, \lVert \delta_t \rVert.$$
#
# This is an upper bound, and it says two things (Pascanu, Mikolov and Bengio, 2013).
#
# - $\sigma_1 < 1/\gamma$ is **sufficient** for vanishing. Whatever the data, it must vanish.
# - $\sigma_1 > 1/\gamma$ is **necessary** for exploding. It permits growth, and promises none.
#
# For a sigmoid network, then, everything vanishes up to $\sigma_1 = 4$.

# %% [markdown]
# ## Above one
#
# **Predict first.**

# %%
widgets.ask(questions.ABOVE_ONE)

# %% [markdown]
# The next figure lets you place your bet anywhere. Across is $\sigma_1$ of a random matrix, up is the
# strength of the input. A network of 32 tanh units runs 50 steps to settle and 50 more, and the
# product of those last 50 Jacobians is measured by its largest singular value. Five networks are
# averaged.


# %%
def product_sizes(sigmas, strengths, seed, settle=50, steps=50):
    """Give log10 of the size of a product of Jacobians, (strengths, sigmas)."""
    rng = np.random.default_rng(seed)
    sigma, strength = (grid.ravel() for grid in np.meshgrid(sigmas, strengths))  # C networks at once
    Wh = sigma[:, None, None] * scaled(rng.normal(size=(H, H)), 1)  # (C, H, H)
    h, product, size = rng.normal(0, 0.5, (len(sigma), H)), np.eye(H), np.zeros(len(sigma))
    for t in range(settle + steps):
        h = np.tanh(strength[:, None] * rng.normal(size=H) + (h[:, None] @ Wh)[:, 0])
        if t >= settle:
            product = product @ (Wh * (1 - h**2)[:, None])  # one more Jacobian, transposed
            norm = np.linalg.norm(product, axis=(-2, -1))  # taken out, so that nothing underflows
            product, size = product / norm[:, None, None], size + np.log10(norm)
    size += np.log10(np.linalg.norm(product, 2, axis=(1, 2)))
    return size.reshape(len(strengths), len(sigmas))


# %%
sigmas, strengths = np.linspace(0.5, 5, 28), np.linspace(0, 3, 19)
maps = [product_sizes(sigmas, strengths, seed) for seed in range(5)]
regimes = np.mean(maps, axis=0)
assert (regimes[:, sigmas < 1] < -2).all()  # the bound: here it must vanish
size_at_bet = [m[abs(strengths - 2).argmin(), abs(sigmas - 3).argmin()] for m in maps]
assert max(size_at_bet) < -2  # in each of the five networks
assert regimes[0, -1] > 2  # no input and 5: there it does explode
print("at 3 with input 2, the five products are 10 to the", np.round(size_at_bet, 1))


# %%
def regime_figure(sigma, strength, bet):
    """The map, covered until a bet is placed, and the pin."""
    fig = Figure(figsize=(9.5, 4.4))
    shown = None if bet == "no bet yet" else regimes
    ax = gradient_figures.plot_regimes(fig.subplots(), sigmas, strengths, shown, (sigma, strength))
    size = regimes[abs(strengths - strength).argmin(), abs(sigmas - sigma).argmin()]
    verdict = "vanishes" if size < -2 else "explodes" if size > 2 else "neither"
    told = f"your bet: {bet}. Measured: 10 to the {size:+.1f} after 50 steps, {verdict}"
    ax.set_title("covered until you bet" if bet == "no bet yet" else told)
    return fig


regime_figure(sigma=3.0, strength=2.0, bet="no bet yet")

# %%
places = {"sigma": widgets.slider("singular value", 0.5, 5.0, 3.0, step=0.1)}
places["strength"] = widgets.slider("input", 0.0, 3.0, 2.0, step=0.1)
bets = ["no bet yet", "vanishes", "neither", "explodes"]
widgets.Moving(regime_figure, **places, bet=widgets.choice("I say it", bets))

# %% tags=["headline"]
above_one = regimes[:, sigmas > 1]
assert (above_one < -2).mean() > 0.5 and (above_one > 2).mean() < 0.35
regime_figure(sigma=3.0, strength=2.0, bet="explodes")

# %% [markdown]
# *A map, the singular value across from 0.5 to 5, the input's strength up from 0 to 3. Colour is the
# size of the product. Two lines divide it: above and left of the dashed one it is below a hundredth,
# below and right of the solid one above a hundred. The cross, at 3 and 2, lies well inside
# "vanishes". A dotted line at 1 marks where it must vanish.*
#
# On most of the map to the right of one the gradient still vanishes. Strong input pushes the units
# where tanh is flat, and flat slopes beat a large matrix. Between the two regimes lies a band that is
# neither. What the map does not show: training moves a network on it, and real input is not noise.
#
# ### Singular values, not eigenvalues
#
# One may be tempted to look at the eigenvalues. They do decide how a *power* of a matrix behaves in
# the end. Before the end, they say little:


# %%
def shear(s):
    """A matrix whose two eigenvalues are 0.9, whatever s is."""
    return np.array([[0.9, s], [0.0, 0.9]])


np.linalg.eigvals(shear(1.0)), np.linalg.norm(shear(1.0), 2).round(2)


# %%
def shear_figure(k, s):
    """The unit circle after k steps, and the norm of each power."""
    powers = [np.linalg.matrix_power(shear(s), n) for n in range(81)]
    fig = Figure(figsize=(9.5, 3.6))
    left_ax, right_ax = fig.subplots(1, 2, width_ratios=(2, 3))
    gradient_figures.plot_image_of_circle(left_ax, powers[k])
    gradient_figures.plot_powers(right_ax, np.array([np.linalg.norm(P, 2) for P in powers]), 0.9, k)
    return fig


shear_figure(k=0, s=1.0)

# %%
power = widgets.slider("k", 0, 80, 0)
widgets.Moving(shear_figure, k=power, s=widgets.slider("shear", 0.0, 1.0, 1.0, step=0.1))

# %%
norms = [np.linalg.norm(np.linalg.matrix_power(shear(1), k), 2) for k in range(81)]
assert np.allclose(np.linalg.eigvals(shear(1)), 0.9)
assert 1.52 < norms[1] < 1.54 and 9 <= np.argmax(norms) <= 10 and max(norms) > 3.8 and norms[80] < 0.05
shear_figure(k=3, s=1.0)

# %% [markdown]
# *Left, the unit circle, dashed, and the long thin ellipse that three steps make of it. Right, the
# norm of each power: it rises to almost four near the tenth, then falls to nearly nothing, while 0.9 to
# the k only ever falls.*
#
# Both eigenvalues are 0.9, and yet for nine steps a gradient can grow. The largest singular value,
# 1.53, announces that it may.

# %% [markdown]
# ## What vanishing does to learning
#
# In chapter 2 the gradient of $W_h$ was a sum with one term for each step. Here is that ledger for an
# error at the last of 60 steps, in a tanh network.
#
# **Predict first.** The far terms are next to nothing. What about the update?

# %%
widgets.ask(questions.ZERO_UPDATES)

# %%
rng, steps = np.random.default_rng(2), 60
Wh, states = scaled(noise, 1.5), [np.zeros((1, H))]
for _ in range(20 + steps):
    states.append(np.tanh(rng.normal(0, 0.5, (1, H)) + states[-1] @ Wh))
delta, terms = rng.normal(size=(1, H)), []
for now, before in zip(states[:20:-1], states[-2:19:-1], strict=True):
    terms.append(before.T @ (delta * (1 - now**2)))  # what this use of Wh is answerable for, (H, H)
    delta = back_one_step(delta, now, Wh, ACTIVATIONS["tanh"][1])
total, near = sum(terms), sum(terms[:10])
sizes = np.linalg.norm(terms, axis=(1, 2))
cosine = (total * near).sum() / np.linalg.norm(total) / np.linalg.norm(near)
assert len(terms) == steps and sizes[50] < 1e-5 * sizes[0] and cosine > 0.999

# %%
assert np.linalg.norm(total) > sizes[0]
ax = plt.figure(figsize=(9, 2.8)).subplots()
gradient_figures.plot_ledger(ax, sizes, np.linalg.norm(total)).set_xlabel("steps before the error")
plt.show()

# %% [markdown]
# *One bar for each of 60 steps, on a logarithmic axis: the terms fall in a straight line to less than
# a hundred-thousandth, while the dashed line, the sum of all, stands above the first bar.*
#
# The update is as large as ever. And it points where the last ten steps alone would point. So a
# network with vanishing gradients does learn: it learns what is near. From outside, this looks as if
# it did not care about the rest (Hochreiter, 1991; Bengio, Simard and Frasconi, 1994).

# %% [markdown]
# ## Two tasks that need a memory
#
# Text can be predicted rather well from the last few characters. To see a memory fail, take tasks in
# which nothing else helps.
#
# **Adding.** A sequence of $T$ numbers between 0 and 1, two of them marked. What is the sum of the
# two? Who remembers nothing can always say 1, and has a mean squared error of 1/6.
#
# **Copy.** Four symbols out of eight, then $T$ steps until the sign to say them again. Who remembers
# nothing can only guess, at 3 bits a symbol.

# %%
rng = np.random.default_rng(0)
x, y = memory.adding(rng, N=100_000, T=18)
words_read, words_due, mask = memory.copy(rng, N=1, T=10)
assert abs(np.square(y - 1).mean() - 1 / 6) < 0.002 and y.min() < 0.1
fig, (top, bottom) = plt.subplots(2, 1, figsize=(9.5, 2.4), height_ratios=(1, 2))
gradient_figures.draw_adding(top, x[0], y[0])
gradient_figures.draw_copy(bottom, words_read[0], words_due[0], mask[0], symbols=8)
plt.show()

# %% [markdown]
# *Above, eighteen numbers, two of them marked, and their sum. Below, four letters, dots, an exclamation
# mark, dots; under the last four places, the same letters are due.*
#
# The network is not too weak for this. Two ReLU units, set by hand, add at any length. The first lets
# a number pass if it is marked: $\max(0, \text{number} + \text{mark} - 1)$. The second keeps the sum.

# %%
Wx, Wh, b = np.array([[1.0, 0], [1, 0]]), np.array([[0.0, 1], [0, 1]]), np.array([-1.0, 0])
x, y = memory.adding(np.random.default_rng(0), N=100, T=1000)
h = np.zeros((100, 2))
for x_t in x.swapaxes(0, 1):
    h = np.maximum(x_t @ Wx + h @ Wh + b, 0)
error = abs(h.sum(axis=1) - y).max()
assert error < 1e-6
print(f"largest error at T = 1,000: {error:.0e}")

# %% [markdown]
# So a solution exists. The question is whether gradients find it.
#
# ## Start where the product is one
#
# If the product shrinks or grows because its factors do, start with factors that do neither. Three
# proposals:
#
# - **ReLU and the identity** (Le, Jaitly and Hinton, 2015). An active unit copies itself, and its slope
#   is exactly one. (A unit that is off passes nothing. A *leaky* ReLU leaves it a small slope.)
# - **An orthogonal matrix** (Saxe, McClelland and Ganguli, 2014): a rotation, with or without a
#   reflection. All its singular values are one.
# - **Gates**, which decide step by step what to keep: LSTM and GRU. Chapter 4 builds them; here they
#   only run along.

# %%
for start in (memory_curves.tanh_random, memory_curves.tanh_orthogonal, memory_curves.relu_identity):
    print(inspect.getsource(start))
spectrum = torch.linalg.svdvals(memory_curves.tanh_orthogonal(2).weight_hh_l0.detach())
assert torch.allclose(spectrum, torch.ones(64), atol=1e-5)

# %% [markdown]
# **Predict first.** The orthogonal network and the two tasks.

# %%
widgets.ask(questions.KEEP_OR_SELECT)

# %% [markdown]
# We gave each network 64 units, three seeds, a rate that suited it in a trial, and a thousand steps of
# training on sequences that it had never seen. That takes longer than you would like to wait, so the
# curves were recorded (`make experiments` repeats it).

# %%
record = json.loads(memory_curves.RECORD.read_text(encoding="utf-8"))
BUDGET = memory_curves.STEPS


def solved(task, T):
    """How many of the three seeds solved a task within the budget, for each network."""
    enough = memory_curves.TASKS[task].solved
    return {name: sum(curve[-1] <= enough for curve in seeds) for name, seeds in record[task][str(T)].items()}


for task in record:
    for T in record[task]:
        print(f"{task:>6}, T = {T:>3}:", solved(task, T))


# %%
def task_figure(task, span):
    """The recorded curves of one task at one of its four lengths."""
    T = memory_curves.TASKS[task].spans[span - 1]
    guess, unit = memory_curves.TASKS[task].guess, UNITS[task]
    fig = Figure(figsize=(9.5, 4))
    curves = record[task][str(T)]
    ax = gradient_figures.plot_curves(fig.subplots(), curves, memory_curves.EVERY, BUDGET, guess, unit)
    ax.set_title(f"{task}, T = {T}")
    return fig


UNITS = {"adding": "mean squared error", "copy": "bits per symbol"}
task = widgets.choice("", list(UNITS))
widgets.Moving(task_figure, task=task, span=widgets.slider("length, 1 to 4", 1, 4, 3))

# %%
at_50, at_100 = solved("adding", 50), solved("adding", 100)
for name in ("ReLU, identity", "LSTM", "GRU"):
    assert at_50[name] == 3
for name in ("tanh, random", "tanh, orthogonal"):
    assert at_50[name] == at_100[name] == 0
    assert min(min(curve) for curve in record["adding"]["50"][name]) > 0.9 / 6  # a tenth below the guess
task_figure(task="adding", span=3)

# %%
at_30 = solved("copy", 30)
assert at_30["tanh, orthogonal"] == 3 and at_30["GRU"] >= 1
assert at_30["tanh, random"] == at_30["ReLU, identity"] == at_30["LSTM"] == 0
slowest = max(map(len, record["copy"]["30"]["tanh, orthogonal"])) * memory_curves.EVERY
assert slowest <= BUDGET / 2 and all(curve[-1] > 2.9 for curve in record["copy"]["30"]["LSTM"])
assert sum(solved("copy", 60).values()) == 0  # twice as long is too long for all of them
task_figure(task="copy", span=3)

# %% [markdown]
# *Two stills: loss against steps of training, three lines for each network, and the constant guess as
# a dotted level. A line that ends early has solved the task. First, adding over 50 steps: GRU, LSTM and
# ReLU with the identity come down to zero; both tanh networks stay at the guess. Second, copy over 30
# steps: the orthogonal tanh network comes down first, within half of the budget; GRU follows near its
# end; random tanh and ReLU are under way, and LSTM has not left the guess.*
#
# Where everything must be **kept**, the rotation wins; where one must **select**, it does no better
# than a guess. (At twice the length, nothing here learns to copy within the budget.) Is it the
# gradient? Watch it while they train. We cut the reading in two, and ask what arrives at the cut of a
# gradient of length one at the end.


# %%
def arrival(network, x, back):
    """Give the length of the network's gradient after some steps back, its mean over the sequences."""
    layer, direction = copy.deepcopy(network.layer).double(), network.output.weight[0].detach().double()
    h = layer(x[:, :-back])[1].detach().requires_grad_()
    states, _ = layer(x[:, -back:], h)
    (states[:, -1] @ (direction / direction.norm())).sum().backward()
    return float(h.grad.norm(dim=-1).mean())


generator = np.random.default_rng(9)
reading = {
    "adding": torch.from_numpy(memory.adding(generator, 64, 50)[0]).double(),
    "copy": torch.eye(10).double()[torch.from_numpy(memory.copy(generator, 64, 30)[0])],
}
{name: tuple(x.shape) for name, x in reading.items()}

# %%
AT, PLAIN_ONES = (0, 1, 3, 10, 30, 100), ("tanh, random", "tanh, orthogonal", "ReLU, identity")
BACK = {"adding": 49, "copy": 34}  # to the first number; to the last symbol
arrivals, trained = {}, {}
for task, name, seed in widgets.Progress([*product(BACK, PLAIN_ONES, range(3))], "training", "network"):
    T, values = reading[task].shape[1] - (8 if task == "copy" else 0), []
    for k, (network, _) in enumerate(islice(memory_curves.training(task, name, T, seed), AT[-1] + 1)):
        if k in AT:
            values.append(arrival(network, reading[task], BACK[task]))
    arrivals.setdefault(task, {}).setdefault(name, []).append(values)
    trained[task, name, seed] = network

# %%
for name in PLAIN_ONES:
    assert all(values[0] > 0.05 for values in arrivals["adding"][name] + arrivals["copy"][name])
    assert all(values[-1] > 0.01 for values in arrivals["copy"][name])
    after = [values[-1] for values in arrivals["adding"][name]]
    assert min(after) > 0.1 if name == "ReLU, identity" else max(after) < 1e-4
assert sum(values[3] < 1e-3 for name in PLAIN_ONES for values in arrivals["adding"][name]) >= 4
fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.4))
for ax, task in zip(axes, BACK, strict=True):
    gradient_figures.plot_arrivals(ax, AT, arrivals[task]).set_title(f"{task}, {BACK[task]} steps back")
axes[0].legend(loc="lower left")
plt.show()

# %% [markdown]
# *Two panels: what arrives of a gradient of one, after 0 to 100 steps of training, three lines for each
# network. Left, adding: all start above a twentieth. The tanh networks then fall below a
# ten-thousandth, most of them within ten steps, while ReLU with the identity keeps a tenth and more.
# Right, copy: all end above a hundredth.*
#
# At the start, nothing vanishes. On adding, **training itself** moves the tanh networks to where it
# does, most of them within ten steps. Where are they, after a hundred? We ask each for the largest
# singular value of its $W_h$ and for the mean slope of its units.

# %%
at_risk = {}
for (task, name, _), network in trained.items():
    Wh = network.layer.weight_hh_l0.detach()
    states = network.layer(reading[task].float())[0].detach()
    sigma, slope = float(torch.linalg.matrix_norm(Wh, 2)), float((1 - states**2).mean())
    if name != "ReLU, identity":
        at_risk.setdefault(task, []).append((round(sigma, 1), round(slope, 2)))
assert min(sigma for sigma, _ in at_risk["adding"]) > 1.3
assert max(slope for _, slope in at_risk["adding"]) < 0.75 < 0.77 < min(slope for _, slope in at_risk["copy"])
assert 0.75**49 < 1e-6
at_risk

# %% [markdown]
# On adding, all the singular values are above 1.3 and all the slopes below 0.75, and $0.75^{49}$ is less
# than a millionth: above one, and it vanishes, and nobody put them there. In copy the network waits in
# silence; the slopes stay higher, and the gradient survives. ReLU, finally, has no flat end above.
#
# It does not follow that a gradient which arrives is enough. On copy it reaches ReLU with the identity
# in full, and is of no avail. The LSTM, too, stays at the guess there. No start is best for both tasks.
#
# Is the record true? We repeat a cheap part of it.

# %%
live = memory_curves.train("adding", "ReLU, identity", T=50, seed=1)
recorded = record["adding"]["50"]["ReLU, identity"][1]
assert live[-1] <= 0.01 and abs(len(live) - len(recorded)) <= 6  # solved, at nearly the same step
assert np.allclose(live[:4], recorded[:4], atol=0.01)
print(f"solved after {len(live)} times {memory_curves.EVERY} steps; recorded: {len(recorded)} times")

# %% [markdown]
# ## Exploding
#
# Vanishing is silent, exploding is not. The smallest network that shows it has one unit and two
# weights, $h_t = \tanh(w\,h_{t-1} + b)$. It starts at $-0.5$ and should be at $0.7$ after 30 steps.

# %%
START, GOAL, RATE = -0.5, 0.7, 0.2


def cliff(w, b, T=30):
    """Give the loss at (w, b), and its slopes in both directions."""
    h, dh_dw, dh_db = START, 0.0, 0.0
    for _ in range(T):
        before, h = h, np.tanh(w * h + b)
        dh_dw, dh_db = (1 - h**2) * (before + w * dh_dw), (1 - h**2) * (1 + w * dh_db)
    return (h - GOAL) ** 2, 2 * (h - GOAL) * dh_dw, 2 * (h - GOAL) * dh_db


np.round(cliff(w=1.6, b=0.3), 3)

# %%
ws, bs = np.linspace(0.5, 2.5, 240), np.linspace(-0.2, 0.8, 200)
surface, slope_w, slope_b = cliff(*np.meshgrid(ws, bs))
steepness = np.hypot(slope_w, slope_b)
assert steepness.max() > 300 and np.median(steepness) < 1
print(f"slope of the loss: median {np.median(steepness):.2f}, steepest {steepness.max():.0f}")

# %% [markdown]
# On one side of a line the state is caught below zero, on the other above. On that line the loss is a
# cliff. Where it is steep, the step is long. The remedy is one line: if the gradient's norm exceeds a
# threshold, multiply the gradient by the threshold over the norm.


# %%
def clip(g, threshold):
    """Shorten a gradient to the threshold if it is longer."""
    norm = np.linalg.norm(g)
    return g * (threshold / norm) if norm > threshold else g


clip(np.array([30.0, 40.0]), threshold=1.0)


# %%
def descend(threshold, start=(1.6, 0.3), steps=60):
    """Walk down from a start; give the places, (steps + 1, 2), and the loss at each."""
    places, losses = [np.array(start)], []
    for _ in range(steps + 1):
        loss, *slope = cliff(*places[-1])
        losses.append(loss)
        places.append(places[-1] - RATE * clip(np.array(slope), threshold))
    return np.array(places[:-1]), np.array(losses)


[f"{descend(threshold)[1][-1]:.1e}" for threshold in (1.0, 1e9)]


# %%
def cliff_figure(log_threshold):
    """The path of a descent over the cliff, its gradient clipped."""
    path, losses = descend(10.0**log_threshold)
    fig = Figure(figsize=(9.5, 3.8))
    left_ax, right_ax = fig.subplots(1, 2, width_ratios=(3, 2))
    gradient_figures.plot_cliff(left_ax, ws, bs, surface, path)
    left_ax.set_title(f"clipped to norm {10.0**log_threshold:.3g}")
    gradient_figures.plot_losses(right_ax, losses)
    return fig


threshold = widgets.slider("threshold, 10 to the", -2.0, 2.0, 2.0, step=0.25)
widgets.Moving(cliff_figure, log_threshold=threshold)

# %%
starts = [(w, b) for w in (1.5, 1.6, 1.7, 1.8) for b in (0.3, 0.35, 0.4)]
clipped = [descend(1.0, start, steps=150)[1][-1] < 1e-3 for start in starts]
free = [descend(1e9, start, steps=150)[1][-1] < 1e-3 for start in starts]
assert sum(clipped) >= 10 and sum(free) <= sum(clipped) - 4
print(f"of {len(starts)} starts, {sum(clipped)} arrive with clipping, {sum(free)} without")
cliff_figure(log_threshold=2.0)

# %%
assert descend(1.0)[1][-1] < 1e-4 and descend(100.0)[1][-1] > 0.05
assert np.linalg.norm(descend(0.01)[0][-1] - descend(0.01)[0][0]) < 0.15
cliff_figure(log_threshold=0.0)

# %% [markdown]
# *Two stills: the loss over w and b, pale where it is small, dark where it is large, with a sharp edge
# between, and beside it the loss at each step. The blue dot is the start. With a threshold of 100, the
# path walks towards the edge, touches it, and an arrow points out of the picture; the loss ends on a
# level. With a threshold of 1 it takes a short step back instead, walks on along the edge, and ends in
# the valley, at a star.*
#
# Too small a threshold, and every step is short: at 0.01 it hardly leaves its start.
#
# **Predict first.**

# %%
widgets.ask(questions.CLIPPING)

# %%
long, short = np.array([3.0, 4.0]), np.array([0.03, 0.04])
by_value = long.clip(-1, 1)
assert np.allclose(clip(long, 1), [0.6, 0.8]) and np.array_equal(clip(short, 1), short)
assert np.array_equal(by_value, [1, 1])  # another method, and another direction
clip(long, 1), clip(short, 1), by_value

# %% [markdown]
# Clipping by norm keeps the direction and bounds the step. Clipping by value can turn the gradient.
# Neither makes a small gradient larger: clipping is for explosions only. (Truncated backpropagation,
# in chapter 2, also bounds the product, by leaving out its far factors. It pays with the far past.)

# %% [markdown]
# ## Optimizers on one stream
#
# SGD takes a step of the rate times the gradient. RMSProp (Tieleman and Hinton, 2012) and Adam
# (Kingma and Ba, 2015) divide each weight's gradient by its own recent size. Feed all three the same
# stream: one weight has gradients of about 1, another of about 0.001, and at step 100 both explode.


# %%
def sgd(stream):
    """The gradients themselves: each function gives the steps in units of the rate."""
    return stream


def rmsprop(stream, keep=0.99):
    square, steps = 0.0, []
    for g in stream:
        square = keep * square + (1 - keep) * g**2
        steps.append(g / (np.sqrt(square) + 1e-8))
    return np.array(steps)


rmsprop(np.ones(3)).round(2)


# %%
def adam(stream, keep=0.9, keep_square=0.999):
    mean, square, steps = 0.0, 0.0, []
    for k, g in enumerate(stream, start=1):
        mean, square = keep * mean + (1 - keep) * g, keep_square * square + (1 - keep_square) * g**2
        steps.append(mean / (1 - keep**k) / (np.sqrt(square / (1 - keep_square**k)) + 1e-8))
    return np.array(steps)


adam(np.ones(3)).round(2)

# %%
OPTIMIZERS = {"SGD": sgd, "RMSProp": rmsprop, "Adam": adam}


def gradient_stream(spike, clipped, seed=0):
    """Give 300 gradients of two weights, of size 1 and 0.001, multiplied by the spike at step 100."""
    g = np.random.default_rng(seed).normal(1, 0.1, (300, 2)) * [1, 1e-3]
    g[100] *= spike
    return np.array([clip(row, 1.0) for row in g]) if clipped else g


gradient_stream(spike=1000, clipped=False)[98:103].round(4)


# %%
def optimizer_figure(log_spike, clipped):
    """How far each optimizer moves the two weights."""
    sizes = {name: abs(step(gradient_stream(10.0**log_spike, clipped))) for name, step in OPTIMIZERS.items()}
    fig = Figure(figsize=(9.5, 3.6))
    for ax, w, title in zip(
        fig.subplots(1, 2), (0, 1), ("gradients of 1", "gradients of 0.001"), strict=True
    ):
        gradient_figures.plot_step_sizes(ax, {name: size[:, w] for name, size in sizes.items()}, title)
    return fig


# %%
spike = widgets.slider("spike, 10 to the", 0.0, 4.0, 3.0, step=0.5)
widgets.Moving(optimizer_figure, log_spike=spike, clipped=widgets.switch("clip to norm 1 first"))

# %%
for seed in range(3):
    quiet = {name: abs(step(gradient_stream(1, False, seed))) for name, step in OPTIMIZERS.items()}
    loud = {name: abs(step(gradient_stream(1000, False, seed))) for name, step in OPTIMIZERS.items()}
    for name, (low, high) in {"SGD": (900, 1100), "RMSProp": (0.9, 1.1), "Adam": (0.9, 1.1)}.items():
        large, small = quiet[name][50:].mean(axis=0)
        assert low < large / small < high  # SGD moves one a thousand times as far, the others both alike
    assert loud["SGD"][100].max() > 300 and max(loud["RMSProp"].max(), loud["Adam"].max()) < 10.1
    for name in ("RMSProp", "Adam"):
        assert loud[name][150:200].mean() < quiet[name][150:200].mean() / 30
        calm = abs(OPTIMIZERS[name](gradient_stream(1000, True, seed)))
        assert calm[150:200].mean() > quiet[name][150:200].mean() / 2
optimizer_figure(log_spike=3.0, clipped=False)

# %% [markdown]
# *Two panels, the size of each step against its number on a logarithmic axis, for the weight with
# large gradients and the one with small ones. SGD sits at 1 and at 0.001 and jumps a thousandfold at
# step 100. RMSProp and Adam sit near 1 in both panels, do not jump far, and fall far below one
# afterwards.*
#
# (RMSProp begins at ten because its average begins at zero; Adam corrects for that.) The adaptive two
# move both weights alike, and the explosion itself does not carry them away. What follows may surprise
# you: they have seen something huge, so fifty steps later they still take steps less than a thirtieth
# of their usual size. Press the switch: clip first, and the trace is gone.
#
# **Predict first.** If they enlarge small gradients, are we done?

# %%
widgets.ask(questions.ADAM_CURES)

# %%
scale = 1 / (
    abs(total) + 1e-8
)  # what such an optimizer multiplies each weight's gradient by, when it is steady
far_before, far_after = ((abs(w * sum(terms[30:])).sum() / abs(w * total).sum()) for w in (1, scale))
assert far_before < 1e-3 and far_after < 0.01
print(f"share of what lies 30 steps and more back: {far_before:.0e}, rescaled {far_after:.0e}")

# %% [markdown]
# The vanished terms are not small gradients of some weight. They are small parts of every weight's
# sum, and scaling a sum leaves its parts in proportion.

# %% [markdown]
# ## Layers are steps
#
# Nothing in the product asks that its factors are steps in time. A deep network is a product over its
# layers, with another matrix in each. So it should show the same picture, and it did.
#
# VGG (Simonyan and Zisserman, 2015) has up to 19 layers. From a bad random start it stalls, so its
# authors trained a net of 11 layers first and built the deeper ones on its layers. (Later they found
# that a better random start would have done.) GoogLeNet (Szegedy and others, 2015), 22 layers, was
# given two *auxiliary classifiers* half-way up, whose errors have a short way down. Both date from just
# before batch normalisation (Ioffe and Szegedy, 2015), after which such crutches became rare.
#
# **Predict first.** A question about VGG's weights, since we are here.

# %%
widgets.ask(questions.LAST_LAYERS)

# %%
channels = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
convolutions = sum(9 * a * b + b for a, b in pairwise(channels))
connected = [(7 * 7 * 512, 4096), (4096, 4096), (4096, 1000)]
last_three = sum(a * b + b for a, b in connected)
assert convolutions + last_three == 138_357_544 and 0.89 < last_three / (convolutions + last_three) < 0.9
pooled = 512 * 1000 + 1000
assert pooled < last_three / 200
print(f"13 convolutions {convolutions:,}; last three {last_three:,}; after pooling {pooled:,}")

# %% [markdown]
# Most of them sit where the map of features is laid out as one vector. *Global average pooling* (Lin,
# Chen and Yan, 2014) takes the mean of each feature over all places instead. GoogLeNet and ResNet do
# so; VGG would be left with half a million.
#
# ### A bridge
#
# A **highway** layer (Srivastava, Greff and Schmidhuber, 2015) has a gate $g$ between 0 and 1 that
# mixes the new with the old; a **residual** layer (He and others, 2016) simply adds them:
#
# $$h' = g \odot \phi(hW) + (1 - g) \odot h, \qquad\qquad h' = h + \phi(hW).$$
#
# Either way the Jacobian gets a piece of the identity: $(1-g)$ on its diagonal, or a 1. The gradient
# no longer has to pass every matrix. Over layers this made a hundred and more trainable. Over time it
# is a residual RNN, $h_t = h_{t-1} + \tanh(x_t W_x + h_{t-1} W_h + b)$, and a gated one.


# %%
def forward(kind, Ws, Gs, gate_bias, h, x):
    """Run h (N, H) through layers, or steps; keep what the way back needs."""
    kept = []
    for W, G, x_k in zip(Ws, Gs, x, strict=True):
        new = np.tanh(h @ W + x_k)
        g = 1 / (1 + np.exp(-(h @ G + gate_bias))) if kind == "highway" else np.ones_like(h)
        kept.append((h, new, g))
        h = {"plain": new, "residual": h + new, "highway": g * new + (1 - g) * h}[kind]
    return kept


len(forward("plain", np.zeros((3, H, H)), np.zeros((3, H, H)), 0.0, np.zeros((1, H)), np.zeros(3)))


# %%
def lengths(kind, Ws, Gs, kept, delta):
    """Give the gradient's mean length after 0, 1, ... layers back."""
    deltas = [delta]
    for (h, new, g), W, G in zip(kept[::-1], Ws[::-1], Gs[::-1], strict=True):
        through = (delta * g * (1 - new**2)) @ W.T
        gate = (delta * (new - h) * g * (1 - g)) @ G.T
        delta = through + {"plain": 0, "residual": delta, "highway": delta * (1 - g) + gate}[kind]
        deltas.append(delta)
    return np.linalg.norm(deltas, axis=2).mean(axis=1)


# %%
def depth(kind, over_time, gain, gate_bias, seed=0, depth=50, N=8):
    """Measure 50 layers, each with a matrix of its own, or 50 steps with one matrix and an input each."""
    rng = np.random.default_rng(seed)
    Ws, Gs = rng.normal(0, H**-0.5, (2, depth, H, H))
    x = rng.normal(0, 0.3, (depth, N, H)) * over_time
    if over_time:
        Ws, Gs = np.broadcast_to(Ws[0], Ws.shape), np.broadcast_to(Gs[0], Gs.shape)
    h, delta = rng.normal(size=(2, N, H))
    delta /= np.linalg.norm(delta, axis=1, keepdims=True)
    kept = forward(kind, gain * Ws, Gs, gate_bias, h, x)
    return lengths(kind, gain * Ws, Gs, kept, delta)


KINDS = ("plain", "residual", "highway")
{kind: f"{depth(kind, False, 0.7, -4.0)[-1]:.0e}" for kind in KINDS}


# %%
def depth_figure(gain, gate_bias):
    """The gradient's length over layers, and over steps."""
    fig = Figure(figsize=(9.5, 3.6))
    for ax, over_time in zip(fig.subplots(1, 2), (False, True), strict=True):
        norms = {kind: depth(kind, over_time, gain, gate_bias) for kind in KINDS}
        gradient_figures.plot_norms(ax, norms, (1e-12, 1e6))
        ax.set(xlabel="steps back" if over_time else "layers back", ylabel="length of the gradient")
        ax.set_title("one matrix, 50 steps" if over_time else "50 layers")
    return fig


gain = widgets.slider("gain of the weights", 0.2, 2.0, 0.7, step=0.1)
widgets.Moving(depth_figure, gain=gain, gate_bias=widgets.slider("gate's bias", -6.0, 0.0, -4.0, step=0.5))

# %%
for seed in range(3):
    for over_time in (False, True):
        plain, residual, highway = (depth(kind, over_time, 0.7, -4.0, seed)[-1] for kind in KINDS)
        assert plain < 1e-5 and residual > 1 and 0.1 < highway < 2
    assert depth("highway", False, 0.7, 0.0, seed)[-1] < 1e-6  # gates half open: the bridge is half closed
    assert min(depth("residual", False, gain, 0.0, seed)[-1] for gain in (0.2, 0.5, 1.0, 2.0)) > 1.2
depth_figure(gain=0.7, gate_bias=-4.0)

# %% [markdown]
# *Two panels: 50 layers, and 50 steps with one matrix. In both, the plain network's gradient falls
# below a hundred-thousandth, the residual one's grows, and the highway's stays above a tenth.*
#
# A bridge is not a cure-all. The residual gradient *grows*, here and at every gain, since something is
# added at each layer. And a highway must be told to stay open: set its gate's bias to 0, and it
# vanishes too.
#
# He and others did not set out against vanishing. Their plain nets had batch normalisation, and
# gradients of healthy size. Still, with more layers they had a higher error *on the training set*. As
# above: a gradient that arrives is not yet a solution that is found.
#
# ### Stacking recurrent layers
#
# Recurrent layers can be stacked as well: the states of one are the inputs of the next. Then the
# network is deep in both directions. We gave one to four layers the same 40,000 weights (so more
# layers are narrower ones), let them read Python for 600 steps, and measured them on modules kept
# aside, three seeds each. In a residual stack, every layer but the first adds its states to what it
# read.

# %%
stacks = json.loads(stacked_layers.RECORD.read_text(encoding="utf-8"))
bits = {"plain": {}, "residual between layers": {}}
for run in stacks:
    for name, residual in zip(bits, (False, True), strict=True):
        if run["residual"] == residual or run["layers"] == 1:  # with one layer there is nothing between
            bits[name].setdefault(run["layers"], []).append(run["bits"])
means = {name: {k: round(float(np.mean(seeds)), 2) for k, seeds in b.items()} for name, b in bits.items()}
means

# %%
plain, residual = means.values()
assert 2.7 < plain[1] < 2.9 and 3.2 < plain[4] < 3.6 and residual[4] < 2.5
assert plain[4] > plain[2] > plain[1] + 0.1 and plain[4] > plain[1] + 0.3
assert residual[4] < residual[2] < residual[1] - 0.2
worst, best = (f([run["bits"] for run in stacks if run["residual"]]) for f in (max, min))
assert worst < min(min(bits["plain"][k]) for k in (2, 3, 4)) - 0.1  # each residual run beats each plain stack
ax = plt.figure(figsize=(9, 2.8)).subplots()
gradient_figures.plot_layers(ax, bits)
plt.show()

# %% [markdown]
# *Bits per character against the number of layers, 1 to 4, a dot for each seed. Plain stacks rise from
# 2.8 to 3.4; with residual connections the line falls, to below 2.5.*
#
# On average, plain layers make it worse and residual ones better, although the number of weights stays.
# What was true of images is true here. What the figure does not show: one rate of learning for all, and
# a short budget.

# %%
live, _ = stacked_layers.train(layers=1, residual=False, seed=0, steps=100)
recorded = next(run["curve"] for run in stacks if run["layers"] == 1 and run["seed"] == 0)
assert np.allclose(live, recorded[: len(live)], atol=0.05)
print("bits per character, first 160,000:", np.round(live, 2), "recorded:", recorded[: len(live)])

# %% [markdown]
# ## Summary
#
# - Going back $k$ steps multiplies the gradient by $k$ Jacobians, $\mathrm{diag}(\phi'(a_t))\, W_h^\top$.
#   A product of many factors seldom keeps its size.
# - $\gamma\sigma_1 < 1$ is sufficient for vanishing; $\gamma\sigma_1 > 1$ is necessary for exploding, and
#   not sufficient. Singular values, not eigenvalues.
# - Vanishing does not stop learning. It confines it to what is near.
# - Two tasks show a memory: adding, where one must select, and copy, where one must keep. A good start
#   (identity with ReLU, a rotation) helps with one of them and not with the other, and training can
#   lose what the start had.
# - Clipping by norm bounds the step and keeps its direction. It does nothing for small gradients.
# - Adaptive optimizers scale a weight's whole sum. What vanished inside it stays small.
# - Layers multiply as steps do. Residual and highway connections add an identity to the factor.
#
# In chapter 4 the network itself decides, at every step, how far its bridge is open.
#
# ## Exercises
#
# Build the parts yourself in
# `assignments/a03_vanishing_gradients/vanishing_gradients.ipynb`.
#
# 1. The product: `activation_gradient`, `jacobian_norms`, `scale_spectral_norm`.
# 2. Where to start: `orthogonal_init`, `identity_init`.
# 3. The step: `clip_grad_norm`, `rmsprop_step`, `adam_step`.
# 4. Depth: `residual_rnn_forward`, `stacked_rnn_forward`.
#
# And in this notebook:
#
# 5. Replace `rng.normal` in `product_sizes` by a constant input. Which part of the map changes most?
# 6. In the figure of the cliff, move the start. From where does it arrive without clipping?
# 7. Watch what arrives on adding with the orthogonal network at a rate of 0.001, for several seeds. Does
#    the gradient always collapse? Where it survives, is the task learned?
#
# ## Further reading
#
# - S. Hochreiter (1991),
#   [Untersuchungen zu dynamischen neuronalen Netzen](https://people.idsia.ch/~juergen/SeppHochreiter1991ThesisAdvisorSchmidhuber.pdf).
#   The first analysis, in German.
# - Y. Bengio, P. Simard, P. Frasconi (1994),
#   [Learning long-term dependencies with gradient descent is difficult](https://doi.org/10.1109/72.279181).
# - R. Pascanu, T. Mikolov, Y. Bengio (2013),
#   [On the difficulty of training recurrent neural networks](https://arxiv.org/abs/1211.5063). The
#   bound, the cliff, and clipping by norm.
# - A. Saxe, J. McClelland, S. Ganguli (2014),
#   [Exact solutions to the nonlinear dynamics of learning in deep linear neural networks](https://arxiv.org/abs/1312.6120).
# - Q. Le, N. Jaitly, G. Hinton (2015),
#   [A simple way to initialize recurrent networks of rectified linear units](https://arxiv.org/abs/1504.00941).
# - M. Arjovsky, A. Shah, Y. Bengio (2016),
#   [Unitary evolution recurrent neural networks](https://arxiv.org/abs/1511.06464). The two tasks in the
#   form used here; S. Hochreiter, J. Schmidhuber (1997),
#   [Long short-term memory](https://doi.org/10.1162/neco.1997.9.8.1735), posed them first.
# - T. Tieleman, G. Hinton (2012),
#   [Lecture 6.5: RMSProp](https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf);
#   D. Kingma, J. Ba (2015), [Adam](https://arxiv.org/abs/1412.6980).
# - K. Simonyan, A. Zisserman (2015),
#   [Very deep convolutional networks](https://arxiv.org/abs/1409.1556); C. Szegedy and others (2015),
#   [Going deeper with convolutions](https://arxiv.org/abs/1409.4842); M. Lin, Q. Chen, S. Yan (2014),
#   [Network in network](https://arxiv.org/abs/1312.4400); S. Ioffe, C. Szegedy (2015),
#   [Batch normalization](https://arxiv.org/abs/1502.03167).
# - R. Srivastava, K. Greff, J. Schmidhuber (2015),
#   [Highway networks](https://arxiv.org/abs/1505.00387); K. He, X. Zhang, S. Ren, J. Sun (2016),
#   [Deep residual learning](https://arxiv.org/abs/1512.03385).
