"""JupyterLab as a person meets it: started on a folder, opened in Chromium, its notebooks read by their model."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

# All cells in the page at once, and no question about news.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false"},
    "notebook-extension/tracker": {"windowingMode": "none"},
}
MODEL = "jupyterapp.shell.currentWidget.content.model.toJSON()"
PATIENCE_S = 180  # for a machine that is busy; only what fails waits so long

Cell = dict[str, Any]


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs: its address, and the token that lets one in."""

    address: str
    token: str

    def url(self, path: str = "") -> str:
        """Where it opens, on a file or not, in a workspace of its own: nothing is restored beside it."""
        tree = f"/tree/{path}" if path else ""
        return f"{self.address}/lab/workspaces/{secrets.token_hex(4)}{tree}?token={self.token}"


@contextlib.contextmanager
def jupyterlab(folder: Path, home: Path, **environment: str) -> Iterator[Lab]:
    """A JupyterLab on a folder, with settings, configuration, data and log under `home`, until the block ends."""
    for name, setting in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(setting))
    token = secrets.token_hex(16)
    everything = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_TOKEN": token,
        **environment,
    }
    options = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root", "--expose-app-in-browser"]
    options += [f"--ServerApp.root_dir={folder}"]
    command = [sys.executable, "-m", "jupyterlab", *options]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(command, env=everything, cwd=folder, stdout=log, stderr=log)
    try:
        yield Lab(address_of(server, home), token)
    finally:
        server.terminate()
        try:
            server.wait(timeout=PATIENCE_S)
        finally:
            server.kill()  # where it did not listen


def address_of(server: subprocess.Popen[bytes], home: Path) -> str:
    """Where a server listens: it says so once it does. Where it ended instead, what it said is the error."""
    until = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError, json.JSONDecodeError):  # not there yet, or not whole
            told = json.loads((home / f"runtime/jpserver-{server.pid}.json").read_text())
            return f"http://127.0.0.1:{told['port']}"
        time.sleep(0.2)
    raise AssertionError((home / "log").read_text())


def open_notebook(page: Page, lab: Lab, path: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(lab.url(path))
    wait_for_kernel(page, path)


def wait_for_kernel(page: Page, path: str) -> None:
    """Wait until a notebook is the one in front, and its kernel has nothing to do."""
    page.wait_for_function(
        """path => {
            const panel = window.jupyterapp?.shell.currentWidget;
            return panel?.context?.path === path && panel.context.isReady
                && panel.sessionContext.session?.kernel?.status === 'idle';
        }""",
        arg=path,
    )


def run_all(page: Page, patience_s: float) -> list[Cell]:
    """Run the open notebook from the top, with nothing left of before; its cells, when all ran or one failed."""
    page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
    page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        """() => {
            const cells = [...jupyterapp.shell.currentWidget.content.model.cells];
            const code = cells.filter(cell => cell.type === 'code' && cell.sharedModel.getSource());
            const failed = cell => cell.outputs.toJSON().some(output => output.output_type === 'error');
            return code.every(cell => cell.executionCount) || code.some(failed);
        }""",
        polling=1000,
        timeout=1000 * patience_s,
    )
    # A widget is drawn when its views have been asked for, which may be after its cell has run.
    page.wait_for_function(
        "() => !document.querySelector('.jp-Notebook').textContent.includes('Loading widget...')",
        polling=1000,
    )
    cells: list[Cell] = page.evaluate(MODEL)["cells"]
    return cells


def complaints(cells: list[Cell]) -> list[dict[str, Any]]:
    """Every error, and all that was written to stderr."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [each for each in outputs if each["output_type"] == "error" or each.get("name") == "stderr"]


def run_cells(page: Page, sources: Mapping[int, str | None]) -> None:
    """Put text into cells (None: leave it as it is) and run them, in order."""
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


def change_theme(page: Page, name: str) -> None:
    """Show all of JupyterLab in another theme, and wait until it is there."""
    page.evaluate("name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})", name)
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)
