"""The formgrader as an instructor meets it: in JupyterLab, in a real browser, from a release to feedback.

A class of three hands in through the exchange; one of them attacks whoever reads it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from lab import Lab, jupyterlab
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeSubmit
from playwright.sync_api import Locator, Page, expect

from rnn_autograder import course, demo
from rnn_autograder.nbgrader_plugin import open_course
from rnn_autograder.sandbox.nursery import Isolation
from rnn_autograder.sandbox.probe import probe
from rnn_autograder.writer import autograde

ROOT = Path(__file__).resolve().parents[2]
A, NAME, WRITTEN = "a01_rnn_basics", "rnn_basics.ipynb", "what_the_state_knows"
STUDENTS = ["amara-okafor", "kim-minseo", "eve"]
SAID = "The state met Wh transposed."

EXCHANGE = """
c.CourseDirectory.course_id = "unrolled"
c.Exchange.root = {root!r}
c.Exchange.cache = {cache!r}
"""

COMMENT = "Say *which* part forgets: $W_h h$."

# Each of these would leave a mark: `pwned` in the page; or a file, by way of the page that makes the formgrader
# read its configuration in a folder, here the attacker's own.
ATTACK = """<script>window.pwned = 1</script> <img src=x onerror="window.pwned = 2">
[look](javascript:window.pwned=3) ![seen](https://elsewhere.example/seen.png)
![and run](/formgrader/?path={home})
$\\href{{javascript:window.pwned=4}}{{\\text{{<script>window.pwned=5</script>}}}}$

# what_the_state_knows

```mermaid
<script>window.pwned = 6</script>
```
"""
PRINTS = """from IPython.display import HTML, Javascript, display
print("</pre><script>window.pwned = 7</script>")
display(HTML("<script>window.pwned = 8</script>"), Javascript("window.pwned = 9"))
"""
TRAP = "from pathlib import Path\nPath({pwned!r}).touch()\n"


@dataclass(frozen=True)
class Course:
    """A course in a folder, its exchange, and the homes of its students."""

    folder: Path
    exchange: Path
    homes: Path

    @property
    def pwned(self) -> Path:
        """Appears where the attacker's configuration is read."""
        return self.homes / "pwned"

    def hand_in(self, student: str, notebook: bytes, name: str) -> None:
        """As a student does it with `nbgrader submit`."""
        home = self.homes / student
        (home / A).mkdir(parents=True)
        (home / A / name).write_bytes(notebook)
        config = open_course(self.folder).config
        config.CourseDirectory |= {"assignment_id": A, "student_id": student}
        coursedir, authenticator = CourseDirectory(config=config), Authenticator(config=config)
        app = ExchangeSubmit(coursedir=coursedir, authenticator=authenticator, config=config)
        app.assignment_dir = str(home)
        app.start()

    def hand_in_all(self) -> None:
        """One has everything right, one has made a known mistake, and one attacks."""
        book = demo.book_of(self.folder, A)
        for each in demo.CLASS[A]:
            if each.student.id in STUDENTS:
                self.hand_in(each.student.id, each.make(book), NAME)
        attack = ATTACK.format(home=self.homes / "eve")
        notebook = demo.Book(A, book.released, {**book.answers, WRITTEN: attack}).complete()
        notebook.cells += [new_markdown_cell(attack), new_raw_cell(attack), new_code_cell(PRINTS)]
        self.hand_in("eve", nbformat.writes(notebook).encode(), "<img src=x onerror='window.pwned=10'>.ipynb")
        (self.homes / "eve" / course.MARK).write_text(TRAP.format(pwned=str(self.pwned)))


@pytest.fixture
def made(isolation: Isolation, tmp_path: Path) -> Course:
    """A course with the solution of one assignment and nothing else yet."""
    made = Course(tmp_path / "course", tmp_path / "exchange", tmp_path / "homes")
    made.exchange.mkdir()
    made.exchange.chmod(0o777)
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "solutions" / A, made.folder / "solutions" / A, ignore=ignored)
    exchange = EXCHANGE.format(root=str(made.exchange), cache=str(tmp_path / "cache"))
    (made.folder / course.MARK).write_text((ROOT / course.MARK).read_text() + exchange)
    return made


