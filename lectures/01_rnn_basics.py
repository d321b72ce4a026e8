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
# # 1. RNN basics
#
# Cover this line of Python with your hand. Uncover it one character at a time, and guess each
# character before you see it.
#
#     def __init__(self, file, name, delete=True):
#
# The underscore comes four times. After the first you expect another underscore, after the second a
# letter, after the third an underscore again, and after the fourth a bracket. Four times the same
# character, and hardly ever were you in doubt.
#
# **What did you carry along that the character itself does not say?** That is the question of this
# chapter. The answer is called a *state*, and a network that keeps one is called *recurrent*.
#
# Afterwards you can
#
# - say what a network with an input of fixed size cannot do with a sequence;
# - write the probability of a sequence as a product, and measure a model in bits per character;
# - recognise the five shapes that input and output can take;
# - step through a recurrent network by hand;
# - train one on Python's own library, sample from it, and judge it against honest baselines;
# - watch a state change its mind, letter by letter.
#
# You need NumPy, matrix products, the softmax and the cross-entropy loss. Choose *Run*, then *Run All
# Cells*: it takes about a minute, and figures with controls move only after that. A still of each follows.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

import baselines
import figures
import questions
import rnn_datasets as data
import widgets

np.__version__

# %%
plt.style.use("course.mplstyle")
figures.draw_legend(plt.figure(figsize=(9.5, 0.5)).subplots())
plt.show()

# %% [markdown]
# In the figures blue goes in, green comes out, and purple is the right answer. Orange-red is what is
# remembered, and the network that remembers it. Grey is for models that keep no state.

# %% [markdown]
# ## One character, three answers
#
# Start with the simplest thing that could work: count, in the source of Python's standard library,
# which character follows which. That is a table of pairs, a *bigram* model. It looks up one row.

# %%
train, valid = data.python_source("train").text, data.python_source("valid").text
vocab = data.Vocabulary.of(train + valid)
train_tokens, valid_tokens, V = vocab.encode(train), vocab.encode(valid), len(vocab)

pairs = np.ones((V, V))  # one of each to begin with, so that nothing is impossible
np.add.at(pairs, (train_tokens[:-1], train_tokens[1:]), 1)
bigram = pairs / pairs.sum(axis=1, keepdims=True)  # one row for each character just read

assert len(train) > 4e6 and len(valid) > 3e5 and V == 96
print(f"{len(train):,} characters to learn from, {len(valid):,} kept aside; V = {V} different ones")

# %% [markdown]
# **Predict first.** The table has read `def _`. Later it has read `def __init__`. It is asked both
# times what comes next. How do its two answers differ?

# %%
widgets.ask(questions.TWO_UNDERSCORES)

# %%
LINE = "    def __init__(self, file, name, delete=True):\n"
assert LINE in valid  # a real line, from a module that no model here learns from


def expected(cursor):
    """What the table of pairs expects after the character at the cursor."""
    fig = Figure(figsize=(9.5, 3.6))
    top, bottom = fig.subplots(2, 1, height_ratios=(1, 9))
    figures.draw_text(top, LINE, cursor)
    row = bigram[vocab[LINE[cursor]]]
    figures.plot_next(bottom, vocab.tokens, {"table of pairs": (row, figures.PLAIN)}, LINE[cursor + 1])
    return fig


widgets.Moving(expected, cursor=widgets.slider("cursor", 0, len(LINE) - 2, LINE.index("_")))

# %%
underscores = [i for i, character in enumerate(LINE) if character == "_"]
row = bigram[vocab["_"]]
assert 0.1 < row.max() == row[vocab["_"]] < 0.2  # about one in seven
assert len(underscores) == 4 and [LINE[i + 1] for i in underscores] == ["_", "i", "_", "("]
expected(cursor=underscores[3])

# %% [markdown]
# *The line with the cursor on its fourth underscore. Below, as bars, what the table expects after
# `_`: its eleven likeliest successors and the bracket that came, framed. Another underscore leads
# with about one in seven; the bracket is far behind.* Move the cursor from one underscore to the
# next. The frame jumps from answer to answer. The bars stand still; only the last one makes room for
# the bracket.

# %% [markdown]
# ## Why not simply a larger input?
#
# A usual network, with layers and no memory, takes an input of one size and gives an output of one
# size. To show it more of the text, we can hand it the last $K$ characters at once. Three things go
# wrong.
#
# **Size.** With $V$ different characters, a table that looks $K$ characters back has a row for each
# of $V^K$ contexts. A network with $K V$ inputs and a first layer of $H$ units needs $K V H$ weights
# for that layer alone. And for either, what lies $K+1$ characters back does not exist.

# %%
H = 128
print(f"{'K':>4} {'rows of a table':>18} {'weights of the first layer':>28}")
for K in (1, 2, 4, 8, 100):
    print(f"{K:>4} {float(V) ** K:>18.2g} {K * V * H:>28,}")
assert 100 * V * H > 1_000_000

# %% [markdown]
# **Place.** Each position has weights of its own. What the network learned about `self` at places 3
# to 6 tells it nothing about `self` at places 4 to 7. It has to learn each word once for each place.
#
# **Length.** Words, lines and sentences are not all $K$ long. We can cut them, fill them up, or throw
# their letters into a bag and count. The bag takes any length. What it loses is the **order**:

