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
# # 8. Beyond recurrence
#
# Chapter 4's LSTM reads a thousand characters. Give it a thousand processors, and it will not be
# a thousand times faster. The second character has to wait for the state after the first, the third for
# the second. Nine hundred and ninety-nine processors look on.
#
# **What does it cost to read one after another, and what does one give up by not doing so?** In 2017 the
# answer was: too much, and little. So recurrence lost to attention. Then it came back, in a form that can
# be computed all at once. This chapter follows both moves, and counts.
#
# Afterwards you can
#
# - count the steps that must wait for one another, and say why a clock on one core does not show them;
# - build self-attention, mask it, and predict what a change of the order does to it;
# - compare a Transformer and an LSTM fairly, and say what each forgets;
# - run a linear recurrence in $\log_2 T$ rounds, and read from the last bits that it was so;
# - say which networks can be scanned, and choose one.
#
# You need chapters 3, 4 and 7. The notebook runs in about half a minute.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import json
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

torch.__version__

# %%
import caption_figures
import figures
import parallel_figures
import questions
import relation_models
import sequence_models
import train_attention
import widgets
from experiments import costs, long_range, relations, transformer, word_looks
from experiments import questions as vqa

plt.style.use("course.mplstyle")
torch.set_num_threads(1)
parallel_figures.LOOKS.keys()

# %% [markdown]
# ## One after another
#
# Chapter 1's picture again. The arrows up could all be followed at once, those from left to right not.

# %%
figures.draw_unrolled(plt.figure(figsize=(9, 2.2)).subplots(), [*"beyond"], [*"eyond "])
plt.show()

# %% [markdown]
# *Six boxes h in a row, each with an arrow from a letter below, an arrow to a letter above, and an arrow
# to the next box on the right.*
#
# Take some ways through a sequence of $T$ vectors of 64 numbers: an LSTM, its cell called in a loop, or
# all of it in one call ("fused"); a layer of attention, fused or not; convolutions with gaps that double;
# and a scan, where this chapter ends. Which of their operations have to wait for which?

# %%
LENGTHS, D = (64, 256, 1024, 4096), costs.D
torch.manual_seed(0)
inputs = {T: torch.randn(1, T, D) for T in LENGTHS}
layers = {name: {T: layer.make(T) for T in LENGTHS} for name, layer in costs.LAYERS.items()}
steps = {name: [layer.steps(T) for T in LENGTHS] for name, layer in costs.LAYERS.items()}
steps

# %% [markdown]
# It can be counted, too. PyTorch notes for each result what it was made from. The longest path through
# these notes is the number of operations that waited for one another. (Not so for the fused LSTM: it hides
# its $T$ steps inside a single note.)

# %%
for name in (name for name in layers if name != "fused LSTM"):
    paths = [costs.depth(layers[name][T](inputs[T])) for T in LENGTHS]
    print(f"{name:>15}: {paths}")
    a_step = np.diff(paths) / np.maximum(np.diff(steps[name]), 1)
    expected = {"cell in a loop": 8, "convolutions": 3, "scan": 5}.get(name, 0)
    assert (a_step == expected).all()  # operations for each further step
assert steps["cell in a loop"] == [*LENGTHS] and set(steps["attention"]) == {1} and steps["scan"][-1] == 23

# %% [markdown]
# The paths grow as the steps do. Attention never waits longer, whatever $T$ is. What has been heard after
# how many rounds?


# %%
def heard(way, rounds, T=16):
    """Which inputs (columns) each place (rows) has heard of after some rounds: (T, T)."""
    t, s = np.indices((T, T))
    reach = {"loop": T, "attention": T, "neighbours": 2 * rounds + 1, "doubling": 2**rounds}[way]
    ready = t < rounds if way == "loop" else rounds > 0
    return ready & (s <= t) & (t - s < reach)


heard("doubling", rounds=2)[-1].nonzero()[0]


# %%
def rounds_figure(rounds, way):
    """Who has heard whom after some rounds, and how many of sixteen workers had something to do."""
    needed = next(k for k in range(1, 17) if heard(way, k)[-1, 0])
    busy = [1 if way == "loop" else 16] * needed
    fig = Figure(figsize=(9.5, 3.6))
    left, right = fig.subplots(1, 2, width_ratios=(1, 1.6))
    parallel_figures.draw_heard(left, heard(way, rounds - 1), heard(way, rounds))
    parallel_figures.plot_busy(right, busy, 16, rounds)
    right.set_title(f"{way}: all is heard after {needed} round{'s' if needed > 1 else ''}")
    return fig


# %%
way = widgets.choice("", ["loop", "attention", "neighbours", "doubling"])
widgets.Moving(rounds_figure, rounds=widgets.slider("rounds", 1, 16, 3), way=way)

# %%
needed = {way: [heard(way, k)[-1, 0] for k in range(17)].index(True) for way in way.options}
assert needed == {"loop": 16, "attention": 1, "neighbours": 8, "doubling": 4}
rounds_figure(3, "doubling")

# %% [markdown]
# *Left, a triangle of 16 places: after three rounds of doubling a band of eight cells along the diagonal
# is filled, and its lower half, orange-red, came in the third round. Right, sixteen workers, busy in all
# of four rounds.*
#
# In the loop one worker is busy, and fifteen watch. In attention every place hears all others at once.
# Convolutions of three neighbours hear two more in each layer. If the gaps double, a logarithm of layers
# is enough (Bai, Kolter and Koltun, 2018), and so it is in a scan. Now the clock:


