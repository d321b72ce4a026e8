"""What the tests of grading share."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from classes import Once
from hypothesis import settings

settings.load_profile("ci")  # the same values each time, and no deadline for one: the machine may be busy


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Make something once a session, in a folder of its own: the first of pytest's workers makes it for all.

    What is made comes back as JSON would bring it; the folder is gone by then.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made_once(name: str, make: Callable[[Path], Any]) -> Any:
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            made = shared / f"{name}.json"
            if not made.exists():
                folder = shared / name
                made.write_text(json.dumps(make(folder)))
                shutil.rmtree(folder)
            return json.loads(made.read_text())

    return made_once
