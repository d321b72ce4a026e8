"""No answer leaves `solutions/`: not into what nbgrader released, not into the student bundle."""

import ast
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

# What says nothing about the answer: unpacking a shape, returning by name, collecting steps in a list.
COMMON = [
    r"[\w,]+=\w+\.shape",
    r"return[\w,]+",
    r"\w+=\[\]",
    r"cache=\(?[\w,]+\)?",
    r"for\w+inrange\([\w.\[\]]+\):",
]


def squeeze(text: str) -> str:
    """Without white space: a line that was moved or wrapped is still the same line."""
    return "".join(text.split())


def telling(lines: list[str], elsewhere: str, shortest: int) -> set[str]:
    """The lines that would give an answer away: not too short, not common, not in the open anyway."""
    return {
        line
        for line in (squeeze(re.sub(r"\s+# .*", "", line)) for line in lines)
        if len(line) >= shortest
        and line not in elsewhere
        and not any(re.fullmatch(pattern, line) for pattern in COMMON)
    }


def split(script: Path) -> tuple[list[str], str]:
    """A solution script's answer lines, and all the rest of it, squeezed."""
    answers, rest = [], []
    inside = False
    for line in script.read_text(encoding="utf-8").splitlines():
        if "### BEGIN SOLUTION" in line or "### END SOLUTION" in line:
            inside = "BEGIN" in line
        else:
            (answers if inside else rest).append(line)
    return answers, squeeze("\n".join(rest))


def secrets(root: Path) -> set[str]:
    """Every telling line of every answer and of every misconception's patch."""
    folders = sorted((root / "solutions").glob("a[0-9]*"))
    scripts = [split(folder / f"{folder.name.partition('_')[2]}.py") for folder in folders]
    given = "".join(rest for _, rest in scripts)  # what one assignment asks for, a later one may give
    found: set[str] = set()
    for folder, (answers, _) in zip(folders, scripts, strict=True):
        patches = [line for text in patch_texts(folder / "misconceptions.py") for line in text.splitlines()]
        # A patch may be a fragment of a line, and a short fragment stands in many an innocent one.
        found |= telling(answers, given, shortest=8) | telling(patches, given, shortest=16)
    return found


def patch_texts(misconceptions: Path) -> Iterator[str]:
    """`line` and `becomes` of each misconception, read without running the file."""
    for node in ast.walk(ast.parse(misconceptions.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Misconception":
            fields = dict(zip(("line", "becomes"), node.args, strict=False))
            fields |= {
                keyword.arg: keyword.value for keyword in node.keywords if keyword.arg in ("line", "becomes")
            }
            yield from (ast.literal_eval(value) for value in fields.values())


def everything_in(folder: Path) -> dict[str, str]:
    """Each file's text: the strings of a notebook, recordings unpacked."""
    texts = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            data = gzip.decompress(data) if path.suffix == ".gz" else data
            text = data.decode(errors="replace")
            if path.suffix == ".ipynb":
                text = "\n".join(strings(json.loads(text)))
            texts[path.relative_to(folder).as_posix()] = text
    return texts


def strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, list):
        # The lines of a cell are one text.
        yield "".join(part for part in node if isinstance(part, str))
        yield from (text for part in node if not isinstance(part, str) for text in strings(part))
    elif isinstance(node, dict):
        for value in node.values():
            yield from strings(value)


def leaks(root: Path, folder: Path) -> list[str]:
    """Where which secret is found: a long one anywhere in a text, a short one as a line of its own."""
    hidden = secrets(root)
    found = []
    for name, text in everything_in(folder).items():
        joined, lines = squeeze(text), {squeeze(line) for line in text.splitlines()}
        found += [f"{name}: {line}" for line in hidden if line in (joined if len(line) >= 12 else lines)]
    return found


def test_there_is_something_to_hide(root: Path) -> None:
    assert len(secrets(root)) >= 20


def test_no_answer_is_in_the_released_assignments(root: Path) -> None:
    assert leaks(root, root / "assignments") == []


def test_no_answer_is_in_the_bundle(root: Path, student_folder: Path) -> None:
    assert leaks(root, student_folder) == []


def test_nothing_but_notebooks_is_released(root: Path) -> None:
    released = [path for path in (root / "assignments").rglob("*") if path.is_file()]
    assert released
    assert {path.suffix for path in released} == {".ipynb"}


def test_no_solution_mark_is_released(root: Path) -> None:
    for name, text in everything_in(root / "assignments").items():
        assert "### BEGIN SOLUTION" not in text, name


@pytest.mark.parametrize("disguise", ["notebook", "script", "recording"])
def test_a_leak_would_be_seen(root: Path, tmp_path: Path, disguise: str) -> None:
    """The search finds a planted answer, wrapped over lines, in every kind of file."""
    script = next((root / "solutions").glob("a01*/rnn_basics.py"))
    hidden = secrets(root)
    answer = next(line for line in split(script)[0] if len(line) >= 20 and squeeze(line) in hidden)
    wrapped = answer.replace(" ", "\n        ")
    if disguise == "notebook":
        cell = {
            "cell_type": "code",
            "source": wrapped.splitlines(keepends=True),
            "outputs": [],
            "metadata": {},
        }
        (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
    elif disguise == "script":
        (tmp_path / "a.py").write_text(wrapped)
    else:
        (tmp_path / "a.gz").write_bytes(gzip.compress(wrapped.encode()))
    assert leaks(root, tmp_path)
