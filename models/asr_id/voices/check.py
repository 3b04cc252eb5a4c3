# SPDX-License-Identifier: GPL-3.0-or-later
"""Let every speaker say a few sentences: `python -m models.asr_id.voices.check [--speaker NAME] [--into FOLDER]`.

Prints per speaker how many sentences came out, how fast, and why the others did not.  With `--model` it also has a
Vosk model write down what it hears and prints the word error rate: a wrong phone map shows at once.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
import tomllib
import wave
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from models.demo_speech.g2p import phones_of

from .core import RATE_HZ, RefusedError, Request, Spoken, VoiceError, Word
from .speakers import SPEAKERS, held_out_speakers
from .speaking import attempt
from .style import Style

_MOST_REASONS = 3
_PADDING_S = 0.5  # silence around each utterance when the model listens


def sentences() -> list[Request]:
    """The lines of the demo dialogues: a pause at every comma and full stop."""
    lines = tomllib.loads(resources.files("models.demo_speech").joinpath("lines.toml").read_text(encoding="utf-8"))
    requests: list[Request] = []
    for dialogue in lines["dialogue"]:
        for say in (dialogue["say"], *dialogue["replies"]):
            request: list[Word | None] = []
            for part in re.findall(r"[^\s,.?]+|[,.?]", say):
                request.append(None if part in ",.?" else Word(part, phones_of(part)))
            requests.append(request[:-1] if request[-1] is None else request)
    return requests


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line. Returns 1 when a speaker is missing or says fewer than half of its sentences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--speaker", action="append", help="name in SPEAKERS; repeat; default: every recorded one")
    parser.add_argument("--into", type=Path, help="folder for the sound files (default: not kept)")
    parser.add_argument("--sentences", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wide", action="store_true", help="the wide training style instead of the neutral one")
    parser.add_argument("--model", type=Path, help="Vosk model folder that listens")
    options = parser.parse_args(arguments)
    names = options.speaker or [speaker.name for speaker in SPEAKERS.values() if speaker.recorded]
    names = [one for name in names for one in (_formant_strangers() if name == "espeak" else [name])]
    listener = _Listener(options.model) if options.model else None
    style = Style() if options.wide else Style.neutral()
    requests = random.Random(7).sample(sentences(), options.sentences)  # noqa: S311
    failed = False
    for name in names:
        with TemporaryDirectory() as scratch:
            begin = time.monotonic()
            try:
                results = attempt(name, requests, rng=random.Random(options.seed), workdir=Path(scratch), style=style)  # noqa: S311
            except VoiceError as error:
                print(f"{name:16} {error}", file=sys.stderr)  # noqa: T201
                failed = True
                continue
            seconds = time.monotonic() - begin
        spoken = [one for one in results if isinstance(one, Spoken)]
        failed |= 2 * len(spoken) < len(requests)
        print(_report(name, results, seconds, listener), flush=True)  # noqa: T201
        if options.into:
            for number, one in enumerate(spoken):
                _save(one, options.into / f"{name.replace(':', '_')}_{number:02d}.wav")
    return int(failed)


def _formant_strangers() -> list[str]:
    return [speaker.name for speaker in held_out_speakers(recorded=False)]


def _report(name: str, results: Sequence[Spoken | RefusedError], seconds: float, listener: _Listener | None) -> str:
    spoken = [one for one in results if isinstance(one, Spoken)]
    duration_s = sum(one.duration_s for one in spoken)
    words = sum(len(one.words) for one in spoken)
    reasons = Counter(str(one) for one in results if isinstance(one, RefusedError))
    parts = [
        f"{name:16} {len(spoken)}/{len(results)} ok, {duration_s:6.1f} s, {duration_s / seconds:5.0f} x real time,"
        f" {60 * words / max(duration_s, 1e-9):4.0f} wpm"
    ]
    if listener and spoken:
        parts.append(listener.judge(spoken))
    parts += [f"{count} x {reason}" for reason, count in reasons.most_common(_MOST_REASONS)]
    return "; ".join(parts)


def _save(spoken: Spoken, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(_pcm16(spoken))


def _pcm16(spoken: Spoken) -> bytes:
    return np.round(spoken.samples * 32767).astype("<i2").tobytes()


class _Listener:
    """A Vosk model that writes down what it hears."""

    def __init__(self, folder: Path) -> None:
        import vosk  # only where listening was asked for

        vosk.SetLogLevel(-1)
        self._vosk: Any = vosk
        self._model = vosk.Model(str(folder))

    def judge(self, spoken: Sequence[Spoken]) -> str:
        """Word error rate in percent over all words, and how far word starts are from where they are labelled."""
        errors = 0
        offsets_s: list[float] = []
        for one in spoken:
            heard = self._hear(one)
            wanted = [word.text for word in one.words]
            got = [word for word, _ in heard]
            errors += _edits(wanted, got)
            for first, second, length in SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks():
                offsets_s += [heard[second + at][1] - one.word_spans[first + at][1] for at in range(length)]
        rate = f"WER {100 * errors / sum(len(one.words) for one in spoken):5.1f} %"
        if not offsets_s:
            return rate
        low, middle, high = (1000 * float(value) for value in np.percentile(offsets_s, (5, 50, 95)))
        return f"{rate}, starts {low:+.0f} {middle:+.0f} {high:+.0f} ms (5/50/95 %)"

    def _hear(self, spoken: Spoken) -> list[tuple[str, float]]:
        """Words and where they start in `spoken`."""
        recognizer = self._vosk.KaldiRecognizer(self._model, RATE_HZ)
        recognizer.SetWords(True)
        padding = bytes(2 * round(_PADDING_S * RATE_HZ))
        pcm = padding + _pcm16(spoken) + padding
        results = []
        for at in range(0, len(pcm), 3200):
            if recognizer.AcceptWaveform(pcm[at : at + 3200]):
                results.append(json.loads(recognizer.Result()))
        results.append(json.loads(recognizer.FinalResult()))
        return [(word["word"], word["start"] - _PADDING_S) for one in results for word in one.get("result", ())]


def _edits(wanted: Sequence[str], heard: Sequence[str]) -> int:
    row = list(range(len(heard) + 1))
    for number, word in enumerate(wanted, 1):
        before, row[0] = row[0], number
        for at, other in enumerate(heard, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (word != other))
    return row[-1]


if __name__ == "__main__":
    raise SystemExit(main())
