# SPDX-License-Identifier: GPL-3.0-or-later
"""Server-side sessions of the web pages.

The browser holds a random token in a cookie; the database holds only its SHA-256 (the token has 256 random bits, so a
fast hash is enough), so that a stolen database opens no page. Each session has its own CSRF token.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from crm.errors import NotFoundError
from crm.fields import clean_text
from crm.models import Person, WebSession
from crm.views import PersonView, person_view
from pipeline.catalog import text
from pipeline.database import Database


def _random_token() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class NewSession:
    """A session just started; the only moment at which its token is known to the server."""

    token: str
    csrf: str
    expires_at: datetime


@dataclass(frozen=True)
class SessionView:
    """A session in force."""

    person: PersonView
    csrf: str
    expires_at: datetime


def start_session(
    database: Database,
    person_id: int,
    *,
    now: datetime,
    lifetime: timedelta,
    address: str = "",
    browser: str = "",
    random_token: Callable[[], str] = _random_token,
) -> NewSession:
    """Start a session; raises NotFoundError when there is no such (active) person.

    Parameters:
        address: where it comes from; ``browser``: what it says of itself. Shown to administrators.
    """
    token, csrf, expires_at = random_token(), random_token(), now + lifetime
    with database.write() as session:
        person = session.get(Person, person_id)
        if person is None or not person.active:
            raise NotFoundError(text("crm.no_person"), remedy=text("crm.no_person_remedy"))
        session.add(
            WebSession(
                token_hash=_digest(token),
                person_id=person_id,
                csrf=csrf,
                created_at=now,
                expires_at=expires_at,
                address=clean_text(address)[:64],
                browser=clean_text(browser)[:200],
            )
        )
        session.commit()
    return NewSession(token, csrf, expires_at)


def find_session(database: Database, token: str, *, now: datetime) -> SessionView | None:
    """Return the session of a token, or None when unknown, expired, ended, or its person switched off."""
    with database.read() as session:
        row = session.get(WebSession, _digest(token))
        if row is None or row.expires_at <= now or not row.person.active:
            return None
        return SessionView(person_view(row.person), row.csrf, row.expires_at)


def end_session(database: Database, token: str) -> None:
    """Sign out; safe to call twice."""
    with database.write() as session:
        session.execute(delete(WebSession).where(WebSession.token_hash == _digest(token)))
        session.commit()


def sweep_sessions(database: Database, *, now: datetime) -> int:
    """Delete expired sessions and return how many there were."""
    with database.write() as session:
        gone = session.execute(
            delete(WebSession).where(WebSession.expires_at <= now).returning(WebSession.token_hash)
        ).all()
        session.commit()
        return len(gone)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
