# SPDX-License-Identifier: GPL-3.0-or-later
"""Call-backs of escalated cases: planned, tried (each try with its call), done, or given up after several tries.

Whoever handles the case plans and makes them. The call of a try is linked to the case: it is recorded like any other,
opens no case of its own, and when it is archived the resolved case is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import audit
from crm.audit import Fact
from crm.callrows import call_row
from crm.caserows import held_case
from crm.errors import NotFoundError, ProcedureError
from crm.fields import check_text
from crm.guards import enter_request, refuse_stale
from crm.models import CallBack, CallBackAttempt, Case, CaseCall
from crm.office_store import in_force
from crm.procedure import KEEPERS, state_label
from crm.views import OPEN_CALLBACKS, PersonView
from pipeline.catalog import text
from pipeline.database import Database

CallBackState = Literal["planned", "attempted", "done", "given_up"]
# The whole life of a call-back: which state an action leads to, by the state it finds.
MOVES: Mapping[str, Mapping[str, CallBackState]] = {
    "attempt": {"planned": "attempted", "attempted": "attempted"},
    "reached": {"attempted": "done"},
    "give_up": {"attempted": "given_up"},
}
TRIES_LEAST = 3  # a taxpayer is given up after so many tries at the earliest


@dataclass(frozen=True)
class AttemptView:
    """One try; ``call_id`` is None when it was not made with our telephones."""

    at: datetime
    person: str
    call_id: str | None
    reached: bool


@dataclass(frozen=True)
class CallBackView:
    """One call-back with its tries, oldest first."""

    id: int
    case_id: int
    case_number: str
    state: str
    version: int
    phone: str
    due_at: datetime
    planned_at: datetime
    planned_by: str
    ended_at: datetime | None
    reason: str
    attempts: tuple[AttemptView, ...]


def plan(
    database: Database,
    case_id: int,
    *,
    due_at: datetime,
    phone: str = "",
    person: PersonView,
    now: datetime,
    request_key: str = "",
) -> CallBackView:
    """Plan when the taxpayer is called back; a call-back that is still open is re-planned, not doubled.

    Parameters:
        phone: whom to call; empty: as it was (the number of the call in which the question was asked).

    Raises:
        NotFoundError, NotAllowedError: no such case, or somebody else handles it.
        ProcedureError: the case is not in escalation.
        FieldError, RequestReusedError: the phone is too long; the key was used for something else.
    """
    content = ("plan", case_id, due_at.isoformat(), phone)
    with database.write() as session:
        _, repeated = enter_request(session, request_key, content, person=person, now=now)
        case = held_case(session, case_id, person, KEEPERS["handling"])
        if repeated:
            return _view(case.callbacks[-1], case)
        if case.state not in ("handling", "calling_back"):
            raise ProcedureError(
                text("crm.callback_case", number=case.number, state=state_label(case.state)),
                remedy=text("crm.callback_remedy"),
            )
        row = next((item for item in case.callbacks if item.state in OPEN_CALLBACKS), None)
        if row is None:
            row = CallBack(
                state="planned", version=1, phone=case.call.caller_number, due_at=due_at, planned_at=now,
                planned_by=person.name, reason="",
            )  # fmt: skip
            case.callbacks.append(row)
        else:
            row.due_at, row.version = due_at, row.version + 1
        row.phone = check_text("phone", phone, most=64) or row.phone
        session.flush()
        write_down(session, row, "plan", person.username, now)
        session.commit()
        return _view(row, case)


def attempt(
    database: Database,
    callback_id: int,
    version: int,
    *,
    call_id: str | None,
    person: PersonView,
    now: datetime,
    request_key: str = "",
) -> CallBackView:
    """Record a try to reach the taxpayer, and link its call to the case (before it is answered).

    A call that is a try already (:mod:`crm.outcalls` has seen its events first) stays the one try that it is.

    Raises:
        NotFoundError, NotAllowedError: no such call-back, or somebody else handles the case.
        ConflictError: ``version`` is not the stored one.
        ProcedureError: the call-back is over.
    """

    def record(session: Session, row: CallBack) -> None:
        if call_id is not None:
            call_row(session, call_id, now)
            if session.get(CaseCall, (row.case_id, call_id)) is None:
                session.add(CaseCall(case_id=row.case_id, call_id=call_id, part="callback", linked_at=now))
        row.attempts.append(
            CallBackAttempt(at=now, person_id=person.id, person_name=person.name, call_id=call_id, reached=False)
        )

    def is_known(row: CallBack) -> bool:
        return call_id is not None and any(item.call_id == call_id for item in row.attempts)

    change = _Change("attempt", callback_id, version, (call_id,), record, is_known)
    return _act(database, change, person=person, now=now, request_key=request_key)


def reached(
    database: Database, callback_id: int, version: int, *, person: PersonView, now: datetime, request_key: str = ""
) -> CallBackView:
    """Record that the last try reached the taxpayer: the call-back is done. Raises as :func:`attempt`."""

    def record(_session: Session, row: CallBack) -> None:
        row.attempts[-1].reached = True
        row.ended_at = now

    change = _Change("reached", callback_id, version, (), record)
    return _act(database, change, person=person, now=now, request_key=request_key)


def give_up(
    database: Database,
    callback_id: int,
    version: int,
    *,
    reason: str,
    person: PersonView,
    now: datetime,
    request_key: str = "",
) -> CallBackView:
    """Give a taxpayer up who cannot be reached; raises as :func:`attempt`, and ProcedureError before enough tries."""

    def record(session: Session, row: CallBack) -> None:
        least = in_force(session, "callback_tries", TRIES_LEAST)
        if len(row.attempts) < least:
            raise ProcedureError(
                text("crm.callback_tries", done=len(row.attempts), least=least),
                remedy=text("crm.callback_remedy"),
            )
        row.reason = check_text("reason", reason, most=4000)
        if not row.reason:
            raise ProcedureError(
                text("crm.task_missing", fields=text("crm.field_reason")),
                remedy=text("crm.fields_missing_remedy"),
                missing=("reason",),
            )
        row.ended_at = now

    change = _Change("give_up", callback_id, version, (reason,), record)
    return _act(database, change, person=person, now=now, request_key=request_key)


def due_callbacks(database: Database, *, before: datetime | None = None, limit: int = 100) -> list[CallBackView]:
    """Return open call-backs (due before a moment), the one due first at the top."""
    query = select(CallBack, Case).join(Case, Case.id == CallBack.case_id).where(CallBack.state.in_(OPEN_CALLBACKS))
    if before is not None:
        query = query.where(CallBack.due_at < before)
    with database.read() as session:
        rows = session.execute(query.order_by(CallBack.due_at, CallBack.id).limit(limit)).all()
        return [_view(row, case) for row, case in rows]


def callbacks_of_case(database: Database, case_id: int) -> list[CallBackView]:
    """Return a case's call-backs, oldest first."""
    with database.read() as session:
        case = session.get(Case, case_id)
        return [_view(row, case) for row in case.callbacks] if case else []


