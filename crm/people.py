# SPDX-License-Identifier: GPL-3.0-or-later
"""People, their roles and extensions, and signing in.

Passwords are kept as Argon2 hashes only. A refused sign-in says the same, and takes about the same work, whether the
user name is unknown, the password wrong or the account switched off; failures are counted per user name and address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm import audit
from crm.audit import Action, Fact
from crm.errors import AccountError, NotFoundError, SignInLimitedError, SignInRefusedError
from crm.extensions import agent_of, assign
from crm.fields import clean_text
from crm.models import Person, PersonRole, SignInFailure
from crm.procedure import ROLES
from crm.views import PersonView, person_view
from pipeline.catalog import text
from pipeline.database import Database

PASSWORD_LEAST = 10
PASSWORD_MOST = 256  # bounds the work that a stranger can make us do
HASHER = PasswordHasher()
_USERNAME = re.compile(r"^[a-z0-9][a-z0-9._-]{1,62}$")


@dataclass(frozen=True)
class SignInLimits:
    """How many failures are borne within ``window_s``: by one user name from one address, and by one address."""

    failures: int = 5
    failures_by_address: int = 50
    window_s: int = 900


def create_person(
    database: Database,
    *,
    username: str,
    name: str,
    password: str,
    roles: Iterable[str],
    now: datetime,
    extension: str = "",
    hasher: PasswordHasher = HASHER,
) -> PersonView:
    """Create a person who may sign in.

    Raises:
        AccountError: user name taken or badly formed, no name, weak password, unknown role, or extension taken.
    """
    login, shown = _username(username), name.strip()
    if not shown or len(shown) > 200:
        raise AccountError(text("crm.name_bad"), remedy=text("crm.name_bad_remedy"))
    person = Person(
        username=login,
        name=shown,
        password_hash=hasher.hash(_strong(password, login)),
        active=True,
        created_at=now,
        roles=_roles(roles),
        extension=None,
    )
    with database.write() as session:
        if session.scalar(select(Person.id).where(Person.username == login)) is not None:
            raise AccountError(text("crm.username_taken", username=login), remedy=text("crm.username_taken_remedy"))
        session.add(person)
        _flush(session, text("crm.username_taken", username=login))
        if extension:
            assign(session, person, extension)
        held = ", ".join(sorted(one.role for one in person.roles))
        _write_down(session, "person_added", person, now, name=shown, roles=held, extension=extension)
        session.commit()
        return person_view(person)


def authenticate(
    database: Database,
    username: str,
    password: str,
    *,
    address: str,
    now: datetime,
    limits: SignInLimits | None = None,
    hasher: PasswordHasher = HASHER,
) -> PersonView:
    """Check a sign-in and return the person.

    The attempt is entered as a failure before the password is looked at and struck out afterwards, so that guesses
    made at the same moment are counted too.

    Raises:
        SignInLimitedError: too many failures; the password was not looked at.
        SignInRefusedError: unknown user name, wrong password, or switched off.
    """
    login = _login(username)
    attempt = _enter_attempt(database, login, address[:64], now, limits or SignInLimits())
    with database.read() as session:
        person = session.scalar(select(Person).where(Person.username == login))
        stored = person.password_hash if person else None
    if not _matches(hasher, stored, password) or person is None or not person.active:
        raise SignInRefusedError(text("crm.sign_in_refused"), remedy=text("crm.sign_in_refused_remedy"))
    with database.write() as session:
        session.execute(
            delete(SignInFailure).where(
                (SignInFailure.id == attempt)
                | ((SignInFailure.username == login) & (SignInFailure.address == address[:64]))
            )
        )
        held = session.get_one(Person, person.id)
        if hasher.check_needs_rehash(held.password_hash):
            held.password_hash = hasher.hash(password)
        session.commit()
        return person_view(held)


def find_person(database: Database, username: str) -> PersonView | None:
    """Return a person by user name."""
    with database.read() as session:
        person = session.scalar(select(Person).where(Person.username == _login(username)))
        return person_view(person) if person else None


def person_of_extension(database: Database, extension: str) -> PersonView | None:
    """Return who answers an extension."""
    with database.read() as session:
        person = agent_of(session, extension)
        return person_view(person) if person else None


def list_people(database: Database) -> list[PersonView]:
    """Return everybody, by name."""
    with database.read() as session:
        return [person_view(person) for person in session.scalars(select(Person).order_by(Person.name))]


def assign_extension(database: Database, person_id: int, extension: str, *, now: datetime) -> PersonView:
    """Give a person an extension (``""`` takes it away).

    Raises:
        NotFoundError: no such person. AccountError: the extension is somebody else's or no number.
    """
    with database.write() as session:
        person = _person(session, person_id)
        assign(session, person, extension)
        _write_down(session, "person_changed", person, now, extension=extension)
        session.commit()
        return person_view(person)


def set_password(
    database: Database, person_id: int, password: str, *, now: datetime, hasher: PasswordHasher = HASHER
) -> PersonView:
    """Give a person a new password; raises NotFoundError or AccountError (weak password)."""
    with database.write() as session:
        person = _person(session, person_id)
        person.password_hash = hasher.hash(_strong(password, person.username))
        _write_down(session, "person_changed", person, now, password=True)
        session.commit()
        return person_view(person)


def set_active(database: Database, person_id: int, active: bool, *, now: datetime) -> PersonView:
    """Switch an account on or off; raises NotFoundError. Sessions of a person switched off are void at once."""
    with database.write() as session:
        person = _person(session, person_id)
        person.active = active
        _write_down(session, "person_changed", person, now, active=active)
        session.commit()
        return person_view(person)


def set_roles(database: Database, person_id: int, roles: Iterable[str], *, now: datetime) -> PersonView:
    """Replace a person's roles; raises NotFoundError or AccountError (unknown role)."""
    rows = _roles(roles)
    with database.write() as session:
        person = _person(session, person_id)
        wanted = {row.role for row in rows}
        held = {row.role for row in person.roles}
        person.roles = [row for row in person.roles if row.role in wanted] + [
            row for row in rows if row.role not in held
        ]
        _write_down(session, "person_changed", person, now, roles=", ".join(sorted(wanted)))
        session.commit()
        return person_view(person)


