# SPDX-License-Identifier: GPL-3.0-or-later
"""A transcription worker process: ``python -m asr.worker --name asr.1``.

Learns of calls from the bus and, because the bus may lose news, from the spool itself; claims them, hands them to
the decoding thread, reports its load, and leaves with exit code 0 when it was told to or has served its time.
When another model is chosen (`kring models use`), it is loaded beside the old one and serves the calls that come
then; calls being followed end with the model that they began with, and nobody waits.
Exit code 3: a setting or the model is wrong; one line on stderr says which.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import contextvars
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import structlog

from asr.claims import try_claim, waiting_calls
from asr.errors import ModelError
from asr.model import load_model
from asr.pool import DecodePool
from asr.recycle import DRAIN_PATIENCE_S, RecycleRule, claim_delay_s
from asr.session import Model
from pipeline.bus.client import BusClient
from pipeline.callfolder import Spool
from pipeline.clock import Clock, SystemClock
from pipeline.errors import CONFIGURATION_EXIT, CommandRefusedError, KringError
from pipeline.events import Event, RecordingStarted
from pipeline.health import measure
from pipeline.ids import CALL_ID_PATTERN
from pipeline.logs import configure_logs
from pipeline.settings import Settings, load_settings

log = structlog.get_logger("asr")

SCAN_S = 1.0
MEASURE_S = 3.0
MODEL_S = 1.0  # how often it is looked whether another model was chosen
_CLAIM_TICK_S = 0.02


class Worker:
    """Everything of the process except the decoding itself; runs in the event loop."""

    def __init__(self, name: str, settings: Settings, model: Model, model_path: Path, clock: Clock) -> None:
        self.name = name
        self._model_path = model_path
        self._refused_path: Path | None = None  # a chosen model that cannot be used; told once
        self._settings, self._clock = settings, clock
        self._spool = Spool(settings.spool_dir)
        self._rule = RecycleRule.for_worker(
            name, most_calls=settings.asr_recycle_calls, most_rss_mb=settings.asr_recycle_rss_mb
        )
        self._process = psutil.Process()
        self._bus = BusClient(
            settings.bus_path,
            name,
            subscribe=("recording.started",),
            on_event=self._on_event,
            on_command=self._on_command,
            on_gap=lambda _why: self._scan_now.set(),
        )
        self._pool = DecodePool(
            model,
            self._bus.publish_threadsafe,
            clock,
            block_ms=settings.asr_block_ms,
            poll_ms=settings.asr_poll_ms,
        )
        self._seen_at_s: dict[str, float] = {}  # calls nobody was seen to follow, and since when
        self._known_complete: set[str] = set()
        self._scan_now = asyncio.Event()
        self._claim_now = asyncio.Event()
        self._drain_reason = ""
        self._draining = asyncio.Event()
        self.failed = False  # the decoding thread died: leave with an error, so that the process is restarted
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        """Serve until told to stop or drained."""
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()  # log lines of the thread carry the process name too
        thread = threading.Thread(target=context.run, args=(self._decode, loop), name="decode")
        async with self._bus:
            thread.start()
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [
                        group.create_task(self._scan(), name="asr-scan"),
                        group.create_task(self._claim(), name="asr-claim"),
                        group.create_task(self._measure(), name="asr-measure"),
                        group.create_task(self._retire(), name="asr-retire"),
                        group.create_task(self._follow_model(), name="asr-model"),
                    ]
                    await self.stopping.wait()
                    for task in tasks:
                        task.cancel()
            finally:
                self._pool.stop()
                await asyncio.to_thread(thread.join)

    def _decode(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self._pool.run()
        except Exception:
            log.exception("decoding thread failed")
            self.failed = True
            loop.call_soon_threadsafe(self.stopping.set)

    def _on_event(self, item: Event) -> None:
        if isinstance(item, RecordingStarted) and CALL_ID_PATTERN.match(item.call_id):
            self._notice(item.call_id)

    async def _on_command(self, command: str, args: dict[str, Any]) -> dict[str, Any]:
        del args
        if command != "status":
            raise CommandRefusedError(f"{self.name} does not know the command {command}")
        return {"draining": self._drain_reason, "model": str(self._model_path), **self._pool.figures}

    def _notice(self, call_id: str) -> None:
        self._seen_at_s.setdefault(call_id, self._clock.monotonic_s())
        self._claim_now.set()

    async def _scan(self) -> None:
        """Find calls that the bus did not tell of."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SCAN_S):
                    await self._scan_now.wait()
            self._scan_now.clear()
            try:
                for folder in waiting_calls(self._spool, self._known_complete):
                    self._notice(folder.call_id)
            except OSError as error:
                log.warning("spool cannot be read", problem=str(error))

    async def _claim(self) -> None:
        """Claim what has waited long enough for a worker as busy as this one."""
        while True:
            if self._seen_at_s and not self._drain_reason:
                await asyncio.sleep(_CLAIM_TICK_S if self._pool.calls else 0)
            else:
                await self._claim_now.wait()
                self._claim_now.clear()
            for call_id, since_s in list(self._seen_at_s.items()):
                delay_s = claim_delay_s(self._pool.calls, self._settings.asr_calls_per_worker)
                if self._drain_reason or self._clock.monotonic_s() - since_s < delay_s:
                    continue
                del self._seen_at_s[call_id]  # taken by another or done; a scan finds it again if that one dies
                claim = try_claim(self._spool.folder(call_id))
                if claim is not None:
                    log.info("call claimed", call_id=call_id, attempt=claim.attempt)
                    self._pool.take(claim)
                    self._consider_draining()

    def _consider_draining(self) -> None:
        reason = self._rule.reason_to_drain(
            calls_taken=self._pool.calls_taken, rss_bytes=self._process.memory_info().rss
        )
        if reason and not self._drain_reason:
            self._drain_reason = reason
            self._draining.set()
            log.info("worker drains", reason=reason)

    async def _retire(self) -> None:
        """Leave once drained; calls that go on for long are handed over through the disk."""
        await self._draining.wait()
        if self._pool.calls:
            await asyncio.to_thread(self._pool.idle.wait, DRAIN_PATIENCE_S)
        log.info("worker leaves for its replacement", reason=self._drain_reason, calls_left=self._pool.calls)
        self.stopping.set()

    async def _follow_model(self) -> None:
        """Take another model over when one was chosen; one that cannot be loaded changes nothing."""
        while True:
            await asyncio.sleep(MODEL_S)
            path = self._settings.asr_model
            if path in (self._model_path, self._refused_path):
                continue
            try:
                model = await asyncio.to_thread(load_model, path)
            except ModelError as error:
                self._refused_path = path
                log.error("chosen model refused, the one before stays", model=str(path), problem=str(error))
                continue
            self._pool.use(model)
            self._model_path, self._refused_path = path, None
            log.info("model taken over", model=str(path))

    async def _measure(self) -> None:
        while True:
            self._consider_draining()
            self._bus.publish(measure(self.name, self._clock, self._pool.figures))
            await asyncio.sleep(MEASURE_S)


async def serve(name: str, settings: Settings, model: Model, model_path: Path) -> int:
    """Run a worker until SIGTERM, SIGINT or retirement; returns the exit code."""
    worker = Worker(name, settings, model, model_path, SystemClock())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stopping.set)
    log.info("worker ready", model=str(model_path))
    await worker.run()
    return int(worker.failed)


def main(arguments: list[str] | None = None) -> int:
    """Entry point; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m asr.worker", description="Kring transcription worker")
    parser.add_argument("--name", default="asr.1", help="bus name, unique in the pool (asr.1, asr.2, ...)")
    name = parser.parse_args(arguments).name
    try:
        settings = load_settings()
        configure_logs(name, settings.log_level)
        model_path = settings.asr_model
        model = load_model(model_path)
    except KringError as error:
        sys.stderr.write(f"{error}\n")
        return CONFIGURATION_EXIT
    return asyncio.run(serve(name, settings, model, model_path))


if __name__ == "__main__":
    sys.exit(main())
