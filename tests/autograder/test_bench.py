"""The bench measures what it says it measures, and its page says what was measured."""

from __future__ import annotations

import copy
import json
import os
import re
import sys
from dataclasses import asdict, replace
from pathlib import Path

import nbformat
import numpy as np
import pytest

from rnn_autograder.__main__ import main
from rnn_autograder.bench import bench
from rnn_autograder.bench.cost import Cost, cost_of, own_group
from rnn_autograder.bench.page import OTTER, OURS, STOCK, Bench, Run, draw, page, write
from rnn_autograder.bench.pupils import (
    ASSERT_CLOSE,
    answers,
    assertions,
    book,
    cases,
    hand_in,
    make_class,
    otter_test,
    stock_book,
)
from rnn_autograder.course import CourseError
from rnn_autograder.judge import act
from rnn_autograder.reference import answer_key, exercises, load, misconceptions, with_mistake
from rnn_autograder.student import LocalPlayer

A01 = "a01_rnn_basics"

# What a command costs -----------------------------------------------------------------------------------------

BURN = "import time\nwhile time.process_time() < {seconds}: pass"
IN_A_CHILD_THAT_NOBODY_WAITS_FOR = """\
import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    {burn}
    os._exit(0)
"""
IN_A_DAEMON = """\
import os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        {burn}
    os._exit(0)
"""


@pytest.fixture(scope="module")
def counted():
    try:
        assert os.access(own_group(), os.W_OK)
    except (OSError, AssertionError):
        pytest.skip("no control group can be made here")


def run(program: str) -> Cost:
    return cost_of([sys.executable, "-c", program], Path.cwd(), os.environ)


@pytest.mark.parametrize("program", [IN_A_CHILD_THAT_NOBODY_WAITS_FOR, IN_A_DAEMON])
def test_processor_time_is_counted_wherever_it_was_spent(counted, program):
    burn = "import time\n{indent}while time.process_time() < 0.5: pass"
    indent = re.search(r"^( *)\{burn\}", program, re.M)[1]
    nothing, something = run("pass"), run(program.format(burn=burn.format(indent=indent)))
    assert 0.45 < something.cpu_s - nothing.cpu_s < 0.8
    assert something.first_cpu_s < 0.3


def test_the_first_process_is_told_apart(counted):
    cost = run(BURN.format(seconds=0.5))
    assert 0.45 < cost.first_cpu_s <= cost.cpu_s + 0.02 < 0.8
    assert cost.wall_s >= 0.5


def test_a_command_that_fails_is_no_measurement_and_says_why(counted):
    with pytest.raises(CourseError, match=r"(?s)ended with 3.*the reason"):
        run("import sys; print('the reason'); sys.exit(3)")


# The class ----------------------------------------------------------------------------------------------------


def test_the_others_check_every_call_that_we_make():
    class Counter(LocalPlayer):
        made = 0

        def call(self, *arguments, **more):
            self.made += 1
            return super().call(*arguments, **more)

    found = cases()
    for exercise in exercises(A01):
        player = Counter(load((Path("solutions") / A01 / "rnn_basics.py").read_text()))
        for criterion in exercise.criteria:
            act(exercise, criterion, player, 5)
        assert len(found[exercise.name]) == player.made > 10


@pytest.mark.parametrize("exercise", exercises(A01), ids=lambda exercise: exercise.name)
def test_their_cells_accept_the_answer_and_catch_a_mistake(exercise):
    text = answers()[f"{exercise.name}_solution"]
    mistake = misconceptions(answer_key(A01))[exercise.name][0]
    everything = "\n\n".join(answers()[f"{e.name}_solution"] for e in exercises(A01))
    names = {"np": np, "copy": copy, "cases": cases()}
    right = "from typing import Any\n" + everything
    exec(right + "\n" + assertions(exercise), dict(names))
    with pytest.raises((AssertionError, ValueError, IndexError)):
        exec(right + "\n" + with_mistake(text, exercise.name, mistake) + "\n" + assertions(exercise), names)


def test_all_graders_get_the_same_answers():
    pupil = make_class(4)[3]
    ours, stock = (nbformat.reads(hand_in(notebook, pupil), 4) for notebook in (book(), stock_book()))
    texts = [{cell.source for cell in notebook.cells} for notebook in (ours, stock)]
    for text in pupil.answers.values():
        assert text in texts[0] & texts[1]
    assert pupil.work in texts[0] & texts[1]
    assert "import torch" in pupil.work
    assert "plt." in pupil.work
    assert not [cell for cell in ours.cells if "demo" in cell.metadata.get("tags", [])]


def test_no_two_students_hand_in_the_same():
    notebooks = [
        hand_in(book(), pupil) for trivial in (True, False) for pupil in make_class(7, trivial=trivial)
    ]
    assert len(set(notebooks)) == 14


def test_an_otter_test_is_python():
    for exercise in exercises(A01):
        compile(otter_test(exercise), exercise.name, "exec")
    assert "allclose" in ASSERT_CLOSE


# The page -----------------------------------------------------------------------------------------------------


