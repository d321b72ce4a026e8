"""What the landing page shows that is made elsewhere: a card for each lecture, and the panel of a check."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import overview
from rnn_autograder import reference
from rnn_autograder.panel import render_html
from rnn_autograder.selfcheck import result_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LECTURES = Path(overview.__file__).parent
# On a code host docs/lectures.md is a table of HTML. Here it has the cards too; the landing page is the one to read.
GALLERY = """---
orphan: true
---
# The lectures, side by side

```{lecture-cards}
```
"""


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the two."""
    app.add_directive("lecture-cards", LectureCards)
    app.add_directive("check-panel", CheckPanel)
    app.connect("source-read", _read)
    return {"parallel_read_safe": True}


def _read(app: Sphinx, name: str, content: list[str]) -> None:
    if name == "docs/lectures":
        content[0] = GALLERY


class LectureCards(SphinxDirective):
    """A card for each lecture: its picture, its title, and the question that it answers."""

    def run(self) -> list[nodes.Node]:
        """Write the cards as an author would by hand, and have that read."""
        lectures = [overview.read(notebook) for notebook in sorted(LECTURES.glob("[0-9]*.ipynb"))]
        cards = "".join(_card(lecture) for lecture in lectures)
        return self.parse_text_to_nodes(f"::::{{grid}} 1 1 2 2\n:gutter: 4\n{cards}\n::::")


def _card(lecture: overview.Lecture) -> str:
    return f"""
:::{{grid-item-card}} {lecture.title}
:link: ../lectures/{lecture.name}
:link-type: doc
:link-alt: {lecture.title}
:class-card: lecture
:img-top: lectures/{lecture.name}.png
:img-alt: {html.escape(lecture.description)}

{lecture.question}
:::
"""


class CheckPanel(SphinxDirective):
    """What `check` says to a known misconception: its assignment, its exercise, and what its sentence begins with."""

    required_arguments = 3
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Put the mistake into the solution, and check that."""
        assignment, exercise, begins = self.arguments
        key = reference.answer_key(assignment)
        mistakes = [m for m in reference.misconceptions(key)[exercise] if m.says.startswith(begins)]
        if len(mistakes) != 1:
            raise self.error(f"{len(mistakes)} misconceptions of {exercise} begin with {begins!r}; name one.")
        namespace = reference.load(reference.with_mistake(key.solution, exercise, mistakes[0]))
        return [nodes.raw("", render_html(result_of(namespace[exercise])), format="html")]
