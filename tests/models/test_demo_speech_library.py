# SPDX-License-Identifier: GPL-3.0-or-later
"""The library reader: a good folder, and a clear message for each way a folder can be broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.demo_speech.library import LibraryError, load_library, replies_to

pytestmark = pytest.mark.unit

CALLER = """[[line]]
id = "a.tanya"
role = "caller"
voice = "lp"
sex = "f"
text = "halo"
file = "a.flac"
duration_ms = 1200
expected_articles = ["lupa-efin"]
reply_ids = ["a.jawab1"]
"""
AGENT = """[[line]]
id = "a.jawab1"
role = "agent"
voice = "pc"
sex = "m"
text = "baik"
file = "a.flac"
duration_ms = 900
"""


def folder_with(tmp_path: Path, index: str) -> Path:
    (tmp_path / "a.flac").write_bytes(b"")
    (tmp_path / "index.toml").write_text(index, encoding="utf-8")
    return tmp_path


def test_reads_lines_and_links(tmp_path: Path) -> None:
    lines = load_library(folder_with(tmp_path, CALLER + AGENT))
    assert [line.id for line in lines] == ["a.tanya", "a.jawab1"]
    assert lines[0].expected_articles == ("lupa-efin",)
    assert replies_to(lines[0], lines) == (lines[1],)
    assert lines[1].reply_ids == ()


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("", "no \\[\\[line\\]\\]"),
        ("[[line", "not valid TOML"),
        (CALLER, "reply a.jawab1 is not an agent line"),
        (AGENT + AGENT, "occurs twice"),
        (AGENT.replace('sex = "m"\n', ""), "a.jawab1: sex is missing"),
        (AGENT.replace("agent", "robot"), "role is 'robot'"),
        (AGENT.replace("900", '"long"'), "a.jawab1: invalid literal"),
        (AGENT.replace("a.flac", "b.flac"), "b.flac is missing"),
    ],
)
def test_broken_index_is_explained(tmp_path: Path, index: str, message: str) -> None:
    with pytest.raises(LibraryError, match=message):
        load_library(folder_with(tmp_path, index))


def test_missing_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"make\.py"):
        load_library(tmp_path / "nowhere")
