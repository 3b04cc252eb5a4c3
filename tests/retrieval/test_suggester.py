# SPDX-License-Identifier: GPL-3.0-or-later
"""Live suggestions: when a list appears, when it stays, and what it says, over an engine that records its queries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from pipeline.events import SuggestedArticle, from_wire, to_wire
from retrieval.rows import settle
from retrieval.search import Hit, SearchEngine, SearchResult
from retrieval.suggester import LiveSuggester, SuggestionUpdate
from tests.retrieval.fakes import EFIN, SANDI, UMKM, MemoryStore

pytestmark = pytest.mark.unit


class Recorder:
    """A searcher that keeps the queries it was asked and answers from BM25 over three articles."""

    def __init__(self) -> None:
        self.queries: list[str] = []
        self._engine = SearchEngine(MemoryStore(EFIN, SANDI, UMKM), None)
        self._engine.start()

    def search(self, query: str, *, limit: int = 5) -> SearchResult:
        self.queries.append(query)
        return self._engine.search(query, limit=limit)


class Scripted:
    """A searcher that returns prepared scores, one dict of article -> score a search."""

    def __init__(self, *scores: dict[str, float], probabilities: tuple[float, ...] = ()) -> None:
        self._scores = list(scores)
        self._probabilities = list(probabilities)

    def search(self, query: str, *, limit: int = 5) -> SearchResult:
        found = self._scores.pop(0)
        ordered = sorted(found, key=lambda name: -found[name])
        hits = tuple(hit(name, found[name]) for name in ordered)
        return SearchResult(query, hits, self._probabilities.pop(0) if self._probabilities else 0.0, "hybrid")


def hit(name: str, score: float) -> Hit:
    return Hit(name, 1, name, "Uji", score, ("efin",), "efin", "", "perlu verifikasi", None, None, True)


def suggested(name: str, score: float) -> SuggestedArticle:
    return SuggestedArticle(article_id=name, version=1, title=name, score=score)


@pytest.fixture
def searcher() -> Recorder:
    return Recorder()


@pytest.fixture
def live(searcher: Recorder) -> LiveSuggester:
    return LiveSuggester(searcher, stable_ms=400)


def ids(update: SuggestionUpdate | None) -> list[str]:
    assert update is not None
    return [one.article_id for one in update.articles]


@pytest.mark.parametrize("text", ["halo selamat pagi bu", "iya pak", "terima kasih ya", "halo"])
def test_greetings_are_not_searched(live: LiveSuggester, searcher: Recorder, text: str) -> None:
    assert live.on_final("c1", "caller", text) is None
    assert live.on_partial("c1", "caller", 2, text, now_ms=0, stable_ms=900) is None
    assert searcher.queries == []


def test_a_final_brings_the_list_with_its_reason(live: LiveSuggester) -> None:
    update = live.on_final("c1", "caller", "saya lupa efin bagaimana cara minta lagi")
    assert ids(update)[0] == "lupa-efin"
    assert update is not None
    assert set(update.reasons) >= {"lupa", "efin"}
    assert update.articles[0].quote.startswith("lupa")
    assert not update.provisional
    assert not update.no_answer


def test_a_partial_counts_once_it_is_stable(live: LiveSuggester, searcher: Recorder) -> None:
    assert live.on_partial("c1", "caller", 1, "saya lupa", now_ms=0) is None
    assert live.on_partial("c1", "caller", 1, "saya lupa efin", now_ms=200) is None
    assert live.on_tick("c1", 599) is None
    assert searcher.queries == []
    update = live.on_tick("c1", 600)
    assert ids(update)[0] == "lupa-efin"
    assert update is not None and update.provisional
    assert live.on_tick("c1", 700) is None
    assert len(searcher.queries) == 1, "a stable partial is searched once"


def test_the_recognisers_own_stability_counts(live: LiveSuggester) -> None:
    assert live.on_partial("c1", "caller", 1, "saya lupa efin", now_ms=50, stable_ms=399) is None
    assert live.on_partial("c1", "caller", 1, "saya lupa efin", now_ms=51, stable_ms=400) is not None


def test_the_final_confirms_a_provisional_list(live: LiveSuggester) -> None:
    assert live.on_partial("c1", "caller", 1, "saya lupa efin", now_ms=0, stable_ms=500) is not None
    update = live.on_final("c1", "caller", "saya lupa efin")
    assert update is not None and not update.provisional
    assert live.on_final("c1", "caller", "efin") is None, "nothing new, nothing to show"


def test_a_question_in_pieces_is_searched_as_one(live: LiveSuggester, searcher: Recorder) -> None:
    live.on_final("c1", "caller", "selamat pagi bu")
    live.on_final("c1", "caller", "saya punya warung omzet enam ratus juta")
    live.on_final("c1", "caller", "tarifnya berapa ya bu")
    assert searcher.queries[-1] == "saya punya warung omzet enam ratus juta tarifnya berapa ya bu"


def test_after_a_long_answer_a_new_question_starts_afresh(live: LiveSuggester, searcher: Recorder) -> None:
    live.on_final("c1", "caller", "saya lupa efin")
    answer = (
        "efin diminta lewat email kantor pajak terdaftar lampirkan foto ktp lalu nomornya dikirim ke alamat terdaftar"
    )
    assert live.on_final("c1", "agent", answer) is None
    update = live.on_final("c1", "caller", "berapa tarif umkm untuk omzet satu miliar")
    assert searcher.queries[-2:] == [
        "berapa tarif umkm untuk omzet satu miliar",
        "saya lupa efin berapa tarif umkm untuk omzet satu miliar",
    ], "the new question by itself, then with the old one in the background"
    assert ids(update)[0] == "tarif-umkm"
    assert update is not None and update.question == 2


def test_after_a_long_answer_a_short_remark_stays_with_the_old_question(
    live: LiveSuggester, searcher: Recorder
) -> None:
    live.on_final("c1", "caller", "saya lupa efin")
    live.on_final(
        "c1", "agent", "efin diminta lewat email kantor pajak lampirkan foto ktp nomor ponsel alamat terdaftar lengkap"
    )
    live.on_final("c1", "caller", "emailnya sudah mati")
    assert searcher.queries[-1] == "saya lupa efin emailnya sudah mati"


def test_the_agents_restatement_refines_and_other_agent_talk_does_not(live: LiveSuggester, searcher: Recorder) -> None:
    live.on_final("c1", "caller", "saya lupa yang buat masuk itu")
    count = len(searcher.queries)
    live.on_final("c1", "agent", "sebentar saya bantu cek datanya")
    assert len(searcher.queries) == count
    update = live.on_final("c1", "agent", "jadi bapak lupa kata sandi coretax ya")
    assert ids(update)[0] == "lupa-sandi"


@pytest.mark.parametrize(
    "text", ["efin itu nomor identitas untuk lapor spt secara elektronik", "lupa efin bisa lewat email ya bu"]
)
def test_what_the_agent_says_first_brings_nothing_up(live: LiveSuggester, searcher: Recorder, text: str) -> None:
    assert live.on_final("c1", "agent", text) is None
    assert live.on_final("c1", "caller", "iya bu") is None
    assert searcher.queries == []


def test_a_story_waits_for_its_question(live: LiveSuggester, searcher: Recorder) -> None:
    assert live.on_final("c1", "caller", "saya punya warung makan di semarang omzet enam ratus juta") is None
    assert searcher.queries == []
    assert ids(live.on_final("c1", "caller", "tarif umkm masih setengah persen tidak bu"))[0] == "tarif-umkm"
    assert searcher.queries[-1].startswith("saya punya warung")


@pytest.mark.parametrize(
    "text", ["kata sandi coretax saya lupa", "akun coretax saya terkunci kata sandinya salah terus"]
)
def test_a_problem_told_is_a_question(live: LiveSuggester, text: str) -> None:
    assert ids(live.on_final("c1", "caller", text))[0] == "lupa-sandi"


def test_a_confirmation_of_the_answer_is_no_question(live: LiveSuggester, searcher: Recorder) -> None:
    live.on_final("c1", "caller", "saya lupa efin")
    live.on_final("c1", "agent", "efin diminta lewat email kantor pajak terdaftar lampirkan foto ktp")
    count = len(searcher.queries)
    assert live.on_final("c1", "caller", "oh lewat email kantor pajak ya bu") is None
    assert live.on_final("c1", "caller", "baik bu terima kasih banyak atas penjelasannya") is None
    assert len(searcher.queries) == count


def test_every_hit_quotes_the_callers_own_characters(live: LiveSuggester) -> None:
    said = "halo bu saya ini lupa e fin bagaimana minta lagi"
    update = live.on_final("c1", "caller", said, segment=4)
    assert update is not None
    first = update.articles[0]
    assert first.quoted is not None
    assert (first.quoted.leg, first.quoted.segment) == ("caller", 4)
    assert first.quote == said[first.quoted.start : first.quoted.end]
    assert {said[start:end] for start, end in first.quoted.words} >= {"lupa", "e fin"}


def test_an_announced_second_question_is_one_of_its_own_and_the_first_fades(live: LiveSuggester) -> None:
    live.on_final("c1", "caller", "saya lupa efin bagaimana minta lagi")
    live.on_final("c1", "agent", "efin bisa diminta lewat email kantor pajak")
    update = live.on_final("c1", "caller", "satu lagi bu kata sandi coretax saya juga lupa")
    assert update is not None
    assert (ids(update)[0], update.question) == ("lupa-sandi", 2)
    old = {one.article_id: one.score for one in update.articles}.get("lupa-efin", 0.0)
    assert old < update.articles[0].score / 2


def test_no_answer_does_not_flicker_around_its_threshold() -> None:
    searcher = Scripted({}, {}, {}, probabilities=(0.61, 0.55, 0.45))
    live = LiveSuggester(searcher, no_answer_threshold=lambda: 0.6)
    shown = [live.on_final("c1", "caller", f"berapa harga tiket kereta jurusan surabaya nomor {n}") for n in range(3)]
    assert shown[0] is not None and shown[0].no_answer
    assert shown[1] is None, "still well above: the page is left alone"
    assert shown[2] is not None and not shown[2].no_answer


def test_a_detail_never_brings_no_answer_up() -> None:
    live = LiveSuggester(Scripted({"a": 0.9}, {"a": 0.9}, probabilities=(0.1, 0.9)))
    assert live.on_final("c1", "caller", "nama ibu kandung saya salah terus di akun") is not None
    assert live.on_final("c1", "caller", "sumarni kecamatan banyumanik") is None


def test_the_class_is_proposed_once_and_again_only_when_it_changes(live: LiveSuggester) -> None:
    assert live.proposed_class("c1") is None
    live.on_final("c1", "caller", "bagaimana penafsiran pasal empat kalau saham dijual lewat perusahaan antara")
    proposal = live.proposed_class("c1")
    assert proposal is not None
    assert (proposal.proposed.kind, proposal.question) == ("interpretation", 1)
    assert "penafsiran" in proposal.proposed.reasons
    assert live.proposed_class("c1") is None
    event = proposal.to_event(datetime(2026, 11, 24, tzinfo=UTC), 10)
    assert from_wire(to_wire(event)) == event


def test_the_agents_partials_are_ignored(live: LiveSuggester, searcher: Recorder) -> None:
    assert live.on_partial("c1", "agent", 1, "lupa efin ya pak", now_ms=0, stable_ms=900) is None
    assert searcher.queries == []


def test_no_answer_is_said_on_a_final_question_only(live: LiveSuggester) -> None:
    text = "berapa harga tiket kereta dari jakarta ke surabaya"
    assert live.on_partial("c1", "caller", 1, text, now_ms=0, stable_ms=900) is None
    update = live.on_final("c1", "caller", text)
    assert update is not None
    assert update.no_answer
    assert update.articles == ()
    assert update.no_answer_probability > 0.9


def test_no_answer_is_taken_back_when_a_question_follows_that_has_one(live: LiveSuggester) -> None:
    live.on_final("c1", "caller", "berapa harga tiket kereta ke surabaya")
    update = live.on_final("c1", "caller", "dan efin saya lupa bagaimana minta efin lagi")
    assert update is not None
    assert not update.no_answer
    assert ids(update)[0] == "lupa-efin"


def test_small_differences_do_not_reorder_the_list() -> None:
    live = LiveSuggester(Scripted({"a": 0.80, "b": 0.78}, {"b": 0.81, "a": 0.80}, {"b": 0.95, "a": 0.70}))
    assert ids(live.on_final("c1", "caller", "lupa efin satu")) == ["a", "b"]
    assert live.on_final("c1", "caller", "lupa efin dua") is None
    assert ids(live.on_final("c1", "caller", "lupa efin tiga")) == ["b", "a"]


def test_partials_need_more_than_finals_to_reorder() -> None:
    shown = (suggested("a", 0.8), suggested("b", 0.7))
    fresh = (suggested("b", 0.85), suggested("a", 0.80))
    assert [one.article_id for one in settle(shown, fresh, 0.10)] == ["a", "b"]
    assert [one.article_id for one in settle(shown, fresh, 0.03)] == ["b", "a"]


def test_settling_keeps_what_is_shown_when_nothing_is_found_and_drops_what_no_longer_fits() -> None:
    shown = (suggested("a", 0.8), suggested("b", 0.7))
    assert settle(shown, (), 0.1) == shown
    assert settle((), shown, 0.1) == shown
    assert settle(shown, (suggested("c", 0.9),), 0.1) == (suggested("c", 0.9),)


def test_only_a_final_that_brings_something_new_to_the_top_touches_the_list() -> None:
    first = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6}
    tail, order, fresh = {**first, "e": 0.5}, {"a": 0.9, "d": 0.8, "b": 0.7}, {"a": 0.9, "e": 0.8, "b": 0.7}
    live = LiveSuggester(Scripted(first, tail, tail, order, fresh, fresh))
    assert live.on_final("c1", "caller", "lupa efin") is not None
    assert live.on_partial("c1", "caller", 2, "efin hilang", now_ms=0, stable_ms=500) is None
    assert live.on_final("c1", "caller", "efin hilang") is None, "only the tail differs"
    assert live.on_final("c1", "caller", "efin hilang lagi") is None, "the same articles in another order"
    assert live.on_partial("c1", "caller", 5, "lupa efin baru", now_ms=0, stable_ms=500) is None
    assert ids(live.on_final("c1", "caller", "lupa efin baru")) == ["a", "e", "b"]


def test_calls_are_apart_and_forgotten_at_their_end(live: LiveSuggester) -> None:
    assert ids(live.on_final("c1", "caller", "saya lupa efin"))[0] == "lupa-efin"
    assert ids(live.on_final("c2", "caller", "berapa tarif umkm"))[0] == "tarif-umkm"
    assert live.active_calls() == 2
    live.end_call("c1")
    live.end_call("c1")
    live.end_call("c2")
    assert live.active_calls() == 0
    assert live.on_tick("c1", 10_000) is None
    assert live.active_calls() == 0


def test_a_hundred_calls_in_eight_threads_leave_nothing_behind(live: LiveSuggester) -> None:
    def call(number: int) -> str:
        name = f"c{number}"
        live.on_final(name, "caller", "halo bu")
        update = live.on_final(name, "caller", "saya lupa efin bagaimana minta lagi")
        live.end_call(name)
        return ids(update)[0]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(call, range(100))) == {"lupa-efin"}
    assert live.active_calls() == 0


def test_an_update_becomes_the_event_and_comes_back(live: LiveSuggester) -> None:
    update = live.on_final("c1", "caller", "saya lupa efin bagaimana minta lagi")
    assert update is not None
    event = update.to_event(datetime(2026, 11, 24, tzinfo=UTC), 4200)
    assert event.articles[0].article_id == "lupa-efin"
    assert from_wire(to_wire(event)) == event


def test_a_restarted_hub_takes_up_the_list_that_is_on_the_page(searcher: Recorder) -> None:
    before = LiveSuggester(searcher).on_final("c1", "caller", "saya lupa efin bagaimana minta lagi")
    assert before is not None
    restarted = LiveSuggester(searcher)
    restarted.restore("c1", before.to_event(datetime(2026, 11, 24, tzinfo=UTC)))
    assert restarted.on_final("c1", "caller", "saya lupa efin bagaimana minta lagi") is None, "nothing to show anew"


def test_a_conversation_of_any_length_stays_searchable(live: LiveSuggester, searcher: Recorder) -> None:
    for number in range(200):
        live.on_final("c1", "caller", f"saya lupa efin nomor {number} " + "dan kartu keluarga hilang juga " * 4)
    assert max(map(len, searcher.queries)) <= 2000
