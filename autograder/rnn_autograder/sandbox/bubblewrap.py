"""A process in a cage: namespaces by bubblewrap, a filter of system calls, the kernel's limits.

The worker has a process namespace of its own, whose first process is bubblewrap's: when that goes, all goes. It
goes with us, because it is still the user that we are and the worker cannot touch it. The worker sees a
read-only file system with an interpreter, its libraries and our two packages, no network, no other process, and
one small folder to write in. Its limits are put on from outside while it waits: nothing in there is trusted.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from rnn_autograder.limits import InfrastructureFault, Limits
from rnn_autograder.sandbox import seccomp
from rnn_autograder.sandbox.process import Process
from rnn_autograder.sandbox.restrain import restrain

HOME = "/home/student"
FONT_CACHE = f"{HOME}/.matplotlib"
ENVIRONMENT = {
    "HOME": HOME,
    "TMPDIR": HOME,
    "USER": "student",
    "LOGNAME": "student",
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": FONT_CACHE,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}

# Libraries and where they are looked up, what the processor can do, fonts.
READABLE = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/sys/devices/system/cpu",
    "/usr/share/fonts",
]
DEVICES = ["null", "zero", "full", "random", "urandom"]
PACKAGES = ["rnn_autograder", "rnn_datasets"]

# As root there is no user namespace. The worker becomes a user whom nobody else is, so that the kernel can
# count its threads; systemd's table of user numbers leaves this range free.
FREE_USERS = range(1_900_000_000, 2_100_000_000)


def start(argv: Sequence[str], limits: Limits, *, user_namespace: bool) -> Process:
    """Start a program in a cage of its own.

    Args:
        argv: the program; the number of the channel's descriptor is added as its last argument.
        limits: what it may use.
        user_namespace: needed by ordinary users. Root does without and makes the worker an ordinary user.

    Raises:
        InfrastructureFault: bubblewrap is missing or did not get as far as starting a process.
    """
    with contextlib.ExitStack() as files:
        told, tell = map(files.enter_context, _pipe())
        wait, go = map(files.enter_context, _pipe())
        rules = files.enter_context(_file(seccomp.program()))
        options = f"--seccomp {rules.fileno()} --info-fd {tell.fileno()} --block-fd {wait.fileno()}".split()
        options += _namespaces(user_namespace) + _file_system(limits.disk_bytes)
        for name, value in ENVIRONMENT.items():
            options += ["--setenv", name, value]
        # Started with an empty environment and its arguments in a file: nothing of ours is left to be read.
        arguments = files.enter_context(_file("\0".join(options).encode()))
        command = [_program("bwrap"), "--args", str(arguments.fileno()), "--"]
        if not user_namespace:
            command += _ordinary_user()
        given = [file.fileno() for file in (arguments, rules, tell, wait)]
        process = Process([*command, *argv], {}, descriptors=given)
        try:
            tell.close()  # ours; when bubblewrap closes its own, all is told
            first = json.loads(told.read())["child-pid"]
            process.hold(first)
            restrain(first, limits)  # the worker inherits it
            go.write(b".")
            process.counted = (first, _only_child(first, process))
            process.watch(f"/proc/{first}/root{HOME}")
        except (OSError, ValueError) as error:
            said = process.last_words() or str(error)
            process.close()
            raise InfrastructureFault(f"bubblewrap could not start a process. {said}") from None
    return process


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise InfrastructureFault(f"{name} is not on the PATH.")
    return path


def _namespaces(user_namespace: bool) -> list[str]:
    options = "--unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try"
    options += " --new-session --die-with-parent --hostname sandbox --cap-drop ALL"
    if user_namespace:
        options += " --unshare-user --uid 1000 --gid 1000"
    else:
        options += " --cap-add CAP_SETUID --cap-add CAP_SETGID"
    return options.split()


def _ordinary_user() -> list[str]:
    """Words before a command that take root's rights from it, for good."""
    user = secrets.choice(FREE_USERS)
    options = f"--reuid {user} --regid {user} --clear-groups --inh-caps=-all"
    return [_program("setpriv"), *options.split(), "--"]


def _file_system(disk_bytes: int) -> list[str]:
    """The file system, in order: what comes later covers what came before."""
    made: set[Path] = {Path("/")}

    def parents(path: Path) -> list[str]:
        """Folders that anybody may pass through, where bubblewrap's own would be for their owner alone."""
        missing = [parent for parent in reversed(path.parents) if parent not in made]
        made.update(missing)
        return [word for parent in missing for word in ("--dir", str(parent))]

    options = ["--proc", "/proc", *parents(Path(FONT_CACHE).parent)]
    options += ["--perms", "0777", "--size", str(disk_bytes), "--tmpfs", HOME]
    options += ["--perms", "0777", "--dir", FONT_CACHE]
    for path in _readable():
        options += [*parents(path), "--ro-bind-try", str(path), str(path)]
    python, real_python = Path(sys.executable), Path(sys.executable).resolve()
    if python != real_python:
        options += [*parents(python), "--symlink", str(real_python), str(python)]
    for device in DEVICES:
        options += [*parents(Path("/dev/any")), "--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for path in _font_caches():
        options += ["--ro-bind", str(path), f"{FONT_CACHE}/{path.name}"]
    return [*options, "--remount-ro", "/", "--chdir", HOME]


@functools.cache
def _readable() -> tuple[Path, ...]:
    """What a worker can read: libraries, this interpreter, our two packages."""
    paths = [Path(name) for name in READABLE]
    paths.append(Path(sys.executable).resolve())
    if setpriv := shutil.which("setpriv"):
        paths.append(Path(setpriv))
    for prefix in map(Path, (sys.base_prefix, sys.prefix)):
        paths += [prefix / "lib", prefix / "lib64", prefix / "pyvenv.cfg"]
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            paths.append(Path(spec.submodule_search_locations[0]))
    return tuple(dict.fromkeys(paths))


@functools.cache
def _font_caches() -> tuple[Path, ...]:
    """Matplotlib's list of fonts, made once for all workers: to search in each would cost a second."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "unrolled", "matplotlib")
    if not any(cache.glob("fontlist-*.json")):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            cache.mkdir(parents=True, exist_ok=True)
            search = [sys.executable, "-I", "-c", "import matplotlib.font_manager"]
            environment = {**os.environ, "MPLCONFIGDIR": str(cache)}
            subprocess.run(search, env=environment, check=True, capture_output=True)
    return tuple(cache.glob("fontlist-*.json"))


def _only_child(first: int, process: Process) -> int:
    """The process that the first one starts, as soon as it has done so."""
    children = Path(f"/proc/{first}/task/{first}/children")
    while not (numbers := children.read_text().split()):
        if process.ended(wait_s=0.0005):
            raise ChildProcessError("It ended at once.")
    return int(numbers[0])


def _pipe() -> tuple[IO[bytes], IO[bytes]]:
    read_end, write_end = os.pipe()
    return open(read_end, "rb", buffering=0), open(write_end, "wb", buffering=0)


def _file(content: bytes) -> IO[bytes]:
    """A file without a name."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever asked closes it)
    file.write(content)
    file.seek(0)
    return file
