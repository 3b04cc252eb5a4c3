# SPDX-License-Identifier: GPL-3.0-or-later
"""From raw signals to figures a person can read: a hit's score (0..1) and the probability of "no answer in SIKP".

Both are logistic functions: of how much of the question's information an article shares
(:meth:`LexicalIndex.coverage`), of the cosine of its nearest question form and, for "no answer", of the question's
tax words. A hit's score is fitted against the best wrong article, "no answer" against off-topic sentences, by
``python -m models.encoder_id.calibrate`` on question forms that the index had not seen; where they fall short is in
``models/encoder_id/CARD.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """Coefficients of the logistic function."""

    bias: float
    coverage: float
    cosine: float
    domain: float = 0.0


ENOUGH_DOMAIN_WORDS = 2

# Printed by models.encoder_id.calibrate; hybrid first, BM25 alone second.
FITS = (
    Weights(bias=-4.01, coverage=1.23, cosine=5.39),
    Weights(bias=-2.44, coverage=3.65, cosine=0.0),
)
ANSWERED = (
    Weights(bias=-5.44, coverage=5.27, cosine=4.90, domain=6.87),
    Weights(bias=-4.24, coverage=7.83, cosine=0.0, domain=6.98),
)


def relevance(coverage: float, cosine: float | None) -> float:
    """Return the probability (0..1) that an article fits; ``cosine`` None while only BM25 answers."""
    return _logistic(FITS, coverage, cosine)


def no_answer(coverage: float, cosine: float | None, domain_words: int) -> float:
    """Return the probability (0..1) that SIKP has no answer, from the best signals among the first hits.

    Parameters:
        domain_words: how many words of the tax office's own language the question has.
    """
    return 1.0 - _logistic(ANSWERED, coverage, cosine, domain_share(domain_words))


def domain_share(domain_words: int) -> float:
    """Return ``domain_words`` as a signal: 0 for none, 1 for ``ENOUGH_DOMAIN_WORDS`` or more."""
    return min(domain_words, ENOUGH_DOMAIN_WORDS) / ENOUGH_DOMAIN_WORDS


def _logistic(weights: tuple[Weights, Weights], coverage: float, cosine: float | None, domain: float = 0.0) -> float:
    chosen = weights[1 if cosine is None else 0]
    signal = chosen.bias + chosen.coverage * coverage + chosen.cosine * (cosine or 0.0) + chosen.domain * domain
    return 1.0 / (1.0 + math.exp(-signal))
