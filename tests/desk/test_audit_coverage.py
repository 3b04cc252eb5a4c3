# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the desk stands in the audit trail: a table of all routes, and the entries that they really make."""

from __future__ import annotations

import re

import pytest

from crm.audit import verify
from crm.audit_search import AuditQuery, search
from desk.app import access_rules
from pipeline.settings import PROJECT_DIR
from tests.desk.conftest import PASSWORD, Browser, Desk
from tests.desk.folders import CALL_ID
from tests.desk.test_archive_pages import sealed_call

pytestmark = pytest.mark.integration

# What each change, and each view of what people said or who they are, writes down.
RECORDED = {
    "POST /masuk": "sign_in",
    "POST /keluar": "sign_out",
    "POST /sandi": "person_changed",
    "POST /penyiapan/mulai/{token}": "set_up",
    "POST /penyiapan/{place}": "person_added",
    "POST /admin/orang": "person_added",
    "POST /admin/orang/{person_id}": "person_changed",
    "POST /admin/orang/{person_id}/sandi": "person_changed",
    "POST /admin/orang/{person_id}/aktif": "person_changed",
    "POST /admin/orang/{person_id}/keluarkan": "person_changed",
    "POST /admin/ekstensi/{number}": "extension_changed",
    "POST /admin/pengaturan/{name}": "setting_changed",
    "POST /tim/{case_id}/ambil": "consultation_taken",
    "POST /tim/{case_id}/lepas": "consultation_left",
    "POST /tim/{case_id}/jawab": "case_moved",
    "POST /tim/{case_id}/eskalasi": "case_moved",
    "POST /tim/panggilan/{call_id}/gabung": "call_joined",
    "POST /tim/panggilan/{call_id}/tinggalkan": "call_left",
    "GET /tim/{case_id}": "transcript_viewed",
    "GET /tim/panggilan/{call_id}": "transcript_viewed",
    "GET /api/live": "transcript_viewed",
    "GET /eskalasi/{case_id}": "transcript_viewed",
    "POST /eskalasi/{case_id}/simpan": "case_saved",
    "POST /eskalasi/{case_id}/langkah/{to}": "case_moved",
    "POST /eskalasi/{case_id}/rencana": "callback_moved",
    "POST /eskalasi/{case_id}/telepon-balik/{callback_id}/{action}": "callback_moved",
    "POST /pemutakhiran/tugas/{task_id}/{action}": "task_moved",
    "POST /pemutakhiran/artikel/{article_id}/tarik": "article_retired",
    "POST /api/sheets/{sheet_id}/publish": "article_published",
    "POST /api/cases/{case_id}/save": "case_saved",
    "POST /api/cases/{case_id}/transition": "case_moved",
    "POST /api/calls/{call_id}/cases": "case_opened",
    "GET /api/calls/{call_id}/history": "taxpayer_seen",
    "GET /api/taxpayers": "taxpayer_seen",
    "POST /api/taxpayers": "taxpayer_added",
    "POST /api/taxpayers/{taxpayer_id}": "taxpayer_changed",
    "GET /arsip": "calls_listed",
    "GET /arsip/{call_id}": "recording_opened",
    "GET /arsip/{call_id}/audio.flac": "recording_played",
    "GET /arsip/{call_id}/transcript.json": "recording_played",
    "GET /audit/ekspor": "trail_exported",
}
# Changes that are kept elsewhere with person and time, or that change nothing that lasts.
ELSEWHERE = {
    "POST /api/calls/{call_id}/command": "call.jsonl",
    "POST /api/extension/dial": "call.jsonl",
    "POST /api/screen/{call_id}": "screen.jsonl",
    "POST /api/agent/state": "agent states",
    "POST /api/calls/{call_id}/suggestions/{article_id}/{action}": "suggestions.jsonl",
    "POST /api/calls/{call_id}/answered-without-sikp": "suggestions.jsonl",
    "POST /pemutakhiran/artikel": "sheets",
    "POST /pemutakhiran/tugas/{task_id}/tulis/artikel": "sheets",
    "POST /pemutakhiran/pertanyaan/tulis": "sheets",
    "POST /pemutakhiran/pertanyaan/terjawab": "sheets",
    "POST /pemutakhiran/lembar/{sheet_id}/gabung": "sheets",
    "POST /pemutakhiran/lembar/{sheet_id}/buang": "sheets",
    "POST /api/sheets/{sheet_id}/save": "sheets",
}


def test_every_change_is_in_the_table() -> None:
    changes = {f"{method} {path}" for method, path in access_rules() if method != "GET"}
    listed = RECORDED.keys() | ELSEWHERE.keys()
    assert changes - listed == set(), "a new route: say what it writes into the trail, or where else it is kept"
    assert {route for route in listed if route.startswith("POST")} - changes == set()


