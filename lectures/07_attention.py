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
# # 7. Attention
#
# Chapter 5 ended with a decoder that writes from memory. It heard "Friday, March 5, 2004" once, from end to
# end. Then the page was taken away, and all it had left was a state of 96 numbers. Given the choice, one
# leaves the page on the table, and looks: at the year while writing the year, at the month while writing
# the month.
#
# **What if a network could look back, at every step, where it likes? And if we then see where it looked,
# do we know why it answered?** These are the two questions of this chapter. The first has a short answer,
# one softmax. The second has a long one.
#
# Afterwards you can
#
# - compute an attention in three ways, and say why one of them is divided by a square root;
# - hold a map of attention against the truth, and against chance, instead of admiring it;
# - train a choice that has no slope, and say what that costs;
# - find out by intervention what an answer rests on;
# - read a picture in a few looks, and draw one in a few strokes.
#
# You need chapters 5 and 6. The notebook runs in about a minute.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import copy
import datetime
import json
import re

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

np.__version__, torch.__version__

# %%
import attention_figures
import attention_models
import caption_figures
import caption_scores
import draw_models
import glimpse_models
import questions
import rnn_datasets as data
import seq2seq_figures
import seq2seq_models
import training
import widgets
from experiments import alignment, captions, drawing, glimpses, looking, relations
from experiments import questions as vqa

# %%
plt.style.use("course.mplstyle")
torch.set_num_threads(1)
torch.set_grad_enabled(False)  # this lecture looks more often than it learns

# %% [markdown]
# ## Looking back
#
# Keep all states of the encoder, $h_1 \dots h_T$, one for each character read. Before each step the
# decoder, in state $s$, asks of each of them how well it fits. The **scores** become **weights** by a
# softmax, and what it gets to see, the **context**, is the mean of the states under these weights:
#
# $$e_i = \mathrm{score}(s, h_i), \qquad
# \alpha_i = \frac{\exp e_i}{\sum_j \exp e_j}, \qquad
# c = \sum_i \alpha_i h_i .$$
#
# That is all of attention. What asks is called the **query**, what is asked a **key**: here $s$ and $h_i$.
# What is called a score differs. A small network with a layer of its own is **additive** (Bahdanau, Cho and
# Bengio, 2015). A **dot product** needs no weights (Luong, Pham and Manning, 2015), and divided by
# $\sqrt d$ it is **scaled** (Vaswani and others, 2017):
#
# $$v^\top \tanh(W s + U h_i), \qquad\qquad s^\top h_i, \qquad\qquad s^\top h_i / \sqrt{d} .$$


# %%
def look(scores, states):
    """Look at states (N, T, d) under scores (N, T): the weights (N, T), and the context (N, d)."""
    alpha = scores.softmax(dim=1)
    return alpha, torch.einsum("nt,ntd->nd", alpha, states)


states, s = torch.eye(3)[None], torch.tensor([0.5, 2.0, 0.0])
alpha, context = look(states @ s, states)
assert torch.allclose(alpha, context) and 0.6 < alpha[0, 1] < 0.8
ax = plt.figure(figsize=(9, 1.8)).subplots()
attention_figures.plot_softmax(ax, alpha[0].numpy(), ["h1", "h2", "h3"], "weight", "s fits h2 best")
plt.show()

# %% [markdown]
# *Three bars for three states. The second, which fits best, has seven tenths of the weight; the others
# have the rest. A dotted line marks the even share.*
#
# Why a square root? A dot product of $d$ independent numbers of variance 1 has the variance $d$. Keys of
# 1,024 numbers give scores of about $\pm 32$, and a softmax of such scores is all but a maximum. There it
# has next to no slope, and what has no slope does not learn.


# %%
def fits(d, scaled, seed=0, N=500):
    """Softmax weights (N, 10) of random queries and ten random keys each, and the variance of the scores."""
    rng = np.random.default_rng(seed)
    query, keys = rng.normal(size=(N, d, 1)), rng.normal(size=(N, 10, d))
    scores = (keys @ query)[..., 0] / (np.sqrt(d) if scaled else 1)
    return torch.from_numpy(scores).softmax(1).numpy(), float(scores.var())


fits(64, scaled=False)[1]


# %%
def scale_figure(power, scaled):
    """The weights of three random queries over ten random keys of 2 ** power numbers."""
    alphas, variance = fits(2**power, scaled)
    fig = Figure(figsize=(9.5, 2.6))
    for k, ax in enumerate(fig.subplots(1, 3, sharey=True)):
        title = f"d = {2**power}, variance {variance:.1f}" if k == 0 else ""
        attention_figures.plot_softmax(ax, alphas[k], range(1, 11), "weight", title)
    return fig


widgets.Moving(scale_figure, power=widgets.slider("log2 d", 0, 10, 6), scaled=widgets.switch("scaled"))

# %%
for seed in range(3):
    for d in (4, 64, 1024):
        (plain, spread), (scaled, even) = (fits(d, divide, seed) for divide in (False, True))
        assert abs(spread / d - 1) < 0.1 and abs(even - 1) < 0.1
        assert scaled.max(1).mean() < 0.4 < plain.max(1).mean()
    slopes = [float((alphas * (1 - alphas)).sum(1).mean()) for alphas in (plain, scaled)]
    assert plain.max(1).mean() > 0.9 and slopes[1] > 8 * slopes[0]
scale_figure(6, scaled=False)

# %% [markdown]
# *Three panels of ten bars: the weights of three random queries for 64 numbers, without the root. In
# each, one or two bars have nearly all of the weight. The even share, a tenth, is a dotted line.*
#
# Move $d$ up, and one bar takes all. Switch the root on, and $d$ no longer matters. Vaswani and others
# suspected that this is why wide dot products learned badly.

# %% [markdown]
# Now dates again. The encoder reads both ways, since nothing forbids it. The decoder's state *before*
# each character asks, by an additive score, and what it sees goes in beside the last character, as in
# Bahdanau and others. It learned for 300 batches; the network of chapter 5 took 1,600.
#
# **Predict first.** Where will it look?

# %%
widgets.ask(questions.NOBODY_TOLD_IT)

# %%
translator, alphabet = attention_models.shipped_translator()


def written(source):
    """What the network writes for a text, ten characters, and where it looks for each, (10, T)."""
    tokens, looks = translator.write(*seq2seq_models.encoded(alphabet, [source]))
    return "".join(seq2seq_models.OUT.tokens[token] for token in tokens[0, :10]), looks[0, :10].numpy()


written("Friday, March 5, 2004")[0]

# %%
FIELD = {0: 0, 1: 0, 2: 0, 3: 0, 5: 1, 6: 1, 8: 2, 9: 2}  # year, month or day, by the place in the answer


def places(source, answer):
    """Where it should look, if the text is one that our data could have written: row, from, to."""
    try:
        forms = data.date_forms(datetime.date.fromisoformat(answer))
        spans = forms.spans[forms.sources.index(source)].tolist()
    except ValueError:  # no day, or in none of our forms
        return []
    return [(row, *spans[field]) for row, field in FIELD.items()]


