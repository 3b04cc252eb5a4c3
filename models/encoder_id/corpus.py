# SPDX-License-Identifier: GPL-3.0-or-later
"""Training text: which texts mean the same, taken from the articles.

Two forms of one article's question are a pair, so are a form and the title or a sentence of the answer. A round
holds one pair of every article, so that the other pairs of a batch are true negatives. Words are dropped at random,
because callers leave words out and recognisers lose them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.articles import Article
from retrieval.dense import prepare

_SENTENCE = re.compile(r"(?<=[.;:?])\s+|\n+")
MIN_WORDS = 3


@dataclass(frozen=True, slots=True)
class Group:
    """Texts of one article in encoder form: question forms (with the title) and sentences of the answer."""

    forms: tuple[str, ...]
    sentences: tuple[str, ...]


def groups(articles: Sequence[Article]) -> list[Group]:
    """Return one group an article."""
    return [
        Group(
            forms=tuple(prepare(form, "stems") for form in (article.title, *article.questions)),
            sentences=tuple(
                text
                for text in (prepare(sentence, "stems") for sentence in _SENTENCE.split(article.body))
                if len(text.split()) >= MIN_WORDS
            ),
        )
        for article in articles
    ]


def rounds(
    material: Sequence[Group], count: int, rng: random.Random, *, drop: float, answers: float
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield ``count`` rounds of (anchors, positives), one pair of every group in each.

    Parameters:
        drop: probability of leaving out a word of either side.
        answers: share of pairs whose positive is a sentence of the answer.
    """
    for _ in range(count):
        anchors, positives = [], []
        for group in rng.sample(material, len(material)):
            anchor, positive = rng.sample(group.forms, 2)
            if group.sentences and rng.random() < answers:
                positive = rng.choice(group.sentences)
            anchors.append(thin(anchor, drop, rng))
            positives.append(thin(positive, drop, rng))
        yield anchors, positives


def thin(text: str, drop: float, rng: random.Random) -> str:
    """Return ``text`` with words left out at random; at least one stays."""
    words = text.split()
    kept = [word for word in words if rng.random() >= drop]
    return " ".join(kept or [rng.choice(words)]) if words else text
