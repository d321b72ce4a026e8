# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 6: captions for pictures
#
# A convolutional network turns a picture into a few numbers. A recurrent network turns a few numbers into a sentence. Put one behind the other, and pictures are
# described. In this assignment you build the joint between the two, the network that writes, and the score by which captions have been measured since 2002. Then you find out
# what that score does not see.
#
# | | | its job | points |
# |---|---|---|---|
# | 1 | `global_average_pool` | from a map of features to one vector | 3 |
# | 2 | `caption_batches` | batches without padding | 5 |
# | 3 | `CaptioningRNN` | scores, loss and captions, for two cells and two ways in | 26 |
# | 4 | `bleu` | how much of a caption a person wrote, too | 11 |
#
# Then you train three captioners on drawn scenes, one of which never looks, and one question (5 points) wants an answer in words.
# Lecture 6 has the pictures and the derivation.
#
# **How to check.** Below each exercise stands a cell that says `check(...)`. Run it as often as you like. It calls your
# code, says which promises hold, and names the mistake where it knows it. The grading asks the same with other
# numbers.
#
# **What everything here promises**
#
# - From here on `torch.nn` and its gradients are yours. Tensors are batch-first: `N` pictures, `T` tokens, `D` numbers in an embedding, `H` hidden units, `V` tokens in the
#   vocabulary. The letter `F` counts the features of a picture.
# - The checks bring weights of their own, so the parts of a module have the names that its text gives them. In which order you make them does not matter.
# - They compute in float64. `torch.zeros(n)` has that dtype there by itself; do not ask for float32.
# - The arguments are left as they were.
# - All chance comes from the `rng` that is given.
# - Where an argument makes no sense, a `ValueError` names it. Which ones must be looked at, the exercise says.

# %%
from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rnn_autograder import check

torch.set_num_threads(1)  # for small matrices one thread is fastest

PAD = 0
START = 1
END = 2

# %% [markdown]
# ## From a picture to a vector
#
# ### 1. `global_average_pool`
#
# The last convolution of a network leaves maps: for each of `C` features, how strongly it is seen at each of `R` times `S` places. A recurrent network wants one vector. There
# are two ways to make one.
#
# **Flatten** keeps every number: `C R S` of them. The layer behind it needs a weight for each and every unit. With the `7 x 7` maps of 512 features that a large network ends
# with, and 512 units, those are 12,845,056 weights. **Global average pooling** (Lin, Chen and Yan, 2014) keeps the mean of each map over all its places: `C` numbers, and 262,144
# weights. It takes maps of any size, and it has nothing of its own to learn.
#
# What does it give up? The same features in other places have the same mean. Keep that in mind for the end of this assignment.
#
# A `ValueError` names `maps` where it has not four axes, or no places.


# %% nbgrader={"grade": false, "grade_id": "global_average_pool_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def global_average_pool(maps: Tensor) -> Tensor:
    """The mean of each feature over all places (Lin, Chen and Yan, 2014).

    Args:
        maps: (N, C, R, S) C features at R times S places.

    Returns:
        features: (N, C).

    Raises:
        ValueError: maps has not four axes, or R or S is 0.
    """
    ### BEGIN SOLUTION
    if maps.ndim != 4 or 0 in maps.shape[2:]:
        raise ValueError(f"maps has the shape {tuple(maps.shape)}; (N, C, R, S) is due, with a place in it")
    return maps.mean(dim=(2, 3))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "global_average_pool", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(global_average_pool)

# %% [markdown]
# ## Sentences of different lengths
#
# ### 2. `caption_batches`
#
# Captions of a batch stand in one rectangle of tokens, and the short ones are filled up with padding. Padding costs nothing in the loss, but it costs time. Where there are many
# captions, the remedy is to put those of one length together: then there is no padding at all.
#
# Given how long each caption is, say which rows go into which batch:
#
# - every row is in exactly one batch, and all captions of a batch have one length;
# - the captions of each length fill batches of `N`, as many as they can; what is left over makes one smaller batch;
# - which captions of a length come together is left to chance, every division being equally likely;
# - so is the order of the batches, with all lengths mixed. A network that sees first all short sentences and then all long ones forgets the short ones.
#
# A `ValueError` names `N` where it is below 1, and `lengths` where it is empty.


