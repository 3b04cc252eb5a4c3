# SPDX-License-Identifier: GPL-3.0-or-later
"""The call's state machine: every way up, every way down, and who hears whom."""

from __future__ import annotations

import pytest

from pipeline.errors import CommandRefusedError
from pipeline.events import (
    AgentMuted,
    AnnouncementFinished,
    CallAnswered,
    CallBridged,
    CallDialled,
    CallEnded,
    CallHeld,
    CallResumed,
    CallTransferred,
    GuestLeft,
    GuestMode,
)
from telephony.actions import (
    Action,
    AnswerCaller,
    CloseRecording,
    DialAgent,
    DialCaller,
    DropLeg,
    PlayAnnouncement,
    PlayTone,
    RingCaller,
    StartRecording,
    Tell,
)
from telephony.callstate import State
from telephony.machine import CallMachine
from telephony.targets import Target

pytestmark = pytest.mark.unit

PINS = {("silence", "caller_recorder"), ("silence", "agent_recorder")}
DRAIN = ("agent", "drain")  # else its jitter buffer fills up: late audio at the bridge and false loss figures
ALWAYS = PINS | {("caller", "caller_recorder"), DRAIN}


def _answered() -> CallMachine:
    machine = CallMachine(desk_answers=False)
    machine.offered()
    machine.agent_accepted()
    return machine


def _announcing() -> CallMachine:
    machine = _answered()
    machine.media_changed("agent", up=True, held=False)
    machine.media_changed("caller", up=True, held=False)
    machine.recording_started()
    machine.tone_finished()
    return machine


def _talking() -> CallMachine:
    machine = _announcing()
    machine.announcement_finished()
    return machine


def _told(actions: list[Action], event: type) -> dict | None:
    return next((dict(item.fields) for item in actions if isinstance(item, Tell) and item.event is event), None)


def test_the_way_up_in_order() -> None:
    machine = CallMachine(desk_answers=False)
    assert machine.offered() == [RingCaller(), DialAgent(auto_answer=False)]
    accepted = machine.agent_accepted()
    assert accepted[0] == AnswerCaller()
    assert machine.state is State.CONNECTING
    assert machine.media_changed("agent", up=True, held=False) == []
    assert machine.media_changed("caller", up=True, held=False) == [StartRecording()]
    assert machine.wiring() == frozenset()
    assert machine.recording_started() == [PlayTone()]
    assert machine.wiring() == ALWAYS | {("tone", "caller"), ("tone", "caller_recorder"), ("tone", "agent_recorder")}
    assert machine.tone_finished()[-1] == PlayAnnouncement()
    assert machine.wiring() == ALWAYS | {("announcement", "caller"), ("announcement", "agent_recorder")}
    bridged = machine.announcement_finished()
    assert _told(bridged, AnnouncementFinished) == {"complete": True}
    assert _told(bridged, CallBridged) == {}
    assert machine.wiring() == ALWAYS | {("caller", "agent"), ("agent", "caller"), ("agent", "agent_recorder")}


def test_the_agent_never_hears_the_announcement_nor_the_caller_before_the_bridge() -> None:
    machine = _announcing()
    assert not any(sink == "agent" or source == "agent" for source, sink in machine.wiring() - {DRAIN})


def test_media_that_was_up_before_the_answer_starts_the_recording_at_once() -> None:
    machine = CallMachine(desk_answers=False)
    machine.offered()
    machine.media_changed("agent", up=True, held=False)
    machine.media_changed("caller", up=True, held=False)
    assert machine.agent_accepted()[-1] == StartRecording()


def test_desk_answers_once() -> None:
    machine = CallMachine(desk_answers=True)
    assert machine.offered() == [RingCaller()]
    assert machine.answer() == [DialAgent(auto_answer=True)]
    with pytest.raises(CommandRefusedError):
        machine.answer()


