# SPDX-License-Identifier: GPL-3.0-or-later
"""Real peers for the telephony tests: the softphone process, scriptable phones, SIPp, baresip, and audio checks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.bus import BusClient
from pipeline.callfolder import CallFolder, Spool
from pipeline.errors import CommandRefusedError
from pipeline.events import CallEvent
from pipeline.settings import PROJECT_DIR, Settings
from telephony.media import closed_samples
from tests.ports import free_port, free_range

RATE_HZ = 8000
ANNOUNCEMENT_MS, TONE_MS = 300, 100


def wait_for(condition: Callable[[], Any], timeout_s: float = 10.0, what: str = "") -> Any:
    """Poll until ``condition`` is true and return its value; fails the test after ``timeout_s``."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not in {timeout_s} s: {what or condition}")


async def until(condition: Callable[[], Any], timeout_s: float = 10.0) -> Any:
    """Poll until ``condition`` is true and return its value, without blocking the loop."""
    async with asyncio.timeout(timeout_s):
        while not (value := condition()):
            await asyncio.sleep(0.02)
    return value


async def reach(hub: BusClient) -> BusClient:
    """Return the client when the softphone has come to the bus, which it does beside its start."""

    async def answers() -> bool:
        with contextlib.suppress(CommandRefusedError):
            return bool(await hub.request("softphone.2101", "status"))
        return False

    async with asyncio.timeout(10):
        while not await answers():
            await asyncio.sleep(0.02)
    return hub


def voice(seconds: float, seed: int) -> np.ndarray:
    """Speech-like noise: band-limited, with syllables, different for each seed."""
    count = int(seconds * RATE_HZ)
    rng = np.random.default_rng(seed)
    noise = np.convolve(rng.normal(size=count), np.ones(4) / 4, "same")
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 3.3 * np.arange(count) / RATE_HZ + seed)
    return (7000 * noise * syllables).clip(-30000, 30000).astype("<i2")


