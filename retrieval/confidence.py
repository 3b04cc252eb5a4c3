# SPDX-License-Identifier: GPL-3.0-or-later
"""From raw signals to figures a person can read: a hit's score (0..1) and the probability of "no answer in SIKP".

Both are logistic functions. A hit's score is that of the sum which hybrid search orders by (so it falls from hit to
hit), fitted over the five hits that a page shows for the development questions, written and spoken. "No answer" looks
at the best of the first hits, at how near the question is to what SIKP never answers, at its tax words and its length
(long questions fit better by chance). It is fitted by ``python -m models.encoder_id.calibrate`` on question forms that
neither index nor encoder had seen, with two kinds of questions without an answer: sentences about something else, and
those forms with their own article and its relatives taken out of the index. Where both fall short: ``docs/search.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A logistic function of one signal."""

    bias: float
    slope: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for an answer in SIKP, or against it.

    Parameters:
        fit: the best fused sum among the first hits; None while only BM25 answers.
        coverage: the largest share of the question's information that one of the first hits has.
        elsewhere: how near the question is to what SIKP never answers; None while only BM25 answers.
        domain_words: how many words of the tax office's own language the question has.
        words: how many different words of the question carry a topic.
    """

    fit: float | None
    coverage: float
    elsewhere: float | None
    domain_words: int
    words: int


@dataclass(frozen=True, slots=True)
class Weights:
    """Coefficients of "no answer", turned round: positive speaks for an answer."""

    bias: float
    fit: float
    coverage: float
    elsewhere: float
    domain: float
    words: float


ENOUGH_DOMAIN_WORDS = 2

# Hybrid first, BM25 alone second.
FITS = (Line(bias=-9.58, slope=0.92), Line(bias=-3.06, slope=2.46))
ANSWERED = (
    Weights(bias=-4.63, fit=0.99, coverage=0.0, elsewhere=-12.47, domain=0.67, words=1.58),
    Weights(bias=-3.47, fit=0.0, coverage=3.91, elsewhere=0.0, domain=1.10, words=1.25),
)


def relevance(coverage: float, fused: float | None) -> float:
    """Return the probability (0..1) that an article fits; ``fused`` None while only BM25 answers."""
    line = FITS[0] if fused is not None else FITS[1]
    return _logistic(line.bias + line.slope * (fused if fused is not None else coverage))


def no_answer(evidence: Evidence) -> float:
    """Return the probability (0..1) that SIKP has no answer."""
    weights = ANSWERED[0] if evidence.fit is not None else ANSWERED[1]
    return 1.0 - _logistic(
        weights.bias
        + weights.fit * (evidence.fit or 0.0)
        + weights.coverage * evidence.coverage
        + weights.elsewhere * (evidence.elsewhere or 0.0)
        + weights.domain * domain_share(evidence.domain_words)
        + weights.words * math.log1p(evidence.words)
    )


def domain_share(domain_words: int) -> float:
    """Return ``domain_words`` as a signal: 0 for none, 1 for ``ENOUGH_DOMAIN_WORDS`` or more."""
    return min(domain_words, ENOUGH_DOMAIN_WORDS) / ENOUGH_DOMAIN_WORDS


def _logistic(signal: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, signal))))
