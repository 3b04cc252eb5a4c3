# SPDX-License-Identifier: GPL-3.0-or-later
"""What agents do: changes by the table, and figures from the changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import agents
from crm.agents import MOVES, PAUSE_REASONS, STATES, AgentStateView, seconds_by_state, spans_of
from crm.errors import FieldError, NotFoundError, ProcedureError
from pipeline.catalog import messages

pytestmark = pytest.mark.integration
BEGIN = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
END = BEGIN + timedelta(hours=8)


def test_a_morning(db, staff, now):
    who = staff.agent.id
    assert agents.present_state(db, who).state == "offline"
    for minute, (state, reason, call) in enumerate(
        [("ready", "", ""), ("busy", "", "c1"), ("wrap_up", "", "c1"), ("ready", "", ""), ("paused", "prayer", "")]
    ):
        at = now + timedelta(minutes=minute)
        agents.set_state(db, who, state, reason=reason, call_id=call, now=at)
        assert agents.set_state(db, who, state, reason=reason, call_id=call, now=at + timedelta(seconds=9)).at == at
    assert agents.present_states(db) == {who: AgentStateView(who, "paused", "prayer", "", at)}
    found = agents.spans(db, who, now + timedelta(seconds=30), now + timedelta(minutes=6))
    assert [(item.state, item.length_s) for item in found] == [
        ("ready", 30), ("busy", 60), ("wrap_up", 60), ("ready", 60), ("paused", 120),
    ]  # fmt: skip
    assert seconds_by_state(found) == {"offline": 0, "ready": 90, "busy": 60, "wrap_up": 60, "paused": 120}


@pytest.mark.parametrize("reason", ["", "sleep"])
def test_a_pause_needs_a_reason_that_is_known(db, staff, now, reason):
    with pytest.raises(FieldError, match=r"Choices: Break, Prayer"):
        agents.set_state(db, staff.agent.id, "paused", reason=reason, now=now)
    with pytest.raises(FieldError):
        agents.set_state(db, staff.agent.id, "ready", reason="break", now=now)


def test_what_the_table_does_not_know_is_refused(db, staff, now):
    with pytest.raises(ProcedureError, match=r'From "Signed out" .* "Wrap-up".*Possible now: Ready, Paused, On a call'):
        agents.set_state(db, staff.agent.id, "wrap_up", now=now)
    with pytest.raises(NotFoundError):
        agents.set_state(db, 99, "ready", now=now)
    assert agents.present_states(db) == {}


def test_the_same_press_twice_is_one_change(db, staff, now):
    press = {"now": now, "actor": staff.agent, "request_key": "press-0001"}
    agents.set_state(db, staff.agent.id, "ready", **press)
    agents.set_state(db, staff.agent.id, "paused", reason="break", now=now)
    assert agents.set_state(db, staff.agent.id, "ready", **press).state == "paused"


def test_order_survives_a_clock_that_goes_back(db, staff, now):
    agents.set_state(db, staff.agent.id, "ready", now=now)
    late = agents.set_state(db, staff.agent.id, "offline", now=now - timedelta(seconds=5))
    assert late.at == now


def test_the_table_is_whole():
    for state, ways in MOVES.items():
        assert state not in ways and set(ways) <= set(STATES) and ways
    keys = {f"crm.agent_{state}" for state in STATES} | {f"crm.pause_{reason}" for reason in PAUSE_REASONS}
    for language in ("id", "en"):
        assert keys <= set(messages(language))


@given(st.lists(st.tuples(st.integers(-5000, 40000), st.sampled_from(STATES))))
def test_stretches_have_no_gap_and_add_up(changes):
    ordered = [
        AgentStateView(1, state, "", "", BEGIN + timedelta(seconds=second))
        for second, state in sorted(changes, key=lambda change: change[0])
    ]
    found = spans_of(ordered, BEGIN, END)
    assert (found[0].begin, found[-1].end) == (BEGIN, END)
    assert all(one.end == two.begin and one.length_s > 0 for one, two in pairwise(found))
    assert sum(seconds_by_state(found).values()) == pytest.approx((END - BEGIN).total_seconds())
    known = [change for change in ordered if change.at < END]
    assert found[-1].state == (known[-1].state if known else "offline")
