# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 5: from sequence to sequence
#
# A network that reads can say one thing when it has finished, or one thing at every step. But the German *13. März 2004* has thirteen
# characters, *March 13, 2004* has fourteen, and the answer *2004-03-13* has ten, in another order. So one network reads to the end, a
# second one starts from what the first has kept, and writes until it says that it is done.
#
# You build the two halves, train them together, and let them write. PyTorch does the gradients from here on:
#
# | | | its job | points |
# |---|---|---|---|
# | 1 | `encode` | read a sequence into one state | 5 |
# | 2 | `decode_step` | one step of writing | 4 |
# | 3 | `seq2seq_loss` | what the right answer costs | 7 |
# | 4 | `teacher_forcing_probability` | how often the truth is shown | 4 |
# | 5 | `scheduled_sampling_loss` | training on what it writes itself | 7 |
# | 6 | `greedy_decode` | write, always the likeliest | 6 |
# | 7 | `beam_search` | write, several ways at once | 9 |
# | 8 | `LSTMAutoencoder` | a sequence through a narrow place | 7 |
# | 9 | `BiTagger` | a label for every step | 6 |
#
# Then your functions learn to read dates in three languages, you look at what they write and what they nearly wrote, and one question (5
# points) wants an answer in words. Lecture 5 has the pictures.
#
# **How to check.** Below each function stands a cell that says `check(...)`, and so below each class. Run it as often as you like. It
# says which promises hold, and names the mistake where it knows it. The grading asks the same with other numbers.
#
# **What everything here promises**
#
# - Tokens are whole numbers. `PAD` is 0, `START` is 1, `END` is 2. Arrays are batch-first: `N` sequences, `T` tokens to read, `S` tokens
#   to write; `D` numbers in an embedding, `H` units.
# - Sequences of a batch are padded **at their ends**, and `lengths` says how many tokens of each are real, from 1 to `T`. What stands in
#   the padding may be any token, and changes nothing.
# - Losses are summed over time and averaged over the batch, unless the text says otherwise.
# - The check sends float64 and compares nine digits; the demonstration learns in float32. So make new tensors like those that you are
#   given: `h.new_zeros(...)`, `torch.full_like(...)`.
# - The gradients are compared too. A `.detach()`, an `.item()` or a NumPy array on the way cuts them.
# - A model that is given has weights of its own, set by their names. You call its parts; you do not change it. Chance comes from the
#   generator that is given, and from nowhere else.
# - Everything in PyTorch is allowed. Where a function of the library fits, the text names it.
# - Where an argument makes no sense, a `ValueError` names it. Which ones must be looked at, the exercise says.

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnn_autograder import check
from rnn_datasets import Dates, date_vocabularies, dates, pad

torch.set_num_threads(1)  # for small matrices one thread is fastest

# %% [markdown]
# ## What is given
#
# A model: two tables of vectors, a GRU that reads, a GRU that writes one step at a time, and a layer that turns the writer's state into
# scores. It has no `forward`. What its parts do together, your functions say.

# %%
PAD = 0
START = 1
END = 2


# %% [markdown]
# `V_in` and `V_out` are the sizes of the two vocabularies; `PAD`, `START` and `END` are the first three tokens of the one that is
# written.


# %%
class Seq2Seq(nn.Module):
    """A GRU of H units that reads, and one that writes; tokens become vectors of D numbers."""

    def __init__(self, V_in: int, V_out: int, D: int, H: int) -> None:
        super().__init__()
        self.read_embedding = nn.Embedding(V_in, D)
        self.reader = nn.GRU(D, H, batch_first=True)
        self.write_embedding = nn.Embedding(V_out, D)
        self.writer = nn.GRUCell(D, H)
        self.readout = nn.Linear(H, V_out)


# %% [markdown]
# ## Reading and writing
#
# ### 1. `encode`
#
# The reader goes over the embedded tokens, and what it has in its state after the **last token** is all that the writer will ever learn
# of the sequence:
#
# $$h_t = \mathrm{reader}(\mathrm{embed}(x_t),\, h_{t-1}), \qquad \mathrm{encode}(x) = h_{\mathrm{length}}, \qquad h_0 = 0$$
#
# The reader's own last state is another thing. In a row that is padded it stands behind the padding, and a GRU does not know that there
# is nothing to read any more. There are two ways out: take from all states (the first result of `model.reader`) the one that is due in
# each row, or wrap the rows by `pack_padded_sequence` (with `enforce_sorted=False`), which stops each at its end.
#
# A `ValueError` names `lengths` where it is not `N` numbers from 1 to `T`. A zero is the treacherous one: position $0 - 1$ exists in
# Python.


