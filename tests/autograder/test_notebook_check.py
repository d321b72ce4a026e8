"""`autograder check` in a kernel of its own: what the panels say, on any system."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from rnn_autograder.__main__ import main

# A Python in which our own code finds nothing that Windows has not, and nothing of the sandbox.
ELSEWHERE = """
import builtins, os

everywhere = builtins.__import__
missing = {"fcntl", "grp", "pty", "pwd", "pyseccomp", "resource", "rnn_autograder.sandbox", "termios"}


def without(name, globals=None, *more, **named):
    asks = str((globals or {}).get("__name__"))
    if asks.startswith("rnn_") and any(f"{name}.".startswith(f"{each}.") for each in missing):
        raise ModuleNotFoundError(f"{asks} imports {name}, which is not on every system")
    return everywhere(name, globals, *more, **named)


builtins.__import__ = without
del os.fork
"""

ANSWERS = [
    "import numpy as np",
    "%matplotlib inline",
    "def one_hot(tokens, V):\n    return np.eye(V)[tokens]",
    "raise NotImplementedError()",
]


def written(folder: Path, *cells: str) -> Path:
    file = folder / "rnn_basics.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), file)
    return file


def test_a_notebook_is_checked_where_there_is_no_sandbox(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(ELSEWHERE)
    notebook = written(tmp_path, *ANSWERS)
    done = subprocess.run(
        [sys.executable, "-m", "rnn_autograder", "check", notebook],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "2 / 2" in done.stdout
    assert "rnn_step_forward is not defined." in done.stdout
    assert done.stdout.splitlines()[-1].startswith("2 of 40 points on the public cases.")


def test_what_a_function_writes_past_python_does_not_stand_in_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writes = 'import os\ndef one_hot(tokens, V):\n    os.write(2, b"here")\n    return np.eye(V)[tokens]'
    assert main(["check", str(written(tmp_path, ANSWERS[0], writes))]) == 0
    assert "2 of 40 points" in capsys.readouterr().out


def test_a_notebook_that_spoils_its_kernel_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt = "import sys\nsys.modules['rnn_autograder'] = None"
    assert main(["check", str(written(tmp_path, *ANSWERS, spoilt))]) == 2
    assert "rnn_basics.ipynb changes what its own check needs" in capsys.readouterr().err


def test_a_notebook_that_ends_its_kernel_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(written(tmp_path, *ANSWERS, "import os\nos._exit(0)"))]) == 2
    assert "rnn_basics.ipynb ended its kernel" in capsys.readouterr().err


def test_grading_says_where_it_can_be_done() -> None:
    on_a_mac = (
        "import sys; from rnn_autograder.__main__ import main; sys.platform = 'darwin'; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", on_a_mac, "doctor"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("autograder: Grading needs Linux,")
    assert len(done.stderr.splitlines()) == 1