# %%
def alignment_figure(steps, source):
    """Where the network looks while it writes."""
    source = source or " "  # it has to read something
    answer, looks = written(source)
    fig = Figure(figsize=(9.5, 3.8))
    ax = fig.subplots()
    attention_figures.draw_alignment(ax, looks, source, answer[:steps], places(source, answer))
    return fig


source = widgets.text_field("a date", "Friday, March 5, 2004")
widgets.Moving(alignment_figure, steps=widgets.slider("written", 0, 10, 4), source=source)

# %%
answer, looks = written("Friday, March 5, 2004")
assert answer == "2004-03-05" and (looks[:4, 17:].sum(1) > 0.9).all() and looks[9, 14] > 0.9
assert looks[8, 14] < 0.4
alignment_figure(10, "Friday, March 5, 2004")

# %% [markdown]
# *A map with a row for each character of 2004-03-05 and a column for each one of "Friday, March 5, 2004".
# Dashed frames mark year, month and day. The digits of the year form a diagonal. 03 looks at the
# beginning of March, the last 5 at the 5. The zero before it looks at the blanks beside the 5; the dashes
# look here and there.*
#
# Type a date of your own. Nobody drew these frames for the network; it looks at the year because the
# digits are there. For a dash there is nothing to look up, and it looks anywhere. And the zero of 05? It
# stands nowhere on the page.
#
# A map is judged by numbers. We know the truth of 2,000 dates. How much of the weight lies where it
# should?

# %%
record = json.loads(alignment.RECORD.read_text(encoding="utf-8"))
masses, exact = {"even weights": [list(record["chance"].values())]}, {}
for run in record["networks"]:
    exact.setdefault({"uniform": "even weights"}.get(run["score"], run["score"]), []).append(run["exact"])
    if run["score"] != "uniform":
        masses.setdefault(run["score"], []).append([np.mean(run["mass"][k]["all"]) for k in data.FIELDS])
ax = plt.figure(figsize=(9, 2.8)).subplots()
attention_figures.plot_kinds(ax, data.FIELDS, masses, "weight where it should be")
plt.show()

# %%
runs = [run for run in record["networks"] if run["score"] != "uniform"]
on = {field: [np.mean(run["mass"][field]["all"]) for run in runs] for field in data.FIELDS}
zero = {run["score"]: [] for run in runs}
for run in runs:
    zero[run["score"]].append(run["mass"]["day"]["one digit"][0])
    assert run["mass"]["day"]["two digits"][0] > 0.85 and run["exact"] > 0.95
assert min(on["year"]) > 0.9 and min(on["day"]) > 0.8
assert max(zero["additive"] + zero["scaled dot"]) < 0.4 and np.sum(np.array(zero["dot"]) > 0.6) == 2
odd = runs[int(np.argmin(on["month"]))]
assert min(on["month"]) < 0.4 and odd["exact"] > 0.98 and np.sort(on["month"])[1] > 0.7
assert round(record["chance"]["month"], 2) == 0.27
print("on a single digit before the zero:", zero)
print(f"least on the month: {min(on['month']):.2f}, and right: {odd['exact']:.1%}")

# %% [markdown]
# *Bars for year, month and day, in each four: even weights far below, then three ways to score, with a
# circle for each of three seeds. The year is at one, the day above 0.8. One circle of the dot products
# lies at the month, far below all others.*
#
# On the year all nine agree, with the root and without. A day of two digits gets nearly all of the weight,
# too; a single one, before its zero, mostly little. It may ask another question there: *is this all?* The
# answer stands beside the digit. But two of the dot products look at the digit itself, and the zero comes
# out as well. And one network, right in 99 of a hundred dates, has 38 hundredths of its weight on the
# month, where even weights have 27. How can that be? A state above one character knows of its neighbours,
# for that is what an encoder does. **The map shows where a state stands. It does not show what the state
# holds.**
#
# Does it pay? Train chapter 5's network, which hands on one state, for the same 300 batches.


# %%
def one_state(seed, steps=300):
    """The share of dates that the network of chapter 5 gets right after some steps."""
    torch.manual_seed(seed)
    network = seq2seq_models.EncoderDecoder(len(alphabet), len(seq2seq_models.OUT), 96)
    batches = seq2seq_models.batches(np.random.default_rng(seed), alphabet, 128)
    with torch.enable_grad():
        training.train(network.parameters(), lambda: network.cost(*next(batches)), steps, 6e-3, quiet=True)
    tokens, _ = network.write(*seq2seq_models.encoded(alphabet, valid.sources))
    return float(np.mean(np.array(seq2seq_models.decoded(tokens)) == np.array(valid.targets)))


valid = data.dates(np.random.default_rng(1000), 2000, "valid")
len(valid.sources)

# %%
exact["one state, chapter 5"] = []
for seed in widgets.Progress(range(3), "chapter 5's network", "network"):
    exact["one state, chapter 5"].append(one_state(seed))
fig, ax = plt.subplots(figsize=(9, 2.2))
caption_figures.plot_seeds(ax, exact, "share of dates right")
plt.show()

# %%
assert min(exact["additive"] + exact["scaled dot"]) > 0.9 > 0.4 > max(exact["one state, chapter 5"])
{score: [round(share, 3) for share in seeds] for score, seeds in exact.items()}

# %% [markdown]
# *Shares of dates that are right to the last character after 300 batches. The networks that look are near
# one, those with even weights and with one state far behind.*
#
# The network with one state can learn dates as well, we saw, with five times as many batches. So is it
# only speed? Give both what neither has read: the years before 1900. Chapter 5's network made 1915 of
# 1815.


# %%
def foreign(rng, N=500):
    """Dates of the years 1000 to 1899, of which neither network has read one, and what is due."""
    years, spans = rng.integers(1000, 1900, N).astype(str), valid.spans[:N, 0].tolist()
    rows = list(zip(valid.sources[:N], years, spans, valid.targets[:N], strict=True))
    return [text[:a] + year + text[b:] for text, year, (a, b), _ in rows], [
        y + due[4:] for _, y, _, due in rows
    ]


foreign(np.random.default_rng(0))[0][:3]

# %%
sources, due = foreign(np.random.default_rng(0))
by = {"attention": (translator, alphabet), "chapter 5": seq2seq_models.shipped()}
copied = {}
for name, (network, letters) in by.items():
    tokens, _ = network.write(*seq2seq_models.encoded(letters, sources))
    copied[name] = float(np.mean(np.array(seq2seq_models.decoded(tokens)) == np.array(due)))
assert 0.25 < copied["attention"] < 0.45 and copied["chapter 5"] < 0.02
print("dates of years that were never read, right:", copied)

# %% [markdown]
# A third of them are right, against none. A state can only say what it has learned to say. Who looks can
# copy, at times even what is new.

