# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Assignment 7: attention

# %%
import math

import torch
from torch import Tensor, nn

from rnn_autograder import check

torch.set_num_threads(1)  # for small matrices one thread is fastest

# %% [markdown]
# ## 1. masked_softmax


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
# ## 2. additive_attention


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
# ## 3. dot_product_attention


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
        ValueError: A has other N or H than prev_h, or no places.
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
# ## 4. attention_step_forward


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
# ## 5. attention_forward


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
    h = c = A.mean(dim=(2, 3))
    states = []
    for t in range(x.shape[1]):
        attn, _ = dot_product_attention(h, A)
        h, c = attention_step_forward(x[:, t], h, c, attn, Wx, Wh, Wattn, b)
        states.append(h)
    return torch.stack(states, dim=1)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "attention_forward", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check(attention_forward)

# %% [markdown]
# ## 6. hard_attention_loss


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
# ## 7. extract_glimpse


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
    if size < 1:
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
# ## 8. draw_filters


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
    if size < 1:
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
# ## 9. draw_read


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
# ## 10. draw_write


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
# ## 11. vqa_forward


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
# Placeholder: vqa_forward.


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
