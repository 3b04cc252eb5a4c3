# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes clean synthetic speech sound like a telephone call: handset, room, noise, network, level.

Everything is drawn from one generator. Nothing shifts the signal in time, so phone times stay true.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from models.asr_id.acoustic import noises
from models.asr_id.acoustic.features import RATE_HZ

Signal = npt.NDArray[np.float64]
FULL_SCALE = 32768.0
PACKET_SAMPLES = 160  # 20 ms, the usual RTP packet of G.711


@dataclass(frozen=True, slots=True)
class Chances:
    """How often each kind of damage happens (0 to 1). An ablation sets one to zero."""

    equaliser: float = 0.8
    room: float = 0.5
    noise: float = 0.85
    cross_talk: float = 0.08
    handset: float = 0.15
    band: float = 0.7
    clipping: float = 0.04
    codec: float = 0.75
    packet_loss: float = 0.12
    level_db: tuple[float, float] = (-38.0, -12.0)


CLEAN = Chances(0, 0, 0, 0, 0, 0, 0, 0, 0, (-24.0, -18.0))


class Telephone:
    """Applies drawn damage. Keeps some of what it was given as the babble of later utterances."""

    def __init__(self, seed: int, chances: Chances | None = None) -> None:
        self.chances = chances or Chances()
        self._random = np.random.default_rng(seed)
        self._others: deque[Signal] = deque(maxlen=48)

    def __call__(self, clean: npt.NDArray[np.floating]) -> Signal:
        """Return samples in the range of 16-bit integers, rounded, as long as `clean`."""
        random, chances = self._random, self.chances
        signal = _unit(clean.astype(np.float64))
        dry = signal
        if self._hit(chances.equaliser):
            signal = equalise(signal, random, random.uniform(2, 9))
        if self._hit(chances.room):
            signal = reverberate(signal, random, random.uniform(0.08, 0.7))
        signal = _unit(signal)
        if self._hit(chances.noise):
            signal = self._noisy(signal)
        if len(self._others) > 4 and self._hit(chances.cross_talk):
            signal = signal + self._other(len(signal)) * 10 ** (-random.uniform(14, 30) / 20)
        self._others.append(dry)
        if self._hit(chances.handset):
            signal = distort(signal, random.uniform(1.0, 4.0))
        if self._hit(chances.band):
            signal = band_pass(signal, random.uniform(120, 400), random.uniform(2900, 3800))
        signal = _unit(signal) * 10 ** (random.uniform(*chances.level_db) / 20) * FULL_SCALE
        return self._network(signal)

    def noise_only(self, samples: int) -> Signal:
        """Return a stretch without speech: noise, hum, tones, music, clicks, or near-silence; through the network."""
        random = self._random
        signal = noises.background(samples, random) * 10 ** (random.uniform(-70, -18) / 20) * FULL_SCALE
        if self._hit(self.chances.band):
            signal = band_pass(signal, random.uniform(120, 400), random.uniform(2900, 3800))
        return self._network(signal)

    def overhear(self, voices: Iterable[npt.NDArray[np.generic]]) -> None:
        """Remember other people's speech for babble and cross-talk."""
        self._others.extend(_unit(voice.astype(np.float64)) for voice in voices)

    def _hit(self, chance: float) -> bool:
        return bool(self._random.random() < chance)

    def _noisy(self, signal: Signal) -> Signal:
        random = self._random
        snr_db = random.uniform(4, 34)
        if len(self._others) > 4 and random.random() < 0.35:
            noise = _unit(sum((self._other(len(signal)) for _ in range(random.integers(1, 6))), np.zeros(len(signal))))
        else:
            noise = noises.background(len(signal), random)
        return signal + noise * 10 ** (-snr_db / 20)

    def _other(self, samples: int) -> Signal:
        voice = self._others[int(self._random.integers(len(self._others)))]
        start = int(self._random.integers(len(voice)))
        return np.resize(np.roll(voice, -start), samples)

    def _network(self, signal: Signal) -> Signal:
        random = self._random
        if self._hit(self.chances.clipping):
            limit = np.abs(signal).max() * random.uniform(0.15, 0.6) + 1
            signal = signal.clip(-limit, limit)
        signal = np.round(signal.clip(-FULL_SCALE, FULL_SCALE - 1))
        if self._hit(self.chances.codec):
            signal = encode(signal, str(random.choice(CODECS, p=CODEC_SHARES)))
        if self._hit(self.chances.packet_loss):
            signal = lose_packets(signal, random, random.uniform(0.005, 0.06))
        return np.round(signal.clip(-FULL_SCALE, FULL_SCALE - 1))


