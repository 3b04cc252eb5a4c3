# SPDX-License-Identifier: GPL-3.0-or-later
"""The first set-up: from the one-time address to the test call; void once an administrator exists. Invented people."""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from crm import setup
from pipeline.clock import ManualClock
from pipeline.settings import PROJECT_DIR, Settings
from service.database import open_database
from service.hub import Hub
from tests.desk.conftest import HOST, Browser, Desk
from tests.desk.test_admin_pages import csrf, send

pytestmark = pytest.mark.integration
SECRET = "kuda-laut-menari-lagi"  # for tests only
ADMIN = {"username": "wati", "name": "Wati Uji", "password": SECRET, "repeated": SECRET}


@pytest.fixture
async def empty(settings: Settings) -> AsyncIterator[Desk]:
    """A hub on an empty database."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.database)
    hub = Hub(settings, database, clock=ManualClock())
    desk = Desk(hub, hub.app(), hub.clock)  # type: ignore[arg-type]
    async with hub.running():
        yield desk
    for client in desk.browsers:
        await client.aclose()
    database.close()


async def begin(browser: Browser, token: str, **change: str) -> httpx.Response:
    headers = {"Origin": HOST, "HX-Request": "true"}
    return await browser.client.post(f"/penyiapan/mulai/{token}", data={**ADMIN, **change}, headers=headers)


async def test_the_way_from_the_address_to_a_working_office(empty: Desk) -> None:
    browser = empty.browser()
    assert "kring up" in (await browser.get("/masuk")).text.split('id="page-data"')[0]
    token = setup.offer(empty.hub.database, now=empty.clock.now())
    assert token is not None
    assert (await browser.get(f"/penyiapan/mulai/{token}")).status_code == 200
    for change, words in (
        ({"repeated": "lain"}, "tidak sama"),
        ({"password": "pendek", "repeated": "pendek"}, "lemah"),
        ({"username": "<b>"}, "tidak dapat dipakai"),
        ({"name": ""}, "kosong"),
    ):
        refused = await begin(browser, token, **change)
        assert refused.status_code == 422
        assert words in refused.text
        assert "<b>" not in refused.text
    made = await begin(browser, token)
    assert made.headers["hx-redirect"] == "/penyiapan/kantor"
    browser.csrf = csrf(await browser.get("/penyiapan/kantor"))
    assert (await browser.get("/penyiapan")).headers["location"] == "/penyiapan/kantor"
    long = await send(browser, "/penyiapan/kantor", value="x" * 81)
    assert long.status_code == 422
    named = await send(browser, "/penyiapan/kantor", value="Kantor <Uji>")
    assert named.headers["hx-redirect"] == "/penyiapan/ekstensi"
    assert empty.hub.office.current.office_name == "Kantor <Uji>"
    assert "2101" in (await browser.get("/penyiapan/ekstensi")).text
    await send(browser, "/penyiapan/ekstensi")
    assert "Lanjutkan penyiapan" in (await browser.get("/admin")).text.split('id="page-data"')[0]
    assert (await browser.get("/penyiapan")).headers["location"] == "/penyiapan/orang"
    person = {"username": "dina", "name": "Dina Uji", "roles": ["agent"], "extension": "2101", "password": SECRET}
    wrong = await send(browser, "/penyiapan/orang", more="1", **{**person, "roles": []})
    assert "Belum ada peran" in wrong.text
    await send(browser, "/penyiapan/orang", more="1", **person)
    assert "Dina Uji" in (await browser.get("/penyiapan/orang")).text
    await send(browser, "/penyiapan/orang")
    assert "kring call sip:2101" in (await browser.get("/penyiapan/uji")).text
    done = await send(browser, "/penyiapan/uji")
    assert done.headers["hx-redirect"] == "/admin?pesan=ready"
    assert "Lanjutkan penyiapan" not in (await browser.get("/admin")).text.split('id="page-data"')[0]
    assert "Kantor &lt;Uji&gt;" in (await empty.browser().get("/masuk")).text


async def test_the_address_is_for_once_and_only_the_newest_holds(empty: Desk) -> None:
    first = setup.offer(empty.hub.database, now=empty.clock.now())
    second = setup.offer(empty.hub.database, now=empty.clock.now())
    assert first is not None
    assert second is not None
    browser = empty.browser()
    for token in (first, "x", "%00"):
        assert (await browser.get(f"/penyiapan/mulai/{token}")).status_code == 404
    assert (await begin(browser, second)).status_code == 200
    again = await begin(empty.browser(), second, username="jahat")
    assert again.status_code == 410
    assert "sudah selesai" in again.text
    assert setup.offer(empty.hub.database, now=empty.clock.now()) is None
    empty.hub.database.close()
    for path in empty.hub.settings.data_dir.glob("kring.db*"):
        assert second.encode() not in path.read_bytes()


async def test_an_office_with_people_is_never_set_up_again(desk: Desk) -> None:
    assert setup.offer(desk.hub.database, now=desk.clock.now()) is None
    assert (await desk.browser().get("/penyiapan/mulai/apa-saja")).status_code == 410
    assert setup.step(desk.hub.database) == setup.DONE
    page = (await desk.browser().get("/masuk")).text
    assert "kring up" not in page.split('id="page-data"')[0]


def test_no_password_is_written_into_the_program() -> None:
    """Passwords come from people; the one exception is the demo's, on temporary data."""
    found = []
    for folder in ("crm", "desk", "service", "pipeline"):
        for path in sorted((PROJECT_DIR / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    found += [
                        f"{path.name}:{node.lineno}"
                        for one in node.keywords
                        if one.arg == "password" and isinstance(one.value, ast.Constant) and one.value.value
                    ]
                names = [one.id for one in getattr(node, "targets", []) if isinstance(one, ast.Name)]
                value = getattr(node, "value", None)
                if any("PASSWORD" in name for name in names) and isinstance(getattr(value, "value", None), str):
                    found.append(f"{path.name}: {names[0]}")
    assert found == ["users.py: STAGE_PASSWORD"]


def test_no_form_sends_a_password_in_its_address() -> None:
    """Also where htmx has not started yet: a form without a method is sent by GET."""
    asking = re.compile(r'"password"|admin_person_fields')
    found = {}
    for path in sorted((PROJECT_DIR / "desk/templates").glob("*.html")):
        content = path.read_text(encoding="utf-8")
        if asking.search(content):
            found.update({(path.name, tag): 'method="post"' in tag for tag in re.findall(r"<form[^>]*>", content)})
    assert len(found) >= 6
    assert all(found.values()), found
