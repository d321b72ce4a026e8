"""More than their share: time, memory, disk, output, descriptors, and the patience of whoever reads."""

from __future__ import annotations

from nbformat import NotebookNode

from attacks.attack import Attack

TIME = "time is limited, and the limit is a sentence"
MEMORY = "memory is limited by every route"
DISK = "the working folder has a size and a number of files"
OUTPUT = "output is limited as it streams"
REPLY = "a reply is limited before it is read"
OURS = "what we do with a notebook takes little, whatever is in it"

MEBI = 1 << 20


def call(name: str, breaks: str, body: str, shows: str, first: str = "") -> Attack:
    """An attack in a call; it costs that exercise."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    return Attack(name, breaks, first, f"def one_hot(tokens, V):\n{lines}\n", loses=("one_hot",), shows=shows)


def cell(name: str, breaks: str, body: str, shows: str, error: str = "Stopped") -> Attack:
    """An attack in a cell of the student's own; it costs that cell."""
    return Attack(name, breaks, last=body, shows=shows, error=error)


def _written(text: str) -> object:
    def write(notebook: NotebookNode) -> None:
        answer = next(c for c in notebook.cells if c.cell_type == "markdown" and "nbgrader" in c.metadata)
        answer.source = text

    return write


def _nested_definitions() -> str:
    """Functions in functions, a hundred deep around a great many names."""
    lines = ["def one_hot(tokens, V):"]
    for depth in range(1, 90):
        lines.append(" " * depth + f"def f{depth}():")
    body = " " * 90
    lines += [body + ";".join("x" for _ in range(1000)) for _ in range(3)]
    lines += [" " * depth + f"f{depth}" for depth in range(89, 0, -1)]
    lines.append(" return None")
    return "\n".join(lines)