def runs(grader: str, kind: str, students: int, *cpu_s: float) -> list[Run]:
    """One run for each cost of a submission; its time on the clock is half of that, the writer's a tenth."""
    return [
        Run(grader, kind, students, Cost(students * s / 2, students * s, students * s / 10)) for s in cpu_s
    ]


@pytest.fixture
def measured() -> Bench:
    return Bench(
        date="2026-01-01",
        machine={
            "processor": "abacus",
            "cores": "2",
            "memory": "1 GiB",
            "system": "Linux 1",
            "Python": "3",
            "isolation": "tier A",
        },
        versions={"nbgrader": "0"},
        calls=108,
        own_cpu_s={"class": 0.1, "trivial": 0.01},
        runs=[
            *runs(STOCK, "class", 10, 4.0, 6.0, 5.0),
            *runs(STOCK, "class", 11, 5.0),
            *runs(OTTER, "class", 10, 8.0),
            *runs(OURS, "class", 30, 0.5),
            *runs(OURS, "class", 300, 0.25, 0.3, 0.2),
            *runs(OURS, "trivial", 10, 0.9),
            *runs(OURS, "trivial", 100, 0.2),
            *runs(OURS, "trivial", 1000, 0.1),
        ],
        stages={"cells": 0.1, "calls": 0.05},
    )


def test_the_page_tells_medians_ratios_and_what_was_missed(measured):
    text = page(measured)
    assert "| stock nbgrader | 5.00 | 4.90 | 2.500 | 24 | 1.0 | 1.0 |" in text
    assert "| autograder grade, 300 students | 0.25 | 0.15 | 0.125 | 480 | 20.0 | 20.0 |" in text
    assert "| 1,000 | 0.100 | 0.090 | 0.010 | 0.050 | 0.089 |" in text  # (100 - 20) / 900
    assert "class of 300 | 0.15 s | yes |" in text
    assert "class of 300 | 20.0 times | no |" in text
    assert "from 100 to 1,000 students | 50% | no |" in text
    assert "| together | 222 |" in text  # (75 - 15) / 270
    assert "abacus" in text


def test_without_otter_the_page_has_no_row_for_it(measured):
    without = replace(measured, runs=[run for run in measured.runs if run.grader != OTTER])
    assert OTTER not in _rows(page(without))


def _rows(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.startswith("|"))


def test_page_and_picture_are_drawn_from_the_file_alone_and_are_the_same_each_time(measured, tmp_path):
    write(measured, tmp_path)
    drawn = []
    for _ in range(2):
        assert main(["bench", "--redraw", "--folder", str(tmp_path)]) == 0
        drawn.append([(tmp_path / name).read_bytes() for name in ("bench.md", "bench.svg")])
    assert drawn[0] == drawn[1]
    assert drawn[0][0].decode() == page(measured)


def test_what_was_measured_survives_the_file(measured, tmp_path):
    write(measured, tmp_path)
    assert Bench.from_json(json.loads((tmp_path / "bench.json").read_text())) == Bench.from_json(
        asdict(measured)
    )


def test_nothing_to_draw_is_one_sentence(tmp_path, capsys):
    assert main(["bench", "--redraw", "--folder", str(tmp_path)]) == 2
    assert "run `autograder bench` first" in capsys.readouterr().err
    with pytest.raises(CourseError):
        draw(tmp_path)


@pytest.mark.parametrize("sizes", ["0", "ten", "10,,20"])
def test_a_size_that_is_none_is_explained(sizes, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["bench", "--sizes", sizes])
    assert stop.value.code == 2
    assert "is not a whole number from 1 up" in capsys.readouterr().err


# All of it ----------------------------------------------------------------------------------------------------


def test_a_class_with_a_round_without_students_is_refused(tmp_path, capsys):
    assert main(["bench", "--students", "2", "--folder", str(tmp_path)]) == 2
    assert "A class of 2 is too small: there are 3 rounds." in capsys.readouterr().err


def test_an_otter_that_is_not_there_is_one_sentence(counted, tmp_path, capsys):
    arguments = ["bench", "--students", "3", "--sizes", "1", "--otter", "nowhere", "--folder", str(tmp_path)]
    assert main(arguments) == 2
    assert "There is no program nowhere." in capsys.readouterr().err


@pytest.mark.usefixtures("isolation")
def test_stock_nbgrader_and_we_grade_one_class_and_every_number_is_measured(counted, tmp_path, monkeypatch):
    monkeypatch.setattr("rnn_autograder.bench.ROUNDS", 1)
    monkeypatch.setattr("rnn_autograder.bench.TIMES", 2)
    bench(1, [1], None, tmp_path)
    found = Bench.from_json(json.loads((tmp_path / "bench.json").read_text()))
    assert [(run.grader, run.kind, run.students) for run in found.runs] == [
        (STOCK, "class", 1),
        (OURS, "class", 1),
        (OURS, "class", 2),
        (OURS, "trivial", 1),
    ]
    for one in found.runs:
        assert one.cost.cpu_s > one.cost.first_cpu_s > 0.5, "a Python with NumPy takes as long to start"
    assert 0 < found.own_cpu_s["trivial"] < found.own_cpu_s["class"] < found.runs[0].cost.cpu_s
    assert all(seconds > 0 for seconds in found.stages.values())
    assert (tmp_path / "bench.md").read_text() == page(found)
