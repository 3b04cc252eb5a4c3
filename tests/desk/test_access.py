# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: every route with every role and without sign-in, against a table written down here by hand."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from desk.app import access_rules
from tests.desk.conftest import PEOPLE, Browser, Desk

pytestmark = pytest.mark.integration

CALL = "20261124T030000-0000beef"
EVERYBODY = {"agent", "team_leader", "escalation_agent", "quality_staff", "quality_assessor", "supervisor", "admin"}
LISTENERS = {"quality_assessor", "supervisor", "team_leader", "admin"}
WATCHERS = {"supervisor", "team_leader", "admin"}
AGENT = {"agent"}
ADMIN = {"admin"}
AUDIT_READERS = {"admin", "supervisor"}
KEEPER = {"quality_staff"}
PHONE_USERS = {"agent", "escalation_agent"}
LEADER = {"team_leader"}
HANDLER = {"escalation_agent"}
CASEWORKERS = {"agent", "team_leader", "escalation_agent"}
WORKERS = {"team_leader", "escalation_agent", "quality_staff", "supervisor", "admin"}
PUBLIC = EVERYBODY | {"nobody"}


class Visit(NamedTuple):
    """One request: the route's pattern, the address asked for, the body, and who is let in."""

    method: str
    route: str
    address: str
    allowed: set[str]
    body: dict[str, object] | None = None


