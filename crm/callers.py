# SPDX-License-Identifier: GPL-3.0-or-later
"""What the office knows of whoever is calling: taxpayers with that number, earlier calls, earlier cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from crm.errors import NumberError
from crm.identity import phone_number
from crm.models import Call, Case, CaseCall
from crm.taxpayers import TaxpayerView, taxpayers_of_phone
from crm.views import CaseView, case_view
from pipeline.database import Database

HOME = "+62"
MOST = 20


@dataclass(frozen=True)
class PastCall:
    """An earlier call from the same number. ``duration_s``: how long was spoken; ``reason``: how it ended."""

    call_id: str
    at: str
    agent_name: str
    reason: str
    duration_s: int


@dataclass(frozen=True)
class History:
    """What is known of a caller, newest first."""

    taxpayers: tuple[TaxpayerView, ...] = ()
    calls: tuple[PastCall, ...] = ()
    cases: tuple[CaseView, ...] = ()


def history(database: Database, call_id: str, *, limit: int = MOST) -> History:
    """Return what is known of the caller of a call by the number; nothing of a hidden one, or of no such call."""
    with database.read() as session:
        row = session.get(Call, call_id)
        number = row.caller_number if row else ""
    numbers = written_forms(number)
    if not numbers:
        return History()
    taxpayers = taxpayers_of_phone(database, number, limit=limit)
    earlier = select(Call).where(Call.caller_number.in_(numbers), Call.call_id != call_id)
    asked = select(CaseCall.case_id).join(Call, Call.call_id == CaseCall.call_id)
    known = or_(
        Case.id.in_(asked.where(Call.caller_number.in_(numbers), Call.call_id != call_id)),
        Case.taxpayer_id.in_([taxpayer.id for taxpayer in taxpayers]),
    )
    with database.read() as session:
        calls = session.scalars(earlier.order_by(Call.offered_at.desc(), Call.call_id.desc()).limit(limit))
        found = select(Case).where(known, Case.call_id != call_id).order_by(Case.opened_at.desc(), Case.id.desc())
        return History(
            tuple(taxpayers),
            tuple(_past(call) for call in calls),
            tuple(case_view(case) for case in session.scalars(found.limit(limit))),
        )


def case_row(case: CaseView) -> dict[str, Any]:
    """Return a case as a row of the caller's history."""
    return {
        "case_id": str(case.id),
        "number": case.number,
        "opened_at": case.opened_at.isoformat(),
        "state": case.state,
        **{name: case.fields[name] for name in ("topic", "question", "answer")},
        "agent_name": case.agent_name,
    }


def written_forms(number: str) -> tuple[str, ...]:
    """Return how displays may have written a telephone number; nothing for one that is hidden or none."""
    try:
        whole = phone_number(number)
    except NumberError:
        return ()
    forms = [number, whole]
    if whole.startswith(HOME):
        local = whole.removeprefix(HOME)
        forms += [f"0{local}", f"62{local}", f"0062{local}"]
    return tuple(dict.fromkeys(forms))


def _past(call: Call) -> PastCall:
    return PastCall(
        call_id=call.call_id,
        at=call.offered_at.isoformat(),
        agent_name=call.agent.name if call.agent else "",
        reason=call.end_reason,
        duration_s=round(call.talk_ms / 1000),
    )
