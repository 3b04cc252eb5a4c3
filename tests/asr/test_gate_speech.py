# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate before the real recogniser: the same words, at the same times, for less."""

from __future__ import annotations

from functools import cache

import jiwer
import numpy as np
import pytest
import soundfile as sf

from asr.gate import SoundGate
from asr.live_figures import Heard, decode
from asr.model import VoskModel, load_model
from asr.signals import Audio, dtmf, mixed, pink, white
from models.demo_speech.library import load_library
from pipeline.settings import PROJECT_DIR
from tests.asr.calls import RATE_HZ, silence

pytestmark = pytest.mark.integration
GAP_S = 6.0
MOST_WER = 0.05  # between what is heard with and without the gate; the recogniser's running mean differs a little


@cache
def model() -> VoskModel:
    return load_model(PROJECT_DIR / "models/asr_id/model")


@cache
def call() -> tuple[Audio, tuple[int, ...], str]:
    """Return one side of a call with long pauses, where its lines begin (ms), and their text."""
    parts, begins, said = [silence(GAP_S)], [], []
    for line in load_library(PROJECT_DIR / "models/demo_speech")[:10:2]:
        begins.append(sum(part.size for part in parts) // 8)
        parts += [sf.read(line.path, dtype="int16")[0], silence(GAP_S)]
        said.append(line.text)
    return np.concatenate(parts), tuple(begins), " ".join(said)


@pytest.mark.parametrize("snr_db", [10, 20, 30])
def test_the_same_is_heard_with_and_without_the_gate_for_less(snr_db: int) -> None:
    speech, begins, said = call()
    audio = mixed(speech, pink(speech.size / RATE_HZ, RATE_HZ, rms=100), snr_db)
    gated = decode(audio, model().engine(), RATE_HZ)
    plain = decode(audio, model().engine(), RATE_HZ, gate=SoundGate)
    assert jiwer.wer(plain.text, gated.text) <= (MOST_WER if snr_db > 10 else 2 * MOST_WER)
    assert jiwer.wer(said, gated.text) <= jiwer.wer(said, plain.text) + MOST_WER
    assert gated.decoded_share < 0.65  # half of the audio is speech, each line with 1.3 s after and 0.4 s before it
    assert plain.decoded_share > 0.99  # loud noise everywhere
    for begin in begins:  # demo lines have 0.4 s of silence in front
        assert near(gated, begin) == near(plain, begin)
        assert min(abs(word.start_ms - begin - 420) for word in gated.words) <= 120


def near(heard: Heard, begin_ms: int) -> str:
    """Return the first word of the line that begins here."""
    return next(word.text for word in heard.words if word.end_ms > begin_ms)


@pytest.mark.parametrize("name", ["silence", "white", "pink", "keys"])
def test_nothing_is_heard_where_nobody_speaks(name: str) -> None:
    audio = {
        "silence": silence(60),
        "white": white(60, RATE_HZ, rms=200),
        "pink": pink(60, RATE_HZ, rms=200),
        "keys": dtmf("0123456789*#" * 8, RATE_HZ, rms=2000),
    }[name]
    heard = decode(audio, model().engine(), RATE_HZ)
    assert heard.words_per_min <= 1
    assert heard.decoded_share < 0.1
