"""What `test_jupyterhub` runs inside a machine of its own, as root: docs/admins.md is followed, then people come."""

from __future__ import annotations

import configparser
import contextlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
from person import HUB, PATIENCE_S, Person

REPOSITORY = Path(__file__).parents[2]
A01 = "a01_rnn_basics"
NOTEBOOK = f"{A01}/rnn_basics.ipynb"
COURSE = Path("/home/rnn/course")
EXCHANGE = Path("/srv/nbgrader/exchange")


def commands(heading: str) -> str:
    """The commands under a heading of docs/admins.md."""
    page = (REPOSITORY / "docs/admins.md").read_text()
    section = re.search(rf"^### {re.escape(heading)}$(.*?)^##", page, re.MULTILINE | re.DOTALL)
    assert section, heading
    found = re.findall(r"^    (.*)$", section[1], re.MULTILINE)
    assert found, heading
    return "\n".join(found)


def root_types(script: str) -> None:
    done = subprocess.run(["sh", "-eu"], input=script, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def hub() -> Iterator[None]:
    """The machine prepared as the page says, and JupyterHub started as systemd would."""
    root_types(commands("Accounts"))
    # Instead of git clone and pip: the course is here, and installed.
    for name in ("deploy", f"assignments/{A01}", f"solutions/{A01}"):
        shutil.copytree(REPOSITORY / name, COURSE / name)
    shutil.copy(REPOSITORY / "nbgrader_config.py", COURSE)
    root_types(f"chown -R rnn:rnn {COURSE}")
    root_types(commands("Configuration"))
    root_types(commands("People"))
    root_types("\n".join(f"echo {name}:{password(name)} | chpasswd" for name in ("ada", "bob", "grace")))
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(REPOSITORY / "deploy/jupyterhub.service")
    service = unit["Service"]
    with Path("/srv/hub.log").open("w") as log:
        server = subprocess.Popen(
            service["ExecStart"].split(), cwd=service["WorkingDirectory"], stdout=log, stderr=log
        )
        try:
            wait_for_hub(server)
            yield
        finally:
            server.kill()  # the machine is gone in a moment, and all servers with it
            server.wait()


def wait_for_hub(server: subprocess.Popen[bytes]) -> None:
    """Until it lets people in, and the course's JupyterLab is there: the hub waits for that before it says so."""
    until = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < until:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{HUB}/hub/login").ok and requests.get(f"{HUB}/services/rnn/api").ok:
                return
        time.sleep(0.5)
    raise AssertionError(Path("/srv/hub.log").read_text()[-5000:])


def password(name: str) -> str:
    return f"{name} has a long one"


def by_name(name: str, server: str | None = None) -> Person:
    return Person(name, password(name), server)


class Class(NamedTuple):
    """Two students in their own servers, an instructor in the course's."""

    ada: Person
    bob: Person
    grace: Person


@pytest.fixture(scope="module")
def people(hub: None) -> Class:
    return Class(by_name("ada"), by_name("bob"), by_name("grace", "/services/rnn"))


@pytest.fixture(scope="module")
def graded(people: Class) -> Class:
    """The whole way: release, fetch, work, submit, collect, grade, feedback. Each step is a button's request."""
    ada, bob, grace = people
    for step in ("assign", "release"):
        button(grace, f"assignment/{A01}/{step}")
    for student in (ada, bob):
        student.ask("POST", "/assignments/fetch", json={"course_id": "rnn", "assignment_id": A01})
    solve(ada)
    for student in (ada, bob):
        student.ask("POST", "/assignments/submit", json={"course_id": "rnn", "assignment_id": A01})
    button(grace, f"assignment/{A01}/collect")
    said = grace.run(f"!autograder grade {A01} --workers 1; echo ended with $?")
    assert "ended with 0" in said, said
    for step in ("generate_feedback", "release_feedback"):
        button(grace, f"assignment/{A01}/{step}")
    for student in (ada, bob):
        student.ask("POST", "/assignments/fetch_feedback", json={"course_id": "rnn", "assignment_id": A01})
    return people


def button(grace: Person, path: str) -> None:
    """One of the formgrader's buttons."""
    result = grace.ask("POST", f"/formgrader/api/{path}")
    assert result["success"], f"{path}: {result.get('error')} {result.get('log')}"


def solve(student: Person) -> None:
    """Put the right answers into the fetched notebook, and save it."""
    solution = json.loads((REPOSITORY / "solutions" / NOTEBOOK).read_text())
    answers = {name: cell["source"] for name, cell in answer_cells(solution)}
    notebook = student.ask("GET", f"/api/contents/{NOTEBOOK}")["content"]
    for name, cell in answer_cells(notebook):
        cell["source"] = answers[name]
    student.ask("PUT", f"/api/contents/{NOTEBOOK}", json={"type": "notebook", "content": notebook})


def answer_cells(notebook: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    cells = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
    return [(cell["metadata"]["nbgrader"]["grade_id"], cell) for cell in cells]


def test_each_student_gets_the_points_of_their_own_work(graded):
    rows = graded.grace.ask("GET", f"/formgrader/api/submissions/{A01}")
    points = {row["student"]: (row["code_score"], row["max_code_score"]) for row in rows}
    assert points.keys() == {"ada", "bob"}
    assert points["ada"][0] == points["ada"][1] > 0
    assert points["bob"][0] < points["bob"][1] / 4


def test_each_student_reads_their_own_feedback(graded):
    pages = {}
    for student in (graded.ada, graded.bob):
        [when] = student.ask("GET", f"/api/contents/{A01}/feedback")["content"]
        page = student.ask("GET", f"/api/contents/{when['path']}/rnn_basics.html?type=file&format=text")
        pages[student] = page["content"]
    assert all(re.search("Graded in isolation tier [AB]", page) for page in pages.values())
    assert pages[graded.ada] != pages[graded.bob]


THEIRS = {
    "the answers": f"{COURSE}/solutions/{A01}/rnn_basics.py",
    "the secret": f"{COURSE}/.course_secret",
    "the gradebook": f"{COURSE}/gradebook.db",
    "the submissions": f"{COURSE}/submitted",
    "a neighbour's home": "/home/bob",
    "what is handed in": f"{EXCHANGE}/rnn/inbound",
    "all feedback": f"{EXCHANGE}/rnn/feedback",
    "the hub's state": "/srv/jupyterhub",
}


@pytest.mark.parametrize("what", THEIRS)
def test_a_student_cannot_read(what, graded):
    path = THEIRS[what]
    assert Path(path).exists()
    attempt = f"import os; print(os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r}).read())"
    assert "PermissionError" in (said := graded.ada.run(attempt)), said


CHANGES = {
    "take the exchange's course away": f"os.rename('{EXCHANGE}/rnn', '{EXCHANGE}/gone')",
    "change what is handed out": f"open('{EXCHANGE}/rnn/outbound/{NOTEBOOK}', 'a')",
    "hand something out": f"os.mkdir('{EXCHANGE}/rnn/outbound/a99')",
    "give feedback": f"open('{EXCHANGE}/rnn/feedback/x.html', 'w')",
    "change everybody's settings": "open('/etc/jupyter/jupyter_config.py', 'a')",
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_student_cannot(what, graded):
    said = graded.ada.run(f"import os\n{CHANGES[what]}")
    assert "PermissionError" in said, said


LISTEN = """
import os, pwd, time, zmq
uid = str(pwd.getpwnam("ada").pw_uid)
rows = [line.split() for line in open("/proc/net/tcp").readlines()[1:]]
ports = [int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[7] == uid]
ear = zmq.Context().socket(zmq.SUB)
ear.subscribe(b"")
for port in ports:
    ear.connect(f"tcp://127.0.0.1:{port}")
time.sleep(0.5)
print("listens at", len(ports))
"""
HEARD = "time.sleep(1)\nprint('heard something' if ear.poll(1000) else 'heard nothing')"


def test_nobody_hears_what_a_neighbours_kernel_is_told(people):
    people.ada.run("pass")  # so that there is a kernel
    assert "listens at 0" not in (said := people.bob.run(LISTEN)), said
    people.ada.run("answer = 42")
    assert "heard nothing" in (said := people.bob.run(HEARD)), said


def test_students_do_not_enter_the_course(people):
    with pytest.raises(PermissionError, match="403"):
        by_name("ada", "/services/rnn")


def test_a_wrong_password_opens_nothing(hub):
    with pytest.raises(PermissionError, match="does not let ada in"):
        Person("ada", "a wrong one")


def test_the_course_account_itself_does_not_log_in(hub):
    with pytest.raises(PermissionError, match="does not let rnn in"):
        Person("rnn", "")


def test_the_formgrader_is_offered_to_instructors_only(people):
    for part in ("formgrader", "create-assignment"):
        assert f"@jupyter/nbgrader:{part}" in people.ada.without()
        assert f"@jupyter/nbgrader:{part}" not in people.grace.without()
    assert "@jupyter/nbgrader:assignment-list" not in people.ada.without()


def test_the_formgrader_may_stand_inside_jupyterlab(people):
    page = people.grace.session.get(f"{people.grace.server}/formgrader")
    assert page.ok
    assert page.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
