# SPDX-License-Identifier: GPL-3.0-or-later
"""Sealing real folders: what is kept, what is said about it, and that nothing goes before its bundle verifies."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.callfolder import Spool
from pipeline.clock import ManualClock
from pipeline.errors import MessageError
from pipeline.events import ScreenCaptured, ScreenMissed, TranscriptCompleted
from pipeline.screenlog import pack
from recorder.archive import Archive
from recorder.errors import DiskFullError, SealingError, SealingStoppedError, SpoolChangedError
from recorder.facts import read_facts
from recorder.integrity import check_bundle
from recorder.manifest import Manifest
from recorder.seal import RETIRED, Sealer, model_id
from tests.recorder.folders import CALL_ID, RATE_HZ, TONE_FILE, CallMaker, bundle_folder, spool_calls, voice

pytestmark = pytest.mark.integration


def codes(manifest: Manifest) -> set[str]:
    return {problem.code for problem in manifest.problems}


def test_a_whole_call_becomes_a_whole_bundle(call: CallMaker, sealer: Sealer, archive_dir: Path) -> None:
    folder = call.write()
    journals = {name: folder.path.joinpath(name).read_bytes() for name in ("call.jsonl", "transcript.jsonl")}
    voices = [soundfile.read(folder.audio(leg), dtype="int16")[0] for leg in ("caller", "agent")]
    sealed = sealer.seal(folder)
    manifest = sealed.manifest
    assert (manifest.complete, manifest.problems, manifest.notes) == (True, (), ())
    assert spool_calls(call.spool) == []
    bundle = Archive(archive_dir).open(CALL_ID)
    assert bundle.path == sealed.bundle == bundle_folder(archive_dir)
    assert bundle.manifest == manifest
    assert bundle.manifest.sha256() == sealed.manifest_sha256
    assert {name: bundle.path.joinpath(name).read_bytes() for name in journals} == journals
    decoded, rate_hz = soundfile.read(bundle.audio_path, dtype="int16")
    assert (rate_hz, decoded.shape) == (RATE_HZ, (16000, 2))
    assert np.array_equal(decoded, np.stack(voices, axis=1))
    assert [turn.text for turn in bundle.turns()] == ["saya lupa efin", "baik bapak"]
    assert [item.text for item in bundle.segments()] == ["saya lupa efin", "baik bapak"]
    assert len(bundle.events("call")) == 8
    peaks = bundle.peaks()
    assert peaks is not None
    assert len(peaks.caller) == 200
    assert (manifest.caller_number, manifest.extension, manifest.duration_ms) == ("081200007788", "2101", 2000)
    assert [gap.kind for gap in manifest.gaps] == ["hold"]
    assert manifest.asr_model == "uji@sha256:0"
    assert manifest.audio is not None
    assert (manifest.audio.offset_samples, manifest.audio.offset_confidence > 0.95) == (0, True)


def test_the_bundle_names_the_model_that_decoded_the_call(call: CallMaker, sealer: Sealer) -> None:
    """Another one may be in use by the time the call is sealed."""
    folder = call.write()
    call.append(
        "transcript",
        TranscriptCompleted(
            at=call.at(2100), call_id=CALL_ID, leg="caller", segments=1, decoded_to_ms=2000, model="/m/bahasa-1"
        ),
    )
    assert sealer.seal(folder).manifest.asr_model == "/m/bahasa-1@sha256:0"


def test_standard_tools_verify_a_bundle(call: CallMaker, sealer: Sealer) -> None:
    sealed = sealer.seal(call.write())
    if shutil.which("sha256sum") is None:
        pytest.skip("sha256sum is not installed")
    done = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=sealed.bundle, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b"OK") == len(sealed.manifest.files) + 1


def test_a_call_never_answered_is_sealed_without_audio(call: CallMaker, sealer: Sealer) -> None:
    manifest = sealer.seal(call.write(answered=False)).manifest
    assert manifest.complete
    assert manifest.audio is None
    assert [note.code for note in manifest.notes] == ["never_answered"]
    assert spool_calls(call.spool) == []


def test_a_dead_softphone_leaves_a_repaired_and_marked_bundle(call: CallMaker, sealer: Sealer) -> None:
    folder = call.write(ended=False, transcript=False, finished=False, case="")
    call.audio("agent", voice(1.5, 9), finished=False)
    manifest = sealer.seal(folder).manifest
    assert codes(manifest) == {"softphone_died", "not_closed", "unfinished", "transcript_incomplete", "lengths_differ"}
    assert not manifest.complete
    assert manifest.end_reason == "softphone_died"
    assert manifest.audio is not None
    assert (manifest.audio.samples, manifest.audio.leg("agent").tail_samples) == (16000, 4000)


def test_a_recorder_that_began_one_tick_late_is_put_right(call: CallMaker, sealer: Sealer) -> None:
    folder = call.write()
    whole = voice(2.0, 4)
    call.audio("agent", whole[160:])
    manifest = sealer.seal(folder).manifest
    assert manifest.audio is not None
    assert manifest.audio.leg("agent").lead_samples == 160
    assert [note.code for note in manifest.notes] == ["offset_corrected"]
    decoded, _ = soundfile.read(bundle_folder(sealer.bundle_path(CALL_ID).parents[3]) / "call.flac", dtype="int16")
    assert np.array_equal(decoded[160:, 1], whole[160:])


def test_a_recording_of_the_wrong_rate_is_kept_and_named(call: CallMaker, sealer: Sealer) -> None:
    folder = call.write()
    call.audio("agent", voice(1.0, 5), rate_hz=16000)
    raw = folder.audio("agent").read_bytes()
    sealed = sealer.seal(folder)
    assert "bad_wav" in codes(sealed.manifest)
    assert any("agent.wav" in problem.text and "16000" in problem.text for problem in sealed.manifest.problems)
    assert (sealed.bundle / "agent.wav").read_bytes() == raw
    decoded, _ = soundfile.read(sealed.bundle / "call.flac", dtype="int16")
    assert decoded[:, 0].any()
    assert not decoded[:, 1].any()
    assert check_bundle(sealed.bundle) == []
    assert spool_calls(call.spool) == []


def test_recordings_of_zero_bytes_are_a_problem_not_a_crash(call: CallMaker, sealer: Sealer) -> None:
    folder = call.write()
    for leg in ("caller", "agent"):
        folder.audio(leg).write_bytes(b"")
    sealed = sealer.seal(folder)
    assert [problem.code for problem in sealed.manifest.problems].count("bad_wav") == 2
    assert Archive(sealed.bundle.parents[3]).open(CALL_ID).audio_path is None
    assert check_bundle(sealed.bundle) == []


def test_damaged_lines_and_unknown_files_are_kept(call: CallMaker, sealer: Sealer) -> None:
    folder = call.write()
    with folder.journal("call").open("ab") as file:
        file.write(b'{"event": "no.such.event"}\n\xff\xff\n{"torn')
    (folder.path / "screen").mkdir()
    (folder.path / "screen" / "extra.bin").write_bytes(b"abc")
    raw = folder.journal("call").read_bytes()
    sealed = sealer.seal(folder)
    assert codes(sealed.manifest) == {"damaged_lines"}
    assert "9, 10" in sealed.manifest.problems[0].text
    assert (sealed.bundle / "call.jsonl").read_bytes() == raw
    assert (sealed.bundle / "screen" / "extra.bin").read_bytes() == b"abc"
    assert check_bundle(sealed.bundle) == []


@pytest.mark.parametrize(("last", "notes"), [(True, []), (False, ["screen_open"])])
def test_the_screen_log_is_sealed_and_its_missing_end_is_named(
    call: CallMaker, sealer: Sealer, last: bool, notes: list[str]
) -> None:
    folder = call.write()
    part = ScreenCaptured(
        at=call.at(500), call_id=call.call_id, offset_ms=500, page="00000000000000aa", part=1, events=1, full=True,
        size_bytes=10, data=pack([{"type": 2}]), last=last,
    )  # fmt: skip
    call.append("screen", part)
    written = folder.journal("screen").read_bytes()
    sealed = sealer.seal(folder)
    entry = sealed.manifest.file("screen.jsonl")
    assert entry is not None
    assert entry.sha256 == hashlib.sha256(written).hexdigest()
    assert [note.code for note in sealed.manifest.notes] == notes
    assert sealed.manifest.complete
    assert Archive(sealed.bundle.parents[3]).open(call.call_id).events("screen")[0].seq == 1
    assert check_bundle(sealed.bundle) == []


def test_the_screen_log_does_not_keep_a_dead_call_alive(call: CallMaker) -> None:
    folder = call.write(ended=False)
    before = read_facts(folder).last_change_at
    part = ScreenMissed(at=call.at(9), call_id=call.call_id, page="00000000000000aa", part=1, reason="refused")
    call.append("screen", part)
    os.utime(folder.journal("screen"), (before.timestamp() + 900, before.timestamp() + 900))
    facts = read_facts(folder)
    assert facts.last_change_at == before
    assert facts.screen_open_since == call.at(9)


def test_transcript_beyond_the_audio_is_reported(call: CallMaker, sealer: Sealer) -> None:
    folder = call.write()
    call.audio("caller", voice(0.5, 1))
    call.audio("agent", voice(0.5, 2))
    assert {"beyond_audio", "samples_missing"} <= codes(sealer.seal(folder).manifest)


class Interrupting:
    """Runs something once, at one step."""

    def __init__(self, step: str, act: object) -> None:
        self.step, self.act, self.times = step, act, 0

    def __call__(self, name: str) -> None:
        if name == self.step:
            self.times += 1
            if self.times == 1:
                self.act()  # type: ignore[operator]


@pytest.mark.parametrize("step", ["journals", "synced", "verified", "published"])
def test_a_line_written_while_sealing_is_not_lost(call: CallMaker, spool: Spool, archive_dir: Path, step: str) -> None:
    folder = call.write()
    late = Interrupting(step, lambda: call.write_case("closed"))
    sealer = Sealer(spool, archive_dir, clock=ManualClock(), tone_file=TONE_FILE, on_step=late)
    with pytest.raises(SpoolChangedError, match=r"case\.jsonl"):
        sealer.seal(folder)
    assert not (folder.path / ".sealing").exists()
    sealed = sealer.seal(folder)
    assert len(Archive(archive_dir).open(CALL_ID).events("case")) == 4
    assert check_bundle(sealed.bundle) == []
    assert [path.name for path in sealed.bundle.parent.iterdir()] == [CALL_ID]
    assert spool_calls(spool) == []


@pytest.mark.parametrize("grows", [True, False])
@pytest.mark.parametrize("step", ["synced", "published"])
def test_audio_that_changes_while_sealing_is_not_lost(
    call: CallMaker, spool: Spool, archive_dir: Path, step: str, grows: bool
) -> None:
    folder = call.write()
    other = voice(2.5 if grows else 2.0, 77)
    late = Interrupting(step, lambda: call.audio("caller", other))
    sealer = Sealer(spool, archive_dir, clock=ManualClock(), tone_file=TONE_FILE, on_step=late)
    with pytest.raises(SpoolChangedError, match=r"caller\.wav"):
        sealer.seal(folder)
    decoded, _ = soundfile.read(sealer.seal(folder).bundle / "call.flac", dtype="int16")
    assert np.array_equal(decoded[: len(other), 0], other)


def test_a_damaged_bundle_is_made_again_while_the_spool_has_the_call(
    call: CallMaker, sealer: Sealer, archive_dir: Path, tmp_path: Path
) -> None:
    folder = call.write()
    shutil.copytree(folder.path, tmp_path / "copy")
    bundle = sealer.seal(folder).bundle
    (bundle / "call.flac").chmod(0o640)
    (bundle / "call.flac").write_bytes(b"broken")
    shutil.copytree(tmp_path / "copy", folder.path)
    assert check_bundle(sealer.seal(folder).bundle) == []
    assert [path.name for path in bundle.parent.iterdir()] == [CALL_ID]


def test_a_folder_whose_bundle_verifies_is_only_removed(call: CallMaker, sealer: Sealer, tmp_path: Path) -> None:
    folder = call.write()
    shutil.copytree(folder.path, tmp_path / "copy")
    first = sealer.seal(folder)
    shutil.copytree(tmp_path / "copy", folder.path)
    assert sealer.seal(folder).manifest_sha256 == first.manifest_sha256
    assert spool_calls(call.spool) == []


def test_a_folder_that_comes_to_life_after_sealing_never_replaces_the_bundle(
    call: CallMaker, sealer: Sealer, archive_dir: Path
) -> None:
    first = sealer.seal(call.write())
    call.write_case("closed")  # a late writer makes the folder again, with its own lines only
    with pytest.raises(SealingError, match="sudah disegel"):
        sealer.seal(call.folder)
    assert Archive(archive_dir).open(CALL_ID).manifest == first.manifest
    assert check_bundle(first.bundle) == []
    assert spool_calls(call.spool) == [CALL_ID]


def test_recovery_puts_a_removed_folder_back_when_its_bundle_is_bad(call: CallMaker, sealer: Sealer) -> None:
    folder = call.write()
    folder.path.rename(folder.path.with_name(CALL_ID + RETIRED))
    sealer.recover()
    assert spool_calls(call.spool) == [CALL_ID]


def test_stopping_leaves_the_call_in_the_spool(call: CallMaker, spool: Spool, archive_dir: Path) -> None:
    def stop() -> None:
        raise SealingStoppedError("berhenti")

    folder = call.write()
    sealer = Sealer(spool, archive_dir, clock=ManualClock(), tone_file=TONE_FILE, on_step=Interrupting("audio", stop))
    with pytest.raises(SealingStoppedError):
        sealer.seal(folder)
    assert spool_calls(spool) == [CALL_ID]
    assert list(bundle_folder(archive_dir).parent.iterdir()) == []


def test_no_room_is_said_before_anything_is_written(
    call: CallMaker, sealer: Sealer, archive_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = call.write()
    usage = shutil.disk_usage(folder.path)
    monkeypatch.setattr("recorder.disk.shutil.disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(DiskFullError, match=r"tersisa 0\.0 MB"):
        sealer.seal(folder)
    assert spool_calls(call.spool) == [CALL_ID]
    assert list(bundle_folder(archive_dir).parent.iterdir()) == []


def test_an_archive_that_cannot_be_written_keeps_the_call(call: CallMaker, spool: Spool, tmp_path: Path) -> None:
    folder = call.write()
    (tmp_path / "file").write_text("not a folder")
    sealer = Sealer(spool, tmp_path / "file", clock=ManualClock(), tone_file=TONE_FILE)
    with pytest.raises(SealingError):
        sealer.seal(folder)
    assert spool_calls(spool) == [CALL_ID]


@pytest.mark.parametrize("bad", ["../../etc", "20261124T031502-9f86d081/..", "", "20269924T031502-9f86d081"])
def test_path_tricks_are_refused(sealer: Sealer, archive_dir: Path, bad: str) -> None:
    with pytest.raises(MessageError):
        sealer.bundle_path(bad)
    with pytest.raises(MessageError):
        Archive(archive_dir).open(bad)


def test_the_model_id_changes_with_the_model(tmp_path: Path) -> None:
    model = tmp_path / "asr_uji" / "model"
    assert model_id(model) == ""
    model.mkdir(parents=True)
    (model / "a").write_bytes(b"1")
    first = model_id(model)
    (model / "a").write_bytes(b"2")
    assert first.startswith("asr_uji@sha256:")
    assert model_id(model) != first
