# SPDX-License-Identifier: GPL-3.0-or-later
"""Is anybody speaking? A voice-activity detector for telephone audio that would rather hear too much than too little.

Sound counts as speech when some bands of its spectrum stand clearly above the line's own noise. That noise is the
least energy each band had lately ("minimum statistics", R. Martin, IEEE Trans. Speech and Audio Processing 9(5),
2001): speech dips all the time, steady noise, hum and held tones do not. Until the noise is known, and just after
an idle line, everything counts as speech. Key tones are known by their two frequencies. Nothing else is guessed at:
music and people in the background are decoded.

Libraries were measured before this was written (``docs/asr-live.md``): WebRTC's detector lets loud noise, hum and
comfort noise through; Silero's is better than this one on background talk, but costs 0.004 CPU s per second, 45 MB
for the first leg and 9 MB for each further one.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

from asr.quiet import FLAT_PEAK_TO_PEAK, is_flat

Samples = npt.NDArray[np.int16]
Levels = npt.NDArray[np.float64]

UNIT_MS = 50  # one verdict
_HOP_MS = 10
_WINDOW_MS = 32
_BANDS_HZ = (200, 350, 500, 700, 950, 1250, 1600, 2000, 2450, 2950, 3500)
_FLOOR_UNITS = 50  # the noise is the least of so many units of sound: 2.5 s
_KNOWN_UNITS = 30  # so many are needed before anything is called noise
_BEST_BANDS = 3
_MARGIN_DB = 6.0  # over the least energy; steady noise itself varies by 3 dB, rarely by more
_SURE_DB = 9.5  # so much is speech at once, less only when one of the two units before had it too
_PAIR_UNITS = 2
_LEAST_DB = 18.0  # below this (one G.711 step in a band) nothing is a sound
_IDLE_UNITS = 4  # after an idle line of this length ...
_SUDDEN_UNITS = 6  # ... so much of any sound counts as speech
_HISTORY_UNITS = 800  # 40 s: longer than any utterance (Kaldi's rule 5 ends them at 20 s)
_KEY_LOW_HZ, _KEY_HIGH_HZ = (680, 960), (1190, 1660)
_KEY_SHARE = 0.85  # of a unit's energy in two lines ...
_KEY_EDGE_SHARE, _KEY_EDGE_UNITS = 0.5, 6  # ... or less so soon after another: the edges of tones are blurred
_KEY_TWIST_DB = 10.0


class Gate:
    """Follows one leg.

    Parameters:
        rate_hz: sample rate of the audio.
        first_sample: place of the first sample that will be heard.
    """

    def __init__(self, rate_hz: int, first_sample: int = 0) -> None:
        self._rate_hz = rate_hz
        self._unit = UNIT_MS * rate_hz // 1000
        self._hop, self._window = _HOP_MS * rate_hz // 1000, _WINDOW_MS * rate_hz // 1000
        self._taper = np.hanning(self._window)
        hertz = np.fft.rfftfreq(self._window, 1 / rate_hz)
        edges = np.array(_BANDS_HZ)
        inside = (hertz >= edges[:-1, None]) & (hertz < edges[1:, None])
        self._bands = (inside / inside.sum(axis=1, keepdims=True)).T
        self._low, self._high = _span(hertz, _KEY_LOW_HZ), _span(hertz, _KEY_HIGH_HZ)
        self._rest = np.zeros(0, np.int16)
        self._tail = np.zeros(self._window - self._hop, np.int16)
        self._noise: deque[Levels] = deque(maxlen=_FLOOR_UNITS)  # levels of the last units of sound
        self._heard: deque[tuple[int, Levels]] = deque(maxlen=_HISTORY_UNITS)  # (place, levels) of units of sound
        self._idle = self._sudden = self._keyed = 0
        self._weak = first_sample - self._unit * (_PAIR_UNITS + 1)  # the last unit that may have been speech
        self._heard_to = first_sample
        self.last_speech = first_sample  # end of the last unit in which somebody may have spoken

    def hear(self, block: Samples) -> None:
        """Take in the next audio; verdicts are for whole units, the rest waits for the next call."""
        audio = np.concatenate([self._rest, block]) if self._rest.size else block
        whole = audio.size - audio.size % self._unit
        for first in range(0, whole, self._unit):
            if self._speaks(audio[first : first + self._unit]):
                self.last_speech = self._heard_to + self._unit
            self._heard_to += self._unit
        self._rest = audio[whole:]

    def spoken_share(self, first: int, last: int, *, slack: int) -> float:
        """Return which part of the samples ``first`` to ``last`` lies within ``slack`` samples of speech, 0 to 1.

        Judged by what is known of the noise now, which is more than was known when the audio was heard.
        """
        covered, reached, floor = 0, first, self._floor()
        for begin, levels in self._heard:
            left, right = max(reached, begin - slack), min(last, begin + self._unit + slack)
            if right > left and _over_db(levels, floor) > _MARGIN_DB:
                covered += right - left
                reached = right
        return covered / max(1, last - first)

    def _speaks(self, unit: Samples) -> bool:
        sound = np.concatenate([self._tail, unit])
        self._tail = sound[sound.size - self._tail.size :]
        if is_flat(unit):  # an idle line: tells nothing about the noise
            self._idle += 1
            return False
        if self._idle >= _IDLE_UNITS:
            self._sudden = _SUDDEN_UNITS
        self._idle = 0
        self._sudden -= self._sudden > 0
        return self._is_loud(sound) or self._sudden > 0

    def _is_loud(self, sound: Samples) -> bool:
        """Return whether a unit (with the window's beginning before it) stands out of the noise, and learn from it."""
        frames = np.lib.stride_tricks.sliding_window_view(sound, self._window)[:: self._hop]
        power = np.abs(np.fft.rfft(frames * self._taper, axis=1)) ** 2
        mean = power.mean(axis=0) / self._window
        levels: Levels = 10 * np.log10(mean @ self._bands + 1.0)
        hops = sound[sound.size % self._hop :].reshape(-1, self._hop)
        if (hops.max(axis=1).astype(np.int32) - hops.min(axis=1)).min() > FLAT_PEAK_TO_PEAK:  # nothing idle in it
            self._noise.append(levels)
        if self._is_key_tone(mean):
            self._sudden = 0
            return False
        self._heard.append((self._heard_to, levels))
        over_db = _over_db(levels, self._floor())
        if over_db <= _MARGIN_DB:
            return False
        again = self._heard_to - self._weak <= _PAIR_UNITS * self._unit
        self._weak = self._heard_to
        return again or over_db > _SURE_DB

    def _floor(self) -> Levels:
        """Return the noise in each band, in dB; bottomless until it is known."""
        if len(self._noise) < _KNOWN_UNITS:
            return np.full(len(_BANDS_HZ) - 1, -100.0)
        least: Levels = np.maximum(np.min(self._noise, axis=0), _LEAST_DB)
        return least

    def _is_key_tone(self, mean: Levels) -> bool:
        """Return whether nearly all energy is in one line of each group of DTMF frequencies."""
        low, high = _line(mean, self._low), _line(mean, self._high)
        twist_db = abs(10 * np.log10((low + 1e-9) / (high + 1e-9)))
        share = _KEY_EDGE_SHARE if self._keyed else _KEY_SHARE
        keyed = bool(low + high > share * mean.sum() and twist_db < _KEY_TWIST_DB)
        self._keyed = _KEY_EDGE_UNITS if keyed else max(0, self._keyed - 1)
        return keyed


class SoundGate(Gate):
    """Lets through all but an idle line: what the recogniser did without a gate, to compare with."""

    def _is_loud(self, sound: Samples) -> bool:
        self._heard.append((self._heard_to, np.zeros(len(_BANDS_HZ) - 1)))
        return True

    def _floor(self) -> Levels:
        return np.full(len(_BANDS_HZ) - 1, -100.0)


def _over_db(levels: Levels, floor: Levels) -> float:
    return float(np.sort(levels - floor)[-_BEST_BANDS:].mean())


def _span(hertz: npt.NDArray[np.floating[Any]], limits: tuple[int, int]) -> tuple[int, int]:
    first, last = np.searchsorted(hertz, limits)
    return int(first), int(last)


def _line(mean: Levels, span: tuple[int, int]) -> float:
    """Return the energy of the strongest line of a span of bins, its leakage included."""
    at = span[0] + int(np.argmax(mean[span[0] : span[1]]))
    return float(mean[at - 2 : at + 3].sum())
