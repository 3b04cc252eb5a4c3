# SPDX-License-Identifier: GPL-3.0-or-later
"""The evaluation computes what it says, and its question files are a fair test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.errors import RetrievalError
from retrieval.evaluation import no_answer
from retrieval.evaluation.questions import Question, read_questions
from retrieval.evaluation.ranks import Answered, ask, interval, latency, rank_figures
from retrieval.normalize import normalize
from retrieval.search import SearchEngine
from retrieval.store import FolderArticleStore
from tests.retrieval.fakes import EFIN, SANDI, UMKM, BagEncoder, MemoryStore

pytestmark = pytest.mark.unit

DATA = Path(__file__).parent / "data"
ARTICLES = Path(__file__).parents[2] / "retrieval" / "articles"
TEST_QUESTIONS = DATA / "test_questions.jsonl"
DEVELOPMENT = ("dev_questions.jsonl",)


def started(*, encoder: bool = False) -> SearchEngine:
    folder = Path("model") if encoder else None
    engine = SearchEngine(MemoryStore(EFIN, SANDI, UMKM), folder, load_encoder=lambda _: BagEncoder())
    engine.start()
    engine.wait_ready(10)
    return engine


def question(text: str, *articles: str, style: str = "clean") -> Question:
    return Question(text, frozenset(articles), style)


def judged(probability: float, *articles: str) -> Answered:
    return Answered(question("x", *articles), {"hybrid": 1.0}, probability, 1.0)


def style_of(one: Answered) -> str:
    return one.question.style


def test_ranks_are_counted_by_style_and_way_of_searching() -> None:
    asked = [
        question("lupa efin", "lupa-efin"),
        question("lupa kata sandi", "lupa-efin"),  # the right one comes second
        question("tarif umkm", "lupa-efin", style="colloquial"),  # not found at all
        question("tiket kereta"),
    ]
    figures = rank_figures(ask(started(), asked), style_of).values
    assert figures["recall_at_1.clean"] == 0.5
    assert figures["recall_at_3.clean"] == 1.0
    assert figures["mrr.clean"] == 0.75
    assert figures["bm25.recall_at_5.clean"] == 1.0
    assert figures["recall_at_3.colloquial"] == 0.0
    assert not any(name.startswith("dense.") for name in figures)  # no encoder, no such search
    assert figures.keys() & {"recall_at_3.no_answer", "mrr.no_answer"} == set()


def test_with_an_encoder_all_three_ways_are_measured_and_timed() -> None:
    answered = ask(started(encoder=True), [question("lupa efin", "lupa-efin")])
    assert {name.split(".")[0] for name in rank_figures(answered, style_of).values} >= {"bm25", "dense", "mrr"}
    assert latency(answered, 3)["search_ms.p95.n3"] > 0


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_interval_holds_the_mean(values: list[float]) -> None:
    samples = np.array(values)
    low, high = interval(samples)
    assert low - 1e-9 <= samples.mean() <= high + 1e-9 or samples.size < 8
    assert (low, high) == interval(samples)
    assert samples.min() - 1e-9 <= low <= high <= samples.max() + 1e-9


def test_no_answer_counts_both_kinds_of_mistake() -> None:
    asked = [judged(0.9), judged(0.2), judged(0.8, "a"), judged(0.1, "a"), judged(0.1, "a"), judged(0.1, "a")]
    row = no_answer.at_threshold(asked, 0.5)
    assert (row.precision, row.recall, row.silenced) == (0.5, 0.5, 0.25)
    silent = no_answer.at_threshold(asked, 0.95)
    assert (silent.precision, silent.recall, silent.silenced) == (1.0, 0.0, 0.0)
    assert [row.threshold for row in no_answer.table(asked)] == list(no_answer.THRESHOLDS)
    assert no_answer.table([judged(0.9, "a")]) == []


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=40))
def test_a_higher_threshold_never_finds_more(drawn: list[tuple[float, bool]]) -> None:
    asked = [judged(probability, *(["a"] if right else [])) for probability, right in drawn]
    recalls = [row.recall for row in no_answer.table(asked)]
    assert recalls == sorted(recalls, reverse=True)


def test_a_file_of_ones_own_needs_only_questions_and_ids(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(
        '\ufeff{"question": "lupa efin", "articles": ["lupa-efin"]}\n\n{"question": "x", "articles": "a"}\n',
        encoding="utf-8",
    )
    assert read_questions(path) == [question("lupa efin", "lupa-efin", style="file"), question("x", "a", style="file")]


@pytest.mark.parametrize("line", ["{", '{"question": "x"}', '["x"]', "7", '{"question": 7, "articles": []}'])
def test_a_line_that_is_no_question_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"question": "a", "articles": []}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(RetrievalError, match=r"q\.jsonl.* 2"):
        read_questions(path)


def test_a_missing_or_empty_question_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(RetrievalError, match="tidak-ada"):
        read_questions(tmp_path / "tidak-ada.jsonl")
    (tmp_path / "kosong.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(RetrievalError, match="kosong"):
        read_questions(tmp_path / "kosong.jsonl")


def test_the_test_questions_are_many_known_and_share_no_sentence_with_anything_trained_on() -> None:
    questions = read_questions(TEST_QUESTIONS)
    articles = FolderArticleStore(ARTICLES).published()
    known = {one.id for one in articles}
    assert sum(one.style == "clean" and bool(one.articles) for one in questions) >= 300
    assert sum(one.style == "colloquial" and bool(one.articles) for one in questions) >= 300
    assert sum(not one.articles for one in questions) >= 100
    development = [one for name in DEVELOPMENT for one in read_questions(DATA / name)]
    assert frozenset().union(*(one.articles for one in (*questions, *development))) <= known
    trained = {normalize(form) for one in articles for form in (one.title, *one.questions)}
    assert not [one.question for one in (*questions, *development) if normalize(one.question) in trained]
    tuned_on = {normalize(one.question) for one in development}
    assert not [one.question for one in questions if normalize(one.question) in tuned_on]
