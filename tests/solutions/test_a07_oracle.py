"""PyTorch, NumPy, enumeration and loops agree with every function of assignment 7."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

N, T, D, E, H, K, R, C, P = 3, 5, 4, 6, 7, 8, 4, 9, 5
LENGTHS = torch.tensor([5, 1, 3])
MASK = torch.arange(T) < LENGTHS[:, None]


def normal(*shape, seed=0):
    """Standard normal numbers in float64."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def leaves(*shapes):
    """Standard normal tensors that want a gradient, each of its own seed."""
    return [normal(*shape, seed=seed).requires_grad_() for seed, shape in enumerate(shapes)]


def assert_same(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


def assert_same_gradients(ours, theirs, inputs):
    """Of a random weighing of both results."""
    pull = normal(*ours.shape, seed=99)
    found = torch.autograd.grad((ours * pull).sum(), inputs, retain_graph=True)
    dues = torch.autograd.grad((theirs * pull).sum(), inputs, retain_graph=True)
    for gradient, due in zip(found, dues, strict=True):
        assert_same(gradient, due)


# To look is to take a mean ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1e3, 1e5])
def test_each_row_is_the_softmax_of_what_may_be_looked_at(a07, scale):
    (scores,) = leaves((N, T))
    weights = a07.masked_softmax(scale * scores, MASK)
    due = torch.zeros(N, T, dtype=torch.float64)
    for n, length in enumerate(LENGTHS.tolist()):
        due[n, :length] = torch.softmax(scale * scores[n, :length], dim=0)
    assert_same(weights, due)
    assert (weights[~MASK] == 0).all()
    assert_same_gradients(weights, due, [scores])


@pytest.mark.parametrize("hidden", [1e5, math.inf, -math.inf, math.nan])
def test_whatever_is_masked_changes_nothing(a07, hidden):
    scores = normal(N, T)
    full = scores.masked_fill(~MASK, hidden).requires_grad_()
    weights = a07.masked_softmax(full, MASK)
    assert_same(weights, a07.masked_softmax(scores, MASK))
    (gradient,) = torch.autograd.grad((weights * normal(N, T, seed=1)).sum(), full)
    assert gradient.isfinite().all()
    assert (gradient[~MASK] == 0).all()


def test_who_may_look_nowhere_has_no_weights_and_no_gradient(a07):
    (scores,) = leaves((2, 3, T))
    mask = torch.ones(2, 3, T, dtype=torch.bool)
    mask[0, 1] = mask[1, 2] = False
    weights = a07.masked_softmax(scores, mask)
    assert_same(weights.sum(dim=2), mask.any(dim=2).double())
    (gradient,) = torch.autograd.grad((weights * normal(2, 3, T, seed=1)).sum(), scores)
    assert gradient.isfinite().all()
    assert ((gradient == 0) == ~mask).all()
    for row in ((0, 1), (1, 2)):
        assert (weights[row] == 0).all()


@pytest.mark.parametrize("mask", [MASK[0], MASK.T, MASK.double(), MASK.long(), MASK[None]])
def test_what_is_no_mask_is_refused(a07, mask):
    with pytest.raises(ValueError, match="mask is"):
        a07.masked_softmax(normal(N, T), mask)


def test_minus_a_billion_in_place_of_masked_scores_looks_at_padding(a07):
    """The question of the text: in a row that is all masked everything weighs the same again."""
    scores = normal(1, T).masked_fill(torch.ones(1, T, dtype=torch.bool), -1e9)
    assert_same(torch.softmax(scores, dim=1), torch.full((1, T), 1 / T, dtype=torch.float64))


def test_additive_attention_pair_by_pair(a07):
    h, A, Wh, Wa, v = inputs = leaves((N, H), (N, T, E), (H, K), (E, K), (K,))
    context, weights = a07.additive_attention(h, A, MASK, Wh, Wa, v)
    contexts = []
    for n, length in enumerate(LENGTHS.tolist()):
        scores = [torch.dot(torch.tanh(Wh.T @ h[n] + Wa.T @ A[n, t]), v) for t in range(length)]
        due = torch.softmax(torch.stack(scores), dim=0)
        assert_same(weights[n, :length], due)
        contexts.append(A[n, :length].T @ due)
    assert_same(context, torch.stack(contexts))
    assert_same_gradients(context, torch.stack(contexts), inputs)


def test_gradients_of_additive_attention_are_those_of_finite_differences(a07):
    inputs = leaves((N, H), (N, T, E), (H, K), (E, K), (K,))
    nowhere = MASK.clone()
    nowhere[1] = False
    for mask in (MASK, nowhere):
        assert torch.autograd.gradcheck(
            lambda h, A, Wh, Wa, v, mask=mask: a07.additive_attention(h, A, mask, Wh, Wa, v), inputs
        )


def test_a_state_that_may_look_nowhere_sees_nothing(a07):
    mask = MASK.clone()
    mask[1] = False
    context, weights = a07.additive_attention(
        normal(N, H), normal(N, T, E), mask, normal(H, K), normal(E, K), normal(K)
    )
    assert (context[1] == 0).all() and (weights[1] == 0).all()


def test_without_the_tanh_the_state_would_not_matter(a07, monkeypatch):
    """The question of the text: the part of the state is one number for all places, and a softmax drops it."""
    monkeypatch.setattr(torch, "tanh", lambda x: x)
    A, Wh, Wa, v = normal(N, T, E), normal(H, K), normal(E, K), normal(K)
    found = [a07.additive_attention(normal(N, H, seed=s), A, MASK, Wh, Wa, v)[1] for s in (1, 2)]
    assert_same(*found)


def test_dot_product_attention_is_that_of_pytorch(a07):
    prev_h, A = inputs = leaves((N, H), (N, H, R, C))
    attn, attn_weights = a07.dot_product_attention(prev_h, A)
    places = A.flatten(2).transpose(1, 2)  # (N, R C, H)
    due = scaled_dot_product_attention(prev_h[:, None], places, places)[:, 0]
    assert_same(attn, due)
    assert_same_gradients(attn, due, inputs)
    for n in range(N):
        for r in range(R):
            for c in range(C):
                by_itself = scaled_dot_product_attention(
                    prev_h[n, None], places[n], torch.eye(R * C, dtype=torch.float64)
                )[0, r * C + c]
                assert_same(attn_weights[n, r, c], by_itself)


def test_dot_product_attention_stays_finite(a07):
    attn, attn_weights = a07.dot_product_attention(1e3 * normal(N, H), 1e3 * normal(N, H, R, C, seed=1))
    assert attn.isfinite().all()
    assert_same(attn_weights.sum(dim=(1, 2)), torch.ones(N, dtype=torch.float64))


def test_the_root_keeps_the_variance_of_the_scores_at_one():
    """What the text says of independent numbers, for 10,000 pairs of each size."""
    for size in (4, 64, 400):
        products = (normal(10_000, size) * normal(10_000, size, seed=1)).sum(dim=1)
        assert products.var().item() == pytest.approx(size, rel=0.1)
        assert (products / math.sqrt(size)).var().item() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("shape", [(N, H, R), (N, H + 1, R, C), (N + 1, H, R, C), (N, H, 0, C), (N, H, R, 0)])
def test_what_is_no_map_is_refused(a07, shape):
    with pytest.raises(ValueError, match="A has"):
        a07.dot_product_attention(normal(N, H), normal(*shape))


# An LSTM that looks ----------------------------------------------------------------------------------------------


def as_pytorch(W):
    """Columns of the gates i, f, o, g in the order i, f, g, o, and the weights on the left."""
    i, f, o, g = W.chunk(4, dim=-1)
    return torch.cat([i, f, g, o], dim=-1).mT if W.ndim == 2 else torch.cat([i, f, g, o])


def lstm_cell(Wx, Wh, Wattn, b):
    """PyTorch's cell, which reads the input and what was seen side by side."""
    weights = {
        "weight_ih": torch.cat([as_pytorch(Wx), as_pytorch(Wattn)], dim=1),
        "weight_hh": as_pytorch(Wh),
        "bias_ih": as_pytorch(b),
        "bias_hh": torch.zeros_like(b),
    }
    cell = nn.LSTMCell(Wx.shape[0] + Wattn.shape[0], Wh.shape[0]).double()
    return lambda x, attn, h, c: torch.func.functional_call(cell, weights, (torch.cat([x, attn], 1), (h, c)))


WEIGHTS = ((D, 4 * H), (H, 4 * H), (H, 4 * H), (4 * H,))


def test_a_step_is_that_of_pytorchs_cell(a07):
    x, prev_h, prev_c, attn, Wx, Wh, Wattn, b = inputs = leaves((N, D), (N, H), (N, H), (N, H), *WEIGHTS)
    ours = a07.attention_step_forward(*inputs)
    theirs = lstm_cell(Wx, Wh, Wattn, b)(x, attn, prev_h, prev_c)
    for found, due in zip(ours, theirs, strict=True):
        assert_same(found, due)
        assert_same_gradients(found, due, [x, prev_h, prev_c, attn, Wx, Wh, Wattn, b])


@pytest.mark.parametrize(("T", "R", "C"), [(1, 1, 1), (5, 4, 9), (26, 3, 2)])
def test_the_loop_is_that_of_pytorchs_cell_and_pytorchs_attention(a07, T, R, C):
    x, A, *weights = inputs = leaves((N, T, D), (N, H, R, C), *WEIGHTS)
    step, places = lstm_cell(*weights), A.flatten(2).transpose(1, 2)
    h = c = places.mean(dim=1)
    states = []
    for t in range(T):
        attn = scaled_dot_product_attention(h[:, None], places, places)[:, 0]
        h, c = step(x[:, t], attn, h, c)
        states.append(h)
    due = torch.stack(states, dim=1)
    ours = a07.attention_forward(*inputs)
    assert_same(ours, due)
    assert_same_gradients(ours, due, inputs)


def test_a_later_input_does_not_reach_an_earlier_state(a07):
    x, A, *weights = leaves((N, T, D), (N, H, R, C), *WEIGHTS)
    h = a07.attention_forward(x, A, *weights)
    for t in range(T):
        (reached,) = torch.autograd.grad(h[1, t].sum(), x, retain_graph=True)
        due = torch.zeros(N, T, dtype=torch.bool)
        due[1, : t + 1] = True
        assert torch.equal(reached.abs().sum(dim=2) > 0, due)


def test_a_picture_whose_places_are_all_alike_is_one_more_input(a07):
    """There is nothing to choose, so that attention sees the same at every step."""
    x, *weights = leaves((N, T, D), *WEIGHTS)
    vector = normal(N, H, seed=8)
    step, h, c, states = lstm_cell(*weights), vector, vector, []
    for t in range(T):
        h, c = step(x[:, t], vector, h, c)
        states.append(h)
    ours = a07.attention_forward(x, vector[:, :, None, None].expand(N, H, R, C), *weights)
    assert_same(ours, torch.stack(states, dim=1))


# To look is to choose --------------------------------------------------------------------------------------------


def expected_estimate(a07, baseline, places=6):
    """The estimates of every way in which two rows can choose, weighed by how likely it is; and the exact gradient."""
    scores, table = leaves((2, places), (2, places))
    weights = torch.softmax(scores, dim=1)
    mean = [torch.zeros_like(scores), torch.zeros_like(table)]
    for first in range(places):
        for second in range(places):
            chosen = torch.tensor([first, second])
            cost = table[torch.arange(2), chosen]
            loss = a07.hard_attention_loss(weights, chosen, cost, baseline)
            p = (weights[0, first] * weights[1, second]).detach()
            for total, part in zip(
                mean, torch.autograd.grad(loss, [scores, table], retain_graph=True), strict=True
            ):
                total += p * part
    return mean, torch.autograd.grad((weights * table).sum(dim=1).mean(), [scores, table])


@pytest.mark.parametrize("baseline", [0.0, -2.5, 40.0, torch.tensor([1.5, -0.5], dtype=torch.float64)])
def test_the_mean_of_all_estimates_is_the_gradient_of_the_expected_cost(a07, baseline):
    for found, due in zip(*expected_estimate(a07, baseline), strict=True):
        torch.testing.assert_close(found, due, rtol=1e-12, atol=1e-12)


def test_the_variance_is_least_at_a_baseline_that_can_be_worked_out(a07):
    """Greensmith, Bartlett and Baxter (2004): costs averaged with the squared length of the score's gradient."""
    scores, cost = normal(6), normal(6, seed=1)
    p = torch.softmax(scores, dim=0)
    away = ((torch.eye(6, dtype=torch.float64) - p) ** 2).sum(dim=1)  # of the gradient of each log p
    best = (p * away * cost).sum() / (p * away).sum()

    def variance(baseline):
        rows = scores.repeat(6, 1).requires_grad_()
        weights = torch.softmax(rows, dim=1)
        loss = 6 * a07.hard_attention_loss(weights, torch.arange(6), cost, baseline)
        (drawn,) = torch.autograd.grad(loss, rows)
        mean = (p[:, None] * drawn).sum(dim=0)
        return (p[:, None] * (drawn - mean) ** 2).sum().item()

    around = [variance(best.item() + step) for step in (-1.0, -0.1, 0.0, 0.1, 1.0)]
    assert around[0] > around[1] > around[2] < around[3] < around[4]


def test_no_gradient_goes_through_the_difference(a07):
    scores, cost, baseline = leaves((N, T), (N,), (N,))
    loss = a07.hard_attention_loss(torch.softmax(scores, dim=1), torch.tensor([4, 0, 0]), cost, baseline)
    assert_same(
        torch.autograd.grad(loss, cost, retain_graph=True)[0], torch.full((N,), 1 / N, dtype=torch.float64)
    )
    (reached,) = torch.autograd.grad(loss, baseline, allow_unused=True)
    assert reached is None or (reached == 0).all()


def test_its_value_is_that_of_its_formula(a07):
    weights, cost = torch.softmax(normal(N, T), dim=1), normal(N, seed=1)
    chosen, baseline = [4, 0, 2], [0.5, 1.5, -1.0]
    due = sum(
        cost[n].item() + (cost[n].item() - baseline[n]) * math.log(weights[n, chosen[n]].item())
        for n in range(N)
    )
    loss = a07.hard_attention_loss(weights, torch.tensor(chosen), cost, torch.tensor(baseline).double())
    assert loss.item() == pytest.approx(due / N, rel=1e-12)


def test_a_place_that_cannot_be_drawn_harms_nobody(a07):
    weights = torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]], dtype=torch.float64, requires_grad=True)
    loss = a07.hard_attention_loss(weights, torch.tensor([1, 2]), torch.ones(2).double(), 0.5)
    assert loss.isfinite()
    assert torch.autograd.grad(loss, weights)[0].isfinite().all()


