# SPDX-License-Identifier: GPL-3.0-or-later
"""Any walk through the call's state machine: who hears whom, what is recorded, what is possible, and the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipeline.errors import CommandRefusedError
from pipeline.events import CallAnswered, CallEnded, Direction, GuestInvited, GuestJoined, GuestLeft, GuestMode
from telephony.actions import Action, Tell
from telephony.callstate import State
from telephony.machine import CallMachine
from telephony.targets import Target

pytestmark = pytest.mark.unit

MODES = st.sampled_from(get_args(GuestMode))
PARTIES = ("caller", "agent", "guest")
COMMANDS: dict[str, Callable[[CallMachine, GuestMode], list[Action]]] = {
    "answer": lambda machine, _: machine.answer(),
    "reject": lambda machine, _: machine.reject(),
    "hangup": lambda machine, _: machine.hang_up(),
    "hold": lambda machine, _: machine.hold(),
    "resume": lambda machine, _: machine.resume(),
    "mute": lambda machine, _: machine.mute(on=True),
    "unmute": lambda machine, _: machine.mute(on=False),
    "dtmf": lambda machine, _: machine.dtmf(3),
    "guest": lambda machine, mode: machine.invite(Target("2102", "sip:x", internal=True), mode),
    "guest_mode": lambda machine, mode: machine.guest_mode(mode),
    "guest_drop": lambda machine, _: machine.guest_drop(),
    "transfer": lambda machine, _: machine.transfer(Target("021", "sip:y")),
    "transfer_attended": lambda machine, _: machine.transfer_attended(),
}


class Walk(RuleBasedStateMachine):
    """Everything that legs, timers and people can do, in any order."""

    machine: CallMachine

    @initialize(direction=st.sampled_from(get_args(Direction)), desk=st.booleans(), through=st.integers(0, 3))
    def begin(self, direction: Direction, desk: bool, through: int) -> None:
        self.machine = CallMachine(desk_answers=desk, direction=direction)
        self.told: list[type] = []
        self.holding: set[str] = set()  # whose own telephone is on hold
        self._take(self.machine.offered())
        if through:
            self.get_through()

    def _take(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Tell):
                extra = {"extension": "2101", "ring_ms": 1} if action.event is CallAnswered else {}
                action.event(at=datetime.now(UTC), call_id="x", **action.fields, **extra)  # its fields are allowed
                self.told.append(action.event)

    # --- what happens ----------------------------------------------------------------------------------------

    @rule(command=st.sampled_from(sorted(set(COMMANDS) - {"hangup", "reject"})), mode=MODES)
    def any_command(self, command: str, mode: GuestMode) -> None:
        self.command(command, mode)

    @rule(command=st.sampled_from(("hangup", "reject")), luck=st.integers(0, 9))
    def hang_up(self, command: str, luck: int) -> None:
        if not luck:
            self.command(command, "listen")

    def command(self, command: str, mode: GuestMode) -> None:
        machine, act = self.machine, COMMANDS[command]
        same = command == "guest_mode" and machine.guest is not None and machine.guest.mode == mode
        if command in machine.possible() and not same:
            self._take(act(machine, mode))
            if command in ("guest_mode", "resume", "transfer_attended"):
                self._is_up_unless_held()
            return
        before = (machine.state, machine.wiring(), machine.possible())
        with pytest.raises(CommandRefusedError) as refused:
            act(machine, mode)
        assert "telephony." not in str(refused.value)
        assert bool(refused.value.remedy) is bool(machine.possible())
        assert (machine.state, machine.wiring(), machine.possible()) == before

    @rule(data=st.data(), mode=MODES)
    def possible_command(self, data: st.DataObject, mode: GuestMode) -> None:
        """What is offered is pressed more often than what is not."""
        offered = [name for name in self.machine.possible() if name not in ("hangup", "reject")]
        if offered:
            self.command(data.draw(st.sampled_from(offered)), mode)

    def _is_up_unless_held(self) -> None:
        """Nothing but a telephone on hold, a consultation or the desk's own hold keeps the caller apart."""
        machine = self.machine
        consulting = machine.guest is not None and machine.guest.joined and machine.guest.mode == "consult"
        if not consulting and "resume" not in machine.possible():
            held = self.holding - ({"agent"} if machine.handed_over else set())
            assert machine.state is (State.HELD if held else State.TALKING)

    @precondition(lambda self: self.machine.recording is False)
    @rule()
    def get_through(self) -> None:
        """The usual way up, so that walks get far."""
        machine = self.machine
        if "answer" in machine.possible():
            self._take(machine.answer())
        self._take(machine.media_changed("agent", up=True, held=False))
        self._take(machine.agent_accepted())
        self._take(machine.media_changed("caller", up=True, held=False))
        self._take(machine.caller_accepted())
        if machine.state is State.CONNECTING:
            self._take(machine.recording_started())
            self._take(machine.tone_finished())
            self._take(machine.announcement_finished())

    @rule()
    def accepts(self) -> None:
        self._take(self.machine.agent_accepted())
        if self.machine.direction == "out":
            self._take(self.machine.caller_accepted())

    @rule(mode=MODES)
    def guest_comes(self, mode: GuestMode) -> None:
        if "guest" in self.machine.possible():
            self.command("guest", mode)
        self._take(self.machine.guest_accepted())

    @rule(leg=st.sampled_from(("caller", "agent")), held=st.booleans())
    def media(self, leg: str, held: bool) -> None:
        self._take(self.machine.media_changed(leg, up=True, held=held))  # type: ignore[arg-type]
        if not (leg == "agent" and self.machine.handed_over) and self.machine.state is not State.CONNECTING:
            (self.holding.add if held else self.holding.discard)(leg)

    @precondition(lambda self: self.machine.transfer_to)
    @rule(code=st.sampled_from((100, 180, 200, 404, 486, 603)))
    def transfer_report(self, code: int) -> None:
        self._take(self.machine.transfer_progress(code))

    @precondition(lambda self: self.machine.guest is not None or self.machine.transfer_to)
    @rule(what=st.sampled_from(("guest_timed_out", "guest_silent", "transfer_timed_out")))
    def timer(self, what: str) -> None:
        self._take(getattr(self.machine, what)())

    @precondition(lambda self: self.machine.guest is not None)
    @rule(code=st.sampled_from((200, 404, 408, 480, 486, 488, 503, 603)))
    def guest_goes(self, code: int) -> None:
        self._take(self.machine.leg_gone("guest", code))
        assert self.machine.guest is None

    @rule(
        leg=st.sampled_from(("caller", "agent")),
        code=st.sampled_from((200, 404, 480, 486, 603)),
        luck=st.integers(0, 9),
    )
    def leg_goes(self, leg: str, code: int, luck: int) -> None:
        if not luck and (leg == "agent" or self.machine.direction == "in" or self.machine.state is not State.RINGING):
            self._take(self.machine.leg_gone(leg, code))  # type: ignore[arg-type]

    @rule(
        what=st.sampled_from(("ring_timed_out", "called_timed_out", "agent_silent", "failed", "shut_down")),
        luck=st.integers(0, 9),
    )
    def end(self, what: str, luck: int) -> None:
        if not luck:
            self._take(getattr(self.machine, what)())

    # --- what always holds -----------------------------------------------------------------------------------

    @invariant()
    def the_caller_hears_no_guest_but_in_a_conference(self) -> None:
        guest = self.machine.guest
        if ("guest", "caller") in self.machine.wiring():
            assert guest is not None
            assert guest.joined
            assert guest.mode == "conference"

    @invariant()
    def a_consultation_is_apart_from_the_caller(self) -> None:
        guest, wired = self.machine.guest, self.machine.wiring()
        if guest is not None and guest.joined and guest.mode == "consult":
            assert self.machine.state is State.HELD
            assert not [pair for pair in wired if pair[1] == "caller"]
            assert ("caller", "agent") not in wired
            assert ("caller", "guest") not in wired

    @invariant()
    def a_listener_is_heard_by_nobody_and_hears_nothing_on_hold(self) -> None:
        guest, wired = self.machine.guest, self.machine.wiring()
        if guest is not None and guest.mode == "listen":
            assert not [pair for pair in wired if pair[0] == "guest" and pair[1] != "drain"]
            if self.machine.state is State.HELD:
                assert not [pair for pair in wired if pair[1] == "guest"]

    @invariant()
    def whom_the_agent_left_together_hear_each_other(self) -> None:
        machine = self.machine
        if machine.handed_over and machine.state is not State.ENDED:
            together = {("caller", "guest"), ("guest", "caller")} <= machine.wiring()
            assert together is ("caller" not in self.holding)

    @invariant()
    def the_caller_is_recorded_always_and_alone(self) -> None:
        wired = self.machine.wiring()
        assert ("caller", "agent_recorder") not in wired
        assert {source for source, sink in wired if sink == "caller_recorder"} <= {"silence", "tone", "caller"}
        if self.machine.recording and self.machine.state is not State.ENDED:
            assert {("silence", "caller_recorder"), ("silence", "agent_recorder")} <= wired
            assert ("caller", "caller_recorder") in wired

    @invariant()
    def who_is_heard_is_recorded_and_nobody_else(self) -> None:
        wired = self.machine.wiring()
        if not self.machine.recording:
            return
        for speaker in ("agent", "guest"):
            heard = any((speaker, listener) in wired for listener in PARTIES)
            assert ((speaker, "agent_recorder") in wired) is heard

    @invariant()
    def a_muted_agent_is_heard_by_nobody(self) -> None:
        if self.machine.muted:
            assert not [pair for pair in self.machine.wiring() if pair[0] == "agent" and pair[1] != "drain"]

    @invariant()
    def nobody_hears_anybody_before_the_announcement_is_over(self) -> None:
        if self.machine.recording and self.machine.state is State.ANNOUNCING:
            assert not [pair for pair in self.machine.wiring() if set(pair) <= set(PARTIES)]

    @invariant()
    def an_agent_who_has_handed_over_is_out(self) -> None:
        if self.machine.handed_over:
            assert not [pair for pair in self.machine.wiring() if "agent" in pair]

    @invariant()
    def ended_is_final(self) -> None:
        machine = self.machine
        assert self.told.count(CallEnded) == (machine.state is State.ENDED)
        if CallEnded in self.told:
            assert machine.wiring() == frozenset()
            assert machine.possible() == ()
            assert machine.guest is None
            assert self.told[-1] is CallEnded

    @invariant()
    def every_guest_who_was_invited_leaves_once(self) -> None:
        invited, left = self.told.count(GuestInvited), self.told.count(GuestLeft)
        assert invited - left == (self.machine.guest is not None)
        assert self.told.count(GuestJoined) <= invited


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)
TestWalk.pytestmark = [pytest.mark.unit]
