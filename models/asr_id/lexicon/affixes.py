# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the root of an Indonesian word: prefixes (with their nasals), suffixes, and casual ng-/-in.

Only what reading needs: where the parts meet, and which known root is inside, because a root keeps its full e
(`merek`, `mereknya`, `bermerek`) while the e of a prefix is always a schwa.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cache

from models.asr_id.lexicon.marks import has_vowel

_SUFFIXES = ("nya", "kan", "lah", "kah", "pun", "an", "in", "ku", "mu", "i")
_PLAIN_PREFIXES = (
    "memper", "member", "menter", "diper", "diber", "keber", "keter", "kese", "penge", "menge", "pember",
    "ber", "ter", "per", "bel", "pel", "di", "ke", "se", "be", "te", "pe", "me", "nge", "ku", "kau", "non", "antar",
)  # fmt: skip
# Prefix -> the first letters that the root may have lost to its nasal ("" where it lost none).
_NASAL_PREFIXES = {
    "mem": ("", "p", "f"), "men": ("", "t"), "meng": ("", "k"), "meny": ("s",),
    "pem": ("", "p"), "pen": ("", "t"), "peng": ("", "k"), "peny": ("s",),
    "ng": ("", "k"), "ny": ("s", "c"), "n": ("t", "c"), "m": ("p",),
}  # fmt: skip
_CASUAL_NASALS = frozenset({"ng", "ny", "n", "m"})
_RARE_AFFIXES = _CASUAL_NASALS | {"in", "ku", "mu", "pun", "kau", "bel", "pel"}
_RARE_WEIGHT = 3
_DEEPEST = 3
_SHORTEST_KNOWN = 3
_SHORTEST_UNKNOWN = 3


@dataclass(frozen=True)
class Parts:
    """One way to take a word apart.

    Attributes:
        prefixes: as written, outermost first.
        root: the root as in a dictionary.
        lost: how many letters at its start are not written (swallowed by a nasal prefix): 0 or 1.
        suffixes: as written, innermost first.
    """

    prefixes: tuple[str, ...]
    root: str
    lost: int
    suffixes: tuple[str, ...]

    @property
    def affix_letters(self) -> int:
        """How many letters are not the root's."""
        return sum(map(len, self.prefixes + self.suffixes))

    @property
    def unlikelihood(self) -> int:
        """How far-fetched the analysis is: its affix letters, and more for affixes that are rare or casual."""
        rare = sum(affix in _RARE_AFFIXES for affix in self.prefixes + self.suffixes)
        return self.affix_letters + _RARE_WEIGHT * rare


def find_known_root(word: str, known: Container[str]) -> Parts | None:
    """Return the analysis of ``word`` with a root out of ``known`` that is least far-fetched, or None."""
    fits = [parts for parts in _analyses(word) if len(parts.root) >= _SHORTEST_KNOWN and parts.root in known]
    return min(fits, key=lambda parts: (parts.unlikelihood, parts.lost), default=None)


def guess_parts(word: str) -> Parts:
    """Return the likely parts of a word whose root is not known; the root keeps its written letters."""
    prefixes: list[str] = []
    rest = word
    while len(prefixes) < _DEEPEST:
        prefix = next((p for p in _guessable_prefixes() if _may_precede(p, rest)), None)
        if prefix is None:
            break
        prefixes.append(prefix)
        rest = rest[len(prefix) :]
    suffixes: list[str] = []
    while (suffix := next((s for s in ("nya", "kan", "lah", "kah", "an") if _may_follow(s, rest)), None)) is not None:
        suffixes.insert(0, suffix)
        rest = rest[: -len(suffix)]
    return Parts(tuple(prefixes), rest, 0, tuple(suffixes))


def _analyses(word: str) -> Iterator[Parts]:
    for core, suffixes in _without_suffixes(word, 0):
        yield from _without_prefixes(core, (), suffixes)


def _without_suffixes(word: str, depth: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield word, ()
    if depth == _DEEPEST:
        return
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= _SHORTEST_KNOWN - 1:
            for core, inner in _without_suffixes(word[: -len(suffix)], depth + 1):
                yield core, (*inner, suffix)


def _without_prefixes(core: str, prefixes: tuple[str, ...], suffixes: tuple[str, ...]) -> Iterator[Parts]:
    yield Parts(prefixes, core, 0, suffixes)
    if len(prefixes) == _DEEPEST:
        return
    for prefix in _PLAIN_PREFIXES:
        rest = core[len(prefix) :]
        if core.startswith(prefix) and len(rest) >= _SHORTEST_KNOWN - 1:
            yield from _without_prefixes(rest, (*prefixes, prefix), suffixes)
    for prefix, lost_letters in _NASAL_PREFIXES.items():
        rest = core[len(prefix) :]
        if not core.startswith(prefix) or len(rest) < _SHORTEST_KNOWN - 1 or (prefix in _CASUAL_NASALS and prefixes):
            continue
        for lost in lost_letters:
            if not lost or has_vowel(rest[0]):
                yield Parts((*prefixes, prefix), lost + rest, len(lost), suffixes)


@cache
def _guessable_prefixes() -> tuple[str, ...]:
    nasal = [prefix for prefix in _NASAL_PREFIXES if prefix not in _CASUAL_NASALS]
    plain = [p for p in _PLAIN_PREFIXES if p not in ("bel", "pel", "be", "te", "ku", "kau", "non", "antar", "di")]
    return tuple(sorted([*nasal, *plain], key=len, reverse=True))


def _may_precede(prefix: str, word: str) -> bool:
    rest = word[len(prefix) :]
    if not word.startswith(prefix) or len(rest) < _SHORTEST_UNKNOWN + 1 or not has_vowel(rest):
        return False
    if prefix in ("meny", "peny"):
        return has_vowel(rest[0])
    return not (prefix in ("men", "pen", "mem", "pem") and rest[0] in "gy")


def _may_follow(suffix: str, word: str) -> bool:
    rest = word[: -len(suffix)]
    return word.endswith(suffix) and len(rest) > _SHORTEST_UNKNOWN and has_vowel(rest)
