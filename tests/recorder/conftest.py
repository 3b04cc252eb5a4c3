# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: a spool, an archive folder and a sealer of the real kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.callfolder import Spool
from pipeline.clock import ManualClock
from recorder.seal import Sealer
from tests.recorder.folders import TONE_FILE, CallMaker


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


@pytest.fixture
def archive_dir(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def call(spool: Spool) -> CallMaker:
    return CallMaker(spool)


@pytest.fixture
def sealer(spool: Spool, archive_dir: Path) -> Sealer:
    return Sealer(
        spool,
        archive_dir,
        clock=ManualClock(),
        tone_file=TONE_FILE,
        asr_model=lambda folder: f"{folder or 'uji'}@sha256:0",
    )
