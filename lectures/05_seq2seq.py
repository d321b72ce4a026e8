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
# # 5. Sequence to sequence
#
# The same day, as four people write it:
#
#     5. März 2004     March 5, 2004     2004년 3월 5일     05/03/2004
#
# A computer wants 2004-03-05. Its answer has ten characters whatever was read, in an order of its own,
# and its first character may depend on the last one that was read. A network that answers at every step
# is too early. One that answers once, at the end, has only one thing to say.
#
# **How can a network give an answer of another length and in another order than what it reads?** That is
# the question of this chapter. The answer is two networks and one state between them.
#
# Afterwards you can
#
# - draw classification, tagging, autoencoding and translation as one picture;
# - build an encoder and a decoder, and say what passes between them;
# - find out what a state forgets, and tell a lack of room from a lack of training;
# - say what a teacher-forced loss measures, and what it does not;
# - search with a beam, and tell an error of the search from an error of the model;
# - judge a piece of advice by an experiment.
#
# You need chapters 1 to 4. The notebook runs in about a minute.

# %%
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import json

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

torch.__version__

# %%
import figures
import questions
import rnn_datasets as data
import seq2seq_figures
import seq2seq_models
import widgets
from experiments import dates, repeating, tagging
from training import train

plt.style.use("course.mplstyle")
torch.set_num_threads(1)
torch.set_grad_enabled(False)  # this lecture looks more often than it learns
list(repeating.KINDS)

# %% [markdown]
# ## One picture, four uses
#
# A recurrent network may read at some steps and answer at some steps. Which ones, that is the whole
# difference between four trades.

# %%
NO = None  # nothing goes in, or nothing comes out
USES = {
    "classification": ([*"adele"], [NO] * 4 + ["name"]),
    "tagging": ([*"if x:"], ["kw", "kw", "–", "name", "op"]),
    "autoencoding": ([*"ada", NO, NO, NO], [NO, NO, NO, *"ada"]),
    "translation": ([*"6.3.", NO, NO, NO, NO, NO], [NO] * 4 + [*"03-06"]),
}
waits = {}
fig, grid = plt.subplots(2, 2, figsize=(10, 5.2))
for ax, (use, (read, said)) in zip(grid.flat, USES.items(), strict=True):
    figures.draw_unrolled(ax, read, said).set_title(use)
    last_read, first_said = len([x for x in read if x]), [y is not None for y in said].index(True) + 1
    waits[use] = first_said >= last_read
assert waits == {"classification": True, "tagging": False, "autoencoding": True, "translation": True}
plt.show()

# %% [markdown]
# *Four unrolled networks. Classification reads five letters and answers once, at the last. Tagging
# answers at every step. Autoencoding reads three letters, then writes the same three with nothing more
# to read. Translation reads four and writes five others.*
#
# Tagging is the only one that speaks before it has heard all. In the two below, everything that is said
# later has to pass one arrow, the state between the last character read and the first one written.
#
# ## Reading, then writing
#
# Let the two halves have weights of their own (Cho and others, 2014; Sutskever, Vinyals and Le, 2014).
# The **encoder** reads $x_1 \dots x_T$. Its last state is all that the **decoder** gets. The decoder is
# a language model, as in chapter 1, that starts from that state instead of from zero:
#
# $$h = \mathrm{encoder}(x_1, \dots, x_T), \qquad
# P(y \mid x) = \prod_{t} P(y_t \mid y_1, \dots, y_{t-1}, h).$$
#
# Two tokens make it practical. START is what the decoder reads first. END is what it writes when it is
# done, so that the length, too, is something that it decides. Both halves here are GRUs of 96 units.
# They were trained on dates in fourteen languages, and never saw one day in five, in any language.

# %%
network, alphabet = seq2seq_models.shipped()
valid = data.dates(np.random.default_rng(1000), 2000, "valid")
x, lengths = seq2seq_models.encoded(alphabet, valid.sources)
answers, _ = network.write(x, lengths)
exact = (np.array(seq2seq_models.decoded(answers)) == np.array(valid.targets)).mean()
assert exact > 0.99
print(f"{exact:.1%} of {len(valid.targets)} dates of unseen days are right, to the last character.")

# %% [markdown]
# Guessing one day for all of them would be right less than once in a thousand. Now type a date, and let
# the decoder write, one step after another. Each column is what it expects at that step; what it takes,
# it is told at the next.


# %%
def written(source):
    """What the network writes for a text, S characters, and the probabilities (S, V) of each step."""
    tokens, log_p = network.write(*seq2seq_models.encoded(alphabet, [source or " "]))
    return [seq2seq_models.OUT.tokens[token] for token in tokens[0]], log_p[0].exp().numpy()


written("5. März 2004")[0]


# %%
NAMED = ["pad", "start", "∎", *seq2seq_models.OUT.tokens[3:]]


