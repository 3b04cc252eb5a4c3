# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of a bundle, written into a folder that nobody sees yet.

Journals are copied byte for byte; audio, peaks, the merged transcript, the manifest and the checksums are made.
How the folder becomes the archive's is the business of :mod:`recorder.seal`.
"""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import soundfile

from pipeline.callfolder import LEGS
from pipeline.catalog import text
from pipeline.events import CallAnswered, CallEnded, CallOffered, RecordingClosed, RecordingStarted
from recorder.audio import AudioResult, build_audio
from recorder.disk import sha256_file
from recorder.facts import CallFacts, call_files
from recorder.gaps import gaps_of
from recorder.manifest import (
    CHECKSUMS,
    MANIFEST,
    PEAKS,
    TRANSCRIPT,
    FileEntry,
    Manifest,
    Remark,
    canonical_json,
    remark,
)
from recorder.peaks import measure
from recorder.turns import Transcript, completed_legs, transcript_of

OnStep = Callable[[str], None]
_READ_ONLY = 0o440
_SLACK_MS = 500  # a word may end in the recogniser's last, rounded-up frame


def software_versions() -> dict[str, str]:
    """Return the versions of what made a bundle."""
    try:
        kring = importlib.metadata.version("kring")
    except importlib.metadata.PackageNotFoundError:
        kring = "unpackaged"
    return {
        "kring": kring,
        "python": platform.python_version(),
        "libsndfile": soundfile.__libsndfile_version__,
    }


def build(
    facts: CallFacts, target: Path, *, sealed_at: datetime, tone_file: Path, asr_model: str, on_step: OnStep
) -> Manifest:
    """Write everything of a call into the empty folder ``target`` and return its manifest.

    Raises:
        SealingError, OSError: something could not be written.
    """
    _copy_journals(facts.folder.path, target)
    on_step("journals")
    audio = build_audio(facts, target, tone_file)
    on_step("audio")
    if audio.record is not None and audio.record.file:
        peaks = measure(target / audio.record.file, audio.record.rate_hz, audio.record.samples)
        (target / PEAKS).write_bytes(canonical_json(peaks))
    transcript = transcript_of(facts.folder.call_id, facts.transcript)
    (target / TRANSCRIPT).write_bytes(canonical_json(transcript))
    on_step("derived")
    manifest = _manifest(facts, target, audio=audio, transcript=transcript, sealed_at=sealed_at, asr_model=asr_model)
    (target / MANIFEST).write_bytes(manifest.canonical())
    (target / CHECKSUMS).write_bytes(manifest.checksums())
    for path in call_files(target):
        path.chmod(_READ_ONLY)
    on_step("manifest")
    return manifest


def _copy_journals(source: Path, target: Path) -> None:
    """Copy every file but the two recordings, also such as nobody here knows."""
    audio = {f"{leg}.wav" for leg in LEGS}
    for path in call_files(source):
        name = path.relative_to(source)
        if name.as_posix() not in audio:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)


def _manifest(
    facts: CallFacts,
    target: Path,
    *,
    audio: AudioResult,
    transcript: Transcript,
    sealed_at: datetime,
    asr_model: str,
) -> Manifest:
    offered, answered = facts.first(CallOffered), facts.first(CallAnswered)
    started, ended = facts.first(RecordingStarted), facts.first(CallEnded)
    duration_ms = audio.record.duration_ms if audio.record else 0
    problems = tuple(_call_problems(facts) + audio.problems + _transcript_problems(transcript, duration_ms))
    return Manifest(
        call_id=facts.folder.call_id,
        extension=offered.extension if offered else "",
        caller_number=offered.caller_number if offered else "",
        caller_name=offered.caller_name if offered else "",
        offered_at=offered.at if offered else None,
        answered_at=answered.at if answered else None,
        recording_started_at=started.at if started else None,
        ended_at=ended.at if ended else facts.last_change_at,
        sealed_at=sealed_at,
        end_reason=ended.reason if ended else "softphone_died",
        ring_ms=answered.ring_ms if answered else 0,
        talk_ms=ended.talk_ms if ended else 0,
        audio=audio.record,
        cases=tuple(facts.case_states()),
        transcript_completed=completed_legs(facts.transcript),
        transcript_words=sum(len(turn.words) for turn in transcript.turns),
        files=tuple(_entries(target)),
        gaps=gaps_of(facts.call, duration_ms),
        problems=problems,
        notes=tuple(_call_notes(facts) + audio.notes),
        complete=not problems,
        software=software_versions(),
        asr_model=asr_model if transcript.turns or transcript.completed else "",
    )


def _entries(target: Path) -> list[FileEntry]:
    return [
        FileEntry(name=path.relative_to(target).as_posix(), size_bytes=path.stat().st_size, sha256=sha256_file(path))
        for path in call_files(target)
    ]


def _call_problems(facts: CallFacts) -> list[Remark]:
    found: list[Remark] = []
    ended, closed = facts.first(CallEnded), facts.first(RecordingClosed)
    if not facts.call:
        found.append(remark("no_events"))
    elif ended is None or ended.reason == "softphone_died":
        found.append(remark("softphone_died"))
    if facts.recorded and closed is None:
        found.append(remark("not_closed"))
    if closed is not None and closed.gap:
        found.append(remark("audio_lost", note=closed.note or "-"))
    if facts.first(CallAnswered) is not None and not facts.recorded:
        found.append(remark("not_recorded"))
    if facts.recorded and not facts.transcribed:
        missing = [text(f"recorder.leg_{leg}") for leg in LEGS if leg not in completed_legs(facts.transcript)]
        found.append(remark("transcript_incomplete", legs=", ".join(missing)))
    for name, lines in facts.damaged:
        found.append(remark("damaged_lines", file=name, lines=", ".join(str(line) for line in lines[:20])))
    return found


def _call_notes(facts: CallFacts) -> list[Remark]:
    found = [remark("case_open", case=number) for number in facts.unsettled_cases()]
    if facts.call and not facts.recorded and facts.first(CallAnswered) is None:
        found.append(remark("never_answered"))
    if facts.screen_open_since is not None:
        found.append(remark("screen_open"))
    return found


def _transcript_problems(transcript: Transcript, duration_ms: int) -> list[Remark]:
    last_ms = max((turn.end_ms for turn in transcript.turns), default=0)
    if last_ms > duration_ms + _SLACK_MS:
        return [remark("beyond_audio", beyond_ms=last_ms - duration_ms)]
    return []
