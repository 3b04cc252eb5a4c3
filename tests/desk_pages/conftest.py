# SPDX-License-Identifier: GPL-3.0-or-later
"""One real hub and one real Chromium for all page tests; every page fails its test on a script error."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

from pipeline.settings import PROJECT_DIR
from tests.desk_pages.archive_maker import finished_call, seal
from tests.desk_pages.house import PASSWORD, House, Line, house

expect.set_options(timeout=12_000)
VIEW: ViewportSize = {"width": 1366, "height": 768}


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("Chromium is not installed (see requirements/system.txt).")
    return found


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    assert (PROJECT_DIR / "desk/static/dist/agent.js").is_file(), "the bundle is not built: npm run build"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="package")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The hub that most tests share."""
    with house(tmp_path_factory.mktemp("house")) as running:
        for number in ("2101", "2102"):
            Line(running, number).extension_state("ready")
        yield running


def until(page: Page, condition: str) -> None:
    """Wait until a JavaScript expression is true in the page (evaluated from outside, so the page's policy holds)."""
    for _ in range(240):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {condition}")


class Visitors:
    """Opens pages as a person and remembers what went wrong in them. A person signs in once and keeps the cookie."""

    signed_in: ClassVar[dict[tuple[str, str], StorageState]] = {}

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.contexts: list[BrowserContext] = []
        self.faults: list[str] = []

    def visit(self, url: str, username: str = "", *, path: str = "/") -> Page:
        """Open a page, signed in unless ``username`` is empty."""
        page = self._open(self.signed_in.get((url, username)))
        page.goto(f"{url}{path if username else '/masuk'}")
        if username and page.url.split("?")[0].endswith("/masuk"):
            page.fill("[name=username]", username)
            page.fill("[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url(lambda address: "/masuk" not in address)
            self.signed_in[url, username] = page.context.storage_state()
            page.goto(f"{url}{path}")
        return page

    def _open(self, state: StorageState | None) -> Page:
        context = self._browser.new_context(
            viewport=VIEW, locale="id-ID", timezone_id="Asia/Jakarta", storage_state=state
        )
        context.set_default_timeout(12_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", self._heard)
        return page

    def _heard(self, line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            self.faults.append(line.text)


@pytest.fixture
def visitors(browser: Browser) -> Iterator[Visitors]:
    """Opens pages; closes them afterwards and fails on script errors and policy violations."""
    opened = Visitors(browser)
    yield opened
    for context in opened.contexts:
        context.close()
    assert opened.faults == []


@pytest.fixture
def line(hub: House) -> Iterator[Line]:
    """A call on Ratna's extension; it is over after the test."""
    played = Line(hub)
    yield played
    if played.folder.path.exists() and played.folder.ended() is None:
        played.end()
    played.close()


@pytest.fixture(scope="package")
def sealed(hub: House) -> Line:
    """One sealed call of an invented person whose name tries to be markup."""
    made = finished_call(hub, name="Budi <b>Contoh</b>")
    hub.case_number(made.call_id, ended=True)
    seal(hub, made.folder)
    return made


@pytest.fixture(scope="package")
def axe_source() -> str:
    """The accessibility checker's script."""
    return Path(PROJECT_DIR / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
