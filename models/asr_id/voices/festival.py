# SPDX-License-Identifier: GPL-3.0-or-later
"""Diphone voices: Festival gets explicit segments (phone, seconds, pitch), so the phone times are ours.

A phone the voice lacks (h in the Italian voices) lends its time to the vowel beside it; that part is whispered.
"""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from ..phones import SILENCE, VOWELS
from .core import Label, Raw, RefusedError, Request, Speaker, Spoken, VoiceError
from .prosody import Timed, plan
from .sound import finish, whisper
from .spelling import DiphoneSet, spell
from .style import Take
from .tables import diphone_sets

_SECONDS_PER_UTTERANCE = 20
_MOST_CRASHES = 10  # czech_machac corrupts Festival's memory in about one of forty utterances


@dataclass(frozen=True, slots=True)
class _Unit:
    """What Festival is asked for: one of our phones, and how much of its beginning or end is to be whispered."""

    phone: str
    duration_s: float
    f0_hz: float | None
    whisper_start_s: float = 0.0
    whisper_end_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Job:
    request: Request
    take: Take
    labels: list[Label]
    units: list[_Unit]
    segments: list[str]


def render(
    speaker: Speaker, requests: Sequence[Request], takes: Sequence[Take], workdir: Path
) -> list[Spoken | RefusedError]:
    """Say every request in one Festival process. Raises VoiceError when the engine itself fails."""
    diphones = _set_of(speaker)
    jobs = [_prepare(request, take, diphones) for request, take in zip(requests, takes, strict=True)]
    run_festival(
        diphones.select,
        {
            number: f"(set! u (Utterance Segments ({' '.join(job.segments)})))(utt.synth u)"
            for number, job in enumerate(jobs)
            if isinstance(job, _Job)
        },
        workdir,
        package=speaker.package,
    )
    return [
        job if isinstance(job, RefusedError) else _collect(job, workdir / f"{number}.wav", speaker)
        for number, job in enumerate(jobs)
    ]


def run_festival(select: str, utterances: dict[int, str], workdir: Path, *, package: str) -> str:
    """Make `<number>.wav` in `workdir` for each Scheme text that leaves its utterance in `u`; returns what was printed.

    An error in one utterance leaves its file out; one that kills the process is left out and the others are said again.
    Raises VoiceError when Festival cannot run at all.
    """
    for number in utterances:
        _wav(workdir, number).unlink(missing_ok=True)
    waiting = dict(utterances)
    printed = ""
    for _ in range(_MOST_CRASHES):
        done = _run_once(select, waiting, workdir)
        printed += done.stdout.decode(errors="replace")
        message = done.stderr.decode(errors="replace")
        if "unbound variable: voice_" in message or "can't find" in message.lower():
            raise VoiceError(f"festival cannot load the voice: apt-get install {package}\n{message[-300:]}")
        if not done.returncode:
            return printed
        # Crashed: the first one without a file (or after the last that has one) is to blame.
        made = [number for number in waiting if _wav(workdir, number).exists()]
        order = list(waiting)
        blamed = order.index(made[-1]) + 1 if made else 0
        waiting = {number: waiting[number] for number in order[blamed + 1 :]}
    if not any(_wav(workdir, number).exists() for number in utterances):
        raise VoiceError(f"festival failed: {message[-300:]}")
    return printed


def _wav(workdir: Path, number: int) -> Path:
    return workdir / f"{number}.wav"


def _run_once(select: str, utterances: dict[int, str], workdir: Path) -> subprocess.CompletedProcess[bytes]:
    script = workdir / "batch.scm"
    lines = [select] + [
        f'(unwind-protect (begin {scheme}(utt.save.wave u "{_wav(workdir, number)}" \'riff)) nil)'
        for number, scheme in utterances.items()
    ]
    script.write_text("\n".join(lines) + "\n", encoding="utf-8")
    timeout_s = 30 + _SECONDS_PER_UTTERANCE * len(utterances)
    try:
        return subprocess.run(["festival", "-b", str(script)], capture_output=True, timeout=timeout_s, check=False)
    except FileNotFoundError as error:
        raise VoiceError("festival is missing: apt-get install festival") from error
    except subprocess.TimeoutExpired as error:
        raise VoiceError(f"festival did not finish {len(utterances)} utterances in {timeout_s} s") from error


def read_wav(path: Path) -> tuple[Raw, int]:
    """Samples (full scale 1.0) and their rate; the file is deleted. Raises RefusedError when it was not made."""
    if not path.exists():
        raise RefusedError("the engine made no sound file")
    samples, rate_hz = soundfile.read(path, dtype="float64")
    path.unlink()
    return np.asarray(samples, dtype=np.float64), int(rate_hz)


@functools.cache
def _sets() -> dict[str, DiphoneSet]:
    return diphone_sets()


def _set_of(speaker: Speaker) -> DiphoneSet:
    return _sets()[speaker.name]


def _prepare(request: Request, take: Take, diphones: DiphoneSet) -> _Job | RefusedError:
    try:
        timed = plan(request, take)
        units = _lend_missing(timed, diphones)
        chain = spell([unit.phone for unit in units], diphones.table, diphones.diphones(), take.rng)
    except RefusedError as error:
        return error
    segments = []
    for unit, spelling in zip(units, chain, strict=True):
        for number, (name, share) in enumerate(spelling):
            seconds = unit.duration_s * share * take.warp
            target = f" ({seconds / 2:.4f} {unit.f0_hz:.1f})" if unit.f0_hz and number == 0 else ""
            segments.append(f"({name} {seconds:.4f}{target})")
    labels = [Label(one.phone, one.word, one.duration_s) for one in timed]
    return _Job(request, take, labels, units, segments)


def _lend_missing(timed: Sequence[Timed], diphones: DiphoneSet) -> list[_Unit]:
    units: list[_Unit] = []
    lent_s = 0.0
    for at, one in enumerate(timed):
        follower = timed[at + 1].phone if at + 1 < len(timed) else SILENCE
        coda = one.phone in diphones.whispered_coda and follower not in VOWELS
        if one.phone in diphones.whispered or coda:
            if follower in VOWELS:
                lent_s = one.duration_s
            elif units and units[-1].phone in VOWELS:
                vowel = units[-1]
                length_s = vowel.duration_s + one.duration_s
                units[-1] = _Unit(vowel.phone, length_s, vowel.f0_hz, vowel.whisper_start_s, one.duration_s)
            else:
                raise RefusedError(f"no vowel beside {one.phone!r} to whisper")
            continue
        units.append(_Unit(one.phone, one.duration_s + lent_s, one.f0_hz, lent_s))
        lent_s = 0.0
    return units


def _collect(job: _Job, wav: Path, speaker: Speaker) -> Spoken | RefusedError:
    try:
        raw, rate_hz = read_wav(wav)
        scale = rate_hz * job.take.warp
        _whisper_units(raw, scale, job)
        return finish(raw, scale, job.labels, speaker=speaker, request=job.request)
    except RefusedError as error:
        return error


def _whisper_units(samples: Raw, scale: float, job: _Job) -> None:
    noise = np.random.default_rng(job.take.noise_seed)
    start_s = 0.0
    for unit in job.units:
        end_s = start_s + unit.duration_s
        if unit.whisper_start_s:
            whisper(samples[round(start_s * scale) : round((start_s + unit.whisper_start_s) * scale)], noise)
        if unit.whisper_end_s:
            whisper(samples[round((end_s - unit.whisper_end_s) * scale) : round(end_s * scale)], noise)
        start_s = end_s
