"""One submission through the real sandbox: what is right has every point, what is odd has a sentence."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from rnn_autograder import course, reference
from rnn_autograder.exercise import Report
from rnn_autograder.exercises import a01_rnn_basics
from rnn_autograder.grade import Graded, grade, ungraded
from rnn_autograder.limits import Limits
from rnn_autograder.notebook import read
from rnn_autograder.sandbox.launch import launch
from rnn_autograder.submission import Unreadable

A01 = "a01_rnn_basics"
SEED = 20260101
NAMES = [exercise.name for exercise in reference.exercises(A01)]
pytestmark = pytest.mark.usefixtures("isolation")
ODD = [
    name for name in NAMES if name not in ("rnn_step_forward", "sample")
]  # these two stay right: one calls the other
TIGHT = Limits(cells_cpu_s=5, call_cpu_s=1, idle_s=3, memory_bytes=2 << 30)


@pytest.fixture(scope="module")
def answers() -> str:
    """The reference's definitions, as one cell."""
    return reference.definitions(course.solution(A01).read_text(encoding="utf-8"))


def graded(cells: Sequence[str], tmp_path: Path, limits: Limits | None = TIGHT) -> Graded:
    """The cells, written to a file and read again, as a student's notebook comes."""
    path = tmp_path / "handed_in.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), path)
    return grade(read(path), reference.answer_key(A01), SEED, file=path.name, limits=limits)


def points(report: Report) -> dict[str, float]:
    return {result.name: result.points for result in report.results}


def full(*but: str) -> dict[str, float]:
    return {e.name: 0.0 if e.name in but else float(e.points) for e in reference.exercises(A01)}


def error(report: Report, name: str) -> str:
    result = next(result for result in report.results if result.name == name)
    return result.error or next(v.message for v in result.criteria if not v.passed)


def test_the_solution_has_every_point_and_its_outputs_are_kept(answers, tmp_path):
    got = graded([answers, "print('hello')\n6 * 7", "1 / 0"], tmp_path)
    assert points(got.report) == full()
    assert got.report.isolation == "A"
    assert [output.output_type for output in got.outputs[1]] == ["stream", "execute_result"]
    assert got.outputs[1][1].data == {"text/plain": "42"}
    assert got.outputs[2][0].ename == "ZeroDivisionError"
    assert Report.from_json(json.loads(json.dumps(got.report.to_json()))) == got.report


def test_the_same_seed_gives_the_same_report_though_it_never_takes_the_same_time(answers, tmp_path):
    cells = [
        answers,
        "def rnn_step_forward(x, prev_h, Wx, Wh, b):\n    return np.tanh(x @ Wx + prev_h @ Wh), None",
    ]
    one, other = graded(cells, tmp_path), graded(cells, tmp_path)
    assert one.report == other.report
    assert one.used != other.used
    assert all(0 < one.used.longest_s[name] <= one.used.calls_s[name] for name in points(one.report))


TRANSPOSED = """
def rnn_step_forward(x, prev_h, Wx, Wh, b):
    return np.tanh(x @ Wx + prev_h @ Wh.T + b), None
"""


def test_a_known_mistake_costs_points_once(answers, tmp_path):
    report = graded([answers, TRANSPOSED], tmp_path).report
    results = {result.name: result for result in report.results}
    assert results["rnn_step_forward"].misconception.startswith("The state met Wh transposed")
    assert points(report) == full() | {"rnn_step_forward": results["rnn_step_forward"].points}
    assert results["rnn_step_forward"].points < 1
    for name in ("rnn_forward", "sample"):
        assert results[name].criteria[0].message.startswith("Right on top of your rnn_step_forward")


def test_a_mistake_of_its_own_is_named_on_top_of_anothers(answers, tmp_path):
    resets = """
def rnn_forward(x, h0, Wx, Wh, b):
    return np.stack([rnn_step_forward(x[:, t], h0, Wx, Wh, b)[0] for t in range(x.shape[1])], axis=1), None
"""
    report = graded([answers, TRANSPOSED + resets], tmp_path).report
    wrong = next(result for result in report.results if result.name == "rnn_forward")
    assert 0 < wrong.points < 3
    assert wrong.misconception.startswith("Every step started from the same state")


