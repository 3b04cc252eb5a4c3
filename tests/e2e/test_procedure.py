# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way through LIP20-0015 on real calls, by people in real browsers: two agents, a team leader, an escalation
agent and quality staff at once. SIPp phones, baresip is everybody's telephone."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, Page, expect

from crm import audit, cases
from crm.views import CaseView
from models.demo_speech.library import replies_to
from pipeline.catalog import text
from pipeline.database import Database
from recorder.archive import Archive
from service.database import service_database
from service.dialogue import announcement_ms, library
from service.stage import Stage, stage
from tests.e2e.conftest import chromium, needs_browser, needs_peers, sign_in, until
from tests.peers import SippResult, baresip_agent, silence, sipp_call, speech
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, needs_peers, needs_browser, pytest.mark.timeout(420)]

NUMBER = re.compile(r"LI-\d{4}-\d{6}")
LEADER, HANDLER = 2, 3  # their stations come after those of the two agents
IN_SIKP, RULE, TRAIN, VEHICLE = (
    "lupa-efin.tanya",
    "restitusi-lebih-bayar.tanya",
    "tanpa-jawaban-tiket-kereta.tanya",
    "tanpa-jawaban-surat-kendaraan.tanya",
)
SLOW_MS = 20_000


@dataclass
class Floor:
    """The office under test: its service, its browsers, its people's pages."""

    running: Stage
    browser: Browser
    folder: Path
    database: Database
    pages: dict[str, Page] = field(default_factory=dict)
    calls: list[asyncio.Task[SippResult]] = field(default_factory=list)

    async def page(self, username: str) -> Page:
        """Return a person's page; signs in at the first time."""
        if username not in self.pages:
            self.pages[username] = await sign_in(self.browser, self.running, username)
        return self.pages[username]

    def phone(self, agent: int, line_id: str, talk_ms: int) -> None:
        """Let a taxpayer phone an agent and ask a question."""
        question = next(line for line in library() if line.id == line_id)
        said = np.concatenate([silence(announcement_ms(self.running.settings) + 500), speech(question.path)])
        extension = self.running.extension(agent)
        call = sipp_call(
            self.folder / f"caller-{len(self.calls)}", port=extension.sip_port, extension=extension.number,
            audio=said, talk_ms=talk_ms,
        )  # fmt: skip
        self.calls.append(asyncio.create_task(call))

    async def calls_ended(self) -> None:
        """Wait for all callers; each must have been served to the end of its script."""
        for result in await asyncio.gather(*self.calls):
            assert result.code == 0, result.output
        self.calls.clear()

    def case(self, number: str) -> CaseView:
        """Return a case by its number, as the database has it."""
        year, serial = number.split("-")[1:]
        found = cases.find_case(self.database, int(serial))
        assert found.number == f"LI-{year}-{serial}"
        return found


async def took(page: Page, to: str) -> None:
    """Press the button of a step on the agent's page and see that it was taken."""
    await page.locator(f"#case-actions [data-to={to}]").click()
    await expect(page.locator("#case-state")).to_have_text(text(f"desk.state_{to}"), timeout=SLOW_MS)


async def asked(page: Page, word: str, kind: str) -> str:
    """Take the question down (step 2) and classify it (step 3) while the taxpayer speaks; returns the case's number."""
    await expect(page.locator("#case-number")).to_contain_text(NUMBER, timeout=SLOW_MS)
    await expect(page.locator("#question")).to_have_value(re.compile(word, re.IGNORECASE), timeout=30_000)
    await expect(page.locator("#question-source")).to_be_visible()  # where in the conversation it was said
    await page.check("#name_checked")
    await took(page, "recorded")
    await page.check(f"input[name=kind][value={kind}]")
    await took(page, "classified")
    return (await page.locator("#case-number").inner_text()).strip()


async def ready_again(page: Page) -> None:
    """The call is documented: out of wrap-up by one key."""
    await expect(page.locator("#do-ready")).to_be_visible(timeout=SLOW_MS)
    await page.keyboard.press("F2")
    await expect(page.locator("#agent-words")).to_have_text(text("crm.agent_ready"), timeout=SLOW_MS)


