"""A zip that strangers filled, opened with care: what is in it, and what of that is not taken out and why."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from rnn_autograder.submission import MAX_BYTES

MAX_FILES = 1_000  # in a student's own zip
MAX_NAME = 250  # bytes: what disks allow
MAX_PATH = 1_000  # bytes, with all folders
DEPTH = 2  # the platform's zip, and a student's zip in it
DAMAGED = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
BOOKKEEPING = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints")


class NoZip(Exception):
    """A file is no zip archive, or is damaged."""


@dataclass(frozen=True)
class Entry:
    """A file in an archive.

    Attributes:
        parts: its folders and its name; a zip in the zip is a folder.
        data: a notebook's bytes.
        refused: why there are none.
    """

    parts: tuple[str, ...]
    data: bytes = field(default=b"", repr=False)
    refused: str = ""


def entries(path: Path) -> Iterator[Entry]:
    """All files in an archive, one by one.

    Raises:
        NoZip: it is none.
    """
    try:
        archive = ZipFile(path)
    except DAMAGED:
        raise NoZip(f"{path} is no zip archive, or was cut off: download it again.") from None
    with archive:
        yield from _entries(archive, (), DEPTH)


def made(path: Path) -> tuple[int, ...]:
    """When an archive was made: platforms stamp what they pack with the time of the download."""
    with ZipFile(path) as archive:
        return max((info.date_time for info in archive.infolist()), default=())


def _entries(archive: ZipFile, folder: tuple[str, ...], depth: int) -> Iterator[Entry]:
    budget, seen = MAX_BYTES, set()
    for info in archive.infolist():
        if info.is_dir():
            continue
        parts = _parts(info)
        refused = _refused(info, parts) or (
            "The archive has two files of this name." if parts in seen else ""
        )
        seen.add(parts)
        parts = (*folder, *parts)
        if refused:
            yield Entry(parts, refused=refused)
            continue
        try:
            with archive.open(info) as file:
                data = file.read(budget + 1)
        except DAMAGED:
            yield Entry(parts, refused="It is damaged.")
            continue
        if len(data) > budget:
            size = f"{MAX_BYTES // 1_000_000} MB"
            yield Entry(parts, refused=f"It is larger than {size}, or brings the student's zip above that.")
            continue
        if folder:  # what the platform packs it has stored in full; a student's zip may be a bomb
            budget -= len(data)
        if parts[-1].lower().endswith(".zip"):
            yield from _inside(data, parts, depth - 1)
        else:
            yield Entry(parts, data)


def _inside(data: bytes, folder: tuple[str, ...], depth: int) -> Iterator[Entry]:
    if not depth:
        yield Entry(folder, refused="It is a zip inside a student's zip.")
        return
    if data.count(b"PK\x01\x02") > MAX_FILES:  # before a list is made of them
        yield Entry(folder, refused=f"It is a zip of more than {MAX_FILES:,} files.")
        return
    try:
        archive = ZipFile(io.BytesIO(data))
    except DAMAGED:
        yield Entry(folder, refused="It is a zip that cannot be read.")
        return
    if not any(not info.is_dir() for info in archive.infolist()):
        yield Entry(folder, refused="It is an empty zip.")
    yield from _entries(archive, folder, depth)


def _parts(info: ZipInfo) -> tuple[str, ...]:
    name = info.filename
    if not info.flag_bits & 0x800:  # not marked as UTF-8, so Python took it for cp437; macOS forgets the mark
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return PurePosixPath(unicodedata.normalize("NFC", name.replace("\\", "/"))).parts


def _refused(info: ZipInfo, parts: tuple[str, ...]) -> str:
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a link."
    if not parts or ".." in parts or parts[0].startswith("/") or parts[0].endswith(":"):
        return "Its name leads out of the archive."
    lengths = [len(os.fsencode(part)) for part in parts]
    if max(lengths) > MAX_NAME or sum(lengths) > MAX_PATH:
        return "Its name is too long."
    if any(part in BOOKKEEPING or part.startswith("._") for part in parts):
        return "A program's bookkeeping, and no student's."
    if info.flag_bits & 1:
        return "It is locked with a password."
    if info.compress_type not in (
        ZIP_STORED,
        ZIP_DEFLATED,
    ):  # Python unpacks others without a limit on memory
        return "It is packed in an uncommon way."
    if not parts[-1].lower().endswith((".ipynb", ".zip")):
        return "It is no notebook."
    return ""