def test_an_unknown_mistake_beneath_is_pointed_out(answers, tmp_path):
    report = graded([answers, TRANSPOSED.replace("prev_h @ Wh.T", "0.9 * prev_h @ Wh")], tmp_path).report
    assert error(report, "rnn_forward").startswith("It calls rnn_step_forward, which is not right yet.")


def test_odd_answers_cost_their_own_exercise_and_no_other(answers, tmp_path):
    odd = """
import numpy as np
def one_hot(tokens, V): return None
def word_embedding_forward(x, W): return W[x].tolist(), None
class Always(np.ndarray):
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
def rnn_forward(x, h0, Wx, Wh, b): return np.full(x.shape[:2] + b.shape, None), None
def temporal_affine_forward(x, w, b): return (x @ w + b).view(Always), None
def temporal_softmax_loss(x, y, mask): return np.zeros((1, 1)), x
def sequence_log_prob(x, y, mask):
    yield 1
"""
    report = graded([answers, odd], tmp_path).report
    assert points(report) == full(*ODD)
    assert error(report, "one_hot") == "out is None. Is a `return` missing?"
    assert error(report, "word_embedding_forward").startswith("out is a list of 3; an array")
    assert error(report, "rnn_forward").startswith("h is an object of type `array of object`")
    assert error(report, "temporal_affine_forward").startswith("out is an object of a type of your own")
    assert error(report, "temporal_softmax_loss") == "loss has shape (1, 1); it should be ()."
    assert "generator" in error(report, "sequence_log_prob")


def test_what_never_returns_or_ends_the_process_costs_its_own_exercise_and_no_other(answers, tmp_path):
    odd = """
import os, time
import numpy as np
def one_hot(tokens, V):
    while True: pass
def word_embedding_forward(x, W): os._exit(0)
def rnn_forward(x, h0, Wx, Wh, b): os.write(1, b"x" * 50_000_000)
def temporal_affine_forward(x, w, b): time.sleep(1000)
def temporal_softmax_loss(x, y, mask): return np.ones(10**10), x
def sequence_log_prob(x, y, mask): return np.ones(4 * 10**6)
"""
    got = graded([answers, odd], tmp_path)
    report, longest_s = got.report, got.used.longest_s
    assert points(report) == full(*ODD)
    assert longest_s["one_hot"] >= TIGHT.call_cpu_s > longest_s["temporal_affine_forward"]
    assert "processor time" in error(report, "one_hot")
    assert "ended the Python process" in error(report, "word_embedding_forward")
    for name in ("rnn_forward", "temporal_affine_forward", "sequence_log_prob"):
        assert len(error(report, name).split()) > 4
    assert error(report, "temporal_softmax_loss").startswith("MemoryError")


def test_an_assignment_has_limits_of_its_own(answers, tmp_path, monkeypatch):
    monkeypatch.setattr(a01_rnn_basics, "LIMITS", Limits(call_cpu_s=0.5), raising=False)
    endless = "def one_hot(tokens, V):\n    while True: pass"
    report = graded([answers, endless], tmp_path, limits=None).report
    assert error(report, "one_hot").startswith("It used 0.5 seconds of processor time")


def test_a_whole_notebook_takes_only_so_much_time(answers, tmp_path):
    endless = "def one_hot(tokens, V):\n    while True: pass"
    report = graded([answers, endless], tmp_path, replace(TIGHT, call_cpu_s=60, notebook_wall_s=1.5)).report
    assert report.points == 0
    for result in report.results:
        assert result.error.startswith("The 1.5 seconds for the whole notebook were over.")


