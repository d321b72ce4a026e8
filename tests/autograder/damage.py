"""Damaged notebooks by the hundred: what was done to each, and what it may cost.

Each is a right solution to which one thing was done. So what it still earns is known by construction, without
asking the code that reads it: an answer that was not touched keeps its points.
"""

from __future__ import annotations

import copy
import gzip
import io
import json
import os
import random
import re
import socket
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import nbformat
from classes import A01, FILE, REPOSITORY
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

MEGABYTE = 1_000_000

Notebook = dict[str, Any]


def _cells(folder: str) -> list[dict[str, Any]]:
    return json.loads((REPOSITORY / folder / A01 / FILE).read_text(encoding="utf-8"))["cells"]


def _mark(cell: dict[str, Any]) -> dict[str, Any]:
    return cell["metadata"].get("nbgrader", {})


POINTS = {
    _mark(c)["grade_id"]: float(_mark(c)["points"]) for c in _cells("assignments") if _mark(c).get("grade")
}
WRITTEN = "what_the_state_knows"
EXERCISES = tuple(name for name in POINTS if name != WRITTEN)
CALLED_BY = {"rnn_step_forward": {"rnn_forward", "sample"}}  # in the solution: they fall with it


@dataclass(frozen=True)
class Damage:
    """One student's misfortune.

    Attributes:
        name: what happened; with dashes, the student's id.
        hand_in: puts the submission into the folder that it is given.
        lost: the answers that it takes, by exercise. All others keep their points.
        says: a pattern for what each student of a lost answer is told.
        certain: whether what is lost is lost for sure: damage at random may have hit nothing that matters.
    """

    name: str
    hand_in: Callable[[Path], object]
    lost: frozenset[str] = frozenset()
    says: str = ""
    certain: bool = True

    @property
    def student(self) -> str:
        """The name of the student's folder."""
        return re.sub(r"\W+", "-", self.name).strip("-")

    @property
    def fallen(self) -> frozenset[str]:
        """What is lost, and what calls it."""
        return self.lost.union(*(CALLED_BY.get(name, ()) for name in self.lost))


ALL = frozenset(POINTS)
MISSING = "This cell was missing from the notebook"


@cache
def _solved_text() -> str:
    answers = {
        _mark(cell)["grade_id"]: cell["source"] for cell in _cells("solutions") if _mark(cell).get("solution")
    }
    notebook = json.loads((REPOSITORY / "assignments" / A01 / FILE).read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(answers.get(_mark(cell).get("grade_id"), cell["source"]))
    return json.dumps(notebook, indent=1, ensure_ascii=False)


def solved() -> Notebook:
    """The released notebook with every answer in it, as JSON."""
    return json.loads(_solved_text())


def place(name: str) -> int:
    """Which cell of the released notebook holds the answer to an exercise."""
    wanted = (name, f"{name}_solution")
    return next(
        n
        for n, c in enumerate(_cells("assignments"))
        if _mark(c).get("solution") and _mark(c)["grade_id"] in wanted
    )


def code(source: Any, **metadata: Any) -> dict[str, Any]:
    """A code cell as a student makes it."""
    return {
        "cell_type": "code",
        "source": source,
        "metadata": metadata,
        "outputs": [],
        "execution_count": None,
    }


def _write(text: str | bytes, path: Path) -> None:
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))


def _edited(
    name: str,
    edit: Callable[[Notebook], object],
    lost: Iterable[str] = (),
    says: str = "",
    certain: bool = True,
) -> Damage:
    """A notebook of which something was changed, still JSON."""

    def hand_in(folder: Path) -> None:
        notebook = solved()
        edit(notebook)
        _write(json.dumps(notebook), folder / FILE)

    return Damage(name, hand_in, frozenset(lost), says, certain)


def _bytes(name: str, make: Callable[[bytes], bytes], says: str = "", lost: Iterable[str] = ALL) -> Damage:
    """A file of which something was changed, with no thought for what JSON is."""
    return Damage(
        name, lambda folder: _write(make(_solved_text().encode()), folder / FILE), frozenset(lost), says
    )


# The file's bytes -------------------------------------------------------------------------------------------


