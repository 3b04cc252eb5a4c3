# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases: opened once, saved, moved, and never overwritten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm import cases
from crm.clock import CaseLimits
from crm.errors import ConflictError, FieldError, NotAllowedError, NotFoundError, ProcedureError
from pipeline.events import CaseNoted, CaseOpened, CaseTransitioned
from tests.crm.office import CALL

pytestmark = pytest.mark.unit
LIMITS = CaseLimits()

FROM_SIKP = [
    ("recorded", {"question": "Saya lupa EFIN"}),
    ("classified", {"kind": "information"}),
    ("searching", {}),
    ("answered", {"answer": "Minta lewat KPP.", "article_id": "lupa-efin", "article_version": 2}),
    ("documented", {}),
    ("closed", {}),
]


@pytest.fixture
def case(db, staff, now):
    return cases.open_case(db, CALL, person=staff.agent, now=now, limits=LIMITS).case


def walk(db, case, path, person, now):
    for number, (to, fields) in enumerate(path, start=1):
        at = now + timedelta(seconds=number)
        case = cases.transition(db, case.id, case.version, to, fields, person=person, now=at).case
    return case


def test_opening_starts_the_clock(db, staff, now):
    change = cases.open_case(db, CALL, person=staff.agent, now=now, limits=LIMITS)
    case = change.case
    assert (case.number, case.state, case.version, case.agent_name) == ("LI-2026-000001", "received", 1, "Sari Contoh")
    assert (case.warning_at - now, case.deadline_at - now) == (timedelta(minutes=10), timedelta(minutes=15))
    assert change.event == CaseOpened(
        at=now, call_id=CALL, case_number=case.number, agent="sari", deadline_at=case.deadline_at
    )


def test_opening_again_is_the_same_case_a_second_question_another(db, staff, case, now):
    later = now + timedelta(minutes=3)
    again = cases.open_case(db, CALL, person=staff.agent, now=later, limits=LIMITS)
    assert (again.case, again.event) == (case, None)
    second = cases.open_case(db, CALL, person=staff.agent, now=later, limits=LIMITS, ordinal=2).case
    assert (second.number, second.opened_at) == ("LI-2026-000002", later)
    assert [item.id for item in cases.cases_of_call(db, CALL)] == [case.id, second.id]


def test_numbers_begin_anew_with_jakartas_year(db, staff):
    numbers = []
    for number, moment in enumerate([(2026, 12, 31, 16, 59), (2026, 12, 31, 17, 0), (2027, 1, 1, 0, 0)]):
        at = datetime(*moment, tzinfo=UTC)
        call_id = f"20261231T165900-0000000{number}"
        numbers.append(cases.open_case(db, call_id, person=staff.agent, now=at, limits=LIMITS).case.number)
    assert numbers == ["LI-2026-000001", "LI-2027-000001", "LI-2027-000002"]


def test_the_way_through_sikp(db, staff, case, now):
    done = walk(db, case, FROM_SIKP, staff.agent, now)
    assert (done.state, done.version, done.closed_at) == ("closed", 7, now + timedelta(seconds=6))
    assert [entry.step for entry in done.timeline] == ["1", "2", "3", "3b", "3c", "6", "8"]
    assert {entry.person for entry in done.timeline} == {"Sari Contoh"}
    assert (done.fields["article_id"], done.fields["article_version"]) == ("lupa-efin", 2)
    assert done.clock(now + timedelta(days=1)).state == "stopped"
    assert cases.find_case(db, case.id) == done


def test_interpretation_is_escalated(db, staff, case, now):
    path = [("recorded", {"question": "q"}), ("classified", {"kind": "interpretation"}), ("escalated", {})]
    done = walk(db, case, path, staff.agent, now)
    assert [entry.step for entry in done.timeline] == ["1", "2", "3", "3a"]
    assert done.wire(viewer=staff.agent)["next"] == []