@pytest.mark.parametrize(
    ("blamed", "change"),
    [
        ("chosen", {"chosen": torch.tensor([0, T, 0])}),
        ("chosen", {"chosen": torch.tensor([0, -1, 0])}),
        ("chosen", {"chosen": torch.tensor([0, 1])}),
        ("cost", {"cost": torch.ones(N, 1)}),
        ("cost", {"cost": torch.tensor(1.0)}),
        ("baseline", {"baseline": torch.ones(N, 1)}),
        ("baseline", {"baseline": torch.ones(N + 1)}),
    ],
)
def test_a_choice_that_cannot_be_is_refused(a07, blamed, change):
    arguments = {
        "weights": torch.full((N, T), 1 / T),
        "chosen": torch.zeros(N, dtype=torch.int64),
        "cost": torch.ones(N),
        "baseline": 0.0,
    }
    with pytest.raises(ValueError, match=f"^{blamed} "):
        a07.hard_attention_loss(**arguments | change)


# Glimpses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 20])
@pytest.mark.parametrize("location", [(-1.0, -1.0), (1.0, 1.0), (0.0, 0.0), (-1.0, 1.0), (0.3, -0.77)])
def test_a_glimpse_is_cut_from_a_picture_with_a_wide_border(a07, location, size):
    images = normal(2, 3, R, C)
    border = 2 * size + 1
    wide = np.pad(images.numpy(), ((0, 0), (0, 0), (border, border), (border, border)))
    row, column = (
        math.floor((where + 1) / 2 * (length - 1) + 0.5) + border - size // 2
        for where, length in zip(location, (R, C), strict=True)
    )
    ours = a07.extract_glimpse(images, torch.tensor([location, location]).double(), size)
    np.testing.assert_array_equal(ours.numpy(), wide[:, :, row : row + size, column : column + size])


