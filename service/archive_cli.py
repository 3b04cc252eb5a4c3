# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``kring archive`` prints; the work is in :mod:`recorder.cli_support`."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.catalog import text
from pipeline.settings import Settings
from recorder.archive import Archive
from recorder.cli_support import list_rows, verify_all


def bundle_rows(settings: Settings) -> Iterator[tuple[str, str, str, str]]:
    """Yield table rows (call and local time, caller, length, state) of the newest bundles.

    Numbers are masked: a terminal is no place for a taxpayer's whole number.
    """
    for row in list_rows(Archive(settings.archive_dir)):
        seconds = row.duration_ms // 1000
        state = text("service.archive_intact") if row.complete else "; ".join(row.problems)
        when = f"{row.offered_at.astimezone():%Y-%m-%d %H.%M}"
        yield f"{row.call_id}  {when}", mask_number(row.caller_number), f"{seconds // 60:02d}:{seconds % 60:02d}", state


def mask_number(number: str) -> str:
    """Return a phone number with its middle hidden."""
    return f"{number[:4]}…{number[-3:]}" if len(number) > 8 else number


def verify_bundles(settings: Settings) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (call id, problems) of every bundle."""
    yield from verify_all(Archive(settings.archive_dir))
