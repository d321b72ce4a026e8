"""What a dishonest student tries, and what an honest one writes: through the real sandbox, a row for each.

A row is a name, what it is up against, the cells that follow the right answers, and the points that are lost.
Attacks on the machine itself are in `sandbox/`, those on nbgrader's pages in `test_nbgrader_plugin`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from rnn_autograder import course, reference
from rnn_autograder.exercise import Report
from rnn_autograder.grade import Graded, grade
from rnn_autograder.limits import Limits
from rnn_autograder.notebook import read

A01 = "a01_rnn_basics"
SEED = 20260101
pytestmark = pytest.mark.usefixtures("isolation")
EXERCISES = {exercise.name: exercise for exercise in reference.exercises(A01)}
TIGHT = Limits(cells_cpu_s=5, call_cpu_s=0.5, idle_s=2, cells_wall_s=5, call_wall_s=5, memory_bytes=2 << 30)

# The worker's end of the line in the student's hands: its module, found in the heap, and frames made by hand.
FORGE = r"""
import gc, json, os, sys
worker = next(d for d in gc.get_objects() if type(d) is dict and "FLUSH_BYTES" in d and "serve" in d)
honest = worker["encode"]
def frame(tree, blobs=b""):
    head = json.dumps(tree).encode()
    return len(head).to_bytes(4, "big") + head + blobs
def send(frame):
    os.write(int(sys.argv[-1]), len(frame).to_bytes(4, "big") + frame)
def swap(tree, blobs=b""):
    "Whenever a function returns a string, this travels in its place."
    forged = frame(["dict", ["value", tree]], blobs)
    worker["encode"] = lambda message: forged if type(message.get("value")) is str else honest(message)
def one_hot(tokens, V): return "forged"
"""
FORGED = ("one_hot",)


@pytest.fixture(scope="module")
def answers() -> str:
    """The reference's definitions, as one cell."""
    return reference.definitions(course.solution(A01).read_text(encoding="utf-8"))


def graded(cells: Sequence[str], tmp_path: Path) -> Graded:
    path = tmp_path / "handed_in.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    return grade(read(path), reference.answer_key(A01), SEED, file=path.name, limits=TIGHT)


def zeros(report: Report) -> set[str]:
    """The exercises without a point; all others must have every one."""
    lost = {result.name for result in report.results if result.points == 0}
    partly = {r.name: r.points for r in report.results if r.name not in lost and r.points != r.max_points}
    assert partly == {}
    return lost


def attack(name: str, *cells: str, loses: Sequence[str] = FORGED) -> Any:
    return pytest.param(cells, set(loses), id=name)


# Forged replies, where the forged exercises get nothing, the others all, and nobody a traceback


@pytest.mark.parametrize(
    ("cells", "loses"),
    [
        attack("a handle of no number", FORGE + "swap(['handle', 10**4000, '\\ud800<script>'])"),
        attack("a generator where a value is due", FORGE + "swap(['seeded', 10**30])"),
        attack("nested too deep", FORGE + "t = 1\nfor _ in range(900): t = ['list', t]\nswap(t)"),
        attack("half a character", FORGE + "swap('\\ud800')"),
        attack("no number at all", FORGE + "swap(['array', '<f8', [3, 4, 5]], b'\\xff' * 480)"),
        attack("truths that are neither", FORGE + "swap(['array', '|b1', [3, 4, 5]], b'\\x07' * 60)"),
        attack("too few bytes", FORGE + "swap(['array', '<f8', [3, 4, 5]], b'')"),
        attack("negative sizes", FORGE + "swap(['array', '<f8', [-3, -4, 5]], b'\\0' * 480)"),
        attack("objects", FORGE + "swap(['array', '|O', [3]], b'\\0' * 24)"),
        attack("names twice", FORGE + "swap(['dict', ['a', 1], ['a', 2]])"),
        attack("a name that is no string", FORGE + "swap(['dict', [['list'], 1]])"),
        attack("a bare object", FORGE + "swap({'value': 1})"),
        attack("not finite", FORGE + "swap(float('nan'))"),
    ],
)
def test_a_forged_reply_is_a_wrong_answer(cells, loses, answers, tmp_path):
    assert zeros(graded([answers, *cells], tmp_path).report) == loses


@pytest.mark.parametrize(
    ("cells", "loses"),
    [
        attack(
            "cells of others, answers to nothing", FORGE + 'send(honest({"cell": 10**9}))\nsend(honest(3))'
        ),
        attack("an end before the end", FORGE + 'send(honest({"ran": True}))'),
        attack("an empty frame: its cell is left out", FORGE + 'send(b"")', loses=()),
        attack("outputs that are none", FORGE + 'send(honest({"output": {"output_type": [1], "data": 3}}))'),
    ],
)
def test_a_forged_word_from_a_cell_earns_nothing(cells, loses, answers, tmp_path):
    assert zeros(graded([answers, *cells], tmp_path).report) == loses


