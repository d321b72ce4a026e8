"""A student's own check: quick, in words, and never a traceback."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import pytest

from rnn_autograder import check, course, reference, selfcheck

A01 = "a01_rnn_basics"


@pytest.fixture(scope="module")
def answers() -> dict:
    return reference.load(course.solution(A01).read_text(encoding="utf-8"))


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    return np.tanh(x @ Wx + prev_h @ Wh.T + b), None


def run_cells(*cells: str, **environment: str) -> list[dict]:
    """The cells in a real IPython, and what each of them displayed."""
    program = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config
config = Config()
config.HistoryManager.enabled = False
shell = InteractiveShell.instance(config=config)
for source in json.load(sys.stdin):
    with capture_output() as seen:
        result = shell.run_cell(source)
    data = shell.display_formatter.format(result.result)[0] if result.result is not None else {}
    row = {"out": seen.stdout, "err": seen.stderr, "data": data, "ok": result.success}
    print("@@" + json.dumps(row), file=sys.__stdout__)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=True,
    )
    return [json.loads(line[2:]) for line in done.stdout.splitlines() if line.startswith("@@")]


CELLS = (
    "import numpy as np\nfrom rnn_autograder import check",
    "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return np.tanh(x @ Wx + prev_h @ Wh.T + b), None",
    "check(rnn_step_forward)",
)


def test_every_reference_answer_passes_its_own_check(answers):
    for exercise in reference.exercises(A01):
        result = selfcheck.result_of(answers[exercise.name])
        assert result.points == result.max_points, result


def test_a_check_takes_less_than_three_tenths_of_a_second(answers):
    for exercise in reference.exercises(A01):
        spans = []
        for _ in range(3):
            start = time.process_time()
            selfcheck.result_of(answers[exercise.name])
            spans.append(time.process_time() - start)
        assert statistics.median(spans) < 0.3, (exercise.name, spans)


def test_the_panel_names_the_mistake_and_the_worst_element(capsys):
    text = check(rnn_step_forward).text
    assert capsys.readouterr().out.strip() == text.strip()  # outside a notebook it is printed
    assert "next_h[" in text
    assert "it should be" in text
    named = selfcheck.result_of(rnn_step_forward).misconception
    assert named in {
        mistake.says for mistake in reference.misconceptions(reference.answer_key(A01))["rnn_step_forward"]
    }
    assert " ".join(named.split()) in " ".join(text.split())


def test_in_a_notebook_the_panel_is_displayed_and_nothing_is_printed():
    *_, shown = run_cells(*CELLS)
    assert (shown["err"], shown["ok"]) == ("", True)
    assert shown["out"].count("rnn_step_forward") == 1  # as the cell's value, and not printed beside it
    assert "<svg" in shown["data"]["text/html"]
    assert "rnn_step_forward" in shown["data"]["text/plain"]


def test_while_nbgrader_runs_the_text_is_the_points_alone():
    *_, shown = run_cells(*CELLS, NBGRADER_EXECUTION="autograde")
    assert 0 < float(shown["data"]["text/plain"]) < 5


def test_an_error_is_shown_with_the_students_own_line():
    wrong = "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    extra = x @ prev_h\n    return extra, None"
    *_, shown = run_cells(CELLS[0], wrong, CELLS[2])
    assert "ValueError at `extra = x @ prev_h`" in shown["data"]["text/plain"].replace("\n", " ").replace(
        "  ", " "
    )
    assert "student.py" not in shown["data"]["text/plain"]


def test_a_wrong_answer_that_comes_from_another_says_from_which():
    forward = """
def rnn_forward(x, h0, Wx, Wh, b):
    h = []
    for t in range(x.shape[1]):
        h0, _ = rnn_step_forward(x[:, t], h0, Wx, Wh, b)
        h.append(h0)
    return np.stack(h, axis=1), None
"""
    *_, shown = run_cells(*CELLS[:2], forward, "check(rnn_forward)")
    assert "It calls rnn_step_forward, which is not right yet." in shown["data"]["text/plain"]


def test_another_library_is_seen_through_the_notebooks_imports():
    wrong = """
import torch
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    mine = [torch.from_numpy(a) for a in (x, prev_h, Wx, Wh, b)]
    return torch.tanh(mine[0] @ mine[2] + mine[1] @ mine[3] + mine[4]).numpy(), None
