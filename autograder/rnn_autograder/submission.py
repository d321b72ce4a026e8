"""What a student handed in: read without believing it, and put back into the notebook that was released.

A file may be damaged, renamed, edited by hand or by an enemy. Two things are taken from it: the text of its
cells, and their claims to be this or that cell of the release. All else is the release's.
"""

# mypy: allow-untyped-calls
from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

DEMO = "demo"  # the one tag with a meaning: such a cell runs for the student, not when graded
MAX_BYTES = 100_000_000
MAX_CELLS = 2_000
MAX_CHARACTERS = 1_000_000
KINDS = ("code", "markdown", "raw")
PICTURES = ("image/png", "image/jpeg", "image/gif")


class Unreadable(Exception):
    """What was handed in cannot be graded; the text tells the student why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(writable(sentence))  # a file's name can be of any bytes


def find(path: Path) -> Path:
    """The file that was handed in as `path`: itself, or the only other notebook beside it.

    Raises:
        Unreadable: there is none, or it is not clear which one counts.
    """
    if path.exists() or path.is_symlink():
        return path
    others = sorted(other.name for other in path.parent.glob("*.ipynb"))
    if len(others) == 1:
        return path.with_name(others[0])
    if not others:
        raise Unreadable(f"No notebook was handed in: there is no {path.name}.")
    names = ", ".join(others)
    raise Unreadable(f"There is no {path.name}, and it is not clear which notebook counts instead: {names}.")


def read(path: Path) -> list[NotebookNode]:
    """The cells of a notebook file; see `parse`.

    Raises:
        Unreadable: it is not a notebook that can be graded.
    """
    return parse(load(path), path.name)


def load(path: Path) -> bytes:
    """The bytes of a file that was handed in.

    Raises:
        Unreadable: it is no ordinary file, or too large.
    """
    if path.is_symlink() or not path.is_file():
        raise Unreadable(f"{path.name} is not an ordinary file.")
    if path.stat().st_size > MAX_BYTES:
        raise Unreadable(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB: clear its outputs.")
    return path.read_bytes()


def parse(data: bytes, name: str) -> list[NotebookNode]:
    """The cells of a notebook: kind and text, and in `metadata` what they claim to be.

    Outputs, other metadata and whatever has the wrong type are left behind here.

    Args:
        data: the file's bytes.
        name: the file's name, for the sentence.

    Raises:
        Unreadable: it is not a notebook that can be graded.
    """
    cells = _load(data, name).get("cells")
    if not isinstance(cells, list):
        raise Unreadable(f"{name} is not a notebook: it has no list of cells.")
    if len(cells) > MAX_CELLS:  # before anything is made of them: a million takes minutes
        raise Unreadable(f"{name} has more than {MAX_CELLS:,} cells.")
    clean = [cell for cell in map(_clean, cells) if cell is not None]
    if sum(len(cell.source) for cell in clean) > MAX_CHARACTERS:
        raise Unreadable(f"{name} has more than {MAX_CHARACTERS:,} characters of text.")
    _number(clean)
    return clean


def rebuild(released: NotebookNode, handed_in: Sequence[NotebookNode]) -> dict[str, str]:
    """Put a student's text into the notebook that was released.

    Order, locked cells, points, tags and kernel stay the release's. The student's own cells follow the cell
    that they followed, since an answer may need them. Of two copies of a cell the last one counts: it is what
    a kernel that ran the notebook would be left with.

    Args:
        released: what students got; changed in place.
        handed_in: cells as `parse` gives them.

    Returns:
        What was odd about an answer, by its `grade_id`.
    """
    places = _places(released, handed_in)
    counts = {place: number for number, place in enumerate(places) if place is not None}
    own: dict[int, list[NotebookNode]] = defaultdict(list)
    before = _behind_missing(-1, counts, len(released.cells))
    for number, (place, cell) in enumerate(zip(places, handed_in, strict=True)):
        if place is None:
            own[before].append(_plain(cell))
        elif counts[place] == number:
            before = _behind_missing(place, counts, len(released.cells))
        elif not _is_ours(released.cells[place]):
            own[min(before, place - 1)].append(_plain(cell))  # ahead of the copy that counts
    notes = {}
    for place, cell in enumerate(released.cells):
        if place in counts and not _is_ours(cell):
            _fill(cell, handed_in[counts[place]])
        if is_answer(cell) and (note := _oddity(places.count(place))):
            notes[cell.metadata.nbgrader.grade_id] = note
    together = list(own[-1])
    for place, cell in enumerate(released.cells):
        together += [cell, *own[place]]
    _number(together)
    released.cells = together
    return notes


def is_answer(cell: NotebookNode) -> bool:
    """Whether a cell of the release is there for the student to fill."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


