# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found of a model before it is taken in, other people's kinds among them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from asr.errors import ModelError
from asr.examine import endpoint_rules, examine
from asr.model import check_model
from models.demo_speech.library import load_library
from pipeline.settings import PROJECT_DIR

MODEL = PROJECT_DIR / "models/asr_id/model"
pytestmark = pytest.mark.integration


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    target = tmp_path / "model"
    shutil.copytree(MODEL, target, copy_function=shutil.copyfile)
    return target


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A recording of which the shipped model hears every word."""
    lines = load_library(PROJECT_DIR / "models/demo_speech")
    return next(line.path for line in lines if line.id == "batas-waktu-lapor.tanya")


def test_the_shipped_model_is_told_as_it_is(sample: Path) -> None:
    found = examine(MODEL, sample)
    assert (found.folder.rate_hz, found.graph) == (8000, "dynamic")
    assert found.size_bytes == sum(path.stat().st_size for path in MODEL.rglob("*") if path.is_file())
    assert found.endpoint_s["rule2"] == 0.5
    assert "batas waktu lapor" in found.heard


def test_rules_that_a_model_leaves_out_are_the_engines_own(tmp_path: Path) -> None:
    config = tmp_path / "model.conf"
    config.write_text("--endpoint.rule3.min-trailing-silence=0.6\n--endpoint.rule5.min-utterance-length=30\n")
    assert endpoint_rules(config) == {"rule1": 5.0, "rule2": 0.5, "rule3": 0.6, "rule4": 2.0, "rule5": 30.0}
    config.write_text("--endpoint.rule3.min-trailing-silence=soon\n")
    with pytest.raises(ModelError, match=r"endpoint\.rule3"):
        endpoint_rules(config)


def test_a_model_for_16_khz_hears_our_calls(copy: Path, sample: Path) -> None:
    """The same network with its filters laid over 16 kHz audio stands in for a public model."""
    config = copy / "conf/mfcc.conf"
    text = config.read_text().replace("frequency=8000", "frequency=16000").replace("high-freq=-200", "high-freq=3800")
    config.write_text(text)
    found = examine(copy, sample)
    assert found.folder.rate_hz == 16000
    assert {"batas", "waktu", "lapor"} <= set(found.heard.split())


def test_a_rate_that_calls_cannot_be_raised_to_is_refused(copy: Path, sample: Path) -> None:
    config = copy / "conf/mfcc.conf"
    config.write_text(config.read_text().replace("frequency=8000", "frequency=11025"))
    with pytest.raises(ModelError, match="11025 Hz"):
        examine(copy, sample)


def test_words_may_be_inside_the_graph(copy: Path, sample: Path) -> None:
    """As in the small public models: no words.txt, the names are Gr.fst's own."""
    graph, words = copy / "graph/Gr.fst", copy / "graph/words.txt"
    command = ["fstsymbols", f"--osymbols={words}", str(graph), str(copy / "named")]
    subprocess.run(command, check=True)
    words.unlink()
    with pytest.raises(ModelError, match=r"words\.txt"):
        check_model(copy)
    subprocess.run(["fstconvert", "--fst_type=const", str(copy / "named"), str(graph)], check=True)
    assert "batas waktu lapor" in examine(copy, sample).heard
    graph.write_bytes(graph.read_bytes()[:14] * 200)
    with pytest.raises(ModelError, match=r"words\.txt"):
        check_model(copy)


def test_what_kills_the_engine_is_told_by_its_last_line(copy: Path, sample: Path) -> None:
    (copy / "am/final.mdl").write_bytes(b"junk" * 5000)
    with pytest.raises(ModelError, match="model"):
        examine(copy, sample)