def test_every_pixel_can_be_looked_at_by_its_own_location(a07):
    images = normal(R * C, 1, R, C)
    rows, columns = np.divmod(np.arange(R * C), C)
    locations = torch.from_numpy(np.stack([2 * rows / (R - 1) - 1, 2 * columns / (C - 1) - 1], axis=1))
    found = a07.extract_glimpse(images, locations, 1)[:, 0, 0, 0]
    assert torch.equal(found, images[torch.arange(R * C), 0, rows, columns])


def test_a_location_between_two_pixels_means_the_later_one(a07):
    """Rounding to even would look at 0, 2, 2, 4. In a row of five pixels the halves are exact in binary."""
    images = torch.arange(5.0).double()[None, None, None].repeat(4, 1, 1, 1)
    halfway = torch.tensor([0.5, 1.5, 2.5, 3.5]).double() / 4 * 2 - 1
    found = a07.extract_glimpse(images, torch.stack([torch.zeros(4).double(), halfway], dim=1), 1)
    assert found.flatten().tolist() == [1, 2, 3, 4]


def test_rows_are_glimpsed_at_their_own_locations(a07):
    images, locations = normal(N, 2, R, C), torch.tensor([[-1, 1], [0.2, 0.4], [1, -0.5]]).double()
    together = a07.extract_glimpse(images, locations, 5)
    for n in range(N):
        alone = a07.extract_glimpse(images[n : n + 1], locations[n : n + 1], 5)
        assert torch.equal(together[n : n + 1], alone)


