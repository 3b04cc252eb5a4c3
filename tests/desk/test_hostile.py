# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile requests over HTTP: nothing of them is an internal error, runs in a page or works twice."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import replace
from typing import Any

import httpx
import pytest

from crm import people
from desk.app import access_rules
from pipeline.errors import BusUnavailableError
from tests.desk.conftest import HOST, PASSWORD, PEOPLE, Browser, Desk
from tests.desk.folders import CALL_ID
from tests.desk.hostile import MARKUP, Attack, attacks, routes

pytestmark = pytest.mark.integration


async def with_case(desk: Desk) -> dict[str, str]:
    """Begin a call with a case and return what the addresses need."""
    desk.call(caller_name=MARKUP).offered().answered().says(f"saya {MARKUP}")
    await desk.hub.records.drained()
    case = desk.hub.casework.case_of(CALL_ID)
    sari = people.find_person(desk.hub.database, "sari")
    assert case is not None and sari is not None
    stored = {"question": MARKUP, "topic": MARKUP, "caller_name": MARKUP, "answer": MARKUP}
    case = desk.hub.casework.save(case.id, case.version, stored, sari)
    return {"call_id": CALL_ID, "case_id": str(case.id), "article_id": "uji-efin", "version": str(case.version)}


async def send(browser: Browser, attack: Attack) -> httpx.Response:
    headers = {"X-CSRF-Token": browser.csrf, "Origin": HOST}
    more: dict[str, Any] = {}
    key = {"request_key": str(uuid.uuid4())}  # good for one request
    if attack.form and attack.form.get("request_key") == "uji":
        attack = replace(attack, form={**attack.form, **key})
    if isinstance(attack.json, dict) and attack.json.get("request_key") == "uji":
        attack = replace(attack, json={**attack.json, **key})
    if attack.form is not None:
        more["data"] = {name: str(value) for name, value in attack.form.items()}
    elif attack.json is not None:
        more["content"] = json.dumps(attack.json)  # escapes lone surrogates, as a browser does
        headers["Content-Type"] = "application/json"
    return await browser.client.request(attack.method, attack.address, headers=headers, **more)


def wrong_with(response: httpx.Response) -> str:
    """Return what is wrong with an answer; empty: nothing."""
    if response.status_code == 500 or "Traceback" in response.text:
        return f"{response.status_code} {response.text[-160:]}"
    if response.status_code >= 400 and response.headers.get("content-type", "").startswith("application/json"):
        error = response.json()["error"]
        if not (error["message"] and error["remedy"]):
            return f"no words for people: {error}"
    if response.headers.get("content-type", "").startswith("text/html"):
        scripts = re.sub(r'(?s)<script type="application/json".*?</script>', "", response.text)
        if "<img src=x" in scripts or "<script>alert" in response.text or "49" in re.findall(r"'\"&gt;(\d+)", scripts):
            return "markup came through"
    return ""


@pytest.mark.parametrize("username", [name for name in PEOPLE if name != "bayu"])
async def test_nothing_hostile_in_any_field_of_any_route_is_an_error_of_ours(
    desk: Desk, username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*args: object, **more: object) -> None:
        raise BusUnavailableError("no softphone here")

    monkeypatch.setattr(desk.hub.bus, "request", away)
    known = await with_case(desk)
    browser = await desk.signed_in(username)
    [role] = PEOPLE[username][1]
    rules, sent, wrong = access_rules(), 0, []
    for method, route in routes():
        allowed = rules[method, route.path][0]
        if allowed is not None and (role not in allowed or role != min(allowed)):
            continue  # each route once, as the first of the roles it is for
        for attack in attacks(method, route, known):
            sent += 1
            fault = wrong_with(await send(browser, attack))
            if fault:
                wrong.append(f"{method} {attack.route} {attack.place}: {fault}")
    assert wrong == []
    assert sent or role not in {min(allowed) for [allowed] in rules.values() if allowed}


async def test_every_route_is_attacked_by_somebody() -> None:
    roles = {role for _, roles, _ in PEOPLE.values() for role in roles}
    assert {min(allowed) for [allowed] in access_rules().values() if allowed} <= roles


BODIES = {
    "10 MB": b'{"version": 1, "fields": {"question": "' + b"a" * 10_000_000 + b'"}}',
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 50_000,
    "no json": b"{",
    "not utf-8": b'{"version": "\xff\xfe"}',
    "a number": b"1" * 5000,
    "not a number": b'{"version": NaN, "fields": {}}',
    "infinite": b'{"version": 1e999, "fields": {}}',
    "empty": b"",
    "twice": b'{"version": 1, "version": -1, "fields": {}}',
}


