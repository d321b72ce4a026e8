"""The lectures side by side, each with the question that it answers and one of its pictures: docs/lectures.md.

`make lectures` writes the page last. Everything on it stands in the notebooks: the question is the first that is bold,
the picture belongs to the cell tagged `headline`, and what stands in italics behind it describes it in words.
"""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path
from typing import NamedTuple

import nbformat

LECTURES = Path(__file__).parent
DOCS = LECTURES.parent / "docs"
PAGE, PICTURES = "lectures.md", "lectures"
COLUMNS = 2
OPENING = """# The lectures, side by side

One picture each. In the notebook it moves under your hand; here it stands still. `make lectures` writes this page.
"""


class LectureError(Exception):
    """A notebook that lacks what the page shows of it."""


class Lecture(NamedTuple):
    """What the page shows of a lecture.

    Attributes:
        name: of its files.
        title: with its number.
        question: that it answers.
        picture: a PNG file.
        description: of the picture, in words.
    """

    name: str
    title: str
    question: str
    picture: bytes
    description: str


def read(notebook: Path) -> Lecture:
    """Find in a notebook what the page shows of it.

    Raises:
        LectureError: it has no title, no question, or no tagged cell with a picture and its description.
    """
    cells = nbformat.read(notebook, 4).cells
    title = re.match(r"# (.+)", cells[0].source)
    bold = re.findall(r"\*\*(.+?)\*\*", cells[0].source, re.DOTALL)
    question = next((text for text in bold if text.endswith("?")), None)
    tagged = [k for k, cell in enumerate(cells) if "headline" in cell.metadata.get("tags", ())]
    if title is None or question is None or len(tagged) != 1:
        raise LectureError(
            f"{notebook.name} needs a title, a question in bold, and one cell tagged `headline`"
        )
    pictures = [o.data["image/png"] for o in cells[tagged[0]].outputs if "image/png" in o.get("data", {})]
    text = "\n\n".join(cell.source for cell in cells[tagged[0] :] if cell.cell_type == "markdown")
    description = re.search(r"(?:^|\n)\*(?!\*)(.+?[^*])\*\s*(?:\n\n|$)", text, re.DOTALL)
    if not pictures or description is None:
        raise LectureError(
            f"{notebook.name}: its cell tagged `headline` shows no picture, or nothing describes it"
        )
    return Lecture(
        notebook.stem,
        title.group(1),
        _one_line(question),
        base64.b64decode(pictures[0]),
        _one_line(description.group(1)),
    )


def page(lectures: list[Lecture]) -> str:
    """Write the page in Markdown; a table of HTML, since Markdown's own has a row of headings."""
    shown = [_cell(lecture) for lecture in lectures]
    rows = [shown[k : k + COLUMNS] for k in range(0, len(shown), COLUMNS)]
    table = "\n".join(f"<tr>\n{''.join(row)}</tr>" for row in rows)
    return f"{OPENING}\n<table>\n{table}\n</table>\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(lecture: Lecture) -> str:
    link = f"../lectures/{lecture.name}.ipynb"
    return (
        f'<td width="{100 // COLUMNS}%" valign="top">\n'
        f'<a href="{link}"><b>{html.escape(lecture.title)}</b></a><br>\n'
        f"{html.escape(lecture.question)}<br>\n"
        f'<a href="{link}"><img src="{PICTURES}/{lecture.name}.png" alt="{html.escape(lecture.description)}"></a>\n'
        "</td>\n"
    )


def main() -> None:
    """Write the page and its pictures."""
    lectures = [read(notebook) for notebook in sorted(LECTURES.glob("[0-9]*.ipynb"))]
    (DOCS / PICTURES).mkdir(exist_ok=True)
    for lecture in lectures:
        (DOCS / PICTURES / f"{lecture.name}.png").write_bytes(lecture.picture)
    (DOCS / PAGE).write_text(page(lectures), encoding="utf-8")


if __name__ == "__main__":
    main()
