"""Lectures as pages of the book: what needs a kernel gives way to what a page can show.

No lecture is run. The committed notebook is changed on its way into the page: a figure that moves leaves only its
code, folded, above the still that follows it; a question becomes answers that open; a picture gets the words that
describe it, and shows them as its caption where they follow it; and what only sets up is one fold.
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
    from sphinx.application import Sphinx

WIDGET = "application/vnd.jupyter.widget-view+json"
SCRIPT = "application/javascript"
PICTURE = "image/png"
CAPTION = re.compile(r"\A(\*(?!\*).+?[^*]\*(?!\*))\s*", re.DOTALL)


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
        if any(PICTURE in output.get("data", {}) for output in cell.outputs):
            behind = notebook.cells[k + 1 :]
            cell.metadata.setdefault("mystnb", {})["image"] = {"alt": description(behind)}
            if behind[0].cell_type == "markdown":
                behind[0].source = CAPTION.sub(r"{.caption}\n\1\n\n", behind[0].source)
    return notebook


def _set_up(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Fold what stands before the first section: cells that follow each other become one that shows their pictures."""
    first = next((k for k, cell in enumerate(cells) if cell.source.startswith("## ")), len(cells))
    opening = []
    for kind, group in groupby(cells[:first], key=lambda cell: str(cell.cell_type)):
        together = list(group)
        if kind == "code":
            shown = [output for cell in together for output in cell.outputs]
            setup = together[-1]
            setup.source = "\n\n".join(cell.source for cell in together)
            setup.outputs = [output for output in shown if PICTURE in output.get("data", {})]
            _fold(setup, "Setting up")
            together = [setup]
        opening += together
    return opening + cells[first:]


def _fold(cell: NotebookNode, title: str) -> None:
    cell.metadata.tags = ["hide-input"]
    cell.metadata.mystnb = {"code_prompt_show": title, "code_prompt_hide": title}


def _html(text: str) -> NotebookNode:
    return nbformat.v4.new_output("display_data", {"text/html": text})


def description(behind: list[NotebookNode]) -> str:
    """Find the words for a picture: the first italics behind it, or where there are none the first paragraph."""
    text = next(cell.source for cell in behind if cell.cell_type == "markdown")
    italics = re.search(r"(?:^|\n)\*(?!\*)(.+?[^*])\*(?!\*)", text, re.DOTALL)
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
