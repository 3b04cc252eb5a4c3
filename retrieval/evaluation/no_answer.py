# SPDX-License-Identifier: GPL-3.0-or-later
"""How far "SIKP has no answer" can be believed: precision and recall at every threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.evaluation.ranks import Answered

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Row:
    """Saying "no answer" above ``threshold``: how often that is right, and how many of those cases it finds.

    ``precision`` is 1 when it is never said, ``recall`` 1 when there is no such question. ``silenced``: the share of
    the answerable questions to which it is said wrongly.
    """

    threshold: float
    precision: float
    recall: float
    silenced: float


def at_threshold(answered: Sequence[Answered], threshold: float) -> Row:
    """Return both figures for one threshold."""
    said = np.array([one.no_answer > threshold for one in answered], dtype=bool)
    truth = np.array([not one.question.articles for one in answered], dtype=bool)
    right = float(np.sum(said & truth))
    return Row(
        threshold,
        right / float(said.sum()) if said.any() else 1.0,
        right / float(truth.sum()) if truth.any() else 1.0,
        float(np.mean(said[~truth])) if not truth.all() else 0.0,
    )


def table(answered: Sequence[Answered], thresholds: Sequence[float] = THRESHOLDS) -> list[Row]:
    """Return one row a threshold; empty without a question that SIKP does not answer."""
    if all(one.question.articles for one in answered):
        return []
    return [at_threshold(answered, threshold) for threshold in thresholds]
