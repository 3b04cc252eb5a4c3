# SPDX-License-Identifier: GPL-3.0-or-later
"""When each word of a shipped question is spoken, in ms since the start of its file.

Taken from an offline decoding of the clean file by the same recogniser; only words that it got right count, so that
recognition errors are not mistaken for latency. Runs in a child process: Vosk does not belong in this one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass

from models.demo_speech.library import DemoLine
from pipeline.settings import load_settings
from service.errors import BenchError

_TIMEOUT_S = 120


@dataclass(frozen=True)
class TimedWord:
    """One word and its place in the file, ms."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Truth:
    """A question's text and the times of the words that the recogniser hears right."""

    text: str
    words: tuple[TimedWord, ...]
    expected_articles: tuple[str, ...]


def reference_words(lines: list[DemoLine]) -> dict[str, Truth]:
    """Return the truth of each line by its id; raises BenchError when the recogniser cannot run."""
    model = str(load_settings().asr_model_dir)
    argv = [sys.executable, "-m", "asr.offline", "--model", model, *(str(line.path) for line in lines)]
    result = subprocess.run(argv, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    if result.returncode != 0:
        raise BenchError(f"Offline decoding failed: {result.stderr.strip()[-300:]}")
    truths: dict[str, Truth] = {}
    for line, printed in zip(lines, result.stdout.splitlines(), strict=True):
        words = [TimedWord(word["text"], word["start_ms"], word["end_ms"]) for word in json.loads(printed)["words"]]
        truths[line.id] = Truth(line.text, _right_words(line.text.split(), words), line.expected_articles)
    return truths


def _right_words(said: list[str], heard: list[TimedWord]) -> tuple[TimedWord, ...]:
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(a=said, b=[word.text for word in heard], autojunk=False)
    return tuple(heard[block.b + i] for block in matcher.get_matching_blocks() for i in range(block.size))
