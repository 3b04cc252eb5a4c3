# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the pictures in docs/screenshots from the running pages: ``python -m tests.desk_pages.screenshots [folder]``.

The hub, the pages and the sealed bundles are real; the calls are played and everybody in them is invented.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from pipeline import events as ev
from pipeline.settings import PROJECT_DIR
from tests.desk_pages.archive_maker import finished_call, seal
from tests.desk_pages.conftest import Visitors
from tests.desk_pages.house import House, Line, ago, house
from tests.desk_pages.office_pictures import office
from tests.desk_pages.quality_pictures import KURNIA, quality

RATNA, SARI = "ratna.contoh", "sari.contoh"


class Camera:
    """Opens pages in one scheme and saves what they show."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.visitors = Visitors(browser)
        self.folder = folder

    def take(self, page: Page, name: str, *, dark: bool = False) -> None:
        """Save the viewport as ``name``.png."""
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.wait_for_timeout(350)
        page.screenshot(path=str(self.folder / f"{name}.png"))
        page.emulate_media(color_scheme="light")


def document(page: Page) -> None:
    """Walk the case on the page from the suggestion to the documented answer."""
    expect(page.locator("#articles button").first).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("#reader-use")).to_be_enabled()
    page.keyboard.press("Enter")
    page.check("input[name=kind][value=information]")
    page.check("#npwp_checked")
    page.check("#name_checked")
    page.fill("#identity-name", "Dewi Contoh")
    page.fill("#topic", "EFIN")
    for state in ("Dicatat", "Klasifikasi", "Pencarian", "Dijawab", "Dokumentasi"):
        expect(page.locator("#case-actions .primary")).to_be_enabled()
        page.keyboard.press("Control+Enter")
        expect(page.locator("#case-state")).to_have_text(state)


def archive(camera: Camera, hub: House) -> None:
    """An archive with a documented call, a lost caller and a damaged bundle."""
    page = camera.visitors.visit(hub.url, RATNA)
    call = finished_call(hub, began=ago(13))
    number = hub.case_number(call.call_id, ended=True)
    expect(page.locator("#case-number")).to_have_text(number)
    document(page)
    page.close()
    seal(hub, call.folder)
    lost = Line(hub, "2102")
    lost.ring(number="085700001234", name="Tono Contoh", at=ago(40))
    lost.say(ev.CallEnded(at=ago(12), call_id=lost.call_id, reason="caller_abandoned", sip_code=487))
    lost.extension_state("ready")
    lost.close()
    seal(hub, lost.folder)
    damaged = finished_call(hub, name="Cici Contoh")
    hub.case_number(damaged.call_id, ended=True)
    (seal(hub, damaged.folder).bundle / "transcript.json").write_text("[]", encoding="utf-8")
    page = camera.visitors.visit(hub.url, SARI, path="/arsip")
    camera.take(page, "arsip")
    page.goto(f"{hub.url}/arsip/{call.call_id}?tujuan=assessment")
    expect(page.locator("#wave-note")).to_be_hidden()
    page.locator(".word", has_text="verifikasi").first.click()
    page.locator("#marks .mark.hold").scroll_into_view_if_needed()
    camera.take(page, "pemutar")
    camera.take(page, "pemutar-gelap", dark=True)
    page.goto(f"{hub.url}/arsip/{damaged.call_id}?tujuan=assessment")
    expect(page.locator("#wave-note")).to_be_hidden()
    camera.take(page, "pemutar-bermasalah")
    page.close()


def live(camera: Camera, hub: House) -> None:
    """A call on the agent's page from the ring to the answer, and the wallboard meanwhile."""
    page = camera.visitors.visit(hub.url, RATNA)
    page.keyboard.press("F8")
    camera.take(page, "agen-siaga")
    waiting = Line(hub, "2102")
    waiting.ring(number="081377770021", name="Eko Contoh", at=ago(13))
    call = Line(hub)
    call.ring(at=ago(6))
    expect(page.locator("#do-answer")).to_be_enabled()
    camera.take(page, "agen-berdering")
    call.answer(at=ago(97))
    call.final("agent", "selamat pagi dengan kring pajak ada yang bisa saya bantu", 3200)
    call.final("caller", "selamat pagi bu", 8000)
    question = "saya mau lapor spt tahunan tapi saya lupa efin bagaimana cara minta efin lagi"
    written = "Saya mau lapor SPT tahunan, tapi saya lupa EFIN bagaimana cara minta EFIN lagi?"
    call.final("caller", question, 10_000, doubtful=("minta",))
    call.final("agent", "baik bapak saya bantu ya", 16_500)
    call.final("agent", "boleh saya cocokkan dulu nama dan npwp bapak", 19_000)
    call.final("caller", "boleh bu nama saya dewi contoh", 24_000)
    call.partial("caller", "terus apa harus datang ke kantor", 90_000)
    for leg in ("caller", "agent"):
        call.say(
            ev.MediaMeasured(
                at=ago(0), call_id=call.call_id, leg=leg, packets=4800, lost=1, discarded=0, jitter_ms=3.1, mos=4.3
            )
        )
    expect(page.locator("#articles button").first).to_be_visible()
    call.say(ev.CallProgressed(at=ago(0), call_id=call.call_id, caller_level_db=-22.0, agent_level_db=-44.0))
    expect(page.locator("#saved")).to_have_text(re.compile(r"tersimpan \d\d"))
    expect(page.locator("#question")).to_have_value(written)
    camera.take(page, "agen")
    page.keyboard.press("1")
    expect(page.locator("#reader-use")).to_be_enabled()
    page.check("input[name=kind][value=information]")
    page.locator("#reader").focus()
    camera.take(page, "agen-pembaca")
    camera.take(page, "agen-gelap", dark=True)
    agent_work(camera, page, call)
    board = camera.visitors.visit(hub.url, SARI, path="/papan")
    camera.take(board, "papan")
    camera.take(board, "papan-gelap", dark=True)


def agent_work(camera: Camera, page: Page, call: Line) -> None:
    """What an agent has besides the first case: own state, consultation, a further question."""
    page.keyboard.press("F1")
    camera.take(page, "agen-status")
    page.keyboard.press("Escape")
    page.keyboard.press("F6")
    expect(page.locator("#phone-panel .person-row").first).to_be_visible()
    camera.take(page, "agen-konsultasi")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+b")
    expect(page.locator("#case-tabs [role=tab]")).to_have_count(2)
    call.final("agent", "ada lagi yang bisa saya bantu bapak", 100_000)
    call.final("caller", "kapan batas lapor spt tahunan untuk orang pribadi", 104_000)
    expect(page.locator("#question")).not_to_have_value("")
    camera.take(page, "agen-dua-pertanyaan")
    camera.take(page, "agen-dua-pertanyaan-gelap", dark=True)


def main(folder: Path) -> None:
    """Take all pictures into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as data, house(Path(data)) as hub, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        camera = Camera(browser, folder)
        camera.take(camera.visitors.visit(hub.url), "masuk")
        for number in ("2101", "2102"):
            Line(hub, number).extension_state("ready")
        archive(camera, hub)
        live(camera, hub)
        page = camera.visitors.visit(hub.url, KURNIA)
        quality(partial(camera.take, page), page, hub)
        office(camera.take, lambda username, path: camera.visitors.visit(hub.url, username, path=path), hub)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT_DIR / "docs/screenshots")
