# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads a Vosk model folder, after checking it.

Vosk answers a damaged folder with an unspecific exception, with words silently missing, or with SIGABRT/SIGSEGV.
So the files are looked at first (names, sizes, the options that matter), then a short-lived child process loads the
model and decodes silence; only a folder that survives both is loaded here.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asr.confidence import CONFIDENCE_FILE, ConfidenceMap, read_confidence
from asr.errors import ModelError
from asr.recogniser import RawWord
from asr.upsample import Upsampler
from pipeline.catalog import text

# (file, smallest plausible size in bytes)
_NEEDED = (
    ("am/final.mdl", 10_000),
    ("conf/mfcc.conf", 10),
    ("conf/model.conf", 10),
    ("graph/phones/word_boundary.int", 10),
)
_STATIC_GRAPH = (("graph/HCLG.fst", 1_000),)
_DYNAMIC_GRAPH = (("graph/HCLr.fst", 1_000), ("graph/Gr.fst", 1_000), ("graph/disambig_tid.int", 1))
_WORDS_END = (b"#0 ", b"</s> ")  # the last symbols of Kaldi's list (utils/prepare_lang.sh) are #0, <s>, </s>
_WORDS_END_BYTES = 200
_WORDS = "graph/words.txt"  # some dynamic graphs carry their words inside Gr.fst instead
_NORMALISATION = ("am/global_cmvn.stats", "ivector/final.ie")
_PROBE_S = 60.0
_FST_MAGIC, _FST_HAS_WORDS = 2125659606, 2
CALL_RATE_HZ = 8000
"""Rate of our recordings; a model for a multiple of it gets them upsampled."""
_PROBE = """
import sys, vosk
vosk.SetLogLevel(-1)
recognizer = vosk.KaldiRecognizer(vosk.Model(sys.argv[1]), float(sys.argv[2]))
recognizer.SetWords(True)
recognizer.AcceptWaveform(bytes(int(sys.argv[2]) * 2))
recognizer.FinalResult()
"""


@dataclass(frozen=True)
class ModelFolder:
    """A folder that passed :func:`check_model`. ``rate_hz`` is the rate that the model was made for."""

    path: Path
    rate_hz: int

    @property
    def audio_rate_hz(self) -> int:
        """Rate of the audio that engines take: that of calls where the model allows it."""
        return CALL_RATE_HZ if self.rate_hz % CALL_RATE_HZ == 0 else self.rate_hz


def check_model(path: Path) -> ModelFolder:
    """Look at a model folder's files without loading it; takes milliseconds.

    Raises:
        ModelError: something is missing or implausible; the message names the file and says what to do.
    """
    if not path.is_dir():
        raise _error("asr.model_missing", path)
    graph = _STATIC_GRAPH if (path / "graph/HCLG.fst").exists() else _DYNAMIC_GRAPH
    for name, least_bytes in (*_NEEDED, *graph):
        _check_file(path / name, least_bytes)
    if not (graph is _DYNAMIC_GRAPH and _carries_words(path / "graph/Gr.fst")):
        _check_words(path / _WORDS)
    if not any((path / name).is_file() for name in _NORMALISATION):
        raise _error("asr.model_file_missing", path / _NORMALISATION[0])
    for name in _NORMALISATION:
        if (path / name).exists():
            _check_file(path / name, 20)
    if "--endpoint.silence-phones" not in options(path / "conf/model.conf"):
        raise _error("asr.model_option_missing", path / "conf/model.conf", option="--endpoint.silence-phones")
    _read_confidence(path)
    return ModelFolder(path, _rate_hz(path / "conf/mfcc.conf"))


