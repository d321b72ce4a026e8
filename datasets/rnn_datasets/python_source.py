"""The source code of Python's own standard library, with the syntax class of every character."""

from __future__ import annotations

import io
import keyword
import re
import sysconfig
import tokenize
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rnn_datasets.alphabet import plain
from rnn_datasets.cache import cached

CLASS_NAMES = ("other", "name", "keyword", "number", "string", "comment", "operator")
OTHER, NAME, KEYWORD, NUMBER, STRING, COMMENT, OPERATOR = range(len(CLASS_NAMES))

# Modules that Python 3.11, 3.12 and 3.13 all have as this one file, without tables of data.
_TRAIN = """
    _collections_abc _strptime argparse ast asyncio/base_events asyncio/events asyncio/locks
    asyncio/proactor_events asyncio/selector_events asyncio/sslproto asyncio/streams asyncio/tasks
    asyncio/unix_events base64 bdb calendar cmd codecs collections/__init__ compileall
    concurrent/futures/_base concurrent/futures/process contextlib csv ctypes/__init__ dataclasses difflib dis
    email/_parseaddr email/charset email/feedparser email/generator email/header email/headerregistry enum
    fileinput fractions ftplib functools gettext gzip html/parser http/client http/cookiejar http/server
    imaplib importlib/_bootstrap importlib/_bootstrap_external importlib/metadata/__init__ inspect ipaddress
    json/decoder logging/__init__ logging/config logging/handlers lzma mailbox mimetypes modulefinder
    multiprocessing/connection multiprocessing/managers multiprocessing/pool multiprocessing/shared_memory
    ntpath optparse os pdb pickle pkgutil platform plistlib poplib posixpath pprint profile pstats
    re/_compiler re/_parser runpy selectors shlex smtplib socket ssl subprocess tarfile threading timeit
    tokenize tomllib/_parser trace traceback tracemalloc typing unittest/case unittest/loader unittest/mock
    urllib/parse urllib/request uuid warnings wave weakref webbrowser wsgiref/handlers xml/dom/expatbuilder
    xml/dom/minidom xml/etree/ElementTree xmlrpc/client zipimport zoneinfo/_zoneinfo
"""
_VALID = """
    configparser email/message heapq http/cookies json/encoder random shutil socketserver statistics tempfile
    textwrap
"""
MODULES = {"train": tuple(_TRAIN.split()), "valid": tuple(_VALID.split())}


@dataclass(frozen=True)
class PythonSource:
    """Python source code as T characters, each with its syntax class.

    Attributes:
        text: the characters, of an alphabet of at most 96: printable ASCII and the line's end.
    """

    text: str
    _modules: str = field(repr=False)  # whole modules; `text` is their beginning

    @cached_property
    def classes(self) -> npt.NDArray[np.uint8]:
        """The syntax class of every character, (T,) uint8: places in `CLASS_NAMES`.

        Worked out when first asked for, then kept on disk.
        """
        # The tagger is part of what its answer depends on: an edited one must not meet old answers.
        source = Path(__file__).read_bytes() + self._modules.encode()
        tagged = cached("python-source", source, lambda: syntax_classes(self._modules).tobytes())
        return np.frombuffer(tagged, np.uint8, len(self.text)).copy()

    @cached_property
    def labels(self) -> dict[str, npt.NDArray[np.bool_ | np.int64]]:
        """What a unit may have learned to follow, by name, each (T,): see `python_labels`."""
        return python_labels(self.text, self.classes)


def python_source(split: str = "train", characters: int | None = None) -> PythonSource:
    """Read the standard library of the Python that runs.

    Args:
        split: "train" or "valid"; no module is in both.
        characters: how many characters to take from the beginning; all of them by default.

    Returns:
        The modules of the split in a fixed order, as one text.

    Raises:
        ValueError: when there is no such split, or it does not have as many characters.
        FileNotFoundError: when this Python came without its source.
    """
    if split not in MODULES:
        raise ValueError(f"there is no split {split!r}: choose one of {', '.join(map(repr, MODULES))}")
    if characters is not None and characters < 1:
        raise ValueError(f"characters is {characters}, but must be at least 1")
    modules, length = [], 0
    for name in MODULES[split]:
        modules.append(_read(name))
        length += len(modules[-1])
        if characters is not None and length >= characters:
            break
    if characters is not None and length < characters:
        raise ValueError(f"characters is {characters}, but {split!r} has only {length}")
    whole = "".join(modules)
    return PythonSource(whole[:characters], whole)