# %% nbgrader={"grade": false, "grade_id": "caption_batches_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def caption_batches(lengths: np.ndarray, N: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Divide captions into batches, each of one length, in random order.

    Args:
        lengths: (M,) how many tokens each caption has.
        N: captions in a batch; the last batch of each length may have fewer.
        rng: the only source of chance.

    Returns:
        batches: each some row numbers (at most N,); together they hold each of 0, ..., M - 1 once.

    Raises:
        ValueError: N is below 1, or lengths is empty.
    """
    ### BEGIN SOLUTION
    if N < 1:
        raise ValueError(f"N is {N}; it must be at least 1")
    if len(lengths) == 0:
        raise ValueError("lengths is empty: there is no caption to make batches of")
    batches = []
    for length in np.unique(lengths):
        rows = rng.permutation(np.flatnonzero(lengths == length))
        batches += [rows[start : start + N] for start in range(0, len(rows), N)]
    return [batches[k] for k in rng.permutation(len(batches))]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "caption_batches", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(caption_batches)

# %% [markdown]
# ## The network that writes
#
# ### 3. `CaptioningRNN`
#
# A caption is a sequence of tokens like any other, with `START` (1) before its first word and `END` (2) behind its last; `PAD` (0), elsewhere called NULL, fills it up. A
# recurrent network that predicts each token from those before it is a language model. What makes it a captioner is that the picture gets in. There are two ways:
#
# - `way_in="state"`: the features make the initial state, $h_0 = v\,W + b$, and are never seen again (Vinyals, Toshev, Bengio and Erhan, 2015, show the picture once, too).
# - `way_in="input"`: $h_0$ is zero, and the features stand beside the embedding of the token **at every step**: the input of the network is `[embedding, features]`, embedding first. Its
#   matrix then has columns for both, and those for the features are the $W_{ih}$ of
#
# $$h_t = \tanh(W_{xh}\, x_t + W_{hh}\, h_{t-1} + W_{ih}\, v + b), \qquad \text{here with } W \text{ on the left, as PyTorch keeps it}$$
#
# With `cell="rnn"` the recurrence is an `nn.RNN` (of tanh), with `cell="lstm"` an `nn.LSTM`, whose cell $c_0$ is zero either way.
#
# Three methods are asked for:
#
# - `forward(features, captions)`: the scores of every token behind the first. There are `T - 1` of those, so the last token of `captions` is not read. **The target at a step is the token
#   that comes next**, never the one that was just read.
# - `loss(features, captions)`: the cross-entropy of those tokens, summed over time and averaged over the `N` captions. `END` is a token like any other and has to be learned;
#   `PAD` costs nothing. Gradients flow back into the features, so that a convolutional network before them could learn, too.
# - `sample(features, max_length)`: captions of the network's own. The first input is `START`, then always the token that was likeliest. It answers with what it
#   wrote: `START` is not among it, `END` is, and behind `END` there is only `PAD`. A caption that has not ended after `max_length` tokens is cut off there. Some rows end sooner
#   than others, and none of them may notice the others.
#
# Training knows all tokens and reads them in one go; sampling reads one at a time. So that both are the same network, the class is given two small methods that no check calls: `begin`
# makes the state before the first token, `read` goes on from any state. Fill them, or leave them out and do it your own way.
#
# A `ValueError` names `cell` or `way_in` where it is not one of two, `captions` where there is nothing to predict (`T` below 2), and `max_length` where it is below 1.


# %% nbgrader={"grade": false, "grade_id": "CaptioningRNN_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class CaptioningRNN(nn.Module):
    """Writes a caption for the features of a picture (Vinyals et al., 2015; Karpathy and Fei-Fei, 2015).

    Its parts have these names: `embedding` (an nn.Embedding of V tokens in D numbers), `rnn` (one layer of nn.RNN or
    nn.LSTM with H units, which reads D numbers, or D + F where the features stand beside them), `to_state` (an nn.Linear
    from F to H, only where way_in is "state"), `readout` (an nn.Linear from H to V).

    Args:
        cell: rnn or lstm.
        way_in: state or input.
        F: features of a picture.
        V: size of the vocabulary; PAD, START and END are its first three.
        D: size of the embeddings.
        H: hidden units.

    Raises:
        ValueError: cell or way_in is not one of those two.
    """

    def __init__(self, cell: str, way_in: str, F: int, V: int, D: int, H: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        if cell not in ("rnn", "lstm"):
            raise ValueError(f"cell is {cell!r}; it must be rnn or lstm")
        if way_in not in ("state", "input"):
            raise ValueError(f"way_in is {way_in!r}; it must be state or input")
        self.way_in = way_in
        self.embedding = nn.Embedding(V, D)
        recurrent = nn.LSTM if cell == "lstm" else nn.RNN
        self.rnn = recurrent(D + F if way_in == "input" else D, H, batch_first=True)
        if way_in == "state":
            self.to_state = nn.Linear(F, H)
        self.readout = nn.Linear(H, V)
        ### END SOLUTION

    def begin(self, features: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """The state before the first token, as self.rnn takes it: h (1, N, H), for an LSTM with c (1, N, H)."""
        ### BEGIN SOLUTION
        if self.way_in == "state":
            h0 = self.to_state(features)[None]
        else:
            h0 = features.new_zeros(1, len(features), self.rnn.hidden_size)
        return (h0, torch.zeros_like(h0)) if isinstance(self.rnn, nn.LSTM) else h0
        ### END SOLUTION

    def read(
        self, features: Tensor, tokens: Tensor, state: Tensor | tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor | tuple[Tensor, Tensor]]:
        """Scores (N, T, V) of what follows each of tokens (N, T), and the state after the last of them."""
        ### BEGIN SOLUTION
        x = self.embedding(tokens)
        if self.way_in == "input":
            x = torch.cat([x, features[:, None].expand(-1, x.shape[1], -1)], dim=2)
        states, state = self.rnn(x, state)
        return self.readout(states), state
        ### END SOLUTION

    def forward(self, features: Tensor, captions: Tensor) -> Tensor:
        """Scores (N, T - 1, V) of each token of captions (N, T) but the first, given features (N, F) and those before it.

        Raises:
            ValueError: T is below 2.
        """
        ### BEGIN SOLUTION
        if captions.shape[1] < 2:
            raise ValueError(
                f"captions has the shape {tuple(captions.shape)}: nothing follows the first token"
            )
        scores, _ = self.read(features, captions[:, :-1], self.begin(features))
        return scores
        ### END SOLUTION

    def loss(self, features: Tensor, captions: Tensor) -> Tensor:
        """Cross-entropy of all tokens but the first, summed over time and averaged over the N captions; PAD is free."""
        ### BEGIN SOLUTION
        scores = self(features, captions)
        costs = cross_entropy(scores.transpose(1, 2), captions[:, 1:], ignore_index=PAD, reduction="sum")
        return costs / len(captions)
        ### END SOLUTION

    def sample(self, features: Tensor, max_length: int) -> Tensor:
        """Captions (N, max_length) of its own, the likeliest token at every step; PAD follows END.

        Raises:
            ValueError: max_length is below 1.
        """
        ### BEGIN SOLUTION
        if max_length < 1:
            raise ValueError(f"max_length is {max_length}; it must be at least 1")
        token = torch.full((len(features),), START)
        ended = torch.zeros(len(features), dtype=torch.bool)
        state, tokens = self.begin(features), []
        for _ in range(max_length):
            scores, state = self.read(features, token[:, None], state)
            token = torch.where(ended, PAD, scores[:, 0].argmax(dim=1))
            ended = ended | (token == END)
            tokens.append(token)
        return torch.stack(tokens, dim=1)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "CaptioningRNN", "locked": true, "points": 26, "schema_version": 3, "solution": false, "task": false}
check(CaptioningRNN)

# %% [markdown]
# ## How good is a caption?
#
# ### 4. `bleu`
#
# Several people describe one picture in several ways, and all are right. BLEU (Papineni, Roukos, Ward and Zhu, 2002) asks how much of a candidate stands in at least one of their
# references. An $n$-gram is $n$ tokens in a row.
#
# 1. **Clipped counts.** Each $n$-gram of a candidate counts as often as it stands there, but no more often than in that reference **which has it most often**. Else "the the the the" would be a perfect caption for
#    anything.
# 2. **Pooled.** The clipped counts of all candidates are added up, and divided by the number of all their $n$-grams. That is the precision $p_n$ of the corpus; it is not the mean of the precisions of
#    its sentences.
# 3. **A geometric mean**, $\left(\prod_{n=1}^{M} p_n\right)^{1/M}$ with $M$ for `max_n`. Where one of them is zero, or there is no $n$-gram of that length at all, the score is 0.
# 4. **A brevity penalty.** Precision alone rewards saying little. With $c$ tokens in all candidates and $r$ in their references, the mean is multiplied by $\min(1, e^{\,1 - r/c})$. For $r$ each candidate counts the
#    length of the reference that is **closest to its own**; of two that are equally close, the shorter one.
#
# Nothing is smoothed, and the tokens are compared as they are. A candidate may be empty, or shorter than $n$; it then has no $n$-grams, and its length still counts.
#
# A `ValueError` names `candidates` where there are none, `references` where there are not as many lists of them, or one of those is empty, and `max_n` where it is below 1.


# %% nbgrader={"grade": false, "grade_id": "bleu_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bleu(
    candidates: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]], max_n: int = 4
) -> float:
    """BLEU of a corpus (Papineni, Roukos, Ward and Zhu, 2002).

    Args:
        candidates: captions to be scored, each a list of tokens.
        references: for each of them, captions that are right.
        max_n: the longest n-grams that are counted.

    Returns:
        score: from 0 to 1.

    Raises:
        ValueError: there are no candidates, not as many references, a candidate without a reference, or max_n is below 1.
    """
    ### BEGIN SOLUTION
    if not candidates:
        raise ValueError("candidates is empty: there is nothing to score")
    if len(references) != len(candidates) or not all(references):
        raise ValueError("references must hold at least one caption for each candidate")
    if max_n < 1:
        raise ValueError(f"max_n is {max_n}; it must be at least 1")

    def ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
        return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))

    found, counted = np.zeros(max_n), np.zeros(max_n)
    c = r = 0
    for candidate, right in zip(candidates, references, strict=True):
        c += len(candidate)
        r += min((abs(len(caption) - len(candidate)), len(caption)) for caption in right)[1]
        for n in range(1, max_n + 1):
            counts, most = ngrams(candidate, n), Counter[tuple[str, ...]]()
            for caption in right:
                most |= ngrams(caption, n)
            found[n - 1] += (counts & most).total()
            counted[n - 1] += counts.total()
    if found.min() == 0:
        return 0.0
    brevity = min(1.0, np.exp(1 - r / c))
    return float(brevity * np.exp(np.log(found / counted).mean()))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bleu", "locked": true, "points": 11, "schema_version": 3, "solution": false, "task": false}
check(bleu)

# %% [markdown]
# ## Put it together: what, and where?
#
# The pictures here are drawn: 48 pixels wide, a coloured shape in one of nine places. The caption says what it is and where it stands: "a small red cross at the bottom left". There
# are 360 such captions, and the grammar alone knows every one of them. Only the picture knows which is true.

# %% tags=["demo"]
from collections.abc import Iterator
from itertools import islice

import matplotlib.pyplot as plt
from tqdm.auto import tqdm

from rnn_datasets import encode_captions, scene_vocabulary, scenes

train, new = scenes(np.random.default_rng(0), 4000, (1,)), scenes(np.random.default_rng(1), 500, (1,))
vocabulary = scene_vocabulary()
true_words = {
    name: [list(c[0].words) for c in some.captions] for name, some in {"train": train, "new": new}.items()
}
tokens, mask = encode_captions(vocabulary, true_words["train"], T=10)
lengths = mask.sum(axis=1)

# %% tags=["demo"]
fig, axes = plt.subplots(1, 4, figsize=(9, 2.6), layout="constrained")
for ax, image, words in zip(axes, train.images, true_words["train"], strict=False):
    ax.imshow(image)
    ax.set_title(" ".join(words[:4]) + "\n" + " ".join(words[4:]), fontsize=9)
    ax.axis("off")
plt.show()

# %% [markdown]
# First somebody has to see. This small convolutional network is trained to name shape, colour and size of whatever stands in each of the nine places; as a lesson it gets
# scenes with three things in them. Then its last layer, the classifier, is cut off, and the maps below it are kept: 64 features in three by three places. From here on the network
# stays as it is, so its maps are computed once and for all.


# %% tags=["demo"]
class SceneCNN(nn.Module):
    """64 features in each of the nine places of a scene, and a classifier to learn them by."""

    def __init__(self) -> None:
        super().__init__()
        edges = nn.Sequential(nn.Conv2d(3, 16, 5, stride=2, padding=2), nn.ReLU())
        parts = nn.Sequential(nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU())
        places = nn.Sequential(nn.Conv2d(32, 64, 4, stride=4), nn.ReLU())
        self.maps = nn.Sequential(edges, parts, places)
        self.classifier = nn.Conv2d(64, 5 + 6 + 3, 1)  # shapes, colours and sizes, and nothing at all


# %% tags=["demo"]
def pixels(images: np.ndarray) -> Tensor:
    """Pictures (N, 48, 48, 3) of bytes as (N, 3, 48, 48) numbers from 0 to 1."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255