def cut() -> Iterator[Damage]:
    """Cut off, here and there: a full disk, an upload that broke."""
    for part in range(1, 9):
        yield _bytes(
            f"cut at {part} of 9",
            lambda whole, part=part: whole[: len(whole) * part // 9],
            "cut off or damaged|was damaged",
        )


def no_notebook() -> Iterator[Damage]:
    """Bytes that are no notebook."""
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    for name, make in {
        "a picture": lambda _: png,
        "a page of html": lambda _: b"<!doctype html><html><body>Not logged in</body></html>",
        "a python script": lambda _: b"def one_hot(tokens, V): ...\n",
        "a zip": _zip,
        "a gzip": gzip.compress,
        "utf-16": lambda whole: whole.decode().encode("utf-16"),
        "utf-32": lambda whole: whole.decode().encode("utf-32"),
        "latin-1": lambda whole: whole.replace(b"one_hot", "ä".encode("latin-1"), 1),
        "a NUL byte in the middle": lambda whole: whole[:5000] + b"\0" + whole[5000:],
        "a block of NUL bytes": lambda whole: whole[:8192] + bytes(4096) + whole[12288:],
        "only NUL bytes": lambda whole: bytes(len(whole)),
        "NUL bytes after the end": lambda whole: whole + bytes(512),
        "twice in one file": lambda whole: whole + whole,
        "a merge that met a conflict": lambda whole: whole.replace(b'"cells"', b'<<<<<<< HEAD\n "cells"', 1),
        "single quotes": lambda whole: str(json.loads(whole)).encode(),
        "a comma too many": lambda whole: whole.rstrip()[:-1] + b",}",
        "a number of ten thousand digits": lambda whole: whole.replace(b"null", b"1" * 10_000, 1),
        "nested 10,000 deep in a list": lambda _: b"[" * 10_000 + b"]" * 10_000,
        "nested 10,000 deep in an output": lambda w: w.replace(
            b'"outputs": []', b'"outputs": ' + b"[" * 10_000 + b"]" * 10_000, 1
        ),
        "nested 10,000 deep in metadata": lambda w: w.replace(
            b'"metadata": {}', b'"metadata": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 1
        ),
        "a list": lambda whole: b"[%s]" % whole,
        "a text": lambda whole: json.dumps(whole.decode()).encode(),
        "a number": lambda _: b"1e999",
        "null": lambda _: b"null",
    }.items():
        yield _bytes(name, make, "is not a notebook")
    for name, data in {"empty": b"", "blank": b" \n\t\n"}.items():
        yield _bytes(name, lambda _, data=data: data, "is empty")
    yield Damage("more than 100 MB", _too_large, ALL, "larger than 100 MB")


def _zip(whole: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(FILE, whole)
    return packed.getvalue()


def _too_large(folder: Path) -> None:
    with (folder / FILE).open("wb") as file:
        file.truncate(101 * MEGABYTE)  # takes no room on the disk


def harmless_bytes() -> Iterator[Damage]:
    """Odd bytes that JSON, or those who read it, do not mind."""
    for name, make in {
        "a byte order mark": lambda whole: b"\xef\xbb\xbf" + whole,
        "lines as on Windows": lambda whole: whole.replace(b"\n", b"\r\n"),
        "lines as on an old Macintosh": lambda whole: whole.replace(b"\n", b"\r"),
        "1e999": lambda whole: whole.replace(b"null", b"1e999"),
        "not a number": lambda whole: whole.replace(b"null", b"NaN"),
        "minus infinity": lambda whole: whole.replace(b"null", b"-Infinity"),
        "nested 200 deep": lambda w: w.replace(b'"outputs": []', b'"outputs": ' + b"[" * 200 + b"]" * 200),
        "all in one line": lambda whole: json.dumps(json.loads(whole), separators=(",", ":")).encode(),
    }.items():
        yield _bytes(name, make, lost=())
    yield _bytes("the list of cells twice", lambda whole: whole.rstrip()[:-1] + b', "cells": []}', MISSING)


# Wrong types ------------------------------------------------------------------------------------------------

VALUES = (None, 7, {"a": []})


def wrong_types() -> Iterator[Damage]:
    """A value of another type under every key that a notebook has."""
    for value in VALUES:
        said = json.dumps(value)
        for key, lost, says in (
            ("cells", ALL, "has no list of cells"),
            ("nbformat", ALL, "notebook format 7" if value == 7 else "is not a notebook, though it is JSON"),
            ("nbformat_minor", (), ""),
            ("metadata", (), ""),
        ):
            yield _edited(f"{key} is {said}", partial(_set, [key], value), lost, says)
    names = iter(EXERCISES * 10)  # each damage hits the next exercise
    for path, loses in (
        (["source"], True),
        (["cell_type"], True),
        (["metadata"], False),
        (["metadata", "nbgrader"], False),
        (["metadata", "nbgrader", "grade_id"], False),
        (["metadata", "nbgrader", "points"], False),
        (["metadata", "tags"], False),
        (["id"], False),
        (["outputs"], False),
        (["attachments"], False),
    ):
        for value in (None, {"a": []}):
            name = next(names)
            lost, says = ((name,), MISSING) if loses else ((), "")
            edit = partial(_set, ["cells", place(name), *path], value)
            yield _edited(f"{path[-1]} of {name} is {json.dumps(value)}", edit, lost, says)
        edit = partial(_set_everywhere, path, 7)
        yield _edited(f"every {path[-1]} is 7", edit, ALL if loses else (), MISSING if loses else "")
    yield _edited(
        "every key of nbgrader is null",
        lambda n: [_mark(c).update(dict.fromkeys(_mark(c))) for c in n["cells"]],
    )
    yield _edited("an answer is null", partial(_set, ["cells", place("one_hot")], None), ["one_hot"], MISSING)
    yield _edited("an answer is a list", partial(_set, ["cells", place("sample")], []), ["sample"], MISSING)


def _set(path: list[str | int], value: Any, notebook: Notebook) -> None:
    *way, last = path
    node: Any = notebook
    for key in way:
        node = node[key]
    node[last] = copy.deepcopy(value)


def _set_everywhere(path: list[str], value: Any, notebook: Notebook) -> None:
    for number, cell in enumerate(notebook["cells"]):
        if path[1:-1] != ["nbgrader"] or _mark(cell):
            _set(["cells", number, *path], value, notebook)


# Cells ------------------------------------------------------------------------------------------------------

WRONG = "def {}(*args):\n    return 'wrong'"


def cells() -> Iterator[Damage]:
    """Cells that are missing, foreign, doubled, many, or elsewhere."""
    for name in ("one_hot", "rnn_step_forward", "temporal_softmax_loss", WRITTEN):
        yield _edited(f"{name} deleted", lambda n, name=name: n["cells"].pop(place(name)), [name], MISSING)
    for name in ("word_embedding_forward", "rnn_forward"):
        yield _edited(f"{name} typed anew in another cell", partial(_retyped, name))
        yield _edited(f"{name} there twice", lambda n, name=name: n["cells"].append(n["cells"][place(name)]))
    yield _edited(
        "one_hot again and wrong",
        partial(_again, "one_hot"),
        ["one_hot"],
        "there 2 times: the last one counts",
    )
    yield _edited("all cells three times", lambda n: n.update(cells=n["cells"] * 3))
    yield _edited("no cells", lambda n: n.update(cells=[]), ALL, MISSING)
    yield _edited(
        "one answer only",
        lambda n: n.update(cells=[n["cells"][place("one_hot")]]),
        ALL - {"one_hot"},
        MISSING,
    )
    yield _edited(
        "answers only", lambda n: n.update(cells=[c for c in n["cells"] if _mark(c).get("solution")])
    )
    yield _edited(
        "no checks", lambda n: n.update(cells=[c for c in n["cells"] if not _mark(c).get("locked")])
    )
    yield _edited(
        "no text",
        lambda n: n.update(cells=[c for c in n["cells"] if c["cell_type"] == "code"]),
        [WRITTEN],
        MISSING,
    )
    yield _edited(
        "no code",
        lambda n: n.update(cells=[c for c in n["cells"] if c["cell_type"] != "code"]),
        EXERCISES,
        MISSING,
    )
    yield _edited(
        "another assignment's notebook",
        lambda n: n.update(cells=[code("x = 1", nbgrader={"grade_id": "lstm"})]),
        ALL,
        MISSING,
    )
    yield _edited(
        "foreign cells between all",
        lambda n: n.update(cells=[x for c in n["cells"] for x in (code("own = 1"), c)]),
    )
    yield _edited(
        "cells that are none between all",
        lambda n: n.update(cells=[x for c in n["cells"] for x in (None, c, {}, 3, "x")]),
    )
    yield _edited(
        "cells of unknown kinds",
        lambda n: n["cells"].extend({"cell_type": k, "source": ""} for k in ("heading", "sql", "\0", 3)),
    )
    yield _edited("reversed", lambda n: n["cells"].reverse())
    yield _edited("sorted by text", lambda n: n["cells"].sort(key=lambda c: c["source"]))
    for seed in range(2):
        yield _edited(f"shuffled by {seed}", lambda n, seed=seed: random.Random(seed).shuffle(n["cells"]))
    yield _edited("every id the same", lambda n: [c.update(id="same") for c in n["cells"]])
    yield _edited("no ids", lambda n: [c.pop("id") for c in n["cells"]])
    for claim in ("one_hot", "one_hot_solution"):
        edit = partial(_set_everywhere, ["metadata", "nbgrader", "grade_id"], claim)
        yield _edited(f"every grade_id is {claim}", edit, ALL, certain=False)
    yield _edited("two answers in each other's cell", _swapped)
    yield _edited("all answers in the first one's cell", _together)
    yield _edited(
        "2,001 cells",
        lambda n: n["cells"].extend(code("") for _ in range(2001)),
        ALL,
        "more than 2,000 cells",
    )
    yield _bytes("a million cells", _a_million, "more than 2,000 cells")


def _retyped(name: str, notebook: Notebook) -> None:
    """The answer was deleted and stands in a cell without any marks."""
    notebook["cells"][place(name)] = code(notebook["cells"][place(name)]["source"])


def _again(name: str, notebook: Notebook) -> None:
    copied = copy.deepcopy(notebook["cells"][place(name)])
    copied["source"] = WRONG.format(name)
    notebook["cells"].append(copied)


def _swapped(notebook: Notebook) -> None:
    one, other = (notebook["cells"][place(name)] for name in ("one_hot", "sample"))
    one["source"], other["source"] = other["source"], one["source"]


def _together(notebook: Notebook) -> None:
    answers = [notebook["cells"][place(name)] for name in EXERCISES]
    text = "\n\n".join(cell["source"] for cell in answers)
    for cell in answers:
        cell["source"] = ""
    answers[0]["source"] = text


def _a_million(whole: bytes) -> bytes:
    return b'{"nbformat":4,"cells":[' + b",".join([b'{"cell_type":"code","source":""}'] * MEGABYTE) + b"]}"


# Metadata and versions --------------------------------------------------------------------------------------


def metadata() -> Iterator[Damage]:
    """What nbgrader, Jupyter and the student wrote beside the text: all of it is the release's."""
    for key, values in {
        "grade": (True, False),
        "locked": (True, False),
        "solution": (True, False),
        "schema_version": (1, 99, "3"),
        "points": (1000, -5, float("nan")),
        "task": (True,),
        "checksum": ("0",),
    }.items():
        for value in values:
            edit = partial(_set_everywhere, ["metadata", "nbgrader", key], value)
            yield _edited(f"{key} is {value!r} everywhere", edit)
    for tag in ("demo", "skip-execution", "raises-exception"):
        yield _edited(f"every cell tagged {tag}", partial(_set_everywhere, ["metadata", "tags"], [tag]))
    yield _edited("all metadata gone", _bare)
    for kernel in ("ir", "../../bin/sh"):
        spec = {"name": kernel, "display_name": kernel, "language": kernel}
        edit = partial(_set, ["metadata"], {"kernelspec": spec, "language_info": {"name": kernel}})
        yield _edited(f"kernel {kernel!a}", edit)
    yield _edited("checks that say they are worth it", _checks_edited)
    yield _edited(
        "the state of widgets", partial(_set, ["metadata", "widgets"], {"state": {"a": ["b"] * 100_000}})
    )


def _bare(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        cell["metadata"] = {}
    notebook["metadata"] = {}


def _checks_edited(notebook: Notebook) -> None:
    for cell in notebook["cells"]:
        if _mark(cell).get("locked"):
            cell["source"] = "100.0"


def versions() -> Iterator[Damage]:
    """Formats of every age, and of none."""
    for version in (2, 3):
        yield Damage(f"format {version}", partial(_converted, version))
    for minor in (0, 4, 99, -1, 10**400):
        yield _edited(f"format 4.{str(minor)[:3]}", partial(_set, ["nbformat_minor"], minor))
    for version in (5, 99, 10**400):
        yield _edited(
            f"format {str(version)[:3]}", partial(_set, ["nbformat"], version), ALL, "is in notebook format"
        )
    for version in (3, 2, 1, 0, -4):
        yield _edited(
            f"says it is of format {version}",
            partial(_set, ["nbformat"], version),
            ALL,
            "is in the old notebook format|" + MISSING,
        )
    for version in (4.0, "4", True, float("inf")):
        yield _edited(
            f"format as {version!r}", partial(_set, ["nbformat"], version), ALL, "is not a notebook"
        )


def _converted(version: int, folder: Path) -> None:
    notebook = nbformat.from_dict(solved())
    for step in range(4, version, -1):
        notebook = nbformat.versions[step].convert.downgrade(notebook)
    _write(json.dumps(notebook), folder / FILE)


# Sizes ------------------------------------------------------------------------------------------------------


def sizes() -> Iterator[Damage]:
    """More than anybody expects."""
    picture = {"output_type": "display_data", "metadata": {}, "data": {"image/png": "A" * 50 * MEGABYTE}}
    stream = {"output_type": "stream", "name": "stdout", "text": ["line\n"] * (4 * MEGABYTE)}
    outputs = ["cells", place("one_hot"), "outputs"]
    yield _edited("a picture of 50 MB", partial(_set, outputs, [picture]))
    yield _edited("4,000,000 lines of output", partial(_set, outputs, [stream]))
    yield _edited("100,000 outputs", partial(_set, outputs, [{}] * 100_000))
    yield _edited(
        "a pasted picture of 50 MB",
        partial(
            _set, ["cells", place(WRITTEN), "attachments"], {"a.png": {"image/png": "A" * 50 * MEGABYTE}}
        ),
    )
    yield _edited(
        "a cell of 2 MB", lambda n: n["cells"].append(code("#" * 2 * MEGABYTE)), ALL, "characters of text"
    )
    yield _edited("a line of 900,000 characters", lambda n: n["cells"].append(code("#" * 900_000)))
    yield _edited("900,000 empty lines in an answer", partial(_prefixed, "one_hot", "\n" * 900_000))
    yield _edited("text in 200,000 pieces", partial(_set, ["cells", 0, "source"], ["a"] * 200_000))
    yield _edited(
        "brackets 10,000 deep in a cell", lambda n: n["cells"].append(code("(" * 10_000 + ")" * 10_000))
    )


def _prefixed(name: str, text: str, notebook: Notebook) -> None:
    cell = notebook["cells"][place(name)]
    cell["source"] = text + cell["source"]


# Characters -------------------------------------------------------------------------------------------------

ODD = {
    "NUL": "\0",
    "half a character": "\ud800",
    "the other half": "\udfff",
    "bidi": "\u202e\u2066",
    "combining": "e" + "\u0301" * 1000,
    "Korean": "순환 신경망",
    "emoji": "👩\u200d👩\u200d👧\u200d👦",
    "a byte order mark": "\ufeff",
    "line separators": "\u2028\u2029\x85",
    "control characters": "\x01\x07\x1b[31m\x7f\x9b",
    "no character": "\uffff\U0010ffff",
    "private use": "\ue000",
}


def characters() -> Iterator[Damage]:
    """Every alphabet, and what is in none; where Python minds, that cell is lost and no other."""
    for name, text in ODD.items():
        yield _edited(f"{name} here and there", partial(_sprinkled, text))
    yield _edited(
        "lines as on Windows in cells",
        lambda n: [c.update(source=c["source"].replace("\n", "\r\n")) for c in n["cells"]],
    )
    yield _edited("wide letters in a name", partial(_replaced, "sample", "def sample(", "def ｓａｍｐｌｅ("))
    for name, old, new in (
        ("NUL in an answer", "return", "\0return"),
        ("a Cyrillic letter in a name", "def sequence_log_prob(", "def sequence_lоg_prob("),
        ("a space that is none", "    return", "\u00a0   return"),
        ("quotes from a word processor", '"""', "”””"),
        ("tabs and spaces", "    return", "\treturn"),
    ):
        yield _edited(
            name, partial(_replaced, "sequence_log_prob", old, new), ["sequence_log_prob"], "is not defined"
        )


def _sprinkled(text: str, notebook: Notebook) -> None:
    """In a cell of one's own, in the written answer, in ids, names, keys, tags and outputs."""
    notebook["cells"].append(code(f"s = '{text}'"))
    written = notebook["cells"][place(WRITTEN)]
    written["source"] += text
    written["attachments"] = {text: {"image/png": "AAAA", text: "AAAA"}}
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] |= {text: text, "tags": [text]}
        cell["id"] = f"{text}{number}"
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": text, "text": text}]
    notebook["metadata"][text] = notebook["metadata"]["kernelspec"]["name"] = text


def _replaced(name: str, old: str, new: str, notebook: Notebook) -> None:
    cell = notebook["cells"][place(name)]
    if old not in cell["source"]:
        raise ValueError(f"{name} has no {old!r} to replace")
    cell["source"] = cell["source"].replace(old, new)


# Files ------------------------------------------------------------------------------------------------------


def files() -> Iterator[Damage]:
    """What a folder can hold in place of a notebook, and beside it."""

    def odd(name: str, make: Callable[[Path], object], says: str = "", lost: Iterable[str] = ALL) -> Damage:
        return Damage(name, make, frozenset(lost), says)

    ordinary, none, unclear = (
        "is not an ordinary file",
        "No notebook was handed in",
        "it is not clear which notebook",
    )
    yield odd("a link to a file of the system", lambda f: (f / FILE).symlink_to("/etc/passwd"), ordinary)
    yield odd("a link to nowhere", lambda f: (f / FILE).symlink_to("nowhere"), ordinary)
    yield odd("a link to itself", lambda f: (f / FILE).symlink_to(FILE), ordinary)
    yield odd(
        "a link to somebody else's notebook",
        lambda f: (f / FILE).symlink_to(f"../../byte-order-mark/{A01}/{FILE}"),
        ordinary,
    )
    yield odd("a folder named like the notebook", lambda f: (f / FILE / "in").mkdir(parents=True), ordinary)
    yield odd("a pipe", lambda f: os.mkfifo(f / FILE), ordinary)
    yield odd("a socket", _socket, ordinary)
    yield odd("an empty folder", lambda f: None, none)
    yield odd("only a script", lambda f: (f / "rnn_basics.py").write_text("x = 1"), none)
    yield odd("a notebook in a folder below", lambda f: _named(f"rnn_basics/{FILE}", f), none)
    yield odd("only a checkpoint", lambda f: _named(f".ipynb_checkpoints/{FILE}", f), none)
    yield odd("two notebooks of other names", lambda f: (_named("a.ipynb", f), _named("b.ipynb", f)), unclear)
    yield odd("a link of another name", lambda f: (f / "mine.ipynb").symlink_to("/etc/passwd"), ordinary)
    yield odd("a pipe of another name", lambda f: os.mkfifo(f / "mine.ipynb"), ordinary)
    for name in (
        "rnn_basics (1).ipynb",
        "민서의 공책.ipynb",
        "new\nline.ipynb",
        "\udce9t\udce9.ipynb",
        "\u202egnp.ipynb",
        "*[a-z]?.ipynb",
        "'; DROP TABLE grade; --.ipynb",
        "x" * 249 + ".ipynb",
    ):
        name = name.removesuffix(".ipynb")[:249] + ".ipynb"
        yield odd(f"called {name[:20]!a}", partial(_named, name.replace("/", "")), lost=())
    for name, make in {
        "a pipe": lambda f: os.mkfifo(f / "pipe"),
        "a socket": _socket_beside,
        "a link to nowhere": lambda f: (f / "link").symlink_to("nowhere"),
        "a link to itself": lambda f: (f / "link").symlink_to("link"),
        "a link to all folders": lambda f: (f / "up").symlink_to(".."),
        "a file without permission": lambda f: (f / "closed").touch(0),
        "a folder without permission": lambda f: (f / "closed").mkdir(0o500),
        "folders 50 deep": lambda f: (f / "/".join("d" * 50)).mkdir(parents=True),
        "names that are no text": lambda f: (f / "\udcff\n").write_text("x"),
        "another notebook": lambda f: _named("b.ipynb", f),
        "another notebook that is damaged": lambda f: (f / "b.ipynb").write_text("{"),
        "a folder named like a notebook": lambda f: (f / "b.ipynb").mkdir(),
        "50 MB": lambda f: (f / "data.bin").write_bytes(bytes(50 * MEGABYTE)),
        "a thousand files": lambda f: [(f / f"{number}").touch() for number in range(1000)],
    }.items():
        yield odd(f"beside it {name}", lambda f, make=make: (_named(FILE, f), make(f)), lost=())
    for name, make in {
        "is empty": Path.touch,
        "leads nowhere": lambda stamp: stamp.symlink_to("nowhere"),
    }.items():
        yield odd(
            f"a timestamp that {name}",
            lambda f, make=make: (_named(FILE, f), make(f / "timestamp.txt")),
            lost=(),
        )


def _named(name: str, folder: Path) -> None:
    """The right solution under some name."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    _write(_solved_text(), folder / name)


def _socket(folder: Path, name: str = FILE) -> None:
    """A socket's path is at most 107 bytes long: it is bound in the folder."""
    with socket.socket(socket.AF_UNIX) as line:
        before = os.getcwd()
        os.chdir(folder)
        try:
            line.bind(name)
        finally:
            os.chdir(before)


def _socket_beside(folder: Path) -> None:
    _socket(folder, "socket")


# By chance --------------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3),
    max_leaves=5,
)


@st.composite
def mutations(draw: st.DrawFn, notebook: Notebook) -> tuple[Notebook, frozenset[int]]:
    """A notebook changed at up to four places, and the numbers of the cells that were touched."""
    notebook, touched = copy.deepcopy(notebook), set()
    numbers = range(len(notebook["cells"]))
    for _ in range(draw(st.integers(1, 4))):
        node: Any = notebook
        path: list[Any] = []
        while isinstance(node, dict | list) and node:
            key = draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
            path.append(key)
            if draw(st.booleans()):
                node[key] = draw(anything)
                break
            node = node[key]
        match path:
            case ["cells", int(cell), *_]:
                touched.add(cell)
            case ["cells" | "nbformat"]:
                touched |= set(numbers)
    return notebook, frozenset(touched)


def by_chance() -> list[Damage]:
    """Values of any type at any place; the same ones each time."""
    drawn: list[tuple[Notebook, frozenset[int]]] = []

    @settings(derandomize=True, max_examples=16, database=None, phases=[Phase.generate], deadline=None)
    @given(mutations(solved()))
    def collect(mutation: tuple[Notebook, frozenset[int]]) -> None:
        drawn.append(mutation)

    collect()
    answers = {place(name): name for name in POINTS}
    return [
        _edited(
            f"changed by chance {number}",
            lambda n, notebook=notebook: n.update(notebook),
            [answers[cell] for cell in touched & set(answers)],
            certain=False,
        )
        for number, (notebook, touched) in enumerate(drawn)
    ]


def bytes_by_chance() -> Iterator[Damage]:
    """Three bytes changed; no telling which answers they hit."""
    for seed in range(6):
        yield Damage(f"bytes changed by chance {seed}", partial(_flipped, seed), ALL, certain=False)


def _flipped(seed: int, folder: Path) -> None:
    chance, whole = random.Random(seed), bytearray(_solved_text().encode())
    for _ in range(3):
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    _write(bytes(whole), folder / FILE)


DAMAGES = [
    damage
    for kind in (
        cut,
        no_notebook,
        harmless_bytes,
        wrong_types,
        cells,
        metadata,
        versions,
        sizes,
        characters,
        files,
        by_chance,
        bytes_by_chance,
    )
    for damage in kind()
]
