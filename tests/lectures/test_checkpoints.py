"""What was trained beforehand can be read, is what its log says, and damage is named."""

import json
import re
from itertools import pairwise
from pathlib import Path

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


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(checkpoints, "FOLDER", tmp_path / "checkpoints")
    return checkpoints.FOLDER


@pytest.fixture
def weights() -> dict[str, np.ndarray]:
    shapes = {"Wx": (5, 3), "Wh": (3, 3), "b": (3,), "Wy": (3, 5), "by": (5,)}
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


def pytorch_states(weights: dict[str, np.ndarray], tokens: np.ndarray) -> np.ndarray:
    """Independent of ours: PyTorch's own network, given the same weights."""
    V, H = weights["Wx"].shape
    rnn = torch.nn.RNN(V, H, batch_first=True)
    with torch.no_grad():
        rnn.weight_ih_l0.copy_(torch.from_numpy(weights["Wx"].T.copy()))
        rnn.weight_hh_l0.copy_(torch.from_numpy(weights["Wh"].T.copy()))
        rnn.bias_ih_l0.copy_(torch.from_numpy(weights["b"]))
        rnn.bias_hh_l0.zero_()
        h, _ = rnn(torch.nn.functional.one_hot(torch.from_numpy(tokens), V).float()[None])
    return h[0].numpy()


def test_states_are_those_of_pytorch(weights: dict[str, np.ndarray]) -> None:
    tokens = rng.integers(0, 5, 40)
    assert checkpoints.states(weights, tokens) == pytest.approx(pytorch_states(weights, tokens), abs=1e-5)


def test_states_that_are_reset_know_their_own_stretch_only(weights: dict[str, np.ndarray]) -> None:
    tokens = rng.integers(0, 5, 10)
    h = checkpoints.states(weights, tokens, reset_every=4)
    apart = [checkpoints.states(weights, piece) for piece in (tokens[:4], tokens[4:8], tokens[8:])]
    assert (h == np.concatenate(apart)).all()


# How one is trained -----------------------------------------------------------------------------------------------