async def test_every_way_through_the_procedure(tmp_path: Path) -> None:
    taxpayer_port = free_port()
    options = {"outbound_uri": f"sip:{{number}}@127.0.0.1:{taxpayer_port}", "wrap_up_most_s": 0.0}
    reply = np.concatenate([speech(line.path) for line in replies_to(next(iter(library())), library())])
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(stage(agents=2, others=2, **options))
        browser = await stack.enter_async_context(chromium())
        for index in range(4):
            device = baresip_agent(
                tmp_path / f"device-{index}", extension=running.extension(index).number,
                port=running.device_port(index), audio=np.concatenate([silence(12_000), reply, silence(60_000)]),
            )  # fmt: skip
            await stack.enter_async_context(device)
        called = np.concatenate([silence(6000), speech(next(line for line in library() if line.id == RULE).path)])
        await stack.enter_async_context(
            baresip_agent(tmp_path / "taxpayer", extension="081200002222", port=taxpayer_port, audio=called)
        )
        floor = Floor(running, browser, tmp_path, stack.enter_context(service_database(running.settings)))
        first, second = await floor.page("agen1"), await floor.page("agen2")
        await _answered_from_sikp_beside_an_interpretation(floor, first, second)
        await _called_back(floor, await floor.page("eskalasi"))
        await _consulted_at_once(floor, first, second)
        await _published(floor, await floor.page("mutu"))
        await _found_by_the_next_call_and_escalated(floor, first)
        await _all_archived(floor)


async def _answered_from_sikp_beside_an_interpretation(floor: Floor, first: Page, second: Page) -> None:
    """Steps 1 2 3 3b 3c 6 8 at one desk, 1 2 3 3a at the other, at the same time."""
    floor.phone(0, IN_SIKP, 24_000)
    floor.phone(1, RULE, 24_000)
    answered, escalated = await asyncio.gather(
        asked(first, "efin", "information"), asked(second, "lebih bayar", "interpretation")
    )
    await took(second, "escalated")
    await took(first, "searching")
    await first.locator("#articles > li button").first.click()
    await expect(first.locator("#reader")).to_be_visible()
    await first.click("#reader-use")
    await expect(first.locator("#answer")).not_to_have_value("")
    await took(first, "answered")
    before = await first.locator("#turns").inner_text()
    await first.reload()  # a page opened in the middle of the call shows everything so far
    await expect(first.locator("#turns")).to_contain_text(before.splitlines()[-1], timeout=SLOW_MS)
    await took(first, "documented")
    await floor.calls_ended()
    case = floor.case(answered)
    assert [entry.step for entry in case.timeline] == ["1", "2", "3", "3b", "3c", "6"]
    assert case.fields["article_id"] == "lupa-efin"
    assert floor.case(escalated).state == "escalated"
    await asyncio.gather(ready_again(first), ready_again(second))


async def _called_back(floor: Floor, page: Page) -> None:
    """E1 E2 E3: taken, called back by the own telephone, recorded and transcribed, resolved."""
    await page.locator("#queue .cases a").first.click()
    await expect(page.locator("#turns")).to_contain_text("lebih bayar", ignore_case=True, timeout=SLOW_MS)
    await page.keyboard.press("F2")
    await expect(page.locator("#case-part .state-word")).to_have_text(text("desk.state_handling"), timeout=SLOW_MS)
    await page.fill("#answer", "Restitusi diproses paling lama 12 bulan (contoh).")
    await page.locator("#answer").press("Control+Enter")
    await expect(page.locator("#case-part .state-word")).to_have_text(text("desk.state_calling_back"), timeout=SLOW_MS)
    await page.keyboard.press("F2")
    await page.wait_for_url(re.compile("panggilan="), timeout=SLOW_MS)
    await expect(page.locator("#strip-phase")).to_contain_text("Bicara", timeout=SLOW_MS)
    await expect(page.locator("#turns")).to_contain_text("lebih bayar", ignore_case=True, timeout=30_000)
    await expect(page.locator("#callbacks .steps")).to_contain_text(text("desk.esc_reached"))  # known from the call
    await page.keyboard.press("F9")
    await page.locator("#case-part button", has_text=text("crm.move_resolve")).click()
    await expect(page.locator("#case-part .state-word")).to_have_text(text("desk.state_resolved"), timeout=SLOW_MS)


async def _consulted_at_once(floor: Floor, first: Page, second: Page) -> None:
    """Two consultations at once (3d): one answered without an update of SIKP (5b), one with (5a)."""
    floor.phone(0, TRAIN, 45_000)
    floor.phone(1, VEHICLE, 45_000)
    train, vehicle = await asyncio.gather(
        asked(first, "kereta", "information"), asked(second, "kendaraan", "information")
    )
    for page in (first, second):
        await took(page, "searching")
        await took(page, "consulting")
    leader = await floor.page("ketua")  # opened in the middle of both calls
    await _decided(leader, train, "kereta", "Harga tiket bukan urusan pajak (contoh).", "not_needed")
    await _decided(leader, vehicle, "kendaraan", "Pajak kendaraan ditangani Samsat daerah (contoh).", "needed")
    for page, answer in ((first, "bukan urusan pajak"), (second, "Samsat")):
        await expect(page.locator("#answer")).to_have_value(re.compile(answer), timeout=SLOW_MS)
        await took(page, "documented")
    await floor.calls_ended()
    assert [entry.step for entry in floor.case(train).timeline] == ["1", "2", "3", "3b", "3d", "5", "6"]
    assert floor.case(train).fields["sikp_update"] == "not_needed"
    await asyncio.gather(ready_again(first), ready_again(second))


