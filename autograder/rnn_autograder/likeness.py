"""Which answers look alike: fingerprints of code, by copydetect, that survive other names, comments and layout.

Alike is not copied. What was given to all is left out, and so is what many wrote alike: there are few ways to write a
short function rightly, and known ways to write it wrongly. For the same reason one answer alike tells nothing: it takes
two. What is left is for a person to read. `tests/autograder/test_likeness.py` measures what is found.
"""

from __future__ import annotations

import io
import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from copydetect import CodeFingerprint

K = 25  # characters of code, each name counting as one, that make a fingerprint: copydetect's own choice
FEW = 3  # so many may write the same without its being common, and in a large class one in twenty
LEAST = 40  # fingerprints of one's own without which nobody is compared
SHARE = 0.6
ANSWERS = 2  # so many have to be alike, each in
SOME = 10  # fingerprints

Answers = Mapping[str, str]


@dataclass(frozen=True)
class Pair:
    """Two whose answers look alike.

    Attributes:
        students: both.
        share: of what is rare in the one with less of it, how much the other has too.
        where: the answers that have some of it, most first.
    """

    students: tuple[str, str]
    share: float
    where: tuple[str, ...]


def alike(everybody: Mapping[str, Answers], given: Answers) -> list[Pair]:
    """Find the pairs whose answers look alike, the likest first.

    Args:
        everybody: by student, the source of each answer by its name.
        given: what stood there before.
    """
    before = set().union(*(_fingerprints(source) for source in given.values())) if given else set()
    found = {
        student: {name: _fingerprints(source) - before for name, source in answers.items()}
        for student, answers in everybody.items()
    }
    whole = {student: set().union(*parts.values()) for student, parts in found.items()}
    who = defaultdict(list)
    for student, prints in whole.items():
        for fingerprint in prints:
            who[fingerprint].append(student)
    most = max(FEW, len(everybody) // 20)
    rare = {fingerprint: some for fingerprint, some in who.items() if len(some) <= most}
    own = Counter(itertools.chain.from_iterable(rare.values()))
    shared = Counter(pair for some in rare.values() for pair in itertools.combinations(some, 2))
    pairs = []
    for (one, other), count in shared.items():
        least = min(own[one], own[other])
        if least >= LEAST and count >= SHARE * least:
            common = rare.keys() & whole[one] & whole[other]
            where = Counter({name: len(prints & common) for name, prints in found[one].items()})
            names = tuple(name for name, prints in where.most_common() if prints >= SOME)
            if len(names) >= ANSWERS:
                pairs.append(Pair((one, other), count / least, names))
    return sorted(pairs, key=lambda pair: (-pair.share, pair.students))


@cache  # what nobody wrote into stands in every notebook
def _fingerprints(source: str) -> frozenset[int]:
    return frozenset(CodeFingerprint("answer.py", K, 1, fp=io.StringIO(source)).hashes)
