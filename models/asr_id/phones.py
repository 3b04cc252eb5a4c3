# SPDX-License-Identifier: GPL-3.0-or-later
"""The phone inventory, shared by lexicon, voices, acoustic model and graph.

Names are ASCII: `@` schwa, `q` glottal stop, `ny ng sy kh` as in spelling, `c j y` as in Indonesian. The order is
part of every model: phone k of `PHONES` has the id k + 1, silence has 0.
"""

from __future__ import annotations

SILENCE = "SIL"
DIPHTHONGS = ("ai", "au", "oi")
VOWELS = ("a", "i", "u", "e", "@", "o", *DIPHTHONGS)
CONSONANTS = (
    "p", "b", "t", "d", "k", "g", "q", "c", "j", "m", "n", "ny", "ng", "f", "s", "z", "sy", "kh", "h", "r", "l", "w",
    "y",
)  # fmt: skip
PHONES = VOWELS + CONSONANTS

PHONE_ID = {SILENCE: 0} | {phone: number for number, phone in enumerate(PHONES, 1)}
"""Phone name -> id."""
