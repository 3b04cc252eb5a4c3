# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels for recordings that nobody transcribed: what the recogniser is sure of, and hears again when it listens twice.

Self-training (Scudder 1965) teaches the network these people's voices and lines with its own words. It cannot teach
it what it mishears with confidence; therefore only utterances are taken that stay the same under a small change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from asr.model import VoskModel, load_model
from asr.recogniser import Final, LegRecogniser
from models.asr_id.adapt import audio
from models.asr_id.adapt.audio import RATE_HZ, Samples, UnusableAudioError
from models.asr_id.adapt.data import Limits, Recording, Refusal, refusal
from models.asr_id.adapt.layouts import Entry, entries
from models.asr_id.evaluation.listening import at_rate, to_pcm16
from models.asr_id.evaluation.pool import workers
from models.asr_id.evaluation.scoring import align

LEAST_CONFIDENCE = 0.9
LEAST_WORD_CONFIDENCE = 0.5
MOST_DISAGREEMENT = 0.1
"""Share of the words that may differ when an utterance is heard again."""
_LEAST_WORDS = 2
_BEFORE_S, _AFTER_S = 0.25, 0.3
_BLOCK_S = 0.1
_SLOWER = (33, 32)  # the second time, 3 % slower and deeper ...
_NOISE_DB = -30.0  # ... and with noise below the speech


@dataclass(frozen=True)
class _Job:
    model: Path
    entry: Entry
    limits: Limits


def label(
    model: Path, source: Path, limits: Limits, refusals: list[Refusal], *, jobs: int, report: Callable[[int, int], None]
) -> list[Recording]:
    """Return the utterances of untranscribed recordings of a folder with what the model hears in them.

    Raises:
        DataFolderError: the folder cannot be read.
        EvaluationError: a worker died.
    """
    wanted = [entry for entry in entries(source) if entry.machine or entry.problem == "no_transcript"]
    found: list[Recording] = []
    with workers(jobs) as pool:
        results = pool.map(_listened, [_Job(model, entry, limits) for entry in wanted])
        for done, (kept, refused) in enumerate(results, 1):
            found += kept
            refusals += refused
            report(done, len(wanted))
    return found


def _listened(job: _Job) -> tuple[list[Recording], list[Refusal]]:
    entry, model = job.entry, _model(job.model)
    kept: list[Recording] = []
    refused: list[Refusal] = []
    try:
        samples = audio.load(entry.path, start_s=entry.start_s, end_s=entry.end_s, channel=entry.channel)
        finals = _hear(model, samples)
        if not finals:
            raise UnusableAudioError("nothing_heard", "")
    except UnusableAudioError as error:
        return [], [refusal(entry.path, entry.name, error)]
    for final in finals:
        name = f"{entry.name}@{final.words[0].start_ms}"
        try:
            kept.append(_certain(job, model, samples, final, name))
        except UnusableAudioError as error:
            refused.append(refusal(entry.path, name, error))
    return kept, refused


def _certain(job: _Job, model: VoskModel, samples: Samples, final: Final, name: str) -> Recording:
    """Return an utterance that the model is sure of; raises UnusableAudioError for any other."""
    entry, total_s = job.entry, samples.size / RATE_HZ
    start_s = max(0.0, final.words[0].start_ms / 1000 - _BEFORE_S)
    end_s = min(total_s, final.words[-1].end_ms / 1000 + _AFTER_S)
    if end_s - start_s > job.limits.most_s:
        raise UnusableAudioError("long", f"{end_s - start_s:.0f} s")
    least = min(word.confidence for word in final.words)
    if final.confidence < LEAST_CONFIDENCE or least < LEAST_WORD_CONFIDENCE or len(final.words) < _LEAST_WORDS:
        raise UnusableAudioError("unsure", f"{final.text[:40]}: {final.confidence:.2f}")
    piece = samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]
    again = [word.text for one in _hear(model, changed(piece)) for word in one.words]
    words = [word.text for word in final.words]
    if align(words, again).count.rate > MOST_DISAGREEMENT:
        raise UnusableAudioError("disagrees", f"{final.text[:40]} / {' '.join(again)[:40]}")
    first_s = entry.start_s
    return Recording(
        entry.path, " ".join(words), entry.speaker, name, end_s - start_s, first_s + start_s, first_s + end_s,
        entry.channel, machine=True,
    )  # fmt: skip


def changed(samples: Samples) -> Samples:
    """Return the same speech as somebody slightly else would say it, over a slightly worse line."""
    slower = np.asarray(resample_poly(samples, *_SLOWER), np.float32)
    level = float(np.sqrt((slower**2).mean())) * 10 ** (_NOISE_DB / 20)
    noise = np.random.default_rng(slower.size).standard_normal(slower.size) * level
    return (slower + noise).astype(np.float32)


def _hear(model: VoskModel, samples: Samples) -> Sequence[Final]:
    pcm = to_pcm16(at_rate(samples, model.rate_hz))
    leg = LegRecogniser(model.engine(), model.rate_hz, 0)
    block = round(_BLOCK_S * model.rate_hz)
    told = [item for first in range(0, pcm.size, block) for item in leg.feed(_bytes(pcm[first : first + block]))]
    return [item for item in [*told, *leg.flush()] if isinstance(item, Final)]


def _bytes(pcm: np.ndarray) -> bytes:
    return pcm.astype("<i2").tobytes()


@cache
def _model(path: Path) -> VoskModel:
    return load_model(path)
