# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases: opening one, saving what is typed, and moving it along the procedure.

Each change is checked against :mod:`crm.procedure`, raises the case's version by one, and comes back with the event
that the hub appends to the call's ``case.jsonl``. Whoever changes a version that is no longer the stored one gets a
:class:`crm.errors.ConflictError` holding both texts; nothing is overwritten. A change that comes again with the same
``request_key`` (:mod:`crm.guards`) gives the case as it is now, without an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from crm.callrows import call_row
from crm.caserows import case_row, held_case, require_may_act, require_version, timeline_entry
from crm.changes import CaseChange, Edit, changed, enter, opened, username, write_down, write_down_saved
from crm.clock import CaseLimits
from crm.consultations import checked_remark, keep_remark
from crm.effects import Step, bring_about
from crm.guards import enter_request
from crm.models import Case, CaseCall
from crm.procedure import CALLED_BACK, SETTLED, STATES, check_move
from crm.views import CaseView, PersonView, case_view, field_values, was_called_back
from pipeline.database import Database
from pipeline.events import CaseNoted, CaseTransitioned

SYSTEM_ROLES = frozenset({"system"})


def open_case(
    database: Database,
    call_id: str,
    *,
    person: PersonView | None,
    now: datetime,
    limits: CaseLimits,
    ordinal: int = 1,
) -> CaseChange:
    """Open the case of a call's question (step 1); its clock runs from ``now``.

    Idempotent: a question that is there already is returned without an event, so that a hub that reads a call's
    journal again does no harm. A call that calls a taxpayer back opens no case: it belongs to the one it is made for.

    Parameters:
        person: the agent who received the question (None: not known yet).
        ordinal: 1 for the call's first question, 2 for the second, each with its own clock.
    """
    with database.write() as session:
        call_row(session, call_id, now)
        query = select(Case).where(Case.call_id == call_id, Case.ordinal == ordinal)
        existing = session.scalar(query)
        if existing is None and ordinal == 1:
            of_callback = select(CaseCall.case_id).where(CaseCall.call_id == call_id, CaseCall.part == "callback")
            existing = session.scalar(select(Case).where(Case.id.in_(of_callback)).order_by(Case.id).limit(1))
        if existing is not None:
            session.commit()
            return CaseChange(case_view(existing), None)
        change = opened(session, call_id, ordinal, person=person, now=now, limits=limits)
        session.commit()
    return change


def open_next_case(
    database: Database,
    call_id: str,
    *,
    person: PersonView,
    now: datetime,
    limits: CaseLimits,
    request_key: str = "",
) -> CaseChange:
    """Open a case for a further question in a call that has one already, with a clock of its own.

    Raises:
        RequestReusedError: ``request_key`` was used for something else.
    """
    with database.write() as session:
        request, repeated = enter_request(session, request_key, ("open_next_case", call_id), person=person, now=now)
        if repeated and request is not None and request.result is not None:
            return CaseChange(case_view(case_row(session, request.result, lock=False)), None)
        call_row(session, call_id, now, lock=True)
        last = session.scalar(select(func.max(Case.ordinal)).where(Case.call_id == call_id)) or 0
        change = opened(session, call_id, last + 1, person=person, now=now, limits=limits)
        if request is not None:
            request.result = change.case.id
        session.commit()
    return change


def save_fields(
    database: Database,
    case_id: int,
    version: int,
    fields: Mapping[str, object],
    *,
    person: PersonView | None,
    now: datetime,
    request_key: str = "",
    sources: Mapping[str, object] | None = None,
) -> CaseChange:
    """Save fields without a step. Nothing changed: same version, no event.

    Parameters:
        sources: where texts came from, by field (:mod:`crm.sources`).

    Raises:
        NotFoundError, NotAllowedError: no such case, or not this person's.
        ConflictError: ``version`` is not the stored one.
        FieldError: a field is unknown, too long, or no longer open in this state.
        RequestReusedError: ``request_key`` was used for something else.
    """
    edit = Edit.checked(fields, sources)
    with database.write() as session:
        case = held_case(session, case_id, person)
        _, repeated = enter_request(session, request_key, ("save", case_id, *edit.content), person=person, now=now)
        if repeated:
            return CaseChange(case_view(case), None)
        require_version(case, version, edit.fields)
        change = changed(case, edit)
        if not change.names:
            return CaseChange(case_view(case), None)
        enter(session, case, change, person)
        view = case_view(case)
        write_down_saved(session, view, change, person, now)
        session.commit()
    noted = CaseNoted(
        at=now, call_id=view.call_id, case_number=view.number, person=username(person), fields=change.for_journal
    )
    return CaseChange(view, noted)


