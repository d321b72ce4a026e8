"""Dates held against Babel's own formatting, which wrote each of them in one piece."""

import datetime
import re
import time
import unicodedata

import numpy as np
import pytest
from babel import Locale
from babel.dates import format_date

from rnn_datasets import (
    DATE_LANGUAGES,
    END,
    FIELDS,
    FORMS,
    PAD,
    START,
    UNKNOWN,
    Dates,
    date_forms,
    date_vocabularies,
    dates,
)


@pytest.fixture(scope="module")
def drawn() -> Dates:
    return dates(np.random.default_rng(0), 4_000)


def fields(some: Dates, n: int) -> list[str]:
    return [some.sources[n][start:end] for start, end in some.spans[n]]


def test_each_date_is_what_babel_writes(drawn: Dates) -> None:
    for n, source in enumerate(drawn.sources):
        day = datetime.date.fromisoformat(drawn.targets[n])
        written = format_date(day, FORMS[drawn.forms[n]], DATE_LANGUAGES[drawn.labels[n]])
        assert source == unicodedata.normalize("NFKC", written)  # no-break spaces become plain ones
    assert drawn.languages == tuple(Locale.parse(code).english_name for code in DATE_LANGUAGES)


def test_the_fields_stand_where_the_spans_say(drawn: Dates) -> None:
    assert drawn.spans.shape == (4_000, len(FIELDS), 2)
    for n, target in enumerate(drawn.targets):
        due = datetime.date.fromisoformat(target)
        year, month, day = fields(drawn, n)
        assert (int(year), int(day)) == (due.year, due.day)
        names = Locale.parse(DATE_LANGUAGES[drawn.labels[n]]).months["format"]
        assert month in {str(due.month), f"{due.month:02}", *(names[width][due.month] for width in names)}


def test_outside_the_fields_no_digit_is_left(drawn: Dates) -> None:
    for n, source in enumerate(drawn.sources):
        inside = {place for start, end in drawn.spans[n] for place in range(start, end)}
        assert len(inside) == sum(end - start for start, end in drawn.spans[n])  # no field is in another
        assert not any(c.isdigit() for place, c in enumerate(source) if place not in inside)


@pytest.mark.parametrize(
    ("language", "form", "source", "year_month_day"),
    [
        ("en", "medium", "Mar 5, 2004", ["2004", "Mar", "5"]),
        ("de", "medium", "05.03.2004", ["2004", "03", "05"]),
        ("ko", "full", "2004년 3월 5일 금요일", ["2004", "3월", "5"]),
        ("ja", "short", "2004/03/05", ["2004", "03", "05"]),
        ("ru", "long", "5 марта 2004 г.", ["2004", "марта", "5"]),
    ],
)
def test_known_dates_are_written_as_their_readers_expect(
    language: str, form: str, source: str, year_month_day: list[str]
) -> None:
    written = date_forms(datetime.date(2004, 3, 5), [language])
    [n] = np.flatnonzero(written.forms == FORMS.index(form))
    assert written.sources[n] == source
    assert written.targets[n] == "2004-03-05"
    assert fields(written, n) == year_month_day


def test_no_text_means_two_dates() -> None:
    """Whole years suffice: each text holds its year in four digits."""
    meant: dict[str, str] = {}
    for year in (1912, 2011):  # with dates such as 12/11/10, and every month and day
        for n in range(366):
            written = date_forms(datetime.date(year, 1, 1) + datetime.timedelta(n))
            for source, target in zip(written.sources, written.targets, strict=True):
                assert re.search(rf"\b{target[:4]}|{target[:4]}\b", source)
                assert meant.setdefault(source, target) == target


def test_the_forms_of_a_language_differ() -> None:
    day = datetime.date(1999, 12, 31)
    for language in DATE_LANGUAGES:
        written = date_forms(day, [language])
        assert len(set(written.sources)) == len(written.sources) >= 2
        assert len(set(written.forms.tolist())) == len(written.forms)


