# SPDX-License-Identifier: GPL-3.0-or-later
"""What the end-to-end tests share: a browser, people who sign in, a call that is held in the background."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright

from service.stage import Stage
from tests.peers import have

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
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

# Where the proof is required (CI), a missing program fails the test instead of skipping it.
OPTIONAL = not (os.environ.get("CI") or os.environ.get("KRING_REQUIRE_PEERS"))
needs_peers = pytest.mark.skipif(OPTIONAL and not have("sipp", "baresip"), reason="SIPp or baresip is not installed")
needs_browser = pytest.mark.skipif(OPTIONAL and not CHROMIUM, reason="Chromium is not installed")


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


async def until_in_page(page: Page, expression: str, *, timeout_s: float = 15) -> None:
    """Wait until a JavaScript expression is true (evaluated from outside: the page's policy forbids eval inside)."""
    try:
        async with asyncio.timeout(timeout_s):
            while not await page.evaluate(expression):
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"never true in the page: {expression}")
