# SPDX-License-Identifier: GPL-3.0-or-later
"""The archiver process: ``python -m recorder.archiver``.

It looks at the spool at start, every few seconds, and whenever the bus says that a call moved on; calls that are
ready are sealed one at a time in a thread. A failure keeps the call in the spool and is tried again with back-off.
What it knows is in the folders: it may be killed at any moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

from pipeline.bus import BusClient
from pipeline.callfolder import CallFolder, Spool
from pipeline.catalog import text
from pipeline.clock import Clock, SystemClock
from pipeline.errors import CONFIGURATION_EXIT, ConfigurationError, KringError
from pipeline.events import BundleSealed, Event, SealingFailed, WorkerMeasured
from pipeline.health import measure
from pipeline.logs import configure_logs
from pipeline.settings import Settings, load_settings
from recorder.errors import SealingStoppedError, SpoolChangedError
from recorder.facts import read_facts, signature
from recorder.readiness import Readiness, Rules, Situation, readiness
from recorder.seal import Sealed, Sealer, model_id

log = structlog.get_logger("archiver")

NAME = "archiver"
WAKES_ON = ("call.ended", "recording.closed", "transcript.completed", "case.transitioned")
SCAN_S = 3.0
MEASURE_S = 5.0
RETRY_S = (2.0, 300.0)
QUIET_RETRIES = 3  # a call that still changes is tried so often before anyone is told
_NICE = 10  # sealing must never take a core from a call


@dataclass
class _Known:
    """What the last look at a folder found, valid while its signature stays the same."""

    signature: tuple[tuple[str, int, int], ...]
    marked: bool
    situation: Situation


@dataclass
class _Retry:
    failures: int
    not_before_s: float


class Archiver:
    """Decides when which call is sealed and tells the bus what came of it.

    Parameters:
        publish: takes events for the bus; must not block.
    """

    def __init__(
        self, spool: Spool, sealer: Sealer, rules: Rules, clock: Clock, publish: Callable[[Event], None]
    ) -> None:
        self._spool, self._sealer, self._rules = spool, sealer, rules
        self._clock, self._publish = clock, publish
        self._known: dict[str, _Known] = {}
        self._retries: dict[str, _Retry] = {}
        self.backlog = 0
        self.waiting: dict[str, Readiness] = {}

    def due(self) -> list[CallFolder]:
        """Look at the whole spool and return the calls to seal now, oldest first."""
        now, now_s = self._clock.now(), self._clock.monotonic_s()
        ready, waiting = [], {}
        for folder in self._spool.calls():
            try:
                verdict = readiness(self._look(folder), self._rules, now)
            except OSError as error:  # a folder that goes away while we look
                log.warning("folder cannot be read", call_id=folder.call_id, problem=str(error))
                continue
            waiting[folder.call_id] = verdict
            retry = self._retries.get(folder.call_id)
            if verdict.ready and (retry is None or now_s >= retry.not_before_s):
                ready.append(folder)
        self.waiting = waiting
        self.backlog = sum(verdict.ended for verdict in waiting.values())
        for table in (self._known, self._retries):
            for call_id in table.keys() - waiting.keys():
                table.pop(call_id)
        return ready

    def _look(self, folder: CallFolder) -> Situation:
        seen = signature(folder.path)
        marked = folder.is_sealing
        known = self._known.get(folder.call_id)
        if known is None or (known.signature, known.marked) != (seen, marked):
            known = _Known(seen, marked, Situation.of(read_facts(folder)))
            self._known[folder.call_id] = known
        return known.situation

    def seal(self, folder: CallFolder) -> Event | None:
        """Seal one call (blocking) and return what to publish; a failure sets the time of the next try."""
        call_id = folder.call_id
        try:
            sealed = self._sealer.seal(folder)
        except SealingStoppedError:
            return None
        except Exception as error:
            return self._failed(call_id, error)
        self._retries.pop(call_id, None)
        self._known.pop(call_id, None)
        manifest = sealed.manifest
        log.info("sealed", call_id=call_id, complete=manifest.complete, duration_ms=manifest.duration_ms)
        return self._sealed_event(sealed)

    def _sealed_event(self, sealed: Sealed) -> BundleSealed:
        manifest = sealed.manifest
        return BundleSealed(
            at=self._clock.now(),
            call_id=manifest.call_id,
            bundle=str(sealed.bundle),
            manifest_sha256=sealed.manifest_sha256,
            complete=manifest.complete,
            problems=tuple(problem.text for problem in manifest.problems),
        )

    def _failed(self, call_id: str, error: Exception) -> SealingFailed | None:
        failures = self._retries[call_id].failures + 1 if call_id in self._retries else 1
        wait_s = min(RETRY_S[0] * 2 ** (failures - 1), RETRY_S[1])
        self._retries[call_id] = _Retry(failures, self._clock.monotonic_s() + wait_s)
        if isinstance(error, SpoolChangedError) and failures <= QUIET_RETRIES:
            log.info("call changed while being sealed", call_id=call_id, retry_in_s=wait_s)
            return None
        expected = isinstance(error, KringError)
        problem = str(error) if expected else text("recorder.internal", problem=type(error).__name__)
        log.error("sealing failed", call_id=call_id, problem=problem, retry_in_s=wait_s, exc_info=not expected)
        with contextlib.suppress(OSError):
            self._sealer.recover()
        return SealingFailed(at=self._clock.now(), call_id=call_id, problem=problem)

    async def run(self, wake: asyncio.Event, stop: asyncio.Event) -> None:
        """Seal what is due, again and again, until ``stop`` is set (then ``wake`` too, to notice it at once)."""
        await asyncio.to_thread(self._sealer.recover)
        while not stop.is_set():
            wake.clear()
            for folder in await asyncio.to_thread(self.due):
                if stop.is_set():
                    return
                outcome = await asyncio.to_thread(self.seal, folder)
                if outcome is not None:
                    self._publish(outcome)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), SCAN_S)

    def measured(self) -> WorkerMeasured:
        """Return this process's line of health."""
        figures = {"backlog": self.backlog, "spool_calls": len(self.waiting), "failing": len(self._retries)}
        return measure(NAME, self._clock, figures)


