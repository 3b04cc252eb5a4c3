# SPDX-License-Identifier: GPL-3.0-or-later
"""One follower per call, and what happens when followers die."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asr.claims import Claim, is_transcribed, try_claim, waiting_calls
from pipeline.callfolder import CallFolder, Spool
from pipeline.events import TranscriptCompleted
from tests.asr.calls import AT, FakeSoftphone

pytestmark = pytest.mark.unit


def complete(phone: FakeSoftphone) -> None:
    writer = phone.folder.writer("transcript")
    for leg in ("caller", "agent"):
        writer.append(TranscriptCompleted(at=AT, call_id=phone.folder.call_id, leg=leg, segments=0, decoded_to_ms=0))
    writer.close()


def test_only_one_claim_at_a_time(tmp_path: Path) -> None:
    phone = FakeSoftphone(tmp_path, 1)
    claim = _claimed(phone.folder)
    assert try_claim(phone.folder) is None
    claim.release()
    claim.release()
    with _claimed(phone.folder) as again:
        assert again.attempt == 1


def test_no_claim_on_what_is_complete_being_sealed_or_gone(tmp_path: Path) -> None:
    done, sealing, gone = (FakeSoftphone(tmp_path, number) for number in (1, 2, 3))
    complete(done)
    sealing.folder.sealing_mark.touch()
    gone.folder.path.rename(tmp_path / "archived")
    assert [try_claim(phone.folder) for phone in (done, sealing, gone)] == [None, None, None]
    assert not gone.folder.path.exists()


def test_attempts_count_deaths_and_progress_forgives_them(tmp_path: Path) -> None:
    folder = FakeSoftphone(tmp_path, 1).folder
    for expected in (1, 2, 3):
        claim = _claimed(folder)
        assert claim.attempt == expected
        _die(claim)
    claim = _claimed(folder)
    claim.progressed()
    _die(claim)
    with _claimed(folder) as last:
        assert last.attempt == 1


def _claimed(folder: CallFolder) -> Claim:
    claim = try_claim(folder)
    assert claim is not None
    return claim


def _die(claim: Claim) -> None:
    """Drop the lock as the kernel does for a killed process: without a clean release."""
    os.close(claim._fd)
    claim._fd = -1


def test_waiting_calls_are_recorded_and_not_transcribed(tmp_path: Path) -> None:
    abandoned, live, done, sealing = (FakeSoftphone(tmp_path, number) for number in (1, 2, 3, 4))
    for phone in (live, done, sealing):
        phone.start()
    complete(done)
    sealing.folder.sealing_mark.touch()
    known: set[str] = set()
    assert [folder.call_id for folder in waiting_calls(Spool(tmp_path), known)] == [live.folder.call_id]
    assert known == {done.folder.call_id}
    abandoned.start()
    found = [folder.call_id for folder in waiting_calls(Spool(tmp_path), known)]
    assert found == [abandoned.folder.call_id, live.folder.call_id]
    assert is_transcribed(done.folder)
    assert not is_transcribed(live.folder)
