# SPDX-License-Identifier: GPL-3.0-or-later
"""Suggestions during a call: shown, stored by their one writer, taken up again after a restart."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desk.ingest import News
from desk.journals import StreamJournal
from desk.live import LiveState
from desk.suggest import Suggest, take_up
from pipeline import events as ev
from pipeline.callfolder import STREAMS, Spool
from pipeline.clock import ManualClock
from retrieval.search import Hit, SearchResult
from retrieval.suggester import LiveSuggester
from tests.desk.folders import CALL_ID, LiveFolder

pytestmark = pytest.mark.unit


def hit(article_id: str, score: float) -> Hit:
    return Hit(
        article_id=article_id, version=1, title=article_id, topic="uji", score=score, matched_words=("efin",),
        quote="lupa efin", question="", verification="", effective_from=None, effective_to=None, in_force=True,
    )  # fmt: skip


@dataclass
class WordSearcher:
    """Finds the article named after each known word of the query."""

    queries: list[str] = field(default_factory=list)
    broken: bool = False

    def search(self, query: str, *, limit: int = 5) -> SearchResult:
        self.queries.append(query)
        if self.broken:
            raise RuntimeError("index gone")
        found = tuple(hit(f"tentang-{word}", 0.9) for word in ("efin", "denda", "npwp") if word in query)
        return SearchResult(query, found[:limit], 0.1 if found else 0.9, "bm25")


@dataclass
class Parts:
    """A suggester on a temporary spool."""

    spool: Spool
    searcher: WordSearcher = field(default_factory=WordSearcher)
    published: list[ev.Event] = field(default_factory=list)
    clock: ManualClock = field(default_factory=ManualClock)

    def suggest(self) -> Suggest:
        journal = StreamJournal(self.spool, "suggestions")
        return Suggest(
            LiveSuggester(self.searcher, stable_ms=400), journal, self.clock, publish=self.published.append,
            offset_ms=lambda call_id, at: 1234,
        )  # fmt: skip

    def call(self, suggest: Suggest) -> LiveFolder:
        return LiveFolder(self.spool, lambda item: suggest.take(News(item))).offered()

    def stored(self) -> list[ev.CallEvent]:
        """All but the proposed classes."""
        return [item for item in self.kept() if not isinstance(item, ev.ClassProposed)]

    def proposed(self) -> list[ev.ClassProposed]:
        return [item for item in self.kept() if isinstance(item, ev.ClassProposed)]

    def kept(self) -> list[ev.CallEvent]:
        return list(self.spool.folder(CALL_ID).read("suggestions"))


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(Spool(tmp_path))


def test_a_question_brings_articles_up_and_into_the_folder(parts: Parts) -> None:
    suggest = parts.suggest()
    parts.call(suggest).says("saya lupa nomor efin bagaimana")
    suggest.step()
    [shown] = parts.stored()
    assert isinstance(shown, ev.SuggestionsShown)
    assert ([one.article_id for one in shown.articles], shown.seq, shown.offset_ms) == (["tentang-efin"], 1, 1234)
    assert [item for item in parts.published if not isinstance(item, ev.ClassProposed)] == [shown]


def test_a_stable_partial_is_enough_and_only_the_newest_is_searched(parts: Parts) -> None:
    suggest = parts.suggest()
    call = parts.call(suggest)
    call.partial("saya lupa nomor")
    call.partial("saya lupa nomor efin kantor")
    suggest.step()
    assert parts.searcher.queries == ["saya lupa nomor efin kantor"]
    [shown] = parts.stored()
    assert isinstance(shown, ev.SuggestionsShown)
    assert shown.provisional


def test_a_partial_that_becomes_stable_later_is_searched_then(parts: Parts) -> None:
    suggest = parts.suggest()
    call = parts.call(suggest)
    suggest.take(News(call.partial("saya lupa nomor efin").model_copy(update={"stable_ms": 0})))
    suggest.step()
    assert parts.searcher.queries == []
    parts.clock.advance(0.5)
    suggest.step()
    assert parts.searcher.queries == ["saya lupa nomor efin"]


def test_feedback_carries_the_words_that_the_list_was_made_from(parts: Parts) -> None:
    suggest = parts.suggest()
    parts.call(suggest).says("saya lupa nomor efin bagaimana")
    suggest.step()
    suggest.feedback(CALL_ID, "tentang-efin", 1, "rejected", "sari")
    suggest.answered_without_sikp(CALL_ID, "sari", question="isi kasus")
    shown, rejected, without = parts.stored()
    assert isinstance(shown, ev.SuggestionsShown)
    assert isinstance(rejected, ev.SuggestionRejected)
    assert isinstance(without, ev.AnsweredWithoutSikp)
    assert rejected.query == without.query == shown.query == "saya lupa nomor efin bagaimana"
    assert (rejected.offset_ms, without.offset_ms) == (1234, 1234)


def test_the_class_is_proposed_stored_and_not_repeated_after_a_restart(parts: Parts) -> None:
    suggest = parts.suggest()
    call = parts.call(suggest)
    call.says("bagaimana penafsiran pasal efin kalau sahamnya dijual")
    suggest.step()
    proposed = parts.proposed()
    assert [item.kind for item in proposed] == ["interpretation"]
    assert "penafsiran" in proposed[0].reasons
    call.says("soal efin itu pak maksudnya")
    suggest.step()
    assert after_restart(parts, call, keep=len(parts.stored())) == []
    assert parts.proposed() == proposed


def test_a_failing_search_costs_one_suggestion_and_no_more(parts: Parts) -> None:
    suggest = parts.suggest()
    call = parts.call(suggest)
    parts.searcher.broken = True
    call.says("saya lupa nomor efin")
    suggest.step()
    assert parts.stored() == []
    parts.searcher.broken = False
    call.says("bagaimana cara minta efin kembali")
    suggest.step()
    assert len(parts.stored()) == 1


def test_a_restarted_hub_knows_the_conversation_and_the_list(parts: Parts) -> None:
    first = parts.suggest()
    call = parts.call(first)
    call.says("saya lupa nomor efin bagaimana")
    first.step()
    live = LiveState()
    for item in [*call.folder.read("call"), *call.folder.read("transcript"), *call.folder.read("suggestions")]:
        live.apply(item)
    second = parts.suggest()
    second.resume(take_up(live.live_calls()))
    assert len(parts.stored()) == 1  # taking up shows nothing
    call.publish = lambda item: second.take(News(item))
    call.says("efin saya yang lama")
    second.step()
    assert len(parts.stored()) == 1  # the same list: the page is left alone
    call.says("lalu denda terlambat berapa")
    second.step()
    last = parts.stored()[-1]
    assert isinstance(last, ev.SuggestionsShown)
    assert {one.article_id for one in last.articles} == {"tentang-efin", "tentang-denda"}
    assert last.seq == len(parts.kept())


def after_restart(parts: Parts, call: LiveFolder, *, keep: int = 1) -> list[ev.SuggestionsShown]:
    """Restart on what the folder holds and return the lists shown from then on (``keep``: those from before)."""
    live = LiveState()
    for stream in STREAMS:
        for item in call.folder.read(stream):
            live.apply(item)
    suggest = parts.suggest()
    suggest.resume(take_up(live.unsealed_calls()))
    assert suggest._suggester.active_calls() <= 1
    return [item for item in parts.stored()[keep:] if isinstance(item, ev.SuggestionsShown)]


def ids(shown: ev.SuggestionsShown) -> list[str]:
    return [one.article_id for one in shown.articles]


def test_a_question_asked_while_the_hub_was_away_gets_its_article_when_it_is_back(parts: Parts) -> None:
    call = parts.call(parts.suggest())
    call.says("saya lupa nomor efin bagaimana", tell=False)
    call.says("baik saya tunggu", leg="agent", tell=False)
    [shown] = after_restart(parts, call, keep=0)
    assert (ids(shown), shown.seq) == (["tentang-efin"], 1)
    assert [item for item in parts.published if not isinstance(item, ev.ClassProposed)] == [shown]


def test_a_class_proposed_while_the_hub_was_away_is_proposed_when_it_is_back(parts: Parts) -> None:
    call = parts.call(parts.suggest())
    call.says("apakah poin belanja termasuk objek pph pasal dua satu menurut undang undang", tell=False)
    after_restart(parts, call, keep=0)
    assert [item.kind for item in parts.proposed()] == ["interpretation"]


def test_a_second_question_asked_while_the_hub_was_away_changes_the_list_once(parts: Parts) -> None:
    first = parts.suggest()
    call = parts.call(first)
    parts.clock = ManualClock(call.says("saya lupa nomor efin bagaimana").at)
    first.step()
    call.says("lalu denda terlambat berapa", tell=False)
    call.says("dan npwp istri bagaimana caranya", tell=False)
    [shown] = after_restart(parts, call)
    assert set(ids(shown)) == {"tentang-efin", "tentang-denda", "tentang-npwp"}
    assert after_restart(parts, call, keep=2) == []  # the next restart has nothing to add


def test_a_call_that_ended_while_the_hub_was_away_still_gets_its_article(parts: Parts) -> None:
    call = parts.call(parts.suggest()).answered()
    call.says("saya lupa nomor efin bagaimana", tell=False)
    call.ended()
    [shown] = after_restart(parts, call, keep=0)
    assert ids(shown) == ["tentang-efin"]


def test_a_call_that_is_being_sealed_gets_nothing_more(parts: Parts) -> None:
    call = parts.call(parts.suggest()).answered()
    call.says("saya lupa nomor efin bagaimana", tell=False)
    call.ended().folder.sealing_mark.touch()
    assert after_restart(parts, call, keep=0) == []
    assert parts.published == []
    assert parts.searcher.queries == []


def test_history_is_not_searched_as_if_it_were_spoken_now(parts: Parts) -> None:
    suggest = parts.suggest()
    said = parts.call(suggest).says("halo", tell=False)
    suggest.take(News(said, replay=True))
    suggest.step()
    assert parts.searcher.queries == []


def test_nothing_is_written_once_sealing_began_or_the_folder_is_gone(parts: Parts) -> None:
    suggest = parts.suggest()
    call = parts.call(suggest)
    suggest.feedback(CALL_ID, "tentang-efin", 1, "opened", "sari")
    (call.folder.path / ".sealing").touch()
    suggest.feedback(CALL_ID, "tentang-efin", 1, "used", "sari")
    assert [item.name for item in parts.stored()] == ["suggestion.opened"]
    assert [getattr(item, "seq", None) for item in parts.published] == [1, 0]
    call.close()
    call.folder.path.rename(parts.spool.root / "moved")
    suggest.feedback(CALL_ID, "tentang-efin", 1, "used", "sari")
    assert not call.folder.path.exists()
    (parts.spool.root / "moved").rename(call.folder.path)
    (call.folder.path / ".sealing").unlink()  # sealing failed: the folder takes news again
    suggest.feedback(CALL_ID, "tentang-efin", 1, "rejected", "sari")
    assert [(item.name, item.seq) for item in parts.stored()] == [("suggestion.opened", 1), ("suggestion.rejected", 2)]


def test_the_thread_works_and_stops(parts: Parts) -> None:
    import threading

    suggest = parts.suggest()
    shown = threading.Event()
    suggest._publish = lambda item: shown.set()
    suggest.start()
    parts.call(suggest).says("saya lupa nomor efin bagaimana")
    assert shown.wait(20)
    suggest.stop()
    suggest.stop()
    assert not any(thread.name == "suggest" for thread in threading.enumerate())
