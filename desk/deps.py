# SPDX-License-Identifier: GPL-3.0-or-later
"""What the web application is given to work with; made by the composition root, handed in whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from fastapi import Request

from crm.office import Office
from desk.board import Health
from desk.casework import Casework
from desk.duty import Duty
from desk.floor import Floor
from desk.live import LiveState
from desk.screen_log import ScreenLogs
from desk.stream import EventLog
from desk.suggest import Suggest
from desk.web import STATIC_DIR, TEMPLATES_DIR, Renderer
from pipeline.clock import Clock
from pipeline.database import Database
from pipeline.settings import Settings
from recorder.archive import Archive
from retrieval.dbstore import DbArticleStore
from retrieval.search import SearchEngine
from retrieval.sheets import SheetStore


class CommandBus(Protocol):
    """The part of the bus that the desk needs: commands to softphones."""

    async def request(self, to: str, command: str, /, *, timeout_s: float = 5.0, **args: Any) -> dict[str, Any]:
        """Send a command and return its result; raises BusUnavailableError or CommandRefusedError."""
        ...


@dataclass(frozen=True)
class Deps:
    """The desk's collaborators."""

    settings: Settings
    clock: Clock
    bus: CommandBus
    database: Database
    live: LiveState
    stream: EventLog
    casework: Casework
    duty: Duty
    suggest: Suggest
    search: SearchEngine
    articles: DbArticleStore
    floor: Floor
    screen: ScreenLogs
    archive: Archive
    health: Health
    office: Office
    templates_dir: Path = TEMPLATES_DIR
    static_dir: Path = STATIC_DIR
    render: Renderer = field(init=False)
    sheets: SheetStore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "render", Renderer(self.settings.language, self.templates_dir))
        object.__setattr__(self, "sheets", SheetStore(self.database, self.articles, self.clock))


def deps(request: Request) -> Deps:
    """Return the application's collaborators (FastAPI dependency)."""
    found: Deps = request.app.state.deps
    return found