def follow(model: nn.Module, losses: Iterator[Tensor], steps: int) -> None:
    """So many steps of Adam down these losses, the last of them the shortest."""
    optimizer = torch.optim.Adam(model.parameters(), 6e-3)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    for loss in tqdm(islice(losses, steps), total=steps, unit="step"):
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()


# %% tags=["demo"]
def lessons(cnn: SceneCNN, rng: np.random.Generator) -> Iterator[Tensor]:
    """What it costs the network to name what stands where, batch after batch."""
    seen = scenes(rng, 4000, (3,))
    x, y = pixels(seen.images), torch.from_numpy(seen.by_cell())
    while True:
        rows = torch.from_numpy(rng.integers(len(x), size=64))
        named = cnn.classifier(cnn.maps(x[rows])).flatten(2).split([5, 6, 3], dim=1)
        shape, colour, size = (cross_entropy(part, y[rows, :, k]) for k, part in enumerate(named))
        yield shape + colour + size


# %% tags=["demo"]
torch.manual_seed(0)
cnn = SceneCNN()
follow(cnn, lessons(cnn, np.random.default_rng(2)), steps=400)
with torch.no_grad():
    maps = {name: cnn.maps(pixels(some.images)) for name, some in {"train": train, "new": new}.items()}
maps = {name: each / maps["train"].std() for name, each in maps.items()}

