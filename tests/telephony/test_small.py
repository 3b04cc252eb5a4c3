# SPDX-License-Identifier: GPL-3.0-or-later
"""The room's small parts without a SIP engine: ports, sound files, ring, chronicle, orphans, settings."""

from __future__ import annotations

import io
import json
import socket
from pathlib import Path

import numpy as np
import pytest

from pipeline.callfolder import CallFolder, Spool
from pipeline.clock import ManualClock
from pipeline.errors import ConfigurationError
from pipeline.events import CallAnswered, CallBridged, CallEnded, CallOffered, Event, RecordingStarted
from pipeline.ids import IdFactory
from pipeline.journal import JournalWriter
from pipeline.settings import ExtensionSettings, Settings
from telephony.chronicle import Chronicle
from telephony.devices import sound_devices
from telephony.errors import AudioFileError, PortTakenError
from telephony.media import check_wav, closed_samples
from telephony.orphans import finish_orphans
from telephony.phone_audio import read_items
from telephony.phone_report import Reporter
from telephony.pjlog import pj_level, without_addresses
from telephony.ports import check_ports, is_free, pick_udp_range
from telephony.ring import FrameRing
from telephony.softphone import find_extension
from tests.ports import free_port, free_range
from tests.telephony.harness import read_wav, sine, write_wav

pytestmark = pytest.mark.unit


# --- PJSIP's log ---


def test_log_lines_that_name_somebody_are_left_out() -> None:
    dump = '  [DISCONNECTED] To: "Sari" <sip:081200001111@127.0.0.1>;tag=x\r\n    Call time: 00h:00m:02s\r\n'
    assert without_addresses(dump) == "    Call time: 00h:00m:02s"
    assert without_addresses("Added port 2 (SIPS:081200001111@127.0.0.1)") == ""
    assert without_addresses("Contact: <tel:+6281200001111>") == ""
    assert without_addresses("..Unable to open sound device\r\n") == "..Unable to open sound device"


def test_pjsip_never_traces_messages() -> None:
    assert [pj_level(level) for level in ("debug", "info", "warning", "error", "unheard of")] == [3, 2, 2, 1, 2]


# --- what the phone says ---


def test_phone_talks_json_to_programs_and_sentences_to_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRING_LANGUAGE", "en")
    reports = [
        {"event": "ready", "port": 6101},
        {"event": "media", "t": 1.0, "up": True, "held": False},
        {"event": "media", "t": 1.0, "up": True, "held": True},
        {"event": "playing", "t": 2.0, "file": "q.flac", "offset_ms": 10, "duration_s": 3.456},
        {"event": "ended", "t": 3.0, "code": 486, "reason": "Busy Here", "answered": False},
    ]
    person, program = io.StringIO(), io.StringIO()
    for out, human in ((person, True), (program, None)):  # None: a StringIO is no terminal
        said = Reporter(out, human=human, unsaid=("ready",))
        for report in reports:
            said(report)
    assert [json.loads(line) for line in program.getvalue().splitlines()] == reports
    assert person.getvalue().splitlines() == [
        "The far end put the call on hold.",
        "Playing q.flac (3.5 s) ...",
        "The call ended unanswered (SIP code 486, Busy Here).",
    ]


# --- ports ---


def test_free_ports_pass_and_a_taken_sip_port_is_named() -> None:
    sip, rtp = free_port(), free_range(32)
    check_ports("127.0.0.1", sip, rtp)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", sip))
        assert not is_free("127.0.0.1", sip)
        with pytest.raises(PortTakenError, match=str(sip)):
            check_ports("127.0.0.1", sip, rtp, extension="2101")


def test_a_taken_rtp_range_is_named() -> None:
    sip, rtp = free_port(), free_range(32)
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(26)]
    try:
        for step, sock in enumerate(held):
            sock.bind(("127.0.0.1", rtp + step))
        with pytest.raises(PortTakenError, match=f"{rtp}-{rtp + 31}"):
            check_ports("127.0.0.1", sip, rtp)
    finally:
        for sock in held:
            sock.close()


