# SPDX-License-Identifier: GPL-3.0-or-later
"""One call as its events have left it: a pure projection, and its JSON for the pages (desk contract: LiveCall)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from crm.procedure import SETTLED
from desk.masking import NEAR, mask_segments
from pipeline import events as ev
from pipeline.events import Event, to_wire

Json = dict[str, Any]


def iso(at: datetime | None) -> str | None:
    """Return a time as the contract writes it, None as None."""
    return at.isoformat().replace("+00:00", "Z") if at is not None else None


@dataclass
class LiveCall:
    """One call as its events have left it. ``state``: ringing, announcing, talking, held or ended.

    An outgoing call (``direction`` out) rings until the taxpayer answers. ``transfer_to``: where a transfer under way
    leads; ``handed_to``: the guest to whom the agent has left the caller, who is still in the call. ``guest``: the
    third party (to, person, mode, invited_at, joined_at), being called until ``joined_at``.
    """

    call_id: str
    extension: str = ""
    caller_number: str = ""
    caller_name: str = ""
    direction: ev.Direction = "in"
    guest: Json | None = None
    transfer_to: str = ""
    handed_to: str = ""
    state: str = "ringing"
    offered_at: datetime | None = None
    answered_at: datetime | None = None
    recording_started_at: datetime | None = None
    ended_at: datetime | None = None
    end_reason: str = ""
    muted: bool = False
    recording: bool = False
    sealed: bool = False
    talk_ms: int = 0
    ring_ms: int = 0
    segments: dict[tuple[str, int], ev.SegmentFinalized] = field(default_factory=dict)
    partials: dict[str, ev.PartialRecognized] = field(default_factory=dict)
    suggestions: ev.SuggestionsShown | None = None
    proposed_class: ev.ClassProposed | None = None
    cases: dict[str, Json] = field(default_factory=dict)  # by case id, oldest first
    media: dict[str, ev.MediaMeasured] = field(default_factory=dict)
    last_word_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Whether the call is still up."""
        return self.state != "ended" and self.offered_at is not None

    @property
    def unfinished(self) -> bool:
        """Whether the call is over but its case still needs its agent."""
        return self.state == "ended" and any(case.get("state") not in SETTLED for case in self.cases.values())

    @property
    def case(self) -> Json | None:
        """The newest of the call's cases; None before the first."""
        return next(reversed(self.cases.values()), None)

    def ordered_segments(self) -> list[ev.SegmentFinalized]:
        """Return the final segments of both legs in the order in which they were spoken."""
        return sorted(self.segments.values(), key=lambda item: (item.start_ms, item.leg))

    @singledispatchmethod
    def apply(self, item: Event) -> None:
        """Take one event in; events that change nothing a page shows are ignored."""

    @apply.register
    def _(self, item: ev.CallOffered) -> None:
        self.extension, self.offered_at, self.direction = item.extension, item.at, item.direction
        self.caller_number, self.caller_name = item.caller_number, item.caller_name

    @apply.register
    def _(self, item: ev.CallAnswered) -> None:
        self.extension = self.extension or item.extension
        self.answered_at, self.ring_ms = item.at, item.ring_ms
        self._move("announcing")

    @apply.register
    def _(self, item: ev.RecordingStarted) -> None:
        self.recording_started_at, self.recording = item.at, True

    @apply.register
    def _(self, item: ev.AnnouncementStarted) -> None:
        self._move("announcing")

    @apply.register
    def _(self, item: ev.CallBridged) -> None:
        self._move("talking")

    @apply.register
    def _(self, item: ev.CallHeld) -> None:
        self._move("held")

    @apply.register
    def _(self, item: ev.CallResumed) -> None:
        self._move("talking")

    @apply.register
    def _(self, item: ev.AgentMuted) -> None:
        self.muted = True

    @apply.register
    def _(self, item: ev.AgentUnmuted) -> None:
        self.muted = False

    @apply.register
    def _(self, item: ev.GuestInvited) -> None:
        self.guest = {
            "to": item.to,
            "person": item.person,
            "mode": item.mode,
            "invited_at": iso(item.at),
            "joined_at": None,
        }

    @apply.register
    def _(self, item: ev.GuestJoined) -> None:
        self._guest_is(joined_at=iso(item.at))

    @apply.register
    def _(self, item: ev.GuestModeChanged) -> None:
        self._guest_is(mode=item.mode)

    @apply.register
    def _(self, item: ev.GuestLeft) -> None:
        self.guest = None

    @apply.register
    def _(self, item: ev.TransferStarted) -> None:
        self.transfer_to = item.to

    @apply.register
    def _(self, item: ev.TransferFailed) -> None:
        self.transfer_to = ""

    @apply.register
    def _(self, item: ev.CallTransferred) -> None:
        self.transfer_to, self.handed_to = "", item.to
        self._guest_is(mode="conference")

    @apply.register
    def _(self, item: ev.MediaMeasured) -> None:
        self.media[item.leg] = item

    @apply.register
    def _(self, item: ev.CallEnded) -> None:
        self.state, self.ended_at = "ended", item.at
        self.end_reason, self.talk_ms = item.reason, item.talk_ms
        self.guest, self.transfer_to = None, ""

    @apply.register
    def _(self, item: ev.RecordingClosed) -> None:
        self.recording = False

    @apply.register
    def _(self, item: ev.SegmentFinalized) -> None:
        self.segments[item.leg, item.segment] = item
        partial = self.partials.get(item.leg)
        if partial is not None and partial.segment <= item.segment:
            del self.partials[item.leg]
        self._heard(item.at)

    @apply.register
    def _(self, item: ev.PartialRecognized) -> None:
        if (item.leg, item.segment) in self.segments:
            return  # late on the bus: the final is here already
        if item.text:
            self.partials[item.leg] = item
            self._heard(item.at)
        else:
            self.partials.pop(item.leg, None)

    @apply.register
    def _(self, item: ev.TranscriptCompleted) -> None:
        self.partials.pop(item.leg, None)

    @apply.register
    def _(self, item: ev.SuggestionsShown) -> None:
        self.suggestions = item

    @apply.register
    def _(self, item: ev.ClassProposed) -> None:
        self.proposed_class = item

    @apply.register
    def _(self, item: ev.BundleSealed) -> None:
        self.sealed = True

    def _move(self, state: str) -> None:
        if self.state != "ended":  # nothing brings an ended call back
            self.state = state

    def _guest_is(self, **now: Any) -> None:
        if self.guest is not None:
            self.guest = {**self.guest, **now}

    def _heard(self, at: datetime) -> None:
        self.last_word_at = max(at, self.last_word_at) if self.last_word_at else at

    def snapshot(self, agent_name: str, *, segments: bool = True) -> Json:
        """Return the contract's LiveCall; without segments it carries ``last_text``, masked (board)."""
        ordered = self.ordered_segments()
        body: Json = {
            "call_id": self.call_id,
            "extension": self.extension,
            "agent_name": agent_name,
            "caller_number": self.caller_number,
            "caller_name": self.caller_name,
            "direction": self.direction,
            "guest": self.guest,
            "transfer_to": self.transfer_to or None,
            "handed_to": self.handed_to or None,
            "state": self.state,
            "offered_at": iso(self.offered_at),
            "answered_at": iso(self.answered_at),
            "recording_started_at": iso(self.recording_started_at),
            "ended_at": iso(self.ended_at),
            "muted": self.muted,
            "end_reason": self.end_reason,
            "suggestions": to_wire(self.suggestions) if self.suggestions else None,
            "proposed_class": _wire(self.proposed_class),
            "case": self.case,
            "cases": list(self.cases.values()),
            "media": {leg: _wire(self.media.get(leg)) for leg in ("caller", "agent")},
            "last_word_at": iso(self.last_word_at),
            "recording": self.recording,
        }
        if segments:
            body["segments"] = [to_wire(item) for item in ordered]
            body["partials"] = {leg: _wire(self.partials.get(leg)) for leg in ("caller", "agent")}
        else:
            last = mask_segments([to_wire(item) for item in ordered[-NEAR:]], growing=True)[-1:]
            body["last_text"] = (last[0]["written"] or last[0]["text"]) if last else ""
        return body


def _wire(item: Event | None) -> Json | None:
    return to_wire(item) if item is not None else None


def project(call_id: str, history: Iterable[ev.CallEvent]) -> LiveCall:
    """Return a call as its stored events left it, for calls that are no longer in memory."""
    call = LiveCall(call_id)
    for item in sorted(history, key=lambda item: item.at):
        call.apply(item)
    return call
