# SPDX-License-Identifier: GPL-3.0-or-later
"""Blind transfers with callers that we did not write, and keys to the far end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pipeline.errors import CommandRefusedError
from tests.peers import need
from tests.telephony.baresip import baresip, speech
from tests.telephony.harness import likeness, reach, read_wav, site, until
from tests.telephony.sipp import referred, sipp
from tests.telephony.test_outgoing import desk

pytestmark = pytest.mark.integration


@need("baresip")
async def test_baresip_follows_a_transfer_and_our_call_ends(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        async with desk(it) as hub:
            await asyncio.to_thread(it.up, "--after", "0.05")
            await reach(hub)
            elsewhere = it.outside("--after", "0.2", "--record-dir", str(tmp_path))
            await asyncio.to_thread(elsewhere.event, "ready")
            says = speech(it, it.caller_voice, after_s=0.0, repeat=10)
            await asyncio.to_thread(baresip, it, says, dial=it.uri)
            await until(lambda: it.find("call.bridged"))
            status = await hub.request("softphone.2101", "transfer", to="021 5000 1234")
            assert status["transfer_to"] == "02150001234"
            with pytest.raises(CommandRefusedError, match="under way"):
                await hub.request("softphone.2101", "transfer", to="02150001234")
            ended = await until(lambda: it.find("call.ended"))
            assert ended.reason == "transferred"
            await until(lambda: it.find("recording.closed"))
            await asyncio.to_thread(elsewhere.event, "answered")
            await asyncio.sleep(2.5)  # the new call lives without us
        assert not any(item["event"] == "ended" for item in elsewhere.events)
        names = it.names()
        assert names[names.index("call.bridged") + 1 :] == [
            "transfer.started", "call.transferred", "call.ended", "recording.closed",
        ]  # fmt: skip
        transferred = it.find("call.transferred")
        assert (transferred.to, transferred.kind) == ("02150001234", "blind")
        await asyncio.to_thread(elsewhere.stop)
        assert likeness(read_wav(tmp_path / "heard-1.wav"), it.caller_voice) > 0.9


@need("sipp")
@pytest.mark.parametrize(
    ("outcome", "code"), [("486 Busy Here", 486), ("", 603)], ids=["nobody there", "transfers refused"]
)
async def test_a_transfer_that_fails_returns_to_the_talk(tmp_path: Path, outcome: str, code: int) -> None:
    with site(tmp_path) as it:
        async with desk(it) as hub:
            await asyncio.to_thread(it.up, "--after", "0.05")
            await reach(hub)
            caller = sipp(it, referred(outcome))
            await until(lambda: it.find("call.bridged"))
            await hub.request("softphone.2101", "transfer", to="02150001234")
            failed = await until(lambda: it.find("transfer.failed"))
            assert (failed.to, failed.sip_code) == ("02150001234", code)
            status = await hub.request("softphone.2101", "status")
            assert (status["state"], status["transfer_to"]) == ("talking", "")
            assert "transfer" in status["possible"]
            await hub.request("softphone.2101", "hangup")
            assert await asyncio.to_thread(caller.wait) == 0, caller.errors + caller.lines[-30:]
        assert it.find("call.ended").reason == "agent_hung_up"


@need("sipp")
async def test_a_transfer_that_the_far_end_reports_done(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        async with desk(it) as hub:
            await asyncio.to_thread(it.up, "--after", "0.05")
            await reach(hub)
            caller = sipp(it, referred("200 OK"))
            await until(lambda: it.find("call.bridged"))
            await hub.request("softphone.2101", "transfer", to="02150001234")
            assert await asyncio.to_thread(caller.wait) == 0, caller.errors + caller.lines[-30:]
        assert it.await_event("call.ended").reason == "transferred"


async def test_keys_reach_the_far_end_and_are_kept_nowhere(tmp_path: Path) -> None:
    with site(tmp_path, log_level="debug") as it:
        async with desk(it) as hub:
            phone, _ = await asyncio.to_thread(it.up, "--after", "0.05")
            await reach(hub)
            caller = it.caller("--linger", "30")
            await until(lambda: it.find("call.bridged"))
            for digits in ("", "12a4z", "1" * 33, "1;2"):
                with pytest.raises(CommandRefusedError, match="digits"):
                    await hub.request("softphone.2101", "dtmf", digits=digits)
            await hub.request("softphone.2101", "dtmf", digits="7305*#A")
            await until(lambda: len(_keys(caller.events)) == 7)
            await asyncio.sleep(0.3)  # each key once
            await hub.request("softphone.2101", "hold")
            with pytest.raises(CommandRefusedError, match="keys cannot be sent"):
                await hub.request("softphone.2101", "dtmf", digits="1")
            await hub.request("softphone.2101", "hangup")
            await until(lambda: it.find("recording.closed"))
        assert _keys(caller.events) == list("7305*#A")
        assert it.find("dtmf.sent").count == 7
        told = (it.calls()[-1].path / "call.jsonl").read_text() + "\n".join(phone.errors)
        assert "7305" not in told
        assert "12a4z" not in told


@need("sipp")
async def test_a_far_end_without_keys_is_said_so(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        async with desk(it) as hub:
            await asyncio.to_thread(it.up, "--after", "0.05")
            await reach(hub)
            caller = sipp(it, referred("486 Busy Here"))  # offers no telephone-event
            await until(lambda: it.find("call.bridged"))
            with pytest.raises(CommandRefusedError, match="takes no keys"):
                await hub.request("softphone.2101", "dtmf", digits="1")
            assert it.find("dtmf.sent") is None
            await asyncio.to_thread(caller.stop)


def _keys(events: list[dict]) -> list[str]:
    return [item["digit"] for item in events if item["event"] == "dtmf"]
