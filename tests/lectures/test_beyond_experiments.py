"""The experiments of lecture 8 ask what they say they ask, and their records hold together."""

import json
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from experiments import costs, long_range, transformer


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


# Characters -------------------------------------------------------------------------------------------------------


def test_windows_are_of_the_training_text_and_ask_for_the_next_character() -> None:
    read = transformer.VOCABULARY.decode(transformer.text("train").tolist())
    x, y = next(transformer.batches(0))
    assert x.shape == y.shape == (transformer.N, transformer.T)
    for row, due in zip(x.tolist(), y.tolist(), strict=True):
        assert transformer.VOCABULARY.decode([row[0], *due]) in read
        assert row[1:] == due[:-1]


def test_every_network_reads_the_same_windows() -> None:
    for (x, y), (u, v), _ in zip(transformer.batches(3), transformer.batches(3), range(3), strict=False):
        assert torch.equal(x, u)
        assert torch.equal(y, v)


def test_the_windows_to_be_judged_on_do_not_overlap_and_lie_in_the_text() -> None:
    where = transformer.places(transformer.EDGES[-1])
    assert len(where.unique()) == where.numel()
    assert where.min() >= 0
    assert where.max() < len(transformer.text("valid"))


def test_costs_are_sorted_by_how_many_characters_were_read() -> None:
    read = (
        torch.arange(1, 128).float().expand(2, 127)
    )  # after the first character one has been read, and so on
    groups = [
        range(1, 2),
        range(2, 4),
        range(4, 8),
        range(8, 16),
        range(16, 32),
        range(32, 64),
        range(64, 128),
    ]
    assert transformer.by_characters_read(read) == [np.mean(group) for group in groups]
    assert transformer.by_characters_read(read[:, :7]) == [1, 2.5, 5.5]


def test_a_network_that_knows_nothing_costs_the_alphabet_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ignorant(nn.Module):
        def forward(self, tokens: Tensor) -> Tensor:
            return torch.zeros(*tokens.shape, transformer.V)

    monkeypatch.setattr(transformer, "WINDOWS", 20)
    assert transformer.judged(Ignorant(), 9) == pytest.approx([np.log2(96)] * 9, abs=1e-3)


@pytest.mark.parametrize("name", transformer.NETWORKS)
def test_a_short_run_on_characters_is_recorded_as_it_went(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformer, "WINDOWS", 4)
    monkeypatch.setattr(transformer, "EVERY", 2)
    entry = transformer.run(name, 0.003, seed=0, steps=4)
    assert [step for step, _ in entry["curve"]] == [2, 4]
    assert entry["bits"] == entry["curve"][-1][1] == entry["by_characters_read"][transformer.TRAINED]
    assert len(entry["by_characters_read"]) == 9
    assert entry["weights"] == pytest.approx(128_500, rel=0.005)


def characters() -> dict:
    return json.loads(transformer.RECORD.read_text(encoding="utf-8"))


def tried(runs: list[dict], score: str, **others: object) -> None:
    """Each rate once with seed 0, the best with every seed."""
    first = {run["rate"]: run[score] for run in runs if run["seed"] == 0}
    best = min(first, key=first.__getitem__)
    assert set(first) == {0.003, 0.01}
    assert sorted(run["seed"] for run in runs if run["rate"] == best) == [0, 1, 2]
    assert len(runs) == 4


@pytest.mark.parametrize("name", transformer.NETWORKS)
def test_each_rate_is_tried_on_characters_and_the_best_goes_on(name: str) -> None:
    runs = [run for run in characters()["runs"] if run["network"] == name]
    tried([run for run in runs if run["steps"] == transformer.STEPS], "bits")
    assert {run["weights"] for run in runs} < set(range(128_400, 128_700))


def test_the_lstm_that_trains_for_longer_takes_as_long_as_the_transformer() -> None:
    record = characters()
    longer = [run for run in record["runs"] if run["steps"] > transformer.STEPS]
    assert sorted(run["seed"] for run in longer) == [0, 1, 2]
    assert {run["network"] for run in longer} == {"LSTM"}
    asked = transformer.STEPS * record["milliseconds"]["Transformer, places turned"]
    for run in longer:
        assert run["steps"] * record["milliseconds"]["LSTM"] == pytest.approx(asked, rel=0.05)


def test_longer_contexts_help_the_tables_up_to_four_characters() -> None:
    bits = characters()["tables"]
    assert len(bits) == transformer.LONGEST_TABLE + 1
    assert bits.index(min(bits)) == 4
    assert all(a > b for a, b in pairwise(bits[:5]))