# %%
def seconds(way, *read):
    """Seconds of the processor, the best of three tries."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        with torch.no_grad():
            way(*read)
        taken.append(time.process_time() - start)
    return min(taken)


spent = {name: [1e6 * seconds(each[T], inputs[T]) / T for T in LENGTHS] for name, each in layers.items()}
{name: np.round(each, 1).tolist() for name, each in spent.items()}

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.2))
parallel_figures.plot_costs(left, LENGTHS, steps, "steps that wait for one another")
parallel_figures.plot_costs(right, LENGTHS, spent, "microseconds a token, one core")
right.legend(loc="center left", bbox_to_anchor=(1, 0.5))
looped, looked = spent["cell in a loop"], spent["attention"]
assert 1 / 5 < looped[-1] / looped[0] < 5 and looked[-1] > 2 * looked[1]
assert looked[-1] > 2 * spent["fused LSTM"][-1]
plt.show()

# %% [markdown]
# *Left, steps that wait: both LSTMs rise in a straight line to 4,096, the scan and the convolutions creep
# up to 23 and 12, attention stays at one. Right, time for a token: the loop is high and level, the fused
# LSTM falls a little, and attention climbs from below it to far above.*
#
# On one core nothing happens at the same time, so nobody waits. The clock only
# counts the work, and there attention gets worse: each token looks at all the others. The fused LSTM is
# cheaper from some hundreds or thousands of tokens on.
#
# The left picture matters where there is something to keep busy. An LSTM of 64 units has 32,768 products
# to compute in a step. On a graphics processor with some ten thousand cores that is three for each, and
# then all wait. Attention over 1,024 tokens has 134 million products to hand out at once. Vaswani and
# others (2017) list both, work and waiting, in their Table 1.

# %%
an_lstm_step, all_scores = 4 * D * (D + D), 2 * 1024 * 1024 * D
assert an_lstm_step == 32_768 and 134e6 < all_scores < 135e6
print(f"{an_lstm_step:,} products in a step of the LSTM, {all_scores:,} in attention over 1,024 tokens")

# %% [markdown]
# ## Ask everyone
#
# Chapter 7's decoder asked, and the source answered. In **self-attention** a sequence asks itself. From
# each $x_t$ three vectors are made: a query, what it looks for; a key, what it can be found by; a value,
# what it tells.
#
# $$q = x W_q, \quad k = x W_k, \quad v = x W_v, \qquad
# y_t = \sum_s \alpha_{ts}\, v_s, \quad \alpha_{ts} = \mathrm{softmax}_s\!\left(q_t \cdot k_s / \sqrt{K}\right)$$
#
# In code:


# %%
def attend(q, k, v, may=None):
    """Look up: queries (..., T, K), keys (..., S, K), values (..., S, M) -> what is seen (..., T, M), weights."""
    scores = torch.einsum("...tk,...sk->...ts", q, k) / q.shape[-1] ** 0.5
    weights = (scores if may is None else scores.where(may, -torch.inf)).softmax(dim=-1)
    return torch.einsum("...ts,...sm->...tm", weights, v), weights


attend(*torch.ones(3, 4, 2))[1]

# %% [markdown]
# Nothing in it waits for $t - 1$. And between any two tokens a gradient has one step to go, not the
# $t - s$ of chapter 3. Why the root? A score is a sum of $K$ products. If the entries are independent
# with variance one, the score has variance $K$, and with wide keys the softmax puts everything on one
# token. Divided by $\sqrt{K}$ it has variance one again.

# %%
rng = np.random.default_rng(0)
for K in (4, 64, 1024):
    q, k = torch.from_numpy(rng.normal(size=(2, 300, 16, K)))
    scores = q @ k.mT
    plain, scaled = ((scores / s).softmax(dim=2).amax(dim=2).mean().item() for s in (1, K**0.5))
    variance = scores.var().item()
    assert 0.8 < variance / K < 1.2 and 0.2 < scaled < 0.35 and (K == 4 or plain > 0.75)
    print(f"K = {K:4}: variance {variance:6.1f}; the largest of 16 weights {plain:.2f}, scaled {scaled:.2f}")

# %% [markdown]
# ## Eight lessons in one pass
#
# A language model must not look ahead. So a **causal mask** sets the scores of later tokens to
# $-\infty$, before the softmax, and row $t$ sees no more than $1 \dots t$.
#
# **Predict first.** A text of eight characters and its eight targets. How many passes through the network
# does training need?

# %%
widgets.ask(questions.PASSES_FOR_EIGHT)

# %%
torch.manual_seed(1)
q, k, v = torch.randn(3, 8, 16, dtype=torch.float64)
at_once, alpha = attend(q, k, v, may=torch.ones(8, 8, dtype=torch.bool).tril())
in_turn = [attend(q[t : t + 1], k[: t + 1], v[: t + 1])[0][0] for t in range(8)]
gap = (at_once - torch.stack(in_turn)).abs().max().item()
assert gap < 1e-12 and not alpha.triu(1).any()
print(f"one masked pass against eight passes over beginnings: {gap:.0e}")

# %% [markdown]
# One. The beginnings are all known. Writing is another matter. There the next token is not known before
# the last one is drawn, and a Transformer, too, goes step by step.
#
# ## Where is the order?
#
# The tokens stand in columns. Is that not order enough? Here are six words, each a
# random vector, and one or more layers of self-attention, $x + \text{attention}(x)$, with random weights.
# We shuffle the first five words and leave the last one where it is. Then each word's output is compared
# with *its own* output from before.
#
# **Predict first.** Which outputs change?

# %%
widgets.ask(questions.SHUFFLED_WORDS)

# %%
SENTENCE = ["my", "old", "dog", "bit", "your", "cat"]
rng = np.random.default_rng(0)
words = torch.from_numpy(rng.normal(size=(6, 8)))
LAYERS = torch.from_numpy(rng.normal(size=(3, 3, 8, 8)) / 8**0.5)  # (layer; q, k, v; D; D)
words.shape


# %%
def waves(T, D):
    """Positions (T, D): sines and cosines in turn, of wavelengths from 2 pi to 10,000 times as long."""
    turns = np.exp(1j * np.outer(np.arange(T), np.geomspace(1, 1e-4, D // 2 + 1)[:-1]))
    return np.stack([turns.imag, turns.real], axis=2).reshape(T, D)


def read(order, positions, mask, depth):
    """The outputs (T, D) of the words in some order."""
    x = words[order] + (torch.from_numpy(waves(6, 8)) if positions else 0)
    for W in LAYERS[:depth]:
        x = x + attend(*x @ W, torch.ones(6, 6).tril().bool() if mask else None)[0]
    return x.numpy()


read(range(6), positions=False, mask=False, depth=1).shape


# %%
def shuffle_figure(shuffle, depth, positions, mask):
    """What comes out of six words, what comes out when they are shuffled, and each word's change."""
    order = [*np.random.default_rng(shuffle).permutation(5), 5] if shuffle else [*range(6)]
    before, after = (read(each, positions, mask, depth) for each in (range(6), order))
    fig = Figure(figsize=(9.5, 3.6))
    places = fig.subplot_mosaic([["before", "change"], ["after", "change"]], width_ratios=(1, 1.2))
    parallel_figures.draw_outputs(places["before"], SENTENCE, before, "as it was")
    parallel_figures.draw_outputs(places["after"], [SENTENCE[k] for k in order], after, "shuffled")
    change = np.linalg.norm(after - before[order], axis=1)[np.argsort(order)]
    parallel_figures.plot_changes(places["change"], SENTENCE, change)
    return fig


