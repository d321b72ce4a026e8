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
# # 4. LSTM and GRU
#
# Fifty numbers, two of them marked; what is the sum of the two? In chapter 3 the tanh network never
# did better than a constant guess. Yet two units set by hand could add, over a thousand steps. So a
# memory can be built. It is the gradients that do not find it.
#
# **What must a path through time be like, so that gradients survive on it, and the network still
# decides what it keeps?** The answer is a sum instead of a product, and a few gates.
#
# Afterwards you can
#
# - say what each of an LSTM's four parts does, and what breaks without it;
# - read the half-life of a memory off its forget bias;
# - derive the way back through the cell, and get PyTorch's numbers;
# - turn an LSTM into a GRU, and say which convention a formula follows;
# - compare the cells, stack them, read from both ends, and choose.
#
# You need chapters 2 and 3. The notebook runs in about a minute.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import json
import time
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

np.__version__, torch.__version__

# %%
import backprop_figures
import cell_figures
import checkpoints
import gate_figures
import gradient_figures
import questions
import rnn_datasets as data
import units
import widgets
from experiments import forget_bias, gated_characters, memory_curves, tagging
from rnn_datasets import CLASS_NAMES

plt.style.use("course.mplstyle")
torch.set_num_threads(1)

# %% [markdown]
# ## What the path must be like
#
# Here is the failure again, beside the two cells of this chapter.

# %%
record = json.loads(memory_curves.RECORD.read_text(encoding="utf-8"))
names, guess = ("tanh, random", "LSTM", "GRU"), memory_curves.TASKS["adding"].guess
adding = {name: record["adding"]["50"][name] for name in names}
assert min(min(curve) for curve in adding["tanh, random"]) > 0.9 * guess
assert all(curve[-1] <= 0.01 for name in ("LSTM", "GRU") for curve in adding[name])
one = {name: adding.get(name, [])[:1] for name in record["adding"]["50"]}  # so each looks as in chapter 3
ax = plt.figure(figsize=(9, 2.2)).subplots()
gradient_figures.plot_curves(ax, one, memory_curves.EVERY, memory_curves.STEPS, guess, "squared error")
plt.show()

# %% [markdown]
# *Adding over 50 steps, one of three seeds of each: the tanh network stays at the constant guess, 1/6, for
# all thousand steps of training; LSTM and GRU come down to zero and stop early. The other seeds agree.*
#
# One step back through a tanh network multiplies by slopes and by a matrix. Chapter 3 tried to start
# that product near one, with a rotation or the identity. Ask instead what a path would need.
#
# 1. **A factor near one**, so that fifty of them still leave something.
# 2. **Each unit for itself.** A matrix mixes units, and stretches some directions while it shrinks others.
# 3. **Chosen by the data.** A factor that is always one keeps everything, noise too, and never lets go.
#
# The simplest path of this kind is one number for each unit, a **cell** $c$, that is kept in part and
# added to:
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t.$$
#
# $g$ is the *candidate*, what might be added. The *input gate* $i$ says how much of it is. The *forget
# gate* $f$ says how much of the old stays. Both lie between 0 and 1, for each unit and each step. Along
# the cell, one step back multiplies by $f_t$: no slope, no matrix. The rest of the network sees the
# *state*
#
# $$h_t = o_t \odot \tanh(c_t),$$
#
# with an *output gate* $o$. This is long short-term memory (Hochreiter and Schmidhuber, 1997), with the
# forget gate that came later (Gers, Schmidhuber and Cummins, 2000).

# %%
gate_figures.draw_cell(plt.figure(figsize=(9, 3.4)).subplots())
plt.show()

# %% [markdown]
# *One step. On top, a straight road from the old cell to the new one: at the first circle it is
# multiplied by f, at the second i times g is added. Below, four boxes f, i, g, o, each fed by x and the
# old h. A branch leaves the road on the right, passes a tanh, is multiplied by o, and is the new h.*
#
# All four are computed as chapter 1 computed a state, from $x_t$ and $h_{t-1}$. Their weights stand
# side by side, in the order $i, f, o, g$: $a = x_t W_x + h_{t-1} W_h + b$, with $4H$ columns.


# %%
def sigmoid(a):
    return (1 + np.tanh(a / 2)) / 2


def gates_of(a):
    """Give i, f, o and g by name, (..., H) each, from their sums a (..., 4H)."""
    i, f, o, g = np.split(a, 4, axis=-1)
    return {"i": sigmoid(i), "f": sigmoid(f), "o": sigmoid(o), "g": np.tanh(g)}


gates_of(np.zeros(4))


# %%
def step(gates, c):
    """One step of the cell: give h and the new c."""
    c = gates["f"] * c + gates["i"] * gates["g"]
    return gates["o"] * np.tanh(c), c


step(gates_of(np.zeros(4)), c=1.0)

# %% [markdown]
# ## The half-life of a memory
#
# With all sums zero, half of the cell was gone after one step. What if the forget gate has a bias? Let
# nothing else come in: then $f = \sigma(b_f)$ at every step, a pulse decays as $f^k$, and so does the
# gradient. It takes $\ln \tfrac12 / \ln f$ steps until half is left.
#
# **Predict first.** A common advice is to start with a bias of 1.

# %%
widgets.ask(questions.HALF_LIFE)


# %%
def half_life(bias):
    """Give the number of steps after which half of a cell is left."""
    return np.log(1 / 2) / np.log(sigmoid(bias))


def dial_figure(bias, mark):
    """The cell after one pulse, with your mark, and the gradient along the cell."""
    left = sigmoid(bias) ** np.arange(121)
    fig = Figure(figsize=(9.5, 3.6))
    pulse_ax, gradient_ax = fig.subplots(1, 2)
    gate_figures.plot_pulse(pulse_ax, left, half_life(bias), mark)
    gradient_figures.plot_norms(gradient_ax, {"along the cell": left}, (1e-16, 10))
    gradient_ax.set(xlabel="steps back", ylabel="gradient")
    pulse_ax.set_title(f"f = {sigmoid(bias):.4f}, half-life {half_life(bias):.1f} steps")
    return fig


# %%
mark = widgets.slider("half is left after, I say,", 1, 120, 20)
widgets.Moving(dial_figure, bias=widgets.slider("forget bias", -2.0, 7.0, 0.0, step=0.5), mark=mark)

# %%
assert half_life(0) == 1 and 2.1 < half_life(1) < 2.3 and 102 < half_life(5) < 104
assert sigmoid(1) ** 100 < 1e-13 and sigmoid(5) ** 100 > 0.5
dial_figure(bias=1.0, mark=20)

# %%
dial_figure(bias=5.0, mark=20)

# %% [markdown]
# *Two stills. Left, the cell after a pulse of one, a diamond where you bet that half would be left,
# here at 20, and a circle where it is. Right, the gradient along the cell on a logarithmic axis. At
# bias 1 the cell is nearly gone after ten steps, and the gradient leaves a hundred steps with less than
# a ten-trillionth. At bias 5 both sink slowly, and half is left after 103.*
#
# A bias of 1 makes $f = 0.73$ and a half-life of 2.2 steps. At 5 it is 103. An LSTM does not remember
# by default; it remembers where its gates have *learned* to stay open. Left alone, PyTorch starts lower
# still:

# %%
default = {}
for seed in range(3):
    torch.manual_seed(seed)
    layer = torch.nn.LSTM(64, 64)
    biases = sum(b.detach()[64:128] for b in (layer.bias_ih_l0, layer.bias_hh_l0))
    default[seed] = float(half_life(biases.double().numpy()).max())
assert max(default.values()) < 1.3
print("PyTorch's default, the longest half-life of 64 units:", [f"{k:.2f}" for k in default.values()])

# %% [markdown]
# ## The four parts, one at a time
#
# Set one unit by hand. At each step it reads noise, but three times the noise is replaced by a bit, +1
# or −1, and a second input says: *store* this. At three later steps a third one says: *read*. Then $h$
# should have the sign of the bit stored last, and be silent otherwise.

# %%
BY_HAND = {  # columns i, f, o, g
    "value": [0, 0, 0, 3],
    "store": [10, -10, 0, 0],
    "read": [0, 0, 10, 0],
    "bias": [-5, 5, -5, 0],
}
STORES, READS = [5, 20, 35], [14, 29, 54]
list(BY_HAND)


