# SPDX-License-Identifier: GPL-3.0-or-later
"""Which voices read the held-out sentences, and the sound they make of them, with the true times of the words."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from models.asr_id.evaluation.errors import EvaluationError
from models.asr_id.evaluation.sentences import Sentence
from models.asr_id.lexicon import pronounce
from models.asr_id.voices import Style, VoiceError, Word, speak
from pipeline.catalog import text as message

Family = Literal["known", "heldout", "dev", "formant"]
"""known: people whom the model was trained on; heldout: people it never heard; dev: such that tuning may look at;
formant: unheard voices made by rule, which decide nothing."""
FAMILIES: dict[Family, tuple[str, ...]] = {
    "known": ("lp", "pc", "lj", "machac", "flite-slt", "nsk"),
    "heldout": ("flite-awb", "dita"),
    "dev": ("kal",),
    "formant": ("espeak:id+f4", "espeak:id+m7"),
}
LEAD_MS = 500
TRAIL_MS = 1300
RATE_HZ = 8000
_FIRST_VARIANT = 0.75  # how often a word is said the usual way
_PAUSE = 0.06  # chance of a pause between two words
_DIGITS_AT_ONCE = (3, 4)  # of a long number, before one takes breath
_BATCH = 50


@dataclass(frozen=True)
class Utterance:
    """One sentence by one voice, nothing of the line in it yet.

    ``speech`` is 8 kHz, full scale 1.0, with silence of LEAD_MS before and TRAIL_MS after; ``spans_ms`` are the true
    (start, end) of each word in it.
    """

    sentence: Sentence
    voice: str
    family: Family
    speech: npt.NDArray[np.float32]
    spans_ms: tuple[tuple[float, float], ...]


def family_of(voice: str) -> Family:
    """Return the family of a voice of :data:`FAMILIES`.

    Raises:
        KeyError: no family has it.
    """
    for family, voices in FAMILIES.items():
        if voice in voices:
            return family
    raise KeyError(voice)


def read_aloud(voice: str, sentences: Sequence[Sentence], seed: int) -> list[Utterance]:
    """Return the sentences as the voice says them; those it cannot say are left out.

    Raises:
        EvaluationError: the voice is not installed.
    """
    rng = random.Random(f"{seed}/{voice}")  # noqa: S311 - intonation, not a secret
    requests = [_request(sentence, rng) for sentence in sentences]
    spoken = []
    try:
        with tempfile.TemporaryDirectory(prefix="kring-eval-") as folder:
            for first in range(0, len(requests), _BATCH):
                batch = requests[first : first + _BATCH]
                spoken += speak(voice, batch, rng=rng, workdir=Path(folder), style=Style.neutral())
    except VoiceError as error:
        raise EvaluationError(
            message("asr_eval.voice_missing", voice=voice, problem=error), remedy=message("asr_eval.voice_remedy")
        ) from error
    found = []
    for sentence, one in zip(sentences, spoken, strict=True):
        if one is not None:
            spans = tuple((start * 1000 + LEAD_MS, end * 1000 + LEAD_MS) for _, start, end in one.word_spans)
            found.append(Utterance(sentence, voice, family_of(voice), padded(one.samples), spans))
    return found


def padded(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the samples with LEAD_MS of silence before and TRAIL_MS after."""
    lead, trail = (np.zeros(length * RATE_HZ // 1000, np.float32) for length in (LEAD_MS, TRAIL_MS))
    return np.concatenate([lead, samples.astype(np.float32), trail])


def _request(sentence: Sentence, rng: random.Random) -> list[Word | None]:
    numbers = [entity for entity in sentence.entities if entity.kind == "npwp"]
    digits = {place for entity in numbers for place in range(entity.first, entity.end)}
    request: list[Word | None] = []
    run, group = 0, rng.choice(_DIGITS_AT_ONCE)
    for place, word in enumerate(sentence.words):
        run = run + 1 if place in digits else 0
        breath = run > group if run else rng.random() < _PAUSE
        if breath and request:
            request.append(None)
            run, group = min(run, 1), rng.choice(_DIGITS_AT_ONCE)
        variants = pronounce(word)
        usual = len(variants) == 1 or rng.random() < _FIRST_VARIANT
        request.append(Word(word, variants[0] if usual else rng.choice(variants[1:])))
    return request
