"""A course in a folder, what its students hand in, and the real command that grades it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

A01 = "a01_rnn_basics"
FILE = "rnn_basics.ipynb"
REPOSITORY = Path(__file__).parents[2]

Once = Callable[[str, Callable[[Path], Any]], Any]  # see the fixture


def make_course(course: Path) -> None:
    """A course with one assignment, and no gradebook yet."""
    for folder in ("assignments", "solutions"):
        shutil.copytree(REPOSITORY / folder / A01, course / folder / A01)
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    (course / ".course_secret").write_text("the same hidden cases each time")


def folder_of(course: Path, student: str) -> Path:
    """The folder in which a student hands in, made."""
    folder = course / "submitted" / student / A01
    folder.mkdir(parents=True)
    return folder


def start(course: Path, *options: str, **settings: object) -> subprocess.Popen[str]:
    """`autograder grade`, begun."""
    command = [sys.executable, "-m", "rnn_autograder", "grade", A01, *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=course, stdout=pipe, stderr=pipe, text=True, **settings)


def grade(course: Path, *options: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """`autograder grade`, to its end."""
    with start(course, *options, **settings) as grader:
        said, errors = grader.communicate()
    return subprocess.CompletedProcess(grader.args, grader.returncode, said, errors)
