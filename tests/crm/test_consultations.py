# SPDX-License-Identifier: GPL-3.0-or-later
"""Who helps with a consultation: taken, taken over, released; the decision is theirs while they help."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from crm import cases, consultations
from crm.audit_search import AuditQuery, search
from crm.errors import ConflictError, FieldError, NotAllowedError, ProcedureError
from crm.views import CaseView
from tests.crm.paths import consulting, go, searching

pytestmark = pytest.mark.integration
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture
def second(add_person):
    """A second team leader."""
    return add_person("lukman", "team_leader")


def trail(db, case):
    return [row.action for row in search(db, AuditQuery(object_id=case.number)).rows if "consultation" in row.action]


@ON_SQLITE
def test_whoever_helps_is_named_and_no_version_is_raised(db, staff, now):
    case = consulting(db, staff, now)
    taken = consultations.take(db, case.id, person=staff.leader, now=now)
    assert (taken.consultation.taken_by, taken.consultation.taken_by_id) == ("Wulan Contoh", staff.leader.id)
    assert (taken.consultation.taken_at, taken.version) == (now, case.version)
    assert consultations.take(db, case.id, person=staff.leader, now=now) == taken
    assert trail(db, case) == ["consultation_taken"], "once more changes nothing"


@ON_SQLITE
def test_a_colleague_must_say_that_it_is_taken_over(db, staff, second, now):
    case = consulting(db, staff, now)
    consultations.take(db, case.id, person=staff.leader, now=now)
    with pytest.raises(NotAllowedError, match="Wulan Contoh"):
        consultations.take(db, case.id, person=second, now=now)
    over = consultations.take(db, case.id, person=second, now=now, over=True)
    assert over.consultation.taken_by == "Lukman Contoh"
    rows = search(db, AuditQuery(object_id=case.number, action="consultation_taken")).rows
    assert any("Wulan Contoh" in row.detail for row in rows), "the trail names from whom"


@ON_SQLITE
def test_released_it_waits_for_anybody(db, staff, second, now):
    case = consulting(db, staff, now)
    consultations.take(db, case.id, person=staff.leader, now=now)
    assert consultations.leave(db, case.id, person=second, now=now).consultation.taken_by_id == staff.leader.id
    free = consultations.leave(db, case.id, person=staff.leader, now=now).consultation
    assert (free.taken_by, free.taken_by_id, free.taken_at) == ("", None, None)
    assert consultations.leave(db, case.id, person=staff.leader, now=now).consultation == free
    assert consultations.take(db, case.id, person=second, now=now).consultation.taken_by_id == second.id
    assert trail(db, case).count("consultation_left") == 1


@ON_SQLITE
def test_another_leaders_decision_is_refused(db, staff, second, now):
    case = consulting(db, staff, now)
    consultations.take(db, case.id, person=staff.leader, now=now)
    for to, fields in (("answered", {"answer": "Ya.", "sikp_update": "needed"}), ("escalated", {})):
        with pytest.raises(NotAllowedError, match="Wulan Contoh"):
            go(db, case, second, now, to, **fields)
    with pytest.raises(NotAllowedError, match="Wulan Contoh"):
        cases.save_fields(db, case.id, case.version, {"answer": "Lain."}, person=second, now=now)
    typed = cases.save_fields(db, case.id, case.version, {"topic": "PPh"}, person=staff.agent, now=now).case
    assert go(db, typed, staff.leader, now, "answered", answer="Ya.", sikp_update="needed").state == "answered"


@ON_SQLITE
def test_only_leaders_help_and_only_while_it_waits(db, staff, now):
    early = searching(db, staff, now)
    for act in (consultations.take, consultations.leave):
        with pytest.raises(ProcedureError, match=early.number):
            act(db, early.id, person=staff.leader, now=now)
    case = go(db, early, staff.agent, now, "consulting")
    for act in (consultations.take, consultations.leave):
        with pytest.raises(NotAllowedError):
            act(db, case.id, person=staff.agent, now=now)
    assert trail(db, case) == []


@ON_SQLITE
def test_the_remark_is_kept_with_the_step_or_not_at_all(db, staff, now):
    case = consulting(db, staff, now)

    def escalate(version: int, words: str) -> CaseView:
        return cases.transition(
            db, case.id, version, "escalated", person=staff.leader, now=now, remark=words, request_key="kunci-uji-0001"
        ).case

    with pytest.raises(ProcedureError, match="Reason"):
        escalate(case.version, " \n ")
    with pytest.raises(FieldError):
        escalate(case.version, "x" * (consultations.REMARK_MOST + 1))
    with pytest.raises(ConflictError) as stale:
        escalate(case.version - 1, "Sulit.")
    assert (stale.value.yours, stale.value.theirs) == ({"reason": "Sulit."}, {"reason": ""})
    assert cases.find_case(db, case.id) == case
    moved = escalate(case.version, " Sulit. ")
    assert (moved.state, moved.consultation.remark) == ("escalated", "Sulit.")
    assert escalate(case.version, " Sulit. ") == moved


def test_of_two_leaders_at_once_one_helps(db, staff, second, now):
    """On each engine: the case's row is locked while somebody takes it."""
    case = consulting(db, staff, now)

    def take(person):
        try:
            return consultations.take(db, case.id, person=person, now=now)
        except NotAllowedError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(take, (staff.leader, second)))
    [won] = [item for item in results if isinstance(item, CaseView)]
    [lost] = [item for item in results if isinstance(item, NotAllowedError)]
    helper = cases.find_case(db, case.id).consultation
    assert won.consultation == helper
    assert helper.taken_by in str(lost)
    assert trail(db, case) == ["consultation_taken"]
