# SPDX-License-Identifier: GPL-3.0-or-later
"""A real call goes all the way through: SIPp speaks, baresip answers, people look on in Chromium.

SIPp and baresip are not ours; what they send is known to the sample, so what the archive holds can be compared with it.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile
from playwright.async_api import Page, expect

from models.demo_speech.library import DemoLine, replies_to
from pipeline.callfolder import Spool
from recorder.align import align
from recorder.archive import Archive, Bundle
from service.dialogue import announcement_ms, library
from service.stage import Stage, stage
from tests.e2e.conftest import chromium, needs_browser, needs_peers, sign_in, until, until_in_page
from tests.peers import RATE_HZ, baresip_agent, piecewise_match, silence, sipp_call, speech

pytestmark = [pytest.mark.e2e, needs_peers, needs_browser, pytest.mark.timeout(180)]

NUMBER = "081200002222"  # invented; what the SIPp scenario calls itself
QUESTION = "lupa-efin.tanya"


def spoken(line_id: str) -> tuple[DemoLine, tuple[DemoLine, ...]]:
    lines = library()
    question = next(line for line in lines if line.id == line_id)
    return question, replies_to(question, lines)


async def test_a_real_call_goes_all_the_way_through(tmp_path: Path) -> None:
    question, replies = spoken(QUESTION)
    async with stage(agents=1) as running, chromium() as browser:
        lead_ms = announcement_ms(running.settings) + 800
        said = np.concatenate([silence(lead_ms), speech(question.path), silence(1500)])
        answer = np.concatenate([silence(len(said) * 1000 // RATE_HZ), *(speech(line.path) for line in replies)])
        talk_ms = len(answer) * 1000 // RATE_HZ + 1500
        agent, supervisor, assessor = [
            await sign_in(browser, running, name) for name in ("agen1", "pengawas", "penilai")
        ]
        async with baresip_agent(tmp_path / "agent", extension="2101", port=running.device_port(0), audio=answer):
            call = asyncio.create_task(
                sipp_call(
                    tmp_path / "caller", port=running.extension(0).sip_port, extension="2101",
                    audio=said, talk_ms=talk_ms,
                )
            )  # fmt: skip
            await _check_agent_page(agent, question)
            await _check_wallboard(supervisor, busy=True)
            result = await call
        assert result.code == 0, result.output
        bundle = await _sealed(running)
        _check_archive(running, bundle, question, replies)
        _check_audio(running, bundle, speech(question.path), np.concatenate([speech(line.path) for line in replies]))
        await _check_wallboard(supervisor, busy=False)
        await _check_player(assessor, running, question)


async def _check_agent_page(page: Page, question: DemoLine) -> None:
    """While the call is up: both lamps, the caller's words, the right article in the top 3, the case."""
    await expect(page.locator("#caller-number")).to_contain_text(re.compile(r"\d{3}"), timeout=15_000)
    await expect(page.locator("#lamp-recording")).to_be_visible(timeout=15_000)
    await expect(page.locator("#case-number")).to_contain_text(re.compile(r"LI-\d{4}-\d{6}"), timeout=15_000)
    await expect(page.locator("#turns")).to_contain_text("efin", timeout=30_000, ignore_case=True)
    top = page.locator("#articles > li")
    await expect(top.first).to_be_visible(timeout=15_000)
    async with asyncio.timeout(20):
        while not any("efin" in title.lower() for title in (await top.all_inner_texts())[:3]):
            await asyncio.sleep(0.1)
    assert question.expected_articles == ("lupa-efin",)
    await expect(page.locator("#question")).to_have_value(re.compile("efin", re.IGNORECASE), timeout=15_000)


async def _check_wallboard(page: Page, *, busy: bool) -> None:
    tile = page.locator("#tiles-now .tile-value").first
    await expect(tile).to_have_text("1" if busy else "0", timeout=15_000)


async def _sealed(running: Stage) -> Bundle:
    archive, spool = Archive(running.settings.archive_dir), Spool(running.settings.spool_dir)
    await until(lambda: list(archive.ids()), timeout_s=40, what="the call is sealed")
    (call_id,) = archive.ids()
    assert archive.verify(call_id) == ()
    await until(lambda: not list(spool.calls()), timeout_s=10, what="the spool copy is gone")
    return archive.open(call_id)


def _check_archive(running: Stage, bundle: Bundle, question: DemoLine, replies: tuple[DemoLine, ...]) -> None:
    assert bundle.manifest.complete, bundle.manifest.problems
    assert bundle.manifest.caller_number == NUMBER
    heard = {leg: " ".join(s.text for s in bundle.segments() if s.leg == leg) for leg in ("caller", "agent")}
    assert jiwer.wer(question.text, heard["caller"]) <= 0.25, heard["caller"]
    assert jiwer.wer(" ".join(line.text for line in replies), heard["agent"]) <= 0.25, heard["agent"]
    shown = [item for item in bundle.events("suggestions") if item.name == "suggestions.shown"]
    top = [article.article_id for article in shown[-1].articles[:3]]  # type: ignore[attr-defined]
    assert any("lupa-efin" in [a.article_id for a in item.articles[:3]] for item in shown), top  # type: ignore[attr-defined]
    (opened,) = [item for item in bundle.events("case") if item.name == "case.opened"]
    assert re.fullmatch(r"LI-\d{4}-\d{6}", opened.case_number)  # type: ignore[attr-defined]


def _check_audio(running: Stage, bundle: Bundle, question: np.ndarray, answer: np.ndarray) -> None:
    """Both channels hold what was sent, and both begin at the same instant."""
    assert bundle.audio_path is not None
    audio, rate = soundfile.read(bundle.audio_path, dtype="float64")
    assert (rate, audio.shape[1]) == (RATE_HZ, 2)
    for channel, sent in ((0, question), (1, answer)):
        correlation, drift = piecewise_match(audio[:, channel], sent)
        assert correlation > 0.9, (channel, correlation, drift)
        assert drift <= RATE_HZ * 60 // 1000, (channel, correlation, drift)
        print(f"channel {channel}: correlation {correlation:.3f}, drift {drift} samples")
    tone, _ = soundfile.read(running.settings.sync_tone_file, dtype="float64")
    alignment = align(audio[:, 0], audio[:, 1], tone, RATE_HZ)
    assert alignment.found, alignment
    assert abs(alignment.offset_samples) <= RATE_HZ * 20 // 1000, alignment


async def _check_player(page: Page, running: Stage, question: DemoLine) -> None:
    """The assessor finds the call, plays it, and a click on a word jumps there."""
    await page.goto(running.url + "/arsip")
    await page.locator("table a[href*='/arsip/']").first.click()
    await page.get_by_role("button", name="Buka rekaman").click()
    await page.wait_for_url(re.compile(r"/arsip/\d{8}T.*tujuan="))
    word = page.locator(".word[data-ms]").filter(has_text="efin").first
    await expect(word).to_be_visible(timeout=15_000)
    await until_in_page(page, "document.querySelector('audio')?.duration > 10")
    await word.click()
    start_s = int(await word.get_attribute("data-ms") or 0) / 1000
    await until_in_page(page, f"Math.abs(document.querySelector('audio').currentTime - {start_s}) < 0.2")
    await page.evaluate("document.querySelector('audio').play()")
    await until_in_page(page, f"document.querySelector('audio').currentTime > {start_s + 0.5}")