def date_figure(source, steps):
    """What is read, and what is written of it after some steps."""
    characters, P = written(source)
    fig = Figure(figsize=(9.5, 4.8))
    top, bottom = fig.subplots(2, 1, height_ratios=(1, 6))
    seq2seq_figures.draw_read(top, source)
    shown = ["∎" if character == "<end>" else character for character in characters]
    seq2seq_figures.plot_writing(bottom, P, NAMED, shown, steps)
    return fig


# %%
source = widgets.text_field("a date", "5. März 2004")
widgets.Moving(date_figure, source=source, steps=widgets.slider("written", 0, 11, 6))

# %% tags=["headline"]
date_figure("5. März 2004", steps=11)

# %%
STRANGE = ("5 March 2004", "31. Februar 2021", "5. März 1815", "2004", "tomorrow")
for text in STRANGE:
    characters, P = written(text)
    print(f"{text:18} {''.join(characters).partition('<end>')[0]:12} {P.max(axis=1).prod():.0%}")
said = ["".join(written(text)[0][:10]) for text in STRANGE]
assert said[0] == "2004-03-05" and said[1] == "2021-02-31" and said[2].startswith("1915")
assert said[3].startswith("2004-") and written("2004")[1].max(axis=1).prod() > 0.3

# %% [markdown]
# *Above, the characters of "5. März 2004" in blue boxes, and an arrow into one box, h. Below, eleven
# columns of fourteen cells: in each a single dark green one, and above it the character written,
# 2004-03-05 and a black square for the end.*
#
# Try your own language. (The figure has no Chinese or Korean letters and draws empty boxes; the network
# reads them.) Then lie to it. It writes the 31st of February, because nobody taught it a
# calendar. It has never seen a year before 1900, so 1815 becomes 1915. And to a bare year it adds a day
# that nobody mentioned, in perfect form. Writing well and having read are two different things.

# %% [markdown]
# ## What one state forgets
#
# Seventeen bits are enough to number the 73,049 days of two hundred years. 96 numbers hold them easily.
# **Predict first.** Give the state 32 numbers, or 16, and as many steps of training (a thousand for
# all). What fails first?

# %%
widgets.ask(questions.FAILS_FIRST)

# %%
days = (np.datetime64("2100-01-01") - np.datetime64("1900-01-01")).astype(int)
assert days == 73_049 and 2**16 < days < 2**17
record = json.loads(dates.RECORD.read_text(encoding="utf-8"))
PLACES, KINDS = [*"YYYY-MM-DD"], {"96 units": (96, False), "32": (32, False), "16": (16, False)}
KINDS["96, read backwards"] = (96, True)
runs = {
    name: [run for run in record["networks"] if (run["H"], run["backwards"]) == kind]
    for name, kind in KINDS.items()
}
{name: [run["exact"] for run in kind] for name, kind in runs.items()}


# %%
def places_figure(state):
    """The share of right characters at each place of the answer."""
    fig = Figure(figsize=(9.5, 3.2))
    ax = fig.subplots()
    shares = {state: [run["by_place"] for run in runs[state]]}
    guess = record["without looking"]["by_place"]
    seq2seq_figures.plot_shares(ax, range(10), shares, guess)
    ax.set_xticks(range(10), PLACES)
    ax.set(xlabel="place in the answer")
    return fig


state = widgets.choice("state", list(KINDS))
state.value = "32"
widgets.Moving(places_figure, state=state)

# %%
starts = valid.spans[:, :, 0]
assert (starts[:, 0] > starts[:, 1:].max(axis=1)).mean() > 0.6  # in most dates the year stands last
places = {name: np.array([run["by_place"] for run in kind]) for name, kind in runs.items()}
guess = np.array(record["without looking"]["by_place"])
year, month = (places["96, read backwards"][:, k] for k in (slice(0, 4), 6))
assert year.min() > 0.99 and month.max() < 0.6
assert places["96 units"].min() > 0.88 and places["32"][:, :4].min() > 0.98
assert places["32"][:, [6, 9]].max() < 0.5 and abs(places["16"] - guess)[:, [6, 8, 9]].max() < 0.15
places_figure("32")

# %%
places_figure("96, read backwards")

# %% [markdown]
# *Two stills: the share of right characters at ten places, a line for each of three seeds, and a dotted
# one for guessing the commonest character. With 32 units the four digits of the year and both dashes
# are at one, and from the month on the lines fall towards the dotted one. Read backwards, the second
# digit of the month is the lowest by far.*
#
# The year stays, the month and the day go. It is not room that is missing: 32 numbers of 32 bits could
# hold a date many times over. It is training. In a thousand steps the narrow networks have come no
# further, and the figure does not show where they would end.
#
# But why the year? A guess: distance. It is written first, and in seven dates of ten it was read last.
# The second still tests the guess. Read from the end, most years come first and have the longest way to
# go. And they are right all the same; it is the month that suffers. So distance is not what decides
# here. A year is copied, digit by digit. A month is a word in fourteen languages, and has to be learned
# one by one.
#
# Does a long date fare worse than a short one? Not here, as you will see: "Friday, March 5, 2004" is
# longer and says no more. For length to hurt, there must be more to keep. So let a smaller network, of
# 64 units, read *names*, and write down the same letters again.
#
# **Predict first.** Sutskever and others read their sentences from the end. Does that help?

