"""Where a course keeps its things, and the secret from which hidden cases are drawn."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shutil
from pathlib import Path

MARK = "nbgrader_config.py"


class CourseError(Exception):
    """Something that a course needs is not where it should be; the text says what to do."""


def refused(error: OSError) -> str:
    """What the machine would not do, in a line, and what to do about it."""
    said = str(error.args[0][0][-1]) if isinstance(error, shutil.Error) else _refused(error)
    return f"{said}. Mend that, and type the same command again."


def _refused(error: OSError) -> str:
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    return ": ".join([error.strerror or str(error), *names])


def root() -> Path:
    """The course's folder: the nearest one, from here upwards, that holds `nbgrader_config.py`.

    Raises:
        CourseError: there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / MARK).is_file():
            return folder
    raise CourseError(
        f"{here} is not inside a course: no {MARK} here or above. Change to the course's folder and try again."
    )


def notebook_name(assignment: str) -> str:
    """The notebook's name without its number: `a01_rnn_basics` -> `rnn_basics`."""
    return assignment.partition("_")[2]


def solution(assignment: str) -> Path:
    """The assignment's solution script.

    Raises:
        CourseError: it is not there.
    """
    path = root() / "solutions" / assignment / f"{notebook_name(assignment)}.py"
    if not path.is_file():
        raise CourseError(
            f"There is no {path}. Grading compares with it; get the instructors' copy of the course."
        )
    return path


def hidden_seed(assignment: str) -> int:
    """The seed of an assignment's hidden cases: the same at every regrade, unknown to who has not the secret.

    The secret is made at its first use, in `.course_secret` beside the gradebook, for its owner's eyes only.

    Raises:
        CourseError: it is empty.
    """
    path = root() / ".course_secret"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        except OSError:
            path.unlink()  # or the next run would draw from half a secret
            raise
    secret = path.read_bytes()
    if not secret:
        raise CourseError(
            f"{path} is empty, and so no secret. Bring back your copy, or remove it for a new one."
        )
    digest = hmac.new(secret, assignment.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:6], "big")


def fresh_seed() -> int:
    """A seed for files that belong to no course."""
    return secrets.randbits(48)
