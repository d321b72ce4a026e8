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
# decides what it keeps?** That is the question of this chapter. The answer is a sum instead of a
# product, and a few gates.
#
# Afterwards you can
#
# - say what each of an LSTM's four parts does, and what breaks without it;
# - read the half-life of a memory off its forget bias, and say why a bias of 1 is no long memory;
# - derive the way back through the cell, and get the numbers that PyTorch gets;
# - turn an LSTM into a GRU, and say which of two conventions a formula follows;
# - compare the cells fairly, stack them, let them read from both ends;
# - choose one, and say what your choice rests on.
#
# You need chapters 2 and 3. The notebook runs in about a minute.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import json

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

np.__version__, torch.__version__

# %%
import gate_figures
import gradient_figures
import questions
import widgets
from experiments import forget_bias, memory_curves

plt.style.use("course.mplstyle")
torch.set_num_threads(1)
record = json.loads(memory_curves.RECORD.read_text(encoding="utf-8"))
list(record)

# %% [markdown]
# ## What the path must be like
#
# Here is the failure again, and beside it the two cells of this chapter. In chapter 3 they only ran
# along.

# %%
names, guess = ("tanh, random", "LSTM", "GRU"), memory_curves.TASKS["adding"].guess
adding = {name: record["adding"]["50"][name] for name in names}
assert min(min(curve) for curve in adding["tanh, random"]) > 0.9 * guess
assert all(curve[-1] <= 0.01 for name in ("LSTM", "GRU") for curve in adding[name])
one = {name: curves[:1] for name, curves in adding.items()}
ax = plt.figure(figsize=(9, 2.2)).subplots()
gradient_figures.plot_curves(ax, one, memory_curves.EVERY, memory_curves.STEPS, guess, "squared error")
plt.show()

# %% [markdown]
# *Adding over 50 steps, one of three seeds of each: the tanh network stays at the constant guess, 1/6, for
# all thousand steps of training; LSTM and GRU come down to zero and stop early. The other seeds agree.*
#
# One step back through a tanh network multiplies by slopes and by a matrix. Chapter 3 tried to make
# that product one at the start, with a rotation or with the identity. Ask instead what a path would
# need.
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
# the cell, one step back multiplies by $f_t$: no slope, no matrix. What the rest of the network gets to
# see is the *state*
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
# A bias of 1 makes $f = 0.73$ and a half-life of 2.2 steps. At 5 it is 103. An LSTM does not remember by
# default; it remembers where its gates have *learned* to stay open. Without that advice it starts lower
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
# or −1, and a sign says: *store* this. At three later steps another sign says: *read*. Then $h$ should have
# the sign of the last bit that was stored, and at all other times it should be silent.

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
    bottom.set(xlabel="step", ylim=(-3.6, 3.6))
    return fig


without = widgets.choice("without", ["none", *"ifog"])
widgets.Moving(toggle_figure, without=without, sequence=widgets.slider("sequence", 0, 19, 0))

# %%
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
# - Without $o$, every answer is right. But $h$ shouts at each step, and $h$ is what the other units
#   and their gates listen to.
#
# Here the gates were set by hand and hear only $x$. In a network they hear $h$ as well, and are learned.

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
# - Set $f$ to zero for three steps: half open, three times. The cell falls to an eighth, and the
#   gradient **by the same factor**. What is forgotten gets no credit.
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
        dh_future, dc_future = da @ W["Wh"].T, dc * gates["f"]
        cells.append(dc)
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
# On the dial the cell was alone. Now take an LSTM of 64 units with random weights, drawn as PyTorch
# draws them, let it read noise, and send a gradient back from its last state. Only the forget bias is
# ours.
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
# How can it grow, if no gate lets through more than all? Along the cells alone it does not; at 3 a
# hundredth is left. The rest came by the other road, from $c$ to $h$, through $W_h$, into the gates and
# back, and with open gates such detours add up. So the cell eases vanishing along one path. It forbids
# neither vanishing nor exploding, and the clipping of chapter 3 stays.

# %% [markdown]
# ## Does it decide what is learned?
#
# LSTMs of 32 units now train on the adding problem over 40 steps, from a bias of 0, 1,
# 3 or 5. At 0, next to nothing arrives from the first number.
#
# **Predict first.**

# %%
widgets.ask(questions.CLOSED_AT_FIRST)

