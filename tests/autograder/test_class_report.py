"""What a teacher reads of a class: what was lost where, by which mistake, and whose answers look alike."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from small_course import A, answered, by_autograder, by_button, hand_in, released, right, root

from rnn_autograder import class_page, class_report, course
from rnn_autograder.__main__ import main
from rnn_autograder.class_report import ClassReport, Failure, Paper, Told
from rnn_autograder.exercise import UNCOUNTED, Report, Result, Verdict
from rnn_autograder.limits import Used
from rnn_autograder.records import Records, Written

__all__ = ["released", "root"]  # fixtures
LECTURES = Path(__file__).parents[2] / "lectures"


def result(name: str, points: float, mistake: str | None = None, error: str | None = None) -> Result:
    """Of four points: three for the values, one for what counts only once they are right."""
    values = Verdict("values", min(points, 3.0), 3.0, points >= 3, "is wrong")
    dtype = Verdict(
        "dtype", max(points - 3.0, 0.0), 1.0, points == 4, "is float32" if points >= 3 else UNCOUNTED
    )
    return Result(name, points, 4.0, (values, dtype), mistake, error)


def paper(student: str, f: Result, g: Result, isolation: str = "A", **answers: str) -> Paper:
    return Paper(student, Report("", A, 1, isolation, (f, g)), answers)


@pytest.fixture
def papers() -> list[Paper]:
    missing = result("g", 0, error="Not written yet.")
    return [
        paper("ada", result("f", 4), result("g", 4)),
        paper("ben", result("f", 3), result("g", 0, mistake="Sign.")),
        paper("cleo", result("f", 0, mistake="Axis."), result("g", 0, mistake="Sign.")),
        paper("dan", result("f", 0, error="It used 10 seconds of processor time and was stopped."), missing),
        paper("eve", result("f", 0, error="f is not defined."), missing, isolation="none"),
    ]


@pytest.fixture
def report(papers: list[Paper]) -> ClassReport:
    return ClassReport(A, ("f", "g"), tuple(papers), {"finn": "not graded yet"}, {})


# What is counted ---------------------------------------------------------------------------------------------------


def test_each_submission_is_right_partly_right_wrong_or_not_written(report):
    f, g = report.standings
    assert (f.exercise, f.right, f.partly, f.wrong, f.unwritten) == ("f", 1, 1, 2, 1)
    assert (g.exercise, g.right, g.partly, g.wrong, g.unwritten) == ("g", 1, 0, 2, 2)
    assert (f.median, f.lost, g.lost) == (0, 13, 16)


def test_what_cost_the_class_most_comes_first(report):
    assert [each.exercise for each in report.reteach] == ["g", "f"]


def test_mistakes_are_told_with_who_made_them_the_commonest_first(report):
    assert [(each.about, each.says, each.students) for each in report.mistakes] == [
        ("g", "Sign.", ("ben", "cleo")),
        ("f", "Axis.", ("cleo",)),
    ]


def test_a_limit_is_told_with_who_hit_it_and_what_is_not_written_is_none(report):
    (stopped,) = report.stopped
    assert stopped.about == "f" and stopped.students == ("dan",)


def test_criteria_are_ranked_among_those_who_wrote_the_function_and_not_where_they_waited(report):
    assert report.failures == [
        Failure("f", "values", tried=4, failed=2, values_right=0),
        Failure("g", "values", tried=3, failed=2, values_right=0),
        Failure("f", "dtype", tried=4, failed=1, values_right=1),
    ]


def test_the_time_of_cells_and_exercises_is_told_with_who_came_nearest_to_a_limit(papers):
    used = {
        "ada": Used(1.0, {"f": 0.2, "g": 0.4}, {"f": 0.1, "g": 0.1}),
        "ben": Used(3.0, {"f": 8.0, "g": 0.4}, {"f": 5.0, "g": 0.2}, stopped=("It slept.",)),
        "gone": Used(50.0),
    }
    report = ClassReport(A, ("f", "g"), tuple(papers), {}, {}, Records(used=used))
    cells, f, g = report.timings
    assert (cells.median_s, cells.longest_s, cells.limit_s) == (2.0, 3.0, 60.0)
    assert (f.median_s, f.most_s, f.longest_s, f.student) == (4.1, 8.0, 5.0, "ben")
    assert report.nearest == f and f.share == 0.5 and g.limit_s == 10.0
    assert Told("a cell", "It slept.", ("ben",)) in report.stopped


def test_the_exercises_come_in_the_assignments_order(papers):
    report = ClassReport(A, ("g", "f"), tuple(papers), {}, {})
    assert [each.exercise for each in report.standings] == ["g", "f"]


# The page ----------------------------------------------------------------------------------------------------------


def test_the_page_names_who_is_due_and_who_ran_without_isolation(report):
    page = class_page.render(report)
    assert "finn" in page and "not graded yet" in page and "None of these is a zero" in page
    assert "without isolation" in page and "eve" in page


def test_what_a_student_wrote_is_escaped(papers):
    hostile = paper(
        "<script>alert(1)</script>", result("f", 0, error="<img src=x onerror=alert(1)>"), result("g", 0)
    )
    page = class_page.render(ClassReport(A, ("f", "g"), (*papers, hostile), {"<b>": "<i>"}, {}))
    assert "<script" not in page and "<img" not in page and "<b>" not in page


def test_a_class_of_nobody_and_a_class_of_one_have_a_page(papers):
    assert "0 submissions graded" in class_page.render(ClassReport(A, ("f", "g"), (), {"ada": "late"}, {}))
    assert "1 submission graded" in class_page.render(ClassReport(A, ("f", "g"), (papers[0],), {}, {}))


def test_columns_hold_everybody_and_the_last_one_full_marks(report):
    counts = [column.count for column in class_page._bins(report.points, report.max_points)]
    assert sum(counts) == len(report.papers) and counts[-1] == 1 and counts[0] == 3


def test_the_colours_are_those_of_the_lectures(report):
    style, page = (LECTURES / "course.mplstyle").read_text(), class_page.render(report).upper()
    for colour in ("2B84C6", "D55E00", "008F68", "22262B", "FBFAF7"):
        assert colour in style and f"#{colour}" in page


# From the folders --------------------------------------------------------------------------------------------------


def wrong(root: Path) -> NotebookNode:
    return answered(root, f="def f(x): return 'right'", g="def g(x): return 'no'")


def test_it_is_read_from_what_was_graded(root):
    hand_in(root, right(root), student="ada")
    hand_in(root, wrong(root), student="ben")
    assert by_autograder(root, "*")
    hand_in(root, right(root), student="cleo")
    report = class_report.read(A)
    assert {paper.student: paper.report.points for paper in report.papers} == {"ada": 5.0, "ben": 2.0}
    assert report.due == {"cleo": "not graded yet"}
    assert report.papers[0].answers["f"] == "def f(x): return 'right'"
    assert set(report.used) == {"ada", "ben"}
    (written,) = report.records.written
    assert (written.name, written.empty, written.waiting) == ("why", ("ada", "ben"), ())


def test_names_and_marks_come_from_the_gradebook(root):
    path = hand_in(root, right(root), student="ada")
    asked = nbformat.read(path, 4)
    asked.cells[-1].source = "Because of the mask."
    hand_in(root, asked, student="ada")
    hand_in(root, asked, student="ben")
    assert by_autograder(root, "*")
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        gradebook.update_or_create_student("ada", first_name="Ada", last_name="Lovelace")
        gradebook.find_grade("why", "rnn_basics", A, "ada").manual_score = 4.0
        gradebook.find_grade("why", "rnn_basics", A, "ada").needs_manual_grade = False
        gradebook.db.commit()
    records = class_report.read(A).records
    assert records.names == {"ada": "Ada Lovelace"}
    assert records.written == (Written("why", 5.0, {"ada": 4.0}, waiting=("ben",), empty=()),)


def test_what_was_handed_in_again_is_due_and_what_nbgrader_graded_is_not(root):
    hand_in(root, wrong(root), student="ada")
    hand_in(root, wrong(root), student="ben")
    assert by_autograder(root, "ada") and by_button(root, "ben")
    assert class_report.read(A).due == {}
    hand_in(root, right(root), student="ada")
    assert list(class_report.read(A).due) == ["ada"] and "others now" in class_report.read(A).due["ada"]


def test_a_graded_notebook_that_is_no_longer_ours_is_named(root):
    path = hand_in(root, right(root), student="ada")
    assert by_autograder(root, "ada")
    graded = root / "autograded" / path.relative_to(root / "submitted")
    graded.chmod(0o644)
    graded.write_text("{")
    report = class_report.read(A)
    assert report.papers == () and "no report of ours" in report.due["ada"]


def test_nothing_is_changed_by_reading(root):
    hand_in(root, right(root), student="ada")
    assert by_autograder(root, "ada")
    before = {path: path.read_bytes() for path in (root / "autograded").rglob("*") if path.is_file()}
    class_report.read(A)
    assert before == {path: path.read_bytes() for path in (root / "autograded").rglob("*") if path.is_file()}


def test_nobody_handed_in(root):
    with pytest.raises(course.CourseError, match="nobody handed that in"):
        class_report.read(A)


def test_the_command_writes_the_page(root, capsys):
    hand_in(root, right(root), student="ada")
    assert by_autograder(root, "ada")
    assert main(["report", A]) == 0
    assert f"{A}-report.html" in capsys.readouterr().out
    assert main(["report", A, "--output", "nowhere/page.html"]) == 2
    assert "Cannot write nowhere/page.html" in capsys.readouterr().err
