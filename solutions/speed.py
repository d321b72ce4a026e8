"""How fast the course's NumPy is: `make bench` runs this after the grader's bench, and it writes docs/speed.md.

Three questions. What does backpropagation through time cost in the reference solution, where every step stands
written out, against PyTorch, where one call does it all? What does an LSTM cost, in one piece and step by step? And
what does it gain to read many places of a text at once, against the classic way of a character at a time?

Competitors take turns, so that a slow minute of the machine meets all of them; shown are medians. On one thread
processor time counts. The LSTM runs on two as well, in a process of its own, and there the clock on the wall counts.
"""

from __future__ import annotations

import os

# Before NumPy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = os.environ.get("SPEED_THREADS", "1")

import datetime
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from rnn_autograder import reference
from rnn_datasets import Vocabulary, python_source

ROOT = Path(__file__).parents[1]
ROUNDS, THREADS = 15, int(os.environ["OMP_NUM_THREADS"])

Array = npt.NDArray[Any]
SOLUTION = reference.load((ROOT / "solutions/a02_bptt/bptt.py").read_text(encoding="utf-8"))
GATED = reference.load((ROOT / "solutions/a04_lstm_gru/lstm_gru.py").read_text(encoding="utf-8"))


# Forward and backward ---------------------------------------------------------------------------------------------


def there_and_back(
    N: int, T: int, D: int, H: int, dtype: npt.DTypeLike
) -> dict[str, Callable[[], list[Array]]]:
    """The same states and gradients by two ways: h, then the gradients of x, h0, Wx, Wh and b."""
    rng = np.random.default_rng(0)
    x, h0, dh = (rng.normal(size=shape).astype(dtype) for shape in ((N, T, D), (N, H), (N, T, H)))
    Wx, Wh, b = (rng.normal(0, H**-0.5, shape).astype(dtype) for shape in ((D, H), (H, H), (H,)))
    x_, h0_, dh_ = torch.from_numpy(x), torch.from_numpy(h0)[None], torch.from_numpy(dh)
    rnn = torch.nn.RNN(D, H, batch_first=True, dtype=x_.dtype)
    with torch.no_grad():
        for parameter, array in zip(
            rnn.parameters(), (Wx.T, Wh.T, b, 0 * b), strict=True
        ):  # it has two biases
            parameter.copy_(torch.from_numpy(array))
    wanted = [x_.requires_grad_(), h0_.requires_grad_(), *rnn.parameters()]

    def numpy_way() -> list[Array]:
        h, cache = SOLUTION["rnn_forward"](x, h0, Wx, Wh, b)
        return [h, *SOLUTION["rnn_backward"](dh, cache)]

    def torch_way() -> list[Array]:
        h, _ = rnn(x_, h0_)
        dx, dh0, dWx, dWh, db, _ = torch.autograd.grad(h, wanted, dh_)
        return [array.detach().numpy() for array in (h, dx, dh0[0], dWx.T, dWh.T, db)]

    return {"the reference": numpy_way, "`torch.nn.RNN`": torch_way}


def lstm_there_and_back(
    N: int, T: int, D: int, H: int, dtype: npt.DTypeLike
) -> dict[str, Callable[[], list[Array]]]:
    """The same states and gradients of an LSTM by three ways: h, then the gradients of x, h0, Wx, Wh and b."""
    rng = np.random.default_rng(0)
    x, h0, dh = (rng.normal(size=shape).astype(dtype) for shape in ((N, T, D), (N, H), (N, T, H)))
    Wx, Wh, b = (rng.normal(0, H**-0.5, shape).astype(dtype) for shape in ((D, 4 * H), (H, 4 * H), (4 * H,)))
    gates = np.arange(4 * H).reshape(4, H)[[0, 1, 3, 2]].ravel()  # ours are i, f, o, g; PyTorch's i, f, g, o
    x_, dh_ = torch.from_numpy(x), torch.from_numpy(dh)
    h0_, c0_ = torch.from_numpy(h0)[None], torch.zeros(1, N, H, dtype=x_.dtype)
    lstm = torch.nn.LSTM(D, H, batch_first=True, dtype=x_.dtype)
    with torch.no_grad():
        for parameter, array in zip(lstm.parameters(), (Wx.T, Wh.T, b, 0 * b), strict=True):
            parameter.copy_(torch.from_numpy(array[gates]))
    wanted = [x_.requires_grad_(), h0_.requires_grad_(), *lstm.parameters()]

    def whole() -> list[Array]:
        h, cache = GATED["lstm_forward"](x, h0, Wx, Wh, b)
        return [h, *GATED["lstm_backward"](dh, cache)]

    def by_steps() -> list[Array]:
        h, dx = np.empty_like(dh), np.empty_like(x)
        next_h, next_c, caches = h0, np.zeros_like(h0), []
        for t in range(T):
            next_h, next_c, cache = GATED["lstm_step_forward"](x[:, t], next_h, next_c, Wx, Wh, b)
            h[:, t] = next_h
            caches.append(cache)
        dnext_h = dnext_c = np.zeros_like(h0)
        totals = [np.zeros_like(W) for W in (Wx, Wh, b)]
        for t in reversed(range(T)):
            step = GATED["lstm_step_backward"](dh[:, t] + dnext_h, dnext_c, caches[t])
            dx[:, t], dnext_h, dnext_c, *gradients = step
            for total, gradient in zip(totals, gradients, strict=True):
                total += gradient
        return [h, dx, dnext_h, *totals]

    def torch_way() -> list[Array]:
        h, _ = lstm(x_, (h0_, c0_))
        dx, dh0, *gradients = torch.autograd.grad(h, wanted, dh_)
        back = np.argsort(gates)
        dWx, dWh, db = (gradient.numpy()[back].T for gradient in gradients[:3])
        return [*(array.detach().numpy() for array in (h, dx, dh0[0])), dWx, dWh, db]

    return {"the reference": whole, "its steps, one by one": by_steps, "`torch.nn.LSTM`": torch_way}


