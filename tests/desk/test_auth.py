# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in and out, and requests that do not come from our pages."""

from __future__ import annotations

import pytest

from crm.audit_search import AuditQuery, search
from tests.desk.conftest import HOST, PASSWORD, Desk

pytestmark = pytest.mark.integration


async def test_signing_in_leads_to_ones_own_page(desk: Desk) -> None:
    for username, page in (("sari", "/agen"), ("dewi", "/papan"), ("tono", "/tim"), ("ayu", "/arsip")):
        browser = await desk.signed_in(username)
        response = await browser.get("/")
        assert (response.status_code, response.headers["location"]) == (303, page)
        assert (await browser.get(page)).status_code == 200


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(desk: Desk) -> None:
    response = await desk.browser().client.post("/masuk", data={"username": "sari", "password": PASSWORD})
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie  # the setting is off here


async def test_a_wrong_password_says_so_and_keeps_the_name(desk: Desk) -> None:
    browser = desk.browser()
    response = await browser.client.post("/masuk", data={"username": 'sari"><script>', "password": "salah"})
    assert response.status_code == 401
    assert "<script>" not in response.text.replace('<script type="', "")
    assert "sari&#34;&gt;&lt;script&gt;" in response.text
    assert "kring_session" not in browser.client.cookies


async def test_an_unknown_name_gets_the_same_answer(desk: Desk) -> None:
    known = await desk.browser().client.post("/masuk", data={"username": "sari", "password": "salah"})
    unknown = await desk.browser().client.post("/masuk", data={"username": "nano", "password": "salah"})
    assert known.status_code == unknown.status_code == 401
    assert "error" in known.text or "salah" in known.text.casefold()


async def test_guessing_is_slowed_down_also_for_the_right_password(desk: Desk) -> None:
    browser = desk.browser()
    for _ in range(5):
        assert (await browser.client.post("/masuk", data={"username": "sari", "password": "x"})).status_code == 401
    response = await browser.client.post("/masuk", data={"username": "sari", "password": PASSWORD})
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    desk.clock.advance(15 * 60 + 1)
    assert (await browser.client.post("/masuk", data={"username": "sari", "password": PASSWORD})).status_code == 303


async def test_without_a_session_pages_lead_to_the_form_and_the_api_says_401(desk: Desk) -> None:
    browser = desk.browser()
    page = await browser.get("/papan")
    assert (page.status_code, page.headers["location"]) == (303, "/masuk?lanjut=/papan")
    api = await browser.get("/api/state?scope=agent")
    assert api.status_code == 401
    assert api.json()["error"]["code"] == "not_signed_in"
    assert set(api.json()["error"]) == {"code", "message", "remedy"}


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("/arsip", "/arsip"),
        ("/arsip/20261124T030000-0000beef", "/arsip/20261124T030000-0000beef"),
        ("//jahat.example/", "/"),
        ("https://jahat.example/", "/"),
        ("/\\jahat.example", "/"),
        ("/agen\r\nX: y", "/"),
    ],
)
async def test_the_way_on_after_signing_in_stays_on_our_pages(desk: Desk, wanted: str, got: str) -> None:
    response = await desk.browser().client.post(
        "/masuk", params={"lanjut": wanted}, data={"username": "sari", "password": PASSWORD}
    )
    assert response.headers["location"] == got


async def test_a_session_ends_by_time(desk: Desk) -> None:
    browser = await desk.signed_in("sari")
    desk.clock.advance(desk.hub.settings.session_hours * 3600 - 1)
    assert (await browser.get("/api/state?scope=agent")).status_code == 200
    desk.clock.advance(2)
    assert (await browser.get("/api/state?scope=agent")).status_code == 401


