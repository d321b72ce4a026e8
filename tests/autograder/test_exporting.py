"""Grades, into the tables of Moodle and Canvas: only the assignment's cells change, and only of who is graded."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import nbformat
import pytest
from nbgrader.api import Gradebook
from small_course import (  # noqa: F401 -- fixtures
    A,
    answered,
    hand_in,
    released,
    root,
)

from rnn_autograder.__main__ import main
from rnn_autograder.collecting import collect
from rnn_autograder.exporting import export
from rnn_autograder.marking import KEY
from rnn_autograder.writer import autograde

pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's own, by the dozen

# Ada has 2 + 3 points and 4 by hand, less 1.5 for being late; Bo waits for a person; Cy is not graded; Di is unknown.
MOODLE = """\ufeffIdentifier,"Full name",Username,Status,Grade,"Maximum grade","Grade can be changed","Online text",\
"Feedback comments"
"Participant 1","Ada Mae",ada,Submitted,,10.00,Yes,"=HYPERLINK(""x"")",
"Participant 2","=cmd|'/c calc'!A0",bo,Submitted,,10.00,Yes,,
"Participant 3","Cy Li",cy,Submitted,,10.00,Yes,,
"Participant 4","Di Wu",di,"No submission",7.00,10.00,Yes,,"As agreed"
"Participant 5","Ed Ek",ed,Submitted,,10.00,No,,
"""
CANVAS = """\
Student;ID;SIS Login ID;Section;Notes;RNN basics (900);Essay (901);Current Score
;;;;;Manual Posting;;
    Points Possible;;;;;10,00;20,00;(read only)