def sine(seconds: float, hz: float) -> np.ndarray:
    """A plain tone."""
    return (8000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype("<i2")


def write_wav(path: Path, audio: np.ndarray, rate_hz: int = RATE_HZ, channels: int = 1) -> Path:
    """Write PCM16."""
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(audio.astype("<i2").tobytes())
    return path


def read_wav(path: Path) -> np.ndarray:
    """Read a PCM16 file that is closed, or is just being closed."""
    wait_for(lambda: closed_samples(path) is not None, 3, f"a closed {path}")
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def correlation(heard: np.ndarray, sent: np.ndarray) -> tuple[float, int]:
    """Return the best normalised correlation of ``sent`` inside ``heard`` and where it begins (samples)."""
    h, s = heard.astype(float), sent.astype(float)
    size = 1 << (len(h) + len(s)).bit_length()
    product = np.fft.irfft(np.fft.rfft(h, size) * np.conj(np.fft.rfft(s, size)), size)
    at = int(np.argmax(product[: max(1, len(h) - len(s) + 1)]))
    piece = h[at : at + len(s)]
    bottom = np.linalg.norm(piece) * np.linalg.norm(s[: len(piece)])
    return float(piece @ s[: len(piece)] / bottom) if bottom else 0.0, at


def likeness(heard: np.ndarray, sent: np.ndarray, piece_ms: int = 250) -> float:
    """Return the median correlation of the pieces of ``sent``, each found in ``heard`` by itself.

    On a busy machine a jitter buffer leaves out or repeats a packet here and there: what comes after is shifted by
    20 ms, which would ruin one correlation over everything although every word is there.
    """
    size = piece_ms * RATE_HZ // 1000
    pieces = [sent[at : at + size] for at in range(0, len(sent) - size + 1, size)]
    return float(np.median([correlation(heard, piece)[0] for piece in pieces]))


def tones_in(audio: np.ndarray, tones: Mapping[str, float]) -> set[str]:
    """Return the names of the tones (Hz) that are in a piece of audio."""
    if len(audio) < RATE_HZ // 10:
        raise AssertionError(f"only {len(audio)} samples to look at")
    times = np.arange(len(audio)) / RATE_HZ
    window = np.hanning(len(audio))
    found = set()
    for name, hz in tones.items():
        amplitude = 2 * abs(np.sum(audio * window * np.exp(-2j * np.pi * hz * times))) / window.sum()
        if amplitude > 1000:
            found.add(name)
    return found


class Process:
    """A program whose output is collected; JSON lines of stdout become ``events``."""

    def __init__(self, arguments: list[str], env: dict[str, str] | None = None, cwd: Path | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.errors: list[str] = []
        self.process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=cwd or PROJECT_DIR,
            env={**os.environ, **(env or {})},
        )
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.lines, True), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.errors, False), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any, lines: list[str], parse: bool) -> None:
        for line in stream:
            lines.append(line.rstrip("\n"))
            if parse and line.startswith("{"):
                with contextlib.suppress(ValueError):
                    self.events.append(json.loads(line))
        stream.close()

    def event(self, name: str, timeout_s: float = 10.0) -> dict[str, Any]:
        """Wait for the first event of this name."""
        return wait_for(
            lambda: next((item for item in list(self.events) if item.get("event") == name), None),
            timeout_s,
            f"event {name} in {self.lines[-5:]} {self.errors[-5:]}",
        )

    def wait(self, timeout_s: float = 15.0) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(timeout_s)
        for reader in self._readers:
            reader.join(2)
        return code

    def stop(self, timeout_s: float = 8.0) -> int:
        """SIGTERM (SIGKILL when that does not help) and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.wait(5)

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.wait(5)


class Site:
    """One extension with its settings in a temporary folder, and the peers started for it."""

    def __init__(self, folder: Path, **overrides: Any) -> None:
        self.folder = folder
        self.sip_port, self.device_port, self.outside_port = free_port(), free_port(), free_port()
        self.rtp_port = free_range(32)
        self.data_dir = folder / "var"
        extension = {
            "number": "2101",
            "sip_port": self.sip_port,
            "rtp_port": self.rtp_port,
            "device_uri": f"sip:agent@127.0.0.1:{self.device_port}",
            **overrides.pop("extension", {}),
        }
        values = {
            "data_dir": str(self.data_dir),
            "outbound_uri": f"sip:{{number}}@127.0.0.1:{self.outside_port}",
            "announcement_file": str(write_wav(folder / "announcement.wav", sine(ANNOUNCEMENT_MS / 1000, 440))),
            "sync_tone_file": str(write_wav(folder / "tone.wav", sine(TONE_MS / 1000, 1000))),
            **overrides,
        }
        guest = values.pop("guest", False)
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()] + ["[[extensions]]"]
        lines += [f"{key} = {json.dumps(value)}" for key, value in extension.items()]
        self.guest_port = free_port()
        if guest:  # a colleague's extension, whose softphone is not started
            lines += ["[[extensions]]", 'number = "2102"', f"sip_port = {free_port()}", f"rtp_port = {free_range(32)}"]
            lines += [f'device_uri = "sip:guest@127.0.0.1:{self.guest_port}"']
        (folder / "kring.toml").write_text("\n".join(lines) + "\n")
        self.env = {"KRING_CONFIG": str(folder / "kring.toml"), "KRING_LANGUAGE": "en"}
        self.processes: list[Process] = []
        self.caller_voice, self.agent_voice = voice(1.5, 1), voice(1.5, 2)
        self.caller_wav = write_wav(folder / "caller-says.wav", self.caller_voice)
        self.agent_wav = write_wav(folder / "agent-says.wav", self.agent_voice)

    @property
    def uri(self) -> str:
        """The extension's SIP address."""
        return f"sip:2101@127.0.0.1:{self.sip_port}"

    @property
    def bus_path(self) -> Path:
        """Where this site's bus is."""
        return Settings(data_dir=self.data_dir).bus_path

    def start(self, *arguments: str, env: dict[str, str] | None = None) -> Process:
        """Start a program that ends with the site."""
        process = Process(
            list(arguments), {**self.env, **(env or {})}, self.folder if arguments[0] != sys.executable else None
        )
        self.processes.append(process)
        return process

    def softphone(self, *, env: dict[str, str] | None = None, ready: bool = True) -> Process:
        """Start the softphone and wait until it listens."""
        process = self.start(sys.executable, "-m", "telephony.softphone", "--extension", "2101", env=env)
        if ready:
            self.await_softphone(process)
        return process

    def agent(self, *arguments: str, ready: bool = True) -> Process:
        """Start the agent's device."""
        process = self.start(
            sys.executable, "-m", "telephony.phone", "answer", "--port", str(self.device_port), *arguments
        )
        if ready:
            process.event("ready")
        return process

    def outside(self, *arguments: str) -> Process:
        """Start a telephone that answers at the end of the trunk."""
        return self.start(
            sys.executable, "-m", "telephony.phone", "answer", "--port", str(self.outside_port), *arguments
        )

    def guest(self, *arguments: str) -> Process:
        """Start the device of extension 2102."""
        process = self.start(
            sys.executable, "-m", "telephony.phone", "answer", "--port", str(self.guest_port), *arguments
        )
        process.event("ready")
        return process

    def up(self, *arguments: str) -> tuple[Process, Process]:
        """Start softphone and agent's device side by side and wait for both."""
        softphone, agent = self.softphone(ready=False), self.agent(*arguments, ready=False)
        agent.event("ready")
        self.await_softphone(softphone)
        return softphone, agent

    @staticmethod
    def await_softphone(process: Process) -> None:
        """Wait until a softphone listens."""
        wait_for(lambda: any("softphone ready" in line for line in process.errors), 10, f"ready {process.errors}")

    def caller(self, *arguments: str, uri: str = "") -> Process:
        """Start a caller."""
        return self.start(
            sys.executable, "-m", "telephony.phone", "call", uri or self.uri, "--from", "081200001111", *arguments
        )

    def calls(self) -> list[CallFolder]:
        """The call folders there are, oldest first (ids alone order no finer than a second)."""

        def offered(folder: CallFolder) -> float:
            return next((item.at.timestamp() for item in folder.read("call")), time.time())

        return sorted(Spool(self.data_dir / "spool").calls(), key=offered)

    def journal(self, index: int = -1) -> list[CallEvent]:
        """Events of a call so far."""
        return list(self.calls()[index].read("call"))

    def names(self) -> list[str]:
        """Event names of the last call, without statistics."""
        if not self.calls():
            return []
        return [item.name for item in self.journal() if item.name != "media.measured"]

    def find(self, name: str) -> Any:
        """The first event of this name in the last call, or None."""
        if not self.calls():
            return None
        return next((item for item in self.journal() if item.name == name), None)

    def await_event(self, name: str, timeout_s: float = 10.0) -> Any:
        """Wait until the last call's journal has this event."""
        return wait_for(lambda: self.find(name), timeout_s, f"{name} in {self.names()}")

    def audio(self, leg: str) -> np.ndarray:
        """A leg's closed recording."""
        return read_wav(self.calls()[-1].path / f"{leg}.wav")

    def close(self) -> None:
        """End everything that was started."""
        for process in self.processes:
            if process.process.poll() is None:
                process.process.terminate()
        for process in self.processes:
            process.stop()


