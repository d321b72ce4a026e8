# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 1: a network that reads, and writes
#
# A text goes in one character at a time. What has been read so far is kept in one vector, the state. After every
# character the network says what it expects next, and if we let it read what it said, it writes.
#
# You write the eight functions that this takes, with NumPy alone:
#
# | | function | its job | points |
# |---|---|---|---|
# | 1 | `one_hot` | a token as a vector | 2 |
# | 2 | `word_embedding_forward` | a token as a vector that can be learned | 4 |
# | 3 | `rnn_step_forward` | one step of the recurrence | 5 |
# | 4 | `rnn_forward` | all steps | 6 |
# | 5 | `temporal_affine_forward` | from states to scores | 4 |
# | 6 | `temporal_softmax_loss` | how wrong the scores are, and in which direction | 7 |
# | 7 | `sequence_log_prob` | how probable a whole sequence is | 5 |
# | 8 | `sample` | writing | 7 |
#
# Then a network made of your functions learns from Python's manual and writes some of its own, and one question
# (5 points) wants an answer in words. Lecture 1 has the pictures.
#
# **How to check.** Below each function stands a cell that says `check(...)`. Run it as often as you like. It calls your
# function, says which promises hold, and names the mistake where it knows it. The grading asks the same with other
# numbers.
#
# **What every function promises**
#
# - Arrays are batch-first: `N` sequences, `T` steps, then what stands at a step: `D` inputs, `H` hidden units, `V` tokens of the
#   vocabulary, `M` outputs. Weights multiply from the right.
# - Real arguments are float64, and so are real results. Nothing is rounded on the way.
# - The arguments are left as they were. The caller still needs them.
# - Where a `cache` is returned, it holds what the backward pass of chapter 2 will need. What that is and how it is kept is
#   your business, but it must outlive the call: a backward pass may be called twice on the same cache, and other
#   forward passes may come in between.

# %%
import os
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for small matrices one thread is fastest

import matplotlib.pyplot as plt
import numpy as np

from rnn_autograder import check

# %% [markdown]
# ## Words
#
# ### 1. `one_hot`
#
# Token 7 is not more than token 3; the number is only a name. So a network is given a vector with a place for each token:
# a one at the place of this token, zeros elsewhere.
#
# $$\mathrm{out}_{n,t,v} = \begin{cases} 1 & \text{if } \mathrm{tokens}_{n,t} = v \\ 0 & \text{otherwise} \end{cases}$$
#
# The vocabulary belongs to the model, not to the batch: tokens that this batch does not hold have a place too.


# %% nbgrader={"grade": false, "grade_id": "one_hot_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def one_hot(tokens: np.ndarray, V: int) -> np.ndarray:
    """Each token as a vector with a single one.

    Args:
        tokens: (N, T) ints in [0, V).
        V: size of the vocabulary.

    Returns:
        out: (N, T, V) float64.
    """
    ### BEGIN SOLUTION
    out: np.ndarray = np.eye(V)[tokens]
    return out
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "one_hot", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check(one_hot)

# %% [markdown]
# ### 2. `word_embedding_forward`
#
# A one-hot vector times a matrix `W` is one row of `W`: all other rows are multiplied by zero. So the product need not be
# computed. Row `v` of `W` *is* the vector of token `v`, and since `W` is learned, tokens that behave alike can move together.
#
# $$\mathrm{out}_{n,t} = W_{x_{n,t}}$$
#
# `out` is the caller's to keep: when `W` takes its next learning step, an `out` from before must not move with it.


# %% nbgrader={"grade": false, "grade_id": "word_embedding_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def word_embedding_forward(x: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, Any]:
    """Each token's row of the embedding.

    Args:
        x: (N, T) ints in [0, V), the tokens.
        W: (V, D) embedding, a row for each token.

    Returns:
        out: (N, T, D).
        cache: for the backward pass.
    """
    ### BEGIN SOLUTION
    out = W[x]
    cache = (x, W.shape)
    return out, cache
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "word_embedding_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(word_embedding_forward)

