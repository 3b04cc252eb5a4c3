# SPDX-License-Identifier: GPL-3.0-or-later
"""Outgoing calls of a real softphone: agent's device first, then the taxpayer; recorded and announced like any call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pipeline.bus import Broker, BusClient
from pipeline.errors import CommandRefusedError
from tests.telephony.harness import ANNOUNCEMENT_MS, Site, correlation, likeness, reach, read_wav, site, until
from tests.telephony.test_calls import FULL_CALL, assert_recorded

pytestmark = pytest.mark.integration

NUMBER = "02150001234"


@asynccontextmanager
async def desk(it: Site) -> AsyncIterator[BusClient]:
    """The hub's end of the bus."""
    async with Broker(it.bus_path), BusClient(it.bus_path, "desk") as client:
        yield client


async def test_an_outgoing_call_is_announced_recorded_and_bridged(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        async with desk(it) as hub:
            says = ANNOUNCEMENT_MS + 700
            await asyncio.to_thread(it.up, "--after", "0.1", "--play", f"{it.agent_wav}@{says + 500}")
            await reach(hub)
            called = it.outside("--after", "0.4", "--play", f"{it.caller_wav}@{says}", "--record-dir", str(tmp_path))
            await asyncio.to_thread(called.event, "ready")
            placed = await hub.request("softphone.2101", "dial", number="(021) 5000-1234", case_id=7, callback_id=3)
            assert placed["direction"] == "out"
            await until(lambda: it.find("call.bridged"))
            status = await hub.request("softphone.2101", "status")
            assert (status["state"], status["call_id"]) == ("talking", placed["call_id"])
            with pytest.raises(CommandRefusedError, match="in use"):
                await hub.request("softphone.2101", "dial", number=NUMBER)
            await asyncio.sleep(2.6)
            await hub.request("softphone.2101", "hangup", call_id=placed["call_id"])
            await until(lambda: it.find("recording.closed"))
        assert it.names() == [FULL_CALL[0], "call.dialled", *FULL_CALL[1:]]
        offered = it.find("call.offered")
        assert (offered.direction, offered.caller_number, offered.case_id, offered.callback_id) == ("out", NUMBER, 7, 3)
        assert it.find("call.answered").ring_ms >= 400
        assert it.find("call.ended").reason == "agent_hung_up"
        assert_recorded(it)
        assert (await asyncio.to_thread(called.event, "incoming"))["caller"].strip("<>") == "sip:2101@127.0.0.1"
        heard = read_wav(tmp_path / "heard-1.wav")
        assert correlation(heard, read_wav(tmp_path / "announcement.wav"))[0] > 0.6  # the taxpayer is told
        assert likeness(heard, it.agent_voice) > 0.9


@pytest.mark.parametrize(
    ("arguments", "reason", "code"),
    [
        (("--reject", "486"), "called_busy", 486),
        (("--reject", "603"), "called_rejected", 603),
        (("--reject", "404"), "called_unreachable", 404),
        (("--never",), "called_no_answer", 480),
    ],
)
async def test_calls_that_are_not_answered(tmp_path: Path, arguments: tuple[str, ...], reason: str, code: int) -> None:
    with site(tmp_path, outbound_timeout_s=1.0) as it:
        async with desk(it) as hub:
            _, agent = await asyncio.to_thread(it.up, "--after", "0.05", "--record-dir", str(tmp_path))
            await reach(hub)
            called = it.outside(*arguments)
            await asyncio.to_thread(called.event, "ready")
            await hub.request("softphone.2101", "dial", number=NUMBER)
            ended = await until(lambda: it.find("call.ended"))
            await asyncio.to_thread(agent.event, "ended")
        assert (ended.reason, ended.sip_code) == (reason, code)
        assert it.names() == ["call.offered", "call.dialled", "call.ended"]
        if reason == "called_no_answer":
            heard = read_wav(tmp_path / "heard-1.wav").astype(float)
            assert abs(heard).max() > 1000  # our ringing tone


async def test_the_agent_gives_up_while_it_rings(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        async with desk(it) as hub:
            await asyncio.to_thread(it.up, "--after", "0.05")
            await reach(hub)
            called = it.outside("--never")
            await asyncio.to_thread(called.event, "ready")
            await hub.request("softphone.2101", "dial", number=NUMBER)
            await asyncio.to_thread(called.event, "incoming")
            with pytest.raises(CommandRefusedError, match=r"calling the taxpayer.*Possible now: hang up"):
                await hub.request("softphone.2101", "hold")
            await hub.request("softphone.2101", "hangup")
            assert (await asyncio.to_thread(called.event, "ended"))["answered"] is False
        assert it.await_event("call.ended").reason == "agent_cancelled"


async def test_numbers_that_cannot_be_called(tmp_path: Path) -> None:
    with site(tmp_path, outbound_uri="") as it:
        async with desk(it) as hub:
            await asyncio.to_thread(it.softphone)
            await reach(hub)
            for number, words in (("02150001234", "outbound_uri"), ("sip:x@y", "telephone number"), ("", "telephone")):
                with pytest.raises(CommandRefusedError, match=words):
                    await hub.request("softphone.2101", "dial", number=number)
            with pytest.raises(CommandRefusedError, match="number"):
                await hub.request("softphone.2101", "dial")
            assert it.calls() == []
