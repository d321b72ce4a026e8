"""Labels of small pieces of Python, held against what a hand wrote under them."""

import ast

import numpy as np
import pytest

from rnn_datasets import PythonSource, python_labels, python_source, syntax_classes


def labels(text: str) -> dict[str, np.ndarray]:
    return python_labels(text, syntax_classes(text))


def drawn(text: str, name: str) -> list[str]:
    """Write x where a label holds and . where not, line by line; a line's end is a character too."""
    marks = "".join(".x"[held] for held in labels(text)[name].tolist())
    lengths = [len(line) for line in text.splitlines(keepends=True)]
    starts = np.cumsum([0, *lengths[:-1]])
    return [marks[start : start + length] for start, length in zip(starts, lengths, strict=True)]


@pytest.mark.parametrize(
    ("text", "string"),
    [
        ('a = "b" + c\n', ["....xxx....."]),
        ("a = rb'b'  # 'c'\n", ["....xxxxx........"]),
        ('"""a\nb\n"""\n', ["xxxxx", "xx", "xxx."]),
        ('f"{a}b" + c\n', ["xxxxxxx....."]),
    ],
)
def test_a_string_is_one_from_quote_to_quote_over_all_its_lines(text: str, string: list[str]) -> None:
    assert drawn(text, "string") == string


def test_a_comment_begins_at_its_sign_and_ends_with_the_line() -> None:
    assert drawn('a = "#"  # b "c"\nd\n', "comment") == [".........xxxxxxx.", ".."]


@pytest.mark.parametrize(
    ("text", "brackets"),
    [
        ("f(a)[b] + {c}\n", [".xxxxxx...xxx."]),
        ("f((a), b) c\n", [".xxxxxxxx..."]),
        ("f(a,\n  b)\nc\n", [".xxxx", "xxxx.", ".."]),
        ('f")" + "("  # )\n', ["................"]),
        ('f(")", a)  # (\n', [".xxxxxxxx......"]),
    ],
)
def test_brackets_hold_what_is_between_them_but_not_those_in_words(text: str, brackets: list[str]) -> None:
    assert drawn(text, "brackets") == brackets


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("if a: b\n", ["..xx...."]),
        ("if a:\n  b\nelif c:\n  d\nelse:\n  e\n", ["..xx..", "....", "....xx..", "....", "......", "...."]),
        ("while a[1:2]: b\n", [".....xxxxxxx...."]),
        ("if (a and\n    b): c\n", ["..xxxxxxxx", "xxxxxx...."]),
        ("if a == ':': b\n", ["..xxxxxxxxx...."]),
        ("if (a := b): c\n", ["..xxxxxxxxx...."]),
        ("if a := b: c\n", ["..xxxxxxx...."]),
        ("a = b if c else d\n", ["." * 18]),
        ("a = b \\\n  if c else {d: e}\n", ["." * 8, "." * 19]),
        ("[a for b in c\n if b]\n", ["." * 14, "." * 7]),
        ("iffy: a\nif_ = b\n", ["." * 8, "." * 8]),
        ('"""\nif a: b\n"""\n', ["." * 4, "." * 8, "." * 4]),
    ],
)
def test_a_condition_is_what_a_statement_asks_before_its_colon(text: str, condition: list[str]) -> None:
    assert drawn(text, "condition") == condition


def test_a_condition_that_is_cut_off_goes_on_to_the_end() -> None:
    text = "if a: b\nif c an"
    cut = syntax_classes(text + "d d: e")[: len(text)]
    assert np.flatnonzero(python_labels(text, cut)["condition"]).tolist() == [2, 3, 10, 11, 12, 13, 14]


def test_the_depth_of_a_line_is_that_of_all_its_characters() -> None:
    text = "a\n    b\n\n      c\n        d"
    assert labels(text)["indentation"].tolist() == [0] * 2 + [1] * 6 + [0] + [1] * 8 + [2] * 9


def test_the_place_in_a_line_begins_at_zero_and_counts_the_lines_end() -> None:
    assert labels("ab\n\n c\n")["position"].tolist() == [0, 1, 2, 0, 0, 1, 2]


def test_no_text_has_no_labels() -> None:
    assert {len(label) for label in labels("").values()} == {0}


def test_a_stranger_to_the_alphabet_moves_nothing() -> None:
    strange, plain = "f('→') # 語\n", "f('a') # b\n"
    for name, label in labels(plain).items():
        assert (labels(strange)[name] == label).all()


def test_classes_of_another_text_are_refused() -> None:
    with pytest.raises(ValueError, match=r"classes has shape \(3,\), but must be \(2,\)"):
        python_labels("ab", syntax_classes("abc"))


@pytest.fixture(scope="module")
def valid() -> PythonSource:
    return python_source("valid", characters=60_000)  # cuts a module somewhere


def test_the_library_has_labels_of_its_own(valid: PythonSource) -> None:
    assert list(valid.labels) == ["string", "comment", "brackets", "condition", "indentation", "position"]
    for name, label in valid.labels.items():
        assert label.shape == (len(valid.text),)
        assert label.dtype == (np.int64 if name in ("indentation", "position") else np.bool_)


def test_the_library_has_as_many_conditions_as_its_tree(valid: PythonSource) -> None:
    """Independent of our reading: Python's own parser says how many statements ask something."""
    text = python_source("valid").text
    tree = ast.parse(text.replace("from __future__ import annotations\n", "\n"))
    asked = sum(isinstance(node, ast.If | ast.While) for node in ast.walk(tree))
    condition = python_source("valid").labels["condition"]
    assert np.count_nonzero(np.diff(condition.astype(int), prepend=0) == 1) == asked
