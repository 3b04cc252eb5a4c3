# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that we make, as their events tell of them: told twice or late, by the page first or by the journal first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm import attachments, callbacks, calls, cases, outcalls
from pipeline.events import CallAnswered, CallOffered
from tests.crm.office import CALL
from tests.crm.paths import calling_back, opened

pytestmark = pytest.mark.unit
OUT = "20260105T040000-0000d1a1"


def offered(now, case_id, callback_id=None, extension="2101"):
    return CallOffered(
        at=now, call_id=OUT, extension=extension, caller_number="0812", direction="out", case_id=case_id,
        callback_id=callback_id,
    )  # fmt: skip


def answered(now):
    return CallAnswered(at=now + timedelta(seconds=9), call_id=OUT, extension="2101", ring_ms=9000)


def test_a_call_back_is_tried_and_reached_once_however_often_it_is_told(db, staff, now):
    case, planned = calling_back(db, staff, now)
    item = offered(now, case.id, planned.id)
    calls.apply(db, item)
    assert [outcalls.offered(db, item), outcalls.offered(db, item)] == [True, False]
    [tried] = callbacks.callbacks_of_case(db, case.id)
    assert (tried.state, [(one.call_id, one.reached) for one in tried.attempts]) == ("attempted", [(OUT, False)])
    assert (OUT, "callback") in [(one.call_id, one.part) for one in attachments.calls_of_case(db, case.id)]
    assert [outcalls.answered(db, answered(now)), outcalls.answered(db, answered(now))] == [True, False]
    [done] = callbacks.callbacks_of_case(db, case.id)
    assert (done.state, done.attempts[0].reached, done.ended_at) == ("done", True, now + timedelta(seconds=9))
    assert cases.find_case(db, case.id).called_back


def test_the_page_that_comes_later_makes_no_second_try(db, staff, now):
    case, planned = calling_back(db, staff, now)
    outcalls.offered(db, offered(now, case.id, planned.id))
    said = callbacks.attempt(db, planned.id, planned.version, call_id=OUT, person=staff.handler, now=now)
    assert len(said.attempts) == 1


def test_the_journal_that_comes_later_makes_no_second_try(db, staff, now):
    case, planned = calling_back(db, staff, now)
    callbacks.attempt(db, planned.id, planned.version, call_id=OUT, person=staff.handler, now=now)
    assert outcalls.offered(db, offered(now, case.id, planned.id)) is False
    [tried] = callbacks.callbacks_of_case(db, case.id)
    assert [one.person for one in tried.attempts] == ["Eka Contoh"]


def test_a_call_about_a_case_is_linked_to_it(db, staff, now):
    case = opened(db, staff, now)
    assert outcalls.offered(db, offered(now, case.id)) is True
    assert [(one.call_id, one.part) for one in attachments.calls_of_case(db, case.id)][-1] == (OUT, "repeat")


def test_what_is_about_nothing_we_know_changes_nothing(db, staff, now):
    case = opened(db, staff, now)
    incoming = CallOffered(at=now, call_id=CALL, extension="2101", caller_number="0812")
    assert outcalls.offered(db, incoming) is False
    assert outcalls.offered(db, offered(now, None)) is False
    assert outcalls.offered(db, offered(now, case.id + 77)) is False  # a journal of another database
    assert outcalls.answered(db, answered(now)) is False
