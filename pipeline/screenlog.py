# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of the screen log: how recorded moments lie in ``screen.jsonl``, and how they are read back for a replay.

Moments are rrweb events (JSON objects with ``type``, ``data`` and ``timestamp``). A part holds some seconds of them as
JSON, gzip, base64: a line that any tool can open, at a fifteenth of the size.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pipeline.errors import MessageError
from pipeline.events import CallEvent, ScreenCaptured, ScreenMissed

Json = dict[str, Any]
GZIP_LEVEL = 9
GZIP_WINDOW = 31  # zlib's number for "gzip, largest window"
MAX_EVENTS_BYTES = 4 * 1024 * 1024  # of one part, decompressed: a hundred times a usual one


def pack(events: list[Json]) -> str:
    """Return moments as the text that a part keeps."""
    raw = json.dumps(events, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(raw, GZIP_LEVEL, mtime=0)).decode("ascii")


def unpack(data: str) -> list[Json]:
    """Return the moments of a part; raises MessageError when they cannot be read."""
    try:
        found = json.loads(gunzip(base64.b64decode(data, validate=True)))
    except (ValueError, RecursionError) as error:
        raise MessageError(f"screen part cannot be read: {error}") from error
    if not isinstance(found, list):
        raise MessageError("screen part holds no list")
    return found


def gunzip(packed: bytes, *, most_bytes: int = MAX_EVENTS_BYTES) -> bytes:
    """Decompress, but never to more than ``most_bytes``; raises MessageError."""
    reader = zlib.decompressobj(GZIP_WINDOW)
    try:
        raw = reader.decompress(packed, most_bytes + 1)
    except zlib.error as error:
        raise MessageError(f"not gzip: {error}") from error
    if len(raw) > most_bytes:
        raise MessageError(f"more than {most_bytes} bytes after decompression")
    if not reader.eof or reader.unused_data:
        raise MessageError("gzip data is cut off or followed by something else")
    return raw


@dataclass
class ScreenRun:
    """One run of the page's recorder, ready for a player.

    Parameters:
        shift_ms: what turns a moment's ``timestamp`` into the service's time (milliseconds since 1970).
        ended: the page said that its log was complete.
    """

    page: str
    shift_ms: int
    events: list[Json] = field(default_factory=list)
    missed: list[ScreenMissed] = field(default_factory=list)
    ended: bool = False


def runs_of(stored: Iterable[CallEvent]) -> list[ScreenRun]:
    """Return a call's screen log run by run, in the order in which they began; raises MessageError."""
    runs: dict[str, ScreenRun] = {}
    for item in stored:
        if not isinstance(item, (ScreenCaptured, ScreenMissed)):
            continue
        run = runs.get(item.page)
        if run is None:
            run = runs[item.page] = ScreenRun(item.page, round(item.at.timestamp() * 1000) - item.page_ms)
        if isinstance(item, ScreenMissed):
            run.missed.append(item)
        else:
            run.events += unpack(item.data)
        run.ended = run.ended or item.last
    return list(runs.values())
