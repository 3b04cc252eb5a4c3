# SPDX-License-Identifier: GPL-3.0-or-later
"""Indonesian affixation: how a prefix meets the first sound of a root.

Spelling only. Which forms of a root are really used is marked by hand in the root files (see `codes`).
"""

from __future__ import annotations

import re

VOWELS = "aiueo"
_SYLLABLE = re.compile(r"ai$|au$|oi$|[aiueo]")
_BER_LOSES_R = frozenset({"kerja", "serta", "ternak", "pergi", "terbang"})
_KEEPS_FIRST = frozenset({"punya", "kaji", "khianat", "khayal"})
_NASAL = dict.fromkeys("bfvp", "m") | dict.fromkeys("tcdjz", "n") | dict.fromkeys("kghqx", "ng") | {"s": "ny"}


def syllables(root: str) -> int:
    """Return how many vowels (syllables, roughly) `root` has."""
    return len(_SYLLABLE.findall(root))


def _nasal(root: str, keep: bool) -> tuple[str, str]:
    """Return (nasal, rest): `tulis` -> (`n`, `ulis`), `bom` -> (`nge`, `bom`), `lihat` -> (``, `lihat`)."""
    first = root[0]
    if syllables(root) == 1 and not keep:
        return "nge", root
    if first in VOWELS:
        return "ng", root
    drops = first in "kpst" and root[1:2] in VOWELS and not keep and root not in _KEEPS_FIRST
    nasal = _NASAL.get(first, "")
    if first == "s" and not drops:
        nasal = "n"
    return nasal, root[1:] if drops else root


def men(root: str, *, keep: bool = False) -> str:
    """Return meN- + root: menulis, mengirim, menyapu, memakai, mengecek, melihat. `keep`: the first consonant stays."""
    nasal, rest = _nasal(root, keep)
    return "me" + nasal + rest


def pen(root: str, *, keep: bool = False) -> str:
    """Return peN- + root: penulis, pengirim, penyapu, pemakai, pengecek, pelihat."""
    nasal, rest = _nasal(root, keep)
    return "pe" + nasal + rest


def ber(root: str) -> str:
    """Return ber- + root: bermain, belajar, bekerja, berenang."""
    if root == "ajar":
        return "belajar"
    if root[0] == "r" or root in _BER_LOSES_R:
        return "be" + root
    return "ber" + root


def ter(root: str) -> str:
    """Return ter- + root: tertulis, terasa."""
    return ("te" if root[0] == "r" else "ter") + root


def per(root: str) -> str:
    """Return per- + root: perjalan(an), pelajar(an), pekerja(an), perasa(an)."""
    if root == "ajar":
        return "pelajar"
    if root[0] == "r" or root in _BER_LOSES_R:
        return "pe" + root
    return "per" + root


def ng(root: str) -> str:
    """Return the Jakarta nasal form: nulis, ngirim, nyoba, mikir, ngambil, ngebantu."""
    first, second = root[0], root[1:2]
    if syllables(root) == 1:
        return "nge" + root
    if first in VOWELS:
        return "ng" + root
    if second in VOWELS:
        for consonant, nasal in (("k", "ng"), ("t", "n"), ("s", "ny"), ("c", "ny"), ("p", "m")):
            if first == consonant:
                return nasal + root[1:]
    return "nge" + root