@pytest.mark.parametrize("name", BODIES)
async def test_bodies_that_are_no_form_are_refused(desk: Desk, name: str) -> None:
    known = await with_case(desk)
    browser = await desk.signed_in("sari")
    headers = {"X-CSRF-Token": browser.csrf, "Origin": HOST, "Content-Type": "application/json"}
    response = await browser.client.post(f"/api/cases/{known['case_id']}/save", content=BODIES[name], headers=headers)
    assert 400 <= response.status_code < 500
    assert response.json()["error"]["remedy"]
    assert (response.status_code == 413) is (name == "10 MB")
    case = desk.hub.casework.case_of(CALL_ID)
    assert case is not None and str(case.version) == known["version"]


@pytest.mark.parametrize("path", [
    "/static/../web.py", "/static/%2e%2e/web.py", "/static/..%2fweb.py", "/static/....//web.py", "/static/%00",
    "/arsip/..%2f..%2fkring.db",
    "/api/articles/..%2f..%2f..%2fetc%2fpasswd", "//etc/passwd", "/static/dist/../../../pyproject.toml",
])  # fmt: skip
async def test_no_path_leads_out_of_what_is_served(desk: Desk, path: str) -> None:
    response = await (await desk.signed_in("admin")).get(path)
    assert response.status_code in (303, 404, 422)
    assert "root:" not in response.text and "import " not in response.text and "SQLite" not in response.text


async def test_every_change_needs_the_token_and_our_own_origin(desk: Desk) -> None:
    known = await with_case(desk)
    browsers = {role: await desk.signed_in(name) for name, (_, [role], _) in reversed(PEOPLE.items())}
    for method, route in routes():
        [allowed] = access_rules()[method, route.path]
        if method == "GET" or allowed is None:
            continue
        browser = browsers[min(allowed)]
        plain = next(iter(attacks(method, route, known)))
        for headers in (
            {},
            {"X-CSRF-Token": "x" * 43},
            {"X-CSRF-Token": browser.csrf, "Origin": "https://jahat.example"},
        ):
            more: dict[str, Any] = {"data": plain.form} if plain.form is not None else {"json": plain.json}
            response = await browser.client.request(method, plain.address, headers=headers, **more)
            assert response.status_code == 403, f"{method} {route.path} {headers}"


async def test_a_session_that_somebody_else_chose_is_not_taken_over(desk: Desk) -> None:
    browser = desk.browser()
    browser.client.cookies.set("kring_session", "a" * 43, domain="desk.test", path="/")
    response = await browser.client.post("/masuk", data={"username": "sari", "password": PASSWORD})
    given = response.headers["set-cookie"]
    assert response.status_code == 303
    assert "a" * 43 not in given
    planted = desk.browser()
    planted.client.cookies.set("kring_session", "a" * 43)
    assert (await planted.get("/api/state?scope=agent")).status_code == 401


async def test_a_flood_of_sign_ins_stops_itself_and_nobody_else(desk: Desk) -> None:
    flood = desk.browser()
    answers = [
        (await flood.client.post("/masuk", data={"username": "sari", "password": str(at)})).status_code
        for at in range(12)
    ]
    assert answers[:5] == [401] * 5 and set(answers[5:]) == {429}
    assert (await (await desk.signed_in("dewi")).get("/api/state?scope=board")).status_code == 200
    person = people.find_person(desk.hub.database, "sari")
    assert person is not None and person.active


async def test_a_double_submit_works_once_and_a_reused_key_is_refused(desk: Desk) -> None:
    known = await with_case(desk)
    browser = await desk.signed_in("sari")
    path, key = f"/api/cases/{known['case_id']}/save", "2b1f0a54-1234-4123-8123-123456789012"
    body = {"version": int(known["version"]), "fields": {"question": "lupa EFIN"}, "request_key": key}
    first, again = await browser.post(path, body), await browser.post(path, body)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["version"] == again.json()["version"] == int(known["version"]) + 1
    other = await browser.post(path, {**body, "fields": {"question": "lain"}})
    assert other.status_code == 422
    assert other.json()["error"]["code"] == "request_reused"
    stale = await browser.post(path, {**body, "request_key": key.replace("2b", "3c"), "fields": {"question": "lain"}})
    assert stale.status_code == 409
    assert stale.json()["case"]["question"] == "lupa EFIN"


async def test_the_wrong_content_type_is_refused(desk: Desk) -> None:
    known = await with_case(desk)
    browser = await desk.signed_in("sari")
    for kind in (
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ):
        headers = {"X-CSRF-Token": browser.csrf, "Origin": HOST, "Content-Type": kind}
        response = await browser.client.post(f"/api/cases/{known['case_id']}/save", content=b"<a/>", headers=headers)
        assert 400 <= response.status_code < 500, kind
