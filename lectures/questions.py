"""The questions to answer before reading on, lecture by lecture.

They stand here and not in the notebooks, where one would read the answer before the question.
"""

from __future__ import annotations

from typing import NamedTuple


class Question(NamedTuple):
    """A question with one right answer.

    Attributes:
        text: one or two sentences; `code` between back quotes, no formulas.
        answers: what can be answered -> why it is right or wrong. The first is the right one; they are shown in
            random order.
    """

    text: str
    answers: dict[str, str]


# ---- 1. RNN basics

TWO_UNDERSCORES = Question(
    "What does the table say after the first underscore, and after the fourth?",
    {
        "Twice the same": "It sees `_` and nothing else, so it looks up the same row.",
        "First `_`, then `(`": "For that it would have to know which underscore this is.",
        "The second time it is surer": "The row of `_` was counted once. It stays as it is.",
    },
)
LONGER_TEXTS = Question(
    "How many weights does the cell need for texts ten times as long?",
    {
        "The same number": "T is in none of the shapes (D, H), (H, H) and (H,). Only the loop is longer.",
        "Ten times as many": "A window needs weights for each place. Here one set serves all places.",
        "As many, but ten times the units": "Units are the width H of the state. Steps are how often the line runs.",
    },
)
TARGET_OF_HELLO = Question(
    "The network reads `h`, `e`, `l`, `l`. Which targets is it trained towards?",
    {
        "`e`, `l`, `l`, `o`": "The input, shifted by one: at each step, the letter that comes next.",
        "`h`, `e`, `l`, `l`": "To repeat what was just read takes no memory and teaches nothing.",
        "Only `o`, at the end": "That is many to one. Here each step has a target: four lessons in one word.",
    },
)
BEST_WITHOUT_MEMORY = Question(
    "What is the lowest cost that any model can reach on a text if it sees only the present character?",
    {
        "That of a bigram counted on that very text": "No row can do better than the true frequencies.",
        "That of the unigram": "It still sees one character, so it can do what a bigram does.",
        "As low as you like, with enough units": "The same character in, the same answer out, with any units.",
    },
)
TEMPERATURE = Question(
    "What becomes of the distribution at a very low and at a very high temperature?",
    {
        "Low: one sure answer. High: all alike": "A small τ stretches the differences, a large one flattens them.",
        "Low: all alike. High: one sure answer": "Dividing by a small number makes differences larger.",
        "The characters change their order": "Dividing by a positive number keeps the larger score larger.",
    },
)
