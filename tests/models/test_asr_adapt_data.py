# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders of recordings as offices have them: what is read, what is refused and why."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.asr_id.adapt.audio import UnusableAudioError
from models.asr_id.adapt.data import DataFolderError, Limits, Refusal, load, load_all, read_folder
from models.asr_id.adapt.spoken import UnreadableTextError, spoken_form

pytestmark = pytest.mark.unit


def tone(path: Path, seconds: float = 1.0, rate_hz: int = 8000, channels: int = 1, level: float = 0.3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    wave = level * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate_hz)) / rate_hz)
    soundfile.write(path, np.stack([wave / (place + 1) for place in range(channels)], axis=1), rate_hz)
    return path


def codes(refusals: list[Refusal]) -> dict[str, str]:
    return {refusal.path.name: refusal.code for refusal in refusals}


def test_common_voice_reads_what_people_judged_good(tmp_path: Path) -> None:
    clips = tmp_path / "id/clips"
    tone(clips / "a.mp3", rate_hz=48000)
    tone(clips / "b.wav", rate_hz=44100, channels=2)
    tone(clips / "bad.wav")
    header = "client_id\tpath\tsentence\tup_votes\n"
    (tmp_path / "id/validated.tsv").write_text(
        header + 'x\ta.mp3\tKata "orang" itu: pelan-pelan!\t2\ny\tb.wav\tYa.\t2\n'
    )
    (tmp_path / "id/train.tsv").write_text(header + "x\ta.mp3\tsama lagi\t2\n")
    (tmp_path / "id/invalidated.tsv").write_text(header + "x\tbad.wav\tburuk\t0\n")
    recordings, refusals = read_folder(tmp_path)
    assert [(one.path.name, one.text, one.speaker) for one in recordings] == [
        ("a.mp3", "kata orang itu pelan pelan", "x"),
        ("b.wav", "ya", "y"),
    ]
    assert refusals == []
    for recording in recordings:
        assert load(recording).shape[0] == pytest.approx(8000, abs=700)  # mp3 pads
        assert load(recording).dtype == np.float32


def test_one_table_can_be_named(tmp_path: Path) -> None:
    tone(tmp_path / "clips/a.wav")
    (tmp_path / "saya.tsv").write_text("path\tsentence\na.wav\thalo\n")
    [recording], _ = read_folder(tmp_path / "saya.tsv")
    assert recording.text == "halo"
    assert recording.speaker == ""


def test_kaldi_with_segments(tmp_path: Path) -> None:
    tone(tmp_path / "audio/call.wav", 4.0)
    (tmp_path / "data").mkdir()
    data = tmp_path / "data"
    (data / "wav.scp").write_text("call audio/call.wav\npiped sox x.wav -t wav - |\n")
    (data / "segments").write_text("u1 call 0.5 1.5\nu2 call 2.0 -1\nu3 piped 0 1\nu4 nowhere 0 1\n")
    (data / "text").write_text("u1 halo pak\nu2 ya\nu3 ya\nu4 ya\nu5 ya\n")
    (data / "utt2spk").write_text("u1 budi\nu2 ani\n")
    recordings, refusals = read_folder(data)
    assert [(one.name, one.speaker, round(one.length_s, 2)) for one in recordings] == [
        ("u1", "budi", 1.0),
        ("u2", "ani", 2.0),
    ]
    assert load(recordings[0]).size == 8000
    assert [(one.name, one.code) for one in refusals] == [("u3", "pipe"), ("u4", "unlisted"), ("u5", "unlisted")]


def test_plain_pairs_tell_speakers_by_folder_or_name(tmp_path: Path) -> None:
    for name in ("ani/1.wav", "budi_01.wav", "solo.wav", "lonely.wav"):
        tone(tmp_path / name)
    for name in ("ani/1.txt", "budi_01.txt", "solo.lab"):
        (tmp_path / name).write_text("halo")
    recordings, refusals = read_folder(tmp_path)
    assert {one.name: one.speaker for one in recordings} == {"ani/1.wav": "ani", "budi_01.wav": "budi", "solo.wav": ""}
    assert codes(refusals) == {"lonely.wav": "no_transcript"}


def test_csv_and_jsonl_tables(tmp_path: Path) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / "metadata.csv").write_text('\ufefffile_name,transcription,speaker_id\na.wav,"Ya, pak",s1\n')
    [recording], _ = read_folder(tmp_path)
    assert (recording.text, recording.speaker) == ("ya pak", "s1")
    (tmp_path / "metadata.csv").unlink()
    (tmp_path / "list.jsonl").write_text(
        json.dumps({"audio_filepath": "a.wav", "text": "tidak", "duration": 1.0}) + "\n"
    )
    [recording], _ = read_folder(tmp_path)
    assert recording.text == "tidak"


