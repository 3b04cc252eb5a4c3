# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that we make about a case, as their events tell of them: linked to it, a try of its call-back, and whether the
taxpayer was reached. An event told again changes nothing."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import callbacks
from crm.callrows import call_row
from crm.caserows import case_row
from crm.errors import NotFoundError
from crm.extensions import agent_of
from crm.models import CallBack, CallBackAttempt, CaseCall
from crm.views import OPEN_CALLBACKS
from pipeline.database import Database
from pipeline.events import CallAnswered, CallOffered


def offered(database: Database, item: CallOffered) -> bool:
    """Link an outgoing call to the case that it is about; returns whether anything is new.

    The page that asked for the call does the same, with the person's name; what a hub that was killed in between
    left out is made good here.
    """
    if item.direction != "out" or item.case_id is None:
        return False
    with database.write() as session:
        try:
            case = case_row(session, item.case_id, lock=True)
        except NotFoundError:  # a journal of another database
            return False
        call_row(session, item.call_id, item.at)
        new = session.get(CaseCall, (case.id, item.call_id)) is None
        if new:
            part = "repeat" if item.callback_id is None else "callback"
            session.add(CaseCall(case_id=case.id, call_id=item.call_id, part=part, linked_at=item.at))
        row = session.get(CallBack, item.callback_id) if item.callback_id is not None else None
        if row is not None and row.case_id == case.id:
            new = _enter_try(session, row, item) or new
        session.commit()
        return new


def answered(database: Database, item: CallAnswered) -> bool:
    """Enter that a call-back reached the taxpayer; returns whether it did so just now."""
    with database.write() as session:
        attempt = session.scalar(select(CallBackAttempt).where(CallBackAttempt.call_id == item.call_id))
        if attempt is None or attempt.reached:
            return False
        row = session.get_one(CallBack, attempt.callback_id, with_for_update=True)
        attempt.reached = True
        if row.state in OPEN_CALLBACKS:
            row.state, row.version, row.ended_at = "done", row.version + 1, item.at
            callbacks.write_down(session, row, "reached", "", item.at)
        session.commit()
        return True


def _enter_try(session: Session, row: CallBack, item: CallOffered) -> bool:
    if row.state not in OPEN_CALLBACKS or any(attempt.call_id == item.call_id for attempt in row.attempts):
        return False
    person = agent_of(session, item.extension)
    row.attempts.append(
        CallBackAttempt(
            at=item.at,
            person_id=person.id if person else None,
            person_name=person.name if person else "",
            call_id=item.call_id,
            reached=False,
        )
    )
    row.state, row.version = "attempted", row.version + 1
    callbacks.write_down(session, row, "attempt", person.username if person else "", item.at)
    return True