def test_a_ringing_device_is_not_answered_from_the_desk() -> None:
    machine = CallMachine(desk_answers=False)
    machine.offered()
    with pytest.raises(CommandRefusedError):
        machine.answer()


def test_hold_cuts_both_ways_and_keeps_the_caller_recorded() -> None:
    machine = _talking()
    assert _told(machine.hold(), CallHeld) == {"by": "agent"}
    assert machine.wiring() == ALWAYS
    with pytest.raises(CommandRefusedError):
        machine.hold()
    assert _told(machine.resume(), CallResumed) == {}
    assert ("agent", "agent_recorder") in machine.wiring()
    with pytest.raises(CommandRefusedError):
        machine.resume()


def test_two_holders_make_one_hold() -> None:
    machine = _talking()
    assert _told(machine.media_changed("caller", up=True, held=True), CallHeld) == {"by": "caller"}
    assert machine.hold() == []
    assert machine.media_changed("caller", up=True, held=False) == []
    assert machine.state is State.HELD
    assert _told(machine.resume(), CallResumed) == {}


def test_hold_during_the_announcement_is_told_at_the_bridge() -> None:
    machine = _announcing()
    assert machine.media_changed("agent", up=True, held=True) == []
    bridged = machine.announcement_finished()
    assert _told(bridged, CallHeld) == {"by": "agent"}
    assert machine.state is State.HELD


def test_mute_takes_the_agents_voice_out_of_everything() -> None:
    machine = _talking()
    assert _told(machine.mute(on=True), AgentMuted) == {}
    assert machine.wiring() == ALWAYS | {("caller", "agent")}
    with pytest.raises(CommandRefusedError):
        machine.mute(on=True)
    machine.mute(on=False)
    assert ("agent", "caller") in machine.wiring()


@pytest.mark.parametrize("command", ["hold", "resume"])
def test_commands_that_need_a_conversation(command: str) -> None:
    machine = CallMachine(desk_answers=True)
    machine.offered()
    with pytest.raises(CommandRefusedError):
        getattr(machine, command)()
    with pytest.raises(CommandRefusedError):
        machine.mute(on=True)


@pytest.mark.parametrize(
    ("code", "reason", "caller_code"),
    [
        (486, "agent_rejected", 486),
        (603, "agent_rejected", 603),
        (408, "agent_unreachable", 480),
        (488, "codec_mismatch", 488),
    ],
)
def test_device_failures(code: int, reason: str, caller_code: int) -> None:
    machine = CallMachine(desk_answers=False)
    machine.offered()
    actions = machine.leg_gone("agent", code)
    assert DropLeg("caller", caller_code) in actions
    assert _told(actions, CallEnded) == {"reason": reason, "sip_code": caller_code}
    assert CloseRecording() not in actions


def test_endings_before_the_answer() -> None:
    for act, reason, code in (
        (lambda machine: machine.leg_gone("caller", 487), "caller_abandoned", 487),
        (lambda machine: machine.leg_gone("caller", 488), "codec_mismatch", 488),
        (lambda machine: machine.ring_timed_out(), "no_answer", 480),
        (lambda machine: machine.agent_silent(), "agent_unreachable", 480),
        (lambda machine: machine.reject(), "agent_rejected", 603),
        (lambda machine: machine.hang_up(), "agent_rejected", 603),
        (lambda machine: machine.shut_down(), "shutdown", 503),
    ):
        machine = CallMachine(desk_answers=False)
        machine.offered()
        assert _told(act(machine), CallEnded) == {"reason": reason, "sip_code": code}
        assert machine.state is State.ENDED


def test_endings_after_the_answer_close_the_recording_last() -> None:
    for act, reason in (
        (lambda machine: machine.leg_gone("caller", 200), "caller_hung_up"),
        (lambda machine: machine.leg_gone("agent", 200), "agent_hung_up"),
        (lambda machine: machine.hang_up(), "agent_hung_up"),
        (lambda machine: machine.shut_down(), "shutdown"),
        (lambda machine: machine.failed(), "error"),
    ):
        machine = _talking()
        actions = act(machine)
        ended = _told(actions, CallEnded)
        assert ended is not None
        assert ended["reason"] == reason
        assert actions[-1] == CloseRecording()
        assert machine.wiring() == frozenset()