@dataclass(frozen=True)
class _Change:
    action: str
    callback_id: int
    version: int
    content: tuple[Any, ...]
    record: Callable[[Session, CallBack], None]
    is_known: Callable[[CallBack], bool] = lambda row: False


def _act(database: Database, change: _Change, *, person: PersonView, now: datetime, request_key: str) -> CallBackView:
    with database.write() as session:
        content = (change.action, change.callback_id, *change.content)
        _, repeated = enter_request(session, request_key, content, person=person, now=now)
        case_id = session.scalar(select(CallBack.case_id).where(CallBack.id == change.callback_id))
        if case_id is None:
            raise NotFoundError(text("crm.no_callback"), remedy=text("crm.callback_remedy"))
        case = held_case(session, case_id, person, KEEPERS["handling"])  # its lock is the call-back's too
        row = session.get_one(CallBack, change.callback_id, populate_existing=True)
        if repeated or change.is_known(row):
            return _view(row, case)
        refuse_stale("callback", row.version, change.version, {}, {"state": row.state})
        after = MOVES[change.action].get(row.state)
        if after is None:
            key = "crm.callback_not_reached" if row.state == "planned" else "crm.callback_no_way"
            raise ProcedureError(text(key, state=text(f"crm.callback_{row.state}")), remedy=text("crm.callback_remedy"))
        change.record(session, row)
        row.state, row.version = after, row.version + 1
        write_down(session, row, change.action, person.username, now)
        session.commit()
        return _view(row, case)


def write_down(session: Session, row: CallBack, action: str, username: str, now: datetime) -> None:
    """Note in the audit trail what became of a call-back."""
    detail: dict[str, str | int | bool | None] = {"case": row.case_id, "action": action, "state": row.state}
    audit.add(session, Fact("callback_moved", ("callback", str(row.id)), person=username, detail=detail), now=now)


def _view(row: CallBack, case: Case) -> CallBackView:
    return CallBackView(
        id=row.id,
        case_id=row.case_id,
        case_number=case.number,
        state=row.state,
        version=row.version,
        phone=row.phone,
        due_at=row.due_at,
        planned_at=row.planned_at,
        planned_by=row.planned_by,
        ended_at=row.ended_at,
        reason=row.reason,
        attempts=tuple(AttemptView(item.at, item.person_name, item.call_id, item.reached) for item in row.attempts),
    )
