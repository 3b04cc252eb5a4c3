# SPDX-License-Identifier: GPL-3.0-or-later
"""What telephony did (``call.jsonl``): one writer, the softphone of the extension."""

from __future__ import annotations

from typing import Literal

from pipeline.events.base import CallEvent, Leg, event


@event
class CallOffered(CallEvent):
    """A caller's INVITE reached an extension; the agent's device rings."""

    name = "call.offered"
    stream = "call"
    extension: str
    caller_number: str
    caller_name: str = ""
    caller_uri: str = ""
    sip_call_id: str = ""


@event
class CallAnswered(CallEvent):
    """The agent accepted and the caller's leg is up."""

    name = "call.answered"
    stream = "call"
    extension: str
    ring_ms: int


@event
class RecordingStarted(CallEvent):
    """Both recorders are armed; sample 0 of both files is this event's ``at``."""

    name = "recording.started"
    stream = "call"
    sample_rate_hz: int
    caller_file: str = "caller.wav"
    agent_file: str = "agent.wav"
    sync_tone_ms: int  # length of the tone that both files begin with


@event
class AnnouncementStarted(CallEvent):
    """The caller hears that the call is recorded; it is on the agent channel of the recording."""

    name = "announcement.started"
    stream = "call"


@event
class AnnouncementFinished(CallEvent):
    """The announcement ended (``complete`` False: it was cut by a hang-up or could not be played)."""

    name = "announcement.finished"
    stream = "call"
    complete: bool = True


@event
class CallBridged(CallEvent):
    """Caller and agent hear each other from ``offset_ms`` on."""

    name = "call.bridged"
    stream = "call"
    codec: str = ""


@event
class CallHeld(CallEvent):
    """The caller is on hold. ``by``: who put the call on hold."""

    name = "call.held"
    stream = "call"
    by: Leg


@event
class CallResumed(CallEvent):
    """The hold ended."""

    name = "call.resumed"
    stream = "call"


@event
class AgentMuted(CallEvent):
    """The agent's voice no longer reaches the caller nor the recording."""

    name = "agent.muted"
    stream = "call"


@event
class AgentUnmuted(CallEvent):
    """The agent's voice reaches the caller and the recording again."""

    name = "agent.unmuted"
    stream = "call"


@event
class DtmfReceived(CallEvent):
    """One key was pressed (RFC 4733; counted once per key)."""

    name = "dtmf.received"
    stream = "call"
    leg: Leg
    digit: str


@event
class MediaMeasured(CallEvent):
    """RTP statistics of one leg since it began; ``mos`` by the E-model (ITU-T G.107) from loss and delay."""

    name = "media.measured"
    stream = "call"
    leg: Leg
    packets: int
    lost: int
    discarded: int
    jitter_ms: float
    round_trip_ms: float | None = None
    mos: float | None = None
    final: bool = False


@event
class AudioMissing(CallEvent):
    """No RTP arrived on a leg for ``silent_ms`` although the call is up."""

    name = "audio.missing"
    stream = "call"
    leg: Leg
    silent_ms: int


@event
class CallEnded(CallEvent):
    """The call is over. ``reason``: see telephony docs; never missing from a finished call's journal."""

    name = "call.ended"
    stream = "call"
    reason: Literal[
        "caller_hung_up",
        "agent_hung_up",
        "caller_abandoned",
        "no_answer",
        "agent_rejected",
        "agent_unreachable",
        "codec_mismatch",
        "softphone_died",
        "shutdown",
        "error",
    ]
    sip_code: int = 0
    talk_ms: int = 0


@event
class RecordingClosed(CallEvent):
    """Both files are final. ``*_samples`` are what the files hold; ``gap`` True when audio was lost.

    ``missing_samples``: silence that stands for audio and audio that the media clock dropped, both legs together
    (what a dead softphone had not written yet is not in it: nobody can know).
    """

    name = "recording.closed"
    stream = "call"
    caller_samples: int
    agent_samples: int
    gap: bool = False
    note: str = ""
    missing_samples: int = 0
