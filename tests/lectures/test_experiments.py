"""What the recorded experiments of lecture 4 say of themselves is so."""

import json

import numpy as np
import pytest
import torch

from experiments import gated_characters, tagging
from rnn_datasets import CLASS_NAMES, syntax_classes


def test_letters_are_undecided_while_a_keyword_may_begin_with_them() -> None:
    text = "if index in x: return 'if', Not  # if\n"
    due = "^^ ^^    ^^    ^^^^^^       ^^        "
    marks = tagging.undecided(text, syntax_classes(text))
    assert "".join(np.where(marks, "^", " ")) == due


def test_the_example_begins_inside_a_docstring_and_shows_every_class() -> None:
    example = json.loads(tagging.RECORD.read_text(encoding="utf-8"))["example"]
    end = example["text"].index('"""')
    string = str(CLASS_NAMES.index("string"))
    assert example["classes"][: end + 3] == string * (end + 3)
    assert example["classes"][end + 3] != string
    assert set(example["classes"]) == set("0123456")
    assert {len(said) for said in example["answers"].values()} == {len(example["text"])}


def test_the_tagging_record_agrees_with_its_own_confusions() -> None:
    record = json.loads(tagging.RECORD.read_text(encoding="utf-8"))
    assert len(record["networks"]) == tagging.SEEDS * len(tagging.SHAPES)
    for found in record["networks"]:
        confusion = np.array(found["confusion"])
        assert found["accuracy"] == pytest.approx(np.trace(confusion) / confusion.sum(), abs=1e-4)
        assert found["by_class"] == pytest.approx(np.diag(confusion) / confusion.sum(axis=1), abs=1e-4)
        assert found["accuracy"] == pytest.approx(np.mean(found["by_place"]), abs=1e-3)
        share = record["undecided"]
        parts = share * found["accuracy_undecided"] + (1 - share) * found["accuracy_otherwise"]
        assert found["accuracy"] == pytest.approx(parts, abs=1e-3)


def test_the_networks_are_as_large_as_they_say() -> None:
    """Gates x (inputs x H + H x H + H), and the output: counted by hand, within two in a hundred of each other."""
    V = len(gated_characters.VOCABULARY)
    gates = {"tanh": 1, "GRU": 3, "LSTM": 4}
    counts = []
    for entry in json.loads(gated_characters.RECORD.read_text(encoding="utf-8")):
        H = entry["H"]
        counts.append(gates[entry["cell"]] * (V * H + H * H + H) + H * V + V)
        assert entry["weights"] == counts[-1]
    assert max(counts) < 1.02 * min(counts)


def test_each_rate_is_tried_once_and_the_best_goes_on_with_all_seeds() -> None:
    record = json.loads(gated_characters.RECORD.read_text(encoding="utf-8"))
    for cell in gated_characters.CELLS:
        runs = [(run["seed"], run["rate"], run["curve"][-1]) for run in record if run["cell"] == cell]
        first = {rate: bits for seed, rate, bits in runs if seed == 0}
        best = min(first, key=first.__getitem__)
        assert set(first) == set(gated_characters.RATES)
        assert {seed for seed, rate, _ in runs if rate == best} == set(range(gated_characters.SEEDS))


@pytest.mark.parametrize("cell", gated_characters.CELLS)
def test_a_step_learns_and_carries_the_state_on_without_its_history(cell: str) -> None:
    torch.manual_seed(0)
    network = gated_characters.Network(cell)
    x, y = torch.randint(96, (2, 3, 5))
    loss, state = network.loss(x, y, None)
    loss.backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in network.learned())
    whole, _ = network.loss(x, y, None)
    first, state = network.loss(x[:, :2], y[:, :2], None)
    second, _ = network.loss(x[:, 2:], y[:, 2:], state)
    assert (2 * first + 3 * second).item() / 5 == pytest.approx(whole.item(), abs=1e-5)
    parts = state if isinstance(state, tuple) else (state,)
    assert not any(part.requires_grad for part in parts)
