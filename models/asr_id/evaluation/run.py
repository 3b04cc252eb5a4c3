# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole measurement: who reads what, under which conditions, and what it costs.

Speech is made and heard in worker processes; what a model costs is measured afterwards, in a process of its own
while nothing else of the measurement runs.
"""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from asr.model import check_model
from models.asr_id.evaluation import noises, resources
from models.asr_id.evaluation.conditions import CONDITIONS, RATE_HZ, TELEPHONE, Samples, heard
from models.asr_id.evaluation.errors import EvaluationError
from models.asr_id.evaluation.listening import Heard, Job, at_rate, listen, to_pcm16
from models.asr_id.evaluation.oddities import make as make_oddities
from models.asr_id.evaluation.pool import child, workers
from models.asr_id.evaluation.results import Comparison, Report, Trial, figures_of
from models.asr_id.evaluation.sentences import Sentence, Split, load_sentences
from models.asr_id.evaluation.voices import FAMILIES, LEAD_MS, TRAIL_MS, Family, Utterance, read_aloud
from pipeline.catalog import text as message
from pipeline.settings import PROJECT_DIR

Progress = Callable[[str], None]
_BABBLE_VOICES = 8
_CALL_UTTERANCES = 24


@dataclass(frozen=True)
class Options:
    """What to measure.

    Parameters:
        stride: every how manieth sentence is read.
        condition_utterances: how many utterances of a family are heard under every condition.
        noise_s: length of each noise.
        jobs: processes that make and hear speech.
    """

    model: Path
    split: Split = "test"
    stride: int = 1
    condition_utterances: int = 30
    noise_s: float = 30.0
    jobs: int = 2
    seed: int = 1

    def quick(self) -> Options:
        """Return the same on a small part of everything; its figures are rough."""
        return replace(self, stride=6, condition_utterances=8, noise_s=10.0)


def evaluate(options: Options, progress: Progress) -> Report:
    """Measure a model on the held-out sentences.

    Raises:
        ModelError: the model cannot be used.
        EvaluationError: a voice is missing, or a process of the measurement died.
    """
    check_model(options.model)
    began_s = time.monotonic()
    sentences = load_sentences(options.split)[:: options.stride]
    with workers(options.jobs) as pool:
        progress(message("asr_eval.progress_speech"))
        plan = reading_plan(sentences, options.split)
        spoken = pool.map(read_aloud, plan, plan.values(), [options.seed] * len(plan))
        utterances = [utterance for part in spoken for utterance in part]
        if not utterances:
            raise EvaluationError(message("asr_eval.nothing_said"))
        progress(message("asr_eval.progress_hear", count=len(utterances)))
        trials = _hear(pool, options, utterances, progress)
        progress(message("asr_eval.progress_noise"))
        invented = _invented(pool, options, utterances)
    report = Report(figures_of(trials) | invented)
    progress(message("asr_eval.progress_cost"))
    report.figures |= _cost(options, utterances)
    progress(message("asr_eval.progress_odd"))
    report.figures |= _odd(options, utterances)
    report.figures["oov.sentences"] = round(unknown_share(options.model, [one.words for one in sentences]), 4)
    if options.split == "dev":
        report.heard = [_comparison(trial) for trial in trials]
    report.setup = {
        "model": shown_path(options.model),
        "split": options.split,
        "stride": options.stride,
        "sentences": len(sentences),
        "utterances": len(utterances),
        "unsayable": sum(len(part) for part in plan.values()) - len(utterances),
        "words": sum(len(one.sentence.words) for one in utterances),
        "audio_min": round(sum(trial.heard.audio_s for trial in trials) / 60, 1),
        "seconds": round(time.monotonic() - began_s),
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
    }
    return report


def _comparison(trial: Trial) -> Comparison:
    said, heard_words = trial.utterance.sentence.text, " ".join(trial.heard.words)
    return Comparison(trial.condition, trial.utterance.voice, said, heard_words)


def reading_plan(sentences: Sequence[Sentence], split: Split) -> dict[str, list[Sentence]]:
    """Return who reads which sentences.

    Each sentence is read by two known voices (of both sexes, in turn) and by every stranger that may be heard: the
    test strangers are kept from the dev half, so that nothing can be tuned to them.
    """
    known, formant = FAMILIES["known"], FAMILIES["formant"]
    plan: dict[str, list[Sentence]] = {voice: [] for voice in known}
    for number, sentence in enumerate(sentences):
        for step in (0, len(known) // 2):
            plan[known[(number + step) % len(known)]].append(sentence)
    if split == "test":
        plan |= {voice: list(sentences) for voice in FAMILIES["heldout"]}
        plan |= {voice: list(sentences[::2]) for voice in FAMILIES["dev"]}
    else:
        plan |= {voice: list(sentences) for voice in FAMILIES["dev"]}
    plan |= {voice: list(sentences[number :: 2 * len(formant)]) for number, voice in enumerate(formant)}
    return {voice: part for voice, part in plan.items() if part}


def _hear(pool: ProcessPoolExecutor, options: Options, utterances: list[Utterance], progress: Progress) -> list[Trial]:
    small = {id(utterance) for utterance in _condition_set(options, utterances)}
    asked: list[tuple[Utterance, str, bool]] = [
        (utterance, TELEPHONE, id(utterance) in small) for utterance in utterances
    ]
    asked += [
        (utterance, name, True)
        for name in CONDITIONS
        if name != TELEPHONE
        for utterance in utterances
        if id(utterance) in small
    ]
    others = {id(utterance): utterances[number - 7].speech for number, utterance in enumerate(utterances)}
    places = {id(utterance): number for number, utterance in enumerate(utterances)}
    jobs = (
        Job(
            options.model,
            utterance.speech,
            condition,
            options.seed + places[id(utterance)],
            others[id(utterance)] if condition == "crosstalk" else None,
        )
        for utterance, condition, _ in asked
    )
    trials = []
    for (utterance, condition, small_set), answer in zip(asked, pool.map(listen, jobs, chunksize=4), strict=True):
        trials.append(Trial(utterance, condition, answer, small_set))
        if len(trials) % max(1, len(asked) // 4) == 0:
            progress(message("asr_eval.progress_share", percent=round(100 * len(trials) / len(asked))))
    return trials


def _condition_set(options: Options, utterances: list[Utterance]) -> list[Utterance]:
    """Return the utterances that are heard under every condition: some of known voices, some of strangers."""
    chosen: list[Utterance] = []
    families: tuple[Family, ...] = ("known", "heldout") if options.split == "test" else ("known", "dev")
    for family in families:
        all_of = [one for one in utterances if one.family == family]
        step = max(1, len(all_of) // options.condition_utterances)
        chosen += all_of[::step]
    return chosen


def _invented(pool: ProcessPoolExecutor, options: Options, utterances: list[Utterance]) -> dict[str, float]:
    """Return the words per minute heard where nobody speaks."""
    seconds, seed = options.noise_s, options.seed
    loud = {name: noises.noise(name, seconds, seed) for name in noises.NOISES}
    some = utterances[:: max(1, len(utterances) // _BABBLE_VOICES)]
    loud["babble"] = noises.babble([one.speech.astype(np.float64) for one in some], seconds, seed)
    quiet = noises.silences(seconds, seed)
    sounds = [*loud.values(), *quiet.values()]
    told = list(pool.map(listen, [Job(options.model, sound.astype(np.float32)) for sound in sounds]))
    found: dict[str, float] = {}
    for name, parts, answers in (("noise", loud, told[: len(loud)]), ("silence", quiet, told[len(loud) :])):
        found[f"insertions_per_min.{name}"] = _per_minute(answers)
        for kind, answer in zip(parts, answers, strict=True):
            found[f"insertions_per_min.{name}.{kind}"] = _per_minute([answer])
    return found


def _per_minute(answers: Sequence[Heard]) -> float:
    minutes = sum(answer.audio_s for answer in answers) / 60
    return round(sum(len(answer.words) for answer in answers) / minutes, 2)


def _cost(options: Options, utterances: list[Utterance]) -> dict[str, float]:
    rate_hz = check_model(options.model).rate_hz
    with tempfile.TemporaryDirectory(prefix="kring-eval-") as name:
        call, speech = Path(name) / "call.npy", Path(name) / "speech.npy"
        np.save(call, to_pcm16(at_rate(call_leg(utterances, options.seed).astype(np.float32), rate_hz)))
        np.save(speech, to_pcm16(at_rate(_continuous(utterances, options.seed).astype(np.float32), rate_hz)))
        found = child("models.asr_id.evaluation.resources", options.model, call, speech)
    rounded = {name: round(value, 4 if name.startswith("rtf") else 3) for name, value in found.items()}
    return rounded | {"model_mb": round(resources.size_mb(options.model), 2)}


def _odd(options: Options, utterances: list[Utterance]) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="kring-eval-") as name:
        make_oddities(to_pcm16(_continuous(utterances[:_CALL_UTTERANCES], options.seed)), Path(name))
        found = child("models.asr_id.evaluation.oddities", options.model, Path(name))
    names = {"growth_mb": "robust.growth_mb", "files_refused": "robust.files_refused"}
    return {names.get(key, f"robust.words_per_min.{key}"): round(value, 2) for key, value in found.items()}


def call_leg(utterances: Sequence[Utterance], seed: int) -> Samples:
    """Return one leg of a call: this person speaks half of the time and listens the other half."""
    parts: list[Samples] = []
    for number, utterance in enumerate(_mixed(utterances)):
        line = heard(TELEPHONE, utterance.speech, seed + number, np.zeros(0))
        spoken = line.size - (LEAD_MS + TRAIL_MS) * RATE_HZ // 1000
        pause = noises.silences(max(0.2, spoken / RATE_HZ - (LEAD_MS + TRAIL_MS) / 1000), seed + number)["comfort"]
        parts += [line, pause]
    return np.concatenate(parts)


def _continuous(utterances: Sequence[Utterance], seed: int) -> Samples:
    lead, trail = LEAD_MS * RATE_HZ // 1000, TRAIL_MS * RATE_HZ // 1000
    lines = (heard(TELEPHONE, one.speech, seed, np.zeros(0)) for one in _mixed(utterances))
    return np.concatenate([line[lead // 2 : line.size - trail * 3 // 4] for line in lines])


def _mixed(utterances: Sequence[Utterance]) -> Sequence[Utterance]:
    return utterances[:: max(1, len(utterances) // _CALL_UTTERANCES)][:_CALL_UTTERANCES]


def unknown_share(model: Path, lines: Sequence[Sequence[str]]) -> float:
    """Return the share of running words that the model cannot write because they are not in its vocabulary."""
    table = (model / "graph/words.txt").read_text(encoding="utf-8").splitlines()
    known = {line.split()[0] for line in table if line.strip()}
    words = [word for line in lines for word in line]
    return sum(word not in known for word in words) / max(1, len(words))


def shown_path(model: Path) -> str:
    """Return a model's path as reports show it: below the project without what comes before."""
    return str(model.relative_to(PROJECT_DIR)) if model.is_relative_to(PROJECT_DIR) else str(model)
