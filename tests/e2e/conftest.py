# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: a browser, people who sign in, a call that is held in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from service.stage import Stage
from tests.peers import have

CHROMIUM = next((path for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(path).exists()), "")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]

needs_peers = pytest.mark.skipif(not have("sipp", "baresip"), reason="SIPp or baresip is not installed (make setup)")
needs_browser = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (make setup)")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        try:
            yield browser
        finally:
            await browser.close()


async def sign_in(browser: Browser, running: Stage, username: str) -> Page:
    """Sign a person in through the form and return their first page; each person has an own browser session."""
    person = next(person for person in running.people if person.username == username)
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="id-ID")
    page = await context.new_page()
    await page.goto(running.url + "/masuk")
    await page.fill("input[name=username]", person.username)
    await page.fill("input[name=password]", person.password)
    await page.press("input[name=password]", "Enter")
    await page.wait_for_url(running.url + person.page)
    return page


async def until(check: Callable[[], object], *, timeout_s: float, what: str) -> None:
    """Wait until ``check`` returns something true."""
    try:
        async with asyncio.timeout(timeout_s):
            while not check():
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"not within {timeout_s} s: {what}")
