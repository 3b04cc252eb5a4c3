# SPDX-License-Identifier: GPL-3.0-or-later
"""Extensions: the telephones of the office, whether they are in use, and who answers them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm import audit
from crm.audit import Fact
from crm.errors import AccountError, NotFoundError
from crm.models import Extension, Person
from pipeline.catalog import text
from pipeline.database import Database

_NUMBER = re.compile(r"^[0-9]{2,8}$")


@dataclass(frozen=True)
class ExtensionView:
    """One extension; ``person_id`` is None while nobody answers it."""

    number: str
    enabled: bool
    person_id: int | None
    person_name: str


def list_extensions(database: Database) -> list[ExtensionView]:
    """Return all extensions by number."""
    query = select(Extension, Person.name).outerjoin(Person, Person.id == Extension.person_id)
    with database.read() as session:
        rows = session.execute(query.order_by(Extension.number)).all()
    return [ExtensionView(row.number, row.enabled, row.person_id, name or "") for row, name in rows]


def add_extensions(database: Database, numbers: Iterable[str]) -> list[str]:
    """Enter extensions that are not known yet (those of the settings, at every start) and return the new ones.

    Raises:
        AccountError: a number is not 2 to 8 digits.
    """
    wanted = sorted({_checked(number) for number in numbers})
    with database.write() as session:
        known = set(session.scalars(select(Extension.number).where(Extension.number.in_(wanted))))
        new = [number for number in wanted if number not in known]
        session.add_all(Extension(number=number) for number in new)
        session.commit()
    return new


def set_enabled(database: Database, number: str, enabled: bool, *, now: datetime) -> None:
    """Switch an extension on or off; who answers it stays. Raises NotFoundError."""
    with database.write() as session:
        row = session.get(Extension, number)
        if row is None:
            raise NotFoundError(text("crm.no_extension", extension=number[:20]), remedy=text("crm.no_extension_remedy"))
        if row.enabled != enabled:
            row.enabled = enabled
            fact = Fact("extension_changed", ("extension", number), detail={"enabled": enabled})
            audit.add(session, fact, now=now)
        session.commit()


def agent_of(session: Session, number: str) -> Person | None:
    """Return who answers an extension, within a session."""
    return session.scalar(
        select(Person).join(Extension, Extension.person_id == Person.id).where(Extension.number == number)
    )


def assign(session: Session, person: Person, number: str) -> None:
    """Give a person an extension (empty: none), within a session; one that is not known yet is entered.

    Raises:
        AccountError: no extension number, switched off, or another person's.
    """
    row = session.get(Extension, _checked(number), with_for_update=True) if number else None
    if row is not None and row.person_id not in (None, person.id):
        raise _taken(number, session.get_one(Person, row.person_id).name)
    if row is not None and not row.enabled:
        raise AccountError(
            text("crm.extension_off", extension=number), remedy=text("crm.extension_off_remedy"), field="extension"
        )
    if person.extension is not None and person.extension is not row:
        person.extension = None
        session.flush()
    if number:
        person.extension = row or Extension(number=number, enabled=True)
    try:
        session.flush()
    except IntegrityError as error:  # somebody else assigned it at the same moment
        raise _taken(number, "?") from error


def _checked(number: str) -> str:
    if not _NUMBER.match(number):
        raise AccountError(
            text("crm.extension_bad", extension=number[:20]), remedy=text("crm.extension_bad_remedy"), field="extension"
        )
    return number


def _taken(number: str, name: str) -> AccountError:
    return AccountError(
        text("crm.extension_taken", extension=number, name=name),
        remedy=text("crm.extension_taken_remedy"),
        field="extension",
    )
