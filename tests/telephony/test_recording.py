# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a recording: what was said is never rewritten, and the call learns of the end whatever the disk does."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.callfolder import CallFolder
from telephony import recording
from telephony.errors import RecordingError
from telephony.recording import ClosedRecording, Recording, compare_clock, pad
from tests.telephony.harness import read_wav, sine, write_wav

pytestmark = pytest.mark.unit


@contextlib.contextmanager
def _files_at_most(size_bytes: int) -> Iterator[None]:
    """Make the kernel refuse to let any file of this process grow beyond ``size_bytes``, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# --- padding ---


def test_padded_file_is_a_valid_wav_with_the_same_start(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", sine(0.2, 500))
    before = path.read_bytes()
    pad(path, 160)
    assert (read_wav(path) == np.concatenate([sine(0.2, 500), np.zeros(160)])).all()
    after = path.read_bytes()
    assert after[44 : len(before)] == before[44:]
    assert int.from_bytes(after[4:8], "little") == len(after) - 8
    assert int.from_bytes(after[40:44], "little") == len(after) - 44


def test_full_disk_leaves_the_recording_as_it_was(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", sine(0.2, 500))
    before = path.read_bytes()
    with _files_at_most(len(before) + 100), pytest.raises(OSError, match=r"large|space"):
        pad(path, 160)
    assert path.read_bytes() == before


def test_a_death_between_the_writes_loses_no_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a ``kill -9`` could leave: the file after the first write, after the second, and so on."""
    writes = 0
    write_all = recording._write

    def dying(file: Any, offset: int, data: bytes) -> None:
        nonlocal left, writes
        if left == 0:
            raise KeyboardInterrupt  # nothing that any handler here would tidy up after
        left -= 1
        writes += 1
        write_all(file, offset, data)

    monkeypatch.setattr(recording, "_write", dying)
    for steps in range(3):
        path = write_wav(tmp_path / f"{steps}.wav", sine(0.2, 500))
        left = steps
        with pytest.raises(KeyboardInterrupt):
            pad(path, 160)
        assert (read_wav(path)[:1600] == sine(0.2, 500)).all()
    assert writes == 0 + 1 + 2


def test_a_file_that_is_no_recording_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "text.wav"
    path.write_bytes(b"this is no sound at all, only text that is longer than a header")
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"text\.wav"):
        pad(path, 160)
    assert path.read_bytes() == before


# --- the end of both files ---


class _Recorder:
    """Stands in for PJSIP's recorder: its file is final when it is closed."""

    seconds: dict[str, float]

    def __init__(self, engine: object, path: Path) -> None:
        self.path, self.port = path, object()

    def close(self) -> None:
        write_wav(self.path, sine(self.seconds[self.path.stem], 500))


class _Engine:
    """Runs what is to happen later at once."""

    def later(self, delay_s: float, function: Callable[[], None]) -> None:
        function()


def _close(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, caller_s: float, agent_s: float) -> ClosedRecording:
    monkeypatch.setattr(recording, "Recorder", _Recorder)
    monkeypatch.setattr(_Recorder, "seconds", {"caller": caller_s, "agent": agent_s}, raising=False)
    told: list[ClosedRecording] = []
    Recording(_Engine(), CallFolder(tmp_path), 40).close(told.append)  # type: ignore[arg-type]
    assert len(told) == 1
    return told[0]


def test_files_of_one_length_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _close(tmp_path, monkeypatch, caller_s=0.2, agent_s=0.2) == ClosedRecording(1600, 1600)


def test_a_tick_between_the_files_is_padded_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = _close(tmp_path, monkeypatch, caller_s=0.2, agent_s=0.22)
    assert (closed.caller_samples, closed.agent_samples, closed.gap, closed.missing_samples) == (1760, 1760, False, 160)
    assert "160" in closed.note
    assert len(read_wav(tmp_path / "caller.wav")) == len(read_wav(tmp_path / "agent.wav")) == 1760


def test_when_padding_fails_the_call_is_told_and_keeps_its_audio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, samples: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording, "pad", full)
    closed = _close(tmp_path, monkeypatch, caller_s=0.2, agent_s=0.22)
    assert (closed.caller_samples, closed.agent_samples, closed.gap, closed.missing_samples) == (1600, 1760, True, 0)
    assert "No space left on device" in closed.note
    assert (read_wav(tmp_path / "caller.wav") == sine(0.2, 500)).all()


def test_a_file_much_too_short_is_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = _close(tmp_path, monkeypatch, caller_s=0.2, agent_s=0.5)
    assert (closed.caller_samples, closed.agent_samples, closed.gap) == (1600, 4000, True)


def test_a_recorder_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(engine: object, path: Path) -> None:
        raise recording.SipFailure(28, "createRecorder", "No space left on device", "media.cpp", 1)

    monkeypatch.setattr(recording, "Recorder", refuse)
    with pytest.raises(RecordingError, match=f"{tmp_path}: No space left on device"):
        Recording(_Engine(), CallFolder(tmp_path), 40)  # type: ignore[arg-type]


# --- the recording against the clock ---


def test_samples_lost_by_a_slow_media_clock_are_counted_for_both_legs() -> None:
    closed = compare_clock(ClosedRecording(80_000, 80_000, note="x", missing_samples=160), recorded_ms=10_600)
    assert closed.missing_samples == 160 + 2 * 600 * 8
    assert closed.gap
    assert closed.note.startswith("x; ")
    assert "+600 ms" in closed.note


def test_a_tick_or_two_of_difference_to_the_clock_is_nothing() -> None:
    closed = ClosedRecording(80_000, 80_000)
    assert compare_clock(closed, recorded_ms=10_040) == closed


def test_a_recording_longer_than_the_clock_is_noted_and_nothing_is_missing() -> None:
    closed = compare_clock(ClosedRecording(80_000, 80_000), recorded_ms=9_500)
    assert (closed.missing_samples, closed.gap) == (0, False)
    assert "-500 ms" in closed.note
