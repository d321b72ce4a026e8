"""Stock nbgrader, otter-grader and us on one class, interleaved; then us on ever larger classes."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from tqdm import tqdm

from rnn_autograder import course
from rnn_autograder.bench.cost import cost_of
from rnn_autograder.bench.graders import Grader, Otter, Ours, Stock, environment
from rnn_autograder.bench.page import OTTER, OURS, STOCK, Bench, Run, draw, write
from rnn_autograder.bench.pupils import Pupil, book, cases, hand_in, make_class
from rnn_autograder.sandbox.probe import probe

ROUNDS = 3
TIMES = 10  # we also grade a class so many times as large, to see the start apart from the rest

PACKAGES = ("nbgrader", "distributed", "numpy", "torch", "matplotlib", "ipython")


def bench(students: int, sizes: Sequence[int], otter: Path | None, folder: Path) -> None:
    """Measure, and write `bench.json`, `bench.md` and `bench.svg`.

    The class is cut into as many parts as there are rounds. In each round the others grade one part, and we the
    whole class and one that is `TIMES` as large: machines have moods of minutes, and all should meet each of them.
    The growing sizes are measured there and back, for the same reason.

    Args:
        students: how many the others grade, in all rounds together; at least one in each.
        sizes: how many we grade in the second part.
        otter: the program of otter-grader, or None.
        folder: where the results go.

    Raises:
        CourseError: there are too few students; or a grader failed, or gave wrong grades.
    """
    if students < ROUNDS:
        raise course.CourseError(f"A class of {students} is too small: there are {ROUNDS} rounds.")
    there_and_back = [*sorted(sizes), *sorted(sizes, reverse=True)[1:]]
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as temporary:
        place = Path(temporary)
        others: dict[str, Grader] = {} if otter is None else {OTTER: Otter(place / "otter", otter)}
        others[STOCK] = Stock(place / "stock")
        ours = Ours(place / "ours")
        steps = ROUNDS * (len(others) + 2) + len(there_and_back) + 1
        with tqdm(total=steps, unit="run", bar_format="{l_bar}{bar}| {n}/{total} [{elapsed}]") as bar:

            def run(name: str, grader: Grader, pupils: Sequence[Pupil], kind: str) -> Run:
                bar.set_description(f"{name}, {len(pupils)} students")
                measured = Run(name, kind, len(pupils), grader.grade(pupils))
                bar.update()
                return measured

            pupils, more = make_class(students), make_class(TIMES * students)
            runs = []
            for part in range(ROUNDS):
                runs += [run(name, other, pupils[part::ROUNDS], "class") for name, other in others.items()]
                runs += [run(OURS, ours, whole, "class") for whole in (pupils, more)]
            for size in there_and_back:
                runs.append(run(OURS, ours, make_class(size, trivial=True), "trivial"))
            bar.set_description("students' own work, and our stages")
            idle = make_class(students, trivial=True)
            own = {
                kind: statistics.median(_asked("own_work", group, place / kind))
                for kind, group in (("class", pupils), ("trivial", idle))
            }
            stages = _asked("stages", pupils, place / "stages")
            bar.update()
    result = Bench(
        date=datetime.date.today().isoformat(),
        machine=_machine(),
        versions={name: metadata.version(name) for name in PACKAGES} | _version_of(otter),
        calls=sum(map(len, cases().values())),
        own_cpu_s=own,
        runs=runs,
        stages=stages,
    )
    write(result, folder)
    draw(folder)


def _asked(module: str, pupils: Sequence[Pupil], folder: Path) -> Any:
    """What one of our scripts says about a class."""
    folder.mkdir()
    for pupil in pupils:
        (folder / f"{pupil.id}.ipynb").write_text(hand_in(book(), pupil))
    inline = environment() | {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    # From the course's folder, where the reference is.
    command = [sys.executable, "-m", f"rnn_autograder.bench.{module}", str(folder)]
    cost_of(command, course.root(), inline)
    return json.loads((folder / "result.json").read_text())


def _machine() -> dict[str, str]:
    """What the numbers depend on, in words."""
    known = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.M)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": known[1].strip() if known else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory:.0f} GiB",
        "system": f"Linux {platform.release().partition('-')[0]}",
        "Python": platform.python_version(),
        "isolation": probe().summary,
    }


def _version_of(otter: Path | None) -> dict[str, str]:
    if otter is None:
        return {}
    said = subprocess.run([otter, "--version"], check=True, capture_output=True, text=True).stdout
    known = re.search(r"^Otter-Grader version: (\S+)", said, re.M)
    return {"otter-grader": known[1] if known else "unknown"}