@contextlib.contextmanager
def site(folder: Path, **overrides: Any) -> Iterator[Site]:
    """A site that is cleaned up."""
    it = Site(folder, **overrides)
    try:
        yield it
    finally:
        it.close()


def datagram(port: int, message: str, timeout_s: float = 3.0) -> str:
    """Send one SIP message to a loopback port and return the first final answer's status line."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(timeout_s)
        local = sock.getsockname()[1]
        sock.sendto(message.replace("{local}", str(local)).replace("\n", "\r\n").encode(), ("127.0.0.1", port))
        while True:
            line = sock.recv(4000).split(b"\r\n")[0].decode()
            if not line.startswith("SIP/2.0 1"):
                return line


def sip_request(method: str, user: str, port: int, *, host: str = "127.0.0.1") -> str:
    """A minimal SIP request without a body."""
    return (
        f"{method} sip:{user}@{host}:{port} SIP/2.0\n"
        "Via: SIP/2.0/UDP 127.0.0.1:{local};rport;branch=z9hG4bK-test-1\n"
        "From: <sip:tester@127.0.0.1>;tag=t1\n"
        f"To: <sip:{user}@{host}>\n"
        f"Call-ID: {method}-{time.monotonic_ns()}\n"
        f"CSeq: 1 {method}\nMax-Forwards: 70\nContact: <sip:tester@127.0.0.1:{{local}}>\nContent-Length: 0\n\n"
    )
