# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases: opening one, saving what is typed, and moving it along the procedure.

Each change is checked against :mod:`crm.procedure`, raises the case's version by one, and comes back with the event
that the hub appends to the call's ``case.jsonl``. Whoever changes a version that is no longer the stored one gets a
:class:`crm.errors.ConflictError` holding both texts; nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.calls import call_row
from crm.clock import OFFICE_ZONE, CaseLimits
from crm.errors import ConflictError, FieldError, NotAllowedError, NotFoundError
from crm.fields import FieldValue, check_fields, field_label
from crm.models import Case, CaseCounter, CaseTransition
from crm.procedure import FIRST_STATE, FIRST_STEP, SETTLED, STATES, check_move, editable, state_label
from crm.views import CaseView, PersonView, case_view, field_values
from pipeline.catalog import text
from pipeline.database import Database
from pipeline.events import CaseNoted, CaseOpened, CaseTransitioned

SYSTEM_ROLES = frozenset({"system"})


@dataclass(frozen=True)
class CaseChange:
    """A case after a change, and the event to keep with the call (None when nothing changed)."""

    case: CaseView
    event: CaseOpened | CaseTransitioned | CaseNoted | None


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
    journal again does no harm.

    Parameters:
        person: the agent who received the question (None: not known yet).
        ordinal: 1 for the call's first question, 2 for the second, each with its own clock.
    """
    with database.write() as session:
        call_row(session, call_id, now)
        existing = session.scalar(select(Case).where(Case.call_id == call_id, Case.ordinal == ordinal))
        if existing is not None:
            return CaseChange(case_view(existing), None)
        case = Case(
            number=_next_number(session, now),
            call_id=call_id,
            ordinal=ordinal,
            agent_id=person.id if person else None,
            state=FIRST_STATE,
            version=1,
            opened_at=now,
            warning_at=now + timedelta(seconds=limits.warning_s),
            deadline_at=now + timedelta(seconds=limits.limit_s),
            timeline=[_entry(now, FIRST_STEP, "", FIRST_STATE, person)],
        )
        session.add(case)
        session.flush()
        session.refresh(case)
        view = case_view(case)
        session.commit()
    opened = CaseOpened(
        at=now, call_id=call_id, case_number=view.number, agent=view.agent_username, deadline_at=view.deadline_at
    )
    return CaseChange(view, opened)


def save_fields(
    database: Database,
    case_id: int,
    version: int,
    fields: Mapping[str, object],
    *,
    person: PersonView | None,
    now: datetime,
) -> CaseChange:
    """Save fields without a step. Nothing changed: same version, no event.

    Raises:
        NotFoundError, NotAllowedError: no such case, or not this person's.
        ConflictError: ``version`` is not the stored one.
        FieldError: a field is unknown, too long, or no longer open in this state.
    """
    cleaned = check_fields(fields)
    with database.write() as session:
        case = _held(session, case_id, person)
        _same_version(case, version, cleaned)
        changed = _changed(case, cleaned)
        if not changed:
            return CaseChange(case_view(case), None)
        _apply(case, changed)
        view = case_view(case)
        session.commit()
    noted = CaseNoted(at=now, call_id=view.call_id, case_number=view.number, person=_username(person), fields=changed)
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
) -> CaseChange:
    """Take a step of the procedure, saving ``fields`` with it; all or nothing.

    Raises:
        NotFoundError, NotAllowedError: no such case, not this person's, or another role's step.
        ConflictError: ``version`` is not the stored one (also when a button was pressed twice).
        FieldError, ProcedureError: see :func:`crm.procedure.check_move`.
    """
    cleaned = check_fields(fields or {})
    with database.write() as session:
        case = _held(session, case_id, person)
        _same_version(case, version, cleaned)
        changed = _changed(case, cleaned)
        values = {**field_values(case), **changed}
        move = check_move(case.state, to, values, person.roles if person else SYSTEM_ROLES)
        _owns(case, person, move.roles)
        _apply(case, changed)
        if case.agent_id is None and person is not None and "agent" in move.roles:
            case.agent_id = person.id
        case.state = move.to_state
        case.closed_at = now if move.to_state == "closed" else case.closed_at
        case.timeline.append(_entry(now, move.step, move.from_state, move.to_state, person))
        session.flush()
        session.refresh(case, ["agent"])
        view = case_view(case)
        session.commit()
    moved = CaseTransitioned(
        at=now,
        call_id=view.call_id,
        case_number=view.number,
        from_state=move.from_state,
        to_state=move.to_state,
        step=move.step,
        person=_username(person),
        fields=changed,
    )
    return CaseChange(view, moved)


def close_archived(database: Database, call_id: str, *, now: datetime) -> list[CaseChange]:
    """Take step 8 for every documented case of a call whose recording is archived (step 7)."""
    with database.read() as session:
        ready = session.execute(
            select(Case.id, Case.version).where(Case.call_id == call_id, Case.state == "documented")
        ).all()
    return [transition(database, case_id, version, "closed", person=None, now=now) for case_id, version in ready]


def find_case(database: Database, case_id: int) -> CaseView:
    """Return a case; raises NotFoundError."""
    with database.read() as session:
        return case_view(_case(session, case_id, lock=False))


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


def _case(session: Session, case_id: int, *, lock: bool) -> Case:
    query = select(Case).where(Case.id == case_id)
    case = session.scalar(query.with_for_update(of=Case) if lock else query)
    if case is None:
        raise NotFoundError(text("crm.no_case"), remedy=text("crm.no_case_remedy"))
    return case


def _held(session: Session, case_id: int, person: PersonView | None) -> Case:
    """Return the case locked for a change by this person (its agent, a team leader, or the system)."""
    case = _case(session, case_id, lock=True)
    if person is not None and "team_leader" not in person.roles:
        _owns(case, person, frozenset({"agent"}))
    return case


def _owns(case: Case, person: PersonView | None, roles: frozenset[str]) -> None:
    """Refuse an agent's step on a case that is another agent's."""
    if person is None or roles & (person.roles - {"agent"}):
        return
    if "agent" not in person.roles or case.agent_id not in (None, person.id):
        raise NotAllowedError(text("crm.case_not_yours"), remedy=text("crm.case_not_yours_remedy"))


def _same_version(case: Case, version: int, yours: Mapping[str, FieldValue]) -> None:
    if case.version == version:
        return
    stored = field_values(case)
    raise ConflictError(
        text("crm.conflict", number=case.number, state=state_label(case.state)),
        remedy=text("crm.conflict_remedy"),
        yours=yours,
        theirs={name: stored[name] for name in yours},
        version=case.version,
    )


def _changed(case: Case, cleaned: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    """Return the fields that differ from what is stored; those must be open in the case's state."""
    stored = field_values(case)
    changed = {name: value for name, value in cleaned.items() if value != stored[name]}
    open_fields = editable(case.state)
    closed = [name for name in changed if name not in open_fields]
    if closed:
        raise FieldError(
            text(
                "crm.field_closed",
                fields=", ".join(field_label(name) for name in closed),
                state=state_label(case.state),
            ),
            remedy=text("crm.field_closed_remedy"),
        )
    return changed


def _apply(case: Case, changed: Mapping[str, FieldValue]) -> None:
    for name, value in changed.items():
        setattr(case, name, value)
    case.version += 1


def _entry(at: datetime, step: str, from_state: str, to_state: str, person: PersonView | None) -> CaseTransition:
    return CaseTransition(
        at=at,
        step=step,
        from_state=from_state,
        to_state=to_state,
        person_id=person.id if person else None,
        person_name=person.name if person else "",
    )


def _username(person: PersonView | None) -> str:
    return person.username if person else ""


def _next_number(session: Session, now: datetime) -> str:
    """Return the year's next case number; the counter's row lock keeps it without gaps or twins."""
    year = now.astimezone(OFFICE_ZONE).year
    count_up = update(CaseCounter).where(CaseCounter.year == year).values(last=CaseCounter.last + 1)
    last = session.scalar(count_up.returning(CaseCounter.last))
    if last is None:
        try:
            with session.begin_nested():
                session.add(CaseCounter(year=year, last=1))
            last = 1
        except IntegrityError:  # another writer opened the year's first case at the same moment
            last = session.scalar(count_up.returning(CaseCounter.last))
    return f"LI-{year}-{last:06d}"
