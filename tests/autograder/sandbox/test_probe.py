"""Isolation is believed when it was tried, and not before."""

import os
import shutil
import signal

import pytest

from rnn_autograder.limits import IsolationUnavailable, Limits
from rnn_autograder.sandbox import bubblewrap, landlock, nursery
from rnn_autograder.sandbox.launch import launch
from rnn_autograder.sandbox.probe import probe


@pytest.fixture
def afresh(isolated):
    """A probe that remembers nothing, before and after; and what it had found."""
    found = probe()
    probe.cache_clear()
    yield found
    probe.cache_clear()


@pytest.fixture
def without_landlock(afresh, monkeypatch):
    """As with a kernel that has none: then there is no tier B to go on with."""
    monkeypatch.setattr(landlock, "version", lambda: 0)


def test_isolation_is_in_the_record(isolated, tier):
    isolation = probe()
    assert isolation.tier == tier
    assert isolation.summary.startswith(f"tier {tier}")
    assert bool(isolation.findings) == (tier == "B")  # why not A


def test_without_bubblewrap_and_landlock_nothing_runs_and_the_line_to_type_is_told(
    without_landlock, monkeypatch, tmp_path
):
    if program := shutil.which("apt-get"):
        (tmp_path / "apt-get").symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    started = tmp_path / "started"
    with (
        pytest.raises(IsolationUnavailable, match="sudo apt-get install bubblewrap"),
        launch(Limits(), program=f"open({str(started)!r}, 'w')"),
    ):
        pass
    assert not started.exists()
    assert probe().tier == "none"


def test_a_bubblewrap_that_fails_is_quoted(without_landlock, monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert probe().tier == "none"
    assert "bwrap: No permissions to create new namespace" in probe().findings[0]
    assert len(probe().findings) > 1  # and what would mend it


@pytest.mark.parametrize("times", [1, 2])
def test_a_trial_that_is_killed_does_not_lower_the_isolation(afresh, monkeypatch, times):
    fork, killed = nursery.Zygote.fork, []

    def fork_and_kill(self, *arguments):
        process = fork(self, *arguments)
        if len(killed) < times:
            killed.append(process)
            signal.pidfd_send_signal(process.pidfd, signal.SIGKILL)
        return process

    monkeypatch.setattr(nursery.Zygote, "fork", fork_and_kill)
    assert probe() == afresh
    assert len(killed) == times


@pytest.mark.parametrize(
    ("option", "breach"),
    [
        ("--unshare-net", "the network is there"),
        ("--unshare-pid --as-pid-1", "other processes can be seen"),
    ],
)
def test_a_namespace_that_is_missing_is_found(caged, without_landlock, monkeypatch, option, breach):
    whole = bubblewrap._namespaces
    monkeypatch.setattr(
        bubblewrap, "_namespaces", lambda user: [word for word in whole(user) if word not in option.split()]
    )
    assert probe().tier == "none"
    # Who is not root cannot even join what was never left.
    assert breach in probe().findings[0] or "did not get into its place" in probe().findings[0]


@pytest.fixture
def ordered(monkeypatch):
    """`ordered(change)`: workers are told something else than they should be."""

    def change_orders(change):
        right = nursery._order
        monkeypatch.setattr(nursery, "_order", lambda *arguments: right(*arguments) | change)

    return change_orders


def test_a_filter_that_lets_all_through_is_found(afresh, ordered):
    ordered({"filter": None})
    assert probe().tier == "none"
    assert "processes can be started; programs can be started; sockets can be made" in " ".join(
        probe().findings
    )


def test_limits_that_do_not_hold_are_found(afresh, ordered):
    ordered({"limits": {}})
    assert probe().tier == "none"
    assert "memory is not limited" in " ".join(probe().findings)


def test_a_landlock_that_holds_nothing_is_found(afresh, ordered, tier):
    ordered({"files": None})
    if tier == "A":  # where it is a second wall
        assert probe().tier == "A"
    else:
        assert probe().tier == "none"
        assert "files of this machine can be read" in probe().findings[-2]


def test_a_file_system_that_shows_too_much_is_found(caged, without_landlock, monkeypatch, tmp_path):
    tmp_path.chmod(0o755)
    whole, shown = bubblewrap._file_system, ["--bind", str(tmp_path), str(tmp_path)]
    for parent in list(tmp_path.parents)[:-1]:
        shown = ["--dir", str(parent), *shown]
    monkeypatch.setattr(bubblewrap, "_file_system", lambda size: [*shown, *whole(size)])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert probe().tier == "none"
    assert "files of this machine can be read" in probe().findings[0]
