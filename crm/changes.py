# SPDX-License-Identifier: GPL-3.0-or-later
"""What the changes of a case have in common within a transaction: its opening, what is changed of it, what is written
down, and the picture that comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm import audit
from crm.audit import Action, Fact
from crm.caserows import next_number, require_may_change, set_fields, stored_changes, timeline_entry
from crm.clock import CaseLimits
from crm.fields import FieldValue, check_fields
from crm.models import Case, CaseCall
from crm.procedure import FIRST_STATE, FIRST_STEP
from crm.sources import Source, changed_sources, check_sources
from crm.views import CaseView, PersonView, case_view
from pipeline.events import CaseNoted, CaseOpened, CaseTransitioned

SAVED_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True)
class CaseChange:
    """A case after a change, and the event to keep with the call (None when nothing changed)."""

    case: CaseView
    event: CaseOpened | CaseTransitioned | CaseNoted | None


@dataclass(frozen=True)
class Edit:
    """What a page wants to have in a case: checked values, and where texts came from (:mod:`crm.sources`)."""

    fields: dict[str, FieldValue]
    sources: dict[str, Source | None]

    @classmethod
    def checked(cls, fields: Mapping[str, object], sources: Mapping[str, object] | None) -> Edit:
        """Check what was given; raises FieldError."""
        return cls(check_fields(fields), check_sources(sources or {}))

    @property
    def content(self) -> list[dict[str, Any]]:
        """What a request's key stands for."""
        return [self.fields, self.sources] if self.sources else [self.fields]


@dataclass(frozen=True)
class Changed:
    """What of an edit differs from what is stored."""

    fields: dict[str, FieldValue]
    sources: dict[str, Source | None]

    @property
    def names(self) -> list[str]:
        """The fields that are touched."""
        return sorted({*self.fields, *self.sources})

    @property
    def for_journal(self) -> dict[str, Any]:
        """What the call's journal keeps of it."""
        return {**self.fields, **({"sources": self.sources} if self.sources else {})}


def changed(case: Case, edit: Edit) -> Changed:
    """Return what an edit changes; fields that are closed in the case's state are refused (FieldError)."""
    fields = stored_changes(case, edit.fields, edit.sources)
    sources = changed_sources(case.sources, edit.sources, fields)
    return Changed(fields, sources)


def enter(session: Session, case: Case, change: Changed, person: PersonView | None) -> None:
    """Write a change into the row and raise its version; raises what :func:`require_may_change` raises."""
    require_may_change(session, case, change.fields, change.names, person)
    set_fields(case, change.fields)
    if change.sources:
        kept = {**case.sources, **change.sources}
        case.sources = {name: source for name, source in kept.items() if source is not None}


def opened(
    session: Session,
    call_id: str,
    ordinal: int,
    *,
    person: PersonView | None,
    now: datetime,
    limits: CaseLimits,
) -> CaseChange:
    """Open a case of a call within a transaction (step 1)."""
    case = Case(
        number=next_number(session, now),
        call_id=call_id,
        ordinal=ordinal,
        agent_id=person.id if person else None,
        state=FIRST_STATE,
        version=1,
        opened_at=now,
        warning_at=now + timedelta(seconds=limits.warning_s),
        deadline_at=now + timedelta(seconds=limits.limit_s),
        timeline=[timeline_entry(now, FIRST_STEP, "", FIRST_STATE, person)],
    )
    session.add(case)
    session.flush()
    session.add(CaseCall(case_id=case.id, call_id=call_id, part="question", linked_at=now))
    session.flush()
    session.refresh(case)
    view = case_view(case)
    write_down(session, "case_opened", view, person, now, step=FIRST_STEP)
    event = CaseOpened(
        at=now, call_id=call_id, case_number=view.number, agent=view.agent_username, deadline_at=view.deadline_at
    )
    return CaseChange(view, event)


def write_down(
    session: Session, action: Action, case: CaseView, person: PersonView | None, now: datetime, **detail: str
) -> None:
    """Note in the audit trail what became of a case."""
    fact = Fact(action, ("case", case.number), person=username(person), detail={"call": case.call_id, **detail})
    audit.add(session, fact, now=now)


def write_down_saved(
    session: Session, case: CaseView, change: Changed, person: PersonView | None, now: datetime
) -> None:
    """Note that somebody has filled in fields, which in one stretch of typing (never their text).

    The pages save while one types: a case has one entry a person and minute, naming the fields of its first save; the
    call's journal has all of them.
    """
    detail = {"call": case.call_id, "fields": ", ".join(change.names)}
    fact = Fact("case_saved", ("case", case.number), person=username(person), detail=detail)
    audit.add_once(session, fact, now=now, within=SAVED_AGAIN)


def username(person: PersonView | None) -> str:
    """Return whose change it is; empty: the system's."""
    return person.username if person else ""
