"""A class report as one page that needs nothing else: no network, no script; for the screen and for paper.

Its charts are boxes with the lectures' colours, drawn by the style sheet: so they follow a light and a dark page, are
as wide as the screen, and print as sharp as the text. A picture made by matplotlib would be one light card for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from statistics import median, quantiles

from jinja2 import Environment, StrictUndefined

from rnn_autograder.class_report import ClassReport

BINS = 10
FEW = 4  # names that are shown at once; the others unfold
ROWS = 10  # of a table that is ranked


@dataclass(frozen=True)
class Bin:
    """A column: the points that it stands for, how many have them, its height in per cent of the highest."""

    label: str
    count: int
    height: int


def render(report: ClassReport) -> str:
    """Write the page. Whatever a student wrote in it is escaped."""
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).from_string(resources.files("rnn_autograder").joinpath("class_page.html").read_text(encoding="utf-8"))
    points = report.points
    return template.render(
        report=report,
        few=FEW,
        rows=ROWS,
        people=_people,
        seconds=_seconds,
        per_cent=_per_cent,
        median=lambda numbers: round(median(numbers), 2),
        quartiles=_quartiles(points),
        bins=_bins(points, report.max_points),
    )


def _people(count: int) -> str:
    return "1 submission" if count == 1 else f"{count} submissions"


def _seconds(time_s: float) -> str:
    """Two figures at most: nobody needs more of a time that differs each time."""
    if time_s < 0.01:
        return "under 0.01 s"
    return f"{time_s:.0f} s" if time_s >= 10 else f"{time_s:.2g} s"


def _per_cent(share: float) -> str:
    return "under 1 %" if share < 0.01 else f"{100 * share:.0f} %"


def _quartiles(points: Sequence[float]) -> tuple[float, float]:
    if len(points) < 2:
        return (points[0], points[0]) if points else (0.0, 0.0)
    low, _, high = quantiles(points, n=4, method="inclusive")
    return round(low, 2), round(high, 2)


def _bins(points: Sequence[float], most: float) -> list[Bin]:
    """Columns of equal width; the last holds full marks too."""
    counts = [0] * BINS
    for earned in points:
        counts[min(int(BINS * earned / most), BINS - 1) if most else 0] += 1
    highest = max(counts)
    return [
        Bin(
            f"{most * k / BINS:g}-{most * (k + 1) / BINS:g}",
            count,
            round(100 * count / highest) if highest else 0,
        )
        for k, count in enumerate(counts)
    ]
