# SPDX-License-Identifier: GPL-3.0-or-later
"""Sounds that are not speech, made from nothing: coloured noise, hum, fans, clicks, tones, DTMF, music on hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.asr_id.acoustic.features import RATE_HZ

Signal = npt.NDArray[np.float64]
_DTMF_LOW_HZ = (697.0, 770.0, 852.0, 941.0)
_DTMF_HIGH_HZ = (1209.0, 1336.0, 1477.0, 1633.0)
_KINDS = ("coloured", "hum", "rumble", "clicks", "tones", "dtmf", "music", "bursts")
_SHARES = (0.5, 0.08, 0.1, 0.07, 0.05, 0.04, 0.1, 0.06)


def background(samples: int, random: np.random.Generator, kind: str | None = None) -> Signal:
    """Return a sound of unit RMS of the given or a drawn kind (see `kinds`)."""
    makers = {
        "coloured": _coloured,
        "hum": _hum,
        "rumble": _rumble,
        "clicks": _clicks,
        "tones": _tones,
        "dtmf": _dtmf,
        "music": _music,
        "bursts": _bursts,
    }
    chosen = kind or str(random.choice(_KINDS, p=_SHARES))
    signal = makers[chosen](samples, random)
    if chosen not in ("coloured", "rumble"):
        signal = signal / (signal.std() + 1e-9) + coloured(samples, 1.0, random) * random.uniform(0.01, 0.3)
    scaled: Signal = signal / (signal.std() + 1e-9)
    return scaled


def kinds() -> tuple[str, ...]:
    """Names that `background` knows."""
    return _KINDS


def coloured(samples: int, power: float, random: np.random.Generator) -> Signal:
    """Noise with a spectrum of 1 / f^power (0 white, 1 pink, 2 brown), unit RMS."""
    spectrum = np.fft.rfft(random.standard_normal(samples))
    steps = np.maximum(np.arange(len(spectrum)), 1)
    signal = np.fft.irfft(spectrum * steps ** (-power / 2.0), samples)
    scaled: Signal = signal / (signal.std() + 1e-9)
    return scaled


def _coloured(samples: int, random: np.random.Generator) -> Signal:
    return coloured(samples, float(random.choice([0.0, 0.5, 1.0, 1.0, 1.5, 2.0])), random) * _swell(samples, random)


def _swell(samples: int, random: np.random.Generator) -> Signal:
    """A slowly changing gain: streets and fans are not steady."""
    knots = np.exp(random.normal(0, random.uniform(0, 0.6), samples // 4000 + 2))
    return np.interp(np.linspace(0, len(knots) - 1, samples), np.arange(len(knots)), knots)


def _hum(samples: int, random: np.random.Generator) -> Signal:
    at_s = np.arange(samples) / RATE_HZ
    base_hz = random.choice([50.0, 60.0, 100.0, random.uniform(90, 400)])
    parts = [
        random.uniform(0, 1) / n * np.sin(2 * np.pi * base_hz * n * at_s + random.uniform(0, 6)) for n in range(1, 9)
    ]
    total: Signal = np.sum(parts, axis=0)
    return total


def _rumble(samples: int, random: np.random.Generator) -> Signal:
    """Traffic or air: brown noise below a resonance."""
    low = coloured(samples, 2.0, random)
    ringing = np.exp(-np.arange(400) / random.uniform(20, 120)) * np.cos(
        2 * np.pi * random.uniform(80, 900) / RATE_HZ * np.arange(400)
    )
    return (low + np.convolve(coloured(samples, 0.5, random), ringing)[:samples] * 0.1) * _swell(samples, random)


def _clicks(samples: int, random: np.random.Generator) -> Signal:
    """Keyboard and handling noise."""
    signal = np.zeros(samples)
    for _ in range(max(1, int(samples / RATE_HZ * random.uniform(1, 9)))):
        at, length = int(random.integers(samples)), int(random.integers(20, 240))
        knock = random.standard_normal(length) * np.exp(-np.arange(length) / (length / 5))
        piece = signal[at : at + length]
        piece += knock[: len(piece)] * random.uniform(0.2, 1.0)
    return signal


def _tones(samples: int, random: np.random.Generator) -> Signal:
    """Call progress: 425 Hz and the like, in cadence."""
    at_s = np.arange(samples) / RATE_HZ
    on_s, off_s = random.uniform(0.2, 1.2), random.uniform(0.1, 3.0)
    gate = (at_s + random.uniform(0, 2)) % (on_s + off_s) < on_s
    signal: Signal = np.sin(2 * np.pi * random.choice([350.0, 400.0, 425.0, 440.0, 950.0, 1400.0]) * at_s) * gate
    return signal


def _dtmf(samples: int, random: np.random.Generator) -> Signal:
    signal = np.zeros(samples)
    at = 0
    while at < samples:
        length, pause = int(random.uniform(0.06, 0.3) * RATE_HZ), int(random.uniform(0.05, 0.6) * RATE_HZ)
        at_s = np.arange(min(length, samples - at)) / RATE_HZ
        pair = random.choice(_DTMF_LOW_HZ), random.choice(_DTMF_HIGH_HZ)
        signal[at : at + len(at_s)] = sum(np.sin(2 * np.pi * hz * at_s) for hz in pair)
        at += length + pause
    return signal


def _music(samples: int, random: np.random.Generator) -> Signal:
    """Music on hold: plucked notes of a pentatonic scale over held chords, with a beat."""
    signal = np.zeros(samples)
    root_hz = random.uniform(110, 330)
    scale = root_hz * 2 ** (np.array([0, 2, 4, 7, 9, 12, 14, 16]) / 12)
    beat = int(random.uniform(0.15, 0.5) * RATE_HZ)
    for start in range(0, samples, beat):
        length = min(int(beat * random.choice([1, 2, 4])), samples - start)
        at_s = np.arange(length) / RATE_HZ
        for hz in random.choice(scale, int(random.integers(1, 4)), replace=False):
            fade = np.exp(-at_s * random.uniform(1, 8))
            signal[start : start + length] += fade * sum(
                np.sin(2 * np.pi * hz * n * at_s) / n**1.5 for n in (1, 2, 3, 4)
            )
        if random.random() < 0.5:
            drum = random.standard_normal(min(400, length)) * np.exp(-np.arange(min(400, length)) / 60)
            signal[start : start + len(drum)] += drum
    return signal


def _bursts(samples: int, random: np.random.Generator) -> Signal:
    """Breath, coughs, wind on the microphone: shaped noise that comes and goes."""
    gate = np.zeros(samples)
    at = 0
    while at < samples:
        length = int(random.uniform(0.08, 0.9) * RATE_HZ)
        window = np.hanning(min(length, samples - at)) if samples - at > 2 else np.zeros(samples - at)
        gate[at : at + length] = window * random.uniform(0.2, 1)
        at += length + int(random.uniform(0.1, 1.5) * RATE_HZ)
    return coloured(samples, random.uniform(0, 2), random) * gate + 1e-4 * random.standard_normal(samples)
