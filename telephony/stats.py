# SPDX-License-Identifier: GPL-3.0-or-later
"""Media quality: a mean opinion score from loss and delay, a watch for streams that went silent, level in dB.

The score is the E-model of ITU-T G.107 reduced to what RTP statistics give (all other inputs at their defaults):
``R = R0 - Idd - Ie_eff`` with R0 = 93.2, Idd from section 7.4 (absolute delay) and Ie_eff from section 7.5
(packet loss), then R to MOS by annex B. Loss robustness of G.711 with concealment (Ie = 0, Bpl = 25.1) is from
G.113 appendix I; losses are taken as random (BurstR = 1). It describes the network, not the voice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

_R_DEFAULT = 93.2
_BPL_G711_PLC = 25.1


@dataclass(frozen=True)
class StreamFigures:
    """RTP statistics of one leg since its media began, as PJSIP counts them."""

    packets: int
    lost: int
    discarded: int
    jitter_ms: float
    buffer_ms: float
    round_trip_ms: float | None

    def after(self, earlier: StreamFigures | None) -> StreamFigures:
        """Return these figures with the counts of the leg's earlier streams added."""
        if earlier is None:
            return self
        return replace(
            self,
            packets=self.packets + earlier.packets,
            lost=self.lost + earlier.lost,
            discarded=self.discarded + earlier.discarded,
        )


def rating(loss_fraction: float, delay_ms: float) -> float:
    """Return the E-model's transmission rating R for G.711 with concealment.

    Parameters:
        loss_fraction: packets lost or discarded, 0..1.
        delay_ms: mouth-to-ear delay, one way.
    """
    loss_percent = 100.0 * min(max(loss_fraction, 0.0), 1.0)
    loss_impairment = 95.0 * loss_percent / (loss_percent + _BPL_G711_PLC)
    return _R_DEFAULT - _delay_impairment(delay_ms) - loss_impairment


def _delay_impairment(delay_ms: float) -> float:
    """Idd of G.107 (7-27): nothing up to 100 ms."""
    if delay_ms <= 100.0:
        return 0.0
    x = math.log2(delay_ms / 100.0)
    return 25.0 * float((1 + x**6) ** (1 / 6) - 3.0 * (1 + (x / 3) ** 6) ** (1 / 6) + 2.0)


def mos(r: float) -> float:
    """Return the mean opinion score (1..4.5) of a rating R, G.107 annex B."""
    if r <= 0:
        return 1.0
    if r >= 100:
        return 4.5
    return max(1.0, 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6)


def estimate_mos(figures: StreamFigures) -> float | None:
    """Return the score of a leg, or None before any packet arrived.

    Delay is half the round trip (when RTCP knows it) plus the jitter buffer plus one 20 ms packet.
    """
    expected = figures.packets + figures.lost
    if expected <= 0:
        return None
    gone = figures.lost + figures.discarded
    delay_ms = (figures.round_trip_ms or 0.0) / 2 + figures.buffer_ms + 20.0
    return round(mos(rating(gone / expected, delay_ms)), 2)


class AudioWatch:
    """Tells once per spell that no RTP came for ``limit_s``.

    Feed it the packet count regularly; :meth:`observe` returns the silence in ms when it first passes the limit.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._packets = -1
        self._since_s = 0.0
        self._told = False

    def observe(self, packets: int, now_s: float) -> int | None:
        """Take a packet count at monotonic time ``now_s``."""
        if packets != self._packets:
            first = self._packets < 0
            self._packets, self._since_s, self._told = packets, now_s, False
            if not first or packets > 0:
                return None
        silent_s = now_s - self._since_s
        if self._told or silent_s < self._limit_s:
            return None
        self._told = True
        return round(silent_s * 1000)

    def rest(self, now_s: float) -> None:
        """Silence is expected now (hold): start counting anew."""
        self._since_s, self._told = now_s, False


def level_db(percent: int) -> float:
    """Return a PJSUA2 signal level as dB relative to full scale (about 1 dB exact).

    PJSUA2 gives the mean magnitude as a mu-law code, as percent of 255 (so 0..50): undone here.
    """
    code = min(0x7F, round((percent + 0.5) * 2.55)) if percent > 0 else 0
    exponent, mantissa = code >> 4, code & 0x0F
    magnitude = (((mantissa << 3) + 0x84) << exponent) - 0x84
    return round(20.0 * math.log10(max(magnitude, 1) / 32768.0), 1)
