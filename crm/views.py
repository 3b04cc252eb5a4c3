# SPDX-License-Identifier: GPL-3.0-or-later
"""What the CRM gives away: frozen pictures without a database behind them, and their JSON for the pages."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from crm import models
from crm.clock import CaseClock, CaseLimits, case_clock
from crm.fields import FIELDS, FieldValue
from crm.procedure import ROLES, Role, missing_fields, moves_from
from pipeline.catalog import text


@dataclass(frozen=True)
class PersonView:
    """A person who may sign in."""

    id: int
    username: str
    name: str
    roles: frozenset[Role]
    extension: str = ""
    active: bool = True

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
class CaseView:
    """One case as it is stored. ``fields`` are the flat field values of :data:`crm.fields.FIELDS`."""

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
    timeline: tuple[TimelineEntry, ...]

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
                "missing": list(missing_fields(move, self.fields)),
            }
            for move in moves_from(self.state, self.fields)
            if viewer is None or self._may(viewer, move.roles)
        ]

    def _may(self, viewer: PersonView, roles: frozenset[Role]) -> bool:
        mine = viewer.roles & roles
        return bool(mine - {"agent"}) or ("agent" in mine and self.agent_id in (None, viewer.id))

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
            },
            "timeline": [{**asdict(entry), "at": entry.at.isoformat()} for entry in self.timeline],
            "next": self.next_moves(viewer, language),
        }
        if now is not None:
            data["clock"] = asdict(self.clock(now))
        return data


def person_view(person: models.Person) -> PersonView:
    """Picture a person."""
    known: dict[str, Role] = {role: role for role in ROLES}
    return PersonView(
        id=person.id,
        username=person.username,
        name=person.name,
        roles=frozenset(known[item.role] for item in person.roles if item.role in known),
        extension=person.extension.number if person.extension else "",
        active=person.active,
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
        timeline=tuple(
            TimelineEntry(row.at, row.step, row.from_state, row.to_state, row.person_name) for row in case.timeline
        ),
    )
