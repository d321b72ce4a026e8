import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import rnn_datasets
from rnn_datasets import prose
from rnn_datasets.__main__ import table

README = Path(rnn_datasets.__file__).parents[1] / "README.md"

DIGEST = """
import hashlib
import numpy as np
import rnn_datasets as d
names = d.names()
text = d.prose() + d.python_source("valid", 50_000).text
rng = np.random.default_rng(0)
scenes = d.scenes(rng, 50)
drawn = [d.dates(rng, 50).sources, scenes.captions, scenes.images.tolist(), d.questions(rng, scenes, 50).words]
everything = [text, repr(names.words), repr(names.labels.tolist()), repr(drawn)]
print(hashlib.sha256("".join(everything).encode()).hexdigest())
"""


def run(code: str, **environment: str) -> str:
    command = [sys.executable, "-W", "error", "-c", code]
    environment = {**os.environ, **environment}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def rows(text: str) -> dict[tuple[str, str], float]:
    found = re.findall(r"^\| (\w+) \| (.+?) \| ([\d.,]+) \|$", text, flags=re.MULTILINE)
    return {(data, what): float(value.replace(",", "")) for data, what, value in found}


def test_the_cards_give_the_numbers_that_are_measured() -> None:
    written, measured = rows(README.read_text(encoding="utf-8")), rows(table())
    assert len(measured) > 20
    assert written.keys() == measured.keys()
    for key, value in measured.items():
        varies = key[0] in ("python_source", "prose")  # with the version of Python
        assert written[key] == pytest.approx(value, rel=0.15 if varies else 0), key


def test_the_example_of_the_cards_runs() -> None:
    [example] = re.findall(r"```python\n(.+?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(run(example).splitlines()[-1].split()) == 2  # a word and its language


def test_prose_is_paragraphs_of_plain_english() -> None:
    text = prose()
    assert set(text) <= {"\n", *map(chr, range(32, 127))}
    assert 'The "assert" statement' in text or "The `assert` statement" in text
    paragraphs = text.rstrip("\n").split("\n\n")
    assert len(set(paragraphs)) == len(paragraphs)
    assert all(paragraph.strip() for paragraph in paragraphs)


def test_two_processes_read_the_same_data() -> None:
    assert run(DIGEST, PYTHONHASHSEED="1") == run(DIGEST, PYTHONHASHSEED="2")


def test_importing_is_cheap_and_brings_nothing_heavy() -> None:
    new = run(
        "import sys, numpy; before = set(sys.modules); import rnn_datasets; print(*set(sys.modules) - before)"
    )
    assert "rnn_datasets" in new.split()
    assert not {"babel", "torch", "rnn_autograder"} & set(new.split())
