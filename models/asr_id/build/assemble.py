# SPDX-License-Identifier: GPL-3.0-or-later
"""Stages `text` and `export`: the language of the corpus, and the finished Vosk model folder."""

from __future__ import annotations

import json
import shutil
from itertools import islice
from pathlib import Path

from models.asr_id.build.errors import BuildError
from models.asr_id.build.plan import BuildPlan, Workspace
from models.asr_id.build.stages import Say
from pipeline.catalog import text

_LEXICON, _LM = "lexicon.txt.gz", "lm.npz"


def compile_text(plan: BuildPlan, space: Workspace, say: Say) -> None:
    """Estimate the language model of the corpus and pronounce its vocabulary (stage `text`).

    Raises LanguageError when a word cannot be read.
    """
    from models.asr_id.corpus import sentences, vocabulary
    from models.asr_id.corpus.sources import word_frequencies
    from models.asr_id.language.arpa import train
    from models.asr_id.language.estimate import LmOptions
    from models.asr_id.language.lexfile import pronounce_all, write_lexicon
    from models.asr_id.language.ngrams import save

    space.text.mkdir(parents=True, exist_ok=True)
    frequencies = word_frequencies()
    words = vocabulary()
    if plan.words:
        words = tuple(sorted(sorted(words, key=lambda word: -frequencies.get(word, 0.0))[: plan.words]))
    lines = islice(sentences(plan.seed), plan.sentences or None)
    model = train(lines, words, options=LmOptions(prior=frequencies))
    say(f"text: {len(words)} words, {model.bigrams.keys.size} pairs, {model.trigrams.keys.size} triples")
    write_lexicon(pronounce_all(words), space.text / _LEXICON)
    save(model, space.text / _LM)


def export_model(plan: BuildPlan, space: Workspace, say: Say) -> None:
    """Write `space.model` anew from the checkpoint and the text (stage `export`).

    Raises LanguageError when the graph cannot be built, BuildError when an earlier stage has not been run.
    """
    import torch

    from models.asr_id.acoustic.export import export_acoustic
    from models.asr_id.acoustic.network import Checkpoint
    from models.asr_id.language.graph import build_dynamic
    from models.asr_id.language.lexfile import read_lexicon
    from models.asr_id.language.ngrams import load

    for needed, stage in ((space.text / _LM, "text"), (space.checkpoint, "train")):
        _need(needed, stage)
    language, lexicon = load(space.text / _LM), read_lexicon(space.text / _LEXICON)
    part = space.model.with_name("model.part")
    shutil.rmtree(part, ignore_errors=True)
    checkpoint = Checkpoint.from_state(torch.load(space.checkpoint, weights_only=True))
    export_acoustic(checkpoint, part)
    say("export: acoustic model written")
    build_dynamic(part, language, lexicon)
    made = {"seed": plan.seed, "words": len(language.words), **checkpoint.notes}
    (part / "made.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    torch.save(checkpoint.half_state(), space.shipped_checkpoint)
    shutil.rmtree(space.model, ignore_errors=True)
    part.rename(space.model)
    say(f"export: {space.model} ({sum(_sizes(space.model)) / 1e6:.1f} MB)")


def _need(path: Path, stage: str) -> None:
    if not path.is_file():
        raise BuildError(text("build.stage_missing", file=path, stage=stage), remedy=text("build.stage_remedy"))


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
