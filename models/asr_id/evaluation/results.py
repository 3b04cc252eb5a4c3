# SPDX-License-Identifier: GPL-3.0-or-later
"""From what was heard to named figures. Rates are fractions of words (0.05 is 5 %), times are milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from asr.partials import churn
from models.asr_id.evaluation.conditions import TELEPHONE
from models.asr_id.evaluation.listening import Heard
from models.asr_id.evaluation.scoring import (
    Alignment,
    Count,
    align,
    entity_counts,
    percentile,
    time_errors_ms,
    total,
)
from models.asr_id.evaluation.sentences import ENTITY_CLASSES
from models.asr_id.evaluation.voices import Family, Utterance

FAMILY_FIGURES: dict[Family, str] = {
    "known": "known_families",
    "heldout": "heldout_families",
    "dev": "dev_families",
    "formant": "formant_families",
}
DECIDING: tuple[Family, ...] = ("known", "heldout", "dev")


class Comparison(NamedTuple):
    """One utterance as it was said and as it was heard."""

    name: str
    speaker: str
    said: str
    heard: str


@dataclass
class Report:
    """Named figures, what they were measured on, and (never of the test half) what was heard."""

    figures: dict[str, float] = field(default_factory=dict)
    setup: dict[str, object] = field(default_factory=dict)
    heard: list[Comparison] = field(default_factory=list)


@dataclass(frozen=True)
class Trial:
    """One utterance under one condition, and what was made of it."""

    utterance: Utterance
    condition: str
    heard: Heard
    of_conditions: bool = False  # belongs to the small set that is heard under every condition

    @cached_property
    def alignment(self) -> Alignment:
        """The sentence against what was heard."""
        return align(self.utterance.sentence.words, self.heard.words)

    @cached_property
    def entities(self) -> dict[str, Count]:
        """Errors inside entities, by class."""
        return entity_counts(self.alignment, self.utterance.sentence.entities)


def figures_of(trials: Iterable[Trial]) -> dict[str, float]:
    """Return all figures of accuracy and time. Groups without a word are left out."""
    every = list(trials)
    line = [trial for trial in every if trial.condition == TELEPHONE]
    people = [trial for trial in line if trial.utterance.family in DECIDING]
    strangers = [trial for trial in people if trial.utterance.family != "known"]
    found: dict[str, float] = {}
    for family, name in FAMILY_FIGURES.items():
        part = [trial for trial in line if trial.utterance.family == family]
        _add(found, f"wer.{name}", _words(part))
        _add(found, f"entity_wer.{name}", total(count for trial in part for count in trial.entities.values()))
    _add_groups(found, "wer.voice", line, lambda trial: trial.utterance.voice)
    _add_groups(found, "wer.kind", people, lambda trial: trial.utterance.sentence.kind)
    _add_groups(found, "wer.kind_strangers", strangers, lambda trial: trial.utterance.sentence.kind)
    for entity in ENTITY_CLASSES:
        counts = total(trial.entities.get(entity, Count()) for trial in people)
        _add(found, f"entity_wer.class.{entity}", counts)
        counts = total(trial.entities.get(entity, Count()) for trial in strangers)
        _add(found, f"entity_wer.class_strangers.{entity}", counts)
    same = [trial for trial in every if trial.of_conditions]
    _add_groups(found, "wer.condition", same, lambda trial: trial.condition)
    for family in FAMILY_FIGURES:
        part = [trial for trial in same if trial.utterance.family == family]
        _add_groups(found, f"wer.condition_{family}", part, lambda trial: trial.condition)
    return found | _times(people)


def _times(trials: list[Trial]) -> dict[str, float]:
    errors_ms = [
        error
        for trial in trials
        for error in time_errors_ms(trial.alignment, trial.utterance.spans_ms, trial.heard.spans_ms)
    ]
    first_ms = [
        trial.heard.first_at_ms - trial.utterance.spans_ms[0][0]
        for trial in trials
        if trial.heard.first_at_ms is not None
    ]
    final_ms = [
        trial.heard.final_at_ms - trial.utterance.spans_ms[-1][1]
        for trial in trials
        if trial.heard.final_at_ms is not None
    ]
    found: dict[str, float] = {}
    for name, values in (("word_time_error_ms", errors_ms), ("first_partial_ms", first_ms), ("final_ms", final_ms)):
        if values:
            found |= {f"{name}.p{percent}": round(percentile(values, percent), 1) for percent in (50, 95)}
    if trials:
        found["churn"] = round(churn(texts for trial in trials for texts in utterances_shown(trial.heard.shown)), 4)
    return found


def utterances_shown(shown: Iterable[tuple[float, str, bool]]) -> list[list[str]]:
    """Return the texts a reader saw, one list per utterance, each ending with its final text ("" if it had none)."""
    found: list[list[str]] = []
    now: list[str] = []
    for _, said, final in shown:
        now.append(said)
        if final:
            found.append(now)
            now = []
    return [*found, [*now, ""]] if now else found


def _add_groups(found: dict[str, float], prefix: str, trials: list[Trial], group_of: Callable[[Trial], str]) -> None:
    for group in dict.fromkeys(group_of(trial) for trial in trials):
        _add(found, f"{prefix}.{group}", _words([trial for trial in trials if group_of(trial) == group]))


def _words(trials: Iterable[Trial]) -> Count:
    return total(trial.alignment.count for trial in trials)


def _add(found: dict[str, float], name: str, count: Count) -> None:
    if count.words:
        found[name] = round(count.rate, 4)
