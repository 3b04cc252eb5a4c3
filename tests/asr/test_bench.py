# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench's own arithmetic, on lines whose truth is known because an engine of beeps hears them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from asr.bench import Line, cpu_s_per_audio_s, measure, read_lines
from tests.asr.calls import RATE_HZ, silence
from tests.asr.fakes import BeepEngine, beep

pytestmark = pytest.mark.unit


@pytest.fixture
def lines(tmp_path: Path) -> list[Line]:
    made = []
    for number, text in ((1000, "w1000"), (2000, "w2000"), (3000, "salah")):
        path = tmp_path / f"{number}.flac"
        sf.write(path, beep(number), RATE_HZ, subtype="PCM_16")
        made.append(Line(path, text))
    return made


def test_accuracy_and_lags(lines: list[Line]) -> None:
    figures = measure(lines, BeepEngine(), RATE_HZ)
    assert figures.lines == 3
    assert figures.wer == pytest.approx(1 / 3, abs=1e-3)
    assert figures.audio_s == pytest.approx(0.6 + 3 * (0.3 + 1.5))
    assert 0 <= figures.first_shown_ms_p50 <= 200  # known at the end of their block, shown when known twice
    assert 500 <= figures.final_ms_p95 <= 600  # the engine's endpoint and one block


def test_silence_costs_less_than_sound() -> None:
    sound = np.tile(np.concatenate([beep(1000), silence(0.2)]), 20)
    engine = BeepEngine()
    assert cpu_s_per_audio_s(sound, engine, RATE_HZ) > 0
    decoded = engine.fed
    engine = BeepEngine()
    cpu_s_per_audio_s(np.zeros_like(sound), engine, RATE_HZ)
    assert engine.fed < decoded / 5


def test_an_index_is_read_relative_to_its_folder(tmp_path: Path) -> None:
    index = tmp_path / "index.toml"
    index.write_text('[[line]]\nid = "a"\nfile = "audio/a.flac"\ntext = "satu dua"\n')
    assert read_lines(index) == [Line(tmp_path / "audio/a.flac", "satu dua")]
