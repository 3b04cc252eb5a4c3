# SPDX-License-Identifier: GPL-3.0-or-later
"""The hub's work in the background: whatever goes wrong in one part, the others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from pipeline.database import Database
from pipeline.settings import Settings
from service import hub as hub_module
from service.hub import Hub

pytestmark = pytest.mark.unit


def broken() -> bool:
    raise RuntimeError("a mistake nobody thought of")


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


async def test_a_search_that_breaks_in_an_unknown_way_stops_no_suggestions(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(settings, database)
    monkeypatch.setattr(hub.search, "start", broken)
    async with hub.running():
        await until(lambda: hub.suggest._thread is not None)


async def test_housekeeping_survives_an_unknown_error_and_does_its_other_work(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[int] = []
    refreshed: list[int] = []

    def refresh() -> bool:
        refreshed.append(1)
        return broken()

    monkeypatch.setattr(hub_module, "REFRESH_S", 0.001)
    monkeypatch.setattr(hub_module, "SWEEP_S", 0.0)
    monkeypatch.setattr(hub_module.sessions, "sweep_sessions", lambda database, now: swept.append(1))
    hub = Hub(settings, database)
    monkeypatch.setattr(hub.search, "refresh", refresh)
    async with hub.running():
        await until(lambda: len(swept) >= 2 and len(refreshed) >= 2)
