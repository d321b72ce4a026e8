"""The command line: `autograder COMMAND --help` shows each command with an example."""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from rnn_autograder import course, submission
from rnn_autograder.exercise import Report
from rnn_autograder.limits import InfrastructureFault, IsolationUnavailable
from rnn_autograder.panel import render_text
from rnn_autograder.reference import answer_key, assignments, exercises, record

UNSAFE = "--unsafe-no-isolation"
EXIT_CODES = """exit codes:
  0  done; of grading: every submission reached a verdict, whatever the verdict
  1  something of ours failed: the submissions that are named were not graded, and are not zero
  2  the command was not understood, or something that it needs is missing
  3  nothing here isolates strangers' code, so nothing was graded"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that this terminal cannot show stops nobody
            stream.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.run
    try:
        return command(options)
    except (course.CourseError, submission.Unreadable) as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 2
    except IsolationUnavailable as error:
        print(f"autograder: {error}\nOr say {UNSAFE}: every report will say so too.", file=sys.stderr)
        return 3
    except InfrastructureFault as error:
        print(f"autograder: not graded: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # who read us has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"autograder: {course.refused(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "autograder: stopped. What was graded is kept; the same command goes on from there.",
            file=sys.stderr,
        )
        return 130


def doctor(_: argparse.Namespace) -> int:
    """What is here, what is missing, and how to get it."""
    from rnn_autograder.sandbox.probe import probe

    isolation = probe()
    print(f"isolation   {isolation.summary}")
    for finding in isolation.findings:
        print(textwrap.indent(finding, " " * 12))
    print(f"python      {sys.version.split()[0]}")
    for package in ("numpy", "torch", "nbgrader", "jupyterlab", "jupytext"):
        try:
            print(f"{package:<11} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            print(
                f"{package:<11} missing: pip install -r requirements{'-dev' if package == 'jupytext' else ''}.txt"
            )
    try:
        print(f"course      {course.root()}")
    except course.CourseError as error:
        print(f"course      {error}")
    return 0 if isolation.tier != "none" else 3


def release(options: argparse.Namespace) -> int:
    """Write `assignments/` from `solutions/`, and record what `check` compares with."""
    from rnn_autograder import nbgrader_plugin
    from rnn_autograder.lock import alone

    for assignment in options.assignments or assignments():
        exercises(assignment)
        with alone(f"releasing {assignment}"):
            recorded = record(assignment)
            folder = nbgrader_plugin.release(assignment)
        print(f"{assignment}: released to {folder}" + (", check recorded anew" if recorded else ""))
    return 0


def check(options: argparse.Namespace) -> int:
    """A student's own check of a whole notebook, from a terminal."""
    from rnn_autograder.notebook import read
    from rnn_autograder.notebook_check import check_notebook

    _must_be_there([options.notebook])
    results = check_notebook(read(options.notebook), options.notebook.name)
    for result in results:
        print(render_text(result), end="\n\n")
    earned, possible = sum(r.points for r in results), sum(r.max_points for r in results)
    print(f"{earned:g} of {possible:g} points on the public cases. Grading uses others.")
    return 0


def collect(options: argparse.Namespace) -> int:
    """Put what students handed in on Moodle or Canvas into submitted/."""
    from rnn_autograder import collecting
    from rnn_autograder.lock import alone

    exercises(options.assignment)
    with alone(f"collecting {options.assignment}"):
        told = collecting.collect(options.assignment, options.archive, options.roster, force=options.force)
    print("\n".join(told))
    return 0


def grade(options: argparse.Namespace) -> int:
    """Grade what was handed in, in parallel, into nbgrader's gradebook."""
    from rnn_autograder import writer

    exercises(options.assignment)
    return writer.autograde(
        options.assignment,
        options.student,
        force=options.force,
        unsafe=options.unsafe_no_isolation,
        workers=options.workers,
        scheduler=options.scheduler,
        cold=options.cold,
    )


