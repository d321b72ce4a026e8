"""Feedback, packed as a platform takes it back: pages for Moodle, graded notebooks for Canvas.

Moodle takes any file whose name has the student's number (`mod/assign/feedback/file/importziplib.php`). Canvas takes
what is named as it named the file that was handed in, and shows it under that file's own name, whatever is in it
(`generate_comments_from_files` in `app/models/abstract_assignment.rb`): a page would arrive as a broken notebook.
So there a student gets back the notebook, as it was graded, with the points at its top.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import nbformat
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from rnn_autograder import course, platforms
from rnn_autograder.marking import KEY
from rnn_autograder.nbgrader_plugin import Row, Summarize
from rnn_autograder.platforms import Person, Register, Table, Unknown


def for_moodle(api: NbGraderAPI, assignment: str, students: Mapping[str, Person], target: Path) -> set[str]:
    """Pack the pages that `nbgrader generate_feedback` made.

    Args:
        api: nbgrader's, on this course.
        assignment: for example `a01_rnn_basics`.
        students: who they are on Moodle, by their id in the gradebook.
        target: the archive.

    Returns:
        Who has one.
    """
    coursedir, packed = api.coursedir, set()
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for student, person in students.items():
            folder = Path(coursedir.format_path(coursedir.feedback_directory, student, assignment))
            name = "".join(filter(str.isalnum, person.name)) or "Participant"
            for page in sorted(folder.glob("*.html")):
                archive.write(page, f"{name}_{person.number}_assignsubmission_file_{page.name}")
                packed.add(student)
    return packed


def for_canvas(
    api: NbGraderAPI, assignment: str, students: Mapping[str, Person], table: Table, target: Path
) -> set[str]:
    """Pack the graded notebooks, under the names that the collected archives have for what was graded.

    Args:
        api: nbgrader's, on this course.
        assignment: for example `a01_rnn_basics`.
        students: who they are on Canvas, by their id in the gradebook.
        table: Canvas's, which says so.
        target: the archive.

    Returns:
        Who has one. Whose notebook came in a zip of their own, or by another way, has none.
    """
    coursedir, packed = api.coursedir, set()
    notebook = f"{course.notebook_name(assignment)}.ipynb"
    files = _files(Path(coursedir.root, "downloaded", assignment, "extracted"), Register((), table))
    with ZipFile(target, "w", ZIP_DEFLATED) as archive, api.gradebook as gradebook:
        for student, person in students.items():
            submitted, graded = (
                Path(coursedir.format_path(step, student, assignment), notebook)
                for step in (coursedir.submitted_directory, coursedir.autograded_directory)
            )
            if not (submitted.is_file() and graded.is_file()):
                continue
            if name := _name(files.get(person.number, {}), submitted.read_bytes()):
                ids = {"student": student, "assignment": assignment, "db_url": coursedir.db_url}
                archive.writestr(name, _graded(graded, gradebook, ids | {"notebook": submitted.stem}))
                packed.add(student)
    return packed


def _files(unpacked: Path, register: Register) -> dict[str, dict[int, Path]]:
    """What Canvas gave out, by its numbers for the student and for the file."""
    found: dict[str, dict[int, Path]] = {}
    for path in filter(Path.is_file, unpacked.rglob("*")):
        parts = path.relative_to(unpacked).parts[1:]
        try:
            owner = platforms.owner(parts)
            person = register.person(owner)
        except Unknown:
            continue
        if path.name.endswith(f"_{owner.file_number}_{owner.original}"):  # not inside of a student's zip
            found.setdefault(person.number, {})[owner.file_number] = path
    return found


def _name(files: Mapping[int, Path], submitted: bytes) -> str | None:
    """What Canvas calls the file that was graded; of two with the same in them, the later."""
    same = [number for number, path in files.items() if path.read_bytes() == submitted]
    return files[max(same)].name if same else None


def _graded(path: Path, gradebook: Gradebook, ids: Mapping[str, str]) -> str:
    """The graded notebook with the points at its top, and each comment under its answer.

    Without the report: from its seed, anybody could draw the hidden cases.
    """
    notebook = nbformat.read(path, as_version=4)
    _, said = Summarize().preprocess(notebook, {"nbgrader": ids})
    found = gradebook.find_submission_notebook(ids["notebook"], ids["assignment"], ids["student"])
    late = found.late_submission_penalty or 0.0
    total = f"**{rounded(found.score - late)} of {rounded(found.max_score)} points**"
    cells = [new_markdown_cell(f"# Feedback\n\n{total}\n\n{_table(said['rows'], late, said['notice'])}")]
    comments = {each.name: each.comment for each in found.comments if each.comment}
    for cell in notebook.cells:
        cells.append(cell)
        if comment := comments.get(cell.metadata.get("nbgrader", {}).get("grade_id")):
            cells.append(new_markdown_cell(f"**Comment:** {comment}"))
    notebook.cells = cells
    notebook.metadata.pop(KEY, None)
    text: str = nbformat.writes(notebook)
    return text


def _table(rows: Iterable[Row], late: float, notice: str) -> str:
    """In HTML: in Markdown, a name with underscores or a dollar would be taken for more than it is."""
    lines = ["<tr><th>exercise</th><th>points</th><th>what was found first</th></tr>"]
    for row in rows:
        given = "–" if row.points is None else rounded(row.points)
        points = f"{given}&nbsp;/&nbsp;{rounded(row.max_points)}"
        words = "" if notice else _shown(row.found)
        lines.append(f"<tr><td><code>{_shown(row.name)}</code></td><td>{points}</td><td>{words}</td></tr>")
    if late:
        lines.append(f"<tr><td>handed in late</td><td>−{rounded(late)}</td><td></td></tr>")
    return "\n".join([f"<p>{_shown(notice)}</p>" * bool(notice), "<table>", *lines, "</table>"]).lstrip()


def _shown(text: str) -> str:
    return html.escape(" ".join(text.split())).replace("$", "&#36;")


def rounded(points: float) -> str:
    """Points as nbgrader's own export has them: never less than none, at most two decimals."""
    return f"{round(max(0.0, points), 2):g}"