@pytest.fixture(scope="module")
def korean() -> dict[str, tuple[str, ...]]:
    """So many days that few of those to validate on are missing."""
    splits = enumerate(["train", "valid", "test"])
    return {
        split: dates(np.random.default_rng(seed), 25_000, split, ["ko"]).targets for seed, split in splits
    }


def test_every_day_is_in_one_split_however_it_is_written(korean: dict[str, tuple[str, ...]]) -> None:
    days = {split: set(targets) for split, targets in korean.items()}
    assert not days["train"] & days["valid"]
    assert not days["train"] & days["test"]
    assert not days["valid"] & days["test"]
    other = set(dates(np.random.default_rng(3), 5_000, "valid", ["en", "ru"]).targets)
    assert not other & (days["train"] | days["test"])


def test_each_split_has_its_share_and_spreads_over_the_calendar(korean: dict[str, tuple[str, ...]]) -> None:
    assert len(set(korean["valid"])) / 73_049 == pytest.approx(0.1, abs=0.007)
    assert len(set(korean["test"])) / 73_049 == pytest.approx(0.1, abs=0.007)
    for targets in korean.values():
        year, month, _ = np.array([target.split("-") for target in targets], int).T
        assert (year.min(), year.max()) == (1900, 2099)
        assert np.bincount(month)[1:] / len(month) == pytest.approx(1 / 12, abs=0.015)


def test_each_language_comes_as_often(drawn: Dates) -> None:
    assert np.bincount(drawn.labels) / len(drawn.labels) == pytest.approx(1 / 14, abs=0.015)


def test_the_vocabularies_hold_all_that_can_be_drawn(drawn: Dates) -> None:
    read, write = date_vocabularies()
    assert read.tokens[:4] == (PAD, START, END, UNKNOWN)
    assert write.tokens == (PAD, START, END, "-", *"0123456789")
    assert set("".join(drawn.sources)) <= set(read)
    assert set("".join(drawn.targets)) <= set(write)
    assert read[PAD] == write[PAD] == 0
    assert "월" in read
    assert "월" not in date_vocabularies(["en", "de"])[0]
    assert date_vocabularies(["en"])[0].encode("5월").tolist() == [date_vocabularies(["en"])[0]["5"], 3]


def test_the_generator_alone_decides_the_dates(drawn: Dates) -> None:
    again, other = (dates(np.random.default_rng(seed), 4_000) for seed in (0, 1))
    assert (again.sources, again.targets) == (drawn.sources, drawn.targets)
    assert np.array_equal(again.spans, drawn.spans)
    assert other.sources != drawn.sources


def test_ten_thousand_dates_take_less_than_a_second_of_work() -> None:
    dates(np.random.default_rng(0), 1)
    started = time.process_time()
    dates(np.random.default_rng(0), 10_000)
    assert time.process_time() - started < 1


def test_dates_that_make_no_sense_are_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="N is 0, but must be at least 1"):
        dates(rng, 0)
    with pytest.raises(ValueError, match="no split 'all': choose one of 'train', 'valid', 'test'"):
        dates(rng, 5, "all")
    with pytest.raises(ValueError, match="'de' comes twice"):
        dates(rng, 5, languages=["de", "de"])
    with pytest.raises(ValueError, match="languages is 'de', but must be a list"):
        date_vocabularies("de")
    with pytest.raises(ValueError, match="languages is \\[\\], but must be a list of at least one"):
        dates(rng, 5, languages=[])
    with pytest.raises(ValueError, match="day is 1899-12-31, but must be from 1900-01-01 to 2099-12-31"):
        date_forms(datetime.date(1899, 12, 31))


@pytest.mark.parametrize(
    "code", ["ar", "fa", "th", "xx"]
)  # native digits, other calendars, nobody's language
def test_a_language_without_these_dates_is_named(code: str) -> None:
    with pytest.raises(ValueError, match=f"no dates in language '{code}': choose from zh, en"):
        date_forms(datetime.date(2004, 3, 5), ["de", code])