VISITS = [
    Visit("GET", "/", "/", EVERYBODY),
    Visit("GET", "/masuk", "/masuk", PUBLIC),
    Visit("GET", "/agen", "/agen", AGENT),
    Visit("GET", "/tim", "/tim", LEADER),
    Visit("GET", "/tim/antrean", "/tim/antrean?buka=77", LEADER),
    Visit("GET", "/tim/panggilan", "/tim/panggilan?buka=x", LEADER),
    Visit("GET", "/tim/panggilan/{call_id}", f"/tim/panggilan/{CALL}", LEADER),
    Visit("GET", "/tim/panggilan/{call_id}/gabung", f"/tim/panggilan/{CALL}/gabung", LEADER),
    Visit("POST", "/tim/panggilan/{call_id}/gabung", f"/tim/panggilan/{CALL}/gabung", LEADER, {}),
    Visit("POST", "/tim/panggilan/{call_id}/tinggalkan", f"/tim/panggilan/{CALL}/tinggalkan", LEADER, {}),
    Visit("GET", "/tim/{case_id}", "/tim/77", LEADER),
    Visit("GET", "/tim/{case_id}/kasus", "/tim/77/kasus", LEADER),
    Visit("POST", "/tim/{case_id}/ambil", "/tim/77/ambil", LEADER, {}),
    Visit("POST", "/tim/{case_id}/lepas", "/tim/77/lepas", LEADER, {}),
    Visit("POST", "/tim/{case_id}/jawab", "/tim/77/jawab", LEADER, {"version": 1}),
    Visit("POST", "/tim/{case_id}/eskalasi", "/tim/77/eskalasi", LEADER, {"version": 1}),
    Visit("GET", "/eskalasi", "/eskalasi?saring=saya", HANDLER),
    Visit("GET", "/eskalasi/antrean", "/eskalasi/antrean?saring=menunggu&buka=77", HANDLER),
    Visit("GET", "/eskalasi/{case_id}", "/eskalasi/77?panggilan=x", HANDLER),
    Visit("GET", "/eskalasi/{case_id}/kasus", "/eskalasi/77/kasus", HANDLER),
    Visit("GET", "/eskalasi/{case_id}/telepon-balik", "/eskalasi/77/telepon-balik", HANDLER),
    Visit("POST", "/eskalasi/{case_id}/simpan", "/eskalasi/77/simpan", HANDLER, {"version": 1}),
    Visit("POST", "/eskalasi/{case_id}/langkah/{to}", "/eskalasi/77/langkah/handling", HANDLER, {"version": 1}),
    Visit("POST", "/eskalasi/{case_id}/rencana", "/eskalasi/77/rencana", HANDLER, {"due": "2026-11-25T09:00"}),
    Visit(
        "POST", "/eskalasi/{case_id}/telepon-balik/{callback_id}/{action}", "/eskalasi/77/telepon-balik/7/tercapai",
        HANDLER, {"version": 1},
    ),
    Visit("GET", "/papan", "/papan", WATCHERS),
    Visit("GET", "/arsip", "/arsip?q=a&tanggal=2026-11-24&hal=2", LISTENERS),
    Visit("GET", "/arsip/{call_id}", f"/arsip/{CALL}", LISTENERS),
    Visit("GET", "/arsip/{call_id}/audio.flac", f"/arsip/{CALL}/audio.flac", LISTENERS),
    Visit("GET", "/arsip/{call_id}/peaks.json", f"/arsip/{CALL}/peaks.json", LISTENERS),
    Visit("GET", "/arsip/{call_id}/transcript.json", f"/arsip/{CALL}/transcript.json", LISTENERS),
    Visit("GET", "/api/state", "/api/state?scope=agent", AGENT),
    Visit("GET", "/api/state", "/api/state?scope=board", WATCHERS),
    Visit("GET", "/api/live", "/api/live?scope=agent", AGENT),
    Visit("GET", "/api/live", "/api/live?scope=board", WATCHERS),
    Visit("GET", "/api/live", "/api/live?scope=work", WORKERS),
    Visit("GET", "/api/live", f"/api/live?scope=work&call={CALL}", WORKERS - {"quality_staff"}),
    Visit("GET", "/api/calls/{call_id}", f"/api/calls/{CALL}", AGENT),
    Visit("POST", "/api/calls/{call_id}/command", f"/api/calls/{CALL}/command", PHONE_USERS, {"command": "hold"}),
    Visit("POST", "/api/extension/dial", "/api/extension/dial", PHONE_USERS, {"number": "02150001234"}),
    Visit(
        "POST", "/api/calls/{call_id}/suggestions/{article_id}/{action}",
        f"/api/calls/{CALL}/suggestions/uji-efin/used", AGENT, {"version": 1},
    ),
    Visit(
        "POST", "/api/calls/{call_id}/answered-without-sikp", f"/api/calls/{CALL}/answered-without-sikp", AGENT,
        {"question": "x"},
    ),
    Visit(
        "POST", "/api/cases/{case_id}/save", "/api/cases/77/save", CASEWORKERS,
        {"version": 1, "fields": {}},
    ),
    Visit(
        "POST", "/api/cases/{case_id}/transition", "/api/cases/77/transition", CASEWORKERS,
        {"version": 1, "to": "recorded"},
    ),
    Visit("POST", "/api/agent/state", "/api/agent/state", AGENT, {"state": "ready"}),
    Visit("GET", "/api/calls/{call_id}/history", f"/api/calls/{CALL}/history", AGENT),
    Visit("GET", "/api/calls/{call_id}/cases", f"/api/calls/{CALL}/cases", AGENT),
    Visit("POST", "/api/calls/{call_id}/cases", f"/api/calls/{CALL}/cases", AGENT, {}),
    Visit("GET", "/api/taxpayers", "/api/taxpayers?q=uji", CASEWORKERS),
    Visit("POST", "/api/taxpayers", "/api/taxpayers", CASEWORKERS, {"name": "Uji"}),
    Visit(
        "POST", "/api/taxpayers/{taxpayer_id}", "/api/taxpayers/77", CASEWORKERS, {"name": "Uji", "version": 1}
    ),
    Visit("GET", "/api/articles/{article_id}", "/api/articles/uji-efin", EVERYBODY),
    Visit("GET", "/api/phonebook", "/api/phonebook", PHONE_USERS),
    Visit("GET", "/api/search", "/api/search?q=efin", EVERYBODY),
    Visit("POST", "/api/screen/{call_id}", f"/api/screen/{CALL}?page=00000000000000aa&part=1", AGENT),
    Visit("GET", "/pemutakhiran", "/pemutakhiran?tampil=selesai&tugas=77", KEEPER),
    Visit("GET", "/pemutakhiran/tugas", "/pemutakhiran/tugas", KEEPER),
    Visit("GET", "/pemutakhiran/tugas/{task_id}", "/pemutakhiran/tugas/77", KEEPER),
    Visit("POST", "/pemutakhiran/tugas/{task_id}/{action}", "/pemutakhiran/tugas/77/take", KEEPER, {"version": 1}),
    Visit("POST", "/pemutakhiran/tugas/{task_id}/tulis/artikel", "/pemutakhiran/tugas/77/tulis/artikel", KEEPER, {}),
    Visit("GET", "/pemutakhiran/artikel", "/pemutakhiran/artikel?saring=ditolak&hal=2", KEEPER),
    Visit("POST", "/pemutakhiran/artikel", "/pemutakhiran/artikel", KEEPER, {}),
    Visit("GET", "/pemutakhiran/artikel/{article_id}", "/pemutakhiran/artikel/uji-efin?dari=1", KEEPER),
    Visit("POST", "/pemutakhiran/artikel/{article_id}/tarik", "/pemutakhiran/artikel/x/tarik", KEEPER, {"version": 1}),
    Visit("GET", "/pemutakhiran/pertanyaan", "/pemutakhiran/pertanyaan?sejak=30", KEEPER),
    Visit("GET", "/pemutakhiran/pertanyaan/kelompok", "/pemutakhiran/pertanyaan/kelompok", KEEPER),
    Visit("POST", "/pemutakhiran/pertanyaan/tulis", "/pemutakhiran/pertanyaan/tulis", KEEPER, {"keys": "a/1"}),
    Visit("POST", "/pemutakhiran/pertanyaan/terjawab", "/pemutakhiran/pertanyaan/terjawab", KEEPER, {"keys": "a/1"}),
    Visit("GET", "/pemutakhiran/lembar/{sheet_id}", "/pemutakhiran/lembar/77", KEEPER),
    Visit("GET", "/pemutakhiran/lembar/{sheet_id}/pratinjau", "/pemutakhiran/lembar/77/pratinjau", KEEPER),
    Visit("GET", "/pemutakhiran/lembar/{sheet_id}/perubahan", "/pemutakhiran/lembar/77/perubahan", KEEPER),
    Visit("GET", "/pemutakhiran/lembar/{sheet_id}/periksa", "/pemutakhiran/lembar/77/periksa", KEEPER),
    Visit("GET", "/pemutakhiran/lembar/{sheet_id}/bentrok", "/pemutakhiran/lembar/77/bentrok", KEEPER),
    Visit("POST", "/pemutakhiran/lembar/{sheet_id}/gabung", "/pemutakhiran/lembar/77/gabung", KEEPER, {"version": 1}),
    Visit("POST", "/pemutakhiran/lembar/{sheet_id}/buang", "/pemutakhiran/lembar/77/buang", KEEPER, {"version": 1}),
    Visit("POST", "/api/sheets/{sheet_id}/save", "/api/sheets/77/save", KEEPER, {"version": 1, "fields": {}}),
    Visit("POST", "/api/sheets/{sheet_id}/publish", "/api/sheets/77/publish", KEEPER, {"version": 1}),
    Visit("GET", "/admin", "/admin", ADMIN),
    Visit("GET", "/admin/orang/baru", "/admin/orang/baru", ADMIN),
    Visit("GET", "/admin/orang/{person_id}", "/admin/orang/1", ADMIN),
    Visit("POST", "/admin/orang", "/admin/orang", ADMIN, {}),
    Visit("POST", "/admin/orang/{person_id}", "/admin/orang/999", ADMIN, {}),
    Visit("POST", "/admin/orang/{person_id}/sandi", "/admin/orang/999/sandi", ADMIN, {}),
    Visit("POST", "/admin/orang/{person_id}/aktif", "/admin/orang/999/aktif", ADMIN, {}),
    Visit("POST", "/admin/orang/{person_id}/keluarkan", "/admin/orang/999/keluarkan", ADMIN, {}),
    Visit("GET", "/admin/ekstensi", "/admin/ekstensi", ADMIN),
    Visit("GET", "/admin/ekstensi/tabel", "/admin/ekstensi/tabel", ADMIN),
    Visit("POST", "/admin/ekstensi/{number}", "/admin/ekstensi/9999", ADMIN, {}),
    Visit("GET", "/admin/pengaturan", "/admin/pengaturan", ADMIN),
    Visit("POST", "/admin/pengaturan/{name}", "/admin/pengaturan/tidak-ada", ADMIN, {}),
    Visit("GET", "/admin/kesehatan", "/admin/kesehatan", ADMIN),
    Visit("GET", "/admin/kesehatan/isi", "/admin/kesehatan/isi", ADMIN),
    Visit("GET", "/audit", "/audit?kata=a", AUDIT_READERS),
    Visit("GET", "/audit/periksa", "/audit/periksa", AUDIT_READERS),
    Visit("GET", "/audit/ekspor", "/audit/ekspor?orang=x", AUDIT_READERS),
    Visit("GET", "/audit/{serial}", "/audit/1", AUDIT_READERS),
    Visit("GET", "/penyiapan", "/penyiapan", ADMIN),
    Visit("GET", "/penyiapan/{place}", "/penyiapan/kantor", ADMIN),
    Visit("POST", "/penyiapan/{place}", "/penyiapan/tidak-ada", ADMIN, {}),
    Visit("GET", "/penyiapan/mulai/{token}", "/penyiapan/mulai/salah", PUBLIC),
    Visit("POST", "/penyiapan/mulai/{token}", "/penyiapan/mulai/salah", PUBLIC, {}),
    Visit("GET", "/sandi", "/sandi", EVERYBODY),
    Visit("POST", "/sandi", "/sandi", EVERYBODY, {}),
    Visit("GET", "/healthz", "/healthz", PUBLIC),
    Visit("POST", "/keluar", "/keluar", EVERYBODY, {}),  # last: it ends the session
]  # fmt: skip


