# SPDX-License-Identifier: GPL-3.0-or-later
"""Words as the recogniser would tell them, for the tests of the written form."""

from __future__ import annotations

from collections.abc import Sequence

from asr.recogniser import PlacedWord
from asr.written import text_of, write


def heard(words: str | Sequence[str]) -> tuple[PlacedWord, ...]:
    """Return the words, 250 ms each with 50 ms between; every word with its own confidence."""
    words = words.split() if isinstance(words, str) else words
    return tuple(PlacedWord(word, 300 * n, 300 * n + 250, 0.5 + n % 50 / 100) for n, word in enumerate(words))


def written(text: str) -> str:
    """Return the written form of a spoken text, without the end mark."""
    return text_of(write(heard(text))).rstrip(".?")
