"""PyTorch, in float64, and closed forms answer the same as every function of assignment 4."""

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

N, T, D, H = 3, 7, 4, 5


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def assert_same(ours, theirs):
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else theirs
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12, strict=True)


def leaves(*arrays):
    return [torch.from_numpy(array.copy()).requires_grad_() for array in arrays]


def weights(rng, blocks, inputs=D):
    """Wx, Wh, b."""
    return [
        0.5 * rng.standard_normal(shape) for shape in ((inputs, blocks * H), (H, blocks * H), (blocks * H,))
    ]


# PyTorch's conventions -------------------------------------------------------------------------------------------
#
# It multiplies from the left, has a second bias, and stacks i, f, g, o; the z of its GRU is the share that is kept.
# Each function leads there and, since it is its own inverse, back.


def lstm_blocks(array):
    """The columns of i, f, o, g as those of i, f, g, o."""
    i, f, o, g = np.split(array, 4, axis=-1)
    return np.concatenate([i, f, g, o], axis=-1)


def gru_blocks(array):
    """The columns of z with the other sign."""
    r, z, g = np.split(array, 3, axis=-1)
    return np.concatenate([r, -z, g], axis=-1)


def rnn_blocks(array):
    """There is only one."""
    return array


CELLS = {"rnn": (1, rnn_blocks), "lstm": (4, lstm_blocks), "gru": (3, gru_blocks)}


def carry_over(network, cell, ours, suffix=""):
    """Give PyTorch our weights; its second bias stays out of it."""
    blocks = CELLS[cell][1]
    Wx, Wh, b = (torch.from_numpy(blocks(array)) for array in ours)
    with torch.no_grad():
        getattr(network, f"weight_ih{suffix}").copy_(Wx.T)
        getattr(network, f"weight_hh{suffix}").copy_(Wh.T)
        getattr(network, f"bias_ih{suffix}").copy_(b)
        getattr(network, f"bias_hh{suffix}").zero_()


def gradients(network, cell, suffix=""):
    """Of PyTorch's weights, in our order: dWx, dWh, db."""
    blocks = CELLS[cell][1]
    names = f"weight_ih{suffix}", f"weight_hh{suffix}", f"bias_ih{suffix}"
    return [blocks(getattr(network, name).grad.numpy().T) for name in names]


# One step --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1, 30, 1e3])
@pytest.mark.parametrize("loss", ["both", "h alone", "c alone"])
def test_lstm_step(a04, rng, scale, loss):
    x, h, c = (scale * 0.5 * rng.standard_normal(shape) for shape in ((N, D), (N, H), (N, H)))
    W = weights(rng, 4)
    dnext_h, dnext_c = rng.standard_normal((2, N, H))
    if loss == "h alone":
        dnext_c[:] = 0
    elif loss == "c alone":
        dnext_h[:] = 0
    cell = torch.nn.LSTMCell(D, H, dtype=torch.float64)
    carry_over(cell, "lstm", W)
    parts = leaves(x, h, c)
    due = cell(parts[0], (parts[1], parts[2]))
    torch.autograd.backward(due, [torch.from_numpy(dnext_h), torch.from_numpy(dnext_c)])

    next_h, next_c, cache = a04.lstm_step_forward(x, h, c, *W)
    assert_same(next_h, due[0])
    assert_same(next_c, due[1])
    ours = a04.lstm_step_backward(dnext_h, dnext_c, cache)
    for one, other in zip(ours, [*(part.grad for part in parts), *gradients(cell, "lstm")], strict=True):
        assert_same(one, other)


@pytest.mark.parametrize("scale", [1, 30, 1e3])
def test_gru_step(a04, rng, scale):
    x, h = (scale * 0.5 * rng.standard_normal(shape) for shape in ((N, D), (N, H)))
    W, dnext_h = weights(rng, 3), rng.standard_normal((N, H))
    cell = torch.nn.GRUCell(D, H, dtype=torch.float64)
    carry_over(cell, "gru", W)
    parts = leaves(x, h)
    due = cell(*parts)
    due.backward(torch.from_numpy(dnext_h))

    next_h, cache = a04.gru_step_forward(x, h, *W)
    assert_same(next_h, due)
    ours = a04.gru_step_backward(dnext_h, cache)
    for one, other in zip(ours, [*(part.grad for part in parts), *gradients(cell, "gru")], strict=True):
        assert_same(one, other)


