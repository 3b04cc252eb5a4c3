# SPDX-License-Identifier: GPL-3.0-or-later
"""A third party in a call of a real softphone: each side speaks a tone of its own, so that who hears whom is measured.

Phones record what they hear from their answer on; the moments of the journal are found in that by wall time.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.bus import BusClient
from pipeline.errors import CommandRefusedError
from tests.telephony.harness import RATE_HZ, Process, Site, reach, read_wav, sine, site, tones_in, until, write_wav
from tests.telephony.test_outgoing import desk

pytestmark = pytest.mark.integration

TONES = {"caller": 500.0, "agent": 900.0, "guest": 1400.0}
PHASE_S = 1.0
MARGIN_S = 0.35  # a busy machine is late by so much


class Trio:
    """Caller, agent and guest, each with a tone, and what each of them heard."""

    def __init__(self, it: Site, hub: BusClient) -> None:
        self.it, self.hub = it, hub
        self.phones: dict[str, Process] = {}

    async def start(self) -> None:
        """Bring caller and agent together; the guest's device waits."""
        it = self.it
        says = {name: write_wav(it.folder / f"{name}.wav", sine(30, hz)) for name, hz in TONES.items()}
        for name in ("agent", "guest"):
            (it.folder / name).mkdir()
        agent = await asyncio.to_thread(
            it.up, "--after", "0.05", "--play", str(says["agent"]), "--record-dir", str(it.folder / "agent")
        )
        await reach(self.hub)
        guest = ("--after", "0.1", "--play", str(says["guest"]), "--record-dir", str(it.folder / "guest"))
        self.phones = {"agent": agent[1], "guest": await asyncio.to_thread(it.guest, *guest)}
        self.phones["caller"] = it.caller("--play", str(says["caller"]), "--record", str(it.folder / "heard.wav"))
        await until(lambda: it.find("call.bridged"))

    async def command(self, name: str, **args: Any) -> dict[str, Any]:
        return await self.hub.request("softphone.2101", name, **args)

    async def phase(self) -> None:
        """Let them talk for a while."""
        await asyncio.sleep(PHASE_S)

    def heard(self, party: str, begin: str, end: str, *, call: int = 1) -> set[str]:
        """Return whose tones a party heard well inside two events of the journal."""
        path = self.it.folder / ("heard.wav" if party == "caller" else f"{party}/heard-{call}.wav")
        answers = [item["t"] for item in self.phones[party].events if item["event"] == "answered"]
        first, last = (self.it.find(name).at.timestamp() - answers[call - 1] for name in (begin, end))
        return tones_in(_inside(read_wav(path), first, last), TONES)

    def recorded(self, leg: str, begin: str, end: str) -> set[str]:
        """Return whose tones are on a channel of the recording well inside two events."""
        first, last = (self.it.find(name).offset_ms / 1000 for name in (begin, end))
        return tones_in(_inside(self.it.audio(leg), first, last), TONES)


def _inside(audio: np.ndarray, first_s: float, last_s: float) -> np.ndarray:
    return audio[round((first_s + MARGIN_S) * RATE_HZ) : round((last_s - MARGIN_S / 2) * RATE_HZ)]


async def test_consultation_then_conference_then_two_again(tmp_path: Path) -> None:
    with site(tmp_path, guest=True) as it:
        async with desk(it) as hub:
            trio = Trio(it, hub)
            await trio.start()
            await trio.phase()
            invited = await trio.command("guest", to="2102", mode="consult", person="Bayu Uji")
            assert invited["guest"] == {"to": "2102", "mode": "consult", "joined": False}
            assert invited["state"] == "talking"  # untouched until the guest answers
            with pytest.raises(CommandRefusedError, match="third party in this call already"):
                await trio.command("guest", to="2102", mode="listen")
            await until(lambda: it.find("guest.joined"))
            with pytest.raises(CommandRefusedError, match="still in consultation"):
                await trio.command("resume")
            await trio.phase()
            assert (await trio.command("guest_mode", mode="conference"))["state"] == "talking"
            await trio.phase()
            assert (await trio.command("guest_drop"))["guest"] is None
            await trio.phase()
            await trio.command("hangup")
            await until(lambda: it.find("recording.closed"))
            for phone in trio.phones.values():
                await asyncio.to_thread(phone.event, "ended")
        names = it.names()[it.names().index("call.bridged") + 1 :]
        assert names == [
            "guest.invited", "guest.joined", "call.held", "guest.mode_changed", "call.resumed", "guest.left",
            "call.ended", "recording.closed",
        ]  # fmt: skip
        assert (it.find("guest.invited").person, it.find("guest.left").reason) == ("Bayu Uji", "dropped")
        assert (await asyncio.to_thread(trio.phones["guest"].event, "incoming"))["caller"].startswith('"081200001111"')
        phases = [
            ("call.bridged", "guest.invited", {"agent"}, {"caller"}, None, {"agent"}),
            ("call.held", "guest.mode_changed", set(), {"guest"}, {"agent"}, {"agent", "guest"}),
            ("call.resumed", "guest.left", {"agent", "guest"}, {"caller", "guest"}, {"caller", "agent"},
             {"agent", "guest"}),
            ("guest.left", "call.ended", {"agent"}, {"caller"}, None, {"agent"}),
        ]  # fmt: skip
        for begin, end, caller, agent, guest, channel in phases:
            assert trio.heard("caller", begin, end) == caller, begin
            assert trio.heard("agent", begin, end) == agent, begin
            assert guest is None or trio.heard("guest", begin, end) == guest, begin
            assert trio.recorded("caller", begin, end) == {"caller"}, begin
            assert trio.recorded("agent", begin, end) == channel, begin
        closed = it.find("recording.closed")
        assert closed.caller_samples == closed.agent_samples


