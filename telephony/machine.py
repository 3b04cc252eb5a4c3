# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of one customer call as a state machine without any SIP in it.

Inputs are methods (what a leg, a timer or a person did); each returns the actions to carry out, in order.
:meth:`CallMachine.wiring` is the other output: which sources must be connected to which sinks now. The rules that
matter are here in one place: who hears whom, what is recorded on which channel, how a call may end and with which
SIP code. Nothing here knows time, files or PJSIP.

    ringing -> connecting -> announcing -> talking <-> held -> ended      (any state may end)
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pipeline.catalog import text
from pipeline.errors import CommandRefusedError
from pipeline.events import (
    AgentMuted,
    AgentUnmuted,
    AnnouncementFinished,
    AnnouncementStarted,
    CallAnswered,
    CallBridged,
    CallEnded,
    CallHeld,
    CallResumed,
    Leg,
)
from telephony.actions import (
    Action,
    AnswerCaller,
    CloseRecording,
    DialAgent,
    DropLeg,
    PlayAnnouncement,
    PlayTone,
    RingCaller,
    StartRecording,
    Tell,
)
from telephony.policy import agent_failure
from telephony.wiring import Pair

Holder = Literal["desk", "caller", "agent"]
_PINS: frozenset[Pair] = frozenset({("silence", "caller_recorder"), ("silence", "agent_recorder")})
_TONE: frozenset[Pair] = frozenset((("tone", "caller_recorder"), ("tone", "agent_recorder"), ("tone", "caller")))
_ANNOUNCEMENT: frozenset[Pair] = frozenset({("announcement", "caller"), ("announcement", "agent_recorder")})


class State(StrEnum):
    """Where the call is."""

    RINGING = "ringing"
    CONNECTING = "connecting"  # the agent accepted; the caller's leg is being answered
    ANNOUNCING = "announcing"  # tone, then announcement
    TALKING = "talking"
    HELD = "held"
    ENDED = "ended"