def transition(
    database: Database,
    case_id: int,
    version: int,
    to: str,
    fields: Mapping[str, object] | None = None,
    *,
    person: PersonView | None,
    now: datetime,
    request_key: str = "",
    sources: Mapping[str, object] | None = None,
    remark: str | None = None,
) -> CaseChange:
    """Take a step of the procedure, saving ``fields`` (and ``sources``) with it; all or nothing.

    Parameters:
        remark: what the escalation should know (step 4); given, it must not be empty.

    Raises:
        NotFoundError, NotAllowedError: no such case, not this person's, or another role's step.
        ConflictError: ``version`` is not the stored one (also when a button was pressed twice).
        FieldError, ProcedureError: see :func:`crm.procedure.check_move`.
        RequestReusedError: ``request_key`` was used for something else.
    """
    edit = Edit.checked(fields or {}, sources)
    words = {} if remark is None else {"reason": checked_remark(remark)}
    with database.write() as session:
        # Who took the step may ask again although the case is out of these hands by now.
        content = ("step", case_id, to, *edit.content, *words.values())
        _, repeated = enter_request(session, request_key, content, person=person, now=now)
        if repeated:
            return CaseChange(case_view(case_row(session, case_id, lock=False)), None)
        case = held_case(session, case_id, person)
        require_version(case, version, {**edit.fields, **words})
        change = changed(case, edit)
        values = {**field_values(case), **change.fields, CALLED_BACK: was_called_back(case)}
        move = check_move(case.state, to, values, person.roles if person else SYSTEM_ROLES)
        require_may_act(case, person, move.roles)
        enter(session, case, change, person)
        for written in words.values():
            keep_remark(case, written)
        if case.agent_id is None and person is not None and "agent" in move.roles:
            case.agent_id = person.id
        case.state = move.to_state
        case.closed_at = now if move.to_state == "closed" else case.closed_at
        case.timeline.append(timeline_entry(now, move.step, move.from_state, move.to_state, person))
        bring_about(Step(person, now, session, case, move))
        session.flush()
        session.refresh(case, ["agent"])
        view = case_view(case)
        write_down(session, "case_moved", view, person, now, step=move.step, **{"from": move.from_state, "to": to})
        session.commit()
    moved = CaseTransitioned(
        at=now,
        call_id=view.call_id,
        case_number=view.number,
        from_state=move.from_state,
        to_state=move.to_state,
        step=move.step,
        person=username(person),
        fields=change.for_journal,
    )
    return CaseChange(view, moved)


def close_archived(database: Database, call_id: str, *, now: datetime) -> list[CaseChange]:
    """Take step 8 for every finished case spoken about in a call whose recording is archived (step 7)."""
    with database.read() as session:
        ready = session.execute(
            select(Case.id, Case.version)
            .join(CaseCall, CaseCall.case_id == Case.id)
            .where(CaseCall.call_id == call_id, Case.state.in_(("documented", "resolved")))
            .order_by(Case.id)
        ).all()
    return [transition(database, case_id, version, "closed", person=None, now=now) for case_id, version in ready]


def find_case(database: Database, case_id: int) -> CaseView:
    """Return a case; raises NotFoundError."""
    with database.read() as session:
        return case_view(case_row(session, case_id, lock=False))


def cases_of_call(database: Database, call_id: str) -> list[CaseView]:
    """Return a call's cases, first question first."""
    with database.read() as session:
        rows = session.scalars(select(Case).where(Case.call_id == call_id).order_by(Case.ordinal))
        return [case_view(case) for case in rows]


def unfinished(database: Database, person_id: int, *, limit: int = 50) -> list[CaseView]:
    """Return an agent's cases that still need something, oldest first."""
    with database.read() as session:
        rows = session.scalars(
            select(Case)
            .where(Case.agent_id == person_id, Case.state.not_in(SETTLED))
            .order_by(Case.opened_at)
            .limit(limit)
        )
        return [case_view(case) for case in rows]


def count_by_state(
    database: Database, *, since: datetime | None = None, until: datetime | None = None
) -> dict[str, int]:
    """Return how many cases (opened in the span) are in each state; every state is named."""
    query = select(Case.state, func.count()).group_by(Case.state)
    if since is not None:
        query = query.where(Case.opened_at >= since)
    if until is not None:
        query = query.where(Case.opened_at < until)
    with database.read() as session:
        found = {state: count for state, count in session.execute(query)}
    return {state: found.get(state, 0) for state in STATES}
