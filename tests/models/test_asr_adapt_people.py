# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole adaptation on voices that the shipped model never heard, standing in for people."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import pytest
import soundfile

from asr.modelstore import BUILTIN, ModelNote, ModelStore, copy_model
from models.asr_id.adapt.checkpoint import load_checkpoint
from models.asr_id.adapt.data import Refusal
from models.asr_id.adapt.run import Options, adapt
from models.asr_id.lexicon import pronounce
from models.asr_id.voices import Style, Word, speak
from pipeline.settings import PROJECT_DIR

MODEL = PROJECT_DIR / "models/asr_id/model"
TERM = "tarikona"  # a word that no model knows before
SENTENCES = (
    "saya mau tanya soal tarikona", "selamat pagi saya mau lapor pajak", "batas waktu bayar pajak kapan",
    "apa itu tarikona", "saya sudah bayar tapi belum masuk", "berapa lama prosesnya pak",
    "alamat saya sudah pindah", "cara daftar tarikona bagaimana",
)  # fmt: skip
PEOPLE = (("flite-awb", 0.94), ("flite-awb", 1.06), ("kal", 0.95), ("kal", 1.08))


def record(folder: Path, people: tuple[tuple[str, float], ...], sentences: tuple[str, ...]) -> None:
    """Put a Common Voice folder of these people reading these sentences into ``folder``."""
    rng = random.Random(4)
    (folder / "clips").mkdir(parents=True)
    rows = ["client_id\tpath\tsentence"]
    requests = [[Word(word, pronounce(word)[0]) for word in sentence.split()] for sentence in sentences]
    for voice, warp in people:
        style = dataclasses.replace(Style.neutral(), warp=(warp, warp), edge_s=(0.25, 0.35))
        spoken = speak(voice, requests, rng=rng, workdir=folder, style=style)
        for number, (sentence, one) in enumerate(zip(sentences, spoken, strict=True)):
            if one is not None:
                name = f"{voice}-{warp}-{number}.wav"
                soundfile.write(folder / "clips" / name, 0.5 * one.samples, 8000)
                rows.append(f"{voice}@{warp}\t{name}\t{sentence}")
    first = rows[1].split("\t")
    rows.append(
        f"{first[0]}\t{first[1]}\tkantor kami buka setiap hari sampai jam empat sore"
    )  # other words than spoken
    rows.append(f"{first[0]}\tgone.mp3\tya")
    (folder / "validated.tsv").write_text("\n".join(rows) + "\n")


@pytest.mark.integration
def test_people_are_better_understood_and_the_old_model_comes_back(tmp_path: Path) -> None:
    record(tmp_path / "cv", PEOPLE, SENTENCES)
    target = tmp_path / "new"
    target.mkdir()
    lines: list[str] = []
    refusals: list[Refusal] = []
    options = Options(tmp_path / "cv", MODEL, BUILTIN, minutes=3, steps=12, jobs=1, command="kring models adapt asr")
    facts = adapt(options, target, lines.append, refusals).facts

    codes = {one.name: one.code for one in refusals}
    assert len(codes) == 2  # nothing that was said as it is written
    assert "no_file" in codes.values()
    assert facts.by_speaker
    assert {part.speakers for part in facts.parts.values()} <= {1, 2}
    assert sum(part.speakers for part in facts.parts.values()) == len(PEOPLE)
    assert TERM in facts.new_words
    assert facts.wer["test.after"] < facts.wer["test.before"]
    assert facts.fit["after"] > facts.fit["before"]
    assert json.loads((target / "adapt.json").read_text())["wer"] == facts.wer
    assert lines
    before, after = (load_checkpoint(model).network.output.weight for model in (MODEL, target))
    assert not bool((before == after).all())

    store = ModelStore(tmp_path / "store", MODEL)
    store.add("suara", ModelNote("adapted", BUILTIN), lambda folder: copy_model(target, folder))
    assert store.use("suara").in_use
    assert store.use(BUILTIN).in_use
    assert store.get("suara").path.is_dir()
