"""Equations written out, PyTorch and counting by hand agree with everything in assignment 6."""

import itertools
import math

import numpy as np
import pytest
import torch
from torch import nn

PAD, START, END = 0, 1, 2
N, T, F, V, D, H = 4, 6, 5, 8, 3, 7
CASES = list(itertools.product(["rnn", "lstm"], ["state", "input"]))
CAPTIONS = torch.tensor(
    [[1, 3, 4, 7, 5, END], [1, 6, END, 0, 0, 0], [1, END, 0, 0, 0, 0], [1, 5, 5, END, 0, 0]]
)


@pytest.fixture
def features():
    torch.manual_seed(1)
    return torch.randn(N, F, dtype=torch.float64)


@pytest.fixture(params=CASES, ids="-".join)
def model(a06, request):
    torch.manual_seed(0)
    return a06.CaptioningRNN(*request.param, F, V, D, H).double()


def assert_same(ours, theirs):
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


# From a picture to a vector --------------------------------------------------------------------------------------


def test_global_average_pool(a06):
    torch.manual_seed(0)
    maps = torch.randn(3, 5, 4, 6, dtype=torch.float64)
    assert_same(
        a06.global_average_pool(maps), nn.functional.adaptive_avg_pool2d(maps, 1).squeeze(3).squeeze(2)
    )


def test_the_weights_that_the_text_counts():
    for inputs, weights in ((512 * 7 * 7, 12_845_056), (512, 262_144)):
        assert nn.Linear(inputs, 512, bias=False, device="meta").weight.numel() == weights


# Sentences of different lengths ----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_caption_batches(a06, seed):
    rng = np.random.default_rng(seed)
    lengths, size = rng.integers(3, 9, size=rng.integers(1, 90)), int(rng.integers(1, 12))
    batches = a06.caption_batches(lengths, size, rng)
    assert sorted(row for batch in batches for row in batch.tolist()) == list(range(len(lengths)))
    assert all(len(np.unique(lengths[batch])) == 1 and len(batch) <= size for batch in batches)
    for length in np.unique(lengths):
        due = math.ceil((lengths == length).sum() / size)
        assert sum(lengths[batch[0]] == length for batch in batches) == due


def test_every_order_of_three_batches_comes_equally_often(a06):
    rng = np.random.default_rng(0)
    orders = [tuple(int(b[0]) for b in a06.caption_batches(np.arange(3), 4, rng)) for _ in range(3000)]
    shares = [orders.count(order) / 3000 for order in itertools.permutations(range(3))]
    assert sum(shares) == pytest.approx(1)
    assert shares == pytest.approx([1 / 6] * 6, abs=0.035)  # five standard deviations


# The network that writes -----------------------------------------------------------------------------------------


def written_out(model, features, tokens):
    """Scores (N, T, V), from the equations: NumPy, weights on the left, one step after the other."""
    p = {name: weight.detach().numpy() for name, weight in model.named_parameters()}
    x, v = p["embedding.weight"][tokens.numpy()], features.numpy()
    by_state = "to_state.weight" in p
    h = v @ p["to_state.weight"].T + p["to_state.bias"] if by_state else np.zeros((len(v), H))
    c, scores = np.zeros_like(h), []
    bias = p["rnn.bias_ih_l0"] + p["rnn.bias_hh_l0"]
    for t in range(x.shape[1]):
        a = x[:, t] @ p["rnn.weight_ih_l0"][:, :D].T + h @ p["rnn.weight_hh_l0"].T + bias
        if not by_state:
            a = a + v @ p["rnn.weight_ih_l0"][:, D:].T
        if a.shape[1] == H:
            h = np.tanh(a)
        else:
            i, f, g, o = np.split(a, 4, axis=1)
            i, f, o = (1 / (1 + np.exp(-gate)) for gate in (i, f, o))
            c = f * c + i * np.tanh(g)
            h = o * np.tanh(c)
        scores.append(h @ p["readout.weight"].T + p["readout.bias"])
    return torch.from_numpy(np.stack(scores, axis=1))


def test_scores_are_those_of_the_equations(model, features):
    assert_same(model(features, CAPTIONS), written_out(model, features, CAPTIONS[:, :-1]))


def test_the_loss_is_minus_the_logarithm_of_what_the_captions_are_given(model, features):
    due = 0.0
    for n in range(N):
        last = CAPTIONS[n].tolist().index(END)
        log_p = written_out(model, features[n : n + 1], CAPTIONS[n : n + 1, :last])[0].log_softmax(dim=1)
        due -= sum(log_p[t, CAPTIONS[n, t + 1]].item() for t in range(last)) / N
    assert model.loss(features, CAPTIONS).item() == pytest.approx(due, rel=1e-12)


def test_gradients_are_those_of_finite_differences(model, features):
    def loss(features, readout, embedding, recurrent):
        changed = {
            "readout.weight": readout,
            "embedding.weight": embedding,
            "rnn.weight_ih_l0": recurrent,
        }
        return torch.func.functional_call(Loss(model), {f"m.{k}": w for k, w in changed.items()}, features)

    class Loss(nn.Module):
        def __init__(self, m):
            super().__init__()
            self.m = m

        def forward(self, features):
            return self.m.loss(features, CAPTIONS)

    weights = (model.readout.weight, model.embedding.weight, model.rnn.weight_ih_l0)
    leaves = [leaf.detach().clone().requires_grad_() for leaf in (features, *weights)]
    assert torch.autograd.gradcheck(loss, leaves, atol=1e-7, rtol=1e-5)


