# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the two sounds telephony plays into every call: `python -m models.announcement.make`.

`percakapan-direkam.wav` tells both parties that the call is recorded.  `sync-tone.wav` opens every recording: two tones
(1000 and 1400 Hz) under a smooth envelope give one sharp correlation peak, so that two channels can be aligned to the
sample even after G.711.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from models.demo_speech.espeak import PhoneTimer, TimingError
from models.demo_speech.prosody import plan_line
from models.demo_speech.script import ScriptError, read_agent
from models.demo_speech.synthesis import RATE_HZ, Samples, speak, to_pcm16
from models.demo_speech.voices import VoiceError

HERE = Path(__file__).parent
ANNOUNCEMENT = "percakapan ini direkam untuk kualitas layanan."
ANNOUNCEMENT_EDGE_S = 0.1
TONES_HZ = (1000.0, 1400.0)
TONE_S = 0.1
TONE_PEAK = 10 ** (-12 / 20)


def sync_tone() -> Samples:
    """The beep: 100 ms at 8 kHz, peak -12 dBFS, raised-cosine envelope over its whole length."""
    count = round(TONE_S * RATE_HZ)
    time_s = np.arange(count) / RATE_HZ
    tone: Samples = np.zeros(count)
    for tone_hz in TONES_HZ:
        tone += np.sin(2 * np.pi * tone_hz * time_s)
    tone *= np.hanning(count)
    peak: float = np.abs(tone).max()
    shaped: Samples = tone * (TONE_PEAK / peak)
    return shaped


def announcement() -> Samples:
    """The spoken announcement in the agent's voice. Raises ScriptError, TimingError or VoiceError."""
    speaker = read_agent()
    plan = plan_line(
        ANNOUNCEMENT,
        PhoneTimer(),
        f0_hz=speaker.voice.f0_hz * speaker.voice.warp,
        words_per_minute=speaker.words_per_minute,
        seed=ANNOUNCEMENT,
    )
    with tempfile.TemporaryDirectory() as workdir:
        return speak(plan, speaker.voice, Path(workdir), seed=1, edge_s=ANNOUNCEMENT_EDGE_S)


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module docstring."""
    parser = argparse.ArgumentParser(prog="make", description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the two files")
    options = parser.parse_args(arguments)
    try:
        sounds = {"percakapan-direkam.wav": announcement(), "sync-tone.wav": sync_tone()}
    except (ScriptError, TimingError, VoiceError):
        return 1
    for name, samples in sounds.items():
        soundfile.write(options.out / name, to_pcm16(samples), RATE_HZ, subtype="PCM_16")
    return 0


if __name__ == "__main__":
    sys.exit(main())