# %% nbgrader={"grade": false, "grade_id": "encode_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def encode(model: Seq2Seq, x: Tensor, lengths: Tensor) -> Tensor:
    """Read sequences, each to its end and no further (Sutskever, Vinyals and Le, 2014).

    Args:
        model: its read_embedding and its reader are used.
        x: (N, T) tokens, padded at their ends with any token.
        lengths: (N,) how many tokens of each are no padding, from 1 to T.

    Returns:
        h: (N, H) the state after the last token of each.

    Raises:
        ValueError: lengths is not N numbers from 1 to T.
    """
    ### BEGIN SOLUTION
    N, T = x.shape
    if lengths.shape != (N,) or lengths.min() < 1 or lengths.max() > T:
        raise ValueError(f"lengths is {lengths.tolist()}; {N} numbers from 1 to {T} are due")
    states, _ = model.reader(model.read_embedding(x))
    h: Tensor = states[torch.arange(N), lengths - 1]
    return h
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "encode", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(encode)

# %% [markdown]
# ### 2. `decode_step`
#
# The writer hears what was written before, moves on by one step, and says how likely each token is to come next:
#
# $$h' = \mathrm{writer}(\mathrm{embed}(\mathrm{token}),\, h), \qquad \log p = \log \mathrm{softmax}(\mathrm{readout}(h'))$$
#
# Logarithms, because the next exercises multiply many probabilities. `log_softmax` of PyTorch gives them in one go, and stays finite
# where a softmax and then a logarithm would not. There is no loop in this function: training, greedy writing and the beam each make their
# own.


