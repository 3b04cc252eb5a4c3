# SPDX-License-Identifier: GPL-3.0-or-later
"""What the written form is made of: the words heard, and pieces that each stand for a run of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

STANDARD = {
    "rebu": "ribu", "milyar": "miliar", "trilyun": "triliun", "triliyun": "triliun",
    "enem": "enam", "delapen": "delapan", "serebu": "seribu",
}  # fmt: skip

Kind = Literal["word", "name", "number", "term"]


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list that is written as running text."""
    return frozenset(text.split())


class HeardWord(Protocol):
    """A recognised word with its place in the recording; any class with these attributes will do."""

    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def start_ms(self) -> int: ...  # noqa: D102
    @property
    def end_ms(self) -> int: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class WrittenToken:
    """A stretch of written text and the heard words ``words[first : first + count]`` that it stands for.

    ``confidence`` is that of the least certain of them: a number is as doubtful as its most doubtful word.
    """

    text: str
    first: int
    count: int
    start_ms: int
    end_ms: int
    confidence: float


class Piece(NamedTuple):
    """A token in the making: ``text`` stands for the words from where it begins up to ``after``.

    ``kind``: "number" and "term" are spelled as they stand, "name" is never changed at the start of a sentence, "word"
    may get a capital there.
    """

    text: str
    after: int
    kind: Kind


@dataclass
class Line:
    """The words of one utterance in lower case, and the pieces written of them so far.

    Parameters:
        spelling: somebody is spelling, so letters that make no known abbreviation belong together as well.
    """

    words: Sequence[str]
    spelling: bool = False
    pieces: list[Piece] = field(default_factory=list)
    numerals: Sequence[str] = field(init=False)  # the words with number words in their standard form

    def __post_init__(self) -> None:
        self.numerals = [STANDARD.get(word, word) for word in self.words]

    def word(self, index: int) -> str:
        """Return the word at ``index``; empty beyond either end."""
        return self.words[index] if 0 <= index < len(self.words) else ""

    def before(self, index: int, count: int) -> Sequence[str]:
        """Return up to ``count`` words before ``index``, the nearest last."""
        return self.words[max(0, index - count) : index]

    def piece(self, back: int) -> Piece:
        """Return the ``back``-th last piece written; an empty one before the first."""
        return self.pieces[-back] if back <= len(self.pieces) else _NOTHING


_NOTHING = Piece("", 0, "word")

Rule = Callable[[Line, int], list[Piece]]  # the pieces for the words from an index on; none where it does not apply
