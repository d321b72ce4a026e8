"""A result as a person reads it: text for a terminal, HTML for a notebook and a feedback page.

The HTML needs nothing from the network, takes its text colour from the page, and escapes every word.
"""

from __future__ import annotations

import textwrap
from html import escape
from itertools import groupby

import numpy as np

from rnn_autograder.exercise import Picture, Result, Verdict

WIDTH = 96
MARGIN = " " * 17
# Told apart by people of every colour vision, on black and on white.
TICK, CROSS, HINT = "#009E73", "#D55E00", "#888888"
MAX_CELLS = 24


def render_text(result: Result) -> str:
    """The panel for a terminal."""
    score = f"{result.points:g} / {result.max_points:g}"
    lines = [f"{result.name:<{WIDTH - 12}}{score:>12}"]
    for mark, names, message in _rows(result):
        lead = f"{mark:>3}  {names:<12}"
        if len(names) > 11:
            lines.append(f"{lead}:")
            lead = MARGIN
        lines += textwrap.wrap(message, WIDTH, initial_indent=lead, subsequent_indent=MARGIN)
    return "\n".join(line.rstrip() for line in lines)


def render_html(result: Result) -> str:
    """The panel for a page."""
    score = f"{result.points:g} / {result.max_points:g}"
    colour = TICK if result.points == result.max_points else CROSS
    rows = "".join(
        f'<div style="display:flex;gap:10px;margin:3px 0">'
        f'<span style="color:{_COLOURS[mark]};flex:0 0 1em" aria-label="{mark}">{_SIGNS[mark]}</span>'
        f"<span>{_words(names, message)}</span></div>"
        for mark, names, message in _rows(result)
    )
    return (
        f'<div class="unrolled-panel" style="border-left:4px solid {colour};padding:4px 12px;margin:4px 0;'
        f'max-width:56em;color:inherit">'
        f'<div style="display:flex;justify-content:space-between"><code>{escape(result.name)}</code>'
        f"<strong>{score}</strong></div>{rows}"
        f"{_pictures(result.picture) if result.picture else ''}</div>"
    )


def _words(names: str, message: str) -> str:
    if not names:  # the misconception: what the panel is for
        return (
            f'<em style="border-left:2px solid {HINT};padding-left:10px;display:block">{escape(message)}</em>'
        )
    return f"<strong>{escape(names)}</strong> {escape(message)}"


_SIGNS = {"ok": "&#10003;", "no": "&#10007;", "--": "&middot;", "": ""}
_COLOURS = {"ok": TICK, "no": CROSS, "--": HINT, "": "inherit"}


def _rows(result: Result) -> list[tuple[str, str, str]]:
    """Mark, criteria, message: neighbours that say the same share a row; the misconception follows the first cross."""
    rows = []
    told = result.misconception
    for (mark, message), group in groupby(result.criteria, lambda v: (_mark(v), v.message)):
        rows.append((mark, ", ".join(v.name for v in group), message))
        if mark == "no" and told:
            rows.append(("", "", told))
            told = None
    if result.error and not any(message.startswith(result.error.rstrip(".")) for _, _, message in rows):
        rows.insert(0, ("no", "all", result.error))
    return rows


def _mark(verdict: Verdict) -> str:
    if verdict.passed:
        return "ok"
    return "no" if verdict.max_points else "--"


def _pictures(picture: Picture) -> str:
    yours, target = _flat(picture.yours), _flat(picture.target)
    if yours.shape != target.shape or not yours.size >= 2:
        return ""
    finite = target[np.isfinite(target)]
    peak = float(np.max(np.abs(finite))) if finite.size else 1.0
    wrong = ~np.isclose(yours, target, rtol=1e-9, atol=1e-12, equal_nan=True)
    words = f"{picture.label}: your array beside the target; {int(wrong.sum())} elements, outlined, differ."
    return (
        f'<div style="display:flex;gap:24px" role="img" aria-label="{escape(words)}">'
        f"{_grid('yours', yours, peak, wrong)}{_grid('target', target, peak, np.zeros_like(wrong))}</div>"
    )


def _flat(array: np.ndarray) -> np.ndarray:
    """At most `MAX_CELLS` rows and columns of an array, its leading axes joined."""
    rows = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else array.reshape(1, -1)
    return rows[:MAX_CELLS, :MAX_CELLS].astype(float)


def _grid(title: str, array: np.ndarray, peak: float, outlined: np.ndarray) -> str:
    side = 18
    squares = []
    for (row, column), value in np.ndenumerate(array):
        edge = 'stroke="currentColor" stroke-width="1.5"' if outlined[row, column] else 'stroke="none"'
        squares.append(
            f'<rect x="{column * side + 1}" y="{row * side + 1}" width="{side - 2}" height="{side - 2}" rx="2" '
            f'fill="{_colour(value, peak)}" {edge}/>'
        )
    height, width = array.shape[0] * side, array.shape[1] * side
    return (
        f'<figure style="margin:4px 0"><svg width="{width}" height="{height}">{"".join(squares)}</svg>'
        f'<figcaption style="font-size:smaller">{title}</figcaption></figure>'
    )


def _colour(value: float, peak: float) -> str:
    """Blue below zero, orange above, grey at zero; black where it is not a finite number."""
    if not np.isfinite(value):
        return "#000000"
    share = min(1.0, abs(value) / peak) if peak else 0.0
    end = (0, 114, 178) if value < 0 else (230, 159, 0)
    mixed = [round(210 + share * (channel - 210)) for channel in end]
    return "#{:02x}{:02x}{:02x}".format(*mixed)
