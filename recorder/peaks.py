# SPDX-License-Identifier: GPL-3.0-or-later
"""The waveform that the player draws: a bounded number of peaks per channel, made once at sealing.

A browser then never decodes an hour of audio to draw it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipeline.events import Leg
from recorder.flac import read_blocks
from recorder.wav import Samples

MAX_POINTS = 8000
MIN_SAMPLES_PER_POINT = 80  # 10 ms at 8 kHz: finer is not visible
_FULL_SCALE = 32768
_DIGITS = 3


class Peaks(BaseModel):
    """Absolute peaks of both channels, 0 (silence) to 1 (full scale), ``samples_per_point`` apart."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    rate_hz: int
    samples: int
    samples_per_point: int
    caller: tuple[float, ...]
    agent: tuple[float, ...]

    def channel(self, leg: Leg) -> tuple[float, ...]:
        """Return the peaks of one leg."""
        return self.caller if leg == "caller" else self.agent


def samples_per_point(samples: int) -> int:
    """Return the spacing that keeps ``samples`` within :data:`MAX_POINTS`."""
    return max(MIN_SAMPLES_PER_POINT, -(-samples // MAX_POINTS))


def peaks_of(mono: Samples, spacing: int) -> list[float]:
    """Return the absolute peak of each ``spacing`` samples (the last may be shorter), 0 to 1."""
    if not len(mono):
        return []
    levels = np.abs(mono.astype(np.int32))  # int32: -32768 has no positive int16
    tops = np.maximum.reduceat(levels, np.arange(0, len(levels), spacing))
    return [round(float(top) / _FULL_SCALE, _DIGITS) for top in tops]


def measure(path: Path, rate_hz: int, samples: int) -> Peaks:
    """Read a stereo file and return its peaks.

    Raises:
        BundleDamagedError: the file does not decode.
    """
    spacing = samples_per_point(samples)
    caller: list[float] = []
    agent: list[float] = []
    for block in read_blocks(path, spacing * max(1, (1 << 19) // spacing)):
        caller += peaks_of(block[:, 0], spacing)
        agent += peaks_of(block[:, 1], spacing)
    return Peaks(rate_hz=rate_hz, samples=samples, samples_per_point=spacing, caller=tuple(caller), agent=tuple(agent))
