"""What was trained beforehand can be read, is what its log says, and damage is named."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import baselines
import checkpoints
import train_checkpoint
from checkpoints import CheckpointError
from rnn_datasets import Vocabulary, character_batches, python_source

rng = np.random.default_rng(0)
VOCABULARY = Vocabulary(tuple("\n abé"))
NAMES = ("char_rnn", "char_lstm")


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path / "checkpoints")
    return checkpoints.FOLDER


@pytest.fixture
def weights() -> dict[str, np.ndarray]:
    shapes = {"Wx": (5, 3), "Wh": (3, 3), "b": (3,), "Wy": (3, 5), "by": (5,)}
    return {name: rng.normal(0, 1, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture
def lstm_weights() -> dict[str, np.ndarray]:
    shapes = {"Wx": (5, 12), "Wh": (3, 12), "b": (12,)}
    return {name: rng.normal(0, 1, shape).astype(np.float32) for name, shape in shapes.items()}


def test_what_was_saved_is_loaded(folder: Path, weights: dict[str, np.ndarray]) -> None:
    checkpoints.save("small", weights, VOCABULARY, {"T": 7, "steps": 3})
    loaded = checkpoints.load("small")
    assert loaded.weights.keys() == weights.keys()
    for name, array in loaded.weights.items():
        assert array.dtype == np.float32
        assert (array == weights[name]).all()
    assert loaded.vocabulary == VOCABULARY
    assert (loaded.log["T"], loaded.log["steps"]) == (7, 3)


def test_saving_again_writes_the_same_bytes(folder: Path, weights: dict[str, np.ndarray]) -> None:
    def written() -> list[bytes]:
        checkpoints.save("small", weights, VOCABULARY, {"T": 7, "steps": 3})
        return [file.read_bytes() for file in sorted(folder.iterdir())]

    assert written() == written()


def test_a_missing_checkpoint_is_named_with_the_remedy(folder: Path) -> None:
    with pytest.raises(CheckpointError, match=r"none\.safetensors cannot be read .* `make checkpoint`"):
        checkpoints.load("none")


def test_a_missing_log_is_named(folder: Path, weights: dict[str, np.ndarray]) -> None:
    checkpoints.save("small", weights, VOCABULARY, {})
    (folder / "small.json").unlink()
    with pytest.raises(CheckpointError, match=r"small\.json cannot be read"):
        checkpoints.load("small")


@pytest.mark.parametrize("damage", ["cut", "one bit", "empty"])
def test_damaged_weights_are_named(folder: Path, weights: dict[str, np.ndarray], damage: str) -> None:
    checkpoints.save("small", weights, VOCABULARY, {})
    file = folder / "small.safetensors"
    whole = file.read_bytes()
    file.write_bytes(
        {"cut": whole[:-5], "one bit": whole[:-1] + bytes([whole[-1] ^ 1]), "empty": b""}[damage]
    )
    with pytest.raises(CheckpointError, match=r"small\.safetensors is not the file .* `make checkpoint`"):
        checkpoints.load("small")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"alphabet": "ab"}', "\xff"])
def test_a_damaged_log_is_named(folder: Path, weights: dict[str, np.ndarray], text: str) -> None:
    checkpoints.save("small", weights, VOCABULARY, {})
    (folder / "small.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(CheckpointError, match=r"small\.json is damaged .* `make checkpoint`"):
        checkpoints.load("small")


def pytorch_states(
    layer: type[torch.nn.RNN | torch.nn.LSTM], weights: dict[str, np.ndarray], tokens: np.ndarray
) -> tuple[np.ndarray, Any]:
    """Independent of ours: all states of PyTorch's own layer, given the same weights, and what it ends with."""
    V, H = len(weights["Wx"]), len(weights["Wh"])
    columns = np.arange(weights["Wh"].shape[1]).reshape(-1, H)
    if layer is torch.nn.LSTM:
        columns = columns[[0, 1, 3, 2]]  # its gates come as i, f, g, o
    Wx, Wh, b = (torch.from_numpy(weights[name][..., columns.ravel()]) for name in ("Wx", "Wh", "b"))
    network = layer(V, H, batch_first=True)
    with torch.no_grad():
        for parameter, ours in zip(network.parameters(), (Wx.T, Wh.T, b, 0 * b), strict=True):
            parameter.copy_(ours)
        h, end = network(torch.nn.functional.one_hot(torch.from_numpy(tokens), V).float()[None])
    return h[0].numpy(), end


