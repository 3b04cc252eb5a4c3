# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines for the synthesis of acoustic training speech: endless, seeded, wide in words.

Real sentences teach how words run together; random words teach the sounds of the whole vocabulary, so that the
acoustic model does not learn our sentences by heart; digits, letters and amounts are what calls turn on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache
from itertools import accumulate

from models.asr_id.corpus.domain.casual import casual
from models.asr_id.corpus.domain.material import Turn, dialogues, templates
from models.asr_id.corpus.domain.values import fill
from models.asr_id.corpus.mixture import said_in_turn
from models.asr_id.corpus.sources import general_lines, word_frequencies

LONGEST_WORDS = 16
"""Longer lines are cut to a span: seven seconds of speech are enough for one example."""
_CODES = (
    "{npwp}", "{nik}", "{phone}", "{digits4} {digits4}", "{digits6}", "{digits10}", "{digits15}", "{spelled}",
    "{spelled} {digits3}", "{letters} {digits4}", "{amount}", "{amount} {amount}", "{date} {year}", "{percent}",
    "{time}", "{n} {month} {year}", "{name} {spelled}", "{digits3}", "{year}", "{article}", "nomor {n} {letters}",
)  # fmt: skip


def training_lines(seed: int) -> Iterator[list[str]]:
    """Yield lines of words without end; the same seed yields the same."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    kinds: tuple[tuple[Callable[[random.Random], str], float], ...] = (
        (_template, 0.22), (_turn, 0.18), (_general, 0.15), (_random_words, 0.25), (_code, 0.12), (_single_word, 0.08),
    )  # fmt: skip
    makers, shares = zip(*kinds, strict=True)
    while True:
        words = rng.choices(makers, shares)[0](rng).split()
        yield _span(words, rng)


def _template(rng: random.Random) -> str:
    said = fill(rng.choice(templates())[1], rng)
    return casual(said, rng) if rng.random() < 0.4 else said


@cache
def _turns() -> tuple[Turn, ...]:
    return tuple(turn for dialogue in dialogues() for turn in dialogue.turns)


def _turn(rng: random.Random) -> str:
    return said_in_turn(rng.choice(_turns()), rng)


def _general(rng: random.Random) -> str:
    lines = general_lines()
    return rng.choice(lines) if lines else _random_words(rng)


@cache
def _weighted_words() -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Return the words and the running sum of flattened weights: rare words must be heard too."""
    frequencies = word_frequencies()
    return tuple(frequencies), tuple(accumulate(frequency**0.4 for frequency in frequencies.values()))


def _random_words(rng: random.Random) -> str:
    words, _ = _weighted_words()
    return " ".join(rng.choice(words) for _ in range(rng.randint(2, 6)))


def _single_word(rng: random.Random) -> str:
    words, sums = _weighted_words()
    return rng.choices(words, cum_weights=sums)[0]


def _code(rng: random.Random) -> str:
    return fill(rng.choice(_CODES), rng)


def _span(words: list[str], rng: random.Random) -> list[str]:
    if len(words) <= LONGEST_WORDS:
        return words
    length = rng.randint(8, LONGEST_WORDS)
    start = rng.randint(0, len(words) - length)
    return words[start : start + length]