def test_hang_up_during_the_announcement_says_that_it_was_cut() -> None:
    actions = _announcing().leg_gone("caller", 200)
    assert _told(actions, AnnouncementFinished) == {"complete": False}


def test_late_events_change_nothing_after_the_end() -> None:
    machine = _talking()
    machine.hang_up()
    assert machine.leg_gone("caller", 200) == []
    assert machine.leg_gone("agent", 200) == []
    assert machine.agent_accepted() == []
    assert machine.ring_timed_out() == []
    assert machine.announcement_finished() == []
    assert machine.media_changed("caller", up=True, held=True) == []
    assert machine.failed() == []
    with pytest.raises(CommandRefusedError):
        machine.hang_up()


def test_every_refusal_is_a_sentence_of_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    ringing, dialled, over = CallMachine(desk_answers=True), CallMachine(desk_answers=False), _talking()
    dialled.offered()
    over.hang_up()
    sentences: dict[str, set[str]] = {}
    for language in ("id", "en"):
        monkeypatch.setenv("KRING_LANGUAGE", language)
        for machine in (ringing, dialled, _answered(), _announcing(), over):
            for command in ("answer", "hold", "resume", "mute", "unmute", "reject", "hang_up"):
                if (machine, command) in ((ringing, "answer"), *((one, "reject") for one in (ringing, dialled))):
                    continue
                act = {"mute": lambda m: m.mute(on=True), "unmute": lambda m: m.mute(on=False)}.get(command)
                if command == "hang_up" and machine is not over:
                    continue
                with pytest.raises(CommandRefusedError) as caught:
                    act(machine) if act else getattr(machine, command)()
                sentences.setdefault(language, set()).add(str(caught.value))
    for language, said in sentences.items():
        assert not any("telephony." in sentence or "{" in sentence for sentence in said), language
    assert not sentences["id"] & sentences["en"]


def test_timers_of_the_ringing_phase_do_nothing_later() -> None:
    machine = _answered()
    assert machine.ring_timed_out() == []
    assert machine.agent_silent() == []
    assert machine.state is State.CONNECTING


GUEST = Target("2102", "sip:guest@127.0.0.1:6102", internal=True)


def _with_guest(mode: GuestMode) -> CallMachine:
    machine = _talking()
    machine.invite(GUEST, mode)
    machine.guest_accepted()
    return machine


def _calling() -> CallMachine:
    machine = CallMachine(desk_answers=True, direction="out")
    machine.offered()
    machine.media_changed("agent", up=True, held=False)
    machine.agent_accepted()
    return machine


def test_an_outgoing_call_on_its_way_up() -> None:
    machine = CallMachine(desk_answers=True, direction="out")
    assert machine.offered() == [DialAgent(auto_answer=True)]
    assert machine.possible() == ("hangup",)
    machine.media_changed("agent", up=True, held=False)
    assert machine.agent_accepted() == [Tell(CallDialled), DialCaller()]
    assert machine.wiring() == {DRAIN, ("ringback", "agent")}
    assert machine.media_changed("caller", up=True, held=False) == []  # early media: nobody has answered
    assert machine.wiring() == {DRAIN, ("caller", "agent")}
    assert machine.caller_accepted() == [Tell(CallAnswered), StartRecording()]
    assert machine.recording_started() == [PlayTone()]


