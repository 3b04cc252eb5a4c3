# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up articles for measuring the search with ten and a hundred times the articles.

Each is a real article's text in which more than half of the topic words are others: words of the other articles and
words that do not exist. They have the length and the word statistics of real ones and answer nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from retrieval.articles import MIN_QUESTIONS, Article
from retrieval.normalize import analyse

REPLACED = 0.6  # share of topic words
MADE_UP = 0.4  # share of the replacements that do not exist
MADE_UP_WORDS = 20_000
_CONSONANTS, _VOWELS = "bdgklmnprst", "aiu"
_ENDINGS = ("", "n", "ng", "r", "s", "t", "k")


def distractors(articles: Sequence[Article], count: int, *, seed: int = 4) -> Iterator[Article]:
    """Yield ``count`` published articles made from ``articles``; the same seed gives the same ones."""
    rng = random.Random(seed)  # noqa: S311 - test material, nothing secret
    texts = [[_words(text) for text in (one.title, *one.questions)] for one in articles]
    bodies = [_words(one.body) for one in articles]
    known = sorted({word for group in texts for text in group for word, topical in text if topical})
    made_up = [made_up_word(rng) for _ in range(MADE_UP_WORDS)]
    for number in range(count):
        chosen = rng.randrange(len(articles))
        # an article keeps to its subject: a word is replaced by the same one throughout
        subject: dict[str, str] = {}
        forms = [_changed(text, subject, known, made_up, rng) for text in texts[chosen]]
        questions = dict.fromkeys(form[:250] for form in forms[1:])
        while len(questions) < MIN_QUESTIONS:
            questions[f"{forms[0]} {rng.choice(known)} {rng.choice(made_up)}"[:250]] = None
        yield Article(
            id=f"pengalih-{number}",
            title=(forms[0] + " " + rng.choice(made_up))[:120],
            version=1,
            status="published",
            topic=articles[chosen].topic,
            questions=tuple(questions),
            body=_changed(bodies[chosen], subject, known, made_up, rng)[:30_000],
        )


def made_up_word(rng: random.Random) -> str:
    """Return a word of three or four syllables that sounds Indonesian."""
    syllables = [rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(rng.choice((3, 4)))]
    return "".join(syllables) + rng.choice(_ENDINGS)


def _words(text: str) -> list[tuple[str, bool]]:
    return [(token.word, not token.stop and token.word.isalpha()) for token in analyse(text)]


def _changed(
    words: list[tuple[str, bool]], subject: dict[str, str], known: list[str], made_up: list[str], rng: random.Random
) -> str:
    out = []
    for word, topical in words:
        if topical and word not in subject:
            other = rng.choice(made_up if rng.random() < MADE_UP else known)
            subject[word] = other if rng.random() < REPLACED else word
        out.append(subject.get(word, word))
    return " ".join(out)
