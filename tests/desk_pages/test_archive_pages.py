# SPDX-License-Identifier: GPL-3.0-or-later
"""Archive list and player in a real browser, on a bundle sealed by the real sealer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.desk_pages.archive_maker import LENGTH_MS, finished_call, seal
from tests.desk_pages.conftest import Visitors, until
from tests.desk_pages.house import House, Line

pytestmark = pytest.mark.integration

SARI = "sari.contoh"
NASTY = "Budi <b>Contoh</b>"


def player(visitors: Visitors, hub: House, line: Line) -> Page:
    page = visitors.visit(hub.url, SARI, path=f"/arsip/{line.call_id}?tujuan=assessment")
    expect(page.locator(".word").first).to_be_visible()
    return page


def position_ms(page: Page) -> float:
    return float(page.locator("#audio").evaluate("node => node.currentTime * 1000"))


def test_the_list_finds_the_call_and_says_that_it_is_intact(hub: House, visitors: Visitors, sealed: Line) -> None:
    page = visitors.visit(hub.url, SARI, path="/arsip")
    page.keyboard.press("/")
    page.keyboard.type("Budi")
    page.keyboard.press("Enter")
    row = page.locator("tbody tr", has_text=NASTY)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("utuh")
    expect(row).to_contain_text("Ditutup penelepon")
    expect(row).to_contain_text("0:38")
    row.locator("td").nth(4).click()
    page.wait_for_url(f"**/arsip/{sealed.call_id}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/arsip/{sealed.call_id}?tujuan=assessment")
    page.goto(f"{hub.url}/arsip?q=tidakadasamasekali")
    expect(page.locator(".empty-page")).to_contain_text("Tidak ada rekaman yang cocok")


def test_a_click_on_a_word_goes_there(hub: House, visitors: Visitors, sealed: Line) -> None:
    page = player(visitors, hub, sealed)
    word = page.locator(".word", has_text="verifikasi").first
    word.click()
    until(page, "!document.querySelector('#audio').seeking")
    assert abs(position_ms(page) - int(word.get_attribute("data-ms") or 0)) < 60
    expect(page.locator(".turn[aria-current=true]")).to_contain_text("silakan siapkan NIK")
    expect(page.locator(".word.spoken")).to_have_text("verifikasi")


def test_both_voices_are_drawn_from_stored_peaks(hub: House, visitors: Visitors, sealed: Line) -> None:
    page = player(visitors, hub, sealed)
    until(page, "document.querySelector('#wave > div')?.shadowRoot?.querySelectorAll('canvas').length >= 2")
    inked = page.evaluate(
        """() => [...document.querySelector('#wave > div').shadowRoot.querySelectorAll('canvas')].map(canvas => {
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            return data.some((value, index) => index % 4 === 3 && value > 0);
        })"""
    )
    assert any(inked)
    marks = page.locator("#marks .mark").all_inner_texts()
    assert marks == ["pengumuman", "bicara", "tahan", "bicara"]
    expect(page.locator("#length")).to_have_text("0:38")


def test_playing_moves_the_ruler_and_the_keys_work(hub: House, visitors: Visitors, sealed: Line) -> None:
    page = player(visitors, hub, sealed)
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelector('#audio').currentTime >= 4.9")
    page.keyboard.press("]")
    assert page.locator("#audio").evaluate("node => node.playbackRate") == 1.25
    page.keyboard.press(" ")
    until(page, "document.querySelector('#audio').currentTime > 5.6")
    expect(page.locator("#play-label")).to_have_text("Jeda")
    page.keyboard.press(" ")
    expect(page.locator("#play-label")).to_have_text("Putar")


def test_silence_is_skipped_when_asked(hub: House, visitors: Visitors, sealed: Line) -> None:
    page = player(visitors, hub, sealed)
    until(page, "document.querySelector('#wave-note').hidden")
    page.keyboard.press("s")
    page.locator("#marks .mark.hold").click()
    page.keyboard.press(" ")
    until(page, "document.querySelector('#audio').currentTime > 26")
    page.keyboard.press(" ")
    assert position_ms(page) < LENGTH_MS


def test_audio_comes_in_ranges(hub: House, visitors: Visitors, sealed: Line) -> None:
    page = player(visitors, hub, sealed)
    answer = page.request.get(
        f"{hub.url}/arsip/{sealed.call_id}/audio.flac?tujuan=assessment", headers={"Range": "bytes=0-99"}
    )
    assert answer.status == 206
    assert len(answer.body()) == 100


def test_a_damaged_bundle_says_what_is_wrong(hub: House, visitors: Visitors) -> None:
    line = finished_call(hub, name="Cici Contoh")
    hub.case_number(line.call_id, ended=True)
    (seal(hub, line.folder).bundle / "transcript.json").write_text("[]", encoding="utf-8")
    page = visitors.visit(hub.url, SARI, path=f"/arsip/{line.call_id}?tujuan=assessment")
    expect(page.locator(".integrity")).to_contain_text("bermasalah")
    expect(page.locator(".problems").first).to_contain_text("transcript.json")
