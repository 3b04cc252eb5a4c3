# SPDX-License-Identifier: GPL-3.0-or-later
"""Signal conditions: what a room, a line and a network do to speech. Each has a name and depends on its seed alone.

They are written apart from the training augmentation on purpose: a test that used the same functions with the same
constants would only show that the model has learnt those.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, fftconvolve, sosfilt

RATE_HZ = 8000
Samples = npt.NDArray[np.float64]
Condition = Callable[[Samples, np.random.Generator, Samples], Samples]
"""(speech, random numbers, other people's speech) -> what arrives; full scale 1.0."""

SPEECH_DBFS = -22.0  # active level of a normal speaker
LOW_DBFS = -36.0
LINE_SNR_DB = 35.0  # a quiet room: "mild noise"
_FRAME = RATE_HZ // 50
_BAND_HZ = (300.0, 3400.0)
_REVERB_S = 0.45
_DIRECT_TO_REVERB_DB = 3.0
_LOSS = 0.03
_BURST = 0.25  # chance that the packet after a lost one is lost too
_CROSSTALK_DB = -18.0


def level_dbfs(samples: Samples) -> float:
    """Return the level of the loud parts (20 ms frames within 25 dB of the loudest), which pauses do not change."""
    frames = samples[: samples.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = (frames**2).mean(axis=1) if frames.size else np.array([(samples**2).mean() if samples.size else 0.0])
    active = power[power >= power.max() * 10**-2.5]
    return float(10 * np.log10(active.mean() + 1e-12))


def at_level(samples: Samples, dbfs: float) -> Samples:
    """Return the samples with their loud parts at a level."""
    return np.asarray(samples * 10 ** ((dbfs - level_dbfs(samples)) / 20))


def room_noise(count: int, rng: np.random.Generator) -> Samples:
    """Return noise as offices have it: falling by about 5 dB per octave, RMS 1, slowly swelling."""
    spectrum = np.fft.rfft(rng.standard_normal(count + _FRAME))
    frequency = np.maximum(np.fft.rfftfreq(count + _FRAME, 1 / RATE_HZ), 40.0)
    noise = np.fft.irfft(spectrum / frequency**0.85)[:count]
    swell = 1 + 0.3 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.4) * np.arange(count) / RATE_HZ + rng.uniform()))
    shaped = noise * swell
    return np.asarray(shaped / (shaped.std() + 1e-12))


def a_law(samples: Samples) -> Samples:
    """Return the samples after G.711 A-law there and back."""
    scaled = np.clip(samples, -1, 1) * 32768
    magnitude = np.minimum(np.abs(scaled), 32767)
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1) / 256)), 0)  # 0: the two linear segments
    step = 16.0 * 2 ** np.maximum(exponent, 0)
    coded = np.floor(magnitude / step) * step + step / 2
    return np.asarray(np.where(scaled < 0, -coded, coded) / 32768)


def band(samples: Samples) -> Samples:
    """Return what the telephone band 300-3400 Hz lets through."""
    high = butter(4, _BAND_HZ[0], "highpass", fs=RATE_HZ, output="sos")
    low = butter(8, _BAND_HZ[1], "lowpass", fs=RATE_HZ, output="sos")
    return np.asarray(sosfilt(low, sosfilt(high, samples)))


def noisy(samples: Samples, snr_db: float, rng: np.random.Generator) -> Samples:
    """Return speech with room noise, so many dB below the loud parts of the speech as they reach the telephone."""
    noise = room_noise(samples.size, rng)
    audible = np.sqrt((band(noise) ** 2).mean()) / (10 ** (level_dbfs(band(samples)) / 20) + 1e-12)
    return np.asarray(samples + noise * 10 ** (-snr_db / 20) / (audible + 1e-12))


def reverberant(samples: Samples, rng: np.random.Generator) -> Samples:
    """Return speech from a hands-free telephone in a bare room (reverberation time 0.45 s)."""
    count = round(_REVERB_S * RATE_HZ)
    tail = rng.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    tail[: round(0.004 * RATE_HZ)] = 0
    tail *= 10 ** (-_DIRECT_TO_REVERB_DB / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1.0
    return np.asarray(fftconvolve(samples, tail)[: samples.size])


def lossy(samples: Samples, rng: np.random.Generator) -> Samples:
    """Return speech of which packets of 20 ms are lost, hidden by repeating the last one ever more quietly."""
    heard = samples.copy()
    gain = 0.0
    for first in range(_FRAME, samples.size, _FRAME):
        lost = _BURST if gain else _LOSS * (1 - _BURST)  # losses come in bursts; on average _LOSS of all packets
        if rng.random() >= lost:
            gain = 0.0
            continue
        gain = 1.0 if gain == 0 else gain * 0.5
        part = heard[first : first + _FRAME]
        part[:] = gain * heard[first - _FRAME : first][: part.size]
    return heard


def _line(samples: Samples) -> Samples:
    return a_law(band(samples))


def _clean(speech: Samples, rng: np.random.Generator, others: Samples) -> Samples:
    return at_level(speech, SPEECH_DBFS)


def _telephone(speech: Samples, rng: np.random.Generator, others: Samples) -> Samples:
    return _line(noisy(at_level(speech, SPEECH_DBFS), LINE_SNR_DB, rng))


def _noise(snr_db: float) -> Condition:
    return lambda speech, rng, others: _line(noisy(at_level(speech, SPEECH_DBFS), snr_db, rng))


def _reverb(speech: Samples, rng: np.random.Generator, others: Samples) -> Samples:
    return _telephone(reverberant(speech, rng), rng, others)


def _packet_loss(speech: Samples, rng: np.random.Generator, others: Samples) -> Samples:
    return lossy(_telephone(speech, rng, others), rng)


def _crosstalk(speech: Samples, rng: np.random.Generator, others: Samples) -> Samples:
    voice = np.resize(others, speech.size) if others.size else np.zeros(speech.size)
    mixed = at_level(speech, SPEECH_DBFS) + at_level(voice, SPEECH_DBFS + _CROSSTALK_DB)
    return _line(noisy(mixed, LINE_SNR_DB, rng))


def _low_level(speech: Samples, rng: np.random.Generator, others: Samples) -> Samples:
    return _line(noisy(at_level(speech, LOW_DBFS), LINE_SNR_DB, rng))


TELEPHONE = "telephone"
CONDITIONS: dict[str, Condition] = {
    "clean": _clean,
    TELEPHONE: _telephone,
    "noise_20db": _noise(20.0),
    "noise_10db": _noise(10.0),
    "reverb": _reverb,
    "packet_loss_3": _packet_loss,
    "crosstalk": _crosstalk,
    "low_level_36db": _low_level,
}


def heard(name: str, speech: npt.NDArray[np.floating], seed: int, others: npt.NDArray[np.floating]) -> Samples:
    """Return speech as it arrives under the named condition; the same seed gives the same samples.

    Raises:
        KeyError: there is no such condition.
    """
    rng = np.random.default_rng(seed)
    return CONDITIONS[name](np.asarray(speech, np.float64), rng, np.asarray(others, np.float64))
