# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds of telephone lines that are no speech, made from a seed: for measuring what the recogniser makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.int16]
Wave = npt.NDArray[np.float64]

_DTMF_HZ = {
    symbol: (low, high)
    for low, row in zip((697, 770, 852, 941), ("123A", "456B", "789C", "*0#D"), strict=True)
    for high, symbol in zip((1209, 1336, 1477, 1633), row, strict=True)
}
_BEATS_S = 0.32  # length of one note of the music on hold
_SCALE = (0, 2, 4, 7, 9, 12)  # semitones above the root


def white(seconds: float, rate_hz: int, *, rms: float, seed: int = 1) -> Audio:
    """Return white noise."""
    return _pcm(np.random.default_rng(seed).normal(0.0, rms, round(seconds * rate_hz)))


def pink(seconds: float, rate_hz: int, *, rms: float, seed: int = 1) -> Audio:
    """Return noise that falls by 3 dB an octave: a street, a fan, a computer room."""
    drawn = np.random.default_rng(seed).normal(size=round(seconds * rate_hz))
    spectrum = np.fft.rfft(drawn)
    spectrum[1:] /= np.sqrt(np.arange(1, spectrum.size))
    spectrum[0] = 0
    return _level(np.fft.irfft(spectrum, drawn.size), rms)


def hum(seconds: float, rate_hz: int, *, rms: float, seed: int = 1) -> Audio:
    """Return mains hum: 50 Hz and its harmonics, and a little hiss."""
    draw = np.random.default_rng(seed)
    times = _times(seconds, rate_hz)
    wave: Wave = draw.normal(0.0, 0.05, times.size)
    for harmonic in range(1, 12):
        wave += np.sin(2 * np.pi * 50 * harmonic * times + draw.uniform(0, 6)) * draw.uniform(0.2, 1) / harmonic
    return _level(wave, rms)


def comfort(seconds: float, rate_hz: int, *, rms: float, seed: int = 1) -> Audio:
    """Return comfort noise: low-passed hiss that comes in stretches with digital silence between."""
    draw = np.random.default_rng(seed)
    wave = np.convolve(draw.normal(size=round(seconds * rate_hz)), np.ones(4) / 4, mode="same")
    stretch = round(0.7 * rate_hz)
    for first in range(stretch, wave.size, 2 * stretch):
        wave[first : first + stretch] = 0
    return _level(wave, rms)


def music(seconds: float, rate_hz: int, *, rms: float, seed: int = 1) -> Audio:
    """Return music on hold: a plucked melody over a held chord."""
    draw = np.random.default_rng(seed)
    times = _times(seconds, rate_hz)
    wave: Wave = sum((np.sin(2 * np.pi * 220 * ratio * times) for ratio in (1, 1.26, 1.5)), np.zeros(times.size)) * 0.3
    note = round(_BEATS_S * rate_hz)
    for first in range(0, times.size, note):
        part = times[first : first + note] - times[first]
        pitch_hz = 330.0 * 2 ** (_SCALE[draw.integers(len(_SCALE))] / 12)
        tones = sum((np.sin(2 * np.pi * pitch_hz * n * part) / n for n in range(1, 6)), np.zeros(part.size))
        wave[first : first + note] += tones * np.exp(-part * 5)
    return _level(wave, rms)


def dtmf(digits: str, rate_hz: int, *, rms: float, tone_s: float = 0.12, gap_s: float = 0.1) -> Audio:
    """Return dialled digits (``0-9 * # A-D``)."""
    times = _times(tone_s, rate_hz)
    gap = np.zeros(round(gap_s * rate_hz))
    parts: list[Wave] = []
    for symbol in digits:
        low_hz, high_hz = _DTMF_HZ[symbol]
        parts += [rms * (np.sin(2 * np.pi * low_hz * times) + np.sin(2 * np.pi * high_hz * times)), gap]
    return _pcm(np.concatenate(parts)) if parts else np.zeros(0, np.int16)


def babble(voices: Sequence[Audio], seconds: float, *, rate_hz: int, rms: float, seed: int = 1) -> Audio:
    """Return many people talking at once: the given recordings, laid over each other six times."""
    draw = np.random.default_rng(seed)
    samples = round(seconds * rate_hz)
    joined = np.concatenate([voice.astype(np.float64) / (voice.std() + 1e-9) for voice in voices])
    wave = np.zeros(samples)
    for _ in range(6):
        wave += np.resize(np.roll(joined, int(draw.integers(joined.size))), samples)
    return _level(wave, rms)


def clipped(audio: Audio, gain: float = 20.0) -> Audio:
    """Return the audio driven far over full scale."""
    return _pcm(audio.astype(np.float64) * gain)


def mixed(speech: Audio, noise: Audio, snr_db: float) -> Audio:
    """Return speech with noise under it, at a ratio of their mean powers; both of one length.

    The speech's power is that of its louder half, so that pauses do not count.
    """
    loud = np.sort(np.abs(speech.astype(np.float64)))[speech.size // 2 :]
    scale = np.sqrt(np.mean(loud**2) / 2) / (noise.astype(np.float64).std() + 1e-9) * 10 ** (-snr_db / 20)
    return _pcm(speech + noise * scale)


def noises(rate_hz: int, seconds: float, *, rms: float = 200.0) -> dict[str, Callable[[], Audio]]:
    """Return makers of every sound that holds no word, by name."""
    return {
        "silence": lambda: np.zeros(round(seconds * rate_hz), np.int16),
        "white": lambda: white(seconds, rate_hz, rms=rms),
        "white_faint": lambda: white(seconds, rate_hz, rms=20),
        "pink": lambda: pink(seconds, rate_hz, rms=rms),
        "hum": lambda: hum(seconds, rate_hz, rms=rms),
        "comfort": lambda: comfort(seconds, rate_hz, rms=rms / 4),
        "music": lambda: music(seconds, rate_hz, rms=rms * 4),
        "dtmf": lambda: dtmf("0123456789*#" * round(seconds / 2.64 + 0.5), rate_hz, rms=rms * 4),
    }


def _times(seconds: float, rate_hz: int) -> Wave:
    return np.arange(round(seconds * rate_hz)) / rate_hz


def _level(wave: Wave, rms: float) -> Audio:
    return _pcm(wave / (np.sqrt(np.mean(wave**2)) + 1e-9) * rms)


def _pcm(wave: Wave) -> Audio:
    return np.clip(np.round(wave), -32768, 32767).astype(np.int16)
