# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole adaptation: recordings in, a model folder with its card out. Nothing here decides what is used."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import torch

from asr.modelstore import copy_model
from models.asr_id.acoustic.export import export_acoustic
from models.asr_id.acoustic.network import Checkpoint
from models.asr_id.adapt.cardfile import Facts, Part, percent, write_card
from models.asr_id.adapt.checkpoint import load_checkpoint, save_checkpoint
from models.asr_id.adapt.collect import Clip, collect
from models.asr_id.adapt.data import Limits, Recording, Refusal, read_folder
from models.asr_id.adapt.errors import AdaptError
from models.asr_id.adapt.finetune import Recipe, Tuned, finetune, prepare, recipe_for
from models.asr_id.adapt.measure import capped, word_errors
from models.asr_id.adapt.split import Split, split
from models.asr_id.evaluation.scoring import Count, total
from models.asr_id.language.refresh import teach
from pipeline.catalog import text

LIMITS = Limits(least_s=0.4, most_s=30.0)
LANGUAGE_SHARE = 0.2
"""Share of what is said that is expected to be like the transcripts."""
_FEWEST = 6
_LEAST_TRAINING_S = 60.0
_MEASURE_SHARE = 0.35  # of the time given goes to preparing and measuring, at most
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


class _Clock:
    def __init__(self) -> None:
        self.began_s = time.monotonic()
        self.seconds: dict[str, float] = {}

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.began_s

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began_s = time.monotonic()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.monotonic() - began_s, 1)


def adapt(options: Options, target: Path, tell: Tell, refusals: list[Refusal] | None = None) -> Adapted:
    """Put into the empty folder ``target`` the base as it is after learning from the data.

    Parameters:
        refusals: filled with what is refused, also when the adaptation fails in the end.

    Raises:
        KringError: the base, the data or a tool cannot be used.
    """
    clock = _Clock()
    refusals = [] if refusals is None else refusals
    checkpoint = load_checkpoint(options.base)
    with clock.stage("check"):
        clips, labels = _usable(options, refusals, tell)
    parts = _divided(clips, options)
    tell(_told_parts(parts))
    with tempfile.TemporaryDirectory(prefix="kring-adapt-") as scratch:
        tuned, recipe = _trained(options, checkpoint, parts, scratch=Path(scratch), clock=clock, tell=tell)
    with clock.stage("write"):
        new_words = _write(options, tuned, parts, target, tell)
    with clock.stage("measure"):
        wer = _measured(options, tuned, parts, target, tell)
    facts = Facts(
        base=options.base_name, data=str(options.data), created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=options.command, seed=options.seed, labels=labels, by_speaker=parts.by_speaker,
        parts={name: _part(part) for name, part in parts.named().items()},
        refused=dict(Counter(one.code for one in refusals)), wer=wer,
        loss={"before": round(tuned.loss_before, 4), "after": round(tuned.loss_after, 4)},
        steps=tuned.steps, best_step=tuned.best_step, copies=recipe.copies, new_words=new_words,
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


def _usable(options: Options, refusals: list[Refusal], tell: Tell) -> tuple[list[Clip], str]:
    recordings, unread = read_folder(options.data, limits=LIMITS)
    refusals += unread
    labels = "people"
    tell(text("asr_adapt.progress_read", count=len(recordings), refused=len(refusals)))
    clips = _collected(options, recordings, refusals, tell)
    if len(clips) < _FEWEST:
        raise _too_little(options.data, clips, refusals)
    return clips, labels


def _collected(options: Options, recordings: Sequence[Recording], refusals: list[Refusal], tell: Tell) -> list[Clip]:
    last = 0

    def report(done: int, count: int) -> None:
        nonlocal last
        if 10 * done // count > last:
            last = 10 * done // count
            tell(text("asr_adapt.progress_check", percent=10 * last))

    return collect(options.base, recordings, refusals, jobs=options.jobs, report=report)


def _divided(clips: list[Clip], options: Options) -> _Parts:
    chosen: Split = split(clips, options.seed)
    train, dev, test = ([clips[at] for at in part] for part in (chosen.train, chosen.dev, chosen.test))
    return _Parts(train, capped(dev, _MOST_DEV_S), capped(test, _MOST_TEST_S), chosen.by_speaker)


def _trained(
    options: Options, checkpoint: Checkpoint, parts: _Parts, *, scratch: Path, clock: _Clock, tell: Tell
) -> tuple[Tuned, Recipe]:
    budget_s = 60 * options.minutes
    speech_s = sum(clip.length_s for clip in parts.train)
    copies = recipe_for(speech_s, budget_s).copies
    tell(text("asr_adapt.progress_prepare", copies=copies))
    with clock.stage("prepare"):
        data = prepare(parts.train, scratch / "train", copies=copies, seed=options.seed, jobs=options.jobs)
        dev = prepare(parts.dev, scratch / "dev", copies=1, seed=options.seed + 1, jobs=options.jobs)
    left_s = max(_LEAST_TRAINING_S, budget_s * (1 - _MEASURE_SHARE / 2) - clock.elapsed_s)
    recipe = recipe_for(speech_s, left_s, steps=options.steps)

    def told(kind: str, facts: dict[str, float]) -> None:
        key = "progress_check_dev" if kind == "check" else "progress_step"
        tell(text(f"asr_adapt.{key}", **{name: f"{value:.4g}" for name, value in facts.items()}))

    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, options.jobs))
    try:
        with clock.stage("train"):
            return finetune(checkpoint, data, dev, recipe.schedule, seed=options.seed, tell=told), recipe
    finally:
        torch.set_num_threads(threads)


