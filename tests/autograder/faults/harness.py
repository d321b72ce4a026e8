"""A small class, faults that hit while it is graded, and what came out, to the last comment."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from classes import A01, FILE, folder_of, make_course, start
from damage import place, solved
from nbgrader.api import Gradebook

KINDS = 6
GONE_S = 180.0  # for what a killed grader leaves behind to end by itself; only what fails waits so long


def make_class(course: Path, students: int) -> None:
    """Students of six kinds, in turn: right, wrong in two ways, half done, damaged, absent."""
    make_course(course)
    for number in range(students):
        kind = number % KINDS
        path = folder_of(course, f"student-{number:03}") / FILE
        notebook = solved()
        if kind == 1:
            _replace(notebook, "rnn_step_forward", "prev_h @ Wh", "prev_h @ Wh.T")
        elif kind == 2:
            _replace(notebook, "temporal_softmax_loss", "return", "return -1.0, np.zeros_like(x)\n    return")
        elif kind == 3:
            del notebook["cells"][place("rnn_forward") :]
        if kind != 5:
            text = json.dumps(notebook)
            path.write_text(text[: len(text) // 2] if kind == 4 else text)


def _replace(notebook: dict[str, Any], name: str, old: str, new: str) -> None:
    cell = notebook["cells"][place(name)]
    if old not in cell["source"]:
        raise ValueError(f"{name} has no {old!r}")
    cell["source"] = cell["source"].replace(old, new)


def outcome(course: Path) -> dict[str, Any]:
    """All that grading decided, by student: scores, comments, and the graded notebook with its report."""
    found = {}
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        for submission in gradebook.assignment_submissions(A01):
            (book,) = submission.notebooks
            graded = course / "autograded" / submission.student_id / A01 / FILE
            found[submission.student_id] = {
                "grades": sorted((g.name, g.auto_score, g.score, g.needs_manual_grade) for g in book.grades),
                "comments": sorted((c.name, c.auto_comment) for c in book.comments),
                "notebook": graded.read_text(encoding="utf-8"),
            }
    return json.loads(json.dumps(found))


def graded(course: Path) -> int:
    """How many graded notebooks are in their place by now."""
    return len(list(course.glob(f"autograded/*/{A01}/{FILE}")))


# Processes --------------------------------------------------------------------------------------------------


def kill_while_graded(course: Path, kind: str, chance: random.Random, times: int) -> tuple[int, str]:
    """Grade, and meanwhile kill processes of a kind at random moments.

    Args:
        course: the course's folder.
        kind: see `processes`.
        chance: which of them, and when.
        times: how many to kill.

    Returns:
        The grader's exit code, and what it said to standard error.
    """
    killed = 0
    with start(course) as grader:
        while killed < times and grader.poll() is None:
            time.sleep(chance.uniform(0, 0.5))
            while not (hit := kill_one(grader.pid, kind, chance)) and grader.poll() is None:
                time.sleep(0.01)
            killed += hit
        _, errors = grader.communicate()
    assert killed, f"no process was found that is {kind}"
    return grader.returncode, errors


def kill_one(grader: int, kind: str, chance: random.Random) -> bool:
    """Kill a process of a kind below a grader, if there is one."""
    victims = processes(grader, kind)
    with contextlib.suppress(ProcessLookupError):  # it has just ended
        if victims:
            os.kill(chance.choice(victims), signal.SIGKILL)
    return bool(victims)


def processes(grader: int, kind: str) -> list[int]:
    """The processes of a kind below a grader: `worker` (Dask's), `zygote`, `sandboxed`, or `all`.

    Of zygotes those that grade, which are warm; what disturbs the probing of isolation is tested with it.
    """
    found = []
    for pid, above in _descendants(grader):
        lineage = [_words(p) for p in above] + [_words(pid)]
        zygotes = sum("rnn_autograder.sandbox.zygote" in words and " warm" in words for words in lineage)
        is_dask = (
            "multiprocessing.spawn" in lineage[-1] and zygotes == 0 and "resource_tracker" not in lineage[-1]
        )
        if kind == "all" or kind == {0: "worker" if is_dask else "", 1: "zygote", 3: "sandboxed"}.get(
            zygotes
        ):
            found.append(pid)
    return found


def _descendants(ancestor: int, above: tuple[int, ...] = ()) -> Iterator[tuple[int, tuple[int, ...]]]:
    try:
        tasks = [path.read_text() for path in Path(f"/proc/{ancestor}/task").glob("*/children")]
    except OSError:
        return
    for child in map(int, " ".join(tasks).split()):
        yield child, above
        yield from _descendants(child, (*above, child))


def _words(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def alive(pids: list[int]) -> list[int]:
    """Those of some processes that are still there after a while."""
    until = time.monotonic() + GONE_S
    while (left := [pid for pid in pids if _is_running(pid)]) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
