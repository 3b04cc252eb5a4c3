# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding entries of the audit trail, by pages, and writing them out for others."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from crm.audit import Entry, entry_of
from crm.fields import clean_text
from crm.models import AuditEntry
from pipeline.database import Database

COLUMNS = tuple(Entry.__dataclass_fields__)
_ROWS = 1000
_FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True)
class AuditQuery:
    """What to look for; what is empty says nothing.

    Parameters:
        person: a user name, whole.
        action: see :data:`crm.audit.Action`.
        object_kind, object_id: what was acted on, whole.
        since, until: from then on, and before then.
        words: a text that occurs in the person, address, object, purpose or detail.
    """

    person: str = ""
    action: str = ""
    object_kind: str = ""
    object_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    words: str = ""


@dataclass(frozen=True)
class AuditPage:
    """One page of entries, newest first."""

    rows: tuple[Entry, ...]
    total: int
    page: int
    pages: int


def search(database: Database, query: AuditQuery, *, page: int = 1, rows: int = 50) -> AuditPage:
    """Return a page of what fits, newest first; a page beyond the last is the last."""
    conditions = _conditions(query)
    with database.read() as session:
        total = session.scalar(select(func.count()).select_from(AuditEntry).where(*conditions)) or 0
        pages = max(1, -(-total // rows))
        shown = min(max(page, 1), pages)
        found = session.scalars(
            select(AuditEntry)
            .where(*conditions)
            .order_by(AuditEntry.serial.desc())
            .offset((shown - 1) * rows)
            .limit(rows)
        )
        return AuditPage(tuple(entry_of(row) for row in found), total, shown, pages)


def find_entry(database: Database, serial: int) -> Entry | None:
    """Return one entry by its number."""
    with database.read() as session:
        row = session.get(AuditEntry, serial) if 0 < serial < 2**31 else None
        return entry_of(row) if row is not None else None


def export(database: Database, query: AuditQuery) -> Iterator[Entry]:
    """Yield all that fits, oldest first, as one consistent picture."""
    found = select(AuditEntry).where(*_conditions(query)).order_by(AuditEntry.serial)
    with database.read() as session, session.scalars(found.execution_options(yield_per=_ROWS)) as rows:
        yield from map(entry_of, rows)


def json_lines(entries: Iterator[Entry]) -> Iterator[str]:
    """Yield one line of JSON for each entry: all that its hash covers, so that a reader can check the chain."""
    for entry in entries:
        yield json.dumps(entry.wire(), ensure_ascii=False) + "\n"


def csv_lines(entries: Iterator[Entry]) -> Iterator[str]:
    """Yield a heading and one line for each entry, for a spreadsheet; no cell begins like a formula."""
    yield _csv_line(list(COLUMNS))
    for entry in entries:
        yield _csv_line([str(value) for value in entry.wire().values()])


def _csv_line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue()


def _conditions(query: AuditQuery) -> list[ColumnElement[bool]]:
    exact = {
        AuditEntry.person: query.person.strip().casefold(),
        AuditEntry.action: query.action,
        AuditEntry.object_kind: query.object_kind,
        AuditEntry.object_id: query.object_id,
    }
    conditions: list[ColumnElement[bool]] = [
        column == clean_text(value) for column, value in exact.items() if clean_text(value)
    ]
    if query.since is not None:
        conditions.append(AuditEntry.at >= query.since)
    if query.until is not None:
        conditions.append(AuditEntry.at < query.until)
    words = clean_text(query.words)[:200]
    if words:
        columns = (
            AuditEntry.person, AuditEntry.address, AuditEntry.object_id, AuditEntry.purpose, AuditEntry.detail,
        )  # fmt: skip
        conditions.append(or_(*(column.icontains(words, autoescape=True) for column in columns)))
    return conditions
