# SPDX-License-Identifier: GPL-3.0-or-later
"""A finished call with our own spoken lines as its two voices, sealed by the real sealer. Invented people."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import soundfile

from pipeline import events as ev
from pipeline.callfolder import LEGS, CallFolder
from pipeline.clock import SystemClock
from pipeline.settings import PROJECT_DIR
from recorder.seal import Sealed, Sealer
from tests.desk_pages.house import House, Line, ago, as_written, words_of

RATE_HZ = 8000
SPEECH_DIR = PROJECT_DIR / "models/demo_speech/audio"
SPOKEN: tuple[tuple[ev.Leg, str, int, str], ...] = (
    ("caller", "lupa-efin.tanya", 3_000,
     "halo selamat pagi pak saya mau lapor spt tahunan tapi saya lupa efin bagaimana cara minta efin lagi"),
    ("agent", "lupa-efin.jawab1", 12_000, "baik pak saya bantu silakan siapkan nik dan npwp untuk verifikasi data"),
    ("agent", "lupa-efin.jawab2", 27_000,
     "bapak bisa minta efin lewat email kantor pajak atau datang langsung dengan membawa kartu identitas asli"),
)  # fmt: skip
LENGTH_MS = 38_000


def spoken_words(text: str, start_ms: int, length_ms: int) -> tuple[ev.Word, ...]:
    """Return the words spread over the time in which they are heard."""
    words = words_of(text, start_ms, doubtful=("efin",))
    step = length_ms // len(words)
    return tuple(
        word.model_copy(update={"start_ms": start_ms + n * step, "end_ms": start_ms + n * step + step - 40})
        for n, word in enumerate(words)
    )


def finished_call(house: House, name: str = "Dewi Contoh", began: datetime | None = None) -> Line:
    """Write a whole call: events, both recordings, transcript, suggestions. The hub opens its case."""
    line = Line(house)
    began = began or ago(LENGTH_MS / 1000 + 5)
    line.ring(name=name, at=began)
    line.answer(at=began)
    voices = {leg: np.zeros(LENGTH_MS * RATE_HZ // 1000, dtype=np.int16) for leg in LEGS}
    tone, _ = soundfile.read(house.settings.sync_tone_file, dtype="int16")
    segments = dict.fromkeys(LEGS, 0)
    for leg in LEGS:
        voices[leg][: len(tone)] = tone
    for leg, clip, start_ms, text in SPOKEN:
        samples, rate_hz = soundfile.read(SPEECH_DIR / f"{clip}.flac", dtype="int16")
        samples = samples[:: rate_hz // RATE_HZ]
        first = start_ms * RATE_HZ // 1000
        voices[leg][first : first + len(samples)] = samples[: len(voices[leg]) - first]
        length_ms = len(samples) * 1000 // RATE_HZ
        segments[leg] += 1
        words = spoken_words(text, start_ms, length_ms)
        line.say(
            ev.SegmentFinalized(
                at=began + timedelta(milliseconds=start_ms + length_ms), call_id=line.call_id, leg=leg,
                segment=segments[leg], start_ms=start_ms, end_ms=start_ms + length_ms, text=text,
                words=words, decoded_to_ms=start_ms + length_ms, confidence=0.9, **as_written(words),
            )
        )  # fmt: skip
    for at_ms, kind in ((19_000, "held"), (25_000, "resumed")):
        at = began + timedelta(milliseconds=at_ms)
        held = ev.CallHeld(at=at, call_id=line.call_id, offset_ms=at_ms, by="agent")
        line.say(held if kind == "held" else ev.CallResumed(at=at, call_id=line.call_id, offset_ms=at_ms))
    for leg in LEGS:
        soundfile.write(line.folder.audio(leg), voices[leg], RATE_HZ, subtype="PCM_16")
    at = began + timedelta(milliseconds=LENGTH_MS)
    line.say(ev.CallEnded(at=at, call_id=line.call_id, offset_ms=LENGTH_MS, reason="caller_hung_up", talk_ms=LENGTH_MS))
    samples = LENGTH_MS * RATE_HZ // 1000
    line.say(ev.RecordingClosed(at=at, call_id=line.call_id, caller_samples=samples, agent_samples=samples))
    for leg in LEGS:
        line.say(
            ev.TranscriptCompleted(
                at=at, call_id=line.call_id, leg=leg, segments=segments[leg], decoded_to_ms=LENGTH_MS
            )
        )
    line.extension_state("ready")
    line.close()
    return line


def seal(house: House, folder: CallFolder) -> Sealed:
    """Seal a call folder as the archiver does, and tell everybody."""
    spool, settings = house.hub.spool, house.settings
    sealer = Sealer(spool, settings.archive_dir, clock=SystemClock(), tone_file=settings.sync_tone_file)
    sealed = sealer.seal(folder)
    house.publish(
        ev.BundleSealed(
            at=ago(0), call_id=folder.call_id, bundle=str(sealed.bundle), manifest_sha256=sealed.manifest_sha256,
            complete=not sealed.manifest.problems,
        ),
        "2101",
    )  # fmt: skip
    return sealed
