# SPDX-License-Identifier: GPL-3.0-or-later
"""The test's own telephone line: each condition does what its name says, the same way each time."""

from __future__ import annotations

import numpy as np
import pytest

from models.asr_id.evaluation import noises
from models.asr_id.evaluation.conditions import (
    CONDITIONS,
    LOW_DBFS,
    RATE_HZ,
    SPEECH_DBFS,
    a_law,
    band,
    heard,
    level_dbfs,
    lossy,
)

pytestmark = pytest.mark.unit


def speech(seconds: float = 2.0) -> np.ndarray:
    """A buzz with syllables, and silence around it."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    buzz = sum(np.sin(2 * np.pi * 140 * k * time_s) / k for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3 * time_s), 0, 1)
    return np.concatenate([np.zeros(RATE_HZ // 2), 0.3 * buzz * syllables, np.zeros(RATE_HZ // 2)])


def power(samples: np.ndarray, low_hz: float, high_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(samples.size, 1 / RATE_HZ)
    return float(spectrum[(hertz >= low_hz) & (hertz < high_hz)].sum())


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions_are_repeatable_and_keep_length_and_range(name: str) -> None:
    others = speech(1.0)
    first, again = heard(name, speech(), 3, others), heard(name, speech(), 3, others)
    assert np.array_equal(first, again)
    assert first.size == speech().size
    assert np.isfinite(first).all()
    assert np.abs(first).max() <= 1.0
    if name != "clean":
        assert not np.array_equal(first, heard(name, speech(), 4, others))


def test_the_line_cuts_what_a_telephone_cuts() -> None:
    noise = np.random.default_rng(1).standard_normal(4 * RATE_HZ) * 0.1
    through = band(noise)
    assert power(through, 0, 150) < 0.02 * power(noise, 0, 150)
    assert power(through, 3700, 4000) < 0.05 * power(noise, 3700, 4000)
    assert power(through, 500, 3000) == pytest.approx(power(noise, 500, 3000), rel=0.1)


def test_a_law_errs_by_at_most_a_step() -> None:
    ramp = np.linspace(-0.99, 0.99, 4001)
    error = np.abs(a_law(ramp) - ramp)
    assert (error <= np.maximum(np.abs(ramp) / 30, 9 / 32768)).all()
    assert np.unique(a_law(np.linspace(-1, 1, 100_000))).size <= 256


def test_conditions_differ_as_named() -> None:
    quiet = slice(0, RATE_HZ // 2 - 100)
    plain, mild, loud = (heard(name, speech(), 1, speech()) for name in ("telephone", "noise_20db", "noise_10db"))
    assert plain[quiet].std() < mild[quiet].std() < loud[quiet].std()
    low = heard("low_level_36db", speech(), 1, speech())
    assert level_dbfs(plain) - level_dbfs(low) == pytest.approx(SPEECH_DBFS - LOW_DBFS, abs=1)
    ringing = heard("reverb", speech(), 1, speech())
    after = slice(-RATE_HZ // 2, -RATE_HZ // 2 + RATE_HZ // 10)
    assert ringing[after].std() > 1.5 * plain[after].std()


def test_about_three_packets_in_a_hundred_are_lost_and_hidden() -> None:
    rng = np.random.default_rng(5)
    sound = rng.standard_normal(400 * RATE_HZ) * 0.1
    changed = lossy(sound, rng) != sound
    share = changed.reshape(-1, RATE_HZ // 50).any(axis=1).mean()
    assert 0.025 < share < 0.035


@pytest.mark.parametrize("name", noises.NOISES)
def test_noises_are_repeatable_and_heard_at_both_levels(name: str) -> None:
    first = noises.noise(name, 4.0, 1)
    assert np.array_equal(first, noises.noise(name, 4.0, 1))
    halves = [level_dbfs(half) for half in np.split(first, 2)]
    assert halves == pytest.approx(list(noises.LEVELS_DBFS), abs=1.5)


def test_silences_are_silent() -> None:
    for name, samples in noises.silences(1.0, 1).items():
        assert np.abs(samples).max() < 0.01, name
