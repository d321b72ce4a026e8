"""The book: the lectures as they were last run, and the pages around them. `make book` builds it, without a network.

The source is the whole repository, so that a link between two files holds here as it does on a code host. What is not
a page here becomes a download.
"""

import sys
from importlib import metadata
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS), str(DOCS.parent / "lectures")]

project = "Unrolled"
author = "The Unrolled authors"
copyright = f"{author}, BSD-3-Clause"
release = metadata.version("unrolled")

extensions = ["myst_nb", "sphinx_design", "landing", "lecture_pages"]
root_doc = "docs/index"
include_patterns = [
    "docs/*.md",
    "lectures/*.ipynb",
    "assignments/*/*.ipynb",
    "README.md",
    "**/README.md",
    "CONTRIBUTING.md",
]
exclude_patterns = [".*", "build", "demo", "dist", "solutions", "tests"]

# A notebook's own commands (`%pip`, `!ls`) are no Python; they are coloured as far as they go.
suppress_warnings = ["misc.highlighting_failure"]

# The committed outputs are shown. Nothing runs.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "dollarmath"]
myst_heading_anchors = 3

# MathJax in one file, its letters drawn as curves: no fonts to fetch.
MATHJAX = next(
    Path(str(file.locate()))
    for file in metadata.files("sphinx-mathjax-offline") or ()
    if file.match("mathjax/tex-svg.js")
)
mathjax_path = MATHJAX.name
# Only what the pages mark as a formula is one: a dollar in a program's text is a dollar.
mathjax3_config = {"options": {"ignoreHtmlClass": ".*", "processHtmlClass": "math"}}
myst_update_mathjax = False

html_theme = "sphinx_book_theme"
html_title = "Unrolled"
html_favicon = "_static/logo.svg"
html_static_path = ["_static", str(MATHJAX)]
html_extra_path = ["_start"]
html_css_files = ["book.css"]
html_show_sphinx = False
# Excerpts are fetched, and a page that is opened from a folder may not fetch its neighbours.
html_show_search_summary = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {
        "image_light": "_static/logo.svg",
        "image_dark": "_static/logo.svg",
        "text": "Unrolled",
        "alt_text": "",
    },
    "navbar_persistent": [],
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_fullscreen_button": False,
    "pygments_light_style": "github-light",
    "pygments_dark_style": "github-dark",
}


def setup(app: Sphinx) -> None:
    """Show a link to a folder as text: a code host has a page for it, the book has none."""
    app.connect("doctree-read", _unlink_folders)


def _unlink_folders(app: Sphinx, page: nodes.document) -> None:
    here = app.env.doc2path(app.env.docname).parent
    for link in list(page.findall(pending_xref)):
        is_to_a_file = link["reftype"] == "myst" and link["refdomain"] != "doc"
        if is_to_a_file and (here / link["reftarget"]).is_dir():
            link.replace_self(link.children)