# %%
controls = {"shuffle": widgets.slider("shuffle", 0, 8, 3), "depth": widgets.slider("layers", 1, 3, 1)}
controls |= {"positions": widgets.switch("positions"), "mask": widgets.switch("causal mask")}
widgets.Moving(shuffle_figure, **controls)

# %%
shuffle_figure(shuffle=3, depth=1, positions=False, mask=False)

# %% [markdown]
# *One layer, no positions, no mask. Left, the outputs of the six words in both orders, a column of eight
# coloured cells for each word. Right, how far each word's output moved: six zeros.*

# %% tags=["headline"]
shuffle_figure(shuffle=3, depth=2, positions=False, mask=True)


# %%
def change(shuffle, **switches):
    """How far the output of each word moves (T,) when they are shuffled."""
    order = [*np.random.default_rng(shuffle).permutation(5), 5]
    moved = read(order, **switches)[np.argsort(order)] - read(range(6), **switches)
    return np.linalg.norm(moved, axis=1)


for shuffle in range(1, 9):
    assert max(change(shuffle, positions=False, mask=False, depth=d).max() for d in (1, 2, 3)) < 1e-12
    one, two = (change(shuffle, positions=False, mask=True, depth=d) for d in (1, 2))
    assert one[5] < 1e-12 and one[:5].max() > 0.1 and two[5] > 0.01
    assert change(shuffle, positions=True, mask=False, depth=1).min() > 0.01

# %% [markdown]
# *Two layers with a mask. Left, the outputs of six words before and after a shuffle of the first five, a
# column of eight coloured cells for each word. Right, how far each word's output moved: none is zero, not
# even that of the last word, cat.*
#
# Without positions and mask the outputs are shuffled as the words were, and that is all, at any depth. To
# such a network a sentence is a bag of words: "dog bit cat" is "cat bit dog".
#
# Switch on the mask. Now a word sees those before it, and others stand before it. But look at the last
# word, "cat": with one layer its output is the same, since it sees the same five in another order. With
# two layers it changes, because what it sees has seen different things. So a mask leaks order, once
# layers are stacked. Language models without any positions do learn where they are (Haviv and others,
# 2022).
#
# The plain way is to add to each word a vector for its place, like the hands of clocks from fast to slow,
#
# $$p_{t,2i} = \sin(\omega_i t), \quad p_{t,2i+1} = \cos(\omega_i t), \qquad \omega_i = 10{,}000^{-2i/D},$$
#
# and a shift by $k$ places is a rotation of each hand by $\omega_i k$, wherever one starts. So one matrix
# means "three before me", and $p_t \cdot p_s$ depends on $t - s$ only. One can also leave the words as
# they are, and turn the queries and keys themselves (Su and others, 2021). Then of the
# places a score knows their distance only.

# %%
P = waves(60, 32)
products = P @ P.T
assert all(np.ptp(np.diagonal(products, k)) < 1e-9 for k in range(60)) and products[0].argmax() == 0
hands = P[:, 1::2] + 1j * P[:, ::2]
assert np.allclose(hands[3:], hands[:-3] * hands[3])  # a product of complex numbers turns
parallel_figures.draw_positions(plt.figure(figsize=(9, 2.4)).subplots(), P)
plt.show()

# %% [markdown]
# *Sixty columns of 32 coloured cells. The upper rows change colour from place to place, the lower ones
# hardly at all: waves that get longer and longer downwards.*
#
# ## Several heads
#
# A row of weights sums to one. Whoever looks for two things at once sees the mean of both. So one splits
# $D$ into parts of equal width, and each part, a **head**, has queries, keys, values and a softmax of its
# own. Here are two heads set by hand. One looks for the same character. The other rotates its query one
# place back.

# %%
TEXT = [*"for i in items:"]
letters = torch.eye(len(set(TEXT)), dtype=torch.float64)[[sorted(set(TEXT)).index(c) for c in TEXT]]
places = torch.from_numpy(waves(len(TEXT) + 1, 32))
HEADS = {  # what is asked, what answers
    "the same character": (30 * letters, letters),
    "one place back": (30 * places[:-1], 2 * places[1:]),  # the query of t is the key of t - 1
}
len(TEXT)


# %%
def head_figure(place, head, mask):
    """Where one character looks, and the weights of all."""
    allowed = torch.ones(len(TEXT), len(TEXT)).tril().bool() if mask else None
    weights = attend(*HEADS[head], letters, allowed)[1].numpy()
    fig = Figure(figsize=(9.5, 3.6))
    left, right = fig.subplots(1, 2, width_ratios=(1.7, 1))
    parallel_figures.draw_row(left, TEXT, weights[place - 1], place - 1)
    shown = np.where(np.tri(len(TEXT), dtype=bool), weights, np.nan) if mask else weights
    parallel_figures.draw_weights(right, TEXT, shown, place - 1)
    return fig


# %%
controls = {"head": widgets.choice("", list(HEADS)), "mask": widgets.switch("causal mask")}
widgets.Moving(head_figure, place=widgets.slider("place", 1, len(TEXT), 10), **controls)

