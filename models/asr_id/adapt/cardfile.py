# SPDX-License-Identifier: GPL-3.0-or-later
"""What an adapted model says about itself: `adapt.json` for machines, `CARD.md` for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.catalog import text

FACTS_FILE, CARD_FILE = "adapt.json", "CARD.md"


@dataclass(frozen=True)
class Part:
    """One part of the data."""

    recordings: int
    speakers: int
    minutes: float


@dataclass
class Facts:
    """Everything that is told of an adaptation.

    Parameters:
        by_speaker: False when too few people were known, so that the test shares voices with the training.
        labels: "people" (transcripts by people) or "machine" (what the base itself was sure to hear).
        wer: "dev.before", "dev.after", "test.before", "test.acoustic" (new network, old words), "test.after"
            and "test.after.speaker.NAME"; shares of words.
        fit: "before" and "after", of the dev speakers: LF-MMI per frame, higher is better.
        shared_sentences: share of the test's sentences that were also trained on; above 0 the test is too kind.
        seconds: time by stage.
    """

    base: str
    data: str
    created: str
    command: str
    seed: int
    labels: str
    by_speaker: bool
    parts: dict[str, Part]
    refused: dict[str, int]
    wer: dict[str, float]
    fit: dict[str, float]
    steps: int
    best_step: int
    copies: int
    new_words: tuple[str, ...] = ()
    shared_sentences: float = 0.0
    better: bool = False
    seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``adapt.json`` holds."""
        return asdict(self)


def write_card(facts: Facts, model: Path) -> None:
    """Put both files into a model folder."""
    (model / FACTS_FILE).write_text(json.dumps(facts.as_dict(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (model / CARD_FILE).write_text(card(facts), encoding="utf-8")


def card(facts: Facts) -> str:
    """Return the card in the office's language."""
    rows = "".join(
        f"| {text(f'asr_adapt.part_{name}')} | {part.recordings} | {part.speakers} | {part.minutes:.1f} |\n"
        for name, part in facts.parts.items()
    )
    figures = "".join(f"| `{name}` | {percent(value)} |\n" for name, value in sorted(facts.wer.items()))
    refused = ", ".join(f"{code}: {count}" for code, count in sorted(facts.refused.items())) or "-"
    lines = [
        f"# {text('asr_adapt.card_title')}",
        text("asr_adapt.card_origin", base=facts.base, data=facts.data, created=facts.created),
        f"`{facts.command}`",
        f"| {text('asr_adapt.part')} | {text('asr_adapt.recordings')} | {text('asr_adapt.speakers')} | "
        f"{text('asr_adapt.minutes')} |\n|---|---|---|---|\n{rows}".rstrip(),
        text("asr_adapt.card_refused", refused=refused),
        f"## {text('asr_adapt.card_figures')}",
        f"| | WER |\n|---|---|\n{figures}".rstrip(),
        *warnings(facts),
        text("asr_adapt.card_training", steps=facts.steps, best=facts.best_step, copies=facts.copies, seed=facts.seed),
        text("asr_adapt.card_words", count=len(facts.new_words), words=", ".join(facts.new_words[:40]) or "-"),
        text("asr_adapt.card_limits"),
    ]
    return "\n\n".join(lines) + "\n"


def warnings(facts: Facts) -> list[str]:
    """Return what a reader of the figures must know."""
    found = []
    if not facts.by_speaker:
        found.append(text("asr_adapt.warn_few_speakers"))
    if facts.labels == "machine":
        found.append(text("asr_adapt.warn_machine"))
    if facts.shared_sentences > 0.05:
        found.append(text("asr_adapt.warn_shared", share=percent(facts.shared_sentences)))
    if not facts.better:
        found.append(text("asr_adapt.warn_no_better"))
    return found


def percent(share: float) -> str:
    """Return a share as the office writes it."""
    return text("asr_adapt.percent", value=f"{100 * share:.1f}")
