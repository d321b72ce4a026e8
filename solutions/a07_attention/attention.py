# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 7: attention
#
# In assignment 5 a date went through one vector, however long it was. Attention lets the writer look back: at every
# step it asks each place of what was read how much it matters right now, and takes the mean in which every place counts
# as much as it matters. You build that mean, give it to an LSTM that looks at pictures, and then try the other way: to
# look at one place only, drawn by lot, or through a window that can be moved. The last network answers questions, and
# you find out what its map is worth.
#
# | | | its job | points |
# |---|---|---|---|
# | 1 | `masked_softmax` | from scores to weights | 5 |
# | 2 | `additive_attention` | look at a sequence | 6 |
# | 3 | `dot_product_attention` | look at a map of features | 6 |
# | 4 | `attention_step_forward` | an LSTM step that hears what was seen | 5 |
# | 5 | `attention_forward` | look, step, look, step | 8 |
# | 6 | `hard_attention_loss` | learn from a choice | 8 |
# | 7 | `extract_glimpse` | a piece of a picture | 7 |
# | 8 | `draw_filters` | a window that can be moved by its gradient | 5 |
# | 9 | `draw_read` | look through it | 3 |
# | 10 | `draw_write` | paint through it | 3 |
# | 11 | `vqa_forward` | answer a question about a picture | 8 |
#
# Then they read dates, bet on places, move a window and answer questions, and one question (5 points) wants an answer
# in words. Lecture 7 has the pictures and the derivation.
#
# **How to check.** Below each function stands a cell that says `check(...)`. Run it as often as you like. It calls your
# code, says which promises hold, and names the mistake where it knows it. The grading asks the same with other numbers.
#
# **What every function promises**
#
# - Tensors are batch-first: `N` rows that know nothing of one another, `T` steps, `D` numbers of input, `H` hidden
#   units. A picture has `R` rows and `C` columns, and a row always comes before a column.
# - Weights multiply from the right, `x @ Wx`. The gates of an LSTM stand side by side as `i, f, o, g`, each `H` wide.
# - The check sends float64 and compares nine digits; the demonstration learns in float32. So make new tensors like
#   those that you are given.
# - The gradients are compared too. A `.detach()`, an `.item()` or a NumPy array on the way cuts them.
# - The arguments are left as they were, and what is returned shares no memory with them. Nothing here draws lots: where
#   chance plays a part, what was drawn is an argument. So the same call has the same answer again.
# - What you built may be called further down. A known mistake in it costs points only where it was made.
# - Everything in PyTorch is allowed. Where an argument makes no sense, a `ValueError` names it. Which ones must be
#   looked at, the exercise says.

# %%
import math

import torch
from torch import Tensor, nn

from rnn_autograder import check

torch.set_num_threads(1)  # for small matrices one thread is fastest

# %% [markdown]
# ## To look is to take a mean
#
# ### 1. `masked_softmax`
#
# Whoever looks has a score $s_j$ for each place $j$, any number, the higher the more it matters. A softmax makes
# weights of them, which are positive and sum to one. But sequences of a batch are padded, and to padding nobody may
# look. The mask says where one may:
#
# $$w_j = \frac{m_j\, e^{s_j}}{\sum_k m_k\, e^{s_k}}, \qquad m_j = 1 \text{ where the mask is True, else } 0$$
#
# It fits in one line, and goes wrong in three ways.
#
# - **A score of 1000.** Its exponential is more than a float can hold. Subtracting the largest score from all of them
#   changes no weight and lets no exponential be above one. But mind which is the largest: what is masked may be
#   anything, 1e5 or infinite, and next to that all the others would vanish.
# - **What is masked weighs exactly 0.** Not 1e-9, and not a 0 that was put there after the others had already left room
#   for it.
# - **A row in which nothing may be looked at.** The formula says 0 divided by 0. Here the answer is defined: all its
#   weights are 0, and **so is its gradient**. Beware of repairing a `nan` afterwards: forwards it is gone, and on the
#   way back the gradient still passes through the division, where 0 times `nan` is `nan` again, unless something
#   stops it. It is safest if such a row never divides by zero.
#
# A `ValueError` names `mask` where it has another shape than the scores, or is not of `bool`.
#
# *Something to think about:* many write -1e9 in the place of masked scores, and take an ordinary softmax. Where do they
# look in a row that is all masked?


