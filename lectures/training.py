"""One way to train for the lectures with PyTorch: Adam, its rate up and down again in one cycle."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor, nn, optim
from tqdm import tqdm


def train(
    parameters: Iterable[nn.Parameter],
    loss: Callable[[], Tensor],
    steps: int,
    rate: float = 3e-3,
    look: Callable[[int], None] = lambda step: None,
    quiet: bool = False,
) -> list[float]:
    """Take steps down a loss.

    Args:
        parameters: what learns.
        loss: gives the loss of a new batch each time it is called.
        steps: how many batches.
        rate: the highest learning rate, which is reached after three tenths of the steps (Smith and Topin, 2018).
        look: called after each step with its number from 1, to see how it goes.
        quiet: show no progress bar.

    Returns:
        The loss of each batch.
    """
    parameters = list(parameters)
    adam = optim.Adam(parameters, rate)
    cycle = optim.lr_scheduler.OneCycleLR(adam, rate, total_steps=steps)
    losses = []
    for step in tqdm(range(1, steps + 1), unit="step", disable=quiet):
        batch_loss = loss()
        adam.zero_grad()
        batch_loss.backward()
        nn.utils.clip_grad_norm_(parameters, max_norm=1)
        adam.step()
        cycle.step()
        losses.append(batch_loss.item())
        look(step)
    return losses