# %%
words = data.names()  # words of 20 languages, their accents stripped
language = dict(zip(words.words, (words.languages[label] for label in words.labels), strict=True))
for a, b in (("october", "octobre"), ("ireland", "irlande"), ("langue", "lengua")):
    assert sorted(a) == sorted(b) and language[a] != language[b]
    print(f"{a} is {language[a]}, {b} is {language[b]}; in the bag both are {''.join(sorted(a))}")
lengths = [len(word) for word in words.words]
assert min(lengths) == 2 and max(lengths) > 20
print(f"{len(words.words):,} words, {min(lengths)} to {max(lengths)} letters long")

# %% [markdown]
# Whoever sees only the bag must give both words of a pair the same language. So we want a network
# that takes any length, keeps the order, uses one set of weights at every place, and has no wall $K$
# characters back.

# %% [markdown]
# ## What a model of a sequence says
#
# Any joint probability can be taken apart one step at a time. This is the chain rule, and it assumes
# nothing:
#
# $$P(x_1, \dots, x_T) = \prod_{t=1}^{T} P(x_t \mid x_1, \dots, x_{t-1}).$$
#
# So to model a whole sequence it is enough to answer one question again and again: *given everything
# so far, what comes next?* The models differ in how much of "everything so far" they keep. The
# *uniform* one keeps nothing and knows nothing. The *unigram* one keeps nothing but knows how
# frequent each character is. The bigram keeps one character.
#
# We score an answer by the probability that it gave to the character that came, as a cost in
# **bits**, $-\log_2 P$. A probability of 1/2 costs one bit, 1/8 costs three. Products become sums,
# and the sum divided by $T$ is the number by which models of text are compared: *bits per character*,
# lower is better.

# %%
P = np.array([1 / 2, 1 / 4, 1 / 8])  # of the three characters that came
assert np.isclose(P.prod(), 1 / 64) and np.isclose(-np.log2(P).sum(), 6)
print(f"P of the sequence: {P.prod()}, 1/64")
print(f"cost: {-np.log2(P).sum():.0f} bits, {-np.log2(P).mean():.0f} bits per character")

# %%
unigram = pairs.sum(axis=0) / pairs.sum()
now, then = valid_tokens[:-1], valid_tokens[1:]
levels = {
    "uniform": float(np.log2(V)),
    "unigram": float(-np.log2(unigram[then]).mean()),
    "bigram": float(-np.log2(bigram[now, then]).mean()),
}
assert levels["uniform"] > 6.5 and 4.2 < levels["unigram"] < 4.8 and 3.3 < levels["bigram"] < 3.8
ax = plt.figure(figsize=(9, 1.6)).subplots()
figures.plot_ranking(ax, levels, "bits per character, kept-aside modules")
plt.show()

# %% [markdown]
# *Three bars: uniform about 6.6 bits, unigram about 4.5, bigram about 3.6.* Knowing the frequencies
# saves about two bits, knowing one character about one more. Each of these models is the same product
# with a shorter memory. What would a longer memory save?

# %% [markdown]
# ## Five shapes
#
# Before we build the memory, look at what it is for. Input and output can each be one thing or a
# sequence. That makes four shapes, and a fifth, because two sequences may be equally long or not. A
# box is the state at one step, and it is handed on to the right; $h_0$ is the state before the first
# step.

# %%
code = "if n > 9: #"
tags = [data.CLASS_NAMES[c] for c in data.syntax_classes(code)]
word = "octobre"
shapes = {
    "one to one": ([figures.draw_digit], ["4"]),
    "one to many": ([figures.draw_scene] + 4 * [None], ["circle", "above", "a", "square", "END"]),
    "many to one": ([*word], (len(word) - 1) * [None] + [language[word]]),
    "many to many, equal": ([*code], tags),
    "many to many, unequal": ([*"3 May"] + 5 * [None], 5 * [None] + [*"05-03"]),
}
assert language[word] == "French" and tags[0] == "keyword" and tags[-1] == "comment"
{shape: sum(x is not None for x in inputs) for shape, (inputs, _) in shapes.items()}


# %%
def shape_figure(shape):
    """One of the five shapes, on its example."""
    fig = Figure(figsize=(9.5, 3))
    figures.draw_unrolled(fig.subplots(), *shapes[shape]).set_title(shape)
    return fig


widgets.Moving(shape_figure, shape=widgets.choice("", list(shapes)))

# %%
fig, axes = plt.subplots(5, 1, figsize=(9.5, 11.2), height_ratios=(5, 5, 5, 7, 5))
for ax, (shape, (inputs, outputs)) in zip(axes, shapes.items(), strict=True):
    figures.draw_unrolled(ax, inputs, outputs).set_title(shape)
plt.show()

# %% [markdown]
# *Five rows of boxes. One to one: a digit's picture gives its value; no recurrence needed. One to
# many: a picture gives a caption, word by word. Many to one: the letters of "octobre" give a
# language, after the last. Many to many, equal: each character of a line of Python gives its syntax
# class. Many to many, unequal: a date is read to its end, and only then written in another format.*
#
# Left out of the picture: a network that writes usually reads each word of its own before it writes
# the next.
#
# This chapter trains the fourth shape, on "what comes next?", and the third, on languages. Chapter 5
# takes up the fifth, chapter 6 the second.

# %% [markdown]
# ## A cell that keeps a state
#
# Here is the whole idea. A cell reads one input $x_t$ and its own previous state $h_{t-1}$, and makes
# a new state $h_t$. From the state an output $y_t$ is read off. (Books say *hidden* state: only the
# outputs are seen from outside.) In the figure, an arrow multiplies by the matrix at its side, and
# the box h adds up what arrives, adds $b$, and takes the tanh.

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.2), width_ratios=(2, 5))
inputs, outputs = ["x1", "x2", "x3", "x4"], ["y1", "y2", "y3", "y4"]
figures.draw_cycle(left).set_title("a cycle ...")
figures.draw_unrolled(right, inputs, outputs, weights=True).set_title("... unrolled")
plt.show()