def test_archived_calls_give_each_leg_its_speaker_and_channel(tmp_path: Path) -> None:
    tone(tmp_path / "c1/call.flac", 3.0, channels=2)
    turns = [
        {"leg": "caller", "start_ms": 0, "end_ms": 1000, "text": "halo"},
        {"leg": "agent", "start_ms": 1500, "end_ms": 2500, "text": "selamat siang"},
    ]
    (tmp_path / "c1/transcript.json").write_text(json.dumps({"call_id": "c1", "turns": turns}))
    for folder in (tmp_path, tmp_path / "c1"):
        recordings, _ = read_folder(folder)
        assert {one.speaker for one in recordings} == {"c1/caller", "c1/agent"}
    peaks = sorted(float(np.abs(load(one)).max()) for one in recordings)
    assert peaks == pytest.approx([0.15, 0.3], rel=0.05)


def test_bad_audio_is_refused_with_a_reason(tmp_path: Path) -> None:
    tone(tmp_path / "good.wav")
    tone(tmp_path / "short.wav", 0.1)
    tone(tmp_path / "long.wav", 5.0)
    tone(tmp_path / "narrow.wav", rate_hz=6000)
    tone(tmp_path / "fast.wav", 0.5)
    (tmp_path / "zero.wav").write_bytes(b"")
    (tmp_path / "text.wav").write_text("ini bukan suara")
    names = ["good", "short", "long", "narrow", "fast", "zero", "text", "gone"]
    rows = [f"{name}.wav\t{'panjang sekali ' * 10 if name == 'fast' else 'halo'}" for name in names]
    (tmp_path / "list.tsv").write_text("path\tsentence\n" + "\n".join(rows) + "\n")
    recordings, refusals = read_folder(tmp_path, limits=Limits(most_s=4.0))
    assert [one.path.name for one in recordings] == ["good.wav"]
    assert codes(refusals) == {
        "short.wav": "short", "long.wav": "long", "narrow.wav": "rate_low", "fast.wav": "too_much_text",
        "zero.wav": "zero_bytes", "text.wav": "no_audio", "gone.wav": "no_file",
    }  # fmt: skip
    assert all(one.reason and not one.reason.startswith("asr_data.") for one in refusals)


def test_what_only_decoding_shows_is_refused_later(tmp_path: Path) -> None:
    tone(tmp_path / "mute.wav", level=0.0)
    tone(tmp_path / "good.wav")
    for name in ("mute", "good"):
        (tmp_path / f"{name}.txt").write_text("halo")
    recordings, refusals = read_folder(tmp_path)
    assert len(recordings) == 2
    assert [one.path.name for one, _ in load_all(recordings, refusals)] == ["good.wav"]
    assert codes(refusals) == {"mute.wav": "silent"}
    with pytest.raises(UnusableAudioError):
        load(recordings[1])


@pytest.mark.parametrize("content", [{}, {"a.txt": "halo"}, {"x.tsv": "path\tsentence\n"}, {"x.jsonl": "{bad\n"}])
def test_folders_without_recordings_are_refused(tmp_path: Path, content: dict[str, str]) -> None:
    for name, body in content.items():
        (tmp_path / name).write_text(body)
    with pytest.raises(DataFolderError) as caught:
        read_folder(tmp_path)
    assert caught.value.remedy
    with pytest.raises(DataFolderError):
        read_folder(tmp_path / "missing")


def test_a_table_without_the_columns_names_them(tmp_path: Path) -> None:
    (tmp_path / "x.tsv").write_text("a\tb\n1\t2\n")
    with pytest.raises(DataFolderError, match="sentence"):
        read_folder(tmp_path / "x.tsv")
    (tmp_path / "y.tsv").write_bytes(b"path\tsentence\n\xff\xfe\n")
    with pytest.raises(DataFolderError):
        read_folder(tmp_path / "y.tsv")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Selamat pagi, Bu!", "selamat pagi bu"),
        ("pelan-pelan — ya… “betul”", "pelan pelan ya betul"),
        ("lewat e-Filing di-update", "lewat e-filing diupdate"),
        ("Jum'at di café", "jumat di cafe"),
        ("dan/atau S.P.T.", "dan atau spt"),
        ("[noise] halo (tertawa)", "halo tertawa"),
        ("Rp125.000", "seratus dua puluh lima ribu rupiah"),
        ("Rp 2,5 juta", "dua koma lima juta rupiah"),
        ("tarif 12%", "tarif dua belas persen"),
        ("tanggal 12/03/2024", "tanggal dua belas maret dua ribu dua puluh empat"),
        ("pukul 10.30", "pukul sepuluh tiga puluh"),
        ("anak2 kelas ke-3", "anak anak kelas ketiga"),
        ("PPh21", "pph dua puluh satu"),
        ("150 ribu", "seratus lima puluh ribu"),
        ("nomor 0217", "nomor nol dua satu tujuh"),
    ],
)
def test_transcripts_are_brought_into_spoken_form(written: str, said: str) -> None:
    assert spoken_form(written) == said


@pytest.mark.parametrize(
    ("written", "code"),
    [("", "no_transcript"), ("...", "no_transcript"), ("привет", "character"), ("ya <unk>", "untranscribed"),
     ("tanggal 32/13/2024", "number"), ("x = y", "character")],
)  # fmt: skip
def test_transcripts_that_cannot_be_read_are_refused(written: str, code: str) -> None:
    with pytest.raises(UnreadableTextError) as caught:
        spoken_form(written)
    assert caught.value.code == code
