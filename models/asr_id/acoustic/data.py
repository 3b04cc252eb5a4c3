# SPDX-License-Identifier: GPL-3.0-or-later
"""Training data: features with phone alignments, in shards that are read without loading them whole.

A shard is a folder-less pair `NAME.feats.npy` (all frames, float16) and `NAME.index.npz` (alignments and texts); the
index is written last, so a shard without one is unfinished and made again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.asr_id.acoustic.features import frame_of
from models.asr_id.acoustic.network import SUBSAMPLING
from models.asr_id.phones import PHONE_ID, SILENCE

TOLERANCE_FRAMES = 7  # how far training may move a phone's boundary
_SHORTEST_SILENCE_FRAMES = 3

Segments = npt.NDArray[np.int32]
"""(n, 3): phone id, first frame, frame after the last; gapless, from 0 to the number of frames."""


@dataclass(slots=True)
class Utterance:
    """One example. `speaker` is a voice's or person's name, `text` what was said (`#` for a made-up word)."""

    features: npt.NDArray[np.float16]
    segments: Segments
    text: str
    speaker: str

    @property
    def frames(self) -> int:
        """Length in frames of 10 ms."""
        return len(self.features)


@dataclass(slots=True)
class Target:
    """What the objective needs: phones with their windows in output frames, and a label per output frame."""

    phones: npt.NDArray[np.int64]
    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]


def segments_of(phones: Sequence[tuple[str, float, float]], frames: int, offset_s: float, rate_hz: int) -> Segments:
    """Turn phone times (name, start_s, end_s) into frames; silence surrounds them and short silences vanish."""
    rows: list[list[int]] = [[0, 0, 0]]
    for name, start_s, end_s in phones:
        phone = PHONE_ID[name]
        begin = max(0, frame_of((start_s + offset_s) * rate_hz))
        end = min(frames, frame_of((end_s + offset_s) * rate_hz))
        if phone == 0 and (rows[-1][0] == 0 or end - begin < _SHORTEST_SILENCE_FRAMES):
            rows[-1][2] = max(end, rows[-1][2])
            continue
        rows.append([phone, begin, end])
    if rows[-1][0] != PHONE_ID[SILENCE]:
        rows.append([0, rows[-1][2], frames])
    for before, row in itertools.pairwise(rows):
        row[1] = max(before[1], min(row[1], frames))
        before[2] = row[1]
    rows[-1][2] = frames
    return np.array(rows, np.int32)


def target_of(segments: Segments, frames: int, tolerance: int = TOLERANCE_FRAMES) -> Target | None:
    """Return the training target, None when there are more phones than output frames."""
    outputs = frames // SUBSAMPLING
    if len(segments) > outputs - 2:
        return None
    phones = segments[:, 0].astype(np.int64)
    low = np.maximum(0, -(-(segments[:, 1].astype(np.int64) - tolerance) // SUBSAMPLING))
    high = np.minimum(outputs, -(-(segments[:, 2].astype(np.int64) + tolerance) // SUBSAMPLING))
    low[0], high[-1] = 0, outputs
    labels = np.zeros(outputs, np.int64)
    for phone, begin, end in segments:
        first, last = -(-begin // SUBSAMPLING), min(outputs, -(-end // SUBSAMPLING))
        if last > first:
            labels[first:last] = 2 * phone + 1
            labels[first] = 2 * phone
    return Target(phones, low, high, labels)


def write_shard(base: Path, utterances: Iterable[Utterance]) -> int:
    """Write one shard `base`.*; returns the number of utterances."""
    items = list(utterances)
    base.parent.mkdir(parents=True, exist_ok=True)
    frames = [item.features for item in items] or [np.zeros((0, 40), np.float16)]
    np.save(base.with_suffix(".feats.npy"), np.concatenate(frames))
    part = base.with_suffix(".part.npz")
    np.savez(
        part,
        frames=np.array([item.frames for item in items], np.int64),
        counts=np.array([len(item.segments) for item in items], np.int64),
        segments=np.concatenate([item.segments for item in items] or [np.zeros((0, 3), np.int32)]),
        texts=np.array([item.text for item in items], dtype=np.str_),
        speakers=np.array([item.speaker for item in items], dtype=np.str_),
    )
    part.rename(base.with_suffix(".index.npz"))
    return len(items)


def is_complete(base: Path) -> bool:
    """Return whether a shard was written to its end."""
    return base.with_suffix(".index.npz").is_file()


def read_shards(bases: Iterable[Path]) -> Iterator[Utterance]:
    """Yield the utterances of shards; features stay on disk until they are used."""
    for base in bases:
        with np.load(base.with_suffix(".index.npz")) as index:
            frames, counts, segments = index["frames"], index["counts"], index["segments"]
            texts, speakers = index["texts"], index["speakers"]
        features = np.load(base.with_suffix(".feats.npy"), mmap_mode="r")
        ends, rows = np.cumsum(frames), np.cumsum(counts)
        for at in range(len(frames)):
            yield Utterance(
                features[ends[at] - frames[at] : ends[at]],
                segments[rows[at] - counts[at] : rows[at]],
                str(texts[at]),
                str(speakers[at]),
            )


def shards_in(folder: Path) -> list[Path]:
    """Return the complete shards of a folder, sorted."""
    return sorted(path.with_name(path.name.removesuffix(".index.npz")) for path in folder.glob("*.index.npz"))
