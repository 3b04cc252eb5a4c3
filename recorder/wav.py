# SPDX-License-Identifier: GPL-3.0-or-later
"""The recordings as telephony leaves them: mono PCM16 WAV, possibly never finished.

A recorder that was killed leaves zero lengths in the header, so the number of samples comes from the file's size.
The standard library refuses such files; this module reads them as they are and can write the lengths that the
recorder had no time to write.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.catalog import text
from recorder.errors import WavError

Samples = NDArray[np.int16]

_PCM = 1
_SAMPLE_BYTES = 2
_HEADER_LIMIT_BYTES = 64 * 1024  # a header longer than this is no recording of ours


@dataclass(frozen=True)
class WavInfo:
    """What a recording really holds.

    Parameters:
        data_offset: position of the first sample, bytes.
        samples: whole samples in the file, whatever the header says.
        finished: the header's lengths agree with the file.
    """

    path: Path
    rate_hz: int
    data_offset: int
    samples: int
    finished: bool

    @property
    def duration_ms(self) -> int:
        """Length of the audio."""
        return self.samples * 1000 // self.rate_hz


def inspect(path: Path, *, expected_rate_hz: int | None = None) -> WavInfo:
    """Read a recording's header and size.

    Raises:
        WavError: no file, 0 bytes, an incomplete header, not PCM16 mono, or another rate than expected.
    """
    try:
        with path.open("rb") as file:
            info = _parse(path, file, os.fstat(file.fileno()).st_size)
    except FileNotFoundError as error:
        raise WavError(text("recorder.wav_missing", file=path.name)) from error
    if expected_rate_hz is not None and info.rate_hz != expected_rate_hz:
        raise WavError(text("recorder.wav_rate", file=path.name, rate_hz=info.rate_hz, expected_hz=expected_rate_hz))
    return info


def _parse(path: Path, file: BinaryIO, size: int) -> WavInfo:
    if size == 0:
        raise WavError(text("recorder.wav_empty", file=path.name))
    head = file.read(12)
    if len(head) < 12:
        raise WavError(text("recorder.wav_header", file=path.name))
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise WavError(text("recorder.wav_not", file=path.name))
    riff_length = int.from_bytes(head[4:8], "little")
    rate_hz = 0
    while file.tell() < _HEADER_LIMIT_BYTES:
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        tag, length = chunk[:4], int.from_bytes(chunk[4:], "little")
        if tag == b"data" and rate_hz:
            return _measure(path, rate_hz, file.tell(), size, lengths=(riff_length, length))
        body = file.read(length + length % 2) if length <= _HEADER_LIMIT_BYTES else b""
        if len(body) < length:
            break
        if tag == b"fmt ":
            rate_hz = _rate(path, body)
    raise WavError(text("recorder.wav_header", file=path.name))


def _rate(path: Path, body: bytes) -> int:
    if len(body) < 16:
        raise WavError(text("recorder.wav_header", file=path.name))
    kind, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", body[:16])
    if kind != _PCM or bits != 8 * _SAMPLE_BYTES:
        raise WavError(text("recorder.wav_format", file=path.name, format=kind, bits=bits))
    if channels != 1:
        raise WavError(text("recorder.wav_channels", file=path.name, channels=channels))
    if not 1000 <= rate_hz <= 192_000:
        raise WavError(text("recorder.wav_header", file=path.name))
    return int(rate_hz)


def _measure(path: Path, rate_hz: int, offset: int, size: int, *, lengths: tuple[int, int]) -> WavInfo:
    riff_length, length = lengths
    there = size - offset
    # PJSIP writes both lengths once, on closing. Lengths that do not account for every byte mean that it never got
    # there, or that the file grew after a repair: then all that is there is audio.
    finished = length <= there and riff_length + 8 in {size, size - 1} and (length > 0 or there == 0)
    used = length if finished else there
    return WavInfo(path, rate_hz, offset, used // _SAMPLE_BYTES, finished)


def repair(path: Path) -> WavInfo:
    """Write the lengths that an unfinished header lacks, cut half a sample off, and return the new state.

    A finished file is left as it is; repairing twice changes nothing more.

    Raises:
        WavError: see :func:`inspect`.
    """
    info = inspect(path)
    if info.finished:
        return info
    data_bytes = info.samples * _SAMPLE_BYTES
    with path.open("rb+") as file:
        file.truncate(info.data_offset + data_bytes)
        file.seek(info.data_offset - 4)
        file.write(data_bytes.to_bytes(4, "little"))
        file.seek(4)
        file.write((info.data_offset - 8 + data_bytes).to_bytes(4, "little"))
        file.flush()
        os.fsync(file.fileno())
    return inspect(path)


def read_samples(info: WavInfo, start: int = 0, count: int | None = None) -> Samples:
    """Return up to ``count`` samples from sample ``start`` on, shape (n,), int16."""
    left = max(0, info.samples - start)
    wanted = left if count is None else min(count, left)
    with info.path.open("rb") as file:
        file.seek(info.data_offset + start * _SAMPLE_BYTES)
        raw = file.read(wanted * _SAMPLE_BYTES)
    return np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.int16, copy=False)


def blocks(info: WavInfo, block_samples: int = 1 << 20) -> Iterator[Samples]:
    """Yield the whole recording in arrays of at most ``block_samples``, so that hours need no memory."""
    for start in range(0, info.samples, block_samples):
        yield read_samples(info, start, block_samples)
