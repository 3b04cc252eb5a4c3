# SPDX-License-Identifier: GPL-3.0-or-later
"""Deaths, stops and bad surroundings of a softphone process."""

from __future__ import annotations

import resource
import socket
from pathlib import Path

import numpy as np
import pytest

from tests.peers import need
from tests.telephony.harness import ANNOUNCEMENT_MS, RATE_HZ, site, voice, wait_for, write_wav
from tests.telephony.sipp import sipp, talking

pytestmark = pytest.mark.integration


def test_killed_in_mid_call_the_next_one_finishes_the_call(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        first, agent = it.up("--after", "0.1")
        caller = it.caller("--play", str(it.caller_wav), "--linger", "30")
        it.await_event("call.bridged")
        folder = it.calls()[0]
        wait_for(lambda: folder.audio("caller").stat().st_size > 16000, 8, "audio on disk")
        first.kill()
        assert it.find("call.ended") is None
        it.softphone()
        ended, closed = it.find("call.ended"), it.find("recording.closed")
        assert (ended.reason, closed.gap) == ("softphone_died", True)
        assert closed.caller_samples == (folder.audio("caller").stat().st_size - 44) // 2 > 7900
        assert [item.seq for item in it.journal()] == list(range(1, len(it.journal()) + 1))
        caller.kill()
        agent.kill()
        it.agent("--after", "0.1")
        again = it.caller("--linger", "0.5")  # the new process serves
        assert again.wait() == 0
        it.await_event("recording.closed")
        assert len(it.calls()) == 2


def test_sigterm_ends_the_call_properly(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        phone, _ = it.up("--after", "0.1")
        caller = it.caller("--linger", "30")
        it.await_event("call.bridged")
        assert phone.stop() == 0
        assert it.find("call.ended").reason == "shutdown"
        closed = it.find("recording.closed")
        assert closed.caller_samples == closed.agent_samples == len(it.audio("caller")) > 0
        assert caller.event("ended")["answered"]


def test_full_disk_in_mid_call_costs_audio_and_not_the_extension(tmp_path: Path) -> None:
    """The kernel lets no file of the softphone grow beyond 20 kB (1.2 s of sound), as a full disk would."""
    with site(tmp_path) as it:
        phone, _ = it.up("--after", "0.1")
        before = resource.prlimit(phone.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(phone.process.pid, resource.RLIMIT_FSIZE, (20_000, before[1]))
        caller = it.caller("--play", f"{it.caller_wav}@{ANNOUNCEMENT_MS + 200}", "--hang-up-after", "2.5")
        assert caller.wait() == 0, caller.errors
        closed = it.await_event("recording.closed")
        assert 0 < closed.caller_samples <= 10_000
        assert closed.missing_samples >= 2 * RATE_HZ // 2  # both files lack more than half a second
        assert closed.gap
        assert closed.note
        assert it.find("call.ended").reason == "caller_hung_up"
        resource.prlimit(phone.process.pid, resource.RLIMIT_FSIZE, before)
        again = it.caller("--linger", "0.5")
        assert again.wait() == 0, again.errors
        assert it.await_event("recording.closed").caller_samples >= RATE_HZ // 4


@need("sipp")
def test_a_caller_without_audio_is_reported_and_stays(tmp_path: Path) -> None:
    with site(tmp_path, audio_missing_s=0.8, media_stats_s=1.0) as it:
        it.softphone()
        write_wav(it.agent_wav, voice(5, 2))
        it.agent("--after", "0.1", "--play", str(it.agent_wav))
        caller = sipp(it, talking(None, 3500))
        missing = it.await_event("audio.missing")
        assert missing.leg == "caller"
        assert missing.silent_ms >= 800
        assert it.find("call.ended") is None
        assert caller.wait() == 0
        it.await_event("recording.closed")
        names = [item.name for item in it.journal()]
        assert names.count("audio.missing") == 1
        assert names.count("media.measured") >= 4  # regular ones and the final of each leg
        assert not it.audio("caller")[8 * 200 :].any()
        assert np.abs(it.audio("agent").astype(float)).mean() > 300


def test_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with site(tmp_path) as it, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", it.sip_port))
        phone = it.softphone(ready=False)
        assert phone.wait() == 3
        assert len(phone.errors) == 1
        assert str(it.sip_port) in phone.errors[0]
        assert "in use" in phone.errors[0]


def test_announcement_of_a_wrong_rate_is_refused_by_name(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        write_wav(tmp_path / "announcement.wav", voice(0.5, 3), rate_hz=16000)
        phone = it.softphone(ready=False)
        assert phone.wait() == 3
        assert len(phone.errors) == 1
        assert "announcement.wav" in phone.errors[0]
        assert "16000 Hz" in phone.errors[0]


def test_extension_that_is_not_configured(tmp_path: Path) -> None:
    with site(tmp_path, extension={"number": "2102"}) as it:
        phone = it.softphone(ready=False)
        assert phone.wait() == 3
        assert phone.errors == ["Extension 2101 is not in the settings (known: 2102). Add it under [[extensions]]."]


def test_call_is_refused_when_its_folder_cannot_be_made(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        it.data_dir.mkdir()
        (it.data_dir / "spool").write_text("in the way")
        phone = it.softphone()
        caller = it.caller()
        assert caller.wait() == 4
        assert caller.event("ended")["code"] == 503
        assert phone.process.poll() is None


def test_phone_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    with site(tmp_path) as it:
        stereo = write_wav(tmp_path / "stereo.wav", voice(1, 4), channels=2)
        for file, words in ((stereo, "2 channels"), (tmp_path / "none.wav", "does not exist")):
            caller = it.caller("--play", str(file))
            assert caller.wait() == 3
            assert words in caller.errors[-1]
        assert it.caller("--give-up-after", "0.3").wait() == 4  # nobody there
