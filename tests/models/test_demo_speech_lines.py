# SPDX-License-Identifier: GPL-3.0-or-later
"""The script and the shipped audio agree, and both keep the promises of CARD.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.demo_speech import make, measure
from models.demo_speech.library import load_library, replies_to
from models.demo_speech.prosody import phrases_of, plain_text
from models.demo_speech.script import ScriptError, read_script

LINES = load_library(measure.HERE)
CALLERS = [line for line in LINES if line.role == "caller"]
WORDS = measure.DEFAULT_MODEL / "graph" / "words.txt"

pytestmark = pytest.mark.unit


def test_index_is_what_the_script_says() -> None:
    script = {line.id: (line.role, line.text, line.articles, line.reply_ids) for line in read_script()}
    shipped = {line.id: (line.role, line.text, line.expected_articles, line.reply_ids) for line in LINES}
    assert shipped == script


def test_every_word_is_in_the_lexicon() -> None:
    lexicon = {row.split()[0] for row in WORDS.read_text(encoding="utf-8").splitlines()}
    missing = {word for line in LINES for word in line.text.split()} - lexicon
    assert not missing


def test_cast_and_topics() -> None:
    assert len(CALLERS) >= 12
    assert {line.sex for line in CALLERS} == {"f", "m"}
    assert not {line.voice for line in CALLERS} & {line.voice for line in LINES if line.role == "agent"}
    assert any(not line.expected_articles for line in CALLERS)
    assert max(line.duration_ms for line in CALLERS) >= 15_000
    topics = [line.expected_articles for line in CALLERS if line.expected_articles]
    assert len(set(topics)) == len(topics)
    assert all(1 <= len(replies_to(line, LINES)) <= 3 for line in CALLERS)


def test_files_are_telephone_shaped_and_small() -> None:
    total_bytes = 0
    for line in LINES:
        samples, rate_hz = soundfile.read(line.path, dtype="int16", always_2d=True)
        total_bytes += line.path.stat().st_size
        assert (rate_hz, samples.shape[1]) == (8000, 1), line.id
        assert line.duration_ms == round(len(samples) / 8), line.id
        peak_dbfs = 20 * np.log10(np.abs(samples.astype(np.float64)).max() / 32768)
        assert -3.1 <= peak_dbfs <= -2.9, line.id
        assert not samples[:2400].any() and not samples[-2400:].any(), line.id
    assert total_bytes <= 5_000_000


def test_marks_are_not_words() -> None:
    assert plain_text("halo pak, apa kabar?") == "halo pak apa kabar"
    assert [phrase.mark for phrase in phrases_of("halo pak, apa kabar?")] == [",", "?"]


@pytest.mark.parametrize("say", ["", "halo", "halo, , pak.", "halo. pak"])
def test_badly_marked_line_is_refused(say: str) -> None:
    with pytest.raises(ValueError, match="a line is phrases"):
        phrases_of(say)


def test_script_with_an_unknown_speaker_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lines.toml"
    path.write_text('agent = "nobody"\n[cast]\n', encoding="utf-8")
    with pytest.raises(ScriptError, match="nobody"):
        read_script(path)


def test_index_entry_is_toml_that_the_library_reads(tmp_path: Path) -> None:
    line = next(line for line in read_script() if line.role == "agent")
    (tmp_path / "audio").mkdir()
    (tmp_path / make.file_name(line)).write_bytes(b"")
    (tmp_path / "index.toml").write_text(make.index_entry(line, 8000), encoding="utf-8")
    (read,) = load_library(tmp_path)
    assert (read.text, read.duration_ms, read.reply_ids) == (line.text, 1000, ())
