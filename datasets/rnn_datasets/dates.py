"""Dates as many languages write them, each with its ISO form and the places where its fields stand."""

from __future__ import annotations

import datetime
import functools
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnn_datasets.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

# Languages that CLDR gives the Gregorian calendar and the digits 0 to 9.
DATE_LANGUAGES = ("zh", "en", "fi", "fr", "de", "el", "hu", "it", "ja", "ko", "pl", "ru", "es", "tr")
FORMS = ("short", "medium", "long", "full")
FIELDS = ("year", "month", "day")
FIRST_DAY, LAST_DAY = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)

# In 256ths: which share of the days a split has. A day's checksum decides.
_SPLITS = {"train": range(52, 256), "valid": range(26), "test": range(26, 52)}
# Where a typist has a space, CLDR may have one that does not break.
_SPACES = str.maketrans("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}", "  ")


@dataclass(frozen=True, eq=False)  # arrays do not compare as one truth
class Dates:
    """N dates, each written twice.

    Attributes:
        sources: N texts as people write them: "5. März 2004", "2004년 3월 5일 금요일".
        targets: N ISO dates of ten characters: "2004-03-05".
        spans: (N, 3, 2) int64. The year stands at `sources[n][slice(*spans[n, 0])]`, the month at 1, the day at 2.
        labels: (N,) int64, the language of each text, as a place in `languages`.
        forms: (N,) int64, places in `FORMS`.
        languages: English names of the languages that were asked for.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    spans: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    forms: npt.NDArray[np.int64]
    languages: tuple[str, ...]


class _Template(NamedTuple):
    """One form of one language: its pieces in order, each with every text that it can have."""

    form: int
    pieces: tuple[tuple[int, tuple[str, ...]], ...]


# What decides the text of a piece; the first three are FIELDS.
_YEAR, _MONTH, _DAY, _WEEKDAY, _NOTHING = range(5)
_DECIDES = {"y": _YEAR, "M": _MONTH, "L": _MONTH, "d": _DAY, "E": _WEEKDAY, "c": _WEEKDAY}
# A day for each text that a piece can have. The 1st of January 2001 was a Monday.
_EXAMPLES = (
    tuple(datetime.date(year, 1, 1) for year in range(FIRST_DAY.year, LAST_DAY.year + 1)),
    tuple(datetime.date(2001, month, 1) for month in range(1, 13)),
    tuple(datetime.date(2001, 1, day) for day in range(1, 32)),
    tuple(datetime.date(2001, 1, day) for day in range(1, 8)),
)


def dates(
    rng: np.random.Generator, N: int, split: str = "train", languages: Sequence[str] = DATE_LANGUAGES
) -> Dates:
    """Draw dates from 1900 to 2099: a day of the split, a language, and a form of that language.

    Args:
        rng: decides everything.
        N: dates.
        split: "train", "valid" or "test". A day is in one of them only, however it is written.
        languages: ISO 639 codes, some of `DATE_LANGUAGES`; by default all fourteen.

    Returns:
        The dates. One may come twice, as rarely as chance has it.

    Raises:
        ValueError: N is below 1, there is no such split or language, or a language comes twice.
    """
    if N < 1:
        raise ValueError(f"N is {N}, but must be at least 1")
    if split not in _SPLITS:
        raise ValueError(f"there is no split {split!r}: choose one of {', '.join(map(repr, _SPLITS))}")
    templates = _templates_of(languages)
    days = _days(split)[rng.integers(0, len(_days(split)), N)]
    labels = rng.integers(0, len(templates), N)
    places = rng.integers(0, np.array([len(forms) for forms in templates])[labels])
    chosen = [templates[label][place] for label, place in zip(labels, places, strict=True)]
    return _written([datetime.date.fromordinal(day) for day in days.tolist()], chosen, labels, languages)


def date_forms(day: datetime.date, languages: Sequence[str] = DATE_LANGUAGES) -> Dates:
    """Write one date in every form of every language.

    Args:
        day: from 1900 to 2099.
        languages: ISO 639 codes, some of `DATE_LANGUAGES`.

    Returns:
        As many dates as there are forms.

    Raises:
        ValueError: the day is outside, there is no such language, or one comes twice.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"day is {day}, but must be from {FIRST_DAY} to {LAST_DAY}")
    templates = _templates_of(languages)
    labels = np.repeat(np.arange(len(templates)), [len(forms) for forms in templates])
    chosen = list(itertools.chain(*templates))
    return _written([day] * len(chosen), chosen, labels, languages)