# %% [markdown]
# *Left: one box h, with an arrow Wx from x, an arrow Wy to y, and an arrow Wh from the box back into
# itself. Right: the same box four times, the state going from each to the next, the same three names
# at every step.*
#
# $$h_t = \tanh(x_t W_x + h_{t-1} W_h + b), \qquad\qquad y_t = h_t W_y + b_y$$
#
# Here $x_t$ is a row of $D$ numbers and $h_t$ a row of $H$. In code, $N$ sequences are read at once,
# $T$ steps each. At one step $x$ is $(N, D)$ and $h$ is $(N, H)$, so $W_x$ is $(D, H)$ and $W_h$ is
# $(H, H)$:

# %%
rng = np.random.default_rng(0)
N, T, D, H = 2, 5, 3, 4
x_all, h = rng.normal(size=(N, T, D)), np.zeros((N, H))
Wx, Wh, b = rng.normal(size=(D, H)), rng.normal(size=(H, H)), np.zeros(H)

states = []
for x in x_all.swapaxes(0, 1):  # x is (N, D), one step of each sequence
    h = np.tanh(x @ Wx + h @ Wh + b)
    states.append(h)
every_state = np.stack(states, axis=1)
assert every_state.shape == (N, T, H) and np.array_equal(every_state[:, -1], h)
every_state.shape, every_state[:, -1].shape

# %% [markdown]
# One line, in a loop. Much hides in it.
#
# - **Unrolling.** The cycle and the row of boxes are the same network. The row is its *computational
#   graph*: what is computed from what. It is as deep as the sequence is long. Chapter 2 walks through
#   it backwards.
# - **Shared weights.** All the copies use one $W_x$, one $W_h$, one $b$. What is learned at one place
#   holds at every place, and the length of the text is free.
# - **The initial state.** The first step needs an $h_0$. Usually it is zero. It can also be learned
#   like a weight, or come from elsewhere: in chapter 6, from a picture.
# - **All the states, or the last.** For an output at every step, keep every $h_t$, an array
#   $(N, T, H)$. For one answer about the whole sequence, the last one, $(N, H)$, is enough: it alone
#   has seen everything.
# - **Other letters.** Many texts write $h_t = \tanh(U x_t + W h_{t-1} + b)$ and $y_t = V h_t + c$
#   with columns. Their $U$, $W$ and $V$ are our $W_x^\top$, $W_h^\top$ and $W_y^\top$. (With us, $V$
#   is the number of different characters.)
#
# The *units*, the $H$ numbers in $h$, are often taken for time steps. They have nothing to do with
# each other.
#
# **Predict first.** You train on texts of 100 characters. Then somebody brings texts of 1,000.

# %%
widgets.ask(questions.LONGER_TEXTS)

# %%
for length in (100, 1000):
    h = np.zeros((N, H))
    for x in rng.normal(size=(length, N, D)):
        h = np.tanh(x @ Wx + h @ Wh + b)
    weights = Wx.size + Wh.size + b.size
    assert weights == D * H + H * H + H == 32 and h.shape == (N, H)
    print(f"T = {length:>4}: {weights} weights, state {h.shape}")

# %% [markdown]
# ## Hello, one step at a time
#
# A small text that needs a state is "hello". After the first `l` comes an `l`, after the second an
# `o`.
#
# A character model turns a text into its own teacher. **Predict first:** the input is `hell`; what is
# the target?

# %%
widgets.ask(questions.TARGET_OF_HELLO)

# %% [markdown]
# A letter enters as a *one-hot* vector: all zeros, and a single one in its own place. Multiply that
# by $W_x$, and every row but one is multiplied by zero. So the product **is a row of the matrix**,
# and in practice we pick the row and skip the product. That row is the letter's *embedding*. (Where
# vectors are columns, it is a column.)

# %%
ALPHABET = "helo"
tokens = np.array([[ALPHABET.index(letter) for letter in "hello"]])
x, y = tokens[:, :-1], tokens[:, 1:]  # the target is the input, shifted by one
Wx = rng.normal(size=(4, 3))
assert np.array_equal(np.eye(4)[x] @ Wx, Wx[x])
np.eye(4, dtype=int)[x[0]]

# %% [markdown]
# The parts that we write now read `hello` first and four million characters later. First all weights,
# in a dictionary, and the reading itself.


# %%
def new_weights(rng, V, H, M):
    """Draw the weights of a network with V possible inputs, H units of state and M outputs."""
    W = {
        "Wx": rng.normal(0, 0.1, (V, H)),
        "Wh": rng.normal(0, H**-0.5, (H, H)),
        "b": np.zeros(H),
        "Wy": rng.normal(0, 0.1, (H, M)),
        "by": np.zeros(M),
    }
    return {name: w.astype(np.float32) for name, w in W.items()}


sum(w.size for w in new_weights(rng, V, 128, V).values())


# %%
def read(W, tokens, h=None):
    """Read tokens (N, T) from state h (N, H), zero at first; give the state after each, (N, T, H)."""
    inputs = W["Wx"][tokens] + W["b"]  # the row pick, for all steps at once
    h = np.zeros_like(inputs[:, 0]) if h is None else h
    states = np.empty_like(inputs)
    for t in range(tokens.shape[1]):
        h = np.tanh(inputs[:, t] + h @ W["Wh"])
        states[:, t] = h
    return states


