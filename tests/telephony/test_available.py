# SPDX-License-Identifier: GPL-3.0-or-later
"""An extension whose agent takes no calls: 480 over SIP, told over a real bus; the softphone goes back by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pipeline.bus import Broker, BusClient
from pipeline.events import Event, ExtensionStateChanged
from tests.telephony.harness import Site, site, until

pytestmark = pytest.mark.integration


async def refused_with(it: Site) -> int:
    """Call the extension and return the code of the refusal."""
    caller = it.caller("--give-up-after", "8")
    assert await asyncio.to_thread(caller.wait) == 4
    code: int = caller.event("ended")["code"]
    return code


async def test_a_paused_extension_answers_480_and_a_ready_one_rings(tmp_path: Path) -> None:
    believed: list[bool] = []

    def hear(item: Event) -> None:
        if isinstance(item, ExtensionStateChanged):
            believed.append(item.available)

    with site(tmp_path) as it:
        broker, desk = Broker(it.bus_path), BusClient(it.bus_path, "desk", subscribe=("extension.",), on_event=hear)
        async with broker, desk:
            await asyncio.to_thread(it.up, "--after", "0.1")
            await until(lambda: "softphone.2101" in broker.names)
            told = await desk.request("softphone.2101", "available", on=False)
            assert told["available"] is False
            await until(lambda: believed[-1:] == [False])
            assert await refused_with(it) == 480
            assert it.calls() == []  # no call: no folder, no recording, nothing to document
            await desk.request("softphone.2101", "available", on=True)
            await until(lambda: believed[-1] is True)
            it.caller("--hang-up-after", "1")
            await until(lambda: it.find("call.bridged"))
            await until(lambda: it.find("call.ended"))


async def test_what_nobody_repeats_is_forgotten(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        async with Broker(it.bus_path) as broker, BusClient(it.bus_path, "desk") as desk:
            await asyncio.to_thread(it.up, "--after", "0.1")
            await until(lambda: "softphone.2101" in broker.names)
            assert (await desk.request("softphone.2101", "available", on=False, for_s=0))["available"] is True
            it.caller("--hang-up-after", "1")
            await until(lambda: it.find("call.bridged"))
