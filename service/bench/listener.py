# SPDX-License-Identifier: GPL-3.0-or-later
"""A page without a browser: signs in, opens the live stream and notes when each event arrived."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import Any

import httpx

from service.errors import BenchError
from service.users import StagePerson

_CSRF = re.compile(r'name="csrf(?:_|-)token"[^>]*?(?:value|content)="([^"]+)"')


@dataclass(frozen=True)
class Arrival:
    """One event as the page received it: wall time (epoch seconds) and its data."""

    at_s: float
    name: str
    data: dict[str, Any]


async def sign_in(client: httpx.AsyncClient, person: StagePerson) -> None:
    """Sign a person in with the same form that people use; raises BenchError when refused."""
    page = await client.get("/masuk")
    found = _CSRF.search(page.text)
    form = {"username": person.username, "password": person.password}
    if found:
        form["csrf_token"] = found.group(1)
    reply = await client.post("/masuk", data=form, headers={"Origin": str(client.base_url).rstrip("/")})
    if reply.status_code not in (302, 303):
        raise BenchError(f"{person.username} could not sign in (HTTP {reply.status_code}).")


class PageListener:
    """Listens to one agent's stream; ``arrivals`` grows until the task is cancelled."""

    def __init__(self, url: str, person: StagePerson) -> None:
        self.person = person
        self.arrivals: list[Arrival] = []
        self.ready = asyncio.Event()
        self._url = url

    async def run(self) -> None:
        """Sign in and collect events until cancelled."""
        timeout = httpx.Timeout(10, read=None)
        async with httpx.AsyncClient(base_url=self._url, timeout=timeout) as client:
            await sign_in(client, self.person)
            async with client.stream("GET", "/api/live", params={"scope": "agent"}) as reply:
                reply.raise_for_status()
                self.ready.set()
                await self._collect(reply)

    async def _collect(self, reply: httpx.Response) -> None:
        name = ""
        async for line in reply.aiter_lines():
            if line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:") and name:
                self.arrivals.append(Arrival(time.time(), name, json.loads(line[5:])))
            elif not line:
                name = ""