def test_on_the_way_back_through_the_cell_alone_there_is_no_matrix(a04, rng):
    """What a loss in next_c says about prev_c is the forget gate, element by element."""
    x, h, c = rng.standard_normal((N, D)), rng.standard_normal((N, H)), rng.standard_normal((N, H))
    Wx, Wh, b = weights(rng, 4)
    _, _, cache = a04.lstm_step_forward(x, h, c, Wx, Wh, b)
    dprev_c = a04.lstm_step_backward(np.zeros((N, H)), np.ones((N, H)), cache)[2]
    a_f = (x @ Wx + h @ Wh + b)[:, H : 2 * H]
    np.testing.assert_allclose(dprev_c, 1 / (1 + np.exp(-a_f)), rtol=1e-12)


@pytest.mark.parametrize(("z", "kept"), [(-1e3, 1), (0, 0.5), (1e3, 0)])
def test_z_is_the_share_that_is_new(a04, rng, z, kept):
    """With a bias for z alone, and one that makes the candidate 1."""
    h, b = rng.standard_normal((N, H)), np.repeat([0.0, z, 1e3], H)
    next_h, _ = a04.gru_step_forward(np.zeros((N, D)), h, np.zeros((D, 3 * H)), np.zeros((H, 3 * H)), b)
    np.testing.assert_allclose(next_h, kept * h + (1 - kept), rtol=1e-12)


def test_reset_is_applied_to_the_product_not_to_the_state(a04):
    """Two units whose candidates read each other; only the first one's reset gate is open."""
    Wh = np.zeros((2, 6))
    Wh[:, 4:] = [[0, 1], [1, 0]]
    b = np.array([1e3, -1e3, 1e3, 1e3, 0, 0])
    next_h, _ = a04.gru_step_forward(np.zeros((1, 1)), np.array([[0.3, 0.7]]), np.zeros((1, 6)), Wh, b)
    np.testing.assert_allclose(next_h, [[np.tanh(0.7), 0]], rtol=1e-12)


# All steps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, T, 40])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_all_steps_and_back(a04, rng, cell, steps):
    """PyTorch's own network and its own way back; `rnn` is the one that the notebook gives."""
    x, h0, W = rng.standard_normal((N, steps, D)), rng.standard_normal((N, H)), weights(rng, CELLS[cell][0])
    dh = rng.standard_normal((N, steps, H))
    network = getattr(torch.nn, cell.upper())(D, H, batch_first=True, dtype=torch.float64)
    carry_over(network, cell, W, "_l0")
    inputs, initial = leaves(x, h0)
    start = (initial[None], torch.zeros(1, N, H, dtype=torch.float64)) if cell == "lstm" else initial[None]
    due, _ = network(inputs, start)
    due.backward(torch.from_numpy(dh))

    h, cache = getattr(a04, f"{cell}_forward")(x, h0, *W)
    assert_same(h, due)
    ours = getattr(a04, f"{cell}_backward")(dh, cache)
    for one, other in zip(ours, [inputs.grad, initial.grad, *gradients(network, cell, "_l0")], strict=True):
        assert_same(one, other)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_central_differences_agree(a04, rng, cell):
    """No convention of anybody's: the loss is nudged at every element of every argument."""
    forward, backward = getattr(a04, f"{cell}_forward"), getattr(a04, f"{cell}_backward")
    arguments = [
        rng.standard_normal((2, 4, 3)),
        rng.standard_normal((2, H)),
        *weights(rng, CELLS[cell][0], 3),
    ]
    dh = rng.standard_normal((2, 4, H))
    ours = backward(dh, forward(*arguments)[1])
    for argument, one in zip(arguments, ours, strict=True):
        estimate = np.zeros_like(argument)
        for place in np.ndindex(argument.shape):
            value = argument[place]
            argument[place] = value + 1e-5
            above = (forward(*arguments)[0] * dh).sum()
            argument[place] = value - 1e-5
            below = (forward(*arguments)[0] * dh).sum()
            argument[place] = value
            estimate[place] = (above - below) / 2e-5
        np.testing.assert_allclose(one, estimate, rtol=1e-7, atol=1e-8, strict=True)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_sequence_is_its_steps(a04, rng, cell):
    x, state, W = rng.standard_normal((N, T, D)), rng.standard_normal((N, H)), weights(rng, CELLS[cell][0])
    h, _ = getattr(a04, f"{cell}_forward")(x, state, *W)
    states = [state] if cell == "gru" else [state, np.zeros((N, H))]
    for t in range(T):
        *states, _ = getattr(a04, f"{cell}_step_forward")(x[:, t], *states, *W)
        np.testing.assert_allclose(h[:, t], states[0], rtol=1e-12)