def test_the_gradient_of_a_glimpse_is_where_it_looked(a07):
    (images,) = leaves((1, 1, R, C))
    glimpse = a07.extract_glimpse(images, torch.tensor([[-1.0, -1.0]]).double(), 4)
    (gradient,) = torch.autograd.grad(glimpse.sum(), images)
    due = torch.zeros(1, 1, R, C, dtype=torch.float64)
    due[:, :, :2, :2] = 1  # the window begins two pixels above and left of the corner
    assert torch.equal(gradient, due)


@pytest.mark.parametrize(
    ("blamed", "locations", "size"),
    [
        ("size", [[0.0, 0.0]], 0),
        ("locations", [[0.0, 1.01]], 3),
        ("locations", [[-1.5, 0.0]], 3),
        ("locations", [[math.nan, 0.0]], 3),
        ("locations", [[0.0, 0.0, 0.0]], 3),
        ("locations", [[0.0, 0.0], [0.0, 0.0]], 3),
    ],
)
def test_a_look_outside_the_picture_is_refused(a07, blamed, locations, size):
    with pytest.raises(ValueError, match=f"^{blamed} is"):
        a07.extract_glimpse(normal(1, 1, R, C), torch.tensor(locations).double(), size)


# A window that can be moved --------------------------------------------------------------------------------------


