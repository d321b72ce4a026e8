"""One of our commands a course at a time: whoever comes second is told who is at work, and on what."""

from __future__ import annotations

import fcntl
import getpass
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rnn_autograder import course

LOCK = ".autograder.lock"


@contextmanager
def alone(doing: str) -> Iterator[None]:
    """One of our commands a course, here.

    Raises:
        course.CourseError: another one is at work; the text says who and what.
    """
    with open(course.root() / LOCK, "a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise course.CourseError(f"{file.read().strip()} Try again when that has ended.") from None
        file.truncate(0)
        since = time.strftime("%H:%M")
        file.write(f"{_name()} has been {doing} since {since}, ")
        file.write(f"in process {os.getpid()} on {socket.gethostname()}.\n")
        file.flush()
        yield


def _name() -> str:
    """Of whoever we are; in a container that may be a number without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"User {os.getuid()}"
