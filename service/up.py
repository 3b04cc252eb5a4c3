# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring up``: check what would stop the service from starting, run it, say what state it is in."""

from __future__ import annotations

from contextlib import AsyncExitStack

from rich.console import Console

from pipeline.bus import BusClient
from pipeline.catalog import text
from pipeline.config_file import config_path
from pipeline.errors import ConfigurationError
from pipeline.events import ArticlesSeeded, Event, SetUpOffered
from pipeline.settings import Settings
from service.supervisor import Supervisor


async def run_service(settings: Settings, out: Console) -> None:
    """Run all processes until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: no extension is configured, or the socket's path is too long for the system.
        AlreadyRunningError: the data folder is in use.
    """
    if not settings.extensions:
        raise ConfigurationError(
            text("service.no_extensions", path=config_path()), remedy=text("service.no_extensions_remedy")
        )
    url = f"http://{settings.http_bind}:{settings.http_port}"
    async with Supervisor(settings) as supervisor, AsyncExitStack() as stack:
        news = BusClient(
            settings.bus_path, "up", subscribe=("articles.", "setup."), on_event=lambda item: _say(out, url, item)
        )
        await stack.enter_async_context(news)
        out.print(text("service.up", url=f"{url}/"))
        for extension in settings.extensions:
            out.print(text("service.up_extension", number=extension.number, port=extension.sip_port))
        supervisor.on_problem(
            lambda name, problem: out.print(text("service.process_problem", name=name, problem=problem), markup=False)
        )
        await supervisor.wait()
        out.print(text("service.stopping"))


def _say(out: Console, url: str, item: Event) -> None:
    say_seeded(out, item)
    if isinstance(item, SetUpOffered):
        out.print(text("service.set_up", url=f"{url}{item.path}"), markup=False, soft_wrap=True)


def say_seeded(out: Console, item: Event) -> None:
    """Say that an empty database began with the sample articles, when that is what ``item`` tells."""
    if isinstance(item, ArticlesSeeded):
        out.print(text("service.articles_seeded", count=item.articles, folder=item.folder), markup=False)