def test_every_route_is_in_the_table_and_has_exactly_one_rule() -> None:
    rules = access_rules()
    assert len(rules) > 15
    assert set(rules) == {(visit.method, visit.route) for visit in VISITS} | {("POST", "/masuk")}
    assert {path for path, found in rules.items() if len(found) != 1} == set()
    public = {path for path, found in rules.items() if found == [None]}
    assert public == {("GET", "/masuk"), ("POST", "/masuk"), ("GET", "/healthz")} | {
        (method, "/penyiapan/mulai/{token}") for method in ("GET", "POST")
    }


async def visit_all(browser: Browser, role: str) -> list[str]:
    wrong = []
    for visit in VISITS:
        if visit.method == "GET":
            response = await browser.get(visit.address)
        else:
            response = await browser.post(visit.address, visit.body)
        to_sign_in = response.status_code == 401 or response.headers.get("location", "").startswith("/masuk?")
        let_in = not to_sign_in and response.status_code != 403
        if let_in != (role in visit.allowed) or response.status_code == 500:
            wrong.append(f"{role}: {visit.method} {visit.address} -> {response.status_code}")
        if role == "nobody" and role not in visit.allowed and not to_sign_in:
            wrong.append(f"{role}: {visit.method} {visit.address} -> {response.status_code}, not sent to sign in")
    return wrong