# %%
widgets.ask(questions.BACKWARDS)

# %%
names = {}
for run in json.loads(repeating.RECORD.read_text(encoding="utf-8"))["networks"]:
    names.setdefault(run["kind"], []).append(run)
exact = {kind: [run["exact"] for run in seeds] for kind, seeds in names.items()}
by_date = {kind: [run["exact"] for run in seeds] for kind, seeds in runs.items()}
assert min(exact["backwards"]) > max(exact["forwards"]) + 0.1
assert max(by_date["96, read backwards"]) < min(by_date["96 units"]) - 0.3
print("names, forwards and backwards:", exact["forwards"], exact["backwards"])
print("dates, forwards and backwards:", by_date["96 units"], by_date["96, read backwards"])

# %%
fig, (left, right) = plt.subplots(2, 1, figsize=(9, 5.2))
date_lines = {name: [run["by_length"] for run in runs[name]] for name in ("96 units", "96, read backwards")}
name_lines = {name: [run["by_length"] for run in names[name]] for name in ("forwards", "backwards")}
seq2seq_figures.plot_shares(left, dates.LENGTHS, date_lines).set_title("dates")
seq2seq_figures.plot_shares(right, repeating.LENGTHS, name_lines).set_title("names")
right.set(xlabel="characters read")
flat, falling = np.array(date_lines["96 units"]), np.array(name_lines["forwards"])
assert abs(flat[:, -1] - flat[:, 0]).max() < 0.12 and flat.min() > 0.75
assert (falling[:, 0] > 0.5).all() and (falling[:, -1] < 0.12).all()
plt.show()

# %% [markdown]
# *Share of answers that are right to the last character, against the length of what was read; three
# seeds. Dates: forwards the lines run level near one, backwards far below. Names: both fall with the
# length, and the lines of those that read backwards lie above.*
#
# Names of three letters come back more often than not, those of twelve almost never. And the famous
# trick does both: it lifts the names and ruins the dates. In a name, the first letter read is the first
# one due. Read from the end, it is heard last and written at once, which gives the writing a good
# start; that is how its inventors explained it. A date in ISO has an order of its own, and there is no
# such start to win. Why the month pays for it, our figures do not say. Sutskever and others translated
# English to French, two languages of similar word order. Their advice was a fact about those.
#
# One of these networks is trained right here, to look into.

# %%
with torch.enable_grad():
    speller = repeating.trained(repeating.KINDS["forwards"], seed=0)
live = repeating.judged(speller)
assert abs(live["exact"] - exact["forwards"][0]) < 0.05
print(f"exact: {live['exact']:.1%} now, {exact['forwards'][0]:.1%} when it was recorded")

# %% [markdown]
# ## A patient teacher
#
# How was it trained? At each step the decoder was told the **right** letter before, whatever it would
# have written itself. That is *teacher forcing* (Williams and Zipser, 1989). All inputs are then known
# beforehand, and the loss is exactly $-\log P(y \mid x)$, since that is a product of such terms.
# Nothing is wrong with it as maximum likelihood. (It is also no matter of gradients: teacher forcing
# chooses what goes *in*. Backpropagation through time carries credit *back*. Truncation cuts that.)
#
# But in use nobody tells it the right letters.

# %%
widgets.ask(questions.WHICH_PREFIXES)


# %%
def spelt(text):
    """The letters of a text that the speller knows."""
    return "".join(letter for letter in text.lower() if letter in repeating.LETTERS.tokens) or "a"


def rows(name, place, letter):
    """What the speller writes for a name: told the truth, on its own, and with one letter forced upon it."""
    x, lengths, y = repeating.batch([name])
    forced = {place - 1: int(repeating.LETTERS.encode(letter)[0])}
    said = {
        "told the truth": speller(x, lengths, y).argmax(2),
        "on its own": speller.write(x, lengths, len(name))[0],
        "one letter forced": speller.write(x, lengths, len(name), forced)[0],
    }
    return {row: seq2seq_models.decoded(tokens, repeating.LETTERS)[0] for row, tokens in said.items()}


# %%
def exposure_figure(name, place, letter):
    """The rows of one name below each other."""
    name, place = spelt(name), min(place, len(spelt(name)))
    lines = {"the name": name} | rows(name, place, spelt(letter)[0])
    fig = Figure(figsize=(9.5, 2.6))
    seq2seq_figures.draw_rows(fig.subplots(), lines, name, place - 1)
    return fig


name, letter = widgets.text_field("a name", "malaysia"), widgets.text_field("letter", "k")
widgets.Moving(exposure_figure, name=name, place=widgets.slider("forced at", 1, 12, 3), letter=letter)

# %%
truth_told, alone, forced = rows("malaysia", 3, "k").values()
wrong = [sum(a != b for a, b in zip("malaysia", row, strict=False)) for row in (truth_told, alone, forced)]
assert wrong[0] <= 1 < min(wrong[1:])
exposure_figure("malaysia", 3, "k")