# %%
def orders(N, seed):
    """Make N sequences of 60 steps, x (N, 60, 3), and the three bits of each."""
    rng = np.random.default_rng(seed)
    x, bits = np.zeros((N, 60, 3)), rng.choice([-1.0, 1.0], (N, 3))
    x[:, :, 0] = rng.normal(0, 0.5, (N, 60))
    x[:, STORES, 0], x[:, STORES, 1], x[:, READS, 2] = bits, 1, 1
    return x, bits


orders(1, seed=3)[1]


# %%
def unroll(gates):
    """Run through gates (..., T, H) that are given beforehand; give h and c, of the same shape."""
    h, c = np.empty((2, *gates["i"].shape))
    kept = np.zeros_like(c[..., 0, :])
    for t in range(c.shape[-2]):
        h[..., t, :], kept = step({name: v[..., t, :] for name, v in gates.items()}, kept)
        c[..., t, :] = kept
    return h, c


# %%
def by_hand(x, removed=""):
    """Run the unit on x (N, T, 3), one part replaced by 1; give gates, h and c by name, (N, T) each."""
    *weights, bias = BY_HAND.values()
    gates = gates_of(x @ np.array(weights) + bias)
    gates |= {name: np.ones_like(v) for name, v in gates.items() if name == removed}
    h, c = unroll(gates)
    return {name: v[..., 0] for name, v in (gates | {"h": h, "c": c}).items()}


{name: float(v[0, STORES[0]].round(2)) for name, v in by_hand(orders(1, seed=3)[0]).items()}

# %% [markdown]
# A store opens $i$ and shuts $f$ in the same step, so the new replaces the old. **Predict first**, then
# take one part away after another.

# %%
widgets.ask(questions.WITHOUT_WHICH_GATE)


# %%
def toggle_figure(without, sequence):
    """One sequence, read by the unit with a part of it removed."""
    x, bits = orders(20, seed=3)
    parts = {name: v[sequence] for name, v in by_hand(x, without).items()}
    fig = Figure(figsize=(9.5, 4.6))
    top, bottom = fig.subplots(2, 1, sharex=True, height_ratios=(2, 3))
    gate_figures.draw_gates(top, parts, without)
    gate_figures.plot_unit(bottom, parts["c"], parts["h"])
    gate_figures.mark_reads(bottom, READS, bits[sequence], parts["h"])
    most = 1.4 * max(2.5, abs(parts["c"]).max())
    bottom.set(xlabel="step", ylim=(-most, most))
    return fig


# %%
without = widgets.choice("without", ["none", *"ifog"])
widgets.Moving(toggle_figure, without=without, sequence=widgets.slider("sequence", 0, 19, 0))

# %% tags=["headline"]
toggle_figure(without="none", sequence=0)

# %%
toggle_figure(without="i", sequence=0)

# %%
right, loud, largest = {}, {}, {}
for name in ("none", *"ifog"):
    tries = [(bits, by_hand(x, name)) for x, bits in (orders(1000, seed) for seed in range(3))]
    right[name] = [float((np.sign(v["h"][:, READS]) == bits).mean()) for bits, v in tries]
    loud[name] = [float(abs(np.delete(v["h"], READS, axis=1)).mean()) for _, v in tries]
    largest[name] = [float(abs(v["c"]).max()) for _, v in tries]
    print(f"without {name:>4}: {np.mean(right[name]):.0%} of the reads right, ", end="")
    print(f"between them |h| is {np.mean(loud[name]):.3f}, largest |c| {np.max(largest[name]):.0f}")

# %%
assert min(right["none"]) == min(right["o"]) == 1
assert all(0.55 < r < 0.75 for r in right["i"]) and all(0.75 < r < 0.9 for r in right["f"])
assert all(0.45 < r < 0.55 for r in right["g"])
assert max(loud["none"]) < 0.01 and min(loud["o"]) > 0.6
assert min(largest["i"]) > 8 and min(largest["f"]) > 3 and max(largest["none"]) < 1.1
toggle_figure(without="f", sequence=0)

# %% [markdown]
# *Three stills. Above, a strip for each part over 60 steps, dark where a gate is open, and g from blue,
# minus one, to orange-red. Below, the cell as a dashed line, the state as bars, and diamonds where a bit
# is due. With all parts, the cell holds each bit on a level and the state speaks three times, rightly.
# Without i the cell wanders with the noise, and two reads have the wrong sign, marked with a cross.
# Without f, the second bit, minus one, meets the first: the cell is near zero, and the read is wrong.*
#
# - Without $i$, the noise enters, and the cell walks away: about two thirds of the reads are right.
# - Without $f$, nothing is forgotten. A new bit is added to the old ones, and may cancel them.
# - Without $g$, it can store only that something came, not what: that is a coin toss.
# - Without $o$, every answer is right. But $h$ shouts at each step, and the other units and their gates
#   listen to it.

# %% [markdown]
# ## A playground
#
# Now the gates by themselves, with the gradient that flows back. One unit, 40 steps; its loss is $h$ at the
# last one. At rest $f$ and $o$ are open and $i$ is shut, but for step 5, which stores. Choose a part, and
# set its sum, inside the sigmoid or the tanh, for some steps.

# %%
REST = np.repeat([[-5.0], [5.0], [5.0], [-1.5]], 40, axis=1)  # the sums of i, f, o, g
REST[[0, 3], 5] = 5.0, 1.5  # at step 5 a positive value is stored


def play(part, begin, steps, level):
    """Set one part's sum for some steps; give gates, h, c, and the gradients at c and g, (40,) each."""
    a = REST.copy()
    a["ifog".index(part), begin : begin + steps] = level
    gates = gates_of(a.T)
    h, c = unroll(gates)
    dc = np.cumprod([gates["o"][-1] * (1 - np.tanh(c[-1]) ** 2), *gates["f"][:0:-1]], axis=0)[::-1]
    parts = gates | {"h": h, "c": c, "dc": dc, "dg": dc * gates["i"]}
    return {name: v[:, 0] for name, v in parts.items()}


# %%
rest, halved, written = (play(*pulse) for pulse in (("i", 0, 1, -5), ("f", 15, 3, 0), ("i", 20, 2, 5)))
for name, now, then in (("c", 17, 14), ("dc", 14, 17)):
    assert np.isclose(halved[name][now] / halved[name][then], 1 / 8, atol=0.02)
assert written["c"][21] < -0.5 < 0.5 < rest["c"][21]
slopes = [v["dc"][:-1] / v["dc"][1:] for v in (rest, written)]
assert np.allclose(*slopes)  # one step back: the factor does not hear of what was written
shut, idle = play("o", 39, 1, -6), play("g", 10, 9, 6)
assert np.array_equal(shut["c"], rest["c"]) and shut["dc"].max() < 0.003 < 0.3 < rest["dc"].min()
assert abs(idle["c"] - rest["c"]).max() < 0.15
assert rest["dg"].argmax() == 5 and rest["dg"][5] > 100 * np.median(rest["dg"])
{name: v["dc"][[0, 14, 17, 39]].round(3) for name, v in {"at rest": rest, "f halved": halved}.items()}


# %%
def playground_figure(part, begin, steps, level):
    """The gates, the cell and the state, and the gradient on its way back."""
    parts = play(part, begin, steps, level)
    fig = Figure(figsize=(9.5, 5.6))
    top, middle, bottom = fig.subplots(3, 1, sharex=True)
    gate_figures.draw_gates(top, parts)
    gate_figures.plot_unit(middle, parts["c"], parts["h"]).set_ylim(-2, 2)
    gate_figures.plot_credit(bottom, parts["dc"], parts["dg"])
    return fig


# %%
part = widgets.choice("part", [*"ifog"])
part.value = "f"
pulse = {"begin": widgets.slider("from step", 0, 39, 15), "steps": widgets.slider("for steps", 1, 20, 3)}
level = widgets.slider("sum", -6.0, 6.0, 0.0, step=0.5)
widgets.Moving(playground_figure, part=part, **pulse, level=level)

# %%
playground_figure(part="f", begin=15, steps=3, level=0.0)

