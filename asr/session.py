# SPDX-License-Identifier: GPL-3.0-or-later
"""Transcribes one call: both legs, from the recording's start to the flush after hang-up.

Reads ``call.jsonl`` to know from where to decode and when the audio is complete, and writes ``transcript.jsonl``;
what that file already holds is where a restarted worker goes on. Every stored event is written first and published
afterwards. Belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog

from asr.errors import AudioFormatError
from asr.leg import LegFollower
from asr.recogniser import Engine, Final, Partial
from asr.wavtail import WavTail
from asr.written import text_of, write
from pipeline.callfolder import LEGS, CallFolder
from pipeline.clock import Clock
from pipeline.events import (
    CallBridged,
    CallEnded,
    Event,
    Leg,
    PartialRecognized,
    RecordingClosed,
    RecordingStarted,
    SegmentFinalized,
    TranscriptCompleted,
    Word,
    WrittenWord,
)

log = structlog.get_logger("asr")

SETTLE_S = 3.0  # after the call's end: a recording that has not grown for so long is complete
ORPHAN_S = 60.0  # without an end: the softphone is gone and will not come back for this call
_ALL = 1 << 62  # samples: whatever the file holds


class Model(Protocol):
    """What a session needs of a loaded model."""

    name: str  # its folder
    rate_hz: int

    def engine(self) -> Engine:
        """Return a fresh engine."""
        ...


@dataclass
class _CallFacts:
    """What the call's journal said so far."""

    started: RecordingStarted | None = None
    bridged: CallBridged | None = None
    ended: CallEnded | None = None
    closed: RecordingClosed | None = None

    def take(self, item: Event) -> None:
        if isinstance(item, RecordingStarted):
            self.started = item
        elif isinstance(item, CallBridged) and self.bridged is None:
            self.bridged = item
        elif isinstance(item, CallEnded):
            self.ended = item
        elif isinstance(item, RecordingClosed):
            self.closed = item


@dataclass
class _LegState:
    """What the transcript holds of one leg, and its follower once decoding began."""

    leg: Leg
    segments: int = 0
    decoded_to_ms: int = 0
    complete: bool = False
    unusable: bool = False
    follower: LegFollower | None = None


