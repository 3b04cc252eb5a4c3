# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk's commands over a real bus: answer, hold, mute, hang up; what they do to the recordings."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from pipeline.bus import Broker, BusClient
from pipeline.errors import CommandRefusedError
from pipeline.events import Event, ExtensionStateChanged
from tests.telephony.harness import RATE_HZ, Site, sine, site, until, voice, write_wav

pytestmark = pytest.mark.integration


async def test_hold_and_mute_keep_both_files_on_one_timeline(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        write_wav(it.agent_wav, voice(8, 2))
        write_wav(it.caller_wav, voice(8, 1))
        async with Broker(it.bus_path), BusClient(it.bus_path, "desk") as desk:
            await asyncio.to_thread(it.up, "--after", "0.1", "--play", str(it.agent_wav))
            caller = it.caller("--play", str(it.caller_wav))
            bridged = await until(lambda: it.find("call.bridged"))
            call = {"call_id": bridged.call_id}

            async def command(name: str) -> dict:
                return await desk.request("softphone.2101", name, **call)

            await asyncio.sleep(0.4)
            assert (await command("hold"))["state"] == "held"
            with pytest.raises(CommandRefusedError):
                await command("hold")
            await asyncio.sleep(0.8)
            assert (await command("resume"))["state"] == "talking"
            await asyncio.sleep(0.4)
            assert (await command("mute"))["muted"] is True
            await asyncio.sleep(0.8)
            assert (await command("unmute"))["muted"] is False
            await asyncio.sleep(0.7)
            with pytest.raises(CommandRefusedError, match="not on extension"):
                await desk.request("softphone.2101", "hangup", call_id="20260101T000000-00000000")
            await command("hangup")
            assert await asyncio.to_thread(caller.wait) == 0
            await until(lambda: it.find("recording.closed"))
        assert it.find("call.ended").reason == "agent_hung_up"
        caller_audio, agent_audio = it.audio("caller"), it.audio("agent")
        assert len(caller_audio) == len(agent_audio)
        for begin, end in (("call.held", "call.resumed"), ("agent.muted", "agent.unmuted")):
            span = _span(it, begin, end)
            assert not agent_audio[span].any(), begin  # the agent's voice is in neither span
            assert np.abs(caller_audio[span].astype(float)).mean() > 500  # the caller's is
        after = _span(it, "agent.unmuted", "call.ended")
        assert np.abs(agent_audio[after].astype(float)).mean() > 500


async def test_nothing_is_thrown_away_in_announcement_and_holds(tmp_path: Path) -> None:
    """A leg that nobody reads fills its jitter buffer: packets counted as lost, and old audio after the hold."""
    with site(tmp_path) as it:
        write_wav(it.folder / "announcement.wav", sine(3.0, 440))
        write_wav(it.agent_wav, voice(12, 2))
        write_wav(it.caller_wav, voice(12, 1))
        async with Broker(it.bus_path), BusClient(it.bus_path, "desk") as desk:
            hold = ("--hold", "5.8-6.2")  # the device's own: its re-INVITE makes a new stream
            await asyncio.to_thread(it.up, "--after", "0.1", "--play", str(it.agent_wav), *hold)
            caller = it.caller("--play", str(it.caller_wav), "--hang-up-after", "7")
            await until(lambda: it.find("call.bridged"))
            await desk.request("softphone.2101", "hold")
            await asyncio.sleep(2)
            await desk.request("softphone.2101", "resume")
            assert await asyncio.to_thread(caller.wait) == 0, caller.errors
            await until(lambda: it.find("recording.closed"))
        assert it.names().count("call.held") == 2
        final = {item.leg: item for item in it.journal() if item.name == "media.measured" and item.final}
        assert final["caller"].packets > 300
        assert final["agent"].packets > 280  # before and after its hold
        assert final["agent"].discarded <= 25
        assert final["caller"].discarded <= 25


def _span(it: Site, begin: str, end: str) -> slice:
    """Samples well inside two events (200 ms off each end: on a busy machine audio is a little late)."""
    margin = RATE_HZ // 5
    first, last = (it.find(name).offset_ms * RATE_HZ // 1000 for name in (begin, end))
    return slice(first + margin, last - margin)


async def test_desk_answers_and_the_hub_sees_the_states(tmp_path: Path) -> None:
    seen: list[Event] = []
    with site(tmp_path, extension={"answer": "desk"}) as it:
        async with Broker(it.bus_path), BusClient(it.bus_path, "hub", subscribe=("",), on_event=seen.append) as hub:
            _, agent = await asyncio.to_thread(it.up, "--after", "0.05")
            caller = it.caller("--linger", "2")
            offered = await until(lambda: it.find("call.offered"))
            await asyncio.sleep(0.5)
            assert not any(item["event"] == "incoming" for item in agent.events)  # waits for the desk
            with pytest.raises(CommandRefusedError):
                await hub.request("softphone.2101", "hold", call_id=offered.call_id)
            await hub.request("softphone.2101", "answer", call_id=offered.call_id)
            await until(lambda: it.find("call.bridged"))
            status = await hub.request("softphone.2101", "status")
            assert (status["state"], status["call_id"]) == ("talking", offered.call_id)
            assert await asyncio.to_thread(caller.wait) == 0
            await until(lambda: it.find("recording.closed"))
            with pytest.raises(CommandRefusedError, match="has no call"):
                await hub.request("softphone.2101", "hangup")
            await until(lambda: any(item.name == "recording.closed" for item in seen))
            await until(lambda: any(item.name == "worker.measured" for item in seen))
        states = [item.state for item in seen if isinstance(item, ExtensionStateChanged)]
        changes = [state for index, state in enumerate(states) if index == 0 or states[index - 1] != state]
        assert changes[-4:] == ["ready", "ringing", "talking", "ready"]
        stored = [(item.name, item.seq) for item in it.journal()]
        assert [(item.name, item.seq) for item in seen if getattr(item, "stream", None) == "call"] == stored
        progress = [item for item in seen if item.name == "call.progressed"]
        assert progress
        assert all(item.seq == 0 for item in progress)


async def test_desk_rejects(tmp_path: Path) -> None:
    with site(tmp_path, extension={"answer": "desk"}) as it:
        async with Broker(it.bus_path), BusClient(it.bus_path, "hub") as hub:
            await asyncio.to_thread(it.softphone)
            caller = it.caller()
            await until(lambda: it.find("call.offered"))
            await hub.request("softphone.2101", "reject")
            assert await asyncio.to_thread(caller.wait) == 4
            assert caller.event("ended")["code"] == 603
        assert it.await_event("call.ended").reason == "agent_rejected"


@pytest.mark.parametrize("holder", ["caller", "agent"])
def test_hold_by_a_phone_keeps_both_files_on_one_timeline(tmp_path: Path, holder: str) -> None:
    with site(tmp_path) as it:
        write_wav(it.agent_wav, voice(6, 2))
        write_wav(it.caller_wav, voice(6, 1))
        hold = ("--hold", "0.9-1.7")
        it.up("--after", "0.1", "--play", str(it.agent_wav), *(hold if holder == "agent" else ()))
        caller = it.caller(
            "--play", str(it.caller_wav), "--hang-up-after", "2.6", *(hold if holder == "caller" else ())
        )
        assert caller.wait() == 0, caller.errors
        it.await_event("recording.closed")
        held = it.find("call.held")
        assert held.by == holder
        assert it.find("call.resumed").offset_ms - held.offset_ms == pytest.approx(800, abs=300)
        caller_audio, agent_audio = it.audio("caller"), it.audio("agent")
        assert len(caller_audio) == len(agent_audio) >= 2.4 * RATE_HZ
        quiet = agent_audio[_span(it, "call.held", "call.resumed")]
        assert not quiet.any(), np.flatnonzero(quiet)[[0, -1]]
        after = _span(it, "call.resumed", "call.ended")
        for audio in (caller_audio, agent_audio):  # the legs came back after their re-INVITEs
            assert np.abs(audio[after].astype(float)).mean() > 500
