"""A class marked in parallel, by Dask: on this machine, or on a cluster that is there already.

What all submissions share goes once to each worker; a task is then one submission in, one marked notebook out. No
gradebook, no course and no other submission reaches a worker. What fails is tried again, then named; it stops nobody.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import dask
from distributed import Client, LocalCluster, Security, Worker, WorkerPlugin, as_completed, get_worker
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker
from distributed.utils import silence_logging_cmgr

from rnn_autograder.limits import InfrastructureFault, IsolationUnavailable
from rnn_autograder.marking import HandedIn, Marked, Marking, NotGraded, sources
from rnn_autograder.sandbox.nursery import Zygote

RETRIES = 3  # beside the first attempt
AHEAD = 2  # tasks for each thread: one that it works on, one that waits for it
PATIENCE_S = 30.0  # for a scheduler to answer

# A student's name, and what came out: what is marked, or the fault for which there is nothing.
Outcome = tuple[str, Marked | Exception]
Grade = Callable[[Iterable[tuple[str, HandedIn]]], Iterator[Outcome]]

SETTINGS = {
    "distributed.scheduler.allowed-failures": RETRIES,
    # No task waits at a worker: one that kills it would be counted against its neighbour too.
    "distributed.scheduler.worker-saturation": 1.0,
    # Nothing that anybody on this machine could ask without our credentials.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,  # it costs, and nobody looks
}


class SchedulerGone(InfrastructureFault):
    """Nobody is left to hand out the work."""


def here(marking: Marking) -> Grade:
    """One submission after the other in this process, each in an interpreter that starts anew: to look for a fault."""

    def grade(handed_in: Iterable[tuple[str, HandedIn]]) -> Iterator[Outcome]:
        for student, submission in handed_in:
            try:
                yield student, marking.mark(submission)
            except Exception as fault:  # whatever it is, it is this submission's
                yield student, fault

    return grade


@contextmanager
def local(marking: Marking, workers: int) -> Iterator[Grade]:
    """Workers of our own: one process and one thread each, on this machine.

    They are reached by TLS with credentials that live as long as they do: whoever can hand a task to a scheduler
    can run code as its owner, and this machine may have other users.

    Raises:
        InfrastructureFault: they did not start.
    """
    security = Security.temporary()
    with dask.config.set(SETTINGS):
        with _deaf_to_interrupts():
            try:
                cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    protocol="tls://",
                    security=security,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            except RuntimeError as error:  # one was killed before it was one
                raise InfrastructureFault(f"The workers did not start: {error} Try again.") from None
        with cluster, Client(cluster, security=security) as client:
            yield from _with_marking(client, marking)


@contextmanager
def joined(marking: Marking, address: str) -> Iterator[Grade]:
    """The workers of a cluster that is there already. Credentials for `tls://` come from Dask's configuration.

    Raises:
        SchedulerGone: there is no scheduler at the address.
    """
    with silence_logging_cmgr(logging.CRITICAL):  # what a person should know is said in our words
        try:
            client = Client(address, timeout=PATIENCE_S, set_as_default=False)
        except (OSError, RuntimeError, TypeError, ValueError) as error:  # the latter: of the credentials
            raise SchedulerGone(f"No scheduler of Dask answers at {address}: {error}") from None
        with client:
            if not client.nthreads():
                print(f"No worker has come to {address} yet: waiting for one.", file=sys.stderr)
            yield from _with_marking(client, marking)


def _with_marking(client: Client, marking: Marking) -> Iterator[Grade]:
    grader = Grader(marking)
    client.register_plugin(grader)
    try:
        yield lambda handed_in: _while_connected(_in_parallel(client, grader.name, handed_in))
    finally:
        if client.status == "running":
            with suppress(OSError):  # the scheduler went in this moment, and the client has not noticed yet
                client.unregister_worker_plugin(grader.name)


class Grader(WorkerPlugin):
    """What stays with a worker between its tasks. A worker that starts later, or again, gets it too."""

    idempotent = True

    def __init__(self, marking: Marking) -> None:
        self.marking = marking
        self.sources = sources()
        self.name = f"unrolled-{marking.version}"

    def setup(self, worker: Worker) -> None:
        """See `WorkerPlugin`."""
        self.zygote = Zygote()  # starts with the first submission
        self.lock = threading.Lock()  # somebody may have started a worker with many threads

    def teardown(self, worker: Worker) -> None:
        """See `WorkerPlugin`."""
        self.zygote.close()

    def grade(self, handed_in: HandedIn) -> Marked:
        """Mark a submission.

        Raises:
            InfrastructureFault: this machine cannot do it; the text says which one and why.
            NotGraded: see `Marking.mark`.
        """
        with self.lock, _on_this_machine():
            if self.sources != sources():
                raise InfrastructureFault("Another version of rnn_autograder is installed.")
            return self.marking.mark(handed_in, self.zygote)


@contextmanager
def _on_this_machine() -> Iterator[None]:
    """A fault of this machine, told with its name. Whatever it is: Dask waits for ever for what it cannot pickle."""
    try:
        yield
    except NotGraded:
        raise
    except IsolationUnavailable:
        told = (
            f"{socket.gethostname()}: nothing isolates students' code there. Type `autograder doctor` on it."
        )
        raise InfrastructureFault(told) from None
    except (InfrastructureFault, OSError) as fault:
        raise InfrastructureFault(f"{socket.gethostname()}: {fault}") from None
    except Exception as fault:
        told = f"{socket.gethostname()}: {type(fault).__name__}: {fault}"
        raise InfrastructureFault(told[:1000]) from None


def _task(grader: str, handed_in: HandedIn) -> Marked:
    plugin: Any = get_worker().plugins.get(grader)
    if plugin is None:
        raise InfrastructureFault(f"{socket.gethostname()}: this worker could not be set up.")
    marked: Marked = plugin.grade(handed_in)
    return marked


def _while_connected(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    try:
        yield from outcomes
    except (FutureCancelledError, CommClosedError):
        said = "The scheduler is gone. What was graded is kept; the same command goes on from there."
        raise SchedulerGone(said) from None


def _in_parallel(client: Client, grader: str, handed_in: Iterable[tuple[str, HandedIn]]) -> Iterator[Outcome]:
    """The class, in the order in which its notebooks are done; never more than a few of them are in memory."""
    students: dict[object, str] = {}
    done = as_completed([], loop=client.loop)
    due = iter(handed_in)

    def hand_out() -> None:
        room = AHEAD * max(1, sum(client.nthreads().values())) - len(students)
        for student, submission in islice(due, max(0, room)):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Sending large graph", UserWarning)
                future = client.submit(_task, grader, submission, pure=False, retries=RETRIES)
            students[future.key] = student
            done.add(future)

    hand_out()
    for future in done:
        student = students.pop(future.key)
        try:
            outcome: Marked | Exception = future.result()
        except KilledWorker as lost:
            times = lost.allowed_failures + 1
            outcome = InfrastructureFault(f"{times} workers were lost over it, one after the other.")
        except (FutureCancelledError, CommClosedError):
            raise  # nobody's but the scheduler's
        except Exception as fault:
            outcome = fault
        future.release()
        yield student, outcome
        hand_out()


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C goes to every process of a terminal; ours is the one to answer, and ends the others."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def processors() -> int:
    """How many processors we may use."""
    return len(os.sched_getaffinity(0))