# A character at a time --------------------------------------------------------------------------------------------


def classic_training(
    tokens: Array, params: dict[str, Array], T: int, steps: int, learning_rate: float
) -> float:
    """Train in the classic way: one place of the text, one character at a time, vectors that are columns.

    Args:
        tokens: (L,) ints below V.
        params: `Wx` (H, V), `Wh` (H, H), `b` (H, 1), `Wy` (V, H), `by` (V, 1); they are changed.
        T: characters between two learning steps.
        steps: learning steps; steps T + 1 must not exceed L.
        learning_rate: of Adagrad.

    Returns:
        The loss of the last step in nats per character.
    """
    memory = {name: np.zeros_like(array) for name, array in params.items()}
    h0 = np.zeros_like(params["b"])
    for start in range(0, steps * T, T):
        xs, hs, ps, loss = {}, {-1: h0}, {}, 0.0
        for t in range(T):
            xs[t] = np.zeros_like(params["by"])
            xs[t][tokens[start + t]] = 1
            hs[t] = np.tanh(params["Wx"] @ xs[t] + params["Wh"] @ hs[t - 1] + params["b"])
            scores = params["Wy"] @ hs[t] + params["by"]
            ps[t] = np.exp(scores) / np.exp(scores).sum()
            loss -= np.log(ps[t][tokens[start + t + 1], 0])
        gradients = {name: np.zeros_like(array) for name, array in params.items()}
        from_future = np.zeros_like(h0)
        for t in reversed(range(T)):
            dscores = ps[t].copy()
            dscores[tokens[start + t + 1]] -= 1
            gradients["Wy"] += dscores @ hs[t].T
            gradients["by"] += dscores
            da = (params["Wy"].T @ dscores + from_future) * (1 - hs[t] ** 2)
            gradients["b"] += da
            gradients["Wx"] += da @ xs[t].T
            gradients["Wh"] += da @ hs[t - 1].T
            from_future = params["Wh"].T @ da
        for name, gradient in gradients.items():
            memory[name] += (gradient / T) ** 2
            params[name] -= learning_rate * (gradient / T) / (np.sqrt(memory[name]) + 1e-8)
        h0 = hs[T - 1]
    return float(loss / T)


def readers(H: int, T: int, dtype: npt.DTypeLike) -> dict[str, tuple[int, Callable[[], object]]]:
    """Ways to train a network of H units on text: how many characters each reads, and its work."""
    text = python_source("train", characters=500_000).text
    vocabulary = Vocabulary.of(text)
    tokens, V = vocabulary.encode(text), len(vocabulary)
    rng = np.random.default_rng(0)

    def small(**shapes: tuple[int, ...]) -> dict[str, Array]:
        return {name: rng.normal(0, 0.01, shape).astype(dtype) for name, shape in shapes.items()}

    def classic(steps: int) -> tuple[int, Callable[[], object]]:
        params = small(Wx=(H, V), Wh=(H, H), b=(H, 1), Wy=(V, H), by=(V, 1))
        return T * steps, lambda: classic_training(tokens, params, T, steps, 0.1)

    def ours(N: int, D: int, steps: int) -> tuple[int, Callable[[], object]]:
        params = small(W_embed=(V, D), Wx=(D, H), Wh=(H, H), b=(H,), W_vocab=(H, V), b_vocab=(V,))
        return N * T * steps, lambda: SOLUTION["train_char_rnn"](tokens, params, N, T, steps, 0.1)

    return {
        "the classic way": classic(40),
        "ours, N=1, D=32": ours(1, 32, 40),
        "ours, N=8, D=32": ours(8, 32, 40),
        "ours, N=32, D=32": ours(32, 32, 20),
        "ours, N=64, D=32": ours(64, 32, 10),
        f"ours, N=32, D={V}": ours(32, V, 20),
    }


# The page ---------------------------------------------------------------------------------------------------------


