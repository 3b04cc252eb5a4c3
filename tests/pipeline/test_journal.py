# SPDX-License-Identifier: GPL-3.0-or-later
"""Journals: whole lines or nothing, numbered, readable after any cut."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.events import CallBridged, CallEnded, CallOffered, CallResumed
from pipeline.journal import JournalWriter, damaged_lines, read_journal

pytestmark = pytest.mark.unit
AT = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)
CALL = "20260105T010000-0000abcd"


def write(path, count):
    writer = JournalWriter(path)
    for _ in range(count):
        writer.append(CallResumed(at=AT, call_id=CALL))
    writer.close()


def test_lines_are_numbered_and_read_back(tmp_path):
    writer = JournalWriter(tmp_path / "new" / "call.jsonl")
    first = writer.append(CallOffered(at=AT, call_id=CALL, extension="2101", caller_number="0812é"))
    second = writer.append(CallEnded(at=AT, call_id=CALL, reason="no_answer"), sync=True)
    writer.close()
    writer.close()
    assert (first.seq, second.seq, writer.seq) == (1, 2, 2)
    assert list(read_journal(writer.path)) == [first, second]
    assert list(read_journal(writer.path, after_seq=1)) == [second]
    assert list(read_journal(writer.path, after_seq=2)) == []


def test_no_file_is_no_events(tmp_path):
    assert list(read_journal(tmp_path / "none.jsonl")) == []
    assert damaged_lines(tmp_path / "none.jsonl") == []


def test_a_writer_goes_on_after_the_last_line(tmp_path):
    path = tmp_path / "call.jsonl"
    write(path, 3)
    write(path, 2)
    assert [item.seq for item in read_journal(path)] == [1, 2, 3, 4, 5]


@settings(deadline=None)
@given(cut=st.integers(0, 400))
def test_a_file_cut_anywhere_is_repaired(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("cut") / "call.jsonl"
    write(path, 3)
    data = path.read_bytes()[:cut]
    path.write_bytes(data)
    whole = data.count(b"\n")
    assert [item.seq for item in read_journal(path)] == list(range(1, whole + 1))
    assert damaged_lines(path) == []
    write(path, 1)
    assert [item.seq for item in read_journal(path)] == list(range(1, whole + 2))


@pytest.mark.parametrize("bad", [b"\xff\xfe garbage", b"[]", b'{"event":"no.such"}', b"", b'{"event":5}', b"5"])
def test_a_damaged_line_hides_no_other(tmp_path, bad):
    path = tmp_path / "call.jsonl"
    write(path, 3)
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([lines[0], bad, lines[2]]) + b"\n")
    assert [item.seq for item in read_journal(path)] == [1, 3]
    assert damaged_lines(path) == [2]


def test_a_text_with_odd_separators_stays_one_line(tmp_path):
    writer = JournalWriter(tmp_path / "call.jsonl")
    stored = writer.append(
        CallOffered(at=AT, call_id=CALL, extension="1", caller_number="a\nb\r\x0b\x0c\x1c\u2028\x85c")
    )
    writer.append(CallBridged(at=AT, call_id=CALL))
    writer.close()
    assert [item.seq for item in read_journal(writer.path)] == [1, 2]
    assert next(read_journal(writer.path)) == stored


def test_a_full_disk_leaves_nothing_of_the_line(tmp_path, monkeypatch):
    writer = JournalWriter(tmp_path / "call.jsonl")
    kept = writer.append(CallResumed(at=AT, call_id=CALL))
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    with pytest.raises(OSError, match="No space left"):
        writer.append(CallResumed(at=AT, call_id=CALL))
    monkeypatch.undo()
    again = writer.append(CallResumed(at=AT, call_id=CALL))
    writer.close()
    assert list(read_journal(writer.path)) == [kept, again]
    assert again.seq == 2
