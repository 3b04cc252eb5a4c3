# SPDX-License-Identifier: GPL-3.0-or-later
"""What the CRM gives away: frozen pictures without a database behind them, and their JSON for the pages."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from crm import models
from crm.clock import CaseClock, CaseLimits, case_clock
from crm.fields import FIELDS, FieldValue
from crm.procedure import CALLED_BACK, ROLES, Role, may_act, missing_fields, moves_from
from pipeline.catalog import text

OPEN_CALLBACKS = ("planned", "attempted")


@dataclass(frozen=True)
class PersonView:
    """A person who may sign in."""

    id: int
    username: str
    name: str
    roles: frozenset[Role]
    extension: str = ""
    active: bool = True
    must_change: bool = False  # the password is for once: nothing else is open until it is changed

    def wire(self) -> dict[str, Any]:
        """Return the person as the pages know it."""
        return {
            "id": self.id,
            "name": self.name,
            "username": self.username,
            "roles": sorted(self.roles),
            "extension": self.extension,
        }


@dataclass(frozen=True)
class TimelineEntry:
    """One step that a case took; ``person`` is empty for the system."""

    at: datetime
    step: str
    from_state: str
    to_state: str
    person: str


@dataclass(frozen=True)
class EscalationView:
    """A case's escalation. ``reason``: ``interpretation`` or ``no_answer``; ``taken_by_id`` None: it waits."""

    reason: str
    escalated_at: datetime
    escalated_by: str
    taken_at: datetime | None
    taken_by_id: int | None
    taken_by: str
    resolved_at: datetime | None

    def age_s(self, now: datetime) -> float:
        """Return how long the taxpayer has waited since the escalation; stands still once resolved."""
        return max(((self.resolved_at or now) - self.escalated_at).total_seconds(), 0.0)

    def wire(self, now: datetime) -> dict[str, Any]:
        """Return the escalation as JSON-ready data."""
        return {
            "reason": self.reason,
            "escalated_at": self.escalated_at.isoformat(),
            "escalated_by": self.escalated_by,
            "taken_at": self.taken_at.isoformat() if self.taken_at else None,
            "taken_by": self.taken_by,
            "resolved_at": self.resolved_at.isoformat() if self.resolved_at else None,
            "age_s": self.age_s(now),
        }


@dataclass(frozen=True)
class ConsultationView:
    """Who helps with a case that waits for a team leader (``taken_by_id`` None: nobody), and what was remarked."""

    taken_at: datetime | None = None
    taken_by_id: int | None = None
    taken_by: str = ""
    remark: str = ""


