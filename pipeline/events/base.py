# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the shared vocabulary: what every event has, the registry of names, the wire form.

An event that belongs to a call carries ``call_id`` and, once recording runs, ``offset_ms``: milliseconds since
sample 0 of both recordings. Events with a ``stream`` are kept in that file of the call folder by exactly one
writer, which numbers them (``seq``, from 1); ephemeral events (``stream`` None) travel on the bus only and may be
lost. ``name`` is a stable string: it is what other programs and old archives know.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import MessageError

Leg = Literal["caller", "agent"]  # the two recorded channels; a guest's voice is on the agent's
Party = Literal["caller", "agent", "guest"]  # whose telephone it is
Stream = Literal["call", "transcript", "suggestions", "screen", "case"]

_registry: dict[str, type[Event]] = {}
E_ = TypeVar("E_", bound="type[Event]")


class Event(BaseModel):
    """Base of all events. ``at`` is UTC wall time of the fact, not of its transport."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: ClassVar[str] = "event"
    stream: ClassVar[Stream | None] = None

    at: datetime


class CallEvent(Event):
    """Base of events that belong to one call."""

    call_id: str
    seq: int = Field(default=0, ge=0)  # line number in the stream's file; 0 = not stored
    offset_ms: int | None = None


def event(cls: E_) -> E_:
    """Register an event class under its stable name; a second class of the same name is a programming error."""
    if cls.name in _registry:
        raise RuntimeError(f"event name used twice: {cls.name}")
    _registry[cls.name] = cls
    return cls


def event_types() -> dict[str, type[Event]]:
    """Return every known event class by its stable name."""
    return dict(_registry)


def to_wire(item: Event) -> dict[str, Any]:
    """Return an event as JSON-ready data with its name under ``"event"``."""
    return {"event": item.name, **item.model_dump(mode="json")}


def from_wire(data: Any) -> Event:
    """Read an event back from :func:`to_wire`'s form.

    Raises:
        MessageError: unknown name or fields that do not fit; the message names both.
    """
    if not isinstance(data, dict):
        raise MessageError(f"not an event: {str(data)[:40]!r}")
    fields = dict(data)
    name = fields.pop("event", None)
    cls = _registry.get(name) if isinstance(name, str) else None
    if cls is None:
        raise MessageError(f"unknown event: {name!r}")
    try:
        return cls.model_validate(fields)
    except ValidationError as error:
        raise MessageError(f"event {name}: {error.errors(include_url=False)[0]}") from error