class CallMachine:
    """One call. ``desk_answers``: the agent's device is called only after :meth:`answer`."""

    def __init__(self, *, desk_answers: bool) -> None:
        self.state = State.RINGING
        self.muted = False
        self.recording = False
        self._desk_answers = desk_answers
        self._dialled = False
        self._media: dict[Leg, bool] = {"caller": False, "agent": False}
        self._holders: set[Holder] = set()
        self._playing: Literal["", "tone", "announcement"] = ""

    # --- the way up ------------------------------------------------------------------------------------------

    def offered(self) -> list[Action]:
        """The caller's INVITE was accepted for processing."""
        if self._desk_answers:
            return [RingCaller()]
        self._dialled = True
        return [RingCaller(), DialAgent(auto_answer=False)]

    def answer(self) -> list[Action]:
        """The agent pressed "answer" at the desk.

        Raises:
            CommandRefusedError: the call does not ring, or its device rings and must be picked up.
        """
        if self.state is not State.RINGING:
            raise self._refusal("not_ringing")
        if self._dialled:
            raise self._refusal("device_rings")
        self._dialled = True
        return [DialAgent(auto_answer=True)]

    def agent_accepted(self) -> list[Action]:
        """The agent's device took the call."""
        if self.state is not State.RINGING:
            return []
        self.state = State.CONNECTING
        return [AnswerCaller(), Tell(CallAnswered), *self._record_when_ready()]

    def media_changed(self, leg: Leg, *, up: bool, held: bool) -> list[Action]:
        """A leg's media came, went, or its far end put us on hold (``held``)."""
        self._media[leg] = up
        if self.state is State.CONNECTING:
            return self._record_when_ready()
        return self._hold_changed(leg, on=held)

    def _record_when_ready(self) -> list[Action]:
        return [StartRecording()] if all(self._media.values()) and not self.recording else []

    def recording_started(self) -> list[Action]:
        """Both recorders run: sample 0 is now."""
        self.recording, self.state, self._playing = True, State.ANNOUNCING, "tone"
        return [PlayTone()]

    def tone_finished(self) -> list[Action]:
        """The sync tone was played."""
        if self._playing != "tone":
            return []
        self._playing = "announcement"
        return [Tell(AnnouncementStarted), PlayAnnouncement()]

    def announcement_finished(self, *, complete: bool = True) -> list[Action]:
        """The announcement ended: from here caller and agent hear each other."""
        if self._playing != "announcement":
            return []
        self._playing = ""
        self.state = State.HELD if self._holders else State.TALKING
        actions: list[Action] = [Tell(AnnouncementFinished, {"complete": complete}), Tell(CallBridged)]
        if self._holders:
            actions.append(Tell(CallHeld, {"by": self._held_by()}))
        return actions

    # --- while it is up --------------------------------------------------------------------------------------

    def hold(self) -> list[Action]:
        """Put the caller on hold from the desk; raises CommandRefusedError when nobody talks."""
        if "desk" in self._holders or self.state not in (State.TALKING, State.HELD):
            raise self._refusal("hold")
        return self._hold_changed("desk", on=True)

    def resume(self) -> list[Action]:
        """End the desk's hold; raises CommandRefusedError when there is none."""
        if "desk" not in self._holders or self.state is State.ENDED:
            raise self._refusal("resume")
        return self._hold_changed("desk", on=False)

    def mute(self, *, on: bool) -> list[Action]:
        """Cut or restore the agent's voice; raises CommandRefusedError when that changes nothing."""
        if self.state not in (State.TALKING, State.HELD) or self.muted is on:
            raise self._refusal("mute" if on else "unmute")
        self.muted = on
        return [Tell(AgentMuted if on else AgentUnmuted)]

    def _hold_changed(self, holder: Holder, *, on: bool) -> list[Action]:
        before = bool(self._holders)
        (self._holders.add if on else self._holders.discard)(holder)
        after = bool(self._holders)
        if before == after or self.state not in (State.TALKING, State.HELD):
            return []
        self.state = State.HELD if after else State.TALKING
        return [Tell(CallHeld, {"by": self._held_by()}) if after else Tell(CallResumed)]

    def _held_by(self) -> Leg:
        return "caller" if self._holders == {"caller"} else "agent"

    def _refusal(self, why: str) -> CommandRefusedError:
        state = text(f"telephony.state_{self.state}")
        return CommandRefusedError(text(f"telephony.refused_{why}", state=state))

    # --- the ways down ---------------------------------------------------------------------------------------

    def reject(self) -> list[Action]:
        """The agent declined at the desk; raises CommandRefusedError when the call does not ring."""
        if self.state is not State.RINGING:
            raise self._refusal("not_ringing")
        return self._end("agent_rejected", 603)

    def hang_up(self) -> list[Action]:
        """The agent ended the call at the desk; a ringing call is declined."""
        if self.state is State.ENDED:
            raise self._refusal("over")
        return self.reject() if self.state is State.RINGING else self._end("agent_hung_up", 200)

    def leg_gone(self, leg: Leg, code: int) -> list[Action]:
        """A leg ended by itself with a SIP status code."""
        self._media[leg] = False
        if self.state is State.ENDED:
            return []
        if self.state is not State.RINGING:
            return self._end("caller_hung_up" if leg == "caller" else "agent_hung_up", 200)
        if leg == "agent":
            failure = agent_failure(code)
            return self._end(failure.reason, failure.caller_code)
        return self._end("codec_mismatch" if code in (415, 488) else "caller_abandoned", code)

    def ring_timed_out(self) -> list[Action]:
        """Nobody answered in time."""
        return self._end("no_answer", 480) if self.state is State.RINGING else []

    def agent_silent(self) -> list[Action]:
        """The agent's device gave no sign of life after our INVITE."""
        return self._end("agent_unreachable", 480) if self.state is State.RINGING else []

    def failed(self) -> list[Action]:
        """Something of ours broke; the caller is not left hanging."""
        return self._end("error", 500)

    def shut_down(self) -> list[Action]:
        """The softphone stops."""
        return self._end("shutdown", 503)

    def _end(self, reason: str, code: int) -> list[Action]:
        if self.state is State.ENDED:
            return []
        self.state = State.ENDED
        actions: list[Action] = [DropLeg("caller", code), DropLeg("agent", 200)]
        if self._playing == "announcement":
            actions.append(Tell(AnnouncementFinished, {"complete": False}))
        self._playing = ""
        actions.append(Tell(CallEnded, {"reason": reason, "sip_code": code}))
        if self.recording:
            actions.append(CloseRecording())
        return actions

    # --- who hears whom --------------------------------------------------------------------------------------

    def wiring(self) -> frozenset[Pair]:
        """Return the pairs (source, sink) that must be connected now."""
        if not self.recording or self.state is State.ENDED:
            return frozenset()
        # A leg that nobody listens to is not read: its jitter buffer would overflow (false loss figures) and play
        # stale audio when it is connected again. The caller's recorder and the drain read both legs all the time.
        pairs = _PINS | {("caller", "caller_recorder"), ("agent", "drain")}
        if self._playing == "tone":
            pairs |= _TONE
        elif self._playing == "announcement":
            pairs |= _ANNOUNCEMENT
        elif self.state is State.TALKING:
            pairs |= {("caller", "agent")}
            if not self.muted:
                pairs |= {("agent", "caller"), ("agent", "agent_recorder")}
        return frozenset(pairs)