def seconds(ways: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Let the ways take turns; the median of each one's time: on one thread the processor's, else the wall clock's."""
    clock = time.process_time if THREADS == 1 else time.perf_counter
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()  # the first call of all finds cold caches
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = clock()
            way()
            taken[name].append(clock() - start)
    return {name: median(times) for name, times in taken.items()}


def passes_table(N: int, T: int, D: int, H: int) -> str:
    """Milliseconds of forward and backward, in both precisions."""
    rows = []
    for dtype in ("float32", "float64"):
        ours, theirs = seconds(there_and_back(N, T, D, H, dtype)).values()
        rows.append(f"| {dtype} | {1e3 * ours:.0f} | {1e3 * theirs:.0f} | {ours / theirs:.2f} |")
    head = ["| | the reference, ms | `torch.nn.RNN`, ms | ratio |", "|---|---:|---:|---:|"]
    return "\n".join([*head, *rows])


def lstm_rows(T: int, D: int, H: int) -> str:
    """Milliseconds of forward and backward through an LSTM, in both precisions, on as many threads as we have."""
    rows = []
    for N in (64, 1):
        for dtype in ("float32", "float64"):
            whole, by_steps, theirs = seconds(lstm_there_and_back(N, T, D, H, dtype)).values()
            times = " | ".join(f"{1e3 * taken:.3g}" for taken in (whole, by_steps, theirs))
            setting = f"N={N}, {dtype}, {THREADS} thread{'s' * (THREADS > 1)}"
            rows.append(f"| {setting} | {times} | {whole / theirs:.2f} | {by_steps / whole:.1f} |")
    return "\n".join(rows)


def lstm_rows_on_two_threads() -> str:
    """The same, measured by this program in a process of its own: NumPy asks for its threads once, at the start."""
    environment = os.environ | {"SPEED_THREADS": "2"}
    child = subprocess.run(
        [sys.executable, __file__], env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return child.stdout.strip()


def readers_table(H: int, T: int) -> str:
    """Characters a second of each way to train, and how many times the classic way's, in both precisions."""
    columns = []
    for dtype in ("float32", "float64"):
        ways = readers(H, T, dtype)
        taken = seconds({name: way for name, (_, way) in ways.items()})
        speed = {name: characters / taken[name] for name, (characters, _) in ways.items()}
        first = speed["the classic way"]
        columns.append({name: f"{rate:,.0f} | {rate / first:.1f}" for name, rate in speed.items()})
    rows = [f"| {name} | {' | '.join(column[name] for column in columns)} |" for name in columns[0]]
    head = ["| | float32, characters a second | times | float64, characters a second | times |"]
    return "\n".join([*head, "|---|---:|---:|---:|---:|", *rows])


def machine() -> str:
    """What the numbers depend on, in words."""
    cpuinfo = Path("/proc/cpuinfo")
    known = re.search(r"^model name\s*: (.*)$", cpuinfo.read_text(), re.M) if cpuinfo.is_file() else None
    processor = known[1].strip() if known else platform.machine()
    versions = [f"{package} {metadata.version(package)}" for package in ("numpy", "torch")]
    return ", ".join([processor, f"Python {platform.python_version()}", *versions])


PAGE = """# How fast the course's NumPy is

<!-- Written by `make bench`. Do not edit. -->

Measured on {date}, on {machine}. Medians of {rounds}; the competitors took turns. One thread and processor time, unless
it says two threads: there it is the time on the wall.

## Forward and backward

`rnn_forward` and `rnn_backward` of the reference solution, and `torch.nn.RNN` with autograd: the same states and the
same gradients, of x, h0 and the weights. N=64 sequences, T=100 steps, D=128 inputs, H=128 units.

{passes}

## The LSTM

`lstm_forward` and `lstm_backward` of the reference solution, the same by a loop over `lstm_step_forward` and
`lstm_step_backward`, and `torch.nn.LSTM` with autograd, at the same T, D and H. In one piece, all steps' products with
Wx are one product, and so are the gradients of the weights; step by step, each is T small ones. That matters for one
sequence, where each small product reads all the weights, and hardly for 64.

| | the reference, ms | its steps, one by one, ms | `torch.nn.LSTM`, ms | reference / PyTorch | steps / reference |
|---|---:|---:|---:|---:|---:|
{lstm}

## A character at a time, or many places at once

Training a character network of H=100 units, with T=25 characters between two learning steps, by Adagrad. The classic
way reads one place of the text: each step multiplies matrices with single columns, and the input is a column that holds
a single one. Ours is `train_char_rnn` of the reference solution: it reads N places at once, and looks its input up in
an embedding of width D. "Times" is how many times as many characters a second as the classic way.

{readers}

A learning step on N places is one step, not N. So characters a second are not yet learning a second.
"""


def main() -> None:
    """Measure, and write the page."""
    page = PAGE.format(
        date=datetime.date.today(),
        machine=machine(),
        rounds=ROUNDS,
        passes=passes_table(N=64, T=100, D=128, H=128),
        lstm=f"{lstm_rows(T=100, D=128, H=128)}\n{lstm_rows_on_two_threads()}",
        readers=readers_table(H=100, T=25),
    )
    (ROOT / "docs/speed.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    if THREADS == 1:
        main()
    else:
        print(lstm_rows(T=100, D=128, H=128))
