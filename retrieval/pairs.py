# SPDX-License-Identifier: GPL-3.0-or-later
"""Training pairs from what agents did: (query, article, label) for an encoder or a calibration.

An article that was used answers its query (1), one marked as not helpful does not (0). One that was only opened, or
stood on the list above the used one and was passed over, says too little to learn from and is left out. An article
that was rejected and used in the same question was used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from retrieval.feedback import Feedback
from retrieval.normalize import normalize

PAIR_ACTIONS = {"used": 1, "rejected": 0}


@dataclass(frozen=True, slots=True)
class Pair:
    """``label``: 1 the article answers the query, 0 it does not."""

    query: str
    article: str
    version: int
    label: int
    call_id: str


def training_pairs(facts: Iterable[Feedback]) -> Iterator[Pair]:
    """Yield the pairs, each (query, article) of a call's question once, in the order of the facts."""
    best: dict[tuple[str, int, str], Pair] = {}
    for one in facts:
        label = PAIR_ACTIONS.get(one.action)
        if label is None or not normalize(one.query):
            continue
        for article, version in one.articles:
            key = (one.call_id, one.question, article)
            if key not in best or best[key].label < label:
                best[key] = Pair(one.query, article, version, label, one.call_id)
    yield from best.values()
