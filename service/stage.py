# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole service on temporary data and free ports: what the demo, the bench and the end-to-end tests stand on.

Everything is real (processes, SIP, database, web); only the folder, the ports and the people are made up and gone
afterwards.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from pipeline.bus import BusClient
from pipeline.catalog import text
from pipeline.events import Event
from pipeline.settings import ExtensionSettings, Settings, load_settings
from service.errors import StartError
from service.supervisor import Supervisor
from service.users import StagePerson, add_people

RTP_PORTS = 32
FIRST_EXTENSION = 2101


@dataclass(frozen=True)
class Stage:
    """A running service and what one needs to use it."""

    settings: Settings
    supervisor: Supervisor
    people: tuple[StagePerson, ...]
    folder: Path

    @property
    def url(self) -> str:
        """Base URL of the pages, without a slash at the end."""
        return f"http://{self.settings.http_bind}:{self.settings.http_port}"

    def extension(self, index: int) -> ExtensionSettings:
        """Return the n-th agent station."""
        return self.settings.extensions[index]

    def sip_uri(self, index: int) -> str:
        """Where callers reach the n-th agent station."""
        extension = self.extension(index)
        return f"sip:{extension.number}@{self.settings.sip_bind}:{extension.sip_port}"

    def device_port(self, index: int) -> int:
        """SIP port of the n-th agent's device."""
        return int(self.extension(index).device_uri.rpartition(":")[2])


def _free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as sock:
        if kind == socket.SOCK_STREAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def choose_port(preferred: int) -> int:
    """Return ``preferred`` or the next port that is free for TCP and UDP on loopback.

    Raises:
        StartError: none of the 500 ports from ``preferred`` on is free.
    """
    for port in range(preferred, min(preferred + 500, 65536)):
        if _free(port, socket.SOCK_STREAM) and _free(port, socket.SOCK_DGRAM):
            return port
    raise StartError(
        text("service.no_free_port", first=preferred, last=preferred + 499), remedy=text("service.no_free_port_remedy")
    )


def stage_extensions(count: int, *, sip_base: int = 15060, rtp_base: int = 21000) -> tuple[ExtensionSettings, ...]:
    """Return ``count`` agent stations with SIP devices on free loopback ports."""
    extensions: list[ExtensionSettings] = []
    port, rtp_port = sip_base, rtp_base
    for index in range(count):
        sip_port = choose_port(port)
        device_port = choose_port(sip_port + 1)
        rtp_port = _free_rtp_range(rtp_port)
        number = str(FIRST_EXTENSION + index)
        uri = f"sip:{number}@127.0.0.1:{device_port}"
        extensions.append(ExtensionSettings(number=number, sip_port=sip_port, rtp_port=rtp_port, device_uri=uri))
        port, rtp_port = device_port + 1, rtp_port + RTP_PORTS
    return tuple(extensions)


def _free_rtp_range(first: int) -> int:
    while not all(_free(port, socket.SOCK_DGRAM) for port in range(first, first + RTP_PORTS)):
        first += RTP_PORTS
        if first > 60000:
            raise StartError(text("service.no_free_rtp"), remedy=text("service.no_free_port_remedy"))
    return first


@asynccontextmanager
async def stage(
    *,
    agents: int = 1,
    others: int = 0,
    http_port: int = 18080,
    ready_s: float = 60.0,
    news: Sequence[str] = (),
    on_event: Callable[[Event], None] | None = None,
    **overrides: Any,
) -> AsyncIterator[Stage]:
    """Start a temporary service with ``agents`` stations and their people; leave nothing behind.

    Parameters:
        others: further stations: the first for the team leader, the second for the escalation agent.
        news: event names (by prefix) that ``on_event`` is called with, from the first moment on.

    Raises:
        StartError: the service did not become ready in ``ready_s``; the message repeats the reason.
    """
    folder = Path(tempfile.mkdtemp(prefix="kring-"))
    try:
        values: dict[str, Any] = {
            "data_dir": folder / "data",
            "http_port": choose_port(http_port),
            "extensions": stage_extensions(agents + others),
            "seal_after_s": 5.0,
            # Callers come whether somebody looks at the desk or not.
            "agent_begins_ready": True,
            "wrap_up_most_s": 2.0,
            # Known passwords and thrown-away data: never on the network, never in the office's own database.
            "http_bind": "127.0.0.1",
            "sip_bind": "127.0.0.1",
            "secure_cookies": False,
            "database_url": "",
        }
        settings = load_settings(**{**values, **overrides})
        people = add_people(settings, agents)
        async with Supervisor(settings) as supervisor, AsyncExitStack() as stack:
            if on_event is not None:
                listener = BusClient(settings.bus_path, "stage", subscribe=tuple(news), on_event=on_event)
                await stack.enter_async_context(listener)
            running = Stage(settings, supervisor, people, folder)
            await _until_ready(running, ready_s)
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _until_ready(running: Stage, ready_s: float) -> None:
    """Wait until the pages answer and every softphone is listed as ready."""
    wanted = {extension.number for extension in running.settings.extensions}
    try:
        async with asyncio.timeout(ready_s), httpx.AsyncClient(base_url=running.url) as client:
            while not wanted <= await _ready_extensions(client):
                _raise_problem(running)
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        _raise_problem(running)
        raise StartError(
            text("service.not_ready", seconds=f"{ready_s:.0f}"), remedy=text("service.not_ready_remedy")
        ) from error


async def _ready_extensions(client: httpx.AsyncClient) -> set[str]:
    try:
        reply = await client.get("/healthz")
        return set(reply.json().get("extensions_ready", []))
    except (httpx.HTTPError, ValueError):
        return set()


def _raise_problem(running: Stage) -> None:
    for name, child in running.supervisor.children.items():
        if child.problem:
            raise StartError(f"{name}: {child.problem}")
