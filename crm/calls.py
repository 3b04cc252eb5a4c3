# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls as rows: an index of the call folders, built from their events, and the questions that pages ask of it.

:func:`apply` may see an event twice or out of order (the bus repeats, a restarted hub reads folders again): each event
sets only its own columns, so the row ends up the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import selectinload

from crm.callrows import HANDLERS, call_row
from crm.clock import office_day
from crm.fields import clean_text
from crm.models import Call, Case, Person
from crm.procedure import SETTLED
from pipeline.clock import OFFICE_ZONE
from pipeline.database import Database
from pipeline.events import CallEvent

# A caller who reached an extension and got nobody (a wrong codec or our own shutdown is not the agents' doing).
ABANDONED = ("caller_abandoned", "no_answer", "agent_rejected", "agent_unreachable")
SERVICE_LEVEL_S = 20  # answered within so many seconds counts for the service level


@dataclass(frozen=True)
class CaseRef:
    """A case as far as lists show it."""

    case_id: int
    number: str
    state: str
    topic: str


@dataclass(frozen=True)
class CallView:
    """One call as the database knows it."""

    call_id: str
    extension: str
    direction: str
    caller_number: str
    caller_name: str
    agent_id: int | None
    agent_name: str
    offered_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    ring_ms: int | None
    talk_ms: int
    recording_gap: bool | None
    bundle: str
    bundle_complete: bool | None
    sealed_at: datetime | None
    manifest_sha256: str
    cases: tuple[CaseRef, ...] = ()

    def recent_wire(self) -> dict[str, Any]:
        """Return the call as a row of the agent's list of recent calls; the last case speaks for the call."""
        case = self.cases[-1] if self.cases else None
        return {
            "call_id": self.call_id,
            "caller_number": self.caller_number,
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "reason": self.end_reason,
            "case_number": case.number if case else None,
            "case_state": case.state if case else None,
        }


@dataclass(frozen=True)
class AgentDay:
    """An agent's own figures of the office day."""

    calls: int
    handled_s: int
    unfinished_cases: int


@dataclass(frozen=True)
class BoardDay:
    """The wallboard's figures of the office day. ``service_level``: share answered in time, None before any call."""

    answered: int
    abandoned: int
    longest_ringing_s: int
    service_level: float | None


@dataclass(frozen=True)
class ArchivePage:
    """One page of the archive's list, newest call first."""

    rows: tuple[CallView, ...]
    total: int
    page: int
    pages: int


def apply(database: Database, item: CallEvent) -> bool:
    """Enter an event into the call's row; returns whether events of this kind concern the row at all."""
    handler = HANDLERS.get(type(item))
    if handler is None:
        return False
    with database.write() as session:
        handler(session, call_row(session, item.call_id, item.at), item)
        session.commit()
    return True


def find_call(database: Database, call_id: str) -> CallView | None:
    """Return a call, or None."""
    with database.read() as session:
        row = session.get(Call, call_id)
        return _view(row) if row else None


def recent_calls(database: Database, extension: str, *, limit: int = 10) -> list[CallView]:
    """Return an extension's last calls that are over, newest first."""
    with database.read() as session:
        rows = session.scalars(
            select(Call)
            .where(Call.extension == extension, Call.ended_at.is_not(None))
            .options(selectinload(Call.cases))
            .order_by(Call.offered_at.desc(), Call.call_id.desc())
            .limit(limit)
        )
        return [_view(row) for row in rows]


def agent_day(database: Database, person_id: int, *, now: datetime) -> AgentDay:
    """Return an agent's answered calls and talk time today, and all cases that still need something."""
    begin, end = office_day(now)
    with database.read() as session:
        calls, talk_ms = session.execute(
            select(func.count(), func.coalesce(func.sum(Call.talk_ms), 0)).where(
                Call.agent_id == person_id,
                Call.answered_at.is_not(None),
                Call.offered_at >= begin,
                Call.offered_at < end,
            )
        ).one()
        waiting = session.scalar(
            select(func.count()).select_from(Case).where(Case.agent_id == person_id, Case.state.not_in(SETTLED))
        )
    return AgentDay(calls=calls, handled_s=round(int(talk_ms) / 1000), unfinished_cases=waiting or 0)