def slow_filters(window, size, length, axis):
    """Number by number."""
    centre, stride, sigma = window[axis], math.exp(window[2]), math.exp(window[3])
    rows = []
    for i in range(size):
        mean = (centre + 1) / 2 * (length - 1) + (i - (size - 1) / 2) * stride
        row = [math.exp(-((a - mean) ** 2) / (2 * sigma**2)) for a in range(length)]
        rows.append([value / math.fsum(row) for value in row])
    return torch.tensor(rows, dtype=torch.float64)


@pytest.mark.parametrize("size", [1, 4, 5])
def test_filters_are_those_of_the_formula(a07, size):
    window = torch.cat([normal(N, 2).tanh(), 0.3 * normal(N, 2, seed=1)], dim=1)
    F_rows, F_columns = a07.draw_filters(window, size, (R, C))
    for n in range(N):
        assert_same(F_rows[n], slow_filters(window[n].tolist(), size, R, axis=0))
        assert_same(F_columns[n], slow_filters(window[n].tolist(), size, C, axis=1))


@pytest.mark.parametrize("log_sigma", [-9.0, 0.0, 5.0])
@pytest.mark.parametrize("row", [-30.0, 0.1, 30.0])
def test_every_filter_sums_to_one_wherever_it_lies(a07, row, log_sigma):
    window = torch.tensor([[row, -row, 1.0, log_sigma]]).double().requires_grad_()
    for F in a07.draw_filters(window, P, (R, C)):
        assert_same(F.sum(dim=2), torch.ones(1, P, dtype=torch.float64))
        assert torch.autograd.grad(F[0, 0, 0], window, retain_graph=True)[0].isfinite().all()


