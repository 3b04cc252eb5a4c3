# SPDX-License-Identifier: GPL-3.0-or-later
"""The live projection: the same events give the same picture, whatever order transport played tricks with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from desk.live import LiveState
from desk.live_call import project
from pipeline import events as ev

pytestmark = pytest.mark.unit

T0 = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
CALL = "20261124T030000-0000beef"


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def segment(number: int, text: str, *, leg: ev.Leg = "caller", seconds: float = 10.0) -> ev.SegmentFinalized:
    return ev.SegmentFinalized(
        at=at(seconds), call_id=CALL, seq=number, leg=leg, segment=number, start_ms=number * 1000,
        end_ms=number * 1000 + 900, text=text, words=(), decoded_to_ms=number * 1000 + 1000, confidence=0.9,
    )  # fmt: skip


def partial(number: int, text: str, *, seconds: float = 9.0) -> ev.PartialRecognized:
    return ev.PartialRecognized(
        at=at(seconds), call_id=CALL, leg="caller", segment=number, text=text, audio_to_ms=number * 1000
    )


def offered(call_id: str = CALL, extension: str = "2101", seconds: float = 0.0) -> ev.CallOffered:
    return ev.CallOffered(
        at=at(seconds), call_id=call_id, seq=1, extension=extension, caller_number="081200000001",
        caller_name="<b>Budi</b>",
    )  # fmt: skip


def answered(call_id: str = CALL, seconds: float = 4.0) -> ev.CallAnswered:
    return ev.CallAnswered(at=at(seconds), call_id=call_id, seq=2, extension="2101", ring_ms=4000)


def ended(call_id: str = CALL, seconds: float = 60.0, reason: str = "caller_hung_up") -> ev.CallEnded:
    return ev.CallEnded(at=at(seconds), call_id=call_id, seq=9, reason=reason, talk_ms=50_000)


def state_after(*items: ev.Event) -> LiveState:
    live = LiveState(extensions=["2101", "2102"])
    for item in items:
        live.apply(item)
    return live


def test_a_call_goes_through_its_states() -> None:
    live = LiveState()
    seen = []
    for item in (
        offered(),
        answered(),
        ev.RecordingStarted(at=at(4), call_id=CALL, seq=3, sample_rate_hz=8000, sync_tone_ms=100),
        ev.AnnouncementStarted(at=at(4), call_id=CALL, seq=4),
        ev.CallBridged(at=at(7), call_id=CALL, seq=5),
        ev.CallHeld(at=at(20), call_id=CALL, seq=6, by="agent"),
        ev.CallResumed(at=at(30), call_id=CALL, seq=7),
        ev.AgentMuted(at=at(31), call_id=CALL, seq=8),
        ended(),
    ):
        live.apply(item)
        seen.append(live.calls[CALL].state)
    assert seen == [
        "ringing", "announcing", "announcing", "announcing", "talking", "held", "talking", "talking", "ended",
    ]  # fmt: skip
    shown = live.calls[CALL].snapshot("Sari")
    assert shown["recording"] is True  # until the files are closed
    assert shown["muted"] is True
    assert shown["agent_name"] == "Sari"
    assert shown["offered_at"] == "2026-11-24T03:00:00Z"
    live.apply(ev.RecordingClosed(at=at(61), call_id=CALL, seq=10, caller_samples=1, agent_samples=1))
    assert live.calls[CALL].snapshot("Sari")["recording"] is False


def test_nothing_brings_an_ended_call_back() -> None:
    live = state_after(offered(), ended(), ev.CallResumed(at=at(61), call_id=CALL, seq=10))
    assert live.calls[CALL].state == "ended"
    assert live.live_calls() == []


def test_a_partial_is_replaced_by_its_final_and_never_comes_back() -> None:
    live = state_after(offered(), partial(1, "saya lupa"), partial(1, "saya lupa efin"))
    assert live.calls[CALL].snapshot("")["partials"]["caller"]["text"] == "saya lupa efin"
    live.apply(segment(1, "saya lupa efin"))
    live.apply(partial(1, "saya lupa efin"))  # late on the bus
    shown = live.calls[CALL].snapshot("")
    assert shown["partials"]["caller"] is None
    assert [item["text"] for item in shown["segments"]] == ["saya lupa efin"]


def test_a_partial_of_the_next_segment_survives_the_final_before_it() -> None:
    live = state_after(offered(), partial(2, "untuk lapor"), segment(1, "saya lupa efin"))
    assert live.calls[CALL].snapshot("")["partials"]["caller"]["text"] == "untuk lapor"


def test_segments_of_both_legs_stand_in_the_order_spoken_and_once() -> None:
    live = state_after(offered(), segment(3, "tiga"), segment(1, "satu", leg="agent"), segment(3, "tiga baru"))
    assert [item["text"] for item in live.calls[CALL].snapshot("")["segments"]] == ["satu", "tiga baru"]
    assert live.calls[CALL].snapshot("", segments=False)["last_text"] == "tiga baru"


def test_an_ephemeral_event_does_not_make_a_call() -> None:
    live = state_after(partial(1, "siapa"), ev.CallProgressed(at=T0, call_id=CALL))
    assert live.calls == {}


def test_news_of_a_sealed_call_does_not_make_it_live_again() -> None:
    closed = ev.CaseTransitioned(
        at=T0, call_id=CALL, case_number="LI-2026-000001", from_state="documented", to_state="closed", step="8",
        person="",
    )  # fmt: skip
    assert state_after(closed).calls == {}


def test_a_transcript_that_is_heard_of_before_its_call_is_kept_but_not_shown_as_a_call() -> None:
    live = state_after(segment(1, "satu"))
    assert live.live_calls() == []
    live.apply(offered())
    [call] = live.live_calls()
    assert [item.text for item in call.ordered_segments()] == ["satu"]


def test_the_agent_keeps_an_answered_call_until_its_case_is_done() -> None:
    live = state_after(offered(), answered(), ended())
    live.set_case(CALL, {"case_id": "1", "state": "received"})
    assert live.current_call("2101") is live.calls[CALL]
    live.set_case(CALL, {"case_id": "1", "state": "documented"})
    assert live.current_call("2101") is None
    assert live.current_call("2102") is None


def test_a_new_call_takes_the_place_of_an_undocumented_one() -> None:
    second = "20261124T031000-0000beef"
    live = state_after(offered(), answered(), ended())
    live.set_case(CALL, {"case_id": "1", "state": "received"})
    live.apply(offered(second, seconds=600))
    current = live.current_call("2101")
    assert current is not None and current.call_id == second
    live.apply(ended(second, seconds=610, reason="caller_abandoned"))
    current = live.current_call("2101")  # abandoned: nothing to document, the old one is back
    assert current is not None and current.call_id == CALL


def test_pruning_forgets_sealed_calls_but_not_what_still_needs_somebody() -> None:
    live = state_after(offered(), answered(), ended())
    live.set_case(CALL, {"case_id": "1", "state": "received"})
    sealed = ev.BundleSealed(at=at(70), call_id=CALL, bundle="x", manifest_sha256="0", complete=True)
    assert live.prune(at(10_000)) == []  # not sealed: the archiver is behind, the call is not forgotten
    assert live.unsealed() == 1
    live.apply(sealed)
    assert live.unsealed() == 0
    assert live.prune(at(100)) == []  # sealed, but its case is unfinished
    live.set_case(CALL, {"case_id": "1", "state": "documented"})
    assert live.prune(at(101)) == [CALL]
    assert live.calls == {}


def test_the_longest_ringing_caller_is_counted_from_the_offer() -> None:
    live = state_after(offered(), offered("20261124T030005-0000beef", seconds=5))
    assert live.ringing_longest_s(at(12)) == 12.0
    live.apply(answered())
    assert live.ringing_longest_s(at(12)) == 7.0


def test_lamps_keep_the_time_of_the_change_not_of_the_repetition() -> None:
    live = state_after(
        ev.ExtensionStateChanged(at=at(1), extension="2101", state="ready"),
        ev.ExtensionStateChanged(at=at(9), extension="2101", state="ready"),
        ev.ExtensionStateChanged(at=at(10), extension="2103", state="failed", detail="port 5064"),
    )
    rows = live.extension_rows(lambda number: f"agen {number}")
    assert [(row["number"], row["state"], row["since"]) for row in rows] == [
        ("2101", "ready", "2026-11-24T03:00:01Z"),
        ("2102", "stopped", None),
        ("2103", "failed", "2026-11-24T03:00:10Z"),
    ]
    assert rows[0]["agent_name"] == "agen 2101"


def test_a_call_is_projected_the_same_from_its_folder_in_any_order() -> None:
    history: list[ev.CallEvent] = [offered(), answered(), segment(1, "satu", seconds=9), ended()]
    assert project(CALL, reversed(history)) == project(CALL, history)