# %%
same, back_one = (attend(q, k, letters)[1] for q, k in HEADS.values())
assert same[9, [4, 6, 9]].sum() > 0.99 and back_one.diagonal(-1).min() > 0.9
head_figure(place=10, head="the same character", mask=False)

# %% [markdown]
# *Left, "for i in items:" with a bar below each character, and arcs from the i of items to the two
# others, a third of the weight for each. Right, the weights of all fifteen characters, green where both
# are the same.*
#
# ## Every word looks
#
# Chapter 7 left one question open. "Is the red circle left of the blue square?" The whole question looked,
# once or twice, and half of the answers were right, unless it was first told where to look. Now let every
# word look: a GRU reads the question, each of its states makes a query, and all of them ask the nine cells
# at once. Four heads choose the words whose findings count.

# %%
whole, told, every = (
    json.loads(each.RECORD.read_text(encoding="utf-8")) for each in (vqa, relations, word_looks)
)
looks = [run for run in whole["networks"] if run["view"] == "cells"]
networks = {
    "one look": [run for run in looks if run["hops"] == 1],
    "two looks": [run for run in looks if run["hops"] == 2],
    "two, told where at first": told["networks"],
    "every word looks": every,
}
related = {name: [run["right"]["relation"] for run in runs] for name, runs in networks.items()}
related

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 2.8))
caption_figures.plot_seeds(left, related, "share of relations right")
left.axvline(0.5, color=figures.PLAIN, ls=":", lw=2)
alone, again, end = np.cumsum([batches for _, batches in relation_models.LESSONS])
batches = np.arange(word_looks.EVERY, end + 1, word_looks.EVERY)
curves = {"every word looks": [(batches, run["curve"]) for run in every]}
parallel_figures.plot_runs(right, curves, "share right", {"guessing": 0.5})
right.axvspan(alone, again, color=figures.SHADE, alpha=0.5, lw=0, zorder=0)  # relations alone
right.set(xlabel="batches", ylim=(0, 1.02))
right.legend(loc="lower right")
plt.show()

# %%
curve = np.array([run["curve"] for run in every])
assert abs(np.array([related["one look"], related["two looks"]]) - 0.5).max() < 0.08
assert min(related["every word looks"]) > 0.88 and min(min(run["mass"]) for run in every) > 0.88
assert curve[:, batches <= alone + 750].max() < 0.6 and curve[:, batches >= again].min() > 0.8
assert (again - alone, end, train_attention.ANSWER_STEPS) == (1750, 4000, 1200)
np.round([run["mass"] for run in every], 2).tolist()  # of "circle" on the circle, of "square" on the square

# %% [markdown]
# *Left, bars and a circle for each seed: one look and two stand at the dotted half, the two that were told
# and every word near one. Right, the last one as it learned: at a half, far into the shade, where it was
# asked for relations alone; then up.*
#
# Nine in ten are right, and nobody told it where. "circle" looks at the circle, "square" at the square,
# with nine tenths of their weight. The catch: it took 4,000 batches, not 1,200, among them 1,750 of
# relations alone, and for the first 750 of these nothing happened. And these words look at cells, not at
# one another. That "circle" is the *red* one, the GRU has told it.
#
# ## A block, and what it costs to keep
#
# Attention only mixes. What is made of the mixture, each place makes for itself: two matrices with a
# nonlinearity between them. Around both stands chapter 3's sum, so that gradients find a way through many
# layers, and a norm that keeps the size of what goes in (Ba, Kiros and Hinton, 2016). In the first paper
# the norm came after the sum; before it, training is steadier (Xiong and others, 2020).
#
# $$x \leftarrow x + \text{attention}(\text{norm}(x)), \qquad x \leftarrow x + \text{mlp}(\text{norm}(x))$$

# %%
torch.manual_seed(0)
block = sequence_models.Block(D, sequence_models.SelfAttention(D, heads=4, turned=False), hidden=4 * D)
x = torch.randn(1, 12, D)
y = block(x)
z = block(torch.cat([x[:, :6], torch.randn(1, 6, D)], dim=1))
assert torch.allclose(y[:, :6], z[:, :6], atol=1e-5) and not torch.allclose(y[:, 6:], z[:, 6:], atol=0.1)
print(f"{sequence_models.weights(block):,} weights; what comes later changes nothing of the first six")

# %% [markdown]
# What does it cost to train? PyTorch can be asked how many bytes it keeps for the way back.

# %%
kept = {name: [costs.kept(each[T], inputs[T]) for T in LENGTHS] for name, each in layers.items()}
table, without = kept["attention"], kept["fused attention"]
assert table[-1] > 4096**2 * 4 and table[-1] / table[-2] > 10  # one number in float32 has four bytes
assert max(each[-1] / each[-2] for name, each in kept.items() if name != "attention") < 5.5
ax = parallel_figures.plot_costs(plt.figure(figsize=(9, 2.8)).subplots(), LENGTHS, kept, "bytes kept")
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
print(f"attention over 4,096 tokens: {table[-1] / 1e6:.0f} MB; fused: {without[-1] / 1e6:.0f} MB")
plt.show()

# %% [markdown]
# *Bytes against length. All lines rise alike, about as T does, but one: attention, as the formula says
# it, gets steeper and ends far above the others.*
#
# Four times the length is four times the bytes, and for the table of weights sixteen times. "Fused", the
# table is computed in pieces, thrown away, and computed again on the way back (Dao and others, 2022). The
# bytes can be saved, the products not. And when such a network writes, it has to keep the keys and
# values of all that was written. An LSTM of 64 units keeps 128 numbers, after ten characters and after
# ten million.

# %% [markdown]
# ## And back
#
# The waiting comes from $h_t$ needing $h_{t-1}$. But adding up a column of numbers is such a chain, too,
# and the work can be shared, since $(1 + 2) + (3 + 4)$ is $((1 + 2) + 3) + 4$. Can steps of a recurrence
# be put into brackets?
#
# Take the simplest, a **linear** one, each unit for itself: $h_t = a_t h_{t-1} + b_t$. Two steps, one
# after the other, make
#
# $$a_2 (a_1 h + b_1) + b_2 = (a_2 a_1)\, h + (a_2 b_1 + b_2),$$
#
# and that is *one step of the same form*. So a step is a pair of numbers, and pairs can be merged:


