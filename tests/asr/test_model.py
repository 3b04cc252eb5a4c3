# SPDX-License-Identifier: GPL-3.0-or-later
"""A model folder is judged before the native library sees it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from asr.errors import ModelError
from asr.model import check_model, load_model, probe_model
from pipeline.settings import PROJECT_DIR

MODEL = PROJECT_DIR / "models/asr_id/model"
pytestmark = pytest.mark.integration


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the shipped model that a test may spoil."""
    target = tmp_path / "model"
    shutil.copytree(MODEL, target, copy_function=shutil.copyfile)
    return target


def test_the_shipped_model_is_sound_and_8_khz() -> None:
    folder = check_model(MODEL)
    assert folder.rate_hz == 8000
    probe_model(folder)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        check_model(tmp_path / "nowhere")
    assert "nowhere" in raised.value.message
    assert "KRING_ASR_MODEL_DIR" in raised.value.remedy


@pytest.mark.parametrize(
    "name",
    [
        "am/final.mdl",
        "am/global_cmvn.stats",
        "conf/mfcc.conf",
        "conf/model.conf",
        "graph/HCLr.fst",
        "graph/Gr.fst",
        "graph/disambig_tid.int",
        "graph/words.txt",
        "graph/phones/word_boundary.int",
    ],
)
@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_missing_or_empty_file_is_named(copy: Path, name: str, how: str) -> None:
    (copy / name).unlink()
    if how == "empty":
        (copy / name).touch()
    with pytest.raises(ModelError, match=Path(name).name):
        check_model(copy)


@pytest.mark.parametrize("content", ["", "--sample-frequency=fast\n" * 3, "--num-ceps=40\n--dither=0.0\n"])
def test_a_configuration_without_a_sample_rate_is_named(copy: Path, content: str) -> None:
    (copy / "conf/mfcc.conf").write_text(content)
    with pytest.raises(ModelError, match=r"mfcc\.conf"):
        check_model(copy)


def test_a_configuration_that_makes_vosk_abort_is_caught_before(copy: Path) -> None:
    config = copy / "conf/model.conf"
    lines = [line for line in config.read_text().splitlines() if "silence-phones" not in line]
    config.write_text("\n".join(lines))
    with pytest.raises(ModelError, match="silence-phones"):
        check_model(copy)


@pytest.mark.parametrize("name", ["am/final.mdl", "graph/Gr.fst", "graph/words.txt", "graph/disambig_tid.int"])
def test_a_truncated_file_is_an_error_and_not_a_crash(copy: Path, name: str) -> None:
    """``disambig_tid.int`` cut in half makes Vosk 0.3.45 die of SIGSEGV."""
    path = copy / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ModelError) as raised:
        load_model(copy)
    assert str(copy) in raised.value.message


def test_words_cut_off_at_the_end_of_a_line_are_missed(copy: Path) -> None:
    """Vosk loads such a list without a word and never tells the words that are missing."""
    path = copy / "graph/words.txt"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[: len(lines) // 2]))
    with pytest.raises(ModelError, match=r"words\.txt"):
        check_model(copy)


def test_a_worker_with_a_broken_model_exits_with_3_and_one_line(copy: Path, tmp_path: Path) -> None:
    (copy / "graph/Gr.fst").unlink()
    environment = {"KRING_DATA_DIR": str(tmp_path), "KRING_ASR_MODEL_DIR": str(copy), "KRING_LANGUAGE": "id"}
    done = subprocess.run(
        [sys.executable, "-m", "asr.worker", "--name", "asr.1"],
        cwd=PROJECT_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3
    [line] = done.stderr.splitlines()
    assert "Gr.fst tidak ada" in line
    assert done.stdout == ""