class Formgrader:
    """The formgrader in its tab of JupyterLab."""

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page = page
        page.goto(f"{lab.address}/lab?token={lab.token}")
        page.get_by_role("menuitem", name="Nbgrader").click()
        page.get_by_role("menuitem", name="Formgrader").click()
        self.frame = page.frame_locator("iframe[src*=formgrader]")

    def row(self, text: str) -> Locator:
        """The row of a table that says this."""
        return self.frame.locator("#main-table tr", has_text=text)

    def go(self, *links: str) -> None:
        """Click links, one page after the other."""
        for link in links:
            self.frame.get_by_role("link", name=link, exact=True).first.click()

    def press(self, row: str, button: str) -> None:
        """Press one of a row's buttons, and wait until it is said that it was done."""
        self.row(row).locator(f".{button} a").click()
        told = self.frame.locator(".modal.in")
        told.wait_for()
        assert told.locator(".modal-title").inner_text() == "Success", told.inner_text()
        told.get_by_role("button", name="OK").click()
        told.wait_for(state="detached")

    def submissions(self) -> None:
        """To the list of what was collected."""
        self.go("Manage Assignments")
        self.row(A).locator(".num-submissions a").click()

    def submission(self, student: str) -> None:
        """To a student's notebook, as it is marked by hand."""
        self.go("Manual Grading", A, "rnn_basics")
        self.row("Submission #1").wait_for()
        self.frame.get_by_role("button", name="Show All Names").click()
        self.row(student).get_by_role("link", name=student).click()
        self.frame.locator("#rnn_step_forward[placeholder]").wait_for()

    def write(self, field: str, text: str) -> None:
        """Fill a field in, and wait until it is saved."""
        entry = self.frame.locator(f"#{field}")
        with self.page.expect_response(lambda reply: reply.request.method == "PUT") as saved:
            entry.fill(text)
            entry.press("Escape")  # "save the current score or comment", as the page's help says
        assert saved.value.ok

    def holds(self, field: str, written: str) -> None:
        """Wait until a field holds what a person wrote."""
        expect(self.frame.locator(f"#{field}")).to_have_value(written)

    def suggests(self, field: str, given: str) -> None:
        """Wait until a field shows in grey what the grading gave."""
        expect(self.frame.locator(f"#{field}")).to_have_attribute("placeholder", given)

    def score(self, student: str) -> float:
        """What a student has, in the list of what was collected; waits until it is there."""
        score = self.row(student).locator(".score")
        expect(score).to_contain_text("/")
        return float(score.inner_text().partition(" /")[0])


def test_an_instructor_takes_a_class_through_the_whole_cycle(
    page: Page, elsewhere: list[str], made: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    monkeypatch.chdir(made.folder)
    (tmp_path / "home").mkdir()
    with jupyterlab(made.folder, tmp_path / "home") as lab:
        form = Formgrader(page, lab)

        # Release
        form.press(A, "assign")
        form.row(A).locator(".preview a").click()
        page.locator(".jp-DirListing-item", has_text=NAME).wait_for()
        form.press(A, "release")
        expect(form.row(A).locator(".status")).to_have_text("released")

        # Collect
        made.hand_in_all()
        form.press(A, "collect")

        # Grade: one by the button, then all by the command that is fast
        form.submissions()
        form.press("kim-minseo", "autograde")
        kim = form.score("kim-minseo")
        assert 30 < kim < 40
        expect(form.row("amara-okafor")).to_contain_text("needs autograding")
        assert autograde(A, cold=True) == 0
        form.submissions()
        assert (form.score("kim-minseo"), form.score("amara-okafor")) == (kim, 40)

        # Mark what is written
        form.submission("kim-minseo")
        form.suggests("rnn_step_forward", f"{kim - 35:g}")
        form.suggests("one_hot_solution-comment", f"Graded in isolation tier {probe().tier}.")
        assert SAID in form.frame.locator(".unrolled-panel", has_text="rnn_step_forward").first.inner_text()
        form.write(WRITTEN, "3.5")
        form.write(f"{WRITTEN}-comment", COMMENT)
        form.submission("eve")
        assert "window.pwned = 1" in form.frame.locator(".nbgrader_cell").last.inner_text(), "shown as typed"
        form.submission("kim-minseo")
        form.holds(WRITTEN, "3.5")
        form.holds(f"{WRITTEN}-comment", COMMENT)

        # Look a student up
        form.go("Manual Grading", "Manage Students")
        assert f"{kim + 3.5:g} / 45" in form.row("kim-minseo").inner_text()
        form.row("kim-minseo").locator(".name a").click()
        form.go(A)
        assert f"{kim:g} / 40" in form.row("rnn_basics").inner_text()

        # Answer
        form.go("Manage Assignments")
        form.press(A, "generate-feedback")
        form.press(A, "release-feedback")
        assert [frame.evaluate("window.pwned") for frame in page.frames] == [None] * len(page.frames)
    assert not made.pwned.exists()
    assert not [url for url in asked if "path=" in url]
    assert len(list(made.exchange.glob("unrolled/feedback/*.html"))) == 3

    # What goes back
    asked.clear()
    for student in STUDENTS:
        path = made.folder / "feedback" / student / A / "rnn_basics.html"
        page.goto(path.as_uri())
        assert page.evaluate("window.pwned") is None
        assert page.locator(".unrolled-panel").count() == 8
        assert path.stat().st_size < 150_000, student
        if student == "kim-minseo":
            assert f"{kim + 3.5:g} of 45 points" in page.locator("header").inner_text()
            assert SAID in page.locator("header tr", has_text="rnn_step_forward").inner_text()
            assert SAID in page.locator("#rnn_step_forward").inner_text()
            comment = page.locator(f"#{WRITTEN} .comment")
            assert comment.locator("em").inner_text() == "which"
            assert comment.locator("math msub").count() == 1
    assert len([url for url in asked if url.startswith("file:")]) == 3, "the pages and nothing beside them"
    assert elsewhere == []
