# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls reach models that were made for a higher rate."""

from __future__ import annotations

import numpy as np
import pytest

from asr.upsample import Upsampler

pytestmark = pytest.mark.unit


def tone(hz: float, rate_hz: int, seconds: float = 1.0) -> np.ndarray:
    return np.rint(9000 * np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz)).astype("<i2")


@pytest.mark.parametrize(("factor", "hz"), [(2, 300.0), (2, 3300.0), (6, 1000.0)])
def test_a_tone_stays_what_it_is(factor: int, hz: float) -> None:
    raised = np.frombuffer(Upsampler(factor).take(tone(hz, 8000).tobytes()), "<i2")
    assert raised.size == 8000 * factor
    delay = 16 * factor
    wanted = tone(hz, 8000 * factor).astype(float)
    error = raised[2 * delay : -delay] - wanted[delay : -2 * delay]
    assert np.sqrt(np.mean(error**2)) < 0.02 * 9000


@pytest.mark.parametrize("block", [1, 7, 400])
def test_blocks_join_without_a_seam(block: int) -> None:
    samples = np.random.default_rng(3).integers(-32768, 32767, 2000).astype("<i2")
    whole, parts = Upsampler(2), Upsampler(2)
    joined = b"".join(parts.take(samples[at : at + block].tobytes()) for at in range(0, samples.size, block))
    assert joined == whole.take(samples.tobytes())
    assert parts.take(b"") == b""


def test_full_scale_is_clipped_not_wrapped() -> None:
    square = np.repeat(np.array([32767, -32768] * 20, "<i2"), 25)
    raised = np.frombuffer(Upsampler(2).take(square.tobytes()), "<i2").astype(int)
    assert np.abs(np.diff(raised)).max() < 60000
    assert raised.max() == 32767