features = {
    "flattened": {name: each.flatten(1) for name, each in maps.items()},
    "pooled": {name: global_average_pool(each) for name, each in maps.items()},
    "blank": {name: torch.zeros(len(each), 1) for name, each in maps.items()},
}
{name: tuple(each["new"].shape) for name, each in features.items()}

# %% [markdown]
# Three captioners, the same in all but their features: all 576 numbers of the maps; their 64 means over the nine places; or nothing at all, a single zero for every picture.
# Each is an LSTM that gets its features at every step.


# %% tags=["demo"]
def readings(model: CaptioningRNN, v: Tensor, rng: np.random.Generator) -> Iterator[Tensor]:
    """The loss of the training captions, given the features v (N, F) of their scenes, batch after batch."""
    while True:
        for rows in caption_batches(lengths, 64, rng):
            yield model.loss(v[rows], torch.from_numpy(tokens[rows, : lengths[rows[0]]]))


def trained(v: Tensor, seed: int = 0) -> CaptioningRNN:
    """A captioner that has read the captions of the training scenes, given their features v (N, F)."""
    torch.manual_seed(seed)
    model = CaptioningRNN("lstm", "input", v.shape[1], len(vocabulary), D=32, H=96)
    follow(model, readings(model, v, np.random.default_rng(seed)), steps=600)
    return model


