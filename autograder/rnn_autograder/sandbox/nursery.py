"""Where workers are born: our side of the zygote."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

from rnn_autograder.limits import InfrastructureFault, Limits
from rnn_autograder.sandbox import bubblewrap, landlock
from rnn_autograder.sandbox.bubblewrap import Cage
from rnn_autograder.sandbox.process import Folder, Process
from rnn_autograder.sandbox.restrain import kernel_limits

START_S = 300.0  # PyTorch from a cold disk of a busy machine
FORK_S = 60.0

# A worker becomes a user whom nobody else is, so that the kernel can count its threads and other workers are
# strangers to it; systemd's table of user numbers leaves this range free.
FREE_USERS = range(1_900_000_000, 2_100_000_000)


@dataclass(frozen=True)
class Isolation:
    """What stands between student code and this machine.

    Attributes:
        tier: `A`: namespaces, a filter of system calls and limits, and Landlock where the kernel has it. `B`: the
            same without namespaces, where Landlock is new enough. `none`: the kernel's limits only.
        summary: the same in a sentence.
        findings: what was tried and did not hold, and what would mend it; a line to type stands alone.
        user_namespace: whether a cage is made with one; see `Cage`.
    """

    tier: str
    summary: str
    findings: tuple[str, ...] = ()
    user_namespace: bool = True


class Zygote:
    """A process that has imported what notebooks import, and forks a worker for each; see `zygote`.

    It is started at the first fork, and again after it has died. It ends with us.
    """

    def __init__(self, *, warm: bool = True) -> None:
        """Promise a zygote.

        Args:
            warm: whether it imports anything. A cold one starts at once, and its children import for themselves.
        """
        self._warm = warm
        self._started: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Zygote:
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    def fork(self, limits: Limits, isolation: Isolation, program: str | None = None) -> Process:
        """A worker in its place, limited and about to run.

        Args:
            limits: what it may use.
            isolation: how it is isolated.
            program: what it runs, as source text; the worker's own program if None.

        Raises:
            InfrastructureFault: the zygote did not start, or the worker did not get into its place.
        """
        with contextlib.ExitStack() as undo:
            user = secrets.choice(FREE_USERS) if _becomes_another(isolation) else None
            place = _place(limits, isolation, user)
            undo.callback(place.close)
            order = _order(place, limits, isolation, user, program)
            ours, theirs = socket.socketpair()
            undo.callback(ours.close)
            output, output_end = os.pipe()
            undo.callback(os.close, output)
            news_end, telling = socket.socketpair()
            undo.callback(news_end.close)
            lines = [theirs.fileno(), output_end, telling.fileno()]
            try:
                cage = [place.pidfd] if isinstance(place, Cage) else []
                socket.send_fds(self._control(), [json.dumps(order).encode()], [*lines, *cage])
            except OSError as error:
                self.close()
                raise InfrastructureFault(f"The process that starts workers is gone: {error}.") from None
            finally:
                theirs.close()
                telling.close()
                os.close(output_end)
            news_end.settimeout(FORK_S)
            news = news_end.makefile("rb")
            undo.callback(news.close)
            news_end.close()  # for good when the file is closed
            try:
                told: dict[str, Any] = {}
                while not told.keys() >= {"pid", "confined"}:
                    told |= json.loads(news.readline() or b'{"failed": "It ended."}')
                    if "failed" in told:
                        raise InfrastructureFault(f"A worker did not get into its place. {told['failed']}")
                process = Process(told["pid"], ours, output, news, place, limits)
                ours.send(b".")
            except OSError as error:
                raise InfrastructureFault(f"A worker did not get into its place. {error}") from None
            ours.setblocking(False)
            os.set_blocking(output, False)
            undo.pop_all()
        return process

    def close(self) -> None:
        """End it; workers that it has forked end too. May be repeated."""
        if self._started is None:
            return
        self._line.close()
        self._started.wait()
        self._started = None

    def _control(self) -> socket.socket:
        if self._started is not None and self._started.poll() is not None:
            self.close()
        if self._started is None:
            self._start()
        return self._line

    def _start(self) -> None:
        self._line, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        environment = {**bubblewrap.ENVIRONMENT, "MPLCONFIGDIR": str(bubblewrap.font_cache())}
        command = [sys.executable, "-I", "-m", "rnn_autograder.sandbox.zygote", str(theirs.fileno())]
        with tempfile.TemporaryFile() as said, theirs:
            self._started = subprocess.Popen(
                [*command, "warm"] if self._warm else command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=environment,
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C is for us
            )
            theirs.close()
            self._line.settimeout(START_S)
            try:
                ready = self._line.recv(16)
            except OSError:
                ready = b""
            if not ready:
                self._started.kill()
                self.close()
                said.seek(0)
                words = said.read().decode(errors="replace").strip()
                raise InfrastructureFault(f"The process that starts workers did not get ready. {words}")
            self._line.settimeout(FORK_S)


def _becomes_another(isolation: Isolation) -> bool:
    """Whether the worker becomes another user, which only root can make it, and not from within a user namespace."""
    in_user_namespace = isolation.tier == "A" and isolation.user_namespace
    return os.geteuid() == 0 and isolation.tier != "none" and not in_user_namespace


def _place(limits: Limits, isolation: Isolation, user: int | None) -> Cage | Folder:
    if isolation.tier == "A":
        return Cage(limits, user_namespace=isolation.user_namespace)
    return Folder(user)


def _order(
    place: Cage | Folder, limits: Limits, isolation: Isolation, user: int | None, program: str | None
) -> dict[str, Any]:
    """What a worker is told before it becomes one; see `zygote`."""
    caged = isinstance(place, Cage)
    devices = [f"/dev/{name}" for name in bubblewrap.DEVICES]
    if caged:
        files = {"readable": ["/"], "writable": [place.path, bubblewrap.SHARED_MEMORY, *devices]}
    else:
        files = {"readable": list(map(str, bubblewrap.readable())), "writable": [place.path, *devices]}
    confine = isolation.tier != "none"
    return {
        "folder": place.path,
        "user": user,
        "user_namespace": isolation.user_namespace,
        "files": files if confine and landlock.version() else None,
        # Threads are counted by user: only where the user is the worker's own.
        "limits": kernel_limits(limits, processes=isolation.tier == "A" or user is not None),
        "filter": {"caged": caged, "processes": limits.subprocesses} if confine else None,
        "environment": {n: v.replace(bubblewrap.HOME, place.path) for n, v in bubblewrap.ENVIRONMENT.items()},
        "program": program,
    }
