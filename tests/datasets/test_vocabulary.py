import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_datasets import END, PAD, START, UNKNOWN, Vocabulary


@given(st.text())
def test_decoding_what_was_encoded_gives_the_text_back(text: str) -> None:
    vocabulary = Vocabulary.of(text)
    numbers = vocabulary.encode(text)
    assert numbers.dtype == np.int64
    assert numbers.shape == (len(text),)
    assert vocabulary.decode(numbers) == text


def test_tokens_are_numbered_in_sorted_order_after_the_specials() -> None:
    vocabulary = Vocabulary.of("hello", specials=(PAD, START, END))
    assert vocabulary.tokens == (PAD, START, END, "e", "h", "l", "o")
    assert vocabulary[PAD] == 0
    assert vocabulary.encode([START, *"he", END]).tolist() == [1, 4, 3, 2]
    assert len(vocabulary) == 7
    assert list(vocabulary) == list(vocabulary.tokens)


def test_words_are_tokens_too() -> None:
    vocabulary = Vocabulary.of(["the", "cat", "the", "dog"])
    assert vocabulary.tokens == ("cat", "dog", "the")
    assert vocabulary.decode(vocabulary.encode(["the", "dog"]), separator=" ") == "the dog"


def test_membership_is_about_the_token_and_not_its_number() -> None:
    vocabulary = Vocabulary.of("ab")
    assert "a" in vocabulary
    assert "c" not in vocabulary
    assert 0 not in vocabulary


def test_a_stranger_is_named_with_its_place_and_a_way_out() -> None:
    with pytest.raises(ValueError, match=r"'é' at position 3 .* 4 tokens .* UNKNOWN"):
        Vocabulary.of("cafe").encode("café")


def test_with_unknown_among_the_specials_a_stranger_is_that() -> None:
    vocabulary = Vocabulary.of("ab", specials=(UNKNOWN,))
    assert vocabulary.encode("axb").tolist() == [1, 0, 2]
    assert "x" not in vocabulary


@pytest.mark.parametrize("number", [-1, 2])
def test_a_number_outside_the_vocabulary_is_named_with_its_place(number: int) -> None:
    with pytest.raises(IndexError, match=rf"{number} at position 1 is outside \[0, 2\)"):
        Vocabulary.of("ab").decode([0, number])


def test_only_whole_numbers_are_decoded() -> None:
    with pytest.raises(TypeError):
        Vocabulary.of("ab").decode([0.5])  # type: ignore[list-item]


def test_a_token_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'a' comes twice, at 0 and at 2"):
        Vocabulary(("a", "b", "a"))


def test_an_empty_text_has_an_empty_vocabulary() -> None:
    vocabulary = Vocabulary.of("")
    assert len(vocabulary) == 0
    assert vocabulary.encode("").shape == (0,)
    assert vocabulary.decode([]) == ""