hello = new_weights(rng, V=4, H=3, M=4)
read(hello, x).shape

# %% [markdown]
# At every step the scores, $y_t$ in the formula, become probabilities by a softmax. (In the code, `y`
# is the target. Temperature comes later; here it is 1.)


# %%
def predict(W, states, temperature=1.0):
    """Turn states (..., H) into probabilities (..., M)."""
    scores = (states @ W["Wy"] + W["by"]) / temperature
    odds = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


predict(hello, read(hello, x)).round(2)

# %% [markdown]
# And the probability of the target becomes a cost. `weight` says how much each place counts; here all
# count alike. The second result, the error, says for each score how far it was too high or too low.


# %%
def judge(W, states, y, weight):
    """Give the mean cost in bits of targets y (N, T), and the error of each score, (N, T, M)."""
    P = predict(W, states)
    truth = np.eye(P.shape[-1], dtype=np.float32)[y]
    share = (weight / weight.sum()).astype(np.float32)
    bits = -np.log2((P * truth).sum(axis=-1))
    return (bits * share).sum(), (P - truth) * share[..., None]  # the error is the slope, but for ln 2


everywhere = np.ones(y.shape)
bits, error = judge(hello, read(hello, x), y, everywhere)
assert 1.5 < bits < 2.5  # four letters and nothing learned: about two bits
print(f"{bits:.2f} bits per letter")

# %% [markdown]
# To learn, we need the direction in which each weight should move. The next cell computes it. It is
# **given**: chapter 2 derives each of its lines. Run it and read on.


# %%
def back(W, states, error):
    """Carry the error back through time, to the sum inside each tanh, (N, T, H)."""
    own, from_future, at_sum = error @ W["Wy"].T, 0, np.empty_like(states)
    for t in reversed(range(states.shape[1])):
        at_sum[:, t] = (own[:, t] + from_future) * (1 - states[:, t] ** 2)
        from_future = at_sum[:, t] @ W["Wh"].T
    return at_sum


back(hello, read(hello, x), error).shape


# %%
def gradients(W, tokens, states, error, h0=None):
    """Give the gradient of the cost for each weight."""
    at_sum = back(W, states, error)
    h0 = np.zeros_like(states[:, 0]) if h0 is None else h0
    before = np.concatenate([h0[:, None], states[:, :-1]], axis=1)
    picked = np.eye(len(W["Wx"]), dtype=np.float32)[tokens]
    flat = [a.reshape(-1, a.shape[-1]) for a in (picked, before, states, at_sum, error)]
    picked, before, states, at_sum, error = flat
    weights = {"Wx": picked.T @ at_sum, "Wh": before.T @ at_sum, "Wy": states.T @ error}
    return weights | {"b": at_sum.sum(axis=0), "by": error.sum(axis=0)}


{name: grad.shape for name, grad in gradients(hello, x, read(hello, x), error).items()}


# %%
class Adam:
    """Steps downhill, sized for each weight by its recent gradients (Kingma and Ba, 2015)."""

    def __init__(self, W):
        self.steps, self.mean, self.square = 0, dict.fromkeys(W, 0.0), dict.fromkeys(W, 0.0)

    def step(self, W, grads, rate):
        """Change the weights in place. A gradient of a norm above one is shortened first."""
        self.steps += 1
        shorten = min(1, 1 / np.sqrt(sum((grad**2).sum() for grad in grads.values())))
        for name, grad in grads.items():
            self.mean[name] = 0.9 * self.mean[name] + 0.1 * shorten * grad
            self.square[name] = 0.99 * self.square[name] + 0.01 * (shorten * grad) ** 2
            mean, square = self.mean[name] / (1 - 0.9**self.steps), self.square[name] / (1 - 0.99**self.steps)
            W[name] -= rate * mean / (np.sqrt(square) + 1e-8)


# %%
adam = Adam(hello)
for _ in range(60):
    states = read(hello, x)
    bits, error = judge(hello, states, y, everywhere)
    adam.step(hello, gradients(hello, x, states, error), rate=0.05)
assert bits < 0.2
answers = [ALPHABET[i] for i in predict(hello, states)[0].argmax(axis=-1)]
print(f"after 60 steps {bits:.3f} bits per letter; it answers", answers)

# %% [markdown]
# Now look inside. The weights are drawn once, at the left, because there is only one set. Step
# through the word, and check a number by hand: a lit entry of $W_x$, plus the previous $h$ times a
# column of $W_h$, plus $b$, through tanh.


# %%
def hello_figure(step):
    """The network after some steps through hello."""
    fig = Figure(figsize=(9.5, 7))
    figures.draw_steps(fig.subplots(), hello, "hello", ALPHABET, step)
    return fig


widgets.Moving(hello_figure, step=widgets.slider("step", 1, 4, 1))

# %%
P = predict(hello, read(hello, x))[0]
assert P[2, ALPHABET.index("l")] > 0.9 and P[3, ALPHABET.index("o")] > 0.9
hello_figure(step=4)

# %% [markdown]
# *Left, from below, Wx (4 by 3), Wh (3 by 3) with b, and Wy (3 by 4) with by. Right, one column a
# step: below, the one-hot letter; in the middle, three numbers of state; above, four probabilities.
# Steps 3 and 4 both read `l`. The states differ, and with them the answers: `l`, then `o`, each with
# more than nine tenths.*
#
# The same input, the same weights. All the difference came along the arrow from the left.

