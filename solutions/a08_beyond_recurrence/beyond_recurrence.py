# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 8: beyond recurrence
#
# A recurrent network reads one step after the other, and no computer, however wide, can begin with step 1,000 before step 999 is done. In this assignment you build the two ways out.
# First the one that won: let every step look at every other, all at once, and give up recurrence. That is a Transformer, and you build one from its formula. Then the one that
# came back: keep recurrence and give up its nonlinearity. What is left can be computed by a tree, in 12 steps where a loop needs 4,096.
#
# | | | its job | points |
# |---|---|---|---|
# | 1 | `scaled_dot_product_attention` | all pairs at once, and who may look where | 7 |
# | 2 | `causal_mask` | nobody looks ahead | 2 |
# | 3 | `positional_encoding` | where a token stands | 4 |
# | 4 | `MultiHeadAttention` | several looks side by side | 10 |
# | 5 | `TransformerBlock` | attention, then a small network for each token | 7 |
# | 6 | `linear_recurrence` | a recurrence without tanh, step by step | 5 |
# | 7 | `parallel_scan` | the same numbers, in log T steps | 15 |
#
# Then your block is shuffled, your scan learns to add, and one question (5 points) wants an answer in words. Lecture 8 has the pictures and the measurements.
#
# **How to check.** Below each exercise stands a cell that says `check(...)`. Run it as often as you like. It calls your
# code, says which promises hold, and names the mistake where it knows it. The grading asks the same with other
# numbers.
#
# **What everything here promises**
#
# - Arrays are tensors of PyTorch's, batch-first: `N` sequences, `T` tokens, `D` numbers for each token, `H` units. Gradients are autograd's; nothing on the way may be detached.
# - `nn.Linear` and `nn.LayerNorm` are yours. What you are here to write is not: no `nn.MultiheadAttention`, no `nn.Transformer...`, no attention from
#   `torch.nn.functional`, and no scan that somebody else wrote (`torch.cumsum`, `torch.cumprod`, `torch.logcumsumexp`, `associative_scan`).
#   An exercise that is found to use `scaled_dot_product_attention` or `associative_scan` of a library, itself or in a function that it calls, has no points.
# - The checks bring weights of their own, so the parts of a module have the names that its text gives them, and no other part has weights. In which order you make them
#   does not matter. What they start with is left to PyTorch, so that two modules made one after the other differ.
# - They compute in float64. `torch.zeros(n)` has that dtype there by itself; do not ask for float32.
# - The arguments are left as they were, and what is returned shares no memory with them. The same call has the same answer again: there is no dropout anywhere.
# - Where an argument makes no sense, a `ValueError` names it. Which ones must be looked at, the exercise says.

# %%
import math

import torch
from torch import Tensor, nn

from rnn_autograder import check

torch.set_num_threads(1)  # for small matrices one thread is fastest

# %% [markdown]
# ## All pairs at once
#
# ### 1. `scaled_dot_product_attention`
#
# Each of `T` queries asks, each of `S` keys answers how well it fits, and what comes back is a mean of the `S` values, weighted by the fit (Vaswani et al., 2017):
#
# $$\mathrm{out} = \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt{K}}\right) V$$
#
# Below the root stands the width of a query. Why is it there? The score of a query and a key is a sum of that many products. If their entries are independent with variance one, the sum has
# as its variance the width, and a softmax of large scores is nearly one-hot and has hardly any gradient. Divided by the root, the variance is one again.
#
# A mask says who may look where: `True` where a query may look at a key, `False` where not. A key that may not be seen has the weight 0, and the rest of the row still sums to one. A query that may look
# **nowhere at all** has no mean to give: its weights and its output are zeros, and so is every gradient that comes from it. None of them is `nan`.
#
# The last two axes are those of the formula. Before them may stand any others, the same for `q`, `k` and `v`: none, a batch, a batch and heads. The mask broadcasts to `(..., T, S)`.
#
# A `ValueError` names `k` where its width is not that of `q`, `v` where it is not as long as `k`, and `mask` where it does not hold truth values.


