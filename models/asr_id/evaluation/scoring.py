# SPDX-License-Identifier: GPL-3.0-or-later
"""Word errors, also of the words that matter, and how restless and how punctual a transcript is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import jiwer
import numpy as np

from models.asr_id.evaluation.sentences import Entity

Span = tuple[float, float]
CLITIC = "nya"


@dataclass(frozen=True)
class Count:
    """Errors among a number of words; adds up."""

    errors: int = 0
    words: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.errors + other.errors, self.words + other.words)

    @property
    def rate(self) -> float:
        """Errors per word; nan without words."""
        return self.errors / self.words if self.words else float("nan")


def total(counts: Iterable[Count]) -> Count:
    """Return the sum of all counts."""
    return sum(counts, Count())


@dataclass(frozen=True)
class Alignment:
    """One sentence's reference against what was heard.

    Attributes:
        same: (place in the reference, place in what was heard) of each word that is right.
        wrong: places in the reference that were replaced or left out.
        added: for each word heard too much, the place in the reference before which it stands.
    """

    same: tuple[tuple[int, int], ...]
    wrong: frozenset[int]
    added: tuple[int, ...]
    words: int

    @property
    def count(self) -> Count:
        """All word errors."""
        return Count(len(self.wrong) + len(self.added), self.words)


def align(reference: Sequence[str], heard: Sequence[str]) -> Alignment:
    """Align two word lists with the fewest errors.

    "-nya" written apart or joined ("npwp nya", "npwpnya") is one thing, as in NIST's scoring, which maps spellings of
    the same words before it counts (sclite's global mapping file): what was heard is written as the reference has it.
    """
    if not reference:
        return Alignment((), frozenset(), tuple(0 for _ in heard), 0)
    if not heard:
        return Alignment((), frozenset(range(len(reference))), (), len(reference))
    spelled, origins = _clitics_as_in(reference, heard)
    [chunks] = jiwer.process_words(" ".join(reference), " ".join(spelled)).alignments
    same: list[tuple[int, int]] = []
    wrong: set[int] = set()
    added: list[int] = []
    for chunk in chunks:
        places = range(chunk.ref_start_idx, chunk.ref_end_idx)
        if chunk.type == "equal":
            same += zip(places, origins[chunk.hyp_start_idx : chunk.hyp_end_idx], strict=True)
        elif chunk.type == "insert":
            added += [chunk.ref_start_idx] * (chunk.hyp_end_idx - chunk.hyp_start_idx)
        else:
            wrong.update(places)
    return Alignment(tuple(same), frozenset(wrong), tuple(added), len(reference))


def _clitics_as_in(reference: Sequence[str], heard: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return what was heard with its clitics as in the reference, and for each word its place in `heard`."""
    apart = {stem for stem, clitic in pairwise(reference) if clitic == CLITIC}
    joined = {word.removesuffix(CLITIC) for word in reference if word.endswith(CLITIC)}
    words: list[str] = []
    origins: list[int] = []
    for place, word in enumerate(heard):
        stem = word.removesuffix(CLITIC)
        if word == CLITIC and words and words[-1] in joined:
            words[-1] += CLITIC
            continue
        pieces = [stem, CLITIC] if stem != word and stem in apart else [word]
        words += pieces
        origins += [place] * len(pieces)
    return words, origins


def entity_counts(alignment: Alignment, entities: Iterable[Entity]) -> dict[str, Count]:
    """Return the errors inside entities, by class; a word too much counts when it stands between two of one entity."""
    found: dict[str, Count] = {}
    for entity in entities:
        wrong = sum(entity.first <= place < entity.end for place in alignment.wrong)
        added = sum(entity.first < place < entity.end for place in alignment.added)
        found[entity.kind] = found.get(entity.kind, Count()) + Count(wrong + added, entity.end - entity.first)
    return found


def time_errors_ms(alignment: Alignment, truth_ms: Sequence[Span], heard_ms: Sequence[Span]) -> list[float]:
    """Return how far the starts and ends of the right words are off, without sign."""
    return [abs(heard_ms[heard][side] - truth_ms[place][side]) for place, heard in alignment.same for side in (0, 1)]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile; nan without values."""
    return float(np.percentile(values, percent)) if len(values) else float("nan")
