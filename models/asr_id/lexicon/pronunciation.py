# SPDX-License-Identifier: GPL-3.0-or-later
"""A word's pronunciations: tables first, then the parts of the word, then the letter rules."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from models.asr_id.lexicon.affixes import Parts, find_known_root, guess_parts
from models.asr_id.lexicon.errors import empty_word, unreadable
from models.asr_id.lexicon.guess import mark_guess
from models.asr_id.lexicon.letters import is_unpronounceable, spelled_marked
from models.asr_id.lexicon.marks import BOUNDARY
from models.asr_id.lexicon.ranking import Ranked, cheapest, merged
from models.asr_id.lexicon.rules import read
from models.asr_id.lexicon.tables import tables

MOST_VARIANTS = 4
_NEXT_RESPELLING = 0.7  # cost of each further respelling of a table entry
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")

Spellings = tuple[tuple[str, bool], ...]
"""Marked spellings, best first, each with whether it is to be read literally."""


def pronounce(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the pronunciations of one lower-case word, best first, at most four, as phones of `models.asr_id.phones`.

    Any word of the letters a-z and hyphens is read. Raises LexiconError for anything else, naming the character.
    """
    return tuple(pronounce_ranked(word))


@cache
def pronounce_ranked(word: str) -> Ranked:
    """Return the same pronunciations with their costs: rough negative log probabilities, the best one 0."""
    _check(word)
    ranked = _ranked(word)
    cheapest_cost = min(ranked.values())
    return {phones: round(cost - cheapest_cost, 3) for phones, cost in ranked.items()}


def spellings(word: str) -> Spellings:
    """Return the marked spellings that `pronounce` reads for a word without hyphens."""
    respelled = tables().respelled.get(word)
    if respelled is not None:
        return tuple((marked, True) for marked in respelled)
    if word in tables().roots:
        return ((tables().roots[word], False),)
    if is_unpronounceable(word):
        return ((spelled_marked(word), True),)
    parts = find_known_root(word, _Known())
    if parts is None:
        parts = guess_parts(word)
        return ((_join(parts, mark_guess(parts.root)), False),)
    return tuple((_join(parts, marked), literally) for marked, literally in _root_spellings(parts.root))


class _Known:
    """The roots, and the respelled words that are long enough not to be found inside others by mistake."""

    def __contains__(self, root: object) -> bool:
        if root in tables().roots or root in _SHORT_BUT_AFFIXED:
            return True
        if not isinstance(root, str) or len(root) < _SHORTEST_INSIDE or root in _LIKE_PREFIXES:
            return False
        return root in tables().respelled


_SHORTEST_INSIDE = 4
_LIKE_PREFIXES = frozenset({"member", "tertera"})
_SHORT_BUT_AFFIXED = frozenset({"cek", "npwp", "spt", "app", "nik", "tau"})


def _root_spellings(root: str) -> Spellings:
    if root in tables().respelled:
        return tuple((marked, True) for marked in tables().respelled[root])
    return ((tables().roots[root], False),)


def _join(parts: Parts, marked_root: str) -> str:
    return BOUNDARY.join((*parts.prefixes, marked_root[parts.lost :], *parts.suffixes))


def _ranked(word: str) -> Ranked:
    whole = tables().respelled.get(word)
    if whole is None and "-" in word:
        return _hyphenated([part for part in word.split("-") if part])
    entries = [(cheapest(read(marked, literally=literally)), _NEXT_RESPELLING * number)
               for number, (marked, literally) in enumerate(spellings(word))]  # fmt: skip
    return merged(entries, MOST_VARIANTS)


_ELECTRONIC: Ranked = {("e",): 0.0, ("i",): 0.4}  # `e-` of `e-registration`, as in Indonesian or as in English


def _hyphenated(parts: list[str]) -> Ranked:
    """Join the parts' variants; the like parts of a reduplication (`kupu-kupu`) are said alike."""
    joined: Ranked = {(): 0.0}
    ranked = [_ranked(part) for part in parts]
    if parts[0] == "e" and len(parts) > 1:
        ranked[0] = _ELECTRONIC
    same = all(left == right for left, right in pairwise(parts))
    if same:
        return {phones * len(parts): cost for phones, cost in ranked[0].items()}
    for part in ranked:
        longer: dict[tuple[str, ...], float] = {}
        for phones, cost in joined.items():
            for more, extra in part.items():
                longer.setdefault(phones + more, cost + extra)
        joined = longer
    return merged([(joined, 0.0)], MOST_VARIANTS)


def _check(word: str) -> None:
    for character in word:
        if character not in _LETTERS and character != "-":
            raise unreadable(word, character)
    if not word.strip("-"):
        raise empty_word()
