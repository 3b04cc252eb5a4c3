# SPDX-License-Identifier: GPL-3.0-or-later
"""Written Indonesian (articles, regulations, questions) as spoken sentences: what a reader would say aloud.

`Rp4,8 miliar` becomes "empat koma delapan miliar rupiah", `PMK 81 Tahun 2024` "pe em ka" as one word `pmk` and the
numbers in words, `TK/0` "tk nol", `11/12` "sebelas per dua belas". Markdown marks are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from models.asr_id.corpus.domain.material import lists
from models.asr_id.lexicon import readings

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_SENTENCE_END = re.compile(r"(?<=[.;:?!])\s+|\n+")
_ITEM = re.compile(r"^\s*(?:\d+[.)]|[-*])\s+")
_MARKUP = re.compile(r"[*_`#>|]+")
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")
_JOINED = {
    "rp": "rupiah", "dll": "dan lain lain",
    "dsb": "dan sebagainya", "dst": "dan seterusnya", "yg": "yang", "tgl": "tanggal", "no": "nomor", "ps": "pasal",
}  # fmt: skip
# Hyphened words that stay in one piece; all others are parts said one after the other.
KEPT_HYPHENS = ("e-", "m-")


def spoken_sentences(markdown: str) -> Iterator[str]:
    """Yield the sentences of a Markdown text as spoken words; front matter is passed over."""
    body = _LINK.sub(r"\1", _FRONT_MATTER.sub("", markdown))
    for line in body.splitlines():
        for sentence in _SENTENCE_END.split(_MARKUP.sub("", _ITEM.sub("", line))):
            words = spoken(sentence)
            if words:
                yield words


def spoken(written: str) -> str:
    """Return one written sentence as lower-case words without digits or marks."""
    text = written.lower().replace("\u2013", "-").replace("'", "")
    for pattern, reading in _RULES:
        text = pattern.sub(reading, text)
    words = [_JOINED.get(word, word) if len(word) > 1 else readings.spell(word)[0] for word in _WORD.findall(text)]
    return " ".join(part for word in words for part in _parts(word))


def _parts(word: str) -> list[str]:
    if "-" not in word or word.startswith(KEPT_HYPHENS):
        first, hyphen, rest = word.partition("-")
        return [f"{first}-{rest.replace('-', '')}"] if hyphen else [word]
    pieces = word.split("-")
    if pieces[-1] in ("nya", "an") and pieces[-2] not in lists()["acronym"]:
        return [*pieces[:-2], pieces[-2] + pieces[-1]]  # "coretaxnya", but "npwp nya"
    return pieces


def _number(digits: str) -> str:
    """Read `4.800.000` and `0,5`: points group thousands, a comma marks decimals."""
    plain = re.sub(r"\.(?=\d{3}(?!\d))", "", digits)
    whole, _, decimals = plain.partition(",")
    if decimals:
        return readings.decimal(f"{whole}.{decimals}")
    if "." in plain:
        return " titik ".join(readings.cardinal(int(part)) for part in plain.split(".") if part)
    if len(plain) > 15 or (len(plain) > 1 and plain.startswith("0")):
        return readings.digits(plain)
    return readings.cardinal(int(plain))


def _rupiah(match: re.Match[str]) -> str:
    return f" {_number(match[1].rstrip('.,'))}{' ' + match[2] if match[2] else ''} rupiah "


def _letters_and_number(match: re.Match[str]) -> str:
    return f" {match[1]} {_number(match[2])} {match[3] or ''} "


_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\brp\.?\s*(\d[\d.,]*)\s*(ribu|juta|miliar|triliun)?"), _rupiah),
    (re.compile(r"(\d+(?:[.,]\d+)*)\s*%"), lambda m: f" {_number(m[1])} persen "),
    (re.compile(r"\b(tk|k)/(\d)(?!\d)()"), _letters_and_number),
    (re.compile(r"\b1721-a(\d)\b"), lambda m: f" seribu tujuh ratus dua puluh satu a {_number(m[1])} "),
    (re.compile(r"\b(pp|uu|pmk|per|kep|se)[- ](\d+)/((?:pmk|pj)\.\d+/)?(\d{4})\b"),
     lambda m: f" {m[1]} {_number(m[2])} tahun {_number(m[4])} "),
    (re.compile(r"\b(\d+)/(\d+)\b"), lambda m: f" {_number(m[1])} per {_number(m[2])} "),
    (re.compile(r"\(([a-z]|\d+[a-z]?)\)"), lambda m: f" {m[1]} "),
    (re.compile(r"\bpasal (\d+)\s?([a-z])\b"), lambda m: f" pasal {_number(m[1])} {' '.join(readings.spell(m[2]))} "),
    (re.compile(r"\bhuruf ([a-z])\b"), lambda m: f" huruf {' '.join(readings.spell(m[1]))} "),
    (re.compile(r"\bpajak\.go\.id\b"), " pajak titik go titik id "),
    (re.compile(r"\b([a-z]+)(\d+)([a-z]*)\b"), _letters_and_number),
    (re.compile(r"\b(\d+)([a-z])\b"), lambda m: f" {_number(m[1])} {' '.join(readings.spell(m[2]))} "),
    (re.compile(r"\bdan/atau\b"), " dan atau "),
    (re.compile(r"\d+(?:[.,]\d+)*"), lambda m: f" {_number(m[0])} "),
)  # fmt: skip
