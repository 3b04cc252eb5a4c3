# SPDX-License-Identifier: GPL-3.0-or-later
"""What an office sets for itself: in force at once, kept with who changed it, back to the default."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm.agents import PAUSE_REASONS
from crm.audit_search import AuditQuery, search
from crm.errors import ConflictError, FieldError, NotFoundError
from crm.fields import clean_text
from crm.office import RULES, Office, OfficeValues, read_value

DEFAULTS = OfficeValues(case_limit_s=1000, case_warning_s=500)


def setting(office, name):
    [found] = [one for one in office.settings() if one.rule.name == name]
    return found


@pytest.fixture
def office(db):
    return Office(db, DEFAULTS)


@pytest.mark.integration
def test_a_change_holds_at_once_and_after_a_restart_and_is_on_record(db, office, staff, now):
    assert office.current == DEFAULTS and not any(one.own for one in office.settings())
    set_ = office.change("case_limit_s", [" 1200 "], version=0, person=staff.leader, now=now)
    assert (set_.value, set_.default, set_.own, set_.changed_by) == (1200, 1000, True, staff.leader.name)
    office.change("pause_reasons", ["prayer", "break"], version=0, person=staff.leader, now=now)
    assert office.current.pause_reasons == ("break", "prayer")  # in the order in which they are offered
    assert office.current.case_limit_s == 1200
    assert Office(db, DEFAULTS).current == office.current
    assert Office(db, OfficeValues(case_warning_s=30)).current.case_limit_s == 1200
    back = office.change("case_limit_s", [""], version=set_.version, person=None, now=now)
    assert (back.value, back.own, office.current.case_limit_s) == (1000, False, 1000)
    told = [(name, change.value, change.person) for name, change in office.history()]
    assert told == [
        ("case_limit_s", None, ""),
        ("pause_reasons", ("break", "prayer"), staff.leader.name),
        ("case_limit_s", 1200, staff.leader.name),
    ]
    rows = search(db, AuditQuery(action="setting_changed", object_id="case_limit_s")).rows
    assert [json.loads(row.detail) for row in rows] == [{"from": "1200", "to": "1000"}, {"from": "1000", "to": "1200"}]


@pytest.mark.integration
def test_two_who_change_the_same_thing_and_one_who_presses_twice(office, staff, now):
    by = {"version": 0, "person": staff.leader, "now": now}
    first = office.change("callback_tries", ["5"], **by, request_key="one-press")
    assert office.change("callback_tries", ["5"], **by, request_key="one-press") == first
    assert len(office.history()) == 1
    with pytest.raises(ConflictError) as refused:
        office.change("callback_tries", ["7"], **by, request_key="another-press")
    assert (refused.value.yours, refused.value.theirs) == ({"setting": "7"}, {"setting": "5"})
    assert (refused.value.version, office.current.callback_tries) == (first.version, 5)


@pytest.mark.integration
def test_what_cannot_be_changes_nothing(office, now):
    by = {"version": 0, "person": None, "now": now}
    with pytest.raises(NotFoundError):
        office.change("http_port", ["1"], **by)
    for name, typed in (("case_warning_s", "1000"), ("case_limit_s", "500"), ("case_limit_s", "59")):
        with pytest.raises(FieldError):
            office.change(name, [typed], **by)
    assert office.current == DEFAULTS and office.history() == []


@pytest.mark.unit
@given(
    st.sampled_from(RULES), st.lists(st.text(max_size=100) | st.floats().map(str) | st.integers().map(str), max_size=3)
)
@example(RULES[2], ["1_000"])
@example(RULES[2], ["9" * 5000])
def test_whatever_is_typed_is_taken_within_the_rule_or_refused_in_words(rule, typed):
    try:
        value = read_value(rule, typed)
    except FieldError as error:
        assert error.message and error.remedy
        return
    if value is None:
        assert rule.holds != "choices" and not any(clean_text(one) for one in typed)
    elif rule.holds == "choices":
        assert value and set(value) <= set(PAUSE_REASONS)
    elif rule.holds == "text":
        assert 0 < len(value) <= rule.most
    else:
        assert rule.least <= value <= rule.most
