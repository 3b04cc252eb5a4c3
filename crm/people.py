# SPDX-License-Identifier: GPL-3.0-or-later
"""People, their roles and extensions: entered, changed, switched off.

The office always keeps somebody who can administrate it: the last active administrator can neither be switched off nor
lose that role. Whoever's roles change is signed out everywhere, so that no page goes on with rights that are gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm import audit
from crm.audit import Action, Fact
from crm.errors import AccountError, NotFoundError
from crm.extensions import agent_of, assign
from crm.fields import clean_text
from crm.guards import enter_request, refuse_stale
from crm.models import Person, PersonRole, WebSession
from crm.passwords import HASHER, strong
from crm.procedure import ROLES
from crm.views import PersonView, person_view
from pipeline.catalog import text
from pipeline.database import Database

_USERNAME = re.compile(r"^[a-z0-9][a-z0-9._-]{1,62}$")


def create_person(
    database: Database,
    *,
    username: str,
    name: str,
    password: str,
    roles: Iterable[str],
    now: datetime,
    extension: str = "",
    once: bool = False,
    actor: PersonView | None = None,
    request_key: str = "",
    hasher: PasswordHasher = HASHER,
) -> PersonView:
    """Create a person who may sign in.

    Parameters:
        once: the password is for the first sign-in only.

    Raises:
        AccountError: user name taken or badly formed, no name, weak password, unknown role, or extension taken.
    """
    wanted = tuple(sorted(set(roles)))
    with database.write() as session:
        content = ("person", username, name, *wanted, extension)
        entry, repeated = enter_request(session, request_key, content, person=actor, now=now)
        if entry is not None and repeated:
            return person_view(held_person(session, entry.result or 0))
        person = enter_person(
            session, username=username, name=name, password=password, roles=wanted, extension=extension, once=once,
            now=now, hasher=hasher,
        )  # fmt: skip
        if entry is not None:
            entry.result = person.id
        session.commit()
        return person_view(person)


def enter_person(
    session: Session,
    *,
    username: str,
    name: str,
    password: str,
    roles: Iterable[str],
    now: datetime,
    extension: str = "",
    once: bool = False,
    hasher: PasswordHasher = HASHER,
) -> Person:
    """Enter a person within a unit of work; see :func:`create_person`."""
    login = _username(username)
    person = Person(
        username=login,
        name=_name(name),
        password_hash="",
        active=True,
        must_change=once,
        created_at=now,
        roles=[PersonRole(role=role) for role in _roles(roles)],
        extension=None,
    )
    if session.scalar(select(Person.id).where(Person.username == login)) is not None:
        raise _taken(login)
    person.password_hash = hasher.hash(strong(password, login))
    session.add(person)
    try:
        session.flush()
    except IntegrityError as error:  # another writer at the same moment
        raise _taken(login) from error
    if extension:
        assign(session, person, extension)
    held = ", ".join(sorted(one.role for one in person.roles))
    _write_down(session, "person_added", person, now, name=person.name, roles=held, extension=extension)
    return person


def change_person(
    database: Database,
    person_id: int,
    *,
    now: datetime,
    name: str | None = None,
    roles: Iterable[str] | None = None,
    extension: str | None = None,
    version: int | None = None,
    actor: PersonView | None = None,
    request_key: str = "",
) -> PersonView:
    """Change what is given of a person (None: as it is; extension ``""``: none).

    Raises:
        NotFoundError: no such person.
        AccountError: bad name, unknown role, the last administrator's role, or an extension that cannot be given.
        ConflictError: ``version`` is not the stored one.
    """
    wanted = None if roles is None else sorted(set(roles))
    with database.write() as session:
        person = held_person(session, person_id)
        content = ("change_person", person_id, name, wanted, extension)
        _, repeated = enter_request(session, request_key, content, person=actor, now=now)
        if repeated:
            return person_view(person)
        yours = {"name": name, "roles": wanted, "extension": extension}
        _refuse_stale(person, version, {key: value for key, value in yours.items() if value is not None})
        changes = _change(session, person, name, wanted, extension)
        if changes:
            person.version += 1
            _write_down(session, "person_changed", person, now, **changes)
        session.commit()
        return person_view(person)


def set_active(
    database: Database,
    person_id: int,
    active: bool,
    *,
    now: datetime,
    version: int | None = None,
    actor: PersonView | None = None,
    request_key: str = "",
) -> PersonView:
    """Switch an account on or off; a person switched off is signed out everywhere.

    Raises:
        NotFoundError: no such person. AccountError: the last administrator. ConflictError: ``version`` is old.
    """
    with database.write() as session:
        person = held_person(session, person_id)
        _, repeated = enter_request(session, request_key, ("set_active", person_id, active), person=actor, now=now)
        if repeated or person.active == active:
            return person_view(person)
        _refuse_stale(person, version, {"active": active})
        if not active:
            _keep_an_admin(session, person, "active")
            _end_sessions(session, person)
        person.active = active
        person.version += 1
        _write_down(session, "person_changed", person, now, active=active)
        session.commit()
        return person_view(person)


def sign_out_everywhere(database: Database, person_id: int, *, now: datetime) -> int:
    """End all sessions of a person, and note it; return how many there were. Raises NotFoundError."""
    with database.write() as session:
        person = held_person(session, person_id)
        ended = _end_sessions(session, person)
        if ended:
            _write_down(session, "person_changed", person, now, signed_out=ended)
        session.commit()
        return ended


def find_person(database: Database, username: str) -> PersonView | None:
    """Return a person by user name."""
    with database.read() as session:
        person = session.scalar(select(Person).where(Person.username == login_of(username)))
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


def has_admin(session: Session, *, but: int = 0) -> bool:
    """Tell whether somebody active is an administrator (other than the person ``but``)."""
    admins = select(Person.id).join(PersonRole).where(PersonRole.role == "admin", Person.active, Person.id != but)
    return session.scalar(admins.limit(1)) is not None


def held_person(session: Session, person_id: int) -> Person:
    """Return a person within a unit of work; raises NotFoundError."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFoundError(text("crm.no_person"), remedy=text("crm.no_person_remedy"))
    return person


