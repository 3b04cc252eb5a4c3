# SPDX-License-Identifier: GPL-3.0-or-later
"""The telephone at the desk: every command with its arguments, outgoing calls and what they are about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crm import attachments, callbacks, cases, people
from pipeline import events as ev
from tests.desk.conftest import PASSWORD, Desk
from tests.desk.test_api import CALL_ID, opened_case, softphone

pytestmark = pytest.mark.integration

PLACED = "20261124T040000-0000ca11"


@pytest.mark.parametrize(
    ("body", "arguments"),
    [
        ({"command": "dtmf", "digits": "12#"}, {"digits": "12#"}),
        ({"command": "transfer", "to": "2102"}, {"to": "2102"}),
        ({"command": "transfer_attended"}, {}),
        (
            {"command": "guest", "to": "2102", "mode": "consult"},
            {"to": "2102", "mode": "consult", "person": "Bayu Uji"},
        ),
        ({"command": "guest", "to": "0215", "mode": "conference"}, {"to": "0215", "mode": "conference", "person": ""}),
        ({"command": "guest_mode", "mode": "conference"}, {"mode": "conference"}),
        ({"command": "guest_drop"}, {}),
    ],
)
async def test_commands_reach_the_softphone_with_their_arguments(
    desk: Desk, body: dict[str, Any], arguments: dict[str, Any]
) -> None:
    desk.call().offered().answered()
    browser = await desk.signed_in("sari")
    async with softphone(desk, {body["command"]: {"state": "talking"}}) as got:
        response = await browser.post(f"/api/calls/{CALL_ID}/command", body)
        assert response.status_code == 200, response.text
    assert got == [(body["command"], {"call_id": CALL_ID, **arguments})]


async def test_wrong_arguments_are_refused_before_any_telephone(desk: Desk) -> None:
    desk.call().offered().answered()
    browser = await desk.signed_in("sari")
    async with softphone(desk, {}) as got:
        for body in (
            {"command": "fly"}, {"command": "guest", "to": "2102", "mode": "shout"},
            {"command": "dtmf", "digits": "1" * 33},
        ):  # fmt: skip
            assert (await browser.post(f"/api/calls/{CALL_ID}/command", body)).status_code == 422
    assert got == []


async def test_a_refusal_is_told_in_the_softphones_words(desk: Desk) -> None:
    desk.call().offered().answered()
    browser = await desk.signed_in("sari")
    async with softphone(desk, {}):
        refused = await browser.post(f"/api/calls/{CALL_ID}/command", {"command": "guest_drop"})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (409, "command_refused")
    assert "Keluarkan" in error["message"]
    assert error["remedy"] == "the call is not held"


async def test_an_outgoing_call_of_the_own_extension(desk: Desk) -> None:
    browser = await desk.signed_in("sari")
    async with softphone(desk, {"dial": {"call_id": PLACED}}) as got:
        response = await browser.post("/api/extension/dial", {"number": "0215"})
        assert (response.status_code, response.json()) == (200, {"call_id": PLACED})
    assert got == [("dial", {"number": "0215"})]
    away = await browser.post("/api/extension/dial", {"number": "0215"})
    assert (away.status_code, away.json()["error"]["code"]) == (503, "softphone_away")
    nobody = await (await desk.signed_in("eka")).post("/api/extension/dial", {"number": "0215"})
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (409, "no_extension")


async def test_an_outgoing_call_opens_no_case_and_is_linked_to_the_one_it_is_about(desk: Desk) -> None:
    case = await opened_case(desk)
    case_id = int(case["case_id"])
    sari, bayu = await desk.signed_in("sari"), await desk.signed_in("bayu")
    stranger = await bayu.post("/api/extension/dial", {"number": "0215", "case_id": case_id})
    assert stranger.status_code == 403  # and no telephone rings
    async with softphone(desk, {"dial": {"call_id": PLACED}}):
        response = await sari.post("/api/extension/dial", {"number": "0215", "case_id": case_id})
        assert response.status_code == 200, response.text
    desk.call(call_id=PLACED).offered(direction="out", case_id=case_id).answered()
    await desk.hub.records.drained()
    assert [link.call_id for link in attachments.calls_of_case(desk.hub.database, case_id)] == [CALL_ID, PLACED]
    assert cases.cases_of_call(desk.hub.database, PLACED) == []
    assert desk.hub.live.calls[PLACED].case is None


async def test_a_call_back_is_one_try(desk: Desk) -> None:
    case = await opened_case(desk)
    case_id = int(case["case_id"])
    database, now = desk.hub.database, desk.hub.clock.now()
    sari = people.find_person(database, "sari")
    lina = people.create_person(
        database, username="lina", name="Lina Uji", password=PASSWORD, roles=["escalation_agent"], extension="2103",
        now=now,
    )  # fmt: skip
    version = int(case["version"])
    for to, fields, person in (
        ("recorded", {"question": "Tafsir?"}, sari), ("classified", {"kind": "interpretation"}, sari),
        ("escalated", {}, sari), ("handling", {}, lina),
    ):  # fmt: skip
        version = cases.transition(database, case_id, version, to, fields, person=person, now=now).case.version
    plan = callbacks.plan(database, case_id, due_at=now + timedelta(hours=1), person=lina, now=now)
    browser = await desk.signed_in("lina")
    wrong = await browser.post(
        "/api/extension/dial", {"number": plan.phone, "case_id": case_id, "callback_id": plan.id + 1}
    )
    assert wrong.status_code == 404
    async with softphone(desk, {"dial": {"call_id": PLACED}}, extension="2103") as got:
        body = {"number": plan.phone, "case_id": case_id, "callback_id": plan.id}
        response = await browser.post("/api/extension/dial", body)
        assert response.status_code == 200, response.text
    assert got == [("dial", body)]
    [tried] = callbacks.callbacks_of_case(database, case_id)
    assert [one.call_id for one in tried.attempts] == [PLACED]


async def test_a_third_party_and_transfers_show_in_the_snapshot(desk: Desk) -> None:
    call = desk.call().offered(direction="out").answered()
    live = desk.hub.live.calls[CALL_ID]
    call.add(ev.GuestInvited, to="2102", person="Bayu Uji", mode="consult")
    shown = live.snapshot("Sari")
    assert (shown["direction"], shown["guest"]["person"], shown["guest"]["joined_at"]) == ("out", "Bayu Uji", None)
    call.add(ev.GuestJoined, to="2102", mode="consult")
    call.add(ev.GuestModeChanged, to="2102", mode="conference")
    shown = live.snapshot("Sari")
    assert shown["guest"]["joined_at"]
    assert shown["guest"]["mode"] == "conference"
    call.add(ev.GuestLeft, to="2102", reason="dropped")
    call.add(ev.TransferStarted, to="2102")
    shown = live.snapshot("Sari")
    assert (shown["guest"], shown["transfer_to"]) == (None, "2102")
    call.add(ev.TransferFailed, to="2102", sip_code=486)
    assert live.snapshot("Sari")["transfer_to"] is None
