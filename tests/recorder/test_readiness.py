# SPDX-License-Identifier: GPL-3.0-or-later
"""When a call is sealed: the rules as a table, and their bounds for any situation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.callfolder import CallFolder
from pipeline.events import CallAnswered, CallEnded, CallOffered, Direction
from recorder.facts import read_facts
from recorder.readiness import Rules, Situation, readiness
from tests.recorder.folders import CALL_ID

pytestmark = pytest.mark.unit
END = datetime(2026, 11, 24, 3, 20, tzinfo=UTC)
RULES = Rules(seal_after_s=900, seal_transcript_s=120)
WHOLE = Situation(
    ended_at=END,
    recorded=True,
    recording_closed=True,
    transcribed=True,
    case_pending=False,
    case_missing=False,
    last_change_at=END,
)


def after(seconds: float) -> datetime:
    return END + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("change", "seconds", "ready", "reason", "look_again_s"),
    [
        ({}, 0, True, "ready", None),
        ({"ended_at": None}, 0, False, "call_up", 60),
        ({"ended_at": None}, 59, False, "call_up", 60),
        ({"ended_at": None}, 60, True, "ready", None),
        ({"ended_at": None, "recording_closed": False}, 61, True, "ready", None),
        ({"ended_at": None, "transcribed": False}, 61, False, "transcript_pending", 120),
        ({"recording_closed": False}, 1, False, "recording_open", 5),
        ({"recording_closed": False}, 5, True, "ready", None),
        ({"recording_closed": False, "last_change_at": after(3)}, 6, False, "recording_open", 8),
        ({"transcribed": False}, 119, False, "transcript_pending", 120),
        ({"transcribed": False}, 120, True, "ready", None),
        ({"case_pending": True}, 899, False, "case_pending", 900),
        ({"case_pending": True}, 900, True, "ready", None),
        ({"case_missing": True}, 29, False, "case_missing", 30),
        ({"case_missing": True}, 30, True, "ready", None),
        ({"transcribed": False, "case_pending": True}, 10, False, "transcript_pending", 900),
        ({"recorded": False, "recording_closed": False, "transcribed": False}, 0, True, "ready", None),
        ({"screen_open_since": END}, 14, False, "screen_open", 15),
        ({"screen_open_since": END}, 15, True, "ready", None),
        ({"screen_open_since": after(40)}, 45, False, "screen_open", 55),
        ({"screen_open_since": after(899)}, 899.5, False, "screen_open", 900),
        ({"screen_open_since": after(905)}, 906, True, "ready", None),
        ({"sealing_begun": True, "case_pending": True}, 0, True, "sealing_begun", None),
    ],
)
def test_rules(change: dict[str, object], seconds: float, ready: bool, reason: str, look_again_s: float | None) -> None:
    verdict = readiness(replace(WHOLE, **change), RULES, after(seconds))  # type: ignore[arg-type]
    expected_at = None if look_again_s is None else after(look_again_s)
    assert (verdict.ready, verdict.reason, verdict.look_again_at) == (ready, reason, expected_at)


SITUATIONS = st.builds(
    Situation,
    ended_at=st.one_of(st.none(), st.just(END)),
    recorded=st.booleans(),
    recording_closed=st.booleans(),
    transcribed=st.booleans(),
    case_pending=st.booleans(),
    case_missing=st.booleans(),
    last_change_at=st.integers(-100, 100).map(after),
    screen_open_since=st.one_of(st.none(), st.integers(-100, 2000).map(after)),
)


@given(situation=SITUATIONS, seconds=st.floats(-50, 2000))
def test_waiting_is_bounded_and_ends_when_it_says(situation: Situation, seconds: float) -> None:
    verdict = readiness(situation, RULES, after(seconds))
    if verdict.ready:
        assert readiness(situation, RULES, after(seconds + 1)).ready, "a call once ready stays ready"
        return
    assert verdict.look_again_at is not None
    assert verdict.look_again_at > after(seconds)
    later = readiness(situation, RULES, verdict.look_again_at)
    assert later.ready or later.reason != verdict.reason
    assert readiness(situation, RULES, after(100 + 900)).ready


@pytest.mark.parametrize(("direction", "waits"), [("in", True), ("out", False)])
def test_a_call_that_we_made_waits_for_no_case(tmp_path: Path, direction: Direction, waits: bool) -> None:
    folder = CallFolder(tmp_path / CALL_ID).create()
    writer = folder.writer("call")
    writer.append(CallOffered(at=END, call_id=CALL_ID, extension="2101", caller_number="0812", direction=direction))
    writer.append(CallAnswered(at=END, call_id=CALL_ID, extension="2101", ring_ms=1))
    writer.append(CallEnded(at=END, call_id=CALL_ID, reason="agent_hung_up"))
    writer.close()
    assert Situation.of(read_facts(folder)).case_missing is waits
