# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts what both people said in the order of speaking.

The recogniser ends a segment by silence on its own leg, so a long one may hold "ya" ... "terima kasih" with the other
person's answer in between. Here such a segment is cut in its pause. Words and their times stay as they are; a cut
never falls inside a written form ("Rp125.000") that stands for several words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.events import Leg, SegmentFinalized, Word

CUT_MS = 300  # a shorter pause within a segment is no place for the other person's turn
OVERLAP_MS = 200  # speaking at once for less is an ordinary change of turns


@dataclass(frozen=True)
class Piece:
    """Words of one segment between which the other person said nothing.

    ``first`` is the place of its first word in the segment; ``overlaps``: the other person spoke at the same time.
    """

    leg: Leg
    segment: int
    first: int
    start_ms: int
    end_ms: int
    text: str
    written: str
    words: tuple[Word, ...]
    confidence: float
    overlaps: bool


def in_order(segments: Iterable[SegmentFinalized]) -> list[Piece]:
    """Return the segments of both legs as pieces by start time; segments without text are left out."""
    known = [item for item in segments if item.text.strip()]
    spoken = {leg: _spans([item for item in known if item.leg == leg]) for leg in ("caller", "agent")}
    pieces = []
    for item in known:
        others = spoken["agent" if item.leg == "caller" else "caller"]
        cuts = [0, *_cuts(item, others), len(item.words)]
        pieces += [_piece(item, first, last, others) for first, last in pairwise(cuts)]
    return sorted(pieces, key=lambda piece: (piece.start_ms, piece.leg, piece.segment, piece.first))


def _spans(segments: Sequence[SegmentFinalized]) -> list[tuple[int, int]]:
    """Return when one person spoke, word by word; a segment without words counts as a whole."""
    return sorted(
        span
        for item in segments
        for span in ([(word.start_ms, word.end_ms) for word in item.words] or [(item.start_ms, item.end_ms)])
    )


def _cuts(item: SegmentFinalized, others: Sequence[tuple[int, int]]) -> list[int]:
    """Return before which words to cut: where a pause holds the middle of another's word."""
    whole = {at for part in item.written_words for at in range(part.first + 1, part.first + part.count)}
    cuts = []
    for at in range(1, len(item.words)):
        left, right = item.words[at - 1].end_ms, item.words[at].start_ms
        if right - left < CUT_MS or at in whole:
            continue
        if any(left <= (begin + end) // 2 < right for begin, end in others):
            cuts.append(at)
    return cuts


def _piece(item: SegmentFinalized, first: int, last: int, others: Sequence[tuple[int, int]]) -> Piece:
    words = item.words[first:last]
    entire = len(words) == len(item.words)
    text = item.text.strip() if entire else " ".join(word.text for word in words)
    parts = [part.text for part in item.written_words if first <= part.first < last]
    spans = [(word.start_ms, word.end_ms) for word in words] or [(item.start_ms, item.end_ms)]
    at_once_ms = sum(max(0, min(end, b_end) - max(begin, b)) for begin, end in spans for b, b_end in others)
    return Piece(
        leg=item.leg,
        segment=item.segment,
        first=first,
        start_ms=item.start_ms if first == 0 else words[0].start_ms,
        end_ms=item.end_ms if last == len(item.words) else words[-1].end_ms,
        text=text,
        written=(item.written if entire else " ".join(parts)) or text,
        words=words,
        confidence=item.confidence if entire else sum(word.confidence for word in words) / len(words),
        overlaps=at_once_ms > OVERLAP_MS,
    )