# Recall -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("pairs", "lag"), [(1, 0), (1, 5), (3, 4), (32, 2)])
def test_what_is_due_is_the_value_that_stood_with_the_key(pairs: int, lag: int) -> None:
    tokens, due = long_range.recall(np.random.default_rng(0), 50, pairs, lag)
    assert tokens.shape == (50, 2 * pairs + lag)
    assert due.shape == (50, pairs)
    for row, answers in zip(tokens.tolist(), due.tolist(), strict=True):
        known = dict(divmod(token, long_range.VALUES) for token in row[:pairs])
        assert len(known) == pairs
        asked = [token - long_range.KEYS * long_range.VALUES for token in row[pairs + lag :]]
        assert sorted(asked) == sorted(known)
        assert [known[key] for key in asked] == answers
        assert all(
            long_range.V - long_range.NOISE <= token < long_range.V for token in row[pairs : pairs + lag]
        )


def test_keys_values_and_order_are_all_drawn_afresh() -> None:
    tokens, due = long_range.recall(np.random.default_rng(0), 4000, 3, 0)
    keys = tokens[:, 3:] - long_range.KEYS * long_range.VALUES
    for drawn, kinds in ((keys, long_range.KEYS), (due, long_range.VALUES)):
        share = drawn.flatten().bincount(minlength=kinds) / drawn.numel()
        assert (share - 1 / kinds).abs().max() < 0.02
    same_place = tokens[:, 0] // long_range.VALUES == keys[:, 0]
    assert same_place.float().mean().item() == pytest.approx(1 / 3, abs=0.03)


class Lookup(nn.Module):
    """Knows every pair that it has read; of a key that it has not seen alone it says nothing."""

    def forward(self, tokens: Tensor) -> Tensor:
        scores = torch.zeros(*tokens.shape, long_range.V)
        for n, row in enumerate(tokens.tolist()):
            known: dict[int, int] = {}
            for t, token in enumerate(row):
                if token < long_range.KEYS * long_range.VALUES:
                    key, known[key] = token // long_range.VALUES, token % long_range.VALUES
                elif token < long_range.V - long_range.NOISE:
                    scores[n, t, known[token - long_range.KEYS * long_range.VALUES]] = 1
        return scores


def test_who_knows_all_pairs_gets_all_right_and_who_knows_none_an_eighth() -> None:
    class Guess(nn.Module):
        def forward(self, tokens: Tensor) -> Tensor:
            return torch.zeros(*tokens.shape, long_range.V).index_fill(2, torch.tensor(5), 1.0)

    for pairs, lag in ((1, 8), (4, 0), (16, 16)):
        assert long_range.share_right(Lookup(), pairs, lag) == 1
        assert long_range.share_right(Guess(), pairs, lag) == pytest.approx(1 / 8, abs=0.06)


@pytest.mark.parametrize("name", long_range.NETWORKS)
def test_a_short_run_of_recall_is_recorded_as_it_went(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_range, "QUESTIONS", 32)
    entry = long_range.run(name, 0.003, seed=0, steps=10)
    assert np.log(long_range.VALUES) - 0.1 < entry["nats"] < np.log(long_range.V) + 1  # nothing learned yet
    assert len(entry["by_pairs"]) == len(long_range.MORE_PAIRS)
    assert {len(shares) for shares in entry["by_lag"].values()} == {len(long_range.LONGER_LAGS)}
    assert entry["weights"] == pytest.approx(107_000, rel=0.03)


def recalled() -> list[dict]:
    return json.loads(long_range.RECORD.read_text(encoding="utf-8"))["runs"]


@pytest.mark.parametrize("name", long_range.NETWORKS)
def test_each_rate_is_tried_on_recall_and_the_best_goes_on(name: str) -> None:
    runs = [run for run in recalled() if run["network"] == name]
    tried([run for run in runs if run["steps"] == long_range.STEPS], "nats")


def test_the_lstm_alone_trains_for_longer_on_recall() -> None:
    longer = [run for run in recalled() if run["steps"] != long_range.STEPS]
    assert [(run["network"], run["steps"], run["seed"]) for run in longer] == [
        ("LSTM", long_range.LONGER, seed) for seed in range(long_range.SEEDS)
    ]


# Costs ------------------------------------------------------------------------------------------------------------

