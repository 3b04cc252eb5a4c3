# SPDX-License-Identifier: GPL-3.0-or-later
"""The administrator's pages in a real browser, and what they do to other people's pages at once. Invented people."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from crm import extensions, people
from tests.desk_pages.conftest import Visitors
from tests.desk_pages.house import PASSWORD, House
from tests.desk_pages.test_agent_page import RATNA

pytestmark = pytest.mark.integration
ASTRI, DINA = "astri.contoh", "dina.contoh"
OWN = "kuda-laut-menari-lagi"  # for tests only


@pytest.fixture(scope="module")
def office(hub: House) -> House:
    """The shared hub with an administrator and a free extension."""
    extensions.add_extensions(hub.database, ["2104"])
    people.create_person(
        hub.database, username=ASTRI, name="Astri Contoh", password=PASSWORD, roles=["admin"],
        now=hub.hub.clock.now(),
    )  # fmt: skip
    return hub


def sign_in(page: Page, username: str, password: str) -> None:
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")


def offered(agent: Page, reason: str, there: bool) -> bool:
    """Open the agent's menu, again and again for some seconds, until a reason is there (or not)."""
    for _ in range(100):
        agent.keyboard.press("F1")
        expect(agent.locator("#agent-menu")).to_be_visible()
        found = agent.get_by_role("menuitemradio", name=reason).count() == 1
        agent.keyboard.press("Escape")
        if found == there:
            return True
        agent.wait_for_timeout(50)
    return False


def test_a_new_person_signs_in_with_the_password_for_once_and_must_choose_another(
    office: House, visitors: Visitors
) -> None:
    admin = visitors.visit(office.url, ASTRI, path="/admin")
    admin.get_by_role("link", name="Tambah orang").click()
    admin.fill("[name=name]", "Dina Contoh")
    admin.fill("[name=username]", RATNA)
    admin.check("[name=roles][value=team_leader]")
    admin.check("[name=roles][value=agent]")
    admin.select_option("[name=extension]", "2101")
    once = admin.input_value("[name=password]")
    admin.press("[name=username]", "Enter")
    expect(admin.locator("#p-username")).to_contain_text("sudah dipakai")
    expect(admin.locator("[name=username]")).to_be_focused()
    expect(admin.locator("[name=name]")).to_have_value("Dina Contoh")
    expect(admin.locator("[name=password]")).to_have_value(once)
    admin.fill("[name=username]", DINA)
    admin.press("[name=username]", "Enter")
    expect(admin.locator("#p-extension")).to_contain_text("Ratna Contoh")
    expect(admin.locator("[name=extension]")).to_be_focused()
    admin.select_option("[name=extension]", "2104")
    admin.press("[name=username]", "Enter")
    expect(admin.locator("#h-account")).to_have_text("Dina Contoh")
    expect(admin.locator("tr.chosen")).to_contain_text("harus ganti sandi")

    page = visitors.visit(office.url)
    sign_in(page, DINA, once)
    expect(page).to_have_url(re.compile(r"/sandi$"))
    page.goto(f"{office.url}/agen")
    expect(page).to_have_url(re.compile(r"/sandi$"))
    page.fill("[name=present]", once)
    page.fill("[name=password]", OWN)
    page.fill("[name=repeated]", "lain-sama-sekali")
    page.press("[name=repeated]", "Enter")
    expect(page.locator("#p-repeated")).to_contain_text("tidak sama")
    expect(page.locator("[name=repeated]")).to_be_focused()
    for name, typed in (("present", once), ("password", OWN), ("repeated", OWN)):
        page.fill(f"[name={name}]", typed)
    page.press("[name=repeated]", "Enter")
    expect(page).to_have_url(re.compile(r"/(agen|tim)$"))
    dina = office.person(DINA)
    assert (dina.roles, dina.extension, dina.must_change) == (frozenset({"agent", "team_leader"}), "2104", False)


def test_the_last_administrator_cannot_be_switched_off(office: House, visitors: Visitors) -> None:
    admin = visitors.visit(office.url, ASTRI, path=f"/admin/orang/{office.person(ASTRI).id}")
    admin.get_by_role("button", name="Nonaktifkan").click()
    expect(admin.locator("#notice")).to_contain_text("terakhir")
    admin.reload()
    expect(admin.locator("#h-account")).to_have_text("Astri Contoh")
    assert office.person(ASTRI).active


def test_a_pause_reason_that_is_taken_away_leaves_the_agents_menu_at_once(office: House, visitors: Visitors) -> None:
    agent = visitors.visit(office.url, RATNA)
    assert offered(agent, "Ibadah", True)
    admin = visitors.visit(office.url, ASTRI, path="/admin/pengaturan")
    box = admin.locator("#setting-pause_reasons").get_by_label("Ibadah")
    for there in (False, True):
        box.set_checked(there)
        with admin.expect_navigation():
            admin.locator("#setting-pause_reasons button[type=submit]").click()
        expect(box).to_be_checked(checked=there)
        assert offered(agent, "Ibadah", there)


def test_the_settings_of_the_file_are_explained_in_the_pages_language(office: House, visitors: Visitors) -> None:
    admin = visitors.visit(office.url, ASTRI, path="/admin/pengaturan")
    row = admin.get_by_role("row").filter(has_text="ring_timeout_s")
    expect(row).to_contain_text("telepon agen berdering")
    expect(row).to_contain_text("30.0 detik")
    expect(admin.get_by_role("row").filter(has_text="secure_cookies")).to_contain_text("false")
    expect(admin.get_by_role("row").filter(has_text="headset_name")).to_contain_text("Nomor ekstensi")
