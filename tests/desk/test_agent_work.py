# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's own state, callers' history, further questions, taxpayers and sources of texts, over the API of a
running hub. Invented people and numbers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from crm import agents, audit_search, people
from crm.audit_search import AuditQuery
from desk.duty import Duty
from pipeline import events as ev
from pipeline.callfolder import Spool
from tests.desk.conftest import Browser, Desk
from tests.desk.folders import BEGAN, CALL_ID, LiveFolder

pytestmark = pytest.mark.integration
CALL2 = "20261124T031000-0000cafe"
NPWP = "09.254.294.3-407.000"  # invented


@pytest.fixture
async def sari(desk: Desk) -> AsyncIterator[Browser]:
    browser = await desk.signed_in("sari")
    assert (await browser.get("/agen")).status_code == 200
    yield browser


async def state_of(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get("/api/state?scope=agent")).json()["agent"]
    return found


async def settled(desk: Desk) -> None:
    """Wait until the records are written and the loop has told the pages."""
    await desk.hub.records.drained()
    await asyncio.sleep(0)


def told(desk: Desk) -> list[str]:
    """Return the states that the extension's page was told, in order."""
    found = desk.hub.stream.after(0, lambda message: message.name == "agent.state" and message.extension == "2101")
    assert found is not None
    return [json.loads(message.data)["state"] for message in found[0]]


async def test_a_day_begins_in_a_pause_and_the_agent_says_when_ready(desk: Desk, sari: Browser) -> None:
    snapshot = (await sari.get("/api/state?scope=agent")).json()
    assert (snapshot["agent"]["state"], snapshot["agent"]["reason"]) == ("paused", "signed_in")
    assert {"name": "prayer", "label": "Ibadah"} in snapshot["pause_reasons"]
    assert "signed_in" not in [choice["name"] for choice in snapshot["pause_reasons"]]
    press = {"state": "ready", "request_key": "press-ready-1"}
    assert (await sari.post("/api/agent/state", press)).json()["agent"]["state"] == "ready"
    paused = await sari.post("/api/agent/state", {"state": "paused", "reason": "break"})
    assert paused.json()["agent"]["reason"] == "break"
    again = await sari.post("/api/agent/state", press)  # its answer was lost on the way
    assert again.json()["agent"]["state"] == "paused"
    await asyncio.sleep(0)
    assert told(desk)[:3] == ["paused", "ready", "paused"]
    assert (await sari.post("/api/agent/state", {"state": "paused"})).status_code == 422
    assert (await sari.post("/api/agent/state", {"state": "busy"})).status_code == 422


async def test_opening_the_desk_again_changes_nothing_and_signing_out_ends_the_day(desk: Desk, sari: Browser) -> None:
    await sari.post("/api/agent/state", {"state": "ready"})
    await sari.get("/agen")
    assert (await state_of(sari))["state"] == "ready"
    await sari.post("/keluar", {})
    again = await desk.signed_in("sari")
    assert (await state_of(again))["state"] == "offline"