async def _decided(page: Page, number: str, word: str, answer: str, update: str) -> None:
    """The team leader follows the call live, joins it, answers and decides about SIKP (step 5)."""
    await page.goto(page.url.split("/tim")[0] + "/tim")
    await page.locator("#queue li a", has_text=number).click()
    await expect(page.locator("#turns")).to_contain_text(word, ignore_case=True, timeout=SLOW_MS)
    await page.fill("#answer", answer)
    await page.click("#do-answer-back")
    await expect(page.locator("#outcome")).to_have_count(0)  # no way past the question about SIKP
    await page.check(f"[name=sikp_update][value={update}]")
    await page.click("#do-answer-back")
    await expect(page.locator("#outcome")).to_be_visible(timeout=SLOW_MS)


async def _published(floor: Floor, page: Page) -> None:
    """Quality staff make an article of the answer."""
    await page.locator("#queue a[data-task]").first.click()
    await expect(page.locator("#task")).to_contain_text("Samsat", timeout=SLOW_MS)
    await page.keyboard.press("Alt+a")
    await expect(page.locator("#task .state-word")).to_have_text("dikerjakan", timeout=SLOW_MS)
    await page.keyboard.press("Alt+t")
    await expect(page.locator("#f-questions")).to_have_value(re.compile("kendaraan", re.IGNORECASE), timeout=SLOW_MS)
    await page.fill("#f-title", "Pajak kendaraan bermotor dan STNK")
    await page.fill("#f-topic", "Pajak daerah")
    words = ("bagaimana", "di mana", "kapan", "berapa lama", "apa syarat", "siapa yang", "bisakah", "lewat apa")
    await page.fill("#f-questions", "\n".join(f"{word} memperpanjang surat kendaraan bermotor" for word in words))
    await page.fill("#f-answer", "Surat kendaraan diurus di Samsat provinsi, bukan di kantor pajak (contoh).")
    await page.fill("#f-body", "Rincian untuk uji coba.")
    await expect(page.locator("#saved")).to_have_text(re.compile(r"tersimpan \d\d"), timeout=SLOW_MS)
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#checks")).to_be_visible(timeout=SLOW_MS)
    await page.keyboard.press("Control+Shift+Enter")
    await page.wait_for_timeout(1500)
    if await page.locator("#checks[data-warnings=yes]").count():
        await page.keyboard.press("Control+Shift+Enter")
    await page.wait_for_url(re.compile("/pemutakhiran/artikel/"), timeout=SLOW_MS)


async def _found_by_the_next_call_and_escalated(floor: Floor, first: Page) -> None:
    """The next caller with that question gets the new article suggested; the leader escalates the case (step 4)."""
    floor.phone(0, VEHICLE, 32_000)
    number = await asked(first, "kendaraan", "information")
    await expect(first.locator("#articles")).to_contain_text("kendaraan bermotor dan STNK", timeout=SLOW_MS)
    await took(first, "searching")
    await took(first, "consulting")
    leader = await floor.page("ketua")
    await leader.goto(floor.running.url + "/tim")
    await leader.locator("#queue li a", has_text=number).click()
    await leader.fill("#reason", "Perlu kepastian dari kantor pusat (contoh).")
    await leader.click("#do-escalate")
    await expect(leader.locator("#outcome")).to_be_visible(timeout=SLOW_MS)
    await expect(first.locator("#case-state")).to_have_text(text("desk.state_escalated"), timeout=SLOW_MS)
    await floor.calls_ended()
    assert [entry.step for entry in floor.case(number).timeline] == ["1", "2", "3", "3b", "3d", "4"]


async def _all_archived(floor: Floor) -> None:
    """Five calls and the call-back are sealed; documented cases are closed; the audit trail is whole."""
    archive = Archive(floor.running.settings.archive_dir)
    await until(lambda: len(list(archive.ids())) == 6, timeout_s=60, what="five calls and a call-back are sealed")
    for call_id in archive.ids():
        assert archive.verify(call_id) == ()
    await until(lambda: cases.count_by_state(floor.database)["closed"] == 4, timeout_s=20, what="closed by step 8")
    assert cases.count_by_state(floor.database)["escalated"] == 1
    assert audit.verify(floor.database).broken is None