def test_our_own_slowness_takes_nothing_from_a_notebook_whose_worker_was_lost(answers, tmp_path, monkeypatch):
    def slowly(*args, **kwargs):
        time.sleep(2.5)
        return launch(*args, **kwargs)

    monkeypatch.setattr("rnn_autograder.grade.launch", slowly)
    ends = "import os\ndef one_hot(tokens, V): os._exit(0)"
    assert points(graded([answers, ends], tmp_path, replace(TIGHT, notebook_wall_s=4)).report) == full(
        "one_hot"
    )


def test_a_cell_that_is_stopped_is_named_and_the_others_count(answers, tmp_path):
    got = graded([answers, "while True: pass", "import os; os._exit(1)", "after = 1"], tmp_path)
    assert points(got.report) == full()
    assert got.outputs[1][0].ename == got.outputs[2][0].ename == "Stopped"
    assert got.used.stopped == (got.outputs[1][0].evalue, got.outputs[2][0].evalue)
    assert "processor time" in got.used.stopped[0] and got.used.cells_s >= TIGHT.cells_cpu_s


def test_a_function_in_a_stopped_cell_is_missing_and_the_report_says_why(answers, tmp_path):
    report = graded(["import os\ndef one_hot(tokens, V): pass\nos._exit(1)"], tmp_path).report
    assert report.points == 0
    assert error(report, "one_hot").startswith("one_hot is not defined. Cell 1 was stopped: Your code ended")


def test_who_has_every_cell_stopped_gets_a_verdict_too(tmp_path):
    report = graded(["import os; os._exit(1)"] * 8, tmp_path).report
    assert report.points == 0
    assert error(report, "sample").startswith("Too many cells had to be stopped.")


def test_a_flood_of_output_is_cut_and_the_functions_behind_it_count(answers, tmp_path):
    flood = "print('x' * 50_000_000)\nprint('more')"
    got = graded([flood, answers], tmp_path)
    assert points(got.report) == full()
    assert sum(len(output.text) for output in got.outputs[0]) < 2 << 20
    assert "left out" in got.outputs[0][-1].text


def test_right_with_warnings_on_stderr_loses_nothing(answers, tmp_path):
    noisy = f"""
import sys, warnings
def loud(function):
    def called(*args, **kwargs):
        warnings.warn("careful"); print("careful", file=sys.stderr)
        return function(*args, **kwargs)
    return called
for name in [n for n in list(globals()) if n in {NAMES}]:
    globals()[name] = loud(globals()[name])
"""
    assert points(graded([answers, noisy], tmp_path).report) == full()


def test_demonstrations_and_checks_do_not_run(answers, tmp_path):
    cells = [new_code_cell(answers)]
    cells.append(new_code_cell("import os; os._exit(1)", metadata={"tags": ["demo"]}))
    mark = {"grade": True, "grade_id": "one_hot", "locked": True, "points": 2, "solution": False}
    cells.append(new_code_cell("import os; os._exit(1)", metadata={"nbgrader": mark}))
    path = tmp_path / "marked.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    got = grade(read(path), reference.answer_key(A01), SEED, limits=TIGHT)
    assert points(got.report) == full()
    assert set(got.outputs) == {0}


def test_a_command_in_a_cell_does_not_run_and_does_not_stop_the_cell(answers, tmp_path):
    got = graded([f"!ls /\nfiles = !ls\n%pip list\n{answers}"], tmp_path)
    assert points(got.report) == full()
    assert got.outputs[0][0].text.startswith("[not run when graded: ls /]")


def test_a_magic_hides_no_other_library(answers, tmp_path):
    uses = "def one_hot(tokens, V):\n    return torch.eye(V, dtype=torch.float64)[torch.from_numpy(tokens)].numpy()"
    report = graded([answers, "%matplotlib inline\nimport torch", uses], tmp_path).report
    assert error(report, "one_hot").startswith("one_hot uses torch.")


