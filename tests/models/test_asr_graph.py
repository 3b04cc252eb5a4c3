# SPDX-License-Identifier: GPL-3.0-or-later
"""Graphs: states and labels by hand, and real ones that Vosk decodes with the shipped acoustic model."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import soundfile as sf

from asr.model import check_model, load_model
from models.asr_id.language import graph as graph_module
from models.asr_id.language.errors import LanguageError
from models.asr_id.language.estimate import estimate
from models.asr_id.language.graph import build_dynamic, build_static
from models.asr_id.language.graphwork import relabelled
from models.asr_id.language.lexfile import LEXICON_FILE, Pronunciation, read_lexicon, write_lexicon
from models.asr_id.language.lexgraph import PHONES, expand, lexicon_lines
from models.asr_id.language.phonetable import phone_ids, phone_table, phones_txt, positioned, word_boundary_int
from models.asr_id.phones import PHONES as BASE_PHONES
from models.demo_speech.library import DemoLine, load_library
from pipeline.settings import PROJECT_DIR

MODEL = PROJECT_DIR / "models/asr_id/model"
SOUND = {
    "selamat": "s @ l a m a t", "sore": "s o r e", "pak": "p a q", "saya": "s a y a", "mau": "m au",
    "tanya": "t a ny a", "kapan": "k a p a n", "batas": "b a t a s", "waktu": "w a k t u", "lapor": "l a p o r",
    "spt": "e s p e t e", "tahunan": "t a h u n a n", "untuk": "u n t u k", "wajib": "w a j i b",
    "pajak": "p a j a k", "badan": "b a d a n", "dan": "d a n", "orang": "o r a ng", "pribadi": "p r i b a d i",
}  # fmt: skip
LINE = "batas-waktu-lapor.tanya"


def demo_line() -> DemoLine:
    """A caller's line whose words are those of ``SOUND``."""
    return next(line for line in load_library(PROJECT_DIR / "models/demo_speech") if line.id == LINE)


@pytest.mark.unit
def test_the_phone_table_is_that_of_the_shipped_model() -> None:
    graph = MODEL / "graph"
    assert phones_txt() == (graph / "phones.txt").read_text(encoding="utf-8")
    assert word_boundary_int() == (graph / "phones/word_boundary.int").read_text(encoding="utf-8")
    assert phone_table()[0] == ("SIL", 0, "nonword")
    assert len(phone_table()) == 1 + 4 * len(BASE_PHONES)
    assert positioned(["a"]) == ["a_S"]
    assert positioned(["y", "a"]) == ["y_B", "a_E"]
    assert positioned(["i", "y", "a"]) == ["i_B", "y_I", "a_E"]


@pytest.mark.unit
def test_words_that_sound_the_same_are_told_apart() -> None:
    entries = [Pronunciation("bang", ("b", "a", "ng")), Pronunciation("bank", ("b", "a", "ng"), 0.5)]
    text, disambiguation = lexicon_lines(entries, {"bang": 1, "bank": 2, "#0": 3}, "#0")
    assert list(disambiguation) == [PHONES + 1, PHONES + 2, PHONES + 3, PHONES + 4]  # back-off, two words, silence
    arcs = [line.split() for line in text.splitlines() if len(line.split()) == 5]
    assert len([arc for arc in arcs if int(arc[2]) == PHONES + 2]) == 2  # to the next word, or to silence
    outputs = {arc[3]: (int(arc[2]), float(arc[4])) for arc in arcs if arc[3] in ("1", "2")}
    assert outputs == {"1": (phone_ids()["b_B"], 0.0), "2": (phone_ids()["b_B"], 0.5)}
    assert [arc for arc in arcs if arc[3] == "3"] == [["1", "1", str(PHONES + 1), "3", "0.000000"]]
    first = [float(arc[4]) for arc in arcs if arc[0] == "0"]
    assert sum(math.exp(-cost) for cost in first) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.unit
def test_phones_become_transitions_with_loops_where_they_lead() -> None:
    # State 1 is entered by the phones 3 and 4: it is split, and each copy loops on its own phone.
    network, kept = expand("0 1 3 7 0.5\n0 1 4 8\n1 2 0 0\n2 0.25\n", 0, keep=())
    arcs = sorted(line.split()[2:] for line in network.splitlines() if len(line.split()) == 5)
    assert kept == []
    assert arcs == sorted([["6", "7", "0.5"], ["8", "8", "0"], ["5", "0", "0"], ["7", "0", "0"],
                           ["0", "0", "0"], ["0", "0", "0"]])  # fmt: skip
    assert network.count(" 0.25\n") == 1


