# SPDX-License-Identifier: GPL-3.0-or-later
"""One immutable state of the search: the articles and both indexes over them.

A search works on the snapshot it began with; publishing an article builds the next one beside it and swaps it in,
so there is no gap in service and no lock around a search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.articles import Article
from retrieval.confidence import no_answer, relevance
from retrieval.dense import DenseIndex, Encoder
from retrieval.fusion import fuse, ranking
from retrieval.lexical import LexicalIndex
from retrieval.normalize import Token, domain_words

NO_ANSWER_DEPTH = 3  # what an agent looks at
Mode = Literal["hybrid", "bm25", "dense"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One article with the signals that brought it up; ``passage`` -1: not found by meaning."""

    row: int
    coverage: float
    cosine: float | None
    passage: int

    @property
    def score(self) -> float:
        """How sure the search is that the article fits, 0..1."""
        return relevance(self.coverage, self.cosine)


@dataclass(frozen=True)
class Snapshot:
    """Articles and indexes of one revision; ``dense`` and ``encoder`` are None until the encoder is there."""

    revision: str
    articles: tuple[Article, ...]
    lexical: LexicalIndex
    dense: DenseIndex | None = None
    encoder: Encoder | None = None

    @classmethod
    def build(cls, revision: str, articles: Sequence[Article], encoder: Encoder | None) -> Snapshot:
        """Index ``articles``; with an encoder also by meaning."""
        dense = DenseIndex.build(articles, encoder) if encoder is not None and articles else None
        return cls(revision, tuple(articles), LexicalIndex(articles), dense, encoder)

    def candidates(self, tokens: Sequence[Token], text: str, mode: Mode) -> list[Candidate]:
        """Return the articles for a query, best first.

        ``mode`` "hybrid" falls back to BM25 alone without an encoder; "dense" then finds nothing.
        """
        stems = [token.stem for token in tokens if not token.stop]
        lexical = self.lexical.scores(stems)
        cosines, passages = self.by_meaning(text)
        rankings = []
        if mode != "dense":
            rankings.append(ranking(lexical))
        if mode != "bm25" and cosines is not None:
            rankings.append(ranking(cosines))
        fused = fuse(rankings)
        rows = sorted(fused, key=lambda row: (-fused[row], row))
        return [
            Candidate(
                row,
                self.lexical.coverage(stems, row),
                None if cosines is None else float(cosines[row]),
                -1 if passages is None else int(passages[row]),
            )
            for row in rows
        ]

    def no_answer_probability(self, found: Sequence[Candidate], tokens: Sequence[Token]) -> float:
        """Return the probability that SIKP does not answer the query; ``found``: its articles, best first."""
        first = found[:NO_ANSWER_DEPTH]
        if not first:
            return 1.0
        cosines = [one.cosine for one in first if one.cosine is not None]
        return no_answer(max(one.coverage for one in first), max(cosines) if cosines else None, domain_words(tokens))

    def by_meaning(self, text: str) -> tuple[NDArray[np.float32] | None, NDArray[np.int64] | None]:
        """Return per article the best cosine and its passage; (None, None) without encoder."""
        if self.encoder is None or self.dense is None:
            return None, None
        return self.dense.similarities(self.encoder.encode([text]), self.encoder.encoder_id)
