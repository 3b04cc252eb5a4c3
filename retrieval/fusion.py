# SPDX-License-Identifier: GPL-3.0-or-later
"""Words and meaning become one order: what is known of every candidate (:class:`Signals`) and the sum made of it.

BM25 scores have no upper bound, so they count relative to the best one; cosines and coverage are absolute. The weights
begin with a fit (conditional logit: which of the candidates is it?) on question forms that neither index nor encoder
had seen, as written and damaged: 2.9, 3.2, 5.1, 1.3 (``python -m models.encoder_id.calibrate`` repeats it). Then words
were moved from the BM25 score to coverage, because the development questions, whose writer had not seen the articles,
were found better so, spoken ones too. Source of weighing scores instead of ranks: Bruch, Gai, Ingber, "An analysis of
fusion functions for hybrid retrieval", ACM TOIS 2023.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEPTH = 50  # candidates taken from each ranking


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each signal counts; see :class:`Signals`. ``bm25``: of the share of the best candidate's score."""

    bm25: float
    cosine: float
    centre: float
    coverage: float


WEIGHTS = Weights(bm25=1.0, cosine=4.0, centre=6.0, coverage=3.0)


@dataclass(frozen=True, slots=True)
class Signals:
    """What each way of searching says about the candidates of one query; arrays of one length.

    Parameters:
        rows: the articles' rows in the snapshot.
        bm25: BM25 score, 0 where no word is shared.
        bm25_rank: 1 for the best by words; 0 where it is not among the first ``DEPTH``.
        coverage: 0..1, the part of the query's information that the article shares.
        cosine: of the nearest passage; NaN without an encoder.
        centre: cosine of the mean of the article's passages; NaN without an encoder.
        cosine_rank: 1 for the nearest; 0 where it is not among the first ``DEPTH``.
        passage: number of the nearest passage (0 = title); -1 without an encoder.
        elsewhere: how near the query itself is to what SIKP never answers; NaN without an encoder.
    """

    rows: NDArray[np.int64]
    bm25: NDArray[np.float32]
    bm25_rank: NDArray[np.int64]
    coverage: NDArray[np.float64]
    cosine: NDArray[np.float32]
    centre: NDArray[np.float32]
    cosine_rank: NDArray[np.int64]
    passage: NDArray[np.int64]
    elsewhere: float = float("nan")


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


def by_rank(ranks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a score that falls with the rank from 1 on; 0 for rank 0 (not ranked)."""
    return np.where(ranks > 0, 1.0 / np.maximum(ranks, 1), 0.0)


def fused(signals: Signals, weights: Weights = WEIGHTS) -> NDArray[np.float64]:
    """Return the fused score of every candidate; higher is better, ties are settled by the row.

    A candidate without vectors (none are there yet) counts by its words alone.
    """
    best = float(signals.bm25.max(initial=0.0))
    relative = signals.bm25 / best if best > 0 else np.zeros(len(signals.bm25))
    meaning = [np.maximum(np.nan_to_num(one, nan=0.0), 0.0) for one in (signals.cosine, signals.centre)]
    return np.asarray(
        weights.bm25 * relative
        + weights.cosine * meaning[0]
        + weights.centre * meaning[1]
        + weights.coverage * signals.coverage,
        dtype=np.float64,
    )
