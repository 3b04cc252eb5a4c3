# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns careful sentences into casual telephone speech: reductions, particles, fillers, repetitions.

The replacements stand in `casual.txt`; which of them happen is drawn from the generator given, so the same seed gives
the same sentence.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from models.asr_id.corpus.domain.material import HERE, CorpusMaterialError, lists

_LONGEST = 3
# Repeated when a speaker gains time; content words are not.
_REPEATABLE = frozenset({
    "saya", "ini", "itu", "yang", "di", "ke", "mau", "kalau", "jadi", "terus", "apa", "ada", "sudah", "udah", "untuk",
    "dari", "bisa", "nggak", "kan", "pak", "bu", "mbak",
})  # fmt: skip
_FINAL_PARTICLES = ("ya", "ya", "ya pak", "ya bu", "sih", "dong", "deh", "kan", "gitu", "nih", "tuh", "lho", "ya mbak")
_NEVER_LAST = frozenset(
    {"di", "ke", "dari", "yang", "dan", "atau", "untuk", "buat", "dengan", "sama", "pasal", "nomor"}
)


@dataclass(frozen=True, slots=True)
class Strength:
    """How far a sentence is taken. Each field is a probability, per word or (``opening``, ``final``) per sentence."""

    swap: float = 0.6
    filler: float = 0.02
    repeat: float = 0.012
    opening: float = 0.12
    final: float = 0.10


CASUAL = Strength()
"""A lay caller."""
LIGHT = Strength(swap=0.15, filler=0.006, repeat=0.004, opening=0.04, final=0.03)
"""An agent, or a careful caller."""


@cache
def _swaps() -> dict[tuple[str, ...], tuple[tuple[str, ...], tuple[float, ...]]]:
    """Return formal words -> (casual forms, weights)."""
    found: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[float, ...]]] = {}
    for number, line in enumerate((HERE / "casual.txt").read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        formal, colon, rest = line.partition(":")
        forms, weights = [], []
        for option in rest.split(","):
            *words, last = option.split() or [""]
            weighted = last.replace(".", "", 1).isdigit()
            forms.append(" ".join(words if weighted else [*words, last]))
            weights.append(float(last) if weighted else 1.0)
        if not colon or not all(forms):
            raise CorpusMaterialError(f"casual.txt:{number}: write 'formal: casual weight, casual weight'")
        found[tuple(formal.split())] = (tuple(forms), tuple(weights))
    return found


@cache
def casual_words() -> frozenset[str]:
    """Return every word that a casual form can bring in."""
    forms = [form for options, _ in _swaps().values() for form in options]
    return frozenset(
        word for text in (*forms, *_FINAL_PARTICLES, *lists()["filler"], *lists()["pause"]) for word in text.split()
    )


def casual(sentence: str, rng: random.Random, strength: Strength = CASUAL) -> str:
    """Return ``sentence`` as it might be said casually."""
    words = _swapped(sentence.split(), rng, strength.swap)
    words = _hesitating(words, rng, strength)
    if rng.random() < strength.opening:
        words = rng.choice(lists()["filler"]).split() + words
    if len(words) > 2 and rng.random() < strength.final and words[-1] not in _NEVER_LAST:
        words += rng.choice(_FINAL_PARTICLES).split()
    return " ".join(words)


def _swapped(words: Sequence[str], rng: random.Random, probability: float) -> list[str]:
    swaps, said, at = _swaps(), [], 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):
            options = swaps.get(tuple(words[at : at + length]))
            if options and rng.random() < probability:
                said += rng.choices(*options)[0].split()
                at += length
                break
        else:
            said.append(words[at])
            at += 1
    return said


def _hesitating(words: Sequence[str], rng: random.Random, strength: Strength) -> list[str]:
    said: list[str] = []
    for word in words:
        if said and rng.random() < strength.filler:
            said += rng.choice(lists()["pause"]).split()
        said.append(word)
        if word in _REPEATABLE and rng.random() < strength.repeat * 4:
            said.append(word)
    return said