def login_of(username: str) -> str:
    """Return a user name as it is stored, from whatever was typed."""
    return clean_text(username).casefold()[:64]


def _change(
    session: Session, person: Person, name: str | None, roles: list[str] | None, extension: str | None
) -> dict[str, str | int | bool]:
    """Put in what differs and return what was changed, for the audit trail."""
    changes: dict[str, str | int | bool] = {}
    if name is not None and _name(name) != person.name:
        person.name = changes["name"] = _name(name)
    held = {row.role for row in person.roles}
    if roles is not None and set(_roles(roles)) != held:
        if "admin" in held and "admin" not in roles:
            _keep_an_admin(session, person, "roles")
        person.roles = [row for row in person.roles if row.role in roles] + [
            PersonRole(role=role) for role in roles if role not in held
        ]
        changes |= {"roles": ", ".join(roles), "signed_out": _end_sessions(session, person)}
    if extension is not None and extension != (person.extension.number if person.extension else ""):
        assign(session, person, extension)
        changes["extension"] = extension
    return changes


def _refuse_stale(person: Person, version: int | None, yours: dict[str, Any]) -> None:
    if version is None:
        return
    stored = {
        "name": person.name,
        "roles": sorted(row.role for row in person.roles),
        "extension": person.extension.number if person.extension else "",
        "active": person.active,
    }
    refuse_stale("person", person.version, version, yours, {name: stored[name] for name in yours})


def _keep_an_admin(session: Session, person: Person, field: str) -> None:
    if person.active and any(row.role == "admin" for row in person.roles) and not has_admin(session, but=person.id):
        raise AccountError(text("crm.last_admin"), remedy=text("crm.last_admin_remedy"), field=field)


def _end_sessions(session: Session, person: Person) -> int:
    gone = delete(WebSession).where(WebSession.person_id == person.id).returning(WebSession.token_hash)
    return len(session.execute(gone).all())


def _write_down(session: Session, action: Action, person: Person, now: datetime, **detail: str | int | bool) -> None:
    audit.add(session, Fact(action, ("person", person.username), detail=detail), now=now)


def _taken(login: str) -> AccountError:
    return AccountError(
        text("crm.username_taken", username=login), remedy=text("crm.username_taken_remedy"), field="username"
    )


def _username(username: str) -> str:
    login = username.strip().casefold()
    if not _USERNAME.match(login):
        raise AccountError(text("crm.username_bad"), remedy=text("crm.username_bad_remedy"), field="username")
    return login


def _name(name: str) -> str:
    shown = clean_text(name)
    if not shown or len(shown) > 200:
        raise AccountError(text("crm.name_bad"), remedy=text("crm.name_bad_remedy"), field="name")
    return shown


def _roles(roles: Iterable[str]) -> list[str]:
    wanted = sorted(set(roles))
    if not wanted:
        raise AccountError(text("crm.role_none"), remedy=text("crm.role_none_remedy"), field="roles")
    unknown = [role for role in wanted if role not in ROLES]
    if unknown:
        raise AccountError(
            text("crm.role_unknown", role=", ".join(unknown)[:80]),
            remedy=text("crm.role_unknown_remedy", roles=", ".join(ROLES)),
            field="roles",
        )
    return wanted
