"""Right answers to assignment 5 that are written another way lose nothing, on public and on hidden numbers."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from alternatives import SEEDS, Answers, changed
from torch import nn
from torch.nn.functional import cross_entropy, nll_loss
from torch.nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence

from rnn_autograder.judge import act
from rnn_autograder.student import LocalPlayer

ANSWERS = Answers("a05_seq2seq")
KNOWN = ANSWERS.known
PAD, START, END = 0, 1, 2


# Reading and writing ---------------------------------------------------------------------------------------------


def refuse_lengths(x, lengths):
    if len(lengths) != len(x) or not all(1 <= length <= x.shape[1] for length in lengths.tolist()):
        raise ValueError("lengths")


@ANSWERS.to("encode")
def encoded_by_packing(model, x, lengths):
    refuse_lengths(x, lengths)
    packed = pack_padded_sequence(model.read_embedding(x), lengths, batch_first=True, enforce_sorted=False)
    return model.reader(packed)[1].squeeze(0)


@ANSWERS.to("encode")
def encoded_one_by_one(model, x, lengths):
    refuse_lengths(x, lengths)
    rows = [model.read_embedding(row[: int(length)]) for row, length in zip(x, lengths, strict=True)]
    return torch.cat([model.reader(row)[1] for row in rows])


@ANSWERS.to("encode")
def encoded_with_states_that_stop(model, x, lengths):
    refuse_lengths(x, lengths)
    h = torch.zeros(1, len(x), model.reader.hidden_size)  # of the default dtype, which is that of the check
    for t in range(x.shape[1]):
        _, after = model.reader(model.read_embedding(x[:, t : t + 1]), h)
        h = torch.where((t < lengths)[None, :, None], after, h)
    return h[0]


@ANSWERS.to("decode_step")
def step_by_its_equations(model, token, h):
    cell = model.writer
    ri, zi, ni = (model.write_embedding.weight[token] @ cell.weight_ih.T + cell.bias_ih).chunk(3, dim=1)
    rh, zh, nh = (h @ cell.weight_hh.T + cell.bias_hh).chunk(3, dim=1)
    z, n = torch.sigmoid(zi + zh), torch.tanh(ni + torch.sigmoid(ri + rh) * nh)
    h = n + z * (h - n)
    scores = h @ model.readout.weight.T + model.readout.bias
    return scores - torch.logsumexp(scores, dim=-1, keepdim=True), h


@ANSWERS.to("decode_step")
def step_as_a_list(model, token, h):
    after = model.writer(model.write_embedding(token), h)
    scores = model.readout(after)
    shifted = scores - scores.max(dim=1, keepdim=True).values
    return [shifted - shifted.exp().sum(dim=1, keepdim=True).log(), after]


# Learning to write -----------------------------------------------------------------------------------------------


@ANSWERS.to("seq2seq_loss")
def cost_of_all_steps_at_once(model, x, lengths, y):
    h = encoded_by_packing(model, x, lengths)
    before = torch.cat([torch.full((len(y), 1), START), y[:, :-1]], dim=1)
    states = []
    for vector in model.write_embedding(before).unbind(dim=1):
        h = model.writer(vector, h)
        states.append(h)
    scores = model.readout(torch.stack(states, dim=1))
    return cross_entropy(scores.transpose(1, 2), y, ignore_index=PAD, reduction="sum") / len(y)


@ANSWERS.to("seq2seq_loss")
def cost_answer_by_answer(model, x, lengths, y):
    """Each row by itself, to its END and no further."""
    costs = []
    for n in range(len(y)):
        h, last = encoded_one_by_one(model, x[n : n + 1], lengths[n : n + 1]), START
        for token in y[n].tolist():
            if token == PAD:
                break
            log_p, h = step_by_its_equations(model, torch.tensor([last]), h)
            costs.append(-log_p[0, token])
            last = token
    return torch.stack(costs).sum() / len(y)


@ANSWERS.to("teacher_forcing_probability")
def decay_that_catches_the_overflow(step, schedule, k, floor=0.0):
    if step < 0:
        raise ValueError("step")
    match schedule:
        case "linear" if k > 0:
            return max(1 - k * step, floor)
        case "exponential" if 0 < k < 1:
            return max(math.exp(step * math.log(k)), floor)
        case "inverse_sigmoid" if k >= 1:
            try:
                return max(k / (k + math.exp(step / k)), floor)
            except OverflowError:
                return floor
    raise ValueError(f"k = {k} or schedule = {schedule}")


@ANSWERS.to("teacher_forcing_probability")
def decay_with_numpy(step, schedule, k, floor=0.0):
    """An overflow is infinity there, with a RuntimeWarning."""
    if step < 0 or schedule not in ("linear", "exponential", "inverse_sigmoid"):
        raise ValueError(f"step {step}, schedule {schedule}")
    if k <= 0 or (schedule == "exponential" and k >= 1) or (schedule == "inverse_sigmoid" and k < 1):
        raise ValueError(f"k {k}")
    curves = {
        "linear": lambda: 1 - k * step,
        "exponential": lambda: np.power(k, float(step)),
        "inverse_sigmoid": lambda: k / (k + np.exp(step / k)),
    }
    return np.clip(curves[schedule](), floor, 1.0)


@ANSWERS.to("scheduled_sampling_loss")
def sampled_with_all_coins_at_once(model, x, lengths, y, p, rng):
    if p < 0 or p > 1:
        raise ValueError("p")
    coins = torch.tensor(rng.random(y.shape) < p)
    h = encoded_by_packing(model, x, lengths)
    log_p, h = KNOWN["decode_step"](model, torch.ones(len(y), dtype=torch.int64), h)
    loss = nll_loss(log_p, y[:, 0], ignore_index=PAD, reduction="sum")
    for t in range(1, y.shape[1]):
        told = torch.where(coins[:, t], y[:, t - 1], log_p.argmax(dim=1))
        log_p, h = KNOWN["decode_step"](model, told, h)
        loss = loss + nll_loss(log_p, y[:, t], ignore_index=PAD, reduction="sum")
    return loss / len(y)


@ANSWERS.to("scheduled_sampling_loss")
def sampled_with_a_coin_at_a_time(model, x, lengths, y, p, rng):
    if not 0 <= p <= 1:
        raise ValueError(f"p = {p}")
    h, told, loss = encoded_by_packing(model, x, lengths), [START] * len(y), 0
    for target in y.T:
        log_p, h = step_by_its_equations(model, torch.tensor(told), h)
        real = target != PAD
        loss = loss - log_p[real, target[real]].sum() / len(y)
        pairs = zip(target.tolist(), log_p.max(dim=1).indices.tolist(), strict=True)
        told = [own if rng.random() >= p else truth for truth, own in pairs]
    return loss


# Writing ---------------------------------------------------------------------------------------------------------


@ANSWERS.to("greedy_decode")
def greedy_row_by_row(model, x, lengths, max_length):
    if max_length < 1:
        raise ValueError("max_length")
    tokens = torch.zeros(len(x), max_length, dtype=torch.int64)
    for n in range(len(x)):
        h, last = encoded_one_by_one(model, x[n : n + 1], lengths[n : n + 1]), START
        for t in range(max_length):
            log_p, h = KNOWN["decode_step"](model, torch.tensor([last]), h)
            last = tokens[n, t] = log_p[0].argmax()
            if last == END:
                break
    return tokens


@ANSWERS.to("greedy_decode")
@torch.no_grad()
def greedy_that_stops_early(model, x, lengths, max_length):
    if max_length <= 0:
        raise ValueError(f"max_length is {max_length}")
    h = encoded_by_packing(model, x, lengths)
    out = x.new_full((len(x), max_length), PAD)
    going, last = torch.arange(len(x)), x.new_full((len(x),), START)
    for t in range(max_length):
        log_p, h = KNOWN["decode_step"](model, last, h)
        last = log_p.argmax(dim=1)
        out[going, t] = last
        on = last != END
        going, last, h = going[on], last[on], h[on]
        if not len(going):
            break
    return out


@ANSWERS.to("beam_search")
def beam_in_one_batch(model, x, width, max_length):
    """All ways go one step together; those that have ended are kept aside, but hold their places."""
    if width < 1 or max_length < 1 or len(x) == 0:
        raise ValueError("width, max_length and the length of x are at least 1")
    h = encoded_by_packing(model, x[None], torch.tensor([len(x)]))
    going, ended = [([], 0.0)], []
    while going and len(going[0][0]) < max_length:
        last = torch.tensor([way[-1] if way else START for way, _ in going])
        log_p, h = KNOWN["decode_step"](model, last, h)
        total = (log_p + torch.tensor([[score] for _, score in going])).flatten()
        best = zip(*(part.tolist() for part in total.topk(min(width, len(total)))), strict=True)
        rivals = [(score, divmod(place, log_p.shape[1])) for score, place in best]
        rivals += [(score, way) for way, score in ended]
        rivals = sorted(rivals, key=lambda rival: rival[0], reverse=True)[:width]
        ended = [(way, score) for score, way in rivals if isinstance(way, list)]
        new = [([*going[p[0]][0], p[1]], score, p[0]) for score, p in rivals if isinstance(p, tuple)]
        ended += [(way, score) for way, score, _ in new if way[-1] == END]
        on = [(way, score, parent) for way, score, parent in new if way[-1] != END]
        going, h = [(way, score) for way, score, _ in on], h[[parent for _, _, parent in on]]
    return sorted(ended + going, key=lambda answer: -answer[1])


@ANSWERS.to("beam_search")
def beam_with_a_heap(model, x, width, max_length):
    """Only the best of each way's extensions are looked at; results are lists in a tuple."""
    for name in ("width", "max_length"):
        if locals()[name] < 1:
            raise ValueError(name)
    if not x.numel():
        raise ValueError("x")
    beam = [(0.0, (), encoded_one_by_one(model, x[None], torch.tensor([x.numel()])))]
    for _ in range(max_length):
        ways = [way for way in beam if way[1][-1:] == (END,)]
        for score, tokens, h in (way for way in beam if way[1][-1:] != (END,)):
            last = torch.tensor([tokens[-1] if tokens else START])
            log_p, after = step_by_its_equations(model, last, h)
            gains, best = log_p[0].topk(min(width, log_p.shape[1]))
            ways += [
                (score + gain, (*tokens, token), after)
                for gain, token in zip(gains.tolist(), best.tolist(), strict=True)
            ]
        beam = heapq.nlargest(width, ways, key=lambda way: way[0])
    return tuple([list(tokens), score] for score, tokens, _ in beam)


