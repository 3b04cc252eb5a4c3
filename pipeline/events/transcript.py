# SPDX-License-Identifier: GPL-3.0-or-later
"""What asr heard: finals and completion in ``transcript.jsonl``, partials on the bus only."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from pipeline.events.base import CallEvent, Leg, event


class Word(BaseModel):
    """One recognised word; times are milliseconds since sample 0 of the recording."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str
    start_ms: int
    end_ms: int
    confidence: float


class WrittenWord(BaseModel):
    """A stretch of the written form and the recognised words ``words[first : first + count]`` that it stands for."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str
    first: int
    count: int


@event
class SegmentFinalized(CallEvent):
    """The recogniser will not change this segment any more.

    ``decoded_to_ms`` is how far the leg's audio has been consumed: a restarted worker goes on from there.
    ``text`` and ``words`` are what was heard, ``written`` is how one writes it ("Rp125.000"); its parts cover the
    words in order, each word once. Journals from before the written form have neither.
    """

    name = "segment.finalized"
    stream = "transcript"
    leg: Leg
    segment: int  # from 1, per leg
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...]
    decoded_to_ms: int
    confidence: float
    written: str = ""
    written_words: tuple[WrittenWord, ...] = ()


@event
class TranscriptCompleted(CallEvent):
    """All audio of this leg has been decoded and flushed.

    ``model``: folder of the model that decoded it, which may no longer be the one in use when the call is archived.
    """

    name = "transcript.completed"
    stream = "transcript"
    leg: Leg
    segments: int
    decoded_to_ms: int
    model: str = ""


@event
class PartialRecognized(CallEvent):
    """The words of the unfinished segment so far; replaced by the next partial or the final of the same number."""

    name = "partial.recognized"
    leg: Leg
    segment: int
    text: str
    words: tuple[Word, ...] = ()
    audio_to_ms: int  # audio consumed so far
    stable_ms: int = 0  # for how long of audio time the text has not changed
