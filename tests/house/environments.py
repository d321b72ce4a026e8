"""New environments that cost seconds: as empty as one for a student, without a download."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

# pip as it is in a new environment, but nothing comes from a network; a wheel is built with what is lent.
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def new_environment(folder: Path) -> Path:
    """A new environment's Python. What the course depends on is lent by this environment, the course is not."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = run([python, "-c", "import site; print(site.getsitepackages()[0])"]).strip()
    # A .pth in the new environment adds a folder but does not read that folder's own .pth files:
    # the editable install of this repository is not lent. It is lent under a name of the new environment,
    # `lib64`, so that the sandbox shows it to a worker.
    lent = Path(next(path for path in sys.path if path.endswith("site-packages")))
    lib64 = folder / "lib64"
    lib64.unlink(missing_ok=True)
    lib64.symlink_to(lent.parents[1])
    (Path(site) / "lent.pth").write_text(str(lib64.joinpath(*lent.parts[-2:])))
    return python


def run(command: list[str | Path], folder: Path | None = None, **environment: str) -> str:
    """What a command prints; what it complains about is shown when it fails."""
    alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**alone, **OFFLINE, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