async def test_a_call_keeps_busy_then_leaves_documentation(desk: Desk, sari: Browser) -> None:
    await sari.post("/api/agent/state", {"state": "ready"})
    call = desk.call().offered().answered()
    await settled(desk)
    busy = await state_of(sari)
    assert (busy["state"], busy["call_id"]) == ("busy", CALL_ID)
    refused = await sari.post("/api/agent/state", {"state": "ready"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "agent_busy")
    call.ended()
    await settled(desk)
    assert (await state_of(sari))["state"] == "wrap_up"
    await sari.post("/api/agent/state", {"state": "ready"})
    assert (await state_of(sari))["state"] == "ready"


async def test_events_read_again_change_no_state(desk: Desk, sari: Browser) -> None:
    call = desk.call().offered().answered().ended()
    await settled(desk)
    await sari.post("/api/agent/state", {"state": "paused", "reason": "meeting"})
    for item in call.folder.read("call"):
        desk.hub.records.take(type("News", (), {"item": item})())
    await settled(desk)
    assert (await state_of(sari))["reason"] == "meeting"
    sari_id = person_id(desk, "sari")
    spans = agents.spans(desk.hub.database, sari_id, BEGAN, BEGAN + timedelta(days=1))
    assert [span.state for span in spans].count("busy") <= 1


def person_id(desk: Desk, username: str) -> int:
    person = people.find_person(desk.hub.database, username)
    assert person is not None
    return person.id


def duty(desk: Desk, **changes: Any) -> Duty:
    options = {"begin_ready": False, "finish_alone": False, "wrap_up_s": lambda: 0, **changes}
    return Duty(desk.hub.database, desk.hub.casework, desk.clock, **options)


async def test_documentation_ends_by_itself_only_where_a_setting_says_so(desk: Desk, sari: Browser) -> None:
    desk.call().offered().answered().ended()
    await settled(desk)
    desk.clock.advance(120)
    duty(desk).review()
    duty(desk, finish_alone=True).review()  # its case is not settled
    duty(desk, wrap_up_s=lambda: 180).review()
    assert (await state_of(sari))["state"] == "wrap_up"
    desk.clock.advance(121)
    duty(desk, wrap_up_s=lambda: 180).review()
    assert (await state_of(sari))["state"] == "ready"


async def test_the_last_case_settled_makes_ready_where_a_setting_says_so(desk: Desk, sari: Browser) -> None:
    desk.call().offered().answered().ended()
    await settled(desk)
    case = await first_case(sari)
    closed = await sari.post(
        f"/api/cases/{case['case_id']}/transition",
        {"version": 1, "to": "closed", "fields": {"no_question_reason": "silent_caller"}},
    )
    assert closed.json()["case"]["timeline"][-1]["step"] == "–"
    duty(desk, finish_alone=True).review()
    assert (await state_of(sari))["state"] == "ready"


async def test_who_is_signed_in_no_more_is_signed_out_but_not_out_of_a_call(desk: Desk, sari: Browser) -> None:
    call = desk.call().offered().answered()
    await settled(desk)
    desk.clock.advance(11 * 3600)
    duty(desk).review()
    assert agents.present_state(desk.hub.database, person_id(desk, "sari")).state == "busy"
    call.ended()
    await settled(desk)
    duty(desk).review()
    assert agents.present_state(desk.hub.database, person_id(desk, "sari")).state == "offline"


async def test_who_takes_calls(desk: Desk, sari: Browser) -> None:
    assert duty(desk).availability() == {"2101": False, "2102": False}
    assert duty(desk, begin_ready=True).availability() == {"2101": False, "2102": True}
    await sari.post("/api/agent/state", {"state": "ready"})
    assert duty(desk).availability() == {"2101": True, "2102": False}
    people.change_person(desk.hub.database, person_id(desk, "bayu"), extension="", now=desk.clock.now())
    assert duty(desk).availability()["2102"] is True  # nobody's: a call must not be lost


async def first_case(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = (await browser.get(f"/api/calls/{CALL_ID}/cases")).json()["cases"][0]
    return found


async def test_a_second_question_has_a_case_and_a_clock_of_its_own(desk: Desk, sari: Browser) -> None:
    desk.call().offered().answered()
    await settled(desk)
    desk.clock.advance(300)
    press = {"request_key": "second-question-1"}
    opened = (await sari.post(f"/api/calls/{CALL_ID}/cases", press)).json()["case"]
    again = (await sari.post(f"/api/calls/{CALL_ID}/cases", press)).json()["case"]
    assert again["case_id"] == opened["case_id"]
    listed = (await sari.get(f"/api/calls/{CALL_ID}/cases")).json()["cases"]
    assert len(listed) == 2
    assert listed[1]["deadline_at"] > listed[0]["deadline_at"]
    await asyncio.sleep(0)
    call = (await sari.get("/api/state?scope=agent")).json()["call"]
    assert [case["case_id"] for case in call["cases"]] == [case["case_id"] for case in listed]
    assert call["case"]["case_id"] == opened["case_id"]
    for case in listed:
        saved = await sari.post(f"/api/cases/{case['case_id']}/save", {"version": 1, "fields": {"topic": "EFIN"}})
        assert saved.status_code == 200
    other = await desk.signed_in("bayu")
    assert (await other.post(f"/api/calls/{CALL_ID}/cases", {})).status_code == 403
    assert (await other.get(f"/api/calls/{CALL_ID}/history")).status_code == 403


async def test_a_text_knows_where_it_came_from_until_it_is_written_anew(desk: Desk, sari: Browser) -> None:
    desk.call().offered().answered()
    await settled(desk)
    path = f"/api/cases/{(await first_case(sari))['case_id']}"
    source = {"leg": "caller", "segment": 1, "start_ms": 1000, "end_ms": 1900}
    filled = {"version": 1, "fields": {"question": "lupa efin"}, "sources": {"question": source}}
    assert (await sari.post(f"{path}/save", filled)).json()["version"] == 2
    assert (await first_case(sari))["sources"] == {"question": source}
    await sari.post(f"{path}/save", {"version": 2, "fields": {"topic": "EFIN"}})
    assert (await first_case(sari))["sources"] == {"question": source}
    moved = await sari.post(f"{path}/transition", {"version": 3, "to": "recorded", "fields": {"question": "EFIN?"}})
    assert moved.json()["case"]["sources"] == {}
    notes = [item for item in desk.hub.spool.folder(CALL_ID).read("case") if isinstance(item, ev.CaseNoted)]
    assert notes[0].fields == {"question": "lupa efin", "sources": {"question": source}}
    for wrong in ({"kind": source}, {"question": {**source, "leg": "guest"}}, {"question": {**source, "end_ms": 1}}):
        answer = await sari.post(f"{path}/save", {"version": 4, "fields": {}, "sources": wrong})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_field")


async def test_what_is_known_of_a_caller(desk: Desk, sari: Browser) -> None:
    taxpayer = {"name": "Budi Contoh", "npwp": NPWP, "phone": "0812-0000-0001", "request_key": "taxpayer-0001"}
    made = (await sari.post("/api/taxpayers", taxpayer)).json()["taxpayer"]
    assert (await sari.post("/api/taxpayers", taxpayer)).json()["taxpayer"] == made
    desk.call().offered().answered().ended()
    LiveFolder(Spool(desk.hub.settings.spool_dir), desk.hub.ingest.accept, call_id=CALL2).offered().answered()
    await settled(desk)
    known = (await sari.get(f"/api/calls/{CALL2}/history")).json()
    assert known["taxpayers"] == [made]
    assert made["npwp"] == NPWP
    assert [(call["call_id"], call["agent_name"], call["duration_s"]) for call in known["calls"]] == [
        (CALL_ID, "Sari Uji", 50)
    ]
    assert [case["state"] for case in known["cases"]] == ["received"]
    await sari.get(f"/api/calls/{CALL2}/history")
    trail = audit_search.search(desk.hub.database, AuditQuery(action="taxpayer_seen")).rows
    assert len(trail) == 1  # looked at twice within minutes
    assert NPWP.replace(".", "").replace("-", "") not in trail[0].detail


async def test_numbers_of_a_wrong_form_are_named_one_by_one(sari: Browser) -> None:
    refused = await sari.post("/api/taxpayers", {"name": "Budi", "npwp": "123", "nik": "12"})
    assert refused.status_code == 422
    assert len(refused.json()["problems"]) == 2


async def test_a_taxpayer_is_changed_by_whoever_saw_the_newest(desk: Desk, sari: Browser) -> None:
    made = (await sari.post("/api/taxpayers", {"name": "Budi Contoh"})).json()["taxpayer"]
    path = f"/api/taxpayers/{made['id']}"
    changed = await sari.post(path, {"name": "Budi C.", "version": 1})
    assert changed.json()["taxpayer"]["version"] == 2
    assert (await sari.post(path, {"name": "Budi", "version": 1})).status_code == 409
    found = (await sari.get("/api/taxpayers?q=budi")).json()["taxpayers"]
    assert [item["name"] for item in found] == ["Budi C."]
    actions = [row.action for row in audit_search.search(desk.hub.database, AuditQuery(action="taxpayer_changed")).rows]
    assert actions == ["taxpayer_changed"]
