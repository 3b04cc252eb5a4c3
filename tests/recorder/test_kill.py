# SPDX-License-Identifier: GPL-3.0-or-later
"""``kill -9`` at every step of sealing and at random moments: restart finishes the work, nothing is lost."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.callfolder import LEGS, Spool
from pipeline.clock import SystemClock
from pipeline.settings import PROJECT_DIR
from recorder.archive import Archive
from recorder.cli_support import verify_all
from recorder.integrity import check_bundle
from recorder.seal import Sealer
from tests.recorder.folders import CALL_ID, TONE_FILE, CallMaker, bundle_folder, call_id, spool_calls
from tests.recorder.processes import archiver, environment, log_of, wait_for

pytestmark = pytest.mark.integration

STEPS = ("begun", "journals", "audio", "derived", "manifest", "synced", "verified", "published", "retired", "done")
ROUNDS = 6
CALLS = 10


def recorded(call: CallMaker) -> np.ndarray:
    return np.stack([soundfile.read(call.folder.audio(leg), dtype="int16")[0] for leg in LEGS], axis=1)


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_each_step(tmp_path: Path, step: str) -> None:
    spool = Spool(tmp_path / "spool")
    call = CallMaker(spool)
    call.write()
    voices = recorded(call)
    killed = subprocess.run(
        [sys.executable, "-m", "tests.recorder.killed_sealer", str(tmp_path), step],
        cwd=PROJECT_DIR, env=environment(tmp_path), capture_output=True, timeout=60,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    final = bundle_folder(tmp_path / "archive")
    whole = final.exists() and check_bundle(final) == []
    assert whole or spool_calls(spool) == [CALL_ID], "neither bundle nor spool folder is whole"
    assert whole == (step in {"published", "retired", "done"})
    sealer = Sealer(spool, tmp_path / "archive", clock=SystemClock(), tone_file=TONE_FILE)
    sealer.recover()
    for folder in spool.calls():
        sealer.seal(folder)
    bundle = Archive(tmp_path / "archive").open(CALL_ID)
    assert (bundle.manifest.complete, check_bundle(bundle.path)) == (True, [])
    assert np.array_equal(soundfile.read(bundle.audio_path, dtype="int16")[0], voices)
    assert spool_calls(spool) == []
    assert [path.name for path in final.parent.iterdir()] == [CALL_ID]


def test_an_archiver_killed_at_random_moments_loses_nothing(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    calls = [CallMaker(spool, call_id(number), seconds=20.0) for number in range(CALLS)]
    for call in calls:
        call.write(answered=True)
    voices = {call.call_id: recorded(call) for call in calls}
    chance = random.Random(20261124)
    interrupted = 0
    for _ in range(ROUNDS):
        with archiver(tmp_path) as process:
            days = tmp_path / "archive" / "2026/11/24"
            before = set(days.glob("*"))
            # Wait for a sign of work, then strike a little later: start-up is most of a short process's life.
            until = time.monotonic() + 15
            while set(days.glob("*")) == before and spool_calls(spool) and time.monotonic() < until:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.06))
            process.kill()
            process.wait(10)
        interrupted += bool(spool_calls(spool))
        for call in calls:
            in_spool = call.folder.path.is_dir()
            bundle = bundle_folder(tmp_path / "archive", call.call_id)
            assert in_spool or check_bundle(bundle) == [], call.call_id
    assert interrupted, "every kill came after the work: the test proved nothing"
    starts = log_of(tmp_path).count("archiver started")
    with archiver(tmp_path) as process:
        wait_for(lambda: spool_calls(spool) == [] and log_of(tmp_path).count("archiver started") > starts)
        process.terminate()
        assert process.wait(10) == 0
    found = dict(verify_all(Archive(tmp_path / "archive")))
    assert found == {call.call_id: () for call in reversed(calls)}
    for name, audio in voices.items():
        bundle = Archive(tmp_path / "archive").open(name)
        assert bundle.manifest.complete
        assert np.array_equal(soundfile.read(bundle.audio_path, dtype="int16")[0], audio)
    left = [path.name for path in (tmp_path / "archive" / "2026/11/24").iterdir()]
    assert sorted(left) == [call.call_id for call in calls]
