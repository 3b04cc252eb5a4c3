# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles that people would ask for in nearly the same words: two of them split what should be one.

Titles and question forms are compared with each other as sets of words; order, case and polite words do not count.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from retrieval.articles import Article
from retrieval.normalize import analyse

LEAST_LIKENESS = 92.0  # of 100: one word of ten may differ by an ending
_BLOCK = 512  # forms compared with all others at a time: bounds the memory


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two articles and their most alike forms, as written; ``likeness`` 0..100."""

    first: str
    second: str
    first_form: str
    second_form: str
    likeness: float
    forms: int  # pairs of forms above the threshold


@dataclass(frozen=True, slots=True)
class _Form:
    article: int
    written: str
    key: str  # its telling words in a fixed order
    numbers: frozenset[str]  # "PPh 23" and "PPh 25" differ by one letter and in everything


def near_duplicates(
    articles: Sequence[Article], *, of: Collection[str] | None = None, least: float = LEAST_LIKENESS
) -> list[NearDuplicate]:
    """Return pairs of articles with forms that nearly coincide, most alike first.

    Parameters:
        of: only pairs with one of these ids; None = all pairs.
        least: likeness from which two forms nearly coincide, 0..100.
    """
    forms = [
        form
        for number, article in enumerate(articles)
        for written in (article.title, *article.questions)
        if (form := _form(number, written)) is not None
    ]
    asked = [form for form in forms if of is None or articles[form.article].id in of]
    keys = [form.key for form in forms]
    best: dict[tuple[int, int], tuple[float, _Form, _Form]] = {}
    alike: dict[tuple[int, int], set[tuple[str, str]]] = {}  # all with all meets every pair from both sides
    for start in range(0, len(asked), _BLOCK):
        block = asked[start : start + _BLOCK]
        scores = process.cdist(
            [form.key for form in block], keys, scorer=fuzz.ratio, score_cutoff=least, dtype=np.float32, workers=1
        )
        for row, column in np.argwhere(scores >= least):
            left, right = sorted((block[row], forms[column]), key=lambda form: form.article)
            pair = (left.article, right.article)
            if left.article == right.article or left.numbers != right.numbers:
                continue
            alike.setdefault(pair, set()).add((left.written, right.written))
            if pair not in best or scores[row, column] > best[pair][0]:
                best[pair] = (float(scores[row, column]), left, right)
    found = [
        NearDuplicate(
            articles[pair[0]].id, articles[pair[1]].id, left.written, right.written, round(score, 1), len(alike[pair])
        )
        for pair, (score, left, right) in best.items()
    ]
    return sorted(found, key=lambda one: (-one.likeness, one.first, one.second))


def _form(article: int, written: str) -> _Form | None:
    """Return a form ready to be compared; None when it has fewer than two telling words."""
    stems = sorted({token.stem for token in analyse(written) if not token.stop})
    numbers = frozenset(stem for stem in stems if any(character.isdigit() for character in stem))
    return _Form(article, written, " ".join(stems), numbers) if len(stems) > 1 else None
