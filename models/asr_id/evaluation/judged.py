# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognised words of known sentences with the engine's own confidence, each judged right or wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asr.live_figures import decode
from asr.model import VoskModel, load_model
from asr.recogniser import PlacedWord
from models.asr_id.evaluation.conditions import heard
from models.asr_id.evaluation.listening import at_rate, to_pcm16
from models.asr_id.evaluation.run import reading_plan
from models.asr_id.evaluation.scoring import align
from models.asr_id.evaluation.sentences import load_sentences
from models.asr_id.evaluation.voices import read_aloud

CONDITIONS = ("telephone", "noise_20db", "noise_10db", "reverb", "packet_loss_3")


@dataclass(frozen=True)
class Judged:
    """A recognised word, with whether it was said."""

    confidence: float
    right: bool
    duration_ms: float = 1000.0


def judge(reference: Sequence[str], words: Sequence[PlacedWord]) -> list[Judged]:
    """Return each recognised word with whether the reference has it there."""
    alignment = align(reference, [word.text for word in words])
    right = {place for _, place in alignment.same}
    return [Judged(w.confidence, place in right, w.end_ms - w.start_ms) for place, w in enumerate(words)]


def collect(model_dir: Path, *, stride: int = 1, seed: int = 1) -> Iterator[Judged]:
    """Yield the judged words of the dev sentences, read by known voices and by the dev strangers.

    The conditions of the line take turns. A table that the model already has is not applied.

    Raises:
        ModelError: the model cannot be loaded.
        EvaluationError: a voice is missing.
    """
    loaded = load_model(model_dir)
    model = VoskModel(loaded.folder, loaded._model)  # without its confidence table
    plan = reading_plan(load_sentences("dev")[::stride], "dev")
    for voice, sentences in plan.items():
        for number, spoken in enumerate(read_aloud(voice, sentences, seed)):
            condition = CONDITIONS[number % len(CONDITIONS)]
            line = heard(condition, spoken.speech, seed + number, np.zeros(0, np.float32)).astype(np.float32)
            told = decode(to_pcm16(at_rate(line, model.rate_hz)), model.engine(), model.rate_hz)
            yield from judge(spoken.sentence.words, told.words)