# From both ends --------------------------------------------------------------------------------------------------

LENGTHS = [[7, 7, 7], [7, 3, 1], [2, 7, 5], [1, 1, 1], [4, 2, 3]]


@pytest.mark.parametrize("lengths", LENGTHS)
def test_reverse_sequences(a04, rng, lengths):
    x = rng.standard_normal((N, T, D))
    turned = a04.reverse_sequences(x, np.array(lengths))
    for before, after, length in zip(x, turned, lengths, strict=True):
        assert_same(after[:length], before[:length][::-1])
        assert_same(after[length:], before[length:])
    assert_same(a04.reverse_sequences(turned, np.array(lengths)), x)
    assert not np.shares_memory(turned, x)


@pytest.mark.parametrize("lengths", LENGTHS)
def test_both_directions(a04, rng, lengths):
    """PyTorch's packed sequences never see the padding, neither there nor back."""
    x, dh, lengths = rng.standard_normal((N, T, D)), rng.standard_normal((N, T, 2 * H)), np.array(lengths)
    directions = [dict(zip(("Wx", "Wh", "b"), weights(rng, 1), strict=True)) for _ in range(2)]
    network = torch.nn.RNN(D, H, batch_first=True, bidirectional=True, dtype=torch.float64)
    suffixes = "_l0", "_l0_reverse"
    for suffix, W in zip(suffixes, directions, strict=True):
        carry_over(network, "rnn", W.values(), suffix)
    (inputs,) = leaves(x)
    packed = pack_padded_sequence(inputs, torch.from_numpy(lengths), batch_first=True, enforce_sorted=False)
    due, _ = pad_packed_sequence(network(packed)[0], batch_first=True, total_length=T)
    due.backward(torch.from_numpy(dh))

    h, cache = a04.bidirectional_forward(x, lengths, *directions)
    assert_same(h, due)
    dx, *ours = a04.bidirectional_backward(dh, cache)
    assert_same(dx, inputs.grad)
    for suffix, dW in zip(suffixes, ours, strict=True):
        assert list(dW) == ["Wx", "Wh", "b"]
        for one, other in zip(dW.values(), gradients(network, "rnn", suffix), strict=True):
            assert_same(one, other)


def test_with_an_lstm_in_its_place_nothing_else_changes(a04, rng, monkeypatch):
    """What the text beside `bidirectional_forward` promises."""
    x, lengths = rng.standard_normal((N, T, D)), np.array([7, 3, 1])
    directions = [dict(zip(("Wx", "Wh", "b"), weights(rng, 4), strict=True)) for _ in range(2)]
    monkeypatch.setitem(a04.bidirectional_forward.__globals__, "rnn_forward", a04.lstm_forward)
    h, _ = a04.bidirectional_forward(x, lengths, *directions)
    network = torch.nn.LSTM(D, H, batch_first=True, bidirectional=True, dtype=torch.float64)
    for suffix, W in zip(("_l0", "_l0_reverse"), directions, strict=True):
        carry_over(network, "lstm", W.values(), suffix)
    packed = pack_padded_sequence(
        torch.from_numpy(x), torch.from_numpy(lengths), batch_first=True, enforce_sorted=False
    )
    due, _ = pad_packed_sequence(network(packed)[0], batch_first=True, total_length=T)
    assert_same(h, due)


# What a cell costs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_count_parameters(a04, cell, layers, bidirectional):
    """PyTorch has a second bias beside each of ours."""
    network = getattr(torch.nn, cell.upper())(D, H, num_layers=layers, bidirectional=bidirectional)
    due = sum(p.numel() for name, p in network.named_parameters() if not name.startswith("bias_hh"))
    count = a04.count_parameters(cell, D, H, layers, bidirectional)
    assert (count, type(count)) == (due, int)


