# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped encoder, really loaded and without network: what it finds on held-out questions and in demo calls."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from models.encoder_id.recipe import MOST_BYTES, make
from models.encoder_id.training import Plan
from pipeline.settings import load_settings
from retrieval.dense import DenseIndex, SentenceEncoder
from retrieval.errors import IndexMismatchError
from retrieval.evaluation.no_answer import at_threshold
from retrieval.evaluation.questions import read_questions
from retrieval.evaluation.ranks import ask, rank_figures
from retrieval.search import SearchEngine
from retrieval.store import FolderArticleStore
from retrieval.suggester import LiveSuggester

pytestmark = pytest.mark.integration

PROJECT = Path(__file__).parents[2]
MODEL = PROJECT / "models" / "encoder_id" / "model"
ARTICLES = PROJECT / "retrieval" / "articles"
QUESTIONS = Path(__file__).parent / "data" / "dev_questions.jsonl"


def make_engine() -> SearchEngine:
    return SearchEngine(FolderArticleStore(ARTICLES), MODEL)


@pytest.fixture(scope="module")
def engine() -> Iterator[SearchEngine]:
    built = make_engine()
    built.start()
    assert built.wait_ready(120), built.status().problem
    yield built
    built.close()


def test_it_loads_without_network_and_gives_unit_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("network used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    encoder = SentenceEncoder(MODEL)
    vectors = encoder.encode(["lupa efin", "tarif umkm", "lupa ifin"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    assert float(vectors[0] @ vectors[1]) < 0.5
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_eight_threads_get_the_answers_that_one_gets(engine: SearchEngine) -> None:
    questions = ["saya lupa efin", "tarif pajak umkm", "kode billing kedaluwarsa", "kartu npwp hilang"] * 12
    alone = [engine.search(question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(engine.search, questions)) == alone


def test_it_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in MODEL.rglob("*")) <= MOST_BYTES


def test_hybrid_search_finds_held_out_questions_and_beats_its_halves(engine: SearchEngine) -> None:
    answered = ask(engine, read_questions(QUESTIONS))
    figures = rank_figures(answered, lambda one: one.question.style).values
    figures |= rank_figures(answered, lambda _: "all").values
    assert figures["recall_at_3.clean"] >= 0.95
    assert figures["recall_at_3.colloquial"] >= 0.95
    for half in ("bm25", "dense"):
        assert figures["recall_at_3.all"] >= figures[f"{half}.recall_at_3.all"]
        assert figures["mrr.all"] > figures[f"{half}.mrr.all"]
    row = at_threshold(answered, load_settings().no_answer_threshold)
    assert row.precision >= 0.85
    assert row.recall >= 0.70


def demo_dialogues() -> list[dict[str, object]]:
    path = PROJECT / "models" / "demo_speech" / "lines.toml"
    return list(tomllib.loads(path.read_text(encoding="utf-8"))["dialogue"])


@pytest.mark.parametrize("dialogue", demo_dialogues(), ids=lambda one: str(one["id"]))
def test_every_demo_call_brings_up_its_article(engine: SearchEngine, dialogue: dict[str, object]) -> None:
    live = LiveSuggester(engine)
    last = None
    for piece in str(dialogue["say"]).replace("?", ",").replace(".", ",").split(","):
        last = live.on_final("demo", "caller", piece) or last
    assert last is not None
    expected = dialogue["articles"]
    assert isinstance(expected, list)
    if expected:
        assert expected[0] in [one.article_id for one in last.articles[:3]]
        assert not last.no_answer
    else:
        assert last.no_answer


def test_the_recipe_makes_a_loadable_model_the_same_way_twice(tmp_path: Path) -> None:
    plan = Plan(dimensions=16, rounds=3, vocabulary=3000)
    everyday = ["surel lama hilang", "email lama hilang", "surel baru daftar", "email baru daftar"]
    made = make(ARTICLES, everyday, tmp_path / "satu", plan)
    make(ARTICLES, everyday, tmp_path / "dua", plan)
    one, two = SentenceEncoder(tmp_path / "satu"), SentenceEncoder(tmp_path / "dua")
    np.testing.assert_allclose(one.encode(["lupa efin"]), two.encode(["lupa efin"]), atol=1e-6)
    assert made["articles"] == len(FolderArticleStore(ARTICLES).published())
    index = DenseIndex.build(FolderArticleStore(ARTICLES).published(), one)
    with pytest.raises(IndexMismatchError):
        index.nearest(SentenceEncoder(MODEL).encode(["efin"]), SentenceEncoder(MODEL).encoder_id)


def test_importing_retrieval_loads_no_heavy_library() -> None:
    code = (
        "import sys, retrieval.search, retrieval.suggester, retrieval.evaluation.ranks;"
        "print([n for n in ('torch', 'faiss', 'sentence_transformers', 'transformers') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