def test_the_documentation_names_every_action() -> None:
    page = (PROJECT_DIR / "docs/audit.md").read_text(encoding="utf-8")
    assert {action for action in RECORDED.values() if f"`{action}`" not in page} == set()


def test_every_action_has_words_in_both_languages() -> None:
    from typing import get_args

    from crm.audit import Action
    from pipeline.catalog import messages

    for language in ("id", "en"):
        known = messages(language)
        assert {action for action in get_args(Action) if f"desk.audit_action_{action}" not in known} == set()


async def last(desk: Desk, action: str) -> tuple[str, str, str, str]:
    [*_, row] = reversed(search(desk.hub.database, AuditQuery(action=action)).rows) or [None]
    assert row is not None, f"nothing stands in the trail for {action}"
    return row.person, row.object_kind, row.object_id, row.address


async def live_case(desk: Desk) -> tuple[str, str]:
    desk.call().offered().answered().says("saya lupa efin")
    await desk.hub.records.drained()
    case = desk.hub.casework.case_of(CALL_ID)
    assert case is not None
    return str(case.id), case.number


async def test_looking_at_what_somebody_said_is_written_down(desk: Desk) -> None:
    sealed = (await sealed_call(desk)).manifest.call_id
    case_id, _ = await live_case(desk)
    at = "127.0.0.1"
    ayu, tono, dewi = await desk.signed_in("ayu"), await desk.signed_in("tono"), await desk.signed_in("dewi")
    assert (await ayu.get("/arsip?q=a")).status_code == 200
    assert await last(desk, "calls_listed") == ("ayu", "archive", "", at)
    assert (await ayu.get(f"/arsip/{sealed}?tujuan=assessment")).status_code == 200
    assert await last(desk, "recording_opened") == ("ayu", "call", sealed, at)
    assert (await ayu.get(f"/arsip/{sealed}/transcript.json?tujuan=assessment")).status_code == 200
    assert await last(desk, "recording_played") == ("ayu", "call", sealed, at)
    assert (await tono.get(f"/tim/panggilan/{CALL_ID}")).status_code == 200
    assert await last(desk, "transcript_viewed") == ("tono", "call", CALL_ID, at)
    desk.hub.stream.close()
    assert (await dewi.get(f"/api/live?scope=work&call={CALL_ID}")).status_code == 503  # refused, so not seen
    assert await last(desk, "transcript_viewed") == ("tono", "call", CALL_ID, at)
    assert case_id
    assert verify(desk.hub.database).broken is None


async def test_following_a_call_by_its_stream_alone_is_written_down(desk: Desk) -> None:
    import asyncio

    await live_case(desk)
    dewi = await desk.signed_in("dewi")
    streaming = asyncio.create_task(dewi.get(f"/api/live?scope=work&call={CALL_ID}"))
    while not desk.hub.stream.readers:
        await asyncio.sleep(0)
    desk.hub.stream.close()
    assert (await streaming).status_code == 200
    assert await last(desk, "transcript_viewed") == ("dewi", "call", CALL_ID, "127.0.0.1")


async def test_changes_are_written_down_with_person_object_and_address(desk: Desk) -> None:
    case_id, number = await live_case(desk)
    sari = await desk.signed_in("sari")
    version = desk.hub.casework.case_of(CALL_ID).version  # type: ignore[union-attr]
    saved = await sari.post(f"/api/cases/{case_id}/save", {"version": version, "fields": {"question": "efin"}})
    assert saved.status_code == 200
    assert await last(desk, "case_saved") == ("sari", "case", number, "127.0.0.1")
    moved = await sari.post(
        f"/api/cases/{case_id}/transition",
        {"version": saved.json()["version"], "to": "recorded", "fields": {"caller_name": "Budi"}},
    )
    assert moved.status_code == 200, moved.text
    assert await last(desk, "case_moved") == ("sari", "case", number, "127.0.0.1")
    key = "2b1f0a54-1234-4123-8123-123456789012"
    added = await sari.post(
        "/api/taxpayers", {"name": "Budi Uji", "npwp": "092542943407001", "nik": "", "phone": "", "request_key": key}
    )
    assert added.status_code == 200, added.text
    person, kind, object_id, _ = await last(desk, "taxpayer_added")
    assert (person, kind) == ("sari", "taxpayer") and object_id
    assert (await sari.get("/api/taxpayers?q=Budi")).status_code == 200
    assert await last(desk, "taxpayer_seen") == ("sari", "taxpayer", object_id, "127.0.0.1")
    rows = search(desk.hub.database, AuditQuery()).rows
    assert not any(re.search("0925|4294|Budi|efin", str(row.detail)) for row in rows), "no personal words in the trail"


async def test_signing_in_and_out_names_the_person(desk: Desk) -> None:
    browser: Browser = desk.browser()
    await browser.client.post("/masuk", data={"username": "sari", "password": PASSWORD})
    assert await last(desk, "sign_in") == ("sari", "person", "sari", "127.0.0.1")
