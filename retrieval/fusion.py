# SPDX-License-Identifier: GPL-3.0-or-later
"""Reciprocal rank fusion: two rankings become one without comparing their scores.

BM25 scores have no upper bound and cosines have no common scale; ranks do. Source: Cormack, Clarke, Buettcher,
"Reciprocal rank fusion outperforms Condorcet and individual rank learning methods", SIGIR 2009 (k = 60).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

K = 60
DEPTH = 50  # candidates taken from each ranking


def ranking(scores: NDArray[np.float32], *, depth: int = DEPTH) -> list[int]:
    """Return the rows with a positive score, best first; ties keep the order of the rows."""
    order = np.argsort(-scores, kind="stable")[:depth]
    return [int(row) for row in order if scores[row] > 0]


def fuse(rankings: Sequence[Sequence[int]], weights: Sequence[float] | None = None, *, k: int = K) -> dict[int, float]:
    """Return row -> fused score (the sum of weight / (k + rank), rank from 1).

    Raises:
        ValueError: the number of weights is not that of the rankings.
    """
    shares = list(weights) if weights is not None else [1.0] * len(rankings)
    if len(shares) != len(rankings):
        raise ValueError(f"{len(rankings)} rankings but {len(shares)} weights")
    fused: dict[int, float] = {}
    for rows, weight in zip(rankings, shares, strict=True):
        for rank, row in enumerate(rows, 1):
            fused[row] = fused.get(row, 0.0) + weight / (k + rank)
    return fused
