# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns, gaps and the manifest's canonical form."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalog import messages
from pipeline.events import (
    AgentMuted,
    AgentUnmuted,
    AudioMissing,
    CallEnded,
    CallHeld,
    CallResumed,
    Leg,
    RecordingClosed,
    SegmentFinalized,
    Word,
)
from recorder.errors import BundleDamagedError
from recorder.gaps import gaps_of
from recorder.manifest import FileEntry, Gap, Manifest, read_manifest, remark
from recorder.turns import merge, segments_of
from tests.recorder.folders import CALL_ID

pytestmark = pytest.mark.unit
AT = datetime(2026, 11, 24, 3, 20, tzinfo=UTC)


def segment(leg: Leg, number: int, start_ms: int, end_ms: int, words: str) -> SegmentFinalized:
    spoken = tuple(Word(text=word, start_ms=start_ms, end_ms=end_ms, confidence=0.5) for word in words.split())
    return SegmentFinalized(
        at=AT, call_id=CALL_ID, leg=leg, segment=number, start_ms=start_ms, end_ms=end_ms, text=words,
        words=spoken, decoded_to_ms=end_ms, confidence=0.5,
    )  # fmt: skip


def test_a_turn_lasts_until_the_other_speaks_or_a_pause() -> None:
    turns = merge(
        segments_of(
            [
                segment("agent", 1, 4000, 5000, "baik bapak"),
                segment("caller", 1, 0, 1000, "selamat pagi"),
                segment("caller", 2, 1500, 3000, "saya lupa efin"),
                segment("caller", 3, 3100, 3200, ""),
                segment("caller", 4, 6000, 7000, "terima kasih"),
                segment("caller", 5, 9001, 9500, "halo"),
            ]
        )
    )
    assert [(turn.leg, turn.text) for turn in turns] == [
        ("caller", "selamat pagi saya lupa efin"),
        ("agent", "baik bapak"),
        ("caller", "terima kasih"),
        ("caller", "halo"),
    ]


def test_a_turn_is_read_as_it_is_written_where_that_is_known() -> None:
    heard = segment("caller", 1, 0, 1000, "bayar lima ribu rupiah")
    turns = merge([heard.model_copy(update={"written": "Bayar Rp5.000."}), segment("caller", 2, 1500, 2000, "baik")])
    assert [(turn.text, turn.written) for turn in turns] == [("bayar lima ribu rupiah baik", "Bayar Rp5.000. baik")]


def test_a_segment_decoded_twice_counts_once() -> None:
    found = segments_of([segment("caller", 1, 0, 900, "saya lup"), segment("caller", 1, 0, 1000, "saya lupa")])
    assert [item.text for item in found] == ["saya lupa"]


@given(
    st.lists(st.tuples(st.sampled_from(["caller", "agent"]), st.integers(0, 60_000), st.integers(0, 5000)), max_size=30)
)
def test_no_word_is_lost_by_merging(rows: list[tuple[Leg, int, int]]) -> None:
    segments = segments_of(
        segment(leg, n, start, start + length, f"kata{n} akhir{n}") for n, (leg, start, length) in enumerate(rows)
    )
    turns = merge(segments)
    assert sorted(word for turn in turns for word in turn.text.split()) == sorted(
        word for item in segments for word in item.text.split()
    )
    assert [turn.start_ms for turn in turns] == sorted(turn.start_ms for turn in turns)
    assert all(turn.confidence == pytest.approx(0.5) for turn in turns)


def test_gaps_say_what_kind_and_how_long() -> None:
    def at(ms: int) -> dict[str, object]:
        return {"at": AT, "call_id": CALL_ID, "offset_ms": ms}

    events = [
        CallHeld(**at(1000), by="agent"),
        CallResumed(**at(3000)),
        AudioMissing(**at(8000), leg="caller", silent_ms=3000),
        AudioMissing(**at(11000), leg="caller", silent_ms=6000),
        AgentMuted(**at(12000)),
        AgentUnmuted(**at(12500)),
        CallHeld(**at(14000), by="caller"),
        CallEnded(**at(15000), reason="caller_hung_up"),
        RecordingClosed(**at(15000), caller_samples=0, agent_samples=0, gap=True),
    ]
    assert gaps_of(events, 15000) == (  # type: ignore[arg-type]
        Gap(kind="hold", leg=None, start_ms=1000, end_ms=3000),
        Gap(kind="no_audio", leg="caller", start_ms=5000, end_ms=11000),
        Gap(kind="muted", leg="agent", start_ms=12000, end_ms=12500),
        Gap(kind="hold", leg=None, start_ms=14000, end_ms=15000),
        Gap(kind="lost", leg=None, start_ms=15000, end_ms=None),
    )


def test_the_manifest_has_one_spelling() -> None:
    entry = FileEntry(name="call.jsonl", size_bytes=3, sha256="ab")
    manifest = Manifest(
        call_id=CALL_ID, sealed_at=AT, complete=False, files=(entry,), problems=(remark("not_closed"),),
        software={"b": "1", "a": "2"},
    )  # fmt: skip
    raw = manifest.canonical()
    assert (
        raw == json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    )
    assert read_manifest(raw) == manifest
    assert read_manifest(raw).canonical() == raw
    assert manifest.sha256() in manifest.checksums().decode()


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"call_id": 3}', b"\xff\xfe"])
def test_what_is_no_manifest_is_refused(raw: bytes) -> None:
    with pytest.raises(BundleDamagedError, match=r"manifest\.json"):
        read_manifest(raw)


def test_every_remark_has_words() -> None:
    codes = [key.removeprefix("recorder.remark_") for key in messages("id") if key.startswith("recorder.remark_")]
    assert len(codes) > 10
    params = {
        "file": "x", "seconds": 1, "legs": "x", "note": "x", "lines": "1", "case": "x", "offset_ms": 1,
        "difference_ms": 1, "missing_ms": 1, "beyond_ms": 1,
    }  # fmt: skip
    for code in codes:
        assert not remark(code, **params).text.startswith("recorder.")
