# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest: what a bundle holds, what is missing from it and why, and the hash of every file.

It is written last, as canonical JSON (sorted keys, no spaces, UTF-8), so that its own hash is well defined; later
each manifest names the hash of the one before it. Problems are losses and make a bundle incomplete; notes are
things that an assessor should know and that lost nothing.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline.catalog import text
from pipeline.events import Leg
from recorder.errors import BundleDamagedError

MANIFEST = "manifest.json"
CHECKSUMS = "SHA256SUMS"
AUDIO = "call.flac"
PEAKS = "peaks.json"
TRANSCRIPT = "transcript.json"

GapKind = Literal["hold", "muted", "no_audio", "lost"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Remark(_Part):
    """A problem or a note: a stable code and the words for people."""

    code: str
    text: str


def remark(code: str, /, **params: object) -> Remark:
    """Return the remark of a code, its words from the catalogue (``recorder.remark_<code>``)."""
    return Remark(code=code, text=text(f"recorder.remark_{code}", language=None, **params))


class Gap(_Part):
    """A stretch of the time line without (useful) voice; times in ms since sample 0, ``end_ms`` None = to the end."""

    kind: GapKind
    leg: Leg | None
    start_ms: int
    end_ms: int | None


class FileEntry(_Part):
    """One file of the bundle."""

    name: str
    size_bytes: int
    sha256: str


class LegRecord(_Part):
    """One side of the audio.

    Parameters:
        samples: what the recording held.
        lead_samples: silence put before it, because its recorder began that much later than the other.
        tail_samples: silence put after it, because it was shorter than the other.
        pcm_sha256: hash of the recording's samples; empty when they could not be used.
        source_bytes: size of the recording in the spool; it proves that nothing was added after sealing.
        raw_file: name under which the recording itself was kept, because it could not go into the stereo file.
    """

    leg: Leg
    samples: int = 0
    lead_samples: int = 0
    tail_samples: int = 0
    pcm_sha256: str = ""
    source_bytes: int = 0
    raw_file: str = ""


class AudioRecord(_Part):
    """The audio of a call. ``file`` is empty when no stereo file could be made."""

    file: str
    rate_hz: int
    samples: int
    duration_ms: int
    pcm_sha256: str
    offset_samples: int = 0
    offset_confidence: float = 0.0
    legs: tuple[LegRecord, ...]

    def leg(self, name: Leg) -> LegRecord:
        """Return one side's record."""
        return next((record for record in self.legs if record.leg == name), LegRecord(leg=name))


class Manifest(_Part):
    """The whole of a sealed call in one record."""

    version: int = 1
    call_id: str
    extension: str = ""
    caller_number: str = ""
    caller_name: str = ""
    offered_at: datetime | None = None
    answered_at: datetime | None = None
    recording_started_at: datetime | None = None
    ended_at: datetime | None = None
    sealed_at: datetime
    end_reason: str = ""
    ring_ms: int = 0
    talk_ms: int = 0
    audio: AudioRecord | None = None
    cases: tuple[str, ...] = ()
    transcript_completed: tuple[Leg, ...] = ()
    transcript_words: int = 0
    files: tuple[FileEntry, ...] = ()
    gaps: tuple[Gap, ...] = ()
    problems: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()
    complete: bool
    software: dict[str, str]
    asr_model: str = ""
    previous_manifest_sha256: str = ""

    @property
    def duration_ms(self) -> int:
        """Length of the recording; 0 without one."""
        return self.audio.duration_ms if self.audio else 0

    def file(self, name: str) -> FileEntry | None:
        """Return the entry of a file, if the bundle holds it."""
        return next((entry for entry in self.files if entry.name == name), None)

    def canonical(self) -> bytes:
        """Return the bytes of ``manifest.json``."""
        return canonical_json(self)

    def sha256(self) -> str:
        """Return the hash of :meth:`canonical`, hexadecimal."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def checksums(self) -> bytes:
        """Return the bytes of ``SHA256SUMS``, which ``sha256sum -c`` checks without this software."""
        rows = [(entry.name, entry.sha256) for entry in self.files] + [(MANIFEST, self.sha256())]
        return "".join(f"{digest}  {name}\n" for name, digest in sorted(rows)).encode()


def canonical_json(model: BaseModel) -> bytes:
    """Return a model as JSON with one possible spelling: sorted keys, no spaces, UTF-8, one final newline."""
    data = model.model_dump(mode="json")
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def read_manifest(raw: bytes) -> Manifest:
    """Read ``manifest.json``.

    Raises:
        BundleDamagedError: it is no manifest.
    """
    try:
        return Manifest.model_validate_json(raw)
    except ValidationError as error:
        raise BundleDamagedError(text("recorder.manifest_unreadable", file=MANIFEST)) from error
