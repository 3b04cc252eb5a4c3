# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an article was suggested, in the caller's own characters: where the matched words stand in what was said.

The search answers with matched words in its own form ("en pe we pe"); a page that wants to mark them needs places in
the text that it shows. Places are counted in characters of the turn's text as the recogniser delivered it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.events import Leg
from retrieval.normalize import split

QUOTE_CHARS = 90
_PIECE = re.compile(r"[^\W_]+(?:[-.,][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Turn:
    """One utterance of one speaker. ``segment``: its number on its leg, 0 when it is not known."""

    leg: Leg
    segment: int
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``start`` to ``end`` (exclusive) of a turn's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Quotation:
    """The stretch of a turn that holds the matched words, and the places of these words in the turn."""

    turn: Turn
    span: Span
    words: tuple[Span, ...]

    @property
    def text(self) -> str:
        """The quoted characters themselves."""
        return self.turn.text[self.span.start : self.span.end]


def places(text: str, phrases: Iterable[str]) -> tuple[Span, ...]:
    """Return where the phrases (words as the search saw them) stand in ``text``, in order and without overlaps."""
    units = [
        (word, Span(piece.start(), piece.end())) for piece in _PIECE.finditer(text) for word in split(piece.group())
    ]
    words = [word for word, _ in units]
    taken: dict[int, int] = {}
    wanted = sorted({tuple(split(phrase)) for phrase in phrases}, key=len, reverse=True)
    for phrase in wanted:
        for start in range(len(words) - len(phrase) + 1):
            inside = range(start, start + len(phrase))
            if phrase and tuple(words[start : start + len(phrase)]) == phrase and not any(at in taken for at in inside):
                taken.update(dict.fromkeys(inside, start))
    found: dict[int, Span] = {}
    for at, start in sorted(taken.items()):
        span = units[at][1]
        found[start] = Span(found[start].start, span.end) if start in found else span
    return tuple(dict.fromkeys(found.values()))


def quote(turns: Sequence[Turn], phrases: Sequence[str]) -> Quotation | None:
    """Return the words of the turn that holds most of the phrases, the latest of equals; None when none holds any."""
    best: Quotation | None = None
    most = 0
    for turn in turns:
        words = places(turn.text, phrases)
        if not words:
            continue
        span, count = _densest(words)
        if count >= most:
            best, most = Quotation(turn, span, words), count
    return best


def _densest(words: Sequence[Span]) -> tuple[Span, int]:
    """Return the stretch of at most ``QUOTE_CHARS`` characters that holds most of the places, and how many."""
    stretches = []
    for first, start in enumerate(words):
        inside = [one for one in words[first:] if one.end - start.start <= QUOTE_CHARS] or [start]
        stretches.append((Span(start.start, inside[-1].end), len(inside)))
    return max(stretches, key=lambda stretch: stretch[1])
