"""What a stranger wrote, as HTML: nothing in it runs, is fetched or leads away, and formulas need no network."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from jinja2 import Environment

from rnn_autograder.harmless import markdown_to_html, mathml

ASSIGNMENTS = sorted(Path(__file__).parents[2].glob("assignments/*/*.ipynb"))
PIXEL = "R0lGODlhAQABAAAAACw="


def shown(source: str, attachments: dict[str, dict[str, str]] | None = None) -> str:
    """As nbconvert's templates call the filter."""
    environment = Environment()
    environment.filters["markdown2html"] = markdown_to_html
    template = environment.from_string("{{ source | markdown2html }}")
    return template.render(source=source, cell={"attachments": attachments or {}})


def formulas(notebook: Path) -> Iterator[tuple[str, str]]:
    for cell in nbformat.read(notebook, 4).cells:
        if cell.cell_type == "markdown":
            for block, inline in re.findall(r"\$\$(.+?)\$\$|\$(.+?)\$", cell.source, re.S):
                yield (block, "block") if block else (inline, "inline")


@pytest.mark.parametrize("notebook", ASSIGNMENTS, ids=lambda path: path.parent.name)
def test_every_formula_of_an_assignment_is_drawn_without_a_network(notebook: Path):
    for formula, display in formulas(notebook):
        drawn = mathml(formula, display)
        assert drawn.startswith("<math"), formula
        words = "".join(ElementTree.fromstring(drawn).itertext())
        assert "\\" not in words and "&" not in words, f"{formula} is shown as {words}"


@pytest.mark.parametrize(
    "formula",
    [
        r"\frac{",
        "{" * 1000,
        r"\sqrt" * 300,
        "x" * 100_000,
        r"\text{<script>alert(1)</script>}",
        r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(//elsewhere)}{x}",
        r'\color{red" onclick="alert(1)}{x}',
        r"\class{total}{x}",
    ],
    ids=lambda formula: formula[:12],
)
def test_a_formula_only_shows(formula: str):
    for source in (f"$${formula}$$", f"a ${formula}$ b", rf"\begin{{align}}{formula}\end{{align}}"):
        page = ElementTree.fromstring(f"<div>{shown(source)}</div>")
        tags = {part.tag.rpartition("}")[2] for part in page.iter()}
        assert not tags & {"script", "a", "img"}
        says = {name for part in page.iter() for name in part.attrib}
        assert not says & {"href", "style", "class", "onclick"}


def test_a_formula_that_nobody_understands_is_shown_as_typed():
    assert shown(r"$<b> \frac{$") == "<p><code>&lt;b&gt; \\frac{</code></p>\n"


@pytest.mark.parametrize(
    "address",
    [
        "/formgrader/?path=submitted/eve/a01",
        "https://elsewhere.example/seen.png",
        "//elsewhere.example/seen.png",
        "seen.png",
        "javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD4=",
        "data:image/svg+xml;base64,PHN2Zy8+",
        '" onerror="alert(1)',
    ],
)
def test_an_address_is_shown_and_neither_fetched_nor_followed(address: str):
    for source in (f"![a *picture*](<{address}>)", f"[a text](<{address}>)", f"[a]\n\n[a]: <{address}>"):
        page = shown(source)
        assert set(re.findall(r"<(\w+)", page)) <= {"p", "code", "em"}
        assert "<code>" in page


def test_an_address_that_is_its_own_text_is_shown_once():
    assert shown("<https://numpy.org>") == "<p>https://numpy.org</p>\n"


def test_a_picture_that_was_handed_in_is_shown():
    picture = {"drawn.gif": {"image/gif": PIXEL}}
    assert f'src="data:image/gif;base64,{PIXEL}"' in shown("![drawn](attachment:drawn.gif)", picture)


@pytest.mark.parametrize(
    "attachment",
    [{"image/png": '" onerror="alert(1)'}, {'image/png" onerror="alert(1)': PIXEL}, {"text/html": PIXEL}],
)
def test_what_only_claims_to_be_a_picture_is_not_shown(attachment: dict[str, str]):
    assert "<img" not in shown("![drawn](attachment:drawn.gif)", {"drawn.gif": attachment})


def test_a_heading_takes_no_name_of_the_page():
    assert shown("## why-comment") == "<h2>why-comment</h2>\n"


def test_a_thousand_quotes_in_each_other_are_shown_as_typed():
    assert "a thousand" in shown(">" * 1000 + " a thousand")


@pytest.mark.parametrize("opening", [r"\begin{a}", r"\\(", r"\\["])
def test_formulas_that_begin_and_never_end_hold_nobody_up(opening: str):
    before = time.process_time()
    assert "<pre>" in shown(opening * 100_000)
    assert "x" in shown("x".join([opening] * 450))
    assert time.process_time() - before < 5