@dataclass(frozen=True)
class CaseView:
    """One case as it is stored. ``fields`` are the flat field values of :data:`crm.fields.FIELDS`.

    ``called_back`` tells whether the taxpayer was called back after an escalation (or could not be reached).
    """

    id: int
    number: str
    call_id: str
    ordinal: int
    agent_id: int | None
    agent_username: str
    agent_name: str
    state: str
    version: int
    opened_at: datetime
    warning_at: datetime
    deadline_at: datetime
    closed_at: datetime | None
    fields: dict[str, FieldValue]
    sources: dict[str, dict[str, Any]]
    timeline: tuple[TimelineEntry, ...]
    escalation: EscalationView | None = None
    called_back: bool = False
    consultation: ConsultationView = ConsultationView()

    @property
    def reached_at(self) -> datetime:
        """When the case came into the state that it is in."""
        return self.timeline[-1].at if self.timeline else self.opened_at

    @property
    def limits(self) -> CaseLimits:
        """The limits that were in force when the case was opened."""
        return CaseLimits(
            limit_s=round((self.deadline_at - self.opened_at).total_seconds()),
            warning_s=round((self.warning_at - self.opened_at).total_seconds()),
        )

    def clock(self, now: datetime) -> CaseClock:
        """Return the case's clock at ``now``."""
        return case_clock(self.opened_at, ((entry.at, entry.to_state) for entry in self.timeline), now, self.limits)

    def next_moves(self, viewer: PersonView | None, language: str | None) -> list[dict[str, Any]]:
        """Return the steps that lead on, for one person (None: for everybody)."""
        return [
            {
                "to": move.to_state,
                "label": text(move.label, language=language),
                "step": move.step,
                "requires": list(move.requires),
                "missing": list(missing_fields(move, {**self.fields, CALLED_BACK: self.called_back})),
            }
            for move in moves_from(self.state, self.fields)
            if viewer is None or self._may(viewer, move.roles)
        ]

    def _may(self, viewer: PersonView, roles: frozenset[Role]) -> bool:
        handler_id = self.escalation.taken_by_id if self.escalation else None
        helper_id = self.consultation.taken_by_id if self.state == "consulting" else None
        return may_act(
            roles, viewer.roles, viewer.id, agent_id=self.agent_id, handler_id=handler_id, helper_id=helper_id
        )

    def wire(
        self, *, viewer: PersonView | None = None, language: str | None = None, now: datetime | None = None
    ) -> dict[str, Any]:
        """Return the case as the desk contract writes it; ``clock`` is added when ``now`` is given."""
        values = self.fields
        data: dict[str, Any] = {
            "case_id": self.id,
            "number": self.number,
            "call_id": self.call_id,
            "agent_name": self.agent_name,
            "state": self.state,
            "version": self.version,
            "opened_at": self.opened_at.isoformat(),
            "warning_at": self.warning_at.isoformat(),
            "deadline_at": self.deadline_at.isoformat(),
            "closed_at": self.closed_at.isoformat() if self.closed_at else None,
            **{name: values[name] for name in ("question", "kind", "topic", "answer")},
            **{name: values[name] for name in ("article_id", "article_version", "sikp_update")},
            "caller_identity": {
                "name": values["caller_name"],
                "npwp_checked": values["npwp_checked"],
                "name_checked": values["name_checked"],
                "efin_checked": values["efin_checked"],
                "bill_checked": values["bill_checked"],
            },
            "taxpayer_id": values["taxpayer_id"],
            "no_question_reason": values["no_question_reason"],
            "sources": self.sources,
            "timeline": [{**asdict(entry), "at": entry.at.isoformat()} for entry in self.timeline],
            "next": self.next_moves(viewer, language),
        }
        if now is not None:
            data["clock"] = asdict(self.clock(now))
            data["escalation"] = self.escalation.wire(now) if self.escalation else None
        return data


def person_view(person: models.Person) -> PersonView:
    """Picture a person."""
    known: dict[str, Role] = {role: role for role in ROLES}
    return PersonView(
        id=person.id,
        username=person.username,
        name=person.name,
        roles=frozenset(known[item.role] for item in person.roles if item.role in known),
        extension=person.extension.number if person.extension and person.extension.enabled else "",
        active=person.active,
        must_change=person.must_change,
    )


def field_values(case: models.Case) -> dict[str, FieldValue]:
    """Return a case's fields by name."""
    return {name: getattr(case, name) for name in FIELDS}


def case_view(case: models.Case) -> CaseView:
    """Picture a case with its timeline."""
    return CaseView(
        id=case.id,
        number=case.number,
        call_id=case.call_id,
        ordinal=case.ordinal,
        agent_id=case.agent_id,
        agent_username=case.agent.username if case.agent else "",
        agent_name=case.agent.name if case.agent else "",
        state=case.state,
        version=case.version,
        opened_at=case.opened_at,
        warning_at=case.warning_at,
        deadline_at=case.deadline_at,
        closed_at=case.closed_at,
        fields=field_values(case),
        sources=dict(case.sources),
        timeline=tuple(
            TimelineEntry(row.at, row.step, row.from_state, row.to_state, row.person_name) for row in case.timeline
        ),
        escalation=_escalation_view(case.escalation) if case.escalation else None,
        called_back=was_called_back(case),
        consultation=_consultation_view(case.consultation) if case.consultation else ConsultationView(),
    )


def was_called_back(case: models.Case) -> bool:
    """Tell whether a case's last call-back is over: the taxpayer was reached, or given up after several tries."""
    return bool(case.callbacks) and case.callbacks[-1].state not in OPEN_CALLBACKS


def _consultation_view(row: models.Consultation) -> ConsultationView:
    return ConsultationView(row.taken_at, row.taken_by_id, row.taken_by, row.remark)


def _escalation_view(row: models.Escalation) -> EscalationView:
    return EscalationView(
        reason=row.reason,
        escalated_at=row.escalated_at,
        escalated_by=row.escalated_by,
        taken_at=row.taken_at,
        taken_by_id=row.taken_by_id,
        taken_by=row.taken_by,
        resolved_at=row.resolved_at,
    )
