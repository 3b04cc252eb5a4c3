# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids, clocks, call folders and resuming from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.callfolder import Spool
from pipeline.clock import ManualClock, SystemClock
from pipeline.errors import MessageError
from pipeline.events import CallEnded, CallProgressed, CallResumed, RecordingClosed, SegmentFinalized
from pipeline.ids import IdFactory, call_date
from pipeline.resume import Resumer

pytestmark = pytest.mark.unit
AT = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
CALL = "20260105T010000-0000abcd"


def resumed(seconds=0):
    return CallResumed(at=AT + timedelta(seconds=seconds), call_id=CALL)


def segment(seconds):
    return SegmentFinalized(
        at=AT + timedelta(seconds=seconds), call_id=CALL, leg="caller", segment=1, start_ms=0, end_ms=1, text="",
        words=(), decoded_to_ms=1, confidence=1,
    )  # fmt: skip


def test_clocks():
    clock = ManualClock(AT)
    clock.advance(1.5)
    assert (clock.now(), clock.monotonic_s()) == (AT + timedelta(seconds=1.5), 1.5)
    with pytest.raises(ValueError, match="does not go back"):
        clock.advance(-1)
    system = SystemClock()
    assert system.now().utcoffset() == timedelta(0)
    assert system.monotonic_s() <= system.monotonic_s()


def test_call_ids_sort_by_time_and_carry_their_date():
    clock = ManualClock(AT)
    ids = IdFactory(clock, lambda: "ffffffff")
    first = ids.call_id()
    clock.advance(1)
    assert first == "20260105T010000-ffffffff" < IdFactory(clock, lambda: "00000000").call_id()
    assert call_date(first).date() == AT.date()
    assert len({IdFactory(clock).call_id() for _ in range(50)}) == 50


@pytest.mark.parametrize(
    "bad", ["", "../../etc/passwd", CALL + "/..", CALL + "\n", CALL.upper(), "20261332T010000-0000abcd", "x" * 500]
)
def test_what_is_no_call_id_is_refused(bad, tmp_path):
    with pytest.raises(MessageError, match="not a call id"):
        Spool(tmp_path).folder(bad)


def test_folders_and_their_files(tmp_path):
    spool = Spool(tmp_path)
    folder = spool.folder(CALL)
    assert folder.path == tmp_path / "2026/01/05" / CALL
    assert not folder.path.exists()
    folder.create().create()
    assert (folder.call_id, folder.audio("agent").name, folder.journal("case").name) == (
        CALL,
        "agent.wav",
        "case.jsonl",
    )
    assert (folder.ended(), folder.recording_closed()) == (None, None)
    writer = folder.writer("call")
    ended = writer.append(CallEnded(at=AT, call_id=CALL, reason="no_answer"))
    closed = writer.append(RecordingClosed(at=AT, call_id=CALL, caller_samples=0, agent_samples=0))
    writer.close()
    assert (folder.ended(), folder.recording_closed()) == (ended, closed)


def test_calls_in_the_spool_oldest_first(tmp_path):
    spool = Spool(tmp_path)
    assert list(spool.calls()) == []
    for call_id in ("20260106T000000-00000001", CALL, "20251231T235959-ffffffff"):
        spool.folder(call_id).create()
    (tmp_path / "2026/01/05/lost+found").mkdir()
    (tmp_path / "2026/01/05/20260105T010000-11111111").write_text("a file")
    assert [folder.call_id[:8] for folder in spool.calls()] == ["20251231", "20260105", "20260106"]


def test_ephemeral_events_pass_through(tmp_path):
    item = CallProgressed(at=AT, call_id=CALL)
    resumer = Resumer(Spool(tmp_path))
    assert resumer.accept(item) == resumer.accept(item) == [item]


def test_streams_not_asked_for_are_left_out(tmp_path):
    resumer = Resumer(Spool(tmp_path), ("transcript",))
    assert resumer.accept(resumed().model_copy(update={"seq": 1})) == []


@settings(deadline=None)
@given(order=st.lists(st.integers(0, 7), max_size=30))
def test_every_stored_event_exactly_once_in_order(tmp_path_factory, order):
    """Whatever the bus loses, repeats or mixes up: together with a last look at the folder nothing is missing."""
    spool = Spool(tmp_path_factory.mktemp("spool"))
    writer = spool.folder(CALL).writer("call")
    stored = [writer.append(resumed(number)) for number in range(8)]
    writer.close()
    resumer = Resumer(spool)
    given_out = [item for number in order for item in resumer.accept(stored[number])]
    given_out += resumer.catch_up(CALL)
    assert given_out == stored
    assert resumer.catch_up(CALL) == []
    resumer.forget(CALL)
    assert resumer.catch_up(CALL) == stored


def test_catching_up_orders_streams_by_time(tmp_path):
    spool = Spool(tmp_path)
    call, transcript = spool.folder(CALL).writer("call"), spool.folder(CALL).writer("transcript")
    stored = [call.append(resumed(0)), transcript.append(segment(1)), call.append(resumed(2))]
    call.close()
    transcript.close()
    assert Resumer(spool).catch_up(CALL) == stored
