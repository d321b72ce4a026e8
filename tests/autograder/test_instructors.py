"""`docs/instructors.md`, followed to the letter: its ten steps, from an empty course to grades that go back."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from classes import A01, FILE, REPOSITORY, make_course
from nbgrader.api import Gradebook

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, by the dozen

PAGE = REPOSITORY / "docs" / "instructors.md"
# Installing and making the zip have tests of their own, JupyterLab is clicked in: here they are taken as done.
DONE_ELSEWHERE = ("make demo", ". .venv/bin/activate", "make student-bundle", "jupyter lab")
WORKSHEET = """\ufeffIdentifier,"Full name",Username,"Email address",Status,Grade,"Maximum Grade",\
"Grade can be changed","Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 11","김 민서",minseo,minseo@example.org,Submitted,,45.00,Yes,"Friday, 20 November 2026, 10:00 AM",-,
"Participant 12","Lucía Fernández",lucia,lucia@example.org,Submitted,,45.00,Yes,"Friday, 20 November 2026, 9:00 AM",-,
"Participant 13","Max Power",max,max@example.org,"No submission",,45.00,Yes,-,-,
"""


def steps() -> Iterator[tuple[int, str]]:
    """The commands of the ten steps, with the number of the step."""
    ten = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    for number, step in enumerate(re.split(r"^\*\*\d+\. ", ten, flags=re.M)):
        for line in step.splitlines():
            if line.startswith("    "):
                yield number, line.strip()


def run(command: str, course: Path) -> None:
    """On one processor: two notebooks are not worth a second worker, which takes seconds to warm up."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=course,
        env={**os.environ, "PATH": path},
        preexec_fn=lambda: os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def hand_in(course: Path) -> None:
    """What the platform gives out at step 5: one who is right but for the written answer, one with a mistake."""
    solved = (course / "solutions" / A01 / FILE).read_text(encoding="utf-8")
    assert solved.count("prev_h @ Wh") == 1
    with ZipFile(course / "submissions.zip", "w") as archive:
        archive.writestr(f"김 민서_11_assignsubmission_file/{FILE}", solved)
        archive.writestr(
            f"Lucía Fernández_12_assignsubmission_file/{FILE}", solved.replace("prev_h @ Wh", "Wh")
        )
        archive.writestr("Lucía Fernández_12_assignsubmission_file/essay.pdf", "%PDF")
    (course / "grades.csv").write_text(WORKSHEET, encoding="utf-8")


def grade_by_hand(course: Path) -> None:
    """What an instructor does in the formgrader; a test of its own clicks there."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        written = gradebook.find_grade("what_the_state_knows", "rnn_basics", A01, "minseo")
        written.manual_score, written.needs_manual_grade = 4.0, False
        gradebook.db.commit()


@pytest.mark.usefixtures("isolation")
def test_ten_steps_lead_from_a_fresh_machine_to_released_grades(tmp_path: Path):
    course = tmp_path / "course"
    make_course(course)
    commands = list(steps())
    assert {number for number, _ in commands} == {1, 2, 3, 4, 6, 7, 8, 9, 10}
    for number, command in commands:
        if number == 6:
            hand_in(course)
        if command == "jupyter lab":
            grade_by_hand(course)
        if command not in DONE_ELSEWHERE:
            run(command, course)
    with (course / "grades-filled.csv").open(encoding="utf-8-sig") as file:
        minseo, lucia, maximilian = csv.DictReader(file)
    assert (minseo["Grade"], maximilian["Grade"]) == ("44", "")
    assert "what_the_state_knows: 4 of 5" in minseo["Feedback comments"]
    assert lucia["Grade"] == ""  # her written answer waits
    assert f"{A01}-report.html" in {path.name for path in course.iterdir()}
    with ZipFile(course / "grades-feedback.zip") as feedback:
        assert feedback.namelist() == ["김민서_11_assignsubmission_file_rnn_basics.html"]
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        submission = gradebook.find_submission(A01, "minseo")
        assert submission.assignment.duedate is not None  # releasing kept it
        assert (submission.timestamp is not None, submission.total_seconds_late) == (True, 0)
