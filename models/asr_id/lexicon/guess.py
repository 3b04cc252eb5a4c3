# SPDX-License-Identifier: GPL-3.0-or-later
"""A guess how each e of an unlisted root is read, from its place and neighbours.

Indonesian roots have schwa in the first of two syllables far more often than full e; the last syllable of a formal
word hardly ever has a schwa, save before r; borrowed words have full e nearly everywhere.
"""

from __future__ import annotations

import re

from models.asr_id.lexicon.marks import FULL, LIKELY_FULL, LIKELY_SCHWA

_BORROWED_LETTER = re.compile(
    r"[fvxzq]|sy(?=[^aiu])|^(?:[bdfgkpst]r|[bfgkps]l|st|sk|sp|sn|sm|ps|tr)[aiueo]|oo|ee|ou|ie"
)
_BORROWED_ENDING = re.compile(
    r"(?:si|sasi|tas|tif|is|isme|ik|ika|al|or|ur|ansi|ensi|logi|grafi|tri|um|us|asa|at|wan|ment|men|en|ent|ant|age|ing|ion)$"
)
_LIKE_EMPAT = re.compile(r"m[pb]|n[tcdjg]")
# What follows the first e of two-syllable roots such as `bebek` and `besok`.
_LIKE_BEBEK = re.compile(r"(?:ng|ny|[^aiueo])(?:[^aiueo])?(?:e|o)[^aiueo]+")
_LONG = 4  # an ending tells a borrowed word only where something long enough stands before it
_VOWELS = "aiueo"


def mark_guess(root: str) -> str:
    """Return ``root`` with every e marked by how it is likely read."""
    borrowed = _looks_borrowed(root)
    return "".join(_mark(root, at, borrowed=borrowed) if letter == "e" else letter for at, letter in enumerate(root))


def _looks_borrowed(root: str) -> bool:
    if _BORROWED_LETTER.search(root):
        return True
    ending = _BORROWED_ENDING.search(root)
    return ending is not None and ending.start() >= _LONG and sum(letter in _VOWELS for letter in root) > 2


def _mark(root: str, at: int, *, borrowed: bool) -> str:
    before, after = root[at - 1 : at], root[at + 1 :]
    if not after or after == "h":
        return FULL
    in_last_syllable = not any(letter in _VOWELS for letter in after)
    if in_last_syllable and len(root) > len("es"):
        return LIKELY_SCHWA if after in ("r", "rs") else LIKELY_FULL
    beside_vowel = after[0] in _VOWELS or (before and before in _VOWELS)
    if borrowed or beside_vowel or _LIKE_BEBEK.fullmatch(after):
        return LIKELY_FULL
    if at == 0 and not _LIKE_EMPAT.match(after):
        return LIKELY_FULL
    return LIKELY_SCHWA