def board_day(database: Database, *, now: datetime, within_s: int = SERVICE_LEVEL_S) -> BoardDay:
    """Return today's figures of calls to us.

    The service level counts those answered within ``within_s`` of all that had a fate.
    """
    begin, end = office_day(now)
    offered = (Call.offered_at >= begin, Call.offered_at < end, Call.direction == "in")
    today = select(func.count()).select_from(Call).where(*offered)
    with database.read() as session:
        answered = session.scalar(today.where(Call.answered_at.is_not(None))) or 0
        abandoned = session.scalar(today.where(Call.answered_at.is_(None), Call.end_reason.in_(ABANDONED))) or 0
        in_time = session.scalar(today.where(Call.answered_at.is_not(None), Call.ring_ms <= within_s * 1000)) or 0
        longest_ms = session.scalar(select(func.max(Call.ring_ms)).where(*offered))
    with_fate = answered + abandoned
    return BoardDay(
        answered=answered,
        abandoned=abandoned,
        longest_ringing_s=round((longest_ms or 0) / 1000),
        service_level=in_time / with_fate if with_fate else None,
    )


def archive_page(
    database: Database, *, query: str = "", day: date | None = None, page: int = 1, rows: int = 25
) -> ArchivePage:
    """Return a page of the sealed calls.

    Parameters:
        query: part of a call id, case number, caller's number or name, agent's name, topic or question.
        day: an office day (Jakarta); None = all.
        page: from 1; a page beyond the last is the last.
    """
    conditions: list[ColumnElement[bool]] = [Call.sealed_at.is_not(None)]
    if day is not None:
        begin = datetime.combine(day, time(), OFFICE_ZONE)
        conditions += [Call.offered_at >= begin, Call.offered_at < begin + timedelta(days=1)]
    words = clean_text(query)[:100]
    if words:
        conditions.append(_matches(words))
    with database.read() as session:
        total = session.scalar(select(func.count()).select_from(Call).where(*conditions)) or 0
        pages = max(1, -(-total // rows))
        shown = min(max(page, 1), pages)
        found = session.scalars(_page(conditions, shown, rows))
        return ArchivePage(tuple(_view(row) for row in found), total, shown, pages)


def _page(conditions: list[ColumnElement[bool]], page: int, rows: int) -> Select[Call]:
    return (
        select(Call)
        .where(*conditions)
        .options(selectinload(Call.cases))
        .order_by(Call.offered_at.desc(), Call.call_id.desc())
        .offset((page - 1) * rows)
        .limit(rows)
    )


def _matches(query: str) -> ColumnElement[bool]:
    """Build the condition that a text occurs somewhere in the call; ``%`` and ``_`` mean themselves."""
    return or_(
        *(
            column.icontains(query, autoescape=True)
            for column in (Call.call_id, Call.caller_number, Call.caller_name, Call.extension)
        ),
        Call.agent.has(Person.name.icontains(query, autoescape=True)),
        Call.cases.any(
            or_(
                *(
                    column.icontains(query, autoescape=True)
                    for column in (Case.number, Case.topic, Case.question, Case.caller_name)
                )
            )
        ),
    )


def _view(row: Call) -> CallView:
    return CallView(
        call_id=row.call_id,
        extension=row.extension,
        direction=row.direction,
        caller_number=row.caller_number,
        caller_name=row.caller_name,
        agent_id=row.agent_id,
        agent_name=row.agent.name if row.agent else "",
        offered_at=row.offered_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        ring_ms=row.ring_ms,
        talk_ms=row.talk_ms,
        recording_gap=row.recording_gap,
        bundle=row.bundle,
        bundle_complete=row.bundle_complete,
        sealed_at=row.sealed_at,
        manifest_sha256=row.manifest_sha256,
        cases=tuple(CaseRef(case.id, case.number, case.state, case.topic) for case in row.cases),
    )