# %% tags=["demo"]
def said(model: CaptioningRNN, v: Tensor) -> list[list[str]]:
    """Captions in words, up to their END."""
    with torch.no_grad():
        written = model.sample(v, max_length=12).tolist()
    return [[vocabulary.tokens[k] for k in row[: [*row, END].index(END)]] for row in written]


# %% [markdown]
# **Predict first.** For 500 new scenes: how many captions of each captioner are right from the first word to the last? What does each name rightly, the thing or its place? And the BLEU of
# the one that sees only means: nearer to that of the blank one, or to that of the one that sees everything?

# %% tags=["demo"]
models = {name: trained(each["train"]) for name, each in features.items()}
captions = {name: said(model, features[name]["new"]) for name, model in models.items()}


def right(name: str, words: slice) -> float:
    """The share of captions in which these words are the true ones."""
    pairs = zip(captions[name], true_words["new"], strict=True)
    return float(np.mean([caption[words] == true[words] for caption, true in pairs]))


# %% tags=["demo"]
scores = {name: bleu(each, [[true] for true in true_words["new"]]) for name, each in captions.items()}
for name, score in scores.items():
    thing, place, whole = (right(name, words) for words in (slice(4), slice(4, None), slice(None)))
    print(
        f"{name:10} thing right {thing:.2f}, place right {place:.2f}, all right {whole:.2f}, BLEU {score:.2f}"
    )

# %% tags=["demo"]
fig, axes = plt.subplots(2, 3, figsize=(11, 8), layout="constrained")
for ax, image, *said_of_it in zip(axes.flat, new.images, *captions.values(), strict=False):
    ax.imshow(image)
    lines = zip(captions, said_of_it, strict=True)
    ax.set_title("\n".join(f"{name}: {' '.join(words)}" for name, words in lines), fontsize=8)
    ax.axis("off")