def test_nothing_that_a_process_chose_after_it_saw_hidden_inputs_is_told(answers, tmp_path):
    tells = """
import linecache
class Told(Exception): pass
def one_hot(tokens, V):
    raise type(f"Told{tokens.sum()}", (Exception,), {})()
def word_embedding_forward(x, W):
    return type(f"Told{x.sum()}", (), {})(), None
def temporal_affine_forward(x, w, b):
    linecache.cache.clear()
    exec(compile("raise KeyError", f"told {x.sum()}", "exec"), globals())
"""
    report = graded([answers, tells], tmp_path).report
    assert error(report, "one_hot").startswith("An exception at `raise type(")
    assert error(report, "word_embedding_forward").startswith("out is an object of a type of your own")
    assert error(report, "temporal_affine_forward") == "KeyError."


def test_a_display_that_could_run_in_a_browser_is_left_out(tmp_path):
    cell = """
from IPython.display import HTML, Javascript, display
display(HTML("<script>alert(1)</script>"), Javascript("alert(1)"))
"""
    for output in graded([cell], tmp_path).outputs[0]:
        assert set(output.data) == {"text/plain"}


def test_nothing_hidden_reaches_the_outputs(answers, tmp_path):
    spy = """
import atexit, threading
seen = []
def spying(function):
    def called(*args, **kwargs):
        seen.append((args, kwargs)); print(args, kwargs)
        return function(*args, **kwargs)
    return called
one_hot = spying(one_hot)
"""
    late = "atexit.register(lambda: print('SECRET', seen)); print('before', seen)"
    got = graded([answers, spy, late], tmp_path)
    assert points(got.report) == full()
    assert got.outputs[2][0].text == "before []\n"
    assert "SECRET" not in json.dumps(got.outputs)
    assert 1 not in got.outputs or got.outputs[1] == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        ("   \n", "empty"),
        ('{"cells": [', "cut off or damaged"),
        ("[1, 2]", "not a notebook"),
        ('{"nbformat": 4}', "no list of cells"),
        ("[" * 100_000, "damaged"),
    ],
)
def test_a_file_that_is_no_notebook_has_a_sentence(text, sentence, tmp_path):
    path = tmp_path / "odd.ipynb"
    path.write_text(text)
    with pytest.raises(Unreadable, match=sentence):
        read(path)


def test_an_ungraded_file_is_a_report_like_any_other():
    report = ungraded("odd.ipynb", A01, SEED, "odd.ipynb is empty.")
    assert (report.points, report.max_points) == (0, 40)
    assert all(result.error == "odd.ipynb is empty." for result in report.results)


def test_an_old_notebook_is_read(tmp_path, answers):
    old = {
        "metadata": {"name": ""},
        "nbformat": 3,
        "nbformat_minor": 0,
        "worksheets": [
            {
                "cells": [
                    {
                        "cell_type": "code",
                        "input": answers,
                        "language": "python",
                        "outputs": [],
                        "metadata": {},
                    }
                ]
            }
        ],
    }
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps(old))
    assert points(grade(read(path), reference.answer_key(A01), SEED, limits=TIGHT).report) == full()


def test_a_script_is_divided_into_cells_and_its_demonstrations_do_not_run(tmp_path):
    path = tmp_path / "some.py"
    path.write_text(
        '# %% [markdown]\n# words\n# %%\nimport numpy as np\n# %% tags=["demo"]\nimport os; os._exit(1)\n'
        "# %%\ndef one_hot(tokens, V):\n    return np.eye(V)[tokens]\n"
    )
    report = grade(read(path), reference.answer_key(A01), SEED, limits=TIGHT).report
    assert points(report) == full(*NAMES[1:])
    assert error(report, "sample") == "sample is not defined."


def test_markdown_and_broken_cells_are_no_obstacle(tmp_path, answers):
    path = tmp_path / "mixed.ipynb"
    cells = [new_markdown_cell("# words"), new_code_cell("this is not python ("), new_code_cell(answers)]
    nbformat.write(new_notebook(cells=cells), path)
    got = grade(read(path), reference.answer_key(A01), SEED, limits=TIGHT)
    assert points(got.report) == full()
    assert got.outputs[1][0].ename == "SyntaxError"