def test_outgoing_calls_that_come_to_nothing() -> None:
    for act, reason, code in (
        (lambda machine: machine.leg_gone("caller", 486), "called_busy", 486),
        (lambda machine: machine.leg_gone("caller", 603), "called_rejected", 603),
        (lambda machine: machine.leg_gone("caller", 480), "called_no_answer", 480),
        (lambda machine: machine.leg_gone("caller", 404), "called_unreachable", 404),
        (lambda machine: machine.leg_gone("caller", 488), "codec_mismatch", 488),
        (lambda machine: machine.called_timed_out(), "called_no_answer", 480),
        (lambda machine: machine.hang_up(), "agent_cancelled", 487),
        (lambda machine: machine.leg_gone("agent", 200), "agent_cancelled", 487),
    ):
        actions = act(_calling())
        assert _told(actions, CallEnded) == {"reason": reason, "sip_code": code}
    ringing = CallMachine(desk_answers=False, direction="out")
    ringing.offered()
    assert ringing.called_timed_out() == []
    assert _told(ringing.ring_timed_out(), CallEnded) == {"reason": "agent_unreachable", "sip_code": 480}
    assert _calling().ring_timed_out() == []


def test_an_outgoing_call_is_neither_answered_nor_rejected_by_its_agent() -> None:
    machine = CallMachine(desk_answers=True, direction="out")
    machine.offered()
    for command in (machine.answer, machine.reject):
        with pytest.raises(CommandRefusedError):
            command()


def test_a_conference_after_a_consultation_brings_the_caller_back() -> None:
    machine = _with_guest("consult")
    assert machine.state is State.HELD
    assert _told(machine.guest_mode("conference"), CallResumed) == {}
    assert machine.state is State.TALKING
    assert "resume" not in machine.possible()
    assert {("caller", "guest"), ("guest", "caller"), ("agent", "guest"), ("guest", "agent")} <= machine.wiring()


def test_after_a_consultation_the_caller_waits_for_the_agent() -> None:
    machine = _with_guest("consult")
    assert _told(machine.leg_gone("guest", 200), GuestLeft) == {"to": "2102", "reason": "hung_up"}
    assert machine.state is State.HELD
    machine.resume()
    assert machine.state is State.TALKING


def test_an_agent_who_has_handed_over_disturbs_nobody() -> None:
    machine = _with_guest("consult")
    machine.media_changed("agent", up=True, held=True)
    handed = machine.transfer_attended()
    assert _told(handed, CallTransferred) == {"to": "2102", "kind": "attended"}
    assert DropLeg("agent", 200) in handed
    assert machine.media_changed("agent", up=True, held=True) == []
    assert machine.leg_gone("agent", 200) == []
    assert {("caller", "guest"), ("guest", "caller"), ("guest", "agent_recorder")} <= machine.wiring()
    assert _told(machine.leg_gone("guest", 200), CallEnded) == {"reason": "guest_hung_up", "sip_code": 200}


def test_the_agent_who_hangs_up_ends_a_conference() -> None:
    machine = _with_guest("conference")
    actions = machine.leg_gone("agent", 200)
    assert DropLeg("guest", 200) in actions
    assert _told(actions, GuestLeft) == {"to": "2102", "reason": "call_ended"}
    assert _told(actions, CallEnded) == {"reason": "agent_hung_up", "sip_code": 200}


def test_a_caller_who_leaves_while_a_transfer_is_under_way() -> None:
    for reported, reason in ((False, "caller_hung_up"), (True, "transferred")):
        machine = _talking()
        machine.transfer(Target("021", "sip:021@127.0.0.1"))
        if reported:
            assert machine.transfer_progress(180) == []
        assert _told(machine.leg_gone("caller", 200), CallEnded) == {"reason": reason, "sip_code": 200}


def test_a_guest_rings_in_the_agents_ear_only_while_the_caller_waits() -> None:
    machine = _talking()
    machine.invite(GUEST, "consult")
    assert ("ringback", "agent") not in machine.wiring()
    machine.hold()
    assert ("ringback", "agent") in machine.wiring()
    machine.guest_accepted()
    assert ("ringback", "agent") not in machine.wiring()
