"""The baselines count what they say, and give probabilities."""

import numpy as np
import pytest

import baselines

rng = np.random.default_rng(0)


def test_a_table_leans_on_the_shorter_one_as_witten_and_bell_say():
    train = np.array([0, 1, 0, 1, 0, 2])  # counted from the second on: 1, 0, 1, 0, 2
    (unigram, _), (bigram, runs) = baselines.ngram_probabilities(train, np.array([0, 1]), V=3, longest=1)
    p1 = (2 + 3 * 1 / 3) / (5 + 3)  # two of five are 1; three kinds
    assert unigram == pytest.approx([p1])
    assert bigram == pytest.approx([(2 + 2 * p1) / (3 + 2)])  # after 0 came 1, 1, 2: three times, two kinds
    assert runs == 3  # 01, 10, 02


def test_the_probabilities_of_all_successors_sum_to_one():
    train = rng.integers(0, 4, 200)
    texts = [np.array([1, 3, successor]) for successor in range(5)]  # 4 was never seen
    tables = [baselines.ngram_probabilities(train, text, V=5, longest=2) for text in texts]
    for k in range(3):
        assert sum(table[k][0][0] for table in tables) == pytest.approx(1)


def test_a_context_that_was_never_seen_leaves_the_word_to_the_shorter_table():
    train = np.array([0, 1, 0, 1, 0, 1])
    (unigram, _), (bigram, _) = baselines.ngram_probabilities(train, np.array([2, 1]), V=3, longest=1)
    assert bigram == pytest.approx(unigram)


def test_longer_tables_predict_their_own_text_better():
    text = np.tile(rng.permutation(6).repeat([1, 2, 1, 1, 3, 1]), 20)
    costs = [-np.log(P).mean() for P, _ in baselines.ngram_probabilities(text, text, V=6, longest=3)]
    assert costs == sorted(costs, reverse=True)


def test_a_bag_of_letters_cannot_tell_the_order_and_pieces_can():
    words, labels = ["abab", "aabb", "abba"] * 3, np.array([0, 1, 1] * 3)
    bag, pieces = (baselines.naive_bayes(words, labels, longest) for longest in (1, 2))
    assert bag("abab") == bag("aabb")
    assert (pieces("abab"), pieces("aabb")) == (0, 1)


def test_naive_bayes_is_bayes_rule():
    words, labels = ["a", "ab", "b"], np.array([0, 0, 1])
    # With one imagined a and b in each class: P(a|0) = 3/5, P(a|1) = 1/3; priors 2/3 and 1/3. And so on for b.
    tell = baselines.naive_bayes(words, labels, longest=1)
    assert [tell(word) for word in ("a", "b", "bbb", "bbbb")] == [0, 0, 1, 1]
    assert 2 / 3 * (2 / 5) ** 2 < 1 / 3 * (2 / 3) ** 2  # so two b are enough
    assert tell("bb") == 1


def test_letters_never_seen_say_nothing():
    tell = baselines.naive_bayes(["a", "b", "b"], np.array([0, 1, 1]), longest=1)
    assert tell("?") == 1  # the commoner class
    assert tell("a?") == tell("a")
