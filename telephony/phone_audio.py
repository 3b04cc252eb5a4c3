# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scriptable phone plays: ``FILE[@OFFSET_MS]`` arguments, and FLAC made playable."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

from pipeline.catalog import text
from telephony.engine import CLOCK_HZ
from telephony.errors import AudioFileError
from telephony.media import check_wav


@dataclass(frozen=True)
class PlayItem:
    """One sound file to play ``offset_ms`` after the answer; ``wav`` is the playable form of ``source``."""

    source: Path
    wav: Path
    offset_ms: int


def read_items(arguments: list[str], default_offset_ms: int, scratch: Path) -> list[PlayItem]:
    """Turn ``FILE[@OFFSET_MS]`` arguments into checked items, ordered by offset.

    Parameters:
        default_offset_ms: offset of files given without one.
        scratch: folder for WAVs made from FLAC files.

    Raises:
        AudioFileError: a file is missing, unreadable, or not 8 kHz mono.
    """
    items = []
    for number, argument in enumerate(arguments):
        name, mark, offset = argument.rpartition("@")
        if not mark or not offset.isdigit():
            name, offset = argument, str(default_offset_ms)
        source = Path(name)
        items.append(PlayItem(source, playable(source, scratch / f"{number}.wav"), int(offset)))
    return sorted(items, key=lambda item: item.offset_ms)


def playable(source: Path, target: Path) -> Path:
    """Return ``source`` when it is a WAV that can be played, or ``target`` written from a FLAC file."""
    if source.suffix.lower() != ".flac":
        check_wav(source)
        return source
    import soundfile

    if not source.is_file():
        check_wav(source)
    try:
        audio, rate_hz = soundfile.read(source, dtype="int16", always_2d=True)
    except soundfile.SoundFileError as error:
        raise AudioFileError(
            text("telephony.audio_unreadable", path=source, problem=error), remedy=text("telephony.audio_remedy")
        ) from error
    with wave.open(str(target), "wb") as file:
        file.setparams((audio.shape[1], 2, rate_hz, 0, "NONE", ""))
        file.writeframes(audio.tobytes())
    if (audio.shape[1], rate_hz) != (1, CLOCK_HZ) or not len(audio):
        raise AudioFileError(
            text(
                "telephony.audio_wrong_form",
                path=source,
                rate_hz=rate_hz,
                channels=audio.shape[1],
                bits=16,
                samples=len(audio),
            ),
            remedy=text("telephony.audio_remedy"),
        )
    return target
