# SPDX-License-Identifier: GPL-3.0-or-later
"""BM25 over whole articles (bm25s): title, question forms, topic and answer in one bag of stems.

Rare words decide here, which is what dense vectors are weak at: form numbers, names of applications, amounts.
An index is built once and never changed, so that any number of threads may search it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

from retrieval.articles import Article
from retrieval.normalize import content_stems

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG

TITLE_WEIGHT = 3  # a title names the intent; counted as if it were written three times


class LexicalIndex:
    """BM25 over a fixed sequence of articles; row ``i`` of every result is article ``i``."""

    def __init__(self, articles: Sequence[Article]) -> None:
        documents = [_document(article) for article in articles]
        self._stems = [frozenset(document) for document in documents]
        self._bm25 = bm25s.BM25(method="lucene", k1=1.2, b=0.5)
        self._rarity = _rarity(self._stems)
        if self._rarity:  # bm25s cannot index nothing
            self._bm25.index(documents, show_progress=False)
        self._rarest = max(self._rarity.values(), default=1.0)

    def scores(self, stems: Sequence[str]) -> NDArray[np.float32]:
        """Return the BM25 score of every article for the query's stems; zeros when no stem is known."""
        known = [stem for stem in stems if stem in self._rarity]
        if not known:
            return np.zeros(len(self._stems), dtype=np.float32)
        return np.asarray(self._bm25.get_scores(known), dtype=np.float32)

    def coverage(self, stems: Sequence[str], row: int) -> float:
        """Return which part (0..1) of the query's information article ``row`` shares.

        Stems count by rarity; a stem that no article has counts as the rarest, because a question about
        something else is made of such words.
        """
        distinct = set(stems)
        total = sum(self._rarity.get(stem, self._rarest) for stem in distinct)
        shared = sum(self._rarity[stem] for stem in distinct & self._stems[row])
        return shared / total if total else 0.0

    def shares(self, stem: str, row: int) -> bool:
        """Return whether article ``row`` contains ``stem``."""
        return stem in self._stems[row]


def _document(article: Article) -> list[str]:
    title = content_stems(article.title)
    stems = title * TITLE_WEIGHT + content_stems(article.topic)
    for question in article.questions:
        stems += content_stems(question)
    return stems + content_stems(article.body)


def _rarity(documents: Sequence[frozenset[str]]) -> dict[str, float]:
    counts: dict[str, int] = {}
    for document in documents:
        for stem in document:
            counts[stem] = counts.get(stem, 0) + 1
    return {stem: float(np.log1p(len(documents) / count)) for stem, count in counts.items()}
