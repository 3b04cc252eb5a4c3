# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that are not numbers: abbreviations, set phrases, spelled letters, doubled words, names, web addresses."""

from __future__ import annotations

from collections.abc import Sequence

from asr.written.names import AFTER_WHICH_PARTS, NAMES, PLACE_PARTS, PLACES
from asr.written.tokens import Line, Piece, word_set
from asr.written.vocabulary import (
    CAPITALS,
    DAYS,
    DOUBLED,
    DOUBLED_CHANGED,
    FORMS_OF_ADDRESS,
    MONTHS,
    NO_ABBREVIATION,
    OWN_SPELLING,
    PHRASES,
)
from pipeline.spoken import NUMBER_WORDS, UNITS

LETTERS = {
    "a": "a", "be": "b", "ce": "c", "de": "d", "e": "e", "ef": "f", "ge": "g", "ha": "h", "i": "i", "je": "j",
    "ka": "k", "el": "l", "em": "m", "en": "n", "o": "o", "pe": "p", "ki": "q", "kiu": "q", "er": "r", "es": "s",
    "te": "t", "u": "u", "fe": "v", "ve": "v", "we": "w", "eks": "x", "ex": "x", "ye": "y", "zet": "z", "set": "z",
    **{letter: letter for letter in "bcdfghjklmnpqrstvwxyz"},
}  # fmt: skip
_VOWELS = frozenset("aeiou")
_SUFFIXES = ("nya", "ku", "mu")
_LONGEST_SPELLED = 8
_ADDRESSED = FORMS_OF_ADDRESS | {"saudara", "saudari"}
_SPELLING_WORDS = word_set("eja ejaan ejaannya dieja mengeja ejakan huruf hurufnya")
BEFORE_VOCATIVE = word_set(  # "baik bapak saya bantu": the taxpayer, not one's father
    """
    baik iya ya oke halo hai maaf pagi siang sore malam kasih betul benar siap tentu boleh bisa sudah belum
    """
)
_OWN_FAMILY = word_set("saya kami kita dia mereka kandung rumah mertua tiri angkat nya")  # "ibu saya"
_DOMAIN_ENDINGS = {name: name for name in word_set("com id go co net org gov ac web sch")} | {"kom": "com"}
_ADDRESS_MARKS = {"titik": ".", "at": "@", "et": "@"}
_NO_OFFICE = word_set("mana terdekat terdaftar setempat lama baru tempat wilayah kota lain")
_NOT_A_NAME = word_set(
    """
    saya dan atau yang ini itu dari di ke dengan untuk pada bapak ibu pak bu lengkap siapa apa ya betul benar
    sudah belum lahir tanggal nomor npwp nik alamat adalah sesuai wajib perusahaan istri suami anak orang usaha
    badan tersebut sendiri pribadi lain baru lama kandung pengguna email akun perusahaannya pemilik tidak bukan
    nanti kemudian lalu mau ingin bisa boleh terdaftar mohon tolong silakan baik oke iya karyawan pegawai kami
    beliau saudara ada juga masih tetapi tapi karena kalau jika tempat tinggal pt cv toko bank pembeli penjual
    pemotong menteri direktur
    """
)


def spelling_context(words: Sequence[str]) -> bool:
    """Return whether somebody spells: it is said so, or (nearly) nothing but letters is said."""
    letters = sum(word in LETTERS for word in words)
    said = any(word in _SPELLING_WORDS for word in words) and not {"pasal", "ayat"} & set(words)  # "huruf b" of a law
    return said or (letters >= 3 and letters * 10 >= len(words) * 8)


def phrase(line: Line, index: int) -> list[Piece]:
    """Return the set phrase that begins here; word by word where each heard word has its written one."""
    for length in (4, 3, 2):
        written = PHRASES.get(" ".join(line.words[index : index + length])) if index + length <= len(line.words) else ""
        if written:
            parts = written.split()
            if len(parts) != length:
                return [Piece(written, index + length, "word" if written.islower() else "term")]
            return [Piece(part, index + at + 1, "name") for at, part in enumerate(parts)]
    return []


def spelled(line: Line, index: int) -> list[Piece]:
    """Return letters said one by one as one abbreviation or, where somebody spells, as one word."""
    run = index
    while run < len(line.words) and run - index < 40 and line.words[run] in LETTERS:
        run += 1
    letters = "".join(LETTERS[word] for word in line.words[index:run])
    if line.spelling and len(letters) >= 2:
        return [Piece(letters.upper(), run, "term")]
    for length in range(min(len(letters), _LONGEST_SPELLED), 1, -1):
        known = _abbreviation(letters[:length])
        if known:
            return _with_suffix(line, known, index + length)
    vowels = sum(letter in _VOWELS for letter in letters)
    if (len(letters) >= 3 and not vowels) or (len(letters) >= 5 and len(letters) - vowels >= 2):
        return _with_suffix(line, letters.upper(), run)
    return []


def doubled(line: Line, index: int) -> list[Piece]:
    """Return "undang-undang" for "undang undang"."""
    first, second = line.word(index), line.word(index + 1)
    if (first == second and first in DOUBLED) or f"{first} {second}" in DOUBLED_CHANGED:
        return [Piece(f"{first}-{second}", index + 2, "word")]
    return []


