"""Changing what is not theirs: the gradebook, the course, others' grades, the worker of whoever comes next."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from attacks.attack import FULL, MARK, Attack

READ_ONLY = "only the working folder can be written"
OTHERS = "no other process can be reached"
LATER = "nothing is left for the next submission"
PAGES = "nothing of a student's runs in its reader's browser"

SCRIPT = f"<script>window.name = '{MARK}'</script><img src=x onerror=\"window.name='{MARK}'\">"


def _config(folder: Path, known: Mapping[str, str]) -> None:
    """Files that somebody's tools read wherever they find them."""
    code = f"open({str(Path(known['course'], MARK))!r}, 'w')\n"
    for name in (
        "nbgrader_config.py",
        "sitecustomize.py",
        "usercustomize.py",
        "numpy.py",
        "torch.py",
        "conftest.py",
    ):
        (folder / name).write_text(code)
    (folder / "evil.pth").write_text(f"import sys; {code}")
    (folder / "rnn_autograder").mkdir()
    (folder / "rnn_autograder" / "__init__.py").write_text(code)
    (folder / ".course_secret").write_text("mine")
    (folder / "gradebook.db").write_text("mine")
    (folder / "jupyter_config.json").write_text('{"Exporter": {"preprocessors": ["numpy.X"]}}')


def _folder_of_its_name(folder: Path, known: Mapping[str, str]) -> None:
    notebook = folder / "rnn_basics.ipynb"
    notebook.rename(folder / "other.ipynb")
    (folder / "rnn_basics.html").write_text(SCRIPT)


def _name(folder: Path, known: Mapping[str, str]) -> None:
    (folder / "rnn_basics.ipynb").rename(folder / f"\x1b]0;{MARK}\a<img src=x onerror={MARK}>.ipynb")


def _long_ago(folder: Path, known: Mapping[str, str]) -> None:
    (folder / "timestamp.txt").write_text("0001-01-01 00:00:00 UTC")


def _dangling(folder: Path, known: Mapping[str, str]) -> None:
    (folder / "data.csv").symlink_to("nowhere")


def _pipe(folder: Path, known: Mapping[str, str]) -> None:
    os.mkfifo(folder / "data.csv")


def _endless(folder: Path, known: Mapping[str, str]) -> None:
    (folder / "data.csv").symlink_to("/dev/full")


def _place_taken(folder: Path, known: Mapping[str, str]) -> None:
    notebook = folder / "rnn_basics.ipynb"
    notebook.rename(folder / "other.ipynb")
    notebook.mkdir()
    (notebook / "data.csv").write_text("1")