# %% [markdown]
# ## The recurrence
#
# ### 3. `rnn_step_forward`
#
# The state after this step depends on what is read now and on the state before. Everything older must come through that state.
#
# $$h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$$
#
# Here `prev_h` is $h_{t-1}$ and `next_h` is $h_t$. The step knows nothing of `t`: it is the same function at the first
# character and at the thousandth.


# %% nbgrader={"grade": false, "grade_id": "rnn_step_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_step_forward(
    x: np.ndarray, prev_h: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, Any]:
    """One step of a tanh RNN (Elman, 1990).

    Args:
        x: (N, D) input at this step.
        prev_h: (N, H) state before it.
        Wx: (D, H) weights from input to state.
        Wh: (H, H) weights from state to state.
        b: (H,) bias.

    Returns:
        next_h: (N, H) state after it.
        cache: for the backward pass.
    """
    ### BEGIN SOLUTION
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rnn_step_forward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(rnn_step_forward)

# %% [markdown]
# ### 4. `rnn_forward`
#
# The step, once for each of the `T` inputs, with the same weights every time. Each step starts from the state that the one
# before it left behind; the first starts from `h0`.
#
# All states are returned, since every one of them will be asked for its prediction. `h0` is not among them: `h[:, 0]` is the state
# after the first input.


# %% nbgrader={"grade": false, "grade_id": "rnn_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rnn_forward(
    x: np.ndarray, h0: np.ndarray, Wx: np.ndarray, Wh: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, Any]:
    """A tanh RNN over whole sequences.

    Args:
        x: (N, T, D) inputs, T at least 1.
        h0: (N, H) state before the first step.
        Wx: (D, H) weights from input to state.
        Wh: (H, H) weights from state to state.
        b: (H,) bias.

    Returns:
        h: (N, T, H) the state after each step.
        cache: for the backward pass.
    """
    ### BEGIN SOLUTION
    prev_h, states, cache = h0, [], []
    for t in range(x.shape[1]):
        prev_h, step_cache = rnn_step_forward(x[:, t], prev_h, Wx, Wh, b)
        states.append(prev_h)
        cache.append(step_cache)
    return np.stack(states, axis=1), cache
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rnn_forward", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(rnn_forward)

# %% [markdown]
# ## Scores and probabilities
#
# ### 5. `temporal_affine_forward`
#
# From each state to `M` scores, one for each possible answer, with the same weights at every step:
#
# $$\mathrm{out}_{n,t} = x_{n,t}\, w + b$$
#
# Here `x` is whatever stands at a step, `D` numbers of it; in our network these are the states.
#
# A score may be any real number. Making probabilities of scores is the next function's job.


# %% nbgrader={"grade": false, "grade_id": "temporal_affine_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def temporal_affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
    """The same affine map at every step.

    Args:
        x: (N, T, D).
        w: (D, M) weights.
        b: (M,) bias.

    Returns:
        out: (N, T, M).
        cache: for the backward pass.
    """
    ### BEGIN SOLUTION
    out = x @ w + b
    cache = (x, w, b)
    return out, cache
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "temporal_affine_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(temporal_affine_forward)

# %% [markdown]
# ### 6. `temporal_softmax_loss`
#
# The scores become a distribution over the vocabulary at every step, and the loss asks how little of it went to the token that
# really came:
#
# $$P_{n,t}(v) = \frac{e^{x_{n,t,v}}}{\sum_u e^{x_{n,t,u}}}, \qquad
# L = -\frac{1}{N} \sum_{n=1}^{N} \sum_{t=1}^{T} m_{n,t} \log P_{n,t}(y_{n,t})$$
#
# **Sum over time, mean over the batch**: divide by `N` and by nothing else. The sequences of a batch differ in length, and
# short ones are filled up; the mask $m$ is true where a step is real. A step that is not real adds nothing to the loss.
#
# `dx` is the gradient of the loss with respect to the scores, so it has their shape. Derive it on paper for one step: write
# $\log P(y)$ as a difference, then ask what happens when the score of `y` grows, and when another one does. What comes
# out is short.
#
# Scores may be as large as a hundred thousand. `exp` of that is not a number that a computer has, but the loss is an ordinary one.
# What may be subtracted from all scores of a step without changing their softmax?
#
# $\log$ is the natural logarithm, here and in the next exercise. A cost measured with it is in *nats*; divided by $\ln 2$ it is in bits.


