# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures a model on anybody's recordings with transcripts, as they are."""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass, field
from pathlib import Path

from asr.model import check_model
from models.asr_id.adapt.data import Limits, Recording, Refusal, by_people, load_all, read_folder
from models.asr_id.evaluation.errors import EvaluationError
from models.asr_id.evaluation.listening import Heard, Job, listen
from models.asr_id.evaluation.pool import workers
from models.asr_id.evaluation.results import Comparison, Report
from models.asr_id.evaluation.run import Progress, shown_path, unknown_share
from models.asr_id.evaluation.scoring import Alignment, Count, align, entity_counts, total
from models.asr_id.evaluation.sentences import ENTITY_CLASSES
from models.asr_id.evaluation.tagging import tag
from pipeline.catalog import text as message

LIMITS = Limits(least_s=0.2, most_s=600.0)
_PROGRESS_EVERY = 200


@dataclass
class DataReport(Report):
    """Figures of a folder, with what was refused."""

    refusals: list[Refusal] = field(default_factory=list)


def evaluate_recordings(
    model: Path, folder: Path, progress: Progress, *, jobs: int = 2, most: int | None = None
) -> DataReport:
    """Decode every usable recording of a folder (or ``most``, evenly chosen) and compare with its transcript.

    Raises:
        ModelError: the model cannot be used.
        DataFolderError: the folder cannot be read.
        EvaluationError: nothing in it can be used, or a worker died.
    """
    check_model(model)
    began_s = time.monotonic()
    recordings, refusals = read_folder(folder, limits=LIMITS)
    recordings = evenly(by_people(recordings, refusals), most)  # a machine's transcript proves nothing
    progress(message("asr_eval.progress_data", count=len(recordings)))
    kept: list[Recording] = []
    told: list[Heard] = []
    with workers(jobs) as pool:
        answers = pool.map(_listen, [model] * len(recordings), recordings, chunksize=4)
        for number, (recording, answer) in enumerate(zip(recordings, answers, strict=True), 1):
            if isinstance(answer, Refusal):
                refusals.append(answer)
            else:
                kept.append(recording)
                told.append(answer)
            if number % _PROGRESS_EVERY == 0:
                progress(message("asr_eval.progress_share", percent=round(100 * number / len(recordings))))
    if not kept:
        raise _nothing(folder, refusals)
    report = DataReport(refusals=refusals)
    report.heard = [
        Comparison(recording.name, recording.speaker, recording.text, " ".join(one.words))
        for recording, one in zip(kept, told, strict=True)
    ]
    report.figures = _figures(kept, told)
    report.figures["oov.data"] = round(unknown_share(model, [one.text.split() for one in kept]), 4)
    report.setup = {
        "model": shown_path(model),
        "data": folder.name,
        "recordings": len(kept),
        "refused": len(refusals),
        "speakers": len({one.speaker for one in kept}),
        "audio_min": round(sum(one.audio_s for one in told) / 60, 1),
        "seconds": round(time.monotonic() - began_s),
        "python": platform.python_version(),
    }
    return report


def evenly(recordings: list[Recording], most: int | None) -> list[Recording]:
    """Return at most so many recordings, from the whole of the list."""
    if most is None or len(recordings) <= most:
        return recordings
    return [recordings[number * len(recordings) // most] for number in range(most)]


def _listen(model: Path, recording: Recording) -> Heard | Refusal:
    """Load and hear one recording, in a worker: a large folder never lies in memory as a whole."""
    refusals: list[Refusal] = []
    for _, samples in load_all([recording], refusals):
        return listen(Job(model, samples))
    return refusals[0]


def _figures(recordings: list[Recording], told: list[Heard]) -> dict[str, float]:
    aligned = [align(one.text.split(), heard.words) for one, heard in zip(recordings, told, strict=True)]
    marked = [
        entity_counts(alignment, tag(one.text.split())) for one, alignment in zip(recordings, aligned, strict=True)
    ]
    found: dict[str, float] = {"wer.data": round(total(one.count for one in aligned).rate, 4)}
    entities = total(count for counts in marked for count in counts.values())
    if entities.words:
        found["entity_wer.data"] = round(entities.rate, 4)
    for kind in ENTITY_CLASSES:
        count = total(counts.get(kind, Count()) for counts in marked)
        if count.words:
            found[f"entity_wer.data.{kind}"] = round(count.rate, 4)
    found["rtf.data"] = round(sum(one.cpu_s for one in told) / sum(one.audio_s for one in told), 4)
    return found | _by_speaker(recordings, aligned)


def _by_speaker(recordings: list[Recording], aligned: list[Alignment]) -> dict[str, float]:
    speakers = sorted({one.speaker for one in recordings})
    if len(speakers) < 2:
        return {}
    pairs = list(zip(recordings, aligned, strict=True))
    counts = {name: total(one.count for recording, one in pairs if recording.speaker == name) for name in speakers}
    return {f"wer.data.speaker.{name or '?'}": round(count.rate, 4) for name, count in counts.items()}


def _nothing(folder: Path, refusals: list[Refusal]) -> EvaluationError:
    first = refusals[0]
    return EvaluationError(
        message("asr_eval.nothing_usable", path=folder, name=first.name, reason=first.reason),
        remedy=message("asr_eval.nothing_usable_remedy"),
    )