@pytest.mark.parametrize("likes_to_end", [-50.0, 0.5, 50.0])
def test_a_sample_is_what_is_likeliest_after_all_that_was_written(model, features, likes_to_end):
    with torch.no_grad():
        model.readout.weight *= 8
        model.embedding.weight *= 3
        model.readout.bias[END] += likes_to_end
    written = model.sample(features, 9)
    assert written.shape == (N, 9) and written.dtype == torch.int64
    for n in range(N):
        tokens = [START]
        while len(tokens) < 10 and tokens[-1] != END:
            scores = written_out(model, features[n : n + 1], torch.tensor([tokens]))[0, -1]
            tokens.append(int(scores.argmax()))
        assert written[n].tolist() == tokens[1:] + [PAD] * (10 - len(tokens))


@pytest.mark.parametrize(("cell", "way_in"), CASES)
def test_its_parts_are_those_of_its_text(a06, cell, way_in):
    model = a06.CaptioningRNN(cell, way_in, F, V, D, H)
    parts = {name: type(part) for name, part in model.named_children()}
    due = {
        "embedding": nn.Embedding,
        "rnn": nn.LSTM if cell == "lstm" else nn.RNN,
        "readout": nn.Linear,
    }
    assert parts == due | ({"to_state": nn.Linear} if way_in == "state" else {})
    assert model.rnn.input_size == (D + F if way_in == "input" else D)


# How good is a caption? ------------------------------------------------------------------------------------------


def slow_bleu(candidates, references, max_n):
    """By lists and counting, with nothing kept: as the paper says it."""
    precisions = []
    for n in range(1, max_n + 1):
        found = counted = 0
        for candidate, right in zip(candidates, references, strict=True):
            pieces = list(zip(*(candidate[k:] for k in range(n)), strict=False))
            for piece in set(pieces):
                most = max(
                    list(zip(*(caption[k:] for k in range(n)), strict=False)).count(piece)
                    for caption in right
                )
                found += min(pieces.count(piece), most)
            counted += len(pieces)
        if not found:
            return 0.0
        precisions.append(found / counted)
    c = sum(map(len, candidates))
    r = 0
    for candidate, right in zip(candidates, references, strict=True):
        nearest = sorted(map(len, right), key=lambda length: (abs(length - len(candidate)), length))
        r += nearest[0]
    penalty = 1.0 if c > r else math.exp(1 - r / c)
    return penalty * math.prod(precisions) ** (1 / max_n)


@pytest.mark.parametrize("max_n", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_bleu(a06, seed, max_n):
    rng = np.random.default_rng(seed)

    def sentence(shortest=0):
        return [str(word) for word in rng.integers(3, size=rng.integers(shortest, 9))]

    candidates = [sentence() for _ in range(6)]
    references = [[sentence(1) for _ in range(rng.integers(1, 4))] for _ in range(6)]
    due = slow_bleu(candidates, references, max_n)
    assert a06.bleu(candidates, references, max_n) == pytest.approx(due, rel=1e-12)
    assert due > 0 or max_n > 2  # something is tested


def score(a06, candidates, references, max_n):
    cut = [[caption.split() for caption in right] for right in references]
    return a06.bleu([candidate.split() for candidate in candidates], cut, max_n)


def test_the_examples_of_the_paper(a06):
    """Papineni et al. (2002), sections 2.1 and 2.2.1: clipped precisions of 2/7, and of 17/18 and 8/14."""
    cat = ["the cat is on the mat", "there is a cat on the mat"]
    assert score(a06, ["the the the the the the the"], [cat], 1) == pytest.approx(2 / 7)
    guide = [
        "it is a guide to action that ensures that the military will forever heed party commands",
        "it is the guiding principle which guarantees the military forces always being under the command"
        " of the party",
        "it is the practical guide for the army always to heed the directions of the party",
    ]
    good = "it is a guide to action which ensures that the military always obeys the commands of the party"
    poor = "it is to insure the troops forever hearing the activity guidebook that party direct"
    assert score(a06, [good], [guide], 1) == pytest.approx(17 / 18)
    assert score(a06, [poor], [guide], 1) == pytest.approx(8 / 14 * math.exp(1 - 16 / 14))


def test_values_worked_out_by_hand(a06):
    three_of_four = ["a red circle above", "a red circle below"]
    assert score(a06, three_of_four[:1], [three_of_four[1:]], 2) == pytest.approx(math.sqrt(3 / 4 * 2 / 3))
    assert score(a06, ["a cross"], [["a red cross"]], 1) == pytest.approx(math.exp(-1 / 2))
    # Pooled: (4 + 0) of (4 + 2) words; the mean of both would be 1/2.
    pooled = score(a06, ["a red circle above", "down there"], [["a red circle above"], ["a cross"]], 1)
    assert pooled == pytest.approx(4 / 6)


def test_one_wrong_word_makes_a_falsehood_and_costs_no_more_than_a_slip(a06):
    """What the written question is about."""
    true = "a big red circle above a small blue square"
    false = score(a06, [true.replace("above", "below")], [[true]], 4)
    slip = score(a06, [true.replace("above", "over")], [[true]], 4)
    other = score(a06, ["there is a small blue square and a big red circle stands over it"], [[true]], 4)
    assert false == slip > 0.5 > other
