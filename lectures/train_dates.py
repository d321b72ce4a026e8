"""Train the network that lecture 5 looks into: `make checkpoint`, of which a minute or so of one core.

A GRU of 96 units reads dates in fourteen languages, and another writes them as ISO does.
"""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import torch

import checkpoints
import seq2seq_models
from rnn_datasets import date_vocabularies, dates
from seq2seq_models import EncoderDecoder
from training import train

H, N, STEPS, RATE, SEED = 96, 128, 1600, 6e-3, 0
VALID = 5000


def main(steps: int = STEPS) -> None:
    """Train the network, and write its weights and their log."""
    torch.set_num_threads(1)
    vocabulary, out = date_vocabularies()
    torch.manual_seed(SEED)
    network = EncoderDecoder(len(vocabulary), len(out), H)
    batches = seq2seq_models.batches(np.random.default_rng(SEED), vocabulary, N)
    losses = train(network.parameters(), lambda: network.cost(*next(batches)), steps, RATE)
    valid = dates(np.random.default_rng(1000), VALID, "valid")
    written, _ = network.write(*seq2seq_models.encoded(vocabulary, valid.sources))
    right = np.array(seq2seq_models.decoded(written)) == np.array(valid.targets)
    log = {
        "trained_by": Path(__file__).name,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "H": H,
        "N": N,
        "steps": steps,
        "optimizer": "Adam, one cycle",
        "learning_rate": RATE,
        "seed": SEED,
        "valid_exact": round(float(right.mean()), 4),
        "nats_per_date": [round(float(np.mean(part)), 4) for part in np.array_split(losses, 16)],
    }
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    checkpoints.save("dates", weights, vocabulary, log)


if __name__ == "__main__":
    main()