def _write(options: Options, tuned: Tuned, parts: _Parts, target: Path, tell: Tell) -> tuple[str, ...]:
    """Put the model together; returns the words that are new in it."""
    new_words: tuple[str, ...] = ()
    if options.language:
        tell(text("asr_adapt.progress_language"))
        counts = Counter(clip.recording.text for clip in parts.train)
        sentences = [(sentence, float(count) ** 0.5) for sentence, count in counts.items()]
        new_words = teach(options.base, sentences, target, share=LANGUAGE_SHARE).new_words
    else:
        copy_model(options.base, target)
    _put_network(options, tuned.checkpoint, target)
    return new_words


def _put_network(options: Options, checkpoint: Checkpoint, target: Path) -> None:
    conf = (options.base / "conf/model.conf").read_text(encoding="utf-8")
    export_acoustic(checkpoint, target, conf)
    save_checkpoint(checkpoint, target)


def _measured(options: Options, tuned: Tuned, parts: _Parts, target: Path, tell: Tell) -> dict[str, float]:
    tell(text("asr_adapt.progress_measure", count=len(parts.dev) + len(parts.test)))
    both = [*parts.dev, *parts.test]
    counts: dict[str, list[Count]] = {}
    for name, model in (("before", options.base), ("after", target)):
        found = word_errors(model, both, jobs=options.jobs)
        counts[f"dev.{name}"], counts[f"test.{name}"] = found[: len(parts.dev)], found[len(parts.dev) :]
    if options.language:
        with tempfile.TemporaryDirectory(prefix="kring-adapt-") as name:
            copy_model(options.base, Path(name))
            _put_network(options, tuned.checkpoint, Path(name))
            counts["test.acoustic"] = word_errors(Path(name), parts.test, jobs=options.jobs)
    wer = {name: round(total(found).rate, 4) for name, found in counts.items()}
    for speaker in sorted({clip.speaker for clip in parts.test}):
        for name in ("before", "after"):
            pairs = zip(parts.test, counts[f"test.{name}"], strict=True)
            mine = total(count for clip, count in pairs if clip.speaker == speaker)
            wer[f"test.{name}.speaker.{speaker or '?'}"] = round(mine.rate, 4)
    return wer


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
