# SPDX-License-Identifier: GPL-3.0-or-later
"""The first set-up of an empty office: a one-time address makes the first administrator, who then goes on.

The address holds a random token; the database holds its SHA-256 only. It is valid until somebody is administrator,
however that came about, and a new one takes its place at every start until then.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from crm import audit
from crm.audit import Fact
from crm.errors import NotFoundError, SetUpOverError
from crm.models import SetUp
from crm.passwords import HASHER
from crm.people import enter_person, has_admin
from crm.views import PersonView, person_view
from pipeline.catalog import text
from pipeline.database import Database

STEPS = ("office", "extensions", "people", "call")  # after the administrator; the last one leads to "done"
DONE = "done"
_ROW = 1


def is_empty(database: Database) -> bool:
    """Tell whether nobody is administrator yet."""
    with database.read() as session:
        return not has_admin(session)


def offer(database: Database, *, now: datetime) -> str | None:
    """Return a new token for the set-up address; None when there is an administrator."""
    token = secrets.token_urlsafe(32)
    with database.write() as session:
        if has_admin(session):
            return None
        row = _row(session, now)
        row.token_hash, row.at = _digest(token), now
        session.commit()
    return token


def check_token(database: Database, token: str) -> None:
    """Make sure that the set-up address is the valid one.

    Raises:
        SetUpOverError: there is an administrator. NotFoundError: it is another address.
    """
    with database.read() as session:
        _check(session, token)


def first_admin(
    database: Database,
    token: str,
    *,
    username: str,
    name: str,
    password: str,
    now: datetime,
    hasher: PasswordHasher = HASHER,
) -> PersonView:
    """Create the first administrator; the address is void from then on.

    Raises:
        SetUpOverError, NotFoundError: as for :func:`check_token`.
        AccountError: as for :func:`crm.people.create_person`.
    """
    with database.write() as session:
        row = _check(session, token)
        person = enter_person(session, username=username, name=name, password=password, roles=["admin"], now=now,
                              hasher=hasher)  # fmt: skip
        row.token_hash, row.step, row.at = "", STEPS[0], now
        audit.add(session, Fact("set_up", ("person", person.username), person=person.username), now=now)
        session.commit()
        return person_view(person)


def step(database: Database) -> str:
    """Return the step that the set-up has come to; ``done`` also where it was never begun (``kring user add``)."""
    with database.read() as session:
        row = session.get(SetUp, _ROW)
        return row.step if row is not None and row.step else DONE


def go_to(database: Database, name: str, *, now: datetime) -> None:
    """Note that the set-up has come to a step (one of ``STEPS`` or ``done``)."""
    with database.write() as session:
        row = _row(session, now)
        row.step, row.at = name, now
        session.commit()


def _row(session: Session, now: datetime) -> SetUp:
    row = session.get(SetUp, _ROW)
    if row is None:
        row = SetUp(id=_ROW, token_hash="", step="", at=now)
        session.add(row)
    return row


def _check(session: Session, token: str) -> SetUp:
    if has_admin(session):
        raise SetUpOverError(text("crm.set_up_over"), remedy=text("crm.set_up_over_remedy"))
    row = session.get(SetUp, _ROW)
    if row is None or not row.token_hash or not hmac.compare_digest(row.token_hash, _digest(token)):
        raise NotFoundError(text("crm.set_up_wrong"), remedy=text("crm.set_up_wrong_remedy"))
    return row


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
