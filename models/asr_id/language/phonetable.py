# SPDX-License-Identifier: GPL-3.0-or-later
"""The phones as the decoder knows them: each base phone once per position in the word.

Vosk finds word times from positions (`word_boundary.int`). The four copies of a phone share their outputs in the
network, so positions cost nothing there, and they nearly remove the need for disambiguation symbols: a phone that
ends a word is never equal to one inside a word.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.asr_id.phones import PHONES, SILENCE

POSITIONS = (("B", "begin"), ("E", "end"), ("I", "internal"), ("S", "singleton"))
"""(suffix of the name, type in `word_boundary.int`), in the order of the ids."""


def phone_table() -> list[tuple[str, int, str]]:
    """Return (name, id of the base phone, type in `word_boundary.int`); the entry at k has the decoder's id k + 1."""
    table = [(SILENCE, 0, "nonword")]
    for number, phone in enumerate(PHONES, 1):
        table += [(f"{phone}_{suffix}", number, kind) for suffix, kind in POSITIONS]
    return table


def phone_ids() -> dict[str, int]:
    """Return decoder id by name, e.g. `a_B`."""
    return {name: number for number, (name, _, _) in enumerate(phone_table(), 1)}


def positioned(phones: Sequence[str]) -> list[str]:
    """Return a word's phones by name with their positions, e.g. `y a` -> `y_B a_E`."""
    if len(phones) == 1:
        return [f"{phones[0]}_S"]
    return [f"{phones[0]}_B", *(f"{phone}_I" for phone in phones[1:-1]), f"{phones[-1]}_E"]


def phones_txt() -> str:
    """Return the content of `graph/phones.txt`."""
    return "<eps> 0\n" + "".join(f"{name} {number}\n" for name, number in phone_ids().items())


def word_boundary_int() -> str:
    """Return the content of `graph/phones/word_boundary.int`."""
    return "".join(f"{number} {kind}\n" for number, (_, _, kind) in enumerate(phone_table(), 1))