def _write_down(session: Session, action: Action, person: Person, now: datetime, **detail: str | bool) -> None:
    audit.add(session, Fact(action, ("person", person.username), detail=detail), now=now)


def _login(username: str) -> str:
    """Return a user name as it is stored, from whatever was typed."""
    return clean_text(username).casefold()[:64]


def _enter_attempt(database: Database, login: str, address: str, now: datetime, limits: SignInLimits) -> int:
    window = timedelta(seconds=limits.window_s)
    failures = select(func.count(), func.min(SignInFailure.at)).where(SignInFailure.address == address)
    with database.write() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.at <= now - window))
        for query, most in (
            (failures.where(SignInFailure.username == login), limits.failures),
            (failures, limits.failures_by_address),
        ):
            count, oldest = session.execute(query).one()
            if count >= most:
                session.commit()
                wait_s = max(1, round((oldest + window - now).total_seconds()))
                raise SignInLimitedError(
                    text("crm.sign_in_limited"),
                    remedy=text("crm.sign_in_limited_remedy", minutes=-(-wait_s // 60)),
                    retry_after_s=wait_s,
                )
        attempt = SignInFailure(username=login, address=address, at=now)
        session.add(attempt)
        session.commit()
        return attempt.id


def _matches(hasher: PasswordHasher, stored: str | None, password: str) -> bool:
    if len(password) > PASSWORD_MOST:
        password, stored = "", None
    if stored is None:
        hasher.hash(password)  # the same work as a real check: an unknown name must not answer sooner
        return False
    try:
        return hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _person(session: Session, person_id: int) -> Person:
    person = session.get(Person, person_id)
    if person is None:
        raise NotFoundError(text("crm.no_person"), remedy=text("crm.no_person_remedy"))
    return person


def _flush(session: Session, problem: str) -> None:
    """Write out; a clash with another writer (possible on PostgreSQL) is the user's mistake, not a crash."""
    try:
        session.flush()
    except IntegrityError as error:
        raise AccountError(problem, remedy=text("crm.username_taken_remedy")) from error


def _username(username: str) -> str:
    login = username.strip().casefold()
    if not _USERNAME.match(login):
        raise AccountError(text("crm.username_bad"), remedy=text("crm.username_bad_remedy"))
    return login


def _strong(password: str, login: str) -> str:
    if not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST or login in password.casefold():
        raise AccountError(text("crm.password_weak"), remedy=text("crm.password_weak_remedy", least=PASSWORD_LEAST))
    return password


def _roles(roles: Iterable[str]) -> list[PersonRole]:
    wanted = sorted(set(roles))
    unknown = [role for role in wanted if role not in ROLES]
    if unknown or not wanted:
        raise AccountError(
            text("crm.role_unknown", role=", ".join(unknown) or "-"),
            remedy=text("crm.role_unknown_remedy", roles=", ".join(ROLES)),
        )
    return [PersonRole(role=role) for role in wanted]
