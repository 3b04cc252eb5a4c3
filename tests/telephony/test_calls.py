# SPDX-License-Identifier: GPL-3.0-or-later
"""A real softphone process with real peers: calls that go well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.events import RecordingClosed
from tests.peers import need
from tests.telephony.baresip import baresip, speech
from tests.telephony.harness import (
    ANNOUNCEMENT_MS,
    TONE_MS,
    Site,
    correlation,
    likeness,
    read_wav,
    site,
)
from tests.telephony.sipp import alaw_file, sipp, talking

pytestmark = pytest.mark.integration

FULL_CALL = [
    "call.offered",
    "call.answered",
    "recording.started",
    "announcement.started",
    "announcement.finished",
    "call.bridged",
    "call.ended",
    "recording.closed",
]


def assert_recorded(it: Site) -> None:
    """Both files are equally long, hold what was said, and begin with the tone at the same sample."""
    caller, agent = it.audio("caller"), it.audio("agent")
    closed = it.find("recording.closed")
    assert isinstance(closed, RecordingClosed)
    assert (closed.caller_samples, closed.agent_samples) == (len(caller), len(agent))
    assert closed.gap is (closed.missing_samples > 2 * 320), (
        closed
    )  # an overloaded machine's clock may slip: it says so
    assert len(caller) == len(agent)
    assert likeness(caller, it.caller_voice) > 0.9
    assert likeness(agent, it.agent_voice) > 0.9
    tone = read_wav(it.folder / "tone.wav")
    tones = [correlation(channel[: 8 * 2 * TONE_MS], tone) for channel in (caller, agent)]
    assert min(match for match, _ in tones) > 0.9
    assert abs(tones[0][1] - tones[1][1]) <= 160
    announcement = read_wav(it.folder / "announcement.wav")
    assert correlation(agent, announcement)[0] > 0.9


@need("sipp")
def test_sipp_caller_and_phone_agent_are_bridged_and_recorded(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        _, agent = it.up(
            "--after", "0.2", "--play", f"{it.agent_wav}@{ANNOUNCEMENT_MS + 700}", "--record-dir", str(tmp_path)
        )
        lead_in = np.zeros(8 * (ANNOUNCEMENT_MS + 500), "<i2")
        alaw = alaw_file(tmp_path / "caller.alaw", np.concatenate([lead_in, it.caller_voice]))
        caller = sipp(it, talking(alaw, 3000))
        assert caller.wait() == 0, caller.errors + caller.lines[-30:]
        it.await_event("recording.closed")
        assert it.names() == FULL_CALL
        events = [item.name for item in it.journal()]
        assert events.count("media.measured") >= 2  # the final one of each leg, before the end
        assert events[-1] == "recording.closed"  # nothing follows: the archiver may seal
        assert_recorded(it)
        offered, ended = it.find("call.offered"), it.find("call.ended")
        assert (offered.caller_number, offered.caller_name) == ("081200002222", "Penelepon Uji")
        assert (ended.reason, ended.sip_code) == ("caller_hung_up", 200)
        assert it.find("call.bridged").codec == "PCMA"
        assert agent.event("incoming")["caller"] == '"Penelepon Uji" <sip:081200002222@127.0.0.1>'
        agent.event("ended")
        heard = read_wav(tmp_path / "heard-1.wav")
        assert likeness(heard, it.caller_voice) > 0.9


@need("sipp", "baresip")
def test_sipp_caller_and_baresip_agent(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        it.softphone()
        baresip(it, speech(it, it.agent_voice, after_s=ANNOUNCEMENT_MS / 1000 + 0.8), port=it.device_port)
        lead_in = np.zeros(8 * (ANNOUNCEMENT_MS + 400), "<i2")
        alaw = alaw_file(tmp_path / "caller.alaw", np.concatenate([lead_in, it.caller_voice]))
        caller = sipp(it, talking(alaw, 3000))
        assert caller.wait() == 0, caller.errors + caller.lines[-30:]
        it.await_event("recording.closed")
        assert it.names() == FULL_CALL
        assert_recorded(it)


def test_agent_hangs_up(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        it.up("--after", "0.1", "--hang-up-after", "1.2")
        caller = it.caller("--linger", "30")
        assert caller.event("ended")["answered"]
        assert it.await_event("call.ended").reason == "agent_hung_up"
        it.await_event("recording.closed")


def test_two_calls_in_a_row_and_a_second_caller_hears_busy(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        it.up("--after", "0.1")
        first = it.caller("--linger", "1.5")
        it.await_event("call.answered")
        second = it.caller()
        assert second.wait() == 4
        assert second.event("ended")["code"] == 486
        assert first.wait() == 0
        it.await_event("recording.closed")
        third = it.caller("--linger", "0.7")
        assert third.wait() == 0
        assert len(it.calls()) == 2
        it.await_event("recording.closed")
        assert it.names() == FULL_CALL
