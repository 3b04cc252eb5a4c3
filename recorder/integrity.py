# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a bundle what its manifest says, byte for byte, and does it hold all that a call folder holds?

Both questions are answered from the disk alone: the first for every verification, the second before a spool
folder may go.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.callfolder import LEGS
from pipeline.catalog import text
from recorder.audio import pcm_sha256
from recorder.disk import sha256_file
from recorder.errors import BundleDamagedError, WavError
from recorder.facts import call_files
from recorder.flac import summarize
from recorder.manifest import (
    AUDIO,
    CHECKSUMS,
    MANIFEST,
    PEAKS,
    TRANSCRIPT,
    LegRecord,
    Manifest,
    read_manifest,
)
from recorder.wav import inspect


def load_manifest(bundle: Path) -> Manifest:
    """Return a bundle's manifest.

    Raises:
        BundleDamagedError: there is none, or it cannot be read.
    """
    try:
        return read_manifest((bundle / MANIFEST).read_bytes())
    except OSError as error:
        raise BundleDamagedError(text("recorder.file_missing", file=MANIFEST)) from error


def check_bundle(bundle: Path, *, deep: bool = True) -> list[str]:
    """Return what is wrong with a bundle, each problem naming the file; empty = it is whole.

    ``deep`` also decodes the audio and compares it with the hash of what was recorded.
    """
    try:
        manifest = load_manifest(bundle)
        raw = (bundle / MANIFEST).read_bytes()
    except (BundleDamagedError, OSError) as error:
        return [str(error)]
    problems = []
    if raw != manifest.canonical():
        problems.append(text("recorder.manifest_altered", file=MANIFEST))
    problems += _check_checksums(bundle, manifest)
    problems += _check_names(bundle, manifest)
    for entry in manifest.files:
        problems += _check_file(bundle / entry.name, entry.name, entry.size_bytes, entry.sha256)
    if deep and not problems:
        problems += _check_audio(bundle, manifest)
    return problems


def _check_checksums(bundle: Path, manifest: Manifest) -> list[str]:
    try:
        same = (bundle / CHECKSUMS).read_bytes() == manifest.checksums()
    except OSError:
        return [text("recorder.file_missing", file=CHECKSUMS)]
    return [] if same else [text("recorder.checksums_differ", file=CHECKSUMS, manifest=MANIFEST)]


def _check_names(bundle: Path, manifest: Manifest) -> list[str]:
    problems = []
    if manifest.call_id != bundle.name.split(".")[0]:
        problems.append(text("recorder.manifest_of_other", file=MANIFEST, call_id=manifest.call_id))
    known = {entry.name for entry in manifest.files} | {MANIFEST, CHECKSUMS}
    there = {path.relative_to(bundle).as_posix() for path in call_files(bundle)}
    problems += [text("recorder.file_unknown", file=name) for name in sorted(there - known)]
    return problems


def _check_file(path: Path, name: str, size_bytes: int, sha256: str) -> list[str]:
    try:
        size = path.stat().st_size
        if size != size_bytes:
            return [text("recorder.file_size", file=name, size=size, expected=size_bytes)]
        if sha256_file(path) != sha256:
            return [text("recorder.file_altered", file=name)]
    except FileNotFoundError:
        return [text("recorder.file_missing", file=name)]
    except OSError as error:
        return [text("recorder.file_unreadable", file=name, problem=error.strerror or str(error))]
    return []


def _check_audio(bundle: Path, manifest: Manifest) -> list[str]:
    audio = manifest.audio
    if audio is None or not audio.file:
        return []
    try:
        found = summarize(bundle / audio.file)
    except BundleDamagedError as error:
        return [str(error)]
    if (found.rate_hz, found.samples, found.pcm_sha256) != (audio.rate_hz, audio.samples, audio.pcm_sha256):
        return [text("recorder.audio_differs", file=audio.file)]
    return []


def unaccounted(spool_folder: Path, manifest: Manifest) -> list[str]:
    """Return the names of files in a call folder whose present content is not in the bundle.

    A folder that was partly removed already has nothing against it: what is left decides.
    """
    legs = {f"{leg}.wav": leg for leg in LEGS}
    left = []
    for path in call_files(spool_folder):
        name = path.relative_to(spool_folder).as_posix()
        entry = manifest.file(name)
        if name in legs and manifest.audio is not None and entry is None:
            kept = _holds_recording(path, manifest.audio.leg(legs[name]))
        else:
            kept = entry is not None and entry.sha256 == sha256_file(path)
        if not kept:
            left.append(name)
    return left


def holds_less(spool_folder: Path, bundle: Path) -> list[str]:
    """Return what a bundle got from its call folder that a folder of the same call no longer has.

    Such a folder is a latecomer (somebody wrote for a call that was sealed already): a bundle made from it would be
    poorer than the one that is there.
    """
    there = {path.relative_to(spool_folder).as_posix(): path.stat().st_size for path in call_files(spool_folder)}
    wanted = {path.relative_to(bundle).as_posix(): path.stat().st_size for path in call_files(bundle)}
    for made in (MANIFEST, CHECKSUMS, PEAKS, TRANSCRIPT):
        wanted.pop(made, None)
    if wanted.pop(AUDIO, None) is not None:
        wanted.update(_recordings(bundle))
    return sorted(name for name, size in wanted.items() if there.get(name, -1) < size)


def _recordings(bundle: Path) -> dict[str, int]:
    """Return the sizes of the recordings that went into a bundle's stereo file; 0 where it is not known."""
    try:
        audio = load_manifest(bundle).audio
    except BundleDamagedError:
        audio = None
    if audio is None:
        return {f"{leg}.wav": 0 for leg in LEGS}
    return {f"{record.leg}.wav": record.source_bytes for record in audio.legs if record.samples}


def _holds_recording(path: Path, record: LegRecord) -> bool:
    if path.stat().st_size != record.source_bytes:
        return False
    if record.source_bytes == 0:
        return True
    try:
        return pcm_sha256(inspect(path)) == record.pcm_sha256
    except WavError:
        return False
