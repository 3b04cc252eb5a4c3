# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that come twice, and at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crm import cases
from crm.clock import CaseLimits
from crm.errors import ConflictError, NotAllowedError, ProcedureError, RequestReusedError
from crm.guards import sweep_requests
from tests.crm.office import CALL
from tests.crm.paths import escalated, go, opened

pytestmark = pytest.mark.integration
KEY = "0b7e0a3e-6d0d-4c55-9a51-1f1f6a3c2d11"


def record(db, case, staff, now, *, key=KEY, question="q", person=None):
    return cases.transition(
        db, case.id, 1, "recorded", {"question": question}, person=person or staff.agent, now=now, request_key=key
    )


def test_a_button_pressed_twice_moves_once_and_says_the_same(db, staff, now):
    case = opened(db, staff, now)
    first = record(db, case, staff, now)
    second = record(db, case, staff, now)
    assert (second.case, second.event) == (first.case, None)
    with pytest.raises(ConflictError):
        record(db, case, staff, now, key="another-press")


def test_a_save_that_is_sent_again_is_no_conflict(db, staff, now):
    case = opened(db, staff, now)
    send = {"person": staff.agent, "now": now, "request_key": KEY}
    assert cases.save_fields(db, case.id, 1, {"question": "q"}, **send).case.version == 2
    assert cases.save_fields(db, case.id, 1, {"question": "q"}, **send).case.version == 2


def test_a_key_belongs_to_one_request_of_one_person(db, staff, now):
    case = opened(db, staff, now)
    record(db, case, staff, now)
    with pytest.raises(RequestReusedError):
        record(db, case, staff, now, question="other")
    with pytest.raises(RequestReusedError):
        record(db, case, staff, now, person=staff.leader)


def test_a_step_out_of_ones_hands_can_still_be_repeated(db, staff, now):
    case = escalated(db, staff, now)
    case = go(db, case, staff.handler, now, "handling")
    send = {"person": staff.leader, "now": now, "request_key": KEY}
    first = cases.transition(db, case.id, case.version, "escalated", **send)
    go(db, first.case, staff.handler2, now, "handling")
    assert cases.transition(db, case.id, case.version, "escalated", **send).case.state == "handling"


@pytest.mark.parametrize("key", ["short", "x" * 65, "with blank here", "a/b/c/d/e/f"])
def test_keys_that_are_none(db, staff, now, key):
    case = opened(db, staff, now)
    with pytest.raises(RequestReusedError):
        record(db, case, staff, now, key=key)


def test_a_request_that_failed_may_be_repeated(db, staff, now):
    case = opened(db, staff, now)
    with pytest.raises(ProcedureError):
        cases.transition(db, case.id, 1, "recorded", {}, person=staff.agent, now=now, request_key=KEY)
    cases.save_fields(db, case.id, 1, {"question": "q"}, person=staff.agent, now=now)
    done = cases.transition(db, case.id, 2, "recorded", {}, person=staff.agent, now=now, request_key=KEY)
    assert done.case.state == "recorded"


def test_eight_times_the_same_request_at_once(db, staff, now):
    case = opened(db, staff, now)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda _: record(db, case, staff, now), range(8)))
    assert sum(change.event is not None for change in done) == 1
    assert {change.case.version for change in done} == {2}
    assert len(cases.find_case(db, case.id).timeline) == 2


def test_of_two_who_take_a_case_at_once_one_gets_it(db, staff, now):
    case = escalated(db, staff, now)

    def take(person):
        try:
            return go(db, case, person, now, "handling").escalation.taken_by
        except (ConflictError, NotAllowedError):
            return None

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(take, (staff.handler, staff.handler2)))
    assert taken.count(None) == 1
    assert cases.find_case(db, case.id).escalation.taken_by in taken


def test_further_questions_at_once_are_cases_of_their_own(db, staff, now):
    opened(db, staff, now)
    with ThreadPoolExecutor(4) as pool:
        made = list(
            pool.map(
                lambda _: cases.open_next_case(db, CALL, person=staff.agent, now=now, limits=CaseLimits()).case.ordinal,
                range(4),
            )
        )
    assert sorted(made) == [2, 3, 4, 5]


def test_old_keys_are_forgotten(db, staff, now):
    case = opened(db, staff, now)
    record(db, case, staff, now)
    assert sweep_requests(db, before=now) == 0
    assert sweep_requests(db, before=now + timedelta(seconds=1)) == 1
    assert cases.cases_of_call(db, CALL)[0].version == 2
