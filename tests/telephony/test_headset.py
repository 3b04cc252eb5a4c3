# SPDX-License-Identifier: GPL-3.0-or-later
"""The headset leg on a private PulseAudio daemon whose null sink plays back into its own microphone."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.bus import Broker, BusClient
from pipeline.settings import Settings
from tests.peers import need
from tests.telephony.harness import RATE_HZ, Site, correlation, likeness, sine, site, voice, wait_for, write_wav

pytestmark = [
    pytest.mark.integration,
    need("pulseaudio", "pactl"),
]


ANNOUNCEMENT_S = 2  # long enough to tell whether the agent's leg is read meanwhile


@pytest.fixture
def sound(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A PulseAudio of our own; yields the environment that finds it."""
    home = tmp_path / "sound"
    home.mkdir(mode=0o700)
    (home / ".asoundrc").write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
    env = {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "PATH": "/usr/bin:/bin",
        "LC_ALL": "C",
        "PULSE_RUNTIME_PATH": str(home),
    }
    daemon = subprocess.Popen(
        [
            "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--log-level=error",
            "--load=module-native-protocol-unix",
            "--load=module-null-sink sink_name=headset rate=16000 channels=1",
        ],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip

    def pactl(*arguments: str) -> str:
        done = subprocess.run(["pactl", *arguments], env=env, capture_output=True, check=False, text=True)
        return done.stdout if done.returncode == 0 else ""

    def ready() -> bool:
        """The sink is there, and its monitor is what a default microphone records."""
        if "headset.monitor" not in pactl("list", "short", "sources"):
            return False
        pactl("set-default-source", "headset.monitor")
        return "Default Source: headset.monitor" in pactl("info")

    try:
        wait_for(ready, 10, "pulseaudio")
        yield {key: value for key, value in env.items() if key not in ("PATH", "LC_ALL")}
    finally:
        daemon.terminate()
        daemon.wait(5)


async def test_headset_hears_the_caller_and_is_recorded(tmp_path: Path, sound: dict[str, str]) -> None:
    """One good call of three: on a busy machine a virtual sound card may not run at all for a stream."""
    with site(tmp_path, extension={"device": "headset"}) as it:
        write_wav(it.folder / "announcement.wav", sine(ANNOUNCEMENT_S, 440))
        bus_path = Settings(data_dir=it.data_dir).bus_path
        async with Broker(bus_path), BusClient(bus_path, "hub") as hub:
            await asyncio.to_thread(it.softphone, env=sound)
            for calls in range(1, 4):
                caller = it.caller("--play", f"{it.caller_wav}@{1000 * ANNOUNCEMENT_S + 700}", "--linger", "0.5")
                await asyncio.to_thread(wait_for, lambda calls=calls: len(it.calls()) == calls)
                await hub.request("softphone.2101", "answer")
                assert await asyncio.to_thread(caller.wait) == 0
                await asyncio.to_thread(it.await_event, "recording.closed")
                assert it.find("call.bridged").codec == "PCMA"
                if _looped(it) and _mouth_dropped(it) < 40:
                    return
        raise AssertionError([line for line in it.processes[0].errors if "headset" in line])


def _looped(it: Site) -> bool:
    """Whether what the caller said went to the ear and came back through the mouth, a little later.

    Half a second that came through whole is proof enough: other noise of that length correlates below 0.2, and a
    sound card that is late on a busy machine makes the rings drop or miss a 20 ms frame here and there.
    """
    caller, agent = it.audio("caller"), it.audio("agent")
    assert len(caller) == len(agent)
    assert likeness(caller, it.caller_voice) > 0.9
    window = RATE_HZ // 2
    for begin in range(0, len(it.caller_voice) - window + 1, window // 4):
        piece = it.caller_voice[begin : begin + window]
        spoken_at, (match, looped_at) = correlation(caller, piece)[1], correlation(agent, piece)
        if match > 0.8 and 0 < looped_at - spoken_at < RATE_HZ:
            return True
    return False


def _mouth_dropped(it: Site) -> int:
    """How many frames of the microphone nobody took in the last call: 50 a second when the leg is not read."""
    said = [json.loads(line) for line in it.processes[0].errors if line.startswith("{")]
    dropped: int = [line for line in said if line["event"] == "headset closed"][-1]["mouth"][0]
    return dropped


async def test_no_sound_device_ends_the_call_with_480(tmp_path: Path) -> None:
    with site(tmp_path, extension={"device": "headset", "headset_name": "no such device"}) as it:
        write_wav(it.caller_wav, voice(0.2, 1))
        bus_path = Settings(data_dir=it.data_dir).bus_path
        async with Broker(bus_path), BusClient(bus_path, "hub") as hub:
            phone = await asyncio.to_thread(it.softphone)
            caller = it.caller()
            offered = await asyncio.to_thread(it.await_event, "call.offered")
            await hub.request("softphone.2101", "answer", call_id=offered.call_id)
            assert await asyncio.to_thread(caller.wait) == 4
            assert caller.event("ended")["code"] == 480
        assert it.await_event("call.ended").reason == "agent_unreachable"
        assert any("no such device" in line for line in phone.errors)
