"""Print what the cards in datasets/README.md say: `python -m rnn_datasets`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnn_datasets import (
    CLASS_NAMES,
    DATE_LANGUAGES,
    LATIN,
    OTHER_SCRIPTS,
    QUESTION_KINDS,
    Questions,
    date_forms,
    date_vocabularies,
    dates,
    memory,
    names,
    prose,
    python_source,
    question_vocabulary,
    questions,
    scene_vocabulary,
    scenes,
)
from rnn_datasets.dates import FIRST_DAY
from rnn_datasets.python_source import MODULES

Fact = tuple[str, str, float]


def facts() -> list[Fact]:
    """Measure every number of the cards: data set, what is measured, value."""
    return [*_python_source(), *_prose(), *_names(), *_dates(), *_scenes(), *_questions(), *_memory()]


def _python_source() -> list[Fact]:
    train, valid = python_source("train"), python_source("valid")
    shares = np.bincount(train.classes, minlength=len(CLASS_NAMES)) / len(train.text)
    measured = {
        "modules to train on": len(MODULES["train"]),
        "modules to validate on": len(MODULES["valid"]),
        "characters to train on": len(train.text),
        "characters to validate on": len(valid.text),
        "alphabet": len(set(train.text + valid.text)),
        **{f"share of {name}": share for name, share in zip(CLASS_NAMES, shares, strict=True)},
        "share in brackets": train.labels["brackets"].mean(),
        "share in a condition": train.labels["condition"].mean(),
        "mean indentation": train.labels["indentation"].mean(),
        "mean position in a line": train.labels["position"].mean(),
    }
    return [("python_source", what, value) for what, value in measured.items()]


def _prose() -> list[Fact]:
    text = prose()
    measured = {
        "characters": len(text),
        "paragraphs": text.count("\n\n") + 1,
        "alphabet": len(set(text)),
    }
    return [("prose", what, value) for what, value in measured.items()]


def _names() -> list[Fact]:
    every = names()
    train, valid = every.split()
    lengths = np.array([len(word) for word in every.words])
    sizes = np.bincount(every.labels, minlength=len(every.languages))
    measured = {
        "words": len(every.words),
        "words to train on": len(train.words),
        "words to validate on": len(valid.words),
        "words left out as shared": every.shared,
        "languages": len(every.languages),
        "alphabet": len(set("".join(every.words))),
        "alphabet with diacritics": len(set("".join(names(strip_diacritics=False).words))),
        "letters in the mean word": float(lengths.mean()),
        "letters in the longest word": int(lengths.max()),
        f"share of the largest language ({every.languages[sizes.argmax()]})": sizes.max() / sizes.sum(),
        f"share of the smallest language ({every.languages[sizes.argmin()]})": sizes.min() / sizes.sum(),
        "languages in other scripts": len(OTHER_SCRIPTS),
        "words with those": len(names((*LATIN, *OTHER_SCRIPTS)).words),
    }
    return [("names", what, value) for what, value in measured.items()]


def _dates() -> list[Fact]:
    drawn = dates(np.random.default_rng(0), 20_000)
    lengths = np.array([len(source) for source in drawn.sources])
    digits = np.array([[int(c) for c in target.replace("-", "")] for target in drawn.targets])
    read, write = date_vocabularies()
    measured = {
        "languages": len(DATE_LANGUAGES),
        "forms of all languages": len(date_forms(FIRST_DAY).sources),
        "characters in the mean source": float(lengths.mean()),
        "characters in the longest source": int(lengths.max()),
        "vocabulary of the sources": len(read),
        "vocabulary of the targets": len(write),
        "accuracy of the commonest digit of each place": float(
            np.mean([np.bincount(place).max() / len(place) for place in digits.T])
        ),
    }
    return [("dates", what, value) for what, value in measured.items()]


def _scenes() -> list[Fact]:
    train, valid = scenes(np.random.default_rng(0), 6_000), scenes(np.random.default_rng(1), 1_000)
    read = {captions[0].words for captions in train.captions}
    lengths = np.array([len(captions[0].words) for captions in train.captions])
    count = (valid.shapes >= 0).sum(axis=1)
    new = np.array([captions[0].words not in read for captions in valid.captions])
    measured = {
        "vocabulary of the captions": len(scene_vocabulary()),
        "words in the mean first caption": float(lengths.mean()),
        "words in the longest first caption": int(lengths.max()),
        "different first captions of 6,000 scenes": len(read),
        **{f"share of new first captions, {k} objects": float(new[count == k].mean()) for k in (1, 2, 3)},
    }
    return [("scenes", what, value) for what, value in measured.items()]


def _questions() -> list[Fact]:
    """Score the answer that came most often with the same question, or to its kind if the question is new."""
    heard, asked = (_asked(seed) for seed in (0, 1))
    guesses: dict[tuple[str, ...] | int, list[int]] = {}
    for words, answer, kind in zip(heard.words, heard.answers.tolist(), heard.kinds.tolist(), strict=True):
        guesses.setdefault(words, []).append(answer)
        guesses.setdefault(kind, []).append(answer)
    guess = {question: int(np.bincount(answers).argmax()) for question, answers in guesses.items()}
    right = [
        guess.get(words, guess[kind]) == answer
        for words, answer, kind in zip(asked.words, asked.answers, asked.kinds.tolist(), strict=True)
    ]
    measured = {
        "vocabulary of the questions": len(question_vocabulary()),
        "accuracy from the question alone": float(np.mean(right)),
        **{
            f"accuracy from the question alone: {name}": float(np.array(right)[asked.kinds == kind].mean())
            for kind, name in enumerate(QUESTION_KINDS)
        },
    }
    return [("questions", what, value) for what, value in measured.items()]


def _asked(seed: int) -> Questions:
    rng = np.random.default_rng(seed)
    return questions(rng, scenes(rng, 6_000, (3,)), 24_000)


def _memory() -> list[Fact]:
    """Score guesses that never look at the sequence, at T=100 where T matters."""
    N, T = 20_000, 100
    _, total = memory.adding(np.random.default_rng(0), 1_000_000, 2)
    _, symbol, due = memory.copy(np.random.default_rng(0), N, T)
    _, odd = memory.parity(np.random.default_rng(0), N, T)
    _, depth = memory.brackets(np.random.default_rng(0), N, T)
    measured = {
        "adding: mean squared error of the guess 1": float(((total - 1) ** 2).mean()),
        "copy: accuracy of the commonest symbol": _commonest(symbol[due]),
        "copy: nats per symbol with equal chances for each of 8": float(np.log(8)),
        "parity: accuracy of the commoner bit": _commonest(odd),
        "brackets: accuracy of the commonest depth": _commonest(depth),
        "brackets: mean squared error of the mean depth": float(depth.var()),
    }
    return [("memory", what, value) for what, value in measured.items()]


def _commonest(answers: npt.NDArray[np.int64]) -> float:
    return float(np.bincount(answers.ravel()).max() / answers.size)


def table() -> str:
    """Lay the facts out as the table of datasets/README.md."""
    rows = [f"| {name} | {what} | {_figure(value)} |" for name, what, value in facts()]
    return "\n".join(["| data set | what | value |", "|---|---|---:|", *rows])


def _figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


if __name__ == "__main__":
    print(table())
