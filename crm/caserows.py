# SPDX-License-Identifier: GPL-3.0-or-later
"""A case's row within a transaction: finding and locking it, who may change it, which fields, its number."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.errors import ConflictError, FieldError, NotAllowedError, NotFoundError
from crm.fields import FieldValue, field_label
from crm.models import Case, CaseCounter, CaseTransition, Taxpayer
from crm.procedure import KEEPERS, RESERVED, Role, editable, may_act, role_label, roles_onward, state_label
from crm.views import PersonView, field_values
from pipeline.catalog import text
from pipeline.clock import OFFICE_ZONE


def case_row(session: Session, case_id: int, *, lock: bool) -> Case:
    """Return a case's row, locked for a change when asked; raises NotFoundError."""
    query = select(Case).where(Case.id == case_id)
    case = session.scalar(query.with_for_update(of=Case) if lock else query)
    if case is None:
        raise NotFoundError(text("crm.no_case"), remedy=text("crm.no_case_remedy"))
    return case


def held_case(session: Session, case_id: int, person: PersonView | None, roles: frozenset[Role] | None = None) -> Case:
    """Return a case locked for a change by this person (None: the system, which may).

    Parameters:
        roles: in which roles the person may act; without: those that have something to do in the case's state.

    Raises:
        NotFoundError, NotAllowedError: no such case, or not this person's.
    """
    case = case_row(session, case_id, lock=True)
    require_may_act(case, person, roles_onward(case.state) if roles is None else roles)
    return case


def require_may_act(case: Case, person: PersonView | None, roles: frozenset[Role]) -> None:
    """Refuse a person without these roles, or one whose case it is not."""
    if person is None:
        return
    handler_id = case.escalation.taken_by_id if case.escalation else None
    helper = case.consultation if case.state == "consulting" else None
    helper_id = helper.taken_by_id if helper else None
    if not may_act(roles, person.roles, person.id, agent_id=case.agent_id, handler_id=handler_id, helper_id=helper_id):
        if helper is not None and helper_id is not None and "team_leader" in roles & person.roles:
            raise helped_already(helper.taken_by)
        raise NotAllowedError(text("crm.case_not_yours"), remedy=text("crm.case_not_yours_remedy"))


def helped_already(name: str) -> NotAllowedError:
    """Return the refusal for a team leader where another one helps already."""
    return NotAllowedError(text("crm.helped", name=name), remedy=text("crm.helped_remedy", name=name))


def require_version(case: Case, version: int, yours: Mapping[str, FieldValue]) -> None:
    """Refuse a change made on another version than the stored one; the error holds both contents.

    Parameters:
        yours: fields, and ``reason``: what the escalation should know.
    """
    if case.version == version:
        return
    stored = {**field_values(case), "reason": case.consultation.remark if case.consultation else ""}
    raise ConflictError(
        text("crm.conflict", number=case.number, state=state_label(case.state)),
        remedy=text("crm.conflict_remedy"),
        yours=yours,
        theirs={name: stored[name] for name in yours},
        version=case.version,
    )


def stored_changes(
    case: Case, cleaned: Mapping[str, FieldValue], touched: Collection[str] = ()
) -> dict[str, FieldValue]:
    """Return the fields that differ from what is stored; those and the ``touched`` must be open in the case's state.

    Raises:
        FieldError: the case's state has closed one of them.
    """
    stored = field_values(case)
    changed = {name: value for name, value in cleaned.items() if value != stored[name]}
    open_fields = editable(case.state)
    closed = [name for name in dict.fromkeys([*changed, *touched]) if name not in open_fields]
    if closed:
        raise FieldError(
            text("crm.field_closed", fields=_labels(closed), state=state_label(case.state)),
            remedy=text("crm.field_closed_remedy"),
        )
    return changed


def require_may_change(
    session: Session,
    case: Case,
    changed: Mapping[str, FieldValue],
    touched: Collection[str],
    person: PersonView | None,
) -> None:
    """Refuse changes of fields that are not this person's to fill in, and a taxpayer who is not there."""
    if touched:
        require_may_act(case, person, KEEPERS[case.state])
    for name in touched:
        roles = RESERVED.get(name)
        if roles is not None and person is not None and not roles & person.roles:
            raise NotAllowedError(
                text("crm.field_not_yours", fields=_labels([name]), roles=", ".join(map(role_label, sorted(roles)))),
                remedy=text("crm.field_not_yours_remedy"),
            )
    taxpayer_id = changed.get("taxpayer_id")
    if taxpayer_id is not None and session.get(Taxpayer, taxpayer_id) is None:
        raise FieldError(text("crm.no_taxpayer"), remedy=text("crm.no_taxpayer_remedy"))


def set_fields(case: Case, changed: Mapping[str, FieldValue]) -> None:
    """Write fields into the row and raise its version."""
    for name, value in changed.items():
        setattr(case, name, value)
    case.version += 1


def timeline_entry(
    at: datetime, step: str, from_state: str, to_state: str, person: PersonView | None
) -> CaseTransition:
    """Return a line for the case's timeline."""
    return CaseTransition(
        at=at,
        step=step,
        from_state=from_state,
        to_state=to_state,
        person_id=person.id if person else None,
        person_name=person.name if person else "",
    )


def _labels(names: list[str]) -> str:
    return ", ".join(field_label(name) for name in names)


def next_number(session: Session, now: datetime) -> str:
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