# %%
x, lengths, y = repeating.batch(repeating.words("valid"))
told, own, counted = speller(x, lengths, y).argmax(2), speller.write(x, lengths, y.shape[1])[0], y != 0
after = {}
first = torch.where((own != y) & counted, torch.arange(y.shape[1]), y.shape[1]).amin(1)
for distance in (1, 2, 3, 4):
    at = (first + distance).clamp(max=y.shape[1] - 1)[:, None]
    use = (first + distance < y.shape[1]) & counted.take_along_dim(at, 1)[:, 0]
    right = [(said.take_along_dim(at, 1) == y.take_along_dim(at, 1))[use] for said in (told, own)]
    after[distance] = [round(float(each.double().mean()), 2) for each in right]
assert all(truth > 0.7 and alone < 0.5 for truth, alone in after.values())
print("steps after its first mistake: right when told the truth, right on its own:", after)

# %%
gaps = [(run["told_truth"], run["told_own"]) for run in names["forwards"]]
assert all(truth > 0.8 and own < 0.72 for truth, own in gaps)
print("letters right, three seeds, told the truth and on its own:", gaps)

# %% [markdown]
# *Four rows of letters, wrong ones crossed out. The name, malaysia. Told the truth: one is wrong. On its
# own: that one, and another behind it. With a k forced upon it at the third place, shaded: others behind
# it are wrong too.*
#
# The same weights and the same names: told the truth, 85% of the letters are right; on its own, two
# thirds. After its first mistake the next letter is right less than half as often as it would be if
# someone had put it right. Training only ever showed it true beginnings, so it never learned what to do
# after a false one. That is **exposure bias** (Ranzato and others, 2016). A limit of this count: a
# network that leaves out a letter and goes on correctly is counted wrong at every place after it.

# %% [markdown]
# ## Weaning
#
# Then let us show it its own letters in training. At first it writes rubbish, so begin with the truth,
# and show less and less of it. That is **scheduled sampling** (Bengio and others, 2015): at every step
# a coin decides, with probability $\epsilon_i$ for the truth, and $\epsilon_i$ decays with the step $i$
# of training.
#
# $$\text{linear: } \max(\epsilon, 1 - c\,i) \qquad \text{exponential: } k^i \qquad
# \text{inverse sigmoid: } k / (k + e^{i/k}).$$


# %%
def decay_figure(done):
    """The three decays, and what they are at some part of the training."""
    fig = Figure(figsize=(9.5, 2.6))
    seq2seq_figures.plot_decays(fig.subplots(), repeating.DECAYS, done)
    return fig


widgets.Moving(decay_figure, done=widgets.slider("done", 0.0, 1.0, 0.5, step=0.05))

# %%
decay_figure(0.5)

# %% [markdown]
# *Three falling curves: a straight one that is at zero after three quarters of the training, one that
# falls at once and ever slower, and one that stays high for a while and falls then.*
#
# **Predict first.** The gap was between 85% and 66%. What will the weaned networks do on their own?

# %%
widgets.ask(questions.WEANED)

# %%
TAUGHT = {"the truth": "forwards", **{name: name for name in repeating.DECAYS}, "its own": "its own letters"}
fig, axes = plt.subplots(1, 2, figsize=(9.5, 3))
for ax, key, label in zip(axes, ("told_truth", "told_own"), ("told the truth", "on its own"), strict=True):
    values = {name: [run[key] for run in names[kind]] for name, kind in TAUGHT.items()}
    seq2seq_figures.plot_groups(ax, values, "share of letters right").set(ylim=(0, 1), title=label)
    ax.tick_params(axis="x", rotation=20)
gap = {name: np.mean([r["told_truth"] - r["told_own"] for r in names[k]]) for name, k in TAUGHT.items()}
weaned = {name: exact[name] for name in repeating.DECAYS}
assert all(gap[name] < gap["the truth"] / 1.8 for name in weaned)
assert max(max(seeds) for seeds in weaned.values()) < min(exact["forwards"]) / 2
ratio = np.mean(list(weaned.values())) / np.mean(exact["forwards"])
assert 0.15 < ratio < 0.27
plt.show()
print({name: f"{np.mean(exact[kind]):.0%} of the names" for name, kind in TAUGHT.items()})

# %% [markdown]
# *Two panels with five bars and three dots on each. Told the truth, the first bar is the highest. On
# its own, all five are closer together, and the first is still the highest.*
#
# The gap closes, and from the wrong side. The weaned networks get *worse* with the truth and do not get
# better on their own; they write a fifth as many names without a mistake. Look at what the loss asks of
# them. Its own beginning may have shifted by a letter, and still letter 7 is due at step 7. So it
# learns to name the letter of a place and not to listen to what was written. Huszár (2015) showed that
# the method does not lead to the true distribution. Bengio and others did see a gain, on captions and
# on speech. A negative result is of one task, one size and one budget, and this is ours. It is also why
# one measures before one believes.

