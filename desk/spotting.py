# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds personal numbers in text, whether they stand there in figures, in groups or as spoken number words.

Numbers are runs of digits that only separators and fillers ("eh", "ya") stand between. What is one and what is an
amount, a date or a telephone number is decided by length, form and the words before it; docs/privacy.md says how.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.spoken import NUMBER_WORDS, SCALES, read_number

CONTEXT_SIGN = "\ue000"  # stands for "an identity number was spoken of just before" in the text of one voice


def word_set(text: str) -> frozenset[str]:
    """Return the words of a list that is written as running text."""
    return frozenset(text.split())


_DIALECT = {
    "kosong": "nol", "enem": "enam", "delapen": "delapan", "rebu": "ribu", "serebu": "seribu", "milyar": "miliar",
    "trilyun": "triliun", "triliyun": "triliun",
}  # fmt: skip
_TIMES = {"dobel": 2, "double": 2, "tripel": 3, "triple": 3}
_MARKS = frozenset({"titik", "strip", "setrip", "minus", "garis", "miring", "spasi", "plus"})
_FILLERS = word_set(
    "a ah e eh em emm hem hm hmm mm anu ya yak iya oke ok baik terus trus lalu kemudian habis lagi jadi nah itu tadi "
    "maaf sebentar bentar tunggu pak bu bapak ibu mas mbak kak sama dan"
)
_MOST_FILLERS = 4
_IDENTITY = re.compile(
    r"\b(npwp|nik|nitku|efin|ktp|kk|kartu keluarga|nomor induk|nomor pokok|identitas|en pe we pe|n p w p|e fin|en i ka"
    rf"|en ik)(nya)?\b|{CONTEXT_SIGN}",
    re.IGNORECASE,
)
_CONTEXT_CHARS = 120
_END_CHARS = 40
_OTHER_NUMBER = word_set(
    "pasal ayat tahun spt formulir form pph pmk per pp uu tanggal jam pukul tarif rp rupiah lampiran digit angka"
)
_QUANTITY_BEHIND = frozenset({*SCALES, "koma", "persen", "rupiah", "setengah", "digit", "angka", "angkanya"})
_DATE = r"\d{1,2}[/.\-]\d{1,2}[/.\-](?:19|20)\d\d|\d{4}-\d\d-\d\d(?:[T ]\d\d[.:]\d\d(?:[.:]\d\d(?:\.\d+)?)?)?"
_KEPT = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"  # a UUID
    r"|\b\d{8}T\d{6}-[0-9a-f]{8}\b|\bLI-\d{4}-\d{6}\b"  # call and case
    rf"|(?<![\w.\-/])(?:{_DATE})(?![\d/]|[.\-]\d)"
    r"|\bRp\s?(?:\d{1,3}(?:\.\d{3}){0,3}|\d{1,12})(?:,\d+)?(?![\d]|[.\-]\d)"
    r"|(?<![\d.,\-/])(?<!\d )[1-9]\d{0,2}(?:\.\d{3}){1,3}(?:,\d+)?(?! ?\d|[.\-]\d)"  # an amount
)
_ATOM = re.compile(r"\d+|[^\W\d_]+|\n|[^\w\s]|_")
_SEPARATORS = frozenset(".,-/()+•·–—_" + CONTEXT_SIGN)
_HINT = re.compile(r"\d|\b(?:" + "|".join(sorted(NUMBER_WORDS | _DIALECT.keys())) + r")\b", re.IGNORECASE)

CERTAIN_DIGITS = 14  # NPWP (one digit may have been lost), NIK, NITKU, family card, billing code
LIKELY_DIGITS = 9  # EFIN and broken numbers, unless they look like a telephone number
NAMED_DIGITS = 8  # where a text names an identity number before
NAMED_SPOKEN_DIGITS = 3  # the same in a conversation, where numbers come in pieces
OPEN_DIGITS = 5  # at the end of what was said so far: the rest may be on its way
YEARS = range(1945, 2061)


class Span(NamedTuple):
    """Characters ``start`` to ``end`` of a text."""

    start: int
    end: int


class _Run(NamedTuple):
    digits: str
    parts: tuple[str, ...]
    start: int
    end: int
    spoken: bool