# %% [markdown]
# ## Looking at a picture
#
# Chapter 6 pressed nine cells into one vector, and its captioner mixed up which colour belongs to which
# object. Let it look instead (Xu and others, 2015). The eye is the same and so are the scenes; the places
# are now the nine cells, each with sixteen learned numbers beside its features that say which one it is.

# %%
eye, teller = attention_models.shipped_looker()
scenes = captions.valid_scenes()
due = captions.due(scenes)
said, glances = teller.say(captions.features(eye, scenes))
exact = caption_scores.exact(said, due)
assert exact > 0.97
print(f"right to the last word: {exact:.1%}")


# %%
def mass(scene):
    """How much weight lies on the object that each word of the right caption speaks of, (T,); nan if of none."""
    objects = scenes.captions[scene][0].objects
    cells = [scenes.cells[scene, k] if k >= 0 else -1 for k in objects]
    return np.array([glances[scene, t, cell].item() if cell >= 0 else np.nan for t, cell in enumerate(cells)])


def map_of(ax, scene, t):
    """Where it looks before word t of a caption."""
    words, objects = scenes.captions[scene][0]
    truth = [scenes.cells[scene, objects[t]]] if objects[t] >= 0 else []
    heat = glances[scene, t].numpy().reshape(3, 3)
    return attention_figures.draw_attended(ax, scenes.images[scene], heat, truth, words[t])


# %%
def looking_figure(word, scene):
    """Where it looks before one of its words, and how much lies on the object that is named."""
    words = scenes.captions[scene][0].words
    at = min(word, len(words)) - 1
    fig = Figure(figsize=(9.5, 3))
    left, middle, right = fig.subplots(1, 3, width_ratios=(1, 1, 2))
    caption_figures.draw_picture(left, scenes.images[scene])
    map_of(middle, scene, at)
    attention_figures.plot_mass(right, words, mass(scene), 1 / 9, at)
    return fig


TWO = next(n for n in range(800) if re.fullmatch("a big red (\\w+) above a small blue (?!\\1).*", due[n]))
scene = widgets.slider("scene", 0, 99, TWO)
widgets.Moving(looking_figure, word=widgets.slider("word", 1, 11, 3), scene=scene)

