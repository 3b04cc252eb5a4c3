# SPDX-License-Identifier: GPL-3.0-or-later
"""An encoder by folder or by name, never from the network."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from retrieval.encoders import find_encoder

pytestmark = pytest.mark.unit


def model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "modules.json").write_text("[]", encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("network used")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_nothing_is_nothing() -> None:
    assert find_encoder("  ", []) is None


def test_a_folder_is_taken_as_it_is_or_the_model_in_it(tmp_path: Path) -> None:
    direct, nested = model(tmp_path / "satu"), model(tmp_path / "dua" / "model")
    assert find_encoder(str(direct), []) == direct
    assert find_encoder(str(tmp_path / "dua"), []) == nested


def test_a_name_is_looked_for_in_the_folders_in_their_order(tmp_path: Path) -> None:
    model(tmp_path / "b" / "e5")
    mine = model(tmp_path / "a" / "e5" / "model")
    with_owner = model(tmp_path / "b" / "pemilik" / "e5-besar")
    folders = [tmp_path / "a", tmp_path / "b"]
    assert find_encoder("e5", folders) == mine
    assert find_encoder("pemilik/e5-besar", folders) == with_owner


@pytest.mark.parametrize("setting", ["tidak-ada-di-mana-pun", "/tidak/ada/di/sini", "a/b/c", "nama aneh!"])
def test_what_is_nowhere_is_returned_as_it_was_given(setting: str, tmp_path: Path) -> None:
    assert find_encoder(setting, [tmp_path]) == Path(setting)
