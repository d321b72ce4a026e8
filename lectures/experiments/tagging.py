"""Say of each character of Python source what it is: a task in which the future matters. `make experiments`.

A network reads windows of 200 characters, cut out anywhere, and names the syntax class of each character
(`python_source` knows the truth). LSTMs that read forward only, one to four layers with equally many weights, meet one
that reads both ways. Recorded are the share of right answers on modules that were kept aside, and where the wrong
ones are.
"""

from __future__ import annotations

import json
import keyword
import re
import time
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import rnn_datasets as data
from rnn_datasets import CLASS_NAMES

RECORD = Path(__file__).with_name("tagging.json")
N, T, STEPS, SEEDS = 32, 200, 500, 3
RATE, EMBEDDING = 0.005, 32
BIN = 10  # places of a window that are counted together

VOCABULARY = data.Vocabulary(("\n", *map(chr, range(32, 127))))
WORD = re.compile(r"[A-Za-z_]\w*")


class Shape(NamedTuple):
    """Layers, units of each layer and direction, and whether each layer reads both ways."""

    layers: int
    H: int
    both_ways: bool


# All have about 53,000 weights, but for the one that reads both ways: it has 35,000.
SHAPES = {
    "LSTM": Shape(1, 96, False),
    "LSTM, 2 layers": Shape(2, 59, False),
    "LSTM, 3 layers": Shape(3, 46, False),
    "LSTM, 4 layers": Shape(4, 40, False),
    "BiLSTM": Shape(1, 48, True),
}


class Tagger(nn.Module):
    """Characters to vectors, LSTM layers, and the scores of the classes."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(VOCABULARY), EMBEDDING)
        self.layers = nn.LSTM(
            EMBEDDING, shape.H, shape.layers, batch_first=True, bidirectional=shape.both_ways
        )
        for name, bias in self.layers.named_parameters():
            if name.startswith("bias_ih"):
                nn.init.ones_(bias.detach()[shape.H : 2 * shape.H])  # forget gates that are open at first
            elif name.startswith("bias_hh"):
                nn.init.zeros_(bias).requires_grad_(False)  # PyTorch has two biases, the course one
        self.output = nn.Linear(shape.H * (1 + shape.both_ways), len(CLASS_NAMES))

    def forward(self, tokens: Tensor) -> Tensor:
        """Read tokens (N, T); give scores (N, T, 7)."""
        h, _ = self.layers(self.embedding(tokens))
        return self.output(h)

    def learned(self) -> list[nn.Parameter]:
        """All that is learned."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]


@cache
def tokens_and_classes(split: str) -> tuple[Tensor, Tensor]:
    """The characters of a split and their syntax classes, each (L,)."""
    source = data.python_source(split)
    return torch.from_numpy(VOCABULARY.encode(source.text)), torch.from_numpy(source.classes.astype(np.int64))


def train(shape: Shape, seed: int, steps: int = STEPS) -> tuple[Tagger, float]:
    """Train a tagger on windows from anywhere in the training text; give it and the seconds that took."""
    torch.manual_seed(seed)
    tokens, classes = tokens_and_classes("train")
    network = Tagger(shape)
    adam = torch.optim.Adam(network.learned(), lr=RATE)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
    start = time.process_time()
    for _ in range(steps):
        places = torch.randint(len(tokens) - T + 1, (N, 1)) + torch.arange(T)
        scores = network(tokens[places])
        loss = nn.functional.cross_entropy(scores.flatten(0, 1), classes[places].flatten())
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.learned(), max_norm=1)
        adam.step()
        slower.step()
    return network, time.process_time() - start


@torch.no_grad()
def answers(network: Tagger, tokens: Tensor) -> NDArray[np.int64]:
    """The class that is thought most likely for each character of tokens (windows, T)."""
    return torch.cat([network(part).argmax(2) for part in tokens.split(64)]).numpy()


def undecided(text: str, classes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Mark the letters of code that the past leaves open: all that stands of their word so far begins some keyword.

    After `i` or `in` the word may be the keyword `in`, or a name that goes on, such as `index`.
    """
    beginnings = {word[:n] for word in keyword.kwlist for n in range(1, len(word) + 1)}
    code = np.isin(classes, [CLASS_NAMES.index("name"), CLASS_NAMES.index("keyword")])
    marks = np.zeros(len(text), bool)
    for word in WORD.finditer(text):
        if code[word.start()]:
            for end in range(word.start() + 1, word.end() + 1):
                marks[end - 1] = text[word.start() : end] in beginnings
    return marks


def excerpt(source: data.PythonSource) -> slice:
    """The first 300 characters that begin 100 before a docstring's end, inside it, and have every class in them."""
    string = source.classes == CLASS_NAMES.index("string")
    for end in re.finditer(r'"""\n', source.text):
        part = slice(end.start() - 100, end.start() + 200)
        if string[end.start() - 110 : end.start()].all() and len(set(source.classes[part])) == len(
            CLASS_NAMES
        ):
            return part
    raise ValueError("no docstring of the text is followed closely by characters of every class")


def main() -> None:
    """Record every shape with every seed: how often it is right, where it errs, and an example."""
    torch.set_num_threads(1)
    source = data.python_source("valid")
    windows = len(source.text) // T
    tokens, classes = (each[: windows * T].view(windows, T) for each in tokens_and_classes("valid"))
    truth, open_ = classes.numpy(), undecided(source.text, source.classes)[: windows * T].reshape(windows, T)
    example = excerpt(source)
    record = {
        "majority": round(float(np.bincount(truth.ravel()).max() / truth.size), 4),
        "undecided": round(float(open_.mean()), 4),
        "example": {"text": source.text[example], "classes": digits(source.classes[example]), "answers": {}},
        "networks": [],
    }
    for seed in range(SEEDS):
        for name, shape in SHAPES.items():
            network, seconds = train(shape, seed)
            said = answers(network, tokens)
            right = said == truth
            found = {
                "network": name,
                "seed": seed,
                "weights": sum(parameter.numel() for parameter in network.learned()),
                "seconds": round(seconds, 1),
                "accuracy": round(float(right.mean()), 4),
                "accuracy_undecided": round(float(right[open_].mean()), 4),
                "accuracy_otherwise": round(float(right[~open_].mean()), 4),
            }
            print(found, flush=True)
            found["by_class"] = rounded([right[truth == k].mean() for k in range(len(CLASS_NAMES))])
            found["by_place"] = rounded(right.reshape(windows, -1, BIN).mean(axis=(0, 2)))
            found["confusion"] = confusion(truth, said)
            record["networks"].append(found)
            if seed == 0 and shape.layers == 1:
                seen = torch.from_numpy(VOCABULARY.encode(source.text[example]))
                record["example"]["answers"][name] = digits(answers(network, seen[None])[0])
            RECORD.write_text(json.dumps(record) + "\n", encoding="utf-8")


def digits(classes: NDArray[np.integer]) -> str:
    """Write classes as one digit for each character."""
    return "".join(map(str, classes))


def rounded(shares: list[float] | NDArray[np.float64]) -> list[float]:
    """Four decimals are plenty."""
    return [round(float(share), 4) for share in shares]


def confusion(truth: NDArray[np.int64], said: NDArray[np.int64]) -> list[list[int]]:
    """Count the characters of each class (rows) for which each class was said (columns)."""
    K = len(CLASS_NAMES)
    return np.bincount((truth * K + said).ravel(), minlength=K * K).reshape(K, K).tolist()


if __name__ == "__main__":
    main()