# %%
def merge(first, then):
    """Two steps, one after the other, as one."""
    return then[0] * first[0], then[0] * first[1] + then[1]


merge((2, 1), (3, 0))


# %%
def rounds(merge, items):
    """Merge what stands at each place with all before it; gives the places after each round."""
    levels, span = [list(items)], 1
    while span < len(items):
        last = levels[-1]
        levels.append(last[:span] + [merge(last[t - span], last[t]) for t in range(span, len(last))])
        span *= 2
    return levels


rounds(str.__add__, "scanning")

# %% [markdown]
# Each place takes over what stands one before it, then two, then four. After three rounds each has all
# up to itself, in the right order, each letter once. Any merge will do that is **associative**: it must
# not matter where the brackets stand. (The scheme is from Hillis and Steele, 1986. Martin and Cundy,
# 2018, brought it to recurrent networks.)

# %%
rng = np.random.default_rng(0)
for T in range(1, 131):  # powers of two and all between
    a, b = rng.normal(size=(2, T))
    levels = rounds(merge, [*zip(a, b, strict=True)])
    h, looped = 0.0, []
    for at, bt in zip(a, b, strict=True):
        h = at * h + bt
        looped.append(h)
    assert np.allclose([step[1] for step in levels[-1]], looped, rtol=1e-12, atol=1e-12)
    assert len(levels) - 1 == int(np.ceil(np.log2(T)))
print(f"{T} steps in {len(levels) - 1} rounds")

# %% [markdown]
# **Predict first.** Chapter 1's network is $h_t = \tanh(a h_{t-1} + b_t)$. Can its steps be merged?

# %%
widgets.ask(questions.MERGE_TWO_TANH)

# %%
STEPS = [(2, 0), (1, 0), (1, 1), (-0.5, 0), (1, 1), (-2, 1), (2, -1), (-0.5, -1)]


def through(steps, h, bend):
    """The state after some steps, from h."""
    for a, b in steps:
        h = np.tanh(a * h + b) if bend else a * h + b
    return h


through(STEPS, 0, bend=False)


# %%
def scan_figure(done, bend):
    """Eight steps merged in rounds, and what the last block makes of any state."""
    merged, fig = rounds(merge, STEPS), Figure(figsize=(9.5, 3.8))
    names = rounds(lambda i, j: i + j, [1] * 8) if bend else merged
    shown = [[f"{2 * n} numbers" if bend else "{:g}h\n{:+g}".format(*n) for n in level] for level in names]
    tree, curve = fig.subplots(1, 2, width_ratios=(2.2, 1))
    parallel_figures.draw_scan(tree, [[one.replace(" ", "\n") for one in level] for level in shown], done)
    blocks = {"step by step": STEPS[-(2**done) :], "merged": [merged[done][-1]]}
    draw = {name: lambda h, s=steps: through(s, h, bend) for name, steps in blocks.items()}
    parallel_figures.plot_block(curve, draw).set_title(f"the last {2**done} steps")
    return fig


# %%
widgets.Moving(scan_figure, done=widgets.slider("rounds", 0, 3, 1), bend=widgets.switch("tanh"))

# %%
scan_figure(done=3, bend=False)

# %%
scan_figure(done=3, bend=True)

# %%
h = np.linspace(-3, 3, 121)
gaps = {}
for k, level in enumerate(rounds(merge, STEPS)):
    gaps[2**k] = [
        abs(through(STEPS[-(2**k) :], h, bend) - through([level[-1]], h, bend)).max() for bend in (0, 1)
    ]
    assert gaps[2**k][0] < 1e-12 and (k == 0 or gaps[2**k][1] > 0.1)
assert np.tanh(np.tanh(1e9)) < 0.762 and np.tanh(1e9) == 1
{steps: f"linear {linear:.0e}, with tanh {bent:.2f}" for steps, (linear, bent) in gaps.items()}

# %% [markdown]
# *Two stills. In the first, four rows of eight boxes. In each box a step such as 0.5h+1; lines lead from
# row to row, from one, two and four places before. A line on the right, and a dashed one upon it: eight
# steps are the one step that stands in the last box. In the second, with tanh, the boxes say 2, 4, 8 and
# 16 numbers, and the two curves on the right part.*
#
# It breaks. Two tanh steps are not one tanh step: $\tanh(\tanh(h))$ never gets above 0.762, and
# $\tanh(a h + b)$ does, for any $a$ but zero. No pair of numbers says what two steps do. A block would
# have to remember all its steps, and then nothing has been merged. Functions can always be put into
# brackets; what a scan needs is a merge that stays small.
#
# ## What the last bits tell
#
# Can one tell from a result whether it was computed in a chain or in a tree? Let all $a$ be 1, and let
# $b$ be $\epsilon = 2^{-53}$ everywhere but at one place, where it is 1. The true sum is
# $1 + (T - 1)\epsilon$. But next to a 1 numbers are $2\epsilon$ apart. Added to it alone, an $\epsilon$
# is rounded away. Added up among themselves first, they count. One addition to the 1 is off by at most
# one $\epsilon$. So if a thousand are missing in the end, the 1 has gone through a thousand additions at
# least, one behind another.


# %%
def one_by_one(a, b):
    """The same recurrence in a loop."""
    h = [b[:, 0]]
    for t in range(1, b.shape[1]):
        h.append(a[:, t] * h[-1] + b[:, t])
    return torch.stack(h, dim=1)


one_by_one(*torch.ones(2, 1, 4, 1)).flatten()


# %%
def lost(way, T):
    """Units of eps that are missing in the sum, for a one at each of T places."""
    eps = 2.0**-53
    b = torch.full((T, T, 1), eps, dtype=torch.float64)
    b[range(T), range(T)] = 1  # row k: the one comes at place k
    end = way(torch.ones_like(b), b)[:, -1, 0]
    return (T - 1 - (end - 1) / eps).abs().numpy()


