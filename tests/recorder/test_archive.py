# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing, filtering and verifying a small archive."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.callfolder import Spool
from recorder.archive import Archive, Filter
from recorder.cli_support import list_rows, verify_all
from recorder.errors import BundleNotFoundError
from recorder.seal import Sealer
from tests.recorder.folders import BEGAN, CALL_ID, CallMaker, bundle_folder, call_id

pytestmark = pytest.mark.integration


@pytest.fixture
def archive(spool: Spool, sealer: Sealer, archive_dir: Path) -> Archive:
    for number in range(5):
        sealer.seal(CallMaker(spool, call_id(number), seconds=1.5).write(answered=number != 3))
    return Archive(archive_dir)


def test_a_listing_is_newest_first_and_paged(archive: Archive) -> None:
    everything = [call_id(number) for number in (4, 3, 2, 1, 0)]
    assert [bundle.call_id for bundle in archive.list().bundles] == everything
    seen: list[str] = []
    before = None
    while True:
        page = archive.list(limit=2, before=before)
        seen += [bundle.call_id for bundle in page.bundles]
        before = page.before
        if before is None:
            break
    assert seen == everything


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 5),
        (Filter(number="7788"), 5),
        (Filter(number="2101"), 5),
        (Filter(number="99"), 0),
        (Filter(number="abc"), 0),
        (Filter(text="LUPA efin"), 4),
        (Filter(text="efin contoh"), 4),
        (Filter(text="LI-2026-000123"), 4),
        (Filter(text="warisan"), 0),
        (Filter(since=BEGAN), 5),
        (Filter(until=BEGAN), 0),
        (Filter(since=BEGAN + timedelta(days=1)), 0),
        (Filter(until=BEGAN - timedelta(days=1)), 0),
    ],
)
def test_filters(archive: Archive, wanted: Filter, count: int) -> None:
    assert len(archive.list(wanted).bundles) == count


def test_rows_for_the_command_line(archive: Archive) -> None:
    rows = list_rows(archive, limit=2)
    assert [(row.call_id, row.end_reason, row.duration_ms, row.complete) for row in rows] == [
        (call_id(4), "caller_hung_up", 1500, True),
        (call_id(3), "caller_abandoned", 0, True),
    ]


def test_a_call_that_is_not_there(archive: Archive) -> None:
    with pytest.raises(BundleNotFoundError, match=CALL_ID):
        archive.open(CALL_ID)
    with pytest.raises(BundleNotFoundError):
        archive.verify(CALL_ID)


def test_one_changed_byte_anywhere_is_found_and_named(archive: Archive, archive_dir: Path) -> None:
    bundle = bundle_folder(archive_dir, call_id(2))
    assert archive.verify(call_id(2)) == ()
    names = sorted(path.name for path in bundle.iterdir())
    made = ["SHA256SUMS", "call.flac", "manifest.json", "peaks.json", "transcript.json"]
    assert names == sorted([*made, "call.jsonl", "case.jsonl", "transcript.jsonl"])
    for name in names:
        path = bundle / name
        whole = path.read_bytes()
        for place in (0, len(whole) // 2, len(whole) - 1):
            path.chmod(0o640)
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            problems = archive.verify(call_id(2))
            assert any(name in problem for problem in problems), (name, place, problems)
        path.write_bytes(whole)
    assert archive.verify(call_id(2)) == ()


def test_missing_added_and_shortened_files_are_named(archive: Archive, archive_dir: Path) -> None:
    bundle = bundle_folder(archive_dir, call_id(1))
    (bundle / "case.jsonl").unlink()
    (bundle / "added.txt").write_text("x")
    (bundle / "call.flac").chmod(0o640)
    with (bundle / "call.flac").open("rb+") as file:
        file.truncate(100)
    problems = archive.verify(call_id(1))
    for name in ("case.jsonl", "added.txt", "call.flac"):
        assert any(problem.startswith(name) for problem in problems)


def test_a_damaged_bundle_does_not_hide_the_others(archive: Archive, archive_dir: Path) -> None:
    (bundle_folder(archive_dir, call_id(2)) / "manifest.json").unlink()
    assert len(archive.list().bundles) == 4
    found = dict(verify_all(archive))
    assert list(found) == [call_id(number) for number in (4, 3, 2, 1, 0)]
    assert [call for call, problems in found.items() if problems] == [call_id(2)]
    assert "manifest.json" in found[call_id(2)][0]
