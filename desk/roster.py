# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents' states on their way: from :class:`desk.duty.Duty` to the agents' pages, the pages with people, and the
softphones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from crm.agents import AgentStateView
from crm.office import Office
from desk.availability import Availability
from desk.casework import Casework
from desk.deps import CommandBus
from desk.duty import Duty
from desk.floor import Floor
from desk.ingest import News
from desk.stream import EventLog
from pipeline.clock import Clock
from pipeline.database import Database
from pipeline.settings import Settings


class Roster:
    """Who does what. Made and stopped in the event loop; :meth:`review` blocks."""

    def __init__(
        self, settings: Settings, office: Office, database: Database, casework: Casework, clock: Clock
    ) -> None:
        self._clock = clock
        self._stream: EventLog | None = None
        self._floor: Floor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._availability: Availability | None = None
        self._finish_alone = settings.wrap_up_ends_alone
        self.duty = Duty(
            database,
            casework,
            clock,
            begin_ready=settings.agent_begins_ready,
            finish_alone=settings.wrap_up_ends_alone,
            wrap_up_s=lambda: office.current.wrap_up_most_s,
            on_state=self._changed,
        )

    def start(self, bus: CommandBus, stream: EventLog, floor: Floor) -> None:
        """Begin to tell pages and softphones."""
        self._stream, self._floor = stream, floor
        self._loop = asyncio.get_running_loop()
        self._availability = Availability(bus, self._clock)

    async def stop(self) -> None:
        """Tell nobody any more."""
        self._loop = None
        if self._availability is not None:
            await self._availability.stop()

    def take(self, news: News) -> None:
        """Consumer: hear what softphones believe."""
        if self._availability is not None:
            self._availability.take(news)

    def review(self) -> None:
        """Bring states up to date, and what softphones are to believe (blocks); call it every few seconds."""
        self.duty.review()
        self._want(self.duty.availability())

    def case_changed(self) -> None:
        """Look whether somebody has finished a call's documentation (event loop)."""
        if self._finish_alone and self._loop is not None:
            self._loop.run_in_executor(None, self.duty.review)

    def _changed(self, extension: str, state: AgentStateView) -> None:
        stream, floor = self._stream, self._floor
        if stream is None or floor is None:  # before the start: pages and softphones are told of it all then
            return
        floor.changed("agents")
        if extension:
            wire = state.wire()
            self._post(lambda: stream.append("agent.state", wire, extension=extension))
            self._want({extension: self.duty.takes_calls(state)})

    def _want(self, takes_calls: Mapping[str, bool]) -> None:
        availability = self._availability
        if availability is not None:
            self._post(lambda: availability.want(takes_calls))

    def _post(self, work: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(work)