# %%
playground_figure(part="i", begin=20, steps=2, level=5.0)

# %% [markdown]
# *Two stills, each with three panels over 40 steps: the four parts, the cell and the state, and the
# gradient on a logarithmic axis, with a bar for what each candidate hears. First, f is half open for
# three steps: the cell falls to an eighth there, and the gradient, coming from the right, falls by the
# same factor. Second, i opens at 20 and 21: the cell is pulled below zero, the gradient's line stays
# level, and two bars appear where i is open.*
#
# Four things to try.
#
# - Set the sum of $f$ to zero for three steps: half open, three times. The cell falls to an eighth, and
#   the gradient **by the same factor**. What is forgotten gets no credit.
# - Open $i$. The cell changes, and the factors of the gradient along it do not.
# - Shut $o$ at the last step. The cell is untouched, but nobody hears of it: no gradient enters.
# - Move $g$ while $i$ is shut. Next to nothing happens.
#
# And look at the bars. At rest one stands far above the others: the credit goes to the step that stored.

# %% [markdown]
# ## The way back, line by line
#
# Now the whole network, in which the gates hear $h_{t-1}$ too. Write $\delta$ for the gradient of the
# loss at a quantity. Two gradients meet at $c_t$, since it went to two places: through tanh and $o_t$
# into $h_t$, and into $c_{t+1}$.
#
# $$\delta c_t = \delta h_t \odot o_t \odot (1 - \tanh^2 c_t) + \delta c_{t+1} \odot f_{t+1}.$$


# %%
def at_the_cell(dh, from_future, gates, c):
    """Add what c hears from h to what it hears from the cell after it."""
    return dh * gates["o"] * (1 - np.tanh(c) ** 2) + from_future


at_the_cell(dh=1.0, from_future=0.0, gates={"o": 1.0}, c=0.0)

# %% [markdown]
# Each part was one side of a product. It hears what arrives there, times its partner:
#
# $$\delta i = \delta c \odot g, \quad \delta f = \delta c \odot c_{t-1}, \quad
# \delta o = \delta h \odot \tanh c_t, \quad \delta g = \delta c \odot i.$$
#
# Inside it is the sigmoid, whose slope is $s(1-s)$, or the tanh, with $1 - g^2$.


# %%
def at_the_sums(dh, dc, gates, c_before, c):
    """Give the gradient at the sums of all four parts, (N, 4H)."""
    partner = {"i": gates["g"], "f": c_before, "o": np.tanh(c), "g": gates["i"]}
    arrives = {"i": dc, "f": dc, "o": dh, "g": dc}
    slope = {name: s * (1 - s) for name, s in gates.items()} | {"g": 1 - gates["g"] ** 2}
    return np.concatenate([arrives[name] * partner[name] * slope[name] for name in "ifog"], axis=-1)


zeros = {name: np.zeros(1) for name in "ifog"}
at_the_sums(dh=1.0, dc=1.0, gates=zeros, c_before=np.ones(1), c=np.ones(1))

# %% [markdown]
# From the sums on it is chapter 2: $\delta h_{t-1} = \delta a\, W_h^\top$, and the gradients of the
# weights are sums over time. There, and back:


# %%
def read(W, x):
    """Run an LSTM on x (N, T, D) from zeros; give its states (N, T, H), and what the way back needs."""
    h = c = np.zeros((len(x), len(W["Wh"])))
    states, kept = [], []
    for t in range(x.shape[1]):
        gates, before = gates_of(x[:, t] @ W["Wx"] + h @ W["Wh"] + W["b"]), (h, c)
        h, c = step(gates, c)
        states.append(h)
        kept.append((gates, *before, c))
    return np.stack(states, axis=1), kept


# %%
def way_back(W, x, kept, own):
    """Carry own (N, T, H) back; give the weights' gradients, and the gradient at each cell, (T, N, H)."""
    dW = {name: np.zeros_like(w) for name, w in W.items()}
    dh_future, dc_future, cells = 0, 0, []
    for t, (gates, h_before, c_before, c) in reversed(list(enumerate(kept))):
        dh = own[:, t] + dh_future
        dc = at_the_cell(dh, dc_future, gates, c)
        da = at_the_sums(dh, dc, gates, c_before, c)
        for name, fed in {"Wx": x[:, t], "Wh": h_before, "b": np.ones(len(x))}.items():
            dW[name] += fed.T @ da
        cells.append(dc)
        dh_future, dc_future = da @ W["Wh"].T, dc * gates["f"]
    return dW, np.array(cells[::-1])


# %% [markdown]
# Look at the last line of the loop. To $c_{t-1}$ goes a product with $f$ and nothing else. To
# $h_{t-1}$ goes a product with the matrix: the old road is still there.
#
# PyTorch stacks the parts $i, f, g, o$, keeps the matrices transposed, and adds two biases. Mind that,
# and its numbers are ours.

# %%
rng, D, H = np.random.default_rng(0), 4, 5
sizes = {"Wx": (D, 4 * H), "Wh": (H, 4 * H), "b": (4 * H,)}
W = {name: rng.normal(size=size) for name, size in sizes.items()}
x, own = rng.normal(size=(3, 20, D)), rng.normal(size=(3, 20, H))

order = np.r_[0 : 2 * H, 3 * H : 4 * H, 2 * H : 3 * H]  # from i, f, o, g to i, f, g, o
theirs = torch.nn.LSTM(D, H, batch_first=True).double()
pairs = {"Wx": theirs.weight_ih_l0, "Wh": theirs.weight_hh_l0, "b": theirs.bias_ih_l0}
for name, p in pairs.items():
    p.data = torch.from_numpy(W[name].T[order].copy())
theirs.bias_hh_l0.data.zero_()

# %%
out, _ = theirs(torch.from_numpy(x))
(out * torch.from_numpy(own)).sum().backward()
states, kept = read(W, x)
grads, _ = way_back(W, x, kept, own)
apart = {f"d{name}": abs(grads[name].T[order] - p.grad.numpy()).max() for name, p in pairs.items()}
apart["h"] = abs(states - out.detach().numpy()).max()
assert max(apart.values()) < 1e-9
{name: f"{gap:.0e}" for name, gap in apart.items()}

# %% [markdown]
# ## How far does the forget bias reach?
#
# On the dial the cell was alone. Now an LSTM of 64 units, with weights drawn as PyTorch draws them,
# reads noise, and we send a gradient back from its last state. Only the forget bias is ours.
#
# **Predict first**, for a bias of 1.

# %%
widgets.ask(questions.BIAS_OF_ONE)


