# SPDX-License-Identifier: GPL-3.0-or-later
"""The archiver: what it decides with a clock of its own, and the real process on a real bus."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.bus import Broker, BusClient
from pipeline.callfolder import Spool
from pipeline.clock import ManualClock
from pipeline.errors import CONFIGURATION_EXIT
from pipeline.events import BundleSealed, CaseTransitioned, Event, SealingFailed, WorkerMeasured
from pipeline.settings import Settings
from recorder.archive import Archive
from recorder.archiver import QUIET_RETRIES, RETRY_S, Archiver, _model_ids
from recorder.errors import SpoolChangedError
from recorder.integrity import check_bundle
from recorder.readiness import Rules
from recorder.seal import Sealer
from tests.recorder.folders import BEGAN, CALL_ID, TONE_FILE, CallMaker, bundle_folder, call_id, spool_calls
from tests.recorder.processes import archiver, log_of, wait_for

pytestmark = pytest.mark.integration
RULES = Rules(seal_after_s=900, seal_transcript_s=120)


def test_a_models_id_is_that_of_its_folder_or_of_the_one_in_use(tmp_path: Path) -> None:
    for name in ("kantor", "bahasa-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "words.txt").write_text(name)
    ids = _model_ids(Settings(data_dir=tmp_path / "data", asr_model_dir=tmp_path / "kantor"))
    assert ids(str(tmp_path / "bahasa-1")).startswith("bahasa-1@sha256:")
    assert ids("") == ids(str(tmp_path / "gone")) == ids(str(tmp_path / "kantor"))
    assert ids("").startswith("kantor@sha256:")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(BEGAN + timedelta(seconds=10))


@pytest.fixture
def keeper(spool: Spool, archive_dir: Path, clock: ManualClock) -> Archiver:
    sealer = Sealer(spool, archive_dir, clock=clock, tone_file=TONE_FILE)
    return Archiver(spool, sealer, RULES, clock, lambda item: None)


def test_a_call_waits_for_its_case_and_the_backlog_counts_it(
    keeper: Archiver, call: CallMaker, clock: ManualClock
) -> None:
    call.write(case="answered")
    assert keeper.due() == []
    assert (keeper.backlog, keeper.waiting[CALL_ID].reason) == (1, "case_pending")
    call.append(
        "case",
        CaseTransitioned(
            at=clock.now(), call_id=CALL_ID, case_number="LI-2026-000123", from_state="answered",
            to_state="documented", step="6", person="petugas.contoh",
        ),
    )  # fmt: skip
    assert [folder.call_id for folder in keeper.due()] == [CALL_ID]
    outcome = keeper.seal(call.folder)
    assert isinstance(outcome, BundleSealed)
    assert (outcome.complete, outcome.problems) == (True, ())
    assert keeper.due() == []
    assert keeper.backlog == 0


def test_a_second_case_of_the_same_call_is_waited_for(keeper: Archiver, call: CallMaker, clock: ManualClock) -> None:
    call.write()
    text = call.folder.journal("case").read_text().splitlines()[0].replace("000123", "000124")
    with call.folder.journal("case").open("a") as file:
        file.write(text + "\n")
    assert keeper.due() == []
    clock.advance(901)
    assert len(keeper.due()) == 1
    sealed = keeper.seal(call.folder)
    assert isinstance(sealed, BundleSealed)
    assert sealed.complete


def test_an_orphan_is_found_by_its_silence(keeper: Archiver, call: CallMaker, clock: ManualClock) -> None:
    call.write(ended=False, transcript=False, finished=False, case="")
    written_at = keeper._look(call.folder).last_change_at
    clock.advance((written_at - clock.now()).total_seconds() + 59 if written_at > clock.now() else 0)
    assert keeper.due() == []
    assert keeper.backlog == 0
    call.age((written_at - clock.now()).total_seconds() + 200)
    assert len(keeper.due()) == 1
    sealed = keeper.seal(call.folder)
    assert isinstance(sealed, BundleSealed)
    assert any("Softphone mati" in problem for problem in sealed.problems)


def test_a_failure_is_told_and_tried_again_later(
    keeper: Archiver, call: CallMaker, clock: ManualClock, archive_dir: Path
) -> None:
    call.write()
    archive_dir.write_text("in the way")
    waits = []
    for _ in range(10):
        assert len(keeper.due()) == 1
        outcome = keeper.seal(call.folder)
        assert isinstance(outcome, SealingFailed)
        assert outcome.problem
        assert keeper.due() == []
        waits.append(keeper._retries[CALL_ID].not_before_s - clock.monotonic_s())
        clock.advance(waits[-1])
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == pytest.approx(RETRY_S)
    archive_dir.unlink()
    assert isinstance(keeper.seal(keeper.due()[0]), BundleSealed)
    assert spool_calls(call.spool) == []


def test_a_call_that_keeps_changing_is_not_an_alarm_at_once(keeper: Archiver) -> None:
    changed = SpoolChangedError("berubah")
    outcomes = [keeper._failed(CALL_ID, changed) for _ in range(QUIET_RETRIES + 1)]
    assert outcomes[:-1] == [None] * QUIET_RETRIES
    assert isinstance(outcomes[-1], SealingFailed)


async def test_the_process_seals_on_news_and_tells_the_bus(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    spool = Spool(data_dir / "spool")
    heard: list[Event] = []
    wanted = ("bundle.", "sealing.", "worker.measured")
    bus_path = data_dir / "run" / "bus.sock"
    async with (
        Broker(bus_path) as broker,
        BusClient(bus_path, "uji", subscribe=wanted, on_event=heard.append) as client,
    ):
        with archiver(data_dir) as process:
            await until(lambda: "archiver" in broker.names)
            call = CallMaker(spool)
            call.write(case="answered")
            await until(lambda: any(isinstance(item, WorkerMeasured) for item in heard))
            call.write_case("documented")
            news = list(call.folder.read("case"))[-1]
            client.publish(news)
            await until(lambda: any(isinstance(item, BundleSealed) for item in heard))
            measured = next(item for item in heard if isinstance(item, WorkerMeasured))
            assert (measured.process, measured.pid) == ("archiver", process.pid)
            assert set(measured.figures) >= {"backlog"}
            process.terminate()
            assert await asyncio.to_thread(process.wait, 10) == 0
    sealed = next(item for item in heard if isinstance(item, BundleSealed))
    bundle = Archive(data_dir / "archive").open(CALL_ID)
    assert (sealed.bundle, sealed.manifest_sha256) == (str(bundle.path), bundle.manifest.sha256())
    assert not any(isinstance(item, SealingFailed) for item in heard)


async def until(condition, within_s: float = 20.0) -> None:  # type: ignore[no-untyped-def]
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.02)


def test_a_file_size_limit_keeps_the_call_and_room_lets_it_through(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    CallMaker(spool, seconds=20.0).write()
    with archiver(tmp_path, file_limit_bytes=100_000):
        wait_for(lambda: "sealing failed" in log_of(tmp_path))
    assert '"level": "error"' in log_of(tmp_path)
    assert spool_calls(spool) == [CALL_ID]
    assert list(bundle_folder(tmp_path / "archive").parent.iterdir()) == []
    with archiver(tmp_path):
        wait_for(lambda: spool_calls(spool) == [])
    assert Archive(tmp_path / "archive").open(CALL_ID).manifest.complete


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "small"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "kring-test", path], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a tmpfs")
    yield path
    subprocess.run(["umount", path], check=True)


def test_a_full_disk_keeps_the_call_and_is_named(small_disk: Path, spool: Spool, clock: ManualClock) -> None:
    calls = [CallMaker(spool, call_id(number), seconds=30.0) for number in range(4)]
    sealer = Sealer(spool, small_disk, clock=clock, tone_file=TONE_FILE)
    keeper = Archiver(spool, sealer, RULES, clock, lambda item: None)
    for call in calls:
        call.write()
    outcomes = [keeper.seal(call.folder) for call in calls]
    failed = [item for item in outcomes if isinstance(item, SealingFailed)]
    sealed = [item for item in outcomes if isinstance(item, BundleSealed)]
    assert failed
    assert sealed
    assert all("Ruang arsip" in item.problem for item in failed)
    assert sorted(spool_calls(spool)) == sorted(item.call_id for item in failed)
    assert all(check_bundle(Path(item.bundle)) == [] for item in sealed)
    assert list(small_disk.glob("*/*/*/*.part")) == []


def test_a_second_archiver_is_refused_with_one_line(tmp_path: Path) -> None:
    with archiver(tmp_path):
        wait_for(lambda: "archiver started" in log_of(tmp_path))
        with archiver(tmp_path) as second:
            assert second.wait(20) == CONFIGURATION_EXIT
    assert "sedang dipakai pengarsip lain" in log_of(tmp_path)
    assert "Traceback" not in log_of(tmp_path)
