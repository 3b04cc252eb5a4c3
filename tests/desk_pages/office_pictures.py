# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of the team leader's, the escalation agent's and the admin's pages, for :mod:`tests.desk_pages.screenshots`.
Everybody in them is invented."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from playwright.sync_api import Page, expect

from crm import people
from tests.desk_pages.casemoves import QUESTION, consulting, escalated
from tests.desk_pages.house import PASSWORD, House, Line

TUTI, EKO, ADMIN = "tuti.contoh", "eko.contoh", "admin.contoh"
Picture = Callable[[Page, str], None]
Visit = Callable[[str, str], Page]


def office(picture: Picture, visit: Visit, hub: House) -> None:
    """Take one picture of each page; ``visit`` signs a person in at an address."""
    people.create_person(
        hub.database, username=ADMIN, name="Admin Contoh", password=PASSWORD, roles=("admin",), extension="",
        now=datetime.now(UTC),
    )  # fmt: skip
    leader(picture, visit(TUTI, "/tim"), hub)
    handler(picture, visit(EKO, "/eskalasi"), hub)
    page = visit(ADMIN, "/admin")
    for address, name in (
        ("/admin", "admin-orang"),
        ("/admin/ekstensi", "admin-ekstensi"),
        ("/admin/pengaturan", "admin-pengaturan"),
        ("/admin/kesehatan", "admin-kesehatan"),
        ("/audit", "audit"),
    ):
        page.goto(f"{hub.url}{address}")
        expect(page.locator("h1, h2").first).to_be_attached()
        picture(page, name)


def leader(picture: Picture, page: Page, hub: House) -> None:
    """A consultation that waits, opened while the call goes on."""
    line = Line(hub)
    case = consulting(line)
    line.final("agent", "selamat pagi dengan kring pajak ada yang bisa saya bantu", 3200)
    line.final("caller", "pagi bu saya bayar pemasok kripto di luar negeri apakah wajib dipotong pph", 8000)
    line.final("agent", "baik bapak saya tanyakan dulu mohon ditunggu", 15_000)
    line.partial("caller", "iya bu silakan", 19_000)
    page.locator("#queue li a", has_text=case.number).click()
    expect(page.locator("#turns .turn.partial")).to_be_visible()
    page.fill("#answer", "Dipotong PPh Pasal 26 menurut perjanjian pajak (contoh).")
    picture(page, "tim")
    line.end()
    line.close()


def handler(picture: Picture, page: Page, hub: House) -> None:
    """An escalated case that has been taken."""
    line = Line(hub)
    case = escalated(line, QUESTION)
    line.final("caller", "saya bayar pemasok kripto di luar negeri apakah wajib dipotong pph", 8000)
    page.locator("#queue .cases a", has_text=case.number).click()
    expect(page.locator("#turns")).to_contain_text("kripto")
    page.keyboard.press("F2")
    expect(page.locator("#case-part .state-word")).to_have_text("Ditangani eskalasi")
    picture(page, "eskalasi")
    line.end()
    line.close()
