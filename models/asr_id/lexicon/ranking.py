# SPDX-License-Identifier: GPL-3.0-or-later
"""The cheapest pronunciations out of the ways in which each piece of a word is heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.asr_id.lexicon.rules import Slot

DEAREST = 2.3
"""A pronunciation that costs more than this is left out."""

Ranked = dict[tuple[str, ...], float]
_KEPT_ON_THE_WAY = 24


def cheapest(slots: Sequence[Slot]) -> Ranked:
    """Return phones -> cost of the cheapest combinations, cheapest first."""
    beam: Ranked = {(): 0.0}
    for slot in slots:
        longer: Ranked = {}
        for phones, cost in beam.items():
            for way in slot:
                _keep(longer, phones + way.phones, cost + way.cost)
        beam = _best(longer, _KEPT_ON_THE_WAY)
    return beam


def merged(lists: Iterable[tuple[Ranked, float]], most: int) -> Ranked:
    """Return the `most` cheapest of several lists, each with a cost of its own added."""
    together: Ranked = {}
    for ranked, extra in lists:
        for phones, cost in ranked.items():
            if phones:
                _keep(together, phones, cost + extra)
    return _best(together, most)


def _keep(ranked: Ranked, phones: tuple[str, ...], cost: float) -> None:
    if cost <= ranked.get(phones, DEAREST):
        ranked[phones] = cost


def _best(ranked: Ranked, most: int) -> Ranked:
    return dict(sorted(ranked.items(), key=lambda item: (item[1], len(item[0]), item[0]))[:most])
