"""Landlock: a process gives up, for good and for all that it starts, what it will not need of the files.

The kernel checks it besides namespaces and ordinary permissions. No rights are needed. (Salaün, 2021,
https://docs.kernel.org/userspace-api/landlock.html)
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on all architectures
VERSION = 1
PATH_BENEATH = 1

# Rights on files, by bit, in the order in which the kernel learnt them.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << bit for bit in range(4))
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
READ = EXECUTE | READ_FILE | READ_DIR
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # by version of the interface: how many there are
BIND_AND_CONNECT = 0b11  # TCP, from version 4
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # to processes outside, from version 6


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The version of the kernel's interface; 0 where there is none."""
    try:
        return _call(CREATE_RULESET, None, 0, VERSION)
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Nothing but these files from now on, no TCP, and no signal to any process outside.

    An older kernel knows fewer of these rights; `version` tells.

    Args:
        readable: files and folders; those that cannot be opened anyway are left out.
        writable: the same; they can be read as well.

    Raises:
        OSError: the kernel refused.
    """
    known = version()
    files = (1 << FILE_RIGHTS[min(known, 5)]) - 1
    rules = _Ruleset(
        files, BIND_AND_CONNECT * (known >= 4), ABSTRACT_SOCKETS_AND_SIGNALS * (known >= 6)
    )  # an old kernel takes a longer structure, if what it does not know is zero
    ruleset = _call(CREATE_RULESET, ctypes.byref(rules), ctypes.sizeof(rules), 0)
    for paths, rights in ((readable, READ), (writable, files)):
        for path in paths:
            _allow(ruleset, path, rights & files)
    _call(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH)
    except (FileNotFoundError, PermissionError):
        return
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights &= ON_A_FILE
    rule = _PathBeneath(rights, descriptor)
    _call(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(descriptor)


_libc = ctypes.CDLL(None, use_errno=True)


def _call(number: int, *arguments: object) -> int:
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    answer: int = _libc.syscall(ctypes.c_long(number), *words)
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {os.strerror(code)}")
    return answer