class CallSession:
    """One claimed call.

    Parameters:
        publish: receives every event for the bus, from the thread that calls :meth:`advance`.
        block_ms: audio decoded at a time.
    """

    def __init__(
        self, folder: CallFolder, model: Model, publish: Callable[[Event], None], clock: Clock, *, block_ms: int
    ) -> None:
        self.folder = folder
        self._model, self._publish, self._clock, self._block_ms = model, publish, clock, block_ms
        self._facts = _CallFacts()
        self._call_bytes = -1
        self._call_seq = 0
        self._legs: dict[Leg, _LegState] = {leg: _LegState(leg) for leg in LEGS}
        self._audio_bytes = 0
        self._grew_at_s = clock.monotonic_s()
        self._stalled = False  # the recordings no longer grow, whether or not anybody closed them
        self._resume()
        self._journal = folder.writer("transcript")
        self._log = log.bind(call_id=folder.call_id)

    @property
    def done(self) -> bool:
        """Whether both legs are complete."""
        return all(state.complete for state in self._legs.values())

    @property
    def live_legs(self) -> int:
        """How many legs are being decoded."""
        return sum(state.follower is not None and not state.complete for state in self._legs.values())

    def lag_ms(self) -> int:
        """Return the longer of the two legs' backlogs of undecoded audio."""
        return max((s.follower.lag_ms(self._limit(s.leg)) for s in self._open() if s.follower), default=0)

    def poll(self) -> None:
        """Look at the call's journal and at whether the recordings grow; cheap when nothing changed."""
        path = self.folder.journal("call")
        size = path.stat().st_size if path.exists() else 0
        if size != self._call_bytes:
            self._call_bytes = size
            for item in self.folder.read("call", after_seq=self._call_seq):
                self._call_seq = item.seq
                self._facts.take(item)
        audio = sum(_size(self.folder.audio(leg)) for leg in LEGS)
        if audio != self._audio_bytes:
            self._audio_bytes = audio
            self._grew_at_s = self._clock.monotonic_s()
        over = self._facts.ended is not None or self._facts.closed is not None
        self._stalled = self._clock.monotonic_s() - self._grew_at_s >= (SETTLE_S if over else ORPHAN_S)

    def advance(self) -> bool:
        """Decode at most one block of each leg; return whether there was anything to do."""
        worked = False
        for state in self._open():
            self._begin(state)
            worked = self._advance_leg(state) or worked
        return worked

    def abandon(self) -> None:
        """Complete what is open without decoding it: after an error that a second try would meet again."""
        for state in self._open():
            self._complete(state)

    def close(self) -> None:
        """Close all files; the transcript can be gone on with by another session."""
        for state in self._legs.values():
            if state.follower is not None:
                state.follower.close()
        self._journal.close()

    def _open(self) -> list[_LegState]:
        return [state for state in self._legs.values() if not state.complete]

    def _resume(self) -> None:
        for item in self.folder.read("transcript"):
            if isinstance(item, SegmentFinalized):
                state = self._legs[item.leg]
                state.segments = max(state.segments, item.segment)
                state.decoded_to_ms = max(state.decoded_to_ms, item.decoded_to_ms)
            elif isinstance(item, TranscriptCompleted):
                self._legs[item.leg].complete = True

    def _begin(self, state: _LegState) -> None:
        """Start decoding a leg as soon as the journal says from where."""
        begin_ms = self._begin_ms(state.leg)
        if state.follower is not None or state.unusable or begin_ms is None or self._facts.started is None:
            return
        tail = WavTail(self.folder.audio(state.leg), self._model.rate_hz)
        state.follower = LegFollower(
            state.leg,
            tail,
            self._model.engine(),
            begin_ms=begin_ms,
            resume_ms=state.decoded_to_ms,
            block_ms=self._block_ms,
        )

    def _begin_ms(self, leg: Leg) -> int | None:
        started, bridged = self._facts.started, self._facts.bridged
        if leg == "caller":
            return started.sync_tone_ms if started else None
        return (bridged.offset_ms or 0) if bridged else None

    def _advance_leg(self, state: _LegState) -> bool:
        if state.follower is not None:
            try:
                heard = state.follower.advance(self._limit(state.leg))
            except AudioFormatError as error:
                self._log.error("recording cannot be transcribed", leg=state.leg, problem=str(error))
                self._give_up(state)
                return True
            if heard is not None:
                self._tell(state, heard)
                return True
        if not self._audio_complete(state):
            return False
        if state.follower is not None:
            self._tell(state, state.follower.flush())
        self._complete(state)
        return True

    def _give_up(self, state: _LegState) -> None:
        """Stop decoding a leg; it is completed, with what there is, when the call is over."""
        state.unusable = True
        if state.follower is not None:
            state.follower.close()
            state.follower = None

    def _limit(self, leg: Leg) -> int | None:
        """Return the finished recording's length in samples; None while it may still grow."""
        closed = self._facts.closed
        if closed is not None:
            return closed.caller_samples if leg == "caller" else closed.agent_samples
        return _ALL if self._stalled else None

    def _audio_complete(self, state: _LegState) -> bool:
        """Return whether no audio of this leg is left to come. Asked only when all there is was decoded."""
        if self._stalled:
            return True
        if self._facts.closed is None:
            return False
        return state.follower is None or state.follower.decoded_to(self._limit(state.leg))

    def _tell(self, state: _LegState, heard: list[Partial | Final]) -> None:
        for item in heard:
            if isinstance(item, Final):
                self._publish_final(state, item)
            else:
                self._publish(
                    PartialRecognized(
                        at=self._clock.now(),
                        call_id=self.folder.call_id,
                        offset_ms=item.audio_to_ms,
                        leg=state.leg,
                        segment=state.segments + 1,
                        text=item.text,
                        audio_to_ms=item.audio_to_ms,
                        stable_ms=item.stable_ms,
                    )
                )

    def _publish_final(self, state: _LegState, item: Final) -> None:
        written = write(item.words)
        stored = self._journal.append(
            SegmentFinalized(
                at=self._clock.now(),
                call_id=self.folder.call_id,
                offset_ms=item.words[0].start_ms,
                leg=state.leg,
                segment=state.segments + 1,
                start_ms=item.words[0].start_ms,
                end_ms=item.words[-1].end_ms,
                text=item.text,
                words=tuple(
                    Word(text=w.text, start_ms=w.start_ms, end_ms=w.end_ms, confidence=round(w.confidence, 3))
                    for w in item.words
                ),
                decoded_to_ms=item.decoded_to_ms,
                confidence=round(item.confidence, 3),
                written=text_of(written),
                written_words=tuple(WrittenWord(text=w.text, first=w.first, count=w.count) for w in written),
            )
        )
        state.segments += 1
        state.decoded_to_ms = item.decoded_to_ms
        self._publish(stored)

    def _complete(self, state: _LegState) -> None:
        follower = state.follower
        decoded_to_ms = max(state.decoded_to_ms, follower.decoded_to_ms if follower else 0)
        stored = self._journal.append(
            TranscriptCompleted(
                at=self._clock.now(),
                call_id=self.folder.call_id,
                offset_ms=decoded_to_ms,
                leg=state.leg,
                segments=state.segments,
                decoded_to_ms=decoded_to_ms,
                model=self._model.name,
            )
        )
        state.complete = True
        if follower is not None:
            follower.close()
            state.follower = None
        self._publish(stored)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
