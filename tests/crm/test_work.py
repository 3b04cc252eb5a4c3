# SPDX-License-Identifier: GPL-3.0-or-later
"""The branches of the procedure beyond SIKP: consultation, SIKP update, escalation; and what they bring about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm import attachments, cases, queues, tasks
from crm.callbacks import attempt, callbacks_of_case, reached
from crm.clock import CaseLimits
from crm.errors import ConflictError, FieldError, NotAllowedError, NotFoundError, ProcedureError
from pipeline.events import CallOffered
from tests.crm.office import CALL
from tests.crm.paths import calling_back, consulting, escalated, go, opened, searching

pytestmark = pytest.mark.integration
CALL2 = "20260105T020000-0000beef"


def steps(case):
    return [entry.step for entry in case.timeline]


def test_the_team_leader_answers_without_update(db, staff, now):
    case = consulting(db, staff, now)
    waiting = queues.consultations(db, now=now + timedelta(seconds=70))
    assert [(item.case.id, item.age_s) for item in waiting] == [(case.id, 70)]
    case = go(db, case, staff.leader, now, "answered", answer="Bisa di KPP.", sikp_update="not_needed")
    assert queues.consultations(db, now=now) == []
    assert tasks.task_of_case(db, case.id) is None
    case = go(db, go(db, case, staff.agent, now, "documented"), staff.agent, now, "closed")
    assert steps(case) == ["1", "2", "3", "3b", "3d", "5", "6", "8"]


def test_the_team_leader_answers_and_asks_for_an_update(db, staff, now):
    case = consulting(db, staff, now)
    case = go(db, case, staff.leader, now, "answered", answer="Bisa di KPP.", sikp_update="needed")
    (task,) = tasks.list_tasks(db)
    assert (task.case_number, task.state, task.question, task.answer, task.opened_by) == (
        case.number, "open", "Saya lupa EFIN", "Bisa di KPP.", "Wulan Contoh",
    )  # fmt: skip
    case = go(db, case, staff.agent, now, "documented", answer="Bisa di KPP mana saja.")
    assert tasks.find_task(db, task.id).answer == "Bisa di KPP."  # as the leader decided on it
    assert case.clock(now).stopped


def test_the_agent_cannot_decide_about_the_update(db, staff, now):
    case = consulting(db, staff, now)
    with pytest.raises(NotAllowedError, match="SIKP update: only for Escalation agent, Team leader"):
        cases.save_fields(db, case.id, case.version, {"sikp_update": "not_needed"}, person=staff.agent, now=now)


def test_the_team_leader_escalates(db, staff, now):
    case = go(db, consulting(db, staff, now), staff.leader, now, "escalated")
    assert (case.escalation.reason, case.escalation.escalated_by) == ("no_answer", "Wulan Contoh")
    assert case.clock(now + timedelta(days=2)).state == "stopped"


def test_interpretation_is_taken_called_back_and_resolved(db, staff, now):
    case = escalated(db, staff, now)
    later = now + timedelta(hours=2)
    (waiting,) = queues.escalations(db, now=later)
    assert (waiting.case.id, waiting.age_s, waiting.wire()["reason"]) == (case.id, 7200, "interpretation")
    case = go(db, case, staff.handler, later, "handling")
    assert (case.escalation.taken_by, case.escalation.taken_at) == ("Eka Contoh", later)
    assert queues.escalations(db, now=later, taken_by=staff.handler2.id) == []
    case = go(db, case, staff.handler, later, "calling_back", answer="Begini.")
    with pytest.raises(ProcedureError, match="not filled in: Call-back") as refused:
        go(db, case, staff.handler, later, "resolved")
    assert refused.value.missing == ("called_back",)
    (plan,) = callbacks_of_case(db, case.id)
    plan = attempt(db, plan.id, plan.version, call_id=CALL2, person=staff.handler, now=later)
    reached(db, plan.id, plan.version, person=staff.handler, now=later)
    case = go(db, case, staff.handler, later + timedelta(hours=1), "resolved")
    assert case.escalation.age_s(later + timedelta(days=9)) == 3 * 3600
    assert steps(case) == ["1", "2", "3", "3a", "E1", "E2", "E3"]
    assert [(call.call_id, call.part) for call in attachments.calls_of_case(db, case.id)] == [
        (CALL, "question"), (CALL2, "callback"),
    ]  # fmt: skip
    assert [change.event.step for change in cases.close_archived(db, CALL2, now=later)] == ["8"]


def test_a_taken_case_is_nobody_elses(db, staff, now):
    case = go(db, escalated(db, staff, now), staff.handler, now, "handling")
    for person in (staff.handler2, staff.agent, staff.leader, staff.quality):
        with pytest.raises(NotAllowedError):
            cases.save_fields(db, case.id, case.version, {"answer": "x"}, person=person, now=now)
        with pytest.raises(NotAllowedError):
            go(db, case, person, now, "calling_back", answer="x")
    assert case.wire(viewer=staff.handler2)["next"] == []


def test_a_case_given_back_keeps_its_age_and_the_clock_stays_stopped(db, staff, now):
    case = go(db, escalated(db, staff, now), staff.handler, now, "handling")
    case = go(db, case, staff.leader, now + timedelta(hours=1), "escalated")
    assert (case.escalation.taken_by, case.escalation.taken_by_id) == ("", None)
    assert case.escalation.age_s(now + timedelta(hours=2)) == 7200
    assert case.clock(now + timedelta(hours=2)).state == "stopped"
    assert go(db, case, staff.handler2, now, "handling").escalation.taken_by == "Tirta Contoh"


def test_of_two_escalation_agents_one_gets_the_case(db, staff, now):
    case = escalated(db, staff, now)
    go(db, case, staff.handler, now, "handling")
    with pytest.raises(NotAllowedError):
        go(db, case, staff.handler2, now, "handling")


def test_an_escalation_may_lead_to_an_update_too(db, staff, now):
    case, plan = calling_back(db, staff, now)
    plan = attempt(db, plan.id, plan.version, call_id=None, person=staff.handler, now=now)
    reached(db, plan.id, plan.version, person=staff.handler, now=now)
    go(db, case, staff.handler, now, "resolved", sikp_update="needed", article_id="pasal", article_version=3)
    assert tasks.task_of_case(db, case.id).opened_by == "Eka Contoh"
    assert [(item.article_id, item.article_version) for item in attachments.articles_of_case(db, case.id)] == [
        ("pasal", 3)
    ]


def test_articles_used_are_attached_and_stay(db, staff, now):
    case = searching(db, staff, now)
    with pytest.raises(ProcedureError, match="Article version"):
        go(db, case, staff.agent, now, "answered", answer="a", article_id="lupa-efin")
    case = go(db, case, staff.agent, now, "answered", answer="a", article_id="lupa-efin", article_version=2)
    case = go(db, case, staff.agent, now, "documented", article_version=3)
    attachments.attach(db, case.id, "lapor-spt", 1, person=staff.agent, now=now + timedelta(seconds=1))
    found = attachments.attach(db, case.id, "lapor-spt", 1, person=staff.agent, now=now + timedelta(seconds=2))
    assert [(item.article_id, item.article_version, item.person) for item in found] == [
        ("lupa-efin", 2, "Sari Contoh"), ("lupa-efin", 3, "Sari Contoh"), ("lapor-spt", 1, "Sari Contoh"),
    ]  # fmt: skip
    assert [item.id for item in attachments.cases_with_article(db, "lupa-efin")] == [case.id]
    assert attachments.cases_with_article(db, "lupa-efin", 1) == []
    with pytest.raises(FieldError):
        attachments.attach(db, case.id, "", 1, person=staff.agent, now=now)
    with pytest.raises(NotAllowedError):
        attachments.attach(db, case.id, "x", 1, person=staff.colleague, now=now)


def test_one_call_holds_several_cases_with_clocks_of_their_own(db, staff, now):
    first = opened(db, staff, now)
    later = now + timedelta(minutes=14)
    second = cases.open_next_case(
        db, CALL, person=staff.agent, now=later, limits=CaseLimits(), request_key="a" * 32
    ).case
    again = cases.open_next_case(db, CALL, person=staff.agent, now=later, limits=CaseLimits(), request_key="a" * 32)
    third = cases.open_next_case(db, CALL, person=staff.agent, now=later, limits=CaseLimits()).case
    assert (again.case.id, again.event) == (second.id, None)
    assert [item.ordinal for item in (first, second, third)] == [1, 2, 3]
    assert [item.id for item in attachments.cases_in_call(db, CALL)] == [first.id, second.id, third.id]
    at = later + timedelta(minutes=2)
    assert (first.clock(at).state, second.clock(at).state) == ("breached", "good")


def test_a_case_holds_several_calls(db, staff, now):
    case = opened(db, staff, now)
    linked = attachments.link_call(db, case.id, CALL2, part="repeat", person=staff.agent, now=now)
    assert attachments.link_call(db, case.id, CALL2, part="repeat", person=staff.agent, now=now) == linked
    assert [(item.call_id, item.part) for item in linked] == [(CALL, "question"), (CALL2, "repeat")]
    with pytest.raises(NotAllowedError):
        attachments.link_call(db, case.id, "x", part="repeat", person=staff.colleague, now=now)


def test_a_call_that_calls_back_opens_no_case(db, staff, now):
    from crm import calls

    case, plan = calling_back(db, staff, now)
    attempt(db, plan.id, plan.version, call_id=CALL2, person=staff.handler, now=now)
    calls.apply(db, CallOffered(at=now, call_id=CALL2, extension="2101", caller_number="081200000001"))
    change = cases.open_case(db, CALL2, person=None, now=now, limits=CaseLimits())
    assert (change.case.id, change.event) == (case.id, None)
    assert [item.id for item in attachments.cases_in_call(db, CALL2)] == [case.id]


@pytest.fixture
def task(db, staff, now):
    case = consulting(db, staff, now)
    go(db, case, staff.leader, now, "answered", answer="Bisa di KPP.", sikp_update="needed")
    return tasks.list_tasks(db)[0]


def test_a_task_is_taken_and_published(db, staff, now, task):
    later = now + timedelta(hours=1)
    taken = tasks.move_task(db, task.id, 1, "take", person=staff.quality, now=now)
    assert (taken.state, taken.taken_by, taken.age_s(later)) == ("taken", "Kiki Contoh", 3600)
    with pytest.raises(ProcedureError) as refused:
        tasks.move_task(db, task.id, 2, "publish", person=staff.quality, now=now)
    assert refused.value.missing == ("article_id", "article_version")
    done = tasks.move_task(
        db, task.id, 2, "publish", article_id="lupa-efin", article_version=4, person=staff.quality, now=later
    )
    assert (done.state, done.article_id, done.article_version, done.decided_by) == (
        "published", "lupa-efin", 4, "Kiki Contoh",
    )  # fmt: skip
    assert tasks.list_tasks(db) == []
    assert tasks.list_tasks(db, ["published"]) == [done]
    for action in ("take", "give_back", "publish", "decline", "burn"):
        with pytest.raises(ProcedureError, match='This SIKP update is "published"'):
            tasks.move_task(db, task.id, 3, action, reason="x", person=staff.quality, now=now)


def test_a_task_is_declined_with_a_reason_only(db, staff, now, task):
    tasks.move_task(db, task.id, 1, "take", person=staff.quality, now=now)
    with pytest.raises(ProcedureError, match="Not filled in: Reason"):
        tasks.move_task(db, task.id, 2, "decline", reason="  ", person=staff.quality, now=now)
    with pytest.raises(FieldError):
        tasks.move_task(db, task.id, 2, "decline", reason="x" * 4001, person=staff.quality, now=now)
    done = tasks.move_task(db, task.id, 2, "decline", reason="Sudah ada.", person=staff.quality, now=now)
    assert (done.state, done.reason) == ("declined", "Sudah ada.")


def test_a_task_is_quality_staffs_and_of_whoever_took_it(db, staff, now, task):
    for person in (staff.agent, staff.leader, staff.handler, staff.assessor):
        with pytest.raises(NotAllowedError):
            tasks.move_task(db, task.id, 1, "take", person=person, now=now)
    tasks.move_task(db, task.id, 1, "take", person=staff.quality, now=now)
    with pytest.raises(NotAllowedError, match="taken by Kiki Contoh"):
        tasks.move_task(db, task.id, 2, "give_back", person=staff.quality2, now=now)
    back = tasks.move_task(db, task.id, 2, "give_back", person=staff.quality, now=now)
    assert (back.state, back.taken_by_id) == ("open", None)
    assert tasks.move_task(db, task.id, 3, "take", person=staff.quality2, now=now).taken_by == "Lestari Contoh"


def test_a_stale_task_gives_both_versions_back(db, staff, now, task):
    tasks.move_task(db, task.id, 1, "take", person=staff.quality, now=now)
    tasks.move_task(db, task.id, 2, "decline", reason="Sudah ada.", person=staff.quality, now=now)
    with pytest.raises(ConflictError, match="SIKP update") as conflict:
        tasks.move_task(db, task.id, 2, "decline", reason="Salah.", person=staff.quality, now=now)
    assert (conflict.value.yours["reason"], conflict.value.theirs["reason"], conflict.value.version) == (
        "Salah.", "Sudah ada.", 3,
    )  # fmt: skip


def test_no_such_task(db, staff, now):
    with pytest.raises(NotFoundError):
        tasks.find_task(db, 9)
    with pytest.raises(NotFoundError):
        tasks.move_task(db, 9, 1, "take", person=staff.quality, now=now)
