# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of the ASR workers, the hub and the archiver during a call: the call goes on and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import jiwer
import pytest
import soundfile

from pipeline.callfolder import Spool
from recorder.archive import Archive
from service.dialogue import announcement_ms, converse, library, plan
from service.stage import Stage, stage
from tests.e2e.conftest import until
from tests.peers import RATE_HZ, best_match, speech

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def _kill(running: Stage, prefix: str) -> None:
    for name, child in running.supervisor.children.items():
        if name.startswith(prefix) and child.pid is not None:
            os.kill(child.pid, signal.SIGKILL)


async def test_the_call_survives_the_death_of_everything_but_its_softphone(tmp_path: Path) -> None:
    lines = library()
    question = next(line for line in lines if line.id == "lupa-efin.tanya")
    async with stage(agents=1) as running:
        script = plan(question, lines, announcement_ms=announcement_ms(running.settings))
        softphone_pid = running.supervisor.children["softphone.2101"].pid
        call = asyncio.create_task(
            converse(script, uri=running.sip_uri(0), device_port=running.device_port(0), number="081255500001")
        )
        spool = Spool(running.settings.spool_dir)
        await until(lambda: list(spool.calls()), timeout_s=15, what="the call's folder")
        (folder,) = spool.calls()
        await until(lambda: folder.audio("caller").exists(), timeout_s=15, what="the recording")
        for prefix, pause_s in (("asr.", 4.0), ("hub", 3.0), ("archiver", 3.0), ("asr.", 0.0)):
            await asyncio.sleep(pause_s)
            assert not call.done()
            _kill(running, prefix)
        result = await call
        assert result.caller_exit == 0
        assert running.supervisor.children["softphone.2101"].pid == softphone_pid
        archive = Archive(running.settings.archive_dir)
        await until(lambda: list(archive.ids()), timeout_s=60, what="the call is sealed")
        (call_id,) = archive.ids()
        assert archive.verify(call_id) == ()
        bundle = archive.open(call_id)
        assert bundle.manifest.complete, bundle.manifest.problems
        said = {"caller": question.text, "agent": " ".join(line.text for line, _ in script.replies)}
        for leg, text in said.items():
            heard = " ".join(segment.text for segment in bundle.segments() if segment.leg == leg)
            assert jiwer.wer(text, heard) <= 0.3, (leg, heard)
        segments = [(s.leg, s.segment) for s in bundle.segments()]
        assert len(segments) == len(set(segments))
        assert len([item for item in bundle.events("case") if item.name == "case.opened"]) == 1
        assert any(item.name == "suggestions.shown" for item in bundle.events("suggestions"))
        assert bundle.audio_path is not None
        audio, _ = soundfile.read(bundle.audio_path, dtype="float64")
        _, correlation = best_match(audio[:, 0], speech(question.path))
        assert correlation > 0.9
        assert len(audio) / RATE_HZ > script.end_ms / 1000 - 1