# The contract ----------------------------------------------------------------------------------------------------


def runs_of(a04, rng, dtype):
    """Each forward pass with its arguments, and its backward pass with the gradients that come in."""

    def reals(*shape):
        return (0.5 * rng.standard_normal(shape)).astype(dtype)

    def network(blocks):
        return {"Wx": reals(D, blocks * H), "Wh": reals(H, blocks * H), "b": reals(blocks * H)}

    x, step, h, c = reals(N, T, D), reals(N, D), reals(N, H), reals(N, H)
    lstm, gru = network(4).values(), network(3).values()
    both = x, np.array([7, 3, 1]), network(1), network(1)
    return [
        (a04.lstm_step_forward, (step, h, c, *lstm), a04.lstm_step_backward, (reals(N, H), reals(N, H))),
        (a04.lstm_forward, (x, h, *lstm), a04.lstm_backward, (reals(N, T, H),)),
        (a04.gru_step_forward, (step, h, *gru), a04.gru_step_backward, (reals(N, H),)),
        (a04.gru_forward, (x, h, *gru), a04.gru_backward, (reals(N, T, H),)),
        (a04.bidirectional_forward, both, a04.bidirectional_backward, (reals(N, T, 2 * H),)),
    ]


def arrays_in(value):
    """All arrays in tuples and dicts of them."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    return [array for each in value for array in arrays_in(each)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("which", range(5))
def test_the_dtype_stays_the_arguments_stay_and_the_way_back_can_be_repeated(a04, rng, which, dtype):
    forward, arguments, backward, upstream = runs_of(a04, rng, dtype)[which]
    before = [array.tobytes() for array in arrays_in((arguments, upstream))]
    *results, cache = forward(*arguments)
    once = arrays_in(backward(*upstream, cache))
    forward(*arguments)
    twice = arrays_in(backward(*upstream, cache))
    assert {array.dtype for array in (*results, *once)} == {np.dtype(dtype)}
    assert [array.tobytes() for array in once] == [array.tobytes() for array in twice]
    assert [array.tobytes() for array in arrays_in((arguments, upstream))] == before


# What makes no sense ---------------------------------------------------------------------------------------------

X, START = np.zeros((N, T, D)), np.zeros((N, H))
LSTM = np.zeros((D, 4 * H)), np.zeros((H, 4 * H)), np.zeros(4 * H)
GRU = np.zeros((D, 3 * H)), np.zeros((H, 3 * H)), np.zeros(3 * H)
ONE = {"Wx": np.zeros((D, H)), "Wh": np.zeros((H, H)), "b": np.zeros(H)}
REFUSED = [
    ("lstm_step_forward", (X[:, 0], START, START, GRU[0], *LSTM[1:]), "Wx has 15 columns"),
    ("lstm_step_forward", (X[:, 0], START, START, LSTM[0], GRU[1], LSTM[2]), "Wh has 15 columns"),
    ("gru_step_forward", (X[:, 0], START, LSTM[0], *GRU[1:]), "Wx has 20 columns"),
    ("gru_step_forward", (X[:, 0], START, GRU[0], LSTM[1], GRU[2]), "Wh has 20 columns"),
    ("lstm_forward", (X[:, :0], START, *LSTM), "x has"),
    ("gru_forward", (X[:, :0], START, *GRU), "x has"),
    ("reverse_sequences", (X, np.array([7, 0, 1])), "lengths"),
    ("reverse_sequences", (X, np.array([7, 8, 1])), "lengths"),
    ("reverse_sequences", (X, np.array([7, 1])), "lengths"),
    ("bidirectional_forward", (X, np.array([7, -1, 1]), ONE, ONE), "lengths"),
    ("count_parameters", ("LSTM", D, H), "cell is 'LSTM'"),
    ("count_parameters", ("lstm", 0, H), "D is 0"),
    ("count_parameters", ("lstm", D, -1), "H is -1"),
    ("count_parameters", ("lstm", D, H, 0), "layers is 0"),
]


@pytest.mark.parametrize(("name", "arguments", "blamed"), REFUSED)
def test_what_makes_no_sense_is_refused_by_name(a04, name, arguments, blamed):
    with pytest.raises(ValueError, match=blamed):
        getattr(a04, name)(*arguments)