# %% nbgrader={"grade": false, "grade_id": "temporal_softmax_loss_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def temporal_softmax_loss(x: np.ndarray, y: np.ndarray, mask: np.ndarray) -> tuple[float, np.ndarray]:
    """Cross-entropy of the right tokens, summed over time and averaged over the batch.

    Args:
        x: (N, T, V) scores; any size up to 1e5.
        y: (N, T) ints in [0, V), the tokens that came.
        mask: (N, T) bool, True where a step counts.

    Returns:
        loss: a number, in nats per sequence.
        dx: (N, T, V) gradient of the loss with respect to x.
    """
    ### BEGIN SOLUTION
    N, _, V = x.shape
    target = np.eye(V)[y]
    weight = mask[:, :, None] / N
    shifted = x - x.max(axis=-1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    loss = -(weight * target * log_p).sum()
    dx = weight * (np.exp(log_p) - target)
    return loss, dx
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "temporal_softmax_loss", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check(temporal_softmax_loss)

# %% [markdown]
# ### 7. `sequence_log_prob`
#
# A network that predicts the next token has said, without being asked, how probable every whole sequence is. By the chain rule
#
# $$P(y_1, \dots, y_T) = \prod_{t=1}^{T} P(y_t \mid y_1, \dots, y_{t-1}),$$
#
# and the scores at step $t$ are the network's opinion after reading everything before $y_t$. So `x[n, t]` is the opinion about
# `y[n, t]`, and nothing is left to shift. A product of a thousand probabilities is
# soon too small for a computer to tell from zero, so the logarithm is asked for: one number for each sequence, the steps that the mask
# leaves out not counted.


# %% nbgrader={"grade": false, "grade_id": "sequence_log_prob_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sequence_log_prob(x: np.ndarray, y: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The log-probability of each sequence.

    Args:
        x: (N, T, V) scores; any size up to 1e5.
        y: (N, T) ints in [0, V), the tokens of the sequences.
        mask: (N, T) bool, True where a step counts.

    Returns:
        log_p: (N,) natural logarithm of P(y_1, ..., y_T); 0 where no step counts.
    """
    ### BEGIN SOLUTION
    shifted = x - x.max(axis=-1, keepdims=True)
    log_softmax = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    log_p_y = np.take_along_axis(log_softmax, y[:, :, None], axis=-1)[:, :, 0]
    log_p: np.ndarray = (mask * log_p_y).sum(axis=1)
    return log_p
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sequence_log_prob", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(sequence_log_prob)

# %% [markdown]
# ## Writing
#
# ### 8. `sample`
#
# Read a token, update the state, score the vocabulary, draw the next token from
#
# $$P(v) = \frac{e^{s_v / \tau}}{\sum_u e^{s_u / \tau}},$$
#
# and read what was drawn. The temperature $\tau$ decides how bold the writer is: near 0 only the best score has a chance, at 1 the
# network's own distribution is drawn from, far above 1 all tokens are about equally likely.
#
# Each of the `N` rows is a sequence of its own. All chance comes from `rng`, so that whoever has the seed can repeat the result; how you use `rng`
# is up to you. A temperature may be as low as a millionth.


# %% nbgrader={"grade": false, "grade_id": "sample_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def sample(
    start: np.ndarray,
    h0: np.ndarray,
    params: dict[str, np.ndarray],
    length: int,
    temperature: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Let the network write, reading its own output.

    Args:
        start: (N,) ints in [0, V), the first tokens to read; not part of the result.
        h0: (N, H) state before reading them.
        params: W_embed (V, D); Wx (D, H), Wh (H, H), b (H,); W_vocab (H, V), b_vocab (V,).
        length: how many tokens to write, at least 1.
        temperature: above 0; divides the scores.
        rng: the only source of chance.

    Returns:
        tokens: (N, length) ints in [0, V).
    """
    ### BEGIN SOLUTION
    x, h, tokens = start, h0, []
    for _ in range(length):
        h, _ = rnn_step_forward(params["W_embed"][x], h, params["Wx"], params["Wh"], params["b"])
        scores = (h @ params["W_vocab"] + params["b_vocab"]) / temperature
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        p = weights / weights.sum(axis=1, keepdims=True)
        x = rng.multinomial(1, p).argmax(axis=1)
        tokens.append(x)
    return np.stack(tokens, axis=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "sample", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check(sample)

# %% [markdown]
# ## Put it together: a network that only learns to listen
#
# How to send a gradient back through time is chapter 2. This network does without: its embedding and its recurrence are **random
# and stay random**. Only the last layer learns, from scores that your functions make and the `dx` that your loss returns. Such
# a network is called an echo state network (Jaeger, 2001): what was read echoes in the state, and the last layer learns what the
# echoes mean.
#
# It reads 250,000 characters of Python's own manual, 32 places at once.

# %% tags=["demo"]
import textwrap

from tqdm.auto import tqdm

from rnn_datasets import Vocabulary, character_batches, prose

text = " ".join(prose().split())[:250_000]  # without line ends and indents
vocabulary = Vocabulary.of(text)
batches = character_batches(vocabulary.encode(text), N=32, T=20)
print(f"{len(vocabulary)} different characters, {len(batches)} batches. It begins:\n\n{text[:80]}")


# %% tags=["demo"]
def random_network(rng: np.random.Generator, V: int, D: int = 32, H: int = 256) -> dict[str, np.ndarray]:
    """All weights at random, but the last layer at zero: every character scores the same."""
    return {
        "W_embed": rng.standard_normal((V, D)),
        "Wx": rng.standard_normal((D, H)) / np.sqrt(D),
        "Wh": 0.9 * rng.standard_normal((H, H)) / np.sqrt(H),
        "b": np.zeros(H),
        "W_vocab": np.zeros((H, V)),
        "b_vocab": np.zeros(V),
    }


network = random_network(np.random.default_rng(1), V=len(vocabulary))
{name: weights.shape for name, weights in network.items()}

# %% [markdown]
# To write, it first reads a beginning; the state it is left in is the one from which `sample` goes on.


# %% tags=["demo"]
def write(params: dict[str, np.ndarray], beginning: str, temperature: float = 0.5) -> str:
    """Read the beginning, then write 300 characters more."""
    x = vocabulary.encode(beginning)[None]
    h0 = np.zeros((1, len(params["Wh"])))
    embedded, _ = word_embedding_forward(x[:, :-1], params["W_embed"])
    h, _ = rnn_forward(embedded, h0, params["Wx"], params["Wh"], params["b"])
    written = sample(x[:, -1], h[:, -1], params, 300, temperature, np.random.default_rng(2))
    return textwrap.fill(beginning + vocabulary.decode(written[0]), width=88)


print(write(network, "The class "))

# %% [markdown]
# Noise, and no temperature would help: nothing is learned yet.
#
# Learning takes a forward pass with your functions, and one line for each array that learns. At every place
# `scores = h @ W_vocab + b_vocab`, so the gradient with respect to `W_vocab` collects `h` times `dx` over all places. (Chapter 2 derives
# that line, and those for the arrays that stay random here.)


# %% tags=["demo"]
def learn(
    params: dict[str, np.ndarray], x: np.ndarray, y: np.ndarray, h0: np.ndarray
) -> tuple[float, np.ndarray]:
    """One step of gradient descent on the last layer; the loss in bits per character, and the last state."""
    embedded, _ = word_embedding_forward(x, params["W_embed"])
    h, _ = rnn_forward(embedded, h0, params["Wx"], params["Wh"], params["b"])
    scores, _ = temporal_affine_forward(h, params["W_vocab"], params["b_vocab"])
    loss, dx = temporal_softmax_loss(scores, y, np.ones(y.shape, dtype=bool))
    params["W_vocab"] -= 0.04 * np.einsum("nth,ntv->hv", h, dx, optimize=True)
    params["b_vocab"] -= 0.04 * dx.sum(axis=(0, 1))
    return loss / y.shape[1] / np.log(2), h[:, -1]


# %% tags=["demo"]
def train(params: dict[str, np.ndarray], rounds: int = 3) -> np.ndarray:
    """Go through the text; the state is carried from batch to batch. Returns every step's loss."""
    losses = []
    for k, (x, y) in enumerate(tqdm(rounds * batches, unit="batch")):
        if k % len(batches) == 0:
            h0 = np.zeros((32, len(params["Wh"])))
        loss, h0 = learn(params, x, y, h0)
        losses.append(loss)
    return np.array(losses)


# %% [markdown]
# **Predict first.** Beside the network we train a twin that forgets: its `Wh` is zero, so its state holds the present character and
# nothing else. Both have exactly the same numbers to learn, and neither learns its recurrence. Will a past that passes through
# *random* weights be worth anything?

# %% tags=["demo"]
forgetful = random_network(np.random.default_rng(1), V=len(vocabulary)) | {"Wh": np.zeros((256, 256))}

losses = {"with a past": train(network), "without": train(forgetful)}
{name: f"{values[-len(batches) :].mean():.2f} bits per character" for name, values in losses.items()}

# %% tags=["demo"]
share = np.bincount(vocabulary.encode(text)) / len(text)
guess = -(share * np.log2(share)).sum()  # how often each character comes is all that this guess knows

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for (name, values), color in zip(losses.items(), ["#0072B2", "#E69F00"], strict=True):
    ax.plot(np.convolve(values, np.full(50, 1 / 50), "valid"), color=color, label=name)
ax.axhline(np.log2(len(vocabulary)), color="gray", linestyle=":", label="all characters alike")
ax.axhline(guess, color="gray", linestyle="--", label="frequent characters more often")
ax.set(xlabel="step of learning", ylabel="loss (bits per character)", ylim=(2, 7))
ax.legend()
plt.show()

# %% [markdown]
# Both soon do better than a guess by frequency. Then the network with a past leaves its twin behind: the difference is
# what the characters before the present one say about the next.

# %% tags=["demo"]
for name, params in {"with a past": network, "without": forgetful}.items():
    print(f"--- {name} ---\n{write(params, 'The class ')}\n")

# %% [markdown]
# Words begin to look like words where there is a past. It is no manual yet: the recurrence was never told what is worth keeping. Try
# another temperature, another beginning, a `Wh` ten times as large.

# %% [markdown]
# ## In words
#
# ### 9. What does the state know?
#
# You read `"the cat"` and `"the hat"` with the trained network, and it is in the middle of each: the `a` has just been read.
#
# 1. The input at this step is the same in both. Which of the arrays that your functions take and return at this step differ
#    nevertheless? Through which of your functions, and through which weights, did the difference come?
# 2. The twin without a past reads the same two words. How do its predictions after the two `a`s differ, if they do, and why?
# 3. Somebody says: "A text ten times as long needs a network with ten times as many weights, and the state must grow too." What grows,
#    what does not, and what does that mean for how much of a long text the state can hold?
#
# Three to six sentences for each. An argument counts, not its length.

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_the_state_knows", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# *For the grader: 2 + 1 + 2 points.*
#
# 1. **The state before the step differs** (`prev_h`), because `c` and `h` were read one step earlier; the embedded input `x` does not. In
#    `rnn_step_forward` the product of `prev_h` and `Wh` carries the difference into `next_h`; `rnn_forward` hands it on from step to
#    step. From there it reaches the scores (`temporal_affine_forward`) and so the probabilities. *One point for the state before and
#    after, one for the way through `Wh`. "The context" without an array or a function: at most one.*
# 2. **Exactly the same for both.** With `Wh` zero the state depends on the present input alone, the inputs are equal, so the states,
#    the scores and the distributions are. *No point without the reason.*
# 3. **The number of steps grows, and with it the work, and the caches of the forward pass. The weights do not**, since every step
#    uses the same ones, **and neither does the state**: H numbers, however much was read. So a longer past is squeezed into the same
#    room; what is older must give way or be mixed with what is newer. *One point for the weights (shared), one for the state (fixed
#    room, hence loss). Credit for: tanh bounds the numbers; here nobody taught the recurrence what to keep.*
