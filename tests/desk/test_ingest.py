# SPDX-License-Identifier: GPL-3.0-or-later
"""From bus and folders into the hub: gaps are filled from a real spool, no event twice, no failure spreads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from desk.ingest import Ingest, News
from desk.live import LiveState
from desk.stream import EventLog
from pipeline import events as ev
from pipeline.callfolder import Spool
from pipeline.clock import ManualClock
from tests.desk.folders import BEGAN, CALL_ID, LiveFolder

pytestmark = pytest.mark.unit


@dataclass
class Parts:
    """An ingest with its ends."""

    spool: Spool
    live: LiveState = field(default_factory=LiveState)
    stream: EventLog = field(default_factory=lambda: EventLog(boot="b"))
    seen: list[News] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)

    def ingest(self) -> Ingest:
        def broken(news: News) -> None:
            raise RuntimeError("a consumer with a mistake in it")

        return Ingest(
            self.spool, self.live, self.stream, ManualClock(),
            consumers=(("broken", broken), ("seen", self.seen.append)), on_forget=self.forgotten.append,
        )  # fmt: skip

    @property
    def names(self) -> list[str]:
        return [news.item.name for news in self.seen]

    def streamed(self) -> list[str]:
        found = self.stream.after(0, lambda message: True)
        assert found is not None
        return [message.name for message in found[0]]


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    return Parts(Spool(tmp_path))


async def test_a_gap_on_the_bus_is_filled_from_the_folder_in_order(parts: Parts) -> None:
    ingest = parts.ingest()
    call = LiveFolder(parts.spool, ingest.accept).offered()
    call.says("satu")
    call.says("dua", tell=False)
    call.says("tiga", tell=False)
    call.says("empat")
    assert [segment.text for segment in parts.live.calls[CALL_ID].ordered_segments()] == [
        "satu",
        "dua",
        "tiga",
        "empat",
    ]
    assert parts.streamed() == ["call.offered"] + ["segment.finalized"] * 4


async def test_nothing_comes_twice_whatever_the_bus_repeats(parts: Parts) -> None:
    ingest = parts.ingest()
    call = LiveFolder(parts.spool, ingest.accept).offered()
    said = call.says("satu")
    ingest.accept(said)
    await ingest.catch_up()
    ingest.accept(said)
    assert parts.names == ["call.offered", "segment.finalized"]


async def test_what_the_bus_lost_altogether_is_found_after_a_gap(parts: Parts) -> None:
    ingest = parts.ingest()
    call = LiveFolder(parts.spool, ingest.accept).offered()
    call.says("hilang", tell=False)
    assert parts.names == ["call.offered"]
    ingest.gap("queue overflow")
    ingest.gap("queue overflow")
    await ingest._after_gap()
    assert parts.names == ["call.offered", "segment.finalized"]
    await ingest.stop()


async def test_a_broken_consumer_stops_no_other(parts: Parts) -> None:
    ingest = parts.ingest()
    LiveFolder(parts.spool, ingest.accept).offered()
    assert parts.names == ["call.offered"]
    assert CALL_ID in parts.live.calls
    assert parts.streamed() == ["call.offered"]


async def test_a_restarted_hub_knows_everything_again_and_streams_none_of_it_as_news(parts: Parts) -> None:
    call = LiveFolder(parts.spool).offered().answered()
    call.says("satu")
    call.close()
    ingest = parts.ingest()
    await ingest.start()
    assert parts.live.calls[CALL_ID].state == "talking"
    assert [segment.text for segment in parts.live.calls[CALL_ID].ordered_segments()] == ["satu"]
    assert parts.streamed() == []
    assert all(news.replay for news in parts.seen)
    ingest.accept(LiveFolder(parts.spool, _segments=1).says("dua"))
    assert parts.streamed() == ["segment.finalized"]
    assert parts.seen[-1].replay is False
    await ingest.stop()


async def test_only_news_of_the_own_extension_reaches_an_agents_stream(parts: Parts) -> None:
    ingest = parts.ingest()
    LiveFolder(parts.spool, ingest.accept).offered()
    LiveFolder(parts.spool, ingest.accept, call_id="20261124T030001-0000beef", extension="2102").offered()
    ingest.accept(ev.ExtensionStateChanged(at=BEGAN, extension="2102", state="ringing"))
    ingest.accept(ev.CallProgressed(at=BEGAN, call_id="20261124T030001-0000beef", recorded_ms=1))
    found = parts.stream.after(0, lambda message: message.extension == "2101")
    assert found is not None
    assert [(message.name, message.call_id) for message in found[0]] == [("call.offered", CALL_ID)]


async def test_a_damaged_folder_hides_no_other_call(parts: Parts) -> None:
    LiveFolder(parts.spool).offered().close()
    bad = LiveFolder(parts.spool, call_id="20261124T030001-0000beef").offered()
    bad.close()
    bad.folder.journal("call").write_bytes(b"\x00\xffnot json\n" + bad.folder.journal("call").read_bytes())
    ingest = parts.ingest()
    await ingest.catch_up(replay=True)
    assert set(parts.live.calls) == {CALL_ID, "20261124T030001-0000beef"}


async def test_a_folder_that_left_the_spool_counts_as_sealed_even_if_nobody_said_so(parts: Parts) -> None:
    ingest = parts.ingest()
    call = LiveFolder(parts.spool, ingest.accept).offered().ended("caller_abandoned")
    call.close()
    await ingest.catch_up()
    assert parts.live.unsealed() == 1
    call.folder.path.rename(parts.spool.root / "moved")
    await ingest.catch_up()
    assert parts.live.unsealed() == 0


async def test_no_partial_is_ever_written_anywhere(parts: Parts) -> None:
    ingest = parts.ingest()
    call = LiveFolder(parts.spool, ingest.accept).offered()
    call.partial("rahasia wajib pajak")
    call.close()
    assert parts.streamed() == ["call.offered", "partial.recognized"]
    written = b"".join(path.read_bytes() for path in parts.spool.root.rglob("*") if path.is_file())
    assert b"rahasia" not in written


async def test_a_killed_softphone_leaves_no_green_lamp_and_its_agent_is_told(parts: Parts) -> None:
    ingest = parts.ingest()
    ingest.accept(ev.ExtensionStateChanged(at=BEGAN, extension="2101", state="ready"))
    for process in ("softphone.2101", "asr.1"):
        ingest.accept(
            ev.ProcessExited(at=BEGAN, process=process, pid=1, exit_code=-9, expected=False, restart_in_s=0.2)
        )
    assert {number: lamp.state for number, lamp in parts.live.extensions.items()} == {"2101": "failed"}
    found = parts.stream.after(0, lambda message: message.extension == "2101")
    assert found is not None
    [message] = found[0]  # the newest state takes the place of the earlier one
    assert (message.name, '"state":"failed"' in message.data) == ("extension.state_changed", True)
    ingest.accept(ev.ExtensionStateChanged(at=BEGAN, extension="2101", state="ready"))
    assert parts.live.extensions["2101"].state == "ready"
