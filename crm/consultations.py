# SPDX-License-Identifier: GPL-3.0-or-later
"""Which team leader helps with a case that waits for one (step 3d), so that two do not answer the same question.

Who helps is no step of the procedure and raises no version: what anybody types goes on. While somebody helps, the
decision (steps 4 and 5) is theirs (:func:`crm.procedure.may_act`); a colleague can take over.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from crm import audit
from crm.audit import Action, Fact
from crm.caserows import case_row, helped_already
from crm.errors import NotAllowedError, ProcedureError
from crm.fields import check_text
from crm.models import Case, Consultation
from crm.procedure import role_label, state_label
from crm.views import CaseView, PersonView, case_view
from pipeline.catalog import text
from pipeline.database import Database

REMARK_MOST = 4000


def take(database: Database, case_id: int, *, person: PersonView, now: datetime, over: bool = False) -> CaseView:
    """Note that a team leader helps with a case; who helps already changes nothing.

    Parameters:
        over: also when a colleague helps: take over.

    Raises:
        NotFoundError, ProcedureError: no such case, or it waits for no team leader.
        NotAllowedError: the person is no team leader, or a colleague helps.
    """
    with database.write() as session:
        case = _waiting(session, case_id, person)
        row = case.consultation or Consultation(taken_by="", remark="")
        if row.taken_by_id not in (None, person.id) and not over:
            raise helped_already(row.taken_by)
        if row.taken_by_id != person.id:
            before = row.taken_by
            row.taken_at, row.taken_by_id, row.taken_by = now, person.id, person.name
            case.consultation = row
            _write_down(session, "consultation_taken", case, person, now, before=before)
        session.flush()
        view = case_view(case)
        session.commit()
    return view


def leave(database: Database, case_id: int, *, person: PersonView, now: datetime) -> CaseView:
    """Note that a team leader no longer helps; somebody else's help is left alone. Raises as :func:`take` does."""
    with database.write() as session:
        case = _waiting(session, case_id, person)
        row = case.consultation
        if row is not None and row.taken_by_id == person.id:
            row.taken_at, row.taken_by_id, row.taken_by = None, None, ""
            _write_down(session, "consultation_left", case, person, now)
        session.flush()
        view = case_view(case)
        session.commit()
    return view


def checked_remark(words: str) -> str:
    """Return what the escalation should know (step 4), cleaned.

    Raises:
        ProcedureError: nothing was written.
        FieldError: it is too long.
    """
    checked = check_text("reason", words, most=REMARK_MOST)
    if not checked:
        raise ProcedureError(
            text("crm.task_missing", fields=text("crm.field_reason")),
            remedy=text("crm.fields_missing_remedy"),
            missing=("reason",),
        )
    return checked


def keep_remark(case: Case, remark: str) -> None:
    """Keep a checked remark with a case that is locked for the step."""
    row = case.consultation or Consultation(taken_by="", remark="")
    row.remark = remark
    case.consultation = row


def _waiting(session: Session, case_id: int, person: PersonView) -> Case:
    if "team_leader" not in person.roles:
        raise NotAllowedError(
            text("crm.move_not_yours", step="3d", roles=role_label("team_leader")),
            remedy=text("crm.move_not_yours_remedy"),
        )
    case = case_row(session, case_id, lock=True)
    if case.state != "consulting":
        raise ProcedureError(
            text("crm.not_consulting", number=case.number, state=state_label(case.state)),
            remedy=text("crm.not_consulting_remedy"),
        )
    return case


def _write_down(session: Session, action: Action, case: Case, person: PersonView, now: datetime, **detail: str) -> None:
    fact = Fact(action, ("case", case.number), person=person.username, detail={"call": case.call_id, **detail})
    audit.add(session, fact, now=now)
