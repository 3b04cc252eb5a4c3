# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives 8 kHz audio to a model that was made for a multiple of that rate (most public ones: 16 kHz).

Vosk can lower a rate but not raise it. Nothing above 4 kHz comes into being by this; such a model hears a telephone
less well than one made for it, but it hears.
"""

from __future__ import annotations

import numpy as np

_REACH = 16  # input samples on each side that an output sample is made from


class Upsampler:
    """Raises the rate of a stream of PCM16 blocks by a whole factor; delays it by :data:`_REACH` input samples."""

    def __init__(self, factor: int) -> None:
        self._factor = factor
        taps = 2 * _REACH * factor + 1
        at = (np.arange(taps) - taps // 2) / factor
        self._filter = np.sinc(at * 0.95) * 0.95 * np.kaiser(taps, 7.0)
        self._tail = np.zeros(taps - 1)

    def take(self, pcm: bytes) -> bytes:
        """Return the block at the higher rate; blocks join without a seam."""
        samples = np.frombuffer(pcm, "<i2")
        spread = np.zeros(samples.size * self._factor)
        spread[:: self._factor] = samples
        joined = np.concatenate([self._tail, spread])
        self._tail = joined[spread.size :]
        if not spread.size:
            return b""
        raised = np.convolve(joined, self._filter, "valid")
        return bytes(np.clip(np.rint(raised), -32768, 32767).astype("<i2").tobytes())
