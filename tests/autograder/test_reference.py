"""A solution script is loaded without what runs, and what is recorded of it says the same as it does."""

from __future__ import annotations

import os
import pickle
import stat
from pathlib import Path

import pytest

from rnn_autograder import course, reference
from rnn_autograder.criteria import differs
from rnn_autograder.diagnosis import Misconception

SCRIPT = '''
import math as m
SCALE = 2
LIMIT: int = 3
print("this would run")
answer = 1 / 0
if True:
    raise SystemExit

def f(x):
    """Doc."""
    y = SCALE * x
    return y

def g(x):
    return f(x) + LIMIT

class C:
    pass
'''


def test_definitions_are_loaded_and_nothing_runs(capsys):
    namespace = reference.load(SCRIPT)
    assert namespace["g"](2) == 7
    assert "answer" not in namespace
    assert capsys.readouterr().out == ""


def test_a_mistake_is_put_into_one_function_only():
    wrong = reference.with_mistake(SCRIPT, "f", Misconception("SCALE * x", "x", ""))
    assert reference.load(wrong)["g"](2) == 5
    with pytest.raises(ValueError, match="0 times"):
        reference.with_mistake(SCRIPT, "f", Misconception("SCALE + x", "x", ""))
    with pytest.raises(KeyError):
        reference.function_source(SCRIPT, "h")


def test_a_mistake_may_stand_in_what_the_function_calls():
    mistake = Misconception("SCALE * x", "x", "")
    assert reference.place(SCRIPT, "f", mistake) == reference.place(SCRIPT, "g", mistake) == "f"
    assert reference.with_mistake(SCRIPT, "g", mistake) == reference.with_mistake(SCRIPT, "f", mistake)


def test_what_is_expected_comes_from_the_key_alone(tmp_path, monkeypatch):
    key = reference.answer_key("a01_rnn_basics")
    monkeypatch.chdir(tmp_path)  # as on a worker: no course far and wide
    with pytest.raises(course.CourseError):
        reference.answer_key("a01_rnn_basics")
    sent = pickle.loads(pickle.dumps(key))
    held = reference.expected(sent, 3)
    assert len(held["rnn_step_forward"].mistakes()) >= 5
    assert reference.expected(key, 3) is held


@pytest.mark.parametrize("assignment", reference.assignments())
def test_a_recording_says_what_the_reference_says(assignment):
    key = reference.answer_key(assignment)
    live, kept = reference.expected(key, reference.PUBLIC_SEED), reference.recorded(assignment)
    assert live.keys() == kept.keys()
    for name, held in live.items():
        assert [m.says for m in held.mistakes()] == [m.says for m in kept[name].mistakes()]
        pairs = [(held.traces, kept[name].traces)]
        pairs += [(a.traces, b.traces) for a, b in zip(held.mistakes(), kept[name].mistakes(), strict=True)]
        for here, there in pairs:
            for criterion, trace in here.items():
                for due, seen in zip(there[criterion], trace, strict=True):
                    assert differs(due, seen) is None


@pytest.mark.parametrize("assignment", reference.assignments())
def test_recording_again_writes_nothing(assignment):
    before = reference.fixture(assignment).read_bytes()
    assert reference.record(assignment) is False
    assert reference.fixture(assignment).read_bytes() == before


def test_a_recording_that_cannot_be_written_is_an_error_that_says_what_to_do(tmp_path, monkeypatch):
    (tmp_path / "fixtures").write_text("not a folder")
    monkeypatch.setattr(reference, "fixture", lambda _: tmp_path / "fixtures" / "a.gz")
    with pytest.raises(
        course.CourseError, match=r"fixtures/a\.gz, which cannot be written: .* checkout of your own"
    ):
        reference.record("a01_rnn_basics")


def test_every_exercise_has_a_name_of_its_own():
    names = [e.name for a in reference.assignments() for e in reference.exercises(a)]
    assert len(names) == len(set(names))


def test_an_unknown_assignment_is_an_error_that_lists_the_known():
    with pytest.raises(course.CourseError, match="a01_rnn_basics"):
        reference.exercises("a99")


def test_the_secret_is_made_once_and_is_for_its_owner_only(tmp_path, monkeypatch):
    (tmp_path / course.MARK).touch()
    monkeypatch.chdir(tmp_path)
    seed = course.hidden_seed("a01_rnn_basics")
    assert seed == course.hidden_seed("a01_rnn_basics") != course.hidden_seed("a02_bptt")
    secret = tmp_path / ".course_secret"
    assert stat.S_IMODE(os.stat(secret).st_mode) == 0o600
    secret.unlink()
    assert course.hidden_seed("a01_rnn_basics") != seed


def test_outside_a_course_the_error_says_where_to_go(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(course.CourseError, match=r"no nbgrader_config\.py here or above"):
        course.root()


def test_a_course_is_found_from_its_subfolders(monkeypatch):
    monkeypatch.chdir(Path(course.root()) / "solutions")
    assert (course.root() / course.MARK).is_file()
