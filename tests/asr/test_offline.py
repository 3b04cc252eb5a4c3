# SPDX-License-Identifier: GPL-3.0-or-later
"""Offline decoding of finished files, as the bench and people use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.demo_speech.library import load_library
from pipeline.settings import PROJECT_DIR

pytestmark = pytest.mark.integration


def offline(*files: Path) -> subprocess.CompletedProcess[str]:
    model = PROJECT_DIR / "models/asr_id/model"
    return subprocess.run(
        [sys.executable, "-m", "asr.offline", "--model", str(model), *map(str, files)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_words_have_their_place_in_the_file() -> None:
    line = load_library(PROJECT_DIR / "models/demo_speech")[0]
    result = offline(line.path)
    assert result.returncode == 0, result.stderr
    words = json.loads(result.stdout)["words"]
    assert {"lupa", "efin"} <= {word["text"] for word in words}
    starts = [word["start_ms"] for word in words]
    assert starts == sorted(starts)
    assert words[-1]["end_ms"] <= line.duration_ms


def test_a_file_of_another_rate_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wide.wav"
    soundfile.write(path, np.zeros(16000), 16000)
    result = offline(path)
    assert result.returncode == 3
    assert "wide.wav" in result.stderr
    assert "16000" in result.stderr
    assert "Traceback" not in result.stderr