def test_states_are_those_of_pytorch(weights: dict[str, np.ndarray]) -> None:
    tokens = rng.integers(0, 5, 40)
    h, _ = pytorch_states(torch.nn.RNN, weights, tokens)
    assert checkpoints.states(weights, tokens) == pytest.approx(h, abs=1e-5)


def test_states_and_cells_of_an_lstm_are_those_of_pytorch(lstm_weights: dict[str, np.ndarray]) -> None:
    tokens = rng.integers(0, 5, 40)
    h, c = checkpoints.lstm_states(lstm_weights, tokens)
    assert h.dtype == c.dtype == np.float32
    for end in (1, 2, 40):
        their_h, (_, their_c) = pytorch_states(torch.nn.LSTM, lstm_weights, tokens[:end])
        assert h[:end] == pytest.approx(their_h, abs=1e-5)
        assert c[end - 1] == pytest.approx(their_c[0, 0].numpy(), abs=1e-5)


def test_states_that_are_reset_know_their_own_stretch_only(
    weights: dict[str, np.ndarray], lstm_weights: dict[str, np.ndarray]
) -> None:
    tokens = rng.integers(0, 5, 10)
    pieces = tokens[:4], tokens[4:8], tokens[8:]
    h = checkpoints.states(weights, tokens, reset_every=4)
    assert (h == np.concatenate([checkpoints.states(weights, piece) for piece in pieces])).all()
    both = checkpoints.lstm_states(lstm_weights, tokens, reset_every=4)
    apart = [checkpoints.lstm_states(lstm_weights, piece) for piece in pieces]
    for ours, theirs in zip(both, zip(*apart, strict=True), strict=True):
        assert (ours == np.concatenate(theirs)).all()


# How one is trained -----------------------------------------------------------------------------------------------


