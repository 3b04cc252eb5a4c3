# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads any recording as the model hears it: one channel, 8 kHz."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import resample_poly

RATE_HZ = 8000
Samples = npt.NDArray[np.float32]

_LEAST_RATE_HZ = 8000  # below that, the upper half of the telephone band is missing
_QUIETEST_PEAK = 1e-3  # -60 dBFS: nothing that a person could have said into a microphone


class UnusableAudioError(ValueError):
    """A file cannot be used; ``args[0]`` is the refusal code, ``args[1]`` what the library said."""


def length_s(path: Path) -> float:
    """Return a file's length from its header.

    Raises:
        UnusableAudioError: no file, 0 bytes, not audio, or a rate below 8 kHz.
    """
    if not path.is_file():
        raise UnusableAudioError("no_file", "")
    if path.stat().st_size == 0:
        raise UnusableAudioError("zero_bytes", "")
    try:
        info = soundfile.info(path)
    except (soundfile.SoundFileError, OSError) as error:
        raise UnusableAudioError("no_audio", str(error)) from error
    if info.samplerate < _LEAST_RATE_HZ:
        raise UnusableAudioError("rate_low", f"{info.samplerate} Hz")
    return float(info.frames / info.samplerate)


def load(path: Path, *, start_s: float = 0.0, end_s: float | None = None, channel: int | None = None) -> Samples:
    """Return a file's (or a stretch's) samples at 8 kHz, one channel, full scale 1.0.

    Parameters:
        channel: which channel; None mixes all.

    Raises:
        UnusableAudioError: it cannot be decoded, or holds nothing audible.
    """
    try:
        with soundfile.SoundFile(path) as file:
            rate_hz = file.samplerate
            file.seek(min(round(start_s * rate_hz), file.frames))
            frames = -1 if end_s is None else max(0, round((end_s - start_s) * rate_hz))
            audio = file.read(frames, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise UnusableAudioError("no_audio", str(error)) from error
    if channel is not None and channel >= audio.shape[1]:
        raise UnusableAudioError("no_channel", str(channel))
    mono = audio.mean(axis=1) if channel is None else audio[:, channel]
    if not mono.size or not np.isfinite(mono).all() or float(np.abs(mono).max()) < _QUIETEST_PEAK:
        raise UnusableAudioError("silent", "")
    return resampled(mono, rate_hz)


def resampled(samples: npt.NDArray[np.float32], rate_hz: int) -> Samples:
    """Return samples at 8 kHz."""
    if rate_hz == RATE_HZ:
        return np.ascontiguousarray(samples, np.float32)
    common = math.gcd(rate_hz, RATE_HZ)
    return np.asarray(resample_poly(samples, RATE_HZ // common, rate_hz // common), np.float32)


def to_pcm16(samples: Samples) -> npt.NDArray[np.int16]:
    """Return full scale 1.0 as 16 bit; what is louder is clipped."""
    return np.round(np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)
