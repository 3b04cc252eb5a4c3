# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by the tests of the pages for team leader and escalation: a case in place, a form as htmx sends it."""

from __future__ import annotations

import httpx

from crm import cases, people
from crm.views import CaseView, PersonView
from tests.desk.conftest import HOST, Browser, Desk
from tests.desk.folders import CALL_ID

QUESTION = "Apakah pembayaran ke pemasok luar negeri dipotong PPh?"
NASTY = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
NASTY_SHOWN = "&lt;script&gt;alert(2)&lt;/script&gt;"


def person(desk: Desk, username: str) -> PersonView:
    """Return somebody who works here."""
    found = people.find_person(desk.hub.database, username)
    assert found is not None
    return found


def stored(desk: Desk) -> CaseView:
    """Return the call's case as it is stored."""
    [case] = cases.cases_of_call(desk.hub.database, CALL_ID)
    return case


def move(desk: Desk, to: str, username: str = "sari", **fields: object) -> CaseView:
    """Take one step with the call's case as a person."""
    case = stored(desk)
    return desk.hub.casework.move(case.id, case.version, to, fields, person(desk, username))


async def classified(desk: Desk, kind: str, question: str) -> CaseView:
    """Answer a call and bring its case to step 3."""
    desk.call().offered().answered()
    await desk.hub.records.drained()
    move(desk, "recorded", question=question, topic="PPh", caller_name="Budi Uji")
    return move(desk, "classified", kind=kind)


async def consulting(desk: Desk, question: str = QUESTION) -> CaseView:
    """Bring a call up and its case to the team leader (step 3d)."""
    await classified(desk, "information", question)
    move(desk, "searching")
    return move(desk, "consulting")


async def escalated(desk: Desk, question: str = QUESTION) -> CaseView:
    """Bring a call up and its case to the escalation (step 3a)."""
    await classified(desk, "interpretation", question)
    return move(desk, "escalated")


async def send(browser: Browser, path: str, **fields: object) -> httpx.Response:
    """Send a form as the page does."""
    headers = {"X-CSRF-Token": browser.csrf, "Origin": HOST, "HX-Request": "true"}
    return await browser.client.post(path, data={name: str(value) for name, value in fields.items()}, headers=headers)
