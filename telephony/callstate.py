# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call is at a moment, who hears whom then, and which commands are possible; the ground of the state machine.

Who hears whom is one set of (speaker, listener) pairs; what is recorded follows from it: the caller's voice always and
on the caller's channel alone, on the agent's channel everybody else whom caller or agent (or the guest they talk
with) can hear.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pipeline.catalog import text
from pipeline.errors import CommandRefusedError
from pipeline.events import (
    AnnouncementFinished,
    CallEnded,
    CallHeld,
    CallResumed,
    Direction,
    GuestLeft,
    GuestMode,
    Leg,
    Party,
)
from telephony.actions import Action, CloseRecording, DropLeg, Tell
from telephony.wiring import Pair

Holder = Literal["desk", "caller", "agent"]
_PINS: frozenset[Pair] = frozenset({("silence", "caller_recorder"), ("silence", "agent_recorder")})
_TONE: frozenset[Pair] = frozenset((("tone", "caller_recorder"), ("tone", "agent_recorder"), ("tone", "caller")))
_ANNOUNCEMENT: frozenset[Pair] = frozenset({("announcement", "caller"), ("announcement", "agent_recorder")})


class State(StrEnum):
    """Where the call is."""

    RINGING = "ringing"  # the agent's device rings
    CALLING = "calling"  # of an outgoing call: the agent is there, the taxpayer is being called
    CONNECTING = "connecting"  # both accepted; audio is on its way
    ANNOUNCING = "announcing"  # tone, then announcement
    TALKING = "talking"
    HELD = "held"
    ENDED = "ended"


@dataclass
class Guest:
    """The third party: being called until ``joined``."""

    to: str
    mode: GuestMode
    joined: bool = False


