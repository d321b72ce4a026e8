"""A gradebook in PostgreSQL, on a server of its own that lives as long as these tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Grade, Gradebook

from rnn_autograder import course, writer
from rnn_autograder.nbgrader_plugin import SEEN, open_course

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, by the dozen
A = "a01_rnn_basics"
ROOT = Path(__file__).parents[2]
SOLVED = ROOT / "solutions" / A / "rnn_basics.ipynb"


def program(name: str) -> str:
    """A program of the server's; Debian keeps them off the path."""
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = str(beside[-1]) if beside else shutil.which(name)
    return found or pytest.skip(f"PostgreSQL's {name} is not installed: sudo apt-get install postgresql")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a gradebook on a server that nobody else reaches: it listens on a socket in our folder."""
    folder = tmp_path / "server"
    folder.mkdir()
    # It refuses to run as root.
    user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "nobody")
        for parent in (tmp_path, *tmp_path.parents[:3]):
            parent.chmod(parent.stat().st_mode | 0o011)
    run = [*user, program("pg_ctl"), "--silent", "--wait", f"--pgdata={folder}/data"]
    quiet = {"check": True, "cwd": folder, "stdout": subprocess.DEVNULL}
    options = "--auth=trust --username=grader --no-sync"
    subprocess.run([*user, program("initdb"), f"--pgdata={folder}/data", *options.split()], **quiet)
    only_here = f"-c listen_addresses='' -c unix_socket_directories={folder}"
    subprocess.run([*run, f"--log={folder}/log", "-o", only_here, "start"], **quiet)
    yield f"postgresql://grader@/postgres?host={folder}"
    subprocess.run([*run, "--mode=immediate", "stop"], **quiet)


@pytest.mark.usefixtures("isolation")
def test_a_class_is_graded_into_it_and_goes_on_from_it(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    root = tmp_path / "course"
    for folder in ("solutions", "assignments"):
        shutil.copytree(ROOT / folder / A, root / folder / A)
    config = (ROOT / course.MARK).read_text()
    config += f"\nc.CourseDirectory.db_url = {server!r}\n"
    (root / course.MARK).write_text(config)
    for student, data in (("ada", SOLVED.read_bytes()), ("bo", b"{")):
        path = root / "submitted" / student / A / "rnn_basics.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    monkeypatch.chdir(root)
    with pytest.raises(course.CourseError, match="wants the course named"):
        writer.autograde(A, cold=True)
    (root / course.MARK).write_text(f'{config}c.CourseDirectory.course_id = "rnn"\n')
    assert writer.autograde(A, cold=True) == 0
    assert writer.autograde(A, cold=True) == 0
    first, again = capsys.readouterr().out.splitlines()
    assert first == f"{A}: 2 graded, 0 not graded."
    assert again == f"{A}: 0 graded, 2 before (--force grades them again), 0 not graded."
    with Gradebook(server) as gradebook:
        assert sum(grade.auto_score or 0 for grade in of_ada(gradebook)) == 40
        comments = gradebook.find_submission_notebook("rnn_basics", A, "bo").comments
        assert all("damaged" in comment.auto_comment for comment in comments)
    assert not (root / "gradebook.db").exists()
    assert nbformat.read(root / "autograded" / "ada" / A / "rnn_basics.ipynb", 4).cells
    for waits in (True, False):  # nbgrader's own way, at first in a gradebook from before
        with open_course(root).gradebook as gradebook:
            if waits:
                SEEN.drop(gradebook.engine)
            mark = next(each for each in of_ada(gradebook) if each.auto_score is None)
            mark.manual_score, mark.needs_manual_grade = 3.0, False
            gradebook.db.commit()
        assert open_course(root).autograde(A, "ada")["success"]
        with open_course(root).gradebook as gradebook:
            mark = next(each for each in of_ada(gradebook) if each.auto_score is None)
            assert (mark.score, mark.needs_manual_grade) == (3.0, waits)


def of_ada(gradebook: Gradebook) -> list[Grade]:
    grades: list[Grade] = gradebook.find_submission_notebook("rnn_basics", A, "ada").grades
    return grades