# Other shapes ----------------------------------------------------------------------------------------------------


@ANSWERS.to("LSTMAutoencoder")
class AutoencoderInAnotherOrder(nn.Module):
    """Its parts are made from back to front, and chance is used up in between; it packs, and marks what is ignored."""

    def __init__(self, V, D, H, C):
        super().__init__()
        self.readout = nn.Linear(H, V)
        self.writer = nn.LSTM(D, H, batch_first=True)
        torch.rand(7)
        self.from_code = nn.Linear(C, H)
        self.to_code = nn.Linear(H, C)
        self.reader = nn.LSTM(input_size=D, hidden_size=H, batch_first=True)
        self.embedding = nn.Embedding(V, D)

    def encode(self, x, lengths):
        packed = pack_padded_sequence(self.embedding(x), lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.reader(packed)
        return self.to_code(h[-1])

    def forward(self, x, lengths):
        h = self.from_code(self.encode(x, lengths)).unsqueeze(0)
        start = torch.ones(len(x), 1, dtype=torch.int64)
        out, _ = self.writer(self.embedding(torch.hstack([start, x])[:, :-1]), (h, 0 * h))
        return self.readout(out)

    def loss(self, x, lengths):
        target = x.masked_fill(torch.arange(x.shape[1])[None] >= lengths[:, None], -100)
        scores = self.forward(x, lengths)
        return cross_entropy(scores.flatten(0, 1), target.flatten(), reduction="sum") / len(x)


@ANSWERS.to("LSTMAutoencoder")
class AutoencoderTimeFirst(nn.Module):
    """Step by step, with time first."""

    def __init__(self, V, D, H, C):
        super().__init__()
        self.embedding, self.readout = nn.Embedding(V, D), nn.Linear(H, V)
        self.reader, self.writer = nn.LSTM(D, H), nn.LSTM(D, H)
        self.to_code, self.from_code = nn.Linear(H, C), nn.Linear(C, H)

    def encode(self, x, lengths):
        states = self.reader(self.embedding(x.T))[0]
        return torch.stack([self.to_code(states[int(length) - 1, n]) for n, length in enumerate(lengths)])

    def forward(self, x, lengths):
        h = self.from_code(self.encode(x, lengths))[None]
        state, scores = (h, torch.zeros_like(h)), []
        for before in [torch.full_like(x[:, 0], START), *x.T[:-1]]:
            out, state = self.writer(self.embedding(before)[None], state)
            scores.append(self.readout(out[0]))
        return torch.stack(scores, dim=1)

    def loss(self, x, lengths):
        log_p = self(x, lengths).log_softmax(dim=-1)
        rows = [
            row[torch.arange(int(length)), tokens[: int(length)]].sum()
            for row, tokens, length in zip(log_p, x, lengths, strict=True)
        ]
        return -torch.stack(rows).mean()


@ANSWERS.to("BiTagger")
class TaggerOneByOne(nn.Module):
    """Each sequence alone; whatever stands in the scores of padding."""

    def __init__(self, V, D, H, C):
        super().__init__()
        self.readout = nn.Linear(2 * H, C)
        self.lstm = nn.LSTM(D, H, bidirectional=True)
        self.embedding = nn.Embedding(V, D)

    def forward(self, x, lengths):
        scores = torch.full((*x.shape, self.readout.out_features), 7.0)
        for n, length in enumerate(lengths.tolist()):
            scores[n, :length] = self.readout(self.lstm(self.embedding(x[n, :length]))[0])
        return scores

    def loss(self, x, lengths, y):
        real = torch.arange(x.shape[1]) < lengths.unsqueeze(1)
        return cross_entropy(self(x, lengths)[real], y[real])


@ANSWERS.to("BiTagger")
class TaggerOfAPackedSequence(nn.Module):
    """Packed by another function; a helper of its own; the labels of the padding are marked as ignored."""

    def __init__(self, V, D, H, C):
        super().__init__()
        self.embedding = nn.Embedding(V, D)
        self.lstm = nn.LSTM(D, H, num_layers=1, bidirectional=True, batch_first=True)
        self.readout = nn.Linear(2 * H, C)

    def states(self, x, lengths):
        rows = [self.embedding(row[:length]) for row, length in zip(x, lengths, strict=True)]
        return pad_packed_sequence(
            self.lstm(pack_sequence(rows, enforce_sorted=False))[0], True, total_length=x.shape[1]
        )[0]

    def forward(self, x, lengths):
        return self.readout(self.states(x, lengths))

    def loss(self, x, lengths, y):
        y = y.clone()
        for n, length in enumerate(lengths):
            y[n, length:] = -1
        return cross_entropy(self(x, lengths).movedim(2, 1), y, ignore_index=-1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("name", "functions"), ANSWERS.all)
def test_it_loses_nothing(name, functions, seed):
    ANSWERS.check(name, functions, seed)


def test_every_exercise_has_two_other_answers():
    assert ANSWERS.with_fewer_than(2) == set()


@pytest.mark.parametrize("name", ANSWERS.exercises)
def test_no_global_seed_has_a_say(name: str):
    """What is observed of the reference is the same to the bit, wherever PyTorch's and NumPy's own chance stands."""
    exercise, traces = ANSWERS.exercises[name], []
    for seed in (1, 2):
        torch.manual_seed(seed)
        np.random.seed(seed)
        player = LocalPlayer(KNOWN)
        traces.append(
            [[(o.label, str(o.value)) for o in act(exercise, c, player, 3)] for c in exercise.criteria]
        )
    assert traces[0] == traces[1]


# What is no answer -----------------------------------------------------------------------------------------------


ODD: dict[str, Callable[[Any], Any]] = {
    "nothing": lambda result: None,
    "a text": lambda result: "h",
    "an empty list": lambda result: [],
    "a function": lambda result: lambda: result,
    "without numbers": lambda result: torch.zeros(0),
    "infinities": lambda result: changed(result, lambda part: part * 0 + math.inf),
    "complex numbers": lambda result: changed(result, lambda part: part + 0j),
    "an axis too many": lambda result: changed(result, lambda part: part[None]),
    "bfloat16": lambda result: changed(result, lambda part: part.to(torch.bfloat16)),
    "sparse": lambda result: changed(result, lambda part: part.to_sparse()),
}
FUNCTIONS = [name for name in ANSWERS.exercises if not isinstance(KNOWN[name], type)]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_odd_result_is_judged_without_a_warning_and_costs_points(name: str, odd: str):
    result = ANSWERS.odd(name, lambda *args, **kwargs: ODD[odd](KNOWN[name](*args, **kwargs)))
    assert result.points < result.max_points
    assert [verdict.message for verdict in result.criteria if not verdict.passed]


@pytest.mark.parametrize(
    "odd",
    [
        lambda V, D, H, C: None,
        lambda V, D, H, C: nn.Linear(D, H),
        type("Empty", (nn.Module,), {"__init__": lambda self, V, D, H, C: nn.Module.__init__(self)}),
        3,
    ],
)
@pytest.mark.parametrize("name", ["LSTMAutoencoder", "BiTagger"])
def test_what_is_no_such_module_earns_nothing(name: str, odd: Any):
    result = ANSWERS.odd(name, odd)
    assert result.points == 0
    assert [verdict.message for verdict in result.criteria]


@pytest.mark.parametrize("name", ["LSTMAutoencoder", "BiTagger"])
def test_weights_that_are_set_by_hand_when_it_is_made_are_seen(name: str):
    class Equal(KNOWN[name]):
        def __init__(self, *sizes, **named):
            super().__init__(*sizes, **named)
            for parameter in self.parameters():
                nn.init.zeros_(parameter)

    assert [v.name for v in ANSWERS.odd(name, Equal).criteria if not v.passed] == ["fresh start"]
