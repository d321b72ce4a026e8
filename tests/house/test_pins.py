"""One place for each pin, each says who needs it, and what is installed is what is pinned."""

import ast
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS = {"rnn_autograder", "rnn_datasets"}


def lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith(("#", "-r "))]


def pins(path: Path) -> dict[str, Requirement]:
    found = [Requirement(line.partition("#")[0].strip()) for line in lines(path)]
    return {canonicalize_name(pin.name): pin for pin in found}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_line_is_an_exact_pin_and_says_who_needs_it(root: Path, name: str) -> None:
    for line in lines(root / name):
        pattern = r"[\w.-]+==[\w.]+(; [^#]+)? +# \w.*"
        assert re.fullmatch(pattern, line), f"{name}: {line!r} is not `name==version  # who needs it`"


def test_what_is_installed_is_what_is_pinned(root: Path) -> None:
    for pin in (pins(root / "requirements.txt") | pins(root / "requirements-dev.txt")).values():
        if pin.marker is None or pin.marker.evaluate():
            installed = metadata.version(pin.name).partition("+")[0]  # 2.13.0+cpu is 2.13.0
            assert pin.specifier.contains(installed), f"{pin} is due, {installed} is there: run make test"


def test_authors_get_what_students_get_and_more(root: Path) -> None:
    assert "-r requirements.txt" in (root / "requirements-dev.txt").read_text().splitlines()
    assert not pins(root / "requirements.txt").keys() & pins(root / "requirements-dev.txt").keys()


def test_students_never_pair_notebooks(root: Path) -> None:
    assert "jupytext" not in pins(root / "requirements.txt")


def test_the_distribution_asks_for_the_same_pins(root: Path) -> None:
    asked = {str(Requirement(line)) for line in metadata.requires("unrolled") or []}
    assert asked == {str(pin) for pin in pins(root / "requirements.txt").values()}


def test_conda_users_get_the_same_pins(root: Path) -> None:
    body = (root / "environment.yml").read_text()
    assert "- -r requirements.txt\n" in body
    assert "==" not in body, "a pin written twice can differ"


@pytest.mark.parametrize(
    ("files", "folders", "neighbours"),
    [
        (["requirements.txt"], ["autograder", "datasets", "lectures", "solutions"], ["lectures"]),
        (
            ["requirements.txt", "requirements-dev.txt"],
            [".ci", "deploy", "docs", "tests"],
            ["docs", "lectures", "solutions", "tests"],
        ),
    ],
    ids=["students", "authors"],
)
def test_whatever_is_imported_is_pinned(
    root: Path, files: list[str], folders: list[str], neighbours: list[str]
) -> None:
    """A package that comes along with another one today may not come tomorrow."""
    pinned = {name for file in files for name in pins(root / file)}
    # A grader who grades a .py installs jupytext; it is asked for only then.
    allowed = OURS | set(sys.stdlib_module_names) | {"jupytext"}
    for folder in neighbours:  # their scripts import each other by their plain names
        for script in (root / folder).rglob("*.py"):
            allowed |= {script.stem, script.parent.name}
    owners = metadata.packages_distributions()
    for folder in folders:
        for script in (root / folder).rglob("*.py"):
            for module in imported(script) - allowed:
                names = {canonicalize_name(owner) for owner in owners.get(module, [module])}
                assert names & pinned, f"{script.relative_to(root)} imports {module}, which is not pinned"


def imported(script: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found
