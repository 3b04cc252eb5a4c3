# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as digital silence, and the noise that replaces it."""

from __future__ import annotations

import numpy as np
import pytest

from asr.quiet import dithered, is_flat

pytestmark = pytest.mark.unit


def test_zeros_and_an_idle_g711_line_are_flat_and_one_step_more_is_not() -> None:
    assert is_flat(np.zeros(0, np.int16))
    assert is_flat(np.zeros(800, np.int16))
    assert is_flat(np.full(800, 8, np.int16))
    assert is_flat(np.tile(np.array([-8, 8], np.int16), 400))
    block = np.zeros(800, np.int16)
    block[400] = 40  # the third A-law step
    assert not is_flat(block)


def test_flatness_does_not_overflow_at_full_scale() -> None:
    assert not is_flat(np.array([-32768, 32767], np.int16))


def test_dither_depends_on_the_place_alone_and_is_faint() -> None:
    zeros = np.zeros(1600, np.int16)
    whole = np.frombuffer(dithered(zeros, 123_456), "<i2")
    halves = dithered(zeros[:800], 123_456) + dithered(zeros[800:], 124_256)
    assert whole.tobytes() == halves
    assert 1 < whole.std() < 5
    assert np.abs(whole).max() < 20


def test_dither_clips_instead_of_wrapping_around() -> None:
    loud = np.frombuffer(dithered(np.full(65536, 32767, np.int16), 0), "<i2")
    assert loud.min() > 32700