# %% nbgrader={"grade": false, "grade_id": "scaled_dot_product_attention_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Means of values, weighted by how well their keys fit each query (Vaswani et al., 2017, equation 1).

    Args:
        q: (..., T, K) queries.
        k: (..., S, K) keys.
        v: (..., S, M) values.
        mask: truth values that broadcast to (..., T, S): True where a query may look. Without one it may look everywhere.

    Returns:
        out: (..., T, M).
        weights: (..., T, S) each row sums to one; to zero where a query may look nowhere.

    Raises:
        ValueError: q and k differ in width, k and v in length, or mask does not hold truth values.
    """
    ### BEGIN SOLUTION
    if k.shape[-1] != q.shape[-1]:
        raise ValueError(f"k has width {k.shape[-1]} and q {q.shape[-1]}; they must be the same")
    if v.shape[-2] != k.shape[-2]:
        raise ValueError(f"v has length {v.shape[-2]} and k {k.shape[-2]}; they must be the same")
    if mask is not None and mask.dtype != torch.bool:
        raise ValueError(f"mask holds {mask.dtype}; truth values are due")
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf)
    weights = scores.softmax(dim=-1)
    if mask is not None:
        weights = weights.masked_fill(~mask, 0.0)  # nan in a row that may look nowhere
    return weights @ v, weights
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "scaled_dot_product_attention", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check(scaled_dot_product_attention)

# %% [markdown]
# ### 2. `causal_mask`
#
# Whoever predicts the next token must not see it. Row `t` of this mask says where token `t` may look: at tokens `0` to `t`, itself among them. With it, all `T` predictions of a training text are made in one go, and none of them has cheated.
#
# A `ValueError` names `T` where it is below 1.


# %% nbgrader={"grade": false, "grade_id": "causal_mask_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def causal_mask(T: int) -> Tensor:
    """Truth values (T, T): True where token t may look, at tokens 0 to t.

    Raises:
        ValueError: T is below 1.
    """
    ### BEGIN SOLUTION
    if T < 1:
        raise ValueError(f"T is {T}; it must be at least 1")
    return torch.ones(T, T, dtype=torch.bool).tril()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "causal_mask", "locked": true, "points": 2, "schema_version": 3, "solution": false, "task": false}
check(causal_mask)

# %% [markdown]
# ### 3. `positional_encoding`
#
# Attention is a mean over a set, and a set has no order: without help, "dog bites man" and "man bites dog" are the same to it. So every token is told where it stands, by numbers that are added to its embedding.
# These are the sines and cosines of Vaswani et al. (2017). For position $t$ and $i = 0, \dots, D/2 - 1$,
#
# $$\mathrm{code}_{t,\,2i} = \sin\frac{t}{10000^{2i/D}} \qquad \mathrm{code}_{t,\,2i+1} = \cos\frac{t}{10000^{2i/D}}$$
#
# Each pair of columns is a hand of a clock: the first goes round once in $2\pi$ positions, and each one after it is slower by the same factor, up to nearly $10000 \cdot 2\pi$. Sine and cosine of one angle
# stand side by side, and the first position is 0.
#
# A `ValueError` names `D` where it is odd or below 2, and `T` where it is below 1.


# %% nbgrader={"grade": false, "grade_id": "positional_encoding_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def positional_encoding(T: int, D: int) -> Tensor:
    """Sines and cosines (T, D) of positions 0 to T - 1, in PyTorch's default dtype (Vaswani et al., 2017).

    Raises:
        ValueError: D is odd or below 2, or T is below 1.
    """
    ### BEGIN SOLUTION
    if T < 1:
        raise ValueError(f"T is {T}; it must be at least 1")
    if D < 2 or D % 2:
        raise ValueError(f"D is {D}; it must be even, and at least 2")
    position = torch.arange(T)[:, None]
    angle = position / 10_000 ** (torch.arange(0, D, 2) / D)
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1)  # (T, D/2, 2) -> (T, D)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "positional_encoding", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check(positional_encoding)

# %% [markdown]
# ### 4. `MultiHeadAttention`
#
# One softmax has one place to look at, mostly. Several of them, each on a part of the numbers, can look at several places at once. And here queries, keys and values all come from the same tokens: each token asks all
# the others, which is what makes it *self*-attention.
#
# 1. Three linear layers turn each token (D numbers) into its query, its key and its value (D numbers each).
# 2. The columns are divided among the heads: with $w = D / \text{heads}$, head $j$ gets columns $jw$ to $(j+1)w - 1$ of all three, and attends with those. Its width is $w$.
# 3. What the heads found is put side by side, head 0 first, and a fourth linear layer mixes it.
#
# No loop over heads is needed: your attention takes any axes in front. Mind which axis is which, though. A `reshape` that has the right shape can have its numbers in the wrong place.
#
# The mask is the same for all heads. It broadcasts to `(N, T, T)`: one for all sequences, `(T, T)`, or one for each.
#
# A `ValueError` names `heads` where it is below 1 or does not divide `D`.


# %% nbgrader={"grade": false, "grade_id": "MultiHeadAttention_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class MultiHeadAttention(nn.Module):
    """Self-attention by several heads (Vaswani et al., 2017, section 3.2.2).

    Its parts have these names: `query`, `key`, `value` and `out`, each an nn.Linear from D to D.

    Args:
        D: numbers of a token.
        heads: among how many the columns are divided.

    Raises:
        ValueError: heads is below 1 or does not divide D.
    """

    def __init__(self, D: int, heads: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        if heads < 1 or D % heads:
            raise ValueError(f"heads is {heads}; it must be at least 1 and divide {D}")
        self.heads = heads
        self.query = nn.Linear(D, D)
        self.key = nn.Linear(D, D)
        self.value = nn.Linear(D, D)
        self.out = nn.Linear(D, D)
        ### END SOLUTION

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """What each token of x (N, T, D) finds among all of them: (N, T, D).

        The mask, if there is one, holds truth values and broadcasts to (N, T, T): True where a token may look.
        """
        ### BEGIN SOLUTION
        N, T, D = x.shape

        def split(columns: Tensor) -> Tensor:
            return columns.reshape(N, T, self.heads, D // self.heads).transpose(1, 2)  # (N, heads, T, w)

        if mask is not None:
            mask = mask.expand(N, T, T)[:, None]  # (N, 1, T, T): the same for all heads
        q, k, v = split(self.query(x)), split(self.key(x)), split(self.value(x))
        found, _ = scaled_dot_product_attention(q, k, v, mask)
        mixed: Tensor = self.out(found.transpose(1, 2).reshape(N, T, D))
        return mixed
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "MultiHeadAttention", "locked": true, "points": 10, "schema_version": 3, "solution": false, "task": false}
check(MultiHeadAttention)

# %% [markdown]
# ### 5. `TransformerBlock`
#
# Attention moves things between tokens; it takes means, and thinks little about them. So behind it stands a small network that works on each token by itself. Around each of the two goes a residual connection (chapter 3), so that a
# deep stack starts out close to doing nothing, and before each of the two a layer norm. This order, norm first, trains without warming up the learning rate (Xiong et al., 2020):
#
# $$y = x + \mathrm{attention}(\mathrm{norm}_1(x)) \qquad z = y + \mathrm{narrow}(\mathrm{relu}(\mathrm{widen}(\mathrm{norm}_2(y))))$$
#
# The two norms have weights of their own. The mask goes to the attention.
#
# The block uses your `MultiHeadAttention`. A known mistake in there costs points only there.


# %% nbgrader={"grade": false, "grade_id": "TransformerBlock_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class TransformerBlock(nn.Module):
    """Attention and a feed-forward network, each behind a norm and beside a residual (Vaswani et al., 2017; Xiong et al., 2020).

    Its parts have these names: `attention` (a MultiHeadAttention), `norm1` and `norm2` (nn.LayerNorm over D numbers),
    `widen` (an nn.Linear from D to hidden), `narrow` (an nn.Linear from hidden to D).

    Args:
        D: numbers of a token.
        heads: of the attention.
        hidden: units between the two layers of the feed-forward network.
    """

    def __init__(self, D: int, heads: int, hidden: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.attention = MultiHeadAttention(D, heads)
        self.norm1 = nn.LayerNorm(D)
        self.norm2 = nn.LayerNorm(D)
        self.widen = nn.Linear(D, hidden)
        self.narrow = nn.Linear(hidden, D)
        ### END SOLUTION

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """The tokens of x (N, T, D), one layer further: (N, T, D). The mask is that of the attention."""
        ### BEGIN SOLUTION
        y: Tensor = x + self.attention(self.norm1(x), mask)
        z: Tensor = y + self.narrow(self.widen(self.norm2(y)).relu())
        return z
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "TransformerBlock", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check(TransformerBlock)

# %% [markdown]
# ## Recurrence without a nonlinearity
#
# ### 6. `linear_recurrence`
#
# Take the cell of an LSTM, $c_t = f_t\, c_{t-1} + i_t\, g_t$, and let its gates depend on the input alone, not on the state before. Then nothing is left but this, for each unit by itself:
#
# $$h_t = a_t\, h_{t-1} + b_t$$
#
# First step by step, as it stands there. It is the truth that the next exercise is held against.
#
# A `ValueError` names `b` where its shape is not that of `a`, and `h0` where it is not that of a single state.


# %% nbgrader={"grade": false, "grade_id": "linear_recurrence_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def linear_recurrence(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
    """All states of h_t = a_t h_{t-1} + b_t, elementwise, one step after the other.

    Args:
        a: (N, T, H) what is kept.
        b: (N, T, H) what is new.
        h0: (N, H) the state before the first step.

    Returns:
        h: (N, T, H) without h0.

    Raises:
        ValueError: b has not the shape of a, or h0 not that of a state.
    """
    ### BEGIN SOLUTION
    N, T, H = a.shape
    if b.shape != a.shape:
        raise ValueError(f"b has shape {tuple(b.shape)}; that of a is due, {(N, T, H)}")
    if h0.shape != (N, H):
        raise ValueError(f"h0 has shape {tuple(h0.shape)}; that of a state is due, {(N, H)}")
    h, steps = h0, []
    for t in range(T):
        h = a[:, t] * h + b[:, t]
        steps.append(h)
    return torch.stack(steps, dim=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "linear_recurrence", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(linear_recurrence)

# %% [markdown]
# ### 7. `parallel_scan`
#
# A step is the pair $(a, b)$: multiply by $a$, add $b$. Two steps, first $(a_1, b_1)$, then $(a_2, b_2)$, are again one step of the same kind. Work out which: put $a_1 h + b_1$ into the second, and see what stands
# before $h$ and what is left. That is the whole trick. A merge that gives something of the same kind can be made in any grouping (it is *associative*), so $T$ steps need no chain; a tree will do (Blelloch, 1990;
# for recurrent networks Martin and Cundy, 2018).
#
# One of several ways to climb the tree (Hillis and Steele, 1986): first every place holds its own step. Then every place merges with the one **one place** before it, and holds two steps; then with what
# stands **two places** before it, and holds four; then four places, eight, and so on, until it reaches the beginning. Places that already reach it stay as they are. Each round is a few operations on whole tensors, and
# there are $\lceil \log_2 T \rceil$ of them. Others climb up and down and do less work; take the one you like.
#
# Asked are the same numbers as before, for any $T$, power of two or not, with the gradient, and in $O(\log T)$ dependent steps. A loop over `T` has the right numbers and about half of the points.
#
# **How can the check know?** It looks neither at your loops nor at a clock. It sends a one among crumbs of $2^{-53}$, half of the distance from 1 to the next float64. Crumbs that are added to
# each other are added exactly; a crumb that is added to the one is rounded away. So what is missing in your sum tells how many additions, one behind another, the one went through at the least: thousands in a loop, about $\log_2 T$ in a tree. Up to $2 \lceil \log_2 T \rceil + 2$ are a tree to it.
#
# The same `ValueError`s as before.


# %% nbgrader={"grade": false, "grade_id": "parallel_scan_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def parallel_scan(a: Tensor, b: Tensor, h0: Tensor) -> Tensor:
    """All states of h_t = a_t h_{t-1} + b_t, elementwise, in O(log T) dependent steps (Hillis and Steele, 1986).

    Args:
        a: (N, T, H) what is kept; any numbers, 0 among them.
        b: (N, T, H) what is new.
        h0: (N, H) the state before the first step.

    Returns:
        h: (N, T, H) without h0.

    Raises:
        ValueError: b has not the shape of a, or h0 not that of a state.
    """
    ### BEGIN SOLUTION
    N, T, H = a.shape
    if b.shape != a.shape:
        raise ValueError(f"b has shape {tuple(b.shape)}; that of a is due, {(N, T, H)}")
    if h0.shape != (N, H):
        raise ValueError(f"h0 has shape {tuple(h0.shape)}; that of a state is due, {(N, H)}")
    reach = 1  # place t holds its last `reach` steps, merged into one
    while reach < T:
        a1, b1, a2, b2 = a[:, :-reach], b[:, :-reach], a[:, reach:], b[:, reach:]
        a = torch.cat([a[:, :reach], a2 * a1], dim=1)
        b = torch.cat([b[:, :reach], a2 * b1 + b2], dim=1)
        reach *= 2
    return a * h0[:, None] + b
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "parallel_scan", "locked": true, "points": 15, "schema_version": 3, "solution": false, "task": false}
check(parallel_scan)

# %% [markdown]
# ## Put it together: does order matter?
#
# Twelve random tokens go through one of your blocks, or through two. Then the first eleven change places among themselves, and the twelfth stays where it was. Does what comes out for the twelfth change?
#
# **Predict first.** Six cases: one block or two; nothing else, or a causal mask, or positions added to the tokens. In which of them does the last output notice the shuffle? Write down all six before you run it.

# %% tags=["demo"]
import time
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
from tqdm.auto import tqdm

from rnn_datasets import memory

T, D = 12, 32
torch.manual_seed(0)
blocks = [TransformerBlock(D, heads=4, hidden=64) for _ in range(2)]
tokens = torch.randn(1, T, D)
shuffled = tokens[:, [*np.random.default_rng(0).permutation(T - 1), T - 1]]


# %% tags=["demo"]
def last_output(x: Tensor, depth: int, mask: Tensor | None) -> Tensor:
    """What so many blocks make of the last of the tokens x (1, T, D)."""
    for block in blocks[:depth]:
        x = block(x, mask)
    return x[:, -1]


nothing = torch.zeros(T, D)
cases = {
    "nothing": (nothing, None),
    "causal mask": (nothing, causal_mask(T)),
    "positions": (positional_encoding(T, D), None),
}

# %% tags=["demo"]
with torch.no_grad():
    change = {
        (name, depth): (last_output(tokens + code, depth, mask) - last_output(shuffled + code, depth, mask))
        .abs()
        .max()
        .item()
        for name, (code, mask) in cases.items()
        for depth in (1, 2)
    }
for (name, depth), distance in change.items():
    print(f"{name:12} depth {depth}: the last output moves by {distance:.0e}")

# %% [markdown]
# Without mask and positions a stack of any depth sees a set: what is left is rounding. One block with a causal mask sees a set, too, because the last token may look at all twelve. But **two** blocks with a causal mask notice. In the
# first, the third token has seen three tokens and the fourth has seen four; in the second, the last token looks at what they have become. So a mask leaks order once blocks are stacked (Haviv et al., 2022). Positions say it from the start.
#
# ## A recurrence that can be scanned
#
# What can a recurrence without tanh learn? Here is one of the smallest, minGRU (Feng et al., 2024): the update gate and the candidate of a GRU read the input and no longer the state.
#
# $$z_t = \sigma(x_t W_z + b_z) \qquad \tilde h_t = x_t W_h + b_h \qquad h_t = (1 - z_t)\, h_{t-1} + z_t\, \tilde h_t$$
#
# All gates and candidates of all steps are known at once, and the rest is your scan. The task is the adding of chapters 3 and 4: two of 200 numbers are marked, and their sum is asked at the end. Who remembers nothing says 1, with an error of 1/6.


# %% tags=["demo"]
class MinGRU(nn.Module):
    """A GRU whose gate and candidate read the input alone (Feng et al., 2024), with one number read out at the end."""

    def __init__(self, D: int, H: int, bias: float) -> None:
        super().__init__()
        self.gate, self.new, self.readout = nn.Linear(D, H), nn.Linear(D, H), nn.Linear(H, 1)
        nn.init.constant_(self.gate.bias, bias)

    def forward(self, x: Tensor) -> Tensor:
        """One number for each of the sequences x (N, T, D): (N,)."""
        z = self.gate(x).sigmoid()
        h = parallel_scan(1 - z, z * self.new(x), x.new_zeros(len(x), z.shape[2]))
        out: Tensor = self.readout(h[:, -1])[:, 0]
        return out


# %% tags=["demo"]
def errors_of(bias: float, seed: int = 0, steps: int = 350) -> list[float]:
    """The squared errors of a layer while it learns to add, batch after batch."""
    torch.manual_seed(seed)
    rng, model, errors = np.random.default_rng(seed), MinGRU(2, 32, bias), []
    optimizer = torch.optim.Adam(model.parameters(), 3e-2)
    for _ in tqdm(range(steps), unit="step"):
        x, y = map(torch.from_numpy, memory.adding(rng, 32, T=200))
        loss = (model(x) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        errors.append(loss.item())
    return errors


# %% [markdown]
# **Predict first.** One layer begins with the gate's bias at 0, the other at -3. How much of a state is left after ten steps if every gate stands at $\sigma(0) = 1/2$, and how much at $\sigma(-3) = 0.047$? Which of the two learns to
# add, or learns it first?

# %% tags=["demo"]
learning = {bias: errors_of(bias) for bias in (0.0, -3.0)}

fig, ax = plt.subplots(figsize=(8, 3.5), layout="constrained")
for bias, errors in learning.items():
    ax.plot(np.convolve(errors, np.ones(20) / 20, "valid"), label=f"gate bias {bias:g}")
ax.axhline(1 / 6, color="grey", linestyle=":", label="who remembers nothing")
ax.set(yscale="log", xlabel="batch", ylabel="squared error, mean of 20 batches", title="Adding, T = 200")
ax.legend()
plt.show()

# %% [markdown]
# After ten steps there is a thousandth left of the one, and three fifths of the other. The layer that starts by keeping leaves the level of those who remember nothing after about a hundred batches. The one that
# starts by forgetting takes about twice as long: it has to open its memory first, and hardly any gradient reaches it from so far away. That is the forget bias of chapter 4 again,
# only that here the gate cannot see the state. Each of the states was made in 8 rounds of merges, where a loop takes 200 steps.
#
# ## Is it faster?
#
# Fewer dependent steps are fewer seconds only for a machine that has nothing better to do meanwhile. Your loop and your scan on one processor: with one narrow sequence, and with a wide batch.
#
# **Predict first.** For `T = 1024`, how many times faster is the scan with `N=1, H=16`? And with `N=32, H=64`, 128 times as many numbers in every step?


# %% tags=["demo"]
def milliseconds(function: Callable[[Tensor, Tensor, Tensor], Tensor], N: int, T: int, H: int) -> float:
    """Processor time of a forward pass, the best of five."""
    a, b, h0 = torch.rand(N, T, H), torch.randn(N, T, H), torch.zeros(N, H)
    best = math.inf
    for _ in range(5):
        start = time.process_time()
        function(a, b, h0)
        best = min(best, time.process_time() - start)
    return 1000 * best


# %% tags=["demo"]
lengths = [16, 64, 256, 1024]
functions = {"loop": linear_recurrence, "scan": parallel_scan}
taken = {
    (N, H): {name: [milliseconds(f, N, T, H) for T in lengths] for name, f in functions.items()}
    for N, H in ((1, 16), (32, 64))
}
fig, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True, layout="constrained")
for ax, ((N, H), curves) in zip(axes, taken.items(), strict=True):
    for name, curve in curves.items():
        ax.plot(lengths, curve, marker="o", label=name)
    ax.set(xscale="log", yscale="log", xlabel="T", ylabel="milliseconds", title=f"N = {N}, H = {H}")
    ax.legend()
plt.show()

# %% [markdown]
# With one narrow sequence the scan is many times faster: each step of the loop has 16 numbers to work on and costs hardly less than with hundreds. With a wide batch it gains nothing on one processor, and may well lose: every step of the loop keeps the
# processor busy already, and this scan does $\log_2 T$ times as much work as the loop. **Depth is not work.** Where there are thousands of processors, as on a graphics card, work is cheap and depth is what one waits for; there the tree wins. Blelloch's tree, up and down
# again, has twice the rounds and, however long `T` is, about two merges for each step of the loop.
#
# Try it: write that one, and draw it beside the other two. Or give `MinGRU` a second layer, and see whether it copies (`memory.copy`).

# %% [markdown]
# ## In words
#
# ### 8. What to use when
#
# 1. Two steps of $h_t = a_t h_{t-1} + b_t$ merge into one step of the same kind. Try the same with $h_t = \tanh(a_t h_{t-1} + b_t)$. What would have to be kept of two steps, of four, of a thousand? What exactly does a scan need, which
#    tanh takes away?
# 2. A text becomes twice as long. What happens to the dependent steps, the work and the memory of an LSTM and of self-attention, while they are trained? And what can attention do with what it pays that a state of fixed size cannot?
# 3. An app on a phone listens all day and marks each tenth of a second as speech or not. You may choose between an LSTM, a Transformer that sees everything so far, and a layer like `MinGRU`. How is each trained on recordings that are an hour long,
#    and what does each cost per tenth of a second in the evening? Choose, and say what would change your mind.
#
# Three to six sentences for each. An argument counts, not its length.

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_to_use_when", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# *For the grader: 2 + 1.5 + 1.5 points.*
#
# 1. Two linear steps give $a_2 a_1 h + (a_2 b_1 + b_2)$: again **one factor and one summand, two numbers, however many steps are merged**. $\tanh(a_2 \tanh(a_1 h + b_1) + b_2)$ is no $\tanh(a h + b)$ for any $a$ and $b$; one would have to
#    keep the whole chain, that is, all the numbers of all its steps, and applying it takes as long as the steps themselves. Functions can always be composed in any grouping, so associativity alone is not what is lost. A scan needs
#    **a merge that is associative and whose result stays small and quick to apply**, and tanh takes the second away. *One point for the merge written out and why tanh does not fit, one for what a scan needs; "it is not linear" alone: half a point.*
# 2. LSTM: dependent steps, work and stored states all double. Self-attention: **the dependent steps stay as they are** (a few for each layer), and **work and memory for the pairs grow fourfold**. What it buys: every token is there in full, so that any of them
#    can be looked up exactly, a name from ten pages ago word for word, and a gradient gets there in one step. A state of fixed size had to decide what to keep before it knew what would be asked. *One point for the three growths, half for the look-up. Saying that the memory
#    for the pairs need not all be held at once (as fused kernels do) is right, too.*
# 3. Training on an hour, 36,000 steps: the LSTM needs them one after another (or truncated), the Transformer has more than a billion pairs and must be cut into windows, `MinGRU` needs 16 rounds. In use, the **LSTM and `MinGRU` cost the same at every step, with a state of fixed
#    size**, and the Transformer looks at everything so far: by the evening that is hundreds of thousands of keys for every tenth of a second, unless a window cuts it off. So one of the recurrent ones; `MinGRU` or its like if training is the bottleneck, the LSTM if its gates prove to need the state. A mind may be
#    changed by a measured accuracy, or by a task that needs to look up what was said in the morning. *Half a point for training, one for constant against growing cost in use with a choice that follows from it. Any choice that is argued from these costs is right.*
