# SPDX-License-Identifier: GPL-3.0-or-later
"""Real worker processes and a real bus for the integration tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import soundfile as sf

from models.demo_speech.library import DemoLine, load_library
from pipeline.bus.broker import Broker
from pipeline.bus.client import BusClient
from pipeline.events import Event, Leg
from pipeline.settings import PROJECT_DIR
from tests.asr.calls import Audio, FakeSoftphone, silence

T_ = TypeVar("T_", bound=Event)
WAIT_S = 40.0
STEP = 320  # samples: recordings grow by 40 ms at a time


class Site:
    """One data folder with its bus; starts workers and hears what they publish."""

    def __init__(self, data_dir: Path, bus: BusClient, heard: list[Event]) -> None:
        self.data_dir, self.bus, self.heard = data_dir, bus, heard
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def spool(self) -> Path:
        return self.data_dir / "spool"

    def start(self, name: str, **settings: object) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "KRING_DATA_DIR": str(self.data_dir)}
        environment |= {f"KRING_{key.upper()}": str(value) for key, value in settings.items()}
        with (self.data_dir / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "asr.worker", "--name", name], cwd=PROJECT_DIR, env=environment, stderr=log
            )
        self.workers.append(process)
        return process

    async def ready(self, *names: str) -> None:
        """Wait until the workers are on the bus."""
        await until(lambda: set(names) <= set(self.bus.peers))

    def log(self, name: str) -> str:
        return (self.data_dir / f"{name}.log").read_text()

    def of(self, kind: type[T_]) -> list[T_]:
        return [item for item in self.heard if isinstance(item, kind)]


@contextlib.asynccontextmanager
async def site(data_dir: Path) -> AsyncIterator[Site]:
    """Serve a bus in the data folder; all workers are gone afterwards."""
    heard: list[Event] = []
    socket = data_dir / "run" / "bus.sock"
    async with Broker(socket), BusClient(socket, "test", subscribe=("",), on_event=heard.append) as bus:
        made = Site(data_dir, bus, heard)
        try:
            await bus.connected.wait()
            yield made
        finally:
            for process in made.workers:
                if process.poll() is None:
                    process.terminate()
            for process in made.workers:
                await asyncio.to_thread(process.wait, 15)


async def until(fact: Callable[[], bool], wait_s: float = WAIT_S) -> None:
    """Wait for a fact; fails after ``wait_s``."""
    give_up = time.monotonic() + wait_s
    while not fact():
        assert time.monotonic() < give_up, "waited in vain"
        await asyncio.sleep(0.02)


def library() -> dict[str, DemoLine]:
    """Return the spoken demo lines by id."""
    return {line.id: line for line in load_library(PROJECT_DIR / "models/demo_speech")}


def dialogue(question: DemoLine, replies: list[DemoLine]) -> dict[Leg, Audio]:
    """Return both legs of a call in which the replies follow the question, with pauses of one second."""
    first, rest = _audio(question), [_audio(line) for line in replies]
    answer = np.concatenate([silence(0), *(part for audio in rest for part in (audio, silence(1)))])
    return {
        "caller": np.concatenate([silence(0.6), first, silence(1), np.zeros(answer.size, np.int16)]),
        "agent": np.concatenate([silence(0.6), np.zeros(first.size, np.int16), silence(1), answer]),
    }


def grow(phone: FakeSoftphone, legs: dict[Leg, Audio], begin: int = 0, end: int | None = None) -> None:
    """Append samples ``begin`` to ``end`` of both legs, in the steps in which a recorder writes them."""
    last = legs["caller"].size if end is None else end
    for at in range(begin, last, STEP):
        for leg, audio in legs.items():
            phone.write(leg, audio[at : min(at + STEP, last)])


def _audio(line: DemoLine) -> Audio:
    audio: Audio = sf.read(line.path, dtype="int16")[0]
    return audio
