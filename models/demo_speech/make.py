# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the demo audio: `python -m models.demo_speech.make` reads lines.toml, writes the FLAC files and index.toml.

Needs espeak-ng, Festival and the voice packages of CARD.md (only here; the finished audio needs none of them).  The
result depends on nothing but lines.toml and those packages, so a second run writes the same samples.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import soundfile

from .espeak import PhoneTimer, TimingError
from .g2p import UnspeakableWordError
from .library import INDEX_NAME
from .prosody import plan_line
from .script import ScriptError, ScriptLine, read_script
from .synthesis import RATE_HZ, Samples, speak, to_pcm16
from .voices import VoiceError

HERE = Path(__file__).parent


def render(line: ScriptLine) -> Samples:
    """Samples of one line at 8 kHz, full scale 1.0; repeatable only as the first call of a process (see espeak.py).

    Raises VoiceError, TimingError or UnspeakableWordError.
    """
    seed = f"{line.id}/{line.take}"
    plan = plan_line(
        line.say,
        PhoneTimer(),
        f0_hz=line.speaker.voice.f0_hz * line.speaker.voice.warp,
        words_per_minute=line.speaker.words_per_minute,
        seed=seed,
    )
    with tempfile.TemporaryDirectory() as workdir:
        return speak(plan, line.speaker.voice, Path(workdir), seed=zlib.crc32(seed.encode()))


def file_name(line: ScriptLine) -> str:
    """Name of the line's file under audio/."""
    return f"audio/{line.id}.flac"


def index_entry(line: ScriptLine, samples: int) -> str:
    """The `[[line]]` table of one file; JSON strings and lists of strings are valid TOML."""
    fields = {
        "id": line.id,
        "role": line.role,
        "voice": line.speaker.voice.name,
        "sex": line.speaker.voice.sex,
        "text": line.text,
        "file": file_name(line),
        "duration_ms": round(samples * 1000 / RATE_HZ),
    }
    if line.role == "caller":
        fields |= {"expected_articles": list(line.articles), "reply_ids": list(line.reply_ids)}
    return "[[line]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())


def render_all(lines: Sequence[ScriptLine]) -> Iterator[Samples]:
    """Render the lines in order, each in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=1) as pool:
        yield from pool.imap(render, lines, chunksize=1)


def make_library(lines: Sequence[ScriptLine], folder: Path) -> None:
    """Write every line's FLAC and then index.toml, and delete audio that is no longer named."""
    audio = folder / "audio"
    audio.mkdir(parents=True, exist_ok=True)
    entries, names = [], set()
    for line, rendered in zip(lines, render_all(lines), strict=True):
        samples = to_pcm16(rendered)
        soundfile.write(folder / file_name(line), samples, RATE_HZ, subtype="PCM_16", compression_level=1.0)
        entries.append(index_entry(line, len(samples)))
        names.add(Path(file_name(line)).name)
    head = "# SPDX-License-Identifier: GPL-3.0-or-later\n# Written by models/demo_speech/make.py; edit lines.toml.\n\n"
    (folder / INDEX_NAME).write_text(head + "\n".join(entries), encoding="utf-8")
    for stale in (path for path in audio.glob("*.flac") if path.name not in names):
        stale.unlink()


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module docstring."""
    parser = argparse.ArgumentParser(prog="make", description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE, help="folder for audio/ and index.toml")
    options = parser.parse_args(arguments)
    try:
        make_library(read_script(), options.out)
    except (ScriptError, TimingError, UnspeakableWordError, VoiceError):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
