"""PyTorch's own modules, enumeration of all answers and closed forms agree with every function of assignment 5."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, log_softmax

PAD, START, END = 0, 1, 2
N, T, S, A, V, D, H = 4, 6, 5, 9, 7, 3, 5
LENGTHS = torch.tensor([2, 6, 1, 4])


@pytest.fixture
def model(a05):
    torch.manual_seed(0)
    return a05.Seq2Seq(A, V, D, H).double()


@pytest.fixture
def x():
    torch.manual_seed(1)
    return torch.randint(0, A, (N, T))


@pytest.fixture
def y():
    return torch.tensor([[3, 4, END, PAD, PAD], [END, 0, 0, 0, 0], [6, 6, 5, 3, END], [5, END, 0, 0, 0]])


def assert_same(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


def alone(x, lengths):
    """Each sequence by itself, without padding."""
    return [
        (row[:length][None], torch.tensor([length])) for row, length in zip(x, lengths.tolist(), strict=True)
    ]


def writer_as_a_layer(model):
    """The writer's weights in PyTorch's layer for whole sequences."""
    layer = nn.GRU(D, H, batch_first=True).double()
    layer.load_state_dict({f"{name}_l0": weight for name, weight in model.writer.state_dict().items()})
    return layer


def log_probability(model, h, tokens):
    """Of a whole answer: all steps at once."""
    before = torch.tensor([[START, *tokens[:-1]]])
    states, _ = writer_as_a_layer(model)(model.write_embedding(before), h[None])
    log_p = log_softmax(model.readout(states), dim=2)[0]
    return log_p[torch.arange(len(tokens)), torch.tensor(tokens)].sum().item()


# Reading and writing ---------------------------------------------------------------------------------------------


def test_encode(a05, model, x):
    due = [model.reader(model.read_embedding(row))[1][0] for row, _ in alone(x, LENGTHS)]
    assert_same(a05.encode(model, x, LENGTHS), torch.cat(due))


@pytest.mark.parametrize("lengths", [[2, 0, 1, 4], [2, 7, 1, 4], [2, 1, 4], [2, -1, 1, 1], [[2, 6, 1, 4]]])
def test_encode_refuses_lengths_that_cannot_be(a05, model, x, lengths):
    with pytest.raises(ValueError, match="lengths"):
        a05.encode(model, x, torch.tensor(lengths))


def test_decode_step(a05, model):
    token, h = torch.tensor([START, 4, END, 6]), torch.randn(N, H, dtype=torch.float64)
    log_p, after = a05.decode_step(model, token, h)
    due, _ = writer_as_a_layer(model)(model.write_embedding(token)[:, None], h[None])
    assert_same(after, due[:, 0])
    assert_same(log_p.exp().sum(dim=1), torch.ones(N, dtype=torch.float64))
    assert_same(log_p.exp(), torch.softmax(model.readout(due[:, 0]), dim=1))


# Learning to write -----------------------------------------------------------------------------------------------


def test_seq2seq_loss_and_its_gradients(a05, model, x, y):
    h = torch.cat([model.reader(model.read_embedding(row))[1] for row, _ in alone(x, LENGTHS)], dim=1)
    before = torch.cat([torch.full((N, 1), START), y[:, :-1]], dim=1)
    layer = writer_as_a_layer(model)
    scores = model.readout(layer(model.write_embedding(before), h)[0])
    due = cross_entropy(scores.transpose(1, 2), y, ignore_index=PAD, reduction="sum") / N
    loss = a05.seq2seq_loss(model, x, LENGTHS, y)
    assert_same(loss, due)

    ours = dict(zip(*zip(*model.named_parameters(), strict=True), strict=True))
    found = torch.autograd.grad(loss, list(ours.values()))
    parts = [layer.get_parameter(f"{n[7:]}_l0") if n.startswith("writer.") else w for n, w in ours.items()]
    for gradient, theirs in zip(found, torch.autograd.grad(due, parts), strict=True):
        assert_same(gradient, theirs)


def test_the_probabilities_of_all_answers_add_up_to_one(a05, model, x):
    """Two tokens at most, END included: `END`, or any other and then anything."""
    answers = [[END, PAD], *([first, END] for first in range(V) if first != END and first != PAD)]
    row, length = alone(x, LENGTHS)[0]
    ended = sum(math.exp(-a05.seq2seq_loss(model, row, length, torch.tensor([y])).item()) for y in answers)
    h = a05.encode(model, row, length)
    others = [[a, b] for a in range(V) if a != END for b in range(V) if b != END or a == PAD]
    unended = sum(math.exp(log_probability(model, h, tokens)) for tokens in others)
    assert ended + unended == pytest.approx(1, rel=1e-9)


def test_columns_of_padding_cost_nothing_and_have_no_gradient(a05, model, x, y):
    wider = nn.functional.pad(y, (0, 4), value=PAD)
    assert_same(a05.seq2seq_loss(model, x, LENGTHS, wider), a05.seq2seq_loss(model, x, LENGTHS, y))


@pytest.mark.parametrize(
    ("schedule", "k", "where", "p"),
    [
        ("linear", 0.01, 0, 1),
        ("linear", 0.01, 50, 0.5),
        ("linear", 0.01, 100, 0),
        ("linear", 0.01, 101, 0),
        ("exponential", 0.9, 0, 1),
        ("exponential", 0.5, 10, 2**-10),
        ("exponential", 0.9, 1_000_000, 0),
        ("inverse_sigmoid", 1.0, 0, 0.5),
        ("inverse_sigmoid", 20.0, 0, 20 / 21),
        ("inverse_sigmoid", math.e**4, 4 * math.e**4, 0.5),  # half is left after k ln k steps
        ("inverse_sigmoid", 20.0, 1_000_000, 0),
    ],
)
def test_teacher_forcing_probability(a05, schedule, k, where, p):
    assert a05.teacher_forcing_probability(where, schedule, k) == pytest.approx(p, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("schedule", "k"), [("linear", 0.003), ("exponential", 0.97), ("inverse_sigmoid", 20.0)]
)
def test_a_decay_falls_from_one_to_the_floor(a05, schedule, k):
    p = [a05.teacher_forcing_probability(step, schedule, k, floor=0.2) for step in range(600)]
    assert 0.9 <= p[0] <= 1
    assert (np.diff(p) <= 0).all()
    assert p[-1] == 0.2


@pytest.mark.parametrize(
    ("blamed", "arguments"),
    [
        ("schedule", (0, "cosine", 0.5)),
        ("k", (0, "linear", 0.0)),
        ("k", (0, "linear", -0.1)),
        ("k", (0, "exponential", 1.0)),
        ("k", (0, "inverse_sigmoid", 0.99)),
        ("step", (-1, "linear", 0.1)),
    ],
)
def test_a_decay_that_is_none_is_refused(a05, blamed, arguments):
    with pytest.raises(ValueError, match=f"^{blamed} "):
        a05.teacher_forcing_probability(*arguments)


def test_with_the_truth_always_it_is_the_loss(a05, model, x, y):
    sampled = a05.scheduled_sampling_loss(model, x, LENGTHS, y, 1.0, np.random.default_rng(0))
    assert_same(sampled, a05.seq2seq_loss(model, x, LENGTHS, y))


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_who_is_always_right_needs_no_coins(a05, model, x, p):
    """Where the right answer is greedy's own, truth and choice are the same token."""
    own = a05.greedy_decode(model, x, LENGTHS, S)
    sampled = a05.scheduled_sampling_loss(model, x, LENGTHS, own, p, np.random.default_rng(0))
    assert_same(sampled, a05.seq2seq_loss(model, x, LENGTHS, own))