"""
    *_, shown = run_cells(CELLS[0], wrong, CELLS[2])
    assert "rnn_step_forward uses torch." in shown["data"]["text/plain"]


TAGGER = """
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

class BiTagger(nn.Module):
    def __init__(self, V, D, H, C):
        super().__init__()
        self.embedding = nn.Embedding(V, D)
        self.lstm = nn.LSTM(D, H, batch_first=True, bidirectional=True)
        self.readout = nn.Linear(2 * H, C)

    def forward(self, x, lengths):
        packed = pack_padded_sequence(self.embedding(x), lengths, batch_first=True, enforce_sorted=False)
        states = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=x.shape[1])[0]
        return self.readout(states)

    def loss(self, x, lengths, y):
        real = torch.arange(x.shape[1]) < lengths[:, None]
        return cross_entropy(self(x, lengths)[real], y[real])
"""


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("cross_entropy", "cross_entropy", ["BiTagger", "6 / 6"]),
        (
            "self(x, lengths)[real], y[real]",
            "self(x, lengths).flatten(0, 1), y.flatten()",
            ["nobody's labels"],
        ),
        ("self.lstm", "self.rnn", ["rnn.weight_ih_l0", "lstm.weight_ih_l0"]),
        ("states)", "states[real])", ["NameError at `return self.readout(states[real])`", "0 / 6"]),
        ("super().__init__()", "pass", ["cannot assign module before Module.__init__() call"]),
    ],
)
def test_a_class_is_checked_in_a_notebook(right: str, wrong: str, told: list[str]):
    *_, shown = run_cells(CELLS[0], TAGGER.replace(right, wrong), "check(BiTagger)")
    assert (shown["err"], shown["ok"]) == ("", True)
    panel = " ".join(shown["data"]["text/plain"].split())
    assert [text for text in told if text not in panel] == []


def test_a_class_that_uses_a_wrong_function_is_told_which():
    """A model is made of classes and functions of the notebook, and those are looked through as well."""
    functions = """
from torch.nn.functional import log_softmax

def decode_step(model, token, h):
    h = model.writer(model.write_embedding(token), h)
    return model.readout(h), h

def encode(model, x, lengths):
    return model.reader(model.read_embedding(x))[0][torch.arange(len(x)), lengths - 1]

class Seq2Seq(nn.Module):
    def __init__(self, V_in, V_out, D, H):
        super().__init__()
        self.read_embedding, self.write_embedding = nn.Embedding(V_in, D), nn.Embedding(V_out, D)
        self.reader, self.writer = nn.GRU(D, H, batch_first=True), nn.GRUCell(D, H)
        self.readout = nn.Linear(H, V_out)

def greedy_decode(model, x, lengths, max_length):
    h, token, tokens = encode(model, x, lengths), torch.ones_like(x[:, 0]), []
    for _ in range(max_length):
        log_p, h = decode_step(model, token, h)
        token = log_p.argmax(dim=1)
        tokens.append(token)
    return torch.stack(tokens, dim=1)
"""
    *_, shown = run_cells(CELLS[0], TAGGER, functions, "check(greedy_decode)")
    told = " ".join(shown["data"]["text/plain"].split())
    assert "It calls encode, which is not right yet." in told or "It calls decode_step" in told


@pytest.mark.parametrize(
    ("thing", "sentence"),
    [
        (print, "There is no exercise called print. There are: one_hot"),
        (lambda x: x, "There is no exercise called <lambda>"),
        (3, "check takes the function itself"),
        ("one_hot", "check takes the function itself"),
        (None, "check takes the function itself"),
    ],
)
def test_what_is_no_exercise_gets_a_sentence(thing, sentence):
    panel = check(thing)
    assert panel.text.startswith(sentence)
    assert "<lambda>" not in panel.html


def test_who_interrupts_an_endless_loop_gets_a_sentence():
    def one_hot(tokens, V):
        raise KeyboardInterrupt

    assert "loop that never ends" in check(one_hot).text


def test_a_fault_of_ours_is_no_traceback(monkeypatch):
    def broken(assignment):
        raise RuntimeError("out of luck")

    monkeypatch.setattr(selfcheck, "recorded", broken)
    assert "your function did not (RuntimeError: out of luck)" in check(rnn_step_forward).text