class CallState:
    """The facts of one call and what follows from them; :class:`~telephony.machine.CallMachine` changes them."""

    def __init__(self, *, desk_answers: bool, direction: Direction = "in") -> None:
        self.state = State.RINGING
        self.direction = direction
        self.muted = False
        self.recording = False
        self.guest: Guest | None = None
        self.transfer_to = ""  # a blind transfer is under way
        self.handed_over = False  # the agent left caller and guest to themselves
        self._desk_answers = desk_answers
        self._dialled = False  # the agent's device
        self._media: dict[Leg, bool] = {"caller": False, "agent": False}
        self._holders: set[Holder] = set()
        self._playing: Literal["", "tone", "announcement"] = ""

    # --- which commands --------------------------------------------------------------------------------------

    def possible(self) -> tuple[str, ...]:
        """Return the commands that are not refused now."""
        match self.state:
            case State.ENDED:
                return ()
            case State.RINGING if self.direction == "in":
                return ("reject", "hangup") if self._dialled else ("answer", "reject", "hangup")
            case State.TALKING | State.HELD if not self.handed_over:
                return ("hangup", *self._while_up())
            case _:
                return ("hangup",)

    def _while_up(self) -> list[str]:
        found = ["unmute" if self.muted else "mute"]
        if "desk" not in self._holders:
            found.append("hold")
        elif not self._consulting:
            found.append("resume")
        if self.state is State.TALKING:
            found.append("dtmf")
        if self.guest is not None:
            found += ["guest_mode", "guest_drop"]
            if self.guest.joined and self.guest.mode in ("consult", "conference"):
                found.append("transfer_attended")
        elif not self.transfer_to:
            found += ["guest", "transfer"]
        return found

    @property
    def _consulting(self) -> bool:
        return self.guest is not None and self.guest.joined and self.guest.mode == "consult"

    def _require(self, command: str) -> None:
        """Raise CommandRefusedError, which says what is possible instead, when a command is not possible."""
        if command not in self.possible():
            raise self.refusal(command)

    def refusal(self, why: str) -> CommandRefusedError:
        """Return the refusal ``telephony.refused_<why>`` with the commands that are possible as its remedy."""
        state = text(
            "telephony.state_handed_over" if self.handed_over and self.possible() else f"telephony.state_{self.state}"
        )
        commands = ", ".join(text(f"telephony.do_{name}") for name in self.possible())
        remedy = text("telephony.possible_now", commands=commands) if commands else ""
        return CommandRefusedError(text(f"telephony.refused_{why}", state=state), remedy=remedy)

    # --- hold ------------------------------------------------------------------------------------------------

    def _hold_changed(self, holder: Holder, *, on: bool) -> list[Action]:
        (self._holders.add if on else self._holders.discard)(holder)
        return self._settle()

    def _settle(self) -> list[Action]:
        """Bring talking or held in line with who holds."""
        wanted = State.HELD if self._holders else State.TALKING
        if self.state is wanted or self.state not in (State.TALKING, State.HELD):
            return []
        self.state = wanted
        return [Tell(CallHeld, {"by": self._held_by()}) if wanted is State.HELD else Tell(CallResumed)]

    def _held_by(self) -> Leg:
        return "caller" if self._holders == {"caller"} else "agent"

    # --- who hears whom --------------------------------------------------------------------------------------

    def wiring(self) -> frozenset[Pair]:
        """Return the pairs (source, sink) that must be connected now."""
        if self.state is State.ENDED:
            return frozenset()
        if not self.recording:
            return self._dialling_tones() if self.state is State.CALLING else frozenset()
        # A leg that nobody listens to is not read: its jitter buffer would overflow (false loss figures) and play
        # stale audio when it is connected again. The caller's recorder and the drain read every leg all the time.
        pairs: set[Pair] = {*_PINS, ("caller", "caller_recorder")}
        if not self.handed_over:
            pairs.add(("agent", "drain"))
        if self.guest is not None and self.guest.joined:
            pairs.add(("guest", "drain"))
        if self._playing == "tone":
            pairs |= _TONE
        elif self._playing == "announcement":
            pairs |= _ANNOUNCEMENT
        elif self.state in (State.TALKING, State.HELD):
            heard = self.hearing()
            pairs |= heard
            pairs |= {(speaker, "agent_recorder") for speaker, _ in heard if speaker != "caller"}
            if self._guest_rings_on_hold:
                pairs.add(("ringback", "agent"))
        return frozenset(pairs)

    def hearing(self) -> set[tuple[Party, Party]]:
        """Return who is heard by whom (speaker, listener) while the call is up."""
        heard: set[tuple[Party, Party]] = set()
        talking = self.state is State.TALKING
        guest = self.guest if self.guest is not None and self.guest.joined else None
        if self.handed_over:
            return {("caller", "guest"), ("guest", "caller")} if talking and guest else heard
        if talking:
            heard |= {("caller", "agent"), ("agent", "caller")}
        if guest is not None:
            heard |= self._guest_hears(guest.mode, talking=talking)
        return {pair for pair in heard if not (self.muted and pair[0] == "agent")}

    def _guest_hears(self, mode: GuestMode, *, talking: bool) -> set[tuple[Party, Party]]:
        """Whoever holds the caller, agent and guest can go on; the agent's own device on hold ends that too."""
        if not talking:
            apart = mode == "listen" or "agent" in self._holders
            return set() if apart else {("agent", "guest"), ("guest", "agent")}
        heard: set[tuple[Party, Party]] = {("caller", "guest"), ("agent", "guest")}
        if mode != "listen":
            heard.add(("guest", "agent"))
        if mode == "conference":
            heard.add(("guest", "caller"))
        return heard

    def _dialling_tones(self) -> frozenset[Pair]:
        """The agent hears what the network says (early media), else our own ringing tone."""
        return frozenset({("agent", "drain"), ("caller" if self._media["caller"] else "ringback", "agent")})

    @property
    def _guest_rings_on_hold(self) -> bool:
        waiting = self.guest is not None and not self.guest.joined
        return waiting and self.state is State.HELD and "agent" not in self._holders

    # --- the end ---------------------------------------------------------------------------------------------

    def _guest_left(self, reason: str) -> list[Action]:
        guest, self.guest = self.guest, None
        return [Tell(GuestLeft, {"to": guest.to, "reason": reason})] if guest is not None else []

    def _end(self, reason: str, code: int) -> list[Action]:
        if self.state is State.ENDED:
            return []
        self.state = State.ENDED
        actions: list[Action] = [DropLeg("caller", code), DropLeg("agent", 200), DropLeg("guest", 200)]
        actions += self._guest_left("call_ended")
        if self._playing == "announcement":
            actions.append(Tell(AnnouncementFinished, {"complete": False}))
        self._playing = ""
        actions.append(Tell(CallEnded, {"reason": reason, "sip_code": code}))
        if self.recording:
            actions.append(CloseRecording())
        return actions
