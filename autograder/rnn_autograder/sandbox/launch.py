"""A worker for as long as it is needed."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

from rnn_autograder.limits import IsolationUnavailable, Limits
from rnn_autograder.sandbox.line import Worker
from rnn_autograder.sandbox.nursery import Isolation, Zygote
from rnn_autograder.sandbox.probe import probe

UNSAFE = Isolation("none", "no isolation, as asked: student code can do whatever you can do on this machine")


@contextlib.contextmanager
def launch(
    limits: Limits,
    *,
    zygote: Zygote | None = None,
    program: str | None = None,
    left_s: float = math.inf,
    unsafe: bool = False,
) -> Iterator[Worker]:
    """Run a worker in isolation; with the context it ends, and all that it started.

    Args:
        limits: what it may use.
        zygote: forks it; without one it starts cold, in an interpreter of its own.
        program: Python source to run instead of the worker's. Its channel, a stream socket, is the descriptor whose
            number is the last of `sys.argv`.
        left_s: seconds on the clock that are left for the whole notebook.
        unsafe: without isolation, with the kernel's limits only.

    Raises:
        IsolationUnavailable: there is no isolation here, and `unsafe` was not said.
        InfrastructureFault: it did not start.
    """
    isolation = UNSAFE if unsafe else probe()
    if isolation.tier == "none" and not unsafe:
        raise IsolationUnavailable(isolation.findings)
    if limits.subprocesses and isolation.tier == "B":
        raise IsolationUnavailable(
            ("This assignment starts processes, which needs tier A.", *isolation.findings)
        )
    with contextlib.ExitStack() as cleanup:
        if zygote is None:
            zygote = cleanup.enter_context(Zygote(warm=False))
        process = zygote.fork(limits, isolation, program)
        cleanup.callback(process.close)
        worker = Worker(process, limits, isolation, left_s)
        cleanup.callback(worker.kill)
        yield worker
