# SPDX-License-Identifier: GPL-3.0-or-later
"""Training text: which texts mean the same, taken from the articles.

A form of an article's question and a few others of the same article, or of them and sentences of the answer, are a
pair. A round holds one pair of every article, so that all other articles are true negatives, the near ones too. Words
are dropped at random, because callers leave words out, and strange ones are put in, because recognisers do.
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

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.forms, *self.sentences)


@dataclass(frozen=True, slots=True)
class Damage:
    """How texts are varied.

    Parameters:
        drop: probability of leaving out a word of either side.
        strange: probability, per word of the question, of a strange word after it.
        together: the most forms that are put together as the other side of a pair.
        answers: share of pairs whose other side has sentences of the answer.
        sentences: the most such sentences.
    """

    drop: float = 0.3
    strange: float = 0.2
    together: int = 8
    answers: float = 0.4
    sentences: int = 4


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
    material: Sequence[Group], count: int, rng: random.Random, damage: Damage, strangers: Sequence[str]
) -> Iterator[tuple[list[str], list[str]]]:
    """Yield ``count`` rounds of (anchors, positives), one pair of every group in each.

    Parameters:
        strangers: the words that may be put in.
    """
    for _ in range(count):
        anchors, positives = [], []
        for group in rng.sample(material, len(material)):
            anchor, *others = rng.sample(group.forms, min(rng.randint(1, damage.together) + 1, len(group.forms)))
            if group.sentences and rng.random() < damage.answers:
                some = min(len(group.sentences), rng.randint(1, damage.sentences))
                others = [*others[1:], *rng.sample(group.sentences, some)]
            anchors.append(interrupted(thin(anchor, damage.drop, rng), damage.strange, strangers, rng))
            positives.append(thin(" ".join(others), damage.drop, rng))
        yield anchors, positives


def thin(text: str, drop: float, rng: random.Random) -> str:
    """Return ``text`` with words left out at random; at least one stays."""
    words = text.split()
    kept = [word for word in words if rng.random() >= drop]
    return " ".join(kept or [rng.choice(words)]) if words else text


def interrupted(text: str, probability: float, strangers: Sequence[str], rng: random.Random) -> str:
    """Return ``text`` with strange words put in at random."""
    out: list[str] = []
    for word in text.split():
        out.append(word)
        if strangers and rng.random() < probability:
            out.append(rng.choice(strangers))
    return " ".join(out)
