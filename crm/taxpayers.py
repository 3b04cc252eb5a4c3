# SPDX-License-Identifier: GPL-3.0-or-later
"""Taxpayers as the office knows them, and what it knows of whoever is calling now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from crm import audit
from crm.audit import Action, Fact
from crm.errors import FieldError, NotFoundError, NumberError
from crm.fields import clean_text
from crm.guards import enter_request, refuse_stale
from crm.identity import grouped, masked, nik_form, npwp_form, phone_number
from crm.models import Case, Taxpayer
from crm.procedure import Role
from crm.views import CaseView, PersonView, case_view
from pipeline.catalog import text
from pipeline.database import Database

# Who needs to see identity numbers in full: those who talk to the taxpayer.
SEES_NUMBERS: frozenset[Role] = frozenset({"agent", "team_leader", "escalation_agent"})
FOUND_MOST = 20
SEEN_AGAIN = timedelta(minutes=15)  # after so long another look is another entry


@dataclass(frozen=True)
class TaxpayerView:
    """One taxpayer; numbers are digits, the phone is ``+62...``, what is not known is empty."""

    id: int
    name: str
    npwp: str
    nik: str
    phone: str
    version: int

    def wire(self, viewer: PersonView) -> dict[str, Any]:
        """Return the taxpayer as JSON-ready data; numbers are masked for those who need not see them."""
        shown = grouped if viewer.roles & SEES_NUMBERS else masked
        return {
            "id": self.id,
            "name": self.name,
            "npwp": shown(self.npwp),
            "nik": shown(self.nik),
            "phone": self.phone if viewer.roles & SEES_NUMBERS else masked(self.phone),
            "version": self.version,
        }


def create_taxpayer(
    database: Database,
    *,
    name: str,
    npwp: str = "",
    nik: str = "",
    phone: str = "",
    person: PersonView,
    now: datetime,
    request_key: str = "",
) -> TaxpayerView:
    """Enter a taxpayer; numbers may stay empty, or are checked for form.

    Raises:
        FieldError: no name, or a name that is too long.
        NumberError: a number's form is wrong; ``problems`` names everything that is.
        RequestReusedError: ``request_key`` was used for something else.
    """
    values = _checked(name, npwp, nik, phone)
    with database.write() as session:
        request, repeated = enter_request(session, request_key, ("taxpayer", values), person=person, now=now)
        if repeated and request is not None and request.result is not None:
            return _view(session.get_one(Taxpayer, request.result))
        row = Taxpayer(**values, version=1, created_at=now, changed_at=now)
        session.add(row)
        session.flush()
        _write_down(session, "taxpayer_added", row, person, now)
        if request is not None:
            request.result = row.id
        session.commit()
        return _view(row)


def change_taxpayer(
    database: Database,
    taxpayer_id: int,
    version: int,
    *,
    name: str,
    npwp: str = "",
    nik: str = "",
    phone: str = "",
    person: PersonView,
    now: datetime,
) -> TaxpayerView:
    """Change a taxpayer; raises NotFoundError, ConflictError (stale page), and what :func:`create_taxpayer` raises."""
    values = _checked(name, npwp, nik, phone)
    with database.write() as session:
        row = _row(session, taxpayer_id, lock=True)
        theirs = {column: getattr(row, column) for column in values}
        refuse_stale("taxpayer", row.version, version, values, theirs)
        if theirs != values:
            for column, value in values.items():
                setattr(row, column, value)
            row.version, row.changed_at = row.version + 1, now
            names = ", ".join(name for name, value in values.items() if theirs[name] != value)
            _write_down(session, "taxpayer_changed", row, person, now, fields=names)
        session.commit()
        return _view(row)


def note_seen(database: Database, seen: TaxpayerView, person: PersonView, call_id: str, *, now: datetime) -> None:
    """Note in the audit trail that somebody was shown a taxpayer: once in a while, not at each look."""
    fact = Fact("taxpayer_seen", ("taxpayer", str(seen.id)), person=person.username, detail={"call": call_id})
    audit.record_once(database, fact, now=now, within=SEEN_AGAIN)


def find_taxpayer(database: Database, taxpayer_id: int) -> TaxpayerView:
    """Return a taxpayer; raises NotFoundError."""
    with database.read() as session:
        return _view(_row(session, taxpayer_id, lock=False))


def search_taxpayers(database: Database, query: str, *, limit: int = FOUND_MOST) -> list[TaxpayerView]:
    """Return taxpayers by part of the name, or by a whole NPWP, NIK or telephone number as it is written."""
    wanted = clean_text(query)[:200]
    if not wanted:
        return []
    conditions: list[ColumnElement[bool]] = [Taxpayer.name.icontains(wanted, autoescape=True)]
    digits = npwp_form(wanted).digits
    if digits.isascii() and digits.isdigit():
        conditions += [Taxpayer.npwp == digits, Taxpayer.nik == digits, Taxpayer.npwp == digits.removeprefix("0")]
    return _found(database, or_(*conditions, *_by_phone(wanted)), limit)


def taxpayers_of_phone(database: Database, number: str, *, limit: int = FOUND_MOST) -> list[TaxpayerView]:
    """Return whoever is known by a caller's number; nobody for a hidden one."""
    conditions = _by_phone(number)
    return _found(database, or_(*conditions), limit) if conditions else []