def syntax_classes(source: str) -> npt.NDArray[np.uint8]:
    """Find the syntax class of every character of a piece of Python.

    `True`, `False` and `None` are keywords; `match` and `type`, whose role depends on the place, are names.
    A docstring is a string, an f-string is one as a whole. Brackets, commas and colons are operators. Spaces
    and ends of lines are "other", except inside strings and comments.

    Args:
        source: T characters that Python can tokenize.

    Returns:
        (T,) uint8, places in `CLASS_NAMES`.

    Raises:
        ValueError: when Python cannot tokenize the source, with the place where it gave up.
    """
    lines = io.StringIO(source).readlines()
    starts = np.cumsum([0, *map(len, lines)]).tolist()  # of each line, and one past the end
    classes = bytearray(len(source))
    fstrings: list[int] = []  # where each f-string that is still open began
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            start = starts[token.start[0] - 1] + token.start[1]
            end = starts[token.end[0] - 1] + token.end[1]
            kind = tokenize.tok_name[token.type]
            if kind.endswith("STRING_START"):  # since Python 3.12 an f-string is many tokens
                fstrings.append(start)
            elif kind.endswith("STRING_END"):
                start = fstrings.pop()
            # What is "other" is so already; some of it, such as the end of the file, is no character at all.
            if syntax_class := _class_of(kind, token.string):
                classes[start:end] = bytes([syntax_class]) * (end - start)
    except (tokenize.TokenError, SyntaxError) as error:
        raise ValueError(f"this is not Python that can be tokenized: {error}") from error
    return np.frombuffer(classes, np.uint8)


def python_labels(text: str, classes: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[np.bool_ | np.int64]]:
    """Say of every character where it stands, as a reader of Python would.

    Yes or no:

    - `string`: in a string or docstring, quotes and prefix included;
    - `comment`: in a comment, from the # on;
    - `brackets`: in round, square or curly brackets, these included; those in strings and comments do not count;
    - `condition`: between an `if`, `elif` or `while` that begins a statement and its colon, both excluded.

    How much:

    - `indentation`: of the character's line, in levels of four spaces, rounded down; also where the line goes on
      with a statement or a docstring;
    - `position`: characters before this one in its line.

    Args:
        text: T characters of Python.
        classes: (T,), their syntax classes, from `syntax_classes` or a `PythonSource`.

    Returns:
        Each label by its name, in this order: (T,) bool for yes or no, (T,) int64 for how much.

    Raises:
        ValueError: when there are not as many classes as characters.
    """
    if classes.shape != (len(text),):
        raise ValueError(
            f"classes has shape {classes.shape}, but must be ({len(text)},): one for each character"
        )
    # One byte a character: whatever is outside Latin-1 is no bracket, no colon and no space either.
    characters = np.frombuffer(text.encode("latin-1", errors="replace"), np.uint8)
    operator = classes == OPERATOR
    opened = np.cumsum(operator & np.isin(characters, list(b"([{")))
    closes = operator & np.isin(characters, list(b")]}"))
    depth = opened - np.cumsum(closes) + closes  # a bracket that closes is still inside
    starts = np.array([0, *(end.end() for end in re.finditer("\n", text))])  # of the lines
    line = np.searchsorted(starts, np.arange(len(text)), side="right") - 1
    spaces = np.array([len(match[0]) for match in re.finditer("^ *", text, re.MULTILINE)])
    return {
        "string": classes == STRING,
        "comment": classes == COMMENT,
        "brackets": depth > 0,
        "condition": _conditions(text, classes, depth),
        "indentation": spaces[line] // 4,
        "position": np.arange(len(text)) - starts[line],
    }


def _conditions(
    text: str, classes: npt.NDArray[np.uint8], depth: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    """Mark the conditions of statements: not those of expressions, which have no colon."""
    colons = np.array(
        [
            colon.start()
            for colon in re.finditer(":(?!=)", text)  # := is no end
            if classes[colon.start()] == OPERATOR and depth[colon.start()] == 0
        ]
    )
    inside = np.zeros(len(text), bool)
    for word in re.finditer(r"(?<!\\\n)^ *(if|elif|while)\b", text, re.MULTILINE):
        if classes[word.start(1)] == KEYWORD and depth[word.start(1)] == 0:
            later = colons[np.searchsorted(colons, word.end()) :]
            inside[word.end() : later[0] if len(later) else None] = True
    return inside


def _class_of(kind: str, token: str) -> int:
    if kind == "NAME":
        return KEYWORD if keyword.iskeyword(token) else NAME
    if kind.endswith(("STRING", "STRING_END")):
        return STRING
    return {"NUMBER": NUMBER, "COMMENT": COMMENT, "OP": OPERATOR}.get(kind, OTHER)


def _read(module: str) -> str:
    """Give a module's source in the small alphabet."""
    file = Path(sysconfig.get_path("stdlib"), f"{module}.py")
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise FileNotFoundError(
            f"{file} cannot be read: this Python came without the source of its library; use one that has it "
            "(python.org, conda, or your system's full python3 package)"
        ) from error
    return plain(text)