T = 1000
missing = {"cell in a loop": lost(one_by_one, T), "scan": lost(sequence_models.scan, T)}

# %%
assert abs(missing["cell in a loop"] - np.arange(T)[::-1]).max() <= 3 and missing["scan"].max() <= 2
ax = plt.figure(figsize=(9, 2.8)).subplots()
parallel_figures.plot_additions(ax, range(T), missing, T)
print("most that is lost:", {name: int(each.max()) for name, each in missing.items()})
plt.show()

# %% [markdown]
# *Units of eps that are lost, on a logarithmic axis, against the place of the one. In the loop they fall
# from a thousand to one: what comes after the one is lost, step by step. The scan loses one, wherever
# the 1 stands.*
#
# The assignment uses this. It cannot see how you compute, but the last bits of your numbers tell.

# %% [markdown]
# ## Fewer rounds, more work
#
# Count the merges of this scan, and of Blelloch's (1990), which merges neighbours, solves the half that
# is left in the same way, and fills in the rest.


# %%
def in_pairs(merge, items):
    """The same as the last of `rounds`, with less work in twice the rounds."""
    if len(items) < 2:
        return items
    wholes = in_pairs(merge, [merge(*pair) for pair in zip(items[::2], items[1::2], strict=False)])
    between = [merge(whole, item) for whole, item in zip(wholes, items[2::2], strict=False)]
    filled = [items[0], *(each for two in zip(wholes, between, strict=False) for each in two)]
    return filled + wholes[len(between) :]


in_pairs(str.__add__, "scanning")


# %%
def merges(scan, T):
    """How often two things are merged in a scan of T of them."""
    count = iter(range(T * T))
    scan(lambda i, j: next(count), range(T))
    return next(count)


assert in_pairs(str.__add__, [*"scanning"]) == rounds(str.__add__, "scanning")[-1]
work = {T: (T - 1, merges(in_pairs, T), merges(rounds, T)) for T in (8, 1000, 4096)}
assert work[4096][1] < 2 * 4096 and work[4096][2] > 10 * 4096
work

# %% [markdown]
# A loop takes $T - 1$ merges, pairs less than $2 T$, rounds $T \log_2 T$. On one core the clock should
# say so, too. It does, if the state is wide. Where it is narrow, most of the time goes into calling
# PyTorch, and fewer calls win.


# %%
def in_rounds(a, b):
    """The recurrence for all of (N, T, H), in rounds that double the span."""
    span = 1
    while span < a.shape[1]:
        later, kept = a[:, span:], b[:, span:]
        b = torch.cat([b[:, :span], later * b[:, :-span] + kept], dim=1)
        a = torch.cat([a[:, :span], later * a[:, :-span]], dim=1)
        span *= 2
    return b


in_rounds(*torch.ones(2, 1, 4, 1)).flatten()

# %%
SCANS = {"loop": one_by_one, "rounds": in_rounds, "pairs": sequence_models.scan}
times = {
    shape: {name: 1e3 * seconds(scan, *torch.rand(2, *shape)) for name, scan in SCANS.items()}
    for shape in ((1, 1024, 1), (64, 512, 256))  # N, T, H
}
narrow, wide = times.values()
assert narrow["rounds"] < narrow["loop"] / 2 and wide["rounds"] > wide["loop"]
{shape: [f"{name} {ms:.1f} ms" for name, ms in each.items()] for shape, each in times.items()}

# %% [markdown]
# And the way back? Also a linear recurrence, from the end to the beginning: what arrives at $h_{t-1}$
# is $a_t$ times what arrives at $h_t$. But it is still a product of all the $a$ between, and chapter 3
# holds: a scan makes gradients faster, not longer.

# %%
b = torch.zeros(1, 101, 1, requires_grad=True)
sequence_models.scan(torch.full((1, 101, 1), 0.9), b)[0, -1, 0].backward()
assert np.isclose(b.grad[0, 0, 0].item(), 0.9**100, rtol=1e-4) and 0.9**100 < 1e-4
print(f"gradient, 100 steps back: {b.grad[0, 0, 0].item():.1e}")

# %% [markdown]
# ## The return
#
# So let the recurrence be linear, and put what is not linear between the layers. Take chapter 4's GRU,
# and let neither the gate nor the candidate look at the state. What is left is
#
# $$z_t = \sigma(x_t W_z + b_z), \qquad h_t = \underbrace{(1 - z_t)}_{a_t}\, h_{t-1} +
# \underbrace{z_t\, (x_t W_h + b_h)}_{b_t}.$$
#
# This is the minGRU (Feng and others, 2024), and the "scan" of this chapter's first figures.
#
# S4 (Gu, Goel and Ré, 2022) has the same recurrence at all steps, chosen by a theory of remembering, and
# is computed as one long convolution. LRU (Orvieto and others, 2023) does without that theory: complex
# $a$ just inside the unit circle, and a scan. In Mamba (Gu and Dao, 2023) $a$ and $b$ depend on the
# input, and the scan is written for the fast memory of a graphics processor.
#
# What is given up? A gate that cannot see the state cannot say "keep this, *since I am inside a string*",
# unless a lower layer knew. Cups are swapped; under which of the five is the ball? A loop of two lines
# follows it for ever. No fixed number of such layers does, nor of a Transformer's, as far as is believed
# (Merrill, Petty and Sabharwal, 2024).

# %% [markdown]
# ## On one text
#
# Four networks of about 128,000 weights learn the next character of Python source: an
# LSTM; a Transformer of three blocks, with places added or with queries and keys turned; and the same
# blocks with a minGRU instead of attention. All read the same windows of 128 characters, at two learning
# rates, of which the better counts. They are judged on modules kept aside, by the second half of the
# window.
#
# **Predict first.** Does it matter how a Transformer is told the places?

# %%
widgets.ask(questions.ON_ONE_TEXT)


# %%
def at_better_rate(runs, cost):
    """The runs of each network at the rate that was better with the first seed."""
    tried = sorted((run for run in runs if run["seed"] == 0), key=lambda run: -run[cost])
    rate = {run["network"]: run["rate"] for run in tried}  # the last one counts
    return {
        name: [run for run in runs if (run["network"], run["rate"]) == (name, rate[name])] for name in rate
    }


