# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole adaptation: recordings in, a model folder with its card out. Nothing here decides what is used."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import torch

from asr.modelstore import copy_model
from models.asr_id.acoustic.data import Utterance
from models.asr_id.acoustic.export import export_acoustic
from models.asr_id.acoustic.network import Checkpoint
from models.asr_id.adapt.cardfile import Facts, Part, percent, write_card
from models.asr_id.adapt.checkpoint import load_checkpoint, save_checkpoint
from models.asr_id.adapt.clock import Clock
from models.asr_id.adapt.collect import Clip, collect
from models.asr_id.adapt.data import Limits, Refusal, by_people, read_folder
from models.asr_id.adapt.errors import AdaptError
from models.asr_id.adapt.finetune import Tuned, finetune, prepare, recipe_for
from models.asr_id.adapt.measure import capped, word_errors
from models.asr_id.adapt.selftrain import label
from models.asr_id.adapt.split import Split, split
from models.asr_id.evaluation.pool import workers
from models.asr_id.evaluation.scoring import Count, total
from models.asr_id.language.refresh import teach
from pipeline.catalog import text

LIMITS = Limits(least_s=0.4, most_s=30.0)
LANGUAGE_SHARE = 0.2
"""Share of what is said that is expected to be like the transcripts, where there are many ..."""
_FEW_SENTENCES = 50  # ... and half of it where there are only so many
_FEWEST = 6
_LEAST_TRAINING_S = 60.0
_RESERVED_SHARE = 0.17  # of the time given, for the language and the measurement after the training
_MOST_TEST_S, _MOST_DEV_S = 900.0, 480.0

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What to adapt, to what, and for how long.

    Parameters:
        base: model folder with a checkpoint.
        base_name: how the card calls it.
        minutes: time for everything, roughly; the training is cut short, the checks and measurements are not.
        steps: training steps instead of what follows from the amount of speech.
        language: whether the transcripts' words and phrases go into the language model.
    """

    data: Path
    base: Path
    base_name: str
    minutes: float = 15.0
    seed: int = 1
    jobs: int = 2
    steps: int | None = None
    language: bool = True
    self_train: bool = False
    command: str = ""


@dataclass
class Adapted:
    """What came of it."""

    facts: Facts
    refusals: list[Refusal] = field(default_factory=list)


def adapt(options: Options, target: Path, tell: Tell, refusals: list[Refusal] | None = None) -> Adapted:
    """Put into the empty folder ``target`` the base as it is after learning from the data.

    Parameters:
        refusals: filled with what is refused, also when the adaptation fails in the end.

    Raises:
        KringError: the base, the data or a tool cannot be used.
    """
    clock = Clock()
    refusals = [] if refusals is None else refusals
    checkpoint = load_checkpoint(options.base)
    with tempfile.TemporaryDirectory(prefix="kring-adapt-") as scratch:
        with workers(options.jobs) as pool:
            with clock.stage("check"):
                clips, labels = _usable(options, pool, refusals, tell)
            parts = _divided(clips, labels, options.seed)
            tell(_told_parts(parts))
            with clock.stage("prepare"):
                material = _prepared(options, pool, parts, Path(scratch), tell)
        with clock.stage("train"):
            tuned = _trained(options, checkpoint, material, clock, tell)
    with clock.stage("write"):
        new_words = _write(options, tuned, parts, target, tell)
    with clock.stage("measure"), workers(options.jobs) as pool:
        wer = _measured(options, pool, tuned, parts, target=target, tell=tell)
    facts = Facts(
        base=options.base_name, data=str(options.data), created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=options.command, seed=options.seed, labels=labels, by_speaker=parts.by_speaker,
        parts={name: _part(part) for name, part in parts.named().items()},
        refused=dict(Counter(one.code for one in refusals)), wer=wer,
        fit={"before": round(tuned.fit_before, 4), "after": round(tuned.fit_after, 4)},
        steps=tuned.steps, best_step=tuned.best_step, copies=material.copies, new_words=new_words,
        shared_sentences=parts.shared_sentences,
        better=labels == "people" and wer["dev.after"] < wer["dev.before"], seconds=clock.seconds,
    )  # fmt: skip
    clock.seconds["total"] = round(clock.elapsed_s, 1)
    write_card(facts, target)
    return Adapted(facts, refusals)


@dataclass(frozen=True)
class _Parts:
    train: list[Clip]
    dev: list[Clip]
    test: list[Clip]
    by_speaker: bool

    def named(self) -> dict[str, list[Clip]]:
        return {"train": self.train, "dev": self.dev, "test": self.test}

    @property
    def shared_sentences(self) -> float:
        known = {clip.recording.text for clip in self.train}
        return round(sum(clip.recording.text in known for clip in self.test) / max(1, len(self.test)), 4)


def _usable(options: Options, pool: Executor, refusals: list[Refusal], tell: Tell) -> tuple[list[Clip], str]:
    """Return what can be trained on, and who wrote what decides: "people", or the "machine" where they wrote nothing.

    Transcripts of people decide first: only they may be dev and test.
    """
    read, unread = read_folder(options.data, limits=LIMITS, keep_machine=True)
    if options.self_train:
        refusals += [one for one in unread if one.code != "no_transcript"]
        recordings = [one for one in read if not one.machine]
        tell(text("asr_adapt.progress_read", count=len(recordings), refused=len(refusals)))
        counted = _counting("asr_adapt.progress_listen", tell)
        recordings += label(options.base, options.data, LIMITS, refusals, jobs=options.jobs, report=counted)
    else:
        refusals += unread
        recordings = by_people(read, refusals)
        tell(text("asr_adapt.progress_read", count=len(recordings), refused=len(refusals)))
    counted = _counting("asr_adapt.progress_check", tell)
    clips = collect(pool, options.base, recordings, refusals, counted)
    if len(clips) < _FEWEST:
        raise _too_little(options.data, clips, refusals)
    written = sum(not clip.recording.machine for clip in clips)
    return clips, "people" if written >= _FEWEST else "machine"


def _counting(key: str, tell: Tell) -> Callable[[int, int], None]:
    """Return a report that tells every tenth of the way."""
    last = 0

    def report(done: int, count: int) -> None:
        nonlocal last
        if 10 * done // count > last:
            last = 10 * done // count
            tell(text(key, percent=10 * last))

    return report


def _divided(clips: list[Clip], labels: str, seed: int) -> _Parts:
    """Divide; where people's transcripts decide, a machine's are only trained on, and not of people who are tested."""
    deciding = [clip for clip in clips if labels == "machine" or not clip.recording.machine]
    chosen: Split = split(deciding, seed)
    train, dev, test = ([deciding[at] for at in part] for part in (chosen.train, chosen.dev, chosen.test))
    if labels == "people":
        strangers = {clip.speaker for clip in [*dev, *test] if chosen.by_speaker}
        train += [clip for clip in clips if clip.recording.machine and clip.speaker not in strangers]
    return _Parts(train, capped(dev, _MOST_DEV_S), capped(test, _MOST_TEST_S), chosen.by_speaker)


@dataclass(frozen=True)
class _Material:
    train: list[Utterance]
    dev: list[Utterance]
    speech_s: float
    copies: int


def _prepared(options: Options, pool: Executor, parts: _Parts, scratch: Path, tell: Tell) -> _Material:
    speech_s = sum(clip.length_s for clip in parts.train)
    copies = recipe_for(speech_s, 60 * options.minutes).copies
    tell(text("asr_adapt.progress_prepare", copies=copies))
    train = prepare(pool, parts.train, scratch / "train", copies=copies, seed=options.seed)
    dev = prepare(pool, parts.dev, scratch / "dev", copies=1, seed=options.seed + 1)
    return _Material(train, dev, speech_s, copies)


def _trained(options: Options, checkpoint: Checkpoint, material: _Material, clock: Clock, tell: Tell) -> Tuned:
    left_s = max(_LEAST_TRAINING_S, 60 * options.minutes * (1 - _RESERVED_SHARE) - clock.elapsed_s)
    schedule = recipe_for(material.speech_s, left_s, steps=options.steps).schedule

    def told(kind: str, facts: dict[str, float]) -> None:
        key = "progress_check_dev" if kind == "check" else "progress_step"
        tell(text(f"asr_adapt.{key}", **{name: f"{value:.4g}" for name, value in facts.items()}))

    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, options.jobs))
    try:
        return finetune(checkpoint, material.train, material.dev, schedule, seed=options.seed, tell=told)
    finally:
        torch.set_num_threads(threads)


def _write(options: Options, tuned: Tuned, parts: _Parts, target: Path, tell: Tell) -> tuple[str, ...]:
    """Put the model together; returns the words that are new in it."""
    new_words: tuple[str, ...] = ()
    counts = Counter(clip.recording.text for clip in parts.train if not clip.recording.machine)
    if options.language and counts:  # what the machine heard, it knew: that is no news for its language
        tell(text("asr_adapt.progress_language"))
        sentences = [(sentence, float(count) ** 0.5) for sentence, count in counts.items()]
        share = LANGUAGE_SHARE * len(sentences) / (len(sentences) + _FEW_SENTENCES)
        new_words = teach(options.base, sentences, target, share=share).new_words
    else:
        copy_model(options.base, target)
    _put_network(options, tuned.checkpoint, target)
    return new_words


def _put_network(options: Options, checkpoint: Checkpoint, target: Path) -> None:
    conf = (options.base / "conf/model.conf").read_text(encoding="utf-8")
    export_acoustic(checkpoint, target, conf)
    save_checkpoint(checkpoint, target)


def _measured(
    options: Options, pool: Executor, tuned: Tuned, parts: _Parts, *, target: Path, tell: Tell
) -> dict[str, float]:
    both = [*parts.dev, *parts.test]
    tell(text("asr_adapt.progress_measure", count=len(both)))
    counts: dict[str, list[Count]] = {}
    for name, model in (("before", options.base), ("after", target)):
        found = word_errors(pool, model, both)
        counts[f"dev.{name}"], counts[f"test.{name}"] = found[: len(parts.dev)], found[len(parts.dev) :]
    if options.language:
        with tempfile.TemporaryDirectory(prefix="kring-adapt-") as scratch:
            copy_model(options.base, Path(scratch))
            _put_network(options, tuned.checkpoint, Path(scratch))
            counts["test.acoustic"] = word_errors(pool, Path(scratch), parts.test)
    wer = {name: round(total(found).rate, 4) for name, found in counts.items()}
    for name in ("before", "after"):
        wer |= _by_speaker(f"test.{name}.speaker", parts.test, counts[f"test.{name}"])
    return wer


def _by_speaker(prefix: str, clips: Sequence[Clip], counts: Sequence[Count]) -> dict[str, float]:
    by_speaker: dict[str, Count] = {}
    for clip, count in zip(clips, counts, strict=True):
        by_speaker[clip.speaker] = by_speaker.get(clip.speaker, Count()) + count
    return {f"{prefix}.{name or '?'}": round(count.rate, 4) for name, count in sorted(by_speaker.items())}


def _part(clips: Sequence[Clip]) -> Part:
    speakers = len({clip.speaker for clip in clips})
    return Part(len(clips), speakers, round(sum(clip.length_s for clip in clips) / 60, 2))


def _told_parts(parts: _Parts) -> str:
    told = (
        text("asr_adapt.progress_part", part=text(f"asr_adapt.part_{name}"), recordings=part.recordings,
             speakers=part.speakers, minutes=f"{part.minutes:.1f}")
        for name, part in ((name, _part(clips)) for name, clips in parts.named().items())
    )  # fmt: skip
    return "; ".join(told)


def _too_little(data: Path, clips: Sequence[Clip], refusals: Sequence[Refusal]) -> AdaptError:
    first = f"{refusals[0].name}: {refusals[0].reason}" if refusals else "-"
    return AdaptError(
        text("asr_adapt.too_little", path=data, count=len(clips), fewest=_FEWEST, refused=len(refusals), first=first),
        remedy=text("asr_adapt.too_little_remedy"),
    )


__all__ = ["Adapted", "Options", "adapt", "percent"]