HIDDEN = {"fused LSTM", "fused attention"}  # what they do inside, PyTorch's counters do not see


def test_depth_is_the_longest_path() -> None:
    x = torch.ones(3, requires_grad=True)  # whose gradient is collected in a node of its own
    assert costs.depth(x.sin()) == 2
    assert costs.depth(x.sin().cos() + x) == 4
    y = x
    for _ in range(5000):
        y = y * x
    assert costs.depth(y) == 5001


def test_kept_is_what_the_way_back_needs_and_nothing_twice() -> None:
    x, linear = torch.randn(1, 5, costs.D), nn.Linear(costs.D, 3)
    assert costs.kept(linear, x) == 0
    assert costs.kept(nn.Sequential(linear, nn.Tanh()), x) == 4 * 5 * 3
    assert costs.kept(nn.Sequential(linear, nn.Tanh(), nn.Linear(3, 2)), x) == 4 * 5 * 3


@pytest.mark.parametrize("name", costs.LAYERS)
def test_a_layer_sees_the_first_step_at_the_last_and_nothing_that_comes_later(name: str) -> None:
    layer, x = costs.LAYERS[name].make(11).double(), torch.randn(1, 11, costs.D, dtype=torch.float64)
    other = x.clone()
    other[:, 0] += 1
    assert (layer(other)[:, 10] != layer(x)[:, 10]).any()
    other = x.clone()
    other[:, 6:] += 1
    assert torch.allclose(layer(other)[:, :6], layer(x)[:, :6], atol=1e-12)


def test_the_loop_and_the_fused_lstm_are_one_function_and_so_are_both_attentions() -> None:
    x = torch.randn(2, 9, costs.D, dtype=torch.float64)
    loop, fused = costs.Loop().double(), costs.FusedLSTM().double()
    loop.cell.load_state_dict({name.removesuffix("_l0"): array for name, array in fused.state_dict().items()})
    assert torch.allclose(loop(x), fused(x), atol=1e-12)
    written, kernel = costs.Attention().double(), costs.LAYERS["fused attention"].make(9).double()
    kernel.load_state_dict(written.state_dict())
    assert torch.allclose(written(x), kernel(x), atol=1e-12)


@pytest.mark.parametrize("name", sorted(costs.LAYERS.keys() - HIDDEN))
def test_most_products_are_in_matrices_and_counted_by_pytorch_too(name: str) -> None:
    for T in (64, 128):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            costs.LAYERS[name].make(T)(torch.randn(1, T, costs.D))
        in_matrices = counter.get_total_flops() / 2
        rest = costs.LAYERS[name].products(T) - in_matrices
        assert 0 <= rest <= 4 * T * costs.D


def depths(name: str) -> list[int]:
    made = [(costs.LAYERS[name].make(T), T) for T in (32, 64, 128)]
    return [costs.depth(layer(torch.randn(1, T, costs.D))) for layer, T in made]


def linear(T: int) -> int:
    return T


@pytest.mark.parametrize(
    ("name", "grows_as"),
    [
        ("cell in a loop", linear),
        ("attention", lambda T: 1),
        ("convolutions", costs.rounds),
        ("scan", costs.rounds),
    ],
)
def test_depth_grows_as_the_dependent_steps_do(name: str, grows_as: Callable[[int], int]) -> None:
    short, middle, long = depths(name)
    each = (middle - short) / max(1, grows_as(64) - grows_as(32))
    assert long - middle == each * (grows_as(128) - grows_as(64))
    assert (each > 0) == (grows_as(64) > grows_as(32))
    assert costs.LAYERS[name].steps(128) <= long


def test_the_record_of_costs_holds_what_is_counted_again() -> None:
    record = json.loads(costs.RECORD.read_text(encoding="utf-8"))
    entries = {(entry["layer"], entry["T"]): entry for entry in record["layers"]}
    assert set(entries) == {(name, T) for name in costs.LAYERS for T in costs.LENGTHS}
    for name in costs.LAYERS.keys() - HIDDEN:
        layer, x, entry = costs.LAYERS[name].make(256), torch.randn(1, 256, costs.D), entries[name, 256]
        assert costs.depth(layer(x)) == entry["depth"]
        assert costs.kept(layer, x) == entry["kept"]
    for (name, T), entry in entries.items():
        assert (entry["steps"], entry["products"]) == (
            costs.LAYERS[name].steps(T),
            costs.LAYERS[name].products(T),
        )
        assert 0 < entry["forwards"] < entry["there_and_back"]
