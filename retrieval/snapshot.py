# SPDX-License-Identifier: GPL-3.0-or-later
"""One immutable state of the search: the articles and the indexes over them.

A search works on the snapshot it began with; publishing an article makes the next one beside it and swaps it in, so
there is no gap in service and no lock around a search. With many articles a snapshot has a big main segment and a
small one beside it with what changed since; rows of the main segment that were changed or retired are dead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.articles import Article
from retrieval.confidence import Evidence, no_answer, relevance
from retrieval.dense import Encoder, Vectors
from retrieval.elsewhere import nearness, off_topic_vectors
from retrieval.fusion import DEPTH, Signals, best_rows, by_rank, fused, ranks_of
from retrieval.normalize import Token, domain_words
from retrieval.segment import Segment

NO_ANSWER_DEPTH = 3  # what an agent looks at
Mode = Literal["hybrid", "bm25", "dense"]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One article with the signals that brought it up; see :class:`retrieval.fusion.Signals`.

    Parameters:
        cosine: None while only BM25 answers; ``passage`` is then -1.
        fused: the sum that hybrid search orders by; None while only BM25 answers.
        elsewhere: how near the question is to what SIKP never answers, the same for all; None likewise.
    """

    row: int
    coverage: float
    cosine: float | None
    passage: int
    fused: float | None = None
    elsewhere: float | None = None

    @property
    def score(self) -> float:
        """How sure the search is that the article fits, 0..1."""
        return relevance(self.coverage, self.fused)