# Reading ---------------------------------------------------------------------------------------------------


def _load(data: bytes, name: str) -> dict[str, Any]:
    if not data.strip():
        raise Unreadable(f"{name} is empty.")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        where = f"it stops making sense in line {error.lineno}, column {error.colno}"
        raise Unreadable(f"{name} is not a notebook, or was cut off or damaged: {where}.") from None
    except (ValueError, RecursionError):  # not UTF-8, a number of a million digits, nested ten thousand deep
        raise Unreadable(f"{name} is not a notebook, or was damaged.") from None
    version = _dict(notebook).get("nbformat")
    if type(version) is not int:
        raise Unreadable(f"{name} is not a notebook, though it is JSON.")
    if version > 4:
        raise Unreadable(f"{name} is in notebook format {version}: save it in format 4.")
    if version < 4:
        try:
            notebook = nbformat.reads(data.decode("utf-8-sig"), as_version=4)
        except Exception:  # the converters promise nothing about damaged input
            raise Unreadable(f"{name} is in the old notebook format {version}, and damaged.") from None
    return _dict(notebook)


def _clean(cell: Any) -> NotebookNode | None:
    kind = _dict(cell).get("cell_type")
    if kind not in KINDS:
        return None
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    metadata = _dict(cell.get("metadata"))
    nbgrader, tags = _dict(metadata.get("nbgrader")), metadata.get("tags")
    claims = {
        "id": str(cell.get("id")),
        "nbgrader": {"grade": bool(nbgrader.get("grade")), "grade_id": str(nbgrader.get("grade_id"))},
        "tags": [DEMO] if isinstance(tags, list) and DEMO in tags else [],
    }
    clean = {"cell_type": kind, "metadata": claims, "source": writable(source)}
    if kind == "code":
        clean |= {"execution_count": None, "outputs": []}
    elif kind == "markdown" and (pictures := _pictures(cell)):
        clean["attachments"] = pictures
    # nbformat's own makers hold each cell against its schema: milliseconds for what is right by construction.
    node: NotebookNode = nbformat.from_dict(clean)
    return node


def _number(cells: Sequence[NotebookNode]) -> None:
    """The ids of cells, which have to be different."""
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"


def _pictures(cell: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The pictures that were pasted into a written answer."""
    found = {
        writable(name): {
            kind: data for kind, data in _dict(kinds).items() if kind in PICTURES and _is_base64(data)
        }
        for name, kinds in _dict(cell.get("attachments")).items()
    }
    return {name: kinds for name, kinds in found.items() if kinds}


def _is_base64(data: Any) -> bool:
    try:
        return isinstance(data, str) and bool(base64.b64decode(data, validate=True))
    except ValueError:
        return False


def _dict(thing: Any) -> dict[str, Any]:
    return thing if isinstance(thing, dict) else {}


def writable(text: str) -> str:
    """Text that can be written again: JSON can hold half a character, UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


# Rebuilding ------------------------------------------------------------------------------------------------


def _places(released: NotebookNode, handed_in: Sequence[NotebookNode]) -> list[int | None]:
    """Which cell of the release each one was: by `grade_id`, else by the cell's id, else by its text."""
    graded, ids, texts = {}, {}, {}
    for place, cell in enumerate(released.cells):
        ids[cell.get("id")] = place
        if "nbgrader" in cell.metadata:
            graded[cell.metadata.nbgrader.grade_id] = place
        else:
            texts[cell.cell_type, cell.source] = place
    places: list[int | None] = []
    for cell in handed_in:
        found = graded.get(cell.metadata.nbgrader.grade_id)
        if found is None:
            found = ids.get(cell.metadata.id)
        if found is None:
            found = texts.get((cell.cell_type, cell.source))
        places.append(found)
    return places


def _is_ours(cell: NotebookNode) -> bool:
    """Whether a cell of the release is not the student's to change: locked, or a grade cell."""
    return "nbgrader" in cell.metadata and not is_answer(cell)


def _behind_missing(place: int, present: Container[int], end: int) -> int:
    """The last of the missing cells that follow a cell: an answer typed anew must not be undone by a restored stub."""
    while place + 1 < end and place + 1 not in present:
        place += 1
    return place


def _fill(cell: NotebookNode, answer: NotebookNode) -> None:
    cell.source = answer.source
    if cell.cell_type == answer.cell_type == "markdown" and "attachments" in answer:
        cell.attachments = answer.attachments


def _plain(cell: NotebookNode) -> NotebookNode:
    tags = cell.metadata["tags"]
    cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
    return cell


def _oddity(copies: int) -> str | None:
    if copies == 0:
        return "This cell was missing from the notebook."
    if copies > 1:
        return f"This cell was there {copies} times: the last one counts."
    return None
