# SPDX-License-Identifier: GPL-3.0-or-later
"""The live stream to browsers: a numbered ring of messages that any number of readers follow at their own pace.

A reader is only a position in the ring, so a slow browser costs no memory and never slows another. A message that
replaces an earlier one (a partial, a heartbeat) takes its place in the ring: who resumes gets every lasting message
missed, and of the passing ones the newest. Who asks for more than the ring holds is told to ``reset``.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi.sse import format_sse_event

RING_MESSAGES = 8192
HEARTBEAT_S = 10.0
BATCH = 200
HEARTBEAT = b": hidup\n\n"


@dataclass(frozen=True)
class Message:
    """One line of news. ``extension`` and ``call_id`` say whom it concerns; empty = nobody in particular."""

    number: int
    name: str
    data: str
    extension: str = ""
    call_id: str = ""
    passing: bool = False


Filter = Callable[[Message], bool]
Telling = Callable[[Message], str]


def as_it_is(message: Message) -> str:
    """Tell a reader all that there is."""
    return message.data


@dataclass
class EventLog:
    """The ring. All methods must be called from the event loop's thread.

    Parameters:
        boot: tells this life of the process from the one before; numbers start again with each.
        bound: how many messages the ring holds.
    """

    boot: str = field(default_factory=lambda: secrets.token_hex(4))
    bound: int = RING_MESSAGES
    closed: bool = False
    _ring: dict[int, Message] = field(default_factory=dict)
    _replaceable: dict[tuple[str, str], int] = field(default_factory=dict)
    _last: int = 0
    _floor: int = 0  # every lasting message after this number is in the ring
    _waiters: set[asyncio.Event] = field(default_factory=set)

    @property
    def cursor(self) -> str:
        """Id of the newest message: where a page that has just loaded its state goes on from."""
        return f"{self.boot}-{self._last}"

    def append(
        self, name: str, data: dict[str, Any], *, extension: str = "", call_id: str = "", replaces: str = ""
    ) -> Message:
        """Add a message; one with ``replaces`` takes the place of the earlier one with the same name and key."""
        self._last += 1
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        message = Message(self._last, name, body, extension, call_id, passing=bool(replaces))
        if replaces:
            self._ring.pop(self._replaceable.get((name, replaces), 0), None)
            self._replaceable[name, replaces] = self._last
        self._ring[self._last] = message
        while len(self._ring) > self.bound:
            self._drop_oldest()
        for waiter in self._waiters:
            waiter.set()
        return message

    def _drop_oldest(self) -> None:
        number = next(iter(self._ring))
        if not self._ring.pop(number).passing:
            self._floor = number

    def forget(self, call_id: str) -> None:
        """Drop the replaceable messages of a call that is over."""
        for key, number in list(self._replaceable.items()):
            message = self._ring.get(number)
            if message is None or message.call_id == call_id:
                self._ring.pop(number, None)
                del self._replaceable[key]

    def position(self, cursor: str) -> int | None:
        """Return the number that a cursor stands for, or None when the reader must start anew."""
        boot, _, digits = cursor.rpartition("-")
        if boot != self.boot or not digits.isascii() or not digits.isdigit():
            return None
        number = int(digits)
        return number if self._floor <= number <= self._last else None

    def after(self, number: int, wanted: Filter) -> tuple[list[Message], int] | None:
        """Return up to a batch of wanted messages after ``number`` and the number reached; None = too far behind."""
        if number < self._floor:
            return None
        fresh: list[Message] = []
        for key in reversed(self._ring):
            if key <= number:
                break
            fresh.append(self._ring[key])
        fresh.reverse()
        batch = fresh[:BATCH]
        reached = batch[-1].number if len(fresh) > BATCH else self._last
        return [message for message in batch if wanted(message)], reached

    def close(self) -> None:
        """End all streams (the process stops); the pages come back by themselves."""
        self.closed = True
        for waiter in self._waiters:
            waiter.set()

    @property
    def readers(self) -> int:
        """How many pages are following now."""
        return len(self._waiters)

    async def follow(
        self, cursor: str, wanted: Filter, *, told: Telling = as_it_is, heartbeat_s: float = HEARTBEAT_S
    ) -> AsyncGenerator[bytes, None]:
        """Yield the stream as bytes from ``cursor`` on (empty: from now on) until closed.

        Parameters:
            told: returns the data of a message for this reader (JSON).
        """
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        try:
            number = self.position(cursor) if cursor else self._last
            if number is None:
                number = self._last  # taken before the page is told: it may get news twice, never too little
                yield self._reset()
            else:
                yield HEARTBEAT  # headers and first bytes go out at once: the page knows that it is connected
            while not self.closed:
                waiter.clear()
                found = self.after(number, wanted)
                if found is None:
                    number = self._last
                    yield self._reset()
                    continue
                messages, reached = found
                if messages:
                    yield b"".join(self._encode(message, told) for message in messages)
                if reached > number:
                    number = reached
                    continue
                try:
                    await asyncio.wait_for(waiter.wait(), heartbeat_s)
                except TimeoutError:
                    yield HEARTBEAT
        finally:
            self._waiters.discard(waiter)

    def _encode(self, message: Message, told: Telling) -> bytes:
        number = f"{self.boot}-{message.number}"
        return format_sse_event(data_str=told(message), event=message.name, id=number)

    def _reset(self) -> bytes:
        return format_sse_event(data_str="{}", event="reset", id=self.cursor)
