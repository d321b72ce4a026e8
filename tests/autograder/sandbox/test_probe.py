"""Isolation is believed when it was tried, and not before."""

import os
import shutil
import sys

import pytest

from rnn_autograder.limits import Limits
from rnn_autograder.sandbox import bubblewrap, seccomp
from rnn_autograder.sandbox.launch import launch
from rnn_autograder.sandbox.probe import IsolationUnavailable, probe

AS_ORDINARY_USER = "UNROLLED_TESTS_AS_ORDINARY_USER"


@pytest.fixture
def afresh(isolated):
    """A probe that remembers nothing, before and after."""
    probe.cache_clear()
    yield
    probe.cache_clear()


def test_isolation_is_in_the_record():
    isolation = probe()
    assert isolation.tier == "A"
    assert isolation.summary.startswith("tier A")
    assert isolation.findings == ()


def test_without_bubblewrap_nothing_runs_and_the_line_to_type_is_told(afresh, monkeypatch, tmp_path):
    for name in ("setpriv", "apt-get"):
        if program := shutil.which(name):
            (tmp_path / name).symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    started = tmp_path / "started"
    argv = [sys.executable, "-c", f"open({str(started)!r}, 'w')"]
    with pytest.raises(IsolationUnavailable, match="sudo apt-get install bubblewrap"), launch(Limits(), argv):
        pass
    assert not started.exists()
    assert probe().tier == "none"


def test_a_bubblewrap_that_fails_is_quoted(afresh, monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert probe().tier == "none"
    assert "bwrap: No permissions to create new namespace" in probe().findings[0]
    assert len(probe().findings) > 1  # and what would mend it


@pytest.mark.parametrize(
    ("option", "breach"),
    [
        ("--unshare-net", "the network is there"),
        ("--unshare-pid", "other processes can be seen"),
    ],
)
def test_a_namespace_that_is_missing_is_found(afresh, monkeypatch, option, breach):
    whole = bubblewrap._namespaces
    monkeypatch.setattr(
        bubblewrap, "_namespaces", lambda user: [word for word in whole(user) if word != option]
    )
    assert probe().tier == "none"
    assert breach in probe().findings[0]


def test_a_filter_that_lets_all_through_is_found(afresh, monkeypatch):
    allow_all = (6).to_bytes(2, sys.byteorder) + bytes(2) + (0x7FFF0000).to_bytes(4, sys.byteorder)
    monkeypatch.setattr(seccomp, "program", lambda: allow_all)
    assert probe().tier == "none"
    assert "processes can be started" in probe().findings[0]


def test_limits_that_do_not_hold_are_found(afresh, monkeypatch):
    monkeypatch.setattr(bubblewrap, "restrain", lambda pid, limits: None)
    assert probe().tier == "none"
    assert "memory is not limited" in probe().findings[0]
    assert "threads are not limited" in probe().findings[0]


def test_a_file_system_that_shows_too_much_is_found(afresh, monkeypatch, tmp_path):
    tmp_path.chmod(0o755)
    whole, shown = bubblewrap._file_system, ["--bind", str(tmp_path), str(tmp_path)]
    for parent in list(tmp_path.parents)[:-1]:
        shown = ["--dir", str(parent), *shown]
    monkeypatch.setattr(bubblewrap, "_file_system", lambda size: [*shown, *whole(size)])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert probe().tier == "none"
    assert "files of this machine can be seen" in probe().findings[0]
