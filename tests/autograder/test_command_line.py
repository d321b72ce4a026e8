"""The command line keeps its contract: one line of JSON a file, one sentence an error, honest exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_autograder import course, reference
from rnn_autograder.__main__ import main
from rnn_autograder.limits import InfrastructureFault
from rnn_autograder.sandbox import launch
from rnn_autograder.sandbox.nursery import Isolation
from rnn_autograder.sandbox.probe import probe

A01 = "a01_rnn_basics"
ROOT = Path(__file__).resolve().parents[2]
SOLUTION = ROOT / "solutions" / A01 / "rnn_basics.py"
RELEASED = ROOT / "assignments" / A01 / "rnn_basics.ipynb"


def reports(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_grading_files_keeps_the_contract(isolation, capsys, tmp_path):
    transposed = tmp_path / "transposed.py"
    text = SOLUTION.read_text(encoding="utf-8")
    assert text.count("prev_h @ Wh") == 1
    transposed.write_text(text.replace("prev_h @ Wh", "prev_h @ Wh.T"), encoding="utf-8")
    damaged = tmp_path / "damaged.ipynb"
    damaged.write_text('{"cells": [')
    files = [SOLUTION, RELEASED, transposed, damaged]
    assert main(["grade-file", A01, *map(str, files), "--seed", "11", "--json"]) == 0
    solved, untouched, wrong, broken = reports(capsys)
    for file, report in zip(files, (solved, untouched, wrong, broken), strict=True):
        assert list(report) == [
            "file",
            "assignment",
            "seed",
            "isolation",
            "points",
            "max_points",
            "exercises",
        ]
        assert (report["file"], report["assignment"], report["seed"]) == (str(file), A01, 11)
        assert list(report["exercises"]) == [e.name for e in reference.exercises(A01)]
        for entry in report["exercises"].values():
            assert list(entry) == ["points", "max_points", "criteria", "misconception", "error"]
            assert all(
                list(c) == ["name", "points", "max_points", "passed", "message"] for c in entry["criteria"]
            )
            assert round(sum(c["points"] for c in entry["criteria"]), 2) == entry["points"]
    assert (solved["points"], solved["max_points"], solved["isolation"]) == (40, 40, isolation.tier)
    assert untouched["points"] == 0
    assert untouched["exercises"]["sample"]["error"] == "Not written yet."
    step = wrong["exercises"]["rnn_step_forward"]
    assert step["points"] < step["max_points"]
    assert step["misconception"].startswith("The state met Wh transposed")
    assert broken["points"] == 0
    assert "cut off or damaged" in broken["exercises"]["one_hot"]["error"]


def test_the_solution_notebook_has_every_point_too(isolation, capsys):
    assert main(["grade-file", A01, str(SOLUTION.with_suffix(".ipynb")), "--json"]) == 0
    assert reports(capsys)[0]["points"] == 40


def test_a_seed_is_drawn_afresh_and_printed(capsys, tmp_path):
    empty = tmp_path / "empty.ipynb"
    empty.write_text("")
    main(["grade-file", A01, str(empty), "--json"])
    main(["grade-file", A01, str(empty), "--json"])
    first, second = reports(capsys)
    assert first["seed"] != second["seed"]


def test_for_people_the_report_is_panels(isolation, capsys):
    assert main(["grade-file", A01, str(RELEASED)]) == 0
    out = capsys.readouterr().out
    assert "rnn_step_forward" in out
    assert "0 of 40 points, seed" in out


def test_a_student_checks_a_notebook_from_a_terminal(capsys):
    assert main(["check", str(SOLUTION.with_suffix(".ipynb"))]) == 0
    assert "40 of 40 points on the public cases. Grading uses others." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["grade-file", "a99", str(RELEASED)],
            "There is no assignment 'a99'. There are: a01_rnn_basics, a02_bptt, ",
        ),
        (["grade-file", A01, "nowhere.ipynb"], "There is no file nowhere.ipynb."),
        (["check", "nowhere.ipynb"], "There is no file nowhere.ipynb."),
        (["check", str(ROOT / "lectures" / "01_rnn_basics.ipynb")], "has no function of any assignment"),
        (["grade", "a99"], "There is no assignment 'a99'"),
        (["grade", A01, "--student", "nobody"], "There is no submitted/nobody/a01_rnn_basics"),
        (["release", "a99"], "There is no assignment 'a99'"),
    ],
)
def test_what_is_missing_is_one_sentence(isolation, arguments, sentence, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no-such-command"],
        ["grade-file", A01],
        ["grade-file", A01, "x", "--seed", "-1"],
        ["grade", A01, "--workers", "0"],
        ["grade", A01, "--workers", "2", "--cold"],
    ],
)
def test_what_is_not_understood_is_explained(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "usage: autograder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    ["doctor", "demo", "release", "check", "collect", "grade", "grade-file", "report", "export", "bench"],
)
def test_help_teaches_by_an_example_and_lists_the_exit_codes(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert f"autograder {command}" in out.split("example:")[1]
    assert "exit codes:" in out


def test_outside_a_course_the_sentence_says_where_to_go(tmp_path):
    shutil.copy(RELEASED, tmp_path)
    command = [sys.executable, "-m", "rnn_autograder", "grade-file", A01, "rnn_basics.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert "is not inside a course" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif("CI" not in os.environ, reason="elsewhere what needs isolation may be skipped")
def test_ci_isolates_so_that_nothing_is_skipped_there():
    found = probe()
    assert found.tier != "none", "\n".join(found.findings)


def test_the_doctor_says_what_isolates(isolation, capsys):
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert f"isolation   {isolation.summary}" in out
    assert str(course.root()) in out


MISSING = "bubblewrap is not installed. Type\n    sudo apt-get install bubblewrap"


@pytest.fixture
def no_isolation(monkeypatch):
    nothing = Isolation("none", "no isolation: something is missing", (MISSING, "It was tried."))
    monkeypatch.setattr(launch, "probe", lambda: nothing)
    monkeypatch.setattr("rnn_autograder.sandbox.probe.probe", lambda: nothing)


def test_without_isolation_nothing_is_graded_and_what_to_type_has_a_line_of_its_own(no_isolation, capsys):
    assert main(["grade-file", A01, str(SOLUTION)]) == 3
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.splitlines()[1:-1] == [
        "  bubblewrap is not installed. Type",
        "      sudo apt-get install bubblewrap",
        "  It was tried.",
    ]
    assert "--unsafe-no-isolation" in seen.err.splitlines()[-1]
    assert main(["doctor"]) == 3
    assert f"\n{' ' * 16}sudo apt-get install bubblewrap\n" in capsys.readouterr().out


def test_without_isolation_it_goes_on_if_told_so_and_the_report_says_so(no_isolation, capsys):
    assert main(["grade-file", A01, str(SOLUTION), "--unsafe-no-isolation", "--json"]) == 0
    [report] = reports(capsys)
    assert (report["isolation"], report["points"]) == ("none", 40)


def test_where_there_is_isolation_the_unsafe_switch_changes_nothing(isolation, capsys):
    assert main(["grade-file", A01, str(SOLUTION), "--unsafe-no-isolation", "--json"]) == 0
    assert reports(capsys)[0]["isolation"] == isolation.tier


@pytest.mark.usefixtures("isolation")
def test_a_fault_of_the_machine_is_not_a_zero_and_the_others_are_graded(monkeypatch, capsys, tmp_path):
    from rnn_autograder import grade

    real, calls = grade.launch, []

    def fails_once(*arguments, **more):
        calls.append(1)
        if len(calls) == 1:
            raise InfrastructureFault("the disk is full")
        return real(*arguments, **more)

    monkeypatch.setattr(grade, "launch", fails_once)
    other = tmp_path / "other.py"
    shutil.copy(SOLUTION, other)
    assert main(["grade-file", A01, str(SOLUTION), str(other), "--json"]) == 1
    seen = capsys.readouterr()
    assert f"{SOLUTION} was not graded: the disk is full" in seen.err
    [report] = [json.loads(line) for line in seen.out.splitlines()]
    assert (report["file"], report["points"]) == (str(other), 40)