record = json.loads(transformer.RECORD.read_text(encoding="utf-8"))
on_text = at_better_rate(record["runs"], "bits")
{name: [f"{run['bits']:.2f} after {run['steps']:,}" for run in runs] for name, runs in on_text.items()}


# %%
def text_lines(against):
    """For each network and seed, where on the axis it was when, and its bits per character."""
    for name, run in ((name, run) for name, runs in on_text.items() for run in runs):
        step, bits = np.transpose(run["curve"])
        if against == "processor's seconds":
            yield name, step * record["milliseconds"][name] / 1000, bits
        elif run["steps"] == transformer.STEPS and against == "million characters read":
            yield name, step * transformer.N * transformer.T / 1e6, bits
        elif run["steps"] == transformer.STEPS:
            yield name, transformer.EDGES[:-1], run["by_characters_read"]


[name for name, *_ in text_lines("million characters read")]


# %%
def text_figure(against):
    """Bits per character of four networks, three seeds each, and of a table that counts."""
    lines, ax = {name: [] for name in transformer.NETWORKS}, Figure(figsize=(9.5, 3.6)).subplots()
    for name, x, bits in text_lines(against):
        lines[name].append((x, bits))
    parallel_figures.plot_runs(ax, lines, "bits per character", {"counts": min(record["tables"])})
    ax.set(xlabel=against, ylim=(2, 6 if "window" in against else 4.2))
    if "window" in against:
        ax.set_xscale("log", base=2)
        ax.set_xticks(x, x)
    return ax.figure


# %%
views = ["million characters read", "processor's seconds", "characters of the window"]
widgets.Moving(text_figure, against=widgets.choice("", views))

# %%
text_figure("processor's seconds")

# %%
text_figure("characters of the window")

# %%
bits = {
    name: [run["bits"] for run in runs if run["steps"] == transformer.STEPS] for name, runs in on_text.items()
}
lstm, added, turned, linear = (bits[name] for name in transformer.NETWORKS)
longer = [run["bits"] for run in on_text["LSTM"] if run["steps"] > 2 * transformer.STEPS]
assert max(turned + linear) < min(lstm) - 0.1 and np.mean(added) > np.mean(lstm)
assert np.ptp([np.mean(each) for each in (longer, turned, linear)]) < 0.06
assert np.mean(turned) < min(record["tables"]) < np.mean(turned) + 0.2
beyond = {name: [run["by_characters_read"][-1] for run in runs] for name, runs in on_text.items()}
assert max(beyond["LSTM"] + beyond["linear recurrence"]) < 2.4
assert min(beyond["Transformer, places added"] + beyond["Transformer, places turned"]) > 4.5
{name: np.mean(each).round(2) for name, each in beyond.items()}

# %% [markdown]
# *Two stills, a line for each seed. First, bits per character against seconds of training: the LSTM,
# trained for a shorter and a longer time, falls first, then the linear recurrence and the turned
# Transformer; these three end level, just below the dotted line; the Transformer with added places ends
# above it. Then, against the characters of the window: all fall, up to 64. From 128 on the Transformers
# shoot up, to five bits; the other two stay.*
#
# After the same text, the Transformer with added places is behind the LSTM, and the turned one well
# ahead: the same attention, told the same places in another way. The linear recurrence is told none, and
# ends beside the better one. In the same time, though, the LSTM reads more than twice as much, and is
# level with the best. (Counting what follows four characters, the dotted line, is hardly worse.)
#
# And beyond the window? To the Transformers these are places and distances
# that they have never seen, and they break. The recurrences go on.
#
# ## What each forgets
#
# Pairs of a key and a value, then noise, then the keys again, in another order: what was the value? All
# learn with up to 16 pairs and 32 steps of noise. Then both grow.

# %%
widgets.ask(questions.WHO_FORGETS)

# %%
long_runs = json.loads(long_range.RECORD.read_text(encoding="utf-8"))["runs"]
recall = at_better_rate([run for run in long_runs if run["steps"] == long_range.STEPS], "nats")
{name: [run["by_pairs"][4] for run in runs] for name, runs in recall.items()}  # of sixteen pairs


# %%
def recall_figure(grows):
    """The share of values that each network knows, three seeds each, as one thing grows."""
    x, most, pairs = long_range.MORE_PAIRS, long_range.PAIRS[-1], None
    if "noise" in grows:
        x, most, pairs = long_range.LONGER_LAGS, long_range.LAG, "1" if "one" in grows else "4"
    lines, ax = {name: [] for name in recall}, Figure(figsize=(9.5, 3.4)).subplots()
    for name, run in ((name, run) for name, runs in recall.items() for run in runs):
        lines[name].append((x, run["by_lag"][pairs] if pairs else run["by_pairs"]))
    parallel_figures.plot_runs(ax, lines, "share right", {"guessing": 1 / long_range.VALUES})
    ax.axvspan(x[0], most, color=figures.SHADE, alpha=0.5, lw=0, zorder=0)  # what training held
    ax.set_xscale("symlog", base=2, linthresh=x[1])
    ax.set_xticks(x, x)
    ax.set(ylim=(0, 1.02), xlabel="steps of noise" if pairs else "pairs")
    return ax.figure


# %%
grows = widgets.choice("", ["pairs", "noise, one pair", "noise, four pairs"])
widgets.Moving(recall_figure, grows=grows)

# %%
recall_figure("pairs")

# %%
recall_figure("noise, four pairs")

# %%
share = {name: np.array([run["by_pairs"] for run in runs]) for name, runs in recall.items()}
noisy = {name: np.array([run["by_lag"]["4"][-1] for run in runs]) for name, runs in recall.items()}
added, turned, none = (f"Transformer, places {places}" for places in ("added", "turned", "none"))
assert min(share[name].min() for name in (added, turned, none)) > 0.9
assert noisy[turned].max() + 0.1 < noisy[added].min() and noisy[added].max() + 0.05 < noisy[none].min()
for name in ("LSTM", "linear recurrence"):
    assert min(run["by_lag"]["1"][-1] for run in recall[name]) > 0.9 and share[name][:, 1].max() < 0.7
