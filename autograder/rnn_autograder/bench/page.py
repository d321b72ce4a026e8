"""The measurements as a file, and the page and the picture that are drawn from it and from nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import matplotlib

from rnn_autograder import course
from rnn_autograder.bench.cost import Cost

STOCK, OTTER, OURS = "stock nbgrader", "otter-grader", "autograder grade"

WRITER, REST = "writer and scheduler", "the rest: reading, rebuilding, Dask's workers"

TARGET_CPU_S = 0.20
TARGET_TIMES = 50
TARGET_DRIFT = 0.20
FLAT_FROM = 100


@dataclass(frozen=True)
class Run:
    """One command, measured.

    Attributes:
        grader: whose.
        kind: of the students: a `class`, or a `trivial` one.
        students: how many it graded.
        cost: of the whole command, its start included.
    """

    grader: str
    kind: str
    students: int
    cost: Cost


@dataclass(frozen=True)
class Bench:
    """All that was measured, and on what.

    Attributes:
        date: of the measurement.
        machine: what the numbers depend on, in words.
        versions: of what was run.
        calls: how many calls of a student's functions each grader makes for a submission.
        own_cpu_s: processor seconds of a student's own cells, by kind of class.
        runs: in the order in which they were made.
        stages: processor seconds of a submission of the class, by stage of its way through `grade`.
    """

    date: str
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    calls: int
    own_cpu_s: Mapping[str, float]
    runs: Sequence[Run]
    stages: Mapping[str, float]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Bench:
        """The inverse of `dataclasses.asdict`."""
        runs = [Run(**{**run, "cost": Cost(**run["cost"])}) for run in data["runs"]]
        return cls(**{**data, "runs": runs})

    def ours(self, kind: str) -> dict[int, Cost]:
        """What one submission costs us, by size of the class; medians of the runs."""
        runs = [run for run in self.runs if (run.grader, run.kind) == (OURS, kind)]
        sizes = sorted({run.students for run in runs})
        return {size: _median(run for run in runs if run.students == size) for size in sizes}

    def others(self) -> dict[str, Cost]:
        """What one submission costs the others; medians of the runs."""
        return {
            name: _median(run for run in self.runs if run.grader == name)
            for name in (STOCK, OTTER)
            if any(run.grader == name for run in self.runs)
        }


def _median(runs: Iterable[Run]) -> Cost:
    """Of one submission."""
    each = [[seconds / run.students for seconds in asdict(run.cost).values()] for run in runs]
    return Cost(*map(median, zip(*each, strict=True)))


def write(bench: Bench, folder: Path) -> None:
    """Write `bench.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.json").write_text(json.dumps(_rounded(asdict(bench)), indent=1) + "\n")


def draw(folder: Path) -> None:
    """Write `bench.md` and `bench.svg` from `bench.json`.

    Raises:
        CourseError: there is no such file.
    """
    file = folder / "bench.json"
    if not file.is_file():
        raise course.CourseError(f"There is no {file} to draw from: run `autograder bench` first.")
    bench = Bench.from_json(json.loads(file.read_text()))
    (folder / "bench.md").write_text(page(bench))
    figure(bench, folder / "bench.svg")


def _rounded(value: Any) -> Any:
    """A nested value with its real numbers to a tenth of a millisecond."""
    if isinstance(value, Mapping):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value


# The page ----------------------------------------------------------------------------------------------------

PAGE = """\
# What grading costs

<!-- Written by `autograder bench` from bench.json. Do not edit. -->

![{alt}](bench.svg)

Measured on {date} by `make bench`, on {machine}. {versions}.

## One class, three graders

{class_size} students hand in assignment 1, without its demonstrations. Of five students three have everything right,
one has a known misconception, one solved half. Each also imports PyTorch and draws a figure. The graders make the
same {calls} calls of a student's functions, on the same arguments, and compare each result with the reference's:
stock nbgrader and otter in cells that assert with NumPy, we from outside. They take turns on parts of the class, so
that a slow minute of the machine meets all of them. Shown are medians. Processor time is that of all processes,
counted by the kernel in a control group. Every number includes the start of the program. nbgrader and otter
grade one submission after the other; we grade on all {cores} cores.

{contest}

The students' own cells take {own:.3f} s of processor time, run by themselves in a process that has imported everything.

## Larger classes

The same with students who do nothing beside the exercises ({trivial:.3f} s of their own). "Writer" is the process
that writes the gradebook; Dask's scheduler is in it. "Each further" is the difference to the row above, by submission.

{growth}

## Where it goes

Processor time of one more submission when the first class is large already: the difference between our two rows
above, by submission. The stages were measured apart, one submission after the other.

{parts}

## What was hoped

{targets}
"""


def page(bench: Bench) -> str:
    """The page in Markdown."""
    machine = bench.machine
    return PAGE.format(
        alt=_in_words(bench),
        date=bench.date,
        machine=f"{machine['processor']}, {machine['cores']} cores, {machine['memory']}, {machine['system']}, "
        f"Python {machine['Python']}; {machine['isolation']}",
        versions=", ".join(f"{name} {version}" for name, version in bench.versions.items()),
        class_size=min(bench.ours("class")),
        calls=bench.calls,
        cores=machine["cores"],
        contest=_table(CONTEST, _contest(bench)),
        own=bench.own_cpu_s["class"],
        trivial=bench.own_cpu_s["trivial"],
        growth=_table(GROWTH, _growth(bench)),
        parts=_table(("", "CPU ms"), _parts(bench)),
        targets=_table(("target", "reached", ""), _targets(bench)),
    )


CONTEST = (
    "",
    "CPU s each",
    "beyond the student's own",
    "wall s each",
    "submissions a minute",
    "times less CPU than stock",
    "times stock's throughput",
)
GROWTH = (
    "students",
    "CPU s each",
    "beyond the student's own",
    "of it the writer's",
    "wall s each",
    "each further, CPU s",
)


def _contest(bench: Bench) -> Iterable[Sequence[str]]:
    own, stock = bench.own_cpu_s["class"], bench.others()[STOCK]
    for name, cost in _all_graders(bench).items():
        yield (
            name,
            f"{cost.cpu_s:.2f}",
            f"{cost.cpu_s - own:.2f}",
            f"{cost.wall_s:.3f}",
            f"{60 / cost.wall_s:.0f}",
            f"{stock.cpu_s / cost.cpu_s:.1f}",
            f"{stock.wall_s / cost.wall_s:.1f}",
        )


def _all_graders(bench: Bench) -> dict[str, Cost]:
    ours = {f"{OURS}, {size} students": cost for size, cost in bench.ours("class").items()}
    return bench.others() | ours


def _growth(bench: Bench) -> Iterable[Sequence[str]]:
    own = bench.own_cpu_s["trivial"]
    before, spent = 0, 0.0
    for size, cost in bench.ours("trivial").items():
        total = size * cost.cpu_s
        yield (
            f"{size:,}",
            f"{cost.cpu_s:.3f}",
            f"{cost.cpu_s - own:.3f}",
            f"{cost.first_cpu_s:.3f}",
            f"{cost.wall_s:.3f}",
            f"{(total - spent) / (size - before):.3f}" if before else "",
        )
        before, spent = size, total


def _targets(bench: Bench) -> Iterable[Sequence[str]]:
    whole, many = bench.ours("class"), bench.ours("trivial")
    stock = bench.others()[STOCK]
    for size, cost in whole.items():
        beyond = cost.cpu_s - bench.own_cpu_s["class"]
        yield (
            f"at most {TARGET_CPU_S:.2f} CPU s beyond the students' own, class of {size}",
            f"{beyond:.2f} s",
            _yes(beyond <= TARGET_CPU_S),
        )
    for size, cost in whole.items():
        times = stock.wall_s / cost.wall_s
        yield (
            f"{TARGET_TIMES} times the throughput of stock nbgrader, class of {size}",
            f"{times:.1f} times",
            _yes(times >= TARGET_TIMES),
        )
    flat = {size: cost.cpu_s for size, cost in many.items() if size >= FLAT_FROM}
    if len(flat) > 1:
        drift = max(abs(cpu_s / flat[min(flat)] - 1) for cpu_s in flat.values())
        yield (
            f"flat within {TARGET_DRIFT:.0%} from {min(flat):,} to {max(flat):,} students",
            f"{drift:.0%}",
            _yes(drift <= TARGET_DRIFT),
        )


def _parts(bench: Bench) -> Iterable[Sequence[str]]:
    """The marginal submission of the class, by what its time is for."""
    (few, start), *_, (many, whole) = bench.ours("class").items()
    total, writer = (
        (many * getattr(whole, part) - few * getattr(start, part)) / (many - few)
        for part in ("cpu_s", "first_cpu_s")
    )
    rest = total - writer - sum(bench.stages.values())
    for part, seconds in {**bench.stages, WRITER: writer, REST: rest, "together": total}.items():
        yield part, f"{1000 * seconds:.0f}"


def _yes(reached: bool) -> str:
    return "yes" if reached else "no"


def _in_words(bench: Bench) -> str:
    """The picture for those who do not see it."""
    graders = ", ".join(f"{name} {cost.cpu_s:.2f} s" for name, cost in _all_graders(bench).items())
    sizes = bench.ours("trivial")
    grown = ", ".join(f"{cost.cpu_s:.2f} s for {size:,}" for size, cost in sizes.items())
    return (
        f"Left: processor time of one submission; {graders}. Right: ours, by students in the class; {grown}."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# The picture -------------------------------------------------------------------------------------------------


def figure(bench: Bench, file: Path) -> None:
    """Bars of what one submission costs each grader; beside them, lines of what it costs us as classes grow."""
    import matplotlib.pyplot as plt

    style = course.root() / "lectures" / "course.mplstyle"
    with plt.style.context(style), matplotlib.rc_context({"svg.hashsalt": "bench"}):
        fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), width_ratios=(1.1, 1))
        _bars(left, bench)
        _lines(right, bench)
        fig.savefig(file, metadata={"Date": None})
        plt.close(fig)


def _bars(ax: Any, bench: Bench) -> Any:
    own = bench.own_cpu_s["class"]
    bars = [(name.replace(", ", "\n"), cost.cpu_s) for name, cost in _all_graders(bench).items()]
    rows, seconds = range(len(bars)), [cpu_s for _, cpu_s in bars]
    ax.barh(rows, [own] * len(bars), color="C1", label="the student's own cells")
    ax.barh(rows, [cpu_s - own for cpu_s in seconds], left=own, color="C0", label="grading them")
    for row, cpu_s in zip(rows, seconds, strict=True):
        ax.text(cpu_s, row, f"  {cpu_s:.2f}", va="center", fontsize=9)
    ax.legend(loc="lower right")
    ax.set_yticks(rows, [name for name, _ in bars])
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.set(xlabel="processor time of one submission (s)", title="One class, three graders")
    return ax


def _lines(ax: Any, bench: Bench) -> Any:
    sizes = bench.ours("trivial")
    ends = {
        "processor time": ("C0", "-", [cost.cpu_s for cost in sizes.values()]),
        "time on the clock": ("C2", "--", [cost.wall_s for cost in sizes.values()]),
        "processor time, the writer": ("C1", ":", [cost.first_cpu_s for cost in sizes.values()]),
    }
    for name, (color, dashes, values) in ends.items():
        ax.plot(list(sizes), values, color=color, linestyle=dashes, marker="o", markersize=4, label=name)
    ax.set(xscale="log", yscale="log", xlabel="students in the class", ylabel="one submission (s)")
    ax.set_xticks(list(sizes), [f"{size:,}" for size in sizes])
    ax.minorticks_off()
    ax.yaxis.set_major_formatter("{x:g}")
    ax.set_title("Ours, by size of the class")
    ax.legend()
    return ax
