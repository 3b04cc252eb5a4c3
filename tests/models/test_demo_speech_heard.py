# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Vosk with the shipped model understands one question of every caller voice, through G.711 A-law."""

from __future__ import annotations

import pytest
import vosk

from models.demo_speech import measure
from models.demo_speech.library import DemoLine, load_library

pytestmark = pytest.mark.integration

ONE_PER_VOICE = {line.voice: line for line in load_library(measure.HERE) if line.role == "caller"}


@pytest.fixture(scope="module")
def model() -> vosk.Model:
    vosk.SetLogLevel(-1)
    return vosk.Model(str(measure.DEFAULT_MODEL))


@pytest.mark.parametrize("line", ONE_PER_VOICE.values(), ids=ONE_PER_VOICE.keys())
def test_caller_voice_is_understood(model: vosk.Model, line: DemoLine) -> None:
    rate, heard = measure.measure_line(model, line, alaw=True)
    assert rate <= 0.25, heard
