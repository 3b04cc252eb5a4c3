# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells softphones whether their agent takes calls now.

A softphone takes calls until it is told otherwise, and again when it has not been told so for a while: a hub that is
down costs no call. It repeats what it believes every few seconds, which is how a softphone that has just started, or
missed a word, is put right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from desk.deps import CommandBus
from desk.ingest import News
from pipeline.clock import Clock
from pipeline.errors import BusUnavailableError, CommandRefusedError
from pipeline.events import ExtensionStateChanged

log = structlog.get_logger("desk.availability")
AWAY_FOR_S = 60.0  # how long "takes no calls" holds at the softphone
RENEW_S = 20.0
TIMEOUT_S = 4.0


class Availability:
    """What softphones are to believe. Lives in the event loop."""

    def __init__(self, bus: CommandBus, clock: Clock) -> None:
        self._bus, self._clock = bus, clock
        self._wanted: dict[str, bool] = {}
        self._told_s: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def want(self, wanted: Mapping[str, bool]) -> None:
        """Say which extensions take calls; softphones are told of what changes."""
        for extension, takes in wanted.items():
            before = self._wanted.get(extension, True)
            self._wanted[extension] = takes
            if before != takes:
                self._tell(extension)

    def take(self, news: News) -> None:
        """Consumer: hear what a softphone believes, and put it right."""
        item = news.item
        if not isinstance(item, ExtensionStateChanged) or item.state in ("stopped", "failed"):
            return
        takes = self._wanted.get(item.extension, True)
        due = self._clock.monotonic_s() - self._told_s.get(item.extension, 0.0) >= RENEW_S
        if item.available != takes or (not takes and due):
            self._tell(item.extension)

    async def stop(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _tell(self, extension: str) -> None:
        self._told_s[extension] = self._clock.monotonic_s()
        task = asyncio.get_running_loop().create_task(self._send(extension), name=f"available-{extension}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, extension: str) -> None:
        takes = self._wanted.get(extension, True)
        try:
            await self._bus.request(
                f"softphone.{extension}", "available", timeout_s=TIMEOUT_S, on=takes, for_s=AWAY_FOR_S
            )
        except (BusUnavailableError, CommandRefusedError) as error:  # it says what it believes when it is back
            log.info("softphone not told", extension=extension, on=takes, code=error.code)
