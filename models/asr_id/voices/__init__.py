# SPDX-License-Identifier: GPL-3.0-or-later
"""Speech with exact phone times, spoken from our phones by every free voice Debian has.

`speak` takes words with their phones and returns sound at 8 kHz.  Recorded people (diphones, unit selection,
statistical models) carry the variety that matters; espeak-ng's formant voices add quantity.
"""

from .core import RATE_HZ, RefusedError, Request, Speaker, Spoken, VoiceError, Word
from .speakers import SPEAKERS, draw_training_speaker, held_out_speakers, training_speakers
from .speaking import attempt, speak
from .style import Style

__all__ = [
    "RATE_HZ", "SPEAKERS", "RefusedError", "Request", "Speaker", "Spoken", "Style", "VoiceError", "Word", "attempt",
    "draw_training_speaker", "held_out_speakers", "speak", "training_speakers",
]  # fmt: skip
