# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts for people who need not know who called: identity and telephone numbers in them become "…"."""

from __future__ import annotations

import re

from retrieval.feedback import DIGITS, SPELLED_DIGITS

MASK = "…"
# NPWP and NIK have 15 or 16 digits, mobile numbers begin with 08 or 628; with or without points, blanks, hyphens.
_NUMBER = re.compile(r"(?<!\d)(?:\d(?:[ .\-/]?\d){14,15}|(?:\+?62|0)[ \-]?8\d(?:[ \-]?\d){6,11})(?!\d)")
_SPELLED = re.compile(
    rf"\b(?:(?:{'|'.join(sorted(DIGITS))}|\d)[ ,]+){{{SPELLED_DIGITS - 1},}}(?:{'|'.join(DIGITS)}|\d)\b", re.I
)


def masked_text(written: str) -> str:
    """Return a text without the numbers that name a person, written as digits or spelled."""
    return _SPELLED.sub(MASK, _NUMBER.sub(MASK, written))


def names_a_person(written: str) -> bool:
    """Return whether a text holds such a number."""
    return masked_text(written) != written