def test_half_of_the_coins_give_a_loss_between(a05, model, x, y):
    """The mean over many coins of two steps, from the two ways that they can fall."""
    row, length, answer = x[:1], LENGTHS[:1], torch.tensor([[3, END]])
    always, never = (
        a05.scheduled_sampling_loss(model, row, length, answer, p, np.random.default_rng(0))
        for p in (1.0, 0.0)
    )
    many = [tensor.repeat_interleave(4000, dim=0) for tensor in (row, length, answer)]
    mixed = a05.scheduled_sampling_loss(model, *many, 0.3, np.random.default_rng(1))
    assert always != never
    assert ((mixed - never) / (always - never)).item() == pytest.approx(0.3, abs=5 * 0.46 / 4000**0.5)


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_what_is_no_probability_is_refused(a05, model, x, y, p):
    with pytest.raises(ValueError, match="p is"):
        a05.scheduled_sampling_loss(model, x, LENGTHS, y, p, np.random.default_rng(0))


# Writing ---------------------------------------------------------------------------------------------------------


def every_answer(model, h, max_length):
    """All answers of at most so many tokens, with their log-probabilities, the likeliest first."""
    others = [token for token in range(V) if token != END]
    answers = [
        [*begin, END] for length in range(max_length) for begin in itertools.product(others, repeat=length)
    ]
    answers += [list(tokens) for tokens in itertools.product(others, repeat=max_length)]
    return sorted(((way, log_probability(model, h, way)) for way in answers), key=lambda way: -way[1])


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_wide_beam_finds_every_answer(a05, x, seed):
    torch.manual_seed(seed)
    model = a05.Seq2Seq(A, V, D, H).double()
    due = every_answer(model, a05.encode(model, x[1:2], LENGTHS[1:2]), max_length=3)
    found = a05.beam_search(model, x[1], width=1000, max_length=3)
    assert len(found) == len(due) == 1 + 6 + 36 + 216
    assert [way for way, _ in found] == [way for way, _ in due]
    np.testing.assert_allclose([score for _, score in found], [score for _, score in due], rtol=1e-9)
    assert math.fsum(math.exp(score) for _, score in found) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_a_narrow_beam_is_greedy_and_its_scores_are_those_of_its_answers(a05, x, seed):
    torch.manual_seed(seed)
    model = a05.Seq2Seq(A, V, D, 2 * H).double()
    greedy = a05.greedy_decode(model, x, torch.full((N,), T), 9)
    for n in range(N):
        ((way, score),) = a05.beam_search(model, x[n], width=1, max_length=9)
        assert [*way, *[PAD] * (9 - len(way))] == greedy[n].tolist()
        for way, score in a05.beam_search(model, x[n], width=4, max_length=5):
            assert score == pytest.approx(_score(a05, model, x[n], way), rel=1e-9)