def _scripts(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and "nbgrader" in cell.metadata:
            cell.source = f"{SCRIPT}\n\n[a](javascript:{MARK})\n\n```mermaid\n{SCRIPT}\n```\n\n"
            cell.source += f"$$\\href{{javascript:{MARK}}}{{x}}$$"
            cell.attachments = {f'x" onerror="{MARK}': {"image/svg+xml": SCRIPT, "image/png": "iVBORw0KGgo="}}
    notebook.cells.append(new_markdown_cell(SCRIPT))


def _strangers(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.metadata.nbgrader.update(checksum="0" * 32, points=3, task=True, cell_type="markdown")
    for number, cell in enumerate(notebook.cells):
        cell.metadata["student"], cell.metadata["../../id"] = "honest-0", number
    notebook.metadata["nbgrader"] = {
        "student": "honest-0",
        "assignment": "../../../etc",
        "student_id": "honest-0",
    }
    notebook.metadata["authors"] = [{"name": "honest-0"}]


LEAVES = """
places = [os.getcwd(), "/tmp", "/var/tmp", "/dev/shm", "/run/lock", os.environ["MPLCONFIGDIR"], *sys.path, "/dev", "/"]
for place in places:
    path = os.path.join(place, MARK)
    if os.path.exists(path):
        print("from somebody else succeeded:", path)
    with contextlib.suppress(OSError):
        with open(path, "x") as file: file.write("a message")
import matplotlib, tempfile
for path in glob.glob(os.environ["MPLCONFIGDIR"] + "/fontlist*") + [matplotlib.__file__, np.__file__]:
    attempt(path, lambda: open(path, "a").write(MARK))
    attempt(path, lambda: os.rename(path, path + MARK))
    attempt(path, lambda: os.chmod(path, 0o777))
"""

ATTACKS = (
    Attack(
        "full marks written into the gradebook",
        READ_ONLY,
        last="""
        import sqlite3
        def write(path):
            with sqlite3.connect(path) as gradebook:
                gradebook.execute("update grade set auto_score = 7, manual_score = 7, extra_credit = 100")
        for path in ("$course/gradebook.db", "/proc/1/root$course/gradebook.db", "/proc/$pid/root$course/gradebook.db"):
            attempt(path, lambda: write(path))
        """,
    ),
    Attack(
        "the course folder, written",
        READ_ONLY,
        last="""
        def write(path):
            with open(path, "w") as file: file.write(MARK)
        for name in (".course_secret", "gradebook.db", "nbgrader_config.py", MARK, "assignments/x",
                     "solutions/a01_rnn_basics/rnn_basics.py", "autograded/$neighbour/x",
                     "submitted/$neighbour/a01_rnn_basics/rnn_basics.ipynb"):
            attempt(name, lambda: write("$course/" + name))
            attempt(name, lambda: os.makedirs("$course/" + name))
            attempt(name, lambda: os.unlink("$course/" + name))
        """,
    ),
    Attack(
        "the interpreter and our package, written",
        READ_ONLY,
        last="""
        import rnn_autograder, IPython
        def write(path):
            with open(path, "ab") as file: file.write(MARK.encode())
        packages = [os.path.dirname(module.__file__) for module in (rnn_autograder, IPython, np, os)]
        new = [os.path.join(p, MARK) for p in (*packages, packages[0] + "/__pycache__", "/usr/lib")]
        for path in [*new, *glob.glob(packages[0] + "/*.py")[:5], sys.executable]:
            attempt(path, lambda: write(path))
        for package in packages:
            attempt(package, lambda: os.chmod(package, 0o777))
            attempt(package, lambda: os.rename(package, package + MARK))
            attempt(package, lambda: system_call("mount", b"none", package.encode(), b"tmpfs", 0, 0))
        """,
    ),
    Attack("a message for whoever comes later", LATER, last=LEAVES),
    Attack("a message from whoever came before", LATER, last=LEAVES),
    Attack(
        "numpy spoilt in memory that is shared",
        LATER,
        last="""
        for name in ("tanh", "exp", "eye", "stack", "take_along_axis", "log"):
            setattr(np, name, None)
        """,
        loses=tuple(set(FULL) - {"word_embedding_forward", "temporal_affine_forward"}),
        shows="TypeError",
    ),
    Attack(
        "a library written through one's own memory",
        "what is written there stays one's own",
        last="""
        regions = [text.split() for text in open("/proc/self/maps") if "numpy" in text]
        region = next(words for words in regions if words[-1].endswith(".so"))
        begin, path = int(region[0].split("-")[0], 16), region[-1]
        with contextlib.suppress(OSError), open("/proc/self/mem", "r+b", 0) as memory:
            memory.seek(begin + 8)
            memory.write(MARK[:7].encode())
        with contextlib.suppress(OSError):
            system_call("mprotect", ctypes.c_void_p(begin), 4096, 7)
        print("on the disk:", MARK[:7].encode() in readable(path))
        """,
        shows="on the disk: False",
    ),
    Attack(
        "signals to everybody",
        OTHERS,
        last="""
        assert os.getuid() != 0, "an attack that must not run without a cage"
        others = {1, os.getppid(), $pid, *range(2, 60)} - {0, os.getpid()}
        for pid in others:
            for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(OSError):
                    os.kill(pid, number)
        with contextlib.suppress(OSError):
            os.kill(-1, signal.SIGKILL)
        attempt("a signal to the grader", lambda: os.kill($pid, signal.SIGCONT))
        """,
    ),
    Attack(
        "signals to the group",
        "the worker shares no group with those outside",
        last="""
        def one_hot(tokens, V):
            assert os.getuid() != 0, "an attack that must not run without a cage"
            for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGABRT):
                with contextlib.suppress(OSError):
                    os.kill(0, number)
        """,
        loses=("one_hot",),
        shows="ended by the system|It returned nothing",
    ),
    Attack(
        "memory that the zygote shares",
        LATER,
        last="""
        shared = [words for words in map(str.split, open("/proc/self/maps")) if "w" in words[1] and "s" in words[1]]
        if shared: print("a shared page succeeded:", shared)
        print("looked at all pages")
        """,
        shows="looked at all pages",
    ),
    Attack(
        "words into other processes",
        OTHERS,
        last="""
        PTRACE_SEIZE = 0x4206
        for pid in {1, os.getppid(), $pid, *range(2, 40)} - {0, os.getpid()}:
            attempt(f"memory of {pid}", lambda: open(f"/proc/{pid}/mem", "r+b", 0).write(b"0"))
            attempt(f"hold of {pid}", lambda: system_call("ptrace", PTRACE_SEIZE, pid, 0, 0))
            attempt(f"a descriptor of {pid}", lambda: os.open(f"/proc/{pid}/fd/1", os.O_WRONLY))
            attempt(f"death of {pid}", lambda: open(f"/proc/{pid}/oom_score_adj", "w").write("1000"))
        """,
    ),
    Attack(
        "limits and priorities of others",
        OTHERS,
        last="""
        import resource
        for pid in {1, $pid, os.getppid()} - {0, os.getpid()}:
            attempt(f"limits of {pid}", lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1)))
            attempt(f"processors of {pid}", lambda: os.sched_setaffinity(pid, {0}))
            attempt(f"patience of {pid}", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
        attempt("first of all", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))
        attempt("more of everything", lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)))
        attempt("nicer", lambda: os.nice(-5))
        """,
    ),
    Attack(
        "the machine's switches",
        READ_ONLY,
        last="""
        def write(path, text="1"):
            with open(path, "w") as file: file.write(text)
        for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger",
                     "/proc/self/oom_score_adj", "/sys/fs/cgroup/cgroup.procs", "/sys/power/state"):
            attempt(path, lambda: write(path, "-1000" if "oom" in path else "1"))
        attempt("the name", lambda: system_call("sethostname", b"mine", 4))
        attempt("the clock", lambda: time.clock_settime(time.CLOCK_REALTIME, 0))
        attempt("the end", lambda: system_call("reboot", 0x1234567))
        """,
    ),
    Attack(
        "becoming root",
        "rights are never won",
        last="""
        for name in ("setuid", "setgid", "seteuid", "setegid"):
            attempt(name, lambda: getattr(os, name)(0))
        attempt("groups", lambda: os.setgroups([0]))
        attempt("a user namespace", lambda: system_call("unshare", 0x10000000))
        attempt("a mount namespace", lambda: system_call("unshare", 0x00020000))
        for name in ("mnt", "pid", "net", "user"):
            attempt(name, lambda: system_call("setns", os.open(f"/proc/1/ns/{name}", os.O_RDONLY), 0))
        attempt("personality", lambda: system_call("personality", 0x0040000))
        """,
    ),
    Attack(
        "garbage into every descriptor",
        "what is no frame ends the worker, and nobody else",
        right=False,
        last="""
        for number in range(3, 256):
            with contextlib.suppress(OSError):
                os.write(number, bytes(range(256)) * 40)
        """,
        shows="returned more than|made no sense|Not written",
        error="Stopped",
    ),
    Attack(
        "the line, shut",
        "who hangs up is not graded by what is not there",
        last="""
        def one_hot(tokens, V):
            mine = socket.socket(fileno=os.dup(line()))
            mine.shutdown(socket.SHUT_RDWR)
            os.closerange(0, 256)
            time.sleep(1000)
        """,
        loses=("one_hot",),
        shows="closed the line",
    ),
    Attack(
        "descriptors sent along the line",
        "nothing but bytes is taken from the line",
        last="""
        def one_hot(tokens, V):
            mine = socket.socket(fileno=os.dup(line()))
            files = [os.open("/dev/null", os.O_RDONLY) for _ in range(100)]
            with contextlib.suppress(OSError):
                for _ in range(20):
                    socket.send_fds(mine, [b"\\0\\0\\0\\1!"], files)
        """,
        loses=("one_hot",),
        shows="made no sense",
    ),
    Attack(
        "settings of every descriptor",
        "settings of one end are no settings of the other",
        last="""
        import fcntl
        for number in range(256):
            for request, value in (
                (fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC), (fcntl.F_SETOWN, $pid), (fcntl.F_SETOWN, -os.getpgrp()),
                (fcntl.F_SETSIG, signal.SIGTERM),
            ):
                with contextlib.suppress(OSError): fcntl.fcntl(number, request, value)
            with contextlib.suppress(OSError): fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(OSError): os.lseek(number, 10**9, os.SEEK_SET)
        fcntl.fcntl(line(), fcntl.F_SETFL, 0)
        print("set")
        """,
        shows="set",
    ),
    Attack(
        "others' names in every mark",
        "the folder says whose it is",
        edit=_strangers,
        last='attempt("names", lambda: 1 / 0)',
    ),
    Attack(
        "files that tools read wherever they find them",
        "nothing of a folder that is handed in is run or read by us",
        last='attempt("the folder", lambda: readable("numpy.py"))',
        hand_in=_config,
    ),
    Attack(
        "handed in long ago, by its own word",
        "a file in the folder moves nothing but its own date",
        last='attempt("the folder", lambda: readable("timestamp.txt"))',
        hand_in=_long_ago,
    ),
    # Pages and terminals of whoever reads
    Attack(
        "scripts in the written answer",
        PAGES,
        edit=_scripts,
        last='attempt("scripts", lambda: 1 / 0)',
    ),
    Attack(
        "scripts in outputs",
        PAGES,
        last=f"""
        from IPython.display import display, HTML, Javascript, SVG, Markdown
        script = {SCRIPT!r}
        print(script); print(script, file=sys.stderr)
        for kind in ("text/html", "image/svg+xml", "application/javascript", "text/markdown", "text/latex"):
            display({{kind: script}}, raw=True)
        width = {{"image/png": {{"width": '1" onload="' + MARK}}}}
        display({{"image/png": 'x" onerror="' + MARK, "text/plain": script}}, raw=True, metadata=width)
        class Loud(Exception): pass
        Loud.__name__ = script
        raise Loud("\\x1b]8;;javascript:" + MARK + "\\a" + script)
        """,
        shows="script",
        error=SCRIPT,
    ),
    Attack(
        "scripts in what is told about an error",
        PAGES,
        last=f"""
        def one_hot(tokens, V): raise KeyError("{SCRIPT.replace('"', "'")}")
        """,
        loses=("one_hot",),
        shows="KeyError",
    ),
    Attack(
        "a file whose name is a page and a terminal's command",
        PAGES,
        last='attempt("a name", lambda: 1 / 0)',
        hand_in=_name,
    ),
    Attack(
        "a page of its own in the folder",
        "feedback is written by us",
        last='attempt("a page", lambda: 1 / 0)',
        hand_in=_folder_of_its_name,
    ),
    # Folders on which a copier stumbles
    Attack(
        "a link to nowhere",
        "one folder never stops the class",
        last='attempt("l", lambda: 1 / 0)',
        hand_in=_dangling,
    ),
    Attack(
        "a folder in the notebook's place",
        "one folder never stops the class",
        right=False,
        shows="not an ordinary file",
        hand_in=_place_taken,
    ),
    Attack(
        "a pipe in the folder",
        "one folder never stops the class",
        last='attempt("p", lambda: 1 / 0)',
        hand_in=_pipe,
    ),
    Attack(
        "a link to a device",
        "one folder never stops the class",
        last='attempt("d", lambda: 1 / 0)',
        hand_in=_endless,
    ),
)
