# SPDX-License-Identifier: GPL-3.0-or-later
"""A real softphone process with real peers: calls that go well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.events import RecordingClosed
from tests.peers import need
from tests.ports import free_port, free_range
from tests.telephony.harness import (
    ANNOUNCEMENT_MS,
    TONE_MS,
    Process,
    Site,
    correlation,
    likeness,
    read_wav,
    site,
    wait_for,
    write_wav,
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


def _baresip(it: Site) -> Process:
    """A baresip that answers by itself and speaks the agent's file."""
    folder = it.folder / "baresip"
    folder.mkdir()
    silence = np.zeros(8 * (ANNOUNCEMENT_MS + 800), "<i2")  # baresip ends the call with its file: make it long
    speaks = write_wav(folder / "speaks.wav", np.concatenate([silence, it.agent_voice, np.zeros(48000, "<i2")]))
    rtp = free_range(10)
    (folder / "config").write_text(
        "\n".join(
            [
                "poll_method epoll",
                f"sip_listen 127.0.0.1:{it.device_port}",
                f"audio_player aufile,{folder}/heard.wav",
                f"audio_source aufile,{speaks}",
                f"audio_alert aufile,{folder}/alert.wav",
                f"rtp_ports {rtp}-{rtp + 9}",
                "module_path /usr/lib/baresip/modules",
                "module g711.so",
                "module aufile.so",
                "module uuid.so",
                "module_tmp account.so",
                "module_app menu.so",
                "module_app ctrl_tcp.so",
                f"ctrl_tcp_listen 127.0.0.1:{free_port()}",
                "",
            ]
        )
    )
    (folder / "accounts").write_text(
        f"<sip:agent@127.0.0.1:{it.device_port}>;regint=0;answermode=auto;audio_codecs=PCMA/8000/1\n"
    )
    (folder / "contacts").write_text("")
    process = it.start("baresip", "-f", str(folder), env={"HOME": str(it.folder)})
    wait_for(lambda: any("baresip is ready" in line for line in process.lines), 8, f"{process.lines} {process.errors}")
    return process


@need("sipp", "baresip")
def test_sipp_caller_and_baresip_agent(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        it.softphone()
        _baresip(it)
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
