# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page shows while it is worked with passes the accessibility checker too; each page as such: test_axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from pipeline import events as ev
from tests.desk_pages.conftest import Visitors
from tests.desk_pages.house import House, Line, ago

pytestmark = pytest.mark.integration


def findings(page: Page, axe_source: str) -> list[str]:
    """Return axe-core's serious and critical findings, light and dark, in words."""
    page.evaluate(axe_source)
    words = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations'], preload: false})")
        words += [
            f"{scheme} {item['id']}: {item['help']}: {[node['target'] for node in item['nodes']][:4]}"
            for item in found["violations"]
            if item["impact"] in ("serious", "critical")
        ]
    return words


def test_sign_in_and_error(hub: House, visitors: Visitors, axe_source: str) -> None:
    page = visitors.visit(hub.url)
    page.fill("[name=username]", "ratna.contoh")
    page.fill("[name=password]", "salah-sama-sekali")
    page.click("main button[type=submit]")
    expect(page.get_by_role("alert")).to_be_visible()
    assert findings(page, axe_source) == []
    page.goto(f"{hub.url}/tidak-ada")
    expect(page.locator("h1")).to_be_visible()
    assert findings(page, axe_source) == []


def test_agent(hub: House, visitors: Visitors, axe_source: str, line: Line) -> None:
    page = visitors.visit(hub.url, "ratna.contoh")
    page.keyboard.press("F8")
    expect(page.locator("#case-idle h3")).to_be_visible()
    assert findings(page, axe_source) == []
    line.ring()
    expect(page.locator("#do-answer")).to_be_enabled()
    assert findings(page, axe_source) == []
    line.answer()
    line.final("caller", "saya lupa efin bagaimana cara minta efin lagi", 4000, doubtful=("minta",))
    line.partial("agent", "baik", 9000)
    worst = ev.MediaMeasured(
        at=ago(0), call_id=line.call_id, leg="caller", packets=9, lost=4, discarded=0, jitter_ms=9, mos=2.1
    )
    line.say(worst)
    expect(page.locator("#articles button").first).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#reader-use")).to_be_enabled()
    assert findings(page, axe_source) == []


def test_player_with_a_word_chosen(hub: House, visitors: Visitors, axe_source: str, sealed: Line) -> None:
    page = visitors.visit(hub.url, "sari.contoh", path=f"/arsip/{sealed.call_id}?tujuan=assessment")
    page.locator(".word").nth(20).click()
    assert findings(page, axe_source) == []
