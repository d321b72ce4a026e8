"""The demonstration's class, through nbgrader and the sandbox as they are."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook

from rnn_autograder import course
from rnn_autograder.demo import CLASS, MARK, STUDENTS, Row, run, table
from rnn_autograder.reference import answer_key, exercises, misconceptions
from rnn_autograder.sandbox.nursery import Isolation

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # nbgrader's own, by the dozen
    pytest.mark.xdist_group("the demonstration"),
]
REPOSITORY = Path(__file__).parents[2]
A, A2 = "a01_rnn_basics", "a02_bptt"

FULL = {exercise.name: float(exercise.points) for exercise in exercises(A)}
NONE = dict.fromkeys(FULL, 0.0)
GRADES = {
    "amara-okafor": FULL,
    "jonas-weber": FULL
    | {
        "temporal_affine_forward": 0.0,
        "temporal_softmax_loss": 0.0,
        "sequence_log_prob": 0.0,
        "sample": 0.0,
    },
    "kim-minseo": FULL | {"rnn_step_forward": 0.45},  # what calls it is right on top of it
    "lucia-fernandez": FULL | {"rnn_forward": 0.5},
    "linh-nguyen": FULL | {"temporal_softmax_loss": 0.54},
    "priya-raman": FULL | {"sample": 1.92},
    "zofia-wojcik": FULL,
    "omar-haddad": NONE,
    "yuki-tanaka": NONE,
    "max-power": NONE,
    "ivan-petrov": NONE,
    "ada-smith": NONE,
}
MISTAKES = {
    "kim-minseo": "rnn_step_forward",
    "lucia-fernandez": "rnn_forward",
    "linh-nguyen": "temporal_softmax_loss",
    "priya-raman": "sample",
}

FULL_2 = {exercise.name: float(exercise.points) for exercise in exercises(A2)}
NONE_2 = dict.fromkeys(FULL_2, 0.0)
GRADES_2 = {
    "amara-okafor": FULL_2,
    "kim-minseo": FULL_2 | {"rnn_step_backward": 0.0},  # what calls it is right on top of it
    "lucia-fernandez": FULL_2 | {"rnn_backward": 0.67},
    "linh-nguyen": FULL_2 | {"truncated_bptt": 1.59},
    "priya-raman": FULL_2 | {"word_embedding_backward": 0.33},
    "omar-haddad": NONE_2,
    "max-power": NONE_2,
}
MISTAKES_2 = {
    "kim-minseo": "rnn_step_backward",
    "lucia-fernandez": "rnn_backward",
    "linh-nguyen": "truncated_bptt",
    "priya-raman": "word_embedding_backward",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demonstration") / "demo"


@pytest.fixture(scope="module")
def graded(isolation: Isolation, folder: Path) -> dict[str, dict[str, Row]]:
    with pytest.MonkeyPatch.context() as here:
        here.chdir(REPOSITORY)
        rows = run(folder)
    return {name: {row.handed_in.student.id: row for row in given} for name, given in rows.items()}


@pytest.fixture(scope="module")
def rows(graded: dict[str, dict[str, Row]]) -> dict[str, Row]:
    return graded[A]


@pytest.fixture(scope="module")
def rows_2(graded: dict[str, dict[str, Row]]) -> dict[str, Row]:
    return graded[A2]


def page(folder: Path, student: str) -> str:
    return (folder / "feedback" / student / A / "rnn_basics.html").read_text()


@pytest.mark.parametrize("student", GRADES)
def test_grades(rows: dict[str, Row], student: str):
    assert rows[student].points == GRADES[student]


@pytest.mark.parametrize("student", GRADES_2)
def test_grades_of_the_second_assignment(rows_2: dict[str, Row], student: str):
    assert rows_2[student].points == GRADES_2[student]


@pytest.mark.parametrize(("student", "exercise"), MISTAKES_2.items())
def test_a_known_mistake_of_the_second_assignment_is_named(
    rows_2: dict[str, Row], monkeypatch: pytest.MonkeyPatch, student: str, exercise: str
):
    monkeypatch.chdir(REPOSITORY)
    sentence = misconceptions(answer_key(A2))[exercise][0].says
    assert rows_2[student].wrong.startswith(f"{exercise}: {sentence}")


def test_the_class_has_twelve(rows: dict[str, Row], rows_2: dict[str, Row]):
    assert [each.student.id for each in CLASS[A]] == list(GRADES) == list(rows) == list(STUDENTS)
    assert [each.student.id for each in CLASS[A2]] == list(GRADES_2) == list(rows_2)
    assert len(rows) == 12


@pytest.mark.parametrize(("student", "exercise"), MISTAKES.items())
def test_a_known_mistake_is_named_to_the_student_and_the_instructor(
    rows: dict[str, Row], folder: Path, monkeypatch: pytest.MonkeyPatch, student: str, exercise: str
):
    monkeypatch.chdir(REPOSITORY)
    sentence = misconceptions(answer_key(A))[exercise][0].says
    assert rows[student].wrong.startswith(f"{exercise}: {sentence}")
    words = re.sub(r"&#x27;|&#39;", "'", page(folder, student)).replace("&quot;", '"').replace("&amp;", "&")
    assert sentence in words


def test_the_damaged_file_is_a_zero_with_a_sentence_and_is_left_as_it_was(rows: dict[str, Row], folder: Path):
    assert "was cut off or damaged" in rows["yuki-tanaka"].wrong
    assert rows["yuki-tanaka"].wrong in page(folder, "yuki-tanaka")
    whole = (folder / "submitted" / "amara-okafor" / A / "rnn_basics.ipynb").read_bytes()
    half = (folder / "submitted" / "yuki-tanaka" / A / "rnn_basics.ipynb").read_bytes()
    assert half == whole[: len(whole) // 2]


def test_the_gradebook_has_every_grade_and_leaves_only_written_answers_to_a_person(
    rows: dict[str, Row], folder: Path
):
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as gradebook:
        grades = {
            (grade.notebook.student.id, grade.name): grade
            for submission in gradebook.assignment_submissions(A)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }
    assert len(grades) == 12 * (len(FULL) + 1)
    for student, row in rows.items():
        for exercise, points in row.points.items():
            assert grades[student, exercise].auto_score == points
    waiting = {
        student for (student, name), grade in grades.items() if name not in FULL and grade.auto_score is None
    }
    assert waiting == {"amara-okafor", *MISTAKES, "zofia-wojcik"}


def test_names_are_in_the_gradebook_as_they_are_written(rows: dict[str, Row], folder: Path):
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as gradebook:
        names = {student.id: (student.first_name, student.last_name) for student in gradebook.students}
    assert names["kim-minseo"] == ("민서", "김")
    assert names["zofia-wojcik"] == ("Zofia", "Wójcik")


@pytest.mark.parametrize("student", GRADES)
def test_every_student_has_a_page_and_no_hidden_number_is_on_it(
    rows: dict[str, Row], folder: Path, student: str
):
    panels = BeautifulSoup(page(folder, student), "html.parser").select("div.unrolled-panel")
    assert len(panels) == len(FULL)
    for panel in panels:
        assert re.findall(r"\d\.\d{3,}|\de[+-]\d", panel.get_text()) == []


def test_a_page_tells_what_the_class_made_of_it(rows: dict[str, Row], folder: Path):
    text = (folder / f"{A}-report.html").read_text()
    assert "12 submissions graded." in text  # by nbgrader's own command, so nobody is due
    assert "The state met Wh transposed" in text and "kim-minseo" in text


def test_what_an_attack_printed_or_changed_is_not_in_the_graded_notebook(rows: dict[str, Row], folder: Path):
    graded = nbformat.read(folder / "autograded" / "ada-smith" / A / "rnn_basics.ipynb", 4)
    checks = [cell for cell in graded.cells if cell.metadata.get("nbgrader", {}).get("grade_id") in FULL]
    assert [cell.metadata.nbgrader.points for cell in checks] == list(FULL.values())
    assert not any("tags" in cell.metadata for cell in checks)


def test_the_table_tells_all_of_it(rows: dict[str, Row]):
    text = table(A, list(rows.values()))
    assert re.search(r"Okafor, Amara +2 +4 +5 +6 +4 +7 +5 +7 +40\n", text)
    assert "handed in   one mistake in rnn_step_forward\n  went wrong  rnn_step_forward: " in text
    assert max(map(len, text.splitlines())) <= 100


def test_it_replaces_only_what_it_made(folder: Path, rows: dict[str, Row], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(REPOSITORY)
    theirs = folder.parent / "thesis"
    shutil.copytree(folder, theirs)
    (theirs / MARK).unlink()
    before = sorted(theirs.rglob("*"))
    with pytest.raises(course.CourseError, match="holds something that no demonstration made"):
        run(theirs)
    assert sorted(theirs.rglob("*")) == before