@pytest.mark.parametrize("username", list(PEOPLE))
async def test_each_role_is_let_in_where_the_table_says(desk: Desk, username: str) -> None:
    desk.hub.stream.close()  # streams refuse with 503 at once: this is about who is let in, not about streaming
    [role] = PEOPLE[username][1]
    assert await visit_all(await desk.signed_in(username), role) == []


async def test_nobody_is_let_in_without_signing_in(desk: Desk) -> None:
    desk.hub.stream.close()
    assert await visit_all(desk.browser(), "nobody") == []


async def test_an_agent_sees_and_touches_nothing_of_another_agents_call(desk: Desk) -> None:
    desk.call().offered().answered()
    await desk.hub.records.drained()
    other = await desk.signed_in("bayu")
    assert (await other.get(f"/api/calls/{CALL}")).status_code == 403
    assert (await other.post(f"/api/calls/{CALL}/command", {"command": "hangup"})).status_code == 403
    assert (await other.post(f"/api/calls/{CALL}/suggestions/uji-efin/used", {"version": 1})).status_code == 403
    assert (await other.post(f"/api/calls/{CALL}/answered-without-sikp", {"question": "x"})).status_code == 403
    state = (await other.get("/api/state?scope=agent")).json()
    assert state["call"] is None
    assert "081200000001" not in (await other.get("/agen")).text
    case = desk.hub.casework.case_of(CALL)
    assert case is not None
    saved = await other.post(f"/api/cases/{case.id}/save", {"version": case.version, "fields": {"question": "x"}})
    assert saved.status_code == 403


async def test_an_agent_without_extension_has_a_desk_without_calls(desk: Desk) -> None:
    from crm import people

    person = people.find_person(desk.hub.database, "bayu")
    assert person is not None
    people.change_person(desk.hub.database, person.id, extension="", now=desk.clock.now())
    desk.call(extension="").offered()
    browser = await desk.signed_in("bayu")
    state = (await browser.get("/api/state?scope=agent")).json()
    assert state["call"] is None
    assert state["extension"]["number"] == ""
    assert (await browser.post(f"/api/calls/{CALL}/command", {"command": "answer"})).status_code == 403
