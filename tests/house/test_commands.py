"""The Makefile, the setup script and the front pages keep what they promise."""

import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TARGETS = [
    "lab",
    "demo",
    "test",
    "check",
    "notebooks",
    "scripts",
    "lectures",
    "checkpoint",
    "experiments",
    "release",
    "student-bundle",
    "book",
    "bench",
    "browser",
    "faults",
    "users",
]


def test_make_alone_lists_every_target(root: Path) -> None:
    said = subprocess.run(["make", "-s"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  make ([a-z-]+)", said, re.MULTILINE) == TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_no_target_does_nothing(root: Path, target: str) -> None:
    dry = subprocess.run(["make", "-n", target], cwd=root, capture_output=True, text=True, check=True).stdout
    steps = [line for line in dry.splitlines() if ".ci/setup.py" not in line]
    assert steps, f"make {target} has no step of its own"


def test_ci_runs_the_test_commands_of_the_readme(root: Path) -> None:
    assert os.access(root / ".ci/run", os.X_OK)
    assert (root / ".ci/run").read_text().rstrip().endswith("make test browser")
    readme = (root / "README.md").read_text()
    assert "make test" in readme and "make browser" in readme


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_a_front_page_is_one_screen_and_its_links_lead_somewhere(root: Path, page: str) -> None:
    text = (root / page).read_text()
    assert len(text.splitlines()) <= 70
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert link.startswith("https://") or (root / link).is_file(), (
            f"{page} links to {link}: nothing there"
        )


def test_the_readme_lists_every_lecture_and_every_assignment(root: Path) -> None:
    rows = re.findall(
        r"^\| (\d) \| \[.+?\]\((lectures/.+?)\) \| \[.+?\]\((assignments/.+?)\) \|$",
        (root / "README.md").read_text(),
        re.M,
    )
    assert [number for number, _, _ in rows] == list("12345678")
    for column, pattern in ((1, "lectures/[0-9]*.ipynb"), (2, "assignments/*/*.ipynb")):
        there = sorted(str(path.relative_to(root)) for path in root.glob(pattern))
        assert [row[column] for row in rows] == there


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A folder with the setup script and a way to ask what it would do, without a network."""
    for name in (".ci/setup.py", "requirements.txt", "requirements-dev.txt", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(root / name, tmp_path / name)
    return tmp_path


def setup(folder: Path, *arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / ".ci/setup.py"), *arguments]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def installed(folder: Path) -> dict[str, Any]:
    """Leave the folder as an installation for authors leaves it; the script's own functions come back."""
    script = runpy.run_path(str(folder / ".ci/setup.py"))
    script["VENV"].mkdir()
    script["record"]("authors")
    return script


def test_what_was_installed_once_is_not_installed_again(copy: Path) -> None:
    installed(copy)
    for audience in ("students", "authors"):
        done = setup(copy, audience, path=copy)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_pin_is_installed_for_those_who_need_it(copy: Path) -> None:
    script = installed(copy)
    with (copy / "requirements-dev.txt").open("a") as file:
        file.write("one-more==1.0  # nobody\n")
    assert script["recorded"]("students")
    assert not script["recorded"]("authors")


@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "apt-get install --yes --no-install-recommends bubblewrap"),
        ("dnf", "dnf install --assumeyes bubblewrap"),
        ("pacman", "pacman --sync --noconfirm --needed bubblewrap"),
        ("zypper", "zypper --non-interactive install bubblewrap"),
        ("apk", "apk add bubblewrap"),
    ],
)
def test_a_missing_program_that_cannot_be_installed_is_one_line_to_type(
    copy: Path, manager: str, line: str
) -> None:
    installed(copy)
    programs = copy / "bin"
    programs.mkdir()
    (programs / manager).write_text("#!/bin/sh\nexit 1\n")
    (programs / manager).chmod(0o755)
    done = setup(copy, "students", "bubblewrap", path=programs)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1].endswith(line)


def test_a_missing_program_is_installed_where_we_may(copy: Path) -> None:
    if os.geteuid():
        pytest.skip("only root may, without asking")
    installed(copy)
    programs = copy / "bin"
    programs.mkdir()
    (programs / "apt-get").write_text('#!/bin/sh\necho "$@" >> "$0.log"\n')
    (programs / "apt-get").chmod(0o755)
    done = setup(copy, "students", "bubblewrap", path=programs)
    assert done.stdout == "Installing bubblewrap with apt-get\n"
    asked = (programs / "apt-get.log").read_text().splitlines()
    assert asked == ["update", "install --yes --no-install-recommends bubblewrap"]


@pytest.mark.parametrize(
    "made",
    [
        ".course_secret",
        ".venv/bin/python",
        "autograded/ada/a01_rnn_basics/rnn_basics.ipynb",
        "demo/gradebook.db",
        "dist/unrolled-student-0.1.0.zip",
        "downloaded/a01_rnn_basics/archive/submissions.zip",
        "feedback/ada/a01_rnn_basics/rnn_basics.html",
        "gradebook.db",
        "gradebook.db-journal",
        "submitted/ada/a01_rnn_basics/rnn_basics.ipynb",
    ],
)
def test_a_class_and_its_secret_are_never_committed(root: Path, made: str) -> None:
    assert (
        subprocess.run(["git", "check-ignore", "-q", "--no-index", made], cwd=root, check=False).returncode
        == 0
    )


def test_git_ignores_nothing_that_the_packages_are_made_of(root: Path) -> None:
    command = ["git", "ls-files", "--others", "--ignored", "--exclude-standard", "autograder", "datasets"]
    ignored = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.split()
    caches = {"__pycache__", ".ipynb_checkpoints"}
    assert [path for path in ignored if not caches & set(Path(path).parts)] == []
