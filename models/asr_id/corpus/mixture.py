# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of the language model: every source expanded, made casual, weighted.

A weight says how often a sentence counts. Dialogues weigh most: they are how calls go. Templates are many, so each
expansion weighs little. Isolated words cover the whole vocabulary, because every third turn on the phone is a word
or two, and because a word that stands in no sentence must still be possible.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from models.asr_id.corpus.domain.articles import shipped_articles
from models.asr_id.corpus.domain.casual import CASUAL, LIGHT, casual
from models.asr_id.corpus.domain.material import SLOT, Turn, dialogues, templates
from models.asr_id.corpus.domain.values import fill
from models.asr_id.corpus.sources import general_lines, word_frequencies

Weighted = Iterator[tuple[str, float]]

# Chosen by the perplexity of dialogues and everyday sentences that were left out: few turns repeated in many casual
# variants, or templates that weigh more, make the model believe our sentences instead of people's.

TURN_WEIGHT, TURN_VARIANTS, TURN_VARIANT_WEIGHT = 4.0, 6, 0.3
SLOTLESS_REPEATS, SLOT_EXPANSIONS, EXPANSION_WEIGHT = 5, 40, 0.2
GENERAL_WEIGHT, GENERAL_VARIANTS, GENERAL_VARIANT_WEIGHT = 1.0, 2, 0.3
ARTICLE_VARIANTS, ARTICLE_VARIANT_WEIGHT = 2, 0.4
ISOLATED_WEIGHT, ISOLATED_FLOOR = 4000.0, 0.05
_CUT_SHARE, _CUT_WORDS = 0.35, 7


def sentences(seed: int) -> Weighted:
    """Yield about 150,000 (sentence, weight); the same seed yields the same."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    yield from from_dialogues(rng)
    yield from from_templates(rng)
    yield from _varied(shipped_articles(), rng, ARTICLE_VARIANTS, ARTICLE_VARIANT_WEIGHT)
    plain = ((line, GENERAL_WEIGHT) for line in general_lines())
    yield from _varied(plain, rng, GENERAL_VARIANTS, GENERAL_VARIANT_WEIGHT)
    yield from isolated_words()


def from_dialogues(rng: random.Random) -> Weighted:
    """Yield every turn as written, in casual variants, and cut where a speaker may pause."""
    for dialogue in dialogues():
        for turn in dialogue.turns:
            yield fill(turn.text, rng), TURN_WEIGHT
            for _ in range(TURN_VARIANTS):
                said = said_in_turn(turn, rng)
                yield from ((piece, TURN_VARIANT_WEIGHT) for piece in cut(said, rng))


def from_templates(rng: random.Random) -> Weighted:
    """Yield the templates with their slots filled, half of them casual."""
    for subject, template in templates():
        slots = len(SLOT.findall(template))
        for _ in range(SLOT_EXPANSIONS if slots else SLOTLESS_REPEATS):
            said = fill(template, rng)
            if rng.random() < 0.5:
                said = casual(said, rng, LIGHT if subject == "agent" else CASUAL)
            yield said, EXPANSION_WEIGHT


def isolated_words() -> Weighted:
    """Yield every word of the vocabulary alone, by its frequency."""
    for word, frequency in word_frequencies().items():
        yield word, max(ISOLATED_FLOOR, ISOLATED_WEIGHT * frequency)


def said_in_turn(turn: Turn, rng: random.Random) -> str:
    """Return one way of saying a turn: callers more casually than agents."""
    return casual(fill(turn.text, rng), rng, CASUAL if turn.speaker == "W" else LIGHT)


def cut(sentence: str, rng: random.Random) -> list[str]:
    """Return ``sentence``, or two parts of a long one: the recogniser also ends an utterance at a pause."""
    words = sentence.split()
    if len(words) < _CUT_WORDS or rng.random() >= _CUT_SHARE:
        return [sentence]
    at = rng.randint(2, len(words) - 2)
    return [" ".join(words[:at]), " ".join(words[at:])]


def _varied(lines: Iterable[tuple[str, float]], rng: random.Random, variants: int, weight: float) -> Weighted:
    for sentence, own_weight in lines:
        yield sentence, own_weight
        for _ in range(variants):
            yield from ((piece, weight) for piece in cut(casual(sentence, rng), rng))
