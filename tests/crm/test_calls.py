# SPDX-License-Identifier: GPL-3.0-or-later
"""The call rows: the same whatever the order of the events, and what the pages ask."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from crm import calls, cases
from crm.clock import CaseLimits
from pipeline.events import (
    BundleSealed,
    CallAnswered,
    CallBridged,
    CallEnded,
    CallOffered,
    RecordingClosed,
)
from tests.crm.office import CALL

pytestmark = pytest.mark.unit


def story(now, call_id=CALL, *, extension="2101", number="081200000001", answered=True, reason="caller_hung_up"):
    """Return the events of one invented call, in order."""
    at = [now + timedelta(seconds=seconds) for seconds in (0, 4, 64, 65, 70)]
    events = [CallOffered(at=at[0], call_id=call_id, extension=extension, caller_number=number, caller_name="Siti")]
    if answered:
        events.append(CallAnswered(at=at[1], call_id=call_id, extension=extension, ring_ms=4000))
    events.append(CallEnded(at=at[2], call_id=call_id, reason=reason, talk_ms=60000 if answered else 0))
    if answered:
        events.append(RecordingClosed(at=at[3], call_id=call_id, caller_samples=1, agent_samples=1))
    events.append(
        BundleSealed(
            at=at[4], call_id=call_id, bundle=f"2026/01/05/{call_id}", manifest_sha256="ab" * 32, complete=True
        )
    )
    return events


def test_a_call_in_order(db, staff, now):
    for item in story(now):
        assert calls.apply(db, item)
    row = calls.find_call(db, CALL)
    assert (row.extension, row.caller_number, row.caller_name, row.agent_name) == (
        "2101", "081200000001", "Siti", "Sari Contoh",
    )  # fmt: skip
    assert (row.offered_at, row.answered_at, row.ended_at) == (
        now, now + timedelta(seconds=4), now + timedelta(seconds=64),
    )  # fmt: skip
    assert (row.end_reason, row.ring_ms, row.talk_ms, row.recording_gap) == ("caller_hung_up", 4000, 60000, False)
    assert (row.bundle_complete, row.manifest_sha256) == (True, "ab" * 32)


@pytest.mark.parametrize("answered", [True, False])
def test_any_order_and_repeats_give_the_same_row(db, staff, now, answered):
    rows = set()
    orders = list(itertools.permutations(story(now, answered=answered)))
    step = 1 if db.url.get_backend_name() == "sqlite" else 7  # the order is the code's doing, not the engine's
    for number, order in enumerate(orders[::step]):
        call_id = f"20260105T010000-{number:08x}"
        for item in (*order, order[0]):
            calls.apply(db, item.model_copy(update={"call_id": call_id, "bundle": "x"}))
        row = calls.find_call(db, call_id)
        rows.add((row.offered_at, row.answered_at, row.ended_at, row.ring_ms, row.talk_ms, row.agent_id, row.sealed_at))
    assert len(rows) == 1


def test_events_of_other_kinds_make_no_row(db, now):
    assert not calls.apply(db, CallBridged(at=now, call_id=CALL))
    assert calls.find_call(db, CALL) is None


def test_overlong_and_strange_callers_fit(db, now):
    calls.apply(
        db, CallOffered(at=now, call_id=CALL, extension="2101", caller_number="9" * 500, caller_name="\x00" + "n" * 500)
    )
    row = calls.find_call(db, CALL)
    assert (len(row.caller_number), row.caller_name) == (64, "n" * 200)


def test_recent_calls_of_an_extension(db, staff, now):
    for number in range(4):
        for item in story(now + timedelta(hours=number), f"20260105T010000-0000000{number}"):
            calls.apply(db, item)
    for item in story(now, "20260105T010000-000000ff", extension="2102"):
        calls.apply(db, item)
    calls.apply(db, story(now, "20260105T010000-000000fe")[0])  # still ringing
    case = cases.open_case(db, "20260105T010000-00000003", person=staff.agent, now=now, limits=CaseLimits()).case
    found = calls.recent_calls(db, "2101", limit=3)
    assert [row.call_id[-1] for row in found] == ["3", "2", "1"]
    assert found[0].recent_wire() == {
        "call_id": "20260105T010000-00000003",
        "caller_number": "081200000001",
        "ended_at": (now + timedelta(hours=3, seconds=64)).isoformat(),
        "reason": "caller_hung_up",
        "case_number": case.number,
        "case_state": "received",
    }
    assert found[1].recent_wire()["case_number"] is None


def test_figures_of_the_day(db, staff, now):
    assert calls.board_day(db, now=now) == calls.BoardDay(0, 0, 0, None)
    for item in story(now, "20260105T010000-00000001"):
        calls.apply(db, item)
    for item in story(now, "20260105T010000-00000002", answered=False, reason="caller_abandoned"):
        calls.apply(db, item)
    for item in story(now, "20260105T010000-00000003", answered=False, reason="codec_mismatch"):
        calls.apply(db, item)
    for item in story(now - timedelta(days=1), "20260104T010000-00000004"):
        calls.apply(db, item)
    cases.open_case(db, "20260105T010000-00000001", person=staff.agent, now=now, limits=CaseLimits())
    assert calls.board_day(db, now=now) == calls.BoardDay(1, 1, 64, 0.5)
    assert calls.board_day(db, now=now, within_s=3).service_level == 0
    assert calls.agent_day(db, staff.agent.id, now=now) == calls.AgentDay(1, 60, 1)
    assert calls.agent_day(db, staff.colleague.id, now=now) == calls.AgentDay(0, 0, 0)


def test_calls_that_we_made_count_for_their_agent_and_not_as_callers(db, staff, now):
    for number, answered, reason in ((1, True, "agent_hung_up"), (2, False, "agent_unreachable")):
        offered, *rest = story(now, f"20260105T010000-0000000{number}", answered=answered, reason=reason)
        for item in (offered.model_copy(update={"direction": "out"}), *rest):
            calls.apply(db, item)
    assert calls.find_call(db, "20260105T010000-00000001").direction == "out"
    assert calls.board_day(db, now=now) == calls.BoardDay(0, 0, 0, None)
    assert calls.agent_day(db, staff.agent.id, now=now).calls == 1


def test_archive_pages(db, staff, now):
    for number in range(7):
        for item in story(now + timedelta(minutes=number), f"20260105T010000-0000000{number}"):
            calls.apply(db, item)
    calls.apply(db, story(now, "20260105T010000-000000aa")[0])  # not sealed
    first, last = calls.archive_page(db, rows=3), calls.archive_page(db, rows=3, page=99)
    assert (first.total, first.pages, first.page, last.page) == (7, 3, 1, 3)
    assert [row.call_id[-1] for row in first.rows] == ["6", "5", "4"]
    assert [row.call_id[-1] for row in last.rows] == ["0"]
    assert calls.archive_page(db, rows=3, page=-1).page == 1


def test_archive_search(db, staff, now):
    for number, caller in enumerate(("081211110001", "081222220002", "0812_%3333")):
        for item in story(now, f"20260105T010000-0000000{number}", number=caller):
            calls.apply(db, item)
    case = cases.open_case(db, "20260105T010000-00000001", person=staff.agent, now=now, limits=CaseLimits()).case
    cases.save_fields(db, case.id, 1, {"question": "Lupa EFIN, bagaimana?"}, person=staff.agent, now=now)

    def found(query, **more):
        return {row.call_id[-1] for row in calls.archive_page(db, query=query, **more).rows}

    assert found("2222") == {"1"}
    assert found(case.number) == {"1"}
    assert found("lupa efin") == {"1"}
    assert found("SARI") == {"0", "1", "2"}
    assert found("_%") == {"2"}
    assert found("' OR 1=1 --") == set()
    assert found("", day=now.date()) == {"0", "1", "2"}
    assert found("", day=(now + timedelta(days=1)).date()) == set()
    assert calls.archive_page(db, query=case.number).rows[0].cases[0].number == case.number
