# SPDX-License-Identifier: GPL-3.0-or-later
"""Marked spelling, the notation between spelling and phones.

Letters as in Indonesian, and
    é  a full e              e  a schwa
    è  a full e, not sure    ê  a schwa, not sure
    '  a glottal stop        .  a boundary: parts of a word, or two vowels that do not glide together (`ma.in`)
"""

from __future__ import annotations

FULL, SCHWA, LIKELY_FULL, LIKELY_SCHWA, GLOTTAL, BOUNDARY = "é", "e", "è", "ê", "'", "."
MARKED_E = FULL + SCHWA + LIKELY_FULL + LIKELY_SCHWA
VOWEL_LETTERS = frozenset("aiou" + MARKED_E)

_UNMARK = str.maketrans({FULL: "e", LIKELY_FULL: "e", LIKELY_SCHWA: "e", GLOTTAL: None, BOUNDARY: None})


def unmarked(marked: str) -> str:
    """Return the ordinary spelling of a marked one."""
    return marked.translate(_UNMARK)


def has_vowel(text: str) -> bool:
    """Whether any letter of ``text`` (marked or not) is a vowel."""
    return any(letter in VOWEL_LETTERS for letter in text)