# %% [markdown]
# ## Learning to write Python
#
# The same functions, a larger text. The stream of characters is cut into 32 stretches, read side by
# side, 25 characters at a time. Each batch starts from the state in which the last one ended. So the
# memory may reach further back than 25 characters, even though the gradient does not. (Chapter 2
# calls this truncated backpropagation through time.)
#
# To see what it learns, let it write. **Generating** is reading one's own output: sample a character,
# feed it back in as the next input, go on. All that is handed from step to step is the state.


# %%
def write(W, start, length, rng, temperature=1.0):
    """Continue a text: sample a character, read it, and so on."""
    states = read(W, vocab.encode(start)[None])
    text = start
    for _ in range(length):
        ladder = predict(W, states[:, -1], temperature)[0].cumsum()
        text += vocab.tokens[np.searchsorted(ladder, rng.random() * ladder[-1])]
        states = read(W, vocab.encode(text[-1])[None], states[:, -1])
    return text


rng = np.random.default_rng(1)
python = new_weights(rng, V, H=128, M=V)
assert sum(w.size for w in python.values()) == 41_184
print(write(python, "def ", 150, rng))

# %% [markdown]
# Noise, from 41,184 random numbers. Now one pass over the library. No character is read twice, so the
# cost of a batch is always measured on text that the network has not learned from yet. The samples
# are drawn at temperature 0.8, of which more below.

# %%
N, T = 32, 25
batches = data.character_batches(train_tokens, N, T)  # pairs x, y, each (N, T), y one step ahead
adam, h, costs = Adam(python), None, []
for k, (x, y) in enumerate(widgets.Progress(batches, "reading Python", "batch")):
    if k in (50, 500, 2000, len(batches) - 1):
        sample = write(python, "    def ", 240, rng, temperature=0.8)
        print(f"---- after {k * N * T:,} characters\n{sample}\n")
    states = read(python, x, h)
    bits, error = judge(python, states, y, np.ones(y.shape))
    rate = 0.004 * (1 + np.cos(np.pi * k / len(batches)))  # large steps first, small ones at the end
    adam.step(python, gradients(python, x, states, error, h), rate)
    h = states[:, -1]  # the next batch begins where this one ends
    costs.append(bits)
assert costs[0] > 6 and np.mean(costs[100:200]) < levels["bigram"] and np.mean(costs[-100:]) < 2.6

# %% [markdown]
# First come frequent letters and long runs of spaces, then indentation and small words such as `self`
# and `return`, then longer ones. Nobody told the network about words or lines. It was only ever asked
# for the next character. How much of its text is words? We count runs of four letters or more, and
# ask how many of them are a word somewhere in the library.


# %%
import re


def share_of_words(text):
    """Percent of the runs of four letters or more that are a word of the library."""
    found = re.findall("[A-Za-z]{4,}", text)
    return 100 * sum(word in library for word in found) / max(1, len(found))


library = set(re.findall("[A-Za-z]{4,}", train))
share = {"real modules": share_of_words(valid)}
share

# %%
by_pairs, sharper = [vocab["\n"]], bigram ** (1 / 0.8)  # both write at temperature 0.8
sharper /= sharper.sum(axis=1, keepdims=True)
for _ in range(4000):
    by_pairs.append(rng.choice(V, p=sharper[by_pairs[-1]]))
share["table of pairs"] = share_of_words(vocab.decode(by_pairs))
share["network"] = share_of_words(write(python, "\n", 4000, rng, temperature=0.8))
assert share["table of pairs"] + 20 < share["network"] < share["real modules"]
{name: f"{percent:.0f}%" for name, percent in share.items()}

# %% [markdown]
# Far more than the table of pairs, and less than real modules. What the network writes still means
# nothing.

# %%
ax = figures.plot_learning(plt.figure(figsize=(9, 3.6)).subplots(), np.array(costs), N * T, levels)
plt.show()

# %% [markdown]
# *Bits per character against the number of characters read, which is on a logarithmic axis. A thin
# line shows each batch, a thick one the mean of the last fifth of all so far. It starts at the
# uniform line, crosses the unigram line and then, before 200,000 characters, the bigram line, and
# goes on falling, ever more slowly.*
#
# ### Is that good?
#
# We test on modules that were kept aside, and add tables that look 2, 3 and 4 characters back. Where
# such a table has seen little, it leans on the next shorter one (Witten and Bell, 1991).


# %%
tables = baselines.ngram_probabilities(train_tokens, valid_tokens, V, longest=4)
bits_of = {k: float(-np.log2(P).mean()) for k, (P, _) in enumerate(tables)}
sizes = {k: size for k, (_, size) in enumerate(tables)}
assert abs(bits_of[1] - levels["bigram"]) < 0.01  # two ways to the same table
{f"{k} back": round(bits, 2) for k, bits in bits_of.items()}

# %%
h, total, count = None, 0.0, 0
for x, y in data.character_batches(valid_tokens, 32, 100):
    states = read(python, x, h)
    total += judge(python, states, y, np.ones(y.shape))[0] * y.size
    count, h = count + y.size, states[:, -1]
network_bits = float(total / count)

