# SPDX-License-Identifier: GPL-3.0-or-later
"""The conversation as people read it: who said what, in time order, both legs in one list.

The recogniser works per leg and in segments; a turn is what one person said until the other spoke or a pause came.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from pipeline.events import CallEvent, Leg, SegmentFinalized, TranscriptCompleted, Word
from pipeline.turns import Piece, in_order

PAUSE_MS = 2000  # a longer silence of the same person begins a new turn


class Turn(BaseModel):
    """One person's uninterrupted words; times are milliseconds since sample 0 of the recording.

    ``text`` is what was heard, ``written`` how one writes it; the same where the written form is not known.
    ``overlaps``: the other person spoke at the same time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    leg: Leg
    start_ms: int
    end_ms: int
    text: str
    confidence: float
    words: tuple[Word, ...]
    written: str = ""
    overlaps: bool = False


class Transcript(BaseModel):
    """The merged transcript of a call: the bundle's ``transcript.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    call_id: str
    completed: tuple[Leg, ...]
    turns: tuple[Turn, ...]


def segments_of(events: Iterable[CallEvent]) -> list[SegmentFinalized]:
    """Return the segments by start time; of a segment stored twice (a worker's restart) the last counts."""
    latest = {(item.leg, item.segment): item for item in events if isinstance(item, SegmentFinalized)}
    return sorted(latest.values(), key=lambda item: (item.start_ms, item.leg, item.segment))


def completed_legs(events: Iterable[CallEvent]) -> tuple[Leg, ...]:
    """Return the legs whose audio was decoded to the end."""
    return tuple(sorted({item.leg for item in events if isinstance(item, TranscriptCompleted)}))


def decoding_model(events: Iterable[CallEvent]) -> str:
    """Return the folder of the model that decoded the call; empty when the journal does not say."""
    named = [item.model for item in events if isinstance(item, TranscriptCompleted) and item.model]
    return named[-1] if named else ""


def merge(segments: Iterable[SegmentFinalized]) -> list[Turn]:
    """Merge the segments of both legs into turns; segments without text are left out."""
    turns: list[Turn] = []
    for piece in in_order(segments):
        last = turns[-1] if turns else None
        if last is not None and last.leg == piece.leg and piece.start_ms - last.end_ms <= PAUSE_MS:
            turns[-1] = _join(last, piece)
        else:
            turns.append(
                Turn(
                    leg=piece.leg,
                    start_ms=piece.start_ms,
                    end_ms=piece.end_ms,
                    text=piece.text,
                    confidence=piece.confidence,
                    words=piece.words,
                    written=piece.written,
                    overlaps=piece.overlaps,
                )
            )
    return turns


def _join(turn: Turn, piece: Piece) -> Turn:
    before, after = max(1, len(turn.words)), max(1, len(piece.words))
    return Turn(
        leg=turn.leg,
        start_ms=turn.start_ms,
        end_ms=max(turn.end_ms, piece.end_ms),
        text=f"{turn.text} {piece.text}",
        confidence=(turn.confidence * before + piece.confidence * after) / (before + after),
        words=turn.words + piece.words,
        written=f"{turn.written} {piece.written}",
        overlaps=turn.overlaps or piece.overlaps,
    )


def transcript_of(call_id: str, events: Iterable[CallEvent]) -> Transcript:
    """Return the merged transcript of a call from the events of its transcript stream."""
    known = list(events)
    return Transcript(call_id=call_id, completed=completed_legs(known), turns=tuple(merge(segments_of(known))))