# %% [markdown]
# ## Several ways at once
#
# One letter at a time, always the likeliest: that is *greedy* decoding. But the likeliest letter now
# may begin an unlikely word. A **beam** (for RNNs: Graves, 2012) keeps the $w$ best beginnings instead
# of one. Each step extends all of them by every letter, adds up $\log P$, and keeps the best $w$ of
# what comes out.


# %%
STAY = torch.full((len(repeating.LETTERS),), -torch.inf)
STAY[seq2seq_models.PADDING] = 0.0  # what has ended is padded, at no cost


def extended(model, token, h, log_p, ended):
    """Extend beginnings (N, W) by every token: log-probabilities (N, W V), and the next states (N, W, H)."""
    gain, state = model.step(token.flatten(), h.flatten(0, 1))
    gain = torch.where(ended[..., None], STAY, gain.view(*token.shape, -1))
    return (log_p[..., None] + gain).flatten(1), state.view(*token.shape, -1)


# %%
def beams(model, x, lengths, width, S):
    """For each step: the parents, the tokens and the scores of the best, (N, up to width) each."""
    h = model.read(x, lengths)[:, None]
    token, log_p = torch.full((len(x), 1), seq2seq_models.BEGIN), torch.zeros(len(x), 1)
    ended, steps = token == seq2seq_models.STOP, []
    for _ in range(S):
        everything, state = extended(model, token, h, log_p, ended)
        log_p, place = everything.topk(min(width, everything.shape[1]))
        parent, token = place // len(STAY), place % len(STAY)
        h, ended = state.take_along_dim(parent[..., None], 1), ended.take_along_dim(parent, 1)
        ended = ended | (token == seq2seq_models.STOP)
        steps.append((parent, token, log_p))
    return steps


# %%
def found(steps):
    """Follow the parents back: the answers (N, W, S), the likeliest first, and their scores (N, W)."""
    way = torch.arange(steps[-1][0].shape[1]).expand_as(steps[-1][0])
    tokens = []
    for parent, token, _ in reversed(steps):
        tokens.append(token.take_along_dim(way, 1))
        way = parent.take_along_dim(way, 1)
    return torch.stack(tokens[::-1], 2), steps[-1][2]


greedy = speller.write(x, lengths, y.shape[1])[0]
one = found(beams(speller, x, lengths, 1, y.shape[1]))[0][:, 0]
ended = (greedy == seq2seq_models.STOP).cumsum(1).cumsum(1) > 1  # from the step after END on
assert torch.equal(one, greedy.masked_fill(ended, seq2seq_models.PADDING))  # a beam of one is greedy


# %%
def tree(name, width, steps):
    """The beam for one name, level by level: each beginning as it is written, its score and its parent."""
    levels, before = [], [""]
    for step in beams(speller, *repeating.batch([spelt(name)])[:2], width, steps):
        parents, tokens, scores = (each[0].tolist() for each in step)
        letters = [LETTERS[token] for token in tokens]
        before = [before[parent] + letter for parent, letter in zip(parents, letters, strict=True)]
        ways = zip(before, scores, parents, strict=True)
        levels.append([seq2seq_figures.Beginning(*way) for way in ways])
    return levels


LETTERS = ["", "▷", "∎", *repeating.LETTERS.tokens[3:]]
[way.text for way in tree("ukraina", width=3, steps=3)[-1]]


# %%
def beam_figure(name, width, steps):
    """The beam as a tree."""
    fig = Figure(figsize=(9.5, 3.2))
    levels = tree(name, width, steps)
    seq2seq_figures.draw_beam(fig.subplots(), levels, spelt(name) + "∎", height=6)
    return fig


controls = {"width": widgets.slider("width", 1, 6, 4), "steps": widgets.slider("steps", 1, 12, 8)}
widgets.Moving(beam_figure, name=widgets.text_field("a name", "ukraina"), **controls)

# %%
(alone,), (first, second, *_) = (tree("ukraina", width, 8)[-1] for width in (1, 4))
assert second.text == "ukraina∎" and first.text == "kuraina∎" and alone.text == "urakina∎"
assert first.log_p > alone.log_p + np.log(8) and second.log_p > alone.log_p + np.log(3)
beam_figure("ukraina", width=4, steps=8)

# %% [markdown]
# *A tree that grows to the right, eight steps of a beam of four, for the name ukraina. Letters in
# boxes, green on the way to the right answer; what died out is pale. On the right the four that are
# left, with their probabilities: kuraina before ukraina.*
#
# Greedy begins with the right letter and ends in *urakina*, at one or two per cent. The beam finds the
# true name, several times as likely. And above it, likelier again, *kuraina*, which is wrong. Set the
# width to 1, and step through.

# %%
widgets.ask(questions.WIDER_BEAM)

