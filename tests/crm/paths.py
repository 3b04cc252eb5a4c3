# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways of a case through the procedure, for tests that begin in the middle."""

from __future__ import annotations

from datetime import datetime

from crm import callbacks, cases
from crm.clock import CaseLimits
from crm.views import CaseView, PersonView
from pipeline.database import Database
from tests.crm.office import CALL, Staff

SEARCHING = (("recorded", {"question": "Saya lupa EFIN"}), ("classified", {"kind": "information"}), ("searching", {}))
INTERPRETATION = (("recorded", {"question": "Apa arti pasal ini?"}), ("classified", {"kind": "interpretation"}))


def opened(db: Database, staff: Staff, now: datetime, call_id: str = CALL, ordinal: int = 1) -> CaseView:
    return cases.open_case(db, call_id, person=staff.agent, now=now, limits=CaseLimits(), ordinal=ordinal).case


def go(db: Database, case: CaseView, person: PersonView, now: datetime, to: str, **fields: object) -> CaseView:
    return cases.transition(db, case.id, case.version, to, fields, person=person, now=now).case


def searching(db: Database, staff: Staff, now: datetime, call_id: str = CALL) -> CaseView:
    case = opened(db, staff, now, call_id)
    for to, fields in SEARCHING:
        case = go(db, case, staff.agent, now, to, **fields)
    return case


def consulting(db: Database, staff: Staff, now: datetime, call_id: str = CALL) -> CaseView:
    return go(db, searching(db, staff, now, call_id), staff.agent, now, "consulting")


def escalated(db: Database, staff: Staff, now: datetime, call_id: str = CALL) -> CaseView:
    case = opened(db, staff, now, call_id)
    for to, fields in INTERPRETATION:
        case = go(db, case, staff.agent, now, to, **fields)
    return go(db, case, staff.agent, now, "escalated")


def calling_back(db: Database, staff: Staff, now: datetime) -> tuple[CaseView, callbacks.CallBackView]:
    case = go(db, escalated(db, staff, now), staff.handler, now, "handling")
    case = go(db, case, staff.handler, now, "calling_back", answer="Pasal ini berarti ...")
    return case, callbacks.callbacks_of_case(db, case.id)[0]
