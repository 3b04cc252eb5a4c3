# SPDX-License-Identifier: GPL-3.0-or-later
"""The broker: accepts clients on a Unix socket, fans events out, routes commands by client name.

A slow client never slows another: each has a bounded queue whose oldest events fall out, after which the client is
told to resync. Nothing is stored here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from pathlib import Path

import structlog

from pipeline.bus.wire import MAX_FRAME_BYTES, Hello, Peers, Publish, Reply, Request, Resync, encode, read_frame
from pipeline.errors import MessageError

log = structlog.get_logger("bus")


class _Client:
    """One connection's outgoing side."""

    def __init__(self, hello: Hello, writer: asyncio.StreamWriter, bound: int) -> None:
        self.name = hello.name
        self.prefixes = hello.subscribe
        self._writer = writer
        self._queue: deque[bytes] = deque()
        self._bound = bound
        self._dropped = 0
        self._wake = asyncio.Event()

    def wants(self, event_name: str) -> bool:
        return event_name.startswith(self.prefixes) if self.prefixes else False

    def put(self, line: bytes) -> None:
        if len(self._queue) >= self._bound:
            self._queue.popleft()
            self._dropped += 1
        self._queue.append(line)
        self._wake.set()

    async def pump(self) -> None:
        """Write the queue out until the connection fails."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._dropped:
                self._queue.append(encode(Resync(why="queue overflow", dropped=self._dropped)))
                self._dropped = 0
            while self._queue:
                self._writer.write(self._queue.popleft())
                await self._writer.drain()


class Broker:
    """Serves the bus at ``path``. Use as an async context manager."""

    def __init__(self, path: Path, *, queue_messages: int = 4000) -> None:
        self.path = path
        self._bound = queue_messages
        self._clients: dict[str, _Client] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Broker:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, path=self.path, limit=MAX_FRAME_BYTES)
        self.path.chmod(0o600)
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    @property
    def names(self) -> tuple[str, ...]:
        """The clients connected now."""
        return tuple(sorted(self._clients))

    def publish(self, frame: Publish) -> None:
        """Send an event to every client that wants it."""
        line = encode(frame)
        name = str(frame.body.get("event", ""))
        for client in self._clients.values():
            if client.wants(name):
                client.put(line)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await self._serve(reader, writer)
        except (MessageError, ConnectionError) as error:
            log.warning("bus client dropped", problem=str(error))
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await read_frame(reader)
        if not isinstance(hello, Hello):
            raise MessageError("a bus client must say hello first")
        client = _Client(hello, writer, self._bound)
        self._clients[client.name] = client  # a second client of the same name replaces the first (a restart)
        pump = asyncio.create_task(client.pump(), name=f"bus-pump-{client.name}")
        self._announce(f"{client.name} joined")
        try:
            while (frame := await read_frame(reader)) is not None:
                self._route(client, frame)
        finally:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
            if self._clients.get(client.name) is client:
                del self._clients[client.name]
                self._announce(f"{client.name} left")

    def _announce(self, why: str) -> None:
        peers, resync = encode(Peers(names=self.names)), encode(Resync(why=why))
        for client in self._clients.values():
            client.put(peers)
            client.put(resync)

    def _route(self, client: _Client, frame: object) -> None:
        if isinstance(frame, Publish):
            self.publish(frame)
        elif isinstance(frame, Request):
            target = self._clients.get(frame.to)
            if target is None:
                problem = ("no_such_process", f"{frame.to} is not connected")
                client.put(encode(Reply(id=frame.id, to=client.name, error=problem)))
            else:
                target.put(encode(frame.model_copy(update={"sender": client.name})))
        elif isinstance(frame, Reply) and frame.to in self._clients:
            self._clients[frame.to].put(encode(frame))
