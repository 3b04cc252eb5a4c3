# SPDX-License-Identifier: GPL-3.0-or-later
"""Interpretation of regulations or information? A proposal for step G.3 of LIP20-0015; a person decides.

A sum of few, readable signs (``cues_class.toml``): each is a pattern of words with a weight that speaks for
interpretation (above zero) or for information (below zero). The logistic of the sum is the probability; the words that
the signs matched are the reasons, so that an agent sees at a glance why. No sign at all, or a balance of them: no
proposal.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.events import QuestionClass
from retrieval.normalize import split

_SIGNS = Path(__file__).parent / "cues_class.toml"
BIAS = -1.2  # most calls want information
CERTAIN = 0.65  # of one class or the other; between the two nothing is proposed


@dataclass(frozen=True, slots=True)
class Classification:
    """A proposed class.

    Parameters:
        probability: 0..1, that the question asks for an interpretation of regulations.
        reasons: the caller's words that speak for ``kind``, strongest first.
    """

    kind: QuestionClass
    probability: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sign:
    pattern: re.Pattern[str]
    weight: float


@cache
def _signs() -> tuple[_Sign, ...]:
    table = tomllib.loads(_SIGNS.read_text(encoding="utf-8"))
    return tuple(
        _Sign(re.compile(rf"\b(?:{pattern})\b"), group["weight"])
        for group in table["sign"]
        for pattern in group["patterns"]
    )


def interpretation_probability(text: str) -> tuple[float, list[tuple[float, str]]]:
    """Return the probability (0..1) of an interpretation and each sign's weight with the words it matched."""
    plain = " ".join(split(text))
    found = [(sign.weight, match.group()) for sign in _signs() if (match := sign.pattern.search(plain))]
    total = BIAS + sum(weight for weight, _ in found)
    return 1.0 / (1.0 + math.exp(-total)), found


def classify(text: str) -> Classification | None:
    """Return the class that the words of a question suggest; None when they do not tell."""
    probability, found = interpretation_probability(text)
    if probability >= CERTAIN:
        kind, sign = "interpretation", 1.0
    elif probability <= 1.0 - CERTAIN:
        kind, sign = "information", -1.0
    else:
        return None
    speaking = sorted((one for one in found if one[0] * sign > 0), key=lambda one: -abs(one[0]))
    said = list(dict.fromkeys(words for _, words in speaking))
    reasons = tuple(one for one in said if not any(one != other and one in other for other in said))
    if not reasons:
        return None
    return Classification(
        "interpretation" if kind == "interpretation" else "information", round(probability, 4), reasons
    )