plt.show()

# %% [markdown]
# From all the maps, more than eight captions in ten are right to the last word, and where one is not, the small network took one shape for another. From the means it names the
# thing at least as well, and the place no better than by guessing, which is right once in nine times: a mean over all places has forgotten the place. Nearly nine in ten of its captions are
# false, and its BLEU is about 0.7. For "at the top" where it should say "on the left", BLEU takes off what it takes off for any other slip.
#
# The blank one says one sentence to every picture, and for that one gets a BLEU between 0.1 and 0.2. Its grammar is perfect.
#
# ## Did it look?
#
# There is a better question to a captioner than how well it scores: what would it have said of **another picture**? Each true caption of a new scene is scored once with the features of its own
# scene and once with those of the next one.

# %% tags=["demo"]
new_tokens = torch.from_numpy(encode_captions(vocabulary, true_words["new"], T=10)[0])
with torch.no_grad():
    costs = {
        name: [
            model.loss(v, new_tokens).item()
            for v in (features[name]["new"], features[name]["new"].roll(1, 0))
        ]
        for name, model in models.items()
    }
for name, (own, other) in costs.items():
    print(f"{name:10} own picture {own:5.2f} nats a caption, another picture {other:5.2f}")

# %% [markdown]
# The blank one pays the same, and so it has not looked. The other two pay several times as much. What a captioner pays with its own picture tells something else: the logarithm
# of how many captions are left to choose from. With 360 that are equally likely it would be $\ln 360 = 5.9$, and with nine places for a thing that is known $\ln 9 = 2.2$. Which captioner is near
# which of the two, and why?
#
# Try `"state"` in place of `"input"`, or `"rnn"` in place of `"lstm"`. Or give each of the nine places two numbers more, its row and its column, before the maps are pooled: does it help? Why not?

# %% [markdown]
# ## In words
#
# ### 5. Did it look?
#
# 1. A caption says "a big red circle above a small blue square". The circle is below the square. How many of its words does that change, and how would you expect BLEU to
#    take it? Name a caption that is right and scores worse, and say which of the two BLEU was made to tell apart.
# 2. A captioner writes fluent sentences and never looks: its features could all be zero. How can that be, if its loss fell? What does it learn instead? Describe an
#    experiment that finds it out, and what has to be seen in it.
# 3. In the pictures that a captioner was trained on, 95 of 100 circles were red. It is shown a blue one. What will it tend to say, and why is that not a flaw of the loss? Would
#    BLEU, measured on more pictures from the same source, show it?
#
# Three to six sentences for each. An argument counts, not its length.

# %% [markdown] nbgrader={"grade": true, "grade_id": "did_it_look", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# *For the grader: 2 + 1.5 + 1.5 points.*
#
# 1. **One word.** It spoils the pieces of one to four words that hold it, and leaves all others: the score falls a little, as it would for any other word, and nothing in it
#    knows that this one turned the sentence into a falsehood. A right caption in other words ("there is a small blue square, and a big red circle stands under it") shares few long
#    pieces with the reference and scores far worse, near zero. BLEU counts pieces that a person also wrote; it was made to rank systems for translation over
#    **a whole corpus**, where most of them try to say the same, and not to decide on the truth of a sentence. *One point for the first half with the reason, one for the counterexample and what is counted.*
# 2. The loss rewards the next token given those before it, and **most tokens follow from the language alone**: the grammar, the common words, the common answers. So it falls a long way
#    without the picture, down to what the picture alone could tell. The test is an intervention: **other features, same network**. Blank them or give each caption another
#    picture's, and compare loss and captions; where nothing changes, nothing was used. A second one: train a captioner on blank features and see how far that gets;
#    whatever it reaches is no sign of seeing. *Half a point for the language model, one for an intervention and what must be seen. "Look at some captions": no point for the test.*
# 3. It will tend to say red: given a circle, red was right 95 times in 100, and a network that is unsure of the colour does best by saying so. **The loss asks for the likeliest words of the training
#    pictures, and these are likely there**; the flaw is in the pictures. New pictures from the same source have the same bias, so the score stays high and **shows nothing**; it takes
#    pictures on purpose against the bias. *Half a point each: what it says and why; the data and not the loss; the same source cannot show it.*
