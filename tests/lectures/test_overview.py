"""The page with all lectures shows what their notebooks show."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import overview

NOTEBOOKS = sorted(overview.LECTURES.glob("[0-9]*.ipynb"))
PNG = "aW1hZ2U="  # a word, in base64


@pytest.fixture
def lecture() -> nbformat.NotebookNode:
    picture = new_output("display_data", {"image/png": PNG})
    return new_notebook(
        cells=[
            new_markdown_cell("# 9. A lecture\n\nIt **begins**.\n\n**Why\nso?** We shall see."),
            new_code_cell("draw()", outputs=[picture], metadata={"tags": ["headline"]}),
            new_code_cell("draw_more()"),
            new_markdown_cell('*A line that\nrises to "a < b".*\n\nWhat *this* means.'),
        ]
    )


def read(notebook: nbformat.NotebookNode, folder: Path) -> overview.Lecture:
    file = folder / "09_lecture.ipynb"
    nbformat.write(notebook, file)
    return overview.read(file)


def test_the_page_and_its_pictures_are_those_of_the_notebooks():
    lectures = [overview.read(notebook) for notebook in NOTEBOOKS]
    assert (overview.DOCS / overview.PAGE).read_text(encoding="utf-8") == overview.page(lectures)
    pictures = {file.stem: file.read_bytes() for file in (overview.DOCS / overview.PICTURES).iterdir()}
    assert pictures == {lecture.name: lecture.picture for lecture in lectures}


def test_each_lecture_has_its_own_question_and_a_picture_described_in_words():
    lectures = [overview.read(notebook) for notebook in NOTEBOOKS]
    assert len({lecture.question for lecture in lectures}) == len(lectures)
    for lecture in lectures:
        assert lecture.picture.startswith(b"\x89PNG") and len(lecture.description.split()) > 20


def test_a_lecture_is_read_from_its_first_cell_and_its_tagged_one(lecture, tmp_path):
    found = read(lecture, tmp_path)
    assert found == ("09_lecture", "9. A lecture", "Why so?", b"image", 'A line that rises to "a < b".')


def test_text_is_escaped(lecture, tmp_path):
    assert 'alt="A line that rises to &quot;a &lt; b&quot;."' in overview.page([read(lecture, tmp_path)])


@pytest.mark.parametrize("cell", [0, 1, 3])
def test_what_is_missing_is_said_with_the_notebooks_name(cell, lecture, tmp_path):
    del lecture.cells[cell]
    lecture.cells.insert(0, new_markdown_cell("# 9. A lecture\n\nNo question.")) if cell == 0 else None
    with pytest.raises(overview.LectureError, match=r"09_lecture\.ipynb.*headline"):
        read(lecture, tmp_path)
