# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound in which nobody says anything: whatever is written down while it plays was invented."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from models.asr_id.evaluation.conditions import RATE_HZ, Samples, a_law, at_level, band, room_noise

_Maker = Callable[[int, np.random.Generator], Samples]
_NOTES_HZ = 220.0 * 2 ** (np.array([0, 3, 5, 7, 10, 12, 15]) / 12)
_DTMF_HZ = ((697, 770, 852, 941), (1209, 1336, 1477))


def _seconds(count: int) -> Samples:
    return np.arange(count) / RATE_HZ


def _white(count: int, rng: np.random.Generator) -> Samples:
    return rng.standard_normal(count)


def _pink(count: int, rng: np.random.Generator) -> Samples:
    return room_noise(count, rng)


def _hum(count: int, rng: np.random.Generator) -> Samples:
    """A mains hum with its overtones, and a fan."""
    time_s = _seconds(count)
    tones = sum(np.sin(2 * np.pi * 50 * k * time_s + rng.uniform(0, 6)) / k for k in range(1, 30))
    return np.asarray(tones + 0.15 * rng.standard_normal(count))


def _music(count: int, rng: np.random.Generator) -> Samples:
    """Plucked notes and chords with overtones over a beat: the tune of a telephone queue."""
    out = np.zeros(count)
    beat = RATE_HZ // 4
    for first in range(0, count, beat):
        length = min(2 * beat, count - first)
        time_s = _seconds(length)
        for note_hz in rng.choice(_NOTES_HZ, size=rng.integers(1, 4)) * rng.choice([1, 2]):
            for overtone in range(1, 6):
                fade = np.exp(-time_s * (3 + overtone))
                out[first : first + length] += np.sin(2 * np.pi * note_hz * overtone * time_s) * fade / overtone
        out[first : first + 200] += 0.5 * rng.standard_normal(min(200, count - first))
    return out


def _dtmf(count: int, rng: np.random.Generator) -> Samples:
    """Keys pressed at every pace, with the room's noise between."""
    out = 0.003 * room_noise(count, rng)
    at = 0
    while at < count:
        length = min(round(rng.uniform(0.06, 0.35) * RATE_HZ), count - at)
        for tones in _DTMF_HZ:
            out[at : at + length] += np.sin(2 * np.pi * rng.choice(tones) * _seconds(length))
        at += length + round(rng.uniform(0.05, 0.8) * RATE_HZ)
    return out


def _tones(count: int, rng: np.random.Generator) -> Samples:
    """Ring-back, busy tone, and the whistle of a fax."""
    time_s = _seconds(count)
    ring = np.sin(2 * np.pi * 425 * time_s) * ((time_s % 5) < 1)
    busy = np.sin(2 * np.pi * 425 * time_s) * ((time_s % 1) < 0.5)
    fax = np.sin(2 * np.pi * 2100 * time_s)
    third = np.clip((3 * np.arange(count)) // max(count, 1), 0, 2)
    return np.asarray(np.choose(third, [ring, busy, fax]) + 0.002 * rng.standard_normal(count))


def _knocks(count: int, rng: np.random.Generator) -> Samples:
    """A keyboard, a handset laid down, a cup: short wide-band clicks at odd times."""
    out = 0.01 * room_noise(count, rng)
    at = 0
    while True:
        at += round(rng.exponential(0.35) * RATE_HZ) + 40
        if at >= count:
            return out
        length = min(round(rng.uniform(0.01, 0.08) * RATE_HZ), count - at)
        fade = np.exp(-_seconds(length) * rng.uniform(40, 200))
        out[at : at + length] += rng.uniform(0.2, 1) * rng.standard_normal(length) * fade


NOISES: dict[str, _Maker] = {
    "white": _white,
    "pink": _pink,
    "hum": _hum,
    "music": _music,
    "dtmf": _dtmf,
    "tones": _tones,
    "knocks": _knocks,
}
LEVELS_DBFS = (-24.0, -42.0)  # louder than a caller, and the background of a quiet office


def noise(name: str, seconds: float, seed: int) -> Samples:
    """Return a noise on the telephone, at each of the levels in turn.

    Raises:
        KeyError: there is no such noise.
    """
    rng = np.random.default_rng([seed, *name.encode()])
    count = round(seconds * RATE_HZ / len(LEVELS_DBFS))
    parts = [at_level(band(NOISES[name](count, rng)), dbfs) for dbfs in LEVELS_DBFS]
    return a_law(np.concatenate(parts))


def babble(voices: list[Samples], seconds: float, seed: int) -> Samples:
    """Return many people talking at once behind the caller, none of whom can be followed."""
    rng = np.random.default_rng(seed)
    count = round(seconds * RATE_HZ)
    mixed = np.zeros(count)
    for voice in voices:
        mixed += np.resize(np.roll(at_level(voice, -30.0), rng.integers(voice.size)), count)
    return a_law(at_level(band(mixed), LEVELS_DBFS[1] + 6))


def silences(seconds: float, seed: int) -> dict[str, Samples]:
    """Return the kinds of silence that a line brings: no signal, an idle A-law channel, comfort noise."""
    count = round(seconds * RATE_HZ)
    rng = np.random.default_rng(seed)
    idle = np.where(np.arange(count) % 3 == 0, 8.0, -8.0) / 32768
    return {"zeros": np.zeros(count), "idle": idle, "comfort": a_law(band(room_noise(count, rng)) * 10 ** (-62 / 20))}
