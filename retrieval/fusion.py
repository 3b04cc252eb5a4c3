# SPDX-License-Identifier: GPL-3.0-or-later
"""Two rankings become one: what is known of every candidate (:class:`Signals`) and the order made of it.

BM25 scores have no upper bound and cosines have no common scale; ranks do. Source of reciprocal rank fusion:
Cormack, Clarke, Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods",
SIGIR 2009 (k = 60).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K = 60
DEPTH = 50  # candidates taken from each ranking
WORDS_WEIGHT = 1.0
MEANING_WEIGHT = 1.0


@dataclass(frozen=True, slots=True)
class Signals:
    """What each way of searching says about the candidates of one query; arrays of one length.

    Parameters:
        rows: the articles' rows in the snapshot.
        bm25: BM25 score, 0 where no word is shared.
        bm25_rank: 1 for the best by words; 0 where it is not among the first ``DEPTH``.
        coverage: 0..1, the part of the query's information that the article shares.
        cosine: of the nearest passage; NaN without an encoder.
        cosine_rank: 1 for the nearest; 0 where it is not among the first ``DEPTH``.
        passage: number of the nearest passage (0 = title); -1 without an encoder.
    """

    rows: NDArray[np.int64]
    bm25: NDArray[np.float32]
    bm25_rank: NDArray[np.int64]
    coverage: NDArray[np.float64]
    cosine: NDArray[np.float32]
    cosine_rank: NDArray[np.int64]
    passage: NDArray[np.int64]


def best_rows(scores: NDArray[np.float32], depth: int = DEPTH) -> NDArray[np.int64]:
    """Return the rows with a positive score, best first, at most ``depth``; ties keep the order of the rows."""
    if len(scores) > depth:
        least = np.partition(scores, len(scores) - depth)[len(scores) - depth]
        rows = np.flatnonzero((scores >= least) & (scores > 0))
    else:
        rows = np.flatnonzero(scores > 0)
    return rows[np.argsort(-scores[rows], kind="stable")][:depth].astype(np.int64)


def ranks_of(rows: NDArray[np.int64], ranking: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each of ``rows`` its place in ``ranking`` from 1 on, 0 where it is not in it."""
    if not len(ranking):
        return np.zeros(len(rows), dtype=np.int64)
    order = np.argsort(ranking, kind="stable")
    place = np.minimum(np.searchsorted(ranking[order], rows), len(ranking) - 1)
    return np.where(ranking[order][place] == rows, order[place] + 1, 0).astype(np.int64)


def reciprocal(ranks: NDArray[np.int64], weight: float = 1.0, *, k: int = K) -> NDArray[np.float64]:
    """Return ``weight / (k + rank)`` per rank, 0 for rank 0 (not ranked)."""
    return np.where(ranks > 0, weight / (k + ranks), 0.0)


def fused(signals: Signals) -> NDArray[np.float64]:
    """Return the fused score of every candidate; higher is better, ties are settled by the row."""
    return reciprocal(signals.bm25_rank, WORDS_WEIGHT) + reciprocal(signals.cosine_rank, MEANING_WEIGHT)
