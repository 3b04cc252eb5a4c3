# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of one customer call as a state machine without any SIP in it.

Inputs are methods (what a leg, a timer or a person did); each returns the actions to carry out, in order.
:meth:`CallMachine.wiring` is the other output: which sources must be connected to which sinks now. The rules that
matter are here and in the modules it is built of: who hears whom (:mod:`telephony.callstate`), the third party
(:mod:`telephony.thirdparty`), transfers (:mod:`telephony.handover`), how a call may begin and end and with which SIP
code (here). Nothing here knows time, files or PJSIP.

    in:   ringing ------------> connecting -> announcing -> talking <-> held -> ended      (any state may end)
    out:  ringing -> calling -> connecting ...             the agent's device first, then the taxpayer
"""

from __future__ import annotations

from pipeline.events import (
    AgentMuted,
    AgentUnmuted,
    AnnouncementFinished,
    AnnouncementStarted,
    CallAnswered,
    CallBridged,
    CallDialled,
    CallHeld,
    Leg,
    Party,
)
from telephony.actions import (
    Action,
    AnswerCaller,
    DialAgent,
    DialCaller,
    PlayAnnouncement,
    PlayTone,
    RingCaller,
    StartRecording,
    Tell,
)
from telephony.callstate import State
from telephony.handover import Handover
from telephony.policy import agent_failure, called_failure


class CallMachine(Handover):
    """One call. ``desk_answers``: the agent's device is called only after :meth:`answer` (of an incoming call)."""

    # --- the way up ------------------------------------------------------------------------------------------

    def offered(self) -> list[Action]:
        """The caller's INVITE was accepted for processing, or the agent wants to call somebody."""
        if self.direction == "out":
            self._dialled = True
            return [DialAgent(auto_answer=True)]
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
            raise self.refusal("not_ringing")
        if self._dialled:
            raise self.refusal("device_rings")
        self._dialled = True
        return [DialAgent(auto_answer=True)]

    def agent_accepted(self) -> list[Action]:
        """The agent's device took the call."""
        if self.state is not State.RINGING:
            return []
        if self.direction == "out":
            self.state = State.CALLING
            return [Tell(CallDialled), DialCaller()]
        self.state = State.CONNECTING
        return [AnswerCaller(), Tell(CallAnswered), *self._record_when_ready()]

    def caller_accepted(self) -> list[Action]:
        """The taxpayer answered an outgoing call."""
        if self.state is not State.CALLING:
            return []
        self.state = State.CONNECTING
        return [Tell(CallAnswered), *self._record_when_ready()]

    def media_changed(self, leg: Leg, *, up: bool, held: bool) -> list[Action]:
        """A leg's media came, went, or its far end put us on hold (``held``)."""
        if leg == "agent" and self.handed_over:
            return []
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
        self._require("hold")
        return self._hold_changed("desk", on=True)

    def resume(self) -> list[Action]:
        """End the desk's hold; raises CommandRefusedError when there is none."""
        if self._consulting:
            raise self.refusal("resume_consult")
        self._require("resume")
        return self._hold_changed("desk", on=False)

    def mute(self, *, on: bool) -> list[Action]:
        """Cut or restore the agent's voice; raises CommandRefusedError when that changes nothing."""
        self._require("mute" if on else "unmute")
        self.muted = on
        return [Tell(AgentMuted if on else AgentUnmuted)]

    # --- the ways down ---------------------------------------------------------------------------------------

    def reject(self) -> list[Action]:
        """The agent declined at the desk; raises CommandRefusedError when the call does not ring."""
        if self.state is not State.RINGING or self.direction == "out":
            raise self.refusal("not_ringing")
        return self._end("agent_rejected", 603)

    def hang_up(self) -> list[Action]:
        """The agent ended the call at the desk; a ringing call is declined, one being placed is given up."""
        if self.state is State.ENDED:
            raise self.refusal("over")
        if self._being_placed:
            return self._end("agent_cancelled", 487)
        return self.reject() if self.state is State.RINGING else self._end("agent_hung_up", 200)

    def leg_gone(self, leg: Party, code: int) -> list[Action]:
        """A leg ended by itself with a SIP status code."""
        if leg != "guest":
            self._media[leg] = False
        if self.state is State.ENDED or (leg == "agent" and self.handed_over):
            return []
        if leg == "guest":
            return self._end("guest_hung_up", 200) if self.handed_over else self._guest_gone(code)
        if self.state is State.RINGING:
            return self._unanswered(leg, code)
        if self.state is State.CALLING:
            return self._end("agent_cancelled", 487) if leg == "agent" else self._end(called_failure(code), code)
        return self._caller_left() if leg == "caller" else self._end("agent_hung_up", 200)

    def _unanswered(self, leg: Leg, code: int) -> list[Action]:
        if leg == "agent":
            failure = agent_failure(code)
            return self._end(failure.reason, failure.caller_code)
        return self._end("codec_mismatch" if code in (415, 488) else "caller_abandoned", code)

    def ring_timed_out(self) -> list[Action]:
        """The agent's device was not answered in time."""
        if self.state is not State.RINGING:
            return []
        return self._end("no_answer" if self.direction == "in" else "agent_unreachable", 480)

    def called_timed_out(self) -> list[Action]:
        """The taxpayer did not answer an outgoing call in time."""
        return self._end("called_no_answer", 480) if self.state is State.CALLING else []

    def agent_silent(self) -> list[Action]:
        """The agent's device gave no sign of life after our INVITE."""
        return self._end("agent_unreachable", 480) if self.state is State.RINGING else []

    def failed(self) -> list[Action]:
        """Something of ours broke; the caller is not left hanging."""
        return self._end("error", 500)

    def shut_down(self) -> list[Action]:
        """The softphone stops."""
        return self._end("shutdown", 503)

    @property
    def _being_placed(self) -> bool:
        return self.direction == "out" and self.state in (State.RINGING, State.CALLING)