def probe_model(folder: ModelFolder) -> None:
    """Load the model in a child process and decode one second of silence.

    Raises:
        ModelError: the child failed or died; the message holds the engine's last line.
    """
    command = [sys.executable, "-c", _PROBE, str(folder.path), str(folder.rate_hz)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PROBE_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise _error("asr.model_unloadable", folder.path, detail=f"> {_PROBE_S:.0f} s") from error
    if done.returncode != 0:
        raise _error("asr.model_unloadable", folder.path, detail=_reason(done.stderr, done.returncode))


class VoskModel:
    """A loaded model; makes engines. Safe to share between threads."""

    def __init__(self, folder: ModelFolder, model: Any, confidence: ConfidenceMap | None = None) -> None:
        self.folder = folder
        self._confidence = confidence or ConfidenceMap()
        self.name = str(folder.path)
        self.rate_hz = folder.audio_rate_hz
        self._model = model

    def engine(self) -> VoskEngine:
        """Return a new engine; takes less than a millisecond."""
        import vosk

        recognizer = vosk.KaldiRecognizer(self._model, float(self.folder.rate_hz))
        return VoskEngine(recognizer, self.folder.rate_hz // self.rate_hz, self._confidence)


class VoskEngine:
    """:class:`asr.recogniser.Engine` on Vosk.

    Partial *words* are left off: they come from the lattice, which Vosk brings up to date only now and then, and
    made partials 1.3 s later at the median (``python -m asr.bench`` shows both).
    """

    def __init__(self, recognizer: Any, times_rate: int = 1, confidence: ConfidenceMap | None = None) -> None:
        self._confidence = confidence or ConfidenceMap()
        self._upsampler = Upsampler(times_rate) if times_rate > 1 else None
        recognizer.SetWords(True)
        recognizer.SetPartialWords(False)
        self._recognizer = recognizer

    def accept(self, pcm: bytes) -> bool:
        """Decode audio; True when an utterance ended."""
        if self._upsampler is not None:
            pcm = self._upsampler.take(pcm)
        return bool(self._recognizer.AcceptWaveform(pcm))

    def partial(self) -> str:
        """Return the text of the utterance so far."""
        return str(json.loads(self._recognizer.PartialResult())["partial"])

    def result(self) -> list[RawWord]:
        """Return the words of the utterance that ended."""
        return self._words(self._recognizer.Result())

    def final(self) -> list[RawWord]:
        """Flush: return the words of all audio not reported yet."""
        return self._words(self._recognizer.FinalResult())

    def reset(self) -> None:
        """Forget the utterance but keep the running mean."""
        self._recognizer.Reset()

    def _words(self, answer: str) -> list[RawWord]:
        words = []
        for word in json.loads(answer).get("result", []):
            start_s, end_s = float(word["start"]), float(word["end"])
            right = self._confidence.probability(float(word["conf"]), (end_s - start_s) * 1000)
            words.append(RawWord(str(word["word"]), start_s, end_s, right))
        return words


def load_model(path: Path) -> VoskModel:
    """Check, probe and load a model folder.

    Raises:
        ModelError: as :func:`check_model` and :func:`probe_model`.
    """
    folder = check_model(path)
    probe_model(folder)
    confidence = _read_confidence(path)
    import vosk

    vosk.SetLogLevel(-1)
    try:
        return VoskModel(folder, vosk.Model(str(path)), confidence)
    except Exception as error:  # vosk raises bare Exception
        raise _error("asr.model_unloadable", path, detail=str(error)) from error


def _read_confidence(path: Path) -> ConfidenceMap:
    try:
        return read_confidence(path)
    except (OSError, ValueError) as error:
        raise _error("asr.model_file_unreadable", path / CONFIDENCE_FILE, detail=str(error)) from error


def _check_file(path: Path, least_bytes: int) -> None:
    if not path.is_file():
        raise _error("asr.model_file_missing", path)
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise _error("asr.model_file_unreadable", path, detail=error.strerror or str(error)) from error
    if size < least_bytes:
        raise _error("asr.model_file_damaged", path, size=size)


def _check_words(path: Path) -> None:
    """Refuse a list of words without its end: Vosk loads it and then leaves out every word that is cut off."""
    _check_file(path, 20)
    with path.open("rb") as file:
        file.seek(-min(_WORDS_END_BYTES, path.stat().st_size), os.SEEK_END)
        end = file.read()
    if not any(symbol in end for symbol in _WORDS_END):
        raise _error("asr.model_file_damaged", path, size=path.stat().st_size)


def _carries_words(path: Path) -> bool:
    """Return whether an FST holds the names of its output labels."""
    with path.open("rb") as file:
        head = file.read(256)
    try:
        magic, length = struct.unpack_from("<ii", head)
        (second,) = struct.unpack_from("<i", head, 8 + length)
        _, flags = struct.unpack_from("<ii", head, 12 + length + second)
    except struct.error:
        return False
    return magic == _FST_MAGIC and bool(flags & _FST_HAS_WORDS)


def options(path: Path) -> dict[str, str]:
    """Return the ``--name=value`` lines of a configuration file."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    pairs = (line.strip().partition("=") for line in lines if line.strip().startswith("--"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _rate_hz(path: Path) -> int:
    value = options(path).get("--sample-frequency", "")
    try:
        rate_hz = int(float(value))
    except ValueError:
        rate_hz = 0
    if not 8_000 <= rate_hz <= 48_000:
        raise _error("asr.model_option_missing", path, option="--sample-frequency")
    return rate_hz


def _reason(stderr: bytes, code: int) -> str:
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines() if line.strip()]
    named = [line for line in lines if line.startswith(("ERROR", "ASSERTION", "Exception"))]
    last = (named or lines or [""])[0][:200]
    return f"signal {-code} {last}".strip() if code < 0 else last


def _error(key: str, path: Path, *, detail: str = "", option: str = "", size: int = 0) -> ModelError:
    return ModelError(text(key, file=path, detail=detail, option=option, size=size), remedy=text("asr.model_remedy"))
