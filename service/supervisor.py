# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the whole service: the bus and every process, until told to stop.

The supervisor does nothing else: it imports neither PJSIP nor Vosk nor the web stack, so that it outlives
them all.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

import structlog

from pipeline.bus import Broker
from pipeline.bus.wire import Publish
from pipeline.clock import Clock, SystemClock
from pipeline.events import Event, ProcessStarted, to_wire
from pipeline.settings import ENV_PREFIX, SECRET_SETTINGS, Settings, as_environment
from service.child import Child
from service.datadir import check_bus_path, lock_data_dir, make_data_dir
from service.processes import ProcessSpec, service_processes

log = structlog.get_logger("supervisor")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # Ctrl-C, systemd, the terminal was closed
_ANNOUNCE_S = 5.0  # a restarted hub learns the process list from this


class Supervisor:
    """Owns the broker and the children. Use as an async context manager; :meth:`wait` returns on a signal.

    Raises (on entering):
        AlreadyRunningError: another supervisor holds the data folder.
        ConfigurationError: the data folder cannot be used.
    """

    def __init__(
        self, settings: Settings, *, specs: Sequence[ProcessSpec] | None = None, clock: Clock | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._broker = Broker(settings.bus_path, queue_messages=settings.bus_queue)
        self._stop = asyncio.Event()
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self.children: dict[str, Child] = {}
        for spec in specs if specs is not None else service_processes(settings):
            self.children[spec.name] = Child(
                spec,
                log_dir=settings.log_dir,
                env=_environment(settings, spec),
                clock=self._clock,
                publish=self._publish,
                delays_s=(settings.restart_first_s, settings.restart_most_s),
                stop_s=settings.stop_s,
            )

    async def __aenter__(self) -> Supervisor:
        check_bus_path(self._settings)
        make_data_dir(self._settings)
        self._stack.callback(lock_data_dir(self._settings.data_dir).close)
        try:
            (self._settings.data_dir / "tmp").mkdir(exist_ok=True)
            await self._stack.enter_async_context(self._broker)
        except BaseException:
            await self._stack.aclose()
            raise
        for child in self.children.values():
            self._tasks.append(asyncio.create_task(child.run(), name=f"child-{child.spec.name}"))
        self._tasks.append(asyncio.create_task(self._announce(), name="announce"))
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop softphones first (their calls end and are written), the hub last."""
        ordered = sorted(self.children.values(), key=lambda child: _stop_order(child.spec.name))
        for _, group in _grouped(ordered, lambda child: _stop_order(child.spec.name)):
            await asyncio.gather(*(child.stop() for child in group))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._stack.aclose()

    async def wait(self) -> None:
        """Return when a signal of :data:`STOP_SIGNALS` arrives or :meth:`request_stop` is called."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._stop.set)
        await self._stop.wait()

    def on_problem(self, report: Callable[[str, str], None]) -> None:
        """Have ``report(process, last line of its log)`` called whenever a process fails."""
        for child in self.children.values():
            child.on_problem = report

    def request_stop(self) -> None:
        """Make :meth:`wait` return."""
        self._stop.set()

    def _publish(self, item: Event) -> None:
        self._broker.publish(Publish(body=to_wire(item)))

    async def _announce(self) -> None:
        while True:
            await asyncio.sleep(_ANNOUNCE_S)
            for name, child in self.children.items():
                if child.pid is not None:
                    self._publish(
                        ProcessStarted(at=self._clock.now(), process=name, pid=child.pid, restarts=child.restarts)
                    )


def _stop_order(name: str) -> int:
    return {"softphone": 0, "asr": 1, "archiver": 2}.get(name.partition(".")[0], 3)


def _grouped(items: list[Child], key: Callable[[Child], int]) -> list[tuple[int, list[Child]]]:
    groups: dict[int, list[Child]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return sorted(groups.items())


def _environment(settings: Settings, spec: ProcessSpec) -> dict[str, str]:
    """Return a process's environment: our settings, and secrets only for those who need them."""
    env = {**os.environ, **as_environment(settings), "TMPDIR": str(settings.data_dir / "tmp")}
    if not spec.needs_database:
        for name in SECRET_SETTINGS:
            env.pop(f"{ENV_PREFIX}{name.upper()}", None)
    return env
