# SPDX-License-Identifier: GPL-3.0-or-later
"""The team leader's page over HTTP: the decision on a consultation, and the own telephone in the call."""

from __future__ import annotations

import pytest

from crm import people
from crm.audit_search import AuditQuery, search
from pipeline import events as ev
from tests.desk.casepages import person, send
from tests.desk.conftest import Desk
from tests.desk.folders import CALL_ID
from tests.desk.test_api import softphone

pytestmark = pytest.mark.integration


def give_extension(desk: Desk, username: str, number: str) -> None:
    people.change_person(desk.hub.database, person(desk, username).id, extension=number, now=desk.clock.now())


def actions(desk: Desk, about: str) -> list[str]:
    rows = search(desk.hub.database, AuditQuery(object_id=about)).rows
    return [row.action for row in rows]


async def test_nobody_drops_a_guest_who_is_not_the_own_telephone(desk: Desk) -> None:
    give_extension(desk, "tono", "2190")
    call = desk.call().offered().answered()
    tono = await desk.signed_in("tono")
    path = f"/tim/panggilan/{CALL_ID}/tinggalkan"
    async with softphone(desk, {"guest_drop": {}}) as got:
        call.add(ev.GuestInvited, to="2102", person="Bayu Uji", mode="consult")
        refused = await send(tono, path)
        assert refused.status_code == 409
        assert "Bayu Uji" in refused.text
        give_extension(desk, "tono", "")
        assert (await send(tono, path)).status_code == 409
        assert got == []
        assert "call_left" not in actions(desk, CALL_ID)
        give_extension(desk, "tono", "2190")
        call.add(ev.GuestLeft, to="2102", reason="hung_up")
        call.add(ev.GuestInvited, to="2190", person="Tono Uji", mode="conference")
        assert (await send(tono, path)).status_code == 200
    assert got == [("guest_drop", {"call_id": CALL_ID})]
    assert "call_left" in actions(desk, CALL_ID)
