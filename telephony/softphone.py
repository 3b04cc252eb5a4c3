# SPDX-License-Identifier: GPL-3.0-or-later
"""The softphone process of one extension: ``python -m telephony.softphone --extension 2101``.

The main thread runs asyncio with the bus; PJSIP has its own thread (:mod:`telephony.engine`). What can be wrong
with settings, ports and sound files is found before PJSIP starts and said in one line (exit code 3). SIGTERM ends a
live call properly first. The process works without a bus: calls are answered, recorded and journalled all the same.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from typing import Any

import structlog

from pipeline.bus import BusClient
from pipeline.callfolder import Spool
from pipeline.catalog import text
from pipeline.clock import SystemClock
from pipeline.errors import ConfigurationError, KringError
from pipeline.events import Event, ExtensionStateChanged, WorkerMeasured
from pipeline.logs import configure_logs
from pipeline.settings import ExtensionSettings, Settings, load_settings
from telephony.engine import Engine, EngineConfig
from telephony.errors import AudioFileError, EngineError, PortTakenError
from telephony.media import check_wav
from telephony.orphans import finish_orphans
from telephony.ports import check_ports
from telephony.station import Station

log = structlog.get_logger("telephony.softphone")

EXIT_CONFIGURATION = 3
_MEASURE_S = 5.0
_COMMAND_LIMIT_S = 4.0


def find_extension(settings: Settings, number: str) -> ExtensionSettings:
    """Return an extension's settings; raises ConfigurationError when it is not configured."""
    for extension in settings.extensions:
        if extension.number == number:
            return extension
    known = ", ".join(item.number for item in settings.extensions) or "-"
    raise ConfigurationError(
        text("telephony.no_such_extension", extension=number, known=known),
        remedy=text("telephony.no_such_extension_remedy"),
    )


def check_before_start(settings: Settings, extension: ExtensionSettings) -> None:
    """Find what would go wrong later; raises PortTakenError or AudioFileError."""
    check_wav(settings.announcement_file)
    check_wav(settings.sync_tone_file)
    check_ports(settings.sip_bind, extension.sip_port, extension.rtp_port, extension=extension.number)


class Softphone:
    """The process: engine, station and bus put together."""

    def __init__(self, settings: Settings, extension: ExtensionSettings) -> None:
        self._settings, self._extension = settings, extension
        self._clock = SystemClock()
        self._bus: BusClient | None = None
        self._engine = Engine(
            EngineConfig(
                bind=settings.sip_bind,
                sip_port=extension.sip_port,
                poll_ms=settings.sip_poll_ms,
                log_level=settings.log_level,
            )
        )
        self._station = Station(self._engine, settings, extension, clock=self._clock, publish=self._publish)

    def _publish(self, item: Event) -> None:
        if self._bus is not None:
            self._bus.publish_threadsafe(item)

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT; raises EngineError when PJSIP cannot start."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        name = f"softphone.{self._extension.number}"
        async with BusClient(
            self._settings.bus_path,
            name,
            on_command=self._obey,
            on_gap=lambda why: self._engine.post(self._station.announce),
        ) as self._bus:
            finish_orphans(
                Spool(self._settings.spool_dir),
                self._extension.number,
                self._clock,
                self._publish,
                configured=[item.number for item in self._settings.extensions],
            )
            self._engine.start()
            self._engine.do(self._station.open)
            log.info("softphone ready", extension=self._extension.number, sip_port=self._engine.sip_port)
            measuring = asyncio.create_task(self._measure(name), name="measure")
            await self._until(stop)
            measuring.cancel()
            await self._shut_down()

    async def _until(self, stop: asyncio.Event) -> None:
        """Wait for the signal, or for the engine thread to end by itself."""
        while self._engine.running:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1.0)
                return
        raise EngineError(text("telephony.engine_ended"), remedy=text("telephony.engine_ended_remedy"))

    async def _shut_down(self) -> None:
        loop = asyncio.get_running_loop()
        closed = asyncio.Event()

        def tell_closed() -> None:
            loop.call_soon_threadsafe(closed.set)

        self._engine.post(lambda: self._station.close(tell_closed))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(closed.wait(), 3.0)
        await asyncio.sleep(0.05)  # lets the last events out on the bus
        await asyncio.to_thread(self._engine.stop, 4.0)

    async def _obey(self, command: str, args: dict[str, Any]) -> dict[str, Any]:
        future = self._engine.submit(lambda: self._station.command(command, args))
        return await asyncio.wait_for(asyncio.wrap_future(future), _COMMAND_LIMIT_S)

    async def _measure(self, name: str) -> None:
        import psutil

        process = psutil.Process()
        while True:
            times = process.cpu_times()
            self._publish(
                WorkerMeasured(
                    at=self._clock.now(),
                    process=name,
                    pid=os.getpid(),
                    rss_bytes=process.memory_info().rss,
                    cpu_s=times.user + times.system,
                )
            )
            await asyncio.sleep(_MEASURE_S)

    async def tell_failure(self, problem: str) -> None:
        """Publish that this extension cannot serve, if there is a bus."""
        failed = ExtensionStateChanged(
            at=self._clock.now(), extension=self._extension.number, state="failed", detail=problem
        )
        async with BusClient(self._settings.bus_path, f"softphone.{self._extension.number}") as bus:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(bus.connected.wait(), 0.5)
                bus.publish(failed)
                await asyncio.sleep(0.1)


def main(argv: list[str] | None = None) -> int:
    """Run the process and return its exit code."""
    parser = argparse.ArgumentParser(prog="telephony.softphone", description=text("telephony.softphone_help"))
    parser.add_argument("--extension", required=True, help=text("telephony.extension_help"))
    number = parser.parse_args(argv).extension
    os.dup2(2, 1)  # PJSIP's first lines go to stdout before its log can be redirected
    try:
        settings = load_settings()
        configure_logs(f"softphone.{number}", settings.log_level)
        extension = find_extension(settings, number)
        phone = Softphone(settings, extension)
    except KringError as error:
        return _fail(error)
    try:
        check_before_start(settings, extension)
        asyncio.run(phone.run())
    except (PortTakenError, AudioFileError, EngineError) as error:
        asyncio.run(phone.tell_failure(str(error)))
        return _fail(error)
    except Exception:
        log.exception("softphone failed")
        return 1
    return 0


def _fail(error: KringError) -> int:
    sys.stderr.write(f"{error}\n")
    return EXIT_CONFIGURATION


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # PJSIP's library is unloaded; the interpreter's own teardown could only touch dead objects
