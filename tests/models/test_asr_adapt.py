# SPDX-License-Identifier: GPL-3.0-or-later
"""Adaptation piece by piece: who judges, what is refused, how much is learnt, what the card says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.asr_id.acoustic.network import Checkpoint, NetworkShape, TdnnF
from models.asr_id.acoustic.objective import phone_trigram
from models.asr_id.adapt.audio import UnusableAudioError
from models.asr_id.adapt.cardfile import Facts, Part, card, warnings, write_card
from models.asr_id.adapt.checkpoint import CHECKPOINT_FILE, load_checkpoint, save_checkpoint
from models.asr_id.adapt.collect import Clip, decoys_of, without_outliers
from models.asr_id.adapt.data import Recording, Refusal, by_people, read_folder
from models.asr_id.adapt.errors import AdaptError
from models.asr_id.adapt.finetune import recipe_for
from models.asr_id.adapt.measure import capped
from models.asr_id.adapt.quality import check_quality
from models.asr_id.adapt.split import split
from pipeline.errors import KringError

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Said:
    speaker: str
    name: str
    length_s: float = 3.0


def people(*counts: int) -> list[Said]:
    return [Said(f"p{who}", f"p{who}-{at}") for who, count in enumerate(counts) for at in range(count)]


def speakers(items: list[Said], places: tuple[int, ...]) -> set[str]:
    return {items[place].speaker for place in places}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("counts", [(5, 5, 5), (40, 3, 3), (1, 1, 1), (10,) * 20, (3, 100, 4, 5, 2)])
def test_nobody_is_in_two_parts(counts: tuple[int, ...], seed: int) -> None:
    items = people(*counts)
    parts = split(items, seed)
    assert parts.by_speaker
    assert sorted([*parts.train, *parts.dev, *parts.test]) == list(range(len(items)))
    named = [speakers(items, part) for part in (parts.train, parts.dev, parts.test)]
    assert all(named)
    assert sum(map(len, named)) == len(counts)


def test_a_split_hangs_on_names_only() -> None:
    items = people(*(6,) * 12)
    first = split(items, 1)
    assert split(items, 1) == first
    assert any(split(items, seed) != first for seed in range(2, 6))
    turned = items[::-1]
    again = split(turned, 1)
    assert speakers(turned, again.test) == speakers(items, first.test)


def test_who_speaks_most_is_trained_on() -> None:
    items = people(200, *(4,) * 9)
    for seed in range(10):
        assert "p0" in speakers(items, split(items, seed).train)


def test_the_parts_are_about_as_large_as_wanted() -> None:
    items = people(*(5,) * 40)
    parts = split(items, 3)
    assert 0.15 <= len(parts.test) / len(items) <= 0.2
    assert 0.10 <= len(parts.dev) / len(items) <= 0.15


def test_two_speakers_or_unknown_ones_are_split_by_recording() -> None:
    for items in (people(10, 10), [Said("", f"{at}") for at in range(12)]):
        parts = split(items, 1)
        assert not parts.by_speaker
        assert parts.train
        assert parts.dev
        assert parts.test
    with pytest.raises(ValueError, match="three"):
        split(people(1, 1), 1)


def test_an_unknown_person_judges_nothing() -> None:
    items = [*people(4, 4, 4), *(Said("", f"x{at}") for at in range(5))]
    for seed in range(10):
        parts = split(items, seed)
        assert parts.by_speaker
        assert set(range(12, 17)) <= set(parts.train)


def voice(seconds: float = 2.0) -> np.ndarray:
    """Something with the loudness of speech: bursts and gaps."""
    time_s = np.arange(round(seconds * 8000)) / 8000
    noise = np.random.default_rng(1).standard_normal(time_s.size)
    return (0.1 * noise * np.clip(np.sin(2 * np.pi * 2.5 * time_s), 0.01, 1)).astype(np.float32)


def test_clipping_and_steady_sound_are_refused() -> None:
    check_quality(voice())
    clipped = np.clip(voice() * 10, -0.5, 0.5)
    time_s = np.arange(16000) / 8000
    for samples, code in (
        (clipped, "clipped"),
        (np.random.default_rng(2).standard_normal(16000) * 0.1, "no_speech"),
        (0.3 * np.sin(2 * np.pi * 425 * time_s), "no_speech"),
        (np.zeros(16000), "no_speech"),
    ):
        with pytest.raises(UnusableAudioError) as caught:
            check_quality(samples.astype(np.float32))
        assert caught.value.args[0] == code


def test_a_decoy_is_about_as_long_and_of_other_words() -> None:
    texts = ["saya mau lapor pajak", "kantor buka jam delapan", "saya mau lapor spt", "ya", "tidak"]
    decoys = decoys_of(texts)
    assert decoys[0] == decoys[2] == "kantor buka jam delapan"
    assert decoys[3] == "tidak"
    assert decoys_of(["ya", "ya"]) == ["", ""]


def clip(name: str, score: float, speaker: str = "a", said: str = "ya", *, machine: bool = False) -> Clip:
    recording = Recording(Path(f"{name}.wav"), said, speaker, name, 2.0, machine=machine)
    return Clip(recording, np.zeros((1, 3), np.int32), score)


def test_what_fits_far_worse_than_the_rest_is_refused() -> None:
    usual = [clip(str(at), -0.5 - 0.02 * (at % 5)) for at in range(20)]
    refusals: list[Refusal] = []
    kept = without_outliers([*usual, clip("wrong", -2.0), clip("poor", -0.8)], refusals)
    assert [one.name for one in kept] == [*(one.name for one in usual), "poor"]
    assert [(one.name, one.code) for one in refusals] == [("wrong", "ill_fitting")]


def test_a_whole_speaker_on_a_bad_line_is_no_outlier() -> None:
    usual = [clip(str(at), -0.5 - 0.02 * (at % 5)) for at in range(30)]
    far = [clip(f"far{at}", -1.6 - 0.02 * (at % 5), "b") for at in range(10)]
    refusals: list[Refusal] = []
    assert len(without_outliers([*usual, *far], refusals)) == 40
    assert refusals == []


@pytest.mark.parametrize(("hours", "copies"), [(0.02, 3), (0.5, 3), (1.1, 2), (1.5, 1), (20.0, 1)])
def test_little_speech_is_heard_in_more_ways(hours: float, copies: int) -> None:
    recipe = recipe_for(hours * 3600, 900)
    assert recipe.copies == copies
    assert recipe.schedule.budget_s == 900
    assert 80 <= recipe.schedule.steps <= 2000
    assert recipe.schedule.check_every * 8 >= recipe.schedule.steps


def test_an_hour_and_a_half_fits_a_quarter_of_an_hour() -> None:
    schedule = recipe_for(0.75 * 1.5 * 3600, 900).schedule
    assert schedule.steps * schedule.batch_s / 170 < 600  # 170 x real time was measured for two idle cores


def test_the_test_part_is_capped_evenly_by_name() -> None:
    clips = [clip(f"r{at}", 0.0) for at in range(100)]
    kept = capped(clips, 40.0)
    assert len(kept) == 20
    assert kept == capped(clips, 40.0)
    assert kept == [one for one in clips if one in kept]
    assert capped(clips, 1.0)
    assert capped(clips, 1e9) == clips


def checkpoint() -> Checkpoint:
    import torch

    network = TdnnF(NetworkShape(width=24, bottleneck=8, blocks=2, first_width=12, prefinal=8))
    return Checkpoint(network, torch.zeros(40), phone_trigram([[0, 1, 2, 0]]), {"steps": 3})


def test_a_checkpoint_survives_its_folder(tmp_path: Path) -> None:
    before = checkpoint()
    save_checkpoint(before, tmp_path)
    after = load_checkpoint(tmp_path)
    assert after.notes == {"steps": 3}
    for old, new in zip(before.network.parameters(), after.network.parameters(), strict=True):
        assert new.detach().numpy() == pytest.approx(old.detach().numpy(), abs=1e-3)


def test_a_model_without_or_with_a_broken_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(AdaptError, match=r"checkpoint\.pt"):
        load_checkpoint(tmp_path)
    (tmp_path / "am").mkdir()
    for content in (b"", b"not a checkpoint", b"\x80\x04garbage"):
        (tmp_path / CHECKPOINT_FILE).write_bytes(content)
        with pytest.raises(AdaptError, match=r"checkpoint\.pt"):
            load_checkpoint(tmp_path)


def call(folder: Path, call_id: str, *texts: str) -> Path:
    bundle = folder / call_id
    bundle.mkdir(parents=True)
    wave = voice(2.0 * max(1, len(texts)))
    soundfile.write(bundle / "call.flac", np.stack([wave, wave / 2], axis=1), 8000)
    if texts:
        turns = [
            {"leg": ("caller", "agent")[at % 2], "start_ms": 2000 * at, "end_ms": 2000 * at + 1900, "text": text}
            for at, text in enumerate(texts)
        ]
        (bundle / "transcript.json").write_text(json.dumps({"call_id": call_id, "turns": turns}))
    return bundle


def test_corrections_replace_what_the_machine_wrote(tmp_path: Path) -> None:
    bundle = call(tmp_path, "c1", "selamat siang", "saya lapar pajak", "baik")
    (bundle / "corrected.tsv").write_text("turn\ttext\n2\tSaya lapor pajak.\n3\t\n")
    recordings, refusals = read_folder(tmp_path)
    assert [(one.name, one.text, one.channel) for one in recordings] == [("c1:2", "saya lapor pajak", 1)]
    assert {(one.name, one.code) for one in refusals} == {("c1:1", "uncorrected"), ("c1:3", "no_transcript")}
    everything, _ = read_folder(tmp_path, keep_machine=True)
    assert [one.machine for one in everything] == [True, False]


def test_a_machines_transcripts_are_no_truth_for_training(tmp_path: Path) -> None:
    call(tmp_path, "c1", "selamat siang", "saya mau lapor")
    recordings, refusals = read_folder(tmp_path, keep_machine=True)
    assert by_people(recordings, refusals) == []
    assert {one.code for one in refusals} == {"uncorrected"}


def test_a_call_without_transcript_is_two_legs_to_listen_to(tmp_path: Path) -> None:
    call(tmp_path, "c1")
    call(tmp_path, "c2", "selamat siang")
    recordings, refusals = read_folder(tmp_path)
    assert [one.name for one in recordings] == ["c2:1"]
    assert [(one.name, one.code) for one in refusals] == [
        ("c1/caller", "no_transcript"), ("c1/agent", "no_transcript"),
    ]  # fmt: skip


def test_corrections_with_other_columns_are_named(tmp_path: Path) -> None:
    bundle = call(tmp_path, "c1", "halo")
    (bundle / "corrected.tsv").write_text("nomor\tkata\n1\thalo\n")
    with pytest.raises(KringError, match=r"corrected\.tsv"):
        read_folder(tmp_path)


def facts(**changes: object) -> Facts:
    plain: dict[str, object] = {
        "base": "bawaan", "data": "rekaman", "created": "2031-01-02T03:04:05+00:00", "command": "kring models",
        "seed": 1, "labels": "people", "by_speaker": True,
        "parts": {"train": Part(80, 8, 60.0), "dev": Part(10, 2, 7.5), "test": Part(10, 2, 8.0)},
        "refused": {"short": 2}, "wer": {"dev.before": 0.5, "dev.after": 0.25, "test.before": 0.4, "test.after": 0.2},
        "fit": {"before": 0.2, "after": 0.3}, "steps": 100, "best_step": 88, "copies": 2,
        "new_words": ("tarikona",), "better": True,
    }  # fmt: skip
    return Facts(**{**plain, **changes})  # type: ignore[arg-type]


def test_the_card_tells_everything(tmp_path: Path) -> None:
    write_card(facts(), tmp_path)
    told = (tmp_path / "CARD.md").read_text()
    for part in ("bawaan", "rekaman", "short: 2", "tarikona", "`test.after` | 20.0", "| 80 | 8 | 60.0 |", "2031-01-02"):
        assert part in told
    assert json.loads((tmp_path / "adapt.json").read_text())["parts"]["test"]["speakers"] == 2
    assert warnings(facts()) == []


@pytest.mark.parametrize(
    "changes", [{"by_speaker": False}, {"labels": "machine"}, {"shared_sentences": 0.4}, {"better": False}]
)
def test_the_card_warns(changes: dict[str, object]) -> None:
    [warning] = warnings(facts(**changes))
    assert warning in card(facts(**changes))
