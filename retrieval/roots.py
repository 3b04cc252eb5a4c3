# SPDX-License-Identifier: GPL-3.0-or-later
"""The root of a word with Indonesian affixes, colloquial ones too: "ngelaporin", "menerbitkan" and "penyetoran".

A nasal prefix swallows the root's first letter (nyetor: setor, nyari: cari, nerbitin: terbit), so an affix is only
taken off where a known root comes out; any other word is left to the stemmer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_PARTICLE = re.compile(r"(?:nya|lah|kah|pun|ku|mu)$")
_SUFFIXES = ("", "in", "kan", "an", "i")
_LAST_VOWEL = re.compile(r"e(?=[bdghklmnprst]+$)")  # catet, simpen: catat, simpan
# prefix -> what may have stood where it stands; "" = the root begins behind it
_PREFIXES = (
    ("memper", ("",)), ("diper", ("",)), ("menge", ("",)), ("penge", ("",)), ("nge", ("",)), ("meng", ("", "k")),
    ("peng", ("", "k")), ("ng", ("", "k")), ("meny", ("s", "c")), ("peny", ("s", "c")), ("ny", ("s", "c")),
    ("mem", ("", "p")), ("pem", ("", "p")), ("men", ("", "t")), ("pen", ("", "t")), ("nd", ("d",)), ("nj", ("j",)),
    ("nc", ("c",)), ("n", ("t",)), ("mb", ("b",)), ("m", ("p",)),
    ("me", ("",)), ("per", ("",)), ("pe", ("",)), ("di", ("",)), ("ter", ("",)), ("ber", ("",)),
    ("ke", ("",)),
)  # fmt: skip


def root_of(word: str, roots: Collection[str]) -> str | None:
    """Return the root in ``roots`` of which ``word`` is a form, or None; of several the one with the fewest affixes."""
    if word in roots:
        return word
    return next((form for form in _forms(word) if form in roots), None)


def _forms(word: str) -> Iterator[str]:
    bare = _PARTICLE.sub("", word)
    for whole in dict.fromkeys((word, bare)):
        for suffix in _SUFFIXES:
            if suffix and not whole.endswith(suffix):
                continue
            body = whole[: len(whole) - len(suffix)]
            yield from _vowels(body)
            for prefix, onsets in _PREFIXES:
                if body.startswith(prefix):
                    for onset in onsets:
                        yield from _vowels(onset + body[len(prefix) :])


def _vowels(body: str) -> Iterator[str]:
    yield body
    if _LAST_VOWEL.search(body):
        yield _LAST_VOWEL.sub("a", body)
