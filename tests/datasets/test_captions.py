import numpy as np
import pytest

from rnn_datasets import (
    END,
    PAD,
    START,
    UNKNOWN,
    Vocabulary,
    caption_vocabulary,
    caption_words,
    encode_captions,
)

CAPTIONS = [("a", "dog", "runs"), ("a", "cat"), ("a", "dog", "and", "a", "cat")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A dog runs.", ["a", "dog", "runs"]),
        ('A man \'s dog , "wet" .', ["a", "man", "s", "dog", "wet"]),
        ("The dog's 2 t-shirts;", ["the", "dog's", "2", "t", "shirts"]),
        ("Ein Café\n", ["ein", "café"]),
        (" . ", []),
    ],
)
def test_a_caption_is_cut_into_words_in_lower_case(text: str, words: list[str]) -> None:
    assert list(caption_words(text)) == words


def test_words_that_are_too_rare_are_left_out() -> None:
    specials = (PAD, START, END, UNKNOWN)
    assert caption_vocabulary(CAPTIONS).tokens == (*specials, "a", "and", "cat", "dog", "runs")
    assert caption_vocabulary(CAPTIONS, least=2).tokens == (*specials, "a", "cat", "dog")


def test_a_caption_starts_ends_and_is_filled_up() -> None:
    vocabulary = caption_vocabulary(CAPTIONS, least=2)
    tokens, mask = encode_captions(vocabulary, CAPTIONS, T=7)
    written = [vocabulary.decode(row, " ") for row in tokens]
    assert written == [
        f"{START} a dog {UNKNOWN} {END} {PAD} {PAD}",
        f"{START} a cat {END} {PAD} {PAD} {PAD}",
        f"{START} a dog {UNKNOWN} a cat {END}",
    ]
    assert (tokens.dtype, mask.dtype) == (np.int64, np.bool_)
    assert np.array_equal(mask, tokens != vocabulary[PAD])


def test_a_caption_that_is_too_long_is_cut_and_does_not_end() -> None:
    vocabulary = caption_vocabulary(CAPTIONS)
    tokens, mask = encode_captions(vocabulary, CAPTIONS, T=5)
    assert vocabulary.decode(tokens[0], " ") == f"{START} a dog runs {END}"  # three words just fit
    assert vocabulary.decode(tokens[2], " ") == f"{START} a dog and a"
    assert mask[2].all()


def test_a_caption_without_words_ends_at_once() -> None:
    vocabulary = caption_vocabulary(CAPTIONS)
    tokens, mask = encode_captions(vocabulary, [()], T=4)
    assert vocabulary.decode(tokens[0], " ") == f"{START} {END} {PAD} {PAD}"
    assert mask[0].tolist() == [True, True, False, False]


def test_captions_that_make_no_sense_are_refused() -> None:
    vocabulary = caption_vocabulary(CAPTIONS)
    with pytest.raises(ValueError, match="T is 1, but must be at least 2"):
        encode_captions(vocabulary, CAPTIONS, T=1)
    with pytest.raises(ValueError, match="captions has none"):
        encode_captions(vocabulary, [], T=5)
    with pytest.raises(
        ValueError, match=r"captions\[1\] is the text 'a cat': cut it with caption_words first"
    ):
        encode_captions(vocabulary, [("a", "dog"), "a cat"], T=5)
    with pytest.raises(ValueError, match=r"captions\[0\] is the text"):
        caption_vocabulary(["a cat"])
    with pytest.raises(ValueError, match="least is 0, but must be at least 1"):
        caption_vocabulary(CAPTIONS, least=0)
    with pytest.raises(ValueError, match=r"'cat' at position 2 .* UNKNOWN"):
        encode_captions(Vocabulary.of(["a"], (PAD, START, END)), CAPTIONS[1:2], T=5)