longer = np.array([run["by_pairs"] for run in long_runs if run["steps"] == long_range.LONGER])
assert 0.85 < longer[:, 2].mean() < 1 and 0.3 < longer[:, 4].mean() < 0.5
longer.round(2).tolist()

# %% [markdown]
# *Two stills, a line for each seed; what training held is shaded. First, against pairs: all Transformers
# stay near one; the LSTM and the linear recurrence start there and fall towards guessing. Then, four
# pairs, against noise: these two are level, at four tenths; the Transformers are near one until the shade
# ends, and part behind it.*
#
# The Transformers know nearly every value, even of 32 pairs. The two with a state keep one pair through
# eight times the noise they learned with, but of two they know hardly more than one. A lookup has room
# for everything. A state has to learn what to keep where: with four times the training, the LSTM knows
# four pairs nearly whole, and of sixteen not half.
#
# With noise it is the other way round. Behind the shade the Transformers forget what they could look up.
# Turned, which was better on the text, is worst here. Best is the one without any places, which knows no
# more of order than its mask leaks (Kazemnejad and others, 2023, found this, too).

# %% [markdown]
# ## What to take
#
# | you have | take | evidence |
# |---|---|---|
# | a stream, a phone, an answer at each step | LSTM, GRU, linear recurrence | state of fixed size, above |
# | wide hardware, much text | Transformer, places turned | waits and bits, above |
# | more steps than in training | LSTM, linear recurrence | beyond the window, above |
# | wide hardware, very long sequences | linear recurrence, or a mixture | $T^2$, above; Dao and others (2022) |
# | things to look up exactly | attention | pairs, relations, above |
# | neighbours only | convolution | one round, above; Bai and others (2018) |
# | a state to follow exactly, step by step | LSTM, GRU | Merrill and others (2024); not measured here |
# | the whole text before the first answer | no mask, or both ways | chapter 4 |
#
# ## Summary
#
# **What does it cost to read one after another, and what does one give up by not doing so?** Waiting:
# $T$ steps, which no hardware shortens.
#
# - Work and waiting are two prices. One core shows work only.
# - Self-attention is one lookup for all places, $T^2$ weights. Nobody waits. A mask makes $T$ lessons of
#   one pass; writing still goes step by step.
# - Without positions, attention sees a bag. A mask leaks order from the second layer on.
# - Attention has room for everything, up to the lengths it has seen. A state forgets, and goes on.
# - A linear recurrence can be scanned: steps merge into steps. With a tanh between them they do not.
# - A scan does more work, in $\log_2 T$ rounds.
# - It still multiplies through time. What vanished in chapter 3 vanishes here.
#
# A last question back. The state that chapter 1 began with was a bottleneck in chapter 5, was done away
# with in chapter 7, and is back. How large must a memory be that does not grow? Nobody knows. But you can
# now measure it.
#
# ## Exercises
#
# Build the parts yourself in `assignments/a08_beyond_recurrence/beyond_recurrence.ipynb`.
#
# 1. Attention: `scaled_dot_product_attention`, `causal_mask`, `positional_encoding`.
# 2. The Transformer: `MultiHeadAttention`, `TransformerBlock`.
# 3. And back: `linear_recurrence`, `parallel_scan`.
#
# And in this notebook:
#
# 4. In the shuffle test, give the words positions and no mask. Is there a shuffle that leaves an output
#    as it was?
# 5. Merge two steps of $h_t = A_t h_{t-1} + b_t$ with full matrices. What does a merge cost for H units?
# 6. Scan something else: the largest number so far, or whether brackets are balanced. What is merged?
#
# ## Further reading
#
# - A. Vaswani and others (2017), [Attention is all you need](https://arxiv.org/abs/1706.03762).
# - J. L. Ba, J. R. Kiros, G. Hinton (2016), [Layer normalization](https://arxiv.org/abs/1607.06450); R.
#   Xiong and others (2020), [On layer normalization in the Transformer
#   architecture](https://arxiv.org/abs/2002.04745).
# - A. Haviv, O. Ram, O. Press, P. Izsak, O. Levy (2022), [Transformer language models without positional
#   encodings still learn positional information](https://arxiv.org/abs/2203.16634).
# - J. Su and others (2021), [RoFormer](https://arxiv.org/abs/2104.09864), turns queries and keys; A.
#   Kazemnejad and others (2023), [The impact of positional encoding on length
#   generalization](https://arxiv.org/abs/2305.19466).
# - S. Bai, J. Z. Kolter, V. Koltun (2018), [An empirical evaluation of generic convolutional and recurrent
#   networks for sequence modeling](https://arxiv.org/abs/1803.01271).
# - T. Dao, D. Fu, S. Ermon, A. Rudra, C. Ré (2022),
#   [FlashAttention](https://arxiv.org/abs/2205.14135).
# - W. D. Hillis, G. Steele (1986), [Data parallel algorithms](https://doi.org/10.1145/7902.7903); G.
#   Blelloch (1990), [Prefix sums and their applications](https://www.cs.cmu.edu/~guyb/papers/Ble93.pdf).
# - E. Martin, C. Cundy (2018), [Parallelizing linear recurrent neural nets over sequence
#   length](https://arxiv.org/abs/1709.04057).
# - A. Gu, K. Goel, C. Ré (2022), [Efficiently modeling long sequences with structured state
#   spaces](https://arxiv.org/abs/2111.00396); A. Orvieto and others (2023), [Resurrecting recurrent neural
#   networks for long sequences](https://arxiv.org/abs/2303.06349); A. Gu, T. Dao (2023),
#   [Mamba](https://arxiv.org/abs/2312.00752); L. Feng and others (2024), [Were RNNs all we
#   needed?](https://arxiv.org/abs/2410.01201)
# - W. Merrill, J. Petty, A. Sabharwal (2024), [The illusion of state in state-space
#   models](https://arxiv.org/abs/2404.08819).
