"""What a stranger wrote: as HTML in which nothing runs, nothing is fetched and nothing leads away, or for a terminal.

A grader's browser may do to the course whatever the grader may. A picture from an address is a request in the
grader's name, and a link is one click from it; both are shown as the text that they are. Formulas become MathML,
which browsers draw by themselves.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any
from xml.etree.ElementTree import tostring

from jinja2 import pass_context
from jinja2.runtime import Context
from latex2mathml.converter import convert_to_element
from nbconvert.filters.markdown_mistune import InvalidNotebook, IPythonRenderer, MarkdownWithMath

# Where nbconvert finds our templates: the feedback page, and what stands in place of MathJax.
TEMPLATES = str(resources.files("rnn_autograder") / "templates")

# Of what a formula may say about itself, what can do no more than change its looks.
LOOKS = {"accent", "columnalign", "columnspacing", "display", "displaystyle", "fence", "form", "linebreak", "mathcolor",
         "mathvariant", "maxsize", "minsize", "rowspacing", "scriptlevel", "stretchy", "width", "xmlns"}  # fmt: skip
# TeX that latex2mathml does not know, in the words that it knows.
IN_OTHER_WORDS = {
    r"{aligned}": r"{align*}",
    r"\Big\lfloor": r"\left\lfloor",
    r"\Big\rfloor": r"\right\rfloor",
}
MAX_FORMULA = 2000
# Of a text that is drawn: where a formula begins and never ends, all that follows is searched for its end.
MAX_TEXT = 20_000
MAX_BACKSLASHES = 1000
PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")


@pass_context
def markdown_to_html(context: Context, source: str) -> str:
    """The filter `markdown2html` of nbconvert's templates. HTML in a text is shown as it was typed."""
    if len(source) > MAX_TEXT or source.count("\\") > MAX_BACKSLASHES:
        return f"<pre>{html.escape(source)}</pre>"
    renderer = _Renderer(context.get("cell", {}).get("attachments", {}))
    try:
        return str(MarkdownWithMath(renderer=renderer).render(source))
    except (InvalidNotebook, RecursionError):  # a picture that was not handed in; or a thousand nested quotes
        return f"<pre>{html.escape(source)}</pre>"


def mathml(formula: str, display: str = "inline") -> str:
    """A formula of TeX as MathML; where it is not understood, as it was typed."""
    tex = formula
    for word, known in IN_OTHER_WORDS.items():
        tex = tex.replace(word, known)
    try:
        if len(tex) > MAX_FORMULA:
            raise ValueError("longer than a formula is")
        tree = convert_to_element(tex, display=display)
    except Exception:  # ValueError, IndexError, RecursionError, ...: a page must not fail for a formula
        return f"<code>{html.escape(formula)}</code>"
    for part in tree.iter():
        part.text = html.unescape(part.text or "")  # latex2mathml writes entities into it
        for name in set(part.attrib) - LOOKS:
            del part.attrib[name]
    return tostring(tree, encoding="unicode")


class _Renderer(IPythonRenderer):
    """Nbconvert's renderer, without what a browser would run, fetch or follow."""

    def __init__(self, attachments: Mapping[str, Any]) -> None:
        # No anchors: a heading could take the name of one of the page's own fields.
        super().__init__(escape=True, exclude_anchor_links=True, attachments=dict(attachments))

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return text if text == html.escape(url) else f"{text} ({_as_typed(url)})"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        data = self._embed_image_or_attachment(url)
        if not PICTURE.fullmatch(data):
            return f"{text} ({_as_typed(url)})"
        return f'<img src="{data}" alt="{html.escape(html.unescape(text))}">'

    def block_mermaidjs(self, code: str) -> str:
        return self.block_code(code)

    def inline_math(self, body: str) -> str:
        return mathml(body)

    def block_math(self, body: str) -> str:
        return mathml(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")


def _as_typed(address: str) -> str:
    return f"<code>{html.escape(html.unescape(address))}</code>"


def printable(*texts: str) -> list[str]:
    """Text that a student chose, without what a terminal would obey."""
    return ["".join(letter if letter.isprintable() else "?" for letter in text) for text in texts]
