# SPDX-License-Identifier: GPL-3.0-or-later
"""The conversation as people read it: who said what, in time order, both legs in one list.

The recogniser works per leg and in segments; a turn is what one person said until the other spoke or a pause came.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from pipeline.events import CallEvent, Leg, SegmentFinalized, TranscriptCompleted, Word

PAUSE_MS = 2000  # a longer silence of the same person begins a new turn


class Turn(BaseModel):
    """One person's uninterrupted words; times are milliseconds since sample 0 of the recording.

    ``text`` is what was heard, ``written`` how one writes it; the same where the written form is not known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    leg: Leg
    start_ms: int
    end_ms: int
    text: str
    confidence: float
    words: tuple[Word, ...]
    written: str = ""


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


def merge(segments: Iterable[SegmentFinalized]) -> list[Turn]:
    """Merge segments (ordered by start) into turns; segments without text are left out."""
    turns: list[Turn] = []
    for segment in segments:
        if not segment.text.strip():
            continue
        last = turns[-1] if turns else None
        if last is not None and last.leg == segment.leg and segment.start_ms - last.end_ms <= PAUSE_MS:
            turns[-1] = _join(last, segment)
        else:
            turns.append(
                Turn(
                    leg=segment.leg,
                    start_ms=segment.start_ms,
                    end_ms=segment.end_ms,
                    text=segment.text.strip(),
                    confidence=segment.confidence,
                    words=segment.words,
                    written=_written(segment),
                )
            )
    return turns


def _join(turn: Turn, segment: SegmentFinalized) -> Turn:
    before, after = max(1, len(turn.words)), max(1, len(segment.words))
    return Turn(
        leg=turn.leg,
        start_ms=turn.start_ms,
        end_ms=max(turn.end_ms, segment.end_ms),
        text=f"{turn.text} {segment.text.strip()}",
        confidence=(turn.confidence * before + segment.confidence * after) / (before + after),
        words=turn.words + segment.words,
        written=f"{turn.written} {_written(segment)}",
    )


def _written(segment: SegmentFinalized) -> str:
    return segment.written or segment.text.strip()


def transcript_of(call_id: str, events: Iterable[CallEvent]) -> Transcript:
    """Return the merged transcript of a call from the events of its transcript stream."""
    known = list(events)
    return Transcript(call_id=call_id, completed=completed_legs(known), turns=tuple(merge(segments_of(known))))
