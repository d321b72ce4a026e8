"""What a student is given: one zip with the lectures, the assignments and the two packages, and no answer.

    python -m rnn_autograder.bundle FOLDER

The same course gives the same bytes: files are sorted, and their times and rights are fixed.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from rnn_autograder import course

# What goes in is named; whatever else lies in the course's folder stays there, solutions first of all.
CONTENT = (
    "LICENSE",
    "environment.yml",
    "pyproject.toml",
    "requirements.txt",
    "lectures/[0-9]*.ipynb",
    "lectures/[!0-9]*.py",
    "lectures/*.mplstyle",
    "lectures/checkpoints/*.*",
    "lectures/experiments/*.*",
    "assignments/*/*.ipynb",
    "autograder/rnn_autograder/**/*.py",
    "autograder/rnn_autograder/fixtures/*.gz",
    "autograder/rnn_autograder/py.typed",
    "datasets/README.md",
    "datasets/rnn_datasets/**/*.py",
    "datasets/rnn_datasets/digits.npz",
    "datasets/rnn_datasets/py.typed",
)

README = """\
# Unrolled

Recurrent networks, in Jupyter: a lecture that moves, then an assignment in which you build the same thing
and are told within a second what is right and what is not. You need Python 3.11 or newer.

Install, once, in this folder:

    python3 -m venv .venv && .venv/bin/pip install -e .

Start:

    .venv/bin/jupyter lab

With conda: `conda env create -f environment.yml`, `conda activate unrolled`, `jupyter lab`. On Windows write
`py` for `python3` and `.venv\\Scripts\\` for `.venv/bin/`. On Linux the default PyTorch brings gigabytes for
graphics cards: choose CPU on the "get started" page of pytorch.org, and set PIP_EXTRA_INDEX_URL to the index
that it shows before you install.

Nothing to install: in Colab, upload a notebook of this folder, drop `{name}.zip` as you got it into
the folder at the left, and run this in a cell at the top:

    %pip install --quiet --no-deps {name}.zip jupyterquiz
    !python -m zipfile -e {name}.zip .
    %cd {name}/lectures

## Where to begin

1. Open `lectures/01_rnn_basics.ipynb` and run it from the top with Shift+Enter. Predict before you look. The other
   chapters follow in the order of their numbers.
2. Open `assignments/a01_rnn_basics/rnn_basics.ipynb`. Write one function, run the cell below it, read what
   it says.
3. When every tick is there, or when you are done for the day, save, and hand in that file as your course
   asks. `.venv/bin/autograder check FILE` shows once more, from the top, what you hand in.

Your course grades with other numbers than yours, by the same rules. Nothing is fetched while a notebook runs,
and nothing is sent anywhere.
"""


def bundle(course_root: Path, folder: Path) -> Path:
    """Write the student bundle.

    Args:
        course_root: the course's folder.
        folder: where the zip goes; made if it is not there.

    Returns:
        The zip, named after the version in `pyproject.toml`.

    Raises:
        course.CourseError: the course has nothing for one of the lines of `CONTENT`.
    """
    version = tomllib.loads((course_root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    name = f"unrolled-student-{version}"
    files = {"README.md": README.format(name=name).encode()}
    files |= {path.relative_to(course_root).as_posix(): path.read_bytes() for path in contents(course_root)}
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}.zip"
    unfinished = target.with_suffix(".part")
    try:
        with ZipFile(unfinished, "w") as archive:
            for inner, data in sorted(files.items()):
                entry = ZipInfo(f"{name}/{inner}", date_time=(1980, 1, 1, 0, 0, 0))
                entry.create_system = 3  # Unix, on whatever machine this runs, so that the rights below count
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, data, ZIP_DEFLATED, 9)
        return unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def contents(course_root: Path) -> Iterator[Path]:
    """The files of the course that a student is given, without the bundle's own README."""
    for pattern in CONTENT:
        found = [path for path in course_root.glob(pattern) if path.is_file()]
        if not found:
            raise course.CourseError(
                f"The bundle needs {pattern}, and {course_root} has none. Make it first."
            )
        yield from found


def main() -> None:
    """Bundle the course around the current folder."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "dist")
    try:
        print(bundle(course.root(), folder))
    except course.CourseError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(course.refused(error))


if __name__ == "__main__":
    main()
