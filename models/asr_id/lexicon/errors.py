# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong when a word is to be read."""

from __future__ import annotations

from pipeline.catalog import text
from pipeline.errors import KringError


class LexiconError(KringError):
    """A word cannot be read: it is empty or holds a character that no rule reads."""

    code = "lexicon"


def empty_word() -> LexiconError:
    """Return the error for a word without a letter."""
    return LexiconError(text("lexicon.empty"), remedy=text("lexicon.empty_remedy"))


def unreadable(word: str, character: str) -> LexiconError:
    """Return the error that names the first character of ``word`` that cannot be read."""
    code_point = f"U+{ord(character):04X}"
    return LexiconError(
        text("lexicon.unreadable", word=word, character=character, code_point=code_point),
        remedy=text("lexicon.unreadable_remedy"),
    )