# %%
def lengths_back(bias, seed=0, steps=100, N=8, D=8, H=64):
    """Give the gradient's mean length at each cell on the way back: the whole, and along the cells alone."""
    rng, T = np.random.default_rng(seed), 20 + steps
    W = {"Wx": rng.uniform(-1 / 8, 1 / 8, (D, 4 * H)), "Wh": rng.uniform(-1 / 8, 1 / 8, (H, 4 * H))}
    W["b"] = np.where(np.arange(4 * H) // H == 1, bias, 0.0)  # the second block is f
    x, own = rng.normal(size=(N, T, D)), np.zeros((N, T, H))
    own[:, -1] = rng.normal(size=(N, H))
    kept = read(W, x)[1]
    whole = way_back(W, x, kept, own)[1][::-1]
    alone = np.cumprod([whole[0], *(gates["f"] for gates, *_ in kept[:0:-1])], axis=0)
    lengths = {"the whole gradient": whole, "along the cells alone": alone}
    lengths = {name: np.linalg.norm(v, axis=2).mean(axis=1)[: steps + 1] for name, v in lengths.items()}
    return {name: v / v[0] for name, v in lengths.items()}


# %%
far = {}
for bias in (0, 1, 3):
    tries = [lengths_back(bias, seed) for seed in range(5)]
    far[bias] = {name: np.array([each[name] for each in tries]) for name in tries[0]}
    for name, lengths in far[bias].items():
        middle = np.median(lengths, axis=0)
        at = ", ".join(f"{middle[k]:.0e} at {k}" for k in (10, 50, 100))
        print(f"bias {bias}, {name:>21}: {at}")


# %%
def bias_figure(bias):
    """The gradient over a hundred steps back, for one forget bias."""
    ax = Figure(figsize=(9.5, 3.4)).subplots()
    gradient_figures.plot_norms(ax, lengths_back(bias), (1e-30, 1e6))
    ax.set(xlabel="steps back", ylabel="length at the cell")
    ax.set_title(f"forget bias {bias:g}")
    return ax.figure


widgets.Moving(bias_figure, bias=widgets.slider("forget bias", 0.0, 6.0, 0.0, step=0.5))

# %%
whole, alone = ({bias: by_name[name] for bias, by_name in far.items()} for name in far[0])
assert whole[0][:, 50].max() < 1e-9 and whole[0][:, 100].max() < 1e-17
assert 1e-4 < np.median(whole[1][:, 50]) < 1e-3 and whole[1][:, 50].max() < 1e-2
assert whole[1][:, 100].max() < 1e-5 and np.median(whole[1][:, 100]) < 1e-6
assert whole[3][:, 50].min() > 0.5 and whole[3][:, 50].max() < 2
assert whole[3][:, 100].min() > 2 and whole[3][:, 100].max() < 10
assert alone[3][:, 100].max() < 0.03 and alone[1][:, 100].max() < 1e-12
bias_figure(bias=1.0)

# %%
bias_figure(bias=3.0)

# %% [markdown]
# *Two stills, lengths over a hundred steps back on a logarithmic axis, from 1 at the last step. At bias 1
# the whole gradient falls to about a ten-millionth, and along the cells alone far lower. At bias 3 the
# cells alone fall to a hundredth, but the whole gradient grows to about four.*
#
# With a bias of 0, everything is gone: below $10^{-9}$ at 50 steps. A bias of 1 leaves some ten-thousandths
# there, and at 100 less than a hundred-thousandth. With 3, the gradient at 100 is *larger* than where it
# began.
#
# How, if no gate lets through more than all? Along the cells alone a hundredth is left. The rest came by
# the other road, through $W_h$ and the gates, and with open gates such detours add up. So the cell eases
# vanishing along one path. It forbids neither vanishing nor exploding, and the clipping of chapter 3 stays.

# %% [markdown]
# ## Does it decide what is learned?
#
# LSTMs of 32 units now train on the adding problem over 40 steps, from a bias of 0, 1, 3 or 5.
#
# **Predict first.**

# %%
widgets.ask(questions.CLOSED_AT_FIRST)

# %% [markdown]
# Five seeds of each, and two versions of the task. In one a mark lies in each half, the second
# sometimes near the end. In the other both are within the first ten steps. While they trained, we
# recorded how much of the gradient arrives before the first step.

# %%
openings = json.loads(forget_bias.RECORD.read_text(encoding="utf-8"))
solved = {}
for marks, by_bias in openings.items():
    losses = {bias: [run["loss"][-1] for run in runs] for bias, runs in by_bias.items()}
    solved[marks] = {bias: sum(loss <= forget_bias.SOLVED for loss in each) for bias, each in losses.items()}
    print(f"{marks:>22}: solved by {solved[marks]} of {forget_bias.SEEDS}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 2.9), sharey=True)
for ax, (marks, by_bias) in zip(axes, openings.items(), strict=True):
    gate_figures.plot_opening(ax, by_bias, forget_bias.EVERY, forget_bias.STEPS).set_title(marks)
axes[1].set_ylabel("")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
plt.show()

# %%
near, distant = solved.values()
assert near == {"0": 5, "1": 5, "3": 5, "5": 3} and distant == {"0": 0, "1": 0, "3": 2, "5": 4}
shut, still_shut = (by_bias["0"] for by_bias in openings.values())
for run in shut:
    opens, falls = np.argmax(np.array(run["arrives"]) > 0.01), np.argmax(np.array(run["loss"]) < guess / 2)
    assert max(run["arrives"][:8]) < 1e-6 < 0.1 < run["arrives"][-1] and opens < falls
    assert max(run["open"][:8]) < 0.77 and run["open"][-1] > 0.96  # of the gate that is open most
    assert min(run["loss"][2:8]) > 0.9 * guess
assert max(max(run["open"]) for run in still_shut) < 0.85
assert all(max(run["arrives"]) < 1e-3 for bias in "01" for run in openings["marks in the first ten"][bias])
for name, runs in {"marks anywhere": shut, "marks in the first ten": still_shut}.items():
    print(
        f"bias 0, {name:>22}: the most open gate, first and last",
        [(r["open"][0], r["open"][-1]) for r in runs],
    )

# %%
live = forget_bias.train("marks anywhere", 3, seed=0, steps=100)
assert np.allclose(live["loss"], openings["marks anywhere"]["3"][0]["loss"][:4], atol=0.01)
print("the first hundred steps again:", live["loss"])

# %% [markdown]
# *What arrives over a thousand steps of training, on a logarithmic axis; a line with a mark at its end has
# solved the task there. Left, marks anywhere: all lines but two of bias 5 end in a mark. Those of bias 0
# lie below a millionth for hundreds of steps, then jump to about one. Right, both marks early: lines of
# bias 0 and 1 stay far down and have no mark; two of bias 3 and four of bias 5 rise to one and end.*
#
# From a bias of 0 they all learn, though at first less than a millionth arrives. For hundreds of steps
# nothing moves. Then, just before the loss falls, the gradient is there: a forget gate has opened, from
# three quarters or less to above 0.96. The near marks taught it. Without them none learns from a bias
# of 0 or 1, from 3 two do, and from 5 four.
#
# So a gate need not be open at the start, if something near can teach it. Where nothing is near, the
# bias decides. But more is not better: with marks anywhere, only from 5 do some fail. (One rate, one
# size, one budget.)

# %% [markdown]
# ## The same road elsewhere
#
# Chapter 3 had two bridges over layers. Here is the third beside them.

# %%
fig, axes = plt.subplots(1, 3, figsize=(9.5, 2.7))
for ax, kind in zip(axes, gate_figures.ROADS, strict=True):
    gate_figures.draw_road(ax, kind)
plt.show()

# %% [markdown]
# *Three diagrams of one pattern, a straight road on top and a branch below that is added to it. Residual:
# no gate, the road has the factor one. Highway: one gate t lets the branch in, and its rest, 1 − t,
# stands on the road. LSTM: two gates, f on the road and i on the branch, and the branch starts from x and
# h instead of from the road.*
#
# With the branch held fixed, a nudge on the road shows its factor:

# %%
branch, t, f, i, nudge = 0.3, 0.2, 0.9, 0.5, 1e-6
roads = {
    "residual": lambda road: road + branch,
    "highway": lambda road: (1 - t) * road + t * branch,
    "LSTM": lambda road: f * road + i * branch,
}
factors = {name: (road(1 + nudge) - road(1 - nudge)) / (2 * nudge) for name, road in roads.items()}
assert np.allclose(list(factors.values()), [1, 1 - t, f])
{name: round(factor, 3) for name, factor in factors.items()}

# %% [markdown]
# The LSTM came first. Highway networks (Srivastava, Greff and Schmidhuber, 2015) took its gates from
# steps to layers, and ResNet (He and others, 2016) does without them. A road without a gate cannot
# forget. A network of a hundred layers need not; a network that reads a book must.

# %% [markdown]
# ## What was tried since
#
# **Peepholes** (Gers and Schmidhuber, 2000): each gate hears its own unit's cell as well, by
# $p \odot c$ in its sum. So it knows what is stored even while $o$ hides it. Such an LSTM learned to
# tell two spikes 49 steps apart from two that are 50 apart. PyTorch's LSTM has none.
#
# Is this cell the right one at all? Two large searches asked.
#
# - Greff and others (2017) took an LSTM, with peepholes, and eight variants, each changed in one point.
#   Speech, handwriting, music; 5,400 runs, some 15 years of processor time. No variant was
#   significantly better. The forget gate and the tanh at the output mattered most. Without peepholes,
#   or with the gates tied by $f = 1 - i$, nothing significant was lost.
# - Jozefowicz, Zaremba and Sutskever (2015) searched more than ten thousand architectures. The best
#   ones beat LSTM and GRU on some tasks, not on all.
#
# The tied gates you know: in the unit set by hand, storing shut $f$ as it opened $i$. What if the two
# always were one gate?

# %% [markdown]
# ## Merged: the GRU
#
# Cho and others (2014) made one gate of the two, the **update gate** $z$: a share $z$ of the state is new,
# the rest stays. So the state is a weighted mean. It cannot run away, and needs no second tanh and no
# output gate: cell and state become one as well. A **reset gate** $r$ can hide from the candidate what was
# remembered.
#
# $$\begin{aligned}
# r &= \sigma(x W_x^r + h W_h^r + b^r), & g &= \tanh\big(x W_x^g + b^g + r \odot (h W_h^g)\big),\\
# z &= \sigma(x W_x^z + h W_h^z + b^z), & h' &= (1 - z) \odot h + z \odot g.
# \end{aligned}$$


# %%
def gru_step(W, x, h, reset="after the matrix"):
    """Take one step: x (N, D), h (N, H); each block of W is Wx (D, H), Wh (H, H), b (H,)."""
    (Ur, Vr, br), (Uz, Vz, bz), (Ug, Vg, bg) = (W[name] for name in "rzg")
    r = sigmoid(x @ Ur + h @ Vr + br)
    z = sigmoid(x @ Uz + h @ Vz + bz)
    heard = r * (h @ Vg) if reset == "after the matrix" else (r * h) @ Vg
    g = np.tanh(x @ Ug + bg + heard)
    return (1 - z) * h + z * g


# %% [markdown]
# **Predict first.**

# %%
widgets.ask(questions.KEEP_OR_REPLACE)


# %%
def gru_unit(z, r, keeps, w=1.5):
    """One unit with gates that stand still; z is what it keeps, or what it replaces."""
    h, states = 0.0, []
    for x_t in PULSES:
        g = np.tanh(x_t + r * w * h)
        share = 1 - z if keeps else z
        h = (1 - share) * h + share * g
        states.append(h)
    return np.array(states)


PULSES = np.zeros(40)
PULSES[[3, 4, 5]], PULSES[[22, 23, 24]] = 2.0, -2.0
gru_unit(z=0.1, r=1.0, keeps=False)[[2, 5, 20, 39]].round(2)


# %%
def update_figure(z, r):
    """A unit that reads two pulses, under both readings of z."""
    fig = Figure(figsize=(9.5, 3.4))
    both = {"z is the new share (ours)": gru_unit(z, r, False), "z is the kept share": gru_unit(z, r, True)}
    ax = cell_figures.plot_conventions(fig.subplots(), PULSES, both)
    ax.set_title(f"z = {z:.2f}, r = {r:.1f}", loc="right")
    return fig


z_slider = widgets.slider("z", 0.0, 1.0, 0.9, step=0.05)
widgets.Moving(update_figure, z=z_slider, r=widgets.slider("r", 0.0, 1.0, 0.0, step=0.1))

# %%
lives = {name: np.log(1 / 2) / np.log(kept) for name, kept in (("kept", 0.9), ("replaced", 0.1))}
assert 6.5 < lives["kept"] < 6.7 and 0.2 < lives["replaced"] < 0.4
assert abs(gru_unit(0.9, 0.0, False)[7]) < 0.01 and 0.2 < gru_unit(0.9, 0.0, True)[5] < 0.3
assert np.allclose(gru_unit(0.5, 1.0, False), gru_unit(0.5, 1.0, True))  # here both say the same
stays, forgets = (gru_unit(0.3, r, False)[[21, 39]] for r in (1.0, 0.0))
assert stays[0] > 0.8 and stays[1] < -0.7 and abs(forgets).max() < 0.01
update_figure(z=0.9, r=0.0)

# %% [markdown]
# *The state of one unit over 40 steps with a pulse up and a pulse down, drawn as bars. Where z is
# the new share, it jumps to the candidate and is back at zero two steps after the pulse. Where z is the
# kept share, it climbs to a quarter, and falls by half in 6.6 steps.*
#
# At $z = 0.9$ half of a state is left after 6.6 steps, or after 0.3. Then set $z$ to 0.3 and $r$ to 1: the
# unit hears itself, and ours stays where a pulse has put it. At $r = 0$ it forgets.
#
# | | $z$ is the share that is | the reset acts |
# |---|---|---|
# | here | new | after the matrix |
# | Cho and others (2014) | kept | before it |
# | Chung and others (2014) | new | before it |
# | PyTorch, cuDNN | kept | after it |
#
# None of these is a misprint. Before the matrix, $r_i$ says whether unit $i$ is *heard*, by all. After
# it, whether unit $i$ *listens*. (That is faster: one product serves all three blocks.)

# %%
rng = np.random.default_rng(4)
swap = {name: (np.zeros((1, 2)), np.zeros((2, 2)), np.zeros(2)) for name in "rzg"}
swap["r"][2][:] = 50, -50  # the reset of the first unit is one, of the second zero
swap["z"][2][:] = 50  # all is new
swap["g"][1][:] = [[0, 1], [1, 0]]  # each hears the other
places = ("after the matrix", "before the matrix")
heard = {place: gru_step(swap, np.zeros((1, 1)), np.array([[0.5, 0.5]]), place)[0] for place in places}
assert np.allclose(heard["after the matrix"], [np.tanh(0.5), 0])  # the first listens
assert np.allclose(heard["before the matrix"], [0, np.tanh(0.5)])  # the first is heard
{place: h.round(2) for place, h in heard.items()}

# %% [markdown]
# Is PyTorch's GRU ours, then? Its blocks are stacked $r, z, n$ in rows. Its $z$ is our $1 - z$, and
# since $1 - \sigma(a) = \sigma(-a)$, three minus signs do.

# %%
D, H, N, T = 3, 5, 4, 7
W = {name: (rng.normal(size=(D, H)), rng.normal(size=(H, H)), rng.normal(size=H)) for name in "rzg"}
x, h, ours = rng.normal(size=(N, T, D)), np.zeros((N, H)), []
for t in range(T):
    h = gru_step(W, x[:, t], h)
    ours.append(h)
turned = [W["r"], tuple(-part for part in W["z"]), W["g"]]
rows = [np.concatenate(parts, axis=-1).T for parts in zip(*turned, strict=True)]
theirs = torch.nn.GRU(D, H, batch_first=True).double()
with torch.no_grad():
    for to, part in zip(theirs.parameters(), [*rows, 0 * rows[2]], strict=True):
        to.copy_(torch.from_numpy(part))
    gap = abs(theirs(torch.from_numpy(x))[0].numpy() - np.stack(ours, axis=1)).max()
assert gap < 1e-9
print(f"largest difference: {gap:.0e}")

# %% [markdown]
# ## Three cells compared
#
# **Parameters.** The tanh network has one block of weights, the GRU three, the LSTM four:
#
# $$\text{parameters} = \text{blocks} \cdot (D H + H^2 + H).$$

# %%
BLOCKS = {"tanh": 1, "GRU": 3, "LSTM": 4}
D, H = 64, 128
layers = {"tanh": torch.nn.RNN(D, H), "GRU": torch.nn.GRU(D, H), "LSTM": torch.nn.LSTM(D, H)}
for name, layer in layers.items():
    weights = BLOCKS[name] * (D * H + H * H + H)
    second_biases = BLOCKS[name] * H  # PyTorch has two for each block
    assert sum(p.numel() for p in layer.parameters()) == weights + second_biases
    print(f"{name:>5}: {weights:,}")

# %% [markdown]
# **Time.** So an LSTM takes four times as long as a tanh layer, and a GRU three times?


# %%
def seconds(layer, x):
    """The processor's time for one way forward and back."""
    start = time.process_time()
    layer(x)[0].sum().backward()
    return time.process_time() - start


x, taken = torch.randn(100, 32, D), {name: [] for name in layers}  # (T, N, D)
for _, name in widgets.Progress([*product(range(9), layers)], "measuring", "run"):
    taken[name].append(seconds(layers[name], x))  # in turns, so that a busy moment hits all
ratio = {name: float(np.median(t) / np.median(taken["tanh"])) for name, t in taken.items()}
assert 1.2 < ratio["LSTM"] < 6 and 1.5 < ratio["GRU"] < 8
{name: f"{r:.1f} times the tanh layer" for name, r in ratio.items()}

# %% [markdown]
# Which of the two is slower depends on the machine: where PyTorch has a library that runs a step of the LSTM
# as one program, it is the GRU. Parameters belong to the cell, time to the code.
#
# **Learning.** Adding again, from the record of chapter 3: 64 units each, three seeds.

# %%
EVERY, BUDGET = memory_curves.EVERY, memory_curves.STEPS
NAMES = {"tanh, random": "tanh", "GRU": "GRU", "LSTM": "LSTM"}
needed = {name: {} for name in NAMES.values()}
for T, by_name in record["adding"].items():
    for name, short in NAMES.items():
        solved = [EVERY * len(c) if c[-1] <= 0.01 else np.nan for c in by_name[name]]
        needed[short][int(T)] = solved
needed["GRU"], needed["LSTM"]


# %%
def adding_figure(T):
    """The recorded curves at one of four lengths, and the steps until solved at all of them."""
    curves = {short: record["adding"][T][name] for name, short in NAMES.items()}
    runs = {name: [(EVERY * np.arange(1, len(c) + 1), c) for c in seeds] for name, seeds in curves.items()}
    fig = Figure(figsize=(9.5, 3.6))
    left_ax, right_ax = fig.subplots(1, 2, width_ratios=(3, 2))
    cell_figures.plot_runs(left_ax, runs, "mean squared error")
    left_ax.set(xlim=(0, BUDGET), ylim=(0, 0.25), xlabel="steps of training", title=f"T = {T}")
    cell_figures.plot_needed(right_ax, needed, BUDGET, int(T))
    return fig


# %%
length = widgets.choice("T", list(record["adding"]))
length.value = "50"
widgets.Moving(adding_figure, T=length)

# %%
for T in (10, 20, 50, 100):
    assert max(needed["GRU"][T]) < min(needed["LSTM"][T]) and np.isnan(needed["tanh"][T]).all()
assert 2 < np.median(needed["LSTM"][100]) / np.median(needed["GRU"][100]) < 5
adding_figure(T="50")

# %% [markdown]
# *Left, the loss at T = 50: the three GRUs are down within 225 steps, the LSTMs within 575, the tanh
# networks stay up. Right, the steps needed at four lengths: every GRU needs fewer than every LSTM.*
#
# A cheap part again:

# %%
live = memory_curves.train("adding", "GRU", T=20, seed=1)
recorded = record["adding"]["20"]["GRU"][1]
assert abs(len(live) - len(recorded)) <= 2 and np.allclose(live[:3], recorded[:3], atol=0.01)
print(f"solved after {EVERY * len(live)} steps; recorded: {EVERY * len(recorded)}")

# %% [markdown]
# Then the next character of Python source: about 127,000 weights each, 600 steps, at a rate of 0.003
# and of 0.01, the better one with two more seeds.

# %%
tried = json.loads(gated_characters.RECORD.read_text(encoding="utf-8"))
at_rate = {(run["cell"], run["rate"]): run["bits"] for run in tried if run["seed"] == 0}
better = {cell: min(gated_characters.RATES, key=lambda rate: at_rate[cell, rate]) for cell in BLOCKS}
for run in tried:
    print(f"{run['cell']:>5}, {run['weights']:,} weights, rate {run['rate']}: {run['bits']:.2f} bits")


# %%
def characters_figure(rate):
    """Bits per character on modules kept aside, for one rate or for each network's better one."""
    runs = {}
    for run in tried:
        if run["rate"] == (better[run["cell"]] if rate == "the better one" else float(rate)):
            steps = gated_characters.EVERY * np.arange(1, len(run["curve"]) + 1)
            runs.setdefault(run["cell"], []).append((steps, run["curve"]))
    ax = cell_figures.plot_runs(Figure(figsize=(9.5, 3.4)).subplots(), runs, "bits per character")
    ax.set(xlim=(0, gated_characters.STEPS), ylim=(2, 4.8), xlabel="steps of training")
    ax.set_title(f"rate: {rate}")
    return ax.figure


rates = [*map(str, gated_characters.RATES), "the better one"]
widgets.Moving(characters_figure, rate=widgets.choice("rate", rates))

# %%
bits = {
    cell: [run["bits"] for run in tried if (run["cell"], run["rate"]) == (cell, better[cell])]
    for cell in BLOCKS
}
assert at_rate["tanh", 0.003] < at_rate["LSTM", 0.003] - 0.2
assert at_rate["LSTM", 0.01] < at_rate["tanh", 0.01] - 0.5
assert better == {"tanh": 0.003, "GRU": 0.01, "LSTM": 0.01} and all(
    len(seeds) == 3 for seeds in bits.values()
)
assert max(bits["GRU"] + bits["LSTM"]) < min(bits["tanh"]) - 0.1
assert min(bits["GRU"]) < max(bits["LSTM"]) and min(bits["LSTM"]) < max(bits["GRU"])  # they overlap
characters_figure(rate="0.003")

# %% [markdown]
# *Bits per character against steps, all at a rate of 0.003: the GRU and three tanh networks end close
# together, near 2.7, and the LSTM well above, at 3.1.*
#
# At 0.003, the LSTM is last. At 0.01 it is half a bit and more ahead of tanh: a number outside the cell
# turned the order round. At the better rate of each, both gated cells beat tanh, and three seeds do not
# tell the two apart. (Two rates are few.)

# %% [markdown]
# On copy, over 30 steps, two GRUs of three succeed, and no LSTM.

# %%
copied = {name: [curve[-1] <= 0.1 for curve in record["copy"]["30"][name]] for name in ("GRU", "LSTM")}
assert sum(copied["GRU"]) == 2 and sum(copied["LSTM"]) == 0
copied

# %% [markdown]
# Chung and others (2014) found the same on music and speech: both beat tanh, and which is ahead depends
# on the data. For Jozefowicz and others (2015) the GRU was, except in language modelling. What follows:
# to keep and to select, take gates. What does not: which ones. Try both, each at its own rate.

# %% [markdown]
# ## More layers, and both ways
#
# Another task: say of each character of Python source which of seven syntax classes it is. The network
# reads windows of 200 characters, cut out anywhere, perhaps inside a docstring. And after `in`: is this
# the keyword, or will it be `index`? What comes later settles it.
#
# - **Stacked**, each LSTM reads the states of the one below.
# - **Bidirectional** (Schuster and Paliwal, 1997): one LSTM reads from the left, another from the
#   right, and the answer at $t$ sees both states, $[\overrightarrow{h}_t, \overleftarrow{h}_t]$.

# %%
tags = json.loads(tagging.RECORD.read_text(encoding="utf-8"))
by_network = {}
for run in tags["networks"]:
    by_network.setdefault(run["network"], []).append(run)
accuracy = {name: [run["accuracy"] for run in runs] for name, runs in by_network.items()}
undecided = {name: [run["accuracy_undecided"] for run in runs] for name, runs in by_network.items()}
for name, runs in by_network.items():
    shares = f"right {np.round(accuracy[name], 3)}, letters that may begin a keyword {np.mean(undecided[name]):.2f}"
    print(f"{name:>14}, {runs[0]['weights']:,} weights: {shares}")

# %%
forward = [a for name, each in accuracy.items() for a in each if name != "BiLSTM"]
assert min(accuracy["BiLSTM"]) > max(forward) + 0.02 and tags["majority"] < 0.4
assert by_network["BiLSTM"][0]["weights"] < 0.7 * by_network["LSTM"][0]["weights"]
assert min(undecided["BiLSTM"]) > 0.95 and max(undecided["LSTM"]) < 0.92
means = [np.mean(accuracy["LSTM" + layers]) for layers in ("", ", 2 layers", ", 3 layers", ", 4 layers")]
assert means == sorted(means, reverse=True) and means[0] - means[1] < 0.02
np.round(means, 3)

# %% [markdown]
# With equally many weights and a short training, each further layer makes it a little worse. Reading
# both ways helps, with two thirds of the weights. Where?

# %%
example = tags["example"]
truth = [CLASS_NAMES[int(digit)] for digit in example["classes"]]
answers = {"truth": truth}
for name, digits in example["answers"].items():
    answers[name] = [CLASS_NAMES[int(digit)] for digit in digits]


def tagged_figure(reader):
    """A passage of kept-aside source with the classes that a network says."""
    fig = Figure(figsize=(9.5, 2.9), layout="none")
    ax = fig.add_axes((0.01, 0.12, 0.98, 0.78))
    cell_figures.draw_tagged(ax, example["text"], answers[reader], truth, rows=9)
    wrong = sum(said != due for said, due in zip(answers[reader], truth, strict=True))
    ax.set_title(f"{reader}: {wrong} of {len(truth)} wrong")
    return fig


# %%
widgets.Moving(tagged_figure, reader=widgets.choice("", list(answers)))

# %%
wrong = {name: [k for k, due in enumerate(truth) if said[k] != due] for name, said in answers.items()}
assert 10 <= len(wrong["LSTM"]) <= 25 and not wrong["BiLSTM"]
assert {0, *map(example["text"].index, ("elements", "indent"))} <= set(wrong["LSTM"])
tagged_figure("LSTM")

# %% [markdown]
# *A passage that begins inside a docstring, each character on the colour of its class, the wrong ones
# framed: the first letters of the passage, the first letters of elements_added and the in of indent_level.*
#
# At the beginning the LSTM cannot know that this is a docstring; the `e` of `elements` might become
# `else`. The BiLSTM makes no mistake here. Over all windows:

# %%
by_place = {name: [run["by_place"] for run in by_network[name]] for name in ("LSTM", "BiLSTM")}
one_way, two_ways = (np.array(runs) for runs in by_place.values())
assert one_way[:, 0].max() < 0.7 and two_ways[:, 0].min() > 0.9  # the first ten places
assert (two_ways[:, :8].min(axis=0) > one_way[:, :8].max(axis=0)).all()
assert two_ways[:, -1].max() < one_way[:, -1].min()  # the last ten
ax = plt.figure(figsize=(9, 3)).subplots()
cell_figures.plot_by_place(ax, by_place, tagging.BIN)
plt.show()

# %% [markdown]
# *Wrong answers against the place in the window, a line for each seed. The LSTM starts at about 35 %
# and needs some eighty characters to come down to four. The BiLSTM starts at 9 %, falls below four, and
# rises again at the end, above the LSTM.*
#
# At the right end the half that comes from there knows nothing yet, and the BiLSTM is worse.
#
# **Predict first.** If both ways are better: train such a network to predict the next character.

# %%
widgets.ask(questions.BOTH_WAYS_FORWARD)


# %%
def next_character(both_ways, seed):
    """Train a GRU for 150 steps to say the next character; give its last 25 costs' mean, in bits."""
    torch.manual_seed(seed)
    layer, costs = torch.nn.GRU(V, H, batch_first=True, bidirectional=both_ways), []
    output = torch.nn.Linear(H * (1 + both_ways), V)
    adam = torch.optim.Adam([*layer.parameters(), *output.parameters()], lr=0.01)
    for x, y in data.character_batches(tokens, N, T):
        scores = output(layer(torch.eye(V)[x])[0])
        loss = torch.nn.functional.cross_entropy(scores.flatten(0, 1), torch.from_numpy(y).flatten())
        adam.zero_grad()
        loss.backward()
        adam.step()
        costs.append(loss.item())
    return np.mean(costs[-25:]) / np.log(2)


# %%
N, T, V, H = 32, 50, 96, 32
tokens = gated_characters.VOCABULARY.encode(data.python_source("train").text[: 150 * N * T + N])
ways = [(both_ways, seed) for both_ways in (False, True) for seed in range(2)]
costs = {way: next_character(*way) for way in widgets.Progress(ways, "training", "network")}
assert (
    min(costs[False, seed] for seed in range(2)) > 2.8 and max(costs[True, seed] for seed in range(2)) < 0.6
)
{("both ways" if way[0] else "forward", "seed", way[1]): f"{bits:.2f} bits" for way, bits in costs.items()}

# %% [markdown]
# Its backward half has read the next character before it is asked. When it is to write, there is
# nothing to read. So a bidirectional network can tag, and cannot generate.

# %% [markdown]
# ## What does a cell keep?
#
# In chapter 2 a tanh unit followed strings, and failed the test: without the opening quotes, it did the
# same. It recognised English, and remembered nothing. Here is an LSTM of 256 units, trained on the same
# text in chunks of 100 characters. (It predicts hardly better.)

# %%
trained, letters, log = checkpoints.load("char_lstm")
source, CHUNK, READ = data.python_source("valid"), log["T"], 60_000
labels = {**source.labels, "either": source.labels["string"] | source.labels["comment"]}
text, tokens = source.text, letters.encode(source.text)
h, c = checkpoints.lstm_states(trained, tokens[:READ])
low, high = c.min(), c.max()
views = {"cell c": np.tanh(c, out=c), "state h": h}
plain, _, log_of_plain = checkpoints.load("char_rnn")
assert CHUNK == 100 and low < -50 and high > 50
assert abs(log["valid_bits_per_character"] - log_of_plain["valid_bits_per_character"]) < 0.05
logs = {"LSTM": log, "tanh": log_of_plain}
print({name: f"{each['valid_bits_per_character']:.2f} bits" for name, each in logs.items()})
print(f"the cell goes from {low:.0f} to {high:.0f}")


# %%
def untrained(seed):
    """How well the best cell of a network that learned nothing follows each label."""
    uniform, (V, H) = np.random.default_rng(seed).uniform, trained["Wy"].T.shape
    shapes = {"Wx": (V, 4 * H), "Wh": (H, 4 * H), "b": (4 * H,)}
    W = {name: uniform(-1, 1, shape).astype(np.float32) / 16 for name, shape in shapes.items()}
    W["b"][H : 2 * H] += 1
    states = np.tanh(checkpoints.lstm_states(W, tokens[:READ])[1][::2])  # every other place
    return {name: units.best_unit(states, label[:READ:2])[1] for name, label in labels.items()}


controls = [untrained(seed) for seed in widgets.Progress(range(3), "reading, untrained", "network")]

# %%
best, score, control = {}, {}, {}
for name, label in labels.items():
    label = label[:READ:2]
    for view, states in views.items():
        best[name, view], score[name, view] = units.best_unit(states[::2], label)
    control[name] = [scores[name] for scores in controls]
    kind, null = "AUC" if label.dtype == bool else "correlation", np.round(control[name], 2)
    by = ", ".join(f"{view} {score[name, view]:.2f} by unit {best[name, view]}" for view in views)
    print(f"{name:>11} {kind:>11}: {by}; untrained {null}")

# %%
string_cell = best["either", "cell c"]
assert (
    score["either", "cell c"] > 0.95
    and score["brackets", "cell c"] > 0.9 > score["condition", "cell c"] > 0.8
)
assert all(max(control[name]) < 0.75 for name in ("either", "brackets", "condition", "string", "comment"))
assert score["indentation", "cell c"] > 0.5 > 0.45 > max(control["indentation"])
assert score["position", "cell c"] - max(control["position"]) < 0.1
assert all(score[name, "cell c"] > score[name, "state h"] - 0.02 for name in labels)
{"strings and comments": string_cell, "brackets": best["brackets", "cell c"]}

# %% [markdown]
# One cell tells strings and comments from code at 0.99, where chapter 2 had 0.83. Others follow
# brackets, conditions, and indentation. For the place in the line nothing beats an untrained network by
# much.

# %%
LINES = np.array([0, *np.flatnonzero(tokens[:READ] == letters["\n"]) + 1])  # where each line begins


def unit_figure(view, unit, line):
    """A passage, coloured by what a unit keeps."""
    fig = Figure(figsize=(9.5, 4.4), layout="none")
    ax = fig.add_axes((0.01, 0.02, 0.98, 0.9))
    passage = slice(LINES[line], LINES[line] + 1400)
    backprop_figures.draw_coloured_text(ax, text[passage], views[view][passage, unit])
    known = [f"{name} {s:.2f}" for (name, v), s in score.items() if (v, best[name, v]) == (view, unit)]
    ax.set_title(f"{view}, unit {unit}" + f": the best for {', '.join(known)}" * bool(known))
    return fig


# %%
shown = int(np.searchsorted(LINES, text.index("def ", text.index('"""', READ // 4)))) - 8
unit = widgets.slider("unit", 0, 255, string_cell)
line = widgets.slider("line", 0, len(LINES) - 60, shown)
widgets.Moving(unit_figure, view=widgets.choice("", list(views)), unit=unit, line=line)

# %%
unit_figure("cell c", string_cell, shown)

# %% [markdown]
# *A passage of a kept-aside module on the colours of one cell: deep orange from the opening quotes of a
# docstring to its end and in comments, blue in code, paler in short strings.*
#
# So test the cause, this time the other way: put three quotes before a line of code. From there on, all
# that is read says code. Only memory says string.
#
# **Predict first.**

# %%
widgets.ask(questions.QUOTES_BEFORE_CODE)

# %%
code, DEPTH = ~labels["either"], 200
places = [p for p in LINES if p > 100 and code[p - 50 : p + DEPTH].all()]
places = places[:: len(places) // 40]
quotes = letters.encode('    """')


def with_and_without(read, unit):
    """A unit's mean over some code, (DEPTH,): after three quotes, and as it is."""
    texts = [(tokens[p - 100 : p], tokens[p : p + DEPTH]) for p in places]
    opened = [read(np.concatenate([before, quotes, after]))[-DEPTH:, unit] for before, after in texts]
    as_it_is = [read(np.concatenate(pair))[-DEPTH:, unit] for pair in texts]
    return {"after three quotes": np.mean(opened, axis=0), "as it is": np.mean(as_it_is, axis=0)}


len(places)

# %%
unit_of_plain, score_of_plain = units.best_unit(
    checkpoints.states(plain, tokens[:READ])[::2], labels["either"][:READ:2]
)
assert 0.78 < score_of_plain < 0.88
believed = {
    "LSTM": with_and_without(lambda t: np.tanh(checkpoints.lstm_states(trained, t)[1]), string_cell),
    "tanh": with_and_without(lambda t: checkpoints.states(plain, t), unit_of_plain),
}
apart = {name: abs(np.subtract(*pair.values())) for name, pair in believed.items()}
{name: gap[[0, 10, 20, 30, 50, 100, 150]].round(2) for name, gap in apart.items()}

# %%
half = int(np.argmax(apart["LSTM"] < apart["LSTM"][0] / 2))
all_tanh = np.abs(
    np.subtract(*with_and_without(lambda t: checkpoints.states(plain, t), slice(None)).values())
)
assert believed["LSTM"]["after three quotes"][:10].min() > 0.5 and 25 < half < 50
assert apart["LSTM"][30] > 0.6 and apart["LSTM"][100:].max() < 0.05
assert apart["tanh"].max() < 0.2 and all_tanh[30:].max() < 0.1  # no other of its units either
print(f"half of the difference is left after {half} characters")

# %%
fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.4), sharey=True)
for ax, (name, pair), chunk in zip(axes, believed.items(), (CHUNK, log_of_plain["T"]), strict=True):
    backprop_figures.plot_depth(ax, pair, chunk).set_title(f"{name}, the best for strings and comments")
    ax.set_xlabel("characters since the quotes")
axes[1].set_ylabel("")
plt.show()

# %% [markdown]
# *Two panels, the mean of a unit over 45 passages of code, after three quotes and as they are. Left, a
# cell of the LSTM: after the quotes it starts high, sinks while it reads code, and meets the other curve
# at about 75 characters. Right, a unit of chapter 2: the curves lie on each other from the start.*
#
# The cell holds on to the quotes against all that it reads; half of the difference is left after thirty
# characters. The tanh unit is not moved, and no other of its network keeps them for thirty. So this is a
# memory.
#
# And is it longer than the chunk? The cell follows strings there as well:

# %%
run = np.zeros(READ, int)  # characters since the string began
for t in range(1, READ):
    run[t] = run[t - 1] + 1 if labels["string"][t - 1] and labels["string"][t] else 0
fresh = np.tanh(checkpoints.lstm_states(trained, tokens[:READ], reset_every=CHUNK)[1][:, [string_cell]])
deep = labels["string"][:READ] & (run >= CHUNK)
either = deep | code[:READ]
kept = views["cell c"][:, [string_cell]]
carried, reset = (units.auc(s[either], deep[either])[0] for s in (kept, fresh))
carried, reset = max(carried, 1 - carried), max(reset, 1 - reset)
assert carried > 0.93 and 0 < carried - reset < 0.1
print(f"AUC from {CHUNK} characters on {carried:.2f}; with the state reset every {CHUNK}, {reset:.2f}")

# %% [markdown]
# But it does so nearly as well with its memory wiped every 100 characters. And of the quotes before
# code, nothing was left at 100. The road would carry more: at $f = 1$ a cell keeps for ever. Training
# never paid for more than a chunk, and in a docstring the words say where it is. (One network, trained
# once.)
#
# ## Which one?
#
# | take | when | because |
# |---|---|---|
# | a tanh network | the answer lies a few steps back | smallest, quickest |
# | ReLU with the identity; a rotation | one long task fits it | chapter 3: adding; copy |
# | GRU | one must select over a distance | adding |
# | LSTM | one must count; a fused program is there | Weiss and others, 2018; times |
# | both ways | all is there before an answer is due | tags |
# | more layers | weights to spare, residual connections | chapter 3; tags: no gain without |
# | none of these | long sequences, wide hardware | chapter 8 |
#
# ## Summary
#
# - An LSTM's cell is kept in part and added to. Along it, one step back multiplies by $f$. Through $h$
#   and its matrix the old road remains.
# - $i$ keeps noise out, $f$ lets go, $g$ says what, $o$ says when.
# - A forget bias of 1 is a half-life of two steps. Near marks can teach a gate to open; without them,
#   the bias decides.
# - A GRU merges the two gates of the cell, and the two states. Papers differ on what $z$ and $r$ do.
# - Gated cells learn where a tanh network fails. Which is better depends on the task, and on the rate.
# - Reading both ways helps where the future decides, and rules out generating.
# - A cell can keep something against what it reads. What it does keep, training decides.
#
# A translation begins when the sentence has ended. What must a network carry across that point? That is
# chapter 5.
#
# ## Exercises
#
# Build the parts yourself in `assignments/a04_lstm_gru/lstm_gru.ipynb`.
#
# 1. The LSTM, `lstm_step_forward` to `lstm_backward`, and the GRU likewise.
# 2. From both ends: `reverse_sequences`, `bidirectional_forward`, `bidirectional_backward`.
# 3. What it costs: `count_parameters`.
#
# And in this notebook:
#
# 4. In `memory_curves.lstm`, set the forget bias to 3. Does the LSTM catch up with the GRU on adding?
# 5. Find a unit that follows something that has no label here. Then find the intervention that tests it.
#
# ## Further reading
#
# - S. Hochreiter, J. Schmidhuber (1997),
#   [Long short-term memory](https://doi.org/10.1162/neco.1997.9.8.1735); F. Gers, J. Schmidhuber,
#   F. Cummins (2000), [Learning to forget](https://doi.org/10.1162/089976600300015015); F. Gers,
#   J. Schmidhuber (2000), [Recurrent nets that time and count](https://doi.org/10.1109/IJCNN.2000.861302).
# - K. Greff, R. Srivastava, J. Koutník, B. Steunebrink, J. Schmidhuber (2017),
#   [LSTM: a search space odyssey](https://arxiv.org/abs/1503.04069).
# - K. Cho and others (2014),
#   [Learning phrase representations using RNN encoder-decoder](https://arxiv.org/abs/1406.1078).
# - J. Chung, C. Gulcehre, K. Cho, Y. Bengio (2014),
#   [Empirical evaluation of gated recurrent neural networks](https://arxiv.org/abs/1412.3555).
# - R. Jozefowicz, W. Zaremba, I. Sutskever (2015),
#   [An empirical exploration of recurrent network architectures](https://proceedings.mlr.press/v37/jozefowicz15.html).
# - M. Schuster, K. Paliwal (1997),
#   [Bidirectional recurrent neural networks](https://doi.org/10.1109/78.650093).
# - G. Weiss, Y. Goldberg, E. Yahav (2018),
#   [On the practical computational power of finite precision RNNs](https://arxiv.org/abs/1805.04908).
