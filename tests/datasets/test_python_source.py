import ast
import os

import numpy as np
import pytest

from rnn_datasets import CLASS_NAMES, PythonSource, python_source, syntax_classes
from rnn_datasets.python_source import MODULES


@pytest.fixture(scope="module")
def valid() -> PythonSource:
    return python_source("valid")


def drawn(source: str) -> str:
    """Write each character's class as a letter, so that a test can be read."""
    return "".join("-nkdsco"[c] for c in syntax_classes(source))


@pytest.mark.parametrize(
    ("source", "classes"),
    [
        ("if x1 >= 20:  # why", "kk-nn-oo-ddo--ccccc"),
        ("s = 'a b'", "n-o-sssss"),
        ("match = None", "nnnnn-o-kkkk"),
        ('f"{x!r:>{w}} {y}" + z', "s" * 17 + "-o-n"),
        ('x = """a\nb"""\n', "n-o-" + "s" * 9 + "-"),
        ("a = 1.5e-3j", "n-o-" + "d" * 7),
        ("", ""),
        ("\n\n", "--"),
    ],
)
def test_characters_have_the_class_that_python_gives_them(source: str, classes: str) -> None:
    assert drawn(source) == classes


@pytest.mark.parametrize("source", ["x = (", '"""never closed', "if a:\n    b\n  c\n"])
def test_what_is_not_python_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="not Python"):
        syntax_classes(source)


def test_every_character_has_a_class(valid: PythonSource) -> None:
    assert valid.classes.dtype == np.uint8
    assert valid.classes.shape == (len(valid.text),)
    assert set(valid.classes.tolist()) == set(range(len(CLASS_NAMES)))


def test_space_is_other_unless_it_is_in_a_string_or_a_comment(valid: PythonSource) -> None:
    blank = np.array([c.isspace() for c in valid.text])
    assert {CLASS_NAMES[c] for c in np.unique(valid.classes[blank])} == {"other", "string", "comment"}


def test_the_alphabet_is_printable_ascii_and_the_line_end(valid: PythonSource) -> None:
    assert set(python_source().text + valid.text) <= {"\n", *map(chr, range(32, 127))}


def test_the_text_is_still_python(valid: PythonSource) -> None:
    ast.parse(valid.text.replace("from __future__ import annotations\n", ""))


def test_the_beginning_is_the_beginning_and_has_the_same_classes(valid: PythonSource) -> None:
    part = python_source("valid", characters=70_001)  # cuts a module somewhere
    assert part.text == valid.text[:70_001]
    assert (part.classes == valid.classes[:70_001]).all()


def test_no_module_is_in_both_splits_or_twice() -> None:
    both = MODULES["train"] + MODULES["valid"]
    assert len(set(both)) == len(both)


def test_requests_that_cannot_be_met_are_refused(valid: PythonSource) -> None:
    with pytest.raises(ValueError, match=r"no split 'test': choose one of 'train', 'valid'"):
        python_source("test")
    with pytest.raises(ValueError, match="at least 1"):
        python_source("valid", characters=0)
    with pytest.raises(ValueError, match=f"only {len(valid.text)}"):
        python_source("valid", characters=len(valid.text) + 1)


def test_a_python_without_its_source_is_told_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]
) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda name: os.fspath(tmp_path))
    with pytest.raises(FileNotFoundError, match=r"configparser\.py cannot be read: .* use one that has it"):
        python_source("valid")