def cases_of_taxpayer(database: Database, taxpayer_id: int, *, limit: int = FOUND_MOST) -> list[CaseView]:
    """Return a taxpayer's cases, newest first: the history that pops up when the phone rings."""
    query = select(Case).where(Case.taxpayer_id == taxpayer_id).order_by(Case.opened_at.desc(), Case.id.desc())
    with database.read() as session:
        return [case_view(case) for case in session.scalars(query.limit(limit))]


def _write_down(
    session: Session, action: Action, row: Taxpayer, person: PersonView, now: datetime, **detail: str
) -> None:
    fact = Fact(action, ("taxpayer", str(row.id)), person=person.username, detail=detail)
    audit.add(session, fact, now=now)


def _checked(name: str, npwp: str, nik: str, phone: str) -> dict[str, str]:
    shown = clean_text(name)
    if not shown or len(shown) > 200:
        raise FieldError(text("crm.name_bad"), remedy=text("crm.name_bad_remedy"))
    forms = [form for form in (npwp_form(npwp), nik_form(nik)) if form.digits]
    problems = tuple(problem for form in forms for problem in form.problems)
    if problems:
        raise NumberError(" ".join(problems), remedy=text("crm.number_remedy"), problems=problems)
    digits = {form.kind: form.digits for form in forms}
    return {
        "name": shown,
        "npwp": digits.get("npwp", ""),
        "nik": digits.get("nik", ""),
        "phone": phone_number(phone) if phone.strip() else "",
    }


def _by_phone(number: str) -> list[ColumnElement[bool]]:
    try:
        return [Taxpayer.phone == phone_number(number)]
    except NumberError:
        return []


def _found(database: Database, condition: ColumnElement[bool], limit: int) -> list[TaxpayerView]:
    with database.read() as session:
        rows = session.scalars(select(Taxpayer).where(condition).order_by(Taxpayer.name, Taxpayer.id).limit(limit))
        return [_view(row) for row in rows]


def _row(session: Session, taxpayer_id: int, *, lock: bool) -> Taxpayer:
    row = session.get(Taxpayer, taxpayer_id, with_for_update=lock or None)
    if row is None:
        raise NotFoundError(text("crm.no_taxpayer"), remedy=text("crm.no_taxpayer_remedy"))
    return row


def _view(row: Taxpayer) -> TaxpayerView:
    return TaxpayerView(row.id, row.name, row.npwp, row.nik, row.phone, row.version)