def test_gradients_of_a_window_are_those_of_finite_differences(a07):
    window = torch.cat([normal(2, 2).tanh(), 0.3 * normal(2, 2, seed=1)], dim=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda window: a07.draw_filters(window, 3, (R, C)), [window])


def test_sharp_eyes_one_pixel_apart_are_a_glimpse(a07):
    """As the text says: of odd size, in the middle of a pixel, away from the border."""
    images = normal(1, 9, 9)
    window = torch.tensor([[0.25, -0.5, 0.0, math.log(0.05)]]).double()
    seen = a07.draw_read(images, *a07.draw_filters(window, 3, (9, 9)), torch.ones(1).double())
    assert_same(seen[:, None], a07.extract_glimpse(images[:, None], window[:, :2], 3))


def test_reading_and_writing_pixel_by_pixel(a07):
    images, F_rows, F_columns, patch = inputs = leaves((N, R, C), (N, P, R), (N, P, C), (N, P, P))
    gain = torch.tensor([0.5, 1.0, 3.0]).double().requires_grad_()
    read = torch.einsum("n,nia,nab,njb->nij", gain, F_rows, images, F_columns)
    ours = a07.draw_read(images, F_rows, F_columns, gain)
    assert_same(ours, read)
    assert_same_gradients(ours, read, [images, F_rows, F_columns, gain])
    written = torch.einsum("n,nia,nij,njb->nab", 1 / gain, F_rows, patch, F_columns)
    ours = a07.draw_write(patch, F_rows, F_columns, gain)
    assert_same(ours, written)
    assert_same_gradients(ours, written, [*inputs[1:], gain])


def test_writing_is_the_transpose_of_reading(a07):
    """What is read of an image, times a patch, is the image times what is written of the patch."""
    images, F_rows, F_columns, patch = leaves((N, R, C), (N, P, R), (N, P, C), (N, P, P))
    one = torch.ones(N).double()
    read = (a07.draw_read(images, F_rows, F_columns, one) * patch).sum()
    assert_same(read, (images * a07.draw_write(patch, F_rows, F_columns, one)).sum())


@pytest.mark.parametrize("gain", [[1.0, 0.0, 1.0], [1.0, -1.0, 1.0], [1.0, math.nan, 1.0], [1.0, 1.0]])
def test_a_gain_that_is_none_is_refused(a07, gain):
    F_rows, F_columns, gain = normal(N, P, R), normal(N, P, C), torch.tensor(gain)
    with pytest.raises(ValueError, match="gain is"):
        a07.draw_read(normal(N, R, C), F_rows, F_columns, gain)
    with pytest.raises(ValueError, match="gain is"):
        a07.draw_write(normal(N, P, P), F_rows, F_columns, gain)


