# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit trail: who did, saw or played what, when, from where, for what purpose, and what came of it.

Entries are numbered without a gap and chained: each holds the SHA-256 of its own canonical JSON, in which the hash
of the entry before stands. The last number and hash stand in a row of their own, which whoever appends holds until the
transaction ends; so the chain never forks, and an entry missing at its end is noticed as well. Triggers refuse to
change or delete an entry; :func:`verify` finds what somebody did past them. Whoever owns the whole database can
still write a new trail from the beginning: note the head that ``verify`` tells somewhere else, and compare.

Who acts is known to the request (or command) and not to every function below it: :func:`act_as` says it once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from crm.errors import FieldError
from crm.fields import clean_text
from crm.models import AuditEntry, AuditHead
from pipeline.catalog import text
from pipeline.database import Database
from pipeline.errors import DatabaseError

Action = Literal[
    "sign_in", "sign_out", "set_up", "person_added", "person_changed", "extension_changed", "setting_changed",
    "case_opened", "case_moved", "consultation_taken", "consultation_left", "transcript_viewed", "call_joined",
    "call_left", "recording_opened",
    "recording_played", "identity_shown", "calls_listed", "trail_exported",
    "case_saved", "taxpayer_added", "taxpayer_changed", "taxpayer_seen", "task_moved", "callback_moved",
    "article_published", "article_retired", "article_draft_discarded",
]  # fmt: skip
Outcome = Literal["done", "refused"]
Why = Literal["missing", "changed", "unlinked", "head", "not_as_noted"]
NEEDS_PURPOSE = frozenset({"recording_opened", "recording_played", "identity_shown"})
BEFORE_FIRST = "0" * 64
_HEAD = 1
_ROWS = 1000


@dataclass(frozen=True)
class Actor:
    """Who acts and from where: user name ("" = the system, or nobody signed in) and network address."""

    person: str = ""
    address: str = ""


NOBODY = Actor()
_actor: ContextVar[Actor] = ContextVar("kring_actor")


def act_as(actor: Actor) -> None:
    """Say who acts from here on in this request, task or command."""
    _actor.set(actor)


@dataclass(frozen=True)
class Fact:
    """What is to be written down.

    Parameters:
        object: kind and id of what was acted on: ``("case", "LI-2026-000123")``.
        purpose: for what purpose; obligatory for recordings.
        person: who, where that is not whom :func:`act_as` named; None = that one.
        detail: more, for readers; no identity numbers and no passwords.
    """

    action: Action
    object: tuple[str, str]
    purpose: str = ""
    outcome: Outcome = "done"
    person: str | None = None
    detail: Mapping[str, str | int | bool | None] | None = None


@dataclass(frozen=True)
class Entry:
    """One line of the trail as it is stored; ``detail`` is canonical JSON."""

    serial: int
    at: datetime
    person: str
    address: str
    action: str
    object_kind: str
    object_id: str
    purpose: str
    outcome: str
    detail: str
    previous_hash: str
    entry_hash: str

    def wire(self) -> dict[str, Any]:
        """Return the entry ready for JSON, in the order of its columns; the hash covers all but the hash."""
        return {**asdict(self), "at": self.at.astimezone(UTC).isoformat()}


@dataclass(frozen=True)
class Broken:
    """The first link that does not hold, and why."""

    serial: int
    why: Why


@dataclass(frozen=True)
class Verified:
    """What :func:`verify` found: how many entries hold, the last one's hash, and what is broken (None: nothing)."""

    entries: int
    head_hash: str
    broken: Broken | None


def add(session: Session, fact: Fact, *, now: datetime) -> int:
    """Append an entry within a unit of work that writes, so that it is kept with what it tells of; return its number.

    Raises:
        FieldError: a recording without a purpose.
        DatabaseError: the trail's head is gone.
    """
    row = _row(fact, now)
    head = session.get(AuditHead, _HEAD, with_for_update=True, populate_existing=True)
    if head is None:
        raise DatabaseError(text("crm.audit_no_head"), remedy=text("crm.audit_broken_remedy"))
    row.serial, row.previous_hash = head.serial + 1, head.entry_hash
    row.entry_hash = digest(entry_of(row))
    session.add(row)
    head.serial, head.entry_hash = row.serial, row.entry_hash
    session.flush()
    return row.serial


