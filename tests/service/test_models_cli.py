# SPDX-License-Identifier: GPL-3.0-or-later
"""``kring models`` as a person at the office uses it: list, import, refresh, switch and switch back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.settings import PROJECT_DIR
from service.models_cli import _as_name
from tests.service.test_cli import kring

MODEL = PROJECT_DIR / "models/asr_id/model"
pytestmark = pytest.mark.integration

TERM = """---
id: tarikona
title: "Program Tarikona"
version: 1
status: {status}
topic: "Layanan"
questions:
  - "apa itu tarikona"
  - "siapa yang boleh ikut tarikona"
  - "cara daftar tarikona gimana"
  - "syarat ikut program tarikona"
  - "tarikona itu apa sih"
  - "kapan tarikona dibuka"
  - "batas waktu daftar tarikona"
  - "saya mau ikut tarikona"
---

Tarikona adalah program pelatihan bagi wajib pajak yang baru terdaftar.
"""


def store(folder: Path) -> Path:
    return folder / "data/models/asr"


def in_use(folder: Path) -> str:
    return str((store(folder) / "current").readlink())


@pytest.mark.unit
@pytest.mark.parametrize(
    ("folder", "name"),
    [("vosk-model-small-id-0.1", "vosk-model-small-id-0-1"), ("Model Kantor", "model-kantor"), ("模型", "model-")],
)
def test_a_folders_name_becomes_a_models_name(folder: str, name: str) -> None:
    assert _as_name(folder).startswith(name)


def test_an_import_is_checked_copied_and_used_only_when_chosen(tmp_path: Path) -> None:
    other = tmp_path / "Model Lain"
    shutil.copytree(MODEL, other)
    result = kring("models", "import", str(other), folder=tmp_path)
    assert result.returncode == 0, result.stderr
    for said in ("8000 Hz", "dynamic", "2: 0.5 s", "percakapan", "kring models use model-lain"):
        assert said in result.stdout
    assert not (store(tmp_path) / "current").exists()
    shutil.rmtree(other)

    assert kring("models", "use", "model-lain", folder=tmp_path).returncode == 0
    assert in_use(tmp_path) == "model-lain"
    result = kring("models", "list", folder=tmp_path)
    [chosen] = [line for line in result.stdout.splitlines() if "●" in line]
    assert "model-lain" in chosen
    assert kring("models", "use", "bawaan", folder=tmp_path).returncode == 0
    assert not (store(tmp_path) / "current").exists()
    assert kring("models", "remove", "model-lain", folder=tmp_path).returncode == 0
    assert not (store(tmp_path) / "model-lain").exists()


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [("am/final.mdl", "final.mdl"), ("graph/words.txt", "words.txt"), ("conf/mfcc.conf", "mfcc.conf"), ("", "am/")],
)
def test_a_broken_folder_is_refused_in_one_line_and_leaves_nothing(tmp_path: Path, spoiled: str, said: str) -> None:
    other = tmp_path / "lain"
    if spoiled:
        shutil.copytree(MODEL, other)
        (other / spoiled).write_bytes(b"")
    else:
        other.mkdir()
    result = kring("models", "import", str(other), folder=tmp_path)
    assert result.returncode == 2
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "am/, conf/" in result.stderr
    assert not store(tmp_path).exists()


def test_a_refresh_is_used_at_once_and_can_be_taken_back(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    (articles / "tarikona.md").write_text(TERM.format(status="published"))
    (articles / "sukmalaya.md").write_text(
        TERM.format(status="draft").replace("tarikona", "sukmalaya").replace("Tarikona", "Sukmalaya")
    )
    env = {"KRING_ARTICLES_DIR": str(articles)}
    result = kring("models", "refresh-language", "--name", "bahasa-1", folder=tmp_path, **env)
    assert result.returncode == 0, result.stderr
    assert "tarikona" in result.stdout
    assert in_use(tmp_path) == "bahasa-1"
    words = (store(tmp_path) / "bahasa-1/graph/words.txt").read_text()
    assert "tarikona" in words
    assert "sukmalaya" not in words

    # The next one begins from the model that came with the software, not from the last refresh.
    (articles / "tarikona.md").unlink()
    (articles / "talumaso.md").write_text(TERM.format(status="published").replace("arikona", "alumaso"))
    assert kring("models", "refresh-language", "--name", "bahasa-2", folder=tmp_path, **env).returncode == 0
    words = (store(tmp_path) / "bahasa-2/graph/words.txt").read_text()
    assert ("talumaso" in words, "tarikona" in words) == (True, False)
    shown = kring("models", "show", folder=tmp_path)
    assert "bahasa-2" in shown.stdout
    assert "bawaan" in shown.stdout
    assert kring("models", "use", "bahasa-1", folder=tmp_path).returncode == 0
    assert in_use(tmp_path) == "bahasa-1"


def test_a_refresh_may_only_be_written_and_names_what_is_missing(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    env = {"KRING_ARTICLES_DIR": str(articles)}
    target = tmp_path / "out/model"
    nothing = kring("models", "refresh-language", "--out", str(target), folder=tmp_path, **env)
    assert (nothing.returncode, str(articles) in nothing.stderr) == (2, True)
    assert not target.exists()
    (articles / "tarikona.md").write_text(TERM.format(status="published"))
    assert kring("models", "refresh-language", "--out", str(target), folder=tmp_path, **env).returncode == 0
    assert "tarikona" in (target / "graph/words.txt").read_text()
    assert not store(tmp_path).exists()
    again = kring("models", "refresh-language", "--out", str(target), folder=tmp_path, **env)
    assert (again.returncode, str(target) in again.stderr) == (2, True)
    assert [path.name for path in target.parent.iterdir()] == ["model"]


def test_an_unknown_name_is_told_with_those_there_are(tmp_path: Path) -> None:
    result = kring("models", "use", "pusat", folder=tmp_path)
    assert result.returncode == 2
    assert "pusat" in result.stderr
    assert "bawaan" in result.stderr
    assert "Traceback" not in result.stderr
