"""Words from what many languages call languages, countries, scripts, currencies, months and days."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from babel import Locale

LATIN = (
    *("eu", "cs", "en", "et", "fi", "fr", "de", "hu", "is", "ga"),
    *("it", "lv", "lt", "pl", "pt", "ro", "es", "sv", "tr", "cy"),
)
OTHER_SCRIPTS = ("ar", "hy", "zh", "ka", "el", "he", "ja", "ko", "ru", "th", "uk")

# Letters that Unicode does not take apart into a letter and its marks.
_SPELT_OUT = str.maketrans(
    {"æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ð": "d", "đ": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i"}
)


@dataclass(frozen=True, eq=False)  # arrays do not compare as one truth
class Names:
    """N words, each of one language.

    Attributes:
        words: N words in lower case, without spaces, all different.
        labels: (N,) int64, the language of each word, as a place in `languages`.
        languages: English names of the languages.
        shared: how many words were left out because several of the languages have them.
    """

    words: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    languages: tuple[str, ...]
    shared: int

    def split(self, valid: float = 0.1) -> tuple[Names, Names]:
        """Set words aside for validation.

        A checksum of the word decides, so that a word keeps its side whatever languages were asked for.

        Args:
            valid: about this fraction of the words is set aside.

        Returns:
            The words to train on, and the words to validate on.

        Raises:
            ValueError: when `valid` is not a fraction.
        """
        if not 0 <= valid <= 1:
            raise ValueError(f"valid is {valid}, but a fraction is between 0 and 1")
        aside = np.array([zlib.crc32(word.encode()) / 2**32 < valid for word in self.words], bool)
        return self._where(~aside), self._where(aside)

    def _where(self, chosen: npt.NDArray[np.bool_]) -> Names:
        words = tuple(word for word, taken in zip(self.words, chosen, strict=True) if taken)
        return Names(words, self.labels[chosen], self.languages, self.shared)


def names(languages: Sequence[str] = LATIN, *, strip_diacritics: bool = True) -> Names:
    """Collect words whose language can be told.

    The names are cut into words. A word that several of the languages share ("afar", "euro") has no single
    right answer and is left out.

    Args:
        languages: ISO 639 codes; by default 20 languages in Latin script; `OTHER_SCRIPTS` holds more.
        strip_diacritics: write Latin letters as a to z, so that no mark gives a language away.

    Returns:
        The words in alphabetical order.

    Raises:
        ValueError: when there is no language, one comes twice or is unknown to CLDR.
    """
    locales = _locales(languages)
    languages_of: dict[str, set[int]] = {}
    for label, locale in enumerate(locales):
        for word in _words(locale, strip_diacritics):
            languages_of.setdefault(word, set()).add(label)
    label_of = {word: labels.pop() for word, labels in languages_of.items() if len(labels) == 1}
    words = tuple(sorted(label_of))
    labels = np.array([label_of[word] for word in words], np.int64)
    shared = len(languages_of) - len(words)
    return Names(words, labels, tuple(str(locale.english_name) for locale in locales), shared)


def without_diacritics(text: str) -> str:
    """Write the Latin letters of a text as a to z, in lower case: "Łódź" becomes "lodz".

    Letters of other scripts keep their marks, which there are often letters of their own.
    """
    apart = unicodedata.normalize("NFD", text.lower()).translate(_SPELT_OUT)
    return unicodedata.normalize("NFC", re.sub(r"([a-z])[\u0300-\u036f]+", r"\1", apart))


def _locales(languages: Sequence[str]) -> list[Locale]:
    from babel import Locale, UnknownLocaleError  # here, so that the package is imported fast

    if isinstance(languages, str) or not languages:
        raise ValueError(f"languages is {languages!r}, but must be a list of at least one ISO 639 code")
    locales = []
    for place, code in enumerate(languages):
        if code in languages[:place]:
            raise ValueError(f"language {code!r} comes twice: leave one out")
        try:
            locales.append(Locale.parse(code))
        except (ValueError, UnknownLocaleError) as error:
            raise ValueError(
                f"CLDR has no language {code!r}: give ISO 639 codes such as 'de', 'ko'"
            ) from error
    return locales


def _words(locale: Locale, strip_diacritics: bool) -> Iterator[str]:
    """Cut all the names into words of at least two letters, in the language's own script."""
    from babel.core import get_global

    _, script, _ = get_global("likely_subtags")[locale.language].split("_")
    for name in _names(locale):
        name = without_diacritics(name) if strip_diacritics else unicodedata.normalize("NFC", name.lower())
        for word in "".join(c if unicodedata.category(c)[0] in "LM" else " " for c in name).split():
            if len(word) > 1 and all(
                unicodedata.name(c).startswith("LATIN") == (script == "Latn") for c in word
            ):
                yield word


def _names(locale: Locale) -> Iterator[str]:
    for kind in (locale.languages, locale.territories, locale.scripts, locale.currencies):
        yield from kind.values()
    for calendar in (locale.months, locale.days):
        yield from calendar["format"]["wide"].values()
