# SPDX-License-Identifier: GPL-3.0-or-later
"""Real worker processes with the shipped model, following recordings that grow."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import jiwer
import pytest

from pipeline.callfolder import CallFolder
from pipeline.events import PartialRecognized, SegmentFinalized, TranscriptCompleted, WorkerMeasured
from pipeline.settings import PROJECT_DIR
from tests.asr.calls import FakeSoftphone, completed, segments, spoken
from tests.asr.workers import Site, dialogue, grow, library, site, until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not (PROJECT_DIR / "models/demo_speech/index.toml").exists(),
        reason="models/demo_speech was not made (models/demo_speech/make.py)",
    ),
]
QUESTION = "aktivasi-akun-coretax.tanya"
WER_LIMIT = 0.25


def wer(reference: str, heard: str) -> float:
    return float(jiwer.wer(reference, heard or "-"))


def finished(folder: CallFolder) -> bool:
    return set(completed(folder)) == {"caller", "agent"}


def assert_well_formed(folder: CallFolder) -> None:
    """Segments are numbered without gap or repetition and do not overlap; words lie inside, in order."""
    for leg in ("caller", "agent"):
        found = segments(folder, leg)
        assert [item.segment for item in found] == list(range(1, len(found) + 1))
        times = [time for item in found for word in item.words for time in (word.start_ms, word.end_ms)]
        assert times == sorted(times)
        assert all(item.decoded_to_ms >= item.end_ms for item in found)


async def test_a_call_is_transcribed_while_it_grows(tmp_path: Path) -> None:
    lines = library()
    question, replies = lines[QUESTION], [lines[name] for name in lines[QUESTION].reply_ids]
    legs = dialogue(question, replies)
    async with site(tmp_path) as here:
        here.start("asr.1")
        await here.ready("asr.1")
        phone = FakeSoftphone(here.spool, 1)
        here.bus.publish(phone.start())
        phone.bridge(500)
        grow(phone, legs, end=question.duration_ms * 8)
        await until(lambda: bool(here.of(PartialRecognized)))
        grow(phone, legs, begin=question.duration_ms * 8)
        phone.hang_up()
        await until(lambda: finished(phone.folder))
        await until(lambda: len(here.of(TranscriptCompleted)) == 2)
        await until(lambda: bool(here.of(WorkerMeasured)))
        assert wer(question.text, spoken(phone.folder, "caller")) <= WER_LIMIT
        assert wer(" ".join(line.text for line in replies), spoken(phone.folder, "agent")) <= WER_LIMIT
        assert_well_formed(phone.folder)
        stored = [item for item in phone.folder.read("transcript") if isinstance(item, SegmentFinalized)]
        assert here.of(SegmentFinalized) == stored
        # The first word was spoken about 0.5 s after the line's silence, and times are the recording's.
        assert 600 <= segments(phone.folder, "caller")[0].start_ms <= 1600
        answered_ms = 600 + question.duration_ms + 1000
        assert answered_ms <= segments(phone.folder, "agent")[0].start_ms <= answered_ms + 1000
        measured = here.of(WorkerMeasured)[-1]
        assert measured.process == "asr.1"
        assert {"calls", "legs", "lag_ms"} <= set(measured.figures)


async def test_kill_9_in_a_sentence_loses_and_repeats_nothing(tmp_path: Path) -> None:
    lines = library()
    question, replies = lines[QUESTION], [lines[name] for name in lines[QUESTION].reply_ids]
    legs = dialogue(question, replies)
    async with site(tmp_path) as here:
        whole = FakeSoftphone(here.spool, 1)
        whole.start()
        whole.bridge(500)
        grow(whole, legs)
        whole.hang_up()
        here.start("asr.1")
        await until(lambda: finished(whole.folder))

        phone = FakeSoftphone(here.spool, 2)
        here.bus.publish(phone.start())
        phone.bridge(500)
        # Up to the middle of the first reply: one segment is on disk, one is open.
        cut = (600 + question.duration_ms + 1000 + replies[0].duration_ms // 2) * 8
        grow(phone, legs, end=cut)
        await until(lambda: any(_open_agent_text(item, phone) for item in here.of(PartialRecognized)))
        here.workers[0].kill()
        assert here.workers[0].wait(10) == -signal.SIGKILL
        grow(phone, legs, begin=cut)
        assert segments(phone.folder, "caller")
        assert not finished(phone.folder)
        here.start("asr.2")
        phone.hang_up()
        await until(lambda: finished(phone.folder))

        assert_well_formed(phone.folder)
        for leg in ("caller", "agent"):
            uninterrupted, recovered = _texts(whole.folder, leg), _texts(phone.folder, leg)
            assert len(recovered) == len(uninterrupted)
            assert wer(" ".join(uninterrupted), " ".join(recovered)) <= 0.05
        assert wer(" ".join(line.text for line in replies), spoken(phone.folder, "agent")) <= WER_LIMIT


async def test_two_workers_share_and_one_finishes_for_the_other(tmp_path: Path) -> None:
    lines = library()
    legs = dialogue(lines[QUESTION], [])
    async with site(tmp_path) as here:
        first, second = here.start("asr.1"), here.start("asr.2")
        await here.ready("asr.1", "asr.2")
        phones = [FakeSoftphone(here.spool, number) for number in range(6)]
        for phone in phones:
            here.bus.publish(phone.start())
            grow(phone, legs, end=16000)
        await until(lambda: all((phone.folder.path / ".asr.lock").exists() for phone in phones))
        taken = [(await here.bus.request(name, "status"))["calls"] for name in ("asr.1", "asr.2")]
        assert sum(taken) == 6
        assert min(taken) >= 2
        first.terminate()
        assert await asyncio.to_thread(first.wait, 15) == 0
        for phone in phones:
            grow(phone, legs, begin=16000)
            phone.hang_up()
        await until(lambda: all(finished(phone.folder) for phone in phones))
        assert second.poll() is None
        for phone in phones:
            assert wer(lines[QUESTION].text, spoken(phone.folder, "caller")) <= WER_LIMIT


async def test_a_worker_finishes_its_calls_and_leaves_after_its_count(tmp_path: Path) -> None:
    legs = dialogue(library()[QUESTION], [])
    async with site(tmp_path) as here:
        worker = here.start("asr.1", asr_recycle_calls=2)
        await here.ready("asr.1")
        phones = [FakeSoftphone(here.spool, number) for number in range(3)]
        for phone in phones[:2]:
            here.bus.publish(phone.start())
        await until(lambda: all((phone.folder.path / ".asr.lock").exists() for phone in phones[:2]))
        here.bus.publish(phones[2].start())
        for phone in phones:
            grow(phone, legs)
            phone.hang_up()
        assert await asyncio.to_thread(worker.wait, 30) == 0
        assert [finished(phone.folder) for phone in phones] == [True, True, False]
        here.start("asr.1")
        await until(lambda: finished(phones[2].folder))


async def test_a_recording_of_the_wrong_rate_is_named_and_the_worker_lives(tmp_path: Path) -> None:
    legs = dialogue(library()[QUESTION], [])
    async with site(tmp_path) as here:
        worker = here.start("asr.1")
        await here.ready("asr.1")
        wrong, right = FakeSoftphone(here.spool, 1, rate_hz=16000), FakeSoftphone(here.spool, 2)
        for phone in (wrong, right):
            here.bus.publish(phone.start())
            grow(phone, legs)
            phone.hang_up()
        await until(lambda: finished(wrong.folder) and finished(right.folder))
        assert spoken(wrong.folder, "caller") == ""
        assert wer(library()[QUESTION].text, spoken(right.folder, "caller")) <= WER_LIMIT
        assert worker.poll() is None
        [line] = [line for line in here.log("asr.1").splitlines() if "cannot be transcribed" in line]
        assert str(wrong.folder.audio("caller")) in line
        assert "16000 Hz" in line


async def test_without_a_bus_calls_are_found_in_the_spool(tmp_path: Path) -> None:
    here = Site(tmp_path, None, [])  # type: ignore[arg-type]
    phone = FakeSoftphone(here.spool, 1)
    phone.start()
    grow(phone, dialogue(library()[QUESTION], []))
    phone.hang_up()
    worker = here.start("asr.1")
    try:
        await until(lambda: finished(phone.folder))
    finally:
        worker.terminate()
        assert await asyncio.to_thread(worker.wait, 15) == 0
    assert wer(library()[QUESTION].text, spoken(phone.folder, "caller")) <= WER_LIMIT


def _open_agent_text(item: PartialRecognized, phone: FakeSoftphone) -> bool:
    return item.call_id == phone.folder.call_id and item.leg == "agent" and len(item.text.split()) >= 2


def _texts(folder: CallFolder, leg: str) -> list[str]:
    return [item.text for item in segments(folder, leg)]  # type: ignore[arg-type]
