# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the live path over one piece of audio and keeps what it said and when.

Works in worker processes: each loads the model once, on first use.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from asr.model import VoskModel, load_model
from asr.recogniser import Final, LegRecogniser
from models.asr_id.evaluation.conditions import RATE_HZ
from models.asr_id.evaluation.conditions import heard as under_condition

BLOCK_MS = 100
Pcm = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Job:
    """What to listen to. ``condition`` "" takes ``audio`` as it is."""

    model: Path
    audio: npt.NDArray[np.float32]
    condition: str = ""
    seed: int = 0
    others: npt.NDArray[np.float32] | None = None  # speech of somebody else, for cross-talk


@dataclass(frozen=True)
class Heard:
    """What the live path told. Times in ms since the first sample; ``*_at_ms`` is how much audio had been given.

    Attributes:
        shown: every text that a reader saw, utterance by utterance: (at_ms, text, whether final).
    """

    words: tuple[str, ...]
    spans_ms: tuple[tuple[float, float], ...]
    shown: tuple[tuple[float, str, bool], ...]
    audio_s: float
    cpu_s: float

    @property
    def first_at_ms(self) -> float | None:
        """When the first word was shown."""
        return next((at_ms for at_ms, said, _ in self.shown if said), None)

    @property
    def final_at_ms(self) -> float | None:
        """When the last final text came."""
        return next((at_ms for at_ms, _, final in reversed(self.shown) if final), None)


def listen(job: Job) -> Heard:
    """Return what the model makes of a job's audio; may run in any process.

    Raises:
        ModelError: the model cannot be loaded.
    """
    model = _model(job.model)
    if not job.condition:
        samples = job.audio
    else:
        others = job.others if job.others is not None else np.zeros(0, np.float32)
        samples = under_condition(job.condition, job.audio, job.seed, others).astype(np.float32)
    return decode(model, to_pcm16(at_rate(samples, model.rate_hz)))


def decode(model: VoskModel, pcm: Pcm) -> Heard:
    """Feed one leg from its first sample to its last, in blocks as they arrive in a call."""
    began_s = time.process_time()
    leg = LegRecogniser(model.engine(), model.rate_hz, 0)
    block = BLOCK_MS * model.rate_hz // 1000
    told = []
    for first in range(0, pcm.size, block):
        for item in leg.feed(pcm[first : first + block].astype("<i2").tobytes()):
            told.append((leg.position * 1000 / model.rate_hz, item))
    told += [(leg.position * 1000 / model.rate_hz, item) for item in leg.flush()]
    cpu_s = time.process_time() - began_s
    words = [word for _, item in told if isinstance(item, Final) for word in item.words]
    return Heard(
        words=tuple(word.text for word in words),
        spans_ms=tuple((float(word.start_ms), float(word.end_ms)) for word in words),
        shown=tuple((at_ms, item.text, isinstance(item, Final)) for at_ms, item in told),
        audio_s=pcm.size / model.rate_hz,
        cpu_s=cpu_s,
    )


def to_pcm16(samples: npt.NDArray[np.floating]) -> Pcm:
    """Return full scale 1.0 as 16 bit."""
    pcm: Pcm = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
    return pcm


def at_rate(samples: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.float32]:
    """Return 8 kHz samples at the rate of the model that is to hear them (imported models may differ)."""
    if rate_hz == RATE_HZ:
        return samples
    common = math.gcd(rate_hz, RATE_HZ)
    return np.asarray(resample_poly(samples, rate_hz // common, RATE_HZ // common), np.float32)


@cache
def _model(path: Path) -> VoskModel:
    return load_model(path)