def record(database: Database, fact: Fact, *, now: datetime) -> None:
    """Append an entry in a transaction of its own; raises as :func:`add` does, and DatabaseError."""
    with database.write() as session:
        add(session, fact, now=now)
        session.commit()


def add_once(session: Session, fact: Fact, *, now: datetime, within: timedelta) -> None:
    """Append an entry unless the same person did the same to the same object within a time; raises as :func:`add`."""
    row = _row(fact, now)
    same = exists().where(
        AuditEntry.object_kind == row.object_kind,
        AuditEntry.object_id == row.object_id,
        AuditEntry.action == row.action,
        AuditEntry.person == row.person,
        AuditEntry.at > now - within,
    )
    if not session.scalar(select(same)):
        add(session, fact, now=now)


def record_once(database: Database, fact: Fact, *, now: datetime, within: timedelta) -> None:
    """:func:`add_once` in a transaction of its own."""
    with database.write() as session:
        add_once(session, fact, now=now, within=within)
        session.commit()


def verify(database: Database, *, noted: tuple[int, str] | None = None) -> Verified:
    """Follow the whole chain and name the first link that does not hold.

    Parameters:
        noted: number and hash of an entry as they were noted elsewhere earlier; it must still be there.
    """
    stored = select(AuditEntry).order_by(AuditEntry.serial).execution_options(yield_per=_ROWS)
    serial, last_hash = 0, BEFORE_FIRST
    with database.read() as session, session.scalars(stored) as rows:
        for entry in map(entry_of, rows):
            why = _why_broken(entry, serial + 1, last_hash, noted)
            if why is not None:
                return Verified(serial, last_hash, Broken(serial + 1, why))
            serial, last_hash = entry.serial, entry.entry_hash
        head = session.get(AuditHead, _HEAD)
    return Verified(serial, last_hash, _broken_end(serial, last_hash, head, noted))


def digest(entry: Entry) -> str:
    """Return the hash that belongs to an entry: SHA-256 of its JSON without the hash, sorted and without blanks."""
    content = {name: value for name, value in entry.wire().items() if name != "entry_hash"}
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def canonical(content: Mapping[str, Any]) -> str:
    """Return the one JSON text of a content."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def entry_of(row: AuditEntry) -> Entry:
    """Picture a stored entry."""
    return Entry(**{name: getattr(row, name) for name in Entry.__dataclass_fields__})


def _row(fact: Fact, now: datetime) -> AuditEntry:
    purpose = clean_text(fact.purpose)
    if fact.action in NEEDS_PURPOSE and not purpose:
        raise FieldError(text("crm.audit_purpose"), remedy=text("crm.audit_purpose_remedy"))
    actor = _actor.get(NOBODY)
    person = actor.person if fact.person is None else fact.person
    detail = {name: clean_text(one) if isinstance(one, str) else one for name, one in (fact.detail or {}).items()}
    return AuditEntry(
        at=now,
        person=clean_text(person)[:64],
        address=clean_text(actor.address)[:64],
        action=fact.action,
        object_kind=fact.object[0],
        object_id=clean_text(fact.object[1])[:120],
        purpose=purpose[:200],
        outcome=fact.outcome,
        detail=canonical(detail),
    )


def _why_broken(entry: Entry, serial: int, last_hash: str, noted: tuple[int, str] | None) -> Why | None:
    if entry.serial != serial:
        return "missing"
    if entry.previous_hash != last_hash:
        return "unlinked"
    if entry.entry_hash != digest(entry):
        return "changed"
    if noted is not None and noted[0] == serial and noted[1] != entry.entry_hash:
        return "not_as_noted"
    return None


def _broken_end(serial: int, last_hash: str, head: AuditHead | None, noted: tuple[int, str] | None) -> Broken | None:
    if head is None or head.serial < serial:
        return Broken(head.serial + 1 if head else serial, "head")
    if head.serial > serial or (noted is not None and noted[0] > serial):
        return Broken(serial + 1, "missing")
    return None if head.entry_hash == last_hash else Broken(serial, "head")