assert bits_of[4] < network_bits < bits_of[2] - 0.15 and abs(bits_of[3] - network_bits) < 0.15
assert sizes[2] > 41_184 and sizes[4] > 7 * 41_184
ranking = {f"{k} back: {sizes[k]:,} numbers": bits_of[k] for k in (2, 3, 4)}
ax = plt.figure(figsize=(9, 2.4)).subplots()
ranking = levels | ranking | {"network: 41,184 weights": network_bits}
figures.plot_ranking(ax, ranking, "bits per character, kept-aside modules", mine="network: 41,184 weights")
plt.show()

# %% [markdown]
# *Bars from uniform, at the top, to the network, at the bottom. Its bar is clearly shorter than that
# of two back, close to that of three back, and longer than that of four back.*
#
# Against uniform, unigram and bigram: yes, by a wide margin. It also beats the table that looks two
# back and holds more numbers than the network has weights. But the plain table that looks **four**
# back still wins, with more than seven times as many numbers. Half a minute of training does not beat
# good counting. Yet the network's size does not grow with its memory, and the next chapters make that
# memory better.

# %% [markdown]
# ## Back to the four underscores
#
# What is the state worth? Take it away and see: the same trained network, but with $h$ set to zero
# before each step. Such a network sees one character and nothing else. It is a table of 96 rows, like
# the table of pairs.
#
# **Predict first.** Suppose we trained a network for this, as well as can be: without memory, which
# means that it sees the character just read and nothing before it. How low could its cost on these
# kept-aside modules get?

# %%
widgets.ask(questions.BEST_WITHOUT_MEMORY)

# %%
every_character = np.arange(V)[:, None]  # each read from zero, as a text of its own
forgetful = predict(python, read(python, every_character)[:, 0])  # (V, V)
own_pairs = np.zeros((V, V))
np.add.at(own_pairs, (now, then), 1)
own = own_pairs / own_pairs.sum(axis=1, keepdims=True).clip(1)

floor, zeroed = -np.log2(own[now, then]).mean(), -np.log2(forgetful[now, then]).mean()
assert network_bits < floor - 0.8 < floor <= levels["bigram"]
assert zeroed > floor  # it has to be: no table can do better
print(f"{network_bits:.2f} bits with the state, {zeroed:.2f} without; the floor is {floor:.2f}")

# %% [markdown]
# With its state the network is far below the floor, so it must be using what it remembers. Without,
# it is above the floor, as any table must be, and far above, because it was trained to rely on its
# memory. On our line:


# %%
def expectations(forget):
    """Give P of each character of the line, (T + 1, V), for the network and for the table of pairs."""
    tokens = vocab.encode("\n" + LINE)
    if forget:
        network = ("network, state zeroed", forgetful[tokens])
    else:
        network = ("network", predict(python, read(python, tokens[None]))[0])
    return dict([network, ("table of pairs", bigram[tokens])])


P = expectations(forget=False)["network"]
probabilities = [float(P[i + 1, vocab[LINE[i + 1]]]) for i in underscores]
assert probabilities[0] > 0.25 and min(probabilities[2:]) > 0.5
assert bigram[vocab["_"], vocab["("]] < 0.1 < bigram[vocab["_"], vocab["_"]] < 0.4
print("what came after each underscore had probability", np.round(probabilities, 2))


# %%
def memory_figure(cursor, forget):
    """What each character of the line cost, and what is expected after the cursor."""
    fig = Figure(figsize=(9.5, 5.4))
    top, bottom = fig.subplots(2, 1)
    colours, came = (figures.STATE, figures.PLAIN), (np.arange(len(LINE)), vocab.encode(LINE))
    models = expectations(forget)
    bits = {name: (-np.log2(P[came]), c) for (name, P), c in zip(models.items(), colours, strict=True)}
    figures.plot_surprise(top, LINE, bits, levels, cursor)
    rows = {name: (P[cursor + 1], c) for (name, P), c in zip(models.items(), colours, strict=True)}
    figures.plot_next(bottom, vocab.tokens, rows, LINE[cursor + 1])
    return fig


memory_figure(cursor=underscores[0], forget=False)

# %%
cursor = widgets.slider("cursor", 0, len(LINE) - 2, underscores[3])
widgets.Moving(memory_figure, cursor=cursor, forget=widgets.switch("zero the state at every step"))

# %% tags=["headline"]
memory_figure(cursor=underscores[3], forget=False)

# %%
memory_figure(cursor=underscores[3], forget=True)

# %% [markdown]
# *Three stills. Above, the cost of each character of the line, as a bar for the network and a grey
# step for the table of pairs, with levels for uniform, unigram and bigram. Below, what is expected
# after the cursor. First, on the first underscore: another. Second, on the fourth: the bracket, with
# more than one half. Third, there with the state zeroed: nothing stands out, and the bars above are
# long. A pale band marks the cost of the character that came.*
#
# One character, and now different answers. What you carried along at the beginning of this chapter is
# here 128 numbers.
#
# ### How far back does it remember?
#
# Start from zero, let the network read only the last $k$ characters, and ask for the next.

# %%
rng = np.random.default_rng(4)
places, reach = rng.integers(50, len(valid_tokens), 8000), (1, 2, 4, 8, 16, 32)
cost_at = {}
for k in reach:
    windows = valid_tokens[places[:, None] + np.arange(-k, 0)]
    P = predict(python, read(python, windows)[:, -1])
    cost_at[k] = float(-np.log2(P[np.arange(len(places)), valid_tokens[places]]).mean())
assert cost_at[2] > cost_at[4] + 0.3 and cost_at[4] > cost_at[8] + 0.1
assert abs(cost_at[16] - cost_at[32]) < 0.12
ax = plt.figure(figsize=(9, 2.8)).subplots()
figures.plot_reach(ax, cost_at, levels)
plt.show()