async def serve(settings: Settings, clock: Clock) -> None:
    """Run the archiver until SIGTERM or SIGINT.

    Raises:
        ConfigurationError: the archive cannot be written, or another archiver uses it.
    """
    lock = lock_archive(settings.archive_dir)
    wake, stop = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        stop.set()
        wake.set()

    def on_step(name: str) -> None:
        if stop.is_set() and name not in {"published", "retired", "done"}:
            raise SealingStoppedError(text("recorder.stopping"), retryable=True)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    spool = Spool(settings.spool_dir)
    sealer = Sealer(
        spool,
        settings.archive_dir,
        clock=clock,
        tone_file=settings.sync_tone_file,
        asr_model=_model_ids(settings),
        on_step=on_step,
    )
    async with BusClient(
        settings.bus_path,
        NAME,
        subscribe=WAKES_ON,
        on_event=lambda _: wake.set(),
        on_gap=lambda _: wake.set(),
        queue_messages=settings.bus_queue,
    ) as bus:
        archiver = Archiver(spool, sealer, Rules.of(settings), clock, bus.publish)
        health = asyncio.create_task(_report(archiver, bus), name="archiver-health")
        try:
            log.info("archiver started", archive=str(settings.archive_dir))
            await archiver.run(wake, stop)
        finally:
            health.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await health
    lock.close()
    log.info("archiver stopped")


async def _report(archiver: Archiver, bus: BusClient) -> None:
    while True:
        bus.publish(archiver.measured())
        await asyncio.sleep(MEASURE_S)


def _model_ids(settings: Settings) -> Callable[[str], str]:
    """Return a function from a model's folder to its id; reads each folder once."""
    made: dict[Path, str] = {}

    def get(folder: str) -> str:
        path = Path(folder) if folder and Path(folder).is_dir() else settings.asr_model
        if path not in made:
            made[path] = model_id(path)
        return made[path]

    return get


def lock_archive(archive_dir: Path) -> IO[bytes]:
    """Make the archive folder and hold it for this process alone.

    Raises:
        ConfigurationError: it cannot be written, or another archiver holds it.
    """
    try:
        archive_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
        file = (archive_dir / ".archiver.lock").open("wb")
    except OSError as error:
        problem = error.strerror or str(error)
        raise ConfigurationError(text("recorder.archive_unwritable", path=archive_dir, problem=problem)) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise ConfigurationError(text("recorder.archive_in_use", path=archive_dir)) from error
    return file


def main() -> int:
    """Run the process; return its exit code (3 = a person has to change something first)."""
    try:
        settings = load_settings()
        os.environ.setdefault("KRING_LANGUAGE", settings.language)
        configure_logs(NAME, settings.log_level)
        with contextlib.suppress(OSError):
            os.nice(_NICE)
        asyncio.run(serve(settings, SystemClock()))
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return CONFIGURATION_EXIT
    return 0


if __name__ == "__main__":
    sys.exit(main())
