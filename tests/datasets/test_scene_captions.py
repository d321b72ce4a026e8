"""What captions say, read back from their words and held against the places of the objects."""

import re

import numpy as np
import pytest

from rnn_datasets import COLOURS, PLACES, RELATIONS, SHAPES, SIZES, Caption, Scenes, scene_vocabulary, scenes

THING = rf"a (?:({'|'.join(SIZES)}) )?({'|'.join(COLOURS)}) ({'|'.join(SHAPES)})"


@pytest.fixture(scope="module")
def drawn() -> Scenes:
    return scenes(np.random.default_rng(0), 1_500)


def text(caption: Caption) -> str:
    return " ".join(caption.words)


def things(some: Scenes, n: int, *, sized: bool) -> list[tuple[str, str, str]]:
    return [
        (SIZES[size] if sized else "", COLOURS[colour], SHAPES[shape])
        for size, colour, shape in zip(some.sizes[n], some.colours[n], some.shapes[n], strict=True)
        if shape >= 0
    ]


def stands(some: Scenes, n: int, i: int, j: int) -> str:
    """Say how object i stands to object j, from the pixels of their boxes."""
    left, top, right, bottom = some.boxes[n, i] - some.boxes[n, j][[2, 3, 0, 1]]
    apart = {"left of": -right, "right of": left, "above": -bottom, "below": top}  # gaps between their edges
    return max(apart, key=lambda name: apart[name])


def test_the_first_two_captions_name_every_object_in_full(drawn: Scenes) -> None:
    for n, captions in enumerate(drawn.captions):
        for caption in captions[:2]:
            assert sorted(re.findall(THING, text(caption))) == sorted(things(drawn, n, sized=True))


def test_the_third_names_them_without_size_or_place(drawn: Scenes) -> None:
    for n, (_, _, caption) in enumerate(drawn.captions):
        assert sorted(re.findall(THING, text(caption))) == sorted(things(drawn, n, sized=False))
        assert re.fullmatch(rf"(there is )?{THING}( and {THING})*", text(caption))


def test_the_first_begins_with_the_first_object_and_goes_on_as_one_reads(drawn: Scenes) -> None:
    for n, (caption, _, _) in enumerate(drawn.captions):
        assert re.findall(THING, text(caption)) == things(drawn, n, sized=True)
        assert [k for k in caption.objects if k >= 0] == sorted(k for k in caption.objects if k >= 0)


def test_a_single_object_is_said_to_be_where_it_is(drawn: Scenes) -> None:
    for n in np.flatnonzero((drawn.shapes >= 0).sum(axis=1) == 1):
        left, top, right, bottom = drawn.boxes[n, 0]
        column, row = int((left + right) / 2 // 16), int((top + bottom) / 2 // 16)
        rows, columns = ("top", "", "bottom")[row], ("left", "", "right")[column]
        for caption in drawn.captions[n][:2]:
            words = re.sub(rf"there is|{THING}", "", text(caption)).split()
            assert " ".join(words) in PLACES
            assert set(words) - {"at", "on", "the", "in", "middle"} == {rows, columns} - {""}


def test_every_relation_that_is_said_holds(drawn: Scenes) -> None:
    said = 0
    for n in np.flatnonzero((drawn.shapes >= 0).sum(axis=1) > 1):
        for caption in drawn.captions[n][:2]:
            said += sum(holds(drawn, n, *claim) for claim in claims(caption))
    assert said > 3_000


def holds(some: Scenes, n: int, i: int, between: str, j: int) -> bool:
    assert stands(some, n, i, j) == between, (text(some.captions[n][0]), i, between, j)
    return True


def claims(caption: Caption) -> list[tuple[int, str, int]]:
    """Read a caption as English: who stands how to whom, as (object, relation, object).

    The words of an object are written as its number first: "0 left of 1 and above 2".
    """
    words = []
    for word, k in zip(caption.words, caption.objects, strict=True):
        if k < 0:
            words.append(word)
        elif not words or words[-1] != str(k):
            words.append(str(k))
    numbered = re.sub(r"\ba (?=\d)", "", " ".join(words))
    between = "|".join(RELATIONS)
    # "left of 1 there is 0" is "there is 0 left of 1"
    numbered = re.sub(r"^(.+) there is (\d)$", r"\2 \1", numbered).removeprefix("there is ")
    if forward := re.fullmatch(rf"(\d) ({between}) (\d)(?: and ({between}) (\d))?", numbered):
        i, first, j, second, k = forward.groups()
        return [(int(i), first, int(j))] + ([(int(i), second, int(k))] if k else [])
    if one_side := re.fullmatch(rf"(\d) and (\d) ({between}) (\d)", numbered):
        i, j, first, k = one_side.groups()
        return [(int(i), first, int(k)), (int(j), first, int(k))]
    backward = re.fullmatch(rf"(\d) ({between}) and (\d) ({between}) (\d)", numbered)
    assert backward, numbered
    i, first, j, second, k = backward.groups()
    return [(int(i), first, int(k)), (int(j), second, int(k))]


def test_each_word_of_an_object_points_to_it_and_no_other_word_does(drawn: Scenes) -> None:
    attributes = {*SIZES, *COLOURS, *SHAPES}
    for n, captions in enumerate(drawn.captions):
        for caption in captions:
            assert len(caption.words) == len(caption.objects)
            for word, k in zip(caption.words, caption.objects, strict=True):
                assert (k >= 0) == (word in attributes)
                if k >= 0:
                    assert word in (*things(drawn, n, sized=True)[k],)


def test_the_wording_varies(drawn: Scenes) -> None:
    where = "|".join(
        sorted(RELATIONS + PLACES, key=len, reverse=True)
    )  # "at the top left" before "at the top"
    blank = [{re.sub(where, "~", re.sub(THING, "*", text(c[i]))) for c in drawn.captions} for i in range(3)]
    assert blank[0] == {"* ~", "* ~ *", "* ~ * and ~ *"}
    assert blank[1] >= {"there is * ~", "~ there is *", "* ~ *", "~ * and ~ * there is *", "* and * ~ *"}
    assert blank[2] >= {"*", "there is *", "* and *", "there is * and * and *"}


def test_the_vocabulary_holds_the_words_of_all_captions_and_no_other(drawn: Scenes) -> None:
    used = {word for captions in drawn.captions for caption in captions for word in caption.words}
    vocabulary = scene_vocabulary()
    assert vocabulary.tokens[:4] == ("<pad>", "<start>", "<end>", "<unknown>")
    assert set(vocabulary.tokens[4:]) == used
