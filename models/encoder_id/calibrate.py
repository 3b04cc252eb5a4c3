# SPDX-License-Identifier: GPL-3.0-or-later
"""Fits the numbers of ``retrieval/fusion.py`` and ``retrieval/confidence.py`` and prints them; a person copies them.

Run: ``python -m models.encoder_id.calibrate``. What is fitted on is told in :mod:`models.encoder_id.leftout`.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.encoder_id.leftout import Example, Examples, gather
from models.encoder_id.recipe import ARTICLES, SEED
from models.encoder_id.training import Plan
from models.encoder_id.words import everyday_texts
from retrieval.confidence import Evidence, domain_share
from retrieval.fusion import Signals, fused
from retrieval.store import FolderArticleStore

NO_ANSWER_SHARE = 0.2  # of all questions, as the fit sees them
TAKEN_OUT_SHARE = 0.1  # of those: their relatives, which stay, often do answer a part of them
SHOWN = 5  # hits that a page shows
_SHRINK = 0.002
Numbers = NDArray[np.float64]


def signal_table(signals: Signals) -> Numbers:
    """Return one row a candidate: BM25 relative to the best, cosine, centre, coverage."""
    best = max(float(signals.bm25.max(initial=0.0)), 1e-9)
    meaning = [np.maximum(np.nan_to_num(one), 0.0) for one in (signals.cosine, signals.centre)]
    return np.stack([signals.bm25 / best, *meaning, signals.coverage], axis=1).astype(np.float64)


def fit_order(examples: Sequence[Example]) -> Numbers:
    """Return the weights under which the right candidates are likeliest (conditional logit)."""
    from scipy.optimize import minimize

    tables = [(signal_table(one.signals), one.right) for one in examples if one.right.any()]

    def loss(weights: Numbers) -> float:
        total = 0.0
        for table, right in tables:
            scores = table @ weights
            likely = np.exp(scores - scores.max())
            total -= math.log(likely[right].sum() / likely.sum() + 1e-12)
        return total / len(tables) + _SHRINK * float(weights @ weights)

    return np.asarray(minimize(loss, np.ones(4), method="L-BFGS-B").x)


def fit_score(examples: Sequence[Example]) -> tuple[Numbers, Numbers]:
    """Return (bias, slope) of a hit's score over the hits that a page shows: by the sum, and by coverage alone."""
    together, covered, truth = [], [], []
    for one in examples:
        score = fused(one.signals)
        first = np.argsort(-score, kind="stable")[:SHOWN]
        together.append(score[first])
        covered.append(one.signals.coverage[first])
        truth.append(one.right[first])
    labels = np.concatenate(truth)
    hybrid, words = (_logistic(np.concatenate(signal)[:, None], labels) for signal in (together, covered))
    return hybrid, words


def fit_answered(examples: Examples, columns: Sequence[int]) -> Numbers:
    """Return bias and weights of "SIKP has an answer" over some columns of :func:`evidence_row`."""
    parts = (examples.answered, examples.taken_out, examples.off_topic)
    shares = (1 - NO_ANSWER_SHARE, NO_ANSWER_SHARE * TAKEN_OUT_SHARE, NO_ANSWER_SHARE * (1 - TAKEN_OUT_SHARE))
    rows = np.array([evidence_row(one.evidence) for part in parts for one in part])
    labels = np.concatenate([np.full(len(part), part is examples.answered) for part in parts])
    weights = np.concatenate([np.full(len(part), share / len(part)) for part, share in zip(parts, shares, strict=True)])
    return _logistic(rows[:, columns], labels, weights * len(rows))


def evidence_row(evidence: Evidence) -> list[float]:
    """Return fit, coverage, elsewhere, domain and words as the logistic function sees them."""
    return [
        evidence.fit or 0.0,
        evidence.coverage,
        evidence.elsewhere or 0.0,
        domain_share(evidence.domain_words),
        math.log1p(evidence.words),
    ]


def _logistic(signals: Numbers, labels: NDArray[np.bool_], weights: Numbers | None = None) -> Numbers:
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

    model: Any = LogisticRegression(C=10.0, max_iter=3000).fit(signals, labels, sample_weight=weights)
    return np.concatenate([model.intercept_, model.coef_[0]])


def main() -> None:
    """Print the fits."""
    warnings.filterwarnings("ignore")
    articles = FolderArticleStore(Path(ARTICLES)).published()
    examples = gather(articles, everyday_texts(SEED), Plan())
    _say("WEIGHTS bm25, cosine, centre, coverage", fit_order(examples.answered))
    hybrid, words = fit_score(examples.answered)
    _say("FITS hybrid: bias, slope", hybrid)
    _say("FITS bm25: bias, slope of coverage", words)
    _say("ANSWERED hybrid: bias, fit, elsewhere, domain, words", fit_answered(examples, (0, 2, 3, 4)))
    _say("ANSWERED bm25: bias, coverage, domain, words", fit_answered(examples, (1, 3, 4)))


def _say(name: str, numbers: Numbers) -> None:
    sys.stdout.write(f"{name}: {', '.join(f'{number:.2f}' for number in numbers)}\n")


if __name__ == "__main__":
    main()
