# SPDX-License-Identifier: GPL-3.0-or-later
"""What the call's state machine can ask for: plain frozen values, carried out by :mod:`telephony.session`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.events import CallEvent, Party


@dataclass(frozen=True)
class RingCaller:
    """Send 180 Ringing to the caller."""


@dataclass(frozen=True)
class DialAgent:
    """Call the agent's device (or open the headset); ``auto_answer`` asks the device to pick up at once."""

    auto_answer: bool


@dataclass(frozen=True)
class AnswerCaller:
    """Send 200 OK to the caller."""


@dataclass(frozen=True)
class DialCaller:
    """Call the taxpayer: an outgoing call whose agent's device is up."""


@dataclass(frozen=True)
class DialGuest:
    """Call a third party. ``internal``: a device of ours, which is shown the caller; ``auto_answer`` as above."""

    uri: str
    internal: bool
    auto_answer: bool


@dataclass(frozen=True)
class ReferCaller:
    """Ask the caller's side to call ``uri`` in our place."""

    uri: str


@dataclass(frozen=True)
class StartRecording:
    """Arm both recorders in one turn of the engine."""


@dataclass(frozen=True)
class PlayTone:
    """Play the sync tone that both recordings begin with."""


@dataclass(frozen=True)
class PlayAnnouncement:
    """Play the announcement that the call is recorded."""


@dataclass(frozen=True)
class DropLeg:
    """End a leg, with ``code`` where the leg is not yet answered; no harm when it is gone."""

    leg: Party
    code: int


@dataclass(frozen=True)
class CloseRecording:
    """Close both recorders and report what they hold."""


@dataclass(frozen=True)
class Tell:
    """Journal and publish an event; the session adds call id, time and offset."""

    event: type[CallEvent]
    fields: Mapping[str, Any] = field(default_factory=dict)


Action = (
    RingCaller
    | DialAgent
    | AnswerCaller
    | DialCaller
    | DialGuest
    | ReferCaller
    | StartRecording
    | PlayTone
    | PlayAnnouncement
    | DropLeg
    | CloseRecording
    | Tell
)
