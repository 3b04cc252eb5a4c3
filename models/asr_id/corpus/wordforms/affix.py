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
_PASSES_PE = frozenset({"l", "r", "m", "n", "w", "y"})


def syllables(root: str) -> int:
    """Return how many vowels (syllables, roughly) `root` has."""
    return len(_SYLLABLE.findall(root))


def _nasal(root: str, keep: bool) -> tuple[str, str]:
    """Return (nasal, rest): `tulis` -> (`n`, `ulis`), `bom` -> (`nge`, `bom`), `lihat` -> (``, `lihat`)."""
    first, second = root[0], root[1:2]
    if syllables(root) == 1 and not keep:
        return "nge", root
    if first in VOWELS or first in "ghqx":
        return "ng", root
    if first == "k":
        return ("ng", root) if keep or second not in VOWELS or root in _KEEPS_FIRST else ("ng", root[1:])
    if first in "bfvp":
        drops = first == "p" and not keep and second in VOWELS and root not in _KEEPS_FIRST
        return "m", root[1:] if drops else root
    if first == "s":
        return ("n", root) if keep or second not in VOWELS else ("ny", root[1:])
    if first in "tcdjz":
        drops = first == "t" and not keep and second in VOWELS
        return "n", root[1:] if drops else root
    return "", root


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
