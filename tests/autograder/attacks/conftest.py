"""One class of all attackers, honest students among them: released, handed in, graded and answered once.

Everything goes the way that an instructor goes: `autograder release`, `autograder grade`, `nbgrader generate_feedback`,
each a process of its own. The one thing that differs is how much time a notebook gets, or the class would take half
an hour: `TIGHT`, put into the command by a `sitecustomize` of the test's.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from attacks import exhausting, forging, left_behind, network, outliving, stealing, tampering
from attacks.attack import FULL, TOOLS, A, Attack
from rnn_autograder import course
from rnn_autograder.reference import function_source
from rnn_autograder.sandbox.nursery import Isolation
from rnn_autograder.submission import is_answer

REPOSITORY = Path(__file__).parents[3]
KINDS = {
    "forging": forging.ATTACKS,
    "stealing": stealing.ATTACKS,
    "tampering": tampering.ATTACKS,
    "exhausting": exhausting.ATTACKS,
    "outliving": outliving.ATTACKS,
    "network": network.ATTACKS,
}
HONEST_EVERY = 12
PATIENCE_S = 3600  # four minutes of processor time, on a machine that is busy

# Processor time and patience, in seconds; all else is as it is for everybody.
TIGHT = {"cells_cpu_s": 6.0, "call_cpu_s": 1.0, "idle_s": 5.0}
SITECUSTOMIZE = f"""
from rnn_autograder.limits import Limits
names = list(Limits.__dataclass_fields__)
defaults = dict(zip(names, Limits.__init__.__defaults__)) | {TIGHT}
Limits.__init__.__defaults__ = tuple(defaults[name] for name in names)
"""


def students() -> Iterator[tuple[str, Attack | None]]:
    """Everybody in the class by the name of their folder: attacks of all kinds in turn, honest work in between."""
    number = 0
    waiting = {kind: list(attacks) for kind, attacks in KINDS.items()}
    while any(waiting.values()):
        for kind, attacks in waiting.items():
            if attacks:
                if number % HONEST_EVERY == 0:
                    yield f"{number:03d}-honest", None
                yield f"{number:03d}-{kind}", attacks.pop(0)
                number += 1
    yield f"{number:03d}-honest", None


CLASS = dict(students())
ATTACKERS = {student: attack for student, attack in CLASS.items() if attack is not None}
HONEST = [student for student, attack in CLASS.items() if attack is None]


@dataclass(frozen=True)
class Graded:
    """What came out.

    Attributes:
        course: the course's folder.
        status: the exit status of `autograder grade`.
        instructor_told: what that wrote to the terminal.
        said: all that the commands wrote to the terminal.
        points: by student and exercise, from the gradebook.
        by_hand: the points of the written question, which a person gives.
        told: what each student is told: comments, and the text of all outputs.
        errors: the names of the errors in which cells of each student ended.
        canaries: what nobody may read, by where it stands.
        heard: what the servers heard from the class.
        left_running: command lines of processes that were still there.
        changed: files that must not change, and did.
    """

    course: Path
    status: int
    instructor_told: bytes
    said: bytes
    points: Mapping[tuple[str, str], float]
    by_hand: Mapping[str, float | None]
    told: Mapping[str, str]
    errors: Mapping[str, list[str]]
    canaries: Mapping[str, str]
    heard: list[bytes]
    left_running: list[str]
    changed: list[str]

    def returned(self, student: str) -> Iterator[tuple[str, bytes]]:
        """The files that a student gets back, and those that the instructor keeps beside them."""
        for step in ("autograded", "feedback"):
            for path in sorted((self.course / step / student).rglob("*")):
                if path.is_file():
                    yield str(path.relative_to(self.course)), path.read_bytes()


@pytest.fixture(scope="session")
def graded(isolation: Isolation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graded]:
    """The class, when all is over."""
    root = tmp_path_factory.mktemp("attacks") / "course"
    canaries = {
        place: f"canary-of-the-{place}" for place in ("environment", "machine", "course", "neighbour")
    }
    _make_course(root, canaries)
    basetemp = tmp_path_factory.getbasetemp()
    for folder in (root.parent, basetemp, basetemp.parent):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(0o755)  # what hides it must be the cage, not its permissions
    with _machine_file(canaries["machine"]) as machine, _listening() as (addresses, heard):
        environment = {**os.environ, "GRADEBOOK_PASSWORD": canaries["environment"]}
        said = [_run(root, environment, "autograder", "release", A)]
        known = {
            "course": str(root),
            "home": str(Path.home()),
            "machine": str(machine),
            "neighbour": HONEST[0],
            "pid": str(os.getpid()),
            **addresses,
        }
        _hand_in(root, known, canaries)
        before = _hashes(root)
        survivors = root.parent / "left_running.json"
        tight = root.parent / "tight"
        tight.mkdir()
        (tight / "sitecustomize.py").write_text(SITECUSTOMIZE)
        watched = [sys.executable, left_behind.__file__, str(survivors)]
        said.append(
            _run(root, {**environment, "PYTHONPATH": str(tight)}, "autograder", "grade", A, before=watched)
        )
        after = _hashes(root)
        changed = [name for name, content in before.items() if after.get(name) != content]
        feedback = _run(root, environment, "nbgrader", "generate_feedback", A)
        said.append(feedback)
        told, errors = _told(root)
        points, by_hand = _points(root)
        yield Graded(
            root,
            said[1].returncode,
            said[1].stdout + said[1].stderr,
            b"".join(done.stdout + done.stderr for done in said),
            points,
            by_hand,
            told,
            errors,
            canaries | {"secret": (root / ".course_secret").read_text()},
            heard,
            json.loads(survivors.read_text()),
            changed,
        )


def _run(
    root: Path, environment: Mapping[str, str], name: str, *words: str, before: list[str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """One of our environment's commands, typed in the course's folder."""
    command = [*(before or []), str(Path(sys.executable).with_name(name)), *words]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, timeout=PATIENCE_S)


# The course and the class ------------------------------------------------------------------------------------


def _make_course(root: Path, canaries: Mapping[str, str]) -> None:
    """A course as instructors have it, with canaries in what students never get."""
    source = REPOSITORY / "solutions" / A
    shutil.copytree(source, root / "solutions" / A, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copy(REPOSITORY / course.MARK, root)
    (root / ".course_secret").write_text("canary: the same hidden cases each time")
    for script in (root / "solutions" / A).glob("*.py"):
        script.write_text(f"{script.read_text(encoding='utf-8')}\nCANARY = {canaries['course']!r}\n")
    notebook = root / "solutions" / A / "rnn_basics.ipynb"
    text = notebook.read_text(encoding="utf-8")
    notebook.write_text(
        text.replace("### BEGIN SOLUTION", f"### BEGIN SOLUTION\\n    # {canaries['course']}", 1)
    )


def _hand_in(root: Path, known: Mapping[str, str], canaries: Mapping[str, str]) -> None:
    released = nbformat.read(root / "assignments" / A / "rnn_basics.ipynb", 4)
    script = (REPOSITORY / "solutions" / A / "rnn_basics.py").read_text(encoding="utf-8")
    for student, attack in CLASS.items():
        folder = root / "submitted" / student / A
        folder.mkdir(parents=True)
        notebook = nbformat.from_dict(released)
        if attack is None:
            _answer(notebook, script)
            notebook.cells.append(new_code_cell(f"mine = {canaries['neighbour']!r}"))
        else:
            _attack(notebook, attack, script, known)
        (folder / "rnn_basics.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
        if attack is not None and attack.hand_in is not None:
            attack.hand_in(folder, known)


def _answer(notebook: NotebookNode, script: str) -> None:
    for cell in filter(is_answer, notebook.cells):
        name = cell.metadata.nbgrader.grade_id.removesuffix("_solution")
        if name in FULL:
            cell.source = function_source(script, name)
        else:
            cell.source = "Because the readout learns to listen."


def _attack(notebook: NotebookNode, attack: Attack, script: str, known: Mapping[str, str]) -> None:
    if attack.right:
        _answer(notebook, script)
    imports = next(number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    first = [new_code_cell(_filled(text, known)) for text in (TOOLS, attack.first) if text]
    notebook.cells[imports + 1 : imports + 1] = first
    if attack.last:
        notebook.cells.append(new_code_cell(_filled(attack.last, known)))
    if attack.edit is not None:
        attack.edit(notebook)


def _filled(text: str, known: Mapping[str, str]) -> str:
    return Template(textwrap.dedent(text).strip("\n")).substitute(known)


# What must not be reached ------------------------------------------------------------------------------------


@contextlib.contextmanager
def _machine_file(canary: str) -> Iterator[Path]:
    """A file that everybody on this machine can read."""
    with tempfile.NamedTemporaryFile("w", prefix="unrolled-machine-") as file:
        file.write(canary)
        file.flush()
        os.chmod(file.name, 0o644)
        yield Path(file.name)


@contextlib.contextmanager
def _listening() -> Iterator[tuple[dict[str, str], list[bytes]]]:
    """Servers of every kind that a student could try to reach; each has heard us when it is ready."""
    folder = tempfile.mkdtemp(prefix="unrolled-")
    os.chmod(folder, 0o755)
    abstract = f"unrolled-{secrets.token_hex(4)}"
    heard: list[bytes] = []
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, folder)

        def listen(family: int, kind: int, address: str | tuple[str, int]) -> socket.socket:
            server = cleanup.enter_context(socket.socket(family, kind))
            server.bind(address)
            if kind == socket.SOCK_STREAM:
                server.listen()
            if isinstance(address, str) and not address.startswith("\0"):
                os.chmod(address, 0o777)
            thread = threading.Thread(target=_hear, args=(server, heard), daemon=True)
            thread.start()
            return server

        tcp = listen(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0))
        udp = listen(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0))
        for address in (f"{folder}/line", f"\0{abstract}"):
            listen(socket.AF_UNIX, socket.SOCK_STREAM, address)
        for address in (f"{folder}/letters", f"\0{abstract}.letters"):
            listen(socket.AF_UNIX, socket.SOCK_DGRAM, address)
        addresses = {
            "tcp": str(tcp.getsockname()[1]),
            "udp": str(udp.getsockname()[1]),
            "unix": f"{folder}/line",
            "letters": f"{folder}/letters",
            "abstract": abstract,
        }
        yield addresses, heard


def _hear(server: socket.socket, heard: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # it was closed: the class is over
        while True:
            if server.type == socket.SOCK_STREAM:
                connection, _ = server.accept()
                with connection:
                    heard.append(b"connected: " + connection.recv(4096))
            else:
                heard.append(server.recv(4096))


def _hashes(root: Path) -> dict[str, str]:
    """What nobody's code may change: the course but its results, our package, the interpreter's start-up files."""
    package = REPOSITORY / "autograder" / "rnn_autograder"
    kept = [
        *(path for step in ("solutions", "assignments", "submitted") for path in (root / step).rglob("*")),
        root / ".course_secret",
        root / course.MARK,
        *package.rglob("*.py"),
        *package.glob("fixtures/*"),
    ]
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in kept
        if path.is_file() and not path.is_symlink()
    }


# What came out -----------------------------------------------------------------------------------------------


def _points(root: Path) -> tuple[dict[tuple[str, str], float], dict[str, float | None]]:
    points: dict[tuple[str, str], float] = {}
    by_hand: dict[str, float | None] = {}
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for submission in gradebook.assignment_submissions(A):
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    if grade.name in FULL:
                        points[submission.student.id, grade.name] = (
                            grade.score if grade.auto_score is not None else None
                        )
                    else:
                        by_hand[submission.student.id] = grade.auto_score
    return points, by_hand


def _told(root: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    told: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for submission in gradebook.assignment_submissions(A):
            comments = [c.comment or "" for book in submission.notebooks for c in book.comments]
            told[submission.student.id] = "\n".join(comments)
    for student in CLASS:
        path = root / "autograded" / student / A / "rnn_basics.ipynb"
        notebook = nbformat.read(path, 4) if path.is_file() else nbformat.v4.new_notebook()
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        errors[student] = [output.ename for output in outputs if output.output_type == "error"]
        texts = [told.get(student, "")]
        for output in outputs:
            data = output.get("data", {})
            texts += [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]
            texts += [str(data.get("text/plain", "")), _text_of(data.get("text/html", ""))]
        told[student] = "\n".join(texts)
    return told, errors


def _text_of(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", page))
