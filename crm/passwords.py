# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords: what they must be, kept as Argon2 hashes only, given for once by administrators, changed by their owner.

A new password ends all sessions of the person: whoever knew the old one is out.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete

from crm import audit
from crm.audit import Fact
from crm.errors import AccountError, NotFoundError
from crm.guards import enter_request
from crm.models import Person, WebSession
from crm.views import PersonView, person_view
from pipeline.catalog import text
from pipeline.database import Database

PASSWORD_LEAST = 10
PASSWORD_MOST = 256  # bounds the work that a stranger can make us do
HASHER = PasswordHasher()
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that are taken for one another when read out


def one_time_password() -> str:
    """Return a password that an administrator can read out: four groups of four (about 79 random bits)."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def strong(password: str, login: str) -> str:
    """Return a password that may be used; raises AccountError."""
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST or login in password.casefold():
        raise AccountError(
            text("crm.password_weak"),
            remedy=text("crm.password_weak_remedy", least=PASSWORD_LEAST),
            field="password",
        )
    return password


def matches(hasher: PasswordHasher, stored: str | None, password: str) -> bool:
    """Check a password; the work is the same when there is no such person (``stored`` None)."""
    if len(password) > PASSWORD_MOST:
        password, stored = "", None
    if stored is None:
        hasher.hash(password)  # an unknown name must not answer sooner
        return False
    try:
        return hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def set_password(
    database: Database,
    person_id: int,
    password: str,
    *,
    now: datetime,
    once: bool = False,
    actor: PersonView | None = None,
    request_key: str = "",
    hasher: PasswordHasher = HASHER,
) -> PersonView:
    """Give a person a new password and end all their sessions.

    Parameters:
        once: the person must choose another at the next sign-in.

    Raises:
        NotFoundError: no such person.
        AccountError: too weak, or the same as before.
    """
    with database.write() as session:
        person = session.get(Person, person_id)
        if person is None:
            raise NotFoundError(text("crm.no_person"), remedy=text("crm.no_person_remedy"))
        _, repeated = enter_request(session, request_key, ("password", person_id), person=actor, now=now)
        if repeated:
            return person_view(person)
        if matches(hasher, person.password_hash, strong(password, person.username)):
            raise AccountError(text("crm.password_same"), remedy=text("crm.password_same_remedy"), field="password")
        person.password_hash, person.must_change = hasher.hash(password), once
        person.version += 1
        session.execute(delete(WebSession).where(WebSession.person_id == person_id))
        detail = {"password": True, "once": once}
        audit.add(session, Fact("person_changed", ("person", person.username), detail=detail), now=now)
        session.commit()
        return person_view(person)