# %% [markdown]
# There were five seeds of each, up to a thousand steps of training, and two versions of the task. In
# one the marks are as always, one in each half, so that the second is sometimes near the end. In the
# other both are within the first ten steps, and nothing that counts is near. While they trained, we asked
# what arrives before the first step. (Recorded: `make experiments` repeats it.)

# %%
trained = json.loads(forget_bias.RECORD.read_text(encoding="utf-8"))
solved = {}
for marks, by_bias in trained.items():
    losses = {bias: [run["loss"][-1] for run in runs] for bias, runs in by_bias.items()}
    solved[marks] = {bias: sum(loss <= forget_bias.SOLVED for loss in each) for bias, each in losses.items()}
    print(f"{marks:>22}: solved by {solved[marks]} of {forget_bias.SEEDS}")

# %%
fig, axes = plt.subplots(2, 2, figsize=(8.5, 4.2), sharex=True, sharey="row")
for (top, bottom), (marks, by_bias) in zip(axes.T, trained.items(), strict=True):
    gate_figures.plot_training(top, by_bias, "loss", forget_bias.EVERY, guess).set_title(marks)
    gate_figures.plot_training(bottom, by_bias, "arrives", forget_bias.EVERY)
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
plt.show()

# %%
near, distant = solved.values()
assert near == {"0": 5, "1": 5, "3": 5, "5": 3} and distant == {"0": 0, "1": 0, "3": 2, "5": 4}
shut, still_shut = (by_bias["0"] for by_bias in trained.values())
for run in shut:
    opens, falls = np.argmax(np.array(run["arrives"]) > 0.01), np.argmax(np.array(run["loss"]) < guess / 2)
    assert max(run["arrives"][:8]) < 1e-6 < 0.1 < run["arrives"][-1] and opens < falls
    assert max(run["open"][:8]) < 0.77 and run["open"][-1] > 0.96  # of the gate that is open most
assert max(max(run["open"]) for run in still_shut) < 0.85
assert all(max(run["arrives"]) < 1e-3 for bias in "01" for run in trained["marks in the first ten"][bias])
for name, runs in {"marks anywhere": shut, "marks in the first ten": still_shut}.items():
    print(
        f"bias 0, {name:>22}: the most open gate, first and last",
        [(r["open"][0], r["open"][-1]) for r in runs],
    )

# %%
live = forget_bias.train("marks anywhere", 3, seed=0, steps=100)
assert np.allclose(live["loss"], trained["marks anywhere"]["3"][0]["loss"][:4], atol=0.01)
print("the first hundred steps again:", live["loss"])

# %% [markdown]
# *Four panels over a thousand steps of training: on top the loss, with the constant guess dotted, below
# what arrives, on a logarithmic axis. Left, marks anywhere: all lines but two of bias 5 fall to zero. For
# bias 0 what arrives lies below a millionth for hundreds of steps, then jumps to about one, just before the
# loss falls. Right, both marks early: for bias 0 and 1 nothing moves, above or below; two lines of bias 3 and
# four of bias 5 jump and fall.*
#
# From a bias of 0 they all learn, though less than a millionth arrives. How? Look at the lower panel.
# For hundreds of steps nothing moves, and then, just before the loss falls, the gradient is there: a
# forget gate has opened, from about 0.6 to 0.97 and more. It was the near marks that taught it. Take them
# away, and from a bias of 0 or 1 none learns. From 3 two do, and from 5 four.
#
# So a gate need not be open at the start, if something near can teach it to open. Where nothing is near,
# the bias decides. But more is not better: with marks anywhere, 5 is the only bias from which some fail.
# Why, the figure does not say. (And this is one rate, one size, one budget.)

# %% [markdown]
# ## The same road elsewhere
#
# Chapter 3 crossed deep networks on a bridge. Here are the three bridges side by side.

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
# In each, a path without a matrix, and next to it a branch that does the work. With the branch held
# fixed, a nudge on the road shows its factor:

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
# - Jozefowicz, Zaremba and Sutskever (2015) let a search go through more than ten thousand
#   architectures. The best ones beat LSTM and GRU on some tasks, not on all. And a forget bias of 1
#   closed the gap between LSTM and GRU.
#
# The tied gates you know: in the unit set by hand, storing shut $f$ as it opened $i$. What if the two
# always were one gate?
