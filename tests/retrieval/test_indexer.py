# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishing costs what it changes: beside a big main segment, merged in the background, vectors kept on disk."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from retrieval.articles import Article
from retrieval.dense import Vectors
from retrieval.elsewhere import off_topic
from retrieval.indexer import FILE_NAME, Indexer, key_of, needs_merging
from retrieval.normalize import analyse
from retrieval.search import SearchEngine
from retrieval.snapshot import Mode, Snapshot
from tests.retrieval.fakes import EFIN, SANDI, UMKM, BagEncoder, MemoryStore, article

pytestmark = pytest.mark.unit
ANY = Path("model")


class CountingEncoder(BagEncoder):
    """Counts the passages of articles that it encodes, not questions, which come alone, nor the off-topic sentences."""

    def __init__(self, encoder_id: str = "bag") -> None:
        super().__init__(encoder_id)
        self.passages = 0

    def encode(self, texts: Sequence[str]) -> Vectors:
        if len(texts) > 1 and tuple(texts) != off_topic():
            self.passages += len(texts)
        return super().encode(texts)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three articles are many here, three changes are a lot."""
    monkeypatch.setattr("retrieval.indexer.SMALL", 2)
    monkeypatch.setattr("retrieval.indexer.MERGE_AT", 3)


def first(snapshot: Snapshot, query: str, mode: Mode = "hybrid") -> str:
    found = snapshot.candidates(analyse(query), query, mode)
    return snapshot.articles[found[0].row].id if found else ""


def test_a_change_goes_beside_the_main_segment_and_the_old_one_is_found_no_more() -> None:
    indexer, encoder = Indexer(), CountingEncoder()
    before = indexer.snapshot("1", [EFIN, SANDI, UMKM], encoder, Snapshot.build("", (), None))
    made = encoder.passages
    newer = article("lupa-efin", "Kehilangan paspor", "paspor saya di mana", version=2)
    fresh = article("dividen", "Pajak dividen", "dividen kena pajak berapa")
    after = indexer.snapshot("2", [newer, SANDI, fresh], encoder, before)
    assert after.segments[0] is before.segments[0]
    assert encoder.passages == made + 18, "only what is new is encoded"
    assert {one.id: one.version for one in after.published} == {"lupa-efin": 2, "lupa-sandi": 1, "dividen": 1}
    for mode in ("hybrid", "bm25", "dense"):
        assert first(after, "paspor", mode) == "lupa-efin"
        assert first(after, "dividen berapa", mode) == "dividen"
        assert first(after, "lupa kata sandi", mode) == "lupa-sandi"
        rows = [one.row for one in after.candidates(analyse("efin umkm"), "efin umkm", mode)]
        assert all(after.alive[rows])
    assert first(before, "tarif umkm") == "tarif-umkm", "a search under way keeps its state"


def test_few_articles_are_one_segment() -> None:
    indexer = Indexer()
    before = indexer.snapshot("1", [EFIN], None, Snapshot.build("", (), None))
    after = indexer.snapshot("2", [EFIN, SANDI], None, before)
    assert len(after.segments) == 1
    assert not needs_merging(after)


def test_an_unchanged_article_that_is_another_object_stays_where_it_is() -> None:
    indexer = Indexer()
    before = indexer.snapshot("1", [EFIN, SANDI, UMKM], None, Snapshot.build("", (), None))
    again = [Article.model_validate(one.model_dump()) for one in (EFIN, SANDI, UMKM)]
    assert len(indexer.snapshot("2", again, None, before).segments) == 1


def started(store: MemoryStore, folder: Path | None, encoder: BagEncoder) -> SearchEngine:
    engine = SearchEngine(store, ANY, index_dir=folder, load_encoder=lambda _folder: encoder)
    engine.start()
    assert engine.wait_ready(20)
    return engine


def test_after_many_changes_the_segments_are_merged_in_the_background() -> None:
    store = MemoryStore(EFIN, SANDI, UMKM)
    engine = started(store, None, CountingEncoder())
    for number in range(3):
        store.publish(article(f"baru-{number}", f"Topik lain{number}"))
        assert engine.refresh()
        assert engine.search(f"topik lain{number}").hits[0].article_id == f"baru-{number}"
    engine.close()  # waits for the merge
    assert len(engine._snapshot.segments) == 1
    assert engine.status().articles == 6
    assert engine.search("topik lain1").hits[0].article_id == "baru-1"


def test_publishing_changing_and_retiring_while_others_search() -> None:
    store = MemoryStore(EFIN, SANDI, UMKM)
    engine = started(store, None, CountingEncoder())

    def work(number: int) -> str:
        if number % 10 == 0:
            store.articles = [*store.articles, article(f"baru-{number}", f"Topik lain {number}")]
            engine.refresh()
        if number % 35 == 0:
            store.articles = [one for one in store.articles if one.id != "tarif-umkm"]
            engine.refresh()
        return engine.search("saya lupa efin").hits[0].article_id

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(work, range(120))) == {"lupa-efin"}
    engine.refresh()
    engine.close()
    assert {one.id for one in engine._snapshot.published} == {one.id for one in store.articles}


def test_a_restart_encodes_nothing_again(tmp_path: Path) -> None:
    started(MemoryStore(EFIN, SANDI, UMKM), tmp_path, CountingEncoder()).close()
    assert (tmp_path / FILE_NAME).is_file()
    same, changed = CountingEncoder(), CountingEncoder()
    engine = started(MemoryStore(EFIN, SANDI, UMKM), tmp_path, same)
    assert same.passages == 0
    assert engine.search("lupa efin").mode == "hybrid"
    dividend = article("dividen", "Pajak dividen")
    assert (
        started(MemoryStore(EFIN, dividend, UMKM), tmp_path, changed).search("dividen").hits[0].article_id == "dividen"
    )
    assert changed.passages == 9


@pytest.mark.parametrize("harm", ["truncated", "damaged", "other encoder", "other rules", "folder"])
def test_a_bad_file_is_told_and_made_anew(tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / FILE_NAME
    if harm == "other rules":
        monkeypatch.setattr("retrieval.indexer.normalizer_id", lambda: "lain")
    started(MemoryStore(EFIN, SANDI, UMKM), tmp_path, CountingEncoder("lain" if harm == "other encoder" else "bag"))
    monkeypatch.undo()
    content = path.read_bytes()
    if harm == "truncated":
        path.write_bytes(content[:-5])
    elif harm == "damaged":
        path.write_bytes(content[:-5] + b"xxxxx")
    elif harm == "folder":
        path.unlink()
        path.mkdir()
    encoder = CountingEncoder()
    with structlog.testing.capture_logs() as logs:
        engine = started(MemoryStore(EFIN, SANDI, UMKM), tmp_path, encoder)
    refused = [line for line in logs if line["event"] == "vectors_refused"]
    assert len(refused) == 1
    assert refused[0]["problem"]
    assert encoder.passages == 27
    assert engine.search("lupa efin").hits[0].article_id == "lupa-efin"
    if harm != "folder":
        again = CountingEncoder()
        started(MemoryStore(EFIN, SANDI, UMKM), tmp_path, again)
        assert again.passages == 0


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with structlog.testing.capture_logs() as logs:
        engine = started(MemoryStore(EFIN, SANDI), tmp_path / "file", CountingEncoder())
    assert "vectors_not_stored" in [line["event"] for line in logs]
    assert engine.search("lupa efin").mode == "hybrid"


def test_the_key_is_that_of_the_text() -> None:
    assert key_of(EFIN) == key_of(EFIN.model_copy(update={"version": 2, "status": "retired"}))
    assert key_of(EFIN) != key_of(EFIN.model_copy(update={"body": EFIN.body + " lagi"}))
