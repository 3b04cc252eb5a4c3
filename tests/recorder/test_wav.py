# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings in every state in which a softphone can leave them."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recorder.errors import WavError
from recorder.wav import blocks, inspect, read_samples, repair
from tests.recorder.folders import voice, wav_bytes

pytestmark = pytest.mark.unit
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
SAMPLES = hnp.arrays(np.int16, st.integers(0, 3000))


@SHARED
@given(samples=SAMPLES, torn=st.integers(0, 1), finished=st.booleans())
def test_repair_gives_a_file_that_the_standard_library_reads(
    tmp_path: Path, samples: np.ndarray, torn: int, finished: bool
) -> None:
    path = tmp_path / "caller.wav"
    path.write_bytes(wav_bytes(samples, finished=finished) + b"\x01" * (0 if finished else torn))
    assert inspect(path).samples == len(samples)
    assert repair(path).finished
    once = path.read_bytes()
    repair(path)
    assert path.read_bytes() == once
    with wave.open(str(path)) as file:
        assert file.getnframes() == len(samples)
        assert file.readframes(len(samples)) == samples.astype("<i2").tobytes()


@SHARED
@given(samples=SAMPLES, cut=st.integers(0, 6100))
def test_any_truncation_is_a_clear_error_or_the_samples_that_are_there(
    tmp_path: Path, samples: np.ndarray, cut: int
) -> None:
    path = tmp_path / "agent.wav"
    raw = wav_bytes(samples)
    path.write_bytes(raw[: max(0, len(raw) - cut)])
    try:
        found = read_samples(repair(path))
    except WavError as error:
        assert len(raw) - cut < 44
        assert "agent.wav" in error.message
    else:
        assert np.array_equal(found, samples[: max(0, len(raw) - cut - 44) // 2])


@SHARED
@given(noise=st.binary(max_size=200))
def test_any_bytes_give_a_result_or_a_wav_error(tmp_path: Path, noise: bytes) -> None:
    path = tmp_path / "caller.wav"
    for content in (noise, b"RIFF\0\0\0\0WAVE" + noise, b"RIFF\0\0\0\0WAVEfmt " + noise):
        path.write_bytes(content)
        try:
            assert inspect(path).samples >= 0
        except WavError as error:
            assert error.message


def test_audio_written_after_a_repair_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "caller.wav"
    path.write_bytes(wav_bytes(voice(0.2, 1), finished=False))
    before = repair(path)
    with path.open("ab") as file:
        file.write(b"\x05\x00" * 160)
    after = inspect(path)
    assert not after.finished
    assert after.samples == before.samples + 160


def test_blocks_cover_the_recording_once(tmp_path: Path) -> None:
    samples = voice(0.5, 2)
    path = tmp_path / "caller.wav"
    path.write_bytes(wav_bytes(samples, finished=False))
    assert np.array_equal(np.concatenate(list(blocks(inspect(path), 333))), samples)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "0 byte"),
        (b"RIFF\0\0\0\0WAV", "tidak lengkap"),
        (b"OggS" + bytes(60), "bukan berkas WAV"),
        (wav_bytes(np.zeros(10, np.int16), 16000), "16000"),
        (wav_bytes(np.zeros(10, np.int16), channels=2), "2 kanal"),
        (wav_bytes(np.zeros(10, np.int16))[:20] + b"\x06\x00" + wav_bytes(np.zeros(10, np.int16))[22:], "format 6"),
    ],
)
def test_what_is_no_recording_of_ours_is_named(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "caller.wav"
    path.write_bytes(content)
    with pytest.raises(WavError, match=word):
        inspect(path, expected_rate_hz=8000)


def test_a_missing_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(WavError, match=r"agent\.wav"):
        inspect(tmp_path / "agent.wav")