@pytest.mark.parametrize(
    ("to", "fields", "steps"),
    [
        ("escalated", {}, ["3d", "4"]),
        ("answered", {"answer": "a", "sikp_update": "not_needed"}, ["3d", "5"]),
    ],
)
def test_consultation_is_ended_by_the_team_leader(db, staff, case, now, to, fields, steps):
    asked = walk(db, case, [*FROM_SIKP[:3], ("consulting", {})], staff.agent, now)
    with pytest.raises(NotAllowedError, match="only for: Team leader"):
        cases.transition(db, case.id, asked.version, to, fields, person=staff.agent, now=now)
    done = cases.transition(db, case.id, asked.version, to, fields, person=staff.leader, now=now)
    assert [entry.step for entry in done.case.timeline][-2:] == steps
    assert done.event.person == "wulan"


def test_the_sikp_question_cannot_be_skipped(db, staff, case, now):
    asked = walk(db, case, [*FROM_SIKP[:3], ("consulting", {})], staff.agent, now)
    with pytest.raises(ProcedureError) as refused:
        cases.transition(db, case.id, asked.version, "answered", {"answer": "a"}, person=staff.leader, now=now)
    assert refused.value.missing == ("sikp_update",)


def test_a_refused_step_keeps_nothing(db, staff, case, now):
    with pytest.raises(ProcedureError, match="not filled in: Question"):
        cases.transition(db, case.id, 1, "recorded", {"topic": "EFIN"}, person=staff.agent, now=now)
    assert cases.find_case(db, case.id) == case


def test_saving_gives_an_event_with_what_changed(db, staff, case, now):
    change = cases.save_fields(
        db, case.id, 1, {"question": "q", "topic": "", "caller_identity": {"efin_checked": True}},
        person=staff.agent, now=now,
    )  # fmt: skip
    assert change.case.version == 2
    assert change.event == CaseNoted(
        at=now, call_id=CALL, case_number=case.number, person="sari", fields={"question": "q", "efin_checked": True}
    )
    same = cases.save_fields(db, case.id, 2, {"question": " q "}, person=staff.agent, now=now)
    assert (same.case.version, same.event) == (2, None)


def test_a_step_gives_an_event(db, staff, case, now):
    change = cases.transition(db, case.id, 1, "recorded", {"question": "q"}, person=staff.agent, now=now)
    assert change.event == CaseTransitioned(
        at=now, call_id=CALL, case_number=case.number, from_state="received", to_state="recorded", step="2",
        person="sari", fields={"question": "q"},
    )  # fmt: skip


def test_a_stale_page_gets_both_texts(db, staff, case, now):
    cases.save_fields(db, case.id, 1, {"question": "first tab"}, person=staff.agent, now=now)
    for change in (
        lambda: cases.save_fields(db, case.id, 1, {"question": "second tab"}, person=staff.agent, now=now),
        lambda: cases.transition(db, case.id, 1, "recorded", {"question": "second tab"}, person=staff.agent, now=now),
    ):
        with pytest.raises(ConflictError) as conflict:
            change()
        assert (conflict.value.yours, conflict.value.theirs, conflict.value.version) == (
            {"question": "second tab"}, {"question": "first tab"}, 2,
        )  # fmt: skip
    assert cases.find_case(db, case.id).fields["question"] == "first tab"


def test_a_button_pressed_twice_moves_once(db, staff, case, now):
    cases.transition(db, case.id, 1, "recorded", {"question": "q"}, person=staff.agent, now=now)
    with pytest.raises(ConflictError, match='now "Recorded"'):
        cases.transition(db, case.id, 1, "recorded", {"question": "q"}, person=staff.agent, now=now)
    assert len(cases.find_case(db, case.id).timeline) == 2


@pytest.mark.parametrize("who", ["colleague", "assessor"])
def test_others_cannot_change_it(db, staff, case, now, who):
    person = getattr(staff, who)
    with pytest.raises(NotAllowedError, match="another agent"):
        cases.save_fields(db, case.id, 1, {"question": "q"}, person=person, now=now)
    with pytest.raises(NotAllowedError):
        cases.transition(db, case.id, 1, "recorded", {"question": "q"}, person=person, now=now)
    assert case.wire(viewer=person)["next"] == []


def test_a_case_without_an_agent_is_the_first_ones(db, staff, now):
    case = cases.open_case(db, CALL, person=None, now=now, limits=LIMITS).case
    assert case.agent_id is None
    taken = cases.transition(db, case.id, 1, "recorded", {"question": "q"}, person=staff.colleague, now=now).case
    assert (taken.agent_id, taken.agent_name) == (staff.colleague.id, "Bima Contoh")
    with pytest.raises(NotAllowedError):
        cases.save_fields(db, case.id, 2, {"question": "x"}, person=staff.agent, now=now)


