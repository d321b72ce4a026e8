import re

import numpy as np
import pytest

from rnn_datasets import LATIN, OTHER_SCRIPTS, Names, names, without_diacritics


@pytest.fixture(scope="module")
def latin() -> Names:
    return names()


def pairs(some: Names) -> set[tuple[str, str]]:
    return {(word, some.languages[label]) for word, label in zip(some.words, some.labels, strict=True)}


def test_each_word_has_one_language(latin: Names) -> None:
    assert latin.labels.dtype == np.int64
    assert latin.labels.shape == (len(latin.words),)
    assert len(set(latin.words)) == len(latin.words)
    assert set(latin.labels) == set(range(20))


@pytest.mark.parametrize(
    ("word", "language"),
    [("germany", "English"), ("deutschland", "German"), ("ranska", "Finnish"), ("svenska", "Swedish")],
)
def test_known_words_are_of_the_right_language(latin: Names, word: str, language: str) -> None:
    assert (word, language) in pairs(latin)


def test_a_word_of_two_languages_is_left_out_and_counted() -> None:
    german, swedish, both = names(["de"]), names(["sv"]), names(["de", "sv"])
    common = set(german.words) & set(swedish.words)
    assert "japan" in common
    assert set(both.words) == set(german.words) ^ set(swedish.words)
    assert both.shared == len(common)


def test_words_are_written_in_a_to_z(latin: Names) -> None:
    assert set("".join(latin.words)) == set("abcdefghijklmnopqrstuvwxyz")
    assert min(map(len, latin.words)) == 2


def test_diacritics_stay_when_asked_for() -> None:
    kept = names(["de", "cs"], strip_diacritics=False)
    assert ("dänisch", "German") in pairs(kept)
    assert ("danisch", "German") in pairs(names(["de", "cs"]))


def test_splitting_loses_nothing_and_shares_nothing(latin: Names) -> None:
    train, valid = latin.split()
    assert not set(train.words) & set(valid.words)
    assert pairs(train) | pairs(valid) == pairs(latin)
    assert 0.08 < len(valid.words) / len(latin.words) < 0.12
    assert set(valid.labels) == set(range(20))


def test_a_word_keeps_its_side_whatever_languages_are_asked_for(latin: Names) -> None:
    train, valid = latin.split()
    german_train, german_valid = names(["de"]).split()
    assert not set(train.words) & set(german_valid.words)
    assert not set(valid.words) & set(german_train.words)


@pytest.mark.parametrize("valid", [-0.1, 1.1, float("nan")])
def test_what_is_no_fraction_is_refused(latin: Names, valid: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        latin.split(valid)


def test_other_scripts_bring_words_of_their_own_script() -> None:
    every = names((*LATIN, *OTHER_SCRIPTS))
    assert len(every.languages) == 31
    assert set(every.labels) == set(range(31))
    korean = [word for word, language in pairs(every) if language == "Korean"]
    assert "독일" in korean
    assert all(re.fullmatch("[가-힣]+", word) for word in korean)


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Łódź", "lodz"), ("Straße", "strasse"), ("İstanbul", "istanbul"), ("Việt", "viet"), ("Þórr", "thorr")],
)
def test_latin_letters_lose_their_marks(text: str, plain: str) -> None:
    assert without_diacritics(text) == plain


@pytest.mark.parametrize("text", ["한국어", "が", "ё", "й"])
def test_letters_of_other_scripts_keep_theirs(text: str) -> None:
    assert without_diacritics(text) == text


@pytest.mark.parametrize("code", ["zz", "german", ""])
def test_an_unknown_language_is_named(code: str) -> None:
    with pytest.raises(ValueError, match=f"no language '{code}'"):
        names(["de", code])


def test_lists_of_languages_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="'de' comes twice"):
        names(["de", "de"])
    with pytest.raises(ValueError, match="at least one"):
        names([])
    with pytest.raises(ValueError, match="'de', but must be a list"):
        names("de")
