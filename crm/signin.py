# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in.

A refused sign-in says the same, and takes about the same work, whether the user name is unknown, the password wrong or
the account switched off; failures are counted per user name and address, and per address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import delete, func, select

from crm.errors import SignInLimitedError, SignInRefusedError
from crm.models import Person, SignInFailure
from crm.passwords import HASHER, matches
from crm.people import login_of
from crm.views import PersonView, person_view
from pipeline.catalog import text
from pipeline.database import Database


@dataclass(frozen=True)
class SignInLimits:
    """How many failures are borne within ``window_s``: by one user name from one address, and by one address."""

    failures: int = 5
    failures_by_address: int = 50
    window_s: int = 900


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
    """Check a user name and password and return the person.

    The attempt is entered as a failure before the password is looked at and struck out afterwards, so that guesses
    made at the same moment are counted too.

    Raises:
        SignInLimitedError: too many failures; the password was not looked at.
        SignInRefusedError: unknown user name, wrong password, or switched off.
    """
    login = login_of(username)
    attempt = _enter_attempt(database, login, address[:64], now, limits or SignInLimits())
    with database.read() as session:
        person = session.scalar(select(Person).where(Person.username == login))
        stored = person.password_hash if person else None
    if not matches(hasher, stored, password) or person is None or not person.active:
        raise SignInRefusedError(text("crm.sign_in_refused"), remedy=text("crm.sign_in_refused_remedy"))
    with database.write() as session:
        session.execute(
            delete(SignInFailure).where(
                (SignInFailure.id == attempt)
                | ((SignInFailure.username == login) & (SignInFailure.address == address[:64]))
            )
        )
        held = session.get_one(Person, person.id)
        held.last_sign_in_at = now
        if hasher.check_needs_rehash(held.password_hash):
            held.password_hash = hasher.hash(password)
        session.commit()
        return person_view(held)


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
