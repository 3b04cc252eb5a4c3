# SPDX-License-Identifier: GPL-3.0-or-later
"""The bus's frames: one JSON object a line, each a frozen pydantic model told apart by ``op``."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.errors import MessageError

MAX_FRAME_BYTES = 1 << 20


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Hello(_Frame):
    """First frame of a client: its unique name and the event-name prefixes it wants (``""`` = all)."""

    op: Literal["hello"] = "hello"
    name: str
    subscribe: tuple[str, ...] = ()


class Publish(_Frame):
    """An event in :func:`pipeline.events.to_wire` form; the broker sends it on to subscribers unchanged."""

    op: Literal["event"] = "event"
    body: dict[str, Any]


class Request(_Frame):
    """A command for the client called ``to``; ``sender`` is filled in by the broker."""

    op: Literal["request"] = "request"
    id: str
    to: str
    command: str
    args: dict[str, Any] = Field(default_factory=dict)
    sender: str = ""


class Reply(_Frame):
    """The answer to a request. ``error`` is (code, message) when the command was refused."""

    op: Literal["reply"] = "reply"
    id: str
    to: str
    result: dict[str, Any] = Field(default_factory=dict)
    error: tuple[str, str] | None = None


class Resync(_Frame):
    """Something may have been missed (queue overflow, a publisher came back): read the folders."""

    op: Literal["resync"] = "resync"
    why: str
    dropped: int = 0


class Peers(_Frame):
    """The names connected now; sent after every change to those who subscribe to anything."""

    op: Literal["peers"] = "peers"
    names: tuple[str, ...]


Frame = Annotated[Hello | Publish | Request | Reply | Resync | Peers, Field(discriminator="op")]
_adapter: TypeAdapter[Hello | Publish | Request | Reply | Resync | Peers] = TypeAdapter(Frame)


def encode(frame: _Frame) -> bytes:
    """Return a frame as one line."""
    return frame.model_dump_json().encode() + b"\n"


async def read_frame(reader: asyncio.StreamReader) -> Hello | Publish | Request | Reply | Resync | Peers | None:
    """Read the next frame; None at the end of the stream.

    Raises:
        MessageError: the line is no frame or longer than ``MAX_FRAME_BYTES``.
    """
    try:
        line = await reader.readline()
    except ValueError as error:
        raise MessageError(f"bus frame longer than {MAX_FRAME_BYTES} bytes") from error
    if not line.endswith(b"\n"):
        return None
    try:
        return _adapter.validate_json(line)
    except ValidationError as error:
        raise MessageError(f"not a bus frame: {line[:80]!r}") from error
