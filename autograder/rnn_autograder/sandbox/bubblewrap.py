"""A cage: namespaces by bubblewrap, with nothing in them yet but one process that waits.

A cage has a process namespace of its own, whose first process is `cat`: when that goes, all goes, and it goes with us.
Inside are a read-only file system with an interpreter, its libraries and our two packages, no network, no
other process, and one small folder to write in. A worker enters it by itself; see `zygote`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from rnn_autograder.limits import InfrastructureFault, LimitReached, Limits
from rnn_autograder.sandbox import seccomp
from rnn_autograder.sandbox.restrain import kernel_limits, restrain

HOME = "/home/student"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
TIMES = slice(11, 15)  # in user and system mode, its own and those of its children that it has seen end

SHARED_MEMORY = "/dev/shm"
WAITS = "/bin/cat"  # the first process of a cage
FONT_CACHE = f"{HOME}/.matplotlib"
FONT_LISTS = "fontlist-*.json"
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


class Cage:
    """An empty cage.

    Attributes:
        path: the folder in it that can be written.
        first: its first process, by our number.
        pidfd: the same as a descriptor, by which its namespaces can be joined.
    """

    path = HOME

    def __init__(self, limits: Limits, *, user_namespace: bool) -> None:
        """Make it.

        Args:
            limits: for what is in it.
            user_namespace: needed by ordinary users. Root does without.

        Raises:
            InfrastructureFault: bubblewrap is missing or did not get as far as starting a process.
        """
        with contextlib.ExitStack() as files:
            told, tell = map(files.enter_context, _pipe())
            rules = files.enter_context(_file(seccomp.program()))
            options = f"--seccomp {rules.fileno()} --info-fd {tell.fileno()}".split()
            options += _namespaces(user_namespace) + _file_system(limits)
            # Started with an empty environment and its arguments in a file: nothing of ours is left to be read.
            arguments = files.enter_context(_file("\0".join(options).encode()))
            self._started = subprocess.Popen(
                [_program("bwrap"), "--args", str(arguments.fileno()), "--", WAITS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                env={},
                pass_fds=[file.fileno() for file in (arguments, rules, tell)],
                start_new_session=True,  # Ctrl-C is for us
            )
            tell.close()  # ours; when bubblewrap closes its own, all is told
            try:
                self.first = json.loads(told.read())["child-pid"]
                self.pidfd = os.pidfd_open(self.first)
            except (OSError, ValueError):
                raise self._fault() from None
        try:
            self._send_receive(b".")  # an echo: everything is in its place
            restrain(self.first, kernel_limits(limits))
            self._folder = os.open(f"/proc/{self.first}/root{HOME}", os.O_PATH | os.O_DIRECTORY)
        except OSError:
            os.close(self.pidfd)
            raise self._fault() from None

    def _send_receive(self, byte: bytes) -> None:
        assert self._started.stdin is not None and self._started.stdout is not None
        self._started.stdin.write(byte)
        if self._started.stdout.read(1) != byte:
            raise ChildProcessError

    def _fault(self) -> InfrastructureFault:
        self._started.kill()
        said, _ = self._started.communicate()
        return InfrastructureFault(
            f"bubblewrap could not make a cage. {said.decode(errors='replace').strip()}"
        )

    def cpu_s(self) -> float:
        """Seconds of processor time used so far by all that is in there, and by all that has ended."""
        lines = self._of_each("stat")  # what stands behind the name, which can hold anything
        return TICK_S * sum(sum(map(int, line.rpartition(")")[2].split()[TIMES])) for line in lines)

    def private_bytes(self) -> list[int]:
        """Of each process in there, the memory that it shares with no file."""
        pages = [line.split() for line in self._of_each("statm")]
        return [PAGE_BYTES * (int(resident) - int(shared)) for _, resident, shared, *_ in pages]

    def _of_each(self, file: str) -> Iterator[str]:
        proc = Path(f"/proc/{self.first}/root/proc")
        for folder in filter(str.isdigit, os.listdir(proc)):
            with contextlib.suppress(OSError):  # it has just ended
                yield (proc / folder / file).read_text()

    def beyond(self, limits: Limits) -> LimitReached | None:
        """The limit that is passed by what lies here, if one is. The file system has a size."""
        counts = os.statvfs(self._folder)
        too_many = counts.f_files - counts.f_ffree > limits.files
        return LimitReached("files", limits.files) if too_many else None

    def close(self) -> None:
        """End whatever is in there. May be repeated."""
        if self._started.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)  # the kernel takes down all the others
        self._started.communicate()
        os.close(self.pidfd)
        os.close(self._folder)


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise InfrastructureFault(f"{name} is not on the PATH.")
    return path


def _namespaces(user_namespace: bool) -> list[str]:
    options = "--unshare-pid --unshare-net --unshare-ipc --unshare-uts --unshare-cgroup-try"
    options += " --as-pid-1 --new-session --die-with-parent --hostname sandbox --cap-drop ALL"
    if user_namespace:
        options += " --unshare-user --uid 1000 --gid 1000"
    return options.split()


def _file_system(limits: Limits) -> list[str]:
    """The file system, in order: what comes later covers what came before."""
    made: set[Path] = {Path("/")}

    def parents(path: Path) -> list[str]:
        """Folders that anybody may pass through, where bubblewrap's own would be for their owner alone."""
        missing = [parent for parent in reversed(path.parents) if parent not in made]
        made.update(missing)
        return [word for parent in missing for word in ("--dir", str(parent))]

    options = ["--proc", "/proc"]
    writable = [HOME, SHARED_MEMORY] if limits.subprocesses else [HOME]
    for folder in writable:
        options += [
            *parents(Path(folder)),
            "--perms",
            "0777",
            "--size",
            str(limits.disk_bytes),
            "--tmpfs",
            folder,
        ]
    options += ["--perms", "0777", "--dir", FONT_CACHE]
    for path in readable():
        options += [*parents(path), "--ro-bind-try", str(path), str(path)]
    options += ["--ro-bind", os.path.realpath(_program("cat")), WAITS]
    python, real_python = Path(sys.executable), Path(sys.executable).resolve()
    if python != real_python:
        options += [*parents(python), "--symlink", str(real_python), str(python)]
    for device in DEVICES:
        options += [*parents(Path("/dev/any")), "--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    for path in font_cache().glob(FONT_LISTS):
        options += ["--ro-bind", str(path), f"{FONT_CACHE}/{path.name}"]
    return [*options, "--remount-ro", "/", "--chdir", HOME]


@functools.cache
def readable() -> tuple[Path, ...]:
    """What a worker can read: libraries, this interpreter, our two packages."""
    paths = [Path(name) for name in READABLE]
    paths.append(Path(sys.executable).resolve())
    for prefix in map(Path, (sys.base_prefix, sys.prefix)):
        paths += [prefix / "lib", prefix / "lib64", prefix / "pyvenv.cfg"]
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            paths.append(Path(spec.submodule_search_locations[0]))
    return tuple(dict.fromkeys(paths))


@functools.cache
def font_cache() -> Path:
    """The folder of Matplotlib's list of fonts, made once for all workers: to search in each would cost a second."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "unrolled", "matplotlib")
    if not any(cache.glob(FONT_LISTS)):
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            cache.mkdir(parents=True, exist_ok=True)
            search = [sys.executable, "-I", "-c", "import matplotlib.font_manager"]
            environment = {**os.environ, "MPLCONFIGDIR": str(cache)}
            subprocess.run(search, env=environment, check=True, capture_output=True)
    return cache


def _pipe() -> tuple[IO[bytes], IO[bytes]]:
    read_end, write_end = os.pipe()
    return open(read_end, "rb", buffering=0), open(write_end, "wb", buffering=0)


def _file(content: bytes) -> IO[bytes]:
    """A file without a name."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever asked closes it)
    file.write(content)
    file.seek(0)
    return file