def test_an_answer_before_the_question_earns_nothing(answers, tmp_path):
    """Values that wait on the line are taken for the answers of the next calls, and are wrong ones."""
    early = FORGE + 'send(honest({"ran": True}))\nfor _ in range(9): send(honest({"value": 0.0}))'
    assert graded([answers, early], tmp_path).report.points < 8


def test_a_stub_that_replays_what_it_saw_earns_nothing(tmp_path):
    replay = """
seen = []
def one_hot(tokens, V):
    seen.append(tokens)
    return seen[0]
def word_embedding_forward(x, W):
    return seen[-1], None
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    return prev_h, prev_h
"""
    report = graded([replay], tmp_path).report
    assert report.points == 0


def test_types_that_lie_earn_nothing(answers, tmp_path):
    """Equal to everything, another value at the second look, a subclass of a number."""
    lies = """
import numpy as np
class Agrees(float):
    def __eq__(self, other): return True
    def __float__(self): return 1.0
    __hash__ = float.__hash__
class Changing(np.ndarray):
    looks = 0
    def __array__(self, *a, **k):
        Changing.looks += 1
        return np.zeros((3, 4)) * Changing.looks
class Text(str): pass
class Shape(tuple): pass
def one_hot(tokens, V): return np.zeros((*tokens.shape, V)).view(Changing)
def sequence_log_prob(x, y, mask): return [Agrees(0.0)] * len(x)
def temporal_softmax_loss(x, y, mask): return Agrees(1.0), Text("dx")
def temporal_affine_forward(x, w, b): return Shape((x, b)), None
def word_embedding_forward(x, W): return np.array(W[x], dtype=object), None
def rnn_forward(x, h0, Wx, Wh, b): return np.full((len(x), x.shape[1], len(b)), np.nan), None
"""
    lost = zeros(graded([answers, lies], tmp_path).report)
    assert lost == set(EXERCISES) - {"rnn_step_forward", "sample"}


def test_hostile_exceptions_cost_their_own_exercise_and_no_other(answers, tmp_path):
    hostile = """
class Loud(Exception):
    def __str__(self): raise SystemExit
class Huge(Exception):
    def __str__(self): return "x" * 10**8
class Base(BaseException): pass
def one_hot(tokens, V): raise Loud
def word_embedding_forward(x, W): raise Huge
def rnn_forward(x, h0, Wx, Wh, b): raise Base
def temporal_affine_forward(x, w, b): raise KeyboardInterrupt
def temporal_softmax_loss(x, y, mask): raise ExceptionGroup("g", [ValueError(), GeneratorExit.__new__(Huge)])
def sequence_log_prob(x, y, mask): return sequence_log_prob(x, y, mask)
"""
    report = graded([answers, hostile], tmp_path).report
    assert zeros(report) == set(EXERCISES) - {"rnn_step_forward", "sample"}
    assert len(json.dumps(report.to_json())) < 30_000


def test_threads_that_go_on_reach_no_output_and_no_mark(answers, tmp_path):
    """They print while the calls run, and would tell the inputs of the calls."""
    threads = """
import threading, time
seen = []
def chatter():
    while True:
        print("HIDDEN", seen); time.sleep(0.001)
inner = one_hot
def one_hot(tokens, V):
    seen.append(tokens)
    return inner(tokens, V)
threading.Thread(target=chatter, daemon=True).start()
"""
    got = graded([answers, threads], tmp_path)
    assert zeros(got.report) == set()
    assert "array" not in json.dumps(got.outputs)


def test_a_word_now_and_then_is_stopped_by_the_clock(answers, tmp_path):
    drip = """
import time
def one_hot(tokens, V):
    while True:
        time.sleep(0.02); print("." * 70_000)
"""
    assert zeros(graded([answers, drip], tmp_path).report) == {"one_hot"}


def test_a_message_about_a_hidden_case_holds_no_number_of_it(answers, tmp_path):
    tells = """
def one_hot(tokens, V): raise ValueError("LEAK %r" % tokens)
def temporal_affine_forward(x, w, b): return "LEAK %r" % x, None
def sequence_log_prob(x, y, mask): return {"LEAK %r" % x: 1.0}
"""
    report = graded([answers, tells], tmp_path).report
    assert len(zeros(report)) == 3
    for result in report.results:
        told = " ".join([result.error or "", *(verdict.message for verdict in result.criteria)])
        assert "LEAK" not in told.replace('raise ValueError("LEAK %r" % tokens)', "")


# Honest, unusual, right

