"""The zygote: imports once what notebooks import, and forks a worker for each submission.

    python -I -m rnn_autograder.sandbox.zygote DESCRIPTOR [warm]

Student code never runs here, nor in the child that watches the worker, but only in that child's child, after it has
entered its cage and given up all rights. An order comes as one message with the worker's ends of three lines:
the channel, its output, and the news for whoever ordered it.

Nothing secret is in this memory: it starts with an empty environment and sees no submission.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import Any, NoReturn

from rnn_autograder.sandbox import landlock, seccomp
from rnn_autograder.sandbox.restrain import restrain

MAX_ORDER = 1 << 17
WORKER = "rnn_autograder.sandbox.worker"
IMPORTED = [
    WORKER,  # NumPy and IPython with it
    "matplotlib.pyplot",
    "matplotlib.font_manager",
    "matplotlib_inline.backend_inline",
    "torch",
    "torch._dynamo",  # the first optimizer would import it, for seconds
]

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
MADV_COLLAPSE, HUGE_PAGE = 25, 2 << 20
CAPABILITIES_VERSION_3 = 0x20080522
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    1 << bit for bit in (17, 26, 27, 28, 29, 30)
)
NAMESPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Fork a worker for every order until whoever orders is gone."""
    control = socket.socket(fileno=int(sys.argv[1]))
    with contextlib.suppress(RuntimeError):
        importlib.import_module("pyseccomp")  # looks for its library by starting programs: not for a worker
    if sys.argv[2:] == ["warm"]:
        preload()
    threads = len(os.listdir("/proc/self/task"))
    if threads != 1:  # a lock that another thread holds would be held for ever in every child
        sys.exit(f"The zygote has {threads} threads and must have one.")
    gc.collect()
    gc.freeze()  # no collection in a child writes to what it shares
    collapse()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    control.send(b"ready")
    while True:
        order, lines, _, _ = socket.recv_fds(control, MAX_ORDER, 4)
        if not order:
            return
        if os.fork() == 0:
            control.close()
            _watch(json.loads(order), *lines)
        for line in lines:
            os.close(line)


def preload() -> None:
    """Import what notebooks import, and make the shell that will run their cells."""
    with tempfile.TemporaryDirectory() as folder:  # some make one for their settings or caches
        os.environ |= {"IPYTHONDIR": folder, "TMPDIR": folder}
        tempfile.tempdir = None
        for module in IMPORTED:
            importlib.import_module(module)
        sys.modules["torch"].set_num_threads(1)
        sys.modules[WORKER].shell()


def collapse() -> None:
    """Put this process's memory into huge pages: a fork copies the table of pages, which is then far shorter.

    Where the kernel cannot (before Linux 6.1), forks take longer and nothing else changes.
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        ends, rights, _, _, _, *name = line.split(maxsplit=5)
        if rights == "rw-p" and (not name or name == ["[heap]"]):
            begin, end = (int(address, 16) for address in ends.split("-"))
            for address in range(-(-begin // HUGE_PAGE) * HUGE_PAGE, end - HUGE_PAGE + 1, HUGE_PAGE):
                _libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(HUGE_PAGE), MADV_COLLAPSE)


def _watch(order: dict[str, Any], channel: int, output: int, news: int, cage: int | None = None) -> NoReturn:
    """Fork the worker, tell its number, wait for its end, tell how it ended.

    It stays outside the process namespace that the worker is born into, where student code cannot reach it.
    """
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if cage is not None:
            _must(_libc.setns(cage, NAMESPACES | CLONE_NEWUSER * order["user_namespace"]))
        _die_with_parent()  # joining a namespace of users has cleared it
        worker = os.fork()
        if worker == 0:
            _become(order, channel, output, news)
        os.close(channel)
        os.close(output)
        _tell(news, pid=worker)
        os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
        with contextlib.suppress(ProcessLookupError):  # whoever is left in its session
            os.killpg(worker, signal.SIGKILL)
        _, ended = os.waitpid(worker, 0)
        _tell(news, status=os.waitstatus_to_exitcode(ended))
        status = 0
    except Exception as error:
        _tell(news, failed=str(error))
    finally:
        os._exit(status)


def _become(order: dict[str, Any], channel: int, output: int, news: int) -> NoReturn:
    """Become the worker: give up everything, say so, wait for the word, run the program."""
    status = 1
    try:
        os.setsid()
        os.dup2(output, 1)
        os.dup2(output, 2)
        _close_all_but(channel, news)
        os.chdir(order["folder"])
        _give_up_rights(order["user"])
        _die_with_parent()
        for file in (__file__, os.__file__):
            _must_be_readable(file)
        if order["files"] is not None:
            landlock.restrict(**order["files"])
        restrain(0, {int(kind): most for kind, most in order["limits"].items()})
        if order["filter"] is not None:
            seccomp.load(**order["filter"])
        _tell(news, confined=True)
        os.close(news)
        if os.read(channel, 1):
            _start_afresh(order["environment"])
            status = _run(order["program"], channel)
    except Exception as error:
        with contextlib.suppress(OSError):
            _tell(news, failed=str(error))
    finally:
        os._exit(status)


def _must_be_readable(file: str) -> None:
    """As whom we are now. Where one of its folders is shut, passing through that one is enough."""
    if os.access(file, os.R_OK):
        return
    shut = [folder for folder in reversed(Path(file).parents) if not os.access(folder, os.X_OK)]
    remedy = f"chmod a+x {shut[0]}" if shut else f"chmod -R a+rX {os.path.dirname(file)}"
    raise PermissionError(f"{file} cannot be read by other users. Type\n    {remedy}")


def _close_all_but(*kept: int) -> None:
    """Of what the zygote and the watcher had open, only standard input, output and these."""
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def _give_up_rights(user: int | None) -> None:
    """No user but this one, no capability, and no way to any more."""
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    _must(_libc.capset(header, none))
    _must(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def _die_with_parent() -> None:
    _must(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))


def _start_afresh(environment: dict[str, str]) -> None:
    """What must not be the same in all children."""
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # some import has asked for it, outside
    for name, attribute in (("random", "seed"), ("numpy.random", "seed"), ("torch", "seed")):
        if name in sys.modules:
            getattr(sys.modules[name], attribute)()


def _run(program: str | None, channel: int) -> int:
    """Run the worker, or a program given as text, as `python -c` would; returns its exit status."""
    sys.argv = [WORKER, str(channel)]
    try:
        if program is None:
            from rnn_autograder.sandbox import worker

            worker.main()
        else:
            exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    return 0


def _tell(news: int, **what: object) -> None:
    os.write(news, json.dumps(what).encode() + b"\n")


def _must(answer: int) -> None:
    if answer != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


if __name__ == "__main__":
    main()