def grade_file(options: argparse.Namespace) -> int:
    """Grade files without a course's gradebook; the seed is in the report."""
    from rnn_autograder.grade import grade, ungraded
    from rnn_autograder.notebook import read
    from rnn_autograder.sandbox.nursery import Zygote

    key = answer_key(options.assignment)
    _must_be_there(options.files)
    seed = course.fresh_seed() if options.seed is None else options.seed
    failed, unsafe = 0, _unsafe(options)
    with Zygote(warm=len(options.files) > 1) as zygote:  # to warm one up takes as long as one cold start
        for file in options.files:
            try:
                report = grade(read(file), key, seed, file=str(file), unsafe=unsafe, zygote=zygote).report
            except submission.Unreadable as error:
                report = ungraded(str(file), options.assignment, seed, str(error))
            except (InfrastructureFault, OSError) as error:
                print(f"autograder: {file} was not graded: {error}", file=sys.stderr)
                failed += 1
                continue
            print(json.dumps(report.to_json()) if options.json else _shown(report), flush=True)
    return 1 if failed else 0


def export(options: argparse.Namespace) -> int:
    """Fill the points of an assignment into Moodle's or Canvas's own table of grades."""
    from rnn_autograder import exporting

    exercises(options.assignment)
    told = exporting.export(options.assignment, options.table, options.output, options.column)
    print("\n".join(told))
    return 0


