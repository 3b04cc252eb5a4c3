# SPDX-License-Identifier: GPL-3.0-or-later
"""Do both recordings begin at the same instant? Measured, not assumed.

Both files begin with the same tone (``RecordingStarted.sync_tone_ms``). A recorder that was armed one media tick
late (20 ms; 3 of 150 under load, see the telephony facts) has the tone that much earlier in its file. The tone is
found in each channel by normalised cross-correlation; the difference of the places is the offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

TICK_MS = 20  # one turn of the media clock: late recorders are late by whole ticks
MAX_TICKS = 2
MIN_CONFIDENCE = 0.6  # below it the tone was not found (a voice over the tone still gives more)
ROUNDING_MS = 2  # speech on top of the tone moves the maximum by a few samples
_SEARCH_MS = 400

Array = NDArray[Any]


@dataclass(frozen=True)
class Alignment:
    """Where the agent's channel begins relative to the caller's.

    Parameters:
        offset_samples: > 0: the agent's file began that many samples late; < 0: the caller's did.
        confidence: the weaker of the two correlations with the tone, 0 to 1.
        lead: (caller, agent) samples of silence to put before each channel; (0, 0) = nothing to correct.
    """

    offset_samples: int
    confidence: float
    lead: tuple[int, int] = (0, 0)

    @property
    def found(self) -> bool:
        """Whether the tone was found in both channels."""
        return self.confidence >= MIN_CONFIDENCE

    @property
    def left_samples(self) -> int:
        """What is left of the offset after the correction."""
        return self.offset_samples + self.lead[0] - self.lead[1]


def find_tone(samples: Array, tone: Array) -> tuple[int, float]:
    """Return (place, correlation) of the best match of ``tone`` in ``samples``.

    The place is in samples and may be negative: the file then lacks the tone's beginning. Correlation is
    normalised by both energies, 0 to 1; silence or an empty array gives (0, 0.0).
    """
    reference = np.asarray(tone, dtype=np.float64)
    if not len(reference) or not len(samples):
        return 0, 0.0
    pad = len(reference) // 2
    padded = np.concatenate([np.zeros(pad), np.asarray(samples, dtype=np.float64), np.zeros(pad)])
    if len(padded) < len(reference):
        return 0, 0.0
    match = _correlate(padded, reference)
    power = np.convolve(padded**2, np.ones(len(reference)), mode="valid")
    scale = np.sqrt(np.maximum(power, 1.0) * np.sum(reference**2))
    score = match / scale if scale.max() > 0 else match
    best = int(np.argmax(score))
    return best - pad, float(np.clip(score[best], 0.0, 1.0))


def _correlate(samples: Array, reference: Array) -> Array:
    """Return the correlation at each place where ``reference`` lies wholly within ``samples``."""
    size = 1 << (len(samples) - 1).bit_length()  # NumPy's FFT: SciPy's signal package costs seconds of start-up
    spectrum = np.fft.rfft(samples, size) * np.conj(np.fft.rfft(reference, size))
    return np.fft.irfft(spectrum, size)[: len(samples) - len(reference) + 1]


def align(caller: Array, agent: Array, tone: Array, rate_hz: int) -> Alignment:
    """Return the start offset of the two channels, with the correction where it is one that telephony can cause.

    Parameters:
        caller, agent: the beginnings of the recordings, at least as long as the tone, int16 or float.
        tone: the tone at the same rate.
    """
    window = len(tone) + rate_hz * _SEARCH_MS // 1000
    caller_at, caller_score = find_tone(caller[:window], tone)
    agent_at, agent_score = find_tone(agent[:window], tone)
    offset = caller_at - agent_at
    confidence = min(caller_score, agent_score)
    return Alignment(offset, confidence, _lead(offset, confidence, rate_hz))


def _lead(offset: int, confidence: float, rate_hz: int) -> tuple[int, int]:
    tick = rate_hz * TICK_MS // 1000
    ticks = round(offset / tick)
    near = abs(offset - ticks * tick) <= rate_hz * ROUNDING_MS // 1000
    if confidence < MIN_CONFIDENCE or not near or not 1 <= abs(ticks) <= MAX_TICKS:
        return 0, 0
    return (0, ticks * tick) if ticks > 0 else (-ticks * tick, 0)
