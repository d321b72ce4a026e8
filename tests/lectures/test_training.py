"""Steps go downhill, at the rate of one cycle, and are the same again."""

import pytest
import torch
from torch import Tensor, nn

from training import train


def fitted(steps: int, seen: list[int] | None = None) -> tuple[nn.Linear, list[float]]:
    torch.manual_seed(0)
    line, x = nn.Linear(3, 1).double(), torch.randn(50, 3, dtype=torch.float64)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]], dtype=torch.float64) + 0.3

    def loss() -> Tensor:
        return (line(x) - y).square().mean()

    look = (lambda step: None) if seen is None else seen.append
    return line, train(line.parameters(), loss, steps, rate=0.1, look=look, quiet=True)


def test_a_line_is_found_and_every_step_was_looked_at() -> None:
    seen: list[int] = []
    line, losses = fitted(300, seen)
    assert line.weight.tolist()[0] == pytest.approx([1, -2, 0.5], abs=1e-3)
    assert line.bias.item() == pytest.approx(0.3, abs=1e-3)
    assert len(losses) == 300
    assert losses[-1] < 1e-5 < losses[0]
    assert seen == list(range(1, 301))


def test_training_again_gives_the_same_losses() -> None:
    assert fitted(20)[1] == fitted(20)[1]


def test_the_first_step_is_small_and_so_is_the_last() -> None:
    """Adam moves each weight by about the rate: a twenty-fifth of the highest at first, next to nothing at the end."""
    torch.manual_seed(0)
    weight, path = nn.Parameter(torch.zeros(())), []
    train([weight], lambda: -weight, 100, rate=0.1, look=lambda step: path.append(weight.item()), quiet=True)
    moves = torch.tensor([0.0, *path]).diff()
    assert moves[0].item() == pytest.approx(0.1 / 25, rel=1e-3)
    assert moves.max().item() == pytest.approx(0.1, rel=0.05)
    assert 25 <= int(moves.argmax()) <= 35
    assert moves[-1] < 1e-4