def report(options: argparse.Namespace) -> int:
    """A page on what the class made of an assignment: mistakes by whom, points, what to take up again."""
    from rnn_autograder import class_page, class_report

    exercises(options.assignment)
    page = class_page.render(class_report.read(options.assignment))
    file = options.output or Path(f"{options.assignment}-report.html")
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(page, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise course.CourseError(
            f"Cannot write {file}: {error.strerror}. Name another with --output."
        ) from None
    print(f"See {file}. It names students: keep it among teachers.")
    return 0


def demo(options: argparse.Namespace) -> int:
    """An instructor's main job on real input: a class of twelve, three of them hostile."""
    from rnn_autograder.demo import demo as show

    return show(options.folder)


def bench(options: argparse.Namespace) -> int:
    """What grading costs: stock nbgrader, otter-grader and us on one class, then us on ever larger ones."""
    from rnn_autograder.bench import bench as measure
    from rnn_autograder.bench.page import draw

    if options.redraw:
        draw(options.folder)
    else:
        measure(options.students, options.sizes, options.otter, options.folder)
    print(f"See {options.folder / 'bench.md'}.")
    return 0


def _must_be_there(files: Sequence[Path]) -> None:
    for file in files:
        if file.is_dir():
            raise course.CourseError(f"{file} is a folder. Name the notebook in it.")
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise course.CourseError(f"There is no file {', '.join(missing)}.")


def _unsafe(options: argparse.Namespace) -> bool:
    """Whether to go on without isolation: only where it was said, and only where there is none."""
    from rnn_autograder.sandbox.probe import probe

    return bool(options.unsafe_no_isolation) and probe().tier == "none"


def _shown(report: Report) -> str:
    panels = [render_text(result) for result in report.results]
    tail = (
        f"{report.points:g} of {report.max_points:g} points, seed {report.seed}, isolation {report.isolation}"
    )
    return "\n\n".join([f"# {report.file}", *panels, tail])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description="Release, check and grade the assignments of Unrolled.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(run: Callable[[argparse.Namespace], int], name: str, example: str) -> argparse.ArgumentParser:
        about = (run.__doc__ or "").strip()
        added = commands.add_parser(
            name,
            help=about.splitlines()[0],
            description=about,
            epilog=f"example:\n  autograder {example}\n\n{EXIT_CODES}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=run)
        return added

    command(doctor, "doctor", "doctor")
    demo_ = command(demo, "demo", "demo")
    demo_.add_argument(
        "folder", nargs="?", type=Path, default=Path("demo"), help="where to put the demonstration's course"
    )
    release_ = command(release, "release", "release a01_rnn_basics")
    release_.add_argument("assignments", nargs="*", metavar="A", help="which assignments (all)")
    check_ = command(check, "check", "check assignments/a01_rnn_basics/rnn_basics.ipynb")
    check_.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    collect_ = command(collect, "collect", "collect a01_rnn_basics submissions.zip --roster grades.csv")
    collect_.add_argument("assignment", metavar="A")
    collect_.add_argument(
        "archive",
        nargs="?",
        type=Path,
        metavar="FILE.zip",
        help="all submissions, as the platform packs them",
    )
    collect_.add_argument(
        "--roster", type=Path, metavar="FILE.csv", help="Moodle's grading worksheet, or Canvas's gradebook"
    )
    collect_.add_argument(
        "--force",
        action="store_true",
        help="replace what came into submitted/ by another way, and keep it aside",
    )
    grade_ = command(grade, "grade", "grade a01_rnn_basics --workers 8")
    grade_.add_argument("assignment", metavar="A")
    grade_.add_argument("--student", default="*", metavar="S", help="one student only")
    grade_.add_argument("--force", action="store_true", help="grade again what was graded before")
    where = grade_.add_mutually_exclusive_group()
    where.add_argument("--workers", type=_count, metavar="N", help="how many at a time (one a processor)")
    where.add_argument("--scheduler", metavar="URL", help="work on a cluster of Dask: tls://host:8786")
    where.add_argument("--cold", action="store_true", help="one by one in this process, to look for a fault")
    file_ = command(grade_file, "grade-file", "grade-file a01_rnn_basics handed_in/*.ipynb --json")
    file_.add_argument("assignment", metavar="A")
    file_.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="notebooks, or scripts cut by `# %%%%`"
    )
    file_.add_argument("--seed", type=_seed, help="of the hidden cases; the same seed gives the same report")
    file_.add_argument("--json", action="store_true", help="one line a file")
    report_ = command(report, "report", "report a01_rnn_basics")
    report_.add_argument("assignment", metavar="A")
    report_.add_argument("--output", type=Path, metavar="FILE", help="where to write it (A-report.html)")
    export_ = command(export, "export", "export a01_rnn_basics grades.csv")
    export_.add_argument("assignment", metavar="A")
    export_.add_argument(
        "table", type=Path, metavar="FILE.csv", help="Moodle's grading worksheet, or Canvas's gradebook"
    )
    export_.add_argument("--output", type=Path, metavar="FILE", help="where to write it (FILE-filled.csv)")
    export_.add_argument(
        "--column", metavar="NAME", help="Canvas's column, where its name is not the assignment's"
    )
    bench_ = command(bench, "bench", "bench --students 30 --sizes 10,100,1000 --otter ~/otter/bin/otter")
    bench_.add_argument("--students", type=_positive, default=30, metavar="N", help="in the class (30)")
    bench_.add_argument(
        "--sizes",
        type=lambda text: [_positive(part) for part in text.split(",")],
        default=[10, 100, 1000, 10000],
        metavar="N,N,...",
        help="classes that only we grade (10,100,1000,10000)",
    )
    bench_.add_argument(
        "--otter",
        type=Path,
        default=shutil.which("otter"),
        metavar="PROGRAM",
        help="otter-grader's program (the one on the path, if any), in an environment with PyTorch and matplotlib",
    )
    bench_.add_argument(
        "--folder", type=Path, default=Path("docs"), help="where bench.json, bench.md and bench.svg go (docs)"
    )
    bench_.add_argument("--redraw", action="store_true", help="only draw again what bench.json holds")
    for added in (grade_, file_):
        added.add_argument(
            UNSAFE, action="store_true", help="grade even where nothing isolates the students' code"
        )
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a seed is a whole number from 0 up, and {text!r} is not")
    return int(text)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"the number of workers is 1 or more, and not {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