# %% [markdown]
# *Bits per character against the number of characters read, from 1 to 32. The curve falls steeply up
# to 8 and is nearly level from 16 on.*
#
# At 1 it is the zeroed network again. And the state has no wall, yet its memory has one, a soft one:
# on average, what lies more than sixteen characters back hardly lowers the cost. That the gradient
# saw at most 25 characters is one suspect; chapter 3 finds another. What the figure does not show is
# *what* the 128 numbers hold. Chapter 2 looks for that.

# %% [markdown]
# ## Temperature
#
# A model gives probabilities, and somebody has to choose. One could always take the likeliest
# character, or draw one by its probability. One number, the *temperature* $\tau$, leads from the
# first to the second and beyond. The scores $y$ are divided by it before the softmax:
#
# $$P(i) = \frac{e^{y_i / \tau}}{\sum_j e^{y_j / \tau}}.$$
#
# **Predict first.** What becomes of the distribution as the temperature goes towards zero, and what
# as it grows without end?

# %%
widgets.ask(questions.TEMPERATURE)

# %%
PROMPT = "    def __init__(self"
last = read(python, vocab.encode(PROMPT)[None])[0, -1]
vocab.tokens[predict(python, last).argmax()]  # the likeliest next character


# %%
def temperature_figure(temperature):
    """What comes after the prompt at this temperature, and a sample drawn with the same dice each time."""
    fig = Figure(figsize=(9.5, 4.6))
    left, right = fig.subplots(1, 2, width_ratios=(1, 1))
    bars = {f"temperature {temperature:.1f}": (predict(python, last, temperature), figures.OUTPUT)}
    figures.plot_next(left, vocab.tokens, bars, None).set_title(f"after {PROMPT.strip()!r}")
    sample = write(python, PROMPT, 220, np.random.default_rng(3), temperature)
    figures.write_text(right, sample, width=42).set_title("a sample")
    return fig


temperature_figure(temperature=0.5)

# %%
widgets.Moving(temperature_figure, temperature=widgets.slider("temperature", 0.2, 2.0, 1.0, step=0.1))

# %%
cold, warm, hot = (predict(python, last, temperature).max() for temperature in (0.01, 1.0, 100.0))
assert cold > 0.9 > warm > hot and hot < 2 / V  # nearly sure; in between; nearly all alike
temperature_figure(temperature=1.0)

# %%
temperature_figure(temperature=2.0)

# %% [markdown]
# *Three stills, for temperatures 0.5, 1 and 2. Left, the same twelve characters as bars: at 0.5 two
# of them hold nearly everything, at 2 the others have risen. Right, a sample, its indentation shown
# as dots: first cautious, then varied, then soup.*
#
# At temperature 1 the model speaks as it believes. Below, it plays safe; above, it babbles.
# Temperature changes no weight and makes no model better. It only moves the choice.

# %% [markdown]
# ## Which language is this word?
#
# Now many to one: read a word of one of 20 languages, then name the language. The functions stay;
# only `weight` changes. It is one at a word's last letter and zero elsewhere, also where a short word
# was filled up to the length of its neighbours.
#
# First the baselines: always the commonest language; naive Bayes on single letters, the bag from
# above; naive Bayes on all pieces of up to three letters, which keep a little order. (Naive Bayes
# counts how frequent each piece is in each language, and multiplies as if the pieces were
# independent.)

# %%
learn, test = words.split()
letters, M = data.Vocabulary.of("".join(words.words)), len(words.languages)
commonest = int(np.bincount(learn.labels).argmax())
bag = baselines.naive_bayes(learn.words, learn.labels, longest=1)
pieces = baselines.naive_bayes(learn.words, learn.labels, longest=3)
assert bag("october") == bag("octobre")  # the same letters: it cannot help it
print(f"the bag of letters: october is {words.languages[bag('october')]}, and so is octobre")

# %%
rng = np.random.default_rng(2)
teller, EPOCHS = new_weights(rng, len(letters), H=128, M=M), 8
adam, spelled = Adam(teller), [letters.encode(word) for word in learn.words]
for epoch in widgets.Progress(range(EPOCHS), "reading words", "epoch"):
    for tokens, mask, rows in data.shuffled_batches(rng, spelled, 64):
        last_letter = mask.sum(axis=1, keepdims=True) - 1
        only_there = np.arange(tokens.shape[1]) == last_letter
        y = np.broadcast_to(learn.labels[rows, None], tokens.shape)
        states = read(teller, tokens)
        bits, error = judge(teller, states, y, only_there)
        adam.step(teller, gradients(teller, tokens, states, error), 0.004 * (1 - epoch / EPOCHS))


# %%
def after_each_letter(word):
    """Give the probability of each language after each letter, (T, M)."""
    return predict(teller, read(teller, letters.encode(word)[None]))[0]


def network(word):
    """Give the language that the last state speaks for."""
    return int(after_each_letter(word)[-1].argmax())


words.languages[network("argentisk")]

# %%
tellers = {"commonest": lambda word: commonest, "letters": bag, "pieces": pieces, "network": network}
right = {}
for name, tell in tellers.items():
    right[name] = 100 * np.mean(
        [tell(word) == label for word, label in zip(test.words, test.labels, strict=True)]
    )