# %% nbgrader={"grade": false, "grade_id": "decode_step_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def decode_step(model: Seq2Seq, token: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """One step of writing.

    Args:
        model: its write_embedding, its writer and its readout are used.
        token: (N,) what was written before.
        h: (N, H) the state before this step.

    Returns:
        log_p: (N, V_out) logarithms of the probabilities of the next token.
        h: (N, H) the state after this step.
    """
    ### BEGIN SOLUTION
    h = model.writer(model.write_embedding(token), h)
    return log_softmax(model.readout(h), dim=1), h
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "decode_step", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(decode_step)

# %% [markdown]
# ## Learning to write
#
# ### 3. `seq2seq_loss`
#
# The probability of an answer is a product. Each token's is predicted from the state that has read `x` and been told the **right** tokens
# before it, whatever the model would have said there. This is teacher forcing:
#
# $$\mathrm{loss} = -\frac1N \sum_{n=1}^{N} \sum_{s=1}^{S} \big[\,y_{n,s} \ne \mathrm{PAD}\,\big] \; \log p\,(y_{n,s} \mid x_n,\; \mathrm{START}, y_{n,1}, \dots, y_{n,s-1})$$
#
# So the writer's inputs are `y` shifted by one place, with `START` in front:
#
# | step | 1 | 2 | 3 | 4 | 5 |
# |---|---|---|---|---|---|
# | it is told | `START` | `7` | `4` | `END` | `PAD` |
# | it should say | `7` | `4` | `END` | `PAD` | `PAD` |
# | counted | yes | yes | **yes** | no | no |
#
# `y` holds the second row. `END` is a token like any other, and must be learned. `PAD` costs nothing, however many columns of it there
# are. Nothing is divided by the number of tokens: an answer's cost is the logarithm of its probability, and the mean is over answers.
#
# `gather` picks each row's token out of `log_p`; `cross_entropy` with `ignore_index` does it too, if you look up what its `reduction`
# divides by.


# %% nbgrader={"grade": false, "grade_id": "seq2seq_loss_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def seq2seq_loss(model: Seq2Seq, x: Tensor, lengths: Tensor, y: Tensor) -> Tensor:
    """What the right answers cost when each token is predicted from the right ones before it (teacher forcing).

    Args:
        model: reads and writes.
        x: (N, T) tokens to read.
        lengths: (N,) how many of each are no padding.
        y: (N, S) tokens to write: END ends each answer, PAD follows. START is not among them.

    Returns:
        loss: one number: minus the logarithm of each answer's probability, averaged over the batch. PAD costs nothing.
    """
    ### BEGIN SOLUTION
    h = encode(model, x, lengths)
    token = torch.full_like(y[:, 0], START)
    loss = h.new_zeros(())
    for t in range(y.shape[1]):
        log_p, h = decode_step(model, token, h)
        cost = -log_p.gather(1, y[:, t : t + 1]).squeeze(1)
        loss = loss + (cost * (y[:, t] != PAD)).sum() / len(y)
        token = y[:, t]
    return loss
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "seq2seq_loss", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check(seq2seq_loss)

# %% [markdown]
# ### 4. `teacher_forcing_probability`
#
# In training the writer continues right beginnings. In use it continues its own, and where it has gone wrong once it is in a place where
# it has never been. Bengio and others (2015) proposed to get it used to that: show it the truth with a probability $p$ that falls as
# training goes on, and its own token otherwise. They propose three decays. With $i$ for the step of training:
#
# $$\text{linear:}\; 1 - k\,i \qquad\quad \text{exponential:}\; k^i \qquad\quad \text{inverse sigmoid:}\; \frac{k}{k + e^{i/k}}$$
#
# None of them falls below `floor`. Mind the third after a long training: $e^{710}$ is more than a float can hold, and Python raises an
# `OverflowError` where the result should simply be 0. Divide by $k$ above and below, and you have one over something; how large it is
# exactly does not matter then.
#
# A `ValueError` names `schedule` where it is none of `linear`, `exponential`, `inverse_sigmoid`; `k` where it does not suit (it must be
# above 0; above 0 and below 1; at least 1); `step` where it is below 0.


# %% nbgrader={"grade": false, "grade_id": "teacher_forcing_probability_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def teacher_forcing_probability(step: int, schedule: str, k: float, floor: float = 0.0) -> float:
    """How often the truth is shown after so many steps of training (Bengio, Vinyals, Jaitly and Shazeer, 2015).

    Args:
        step: of training, from 0.
        schedule: linear (1 - k step), exponential (k ** step) or inverse_sigmoid (k / (k + exp(step / k))).
        k: linear: above 0; exponential: above 0 and below 1; inverse_sigmoid: at least 1.
        floor: it never falls below this.

    Returns:
        p: from floor to 1.

    Raises:
        ValueError: schedule is none of these, k does not suit it, or step is below 0.
    """
    ### BEGIN SOLUTION
    suits = {"linear": k > 0, "exponential": 0 < k < 1, "inverse_sigmoid": k >= 1}
    if schedule not in suits:
        raise ValueError(f"schedule is {schedule!r}; it must be linear, exponential or inverse_sigmoid")
    if not suits[schedule]:
        raise ValueError(f"k is {k}, which makes no {schedule} decay")
    if step < 0:
        raise ValueError(f"step is {step}; it must be at least 0")
    if schedule == "linear":
        p = 1 - k * step
    elif schedule == "exponential":
        p = k**step
    else:
        p = 1 / (1 + math.exp(min(step / k, 700.0)) / k)
    return max(floor, p)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "teacher_forcing_probability", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(teacher_forcing_probability)

# %% [markdown]
# ### 5. `scheduled_sampling_loss`
#
# As `seq2seq_loss`, but before each step **after the first** a coin is thrown, for **each sequence by itself**. With probability `p` the
# writer is told the right token, as before; otherwise it is told the likeliest token of its own step before, the argmax of `log_p`. The
# first step is told `START` in any case.
#
# Only what it is *told* changes. What it *should say* is still `y`, and `PAD` still costs nothing. With `p = 1` this is `seq2seq_loss`;
# with `p = 0` the writer is on its own from the first token on.
#
# An argmax has no gradient, and none is asked for: a choice is a choice. But the state that goes from step to step has one, so do not cut
# it.
#
# The coins come from `rng`, a generator of NumPy's: `rng.random(N) < p`, say. In which order you draw them is up to you. A `ValueError`
# names `p` where it is no probability.


# %% nbgrader={"grade": false, "grade_id": "scheduled_sampling_loss_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scheduled_sampling_loss(
    model: Seq2Seq, x: Tensor, lengths: Tensor, y: Tensor, p: float, rng: np.random.Generator
) -> Tensor:
    """As seq2seq_loss, but some tokens are predicted from what the model would have written itself.

    Args:
        model: reads and writes.
        x: (N, T) tokens to read.
        lengths: (N,) how many of each are no padding.
        y: (N, S) tokens to write.
        p: for every sequence and every step but the first by itself, the probability that the truth is shown; else
            the likeliest token of the step before is.
        rng: the only source of chance.

    Returns:
        loss: one number, as seq2seq_loss gives it.

    Raises:
        ValueError: p is not from 0 to 1.
    """
    ### BEGIN SOLUTION
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}; a probability is due")
    h = encode(model, x, lengths)
    token = torch.full_like(y[:, 0], START)
    loss = h.new_zeros(())
    for t in range(y.shape[1]):
        log_p, h = decode_step(model, token, h)
        cost = -log_p.gather(1, y[:, t : t + 1]).squeeze(1)
        loss = loss + (cost * (y[:, t] != PAD)).sum() / len(y)
        truth = torch.from_numpy(rng.random(len(y)) < p)
        token = torch.where(truth, y[:, t], log_p.argmax(dim=1))
    return loss
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "scheduled_sampling_loss", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check(scheduled_sampling_loss)

# %% [markdown]
# ## Writing
#
# ### 6. `greedy_decode`
#
# Nobody knows the answer now. Begin with `START`, take the likeliest token at every step, and tell it to the writer at the next one.
#
# Each row ends by itself: `END` is written, and from there on the row holds `PAD`, whatever the model says, while the others go on. The
# result is always `(N, max_length)`. If `END` does not come in time the row is full, and stops without it. Any token may be written, be
# it `PAD` or `START`, if it is the likeliest; only `END` ends.
#
# A `ValueError` names `max_length` where it is below 1.


# %% nbgrader={"grade": false, "grade_id": "greedy_decode_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def greedy_decode(model: Seq2Seq, x: Tensor, lengths: Tensor, max_length: int) -> Tensor:
    """Write answers, the likeliest token at every step.

    Args:
        model: reads and writes.
        x: (N, T) tokens to read.
        lengths: (N,) how many of each are no padding.
        max_length: tokens of an answer at most, its END included.

    Returns:
        tokens: (N, max_length) the answers; PAD follows END.

    Raises:
        ValueError: max_length is below 1.
    """
    ### BEGIN SOLUTION
    if max_length < 1:
        raise ValueError(f"max_length is {max_length}; it must be at least 1")
    h = encode(model, x, lengths)
    token = torch.full_like(x[:, 0], START)
    ended = torch.zeros_like(token, dtype=torch.bool)
    tokens = []
    for _ in range(max_length):
        log_p, h = decode_step(model, token, h)
        token = torch.where(ended, PAD, log_p.argmax(dim=1))
        ended = ended | (token == END)
        tokens.append(token)
    return torch.stack(tokens, dim=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "greedy_decode", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(greedy_decode)

# %% [markdown]
# ### 7. `beam_search`
#
# The likeliest token now can be the beginning of an unlikely answer. To find the likeliest answer for certain one would have to try all:
# with `V` tokens and `S` steps that is up to $V^S$ of them. A beam keeps the `width` best beginnings instead. It starts with one, the
# empty one, whose score is 0. Then, `max_length` times:
#
# 1. Every beginning in the beam that **has not ended** is extended by each of the `V` tokens. The score of an extension is the score of
#    the beginning plus $\log p$ of the token.
# 2. One that **has ended** by `END` stays as it is, with the score that it has.
# 3. Of all these together, whichever beginning they come from, the `width` with the highest scores are the new beam.
#
# Each way needs the state that belongs to it. What is in the beam at the end is the result, the likeliest first: the answers with their
# `END` where they came to one, and without it where the steps ran out. Scores are logarithms of probabilities, not divided by the length.
#
# With `width = 1` this is `greedy_decode`. With a width that holds all answers it finds every one of them. In between it may miss the
# best: a beginning that was dropped does not come back. `width` may be larger than `V`; a `torch.topk` that asks for more than there is
# complains.
#
# A `ValueError` names `width` or `max_length` where it is below 1, and `x` where it has no tokens. Loops are fine here; `tolist()` is,
# too, since nobody asks for a gradient.


# %% nbgrader={"grade": false, "grade_id": "beam_search_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def beam_search(model: Seq2Seq, x: Tensor, width: int, max_length: int) -> list[tuple[list[int], float]]:
    """Write one answer in several ways at once, and keep the likeliest.

    Args:
        model: reads and writes.
        x: (T,) the tokens of one sequence, without padding.
        width: how many ways are kept; it may be larger than the vocabulary.
        max_length: tokens of an answer at most, its END included.

    Returns:
        answers: at most width of them, the likeliest first: its tokens (END included where it came to one) and the
            logarithm of their probability.

    Raises:
        ValueError: width or max_length is below 1, or x has no tokens.
    """
    ### BEGIN SOLUTION
    for name, given in (("the length of x", len(x)), ("width", width), ("max_length", max_length)):
        if given < 1:
            raise ValueError(f"{name} is {given}; it must be at least 1")
    h = encode(model, x[None], torch.tensor([len(x)]))
    beam: list[tuple[list[int], float, Tensor]] = [([], 0.0, h)]
    for _ in range(max_length):
        extended = []
        for tokens, score, h in beam:
            if tokens and tokens[-1] == END:
                extended.append((tokens, score, h))
                continue
            last = torch.tensor([tokens[-1] if tokens else START])
            log_p, next_h = decode_step(model, last, h)
            for token, gain in enumerate(log_p[0].tolist()):
                extended.append(([*tokens, token], score + gain, next_h))
        beam = sorted(extended, key=lambda way: -way[1])[:width]
    return [(tokens, score) for tokens, score, _ in beam]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "beam_search", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check(beam_search)

# %% [markdown]
# ## Other shapes of the same idea
#
# ### 8. `LSTMAutoencoder`
#
# Let the answer be the sequence itself. That is easy for whoever may look, so the way from the reader to the writer leads through a
# narrow place: a code of `C` numbers. What the code holds of a sequence is what the writer needed most.
#
# $$\mathrm{code} = \mathrm{to\_code}(h_{\mathrm{length}}), \qquad h'_0 = \mathrm{from\_code}(\mathrm{code}), \qquad c'_0 = 0$$
#
# $h$ is the reader's state after the last token, $h'$ and $c'$ are the writer's state and cell. There is no nonlinearity in between. The
# writer is told `START` and then `x`, shifted by one place as in exercise 3, and should say `x`. There is no `END` to say here: the
# lengths are known.
#
# From now on you write the modules, so their parts must bear the names that the contract gives: the check sets their weights by them.
# Here an `nn.LSTM` can run over all steps at once, since all inputs are known. It returns its states, and then a pair of its last state
# and its last cell, both `(1, N, H)`; that is also the shape in which it wants to begin.
#
# In the loss `lengths` decides what padding is, not the token that stands there.


# %% nbgrader={"grade": false, "grade_id": "LSTMAutoencoder_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class LSTMAutoencoder(nn.Module):
    """Reads a sequence, squeezes it into a few numbers, and writes it again from those (Srivastava et al., 2015).

    Its parts have these names: `embedding` (an nn.Embedding of V tokens in D numbers, for both sides), `reader` (an
    nn.LSTM from D to H), `to_code` (an nn.Linear from H to C), `from_code` (an nn.Linear from C to H), `writer`
    (an nn.LSTM from D to H), `readout` (an nn.Linear from H to V).

    Args:
        V: size of the vocabulary; PAD, START and END are its first three.
        D: size of the embeddings.
        H: units of each LSTM.
        C: numbers in the code.
    """

    def __init__(self, V: int, D: int, H: int, C: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(V, D)
        self.reader = nn.LSTM(D, H, batch_first=True)
        self.to_code = nn.Linear(H, C)
        self.from_code = nn.Linear(C, H)
        self.writer = nn.LSTM(D, H, batch_first=True)
        self.readout = nn.Linear(H, V)
        ### END SOLUTION

    def encode(self, x: Tensor, lengths: Tensor) -> Tensor:
        """The code (N, C): to_code of the reader's state after the last token of each sequence of x (N, T)."""
        ### BEGIN SOLUTION
        states, _ = self.reader(self.embedding(x))
        code: Tensor = self.to_code(states[torch.arange(len(x)), lengths - 1])
        return code
        ### END SOLUTION

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Scores (N, T, V) of each token of x (N, T), given the code and the tokens before it.

        The writer begins with the state from_code(code) and a cell of zeros; it reads START, then x but its last token.
        """
        ### BEGIN SOLUTION
        h0 = self.from_code(self.encode(x, lengths))[None]
        before = torch.cat([torch.full_like(x[:, :1], START), x[:, :-1]], dim=1)
        states, _ = self.writer(self.embedding(before), (h0, torch.zeros_like(h0)))
        scores: Tensor = self.readout(states)
        return scores
        ### END SOLUTION

    def loss(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Cross-entropy of the tokens of x, summed over time and averaged over the batch; padding costs nothing."""
        ### BEGIN SOLUTION
        costs = cross_entropy(self(x, lengths).transpose(1, 2), x, reduction="none")
        real = torch.arange(x.shape[1]) < lengths[:, None]
        return (costs * real).sum() / len(x)
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "LSTMAutoencoder", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check(LSTMAutoencoder)