def _score(a05, model, row, way):
    h = a05.encode(model, row[None], torch.tensor([len(row)]))
    total = 0.0
    for before, token in itertools.pairwise([START, *way]):
        log_p, h = a05.decode_step(model, torch.tensor([before]), h)
        total += log_p[0, token].item()
    return total


def test_a_beam_keeps_what_no_rival_can_beat(a05, model, x):
    """As many answers as asked for, all different, in order, each unfinished one as long as it may be."""
    found = a05.beam_search(model, x[0], width=12, max_length=4)
    assert len(found) == len({tuple(way) for way, _ in found}) == 12
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert all(way[-1] == END or len(way) == 4 for way, _ in found)
    assert all(END not in way[:-1] for way, _ in found)


@pytest.mark.parametrize(
    ("blamed", "T", "width", "max_length"), [("width", 3, 0, 2), ("max_length", 3, 2, 0), ("x", 0, 2, 2)]
)
def test_a_search_for_nothing_is_refused(a05, model, blamed, T, width, max_length):
    with pytest.raises(ValueError, match=rf"{blamed} is"):
        a05.beam_search(model, torch.ones(T, dtype=torch.int64), width, max_length)


def test_greedy_takes_the_likeliest_and_ends_by_row(a05, model, x):
    with torch.no_grad():
        model.readout.bias[END] += 0.4
    greedy = a05.greedy_decode(model, x, LENGTHS, 12)
    assert greedy.shape == (N, 12)
    for (row, _), tokens in zip(alone(x, LENGTHS), greedy.tolist(), strict=True):
        h, before, due = model.reader(model.read_embedding(row))[1][0], START, []
        while len(due) < 12 and END not in due:
            h = model.writer(model.write_embedding(torch.tensor([before])), h)
            before = model.readout(h).argmax().item()
            due.append(before)
        assert tokens == due + [PAD] * (12 - len(due))