# %%
x, lengths, y = repeating.batch(repeating.words("valid")[::4])
S = y.shape[1] + 3
due = nn.functional.pad(y, (0, S - y.shape[1]))
costs = nn.functional.cross_entropy(
    speller(x, lengths, y).transpose(1, 2), y, ignore_index=0, reduction="none"
)
truth, table = -costs.sum(1), {}
for width in (1, 2, 5, 10, 50):
    tokens, log_p = found(beams(speller, x, lengths, width, S))
    equal, missed = (tokens == due[:, None]).all(2), truth > log_p[:, 0] + 1e-4
    shares = (equal[:, 0], log_p[:, 0], missed, equal.any(1))
    table[width] = [float(each.double().mean()) for each in shares]
print("width   right   log P   truth likelier   truth in the beam")
for width, (right, score, missed, inside) in table.items():
    print(f"{width:5} {right:7.1%} {score:7.2f} {missed:16.1%} {inside:19.1%}")


# %%
class Silent:
    """The decoder alone: whatever is read, its state begins at zero."""

    step = staticmethod(speller.step)

    def read(self, x, lengths):
        return torch.zeros(len(x), repeating.H)


# %%
told_nothing = {w: found(beams(Silent(), x[:1], lengths[:1], w, S))[0][0, 0] for w in (1, 5, 50)}
assert table[5][0] > table[1][0] + 0.03 and abs(table[50][0] - table[5][0]) < 0.03
assert table[50][1] > table[10][1] > table[5][1] > table[1][1]
assert table[1][2] > 0.1 and table[50][2] < 0.01 and table[50][3] > 0.65
words = {w: seq2seq_models.decoded(tokens[None], repeating.LETTERS)[0] for w, tokens in told_nothing.items()}
assert len(words[1]) > 0 and words[50] == ""
words

# %% [markdown]
# Read the table by columns. The scores rise with the width, as they must. The right answers rise too,
# up to 5, and then no more. The third column says why: at width 1 the truth was often likelier than
# what was found, an **error of the search**. At 50 it never is. What remains wrong is what the network
# *believes*, an **error of the model**, and no beam repairs that. (The last column is the beam's other
# use: something better could choose among its fifty.)
#
# And a wide beam can do harm. Every letter costs, so a short answer has fewer costs. Told nothing, the
# greedy decoder writes a short word, and the beam of 50 the likeliest of all: the empty one. Large
# translation models do the same (Stahlberg and Byrne, 2019). So one divides the score by a power of the
# length (Wu and others, 2016).

# %% [markdown]
# ## Answers while reading
#
# Back to tagging. There the answer keeps pace with what is read, so no state has to hold it all. But
# does the network have to speak before it has read on? Chapter 4 let two LSTMs name the syntax of
# Python, one reading forwards and one both ways. Here are the letters whose past leaves it open what
# they are: after `i` the word may be the keyword `in`, or a name such as `index`.

# %%
tags = {"LSTM": [], "BiLSTM": []}
for run in json.loads(tagging.RECORD.read_text(encoding="utf-8"))["networks"]:
    tags.get(run["network"], []).append((run["accuracy_undecided"], run["accuracy_otherwise"]))
fig, axes = plt.subplots(1, 2, figsize=(9, 2.6))
for ax, k, title in zip(axes, (0, 1), ("letters that are open", "all others"), strict=True):
    values = {name: [100 * (1 - run[k]) for run in seeds] for name, seeds in tags.items()}
    seq2seq_figures.plot_groups(ax, values, "wrong (%)").set(ylim=(0, 14), title=title)
(open_one, rest_one), (open_both, rest_both) = (np.mean(tags[name], axis=0) for name in tags)
assert (1 - open_one) / (1 - open_both) > 2.5 and rest_both - open_both < 0.01 < rest_one - open_one
plt.show()

# %% [markdown]
# *Two panels, a bar for each network and a dot for each seed. On open letters the LSTM errs in about
# twelve of a hundred, the BiLSTM in four; on all others in seven and four.*
#
# Whoever reads both ways errs a third as often where the past does not decide, and hardly more often
# there than elsewhere. An encoder may always read both ways: it has the whole input before the first
# word is due. A decoder may not, for what comes next is what it is asked.

# %% [markdown]
# ## A sequence in two numbers
#
# Let the answer be the input itself, and make the arrow between the two halves as thin as it gets. A
# film: a bright spot moves along a line of 16 pixels and bounces off its ends, for ten frames. One LSTM
# watches. What it hands on is squeezed into **two** numbers. Another LSTM, which sees nothing, draws
# the film from these (after Srivastava, Mansimov and Salakhutdinov, 2015).


# %%
def films(rng, N, T=10, P=16):
    """Films of a spot (N, T, P), where it starts, from 0 to 1, and how far it moves in a frame, (N,) each."""
    start, speed = rng.uniform(0, 1, N), rng.uniform(-0.15, 0.15, N)
    place = start[:, None] + speed[:, None] * np.arange(T)
    place = 1 - abs(1 - place % 2)  # what would leave comes back
    spots = np.exp(-(((place[..., None] - np.linspace(0, 1, P)) / 0.08) ** 2) / 2)
    return torch.from_numpy(spots.astype(np.float32)), start, speed