ATTACKS = (
    # Time
    call("a loop that never ends, in a call", TIME, "while True: pass", "seconds of processor time"),
    cell("a loop that never ends, in a cell", TIME, "while True: pass", "seconds of processor time"),
    call(
        "all processors at once",
        TIME,
        """
import hashlib
for _ in range(8):
    threading.Thread(target=lambda: [hashlib.sha256(bytes(1 << 20)) for _ in iter(int, 1)]).start()
time.sleep(1000)
""",
        "seconds of processor time",
    ),
    call(
        "a pattern that never matches",
        TIME,
        "import re\nre.match(r'(a+)+$$', 'a' * 64 + 'b')",
        "seconds of processor time",
    ),
    call(
        "a number too long to multiply",
        TIME,
        "return 7 ** (7 ** 12)",
        "seconds of processor time|MemoryError",
    ),
    call(
        "a limit that is caught",
        TIME,
        "signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        "seconds of processor time",
    ),
    call("sleep", TIME, "time.sleep(1000)", "It did nothing for"),
    cell(
        "waiting for input",
        TIME,
        "input('?')",
        "StdinNotImplementedError|EOFError",
        "EOFError|StdinNotImplementedError",
    ),
    cell(
        "waiting for a thread that waits",
        TIME,
        "lock = threading.Lock(); lock.acquire(); lock.acquire()",
        "It did nothing for",
    ),
    # Memory
    call(
        "memory piece by piece",
        MEMORY,
        "kept = []\nwhile True: kept.append(mmap.mmap(-1, 1 << 28))",
        "OSError at|MemoryError at",
    ),
    cell(
        "memory by every other route",
        MEMORY,
        """
        import tempfile
        size = 1 << 33
        attempt("bytes", lambda: len(bytearray(size)))
        attempt("an array", lambda: np.ones(size // 8).nbytes)
        attempt("a private map", lambda: len(mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)))
        attempt("a shared map", lambda: len(mmap.mmap(-1, size)))
        attempt("memfd", lambda: os.memfd_create("x"))
        attempt("System V", lambda: system_call("shmget", 0, 1 << 30, 0o1666))
        def mapped():
            with tempfile.TemporaryFile() as file:
                file.truncate(size)
                return len(mmap.mmap(file.fileno(), size))
        attempt("a map of a file", mapped)
        def many():
            return [mmap.mmap(-1, 1 << 28, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for _ in range(64)]
        attempt("many maps", many)
        attempt("locked", lambda: system_call("mlockall", 7))
        """,
        "a shared map was refused",
        "",
    ),
    cell(
        "memory of the kernel, in pipes and pairs",
        MEMORY,
        """
        import fcntl
        F_SETPIPE_SZ, F_GETPIPE_SZ = 1031, 1032
        kept, size = [], 0
        def pipes():
            global size
            while True:
                ends = os.pipe(); kept.append(ends)
                with contextlib.suppress(OSError): fcntl.fcntl(ends[1], F_SETPIPE_SZ, 1 << 20)
                os.set_blocking(ends[1], False)
                with contextlib.suppress(BlockingIOError):
                    while True: size += os.write(ends[1], bytes(1 << 16))
        attempt("pipes", pipes)
        print("in pipes", size < 1 << 28)
        for ends in kept: os.close(ends[0]); os.close(ends[1])
        """,
        "in pipes True",
        "",
    ),
    cell(
        "sockets in letters in sockets",
        MEMORY,
        """
        def bury():
            for _ in range(10_000):
                left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
                ends = [right.fileno(), *(end.fileno() for end in socket.socketpair())]
                left.setblocking(False)
                for _ in range(100): socket.send_fds(left, [b"x" * 60_000], ends)
        attempt("burying", bury)
        """,
        "burying was refused",
        "",
    ),
    call(
        "calls of calls without end",
        MEMORY,
        "sys.setrecursionlimit(10**9)\ndef f(_): return sorted([1], key=f)\nreturn f(0)",
        "SIGSEGV|RecursionError|MemoryError",
    ),
    call(
        "a structure too deep",
        REPLY,
        "deep = []\nfor _ in range(10**5): deep = [deep]\nreturn deep",
        "an object of type|due",
    ),
    # Threads, descriptors, disk
    cell(
        "a thousand threads",
        "threads are counted",
        """
        def start():
            for _ in range(1000): threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        attempt("threads", start)
        """,
        "threads was refused: RuntimeError",
        "",
    ),
    cell(
        "descriptors without end",
        "descriptors are counted",
        """
        kept = []
        def descriptors():
            while True: kept.append(os.open("/dev/null", os.O_RDONLY))
        attempt("descriptors", descriptors)
        for number in kept: os.close(number)
        """,
        "descriptors was refused: OSError",
        "",
    ),
    cell(
        "a disk filled",
        DISK,
        """
        def fill():
            while True:
                with open("full", "ab") as file: file.write(bytes(1 << 20))
        def spread():
            for number in range(1000):
                with open(f"spread{number}", "wb") as file: file.write(bytes(1 << 20))
        attempt("filling", fill); attempt("spreading", spread)
        attempt("reserving", lambda: os.posix_fallocate(os.open("far", os.O_CREAT | os.O_RDWR), 0, 1 << 40))
        for name in glob.glob("*"): os.unlink(name)
        """,
        "filling was refused: OSError",
        "",
    ),
    cell(
        "a disk filled where nobody can look",
        DISK,
        """
        def fill():
            os.mkdir("dark", 0o300)
            for number in range(300):
                with open(f"dark/{number}", "wb") as file: file.write(bytes(1 << 20))
        attempt("filling in the dark", fill)
        """,
        "filling in the dark was refused: OSError|It wrote more than",
        "Stopped",
    ),
    cell(
        "a million empty files",
        DISK,
        "for number in range(10**6): open(f'file{number}', 'w').close()",
        "It made more than .* files",
    ),
    cell(
        "a folder in a folder in a folder",
        DISK,
        """
        def dig():
            for number in range(10**6):
                os.mkdir("d"); os.chdir("d")
        dig()
        """,
        "It made more than .* files|seconds of processor time",
    ),
    # Output
    cell(
        "a loop that prints",
        OUTPUT,
        "while True: print('x' * 1000)",
        "printed more than|processor time|too much of it|returned more",
    ),
    cell("a flood on descriptor 1", OUTPUT, "while True: os.write(1, b'x' * 65536)", "It printed more than"),
    cell("a flood on descriptor 2", OUTPUT, "while True: os.write(2, b'x' * 65536)", "It printed more than"),
    cell("one line that is very long", OUTPUT, "print('x' * 10**7)", "too much of it", ""),
    cell(
        "pictures without end",
        OUTPUT,
        """
        from IPython.display import display
        for _ in range(200): display({"image/png": "iVBORw0KGgo=" * 10_000, "text/plain": "."}, raw=True)
        """,
        "too much of it",
        "",
    ),
    cell(
        "an error of ten million letters",
        OUTPUT,
        "raise ValueError('x' * 10**7)",
        "ValueError|returned more",
        "ValueError|Stopped",
    ),
    cell(
        "an error from very deep",
        OUTPUT,
        "def f(n): return f(n - 1)\nf(10**9)",
        "RecursionError|seconds of processor time",
        "RecursionError|Stopped",
    ),
    call(
        "a flood on the line",
        REPLY,
        "while True: os.write(line(), b'\\0\\0\\0\\2{}' * 1000)",
        "made no sense|processor time",
    ),
    call("a reply that is too long", REPLY, "return np.zeros(4 * 10**6)", "It returned more than"),
    call(
        "a reply that only says that it is long",
        REPLY,
        "os.write(line(), b'\\xff' * 8)\ntime.sleep(1000)",
        "It returned more than",
    ),
    call(
        "a reply that never comes to its end",
        REPLY,
        "os.write(line(), b'\\0\\0\\1\\0half')\ntime.sleep(1000)",
        "It did nothing for",
    ),
    call(
        "a reply of a hundred thousand handles",
        REPLY,
        "return [object() for _ in range(99_000)]",
        "a list of|processor time",
    ),
    call("an exception of a hundred million letters", REPLY, "raise ValueError('x' * 10**8)", "ValueError"),
    # What is done with the notebook on our side
    Attack(
        "definitions in definitions",
        OURS,
        last=_nested_definitions(),
        loses=("one_hot",),
        shows="It returned nothing|out is None",
    ),
    cell(
        "a source too deep to read",
        OURS,
        "-" * 30_000 + "1",
        "",
        "MemoryError|RecursionError|SyntaxError|Stopped",
    ),
    cell("colours without end", OURS, "print('\\x1b[31m\\x1b[1m.' * 40_000)", "\\.", ""),
    Attack("brackets without end", OURS, last='attempt("b", lambda: 1 / 0)', edit=_written("[" * 50_000)),  # type: ignore[arg-type]
    Attack(
        "emphasis without end", OURS, last='attempt("e", lambda: 1 / 0)', edit=_written("*a **b " * 7_000)
    ),  # type: ignore[arg-type]
    Attack("quotes in quotes", OURS, last='attempt("q", lambda: 1 / 0)', edit=_written(">" * 5_000 + "x")),  # type: ignore[arg-type]
)