# %% [markdown]
# ### 9. `BiTagger`
#
# A label for every token: is this character inside a string, a comment, a name? Reading and writing go at the same pace, so no token
# waits for another to be written, and one may look at the whole sequence from both ends. One LSTM reads forward, one backward, and at
# every token their two states stand side by side:
#
# $$\mathrm{scores}_t = \mathrm{readout}\big([\overrightarrow{h}_t \,;\, \overleftarrow{h}_t]\big)$$
#
# Forward, padding comes last and harms nobody. **Backward it comes first**, and the state that arrives at the last real token is full of
# it. `pack_padded_sequence` (with `enforce_sorted=False`) makes the backward direction begin where each sequence ends;
# `pad_packed_sequence` unpacks, and needs `total_length` where no sequence fills its row.
#
# The loss is a mean this time: over all tokens of the batch that are no padding. Every label counts the same, and 0 is a label like any
# other.


# %% nbgrader={"grade": false, "grade_id": "BiTagger_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class BiTagger(nn.Module):
    """A label for every token, from what stands before it and after it (Graves and Schmidhuber, 2005).

    Its parts have these names: `embedding` (an nn.Embedding of V tokens in D numbers), `lstm` (a bidirectional
    nn.LSTM from D to H in each direction), `readout` (an nn.Linear from 2H to C).

    Args:
        V: size of the vocabulary.
        D: size of the embeddings.
        H: units of each direction.
        C: labels.
    """

    def __init__(self, V: int, D: int, H: int, C: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.embedding = nn.Embedding(V, D)
        self.lstm = nn.LSTM(D, H, batch_first=True, bidirectional=True)
        self.readout = nn.Linear(2 * H, C)
        ### END SOLUTION

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Scores (N, T, C) of the labels of x (N, T); whatever stands in the padding of x, they stay the same.

        What the scores of padding are does not matter.
        """
        ### BEGIN SOLUTION
        packed = pack_padded_sequence(self.embedding(x), lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=x.shape[1])
        scores: Tensor = self.readout(states)
        return scores
        ### END SOLUTION

    def loss(self, x: Tensor, lengths: Tensor, y: Tensor) -> Tensor:
        """Cross-entropy of the labels y (N, T), averaged over all tokens that are no padding."""
        ### BEGIN SOLUTION
        costs = cross_entropy(self(x, lengths).transpose(1, 2), y, reduction="none")
        real = torch.arange(x.shape[1]) < lengths[:, None]
        return (costs * real).sum() / real.sum()
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "BiTagger", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(BiTagger)

# %% [markdown]
# ## Put it together
#
# ### A network that reads dates
#
# German, English and Korean dates, as people write them; the answer is the ISO form. The network never sees the days of the `valid` split
# while it learns, in no language and in no form: on those we judge it.

# %% tags=["demo"]
from tqdm.auto import tqdm

languages = ("de", "en", "ko")
to_read, to_write = date_vocabularies(languages)
held_out = dates(np.random.default_rng(0), 400, "valid", languages)
print(f"{len(to_read)} tokens to read, {len(to_write)} to write. For example:\n")
for source, target in zip(held_out.sources[:8], held_out.targets, strict=False):
    print(f"{target}   {source}")


# %% tags=["demo"]
def tensors(drawn: Dates) -> tuple[Tensor, Tensor, Tensor]:
    """Dates as x (N, T), lengths (N,) and y (N, 11): ten characters and END."""
    x, real = pad([to_read.encode(source) for source in drawn.sources], PAD)
    y = np.array([[*to_write.encode(target), END] for target in drawn.targets])
    return torch.from_numpy(x), torch.from_numpy(real.sum(axis=1)), torch.from_numpy(y)


# %% [markdown]
# While it learns we ask two things about the held-out days. What does the right answer cost if the writer is told the right characters
# before each (`p = 1`), as in training? And what does it cost if the writer is told its own (`p = 0`), as in use?


# %% tags=["demo"]
@torch.no_grad()
def told_truth_and_itself(model: Seq2Seq) -> list[float]:
    """What the held-out answers cost, told the right tokens, and told its own."""
    asked, rng = tensors(held_out), np.random.default_rng(0)
    return [scheduled_sampling_loss(model, *asked, p, rng).item() for p in (1.0, 0.0)]


# %% tags=["demo"]
def learn(seed: int, steps: int = 500) -> tuple[Seq2Seq, list[list[float]]]:
    """A model that has seen 96 dates at each step, and what the held-out ones cost at every 25th."""
    rng, costs = np.random.default_rng(seed), []
    torch.manual_seed(seed)
    model = Seq2Seq(len(to_read), len(to_write), D=32, H=128)
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=steps)
    for step in tqdm(range(1, steps + 1), unit="step"):
        optimizer.zero_grad()
        seq2seq_loss(model, *tensors(dates(rng, 96, "train", languages))).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        costs += [] if step % 25 else [told_truth_and_itself(model)]
    return model, costs


# %% [markdown]
# Something to compare with: there are 73,049 days from 1900 to 2099. Who knows the calendar by heart and reads nothing pays the logarithm
# of that for each, 11.2. It takes half a minute.

# %% tags=["demo"]
trained, costs = learn(seed=1)
calendar = math.log(73_049)
print(f"told the truth {costs[-1][0]:.2f}, told itself {costs[-1][1]:.2f}, without reading {calendar:.1f}")

# %% tags=["demo"]
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
steps = 25 * np.arange(1, len(costs) + 1)
for each, label, color in zip(
    zip(*costs, strict=True), ("told the truth", "told itself"), ("#0072B2", "#D55E00"), strict=True
):
    ax.plot(steps, each, color=color, label=label)
ax.axhline(calendar, color="gray", linestyle=":", label="knows the calendar, reads nothing")
ax.set(xlabel="step of learning", ylabel="cost of an answer (nats)", ylim=(0, 20))
ax.legend()
plt.show()

# %% [markdown]
# The blue line is what the training makes small. The orange one belongs to the same weights on the same dates, and is higher all the way:
# one wrong character, and the writer continues a date that it has never been asked to continue.
#
# How many dates are right to the last character?

# %% tags=["demo"]
with torch.no_grad():
    x, lengths, y = tensors(held_out)
    written = greedy_decode(trained, x, lengths, max_length=11)
right = (written == y).all(dim=1)
print(
    f"{right.float().mean():.0%} of {len(y)} dates, {(written == y).float().mean():.1%} of their characters"
)
for n in torch.nonzero(~right).flatten()[:4].tolist():
    print(f"{to_write.decode(written[n, :10].tolist())} for {held_out.sources[n]} ({held_out.targets[n]})")

# %% [markdown]
# The characters flatter it: a single wrong one spoils a date.
#
# ### What it nearly wrote
#
# Greedy shows one answer. Your beam shows the rivals, and how sure the network is. **Predict first:** what will it say to the 31st of
# February? There is no such date in its data.


# %% tags=["demo"]
@torch.no_grad()
def show(model: Seq2Seq, text: str, width: int = 3) -> None:
    """A date as greedy writes it, and the likeliest answers that a beam finds."""
    x = torch.from_numpy(to_read.encode(text))
    greedy = greedy_decode(model, x[None], torch.tensor([len(x)]), max_length=11)[0]
    ways = [
        f"{to_write.decode(tokens[:10])} {math.exp(score):4.0%}"
        for tokens, score in beam_search(model, x, width, max_length=11)
    ]
    print(f"{text:18} greedy {to_write.decode(greedy[:10].tolist())}   beam {', '.join(ways)}")


# %% tags=["demo"]
for text in ("13. März 2004", "March 13, 2004", "2004년 3월 13일", "Feb 31, 2021", "31. Februar 2021"):
    show(trained, text)

# %% [markdown]
# It has no way to refuse. Every step must write something, so it writes a date; which one, depends on the language it is asked in and on
# the seed of its training. It is no wonder that it is wrong, only that it does not look wrong. The rivals' shares say more than the answer.
#
# Type dates of your own; a character that it does not know becomes a token for strangers. Try a form that it never saw (`13 March 2004`),
# or a year (`1815`).
#
# Does the beam help? Look at two numbers: how likely the answers are in the eyes of the model, and how many are right.


# %% tags=["demo"]
@torch.no_grad()
def by_beam(model: Seq2Seq, width: int, N: int = 150) -> tuple[float, float]:
    """Of the first N held-out dates: the mean score of the best answer, and the share of right ones."""
    scores, right = [], []
    for source, target in zip(held_out.sources[:N], held_out.targets, strict=False):
        tokens, score = beam_search(model, torch.from_numpy(to_read.encode(source)), width, max_length=11)[0]
        scores.append(score)
        right.append(to_write.decode(tokens[:10]) == target)
    return float(np.mean(scores)), float(np.mean(right))


# %% tags=["demo"]
found = {width: by_beam(trained, width) for width in (1, 2, 5)}
for width, (score, share) in found.items():
    print(f"width {width}: mean log-probability {score:.3f}, {share:.1%} right")

# %% [markdown]
# A wider beam finds answers that the model likes better. Whether they are right more often is another matter. With this seed the share of
# right dates changed by one in a hundred and fifty; with `learn(seed=2)` a beam of five lost two of them. All answers have the same
# length here, so nothing is gained or lost by being short.
#
# ### The truth, less and less
#
# Nothing above used your decays. Here they are, each with a `k` that brings it down within 500 steps:

# %% tags=["demo"]
fig, ax = plt.subplots(figsize=(8, 3), layout="constrained")
for (schedule, k), color in zip(
    {"linear": 1 / 400, "exponential": 0.99, "inverse_sigmoid": 50.0}.items(),
    ("#0072B2", "#E69F00", "#009E73"),
    strict=True,
):
    p = [teacher_forcing_probability(step, schedule, k, floor=0.1) for step in range(501)]
    ax.plot(p, color=color, label=f"{schedule}, k = {k:g}")
ax.set(xlabel="step of learning", ylabel="share of the truth", ylim=(0, 1.05))
ax.legend()
plt.show()

# %% [markdown]
# In `learn`, put `scheduled_sampling_loss` in the place of `seq2seq_loss`, with one of these for `p`. Does the orange line come down?
# Does the share of right dates go up? Before you believe it, do it for three seeds.

# %% [markdown]
# ## In words
#
# ### 10. What went through the narrow place?
#
# 1. Your `encode` hands over `H` numbers, whether the sequence had five tokens or five hundred. A model translates short sentences well
#    and long ones badly. Give two different reasons why length could hurt, and for each an experiment that would tell it from the other.
# 2. In the figure the same weights cost less when told the truth than when told themselves. Which beginnings did the model meet in
#    training, and which does it meet in use? Is the blue number therefore not the probability of the answers?
# 3. A wider beam finds an answer that is likelier than greedy's, and it is the wrong one. How can that be? And why would a model whose
#    answers differ in length tend to write shorter ones, the wider the beam is?
#
# Two to five sentences for each. An argument counts, not its length.

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_went_through", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# *For the grader: 2 + 1.5 + 1.5 points.*
#
# 1. **Too little room:** all that the answer needs must fit into `H` numbers of finite precision, and a longer sentence holds more.
#    Experiment: vary `H` alone; if the accuracy at a given length rises with it, room was short. **Too far away:** the first tokens are
#    many steps from the state that is handed over, so they are overwritten on the way there, and on the way back their gradient has faded
#    (chapters 3 and 4). Experiment: keep the length and look at which positions of the *input* the errors belong to, or read the sequence
#    in reverse, as Sutskever and others (2014) did; if other tokens fail now, it was distance. Also right: few long sentences in the
#    training data (train on more of them), errors that pile up while *writing* (compare short and long answers for inputs of one length).
#    *Half a point for each reason, half for each experiment that could come out either way. "The network forgets", without where or why:
#    half a point in all.*
# 2. In training every beginning is that of a **right** answer; in use it is the model's own, and after one mistake a beginning of a kind
#    that no training step showed. What it says there was never corrected. **The blue number is still exact:** by the chain rule the
#    probability of an answer is the product of the probabilities of its tokens, each given the right ones before it, and that is what
#    teacher forcing adds up. The orange number is the probability of nothing; it measures how it fares in use. *One point for the
#    beginnings, half for the chain rule.*
# 3. **The score is the model's opinion, not the truth:** the beam searches better for what the model believes, and where the belief is
#    wrong a better search finds the mistake. **Every token costs something**, as no probability is above one, so the score of an answer
#    can only fall as it grows; a short answer that greedy would have passed by wins once it is in the beam at all. *One point for the
#    first, half for the second. Dividing by the length is a remedy; naming it is not needed.*
