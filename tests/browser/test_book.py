"""The book as its reader meets it: built once without a warning, and every page of it opened in Chromium."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from playwright.sync_api import Page, Request

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("book")

# What the reader sees, and what a page refers to, once its formulas are set.
FACTS = """async () => {
    if (window.MathJax) await MathJax.startup.promise;
    const all = (selector, of) => [...document.querySelectorAll(selector)].map(of);
    const prose = document.querySelector("article").cloneNode(true);
    prose.querySelectorAll("code, pre, svg, script, mjx-container").forEach(part => part.remove());
    return {
        ids: all("[id]", element => element.id),
        links: all("a[href]", link => link.href),
        broken: all("img", image => image).filter(image => !image.naturalWidth).map(image => image.src),
        silent: all("article img", image => image).filter(image => !image.alt.trim()).map(image => image.src),
        formulas: document.querySelectorAll("article .math").length,
        set: document.querySelectorAll("article .math mjx-container").length,
        misspelt: all("mjx-merror, [data-mjx-error]", error => error.textContent),
        folds: all("article summary", fold => fold.innerText.trim()),
        astray: all("article p.caption", words => words)
            .filter(words => !words.previousElementSibling?.querySelector("img"))
            .map(words => words.textContent),
        prose: prose.textContent,
        tooWide: document.documentElement.scrollWidth > innerWidth,
    };
}"""
# What a widget without a kernel leaves behind, and Markdown that was not understood.
JUNK = re.compile(r"\$|Loading widget|[VH]Box\(|FloatProgress|\(A figure|\(A question|```|\{[a-z-]+\}`|\]\(")
GENERATED = {"genindex.html", "search.html"}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The book, built as `make book` does, but elsewhere."""
    folder = tmp_path_factory.mktemp("book")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", "docs", "-d"]
    command += [str(folder / "doctrees"), ".", str(folder / "html")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (built.returncode, built.stderr) == (0, ""), built.stderr
    return folder / "html"


@pytest.fixture
def faults(page: Page) -> list[str]:
    """Whatever the browser complains of. What is aborted, the icon for one, was left before it came."""
    faults: list[str] = []

    def failed(request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":
            faults.append(f"{request.failure}: {request.url}")

    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("requestfailed", failed)
    page.on("console", lambda said: faults.append(f"console: {said.text}") if said.type == "error" else None)
    return faults


def test_every_page_is_whole_and_every_link_leads_somewhere(
    page: Page, elsewhere: list[str], faults: list[str], book: Path
):
    page.set_viewport_size({"width": 400, "height": 800})  # a telephone's; on a desk there is only more room
    page.goto((book / "index.html").as_uri())
    page.wait_for_url("**/docs/index.html")
    found, due = {}, [book / "docs" / "index.html"]
    while due:
        path = due.pop()
        page.goto(path.as_uri())
        facts = found[path] = page.evaluate(FACTS)
        faults += [f"{path.relative_to(book)}: {fault}" for fault in wrong_with(facts)]
        pages = {target for link in facts["links"] if (target := file(link)) and target.suffix == ".html"}
        due += sorted(target for target in pages if target.is_file() and target not in {*found, *due})
    faults += [f"{path.relative_to(book)}: {fault}" for path in found for fault in dead_links(path, found)]
    assert not faults, "\n".join(faults)
    assert elsewhere == []
    made = {str(path.relative_to(book)) for path in book.rglob("*.html") if "_static" not in path.parts}
    reached = {str(path.relative_to(book)) for path in found}
    assert made - reached <= GENERATED | {"index.html"}, "no link leads to these"
    assert sum(facts["formulas"] for facts in found.values()) > 500
    assert len([name for name in reached if name.startswith("lectures/0")]) == 8


def wrong_with(facts: dict[str, Any]) -> list[str]:
    """What a reader would stumble over on a page."""
    wrong = [f"{kind} picture: {url}" for kind in ("broken", "silent") for url in facts[kind]]
    wrong += [f"formula: {text}" for text in facts["misspelt"]]
    wrong += [
        f"junk: {facts['prose'][max(0, m.start() - 40) : m.end() + 40]!r}"
        for m in JUNK.finditer(facts["prose"])
    ]
    wrong += [f"caption without a picture above it: {text}" for text in facts["astray"]]
    if facts["folds"].count("Setting up") > 1:
        wrong.append("sets up more than once")
    if facts["set"] != facts["formulas"]:
        wrong.append(f"{facts['set']} of {facts['formulas']} formulas are set")
    if facts["tooWide"]:
        wrong.append("wider than the screen")
    return wrong


def dead_links(path: Path, found: dict[Path, dict[str, Any]]) -> list[str]:
    """The links of a page that lead to no file, to no place in a page, or to nothing that looks like an address."""
    dead = []
    for link in sorted(set(found[path]["links"])):
        target, place = file(link), unquote(urldefrag(link).fragment)
        if target is None:
            if not re.fullmatch(r"https://[\w-]+(\.[\w-]+)+(/\S*)?", link):
                dead.append(f"not an address: {link}")
        elif not target.is_file() or (place and target in found and place not in found[target]["ids"]):
            dead.append(f"leads nowhere: {link}")
    return dead


def file(link: str) -> Path | None:
    """The file that a link leads to, if it leads to one."""
    parts = urlsplit(link)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def test_a_reader_finds_a_word_and_is_told_why_an_answer_is_wrong(
    page: Page, elsewhere: list[str], faults: list[str], book: Path
):
    page.goto(f"{(book / 'search.html').as_uri()}?q=teacher+forcing")
    page.get_by_role("link", name="5. Sequence to sequence").last.click()
    page.wait_for_url("**/05_seq2seq.html*")
    page.goto((book / "lectures" / "01_rnn_basics.html").as_uri())
    question = page.locator(".question").first
    why = question.get_by_text("For that it would have to know which underscore this is.")
    assert not why.is_visible()
    question.get_by_text("First _, then (").click()
    assert why.is_visible()
    assert (faults, elsewhere) == ([], [])


def test_the_landing_page_speaks_of_the_assignments_as_the_readme_does():
    links = re.findall(r"\[[^]]+\]\(assignments/[^)]+\)", (ROOT / "README.md").read_text())
    landing = (ROOT / "docs" / "index.md").read_text()
    assert len(links) == 8
    assert [link for link in links if link.replace("](", "](../") not in landing] == []
