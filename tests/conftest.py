"""One thread for small matrices, as in every command of the Makefile; NumPy reads this when it is first imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rnn_autograder.sandbox.nursery import Isolation

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def isolation() -> Isolation:
    """What isolates students' code here. Where nothing does, what needs it is skipped, with what was found out."""
    from rnn_autograder.sandbox.probe import probe

    found = probe()
    if found.tier == "none":
        pytest.skip(" ".join(" ".join(found.findings).split()))
    return found
