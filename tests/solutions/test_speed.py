"""The competitors of the speed page compute the same, and each computes what it says."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "solutions"))
import speed

rng = np.random.default_rng(0)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("float64", 1e-10)])
def test_both_go_there_and_back_with_the_same_result(dtype: str, tolerance: float) -> None:
    ours, theirs = (way() for way in speed.there_and_back(3, 5, 4, 6, dtype).values())
    shapes = [(3, 5, 6), (3, 5, 4), (3, 6), (4, 6), (6, 6), (6,)]  # h, and of x, h0, Wx, Wh, b
    for our, their, shape in zip(ours, theirs, shapes, strict=True):
        assert our.shape == their.shape == shape
        assert our.dtype == their.dtype == np.dtype(dtype)
        assert our == pytest.approx(their, abs=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-4), ("float64", 1e-10)])
def test_all_go_through_an_lstm_and_back_with_the_same_result(dtype: str, tolerance: float) -> None:
    ours, by_steps, theirs = (way() for way in speed.lstm_there_and_back(3, 5, 4, 6, dtype).values())
    shapes = [(3, 5, 6), (3, 5, 4), (3, 6), (4, 24), (6, 24), (24,)]  # h, and of x, h0, Wx, Wh, b
    for our, step, their, shape in zip(ours, by_steps, theirs, shapes, strict=True):
        assert our.shape == step.shape == their.shape == shape
        assert our.dtype == step.dtype == their.dtype == np.dtype(dtype)
        assert our == pytest.approx(their, abs=tolerance)
        assert step == pytest.approx(their, abs=tolerance)


def test_the_classic_way_learns_as_pytorch_does() -> None:
    """PyTorch's autograd, cross-entropy and Adagrad, on the same text, with the state carried over."""
    V, H, T, steps, learning_rate = 5, 4, 3, 6, 0.1
    tokens = rng.integers(0, V, T * steps + 1)
    shapes = {"Wx": (H, V), "Wh": (H, H), "b": (H, 1), "Wy": (V, H), "by": (V, 1)}
    params = {name: rng.normal(0, 1, shape) for name, shape in shapes.items()}
    theirs = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    adagrad = torch.optim.Adagrad(theirs.values(), learning_rate, eps=1e-8)
    h = torch.zeros(H, 1, dtype=torch.float64)
    for start in range(0, T * steps, T):
        scores, h = [], h.detach()
        for t in range(start, start + T):
            x = torch.nn.functional.one_hot(torch.tensor(tokens[t]), V).double()[:, None]
            h = torch.tanh(theirs["Wx"] @ x + theirs["Wh"] @ h + theirs["b"])
            scores.append((theirs["Wy"] @ h + theirs["by"])[:, 0])
        due = torch.from_numpy(tokens[start + 1 : start + T + 1])
        loss = torch.nn.functional.cross_entropy(torch.stack(scores), due)
        adagrad.zero_grad()
        loss.backward()
        adagrad.step()
    last = speed.classic_training(tokens, params, T, steps, learning_rate)
    assert last == pytest.approx(loss.item(), abs=1e-10)
    for name, array in params.items():
        assert array == pytest.approx(theirs[name].detach().numpy(), abs=1e-10)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_reader_reads_as_many_characters_as_it_says_in_its_precision(
    dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []

    def classic(tokens: np.ndarray, params: dict[str, np.ndarray], T: int, steps: int, rate: float) -> None:
        read.append((T * steps, {array.dtype.name for array in params.values()}))

    def ours(
        tokens: np.ndarray, params: dict[str, np.ndarray], N: int, T: int, steps: int, rate: float
    ) -> None:
        read.append((N * T * steps, {array.dtype.name for array in params.values()}))

    monkeypatch.setattr(speed, "classic_training", classic)
    monkeypatch.setitem(speed.SOLUTION, "train_char_rnn", ours)
    for characters, way in speed.readers(H=4, T=5, dtype=dtype).values():
        way()
        assert read.pop() == (characters, {dtype})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training_stays_in_the_precision_that_it_is_given(dtype: str) -> None:
    shapes = {"W_embed": (7, 3), "Wx": (3, 4), "Wh": (4, 4), "b": (4,), "W_vocab": (4, 7), "b_vocab": (7,)}
    params = {name: rng.normal(0, 1, shape).astype(dtype) for name, shape in shapes.items()}
    learned, _ = speed.SOLUTION["train_char_rnn"](rng.integers(0, 7, 60), params, 2, 5, 8, 0.1)
    assert {array.dtype.name for array in learned.values()} == {dtype}


def test_the_page_is_what_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(speed, "ROOT", tmp_path)
    monkeypatch.setattr(speed, "seconds", lambda ways: dict.fromkeys(ways, 0.5))
    monkeypatch.setattr(speed, "lstm_rows_on_two_threads", lambda: "| measured apart |")
    speed.main()
    page = (tmp_path / "docs" / "speed.md").read_text(encoding="utf-8")
    assert "| float64 | 500 | 500 | 1.00 |" in page
    assert "| N=1, float64, 1 thread | 500 | 500 | 500 | 1.00 | 1.0 |\n| measured apart |\n" in page
    assert "| the classic way | 2,000 | 1.0 | 2,000 | 1.0 |" in page
    assert "| ours, N=32, D=32 | 32,000 | 16.0 | 32,000 | 16.0 |" in page
    assert "{" not in page
