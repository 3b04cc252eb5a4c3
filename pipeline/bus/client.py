# SPDX-License-Identifier: GPL-3.0-or-later
"""A process's end of the bus.

Events that arrive, commands that others send and word of a possible gap are handed to three callbacks in the event
loop. The connection is kept: when the broker goes away the client retries with back-off, keeps publishing into a
bounded queue (news only; truth is in the folder), and reports a gap after it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog

from pipeline.bus.wire import MAX_FRAME_BYTES, Hello, Peers, Publish, Reply, Request, Resync, encode, read_frame
from pipeline.errors import BusUnavailableError, CommandRefusedError, KringError, MessageError
from pipeline.events import Event, from_wire, to_wire

log = structlog.get_logger("bus")

OnEvent = Callable[[Event], None]
OnCommand = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
OnGap = Callable[[str], None]


class BusClient:
    """Connects to the broker at ``path`` under a unique ``name``. Use as an async context manager.

    Parameters:
        subscribe: event-name prefixes wanted (``("call.", "segment.")``; ``("",)`` = all).
        on_event: called for each event; an exception in it is logged and swallowed.
        on_command: coroutine ``(command, args) -> result``; a :class:`KringError` becomes a refusal.
        on_gap: called with a reason after (re)connecting and whenever events may have been missed.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        *,
        subscribe: tuple[str, ...] = (),
        on_event: OnEvent | None = None,
        on_command: OnCommand | None = None,
        on_gap: OnGap | None = None,
        queue_messages: int = 4000,
        retry_s: tuple[float, float] = (0.05, 2.0),
    ) -> None:
        self.path, self.name, self._subscribe = path, name, subscribe
        self._on_event, self._on_command, self._on_gap = on_event, on_command, on_gap
        self._retry_s = retry_s
        self._out: deque[bytes] = deque(maxlen=queue_messages)
        self._wake = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Reply]] = {}
        self._ids = itertools.count(1)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.connected = asyncio.Event()
        self.peers: tuple[str, ...] = ()

    async def __aenter__(self) -> BusClient:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.create_task(self._keep_connected(), name=f"bus-{self.name}")
        return self

    async def __aexit__(self, *exc: object) -> None:
        tasks = [task for task in (self._main, *self._tasks) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def publish(self, item: Event) -> None:
        """Queue an event for the bus; never blocks, never raises. Call from the event loop."""
        self._out.append(encode(Publish(body=to_wire(item))))
        self._wake.set()

    def publish_threadsafe(self, item: Event) -> None:
        """Queue an event from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.publish, item)

    async def request(self, to: str, command: str, /, *, timeout_s: float = 5.0, **args: Any) -> dict[str, Any]:
        """Send a command to the process called ``to`` and return its result.

        Raises:
            BusUnavailableError: no connection, or no answer in ``timeout_s``.
            CommandRefusedError: the process is not there or refused; the message says why.
        """
        number = f"{self.name}-{next(self._ids)}"
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            async with asyncio.timeout(timeout_s):
                await self.connected.wait()
                self._out.append(encode(Request(id=number, to=to, command=command, args=args)))
                self._wake.set()
                reply = await future
        except TimeoutError as error:
            raise BusUnavailableError(f"{to} did not answer {command} in {timeout_s} s.", retryable=True) from error
        finally:
            self._waiting.pop(number, None)
        if reply.error is not None:
            refused = CommandRefusedError(reply.error[1])
            refused.code = reply.error[0]
            raise refused
        return reply.result

    async def _keep_connected(self) -> None:
        wait_s = self._retry_s[0]
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(self.path, limit=MAX_FRAME_BYTES)
            except OSError:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, self._retry_s[1])
                continue
            wait_s = self._retry_s[0]
            try:
                await self._converse(reader, writer)
            except (ConnectionError, MessageError) as error:
                log.warning("bus connection lost", name=self.name, problem=str(error))
            finally:
                self.connected.clear()
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()
            await asyncio.sleep(wait_s)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode(Hello(name=self.name, subscribe=self._subscribe)))
        await writer.drain()
        self.connected.set()
        self._gap("connected")
        pump = asyncio.create_task(self._pump(writer), name=f"bus-out-{self.name}")
        try:
            while (frame := await read_frame(reader)) is not None:
                self._receive(frame)
        finally:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)  # does not swallow our own cancellation

    async def _pump(self, writer: asyncio.StreamWriter) -> None:
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._out:
                writer.write(self._out[0])
                await writer.drain()
                self._out.popleft()

    def _receive(self, frame: object) -> None:
        if isinstance(frame, Publish):
            self._deliver(frame)
        elif isinstance(frame, Request):
            task = asyncio.create_task(self._obey(frame), name=f"bus-command-{frame.command}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif isinstance(frame, Reply):
            future = self._waiting.get(frame.id)
            if future is not None and not future.done():
                future.set_result(frame)
        elif isinstance(frame, Peers):
            self.peers = frame.names
        elif isinstance(frame, Resync):
            self._gap(frame.why)

    def _deliver(self, frame: Publish) -> None:
        if self._on_event is None:
            return
        try:
            self._on_event(from_wire(frame.body))
        except Exception:
            log.exception("event handler failed", name=self.name, event_name=frame.body.get("event"))

    def _gap(self, why: str) -> None:
        if self._on_gap is None:
            return
        try:
            self._on_gap(why)
        except Exception:
            log.exception("gap handler failed", name=self.name)

    async def _obey(self, frame: Request) -> None:
        error: tuple[str, str] | None = None
        result: dict[str, Any] = {}
        try:
            if self._on_command is None:
                raise CommandRefusedError(f"{self.name} takes no commands")
            result = await self._on_command(frame.command, frame.args)
        except KringError as problem:
            error = (problem.code, str(problem))
        except Exception as problem:
            log.exception("command failed", name=self.name, command=frame.command)
            error = ("internal", f"{type(problem).__name__}: {problem}")
        self._out.append(encode(Reply(id=frame.id, to=frame.sender, result=result, error=error)))
        self._wake.set()