async def test_signing_out_ends_the_session_for_good(desk: Desk) -> None:
    browser = await desk.signed_in("sari")
    token = browser.client.cookies["kring_session"]
    refused = await browser.client.post("/keluar", data={"csrf_token": "salah"}, headers={"Origin": HOST})
    assert refused.status_code == 403
    response = await browser.client.post("/keluar", data={"csrf_token": browser.csrf}, headers={"Origin": HOST})
    assert (response.status_code, response.headers["location"]) == (303, "/masuk")
    stolen = desk.browser()
    stolen.client.cookies.set("kring_session", token)
    assert (await stolen.get("/api/state?scope=agent")).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-CSRF-Token": "salah", "Origin": HOST},
        {"X-CSRF-Token": "RIGHT", "Origin": "https://jahat.example"},
        {"X-CSRF-Token": "RIGHT", "Origin": "null"},
        {"X-CSRF-Token": "RIGHT", "Sec-Fetch-Site": "cross-site"},
        {"X-CSRF-Token": "RIGHT", "Sec-Fetch-Site": "same-site"},
        {"X-CSRF-Token": "täuschung".encode()},
    ],
)
async def test_a_forged_request_is_refused(desk: Desk, headers: dict[str, str]) -> None:
    browser = await desk.signed_in("sari")
    sent = {name: browser.csrf if value == "RIGHT" else value for name, value in headers.items()}
    response = await browser.client.post("/api/cases/1/save", json={"version": 1, "fields": {}}, headers=sent)
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "csrf"


async def test_a_sign_in_from_a_foreign_page_is_refused(desk: Desk) -> None:
    response = await desk.browser().client.post(
        "/masuk", data={"username": "sari", "password": PASSWORD}, headers={"Origin": "https://jahat.example"}
    )
    assert response.status_code == 403
    assert "kring_session" not in response.cookies


async def test_a_new_sign_in_ends_the_old_session_of_the_browser(desk: Desk) -> None:
    browser = await desk.signed_in("sari")
    first = browser.client.cookies["kring_session"]
    await browser.client.post("/masuk", data={"username": "dewi", "password": PASSWORD})
    stolen = desk.browser()
    stolen.client.cookies.set("kring_session", first)
    assert (await stolen.get("/api/state?scope=agent")).status_code == 401


async def test_every_answer_carries_the_security_headers(desk: Desk) -> None:
    browser = await desk.signed_in("sari")
    for path in ("/masuk", "/agen", "/tidak-ada", "/api/state?scope=agent", "/api/tidak-ada", "/healthz"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


async def test_no_page_runs_an_inline_script(desk: Desk) -> None:
    import re

    for username, path in (("sari", "/agen"), ("dewi", "/papan"), ("ayu", "/arsip")):
        text = (await (await desk.signed_in(username)).get(path)).text
        for tag in re.findall(r"<script[^>]*>", text):
            assert "src=" in tag or 'type="application/json"' in tag, tag
        assert not re.search(r"\son\w+=", text)


async def test_the_audit_trail_knows_who_came_and_went_and_who_was_refused(desk: Desk) -> None:
    client = desk.browser().client
    for username, password in ((" Sari", "salah-sama-sekali"), ("\x00siapa", "x"), ("sari", PASSWORD)):
        await client.post("/masuk", data={"username": username, "password": password})
    browser = await desk.signed_in("sari")
    await browser.client.post("/keluar", data={"csrf_token": browser.csrf}, headers={"Origin": HOST})
    rows = search(desk.hub.database, AuditQuery(object_kind="person")).rows
    told = [(one.action, one.person, one.object_id, one.outcome, one.address) for one in rows if "sign" in one.action]
    assert told == [
        ("sign_out", "sari", "sari", "done", "127.0.0.1"),
        ("sign_in", "sari", "sari", "done", "127.0.0.1"),
        ("sign_in", "", "siapa", "refused", "127.0.0.1"),
        ("sign_in", "", "sari", "refused", "127.0.0.1"),
    ]
    assert not any("salah-sama" in str(one.wire()) for one in rows)


async def test_attempts_past_the_limit_do_not_fill_the_audit_trail(desk: Desk) -> None:
    client = desk.browser().client
    answers = [(await client.post("/masuk", data={"username": "x", "password": "y"})).status_code for _ in range(8)]
    assert answers == [401] * 5 + [429] * 3
    assert search(desk.hub.database, AuditQuery(action="sign_in")).total == 5