def test_greedy_refuses_answers_of_no_length(a05, model, x):
    with pytest.raises(ValueError, match="max_length"):
        a05.greedy_decode(model, x, LENGTHS, 0)


# Other shapes ----------------------------------------------------------------------------------------------------


def test_the_autoencoder_sequence_by_sequence(a05, x):
    module = a05.LSTMAutoencoder(A, D, H, C=2).double()
    costs = []
    for n, (row, length) in enumerate(alone(x, LENGTHS)):
        state = module.reader(module.embedding(row))[1][0]
        code = module.to_code(state[0])
        assert_same(module.encode(x, LENGTHS)[n : n + 1], code)
        before = torch.cat([torch.tensor([[START]]), row[:, :-1]], dim=1)
        begin = module.from_code(code)[None]
        scores = module.readout(module.writer(module.embedding(before), (begin, torch.zeros_like(begin)))[0])
        assert_same(module(x, LENGTHS)[n : n + 1, : length.item()], scores)
        costs.append(cross_entropy(scores[0], row[0], reduction="sum"))
    assert_same(module.loss(x, LENGTHS), torch.stack(costs).mean())


def test_what_an_autoencoder_pays_for_a_token_does_not_depend_on_what_comes_after_but_by_the_code(a05, x):
    module = a05.LSTMAutoencoder(A, D, H, C=2)
    with torch.no_grad():
        module.from_code.weight.zero_()
    other = x.clone()
    other[:, -1] = (other[:, -1] + 1) % A
    full = torch.full((N,), T)
    assert_same(module(x, full)[:, :-1], module(other, full)[:, :-1])
    assert_same(module(x, full)[:, -1], module(other, full)[:, -1])  # the last is asked for, and not told


def test_the_tagger_sequence_by_sequence(a05, x):
    module, y = a05.BiTagger(A, D, H, C=3).double(), torch.randint(0, 3, (N, T))
    real = torch.arange(T) < LENGTHS[:, None]
    for n, (row, length) in enumerate(alone(x, LENGTHS)):
        due = module.readout(module.lstm(module.embedding(row))[0])
        assert_same(module(x, LENGTHS)[n : n + 1, : length.item()], due)
    due = cross_entropy(
        module(x, LENGTHS).transpose(1, 2), torch.where(real, y, -100)
    )  # its mean is over tokens
    assert_same(module.loss(x, LENGTHS, y), due)


def test_the_tagger_looks_both_ways(a05, x, monkeypatch):
    """Every score depends on every token of its own sequence, and on nothing else."""
    module = a05.BiTagger(A, D, H, C=3).double()
    embedded = module.embedding(x).detach().requires_grad_()
    monkeypatch.setattr(module.embedding, "forward", lambda tokens: embedded)
    scores = module(x, LENGTHS)
    for n, length in enumerate(LENGTHS.tolist()):
        for t in range(length):
            (reached,) = torch.autograd.grad(scores[n, t].sum(), embedded, retain_graph=True)
            places = torch.zeros(N, T, dtype=torch.bool)
            places[n, :length] = True
            assert torch.equal(reached.abs().sum(dim=2) > 0, places)