assert right["commonest"] < 10 and 25 < right["letters"] < 40
assert right["network"] > right["letters"] + 15
assert 0 < right["pieces"] - right["network"] < 12
ax = plt.figure(figsize=(9, 1.9)).subplots()
figures.plot_ranking(ax, right, "right, % of kept-aside words", mine="network")
plt.show()

# %% [markdown]
# *Bars: the commonest language is right for about six words in a hundred, letters alone for about a
# third, the network for about six in ten, and the pieces for a few more.*
#
# The network is far better than the bag. It does not reach the pieces, but somebody chose those who
# knew that endings and letter pairs matter. Nobody told the network.
#
# It was trained to answer after the last letter. Nothing stops us from asking earlier: what would it
# say, if the word ended here? So we can watch it change its mind.


# %%
def letters_figure(word):
    """The likeliest languages after each letter of a word."""
    fig = Figure(figsize=(9.5, 3.4))
    plain = "".join(c for c in word.lower() if c in letters) or "a"
    P = after_each_letter(plain)
    likeliest = [words.languages[i] for i in np.argsort(-P[-1])[:4]]
    figures.plot_letters(fig.subplots(), plain, P, words.languages, likeliest).legend()
    return fig


widgets.Moving(letters_figure, word=widgets.text_field("a word, in a to z", "amerikanisch"))

# %%
RELATED = ("argentinos", "argentisk", "argentyna")
assert set(RELATED) <= set(test.words)  # none of them was trained on
readings = [after_each_letter(word) for word in RELATED]
assert all(np.allclose(P[:6], readings[0][:6], atol=1e-5) for P in readings)  # "argent" is the same to all
assert readings[0][-1].argmax() != readings[1][-1].argmax()  # the endings decide
assert readings[1][-2].argmax() != readings[1][-1].argmax()  # here a single letter
fig, axes = plt.subplots(1, 3, figsize=(9.5, 3), sharey=True)
for ax, word, P in zip(axes, RELATED, readings, strict=True):
    figures.plot_letters(ax, word, P, words.languages, [language[w] for w in RELATED])
    ax.set_title(f"{word}: {language[word]}")
    ax.label_outer()
axes[0].legend(loc="upper left")
plt.show()

# %% [markdown]
# *Three panels, for three words that were never trained on: argentinos, argentisk, argentyna, with a
# line each for Lithuanian, Swedish and Polish. Over "argent" the panels are the same; then they
# part.*
#
# While the letters agree, so do the states. Then they go their own ways. Look at "argentisk": a
# single last letter can turn the answer round.

# %% [markdown]
# ## Summary
#
# - A window of fixed size forgets what lies outside it, and a bag forgets the order. A recurrent
#   network reads step by step and carries a state: $h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$.
# - The weights are the same at every step. Their number does not depend on the length; units are not
#   time steps.
# - The probability of a sequence is a product of answers to "what comes next?". A character model's
#   target is its input, shifted by one.
# - A one-hot vector times a matrix is a row of the matrix.
# - Keep every state for an answer at each step, the last for an answer about the whole.
# - No model that sees only the present character gets below the cost of a bigram counted on the very
#   text. Ours does. A table that looks four characters back is still better, and our network's memory
#   fades within sixteen.
# - Generating is reading one's own output. The temperature decides how bold.
#
# ## Exercises
#
# Build the parts yourself in `assignments/a01_rnn_basics/rnn_basics.ipynb`. Its checks tell you at
# once what is right.
#
# 1. How letters enter: `one_hot`, `word_embedding_forward`.
# 2. The cell and its loop: `rnn_step_forward`, `rnn_forward`.
# 3. Scores and cost: `temporal_affine_forward`, `temporal_softmax_loss`, `sequence_log_prob`.
# 4. Generating, with temperature: `sample`.
#
# And in this notebook:
#
# 5. Replace "hello" by "stars", the alphabet by "star", and drop the asserts that name letters. Is
#    the state still needed? Which other words do without?
# 6. Train with `h = None` before every batch. What happens to the figure of how far back the network
#    remembers?
# 7. Which line of the kept-aside modules costs the network most per character?
#
# ## Further reading
#
# - C. E. Shannon (1951),
#   [Prediction and entropy of printed English](https://doi.org/10.1002/j.1538-7305.1951.tb01366.x).
#   People guess letters, as you did above.
# - J. L. Elman (1990), [Finding structure in time](https://doi.org/10.1207/s15516709cog1402_1). This
#   network, and what its states hold.
# - Y. Bengio, R. Ducharme, P. Vincent, C. Jauvin (2003),
#   [A neural probabilistic language model](https://www.jmlr.org/papers/v3/bengio03a.html). Embeddings
#   and a window.
# - T. Mikolov and others (2010),
#   [Recurrent neural network based language model](https://www.isca-archive.org/interspeech_2010/mikolov10_interspeech.html).
# - I. Sutskever, J. Martens, G. Hinton (2011),
#   [Generating text with recurrent neural networks](https://icml.cc/2011/papers/524_icmlpaper.pdf).
# - A. Karpathy (2015),
#   [The unreasonable effectiveness of recurrent neural networks](https://karpathy.github.io/2015/05/21/rnn-effectiveness/).
# - I. Goodfellow, Y. Bengio, A. Courville (2016),
#   [Deep Learning, chapter 10](https://www.deeplearningbook.org/contents/rnn.html).
# - Used above: I. H. Witten, T. C. Bell (1991),
#   [The zero-frequency problem](https://doi.org/10.1109/18.87000); D. P. Kingma, J. Ba (2015),
#   [Adam](https://arxiv.org/abs/1412.6980).