@pytest.mark.unit
def test_disambiguation_survives_only_where_it_is_kept() -> None:
    symbol = PHONES + 1
    text = f"0 1 {symbol} 5 0\n1 0\n"
    kept, ids = expand(text, 0, keep=range(symbol, symbol + 2))
    assert ids == [2 * PHONES + 1, 2 * PHONES + 2]
    assert f"0 1 {2 * PHONES + 1} 5 0\n" in kept
    assert expand(text, 0, keep=())[0] == "0 1 0 5 0\n1 0\n"


@pytest.mark.unit
def test_new_word_ids_are_unique_and_sorted() -> None:
    ids = relabelled({"<eps>": 0, "a": 1, "b": 2, "#0": 3, "<s>": 4, "</s>": 5}, "1 3\n2 1\n3 2\n")
    assert ids == {"<eps>": 0, "b": 1, "#0": 2, "a": 3, "<s>": 7, "</s>": 8}
    assert list(ids.values()) == sorted(set(ids.values()))


@pytest.mark.unit
def test_the_lexicon_file_keeps_everything_and_names_what_is_wrong(tmp_path: Path) -> None:
    entries = [Pronunciation("ya", ("y", "a")), Pronunciation("iya", ("i", "y", "a"), 0.5)]
    write_lexicon(entries, tmp_path / "one.gz")
    write_lexicon(entries, tmp_path / "two.gz")
    assert read_lexicon(tmp_path / "one.gz") == entries
    assert (tmp_path / "one.gz").read_bytes() == (tmp_path / "two.gz").read_bytes()
    write_lexicon([Pronunciation("ya", ("y", "xx"))], tmp_path / "bad.gz")
    with pytest.raises(LanguageError, match=r"bad\.gz.*1: ya 0 y xx"):
        read_lexicon(tmp_path / "bad.gz")
    (tmp_path / "junk.gz").write_bytes(b"not compressed")
    with pytest.raises(LanguageError, match=r"junk\.gz"):
        read_lexicon(tmp_path / "junk.gz")


@pytest.mark.unit
def test_a_word_without_pronunciation_is_named(tmp_path: Path) -> None:
    model = estimate([("ya tidak", 1.0)], ["ya", "tidak"])
    with pytest.raises(LanguageError, match="tidak"):
        build_dynamic(tmp_path, model, [Pronunciation("ya", ("y", "a"))])
    assert list(tmp_path.iterdir()) == []


def spoken(path: Path) -> bytes:
    samples, rate_hz = sf.read(path, dtype="int16")
    assert rate_hz == 8000
    return bytes(samples.tobytes())


def small_model(folder: Path, build: Any) -> Path:
    """The shipped acoustic model with the words of one line, each pair of which was read once."""
    for part in ("am", "conf"):
        shutil.copytree(MODEL / part, folder / part)
    line = demo_line().text.split()
    words = sorted(SOUND)
    text = [(" ".join(line), 1.0), *((word, 1.0) for word in words)]
    entries = [Pronunciation(word, tuple(SOUND[word].split())) for word in words]
    build(folder, estimate(text, words), entries)
    return folder


@pytest.mark.integration
def test_dynamic_and_static_graphs_decode_the_same_at_the_same_cost(tmp_path: Path) -> None:
    import vosk

    line = demo_line()
    pcm = spoken(line.path)
    heard: dict[str, dict[str, Any]] = {}
    for build in (build_dynamic, build_static):
        folder = small_model(tmp_path / build.__name__, build)
        check_model(folder)
        load_model(folder)
        recognizer = vosk.KaldiRecognizer(vosk.Model(str(folder)), 8000)
        recognizer.SetMaxAlternatives(1)
        recognizer.AcceptWaveform(pcm)
        heard[build.__name__] = json.loads(recognizer.FinalResult())["alternatives"][0]
    dynamic, static = heard["build_dynamic"], heard["build_static"]
    assert dynamic["text"] == static["text"] == line.text
    assert dynamic["confidence"] == pytest.approx(static["confidence"], abs=0.1)
    assert (tmp_path / "build_dynamic" / LEXICON_FILE).is_file()


@pytest.mark.integration
def test_run_time_grammars_find_their_words(tmp_path: Path) -> None:
    import vosk

    folder = small_model(tmp_path, build_dynamic)
    recognizer = vosk.KaldiRecognizer(vosk.Model(str(folder)), 8000, json.dumps(["selamat sore", "waktu badan"]))
    recognizer.AcceptWaveform(spoken(demo_line().path))
    words = json.loads(recognizer.FinalResult())["text"].split()
    assert words[:2] == ["selamat", "sore"]
    assert set(words) <= {"selamat", "sore", "waktu", "badan"}


@pytest.mark.integration
def test_a_failing_child_is_told_in_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = estimate([("ya", 1.0)], ["ya"])
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(graph_module, "CHILD_S", 60.0)
    with pytest.raises(LanguageError, match=r"fstconvert.*libfst-tools"):
        build_dynamic(tmp_path / "model", model, [Pronunciation("ya", ("y", "a"))])
