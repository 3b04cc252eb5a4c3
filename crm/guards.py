# SPDX-License-Identifier: GPL-3.0-or-later
"""Two guards that every change passes: a stale page overwrites nothing, and a request that comes twice works once.

The page makes a key for each press of a button (a UUID) and sends it along again when it has to repeat the request.
The key is kept in the transaction of the change: one that failed leaves no key behind and may be repeated.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.errors import ConflictError, RequestReusedError
from crm.models import RequestKey
from crm.views import PersonView
from pipeline.catalog import text
from pipeline.database import Database

_KEY = re.compile(r"^[A-Za-z0-9_-]{8,64}$")


def refuse_stale(
    what: str, stored_version: int, version: int, yours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> None:
    """Refuse a change that was made on another version than the stored one; the error holds both contents.

    Parameters:
        what: the catalogue's ``crm.what_...`` key of the kind of entry.

    Raises:
        ConflictError: ``version`` is not the stored one.
    """
    if stored_version != version:
        raise ConflictError(
            text("crm.conflict_row", what=text(f"crm.what_{what}")),
            remedy=text("crm.conflict_remedy"),
            yours=yours,
            theirs=theirs,
            version=stored_version,
        )


def enter_request(
    session: Session, key: str, content: tuple[Any, ...], *, person: PersonView | None, now: datetime
) -> tuple[RequestKey | None, bool]:
    """Enter a request by its key; call it first in the transaction of the change.

    Parameters:
        key: made by the page; empty: no key, nothing is entered.
        content: what is asked for, JSON-ready; a repeat must ask for the same.

    Returns:
        The entry, and whether it was there already: then nothing must be changed. ``result`` of a new entry is for
        the key of what was made.

    Raises:
        RequestReusedError: the key is none, or belongs to a request for something else.
    """
    if not key:
        return None, False
    if not _KEY.match(key):
        raise RequestReusedError(text("crm.request_key_bad"), remedy=text("crm.request_reused_remedy"))
    digest = hashlib.sha256(json.dumps([person.id if person else None, *content], sort_keys=True).encode()).hexdigest()
    entry = session.get(RequestKey, key)
    if entry is None:
        try:
            with session.begin_nested():
                entry = RequestKey(key=key, digest=digest, at=now, result=None)
                session.add(entry)
            return entry, False
        except IntegrityError:  # the same request at the same moment; it has committed by now
            entry = session.get_one(RequestKey, key)
    if entry.digest != digest:
        raise RequestReusedError(text("crm.request_reused"), remedy=text("crm.request_reused_remedy"))
    return entry, True


def sweep_requests(database: Database, *, before: datetime) -> int:
    """Forget keys entered before a moment (a page repeats within minutes); returns how many."""
    with database.write() as session:
        gone = session.execute(delete(RequestKey).where(RequestKey.at < before).returning(RequestKey.key)).all()
        session.commit()
        return len(gone)
