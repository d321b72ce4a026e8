"""What a dishonest student hands in, and what everybody's notebook has in its first cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from rnn_autograder.reference import exercises

A = "a01_rnn_basics"
FULL = {exercise.name: float(exercise.points) for exercise in exercises(A)}
NOTHING = dict.fromkeys(FULL, 0.0)

# Left behind wherever something can be written; no file of the machine may have it in its name afterwards.
MARK = "unrolled-attack"

# What the attacks have in common, in the students' own words. "stolen:" stands in no source, so that where it is read,
# something was told.
TOOLS = f"""
import contextlib, ctypes, gc, glob, io, json, mmap, os, signal, socket, stat, sys, threading, time
import numpy as np

MARK = "{MARK}"
STOLEN = "sto" "len:"
libc = ctypes.CDLL(None, use_errno=True)

def attempt(what, action):
    try:
        result = action()
    except BaseException as error:
        print(what, "was refused:", type(error).__name__)
    else:
        print(what, "succeeded:", repr(result)[:2000])

def system_call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result

def is_socket(number):
    try:
        return stat.S_ISSOCK(os.fstat(number).st_mode)
    except OSError:
        return False

def line():
    "The descriptor on which the grader listens."
    return next(filter(is_socket, range(3, 256)))

def say(frame):
    os.write(line(), len(frame).to_bytes(4, "big") + frame)

def readable(path):
    with open(path, "rb") as file:
        return file.read(4096)
"""


@dataclass(frozen=True)
class Attack:
    """One dishonest submission, and how it must end.

    The text of its cells is a template: `$course` is the course's folder, and so on (`conftest.graded` fills it in).

    Attributes:
        name: what is tried.
        breaks: the property that it is up against.
        first: a cell of the student's own in front of the answers.
        last: one behind them.
        right: the answers are right; else they are as they were released, not written.
        loses: the exercises that it costs; all others, where the answers are right, earn every point.
        shows: a pattern for what the student is told: the attack was made, and this is how it ended.
        error: the name of the error in which one of the student's own cells ends.
        edit: what is done to the notebook by hand, once the cells are in it.
        hand_in: what is done to the folder that is handed in, once the notebook is in it.
    """

    name: str
    breaks: str
    first: str = ""
    last: str = ""
    right: bool = True
    loses: tuple[str, ...] = ()
    shows: str = "was refused: "
    error: str = ""
    edit: Callable[[NotebookNode], None] | None = None
    hand_in: Callable[[Path, Mapping[str, str]], None] | None = None

    @property
    def earns(self) -> dict[str, float]:
        """The points of each exercise."""
        return {**FULL, **dict.fromkeys(self.loses, 0.0)} if self.right else NOTHING
