# SPDX-License-Identifier: GPL-3.0-or-later
"""A refresh: what the model knew stays, what articles say comes in, and a new term is heard only afterwards."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

from models.asr_id.language.errors import LanguageError
from models.asr_id.language.estimate import estimate
from models.asr_id.language.graph import build_dynamic
from models.asr_id.language.lexfile import LEXICON_FILE, pronounce_all, read_lexicon
from models.asr_id.language.mix import mix
from models.asr_id.language.ngrams import END, LanguageModel
from models.asr_id.language.recover import read_grammar
from models.asr_id.language.refresh import article_text, refresh
from pipeline.settings import PROJECT_DIR
from retrieval.articles import Article, LegalBasis
from retrieval.store import FolderArticleStore

MODEL = PROJECT_DIR / "models/asr_id/model"
TERM = "tarikona"
ARTICLE = Article(
    id="program-tarikona",
    title="Program Tarikona",
    version=1,
    status="published",
    topic="Layanan",
    questions=(
        "apa itu tarikona", "siapa yang boleh ikut tarikona", "cara daftar tarikona gimana",
        "syarat ikut program tarikona", "tarikona itu apa sih", "kapan tarikona dibuka",
        "batas waktu daftar tarikona", "saya mau ikut tarikona",
    ),
    legal_basis=(LegalBasis(regulation="PMK 7/2031"),),
    body="Tarikona adalah program pelatihan bagi wajib pajak baru.\n\n- Pendaftaran dibuka setiap bulan Maret.",
)  # fmt: skip


def words(text: str) -> list[str]:
    return text.split()


def total(model: LanguageModel, history: tuple[str, ...]) -> float:
    return sum(model.probability(word, history) for word in (*model.words, END))


@pytest.mark.unit
def test_a_mixture_is_a_share_of_each_and_sums_to_one() -> None:
    one = estimate([("saya lapor pajak", 5.0), ("saya lapor spt", 2.0)], words("lapor pajak saya spt"))
    two = estimate([("saya daftar tarikona", 3.0), ("saya lapor", 1.0)], words("daftar lapor saya tarikona"))
    both = mix(one, two, 0.25)
    assert both.words == ("daftar", "lapor", "pajak", "saya", "spt", "tarikona")
    for history in ((), ("<s>",), ("saya",), ("saya", "lapor"), ("saya", "daftar"), ("tarikona",), ("spt", "saya")):
        assert total(both, history) == pytest.approx(1.0, abs=1e-9)
    expected = 0.75 * one.probability("lapor", ("<s>", "saya")) + 0.25 * two.probability("lapor", ("<s>", "saya"))
    assert both.probability("lapor", ("<s>", "saya")) == pytest.approx(expected)
    assert both.probability("tarikona") == pytest.approx(0.25 * two.probability("tarikona"))
    assert both.probability("pajak", ("saya", "lapor")) >= 0.75 * one.probability("pajak", ("saya", "lapor"))


@pytest.mark.unit
def test_articles_are_read_as_they_are_spoken() -> None:
    text = dict(article_text([ARTICLE]))
    assert text["apa itu tarikona"] > text["pendaftaran dibuka setiap bulan maret"]
    assert "program tarikona" in text
    assert any(sentence.startswith("pmk tujuh") for sentence in text)
    assert all(character.islower() or character in " -" for sentence in text for character in sentence)


@pytest.mark.integration
def test_a_grammar_file_gives_its_model_back(tmp_path: Path) -> None:
    text = [("kapan batas waktu lapor spt", 2.0), ("saya lapor spt", 1.0), ("saya", 1.0), ("batas waktu", 0.3)]
    model = estimate(text, words("batas kapan lapor npwp saya spt waktu"))
    build_dynamic(tmp_path, model, pronounce_all(model.words))
    again = read_grammar(tmp_path / "graph")
    assert again.words == model.words
    assert np.array_equal(again.bigrams.keys, model.bigrams.keys)
    assert np.array_equal(again.trigrams.keys, model.trigrams.keys)
    for history in ((), ("<s>",), ("saya",), ("<s>", "saya"), ("batas", "waktu"), ("npwp",), ("npwp", "saya")):
        for word in (*model.words, END):
            assert again.probability(word, history) == pytest.approx(model.probability(word, history), rel=1e-3)


@pytest.mark.integration
def test_a_model_of_another_make_is_refused_by_name(tmp_path: Path) -> None:
    graph = tmp_path / "graph"
    graph.mkdir()
    with pytest.raises(LanguageError, match=r"words\.txt"):
        refresh(tmp_path, [ARTICLE], tmp_path / "new")
    (graph / "words.txt").write_text("<eps> 0\nya 1\n#0 2\n")
    for content in (b"", b"junk" * 100, (MODEL / "graph/HCLr.fst").read_bytes(), (MODEL / "graph/Gr.fst").read_bytes()):
        (graph / "Gr.fst").write_bytes(content)
        with pytest.raises(LanguageError, match=r"Gr\.fst"):
            refresh(tmp_path, [ARTICLE], tmp_path / "new")
    with pytest.raises(LanguageError, match="artikel"):
        refresh(MODEL, [], tmp_path / "new")
    assert not (tmp_path / "new").exists()


def speech(sentences: list[str], folder: Path) -> list[bytes]:
    """The sentences in the voice of a stranger to the training, as PCM."""
    from models.asr_id.lexicon import pronounce
    from models.asr_id.voices import Style, Word, speak

    requests = [[Word(word, pronounce(word)[0]) for word in sentence.split()] for sentence in sentences]
    said = speak("espeak:id+f4", requests, rng=random.Random(5), workdir=folder, style=Style.neutral())
    return [(np.r_[one.samples, np.zeros(4000)] * 20000).astype("<i2").tobytes() for one in said if one is not None]


def cpu_s() -> float:
    """CPU time of this process and its finished children: what a busy machine does not change."""
    return sum(os.times()[:4])


def heard(model_dir: Path, pcms: list[bytes]) -> list[str]:
    import vosk

    vosk.SetLogLevel(-1)
    model, texts = vosk.Model(str(model_dir)), []
    for pcm in pcms:
        recognizer = vosk.KaldiRecognizer(model, 8000)
        recognizer.AcceptWaveform(pcm)
        texts.append(json.loads(recognizer.FinalResult())["text"])
    return texts


@pytest.mark.integration
def test_a_new_term_is_heard_after_the_refresh_and_not_before(tmp_path: Path) -> None:
    known = ["selamat pagi saya mau lapor spt tahunan", "batas waktu bayar pajak kapan"]
    asked = ["saya mau tanya soal tarikona", "bagaimana cara daftar tarikona tahun ini", "apa itu tarikona"]
    pcms = speech([*asked, *known], tmp_path)
    assert len(pcms) == 5
    before = heard(MODEL, pcms)
    assert not any(TERM in text for text in before)

    target = tmp_path / "model"
    target.mkdir()
    articles = [*FolderArticleStore(PROJECT_DIR / "retrieval/articles").published(), ARTICLE]
    before_s = cpu_s()
    done = refresh(MODEL, articles, target)
    assert cpu_s() - before_s < 60
    assert TERM in done.new_words
    after = heard(target, pcms)
    assert after[:3] == asked
    assert after[3:] == before[3:] == known
    assert (target / "am/final.mdl").read_bytes() == (MODEL / "am/final.mdl").read_bytes()
    assert {entry.word for entry in read_lexicon(target / LEXICON_FILE)} == set(read_grammar(target / "graph").words)