def test_the_kind_is_fixed_after_the_way_was_chosen(db, staff, case, now):
    searching = walk(db, case, FROM_SIKP[:3], staff.agent, now)
    with pytest.raises(FieldError, match='Kind can no longer be changed: the case is "Searching"'):
        cases.save_fields(db, case.id, searching.version, {"kind": "interpretation"}, person=staff.agent, now=now)
    same = {"kind": "information", "answer": "draft"}  # a form sends all its fields
    assert cases.save_fields(db, case.id, searching.version, same, person=staff.agent, now=now).event.fields == {
        "answer": "draft"
    }


def test_a_documented_case_changes_no_more(db, staff, case, now):
    done = walk(db, case, FROM_SIKP[:5], staff.agent, now)
    with pytest.raises(FieldError, match="Answer can no longer be changed"):
        cases.save_fields(db, case.id, done.version, {"answer": "other"}, person=staff.agent, now=now)


def test_archiving_closes_documented_cases_only(db, staff, case, now):
    walk(db, case, FROM_SIKP[:5], staff.agent, now)
    open_one = cases.open_case(db, CALL, person=staff.agent, now=now, limits=LIMITS, ordinal=2).case
    changes = cases.close_archived(db, CALL, now=now)
    assert [(change.case.id, change.event.step, change.event.person) for change in changes] == [(case.id, "8", "")]
    assert cases.find_case(db, open_one.id).state == "received"
    assert cases.close_archived(db, CALL, now=now) == []


def test_the_system_takes_no_persons_step(db, case, now):
    with pytest.raises(NotAllowedError):
        cases.transition(db, case.id, 1, "recorded", {"question": "q"}, person=None, now=now)


def test_unfinished_and_counts(db, staff, case, now):
    second = cases.open_case(db, CALL, person=staff.agent, now=now, limits=LIMITS, ordinal=2).case
    assert [item.id for item in cases.unfinished(db, staff.agent.id)] == [case.id, second.id]
    walk(db, case, FROM_SIKP[:5], staff.agent, now)
    assert [item.id for item in cases.unfinished(db, staff.agent.id)] == [second.id]
    counts = cases.count_by_state(db)
    assert (counts["documented"], counts["received"], counts["closed"]) == (1, 1, 0)
    assert sum(cases.count_by_state(db, since=now + timedelta(seconds=1)).values()) == 0
    assert sum(cases.count_by_state(db, until=now + timedelta(seconds=1)).values()) == 2


def test_no_such_case(db, staff, now):
    for problem in (
        lambda: cases.find_case(db, 7),
        lambda: cases.save_fields(db, 7, 1, {}, person=staff.agent, now=now),
        lambda: cases.transition(db, 7, 1, "recorded", person=staff.agent, now=now),
    ):
        with pytest.raises(NotFoundError):
            problem()


def test_the_wire_form_is_the_desk_contracts(db, staff, case, now):
    data = case.wire(viewer=staff.agent, language="id", now=now)
    assert set(data) >= {
        "case_id", "number", "state", "version", "opened_at", "deadline_at", "warning_at", "question", "kind", "topic",
        "caller_identity", "answer", "article_id", "article_version", "timeline", "next",
    }  # fmt: skip
    assert data["caller_identity"] == {
        "name": "", "npwp_checked": False, "name_checked": False, "efin_checked": False, "bill_checked": False,
    }  # fmt: skip
    assert data["timeline"] == [
        {"at": now.isoformat(), "step": "1", "from_state": "", "to_state": "received", "person": "Sari Contoh"}
    ]
    assert data["next"] == [
        {"to": "recorded", "label": "Catat pertanyaan", "step": "2", "requires": ["question"], "missing": ["question"]},
        {
            "to": "closed", "label": "Tutup tanpa pertanyaan", "step": "–", "requires": ["no_question_reason"],
            "missing": ["no_question_reason"],
        },
    ]  # fmt: skip
    assert data["clock"] == {"state": "good", "remaining_s": 900.0, "stopped": False}
