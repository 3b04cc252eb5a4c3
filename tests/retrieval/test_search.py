# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: BM25 at once, meaning when the encoder is there, validity, odd queries, publishing, threads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clock import ManualClock
from retrieval.dense import Vectors
from retrieval.errors import ArticleNotFoundError, EncoderError, QueryError, RetrievalError
from retrieval.hits import QUOTE_CHARS, expired_later
from retrieval.search import MAX_QUERY_CHARS, SearchEngine
from tests.retrieval.fakes import EFIN, SANDI, UMKM, BagEncoder, MemoryStore, article, no_encoder

pytestmark = pytest.mark.unit

ANY = Path("model")


def engine(*articles: object, **options: object) -> SearchEngine:
    built = SearchEngine(
        MemoryStore(*(articles or (EFIN, SANDI, UMKM))),  # type: ignore[arg-type]
        options.pop("folder", None),  # type: ignore[arg-type]
        clock=ManualClock(datetime(2026, 11, 24, tzinfo=UTC)),
        **options,  # type: ignore[arg-type]
    )
    built.start()
    return built


def test_a_hit_says_why() -> None:
    result = engine().search("halo bu, saya lupa en pe pin eh ifin, gimana minta efin lagi ya")
    hit = result.hits[0]
    assert hit.article_id == "lupa-efin"
    assert hit.version == 1
    assert set(hit.matched_words) >= {"lupa", "ifin", "efin"}
    assert hit.quote.startswith("lupa")
    assert len(hit.quote) <= QUOTE_CHARS
    assert 0.0 < hit.score <= 1.0
    assert result.hits[0].score >= result.hits[1].score


def test_an_off_topic_question_has_no_answer_and_a_good_one_has() -> None:
    search = engine().search
    assert search("berapa harga tiket kereta dari jakarta ke surabaya").no_answer_probability > 0.9
    assert search("saya lupa efin bagaimana minta lagi").no_answer_probability < 0.1


@pytest.mark.parametrize("query", ["", "   ", "?!", "\x00\x1b\x07", "halo selamat pagi bu", "🙂🙂"])
def test_a_query_without_a_topic_finds_nothing_and_claims_nothing(query: str) -> None:
    result = engine().search(query)
    assert result.hits == ()
    assert result.no_answer_probability == 0.0


def test_a_query_of_ten_thousand_characters_is_refused_with_a_remedy() -> None:
    with pytest.raises(QueryError, match="10000") as error:
        engine().search("x" * 10_000)
    assert error.value.remedy
    assert engine().search("efin " * (MAX_QUERY_CHARS // 5)).hits


@pytest.mark.parametrize(
    "query", ["efin' OR 1=1 --", 'efin" NEAR/2 *', "efin; DROP TABLE artikel", "<b>efin</b>", "(efin"]
)
def test_query_languages_mean_nothing_here(query: str) -> None:
    assert engine().search(query).hits[0].article_id == "lupa-efin"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=MAX_QUERY_CHARS) | st.text(alphabet="efin lupa\x00\x1b\u202e*\"'()-:;%_^🙂\n\t", max_size=200))
def test_any_text_is_answered(query: str) -> None:
    result = SHARED.search(query)
    assert all(0.0 <= hit.score <= 1.0 for hit in result.hits)
    assert 0.0 <= result.no_answer_probability <= 1.0


SHARED = engine()


def test_the_limit_is_kept() -> None:
    many = [article(f"pajak-{number}", f"Pajak ke-{number}") for number in range(20)]
    assert len(engine(*many).search("pajak", limit=3).hits) == 3


def test_an_expired_rule_is_marked_and_comes_last() -> None:
    old = article("tarif-lama", "Tarif pajak UMKM", effective_to=date(2025, 12, 31))
    found = engine(old, UMKM, SANDI)
    hits = found.search("tarif pajak umkm").hits
    assert [(hit.article_id, hit.in_force) for hit in hits[:2]] == [("tarif-umkm", True), ("tarif-lama", False)]
    then = found.search("tarif pajak umkm", on=date(2025, 6, 1)).hits
    assert all(hit.in_force for hit in then)


@pytest.mark.parametrize(
    ("dates", "in_force"),
    [
        ([(None, date(2025, 12, 31))], False),
        ([(date(2027, 1, 1), None)], False),
        ([(None, date(2025, 12, 31)), (date(2026, 1, 1), None)], True),
        ([(None, None)], True),
        ([], True),
    ],
)
def test_an_article_none_of_whose_regulations_is_in_force_is_marked(
    dates: list[tuple[date | None, date | None]], in_force: bool
) -> None:
    basis = [{"regulation": "PP contoh", "in_force_from": begin, "in_force_to": end} for begin, end in dates]
    hits = engine(article("tarif-uji", "Tarif pajak umkm", legal_basis=basis), SANDI).search("tarif pajak umkm").hits
    assert hits[0].in_force is in_force
    assert [one.in_force_to for one in hits[0].legal_basis] == [end for _, end in dates]


def test_who_asks_about_an_ended_programme_finds_it_marked_before_what_fits_far_worse() -> None:
    found = engine(UMKM).search("tarif pajak umkm").hits[0]
    ended = replace(found, article_id="berakhir", score=0.8, in_force=False)
    near, far = replace(found, article_id="dekat", score=0.5), replace(found, article_id="jauh", score=0.1)
    assert [hit.article_id for hit in expired_later([ended, near, far])] == ["dekat", "berakhir", "jauh"]
    assert expired_later([ended]) == [ended]


