# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive's audio: one stereo FLAC, caller left, agent right, sample 0 = the same instant.

FLAC is lossless, so sealing can prove that what was recorded is what is kept: the PCM that went in is hashed and
compared with what the finished file decodes to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from pipeline.catalog import text
from recorder.errors import BundleDamagedError, SealingError
from recorder.wav import Samples, WavInfo, read_samples

_BLOCK = 1 << 19  # samples; 2 MiB of stereo


@dataclass(frozen=True)
class Channel:
    """One side of the stereo file: a recording (None = silence throughout) after ``lead`` samples of silence."""

    info: WavInfo | None
    lead: int = 0

    @property
    def length(self) -> int:
        """Samples including the lead."""
        return self.lead + (self.info.samples if self.info else 0)

    def read(self, start: int, count: int) -> Samples:
        """Return exactly ``count`` samples from ``start`` on, silence where the recording has none."""
        out = np.zeros(count, dtype=np.int16)
        if self.info is None:
            return out
        first = max(start, self.lead)
        wanted = start + count - first
        if wanted > 0:
            found = read_samples(self.info, first - self.lead, wanted)
            out[first - start : first - start + len(found)] = found
        return out


@dataclass(frozen=True)
class StereoSummary:
    """What a stereo file holds; ``pcm_sha256`` is over its interleaved little-endian 16-bit samples."""

    rate_hz: int
    samples: int
    pcm_sha256: str


def write_stereo(path: Path, caller: Channel, agent: Channel, rate_hz: int) -> StereoSummary:
    """Write both channels to ``path``, the shorter one filled up with silence, and say what was written.

    There must be at least one sample: libsndfile makes no file of nothing.

    Raises:
        SealingError: the encoder could not write (most often a full disk).
        OSError: as from the file system.
    """
    total = max(caller.length, agent.length)
    digest = hashlib.sha256()
    try:
        with soundfile.SoundFile(path, "w", rate_hz, 2, subtype="PCM_16", format="FLAC") as file:
            for start in range(0, total, _BLOCK):
                count = min(_BLOCK, total - start)
                stereo = np.stack([caller.read(start, count), agent.read(start, count)], axis=1)
                digest.update(stereo.astype("<i2", copy=False).tobytes())
                file.write(stereo)
    except soundfile.LibsndfileError as error:
        raise SealingError(text("recorder.encoder_failed", file=path.name, problem=error), retryable=True) from error
    return StereoSummary(rate_hz, total, digest.hexdigest())


def read_blocks(path: Path, block_samples: int) -> Iterator[Samples]:
    """Yield a stereo file's samples in arrays of shape (n <= block_samples, channels), int16.

    Raises:
        BundleDamagedError: the file does not decode.
    """
    try:
        with soundfile.SoundFile(path) as file:
            left = file.frames
            while left > 0:
                block = file.read(block_samples, dtype="int16", always_2d=True)
                if not len(block):
                    break
                left -= len(block)
                yield block
    except soundfile.LibsndfileError as error:
        raise BundleDamagedError(text("recorder.not_decodable", file=path.name, problem=error)) from error


def summarize(path: Path) -> StereoSummary:
    """Decode a whole stereo file and return what it holds.

    Raises:
        BundleDamagedError: the file does not decode.
    """
    digest = hashlib.sha256()
    samples = 0
    for block in read_blocks(path, _BLOCK):
        digest.update(block.astype("<i2", copy=False).tobytes())
        samples += len(block)
    return StereoSummary(soundfile.info(path).samplerate, samples, digest.hexdigest())