FILMS, START, SPEED = films(np.random.default_rng(1000), 1000)
FILMS.shape


# %%
class Squeeze(nn.Module):
    """An LSTM watches a film, two numbers remain, and an LSTM draws it again."""

    def __init__(self, P=16, H=48):
        super().__init__()
        self.watch, self.narrow = nn.LSTM(P, H, batch_first=True), nn.Linear(H, 2)
        self.widen, self.draw = nn.Linear(2, H), nn.LSTM(1, H, batch_first=True)
        self.pixels = nn.Linear(H, P)

    def code(self, film):
        return self.narrow(self.watch(film)[0][:, -1])

    def forward(self, code, T=10):
        h = torch.tanh(self.widen(code))[None]
        return self.pixels(self.draw(code.new_zeros(len(code), T, 1), (h, torch.zeros_like(h)))[0])


# %%
def squeezed(seed, steps=800):
    """Train one; give it, and its mean squared error on films that it has not seen."""
    torch.manual_seed(seed)
    model, rng = Squeeze(), np.random.default_rng(seed)

    def loss():
        film = films(rng, 64)[0]
        return ((model(model.code(film)) - film) ** 2).mean()

    with torch.enable_grad():
        train(model.parameters(), loss, steps, rate=0.01, quiet=True)
    return model, float(((model(model.code(FILMS)) - FILMS) ** 2).mean())


# %%
squeezers = [squeezed(seed) for seed in range(3)]
[round(error, 4) for _, error in squeezers]

# %%
flat, seen = films(np.random.default_rng(0), 2000)[0].flatten(1), FILMS.flatten(1)
mean = flat.mean(0)
axes = torch.linalg.svd(flat - mean, full_matrices=False).Vh
pca = {k: float(((seen - mean - (seen - mean) @ axes[:k].T @ axes[:k]) ** 2).mean()) for k in (0, 2, 10)}
assert max(error for _, error in squeezers) < pca[10] / 1.5 < pca[2] / 3
print("squared error of k numbers of a linear method (PCA):", {k: round(e, 4) for k, e in pca.items()})


# %%
def film_figure(first, second):
    """Where films lie in the plane of codes, and the film that is drawn from the chosen place."""
    fig = Figure(figsize=(9.5, 3.4))
    by_start, by_speed, film_ax = fig.subplots(1, 3)
    seq2seq_figures.plot_codes(by_start, CODES, START, (first, second), "colour: where it starts")
    seq2seq_figures.plot_codes(by_speed, CODES, SPEED, (first, second), "colour: how it moves")
    film = MODEL(torch.tensor([[first, second]]), T=15)[0].detach().numpy()
    seq2seq_figures.plot_film(film_ax, film, "drawn from the cross", known=10)
    return fig


# %%
MODEL = squeezers[0][0]
CODES = MODEL.code(FILMS).numpy()
SHOWN = int(np.argmax(SPEED > 0.08))
LOW, HIGH = (np.round(f(CODES, axis=0), 1).tolist() for f in (np.min, np.max))
first = widgets.slider("first", LOW[0], HIGH[0], round(float(CODES[SHOWN, 0]), 1), step=0.1)
second = widgets.slider("second", LOW[1], HIGH[1], round(float(CODES[SHOWN, 1]), 1), step=0.1)
widgets.Moving(film_figure, first=first, second=second)

# %%
film_figure(*CODES[SHOWN].tolist())

# %%
longer = films(np.random.default_rng(1000), 1000, T=15)[0]
assert torch.allclose(longer[:, :10], FILMS)
errors = [((m(m.code(FILMS), T=15) - longer) ** 2).mean((0, 2)) for m, _ in squeezers]
held = ((longer[:, 9:10] - longer) ** 2).mean((0, 2))
assert all((error[11:14] < held[11:14]).all() and error[14] > 5 * error[:10].mean() for error in errors)
print("error of frames 11 to 15:", [[round(float(e), 3) for e in error[10:]] for error in errors])
print("of a film that stands still from frame 10:", [round(float(e), 3) for e in held[10:]])

# %% [markdown]
# *Three panels. Twice the same thousand points in a plane, coloured from blue to orange-red, first by
# where the spot starts and then by how fast it moves, with a cross on one of them. On the right, the
# film that is drawn from the cross, 15 frames one below the other, a dark spot wandering; below the
# tenth, a dashed line: no film was that long.*
#
# Nobody said that a film has a start and a speed. But two numbers are just enough for these two, and so
# a map of them is what training finds. A linear method with *ten* numbers errs more than this does with
# two. Below the dashed line the decoder goes on where no film went. For a few frames that is better
# than standing still; then the spot dissolves. The map is of ten frames.