# %% tags=["headline"]
words = scenes.captions[TWO][0].words
fig, axes = plt.subplots(2, (len(words) + 1) // 2, figsize=(9.5, 4))
for t, ax in enumerate(axes.flat):
    map_of(ax, TWO, t) if t < len(words) else ax.set_axis_off()
above, small = (glances[TWO, words.index(word), scenes.cells[TWO, 1]] for word in ("above", "small"))
assert above > 0.8 and small < 0.15
plt.show()

# %%
NAMES = {word: kind for kind in ("COLOURS", "SHAPES", "SIZES") for word in getattr(data, kind)}
on = {}
for n in np.flatnonzero(scenes.shapes[:, 1] >= 0):
    words, objects = scenes.captions[n][0]
    for word, k, share in zip(words, objects, mass(n), strict=True):
        if k >= 0:
            on.setdefault((NAMES[word].lower(), k), []).append(share)
    on.setdefault("relation: the second", []).append(glances[n, 4, scenes.cells[n, 1]].item())
on = {kind: float(np.mean(shares)) for kind, shares in on.items()}
assert min(on["colours", 0], on["colours", 1], on["shapes", 0], on["shapes", 1]) > 0.975
assert on["sizes", 1] < 0.15 and on["sizes", 0] > 0.3 and on["relation: the second"] > 0.6
{kind: round(share, 2) for kind, share in on.items()}

# %% [markdown]
# *Nine small pictures, one before each word of "a big red cross above a small blue square"; what is
# looked at is lit, and the cell of the object that is named has a dashed frame. Before "red" and "cross"
# only the cross is lit. Before "above" only the square is. Before "small" the square is dark.*
#
# This is worth a second look. Before a colour or a shape, 99 hundredths of the weight lie on the object
# that is about to be named; even weights would have 11. Before "above" it looks at the *other* object.
# Where the first one is it knows by then; what is missing is where the second one is. And before "small"
# it looks at none of them: of two objects the second is always small, there is nothing to find out.
#
# So the map does not show what is talked about, but where something was still to be found out. On
# photographs one would have taken the look at the square for a mistake.

# %%
record = json.loads(looking.RECORD.read_text(encoding="utf-8"))
before = json.loads(captions.RECORD.read_text(encoding="utf-8"))["ways in"]
old = [run["exact"] for run in before if (run["way_in"], run["view"]) == ("input", "cells")]
kinds = {"soft attention": [run["exact"] for run in record["soft"]], "chapter 6, one vector": old}
kinds["soft, not told which cell is which"] = [run["exact"] for run in record["without places"]]
kinds["soft, weights then made even"] = [run["uniform afterwards"]["exact"] for run in record["soft"]]
fig, ax = plt.subplots(figsize=(9, 2.2))
caption_figures.plot_seeds(ax, kinds, "share right to the last word").tick_params(axis="y", pad=9)
plt.show()

# %%
assert min(kinds["soft attention"]) > max(old) and max(kinds["soft, weights then made even"]) < 0.05
assert (
    max(run["where"] for run in record["without places"])
    < 0.7
    < 0.95
    < min(run["what"] for run in record["without places"])
)
for run in record["soft"]:
    colour, shape, size = (run["mass"][kind] for kind in ("colour", "shape", "size"))
    assert min(*colour.values(), *shape.values()) > 0.8 and size["second"] < 0.2
print(
    "weight on the second object before its size:", [run["mass"]["size"]["second"] for run in record["soft"]]
)

# %% [markdown]
# *Four bars with three circles each: soft attention at one, chapter 6's captioner a little below, then
# far behind the network that is not told which cell is which, and at zero the one whose weights are made
# even afterwards.*
#
# Chapter 6 mixed up which colour belongs to which thing. That is gone: it looks at one thing at a time. Two
# more things can be read off. The weights matter: made even, hardly a caption is right. And a mean does not
# say *where* its parts came from. Without the sixteen numbers that name each cell, the network still names
# all things, and is lost among left, right, above and below. Remember that for chapter 8.

# %% [markdown]
# ## One place, by chance
#
# So far the network reads everything and mixes. It could also *choose* one place, with the weights as
# chances, and read only that. This is **hard** attention; the mixture is **soft** (Xu and others, 2015).
#
# **Predict first.** Each is run twice, with the same weights.

# %%
widgets.ask(questions.RUN_TWICE)

# %%
COLOURS = np.array([[205, 35, 40], [70, 185, 85], [70, 105, 230], [250, 220, 70]]) / 255
FIT = np.array([1.0, 0.8, 0.0, 0.5])


def swatch_figure(turn, sharpness):
    """Four colours, looked at softly and once by chance."""
    chances = torch.from_numpy(sharpness * FIT).softmax(0).numpy()
    chosen = np.random.default_rng(turn).choice(4, p=chances)
    fig = Figure(figsize=(9.5, 2.4))
    attention_figures.draw_swatches(fig.subplots(), COLOURS, chances, chosen)
    return fig


sharpness = widgets.slider("sharpness", 0.0, 10.0, 2.0, step=0.5)
widgets.Moving(swatch_figure, turn=widgets.slider("turn", 1, 20, 1), sharpness=sharpness)

# %%
chances = torch.from_numpy(2 * FIT).softmax(0).numpy()
draws = np.random.default_rng(0).choice(4, 100_000, p=chances)
assert np.allclose(COLOURS[draws].mean(0), chances @ COLOURS, atol=0.01)
assert np.min(np.linalg.norm(COLOURS - chances @ COLOURS, axis=1)) > 0.3  # the mean is none of the four
swatch_figure(turn=1, sharpness=2.0)

# %% [markdown]
# *A strip of red, green, blue and yellow, each as wide as its weight. Below it two swatches: the mean of
# the four, which is a brown, and one of the four, which was drawn.*
#
# Soft is fixed, hard is random. The mean of many hard draws is the soft context, but no single draw is: a
# brown is not among the four. And a draw has no slope. If another place had been drawn, another cost
# would have followed; between the two there is nothing to differentiate.
#
# Still the *expected* cost $J = \sum_i \alpha_i C_i$ has a gradient, and Williams (1992) found how to
# estimate it from the one draw that was made. **REINFORCE**: whatever was drawn, make it more likely if
# it was cheap, and less likely if it was dear.
#
# $$\nabla J = \mathbb{E}\big[(C_i - b)\, \nabla \log \alpha_i\big].$$
#
# The **baseline** $b$ says what is cheap. (Where $C_i$ itself has a gradient, it is added as usual.)
# **Predict first.** What does it do to the estimate's mean?

# %%
widgets.ask(questions.BASELINE)


# %%
def estimates(cost, chances, baseline):
    """The estimate of the gradient with respect to the scores, for each place that may be drawn (L, L)."""
    log_slopes = np.eye(len(chances)) - chances
    return (cost - baseline)[:, None] * log_slopes


def variance(cost, chances, baseline):
    """The mean squared distance of the estimates from their mean, counted out over all places."""
    rows = estimates(cost, chances, baseline)
    return float(chances @ ((rows - chances @ rows) ** 2).sum(1))


COST, CHANCES = np.array([0.5, 2.0, 3.0]), np.array([0.3, 0.5, 0.2])
variance(COST, CHANCES, 0.0)


# %%
PLANE = np.array([[1, -1, 0], [1, 1, -2]]).T / np.sqrt([2, 6])  # the scores' gradients add up to zero
BASELINES = np.linspace(0, 3, 61)
SPREAD = np.array([variance(COST, CHANCES, b) for b in BASELINES])


def baseline_figure(baseline):
    """What each of three draws makes of the gradient, and how much that varies."""
    fig = Figure(figsize=(9.5, 3.4))
    left, right = fig.subplots(1, 2, width_ratios=(1.2, 1))
    rows = estimates(COST, CHANCES, baseline) @ PLANE
    names = [f"cost {cost:g}" for cost in COST]
    attention_figures.draw_estimates(left, rows, CHANCES, names, "three draws, and their mean")
    attention_figures.plot_variance(right, BASELINES, SPREAD, baseline)
    return fig


# %%
widgets.Moving(baseline_figure, baseline=widgets.slider("baseline", 0.0, 3.0, 0.0, step=0.1))

# %%
scores = torch.tensor(np.log(CHANCES), requires_grad=True)
with torch.enable_grad():
    (scores.softmax(0) @ torch.from_numpy(COST)).backward()
for b in BASELINES:
    assert np.allclose(CHANCES @ estimates(COST, CHANCES, b), scores.grad)
best = BASELINES[np.argmin(SPREAD)]
mean = float(CHANCES @ COST)
spread = {b: variance(COST, CHANCES, b) for b in (0.0, mean, best)}
assert spread[0.0] > 4 * spread[mean] and spread[mean] < 1.2 * spread[best] and spread[best] > 0.2
baseline_figure(0.0)

# %% [markdown]
# *Left, three dots, one for each place that can be drawn, as large as its chance, and a cross at their
# mean, not far from the origin. Right, the variance against the baseline: a parabola, with a dot at
# baseline zero, high up. Soft attention is the dashed line at zero.*
#
# Move the baseline. The dots run, the cross stays. That is exact and no accident: chances add up to one,
# so a constant times $\nabla \log \alpha$ has the mean zero. What falls is the variance, to a fifth at
# the mean cost. It does not reach soft attention's zero. A running mean of past costs is a baseline that
# one has for free.
#
# And what does it give? Nine places, one of them cheaper than the others; choose, pay, learn, 300 times.


# %%
NINE = np.array([3.0, 2.9, 3.1, 2.8, 2.0, 3.0, 3.2, 2.7, 3.1])


def learned(kind, seed, steps=300, rate=0.5):
    """The expected cost at each step of learning where to look."""
    rng, scores, baseline, expected = np.random.default_rng(seed), np.zeros(9), NINE.mean(), []
    for _ in range(steps):
        chances = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
        expected.append(chances @ NINE)
        drawn = rng.choice(9, p=chances)
        rows = estimates(NINE, chances, baseline if kind == "with a baseline" else 0.0)
        scores = scores - rate * (chances @ rows if kind == "exact" else rows[drawn])
        baseline = 0.9 * baseline + 0.1 * NINE[drawn]
    return expected


# %%
KINDS = ("exact", "without a baseline", "with a baseline")
runs = {kind: np.array([learned(kind, seed) for seed in range(30)]) for kind in KINDS}
end = {kind: curves[:, -1] for kind, curves in runs.items()}
assert end["exact"].max() < 2.05 and np.median(end["with a baseline"]) < 2.05
assert np.mean(end["without a baseline"] > 2.5) > 0.25 and np.mean(end["with a baseline"] > 2.5) < 0.15
ax = plt.figure(figsize=(9, 3)).subplots()
attention_figures.plot_runs(ax, runs, "expected cost", NINE.min())
plt.show()

# %%
patient = [learned("without a baseline", seed, steps=1500, rate=0.05)[-1] for seed in range(5)]
assert max(patient) < 2.2
np.round(patient, 2).tolist()

# %% [markdown]
# *Expected cost over 300 steps, the mean of thirty runs and a band around it. The exact gradient and the
# estimate with a baseline fall to 2. Without a baseline the mean stays far above, and the band covers
# nearly all costs.*
#
# Without a baseline every draw is a punishment, since every cost is positive. Whatever is drawn is pushed
# away, and what happened to be drawn least ends up certain. There the gradient vanishes and the choice is
# made, wherever it is. With a tenth of the rate and five times the steps it comes through as well:
# variance has a price, and can be paid.

# %% [markdown]
# And on captions? Networks that look at one cell a word, drawn by chance, learned for as many steps as
# the soft ones. A look answers for what the words cost from then on; the baseline is what the rest of the
# batch paid from the same word on.

# %%
kinds = {"soft": [run["exact"] for run in record["soft"]]}
for baseline, name in (("none", "hard, without a baseline"), ("others", "hard, with a baseline")):
    kinds[name] = [run["exact"] for run in record["hard"] if run["baseline"] == baseline]
fig, ax = plt.subplots(figsize=(9, 1.8))
caption_figures.plot_seeds(ax, kinds, "share right to the last word")
plt.show()

# %%
soft, without, baseline = kinds.values()
ratio = {
    steps: [r["none"] / r["others"] for r in record["variance"] if r["steps"] == steps] for steps in (1, 100)
}
rest = [run["others"] / run["soft, other batches"] for run in record["variance"]]
assert min(ratio[1]) > 20 and 1.5 < min(ratio[100]) < max(ratio[100]) < 3 and min(rest) > 200
assert (
    min(soft) > 0.97
    and max(without) > 0.97
    and min(without) < 0.4
    and 0.2 < min(baseline) < max(baseline) < 0.7
)
{steps: np.round(times, 1).tolist() for steps, times in ratio.items()}

# %% [markdown]
# *Three bars with three circles each. Soft: all at one. Hard without a baseline: two at one, the third at
# a fifth. Hard with a baseline: between a third and six tenths.*
#
# Here is a surprise. The variance falls as it should, to less than a twentieth after the first step and
# to a half after a hundred; even so it is hundreds of times what soft attention's gradient varies from
# batch to batch. And the captions get *worse*. Three seeds are few. A guess: without a baseline a look
# that was drawn is made less likely, whatever came of it, and so other cells go on being tried. With one,
# the first cell that is any good is kept. Less noise is also less search. Xu and others pay for entropy,
# to keep the search going; so does the network that we meet below.

# %% [markdown]
# ## Asking a picture
#
# Now a question goes in beside the picture, and an answer comes out: **visual question answering** (Antol
# and others, 2015). A GRU reads the question, its last state is the query, and the nine cells are the
# places. A second look has as its query the question and what the first one saw. And since a mean cannot
# tell two circles from one, a sigmoid beside it says of every cell whether it counts, and these are added
# up.
#
# In the first collections of such questions much could be answered with the eyes shut: to "is there a"
# one says yes (Goyal and others, 2017). So the first network to train is one that hears **only the
# question**. Ours are drawn so that this gives little away.

# %%
record = json.loads(vqa.RECORD.read_text(encoding="utf-8"))
VIEWS = {
    "nothing1": "question only",
    "average1": "mean of the cells",
    "cells1": "one look",
    "cells2": "two looks",
}
share = {}
for run in record["networks"]:
    by_kind = [run["right"][kind] for kind in data.QUESTION_KINDS]
    share.setdefault(VIEWS[f"{run['view']}{run['hops']}"], []).append(by_kind)
told = json.loads(relations.RECORD.read_text(encoding="utf-8"))["networks"]
share["two, told where at first"] = [[run["right"][kind] for kind in data.QUESTION_KINDS] for run in told]
list(share)

# %%
ax = plt.figure(figsize=(9, 3)).subplots()
attention_figures.plot_kinds(ax, data.QUESTION_KINDS, share)
plt.show()

# %%
kinds = {name: np.array(seeds) for name, seeds in share.items()}
for name in ("one look", "two looks"):
    assert kinds[name][:, [0, 2, 3]].min() > 0.95 and abs(kinds[name][:, 4] - 0.5).max() < 0.08
assert kinds["question only"].max() < 0.6 and kinds["mean of the cells"][:, [2, 3]].max() < 0.8
assert kinds["two, told where at first"][:, 4].min() > 0.9
{name: seeds.mean(0).round(2).tolist() for name, seeds in kinds.items()}

# %% [markdown]
# *Five groups of five bars. Question only: a half where the answer is yes or no, less elsewhere. The mean
# of the cells is better. With one look or two nearly all is right, up to the last group, the relations,
# where the first four are at a half and only the fifth is near one.*
#
# Existence, colour, shape: with one look nearly all are right. And then **relations**. "Is the red circle
# above the blue square?" A half are right, as with the eyes shut. Yet each caption above got its "above"
# right. There the words came one by one, with a look before each.
#
# The fifth network has two looks as well. Half of its questions were relations, it could compare what its
# looks saw, and for three fifths of the training it was *told* where to look. Then it is right, and stays
# so when nobody tells. So two looks are enough. They only do not find out by themselves what to look at.
# In chapter 8 all words look at once.

# %% [markdown]
# ## What does the map explain?
#
# You have seen where a network looks. Is that *why* it answers so? Jain and Wallace (2019) found other
# weights that gave the same answers, and wrote that attention is not explanation. Wiegreffe and Pinter
# (2019) replied that this depends on what one calls an explanation, and on the test. The matter is open.
# A test is not difficult: **change something, and see whether the answer changes.**

# %%
answerer = attention_models.shipped_answerer()  # it sees with the eye that the captioner has
blunt = copy.deepcopy(answerer)  # the same network, but all cells weigh the same
for attention in blunt.looks:
    attention.score = "uniform"
len(blunt.looks)


# %%
def things_in(text):
    """What a text orders, such as "big red circle 1, small blue square 6": cell -> shape, colour, size."""
    found = re.findall(r"(small|big) (\w+) (\w+) ([1-9])", text)
    known = [four for four in found if four[1] in data.COLOURS and four[2] in data.SHAPES]
    return {int(cell) - 1: (shape, colour, size) for size, colour, shape, cell in known}


def drawn(things):
    """A picture of some things."""
    names = enumerate((data.SHAPES, data.COLOURS, data.SIZES))
    rows = [[kinds.index(thing[k]) for thing in things.values()] for k, kinds in names]
    return data.render_scenes(*(np.array([row], int) for row in (*rows, list(things))))[0]


# %%
SINGULAR = {"crosses": "cross"} | {f"{shape}s": shape for shape in data.SHAPES}


def spoken_of(question, things):
    """The cells of what a question speaks of: of a colour and shape together, or else of one of them."""
    words = [SINGULAR.get(word, word) for word in question.split()]
    both = re.findall(f"({'|'.join(data.COLOURS)}) ({'|'.join(data.SHAPES)})", " ".join(words))
    if both:
        return [cell for cell, (shape, colour, _) in things.items() if (colour, shape) in both]
    return [cell for cell, thing in things.items() if set(thing[:2]) & set(words)]


# %%
def answers(network, image, question):
    """Answers with their probabilities, and where it looked, (3, 3)."""
    said = network(
        eye(torch.from_numpy(image[None])), *attention_models.asked([question.split() or [data.END]])
    )
    odds = said.scores[0].softmax(0).tolist()
    return dict(zip(data.ANSWERS, odds, strict=True)), said.weights[0, 0].detach().numpy().reshape(3, 3)


# %%
def panel(scene, question):
    """What is answered when something is changed, and where it looked before."""
    things = things_in(scene)
    about = spoken_of(question, things)
    without = {c: thing for c, thing in things.items() if c not in about[:1]}
    others = [c for c in things if c not in about]
    spared = {c: thing for c, thing in things.items() if c not in others[:1]}
    rows = {"as it is": answers(answerer, drawn(things), question)}
    rows["all weights even"] = answers(blunt, drawn(things), question)
    rows["what is asked about, erased"] = answers(answerer, drawn(without), question)
    rows["something else, erased"] = answers(answerer, drawn(spared), question)
    return {name: odds for name, (odds, _) in rows.items()}, rows["as it is"][1], about


# %%
def panel_figure(scene, question):
    """The scene, where it looked, and four rows of answers."""
    rows, heat, about = panel(scene, question)
    fig = Figure(figsize=(9.5, 3))
    left, middle, right = fig.subplots(1, 3, width_ratios=(1, 1, 2.2))
    image = drawn(things_in(scene))
    caption_figures.draw_picture(left, image)
    attention_figures.draw_attended(middle, image, heat, about, "where it looks")
    attention_figures.plot_answers(right, rows, max(rows["as it is"], key=rows["as it is"].get))
    return fig


# %% [markdown]
# Compose a scene, each thing with its cell from 1 to 9 as one reads, and ask. "Is there a red circle",
# "how many crosses", "what colour is the square", "what shape is the red thing", "is the red circle above
# the blue square".

# %%
SCENE, ASKED = "big red circle 1, small blue square 7, small green cross 3", "what colour is the square"
question = widgets.text_field("question", ASKED)
scene = widgets.text_field("scene", SCENE)
scene.layout.width = "40em"
widgets.Moving(panel_figure, scene=scene, question=question)

# %%
rows, heat, _ = panel(SCENE, ASKED)
likeliest = {name: max(odds, key=odds.get) for name, odds in rows.items()}
assert likeliest["as it is"] == likeliest["something else, erased"] == "blue" and heat[2, 0] > 0.4
assert likeliest["all weights even"] == "red" and likeliest["what is asked about, erased"] == "green"
panel_figure(SCENE, ASKED)

# %% [markdown]
# *A red circle, a green cross and a blue square; the square is lit most. Right, four rows of answers. As
# it is: blue. With even weights red is likeliest, without the square green. Without the circle it is blue
# again.*
#
# That is what one hopes for. **Predict first.** Now ask it to count.

# %%
widgets.ask(questions.COUNTED)

# %%
counts = {name: max(odds, key=odds.get) for name, odds in panel(SCENE, "how many crosses")[0].items()}
assert list(counts.values())[::2] == ["1", "0"] and counts["something else, erased"] == "2"
panel_figure(SCENE, "how many crosses")

# %% [markdown]
# *The same scene and the question how many crosses. As it is: 1. Without the cross: 0. Without the red
# circle: 2.*
#
# Two. Is that an accident of this scene, or of this network? Here are 3,200 questions, and three networks.

# %%
record = json.loads(vqa.RECORD.read_text(encoding="utf-8"))
one_look = [run for run in record["networks"] if (run["view"], run["hops"]) == ("cells", 1)]
ASKABLE = data.QUESTION_KINDS[:4]  # it never learned relations
tables = {"right": lambda run: run["right"], "right, weights even": lambda run: run["right without weights"]}
tables["changed: it was erased"] = lambda run: run["erased"]["asked about"]
tables["changed: another was erased"] = lambda run: run["erased"]["another"]
by_kind = {
    name: [[table(run)[kind] for kind in ASKABLE] for run in one_look] for name, table in tables.items()
}
ax = plt.figure(figsize=(9, 3)).subplots()
attention_figures.plot_kinds(ax, ASKABLE, by_kind, "share of answers")
plt.show()

# %%
right, even, it, another = (np.array(seeds) for seeds in by_kind.values())
assert right.min() > 0.9 and even.max() < 0.7 and it[:, [0, 2, 3]].min() > 0.6
assert another[:, [0, 2, 3]].max() < 0.05 and np.sort(another[:, 1])[1] > 0.5 > 0.2 > another[:, 1].min()
elsewhere = [1 - run["mass"][0][kind] for run in one_look for kind in ("colour", "shape")]
assert min(elsewhere) > 0.15 and np.median(elsewhere) < 0.25
print("weight elsewhere, colour and shape:", [round(share, 2) for share in elsewhere])

# %%
sample, asked = vqa.to_judge()
assert sum(asked.kinds < 4) == 3200
some = (asked.kinds == 1) & asked.about.any(1) & ~asked.about.all(1)  # counts of one thing or two
before = vqa.answered(answerer, eye(torch.from_numpy(sample.images))[torch.from_numpy(asked.scenes)])
spared = eye(torch.from_numpy(vqa.without(sample, asked, (~asked.about).argmax(1))))
more = (vqa.answered(answerer, spared).scores.argmax(1) - before.scores.argmax(1)).numpy()[some]
assert np.mean(more == 1) > 0.5 and np.mean(more < 0) < 0.1
print(f"something else erased: one more in {np.mean(more == 1):.0%} of the counts")

# %% [markdown]
# *Four groups of four bars. All kinds are right as they are, and about half as often or less with even
# weights. Erasing what is asked about changes most answers. Erasing something else changes next to none of
# existence, colour and shape. Of the counts it changes about three of four in two networks, and hardly any
# in the third.*
#
# Take colour and shape. Weights matter: even ones ruin the answers. The thing asked about matters. And
# another thing matters to hardly any answer, though about a fifth of the weight lies on cells that were not
# asked about. Weight is not importance.
#
# Then the counts. Every scene of the training held three things. So one may count crosses, or count what
# is none and subtract from three; the answers are the same. Two networks learned to subtract, one to
# count, and no map would have said so. (A limit: a scene with a hole is new to them. That is why the
# other erasure stands beside it.)

# %% [markdown]
# ## A picture in four looks
#
# A picture is no sequence, but one can read it as one. The eye does: it is sharp in a spot, and moves the
# spot. Mnih and others (2014) gave a recurrent network such an eye. At each step it gets one small, sharp
# **glimpse**, and its state decides where the next one goes. That is hard attention, trained by REINFORCE
# with a baseline, and paid for naming a digit.
#
# The picture has 1,600 pixels and holds one whole digit, and pieces of six others. A glimpse is 144 of
# them. Ours chooses one of 100 cells, on a blurred view that shows where there is ink and not what it is
# (after Ba, Mnih and Kavukcuoglu, 2015).

# %%
gazer = glimpse_models.shipped()
shown = glimpse_models.pictures(np.random.default_rng(1000), data.digits("valid"), 1000)
looks = gazer.look(shown)
right = glimpse_models.right(looks, shown).float().mean(0)
found = glimpse_models.found(looks, shown).float().mean(0)
assert right[3] > right[0] + 0.1 and found[3] > 0.85
[round(float(share), 2) for share in right], [round(float(share), 2) for share in found]


# %%
def gaze_figure(looks_taken, picture):
    """Where it has looked, what it sees now, and what it takes it for."""
    fig = Figure(figsize=(9.5, 3.4))
    left, middle, right = fig.subplots(1, 3, width_ratios=(1, 1, 1.2))
    cells, image = looks.cells[picture], shown.images[picture]
    middles = np.stack([cells // 10, cells % 10], 1) * 4 + 1.5
    attention_figures.draw_gaze(left, image.numpy(), middles, [12], looks_taken, "the gaze")
    now = glimpse_models.fovea(image[None], cells[looks_taken - 1, None])[0]
    attention_figures.draw_patch(middle, now.numpy(), f"glimpse {looks_taken}")
    belief = looks.log_p[picture, looks_taken - 1].exp().numpy()
    title = f"it is a {shown.labels[picture]}"
    attention_figures.plot_softmax(right, belief, range(10), "probability", title)
    return fig


# %%
picture = widgets.slider("picture", 0, 99, 0)
widgets.Moving(gaze_figure, looks_taken=widgets.slider("looks", 1, 4, 1), picture=picture)

# %%
assert looks.log_p[0].argmax(1)[[0, 1, 3]].tolist() == [1, 3, 3] and len(set(looks.cells[0].tolist())) == 2
assert looks.log_p[0, 0, 1].exp() > 0.7
gaze_figure(4, 0)

# %% [markdown]
# *Left, a picture of 40 by 40 pixels with a 3 and strokes of other digits. Two frames stand at its top
# left, one with the numbers 1, 3 and 4, one with 2. In the middle what the fourth glimpse shows; right,
# the 3 is likeliest.*
#
# Step through it. The first glimpse falls on a stroke, and the network is nearly sure of a 1. The second
# finds the digit beside it, and changes its mind.
#
# How good is such a gaze? Against what? All networks had the same lesson in reading, in which a third of
# the glimpses was put on the digit for them. Then each went on with glimpses chosen in one of five ways.

# %%
record = json.loads(glimpses.RECORD.read_text(encoding="utf-8"))
BY = {
    "told": "told where",
    "learned": "learned",
    "brightest": "where most ink is",
    "scan": "fixed",
    "random": "random",
}
seeing = {name: [run["right"] for run in record if run["by"] == by] for by, name in BY.items()}
ax = plt.figure(figsize=(9, 3)).subplots()
seq2seq_figures.plot_shares(ax, range(1, 5), seeing, [0.1] * 4)
ax.set(xlabel="glimpses taken", xticks=range(1, 5))
plt.show()

# %%
last = {name: [run[-1] for run in seeds] for name, seeds in seeing.items()}
assert min(last["learned"]) > max(last["where most ink is"]) + 0.05
assert min(last["learned"]) > max(last["random"] + last["fixed"]) + 0.3
assert min(last["told where"]) > max(last["learned"])
assert all(run[3] > run[0] + 0.1 for run in seeing["learned"])
last

# %% [markdown]
# *Share of digits named right after one to four glimpses, three seeds. Told where: near 0.9 from the
# first. Learned: a half, then rising to three quarters. Where most ink is: below. Fixed and random
# glimpses hardly leave the dotted line of guessing, a tenth.*
#
# Nobody told it then where digits are, only their names, and it beats the rule that one would write by
# hand, to go where most ink is. The price hides in the words "a lesson in reading". Who cannot read has
# no use for looking, and who looks at random has nothing to learn reading from.

# %% [markdown]
# ## A picture in eight strokes
#
# Now the other way round. In DRAW (Gregor and others, 2015) an LSTM adds something to a blank canvas,
# step by step, through a **window** whose place and size it sets itself. The window is a grid of $P
# \times P$ little bells, $\delta$ apart:
#
# $$F_{ia} = \frac{1}{Z_i} \exp\Big(\!-\frac{(a - \mu_i)^2}{2 \sigma^2}\Big), \qquad
# \mu_i = g + \Big(i - \frac{P - 1}{2}\Big)\, \delta, \qquad i = 0 \dots P - 1 .$$
#
# Reading gives a patch of $P \times P$ numbers, $F_Y\, x\, F_X^\top$. Writing such a patch is the way
# back, $F_Y^\top w\, F_X$. It is soft attention with a shape: three numbers say where, and gradients run
# through all of them. No REINFORCE is needed. Move the window over a digit.


# %%
def bells(g, stride, width, P, pixels):
    """Filters (P, pixels), each a bell that adds up to one, and where their middles are, (P,)."""
    middles = g + stride * (np.arange(P) - (P - 1) / 2)
    far = (np.arange(pixels) - middles[:, None]) / width
    return torch.from_numpy(-(far**2) / 2).softmax(1).numpy(), middles


# %%
def window_figure(centre, stride, width):
    """A window of 5 x 5 bells over a digit, what it reads, and what it would write back."""
    (Fx, columns), (Fy, rows) = (bells(g, stride, width, 5, len(DIGIT)) for g in (centre, 13.5))
    patch = Fy @ DIGIT @ Fx.T
    fig = Figure(figsize=(9.5, 3.2))
    left, middle, right = fig.subplots(1, 3)
    attention_figures.draw_window(left, DIGIT, rows, columns, width)
    attention_figures.draw_patch(middle, patch, "what it reads")
    attention_figures.draw_patch(right, Fy.T @ patch @ Fx, "written back")
    return fig


# %%
DIGIT = np.kron(np.pad(data.digits("valid").images[3], 3), np.ones((2, 2)))  # 28 x 28 pixels
controls = {"stride": widgets.slider("stride", 0.5, 6.0, 3.0, step=0.5)}
controls["width"] = widgets.slider("width", 0.2, 4.0, 1.0, step=0.2)
widgets.Moving(window_figure, centre=widgets.slider("centre", 0, 27, 13), **controls)

# %%
for stride, width in ((0.5, 0.2), (3.0, 1.0), (6.0, 4.0)):
    Fx, _ = bells(13.0, stride, width, 5, 28)
    assert np.allclose(Fx.sum(1), 1) and np.isclose(bells(-40.0, stride, width, 5, 28)[0].sum(), 5)
window_figure(13, 3.0, 1.0)

# %% [markdown]
# *Left, a digit of 28 by 28 pixels with a grid of 25 dots and circles over it; in the middle the 5 by 5
# patch that it reads, a coarse digit; right, what that patch writes back, a blurred digit.*
#
# A small stride is a magnifying glass, a large one sees all and nothing sharply. Off the picture, the
# bells still add up to one, at its border.

# %% [markdown]
# What is to be drawn? In use, ten random numbers a step say it. In training, an encoder looks at a digit
# and at what the canvas still lacks, through a window of its own, and puts ten numbers in their place. It
# pays, in nats, for what it says beyond chance, and for what the last canvas leaves open; the sum is a
# bound on $-\log p(x)$. The network below copies with its encoder, and imagines without.

# %%
painter = draw_models.shipped()
dice = torch.Generator().manual_seed(0)
originals = draw_models.placed(np.random.default_rng(1000), draw_models.handwriting("valid"))
copied = painter.draw(originals, len(originals), dice)
dreamt = painter.draw(None, 100, dice)


def canvas_of(ax, drawing, picture, step, title=""):
    """The canvas after a step, and the windows through which that step read and wrote."""
    at = {"read": drawing.read[picture, step - 1], "written": drawing.written[picture, step - 1]}
    sides = {name: (row, column, 7 * stride) for name, (row, column, stride, _) in at.items() if stride > 0}
    ink = torch.sigmoid(drawing.canvases[picture, step - 1]).detach().numpy()
    return attention_figures.draw_canvas(ax, ink, sides, title)


# %%
def drawing_figure(step, picture):
    """A digit, its copy after a step, and what is imagined from chance after as many."""
    fig = Figure(figsize=(9.5, 3.2))
    left, middle, right = fig.subplots(1, 3)
    attention_figures.draw_canvas(left, originals[picture].numpy(), title="to copy")
    canvas_of(middle, copied, picture, step, f"copied, step {step}")
    canvas_of(right, dreamt, picture, step, f"imagined, step {step}")
    return fig


picture = widgets.slider("picture", 0, 99, 0)
widgets.Moving(drawing_figure, step=widgets.slider("step", 1, draw_models.T, 5), picture=picture)

# %%
fig, axes = plt.subplots(2, draw_models.T, figsize=(9.5, 2.8))
for step in range(1, draw_models.T + 1):
    canvas_of(axes[0, step - 1], copied, 0, step, f"step {step}")
    canvas_of(axes[1, step - 1], dreamt, 0, step)
plt.show()

# %%
place = torch.arange(draw_models.SIDE)
ink = originals.sum((1, 2))
middle = torch.stack([(originals.sum(3 - axis) * place).sum(1) / ink for axis in (1, 2)], 1)
off = (copied.read[..., :2] - middle[:, None]).norm(dim=2).mean(0)
side = 7 * copied.read[..., 2].mean(0)
black = ((copied.canvases > 0) == (originals[:, None] > 0.5)).float().mean((0, 2, 3))
assert off[0] > 3.5 and off[3:6].max() < 2.5 and side[-1] < 0.85 * side[0] and black[-1] > 0.95
print("from the digit's middle:", [round(float(d), 1) for d in off], "pixels")
print("side of the window:", [round(float(a)) for a in side], "pixels")

# %% [markdown]
# *Two rows of eight canvases: a digit's copy, and one that is imagined. For two steps hardly anything,
# then a grey blob, then a digit that becomes black. A dashed blue frame, what is read, closes in on the
# digit; an orange-red one, what is written, stays large.*
#
# At first it looks at everything and draws nothing. Then the reading window moves over the digit, to
# within a pixel or two of its middle, and shrinks. The writing window stays large. So it does not draw
# stroke by stroke, as a hand would; it sharpens a whole. And does the window pay? Here are bounds for
# unseen digits, on a canvas that the digit fills and on one where it may stand anywhere.

# %%
bound, weights = {}, {}
for run in json.loads(drawing.RECORD.read_text(encoding="utf-8")):
    name = f"{run['side']} x {run['side']}, {'window' if run['attends'] else 'all of it'}"
    bound.setdefault(name, []).append(run["left open"] + run["said"])
    weights[name] = run["weights"]
ax = plt.figure(figsize=(9, 2.8)).subplots()
seq2seq_figures.plot_groups(ax, bound, "nats for a digit")
plt.show()

# %%
small, small_all, wide, wide_all = bound.values()
assert min(small) > max(small_all) and max(wide) < min(wide_all)
assert list(weights.values())[3] > 9 * list(weights.values())[2]
{name: (np.round(nats, 1).tolist(), weights[name]) for name, nats in bound.items()}

# %% [markdown]
# *Four bars with three dots each, fewer nats are better. On 16 by 16 pixels, which the digit fills, the
# window is a little worse than all of it; on 40 by 40 it is a little better.*
#
# Where there is nothing to be found, looking costs. Where the digit may stand anywhere it pays, by some
# nats, and with a tenth of the weights, since a patch is as large as before. That is after 500 batches
# each; the network above had 2,000.


# %% [markdown]
# ## Summary
#
# - Attention is a softmax of scores and a mean under it. Additive, dot and scaled differ in the score.
# - A map is evidence only against something: the truth, an even share, another network.
# - Soft attention is a fixed mean, hard attention a draw. A draw is trained by its cost. A baseline takes
#   noise away, and sometimes with it the search.
# - What an answer rests on is found by changing things: the weights, the picture, the question.
# - Looking and drawing can be sequences even where the data are none.
#
# A question back: each cell of a picture was looked at by a word, and never by another cell. "Is the
# circle left of the square" asks about two of them at once. What if everything could look at everything?
# And what would then be left for the recurrence to do? That is chapter 8.
#
# ## Exercises
#
# Build the parts yourself in `assignments/a07_attention/attention.ipynb`.
#
# 1. Weights: `masked_softmax`, `additive_attention`, `dot_product_attention`.
# 2. A captioner that looks: `attention_step_forward`, `attention_forward`.
# 3. Choosing: `hard_attention_loss`, `extract_glimpse`.
# 4. Drawing: `draw_filters`, `draw_read`, `draw_write`.
# 5. Asking: `vqa_forward`.
#
# And in this notebook:
#
# 6. Give `variance` four places. Where is the best baseline, the mean cost or beside it?
# 7. Erase everything *but* the object that is asked about. Which kinds of questions survive?
# 8. Make the window of DRAW one filter wide. What can be written through it?
#
# ## Further reading
#
# - D. Bahdanau, K. Cho, Y. Bengio (2015), [Neural machine translation by jointly learning to align and
#   translate](https://arxiv.org/abs/1409.0473); M.-T. Luong, H. Pham, C. Manning (2015), [Effective
#   approaches to attention-based neural machine translation](https://arxiv.org/abs/1508.04025).
# - A. Vaswani and others (2017), [Attention is all you need](https://arxiv.org/abs/1706.03762).
# - K. Xu and others (2015), [Show, attend and tell](https://arxiv.org/abs/1502.03044).
# - R. Williams (1992), [Simple statistical gradient-following algorithms for connectionist reinforcement
#   learning](https://doi.org/10.1007/BF00992696).
# - S. Antol and others (2015), [VQA](https://arxiv.org/abs/1505.00468); Y. Goyal and others (2017),
#   [Making the V in VQA matter](https://arxiv.org/abs/1612.00837).
# - S. Jain, B. Wallace (2019), [Attention is not explanation](https://arxiv.org/abs/1902.10186); S.
#   Wiegreffe, Y. Pinter (2019), [Attention is not not explanation](https://arxiv.org/abs/1908.04626).
# - V. Mnih, N. Heess, A. Graves, K. Kavukcuoglu (2014), [Recurrent models of visual
#   attention](https://arxiv.org/abs/1406.6247); J. Ba, V. Mnih, K. Kavukcuoglu (2015), [Multiple object
#   recognition with visual attention](https://arxiv.org/abs/1412.7755).
# - K. Gregor and others (2015), [DRAW](https://arxiv.org/abs/1502.04623).
