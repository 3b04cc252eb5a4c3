# SPDX-License-Identifier: GPL-3.0-or-later
"""Any folder of audio with transcripts, read and checked: what can be used, and what is refused and why.

>>> recordings, refusals = read_folder(Path("cv-corpus/id"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.asr_id.adapt import audio
from models.asr_id.adapt.audio import Samples, UnusableAudioError
from models.asr_id.adapt.layouts import DataFolderError, Entry, entries
from models.asr_id.adapt.spoken import UnreadableTextError, spoken_form
from pipeline.catalog import text as message

__all__ = [
    "DataFolderError", "Limits", "Recording", "Refusal", "by_people", "load", "load_all", "read_folder", "refusal",
]  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """What length of recording is taken, and how fast a person may speak before the transcript is not believed."""

    least_s: float = 0.3
    most_s: float = 40.0
    most_letters_per_s: float = 32.0


@dataclass(frozen=True)
class Recording:
    """One utterance that can be used.

    ``text`` is in our spoken form (lower-case words, numbers read out); ``speaker`` is "" when the folder does not
    tell; ``end_s`` None means to the end of the file; ``channel`` None means all channels mixed; ``machine`` says
    that the text is a recogniser's and nobody has corrected it.
    """

    path: Path
    text: str
    speaker: str
    name: str
    length_s: float
    start_s: float = 0.0
    end_s: float | None = None
    channel: int | None = None
    machine: bool = False


@dataclass(frozen=True)
class Refusal:
    """One utterance that cannot be used. ``code`` is stable, ``reason`` is for people."""

    path: Path
    name: str
    code: str
    reason: str


def read_folder(
    source: Path, *, limits: Limits | None = None, keep_machine: bool = False
) -> tuple[list[Recording], list[Refusal]]:
    """Read a folder (or one of its tables) and check every utterance by file header and transcript.

    Nothing is decoded, so that a large folder takes seconds; what only decoding shows, :func:`load` tells.

    Parameters:
        keep_machine: keep a recogniser's transcripts also where people have corrected others; otherwise those are
            refused, because they would count as truth.

    Raises:
        DataFolderError: the folder cannot be used as a whole.
    """
    limits = limits or Limits()
    recordings: list[Recording] = []
    refusals: list[Refusal] = []
    lengths: dict[Path, float] = {}
    for entry in entries(source):
        try:
            recordings.append(_checked(entry, limits, lengths))
        except UnusableAudioError as error:
            refusals.append(refusal(entry.path, entry.name, error))
        except UnreadableTextError as error:
            refusals.append(refusal(entry.path, entry.name, UnusableAudioError(error.code, error.what)))
    if keep_machine or all(one.machine for one in recordings):
        return recordings, refusals
    return by_people(recordings, refusals), refusals


def by_people(recordings: Iterable[Recording], refusals: list[Refusal]) -> list[Recording]:
    """Return what people transcribed or corrected; the rest is appended to ``refusals``."""
    kept = []
    for one in recordings:
        if one.machine:
            refusals.append(refusal(one.path, one.name, UnusableAudioError("uncorrected", "")))
        else:
            kept.append(one)
    return kept


def load(recording: Recording) -> Samples:
    """Return a recording's samples at 8 kHz, one channel, full scale 1.0.

    Raises:
        UnusableAudioError: it cannot be decoded, or holds nothing audible.
    """
    return audio.load(recording.path, start_s=recording.start_s, end_s=recording.end_s, channel=recording.channel)


def load_all(recordings: Iterable[Recording], refusals: list[Refusal]) -> Iterator[tuple[Recording, Samples]]:
    """Yield what can be decoded; append what cannot to ``refusals``."""
    for recording in recordings:
        try:
            yield recording, load(recording)
        except UnusableAudioError as error:
            refusals.append(refusal(recording.path, recording.name, error))


def _checked(entry: Entry, limits: Limits, lengths: dict[Path, float]) -> Recording:
    if entry.problem:
        raise UnusableAudioError(entry.problem, "")
    if entry.path not in lengths:
        lengths[entry.path] = audio.length_s(entry.path)
    end_s = lengths[entry.path] if entry.end_s is None else min(entry.end_s, lengths[entry.path])
    length_s = end_s - entry.start_s
    if length_s < limits.least_s:
        raise UnusableAudioError("short", f"{max(0.0, length_s):.2f} s")
    if length_s > limits.most_s:
        raise UnusableAudioError("long", f"{length_s:.0f} s")
    said = spoken_form(entry.transcript)
    if len(said) > limits.most_letters_per_s * length_s:
        raise UnusableAudioError("too_much_text", f"{len(said)} / {length_s:.1f} s")
    return Recording(
        entry.path, said, entry.speaker, entry.name, length_s, entry.start_s, entry.end_s, entry.channel, entry.machine
    )


def refusal(path: Path, name: str, error: UnusableAudioError) -> Refusal:
    """Return the refusal that an error means, with its reason in words."""
    code, detail = error.args
    return Refusal(path, name, code, message(f"asr_data.refused_{code}", detail=detail))
