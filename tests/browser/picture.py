"""The README's picture, taken of the real thing: a lecture's figure and a check, side by side in JupyterLab.

python tests/browser/picture.py      writes docs/lab.png
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from conftest import CHROMIUM, FLAGS
from lab import MODEL, jupyterlab, open_notebook, run_cells, wait_for_kernel
from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/lab.png"
LECTURE = "lectures/03_vanishing_gradients.ipynb"
ASSIGNMENT = "assignments/a01_rnn_basics/rnn_basics.ipynb"
WRONG = "next_h = np.tanh(x @ Wx + prev_h @ Wh.T + b)\n    return next_h, (x, prev_h, next_h)"


def clear_away(page: Page) -> None:
    """Leave the notebooks and the menu: no files, no rows of icons at the sides, no line at the bottom."""
    page.evaluate("jupyterapp.shell.collapseLeft()")
    for side in ("left", "right"):
        page.evaluate(f"jupyterapp.commands.execute('application:toggle-side-tabbar', {{side: '{side}'}})")
    page.evaluate("jupyterapp.commands.execute('statusbar:toggle')")


def show_lecture(page: Page) -> Locator:
    """Run it as far as the figure that stands for it, move that one and lay a bet."""
    cells = page.evaluate(MODEL)["cells"]
    headline = next(i for i, cell in enumerate(cells) if "headline" in cell["metadata"].get("tags", []))
    page.evaluate(f"jupyterapp.shell.currentWidget.content.activeCellIndex = {headline}")
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-above')")
    figure = page.locator(".jp-OutputArea", has=page.locator(".widget-image")).last
    figure.locator(".noUi-handle").first.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    figure.get_by_role("button", name="explodes").click()
    page.wait_for_timeout(2000)
    return figure


def show_check(page: Page) -> None:
    """Beside it, the assignment with a mistake in it that many make, and what `check` says of it."""
    page.evaluate(
        "path => {jupyterapp.commands.execute('docmanager:open', {path, options: {mode: 'split-right'}})}",
        ASSIGNMENT,
    )
    wait_for_kernel(page, ASSIGNMENT)
    cells = page.evaluate(MODEL)["cells"]
    named = {cell["metadata"].get("nbgrader", {}).get("grade_id"): i for i, cell in enumerate(cells)}
    imports = next(i for i, cell in enumerate(cells) if "import check" in cell["source"])
    answer, check = named["rnn_step_forward_solution"], named["rnn_step_forward"]
    start, _, _ = cells[answer]["source"].partition("# YOUR CODE HERE")
    run_cells(page, {imports: None, answer: start + WRONG, check: None})
    panel = page.locator(".unrolled-panel").last
    panel.wait_for()
    panel.evaluate("panel => panel.scrollIntoView({block: 'end'})")


def main() -> None:
    """Take it."""
    with tempfile.TemporaryDirectory() as folder:
        course, home = Path(folder, "course"), Path(folder, "home")
        home.mkdir()
        for room in ("lectures", "assignments"):
            shutil.copytree(ROOT / room, course / room)
        with jupyterlab(course, home) as lab, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1260, "height": 720}, device_scale_factor=1.5)
            page.set_default_timeout(300_000)
            open_notebook(page, lab, LECTURE)
            clear_away(page)
            figure = show_lecture(page)
            show_check(page)
            figure.evaluate("figure => figure.closest('.jp-Cell').scrollIntoView({block: 'start'})")
            page.wait_for_timeout(1000)
            taken = Image.open(io.BytesIO(page.screenshot()))
            browser.close()
    taken.convert("RGB").quantize(dither=Image.Dither.NONE).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
