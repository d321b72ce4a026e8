"""Between tokens and whole numbers."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

PAD = "<pad>"
START = "<start>"
END = "<end>"
UNKNOWN = "<unknown>"


@dataclass(frozen=True)
class Vocabulary:
    """An ordered set of V tokens; the number of a token is its place.

    A vocabulary that holds `UNKNOWN` encodes every stranger as that; any other refuses strangers.

    Attributes:
        tokens: the V tokens, all different.

    Raises:
        ValueError: when a token comes twice.
    """

    tokens: tuple[str, ...]
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Number the tokens."""
        index: dict[str, int] = {}
        for i, token in enumerate(self.tokens):
            if token in index:
                raise ValueError(f"token {token!r} comes twice, at {index[token]} and at {i}: leave one out")
            index[token] = i
        object.__setattr__(self, "tokens", tuple(self.tokens))
        object.__setattr__(self, "_index", index)

    @classmethod
    def of(cls, tokens: Iterable[str], specials: Sequence[str] = ()) -> Vocabulary:
        """Collect the vocabulary of some data.

        Args:
            tokens: a text, whose tokens are its characters, or any sequence of tokens.
            specials: tokens such as `PAD` and `START` that come first, in this order, so that
                `specials=(PAD, ...)` makes the padding 0.

        Returns:
            The specials, then every other distinct token in sorted order.
        """
        return cls((*specials, *sorted(set(tokens) - set(specials))))

    def encode(self, tokens: Iterable[str]) -> npt.NDArray[np.int64]:
        """Turn T tokens into their numbers.

        Args:
            tokens: a text, taken character by character, or a sequence of tokens.

        Returns:
            (T,) int64.

        Raises:
            ValueError: at the first token that is not in the vocabulary, unless that holds `UNKNOWN`.
        """
        tokens = tokens if isinstance(tokens, str) else list(tokens)
        unknown = self._index.get(UNKNOWN, -1)
        numbers = np.fromiter((self._index.get(token, unknown) for token in tokens), np.int64, len(tokens))
        if unknown < 0 and (numbers < 0).any():
            position = int(np.argmax(numbers < 0))
            raise ValueError(
                f"{tokens[position]!r} at position {position} is not among the {len(self)} tokens of the "
                "vocabulary: build the vocabulary from this text too, or give it UNKNOWN as a special"
            )
        return numbers

    def decode(self, numbers: Iterable[SupportsIndex], separator: str = "") -> str:
        """Turn numbers back into text.

        Args:
            numbers: (T,) whole numbers, an array or any sequence; specials come out as they are written.
            separator: what stands between two tokens: nothing for characters, a space for words.

        Returns:
            The tokens, joined.

        Raises:
            IndexError: at the first number outside [0, V).
        """
        tokens = []
        for position, number in enumerate(numbers):
            i = operator.index(number)
            if not 0 <= i < len(self):
                raise IndexError(f"number {i} at position {position} is outside [0, {len(self)})")
            tokens.append(self.tokens[i])
        return separator.join(tokens)

    def __getitem__(self, token: str) -> int:
        """Give the number of one token."""
        return int(self.encode([token])[0])

    def __iter__(self) -> Iterator[str]:
        """Go through the tokens in order."""
        return iter(self.tokens)

    def __contains__(self, token: object) -> bool:
        """Say whether this token has a number of its own."""
        return token in self._index

    def __len__(self) -> int:
        """Count the tokens: V."""
        return len(self.tokens)