AFFINE = "def temporal_affine_forward(x, w, b):\n    return x @ w + b, None\n"
RIGHT = [
    """
def one_hot(tokens, V):
    return np.asfortranarray(np.eye(V)[tokens])[::1]
def rnn_forward(x, h0, Wx, Wh, b):
    out, h = np.empty((x.shape[1], *h0.shape)), h0
    for t in range(x.shape[1]):
        h = out[t] = np.tanh(x[:, t] @ Wx + h @ Wh + b)
    return out.swapaxes(0, 1), (x,)
class Step:
    def __call__(self, x, prev_h, Wx, Wh, b): return np.tanh(x @ Wx + prev_h @ Wh + b), self
rnn_step_forward = Step()
loss_of = temporal_softmax_loss
def temporal_softmax_loss(x, y, mask):
    loss, dx = loss_of(x, y, mask)
    return float(loss), dx
def sequence_log_prob(x, y, mask):
    z = x - x.max(-1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
    chosen = np.take_along_axis(log_p, y[..., None], -1)[..., 0]
    return np.ma.masked_array(chosen, ~mask).sum(1).filled(0)
import functools
def scaled(scale, x, w, b): return scale * (x @ w + b), None
temporal_affine_forward = functools.partial(scaled, 1.0)
inner_sample = sample
def sample(**arguments): return inner_sample(**arguments).astype(np.int32)
""",
    """
from functools import wraps
from numpy import *
import numpy as np
def timed(function):
    @wraps(function)
    def inner(*args, **kwargs): return function(*args, **kwargs)
    return inner
@timed
def temporal_affine_forward(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, dict]:
    x = x.copy()
    out = np.einsum("ntd,dm->ntm", x, w)
    out += b
    cache: dict = {"again": lambda: x}
    return out, cache
def rnn_forward(x, h0, Wx, Wh, b):
    def states(h, t):
        if t < x.shape[1]:
            h, _ = rnn_step_forward(x[:, t], h, Wx, Wh, b)
            yield h
            yield from states(h, t + 1)
    return np.stack(list(states(h0, 0)), axis=1), states
loss_of = temporal_softmax_loss
def temporal_softmax_loss(x, y, mask):
    loss, dx = loss_of(x, y, mask)
    return np.array(float(loss)), dx
""",
    "import sys, warnings\nnp.seterr(all='raise')\nwarnings.simplefilter('error')\nsys.setrecursionlimit(10**6)",
    "print('bye')\nexit()",
]


def test_right_but_unusual_loses_nothing(answers, tmp_path):
    for cell in RIGHT:
        assert zeros(graded([answers, cell], tmp_path).report) == set()


def test_a_function_after_a_magic_counts(answers, tmp_path):
    """Each cell puts the function back that the cell before it took away; only the last can."""
    before = [
        "%%time\n",
        "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n",
        "import asyncio\nawait asyncio.sleep(0)\n",
        "np.tanh?\n",
        "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor(2).submit(len, '').result()\n",
        "from tqdm.auto import tqdm\nfor _ in tqdm(range(2)): pass\n",
    ]
    chain = [f"{first}{AFFINE}" for first in before]
    count = "made = 0\ndef temporal_affine_forward(*a): pass"
    checked = [
        f"made += temporal_affine_forward.__code__.co_argcount == 3\n{count.splitlines()[1]}" for _ in chain
    ]
    cells = [answers, count, *(cell for pair in zip(chain, checked, strict=True) for cell in pair)]
    got = graded([*cells, AFFINE, "print(made)"], tmp_path)
    assert zeros(got.report) == set()
    assert got.outputs[len(cells) + 1][0].text == f"{len(before)}\n"


# What once stopped the grader itself


@pytest.mark.parametrize(
    ("cells", "loses"),
    [
        attack(
            "an exit status of no signal",
            "import os\ndef one_hot(tokens, V): os._exit(200)",
            loses=["one_hot"],
        ),
        attack(
            "a signal without a name",
            "import os\ndef one_hot(tokens, V): os.kill(os.getpid(), 40)",
            loses=["one_hot"],
        ),
        attack(
            "arrays in lists where one array is due",
            "import numpy as np\ndef one_hot(tokens, V): return (np.zeros(2), [np.ones(3)])\n"
            "def sample(start, h0, params, length, temperature, rng): return {'a': [np.ones(3)]}",
            loses=["one_hot", "sample"],
        ),
        attack(
            "an empty array with an endless axis",
            "import numpy as np\n"
            "def sample(start, h0, params, length, temperature, rng): return np.zeros((0, 10**13), int)",
            loses=["sample"],
        ),
        attack("a shape that no array has", FORGE + "swap(['array', '<f8', [0, 10**30]])"),
        attack("a number that no word holds", FORGE + "swap(10**30)"),
        attack("five million parts", FORGE + "swap(['list'] + [0] * 5_000_000)"),
        attack("half a character", r"print('\ud800'); raise ValueError('\ud800')", loses=[]),
        attack("a source too deep to read", "-" * 100_000 + "1", loses=[]),
    ],
)
def test_what_once_stopped_the_grader_is_a_verdict(cells, loses, answers, tmp_path):
    got = graded([answers, *cells], tmp_path)
    assert zeros(got.report) == loses
    json.dumps(got.report.to_json()).encode()
    nbformat.writes(
        new_notebook(cells=[new_code_cell("", outputs=list(o)) for o in got.outputs.values()])
    ).encode()
