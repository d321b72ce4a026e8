"""What every test in a browser starts from: Chromium, and what it asks of other machines."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from rnn_autograder.bundle import bundle

ROOT = Path(__file__).resolve().parents[2]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PATIENCE_MS = 180_000  # for a machine that is busy; only what fails waits so long
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


@pytest.fixture
def page() -> Iterator[Page]:
    """A page in a fresh profile. The browser ends with the test: its event loop would be in others' way."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE_MS)
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        yield page
        browser.close()


@pytest.fixture(scope="session")
def student_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a student downloads, unzipped."""
    folder = tmp_path_factory.mktemp("student")
    with ZipFile(bundle(ROOT, folder)) as handed_out:
        handed_out.extractall(folder)
    (unzipped,) = folder.glob("unrolled-student-*/")
    return unzipped


@pytest.fixture
def elsewhere(page: Page) -> list[str]:
    """Every address outside this machine that the page asks for."""
    asked: list[str] = []
    here = re.compile(r"(https?|wss?)://127\.|data:|blob:|file:")
    page.on("request", lambda request: None if here.match(request.url) else asked.append(request.url))
    return asked
