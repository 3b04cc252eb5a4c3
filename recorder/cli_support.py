# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``kring archive list`` and ``kring archive verify`` print, without the printing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from recorder.archive import Archive, Bundle, Filter, call_time


@dataclass(frozen=True)
class Row:
    """One line of a listing. Times are UTC; the caller's number is whole: mask it where policy says so."""

    call_id: str
    offered_at: datetime
    extension: str
    caller_number: str
    end_reason: str
    duration_ms: int
    complete: bool
    problems: tuple[str, ...]


def row(bundle: Bundle) -> Row:
    """Return a bundle's line."""
    manifest = bundle.manifest
    return Row(
        call_id=manifest.call_id,
        offered_at=manifest.offered_at or call_time(manifest.call_id),
        extension=manifest.extension,
        caller_number=manifest.caller_number,
        end_reason=manifest.end_reason,
        duration_ms=manifest.duration_ms,
        complete=manifest.complete,
        problems=tuple(problem.text for problem in manifest.problems),
    )


def list_rows(archive: Archive, wanted: Filter | None = None, *, limit: int = 50) -> list[Row]:
    """Return the newest ``limit`` bundles that fit."""
    return [row(bundle) for bundle in archive.list(wanted, limit=limit).bundles]


def verify_all(archive: Archive, *, deep: bool = True) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (call id, problems) for every bundle, newest first; one bundle at a time, so that progress shows."""
    for call_id in archive.ids():
        yield call_id, archive.verify(call_id, deep=deep)
