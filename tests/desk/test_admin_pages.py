# SPDX-License-Identifier: GPL-3.0-or-later
"""The administrator's pages: people, passwords for once, extensions, settings of the office, health. Invented."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import httpx
import pytest

from crm import people, sessions
from crm.audit_search import AuditQuery, search
from crm.views import PersonView
from tests.desk.conftest import HOST, PASSWORD, Browser, Desk

pytestmark = pytest.mark.integration
ONCE = "angsa-terbang-di-pagi"  # for tests only
OWN = "kuda-laut-menari-lagi"
NEW = {"username": "dina", "name": "Dina Uji", "roles": ["agent", "team_leader"], "extension": "", "password": ONCE}


async def send(browser: Browser, path: str, **form: object) -> httpx.Response:
    """Post a form as htmx does."""
    data = {"request_key": str(uuid.uuid4()), **form}
    headers = {"X-CSRF-Token": browser.csrf, "Origin": HOST, "HX-Request": "true"}
    return await browser.client.post(path, data=data, headers=headers)


def person(desk: Desk, username: str) -> PersonView:
    found = people.find_person(desk.hub.database, username)
    assert found is not None
    return found


async def version_of(browser: Browser, person_id: int) -> str:
    found = re.search(r'name="version" value="(\d+)"', (await browser.get(f"/admin/orang/{person_id}")).text)
    assert found is not None
    return found[1]


async def sign_in(desk: Desk, username: str, password: str) -> tuple[Browser, httpx.Response]:
    browser = desk.browser()
    response = await browser.client.post("/masuk", data={"username": username, "password": password})
    return browser, response


async def test_a_person_is_added_signs_in_once_and_must_choose_a_password(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    added = await send(admin, "/admin/orang", **NEW)
    dina = person(desk, "dina")
    assert added.headers["hx-redirect"] == f"/admin/orang/{dina.id}?pesan=added"
    assert (dina.roles, dina.must_change) == ({"agent", "team_leader"}, True)
    assert "Dina Uji" in (await admin.get("/admin")).text
    form = (await admin.get(f"/admin/orang/{dina.id}")).text
    assert len(re.findall(r'name="roles" value="[a-z_]+"', form)) == 7
    assert re.findall(r'name="roles" value="([a-z_]+)" checked', form) == ["agent", "team_leader"]
    browser, response = await sign_in(desk, "dina", ONCE)
    assert response.status_code == 303
    for path in ("/", "/agen", "/tim"):
        assert (await browser.get(path)).headers["location"] == "/sandi"
    assert (await browser.get("/api/state?scope=agent")).json()["error"]["code"] == "password_once"
    browser.csrf = csrf(await browser.get("/sandi"))
    wrong = await send(browser, "/sandi", present="salah", password=OWN, repeated=OWN)
    assert wrong.status_code == 422
    assert "tidak cocok" in wrong.text
    differs = await send(browser, "/sandi", present=ONCE, password=OWN, repeated="lain-sama-sekali")
    assert "tidak sama" in differs.text
    same = await send(browser, "/sandi", present=ONCE, password=ONCE, repeated=ONCE)
    assert "sama dengan yang sekarang" in same.text
    done = await send(browser, "/sandi", present=ONCE, password=OWN, repeated=OWN)
    assert done.headers["hx-redirect"] == "/"
    assert (await browser.get("/tim")).status_code == 200
    assert (await sign_in(desk, "dina", ONCE))[1].status_code == 401
    assert (await sign_in(desk, "dina", OWN))[1].status_code == 303
    assert ONCE not in str([row.wire() for row in search(desk.hub.database, AuditQuery()).rows])


def csrf(page: httpx.Response) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"username": "sari"}, "username", "sudah dipakai"),
        ({"username": "<script>alert(1)</script>"}, "username", "tidak dapat dipakai"),
        ({"username": "x" * 5000}, "username", "tidak dapat dipakai"),
        ({"name": "  "}, "name", "kosong"),
        ({"name": "n" * 201}, "name", "200"),
        ({"password": "pendek"}, "password", "lemah"),
        ({"roles": ["raja"]}, "roles", "tidak dikenal"),
        ({"roles": ["system"]}, "roles", "tidak dikenal"),
        ({"roles": []}, "roles", "Belum ada peran"),
        ({"extension": "2101"}, "extension", "Sari Uji"),
        ({"extension": "9999"}, "extension", "tidak ada"),
        ({"extension": '"><b>'}, "extension", "tidak ada"),
    ],
)
async def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    desk: Desk, change: dict[str, object], field: str, words: str
) -> None:
    admin = await desk.signed_in("admin")
    response = await send(admin, "/admin/orang", **{**NEW, "name": "Dina <b>Uji</b>", **change})
    assert response.status_code == 422
    assert response.headers["hx-retarget"] == "#form-new"
    said = re.search(rf'id="p-{field}"[^>]*>([^<]*)<', response.text)
    assert said is not None
    assert words in said[1]
    assert "<script>" not in response.text
    assert "<b>" not in response.text
    if "name" not in change:
        assert "Dina &lt;b&gt;Uji&lt;/b&gt;" in response.text
    assert people.find_person(desk.hub.database, "dina") is None


async def test_a_double_submit_adds_one_person(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    both = [await send(admin, "/admin/orang", **NEW, request_key="kunci-yang-sama") for _ in range(2)]
    assert both[0].headers["hx-redirect"] == both[1].headers["hx-redirect"]
    assert search(desk.hub.database, AuditQuery(action="person_added", object_id="dina")).total == 1


async def test_changed_roles_end_the_sessions_and_a_stale_form_shows_both_texts(desk: Desk) -> None:
    admin, sari = await desk.signed_in("admin"), await desk.signed_in("sari")
    who = person(desk, "sari")
    version = await version_of(admin, who.id)
    changed = await send(
        admin, f"/admin/orang/{who.id}", version=version, name="Sari Baru", roles=["quality_staff"], extension=""
    )
    assert changed.headers["hx-redirect"].endswith("?pesan=saved")
    assert person(desk, "sari").roles == {"quality_staff"}
    assert (await sari.get("/agen")).headers["location"] == "/masuk?lanjut=/agen"
    stale = await send(
        admin, f"/admin/orang/{who.id}", version=version, name="Sari Lain", roles=["agent"], extension=""
    )
    assert stale.status_code == 409
    assert "Sari Lain" in stale.text
    assert "Sari Baru" in stale.text
    assert person(desk, "sari").name == "Sari Baru"
    now = re.search(r'name="version" value="(\d+)"', stale.text)
    assert now is not None
    again = await send(
        admin, f"/admin/orang/{who.id}", version=now[1], name="Sari Lain", roles=["agent"], extension="2101"
    )
    assert again.status_code == 200
    assert person(desk, "sari").name == "Sari Lain"


async def test_the_last_administrator_stays(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    who = person(desk, "admin")
    version = await version_of(admin, who.id)
    roles = await send(admin, f"/admin/orang/{who.id}", version=version, name="Admin", roles=["agent"], extension="")
    assert roles.status_code == 422
    assert "terakhir" in roles.text
    off = await send(admin, f"/admin/orang/{who.id}/aktif", version=version, active="0")
    assert off.status_code == 422
    assert person(desk, "admin").active
    await send(admin, "/admin/orang", **{**NEW, "roles": ["admin"]})
    off = await send(admin, f"/admin/orang/{who.id}/aktif", version=version, active="0")
    assert off.status_code == 200
    assert not person(desk, "admin").active
    assert (await admin.get("/admin")).status_code == 303


async def test_switching_off_and_signing_out_end_sessions_and_a_reset_password_is_for_once(desk: Desk) -> None:
    admin, bayu = await desk.signed_in("admin"), await desk.signed_in("bayu")
    who = person(desk, "bayu")
    await send(admin, f"/admin/orang/{who.id}/keluarkan")
    assert (await bayu.get("/agen")).status_code == 303
    reset = await send(admin, f"/admin/orang/{who.id}/sandi", password=ONCE)
    assert reset.headers["hx-redirect"].endswith("pesan=password")
    weak = await send(admin, f"/admin/orang/{who.id}/sandi", password="bayu-bayu-bayu")
    assert weak.status_code == 422
    assert "lemah" in weak.text
    assert (await sign_in(desk, "bayu", PASSWORD))[1].status_code == 401
    inside, response = await sign_in(desk, "bayu", ONCE)
    assert response.status_code == 303
    off = await send(admin, f"/admin/orang/{who.id}/aktif", version=await version_of(admin, who.id), active="0")
    assert off.status_code == 200
    assert (await inside.get("/sandi")).status_code == 303
    assert (await sign_in(desk, "bayu", ONCE))[1].status_code == 401


async def test_the_sessions_of_a_person_are_listed_with_where_they_come_from(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    who = person(desk, "sari")
    sessions.start_session(
        desk.hub.database, who.id, now=desk.clock.now(), lifetime=timedelta(hours=1), address="10.0.0.7",
        browser="Mozilla/5.0 <b> Firefox/133.0",
    )  # fmt: skip
    page = (await admin.get(f"/admin/orang/{who.id}")).text
    assert "10.0.0.7" in page
    assert "Firefox" in page
    assert "<b>" not in page


async def test_many_names_from_one_address_are_slowed_down_on_the_real_form(desk: Desk) -> None:
    browser = desk.browser()
    seen = []
    for number in range(51):
        form = {"username": f"tebak{number}", "password": "x"}
        seen.append((await browser.client.post("/masuk", data=form)).status_code)
    assert seen == [401] * 50 + [429]


async def test_an_extension_is_switched_off_and_on(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    page = (await admin.get("/admin/ekstensi")).text
    assert "Sari Uji" in page
    assert "sip:2101@127.0.0.1:6101" in page
    off = await send(admin, "/admin/ekstensi/2101", enabled="0")
    assert "nonaktif" in off.text
    assert person(desk, "sari").extension == ""
    await send(admin, "/admin/ekstensi/2101", enabled="1")
    assert person(desk, "sari").extension == "2101"
    assert (await send(admin, "/admin/ekstensi/<b>", enabled="1")).status_code == 404
    assert search(desk.hub.database, AuditQuery(action="extension_changed")).total == 2


async def test_a_setting_of_the_office_holds_at_once_and_keeps_its_history(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    assert "no_answer_threshold" in (await admin.get("/admin/pengaturan")).text
    assert (await send(admin, "/admin/pengaturan/case_limit_s", value="1200", version="0")).status_code == 200
    assert desk.hub.office.current.case_limit_s == 1200
    desk.call().offered().answered()
    await desk.hub.records.drained()
    case = desk.hub.casework.case_of("20261124T030000-0000beef")
    assert case is not None
    assert case.limits.limit_s == 1200
    stale = await send(admin, "/admin/pengaturan/case_limit_s", value="1300", version="0")
    assert stale.status_code == 409
    assert "1200" in stale.text
    assert "1300" in stale.text
    page = (await admin.get("/admin/pengaturan")).text
    assert "Admin Uji" in page
    [row] = search(desk.hub.database, AuditQuery(action="setting_changed")).rows
    assert row.detail == '{"from":"900","to":"1200"}'


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("case_limit_s", "abc", "antara"),
        ("case_limit_s", "5", "antara"),
        ("case_limit_s", "NaN", "antara"),
        ("no_answer_threshold", "nan", "antara"),
        ("no_answer_threshold", "1,5", "antara"),
        ("case_warning_s", "900", "lebih awal"),
        ("callback_tries", "0", "antara"),
        ("office_name", "x" * 81, "80"),
        ("pause_reasons", "tidur", "daftar"),
        ("pause_reasons", "", "daftar"),
    ],
)
async def test_a_value_that_cannot_be_is_refused_in_words(desk: Desk, name: str, value: str, words: str) -> None:
    admin = await desk.signed_in("admin")
    before = desk.hub.office.current
    response = await send(admin, f"/admin/pengaturan/{name}", value=value, version="0")
    assert response.status_code == 422
    assert words in response.text
    assert desk.hub.office.current == before
    assert (await send(admin, "/admin/pengaturan/raja", value="1", version="0")).status_code == 404


async def test_health_and_settings_show_no_secret(desk: Desk) -> None:
    admin = await desk.signed_in("admin")
    for path in ("/admin/kesehatan", "/admin/kesehatan/isi", "/admin/pengaturan"):
        page = await admin.get(path)
        assert page.status_code == 200
        assert "desk." not in re.sub(r"desk\.test|desk\.css|desk\.js", "", page.text.split("page-data")[0])
