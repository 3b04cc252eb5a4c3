# SPDX-License-Identifier: GPL-3.0-or-later
"""What telephony did (``call.jsonl``): one writer, the softphone of the extension."""

from __future__ import annotations

from typing import Literal

from pipeline.events.base import CallEvent, Leg, Party, event

Direction = Literal["in", "out"]
GuestMode = Literal["consult", "conference", "listen", "whisper"]


@event
class CallOffered(CallEvent):
    """A call began: a caller's INVITE reached an extension, or (``direction`` out) its agent calls a number.

    The taxpayer is the caller's leg in both directions; ``caller_number`` of an outgoing call is the number dialled.
    ``case_id``, ``callback_id``: what an outgoing call is about, as the desk said.
    """

    name = "call.offered"
    stream = "call"
    extension: str
    caller_number: str
    caller_name: str = ""
    caller_uri: str = ""
    sip_call_id: str = ""
    direction: Direction = "in"
    case_id: int | None = None
    callback_id: int | None = None


@event
class CallDialled(CallEvent):
    """Of an outgoing call: the agent's device is up and the taxpayer is being called."""

    name = "call.dialled"
    stream = "call"


@event
class CallAnswered(CallEvent):
    """The agent accepted and the caller's leg is up; of an outgoing call: the taxpayer answered.

    ``ring_ms``: since the call was offered.
    """

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
class GuestInvited(CallEvent):
    """A third party is being called. ``to``: extension or number; ``person``: who that is, when known."""

    name = "guest.invited"
    stream = "call"
    to: str
    person: str = ""
    mode: GuestMode


@event
class GuestJoined(CallEvent):
    """The third party answered and is in the call as ``mode`` says.

    consult: agent and guest talk, the caller is on hold. conference: all talk. listen: the guest hears both and is
    heard by nobody. whisper: the guest hears both and is heard by the agent alone.
    """

    name = "guest.joined"
    stream = "call"
    to: str
    mode: GuestMode


@event
class GuestModeChanged(CallEvent):
    """The third party's part is another one now."""

    name = "guest.mode_changed"
    stream = "call"
    to: str
    mode: GuestMode


@event
class GuestLeft(CallEvent):
    """The third party is gone, or never came (the second line of reasons)."""

    name = "guest.left"
    stream = "call"
    to: str
    reason: Literal[
        "hung_up", "dropped", "call_ended",
        "busy", "rejected", "no_answer", "unreachable", "codec_mismatch",
    ]  # fmt: skip


@event
class TransferStarted(CallEvent):
    """The caller's side was asked (REFER) to call ``to``; the talk goes on until it has."""

    name = "transfer.started"
    stream = "call"
    to: str


@event
class TransferFailed(CallEvent):
    """The caller's side could not reach ``to``, or does not transfer; the talk goes on."""

    name = "transfer.failed"
    stream = "call"
    to: str
    sip_code: int = 0


@event
class CallTransferred(CallEvent):
    """The caller was handed over. blind: to ``to``, outside this call, which ends. attended: to its guest."""

    name = "call.transferred"
    stream = "call"
    to: str
    kind: Literal["blind", "attended"]


@event
class DtmfSent(CallEvent):
    """Keys were sent to the caller's side; which ones is not kept, they may be a PIN."""

    name = "dtmf.sent"
    stream = "call"
    count: int


@event
class DtmfReceived(CallEvent):
    """One key was pressed (RFC 4733; counted once per key)."""

    name = "dtmf.received"
    stream = "call"
    leg: Party
    digit: str


@event
class MediaMeasured(CallEvent):
    """RTP statistics of one leg since it began; ``mos`` by the E-model (ITU-T G.107) from loss and delay."""

    name = "media.measured"
    stream = "call"
    leg: Party
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
    """The call is over. ``reason``: see docs/telephony.md; never missing from a finished call's journal."""

    name = "call.ended"
    stream = "call"
    reason: Literal[
        "caller_hung_up",
        "agent_hung_up",
        "caller_abandoned",
        "no_answer",
        "agent_rejected",
        "agent_unreachable",
        "agent_cancelled",
        "called_busy",
        "called_no_answer",
        "called_rejected",
        "called_unreachable",
        "transferred",
        "guest_hung_up",
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
