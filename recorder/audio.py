# SPDX-License-Identifier: GPL-3.0-or-later
"""From two recordings as they were left to one stereo file and an honest account of it.

Nothing is lost because it is wrong: a recording that cannot go into the stereo file (other rate, stereo, broken
header) is kept as it is and named in the manifest.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.callfolder import LEGS, CallFolder
from pipeline.events import Leg, RecordingClosed, RecordingStarted
from recorder.align import ROUNDING_MS, Alignment, align
from recorder.errors import WavError
from recorder.facts import CallFacts
from recorder.flac import Channel, write_stereo
from recorder.manifest import AUDIO, AudioRecord, LegRecord, Remark, remark
from recorder.wav import Samples, WavInfo, blocks, inspect, read_samples, repair

DEFAULT_RATE_HZ = 8000
MAX_LEG_DIFFERENCE_MS = 200  # both recorders stop in the same instant; more than this is lost audio


@dataclass
class AudioResult:
    """The audio part of a bundle: its record and what has to be said about it."""

    record: AudioRecord | None = None
    problems: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)


def pcm_sha256(info: WavInfo) -> str:
    """Return the hash of a recording's samples (little-endian, without header)."""
    digest = hashlib.sha256()
    for block in blocks(info):
        digest.update(block.astype("<i2", copy=False).tobytes())
    return digest.hexdigest()


def build_audio(facts: CallFacts, target: Path, tone_file: Path) -> AudioResult:
    """Write ``call.flac`` (and recordings that cannot go into it) into ``target``.

    Unfinished recordings in the spool are repaired on the way.

    Raises:
        SealingError, OSError: nothing could be written.
    """
    result = AudioResult()
    started = facts.first(RecordingStarted)
    if started is None and not any(facts.folder.audio(leg).exists() for leg in LEGS):
        return result
    rate_hz = started.sample_rate_hz if started else DEFAULT_RATE_HZ
    infos: dict[Leg, WavInfo | None] = {}
    raw: dict[Leg, str] = {}
    for leg in LEGS:
        infos[leg] = _open(facts.folder, leg, rate_hz, result)
        if infos[leg] is None:
            raw[leg] = _keep_raw(facts.folder.audio(leg), target)
    sync_tone_ms = started.sync_tone_ms if started else 0
    alignment = _measure(infos, tone_file, rate_hz, result) if sync_tone_ms else Alignment(0, 0.0)
    result.record = _write(facts.folder, target, rate_hz=rate_hz, infos=infos, raw=raw, alignment=alignment)
    _compare(facts, infos, result)
    return result


def _open(folder: CallFolder, leg: Leg, rate_hz: int, result: AudioResult) -> WavInfo | None:
    path = folder.audio(leg)
    try:
        info = inspect(path, expected_rate_hz=rate_hz)
        if not info.finished:
            info = repair(path)
            result.problems.append(remark("unfinished", file=path.name, seconds=f"{info.duration_ms / 1000:.2f}"))
    except WavError as error:
        result.problems.append(Remark(code=error.code, text=error.message))
        return None
    if info.samples == 0:
        result.problems.append(remark("no_samples", file=path.name))
    return info


def _keep_raw(path: Path, target: Path) -> str:
    if not path.is_file() or path.stat().st_size == 0:
        return ""
    shutil.copyfile(path, target / path.name)
    return path.name


def _measure(infos: dict[Leg, WavInfo | None], tone_file: Path, rate_hz: int, result: AudioResult) -> Alignment:
    """Find the start offset; without a usable tone or both channels, say so and correct nothing."""
    caller, agent = infos["caller"], infos["agent"]
    tone = _tone(tone_file, rate_hz)
    if caller is None or agent is None or tone is None:
        result.notes.append(remark("offset_unknown"))
        return Alignment(0, 0.0)
    head = len(tone) + rate_hz
    found = align(read_samples(caller, 0, head), read_samples(agent, 0, head), tone, rate_hz)
    offset_ms = f"{found.offset_samples * 1000 / rate_hz:.1f}"
    if not found.found:
        result.notes.append(remark("offset_unknown"))
    elif abs(found.left_samples) > rate_hz * ROUNDING_MS // 1000:
        result.problems.append(remark("offset_left", offset_ms=offset_ms))
    elif found.lead != (0, 0):
        result.notes.append(remark("offset_corrected", offset_ms=offset_ms))
    return found


def _tone(path: Path, rate_hz: int) -> Samples | None:
    try:
        return read_samples(inspect(path, expected_rate_hz=rate_hz))
    except (WavError, OSError):
        return None


def _write(
    folder: CallFolder,
    target: Path,
    *,
    rate_hz: int,
    infos: dict[Leg, WavInfo | None],
    raw: dict[Leg, str],
    alignment: Alignment,
) -> AudioRecord:
    leads = dict(zip(LEGS, alignment.lead, strict=True))
    channels = {leg: Channel(infos[leg], leads[leg] if infos[leg] else 0) for leg in LEGS}
    total = max(channel.length for channel in channels.values())
    legs = tuple(_leg(folder, leg, channels[leg], total, raw.get(leg, "")) for leg in LEGS)
    file, pcm = "", ""
    if total:
        summary = write_stereo(target / AUDIO, channels["caller"], channels["agent"], rate_hz)
        file, pcm = AUDIO, summary.pcm_sha256
    return AudioRecord(
        file=file,
        rate_hz=rate_hz,
        samples=total,
        duration_ms=total * 1000 // rate_hz,
        pcm_sha256=pcm,
        offset_samples=alignment.offset_samples,
        offset_confidence=round(alignment.confidence, 4),
        legs=legs,
    )


def _leg(folder: CallFolder, leg: Leg, channel: Channel, total: int, raw_file: str) -> LegRecord:
    path = folder.audio(leg)
    source_bytes = path.stat().st_size if path.is_file() else 0
    if channel.info is None:
        return LegRecord(leg=leg, tail_samples=total, source_bytes=source_bytes, raw_file=raw_file)
    return LegRecord(
        leg=leg,
        samples=channel.info.samples,
        lead_samples=channel.lead,
        tail_samples=total - channel.length,
        pcm_sha256=pcm_sha256(channel.info),
        source_bytes=source_bytes,
    )


def _compare(facts: CallFacts, infos: dict[Leg, WavInfo | None], result: AudioResult) -> None:
    """Compare the channels with each other and with what telephony counted."""
    caller, agent = infos["caller"], infos["agent"]
    if caller and agent:
        difference_ms = abs(caller.duration_ms - agent.duration_ms)
        if difference_ms > MAX_LEG_DIFFERENCE_MS:
            result.problems.append(remark("lengths_differ", difference_ms=difference_ms))
    closed = facts.first(RecordingClosed)
    if closed is None:
        return
    counted: dict[Leg, int] = {"caller": closed.caller_samples, "agent": closed.agent_samples}
    for leg in LEGS:
        info = infos[leg]
        if info is not None and counted[leg] > info.samples:
            missing_ms = (counted[leg] - info.samples) * 1000 // info.rate_hz
            result.problems.append(remark("samples_missing", file=f"{leg}.wav", missing_ms=max(1, missing_ms)))
