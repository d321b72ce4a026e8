"""The small alphabet of English and of code: printable ASCII and the line's end, 96 characters."""

from __future__ import annotations

import re

STRANGER = "?"

_TYPOGRAPHY = str.maketrans("\t\f‘’“”–—\N{NO-BREAK SPACE}", "  ''\"\"-- ")
_OUTSIDE = re.compile(r"[^\n -~]")


def plain(text: str) -> str:
    """Write each character in the small alphabet, so that no place in the text moves.

    Curly quotes become straight, long dashes short, tabs and form feeds a space; whatever else is outside
    becomes a question mark.

    Args:
        text: T characters with the line ends that Python reads.

    Returns:
        T characters, at most 96 different ones.
    """
    return _OUTSIDE.sub(STRANGER, text.translate(_TYPOGRAPHY))
