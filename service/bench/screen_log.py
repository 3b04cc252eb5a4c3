# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring bench screen-log``: how much the screen log of a typical call takes.

A real hub, a real page in Chromium and an invented call of five minutes with typing, searching, reading and the steps
of the procedure. The page's clock is driven by hand, so that five minutes pass in one or two; everything that the page
does by time (clocks, lamps, parts, full pictures) happens as often as in five real ones. Figures:

``screen_bytes_per_h``   bytes of ``screen.jsonl`` per hour of such calls, one after the other, as it lies on the disk;
``screen_raw_bytes_per_h``  the same before compression;
``full_picture_bytes``   the largest full picture, compressed;
``parts_per_h``, ``moments_per_h``  requests of the page and recorded moments per hour;
"""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from rich.console import Console

from pipeline.bus import BusClient
from pipeline.bus.broker import Broker
from pipeline.events import ScreenCaptured, ScreenMissed
from pipeline.settings import Settings, load_settings
from service.bench.played_call import CALL_S, PlayedCall, agent_acts
from service.database import open_database
from service.errors import BenchError
from service.http_server import listen
from service.hub import Hub
from service.stage import choose_port, stage_extensions
from service.users import STAGE_PASSWORD, add_people

if TYPE_CHECKING:
    from playwright.async_api import Page

STEP_MS = 250
VIEW_PX = (1366, 768)
_WAIT_S = 30.0


async def run_screen_bench(progress: Console) -> dict[str, Any]:
    """Measure one played call; returns ``{"figures": ..., "setup": ...}``.

    Raises:
        BenchError: there is no browser, or something of the log is missing.
    """
    try:
        from playwright.async_api import async_playwright
    except ImportError as error:
        raise BenchError("Playwright is not installed.", remedy="pip install -e .[dev]") from error
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise BenchError("Chromium is not installed.", remedy="See requirements/system.txt.")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kring-")))
        hub, phone = await stack.enter_async_context(_hub(folder))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        stack.push_async_callback(browser.close)
        page = await browser.new_page(viewport={"width": VIEW_PX[0], "height": VIEW_PX[1]}, locale="id-ID")
        await _sign_in(page, hub.settings)
        call = PlayedCall(hub, phone)
        await _play(page, call, progress)
        stored = [item for item in hub.spool.folder(call.call_id).read("screen")]
        size_bytes = hub.spool.folder(call.call_id).journal("screen").stat().st_size
        version = browser.version
    missed = [item for item in stored if isinstance(item, ScreenMissed)]
    parts = [item for item in stored if isinstance(item, ScreenCaptured)]
    if missed or not parts or not parts[-1].last:
        raise BenchError(f"The log is not whole: {missed or 'its end is missing'}")
    return {"figures": _figures(parts, size_bytes), "setup": _setup(version)}


@asynccontextmanager
async def _hub(folder: Path) -> AsyncIterator[tuple[Hub, BusClient]]:
    """Run broker, hub and one telephone that only obeys, on temporary data."""
    [extension] = stage_extensions(1)
    settings = load_settings(
        data_dir=folder / "data", http_bind="127.0.0.1", http_port=choose_port(18080), extensions=(extension,),
        encoder="", secure_cookies=False, database_url="",
    )  # fmt: skip
    add_people(settings)
    database = open_database(settings.database)
    hub = Hub(settings, database)
    server = uvicorn.Server(
        uvicorn.Config(hub.app(), log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=1)
    )

    async def obey(command: str, args: dict[str, Any]) -> dict[str, Any]:
        return {}

    async with (
        Broker(settings.bus_path),
        BusClient(settings.bus_path, f"softphone.{extension.number}", on_command=obey) as phone,
    ):
        serving = asyncio.create_task(server.serve(sockets=[listen(settings)]), name="web")
        try:
            async with asyncio.timeout(_WAIT_S):
                await hub.bus.connected.wait()
                while not server.started or hub.search.status().articles == 0:
                    await asyncio.sleep(0.05)
            yield hub, phone
        finally:
            hub.stream.close()
            server.should_exit = True
            await serving
            database.close()


async def _sign_in(page: Page, settings: Settings) -> None:
    await page.clock.install()
    url = f"http://{settings.http_bind}:{settings.http_port}"
    await page.goto(f"{url}/masuk")
    await page.fill("[name=username]", "agen1")
    await page.fill("[name=password]", STAGE_PASSWORD)
    await page.click("main button[type=submit]")
    await page.wait_for_url(lambda address: "/masuk" not in address)
    await page.goto(f"{url}/agen")


async def _play(page: Page, call: PlayedCall, progress: Console) -> None:
    """Let the call and the agent act, and the page's clock run along with them."""
    acts = agent_acts(page)
    for at_ms in range(0, (CALL_S + 30) * 1000, STEP_MS):
        if at_ms % 60_000 == 0:
            progress.print(f"{at_ms // 60_000} min")
        call.play(at_ms)
        if at_ms == 6000:
            await page.locator("#case-form").wait_for(timeout=_WAIT_S * 1000)
        act = acts.get(at_ms)
        if act is not None:
            await act()
        await page.clock.run_for(STEP_MS)
    await page.keyboard.press("F8")
    async with asyncio.timeout(_WAIT_S):
        while not call.log_ended():
            await page.clock.run_for(STEP_MS)
            await asyncio.sleep(0.05)


def _figures(parts: list[ScreenCaptured], size_bytes: int) -> dict[str, float]:
    hours = (max(part.until_page_ms for part in parts) - min(part.page_ms for part in parts)) / 3_600_000
    return {
        "screen_bytes_per_h": size_bytes / hours,
        "screen_raw_bytes_per_h": sum(part.size_bytes for part in parts) / hours,
        "full_picture_bytes": float(max(len(part.data) for part in parts if part.full)),
        "parts_per_h": len(parts) / hours,
        "moments_per_h": sum(part.events for part in parts) / hours,
        "call_s": hours * 3600,
    }


def _setup(browser: str) -> dict[str, Any]:
    return {
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        "browser": f"Chromium {browser}",
        "view": "x".join(str(side) for side in VIEW_PX),
        "measured_at": datetime.now(UTC).date().isoformat(),
    }
