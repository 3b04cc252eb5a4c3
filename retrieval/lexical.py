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
Document = str  # an article's stems, separated by blanks


class LexicalIndex:
    """BM25 over a fixed sequence of documents; row ``i`` of every result is document ``i``.

    Parameters:
        beside: the big index that this one stands beside. Words are then as rare as they are there, so that the
            scores of both can be compared. (The mean length of a document is this index's own, and the big index
            does not count the words of this one until both are merged.)
    """

    def __init__(self, documents: Sequence[Document], beside: LexicalIndex | None = None) -> None:
        self.size = len(documents)
        self._words: dict[str, int] = {}
        self._starts = np.zeros(1, dtype=np.int64)
        self._rows = np.zeros(0, dtype=np.int64)
        split = [document.split() for document in documents]
        if not any(split):  # bm25s cannot index nothing
            return
        bm25 = bm25s.BM25(method="lucene", k1=1.2, b=0.5, csc_backend="scipy")
        bm25.index(split, show_progress=False)
        self._bm25 = bm25
        self._words = {stem: word for stem, word in bm25.vocab_dict.items() if stem}
        self._starts = np.asarray(bm25.scores["indptr"], dtype=np.int64)
        self._rows = bm25.scores["indices"]
        if beside is not None:
            self._compare_with(beside)

    def scores(self, stems: Sequence[str]) -> NDArray[np.float32]:
        """Return the BM25 score of every document for the query's stems; zeros when no stem is known."""
        known = [self._words[stem] for stem in stems if stem in self._words]
        if not known:
            return np.zeros(self.size, dtype=np.float32)
        return np.asarray(self._bm25.get_scores_from_ids(known), dtype=np.float32)

    def documents_with(self, stem: str) -> int:
        """Return how many documents contain ``stem``."""
        word = self._words.get(stem)
        return 0 if word is None else int(self._starts[word + 1] - self._starts[word])

    def contains(self, stems: Sequence[str], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return whether document ``rows[j]`` contains ``stems[i]``; shape (stems, rows)."""
        found = np.zeros((len(stems), len(rows)), dtype=np.bool_)
        for number, stem in enumerate(stems):
            word = self._words.get(stem)
            if word is None or not len(rows):
                continue
            having = self._rows[self._starts[word] : self._starts[word + 1]]  # ascending
            place = np.minimum(np.searchsorted(having, rows), len(having) - 1)
            found[number] = having[place] == rows if len(having) else False
        return found

    def _compare_with(self, big: LexicalIndex) -> None:
        counts = np.diff(self._starts)
        total = big.size + self.size
        shared = np.zeros(len(counts), dtype=np.int64)
        for stem, word in self._words.items():
            shared[word] = big.documents_with(stem)
        ratio = _idf(counts + shared, total) / _idf(counts, self.size)
        scores = self._bm25.scores
        scores["data"] = (scores["data"] * np.repeat(ratio, counts)).astype(np.float32)


def document_of(article: Article) -> Document:
    """Return what of an article BM25 searches."""
    stems = content_stems(article.title) * TITLE_WEIGHT + content_stems(article.topic)
    for question in article.questions:
        stems += content_stems(question)
    return " ".join(stems + content_stems(article.body))


def _idf(counts: NDArray[np.int64], total: int) -> NDArray[np.float64]:
    """Return what the "lucene" form of BM25 multiplies a word by that ``counts`` of ``total`` documents have."""
    return np.log1p((total - counts + 0.5) / (counts + 0.5))