def date_vocabularies(languages: Sequence[str] = DATE_LANGUAGES) -> tuple[Vocabulary, Vocabulary]:
    """Give the characters that sources and targets are made of, whatever was drawn.

    Args:
        languages: ISO 639 codes, some of `DATE_LANGUAGES`.

    Returns:
        The vocabulary to read: `PAD`, `START`, `END`, `UNKNOWN`, then the characters of the languages. And the
        vocabulary to write: `PAD`, `START`, `END`, the dash and the ten digits.

    Raises:
        ValueError: there is no such language, or one comes twice.
    """
    templates = itertools.chain(*_templates_of(languages))
    read = "".join(text for template in templates for _, texts in template.pieces for text in texts)
    return Vocabulary.of(read, (PAD, START, END, UNKNOWN)), Vocabulary.of("-0123456789", (PAD, START, END))


def _written(
    days: list[datetime.date],
    chosen: list[_Template],
    labels: npt.NDArray[np.int64],
    languages: Sequence[str],
) -> Dates:
    """Write each day by its template."""
    sources, spans = zip(*map(_write, days, chosen), strict=True)
    return Dates(
        sources,
        tuple(day.isoformat() for day in days),
        np.array(spans, np.int64),
        labels,
        np.array([template.form for template in chosen], np.int64),
        tuple(_english_name(code) for code in languages),
    )


def _write(day: datetime.date, template: _Template) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Put the pieces together, and note where the fields come to stand."""
    which = (day.year - FIRST_DAY.year, day.month - 1, day.day - 1, day.weekday(), 0)
    text, spans = "", {}
    for decides, texts in template.pieces:
        spans[decides] = (len(text), len(text) + len(texts[which[decides]]))
        text += texts[which[decides]]
    return text, (spans[_YEAR], spans[_MONTH], spans[_DAY])


@functools.cache
def _days(split: str) -> npt.NDArray[np.int64]:
    """Give the days of a split, as ordinals of the calendar."""
    days = range(FIRST_DAY.toordinal(), LAST_DAY.toordinal() + 1)
    return np.array([day for day in days if _checksum(day) in _SPLITS[split]], np.int64)


def _checksum(day: int) -> int:
    # Not a CRC: of neighbouring dates that gives neighbouring numbers, and a split would have a pattern.
    return hashlib.blake2b(str(day).encode(), digest_size=1).digest()[0]


def _templates_of(languages: Sequence[str]) -> list[tuple[_Template, ...]]:
    """Look after the codes, then give the forms of each language."""
    if isinstance(languages, str) or not languages:
        raise ValueError(f"languages is {languages!r}, but must be a list of at least one ISO 639 code")
    for place, code in enumerate(languages):
        if code in languages[:place]:
            raise ValueError(f"language {code!r} comes twice: leave one out")
        if code not in DATE_LANGUAGES:
            raise ValueError(
                f"there are no dates in language {code!r}: choose from {', '.join(DATE_LANGUAGES)}"
            )
    return [_templates(code) for code in languages]


@functools.cache
def _templates(code: str) -> tuple[_Template, ...]:
    """Take a language's forms apart, except those that cut the year to two digits.

    Such a year is in two centuries, so that "03/04/05" would have several right answers. A form that looks
    like one before it is left out too.
    """
    from babel import Locale  # here, so that the package is imported fast
    from babel.dates import format_date, tokenize_pattern

    locale = Locale.parse(code)
    templates: dict[str, _Template] = {}
    for form, name in enumerate(FORMS):
        pattern = locale.date_formats[name].pattern
        tokens = tokenize_pattern(pattern)
        if pattern in templates or ("field", ("y", 2)) in tokens:
            continue
        pieces: list[tuple[int, tuple[str, ...]]] = []
        for _, token in tokens:
            if isinstance(token, str):
                pieces.append((_NOTHING, (token.translate(_SPACES),)))
            else:
                letter, count = token
                texts = (format_date(day, letter * count, locale) for day in _EXAMPLES[_DECIDES[letter]])
                pieces.append((_DECIDES[letter], tuple(text.translate(_SPACES) for text in texts)))
        templates[pattern] = _Template(form, tuple(pieces))
    return tuple(templates.values())


def _english_name(code: str) -> str:
    from babel import Locale

    return str(Locale.parse(code).english_name)