@dataclass(frozen=True)
class Snapshot:
    """Articles and indexes of one revision.

    Parameters:
        segments: their articles one after the other are the rows.
        alive: per row whether it is still published as it stands there.
        encoder: None until it is there, or without one.
    """

    revision: str
    segments: tuple[Segment, ...]
    alive: NDArray[np.bool_]
    encoder: Encoder | None = None

    @classmethod
    def build(cls, revision: str, articles: Sequence[Article], encoder: Encoder | None) -> Snapshot:
        """Index ``articles`` as one segment; with an encoder also by meaning."""
        segment = Segment.of(articles, encoder)
        return cls(revision, (segment,), np.ones(len(articles), dtype=np.bool_), encoder)

    @cached_property
    def articles(self) -> tuple[Article, ...]:
        """The article of every row, dead ones too."""
        return tuple(article for segment in self.segments for article in segment.articles)

    @cached_property
    def published(self) -> tuple[Article, ...]:
        """The articles that are found."""
        return tuple(article for article, alive in zip(self.articles, self.alive, strict=True) if alive)

    @property
    def encoder_id(self) -> str:
        """The encoder of the vectors; "" while only BM25 answers."""
        return self.encoder.encoder_id if self.encoder is not None else ""

    def candidates(self, tokens: Sequence[Token], text: str, mode: Mode) -> list[Candidate]:
        """Return the articles for a query, best first.

        ``mode`` "hybrid" falls back to BM25 alone without an encoder; "dense" then finds nothing.
        """
        signals = self.signals(tokens, text, mode)
        together = fused(signals)
        score = together
        if mode != "hybrid" or self.encoder is None:
            score = by_rank(signals.cosine_rank if mode == "dense" else signals.bm25_rank)
        order = np.lexsort((signals.rows, -score))
        return [_candidate(signals, together, int(index)) for index in order]

    def signals(self, tokens: Sequence[Token], text: str, mode: Mode = "hybrid") -> Signals:
        """Return what is known of the articles that are among the first by words, by meaning, or by either."""
        stems = [token.stem for token in tokens if not token.stop]
        query = None if self.encoder is None else self.encoder.encode([text])
        scores = self._bm25(stems)
        by_words = best_rows(scores)
        by_meaning = self._nearest(query) if query is not None else np.zeros(0, dtype=np.int64)
        wanted = {"hybrid": (by_words, by_meaning), "bm25": (by_words,), "dense": (by_meaning,)}[mode]
        rows = np.unique(np.concatenate(wanted))
        cosine, centre, passage = self._cosines(query, rows)
        return Signals(
            rows=rows,
            bm25=scores[rows],
            bm25_rank=ranks_of(rows, by_words),
            coverage=self._coverage(stems, rows),
            cosine=cosine,
            centre=centre,
            cosine_rank=ranks_of(rows, by_meaning),
            passage=passage,
            elsewhere=float("nan") if query is None else self._elsewhere(query),
        )

    def contains(self, stems: Sequence[str], rows: Rows) -> NDArray[np.bool_]:
        """Return whether article ``rows[j]`` contains ``stems[i]``; shape (stems, rows)."""
        found = np.zeros((len(stems), len(rows)), dtype=np.bool_)
        for segment, start, here in self._split(rows):
            found[:, here] = segment.lexical.contains(stems, rows[here] - start)
        return found

    def no_answer_probability(self, found: Sequence[Candidate], tokens: Sequence[Token]) -> float:
        """Return the probability that SIKP does not answer the query; ``found``: its articles, best first."""
        evidence = self.evidence(found, tokens)
        return 1.0 if evidence is None else no_answer(evidence)

    def evidence(self, found: Sequence[Candidate], tokens: Sequence[Token]) -> Evidence | None:
        """Return what speaks for an answer; None when nothing was found at all."""
        first = found[:NO_ANSWER_DEPTH]
        if not first:
            return None
        fits = [one.fused for one in first if one.fused is not None]
        coverage = max(one.coverage for one in first)
        words = len({token.stem for token in tokens if not token.stop})
        return Evidence(max(fits, default=None), coverage, first[0].elsewhere, domain_words(tokens), words)

    def _bm25(self, stems: Sequence[str]) -> NDArray[np.float32]:
        scores = np.concatenate([segment.lexical.scores(stems) for segment in self.segments])
        return scores if self.alive.all() else np.where(self.alive, scores, np.float32(0.0))

    def _coverage(self, stems: Sequence[str], rows: Rows) -> NDArray[np.float64]:
        """Return which part (0..1) of the query's information each article shares.

        Stems count by rarity; a stem that no article has counts as the rarest, because a question about something
        else is made of such words.
        """
        distinct = sorted(set(stems))
        rarity = np.array([self._rarity(stem) for stem in distinct])
        total = float(rarity.sum())
        return rarity @ self.contains(distinct, rows) / total if total else np.zeros(len(rows))

    def _rarity(self, stem: str) -> float:
        return math.log1p(len(self.alive) / max(self._documents_with(stem), 1))

    def _documents_with(self, stem: str) -> int:
        return sum(segment.lexical.documents_with(stem) for segment in self.segments)

    def _elsewhere(self, query: Vectors) -> float:
        return float("nan") if self.encoder is None else nearness(query, off_topic_vectors(self.encoder))

    def _nearest(self, query: Vectors) -> Rows:
        rows, cosines = [], []
        start = 0
        for segment in self.segments:
            if segment.dense is not None:
                found, cosine = segment.dense.nearest(query, self.encoder_id)
                rows.append(found + start)
                cosines.append(cosine)
            start += len(segment.articles)
        if not rows:
            return np.zeros(0, dtype=np.int64)
        every, cosine = np.concatenate(rows), np.concatenate(cosines)
        good = self.alive[every] & (cosine > 0)
        every, cosine = every[good], cosine[good]
        return every[np.lexsort((every, -cosine))][:DEPTH]

    def _cosines(self, query: Vectors | None, rows: Rows) -> tuple[NDArray[np.float32], NDArray[np.float32], Rows]:
        """Return each article's cosine of the nearest passage, cosine of the centre, and number of that passage."""
        cosine, passage = np.full(len(rows), np.nan, dtype=np.float32), np.full(len(rows), -1, dtype=np.int64)
        centre = cosine.copy()
        if query is not None:
            for segment, start, here in self._split(rows):
                if segment.dense is not None:
                    cosine[here], passage[here] = segment.dense.cosines(query, rows[here] - start)
                    centre[here] = segment.dense.to_centres(query, rows[here] - start)
        return cosine, centre, passage

    def _split(self, rows: Rows) -> list[tuple[Segment, int, NDArray[np.bool_]]]:
        """Return (segment, its first row, which of ``rows`` are in it)."""
        parts, start = [], 0
        for segment in self.segments:
            end = start + len(segment.articles)
            parts.append((segment, start, (rows >= start) & (rows < end)))
            start = end
        return parts


def _candidate(signals: Signals, together: NDArray[np.float64], index: int) -> Candidate:
    cosine = float(signals.cosine[index])
    known = not math.isnan(cosine)
    return Candidate(
        row=int(signals.rows[index]),
        coverage=float(signals.coverage[index]),
        cosine=cosine if known else None,
        passage=int(signals.passage[index]),
        fused=float(together[index]) if known else None,
        elsewhere=None if math.isnan(signals.elsewhere) else signals.elsewhere,
    )
