"""Lectures as pages of the book: what needs a kernel gives way to what a page can show.

No lecture is run. The committed notebook is changed on its way into the page: a figure that moves leaves only its
code, folded, above the still that follows it; a question becomes answers that open; the words that
describe a picture become its caption, and are told to who cannot see it; and what only sets up is one fold.
"""

from __future__ import annotations

import json
import random
import re
from itertools import groupby
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx

WIDGET = "application/vnd.jupyter.widget-view+json"
SCRIPT = "application/javascript"
PICTURE = "image/png"
ITALICS = r"\*(?!\*)(.+?[^*])\*(?!\*)"
CAPTION = re.compile(rf"\A{ITALICS}\s*", re.DOTALL)


def setup(app: Sphinx) -> dict[str, bool]:
    """Have every notebook pass through here before it is read."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True}


def _read(app: Sphinx, name: str, content: list[str]) -> None:
    if app.env.doc2path(name).suffix == ".ipynb":
        content[0] = nbformat.writes(page(nbformat.reads(content[0], 4)))


def page(notebook: NotebookNode) -> NotebookNode:
    """Make a page of a notebook as it was last run."""
    notebook.cells = _set_up(notebook.cells)
    for k, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        questions = [output for output in cell.outputs if SCRIPT in output.get("data", {})]
        cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
        if questions:
            cell.outputs = [_html(question(output.data[SCRIPT])) for output in questions]
            cell.metadata.tags = ["remove-input"]
        elif "widgets.Moving(" in cell.source:
            _fold(cell, "This figure moves when the notebook runs. Its code")
        if _pictures(cell.outputs):
            cell.metadata.setdefault("mystnb", {})["image"] = {"alt": description(notebook.cells[k + 1 :])}
    notebook.cells = _captioned(notebook.cells)
    return notebook


def _set_up(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Fold what stands before the first section: cells that follow each other become one that shows their pictures."""
    first = next((k for k, cell in enumerate(cells) if cell.source.startswith("## ")), len(cells))
    opening = []
    for kind, group in groupby(cells[:first], key=lambda cell: str(cell.cell_type)):
        together = list(group)
        if kind == "code":
            setup = together[-1]
            setup.source = "\n\n".join(cell.source for cell in together)
            setup.outputs = _pictures(output for cell in together for output in cell.outputs)
            _fold(setup, "Setting up")
            together = [setup]
        opening += together
    return opening + cells[first:]


def _captioned(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Put the italics that a text begins with right under the picture before it, with at most code in between."""
    captioned: list[NotebookNode] = []
    for cell in cells:
        words = CAPTION.match(cell.source) if cell.cell_type == "markdown" else None
        k = len(captioned)
        while k and captioned[k - 1].cell_type == "code" and not _pictures(captioned[k - 1].outputs):
            k -= 1
        if words and k and captioned[k - 1].cell_type == "code":
            captioned.insert(k, nbformat.v4.new_markdown_cell(f"{{.caption}}\n*{words.group(1)}*"))
            cell.source = cell.source[words.end() :]
        captioned.append(cell)
    return captioned


def _pictures(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    return [output for output in outputs if PICTURE in output.get("data", {})]


def _fold(cell: NotebookNode, title: str) -> None:
    cell.metadata.tags = ["hide-input"]
    cell.metadata.mystnb = {"code_prompt_show": title, "code_prompt_hide": title}


def _html(text: str) -> NotebookNode:
    return nbformat.v4.new_output("display_data", {"text/html": text})


def description(behind: list[NotebookNode]) -> str:
    """Find the words for a picture: the first italics behind it, or where there are none the first paragraph."""
    text = next(cell.source for cell in behind if cell.cell_type == "markdown")
    italics = re.search(rf"^{ITALICS}", text, re.DOTALL | re.MULTILINE)
    words = italics.group(1) if italics else text.partition("\n\n")[0]
    return " ".join(words.split())


def question(script: str) -> str:
    """Make, of the script that asks a question in a notebook, one that a page asks without it.

    Each answer opens and says why it is right or wrong. They stand in random order, always the same.
    """
    found = re.match(r"\s*var questions\w+=(\[.*?\]);\n", script)
    if found is None:
        raise ValueError(
            "the script of a question does not begin with it: jupyterquiz writes another form now"
        )
    (item,) = json.loads(found.group(1))
    answers = random.Random(item["question"]).sample(item["answers"], len(item["answers"]))
    shown = "".join(
        f'<details class="{"right" if answer["correct"] else "wrong"}"><summary>{_plain(answer["answer"])}</summary>'
        f"<p>{_plain(answer['feedback'])}</p></details>"
        for answer in answers
    )
    return f'<div class="question"><p>{_plain(item["question"])}</p>{shown}</div>'


def _plain(text: str) -> str:
    return re.sub(r"<code[^>]*>", "<code>", text)
