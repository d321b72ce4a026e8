"""Make `.venv` and put into it what a command needs, once. Runs before all else: standard library only.

    python3 .ci/setup.py students|authors [PROGRAM ...]

A stamp in `.venv` holds a hash of what was asked for, so that a second run costs nothing. PROGRAMs come from
the system's package manager where we may use it; where not, the one line to type is printed and we go on.
"""

from __future__ import annotations  # so that an older Python gets as far as its refusal

import hashlib
import os
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
REQUIREMENTS = {"students": ["requirements.txt"], "authors": ["requirements.txt", "requirements-dev.txt"]}

# Program -> the names it may be installed under, and what is lost without it.
PROGRAMS = {
    "bubblewrap": (["bwrap"], "without it no submission is graded"),
    "chromium": (["chromium", "chromium-browser"], "without it the browser tests are skipped"),
    "node-configurable-http-proxy": (["configurable-http-proxy"], "without it the test of a hub is skipped"),
    "postgresql": (
        ["postgres", "pg_ctlcluster"],
        "without it the test of a gradebook on a server is skipped",
    ),
}
MANAGERS = {
    "apt-get": "apt-get install --yes --no-install-recommends",
    "dnf": "dnf install --assumeyes",
    "pacman": "pacman --sync --noconfirm --needed",
    "zypper": "zypper --non-interactive install",
    "apk": "apk add",
}


def main(audience: str, *programs: str) -> None:
    """Make the environment for `audience`, then see to the programs."""
    if sys.version_info < (3, 11):  # noqa: UP036 -- here an older Python is possible: say so
        found = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"Python 3.11 or newer is needed; this is {found}. Name another: make PYTHON=python3.12 ...")
    if not recorded(audience):
        make_environment()
        install(REQUIREMENTS[audience][-1])
        record(audience)
    for program in programs:
        need(program)


def recorded(audience: str) -> bool:
    """Whether what `audience` needs was installed before."""
    stamp = VENV / f".installed-for-{audience}"
    return stamp.is_file() and stamp.read_text() == digest(audience)


def record(audience: str) -> None:
    """Note that it is installed now; what authors have, students have too."""
    for other, files in REQUIREMENTS.items():
        if set(files) <= set(REQUIREMENTS[audience]):
            (VENV / f".installed-for-{other}").write_text(digest(other))


def digest(audience: str) -> str:
    """A hash of everything that decides what is installed."""
    files = [*REQUIREMENTS[audience], "pyproject.toml"]
    # The folder counts too: a virtual environment that was moved or copied does not work.
    parts = [bytes(ROOT), *((ROOT / name).read_bytes() for name in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def make_environment() -> None:
    """Make `.venv`, or make it again where it is broken."""
    works = [str(VENV / "bin" / "python"), "-c", f"import pip, sys; assert sys.prefix == {str(VENV)!r}"]
    if VENV.exists() and succeeds(works):
        return
    say("Making .venv")
    if not succeeds([sys.executable, "-c", "import ensurepip, venv"]):
        system_install("python3-venv", "Python came without its venv module")
    if not succeeds([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        sys.exit(
            "No virtual environment could be made. On Debian or Ubuntu: sudo apt-get install python3-venv"
        )


def install(requirements: str) -> None:
    """Install the pinned requirements, then the course itself, editable."""
    say(f"Installing {requirements} into .venv: some minutes the first time, PyTorch is the largest part")
    pip("-r", str(ROOT / requirements))
    pip("--no-deps", "--editable", str(ROOT))


def pip(*arguments: str) -> None:
    """Run `pip install`, its long talk shown as one line that changes; all of its end where it fails."""
    command = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--progress-bar", "off", *arguments]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    said = deque[str](maxlen=30)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        for line in process.stdout or ():
            said.append(line)
            if sys.stdout.isatty():
                print(f"\r\033[K  {line.strip()[:70]}", end="\r", flush=True)
    if sys.stdout.isatty():
        print("\033[K", end="")
    if process.returncode:
        print(*said, sep="", end="")
        sys.exit(
            "pip could not install what is needed; its reason stands above. Type the command again to go on."
        )


def need(program: str) -> None:
    """See that a program is there."""
    names, loss = PROGRAMS[program]
    if not any(map(shutil.which, names)):
        system_install(program, f"{program} is not installed, and {loss}")


def system_install(package: str, why: str) -> None:
    """Install a system package where we may; otherwise say the one line that does it."""
    manager = next(filter(shutil.which, MANAGERS), None)
    if manager is None:
        say(f"{why}. Install {package} with your system's package manager.")
        return
    command = f"{MANAGERS[manager]} {package}"
    sudo = "" if os.geteuid() == 0 else "sudo "
    if not sudo or succeeds("sudo -n true"):
        say(f"Installing {package} with {manager}")
        if manager == "apt-get":
            succeeds(f"{sudo}apt-get update")
        if succeeds(sudo + command):
            return
    say(f"{why}. Type: {sudo}{command}")


def succeeds(command: str | list[str]) -> bool:
    """Run a command silently."""
    command = command.split() if isinstance(command, str) else command
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    null = subprocess.DEVNULL
    try:
        return subprocess.run(command, stdin=null, stdout=null, stderr=null, env=environment).returncode == 0
    except OSError:
        return False


def say(line: str) -> None:
    """One line to the person who waits."""
    print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