@pytest.fixture
def short_training(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of six steps on little text, which know one epoch's end."""
    monkeypatch.setattr(
        train_checkpoint, "python_source", lambda split: python_source(split, characters=6_500)
    )
    short = {name: recipe._replace(steps=6) for name, recipe in train_checkpoint.RECIPES.items()}
    for name, value in {"RECIPES": short, "LOG_EVERY": 3, "GLANCE": 2}.items():
        monkeypatch.setattr(train_checkpoint, name, value)


@pytest.mark.usefixtures("short_training")
def test_training_again_writes_the_same_bytes() -> None:
    def written() -> dict[str, bytes]:
        train_checkpoint.main([])
        return {file.name: file.read_bytes() for file in checkpoints.FOLDER.iterdir()}

    first = written()
    assert {name.split(".")[0] for name in first} == set(NAMES)
    assert written() == first


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("short_training")
def test_the_log_gives_the_cost_of_the_weights_beside_it(name: str) -> None:
    """The course's own recurrence, run on what was read from the file, agrees with PyTorch's cost."""
    train_checkpoint.main([name])
    assert {file.stem for file in checkpoints.FOLDER.iterdir()} == {name}
    weights, vocabulary, log = checkpoints.load(name)
    N, T = log["N"], log["T"]
    text = vocabulary.encode(python_source("valid", characters=6_500).text)
    whole = character_batches(text, N, (len(text) - 1) // N // T * T)[0]  # the chunks, each row in one piece
    rows = np.concatenate([whole[0], whole[1][:, -1:]], axis=1)
    assert log["valid_bits_per_character"] == pytest.approx(cost_of_rows(weights, rows), abs=1e-4)
    assert [entry["step"] for entry in log["bits_per_character"]] == [3, 6]
    first, last = log["bits_per_character"]
    assert last["train"] < first["train"] < np.log2(len(vocabulary)) + 0.1


# The checkpoints that the lectures look into ----------------------------------------------------------------------


@pytest.fixture(scope="module", params=NAMES)
def shipped(request: pytest.FixtureRequest) -> tuple[str, checkpoints.Checkpoint]:
    return request.param, checkpoints.load(request.param)


def test_a_checkpoint_is_a_character_network_of_at_most_two_megabytes(
    shipped: tuple[str, checkpoints.Checkpoint],
) -> None:
    name, (weights, vocabulary, _) = shipped
    V, H, gates = len(vocabulary), 256, {"char_rnn": 1, "char_lstm": 4}[name]
    assert {name: array.shape for name, array in weights.items()} == {
        "Wx": (V, gates * H),
        "Wh": (H, gates * H),
        "b": (gates * H,),
        "Wy": (H, V),
        "by": (V,),
    }
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}
    assert (checkpoints.FOLDER / f"{name}.safetensors").stat().st_size <= 2_000_000


def test_the_header_of_the_weights_says_what_the_log_says(
    shipped: tuple[str, checkpoints.Checkpoint],
) -> None:
    name, (_, _, log) = shipped
    packed = (checkpoints.FOLDER / f"{name}.safetensors").read_bytes()
    header = json.loads(packed[8 : 8 + int.from_bytes(packed[:8], "little")])  # as the format says
    told = json.loads(header["__metadata__"]["log"])
    assert {**told, "sha256": log["sha256"]} == log


def test_the_card_gives_the_costs_that_are_measured() -> None:
    """Within the little that the library differs between versions of Python."""
    card = (checkpoints.FOLDER / "README.md").read_text(encoding="utf-8")
    written = [float(bits) for bits in re.findall(r"^ *\| .+ \| (\d\.\d\d) \|$", card, re.MULTILINE)]
    rnn, lstm = (checkpoints.load(name) for name in NAMES)
    train, valid = (rnn.vocabulary.encode(python_source(split).text) for split in ("train", "valid"))
    tables = baselines.ngram_probabilities(train, valid, len(rnn.vocabulary), longest=5)
    levels = [float(-np.log2(P).mean()) for P, _ in tables]
    assert min(levels) == levels[4]
    networks = [
        bits_per_character(weights, valid, length)
        for weights, lengths in ((rnn.weights, (1_000, 50)), (lstm.weights, (1_000, 100)))
        for length in lengths
    ]
    assert written == pytest.approx([*levels[:5], *networks], rel=0.05)
    assert rnn.log["valid_bits_per_character"] == pytest.approx(networks[0], rel=0.05)
    assert lstm.log["valid_bits_per_character"] == pytest.approx(networks[2], rel=0.05)
    assert networks[2] < networks[0] < min(levels) - 0.1


def bits_per_character(weights: dict[str, np.ndarray], text: np.ndarray, length: int) -> float:
    """Cut a text into pieces, read every fourth from a state of zeros, and give the mean cost."""
    pieces = len(text) // (length + 1)
    return cost_of_rows(weights, text[: pieces * (length + 1)].reshape(pieces, length + 1)[::4])


def cost_of_rows(weights: dict[str, np.ndarray], rows: np.ndarray) -> float:
    """Read N rows of text from a state of zeros, and give the mean bits per character."""
    N, H = len(rows), len(weights["Wh"])
    (h, c), cost = np.zeros((2, N, H), np.float32), 0.0
    for x, y in pairwise(rows.T):
        a = weights["Wx"][x] + weights["b"] + h @ weights["Wh"]
        if a.shape[1] == H:
            h = np.tanh(a)
        else:
            i, f, o = (1 / (1 + np.exp(-part)) for part in np.split(a[:, : 3 * H], 3, axis=1))
            c = f * c + i * np.tanh(a[:, 3 * H :])
            h = o * np.tanh(c)
        scores = h @ weights["Wy"] + weights["by"]
        cost += float(np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(N), y]))
    return cost / (rows.shape[1] - 1) / np.log(2)


@pytest.mark.parametrize(
    ("name", "opening", "label", "after", "least", "most"),
    [
        ("char_rnn", '"""', "string", 30, 0, 0.02),
        ("char_rnn", "(", "brackets", 60, 0, 0.15),
        ("char_lstm", '"""', "string", 30, 0.05, 0.3),
        ("char_lstm", '"""', "string", 100, 0, 0.05),
    ],
)
def test_what_opens_is_forgotten(
    name: str, opening: str, label: str, after: int, least: float, most: float
) -> None:
    """Read the same characters after an opening and without it: in no unit do h or tanh(c) differ by much."""
    weights, vocabulary, _ = checkpoints.load(name)
    source = python_source("valid", characters=200_000)
    inside, n = source.labels[label], len(opening)
    begins = [p for p in np.flatnonzero(inside[1:] & ~inside[:-1]) + 1 if p > 100]
    begins = [p for p in begins if source.text.startswith(opening, p) and inside[p : p + n + after].all()][
        :20
    ]
    assert len(begins) > 10

    def end(text: str) -> np.ndarray:
        tokens = vocabulary.encode(text)
        if name == "char_rnn":
            return checkpoints.states(weights, tokens)[-1]
        h, c = checkpoints.lstm_states(weights, tokens)
        return np.concatenate([h[-1], np.tanh(c[-1])])

    traces = []
    for p in begins:
        before, following = source.text[p - 100 : p], source.text[p + n : p + n + after]
        traces.append(abs(end(before + opening + following) - end(before + following)))
    assert least <= np.mean(traces, axis=0).max() < most
