# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a played call's case to where a test begins, through the hub's own casework."""

from __future__ import annotations

from crm import cases, people
from crm.views import CaseView
from tests.desk_pages.house import Line

QUESTION = "Apakah pembayaran ke pemasok kripto luar negeri wajib dipotong PPh?"
RATNA = "ratna.contoh"


def move(line: Line, to: str, username: str = RATNA, **fields: object) -> CaseView:
    """Take one step with the call's case as a person."""
    house = line.house
    person = people.find_person(house.database, username)
    case = cases.cases_of_call(house.database, line.call_id)[0]
    return house.hub.casework.move(case.id, case.version, to, fields, person)  # type: ignore[arg-type]


def consulting(line: Line, question: str = QUESTION, name: str = "Dewi Contoh") -> CaseView:
    """Bring a call up and its case to the team leader (step 3d)."""
    line.ring(name=name)
    line.answer()
    line.house.case_number(line.call_id)
    move(line, "recorded", question=question, caller_name=name, topic="PPh")
    move(line, "classified", kind="information")
    move(line, "searching", npwp_checked=True, name_checked=True)
    return move(line, "consulting")


def escalated(line: Line, question: str = QUESTION) -> CaseView:
    """Bring a call up and its case to the escalation (step 3a)."""
    line.ring()
    line.answer()
    line.house.case_number(line.call_id)
    move(line, "recorded", question=question, caller_name="Dewi Contoh", topic="PPh")
    move(line, "classified", kind="interpretation")
    return move(line, "escalated")
