# SPDX-License-Identifier: GPL-3.0-or-later
"""One part of a screen log as a page sent it: is it what it says, and does it hold nothing that it must not?

A part comes from a browser and goes into the archive, so nothing of it is believed: its size is bounded before and
after decompression, each moment must have an rrweb event's shape, and runs of digits as long as an identity number are
masked once more (the page has masked them already; see desk/ts/screen/privacy.ts, whose rule this repeats).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, get_args

from desk.errors import ScreenPartError
from pipeline.errors import MessageError
from pipeline.events import MissedReason
from pipeline.screenlog import MAX_EVENTS_BYTES, gunzip

Json = dict[str, Any]
GZIP_MAGIC = b"\x1f\x8b"
MAX_MOMENTS = 20_000
MAX_DEPTH = 200
MOMENTS = frozenset({0, 1, 2, 3, 4})  # rrweb: loaded twice, full picture, change, size; no custom ones, no plug-ins
FULL, CHANGE = 2, 3
CHANGES = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 12, 13, 14, 15})  # rrweb: no media, no canvas, no fonts, no console
MASK = "•"
DRAWN = frozenset({"_cssText", "d", "points", "viewBox", "transform"})  # figures that draw, not figures to read
LONG_NUMBER = re.compile(r"\d(?:[\s.,\-–—/·_]{0,3}\d){8,}")
PLAIN = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\d(?:[T ][0-2]\d[.:][0-5]\d(?:[.:][0-5]\d)?)?")
CASE_NUMBER = re.compile(r"\d{4}-\d{6}")
CASE_PREFIX = "LI-"


@dataclass(frozen=True)
class Gap:
    """A stretch that the page could not keep."""

    reason: MissedReason
    from_ms: int
    to_ms: int


@dataclass(frozen=True)
class Content:
    """What a part holds. ``masked``: how many texts had to be masked here."""

    events: list[Json]
    gap: Gap | None
    size_bytes: int
    masked: int

    @property
    def full(self) -> bool:
        """Whether a replay can begin with this part."""
        return any(event["type"] == FULL for event in self.events)


def read_part(body: bytes) -> Content:
    """Read a part's body, gzip or plain; raises ScreenPartError, which says what is wrong with it."""
    try:
        raw = gunzip(body) if body[:2] == GZIP_MAGIC else body
        if len(raw) > MAX_EVENTS_BYTES:
            raise MessageError("too large")
        data = json.loads(raw)
    except (MessageError, ValueError, RecursionError) as error:
        raise ScreenPartError(problem=str(error)) from error
    if not isinstance(data, dict) or not set(data) <= {"events", "gap"}:
        raise ScreenPartError(problem="not a part")
    events, gap = data.get("events", []), data.get("gap")
    if not isinstance(events, list) or len(events) > MAX_MOMENTS or bool(events) == bool(gap):
        raise ScreenPartError(problem="neither moments nor a gap, or too many")
    checked, masker = [check_moment(event) for event in events], Masker()
    return Content(
        events=[masker.clean(event) for event in checked],
        gap=_gap(gap) if gap else None,
        size_bytes=len(raw),
        masked=masker.count,
    )


def check_moment(event: object) -> Json:
    """Return a moment that has an rrweb event's shape; raises ScreenPartError."""
    if not isinstance(event, dict) or not set(event) <= {"type", "data", "timestamp", "delay"}:
        raise ScreenPartError(problem="a moment is no rrweb event")
    kind, at, data = event.get("type"), event.get("timestamp"), event.get("data", {})
    if kind not in MOMENTS or isinstance(kind, bool) or not _is_time(at) or not isinstance(data, dict):
        raise ScreenPartError(problem="a moment has no type, time or data")
    if kind == FULL and not isinstance(data.get("node"), dict):
        raise ScreenPartError(problem="a full picture without a page")
    if kind == CHANGE and (isinstance(data.get("source"), bool) or data.get("source") not in CHANGES):
        raise ScreenPartError(problem="a change of an unknown kind")
    return event


def _is_time(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53


def _gap(given: object) -> Gap:
    if not isinstance(given, dict) or set(given) != {"reason", "from_ms", "to_ms"}:
        raise ScreenPartError(problem="not a gap")
    if given["reason"] not in get_args(MissedReason) or not _is_time(given["from_ms"]) or not _is_time(given["to_ms"]):
        raise ScreenPartError(problem="a gap without reason or time")
    return Gap(given["reason"], given["from_ms"], max(given["from_ms"], given["to_ms"]))


class Masker:
    """Masks long numbers in every text of a moment; ``count`` says in how many it had to."""

    def __init__(self) -> None:
        self.count = 0

    def clean(self, value: Any, key: str = "", depth: int = 0) -> Any:
        """Return the value with its texts masked; raises ScreenPartError for what nests too deeply to be a page."""
        if depth > MAX_DEPTH:
            raise ScreenPartError(problem="nested too deeply")
        if isinstance(value, str):
            masked = value if key in DRAWN else mask_numbers(value)
            self.count += masked != value
            return masked
        if isinstance(value, dict):
            return {mask_numbers(name): self.clean(part, name, depth + 1) for name, part in value.items()}
        if isinstance(value, list):
            return [self.clean(part, key, depth + 1) for part in value]
        return value


def mask_numbers(text: str) -> str:
    """Replace the digits of every run of nine or more, however it is grouped; dates and case numbers stay."""

    def cover(found: re.Match[str]) -> str:
        run = found.group()
        if PLAIN.fullmatch(run) or (CASE_NUMBER.fullmatch(run) and text[: found.start()].endswith(CASE_PREFIX)):
            return run
        return re.sub(r"\d", MASK, run)

    return LONG_NUMBER.sub(cover, text)
