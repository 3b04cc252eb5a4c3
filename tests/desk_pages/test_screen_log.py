# SPDX-License-Identifier: GPL-3.0-or-later
"""The screen log of a real page in a real browser: what is in it, what is not, and that nothing gets lost.

The numbers in here are invented: they have the form of an NPWP and belong to nobody.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipeline.events import ScreenCaptured
from pipeline.screenlog import ScreenRun, runs_of
from pipeline.settings import PROJECT_DIR
from tests.desk_pages.conftest import Visitors
from tests.desk_pages.house import House, Line

pytestmark = pytest.mark.integration

RATNA = "ratna.contoh"
NPWP = "092542943407000"
NPWP_WRITTEN = "09.254.294.3-407.000"
SPOKEN = "nol sembilan dua lima empat dua sembilan empat tiga empat nol tujuh nol nol nol"
QUESTION = "saya mau lapor spt tahunan tapi saya lupa efin bagaimana cara minta efin lagi"
INPUT, MUTATION = 5, 0
SCREEN = "**/api/screen/**"
WAITING = """() => new Promise(done => {
  const asked = indexedDB.open('kring-screen', 1)
  asked.onsuccess = () => {
    const count = asked.result.transaction('parts').objectStore('parts').count()
    count.onsuccess = () => { asked.result.close(); done(count.result) }
  }
})"""


def runs(line: Line) -> list[ScreenRun]:
    return runs_of(line.folder.read("screen"))


def parts(line: Line) -> list[ScreenCaptured]:
    return [item for item in line.folder.read("screen") if isinstance(item, ScreenCaptured)]


def wait_for(condition: Callable[[], object], what: str) -> None:
    until_s = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < until_s, what
        threading.Event().wait(0.1)


def hide(page: Page) -> None:
    """Tell the page that its tab went into the background: it puts on its way what it has gathered."""
    page.evaluate("""() => {
        Object.defineProperty(document, 'hidden', {configurable: true, get: () => true})
        document.dispatchEvent(new Event('visibilitychange'))
        delete document.hidden
    }""")


def talking(line: Line, page: Page, name: str = "Dewi Contoh") -> None:
    line.ring(name=name)
    line.answer()
    expect(page.locator("#case-number")).to_have_text(line.house.case_number(line.call_id))
    wait_for(lambda: any(part.full for part in parts(line)), "no full picture came")


def changes(run: ScreenRun, source: int) -> list[dict[str, Any]]:
    return [event["data"] for event in run.events if event["type"] == 3 and event["data"]["source"] == source]


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for part in value.values() for text in texts(part)]
    return [text for part in value for text in texts(part)] if isinstance(value, list) else []


def test_a_number_that_is_typed_spoken_or_shown_is_nowhere_in_the_log(
    hub: House, visitors: Visitors, line: Line
) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page, name=f"Dewi Contoh {NPWP_WRITTEN}")
    line.final("caller", QUESTION, 4000)
    line.partial("caller", f"npwp saya {SPOKEN[:40]}", 12_000)
    line.final("caller", f"npwp saya {SPOKEN}", 12_000)
    expect(page.locator("#articles button").first).to_be_visible()
    expect(page.locator("#turns")).to_contain_text(NPWP_WRITTEN)
    for field in ("#question", "#answer", "#identity-name", "#topic"):
        page.locator(field).fill("")
        page.locator(field).press_sequentially(f"rahasia {NPWP}")
    page.locator("#search").press_sequentially(f"efin {NPWP_WRITTEN}")
    page.evaluate(f"document.querySelector('#topic').setAttribute('value', 'atribut rahasia {NPWP}')")
    page.evaluate(f"document.querySelector('#h-case').setAttribute('title', '{NPWP_WRITTEN}')")
    expect(page.locator("#search")).to_have_value(f"efin {NPWP_WRITTEN}")
    token = page.locator("meta[name=csrf-token]").get_attribute("content")
    hide(page)
    page.reload()
    wait_for(lambda: len(runs(line)) == 2 and any(changes(runs(line)[0], INPUT)), "the reloaded page sent nothing")
    wait_for(lambda: page.evaluate(WAITING) == 0, "parts are left in the browser")
    stored = line.folder.journal("screen").read_text(encoding="utf-8")
    log = json.dumps([run.events for run in runs(line)], ensure_ascii=False)
    for secret in (NPWP, NPWP_WRITTEN, "rahasia", SPOKEN[:15], token or "?"):
        assert secret not in stored
        assert secret not in log
    for run in runs(line):
        typed = [change["text"] for change in changes(run, INPUT)]
        assert not any(re.search(r"\d", text) for text in typed), "no digit of a typed number, in no step of it"
        for text in texts([change for change in changes(run, MUTATION)]):
            assert NPWP[:6] not in re.sub(r"\D", "", text)
    searched = [change["text"] for change in changes(runs(line)[0], INPUT) if "efin" in change["text"]]
    assert searched[-1] == "efin ••.•••.•••.•-•••.•••", "what was searched is kept, without its figures"
    assert "tahunan, tapi saya lupa" not in log, "the transcript and what quotes it are not in the log"


def test_a_broken_network_and_a_reload_lose_nothing(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    first = parts(line)[0].page
    page.context.set_offline(True)
    page.locator("#topic").press_sequentially("tanpa jaringan")
    hide(page)
    wait_for(lambda: page.evaluate(WAITING) > 0, "the part is not kept in the browser")
    page.locator("#answer").press_sequentially("masih tanpa jaringan")
    page.context.set_offline(False)
    page.route(SCREEN, lambda route: route.abort())  # the pages come again, the screen log's address does not yet
    page.reload()
    expect(page.locator("#topic")).to_have_value("tanpa jaringan")
    hide(page)
    wait_for(lambda: page.evaluate(WAITING) > 2, "what the first page left is not taken up")
    page.unroute(SCREEN)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    wait_for(lambda: page.evaluate(WAITING) == 0, "parts are left in the browser")
    begun, after = runs(line)
    assert (begun.page, begun.missed, after.missed) == (first, [], [])
    for run in (begun, after):
        numbers = [part.part for part in parts(line) if part.page == run.page]
        assert numbers == list(range(1, len(numbers) + 1)), "each part once, in order"
    lengths = {len(change["text"]) for change in changes(begun, INPUT)}
    assert {len("tanpa jaringan"), len("masih tanpa jaringan")} <= lengths
    assert [event["timestamp"] for event in begun.events] == sorted(event["timestamp"] for event in begun.events)
    assert parts(line)[0].offset_ms is None or parts(line)[0].offset_ms < 5000


def test_leaving_an_ended_call_ends_its_log(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.end()
    expect(page.locator("#do-close")).to_be_enabled()
    assert not runs(line)[0].ended, "the case is still to be documented"
    page.keyboard.press("F8")
    wait_for(lambda: [run.ended for run in runs(line)] == [True], "leaving the call did not end its log")
    wait_for(lambda: page.evaluate(WAITING) == 0, "parts are left in the browser")


def test_a_sealed_call_is_forgotten_by_the_page(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.folder.sealing_mark.touch()
    before = line.folder.journal("screen").read_bytes()
    with page.expect_response(SCREEN) as answered:
        page.locator("#topic").press_sequentially("EFIN")
        hide(page)
    assert answered.value.json() == {"state": "sealed"}
    wait_for(lambda: page.evaluate(WAITING) == 0, "a sealed call's parts are not forgotten")
    expect(page.locator("#lamp-screen")).to_be_hidden()
    assert line.folder.journal("screen").read_bytes() == before
    line.folder.sealing_mark.unlink()


def test_the_page_says_when_the_server_takes_nothing(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    page.clock.install()
    page.route(SCREEN, lambda route: route.fulfill(status=503, json={"error": {"code": "screen_not_kept"}}))
    page.reload()
    expect(page.locator("#case-number")).to_have_text(hub.case_number(line.call_id))
    expect(page.locator("#lamp-screen")).to_be_hidden()
    for _ in range(6):
        page.clock.run_for(5000)
    expect(page.locator("#lamp-screen")).to_contain_text("menunggu server")
    page.unroute(SCREEN)
    for _ in range(5):
        page.clock.run_for(5000)
    expect(page.locator("#lamp-screen")).to_be_hidden()


def test_the_stored_log_replays(hub: House, visitors: Visitors, line: Line) -> None:
    page = visitors.visit(hub.url, RATNA)
    talking(line, page)
    line.final("caller", "kata yang tidak boleh tampak", 4000)
    expect(page.locator("#turns")).to_contain_text("tidak boleh tampak")
    page.locator("#topic").press_sequentially("EFIN")
    page.check("input[name=kind][value=information]")
    number = page.locator("#case-number").inner_text()
    hide(page)
    wait_for(lambda: any(change["text"] == "••••" for change in changes(runs(line)[0], INPUT)), "no input came")
    [run] = runs(line)
    player = page.context.new_page()
    player.set_content("<!doctype html><title>ulang</title><div id=stage></div>")
    player.add_script_tag(path=str(PROJECT_DIR / "node_modules/@rrweb/replay/dist/replay.umd.min.cjs"))
    player.evaluate(
        """events => {
            const { Replayer } = window.rrwebReplay ?? window.rrweb
            const replayer = new Replayer(events, { root: document.querySelector('#stage'), mouseTail: false })
            replayer.pause(replayer.getMetaData().totalTime + 1000)
        }""",
        run.events,
    )
    frame = player.frame_locator("#stage iframe")
    expect(frame.locator("h2")).to_have_text(page.locator("h2").all_inner_texts())
    expect(frame.locator("#case-number")).to_have_text(number)
    expect(frame.locator("#topic")).to_have_value("••••")
    expect(frame.locator("input[name=kind][value=information]")).to_be_checked()
    expect(frame.locator("#turns")).to_have_count(0)
    assert "tidak boleh tampak" not in json.dumps(run.events)