def test_a_rule_ends_with_the_office_s_day() -> None:
    ends = article("tarif-lama", "Tarif pajak UMKM", effective_to=date(2025, 12, 31))
    for hour_utc, in_force in ((16, True), (17, False)):  # midnight in Jakarta is 17.00 UTC
        clock = ManualClock(datetime(2025, 12, 31, hour_utc, 30, tzinfo=UTC))
        engine = SearchEngine(MemoryStore(ends), None, clock=clock)
        engine.start()
        assert [hit.in_force for hit in engine.search("tarif pajak umkm").hits] == [in_force]


def test_a_rule_not_yet_in_force_is_marked_and_comes_last() -> None:
    coming = article("tarif-nanti", "Tarif pajak UMKM", effective_from=date(2027, 1, 1))
    hits = engine(coming, UMKM, SANDI).search("tarif pajak umkm").hits
    assert [(hit.article_id, hit.in_force) for hit in hits[:2]] == [("tarif-umkm", True), ("tarif-nanti", False)]


class TiredEncoder(BagEncoder):
    """Encodes so many times, then raises what no one foresaw."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.left = times

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("tensor rusak")
        return super().encode(texts)


def test_an_encoder_that_fails_on_a_question_leaves_bm25() -> None:
    found = engine(folder=ANY, load_encoder=lambda _folder: TiredEncoder(1))
    assert found.wait_ready(20)
    result = found.search("lupa efin")
    assert (result.mode, result.hits[0].article_id) == ("bm25", "lupa-efin")


def test_an_encoder_that_fails_on_the_articles_is_told_and_leaves_bm25() -> None:
    found = engine(folder=ANY, load_encoder=lambda _folder: TiredEncoder(0))
    assert not found.wait_ready(20)
    assert found.status().encoder_state == "failed"
    assert "tensor rusak" in found.status().problem
    assert found.search("lupa efin").hits[0].article_id == "lupa-efin"


def test_an_encoder_that_fails_on_a_new_article_does_not_keep_it_from_being_found() -> None:
    store = MemoryStore(EFIN, SANDI)
    found = SearchEngine(store, ANY, load_encoder=lambda _folder: TiredEncoder(1))
    found.start()
    found.wait_ready(20)
    store.publish(UMKM)
    assert found.refresh()
    assert found.search("tarif umkm").hits[0].article_id == "tarif-umkm"
    assert found.status().encoder_state == "failed"


def test_without_encoder_the_status_says_bm25() -> None:
    status = engine().status()
    assert (status.articles, status.mode, status.encoder_state, status.problem) == (3, "bm25", "off", "")


def test_search_answers_from_bm25_while_the_encoder_loads_then_from_both() -> None:
    release = threading.Event()

    def slow(_folder: Path) -> BagEncoder:
        release.wait(20)
        return BagEncoder(synonyms={"sandi": "rahasia"})

    found = engine(folder=ANY, load_encoder=slow)
    assert found.status().encoder_state == "loading"
    assert found.search("lupa efin").mode == "bm25"
    assert not found.search("rahasia").hits
    release.set()
    assert found.wait_ready(20)
    assert found.status().encoder_state == "ready"
    assert found.status().encoder_id == "bag"
    by_meaning = found.search("rahasia")
    assert by_meaning.mode == "hybrid"
    assert by_meaning.hits[0].article_id == "lupa-sandi"
    assert by_meaning.hits[0].question
    found.close()


def test_a_missing_encoder_is_told_and_search_goes_on() -> None:
    found = engine(folder=ANY, load_encoder=no_encoder)
    assert not found.wait_ready(20)
    status = found.status()
    assert (status.mode, status.encoder_state) == ("bm25", "failed")
    assert "model tidak ada" in status.problem
    assert found.search("lupa efin").hits[0].article_id == "lupa-efin"


def test_a_published_article_is_found_after_refresh_with_and_without_encoder() -> None:
    for options in ({}, {"folder": ANY, "load_encoder": lambda _folder: BagEncoder()}):
        store = MemoryStore(EFIN, SANDI)
        found = SearchEngine(
            store,
            **({"encoder_folder": None} if not options else {"encoder_folder": ANY}),
            **({"load_encoder": options["load_encoder"]} if options else {}),
        )  # type: ignore[arg-type]
        found.start()
        found.wait_ready(20)
        assert not found.refresh()
        store.publish(UMKM)
        assert found.refresh()
        assert found.search("tarif umkm").hits[0].article_id == "tarif-umkm"


def test_broken_articles_leave_the_old_ones_in_service() -> None:
    store = MemoryStore(EFIN)
    found = SearchEngine(store, None)
    found.start()
    store.failure = RetrievalError("rusak")
    with pytest.raises(RetrievalError):
        found.refresh()
    assert found.search("efin").hits[0].article_id == "lupa-efin"


def test_broken_articles_stop_the_start_with_a_clear_error() -> None:
    store = MemoryStore()
    store.failure = RetrievalError("rusak")
    with pytest.raises(RetrievalError, match="rusak"):
        SearchEngine(store, None).start()


def test_an_article_is_read_by_version() -> None:
    found = engine()
    assert found.article("lupa-efin", 1).title == "Lupa EFIN"
    with pytest.raises(ArticleNotFoundError):
        found.article("lupa-efin", 2)


def test_many_threads_search_while_articles_are_published() -> None:
    store = MemoryStore(EFIN, SANDI, UMKM)
    found = SearchEngine(store, ANY, load_encoder=lambda _folder: BagEncoder())
    found.start()
    found.wait_ready(20)

    def work(number: int) -> str:
        if number % 25 == 0:
            store.publish(article(f"baru-{number}", f"Topik lain {number}"))
            found.refresh()
        return found.search("saya lupa efin").hits[0].article_id

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(200))) == {"lupa-efin"}
    assert found.status().articles == 11


def test_an_encoder_error_is_a_kring_error_with_a_code() -> None:
    assert EncoderError("x").code == "encoder_unavailable"