def web_address(line: Line, index: int) -> list[Piece]:
    """Return "pajak.go.id" for "pajak titik go titik id", and mail addresses said with "at"."""
    text, at = _address_part(line, index)
    if line.word(index) == "djp" and list(line.words[index + 1 : index + 3]) == ["online", "titik"]:
        text, at = "djponline", index + 2
    while line.word(at) in _ADDRESS_MARKS and line.word(at + 1):
        part, after = _address_part(line, at + 1)
        text, at = text + _ADDRESS_MARKS[line.word(at)] + part, after
    name, _, ending = text.rpartition(".")
    if not name or ending not in _DOMAIN_ENDINGS:
        return []
    return [Piece(f"{name}.{_DOMAIN_ENDINGS[ending]}", at, "term")]


def _address_part(line: Line, index: int) -> tuple[str, int]:
    """Return a word of an address with the digits said behind it ("sinta lima satu" is "sinta51")."""
    text, at = line.word(index), index + 1
    digits = ""
    while line.word(at) in UNITS:
        digits += str(UNITS[line.word(at)])
        at += 1
    return (text + digits, at) if digits and line.word(at) in _ADDRESS_MARKS else (text, index + 1)


def street(line: Line, index: int) -> list[Piece]:
    """Return "Jalan Merpati" before "nomor": an address."""
    if line.word(index) not in ("jalan", "gang", "perumahan", "komplek", "kompleks"):
        return []
    for length in range(1, 5):
        if line.word(index + 1 + length) == "nomor" and line.word(index + 2 + length) in NUMBER_WORDS:
            words = line.words[index : index + 1 + length]
            return [Piece(word.capitalize(), index + 1 + at, "name") for at, word in enumerate(words)]
    return []


def single(line: Line, index: int) -> list[Piece]:
    """Return the word as it is written; the last rule, so it always finds something."""
    word = line.word(index)
    known = _abbreviation(word)
    if known:
        return _with_suffix(line, known, index + 1)
    for suffix in _SUFFIXES:
        stem = _abbreviation(word.removesuffix(suffix)) if word.endswith(suffix) else ""
        if stem:
            return [Piece(f"{stem}-{suffix}", index + 1, "term")]
    if word in _ADDRESSED:
        return [_address(line, index)]
    proper = word in MONTHS or word in DAYS or word in PLACES or _in_a_name(line, index) or _is_name(line, index)
    return [Piece(word.capitalize() if proper else word, index + 1, "name" if proper else "word")]


def _in_a_name(line: Line, index: int) -> bool:
    """Return whether this belongs to a place before it: "Jakarta Selatan", "KPP Pratama Menteng"."""
    word = line.word(index)
    if list(line.before(index, 2)) in (["kpp", "pratama"], ["kpp", "madya"]):
        return word not in _NO_OFFICE | _NOT_A_NAME
    return word in PLACE_PARTS and line.word(index - 1) in AFTER_WHICH_PARTS


def _abbreviation(word: str) -> str:
    """Return how an abbreviation is written; empty for any other word."""
    if word in OWN_SPELLING:
        return OWN_SPELLING[word]
    consonants = 2 <= len(word) <= 6 and word.isascii() and word.isalpha() and not _VOWELS & set(word)
    return word.upper() if word in CAPITALS or (consonants and word not in NO_ABBREVIATION) else ""


def _with_suffix(line: Line, known: str, after: int) -> list[Piece]:
    if line.word(after) == "nya":
        return [Piece(f"{known}-nya", after + 1, "term")]
    return [Piece(known, after, "term")]


def _address(line: Line, index: int) -> Piece:
    """Bapak and Ibu are capitals when they address somebody, which on the phone is nearly always."""
    word, following = line.word(index), line.word(index + 1)
    previous = line.word(index - 1)
    own = word in ("bapak", "ibu", "kakak") and (following in _OWN_FAMILY or previous == "seorang")
    own = own and not (following in ("saya", "kami", "kita") and previous in BEFORE_VOCATIVE)
    return Piece(word if own else word.capitalize(), index + 1, "word" if own else "name")


def _is_name(line: Line, index: int) -> bool:
    word, previous = line.word(index), line.word(index - 1)
    if not word.isalpha() or word in _NOT_A_NAME:
        return False
    if word in NAMES:
        beside = bool(line.pieces) and line.pieces[-1].kind == "name" and previous in NAMES | _ADDRESSED
        return (
            beside
            or previous in _ADDRESSED
            or previous in ("nama", "saudara", "namanya", "dengan")
            or _named(line, index)
        )
    return _named(line, index)


def _named(line: Line, index: int) -> bool:
    """Return whether this is one of the (at most three) words after "atas nama" or "nama saya"."""
    for back in (1, 2, 3):
        opening = tuple(line.words[max(0, index - back - 1) : index - back + 1])
        if opening in (("atas", "nama"), ("nama", "saya"), ("nama", "lengkap"), ("bernama",)):
            return all(piece.kind == "name" for piece in line.pieces[len(line.pieces) - back + 1 :])
    return False