class _Part(NamedTuple):
    digits: str
    after: int
    spoken: bool


def find_numbers(text: str, *, conversation: bool = False, growing: bool = False) -> list[Span]:
    """Return where personal numbers stand in a text, in order.

    Parameters:
        conversation: the text is what one voice said; numbers come in pieces there.
        growing: more will be said, so a number at the end may go on.
    """
    if not _HINT.search(text):
        return []
    kept = [found.span() for found in _KEPT.finditer(text)]
    atoms = list(_ATOM.finditer(text))
    found: list[Span] = []
    for run in _runs(atoms, kept):
        if _is_personal(text, run, conversation=conversation, growing=growing):
            found.append(Span(run.start, run.end))
    return found


def names_identity(text: str) -> bool:
    """Return whether a text speaks of a kind of identity number."""
    return bool(_IDENTITY.search(text))


def _runs(atoms: Sequence[re.Match[str]], kept: Sequence[tuple[int, int]]) -> list[_Run]:
    words = [_standard(atom.group()) for atom in atoms]
    runs: list[_Run] = []
    parts: list[str] = []
    start = end = fillers = index = 0
    spoken = False

    def close() -> None:
        nonlocal parts, spoken
        if parts:
            runs.append(_Run("".join(parts), tuple(parts), start, end, spoken))
        parts, spoken = [], False

    kept_at = {at for low, high in kept for at in range(low, high)}
    while index < len(atoms):
        atom = atoms[index]
        part = None if atom.start() in kept_at else _part(words, index)
        if part is not None:
            if not parts:
                start = atom.start()
            parts.append(part.digits)
            spoken, end, index, fillers = spoken or part.spoken, atoms[part.after - 1].end(), part.after, 0
            continue
        neutral = words[index] in _SEPARATORS or words[index] in _MARKS
        filler = words[index] in _FILLERS and fillers < _MOST_FILLERS
        if not (neutral or filler) or atom.start() in kept_at:
            close()
        fillers += filler
        index += 1
    close()
    return runs


def _standard(word: str) -> str:
    lowered = word.lower()
    return _DIALECT.get(lowered, lowered)


def _part(words: Sequence[str], index: int) -> _Part | None:
    """Return the digits at ``index``: figures, a digit or a small number in words; None for amounts and other words."""
    word = words[index]
    if word.isdecimal():
        return _Part("".join(str(int(sign)) for sign in word), index + 1, spoken=False)
    times = _TIMES.get(word)
    if times is not None and index + 1 < len(words):
        following = read_number(words, index + 1, below=1000)
        if following is not None and following[0] < 10:
            return _Part(str(following[0]) * times, following[1], spoken=True)
        return None
    found = read_number(words, index)
    if found is None:
        return None
    value, after = found
    if after < len(words) and words[after] in _QUANTITY_BEHIND:
        return None
    return _Part(str(value), after, spoken=True)


def _is_personal(text: str, run: _Run, *, conversation: bool, growing: bool) -> bool:
    count = len(run.digits)
    if count < NAMED_SPOKEN_DIGITS or count >= CERTAIN_DIGITS:
        return count >= CERTAIN_DIGITS
    if all(_is_year(part) for part in run.parts):
        return False
    before = text[max(0, run.start - _CONTEXT_CHARS) : run.start]
    named = names_identity(before)
    if count >= (NAMED_DIGITS if named else LIKELY_DIGITS):
        return named or not _like_telephone(before, run.digits)
    if conversation and named:
        return not _counts_otherwise(before)
    open_end = growing and run.end > len(text) - _END_CHARS and not text[run.end :].strip(" .,?!")
    return conversation and open_end and count >= OPEN_DIGITS and len(run.parts) >= 4


def _is_year(part: str) -> bool:
    return len(part) == 4 and int(part) in YEARS


def _like_telephone(before: str, digits: str) -> bool:
    return digits.startswith(("08", "02", "03", "04", "05", "06", "07", "62")) or before.rstrip().endswith("+")


def _counts_otherwise(before: str) -> bool:
    words = re.findall(r"[^\W\d_]+", before.lower())
    return bool(words) and words[-1] in _OTHER_NUMBER
