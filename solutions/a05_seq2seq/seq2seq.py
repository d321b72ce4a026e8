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

# %%
import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnn_autograder import check

torch.set_num_threads(1)  # for small matrices one thread is fastest

# %% [markdown]
# ## What is given

# %%
PAD = 0
START = 1
END = 2


class Seq2Seq(nn.Module):
    """A GRU that reads, and a GRU that writes. What they do, the functions below say.

    Args:
        V_in: size of the vocabulary that is read.
        V_out: size of the vocabulary that is written; PAD, START and END are its first three.
        D: size of the embeddings.
        H: units of each GRU.
    """

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
    for name, size in (("the length of x", len(x)), ("width", width), ("max_length", max_length)):
        if size < 1:
            raise ValueError(f"{name} is {size}; it must be at least 1")
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