def test_an_address_of_another_machine() -> None:
    with pytest.raises(PortTakenError, match=r"192\.0\.2\.1"):  # TEST-NET-1
        check_ports("192.0.2.1", 5060, 20000)


def test_picked_range_is_free() -> None:
    first = pick_udp_range("127.0.0.1", 8)
    assert first % 2 == 0
    assert all(is_free("127.0.0.1", first + step) for step in range(8))


# --- sound files ---


def test_check_wav(tmp_path: Path) -> None:
    assert check_wav(write_wav(tmp_path / "good.wav", sine(0.5, 440))) == 4000
    bad = [
        (write_wav(tmp_path / "wide.wav", sine(0.5, 440), rate_hz=16000), "16000 Hz"),
        (write_wav(tmp_path / "stereo.wav", sine(0.5, 440), channels=2), "2 "),
        (write_wav(tmp_path / "empty.wav", np.zeros(0)), "0 "),
        (tmp_path / "none.wav", "none.wav"),
    ]
    (tmp_path / "text.wav").write_text("this is no sound")
    bad.append((tmp_path / "text.wav", "text.wav"))
    for path, words in bad:
        with pytest.raises(AudioFileError, match=words) as caught:
            check_wav(path)
        assert str(path) in str(caught.value)
        assert caught.value.remedy


def test_phone_items_and_flac(tmp_path: Path) -> None:
    import soundfile

    wav = write_wav(tmp_path / "a.wav", sine(0.2, 500))
    flac = tmp_path / "b@x.flac"
    soundfile.write(flac, sine(0.3, 600), 8000)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    items = read_items([f"{wav}@1500", str(flac)], 200, scratch)
    assert [(item.source, item.offset_ms) for item in items] == [(flac, 200), (wav, 1500)]
    assert (read_wav(items[0].wav) == sine(0.3, 600)).all()
    soundfile.write(tmp_path / "wide.flac", sine(0.3, 600), 16000)
    with pytest.raises(AudioFileError, match="16000 Hz"):
        read_items([str(tmp_path / "wide.flac")], 0, scratch)
    with pytest.raises(AudioFileError, match="none"):
        read_items([str(tmp_path / "none.flac")], 0, scratch)


def test_ring_drops_the_oldest_and_gives_silence() -> None:
    ring = FrameRing(2, depth=2)
    for frame in (b"aa", b"bb", b"cc"):
        ring.put(frame)
    assert [ring.get(), ring.get(), ring.get()] == [b"bb", b"cc", b"\0\0"]
    assert (ring.dropped, ring.missed) == (1, 1)


# --- chronicle ---


def _folder(tmp_path: Path, clock: ManualClock, random_hex: str = "00000001") -> CallFolder:
    return Spool(tmp_path / "spool").folder(IdFactory(clock, lambda: random_hex).call_id())


def test_chronicle_stores_first_and_counts_audio_time(tmp_path: Path) -> None:
    clock, out = ManualClock(), []
    folder = _folder(tmp_path, clock)
    chronicle = Chronicle(folder, clock, out.append)
    chronicle.tell(CallAnswered, extension="2101", ring_ms=5)
    chronicle.start_audio_time()
    clock.advance(1.25)
    chronicle.tell(CallBridged, codec="PCMA")
    chronicle.close()
    assert [(item.seq, item.offset_ms) for item in out] == [(1, None), (2, 1250)]
    assert list(folder.read("call")) == out


def test_a_full_disk_does_not_stop_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, out = ManualClock(), []
    chronicle = Chronicle(_folder(tmp_path, clock), clock, out.append)

    def full(*_args: object, **_kwargs: object) -> Event:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(JournalWriter, "append", full)
    chronicle.tell(CallBridged, codec="PCMA")
    assert [(item.name, item.seq) for item in out] == [("call.bridged", 0)]


# --- orphans ---


def _orphan(tmp_path: Path, clock: ManualClock, random_hex: str, *events: Event, audio_bytes: int = 0) -> CallFolder:
    folder = _folder(tmp_path, clock, random_hex).create()
    writer = folder.writer("call")
    for event in events:
        writer.append(event.model_copy(update={"call_id": folder.call_id}))
    writer.close()
    if audio_bytes:
        folder.audio("caller").write_bytes(bytes(audio_bytes))
        folder.audio("agent").write_bytes(bytes(audio_bytes - 8192))
    return folder


