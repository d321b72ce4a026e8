"""No mark gained, nothing read, nobody else affected, nothing left: for every attack, on the way that grades take."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup

from attacks.attack import FULL, MARK, A
from attacks.conftest import ATTACKERS, HONEST, KINDS, Graded
from rnn_autograder.sandbox.probe import probe

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own, by the dozen
    pytest.mark.xdist_group("attacks"),  # one class for all
]

# What they meet there is Landlock or a count of ours, where a cage has nothing to be met.
ENDS_OTHERWISE_IN_TIER_B = {
    "a message for whoever comes later",
    "a message from whoever came before",
    "a library written through one's own memory",
    "all memory of the process",
    "memory that the zygote shares",
    "a thousand threads",
    "a disk filled",
    "a disk filled where nobody can look",
    "a folder in a folder in a folder",
}
ATTACKS = [pytest.param(student, id=f"{student}: {attack.name}") for student, attack in ATTACKERS.items()]


def test_the_class_has_attackers_of_every_kind(record_property: pytest.RecordProperty):
    counts = {kind: len(attacks) for kind, attacks in KINDS.items()}
    record_property("attacks", counts)
    print(f"\n{sum(counts.values())} attacks: {counts}")
    assert min(counts.values()) >= 10
    assert sum(counts.values()) >= 100
    names = [attack.name for attack in ATTACKERS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("student", ATTACKS)
def test_the_attack_was_made_and_ended_as_it_should(graded: Graded, student: str):
    attack = ATTACKERS[student]
    if attack.name in ENDS_OTHERWISE_IN_TIER_B and probe().tier == "B":
        pytest.skip("without a cage it ends in other words")
    said = "\n".join(filter(str.strip, graded.told[student].splitlines()))
    assert re.search(attack.shows, graded.told[student]), f"{attack.shows!r} is not in what was told:\n{said}"
    expected = attack.error or ("NotImplementedError" if not attack.right else "none")
    assert [name for name in graded.errors[student] if not re.fullmatch(expected, name)] == []
    assert [line for line in said.splitlines() if "succeeded:" in line] == []


@pytest.mark.parametrize("student", ATTACKS)
def test_no_mark_is_gained_and_none_is_lost_but_by_the_attack(graded: Graded, student: str):
    earned = {name: graded.points.get((student, name)) for name in FULL}
    due = ATTACKERS[student].earns
    if ATTACKERS[student].name in ENDS_OTHERWISE_IN_TIER_B and probe().tier == "B":
        # What is counted from time to time may be counted when the attacker's next cell runs, which is then blamed.
        assert all(earned[name] in (0.0, points) for name, points in due.items())
    else:
        assert earned == due
    assert not graded.by_hand[student]


@pytest.mark.parametrize("student", ATTACKS)
def test_nothing_is_read(graded: Graded, student: str):
    returned = {**dict(graded.returned(student)), "what is told": graded.told[student].encode()}
    assert any(name.startswith("feedback") for name in returned)
    for name, content in returned.items():
        found = [place for place, canary in graded.canaries.items() if canary.encode() in content]
        assert (name, found) == (name, [])
        assert (name, b"stolen:" in content) == (name, False)


@pytest.mark.parametrize("student", ATTACKS)
def test_nothing_runs_in_a_readers_browser(graded: Graded, student: str):
    for name, content in graded.returned(student):
        if name.startswith("feedback") and name.endswith(f"{A}/rnn_basics.html"):
            page = BeautifulSoup(content, "html.parser")
            for tag in page.find_all(True):
                runs = [v for k, v in tag.attrs.items() if k.startswith("on") or "javascript:" in str(v)[:20]]
                if tag.name in ("script", "style", "iframe", "object", "embed"):
                    runs.append(str(tag))
                assert MARK not in " ".join(runs)


@pytest.mark.parametrize("student", HONEST)
def test_an_honest_neighbour_has_every_point(graded: Graded, student: str):
    assert {name: graded.points[student, name] for name in FULL} == FULL
    assert (
        graded.canaries["neighbour"].encode()
        in dict(graded.returned(student))[f"autograded/{student}/{A}/rnn_basics.ipynb"]
    )


def test_every_submission_reached_a_verdict(graded: Graded):
    assert graded.status == 0, graded.instructor_told.decode()[-3000:]
    assert {student for student, _ in graded.points} == {*ATTACKERS, *HONEST}


def test_nothing_of_the_course_is_changed(graded: Graded):
    assert graded.changed == []


def test_no_process_is_left(graded: Graded):
    assert graded.left_running == []


def test_no_file_is_left(graded: Graded):
    places = [
        Path(tempfile.gettempdir()),
        Path("/tmp"),
        Path("/var/tmp"),
        Path("/dev/shm"),
        Path("/run"),
        Path("/run/lock"),
        Path("/"),
    ]
    places += [Path.home(), Path.cwd(), Path(np.__file__).parents[1], graded.course, Path("/dev/mqueue")]
    found = [str(path) for place in places if place.is_dir() for path in place.iterdir() if MARK in path.name]
    assert found == []


def test_nothing_is_left_in_the_kernels_tables(graded: Graded):
    key = str(0x756E726F)
    tables = [Path("/proc/sysvipc", name).read_text() for name in ("shm", "msg", "sem")]
    assert [table for table in tables if key in table.split()] == []


def test_no_server_heard_from_the_class(graded: Graded):
    assert graded.heard == []


def test_the_terminal_of_the_instructor_is_not_commanded(graded: Graded):
    assert b"\x1b]" not in graded.said
