# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be told of a recording without knowing what was said: clipped, or nobody speaks."""

from __future__ import annotations

import numpy as np

from models.asr_id.adapt.audio import RATE_HZ, Samples, UnusableAudioError

_CLIPPED_SHARE = 0.01  # of the samples lie at the very top; natural speech: far below a thousandth
_AT_TOP = 0.985
_BLOCK = RATE_HZ // 50  # 20 ms
_LEAST_CONTRAST_DB = 6.0  # between speech and what is between the words; steady noise and tones have less than 4


def check_quality(samples: Samples) -> None:
    """Refuse what would teach the network something else than speech.

    Raises:
        UnusableAudioError: ``clipped`` or ``no_speech``.
    """
    contrast_db = _contrast_db(samples)
    if contrast_db < _LEAST_CONTRAST_DB:
        raise UnusableAudioError("no_speech", f"{contrast_db:.0f} dB")
    loudness = np.abs(samples)
    share = float((loudness >= _AT_TOP * loudness.max()).mean())
    if share > _CLIPPED_SHARE:
        raise UnusableAudioError("clipped", f"{100 * share:.0f} %")


def _contrast_db(samples: Samples) -> float:
    count = samples.size // _BLOCK
    if count < 5:
        return 0.0
    blocks = samples[: count * _BLOCK].reshape(count, _BLOCK).astype(np.float64)
    level_db = 10 * np.log10((blocks**2).mean(axis=1) + 1e-9)
    return float(np.percentile(level_db, 95) - np.percentile(level_db, 10))
