"""A class on workers of Dask: real ones, of our own and of a cluster that was there before."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from distributed import Client, Security, default_client
from distributed.utils import json_load_robust

from rnn_autograder import cluster
from rnn_autograder.limits import InfrastructureFault, IsolationUnavailable
from rnn_autograder.marking import HandedIn, Marked, Marking
from rnn_autograder.reference import AnswerKey, answer_key
from rnn_autograder.sandbox.nursery import Zygote

A = "a01_rnn_basics"
ROOT = Path(__file__).parents[2]
RELEASED = (ROOT / "assignments" / A / "rnn_basics.ipynb").read_text(encoding="utf-8")
SOLVED = (ROOT / "solutions" / A / "rnn_basics.ipynb").read_bytes()
HERE = socket.gethostname()
PATIENCE_S = 180  # for a machine that is busy; only what fails waits so long


@dataclass(frozen=True)
class Trying(Marking):
    """Marks nothing, and fails as it is told."""

    notes: str = ""

    def mark(self, handed_in: HandedIn, zygote: Zygote | None = None) -> Marked:
        asked = handed_in.data.decode()
        attempts = Path(self.notes) / handed_in.name
        with attempts.open("a") as file:
            file.write(".")
        count = len(attempts.read_text())
        if asked == "fails always" or (asked == "fails twice" and count < 3):
            raise InfrastructureFault("no worker got ready.")
        if asked == "no isolation":
            raise IsolationUnavailable(("bubblewrap is not installed.",))
        if asked == "kills":
            os.kill(os.getpid(), signal.SIGKILL)
        if asked == "sleeps":
            time.sleep(0.2)
        return Marked(f"attempt {count}")


def trying(folder: Path) -> Trying:
    return Trying("", AnswerKey(A, "", ""), 1, notes=str(folder))


def handed_in(*asked: str) -> list[tuple[str, HandedIn]]:
    return [(f"s{n}", HandedIn(f"s{n}", each.encode())) for n, each in enumerate(asked)]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[cluster.Grade, Path]]:
    """A worker of our own, and where `Trying` notes its attempts."""
    folder = tmp_path_factory.mktemp("attempts")
    with cluster.local(trying(folder), 1) as grade:
        yield grade, folder


def test_a_fault_is_tried_again_three_times_then_named_with_its_machine_and_stops_nobody(ours):
    grade, folder = ours
    came = dict(grade(handed_in("fails twice", "fails always", "no isolation", "nothing")))
    assert (came["s0"], came["s3"]) == (Marked("attempt 3"), Marked("attempt 1"))
    assert isinstance(came["s1"], InfrastructureFault)
    assert str(came["s1"]) == f"{HERE}: no worker got ready."
    assert str(came["s2"]).startswith(f"{HERE}: nothing isolates")
    assert (folder / "s1").read_text() == "...."


def test_nobody_without_our_credentials_reaches_our_scheduler(ours):
    address = default_client().scheduler.address
    assert address.startswith("tls://127.0.0.1:")
    theirs = Security.temporary()
    with pytest.raises(OSError):
        Client(address, security=theirs, timeout=3, set_as_default=False)


def test_only_a_few_submissions_are_in_memory_at_a_time(ours):
    taken = 0

    def counted() -> Iterator[tuple[str, HandedIn]]:
        nonlocal taken
        for each in handed_in(*["nothing"] * 40):
            taken += 1
            yield each

    grade, _ = ours
    for done, _ in enumerate(grade(counted()), start=1):
        assert taken - done <= cluster.AHEAD
    assert done == 40


def test_a_submission_over_which_workers_die_is_named_and_stops_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(cluster.SETTINGS, "distributed.scheduler.allowed-failures", 1)
    with cluster.local(trying(tmp_path), 2) as grade:
        came = dict(grade(handed_in("kills", *["nothing"] * 5)))
    assert str(came.pop("s0")) == "2 workers were lost over it, one after the other."
    assert [outcome.notebook[:7] for outcome in came.values()] == ["attempt"] * 5


# A cluster that was there before


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler and two workers, started by hand in folders without a course."""
    folder = tmp_path_factory.mktemp("cluster")
    contact = folder / "scheduler.json"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}  # for `Trying`
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": folder}
    where = ["--scheduler-file", str(contact), "--no-dashboard"]
    first = subprocess.Popen([*dask, "scheduler", "--host", "127.0.0.1", "--port", "0", *where], **quiet)
    workers = [subprocess.Popen([*dask, "worker", "--nthreads", "1", *where], **quiet) for _ in range(2)]
    yield json_load_robust(contact, timeout=PATIENCE_S)["address"], first
    for process in (*workers, first):
        process.terminate()
    for process in (*workers, first):
        process.wait(timeout=PATIENCE_S)


@pytest.mark.usefixtures("isolation")
def test_workers_without_a_course_mark_like_this_process(scheduler):
    marking = Marking(RELEASED, answer_key(A), 7)
    class_ = [("solved", HandedIn("rnn_basics.ipynb", SOLVED)), ("cut", HandedIn("rnn_basics.ipynb", b"{"))]
    with cluster.joined(marking, scheduler[0]) as grade:
        came = dict(grade(class_))
    assert came == dict(cluster.here(marking)(class_))
    assert not any(answer in came["cut"].notebook for answer in ("np.tanh", "prev_h @ Wh"))


def test_a_worker_with_other_checks_refuses(scheduler, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(cluster, "sources", lambda: "ours")
    with cluster.joined(trying(tmp_path), scheduler[0]) as grade:
        [(_, fault)] = grade(handed_in("nothing"))
    assert str(fault) == f"{HERE}: Another version of rnn_autograder is installed."


def test_where_no_scheduler_answers_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(cluster, "PATIENCE_S", 1.0)
    with (
        pytest.raises(cluster.SchedulerGone, match=r"No scheduler .* at tcp://127\.0\.0\.1:1"),
        cluster.joined(trying(tmp_path), "tcp://127.0.0.1:1"),
    ):
        pass


def test_a_scheduler_that_is_killed_ends_the_run_with_what_was_done(scheduler, tmp_path: Path):
    address, process = scheduler
    done = []
    with (
        pytest.raises(cluster.SchedulerGone, match="scheduler is gone"),
        cluster.joined(trying(tmp_path), address) as grade,
    ):
        for student, _ in grade(handed_in(*["sleeps"] * 50)):
            done.append(student)
            if len(done) == 3:
                process.kill()
    assert 3 <= len(done) < 50