# %% [markdown]
# ## What practice says
#
# | advice | where it comes from | here |
# |---|---|---|
# | read the source backwards | Sutskever and others (2014) | helped names, ruined dates |
# | put sequences of one length together | the same | less padding, below |
# | clip the gradient's norm | Pascanu and others (2013) | in every training here; chapter 3 |
# | open the forget gates at first | Gers and others (2000), Jozefowicz and others (2015) | chapter 4 |
# | sample in training | Bengio and others (2015) | closed the gap, lost the names |
# | a beam of 4 to 10, scores divided by a power of the length | Wu and others (2016) | 5 was enough, 50 too many |
# | encode both ways | Graves and Schmidhuber (2005), Bahdanau and others (2015) | tags, above |
# | a target of 0.9 instead of 1 (label smoothing) | Szegedy and others (2016) | not tried |
# | count whole answers, not characters | – | 85% of letters, a third of the names |
#
# How much padding does sorting save? Draw 2,560 dates, make batches of 128, and count.

# %%
drawn = [len(source) for source in data.dates(np.random.default_rng(0), 2560).sources]


def padding(sizes):
    """The share of a batch of 128 that is padding."""
    batches = np.reshape(sizes, (-1, 128))
    return 1 - batches.mean() / batches.max(axis=1).mean()


assert padding(drawn) > 0.4 and padding(sorted(drawn)) < 0.1
print(f"padding, as they come: {padding(drawn):.0%}; sorted by length: {padding(sorted(drawn)):.0%}")

# %% [markdown]
# ## Summary
#
# - An encoder reads to the end, a decoder writes from its last state, and END is a token like any other.
# - A state is not full or empty, it is learned, and unevenly: here the year first, the month last. With
#   more to keep, length hurts; without, it does not.
# - Teacher forcing is exact maximum likelihood. It says nothing about what happens after a mistake.
# - Scheduled sampling is a remedy that one has to measure. Here it did not help.
# - A beam repairs errors of the search. Where the model is wrong, or loves short answers, a better
#   search finds just that.
# - A narrow code shows what a network found worth keeping.
#
# A question back: in all this the decoder never looks at the source again. It writes the day from
# memory, seven steps after it began. What if it could look back, at every step, where it likes? That is
# attention, and chapter 7. First, chapter 6 lets it look at a picture.
#
# ## Exercises
#
# Build the parts yourself in `assignments/a05_seq2seq/seq2seq.ipynb`.
#
# 1. Reading and writing: `encode`, `decode_step`.
# 2. Learning: `seq2seq_loss`, `teacher_forcing_probability`, `scheduled_sampling_loss`.
# 3. Writing: `greedy_decode`, `beam_search`.
# 4. Other shapes: `LSTMAutoencoder`, `BiTagger`.
#
# And in this notebook:
#
# 5. Train the speller backwards. Is it still the end of a name that goes wrong first?
# 6. Divide the scores of the beam by the length. What does the silent decoder write then?
# 7. Give `Squeeze` three numbers, or one. What does the map look like with one?
#
# ## Further reading
#
# - K. Cho and others (2014), [Learning phrase representations using RNN
#   encoder-decoder](https://arxiv.org/abs/1406.1078).
# - I. Sutskever, O. Vinyals, Q. Le (2014), [Sequence to sequence learning with neural
#   networks](https://arxiv.org/abs/1409.3215).
# - S. Bengio, O. Vinyals, N. Jaitly, N. Shazeer (2015), [Scheduled
#   sampling](https://arxiv.org/abs/1506.03099); F. Huszár (2015), [How (not) to train your generative
#   model](https://arxiv.org/abs/1511.05101).
# - R. Williams, D. Zipser (1989), [A learning algorithm for continually running fully recurrent neural
#   networks](https://doi.org/10.1162/neco.1989.1.2.270).
# - M. Ranzato and others (2016), [Sequence level training](https://arxiv.org/abs/1511.06732); S.
#   Wiseman, A. Rush (2016), [Sequence-to-sequence learning as beam-search
#   optimization](https://arxiv.org/abs/1606.02960). Two ways to train on what is written in use.
# - A. Graves (2012), [Sequence transduction](https://arxiv.org/abs/1211.3711), and (2013), [Generating
#   sequences](https://arxiv.org/abs/1308.0850).
# - Y. Wu and others (2016), [Google's neural machine translation
#   system](https://arxiv.org/abs/1609.08144); F. Stahlberg, B. Byrne (2019), [On NMT search errors and
#   model errors](https://arxiv.org/abs/1908.10090).
# - N. Srivastava, E. Mansimov, R. Salakhutdinov (2015), [Unsupervised learning of video representations
#   using LSTMs](https://arxiv.org/abs/1502.04681).
# - A. Graves, J. Schmidhuber (2005), [Framewise phoneme classification with bidirectional
#   LSTM](https://doi.org/10.1016/j.neunet.2005.06.042); D. Bahdanau, K. Cho, Y. Bengio (2015), [Neural
#   machine translation by jointly learning to align and translate](https://arxiv.org/abs/1409.0473).
# - C. Szegedy and others (2016), [Rethinking the Inception
#   architecture](https://arxiv.org/abs/1512.00567). Label smoothing.
# - A. Karpathy (2015), [The unreasonable effectiveness of recurrent neural
#   networks](https://karpathy.github.io/2015/05/21/rnn-effectiveness/).
