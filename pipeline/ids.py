# SPDX-License-Identifier: GPL-3.0-or-later
"""Identifiers.

Call ids sort by time and carry their date, so that a call's folder can be found from its id alone. Randomness is
injected: tests get predictable ids.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime

from pipeline.clock import Clock, SystemClock
from pipeline.errors import MessageError

CALL_ID_PATTERN = re.compile(r"^(\d{8})T(\d{6})-[0-9a-f]{8}\Z")


def _random_hex() -> str:
    return secrets.token_hex(4)


class IdFactory:
    """Makes call ids like ``20261124T031502-9f86d081`` (UTC second and 32 random bits)."""

    def __init__(self, clock: Clock | None = None, random_hex: Callable[[], str] = _random_hex) -> None:
        self._clock = clock or SystemClock()
        self._random_hex = random_hex

    def call_id(self) -> str:
        """Return a new call id."""
        return f"{self._clock.now():%Y%m%dT%H%M%S}-{self._random_hex()}"


def call_date(call_id: str) -> datetime:
    """Return the (naive, UTC) date that a call id carries.

    Raises:
        MessageError: the text is no call id. Checked strictly because ids become folder names.
    """
    match = CALL_ID_PATTERN.match(call_id)
    try:
        return datetime.strptime(match.group(1), "%Y%m%d") if match else _refuse(call_id)
    except ValueError:
        return _refuse(call_id)


def _refuse(call_id: str) -> datetime:
    raise MessageError(f"not a call id: {call_id[:60]!r}")
