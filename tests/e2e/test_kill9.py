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

from pipeline.callfolder import CallFolder, Spool
from pipeline.events import SuggestionsShown
from recorder.archive import Archive
from service.dialogue import announcement_ms, converse, library, plan
from service.stage import Stage, stage
from tests.e2e.conftest import until
from tests.peers import RATE_HZ, piecewise_match, speech

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def _kill(running: Stage, prefix: str) -> None:
    for name, child in running.supervisor.children.items():
        if name.startswith(prefix) and child.pid is not None:
            os.kill(child.pid, signal.SIGKILL)


def _recorded_ms(folder: CallFolder) -> int:
    return (folder.audio("caller").stat().st_size - 44) * 1000 // (2 * RATE_HZ)


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
        # While the caller asks: asr, then the hub; while the agent answers: the archiver, then asr again.
        question_end_ms = script.question_at_ms + question.duration_ms
        for prefix, at_ms in (
            ("asr.", script.question_at_ms + 2000),
            ("hub", question_end_ms - 3500),
            ("archiver", question_end_ms + 2000),
            ("asr.", question_end_ms + 3000),
        ):
            await until(lambda at_ms=at_ms: _recorded_ms(folder) >= at_ms, timeout_s=30, what=f"{at_ms} ms of audio")
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
            assert jiwer.wer(text, heard) <= 0.25, (leg, heard)
        segments = [(s.leg, s.segment) for s in bundle.segments()]
        assert len(segments) == len(set(segments))
        assert len([item for item in bundle.events("case") if item.name == "case.opened"]) == 1
        shown = [item for item in bundle.events("suggestions") if isinstance(item, SuggestionsShown)]
        assert any("lupa-efin" in [article.article_id for article in item.articles[:3]] for item in shown), shown
        assert bundle.audio_path is not None
        audio, _ = soundfile.read(bundle.audio_path, dtype="float64")
        for channel, sent in ((0, [question]), (1, [line for line, _ in script.replies])):
            for line in sent:
                correlation, _ = piecewise_match(audio[:, channel], speech(line.path))
                assert correlation > 0.9, (channel, line.id, correlation)
        assert len(audio) / RATE_HZ > script.end_ms / 1000 - 1