def test_orphans_are_finished_once_and_only_ours(tmp_path: Path) -> None:
    clock, out = ManualClock(), []
    base = {"at": clock.now(), "call_id": ""}
    offered = CallOffered(**base, extension="2101", caller_number="0812")
    recorded = [
        offered,
        RecordingStarted(**base, offset_ms=0, sample_rate_hz=8000, sync_tone_ms=100),
        CallBridged(**base, offset_ms=1000),
    ]
    live = _orphan(tmp_path, clock, "00000001", *recorded, audio_bytes=44 + 64000)
    ringing = _orphan(tmp_path, clock, "00000002", offered)
    other = _orphan(tmp_path, clock, "00000003", CallOffered(**base, extension="2102", caller_number="0813"))
    done = _orphan(tmp_path, clock, "00000004", offered, CallEnded(**base, reason="caller_abandoned"))
    spool = Spool(tmp_path / "spool")
    assert finish_orphans(spool, "2101", clock, out.append) == [live.call_id, ringing.call_id]
    ended, closed = live.ended(), live.recording_closed()
    assert ended is not None
    assert closed is not None
    assert (ended.reason, ended.offset_ms, ended.talk_ms) == ("softphone_died", 3488, 2488)
    assert (closed.caller_samples, closed.agent_samples, closed.gap) == (32000, 27904, True)
    assert ringing.recording_closed() is None
    assert other.ended() is None
    assert len(list(done.read("call"))) == 2
    assert [item.seq for item in out] == [4, 5, 2]
    assert finish_orphans(spool, "2101", clock, out.append) == []


def test_calls_of_extensions_that_are_no_more_fall_to_the_first_softphone(tmp_path: Path) -> None:
    clock, out = ManualClock(), []
    base = {"at": clock.now(), "call_id": ""}
    gone = _orphan(tmp_path, clock, "00000001", CallOffered(**base, extension="2099", caller_number="0812"))
    other = _orphan(tmp_path, clock, "00000002", CallOffered(**base, extension="2102", caller_number="0813"))
    spool, configured = Spool(tmp_path / "spool"), ["2102", "2101"]
    assert finish_orphans(spool, "2102", clock, out.append, configured=configured) == [other.call_id]
    assert finish_orphans(spool, "2101", clock, out.append, configured=configured) == [gone.call_id]
    ended = gone.ended()
    assert ended is not None
    assert ended.reason == "softphone_died"


# --- settings ---


def test_find_extension() -> None:
    extension = ExtensionSettings(number="2101", sip_port=5062, rtp_port=20000, device_uri="sip:a@127.0.0.1")
    settings = Settings(extensions=(extension,))
    assert find_extension(settings, "2101") is extension
    with pytest.raises(ConfigurationError, match="2102"):
        find_extension(settings, "2102")


# --- closed recordings ---


def test_a_recording_is_closed_when_its_header_is_even_with_no_sample(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", np.zeros(0))
    assert closed_samples(path) == 0
    growing = bytearray(write_wav(tmp_path / "b.wav", sine(0.1, 500)).read_bytes())
    assert closed_samples(tmp_path / "b.wav") == 800
    growing[4:8] = growing[40:44] = bytes(4)
    (tmp_path / "b.wav").write_bytes(growing)
    assert closed_samples(tmp_path / "b.wav") is None
    (tmp_path / "b.wav").write_bytes(b"")
    assert closed_samples(tmp_path / "b.wav") is None


# --- devices ---


def test_sound_devices_are_names(monkeypatch: pytest.MonkeyPatch) -> None:
    import sounddevice

    found = [
        {"name": "monitor", "max_input_channels": 2, "max_output_channels": 0},
        {"name": "headset", "max_input_channels": 1, "max_output_channels": 2},
    ]
    monkeypatch.setattr(sounddevice, "query_devices", lambda: found)
    assert sound_devices() == ["headset"]
