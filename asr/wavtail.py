# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a WAV file while another process is still writing it.

Such a file is empty at first, its header says length 0, and it may end in the middle of a sample. The end of the
file therefore only means "not yet"; when the audio is complete is told by the call's journal. Lengths in the header
are not used at all: a killed writer leaves wrong ones.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from asr.errors import AudioFormatError
from pipeline.catalog import text

SAMPLE_BYTES = 2
_PCM = 1
_EXTENSIBLE = 0xFFFE
_HEADER_MOST_BYTES = 4096  # a header without its data chunk in so many bytes is none


class WavTail:
    """A position in one growing recording. Nothing is opened before the first read.

    Parameters:
        path: the file; it need not exist yet.
        rate_hz: the only sample rate accepted.
    """

    def __init__(self, path: Path, rate_hz: int) -> None:
        self.path = path
        self.rate_hz = rate_hz
        self.position = 0  # samples read so far (or sought to)
        self._file: BinaryIO | None = None
        self._data_at = 0  # byte offset of sample 0; 0 = header not seen yet

    def available(self) -> int:
        """Return how many whole samples the file holds now (0 while there is no header).

        Raises:
            AudioFormatError: no WAV, or not PCM 16 bit mono at the model's rate.
            OSError: the file cannot be read.
        """
        if not self._ready():
            return 0
        assert self._file is not None
        self._file.seek(0, 2)
        return max(0, self._file.tell() - self._data_at) // SAMPLE_BYTES

    def seek(self, sample: int) -> None:
        """Go to an absolute sample, which may lie ahead of what is written."""
        self.position = sample

    def read(self, samples: int) -> bytes:
        """Return up to ``samples`` samples (little-endian PCM16) from the position on; empty means "not yet".

        Raises:
            AudioFormatError, OSError: as :meth:`available`.
        """
        if samples <= 0 or not self._ready():
            return b""
        assert self._file is not None
        self._file.seek(self._data_at + self.position * SAMPLE_BYTES)
        data = self._file.read(samples * SAMPLE_BYTES)
        data = data[: len(data) // SAMPLE_BYTES * SAMPLE_BYTES]
        self.position += len(data) // SAMPLE_BYTES
        return data

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._data_at = 0

    def _ready(self) -> bool:
        if self._data_at:
            return True
        if self._file is None:
            try:
                self._file = self.path.open("rb", buffering=0)
            except FileNotFoundError:
                return False
        self._file.seek(0)
        try:
            self._data_at = _data_offset(self._file.read(_HEADER_MOST_BYTES), self.path, self.rate_hz)
        except AudioFormatError:
            self.close()
            raise
        return self._data_at > 0


def _data_offset(head: bytes, path: Path, rate_hz: int) -> int:
    """Return where the samples begin, 0 when the header is not complete yet."""
    if len(head) < 12:
        return 0
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise AudioFormatError(text("asr.not_wav", file=path), remedy=text("asr.not_wav_remedy"))
    at = 12
    format_seen = False
    while at + 8 <= len(head):
        tag, length = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        if tag == b"fmt ":
            if at + 24 > len(head):
                return 0
            _check_format(head[at + 8 : at + 24], path, rate_hz)
            format_seen = True
        if tag == b"data" and format_seen:
            return at + 8
        at += 8 + length + length % 2
    if len(head) >= _HEADER_MOST_BYTES:
        raise AudioFormatError(text("asr.not_wav", file=path), remedy=text("asr.not_wav_remedy"))
    return 0


def _check_format(fields: bytes, path: Path, rate_hz: int) -> None:
    kind, channels, found_hz, _, _, bits = struct.unpack("<HHIIHH", fields)
    if kind in (_PCM, _EXTENSIBLE) and (channels, found_hz, bits) == (1, rate_hz, 16):
        return
    raise AudioFormatError(
        text("asr.wrong_format", file=path, found_hz=found_hz, channels=channels, bits=bits, rate_hz=rate_hz),
        remedy=text("asr.wrong_format_remedy", rate_hz=rate_hz),
    )
