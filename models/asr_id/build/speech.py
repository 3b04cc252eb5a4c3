# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage `speech`: sentences of the corpus spoken by many voices, kept clean with their phone times.

The work is cut into jobs of one speaker and some fifty sentences. What a job says depends on the seed and its number
alone, so jobs run in any order on any number of cores, and a build that was interrupted goes on with what is missing.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.asr_id.build.plan import BuildPlan
from models.asr_id.phones import CONSONANTS, PHONES, SILENCE, VOWELS
from models.asr_id.voices import SPEAKERS, Spoken, VoiceError, Word, speak, training_speakers

REQUESTS_PER_JOB = 50
LONGEST_S = 14.0
_TYPICAL_JOB_S = 110.0
_ATTEMPTS = 3
_PAUSE_CHANCE = 0.07
_BEST_READING_CHANCE = 0.65
_MADE_UP_CHANCE = 0.08
_SEX_SHARES = {"f": 0.48, "m": 0.44, "c": 0.08}
_PHONE_NAMES = (SILENCE, *PHONES)

Lines = Callable[[int], Iterator[Sequence[str]]]
"""Seed -> endless lines of words, such as `models.asr_id.corpus.training_lines`."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One spoken sentence as kept on disk."""

    samples: npt.NDArray[np.int16]
    phones: tuple[tuple[str, float, float], ...]
    text: str
    speaker: str


@dataclass(frozen=True, slots=True)
class Job:
    """One file of speech to make."""

    number: int
    recorded: bool
    path: Path


def jobs_of(plan: BuildPlan, folder: Path) -> list[Job]:
    """Return all jobs of a plan; about `_TYPICAL_JOB_S` seconds of speech each."""
    counts = [round(hours * 3600 / _TYPICAL_JOB_S + 0.5) for hours in (plan.recorded_hours, plan.formant_hours)]
    kinds = [True] * counts[0] + [False] * counts[1]
    random.Random(plan.seed).shuffle(kinds)  # noqa: S311 - reproducible choice, not a secret
    return [Job(at, recorded, folder / f"speech-{at:05d}.npz") for at, recorded in enumerate(kinds)]


def run_job(plan: BuildPlan, job: Job, lines: Lines) -> float:
    """Make one file; returns the seconds of speech in it. A finished file is left alone."""
    if job.path.exists():
        return 0.0
    rng = random.Random(f"{plan.seed}/{job.number}")  # noqa: S311
    source = lines(rng.getrandbits(30))
    requests = [_request(next(source), rng) for _ in range(REQUESTS_PER_JOB)]
    speaker, spoken = _spoken(plan, job, requests, rng)
    clips = [one for one in spoken if one is not None and one.duration_s <= LONGEST_S]
    job.path.parent.mkdir(parents=True, exist_ok=True)
    _write(job.path, clips, speaker)
    return sum(one.duration_s for one in clips)


def _spoken(
    plan: BuildPlan, job: Job, requests: Sequence[list[Word | None]], rng: random.Random
) -> tuple[str, list[Spoken | None]]:
    """Speak with a drawn voice; when its engine breaks down (Festival sometimes crashes on a batch), with another."""
    shared_memory = Path("/dev/shm")  # noqa: S108 - scratch; falls back to the default folder
    for attempt in range(_ATTEMPTS):
        speaker = _draw_speaker(plan, job, rng)
        with tempfile.TemporaryDirectory(dir=shared_memory if shared_memory.is_dir() else None) as workdir:
            try:
                return speaker, speak(speaker, requests, rng=rng, workdir=Path(workdir))
            except VoiceError:
                if attempt == _ATTEMPTS - 1:
                    raise
    raise AssertionError("unreachable")


def read_speaker(path: Path) -> str:
    """Return who speaks in one file."""
    with np.load(path) as table:
        return str(table["speaker"])


def read_clips(path: Path) -> list[Clip]:
    """Read one file back."""
    with np.load(path) as table:
        speaker, texts = str(table["speaker"]), table["texts"]
        samples, lengths = table["samples"], table["lengths"]
        phones, times, counts = table["phones"], table["times"], table["counts"]
    clips, at, row = [], 0, 0
    for text, length, count in zip(texts, lengths, counts, strict=True):
        names = [_PHONE_NAMES[phone] for phone in phones[row : row + count]]
        spans = times[row : row + count].tolist()
        timed = tuple((name, start, end) for name, (start, end) in zip(names, spans, strict=True))
        clips.append(Clip(samples[at : at + length], timed, str(text), speaker))
        at, row = at + length, row + count
    return clips


def made_up_word(rng: random.Random) -> Word:
    """A word that does not exist, so that the network learns sounds and not only the corpus's words."""
    phones: list[str] = []
    for _ in range(rng.choice((1, 2, 2, 2, 3, 3, 4))):
        if rng.random() < 0.88:
            phones.append(rng.choice(CONSONANTS))
        phones.append(rng.choice(VOWELS[:6]) if rng.random() < 0.9 else rng.choice(VOWELS))
        if rng.random() < 0.35:
            phones.append(rng.choice(("n", "ng", "m", "r", "s", "t", "k", "h", "l", "p", "q")))
    return Word("#", tuple(phones))


def _draw_speaker(plan: BuildPlan, job: Job, rng: random.Random) -> str:
    pool = [one for one in training_speakers(recorded=job.recorded) if not plan.speakers or one.name in plan.speakers]
    if not pool:
        raise VoiceError("no training voice is left: see the plan's `speakers`")
    by_sex = {sex: [one for one in pool if one.sex == sex] for sex in _SEX_SHARES}
    present = [sex for sex, voices in by_sex.items() if voices]
    sex = rng.choices(present, [_SEX_SHARES[one] for one in present])[0]
    return rng.choice(by_sex[sex]).name


def _request(words: Sequence[str], rng: random.Random) -> list[Word | None]:
    from models.asr_id.lexicon import pronounce

    request: list[Word | None] = []
    for at, word in enumerate(words):
        if at and rng.random() < _PAUSE_CHANCE:
            request.append(None)
        if rng.random() < _MADE_UP_CHANCE:
            request.append(made_up_word(rng))
            continue
        variants = pronounce(word)
        chosen = variants[0] if rng.random() < _BEST_READING_CHANCE else rng.choice(variants)
        request.append(Word(word, tuple(chosen)))
    return request


def _write(path: Path, clips: Sequence[Spoken], speaker: str) -> None:
    numbers = {name: at for at, name in enumerate(_PHONE_NAMES)}
    rows = [row for clip in clips for row in clip.phones]
    samples = [np.round(clip.samples * 32767).astype(np.int16) for clip in clips]
    part = path.with_suffix(".part.npz")
    np.savez(
        part,
        speaker=np.array(SPEAKERS[speaker].name),
        texts=np.array([" ".join(word.text for word in clip.words) for clip in clips], dtype=np.str_),
        samples=np.concatenate(samples or [np.zeros(0, np.int16)]),
        lengths=np.array([len(one) for one in samples], np.int64),
        phones=np.array([numbers[name] for name, _, _ in rows], np.int16),
        times=np.array([(start, end) for _, start, end in rows], np.float64).reshape(-1, 2),
        counts=np.array([len(clip.phones) for clip in clips], np.int64),
    )
    part.rename(path)
