# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases that wait for somebody: consultations for a team leader, escalations for an escalation agent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from crm.models import Case, CaseTransition, Escalation, UpdateTask
from crm.procedure import ESCALATED
from crm.views import CaseView, case_view
from pipeline.database import Database

MOST = 200


@dataclass(frozen=True)
class Waiting:
    """A case in a queue. ``since``: when it came in; ``age_s`` at the moment asked about."""

    case: CaseView
    since: datetime
    age_s: float

    def wire(self) -> dict[str, Any]:
        """Return the row as JSON-ready data."""
        case, escalation = self.case, self.case.escalation
        return {
            "case_id": str(case.id),
            "number": case.number,
            "call_id": case.call_id,
            "state": case.state,
            "agent_name": case.agent_name,
            "topic": case.fields["topic"],
            "question": case.fields["question"],
            "since": self.since.isoformat(),
            "age_s": self.age_s,
            "deadline_at": case.deadline_at.isoformat(),
            "reason": escalation.reason if escalation else "",
            "taken_by": escalation.taken_by if escalation else "",
        }


def consultations(database: Database, *, now: datetime) -> list[Waiting]:
    """Return the cases that wait for a team leader (step 3d), longest waiting first."""
    with database.read() as session:
        rows = session.scalars(select(Case).where(Case.state == "consulting").order_by(Case.opened_at).limit(MOST))
        found = [case_view(case) for case in rows]
    return sorted(
        (Waiting(case, case.reached_at, _age_s(case.reached_at, now)) for case in found), key=lambda item: item.since
    )


def escalations(database: Database, *, now: datetime, taken_by: int | None = None) -> list[Waiting]:
    """Return the cases in escalation, oldest first.

    Parameters:
        taken_by: only those that this escalation agent has taken; None: all, also those that wait.
    """
    query = select(Case).join(Escalation, Escalation.case_id == Case.id).where(Case.state.in_(ESCALATED))
    if taken_by is not None:
        query = query.where(Escalation.taken_by_id == taken_by)
    with database.read() as session:
        rows = session.scalars(query.order_by(Escalation.escalated_at, Case.id).limit(MOST))
        found = [case_view(case) for case in rows]
    return [
        Waiting(case, case.escalation.escalated_at, case.escalation.age_s(now)) for case in found if case.escalation
    ]


@dataclass(frozen=True)
class Consulted:
    """A question that a team leader had to be asked about."""

    case_id: int
    call_id: str
    at: datetime
    question: str


def consulted(database: Database, *, since: datetime | None = None) -> list[Consulted]:
    """Return the questions that went to a team leader, oldest first.

    Those whose task to update SIKP is decided, one way or the other, are not among them.

    Parameters:
        since: only from then on.
    """
    decided = select(UpdateTask.case_id).where(UpdateTask.state.in_(("published", "declined")))
    query = (
        select(Case.id, Case.call_id, CaseTransition.at, Case.question)
        .join(CaseTransition, CaseTransition.case_id == Case.id)
        .where(CaseTransition.to_state == "consulting", Case.id.not_in(decided))
        .order_by(CaseTransition.at, Case.id)
    )
    if since is not None:
        query = query.where(CaseTransition.at >= since)
    with database.read() as session:
        found = {row[0]: Consulted(*row) for row in session.execute(query)}
    return list(found.values())


def _age_s(since: datetime, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)