Mae, Ada;501;ada;One;- asks much;;12;60
Bo, =1;502;bo;One;;;;
Li, Cy;503;cy;One;;;;
Ek, Ed;505;ed;One;;EX;;
"""


@pytest.fixture
def graded(root: Path) -> Path:
    for student in ("ada", "bo", "ed", "zoe"):
        hand_in(root, answered(root, f="'right'", g="'right'", why="Because."), student=student)
    assert autograde(A, cold=True) == 0
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for student in ("ada", "ed", "zoe"):
            written = gradebook.find_grade("why", "rnn_basics", A, student)
            written.manual_score, written.needs_manual_grade = 4.0, False
        gradebook.find_submission_notebook("rnn_basics", A, "ada").late_submission_penalty = 1.5
        gradebook.add_student("cy")
        gradebook.db.commit()
    return root


def fill(
    folder: Path, content: str, delimiter: str = ","
) -> tuple[str, list[list[str]], list[list[str]], bytes]:
    """What is told, the table's cells before and after, and the new file's bytes."""
    path = folder / "grades.csv"
    path.write_text(content, encoding="utf-8")
    told = "\n".join(export(A, path, None, None))
    assert path.read_text(encoding="utf-8") == content
    after = path.with_name("grades-filled.csv").read_bytes()
    before, now = (
        list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter))
        for text in (content, after.decode())
    )
    return told, before, now, after


def test_moodles_worksheet_comes_back_with_grades_only_for_who_is_graded(graded: Path, tmp_path: Path):
    told, before, now, data = fill(tmp_path, MOODLE)
    ada = dict(zip(now[0], now[1], strict=True))
    assert (ada["Grade"], ada["Feedback comments"]) == (
        "7.5",
        "f: 2 of 2; g: 3 of 3; why: 4 of 5; late: -1.5",
    )
    assert [row[4] for row in now[2:]] == ["", "", "7.00", ""]
    assert now[4] == before[4]
    assert [row[0] for row in now] == [row[0] for row in before]
    assert data.startswith(b"\xef\xbb\xbf")  # as it came: spreadsheets on Windows read names by it
    assert (
        "1 left as they were, because something waits to be graded by hand (Formgrader, Manual Grading): =cmd"
        in told
    )
    assert "2 left as they were, because they are not graded: Cy Li, Di Wu" in told
    assert "1 left as they were, because Moodle has them locked: Ed Ek" in told
    assert "1 left as they were, because they are not in grades.csv: zoe" in told
    assert told.endswith(f"None for ada: first `nbgrader generate_feedback {A}`.")


def test_canvas_gradebook_comes_back_with_one_column_changed(graded: Path, tmp_path: Path):
    told, before, now, data = fill(tmp_path, CANVAS, delimiter=";")
    assert now[3][5] == "7.5"
    now[3][5] = ""
    assert now == before
    assert not data.startswith(b"\xef\xbb\xbf")
    assert "because Canvas has EX there: Ek, Ed" in told
    assert f"\n1 filled in.\nSee {tmp_path / 'grades-filled.csv'}.\n" in told


def test_on_canvas_a_student_gets_the_graded_notebook_back_under_the_name_that_canvas_gave_it(
    root: Path, tmp_path: Path
):
    """Canvas shows what comes back under the name of what was handed in: anything else would be a broken file."""
    right, wrong = (
        nbformat.writes(answered(root, f="'right'", g=f"'{word}'", why="Because.")).encode()
        for word in ("right", "wrong")
    )
    (tmp_path / "grades.csv").write_text(CANVAS, encoding="utf-8")
    with ZipFile(tmp_path / "bo.zip", "w") as archive:
        archive.writestr("rnn_basics.ipynb", wrong)
    with ZipFile(tmp_path / "submissions.zip", "w") as archive:
        archive.writestr("maeada_LATE_501_7000_rnn_basics.ipynb", wrong)
        archive.writestr("maeada_LATE_501_7001_rnn_basics-1.ipynb", right)
        archive.write(tmp_path / "bo.zip", "bo1_502_7002_homework.zip")
    collect(A, tmp_path / "submissions.zip", tmp_path / "grades.csv", force=False)
    assert autograde(A, cold=True) == 0
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        for student in ("ada", "bo"):
            written = gradebook.find_grade("why", "rnn_basics", A, student)
            written.manual_score, written.needs_manual_grade = 4.0, False
        gradebook.find_comment("why", "rnn_basics", A, "ada").manual_comment = "Why *always*?"
        gradebook.find_submission_notebook("rnn_basics", A, "ada").late_submission_penalty = 1.5
        gradebook.db.commit()
    told, *_ = fill(tmp_path, CANVAS, delimiter=";")
    assert "Feedback for 1 of them" in told
    assert "None for bo: what was graded came in a zip of theirs, or not from Canvas." in told
    with ZipFile(tmp_path / "grades-feedback.zip") as archive:
        assert archive.namelist() == ["maeada_LATE_501_7001_rnn_basics-1.ipynb"]
        text = archive.read(archive.namelist()[0]).decode()
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert "**7.5 of 10 points**" in notebook.cells[0].source
    assert "<td>handed in late</td><td>−1.5</td>" in notebook.cells[0].source
    assert notebook.cells[-1].source == "**Comment:** Why *always*?"
    assert "'right'" in text and "'wrong'" not in text
    graded = nbformat.read(root / "autograded" / "ada" / A / "rnn_basics.ipynb", as_version=4)
    assert str(graded.metadata[KEY]["report"]["seed"]) not in text  # it would give the hidden cases away


def test_nobody_is_given_another_students_points(graded: Path, tmp_path: Path):
    with Gradebook(f"sqlite:///{graded}/gradebook.db") as gradebook:
        ada = gradebook.find_student("ada")
        ada.first_name, ada.last_name = "Ada", "Mae"
        gradebook.db.commit()
    turned = MOODLE.replace('"Di Wu",di', '"Mae Ada",di')
    _, _, now, _ = fill(tmp_path, turned)
    assert [row[4] for row in now[1:]] == ["7.5", "", "", "7.00", ""]
    told, _, now, _ = fill(tmp_path, turned.replace('"Mae Ada",di', '"Mae Ada",ada'))
    assert [row[4] for row in now[1:]] == ["", "", "", "7.00", ""]
    assert "More than one row of the table could be ada in the gradebook.: Ada Mae, Mae Ada" in told


def test_a_name_obeys_no_terminal_and_what_was_typed_online_may_be_long(graded: Path, tmp_path: Path):
    told, _, now, _ = fill(
        tmp_path, MOODLE.replace("Cy Li", "Cy\x1b[2J").replace(",,\n", f",{'a' * 200_000},\n")
    )
    assert "Cy?[2J" in told and "\x1b" not in told
    assert now[1][4] == "7.5"
    assert len(now[2][7]) == 200_000


def test_a_student_may_be_called_points_possible(graded: Path, tmp_path: Path):
    _, _, now, _ = fill(
        tmp_path, CANVAS.replace("Li, Cy;503;cy;One;;;", "Points Possible;503;cy;One;;3;"), delimiter=";"
    )
    assert now[5][5] == "3"


def test_no_name_in_an_exported_table_is_a_formula(graded: Path, tmp_path: Path):
    _, _, moodle, _ = fill(tmp_path, MOODLE)
    assert (moodle[2][1], moodle[1][7]) == ("'=cmd|'/c calc'!A0", '\'=HYPERLINK("x")')
    _, _, canvas, _ = fill(tmp_path, CANVAS.replace("Bo, =1", "@Bo, =1"), delimiter=";")
    assert canvas[4][0] == "'@Bo, =1"
    assert canvas[3][4] == "- asks much"  # Canvas takes notes back: they stay


def test_nbgraders_own_command_does_the_same(graded: Path, tmp_path: Path):
    (tmp_path / "grades.csv").write_text(MOODLE, encoding="utf-8")
    command = ["--exporter=rnn_autograder.exporting.FillIn", f'--assignment=["{A}"]', "--to=filled.csv"]
    command.append(f"--FillIn.table={tmp_path / 'grades.csv'}")
    subprocess.run([sys.executable, "-m", "nbgrader", "export", *command], cwd=graded, check=True)
    export(A, tmp_path / "grades.csv", tmp_path / "ours.csv", None)
    assert (graded / "filled.csv").read_bytes() == (tmp_path / "ours.csv").read_bytes()
    command[-1] += ".nowhere"
    told = subprocess.run(
        [sys.executable, "-m", "nbgrader", "export", *command], cwd=graded, capture_output=True, text=True
    )
    assert told.returncode == 1
    assert "Cannot read" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (
            MOODLE.replace("10.00", "100.00"),
            [],
            "Moodle gives 100.00 points at most, and the assignment has 10",
        ),
        (CANVAS.replace("10,00", "12"), [], "Canvas gives 12 points at most, and the assignment has 10"),
        (CANVAS.replace("RNN basics", "Week 1"), [], "Say it with --column: 'Week 1 (900)', 'Essay (901)'."),
        (CANVAS, ["--column", "Week 2"], "has no column 'Week 2'. It has: Student, ID,"),
        (MOODLE, ["--output", "grades.csv"], "is what the platform gave out: name another file"),
        ("Name,Points\n", [], "is neither Moodle's grading worksheet nor Canvas's gradebook"),
    ],
)
def test_a_table_that_does_not_fit_is_one_sentence_and_nothing_is_written(
    root: Path, capsys: pytest.CaptureFixture[str], content: str, options: list[str], sentence: str
):
    Path("grades.csv").write_text(content, encoding="utf-8")
    assert main(["export", A, "grades.csv", *options]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert len(error.splitlines()) == 1
    assert Path("grades.csv").read_text(encoding="utf-8") == content
    assert not Path("grades-filled.csv").exists()