async def test_a_listener_is_heard_by_nobody_a_whisperer_by_the_agent_and_the_agent_hands_over(tmp_path: Path) -> None:
    with site(tmp_path, guest=True) as it:
        async with desk(it) as hub:
            trio = Trio(it, hub)
            await trio.start()
            await trio.command("guest", to="2102", mode="listen", auto_answer=True)
            await until(lambda: it.find("guest.joined"))
            with pytest.raises(CommandRefusedError, match="no third party talking"):
                await trio.command("transfer_attended")
            await trio.phase()
            await trio.command("guest_mode", mode="whisper")
            await trio.phase()
            await trio.command("guest_mode", mode="consult")
            await until(lambda: it.find("call.held"))
            handed = await trio.command("transfer_attended")
            assert handed["possible"] == ["hangup"]
            await asyncio.to_thread(trio.phones["agent"].event, "ended")
            await trio.phase()
            assert it.find("call.ended") is None
            trio.phones["caller"].process.terminate()
            await until(lambda: it.find("recording.closed"))
            await asyncio.to_thread(trio.phones["guest"].event, "ended")
        assert it.find("call.ended").reason == "caller_hung_up"
        assert it.find("call.transferred").kind == "attended"
        for begin, end, caller, agent, guest, channel in (
            ("guest.joined", "guest.mode_changed", {"agent"}, {"caller"}, {"caller", "agent"}, {"agent"}),
            ("guest.mode_changed", "call.held", {"agent"}, {"caller", "guest"}, {"caller", "agent"},
             {"agent", "guest"}),
            ("call.transferred", "call.ended", {"guest"}, None, {"caller"}, {"guest"}),
        ):  # fmt: skip
            assert trio.heard("caller", begin, end) == caller, begin
            assert agent is None or trio.heard("agent", begin, end) == agent, begin
            assert trio.heard("guest", begin, end) == guest, begin
            assert trio.recorded("caller", begin, end) == {"caller"}, begin
            assert trio.recorded("agent", begin, end) == channel, begin


async def test_a_guest_who_does_not_come_leaves_the_call_as_it_was(tmp_path: Path) -> None:
    with site(tmp_path, guest=True, ring_timeout_s=1.0) as it:
        async with desk(it) as hub:
            await asyncio.to_thread(it.up, "--after", "0.05")
            await reach(hub)
            caller = it.caller("--linger", "30")
            await until(lambda: it.find("call.bridged"))
            reasons = []
            for arguments in (("--reject", "486"), ("--never",), ("--after", "0.05", "--hang-up-after", "0.3")):
                guest = await asyncio.to_thread(it.guest, *arguments)
                assert (await hub.request("softphone.2101", "guest", to="2102", mode="consult"))["state"] == "talking"
                await until(lambda: len(_left(it)) > len(reasons))  # noqa: B023
                reasons = _left(it)
                await asyncio.to_thread(guest.stop)
            for to, words in (("2101", "itself"), ("abc", "telephone number")):
                with pytest.raises(CommandRefusedError, match=words):
                    await hub.request("softphone.2101", "guest", to=to, mode="consult")
            status = await hub.request("softphone.2101", "status")
            assert (status["state"], status["guest"]) == ("held", None)  # the last one was there: resume is ours to say
            assert "resume" in status["possible"]
            await hub.request("softphone.2101", "resume")
            await hub.request("softphone.2101", "hangup")
            assert await asyncio.to_thread(caller.wait) == 0
        assert reasons == ["busy", "no_answer", "hung_up"]
        assert it.await_event("recording.closed").gap is False


def _left(it: Site) -> list[str]:
    return [item.reason for item in it.journal() if item.name == "guest.left"]
