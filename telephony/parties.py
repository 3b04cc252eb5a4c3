# SPDX-License-Identifier: GPL-3.0-or-later
"""The legs of one call by who is on them: placed, watched until they answer, dropped. Engine thread only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from pipeline.catalog import text
from pipeline.errors import CommandRefusedError
from pipeline.events import Party
from pipeline.settings import Settings
from telephony.actions import Action, AnswerCaller, DialAgent, DialCaller, DialGuest, ReferCaller, RingCaller
from telephony.dialler import Dialler
from telephony.engine import Engine, SipFailure, Timer, failure_reason
from telephony.errors import TelephonyError
from telephony.legs import Leg, LegListener, SipLeg
from telephony.machine import CallMachine
from telephony.policy import Caller

log = structlog.get_logger("telephony.parties")

DEVICE_SILENT_S = 4.0  # an INVITE is repeated after 0.5, 1, 2 s: no device that is there stays silent so long
NOT_SENT_CODE = 503  # stands for a request that could not even be sent

Feed = Callable[[Sequence[Action]], None]


class Parties:
    """Caller, agent and guest of one call; ``other`` is who is on the caller's leg."""

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        dialler: Dialler,
        *,
        machine: CallMachine,
        feed: Feed,
        listener: LegListener,
        later: Callable[[float, Callable[[], None]], Timer],
    ) -> None:
        self._engine, self._settings, self._dialler = engine, settings, dialler
        self._machine, self._feed, self._listener, self._later = machine, feed, listener, later
        self._legs: dict[Party, Leg] = {}
        self._signs: dict[Party, Timer] = {}
        self._transfer_timer: Timer | None = None
        self.other = Caller("", "", "")

    # --- who is there ----------------------------------------------------------------------------------------

    def alive(self) -> Mapping[Party, Leg]:
        """Return the legs that have not ended."""
        return {name: leg for name, leg in self._legs.items() if leg.alive}

    def name(self, leg: Leg) -> Party | None:
        """Return whose leg it is; None when it is no part of the call any more."""
        return next((name for name, known in self._legs.items() if known is leg), None)

    def media(self, name: str) -> Any | None:
        """Return the bridge port of a party, None while there is none."""
        return next((leg.media for party, leg in self._legs.items() if party == name), None)

    @property
    def caller(self) -> SipLeg:
        """The caller's leg, which must be there."""
        leg = self._legs["caller"]
        assert isinstance(leg, SipLeg)
        return leg

    @property
    def caller_is_leaving(self) -> bool:
        """Whether the caller's leg ended and only the news of it is still on its way."""
        return "caller" in self._legs and self.caller.over

    def add_caller(self, leg: SipLeg, other: Caller) -> None:
        """Take an incoming leg."""
        self._legs["caller"], self.other = leg, other

    def heard_of(self, leg: Leg) -> Party | None:
        """Note a sign of life and return whose it was."""
        name = self.name(leg)
        if name in self._signs:
            self._signs.pop(name).cancel()
        return name

    def forget(self, name: Party) -> None:
        """Take a leg out that ended."""
        self._legs.pop(name, None)

    def drop(self, name: Party, code: int) -> Leg | None:
        """End a leg and return it; its end is nobody's news. None when there is no such leg."""
        leg = self._legs.pop(name, None)
        if leg is None or not leg.alive:
            return None
        leg.hang_up(code)
        return leg

    # --- what the machine asks for ---------------------------------------------------------------------------

    def carry_out(self, action: Action) -> None:
        """Do what goes out as SIP."""
        match action:
            case RingCaller():
                self.caller.answer(180)
            case AnswerCaller():
                self.caller.answer(200)
            case DialAgent(auto_answer=auto_answer):
                self._dial_agent(auto_answer)
            case DialCaller():
                self._dial_caller()
            case DialGuest():
                self._dial_guest(action)
            case ReferCaller(uri=uri):
                self._refer_caller(uri)

    def _dial_agent(self, auto_answer: bool) -> None:
        leg = self._dial("agent", lambda: self._dialler.agent(self._listener, self.other, auto_answer=auto_answer))
        self._expect_sign(leg, "agent", self._machine.agent_silent)

    def _dial_caller(self) -> None:
        leg = self._dial("caller", lambda: self._dialler.party(self._listener, self.other.uri))
        self._limit(leg, self._settings.outbound_timeout_s, self._machine.called_timed_out)

    def _dial_guest(self, what: DialGuest) -> None:
        shown = self.other if what.internal else None  # the outside is shown us
        leg = self._dial(
            "guest",
            lambda: self._dialler.party(self._listener, what.uri, shown=shown, auto_answer=what.auto_answer),
        )
        if what.internal:
            self._expect_sign(leg, "guest", self._machine.guest_silent)
        limit_s = self._settings.ring_timeout_s if what.internal else self._settings.outbound_timeout_s
        self._limit(leg, limit_s, self._machine.guest_timed_out)

    def _refer_caller(self, uri: str) -> None:
        if self._transfer_timer is not None:
            self._transfer_timer.cancel()
        limit_s = self._settings.outbound_timeout_s
        self._transfer_timer = self._later(limit_s, lambda: self._feed(self._machine.transfer_timed_out()))
        try:
            self.caller.refer(uri)
        except SipFailure as error:
            log.error("transfer cannot be asked for", problem=failure_reason(error))
            self._engine.post(lambda: self._feed(self._machine.transfer_progress(NOT_SENT_CODE)))

    def send_keys(self, digits: str) -> None:
        """Send keys to the caller's side; raises CommandRefusedError when it takes none."""
        try:
            self.caller.send_keys(digits)
        except SipFailure as error:
            log.warning("keys not sent", problem=failure_reason(error))
            raise CommandRefusedError(
                text("telephony.refused_keys_far_end"), remedy=text("telephony.refused_keys_far_end_remedy")
            ) from error

    def _dial(self, name: Party, call: Callable[[], Leg]) -> Leg | None:
        try:
            self._legs[name] = leg = call()
        except (SipFailure, TelephonyError) as error:
            log.error("cannot be called", leg=name, problem=failure_reason(error))
            self._engine.post(lambda: self._feed(self._machine.leg_gone(name, NOT_SENT_CODE)))
            return None
        return leg

    def _expect_sign(self, leg: Leg | None, name: Party, silent: Callable[[], list[Action]]) -> None:
        if leg is not None:
            self._signs[name] = self._limit(leg, DEVICE_SILENT_S, silent)

    def _limit(self, leg: Leg | None, limit_s: float, then: Callable[[], list[Action]]) -> Timer:
        """Feed the machine after a time, if the leg is still part of the call by then."""
        return self._later(limit_s, lambda: self._feed(then() if leg and self.name(leg) else []))