# %% nbgrader={"grade": false, "grade_id": "masked_softmax_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Weights from scores, over the last axis, of what one may look at; the rest weighs exactly 0.

    Args:
        scores: (..., T) of any size; where masked they may be anything, inf and nan too.
        mask: (..., T) of bool, of the shape of scores: True where one may look.

    Returns:
        weights: (..., T) each row sums to one. A row in which nothing may be looked at is all 0, and so is its gradient.

    Raises:
        ValueError: mask is not of bool, or has another shape than scores.
    """
    ### BEGIN SOLUTION
    if mask.dtype != torch.bool or mask.shape != scores.shape:
        raise ValueError(f"mask is {tuple(mask.shape)} of {mask.dtype}; {tuple(scores.shape)} of bool is due")
    scores = scores.masked_fill(~mask, -math.inf)
    empty = ~mask.any(dim=-1, keepdim=True)
    # Nothing but -inf in a row would be 0 / 0, on the way back too.
    weights = torch.softmax(scores.masked_fill(empty, 0.0), dim=-1)
    return weights.masked_fill(~mask, 0.0)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "masked_softmax", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(masked_softmax)

# %% [markdown]
# ### 2. `additive_attention`
#
# Bahdanau, Cho and Bengio (2015) let a translator look back at the sentence. Its state $h$ is compared with each place
# $a_j$ of what was read by a small network with one hidden layer:
#
# $$s_j = \tanh(h\, W_h + a_j\, W_a)\; v, \qquad w = \mathrm{masked\_softmax}(s), \qquad \mathrm{context} = \sum_j w_j\, a_j$$
#
# The state and the places need not be of one size: $W_h$ and $W_a$ bring both to `K` numbers. Every state meets every
# place of its own row, and of no other. Mind the axes: `h` has none for the places, and where a batch happens to hold
# as many rows as places, a sum without that axis goes through and adds the wrong things.
#
# The context is as wide as a place, whatever the number of places. That is what makes a sequence of any length fit. In
# a row that is all masked it is 0. A `ValueError` names `mask`, as before.
#
# *Something to think about:* leave out the tanh. What is left of the influence that $h$ has on the weights?


# %% nbgrader={"grade": false, "grade_id": "additive_attention_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def additive_attention(
    h: Tensor, A: Tensor, mask: Tensor, Wh: Tensor, Wa: Tensor, v: Tensor
) -> tuple[Tensor, Tensor]:
    """A state looks at a sequence, by a small network that compares them (Bahdanau, Cho and Bengio, 2015).

    Args:
        h: (N, H) the states that look.
        A: (N, T, E) what they look at.
        mask: (N, T) of bool: True where there is something to look at.
        Wh: (H, K).
        Wa: (E, K).
        v: (K,) turns what K units say of a pair into its score.

    Returns:
        context: (N, E) the mean of A by these weights; 0 for a row that is all masked.
        weights: (N, T) of each place; 0 where masked.

    Raises:
        ValueError: mask is not (N, T) of bool.
    """
    ### BEGIN SOLUTION
    scores = torch.tanh((h @ Wh)[:, None] + A @ Wa) @ v  # (N, T)
    weights = masked_softmax(scores, mask)
    context = (weights[:, :, None] * A).sum(dim=1)
    return context, weights
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "additive_attention", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(additive_attention)

# %% [markdown]
# ### 3. `dot_product_attention`
#
# Where both have the same size, there is a cheaper way to compare: how long is the one in the direction of the other?
# Let the places be those of a picture. A convolutional network leaves a map `A` of shape `(N, H, R, C)`, a vector of
# `H` features for each of `R` times `C` places, and an LSTM with `H` units looks at it:
#
# $$s_{rc} = \frac{1}{\sqrt H} \sum_{k=1}^{H} h_k\, A_{k r c}, \qquad w = \mathrm{softmax}(s) \text{ over all } R\,C \text{ places}, \qquad \mathrm{attn}_k = \sum_{r, c} w_{rc}\, A_{k r c}$$
#
# The weights come back as a map, `(N, R, C)`: you will want to lay them over the picture, and there a row that has
# become a column shows. They sum to one over the whole map, not row by row.
#
# Why the root? If the $2H$ numbers of two vectors are independent, of mean 0 and variance 1, then their product is a
# sum of `H` terms, each of variance 1, and so of variance `H`. Divided by $\sqrt H$ it is of variance 1 again, at any
# size (Vaswani and others, 2017).
#
# A `ValueError` names `A` where it is not `(N, H, R, C)`, with the `N` and `H` of `prev_h`, or has no places.
#
# *Something to think about:* without the root, and with `H = 400`, scores of 20 and -20 are nothing special. What does
# a softmax look like there, and what is its gradient?


# %% nbgrader={"grade": false, "grade_id": "dot_product_attention_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def dot_product_attention(prev_h: Tensor, A: Tensor) -> tuple[Tensor, Tensor]:
    """A state looks at a map of features, by scaled dot products (Luong et al., 2015; Vaswani et al., 2017).

    Args:
        prev_h: (N, H) the states that look.
        A: (N, H, R, C) at each of R times C places a vector of H features.

    Returns:
        attn: (N, H) the mean of A over all places, by these weights.
        attn_weights: (N, R, C) of each place; those of one map sum to one.

    Raises:
        ValueError: A is not (N, H, R, C) with the N and H of prev_h, or has no places.
    """
    ### BEGIN SOLUTION
    N, H = prev_h.shape
    if A.ndim != 4 or A.shape[:2] != (N, H) or 0 in A.shape[2:]:
        raise ValueError(f"A has the shape {tuple(A.shape)}; ({N}, {H}, R, C) is due, with a place in it")
    scores = torch.einsum("nh,nhrc->nrc", prev_h, A) / math.sqrt(H)
    attn_weights = torch.softmax(scores.flatten(1), dim=1).view_as(scores)
    attn = torch.einsum("nrc,nhrc->nh", attn_weights, A)
    return attn, attn_weights
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "dot_product_attention", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check(dot_product_attention)

# %% [markdown]
# ## An LSTM that looks
#
# ### 4. `attention_step_forward`
#
# An LSTM's gates hear the input and the state before. Now they hear a third thing: what was seen. It comes with a
# matrix of its own, and nothing else changes (chapter 4):
#
# $$[\,i, f, o, g\,] = x\, W_x + h_{t-1}\, W_h + \mathrm{attn}\; W_{attn} + b$$
#
# $$c_t = \sigma(f) \odot c_{t-1} + \sigma(i) \odot \tanh(g), \qquad h_t = \sigma(o) \odot \tanh(c_t)$$
#
# Each of the four is `H` wide. The sigmoid belongs to three of them, the tanh to the last. PyTorch's own `nn.LSTMCell`
# stacks them as `i, f, g, o`.
#
# *Something to think about:* one could also add `attn` to `x`, if it had the same width. What can the network with a
# matrix of its own do, and the other not?


# %% nbgrader={"grade": false, "grade_id": "attention_step_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_step_forward(
    x: Tensor, prev_h: Tensor, prev_c: Tensor, attn: Tensor, Wx: Tensor, Wh: Tensor, Wattn: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """One step of an LSTM that hears, besides its input, what was looked at (Xu et al., 2015).

    Args:
        x: (N, D) the input.
        prev_h: (N, H) the state before this step.
        prev_c: (N, H) the cell before this step.
        attn: (N, H) what was looked at.
        Wx: (D, 4H), gates i, f, o, g side by side, as in the three below.
        Wh: (H, 4H).
        Wattn: (H, 4H).
        b: (4H,).

    Returns:
        next_h: (N, H) the state after this step.
        next_c: (N, H) the cell after this step.
    """
    ### BEGIN SOLUTION
    i, f, o, g = (x @ Wx + prev_h @ Wh + attn @ Wattn + b).chunk(4, dim=1)
    next_c = torch.sigmoid(f) * prev_c + torch.sigmoid(i) * torch.tanh(g)
    next_h = torch.sigmoid(o) * torch.tanh(next_c)
    return next_h, next_c
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention_step_forward", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(attention_step_forward)

# %% [markdown]
# ### 5. `attention_forward`
#
# Now the loop: look, then step. What the state before the step looks at enters the gates of the step.
#
# $$h_0 = c_0 = \text{mean of } A \text{ over all places}, \qquad \mathrm{attn}_t = \mathrm{look}(h_{t-1}, A), \qquad (h_t, c_t) = \mathrm{step}(x_t, h_{t-1}, c_{t-1}, \mathrm{attn}_t)$$
#
# The network begins with the picture as a whole and then looks closer (Xu and others, 2015, put a small network between
# the mean and the state; here it is the mean itself). The result holds the states after each of the `T` steps; $h_0$ is
# not among them.
#
# The gradient of a place of `A` comes from many sides: from the first state, from the first cell, and from every step
# twice, once for what was seen there and once for the weight it was given. If you do not cut anything, PyTorch adds
# them up.
#
# A `ValueError` names `A` where it is not `(N, H, R, C)`, with the `N` of `x` and the `H` of `Wh`, or has no places.
#
# *Something to think about:* why $h_{t-1}$, and not $h_t$? And where would the first look go, if $h_0$ were zero?


# %% nbgrader={"grade": false, "grade_id": "attention_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def attention_forward(x: Tensor, A: Tensor, Wx: Tensor, Wh: Tensor, Wattn: Tensor, b: Tensor) -> Tensor:
    """An LSTM that looks at a map of features before each of its steps (Xu et al., 2015).

    Args:
        x: (N, T, D) the inputs.
        A: (N, H, R, C) the map; the mean over its places is the first state, and the first cell too.
        Wx: (D, 4H), gates i, f, o, g side by side, as in the three below.
        Wh: (H, 4H).
        Wattn: (H, 4H).
        b: (4H,).

    Returns:
        h: (N, T, H) the states after each step, without the first.

    Raises:
        ValueError: A is not (N, H, R, C) with a place in it.
    """
    ### BEGIN SOLUTION
    N, H = len(x), len(Wh)
    if A.ndim != 4 or A.shape[:2] != (N, H):
        raise ValueError(f"A has the shape {tuple(A.shape)}; ({N}, {H}, R, C) is due, with a place in it")
    h = c = A.mean(dim=(2, 3))
    steps = []
    for t in range(x.shape[1]):
        attn, _ = dot_product_attention(h, A)
        h, c = attention_step_forward(x[:, t], h, c, attn, Wx, Wh, Wattn, b)
        steps.append(h)
    return torch.stack(steps, dim=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention_forward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check(attention_forward)

# %% [markdown]
# ## To look is to choose
#
# ### 6. `hard_attention_loss`
#
# A mean over all places needs all places. An eye does it otherwise: it looks at one, drawn with the weights as
# probabilities, and sees nothing of the rest. That is hard attention. Its cost is $c_l$ if it looked at place $l$, and
# what should become small is the cost that is to be expected:
#
# $$J = \sum_l w_l\, c_l$$
#
# The trouble is that only one $c_l$ is known, that of the place it looked at. And a drawn number has no derivative. But
# $J$ has one. With $\nabla w_l = w_l\, \nabla \log w_l$:
#
# $$\nabla J = \sum_l w_l \,\big( \nabla c_l + c_l\, \nabla \log w_l \big)$$
#
# This is a mean over places, with just those weights by which they are drawn. So one draw gives an estimate that is
# right on average: the bracket, at the place that was drawn. This is REINFORCE (Williams, 1992). On average it is also
# right if a number $b$, the **baseline**, is subtracted from the cost in front of the logarithm, because
# $\sum_l w_l\, \nabla \log w_l = \nabla \sum_l w_l = 0$. How much the estimates scatter, however, depends on it: you
# will see by how much.
#
# PyTorch wants a number whose gradient it can take. Here is one, with $l_n$ for the place that row $n$ has looked at:
#
# $$\mathrm{loss} = \frac1N \sum_{n=1}^{N} \Big( c_n + \big[\, c_n - b_n \big] \log w_{n, l_n} \Big)$$
#
# **The square bracket is a plain number**, through which no gradient goes, neither to the cost nor to the baseline. The
# value of this loss means nothing; its gradient is everything. Only the logarithm of the chosen weight is needed:
# others may be 0.
#
# A `ValueError` names `chosen` where it is not `N` places from 0 to `L - 1`, `cost` where it is not `N` numbers, and
# `baseline` where it is neither `N` numbers nor one.
#
# *Something to think about:* a place that costs less than the baseline was drawn. Does a step down this gradient make
# its weight larger or smaller? And with a baseline of zero, when every cost is above it?


# %% nbgrader={"grade": false, "grade_id": "hard_attention_loss_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def hard_attention_loss(weights: Tensor, chosen: Tensor, cost: Tensor, baseline: Tensor | float) -> Tensor:
    """A loss whose gradient is, on average over the choices, that of the expected cost (Williams, 1992; Xu et al., 2015).

    Args:
        weights: (N, L) how likely each of L places was to be looked at; rows sum to one, and places that were not
            chosen may have 0.
        chosen: (N,) the place that was drawn for each.
        cost: (N,) what it cost to have looked there.
        baseline: (N,) what it usually costs, or one number for all.

    Returns:
        loss: one number: the mean of cost + (cost - baseline) log weights[chosen], where no gradient passes through
            (cost - baseline).

    Raises:
        ValueError: chosen is not N places from 0 to L - 1, cost not N numbers, or baseline neither N numbers nor one.
    """
    ### BEGIN SOLUTION
    N, L = weights.shape
    if chosen.shape != (N,) or chosen.min() < 0 or chosen.max() >= L:
        raise ValueError(f"chosen is {chosen.tolist()}; {N} places from 0 to {L - 1} are due")
    if cost.shape != (N,):
        raise ValueError(f"cost has the shape {tuple(cost.shape)}; ({N},) is due")
    if isinstance(baseline, Tensor) and baseline.shape not in ((N,), ()):
        raise ValueError(f"baseline has the shape {tuple(baseline.shape)}; ({N},) is due, or one number")
    log_p = torch.log(weights[torch.arange(N), chosen])
    advantage = (cost - baseline).detach()
    return (cost + advantage * log_p).mean()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "hard_attention_loss", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check(hard_attention_loss)

# %% [markdown]
# ### 7. `extract_glimpse`
#
# The recurrent attention model of Mnih, Heess, Graves and Kavukcuoglu (2014) sees a picture only through small squares,
# and decides after each where the next one is. A large picture then costs no more than a small one. You cut the squares
# out.
#
# A location is a row and a column, each from -1, the middle of the first pixel, to 1, the middle of the last. The pixel
# that is meant is
#
# $$\Big\lfloor \frac{\mathrm{location} + 1}{2}\, (R - 1) + \frac12 \Big\rfloor$$
#
# with `C` in the place of `R` for the column. It comes to stand at `[size // 2, size // 2]` of the glimpse: in the
# middle if `size` is odd, and behind the middle if it is even. `torch.round` is another thing than this floor: it takes
# 2.5 to 2, and 3.5 to 4.
#
# **Beyond the border there is nothing: zeros.** The window is not pushed back into the picture, for then the glimpse
# would not show where it was taken; and the pixels at the border are not repeated. The glimpse may be larger than the
# picture.
#
# A `ValueError` names `locations` where they are not `N` pairs from -1 to 1, and `size` where it is below 1.
#
# *Something to think about:* a loss of the glimpse has a gradient with respect to the picture. With respect to the
# location, too?


# %% nbgrader={"grade": false, "grade_id": "extract_glimpse_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def extract_glimpse(images: Tensor, locations: Tensor, size: int) -> Tensor:
    """A square cut out of each image, with zeros beyond its border (Mnih, Heess, Graves and Kavukcuoglu, 2014).

    Args:
        images: (N, K, R, C) K channels of R rows and C columns.
        locations: (N, 2) the row and the column to look at, from -1 (the first pixel) to 1 (the last). The pixel meant
            is floor((location + 1) / 2 * (R - 1) + 0.5), for the column with C.
        size: rows and columns of the glimpse, even or odd; it may be larger than the image.

    Returns:
        glimpses: (N, K, size, size), with that pixel at [size // 2, size // 2].

    Raises:
        ValueError: locations is not (N, 2) from -1 to 1, or size is below 1.
    """
    ### BEGIN SOLUTION
    N, K, R, C = images.shape
    if size <= 0:
        raise ValueError(f"size is {size}; it must be at least 1")
    if locations.shape != (N, 2) or not (locations.abs() <= 1).all():
        raise ValueError(f"locations is {locations.tolist()}; {N} pairs of numbers from -1 to 1 are due")
    last = torch.tensor([R - 1, C - 1])
    centre = torch.floor((locations + 1) / 2 * last + 0.5).long()
    half = size // 2
    padded = nn.functional.pad(images, (half, half, half, half))
    # Row r of an image is row r + half of the padded one: the glimpse begins at the very number of its centre.
    rows = centre[:, :1] + torch.arange(size)  # (N, size)
    columns = centre[:, 1:] + torch.arange(size)  # (N, size)
    n, k = torch.arange(N)[:, None, None, None], torch.arange(K)[:, None, None]
    return padded[n, k, rows[:, None, :, None], columns[:, None, None, :]]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "extract_glimpse", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check(extract_glimpse)

# %% [markdown]
# ## A window that can be moved
#
# ### 8. `draw_filters`
#
# There is a window between the mean over everything and the one hard square. DRAW (Gregor, Danihelka, Graves, Rezende
# and Wierstra, 2015) lays a grid of `size` times `size` soft eyes over the picture. Each is a Gaussian, and where the
# grid lies, how wide it is and how soft, are numbers with a gradient. The grid is the same along rows and columns, so
# that two small matrices say all. For the rows, with $i$ from 0 to $P - 1$ and `P` for `size`:
#
# $$\mu_i = \frac{\mathrm{row} + 1}{2}\,(R - 1) + \Big(i - \frac{P - 1}{2}\Big)\, \mathrm{stride}, \qquad F_{i a} = \frac{e^{-(a - \mu_i)^2 / 2 \sigma^2}}{\sum_{a'} e^{-(a' - \mu_i)^2 / 2 \sigma^2}}, \qquad a = 0, \dots, R - 1$$
#
# `window` holds for each picture the row, the column, and the **logarithms** of the stride and of $\sigma$, both in
# pixels: whatever a network says there, the two come out positive.
#
# Every filter sums to one over the pixels. Also one that lies far outside the picture, where each of its exponentials
# is 0 in a computer, and the formula above says 0 divided by 0. You have met this before: which function divides
# exponentials by their sum, and does it safely?
#
# A `ValueError` names `window` where it is not `(N, 4)`, `size` and `pixels` where they are below 1.
#
# *Something to think about:* with a stride of 1 and a very small $\sigma$ the grid is a glimpse. What happens to the
# gradient of the row as $\sigma$ shrinks?


# %% nbgrader={"grade": false, "grade_id": "draw_filters_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw_filters(window: Tensor, size: int, pixels: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Rows and columns of soft eyes that lie over an image as a grid (Gregor et al., 2015, section 3.2).

    Args:
        window: (N, 4) the row and the column of the grid's centre, from -1 (the first pixel) to 1 (the last) and
            beyond; the logarithms of its stride and of sigma, both in pixels.
        size: P, the number of filters along each axis.
        pixels: R and C, the rows and columns of the image.

    Returns:
        F_rows: (N, P, R) filter i is a Gaussian of width sigma about (row + 1) / 2 * (R - 1) + (i - (P - 1) / 2) stride,
            for i from 0; over the pixels it sums to one, wherever it lies.
        F_columns: (N, P, C) the same for the columns.

    Raises:
        ValueError: window is not (N, 4), or size or one of pixels is below 1.
    """
    ### BEGIN SOLUTION
    if window.ndim != 2 or window.shape[1] != 4:
        raise ValueError(f"window has the shape {tuple(window.shape)}; (N, 4) is due")
    if size <= 0:
        raise ValueError(f"size is {size}; it must be at least 1")
    if min(pixels) < 1:
        raise ValueError(f"pixels is {pixels}; both must be at least 1")
    row, column, log_stride, log_sigma = window[:, :, None].unbind(dim=1)  # each (N, 1)
    grid = (torch.arange(size) - (size - 1) / 2) * log_stride.exp()  # (N, P)
    filters = []
    for centre, length in zip((row, column), pixels, strict=True):
        mean = (centre + 1) / 2 * (length - 1) + grid  # (N, P)
        distance = (torch.arange(length) - mean[:, :, None]) / log_sigma.exp()[:, :, None]  # (N, P, length)
        filters.append(torch.softmax(-(distance**2) / 2, dim=2))
    F_rows, F_columns = filters
    return F_rows, F_columns
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "draw_filters", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check(draw_filters)

# %% [markdown]
# ### 9. `draw_read`
#
# One product with the filters of the rows, one with those of the columns, and `R` times `C` pixels become `P` times
# `P`:
#
# $$\mathrm{patch} = \gamma\; F_{rows}\; \mathrm{image}\; F_{columns}^\top$$
#
# The gain $\gamma$ says how strongly. A `ValueError` names `gain` where it is not `N` numbers above 0.


# %% nbgrader={"grade": false, "grade_id": "draw_read_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw_read(images: Tensor, F_rows: Tensor, F_columns: Tensor, gain: Tensor) -> Tensor:
    """What a grid of filters sees of each image (Gregor et al., 2015).

    Args:
        images: (N, R, C).
        F_rows: (N, P, R).
        F_columns: (N, P, C).
        gain: (N,) above 0: the strength of what is seen.

    Returns:
        patch: (N, P, P) gain F_rows images F_columns^T.

    Raises:
        ValueError: gain is not N numbers above 0.
    """
    ### BEGIN SOLUTION
    if gain.shape != images.shape[:1] or not (gain > 0).all():
        raise ValueError(f"gain is {gain.tolist()}; {len(images)} numbers above 0 are due")
    return gain[:, None, None] * (F_rows @ images @ F_columns.mT)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "draw_read", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(draw_read)

# %% [markdown]
# ### 10. `draw_write`
#
# The same window, the other way: `P` times `P` numbers become `R` times `C`, added to the canvas by whoever paints.
#
# $$\mathrm{canvas} = \frac1\gamma\; F_{rows}^\top\; \mathrm{patch}\; F_{columns}$$
#
# What is read strongly is written weakly, by the same gain. A `ValueError` names `gain`, as before.
#
# *Something to think about:* is writing what was read the way back to the picture? What would the filters have to be
# for that?


# %% nbgrader={"grade": false, "grade_id": "draw_write_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def draw_write(patch: Tensor, F_rows: Tensor, F_columns: Tensor, gain: Tensor) -> Tensor:
    """Lay patches onto canvases, each through its grid of filters (Gregor et al., 2015).

    Args:
        patch: (N, P, P).
        F_rows: (N, P, R).
        F_columns: (N, P, C).
        gain: (N,) above 0, as for reading.

    Returns:
        canvas: (N, R, C) F_rows^T patch F_columns / gain.

    Raises:
        ValueError: gain is not N numbers above 0.
    """
    ### BEGIN SOLUTION
    if gain.shape != patch.shape[:1] or not (gain > 0).all():
        raise ValueError(f"gain is {gain.tolist()}; {len(patch)} numbers above 0 are due")
    return F_rows.mT @ patch @ F_columns / gain[:, None, None]
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "draw_write", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check(draw_write)

# %% [markdown]
# ## Questions about a picture
#
# ### 11. `vqa_forward`
#
# A question, a picture, an answer (Antol and others, 2015). All the parts that you need you have built. They are given
# here with weights of their own:


# %%
class VQA(nn.Module):
    """A GRU of H units that reads questions, attention K numbers wide over regions of C features, and M answers."""

    def __init__(self, V: int, D: int, H: int, C: int, K: int, M: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, D)
        self.reader = nn.GRU(D, H, batch_first=True)
        self.query = nn.Linear(H, K)
        self.key = nn.Linear(C, K, bias=False)  # a bias would add the same to the score of every region
        self.classifier = nn.Linear(H + C, M)


# %% [markdown]
# One thing after the other:
#
# 1. The reader goes over the embedded question, from a state of zeros, and $h$ is its state after the **last word**.
#    What stands in the padding behind it changes nothing.
# 2. The question asks the regions. $q = \mathrm{query}(h)$ and $k_l = \mathrm{key}(A_l)$ are both `K` numbers, and the
#    scores are their products, scaled: $s_l = q \cdot k_l / \sqrt K$.
# 3. $w = \mathrm{softmax}(s)$ over the regions, and $\sum_l w_l\, A_l$ is what was seen: a mean of the **regions**, not
#    of their keys.
# 4. The classifier gets both, $[\,h, \mathrm{seen}\,]$ in this order: what was asked and what was seen.
#
# There is one look, and it is chosen from the question alone: the picture has no say in what is asked of it. Keep that
# in mind for the end.
#
# A `ValueError` names `lengths` where it is not `N` numbers from 1 to `T`, and `A` where it is not `(N, L, C)` with a
# region in it.
#
# *Something to think about:* the classifier sees $h$ as well. How well could it do with $w$ the same for all regions?
# And with no picture at all?


# %% nbgrader={"grade": false, "grade_id": "vqa_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def vqa_forward(model: VQA, questions: Tensor, lengths: Tensor, A: Tensor) -> tuple[Tensor, Tensor]:
    """Read a question, look at the picture once, answer (after Antol et al., 2015, and Yang et al., 2016).

    Args:
        model: all of its parts are used.
        questions: (N, T) tokens, padded at their ends with any token.
        lengths: (N,) how many tokens of each are no padding, from 1 to T.
        A: (N, L, C) the features of L regions of each picture.

    Returns:
        scores: (N, M) of each answer.
        weights: (N, L) of each region; rows sum to one.

    Raises:
        ValueError: lengths is not N numbers from 1 to T, or A is not (N, L, C) with a region in it.
    """
    ### BEGIN SOLUTION
    N, T = questions.shape
    if lengths.shape != (N,) or lengths.min() < 1 or lengths.max() > T:
        raise ValueError(f"lengths is {lengths.tolist()}; {N} numbers from 1 to {T} are due")
    if A.ndim != 3 or len(A) != N or A.shape[1] == 0:
        raise ValueError(f"A has the shape {tuple(A.shape)}; ({N}, L, C) is due, with a region in it")
    states, _ = model.reader(model.embedding(questions))
    h = states[torch.arange(N), lengths - 1]  # (N, H)
    query, keys = model.query(h), model.key(A)  # (N, K), (N, L, K)
    weights = torch.softmax((keys @ query[:, :, None])[:, :, 0] / math.sqrt(query.shape[1]), dim=1)
    attended = (weights[:, :, None] * A).sum(dim=1)  # (N, C)
    scores = model.classifier(torch.cat([h, attended], dim=1))
    return scores, weights
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "vqa_forward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check(vqa_forward)

# %% [markdown]
# ## Put it together
#
# ### Dates, with a look back
#
# German, English and Hungarian dates, to be written as ISO does. The reader keeps all its states, and before each
# character the writer looks at them with your `additive_attention`. A second network is the same in everything, but it
# looks everywhere alike: your `masked_softmax` of scores that are all zero.

# %% tags=["demo"]
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import islice
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from torch.nn.functional import cross_entropy, one_hot
from tqdm.auto import tqdm

import rnn_datasets as data

# %% tags=["demo"]
LANGUAGES = ("de", "en", "hu")
to_read, to_write = data.date_vocabularies(LANGUAGES)
new_dates = data.dates(np.random.default_rng(0), 400, "valid", LANGUAGES)
list(zip(new_dates.targets[:4], new_dates.sources, strict=False))


# %% tags=["demo"]
Look = Callable[..., tuple[Tensor, Tensor]]  # what additive_attention is


def look_everywhere(h: Tensor, A: Tensor, mask: Tensor, *unused: Tensor) -> tuple[Tensor, Tensor]:
    """In the place of additive_attention: the plain mean of what is no padding."""
    weights = masked_softmax(torch.zeros(mask.shape), mask)
    return (weights[:, None] @ A)[:, 0], weights


# %% tags=["demo"]
class DateWriter(nn.Module):
    """A GRU in each direction to read a date, a GRU to write it, and the weights of a look at what was read."""

    def __init__(self, look: Look, D: int = 32, H: int = 64) -> None:
        super().__init__()
        self.look = look
        self.read_embedding = nn.Embedding(len(to_read), D)
        self.reader = nn.GRU(D, H // 2, batch_first=True, bidirectional=True)
        self.write_embedding = nn.Embedding(len(to_write), D)
        self.writer = nn.GRUCell(D + H, H)
        self.readout = nn.Linear(H, len(to_write))
        self.Wh, self.Wa = (nn.Parameter(torch.randn(H, H) / H**0.5) for _ in range(2))
        self.v = nn.Parameter(torch.randn(H) / H**0.5)


# %% tags=["demo"]
def write(model: DateWriter, x: Tensor, mask: Tensor, y: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Scores (N, 10, V) and weights (N, 10, T); told the true characters y (N, 10), or else its own."""
    A, _ = model.reader(model.read_embedding(x))
    h, token = torch.zeros_like(A[:, 0]), torch.ones_like(x[:, 0])
    scores, maps = [], []
    for t in range(10):
        context, weights = model.look(h, A, mask, model.Wh, model.Wa, model.v)
        h = model.writer(torch.cat([model.write_embedding(token), context], dim=1), h)
        scores.append(model.readout(h))
        maps.append(weights)
        token = scores[-1].argmax(dim=1) if y is None else y[:, t]
    return torch.stack(scores, dim=1), torch.stack(maps, dim=1)


# %% tags=["demo"]
def tensors(drawn: data.Dates) -> tuple[Tensor, Tensor, Tensor]:
    """Dates as x (N, T), its mask (N, T) and y (N, 10)."""
    x, mask = data.pad([to_read.encode(source) for source in drawn.sources])
    y = np.array([to_write.encode(target) for target in drawn.targets])
    return torch.from_numpy(x), torch.from_numpy(mask), torch.from_numpy(y)


def date_losses(model: DateWriter, rng: np.random.Generator) -> Iterator[Tensor]:
    """What the right characters cost, batch after batch."""
    while True:
        x, mask, y = tensors(data.dates(rng, 64, "train", LANGUAGES))
        yield 10 * cross_entropy(write(model, x, mask, y)[0].transpose(1, 2), y)


# %% tags=["demo"]
def follow(model: nn.Module, losses: Iterator[Tensor], steps: int, max_lr: float) -> None:
    """So many steps of Adam down these losses, small ones at the beginning and at the end."""
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=max_lr, total_steps=steps)
    for loss in tqdm(islice(losses, steps), total=steps, unit="step"):
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()


# %% [markdown]
# **Predict first.** Each reads 150 batches of 64 dates. How many of 400 new dates does each get right to the last
# character? And nobody says where the year stands: which share of the weights will lie on it while the year is written?


# %% tags=["demo"]
def date_writer(look: Look, seed: int = 0) -> DateWriter:
    """A writer that has learned."""
    torch.manual_seed(seed)
    model = DateWriter(look)
    follow(model, date_losses(model, np.random.default_rng(seed)), steps=150, max_lr=0.01)
    return model


@torch.no_grad()
def right(model: DateWriter) -> float:
    """The share of new dates that are right to the last character."""
    x, mask, y = tensors(new_dates)
    return float((write(model, x, mask)[0].argmax(dim=2) == y).all(dim=1).float().mean())


# %% tags=["demo"]
writers = {look.__name__: date_writer(look) for look in (additive_attention, look_everywhere)}
for name, writer in writers.items():
    print(f"{name:18} {right(writer):5.1%} of {len(new_dates.targets)} new dates right")


# %% tags=["demo"]
@torch.no_grad()
def on_field(model: DateWriter, field: int, written: slice) -> tuple[float, float]:
    """How much weight lies on a field while it is written, and how much if all characters weighed the same."""
    x, mask, _ = tensors(new_dates)
    place, (start, stop) = np.arange(x.shape[1]), new_dates.spans[:, field].T[:, :, None]
    inside = torch.from_numpy((start <= place) & (place < stop))
    weight = (write(model, x, mask)[1][:, written].mean(dim=1) * inside).sum(dim=1)
    return weight.mean().item(), (inside.sum(dim=1) / mask.sum(dim=1)).mean().item()


# %% tags=["demo"]
WRITTEN = {"year": slice(0, 4), "month": slice(5, 7), "day": slice(8, 10)}
weight_on = {
    name: on_field(writers["additive_attention"], k, where) for k, (name, where) in enumerate(WRITTEN.items())
}
for name, (weight, even) in weight_on.items():
    print(f"{name:5} {weight:.2f} of the weight while it is written; spread evenly {even:.2f}")

# %% tags=["demo"]
x, mask, _ = tensors(new_dates)
with torch.no_grad():
    _, maps = write(writers["additive_attention"], x, mask)
longs = new_dates.forms == data.FORMS.index("long")
examples = [np.flatnonzero(longs & (new_dates.labels == k))[0] for k in range(len(LANGUAGES))]

# %% tags=["demo"]
fig, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
for n, language, ax in zip(examples, new_dates.languages, axes, strict=True):
    source, target = new_dates.sources[n], new_dates.targets[n]
    ax.imshow(maps[n, :, : len(source)].numpy(), cmap="Greys", vmin=0, vmax=1, aspect="auto")
    for (start, stop), rows, color in zip(
        new_dates.spans[n], WRITTEN.values(), ("#0072B2", "#D55E00", "#009E73"), strict=True
    ):
        corner, height = (start - 0.5, rows.start - 0.5), rows.stop - rows.start
        ax.add_patch(Rectangle(corner, stop - start, height, fill=False, edgecolor=color, linewidth=2))
    ax.set(xticks=range(len(source)), xticklabels=source, yticks=range(10), yticklabels=target)
    ax.set(xlabel="read", ylabel="written", title=language)
plt.show()

# %% [markdown]
# Each row shows where the writer looked before it wrote that character, the darker, the more. The boxes are the truth:
# where year (blue), month (red) and day (green) stand in what was read, and where in what is written. Nobody has shown
# the boxes to the network. On the year lies nearly all of the weight, on month and day most of it: a state of the
# reader knows its neighbours too, so that the character beside will often do. Where it looks before it writes a dash
# does not matter: a dash needs no look.
#
# Who may look gets nearly every date right. Who gets the same mean at every step gets less than one in ten. It is not
# impossible to write from one vector, as assignment 5 has shown; it takes far more lessons.
#
# ### A bet on nine places
#
# A caption costs 6 nats, wherever its writer has looked: most of its words are grammar. Only who has looked at the
# circle pays less, 4.6, for the word that had to be seen. There are nine places, and their weights begin all alike. That
# is few enough to know everything: for every place that may be drawn, the gradient that your loss gives, and so its exact
# mean and variance.

# %% tags=["demo"]
CIRCLE = 4
place_costs = torch.full((9,), 6.0)
place_costs[CIRCLE] = 4.6
usual = place_costs.mean().item()  # what is to be expected while all nine weigh the same
usual


# %% tags=["demo"]
def estimates(baseline: float) -> Tensor:
    """The gradient (9, 9) of the scores, for each place that may be drawn."""
    scores = torch.zeros(9, 9, requires_grad=True)  # a row for each case
    weights = masked_softmax(scores, torch.ones(9, 9, dtype=torch.bool))
    loss = 9 * hard_attention_loss(weights, torch.arange(9), place_costs, baseline)  # a sum and no mean
    return torch.autograd.grad(loss, scores)[0]


def mean_and_variance(baseline: float) -> tuple[Tensor, float]:
    """The mean (9,) of what is drawn, and its variance, summed over the nine scores."""
    drawn = estimates(baseline)  # all equally likely
    return drawn.mean(dim=0), drawn.var(dim=0, correction=0).sum().item()


# %% [markdown]
# **Predict first.** The baseline is 0, or the usual cost, or 9. For which of them is the mean of the gradients right? And
# for which is their variance smallest?

# %% tags=["demo"]
scores = torch.zeros(9, requires_grad=True)
(exact,) = torch.autograd.grad((torch.softmax(scores, dim=0) * place_costs).sum(), scores)
for baseline in (0.0, usual, 9.0):
    found, variance = mean_and_variance(baseline)
    print(
        f"baseline {baseline:.2f}: off by {(found - exact).abs().max():.0e} on average, variance {variance:.3f}"
    )

# %% tags=["demo"]
fig, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
for row, baseline in enumerate((0.0, usual, 9.0)):
    for_circle = estimates(baseline)[:, CIRCLE]
    axes[0].plot(for_circle, np.full(9, row) + np.linspace(-0.15, 0.15, 9), "o", color="#0072B2", alpha=0.6)
axes[0].axvline(exact[CIRCLE].item(), color="#D55E00", label="exact")
axes[0].set(yticks=range(3), yticklabels=["0", f"{usual:.2f}", "9"], ylabel="baseline")
axes[0].set(xlabel="gradient of the circle's score, for each place that may be drawn")
baselines = np.linspace(-1, 12, 131)
axes[1].plot(baselines, [mean_and_variance(b)[1] for b in baselines.tolist()], color="#0072B2")
axes[1].axvline(usual, color="gray", linestyle=":", label="the usual cost")
axes[1].set(xlabel="baseline", ylabel="variance of the gradient", ylim=0)
for ax in axes:
    ax.legend()
plt.show()

# %% [markdown]
# On the left each point is a place that may be drawn, at the height of its baseline. On the right the scatter: a
# parabola, and the usual cost is near its lowest point.
#
# Does the scatter matter? A hundred learners have scores of their own and one draw a step. They go down their gradients
# without a baseline; then once more, with what they have paid lately as the baseline. In the figure a line is the learner
# in the middle, and its band holds eight in ten of them.


# %% tags=["demo"]
def learn(baselined: bool, seed: int, steps: int = 300, runs: int = 100) -> np.ndarray:
    """The cost to be expected (steps, runs), as each learner draws one place a step."""
    generator, mask = torch.Generator().manual_seed(seed), torch.ones(runs, 9, dtype=torch.bool)
    scores, paid, course = torch.zeros(runs, 9, requires_grad=True), torch.zeros(runs), []
    for step in range(steps):
        weights = masked_softmax(scores, mask)
        chosen = torch.multinomial(weights, 1, generator=generator)[:, 0]
        cost = place_costs[chosen]
        loss = runs * hard_attention_loss(weights, chosen, cost, paid if baselined else 0.0)
        (gradient,) = torch.autograd.grad(loss, scores)
        scores.data -= 0.2 * gradient
        paid += (cost - paid) / min(step + 1, 20)  # a mean over about the last twenty
        course.append((weights.detach() @ place_costs).numpy())
    return np.array(course)


# %% tags=["demo"]
courses = {name: learn(name != "no baseline", seed=0) for name in ("no baseline", "what was paid lately")}
fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
for (name, course), color in zip(courses.items(), ("#D55E00", "#0072B2"), strict=True):
    low, middle, high = np.quantile(course, (0.1, 0.5, 0.9), axis=1)
    ax.plot(middle, color=color, label=name)
    ax.fill_between(range(len(course)), low, high, color=color, alpha=0.15)
    print(
        f"{name:21} after 300 steps {course[-1].mean():.2f}, still above 5.5: {(course[-1] > 5.5).mean():.0%}"
    )
ax.set(xlabel="step", ylabel="cost to be expected", ylim=(4.5, 6.1))
ax.legend()
plt.show()

# %% [markdown]
# Each baseline gives the right mean; what differs is the scatter, by a factor of two hundred between none and the usual
# cost. Without one, every draw pushes the drawn place down, and hard, because everything costs something. About six in
# ten of the learners end at a wrong place. They come to draw nothing else, and then nothing tells them that there is
# better. With a baseline all hundred find the circle.
#
# ### A window that slides
#
# Your `extract_glimpse` takes pixels as they are. Your `draw_read` takes means of pixels, and so a gradient can tell its
# window where to go. Below, a window of 12 by 12 eyes knows what it should see: a shape in its middle. It starts eight
# pixels above it and follows the gradient.
#
# **Predict first.** How far does it get if its eyes are soft, with a $\sigma$ of 2 pixels? And if they are sharp, with
# 0.3?

# %% tags=["demo"]
drawn = data.scenes(np.random.default_rng(4), 1, (1,))
image = torch.from_numpy(drawn.images).float().amax(dim=3) / 255  # (1, 48, 48), gray
left, top, right_end, bottom_end = drawn.boxes[0, 0].tolist()
middle = (
    torch.tensor([[top + bottom_end - 1, left + right_end - 1]]) / 2
)  # row and column of the shape, in pixels


def filters(centre: Tensor, stride: float, sigma: float) -> tuple[Tensor, Tensor]:
    """A window of 12 by 12 eyes about a pixel (1, 2)."""
    logs = torch.tensor([[math.log(stride), math.log(sigma)]])
    return draw_filters(torch.cat([centre / 47 * 2 - 1, logs], dim=1), 12, (48, 48))


# %% tags=["demo"]
def slide(centre: Tensor, sigma: float, steps: int = 60) -> Tensor:
    """Where the window is (steps, 2) as it goes down the squared difference from what it should see."""
    goal, way = draw_read(image, *filters(middle, 1.0, sigma), torch.ones(1)), []
    centre = centre.clone().requires_grad_()
    optimizer = torch.optim.Adam([centre], 0.5)
    for _ in range(steps):
        way.append(centre.detach().clone())
        loss = ((draw_read(image, *filters(centre, 1.0, sigma), torch.ones(1)) - goal) ** 2).sum()
        (centre.grad,) = torch.autograd.grad(loss, centre)
        optimizer.step()
    return torch.cat(way)


# %% tags=["demo"]
ways = {sigma: slide(middle - torch.tensor([[8.0, 0.0]]), sigma) for sigma in (2.0, 0.3)}
for sigma, way in ways.items():
    print(f"sigma {sigma}: from {(way[0] - middle).norm():.1f} to {(way[-1] - middle).norm():.1f} pixels off")

# %% [markdown]
# Soft eyes feel an edge before they are on it. A sharp one sees one pixel, and as long as this is the same one, moving
# a little changes nothing: no gradient, but for some steps on the way. Here it is stuck at once; whether it is depends
# on the picture (put another number in the place of the 4). A glimpse is the limit of sharp eyes, and its location has
# no gradient at all. So DRAW can learn where to look by gradients alone, and the model of Mnih and others needs
# `hard_attention_loss`, or its like.
#
# What is read through one window can be painted through another. Here the shape is read from where it is, and painted in
# the middle with twice the stride. Each eye then paints on four times as many pixels: hence the gain of a quarter. The
# last picture is a glimpse at a corner: beyond the border there is nothing.

# %% tags=["demo"]
patch = draw_read(image, *filters(middle, 1.0, 0.5), torch.ones(1))
painted = draw_write(patch, *filters(torch.tensor([[23.5, 23.5]]), 2.0, 1.0), torch.tensor([0.25]))
glimpse = extract_glimpse(image[:, None], torch.sign(middle / 23.5 - 1), 24)[:, 0]

fig, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
pictures = {"the ways": image, "read": patch, "painted": painted, "a glimpse at a corner": glimpse}
for ax, (title, picture) in zip(axes, pictures.items(), strict=True):
    ax.imshow(picture[0].numpy(), cmap="gray", vmin=0, vmax=1)
    ax.set_title(title)
for (sigma, way), color in zip(ways.items(), ("#E69F00", "#56B4E9"), strict=True):
    axes[0].plot(way[:, 1].numpy(), way[:, 0].numpy(), ".-", color=color, label=f"sigma {sigma}")
axes[0].legend()
plt.show()

# %% [markdown]
# ### What is a map worth?
#
# Scenes of one to three shapes in nine cells, and three kinds of questions: what colour is the circle; what shape is the
# red thing; is the red circle left of the blue square. Nobody has to learn to see here: the regions are the nine cells,
# and their features say outright which shape, colour and size stands in each, or that it is empty. They do not say which
# cell it is.

# %% tags=["demo"]
ASKED = ("colour", "shape", "relation")
KINDS = [data.QUESTION_KINDS.index(kind) for kind in ASKED]
words = data.question_vocabulary()
EMPTY = one_hot(torch.tensor([0, 5, 11]), 14).sum(dim=0).float()  # no shape, no colour, no size


def regions(drawn: data.Scenes) -> Tensor:
    """What stands in each cell, (N, 9, 14): five numbers for its shape, six for its colour, three for its size."""
    places = torch.from_numpy(drawn.by_cell()) + torch.tensor([0, 5, 11])
    return one_hot(places, 14).sum(dim=2).float()


# %% tags=["demo"]
class Asked(NamedTuple):
    """Questions, what they are asked about, and the truth."""

    tokens: Tensor  # (M, T)
    lengths: Tensor  # (M,)
    A: Tensor  # (M, 9, 14) the regions
    answers: Tensor  # (M,)
    kinds: Tensor  # (M,)
    about: Tensor  # (M, 9) of bool: what is spoken of


# %% tags=["demo"]
def asked(seed: int, N: int, M: int) -> Asked:
    """Those of M questions about N scenes that are of the kinds asked here."""
    rng = np.random.default_rng(seed)
    drawn = data.scenes(rng, N)
    some = data.questions(rng, drawn, M)
    tokens, mask = data.pad([words.encode(question) for question in some.words])
    about = (drawn.cells[some.scenes][:, :, None] == np.arange(9)) & some.about[:, :, None]
    A = regions(drawn).numpy()[some.scenes]
    every = tokens, mask.sum(axis=1), A, some.answers, some.kinds, about.any(axis=1)
    return Asked(*(torch.from_numpy(part[np.isin(some.kinds, KINDS)]) for part in every))


# %% tags=["demo"]
seen, new = asked(0, 4000, 16000), asked(1, 1000, 2500)


def losses(model: VQA, rng: np.random.Generator, shown: bool) -> Iterator[Tensor]:
    """What the right answers cost, batch after batch; for one that is shown where to look, the right looks too."""
    while True:
        rows = torch.from_numpy(rng.integers(len(seen.tokens), size=128))
        some = Asked(*(part[rows] for part in seen))
        scores, weights = vqa_forward(model, some.tokens, some.lengths, some.A)
        looks = -torch.log((weights * some.about).sum(dim=1)).mean()
        yield cross_entropy(scores, some.answers) + (looks if shown else 0.0)


# %% tags=["demo"]
def answerer(seed: int, shown: bool = False) -> VQA:
    """A network that has learned to answer."""
    torch.manual_seed(seed)
    model = VQA(len(words), D=32, H=64, C=14, K=32, M=len(data.ANSWERS))
    follow(model, losses(model, np.random.default_rng(seed), shown), steps=300, max_lr=0.02)
    return model


# %% [markdown]
# A map shows where the weights lie. Whether the answer depends on them, a map does not show. That takes an intervention:
# change one thing, and see whether the answer changes.
#
# **Predict first.** For each of these: how many answers stay right, of those about a colour or a shape?
#
# - all nine regions weigh the same (the query is a vector of zeros);
# - what the question speaks of is erased, its cell is made empty;
# - everything else is erased.
#
# And the questions about where: how many will be right to begin with?


# %% tags=["demo"]
@torch.no_grad()
def shares(model: VQA, A: Tensor) -> list[float]:
    """The share of right answers for each kind of question, if the regions are A (M, 9, 14)."""
    found = vqa_forward(model, new.tokens, new.lengths, A)[0].argmax(dim=1) == new.answers
    return [found[new.kinds == kind].float().mean().item() for kind in KINDS]


def everywhere_alike(model: VQA) -> VQA:
    """The same network with a query of zeros, whose scores are all zero."""
    model = deepcopy(model)
    nn.init.zeros_(model.query.weight)
    nn.init.zeros_(model.query.bias)
    return model


# %% tags=["demo"]
def interventions(model: VQA) -> dict[str, list[float]]:
    """The share of right answers for each kind of question, after each intervention."""
    about = new.about[:, :, None]
    return {
        "as it is": shares(model, new.A),
        "weights alike": shares(everywhere_alike(model), new.A),
        "asked about erased": shares(model, torch.where(about, EMPTY, new.A)),
        "all else erased": shares(model, torch.where(about, new.A, EMPTY)),
    }


# %% tags=["demo"]
@torch.no_grad()
def weight_on_what_is_asked_about(model: VQA) -> list[float]:
    """The weight on the regions that the question speaks of, for each kind of question."""
    _, weights = vqa_forward(model, new.tokens, new.lengths, new.A)
    weight = (weights * new.about).sum(dim=1)
    return [weight[new.kinds == kind].mean().item() for kind in KINDS]


# %% tags=["demo"]
answerers = [answerer(seed) for seed in range(3)] + [answerer(3, shown=True)]
worth = [interventions(model) for model in answerers]
after = np.array([list(each.values()) for each in worth])  # (networks, interventions, kinds)
print("the first three, on average" + "".join(f"{kind:>10}" for kind in ASKED))
for name, right_ones in zip(worth[0], after[:3].mean(axis=0), strict=True):
    print(f"{name:27}" + "".join(f"{share:10.2f}" for share in right_ones))

# %% tags=["demo"]
on_asked = np.array([weight_on_what_is_asked_about(model) for model in answerers])  # (networks, kinds)
fig, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained", sharey=True)
for k, (kind, color) in enumerate(zip(ASKED, ("#0072B2", "#E69F00", "#009E73"), strict=True)):
    axes[0].bar(np.arange(4) + 0.25 * (k - 1), after[:3, :, k].mean(axis=0), 0.25, color=color, label=kind)
    axes[1].plot(on_asked[:3, k], after[:3, 0, k], "o", color=color)
    axes[1].plot(on_asked[3, k], after[3, 0, k], "*", color=color, markersize=14)
axes[0].set(ylabel="share of right answers", ylim=(0, 1.05))
axes[0].set_xticks(range(4), [name.replace(" ", "\n") for name in worth[0]])
axes[1].set(
    xlabel="weight on what is asked about", xlim=(-0.05, 1.05), title="as they are; the star was shown"
)
axes[0].legend()
plt.show()

# %% [markdown]
# For colours and shapes the map holds what it promises. The weight is on what was asked about, and the answers hang on
# it: spread it evenly or erase that one cell, and they fall; erase all the others, and nothing happens.
#
# The questions about where are right half of the time, as by tossing a coin, with the map and without it. Now look at the
# picture on the right. Three networks, which differ in their seed alone, may look for these questions wherever they like,
# and the green points may be far apart. The fourth, the star, was **shown where to look** while it learned: its loss
# counted the weight beside the two shapes as well. Its map is perfect, and its answers are no better. Had you seen the
# map alone, you would have said that it understands the question.
#
# No look could have helped here, since no region says where it is. Add that: nine numbers more for each region (`C=23`),
# of which the one for its cell is 1. Does it help? The question below asks why not.
#
# ## In words
#
# ### 12. What did it look at?
#
# 1. A map lies on the cat, and the model answers "cat". Somebody says: it says so because it looked there. Describe two
#    interventions that test this, and for each what would have to come out if it were so, and what if not.
# 2. Soft attention and hard attention, each run twice on the same picture: which gives the same answer twice? Which of
#    them needs no estimate for the gradient of its weights, and why can the other not simply use backpropagation? Why does
#    a baseline leave the mean of the estimates as it is, and change their variance?
# 3. Every region now says what stands in it, and where: one group of numbers for the shape, another for the cell. A
#    single look puts half the weight on the circle and half on the square. Why can the classifier still not say which
#    of the two is on the left? What could a second look do about it?
#
# Two to five sentences for each. An argument counts, not its length.

# %% [markdown] nbgrader={"grade": true, "grade_id": "what_did_it_look_at", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# *For the grader: 2 + 2 + 1 points.*
#
# 1. **Change one thing, and see whether the answer changes.** Two of these: give all regions the same weight (or other
#    weights) in the trained network: if the answer hangs on the map, it changes; if it stays, the state of the question or
#    the mean of everything was enough. Erase the region with the weight: the answer should go. Erase all the others:
#    it should stay; if it goes, the features of other regions carried it. Show another picture, or none: if "cat" stays, it
#    was guessed from the question. Being correlated with the right answer, as the map is, shows none of this; nor does
#    a network trained anew with other weights say what this one did (Jain and Wallace, 2019; Wiegreffe and Pinter, 2019).
#    *Half a point for each intervention, half for each pair of outcomes. "Look at more maps": nothing.*
# 2. **Soft attention is deterministic, a mean; hard attention draws** and may answer otherwise the second time. The
#    mean depends smoothly on the weights, so backpropagation goes through it. A drawn place does not: shift the weights a
#    little and nearly always the same place is drawn, so that the derivative of the outcome is zero or undefined. What
#    has a derivative is the expected cost, and that is estimated from draws. A baseline adds $-b\,\nabla \log w$ to each
#    estimate, **whose mean is $-b\,\nabla \sum w = 0$**. It shrinks the factor in front of $\nabla \log w$ where it is near
#    what is usually paid, and so the scatter; a bad baseline makes it larger. *Half a point each: who draws; why no
#    derivative; the mean; the variance.*
# 3. **A mean does not know what belongs together.** Half of (circle, left) plus half of (square, right) is the same vector as
#    half of (square, left) plus half of (circle, right). A second look can be chosen by what the first found: look for the
#    circle, keep its place, then look at what stands to its right, or for the square, and compare both. *Half a point each. That
#    features which mix what and where (or several looks at once, chapter 8) help, is right too.*
