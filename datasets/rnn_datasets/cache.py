"""Bytes that are slow to make, kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path


def cached(kind: str, source: bytes, make: Callable[[], bytes]) -> bytes:
    """Give `make()`, from disk when it was made before from the same source by the same Python.

    Where the cache cannot be read or written, the bytes are just made.

    Args:
        kind: what the bytes are, the beginning of the file's name.
        source: all that the bytes depend on besides the Python version.
        make: makes the bytes.

    Returns:
        The bytes.
    """
    name = f"{kind}-{platform.python_version()}-{hashlib.blake2b(source, digest_size=16).hexdigest()}.zlib"
    with contextlib.suppress(OSError, zlib.error):  # missing, or damaged: zlib checks a sum
        return zlib.decompress((_folder() / name).read_bytes())
    made = make()
    with contextlib.suppress(OSError):
        _write(_folder() / name, zlib.compress(made, level=1))
    return made


def _folder() -> Path:
    """Give `$XDG_CACHE_HOME/unrolled`, or `~/.cache/unrolled`."""
    # The XDG specification asks to ignore a relative path; and without a home, "~" stays as it is.
    for folder in (os.environ.get("XDG_CACHE_HOME", ""), os.path.expanduser("~/.cache")):
        if os.path.isabs(folder):
            return Path(folder, "unrolled")
    raise FileNotFoundError("there is no home to keep a cache in")


def _write(file: Path, content: bytes) -> None:
    """Write a file whole or not at all, so that another process never reads half of one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with open(descriptor, "wb") as stream:
            stream.write(content)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise
