# SPDX-License-Identifier: GPL-3.0-or-later
"""Stereo FLAC and the peaks made from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recorder.errors import BundleDamagedError
from recorder.flac import Channel, summarize, write_stereo
from recorder.peaks import MAX_POINTS, measure, peaks_of, samples_per_point
from recorder.wav import inspect
from tests.recorder.folders import RATE_HZ, voice, wav_bytes

pytestmark = pytest.mark.unit


@given(samples=st.integers(0, 8000 * 3600 * 30))
def test_the_number_of_points_is_bounded(samples: int) -> None:
    spacing = samples_per_point(samples)
    assert spacing >= 80
    assert -(-samples // spacing) <= MAX_POINTS


@given(mono=hnp.arrays(np.int16, st.integers(0, 2000)), spacing=st.integers(1, 300))
def test_peaks_cover_every_sample(mono: np.ndarray, spacing: int) -> None:
    peaks = peaks_of(mono, spacing)
    assert len(peaks) == -(-len(mono) // spacing)
    assert all(0 <= peak <= 1 for peak in peaks)
    loudest = np.abs(mono.astype(int)).max(initial=0) / 32768
    assert max(peaks, default=0.0) == pytest.approx(loudest, abs=0.0006)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    left=hnp.arrays(np.int16, st.integers(1, 2000)),
    right=hnp.arrays(np.int16, st.integers(0, 2000)),
    lead=st.sampled_from([(0, 0), (160, 0), (0, 320)]),
)
def test_flac_holds_both_channels_sample_for_sample(
    tmp_path: Path, left: np.ndarray, right: np.ndarray, lead: tuple[int, int]
) -> None:
    channels = []
    for name, samples, before in (("caller", left, lead[0]), ("agent", right, lead[1])):
        path = tmp_path / f"{name}.wav"
        path.write_bytes(wav_bytes(samples))
        channels.append(Channel(inspect(path), before))
    target = tmp_path / "call.flac"
    written = write_stereo(target, *channels, RATE_HZ)
    assert written == summarize(target)
    decoded, rate_hz = soundfile.read(target, dtype="int16")
    assert rate_hz == RATE_HZ
    for column, samples, before in ((0, left, lead[0]), (1, right, lead[1])):
        expected = np.zeros(written.samples, np.int16)
        expected[before : before + len(samples)] = samples
        assert np.array_equal(decoded[:, column], expected)


def test_peaks_of_a_call_are_per_channel(tmp_path: Path) -> None:
    loud = tmp_path / "caller.wav"
    loud.write_bytes(wav_bytes(voice(1.0, 1)))
    target = tmp_path / "call.flac"
    write_stereo(target, Channel(inspect(loud)), Channel(None), RATE_HZ)
    peaks = measure(target, RATE_HZ, 8000)
    assert len(peaks.caller) == len(peaks.agent) == 100
    assert max(peaks.channel("caller")) > 0.1
    assert max(peaks.channel("agent")) == 0


def test_a_file_that_is_no_flac_is_named(tmp_path: Path) -> None:
    path = tmp_path / "call.flac"
    path.write_bytes(b"fLaC" + bytes(100))
    with pytest.raises(BundleDamagedError, match=r"call\.flac"):
        summarize(path)
