# SPDX-License-Identifier: GPL-3.0-or-later
"""Call-backs: planned, tried, done, given up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm import callbacks, calls
from crm.errors import ConflictError, NotAllowedError, NotFoundError, ProcedureError
from pipeline.events import CallOffered
from tests.crm.office import CALL
from tests.crm.paths import calling_back, escalated, go, opened

pytestmark = pytest.mark.integration
CALL2 = "20260105T020000-0000beef"


@pytest.fixture
def planned(db, staff, now):
    calls.apply(db, CallOffered(at=now, call_id=CALL, extension="2101", caller_number="081200000001"))
    return calling_back(db, staff, now)[1]


def tried(db, staff, now, plan, times, call_id=None):
    for number in range(times):
        at = now + timedelta(minutes=number)
        plan = callbacks.attempt(db, plan.id, plan.version, call_id=call_id, person=staff.handler, now=at)
    return plan


def test_the_step_plans_it_with_the_callers_number(db, staff, now, planned):
    assert (planned.state, planned.phone, planned.due_at, planned.planned_by) == (
        "planned", "081200000001", now, "Eka Contoh",
    )  # fmt: skip
    assert callbacks.due_callbacks(db) == [planned]
    assert callbacks.due_callbacks(db, before=now) == []


def test_planning_again_moves_the_open_one(db, staff, now, planned):
    due = now + timedelta(hours=5)
    again = callbacks.plan(db, planned.case_id, due_at=due, phone="0811", person=staff.handler, now=now)
    assert (again.id, again.due_at, again.phone, again.version) == (planned.id, due, "0811", 2)
    with pytest.raises(NotAllowedError):
        callbacks.plan(db, planned.case_id, due_at=due, person=staff.handler2, now=now)


def test_only_a_case_in_escalation_is_called_back(db, staff, now):
    case = escalated(db, staff, now)
    with pytest.raises(ProcedureError, match='is "Escalated": no call-back'):
        callbacks.plan(db, case.id, due_at=now, person=staff.handler, now=now)
    fresh = opened(db, staff, now, CALL2)
    with pytest.raises(ProcedureError):
        callbacks.plan(db, fresh.id, due_at=now, person=staff.handler, now=now)


def test_reached_after_a_try(db, staff, now, planned):
    with pytest.raises(ProcedureError, match="No try"):
        callbacks.reached(db, planned.id, 1, person=staff.handler, now=now)
    plan = tried(db, staff, now, planned, 1)
    plan = tried(db, staff, now, plan, 1, CALL2)
    done = callbacks.reached(db, plan.id, plan.version, person=staff.handler, now=now)
    assert (done.state, [item.reached for item in done.attempts], done.attempts[1].call_id) == (
        "done", [False, True], CALL2,
    )  # fmt: skip
    assert callbacks.due_callbacks(db) == []
    with pytest.raises(ProcedureError, match='This call-back is "done"'):
        tried(db, staff, now, done, 1)


def test_nobody_is_given_up_before_three_tries(db, staff, now, planned):
    plan = tried(db, staff, now, planned, 2)
    give_up = {"person": staff.handler, "now": now}
    with pytest.raises(ProcedureError, match="tried 2 times"):
        callbacks.give_up(db, plan.id, plan.version, reason="Tidak diangkat.", **give_up)
    plan = tried(db, staff, now, plan, 1)
    with pytest.raises(ProcedureError, match="Reason"):
        callbacks.give_up(db, plan.id, plan.version, reason=" ", **give_up)
    done = callbacks.give_up(db, plan.id, plan.version, reason="Tidak diangkat.", **give_up)
    assert (done.state, done.reason, done.ended_at) == ("given_up", "Tidak diangkat.", now)


def test_only_who_handles_the_case_calls_back(db, staff, now, planned):
    for person in (staff.handler2, staff.agent, staff.leader):
        with pytest.raises(NotAllowedError):
            callbacks.attempt(db, planned.id, 1, call_id=None, person=person, now=now)


def test_stale_repeated_and_unknown(db, staff, now, planned):
    key = {"person": staff.handler, "now": now, "request_key": "press-0001"}
    first = callbacks.attempt(db, planned.id, 1, call_id=None, **key)
    assert callbacks.attempt(db, planned.id, 1, call_id=None, **key) == first
    with pytest.raises(ConflictError) as conflict:
        callbacks.attempt(db, planned.id, 1, call_id=None, person=staff.handler, now=now)
    assert (conflict.value.theirs, conflict.value.version) == ({"state": "attempted"}, 2)
    with pytest.raises(NotFoundError):
        callbacks.attempt(db, 99, 1, call_id=None, person=staff.handler, now=now)


def test_a_case_given_back_keeps_its_call_back(db, staff, now, planned):
    from crm import cases

    case = go(db, cases.find_case(db, planned.case_id), staff.handler, now, "escalated")
    case = go(db, go(db, case, staff.handler2, now, "handling"), staff.handler2, now, "calling_back")
    assert [item.id for item in callbacks.callbacks_of_case(db, case.id)] == [planned.id]