def _unit(signal: Signal) -> Signal:
    scaled: Signal = signal / (np.sqrt((signal**2).mean()) + 1e-9)
    return scaled


def equalise(signal: Signal, random: np.random.Generator, depth_db: float) -> Signal:
    """Shape the spectrum by a random walk over 12 bands: microphones and rooms differ."""
    walk = np.cumsum(random.standard_normal(12)) * depth_db / 3
    walk = (walk - walk.mean()).clip(-2.5 * depth_db, 2.5 * depth_db)
    spectrum = np.fft.rfft(signal)
    gain_db = np.interp(np.linspace(0, 11, len(spectrum)), np.arange(12), walk)
    return np.fft.irfft(spectrum * 10 ** (gain_db / 20), len(signal))


def reverberate(signal: Signal, random: np.random.Generator, t60_s: float) -> Signal:
    """Convolve with an exponentially decaying noise tail behind the direct sound."""
    taps = max(2, int(RATE_HZ * t60_s))
    tail = random.standard_normal(taps) * np.exp(-6.9 * np.arange(taps) / taps)
    tail *= random.uniform(0.1, 1.2) / np.sqrt((tail**2).sum())
    tail[0] = 1
    wet: Signal = fftconvolve(signal, tail)[: len(signal)]
    return wet


def distort(signal: Signal, drive: float) -> Signal:
    """Saturate softly, as a cheap handset or an over-driven microphone amplifier does."""
    peak = np.abs(signal).max() + 1e-9
    saturated: Signal = np.tanh(signal / peak * drive)
    return saturated


def band_pass(signal: Signal, low_hz: float, high_hz: float) -> Signal:
    """Limit the band with smooth edges (telephone: about 300 to 3400 Hz)."""
    spectrum = np.fft.rfft(signal)
    frequency = np.maximum(np.fft.rfftfreq(len(signal), 1 / RATE_HZ), 1.0)
    gain = 1 / np.sqrt((1 + (low_hz / frequency) ** 8) * (1 + (frequency / high_hz) ** 16))
    return np.fft.irfft(spectrum * gain, len(signal))


_CODEC_FORMATS = {
    "alaw": ("WAV", "ALAW"),  # G.711
    "ulaw": ("WAV", "ULAW"),
    "gsm": ("WAV", "GSM610"),  # the mobile leg of a call
    "adpcm": ("WAV", "IMA_ADPCM"),
}
CODECS = tuple(_CODEC_FORMATS)
CODEC_SHARES = (0.45, 0.2, 0.25, 0.1)


def encode(signal: Signal, codec: str) -> Signal:
    """Code and decode by libsndfile; keeps length and position."""
    import soundfile

    container, subtype = _CODEC_FORMATS[codec]
    memory = io.BytesIO()
    soundfile.write(memory, signal.astype(np.int16), RATE_HZ, format=container, subtype=subtype)
    memory.seek(0)
    decoded = soundfile.read(memory, dtype="int16")[0].astype(np.float64)[: len(signal)]
    return np.pad(decoded, (0, len(signal) - len(decoded)))


def lose_packets(signal: Signal, random: np.random.Generator, rate: float) -> Signal:
    """Drop 20 ms packets in bursts (Gilbert model) and conceal each by the one before, fading out."""
    damaged = signal.copy()
    lost, gain = False, 1.0
    for start in range(PACKET_SAMPLES, len(signal) - PACKET_SAMPLES, PACKET_SAMPLES):
        lost = bool(random.random() < (0.4 if lost else rate))
        gain = gain * 0.6 if lost else 1.0
        if lost:
            here, before = slice(start, start + PACKET_SAMPLES), slice(start - PACKET_SAMPLES, start)
            damaged[here] = damaged[before] * (0.6 if gain < 0.6 else 0.9)
    return damaged