@pytest.fixture
def short_training(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training of six steps on little text, which knows one epoch's end."""
    monkeypatch.setattr(
        train_checkpoint, "python_source", lambda split: python_source(split, characters=6_500)
    )
    for name, value in {"STEPS": 6, "LOG_EVERY": 3, "GLANCE": 2}.items():
        monkeypatch.setattr(train_checkpoint, name, value)


@pytest.mark.usefixtures("short_training")
def test_training_again_writes_the_same_bytes() -> None:
    def written() -> list[bytes]:
        train_checkpoint.main()
        return [file.read_bytes() for file in sorted(checkpoints.FOLDER.iterdir())]

    assert written() == written()


@pytest.mark.usefixtures("short_training")
def test_the_log_gives_the_cost_of_the_weights_beside_it() -> None:
    """The course's own recurrence, run on what was read from the file, agrees with PyTorch's cost."""
    train_checkpoint.main()
    weights, vocabulary, log = checkpoints.load("char_rnn")
    N, T = log["N"], log["T"]
    text = vocabulary.encode(python_source("valid", characters=6_500).text)
    whole = character_batches(text, N, (len(text) - 1) // N // T * T)[0]  # the chunks, each row in one piece
    rows = np.concatenate([whole[0], whole[1][:, -1:]], axis=1)
    assert log["valid_bits_per_character"] == pytest.approx(cost_of_rows(weights, rows), abs=1e-4)
    assert [entry["step"] for entry in log["bits_per_character"]] == [3, 6]
    first, last = log["bits_per_character"]
    assert last["train"] < first["train"] < np.log2(len(vocabulary)) + 0.1


# The checkpoint that the lecture looks into -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def char_rnn() -> checkpoints.Checkpoint:
    return checkpoints.load("char_rnn")


def test_the_checkpoint_is_a_character_network_of_at_most_two_megabytes(
    char_rnn: checkpoints.Checkpoint,
) -> None:
    V, H = len(char_rnn.vocabulary), 256
    assert {name: array.shape for name, array in char_rnn.weights.items()} == {
        "Wx": (V, H),
        "Wh": (H, H),
        "b": (H,),
        "Wy": (H, V),
        "by": (V,),
    }
    assert {array.dtype for array in char_rnn.weights.values()} == {np.dtype(np.float32)}
    assert (checkpoints.FOLDER / "char_rnn.safetensors").stat().st_size <= 2_000_000


def test_the_header_of_the_weights_says_what_the_log_says(char_rnn: checkpoints.Checkpoint) -> None:
    packed = (checkpoints.FOLDER / "char_rnn.safetensors").read_bytes()
    header = json.loads(packed[8 : 8 + int.from_bytes(packed[:8], "little")])  # as the format says
    told = json.loads(header["__metadata__"]["log"])
    assert {**told, "sha256": char_rnn.log["sha256"]} == char_rnn.log


def test_the_card_gives_the_costs_that_are_measured(char_rnn: checkpoints.Checkpoint) -> None:
    """Within the little that the library differs between versions of Python."""
    card = (checkpoints.FOLDER / "README.md").read_text(encoding="utf-8")
    written = [float(bits) for bits in re.findall(r"^ +\| .+ \| (\d\.\d\d) \|$", card, re.MULTILINE)]
    train, valid = (char_rnn.vocabulary.encode(python_source(split).text) for split in ("train", "valid"))
    tables = baselines.ngram_probabilities(train, valid, len(char_rnn.vocabulary), longest=5)
    levels = [float(-np.log2(P).mean()) for P, _ in tables]
    assert min(levels) == levels[4]
    network = [bits_per_character(char_rnn.weights, valid, length) for length in (1_000, 50)]
    assert written == pytest.approx([*levels[:5], *network], rel=0.05)
    assert char_rnn.log["valid_bits_per_character"] == pytest.approx(network[0], rel=0.05)
    assert network[0] < min(levels) - 0.1


def bits_per_character(weights: dict[str, np.ndarray], text: np.ndarray, length: int) -> float:
    """Cut a text into pieces, read each from a state of zeros, and give the mean cost."""
    pieces = len(text) // (length + 1)
    return cost_of_rows(weights, text[: pieces * (length + 1)].reshape(pieces, length + 1))


def cost_of_rows(weights: dict[str, np.ndarray], rows: np.ndarray) -> float:
    """Read N rows of text from a state of zeros, and give the mean bits per character."""
    N = len(rows)
    h, cost = np.zeros((N, weights["Wh"].shape[0]), np.float32), 0.0
    for x, y in pairwise(rows.T):
        h = np.tanh(weights["Wx"][x] + weights["b"] + h @ weights["Wh"])
        scores = h @ weights["Wy"] + weights["by"]
        cost += float(np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(N), y]))
    return cost / (rows.shape[1] - 1) / np.log(2)


@pytest.mark.parametrize(
    ("opening", "name", "after", "most"), [('"""', "string", 30, 0.02), ("(", "brackets", 60, 0.15)]
)
def test_what_opens_is_soon_forgotten(
    char_rnn: checkpoints.Checkpoint, opening: str, name: str, after: int, most: float
) -> None:
    """Read the same characters after an opening and without it: the states soon agree."""
    source = python_source("valid", characters=200_000)
    inside, n = source.labels[name], len(opening)
    begins = [p for p in np.flatnonzero(inside[1:] & ~inside[:-1]) + 1 if p > 100]
    begins = [p for p in begins if source.text.startswith(opening, p) and inside[p : p + n + after].all()][
        :20
    ]
    assert len(begins) > 10
    traces = []
    for p in begins:
        before, following = source.text[p - 100 : p], source.text[p + n : p + n + after]
        ends = [before + opening + following, before + following]
        with_it, without = (
            checkpoints.states(char_rnn.weights, char_rnn.vocabulary.encode(t))[-1] for t in ends
        )
        traces.append(abs(with_it - without))
    assert np.mean(traces, axis=0).max() < most
