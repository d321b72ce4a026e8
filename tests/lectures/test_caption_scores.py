"""What counts as right in a caption, worked out by hand."""

from math import exp, log

import pytest

import caption_scores as scores

DUE = ["a big red circle left of a small blue square", "a small white cross on the right"]
SWAPPED = "a big blue square left of a small red circle"  # fluent, and false


def test_the_right_captions_are_right_in_every_way() -> None:
    for score in (scores.exact, scores.what, scores.where, scores.bleu4):
        assert score(DUE, DUE) == 1


def test_a_wrong_word_costs_what_it_is_about() -> None:
    colour = [DUE[0].replace("red", "green"), DUE[1]]
    place = [DUE[0], DUE[1].replace("right", "left")]
    assert [scores.exact(said, DUE) for said in (colour, place)] == [0.5, 0.5]
    assert [scores.what(said, DUE) for said in (colour, place)] == [0.5, 1]
    assert [scores.where(said, DUE) for said in (colour, place)] == [1, 0.5]


def test_things_in_another_order_are_other_things() -> None:
    assert scores.what([SWAPPED], DUE[:1]) == 0
    assert scores.where([SWAPPED], DUE[:1]) == 1


def test_bleu_is_the_mean_of_logarithms_of_pooled_shares() -> None:
    """Counted by hand: words, pairs, triples and quadruples that are right; two words are missing."""
    said = [DUE[0].replace("red", "green"), "a small white cross on"]
    due_words, said_words = 17, 15
    shares = [14 / 15, 11 / 13, 8 / 11, 6 / 9]
    assert sum(map(len, map(str.split, DUE))) == due_words
    expected = exp(sum(map(log, shares)) / 4 + 1 - due_words / said_words)
    assert scores.bleu4(said, DUE) == pytest.approx(expected, abs=1e-12)


def test_a_word_counts_no_more_often_than_the_reference_has_it() -> None:
    said, due = ["a a a a b c d e f g"], ["a h b c d e f g i j"]
    shares = [7 / 10, 5 / 9, 4 / 8, 3 / 7]
    assert scores.bleu4(said, due) == pytest.approx(exp(sum(map(log, shares)) / 4), abs=1e-12)


def test_without_four_words_in_a_row_there_is_no_bleu() -> None:
    assert scores.bleu4(["a red b circle"], ["a c b circle"]) == 0
    assert scores.bleu4(["a"], ["a"]) == 0
