# SPDX-License-Identifier: GPL-3.0-or-later
"""People as administrators see them: with their version, their last sign-in and the sessions that are in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from crm.models import Person, WebSession
from crm.people import held_person
from crm.views import PersonView, person_view
from pipeline.database import Database


@dataclass(frozen=True)
class Account:
    """A person's account.

    Parameters:
        station: the extension, also one that is switched off.
        sessions: how many sign-ins are in force.
    """

    person: PersonView
    version: int
    station: str
    created_at: datetime
    last_sign_in_at: datetime | None
    sessions: int


@dataclass(frozen=True)
class OpenSession:
    """A sign-in that is in force: since when and until when, from which address, with what browser (as it says)."""

    created_at: datetime
    expires_at: datetime
    address: str
    browser: str


def list_accounts(database: Database, *, now: datetime) -> list[Account]:
    """Return everybody, by name."""
    in_force = select(WebSession.person_id, func.count()).where(WebSession.expires_at > now)
    with database.read() as session:
        counts: dict[int, int] = {row[0]: row[1] for row in session.execute(in_force.group_by(WebSession.person_id))}
        people = session.scalars(select(Person).order_by(Person.name, Person.id))
        return [_account(person, counts.get(person.id, 0)) for person in people]


def find_account(database: Database, person_id: int, *, now: datetime) -> tuple[Account, tuple[OpenSession, ...]]:
    """Return a person's account and the sessions in force, newest first; raises NotFoundError."""
    in_force = select(WebSession).where(WebSession.person_id == person_id, WebSession.expires_at > now)
    with database.read() as session:
        person = held_person(session, person_id)
        rows = session.scalars(in_force.order_by(WebSession.created_at.desc()))
        found = tuple(OpenSession(row.created_at, row.expires_at, row.address, row.browser) for row in rows)
        return _account(person, len(found)), found


def _account(person: Person, sessions: int) -> Account:
    return Account(
        person_view(person),
        person.version,
        person.extension.number if person.extension else "",
        person.created_at,
        person.last_sign_in_at,
        sessions,
    )