@pytest.mark.parametrize(
    ("blamed", "window", "size", "pixels"),
    [
        ("window", (N, 3), P, (R, C)),
        ("window", (4,), P, (R, C)),
        ("size", (N, 4), 0, (R, C)),
        ("pixels", (N, 4), P, (0, C)),
        ("pixels", (N, 4), P, (R, 0)),
    ],
)
def test_a_window_onto_nothing_is_refused(a07, blamed, window, size, pixels):
    with pytest.raises(ValueError, match=f"^{blamed} "):
        a07.draw_filters(normal(*window), size, pixels)


# Questions about a picture ---------------------------------------------------------------------------------------

V, M, L = 9, 4, 6


@pytest.fixture
def vqa(a07):
    torch.manual_seed(0)
    return a07.VQA(V, D, H, E, K, M).double()


@pytest.fixture
def asked():
    questions = torch.randint(0, V, (N, T), generator=torch.Generator().manual_seed(1))
    return questions, LENGTHS, normal(N, L, E).requires_grad_()


def test_answers_question_by_question(a07, vqa, asked):
    """Each by itself and without padding, by PyTorch's last state and PyTorch's attention."""
    questions, lengths, A = asked
    ours, weights = a07.vqa_forward(vqa, *asked)
    due = []
    for n, length in enumerate(lengths.tolist()):
        h = vqa.reader(vqa.embedding(questions[n : n + 1, :length]))[1][0]
        query, keys = vqa.query(h), vqa.key(A[n])
        seen = scaled_dot_product_attention(query, keys, A[n])
        assert_same(weights[n : n + 1], scaled_dot_product_attention(query, keys, torch.eye(L).double()))
        due.append(vqa.classifier(torch.cat([h, seen], dim=1)))
    due = torch.cat(due)
    assert_same(ours, due)
    assert_same_gradients(ours, due, [A, *vqa.parameters()])


def test_padding_changes_no_answer(a07, vqa, asked):
    questions, lengths, A = asked
    other = torch.where(MASK, questions, (questions + 1) % V)
    wider = torch.cat([other, other], dim=1)
    for found, due in zip(a07.vqa_forward(vqa, wider, lengths, A), a07.vqa_forward(vqa, *asked), strict=True):
        assert_same(found, due)


def test_the_order_of_the_regions_does_not_matter(a07, vqa, asked):
    questions, lengths, A = asked
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    scores, weights = a07.vqa_forward(vqa, *asked)
    mixed, mixed_weights = a07.vqa_forward(vqa, questions, lengths, A[:, order])
    assert_same(mixed, scores)
    assert_same(mixed_weights, weights[:, order])


def test_one_mean_of_two_things_does_not_say_which_of_them_is_on_the_left(a07, vqa, asked):
    """The last part of the written question: half of each, whichever is where."""
    circle, square, left, right = torch.eye(4, dtype=torch.float64)
    circle_left = torch.stack([torch.cat([circle, left]), torch.cat([square, right])])
    square_left = torch.stack([torch.cat([square, left]), torch.cat([circle, right])])
    model = a07.VQA(V, D, H, 8, K, M).double()
    with torch.no_grad():
        model.query.weight.zero_()
        model.query.bias.zero_()
    A = torch.stack([circle_left, square_left])
    scores, weights = a07.vqa_forward(model, asked[0][:1].repeat(2, 1), torch.tensor([T, T]), A)
    assert (weights == 0.5).all()
    assert_same(scores[0], scores[1])


@pytest.mark.parametrize("lengths", [[5, 0, 3], [5, 6, 3], [5, 1], [[5, 1, 3]], [5, -1, 3]])
def test_lengths_that_cannot_be_are_refused(a07, vqa, asked, lengths):
    with pytest.raises(ValueError, match="lengths is"):
        a07.vqa_forward(vqa, asked[0], torch.tensor(lengths), asked[2])


@pytest.mark.parametrize("shape", [(N, 0, E), (N + 1, L, E), (N, E)])
def test_regions_that_cannot_be_are_refused(a07, vqa, asked, shape):
    with pytest.raises(ValueError, match="A has"):
        a07.vqa_forward(vqa, asked[0], asked[1], normal(*shape))
