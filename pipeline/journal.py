# SPDX-License-Identifier: GPL-3.0-or-later
"""One append-only JSON-lines file of the call folder: exactly one writer, any number of readers.

Each line is one event with its line number (``seq``). A line is written with a single ``write`` call, so a process
that is killed leaves whole lines or one torn last line, which readers skip and the next writer cuts off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pipeline.errors import MessageError
from pipeline.events import CallEvent, from_wire, to_wire

E_ = TypeVar("E_", bound=CallEvent)


class JournalWriter:
    """Appends events to one file and numbers them.

    Opening an existing file goes on after its last whole line. Not thread-safe: one owner.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._seq = _repair(path)
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)

    @property
    def seq(self) -> int:
        """Number of the last line written."""
        return self._seq

    def append(self, item: E_, *, sync: bool = False) -> E_:
        """Write an event and return it with its ``seq``; ``sync`` waits until it is on the disk.

        Raises:
            OSError: the disk is full or gone; nothing of the line remains.
        """
        stored = item.model_copy(update={"seq": self._seq + 1})
        line = json.dumps(to_wire(stored), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        before = os.fstat(self._fd).st_size
        if os.write(self._fd, line) != len(line):
            os.ftruncate(self._fd, before)
            raise OSError(28, "No space left on device", str(self.path))
        self._seq += 1
        if sync:
            os.fsync(self._fd)
        return stored

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _repair(path: Path) -> int:
    """Cut a torn last line off and return the number of whole lines."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return 0
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        with path.open("rb+") as file:
            file.truncate(whole)
    return data.count(b"\n", 0, whole)


def read_journal(path: Path, *, after_seq: int = 0) -> Iterator[CallEvent]:
    """Yield the events with ``seq`` greater than ``after_seq``, in order; nothing when the file is absent.

    A torn last line (a write in progress) is left for the next read; a damaged line inside the file is skipped, so
    that one bad sector does not hide the rest of a call (sealing reports it, see :func:`damaged_lines`).
    """
    for number, line in _lines(path):
        if number <= after_seq:
            continue
        item = _parse(line)
        if item is not None:
            yield item


def damaged_lines(path: Path) -> list[int]:
    """Return the numbers of lines that are not readable events."""
    return [number for number, line in _lines(path) if _parse(line) is None]


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        if line.endswith(b"\n"):
            yield number, line


def _parse(line: bytes) -> CallEvent | None:
    try:
        item = from_wire(json.loads(line))
    except (ValueError, MessageError):
        return None
    return item if isinstance(item, CallEvent) else None
