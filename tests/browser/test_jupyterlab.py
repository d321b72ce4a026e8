"""The lecture and the assignment as a student meets them: in JupyterLab, in a real browser."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# All cells in the page at once, and no question about news.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
MODEL = "jupyterapp.shell.currentWidget.content.model.toJSON()"

LECTURES = sorted(path.stem for path in (ROOT / "lectures").glob("[0-9]*.ipynb"))

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed: apt-get install chromium"
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A JupyterLab on copies of the lectures and the assignments; gives its address, token included."""
    folder = tmp_path_factory.mktemp("lab")
    for room in ("lectures", "assignments"):
        shutil.copytree(ROOT / room, folder / room)
    for name, setting in SETTINGS.items():
        path = folder / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(setting))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "JUPYTER_TOKEN": token,
    }
    options = f"--no-browser --ip=127.0.0.1 --port={port} --allow-root --expose-app-in-browser"
    command = [sys.executable, "-m", "jupyterlab", *options.split(), f"--ServerApp.root_dir={folder}"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api?token={token}", server, folder / "log")
        yield f"{address}/lab/workspaces/{{}}/tree/{{}}?token={token}"
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(60_000)
        yield page
        browser.close()


@pytest.mark.parametrize("lecture", LECTURES)
def test_a_lecture_runs_and_its_figures_move(lab: str, page: Page, lecture: str):
    elsewhere: list[str] = []
    page.on(
        "request",
        lambda r: (
            None if re.match(r"(http://127\.|ws://127\.|data:|blob:)", r.url) else elsewhere.append(r.url)
        ),
    )
    _open(page, lab, f"lectures/{lecture}.ipynb")
    page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    cells = _when_all_ran(page, patience_s=480)
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"] == []
    figures = page.locator(".jp-OutputArea", has=page.locator(".widget-image"))
    assert figures.count() >= 4
    with_sliders = [figure for figure in figures.all() if figure.locator(".noUi-handle").count()]
    assert with_sliders
    for figure in with_sliders:
        _move(page, figure)
    assert elsewhere == []


def test_a_student_is_told_which_mistake_it_looks_like(lab: str, page: Page):
    _open(page, lab, "assignments/a01_rnn_basics/rnn_basics.ipynb")
    cells = page.evaluate(MODEL)["cells"]
    found = {cell["metadata"].get("nbgrader", {}).get("grade_id"): i for i, cell in enumerate(cells)}
    imports = next(i for i, cell in enumerate(cells) if "import check" in cell["source"])
    answer, check = found["rnn_step_forward_solution"], found["rnn_step_forward"]
    wrong = cells[answer]["source"].replace(
        "raise NotImplementedError()", "return np.tanh(x @ Wx + prev_h @ Wh.T + b), None"
    )
    panel = _run(page, {imports: None, answer: wrong, check: None})
    assert "The state met Wh transposed." in panel
    right = wrong.replace("Wh.T", "Wh")
    panel = _run(page, {answer: right, check: None})
    assert "5 / 5" in panel


def _move(page: Page, figure: Locator) -> None:
    """Move a figure's first slider as far as it takes for the picture to change: up, or down from the top."""
    picture = figure.locator(".widget-image").element_handle()
    before = picture.get_attribute("src")
    figure.locator(".noUi-handle").first.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        with contextlib.suppress(PlaywrightTimeout):
            page.wait_for_function(
                "([img, before]) => img.src !== before", arg=[picture, before], timeout=10_000
            )
            return
    raise AssertionError(f"a figure does not move: {figure.inner_text()[:200]}")


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(log.read_text())


def _open(page: Page, lab: str, notebook: str) -> None:
    page.goto(
        lab.format(secrets.token_hex(4), notebook)
    )  # a workspace of its own: nothing is restored beside it
    page.wait_for_function(
        """path => {
            const panel = window.jupyterapp?.shell.currentWidget;
            return panel?.context?.path === path && panel.context.isReady
                && panel.sessionContext.session?.kernel?.status === 'idle';
        }""",
        arg=notebook,
    )


def _when_all_ran(page: Page, patience_s: float) -> list[dict[str, Any]]:
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        cells: list[dict[str, Any]] = page.evaluate(MODEL)["cells"]
        code = [cell for cell in cells if cell["cell_type"] == "code" and cell["source"]]
        failed = any(output["output_type"] == "error" for cell in code for output in cell["outputs"])
        if failed or all(cell["execution_count"] for cell in code):
            return cells  # after an error nothing more runs
        time.sleep(1)
    raise AssertionError(f"the notebook had not come to its end after {patience_s} s")


def _run(page: Page, sources: dict[int, str | None]) -> str:
    """Put text into cells, run them in order, and give what the last one's panel shows."""
    for number, source in sources.items():
        page.evaluate(
            """async ([number, source]) => {
                const notebook = jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = number;
                if (source) notebook.widgets[number].model.sharedModel.setSource(source);
                await jupyterapp.commands.execute('notebook:run-cell');
            }""",
            [number, source],
        )
    panel = page.locator(".unrolled-panel").last
    panel.scroll_into_view_if_needed()
    return " ".join(panel.inner_text().split())
