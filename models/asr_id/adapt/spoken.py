# SPDX-License-Identifier: GPL-3.0-or-later
"""Transcripts as people write them, brought into the form that the model speaks: lower-case words without marks.

Numbers, dates and amounts are read out; a mark that would have been spoken in a way that cannot be told from the
text is a reason to refuse the utterance, not to guess.
"""

from __future__ import annotations

import re
import unicodedata

from models.asr_id.adapt.numerals import LexiconError, read_out

_SOUNDS = re.compile(
    r"[\[<(]\s*(?:noise|sil|silence|breath|laugh|laughter|cough|music|sp|spn|nsn|bunyi)\s*[\])>]", re.I
)
_UNTRANSCRIBED = re.compile(r"[\[<(]\s*(?:unk|unintelligible|tidak jelas|inaudible)\s*[\])>]|\(\(|\*\*\*|xxx")
_JOINERS = str.maketrans(dict.fromkeys("'’‘`´ʼ", ""))
_DASHES = str.maketrans(dict.fromkeys("–—−", "-"))
_MARKS = re.compile(r"[.,;:!?\"“”„«»()\[\]{}…/|_~]+")
_DOTTED = re.compile(r"\b(?:[A-Za-z]\.){2,}")  # S.P.T.
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_SPOKEN_MARKS = {"%": " persen ", "&": " dan ", "+": " plus ", "@": " at "}
_PREFIXES = frozenset({"di", "ke", "se", "me", "ber", "ter", "pe", "nge"})
_LETTERED = frozenset({"e"})  # e-filing, e-billing: written with the hyphen in our vocabulary too


class UnreadableTextError(ValueError):
    """A transcript cannot be brought into spoken form; ``code`` is the refusal code, ``what`` the place."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(f"{code}: {what}")
        self.code = code
        self.what = what


def spoken_form(written: str) -> str:
    """Return the words of a transcript in our spoken form.

    Raises:
        UnreadableTextError: nothing is left, a part was not transcribed, or a character is none of ours.
    """
    line = unicodedata.normalize("NFKC", written).translate(_JOINERS).translate(_DASHES)
    line = _SOUNDS.sub(" ", line)
    if _UNTRANSCRIBED.search(line.lower()):
        raise UnreadableTextError("untranscribed", written.strip()[:60])
    line = _DOTTED.sub(lambda match: match[0].replace(".", ""), line)
    if any(letter.isdigit() for letter in line):
        line = _read_out(line)
    line = _plain_letters(line.lower())
    for mark, said in _SPOKEN_MARKS.items():
        line = line.replace(mark, said)
    words = [part for token in _MARKS.sub(" ", line).split() for part in _words(token)]
    if not words:
        raise UnreadableTextError("no_transcript", "")
    return " ".join(words)


def _read_out(line: str) -> str:
    try:
        return read_out(line.lower())
    except (LexiconError, ValueError, ArithmeticError) as error:
        raise UnreadableTextError("number", line.strip()[:60]) from error


def _plain_letters(line: str) -> str:
    """Drop accents (é, ö): our spelling has none."""
    parts = unicodedata.normalize("NFD", line)
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _words(token: str) -> list[str]:
    token = token.strip("-")
    if not token:
        return []
    if not _WORD.fullmatch(token):
        raise UnreadableTextError("character", token[:30])
    first, *rest = token.split("-")
    if not rest or first in _LETTERED:
        return [token]
    if first in _PREFIXES and len(rest) == 1:
        return [first + rest[0]]
    return [first, *rest]
