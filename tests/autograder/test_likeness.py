"""Which answers look alike, and which do not: cases by hand, and a class of 200 in which we know who copied."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from handwriting import Change, by_own_hand, in_another_order, verbatim, with_other_names
from test_a01_alternatives import ANSWERS

from rnn_autograder.likeness import FEW, alike
from rnn_autograder.reference import function_source, misconceptions, with_mistake

GIVEN = {"walk": "def walk(graph, start):\n    raise NotImplementedError\n"}
OWN = {
    "walk": """
        def walk(graph, start):
            seen, waiting = {start}, [start]
            while waiting:
                node = waiting.pop()
                for other in sorted(graph[node] - seen):
                    seen.add(other)
                    waiting.append(other)
            return [len(graph[node]) for node in seen if node != start and node % 3 == 1]
    """,
    "count": """
        def count(graph, start):
            total = sum(len(graph[node]) for node in walk(graph, start))
            return {"nodes": len(graph), "edges": total // 2, "loops": total % 2 == 1}
    """,
}
OTHERS = {
    "walk": """
        def walk(graph, start):
            if start not in graph:
                return []
            distance = dict.fromkeys(graph, float("inf"))
            distance[start] = 0
            for _ in range(len(graph) - 1):
                for node, near in graph.items():
                    for other in near:
                        distance[other] = min(distance[other], distance[node] + 1)
            return [name for name, far in distance.items() if 0 < far < float("inf")]
    """,
    "count": """
        def count(graph, start):
            near = [graph[name] for name in walk(graph, start)]
            return {"edges": sum(map(len, near)) / 2, "nodes": len(near)}
    """,
}

# Cases by hand ---------------------------------------------------------------------------------------------------


def everybody(*answers: Mapping[str, str]) -> dict[str, dict[str, str]]:
    return {
        f"s{k}": {name: textwrap.dedent(source) for name, source in theirs.items()}
        for k, theirs in enumerate(answers)
    }


def test_a_copy_with_other_names_and_comments_looks_alike():
    def renamed(source: str) -> str:
        source = source.replace("node", "vertex").replace("waiting", "todo")
        return source.replace("    return", "    # done\n    return")

    copy = {name: renamed(textwrap.dedent(source)) for name, source in OWN.items()}
    (pair,) = alike(everybody(OWN, OTHERS, copy), GIVEN)
    assert pair.students == ("s0", "s2") and pair.share > 0.9 and pair.where == ("walk", "count")


def test_two_ways_to_do_it_do_not_look_alike():
    assert alike(everybody(OWN, OTHERS), GIVEN) == []


def test_one_answer_alike_is_too_little():
    assert alike(everybody(OWN, OTHERS | {"walk": OWN["walk"]}), GIVEN) == []


def test_what_was_given_to_all_makes_nobody_alike():
    assert alike(everybody(OWN, OWN), everybody(OWN)["s0"]) == []


def test_what_many_wrote_alike_makes_nobody_alike():
    assert len(alike(everybody(*[OWN] * FEW), {})) == FEW * (FEW - 1) / 2
    assert alike(everybody(*[OWN] * (FEW + 1)), {}) == []


def test_a_line_or_two_are_too_little_to_be_alike():
    assert alike(everybody({"f": "x = 1", "g": "y = 2"}, {"f": "x = 1", "g": "y = 2"}), {}) == []


# A class in which we know who copied -----------------------------------------------------------------------------

SIZE = 200
KINDS = (verbatim, with_other_names, in_another_order)
COPIES = 10  # of each kind
PAIRS = SIZE * (SIZE - 1) // 2


@pytest.fixture(scope="module")
def ways() -> dict[str, tuple[list[str], list[str]]]:
    """By exercise: the ways to write it rightly, the lecture's first; and the known ways to write it wrongly."""
    solution = ANSWERS.key.solution
    others: dict[str, list[str]] = {name: [] for name in ANSWERS.exercises}
    for name, functions in (parameters.values for parameters in ANSWERS.all):
        function = ast.parse(textwrap.dedent(inspect.getsource(functions[name]))).body[0]
        assert isinstance(function, ast.FunctionDef)
        function.decorator_list = []
        others[name].append(ast.unparse(function))
    known = misconceptions(ANSWERS.key)
    return {
        name: (
            [function_source(solution, name), *others[name]],
            [function_source(with_mistake(solution, name, each), name) for each in known[name]],
        )
        for name in others
    }


def written(
    ways: Mapping[str, tuple[list[str], list[str]]], own: Change, rng: np.random.Generator
) -> dict[str, str]:
    """One student's answers: half the lecture's way, a third another one, the rest wrong; each by the own hand."""
    answers = {}
    for name, (right, wrong) in ways.items():
        way = rng.choice(3, p=[0.5, 0.35, 0.15])
        choices = [right[:1], right[1:] or right, wrong][way]
        answers[name] = own(choices[rng.integers(len(choices))], rng)
    return answers


def suspected(ways: Mapping[str, tuple[list[str], list[str]]], own: Change) -> Counter[str]:
    """How many of those who copied are found, by how they did it; and how many pairs are named that did not."""
    rng = np.random.default_rng(5)
    class_ = {f"s{k}": written(ways, own, rng) for k in range(SIZE)}
    copies = {}
    for k in range(COPIES * len(KINDS)):
        one, other, copied = f"s{k}", f"s{SIZE - 1 - k}", KINDS[k % len(KINDS)]
        class_[one] = {name: copied(source, rng) for name, source in class_[other].items()}
        copies[frozenset((one, other))] = copied.__name__
    found = Counter(copies.get(frozenset(pair.students), "nobody copied") for pair in alike(class_, {}))
    print(dict(found), "of", COPIES, "each, and of", PAIRS, "pairs")
    return found


def test_who_copied_is_found_and_nobody_else(ways):
    found = suspected(ways, by_own_hand)
    assert found["verbatim"] == found["with_other_names"] == COPIES
    assert found["in_another_order"] >= 0.7 * COPIES
    assert found["nobody copied"] <= 1


def test_where_all_write_one_of_a_few_texts_letter_by_letter_hardly_anybody_is_suspected(ways):
    assert suspected(ways, verbatim)["nobody copied"] <= PAIRS / 1000
