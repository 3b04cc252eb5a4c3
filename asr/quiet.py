# SPDX-License-Identifier: GPL-3.0-or-later
"""Digital silence: what it looks like and why the recogniser must not hear it raw.

Recordings hold exact zeros wherever nothing arrived. Their log spectrum is bottomless, which drags the recogniser's
running mean down and costs words after the pause; a faint fixed noise (far below one G.711 step) prevents that. The
noise depends on the sample's place in the recording alone, so that decoding again gives the same result.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

FLAT_PEAK_TO_PEAK = 32  # idle A-law alternates between -8 and +8; one step above that is still no sound
_DITHER_RMS = 3.0
_DITHER = np.random.default_rng(8000).normal(0.0, _DITHER_RMS, 1 << 16).round().astype(np.int16)


def is_flat(block: Samples) -> bool:
    """Return whether the block holds nothing but an idle line (no sound that G.711 could carry)."""
    return block.size == 0 or int(block.max()) - int(block.min()) <= FLAT_PEAK_TO_PEAK


def dithered(block: Samples, first_sample: int) -> bytes:
    """Return the block with faint noise added, as little-endian PCM16.

    Parameters:
        first_sample: the block's place in the recording, in samples.
    """
    places = np.arange(first_sample, first_sample + block.size) % _DITHER.size
    loud = block.astype(np.int32) + _DITHER[places]
    heard: bytes = np.clip(loud, -32768, 32767).astype("<i2").tobytes()
    return heard
