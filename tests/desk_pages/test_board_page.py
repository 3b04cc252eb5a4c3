# SPDX-License-Identifier: GPL-3.0-or-later
"""The wallboard moves with the events, not with reloads."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.desk_pages.conftest import Visitors
from tests.desk_pages.house import House, Line, ago

pytestmark = pytest.mark.integration


def tile(page: Page, label: str) -> Locator:
    return page.locator(".tile", has=page.get_by_text(label, exact=True)).locator(".tile-value")


def test_ringing_and_talking_are_counted_live(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, "sari.contoh")
    expect(tile(page, "Sedang bicara")).to_have_text("0")
    line.ring(at=ago(25))
    expect(tile(page, "Berdering")).to_have_text("1")
    longest = page.locator(".tile", has=page.get_by_text("Dering terlama", exact=True))
    expect(longest).to_have_attribute("data-tone", "late")
    expect(longest).to_contain_text("▲ bertindak")
    line.answer()
    expect(tile(page, "Berdering")).to_have_text("0")
    expect(tile(page, "Sedang bicara")).to_have_text("1")
    expect(page.locator(".person-tile", has_text="Ratna Contoh")).to_contain_text("Bicara")
    line.end()
    expect(tile(page, "Sedang bicara")).to_have_text("0")
    expect(page.locator(".person-tile", has_text="Ratna Contoh")).to_contain_text("Siap")


def test_figures_are_large_and_nothing_scrolls(hub: House, visitors: Visitors) -> None:
    page = visitors.visit(hub.url, "sari.contoh")
    expect(page.locator(".tile-value").first).to_be_visible()
    sizes = page.locator(".tile-value").evaluate_all(
        "nodes => nodes.map(node => parseFloat(getComputedStyle(node).fontSize))"
    )
    assert len(sizes) >= 15
    assert min(sizes) >= 64
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
